"""Cards of quoted text that only the heading above them tells."""

import pytest

from spiders.extract.page import ParsedPage
from spiders.extract.reviews import extract_reviews

SAID = (
    "The bread was warm and the crew knew every customer by name.",
    "Ordered a cake on Monday and it was ready, and lovely, on Tuesday.",
    "I drive twenty minutes for these rolls and never regret it.",
)


def texts(html, language="en"):
    page = ParsedPage(f'<html lang="{language}"><body>{html}</body></html>', "https://a.example/")
    return [review.text for review in extract_reviews(page)[0]]


def cards(heading, card):
    return f"<main><h1>{heading}</h1><div>{''.join(map(card, SAID))}</div></main>"


@pytest.mark.parametrize("heading", ["Reviews", "Testimonials", "What our customers say"])
def test_cards_alike_under_a_heading_of_reviews_are_reviews(heading):
    html = cards(heading, lambda said: f'<section class="x"><h2>No. 1</h2><p>{said}</p></section>')
    assert texts(html) == list(SAID)


def test_what_a_person_says_of_the_shop_is_longer_than_what_describes_the_person():
    front = '<div><h2>Ann Lee</h2><p>"I like to bake."</p></div>'
    html = cards("Testimonials", lambda said: f"<div><div>{front}<div>{said}</div></div></div>")
    assert texts(html) == list(SAID)


@pytest.mark.parametrize(
    "card",
    [
        lambda said: f'<section><p>{said}</p><a href="/post">More</a></section>',
        lambda said: f"<section><p>{said}</p><b>$12.00</b></section>",
        lambda said: f"<section><p>{said.rstrip('.')}</p></section>",
        lambda said: f"<section><form><label>{said}</label><input></form></section>",
    ],
    ids=["links", "prices", "no sentences", "a form"],
)
def test_cards_that_lead_away_or_sell_are_none(card):
    assert texts(cards("Reviews", card)) == []


def test_other_headings_and_two_cards_say_nothing():
    assert texts(cards("Our values", lambda said: f"<section><p>{said}</p></section>")) == []
    two = "".join(f"<section><p>{said}</p></section>" for said in SAID[:2])
    assert texts(f"<h1>Reviews</h1><div>{two}</div>") == []
