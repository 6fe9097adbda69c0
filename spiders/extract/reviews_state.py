"""Reviews in the state that a page hands to its own scripts, and in plain JSON answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crawler.items import Rating, Review
from spiders.extract.dates import find_date
from spiders.extract.reviews_text import clean_body, clean_name, is_junk
from spiders.extract.stars import read_number
from spiders.extract.structured import Json, clean_string, load_json, plain_text

if TYPE_CHECKING:
    from spiders.extract.page import ParsedPage

__all__ = ["read_state"]

MAX_CHARS = 2_000_000
MAX_NODES = 200_000
MAX_DEPTH = 40

_TEXT = (
    "reviewBody",
    "reviewText",
    "review_text",
    "reviewContent",
    "reviewComment",
    "body",
    "text",
    "content",
    "comment",
    "comments",
    "message",
    "description",
    "review",
    "quote",
    "testimonial",
    "feedback",
    "positiveText",
    "consumerComment",
)
_RATING = (
    "rating",
    "ratingValue",
    "stars",
    "starRating",
    "star_rating",
    "score",
    "reviewRating",
    "rate",
    "reviewScore",
    "overallRating",
    "averageRating",
)
_AUTHOR = (
    "author",
    "reviewer",
    "user",
    "userName",
    "username",
    "nickname",
    "authorName",
    "author_name",
    "reviewerName",
    "reviewer_name",
    "customer",
    "customerName",
    "consumer",
    "name",
    "displayName",
    "display_name",
    "createdBy",
)
_DATE = (
    "datePublished",
    "date",
    "createdAt",
    "created_at",
    "publishedAt",
    "published_at",
    "publishedDate",
    "submittedAt",
    "submissionTime",
    "reviewDate",
    "review_date",
    "dateCreated",
    "date_created",
    "creationDate",
    "createdDate",
    "submission_time",
    "dates",
    "timestamp",
)
_TITLE = ("title", "reviewTitle", "review_title", "headline", "subject", "summary")
_REPLY = ("reply", "ownerReply", "response", "merchantReply", "businessResponse", "replyText")
_BEST = ("bestRating", "ratingRange", "maxRating", "max_rating", "scale")


# Keys without which a state is not worth reading: it costs 10 ms and more.
_HOLDERS = ('"reviews"', '"reviewBody"', '"reviewText"', '"review_text"', '"testimonials"')
_RATED = ('"rating"', '"ratingValue"', '"reviewRating"', '"stars"', '"starRating"', '"score"')


def read_state(page: ParsedPage) -> tuple[list[Review], list[Rating]]:
    """Lists of review-like objects in JSON scripts, or in a page that is JSON itself."""
    for text in _texts(page):
        for value in load_json(text):
            for rows in _lists(value):
                reviews = [r for r in map(_review, rows) if r is not None]
                if len(reviews) >= 2 and 2 * len(reviews) >= len(rows):
                    return reviews, []
    return [], []


def _texts(page: ParsedPage) -> Iterator[str]:
    start = page.html[:200].lstrip("\ufeff \r\n\t")[:1]
    if start in ("{", "[") and len(page.html) <= MAX_CHARS:
        yield page.html
        return
    for script in page.scripts:
        if script.type != "application/json" or len(script.text) > MAX_CHARS:
            continue
        if _any(_HOLDERS, script.text) and _any(_RATED, script.text):
            yield script.text


def _any(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)


def _lists(value: Json) -> Iterator[list[Json]]:
    """All lists of objects, breadth first, so that the outer list comes before those within."""
    level: list[Json] = [value]
    seen = 0
    for _ in range(MAX_DEPTH):
        below: list[Json] = []
        for item in level:
            seen += 1
            if isinstance(item, list):
                if item and isinstance(item[0], dict):
                    yield item
                below.extend(item)
            elif isinstance(item, dict):
                below.extend(item.values())
        level = [v for v in below if isinstance(v, (dict, list))]
        if not level or seen + len(level) > MAX_NODES:
            return


def _review(row: Json) -> Review | None:
    """A review where text and rating stand side by side, with a person or a date."""
    if not isinstance(row, dict):
        return None
    text = clean_body(plain_text(_string(row, _TEXT)))
    rating, high = _rating(row)
    author = clean_name(_string(row, _AUTHOR))
    written = _string(row, _DATE)
    if not text or is_junk(text) or rating is None or not (author or written):
        return None
    if "price" in row or "sku" in row or "offers" in row:
        return None
    title = plain_text(_string(row, _TITLE))
    return Review(
        text=text,
        rating=rating,
        rating_max=high,
        date=find_date(written) if written else None,
        title=title or None,
        origin="state",
        reply=plain_text(_string(row, _REPLY)) or None,
        author=author,
    )


def _string(row: dict[str, Json], names: tuple[str, ...]) -> str:
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return clean_string(value.strip())
        if isinstance(value, dict) and (
            inner := _string(value, (*_AUTHOR, *_DATE, "text", "body", "value", "message"))
        ):
            return inner
    return ""


def _rating(row: dict[str, Json]) -> tuple[float | None, float | None]:
    for name in _RATING:
        value = row.get(name)
        high = next((h for h in map(_number, (row.get(n) for n in _BEST)) if h), None)
        if isinstance(value, dict):
            high = next((h for h in map(_number, (value.get(n) for n in _BEST)) if h), high)
            value = next((value[n] for n in (*_RATING, "value") if n in value), None)
        number = _number(value)
        if number is not None and 0 < number <= (high or 10):
            return number, high
    return None, None


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    found = read_number(value) if isinstance(value, str) else None
    return found.value if found else None
