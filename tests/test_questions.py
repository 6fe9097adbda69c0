"""The question matrix: one meaning in many wordings, and who answers it."""

from __future__ import annotations

import pytest

from analysis.questions import Wording, cluster, coverage_matrix, missing_of

SAME = [
    ("How do I return an item?", "Can I return my order?"),
    ("How long does delivery take?", "How long will shipping take?"),
    ("What payment methods do you accept?", "How can I pay?"),
    ("How do I reset my password?", "I forgot my password, what now?"),
    ("Do you ship abroad?", "Do you ship internationally?"),
    ("How do I contact customer support?", "How can I contact you?"),
    ("Can I book a table online?", "How do I reserve a table?"),
]
DIFFERENT = [
    ("How long does delivery take?", "How much does delivery cost?"),
    ("How do I return an item?", "How do I cancel my order?"),
    ("Is my data safe?", "Is it free?"),
    ("How do I track my order?", "How do I pay for my order?"),
    ("What is your opening time on Sundays?", "What is the size of the box?"),
]
US, A, B, C = "us", "a", "b", "c"
ALL = frozenset({US, A, B, C})


def faq(text, brand, language="en", answered=True):
    return Wording(text, language, brand, "faq", answered, f"page-{brand}")


def asked(text, language="en"):
    return Wording(text, language, None, "people_also_ask", False)


def matrix(*wordings, own=US, seen=ALL, names=()):
    return {q.text: q for q in coverage_matrix(wordings, own=own, seen=seen, names=names)}


def coverage(*wordings, **options):
    (question,) = matrix(*wordings, **options).values()
    return question.coverage


@pytest.mark.parametrize("pair", SAME)
def test_two_wordings_of_one_question_are_one(pair):
    others = [faq(text, A) for text in ("Who are you?", "Where is the shop?", "Do you hire?")]
    groups = cluster([faq(pair[0], A), faq(pair[1], B), *others])
    assert [w.text for w in groups[0]] == list(pair)


@pytest.mark.parametrize("pair", DIFFERENT)
def test_two_questions_stay_two(pair):
    assert len(cluster([faq(pair[0], A), faq(pair[1], B)])) == 2


def test_german_wordings_meet():
    groups = cluster(
        [
            faq("Wie lange dauert der Versand?", A, "de"),
            faq("Wie lange ist die Lieferzeit?", B, "de"),
        ]
    )
    assert len(groups) == 1


def test_languages_stay_apart():
    assert len(cluster([faq("Was ist Tee?", A, "de"), faq("Was ist Tee?", B, "en")])) == 2


DELIVERY = "How long does delivery take?"


def test_rivals_answer_and_we_do_not():
    assert coverage(faq(DELIVERY, A), faq(DELIVERY, B)) == "we_miss"


def test_only_we_answer():
    assert coverage(faq(DELIVERY, US), asked(DELIVERY)) == "only_we"


def test_nobody_answers_what_searchers_ask():
    assert coverage(asked("Does tea go off?")) == "nobody"


def test_everybody_answers():
    assert coverage(*(faq(DELIVERY, brand) for brand in ALL)) == "everybody"


def test_an_unseen_faq_misses_nothing():
    assert coverage(faq(DELIVERY, A), faq(DELIVERY, B), seen=frozenset({A, B, C})) == "some"


def test_only_we_needs_others_that_were_seen():
    assert coverage(faq(DELIVERY, US), seen=frozenset({US, A})) == "some"


def test_a_question_about_a_rival_is_not_ours_to_answer():
    wordings = [faq("How do I pay at Acme?", A), faq("How do I pay at Acme?", B)]
    assert coverage(*wordings, names=["acme"]) == "some"
    assert coverage(*wordings) == "we_miss"


def test_without_an_own_brand_nothing_is_missed_or_ours():
    assert coverage(faq(DELIVERY, A), faq(DELIVERY, B), own=None) == "some"


def test_a_question_without_an_answer_is_not_answered():
    assert coverage(faq(DELIVERY, A, answered=False), asked(DELIVERY)) == "nobody"


def test_the_most_asked_come_first_and_order_does_not_matter():
    wordings = [faq("Who are you?", A), asked(DELIVERY), faq(DELIVERY, A), faq(DELIVERY, B)]
    first = list(matrix(*wordings))
    assert first[0] == DELIVERY
    assert list(matrix(*reversed(wordings))) == first


def test_missing_counts_only_questions_that_two_ask():
    questions = coverage_matrix(
        [faq(DELIVERY, A), faq(DELIVERY, B), faq("Do you hire?", A), asked("Does tea go off?")],
        own=US, seen=ALL,
    )  # fmt: skip
    missed, only, nobody = missing_of(questions, US, ALL)
    assert (missed.n, missed.compared, missed.examples) == (1, 2, (DELIVERY,))
    assert (only.n, nobody.n) == (0, 1)
    assert missing_of(questions, US, frozenset({A, B, C}))[0] is None


def test_no_questions_no_matrix():
    assert coverage_matrix([], own=None, seen=frozenset()) == []
