"""Reviews that carry no machine-readable markup, found by the shape of the page.

A *section* is an element whose class, id or heading speaks of reviews. It is read once into a
light tree of boxes; each box learns what part of a review it may be (rating, date, author, title,
body, reply) from its class names and its text. The smallest boxes that hold a body and proof of a
person's voice are *units*; where units stand side by side each of them is one review.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from crawler.items import Rating, Review
from spiders.extract.dates import find_date, looks_like_date
from spiders.extract.reviews_text import (
    clean_body,
    clean_name,
    is_junk,
    is_platform_text,
    is_section_title,
    is_testimonial_title,
    text_key,
    title_stems_in,
    words,
)
from spiders.extract.stars import (
    Stars,
    read_class,
    read_count,
    read_glyphs,
    read_number,
    read_phrase,
)
from spiders.extract.structured import clean_string

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = [
    "Sections",
    "body_of",
    "find_sections",
    "rating_of",
    "read_seal",
    "read_sections",
    "read_summary",
]

MAX_BOXES = 12_000  # of one page; the largest real review list seen has 5,000
MAX_SECTIONS = 60
MIN_CHARS = 12  # of a section with a review in it
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
_LOOKS = ("font-", "bg-", "border-", "rounded-", "leading-", "tracking-", "color-", "align-")
_TELLING = frozenset(("aria-label", "style", "data-rating", "title", "rel", "role"))
_INLINE = frozenset("b strong em i u br span a small mark font sup sub wbr abbr ins del s".split())
_PLAIN = frozenset("b strong em i u br font".split())
_SKIPPED = frozenset("script style template head meta link option noscript".split())
_STAR_WORDS = ("star", "stern", "etoile", "rating", "bewert")
_OFF = re.compile(
    r"empty|off\b|inactive|blank|gr[ae]y|disabled|muted|\bfar\b|-o\b|outline|unfilled|nofill|none"
)
_AGGREGATE = re.compile(r"aggregate|average|overall|histogram")
_QUESTIONS = re.compile(r"question|qna|\bq-?and-?a\b")
_WIDTH = re.compile(r"width\s*:\s*(\d{1,3}(?:\.\d+)?)\s*%")


# Bits, not sets: a page has thousands of boxes, and each set more is work for the collector.
PART = {
    name: 1 << bit
    for bit, name in enumerate(
        "body wrap p author date rating title reply noise stars time aggregate question".split()
    )
} | {"": 0}
_STARS, _REPLY, _TIME, _AGGREGATE_PART = (PART[n] for n in ("stars", "reply", "time", "aggregate"))
_TELLING_PARTS = PART["author"] | PART["date"] | PART["rating"] | PART["body"]
_WRITTEN = PART["author"] | PART["body"]


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
    if name.startswith(_LOOKS):
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


def _stars(attributes: dict[str, str | None], starry: bool) -> Stars | None:
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
    if attributes.get("type") in ("number", "hidden") and (value := attributes.get("value")):
        found = read_number(value) if starry or "rating" in (attributes.get("name") or "") else None
        if found and 0 < found.value <= 5:
            return Stars(found.value, found.high or 5.0)
    if not starry:
        return None
    classes = attributes.get("class") or ""
    if found := read_class(classes):
        return found
    style = attributes.get("style") or ""
    match = _WIDTH.search(style)
    if match and float(match[1]) <= 100:
        return Stars(round(float(match[1]) / 20, 1), 5.0)
    return None


def _is_rating_name(name: str) -> bool:
    return name.endswith(
        ("rating", "score", "stars", "rate", "rateit-value", "star-rating", "rating-value", "rated")
    )


def _look_within(node: LexborNode) -> str:
    """Class or address of the first element in `node`, where the icon itself is."""
    for inner in node.iter():
        attributes = inner.attributes
        look = attributes.get("class") or attributes.get("src") or attributes.get("href") or ""
        return look.lower()
    return ""


def _icons(box: Box) -> Stars | None:
    """A row of star icons of one kind of element: how many are filled."""
    full = half = total = 0.0
    kids = list(box.node.iter())
    if not 1 < len(kids) <= 12 or len({kid.tag for kid in kids}) > 1:
        return None
    if (len(kids) == 5 or box.role == "rating") and (found := _drawn(kids)):
        return found
    for kid in kids:
        look = _look_of(kid)
        if not any(word in look for word in _STAR_WORDS):
            continue
        total += 1
        if "half" in look:
            half += 1
        elif not _OFF.search(look):
            full += 1
    if not 3 <= total <= 10 or (full + half == 0):
        return Stars(full, 5.0) if 0 < full <= 5 and total == full and total > 1 else None
    if total == full and total < 5:
        return Stars(full, 5.0)
    return Stars(full + half / 2, float(total)) if total in (5, 10) else None


def _look_of(icon: LexborNode) -> str:
    """Class names and addresses of an icon, lower case."""
    attributes = icon.attributes
    names = (attributes.get(name) for name in ("class", "src", "data-icon", "xlink:href"))
    look = " ".join(filter(None, names)).lower()
    if not look and icon.tag in ("span", "li", "div", "a", "svg"):
        look = _look_within(icon)
    return look


def _drawn(kids: list[LexborNode]) -> Stars | None:
    """Drawings of one shape: the first ones, which look alike, are filled."""
    if kids[0].tag != "svg" or len(kids) > 5:
        return None
    looks = [(kid.attributes.get("class"), kid.attributes.get("fill")) for kid in kids]
    full = looks.count(looks[0])
    if len({_shape(kid) for kid in kids}) > 1 or len(set(looks[:full])) > 1:
        return None
    if any(word in (looks[-1][0] or "") for word in ("half", "empty")):
        return None  # names tell more
    return Stars(float(full), 5.0) if len(set(looks)) <= 2 else None


def _shape(drawing: LexborNode) -> str | None:
    for inner in drawing.iter():
        return inner.attributes.get("d") or inner.attributes.get("points")
    return None


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


def _folded(text: str) -> str:
    """Text with runs of white space folded, and no empty line."""
    if text.isspace():
        return ""
    text = clean_string(text)
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))


class _Builder:
    """Reads elements into boxes, at most `MAX_BOXES` for a page."""

    def __init__(self) -> None:
        self.left = MAX_BOXES

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
                box.rating = _stars(attributes, is_rating)
            if tag == "time":
                box.stamp = attributes.get("datetime")
        is_read = tag not in _UNREAD and part != "question"
        if is_read and depth < MAX_DEPTH and self.left > 0:
            self._fill(box, node, depth)
        if box.text:
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
            parts |= _STARS
        if box.stamp:
            parts |= _TIME
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
                    parts.append(_inline_text(child))
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
    is_star = any(word in classes.lower() for word in _STAR_WORDS)
    return not is_star and _role(tag, classes) in ("", "noise", "p")


def _is_telling(text: str) -> bool:
    """Three words, or as much in scripts without spaces."""
    return text.count(" ") > 1 or (not text.isascii() and len(text) >= 8)


def _shown(box: Box, is_rating: bool) -> Stars | None:
    """The rating that a short text or a row of icons shows."""
    text, found = box.text, None
    if text and len(text) <= 30:
        found = read_glyphs(text)
    if found is None and is_rating and text:
        found = read_phrase(text)
        if found is None and not box.kids:
            number = read_number(text)
            found = number if number and number.value > 0 else None
    may_be_row = box.role == "rating" or (box.size == 0 and len(box.kids) >= 3)
    if found is None and may_be_row and not any(kid.parts & _STARS for kid in box.kids):
        found = _icons(box)
    return found


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


_REST = re.compile(r"rest|remain|collaps|expand|hidden|more|full", re.IGNORECASE)
_NOISE = re.compile(
    r"cookie|consent|gdpr|helpful|vote|report|abuse|histogram|breakdown|pag(?:er|ination)|sort"
    r"|filter|form"
)


def _has_parts(box: Box) -> bool:
    return any(kid.parts & _TELLING_PARTS for kid in box.kids)


# --- from boxes to units -----------------------------------------------------------------------


class Leaf:
    """A run of text in a unit, with the role that it has there."""

    __slots__ = ("box", "role", "tag", "text")

    def __init__(self, box: Box, role: str) -> None:
        self.box = box
        self.role = role
        self.tag = box.tag
        self.text = box.text


def _leaves(box: Box) -> list[Leaf]:
    """Texts of a unit in order; replies, ratings and noise are left out."""
    leaves: list[Leaf] = []
    _gather(box, "", leaves)
    return leaves


def _gather(box: Box, role: str, leaves: list[Leaf]) -> None:
    own = box.role
    if own in ("noise", "reply") or (own == "rating" and box.rating is not None):
        return
    if own == "p" and role in ("body", "author", "title", "date"):
        own = ""
    role = own if own and not (own == "wrap" and role) else role
    if box.text:
        is_signed = box.text[0] in "-–—―~" and bool(_SIGNED.match(box.text))
        if is_signed and own in ("", "p") and len(box.text) <= 120:
            role = "author"
            leaves.append(Leaf(box, role))
        elif is_signed and own == "body" and box.kids:
            leaves.append(Leaf(box, "author"))
        elif not (box.rating is not None and len(box.text) <= 12 and read_glyphs(box.text)):
            leaves.append(Leaf(box, role))
    signature = _signature(box) if box.kids else None
    for kid in box.kids:
        if kid is signature:
            leaves.append(Leaf(kid, "author"))
        else:
            _gather(kid, role, leaves)


def _signature(box: Box) -> Box | None:
    """The last line of a quotation where it can be a name and nothing else says who speaks."""
    if box.tag not in ("blockquote", "q") or not box.kids or box.parts & PART["author"]:
        return None
    last = box.kids[-1]
    is_line = bool(last.text) and not last.kids and last.role in ("", "p", "wrap", "title")
    is_short = len(last.text) < 80 and 3 * len(last.text) < box.size
    return last if is_line and is_short and _looks_like_name(last.text) else None


_OPENING = tuple('"“„«「『❝')
_SIGNED = re.compile(r"[-–—―~]{1,2}\s*[^\W\d_]")


def _first_rating(box: Box) -> Stars | None:
    """The first rating in document order outside of replies."""
    if box.role == "reply" or not box.parts & _STARS:
        return None
    if box.rating is not None and 0 < box.rating.value <= (box.rating.high or 100):
        return box.rating
    for kid in box.kids:
        found = _first_rating(kid)
        if found is not None:
            return found
    return None


_PARTICLES = frozenset("de van der von da di du la le el al bin and und the of & del y e".split())
_DATED = re.compile(r"\s+(?:(?:on|le|am|il|el|em|op|den|på|dne)\s+)?\d")
_INITIAL = re.compile(r"(?:[A-Z][\w'-]*\.? (?:& )?){1,4}[A-Z]\.$")  # Mr & Mrs. Jo D.
_NAME_BREAK = re.compile(r"[!?:;()\[\]{}<>|@#*=+_\"“”]|\d|\.\s*$")


@lru_cache(maxsize=4096)
def _looks_like_name(text: str) -> bool:
    """One to six words, each with a capital or of a script without capitals; a role may follow."""
    text = text.strip().lstrip("-–—―~ ").strip()
    first = re.split(r"\n|,| [-–—|•] ", text, maxsplit=1)[0].strip()
    if not 2 <= len(first) <= 40 or len(text) > 120 or _NAME_BREAK.search(first):
        return bool(_INITIAL.match(first))
    words = first.split()
    return len(words) <= 5 and all(
        w[0].isupper() or (not w[0].isascii() and w[0].lower() == w[0].upper()) or w in _PARTICLES
        for w in words
    )


class Unit:
    """A review as it was found: its box and its parts."""

    __slots__ = (
        "author", "body", "box", "date", "guessed", "hint", "is_weak", "rating", "reply",
        "strength", "title"
    )  # fmt: skip

    def __init__(self, box: Box) -> None:
        self.box = box
        self.body = ""
        self.strength = 0  # of the body: 2 a class name says so, 1 a paragraph, 0 just text
        self.author: str | None = None
        self.guessed = False  # the author only looks like a name
        self.is_weak = False  # to be believed only where all are like it
        self.date: str | None = None
        self.title: str | None = None
        self.reply: str | None = None
        self.rating: Stars | None = None
        self.hint = False

    @property
    def named(self) -> bool:
        return bool(self.author) and not self.guessed

    @property
    def is_guess(self) -> bool:
        """Nothing but a name-like line and the place speak for it."""
        return not (self.named or self.rating or self.date or self.strength == 2 or self.box.hint)


class _Finder:
    """Finds the units of a section; `kinds` says which elements begin one of another kind."""

    def __init__(self, kinds: dict[int, str], language: str | None) -> None:
        self.kinds = kinds
        self.kind = "quote"
        self.language = language
        self.country = "US" if language == "en" else None

    def units(self, box: Box, hint: bool = False) -> list[Unit]:
        outer = self.kind
        inner_kind = self.kinds.get(box.node.mem_id, outer)
        if _WEIGHT[inner_kind] >= _WEIGHT[outer]:
            self.kind = inner_kind
        found = self._units(box, hint or box.hint or box.node.mem_id in self.kinds)
        self.kind = outer
        return found

    def _units(self, box: Box, hint: bool) -> list[Unit]:
        if box.role in ("noise", "reply") or box.size < 8:
            return []
        is_part = box.role in ("author", "date", "rating", "title") and box.size < 120
        if is_part and box.parts & _WRITTEN != _WRITTEN:
            return []
        found: list[list[Unit]] = []
        holders: list[Box] = []
        for kid in box.kids:
            inner = self.units(kid, hint)
            if inner:
                found.append(inner)
                holders.append(kid)
            elif kid.role == "reply" and found and found[-1][-1].reply is None:
                found[-1][-1].reply = _all_text(kid)
        if len(found) > 1:
            return [
                u
                for inner, kid in zip(found, holders, strict=True)
                for u in self._grown(inner, kid, hint)
            ]
        if found:
            return self._grown(found[0], box, hint) if len(found[0]) == 1 else found[0]
        if not box.is_told or self._is_wrapper(box):
            return []
        unit = self.read(box, hint)
        box.is_none = unit is None
        return [unit] if unit else []

    def _is_wrapper(self, box: Box) -> bool:
        """Is it only around an element that is none, and says no more of it?"""
        if len(box.kids) != 1 or box.text or box.role or box.rating is not None:
            return False
        inner = box.kids[0]
        says_more = (box.hint and not inner.hint) or box.node.mem_id in self.kinds
        box.is_none = inner.is_none and not says_more
        return box.is_none

    def _grown(self, inner: list[Unit], box: Box, hint: bool) -> list[Unit]:
        """A lone unit takes in what stands beside it in `box`, when that is little and useful."""
        if len(inner) != 1 or inner[0].box is box:
            return inner
        unit = inner[0]
        extra = box.size - unit.box.size
        reply = 0
        if box.parts & _REPLY:
            reply = sum(k.size for k in box.walk() if k.role == "reply")
        if extra == 0 and not (unit.rating is None and _first_rating(box)):
            return inner
        weak = unit.strength < 2 and len(unit.body) < 60
        if (extra - reply > 400 and not weak) or box.tag in ("body", "main", "form"):
            return inner
        grown = self.read(box, hint)
        if grown is None:
            return inner
        if weak and (grown.strength > unit.strength or len(grown.body) > 3 * len(unit.body)):
            return [grown]
        if not _same_words(grown.body, unit.body):
            return inner
        if (grown.rating, grown.author, grown.date, grown.title, grown.reply) == (
            unit.rating, unit.author, unit.date, unit.title, unit.reply
        ):  # fmt: skip
            return inner
        if unit.rating is not None:
            grown.rating = unit.rating
        grown.reply = grown.reply or unit.reply
        return [grown]

    def read(self, box: Box, hint: bool) -> Unit | None:
        """`box` as a review, or None when a part is missing."""
        if box.size > 12_000 or (self.kind != "testimonial" and not box.parts & _PROOF):
            return None
        if box.said < 2 and not box.parts & (_STARS | _TIME):
            return None  # a text, and nothing that says whose
        leaves = _leaves(box)
        if not leaves or len(leaves) > 200:
            return None
        unit = Unit(box)
        chosen = self._body(leaves, unit)
        if not chosen:
            return None
        unit.rating = _first_rating(box)
        taken = set(map(id, chosen))
        rest = [leaf for leaf in leaves if id(leaf) not in taken]
        is_quoted = chosen[0].text[:1] in _OPENING
        if not is_quoted and any(len(leaf.text) < 40 and _is_priced(leaf.text) for leaf in rest):
            return None
        unit.date = self._date(box, rest)
        at = leaves.index(chosen[0])
        self._people(unit, leaves, rest, at)
        unit.hint = hint or box.hint or any(leaf.box.hint for leaf in chosen)
        if box.parts & _REPLY:
            replies = (_all_text(b) for b in box.walk() if b.role == "reply" and b.size > 20)
            unit.reply = next(replies, None)
        return unit if self._is_review(unit) else None

    def _body(self, leaves: list[Leaf], unit: Unit) -> list[Leaf]:
        """Leaves that are what the person says; sets `unit.body`."""
        usable = [
            x
            for x in leaves
            if x.role in ("body", "wrap", "p", "") and not is_platform_text(x.text)
        ]
        usable = [x for x in usable if not looks_like_date(x.text)]
        for roles in (("body",), ("wrap", "p", "body"), ("", "p", "wrap", "body")):
            named = [x for x in usable if x.role in roles]
            if not named:
                continue
            if roles == ("body",):
                named = [x for x in named if x.box.hint] or named
            longest = max(named, key=lambda x: len(x.text))
            if (
                roles == ("body",)
                and len(longest.text) < 25
                and not longest.box.hint
                and any(len(x.text) > 80 for x in usable)
            ):
                continue
            chosen = _with_neighbors(named, longest)
            if roles != ("body",):
                chosen = [x for x in chosen if x is longest or not _looks_like_name(x.text)]
            unit.body = clean_body(_join(chosen))
            unit.strength = 2 if roles == ("body",) else int(longest.role in ("p", "wrap"))
            if len(unit.body) < 60 * len(chosen) and all(map(_is_link, chosen)):
                continue
            if unit.body and not is_junk(unit.body) and _is_said(unit):
                return chosen
        return []

    def _date(self, box: Box, rest: list[Leaf]) -> str | None:
        for inner in box.walk() if box.parts & _TIME else ():
            stamp = inner.stamp if inner.role != "reply" else None
            if stamp and (found := find_date(stamp, self.language, self.country)):
                return found
        texts = (leaf.text for leaf in rest if leaf.role == "date" or len(leaf.text) <= 60)
        dates = (find_date(text, self.language, self.country) for text in texts)
        return next((found for found in dates if found), None)

    def _people(self, unit: Unit, leaves: list[Leaf], rest: list[Leaf], at: int) -> None:
        """Author and title: by role, else by what stands around the body."""
        for leaf in rest:
            if leaf.role == "author" and unit.author is None and not is_platform_text(leaf.text):
                unit.author = clean_name(_DATED.split(leaf.text.split("\n")[0])[0])
        for leaf in rest:
            if leaf.role != "title" or _is_label(leaf.text) or find_date(leaf.text):
                continue
            if unit.author is None and _looks_like_name(leaf.text):
                unit.author = clean_name(leaf.text)
                unit.guessed = True
            elif unit.title is None and leaf.text != unit.author and leaves.index(leaf) < at:
                unit.title = clean_body(leaf.text)
        if unit.author is None:
            near = [
                x
                for x in leaves[max(0, at - 4) : at + 5]
                if x.role in ("", "p", "wrap", "date") and any(x is leaf for leaf in rest)
            ]
            for leaf in near:
                if _looks_like_name(leaf.text) and not _is_label(leaf.text):
                    unit.author = clean_name(leaf.text)
                    unit.guessed = True
                    break
        if unit.author is None:
            unit.author = self._signature(unit)

    @staticmethod
    def _signature(unit: Unit) -> str | None:
        """A name at the end of the text itself: "… best shop ever. - Ann Lee"."""
        match = re.search(r"(?:\n|[.!?”\"'’»)]\s*)\s*[-–—―~]\s?([^\n.!?]{2,60})\s*$", unit.body)
        if match and _looks_like_name(match[1]):
            unit.body = clean_body(unit.body[: match.start() + 1].rstrip("\n"))
            return clean_name(match[1])
        return None

    def _is_review(self, unit: Unit) -> bool:
        """Is there proof that a person speaks? The less the place says, the more is asked."""
        spoken = len(unit.body.split())
        named = unit.named
        proof = (unit.rating is not None) + named + bool(unit.date)
        if len(unit.body) > 8_000 or not (proof or unit.author):
            return False
        if not unit.date and unit.box.node.css_first("textarea") is not None:
            return False
        if unit.rating is None and self.kind == "testimonial" and _is_teaser(unit):
            return False
        told = unit.strength == 2 or spoken >= 4 or _letters(unit.body) >= 8
        if self.kind == "testimonial":
            if unit.guessed and unit.rating is None:
                return spoken >= 5 or _letters(unit.body) >= 10
            return told and bool(unit.author or unit.rating)
        if self.kind == "review" and unit.hint:
            if proof >= 2:
                return told and (unit.strength > 0 or bool(unit.rating and unit.date))
            if (unit.rating or unit.date) and (unit.box.hint or unit.strength == 2):
                return told and unit.strength > 0
            if unit.rating and unit.guessed:
                unit.is_weak = True
                return spoken >= 4 and unit.strength > 0
            return named and told and unit.box.hint and unit.strength == 2
        if self.kind == "stars":
            return unit.rating is not None and bool(unit.author or unit.date) and spoken >= 3
        return unit.strength >= (1 if named else 2) and bool(unit.author) and spoken >= 6


def _is_teaser(unit: Unit) -> bool:
    """A heading that links to a page, as of a post; one that is the author's name may."""
    link = unit.box.node.css_first(
        "h1 a[href],h2 a[href],h3 a[href],h4 a[href],a[href]>h2,a[href]>h3"
    )
    if link is None or (link.attributes.get("href") or "#").startswith(("#", "javascript:")):
        return False
    return text_key(unit.author or "-") not in text_key(link.text(deep=True))


