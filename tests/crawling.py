"""Run a spider to its end in this process, with the product's settings, against loopback."""

from __future__ import annotations

import asyncio

from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from crawler.politeness import failure_state


def settings_for(*sites, **values):
    """crawler.settings without delays, allowing just the given loopback sites."""
    made = Settings()
    made.setmodule("crawler.settings", priority="project")
    made.setdict(
        {
            "SPIDER_MODULES": [],  # spiders are given as classes here
            "DOWNLOAD_DELAY": 0,
            "AUTOTHROTTLE_START_DELAY": 0,
            "ALLOWED_ADDRESSES": [site.address for site in sites],
            **values,
        },
        priority="cmdline",
    )
    return made


def run_spider(spider, settings, **arguments):
    """(items, stats) of a crawl."""
    items = []

    async def go():
        runner = AsyncCrawlerRunner(settings)
        crawler = runner.create_crawler(spider)
        take = lambda item, response, spider: items.append(item)  # noqa: E731
        crawler.signals.connect(take, signal=signals.item_scraped)
        await runner.crawl(crawler, **arguments)
        return dict(crawler.stats.get_stats())

    stats = asyncio.run(go())
    return items, stats


class FetchSpider(Spider):
    """Fetches addresses one after the other; yields {url, state, reason, status, body}."""

    name = "fetch"

    def __init__(self, urls=(), meta=None, **kwargs):
        super().__init__(**kwargs)
        self.urls = list(urls)
        self.meta = meta or {}

    async def start(self):
        for request in self.next_request():
            yield request

    def next_request(self):
        if self.urls:
            yield Request(self.urls.pop(0), self.parse, errback=self.failed, meta=dict(self.meta))

    def parse(self, response):
        yield {"url": response.url, "state": "ok", "status": response.status, "body": response.body,
               "cached": "cached" in response.flags}  # fmt: skip
        yield from self.next_request()

    def failed(self, failure):
        state, reason = failure_state(failure.value)
        yield {"url": failure.request.url, "state": state, "reason": reason}
        yield from self.next_request()
