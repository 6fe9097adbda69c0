"""Which Latin language a longer text is in, by its runs of one to six bytes: numpy only."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["LanguageModel", "load"]

_FILE = Path(__file__).parent / "models" / "languages_latin.npz"


@dataclass(frozen=True)
class LanguageModel:
    """Naive Bayes: each run's 8-bit weights by language, times `scale`, and how common each is."""

    runs: bytes  # one after the other, sorted by length
    lengths: NDArray[np.int64]  # how many runs are one byte long, how many two, ...
    weights: NDArray[np.int8]
    scale: float
    common: NDArray[np.float32]
    languages: list[str]

    @classmethod
    def of(
        cls,
        runs: Sequence[bytes],
        weights: NDArray[np.float32],
        common: NDArray[np.float32],
        languages: list[str],
    ) -> LanguageModel:
        """A model of runs sorted by length."""
        scale = float(np.abs(weights).max()) / 127
        return cls(
            b"".join(runs),
            np.bincount([len(run) for run in runs])[1:],
            np.round(weights / scale).astype(np.int8),
            scale,
            common.astype(np.float32),
            languages,
        )

    def most_likely(self, text: str, among: Collection[str]) -> str:
        """The likeliest language of those asked for."""
        seen = Counter(self._seen(_encoded(text)))
        rows = np.fromiter(seen, np.intp, len(seen))
        counts = np.log1p(np.fromiter(seen.values(), np.float32, len(seen)))
        scores = self.scale * (counts @ self.weights[rows].astype(np.float32)) + self.common
        asked = [at for at, language in enumerate(self.languages) if language in among]
        return self.languages[max(asked, key=scores.tolist().__getitem__)]

    def _seen(self, text: bytes) -> list[int]:
        """The longest known run that ends at each byte. It is one byte longer than the last."""
        find, longest = self._index.get, len(self.lengths)
        length, found = 0, list[int]()
        for end in range(1, len(text) + 1):
            length = min(length + 1, longest)
            at = find(text[end - length : end])
            while at is None and length:
                length -= 1
                at = find(text[end - length : end])
            if at is not None:
                found.append(at)
        return found

    @cached_property
    def _index(self) -> dict[bytes, int]:
        ends = [*accumulate(n * size for size, n in enumerate(self.lengths.tolist(), 1))]
        return {
            run: at
            for at, run in enumerate(
                self.runs[start : start + size]
                for size, (first, end) in enumerate(zip([0, *ends], ends, strict=False), 1)
                for start in range(first, end, size)
            )
        }

    def save(self, path: Path) -> None:
        np.savez(
            path,
            runs=np.frombuffer(self.runs, np.uint8),
            lengths=self.lengths,
            weights=self.weights,
            scale=np.array(self.scale),
            common=self.common,
            languages=np.array(self.languages),
        )


def _encoded(text: str) -> bytes:
    """As the model was learned: composed letters, and no text in capitals."""
    text = text.lower() if text.isupper() else text
    return unicodedata.normalize("NFC", text).encode(errors="surrogatepass")


@cache
def load(path: Path = _FILE) -> LanguageModel:
    """The shipped model, read once."""
    with np.load(path, allow_pickle=False) as stored:
        return LanguageModel(
            stored["runs"].tobytes(),
            stored["lengths"],
            stored["weights"],
            float(stored["scale"]),
            stored["common"],
            stored["languages"].tolist(),
        )
