"""Aggregate ratings without markup, such as "4.2 out of 5 stars, 112 reviews"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.items import Rating
from spiders.extract.reviews_text import words
from spiders.extract.stars import Stars, read_count, read_phrase

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["read_seal", "read_summary"]

_SUMMARY = ("average", "summary", "aggregate", "overall", "avg", "score", "rating")


def read_summary(page: ParsedPage) -> list[Rating]:
    """The one aggregate above a review list, such as "4.2 out of 5 stars, 112 reviews"."""
    marks = [f'[class*="{word}" i]' for word in _SUMMARY if word in page.names_lowered]
    for node in page.tree.css(",".join(marks))[:40] if marks else ():
        text = node.text(deep=True, separator=" ", strip=True)
        if rating := _summary(node, text):
            return [rating]
    return []


def read_seal(page: ParsedPage) -> list[Rating]:
    """The aggregate of a page without reviews, where all that it says agrees: "4.87/5, 293 votes".

    A list of products, each with its own, states none of the page.
    """
    if "rating" not in page.names_lowered:
        return []
    found: dict[tuple[float, int | None], Rating] = {}
    for node in page.tree.css('[class*="rating" i]')[:40]:
        text = node.text(deep=True, separator=" ", strip=True)
        if len(text) <= 200 and _SEAL.search(text) and (rating := _summary(node, text)):
            found[rating.value, rating.count] = rating
    return list(found.values()) if len(found) == 1 else []


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
