"""The smallest boxes that hold what a person says and proof of that person: the reviews.

Where such units stand side by side each of them is one review.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from spiders.extract.dates import find_date, looks_like_date
from spiders.extract.reviews_boxes import MEAN, PART, REPLY, REST, STARS, TIME, WRITTEN
from spiders.extract.reviews_text import (
    clean_body,
    clean_name,
    is_age,
    is_junk,
    is_platform_text,
    is_section_title,
    text_key,
    words,
)
from spiders.extract.stars import Stars, read_glyphs, read_phrase

if TYPE_CHECKING:
    from spiders.extract.reviews_boxes import Box

__all__ = ["CHOSEN", "WEIGHT", "Finder", "Unit", "first_rating", "leaves_of"]


class Leaf:
    """A run of text in a unit, with the role that it has there."""

    __slots__ = ("box", "role", "tag", "text")

    def __init__(self, box: Box, role: str, text: str = "") -> None:
        self.box = box
        self.role = role
        self.tag = box.tag
        self.text = text or box.text


def leaves_of(box: Box) -> list[Leaf]:
    """Texts of a unit in order; replies, ratings and noise are left out."""
    leaves: list[Leaf] = []
    _gather(box, "", leaves)
    return leaves


def _gather(box: Box, role: str, leaves: list[Leaf]) -> None:
    own = box.role
    if own in ("noise", "reply") or (own == "rating" and box.rating is not None):
        return
    if own == "p" and role in ("body", "author", "title", "date", "rating"):
        own = ""
    role = own if own and not (own == "wrap" and role) else role
    if box.text:
        is_signed = box.text[0] in "-–—―~" and bool(_SIGNED.match(box.text))
        is_line = own in ("", "p") and len(box.text) <= 120
        if is_signed and (is_line or (own == "body" and box.kids)):
            leaves.append(Leaf(box, "author"))
        elif "\n" in box.text and len(box.text) <= 120 and _is_meta(box.text):
            leaves.extend(Leaf(box, role, line) for line in box.text.split("\n"))
        elif not (box.rating is not None and len(box.text) <= 12 and read_glyphs(box.text)):
            leaves.append(Leaf(box, role))
    signature = _signature(box) if box.kids else None
    for kid in box.kids:
        if kid is signature:
            leaves.append(Leaf(kid, "author"))
        else:
            _gather(kid, role, leaves)


def _is_meta(text: str) -> bool:
    """Lines such as a name above a date, each short."""
    lines = text.split("\n")
    return max(map(len, lines)) <= 60 and any(map(_tells_when, lines))


def _signature(box: Box) -> Box | None:
    """The last line of a quotation where it can be a name and nothing else says who speaks."""
    if box.tag not in ("blockquote", "q") or not box.kids or box.parts & PART["author"]:
        return None
    last = box.kids[-1]
    is_line = bool(last.text) and not last.kids and last.role in ("", "p", "wrap", "title")
    is_short = len(last.text) < 80 and 3 * len(last.text) < box.size
    return last if is_line and is_short and _looks_like_name(last.text) else None


_OPENING = tuple('"“„«「『❝')
_QUOTING = (*_OPENING, "'", "‘", "‚", "»", "”")
_SIGNED = re.compile(r"[-–—―~]{1,2}\s*[^\W\d_]")


def first_rating(box: Box) -> Stars | None:
    """The first rating in document order outside of replies; an author's own rank comes last."""
    return _first_rating(box, "author") or _first_rating(box)


def _first_rating(box: Box, beside: str = "reply") -> Stars | None:
    if box.role in ("reply", beside) or not box.parts & STARS:
        return None
    if box.rating is not None and 0 < box.rating.value <= (box.rating.high or 100):
        return box.rating
    for kid in box.kids:
        found = _first_rating(kid, beside)
        if found is not None:
            return found
    return None


_PARTICLES = frozenset("de van der von da di du la le el al bin and und the of & del y e".split())
_DATED = re.compile(r"\s+(?:(?:on|le|am|il|el|em|op|den|på|dne)\s+)?\d")
_LAST_INITIAL = re.compile(r"(?<=\s)(?<=[^\W\d_]\s)[^\W\d_]\.$")
_INITIAL = re.compile(r"(?:[A-Z][\w'-]*\.? (?:& )?){1,4}[A-Z]\.$")  # Mr & Mrs. Jo D.
_NAME_BREAK = re.compile(r"[!?:;()\[\]{}<>|@#*=+_\"“”，。！？、；：…「」『』]|\d|\.\s*$")


