"""Which addresses may be fetched at all: one rule, asked at the moment of connecting.

A URL can name a private host in many spellings, by redirect, by DNS, in a sitemap or a script.
So the rule is applied to the resolved address that a socket is about to connect to; whatever led
there does not matter. `check_url` only refuses early what can never be right.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.config import parse_address
from crawler.errors import ConfigError, Refused

__all__ = ["AddressRules", "RefusedAddress", "check_url", "is_public"]

# is_global of the standard library (3.11) says True for some of these, measured one by one.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure host
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # unspecified, loopback, IPv4-compatible
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_6TO4 = ipaddress.ip_network("2002::/16")


class RefusedAddress(OSError):
    """Our own refusal to connect; an OSError so that any client reports it as a failed connect."""


def is_public(address: str) -> bool:
    """True for an address of the public internet; embedded IPv4 addresses are judged too.

    >>> is_public("93.184.216.34"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is None and ip in _6TO4:
            inner = ipaddress.IPv4Address((int(ip) >> 80) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return not any(ip in network for network in _NOT_PUBLIC if network.version == ip.version)


@dataclass(frozen=True)
class AddressRules:
    """Public addresses, plus the exact (address, port) pairs that the study allows."""

    allowed: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def of(cls, allowed: Iterable[str], *urls: str | None) -> AddressRules:
        """Rules that allow the listed IP:PORT pairs and the hosts of `urls`.

        The URLs are ones that the person configured by hand: an explicit proxy, a self-hosted
        search engine. Their names are resolved now.
        """
        pairs = {parse_address(text) for text in allowed}
        for url in urls:
            if url:
                pairs |= _resolve(url)
        return cls(frozenset(pairs))

    def check(self, address: str, port: int) -> None:
        """Raise RefusedAddress unless a connection to this address and port is allowed."""
        if (address, port) in self.allowed or is_public(address):
            return
        raise RefusedAddress(
            f"port {port} of a private address is refused; "
            "allow it for the study with --allow-address IP:PORT"
        )

    def make_socket(
        self, addr_info: tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]
    ) -> socket.socket:
        """A socket for this resolved address; the hook that aiohttp calls before each connect."""
        family, kind, protocol, _, target = addr_info
        self.check(target[0], target[1])
        return socket.socket(family, kind, protocol)


def _resolve(url: str) -> set[tuple[str, int]]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not parts.hostname:
        raise ConfigError(f"{url!r} has no host name; write it like http://127.0.0.1:8080")
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ConfigError(f"host {parts.hostname!r} of {url!r} does not resolve: {error}") from None
    return {(str(target[0]), port) for *_, target in found}


def check_url(url: str) -> None:
    """Raise Refused for a URL that is no plain http or https address."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Refused(f"address {url[:200]!r} cannot be read: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise Refused(f"scheme {parts.scheme!r} is never fetched; only http and https are")
    if not host:
        raise Refused(f"address {url[:200]!r} has no host")
    if parts.username is not None:
        raise Refused("an address with a user name in it is never fetched")
