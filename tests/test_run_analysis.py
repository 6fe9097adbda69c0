"""The analyze stage on a small market: what is written, twice the same, and honest."""

from __future__ import annotations

import pytest

from analysis.observations import read_brands
from analysis.run_analysis import analyze
from crawler.db import brand_id
from crawler.errors import ConfigError
from tests.analysis_market import DOMAINS, NOW, RUN, add_run, build

TABLES = ["review_scores", "metrics", "scores", "swot_entries", "gaps", "questions",
          "question_wordings", "promises", "evidence"]  # fmt: skip


@pytest.fixture
def db(tmp_path):
    found = build(tmp_path / "cxscout.db")
    yield found
    found.close()


def content(db, run_id=RUN):
    """All derived rows, in a fixed order."""
    return {
        table: sorted(
            map(repr, db.execute(f'select * from "{table}" where run_id = ?', [run_id]).fetchall())
        )
        for table in TABLES
    }


def value(db, domain, key):
    return db.execute(
        "select value, state, reason, n from metrics where brand_id = ? and key = ?",
        [brand_id(RUN, domain), key],
    ).fetchone()


def test_all_tables_are_filled(db):
    summary = analyze(db, RUN, now=NOW)
    empty = [table for table, rows in content(db).items() if not rows]
    assert empty == []
    assert (summary.brands, summary.notes) == (4, [])
    assert (summary.reviews_scored, summary.reviews_reused) == (19, 9)  # 9 texts stand twice


def test_twice_gives_the_same_rows(db):
    analyze(db, RUN, now=NOW)
    first = content(db)
    summary = analyze(db, RUN, now=NOW)
    assert content(db) == first
    assert summary.reviews_scored == 0


def test_a_second_run_scores_no_text_again(db):
    analyze(db, RUN, now=NOW)
    add_run(db, 2)
    summary = analyze(db, 2, now=NOW)
    assert (summary.reviews_scored, summary.reviews_reused) == (0, 28)


def test_a_changed_review_is_scored_again(db):
    analyze(db, RUN, now=NOW)
    db.execute("update reviews set text = text || ' indeed' where rowid = 1")
    assert analyze(db, RUN, now=NOW).reviews_scored == 1


def test_ignored_brands_are_not_analyzed(db):
    db.execute("update brands set role = 'ignored' where domain = 'mug.example'")
    assert analyze(db, RUN, now=NOW).brands == 3
    assert value(db, "mug.example", "faq_entries") is None


def test_a_site_that_was_read_and_has_no_faq_has_zero(db):
    analyze(db, RUN, now=NOW)
    assert value(db, "mug.example", "faq_entries") == (
        0,
        "measured",
        "FAQ: none on the 3 pages read",
        3,
    )


def test_a_blocked_site_is_not_seen_and_never_zero(db):
    analyze(db, RUN, now=NOW)
    for key in ("faq_entries", "contact_channels", "chat_present", "review_volume"):
        number, state, reason, _ = value(db, "gate.example", key)
        assert (number, state) == (None, "not_seen"), key
        assert "blocked (challenge page)" in reason


def test_a_blocked_site_has_no_weakness_and_no_score_from_its_pages(db):
    analyze(db, RUN, now=NOW)
    gate = brand_id(RUN, "gate.example")
    weak = db.execute(
        "select rule from swot_entries where brand_id = ? and quadrant = 'weakness'", [gate]
    ).fetchall()
    assert weak == []
    scores = dict(
        db.execute("select dimension, state from scores where brand_id = ?", [gate]).fetchall()
    )
    assert scores.pop("discoverability") == "measured"
    assert set(scores.values()) == {"not_seen"}


def test_every_statement_and_gap_has_evidence_on_a_page(db):
    analyze(db, RUN, now=NOW)
    for table in ("swot_entries", "gaps"):
        for (key,) in db.execute(f"select id from {table}").fetchall():
            pages = db.execute(
                'select count(page_id) from evidence where "row" = ?', [f"{table}:{key}"]
            ).fetchone()
            assert pages[0] > 0, (table, key)


def test_quoted_evidence_stands_on_the_page_it_cites(db):
    analyze(db, RUN, now=NOW)
    quoted = db.execute(
        "select e.excerpt, e.page_id from evidence e where e.excerpt like 'Great tea%'"
    ).fetchall()
    assert quoted
    for excerpt, page_id in quoted:
        assert db.execute(
            "select 1 from reviews where page_id = ? and text = ?", [page_id, excerpt]
        ).fetchone()


