"""The 5 to 10 keywords worth studying, from the own site's text and keyword exports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

__all__ = ["Intent", "KeywordProposal", "Stage", "propose"]

Intent = Literal["informational", "navigational", "commercial", "transactional"]
Stage = Literal["discovery", "consideration", "purchase", "retention"]


@dataclass(frozen=True, slots=True)
class KeywordProposal:
    """`volume` is searches a month where an export states it; `why` is a sentence for people."""

    keyword: str
    volume: int | None
    why: str
    intent: Intent
    stage: Stage
    score: float


def propose(
    pages: Iterable[tuple[str, str, str]] = (),
    rows: Iterable[Mapping[str, Any]] = (),
    *,
    brand: str | None = None,
    language: str | None = None,
    limit: int = 10,
) -> list[KeywordProposal]:
    """At most `limit` keywords, best first; `pages` are (url, title, text), `rows` an export's."""
    counts: Counter[str] = Counter()
    for _url, title, text in pages:
        words = re.findall(r"[^\W\d_]{3,}", f"{title} {text}".lower())
        counts.update(f"{a} {b}" for a, b in pairwise(words))
    volumes = {str(row["keyword"]).lower(): row.get("volume") for row in rows if row.get("keyword")}
    best = sorted(volumes, key=lambda k: -(volumes[k] or 0)) or [k for k, _ in counts.most_common()]
    return [
        KeywordProposal(k, volumes.get(k), "said on the site", "commercial", "consideration", 0.0)
        for k in best[:limit]
    ]
