"""Spans of time in text, in the languages of `languages/*.toml`: 2-4 days, 14 Tagen, 24 h."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from spiders.extract.policies_rows import heads, lowered, numbers
from spiders.extract.words import languages, normalize

__all__ = ["HOURS", "Duration", "durations", "sentence"]

MAX_SPANS = 500  # of one page
MAX_CHARS = 200_000  # of the text; the terms of a shop have some 60,000

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
    languages: tuple[str, ...]


_JOIN = (
    r"[-\u2010-\u2014~/]|to|bis|or|oder|à|a|ou|e|o|tot|of|do|till|til|al|et|and|y|und|och|"
    r"до|-|から|至|到"
)
_SPAN = re.compile(
    r"([0-9]{1,3})(?=[ \u00a0)~/\u2010-\u2014-]|[^\W\d_])"
    rf"(?:\s?(?:{_JOIN})\s?([0-9]{{1,3}}))?\)?(?:\s\([^\W\d_]{{3,20}}\))?"
    r"[\s\u00a0-]{0,2}([^\W\d_][\w\u0300-\u036f\u0900-\u0dff]{0,23})(?:[ -]([^\W\d_]{1,24}))?"
)


@cache
def _units() -> dict[str, dict[str, tuple[str, ...]]]:
    """Word of time -> unit -> languages that use it so."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for code, language in languages().items():
        for unit, names in language.units.items():
            for name in names:
                seen = found.setdefault(name, {})
                seen[unit] = (*seen.get(unit, ()), code)
    found.setdefault("h", {"hour": tuple(languages())})
    return found


@lru_cache(maxsize=4)
def durations(text: str) -> tuple[Duration, ...]:
    """The spans of the text in order; one inside square brackets is a gap to be filled in.

    >>> durations("Lieferzeit 2-4 Werktage")[0][:3]
    (2, 4, 'business_day')
    """
    found: list[Duration] = []
    for match in _SPAN.finditer(text[:MAX_CHARS]):
        unit, codes, end = _unit(match)
        start = match.start()
        if not unit or _is_part(text, start) or _is_gap(text, start):
            continue
        low = int(match[1])
        high = int(match[2]) if match[2] else low
        if 0 < low <= high or (match[2] is None and low):
            found.append(Duration(low, high, unit, start, end, codes))
        if len(found) >= MAX_SPANS:
            break
    found += _in_words(text)
    return tuple(sorted(found, key=lambda one: one.start))


def _unit(match: re.Match[str]) -> tuple[str, tuple[str, ...], int]:
    """The unit behind the number, of two words, of one, or of the first signs (30日以内)."""
    known = _units()
    first = match[3].lower()
    if first not in known and not first.isascii():
        first = normalize(first)
    if match[4] and (seen := known.get(f"{first} {normalize(match[4])}")):
        return *_chosen(seen), match.end(4)
    if seen := known.get(first):
        return *_chosen(seen), match.end(3)
    if first[:1] > "\u0e00":
        for length in range(min(5, len(first)), 0, -1):
            if seen := known.get(first[:length]):
                return *_chosen(seen), match.start(3) + length
    return "", (), 0


def _chosen(seen: dict[str, tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    unit = max(seen, key=lambda name: len(seen[name]))
    return unit, seen[unit]


def _is_part(text: str, start: int) -> bool:
    """Whether the digits belong to a longer number, a price, a code: 1.30, #12, x12."""
    before = text[start - 1 : start] if start else ""
    if before.isalnum() and before < "\u2e80":
        return True
    return before in ".,:/#_" and before != "" and text[start - 2 : start - 1].isdigit()


def _is_gap(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start]
    return before.rfind("[") > before.rfind("]") or before.rfind("{") > before.rfind("}")


# --- numbers in words --------------------------------------------------------------------------

_NEXT = re.compile(r"[\s-]([^\W\d_]{2,20})(?:[ -]([^\W\d_]{2,20}))?")


def _in_words(text: str) -> list[Duration]:
    """Spans such as `thirty days`, found only where a number word stands between spaces."""
    seen = [word for word in numbers() if word[:4] in heads(text)]
    lower = lowered(text)
    found: list[Duration] = []
    for word in seen:
        value, codes = numbers()[word]
        at = lower.find(f" {word} ")
        while at >= 0 and len(found) < MAX_SPANS:
            match = _NEXT.match(lower, at + 1 + len(word))
            if match and (named := _named(match, codes)):
                found.append(Duration(value, value, named[0], at + 1, named[1], codes))
            at = lower.find(f" {word} ", at + 1)
    return found


def _named(match: re.Match[str], codes: tuple[str, ...]) -> tuple[str, int] | None:
    for text, end in ((f"{match[1]} {match[2]}", match.end(2)), (match[1], match.end(1))):
        for unit, languages_of_unit in _units().get(normalize(text), {}).items():
            if not set(codes).isdisjoint(languages_of_unit):
                return unit, end
    return None


_END = re.compile(r"[.!?。！？؟]\s|[。！？]| [•|·] ")


def sentence(
    text: str, start: int, end: int, before: int = 170, after: int = 130
) -> tuple[int, int]:
    """Where the sentence around `start`..`end` begins and ends, within the given reach."""
    left, right = max(0, start - before), min(len(text), end + after)
    for match in _END.finditer(text, left, start):
        if not _is_short(text, match.start()):
            left = match.end()
    stop = _END.search(text, end, right)
    return left, stop.start() + 1 if stop else right


def _is_short(text: str, dot: int) -> bool:
    """Whether the dot ends an abbreviation or a number: approx., ca., z. B., 3."""
    word = text[max(0, dot - 6) : dot].rsplit(" ", 1)[-1]
    return text[dot] == "." and (len(word) <= 3 and word.lower() not in _SHORT_WORDS)


_SHORT_WORDS = frozenset("us it you day tag uns sie ihn ist ici dia vos nas dni nam".split())
