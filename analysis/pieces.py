"""A second reader of English: parts of words and windows of three of them, as numpy arrays.

Learned from the first layers of a sentence encoder (Google's multilingual USE, Apache-2.0), which
knows what words mean that our labelled texts never said. What the encoder makes of a part of a
word, here a "piece", is one number a judgement; sixteen of its detectors of three neighbours are
kept whole. `python -m analysis.train_sentiment` learns it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["WORD_START", "Cuts", "PieceModel", "Pieces", "load"]

Floats = NDArray[np.float32]

_FILE = Path(__file__).parent / "models" / "sentiment_pieces.npz"
WORD_START = "\u2581"  # of a word, as SentencePiece writes it
_UNKNOWN = 0  # the piece of no letters that we know
_UNLIKELY = 10.0  # how much less likely an unknown letter is than the rarest piece
_CACHE = 60_000  # words remembered; a study has fewer
_LIKELINESS_STEPS = 1000  # 16 bits hold -32 to 0


class Pieces(NamedTuple):
    """Of a batch: the pieces of all texts in order, and the text of each."""

    ids: NDArray[np.int64]
    texts: NDArray[np.int64]


class Cuts(dict[str, tuple[int, ...]]):
    """Word -> its pieces, cut when it is first met: the likeliest way (Kudo 2018)."""

    def __init__(
        self, pieces: Sequence[str], likeliness: Sequence[float], *, whole_first: bool = False
    ) -> None:
        self._whole_first = (
            whole_first  # a word that is a piece stays whole: quicker, and mostly so
        )
        self._ids = {piece: at for at, piece in enumerate(pieces) if piece}
        self._likeliness = likeliness
        self._longest = max(map(len, pieces))
        self._unknown = min(likeliness) - _UNLIKELY

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) > _CACHE:
            self.clear()
        whole = self._ids.get(WORD_START + word) if self._whole_first else None
        self[word] = cut = (whole,) if whole else tuple(self._cut(WORD_START + word))
        return cut

    def _cut(self, word: str) -> list[int]:
        best = [0.0] + [-1e9] * len(word)
        last = [(0, _UNKNOWN)] * (len(word) + 1)  # where the last piece begins, and which it is
        for start in range(len(word)):
            score = best[start]
            for end in range(start + 1, min(start + self._longest, len(word)) + 1):
                piece = self._ids.get(word[start:end])
                if piece is not None:
                    reached = score + self._likeliness[piece]
                elif end == start + 1:
                    piece, reached = _UNKNOWN, score + self._unknown
                else:
                    continue
                if reached > best[end]:
                    best[end], last[end] = reached, (start, piece)
        cut, at = [], len(word)
        while at:
            at, piece = last[at]
            cut.append(piece)
        return cut[::-1]


@dataclass(frozen=True)
class PieceModel:
    """Two judgements a text: towards positive, and towards neutral.

    `alone` holds a piece's weights by itself; `windows` what it adds to each detector as the first,
    second and third of three. A detector adds `detector_weights` times what is above 0, and
    phrases that judge their own. A text's sum is divided by the root of its number of pieces.
    """

    pieces: list[str]
    likeliness: Floats
    alone: Floats
    windows: Floats
    detector_biases: Floats
    detector_weights: Floats
    phrase_weights: Floats
    biases: Floats

    def logits(
        self, tokenized: Sequence[Sequence[str]], phrase_sums: NDArray
    ) -> tuple[NDArray, NDArray]:
        """Per text: above 0 is rather positive than negative; rather neutral than either."""
        ids, texts = self.cut(tokenized)
        said = self.alone[ids] + self.detected(ids, texts) @ self.detector_weights
        count = len(tokenized)
        roots = np.sqrt(np.maximum(np.bincount(texts, minlength=count), 1))
        sums = (np.bincount(texts, weights=column, minlength=count) / roots for column in said.T)
        polar, neutral = sums
        phrases = phrase_sums @ self.phrase_weights + self.biases
        return polar + phrases[:, 0], neutral + phrases[:, 1]

    def cut(self, tokenized: Sequence[Sequence[str]]) -> Pieces:
        """The pieces of the texts' words."""
        cuts = [*map(self._cuts.__getitem__, chain.from_iterable(tokenized))]
        lengths = np.fromiter(map(len, tokenized), np.int64, len(tokenized))
        of_words = np.repeat(np.arange(len(tokenized)), lengths)
        texts = np.repeat(of_words, np.fromiter(map(len, cuts), np.int64, len(cuts)))
        return Pieces(np.fromiter(chain.from_iterable(cuts), np.int64, len(texts)), texts)

    def detected(self, ids: NDArray[np.int64], texts: NDArray[np.int64]) -> Floats:
        """What each detector sees in the window round each piece; windows end with their text."""
        same = (texts[1:] == texts[:-1])[:, None]
        seen = self.windows[ids, 1] + self.detector_biases
        seen[1:] += self.windows[ids[:-1], 0] * same
        seen[:-1] += self.windows[ids[1:], 2] * same
        return np.maximum(seen, 0, out=seen)

    @cached_property
    def _cuts(self) -> Cuts:
        return Cuts(self.pieces, self.likeliness.tolist(), whole_first=True)

    def save(self, path: Path) -> None:
        scale = float(np.abs(self.windows).max()) / 127
        np.savez(
            path,
            pieces=np.frombuffer("\n".join(self.pieces).encode(), np.uint8),
            likeliness=np.round(self.likeliness * _LIKELINESS_STEPS).astype(np.int16),
            alone=self.alone.astype(np.float16),
            windows=np.round(self.windows / scale).astype(np.int8),
            scale=np.array(scale),
            **{name: getattr(self, name).astype(np.float32) for name in _SMALL},
        )


_SMALL = ("detector_biases", "detector_weights", "phrase_weights", "biases")


@cache
def load(path: Path = _FILE) -> PieceModel:
    """The shipped model, read once."""
    with np.load(path, allow_pickle=False) as stored:
        return PieceModel(
            stored["pieces"].tobytes().decode().split("\n"),
            stored["likeliness"].astype(np.float32) / _LIKELINESS_STEPS,
            stored["alone"].astype(np.float32),
            stored["windows"].astype(np.float32) * np.float32(stored["scale"]),
            *(stored[name] for name in _SMALL),
        )
