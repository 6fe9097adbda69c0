"""Words of reviews lead to their quotes, and count reviews, not words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.ground import read_ground
from reports.renderers import html
from reports.report import build_report
from reports.terms import terms_of
from tests.report_data import OWN, RUN, build_market

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def db():
    return build_market(Path(":memory:"))


def say(db, texts):
    """Give the own brand these reviews, once or (text, times)."""
    brand = db.execute("select id from brands where domain = ?", [OWN]).fetchone()[0]
    rows = list(db.query("select id from reviews where brand_id = ? order by id", [brand]))
    for row, text in zip(rows, texts, strict=False):
        db.execute("update reviews set text = ? where id = ?", [text, row["id"]])


def found(db):
    terms, looked_at = terms_of(read_ground(db, RUN))
    return {term.text: term for term in terms}, looked_at


def test_a_word_counts_reviews_that_hold_it_and_not_how_often(db):
    say(db, [f"Saddle, saddle and again the saddle of order {i}." for i in range(7)])
    terms, _ = found(db)
    assert terms["saddle"].n == 7


def test_words_that_judge_or_stand_everywhere_are_no_terms(db):
    text = "This was a terrible and awful saddle, number {}, because of the rails."
    say(db, [text.format(i) for i in range(9)])
    terms, _ = found(db)
    assert {"saddle", "rails"} <= set(terms)
    assert not {"terrible", "awful", "this", "because", "fernwheel"} & set(terms)


def test_what_few_reviews_say_is_left_out(db):
    say(db, ["The kickstand fell off."] * 4)
    assert "kickstand" not in found(db)[0]


def test_a_review_that_stands_twice_is_looked_at_once(db):
    _, before = found(db)
    row = next(db.query("select * from reviews limit 1"))
    db["reviews"].insert(row | {"id": "again"})
    score = next(db.query("select * from review_scores limit 1"))
    db["review_scores"].insert(score | {"review_id": "again"})
    assert found(db)[1] == before


def test_quotes_are_short_sentences_with_the_word_and_stand_in_the_register(db):
    creaks = "creaks " * 60
    say(db, [f"Order {i} came late. The saddle {creaks}all day. Never mind." for i in range(8)])
    report = build_report(db, RUN, now=NOW)
    saddle = next(t for t in report.voice.terms if t.text == "saddle")
    for entry in report.evidence_of(saddle.evidence):
        assert "saddle" in entry.excerpt.lower()
        assert len(entry.excerpt) < 170
        assert "Never mind" not in entry.excerpt


def test_each_word_of_the_page_is_a_link_to_its_quotes(db):
    say(db, [f"The saddle of order {i} <b>creaks</b>." for i in range(8)])
    text = html.render(build_report(db, RUN, now=NOW)).decode()
    place = re.search(r'<a href="#(term-\d+)" dir="auto">saddle</a>', text)[1]
    quotes = text.split(f'id="{place}"')[1].split("</section>")[0]
    assert "&lt;b&gt;creaks&lt;/b&gt;" in quotes


def test_what_the_analysis_calls_a_repeat_is_not_looked_at(db):
    assert found(db)[1]
    db.execute("update review_scores set is_repeat = 1")
    assert found(db) == ({}, 0)
