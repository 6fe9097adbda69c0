"""Every SWOT rule fires on one example and is calm on another; entries are ranked and capped."""

# ruff: noqa: E501  an example reads best on one line

from __future__ import annotations

import re

import pytest

from analysis.metrics import METRICS, Measured
from analysis.observations import Proof, ThemeVoice
from analysis.scorecard import benchmarks
from analysis.swot import PER_QUADRANT, swot
from analysis.swot_rules import SWOT_RULES, Case, Missing, sentence

PROOF = [Proof("page", "what it says")]
NAMES = {"us": "us.example", "a": "a.example", "b": "b.example", "c": "c.example"}


def measured(value, spread=None, **more):
    """A metric as measured; `spread` gives it an interval around the value."""
    low, high = (None, None) if spread is None else (value - spread, value + spread)
    return Measured(value, 40, low, high, evidence=list(PROOF), **more)


def case(own=None, others=(), spread=None, **more):
    """A brand with `own` metric values; `others` are metric -> values of the brands a, b, c."""
    empty = {key: Measured(None, state="too_few", reason="nothing") for key in METRICS}
    table = {brand: dict(empty) for brand in NAMES}
    for key, value in (own or {}).items():
        table["us"][key] = measured(value, spread)
    for key, values in dict(others).items():
        for brand, value in zip("abc", values, strict=False):
            table[brand][key] = measured(value, spread)
    return Case(
        brand="us",
        domain="us.example",
        own=table["us"],
        market=benchmarks(table, ["a", "b", "c"]),
        others={brand: table[brand] for brand in "abc"},
        names=NAMES,
        **more,
    )


def metric(key, own, *others, spread=None, before=None):
    """A case about one metric."""
    return case({key: own}, {key: others}, spread, before=before or {})


def voice(positive=0, negative=0, neutral=0):
    found = ThemeVoice(positive, neutral, negative)
    for feeling in ("positive", "negative", "neutral"):
        found.quotes[feeling] = list(PROOF)
    return found


def missing(n, compared=10):
    return Missing(n, compared, ("Can I pay by card?", "Do you ship?"), tuple(PROOF))


