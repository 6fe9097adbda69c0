"""Elements of a review section as light boxes, each with what part of a review it may be.

A box learns its role (rating, date, author, title, body, reply) from its class names and its text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from spiders.extract.dates import looks_like_date
from spiders.extract.reviews_icons import STAR_WORDS, is_ligatures, read_icons
from spiders.extract.reviews_text import is_age, words
from spiders.extract.stars import (
    Stars,
    glyphs_in,
    read_class,
    read_file,
    read_glyphs,
    read_number,
    read_phrase,
    read_whole,
)
from spiders.extract.structured import clean_string

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selectolax.lexbor import LexborNode

__all__ = [
    "MAX_BOXES",
    "MEAN",
    "PART",
    "REPLY",
    "REST",
    "STARS",
    "TIME",
    "WRITTEN",
    "Box",
    "Builder",
]

MAX_BOXES = 12_000  # of one page; the largest real review list seen has 5,000
MAX_DEPTH = 80

_TOKENS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_TAG_ROLES = {
    "time": "date", "cite": "author", "figcaption": "author", "blockquote": "body", "q": "body",
    "p": "p", "button": "noise", "form": "noise", "nav": "noise", "select": "noise",
    "input": "noise",
    "textarea": "noise", "label": "noise", "iframe": "noise", "svg": "noise", "noscript": "noise",
    "h1": "title", "h2": "title", "h3": "title", "h4": "title", "h5": "title", "h6": "title",
}  # fmt: skip
_LABELS = frozenset(("aria-label", "title", "alt"))
_UNREAD = frozenset("svg select textarea iframe".split())
_NEVER_SAID = frozenset("button form nav select textarea label iframe svg".split())
# Longer than this a part is none, whatever its class says; chosen by eye on review platforms.
_LONGEST = {"author": 160, "date": 80, "rating": 200, "title": 200, "noise": 250}
_FOR_READERS = frozenset("sr-only visually-hidden visuallyhidden screen-reader-text".split())
_ONE_REVIEW = frozenset("review testimonial opinion".split())  # as in "content-review"
_LOOKS = (
    "text-",
    "font-",
    "bg-",
    "border-",
    "rounded-",
    "leading-",
    "tracking-",
    "color-",
    "align-",
)
_NO_LOOKS = frozenset(
    f"text-{word}" for word in ("content", "container", "wrap", "wrapper", "block", "box", "inner")
)
_TELLING = frozenset(("aria-label", "style", "data-rating", "title", "rel", "role"))
_INLINE = frozenset("b strong em i u br span a small mark font sup sub wbr abbr ins del s".split())
_PLAIN = frozenset("b strong em i u br font".split())
_SKIPPED = frozenset("script style template head meta link option noscript".split())
_AGGREGATE = re.compile(r"aggregate|average|overall|histogram")
_QUESTIONS = re.compile(r"question|qna|\bq-?and-?a\b")
_VARIABLE = re.compile(
    r"--(?:[a-z]+-)*(?:rating|stars?|score|rate|percent)(?:-[a-z]+)*\s*:\s*(\d{1,3}(?:\.\d+)?)\s*(%?)"
)
_LONGEST_ROW = 60  # characters of a row of stars, written as glyphs or as names of icons
_WIDTH = re.compile(r"width\s*:\s*(\d{1,3}(?:\.\d+)?)\s*%")


# Bits, not sets: a page has thousands of boxes, and each set more is work for the collector.
PART = {
    name: 1 << bit
    for bit, name in enumerate(
        "body wrap p author date rating title reply noise stars time aggregate question".split()
    )
} | {"": 0}
STARS, REPLY, TIME, MEAN = (PART[n] for n in ("stars", "reply", "time", "aggregate"))
_TELLING_PARTS = PART["author"] | PART["date"] | PART["rating"] | PART["body"]
WRITTEN = PART["author"] | PART["body"]


class Box:
    """An element with its direct text; inline parts without a role of their own are text."""

    __slots__ = (
        "classes", "hint", "is_none", "is_told", "kids", "node", "parts", "rating", "role", "said",
        "size", "stamp", "tag", "text"
    )  # fmt: skip

    def __init__(self, node: LexborNode, tag: str, classes: str) -> None:
        self.node = node
        self.tag = tag
        self.classes = classes
        self.role = ""
        self.text = ""
        self.kids: Sequence[Box] = ()
        self.rating: Stars | None = None
        self.hint = False
        self.size = 0  # characters of the whole subtree
        self.said = 0  # elements with a text of their own in it
        self.stamp: str | None = None  # of a time element
        self.is_told = False  # holds a text that may be what a person says
        self.is_none = False  # was read, and is no review
        self.parts = 0  # bits of PART: roles within, its own among them

    def walk(self) -> Iterator[Box]:
        stack = [self]
        while stack:
            box = stack.pop()
            yield box
            stack.extend(reversed(box.kids))


# --- from elements to boxes --------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def _role_of_name(name: str) -> str:
    """Role of the last word of a class name that has one; "text-center" is a look, no role."""
    if name.startswith(_LOOKS) and name not in _NO_LOOKS:
        return ""
    tokens = _TOKENS.findall(name)
    role_of = words().roles
    for at in range(len(tokens) - 1, -1, -1):
        token = tokens[at].lower()
        role = role_of.get(token, "")
        if role and not (token in ("text", "content", "list") and at + 1 < len(tokens)):
            if token in _ONE_REVIEW and at and (inner := role_of.get(tokens[at - 1].lower())):
                return inner if inner in ("body", "wrap") else role
            return role
    return ""


@lru_cache(maxsize=20_000)
def _speaks_of(classes: str) -> tuple[bool, str]:
    """Do class names speak of reviews, and what else do they say: a mean of many, a question?"""
    classes = classes.lower()
    hint = bool(words().hint.search(classes))
    if _AGGREGATE.search(classes):
        return hint, "aggregate"
    return hint, "question" if not hint and _QUESTIONS.search(classes) else ""


@lru_cache(maxsize=20_000)
def _role(tag: str, classes: str) -> str:
    """Role by the last telling word of the class names, as in "comment-author" and "user-text"."""
    found = ""
    names = classes.split()
    if not _FOR_READERS.isdisjoint(names):
        return "noise"
    for name in names:
        role = _role_of_name(name)
        if role == "reply":
            return role
        if role in ("item", "wrap"):
            found = found or role
        elif role and found in ("", "wrap", "noise", "item"):
            found = role
    if tag in _NEVER_SAID:
        return "noise"
    if tag == "time" or (not found and tag in _TAG_ROLES):
        return _TAG_ROLES[tag]
    if found == "item" and tag in ("blockquote", "q"):
        return "body"
    return "" if found == "item" else found


def _stars(tag: str, attributes: dict[str, str | None], starry: bool) -> Stars | None:
    """A rating that this very element shows, by its attributes and class names.

    `starry` says that the class of it or of its parent speaks of a rating.
    """
    for name, value in attributes.items():
        if name in _LABELS and value and len(value) <= 80:
            found = read_phrase(value) or read_glyphs(value)
            if found:
                return found
            if starry and (found := read_number(value)):
                return found
    for name, value in attributes.items():
        if value and len(value) <= 6 and name.startswith("data-") and _is_rating_name(name):
            found = read_number(value)
            if found and 0 < found.value <= 5:
                return Stars(found.value, found.high or 5.0)
    if (value := attributes.get("value")) and (found := _of_field(tag, attributes, value, starry)):
        return found
    if (source := attributes.get("src")) and (found := read_file(source)):
        return found
    style = attributes.get("style") or ""
    if "--" in style and (match := _VARIABLE.search(style)):
        return Stars(round(float(match[1]) / (20 if match[2] else 1), 1), 5.0)
    if not starry:
        return None
    classes = attributes.get("class") or ""
    if found := read_class(classes):
        return found
    match = _WIDTH.search(style)
    if match and float(match[1]) <= 100:
        return Stars(round(float(match[1]) / 20, 1), 5.0)
    return None


def _of_field(
    tag: str, attributes: dict[str, str | None], value: str, starry: bool
) -> Stars | None:
    """The rating that a field, a meter or an element of a site's own holds as its value."""
    kind = attributes.get("type")
    if kind in ("radio", "checkbox"):
        is_told = "checked" in attributes
    elif kind in ("number", "hidden"):
        is_told = starry or "rating" in (attributes.get("name") or "")
    else:
        is_told = tag == "meter" or ("-" in tag and ("rating" in tag or "star" in tag))
    found = read_number(value) if is_told else None
    if not found or found.value <= 0:
        return None
    high = found.high or 5.0
    if best := read_number(attributes.get("max") or ""):
        high = best.value
    return Stars(found.value, high) if found.value <= high else None


