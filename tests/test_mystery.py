"""Mystery visits: the script, the times, and what they do to metrics, promises and gaps."""

import pytest

from analysis.mystery import choose_questions, read_time, standard_questions, visit_bucket
from analysis.run_analysis import analyze
from crawler.db import upsert
from crawler.errors import ConfigError
from tests import analysis_market as market

FAQ = [
    ("How long does delivery take?", "Two days."),
    ("What does delivery cost?", "Nothing."),
    ("How do I return an order?", "By post."),
    ("Which payment methods do you accept?", "Cards."),
    ("Our shops", "In town."),
    ("HOW LONG does   delivery take?", "Two days."),
    ("Why is tea green?", "It is not oxidized."),
]


def test_script_asks_topic_after_topic_and_each_question_once():
    asked = choose_questions(FAQ, language="en")
    assert [q.text for q in asked] == [
        "How long does delivery take?",
        "How do I return an order?",
        "Which payment methods do you accept?",
        "What does delivery cost?",
        "Why is tea green?",
    ]
    assert asked[0].expected == "Two days."
    assert {q.source for q in asked} == {"faq"}


def test_thin_faq_is_filled_up_from_the_market_to_fifteen():
    others = [f"How do I use product number {n}?" for n in range(40)]
    asked = choose_questions(FAQ, others, language="en")
    assert len(asked) == 15
    assert [q.source for q in asked].count("market") == 10


def test_two_standard_questions_are_in_the_language_of_the_brand():
    assert len(standard_questions("de")) == 2
    assert "Telefonnummer" in standard_questions("de")[0].text
    assert standard_questions("xx") == standard_questions("en") == standard_questions(None)


def test_times_need_a_zone_and_become_utc():
    assert read_time("2026-03-02T09:30+01:00", "t").isoformat() == "2026-03-02T08:30:00+00:00"
    with pytest.raises(ConfigError, match="no time zone"):
        read_time("2026-03-02T09:30", "--asked-at")
    with pytest.raises(ConfigError, match="is no time"):
        read_time("yesterday", "--asked-at")


def test_question_without_an_answer_waits_until_it_is_given_up():
    assert visit_bucket(None, never=False) == "waiting"
    assert visit_bucket(None, never=True) == "never"
    assert visit_bucket(3.9, never=False) == "1-4h"


def visit(n, hours, *, never=0, asked="2026-02-20T09:00:00+00:00"):
    answered = f"2026-02-{20 + hours // 24:02}T{9 + hours % 24:02}:00:00+00:00" if hours else None
    return {
        "id": f"v{n}", "study_id": 1, "domain": "leaf.example", "channel": "email",
        "question": f"q{n}", "asked_at": asked, "answered_at": answered, "never": never,
        "quality": 4 if hours else None, "note": None, "attachments": "[]",
    }  # fmt: skip


@pytest.fixture
def leaf(tmp_path):
    """Analyzes the market with these visits of leaf.example, which promises 24 hours."""
    db = market.build(tmp_path / "db")

    def measure(*visits):
        with db.atomic():
            upsert(db, "mystery_visits", visits)
        analyze(db, market.RUN, now=market.NOW)
        metrics = {
            key: (value, n)
            for key, value, n in db.execute(
                "select key, value, m.n from metrics m join brands b on b.id = m.brand_id "
                "where b.domain = 'leaf.example' and m.run_id = 1 and key like 'mystery%'"
            )
        }
        promise = db.execute(
            "select p.verdict, p.experience, p.n from promises p join brands b "
            "on b.id = p.brand_id where b.domain = 'leaf.example' and kind = 'reply_time'"
        ).fetchone()
        return metrics, promise

    yield measure
    db.close()


def test_measured_reply_time_is_the_median_and_counts_what_was_answered(leaf):
    metrics, promise = leaf(visit(1, 2), visit(2, 4), visit(3, 6), visit(4, 0, never=1))
    assert metrics["mystery_reply_time"] == (4, 3)
    assert metrics["mystery_answered"] == (0.75, 4)
    assert promise[0] == "kept"
    assert "3 of 4" in promise[1]


def test_waiting_and_old_visits_count_neither_way(leaf):
    old = visit(3, 6, asked="2024-02-20T09:00:00+00:00")
    metrics, promise = leaf(visit(1, 0), old)
    assert metrics["mystery_answered"][0] is None
    assert promise[0] == "unclear"
    assert "test question" not in promise[1]


def test_promise_that_test_questions_contradict_is_called_so(leaf):
    _, promise = leaf(visit(1, 30), visit(2, 36), visit(3, 2))
    assert promise[0] == "contradicted"
    assert promise[2] == 3


def test_two_visits_are_too_few_for_a_verdict(leaf):
    _, promise = leaf(visit(1, 30), visit(2, 36))
    assert promise[0] == "unclear"
    assert "a verdict needs 3" in promise[1]
