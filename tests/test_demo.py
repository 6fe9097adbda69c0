"""The demo is an ordinary run of the sample market, from the command to the report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.app.demo import STUDY_NAME, run_demo, sample_study
from crawler.app.sample.server import load_market, running
from crawler.browser import find_browser
from crawler.db import open_db

MARKET = load_market()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home after a demo without a browser, through the command."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "crawler", "demo", "--out", str(folder)],
        capture_output=True,
        text=True,
        timeout=240,
        env=os.environ | {"CXSCOUT_BROWSER": str(folder / "no-browser-here")},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (folder / "stdout").write_text(done.stdout, "utf-8")
    (folder / "stderr").write_text(done.stderr, "utf-8")
    return folder


def rows(home, sql):
    db = open_db(home / "cxscout.db")
    try:
        return list(db.query(sql))
    finally:
        db.close()


def test_last_line_of_the_demo_is_the_path_of_its_report(home):
    report = Path((home / "stdout").read_text("utf-8").splitlines()[-1])
    assert (report.parent, report.suffix) == (home / "reports", ".html")
    assert "brewhaven.example" in report.read_text("utf-8")


def test_progress_goes_to_stderr_alone(home):
    assert "asking who ranks" in (home / "stderr").read_text("utf-8")
    assert (home / "stdout").read_text("utf-8").count("\n") == 1


def test_competitors_are_the_six_and_the_own_brand_is_known(home):
    found = rows(home, "select domain, role from brands where run_id = 1 and role != 'ignored'")
    roles = {row["domain"]: row["role"] for row in found}
    assert roles == dict.fromkeys(MARKET.competitors, "competitor") | {MARKET.brand: "own"}


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("gearreviews.example", "set aside as review site"),
        ("homebarista-magazine.example", "set aside as publisher"),
        ("coffeewiki.example", "set aside as reference"),
        ("bazaarhall.example", "a marketplace"),
        ("tinytamper.example", "not one of the 6 most visible"),
    ],
)
def test_bystanders_are_set_aside_with_a_reason(home, domain, why):
    found = rows(home, f"select role, reason from brands where run_id = 1 and domain = '{domain}'")
    assert found[0]["role"] == "ignored"
    assert why in found[0]["reason"]


def test_pages_that_cannot_be_read_have_their_state(home):
    found = rows(home, "select url, state from pages where run_id = 1 and state != 'ok'")
    assert {(row["url"], row["state"]) for row in found} == {
        ("http://crema-fort.example/", "blocked"),
        ("http://beanbargain.example/order-status.html", "blocked"),
        ("http://beanbargain.example/sale.html", "not_found"),
        ("http://roestwerk.example/konto/", "robots"),
    }


def test_blocked_brand_is_not_seen_and_never_zero(home):
    found = rows(
        home,
        "select dimension, score, state from scores s join brands b on b.id = s.brand_id "
        "where s.run_id = 1 and b.domain = 'crema-fort.example' and dimension != 'discoverability'",
    )
    assert found
    assert {(row["score"], row["state"]) for row in found} == {(None, "not_seen")}


def test_questions_and_reviews_of_the_market_are_stored(home):
    counts = rows(
        home,
        "select b.domain, (select count(*) from reviews r where r.brand_id = b.id) as reviews, "
        "(select count(*) from faq_entries f where f.brand_id = b.id) as questions "
        "from brands b where run_id = 1 and role != 'ignored'",
    )
    assert {row["domain"]: (row["questions"], row["reviews"]) for row in counts} == {
        "brewhaven.example": (4, 19),
        "kettlecrest.example": (13, 18),
        "roestwerk.example": (6, 14),
        "alpenbohne.example": (10, 12),
        "grindly.example": (6, 15),
        "beanbargain.example": (3, 20),
        "crema-fort.example": (0, 0),
    }


def test_hostile_review_is_text_in_the_report(home):
    report = (home / "reports" / f"{STUDY_NAME}-run1.html").read_text("utf-8")
    assert "<script>alert(" not in report


def test_best_and_worst_service_are_told_apart(home):
    found = rows(
        home,
        "select b.domain, s.score from scores s join brands b on b.id = s.brand_id "
        "where s.run_id = 1 and s.dimension = 'overall' and s.score is not null order by s.score",
    )
    order = [row["domain"] for row in found]
    assert (order[0], order[-1]) == ("beanbargain.example", "kettlecrest.example")


@pytest.mark.skipif(find_browser() is None, reason="needs a browser")
def test_second_demo_in_the_same_home_is_a_second_run_that_sees_hidden_chats(home):
    report = run_demo(home)
    assert report == home / "reports" / f"{STUDY_NAME}-run2.html"
    assert report.exists()
    runs = rows(home, "select state from runs order by id")
    assert [run["state"] for run in runs] == ["done", "done"]
    chats = rows(
        home,
        "select distinct b.domain, c.vendor from chat_widgets c join brands b on b.id = c.brand_id "
        "where c.run_id = 2 and c.evidence = 'embedded'",
    )
    seen = {(row["domain"], row["vendor"]) for row in chats}
    assert ("grindly.example", "crisp") in seen
    assert ("kettlecrest.example", "tawk") in seen


def test_study_of_the_demo_is_one_that_a_person_could_add():
    with running() as sample:
        study = sample_study(sample)
    assert (study.provider, study.proxy) == ("searxng", sample.proxy_url)
    assert study.competitors == len(MARKET.competitors)
    assert all(keyword.volume for keyword in study.keywords)