HAS, LACKS = 1.0, 0.0
# Rule -> (a case where it fires, a case where it is calm).
EXAMPLES = {
    "visible": (metric("visibility", 0.2, 0.02, 0.03, 0.04), metric("visibility", 0.04, 0.02, 0.03, 0.04)),
    "hard-to-find": (metric("visibility", 0.01, 0.1, 0.12, 0.2), metric("visibility", 0.1, 0.1, 0.12, 0.2)),
    "ranks-widely": (metric("keywords_ranked", 0.9, 0.2, 0.3, 0.4), metric("keywords_ranked", 0.35, 0.2, 0.3, 0.4)),
    "ranks-rarely": (metric("keywords_ranked", 0.1, 0.5, 0.6, 0.7), metric("keywords_ranked", 0.1, 0.5, 0.6, 0.7, spread=0.6)),
    "top-contested": (metric("keywords_top3", 0.1, 0.1, 0.1, 0.0), metric("keywords_top3", 0.1, 0.5, 0.6, 0.0)),
    "rival-dominates-search": (metric("visibility", 0.02, 0.2, 0.01, 0.0), metric("visibility", 0.15, 0.2, 0.01, 0.0)),
    "rival-rises-in-search": (
        metric("visibility", 0.1, 0.1, 0.05, 0.1, before={"a.example": {"visibility": 0.01}}),
        metric("visibility", 0.1, 0.1, 0.05, 0.1, before={"a.example": {"visibility": 0.1}}),
    ),
    "large-faq": (metric("faq_entries", 40, 5, 6, 7), metric("faq_entries", 7, 5, 6, 7)),
    "small-faq": (metric("faq_entries", 3, 20, 30, 40), metric("faq_entries", 0, 20, 30, 40)),
    "no-faq": (metric("faq_entries", 0, 20, 30, 0), metric("faq_entries", 0, 20, 0, 0)),
    "nobody-has-faq": (metric("faq_entries", 0, 0, 0, 5), metric("faq_entries", 0, 9, 9, 5)),
    "rival-large-faq": (metric("faq_entries", 3, 60, 2, 2), metric("faq_entries", 30, 60, 2, 2)),
    "rival-grows-faq": (
        metric("faq_entries", 10, 40, 1, 1, before={"a.example": {"faq_entries": 10}}),
        metric("faq_entries", 10, 40, 1, 1, before={"a.example": {"faq_entries": 39}}),
    ),
    "broad-faq": (metric("faq_topics", 8, 2, 3, 4), metric("faq_topics", 4, 2, 3, 4)),
    "narrow-faq": (metric("faq_topics", 1, 5, 6, 7), metric("faq_topics", 5, 5, 6, 7)),
    "narrow-market-faqs": (metric("faq_topics", 1, 1, 2, 2), metric("faq_topics", 1, 5, 6, 7)),
    "good-faq": (metric("faq_quality", 80, 40, 50, 60), metric("faq_quality", 55, 40, 50, 60)),
    "poor-faq": (metric("faq_quality", 20, 40, 50, 60), metric("faq_quality", 45, 40, 50, 60)),
    "weak-market-faqs": (metric("faq_quality", 30, 30, 35, 40), metric("faq_quality", 30, 70, 75, 80)),
    "answers-elsewhere": (metric("faq_answered", 0.1, 0.8, 0.9, 1.0), metric("faq_answered", 0.8, 0.8, 0.9, 1.0)),
    "far-faq": (metric("faq_clicks", 4, 1, 1, 1), metric("faq_clicks", 1, 1, 1, 1)),
    "no-help-page": (metric("help_centre", LACKS, HAS, HAS, HAS), metric("help_centre", HAS, HAS, HAS, HAS)),
    "many-channels": (metric("contact_channels", 4, 1, 1, 2), metric("contact_channels", 1, 1, 1, 2)),
    "no-contact": (metric("contact_channels", 0, 1, 2, 2), metric("contact_channels", 1, 1, 2, 2)),
    "few-channels": (metric("contact_channels", 1, 3, 3, 4), metric("contact_channels", 0, 3, 3, 4)),
    "few-channels-market": (metric("contact_channels", 1, 1, 1, 1), metric("contact_channels", 1, 3, 3, 3)),
    "rival-many-channels": (metric("contact_channels", 1, 4, 1, 1), metric("contact_channels", 3, 4, 1, 1)),
    "phone-rare": (metric("phone_shown", HAS, LACKS, LACKS, HAS), metric("phone_shown", HAS, HAS, HAS, HAS)),
    "no-phone": (metric("phone_shown", LACKS, HAS, HAS, HAS), metric("phone_shown", LACKS, HAS, LACKS, LACKS)),
    "nobody-shows-phone": (metric("phone_shown", LACKS, LACKS, LACKS, LACKS), metric("phone_shown", LACKS, HAS, HAS, LACKS)),
    "no-email": (metric("email_shown", LACKS, HAS, HAS, HAS), metric("email_shown", HAS, HAS, HAS, HAS)),
    "near-contact": (metric("contact_clicks", 1, 2, 3, 3), metric("contact_clicks", 1, 1, 1, 3)),
    "far-contact": (metric("contact_clicks", 3, 1, 1, 1), metric("contact_clicks", 1, 1, 1, 1)),
    "person-near": (metric("steps_to_a_person", 0, 2, 3, 3), metric("steps_to_a_person", 3, 2, 3, 3)),
    "person-far": (metric("steps_to_a_person", 4, 0, 1, 1), metric("steps_to_a_person", 1, 0, 1, 1)),
    "hours-rare": (metric("hours_stated", HAS, LACKS, LACKS, LACKS), metric("hours_stated", HAS, HAS, HAS, LACKS)),
    "no-hours": (metric("hours_stated", LACKS, HAS, HAS, LACKS), metric("hours_stated", LACKS, LACKS, LACKS, LACKS)),
    "chat-rare": (metric("chat_present", HAS, LACKS, LACKS, LACKS), metric("chat_present", HAS, HAS, HAS, LACKS)),
    "no-chat": (metric("chat_present", LACKS, HAS, HAS, LACKS), metric("chat_present", LACKS, LACKS, LACKS, LACKS)),
    "nobody-has-chat": (metric("chat_present", LACKS, LACKS, LACKS, LACKS), metric("chat_present", HAS, LACKS, LACKS, LACKS)),
    "chat-everywhere": (metric("chat_pages", 1.0, 0.1, 0.2, 0.3), metric("chat_pages", 0.3, 0.1, 0.2, 0.3)),
    "chat-hidden": (metric("chat_pages", 0.1, 0.9, 1.0, 1.0), metric("chat_pages", 0.9, 0.9, 1.0, 1.0)),
    "messenger-rare": (metric("messenger_offered", HAS, LACKS, LACKS, LACKS), metric("messenger_offered", LACKS, LACKS, LACKS, LACKS)),
    "no-messenger": (metric("messenger_offered", LACKS, HAS, HAS, LACKS), metric("messenger_offered", LACKS, HAS, LACKS, LACKS)),
    "promises-reply": (metric("reply_time_stated", HAS, LACKS, LACKS, LACKS), metric("reply_time_stated", HAS, HAS, HAS, HAS)),
    "no-reply-promise": (metric("reply_time_stated", LACKS, HAS, HAS, LACKS), metric("reply_time_stated", LACKS, LACKS, LACKS, LACKS)),
    "nobody-promises-reply": (metric("reply_time_stated", LACKS, LACKS, LACKS, LACKS), metric("reply_time_stated", LACKS, HAS, HAS, LACKS)),
    "fast-promise": (metric("reply_time", 2, 24, 24, 48), metric("reply_time", 24, 24, 24, 48)),
    "slow-promise": (metric("reply_time", 72, 4, 8, 24), metric("reply_time", 8, 4, 8, 24)),
    "fast-reply": (metric("mystery_reply_time", 1, 10, 12, 24, spread=0.5), metric("mystery_reply_time", 10, 10, 12, 24, spread=5)),
    "slow-reply": (metric("mystery_reply_time", 60, 2, 4, 6, spread=5), metric("mystery_reply_time", 4, 2, 4, 6, spread=5)),
    "answers-reviews": (metric("reviews_answered", 0.9, 0.1, 0.2, 0.3, spread=0.05), metric("reviews_answered", 0.2, 0.1, 0.2, 0.3, spread=0.05)),
    "ignores-reviews": (metric("reviews_answered", 0.1, 0.6, 0.7, 0.8, spread=0.05), metric("reviews_answered", 0.7, 0.6, 0.7, 0.8, spread=0.05)),
    "high-stars": (metric("star_rating", 4.7, 3.9, 4.0, 4.1, spread=0.1), metric("star_rating", 4.7, 3.9, 4.0, 4.1, spread=0.9)),
    "low-stars": (metric("star_rating", 3.1, 4.2, 4.3, 4.4, spread=0.1), metric("star_rating", 4.2, 4.2, 4.3, 4.4, spread=0.1)),
    "rival-high-stars": (metric("star_rating", 3.6, 4.6, 3.0, 3.0, spread=0.1), metric("star_rating", 3.6, 4.6, 3.0, 3.0, spread=0.8)),
    "rival-stars-rise": (
        metric("star_rating", 4, 4.4, 4, 4, spread=0.05, before={"a.example": {"star_rating": 4.0}}),
        metric("star_rating", 4, 4.4, 4, 4, spread=0.05, before={"a.example": {"star_rating": 4.4}}),
    ),
    "positive-reviews": (metric("net_sentiment", 0.9, 0.1, 0.2, 0.3, spread=0.1), metric("net_sentiment", 0.2, 0.1, 0.2, 0.3, spread=0.1)),
    "negative-reviews": (metric("net_sentiment", -0.5, 0.4, 0.5, 0.6, spread=0.1), metric("net_sentiment", 0.5, 0.4, 0.5, 0.6, spread=0.1)),
    "many-negative": (metric("negative_share", 0.4, 0.1, 0.1, 0.2, spread=0.05), metric("negative_share", 0.1, 0.1, 0.1, 0.2, spread=0.05)),
    "unhappy-market": (metric("net_sentiment", -0.2, -0.3, -0.2, -0.1), metric("net_sentiment", 0.5, 0.6, 0.5, 0.6)),
    "many-reviews": (metric("review_volume", 500, 10, 20, 30), metric("review_volume", 8, 0, 0, 0)),
    "few-reviews": (metric("review_volume", 3, 200, 300, 400), metric("review_volume", 0, 200, 300, 400)),
    "rival-many-reviews": (metric("review_volume", 2, 900, 1, 1), metric("review_volume", 700, 900, 1, 1)),
    "fresh-reviews": (metric("recent_reviews", 0.9, 0.1, 0.2, 0.3, spread=0.05), metric("recent_reviews", 0.3, 0.1, 0.2, 0.3, spread=0.05)),
    "stale-reviews": (metric("recent_reviews", 0.1, 0.6, 0.7, 0.8, spread=0.05), metric("recent_reviews", 0.6, 0.6, 0.7, 0.8, spread=0.05)),
    "returns-rare": (metric("returns_stated", HAS, LACKS, LACKS, LACKS), metric("returns_stated", HAS, HAS, HAS, HAS)),
    "no-returns-policy": (metric("returns_stated", LACKS, HAS, HAS, HAS), metric("returns_stated", LACKS, LACKS, LACKS, LACKS)),
    "long-returns": (metric("returns_window", 100, 14, 30, 30), metric("returns_window", 30, 14, 30, 30)),
    "short-returns": (metric("returns_window", 14, 30, 60, 100), metric("returns_window", 60, 30, 60, 100)),
    "rival-long-returns": (metric("returns_window", 14, 60, 14, 14), metric("returns_window", 30, 60, 14, 14)),
    "fast-delivery": (metric("delivery_time", 1, 5, 6, 7), metric("delivery_time", 5, 5, 6, 7)),
    "slow-delivery": (metric("delivery_time", 12, 2, 3, 3), metric("delivery_time", 3, 2, 3, 3)),
    "no-delivery-terms": (metric("delivery_stated", LACKS, HAS, HAS, LACKS), metric("delivery_stated", LACKS, HAS, LACKS, LACKS)),
    "free-returns-rare": (metric("free_returns", HAS, LACKS, LACKS, LACKS), metric("free_returns", HAS, HAS, HAS, HAS)),
    "warranty-rare": (metric("warranty_stated", HAS, LACKS, LACKS, LACKS), metric("warranty_stated", LACKS, LACKS, LACKS, LACKS)),
    "no-warranty": (metric("warranty_stated", LACKS, HAS, HAS, LACKS), metric("warranty_stated", HAS, HAS, HAS, LACKS)),
    "many-languages": (metric("languages", 5, 1, 1, 2), metric("languages", 1, 1, 1, 2)),
    "few-languages": (metric("languages", 1, 3, 4, 5), metric("languages", 3, 3, 4, 5)),
    "wrong-language": (metric("market_language", 0.1, 0.9, 1.0, 1.0, spread=0.05), metric("market_language", 0.9, 0.9, 1.0, 1.0, spread=0.05)),
    "accessible-code": (metric("accessible_code", 1.0, 0.5, 0.5, 0.6, spread=0.02), metric("accessible_code", 0.6, 0.5, 0.6, 0.6, spread=0.02)),
    "barriers-in-code": (metric("accessible_code", 0.4, 0.9, 0.9, 1.0, spread=0.02), metric("accessible_code", 0.9, 0.9, 0.9, 1.0, spread=0.02)),
    "no-accessibility-statement": (metric("accessibility_statement", LACKS, HAS, HAS, HAS), metric("accessibility_statement", HAS, HAS, HAS, HAS)),
    "many-networks": (metric("social_profiles", 5, 1, 1, 1), metric("social_profiles", 2, 1, 1, 1)),
    "questions-missed": (case(missed=missing(4)), case(missed=missing(1))),
    "questions-only-here": (case(only_here=missing(4)), case(only_here=missing(4, compared=4))),
    "questions-unanswered": (case(unanswered=missing(2)), case(unanswered=missing(0))),
    "promise-broken": (case(broken_promises=(("it says “2 days”, 5 of 6 complain", tuple(PROOF), 6),)), case()),
}  # fmt: skip
THEMES = [r.key.removesuffix("-praised") for r in SWOT_RULES if r.key.endswith("-praised")]
for name in [t for t in THEMES if not t.endswith("-rival")]:
    theme = name.replace("-", "_")
    rivals = {"a": {theme: voice(negative=9, positive=1)}, "b": {theme: voice(negative=7)}}
    praised = {"a": {theme: voice(positive=9)}}
    EXAMPLES |= {
        f"{name}-praised": (case(themes={theme: voice(positive=9)}), case(themes={theme: voice(positive=4)})),
        f"{name}-criticized": (case(themes={theme: voice(negative=9)}), case(themes={theme: voice(negative=5, positive=5)})),
        f"{name}-market-criticized": (case(other_themes=rivals), case(other_themes={"a": rivals["a"]})),
        f"{name}-rival-praised": (
            case(themes={theme: voice(negative=6)}, other_themes=praised),
            case(themes={theme: voice(positive=6)}, other_themes=praised),
        ),
        f"{name}-complaints-unanswered": (
            case(themes={theme: voice(negative=6)}, topics=frozenset()),
            case(themes={theme: voice(negative=6)}, topics=None),
        ),
    }  # fmt: skip
