"""Search results from the Brave Search API."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from spiders.base.serp import SerpSpider

_LANGUAGES = {"zh": "zh-hans", "pt": "pt-pt", "ja": "jp", "no": "nb"}  # Brave's own codes


class SerpBraveSpider(SerpSpider):
    """Brave's own index: JSON, key in BRAVE_API_KEY, 20 results a request, 10 pages at most."""

    name = "serp_brave"
    parser = "brave"
    key_env = "BRAVE_API_KEY"
    secret: ClassVar = {"header": "X-Subscription-Token", "format": "{key}"}

    def search_url(self, query: str, page: int) -> str:
        asked = {"q": query, "count": 20, "offset": page - 1, "text_decorations": "false"}
        if self.country:
            asked["country"] = self.country.upper()
        if self.language:
            asked["search_lang"] = _LANGUAGES.get(self.language, self.language)
        return f"https://api.search.brave.com/res/v1/web/search?{urlencode(asked)}"
