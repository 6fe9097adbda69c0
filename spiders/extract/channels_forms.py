"""Contact forms of a page with the fields they ask for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.items import Channel
from spiders.extract.channels_links import leaving
from spiders.extract.channels_rows import row

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["find_forms"]

MAX_FORMS = 60  # of one page; shops repeat an add-to-cart form per product
MAX_FIELDS = 60  # of one form
_SKIPPED = frozenset("hidden submit button image reset".split())
_FIELDS = "input, textarea, select"
_PERSON = re.compile(r"mail|name|phone|tel\b|nom\b|nombre|naam|namn|navn|imie|nimi|correo")


def find_forms(page: ParsedPage) -> list[Channel]:
    """Forms to write to the brand: value is where they are sent, detail the fields' names.

    Search, newsletter, login, checkout, review and comment forms are none. Frames of form
    builders count, their fields unknown.
    """
    found: dict[str, Channel] = {}
    for number, form in enumerate(page.elements.get("form", ())[:MAX_FORMS], 1):
        own = _own_names(form)
        if _has(own, "search") or len(fields := _fields(form)) < 2:
            continue
        if _is_contact(own, fields):
            value = _target(page, form, number)
            names = ",".join(dict.fromkeys(name for name, _ in fields))
            found.setdefault(value, Channel("form", value, names, _button(form)))
    for value in _embedded(page):
        found.setdefault(value, Channel("form", value, None, "[embedded form]"))
    return list(found.values())


def _fields(form: LexborNode) -> list[tuple[str, str]]:
    """Name and type of each field a person fills in."""
    found = []
    for node in form.css(_FIELDS)[:MAX_FIELDS]:
        marks = node.attributes
        kind = node.tag or ""
        if kind == "input":
            kind = (marks.get("type") or "text").lower()
        if kind in _SKIPPED or "honeypot" in (marks.get("class") or ""):
            continue
        name = next(filter(None, (marks.get(m) for m in ("name", "id", "placeholder"))), kind)
        found.append((" ".join(name.replace(",", " ").split())[:60], kind))
    return found


def _own_names(form: LexborNode) -> str:
    marks = form.attributes
    return " ".join(marks.get(m) or "" for m in ("id", "class", "action", "name", "role")).lower()


def _is_contact(own: str, fields: list[tuple[str, str]]) -> bool:
    kinds = [kind for _, kind in fields]
    names = " ".join(name for name, _ in fields).lower()
    if "password" in kinds or "search" in kinds:
        return False
    if _has(own + " " + names, "checkout") or _has(own + " " + names, "review"):
        return False
    has_message = "textarea" in kinds or _has(names, "message")
    has_person = bool(_PERSON.search(names)) or "email" in kinds or "tel" in kinds
    if has_message:
        return has_person and not ("textarea" not in kinds and _has(own, "login"))
    if len(fields) < 3 or not has_person or _has(own, "login") or _has(own, "newsletter"):
        return False
    return _has(own, "contact")


def _has(text: str, key: str) -> bool:
    return any(word in text for word in row("forms", key))


def _target(page: ParsedPage, form: LexborNode, number: int) -> str:
    """The action as an absolute URL; without one, the page itself with the form's id or number."""
    action = (form.attributes.get("action") or "").strip()
    if action and not action.startswith(("#", "javascript:", "mailto:", "?")):
        return page.absolute(action)
    return f"{page.url.partition('#')[0]}#{form.attributes.get('id') or f'form-{number}'}"


def _button(form: LexborNode) -> str:
    node = form.css_first('button, input[type="submit"]')
    if node is None:
        return ""
    return " ".join((node.text() or node.attributes.get("value") or "").split())[:60]


def _embedded(page: ParsedPage) -> list[str]:
    hosts = row("forms", "hosts")
    frames = [node.attributes.get("src") or "" for node in page.elements.get("iframe", ())[:50]]
    links = [a.url for _, a in leaving(page) if "form" in a.url or "tally" in a.url]
    return [page.absolute(u) for u in [*frames, *links] if any(h in u for h in hosts)][:10]
