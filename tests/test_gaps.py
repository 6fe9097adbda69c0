"""Gaps: ranked by importance, difference and confidence; each with a plan that can be checked."""

from __future__ import annotations

from datetime import date

import pytest

from analysis.gaps import find_gaps, plays
from analysis.journey import STAGES, stage_of
from analysis.metrics import METRICS, Measured
from analysis.observations import Proof
from analysis.scorecard import benchmarks

TODAY = date(2026, 3, 2)
NAMES = {"own": "us.example", "a": "a.example", "b": "b.example", "c": "c.example"}


def gaps(own, **others):
    """Gaps of a brand with these values against brands a, b, c with lists of values by metric."""
    table = {name: {key: Measured(None, state="too_few") for key in METRICS} for name in NAMES}
    for key, value in own.items():
        table["own"][key] = value if isinstance(value, Measured) else _measured(value, "own")
    for key, values in others.items():
        for name, value in zip("abc", values, strict=False):
            table[name][key] = _measured(value, name)
    rivals = {name: table[name] for name in "abc"}
    return find_gaps(table["own"], benchmarks(table, "abc"), rivals, NAMES, today=TODAY)


def _measured(value, name):
    return Measured(value, 20, evidence=[Proof(name, "what it says")])


def test_a_gap_has_number_comparison_plan_and_evidence():
    (gap,) = gaps({"faq_entries": 3.0}, faq_entries=[10, 20, 30])
    assert (
        gap.text
        == "FAQ entries: 3 against a median of 20 (3 competitors); best is c.example with 30."
    )
    assert (gap.own_value, gap.market_median, gap.best_value, gap.best_brand) == (3, 20, 30, "c")
    assert gap.goal == "By 2026-05-31, answer 25 questions in the FAQ instead of 3."
    assert (gap.target, gap.review_date, gap.effort) == (25, "2026-05-31", "medium")
    assert gap.tactic.startswith("1. ")
    assert {proof.page_id for proof in gap.evidence} == {"own", "c"}


def test_missing_what_others_have_is_a_gap():
    (gap,) = gaps({"phone_shown": 0.0}, phone_shown=[1, 1, 0])
    assert (
        gap.text == "Phone number: not found on our 20 pages read; most of 3 competitors have it."
    )
    assert gap.target == 1


def test_ahead_or_level_is_no_gap():
    assert gaps({"faq_entries": 30.0}, faq_entries=[10, 20, 30]) == []
    assert gaps({"faq_entries": 20.0}, faq_entries=[10, 20, 90]) == []


@pytest.mark.parametrize(
    "own",
    [
        Measured(None, state="not_seen", reason="blocked"),
        Measured(3.0, 20, at_least=True),
    ],
    ids=["not seen", "lower bound"],
)
def test_what_we_did_not_see_of_ourselves_is_no_gap(own):
    assert gaps({"faq_entries": own}, faq_entries=[10, 20, 30]) == []


def test_a_median_within_our_own_interval_is_no_gap():
    own = Measured(0.3, 10, 0.05, 0.7)
    assert gaps({"keywords_ranked": own}, keywords_ranked=[0.6, 0.6, 0.6]) == []


def test_less_than_one_whole_thing_is_no_gap():
    assert gaps({"social_profiles": 0.0}, social_profiles=[0, 0.5, 1]) == []


def test_heavier_metrics_and_larger_differences_come_first():
    found = gaps(
        {"faq_entries": 0.0, "hours_stated": 0.0, "languages": 1.0},
        faq_entries=[30, 30, 30], hours_stated=[1, 1, 1], languages=[2, 2, 2],
    )  # fmt: skip
    assert [gap.metric for gap in found] == ["faq_entries", "hours_stated", "languages"]
    assert [gap.position for gap in found] == [1, 2, 3]


def test_lower_is_better_where_it_is():
    (gap,) = gaps({"reply_time": 48.0}, reply_time=[4, 8, 24])
    assert gap.target == 8
    assert "within 8 hours instead of 48 hours" in gap.goal


def test_two_competitors_make_medium_confidence():
    assert gaps({"faq_entries": 3.0}, faq_entries=[20, 30])[0].confidence == "medium"
    assert gaps({"faq_entries": 3.0}, faq_entries=[20, 30, 30])[0].confidence == "high"


@pytest.mark.parametrize("key", METRICS)
def test_every_metric_has_a_play_that_can_be_checked(key):
    play = plays()[key]
    assert play.effort in ("small", "medium", "large")
    assert play.aim in ("best", "median", "between")
    assert play.kpi
    assert len(play.steps) >= 2
    assert all(step.endswith(".") for step in play.steps)
    play.goal.format(own="3", target="5")
    assert not play.goal.endswith(".")


@pytest.mark.parametrize("key", METRICS)
def test_every_metric_belongs_to_a_stage_of_the_journey(key):
    assert stage_of(key, METRICS[key].dimension) in STAGES
