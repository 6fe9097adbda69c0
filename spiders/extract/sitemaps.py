"""Addresses in a sitemap or sitemap index, bounded and without a full XML parse."""

from __future__ import annotations

import html
import re
import zlib

__all__ = ["sitemap_urls"]

_MAX_BYTES = 10 * 1024 * 1024
_MAX_URLS = 5_000
_LOC = re.compile(rb"<(?:\w{1,20}:)?loc>\s{0,50}(?:<!\[CDATA\[)?\s{0,50}([^<\]\s]{1,2000})", re.I)


def sitemap_urls(body: bytes) -> tuple[list[str], list[str]]:
    """(pages, further sitemaps) of a sitemap, in order; gzip is unpacked up to 10 MiB.

    A literal scan: no entities, no external references, and a broken file gives what it has.

    >>> sitemap_urls(b"<urlset><url><loc>http://a.example/faq</loc></url></urlset>")
    (['http://a.example/faq'], [])
    """
    if body[:2] == b"\x1f\x8b":
        body = _unpack(body)
    urls = [
        html.unescape(match[1].decode("utf-8", "replace"))
        for match, _ in zip(_LOC.finditer(body[:_MAX_BYTES]), range(_MAX_URLS), strict=False)
    ]
    if re.search(rb"<(?:\w{1,20}:)?sitemapindex", body[:2000], re.I):
        return [], urls
    return urls, []


def _unpack(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(body, _MAX_BYTES)
    except zlib.error:
        return b""
