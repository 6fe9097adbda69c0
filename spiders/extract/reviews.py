"""Reviews and aggregate ratings of a page, from its markup, its shape and its embedded state."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from crawler.items import Rating, Review
from spiders.extract.dates import find_date
from spiders.extract.reviews_cards import read_cards
from spiders.extract.reviews_dom import body_of, rating_of, read_rated, read_sections
from spiders.extract.reviews_sections import find_sections
from spiders.extract.reviews_state import read_state
from spiders.extract.reviews_summary import read_seal, read_sentence, read_summary
from spiders.extract.reviews_text import clean_body, clean_name, is_junk, text_key
from spiders.extract.reviews_units import CHOSEN
from spiders.extract.stars import Stars, read_count, read_number, read_phrase
from spiders.extract.structured import Entity, Value, block_text, find, first, plain_text

if TYPE_CHECKING:
    from spiders.extract.page import ParsedPage

__all__ = ["extract_reviews"]

_REVIEW_TYPES = ("Review", "UserReview", "EmployerReview", "CriticReview", "MediaReview")
_AGGREGATE_TYPES = ("AggregateRating", "EmployerAggregateRating", "Review-aggregate")
_TELLING = 40  # characters of a chosen voice that stands beside a list of another kind
_REPLIES = re.compile(r"repl(?:y|ies)|respon|answer|antwort|r[eé]pon|rispost|children|svar|otvet")
MAX_REVIEWS = 2_000  # of one page


def extract_reviews(page: ParsedPage) -> tuple[list[Review], list[Rating]]:
    """Each review once, in page order, and the aggregates that the page states.

    What machine-readable data says comes first. Reviews found by shape join it only when the page
    has no such data, or when they are seen to be the same list gone on.
    """
    reviews, ratings = _read_page(page)
    return list(reviews), list(ratings)


@lru_cache(maxsize=1)  # promises ask for the reviews again: what customers wrote is none
def _read_page(page: ParsedPage) -> tuple[list[Review], list[Rating]]:
    ratings = _aggregates(page)
    reviews = _marked_up(page)
    sections = find_sections(page)
    is_asked = bool(sections.roots) and _may_add(page, sections.kinds, reviews, ratings)
    shaped = read_sections(page, sections) if is_asked else []
    reviews = _joined(reviews, shaped, ratings) if reviews and shaped else reviews or shaped
    if not reviews:
        reviews, more = read_state(page)
        ratings = ratings or more
    if not reviews:
        reviews = read_cards(sections.titles) or read_rated(page)
    if not ratings:
        ratings = _stated(page, bool(sections.roots), bool(reviews))
    _scale(reviews, ratings)
    return _unique(reviews)[:MAX_REVIEWS], _distinct(ratings)


def _stated(page: ParsedPage, has_sections: bool, has_reviews: bool) -> list[Rating]:
    """The aggregate that the page shows without markup."""
    ratings = read_summary(page) if has_sections else read_seal(page)
    if ratings:
        return ratings if len(ratings) == 1 else []
    names = page.names_lowered
    if has_sections or "rating" in names or "votes" in names:
        return read_sentence(page, has_reviews)
    return []


def _may_add(
    page: ParsedPage, kinds: dict[int, str], marked: list[Review], ratings: list[Rating]
) -> bool:
    """May what the page shows tell more than its markup: chosen voices, more reviews, a reply?"""
    if not marked or not set(CHOSEN).isdisjoint(kinds.values()):
        return True
    is_whole = any(r.count and r.count <= len(marked) for r in ratings)
    if is_whole and all(r.date for r in marked) and not _REPLIES.search(page.names_lowered):
        return False
    return any(" ".join(r.text.split()[:4]) in page.text for r in marked)


# --- reviews from markup -----------------------------------------------------------------------


def _marked_up(page: ParsedPage) -> list[Review]:
    country = "US" if page.language == "en" else None
    found = []
    for entity in find(page.structured, *_REVIEW_TYPES):
        review = _review(entity, page.language, country)
        if review is not None:
            found.append(review)
    return found


def _review(entity: Entity, language: str | None, country: str | None) -> Review | None:
    body = _text(entity, "reviewBody", "description", "content", "text", "articleBody")
    title = _text(entity, "name", "headline", "title", "summary")
    author = clean_name(_text(entity, "author", "reviewer", "creator"))
    written = _text(
        entity,
        "datePublished",
        "dtreviewed",
        "published",
        "reviewed",
        "dateCreated",
        "dateModified",
    )
    stars = _stars(entity)
    if not body and entity.node is not None:
        body = body_of(entity.node)
    if not body and (notes := _notes(entity)):
        body = notes
    if not body and title and stars and len(title) >= 15:
        body, title = title, ""
    if _is_editorial(entity):
        return None
    if stars is None and entity.node is not None:
        stars = rating_of(entity.node)
    body = clean_body(body)
    if not body or is_junk(body) or not (stars or author or written):
        return None
    return Review(
        text=body,
        rating=stars.value if stars else None,
        rating_min=stars.low if stars else None,
        rating_max=stars.high if stars else None,
        date=find_date(written, language, country) if written else None,
        title=title if title and text_key(title) != text_key(body) else None,
        origin=entity.syntax,
        author=author,
    )


def _is_editorial(entity: Entity) -> bool:
    """The site's own article: published, and written by an organization or its editors."""
    author = first(entity, "author")
    own = isinstance(author, Entity) and "Organization" in author.types
    return (own or bool(_EDITORS.search(_text(entity, "author")))) and "publisher" in entity.props