RULES = {rule.key: rule for rule in SWOT_RULES}


def test_there_are_at_least_forty_rules_with_one_key_each():
    assert len(RULES) == len(SWOT_RULES) >= 40
    assert {rule.quadrant for rule in SWOT_RULES} == {
        "strength",
        "weakness",
        "opportunity",
        "threat",
    }


@pytest.mark.parametrize("key", RULES)
def test_every_rule_fires_on_its_example_with_a_full_sentence(key):
    rule, example = RULES[key], EXAMPLES[key][0]
    found = rule.when(example)
    assert found is not None
    text = sentence(rule, example, found)
    assert text.endswith(".")
    assert text[0].isalnum() or text[0] == "“"
    assert not re.search(r"[{}]|not known|None|\bnan\b", text), text
    assert found.evidence
    assert found.impact > 0


@pytest.mark.parametrize("key", RULES)
def test_every_rule_is_calm_on_its_other_example(key):
    assert RULES[key].when(EXAMPLES[key][1]) is None


@pytest.mark.parametrize("key", RULES)
def test_no_rule_speaks_where_nothing_was_seen(key):
    assert RULES[key].when(case()) is None


def test_little_on_a_site_that_was_half_seen_is_no_weakness():
    seen = metric("faq_entries", 3, 20, 30, 40)
    seen.own["faq_entries"].at_least = True
    assert RULES["small-faq"].when(seen) is None
    assert RULES["rival-large-faq"].when(seen) is None


