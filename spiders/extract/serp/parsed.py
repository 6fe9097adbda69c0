"""What a search provider's response says, whoever the provider is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from crawler.items import SerpResult

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ParsedSerp", "SerpState", "fold", "numbered", "unique"]

SerpState = Literal["ok", "empty", "blocked", "quota", "error"]
SNIPPET_CHARS = 400
_SCHEME = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)


@dataclass(slots=True)
class ParsedSerp:
    """One response, read. `results` are organic, in order, ranked from 1; `ads` are apart.

    `state` is "ok" only with results, "empty" only when the provider says that there are none;
    `reason` tells the rest. `errors` are for the person: what could not be read.
    """

    provider: str
    query: str | None = None
    results: list[SerpResult] = field(default_factory=list)
    ads: list[SerpResult] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    state: SerpState = "ok"
    reason: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """Organic results returned; below it nothing is known."""
        return len(self.results)


def fold(text: str | None) -> str:
    """Text on one line.

    >>> fold("  two\\n lines ")
    'two lines'
    """
    return " ".join((text or "").split())


def numbered(hits: Iterable[SerpResult], *, start: int = 1) -> list[SerpResult]:
    """Hits with ranks from `start`; a URL seen before is dropped, its first place counts."""
    ranked: list[SerpResult] = []
    seen: set[str] = set()
    for hit in hits:
        key = _address_key(hit.url)
        if key in seen:
            continue
        seen.add(key)
        snippet = fold(hit.snippet)[:SNIPPET_CHARS]
        ranked.append(SerpResult(start + len(ranked), hit.url, fold(hit.title), snippet))
    return ranked


def _address_key(url: str) -> str:
    """What two ways to write one address have in common: scheme, www., fragment, slash apart."""
    return _SCHEME.sub("", url.partition("#")[0]).rstrip("/")


def unique(texts: Iterable[str | None]) -> list[str]:
    """Folded texts without empty ones and repetitions (case apart), in order."""
    found: dict[str, str] = {}
    for text in texts:
        if folded := fold(text):
            found.setdefault(folded.casefold(), folded)
    return list(found.values())
