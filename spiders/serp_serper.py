"""Google results from Serper."""

from __future__ import annotations

from typing import ClassVar

from scrapy.http import JsonRequest

from spiders.base.serp import SerpSpider


class SerpSerperSpider(SerpSpider):
    """serper.dev reads Google's result page: JSON, key in SERPER_API_KEY, 10 results a request."""

    name = "serp_serper"
    parser = "serper"
    key_env = "SERPER_API_KEY"
    secret: ClassVar = {"header": "X-API-KEY", "format": "{key}"}

    def search_request(self, query: str, page: int) -> JsonRequest:
        asked = {"q": query, "page": page, "num": 10}
        if self.country:
            asked["gl"] = self.country
        if self.language:
            asked["hl"] = self.language
        return JsonRequest("https://google.serper.dev/search", data=asked)
