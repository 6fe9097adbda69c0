"""Numbers as people read them: one spelling per unit, and "not known" instead of a zero.

Each takes the words of the report's language last; without them it is English.
"""

from __future__ import annotations

import math
from statistics import median as _median
from typing import TYPE_CHECKING

from analysis.statistics import percent_places
from reports.locale import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.locale import Words

__all__ = [
    "NOT_KNOWN",
    "format_count",
    "format_date",
    "format_difference",
    "format_interval",
    "format_net",
    "format_score",
    "format_share",
    "format_span",
    "format_time",
    "format_value",
    "join_words",
    "median",
    "plural",
]

NOT_KNOWN = "not known"
# Unit -> message for one and for many; extracted by reports/messages.py.
UNITS = {
    "days": ("{n} day", "{n} days"),
    "hours": ("{n} hour", "{n} hours"),
    "minutes": ("{n} minute", "{n} minutes"),
    "words": ("{n} word", "{n} words"),
    "clicks": ("{n} click", "{n} clicks"),
    "months": ("{n} month", "{n} months"),
    "languages": ("{n} language", "{n} languages"),
    "channels": ("{n} way", "{n} ways"),
    "points": ("{n} point", "{n} points"),
    "topics": ("{n} topic", "{n} topics"),
}


def median(values: Iterable[float | None]) -> float | None:
    """The median of the values that are known, None when none is.

    >>> median([1, None, 3])
    2.0
    """
    known = [v for v in values if v is not None]
    return _median(known) if known else None


def format_count(value: float, words: Words = ENGLISH) -> str:
    """Whole numbers with thousands separators, others with one decimal.

    >>> format_count(12000), format_count(2.25)
    ('12,000', '2.2')
    """
    return words.number(value)


def format_share(value: float | None, words: Words = ENGLISH) -> str:
    r"""A share of 1 in percent, with a space that does not break; small ones keep a decimal.

    >>> format_share(0.4321), format_share(0.125), format_share(-0.2), format_share(None)
    ('43\xa0%', '12.5\xa0%', '−20\xa0%', 'not known')
    """
    if value is None:
        return words.t(NOT_KNOWN)
    return words.percent(value, percent_places(value))


def format_net(value: float | None, words: Words = ENGLISH) -> str:
    r"""Net sentiment in whole percent with its sign.

    >>> format_net(0.127), format_net(-0.08), format_net(0.001)
    ('+13\xa0%', '−8\xa0%', '±0\xa0%')
    """
    if value is None:
        return words.t(NOT_KNOWN)
    if round(100 * value) == 0:
        return f"±{words.percent(0)}"
    return words.percent(value, plus=True)


def format_score(value: float | None, words: Words = ENGLISH) -> str:
    """A score of 100 as a whole number, halves up.

    >>> format_score(54.5), format_score(None)
    ('55', 'not known')
    """
    return words.t(NOT_KNOWN) if value is None else words.number(math.floor(value + 0.5), 0)


def format_value(value: float | None, unit: str, words: Words = ENGLISH) -> str:
    r"""A metric's value with its unit.

    >>> format_value(0.5, "share"), format_value(4.25, "stars"), format_value(1, "days")
    ('50\xa0%', '4.2 of 5', '1 day')
    >>> format_value(0, "yes_no"), format_value(7, "grade level"), format_value(None, "days")
    ('no', '7 grade level', 'not known')
    """
    if value is None:
        return words.t(NOT_KNOWN)
    if unit in ("share", "ratio"):
        return format_share(value, words)
    if unit == "net share":
        return words.n(
            "{n} point", "{n} points", abs(round(100 * value)),
            n=format_difference(100 * value, words),
        )  # fmt: skip
    if unit in ("%", "percent"):
        return format_share(value / 100, words)
    if unit == "stars":
        return words.t("{value} of 5", value=words.number(value, 1))
    if unit in ("score", "score_100"):
        return format_score(value, words)
    if unit in ("yes_no", "bool", "boolean", "yes/no"):
        spoken = {0: "no", 1: "yes", 0.5: "half"}.get(value)
        return words.t(spoken) if spoken else format_share(value, words)
    if unit in ("", "count", "number"):
        return words.number(value)
    if unit in UNITS:
        return words.n(*UNITS[unit], value)
    return f"{words.number(value)} {unit.replace('_', ' ')}"


def format_interval(
    low: float | None, high: float | None, unit: str, words: Words = ENGLISH
) -> str:
    r"""A 95 % interval, "" when there is none.

    >>> format_interval(0.1, 0.2, "share")
    '10\xa0% to 20\xa0%'
    """
    if low is None or high is None:
        return ""
    return format_span(format_value(low, unit, words), format_value(high, unit, words), words)


def format_span(first: str, last: str, words: Words = ENGLISH) -> str:
    """From one to the other: an interval, a time between two dates.

    >>> format_span("1", "3")
    '1 to 3'
    """
    return words.t("{first} to {last}", first=first, last=last)


def format_difference(value: float | None, words: Words = ENGLISH) -> str:
    """A difference of scores with its sign, with a real minus.

    >>> format_difference(-3.4), format_difference(0.2), format_difference(12)
    ('−3', '±0', '+12')
    """
    if value is None:
        return words.t(NOT_KNOWN)
    whole = round(value)
    if whole == 0:
        return f"±{words.number(0)}"
    return words.sign(whole, plus=True) + words.number(abs(whole))


def format_date(text: str | None, words: Words = ENGLISH) -> str:
    """ISO text as a date that no country misreads.

    >>> format_date("2026-03-02T06:00:00+00:00"), format_date(None)
    ('2 March 2026', 'not known')
    """
    return words.date(text) if text else words.t(NOT_KNOWN)


def format_time(text: str | None, words: Words = ENGLISH) -> str:
    """ISO text as date and time, with the zone named.

    >>> format_time("2026-03-02T06:05:09+00:00")
    '2 March 2026, 06:05 UTC'
    """
    return words.time(text) if text else words.t(NOT_KNOWN)


def plural(n: int | float, one: str, many: str | None = None) -> str:
    """A count with its noun, in English; a report's own words go through `Words.n`.

    >>> plural(1, "search", "searches"), plural(1200, "page")
    ('1 search', '1,200 pages')
    """
    return f"{format_count(n)} {one if n == 1 else many or one + 's'}"


def join_words(words: Iterable[str], last: str = "and") -> str:
    """A list as people say it, in English; a report's own words go through `Words.list`.

    >>> join_words(["a", "b", "c"])
    'a, b and c'
    """
    listed = list(words)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}"