def _letters(text: str) -> int:
    """Letters of scripts that put no space between words."""
    return sum(c > "\u0e00" and c.isalpha() for c in text)


@lru_cache(maxsize=4096)  # a text is looked at once for each element around it
def _is_priced(text: str) -> bool:
    return bool(words().price.search(text))


@lru_cache(maxsize=4096)
def _is_label(text: str) -> bool:
    return is_section_title(text) or is_platform_text(text) or bool(words().hint.search(text))


_PROOF = _STARS | PART["author"] | PART["date"] | PART["title"]
_WEIGHT = {"quote": 0, "stars": 1, "review": 2, "testimonial": 3}
_SENTENCE = re.compile(r"(?:\w+\W+){5}.*[.!?]$", re.DOTALL)
_COUNTED = re.compile(r"\d\s*[^\W\d_]{3,}")


def _is_said(unit: Unit) -> bool:
    """Does the body read like speech, and not like a list of labels, a price or a summary?"""
    lines = unit.body.split("\n")
    longest = max(lines, key=len)
    if len(unit.body) < 30 and read_phrase(unit.body):
        return False
    if unit.box.parts & _AGGREGATE_PART:
        return False
    if unit.strength == 2 and len(lines) == 1:
        return not (words().price.search(unit.body) and len(unit.body) < 60)
    if len(lines) >= 3 and len(longest) < 30:
        return False
    if len(unit.body) < 60 and words().price.search(unit.body):
        return (
            bool(unit.box.parts & _STARS)
            and unit.strength > 0
            and bool(_SENTENCE.search(unit.body))
        )
    return unit.strength > 0 or not (len(unit.body) < 120 and _COUNTED.search(unit.body))


