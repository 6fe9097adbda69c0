"""Promises of a shop as facts with units: returns, shipping, warranty, cancellation, payment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.items import Policy
from spiders.extract.words import normalize, words

if TYPE_CHECKING:
    from spiders.extract.page import ParsedPage

__all__ = ["extract_policies"]

_DAYS = re.compile(r"\b(\d{1,3})[ -](?:days?|Tagen?|jours|días|giorni|dias|dagen|dni|dagar)\b")


def extract_policies(page: ParsedPage) -> list[Policy]:
    """The first stated return window of the page."""
    for match in _DAYS.finditer(page.text):
        around = normalize(page.text[max(0, match.start() - 100) : match.end() + 100])
        if any(word in around for word in words("return_words", page.language or "en")):
            excerpt = page.text[max(0, match.start() - 80) : match.end() + 80]
            return [Policy("returns", {"window_days": int(match[1])}, excerpt)]
    return []
