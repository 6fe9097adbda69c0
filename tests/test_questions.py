"""The question matrix: one meaning in many wordings, and who answers it."""

from __future__ import annotations

import pytest

from analysis.observations import Channel, Observed, Page, Policy
from analysis.questions import Wording, answered_elsewhere, cluster, coverage_matrix, missing_of

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
    ("How long does delivery take?", "How much is shipping?"),
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


def matrix(*wordings, own=US, seen=ALL, **options):
    return {q.text: q for q in coverage_matrix(wordings, own=own, seen=seen, **options)}


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


ABROAD = [
    ("How long does delivery take?", "Wie lange dauert die Lieferung?",
     "Quels sont les délais de livraison ?", "¿Cuánto tarda el envío?"),
    ("How can I return an item?", "Wie kann ich einen Artikel zurückgeben?",
     "Comment retourner un article ?", "¿Cómo puedo devolver un artículo?"),
    ("When do I get my refund?", "Wann erhalte ich mein Geld zurück?",
     "Quand serai-je remboursé ?", "¿Cuándo recibiré mi reembolso?"),
    ("Which payment methods do you accept?", "Welche Zahlungsarten bietet ihr an?",
     "Quels moyens de paiement acceptez-vous ?", "¿Qué métodos de pago aceptan?"),
    ("Where is my order?", "Wo ist meine Bestellung?",
     "Où est ma commande ?", "¿Dónde está mi pedido?"),
    ("Can I cancel my order?", "Kann ich meine Bestellung stornieren?",
     "Puis-je annuler ma commande ?", "¿Puedo cancelar mi pedido?"),
    ("How much is shipping?", "Wie hoch sind die Versandkosten?",
     "Combien coûte la livraison ?", "¿Cuánto cuesta el envío?"),
    ("How do I change my password?", "Wie ändere ich mein Passwort?",
     "Comment changer mon mot de passe ?", "¿Cómo cambio mi contraseña?"),
    ("Can I change my delivery address?", "Kann ich die Lieferadresse ändern?",
     "Puis-je modifier l'adresse de livraison ?", "¿Puedo cambiar la dirección de entrega?"),
    ("What do I do if my parcel is damaged?", "Was tun, wenn das Paket beschädigt ankommt?",
     "Que faire si mon colis est endommagé ?", "¿Qué hago si mi paquete llega dañado?"),
]  # fmt: skip
_CODES = ("en", "de", "fr", "es")


def test_a_question_meets_its_translations_and_no_other():
    wordings = [
        faq(text, code, code) for row in ABROAD for code, text in zip(_CODES, row, strict=True)
    ]
    groups = {frozenset(w.text for w in group) for group in cluster(wordings)}
    rights = {frozenset(row) for row in ABROAD}
    assert len(groups & rights) >= len(ABROAD) - 2
    assert all(any(group <= right for right in rights) for group in groups)


def test_another_question_in_another_language_stays_apart():
    assert len(cluster([faq("Was ist Tee?", A, "de"), faq("Where is my order?", B, "en")])) == 2


def test_languages_that_the_encoder_lacks_stay_apart():
    assert len(cluster([faq("چای چیست؟", A, "fa"), faq("What is tea?", B, "en")])) == 2


def test_a_question_answered_in_another_language_is_answered():
    found = coverage_matrix(
        [faq("Wie lange dauert die Lieferung?", US, "de"), faq("How long does delivery take?", A),
         faq("How long will shipping take?", B)],
        own=US, seen=ALL,
    )  # fmt: skip
    assert [(q.coverage, q.brands) for q in found] == [("some", {US, A, B})]


DELIVERY = "How long does delivery take?"


def test_rivals_answer_and_we_do_not():
    assert coverage(faq(DELIVERY, A), faq(DELIVERY, B)) == "we_miss"


def test_only_we_answer():
    assert coverage(faq(DELIVERY, US), asked(DELIVERY)) == "only_we"


def test_we_are_not_alone_where_a_rival_answers_one_of_two_questions():
    found = matrix(
        faq("Are my files secure? Where are they processed?", US), faq("Is my data secure?", A),
        faq("Which colors are there?", B), asked("Which colors are there?"),
    )  # fmt: skip
    ours = found["Are my files secure? Where are they processed?"]
    assert (ours.coverage, ours.nearby) == ("some", {A})
    _, only, _ = missing_of(list(found.values()), US, ALL)
    assert only is not None
    assert only.examples == ()


def test_we_miss_nothing_that_we_answer_in_other_words():
    question = "Can I cancel or reschedule my appointment?"
    found = matrix(
        faq("Can I make changes to my booking or cancel it if needed?", US),
        faq(question, A), asked(question),
    )  # fmt: skip
    assert found[question].coverage == "some"


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
    assert coverage(*wordings, names={C: "acme"}) == "some"
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


