"""Is this response a challenge, a wall or something else instead of the page?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.http import Response

__all__ = ["block_reason", "is_binary"]

_SMALL = 60_000  # challenge pages are short; a long page that mentions a captcha is a page
_MARKS = (
    # literal in the lowered page, what it is
    ("/cdn-cgi/challenge-platform/", "a protection service asks for a browser check"),
    ("cf-browser-verification", "a protection service asks for a browser check"),
    ("<title>just a moment...</title>", "a protection service asks for a browser check"),
    ("<title>attention required! | cloudflare</title>", "blocked by a protection service"),
    ("_incapsula_resource", "blocked by a protection service"),
    ("geo.captcha-delivery.com", "a protection service asks for a captcha"),
    ("px-captcha", "a protection service asks for a captcha"),
    ("/_sec/cp_challenge/", "a protection service asks for a browser check"),
    ("awswafcookiedomainlist", "a protection service asks for a browser check"),
    ("errors.edgesuite.net", "blocked by a protection service"),
    ("sucuri website firewall", "blocked by a protection service"),
    ("ddos-guard.net", "a protection service asks for a browser check"),
)
_TITLE = re.compile(
    r"<title[^>]{0,200}>\s{0,20}(access denied|robot check|are you a robot|verify you are human|"
    r"bot verification|security check|request blocked|pardon our interruption|"
    r"checking your browser)",
    re.IGNORECASE,
)


_PROBE = 4096  # bytes
# What no text encoding but UTF-16 and UTF-32 makes; those are told by their NULs.
_CONTROLS = bytes([*range(1, 9), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)])


def is_binary(body: bytes) -> bool:
    """True for a body that is no text whatever its label says: a download, broken compression.

    >>> is_binary(b"<p>hello"), is_binary(bytes(range(1, 256)))
    (False, True)
    """
    probe = body[:_PROBE]
    if probe.startswith(
        (b"%PDF-", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
    ):
        return True
    if probe.startswith((b"\xff\xfe", b"\xfe\xff")) or probe.count(0) * 4 > len(probe):
        return False
    controls = len(probe) - len(probe.translate(None, _CONTROLS))
    return controls > 8 and controls * 25 > len(probe)


def block_reason(response: Response, html: str) -> str | None:
    """Why the site did not let us see the page, None when it did; neutral words, no guess."""
    status = response.status
    if response.headers.get("cf-mitigated") == b"challenge":
        return "a protection service asks for a browser check"
    if len(html) < _SMALL:
        lowered = html.lower()
        for mark, reason in _MARKS:
            # Some of these also stand in the footers of pages that are served: only with a
            # refusing status, or where nearly nothing else is on the page.
            if mark in lowered and (status in (401, 403, 429, 503) or len(html) < 12_000):
                return reason
        if _TITLE.search(html[:5000]):
            return "the site shows a robot check instead of the page"
    if status in (401, 403, 405, 406, 407, 429, 451):
        return f"the site answers {status} to this visit"
    return None
