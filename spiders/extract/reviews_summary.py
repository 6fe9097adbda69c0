"""Aggregate ratings without markup, such as "4.2 out of 5 stars, 112 reviews"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.items import Rating
from spiders.extract.reviews_text import words
from spiders.extract.stars import OF, Stars, read_count, read_number, read_phrase

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["read_seal", "read_sentence", "read_summary"]

_SUMMARY = ("average", "summary", "aggregate", "overall", "avg", "score", "rating")


def read_summary(page: ParsedPage) -> list[Rating]:
    """The one aggregate above a review list, such as "4.2 out of 5 stars, 112 reviews"."""
    if b"data-average-rating" in page.lowered_source and (told := _in_attributes(page)):
        return told
    marks = [f'[class*="{word}" i]' for word in _SUMMARY if word in page.names_lowered]
    for node in page.tree.css(",".join(marks))[:40] if marks else ():
        text = node.text(deep=True, separator=" ", strip=True)
        if rating := _summary(node, text):
            return [rating]
    return []


def read_seal(page: ParsedPage) -> list[Rating]:
    """The aggregates that a page without reviews states in elements named so: "4.87/5, 293 votes".

    More than one are those of a list of products, and none is the page's own.
    """
    if "rating" not in page.names_lowered:
        return []
    found: dict[tuple[float, int | None], Rating] = {}
    for node in page.tree.css('[class*="rating" i]')[:40]:
        text = node.text(deep=True, separator=" ", strip=True)
        if len(text) <= 200 and _SEAL.search(text) and (rating := _summary(node, text)):
            found[rating.value, rating.count] = rating
    return list(found.values())


def _in_attributes(page: ParsedPage) -> list[Rating]:
    """The mean and count that the list of a widget carries as attributes; 0 reviews are none."""
    found: dict[tuple[float, int | None], Rating] = {}
    for node in page.tree.css("[data-average-rating][data-number-of-reviews]")[:40]:
        attributes = node.attributes
        mean = read_number(attributes.get("data-average-rating") or "")
        count = read_count(attributes.get("data-number-of-reviews") or "")
        if mean and count and 0 < mean.value <= 5:
            found[mean.value, count] = Rating(mean.value, None, 5.0, count, origin="dom")
    return list(found.values()) if len(found) == 1 else []


_CURRENCIES = tuple("$€£¥₽₹")
_MAX_NUMBERS = 1_000  # looked at in the text of one page
_NUMBER = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+|\d{1,7})(?=[ \u00a0]?\+?\s*[^\W\d_])"
)
_MEAN_BEFORE = re.compile(
    r"(?<![\d.,$€£])(\d{1,2}(?:[.,]\d{1,2})?)"
    rf"(?:\s*(?:stars?|★|⭐)?\s*(?:{OF})\s*(5|10)(?:[.,]0{{1,2}})?(?![\d.,]*\d|\s*%))?"
    r"([^\d$€£]{0,48})$",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\s*(?:stars? |sterne |★+ )?[(]?(?:from|based|basierend|aus|basé|sur|basado|en base|basato"
    r"|su|op basis|uit|na podstawie|на основ|по|com base|baseado|baserat|baseret)\b",
    re.IGNORECASE,
)


def read_sentence(page: ParsedPage, has_reviews: bool) -> list[Rating]:
    """The aggregate that the text states: "4.88 / 5.00 from 657 ratings", "5 from 31 votes".

    Where several differ the first is taken above reviews, and none of a list of products.
    """
    text = page.text
    found: dict[tuple[float, int | None], Rating] = {}
    after = words().counted_after
    for at, number in enumerate(_NUMBER.finditer(text)):
        if at >= _MAX_NUMBERS:
            break
        count = read_count(number[0])
        if not count or not after.match(text, number.end(), number.end() + 48):
            continue
        mean = _MEAN_BEFORE.search(text, max(0, number.start() - 72), number.start())
        if mean is None:
            continue
        if text[: mean.start()].rstrip()[-1:] in _CURRENCIES:
            continue
        value, high = float(mean[1].replace(",", ".")), float(mean[2] or 5)
        if 0 < value <= high and (mean[2] or _is_bare_mean(mean[1], mean[3])):
            found.setdefault((value, count), Rating(value, None, high, count, origin="dom"))
    ratings = list(found.values())
    return ratings[:1] if has_reviews or len(ratings) == 1 else []


def _is_bare_mean(number: str, between: str) -> bool:
    """Is a number without its scale a mean: "4.8 (12 reviews)", "5 from 12 votes"?"""
    if _FROM.match(between):
        return True
    return len(number) > 2 and len(between) <= 12 and not any(map(str.isalpha, between))


def _summary(node: LexborNode, text: str) -> Rating | None:
    """The mean in `text` with the count beside it or around it."""
    if not 1 <= len(text) <= 200:
        return None
    stars = read_phrase(text) or _mean(node, text)
    if stars is None or stars.value <= 0 or (stars.high is None and stars.value > 5):
        return None
    for _ in range(3):
        count = _counted(text) or _count_alone(node)
        if count:
            return Rating(stars.value, stars.low, stars.high, count, origin="dom")
        if node.parent is None or node.parent.tag == "body":
            return None
        node = node.parent
        text = node.text(deep=True, separator=" ", strip=True)
        if len(text) > 200:
            return None
    return None


def _counted(text: str) -> int | None:
    """The number before a word such as "reviews"; the 5 of "4 of 5 reviews" is none."""
    match = words().counted.search(text)
    while match and _SCALE_BEFORE.search(text, max(0, match.start() - 12), match.start()):
        match = words().counted.search(text, match.end(1))
    return read_count(match[1]) if match else None


def _count_alone(node: LexborNode) -> int | None:
    """The number in an element that is called a count."""
    for inner in node.css('[class*="count" i]')[:5]:
        text = inner.text(deep=True, strip=True).strip("()")
        if re.fullmatch(r"\d[\d.,]*", text):
            return read_count(text)
    return None


_SEAL = re.compile(r"(?<![\d.,])[1-5][.,]\d{1,2}\s*(?:/|[^\W\d_]{2,3}(?: of)?)\s*5(?![\d.,])")
_SCALE_BEFORE = re.compile(r"\d\s*(?:/|out of|of|von|de|sur|su|di|van|из|z)\s*$")
_MEAN = re.compile(r"^\D{0,20}([1-4][.,]\d{1,2}|5[.,]00?)(?![\d.,])")
_MEAN_NAME = re.compile(r"average|avg|summary|overall|aggregate")


def _mean(node: LexborNode, text: str) -> Stars | None:
    """A number with a decimal in an element that is called an average."""
    match = _MEAN.match(text) if _MEAN_NAME.search(node.attributes.get("class") or "") else None
    return Stars(float(match[1].replace(",", ".")), 5.0) if match else None