def _with_neighbors(named: list[Leaf], longest: Leaf) -> list[Leaf]:
    """`longest` with its like: same class names or same place; of two versions the longer."""
    like = [
        x
        for x in named
        if x is longest
        or (x.box.classes == longest.box.classes and x.tag == longest.tag)
        or (x.role == "body" == longest.role and _inside(longest, x))
        or (x.role == "wrap" and longest.box in x.box.kids)
        or (longest.role == "wrap" and x.role in ("p", "wrap") and x.box in longest.box.kids)
    ]
    key = text_key(longest.text)
    return [x for x in like if x is longest or text_key(x.text)[:40] not in key]


def _join(leaves: list[Leaf]) -> str:
    """One line a leaf, but a text cut in the middle by its "read more" goes on where it stopped."""
    text = leaves[0].text
    for leaf in leaves[1:]:
        cut = text[-1:].isalpha() and leaf.text[:1].islower() and _REST.search(leaf.box.classes)
        text += leaf.text if cut else f"\n{leaf.text}"
    return text


def _is_link(leaf: Leaf) -> bool:
    link = leaf.box.node if leaf.tag == "a" else leaf.box.node.css_first("a")
    return link is not None and text_key(link.text(deep=True)) == text_key(leaf.text)


def _inside(outer: Leaf, inner: Leaf) -> bool:
    return any(kid is inner.box for kid in outer.box.walk())


