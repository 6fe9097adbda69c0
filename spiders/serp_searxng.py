"""Search results from a self-hosted SearXNG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from crawler.errors import ConfigError
from spiders.base.serp import SerpSpider

if TYPE_CHECKING:
    from scrapy.http import Response


class SerpSearxngSpider(SerpSpider):
    """SearXNG on your own machine: JSON, no key, no quota; joins several search engines.

    Needs `searxng_url`; the instance must list `json` under `search: formats:` of its
    settings.yml, otherwise it answers 403. Ranks are SearXNG's, joined from its engines.
    """

    name = "serp_searxng"
    parser = "searxng"

    def __init__(self, searxng_url: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        parts = urlsplit(searxng_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                f"searxng_url of serp_searxng is {searxng_url!r}; "
                "give the address of your SearXNG, like http://127.0.0.1:8888"
            )
        self.searxng_url = searxng_url.rstrip("/").removesuffix("/search")

    def search_url(self, query: str, page: int) -> str:
        asked = {"q": query, "format": "json", "categories": "general", "pageno": page}
        if self.language:
            region = f"-{self.country.upper()}" if self.country else ""
            asked["language"] = self.language + region
        return f"{self.searxng_url}/search?{urlencode(asked)}"

    def explain(self, response: Response) -> str:
        if response.status == 403:
            return "add json to the search formats in SearXNG's settings.yml"
        return super().explain(response)
