"""Lists of reviews that no name and no heading tells: what each entry shows is stars, who and when.

Asked only where nothing else was found. Products, courses and hotels with stars are none: they have
a price, a linked title or the mean of many, and nobody wrote them on a day.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spiders.extract.reviews_text import weight, words

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["find_rated"]

MAX_MARKS = 400  # elements that may show a rating; a page with more is a catalogue
MAX_LEVELS = 10  # from a rating up to the list that its entry is in
MIN_ENTRY = 40  # characters of an entry
MAX_ENTRY = 6_000
_NAMED = re.compile(r"(?<![a-z])stars?(?![a-z])|rating|score", re.IGNORECASE)
_LABELED = '[role="img"][aria-label],[data-rating],[data-review-id],[data-reviewid]'
_TOLD = frozenset("role data-rating data-review-id data-reviewid".split())
_WORDS = {
    "star": ("stars", "star-", "star_", "star ", "star\n", "starr"),
    "rating": ("rating",),
    "score": ("score",),
}
_ENDS = frozenset(("body", "html", "main", None))


def find_rated(page: ParsedPage) -> list[tuple[LexborNode, list[LexborNode]]]:
    """The smallest elements that hold two or more entries alike, with those that may show stars."""
    marks = _marks(page)
    if not 1 < len(marks) <= MAX_MARKS:
        return []
    lists: dict[int, LexborNode] = {}
    entries: dict[int, dict[int, LexborNode]] = {}
    for mark in marks:
        node = mark
        for _ in range(MAX_LEVELS):
            parent = node.parent
            if parent is None or node.tag in _ENDS:
                break
            held = entries.setdefault(parent.mem_id, {})
            if node.mem_id in held:
                break
            held[node.mem_id] = node
            lists[parent.mem_id] = parent
            node = parent
    found = {key: lists[key] for key, held in entries.items() if _are_entries(list(held.values()))}
    outer = {key for node in found.values() for key in _above(node)}
    return [(node, list(entries[key].values())) for key, node in found.items() if key not in outer]


def _marks(page: ParsedPage) -> list[LexborNode]:
    """Elements that are called stars or a rating, or carry one as an attribute."""
    names = page.names_lowered
    stems = [stem for stem, forms in _WORDS.items() if any(form in names for form in forms)]
    found = page.tree.css(",".join((_LABELED, *(f'[class*="{stem}" i]' for stem in stems))))
    return [node for node in found if _may_show(node.attributes)]


def _may_show(attributes: dict[str, str | None]) -> bool:
    """Is it called stars, not only "start", or does it carry a label or a number?"""
    is_named = bool(_NAMED.search(attributes.get("class") or ""))
    return is_named or not _TOLD.isdisjoint(attributes)


def _are_entries(nodes: list[LexborNode]) -> bool:
    """Are there two or more of one tag that say something, and nothing of products?"""
    if len(nodes) < 2 or len({node.tag for node in nodes}) > 1 or nodes[0].tag in _ENDS:
        return False
    return all(map(_may_be_entry, nodes[:2]))


def _may_be_entry(node: LexborNode) -> bool:
    """Is it long enough, and tells a day, an age, a quotation or a comment, but no price?"""
    text = node.text(deep=True, separator=" ")
    if not MIN_ENTRY <= weight(text.strip()) <= MAX_ENTRY or words().price.search(text):
        return False
    names = (node.attributes.get("class") or "").lower()
    return "comment" in names or bool(_TELLS.search(text))


_TELLS = re.compile(  # a year, a day, a quotation, an age
    r"(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d\d|[“”\"«„「]|\d ?[^\W\d_]+ \b(?:ago|geleden|назад"
    r"|fa|temu|önce|sitten|siden|sedan|trước|lalu)\b|\d.{0,3}前|전\b"
    r"|\b(?:vor|il y a|hace|há|för|for|před|acum|πριν|منذ|לפני) \S+ \S+"
)


def _above(node: LexborNode) -> list[int]:
    keys, parent = [], node.parent
    while parent is not None:
        keys.append(parent.mem_id)
        parent = parent.parent
    return keys
