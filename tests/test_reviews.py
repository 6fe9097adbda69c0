"""Reviews and ratings: a labelled set with floors, and one claim a test."""

import datetime
import json
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Rating, Review
from spiders.extract import reviews_text
from spiders.extract.dates import find_date
from spiders.extract.page import ParsedPage
from spiders.extract.reviews import extract_reviews
from spiders.extract.reviews_text import (
    clean_body,
    clean_name,
    is_junk,
    is_section_title,
    text_key,
    title_stems_in,
)
from spiders.extract.stars import read_class, read_count, read_glyphs, read_number, read_phrase

PLATFORMS = Path(reviews_text.__file__).with_name("platforms.toml")
EVAL = Path(__file__).parent / "eval" / "reviews"
LABELS = (EVAL / "labels.jsonl").read_text(encoding="utf-8")
ROWS = [json.loads(line) for line in LABELS.splitlines()]
FLOORS = json.loads((EVAL / "floors.json").read_text(encoding="utf-8"))


def read(html: str, url: str = "") -> tuple[list[Review], list[Rating]]:
    return extract_reviews(ParsedPage(html, url))


def reviews(html: str) -> list[Review]:
    return read(html)[0]


def texts(html: str) -> list[str]:
    return [review.text for review in reviews(html)]


def only(html: str) -> Review:
    found = reviews(html)
    assert len(found) == 1
    return found[0]


def key(text: str) -> str:
    return text_key(text)[:30]


def f1(right: int, wrong: int, missed: int) -> float:
    return 2 * right / (2 * right + wrong + missed) if right else 0.0


# --- the labelled set --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found() -> dict[str, tuple[list[Review], list[Rating]]]:
    return {row["file"]: read((EVAL / row["file"]).read_text(encoding="utf-8")) for row in ROWS}


def pairs(found: dict) -> list[tuple[dict, Review]]:
    """Labelled reviews with the review that was read for each."""
    matched = []
    for row in ROWS:
        have = {key(review.text): review for review in found[row["file"]][0]}
        labels = row["expected"]["reviews"]
        matched += [(x, have[key(x["text60"])]) for x in labels if key(x["text60"]) in have]
    return matched


def test_set_has_the_labelled_number_of_pages():
    assert len(ROWS) == FLOORS["pages"]
    assert len({row["language"] for row in ROWS}) >= 7


def test_reviews_are_found_above_the_floor(found):
    scores = []
    for row in ROWS:
        want = {key(x["text60"]) for x in row["expected"]["reviews"]}
        have = {key(review.text) for review in found[row["file"]][0]}
        if want:
            scores.append(f1(len(want & have), len(have - want), len(want - have)))
    assert sum(scores) / len(scores) >= FLOORS["macro_f1"]


def test_rating_values_are_right_above_the_floor(found):
    rated = [(x, r) for x, r in pairs(found) if x["rating"] is not None]
    right = [r.rating == x["rating"] and r.rating_max == x["scale"] for x, r in rated]
    assert sum(right) / len(right) >= FLOORS["ratings_right"]


def test_dates_are_right_above_the_floor(found):
    right = [r.date == x["date"] for x, r in pairs(found)]
    assert sum(right) / len(right) >= FLOORS["dates_right"]


def test_authors_and_replies_are_kept_apart_from_the_text(found):
    for label, review in pairs(found):
        if "author" in label:
            assert review.author == label["author"]
        assert review.reply == label.get("reply") or "reply" not in label


def test_aggregates_are_found_above_the_floor(found):
    right = wrong = missed = 0
    for row in ROWS:
        want = {(x["value"], x["count"]) for x in row["expected"]["aggregate"]}
        have = {(rating.value, rating.count) for rating in found[row["file"]][1]}
        right, wrong = right + len(want & have), wrong + len(have - want)
        missed += len(want - have)
    assert f1(right, wrong, missed) >= FLOORS["aggregate_f1"]


def test_pages_without_reviews_stay_clean_above_the_floor(found):
    negatives = [r["file"] for r in ROWS if not r["expected"]["reviews"]]
    clean = [not found[name][0] and not found[name][1] for name in negatives]
    assert sum(clean) / len(clean) >= FLOORS["clean_negatives"]


