"""Google results from SerpApi."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from spiders.base.serp import SerpSpider


class SerpSerpapiSpider(SerpSpider):
    """SerpApi reads Google's result page: JSON, key in SERPAPI_API_KEY, 10 results a request."""

    name = "serp_serpapi"
    parser = "serpapi"
    key_env = "SERPAPI_API_KEY"
    secret: ClassVar = {"param": "api_key"}

    def search_url(self, query: str, page: int) -> str:
        asked = {"engine": "google", "q": query, "start": (page - 1) * 10, "device": self.device}
        if self.country:
            asked["gl"] = self.country
        if self.language:
            asked["hl"] = self.language
        return f"https://serpapi.com/search.json?{urlencode(asked)}"
