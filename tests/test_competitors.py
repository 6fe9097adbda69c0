"""Who is a rival, and why: grouping, visibility, classes, decisions."""

from __future__ import annotations

import pytest

from analysis.competitors import (
    CURVES,
    SISTRIX_2020,
    CtrCurve,
    Decision,
    Hit,
    brand_rows,
    classify_brand,
    select_brands,
    visibility,
)
from crawler.domains import registrable_domain


def roles(brands):
    return {brand.domain: brand.role for brand in brands}


def test_visibility_is_the_worked_example_of_stat():
    curve = CtrCurve("example", "STAT", "", (0.20, 0.05))
    share = visibility({"first": 1, "second": 2}, {"first": 100, "second": 10_000}, curve)
    assert share == pytest.approx(520 / 10_100)


def test_visibility_counts_keywords_where_the_domain_does_not_rank():
    hits = [Hit("a", 1, "http://one.example/"), Hit("b", 1, "http://two.example/")]
    one = next(b for b in select_brands(hits) if b.domain == "one.example")
    assert one.visibility == pytest.approx(SISTRIX_2020(1) / 2)


def test_several_results_of_a_domain_count_once_per_keyword_at_the_best_rank():
    hits = [Hit("a", 3, "http://one.example/x"), Hit("a", 1, "http://www.one.example/")]
    (brand,) = select_brands(hits)
    assert brand.visibility == pytest.approx(SISTRIX_2020(1))
    assert (brand.host, brand.keywords, brand.best_rank) == ("www.one.example", 1, 1)


def test_keyword_without_volume_weighs_the_median_of_the_known_ones():
    hits = [Hit(k, 1, f"http://{k}.example/") for k in ("a", "b", "c", "d")]
    brands = select_brands(hits, volumes={"a": 10, "b": 100, "c": 1000, "d": None})
    found = {b.domain: b.visibility for b in brands}
    assert found["d.example"] == pytest.approx(found["b.example"])
    assert all("unknown" not in b.reason for b in brands)


def test_unknown_volumes_are_said():
    (brand,) = select_brands([Hit("a", 1, "http://one.example/")])
    assert "volumes unknown" in brand.reason


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_every_curve_has_a_source_and_never_rises(curve):
    assert curve.source
    rates = [curve(rank) for rank in range(1, 12)]
    assert rates == sorted(rates, reverse=True)
    assert sum(rates[:10]) <= 1.2  # Backlinko's is of all searches and sums to 1.14


def test_rank_zero_is_refused():
    with pytest.raises(ValueError, match="ranks count from 1"):
        SISTRIX_2020(0)


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.shop.example.co.uk/a", "example.co.uk"),
        ("http://acme.github.io/", "acme.github.io"),
        ("http://other.github.io/", "other.github.io"),
        ("http://tool.sourceforge.io/", "tool.sourceforge.io"),
        ("http://127.0.0.1:8080/x", "127.0.0.1"),
        ("http://localhost:8000/", "localhost"),
        ("a.b.example", "b.example"),
    ],
)
def test_registrable_domain(url, domain):
    assert registrable_domain(url) == domain


def test_local_hosts_keep_their_port_as_a_place_to_start():
    (brand,) = select_brands([Hit("a", 1, "http://127.0.0.1:8080/")])
    assert (brand.domain, brand.host) == ("127.0.0.1", "127.0.0.1:8080")