def _same_words(a: str, b: str) -> bool:
    a, b = text_key(a), text_key(b)
    return bool(a) and bool(b) and (a.startswith(b[:60]) or b[:200] in a)


def _all_text(box: Box) -> str:
    """What a reply says: its body where a class names one, else all."""
    said = [b.text for b in box.walk() if b.role in ("body", "wrap", "p") and len(b.text) > 1]
    if said:
        return "\n".join(said)
    texts = [
        b.text for b in box.walk() if b.text and b.role not in ("noise", "author", "date", "title")
    ]
    return "\n".join(texts)


# --- sections ----------------------------------------------------------------------------------


def read_sections(page: ParsedPage, sections: Sections) -> list[Review]:
    """Reviews of all sections that speak of reviews, in page order."""
    builder = _Builder()
    finder = _Finder(sections.kinds, page.language)
    found: list[tuple[str, Unit]] = []
    for node in sections.roots[:MAX_SECTIONS]:
        if builder.left <= 0:
            break
        if len(node.text(deep=True, strip=True)) < MIN_CHARS or _in_banner(node):
            continue
        kind = sections.kinds[node.mem_id]
        found += [(kind, unit) for unit in finder.units(builder.box(node))]
    return [_as_review(unit, kind) for kind, unit in _credible(found)]


