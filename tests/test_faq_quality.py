"""The FAQ rubric: each criterion passes, fails or is not observable."""

from __future__ import annotations

import pytest

from analysis.faq_quality import (
    CORE_TOPICS,
    grade_faq,
    is_question,
    reading_ease,
    rubric,
    topics_of,
    word_count,
)
from analysis.observations import Channel, Faq, Observed, Page, Technology

GOOD = (
    "Open your account and click on the order. Then select the item and press return. "
    "We send you a label by mail. Put it on the box and bring it to the shop near you. "
    "You have your money back on your card in one week from then on."
)


def page(key="faq", depth=1, language="en"):
    return Page(
        key, f"https://x.example/{key}", "ok", "", "faq", depth, language, False, key, (), True
    )


def brand(entries, *pages, **more):
    found = Observed("id", "x.example", "own", pages=list(pages) or [page()], faq=list(entries))
    for name, rows in more.items():
        setattr(found, name, rows)
    return found


def entries(*questions, answer=GOOD, origin="details"):
    return [Faq("faq", question, answer, origin, None) for question in questions]


ASKED = ("How do I return an order?", "How long does delivery take?", "How can I pay?")


def result(found, key):
    grade = grade_faq(found)
    return next(r.passed for r in grade.results if r.criterion.key == key)


@pytest.mark.parametrize(
    ("text", "topic"),
    [("Is Lamp really free?", "payment"), ("Why did my upload fail?", "complaints")],
)
def test_what_is_free_is_about_paying_and_what_fails_a_complaint(text, topic):
    assert topic in topics_of(text, "en")


def test_a_faq_that_only_a_search_result_led_to_is_not_zero_clicks_away():
    assert result(brand(entries(*ASKED), page("start", 0), page("faq", 0)), "findable") is None


def test_a_contact_on_another_page_may_be_linked_from_the_faq():
    elsewhere = [Channel("contact", "email", "a@x.example", None, "")]
    assert result(brand(entries(*ASKED), channels=elsewhere), "contact_exit") is None
    support = page("support")._replace(purpose="help")
    assert result(brand(entries(*ASKED), page(), support), "contact_exit") is None


def test_a_language_that_pages_only_declare_is_not_offered():
    declared = [page(f"p{i}", language="pt")._replace(is_language_sure=False) for i in range(2)]
    pages = [page(), page("a"), *declared]
    assert result(brand(entries(*ASKED), *pages), "languages") is None


CASES = {
    "findable": (brand(entries(*ASKED), page(depth=1)), brand(entries(*ASKED), page(depth=3))),
    "answered": (brand(entries(*ASKED)), brand(entries(*ASKED, answer=""))),
    "real_questions": (brand(entries(*ASKED)), brand(entries("Returns", "Delivery", "Paying"))),
    "answer_length": (brand(entries(*ASKED)), brand(entries(*ASKED, answer="Yes."))),
    "steps": (brand(entries(*ASKED)), brand(entries(*ASKED, answer="It depends on many things."))),
    "contact_exit": (
        brand(entries(*ASKED), channels=[Channel("faq", "email", "a@x.example", None, "")]),
        brand(entries(*ASKED)),
    ),
    "structured": (brand(entries(*ASKED, origin="json-ld")), brand(entries(*ASKED))),
    "grouped": (
        brand(entries(*ASKED, "Can I cancel my order?")),
        brand(entries("What is tea?", "What is coffee?", "What is milk?")),
    ),
    "topics": (
        brand(entries(*ASKED, "Can I cancel?", "How do I contact you?", "Is my data safe?")),
        brand(entries(*ASKED)),
    ),
    "languages": (
        brand([*entries(*ASKED), Faq("faq-de", "Wie lange?", GOOD, "dl", None)], page(),
               page("a"), page("faq-de", language="de"), page("b", language="de")),
        brand(entries(*ASKED), page(), page("a"), page("c", language="de"),
              page("b", language="de")),
    ),
    "readable": (
        brand(entries(*ASKED)),
        brand(entries(*ASKED, answer="Notwithstanding contractual considerations, reimbursements "
                      "necessitate individualized administrative determination " * 3)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("key", CASES)
def test_criterion_passes_and_fails(key):
    good, bad = CASES[key]
    assert result(good, key) is True
    assert result(bad, key) is False


def test_every_criterion_is_tested_and_has_a_source():
    assert {c.key for c in rubric()} == {*CASES, "dated", "searchable"}
    assert all(criterion.source for criterion in rubric())


def test_what_cannot_be_observed_is_unknown_and_lowers_nothing():
    found = brand(entries(*ASKED))
    assert result(found, "searchable") is None
    assert result(found, "dated") is None
    desk = [Technology("faq", "zendesk", "help_desk", "embedded", "zdassets.com")]
    better = brand(entries(*ASKED), technologies=desk)
    assert result(better, "searchable") is True
    assert grade_faq(better).score >= grade_faq(found).score
    assert grade_faq(better).coverage > grade_faq(found).coverage


def test_too_few_entries_have_no_grade():
    assert grade_faq(brand(entries(*ASKED[:2]))) is None


@pytest.mark.parametrize(
    ("text", "language", "topic"),
    [
        ("How do I send back an item?", "en", "returns"),
        ("Wie lange dauert die Lieferung?", "de", "delivery"),
        ("Was kostet der Rückversand?", "de", "delivery"),
        ("Comment suivre mon colis ?", "fr", "tracking"),
        ("¿Cómo puedo pagar?", "es", "payment"),
        ("Come posso ottenere un rimborso?", "it", "refunds"),
        ("Is my data encrypted?", "en", "privacy"),
    ],
)
def test_topics_are_told_in_several_languages(text, language, topic):
    assert topic in topics_of(text, language)


def test_a_word_inside_another_is_no_topic():
    assert "payment" not in topics_of("Do you sell spaying kits?", "en")


def test_a_fee_is_of_payment_and_feedback_is_not():
    assert topics_of("Is there a fee for using it?", "en") == {"payment"}
    assert "payment" not in topics_of("Where do I leave feedback?", "en")


def test_who_joins_asks_for_an_account():
    assert "account" in topics_of("How do I join the community?", "en")


@pytest.mark.parametrize("text", ["Can I track my order?", "How do I track the status of it?"])
def test_an_order_is_tracked(text):
    assert "tracking" in topics_of(text, "en")


@pytest.mark.parametrize("text", ["Do you track my activity?", "Do cookies track me?"])
def test_a_visitor_who_is_tracked_is_no_order(text):
    assert "tracking" not in topics_of(text, "en")


def test_there_are_twelve_core_topics():
    assert len(CORE_TOPICS) == 12


@pytest.mark.parametrize(
    "text", ["How long?", "how do I pay", "¿Qué es?", "これは何ですか？", "Wie kann ich zahlen"]
)
def test_questions_are_told_by_mark_or_first_word(text):
    assert is_question(text, {"W": "de"}.get(text[0], "en"))


def test_a_heading_is_no_question():
    assert not is_question("Shipping and returns", "en")


def test_short_words_read_easier_and_unknown_languages_have_no_formula():
    hard = "Administrative reimbursement applicability necessitates determination. " * 8
    assert reading_ease(GOOD, "en") > reading_ease(hard, "en")
    assert reading_ease(GOOD, "fi") is None
    assert reading_ease("Too short.", "en") is None


def test_words_are_counted_without_spaces_too():
    assert word_count("one two three") == 3
    assert word_count("返品は三十日以内") == 4
