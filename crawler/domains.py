"""Registrable domains, offline: a company is told apart by its domain under the public suffix."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from tldextract import TLDExtract

__all__ = ["host_of", "is_hosted", "registrable_domain"]

# Without these arguments it fetches the list over the network and logs two tracebacks without.
# Private suffixes count: two shops at myshopify.com are two companies.
_extract = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def host_of(url_or_host: str) -> str:
    """The lower-case host of a URL or host name, without port; "" when there is none.

    >>> host_of("HTTPS://Shop.Example.com:8080/x"), host_of("example.com")
    ('shop.example.com', 'example.com')
    """
    text = url_or_host.strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname
    except ValueError:
        return ""
    return (host or "").rstrip(".").lower()


# Hosts of many projects or firms that the public-suffix list lacks: each subdomain is a company.
_SITE_HOSTS = {
    "bigcartel.com",
    "business.site",
    "itch.io",
    "jimdofree.com",
    "jimdosite.com",
    "livejournal.com",
    "mystrikingly.com",
    "notion.site",
    "sourceforge.io",
    "squarespace.com",
    "strikingly.com",
    "substack.com",
    "tumblr.com",
    "webnode.com",
    "webnode.page",
    "wordpress.com",
}


@lru_cache(maxsize=50_000)
def registrable_domain(url_or_host: str) -> str:
    """The domain a company registered; a host without one (IP, localhost) stands for itself.

    Under an ending that the list lacks (.example, .internal) it is the last two labels.

    >>> registrable_domain("https://help.shop.co.uk/faq"), registrable_domain("127.0.0.1:8000")
    ('shop.co.uk', '127.0.0.1')
    >>> registrable_domain("www.shop.example"), registrable_domain("tool.sourceforge.io")
    ('shop.example', 'tool.sourceforge.io')
    """
    host = host_of(url_or_host)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return host
    found = _extract(host)
    above = found.subdomain.rpartition(".")[2]
    if not found.suffix:
        return f"{above}.{found.domain}" if above else host
    domain = found.top_domain_under_public_suffix
    if domain in _SITE_HOSTS and above not in ("", "www"):
        return f"{above}.{domain}"
    return domain or host


def is_hosted(domain: str) -> bool:
    """Whether a registrable domain lies below a host of many sites, where anybody takes any name.

    >>> is_hosted("acme.github.io"), is_hosted("acme.co.uk")
    (True, False)
    """
    return _extract(domain).is_private or domain.partition(".")[2] in _SITE_HOSTS
