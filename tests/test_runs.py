"""Runs survive: killed and taken up again, or repeated offline, they end with the same tables."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading

import pytest

from crawler.app.runs import _free_id
from crawler.app.sample.server import running
from crawler.app.studies import add_study
from crawler.config import Keyword, Study, read_settings
from crawler.db import open_db
from tests.loopback import Answer, serve

# What a repetition may change: when it was, and numbers of runs inside ids.
VOLATILE = {"id", "run_id", "brand_id", "page_id", "search_id", "review_id", "question_id",
            "best_brand_id", "record", "row", "fetched_at", "finished_at", "study_id",
            "requests", "review_date", "digest"}  # fmt: skip
TABLES = ("searches", "serp_results", "serp_questions", "brands", "visits", "pages", "faq_entries",
          "reviews", "ratings", "chat_widgets", "channels", "policies", "technologies",
          "review_scores", "metrics", "scores", "swot_entries", "gaps", "questions",
          "question_wordings", "promises", "evidence")  # fmt: skip


def tables_of(home, run_id):
    """Rows of each table without what is volatile, sorted."""
    db = sqlite3.connect(home / "cxscout.db")
    found = {}
    for table in TABLES:
        columns = [row[1] for row in db.execute(f"pragma table_info({table})")]
        kept = ", ".join(f'"{name}"' for name in columns if name not in VOLATILE)
        rows = db.execute(f"select {kept} from {table} where run_id = ?", [run_id])
        found[table] = sorted(map(repr, rows))
    db.close()
    return found


def command(home, *args):
    return [sys.executable, "-m", "crawler", "--home", str(home), *args]


def cxscout(home, *args):
    return subprocess.run(command(home, *map(str, args)), capture_output=True, text=True)


def prepare(home, sample):
    market = sample.market
    study = Study(
        name="s",
        brand=market.brand,
        keywords=tuple(Keyword(*pair) for pair in list(market.keywords.items())[:3]),
        provider="searxng",
        searxng_url=sample.searxng_url,
        proxy=sample.proxy_url,
        delay=0.05,
        competitors=2,
        pages=6,
        render=False,
    )
    db = open_db(home / "cxscout.db")
    add_study(db, study, "2026-01-01T00:00:00+00:00")
    db.close()


@pytest.fixture(scope="module")
def market():
    with running() as sample:
        yield sample


@pytest.fixture(scope="module")
def finished(market, tmp_path_factory):
    """A home with one uninterrupted run."""
    home = tmp_path_factory.mktemp("finished")
    prepare(home, market)
    subprocess.run(command(home, "run", "s"), check=True, capture_output=True)
    return home


def wait_for_pages(home, number):
    """Until the running crawl stored so many pages of run 1."""
    tick = threading.Event()
    for _ in range(600):
        db = sqlite3.connect(home / "cxscout.db")
        stored = db.execute("select count(*) from pages").fetchone()[0]
        stage = db.execute("select stage from runs").fetchone()
        db.close()
        archived = sum(path.stat().st_size for path in (home / "archive").rglob("*.warc.gz"))
        if stage == ("crawl",) and (stored >= number or archived > 25_000):
            return
        tick.wait(0.02)
    raise AssertionError("the crawl did not begin")


def test_killed_run_taken_up_again_ends_like_an_uninterrupted_one(market, finished, tmp_path):
    prepare(tmp_path, market)
    shutil.copy(finished / "privacy.key", tmp_path)  # names are hashed with a key of each home
    run = subprocess.Popen(command(tmp_path, "run", "s"), stderr=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL)  # fmt: skip
    wait_for_pages(tmp_path, 3)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    before = sum(market.hits.values())
    asked = dict(market.hits)
    done = cxscout(tmp_path, "run", "s", "--resume")
    assert done.returncode == 0, done.stderr
    assert tables_of(tmp_path, 1) == tables_of(finished, 1)
    assert sum(market.hits.values()) > before
    again = {place: market.hits[place] - asked.get(place, 0) for place in market.hits}
    assert max(again.values()) <= 1
    state = json.loads(cxscout(tmp_path, "runs", "--json").stdout)
    assert [(row["run"], row["state"]) for row in state] == [(1, "done")]


def test_nothing_of_a_finished_run_is_fetched_when_it_is_repeated_offline(market, finished):
    before = dict(market.hits)
    done = cxscout(finished, "run", "s", "--offline")
    assert done.returncode == 0, done.stderr
    assert dict(market.hits) == before
    assert tables_of(finished, 2) == tables_of(finished, 1)


def test_a_lost_database_is_made_again_from_the_archive(market, finished, tmp_path):
    home, before = tmp_path / "home", dict(market.hits)
    shutil.copytree(finished, home)
    for path in home.glob("cxscout.db*"):
        path.unlink()
    done = cxscout(home, "doctor", "--repair")
    assert done.returncode in (0, 1), done.stdout  # 1: the browser of this machine, or a full disk
    assert dict(market.hits) == before
    assert tables_of(home, 1) == tables_of(finished, 1)
    state = json.loads(cxscout(home, "runs", "--json").stdout)[-1]
    assert (state["run"], state["study"], state["state"]) == (1, "s", "done")


def test_a_run_never_takes_the_number_of_a_removed_ones_archive(finished, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(finished, home)
    last = json.loads(cxscout(home, "runs", "--json").stdout)[0]["run"]
    cxscout(home, "study", "remove", "s", "--yes")
    settings = read_settings(home)
    db = open_db(settings.database)
    assert _free_id(settings, db) == last + 1
    db.close()


def test_interrupted_run_says_how_to_go_on_and_leaves_no_process(market, tmp_path):
    prepare(tmp_path, market)
    run = subprocess.Popen(command(tmp_path, "run", "s"), stderr=subprocess.PIPE, text=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
    wait_for_pages(tmp_path, 2)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "--resume" in said.splitlines()[-1]
    left = subprocess.run(["pgrep", "-f", f"crawler --home {tmp_path} stage"], capture_output=True)
    assert left.stdout == b""
    rows = json.loads(cxscout(tmp_path, "runs", "--json").stdout)
    assert rows[0]["state"] == "cancelled"


def test_done_run_is_not_resumed_and_a_later_stage_needs_the_earlier(finished, tmp_path, market):
    again = cxscout(finished, "run", "s", "--resume")
    assert (again.returncode, "nothing to resume" in again.stderr) == (2, True)
    prepare(tmp_path, market)
    early = cxscout(tmp_path, "run", "s", "--stage", "analyze")
    assert (early.returncode, "no run yet" in early.stderr) == (2, True)


def test_report_in_every_text_format_is_written_whole(finished, tmp_path):
    for name in ("html", "md", "json"):
        out = tmp_path / f"report.{name}"
        done = cxscout(finished, "report", "s", "--run", "1", "--format", name, "--out", out)
        assert done.stdout.strip() == str(out)
        assert out.stat().st_size > 5_000
    assert json.loads((tmp_path / "report.json").read_text())["schema_version"] == 1
    copies = list((tmp_path / "report-evidence").glob("*.html"))
    html = (tmp_path / "report.html").read_text()
    assert copies
    assert all(f"report-evidence/{copy.name}" in html for copy in copies)


def test_keywords_of_a_site_that_no_run_visited_come_from_a_visit(market, tmp_path):
    ask = ("keywords", "grindly.example", "--proxy", market.proxy_url, "--pages", "4")
    whole = command(tmp_path, *ask, "--delay", "0.05", "--json")
    done = subprocess.run(whole, check=True, capture_output=True)
    words = " ".join(row["keyword"] for row in json.loads(done.stdout))
    assert "grinder" in words
    assert not (tmp_path / "archive").exists()


def test_keywords_of_a_shop_on_a_host_of_its_domain_come_from_that_host(tmp_path):
    said = "<title>Hiking boots</title><h1>Hiking boots</h1><p>Hiking boots for rough ground.</p>"
    with serve({"http://boots.acme.example/": Answer(said)}) as proxy:
        ask = ("keywords", "boots.acme.example", "--proxy", proxy.url(), "--pages", "2")
        whole = command(tmp_path, *ask, "--allow-address", proxy.address, "--delay", "0", "--json")
        done = subprocess.run(whole, check=True, capture_output=True)
    assert json.loads(done.stdout)[0]["keyword"] == "hiking boots"


def test_the_seconds_of_each_stage_are_kept_and_shown(finished):
    done = cxscout(finished, "status", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    found = {row["metric"] for row in rows if row["study"] == "s"}
    assert {"last_run_crawl_seconds", "last_run_report_seconds", "last_run_pages"} <= found
