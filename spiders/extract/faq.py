"""Questions and answers of a page: structured data, page shapes, text; each pair once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crawler.items import FaqEntry
from spiders.extract.faq_centre import help_centre_entries
from spiders.extract.faq_groups import accept, key_of, regions_of
from spiders.extract.faq_heads import find_heads
from spiders.extract.faq_lines import Line, read_lines
from spiders.extract.faq_structured import structured_entries
from spiders.extract.questions import (
    MARKS,
    labels_of,
    names_faq,
    speech_of,
)

if TYPE_CHECKING:
    from spiders.extract.faq_heads import Head
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
_LABELLED = re.compile(r"^\s*A\s?\d{0,2}[:.)]", re.MULTILINE)
_PANELS = (
    *("<details", "accordion", "aria-expanded", "data-toggle", "data-bs-toggle", "collapse"),
    *("-question", "_question", 'question"'),
)
_FAQ_BOXES = "div[class*=faq i], section[class*=faq i], div[id*=faq i], section[id*=faq i]"
# Languages whose questions often carry no mark.
UNMARKED = frozenset(("ja", "zh", "ko", "th", "vi", "km", "lo", "my", "el", "hy"))


def extract_faq(page: ParsedPage) -> list[FaqEntry]:
    """Questions with answers in the order of the page; [] for a page that is no FAQ.

    A question that only links to its answer has answer "" and the `url` of the article.
    """
    structured = structured_entries(page)
    centre = help_centre_entries(page)
    shown = [] if len(centre) > 2 else _shown_entries(page, structured)
    return _merged(structured, shown, centre)


def _shown_entries(page: ParsedPage, structured: list[FaqEntry]) -> list[FaqEntry]:
    says_faq = _page_says_faq(page)
    if not _worth_reading(page, says_faq):
        return []
    lines = read_lines(page.tree, page.html)
    labels = labels_of(page.language, (line.text for line in lines))
    heads = find_heads(lines, labels, speech_of(page.language))
    regions = regions_of(lines, heads, says_faq)
    known = frozenset(key_of(entry.question) for entry in structured)
    accepted = accept(lines, regions, labels, known)
    return [_entry(page, head, lines, labels) for head in accepted]


def _page_says_faq(page: ParsedPage) -> bool:
    path = unquote(urlsplit(page.url).path).rpartition(".")[0] or urlsplit(page.url).path
    words = re.sub(r"[-_/]+", " ", path)
    return names_faq(page.title) or names_faq(words)


def _worth_reading(page: ParsedPage, says_faq: bool) -> bool:
    """Whether a walk over the lines may pay: enough different questions, or fewer and a sign."""
    if says_faq:
        return True
    body = page.tree.body
    text = body.text(separator="\n") if body else ""
    marks = _count_marks(text)
    if marks < 2:
        return page.language in UNMARKED and _has_title(page)
    html = page.html
    return (
        marks > 3
        or any(sign in html for sign in _PANELS)
        or _LABELLED.search(text) is not None
        or _has_title(page)
    )


def _count_marks(text: str) -> int:
    """Different pieces of text that end in a question mark; 4 at most, for that is enough.

    Marks within a paragraph count only when there are several: most are rhetorical.
    """
    ends: set[str] = set()
    inner = 0
    for mark in MARKS if not text.isascii() else "?":
        at = text.find(mark)
        while at >= 0:
            follows = text[at + 1 : at + 4].lstrip(" \"'”’»)]*_.!")
            if not follows or follows[0] == "\n":
                ends.add(text[max(0, at - 25) : at])
            elif text[at + 1].isspace():
                inner += 1
            if len(ends) > 3 or inner > 4:
                return 4
            at = text.find(mark, at + 1)
    return len(ends)


def _has_title(page: ParsedPage) -> bool:
    """Whether a heading, a bold line or a class names a FAQ."""
    if ("faq" in page.html or "Faq" in page.html) and page.tree.css_matches(_FAQ_BOXES):
        return True
    return any(names_faq(node.text()) for node in page.tree.css("h1,h2,h3,h4,h5,h6,b,strong"))


def _entry(page: ParsedPage, head: Head, lines: list[Line], labels: Labels) -> FaqEntry:
    origin = _ORIGINS.get(head.shape, head.shape)
    if head.shape in ("links", "contents"):
        return FaqEntry(head.question, "", origin, page.absolute(head.url or ""))
    parts = [head.rest.strip()] if head.rest.strip() else []
    parts += [line.text for line in lines[head.at + 1 : head.until]]
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
