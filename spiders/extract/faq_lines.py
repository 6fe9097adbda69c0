"""A page as the lines that a reader sees: one walk over the tree, made only when it may pay."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["Line", "read_lines"]

# What a tag means for the walk; a tag that is not here is a block.
_BLOCK, _TEXT, _BREAK, _UNREAD, _INLINE, _BARE, _BOLD, _LINK, _HEADING, _SPECIAL = range(10)
_TAGS = (
    (_TEXT, "-text"),
    (_BREAK, "br"),
    # What nobody sees as running text, and the furniture of a page.
    (_UNREAD, "- -comment -doctype -document script style noscript template svg select textarea"),
    (_UNREAD, "iframe object head math canvas video audio datalist title footer dialog img input"),
    (_UNREAD, "button-group hr wbr"),
    (_INLINE, "abbr acronym bdi bdo big cite code data del dfn ins kbd mark nobr q rp rt ruby s"),
    (_INLINE, "samp small span strike sub sup time tt u var center"),
    (_BARE, "i em font label"),  # their attributes say nothing
    (_BOLD, "b strong"),
    (_LINK, "a"),
    (_HEADING, "h1 h2 h3 h4 h5 h6"),
    (_SPECIAL, "th summary nav header"),
)
_KINDS = {tag: kind for kind, tags in _TAGS for tag in tags.split()}
_WORD = re.compile(r"\w")

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
    r"|(?:accordion|toggle|collaps\w*|faqs?|expand\w*|panel|qa|ac|spoiler|disclosure)[-_]*(?:item|box|block)?[-_]*"
    r"(?:header|heading|head|title|button|btn|trigger|toggle|label|link|summary|handle|control|q)"
    r"(?![a-z])|(?:^|\s)(?:toggler?|tab-title|elementor-tab-title)(?=\s|$)",
)
_ANSWER = re.compile(
    r"answer|(?:accordion|toggle|collaps\w*|faqs?|expand\w*|panel|qa|ac|spoiler|disclosure)[-_]*(?:item|box|block)?[-_]*"
    r"(?:body|content|panel|collapse|text|inner|copy|desc\w*|pane|a)(?![a-z])"
    r"|^panel$|(?:^|\s)(?:collapse|elementor-tab-content)(?=\s|$)",
)
_FAQ_BOX = re.compile(r"faq|frequently|questions-?and-?answers|help-?cent")
# Signs beside a heading: edit and permanent links, words for screen readers.
_ASIDE = re.compile(
    r"mw-editsection|headerlink|permalink|anchorjs|sr-only|visually-hidden|screen-reader"
)
_BOXES = frozenset(
    ["div", "section", "article", "main", "ul", "ol", "dl", "table", "aside", "details"]
)
_WHOLES = _BOXES | {"li"}
_MAX_HEADER = 400  # characters; what is longer and called a question holds its answer too


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
_FURNITURE_ROLES = frozenset(
    ("navigation", "contentinfo", "dialog", "alertdialog", "menu", "menubar")
)
_OPENS = frozenset(("aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle"))
_TELLING = _OPENS | {"role", "aria-hidden"}
MAX_LINES = 20_000  # the longest real page seen has 3,000


class Scope:
    """An element on the way down, with what it means for the text inside.

    `block` is the nearest block element, `header` and `box` are ids of elements, 0 for none.
    """

    __slots__ = ("answer", "block", "bold", "box", "header", "inline", "level", "link", "tag", "up")

    def __init__(self, up: Scope | None, block: LexborNode, tag: str) -> None:
        self.up = up
        self.block = block
        self.tag = tag  # of the block
        self.inline = False
        if up is None:
            self.level = self.header = self.box = 0
            self.bold = self.answer = False
            self.link: LexborNode | None = None
        else:
            self.level, self.header, self.box = up.level, up.header, up.box
            self.bold, self.answer, self.link = up.bold, up.answer, up.link

    def path(self) -> list[int]:
        """Ids of the block elements from the body down to this one."""
        found = []
        scope: Scope | None = self
        while scope is not None:
            if not scope.inline:
                found.append(scope.block.mem_id)
            scope = scope.up
        return found[::-1]


@dataclass(slots=True, eq=False)
class Line:
    """One visual line: a block's text up to the next block or <br>.

    `tag` is the nearest block element's, `level` is 1-6 inside a heading, else 0. `lead` is the
    bold part at the start, `target` where the first link leads: "#x" inside the page, else an
    address; "" for a mere button. `header` is the id of the element that opens a panel or is
    called a question, `box` that of the outermost element that is called FAQ.
    """

    text: str
    index: int
    scope: Scope
    tag: str
    level: int
    header: int
    box: int
    is_bold: bool = False
    is_linked: bool = False
    lead: str = ""
    target: str = ""


Part = tuple[str, bool, "LexborNode | None"]


class _Reader:
    """One pass over the tree. Lines end where a block begins or ends and at <br>."""

    def __init__(self, tree: LexborHTMLParser, reads_style: bool) -> None:
        self.tree = tree
        self.lines: list[Line] = []
        self.parts: list[Part] = []
        self.here: Scope | None = None
        self.header = 0
        self.reads_style = reads_style
        self._anchors: set[str] | None = None

    def flush(self) -> None:
        """End the line: fold its white space, see what is bold and linked."""
        parts, here = self.parts, self.here
        self.parts = []
        if len(parts) == 1:
            raw, bold, link = parts[0]
            text = " ".join(raw.split())
            linked, lead = link is not None, text if bold else ""
        else:
            text = " ".join("".join([part[0] for part in parts]).split())
            bold, linked, lead, link = _mixed(parts, text)
        if here is None or not (text[:1].isalnum() or _WORD.search(text)):
            return
        line = Line(text, len(self.lines), here, here.tag, here.level, self.header, here.box)
        line.is_bold, line.is_linked, line.lead = bold, linked, lead
        if link is not None:
            line.target = self.target(link)
        self.lines.append(line)

    def target(self, link: LexborNode) -> str:
        href = (link.attributes.get("href") or "").strip()
        if len(href) < 2 or href[:11].lower() == "javascript:":
            return ""
        if "#" in href:
            name = href.rpartition("#")[2]
            if name and name in self.anchors():
                return "#" + name
        return "" if href[0] == "#" else href

    def anchors(self) -> set[str]:
        """Names that a link of the page can lead to."""
        if self._anchors is None:
            self._anchors = {node.id or "" for node in self.tree.css("[id]")}
            self._anchors |= {n.attributes.get("name") or "" for n in self.tree.css("a[name]")}
        return self._anchors

    def opened(self, node: LexborNode, tag: str, kind: int, up: Scope) -> Scope | None:
        """The scope of the element; None when it is not to be read."""
        if kind == _BOLD:
            new = Scope(up, up.block, up.tag)
            new.inline = new.bold = True
            return self.described(new, node, tag, node.attributes)
        attributes = node.attributes
        if kind == _INLINE and not self.tells(attributes):
            return up
        if kind in (_INLINE, _LINK):
            new = Scope(up, up.block, up.tag)
            new.inline = True
            if kind == _LINK:
                new.link = node
        else:
            new = Scope(up, node, tag)
            if kind == _HEADING:
                new.level = int(tag[1])
            elif kind == _SPECIAL and not _special(new, node, tag, attributes):
                return None
        return self.described(new, node, tag, attributes) if attributes else new

    def tells(self, attributes: dict[str, str | None]) -> bool:
        """Whether an inline element means anything by its attributes; most do not."""
        if not attributes:
            return False
        if not _TELLING.isdisjoint(attributes) or (self.reads_style and "style" in attributes):
            return True
        words, name = attributes.get("class"), attributes.get("id")
        return marks_of(words or "", name or "") is not _NOTHING

    def described(
        self, new: Scope, node: LexborNode, tag: str, attributes: dict[str, str | None]
    ) -> Scope | None:
        """`new` with what its attributes tell."""
        if self.reads_style and "style" in attributes and _is_bold(attributes["style"]):
            new.bold = True
        words, name = attributes.get("class") or "", attributes.get("id") or ""
        marks = marks_of(words, name) if name else _marks(words) if words else _NOTHING
        if marks is _NOTHING and _TELLING.isdisjoint(attributes):
            return new
        role = attributes.get("role")
        if role in _FURNITURE_ROLES or (
            marks.aside or attributes.get("aria-hidden") == "true"
            if new.inline
            else marks.furniture
        ):
            return None
        if marks.faq and not new.box and tag in _BOXES:
            new.box = node.mem_id
        if (marks.answer and not marks.header) or role == "region":
            new.answer, new.header = True, 0
        elif role == "tabpanel":  # may hold an accordion of its own
            new.header = 0
        elif not new.answer and (
            not _OPENS.isdisjoint(attributes)
            or (marks.header and not (tag in _WHOLES and _is_whole(node)))
        ):
            new.header = node.mem_id
        if role == "heading":
            level = attributes.get("aria-level") or "2"
            new.level = int(level) if level in "123456" else 2
        return new

    def read(self, body: LexborNode) -> list[Line]:
        scope = Scope(None, body, "body")
        nodes, scopes, kinds = [body], [scope], _KINDS.get
        node: LexborNode | None = body.first_child
        while True:
            if node is None:
                done, closed = nodes.pop(), scopes.pop()
                if self.parts and not closed.inline and (not scopes or closed is not scopes[-1]):
                    self.flush()
                if not scopes or len(self.lines) > MAX_LINES:
                    return self.lines
                scope, node = scopes[-1], done.next
                continue
            tag = node.tag or "-"
            kind = kinds(tag, _BLOCK)
            if kind == _TEXT:
                raw = node.text_content
                if raw:
                    if not self.parts:
                        if raw.isspace():
                            node = node.next
                            continue
                        self.here, self.header = scope, scope.header
                    elif scope.header and not self.header:
                        self.header = scope.header
                    self.parts.append((raw, scope.bold, scope.link))
            elif kind == _BREAK:
                if self.parts:
                    self.flush()
            elif kind != _UNREAD:
                if self.parts and not _INLINE <= kind <= _LINK:
                    self.flush()
                new = scope if kind == _BARE else self.opened(node, tag, kind, scope)
                if new is not None:
                    nodes.append(node)
                    scopes.append(new)
                    scope, node = new, node.first_child
                    continue
            node = node.next


def _special(new: Scope, node: LexborNode, tag: str, attributes: dict[str, str | None]) -> bool:
    """Set what th and summary mean; False for a menu, or a page header with one in it."""
    if tag == "th":
        new.bold = True
    elif tag == "summary":
        new.header, new.answer = node.mem_id, False
    elif tag == "nav":  # Webflow's answers are nav
        return bool(new.box) and "dropdown" in (attributes.get("class") or "")
    elif not new.box:
        return not node.css_matches("nav, [role=navigation]")
    return True


def _is_whole(node: LexborNode) -> bool:
    """Whether an element that is called a question holds the question and its answer."""
    parts, has_role = 0, False
    child = node.first_child
    while child is not None:
        if child.tag not in ("-text", "-comment", "i", "svg", "img", "br"):
            attributes = child.attributes
            marks = marks_of(attributes.get("class") or "", attributes.get("id") or "")
            if marks.answer and not marks.header:
                return True
            has_role = has_role or marks.header
            parts += 1
        child = child.next
    return (parts > 1 and has_role) or len(node.text()) > _MAX_HEADER


def _mixed(parts: list[Part], text: str) -> tuple[bool, bool, str, LexborNode | None]:
    """(is bold, is linked, bold start, first link) of a line with several parts."""
    bold = linked = total = 0
    first: LexborNode | None = None
    lead: list[str] = []
    leading = True
    for raw, is_bold, link in parts:
        size = 0 if raw.isspace() else len(raw.strip())
        total += size
        if is_bold:
            bold += size
        elif size:
            leading = False
        if leading:
            lead.append(raw)
        if link is not None and size:
            linked += size
            first = link if first is None else first
    return (
        bold >= 0.85 * total,
        linked >= 0.8 * total,
        " ".join("".join(lead).split()) if bold else "",
        first,
    )


def _is_bold(style: str | None) -> bool:
    if not style or "font-weight" not in style:
        return False
    weight = style.partition("font-weight")[2].lstrip(" :")
    return weight[:4] == "bold" or weight[:1] in "6789"


def read_lines(tree: LexborHTMLParser, html: str, root: LexborNode | None = None) -> list[Line]:
    """Lines of `root` or the body, in document order.

    Menus, footers, comments, dialogs, scripts and form fields are left out.
    """
    root = root or tree.body
    return _Reader(tree, "font-weight" in html).read(root) if root else []
