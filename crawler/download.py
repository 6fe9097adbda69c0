"""The download handler: Scrapy's aiohttp one with our guard at the connect and keys put in last."""

from __future__ import annotations

import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

import aiohttp
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler, _ClientResponse
from scrapy.exceptions import DownloadConnectionRefusedError, NotConfigured

from crawler.errors import Refused
from crawler.guard import AddressRules, RefusedAddress, check_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy import Request
    from scrapy.crawler import Crawler

__all__ = ["GuardedDownloadHandler", "StudyProxyMiddleware"]


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
        old = self._session.connector
        if old is None:
            raise NotConfigured("the HTTP session has no connector")
        self._session._connector = aiohttp.TCPConnector(
            limit=self._pool_size_total,
            limit_per_host=self._pool_size_per_host,
            socket_factory=rules.make_socket,
        )
        self._unused_connector = old

    async def close(self) -> None:
        await self._unused_connector.close()
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
        except DownloadConnectionRefusedError as error:
            cause = getattr(error.__cause__, "os_error", None)
            if isinstance(cause, RefusedAddress):
                raise Refused(str(cause)) from None
            raise

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
