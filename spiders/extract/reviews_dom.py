"""Reviews that carry no machine-readable markup, found by the shape of the page.

A *section* (`reviews_sections`) is an element whose class, id or heading speaks of reviews. It is
read once into a light tree of boxes (`reviews_boxes`); the smallest boxes that hold a body and
proof of a person's voice are *units* (`reviews_units`), each of which becomes one review here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from crawler.items import Review
from spiders.extract.reviews_boxes import Builder
from spiders.extract.reviews_rated import find_rated
from spiders.extract.reviews_units import CHOSEN, Finder, Unit, first_rating, leaves_of

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage
    from spiders.extract.reviews_sections import Sections
    from spiders.extract.stars import Stars

__all__ = ["body_of", "rating_of", "read_rated", "read_sections"]

MAX_SECTIONS = 60
MAX_TRIED = 3  # entries of a list that are read before the whole of it is
MAX_TRIED_BOXES = 300
MIN_CHARS = 12  # of a section with a review in it


def read_sections(page: ParsedPage, sections: Sections) -> list[Review]:
    """Reviews of all sections that speak of reviews, in page order."""
    builder = Builder()
    finder = Finder(sections.kinds, page.language)
    found: list[tuple[str, Unit]] = []
    for node in sections.roots[:MAX_SECTIONS]:
        if builder.left <= 0:
            break
        if len(node.text(deep=True, strip=True)) < MIN_CHARS or _in_banner(node):
            continue
        kind = sections.kinds[node.mem_id]
        found += [(kind, unit) for unit in _of_one_list(finder.units(builder.box(node)))]
    return [_as_review(unit, kind) for kind, unit in _credible(found)]


def read_rated(page: ParsedPage) -> list[Review]:
    """Reviews of lists that only stars, names and dates tell."""
    builder, trying = Builder(), Builder(MAX_TRIED_BOXES)
    units: list[Unit] = []
    for node, entries in find_rated(page)[:MAX_SECTIONS]:
        finder = Finder({each.mem_id: "rated" for each in (node, *entries)}, page.language)
        tried = (finder.units(trying.box(entry)) for entry in entries[:MAX_TRIED])
        if trying.left > 0 and any(tried) and not _in_banner(node):
            units += finder.units(builder.box(node))
    return [_as_review(unit, "rated") for unit in units] if len(units) > 1 else []


def _in_banner(node: LexborNode) -> bool:
    """Is it part of a cookie banner, whose cards look like testimonials?"""
    above: LexborNode | None = node
    while above is not None and above.tag not in ("body", "html"):
        attributes = above.attributes
        names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}".lower()
        if "cookie" in names or "consent" in names or "gdpr" in names:
            return True
        above = above.parent
    return False


def _of_one_list(units: list[Unit]) -> list[Unit]:
    """Without the odd one that lacks what all of a list's shape have: the words above the list."""
    shapes = Counter((u.box.tag, u.box.classes) for u in units)
    if len(shapes) < 2:
        return units
    [(shape, number)] = shapes.most_common(1)
    others = [u for u in units if (u.box.tag, u.box.classes) != shape]
    if number < 2 or number < 2 * len(others):
        return units
    usual = [u for u in units if (u.box.tag, u.box.classes) == shape]
    needed = [p for p in ("author", "rating", "is_dated") if all(getattr(u, p) for u in usual)]
    odd = [u for u in others if not all(getattr(u, part) for part in needed)]
    return [u for u in units if u not in odd]


def _credible(found: list[tuple[str, Unit]]) -> list[tuple[str, Unit]]:
    """Without what must not stand alone: one quote, one row of stars, one bare text."""
    lonely = {kind for kind in ("quote", "stars") if sum(k == kind for k, _ in found) < 2}
    bare = [
        u for k, u in found if k == "review" and u.strength < 2 and not u.is_dated and not u.named
    ]
    alone = bare if len(bare) == 1 else []
    if any(u.is_weak for _, u in found) and not all(u.is_weak for _, u in found):
        alone = alone + [u for _, u in found if u.is_weak]
    alone = alone + _undated(found)
    if len(found) == 1 and found[0][0] in CHOSEN and found[0][1].is_guess:
        return []
    return [(kind, unit) for kind, unit in found if kind not in lonely and unit not in alone]


def _undated(found: list[tuple[str, Unit]]) -> list[Unit]:
    """The few without a date and of another shape beside a list whose reviews all have one."""
    units = [u for kind, u in found if kind == "review"]
    shapes = {(u.box.tag, u.box.classes) for u in units if u.date}
    others = [u for u in units if not u.date]
    if 4 * len(others) > len(units) or any((u.box.tag, u.box.classes) in shapes for u in others):
        return []
    return others


def _as_review(unit: Unit, kind: str) -> Review:
    stars = unit.rating
    return Review(
        text=unit.body,
        rating=stars.value if stars else None,
        rating_min=stars.low if stars else None,
        rating_max=stars.high if stars else None,
        date=unit.date,
        title=unit.title,
        origin="testimonial" if kind in (*CHOSEN, "quote") else "dom",
        reply=unit.reply,
        author=unit.author,
    )


def body_of(node: LexborNode) -> str:
    """The text of a review element whose markup names all but the text; "" if there is none."""
    box = Builder().box(node)
    leaves = leaves_of(box)
    unit = Unit(box)
    chosen = Finder({}, None)._body(leaves, unit) if 0 < len(leaves) <= 400 else []
    return unit.body if chosen and (unit.strength == 2 or len(unit.body) >= 40) else ""


def rating_of(node: LexborNode) -> Stars | None:
    """The rating that a review element shows where its markup names none."""
    return first_rating(Builder().box(node))
