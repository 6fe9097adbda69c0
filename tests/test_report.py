"""What a report says: judgments, medians, states, evidence, wording."""

from __future__ import annotations

import doctest
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.db import open_db
from crawler.errors import ConfigError
from reports import iranian, labels, locale, market, sentences, units
from reports.report import Report, build_report
from tests.report_data import COMPETITORS, OWN, RUN, build_market

if TYPE_CHECKING:
    from crawler.db import Database

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MEMORY = Path(":memory:")


@pytest.fixture(scope="module")
def db() -> Database:
    return build_market(MEMORY)


@pytest.fixture(scope="module")
def report(db: Database) -> Report:
    return build_report(db, RUN, now=NOW)


def test_a_full_run_gives_five_judgments_and_each_says_what_it_means_for_us(report):
    assert len(report.judgments) == 5
    assert all(j.for_us.startswith("For us this means ") for j in report.judgments)
    assert len({j.topic for j in report.judgments}) == 5


def test_first_judgment_counts_dimensions_ahead_and_behind(report):
    finding = report.judgments[0].finding
    assert "ahead of the market median in 1 (reputation)" in finding
    assert "behind it in 5 (chat, self-service, responsiveness, discoverability and" in finding


def test_largest_gap_is_told_with_its_numbers_and_evidence(report):
    gap = next(j for j in report.judgments if j.topic == "gap")
    for part in ("6 topics", "9 topics", "11 topics", "pedalhaus.example"):
        assert part in gap.finding
    assert "30 June 2026" in gap.for_us
    assert gap.evidence


def test_median_and_best_are_of_the_competitors_alone(report):
    reputation = next(d for d in report.scoreboard.dimensions if d.key == "reputation")
    assert reputation.median == 65  # of 68, 62, 74 and 58; our own 79 is not in it
    assert (reputation.best, reputation.best_brand) == (74, "velonord.example")


def test_own_row_stands_first_and_a_blocked_brand_last(report):
    domains = [row.domain for row in report.scoreboard.rows]
    assert domains[0] == OWN
    assert domains[-1] == "gatekeep.example"


def test_what_was_not_seen_has_words_a_reason_and_no_number(report):
    cells = {
        (row.domain, cell.dimension): cell for row in report.scoreboard.rows for cell in row.cells
    }
    blocked = cells["gatekeep.example", "chat"]
    assert (blocked.score, blocked.text, blocked.band) == (None, "", None)
    assert blocked.words == "blocked"
    assert "challenge page" in blocked.reason
    assert cells["chainlane.example", "reputation"].words == "too few"
    assert cells["velonord.example", "chat"].words == "not seen"


def test_unknowns_name_the_blocked_brand_and_the_failed_search(report):
    text = " ".join(report.unknowns)
    assert "gatekeep.example: 6 of 7 dimensions not known" in text
    assert "bike delivery" in text


def test_colour_band_follows_the_distance_from_the_median(report):
    own = report.scoreboard.rows[0]
    bands = {cell.dimension: cell.band for cell in own.cells}
    assert bands == {
        "overall": -2,
        "responsiveness": -1,
        "discoverability": -1,
        "self_service": -3,
        "policies": 0,
        "assisted_support": -1,
        "chat": -3,
        "reputation": 1,
    }


def test_evidence_is_numbered_in_reading_order_and_every_reference_resolves(report):
    assert [e.id for e in report.evidence] == [f"E{i + 1}" for i in range(len(report.evidence))]
    assert report.judgments[0].evidence[0] == "E1"
    known = {e.id for e in report.evidence}
    cited = {i for part in _statements(report) for i in part.evidence}
    assert cited == known


def _statements(report: Report) -> list:
    found = [*report.judgments, *report.gaps, *report.promises, *report.voice.terms]
    for page in report.pages:
        swot = page.swot
        found += [*swot.strengths, *swot.weaknesses, *swot.opportunities, *swot.threats]
        found += swot.appendix
    return found


def test_swot_keeps_its_quadrants_and_puts_the_rest_in_the_appendix(report):
    page = report.pages[0]
    assert [len(q) for q in (page.swot.strengths, page.swot.weaknesses)] == [2, 2]
    assert [s.quadrant for s in page.swot.appendix] == ["strength"]


def test_evidence_link_needs_a_base_and_a_record_that_is_a_plain_name(report):
    entry = report.evidence[0]
    assert entry.href(None) is None
    assert entry.href("evidence") == f"evidence/{entry.record}.html"
    hostile = [replace_record(entry, r) for r in ("../x", "a/b", "x y", "javascript:x", "")]
    assert [e.href("evidence") for e in hostile] == [None] * 5


def replace_record(entry, record):
    from dataclasses import replace

    return replace(entry, record=record)


def test_questions_are_told_by_who_answers_them(report):
    assert [q.text for q in report.questions.only_we] == ["Do you ring a bell?"]
    assert len(report.questions.we_miss) == 4
    assert len(report.questions.nobody) == 2
    assert all(OWN not in q.answered_by for q in report.questions.we_miss)


def test_a_theme_net_is_positive_minus_negative_share(report):
    theme = report.voice.themes[0]
    voice = theme.market
    n = voice.positive + voice.neutral + voice.negative
    assert voice.net == pytest.approx((voice.positive - voice.negative) / n)