def _in_banner(node: LexborNode) -> bool:
    """Is it part of a cookie banner, whose cards look like testimonials?"""
    above: LexborNode | None = node
    while above is not None and above.tag not in ("body", "html"):
        attributes = above.attributes
        names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}".lower()
        if "cookie" in names or "consent" in names or "gdpr" in names:
            return True
        above = above.parent
    return False


def _credible(found: list[tuple[str, Unit]]) -> list[tuple[str, Unit]]:
    """Without what must not stand alone: one quote, one row of stars, one bare text."""
    lonely = {kind for kind in ("quote", "stars") if sum(k == kind for k, _ in found) < 2}
    bare = [u for k, u in found if k == "review" and u.strength < 2 and not u.date and not u.named]
    alone = bare if len(bare) == 1 else []
    if any(u.is_weak for _, u in found) and not all(u.is_weak for _, u in found):
        alone = alone + [u for _, u in found if u.is_weak]
    alone = alone + _undated(found)
    if len(found) == 1 and found[0][0] == "testimonial" and found[0][1].is_guess:
        return []
    return [(kind, unit) for kind, unit in found if kind not in lonely and unit not in alone]


def _undated(found: list[tuple[str, Unit]]) -> list[Unit]:
    """The few without a date and of another shape beside a list whose reviews all have one."""
    units = [u for kind, u in found if kind == "review"]
    shapes = {(u.box.tag, u.box.classes) for u in units if u.date}
    others = [u for u in units if not u.date]
    if 4 * len(others) > len(units) or any((u.box.tag, u.box.classes) in shapes for u in others):
        return []
    return others


