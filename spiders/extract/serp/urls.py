"""Where a link on a result page really goes."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, unquote, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["host_of", "is_http", "is_opaque", "shown_address", "split", "unwrap"]

_GOOGLE = re.compile(r"(?:^|\.)google\.[a-z]{2,3}(?:\.[a-z]{2})?$")
_YAHOO_TARGET = re.compile(r"/RU=([^/]+)")
_CRUMB = re.compile(r"\s*[›»>]\s*")
_HOST = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}(?::\d+)?", re.IGNORECASE)
_SLUG = re.compile(r"[a-z0-9._~%-]*[a-z0-9](?:/[a-z0-9._~%-]+)*")


def split(url: str) -> SplitResult | None:
    """The parts of a URL; None when it is none (a bad port, a broken IPv6 address)."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def host_of(url: str) -> str:
    """Lower-case host without www., "" when there is none."""
    parts = split(url)
    return ((parts.hostname if parts else None) or "").removeprefix("www.")


def is_http(url: str) -> bool:
    parts = split(url)
    return bool(parts and parts.scheme in ("http", "https") and parts.hostname)


def is_opaque(url: str) -> bool:
    """A redirect of Google that hides its target in a code only Google can read."""
    parts = split(url)
    return bool(parts and parts.path == "/goto" and _GOOGLE.search(parts.hostname or ""))


def shown_address(cited: str) -> str:
    """The address behind the line shown with a result; the site alone where the path is cut.

    >>> shown_address("https://shop.example › help › returns")
    'https://shop.example/help/returns'
    >>> shown_address("shop.example › Help and more › …"), shown_address("3.1K reactions")
    ('https://shop.example/', '')
    """
    site, *crumbs = _CRUMB.split(cited.strip())
    scheme, separator, host = site.strip().rpartition("://")
    host, _, path = host.partition("/")
    if not _HOST.fullmatch(host):
        return ""
    crumbs = [*filter(None, path.split("/")), *crumbs]
    path = "/".join(crumbs) if all(_SLUG.fullmatch(crumb) for crumb in crumbs) else ""
    whole = path and not path.endswith("..")
    return f"{scheme if separator else 'https'}://{host}/{path if whole else ''}"


def unwrap(href: str, base: str = "") -> str:
    """`href` as an absolute URL, redirects of search engines and text fragments taken off.

    Unwrapping twice gives the same as once. What cannot be read stays as it is.

    >>> unwrap("/url?q=https://shop.example/a%3Fb&sa=U", "https://www.google.com/search")
    'https://shop.example/a?b'
    >>> unwrap("//duckduckgo.com/l/?uddg=https%3A%2F%2Fshop.example%2F&rut=1", "https://x.example")
    'https://shop.example/'
    >>> unwrap("https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9zaG9wLmV4YW1wbGUv&ntb=1")
    'https://shop.example/'
    """
    url = href.strip()
    while True:
        try:
            url = urljoin(base, url)  # also drops a "?" with nothing behind it
        except ValueError:
            return url
        inner = _inner(url)
        if inner is None or len(inner) >= len(url):
            return _without_text_fragment(url).strip()
        url = inner.strip()


def _without_text_fragment(url: str) -> str:
    page, _, fragment = url.partition("#")
    if ":~:" not in fragment:
        return url
    fragment = fragment.partition(":~:")[0]
    return f"{page}#{fragment}" if fragment else page


def _inner(url: str) -> str | None:
    """The address that a redirect link carries, one level; None for any other link."""
    parts = split(url)
    if parts is None or not parts.hostname:
        return None
    host = parts.hostname
    for belongs, target in _REDIRECTS:
        if belongs(host):
            found = target(parts)
            return found if found and is_http(found) else None
    return None


def _parameter(parts: SplitResult, *names: str) -> str | None:
    values = parse_qs(parts.query)
    for name in names:
        for value in values.get(name, []):
            if is_http(value):
                return value
    return None


def _google_target(parts: SplitResult) -> str | None:
    if parts.path in ("/url", "/goto", "/interstitial", "/imgres"):
        return _parameter(parts, "q", "url", "adurl", "imgrefurl")
    if parts.path == "/translate":
        return _parameter(parts, "u")
    if parts.path.startswith("/amp/s/"):
        return "https://" + parts.path[len("/amp/s/") :] + (f"?{parts.query}" * bool(parts.query))
    return None


def _bing_target(parts: SplitResult) -> str | None:
    if not parts.path.startswith("/ck/"):
        return _parameter(parts, "url") if parts.path.startswith("/alink/") else None
    for value in parse_qs(parts.query).get("u", []):
        if value[:2] == "a1":
            coded = value[2:] + "=" * (-len(value[2:]) % 4)
            try:
                return base64.urlsafe_b64decode(coded).decode("utf-8")
            except (binascii.Error, ValueError):
                return None
    return None


def _yahoo_target(parts: SplitResult) -> str | None:
    found = _YAHOO_TARGET.search(parts.path)
    return unquote(found[1]) if found else None


def _duckduckgo_target(parts: SplitResult) -> str | None:
    return _parameter(parts, "uddg") if parts.path.rstrip("/") == "/l" else None


def _startpage_target(parts: SplitResult) -> str | None:
    return _parameter(parts, "u", "url") if parts.path.startswith("/do/") else None


_TRANSLATION = re.compile(r"(?:^|&)_x_tr_\w+=[^&]*")


def _translated_target(parts: SplitResult) -> str:
    """What www-shop-example.translate.goog shows: points are hyphens there, hyphens two."""
    coded = (parts.hostname or "").removesuffix(".translate.goog")
    host = "-".join(part.replace("-", ".") for part in coded.split("--"))
    query = _TRANSLATION.sub("", parts.query).lstrip("&")
    return f"https://{host}{parts.path}" + f"?{query}" * bool(query)


def _cached_amp_target(parts: SplitResult) -> str | None:
    """/v/s/shop.example/page and /c/shop.example/page of the AMP cache; `s` says https."""
    found = re.match(r"/[cv](/s)?/(.+)", parts.path)
    if found is None:
        return None
    pairs = [pair for pair in parts.query.split("&") if pair and not pair.startswith("amp_js_v")]
    query = "&".join(pairs)
    return f"http{'s' if found[1] else ''}://{found[2]}" + f"?{query}" * bool(query)


def _under(domain: str) -> Callable[[str], bool]:
    return lambda host: host == domain or host.endswith("." + domain)


_REDIRECTS: list[tuple[Callable[[str], bool], Callable[[SplitResult], str | None]]] = [
    (lambda host: bool(_GOOGLE.search(host)), _google_target),
    (_under("translate.goog"), _translated_target),
    (_under("cdn.ampproject.org"), _cached_amp_target),
    (_under("bing.com"), _bing_target),
    (_under("search.yahoo.com"), _yahoo_target),
    (_under("search.aol.com"), _yahoo_target),
    (_under("duckduckgo.com"), _duckduckgo_target),
    (_under("startpage.com"), _startpage_target),
]
