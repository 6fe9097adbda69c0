"""Opening hours and promised reply times in the visible text."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from crawler.items import Channel
from spiders.extract.blocks import is_quoted, quote
from spiders.extract.durations import HOURS, Duration, durations, is_within, sentence
from spiders.extract.policies_rows import CLOCK_SIGNS, lowered, places, spoken, zones
from spiders.extract.words import normalize, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spiders.extract.page import ParsedPage

__all__ = ["find_hours", "find_reply_times"]

MAX_RANGES = 200  # of one page
REACH = 300  # characters from one sign of "24/7" to where the next is sought
MAX_REPLY_HOURS = 240  # longer ones are the terms of data protection, not of service
_TIME = r"(?:[:.h][0-5][0-9])?+ ?(?:[apAP]\.? ?[mM]\b\.?|[uU]hr|h\b)?+"
_TO = r"[-\u2010-\u2014~]|[^\W\d_]{1,5}(?= ?[0-9])"
_RANGE = re.compile(rf"[0-9]{{1,2}}(?![0-9]){_TIME} ?(?:{_TO}) ?[0-9]{{1,2}}(?![0-9]){_TIME}")
_CLOCK = re.compile(r"[0-9][:.h][0-5][0-9]|[ap]\.?\s?m\b|uhr|[0-9]\s?h\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


def find_hours(page: ParsedPage) -> list[Channel]:
    """Blocks of days with hours as written, e.g. `Mon - Fri: 9:00 - 18:00, Sat: 10:00 - 14:00`.

    A time range counts when days stand before it and an hours word or a range of days says that
    it is no date of an event.
    """
    text = page.text
    found: dict[str, Channel] = {}
    block_start = block_end = -1
    for match in islice(_ranges(text, spoken(text, page.language)[0]), MAX_RANGES):
        if not _CLOCK.search(match[0]) or match.start() < block_end:
            continue
        days = _days_before(text, max(block_end, match.start() - 48, 0), match.start())
        if block_end >= 0 and days is not None and match.start() - block_end < 40:
            block_end = match.end()
            continue
        _keep(found, text, block_start, block_end)
        block_start, block_end = -1, -1
        if days is not None and (days[1] or _says_hours(text, days[0])):
            block_start, block_end = days[0], match.end()
    _keep(found, text, block_start, block_end)
    return [*found.values(), *_around_the_clock(page)]


_ALWAYS = (
    *("24/7", "24 / 7", "24x7", "24 x 7", "7/24", "round the clock", "round-the-clock"),
    *("rund um die uhr", "24 stunden am tag", "24 hours a day", "24h/24", "24 heures sur 24"),
    *("24 horas al día", "24 horas del día", "24 ore su 24", "24 uur per dag", "całą dobę"),
    *("24 horas por dia", "24 saat", "круглосуточно", "24時間", "24小时", "24시간"),
)
_SERVICE = re.compile(
    r"support|service|servic|\bhelp|customer|\bkund|assist|hotline|\bchat|\bcall|phone|telefon|"
    r"\bteam\b|reach|erreich|beratung|\bopen\b|\boffen|geöffnet|klant|cliente?s?\b|atención|"
    r"soporte|atendimento|suporte|obsług|destek|поддержк|サポート|客服|고객",
    re.IGNORECASE,
)


def _around_the_clock(page: ParsedPage) -> list[Channel]:
    """The first promise of people at any hour, e.g. `Our support team is available 24/7`."""
    text, lower = page.text, lowered(page.text)
    for sign in _ALWAYS:
        at = lower.find(sign)
        while at >= 0:
            left, right = sentence(text, at, at + len(sign))
            excerpt = quote(page, left, right, at, at + len(sign))
            if _SERVICE.search(excerpt) and not is_quoted(page, at):
                return [Channel("hours", text[at : at + len(sign)], None, excerpt[:200])]
            at = lower.find(sign, at + REACH)
    return []


def _ranges(text: str, language: str) -> Iterator[re.Match[str]]:
    """Time ranges in order, sought only where the sign of a clock stands."""
    known = places(text, language)
    signs = {at for sign in CLOCK_SIGNS for at in known.get(sign, ())}
    done = 0
    for at in sorted(signs)[: MAX_RANGES * 4]:
        left = max(done, at - 14)
        while text[left - 1 : left].isdigit() and left < at:
            left += 1
        match = _RANGE.search(text, left, at + 24)
        if match and match.start() >= done:
            yield match
            done = match.end()


def _keep(found: dict[str, Channel], text: str, start: int, end: int) -> None:
    if start >= 0:
        value = text[start:end].strip(" ,;:|-")[:300]
        found.setdefault(normalize(value), Channel("hours", value, None, value[:200]))


@cache
def _day_words() -> frozenset[str]:
    return words("weekdays")


def _days_before(text: str, left: int, right: int) -> tuple[int, bool] | None:
    """Where the days before a time range begin and whether they are several."""
    seen = [
        match for match in _WORD.finditer(text, left, right) if normalize(match[0]) in _day_words()
    ]
    if len(seen) > 1 and len(seen[0][0]) < 3 < len(seen[1][0]):
        # "du lundi": the article, though a language writes a day so
        seen = seen[seen[1].start() - seen[0].end() == 1 :]
    if not seen or right - seen[-1].end() > 14:
        return None
    plural = len(seen) > 1 or (len(seen[0][0]) > 3 and normalize(seen[0][0]) in _EVERY)
    return seen[0].start(), plural


_EVERY = frozenset("daily weekdays täglich werktags quotidien diario dagelijks codziennie".split())


def _says_hours(text: str, at: int) -> bool:
    before = normalize(text[max(0, at - 90) : at])
    return any(word in before for word in words("hours"))


def find_reply_times(page: ParsedPage) -> list[Channel]:
    """Promises to answer: value is the span with its unit, detail the hours of its longer end.

    `We reply within 1-2 business days` is `1-2 business_day` with detail 48. What is no promise of
    the support is a `reply_term`: the times of data protection, and of confirming a request.
    """
    text = page.text
    found: dict[str, Channel] = {}
    languages = spoken(text, page.language)
    if not _confirms(lowered(text)) and not any(zones(text, "reply", code) for code in languages):
        return []
    for span in durations(text, languages):
        left, right = sentence(text, span.start, span.end)
        kind = _kind_of_reply(text, span, left, right)
        if not kind or is_quoted(page, span.start):
            continue
        low_high = f"{span.low}-{span.high}" if span.high != span.low else str(span.high)
        hours = f"{span.high * HOURS[span.unit]:g}"
        value = f"{low_high} {span.unit}"
        excerpt = quote(page, left, right, span.start, span.end)
        found.setdefault(f"{kind} {value}", Channel(kind, value, hours, excerpt[:200]))
    return list(found.values())


# Said of a request, it is a time to answer, though no promise of the support: "all reservations
# are confirmed within 24 hours".
_CONFIRMS = "confirm bestätig conferm bevestig potwierdz bekræft bekräft onayla".split()
_CONFIRM = re.compile(r"\bconfirm|bestätig|\bconferm|bevestig|potwierdz|bekræft|bekräft|onayla")


def _confirms(lower: str) -> bool:
    return any(stem in lower for stem in _CONFIRMS) and _CONFIRM.search(lower) is not None


_DATA = re.compile(
    r"personal data|data (?:subject|protection|access|deletion)|\bgdpr|\bccpa|dsgvo|\brgpd|"
    r"privacy (?:request|right|inquir)|(?:your|these|those|such|legal) rights|betroffenenrecht|"
    r"données personnelles|datos personales|dati personali|persoonsgegevens"
)
_BEFORE = 160  # characters before the sentence in which a text on data protection says so


def _kind_of_reply(text: str, span: Duration, left: int, right: int) -> str:
    """`reply_time`, `reply_term` for what is no promise of the support, "" for anything else."""
    before, after = normalize(text[left : span.start]), normalize(text[span.end : right])
    around, near = normalize(text[left:right]), f" {before[-34:]} "
    code = span.language
    if any(word in around for word in words("return_words", code)):
        return ""
    if not is_within(before, after, span, 34) and not any(f" {word} " in near for word in _LESS):
        return ""
    if not any(word in around for word in words("reply", code)):
        return "reply_term" if _confirms(lowered(text[left:right])) else ""
    is_legal = span.high * HOURS[span.unit] > MAX_REPLY_HOURS
    is_legal = is_legal or _DATA.search(lowered(text[max(0, left - _BEFORE) : right])) is not None
    return "reply_term" if is_legal else "reply_time"


_LESS = ("<", "time:", "time is", "antwortzeit:", "usually", "typically", "about", "approximately")