@lru_cache(maxsize=4096)
def _looks_like_name(text: str) -> bool:
    """One to six words, each with a capital or of a script without capitals; a role may follow."""
    text = text.strip().lstrip("-–—―~ ").strip()
    first = re.split(r"\n|,| [-–—|•] ", text, maxsplit=1)[0].strip()
    first = _LAST_INITIAL.sub("", first).strip() if first[-1:] == "." else first
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
        "author", "body", "box", "by", "date", "guessed", "hint", "is_aged", "is_signed", "is_weak",
        "rating", "reply", "strength", "title"
    )  # fmt: skip

    def __init__(self, box: Box) -> None:
        self.box = box
        self.body = ""
        self.strength = 0  # of the body: 2 a class name says so, 1 a paragraph, 0 just text
        self.author: str | None = None
        self.by = ""  # class names of what names the author
        self.guessed = False  # the author only looks like a name
        self.is_weak = False  # to be believed only where all are like it
        self.date: str | None = None
        self.is_aged = False  # says how long ago it was written, so that no date is known
        self.is_signed = False  # one text: a quotation, a dash and a name
        self.title: str | None = None
        self.reply: str | None = None
        self.rating: Stars | None = None
        self.hint = False

    @property
    def named(self) -> bool:
        return bool(self.author) and not self.guessed

    @property
    def is_dated(self) -> bool:
        return bool(self.date) or self.is_aged

    @property
    def is_guess(self) -> bool:
        """Nothing but a name-like line and the place speak for it."""
        told = self.named or self.rating or self.is_dated or self.is_signed
        return not (told or self.strength == 2 or self.box.hint)


