"""CPU of one more page in the browser: ours and scrapy-playwright's, on the same loopback pages.

    python -m benchmarks.render_cost [--pages 20] [--reference PYTHON] [--json]

Pages have 30 KB of text, 12 requests of their own and a chat loaded in one of the ways of
`tests/widgets`. Each lane runs once with 1 page and once with all; the difference is what a page
costs, the start of the browser apart. CPU is that of all processes below, read from /proc.
scrapy-playwright (BSD) aborts images, fonts and media; PYTHON is an interpreter that has it (with
Scrapy). Where there is none, its figure is a constant measured earlier.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.shop import page as shop_page
from tests.loopback import Answer, serve
from tests.widgets.pages import BEHAVIOURS, page

# With 0.0.48, 40 pages with 12 sub-requests each on 2 cores, the start of the browser apart.
SCRAPY_PLAYWRIGHT_MS = 303.0
_HOST = "http://shop.example"
_TICKS = os.sysconf("SC_CLK_TCK")

_REFERENCE = """
import sys, scrapy
from scrapy.crawler import CrawlerProcess
urls, browser = sys.argv[2:], sys.argv[1]
class S(scrapy.Spider):
    name = "s"
    custom_settings = {
        "DOWNLOAD_HANDLERS": {"http": "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"},
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {"executable_path": browser, "args": [
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage"]},
        "PLAYWRIGHT_ABORT_REQUEST": lambda r: r.resource_type in ("image", "font", "media"),
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 4, "CONCURRENT_REQUESTS": 4,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 4, "DOWNLOAD_DELAY": 0, "LOG_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False}
    async def start(self):
        for url in urls:
            yield scrapy.Request(url, meta={"playwright": True})
    def parse(self, response):
        yield {"title": response.css("title::text").get()}
process = CrawlerProcess()
crawler = process.create_crawler(S)
process.crawl(crawler)
process.start()
print(crawler.stats.get_value("item_scraped_count"))
"""


def pages_for(count: int) -> dict[str, Answer]:
    """Path -> answer: so many pages, and the scripts, sheets and pictures they ask for."""
    noise = random.Random(1)
    script = "(() => { const a = []; for (let i = 0; i < 20000; i++) a.push(i * i) })();"
    sheet = "".join(f".c{k}{{color:#{k:06x};margin:{k % 9}px}}" for k in range(600))
    kinds = {
        "js": (4, script + "// " + "text " * 4000, "text/javascript"),
        "css": (2, sheet, "text/css"),
        "png": (4, noise.randbytes(20_000), "image/png"),
        "woff2": (1, noise.randbytes(20_000), "font/woff2"),
        "json": (1, "{}", "application/json"),
    }
    answers = {
        f"/part{k}.{kind}": Answer(body, content_type=media)
        for kind, (many, body, media) in kinds.items()
        for k in range(many)
    }
    head = (
        "".join(f"<script src=/part{k}.js></script>" for k in range(4))
        + "".join(f"<link rel=stylesheet href=/part{k}.css>" for k in range(2))
        + "".join(f"<img src=/part{k}.png>" for k in range(4))
        + "<style>@font-face{font-family:q;src:url(/part0.woff2)}body{font-family:q}</style>"
        + "<script>fetch('/part0.json')</script>"
    )
    for k in range(count):
        widget = page(BEHAVIOURS[k % len(BEHAVIOURS)]).split("</p>", 1)[1]
        text = shop_page(k, count).decode()
        body = text.replace("<body>", f"<body>{head}").replace("</body>", f"{widget}</body>")
        answers[f"/p{k}"] = Answer(body)
    return answers


def cost(count: int, browser: str, reference: str | None = None) -> dict[str, Any]:
    """Milliseconds of CPU of a page in both lanes, and which reference was used."""
    answers = pages_for(count)
    with serve(answers | {_HOST + path: answer for path, answer in answers.items()}) as site:
        ours = [
            sys.executable, "-m", "benchmarks.render_cost", "--child", site.url(""), "--pages",
        ]  # fmt: skip
        mine = _of_one_page(lambda n: [*ours, str(n)], count)
        python = reference or _has_reference()
        if python is None:
            theirs, source = SCRAPY_PLAYWRIGHT_MS, "constant, measured earlier"
        else:
            args = [python, "-W", "ignore", "-c", _REFERENCE, browser]
            theirs = _of_one_page(lambda n: [*args, *(site.url(f"/p{k}") for k in range(n))], count)
            source = "scrapy-playwright in the same run, images, fonts and media aborted"
    return {
        "cpu_ms_per_rendered_page": round(mine),
        "scrapy_playwright_cpu_ms": round(theirs),
        "scrapy_playwright_reference": source,
        "cpu_per_rendered_page_over_scrapy_playwright": round(mine / theirs, 2),
    }


def _has_reference() -> str | None:
    return sys.executable if importlib.util.find_spec("scrapy_playwright") else None


def _of_one_page(command: Any, count: int) -> float:
    one, every = tree_cpu(command(1)), tree_cpu(command(count))
    return 1000 * (every - one) / (count - 1)


def tree_cpu(command: list[str]) -> float:
    """Run a command; CPU seconds of it and of everything below it, looked at 20 times a second."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    latest: dict[int, float] = {}
    known = {process.pid}
    while process.poll() is None:
        for pid, parent, seconds in _processes():
            if pid in known or parent in known:
                known.add(pid)
                latest[pid] = seconds
        time.sleep(0.05)
    if process.returncode:
        raise RuntimeError(f"{command[:4]} ended with {process.returncode}")
    return sum(latest.values())


def _processes() -> list[tuple[int, int, float]]:
    found = []
    for path in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            fields = (path / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        found.append((int(path.name), int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS))
    return found


def _render(proxy: str, count: int) -> None:
    """Our lane: the spider as the product runs it, without delays."""
    from scrapy.crawler import AsyncCrawlerRunner  # noqa: PLC0415  only the child needs it

    from tests.crawling import settings_for  # noqa: PLC0415

    async def go() -> None:
        settings = settings_for(HTTP_PROXY=proxy, LOG_ENABLED=False, SPIDER_MODULES=["spiders"])
        crawler = AsyncCrawlerRunner(settings).create_crawler("chatbot")
        urls = "\n".join(f"{_HOST}/p{k}" for k in range(count))
        await AsyncCrawlerRunner(settings).crawl(crawler, domain="shop.example", sample=urls)

    asyncio.run(go())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--reference", help="a Python with scrapy-playwright")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        _render(args.child, args.pages)
        return
    from crawler.browser import find_browser  # noqa: PLC0415  the children need no copy

    browser = find_browser()
    if browser is None:
        sys.exit("no browser found")
    result = cost(args.pages, browser, args.reference)
    print(json.dumps(result) if args.json else "\n".join(f"{k:48} {v}" for k, v in result.items()))


if __name__ == "__main__":
    main()
