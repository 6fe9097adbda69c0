"""Spans of time in text, in the languages of `languages/*.toml`: 2-4 days, 14 Tagen, 24 h.

Units are searched, not numbers: a page has hundreds of numbers and a handful of days.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from spiders.extract.policies_rows import BARE, as_lowered, lowered, numbers, places, stems
from spiders.extract.words import fold, normalize, units, words

__all__ = ["HOURS", "Duration", "durations", "is_within", "sentence"]

MAX_HITS = 400  # of one word of time on one page

# Hours of one unit; a business day counts as a day, its name tells it apart.
HOURS = {
    "minute": 1 / 60,
    "hour": 1,
    "day": 24,
    "business_day": 24,
    "week": 168,
    "month": 720,
    "year": 8760,
}


class Duration(NamedTuple):
    """`low` to `high` times `unit` (a key of HOURS) at `start`..`end` of the text."""

    low: int
    high: int
    unit: str
    start: int
    end: int
    language: str


# A number with an optional second one, as far as the word of time: `2-4 `, `30 (thirty) `, `14) `.
_BEFORE = re.compile(
    r"([0-9]{1,3})(?:\s?(?:[-\u2010-\u2014~/]|[^\W\d_]{1,4})\s?([0-9]{1,3}))?"
    r"\)?(?:\s?\([^\W\d_]{3,20}\))?(?: de)?[\s\u00a0-]{0,2}$"
)
_DIGIT = re.compile("[0-9]")
_WORDED = re.compile(r"(?:^|[\s(])([^\W\d_]{2,14})[\s-]$")
_WORD = re.compile(r"[^\W\d_][\w\u0300-\u036f\u0900-\u0dff]*")
_SHORT_HOURS = ("4h", "8h")  # of 24h and 48h, which no stem can stand for
_SPACED_HOURS = ("4 h", "8 h")  # of 24 h, as all but English write it


@lru_cache(maxsize=4)
def durations(text: str, languages: tuple[str, ...]) -> tuple[Duration, ...]:
    """The spans of the text in order; one inside square brackets is a gap to be filled in.

    >>> [d[:3] for d in durations("Lieferzeit 2-4 Werktage, zwei Jahre Garantie", ("de",))]
    [(2, 4, 'business_day'), (2, 2, 'year')]
    """
    lower = lowered(text)
    found: dict[int, Duration] = {}
    known: dict[str, list[int]] = {}
    for code in languages:
        known = places(text, code)
        for stem in stems("units", code):
            for at in known.get(stem, ())[:MAX_HITS]:
                one = _at(lower, at, stem, code)
                if one and one.start not in found and not _is_gap(text, one.start):
                    found[one.start] = one
    for mark in _SHORT_HOURS if languages == ("en",) else _SHORT_HOURS + _SPACED_HOURS:
        for at in known.get(mark, ())[:MAX_HITS]:
            end = at + len(mark)
            one = _span(lower, end - 1, end, "hour", (*languages, "en")[0])
            if one and not lower[end : end + 1].isalnum():
                found.setdefault(one.start, one)
    return tuple(sorted(found.values(), key=lambda one: one.start))


def _at(lower: str, at: int, stem: str, code: str) -> Duration | None:
    if stem[0] < "\u0e00" and lower[at - 1 : at].isalpha():
        return None
    if not _may_count(lower[max(0, at - 34) : at], code):
        return None
    unit, start, end = _unit(lower, at, stem, code)
    if not unit or _RATE.match(lower, end):
        return None
    return _span(lower, start, end, unit, code)


# Seven days a week, 24 hours a day: how often, not how long.
_RATE = re.compile(
    r" ?(?:/|an? |per |each |every |in der |die |pro |am |par |a la |por |al |alla |na |w |i |om )"
    r"\s?(?:week|day|month|woche|tag\b|semaine|jour|semana|día|dia|settimana|giorno|weken|dag\b|"
    r"tydzień|tygodniu|vecka|dygn)"
)


def _may_count(before: str, code: str) -> bool:
    """Whether a number, in digits or as a word, stands before a word of time at all."""
    return bool(_DIGIT.search(before)) or any(
        word in numbers(code) for word in re.split(r"[\s(-]", before)
    )


def _unit(lower: str, at: int, stem: str, code: str) -> tuple[str, int, int]:
    """The unit whose name (of one word or of two, as `business days`) is at `at`, and its place."""
    known = units(code)
    if stem[0] >= "\u0e00":
        return next(
            (
                (unit, at, at + len(name))
                for name, unit in _unparted(code)
                if lower.startswith(name, at)
            ),
            ("", at, at),
        )
    match = _WORD.match(lower, at)
    word = match[0] if match else stem
    end = at + len(word)
    first = _PREVIOUS.search(lower[max(0, at - 16) : at])
    if first and (unit := known.get(f"{first[1]} {word}")):
        return unit, at - len(first[0]), end
    for following in _FOLLOWING.match(lower, end), _NEXT.match(lower, end):
        if following and (unit := known.get(f"{word}{following[0]}")):
            return unit, at, following.end()
    return known.get(word) or known.get(normalize(word)) or _bare(code).get(word, ""), at, end


@cache
def _bare(code: str) -> dict[str, str]:
    """Units as capitals write them, without accents, where a language drops those."""
    return {fold(name): unit for name, unit in units(code).items()} if code in BARE else {}


@cache
def _unparted(code: str) -> tuple[tuple[str, str], ...]:
    """Units in a script that does not part its words, the longest first: 営業日 before 日."""
    limits = tuple(words("within", code))
    named = [(as_lowered(name), unit) for name, unit in units(code).items() if name >= "\u0e00"]
    return tuple(sorted((row for row in named if not row[0].endswith(limits)), key=_longest))


def _longest(row: tuple[str, str]) -> int:
    return -len(row[0])


_PREVIOUS = re.compile(r"([^\s\d]{2,12}) $")
_FOLLOWING = re.compile(r" [^\s\d]{2,14} [^\s\d.,;]{2,14}")  # ngày làm việc
_NEXT = re.compile(r" [^\s\d.,;]{2,14}")


# Languages that say "within" behind the number.
_POSTPOSED = frozenset(
    "tr az kk ky uz mn hi mr ne bn gu pa ur ta te ml kn si ja ko hu fi et ka eu".split()
)


def _ends_near(word: str, near: str) -> bool:
    if word < "\u0e00":
        return f" {word} " in near
    return near.rstrip().endswith(word) or (len(word) > 1 and word in near)


_LINK = re.compile(r"^[^ ]{0,4} ")  # of a postposition to its noun: के, کے


def is_within(before: str, after: str, span: Duration, reach: int = 24) -> bool:
    """Whether a word that makes the span a limit stands by it: within, at most, içinde.

    `before` and `after` are normalized and end and begin at the span.
    """
    near = f" {before[-reach:]} "
    limits = words("within", span.language)
    if any(_ends_near(word, near) for word in limits):
        return True
    if span.language not in _POSTPOSED:
        return False
    tail = after.lstrip()[:20]
    return tail.startswith(tuple(limits)) or _LINK.sub("", tail).startswith(tuple(limits))


def _span(lower: str, at: int, end: int, unit: str, code: str) -> Duration | None:
    """The span whose word of time begins at `at`; None without a number before it."""
    left = max(0, at - 34)
    before = lower[left:at]
    if match := _BEFORE.search(before):
        start = left + match.start()
        low, high = int(match[1]), int(match[2] or match[1])
        if _is_part(lower, start):
            return None
        return Duration(low, high, unit, start, end, code) if 0 < low <= high else None
    worded = _WORDED.search(before)
    value = numbers(code).get(worded[1]) if worded else None
    if worded is None or value is None:
        return None
    return Duration(value, value, unit, left + worded.start(1), end, code)


def _is_part(lower: str, start: int) -> bool:
    """Whether the digits belong to a longer number, a price, a code: 1.30, #12, x12."""
    before = lower[start - 1 : start] if start else ""
    if before.isalnum() and before < "\u2e80":
        return True
    return before in (".", ",", ":", "/", "#", "_") and lower[start - 2 : start - 1].isdigit()


