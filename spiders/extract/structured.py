"""JSON-LD, microdata, RDFa and microformats of a page as one list of entities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["Entity", "extract_entities"]


@dataclass(slots=True)
class Entity:
    """A thing that the page describes in a machine-readable syntax.

    `types` are local names ("FAQPage"), `props` local names to lists of values: str, int, float,
    bool or Entity. `node` is the element it was read from, None for JSON-LD.
    """

    types: tuple[str, ...]
    props: dict[str, list[str | int | float | bool | Entity]] = field(default_factory=dict)
    syntax: str = "json-ld"
    node: LexborNode | None = field(default=None, repr=False)


def extract_entities(page: ParsedPage) -> list[Entity]:
    return []