_EDITORS = re.compile(
    r"\b(?:editor(?:s|ial)?|redaktion|rédaction|redacción|redazione|staff)\b", re.I
)


def _text(entity: Entity, *names: str) -> str:
    """First of `names` with a text; of an inner entity its name."""
    for name in names:
        for value in entity.props.get(name, ()):
            if isinstance(value, Entity):
                text = _text(value, "name", "fn", "text", "givenName")
            else:
                text = plain_text(str(value))
            if text:
                return text
    return ""


def _notes(entity: Entity) -> str:
    lines = []
    for name in ("positiveNotes", "negativeNotes"):
        for value in entity.props.get(name, ()):
            items = (
                value.props.get("itemListElement", [value])
                if isinstance(value, Entity)
                else [value]
            )
            for item in items:
                text = _text(item, "name", "text") if isinstance(item, Entity) else str(item)
                if text:
                    lines.append(plain_text(text))
    return "\n".join(lines)


def _stars(entity: Entity) -> Stars | None:
    """The rating of a review or an aggregate, wherever its syntax puts it; 0 is none."""
    inner = first(entity, "reviewRating", "rating", "average", "ratingValue")
    holder = inner if isinstance(inner, Entity) else entity
    found = None
    for name in ("ratingValue", "average", "value", "rating"):
        value = first(holder, name)
        if value is None or isinstance(value, Entity):
            continue
        found = _read(value)
        if found:
            break
    if found is None and isinstance(inner, (str, int, float)):
        found = _read(inner)
    if found is None and isinstance(inner, Entity) and inner.node is not None:
        found = read_phrase(block_text(inner.node))
    if found is None or found.value <= 0:
        return None
    high = _bound(holder, entity, "bestRating", "best")
    low = _bound(holder, entity, "worstRating", "worst")
    if high is None or high < found.value:
        high = found.high
    return Stars(found.value, high, low if low is not None and low < found.value + 0.001 else None)


def _read(value: Value) -> Stars | None:
    if isinstance(value, (bool, Entity)):
        return None
    if isinstance(value, (int, float)):
        return Stars(round(float(value), 4)) if 0 < value <= 1000 else None
    text = plain_text(value)
    return read_number(text) or read_phrase(text) or _long_number(text)


def _long_number(text: str) -> Stars | None:
    """A computed mean with all its digits, as templates print it: 4.8461538461538."""
    if re.fullmatch(r"\s*\d{1,3}[.,]\d{4,20}\s*", text):
        return Stars(round(float(text.replace(",", ".")), 4))
    return None


def _bound(holder: Entity, outer: Entity, *names: str) -> float | None:
    for entity in (holder, outer):
        value = first(entity, *names)
        if value is None or isinstance(value, Entity):
            continue
        stars = Stars(float(value)) if isinstance(value, (int, float)) else read_number(value)
        if stars is not None:
            return stars.value
    return None


# --- aggregates --------------------------------------------------------------------------------

_COUNTS = ("ratingCount", "reviewCount", "votes", "count", "ratingcount", "numberOfRatings")
_COUNT_WORD = re.compile(r"[(\[]?\s*(\d[\d.,' ]*)\s*\+?\s*[^\W\d_]{3,}", re.UNICODE)


