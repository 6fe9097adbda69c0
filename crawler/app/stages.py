"""What a run's stages do; each runs in a child process of its own (see runs.py)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from analysis.competitors import Decision, Hit, brand_rows, select_brands
from analysis.run_analysis import analyze
from crawler.app.crawls import crawl, scrapy_settings
from crawler.app.exports import write_report
from crawler.app.notes import note_end, note_run
from crawler.app.renders import render_brands
from crawler.app.runs import read_run, replayable
from crawler.app.visits import skip_visits, store_visit
from crawler.browser import find_browser
from crawler.db import open_db, upsert
from crawler.domains import registrable_domain
from crawler.errors import CxscoutError
from crawler.items import Search, SerpResult
from crawler.pipelines import privacy_key, store_items

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.app.runs import Run
    from crawler.config import Settings
    from crawler.db import Database

__all__ = ["run_stage"]

_SEEDS = 4  # pages that rank are where customers arrive; the start page comes first


def run_stage(settings: Settings, run_id: int, stage: str, *, replay: bool = False) -> None:
    """Do one stage of a run. Doing it again changes nothing: rows have natural keys.

    `replay`: from the run's archive alone, searches too; nothing is fetched.
    """
    db = open_db(settings.database)
    try:
        run = read_run(db, run_id)
        run = replace(run, offline=run.offline or replay, is_replay=replay and not run.offline)
        _STAGES[stage](settings, db, run)
    finally:
        db.close()


def _search(settings: Settings, db: Database, run: Run) -> None:
    note_run(settings, db, run)
    if run.offline and not run.is_replay:
        _copy_searches(settings, db, run)
    else:
        study = run.study
        crawl(
            scrapy_settings(settings, run),
            f"serp_{study.provider}",
            [
                {
                    "keywords": [keyword.keyword for keyword in study.keywords],
                    "country": study.country,
                    "language": study.language,
                    "depth": study.depth,
                    "device": study.device,
                    "searxng_url": study.searxng_url,
                    "file": study.serp_file,
                }
            ],
        )
    answered = list(db.query("select state, reason from searches where run_id = ?", [run.id]))
    if not any(row["state"] in ("ok", "empty") for row in answered):
        reasons = sorted({row["reason"] for row in answered}) or ["the provider gave nothing"]
        raise CxscoutError(
            f"no search of study {run.study.name!r} was answered by {run.study.provider}: "
            f"{reasons[0]}"
        )


def _copy_searches(settings: Settings, db: Database, run: Run) -> None:
    """An offline run repeats everything after the search; the results are those of the last run."""
    row = next(
        db.query(
            "select max(run_id) as run_id from searches where run_id in "
            "(select id from runs where study_id = ? and id < ?)",
            [run.study_id, run.id],
        )
    )
    if row["run_id"] is None:
        raise CxscoutError(f"study {run.study.name!r} has no search to replay")
    store_items(db, run.id, _searches_of(db, row["run_id"]), privacy_key(settings.home))


def _searches_of(db: Database, run_id: int) -> list[Search]:
    found = []
    for row in list(db.query("select * from searches where run_id = ? order by rowid", [run_id])):
        hits: dict[str, list[SerpResult]] = {"organic": [], "ad": []}
        for hit in db.query(
            "select * from serp_results where search_id = ? order by kind, rank", [row["id"]]
        ):
            hits[hit["kind"]].append(
                SerpResult(hit["rank"], hit["url"], hit["title"], hit["snippet"])
            )
        texts: dict[str, list[str]] = {"people_also_ask": [], "related": []}
        for text in db.query(
            "select * from serp_questions where search_id = ? order by rowid", [row["id"]]
        ):
            texts[text["kind"]].append(text["text"])
        shared = {
            name: row[name]
            for name in (
                "keyword", "provider", "state", "fetched_at", "reason", "country", "language",
                "device", "depth", "record",
            )
        }  # fmt: skip
        found.append(
            Search(
                **shared,
                results=hits["organic"],
                ads=hits["ad"],
                questions=texts["people_also_ask"],
                related=texts["related"],
            )
        )
    return found


def _select(settings: Settings, db: Database, run: Run) -> None:
    study = run.study
    hits = [
        Hit(row["keyword"], row["rank"], row["url"], row["title"], row["snippet"])
        for row in db.query(
            "select * from serp_results where run_id = ? and kind = 'organic' "
            "order by keyword, rank",
            [run.id],
        )
    ]
    decisions = {
        row["domain"]: Decision(row["role"], row["reason"])
        for row in db.query(
            "select domain, role, reason from brand_decisions where study_id = ?", [run.study_id]
        )
    }
    brands = select_brands(
        hits,
        own_domain=study.brand,
        volumes={keyword.keyword: keyword.volume for keyword in study.keywords},
        decisions=decisions,
        limit=study.competitors,
        curve=study.ctr_curve,
    )
    rows = brand_rows(brands, run.id, run.study_id)
    with db.atomic():
        upsert(db, "brands", rows)
        keep = [str(row["id"]) for row in rows]
        db.execute(
            f"delete from brands where run_id = ? and id not in ({', '.join('?' * len(keep))})",
            [run.id, *keep],
        )
    if not any(row["role"] != "ignored" for row in rows):
        raise CxscoutError(
            f"no brand to study among {len(rows)} domains in the results of {study.name!r}; "
            f"see cxscout brands {study.name!r} and choose one: cxscout brand set"
        )


def _crawl_brands(settings: Settings, db: Database, run: Run) -> None:
    jobs = [
        {
            "domain": brand["domain"],
            "seeds": "\n".join(_seeds(db, run, brand)),
            "pages": run.study.pages,
            "max_mb": run.study.max_mb,
        }
        for brand in _studied(db, run.id)
    ]
    replay = replayable(db, run.study_id) if run.offline and not run.is_replay else []
    ends = crawl(scrapy_settings(settings, run, replay=replay), "site", jobs)
    for brand in _studied(db, run.id):
        store_visit(db, run.id, brand["id"], "crawl", ends.get(brand["domain"], {}))


def _studied(db: Database, run_id: int) -> list[dict[str, Any]]:
    return list(
        db.query(
            "select * from brands where run_id = ? and role != 'ignored' "
            "order by role = 'own' desc, visibility desc, domain",
            [run_id],
        )
    )


def _seeds(db: Database, run: Run, brand: dict[str, Any]) -> list[str]:
    """The start page, in the scheme that ranks, and the best ranking pages of the brand."""
    ranked = [
        row["url"]
        for row in db.query(
            "select url, min(rank) as rank from serp_results where run_id = ? and "
            "kind = 'organic' group by url order by rank, url",
            [run.id],
        )
        if registrable_domain(row["url"]) == brand["domain"]
    ]
    start = f"https://{brand['host']}/"
    if ranked:
        scheme, _, rest = ranked[0].partition("://")
        start = f"{scheme}://{rest.split('/', 1)[0]}/"
    return [start, *[url for url in ranked if url.rstrip("/") != start.rstrip("/")][:_SEEDS]]


def _render(settings: Settings, db: Database, run: Run) -> None:
    study = run.study
    skipped = None
    browser = None if run.offline else find_browser(settings.browser)
    if not study.render:
        skipped = "rendering is switched off for this study"
    elif not run.offline and browser is None:
        skipped = "no browser is installed; chat is known from static pages only (cxscout doctor)"
    brands = _studied(db, run.id)
    if skipped:
        skip_visits(db, run.id, [brand["id"] for brand in brands], "render", skipped)
    else:
        render_brands(settings, db, run, brands, browser)


def _analyze(settings: Settings, db: Database, run: Run) -> None:
    analyze(db, run.id, now=datetime.now(UTC))


def _report(settings: Settings, db: Database, run: Run) -> None:
    write_report(settings, db, run.id, "html", None, now=datetime.now(UTC))
    note_end(settings, run.id)


_STAGES: dict[str, Callable[[Settings, Database, Run], None]] = {
    "search": _search,
    "select": _select,
    "crawl": _crawl_brands,
    "render": _render,
    "analyze": _analyze,
    "report": _report,
}