def test_at_most_five_a_quadrant_are_shown_and_the_rest_is_in_the_appendix():
    worst = {key: 0.0 for key in METRICS if METRICS[key].unit == "yes_no"}
    entries = swot(case(worst, {key: [1.0, 1.0, 1.0] for key in worst}))
    weak = [entry for entry in entries if entry.quadrant == "weakness"]
    assert len(weak) > PER_QUADRANT
    shown = [entry for entry in weak if not entry.in_appendix]
    assert len(shown) == PER_QUADRANT
    assert sorted(entry.position for entry in weak) == list(range(1, len(weak) + 1))
    assert min(entry.rank for entry in shown) >= max(e.rank for e in weak if e.in_appendix)


def test_a_statement_without_a_page_behind_it_is_not_made():
    example = metric("faq_entries", 40, 5, 6, 7)
    for table in (example.own, *example.others.values()):
        table["faq_entries"].evidence = []
    assert [entry for entry in swot(example) if entry.rule == "large-faq"] == []


def test_a_threat_that_repeats_a_weakness_goes_to_the_appendix():
    entries = {entry.rule: entry for entry in swot(metric("faq_entries", 2, 60, 50, 50))}
    assert not entries["small-faq"].in_appendix
    assert entries["rival-large-faq"].in_appendix


