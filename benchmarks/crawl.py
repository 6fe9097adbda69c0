"""CPU per page of the whole crawl against bare Scrapy with LinkExtractor, on the same site.

Ours fetches, parses, runs every extractor, scores links, archives and stores; bare Scrapy
fetches and follows links. Both visit the same number of pages of a loopback shop, in turn.

    python -m benchmarks.crawl [--pages 200] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BARE = """
import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.linkextractors import LinkExtractor

class Bare(scrapy.Spider):
    name = "bare"
    extractor = LinkExtractor()
    async def start(self):
        yield scrapy.Request({url!r})
    def parse(self, response):
        yield {{"url": response.url, "title": response.css("title::text").get()}}
        for link in self.extractor.extract_links(response):
            yield scrapy.Request(link.url)

process = AsyncCrawlerProcess(dict(
    LOG_LEVEL="ERROR", CLOSESPIDER_PAGECOUNT={pages}, CONCURRENT_REQUESTS=1,
    TELNETCONSOLE_ENABLED=False, REMOTE_CONTROL_ENABLED=False))
process.crawl(Bare)
process.start()
"""

OURS = """
from pathlib import Path
from crawler.app.crawls import crawl
from crawler.db import open_db, brand_id
from crawler.settings import SPIDER_MODULES
from scrapy.settings import Settings
from spiders.base import frontier

home = Path({home!r})
db = open_db(home / "cxscout.db")
db.execute("insert into studies values (1, 's', null, 'file', null, null, '{{}}', '')")
db.execute("insert into runs (id, study_id, state, stage, started_at, method_version, settings) "
           "values (1, 1, 'running', 'crawl', '', '1', '{{}}')")
db.execute("insert into brands (id, run_id, study_id, domain, host, role, class, reason) values "
           "(?, 1, 1, '127.0.0.1', '127.0.0.1', 'competitor', 'competitor', '')",
           [brand_id(1, "127.0.0.1")])
db.close()
# The whole site is wanted here, so the cap of a path prefix must not end the visit.
frontier.Frontier.per_prefix = frontier.Frontier.per_prefix_help = 10**6
settings = Settings()
settings.setmodule("crawler.settings", priority="project")
settings.setdict(dict(
    DOWNLOAD_DELAY=0, AUTOTHROTTLE_START_DELAY=0, ALLOWED_ADDRESSES=[{address!r}],
    DATABASE=str(home / "cxscout.db"), RUN_ID=1, ARCHIVE_DIR=str(home / "archive"),
    HTTPCACHE_ENABLED=True), priority="cmdline")
crawl(settings, "site", [dict(domain="127.0.0.1", seeds={url!r}, pages={pages}, max_mb=5000)])
db = open_db(home / "cxscout.db")
stored = next(db.query("select count(*) as n from pages where state = 'ok'"))["n"]
assert stored == {pages}, stored
"""


def cpu_s(code: str) -> float:
    """CPU seconds of a Python program, start-up included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "NO_PROXY": "*"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def per_page_ms(template: str, port: int, pages: int) -> float:
    """Marginal CPU milliseconds a page: a long crawl minus a one-page crawl."""
    costs = []
    for count in (1, pages):
        with tempfile.TemporaryDirectory() as home:
            code = template.format(
                home=home, address=f"127.0.0.1:{port}", url=f"http://127.0.0.1:{port}/", pages=count
            )
            costs.append(cpu_s(code))
    return (costs[1] - costs[0]) / (pages - 1) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    shop = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.shop", "300"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert shop.stdout is not None
    try:
        port = int(shop.stdout.readline())
        rounds = [
            (per_page_ms(OURS, port, args.pages), per_page_ms(BARE, port, args.pages))
            for _ in range(args.rounds)
        ]
    finally:
        shop.communicate()
    result = {
        "pages": args.pages,
        "cxscout_ms": round(statistics.median(ours for ours, _ in rounds), 2),
        "bare_scrapy_ms": round(statistics.median(bare for _, bare in rounds), 2),
        "ratio": round(statistics.median(ours / bare for ours, bare in rounds), 3),
    }
    if args.json:
        print(json.dumps(result))
    else:
        print(
            f"{result['pages']} pages: cxscout {result['cxscout_ms']} ms a page (fetch, parse, "
            f"extract, links, archive, store), bare Scrapy with LinkExtractor "
            f"{result['bare_scrapy_ms']} ms; ratio {result['ratio']}"
        )


if __name__ == "__main__":
    main()
