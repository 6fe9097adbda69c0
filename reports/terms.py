"""Words that many reviews use: a way into the quotes, never a result of its own."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from analysis.language import frequent_words
from analysis.phrases import is_spaceless, tokens_of
from analysis.sentiment import judged_words
from reports.model import Evidence, Term

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.ground import Ground, Row

__all__ = ["terms_of"]

SAMPLE = 1000  # reviews: reading them takes about 0.15 s
_LEAST = 5  # reviews that share a word before it is shown; as MIN_THEME
_SHOWN, _QUOTES, _QUOTE = 24, 3, 160
_WEIGHTS = 5

# Every n-th review in an order that follows neither brands nor dates (Knuth's multiplicative
# hash); quotes name their page.
_REVIEWS = """
    select r.text, r.brand_id, s.language, s.sentiment, b.domain, p.id as page_id, p.url,
           p.final_url, p.title, p.fetched_at, p.record
    from reviews r
    join brands b on b.id = r.brand_id and b.role in ('own', 'competitor')
    join review_scores s on s.review_id = r.id
    left join pages p on p.id = r.page_id
    where r.run_id = ?1 and s.language is not null and coalesce(s.is_repeat, 0) = 0
      and (r.rowid * 2654435761 >> 8) % ?2 = 0
    order by r.brand_id, r.rowid"""
_COUNT = """
    select count(*) as n from review_scores
    where run_id = ? and language is not null and coalesce(is_repeat, 0) = 0"""


def terms_of(ground: Ground) -> tuple[tuple[Term, ...], int]:
    """The words most reviews share, most frequent first, and how many reviews were looked at.

    Words of judgement and words that every text has are no terms. Each has quotes of different
    brands where there are some, entered into the register of evidence.
    """
    total = next(ground.rows(_COUNT, ground.run_id))["n"]
    step = max(1, math.ceil(total / SAMPLE))
    holders: dict[str, list[Row]] = defaultdict(list)
    looked_at = 0
    own_names = {label for brand in ground.brands for label in _labels(brand["domain"])}
    seen: set[tuple[str, str]] = set()
    for row in ground.rows(_REVIEWS, ground.run_id, step):
        if (row["brand_id"], row["text"][:400]) in seen:
            continue
        seen.add((row["brand_id"], row["text"][:400]))
        looked_at += 1
        for word in _content(row["text"], row["language"]) - own_names:
            holders[word].append(row)
    kept = [(word, rows) for word, rows in holders.items() if len(rows) >= _LEAST]
    ranked = sorted(kept, key=lambda pair: (-len(pair[1]), pair[0]))[:_SHOWN]
    most = len(ranked[0][1]) if ranked else 1
    return tuple(_term(ground, word, rows, most) for word, rows in ranked), looked_at


def _labels(domain: str) -> list[str]:
    return re.split(r"[.-]", domain.lower())


def _content(text: str, language: str) -> set[str]:
    """The words of a text that carry its topic."""
    if is_spaceless(language):
        return set()
    tokens = tokens_of(text)
    judged, common = judged_words(tokens, language), frequent_words(language)
    return {
        token
        for at, token in enumerate(tokens)
        if len(token) > 3 and token.isalpha() and token not in common and at not in judged
    }


def _term(ground: Ground, word: str, rows: Sequence[Row], most: int) -> Term:
    feelings = Counter(row["sentiment"] for row in rows)
    return Term(
        text=word,
        n=len(rows),
        positive=feelings["positive"],
        negative=feelings["negative"],
        weight=max(1, round(_WEIGHTS * math.sqrt(len(rows) / most))),
        evidence=tuple(_enter(ground, quote, row) for quote, row in _quotes(word, rows)),
    )


def _quotes(word: str, rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """Sentences that hold the word: one of each brand first, each sentence once."""
    firsts = {row["brand_id"]: row for row in reversed(rows)}
    told: set[str] = set()
    for row in (*(firsts[brand] for brand in sorted(firsts)), *rows):
        quote = _sentence(word, row["text"])
        if quote not in told:
            told.add(quote)
            yield quote, row
        if len(told) == _QUOTES:
            return


def _sentence(word: str, text: str) -> str:
    """The sentence of a text that holds the word, shortened around it."""
    sentences = re.split(r"(?<=[.!?…])\s+", " ".join(text.split()))
    found = next((s for s in sentences if word in s.lower()), sentences[0])
    if len(found) <= _QUOTE:
        return found
    start = max(0, found.lower().find(word) - _QUOTE // 2)
    return ("… " if start else "") + found[start : start + _QUOTE].strip() + " …"


def _enter(ground: Ground, quote: str, row: Row) -> str:
    """The id of the quote in the register."""
    entries = ground.book.entries
    key = (row["page_id"], quote)
    if key not in entries:
        entries[key] = Evidence(
            id=f"E{len(entries) + 1}",
            domain=row["domain"],
            excerpt=quote,
            url=row["final_url"] or row["url"],
            title=row["title"],
            fetched_at=row["fetched_at"],
            record=row["record"],
        )
    return entries[key].id
