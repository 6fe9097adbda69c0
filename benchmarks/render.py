"""Adaptive rendering against rendering everything and against no browser at all.

    python -m benchmarks.render [FOLDER] [--market NAME] [--all 12] [--growth 500] [--minutes 15]
                                [--again] [--json]

Three kinds of markets in one run: the render set (a shop for each way of loading in
`tests/widgets`, whose other pages need no browser), the built-in sample market and, with FOLDER,
labelled markets as for `benchmarks.markets`. Only by name: `--market one-platform`, shops that
share a template. A study runs as usual (adaptive); then the pages of
each brand, at most `--all` evenly drawn ones, are opened in a painted browser whatever they show,
in a measured child process. Widgets are counted as (brand, vendor), `mentioned` apart. HTTP only is
the same run without its render stage. Memory is that of all processes, each page of it shared out
among those that have it. The cost of a page is that of `benchmarks.render_cost`; growth is measured
over 500 pages in one browser, or as many as `--minutes` allow.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.labelled_market import labelled_market
from benchmarks.render_cost import cost
from crawler.app.demo import sample_study
from crawler.app.runs import RunFailed, run_study, utc_now
from crawler.app.sample.server import running
from crawler.app.studies import add_study
from crawler.browser import find_browser
from crawler.config import Keyword, Settings, Study
from crawler.db import Database, open_db
from tests.crawling import settings_for
from tests.loopback import Answer, serve
from tests.widgets.pages import BEHAVIOURS, files, page

Widgets = set[tuple[str, str]]


@contextmanager
def render_set(home: Path) -> Iterator[Study]:
    """A shop of 16 pages for each way of loading; the widget is on its start page only."""
    routes: dict[str, Any] = {}
    hosts = [f"shop{n}.example" for n in range(len(BEHAVIOURS))]
    for host, behaviour in zip(hosts, BEHAVIOURS, strict=True):
        links = "".join(f"<a href='/p{k}'>Cup {k}</a> " for k in range(15))
        routes[f"http://{host}/"] = Answer(f"{page(behaviour)}<p>{links}</p>")
        for name, text in files(behaviour).items():
            routes[f"http://{host}/{name}"] = Answer(text, content_type="text/javascript")
        for k in range(15):
            words = f"<title>Cup {k}</title><h1>Cup {k}</h1><p>A cup of {k} parts. " * 3
            routes[f"http://{host}/p{k}"] = Answer(f"<!doctype html><html lang=en>{words}{links}")
    with _served(routes, hosts) as study:
        yield study


@contextmanager
def one_platform(home: Path) -> Iterator[Study]:
    """Twelve shops of one platform, 37 pages each, a tag manager on all; what learning spares.

    Eight have no chat, three have one on the start page, and the last on its contact page only.
    """
    routes: dict[str, Any] = {}
    hosts = [f"cup{n}.example" for n in range(12)]
    head = (
        "<!doctype html><html lang=en><script src=https://cdn.shopify.com/s/files/1/theme.js>"
        "</script><script src=https://www.googletagmanager.com/gtm.js?id=GTM-1></script>"
    )
    paths = ["", "contact", "help", "faq", *(f"products/{k}" for k in range(33))]
    links = "".join(f"<a href='/{path}'>{path or 'home'}</a> " for path in paths)
    for n, host in enumerate(hosts):
        with_chat = {"contact"} if n == 11 else {""} if n % 4 == 1 else set()
        for path in paths:
            words = f"<title>{path or 'Cups'}</title><h1>{path or 'Cups'}</h1>" + "<p>A cup. " * 60
            chat = page(BEHAVIOURS[n]) if path in with_chat else ""
            routes[f"http://{host}/{path}"] = Answer(f"{head}{words}{links}{chat}")
    with _served(routes, hosts) as study:
        yield study


@contextmanager
def _served(routes: dict[str, Any], hosts: list[str]) -> Iterator[Study]:
    """A study of these hosts, which a search engine on the same loopback port finds."""
    hits = [{"title": host, "url": f"http://{host}/", "content": "cups"} for host in hosts]
    found = Answer(json.dumps({"results": hits}), content_type="application/json")

    def search(handler: Any) -> Answer:
        return found

    class Routes(dict[str, Any]):
        """Any address of the search engine answers the same list."""

        def get(self, key: str, default: Any = None) -> Any:
            return search if key.startswith("http://searx.example/") else super().get(key, default)

    with serve(Routes(routes)) as site:
        yield Study(
            name="render",
            brand=hosts[0],
            keywords=(Keyword("cups"),),
            provider="searxng",
            searxng_url="http://searx.example",
            proxy=site.url(""),
            competitors=len(hosts) - 1,
            delay=0.0,
        )


def compare(study: Study, home: Path, most: int, *, again: bool) -> dict[str, Any]:
    """All figures of one market."""
    settings = Settings(home=home)
    db = open_db(settings.database)
    add_study(db, study, utc_now())
    stages = _Stages()
    with _watched(lambda: stages.now) as memory:
        stages.begin()
        try:
            run_study(settings, study.name, watch=stages.watch)
        except RunFailed:  # a later stage may fail: what was rendered counts
            if not list(db.query("select 1 from visits where stage = 'render'")):
                raise
        stages.end()
    pages = list(
        db.query(
            "select b.domain, p.url, p.rendered from pages p join brands b on b.id = p.brand_id "
            "where p.state = 'ok' order by b.domain, p.depth, p.url"
        )
    )
    static = [row for row in pages if not row["rendered"]]
    jobs = [
        {
            "domain": domain,
            "urls": _spread([r["url"] for r in static if r["domain"] == domain], most),
        }
        for domain in sorted({row["domain"] for row in static})
    ]
    failed = list(
        db.query("select url, reason from pages where rendered = 1 and state != 'ok' order by url")
    )
    notes = [r["reason"] for r in db.query("select reason from visits where stage = 'render'")]
    every = _child({"jobs": jobs, "proxy": study.proxy})
    http_s = stages.seconds - stages.by_name["render"]
    http = _stored(db, "phase = 'static'")
    adaptive = _stored(db, "1 = 1")
    return {
        "pages": len(static),
        "rendered": len(pages) - len(static),
        "notes": notes,
        "failed": [f"{row['url']} {row['reason']}" for row in failed],
        "widgets_http": http,
        "widgets_adaptive": adaptive,
        "widgets_all": {tuple(pair) for pair in every["widgets"]} | http,
        "all_pages": sum(len(job["urls"]) for job in jobs),
        "visit_s": every["wall_s"],
        "http_wall_s": http_s,
        "adaptive_wall_s": stages.seconds,
        "all_wall_s": http_s + every["wall_s"],
        "http_peak_mb": max((mb for stage, mb in memory if stage != "render"), default=0),
        "adaptive_peak_mb": max((mb for _, mb in memory), default=0),
        "all_peak_mb": every["peak_mb"],
    } | ({"again": _again(settings, study, db)} if again else {})


class _Stages:
    """How long each stage of a run takes, told a few times a second by `watch`."""

    def __init__(self) -> None:
        self.now = ""
        self.by_name: defaultdict[str, float] = defaultdict(float)

    def begin(self) -> None:
        self._since = time.monotonic()

    def watch(self, db: Database, run_id: int, stage: str) -> None:
        if stage != self.now:
            self.end()
            self.now = stage

    def end(self) -> None:
        at = time.monotonic()
        self.by_name[self.now] += at - self._since
        self._since = at

    @property
    def seconds(self) -> float:
        return sum(self.by_name.values())


def _again(settings: Settings, study: Study, db: Database) -> int:
    """Pages that a second run of the study opens, after what the first one learned."""
    number = run_study(settings, study.name)
    query = "select count(*) as n from pages where run_id = ? and rendered = 1 and state = 'ok'"
    return int(next(iter(db.query(query, [number])))["n"])


def _spread(urls: list[str], most: int) -> list[str]:
    """The first page and others at even distances."""
    step = max(1.0, len(urls) / most)
    return list(dict.fromkeys(urls[int(k * step)] for k in range(min(most, len(urls)))))


def _stored(db: Database, where: str) -> Widgets:
    rows = db.query(
        "select distinct b.domain, c.vendor from chat_widgets c join brands b on b.id = c.brand_id "
        f"where c.evidence != 'mentioned' and {where}"
    )
    return {(row["domain"], row["vendor"]) for row in rows}


def growth(pages: int, minutes: float) -> dict[str, Any]:
    """How memory grows over so many pages in one browser, after the first tenth.

    The program itself, which other browsers of the machine share and unshare, is left out.
    """
    routes = {
        f"http://shop.example/p{k}": Answer(page(BEHAVIOURS[k % len(BEHAVIOURS)]))
        for k in range(pages)
    }
    with serve(routes) as site:
        jobs = [{"domain": "shop.example", "urls": list(routes)}]
        every = _child({"jobs": jobs, "proxy": site.url(""), "painted": "", "minutes": minutes})
    return {
        "rss_growth": _growth(every["own_mb"]),
        "rss_growth_pages": every["pages"],
        "rss_growth_browsers": every["browsers"],
        "rss_mb": [round(mb) for mb in every["own_mb"]],
    }


# -- the child that opens everything


def _child(work: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.render", "--child"],
        input=json.dumps(work), text=True, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def render_all(work: dict[str, Any]) -> dict[str, Any]:
    """Open every page of every job, one browser a brand, and say what it took."""
    from scrapy import signals  # noqa: PLC0415  the parent needs neither
    from scrapy.crawler import AsyncCrawlerRunner  # noqa: PLC0415

    widgets: set[tuple[str, str]] = set()
    told: Counter[str] = Counter()
    begin = time.monotonic()
    until = begin + 60 * work.get("minutes", 600.0)

    async def go() -> None:
        runner = AsyncCrawlerRunner(settings_for(HTTP_PROXY=work["proxy"], LOG_ENABLED=False,
                                                 SPIDER_MODULES=["spiders"]))  # fmt: skip
        for job in work["jobs"]:
            crawler = runner.create_crawler("chatbot")

            def take(item: Any, response: Any, spider: Any) -> None:
                told["pages"] += 1
                widgets.update(
                    (item.brand, chat.vendor)
                    for chat in item.observations.chat
                    if chat.evidence != "mentioned"
                )
                if time.monotonic() > until:
                    for brand in spider._brands:
                        brand.sample.clear()

            crawler.signals.connect(take, signal=signals.item_scraped)
            await runner.crawl(
                crawler,
                domain=job["domain"],
                sample="\n".join(job["urls"]),
                painted=work.get("painted", "yes"),
            )
            told["browsers"] += crawler.stats.get_value("chatbot/browsers", 0)

    with _watched(lambda: "", _own_kb) as own, _watched(lambda: "") as memory:
        asyncio.run(go())
    return {
        "widgets": sorted(widgets),
        "pages": told["pages"],
        "browsers": told["browsers"],
        "wall_s": round(time.monotonic() - begin, 1),
        "peak_mb": max((mb for _, mb in memory), default=0),
        "own_mb": [mb for _, mb in own],
    }


@contextmanager
def _watched(
    stage: Callable[[], str], weigh: Callable[[int], int] | None = None
) -> Iterator[list[tuple[str, float]]]:
    """(stage, MB) of this process and all below it, every four seconds."""
    samples: list[tuple[str, float]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(4.0):
            pids = [os.getpid(), *_below(os.getpid())]
            samples.append((stage(), sum(map(weigh or _pss_kb, pids)) / 1024))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        stop.set()
        thread.join()


def _pss_kb(pid: int) -> int:
    return sum(_rollup(pid, ("Pss:",)))


def _own_kb(pid: int) -> int:
    """Without what is read from files: the program, which all of its processes share."""
    return sum(_rollup(pid, ("Pss_Anon:", "Pss_Shmem:")))


def _rollup(pid: int, names: tuple[str, ...]) -> list[int]:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return []
    return [int(line.split()[1]) for line in lines if line.startswith(names)]


def _below(pid: int) -> list[int]:
    found: list[int] = []
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            ids = [int(text) for text in child.read_text().split()]
        except OSError:
            continue
        found += ids + [below for one in ids for below in _below(one)]
    return found


def _growth(samples: list[float]) -> float | None:
    """Median of the last tenth over that of the second tenth, minus 1; None with few samples."""
    tenth = len(samples) // 10
    if tenth < 4:
        return None
    early = statistics.median(samples[tenth : 2 * tenth])
    return round(statistics.median(samples[-tenth:]) / early - 1, 3)


# -- the figures


def figures(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The sums of all markets, and the worst peaks."""
    pages = sum(part["pages"] for part in parts)
    rendered = sum(part["rendered"] for part in parts)
    every: Widgets = set().union(*(part["widgets_all"] for part in parts))
    adaptive: Widgets = set().union(*(part["widgets_adaptive"] for part in parts))
    opened = sum(part["all_pages"] for part in parts)
    drawn = [
        (int(found[1]), int(found[2]))
        for part in parts
        for note in part["notes"]
        if (found := re.search(r"(\d+) missed on (\d+) sampled", note))
    ]
    return {
        "pages": pages,
        "rendered": rendered,
        "rendered_share": round(rendered / max(1, pages), 3),
        "widgets_all": len(every),
        "widgets_adaptive": len(adaptive & every),
        "widgets_http": sum(len(part["widgets_http"]) for part in parts),
        "recall": round(len(adaptive & every) / len(every), 3) if every else 1.0,
        "missed": sorted(" ".join(pair) for pair in every - adaptive),
        "failed": [line for part in parts for line in part["failed"]],
        # The same pages would cost as much in either way; what counts is how many are opened.
        "cpu_ratio_to_render_all": round(rendered / max(1, pages), 3),
        "sampled": sum(sampled for _, sampled in drawn),
        "missed_on_sampled": sum(missed for missed, _ in drawn),
        "all_pages_opened": opened,
        "wall_s_per_painted_page": round(sum(p["visit_s"] for p in parts) / max(1, opened), 2),
        **{
            f"{way}_wall_s": round(sum(part[f"{way}_wall_s"] for part in parts), 1)
            for way in ("http", "adaptive", "all")
        },
        **{
            f"{way}_peak_mb": round(max(part[f"{way}_peak_mb"] for part in parts))
            for way in ("http", "adaptive", "all")
        },
        **({"rendered_again": sum(p["again"] for p in parts)} if "again" in parts[0] else {}),
        "notes": [note for part in parts for note in part["notes"]],
    }


