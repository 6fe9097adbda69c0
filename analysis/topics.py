"""What a site is about, in its own words, and how near a phrase comes to that.

A site says what it is in few places: the title, the description and the headings of its start
page and the first lines there. Their sentence embeddings, averaged, are a point that phrases of
the trade lie near to; names of guests, slogans and furniture of menus do not. (The idea of
KeyBERT, https://maartengr.github.io/KeyBERT/, with an encoder of 30 MB.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.embedding import EMBEDDED_LANGUAGES, embed, is_installed

__all__ = ["SiteTopic"]


class SiteTopic:
    """The middle of what a site says of itself.

    `statements` are (weight, text): texts of any length above nothing, weights above 0.
    """

    def __init__(self, statements: Sequence[tuple[float, str]]) -> None:
        said = [(weight, text) for weight, text in statements if text.strip()]
        self._middle: NDArray[np.floating] | None = None
        if said:
            rows = embed([text for _, text in said])
            middle = np.average(rows, axis=0, weights=[weight for weight, _ in said])
            self._middle = middle / (np.linalg.norm(middle) or 1.0)

    @staticmethod
    def can_read(language: str) -> bool:
        """Whether there is an encoder here that knows the language."""
        return is_installed() and language in EMBEDDED_LANGUAGES

    def nearness(self, phrases: Sequence[str]) -> list[float]:
        """The cosine of each phrase, -1..1; of two to four words, .4 is near and .1 is far."""
        if self._middle is None or not phrases:
            return [0.0] * len(phrases)
        return [round(float(value), 4) for value in embed(phrases) @ self._middle]