# --- reviews -----------------------------------------------------------------------------------

CARD = '<div class="review"><b class="author">{0}</b><i class="stars-{1}"></i><p>{2}</p></div>'


def test_author_never_shows_in_the_representation_of_a_review():
    review = only(CARD.format("Zelda Quark", 5, "Best pears of the whole market."))
    assert review.author == "Zelda Quark"
    assert "Zelda" not in repr(review)


def test_review_in_two_syntaxes_counts_once():
    data = {
        "@type": "Review",
        "author": "Ann",
        "reviewBody": "Best pears of the whole market.",
        "reviewRating": {"ratingValue": 4},
    }
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    html = script + CARD.format("Ann", 4, "Best pears of the whole market.")
    assert only(html).origin == "json-ld"


def test_list_that_goes_on_after_the_marked_up_reviews_is_read_on():
    data = {"@type": "Review", "author": "Ann", "reviewBody": "Best pears of the whole market."}
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    html = script + CARD.format("Ann", 4, "Best pears of the whole market.")
    html += CARD.format("Ben", 2, "The plums were hard as stones.")
    assert texts(html) == ["Best pears of the whole market.", "The plums were hard as stones."]


def test_short_equal_words_of_two_people_are_two_reviews():
    data = [
        {"@type": "Review", "author": name, "reviewBody": "Great!", "reviewRating": 5}
        for name in ("Ann", "Ben")
    ]
    assert len(reviews(f'<script type="application/ld+json">{json.dumps(data)}</script>')) == 2


def test_rating_without_scale_takes_that_of_the_aggregate():
    data = {
        "@type": "Hotel",
        "aggregateRating": {"ratingValue": 4, "bestRating": 10, "ratingCount": 3},
        "review": {"@type": "Review", "author": "Ann", "reviewBody": "Cold.", "reviewRating": 4},
    }
    data["aggregateRating"]["@type"] = "AggregateRating"
    review = only(f'<script type="application/ld+json">{json.dumps(data)}</script>')
    assert (review.rating, review.rating_max) == (4.0, 10.0)


def test_article_of_an_organization_about_a_product_is_no_customer_review():
    data = {
        "@type": "Review",
        "author": {"@type": "Organization", "name": "Pear Daily"},
        "publisher": {"@type": "Organization", "name": "Pear Daily"},
        "reviewBody": "We tested twelve pears for you.",
        "reviewRating": {"ratingValue": 8},
    }
    assert reviews(f'<script type="application/ld+json">{json.dumps(data)}</script>') == []


def test_reply_beside_a_review_is_kept_as_its_reply():
    html = """<div class="reviews"><div class="review"><b class="author">Ann</b>
      <i class="stars-2"></i><p class="review-text">Cold soup and a long wait.</p></div>
      <div class="owner-response"><p>We are sorry, please come again.</p></div></div>"""
    review = only(html)
    assert review.text == "Cold soup and a long wait."
    assert review.reply == "We are sorry, please come again."


def test_filled_and_empty_icons_are_counted():
    html = """<div class="review"><b class="author">Ann</b><div class="stars">
      <i class="fa fa-star"></i><i class="fa fa-star"></i><i class="fa fa-star"></i>
      <i class="fa fa-star-o"></i><i class="fa fa-star-o"></i></div>
      <p class="review-text">Cold soup and a long wait.</p></div>"""
    assert only(html).rating == 3.0


def test_text_cut_by_its_read_more_link_is_joined_again():
    html = """<div class="review"><b class="author">Ann</b><i class="stars-4"></i>
      <div class="review-content">The soup was warm and the wai<span class="read-more">…Read
      More</span><p class="rest">ter sang for us all evening long.</p></div></div>"""
    assert only(html).text == "The soup was warm and the waiter sang for us all evening long."


def test_preview_is_no_review():
    html = """<div class="article-preview"><b class="author">Ann</b><time>2024-01-02</time>
      <p class="text">Ten soups for cold evenings, with and without leek.</p></div>"""
    assert reviews(html) == []


