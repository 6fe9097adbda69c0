"""Scores: what is left out, places, benchmarks, and when a place is robust."""

from __future__ import annotations

import pytest

from analysis.competitors import CURVES
from analysis.metrics import DIMENSIONS, METRIC_ROWS, METRICS, Measured
from analysis.observations import Observed
from analysis.scorecard import OVERALL, benchmarks, score_brands

CHAT = [metric.key for metric in METRIC_ROWS if metric.dimension == "chat"]


def unseen():
    return {
        key: Measured(None, coverage=0.0, state="not_seen", reason="blocked") for key in METRICS
    }


def table(**brands):
    """Brands with the given values; every other metric was not seen."""
    found = {}
    for name, values in brands.items():
        found[name] = unseen()
        for key, value in values.items():
            found[name][key] = value if isinstance(value, Measured) else Measured(value, 10)
    return found


def scores(measured, **options):
    brands = [Observed(name, f"{name}.example", "competitor") for name in measured]
    return score_brands(brands, measured, **options)


def test_what_was_not_seen_leaves_the_score_and_lowers_the_coverage():
    full = dict.fromkeys(CHAT, 1.0)
    half = {"chat_present": 1.0}
    found = scores(table(a=full, b=half))
    assert found["a"]["chat"].score == found["b"]["chat"].score == 100
    assert found["a"]["chat"].coverage == 1.0
    assert found["b"]["chat"].coverage < 1.0
    assert "not seen" in found["b"]["chat"].reason


def test_measured_absence_is_zero():
    found = scores(table(a={"chat_present": 0.0, "messenger_offered": 0.0}))
    assert found["a"]["chat"].score == 0


def test_a_dimension_that_was_hardly_seen_has_no_score_but_a_reason():
    found = scores(table(a={"messenger_offered": 1.0}))["a"]["chat"]
    assert (found.score, found.state, found.reason) == (None, "not_seen", "blocked")


def test_a_lower_bound_never_lowers_a_score():
    little = Measured(1, 5, at_least=True, coverage=0.5)
    values = {"faq_topics": 9.0, "faq_quality": 100.0, "help_centre": 1.0}
    with_bound = scores(table(a={"faq_entries": little, **values}))["a"]["self_service"]
    assert with_bound.score == 100


def test_metrics_of_an_absent_thing_do_not_count():
    found = scores(table(a={"faq_entries": 0.0, "help_centre": 0.0}))["a"]["self_service"]
    assert (found.score, found.coverage) == (0, 1.0)


def test_conditional_metrics_count_only_where_half_of_the_market_has_them():
    rare = table(a={"returns_stated": 0.0}, b={"returns_stated": 0.0}, c={"returns_stated": 1.0})
    assert scores(rare)["a"]["policies"].score is None
    usual = table(a={"returns_stated": 0.0}, b={"returns_stated": 1.0}, c={"returns_stated": 1.0})
    assert scores(usual)["a"]["policies"].score == 0


def test_the_interval_grows_with_those_of_the_metrics():
    narrow = Measured(0.5, 100, 0.45, 0.55)
    wide = Measured(0.5, 10, 0.2, 0.8)
    sure, unsure = (
        scores(table(a={"keywords_ranked": m, "visibility": m, "keywords_top3": m}))["a"][
            "discoverability"
        ]
        for m in (narrow, wide)
    )
    assert sure.high - sure.low < unsure.high - unsure.low


def test_ties_share_a_place():
    found = scores(table(a={"chat_present": 1.0}, b={"chat_present": 1.0}, c={"chat_present": 0.0}))
    assert [found[name]["chat"].place for name in "abc"] == [1, 1, 3]


def test_a_clear_order_is_robust():
    found = scores(table(a=dict.fromkeys(CHAT, 1.0), b=dict.fromkeys(CHAT, 0.0)))
    assert found["a"]["chat"].robust
    assert found["a"]["chat"].depends_on == ""


def test_an_order_that_turns_with_a_weight_says_so():
    people = {
        "chat_present": 1.0,
        "chat_with_people": 1.0,
        "chat_pages": 0.0,
        "messenger_offered": 0.0,
    }
    pages = {
        "chat_present": 1.0,
        "chat_with_people": 0.0,
        "chat_pages": 0.9,
        "messenger_offered": 0.0,
    }
    found = scores(table(a=people, b=pages))
    assert found["a"]["chat"].robust is False
    assert "the weight of" in found["a"]["chat"].depends_on


def test_an_order_that_turns_with_the_click_curve_says_so():
    measured = table(
        a={"visibility": 0.100, "keywords_ranked": 0.5},
        b={"visibility": 0.105, "keywords_ranked": 0.5},
    )
    curves = {key: 0.1 * curve(1) / CURVES["sistrix-2020"](1) for key, curve in CURVES.items()}
    turned = {
        key: value * (1.05 if key == "sistrix-2020" else 0.8) for key, value in curves.items()
    }
    found = scores(measured, visibilities={"a": curves, "b": turned})
    assert "the click curve" in found["a"]["discoverability"].depends_on


def test_overall_needs_half_of_the_dimensions():
    assert scores(table(a={"chat_present": 1.0}))["a"][OVERALL].score is None
    assert set(scores(table(a={}))["a"]) == {*DIMENSIONS, OVERALL}


def test_the_market_is_the_competitors_and_best_follows_the_direction():
    measured = table(
        own={"faq_clicks": 1.0}, a={"faq_clicks": 2.0}, b={"faq_clicks": 3.0}, c={"faq_clicks": 4.0}
    )
    market = benchmarks(measured, ["a", "b", "c"])["faq_clicks"]
    assert (market.median, market.best, market.best_brand, market.n) == (3.0, 2.0, "a", 3)


def test_one_competitor_makes_no_market():
    assert benchmarks(table(a={"faq_clicks": 2.0}), ["a"]) == {}


def test_no_brands_no_scores():
    assert scores({}) == {}


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_dimension_has_metrics_with_weight(dimension):
    assert sum(metric.weight for metric in METRIC_ROWS if metric.dimension == dimension) > 0
