"""Reviews in cards that no class name tells apart: only the heading above says what they are.

Asked only where nothing else was found. A heading such as "What our customers say", right below it
at least three elements alike that hold running text and lead nowhere: no link, no form, no price.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from crawler.items import Review
from spiders.extract.reviews_text import (
    clean_body,
    clean_name,
    is_junk,
    is_vague_title,
    text_key,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

__all__ = ["read_cards"]

MIN_CARDS = 3
MAX_CARDS = 60
MAX_NODES = 400  # looked at below one heading
_MIN_BODY, _MAX_BODY = 40, 1_500  # characters of what one person says
_MAX_CARD = 2_500
_MAX_LEAD = 120  # characters beside a heading, of a line below it and of buttons
_STOPS = frozenset("footer form nav".split())
_LEADS_AWAY = 'a[href]:not([href^="#"]),form,input,button,select,table,pre,iframe'
_PARTS = "p,blockquote,q,div,span"
_INNER = "div,p,section,article,ul,ol,li,blockquote,h1,h2,h3,h4"
_ENDED = re.compile(r"[.!?…。！？][\"'”’»)\s]*(?:[^\w\s]\s*)?$")
_QUOTATION = re.compile(r"[「『“„\"«].{15,}[」』”“\"»]", re.DOTALL)
_NUMBERED = re.compile(r"\d")
_NAME = re.compile(r"[^\W\d_]\S*(?: [^\W\d_]\S*){0,3}")


def read_cards(titles: list[tuple[LexborNode, str]]) -> list[Review]:
    """The reviews of the first of the headings, with their texts, under which such cards stand."""
    for heading, title in titles:
        if len(title) > 60:
            continue
        if len(quoted := _quoted_lines(heading)) > 1:
            return quoted
        is_vague = is_vague_title(title)
        for holder in _holders(heading):
            reviews = [review for card in _alike(holder) if (review := _review(card, is_vague))]
            if len(reviews) >= MIN_CARDS and len({text_key(r.text) for r in reviews}) > 2:
                return reviews
    return []


def _quoted_lines(heading: LexborNode) -> list[Review]:
    """Paragraphs right after the heading, if each is one quotation."""
    found, node = [], heading.next
    while node is not None and node.tag in ("p", "blockquote", "-text"):
        said = " ".join(node.text(deep=True).split())
        if said:
            if not _QUOTATION.fullmatch(said) or len(said) > _MAX_BODY or is_junk(said):
                return []
            found.append(Review(text=clean_body(said), origin="testimonial"))
        node = node.next
    return found


def _holders(heading: LexborNode) -> Iterator[LexborNode]:
    """Elements after the heading, up to the next one of its rank, and what they hold."""
    seen, node = 0, _after(heading)
    while node is not None and seen < MAX_NODES:
        if node.is_element_node:
            if node.tag in _STOPS or node.tag == heading.tag:
                return
            for inner in node.traverse(include_text=False):
                seen += 1
                if seen > MAX_NODES:
                    return
                yield inner
        node = node.next


def _after(heading: LexborNode) -> LexborNode | None:
    """What follows the heading, or the element that holds it with a line and buttons at most."""
    node = heading
    for _ in range(3):
        parent = node.parent
        if parent is None or parent.tag in ("section", "body", "main", "html"):
            break
        if len(parent.text(deep=True, strip=True)) > len(heading.text(deep=True)) + _MAX_LEAD:
            break
        node = parent
    return node.next


def _alike(holder: LexborNode) -> list[LexborNode]:
    """Children of one shape if they are nearly all that the element holds."""
    children = [child for child in holder.iter(include_text=False) if child.tag != "style"]
    if not MIN_CARDS <= len(children) <= MAX_CARDS:
        return []
    [(shape, number)] = Counter(map(_shape, children)).most_common(1)
    if number < MIN_CARDS or number < 0.8 * len(children):
        return []
    return [child for child in children if _shape(child) == shape]


def _shape(node: LexborNode) -> tuple[str | None, str]:
    return node.tag, (node.attributes.get("class") or "").partition(" ")[0]


def _review(card: LexborNode, is_vague: bool) -> Review | None:
    """What the card says, if it is running text and leads nowhere.

    Below a vague heading it must be in quotation marks or name a person.
    """
    whole = card.text(deep=True)
    if not _MIN_BODY <= len(whole.strip()) <= _MAX_CARD or card.css_first(_LEADS_AWAY) is not None:
        return None
    parts = [node for node in (card, *card.css(_PARTS)) if not _holds_blocks(node)]
    said = [" ".join(n.text(deep=True).split()) for n in parts]
    longest = max(said, key=len, default="")
    body = clean_body(longest)
    if not _MIN_BODY <= len(body) <= _MAX_BODY or not _ENDED.search(body):
        return None
    if is_junk(body) or words().price.search(whole):
        return None
    author = _author(card)
    if is_vague and longest[:1].isalnum() and not (author and _is_below(author, whole, longest)):
        return None
    return Review(text=body, origin="testimonial", author=author)


def _is_below(author: str, whole: str, said: str) -> bool:
    """Does a name of two words stand below the text? Titles of features stand above it."""
    whole = " ".join(whole.split())
    return " " in author and whole.rfind(author) > whole.find(said)


def _holds_blocks(node: LexborNode) -> bool:
    return any(inner.mem_id != node.mem_id for inner in node.css(_INNER)[:2])


def _author(card: LexborNode) -> str | None:
    """The card's heading where it can be a name: no figures, up to four words, not a label."""
    heading = card.css_first("h1,h2,h3,h4,h5,h6,strong,b,cite")
    text = " ".join(heading.text(deep=True).split()) if heading is not None else ""
    if _NUMBERED.search(text) or not _NAME.fullmatch(text) or not text.istitle():
        return None
    return clean_name(text)
