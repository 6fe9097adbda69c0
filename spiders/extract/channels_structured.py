"""Channels that structured data states of the business: mail, phone, hours, postal address."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from crawler.items import Channel
from spiders.extract.structured import Entity, plain_text, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spiders.extract.page import ParsedPage

__all__ = ["businesses", "find_addresses", "find_stated_hours", "texts"]

# Things with an e-mail or address of their own that is not the brand's.
_OTHERS = frozenset(
    "Person Review UserReview Article NewsArticle BlogPosting Product Offer Event JobPosting "
    "Comment Question Answer FAQPage Recipe Book Movie VideoObject ImageObject".split()
)
_STATED = ("telephone", "email", "openingHours", "openingHoursSpecification", "address", "sameAs")
MAX_BUSINESSES = 200  # of one page; a list of branches


@lru_cache(maxsize=2)
def businesses(page: ParsedPage) -> tuple[Entity, ...]:
    """Entities of the page that are a firm, a shop, a contact point; not people and articles."""
    found = []
    for entity in walk(page.structured):
        if not _OTHERS.isdisjoint(entity.types):
            continue
        if any(name in entity.props for name in _STATED):
            found.append(entity)
        if len(found) >= MAX_BUSINESSES:
            break
    return tuple(found)


def texts(entity: Entity, name: str) -> list[str]:
    """The property's values that are text, tags and outer spaces gone."""
    values = [plain_text(v) for v in entity.props.get(name, ()) if isinstance(v, str)]
    return [value.strip() for value in values if value.strip()]


# --- postal address ----------------------------------------------------------------------------

_PARTS = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")


def find_addresses(page: ParsedPage) -> list[Channel]:
    """Postal addresses on one line, their country as detail."""
    found: dict[str, Channel] = {}
    for entity in businesses(page):
        for value in entity.props.get("address", ()):
            if not isinstance(value, Entity):
                continue
            line, country = _line(value)
            if line:
                found.setdefault(line, Channel("address", line, country, line[:200]))
    return list(found.values())


def _line(address: Entity) -> tuple[str, str | None]:
    parts = {name: ", ".join(dict.fromkeys(texts(address, name))) for name in _PARTS}
    for value in address.props.get("addressCountry", ()):
        if isinstance(value, Entity):
            parts["addressCountry"] = ", ".join(texts(value, "name"))
    if not parts["streetAddress"] and not parts["addressLocality"]:
        return "", None
    town = " ".join(filter(None, (parts["postalCode"], parts["addressLocality"])))
    pieces = [parts["streetAddress"], town, parts["addressRegion"], parts["addressCountry"]]
    return ", ".join(filter(None, pieces))[:300], parts["addressCountry"] or None


# --- opening hours -----------------------------------------------------------------------------

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


def find_stated_hours(page: ParsedPage) -> list[Channel]:
    """Hours of schema.org as `Mo-Fr 09:00-18:00; Sa 10:00-14:00`, one value a business."""
    found: dict[str, Channel] = {}
    for entity in businesses(page):
        spans = texts(entity, "openingHours") or _specified(entity)
        value = "; ".join(dict.fromkeys(" ".join(span.split()) for span in spans))[:300]
        if any(c.isdigit() for c in value) or "24/7" in value:
            found.setdefault(value, Channel("hours", value, "schema.org", value[:200]))
    return list(found.values())


def _specified(entity: Entity) -> list[str]:
    """OpeningHoursSpecification as text, days with the same hours together."""
    by_hours: dict[str, list[int]] = {}
    for name in ("openingHoursSpecification", "hoursAvailable"):
        for value in entity.props.get(name, ()):
            if isinstance(value, Entity) and (hours := _hours(value)):
                by_hours.setdefault(hours, []).extend(_day_numbers(value))
    return [f"{_days(days)} {hours}".strip() for hours, days in by_hours.items()]


def _hours(value: Entity) -> str:
    opens, closes = "".join(texts(value, "opens")[:1]), "".join(texts(value, "closes")[:1])
    start, end = _CLOCK.search(opens), _CLOCK.search(closes)
    if not start or not end or start[0] == end[0] == "00:00":
        return ""
    return f"{int(start[1]):02}:{start[2]}-{int(end[1]):02}:{end[2]}"


def _day_numbers(value: Entity) -> list[int]:
    names = [name.rstrip("/").rsplit("/", 1)[-1] for name in texts(value, "dayOfWeek")]
    return [_DAYS.index(name) for name in names if name in _DAYS]


def _days(numbers: Iterable[int]) -> str:
    """Days as ranges of their two-letter names.

    >>> _days([0, 1, 2, 3, 4, 6])
    'Mo-Fr,Su'
    """
    runs: list[list[int]] = []
    for day in sorted(set(numbers)):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = [_DAYS[run[0]][:2] + (f"-{_DAYS[run[-1]][:2]}" if len(run) > 1 else "") for run in runs]
    return ",".join(names)
