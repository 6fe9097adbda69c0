"""The frontier of one brand: which address to visit next, within its budgets."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from w3lib.url import canonicalize_url

if TYPE_CHECKING:
    from crawler.items import Purpose

__all__ = ["Frontier", "Target"]

_INDEX = re.compile(r"(?:/index)?\.(?:html?|php)$|/index$")


@dataclass(frozen=True, slots=True)
class Target:
    """An address that is worth a visit; `score` 0..1."""

    url: str
    score: float
    purpose: Purpose = "other"
    depth: int = 0
    from_url: str | None = None


@dataclass
class Frontier:
    """Best score first, and among equals first seen first, so the same pages give the same crawl.

    `per_prefix` caps the addresses under one path prefix: a focused visit needs a few pages of
    each kind, and faceted navigation has thousands. Pages that answer customers' questions may
    be many under one prefix, so they get `per_prefix_help`. What the caps held back is visited
    after all when nothing better is left of the budget.
    """

    budget: int
    per_prefix: int = 8
    per_prefix_help: int = 25
    taken: int = 0
    _heap: list[tuple[float, int, Target]] = field(default_factory=list, repr=False)
    _seen: set[str] = field(default_factory=set, repr=False)
    _prefixes: Counter[str] = field(default_factory=Counter, repr=False)
    _given_back: int = 0
    _held_back: list[Target] = field(default_factory=list, repr=False)

    def add(self, target: Target) -> bool:
        """True when the address is new."""
        key = _key(target.url)
        if key in self._seen:
            return False
        self._seen.add(key)
        heapq.heappush(self._heap, (-target.score, len(self._seen), target))
        return True

    def put_back(self, target: Target) -> None:
        """Queue an address that was taken already, in another spelling; it costs no budget."""
        self.taken -= 1
        self._prefixes[_prefix(target.url)] -= 1
        heapq.heappush(self._heap, (-target.score, len(self._seen), target))

    def give_back(self) -> None:
        """A visit found nothing there (404); a few such do not shorten the visit of a brand."""
        if self._given_back < self.budget // 4:
            self._given_back += 1
            self.taken -= 1

    def mark_seen(self, url: str) -> bool:
        """Remember an address that was reached by a redirect; True when it is new."""
        key = _key(url)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def take(self) -> Target | None:
        """The next address to visit, None when nothing is left or the budget is used up."""
        while self._heap and self.taken < self.budget:
            _, _, target = heapq.heappop(self._heap)
            prefix = _prefix(target.url)
            cap = self.per_prefix_help if target.purpose in ("faq", "help") else self.per_prefix
            if self._prefixes[prefix] >= cap:
                self._held_back.append(target)
                continue
            self._prefixes[prefix] += 1
            self.taken += 1
            return target
        if self._held_back and self.taken < self.budget:
            self.taken += 1
            return self._held_back.pop(0)
        return None

    @property
    def left(self) -> list[Target]:
        """What was wanted and not visited, best first."""
        waiting = [target for _, _, target in sorted(self._heap, key=lambda entry: entry[:2])]
        return waiting + self._held_back


def _key(url: str) -> str:
    """One key for spellings of one page: scheme, `www.` and `.html` do not make another page."""
    parts = urlsplit(canonicalize_url(url))
    host = (parts.netloc or "").removeprefix("www.")
    path = _INDEX.sub("", parts.path).rstrip("/")
    return f"{host}{path or '/'}?{parts.query}"


def _prefix(url: str) -> str:
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step]
    return f"{parts.netloc}/{'/'.join(steps[:-1][:2])}"
