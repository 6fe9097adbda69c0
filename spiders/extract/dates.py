"""Dates as people and sites write them, to ISO text; no clock is read, so "2 days ago" is None."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

import dateparser

__all__ = ["find_date", "looks_like_date"]

# Month names as they begin in the languages that we meet most, longest prefix first. A name that
# begins like one in another language means the same month in both ("mar" is March everywhere; the
# few that clash, like Czech "června"/"července", differ in the letters kept here).
_MONTHS = (
    "jan januar ene gen янв січ sty led ιαν oca ocak tam sau ian يناير ינואר มกราคม siječ يان",
    "feb fev fév févr φεβ фев лют lut úno şub helmi vas fev februar فبراير פברואר กุมภาพันธ์ velj",
    "mar mär mrt març mars märz мар бер marz bře μαρ maalis kov مارس מרץ มีนาคม ožuj mrz",
    "apr abr avr апр кві kwi dub απρ nis huhti bal أبريل אפריל เมษายน travnj ápr",
    "may mai mei mag maj май мая мај тра květ mayıs touko geg máj μαΐ μαι מאי مايو svibn พฤษภาคม",
    "jun juin giu июн чер cze červn haz kesä birž jún ιουν يونيو יוני มิถุนายน lipnj",
    "jul juil lug июл лип lip červenc tem heinä lie júl ιουλ يوليو יולי กรกฎาคม srpnj",
    "aug ago août aoû авг сер sie srp ağu elo rug aúg αυγ أغسطس אוגוסט สิงหาคม kolovoz",
    "sep set sept сен вер wrz zář eyl syys σεπ سبتمبر ספטמבר กันยายน rujn szept",
    "oct okt ott out окт жов paź říj eki loka spal οκτ أكتوبر אוקטובר ตุลาคม",
    "nov ноя лис lis kas marras lap νοε نوفمبر נובמבר พฤศจิกายน studen",
    "dec dez dic déc des дек гру gru pro ara joulu gruo δεκ ديسمبر דצמבר ธันวาคม prosin",
)
_PREFIXES = sorted(
    ((name, number) for number, names in enumerate(_MONTHS, 1) for name in names.split()),
    key=lambda pair: -len(pair[0]),
)
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_CJK = re.compile(r"((?:19|20)\d\d)\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([-/.])\s?(\d{1,2})\2\s?((?:19|20)\d\d|\d\d)(?!\d)")
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|ª)?[\s.,/-]{1,3}(?:(?:de|d'|of|di)\s+)?"
    r"([^\W\d_]{2,14})[\s.,/'’-]{1,4}(?:(?:de|del|of)\s+)?((?:19|20)\d\d)(?!\d)"
)
_MONTH_FIRST = re.compile(
    r"([^\W\d_]{2,14})[\s./-]{1,3}(\d{1,2})(?:st|nd|rd|th)?[\s.,/-]{1,3}((?:19|20)\d\d)(?!\d)"
)
_YEAR_FIRST = re.compile(r"((?:19|20)\d\d)[\s./-]{1,3}([^\W\d_]{2,14})[\s./-]{1,3}(\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:19|20|25)\d\d(?!\d)")
_DIGIT = re.compile(r"\d")
_MAX_CHARS = 200


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat() if 1990 <= year <= 2100 else None
    except ValueError:
        return None


def _month(name: str) -> int | None:
    name = name.lower()
    for prefix, number in _PREFIXES:
        if name.startswith(prefix):
            return number
    return None


def looks_like_date(text: str) -> bool:
    """Is `text` short and holds a year or a day with a month; cheap, may be wrong."""
    return len(text) <= 60 and find_date(text) is not None


def find_date(text: str, language: str | None = None, country: str | None = None) -> str | None:
    """The first full date in `text` as YYYY-MM-DD, or None; day before month but for US English.

    >>> find_date("Reviewed in Germany on 3 March 2025"), find_date("27. März 2014", "de")
    ('2025-03-03', '2014-03-27')
    >>> find_date("2 weeks ago")
    """
    text = text.strip()[:_MAX_CHARS]
    if not _DIGIT.search(text):
        return None
    return _find(text, language, country)


@lru_cache(maxsize=4096)
def _find(text: str, language: str | None, country: str | None) -> str | None:
    for pattern in (_ISO, _CJK):
        if match := pattern.search(text):
            return _iso(*map(int, match.groups()))
    for pattern, order in (
        (_DAY_FIRST, (3, 2, 1)),
        (_MONTH_FIRST, (3, 1, 2)),
        (_YEAR_FIRST, (1, 2, 3)),
    ):
        for match in pattern.finditer(text):
            if month := _month(match[order[1]]):
                return _iso(int(match[order[0]]), month, int(match[order[2]]))
    if match := _NUMERIC.search(text):
        return _numeric(match, language, country)
    return _slowly(text, language)


def _numeric(match: re.Match[str], language: str | None, country: str | None) -> str | None:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if year < 100:
        year += 2000
    month_first = match[2] == "/" and (country == "US" or (country is None and language == "en"))
    if (month_first and first <= 12) or second > 12:
        first, second = second, first
    return _iso(year, second, first)


def _slowly(text: str, language: str | None) -> str | None:
    """By dateparser, in the page's language only: its first guess over all languages is slow."""
    if not language or language == "en" or not _YEAR.search(text) or len(text) > 60:
        return None
    try:
        found = dateparser.parse(
            text,
            languages=[language],
            settings={"REQUIRE_PARTS": ["day", "month", "year"], "DATE_ORDER": "DMY"},
        )
    except (ValueError, OverflowError):  # dateparser: language it does not know
        return None
    return _iso(found.year, found.month, found.day) if found else None
