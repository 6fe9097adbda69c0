"""The download handler: Scrapy's aiohttp one with our guard at the connect and keys put in last."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler, _ClientResponse
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)

from crawler.errors import Refused
from crawler.guard import AddressRules, RefusedAddress, check_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp.http_parser import RawResponseMessage
    from aiohttp.streams import StreamReader
    from scrapy import Request
    from scrapy.crawler import Crawler

__all__ = ["BrokenAnswer", "GuardedDownloadHandler", "StudyProxyMiddleware"]

_MAX_HEADERS = 256
_MAX_FIELD = 64 * 1024  # bytes; content security policies of 10 KB are in use
# All that may come before the answer itself, interim answers included; read in blocks of 256 KiB.
_MAX_HEAD = 512 * 1024


class BrokenAnswer(DownloadFailedError):
    """The host answered, but not with HTTP that we read: a broken or an oversized head."""


class StudyProxyMiddleware:
    """Sends every request through the study's proxy (setting HTTP_PROXY), when it has one."""

    def __init__(self, crawler: Crawler) -> None:
        self._proxy: str | None = crawler.settings.get("HTTP_PROXY")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StudyProxyMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if self._proxy:
            request.meta.setdefault("proxy", self._proxy)


class _BoundedProtocol(ResponseHandler):
    """aiohttp limits each header and their number, but not interim (1xx) answers without end."""

    _head_left = 0

    def set_response_params(self, **params: object) -> None:  # called before each response
        self._head_left = _MAX_HEAD
        super().set_response_params(**params)  # type: ignore[arg-type]

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        if data[0].code >= 200:
            self._head_left = -1
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.exception() is not None and self._payload is not None:
            # aiohttp tells a broken chunk to the next response only; this one would wait for ever.
            self._payload.set_exception(aiohttp.ClientPayloadError("the body is broken"))
        if self._head_left < 0:
            return
        self._head_left -= min(len(data), self._head_left)
        if self._head_left == 0 and self.transport is not None:
            self.transport.close()
            self.set_exception(HttpProcessingError(code=400, message="the head has no end"))


class GuardedDownloadHandler(AiohttpDownloadHandler):
    """Connects only where the guard allows; adds provider keys out of sight of log and archive.

    aiohttp asks `socket_factory` for a socket with the resolved address it is about to connect
    to: the one place that redirects, DNS answers and odd spellings all have to pass. Scrapy's
    Twisted handler has no such place. Settings: ALLOWED_ADDRESSES (IP:PORT), TRUSTED_URLS (an
    explicit proxy, a self-hosted search engine), PROVIDER_KEYS, OFFLINE.
    """

    # Scrapy warns that its aiohttp handler is experimental; the settings say why we use it.
    experimental: ClassVar[bool] = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._offline = settings.getbool("OFFLINE")
        self._keys: dict[str, str] = settings.getdict("PROVIDER_KEYS")
        rules = AddressRules.of(
            settings.getlist("ALLOWED_ADDRESSES"), *settings.getlist("TRUSTED_URLS")
        )
        self._unguarded = self._session
        self._session = _session(rules, self._pool_size_total, self._pool_size_per_host)

    async def close(self) -> None:
        await self._unguarded.close()
        await super().close()

    @asynccontextmanager
    async def _make_request(
        self, request: Request, timeout: float
    ) -> AsyncIterator[_ClientResponse]:
        if self._offline:
            raise Refused("the network is off in an offline run")
        check_url(request.url)
        try:
            async with super()._make_request(self._with_secret(request), timeout) as response:
                yield response
        except (
            CannotResolveHostError,
            DownloadConnectionRefusedError,
            DownloadFailedError,
            DownloadTimeoutError,
        ) as error:
            # Never the library's own words: they hold the address with the key in it.
            raise _plain(error, timeout) from None

    def _with_secret(self, request: Request) -> Request:
        """The request with its key, for the wire only: the Request object never holds it."""
        secret = request.meta.get("secret")
        if not secret or secret.get("env") is None:
            return request
        key = self._keys.get(secret["env"], "")
        if "param" in secret:
            joint = "&" if "?" in request.url else "?"
            return request.replace(
                url=f"{request.url}{joint}{secret['param']}={quote(key, safe='')}"
            )
        value = secret.get("format", "{key}").format(
            key=key, base64=base64.b64encode(key.encode()).decode()
        )
        headers = request.headers.copy()
        headers[secret["header"]] = value
        return request.replace(headers=headers)


def _session(rules: AddressRules, total: int, per_host: int) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=total, limit_per_host=per_host, socket_factory=rules.make_socket
    )
    loop = asyncio.get_running_loop()
    connector._factory = lambda: _BoundedProtocol(loop)  # type: ignore[assignment]
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        response_class=_ClientResponse,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        max_field_size=_MAX_FIELD,
        max_headers=_MAX_HEADERS,
    )
    session._retry_connection = False  # how often we ask is for RETRY_TIMES alone to say
    return session


def _plain(error: Exception, timeout: float) -> Exception:
    """The same failure in words that name no address and quote nothing of the answer."""
    cause = error.__cause__
    if isinstance(error, DownloadTimeoutError):
        return DownloadTimeoutError(f"no complete answer within {timeout:.0f} s")
    if isinstance(error, CannotResolveHostError):
        return CannotResolveHostError("the host name does not resolve")
    if isinstance(error, DownloadConnectionRefusedError):
        reason = getattr(cause, "os_error", None)
        if isinstance(reason, RefusedAddress):
            return Refused(str(reason))
        if isinstance(cause, aiohttp.ClientSSLError):
            return DownloadConnectionRefusedError("no secure connection (TLS) came about")
        return DownloadConnectionRefusedError("the connection was refused")
    if isinstance(cause, aiohttp.ClientResponseError):
        return BrokenAnswer("the head of the answer is broken or too large")
    return DownloadFailedError(f"the connection broke ({type(cause).__name__})")
