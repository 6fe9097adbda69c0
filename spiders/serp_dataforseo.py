"""Google results from DataForSEO."""

from __future__ import annotations

import re
from typing import ClassVar

from scrapy.http import JsonRequest

from crawler.errors import ConfigError
from spiders.base.serp import SerpSpider

# ISO 3166 numbers: DataForSEO's code of a country is 2000 + its number.
_NUMBERS = dict(
    re.findall(
        r"(\w\w):(\d+)",
        "ae:784 ar:32 at:40 au:36 ba:70 bd:50 be:56 bg:100 bo:68 br:76 ca:124 ch:756 cl:152 "
        "co:170 cr:188 cy:196 cz:203 de:276 dk:208 do:214 dz:12 ec:218 ee:233 eg:818 es:724 "
        "fi:246 fr:250 gb:826 ge:268 gh:288 gr:300 gt:320 hk:344 hr:191 hu:348 id:360 ie:372 "
        "il:376 in:356 iq:368 is:352 it:380 jo:400 jp:392 ke:404 kr:410 kw:414 kz:398 lb:422 "
        "lk:144 lt:440 lu:442 lv:428 ma:504 mn:496 mt:470 mx:484 my:458 ng:566 nl:528 no:578 "
        "nz:554 om:512 pa:591 pe:604 ph:608 pk:586 pl:616 pt:620 py:600 qa:634 ro:642 rs:688 "
        "sa:682 se:752 sg:702 si:705 sk:703 sn:686 sv:222 th:764 tn:788 tr:792 tw:158 tz:834 "
        "ua:804 ug:800 uk:826 us:840 uy:858 uz:860 ve:862 vn:704 za:710 ",
    )
)


class SerpDataforseoSpider(SerpSpider):
    """DataForSEO reads Google's result page: JSON, DATAFORSEO_CREDENTIALS is "login:password".

    One request brings the whole depth. Needs a country; without one the United States are asked.
    """

    name = "serp_dataforseo"
    parser = "dataforseo"
    key_env = "DATAFORSEO_CREDENTIALS"
    secret: ClassVar = {"header": "Authorization", "format": "Basic {base64}"}
    max_pages = 1

    def search_request(self, query: str, page: int) -> JsonRequest:
        country = self.country or "us"
        if country not in _NUMBERS:
            raise ConfigError(f"serp_dataforseo does not know country {country!r}")
        task = {
            "keyword": query,
            "location_code": 2000 + int(_NUMBERS[country]),
            "language_code": self.language or "en",
            "device": self.device,
            "depth": self.depth,
        }
        url = "https://api.dataforseo.com/v3/serp/google/organic/live/advanced"
        return JsonRequest(url, data=[task])
