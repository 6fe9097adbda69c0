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
from spiders.extract.questions import MARKS, labels_of, names_faq, names_faq_in, speech_of

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
_MARK = re.compile(rf"[{MARKS}][\W_]*(?:\n|$)|[{MARKS}]\s")


def extract_faq(page: ParsedPage) -> list[FaqEntry]:
    """Questions with answers in the order of the page; [] for a page that is no FAQ.

    A question that only links to its answer has answer "" and the `url` of the article.
    """
    structured = structured_entries(page)
    centre = help_centre_entries(page)
    shown = [] if len(centre) > 2 else _shown_entries(page, structured)
    return _merged(structured, shown, centre)


def _shown_entries(page: ParsedPage, structured: list[FaqEntry]) -> list[FaqEntry]:
    body = page.tree.body
    says_faq = _page_says_faq(page)
    if body is None or not _worth_reading(page, says_faq):
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
    """Whether the page shows enough question marks or FAQ words to look at its lines."""
    body = page.tree.body
    text = body.text(separator="\n") if body else ""
    marks = sum(1 for _ in zip(_MARK.finditer(text), range(2), strict=False))
    if marks > 1 or (says_faq and (marks or len(text) < 200_000)):
        return True
    return names_faq_in(text.lower(), page.language)


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