def test_cookie_banner_is_no_testimonial():
    html = """<div id="cookie-consent" class="feedback"><h2>What our customers say</h2>
      <div class="testimonial"><h4>Strictly Necessary</h4><p>These make our pages run.</p></div>
      </div>"""
    assert reviews(f"<div>{html}</div>") == []


@pytest.mark.parametrize("value", ["0", "", "=5", "{{ rating }}", "NaN"])
def test_aggregate_without_a_value_is_none(value):
    html = f"""<div itemscope itemtype="https://schema.org/AggregateRating">
      <meta itemprop="ratingValue" content="{value}"><meta itemprop="ratingCount" content="7">
      </div>"""
    assert read(html) == ([], [])


def test_aggregate_without_ratings_is_none():
    html = """<script type="application/ld+json">{"@type": "AggregateRating",
      "ratingValue": 5, "reviewCount": 0}</script>"""
    assert read(html) == ([], [])


def test_same_aggregate_twice_is_one_and_another_count_is_another():
    block = '{"@type": "AggregateRating", "ratingValue": "4.50", "ratingCount": %d}'
    html = "".join(
        f'<script type="application/ld+json">{block % count}</script>' for count in (7, 7, 9)
    )
    assert [(r.value, r.count) for r in read(html)[1]] == [(4.5, 7), (4.5, 9)]


def test_page_that_is_json_is_read():
    rows = [{"author": n, "text": f"{n} liked it.", "stars": 4} for n in ("Ann", "Ben")]
    assert texts(json.dumps({"reviews": rows})) == ["Ann liked it.", "Ben liked it."]


def test_a_page_without_a_mark_costs_next_to_nothing():
    page = ParsedPage("<main>" + "<p>Plain words about pears.</p>" * 5_000 + "</main>")
    assert page.structured == []
    start = time.process_time()
    assert extract_reviews(page) == ([], [])
    assert time.process_time() - start < 0.2


@pytest.mark.parametrize(
    "html",
    [
        '<div class="review">' * 300 + "x" + "</div>" * 300,
        '<div class="review"><p class="text">' + "word " * 100_000 + "</p></div>",
        '<div class="reviews">' + '<i class="star"></i>' * 20_000 + "</div>",
        '<div class="review">' + '<b class="author">A</b>' * 10_000 + "</div>",
        "<h2>Customer reviews</h2>" * 2_000,
        '<div class="review"><p>' + "★" * 100_000 + "</p></div>",
    ],
)
def test_hostile_shapes_end_soon(html):
    page = ParsedPage(html)
    start = time.process_time()
    extract_reviews(page)
    assert time.process_time() - start < 3.0


@pytest.mark.parametrize("unit", ["a", " ", "1", "1.", "- ", "“", "…", "★ ", "more ", "read more"])
def test_any_repeated_text_is_read_soon(unit):
    text = unit * (50_000 // len(unit))
    html = (
        f'<div class="review"><b class="author">{text}</b><p class="review-text">{text}</p></div>'
    )
    page = ParsedPage(html + CARD.format("Ann", 5, text))
    start = time.process_time()
    extract_reviews(page)
    assert time.process_time() - start < 1.0


# --- stars -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "value", "high"),
    [
        ("Rated 4.50 out of 5", 4.5, 5.0),
        ("4 von 5 Sternen", 4.0, 5.0),
        ("Note : 3,5 sur 5", 3.5, 5.0),
        ("5 из 5 звезд", 5.0, 5.0),
        ("5つ星のうち4.0", 4.0, 5.0),
        ("8,4 / 10", 8.4, 10.0),
        ("2 étoiles", 2.0, 5.0),
    ],
)
def test_phrases_of_rating_widgets_are_read(phrase, value, high):
    stars = read_phrase(phrase)
    assert (stars.value, stars.high) == (value, high)


@pytest.mark.parametrize("phrase", ["3 of 12 people", "12 reviews", "24/7", "no stars", "7 of 2"])
def test_other_numbers_are_no_ratings(phrase):
    assert read_phrase(phrase) is None