Source = Callable[[Path], AbstractContextManager[Study]]


def _sources(folder: Path | None, name: str | None) -> list[Source]:
    """The render set, the sample market, and the labelled markets of a folder, or one of these."""
    labelled = [path.parent.name for path in sorted(folder.glob("*/serp.json"))] if folder else []
    if name == "one-platform":
        return [one_platform]
    made: dict[str, Source] = {"render-set": render_set, "sample": sample}
    if folder is not None:
        made |= {name: partial(_labelled, folder, name) for name in labelled}
    return [made[name]] if name else list(made.values())


def _labelled(folder: Path, name: str, home: Path) -> AbstractContextManager[Study]:
    return labelled_market(folder, name, home)


@contextmanager
def sample(home: Path) -> Iterator[Study]:
    with running() as served:
        yield replace(sample_study(served), name="render")


def _part(source: Source, most: int, *, again: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, source(Path(folder)) as study:
        return compare(study, Path(folder), most, again=again)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--market")
    parser.add_argument("--all", type=int, default=12, help="pages a brand to open whatever")
    parser.add_argument("--growth", type=int, default=500, help="pages to watch memory over")
    parser.add_argument("--minutes", type=float, default=15.0, help="longest watch of these")
    parser.add_argument("--again", action="store_true", help="run each study twice")
    parser.add_argument("--cost", type=int, default=20, help="pages to measure CPU over, 0: none")
    parser.add_argument("--reference", help="a Python with scrapy-playwright, to compare with")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(render_all(json.load(sys.stdin))))
        return
    parts = [
        _part(source, args.all, again=args.again) for source in _sources(args.folder, args.market)
    ]
    result = figures(parts)
    if args.cost and (browser := find_browser()):
        result |= cost(args.cost, browser, args.reference)
    if args.growth:
        result |= growth(args.growth, args.minutes)
    if args.json:
        print(json.dumps(result))
    else:
        print("\n".join(f"{name:45} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
