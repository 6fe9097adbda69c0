"""When a study is due: cron expression and zone to slots; pure, time is an argument."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

from crawler.errors import ConfigError

__all__ = ["CATCH_UP", "OVERLAP", "Due", "Schedule", "due", "jitter_of", "next_slots"]

CATCH_UP = ("latest", "all", "none")
OVERLAP = ("skip", "queue")
IN_TIME = timedelta(minutes=15)  # chosen: a tick every ten minutes is never late
MAX_JITTER_S = 6 * 3600
_KEPT = 1000  # missed slots that are told one by one, the newest
_LEAP = timedelta(hours=3)
_QUARTER = timedelta(minutes=15)
_YEARS = 8  # the longest wait there is: a leap day around 2100
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_EVERY_HOUR = ("*", "*/1")


class Due(NamedTuple):
    """A slot, in UTC, and what is to be done with it."""

    slot: datetime
    action: Literal["start", "missed"]


@dataclass(frozen=True)
class Schedule:
    """When a study is due. Slots up to `after` are settled, and none before it ever comes.

    Raises ConfigError for an expression, zone, policy or day that cannot work.
    """

    study_id: int
    cron: str
    timezone: str
    after: datetime
    paused: bool = False
    jitter_s: int = 0
    catch_up: str = "latest"
    overlap: str = "skip"
    blackout: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_zone(self.timezone)
        _check_cron(self.cron, self.after)
        for name, allowed in (("catch_up", CATCH_UP), ("overlap", OVERLAP)):
            if getattr(self, name) not in allowed:
                raise ConfigError(
                    f"{name} is {getattr(self, name)!r}; it must be {' or '.join(allowed)}"
                )
        if not 0 <= self.jitter_s <= MAX_JITTER_S:
            raise ConfigError(f"jitter is {self.jitter_s}; it must be from 0 to {MAX_JITTER_S} s")
        for day in self.blackout:
            _check_day(day)


def due(schedule: Schedule, now: datetime) -> list[Due]:
    """What is to be settled at `now`, oldest first; empty when nothing is due.

    `latest`: of several slots that went by only the last is started. `all`: each of them. `none`:
    those that are more than 15 minutes late are missed.
    """
    if schedule.paused:
        return []
    passed: deque[datetime] = deque(maxlen=_KEPT)
    for slot in _slots(schedule, schedule.after):
        if slot + jitter_of(schedule, slot) > now:
            break
        passed.append(slot)
    if schedule.catch_up == "all":
        return [Due(slot, "start") for slot in passed]
    late = now - IN_TIME
    *older, last = passed or [None]
    found = [Due(slot, "missed") for slot in older if slot]
    if last is None:
        return found
    is_late = last + jitter_of(schedule, last) < late
    missed = schedule.catch_up == "none" and is_late
    return [*found, Due(last, "missed" if missed else "start")]


def next_slots(schedule: Schedule, now: datetime, count: int = 5) -> list[datetime]:
    """The next slots after `now`, in the schedule's zone."""
    zone = ZoneInfo(schedule.timezone)
    coming = _slots(schedule, max(now, schedule.after))
    return [slot.astimezone(zone) for slot in islice(coming, count)]


def jitter_of(schedule: Schedule, slot: datetime) -> timedelta:
    """How much later than its slot a run starts: the same for all schedulers, 0 to `jitter_s`."""
    if not schedule.jitter_s:
        return timedelta()
    key = f"{schedule.study_id} {slot.isoformat()}".encode()
    number = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
    return timedelta(seconds=number % (schedule.jitter_s + 1))


def _slots(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Slots later than `after` in UTC, each once, in order.

    A time that the clock shows twice in autumn counts once, one that it leaps over in spring comes
    right after the leap. A schedule of every hour follows elapsed time instead.
    """
    zone = ZoneInfo(schedule.timezone)
    last = after.astimezone(UTC)
    while slot := _next_slot(schedule.cron, zone, last):
        last = slot
        if slot.year > after.year + _YEARS:  # every slot there is falls on a blackout day
            return
        if not _is_blackout(slot.astimezone(zone).date(), schedule.blackout):
            yield slot


def _next_slot(cron: str, zone: ZoneInfo, last: datetime) -> datetime | None:
    """The first slot later than `last`, in UTC.

    cronsim leaps to the next hour in one step, which leaps over half an hour that is repeated
    (Lord Howe); so a step across a change of the offset is looked at again in small ones.
    """
    found = _later(cron, zone, last, last)
    if found is None or found - last > _LEAP or _is_fixed(cron):
        return found
    if found.astimezone(zone).utcoffset() == last.astimezone(zone).utcoffset():
        return found
    steps = range(1, int((found - last) / _QUARTER) + 1)
    nearer = (_later(cron, zone, last + n * _QUARTER, last) for n in steps)
    return min(filter(None, (found, *nearer)))


def _later(cron: str, zone: ZoneInfo, start: datetime, last: datetime) -> datetime | None:
    for local in CronSim(_elapsed(cron), start.astimezone(zone)):
        slot = local.astimezone(UTC)
        if slot > last:  # else the first showing of a repeated hour, asked for in the second
            return slot
    return None


def _is_fixed(cron: str) -> bool:
    """Whether it names hours, and so follows the clock and not elapsed time."""
    return _SHORT.get(cron.lower(), cron).split()[1] not in _EVERY_HOUR


def _elapsed(cron: str) -> str:
    """The expression as cronsim should see it: with a star it counts elapsed time.

    Only an expression of every hour may do so; "*/6" would come twice where midnight does.

    >>> _elapsed("*/30 2 * * *"), _elapsed("0 */6 * * *"), _elapsed("*/5 * * * *")
    ('0-59/30 2 * * *', '0 0-23/6 * * *', '*/5 * * * *')
    """
    minute, hour, *rest = _SHORT.get(cron.lower(), cron).split()
    if not _is_fixed(cron):
        return " ".join((minute, "*", *rest))
    return " ".join((minute.replace("*", "0-59"), hour.replace("*", "0-23"), *rest))


def _is_blackout(day: date, blackout: tuple[str, ...]) -> bool:
    return day.isoformat() in blackout or f"{day:%m-%d}" in blackout


# -- checks


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
        return
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    near = difflib.get_close_matches(name, sorted(available_timezones()), 1, 0.6)
    hint = f"did you mean {near[0]}?" if near else "write it like Europe/Berlin or UTC"
    raise ConfigError(f"timezone {name!r} is unknown; {hint}")


def _check_cron(cron: str, now: datetime) -> None:
    text = _SHORT.get(cron.lower(), cron)
    if len(text.split()) != 5:
        raise ConfigError(
            f"schedule {cron!r} has {len(text.split())} fields; it must have five: minute hour "
            'day-of-month month day-of-week, like "30 6 * * MON"'
        )
    try:
        coming = next(CronSim(_elapsed(text), now.astimezone(UTC)), None)
    except CronSimError as error:
        raise ConfigError(
            f"schedule {cron!r} is not usable: {str(error).lower()}; "
            'write it like "30 6 * * MON" (Sunday is 0 or 7)'
        ) from None
    if coming is None:
        raise ConfigError(f"schedule {cron!r} never comes; there is no such day")


def _check_day(text: str) -> None:
    try:
        if re.fullmatch(r"\d\d-\d\d", text):
            date.fromisoformat(f"2028-{text}")  # a leap year, so that 02-29 is a day
        elif re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            date.fromisoformat(text)
        else:
            raise ValueError
    except ValueError:
        raise ConfigError(
            f"blackout day {text!r} is no day; write it like 2026-12-24, or 12-24 for every year"
        ) from None
