"""Google results from a Programmable Search Engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from crawler.errors import ConfigError
from spiders.base.serp import SerpSpider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy import Request

    from crawler.items import Search

CLOSES = "2027-01-01"


class SerpGoogleCseSpider(SerpSpider):
    """Google's Custom Search JSON API, which closes on 2027-01-01: plan for another provider.

    Key in GOOGLE_CSE_KEY; the search engine's id is the argument `cse_id` or GOOGLE_CSE_CX. 100
    searches a day are free, 10 results a request, 100 at most. The engine must search the whole
    web, else its ranks are not Google's.
    """

    name = "serp_google_cse"
    parser = "google-cse"
    key_env = "GOOGLE_CSE_KEY"
    secret: ClassVar = {"param": "key"}

    def __init__(self, cse_id: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cse_id = cse_id

    async def start(self) -> AsyncIterator[Request | Search]:
        self.logger.warning("Google closes this API on %s; choose another provider", CLOSES)
        self.cse_id = self.cse_id or self.settings.getdict("PROVIDER_KEYS").get("GOOGLE_CSE_CX", "")
        async for entry in super().start():
            yield entry

    def search_url(self, query: str, page: int) -> str:
        if not self.cse_id:
            raise ConfigError("serp_google_cse has no search engine id; set GOOGLE_CSE_CX")
        asked = {"q": query, "cx": self.cse_id, "num": 10, "start": (page - 1) * 10 + 1}
        if self.country:
            asked["gl"] = self.country
        if self.language:
            asked["hl"] = self.language
        return f"https://customsearch.googleapis.com/customsearch/v1?{urlencode(asked)}"
