"""Indexes of hosted help centres: article titles that link to their articles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.items import FaqEntry

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["help_centre_entries"]

# Addresses of articles, and what else the page must hold where the address alone could be a
# newspaper's.
_ARTICLES = (
    (re.compile(r"/hc/(?:[a-z]{2}(?:-\w{2,4})?/)?articles/\d+"), ""),  # Zendesk
    (re.compile(r"(?:^|/)articles/\d{6,}"), "zendesk"),
    (re.compile(r"(?:^|/)solutions/articles/\d+"), ""),  # Freshdesk
    (re.compile(r"/portal/[a-z]{2}(?:-\w{2})?/kb/articles/"), ""),  # Zoho Desk
    (re.compile(r"(?:^|/)articles/\d{5,}-[\w%-]"), "intercom"),
    (re.compile(r"(?:^|/)article/\d+-[\w%-]"), "helpscout"),
    (re.compile(r"/article/[a-z0-9]{10}-[\w%-]"), "helpdocs"),
    (re.compile(r"/article/[\w%-]+-[a-z0-9]{5,8}/?$"), "crisp"),
    (re.compile(r"/s/article/[\w%-]+"), "force.com"),  # Salesforce
    (re.compile(r"/articles/\d{4,}|/articles/[\w-]+-\d{4,}"), "gorgias"),
    (re.compile(r"/docs/(?:[a-z]{2}/)?[a-z0-9]+(?:-[a-z0-9]+)+$"), "document360"),
)
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
    links = [(link.node, link.url.partition("?")[0]) for link in page.anchors if _may_be(link.url)]
    if len(links) < 3:
        return []
    for shape, sign in _ARTICLES:
        found = [pair for pair in links if shape.search(pair[1])]
        if len(found) > 2 and sign in page.html:
            return _entries(page, found)
    return []


def _may_be(url: str) -> bool:
    """Whether the address may be an article's: one of these words is in all of the above."""
    return "article" in url or "/docs/" in url


def _entries(page: ParsedPage, links: list[tuple[LexborNode, str]]) -> list[FaqEntry]:
    found: dict[str, FaqEntry] = {}
    for node, url in links:
        title = _SPACE.sub(" ", node.text()).strip()
        if len(title) > 4 and not _is_furniture(node):
            found.setdefault(url, FaqEntry(title, "", "help-centre", url))
    if len(found) < 3 or page.tree.css_first(_OPEN_ARTICLE) is not None:
        return []
    return list(found.values())


def _is_furniture(node: LexborNode) -> bool:
    """In a menu, or in the middle of a sentence."""
    parent = node.parent
    while parent is not None and parent.tag != "body":
        if parent.tag in ("nav", "footer", "p"):
            return True
        parent = parent.parent
    return False