def _as_review(unit: Unit, kind: str) -> Review:
    stars = unit.rating
    return Review(
        text=unit.body,
        rating=stars.value if stars else None,
        rating_min=stars.low if stars else None,
        rating_max=stars.high if stars else None,
        date=unit.date,
        title=unit.title,
        origin="testimonial" if kind in ("testimonial", "quote") else "dom",
        reply=unit.reply,
        author=unit.author,
    )


_PARTS_OF_ONE = frozenset("p span cite h3 h4 footer small".split())
_HEADINGS = frozenset("h1 h2 h3 h4".split())
_HOLDERS = frozenset("div section ul ol article".split())
_NO_SECTION = frozenset("html body a button input link meta img form nav svg option".split())


class Sections(NamedTuple):
    """Outermost elements that speak of reviews, and the kind of all that do by their id.

    `titles` are the headings over reviews with their text.
    """

    roots: list[LexborNode]
    kinds: dict[int, str]
    titles: list[tuple[LexborNode, str]]


def find_sections(page: ParsedPage) -> Sections:
    nodes: dict[int, LexborNode] = {}
    kinds: dict[int, str] = {}
    headings, named = _marked(page)
    for node in named:
        attributes = node.attributes
        kind = _kind_of(attributes.get("class") or "", attributes.get("id") or "")
        if kind in ("", "quote") and ("data-hook" in attributes or "data-testid" in attributes):
            kind = "review"
        tag = node.tag
        if not kind or tag in _NO_SECTION:
            continue
        if tag in _PARTS_OF_ONE and node.parent is not None:
            node = node.parent  # a part of a review: its parent holds the rest
            if node.tag in _NO_SECTION:
                continue
        if node.mem_id not in kinds:
            kinds[node.mem_id] = kind
            nodes[node.mem_id] = node
    titles = _titles(headings)
    for node, kind in _by_heading(titles):
        if _WEIGHT[kind] >= _WEIGHT[kinds.get(node.mem_id, "quote")]:
            kinds[node.mem_id] = kind
        nodes.setdefault(node.mem_id, node)
    if "★" in page.text or "⭐" in page.text:
        for node in _by_glyphs(page):
            kinds.setdefault(node.mem_id, "stars")
            nodes.setdefault(node.mem_id, node)
    outer = _outermost(nodes)
    for node in list(outer.values()):
        if len(nodes) > 1 and node.css_first("h1") is not None:
            rest = {key: n for key, n in nodes.items() if key != node.mem_id}
            if any(_is_inside(n, {node.mem_id}) for n in rest.values()):
                nodes = rest  # a class of the page, not of a section
                kinds.pop(node.mem_id, None)
                outer = _outermost(nodes)
    return Sections(list(outer.values()), kinds, titles)


