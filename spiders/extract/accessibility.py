"""What a page's code tells of its accessibility: seven checks that need no browser.

They are named like the rules of axe-core that look at the same, and each is a criterion of WCAG 2
at level A or AA. Contrast, focus and the reading order need a browser and are not judged.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from crawler.items import AccessibilityCheck
from spiders.extract.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["check_accessibility"]

_MAX_ELEMENTS = 150  # of one check; what a page repeats more often it repeats
_NAMELESS_INPUTS = frozenset(("hidden", "submit", "reset", "button", "image"))
_MAX_SCALE = re.compile(r"maximum-scale\s*=\s*([\d.]{1,6})")
_NO_ZOOM = re.compile(r"user-scalable\s*=\s*(?:no|0)\b")
_MIN_ZOOM = 2.0  # WCAG 1.4.4: text can be enlarged to 200 %
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]+)*")
_EXCERPT = 160


def check_accessibility(page: ParsedPage) -> list[AccessibilityCheck]:
    """One row for each check that the page has elements for.

    Checks: image-alt (1.1.1), label (4.1.2), button-name (4.1.2), link-name (2.4.4),
    html-has-lang (3.1.1), document-title (2.4.2), meta-viewport (1.4.4); and `statement`, which
    passes where the page links an accessibility statement.
    """
    found = page.elements
    fields = [n for tag in ("input", "select", "textarea") for n in found.get(tag, ())]
    labelled = {label.attrs.get("for") for label in found.get("label", ())} if fields else set()
    checks = [
        _check("image-alt", found.get("img", ()), _has_alt),
        _check("label", filter(_needs_label, fields), lambda n: _is_labelled(n, labelled)),
        _check("button-name", found.get("button", ()), _has_name),
        _check("link-name", *_links(page)),
        _check("meta-viewport", filter(_is_viewport, found.get("meta", ())), _may_zoom),
        _whole("html-has-lang", _has_language(page)),
        _whole("document-title", bool(page.title)),
        _whole("statement", _links_statement(page)),
    ]
    return [check for check in checks if check.elements]


def _check(
    name: str, nodes: Iterable[LexborNode], passes: Callable[[LexborNode], bool]
) -> AccessibilityCheck:
    nodes = list(islice(nodes, _MAX_ELEMENTS))
    failing = [node for node in nodes if not passes(node)]
    check = AccessibilityCheck(name, len(nodes), len(nodes) - len(failing))
    if failing:
        check.excerpt = " ".join((failing[0].html or "").split())[:_EXCERPT]
    return check


def _links(page: ParsedPage) -> tuple[Iterable[LexborNode], Callable[[LexborNode], bool]]:
    """Nodes of links, and whether one has a name; the text of most was read for their purpose.

    Links to a place of the page or to a script ("#", the button of a menu) are links too.
    """
    named = {anchor.node.mem_id: bool(anchor.text) for anchor in page.anchors[:_MAX_ELEMENTS]}
    nodes = [anchor.node for anchor in page.anchors[:_MAX_ELEMENTS]]
    others = page.schemed_links[:_MAX_ELEMENTS] if len(nodes) < _MAX_ELEMENTS else ()
    nodes += [node for href, node in others if href and node.mem_id not in named]
    return nodes, lambda node: named.get(node.mem_id) or _has_name(node)


def _whole(name: str, passes: bool) -> AccessibilityCheck:
    return AccessibilityCheck(name, 1, int(passes))


def _has_alt(image: LexborNode) -> bool:
    """An empty alt is right: it marks a picture that only decorates."""
    own = image.attributes
    return "alt" in own or own.get("role") in ("presentation", "none") or _is_named(own)


def _is_named(own: dict[str, str | None]) -> bool:
    return bool(
        own.get("aria-label")
        or own.get("aria-labelledby")
        or own.get("title")
        or own.get("aria-hidden") == "true"
    )


def _has_name(node: LexborNode) -> bool:
    """Text, a label, or a picture with one."""
    if node.text().strip() or _is_named(node.attributes):
        return True
    inner = node.css("img[alt], svg[aria-label], [aria-label], svg title")
    return any(
        part.tag == "title" or part.attributes.get("alt") or part.attributes.get("aria-label")
        for part in inner
    )


def _needs_label(field: LexborNode) -> bool:
    return (field.attributes.get("type") or "").lower() not in _NAMELESS_INPUTS


def _is_labelled(field: LexborNode, labelled: set[str | None]) -> bool:
    own = field.attributes
    if _is_named(own) or own.get("placeholder") or (field.id and field.id in labelled):
        return True
    parent = field.parent
    for _ in range(4):
        if parent is None:
            return False
        if parent.tag == "label":
            return True
        parent = parent.parent
    return False


def _is_viewport(meta: LexborNode) -> bool:
    return (meta.attrs.get("name") or "").lower() == "viewport"


def _may_zoom(meta: LexborNode) -> bool:
    content = (meta.attributes.get("content") or "").lower()
    scale = _MAX_SCALE.search(content)
    try:
        limited = scale is not None and float(scale[1]) < _MIN_ZOOM
    except ValueError:
        limited = False
    return not limited and not _NO_ZOOM.search(content)


def _has_language(page: ParsedPage) -> bool:
    top = page.tree.css_first("html")
    value = (top.attributes.get("lang") or "").strip() if top else ""
    return bool(_LANGUAGE.fullmatch(value))


def _links_statement(page: ParsedPage) -> bool:
    known = _statement_words()
    return not known.isdisjoint([anchor.text.casefold() for anchor in page.anchors])


@cache
def _statement_words() -> frozenset[str]:
    known = words("accessibility")
    return known | {word.replace("'", "’") for word in known}
