"""Metrics: measured, not seen or too few; intervals; normalization; the table of rows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import metrics
from analysis.metrics import (
    DIMENSIONS,
    METRIC_ROWS,
    METRICS,
    format_value,
    hours_of,
    measure,
    normalize,
)
from analysis.observations import (
    Channel,
    Chat,
    Faq,
    Observed,
    Page,
    PageCheck,
    Policy,
    Proof,
    Rank,
    Rating,
    Searches,
    Technology,
    Visit,
    _as_meant,
    stars_of,
)
from analysis.statistics import bootstrap, mean_test, median, shares_test, shrunk_stars, wilson

DOCS = Path(__file__).parents[1] / "docs" / "metrics.md"
SEARCHES = Searches(
    answered=["a", "b"], weights={"a": 100.0, "b": 300.0}, volumes_known=True, provider="file"
)


def page(key, state="ok", purpose="other", *, reason="", depth=1, rendered=False, broken=()):
    return Page(
        key, f"https://x.example/{'' if key == 'start' else key}", state, reason, purpose,
        0 if key == "start" else depth, "en", rendered, key, tuple(broken), True,
    )  # fmt: skip


def brand(*pages, **more):
    """A brand whose start page and two more were read, unless pages are given."""
    found = Observed("id", "x.example", "competitor")
    found.pages = list(pages) or [page("start"), page("about"), page("shop")]
    found.channels = [Channel("start", "social", "https://social.example/x", "x", "")]
    for name, rows in more.items():
        setattr(found, name, rows)
    return found


def value(found, key, **options):
    return measure(found, SEARCHES, **options)[key]


ENTRIES = [
    Faq("faq", f"How do I do task number {i}?", "word " * 60, "details", None) for i in range(4)
]


# -- not seen is not zero ----------------------------------------------------------------------


def test_a_site_read_fully_without_faq_has_zero_entries():
    found = value(brand(), "faq_entries")
    assert (found.value, found.state, found.n) == (0, "measured", 3)
    assert "none on the 3 pages read" in found.reason
    assert found.evidence


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("blocked", "challenge page", "1 page blocked (challenge page)"),
        ("robots", "Disallow: /faq", "1 page disallowed by robots.txt (Disallow: /faq)"),
        ("timeout", "", "1 page timed out"),
        ("budget", "40 pages read", "1 page out of the page budget"),
        ("error", "the site answers 502", "1 page failed (the site answers 502)"),
        ("too_large", "", "1 page too large"),
    ],
)
def test_a_faq_page_that_could_not_be_read_is_not_seen_with_its_reason(state, reason, words):
    found = value(
        brand(page("start"), page("about"), page("shop"), page("faq", state, "faq", reason=reason)),
        "faq_entries",
    )
    assert (found.value, found.state) == (None, "not_seen")
    assert words in found.reason


@pytest.mark.parametrize("path", ["Bestellen/Bestellen.html", "shelves/self-help.html"])
def test_a_page_to_order_on_and_a_shelf_of_books_are_no_help_page(path):
    pages = [page("start"), page("about"), page("shop"), page(path, purpose="help")]
    assert value(brand(*pages), "help_centre").value == 0


def test_a_faq_that_the_search_found_is_no_known_way_from_the_start():
    pages = [page("start"), page("about"), page("shop"), page("faq", purpose="faq", depth=0)]
    assert value(brand(*pages, faq=ENTRIES), "faq_clicks").state == "too_few"
    pages[-1] = page("faq", purpose="faq", depth=2)
    assert value(brand(*pages, faq=ENTRIES), "faq_clicks").value == 2


def test_a_help_page_is_one():
    pages = [page("start"), page("about"), page("shop"), page("help-yourself", purpose="help")]
    assert value(brand(*pages), "help_centre").value == 1


@pytest.mark.parametrize("state", ["not_found"])
def test_a_faq_page_that_does_not_exist_is_evidence_of_absence(state):
    pages = [page("start"), page("about"), page("shop"), page("faq", state, "faq")]
    assert value(brand(*pages), "faq_entries").value == 0


def test_a_failed_page_of_another_kind_does_not_hide_the_faq():
    pages = [page("start"), page("about"), page("shop"), page("blog", "timeout")]
    assert value(brand(*pages), "faq_entries").value == 0


def test_most_pages_failing_hides_everything():
    lost = [page(f"p{i}", "blocked") for i in range(5)]
    found = value(brand(page("start"), page("about"), page("shop"), *lost), "faq_entries")
    assert found.state == "not_seen"
    assert "most pages could not be read" in found.reason


def test_one_page_is_too_little_to_say_there_is_none():
    assert value(brand(page("start")), "faq_entries").state == "not_seen"


def test_two_pages_are_enough_when_the_crawl_came_to_its_end():
    whole = brand(
        page("start"), page("about"), visits={"crawl": Visit("done", "")},
        channels=[Channel("start", "email", "a@x.example", None, "")],
    )  # fmt: skip
    assert value(whole, "faq_entries").value == 0
    whole.pages.append(page("more", "budget"))
    assert value(whole, "faq_entries").state == "not_seen"


def test_a_budget_that_ended_hides_what_no_page_of_its_kind_told():
    cut = brand(page("start"), page("about"), page("shop"), page("more", "budget"))
    assert value(cut, "email_shown").state == "not_seen"
    assert "more are known" in value(cut, "email_shown").reason
    cut.pages.append(page("contact", purpose="contact"))
    assert value(cut, "email_shown").value == 0


def test_a_page_of_help_does_not_prove_that_an_unread_faq_lacks():
    cut = brand(page("start"), page("help", purpose="help"), page("a"), page("more", "budget"))
    assert value(cut, "faq_entries").state == "not_seen"
    cut.pages.append(page("faq", purpose="faq"))
    assert value(cut, "faq_entries").value == 0


def test_business_days_take_their_weekends_along():
    def days(**facts):
        found = value(brand(policies=[Policy("start", "shipping", facts, "…")]), "delivery_time")
        return found.value, found.reason

    assert days(days_max=7) == (7, "calendar days")
    assert days(days_max=7, business_days=True) == (10, "7 business days")


def test_a_form_for_bookings_is_no_way_to_write():
    assert _as_meant(Channel("p", "form", "/x", "name,email,date,guests", "")).kind == "booking"
    assert _as_meant(Channel("p", "form", "/x", "name,email,message", "")).kind == "form"


def test_a_time_to_answer_about_data_is_neither_a_promise_nor_none():
    term = Channel("start", "reply_term", "30 day", "720", "We will respond within 30 days.")
    found = value(brand(channels=[term]), "reply_time_stated")
    assert (found.state, len(found.evidence)) == ("too_few", 1)


def test_a_start_page_that_failed_hides_everything():
    pages = [page("start", "timeout"), page("a"), page("b"), page("c")]
    found = value(brand(*pages), "contact_channels")
    assert found.state == "not_seen"
    assert "start page" in found.reason


def test_a_redirect_to_a_page_that_was_read_is_no_loss():
    again = page("help", "error", "help", reason="leads to a page that was read already")
    assert value(brand(page("start"), page("a"), page("b"), again), "faq_entries").value == 0


def test_a_page_that_was_read_by_the_browser_is_not_lost():
    pages = [page("start"), page("a"), page("b"), page("faq", "timeout", "faq")]
    pages.append(page("faq", "ok", "faq", rendered=True))
    assert value(brand(*pages), "faq_entries").value == 0


def test_an_extractor_that_failed_on_the_faq_page_saw_nothing():
    pages = [page("start"), page("a"), page("b"), page("faq", purpose="faq", broken=["faq"])]
    assert value(brand(*pages), "faq_entries").state == "not_seen"
    assert value(brand(*pages), "contact_channels").state == "measured"


def test_pages_without_any_observation_seem_to_need_a_browser():
    shell = brand(channels=[])
    assert "need a browser" in value(shell, "faq_entries").reason
    shell.channels = [Channel("start", "email", "a@x.example", None, "")]
    assert value(shell, "faq_entries").value == 0


def test_few_entries_on_a_half_seen_site_are_a_lower_bound():
    pages = [page("start"), page("a"), page("faq", purpose="faq"), page("more", "blocked", "faq")]
    found = value(brand(*pages, faq=ENTRIES), "faq_entries")
    assert (found.value, found.firm) == (4, None)
    assert found.reason.startswith("at least")
    assert found.coverage < 1


@pytest.mark.parametrize("key", METRICS)
def test_a_blocked_site_is_not_seen_or_too_few_in_every_metric(key):
    if METRICS[key].dimension == "discoverability":
        return
    blocked = page("start", "blocked", reason="challenge page")
    found = value(brand(blocked, channels=[]), key, language="en")
    assert found.value is None
    assert found.reason


# -- chat --------------------------------------------------------------------------------------


def test_no_chat_in_static_pages_proves_nothing():
    found = value(brand(channels=[Channel("start", "email", "a@x", None, "")]), "chat_present")
    assert found.state == "not_seen"
    assert "static" in found.reason


def test_no_chat_after_a_visit_of_the_browser_is_measured():
    pages = [page("start"), page("a"), page("b"), page("start", rendered=True)]
    found = brand(*pages, channels=[Channel("start", "email", "a@x", None, "")])
    assert value(found, "chat_present").value == 0
    assert value(found, "chat_present").n == 3  # pages, however often each was looked at


def test_the_reason_of_a_skipped_browser_is_told():
    found = brand(
        visits={"render": Visit("skipped", "no browser is installed")},
        channels=[Channel("start", "email", "a@x", None, "")],
    )
    assert "no browser is installed" in value(found, "chat_present").reason


def test_a_bot_is_a_chat_without_people():
    found = brand(chat=[Chat("start", "ada", "ai_bot", "embedded", "ada.js", "static")])
    assert value(found, "chat_present").value == 1
    assert value(found, "chat_with_people").value == 0


def test_a_messenger_button_is_no_chat():
    pages = [page("start"), page("a"), page("b"), page("start", rendered=True)]
    found = brand(
        *pages, chat=[Chat("start", "whatsapp", "messenger", "embedded", "wa.me", "load")]
    )
    assert value(found, "chat_present").value == 0
    assert value(found, "messenger_offered").value == 1


# -- searches ------------------------------------------------------------------------------------


def test_visibility_is_weighted_by_volume_over_all_answered_keywords():
    found = value(brand(ranks={"b": Rank(1, "https://x.example/")}), "visibility")
    assert found.value == pytest.approx(0.285 * 300 / 400)
    assert found.n == 2


def test_a_failed_search_makes_coverage_smaller_and_no_rank_zero():
    searches = Searches(["a"], {"b": "quota"}, {"a": 1.0, "b": 1.0}, True, "file")
    found = measure(brand(ranks={"a": Rank(1, "https://x.example/")}), searches)
    assert found["visibility"].value == pytest.approx(0.285)
    assert found["visibility"].coverage == 0.5


def test_no_answered_search_is_not_seen():
    found = measure(brand(), Searches([], {"a": "quota used up"}, {"a": 1.0}, True, "file"))
    assert found["visibility"].state == "not_seen"
    assert "quota used up" in found["visibility"].reason


# -- reputation, policies, reach -----------------------------------------------------------------


def test_stated_ratings_and_reviews_are_never_added():
    found = brand(ratings=[Rating("start", 4.0, 100, "4 of 5 from 100")])
    found.reviews.n = found.reviews.starred = 10
    found.reviews.stars, found.reviews.squares = 50.0, 250.0
    assert value(found, "star_rating").n == 100


def test_too_few_reviews_are_said_instead_of_a_number():
    found = brand()
    found.reviews.n = found.reviews.starred = 2
    found.reviews.stars, found.reviews.squares = 10.0, 50.0
    measured = value(found, "star_rating")
    assert (measured.value, measured.state, measured.n) == (None, "too_few", 2)


def test_replies_count_only_where_replies_are_shown():
    found = brand()
    found.reviews.n = 20
    assert value(found, "reviews_answered").state == "too_few"
    found.reviews.replied = 5
    assert value(found, "reviews_answered").value == 0.25


def test_a_denied_warranty_is_none():
    denied = Policy("start", "warranty", {"offered": False}, "provided as is, without warranty")
    shop = [Technology("start", "shopify", "commerce", "embedded", "cdn")]
    assert value(brand(policies=[denied], technologies=shop), "warranty_stated").value == 0


def test_who_ships_nothing_owes_no_terms_of_delivery():
    found = brand(channels=[Channel("start", "email", "a@x", None, "")])
    assert value(found, "delivery_stated").state == "too_few"


def test_the_longest_return_window_counts():
    terms = [Policy("a", "returns", {"window_days": days}, f"{days} days") for days in (14, 60, 30)]
    found = value(brand(policies=terms), "returns_window")
    assert (found.value, found.evidence) == (60, [Proof("a", "60 days")])


def test_a_page_on_shipping_and_returns_states_both():
    both = page("shipping-returns", purpose="shipping")
    found = brand(page("start"), page("a"), page("b"), both)
    assert value(found, "returns_stated").value == 1
    assert value(found, "delivery_stated").value == 1


def test_a_faq_answer_states_the_policy():
    entry = Faq("a", "Can I return my order?", "Within 30 days.", "dl", None)
    assert (
        value(brand(page("start"), page("a"), page("b"), faq=[entry]), "returns_stated").value == 1
    )


def test_terms_that_were_read_without_a_fact_prove_no_absence():
    found = value(brand(page("start"), page("a"), page("terms")), "returns_stated")
    assert (found.value, found.state) == (None, "too_few")
    assert value(brand(), "returns_stated").value == 0


def test_a_rank_is_proven_by_the_page_that_ranks():
    ranked = brand(
        ranks={"a": Rank(1, "https://x.example/lost"), "b": Rank(3, "https://x.example/shop")}
    )
    evidence = value(ranked, "visibility").evidence
    assert [proof.page_id for proof in evidence] == ["shop", None]
    lost = brand(ranks={"a": Rank(1, "https://x.example/lost")})
    assert value(lost, "visibility").evidence[0].page_id == "start"


def test_a_declared_language_alone_proves_none():
    pages = [page(k)._replace(is_language_sure=False) for k in ("start", "a", "b")]
    assert value(brand(*pages), "languages").state == "too_few"
    assert value(brand(*pages), "market_language", language="de").state == "too_few"


@pytest.mark.parametrize(
    ("text", "hours"),
    [("24 hour", 24), ("2 days", 48), ("1 week", 168), ("30 minutes", 0.5), ("", None)],
)
def test_reply_times_become_hours(text, hours):
    assert hours_of(text) == hours


@pytest.mark.parametrize(
    ("rating", "stars"),
    [
        ((8, 0, 10), 4.2),
        ((4, 1, 5), 4.0),
        ((100, 0, 100), 5.0),
        ((7, None, None), None),
        ((3, 5, 5), None),
    ],
)
def test_ratings_of_any_scale_become_stars_of_five(rating, stars):
    assert stars_of(*rating) == (pytest.approx(stars) if stars else None)


# -- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", METRIC_ROWS, ids=METRICS)
def test_every_metric_has_a_source_a_formula_and_anchors(metric):
    assert metric.dimension in DIMENSIONS
    assert metric.formula
    assert metric.source
    assert metric.worst != metric.best
    assert metric.better in ("high", "low", "target")
    if metric.better != "target":
        assert normalize(metric, metric.worst) == 0
        assert normalize(metric, metric.best) == 100
        assert (metric.best > metric.worst) == (metric.better == "high")
    assert metric.parent == "" or metric.parent in METRICS


@given(st.sampled_from(METRIC_ROWS), st.floats(-10, 1e6), st.floats(-10, 1e6))
def test_normalized_values_stay_within_bounds_and_in_order(metric, a, b):
    low, high = normalize(metric, min(a, b)), normalize(metric, max(a, b))
    assert 0 <= low <= 100
    assert 0 <= high <= 100
    if metric.better == "high":
        assert low <= high
    if metric.better == "low":
        assert low >= high


@pytest.mark.parametrize("metric", METRIC_ROWS, ids=METRICS)
def test_every_metric_is_documented_as_it_is(metric):
    text = DOCS.read_text(encoding="utf-8")
    assert f"`{metric.key}`" in text
    assert metric.formula in text


def test_a_row_of_the_file_that_the_code_does_not_know_stops_the_start(tmp_path, monkeypatch):
    path = Path(metrics.__file__).with_name("metrics.toml")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    monkeypatch.setattr(metrics, "_COMPUTE", {key: None for key in rows if key != "visibility"})
    with pytest.raises(Exception, match=r"metrics\.toml and metrics\.py differ in visibility"):
        metrics._read_rows()


@pytest.mark.parametrize("unit", sorted({metric.unit for metric in METRIC_ROWS}))
def test_one_of_a_unit_is_singular(unit):
    assert not re.search(r"^1 \w+s$", format_value(1, unit))


# -- statistics ------------------------------------------------------------------------------------


def test_wilson_of_zero_hits_is_not_sure_of_zero():
    share = wilson(0, 10)
    assert share.value == share.low == 0
    assert share.high == pytest.approx(0.2775, abs=1e-3)


@given(st.integers(0, 50), st.integers(1, 50))
def test_wilson_holds_its_share(hits, n):
    share = wilson(min(hits, n), n)
    assert 0 <= share.low <= share.value <= share.high <= 1


def test_few_stars_are_pulled_to_the_prior_and_many_are_not():
    assert shrunk_stars([5, 5]).value == pytest.approx((7 * 3.5 + 10) / 9)
    assert shrunk_stars([5] * 1000).value > 4.98


def test_more_stars_make_the_interval_narrower():
    few, many = shrunk_stars([4, 5] * 5), shrunk_stars([4, 5] * 500)
    assert many.high - many.low < few.high - few.low


def test_bootstrap_is_the_same_every_time():
    values = [1.0, 5.0, 2.0, 8.0, 3.0]
    assert bootstrap(values) == bootstrap(values)


def test_bootstrap_of_many_values_agrees_with_the_normal_interval():
    values = [float(i % 7) for i in range(1_900)]
    small, large = bootstrap(values), bootstrap(values * 2)
    assert small.value == pytest.approx(large.value, abs=0.01)
    assert large.high - large.low < small.high - small.low


def test_tests_tell_a_difference_from_noise():
    assert shares_test(5, 10, 6, 10) > 0.5
    assert shares_test(100, 1000, 200, 1000) < 1e-6
    assert mean_test(wilson(100, 1000), wilson(105, 1000)) > 0.5


def test_median_of_none_is_an_error():
    with pytest.raises(ValueError, match="at least one"):
        median([])


def test_an_answer_about_broken_goods_states_no_warranty_unless_it_names_one():
    def stated(answer):
        faq = [Faq("start", "What if I receive a damaged book?", answer, "details", None)]
        shop = [Policy("start", "shipping", {"free": True}, "free delivery")]
        return value(brand(faq=faq, policies=shop), "warranty_stated").value

    assert stated("Report it to our team with photos.") != 1
    assert stated("It is under warranty for two years.") == 1


# -- accessibility -------------------------------------------------------------------------------


def checked(key, **shares):
    return [
        PageCheck(key, name.replace("_", "-"), 10, round(10 * share), "<img>")
        for name, share in shares.items()
    ]


def test_accessible_code_is_the_mean_share_of_checks_that_pages_pass():
    rows = checked("start", image_alt=1, label=1) + checked("shop", image_alt=0.9, label=1)
    found = value(brand(checks=rows), "accessible_code")
    assert (found.value, found.n, found.reason) == (0.75, 2, "image-alt")


def test_a_statement_is_no_check_of_the_code():
    rows = [*checked("start", image_alt=1), PageCheck("start", "statement", 1, 0, "")]
    assert value(brand(checks=rows), "accessible_code").value == 1.0


def test_pages_that_were_not_checked_are_not_seen():
    assert value(brand(), "accessible_code").state == "not_seen"
    assert value(brand(), "accessibility_statement").state == "not_seen"


def test_a_statement_linked_on_one_page_is_there():
    rows = [PageCheck("start", "statement", 1, 0, ""), PageCheck("shop", "statement", 1, 1, "")]
    found = value(brand(checks=rows), "accessibility_statement")
    assert (found.value, found.evidence[0].page_id) == (1.0, "shop")


def test_no_link_to_a_statement_on_a_site_read_fully_is_none():
    rows = [PageCheck("start", "statement", 1, 0, "")]
    assert value(brand(checks=rows), "accessibility_statement").value == 0.0


# -- the way to a person -------------------------------------------------------------------------


def test_steps_count_clicks_and_what_stands_between():
    channels = [Channel("contact", "form", "/send", "name, email", "Write to us")]
    chat = [Chat("start", "tidio", "ai_bot", "embedded", "code.tidio.co", "static")]
    found = value(
        brand(page("start"), page("contact", purpose="contact"), channels=channels, chat=chat),
        "steps_to_a_person",
    )
    assert found.value == 1
    assert found.reason == "chat: 0 clicks, then a bot; form: 1 click, then a form"


def test_a_phone_on_the_start_page_is_the_easiest_way():
    channels = [
        Channel("start", "phone", "+4420", None, "Call 020"),
        Channel("about", "email", "a@x.example", None, ""),
    ]
    found = value(brand(channels=channels), "steps_to_a_person")
    assert (found.value, found.evidence[0].page_id) == (0, "start")
    assert found.reason == "phone: 0 clicks; e-mail: 1 click"


@pytest.mark.parametrize(("verdict", "steps"), [("no", 1), ("yes", 0), ("not_observable", 0)])
def test_a_form_before_an_opened_chat_is_a_hurdle(verdict, steps):
    criteria = [{"criterion": "no_form_first", "verdict": verdict, "excerpt": "", "page_id": "p"}]
    chat = [Chat("start", "tawk", "live_chat", "embedded", "tawk", "static")]
    found = value(brand(chat=chat, criteria=criteria, channels=[]), "steps_to_a_person")
    assert found.value == steps


def test_a_contact_that_only_a_search_result_led_to_has_no_known_way():
    pages = [page("start"), page("contact", depth=0), page("shop")]
    channels = [Channel("contact", "email", "a@x.example", None, "")]
    assert value(brand(*pages, channels=channels), "steps_to_a_person").state == "too_few"
