"""Reviewers' names, addresses and numbers are not stored, whatever page they stand on."""

import time

import pytest

from crawler.items import Channel, Observations, Policy, Review
from crawler.privacy import hide_contacts, hide_names, hide_reviewers
from crawler.settings import ITEM_PIPELINES

WORDS = "Great shop. Call me +49 30 5550101 or write erika@mail.example"


def observations():
    return Observations(
        reviews=[Review(WORDS, author="Erika  Beispiel"), Review("Fine", author="Al")],
        channels=[
            Channel("phone", "+49305550101", excerpt="Erika Beispiel " + WORDS[:34]),
            Channel("phone", "+49800123123", excerpt="Erika Beispiel Hotline: 0800 123 123"),
        ],
        policies=[Policy("returns", {"window_days": 30}, "Erika Beispiel: 30 days to return")],
    )


def test_number_in_a_review_is_no_channel_of_the_brand():
    found = observations()
    assert hide_reviewers(found) == 1
    assert [channel.value for channel in found.channels] == ["+49800123123"]


def test_short_review_behind_its_writers_name_is_a_review_too():
    found = Observations(
        reviews=[Review("Call me (555) 010-9999 or not", author="Erika Beispiel")],
        channels=[
            Channel("phone", "+15550109999", excerpt="Erika Beispiel Call me (555) 010-9999")
        ],
    )
    assert hide_reviewers(found) == 1


def test_no_name_and_no_contact_of_a_reviewer_is_left():
    found = observations()
    hide_reviewers(found)
    for review in found.reviews:
        review.author = None
    said = str(found)
    assert "Erika" not in said
    assert "erika@" not in said
    assert "5550101" not in said
    assert "30 days to return" in said


def test_reviewers_are_hidden_before_anything_is_stored():
    steps = sorted(ITEM_PIPELINES, key=ITEM_PIPELINES.__getitem__)
    assert steps.index("crawler.pipelines.PrivacyPipeline") < steps.index(
        "crawler.pipelines.StorePipeline"
    )


@pytest.mark.parametrize(
    "text",
    ["Ordered on 2024-01-05 and 12.05.2024, paid 1.299,00 EUR", "order 123456789 came",
     "on 2024-01-05 12:30 and 05/01/2024",
     "from 10:00 to 18:00, 24/7", "0 of 5 stars, 100 % bad", "size 38-40, 3 x 250 ml"],
)  # fmt: skip
def test_dates_prices_and_numbers_stay(text):
    assert hide_contacts(text) == text


@pytest.mark.parametrize(
    "number", ["+33 1 23 45 67 89", "(555) 010-9999", "030/555 0101", "0171 5550101", "0033155501"]
)
def test_phone_number_is_hidden(number):
    assert hide_contacts(f"call {number}, please") == "call [phone], please"


@pytest.mark.parametrize("unit", ["a", "1", "a@", "+1", "0 ", "(0", ".", "+", "555-"])
def test_any_repeated_text_is_read_in_linear_time(unit):
    began = time.perf_counter()
    hide_contacts(unit * (100_000 // len(unit)) + "@")
    assert time.perf_counter() - began < 2


def test_names_and_contacts_leave_the_copy_of_a_page_with_reviews():
    text = "Maria Musterfrau: great shop, write me at maria@home.example"
    reviews = [Review("great shop, write me", author="Maria Musterfrau")]
    assert hide_names(text, reviews) == "[name]: great shop, write me at [e-mail]"
    assert hide_names("help@shop.example", []) == "help@shop.example"