def _marked(page: ParsedPage) -> tuple[list[LexborNode], list[LexborNode]]:
    """Headings, and elements whose class or id holds a word of reviews, in one walk.

    Only words that the page has at all are sought: each costs as much as the walk.
    """
    rows, names = words().class_stems, page.names_lowered
    stems = [s for s in (*rows["any"], *rows.get(page.language or "", ())) if s in names]
    if "review" in stems and names.count("review") == names.count("preview"):
        stems.remove("review")
    marks = [f'[class*="{stem}" i]' for stem in stems]
    marks += [f'[id*="{stem}" i]' for stem in ("review", "testimon") if stem in stems]
    found = page.tree.css(",".join(("h1,h2,h3,h4", *marks)))
    headings = [node for node in found if node.tag in _HEADINGS]
    if not marks or len(headings) == len(found):
        return headings, [node for node in headings if marks and _is_named(node, stems)]
    named = [n for n in found if n.tag not in _HEADINGS or _is_named(n, stems)]
    return headings, named


def _is_named(node: LexborNode, stems: list[str]) -> bool:
    attributes = node.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()
    return any(stem in names for stem in stems)


def _outermost(nodes: dict[int, LexborNode]) -> dict[int, LexborNode]:
    clean: set[int] = set()
    found = {}
    for key, node in nodes.items():
        path, parent = [], node.parent
        while parent is not None and parent.mem_id not in clean and parent.mem_id not in nodes:
            path.append(parent.mem_id)
            parent = parent.parent
        if parent is None or parent.mem_id in clean:
            clean.update(path)
            found[key] = node
    return found