def _aggregates(page: ParsedPage) -> list[Rating]:
    found = []
    for entity in find(page.structured, *_AGGREGATE_TYPES):
        rating = _aggregate(entity)
        if rating is not None:
            found.append(rating)
    return found


def _aggregate(entity: Entity) -> Rating | None:
    stars = _stars(entity)
    counts = [_count(entity, name) for name in _COUNTS]
    stated = [c for c in counts if c is not None]
    if stated and not any(stated):
        return None
    count = next((c for c in stated if c), None)
    if entity.node is not None and (stars is None or count is None):
        text = block_text(entity.node)
        if len(text) <= 300:
            stars = stars or _first_phrase(text)
            count = count if count is not None else _count_in(text)
    if stars is None and count and entity.node is not None:
        stars = rating_of(entity.node)
    if stars is None or count == 0:
        return None
    return Rating(stars.value, stars.low, stars.high, count, origin=entity.syntax)


def _count(entity: Entity, name: str) -> int | None:
    value = first(entity, name)
    if value is None or isinstance(value, Entity):
        return None
    if isinstance(value, (int, float)):
        return int(value)
    return read_count(value)


def _first_phrase(text: str) -> Stars | None:
    for line in text.split("\n"):
        if found := read_phrase(line):
            return found
    return read_phrase(text.replace("\n", " "))


def _count_in(text: str) -> int | None:
    """The last number that is followed by a word, as in "4 out of 5 based on 12 reviews"."""
    found = None
    for match in _COUNT_WORD.finditer(text):
        if not text[: match.start()].rstrip().endswith(("of", "von", "sur", "/")):
            number = read_count(match[1])
            found = number if number is not None else found
    return found


# --- putting together --------------------------------------------------------------------------


def _joined(marked: list[Review], shaped: list[Review], ratings: list[Rating]) -> list[Review]:
    """`marked` and those of `shaped` that go on with the same list, or are chosen voices.

    What goes on with a list has the parts that all of the list have: a thread of comments holds
    rated ones, which a site marks up as reviews, and questions.
    """
    known = {text_key(r.text)[:40]: r for r in marked}
    persons = {(r.author, r.date) for r in marked if r.author and r.date}
    again = [r for r in shaped if text_key(r.text)[:40] in known]
    for review in again:
        same = known[text_key(review.text)[:40]]
        same.reply = same.reply or review.reply
        same.date = same.date or review.date
    goes_on = bool(again) and not any(r.count and r.count <= len(marked) for r in ratings)
    rated, dated = all(r.rating for r in marked), all(r.date for r in again)
    joined = list(marked)
    for review in shaped:
        if text_key(review.text)[:40] in known or (review.author, review.date) in persons:
            continue
        has_parts = bool(review.rating or not rated) and bool(review.date or not dated)
        is_chosen = bool(review.author) and bool(review.rating or len(review.text) >= _TELLING)
        if (goes_on and has_parts) or (review.origin == "testimonial" and is_chosen):
            joined.append(review)
    return joined


def _unique(reviews: list[Review]) -> list[Review]:
    """Each review once; short words like "Great!" are told apart by who and when."""
    seen: dict[tuple[str, str, str], Review] = {}
    for review in reviews:
        key = text_key(review.text)
        if len(key) >= 30:
            same = (key[:80], "", "")
        else:
            same = (key, review.author or "", review.date or "")
        if same not in seen:
            seen[same] = review
        elif len(review.text) > len(seen[same].text):
            seen[same].text = review.text
    return list(seen.values())


def _distinct(ratings: list[Rating]) -> list[Rating]:
    seen: dict[tuple[float, int | None], Rating] = {}
    for rating in ratings:
        rating.value = round(rating.value, 2)
        seen.setdefault((rating.value, rating.count), rating)
    counted = {value for value, count in seen if count is not None}
    return [r for (value, count), r in seen.items() if count is not None or value not in counted]


def _scale(reviews: list[Review], ratings: list[Rating]) -> None:
    """Where a rating does not state its scale, the page's own aggregate does."""
    highs = {r.max for r in ratings if r.max}
    high = highs.pop() if len(highs) == 1 else None
    if high is None and any(
        r.rating and r.rating_max is None and 5 < r.rating <= 10 for r in reviews
    ):
        high = 10.0
    for review in reviews:
        if review.rating is None or review.rating_max is not None:
            continue
        if high is not None and review.rating <= high:
            review.rating_max = high
        elif review.rating <= 5:
            review.rating_max = 5.0