def _is_rating_name(name: str) -> bool:
    return name.endswith(
        ("rating", "score", "stars", "rate", "rateit-value", "star-rating", "rating-value", "rated")
    )


def _inline_text(node: LexborNode) -> str:
    """Text of an inline element; only <br> breaks a line."""
    text = node.text(deep=True).replace("\n", " ")
    first = node.child
    if first is None or (first.tag == "-text" and first.next is None):
        return text
    if node.css_first("br") is not None:
        parts = (c.text(deep=True) if c.tag != "br" else "\n" for c in node.iter(include_text=True))
        text = "".join("\n" if p == "\n" else p.replace("\n", " ") for p in parts)
    return text


def _names_of(attributes: dict[str, str | None]) -> str:
    """What class, id and the like call an element."""
    classes = attributes.get("class") or ""
    if len(attributes) == 1 and classes:
        return classes
    for name in ("id", "data-hook", "data-testid", "itemprop"):
        if (value := attributes.get(name)) and len(value) < 80:
            classes = f"{value} {classes}"
    if "author" in (attributes.get("rel") or ""):
        classes += " author"
    if attributes.get("role") == "button":
        classes += " button"
    return classes


_LONGEST_DATE = 40
_MAY_TELL = re.compile(r"\d")


def _tells_when(text: str) -> bool:
    text = text.strip()
    return bool(_MAY_TELL.search(text)) and (is_age(text) or looks_like_date(text))