@pytest.mark.parametrize(
    ("classes", "value"),
    [
        ("a-icon a-star-5 review-rating", 5.0),
        ("a-star-4-5", 4.5),
        ("ui_bubble_rating bubble_40", 4.0),
        ("stars five left", 5.0),
        ("star-rating Three", 3.0),
        ("rating-80", 4.0),
    ],
)
def test_class_names_tell_ratings(classes, value):
    assert read_class(classes).value == value


@pytest.mark.parametrize("classes", ["col-md-4", "fa fa-star", "text-5", "start-3d"])
def test_other_class_names_tell_none(classes):
    assert read_class(classes) is None


def test_glyphs_numbers_and_counts():
    assert read_glyphs("★★★☆☆").value == 3.0
    assert read_glyphs("no stars") is None
    assert read_number("=5") is None
    assert read_count("(1.204 Bewertungen)") == 1204


# --- dates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "date"),
    [
        ("Reviewed in Canada on March 3, 2023", "en", "2023-03-03"),
        ("27. März 2014", "de", "2014-03-27"),
        ("17 марта 2015 г.", "ru", "2015-03-17"),
        ("3 juin 2022", "fr", "2022-06-03"),
        ("2024年3月5日", "ja", "2024-03-05"),
        ("3 listopada 2020", "pl", "2020-11-03"),
        ("5. července 2021", "cs", "2021-07-05"),
        ("12 Ekim 2021", "tr", "2021-10-12"),
        ("20 de enero de 2021", "es", "2021-01-20"),
        ("25.10.2022", "de", "2022-10-25"),
        ("2022-07-04T10:00:00Z", None, "2022-07-04"),
    ],
)
def test_dates_of_many_languages_become_iso(text, language, date):
    assert find_date(text, language) == date


def test_slashes_are_read_as_the_language_does():
    assert find_date("03/04/2024", "fr") == "2024-04-03"
    assert find_date("03/04/2024", "en") == "2024-03-04"
    assert find_date("13/04/2024", "en") == "2024-04-13"


@pytest.mark.parametrize("text", ["2 weeks ago", "yesterday", "32.13.2020", "May", "12345"])
def test_what_is_no_full_date_is_none(text):
    assert find_date(text, "en") is None


@given(st.dates(min_value=datetime.date(1995, 1, 1), max_value=datetime.date(2099, 12, 31)))
def test_iso_dates_come_back(date):
    assert find_date(date.isoformat()) == date.isoformat()


# --- text --------------------------------------------------------------------------------------


@given(st.text(max_size=80))
def test_cleaning_a_body_twice_is_cleaning_it_once(text):
    assert clean_body(clean_body(text)) == clean_body(text)


def test_link_that_unfolds_is_cut_off_and_words_like_it_stay():
    assert clean_body("Warm and light… Lees meer") == "Warm and light…"
    assert clean_body("I would like to see more") == "I would like to see more"


def test_names_lose_what_stands_before_them():
    assert clean_name("— by Ann Lee") == "Ann Lee"
    assert clean_name("von") is None


@pytest.mark.parametrize(
    "text",
    ["Verified Buyer", "12 reviews", "Was this helpful?", "{{ a }}", "★★★", "Read all 7 reviews"],
)
def test_platform_words_are_junk(text):
    assert is_junk(text)


@pytest.mark.parametrize(
    "title",
    [
        "What our customers say",
        "Kundenstimmen",
        "Avis clients",
        "Отзывы",
        "お客様の声",
        "آراء عملائنا",
    ],
)
def test_headings_over_reviews_are_known(title):
    assert title_stems_in(title)
    assert is_section_title(title)


@pytest.mark.parametrize("title", ["Privacy Preference Center", "Preview", "Our team", "Products"])
def test_other_headings_are_not(title):
    assert not is_section_title(title)


def test_each_row_of_titles_holds_a_stem_that_asks_for_it():
    rows = tomllib.loads(PLATFORMS.read_text(encoding="utf-8"))
    titles = rows["review_titles"] + rows["testimonial_titles"]
    assert [r for r in titles if not any(s in r.lower() for s in rows["title_stems"])] == []