def test_gaps_are_of_the_own_brand_and_name_the_best(db):
    analyze(db, RUN, now=NOW)
    gaps = {
        row[0]: row[1:]
        for row in db.execute(
            "select metric, brand_id, best_brand_id, review_date from gaps"
        ).fetchall()
    }
    assert gaps["faq_entries"] == (
        brand_id(RUN, "tea.example"), brand_id(RUN, "leaf.example"), "2026-05-31"
    )  # fmt: skip


def test_without_an_own_brand_there_are_no_gaps_and_a_reason(db):
    add_run(db, 3, own=None)
    summary = analyze(db, 3, now=NOW)
    assert summary.gaps == 0
    assert "no own brand" in summary.notes[0]


def test_searchers_questions_meet_the_faqs(db):
    analyze(db, RUN, now=NOW)
    asked = dict(db.execute("select text, coverage from questions where asked > 1").fetchall())
    assert asked["How long does delivery take?"] == "some"  # we and the best answer it
    nobody = db.execute("select text from questions where coverage = 'nobody'").fetchall()
    assert nobody == [("Does tea go off?",)]


def test_reviewers_never_enter_a_derived_row(db):
    analyze(db, RUN, now=NOW)
    columns = {c.name for table in TABLES for c in db[table].columns}
    assert "author_hash" not in columns
    assert "author" not in columns


def test_an_unknown_run_is_said(db):
    with pytest.raises(ConfigError, match="run 99 does not exist"):
        analyze(db, 99, now=NOW)


def test_an_empty_run_gives_no_rows_and_no_error(db):
    db.execute("delete from brands")
    summary = analyze(db, RUN, now=NOW)
    assert (summary.brands, summary.metrics) == (0, 0)


def test_all_four_sites_of_the_market_are_brands(db):
    analyze(db, RUN, now=NOW)
    found = {row[0] for row in db.execute("select domain from brands").fetchall()}
    assert found == set(DOMAINS)


def test_clicks_are_not_counted_from_a_search_result(db):
    row = next(db.query("select * from pages where depth = 1 and rendered = 0"))
    seed = {"id": "s", "url": "https://leaf.example/docs", "depth": 0, "from_url": None}
    below = {"id": "t", "url": "https://leaf.example/docs/a", "depth": 1, "from_url": seed["url"]}
    db["pages"].insert_all([row | seed, row | below])
    brands = {brand.brand_id: brand for brand in read_brands(db, RUN, now=NOW)}
    found = brands[row["brand_id"]]
    assert not found.has_known_way(found.page("t"))
    assert found.has_known_way(found.page(row["id"]))


def test_a_testimonial_that_another_page_shows_under_another_name_counts_once(db):
    said = (
        "Good tea. The tea came on the second day, was packed well and smelled of spring in hills."
    )
    row = next(db.query("select * from reviews order by rowid"))
    page = next(
        db.query("select * from pages where id != ? and brand_id = ?",
                 [row["page_id"], row["brand_id"]])
    )["id"]  # fmt: skip
    first = {"id": "zz1", "text": said, "author_hash": "Ann Lee"}
    cut = said.removeprefix("Good tea. ")
    second = {"id": "zz2", "text": cut, "author_hash": "Ann L.", "page_id": page}
    db["reviews"].insert_all([row | first, row | second])
    analyze(db, RUN, now=NOW)
    marked = [
        r["review_id"] for r in db.query("select review_id from review_scores where is_repeat")
    ]
    assert ("zz1" in marked, "zz2" in marked) == (False, True)


@pytest.mark.parametrize(
    ("again", "author", "is_repeat"),
    [
        ("{}", "same", True),
        ("{} And more on the page itself.", "same", True),
        ("{}", None, True),
        ("{}", "other", False),
    ],
)
def test_a_review_that_stands_on_two_pages_counts_once(db, again, author, is_repeat):
    said = "The tea came on the second day, was packed well and smelled of spring in the hills."
    row = next(db.query("select * from reviews order by rowid"))
    first = {"id": "zz1", "text": said, "author_hash": "same"}
    second = {"id": "zz2", "text": again.format(said), "author_hash": author}
    db["reviews"].insert_all([row | first, row | second])
    analyze(db, RUN, now=NOW)
    marked = [
        r["review_id"] for r in db.query("select review_id from review_scores where is_repeat")
    ]
    assert ("zz2" in marked) == is_repeat
    assert "zz1" not in marked
