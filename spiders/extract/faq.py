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
    has_mark,
    labels_of,
    names_faq,
    speech_of,
)

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

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
_POLICY = re.compile(
    r"privacy|cookies? (?:policy|notice|statement)|cookie-?richtlinie|gdpr|dsgvo|terms (?:of|and|&)"
    r"|datenschutz|confidentialit|riservatezza|privacidade?|privatlivspolitik|personvern|integritetspolicy|tietosuoja|prywatno|soukrom"
    r"|adatvéd|confidențialit|gizlilik|конфиденциальн|конфіденційн|απορρήτου|隐私|隱私"
    r"|プライバシー|개인정보|الخصوصية|حریم خصوصی|פרטיות",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"\n[ \t]{0,40}A ?\d{0,2}[:.)]")
# Elements that hold questions even where nothing around them says FAQ, and how many it takes.
_ASKING = (
    (
        "summary,dt,[class*=question i],[class*=accordion i],[class*=toggle i],[aria-controls],"
        "[aria-expanded],[data-toggle]",
        2,
    ),
    ("h1,h2,h3,h4,h5,h6,b,strong,th,[style*=font-weight]", 4),
    ("a[href^='#']", 3),
)
_FAQ_BOXES = "div[class*=faq i], section[class*=faq i], div[id*=faq i], section[id*=faq i]"


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
    lines = read_lines(page.tree, page.html, _main_part(page))
    labels = labels_of(page.language, (line.text for line in lines))
    heads = find_heads(lines, labels, speech_of(page.language))
    regions = regions_of(lines, heads, says_faq)
    known = frozenset(key_of(entry.question) for entry in structured)
    accepted = accept(lines, regions, labels, known, trusts_headings=not _is_policy(page))
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


def _worth_reading(page: ParsedPage, says_faq: bool) -> bool:
    """Whether a walk over the lines may pay: enough different questions, or fewer and a sign."""
    if says_faq:
        return True
    body = page.tree.body
    text = body.text(separator="\n") if body else ""
    ends, inner = _count_marks(text)
    if ends < 2 and inner < 5:
        return _has_title(page)
    return (
        _has_title(page)
        or len(_LABELLED.findall(text)) > 1
        or (ends > 3 and ("<td" in page.html or "requently asked" in text))
        or (inner > 4 and _count_openings(text) > 4)
        or any(_count_asking(page, selector) >= least for selector, least in _ASKING)
    )


def _count_asking(page: ParsedPage, selector: str) -> int:
    """How many different short texts with a question mark the elements hold."""
    texts = {node.text() for node in page.tree.css(selector)}
    return sum(len(text) < 400 and has_mark(text) for text in texts)


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


def _count_openings(text: str) -> int:
    """Pieces of text that open with a question and go on."""
    found = 0
    for piece in text.split("\n"):
        if "?" in piece[:200]:
            asked, _, rest = piece.strip().partition("?")
            found += 5 < len(asked) < 160 and "." not in asked and bool(rest.strip())
    return found


def _has_title(page: ParsedPage) -> bool:
    """Whether a heading, a bold line or a class names a FAQ."""
    if "faq" in page.names_lowered and page.tree.css_matches(_FAQ_BOXES):
        return True
    titles = {node.text() for node in page.tree.css("h1,h2,h3,h4,h5,h6,b,strong")}
    return any(len(title) < 200 and names_faq(" ".join(title.split())[:90]) for title in titles)


def _entry(page: ParsedPage, head: Head, lines: list[Line], labels: Labels) -> FaqEntry:
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
