"""Run the product on labelled markets served on loopback and compare with their labels.

    python -m benchmarks.markets FOLDER [--market NAME] [--pages 40] [--json] [--show]

FOLDER holds `serve.py` (an HTTP proxy with a SearXNG endpoint), and for each market a folder with
`serp.json` and a folder a site with `site.json`. Printed: F1 of the competitors chosen, the
share of reachable FAQ pages visited, F1 of FAQ pairs by count, chat vendors, e-mails, phones.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from benchmarks.labelled_market import labelled_market
from crawler.app.runs import run_study, utc_now
from crawler.app.studies import add_study
from crawler.config import Settings, Study
from crawler.db import Database, open_db
from crawler.domains import registrable_domain


def evaluate(folder: Path, market: str, pages: int, home: Path, show: bool) -> Counter[str]:
    """Counts of one market: hits, misses and false finds of everything labelled."""
    serp = json.loads((folder / market / "serp.json").read_text("utf-8"))
    sites = {
        registrable_domain(path.parent.name): json.loads(path.read_text("utf-8"))
        for path in sorted((folder / market).glob("*/site.json"))
    }
    with labelled_market(folder, market, home) as study:
        db = _run(replace(study, pages=pages, render=False), home)
    return _compare(db, serp, sites, show)


def _run(study: Study, home: Path) -> Database:
    settings = Settings(home=home)
    add_study(open_db(settings.database), study, utc_now())
    run_study(settings, study.name)
    return open_db(settings.database)


def _compare(db: Database, serp: dict[str, Any], sites: dict[str, Any], show: bool) -> Counter[str]:
    tally: Counter[str] = Counter()
    chosen = {r["domain"] for r in db.query("select domain from brands where role = 'competitor'")}
    wanted = {registrable_domain(host) for host in serp["expected_competitors"]}
    _tally(tally, "competitors", wanted, chosen, show)
    for domain, site in sites.items():
        rows = list(db.query("select id from brands where domain = ?", [domain]))
        if not rows:
            continue
        brand = rows[0]["id"]
        _compare_faq(db, brand, site, tally, show)
        contact = site["contact"]
        found = _values(db, "channels", "value", brand, "kind = 'email'")
        _tally(tally, "emails", {m.lower() for m in contact["emails"]}, found, show, domain)
        phones = {
            _digits(value) for value in _values(db, "channels", "value", brand, "kind = 'phone'")
        }
        _tally(tally, "phones", set(map(_digits, contact["phones"])), phones, show, domain)
        vendors = _values(db, "chat_widgets", "vendor", brand, "evidence != 'mentioned'")
        _tally(tally, "chat", {c["vendor"] for c in site["chat"]}, vendors, show, domain)
    return tally


def _compare_faq(
    db: Database, brand: str, site: dict[str, Any], tally: Counter[str], show: bool
) -> None:
    visited = {
        _page_path(row["url"]): row["id"]
        for row in db.query(
            "select id, url from pages where brand_id = ? and state = 'ok'", [brand]
        )
    }
    labelled = {entry["page"]: entry["n_pairs"] for entry in site["faq"]}
    for page in labelled:
        reach = site["reach"].get(page) or {}
        if reach.get("depth") is None and not reach.get("sitemap") and not reach.get("serp"):
            continue
        page_id = visited.get(_page_path("/" + page))
        tally["faq_pages_hit" if page_id else "faq_pages_miss"] += 1
        if show and not page_id:
            print(f"  FAQ page not visited: {site['hostname']}/{page} {reach}")
    for page, page_id in visited.items():
        got = next(db.query("select count(*) as n from faq_entries where page_id = ?", [page_id]))[
            "n"
        ]
        want = next((n for name, n in labelled.items() if _page_path("/" + name) == page), 0)
        tally["pairs_hit"] += min(got, want)
        tally["pairs_miss"] += max(0, want - got)
        tally["pairs_false"] += max(0, got - want)
        if show and got != want:
            print(f"  FAQ pairs on {site['hostname']}{page}: {got} read, {want} labelled")


def _page_path(url: str) -> str:
    path = unquote(urlsplit(url).path) or "/"
    path = re.sub(r"(?:/index)?(?:\.html?)?$", "", path)
    return path.rstrip("/") or "/"


def _values(db: Database, table: str, column: str, brand: str, where: str) -> set[str]:
    rows = db.query(
        f"select distinct {column} as v from {table} where brand_id = ? and {where}", [brand]
    )
    return {row["v"].lower() for row in rows}


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _tally(
    tally: Counter[str], name: str, want: set[str], got: set[str], show: bool, where: str = ""
) -> None:
    tally[f"{name}_hit"] += len(want & got)
    tally[f"{name}_miss"] += len(want - got)
    tally[f"{name}_false"] += len(got - want)
    if show and want != got:
        print(f"  {name} {where}: missing {sorted(want - got)}, beside {sorted(got - want)}")


def _figures(tally: Counter[str]) -> dict[str, float]:
    result = {}
    for name in ("competitors", "faq_pages", "pairs", "chat", "emails", "phones"):
        hit, miss, false = (tally[f"{name}_{kind}"] for kind in ("hit", "miss", "false"))
        result[f"{name}_recall"] = hit / (hit + miss) if hit + miss else 1.0
        if name != "faq_pages":
            result[f"{name}_precision"] = hit / (hit + false) if hit + false else 1.0
            result[f"{name}_f1"] = 2 * hit / (2 * hit + miss + false) if hit else 0.0
    return {name: round(value, 3) for name, value in result.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--market")
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    markets = [args.market] if args.market else [
        path.parent.name for path in sorted(args.folder.glob("*/serp.json"))
    ]  # fmt: skip
    total: Counter[str] = Counter()
    for market in markets:
        with tempfile.TemporaryDirectory() as home:
            tally = evaluate(args.folder, market, args.pages, Path(home), args.show)
        if not args.json:
            print(market, _figures(tally))
        total += tally
    print(json.dumps(_figures(total)) if args.json else f"all {_figures(total)}")


if __name__ == "__main__":
    main()
