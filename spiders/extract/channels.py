"""Ways to reach the brand: e-mail, phone, forms, messengers, profiles, hours, languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from crawler.items import Channel

if TYPE_CHECKING:
    from spiders.extract.page import ParsedPage

__all__ = ["extract_channels"]

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}", re.ASCII)


def extract_channels(page: ParsedPage) -> list[Channel]:
    """Each channel once, in page order within its kind."""
    found: dict[tuple[str, str], Channel] = {}
    if "mailto:" in page.lowered:
        for node in page.tree.css('a[href^="mailto:" i]'):
            href = unquote(node.attributes.get("href") or "")
            if match := _EMAIL.search(href[7:]):
                value = match[0].lower()
                found.setdefault(("email", value), Channel("email", value))
    if "tel:" in page.lowered:
        for node in page.tree.css('a[href^="tel:" i]'):
            digits = re.sub(r"[^\d+]", "", unquote(node.attributes.get("href") or ""))
            if digits.startswith("+") and 8 <= len(digits) <= 16:
                found.setdefault(("phone", digits), Channel("phone", digits))
    return list(found.values())
