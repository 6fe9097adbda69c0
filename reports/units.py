"""Numbers as people read them: one spelling per unit, and "not known" instead of a zero."""

from __future__ import annotations

import math
from datetime import datetime
from statistics import median as _median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "NOT_KNOWN",
    "format_count",
    "format_date",
    "format_difference",
    "format_interval",
    "format_net",
    "format_score",
    "format_share",
    "format_time",
    "format_value",
    "join_words",
    "median",
    "plural",
]

NOT_KNOWN = "not known"
_NUMBERED = {
    "days": "day",
    "hours": "hour",
    "minutes": "minute",
    "words": "word",
    "clicks": "click",
    "months": "month",
    "languages": "language",
    "channels": "channel",
    "points": "point",
    "topics": "topic",
}


def median(values: Iterable[float | None]) -> float | None:
    """The median of the values that are known, None when none is.

    >>> median([1, None, 3])
    2.0
    """
    known = [v for v in values if v is not None]
    return _median(known) if known else None


def plural(n: int | float, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "search", "searches"), plural(1200, "page")
    ('1 search', '1,200 pages')
    """
    return f"{format_count(n)} {one if n == 1 else many or one + 's'}"


def format_count(value: float) -> str:
    """Whole numbers with thousands separators, others with one decimal.

    >>> format_count(12000), format_count(2.25)
    ('12,000', '2.2')
    """
    decimals = 0 if abs(value - round(value)) < 0.05 else 1
    return f"{_minus(value)}{abs(value):,.{decimals}f}"


def format_share(value: float | None) -> str:
    r"""A share of 1 in percent, with a space that does not break; small ones keep a decimal.

    >>> format_share(0.4321), format_share(0.052), format_share(-0.2), format_share(None)
    ('43\xa0%', '5.2\xa0%', '−20\xa0%', 'not known')
    """
    if value is None:
        return NOT_KNOWN
    percent = 100 * value
    decimals = 0 if abs(percent) >= 10 or percent == 0 else 1
    return f"{_minus(percent)}{abs(percent):.{decimals}f}\xa0%"


def format_net(value: float | None) -> str:
    r"""Net sentiment in whole percent with its sign.

    >>> format_net(0.127), format_net(-0.08), format_net(0.001)
    ('+13\xa0%', '−8\xa0%', '±0\xa0%')
    """
    return NOT_KNOWN if value is None else f"{format_difference(100 * value)}\xa0%"


def format_score(value: float | None) -> str:
    """A score of 100 as a whole number, halves up.

    >>> format_score(54.5), format_score(None)
    ('55', 'not known')
    """
    return NOT_KNOWN if value is None else f"{math.floor(value + 0.5)}"


def _minus(value: float) -> str:
    return "−" if value < 0 else ""


def format_value(value: float | None, unit: str) -> str:
    r"""A metric's value with its unit.

    >>> format_value(0.5, "share"), format_value(4.25, "stars"), format_value(1, "days")
    ('50\xa0%', '4.2 of 5', '1 day')
    >>> format_value(0, "yes_no"), format_value(7, "grade level"), format_value(None, "days")
    ('no', '7 grade level', 'not known')
    """
    if value is None:
        return NOT_KNOWN
    if unit in ("share", "ratio"):
        return format_share(value)
    if unit == "net share":
        return f"{format_difference(100 * value)} points"
    if unit in ("%", "percent"):
        return format_share(value / 100)
    if unit == "stars":
        return f"{value:.1f} of 5"
    if unit in ("score", "score_100"):
        return format_score(value)
    if unit in ("yes_no", "bool", "boolean", "yes/no"):
        return {0: "no", 1: "yes", 0.5: "half"}.get(value) or format_share(value)
    if unit in ("", "count", "number"):
        return format_count(value)
    if unit in _NUMBERED:
        return plural(value, _NUMBERED[unit], unit)
    return f"{format_count(value)} {unit.replace('_', ' ')}"


def format_interval(low: float | None, high: float | None, unit: str) -> str:
    r"""A 95 % interval, "" when there is none.

    >>> format_interval(0.1, 0.2, "share")
    '10\xa0% to 20\xa0%'
    """
    if low is None or high is None:
        return ""
    return f"{format_value(low, unit)} to {format_value(high, unit)}"


def format_difference(value: float | None) -> str:
    """A difference of scores with its sign, with a real minus.

    >>> format_difference(-3.4), format_difference(0.2), format_difference(12)
    ('−3', '±0', '+12')
    """
    if value is None:
        return NOT_KNOWN
    whole = round(value)
    return "±0" if whole == 0 else f"{'+' if whole > 0 else '−'}{abs(whole)}"


def format_date(text: str | None) -> str:
    """ISO text as a date that no country misreads.

    >>> format_date("2026-03-02T06:00:00+00:00"), format_date(None)
    ('2 March 2026', 'not known')
    """
    when = _parse(text)
    return f"{when.day} {when:%B %Y}" if when else (text or NOT_KNOWN)


def format_time(text: str | None) -> str:
    """ISO text as date and time, with the zone named.

    >>> format_time("2026-03-02T06:05:09+00:00")
    '2 March 2026, 06:05 UTC'
    """
    when = _parse(text)
    if when is None:
        return text or NOT_KNOWN
    zone = when.tzname() or ""
    return f"{format_date(text)}, {when:%H:%M} {zone}".strip()


def _parse(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def join_words(words: Iterable[str], last: str = "and") -> str:
    """A list as people say it.

    >>> join_words(["a", "b", "c"])
    'a, b and c'
    """
    listed = list(words)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}"
