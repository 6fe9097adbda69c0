"""What an opening tag says to a reader of lines: its kind, and marks from class, id and role."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["BLOCK", "BREAK", "HEADING", "INLINE", "LINK", "SPECIAL", "UNREAD", "VOID"]
__all__ += ["Tag", "read_tag"]

# What a tag means for the walk; a tag that is not here is a block.
BLOCK, BREAK, UNREAD, VOID, INLINE, BARE, BOLD, LINK, HEADING, SPECIAL = range(10)  # in order
_TAGS = (
    (BREAK, "br"),
    # What nobody sees as running text, and the furniture of a page.
    (
        UNREAD,
        "!-- script style noscript template svg select textarea iframe object head math canvas",
    ),
    (
        UNREAD,
        "video audio datalist title footer dialog button-group xmp plaintext noembed noframes",
    ),
    # Elements without an end tag.
    (VOID, "img input hr wbr area base col embed link meta param source track basefont bgsound"),
    (VOID, "frame keygen"),
    (INLINE, "abbr acronym bdi bdo big cite code data del dfn i ins kbd mark nobr q rp rt ruby"),
    (INLINE, "s samp small span strike sub sup time tt u var center"),
    (BARE, "em font label"),  # their attributes say nothing
    (BOLD, "b strong"),
    (LINK, "a"),
    (HEADING, "h1 h2 h3 h4 h5 h6"),
    (SPECIAL, "th summary nav header"),
)
_KINDS = {tag: kind for kind, tags in _TAGS for tag in tags.split()}
_MUTE = frozenset((BREAK, UNREAD, VOID, BARE))  # kinds whose attributes say nothing
_HREF = re.compile(r' href="[^"]*"')

# Class words of furniture: whole words of class and id.
_FURNITURE = re.compile(
    r"(?:^|\s)(?:comments?|comment-?list|comments?-(?:area|list|section|wrapper|container|box|block)"
    r"|the-comments|disqus\S*|respond|cookie\S*|consent\S*|onetrust\S*|gdpr\S*|breadcrumbs?|navbar\S*"
    r"|(?:main|mega|mobile|nav|site|top|primary|header)-?(?:menu|nav|navigation)|menu|footer"
    r"|(?:site|page|main|global)-footer|quiz\S*|survey\S*|polls?|testimonials?\S*|related-?posts?"
    r"|modal|popup|lightbox)(?=\s|$)",
)
_HEADER = re.compile(
    r"question(?!naire|s?[-_]?(?:list|section|wrap|container|group|block|page|area|count|mark|icon"
    r"|form|s\b))"
    r"|(?:accordion|toggle|collaps\w*|faqs?|expand\w*|panel|qa|ac|spoiler|disclosure)[-_]*(?:item|box|block|nav)?[-_]*"
    r"(?:header|heading|head|title|button|btn|trigger|toggle|label|link|summary|handle|control|q)"
    r"(?![a-z])|(?:^|\s)(?:toggler?|tab-title|elementor-tab-title)(?=\s|$)",
)
_ANSWER = re.compile(
    r"answer|(?:accordion|toggle|collaps\w*|faqs?|expand\w*|panel|qa|ac|spoiler|disclosure)[-_]*(?:item|box|block)?[-_]*"
    r"(?:body|content|panel|collapse|text|inner|copy|desc\w*|pane|a)(?![a-z])"
    r"|(?:^|\s)(?:collapse|elementor-tab-content)(?=\s|$)",
)
_FAQ_BOX = re.compile(r"faq|frequently|questions-?and-?answers|help-?cent")
# Signs beside a heading: edit and permanent links, words for screen readers.
_ASIDE = re.compile(
    r"mw-editsection|headerlink|permalink|anchorjs|sr-only|visually-hidden|screen-reader"
    r"|material-(?:icons|symbols)|toggle-text"
)
_BOXES = frozenset(
    ["div", "section", "article", "main", "ul", "ol", "dl", "table", "aside", "details"]
)
_WHOLES = _BOXES | {"li"}
_FURNITURE_ROLES = frozenset(
    ("navigation", "contentinfo", "dialog", "alertdialog", "menu", "menubar")
)
# The attributes that tell something: a name with its value, a control, a style.
_TELLING = re.compile(
    r' (?:(class|id|role|aria-level|aria-hidden)="([^"]*)"'
    r'|(aria-expanded|aria-controls|data-toggle|data-bs-toggle|data-role(?=="(?:title|trigger)"))="'
    r'|style="[^"]*?font-weight([^"]{0,9}))'
)


class Marks(NamedTuple):
    """What class and id of an element say about it."""

    furniture: bool
    aside: bool
    header: bool
    answer: bool
    faq: bool


@lru_cache(maxsize=8192)
def _marks(words: str) -> Marks:
    """Marks of a class or an id alone."""
    words = words.lower()
    header, answer = _last(_HEADER, words), _last(_ANSWER, words)
    found = Marks(
        _FURNITURE.search(words) is not None,
        _ASIDE.search(words) is not None,
        header > 0 and not (answer > header and _is_element(words, header, answer)),
        answer > 0,
        _FAQ_BOX.search(words) is not None,
    )
    return found if any(found) else _NOTHING


def _last(pattern: re.Pattern[str], words: str) -> int:
    """Where the last match ends; 0 for none."""
    return max((match.end() for match in pattern.finditer(words)), default=0)


def _is_element(words: str, start: int, end: int) -> bool:
    """Whether both ends are in one name: `questions__answer` is a part, the answer."""
    return " " not in words[start:end]


def marks_of(words: str, name: str) -> Marks:
    """Marks of an element by its class and, where that says nothing, its id.

    Classes repeat on a page and ids do not, so each is looked up for itself.
    """
    own, named = _marks(words) if words else _NOTHING, _marks(name) if name else _NOTHING
    if own is _NOTHING and named is _NOTHING:
        return _NOTHING
    told = own if own.header or own.answer else named
    furniture = own.furniture or named.furniture
    if furniture and "accordion" in f"{words} {name}".lower():
        furniture = False
    return Marks(furniture, own.aside, told.header, told.answer, own.faq or named.faq)


_NOTHING = Marks(False, False, False, False, False)


class Tag:
    """An opening tag. `opens` is an ARIA or Bootstrap control, `level` a heading's rank or 0.

    `is_skipped` is furniture or a sign beside the words; `tells` is false for an inline tag
    that changes nothing.
    """

    __slots__ = (
        *("answer", "box", "dropdown", "header", "is_bold", "is_skipped", "kind", "leaves"),
        *("level", "may_hold", "name", "opens", "tells"),
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.kind = kind = _KINDS.get(name, BLOCK)
        self.level = int(name[1]) if kind == HEADING else 0
        self.answer = self.box = self.dropdown = self.header = False
        self.is_skipped = self.leaves = self.opens = False
        self.may_hold = name in _WHOLES
        self.is_bold = kind == BOLD or name == "th"
        # Whether anything changes inside; of a block without attributes, nothing does.
        self.tells = kind in (BOLD, LINK, HEADING, SPECIAL)


def read_tag(text: str) -> Tag:
    """A tag as a serializer writes it, without angle brackets: `div class="faq"`."""
    if text[0] == "!":
        return _bare_tag("!--")
    name, _, rest = text.partition(" ")
    if not rest or _KINDS.get(name) in _MUTE or (name == "i" and "material" not in rest):
        return _bare_tag(name)
    told = _TELLING.findall(_HREF.sub("", text, 1) if name == "a" else text)
    return _tag(name, *told) if told else _bare_tag(name)


@lru_cache(maxsize=256)
def _bare_tag(name: str) -> Tag:
    return Tag(name)


@lru_cache(maxsize=16384)
def _tag(name: str, *told: tuple[str, str, str, str]) -> Tag:
    """Tags that tell the same are one; addresses and the like tell nothing."""
    tag = Tag(name)
    attributes = {attribute: value for attribute, value, _, _ in told if attribute}
    words, role = attributes.get("class", ""), attributes.get("role")
    marks = marks_of(words, attributes.get("id", ""))
    is_inline = INLINE <= tag.kind <= LINK
    is_hidden = is_inline and attributes.get("aria-hidden") == "true"
    tag.opens = any(control for _, _, control, _ in told)
    tag.is_bold = tag.is_bold or any(_is_bold(style) for _, _, _, style in told)
    tag.dropdown = "dropdown" in words
    tag.is_skipped = (
        role in _FURNITURE_ROLES or is_hidden or (marks.aside if is_inline else marks.furniture)
    )
    tag.box = marks.faq and name in _BOXES
    tag.answer = (marks.answer and not marks.header) or role == "region"
    tag.leaves = role == "tabpanel" or words == "panel"  # may hold an accordion of its own
    tag.header = marks.header
    if role == "heading":
        level = attributes.get("aria-level") or "2"
        tag.level = int(level) if level in "123456" else 2
    if marks is not _NOTHING or role or tag.leaves or tag.opens or is_hidden or tag.is_bold:
        tag.tells = True
    return tag


def _is_bold(weight: str) -> bool:
    weight = weight.lstrip(" :")
    return weight[:4] == "bold" or weight[:1] in frozenset("6789")
