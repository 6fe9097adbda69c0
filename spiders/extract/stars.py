"""Ratings as pages show them: numbers in words, stars as glyphs, classes, widths and icons."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = [
    "OF",
    "Stars",
    "glyphs_in",
    "read_class",
    "read_count",
    "read_file",
    "read_glyphs",
    "read_number",
    "read_phrase",
    "read_whole",
]


class Stars(NamedTuple):
    """`value` on `low`..`high`; `high` is None where the page does not say the scale."""

    value: float
    high: float | None = None
    low: float | None = None


_NUMBER = r"(\d{1,4}(?:[.,٫]\d{1,3})?)"
_PLAIN = re.compile(rf"\s*{_NUMBER}\s*(?:★|⭐️?|%|/\s*(\d{{1,3}})|\|\s*(\d{{1,3}}))?\s*\Z")
OF = (
    r"(?:/|\||out of(?: a possible)?|of|on|von|de|sur|su|di|из|з|від|van(?: de)?|uit|av|af|ud af|z"
    r"|ze|od|na"
    r"|em|din|iš|no|από|στα|sobre|per|üzerinden|dari|trên|az|จาก|의|中|满分|من|מתוך|از)"
)
_OUT_OF = re.compile(
    rf"(?<![\d.,]){_NUMBER}\s*(?:stars?|★|⭐|sterne?|étoiles?|estrellas?|stelle)?\s*{OF}\s*(\d{{1,3}})(?![\d.,%]*\d|\s*%)",
    re.I,
)
_REVERSED = re.compile(
    r"(?<!\d)(\d{1,3})\s*(?:つ星のうち|点中|分中|점 만점에|yıldız üzerinden|üzerinden|星中)"
    rf"\s*{_NUMBER}"
)
_STAR_WORD = re.compile(
    rf"(?<![\d.,]){_NUMBER}[\s-]*(?:stars?\b|★|⭐|sterne?\b|stern\b|étoiles?|estrellas?|estrelas?|stelle\b|stella\b"
    r"|sterren|ster\b|stjärn\w*|stjern\w*|gwiazd\w*|hvězd\w*|звезд\w*|звёзд\w*|зірок|зірк\w*|yıldız|tähteä"
    r"|csillag|stele\b|αστέρ\w*|つ星|星|별점|نجوم|نجمة|כוכבים|ستاره|bintang|sao\b|ดาว)",
    re.I,
)
_RATED = re.compile(
    rf"\b(?:rated|rating|score|bewertung|note|nota|valutazione|valoración|puntuación|waardering|оценка|рейтинг"
    rf"|評価|평점|ocena|hodnocení|betyg|puan)\s*:?\s*{_NUMBER}(?!\s*(?:%|reviews?|ratings?|votes?))",
    re.I,
)
_DIGIT = re.compile(r"\d")
_WORDS = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_CLASS = re.compile(
    r"(?:^|[\s_-])(?:a-|rating|rate|rated|stars?|score|bubble|s|rank|bewertung|value|val|note)"
    r"(?:s|ing)?[_-]{0,2}(?:star[_-]?)?(\d{1,3})(?:[._-](\d))?(?:[_-](?:half|5))?(?=$|\s|[_-](?:star|of|small|s\b))"
)
_CLASS_HALF = re.compile(r"(\d)[_-](?:half|5)(?=$|\s)")
_FULL, _HALF, _EMPTY = "★⭐🌟✭✮⯨✪❤♥", "½⯪✬", "☆✩⚝♡✰"
_GLYPH = re.compile(rf"[{_FULL}{_EMPTY}{_HALF}]")
_COUNT = re.compile(r"\d{1,3}(?:[.,'’\s\u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d+)?")


def _float(number: str) -> float:
    return float(number.replace(",", ".").replace("٫", "."))


def read_number(text: str) -> Stars | None:
    """A rating written as a number alone, with its scale if it is there.

    >>> read_number("4,5"), read_number(" 8/10 ")
    (Stars(value=4.5, high=None, low=None), Stars(value=8.0, high=10.0, low=None))
    >>> read_number("=5")
    """
    match = _PLAIN.match(text)
    if not match:
        return None
    high = match[2] or match[3] or ("100" if "%" in text else None)
    return _bounded(_float(match[1]), float(high) if high else None)


def _bounded(value: float, high: float | None) -> Stars | None:
    if high is not None and (high < value or high not in (3, 4, 5, 6, 7, 10, 20, 100)):
        return None
    return Stars(value, high)


def read_phrase(text: str) -> Stars | None:
    """A rating in a phrase of a widget: "4.5 out of 5 stars", "5つ星のうち4.0", "Rated 4".

    >>> read_phrase("4 von 5 Sternen"), read_phrase("5 из 5 звезд")
    (Stars(value=4.0, high=5.0, low=None), Stars(value=5.0, high=5.0, low=None))
    """
    if len(text) > 160 or not _DIGIT.search(text):
        return None
    if match := _REVERSED.search(text):
        return _bounded(_float(match[2]), float(match[1]))
    if match := _OUT_OF.search(text):
        found = _bounded(_float(match[1]), float(match[2]))
        if found:
            return found
    for pattern in (_STAR_WORD, _RATED):
        if match := pattern.search(text):
            value = _float(match[1])
            if value <= 5:
                return Stars(value, 5.0 if pattern is _STAR_WORD else None)
            if value <= 10 and pattern is _RATED:
                return Stars(value)
    return None


_BESIDE = re.compile(r"[^\W\d_]+", re.UNICODE)
_MOST_BESIDE = 22  # letters of "Kundenbewertung Sterne", and a scale


def read_whole(text: str) -> Stars | None:
    """A short text that is a rating and nothing else, of 5 or 10: "4/5", "Rated 4 out of 5".

    >>> read_whole("Note : 4,5 / 5"), read_whole("3 of 5 people came back")
    (Stars(value=4.5, high=5.0, low=None), None)
    """
    if len(text) > 40 or not _DIGIT.search(text):
        return None
    match = _OUT_OF.search(text) or _REVERSED.search(text)
    found = read_phrase(text) if match else None
    if match is None or found is None or found.high not in (5, 10) or found.value <= 0:
        return None
    if _DIGIT.search(text, match.end()) or _DIGIT.search(text[: match.start()]):
        return None
    after = sum(map(len, _BESIDE.findall(text[match.end() :])))
    before = sum(map(len, _BESIDE.findall(text[: match.start()])))
    return found if after <= 10 and before + after <= _MOST_BESIDE else None


_FILE = re.compile(
    r"(?<![a-z])(?:stars?|rating|rate|bewertung|sterne?|etoiles?|estrellas?)[-_]?(\d)(?:[._-]?([05]))?(?:[-_][a-z]+)?\.(?:gif|png|svg|jpe?g|webp)"
    r"|(?<!\d)(\d)(?:[._-]?([05]))?[-_]?(?:stars?|sterne?|etoiles?|estrellas?)\.(?:gif|png|svg|jpe?g|webp)"
)


def read_file(address: str) -> Stars | None:
    """A rating in the name of a picture: "stars_4.gif", "rating-45.png", "3stars.svg".

    >>> read_file("/img/stars-4-5.png?v=2"), read_file("/img/star.png")
    (Stars(value=4.5, high=5.0, low=None), None)
    """
    name = address.partition("?")[0].rpartition("/")[2].lower()
    match = _FILE.search(name) if len(name) <= 60 else None
    if match is None:
        return None
    value = float(f"{match[1] or match[3]}.{match[2] or match[4] or 0}")
    return Stars(value, 5.0) if 0 < value <= 5 else None


def read_class(classes: str) -> Stars | None:
    """A rating in class names: star-4, a-star-4-5, rating-45, bubble_40, "stars five".

    Two digits are tenths of five when they end in 0 or 5 and are at most 50, else percent.
    """
    classes = classes.lower()
    for match in _CLASS.finditer(classes):
        digits, decimal = match[1], match[2]
        value = int(digits)
        if decimal and value < 5:
            return Stars(float(f"{value}.{decimal}"), 5.0)
        if value <= 5:
            half = _CLASS_HALF.search(classes, match.start())
            return Stars(value + 0.5 if half and value < 5 else float(value), 5.0)
        if value <= 50 and value % 5 == 0:
            return Stars(value / 10, 5.0)
        if value <= 100 and value % 10 == 0:
            return Stars(value / 20, 5.0)
    if "star" in classes or "rating" in classes:
        for word in re.split(r"[\s_-]+", classes):
            if word in _WORDS:
                return Stars(float(_WORDS[word]), 5.0)
    return None


def glyphs_in(text: str) -> list[str]:
    """Whether each star glyph in `text` is full, half or empty.

    >>> glyphs_in("★★½")
    ['full', 'full', 'half']
    """
    if text.isascii():
        return []
    states = (("full", _FULL), ("half", _HALF), ("empty", _EMPTY))
    return [next(s for s, glyphs in states if g in glyphs) for g in _GLYPH.findall(text)]


def read_glyphs(text: str) -> Stars | None:
    """A run of star glyphs; empty ones say the scale, without them it is 5 (10 above five).

    >>> read_glyphs("★★★★☆")
    Stars(value=4.0, high=5.0, low=None)
    """
    glyphs = [] if text.isascii() else _GLYPH.findall(text)
    if not glyphs or len(glyphs) > 10:
        return None
    full = sum(g in _FULL for g in glyphs)
    half = sum(g in _HALF for g in glyphs)
    empty = len(glyphs) - full - half
    if empty or half:
        high = full + half + empty
        return Stars(full + half / 2, float(high)) if high in (3, 4, 5, 6, 10) else None
    if full < 2:
        return None
    return Stars(float(full), 5.0 if full <= 5 else 10.0)


def read_count(text: str) -> int | None:
    """How many, from "1.234 Bewertungen", "(38 reviews)", "5.00", "2,5K".

    >>> read_count("1.234 Bewertungen"), read_count("12 000"), read_count("5.00"), read_count("no")
    (1234, 12000, 5, None)
    """
    match = _COUNT.search(text)
    if not match or len(match[0]) > 15:
        return None
    number = match[0]
    if re.fullmatch(r"\d{1,3}(?:[.,'’\s]\d{3})+", number):
        return int(re.sub(r"\D", "", number))
    value = _float(number)
    suffix = text[match.end() : match.end() + 2].strip().lower()[:1]
    if suffix in ("k", "m") and not text[match.end() + 1 : match.end() + 2].isalpha():
        value *= 1000 if suffix == "k" else 1_000_000
    return int(value)