class Finder:
    """Finds the units of a section; `kinds` says which elements begin one of another kind."""

    def __init__(self, kinds: dict[int, str], language: str | None) -> None:
        self.kinds = kinds
        self.kind = "quote"
        self.language = language
        self.country = "US" if language == "en" else None

    def units(self, box: Box, hint: bool = False) -> list[Unit]:
        outer = self.kind
        inner_kind = self.kinds.get(box.node.mem_id, outer)
        if WEIGHT[inner_kind] >= WEIGHT[outer]:
            self.kind = inner_kind
        found = self._units(box, hint or box.hint or box.node.mem_id in self.kinds)
        self.kind = outer
        return found

    def _units(self, box: Box, hint: bool) -> list[Unit]:
        if box.role in ("noise", "reply") or box.size < 8:
            return []
        is_part = box.role in ("author", "date", "rating", "title") and box.size < 120
        if is_part and box.parts & WRITTEN != WRITTEN:
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
        if box.parts & REPLY:
            reply = sum(k.size for k in box.walk() if k.role == "reply")
        if extra == 0 and not (unit.rating is None and first_rating(box)):
            return inner
        weak = unit.strength < 2 and len(unit.body) < 60
        if (extra - reply > 400 and not weak) or box.tag in ("body", "main", "form"):
            return inner
        grown = self.read(box, hint)
        if grown is None:
            return inner
        is_more = grown.rating is not None and unit.rating is None and grown.author == unit.author
        longer = len(grown.body) > (1 if is_more else 3) * len(unit.body)
        if weak and (grown.strength > unit.strength or longer):
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
        if box.size > 12_000:
            return None
        is_signed = box.said == 1 and _is_signed(box)
        if box.said < 2 and not is_signed and not box.parts & (STARS | TIME):
            return None  # a text, and nothing that says whose
        may_be = is_signed or self.kind in CHOSEN or bool(box.parts & _PROOF)
        if not may_be and (self.kind != "review" or not hint):
            return None
        leaves = leaves_of(box)
        if not leaves or len(leaves) > 200:
            return None
        if not may_be and not any(_tells_when(leaf.text) for leaf in leaves):
            return None
        unit = Unit(box)
        unit.is_signed = is_signed
        chosen = self._body(leaves, unit)
        if not chosen:
            return None
        unit.rating = first_rating(box)
        taken = set(map(id, chosen))
        rest = [leaf for leaf in leaves if id(leaf) not in taken]
        is_quoted = chosen[0].text[:1] in _OPENING
        if not is_quoted and any(len(leaf.text) < 40 and _is_priced(leaf.text) for leaf in rest):
            return None
        heads = [line for line in chosen[0].text.split("\n")[:3] if _tells_when(line)]
        unit.date = self._date(box, rest, heads)
        unit.is_aged = not unit.date and (
            any(map(is_age, heads)) or any(is_age(leaf.text) for leaf in rest)
        )
        at = leaves.index(chosen[0])
        self._people(unit, leaves, rest, at)
        if not unit.author and not unit.is_dated and any(map(_is_head, rest)):
            return None
        unit.hint = hint or box.hint or any(leaf.box.hint for leaf in chosen)
        if box.parts & REPLY:
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
        usable = [x for x in usable if not _tells_when(x.text)]
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
            unit.body = clean_body(_without_head(_join(chosen)))
            unit.strength = 2 if roles == ("body",) else int(longest.role in ("p", "wrap"))
            if len(unit.body) < 60 * len(chosen) and all(map(_is_link, chosen)):
                continue
            if unit.body and not is_junk(unit.body) and _is_said(unit):
                return chosen
        return []

    def _date(self, box: Box, rest: list[Leaf], heads: list[str]) -> str | None:
        for inner in box.walk() if box.parts & TIME else ():
            stamp = inner.stamp if inner.role != "reply" else None
            if stamp and (found := find_date(stamp, self.language, self.country)):
                return found
        texts = [leaf.text for leaf in rest if leaf.role == "date" or len(leaf.text) <= 60] + heads
        dates = (find_date(text, self.language, self.country) for text in texts)
        return next((found for found in dates if found), None)

    def _people(self, unit: Unit, leaves: list[Leaf], rest: list[Leaf], at: int) -> None:
        """Author and title: by role, else by what stands around the body."""
        for leaf in rest:
            if leaf.role == "author" and unit.author is None and not is_platform_text(leaf.text):
                unit.author = clean_name(_DATED.split(leaf.text.split("\n")[0])[0])
                unit.by = leaf.box.classes.lower()
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
        match = _SIGNATURE.search(unit.body)
        if match and _looks_like_name(match[1]):
            unit.body = clean_body(unit.body[: match.start() + 1].rstrip("\n"))
            return clean_name(match[1])
        return None

    def _is_review(self, unit: Unit) -> bool:
        """Is there proof that a person speaks? The less the place says, the more is asked."""
        spoken = len(unit.body.split())
        named = unit.named
        proof = (unit.rating is not None) + named + unit.is_dated
        if len(unit.body) > 8_000 or not (proof or unit.author):
            return False
        if not unit.is_dated and unit.box.node.css_first("textarea") is not None:
            return False
        if unit.rating is None and self.kind in CHOSEN and _is_teaser(unit):
            return False
        if self.kind in ("review", "stars", "rated") and not unit.box.hint and _is_teaser(unit):
            return False
        if self.kind == "vague" and unit.is_guess and not _is_voice(unit):
            return False
        told = unit.strength == 2 or spoken >= 4 or _letters(unit.body) >= 8
        if self.kind in CHOSEN:
            if unit.guessed and unit.rating is None:
                return spoken >= 5 or _letters(unit.body) >= 10
            return told and bool(unit.author or unit.rating or (unit.is_dated and unit.strength))
        if self.kind == "review" and unit.hint:
            if proof >= 2:
                return told and (unit.strength > 0 or bool(unit.rating and unit.is_dated))
            if unit.is_signed:
                return told and unit.strength > 0
            if (unit.rating or unit.is_dated) and (unit.box.hint or unit.strength == 2):
                return told and unit.strength > 0
            if unit.rating and unit.guessed:
                unit.is_weak = True
                return spoken >= 4 and unit.strength > 0
            if unit.is_dated and unit.guessed and not _leads_away(unit):
                unit.is_weak = True
                return spoken >= 6 or _letters(unit.body) >= 12
            return named and told and unit.box.hint and unit.strength == 2
        if self.kind in ("rated", "stars") and _is_mean(unit):
            return False
        if self.kind == "rated":
            return told and _is_persons(unit)
        if self.kind == "stars":
            return unit.rating is not None and bool(unit.author or unit.is_dated) and spoken >= 3
        return unit.strength >= (1 if named else 2) and bool(unit.author) and spoken >= 6


_SIGNATURE = re.compile(r"(?:\n|[.!?…。！”\"'’»」』)]\s*)\s*[-–—―~]\s?([^\n.!?]{2,60}\.?)\s*$")


def _is_signed(box: Box) -> bool:
    """Is the one text of a box a quotation, a dash and a name: "Best rolls in town." - Ann Lee?"""
    while not box.text and box.kids:
        box = next((kid for kid in box.kids if kid.said), box.kids[0])
    if len(box.text) > 1_500 or box.text[:1] not in _QUOTING:
        return False
    match = _SIGNATURE.search(box.text)
    return match is not None and _looks_like_name(match[1])


def _is_teaser(unit: Unit) -> bool:
    """A heading that links to a page, as of a post; one that is the author's name may."""
    link = unit.box.node.css_first(
        "h1 a[href],h2 a[href],h3 a[href],h4 a[href],a[href]>h2,a[href]>h3"
    )
    if link is not None and link.tag != "a":
        link = link.parent
    if link is None or (link.attributes.get("href") or "#").startswith(("#", "javascript:")):
        return False
    author = text_key(unit.author or "")
    return not author or author not in text_key(link.text(deep=True))


