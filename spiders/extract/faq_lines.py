"""A page as the lines that a reader sees: one walk over the tree, made only when it may pay."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

__all__ = ["Line", "read_lines"]

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BOLD = frozenset(("b", "strong"))
# Not read: what nobody sees as running text, and the furniture of a page.
_UNREAD = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "select",
        "textarea",
        "iframe",
        "object",
        "head",
        "math",
        "canvas",
        "video",
        "audio",
        "datalist",
        "title",
        "footer",
        "dialog",
    ]
)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "nobr",
        "center",
        "input",
    ]
)
_SPACE = re.compile(r"\s+")
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
    r"|(?:accordion|toggle|collaps\w*|faqs?|expand\w*|panel|qa|ac)[-_]*(?:item|box|block)?[-_]*"
    r"(?:header|heading|head|title|button|btn|trigger|toggle|label|link|summary|handle|control|q)"
    r"(?![a-z])|(?:^|\s)(?:toggler?|tab-title|elementor-tab-title)(?=\s|$)",
)
_ANSWER = re.compile(
    r"answer|(?:accordion|toggle|collaps\w*|faqs?|expand\w*|panel|qa|ac)[-_]*(?:item|box|block)?[-_]*"
    r"(?:body|content|panel|collapse|text|inner|copy|desc\w*|pane|a)(?![a-z])"
    r"|(?:^|\s)(?:collapse|panel|tab-content|elementor-tab-content)(?=\s|$)",
)
_FAQ_BOX = re.compile(r"faq|frequently|questions-?and-?answers|help-?cent")
_BOXES = frozenset(
    ["div", "section", "article", "main", "ul", "ol", "dl", "table", "aside", "details"]
)


class Marks(NamedTuple):
    """What class and id of an element say about it."""

    furniture: bool
    header: bool
    answer: bool
    faq: bool


@lru_cache(maxsize=8192)
def marks_of(words: str, name: str) -> Marks:
    """Marks of an element by its class and, where that says nothing, its id; both lowered."""
    both = f"{words} {name}" if name else words
    header, answer = _HEADER.search(words) is not None, _ANSWER.search(words) is not None
    if not (header or answer) and name:
        header, answer = _HEADER.search(name) is not None, _ANSWER.search(name) is not None
    return Marks(
        _FURNITURE.search(both) is not None, header, answer, _FAQ_BOX.search(both) is not None
    )


_NOTHING = Marks(False, False, False, False)


@dataclass(slots=True, eq=False)
class Line:
    """One visual line: a block's text up to the next block or <br>.

    `node` is the nearest block element, `level` is 1-6 inside a heading, else 0. `bold` and
    `linked` count characters, `lead` is the bold part at the start, `link` the first link and
    `target` where it leads: "#x" inside the page, else an address; "" for a mere button.
    `header` is the element that opens a panel or is called a question, `answer` tells of a panel,
    `box` is the id of an ancestor that is called FAQ, `item` the details or dl it lies in.
    """

    text: str
    node: LexborNode
    tag: str
    index: int
    level: int
    bold: int = 0
    lead: str = ""
    link: LexborNode | None = None
    target: str = ""
    linked: int = 0
    header: int = 0
    answer: int = 0
    box: int = 0
    path: tuple[int, ...] = ()

    @property
    def is_bold(self) -> bool:
        return self.bold >= 0.85 * len(self.text.replace(" ", ""))

    @property
    def is_linked(self) -> bool:
        return self.linked >= 0.8 * len(self.text.replace(" ", ""))


class _Open:
    """An element on the way down, with what it means for the text inside."""

    __slots__ = ("answer", "block", "bold", "box", "header", "level", "link", "node", "path", "tag")

    def __init__(self, node: LexborNode, tag: str, up: _Open | None) -> None:
        self.node = node
        self.tag = tag
        if up is None:
            self.block, self.level, self.bold, self.link = node, 0, False, None
            self.header = self.answer = self.box = 0
            self.path: tuple[int, ...] = ()
        else:
            self.block, self.level, self.bold, self.link = up.block, up.level, up.bold, up.link
            self.header, self.answer, self.box = up.header, up.answer, up.box
            self.path = up.path


class _Reader:
    """One pass over the tree. Lines end where a block begins or ends and at <br>."""

    def __init__(self, html: str) -> None:
        self.lines: list[Line] = []
        self.parts: list[tuple[str, bool, LexborNode | None]] = []
        self.here: _Open | None = None
        self.html = html
        self.reads_style = "font-weight" in html

    def flush(self) -> None:
        """End the line: fold its white space, count what is bold and linked."""
        parts, here = self.parts, self.here
        self.parts = []
        text = _SPACE.sub(" ", "".join([part[0] for part in parts])).strip()
        if here is None or not _WORD.search(text):
            return
        line = Line(text, here.block, here.block.tag or "", len(self.lines), here.level)
        line.header, line.answer, line.box = here.header, here.answer, here.box
        line.path = here.path
        if len(parts) == 1:
            bold, line.link = parts[0][1], parts[0][2]
            line.bold = len(text.replace(" ", "")) if bold else 0
            line.linked = len(text.replace(" ", "")) if line.link is not None else 0
            line.lead = text if bold else ""
        else:
            _count(line, parts)
        if line.link is not None:
            line.target = _target(line.link, self.html)
        self.lines.append(line)

    def opened(self, node: LexborNode, tag: str, up: _Open) -> _Open | None:
        """The element with what it adds; None when it is not to be read."""
        new = _Open(node, tag, up)
        inline = tag in _INLINE
        if not inline:
            if self.parts:
                self.flush()
            new.block = node
            new.path = (*up.path, node.mem_id)
        if tag in _BOLD:
            new.bold = True
        elif tag in _HEADINGS:
            new.level = int(tag[1])
        elif tag == "th":
            new.bold = True
        elif tag == "summary":
            new.header, new.answer = node.mem_id, 0
        elif tag == "label" or tag == "i" or tag == "em" or tag == "font":
            return new
        attributes = node.attributes
        if not attributes:
            if tag == "a":
                new.link = node
            return None if tag == "nav" else new
        return self.described(new, attributes, inline)

    def described(
        self, new: _Open, attributes: dict[str, str | None], inline: bool
    ) -> _Open | None:
        """`new` with what its attributes tell."""
        tag, up_box = new.tag, new.box
        if tag == "a":
            new.link = new.node
        words, name = attributes.get("class") or "", attributes.get("id") or ""
        marks = marks_of(words.lower(), name.lower()) if words or name else _NOTHING
        if tag == "nav" and not (up_box and "dropdown" in words):  # Webflow's answers are nav
            return None
        role = attributes.get("role")
        if role in ("navigation", "contentinfo", "dialog", "menu", "menubar", "alertdialog"):
            return None
        if marks.furniture and not inline and "accordion" not in words:
            return None
        if marks.faq and not up_box and tag in _BOXES:
            new.box = new.node.mem_id
        if (marks.answer and not marks.header) or role in ("tabpanel", "region"):
            new.answer, new.header = new.node.mem_id, 0
        elif not new.answer and (
            marks.header
            or "aria-expanded" in attributes
            or "aria-controls" in attributes
            or "data-toggle" in attributes
            or "data-bs-toggle" in attributes
        ):
            new.header = new.node.mem_id
        if role == "heading":
            level = attributes.get("aria-level") or "2"
            new.level = int(level) if level in "123456" else 2
        if self.reads_style and _is_bold(attributes.get("style")):
            new.bold = True
        return new

    def read(self, body: LexborNode) -> list[Line]:
        stack = [_Open(body, "body", None)]
        node: LexborNode | None = body.first_child
        while stack:
            if node is None:
                done = stack.pop()
                if self.parts and done.tag not in _INLINE:
                    self.flush()
                node = done.node.next if stack else None
                continue
            tag = node.tag or "-"
            if tag == "-text":
                self.text(node, stack[-1])
            elif tag == "br":
                if self.parts:
                    self.flush()
            elif tag not in _UNREAD and tag[0] != "-":
                new = self.opened(node, tag, stack[-1])
                if new is not None:
                    stack.append(new)
                    node = node.first_child
                    continue
            node = node.next
        return self.lines

    def text(self, node: LexborNode, up: _Open) -> None:
        raw = node.text_content
        if not raw:
            return
        if not self.parts:
            if raw.isspace():
                return
            self.here = up
        elif up.header and self.here is not None and not self.here.header:
            up.block, self.here = self.here.block, up
        self.parts.append((raw, up.bold, up.link))


def _count(line: Line, parts: list[tuple[str, bool, LexborNode | None]]) -> None:
    leading = True
    lead = []
    for raw, bold, link in parts:
        size = len("".join(raw.split()))
        if size and not bold:
            leading = False
        if leading:
            lead.append(raw)
        if bold:
            line.bold += size
        if link is not None and size:
            line.linked += size
            if line.link is None:
                line.link = link
    line.lead = _SPACE.sub(" ", "".join(lead)).strip()


def _target(link: LexborNode, html: str) -> str:
    href = (link.attributes.get("href") or "").strip()
    if len(href) < 2 or href[:11].lower() == "javascript:":
        return ""
    name = href.rpartition("#")[2] if "#" in href else ""
    if name and _has_anchor(name, html):
        return "#" + name
    return "" if href[0] == "#" else href


def _has_anchor(name: str, html: str) -> bool:
    return any(
        f"{attribute}={quote}{name}" in html
        for attribute in ("id", "name", "ID", "NAME")
        for quote in ('"', "'", "")
    )


def _is_bold(style: str | None) -> bool:
    if not style or "font-weight" not in style:
        return False
    weight = style.partition("font-weight")[2].lstrip(" :")
    return weight[:4] == "bold" or weight[:1] in "6789"


def read_lines(body: LexborNode, html: str) -> list[Line]:
    """Lines in document order, without menus, footers, comments, dialogs, scripts and forms."""
    return _Reader(html).read(body)
