"""A page as the lines that a reader sees: one walk over its tags, made only when it may pay."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, NamedTuple

from spiders.extract.faq_tags import (
    BLOCK,
    BREAK,
    HEADING,
    INLINE,
    LINK,
    SPECIAL,
    UNREAD,
    VOID,
    Tag,
    read_tag,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selectolax.lexbor import LexborNode

__all__ = ["Line", "Lines", "read_lines"]

_WORD = re.compile(r"\w")
_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=[ \t]*[QA] ?\d{0,2}[:.)])")
_ANCHOR = re.compile(r' (?:id|name)="([^"]+)"')
_ENTITIES = (("&nbsp;", "\xa0"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
MAX_LINES = 20_000  # the longest real page seen has 3,000
_MAX_HEADER = 400  # characters; what is longer and called a question holds its answer too
_MAX_PATH = 200  # levels that a line remembers; the deepest real page seen has 90
_MAX_ITEM = 20  # the same, for what an element begins with
_MAX_AHEAD = 400  # pieces that are looked at ahead of their turn
_SIGNS = frozenset(("i", "svg", "img", "br"))
_SIGN_TEXTS = frozenset("+ - − – — × ✕ # ¶ § 🔗 ▼ ▾ ▲ › » > ⌄ ❯".split())
_LABEL_TEXTS = frozenset(("Q", "A"))
_CHOICE = 'type="radio"'
# Elements whose content is text as it is, whatever stands in it.
_RAW = frozenset(("iframe", "xmp", "noembed", "noframes", "plaintext"))


class Setting(NamedTuple):
    """What the elements around a text mean for it; most elements change nothing.

    `header` and `box` are numbers of elements, 0 for none. `link` is the tag of the link around
    the text, None outside of links. `is_answer` is inside of what a panel shows.
    """

    level: int = 0
    header: int = 0
    box: int = 0
    is_bold: bool = False
    is_answer: bool = False
    link: str | None = None


@dataclass(slots=True, eq=False)
class Line:
    """One visual line: a block's text up to the next block or <br>.

    `path` are the numbers of the block elements from the root down, `tag` is the nearest one's.
    `level` is 1-6 inside a heading, else 0. `lead` is the bold part at the start, `target` where
    the first link leads: "#x" inside the page, else an address; "" for a mere button. `header` is
    the number of the element that opens a panel or is called a question, `box` that of the
    outermost element that is called FAQ. `is_choice` stands behind a field to choose it by.
    """

    text: str
    index: int
    path: tuple[int, ...]
    tag: str
    level: int
    header: int
    box: int
    is_bold: bool
    is_linked: bool
    lead: str
    target: str
    is_choice: bool = False


class Lines(list[Line]):
    """Lines, and the tags that they were read from."""

    pieces: Sequence[str] = ()

    def look_of(self, line: Line) -> str:
        """The tag around the line as it is written, "" but for the first line of an element.

        Lines that look alike have the same.
        """
        before = self[line.index - 1].path if line.index else ()
        if before[: len(line.path)] == line.path:
            return ""
        return self.pieces[line.path[-1]].partition(">")[0]


Part = tuple[str, bool, str | None]
_PLAIN = Setting()


class _Reader:
    """One pass over the serialized tree. Lines end where a block begins or ends and at <br>.

    A piece is a tag without its "<" and the text behind it. The serializer closes every element
    and leaves no angle bracket in attributes and texts, so splitting is parsing; and the same tag,
    written alike, is understood once.
    """

    def __init__(self, html: str) -> None:
        self.pieces = html.split("<")
        self.lines = Lines()
        self.lines.pieces = self.pieces
        self.parts: list[Part] = []
        self.tags: dict[str, Tag] = {}
        # Of the first text of the line.
        self.path: tuple[int, ...] = ()
        self.tag = ""
        self.here = _PLAIN
        self.header = 0
        self.chooses = -1  # the line that a field to choose it by stands before

    def flush(self) -> None:
        """End the line: fold its white space, see what is bold and linked."""
        parts = self.parts.copy()
        self.parts.clear()
        raw, bold, link = parts[0]
        if len(parts) == 1:
            text = " ".join(raw.split())
            linked, lead = link is not None, text if bold else ""
        else:
            text = " ".join("".join(_joined(parts)).split())
            if any(part[1] or part[2] is not None for part in parts):
                bold, linked, lead, link = _mixed(parts)
            else:
                bold, linked, lead, link = False, False, "", None
        if text[:1].isalnum() or _WORD.search(text):
            lines, here = self.lines, self.here
            path, tag, level = self.path, self.tag, here.level
            lines.append(
                Line(
                    text, len(lines), path, tag, level, self.header, here.box, bold, linked, lead,
                    link or "", self.chooses == len(lines),
                )
            )  # fmt: skip

    def read(self) -> Lines:
        """The lines, their targets resolved."""
        pieces, get, flush, parts = self.pieces, self.tags.get, self.flush, self.parts
        path, name, here = [1], "body", _PLAIN
        opened: list[tuple[bool, str, Setting] | None] = []  # what to go back to; None: no change
        at, end = 1, len(pieces)  # 1: the root's own tag
        text = pieces[1].partition(">")[2] if end > 1 else ""
        while True:
            if text and (parts or not text.isspace()):
                if not parts:
                    self.path, self.tag, self.here, self.header = (
                        tuple(path),
                        name,
                        here,
                        here.header,
                    )
                elif here.header and not self.header:
                    self.header = here.header
                if name == "pre" and "\n" in text:
                    self.preformatted(text, here)
                else:
                    raw = _plain(text) if "&" in text else text
                    parts.append((raw, here.is_bold, here.link))
            at += 1
            if at >= end:
                break
            head, _, text = pieces[at].partition(">")
            if head[0] == "/":
                if not opened:
                    break
                before = opened.pop()
                if before is not None:
                    was_block, name, here = before
                    if was_block:
                        path.pop()
                        if parts:
                            flush()
                continue
            tag = get(head) or self.understood(head)
            kind = tag.kind
            if kind == BLOCK or kind >= HEADING:
                if parts:
                    flush()
                new = self.changed(tag, at, here) if tag.tells else here
                if new is None:
                    at, text = self.behind(at, tag.name)
                else:
                    opened.append((True, name, here))
                    path.append(at)
                    name, here = tag.name, new
            elif kind >= INLINE:
                if not tag.tells:
                    opened.append(None)
                elif (new := self.changed(tag, at, here)) is None:
                    at, text = self.behind(at, tag.name)
                else:
                    opened.append((False, name, here))
                    here = new
            elif kind == BREAK:
                if parts:
                    flush()
            elif kind == UNREAD:
                at, text = self.behind(at, tag.name)
            elif head.startswith("input") and _CHOICE in head:
                self.chooses = len(self.lines)
            if len(self.lines) > MAX_LINES:
                break
        if parts:
            self.flush()
        return self.resolved()

    def preformatted(self, text: str, here: Setting) -> None:
        """Paragraphs of typed text: a blank line, or a line with a label, begins one."""
        for number, raw in enumerate(_PARAGRAPH.split(_plain(text))):
            if number and self.parts:
                self.flush()
                self.header = here.header
            if raw.strip():
                self.parts.append((raw, here.is_bold, here.link))

    def understood(self, head: str) -> Tag:
        tag = self.tags[head] = read_tag(head)
        return tag

    def behind(self, at: int, name: str) -> tuple[int, str]:
        """The piece of the end tag of the element or comment that opens at `at`, and its text."""
        at = self.end_of(at, name)
        return at, self.pieces[at].rpartition(">")[2] if at < len(self.pieces) else ""

    def end_of(self, at: int, name: str) -> int:
        pieces, depth = self.pieces, 0
        closing = "--" if name[:1] == "!" else f"/{name}>"
        if name[:1] == "!":
            while at < len(pieces) and "-->" not in pieces[at]:
                at += 1
            return at
        if name in _RAW:
            while at < len(pieces) and not pieces[at].startswith(closing):
                at += 1
            return at
        opening = name + " ", name + ">"
        while at < len(pieces):
            piece = pieces[at]
            if piece.startswith(opening):
                depth += 1
            elif piece.startswith(closing):
                depth -= 1
                if not depth:
                    break
            at += 1
        return at

    def changed(self, tag: Tag, at: int, here: Setting) -> Setting | None:
        """The setting inside of the element; None when it is not to be read."""
        kind = tag.kind
        if tag.is_skipped or (kind == SPECIAL and not self.is_read(tag, at, here)):
            return None
        level, header, box, is_bold, is_answer, link = here
        if kind == LINK:
            link = self.pieces[at]  # its address is read for the lines that keep it
        elif tag.name == "summary":
            header, is_answer = at, False
        is_bold = is_bold or tag.is_bold
        if tag.box and not box:
            box = at
        if tag.answer and self.is_item(at):
            header = 0
        elif tag.answer:
            is_answer, header = True, 0
        elif tag.leaves:
            header = 0
        elif not is_answer and self.is_header(tag, at):
            header = at
        return Setting(tag.level or level, header, box, is_bold, is_answer, link)

    def is_read(self, tag: Tag, at: int, here: Setting) -> bool:
        """False for a menu, or a page header with one in it."""
        if tag.name == "nav":  # Webflow's answers are nav
            return bool(here.box) and tag.dropdown
        if tag.name == "header" and not here.box:
            return not self.has_menu(at)
        return True

    def has_menu(self, at: int) -> bool:
        """Whether a menu is in the page header that opens at `at`."""
        depth = 0
        for piece in self.pieces[at : at + _MAX_AHEAD]:
            if piece.startswith(("nav>", "nav ")) or 'role="navigation"' in piece:
                return True
            depth += piece.startswith(("header>", "header ")) - piece.startswith("/header>")
            if not depth:
                break
        return False

    def is_header(self, tag: Tag, at: int) -> bool:
        """Whether the element opens a panel or is called a question, and holds no more than it."""
        if tag.opens and not (tag.may_hold and self.is_long(at)):
            return True
        return tag.header and not (tag.may_hold and self.is_whole(at))

    def inside(self, at: int, limit: int) -> Iterator[tuple[Tag | None, int, str]]:
        """Of the element that opens at `at`, piece by piece: tag, elements around it, text behind.

        The first is the element itself, with none around it; the tag is None where one closes.
        """
        depth = 0
        for piece in self.pieces[at : at + limit]:
            head, _, text = piece.partition(">")
            tag = None
            if head[:1] == "/":
                depth -= 1
                if not depth:
                    return
            elif head[:1] != "!":
                tag = self.tags.get(head) or self.understood(head)
            yield tag, depth, text
            depth += tag is not None and tag.kind not in (VOID, BREAK)

    def is_long(self, at: int) -> bool:
        """Whether the element holds more text than a question has."""
        size = 0
        for _, _, text in self.inside(at, _MAX_AHEAD):
            size += len(text)
            if size > _MAX_HEADER:
                return True
        return False

    def is_item(self, at: int) -> bool:
        """Whether what is called an answer begins with what opens one: an item, or a category."""
        for tag, depth, text in self.inside(at, _MAX_ITEM):
            if tag and depth and (tag.header or tag.opens or tag.name == "summary"):
                return True
            if text and not text.isspace():
                break
        return False

    def is_whole(self, at: int) -> bool:
        """Whether an element that is called a question holds the question and its answer."""
        parts = size = 0
        has_role = False
        for tag, depth, text in self.inside(at, _MAX_AHEAD):
            size += len(text)
            if tag and depth == 1 and tag.name not in _SIGNS:
                if tag.answer:
                    return True
                has_role = has_role or tag.header
                parts += 1
            if size > _MAX_HEADER:
                return True
        return parts > 1 and has_role

    def resolved(self) -> Lines:
        """The lines with targets as `Line` has them: known names of this page, or addresses."""
        anchors: frozenset[str] | None = None
        for line in self.lines:
            if not line.target:
                continue
            line.target = href = _href(line.target)
            if "#" in href and anchors is None:
                anchors = frozenset(_ANCHOR.findall("<".join(self.pieces)))
            if len(href) < 2 or href[:11].lower() == "javascript:":
                line.target = ""
            elif anchors is not None and "#" in href:
                name = href.rpartition("#")[2]
                if name in anchors:
                    line.target = "#" + name
                elif href[0] == "#":
                    line.target = ""
        return self.lines


def _joined(parts: list[Part]) -> list[str]:
    """The texts without signs around them that stand in elements of their own ("+", "#").

    A "Q" or "A" in an element of its own, with no blank behind it, is a label.
    """
    texts = [part[0] for part in parts]
    if texts[0].strip() in _SIGN_TEXTS:
        texts[0] = ""
    elif texts[0] in _LABEL_TEXTS and not texts[1][:1].islower():
        texts[0] += ": "
    last = texts[-1].strip()
    if last in _SIGN_TEXTS and (last != "#" or parts[-1][2] is not None):
        texts[-1] = ""
    return texts


def _plain(text: str) -> str:
    """Text without the four entities that a serializer writes."""
    for entity, char in _ENTITIES:
        text = text.replace(entity, char)
    return text


def _href(piece: str) -> str:
    """Where the link goes whose tag the piece begins with; "" for nowhere."""
    href = piece.partition(">")[0].partition(' href="')[2].partition('"')[0]
    return unescape(href).strip() if "&" in href else href.strip()


def _mixed(parts: list[Part]) -> tuple[bool, bool, str, str | None]:
    """(is bold, is linked, bold start, first link) of a line with several parts."""
    bold = linked = total = 0
    first: str | None = None
    lead: list[str] = []
    leading = True
    for raw, is_bold, link in parts:
        size = len(raw.strip())
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


def read_lines(root: LexborNode | None) -> Lines:
    """Lines of `root`, in document order.

    Menus, footers, comments, dialogs, scripts and form fields are left out.
    """
    return _Reader(root.html or "").read() if root else Lines()
