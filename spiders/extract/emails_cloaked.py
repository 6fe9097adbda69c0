"""Addresses that a content system hides from harvesters, as its scripts would show them.

Joomla puts them together in a script or keeps them in an element of its own, Drupal's SpamSpan
takes them apart into elements, others keep them in data attributes or as numbers of characters.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["cloaked_addresses"]

MAX_NODES = 200  # of one way of hiding on one page
MAX_SCRIPT = 60_000  # characters
MAX_CODES = 400  # numbers of characters in one call
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")


def cloaked_addresses(page: ParsedPage) -> Iterator[str]:
    """Addresses as far as they can be read; some may be none, so they need a check."""
    for script in page.scripts:
        if script.text and len(script.text) <= MAX_SCRIPT:
            yield from _scripted(script.text)
    for node in page.elements.get("joomla-hidden-mail", ())[:MAX_NODES]:
        yield _hidden_mail(node)
    if "spamspan" in page.names_lowered:
        for node in page.tree.css(".spamspan")[:MAX_NODES]:
            yield _spam_span(node)
    for node in page.tree.css("[data-email],[data-mail]")[:MAX_NODES]:
        yield _attribute(node)
    for code in page.clicks:
        if "mailto:" in code:
            yield from _EMAIL.findall(_unescaped(unquote(code)))


def _scripted(code: str) -> Iterator[str]:
    if "addy" in code:
        yield from _joomla(code)
    if "fromCharCode(" in code:
        yield from _from_codes(code)


_ADDY = re.compile(r"(addy\w{0,40})\s*=\s*((?:addy\w{0,40}|'[^']{0,200}'|[\s+]){1,80});")
_QUOTED = re.compile(r"'([^']*)'")


def _joomla(code: str) -> Iterator[str]:
    """`var addy1 = 'in&#102;o' + '&#64;'; addy1 = addy1 + 'shop' + '&#46;' + 'de';`"""
    parts: dict[str, str] = {}
    for match in _ADDY.finditer(code):
        name, value = match[1], "".join(_QUOTED.findall(match[2]))
        parts[name] = (parts.get(name, "") if name in match[2] else "") + value
    yield from (html.unescape(value) for value in parts.values())


_CODES = re.compile(r"fromCharCode\(((?:\s*\d{2,3}\s*,){6,400}\s*\d{2,3}\s*)\)")


def _from_codes(code: str) -> Iterator[str]:
    for match in _CODES.finditer(code):
        shown = "".join(chr(int(number)) for number in match[1].split(",")[:MAX_CODES])
        yield from _EMAIL.findall(shown)


def _hidden_mail(node: LexborNode) -> str:
    """Joomla's element of its own, its parts in base64."""
    marks = node.attributes
    first, last = _from_base64(marks.get("first")), _from_base64(marks.get("last"))
    return f"{first}@{last}"


def _spam_span(node: LexborNode) -> str:
    user, domain = node.css_first(".u"), node.css_first(".d")
    if user is None or domain is None:
        return ""
    return f"{_together(user.text())}@{_together(domain.text())}"


def _together(text: str) -> str:
    """The text without spaces and with points where it says so.

    >>> _together(" shop [dot] de ")
    'shop.de'
    """
    return "".join(text.replace("[dot]", ".").split())


def _attribute(node: LexborNode) -> str:
    """The address of a data attribute, plain, from its end or in base64."""
    value = (node.attributes.get("data-email") or node.attributes.get("data-mail") or "").strip()
    if "@" not in value:
        return _from_base64(value)
    return value if "." in value.partition("@")[2] else value[::-1]


def _from_base64(text: str | None) -> str:
    try:
        return base64.b64decode((text or "")[:400], validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")


def _unescaped(code: str) -> str:
    r"""Code with its escaped characters as themselves.

    >>> _unescaped(r"mailto:\u0061@b.de")
    'mailto:a@b.de'
    """
    return _ESCAPED.sub(lambda match: chr(int(match[1] or match[2], 16)), code)