def test_no_count_of_ways_is_told_of_a_brand_without_any():
    entries = {entry.rule for entry in swot(metric("contact_channels", 0, 4, 1, 1))}
    assert not entries & {"rival-many-channels", "few-channels-market"}
    assert "no-contact" in entries


def test_few_observations_make_low_confidence():
    sure = swot(metric("faq_entries", 40, 5, 6, 7))[0]
    example = metric("faq_entries", 40, 5, 6, 7)
    example.own["faq_entries"].coverage = 0.3
    assert (sure.confidence, swot(example)[0].confidence) == ("high", "low")


def test_a_competitor_is_not_compared_with_itself_and_one_other():
    found = metric("delivery_time", 1, 5, 6)
    assert any(entry.rule == "fast-delivery" for entry in swot(found))
    found.is_competitor = True
    assert not any(entry.rule == "fast-delivery" for entry in swot(found))


def test_a_lead_has_to_hold_against_rivals_that_were_not_read_in_full():
    found = metric("faq_entries", 20, 2, 3, 5)
    assert any(entry.rule == "large-faq" for entry in swot(found))
    bound = Measured(30, 30, at_least=True, evidence=list(PROOF))
    table = {"a": found.others["a"], "b": found.others["b"], "c": found.others["c"]}
    table["d"] = {**found.others["c"], "faq_entries": bound}
    table["e"] = table["d"]
    found.market = benchmarks(table, list("abcde"))
    assert found.market["faq_entries"].median == 5
    assert found.market["faq_entries"].hoped_median == 5
    table["b"] = table["d"]
    found.market = benchmarks(table, list("abcde"))
    assert (found.market["faq_entries"].median, found.market["faq_entries"].hoped_median) == (
        30,
        40,
    )
    assert not any(entry.rule == "large-faq" for entry in swot(found))


def test_the_best_is_at_least_so_much_where_it_was_not_read_in_full():
    found = case({"faq_entries": 2}, {"faq_entries": (3, 30, 40)})
    found.others["c"]["faq_entries"].at_least = True
    text = next(e.text for e in swot(found) if e.rule == "rival-large-faq")
    assert text == "c.example answers at least 40 questions in its FAQ, us.example 2."


def test_a_market_is_not_weak_for_what_of_its_brands_was_not_read():
    rule = "few-channels-market"
    found = metric("contact_channels", 1, 1, 1, 0)
    assert any(entry.rule == rule for entry in swot(found))
    found.others["b"]["contact_channels"].at_least = True
    found.others["a"]["contact_channels"].at_least = True
    assert not any(entry.rule == rule for entry in swot(found))