@pytest.mark.parametrize(
    ("url", "title", "expected"),
    [
        ("https://www.amazon.co.jp/s?k=x", "Results", "marketplace"),
        ("https://apps.apple.com/app/x", "X on the App Store", "marketplace"),
        ("https://www.g2.com/categories/x", "Best X | G2", "review_site"),
        ("https://pt.wikipedia.org/wiki/X", "X", "reference"),
        ("https://www.reddit.com/r/x/comments/1/", "How?", "social"),
        ("https://github.com/topics/x", "x", "social"),
        ("https://amazon.github.io/", "A project of that name", "competitor"),
        ("https://support.google.com/x", "Help", "other"),
        ("https://www.chip.de/test/x", "X im Test", "publisher"),
        ("https://anything.gov.uk/x", "Rules", "reference"),
        ("https://physics.someplace.edu/x", "Notes", "reference"),
        ("https://www.stadt.admin.ch/x", "Amt", "reference"),
        ("https://unknown.example/best-coffee-makers/", "12 Best Coffee Makers", "publisher"),
        ("https://unknown.example/2025/03/coffee", "Coffee is back", "publisher"),
        ("https://unknown.example/x", "Die 10 besten Kaffeemaschinen", "publisher"),
        ("https://forum.unknown.example/threads/x.12", "Which one?", "social"),
        ("https://coffee-reviews.example/makers", "Makers", "review_site"),
        ("https://valleytribune.example/food/x", "Where to eat", "publisher"),
        ("https://gardenpedia.example/rose", "Rose", "reference"),
        ("https://acme.example/", "Acme: best coffee of 2025", "competitor"),
        ("https://acme.example/compare/acme-vs-other", "Acme vs Other", "competitor"),
        ("https://acme.example/products/press", "The Acme press", "competitor"),
        ("https://acme.example/reviews", "What customers say about Acme", "competitor"),
        ("https://acme.example/blog/brew-at-home", "How to brew at home - Acme", "competitor"),
    ],
)
def test_class_of_a_single_result(url, title, expected):
    domain = registrable_domain(url)
    brand_class, reason = classify_brand(domain, [Hit("k", 1, url, title)])
    assert brand_class == expected, reason
    assert domain in reason


def test_a_company_with_one_article_among_its_results_stays_a_rival():
    hits = [
        Hit("a", 1, "https://acme.example/blog/best-grinders-2025", "10 best grinders of 2025"),
        Hit("b", 2, "https://acme.example/products", "Products"),
    ]
    assert classify_brand("acme.example", hits)[0] == "competitor"


def test_competitors_are_the_most_visible_and_the_rest_says_why_not():
    hits = [Hit("a", rank, f"http://shop{rank}.example/") for rank in range(1, 5)]
    brands = select_brands(hits, limit=2)
    assert [b.domain for b in brands if b.role == "competitor"] == [
        "shop1.example",
        "shop2.example",
    ]
    assert "not one of the 2 most visible" in brands[3].reason


def test_subdomains_of_the_own_brand_are_the_own_brand():
    hits = [Hit("a", 1, "http://help.acme.example/"), Hit("a", 2, "http://rival.example/")]
    brands = select_brands(hits, own_domain="www.acme.example")
    assert roles(brands) == {"acme.example": "own", "rival.example": "competitor"}
    assert brands[0].brand_class == "own"


def test_own_brand_is_there_even_when_it_does_not_rank():
    brands = select_brands([Hit("a", 1, "http://rival.example/")], own_domain="acme.example")
    assert (brands[0].domain, brands[0].role, brands[0].visibility) == ("acme.example", "own", 0.0)
    assert "not among the results" in brands[0].reason


def test_the_analyst_outranks_rules_and_limit():
    hits = [Hit("a", rank, f"http://shop{rank}.example/") for rank in range(1, 4)]
    hits.append(Hit("a", 4, "https://www.amazon.de/"))
    decisions = {
        "amazon.de": Decision("competitor", "sells our goods"),
        "shop1.example": Decision("ignored", "went out of business"),
        "unseen.example": Decision("competitor", "a known rival"),
    }
    brands = select_brands(hits, decisions=decisions, limit=2)
    assert roles(brands) == {
        "amazon.de": "competitor",
        "unseen.example": "competitor",
        "shop1.example": "ignored",
        "shop2.example": "ignored",
        "shop3.example": "ignored",
    }
    reasons = {b.domain: b.reason for b in brands}
    assert "sells our goods" in reasons["amazon.de"]
    assert "not among the results" in reasons["unseen.example"]


def test_marketplaces_are_rivals_of_a_marketplace():
    hits = [Hit("a", 1, "https://www.etsy.com/"), Hit("a", 2, "https://www.yelp.com/")]
    brands = select_brands(hits, own_domain="ebay.com")
    assert roles(brands)["etsy.com"] == "competitor"
    assert roles(brands)["yelp.com"] == "ignored"


def test_brand_rows_have_the_columns_of_the_table_and_a_stable_id():
    brands = select_brands([Hit("a", 1, "http://one.example/")])
    (row,) = brand_rows(brands, run_id=3, study_id=1)
    assert row["id"] == brand_rows(brands, run_id=3, study_id=9)[0]["id"]
    assert (row["class"], row["run_id"], row["keywords"]) == ("competitor", 3, 1)