def _is_voice(unit: Unit) -> bool:
    """Is it in quotation marks, or signed below by a name of two words, and leads nowhere?"""
    whole = " ".join(unit.box.node.text(deep=True).split())
    start = unit.body.split("\n")[0][:40]
    at = whole.find(start)
    if at > 0 and whole[:at].rstrip()[-1:] in _QUOTING:
        return True
    author = unit.author or ""
    return " " in author and whole.rfind(author) > at and not _leads_away(unit)


_COUNTS = re.compile(r"product|course|hotel|doctor|recipe|movie-card", re.IGNORECASE)
_PERSON = re.compile(r"author|user|customer|client|reviewer|commenter|member|guest|nick")


_BRACKETED = re.compile(r"\((\d[\d.,]*)")


def _is_mean(unit: Unit) -> bool:
    """Do the stars stand for many: "★★★★★ 4,9 (88 Bewertungen)"?"""
    text = unit.box.node.text(deep=True, separator=" ")[:1_000]
    counts = (words().counted_after.match(text, m.end()) for m in _BRACKETED.finditer(text))
    return any(counts)


def _is_persons(unit: Unit) -> bool:
    """Does an entry with stars show one person's rating, and who or when?"""
    if unit.rating is None or (2 * unit.rating.value) % 1 or _COUNTS.search(unit.box.classes):
        return False
    whole = " ".join(unit.box.node.text(deep=True).split())
    at = whole.find(unit.body.split("\n")[0][:40])
    is_quoted = at > 0 and whole[:at].rstrip()[-1:] in _QUOTING
    return unit.is_dated or is_quoted or (unit.named and bool(_PERSON.search(unit.by)))


def _leads_away(unit: Unit) -> bool:
    """Does it link to a page of its own, as teasers of articles do?"""
    for link in unit.box.node.css("a[href]")[:20]:
        address = link.attributes.get("href") or "#"
        is_away = not address.startswith(("#", "javascript:", "mailto:"))
        if is_away and text_key(link.text(deep=True)) != text_key(unit.author or ""):
            return True
    return False


def _is_head(leaf: Leaf) -> bool:
    """The heading over reviews: what stands beside it is said by the site."""
    return leaf.role == "title" and is_section_title(leaf.text)


def _tells_when(text: str) -> bool:
    return looks_like_date(text) or is_age(text)


def _letters(text: str) -> int:
    """Letters of scripts that put no space between words."""
    return sum(c > "\u0e00" and c.isalpha() for c in text)


@lru_cache(maxsize=4096)  # a text is looked at once for each element around it
def _is_priced(text: str) -> bool:
    return bool(words().price.search(text))


@lru_cache(maxsize=4096)
def _is_label(text: str) -> bool:
    return is_section_title(text) or is_platform_text(text) or bool(words().hint.search(text))


_PROOF = STARS | PART["author"] | PART["date"] | PART["title"]
WEIGHT = {"quote": 0, "rated": 1, "stars": 1, "review": 2, "vague": 3, "testimonial": 4}
CHOSEN = ("vague", "testimonial")  # kinds of sections with chosen voices
_SENTENCE = re.compile(r"(?:\w+\W+){5}.*[.!?]$", re.DOTALL)
_COUNTED = re.compile(r"\d\s*[^\W\d_]{3,}")


def _is_said(unit: Unit) -> bool:
    """Does the body read like speech, and not like a list of labels, a price or a summary?"""
    lines = unit.body.split("\n")
    longest = max(lines, key=len)
    if len(unit.body) < 30 and read_phrase(unit.body):
        return False
    if unit.box.parts & MEAN:
        return False
    if unit.strength == 2 and len(lines) == 1:
        return not (words().price.search(unit.body) and len(unit.body) < 60)
    if len(lines) >= 3 and len(longest) < 30:
        return False
    if len(unit.body) < 60 and words().price.search(unit.body):
        return (
            bool(unit.box.parts & STARS) and unit.strength > 0 and bool(_SENTENCE.search(unit.body))
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
        cut = text[-1:].isalpha() and leaf.text[:1].islower() and REST.search(leaf.box.classes)
        text += leaf.text if cut else f"\n{leaf.text}"
    return text


_LABEL = re.compile(r"[^\W\d_][\w ]{1,20}:")  # "Rating:" before a picture of stars
_HEAD = re.compile(rf"(?:by|von|par|por|di|door|от) \S.{{1,38}}|{_LABEL.pattern}")


def _without_head(text: str) -> str:
    """Text without first lines that tell who and when, as "by Ann Lee" and "Review:" do."""
    lines = text.split("\n")
    while len(lines) > 1 and (_HEAD.fullmatch(lines[0]) or _tells_when(lines[0])):
        del lines[0]
    if len(lines) > 1 and _LABEL.fullmatch(lines[-1]):
        del lines[-1]
    return "\n".join(lines)


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
