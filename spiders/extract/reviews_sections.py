"""Where reviews stand on a page: elements whose class, id or heading speaks of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from spiders.extract.reviews_text import (
    is_section_title,
    is_testimonial_title,
    is_vague_title,
    title_stems_in,
    weight,
    words,
)
from spiders.extract.reviews_units import WEIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["Sections", "find_sections"]

_PARTS_OF_ONE = frozenset("p span cite h3 h4 footer small".split())
_HEADINGS = ("h1", "h2", "h3", "h4")
_HOLDERS = frozenset("div section ul ol article".split())
_NO_SECTION = frozenset("html body a button input link meta img form nav svg option".split())


class Sections(NamedTuple):
    """Outermost elements that speak of reviews, and the kind of all that do by their id.

    `titles` are the headings over reviews with their text.
    """

    roots: list[LexborNode]
    kinds: dict[int, str]
    titles: list[tuple[LexborNode, str]]


def find_sections(page: ParsedPage) -> Sections:
    nodes: dict[int, LexborNode] = {}
    kinds: dict[int, str] = {}
    for node in _marked(page):
        attributes = node.attributes
        kind = _kind_of(attributes.get("class") or "", attributes.get("id") or "")
        if kind in ("", "quote") and ("data-hook" in attributes or "data-testid" in attributes):
            kind = "review"
        tag = node.tag
        if not kind or tag in _NO_SECTION:
            continue
        if tag in _PARTS_OF_ONE and node.parent is not None:
            node = node.parent  # a part of a review: its parent holds the rest
            if node.tag in _NO_SECTION:
                continue
        if node.mem_id not in kinds:
            kinds[node.mem_id] = kind
            nodes[node.mem_id] = node
    titles = _titles([node for tag in _HEADINGS for node in page.elements.get(tag, ())])
    for node, kind in _by_heading(titles):
        if WEIGHT[kind] >= WEIGHT[kinds.get(node.mem_id, "quote")]:
            kinds[node.mem_id] = kind
        nodes.setdefault(node.mem_id, node)
    if "★" in page.text or "⭐" in page.text:
        for node in _by_glyphs(page):
            kinds.setdefault(node.mem_id, "stars")
            nodes.setdefault(node.mem_id, node)
    outer = _outermost(nodes)
    for node in list(outer.values()):
        if len(nodes) > 1 and node.css_first("h1") is not None:
            rest = {key: n for key, n in nodes.items() if key != node.mem_id}
            if any(_is_inside(n, {node.mem_id}) for n in rest.values()):
                nodes = rest  # a class of the page, not of a section
                kinds.pop(node.mem_id, None)
                outer = _outermost(nodes)
    return Sections(list(outer.values()), kinds, titles)


def _marked(page: ParsedPage) -> list[LexborNode]:
    """Elements whose class or id holds a word of reviews.

    Only words that the page has at all are sought: each costs as much as the walk.
    """
    rows, names = words().class_stems, page.names_lowered
    stems = [s for s in (*rows["any"], *rows.get(page.language or "", ())) if s in names]
    if "review" in stems and names.count("review") == names.count("preview"):
        stems.remove("review")
    marks = [f'[class*="{stem}" i]' for stem in stems]
    marks += [f'[id*="{stem}" i]' for stem in ("review", "testimon") if stem in stems]
    return page.tree.css(",".join(marks)) if marks else []


def _outermost(nodes: dict[int, LexborNode]) -> dict[int, LexborNode]:
    clean: set[int] = set()
    found = {}
    for key, node in nodes.items():
        path, parent = [], node.parent
        while parent is not None and parent.mem_id not in clean and parent.mem_id not in nodes:
            path.append(parent.mem_id)
            parent = parent.parent
        if parent is None or parent.mem_id in clean:
            clean.update(path)
            found[key] = node
    return found


def _is_inside(node: LexborNode, outer: set[int]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.mem_id in outer:
            return True
        parent = parent.parent
    return False


@lru_cache(maxsize=4096)
def _kind_of(classes: str, name: str) -> str:
    """What kind of section class names and an id speak of; "" for none."""
    names = f"{classes} {name}".lower()
    if words().chosen.search(names):
        return "testimonial"
    if words().hint.search(names):
        return "review"
    return "quote" if "quote" in names else ""


def _titles(headings: list[LexborNode]) -> list[tuple[LexborNode, str]]:
    """Headings like "What our customers say", with their text."""
    short = [(node, text) for node in headings if len(text := node.text(deep=True)) <= 300]
    short = [(node, said) for node, text in short if len(said := " ".join(text.split())) <= 90]
    lowered = "\n".join(text for _, text in short).lower()
    stems = title_stems_in(lowered) if lowered else []
    if not stems:
        return []
    lines = zip(short, lowered.split("\n"), strict=True)
    likely = [pair for pair, line in lines if any(stem in line for stem in stems)]
    return [(node, text) for node, text in likely if is_section_title(text)]


def _by_heading(titles: list[tuple[LexborNode, str]]) -> Iterator[tuple[LexborNode, str]]:
    """Elements under such a heading, and their kind."""
    for heading, text in titles:
        kind = "testimonial" if is_testimonial_title(text) else "review"
        if kind == "testimonial" and is_vague_title(text):
            kind = "vague"
        for node in _under(heading, len(text)):
            yield node, kind


def _under(heading: LexborNode, length: int) -> Iterator[LexborNode]:
    """The element that holds a heading and much more, or what follows a heading on its own."""
    below, node = heading, heading.parent
    for _ in range(4):
        if node is None or node.tag in _ENDS:
            break
        more = weight(node.text(deep=True, strip=True)) - length
        if more > 200 or (more > 60 and _has_list(below)) or (more > 20 and _has_quotes(node)):
            yield node
            return
        if more > 60 and _is_followed(below):  # short, but all that stands below the heading
            break
        below, node = node, node.parent
    yield from _following(below, _RANKS.get(heading.tag or "", ""))


_ENDS = frozenset(("body", "html", "main", "form", None))
_RANKS = {"h1": "h1", "h2": "h1,h2", "h3": "h1,h2,h3", "h4": "h1,h2,h3,h4"}
_FOLLOWERS = frozenset("div section ul ol article blockquote figure table".split())


def _following(node: LexborNode, ranks: str) -> Iterator[LexborNode]:
    """Up to three elements after a heading; one with a heading of the same rank is of its own."""
    follower, seen = node.next, 0
    while follower is not None and seen < 3:
        if follower.is_element_node:
            if follower.tag in ("h1", "h2", "h3", "footer", "form"):
                return
            if follower.tag in _FOLLOWERS:
                if ranks and len(follower.css(ranks)) == 1:
                    return
                seen += 1
                yield follower
        follower = follower.next


def _has_quotes(node: LexborNode) -> bool:
    return node.css_first("blockquote,q") is not None


def _is_followed(node: LexborNode) -> bool:
    follower = node.next
    while follower is not None:
        if follower.tag in _FOLLOWERS and follower.text(deep=True).strip():
            return True
        follower = follower.next
    return False


def _has_list(below: LexborNode) -> bool:
    """Does an element follow that holds several? Scripts without spaces say much in 60 letters."""
    follower = below.next
    while follower is not None:
        if follower.is_element_node and follower.tag in _HOLDERS:
            return sum(1 for _ in follower.iter()) > 1
        follower = follower.next
    return False


def _by_glyphs(page: ParsedPage) -> list[LexborNode]:
    """The smallest element that holds all runs of star glyphs, if there are two or more."""
    body = page.tree.body
    if body is None:
        return []
    runs = []
    for node in body.traverse(include_text=True):
        if node.tag == "-text":
            text = node.text(deep=False)
            if ("★" in text or "⭐" in text) and len(text.strip()) <= 24:
                runs.append(node)
                if len(runs) > 200:
                    return []
    if len(runs) < 2:
        return []
    paths = []
    for node in (runs[0], runs[-1]):
        path, parent = [], node.parent
        while parent is not None:
            path.append(parent)
            parent = parent.parent
        paths.append(path[::-1])
    common = None
    for a, b in zip(*paths, strict=False):
        if a.mem_id != b.mem_id:
            break
        common = a
    return [common] if common is not None and common.tag not in ("html", "body") else []