def _is_gap(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start]
    return before.rfind("[") > before.rfind("]") or before.rfind("{") > before.rfind("}")


_END = re.compile(r"[.!?。！？؟]\s|[。！？]| [•|·] ")


@lru_cache(maxsize=64)
def sentence(
    text: str, start: int, end: int, before: int = 170, after: int = 130
) -> tuple[int, int]:
    """Where the sentence around `start`..`end` begins and ends, within the given reach."""
    left, right = max(0, start - before), min(len(text), end + after)
    for match in _END.finditer(text, left, start):
        if not _is_short(text, match.start()):
            left = match.end()
    for match in _END.finditer(text, end, right):
        if not _is_short(text, match.start()):
            return left, match.start() + 1
    return left, right


def _is_short(text: str, dot: int) -> bool:
    """Whether the dot ends an abbreviation, an initial or an ordinal: approx., z. B., 3."""
    word = text[max(0, dot - 7) : dot].rpartition(" ")[2].lower()
    return text[dot] == "." and (len(word) < 2 or word in _SHORT_WORDS)


_SHORT_WORDS = frozenset(
    "ca bzw inkl max min no nr st dr approx incl ggf vs ej tel ex art env aprox máx mín z.b e.g "
    "i.e etc evtl zzgl exkl mr mrs bl.a f.eks t.ex m.m bijv np tj dvs usw o.ä d.h".split()
)
