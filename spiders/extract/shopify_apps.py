"""Apps of a Shopify shop, which its pages name by their slug in the app store.

A theme writes `<!-- BEGIN app block: shopify://apps/<slug>/blocks/... -->` around what an app puts
into a page, and serves the app's files below `/extensions/<id>/<slug>-<version>/`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from spiders.extract.vendors import vendors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spiders.extract.vendors import Vendor

__all__ = ["App", "shopify_apps"]

MAX_APPS = 60  # a shop with all its apps has about thirty
_APP = re.compile(
    rb"shopify://apps/([a-z0-9][a-z0-9-]{1,80})/"
    rb"|cdn\.shopify\.com\\?/extensions\\?/[\w-]{8,40}\\?/([a-z][a-z0-9-]{2,60}?)-\d{1,5}\\?/"
)
# What the rest of an app's slug says when it begins with the name of a maker in this category.
_WORDS = {
    "chat": ("chat", "bot", "help", "support", "messenger", "whatsapp", "inbox", "desk"),
    "help_desk": ("chat", "help", "support", "desk", "ticket"),
    "reviews": ("review", "rating"),
    "loyalty": ("loyalty", "reward", "referral"),
    "returns": ("return", "exchange", "tracking"),
    "survey": ("survey", "feedback", "poll"),
    "crm": ("email", "sms", "marketing", "popup", "pop-up"),
    "personalization": ("email", "sms", "marketing", "popup", "pop-up"),
}
_CHATS = re.compile(r"(?:^|-)(?:live-?chat|chat-?bot|whatsapp-chat|ai-chat)(?:-|$)")
_MAX_TOKENS = 4  # of a maker's name


class App(NamedTuple):
    """An app by its slug, and the row of its maker if there is one."""

    slug: str
    vendor: Vendor | None

    @property
    def is_chat(self) -> bool:
        """Whether the slug itself says so."""
        return bool(_CHATS.search(self.slug))


def shopify_apps(source: bytes) -> Iterator[App]:
    """The apps that a page of a shop names, each once."""
    if b"shopify://apps/" not in source and b"/extensions/" not in source:
        return
    seen: set[str] = set()
    for match in _APP.finditer(source):
        slug = (match[1] or match[2]).decode("ascii")
        if slug not in seen and len(seen) < MAX_APPS:
            seen.add(slug)
            yield App(slug, _maker(slug))


def _maker(slug: str) -> Vendor | None:
    """The row whose name the slug begins with, if the rest fits what that maker makes."""
    tokens = slug.split("-")
    for count in range(min(_MAX_TOKENS, len(tokens)), 0, -1):
        rest = "-".join(tokens[count:])
        for row in _by_key().get("".join(tokens[:count]), ()):
            if not rest or any(word in rest for word in _WORDS.get(row.category, ())):
                return row
    return None


@cache
def _by_key() -> dict[str, tuple[Vendor, ...]]:
    """Rows by their slug without hyphens, and Shopify's own apps without the company's name."""
    found: dict[str, tuple[Vendor, ...]] = {}
    for row in vendors().values():
        for name in (row.slug, row.slug.removeprefix("shopify-")):
            key = name.replace("-", "")
            found[key] = (*found.get(key, ()), row)
    return found
