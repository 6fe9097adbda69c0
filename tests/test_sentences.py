"""Titles and judgments claim no more than what was compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports import sentences
from reports.locale import ENGLISH
from reports.model import ThemeVoice
from reports.report import build_report
from tests.report_data import COMPETITORS, OWN, RUN, build_market

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def db():
    return build_market(Path(":memory:"))


@pytest.fixture(scope="module")
def report():
    return build_report(build_market(Path(":memory:")), RUN, now=NOW)


def test_best_stars_are_said_to_be_among_brands_with_enough_ratings(report):
    title = sentences.sources_title(ENGLISH, report.voice)
    assert title.startswith("Of brands with at least 5 ratings read, ")


def test_one_brand_with_stars_is_not_called_the_best(report):
    first, *rest = report.voice.sources
    alone = replace(report.voice, sources=(first, *(replace(s, mean=None) for s in rest)))
    assert "Too few" in sentences.sources_title(ENGLISH, alone)


def with_nets(voice, counts):
    """The voice with only as many themes, each with (positive, negative) reviews of the market."""
    themes = zip(voice.themes, counts, strict=False)
    said = tuple(
        replace(t, market=ThemeVoice(good, 0, bad, (good - bad) / (good + bad)))
        for t, (good, bad) in themes
    )
    return replace(voice, themes=said)


def test_themes_that_tie_are_all_named(report):
    voice = with_nets(report.voice, [(6, 0), (9, 0), (2, 6)])
    first, second, last = (t.label.lower() for t in voice.themes)
    title = sentences.voice_title(ENGLISH, voice).lower()
    assert f"happiest with {first} and {second} (" in title
    assert f"unhappiest with {last} (" in title


def test_where_all_themes_tie_no_theme_is_the_worst(report):
    title = sentences.voice_title(ENGLISH, with_nets(report.voice, [(6, 0), (9, 0)]))
    assert "least happy" not in title
    assert "happiest" in title


def test_furthest_from_the_best_needs_enough_competitors_that_were_scored(report):
    board, positions = report.scoreboard, report.positions
    worst = sentences.positions_title(ENGLISH, board, positions)
    assert worst.startswith("Chat is where we are furthest")
    few = tuple(replace(d, scored=2 if d.key == "chat" else 5) for d in board.dimensions)
    other = sentences.positions_title(ENGLISH, replace(board, dimensions=few), positions)
    assert "furthest" in other
    assert not other.startswith("Chat")
    none = tuple(replace(d, scored=2) for d in board.dimensions)
    title = sentences.positions_title(ENGLISH, replace(board, dimensions=none), positions)
    assert title.startswith("Too few competitors were scored")


def scores_of(db, dimension, values):
    """Give our brand, then the competitors, these scores."""
    domains = (OWN, *(domain for domain, *_ in COMPETITORS))
    for domain, value in zip(domains, values, strict=False):
        db.execute(
            "update scores set score = ?, low = ?, high = ? where run_id = ? and dimension = ? "
            "and brand_id in (select id from brands where domain = ?)",
            [value, value - 4, value + 4, RUN, dimension, domain],
        )


def judgment(db, topic):
    report = build_report(db, RUN, now=NOW)
    return next((j for j in report.judgments if j.topic == topic), None)


def test_who_leads_a_weak_market_is_told_that_it_leads(db):
    db.execute("update questions set coverage = 'some'")
    scores_of(db, "chat", [34, 28, 22, 20, 18, 15])
    found = judgment(db, "white space")
    assert "weak in chat" in found.finding
    assert "ahead of every competitor" in found.for_us
    scores_of(db, "chat", [24])
    assert "little is enough to lead" in judgment(db, "white space").for_us


def test_a_market_with_one_good_brand_is_not_weak_as_a_whole(db):
    db.execute("update questions set coverage = 'some'")
    scores_of(db, "chat", [24, 83, 22, 20, 18, 15])
    found = judgment(db, "white space")
    assert found is None or "chat" not in found.finding


def test_a_rival_is_not_met_where_it_is_no_weaker_than_the_market(db):
    assert "nowhere below the median" in judgment(db, "rival").for_us
    scores_of(db, "chat", [40, 45, 60, 55, 50, 48])
    assert "where it is weakest: chat (45," in judgment(db, "rival").for_us


@pytest.mark.parametrize(("low", "scored", "claimed"), [(74, 4, True), (60, 4, False),
                                                        (74, 2, False)])  # fmt: skip
def test_a_strength_needs_competitors_and_an_interval_above_them(db, low, scored, claimed):
    for table in ("gaps", "questions", "question_wordings"):
        db.execute(f"delete from {table}")
    db.execute("update brands set visibility = null")
    db.execute(
        "update scores set low = ? where dimension = 'reputation' and brand_id in "
        "(select id from brands where domain = ?)",
        [low, OWN],
    )
    if scored < 4:
        for domain in ("velonord.example", "spokeworks.example"):
            db.execute(
                "update scores set score = null where dimension = 'reputation' and brand_id in "
                "(select id from brands where domain = ?)",
                [domain],
            )
    assert (judgment(db, "strength") is not None) == claimed


def test_page_titles_compare_with_the_median(report):
    titles = [page.title for page in report.pages]
    assert any("against it strongest in" in title for title in titles)


def facts_of(db):
    report = build_report(db, RUN, now=NOW)
    return {fact.label: fact.value for fact in report.pages[0].facts}


def test_a_question_on_two_pages_is_one_entry_of_the_brands_facts(db):
    before = facts_of(db)["FAQ"]
    row = next(db.query(
        "select * from faq_entries where brand_id in (select id from brands where domain = ?)",
        [OWN],
    ))  # fmt: skip
    db["faq_entries"].insert(row | {"id": "again", "question": row["question"].upper()})
    assert facts_of(db)["FAQ"] == before


def test_a_form_that_takes_bookings_is_no_channel_of_the_brands_facts(db):
    db.execute("update channels set kind = 'form', detail = 'name, message'")
    assert facts_of(db)["Channels"] == "contact form"
    db.execute("update channels set detail = 'name, guests, date'")
    assert "form" not in facts_of(db)["Channels"]
