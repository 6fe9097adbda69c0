"""Ratings drawn as a row of stars: icons, glyphs or drawings, some filled and some not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spiders.extract.stars import Stars, glyphs_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selectolax.lexbor import LexborNode

__all__ = ["STAR_WORDS", "is_ligatures", "read_icons"]

STAR_WORDS = ("star", "stern", "etoile", "rating", "bewert")
MAX_ICONS = 12

_HALF = re.compile(r"half|halb|demi")
_OFF = re.compile(
    r"empty|off\b|inactive|blank|gr[ae]y|disabled|muted|\bfar\b|-o\b|outline|unfilled|nofill|none"
    r"|star_border|star[_-]alt\b|regular\b|transparent"
)
_ON = re.compile(
    r"\bon\b|\bfull|fill(?:ed)?\b|\bactive|checked|selected|solid|yellow|warning|gold|amber|orange"
)
_LIGATURES = re.compile(r"(?:star(?:_(?:border|outline|half|rate|purple500))?\s*)+")
_TOLD_BY = (
    "class", "src", "data-icon", "icon", "name", "xlink:href", "href", "fill", "style"
)  # fmt: skip


def is_ligatures(text: str) -> bool:
    """Is a text the names by which an icon font draws stars: "star star star_border"?"""
    return text.startswith("star") and bool(_LIGATURES.fullmatch(text))


def read_icons(node: LexborNode, is_rating: bool) -> Stars | None:
    """What a row of stars of one kind shows; `is_rating` where a name says that it is one.

    How many are filled is told by their names, else by their looks: the first ones look alike, and
    the rest otherwise.
    """
    looks = _looks(node, is_rating)
    if not looks:
        return None
    halves = sum(bool(_HALF.search(look)) for look in looks)
    total = len(looks)
    full = _filled([look for look in looks if not _HALF.search(look)])
    if full is None or full + halves == 0:
        return None
    if full + halves == total:  # none is empty, so nothing tells how many there may be
        return Stars(full + halves / 2, 5.0 if total <= 5 else 10.0) if total > 1 else None
    return Stars(full + halves / 2, float(total)) if total in (5, 10) else None


def _filled(looks: Sequence[str]) -> int | None:
    """How many of the whole stars are filled; None where all look empty."""
    kinds = list(dict.fromkeys(looks))
    empty = [kind for kind in kinds if _OFF.search(kind)]
    if len(kinds) == 1:
        return None if empty else len(looks)
    if empty and len(empty) < len(kinds):
        return sum(look not in empty for look in looks)
    bright = [kind for kind in kinds if _ON.search(kind)]
    if len(bright) == 1:
        return looks.count(bright[0])
    first = looks.index(kinds[1]) if len(kinds) == 2 else 0
    return first if first and kinds[0] not in looks[first:] else len(looks)


def _looks(node: LexborNode, is_rating: bool) -> list[str]:
    """How each star in the row looks; empty where it is no row of stars."""
    if glyphs := _glyphs(node):
        return glyphs
    icons = [icon for icon in node.iter() if not _says_more(icon)]
    if not 1 < len(icons) <= MAX_ICONS or len({icon.tag for icon in icons}) > 1:
        return []
    looks = [_look_of(icon) for icon in icons]
    stars = [look for look in looks if any(word in look for word in STAR_WORDS)]
    if len(stars) > 1:
        return stars
    drawings = [_drawing(icon) for icon in icons]
    is_one_shape = None not in drawings and len({_shape(d) for d in drawings if d}) == 1
    return looks if is_one_shape and (len(icons) <= 5 or is_rating) else []


def _says_more(icon: LexborNode) -> bool:
    """Is it a text beside the stars: a number, a count, a title?"""
    text = icon.text(deep=True).strip()
    return bool(text) and not is_ligatures(text) and not glyphs_in(text)


def _glyphs(node: LexborNode) -> list[str]:
    """The looks of star glyphs, each in its element or several in one, and nothing beside them."""
    looks: list[str] = []
    for piece in node.iter(include_text=True):
        text = piece.text(deep=True).strip()
        glyphs = glyphs_in(text) if text else ()
        if text and (len(glyphs) * 2 < len(text) or len(looks) > MAX_ICONS):
            return []
        own = _look_of(piece) if piece.is_element_node and glyphs else ""
        if "width" in own:  # full stars laid over empty ones
            return []
        looks += [f"{own} {state}" for state in glyphs]
    return looks if len(looks) <= MAX_ICONS else []


def _look_of(icon: LexborNode) -> str:
    """Names, addresses and colors of an icon and of what it only wraps, lower case."""
    parts: list[str] = []
    for _ in range(3):
        attributes = icon.attributes
        told = (attributes.get(name) for name in _TOLD_BY)
        # An outline may be filled by its class: it tells kinds apart and is not empty by itself.
        parts += ["hollow" if value == "none" else value for value in told if value]
        inner = list(icon.iter())
        if len(inner) != 1 or icon.tag == "svg":
            text = icon.text(deep=True).strip() if not inner else ""
            parts += [text] if is_ligatures(text) else []
            inner = inner[:1] if icon.tag == "svg" and inner and inner[0].tag == "use" else []
        if not inner:
            break
        icon = inner[0]
    return " ".join(parts).lower().replace("symbols-outlined", "")


def _drawing(icon: LexborNode) -> LexborNode | None:
    """The only drawing in an icon, or the icon itself."""
    for _ in range(3):
        if icon.tag == "svg":
            return icon
        inner = list(icon.iter())
        if len(inner) != 1:
            return None
        icon = inner[0]
    return None


def _shape(drawing: LexborNode) -> str | None:
    for inner in drawing.traverse():
        attributes = inner.attributes
        if shape := attributes.get("d") or attributes.get("points"):
            return shape
    return None
