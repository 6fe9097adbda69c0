"""Questions and answers of a page: structured data, page shapes, text; each pair once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crawler.items import FaqEntry
from spiders.extract.faq_centre import help_centre_entries
from spiders.extract.faq_groups import accept, key_of, regions_of
from spiders.extract.faq_heads import find_heads, is_small_talk
from spiders.extract.faq_lines import read_lines
from spiders.extract.faq_structured import structured_entries
from spiders.extract.questions import (
    MARKS,
    faq_names_in,
    has_mark,
    is_long_name,
    labels_of,
    lowered,
    names_faq,
    speech_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from selectolax.lexbor import LexborNode

    from spiders.extract.faq_heads import Head
    from spiders.extract.faq_lines import Lines
    from spiders.extract.page import ParsedPage
    from spiders.extract.questions import Labels

__all__ = ["extract_faq"]

MAX_ANSWER = 20_000  # characters of one answer; a whole page behind a stray question is cut
_ORIGINS = {
    "label": "qa-text",
    "inline": "qa-text",
    "text": "qa-text",
    "links": "list",
    "contents": "list",
}
_POLICY = re.compile(
    r"privacy|cookies? (?:policy|notice|statement)|cookie-?richtlinie|gdpr|dsgvo|terms (?:of|and|&)"
    r"|datenschutz|confidentialit|riservatezza|privacidade?|privatlivspolitik|personvern|integritetspolicy|tietosuoja|prywatno|soukrom"
    r"|adatvéd|confidențialit|gizlilik|конфиденциальн|конфіденційн|απορρήτου|隐私|隱私"
    r"|プライバシー|개인정보|الخصوصية|حریم خصوصی|פרטיות",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[QA](?:uestion|nswer)? ?\d{0,2}[:.)]")
_SAMPLE = 400  # characters from the middle of a text that tell its script
_LAST_LATIN = "\u036f"
_LONG_TITLE = 240  # bytes of a short title and the white space around it
_BINDING = (b"<a ", b"<title", b"<option", b"<button", b"<script", b"<!--")
_UNBINDING = (b"</a", b"</title", b"</option", b"</button", b"</script", b"-->")
_BEFORE = 1500  # bytes of source before a text in which a link around it opens
_OWN_LABEL = re.compile(r"\n[ \t]*([^\W\d_a-zA-Z]{1,12} ?\d{0,3}\s?[:：])")
_INDENT = 40  # blanks before a label at most
# Elements that hold questions even where nothing around them says FAQ.
_TITLES = "h1 h2 h3 h4 h5 h6 b strong".split()
_ASKING = "[aria-controls],[aria-expanded],[data-toggle],[style*=font-weight]"
_ASKING_CLASSES = ("question", "accordion", "toggle", "collaps", "expansion")
_OPENS = frozenset(("aria-controls", "aria-expanded", "data-toggle"))
_SPARSE = 15  # pieces of text to one that opens with a question; a FAQ has far fewer
_OPENING = ("summary", "dt")
_BOLD = ("b", "strong", "th")
_MIXED = 4  # headings of a rank to one that asks, from the first to the last of these
_NEAR = 600  # characters before an answer's label in which its question ends
_AROUND = 3  # levels above the questions to read, for what stands before and behind them
_FAQ_BOXES = "div[class*=faq i], section[class*=faq i], div[id*=faq i], section[id*=faq i]"


def extract_faq(page: ParsedPage) -> list[FaqEntry]:
    """Questions with answers in the order of the page; [] for a page that is no FAQ.

    A question that only links to its answer has answer "" and the `url` of the article; one of a
    list whose answers come when clicked has neither.
    """
    structured = structured_entries(page)
    centre = help_centre_entries(page)
    shown = [] if len(centre) > 2 else _shown_entries(page, structured)
    return _merged(structured, shown, centre)


def _shown_entries(page: ParsedPage, structured: list[FaqEntry]) -> list[FaqEntry]:
    says_faq = _page_says_faq(page)
    part = _part_to_read(page, says_faq)
    if part is None:
        return []
    lines = read_lines(part)
    labels = labels_of(page.language, (line.text for line in lines))
    speech = speech_of(page.language, (line.text for line in lines))
    heads = find_heads(lines, labels, speech)
    regions = regions_of(lines, heads, says_faq)
    known = frozenset(key_of(entry.question) for entry in structured)
    accepted = accept(lines, regions, labels, known, speech, trusts_headings=not _is_policy(page))
    return [_entry(page, head, lines, labels) for head in accepted]


def _page_says_faq(page: ParsedPage) -> bool:
    path = unquote(urlsplit(page.url).path).rpartition(".")[0] or urlsplit(page.url).path
    words = re.sub(r"[-_/]+", " ", path)
    return names_faq(page.title.replace("?", "")) or names_faq(words)


def _main_part(page: ParsedPage) -> LexborNode | None:
    """The part of the page to walk: its main element if hardly a question mark is elsewhere."""
    body = page.tree.body
    main = page.tree.css_first("main, [role=main], #content, #main")
    if body is None or main is None:
        return body
    inside, all_marks = main.text().count("?"), body.text().count("?")
    return main if all_marks > 2 and inside >= all_marks - 2 else body


def _is_policy(page: ParsedPage) -> bool:
    """Whether the page is a legal text; many of those have questions for headings."""
    top = page.tree.css_first("h1")
    return _POLICY.search(f"{page.title} {top.text() if top else ''}") is not None


def _part_to_read(page: ParsedPage, says_faq: bool) -> LexborNode | None:
    """The part whose lines may pay a walk: with enough different questions, or fewer and a sign.

    Where elements ask, it is what surrounds them; plain lines may ask anywhere.
    """
    names = frozenset() if says_faq else faq_names_in(page.text)
    titles = _titles(page, names) if names else []
    if says_faq or any(node.tag == "h1" for node in titles) or _has_box(page):
        return _main_part(page)
    is_asking = _has_marks(page.text)
    if names and not titles and _has_plain_title(page, names, is_asking):
        return _main_part(page)
    if titles:
        places = _Asking(page).places if is_asking else []
        return _around([*titles, *places]) if len(places) > 2 else _main_part(page)
    if not is_asking or page.tree.body is None:
        return None
    text = _text_of(page)
    ends, inner = _count_marks(text)
    if ends < 2 and inner < 5:
        return None
    if (
        (ends + inner > 1 and (_has_labels(text) or _has_own_labels(page, text)))
        or (ends > 3 and ("requently asked" in text or _has_asking_cells(page)))
        or (inner > 4 and _has_openings(text))
    ):
        return _main_part(page)
    asking = _Asking(page)
    return _around(asking.places) if asking.suffices() else None


def _has_marks(text: str) -> bool:
    """Whether there are two question marks of any script."""
    found = 0
    for mark in MARKS if not text.isascii() else "?":
        found += text.count(mark)
        if found > 1:
            return True
    return False


def _titles(page: ParsedPage, names: frozenset[str]) -> list[LexborNode]:
    """Headings and bold lines that name a FAQ; bold links are of menus.

    `names` are those that are on the page at all, from `faq_names_in`.
    """
    firsts = {name.split()[0] for name in names}
    return [
        node
        for tag in _TITLES
        for node in page.elements.get(tag, ())
        if len(text := node.text()) < 200
        and any(map(lowered(text).__contains__, firsts))
        and names_faq(" ".join(text.split())[:90])
        and not (tag in ("b", "strong") and node.parent is not None and node.parent.tag == "a")
    ]


def _has_plain_title(page: ParsedPage, names: frozenset[str], is_asking: bool) -> bool:
    """Whether a short text outside of links, headings and bold texts names a FAQ, by the source.

    "FAQ" alone is a word of menus, so something must ask too.
    """
    chosen = [n for n in names if is_long_name(n) or (n in ("faq", "faqs") and is_asking)]
    source = page.lowered_source
    if any("\u0600" <= name[0] <= "\u06ff" for name in chosen):  # letters of several spellings
        source = lowered(page.html).encode("utf-8", "replace")
    for spelling in _spellings(chosen):
        sought = spelling.encode()
        at = source.find(sought)
        while at >= 0:
            start, end = source.rfind(b">", 0, at) + 1, source.find(b"<", at)
            if 0 < end - start < _LONG_TITLE and source.find(b"<", start, at) < 0:
                text = source[start:end].decode("utf-8", "replace").strip()
                if _is_short_name(text) and _is_free(source, start):
                    return True
            at = source.find(sought, max(end, at + 1))
    return False


def _spellings(names: list[str]) -> set[str]:
    """The names as a source may have them whose ASCII letters alone are in lower case."""
    foreign = [name for name in names if not name.isascii()]
    return {*names, *map(str.capitalize, foreign), *map(str.upper, foreign)}


def _is_short_name(text: str) -> bool:
    return 2 < len(text) < 40 and text[-1] != "." and names_faq(text)


def _is_free(source: bytes, at: int) -> bool:
    """Whether a place in the source, in lower case, is outside of links and what is not shown."""
    before = source[max(0, at - _BEFORE) : at]
    opens = max(before.rfind(tag) for tag in _BINDING)
    return opens <= max(before.rfind(tag) for tag in _UNBINDING)


@lru_cache(maxsize=2)
def _text_of(page: ParsedPage) -> str:
    """The text of the body, each piece in a line of its own."""
    return page.tree.body.text(separator="\n") if page.tree.body else ""


def _has_box(page: ParsedPage) -> bool:
    return "faq" in page.names_lowered and page.tree.css_matches(_FAQ_BOXES)


def _has_labels(text: str) -> bool:
    """Whether two lines begin with a label, each with a question shortly before or behind it."""
    labelled = 0
    for match in _LABEL.finditer(text):
        start = match.start()
        if not text[max(0, start - _INDENT - 1) : start].rstrip(" \t").endswith("\n"):
            continue
        asked = (
            text[start : start + _NEAR]
            if match[0][0] == "Q"
            else text[max(0, start - _NEAR) : start]
        )
        labelled += has_mark(asked)
        if labelled > 1:
            return True
    return False


def _has_own_labels(page: ParsedPage, text: str) -> bool:
    """Whether two lines begin with a label of answers in another script than Latin."""
    some = text[len(text) // 2 :][:_SAMPLE]
    if text.isascii() or sum(char > _LAST_LATIN for char in some) < len(some) // 8:
        return False
    lines = [match[1] for match in _OWN_LABEL.finditer(text)]
    labels = labels_of(page.language, lines)
    return sum(labels.of(line)[0] == "a" for line in lines) > 1


def _has_asking_cells(page: ParsedPage) -> bool:
    """Whether three different cells of tables ask."""
    cells = {node.text() for node in page.elements.get("td", ())}
    return sum(len(text) < 400 and has_mark(text) for text in cells) > 2


class _Asking:
    """Elements that ask, and whether there are enough of one kind."""

    def __init__(self, page: ParsedPage) -> None:
        self.places: list[LexborNode] = []
        self.is_ranked = False  # headings of one rank, or bold lines
        self.contents: set[str] = set()
        self.opening: set[str] = set()
        bold: set[str] = set()
        hrefs = page.schemed_links
        self.contents |= self.texts(node for href, node in hrefs if href[:1] == "#")
        fewest = 3 if len(self.contents) > 2 else 4
        for tag in (*_TITLES, "th"):
            nodes = page.elements.get(tag, ())
            asked = [at for at, node in enumerate(nodes) if self.asks(node)]
            texts = {nodes[at].text() for at in asked}
            if tag in _BOLD:
                bold |= texts
            elif len(texts) >= fewest and len(asked) * _MIXED > asked[-1] - asked[0]:
                self.is_ranked = True
        for tag in _OPENING:
            self.opening |= self.texts(page.elements.get(tag, ()))
        names = [word for word in _ASKING_CLASSES if word in page.names_lowered]
        for node in page.tree.css(",".join([_ASKING, *(f"[class*={name} i]" for name in names)])):
            attributes = node.attributes
            words = (attributes.get("class") or "").lower() if names else ""
            opens = not _OPENS.isdisjoint(attributes) or any(name in words for name in names)
            (self.opening if opens else bold).update(self.texts([node]))
        self.is_ranked = self.is_ranked or len(bold) > 3

    def asks(self, node: LexborNode) -> bool:
        text = node.text()
        if len(text) > 400 or not has_mark(text) or is_small_talk(text.strip()):
            return False
        self.places.append(node)
        return True

    def texts(self, nodes: Iterable[LexborNode]) -> set[str]:
        return {node.text() for node in nodes if self.asks(node)}

    def suffices(self) -> bool:
        """Several headings or bold lines, three lines of contents, two of a kind that opens."""
        return self.is_ranked or len(self.contents) > 2 or len(self.opening) > 1


def _around(places: list[LexborNode]) -> LexborNode:
    """The element that holds all, and some levels more; at most the body."""
    chain = _ancestors(places[0])
    depths = {node.mem_id: depth for depth, node in enumerate(chain)}
    deepest = len(chain) - 1
    for place in places[1:]:
        node: LexborNode | None = place
        while node is not None and depths.get(node.mem_id, deepest + 1) > deepest:
            node = node.parent
        deepest = depths[node.mem_id] if node is not None else 0
    return chain[max(0, deepest - _AROUND)]


def _ancestors(node: LexborNode) -> list[LexborNode]:
    """From the body down to the node itself."""
    found = []
    at: LexborNode | None = node
    while at is not None and at.tag != "html":
        found.append(at)
        at = at.parent
    return found[::-1]


def _count_marks(text: str) -> tuple[int, int]:
    """(different pieces of text that end in a question mark, marks within a piece).

    Counting stops at five of each: that is enough to know.
    """
    ends: set[str] = set()
    inner = 0
    for mark in MARKS if not text.isascii() else "?":
        at = text.find(mark)
        while at >= 0 and (len(ends) < 5 or inner < 5):
            follows = text[at + 1 : at + 4].lstrip(" \"'”’»)]*_.!")
            if not follows or follows[0] == "\n":
                ends.add(text[max(0, at - 25) : at])
            elif text[at + 1].isspace():
                inner += 1
            at = text.find(mark, at + 1)
    return len(ends), inner


def _has_openings(text: str) -> bool:
    """Whether five pieces of text, not too far apart, open with a question and go on."""
    found = []
    for at, piece in enumerate(filter(None, map(str.strip, text.split("\n")))):
        if "?" in piece[:200]:
            asked, _, rest = piece.partition("?")
            if 5 < len(asked) < 160 and "." not in asked and rest.strip():
                found.append(at)
    return len(found) > 4 and len(found) * _SPARSE > found[-1] - found[0]


def _entry(page: ParsedPage, head: Head, lines: Lines, labels: Labels) -> FaqEntry:
    origin = _ORIGINS.get(head.shape, head.shape)
    if head.shape in ("links", "contents"):
        return FaqEntry(head.question, "", origin, page.absolute(head.url or ""))
    parts = [head.rest.strip()] if head.rest.strip() else []
    told = lines[head.at + 1 : head.until]
    while len(told) > 1 and told[-1].is_linked and len(told[-1].text) < 40:  # "Back to top"
        told.pop()
    parts += [line.text for line in told]
    answer = " ".join(parts)[:MAX_ANSWER]
    kind, rest = labels.of(answer)
    return FaqEntry(head.question, (rest if kind == "a" else answer).strip(), origin)


def _merged(*sources: list[FaqEntry]) -> list[FaqEntry]:
    """One entry a question: the first source names it, the longest answer stays."""
    structured, shown, centre = sources
    found: dict[str, FaqEntry] = {}
    for entry in [*shown, *centre] if shown or centre else structured:
        _add(found, entry)
    for entry in structured:
        _add(found, entry, prefers=True)
    return list(found.values())


def _add(found: dict[str, FaqEntry], entry: FaqEntry, prefers: bool = False) -> None:
    key = key_of(entry.question)
    if not key:
        return
    old = found.setdefault(key, entry)
    if old is entry:
        return
    if prefers:
        old.origin = entry.origin
    if len(entry.answer) > len(old.answer):
        old.answer = entry.answer
    old.url = old.url or entry.url
