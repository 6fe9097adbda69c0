"""Consent walls: the rows of consent.toml, and whether a page has one in its markup."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spiders.extract.page import ParsedPage

__all__ = ["consent_rows", "has_wall"]

_BUTTONS = "button, a, [role=button], input[type=button]"  # as in consent.js


@cache
def consent_rows() -> list[dict[str, Any]]:
    """Rows of consent.toml, in order, as consent.js wants them."""
    table = tomllib.loads(Path(__file__).with_name("consent.toml").read_text(encoding="utf-8"))
    return [{"platform": name, **row} for name, row in table.items()]


def has_wall(page: ParsedPage) -> bool:
    """Whether a wall stands in the markup: that of a platform, or one known by its words.

    A cookie's name alone is none: footers link to cookie pages. A button must say the answer.
    """
    for row in consent_rows():
        words = {*row.get("words_reject", ()), *row.get("words_accept", ())}
        for wall in page.tree.css(row["seen"]):
            if not words or any(_says(node) in words for node in wall.css(_BUTTONS)):
                return True
    return False


def _says(node: Any) -> str:
    said = node.text(deep=True) or node.attributes.get("value") or ""
    return " ".join(said.split()).lower()
