"""DuckDuckGo results through the ddgs library."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from crawler.errors import ConfigError
from spiders.base.serp import SerpSpider
from spiders.extract.serp import parse_serp
from spiders.extract.serp.parsed import ParsedSerp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy import Request

    from crawler.items import Search

_TIMEOUT_S = 20
_ENGINE = "duckduckgo"


class SerpDdgsSpider(SerpSpider):
    """DuckDuckGo without a key, through the library ddgs (`pip install 'cxscout[ddgs]'`).

    For trying out, a few keywords at a time: DuckDuckGo soon refuses more. The one exception to
    "all requests go through Scrapy": the library fetches in a thread, so these answers are not in
    the archive. It is only asked for the page; its own order of results is not a ranking.
    """

    name = "serp_ddgs"
    max_pages = 3

    def __init__(self, proxy: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.proxy = proxy

    async def start(self) -> AsyncIterator[Request | Search]:
        pause = self.settings.getfloat("DOWNLOAD_DELAY")
        for number, keyword in enumerate(self.keywords):
            if number:
                await asyncio.sleep(pause)
            search = self._new_search(keyword)
            page = 1
            while True:
                found = await asyncio.to_thread(self._look, keyword, page)
                step = self._add(search, found, page)
                if step is search:
                    break
                page += 1
                await asyncio.sleep(pause)
            yield search

    def search_url(self, query: str, page: int) -> str:
        """Only a name for the page in messages; the library does the asking."""
        return f"https://html.duckduckgo.com/html/#{page}"

    def _look(self, keyword: str, page: int) -> ParsedSerp:
        if self.settings.getbool("OFFLINE"):
            return ParsedSerp(_ENGINE, state="error", reason="the network is off")
        try:
            body = self.fetch(keyword, page)
        except ConfigError as error:
            return ParsedSerp(_ENGINE, state="error", reason=str(error))
        except Exception as error:  # the library raises what its HTTP client raises
            return ParsedSerp(_ENGINE, state="error", reason=f"{type(error).__name__}: {error}")
        if not body:
            return ParsedSerp(_ENGINE, state="blocked", reason="DuckDuckGo refused to answer")
        return parse_serp("duckduckgo-html", body.encode())

    def fetch(self, keyword: str, page: int) -> str | None:
        """The result page as HTML, None when the answer was not 200."""
        try:
            from ddgs.engines import ENGINES  # noqa: PLC0415  # optional and heavy
        except ImportError as error:
            raise ConfigError("provider ddgs needs: pip install 'cxscout[ddgs]'") from error
        engine = ENGINES["text"][_ENGINE](proxy=self.proxy, timeout=_TIMEOUT_S)
        asked = engine.build_payload(
            query=keyword,
            region=f"{self.country or 'wt'}-{self.language or 'wt'}",
            safesearch="moderate",
            timelimit=None,
            page=page,
        )
        return engine.request(engine.search_method, engine.search_url, data=asked)