def _is_inside(node: LexborNode, outer: set[int]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.mem_id in outer:
            return True
        parent = parent.parent
    return False


@lru_cache(maxsize=4096)
def _kind_of(classes: str, name: str) -> str:
    """What kind of section class names and an id speak of; "" for none."""
    names = f"{classes} {name}".lower()
    if words().chosen.search(names):
        return "testimonial"
    if words().hint.search(names):
        return "review"
    return "quote" if "quote" in names else ""


def _titles(headings: list[LexborNode]) -> list[tuple[LexborNode, str]]:
    """Headings like "What our customers say", with their text."""
    texts = [node.text(deep=True) for node in headings]
    stems = title_stems_in("\n".join(texts)) if texts else []
    found = []
    for heading, text in zip(headings, texts, strict=True) if stems else ():
        lowered = text.lower()
        if len(text) > 300 or not any(stem in lowered for stem in stems):
            continue
        text = " ".join(text.split())
        if is_section_title(text):
            found.append((heading, text))
    return found


def _by_heading(titles: list[tuple[LexborNode, str]]) -> Iterator[tuple[LexborNode, str]]:
    """Elements under such a heading, and their kind."""
    for heading, text in titles:
        kind = "testimonial" if is_testimonial_title(text) else "review"
        for node in _under(heading, len(text)):
            yield node, kind


def _under(heading: LexborNode, length: int) -> Iterator[LexborNode]:
    """The element that holds a heading and much more, or what follows a heading on its own."""
    below, node = heading, heading.parent
    for _ in range(4):
        if node is None or node.tag in ("body", "html", "main", "form", None):
            break
        more = len(node.text(deep=True, strip=True)) - length
        if more > 200 or (more > 60 and _has_list(below)):
            yield node
            return
        below, node = node, node.parent
    follower, seen = below.next, 0
    while follower is not None and seen < 3:
        if follower.is_element_node:
            if follower.tag in ("h1", "h2", "h3", "footer", "form"):
                return
            if follower.tag in ("div", "section", "ul", "ol", "article", "blockquote", "figure"):
                seen += 1
                yield follower
        follower = follower.next


def _has_list(below: LexborNode) -> bool:
    """Does an element follow that holds several? Scripts without spaces say much in 60 letters."""
    follower = below.next
    while follower is not None:
        if follower.is_element_node and follower.tag in _HOLDERS:
            return sum(1 for _ in follower.iter()) > 1
        follower = follower.next
    return False


def _by_glyphs(page: ParsedPage) -> list[LexborNode]:
    """The smallest element that holds all runs of star glyphs, if there are two or more."""
    body = page.tree.body
    if body is None:
        return []
    runs = []
    for node in body.traverse(include_text=True):
        if node.tag == "-text":
            text = node.text(deep=False)
            if ("★" in text or "⭐" in text) and len(text.strip()) <= 24:
                runs.append(node)
                if len(runs) > 200:
                    return []
    if len(runs) < 2:
        return []
    paths = []
    for node in (runs[0], runs[-1]):
        path, parent = [], node.parent
        while parent is not None:
            path.append(parent)
            parent = parent.parent
        paths.append(path[::-1])
    common = None
    for a, b in zip(*paths, strict=False):
        if a.mem_id != b.mem_id:
            break
        common = a
    return [common] if common is not None and common.tag not in ("html", "body") else []


def body_of(node: LexborNode) -> str:
    """The text of a review element whose markup names all but the text; "" if there is none."""
    box = _Builder().box(node)
    leaves = _leaves(box)
    unit = Unit(box)
    chosen = _Finder({}, None)._body(leaves, unit) if 0 < len(leaves) <= 400 else []
    return unit.body if chosen and (unit.strength == 2 or len(unit.body) >= 40) else ""


def rating_of(node: LexborNode) -> Stars | None:
    """The rating that a review element shows where its markup names none."""
    return _first_rating(_Builder().box(node))


# --- aggregates without markup -----------------------------------------------------------------

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