def _folded(text: str) -> str:
    """Text with runs of white space folded, and no empty line."""
    if text.isspace():
        return ""
    text = clean_string(text)
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))


class Builder:
    """Reads elements into boxes, at most so many for a page."""

    def __init__(self, most: int = MAX_BOXES) -> None:
        self.left = most

    def box(
        self,
        node: LexborNode,
        depth: int = 0,
        starry: bool = False,
        attributes: dict[str, str | None] | None = None,
    ) -> Box:
        """`attributes` are those of `node` where the caller has read them."""
        self.left -= 1
        tag = node.tag or ""
        attributes = node.attributes if attributes is None else attributes
        classes = _names_of(attributes) if attributes else ""
        box = Box(node, tag, classes)
        part = ""
        if classes or tag in _TAG_ROLES:
            box.role = _role(tag, classes)
            box.hint, part = _speaks_of(classes)
        is_rating = starry or box.role == "rating"
        if attributes:
            if is_rating or len(attributes) > 1 or "class" not in attributes:
                box.rating = _stars(tag, attributes, is_rating)
            if tag == "time":
                box.stamp = attributes.get("datetime")
        is_read = tag not in _UNREAD and part != "question"
        if is_read and depth < MAX_DEPTH and self.left > 0:
            self._fill(box, node, depth)
        if box.text:
            if "\n" in box.text and box.rating is None:
                _part_stars(box)
            box.size = len(box.text)
            box.said = 1
            box.is_told = _is_telling(box.text)
        parts = PART[part]
        for kid in box.kids:
            box.size += kid.size
            box.said += kid.said
            box.is_told = box.is_told or kid.is_told
            parts |= kid.parts
        if part == "question":
            box.role = "noise"
        else:
            if box.rating is None and box.size <= 120:
                box.rating = _shown(box, is_rating)
            _settle(box)
        parts |= PART[box.role]
        box.is_told = box.is_told or (box.role == "body" and box.size > 0)
        if box.rating is not None:
            parts |= STARS
        if box.stamp:
            parts |= TIME
        box.parts = parts
        return box

    def _fill(self, box: Box, node: LexborNode, depth: int) -> None:
        parts: list[str] = []
        kids: list[Box] = []
        starry = box.role == "rating"
        for child in node.iter(include_text=True):
            tag = child.tag
            if tag == "-text":
                parts.append(child.text(deep=False).replace("\n", " "))
            elif tag == "br":
                parts.append("\n")
            elif tag is not None and tag not in _SKIPPED and child.is_element_node:
                attributes = child.attributes
                if tag in _INLINE and self._is_text(child, tag, attributes):
                    said = _inline_text(child)
                    if attributes and len(said) <= _LONGEST_DATE and _tells_when(said):
                        said = f"\n{said}\n"
                    parts.append(said)
                else:
                    parts.append("\n")
                    is_empty = child.child is None and not starry and len(attributes) < 2
                    if self.left > 0 and not (is_empty and _is_mute(tag, attributes)):
                        kids.append(self.box(child, depth + 1, starry, attributes))
        if kids:
            box.kids = kids
        if parts:
            box.text = _folded("".join(parts))

    @staticmethod
    def _is_text(node: LexborNode, tag: str, attributes: dict[str, str | None]) -> bool:
        """Inline, and without a class that gives it a role; bold text holds nothing else."""
        if attributes:
            if not _TELLING.isdisjoint(attributes):
                return False
            classes = attributes.get("class") or ""
            if classes and _role(tag, classes) not in ("", "p"):
                return False
        if tag not in _PLAIN:
            return True
        inner = list(node.iter())
        return all(n.tag in _INLINE and not n.attributes for n in inner) or all(
            n.tag in _PLAIN for n in node.traverse()
        )


