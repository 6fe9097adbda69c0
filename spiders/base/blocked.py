"""Is this response a challenge or a wall instead of the page?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.http import Response

__all__ = ["block_reason"]

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
