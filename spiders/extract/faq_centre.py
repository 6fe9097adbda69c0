"""Indexes of hosted help centres: article titles that link to their articles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.items import FaqEntry

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["help_centre_entries"]

# Addresses of articles: Zendesk, Freshdesk, Intercom, Help Scout, Document360, Gorgias, Groove,
# HelpCrunch, Kayako, Zoho Desk; each has a number or a long slug after the folder.
_ARTICLE = re.compile(
    r"/hc/(?:[a-z]{2}(?:-[a-z0-9]{2,4})?/)?articles/\d+"
    r"|/(?:support/)?solutions/articles/\d+"
    r"|/(?:[a-z]{2}(?:-[a-z]{2})?/)?articles/\d{4,}-"
    r"|/article/\d+-[a-z0-9]"
    r"|/portal/[a-z]{2}(?:-[a-z]{2})?/kb/articles/"
    r"|/docs/(?:[a-z]{2}/)?[a-z0-9]+(?:-[a-z0-9]+){2,}$"
    r"|/kb/articles?/[a-z0-9]+-"
    r"|/(?:[a-z]{2}-[A-Z]{2}/)?articles/[a-z0-9]+(?:-[a-z0-9]+)*-\d{4,}$",
    re.IGNORECASE,
)
_DOCUMENT360 = "document360"
_OPEN_ARTICLE = ", ".join(
    (
        "[itemprop=articleBody]",
        ".article-body",
        ".article__body",
        ".article_body",
        "#fullArticle",
        "article.article .content",
        ".intercom-interblocks-paragraph",
    )
)
_SPACE = re.compile(r"\s+")


def help_centre_entries(page: ParsedPage) -> list[FaqEntry]:
    """Article titles of an index page, each once; [] on an article itself or elsewhere."""
    html = page.html
    if "/articles/" not in html and "/article/" not in html and _DOCUMENT360 not in html:
        return []
    docs = _DOCUMENT360 in html
    found: dict[str, FaqEntry] = {}
    for node in page.tree.css(
        "a[href*=article], a[href*='/docs/']" if docs else "a[href*=article]"
    ):
        href = (node.attributes.get("href") or "").partition("#")[0].partition("?")[0]
        if not _ARTICLE.search(href) or ("/docs/" in href and not docs):
            continue
        title = _SPACE.sub(" ", node.text()).strip()
        if title and not _is_furniture(node):
            url = page.absolute(href)
            found.setdefault(url, FaqEntry(title, "", "help-centre", url))
    if len(found) < 3 or page.tree.css_first(_OPEN_ARTICLE) is not None:
        return []
    return list(found.values())


def _is_furniture(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None and parent.tag != "body":
        if parent.tag in ("nav", "footer"):
            return True
        parent = parent.parent
    return False