def _is_mute(tag: str, attributes: dict[str, str | None]) -> bool:
    """Does an element without content say nothing by its name either?"""
    return not attributes or (
        "class" in attributes and _is_mute_name(tag, attributes["class"] or "")
    )


@lru_cache(maxsize=20_000)
def _is_mute_name(tag: str, classes: str) -> bool:
    is_star = any(word in classes.lower() for word in STAR_WORDS)
    return not is_star and _role(tag, classes) in ("", "noise", "p")


def _is_telling(text: str) -> bool:
    """Three words, or as much in scripts without spaces."""
    return text.count(" ") > 1 or (not text.isascii() and len(text) >= 8)


def _shown(box: Box, is_rating: bool) -> Stars | None:
    """The rating that a short text or a row of icons shows; if it is all of the box, its role."""
    text, found = box.text, None
    if len(box.kids) > 2 and _are_numbered(box.kids):
        for kid in box.kids:
            kid.rating, kid.parts = None, kid.parts & ~STARS
        return read_icons(box.node, True)
    is_told = any(kid.parts & STARS for kid in box.kids)
    drawn = text or "".join(kid.text for kid in box.kids) if 0 < box.size <= _LONGEST_ROW else ""
    if drawn and not is_told and _is_drawn(drawn):
        found = read_icons(box.node, is_rating)
    if found is None and text and len(text) <= 30:
        found = read_glyphs(text)
    if found is None and text and len(text) == box.size:
        found = read_whole(text)
    if found is not None and box.role in ("", "p") and box.size <= _LONGEST_ROW:
        box.role = "rating"
    if found is None and is_rating and text:
        found = read_phrase(text)
        if found is None and not box.kids:
            number = read_number(text)
            found = number if number and number.value > 0 else None
    may_be_row = box.role == "rating" or (len(box.kids) > (2 if box.size else 1))
    if found is None and may_be_row and not is_told and box.size <= _LONGEST_ROW:
        found = read_icons(box.node, box.role == "rating")
    return found


def _are_numbered(kids: Sequence[Box]) -> bool:
    """Does each star of a row carry its number, 1 to 5 or 5 to 1, and none the rating?"""
    if any(kid.size > 3 for kid in kids):
        return False
    numbers = [kid.rating.value for kid in kids if kid.rating is not None]
    return len(numbers) > 2 and sorted(numbers) == list(range(1, len(numbers) + 1))


def _part_stars(box: Box) -> None:
    """Take a line that is nothing but a rating out of a text in which <br> parts the lines."""
    lines = box.text.split("\n")
    for at in (0, len(lines) - 1):
        line = lines[at]
        if len(line) <= 30 and (found := read_glyphs(line) or read_whole(line)) and found.value:
            box.rating = found
            del lines[at]
            box.text = "\n".join(lines)
            return


def _is_drawn(text: str) -> bool:
    """Is a text nothing but glyphs of stars, or the names of star icons?"""
    if text.isascii():
        return is_ligatures(text)
    glyphs = glyphs_in(text[:60])
    return len(glyphs) > 1 and len(glyphs) * 2 >= len(text.replace("\ufe0f", ""))


def _settle(box: Box) -> None:
    """Take a role back that the content belies: long "authors" are none."""
    role = box.role
    if not role:
        return
    if box.size > _LONGEST.get(role, box.size):
        box.role = "p" if box.tag == "p" else ""
    elif (
        role == "noise"
        and box.tag not in _NEVER_SAID
        and _has_parts(box)
        and not _NOISE.search(box.classes.lower())
    ):
        box.role = ""


REST = re.compile(r"rest|remain|collaps|expand|hidden|more|full", re.IGNORECASE)
_NOISE = re.compile(
    r"cookie|consent|gdpr|helpful|vote|report|abuse|histogram|breakdown|pag(?:er|ination)|sort"
    r"|filter|form"
)


def _has_parts(box: Box) -> bool:
    return any(kid.parts & _TELLING_PARTS for kid in box.kids)