def test_few_mentions_give_no_share():
    db = build_market(MEMORY)
    db.execute("delete from reviews where brand_id in (select id from brands where role = 'own')")
    voice = build_report(db, RUN, now=NOW).voice
    assert {t.own.net for t in voice.themes} == {None}
    assert {t.words for t in voice.themes} == {"not mentioned"}


def test_stars_of_ten_become_stars_of_five():
    db = build_market(MEMORY)
    before = build_report(db, RUN, now=NOW).voice.sources[0]
    db.execute("update reviews set rating = 1 + (rating - 1) * 2.25, rating_max = 10")
    after = build_report(db, RUN, now=NOW).voice.sources[0]
    assert after.mean == pytest.approx(before.mean)
    assert after.rated == before.rated


def test_brands_set_aside_are_listed_with_their_reason(report):
    ignored = [b for b in report.brands if b.role == "ignored"]
    assert {b.kind_label for b in ignored} == {"marketplace", "review site", "publisher"}
    assert all(b.reason for b in ignored)
    assert "bigbazaar.example gets the most clicks" in report.ranking_title


def test_changes_tell_market_and_method_apart(report):
    assert report.changes.from_run == 1
    assert report.changes.title == (
        "3 changes in the market since 2 February 2026, 1 more by our own method"
    )


def test_the_first_run_has_nothing_to_compare_with():
    report = build_report(build_market(MEMORY, earlier=False), RUN, now=NOW)
    assert report.changes.from_run is None
    assert "first run" in report.changes.title


def test_without_an_own_brand_there_are_no_gaps_and_still_judgments():
    report = build_report(build_market(MEMORY, own=None), RUN, now=NOW)
    assert report.gaps == report.positions == ()
    assert {j.topic for j in report.judgments} >= {"rival", "white space"}
    assert "Without an own brand" in report.gaps_title
    assert len(report.scoreboard.rows) == len(COMPETITORS)


def test_a_run_that_read_nothing_makes_no_judgment(tmp_path):
    db = open_db(tmp_path / "empty.db")
    study = {"id": 1, "name": "New", "brand": OWN, "provider": "file", "settings": "{}"}
    db["studies"].insert(study | {"created_at": "2026-03-01T00:00:00+00:00"})
    run = {"id": 7, "study_id": 1, "state": "failed", "stage": "search", "method_version": "1"}
    db["runs"].insert(run | {"started_at": "2026-03-01T00:00:00+00:00", "settings": "{}"})
    report = build_report(db, 7, now=NOW)
    assert report.judgments == report.figures == report.evidence == ()
    assert report.scoreboard.title == "Nothing could be scored in this run"
    db.close()


def test_a_run_that_does_not_exist_is_the_callers_mistake(db):
    with pytest.raises(ConfigError, match="run 99 does not exist; see cxscout runs"):
        build_report(db, 99, now=NOW)


def test_secrets_in_settings_stay_out_of_the_report():
    db = build_market(MEMORY)
    db.execute("update runs set settings = ?", ['{"proxy": "http://u:hunter2@p:1", "pages": 40}'])
    assert "hunter2" not in repr(build_report(db, RUN, now=NOW))


def test_a_reviewers_hash_and_a_whole_review_stay_out_of_the_report(db, report):
    hashes = {row["author_hash"] for row in db.query("select author_hash from reviews")}
    text = repr(report)
    assert not any(h in text for h in hashes)


def test_unprintable_characters_are_gone_from_every_text():
    db = build_market(MEMORY, hostile="\x00\x1b[31m\x85\x08 end")
    texts = list(_texts(build_report(db, RUN, now=NOW)))
    assert not [t for t in texts if set(t) & set("\x00\x1b\x85\x08")]
    assert any("[31m end" in t for t in texts)


def _texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for entry in value:
            yield from _texts(entry)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


def test_the_same_run_at_the_same_time_gives_the_same_report(db, report):
    assert build_report(db, RUN, now=NOW) == report


@pytest.mark.parametrize("module", [units, labels, market, sentences, iranian, locale])
def test_examples_in_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


def test_a_review_that_stands_on_two_pages_counts_once():
    twice = build_market(MEMORY)
    source = {s.domain: s.read for s in build_report(twice, RUN, now=NOW).voice.sources}
    again = next(twice.query("select * from reviews where brand_id in "
                             "(select id from brands where domain = ?)", [OWN]))  # fmt: skip
    page = next(twice.query("select id from pages where brand_id = ? and id != ?",
                            [again["brand_id"], again["page_id"]]))  # fmt: skip
    twice["reviews"].insert(again | {"id": "seen-again", "page_id": page["id"]})
    score = next(twice.query("select * from review_scores where review_id = ?", [again["id"]]))
    twice["review_scores"].insert(score | {"review_id": "seen-again", "is_repeat": 1})
    after = build_report(twice, RUN, now=NOW)
    assert {s.domain: s.read for s in after.voice.sources} == source


def test_reasons_that_differ_only_in_what_was_looked_for_are_told_once():
    blocked = "the start page could not be read: 1 page blocked"
    told = sentences._each_once(
        [f"FAQ: {blocked}", f"languages: {blocked}", "reviews: none read", blocked]
    )
    assert told[0] == blocked
    assert told[1] == "reviews: none read"
