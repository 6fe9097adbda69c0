"""Days of the Iranian calendar (Solar Hijri), which Persian readers count in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

__all__ = ["MONTHS", "iranian"]

MONTHS = (
    *("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور"),
    *("مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
)
# 20 March 2000 began the year 1379. The rule of 33 years with 8 leap years agrees with the
# astronomical calendar, which is the law, from 1244 to 1502 (1865 to 2124).
_EPOCH, _EPOCH_YEAR = 730199, 1379  # ordinal of that day
_CYCLE, _CYCLE_DAYS = 33, 33 * 365 + 8
_LEAP = (1, 5, 9, 13, 17, 22, 26, 30)  # years of the cycle with 366 days, by year % 33


def iranian(day: date) -> tuple[int, int, int]:
    """Year, month and day.

    >>> from datetime import date
    >>> iranian(date(2026, 3, 21)), iranian(date(2026, 3, 20))
    ((1405, 1, 1), (1404, 12, 29))
    """
    year, days = _EPOCH_YEAR, day.toordinal() - _EPOCH
    cycles, days = divmod(days, _CYCLE_DAYS)
    year += cycles * _CYCLE
    while days >= (length := 365 + (year % _CYCLE in _LEAP)):
        days -= length
        year += 1
    if days < 186:  # six months of 31 days, then of 30
        return year, days // 31 + 1, days % 31 + 1
    return year, (days - 186) // 30 + 7, (days - 186) % 30 + 1