def test_what_only_one_answers_is_counted_among_the_questions_on_core_topics():
    questions = coverage_matrix(
        [faq(DELIVERY, US), faq("Do you hire?", US), asked("Which colors are there?"),
         faq("Can I pay by card?", A)],
        own=US, seen=ALL,
    )  # fmt: skip
    _, only, _ = missing_of(questions, US, ALL)
    assert (only.n, only.compared) == (1, 2)


def test_one_rivals_question_is_missed_only_on_a_topic_that_we_are_silent_on():
    theirs = faq("Can I pay by invoice?", A)
    assert matrix(theirs)[theirs.text].coverage == "we_miss"
    ours = faq("Which credit cards can I pay with?", US)
    assert matrix(theirs, ours)[theirs.text].coverage == "some"
    free = faq("Is it free?", US)._replace(answer="Yes. We never ask for payment.")
    assert matrix(theirs, free)[theirs.text].coverage == "some"


def test_a_question_is_not_missed_where_an_answer_of_ours_has_its_words():
    theirs = [faq("Is there a paywall for recipes?", A), faq("Is there a paywall for recipes?", B)]
    ours = faq("What does it cost?", US)
    assert matrix(*theirs, ours)[theirs[0].text].coverage == "we_miss"
    told = ours._replace(answer="Nothing: recipes are free, with no paywalls at all.")
    assert matrix(*theirs, told)[theirs[0].text].coverage == "some"


def test_one_word_in_an_answer_is_no_answer_to_what_two_rivals_answer():
    ours = faq("Who are you?", US)._replace(answer="A shop with delivery.")
    assert matrix(faq(DELIVERY, A), faq(DELIVERY, B), ours)[DELIVERY].coverage == "we_miss"


def test_no_questions_no_matrix():
    assert coverage_matrix([], own=None, seen=frozenset()) == []


def test_brands_that_ask_of_themselves_ask_one_question():
    wordings = [
        faq("Is MailVault really free?", A), faq("Is Inkpad free?", B), faq("Is Lamp free?", US),
    ]  # fmt: skip
    (question,) = matrix(*wordings, names={A: "mailvaultapp", B: "inkpad", US: "lamp"}).values()
    assert question.brands == {A, B, US}


def test_what_a_brand_is_and_what_it_costs_are_two_questions():
    wordings = [faq("What is MailVault?", A), faq("Is MailVault free?", A)]
    assert len(matrix(*wordings, names={A: "mailvault"})) == 2


def test_to_book_and_to_cancel_are_two_questions():
    texts = ("Can I book an OPD appointment?", "Can I cancel or reschedule my OPD appointment?")
    assert len(cluster([faq(text, A) for text in texts])) == 2


def test_how_it_works_is_no_question_of_the_market():
    wordings = [faq("How does MailVault work?", A), faq("How does it work?", B)]
    found = matrix(
        *wordings, faq("Which mail providers does it work with?", C), names={A: "mailvault"}
    )
    assert {question.coverage for question in found.values()} == {"some"}
    assert len(found) == 2


def test_questions_on_two_products_are_two():
    settings = "What are {} IMAP settings?"
    assert len(cluster([faq(settings.format(n), A) for n in ("Yahoo's", "iCloud Mail's")])) == 2


@pytest.mark.parametrize(
    "text", ["Does Yahoo Mail support app passwords for my account?", "How do I use it?"]
)
def test_what_one_rival_says_of_a_product_or_of_it_is_no_gap_of_ours(text):
    assert coverage(faq(text, A)) == "some"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("How can I contact customer support?", "contact"),
        ("What is your return policy?", "returns"),
    ],
)
def test_we_do_not_miss_what_our_other_pages_answer(text, topic):
    assert coverage(faq(text, A)) == "we_miss"
    assert coverage(faq(text, A), elsewhere={topic: frozenset({US})}) == "some"


def test_nobody_answers_only_where_no_page_does():
    question = asked("How can I contact customer support?")
    assert coverage(question) == "nobody"
    assert coverage(question, elsewhere={"contact": frozenset({A})}) == "some"


def test_joining_and_registering_are_near():
    ours = "How do I join the Lamp community?"
    found = matrix(faq(ours, US), faq("How do I register on the platform?", A), names={US: "lamp"})
    assert found[ours].coverage == "some"


def test_other_pages_answer_what_they_are_about():
    brand = Observed("us", "lamp.example", "own")
    brand.pages = [
        Page("p", "https://lamp.example/privacy", "ok", "", "other", 1, "en", False, "", ()),
    ]  # fmt: skip
    brand.channels = [Channel("p", "email", "hi@lamp.example", None, "hi@lamp.example")]
    brand.policies = [Policy("p", "returns", {"window_days": 30}, "30 days")]
    assert answered_elsewhere([brand]) == {
        topic: frozenset({"us"}) for topic in ("privacy", "contact", "returns", "refunds")
    }


def test_a_question_about_a_rival_is_known_by_most_of_its_domain():
    wordings = [faq("Does MailVault work with Gmail?", A), faq("Will MailVault work on Gmail?", B)]
    found = coverage_matrix(wordings, own=US, seen=ALL, names={C: "mailvaultapp"})
    assert {q.coverage for q in found} == {"some"}
