"""Aggregates that a page states in a sentence or in attributes."""

import pytest

from spiders.extract.page import ParsedPage
from spiders.extract.reviews import extract_reviews

REVIEW = """<div class="review"><b class="author">Ida</b><i class="stars-4"></i>
  <time>2024-01-02</time><p class="review-text">The bread was warm and the crew kind.</p></div>"""


def means(html, language="en"):
    page = ParsedPage(f'<html lang="{language}"><body>{html}</body></html>', "https://a.example/")
    return [(r.value, r.max, r.count) for r in extract_reviews(page)[1]]


@pytest.mark.parametrize(
    ("sentence", "value", "high", "count"),
    [
        ("4.88 / 5.00 bei 657 Bewertungen.", 4.88, 5.0, 657),
        ("ocena użytkowników: 5 / 5 - 786 opinii", 5.0, 5.0, 786),
        ("5.0 z 5 na podstawie 3 ocen", 5.0, 5.0, 3),
        ("5 from 31 votes", 5.0, 5.0, 31),
        ("scoort een 8,4 uit 10, op basis van 65 reviews", 8.4, 10.0, 65),
        ("4.7 (1,204 reviews)", 4.7, 5.0, 1204),
        ("4 / 5 1 avis", 4.0, 5.0, 1),
        ("4,6 av 5, 1 204 omdömen", 4.6, 5.0, 1204),
    ],
)
def test_sentence_with_mean_and_count_is_an_aggregate(sentence, value, high, count):
    html = f"<div class='foot-rating'><p>Our shop</p><p>{sentence}</p></div>"
    assert means(html) == [(value, high, count)]


@pytest.mark.parametrize(
    "sentence",
    [
        "€ 4.99 (12 reviews)",
        "Top 5 of 31 reviews",
        "4 stars 22 reviews",
        "Version 4 has 12 reviews",
        "open 24/7, 12 reviews",
        "12 reviews",
    ],
)
def test_other_numbers_before_a_count_are_no_mean(sentence):
    assert means(f"<div class='rating-note'>{sentence}</div>") == []


def test_several_sentences_are_a_list_of_products_unless_reviews_follow():
    lines = "<p>4.7 (12 reviews)</p><p>4.1 (7 reviews)</p>"
    assert means(f"<div class='ratings'>{lines}</div>") == []
    assert means(f"<div class='ratings'>{lines}</div><div class='reviews'>{REVIEW * 2}</div>") == [
        (4.7, 5.0, 12)
    ]


def test_mean_and_count_in_the_attributes_of_a_widget_are_an_aggregate():
    html = f"<div class='reviews' data-average-rating='4.50' data-number-of-reviews='{{}}'>{REVIEW}"
    assert means(html.format(2)) == [(4.5, 5.0, 2)]
    assert means(html.format(0)) == []
