import tomllib
from itertools import product
from pathlib import Path

import pytest

from analysis import themes
from analysis.phrases import PhraseFinder, tokens_of
from analysis.sentiment import score_tokens
from analysis.themes import (
    THEMES,
    classify_batch,
    emerging,
    find_themes,
    impact_on_rating,
    net_sentiment,
    per_hundred,
)

_ROWS = tomllib.loads(
    (Path(themes.__file__).parent / "data" / "themes.toml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("theme", "text"),
    [
        ("delivery", "My parcel is lost."),
        ("returns_refunds", "They refuse the refund."),
        ("support_responsiveness", "Nobody ever replied."),
        ("support_quality", "The staff was rude."),
        ("price_value", "Far too expensive."),
        ("product_quality", "It broke after a day."),
        ("usability", "The website is confusing."),
        ("ordering_checkout", "The checkout failed again."),
        ("billing_payments", "The invoice is wrong."),
        ("account_subscription", "I cannot cancel my subscription."),
        ("onboarding_setup", "The installation failed."),
        ("communication", "They never informed me."),
    ],
)
def test_each_theme_is_found_and_judged(theme: str, text: str) -> None:
    assert find_themes(text, "en")[theme] == "negative"


def test_each_theme_has_its_own_judgement() -> None:
    found = find_themes("The shoes are great, but the delivery took three weeks.", "en")
    assert found["product_quality"] == "positive"
    assert found["delivery"] == "negative"


def test_theme_takes_the_judgement_of_the_text_where_its_clause_has_none() -> None:
    assert find_themes("I used their chat. It was awful.", "en").get("communication") is None
    assert find_themes("About the delivery. Awful, just awful.", "en")["delivery"] == "negative"


def test_a_guess_at_a_few_words_gives_way_to_a_text_of_praise() -> None:
    praise = "I love this shop, the best I know! Wide selection of items."
    (part,) = score_tokens([tokens_of("Wide selection of items.")], ["en"])
    assert part
    assert part.label == "negative"
    assert find_themes(praise, "en")["ordering_checkout"] == "positive"


def test_what_was_never_easier_is_praised() -> None:
    assert find_themes("Booking a trip has never been easier!", "en")["usability"] == "positive"


@pytest.mark.parametrize("language", sorted(_ROWS))
def test_rows_of_each_language_know_every_theme(language: str) -> None:
    assert set(_ROWS[language]) - {"unless", "firm"} == set(THEMES)


@pytest.mark.parametrize("language", [key for key in _ROWS if "firm" in _ROWS[key]])
def test_every_firm_row_finds_itself(language: str) -> None:
    lost = [
        (theme, row)
        for theme, rows in _ROWS[language]["firm"].items()
        for row in rows
        if theme not in classify_batch([_example(row)], [language], firm=True)[0]
    ]
    assert lost == []


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("I discovered new books here.", "product_quality"),
        ("It offers information about bed availability.", "price_value"),
        ("Wide selection of items.", "ordering_checkout"),
        ("The swapping system is seamless.", "ordering_checkout"),
        ("That made it an easy decision.", "usability"),
        ("My ad blocker has not blocked a single tracker.", "account_subscription"),
        ("Das Essen war einfach fantastisch!", "usability"),
    ],
)
def test_a_report_counts_no_theme_that_a_text_only_brushes(text: str, theme: str) -> None:
    language = "de" if "Essen" in text else "en"
    assert theme in find_themes(text, language)
    assert theme not in classify_batch([text], [language], firm=True)[0]


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("The delivery took three weeks.", "delivery"),
        ("Well made and very comfortable.", "product_quality"),
        ("It is easy to use.", "usability"),
        ("Their customer service is exceptional.", "support_quality"),
        ("The prices are fair.", "price_value"),
    ],
)
def test_a_report_counts_a_theme_that_a_text_names(text: str, theme: str) -> None:
    assert theme in classify_batch([text], ["en"], firm=True)[0]


@pytest.mark.parametrize("language", sorted(_ROWS))
def test_every_row_finds_itself(language: str) -> None:
    lost = [
        (theme, row)
        for theme in THEMES
        for row in _ROWS[language][theme]
        if theme not in find_themes(_example(row), language)
    ]
    assert lost == []


@pytest.mark.parametrize("language", [key for key in _ROWS if "unless" in _ROWS[key]])
def test_every_phrase_of_unless_silences_a_word_of_its_theme(language: str) -> None:
    idle = [
        (theme, row)
        for theme, rows in _ROWS[language]["unless"].items()
        for row in rows
        if not any(
            theme in found and theme not in find_themes(text, language)
            for text in _examples(row)
            if (found := _themes_of_rows(text, language))
        )
    ]
    assert idle == []


def _themes_of_rows(text: str, language: str) -> set[str]:
    """What the rows find without `unless`."""
    found = PhraseFinder({t: _ROWS[language][t] for t in THEMES}).find(tokens_of(text))
    return {theme for *_, theme in found}


def _examples(row: str) -> list[str]:
    """The row with each of its alternatives."""
    choices = product(*(word.split("|") for word in row.split()))
    return [_example(" ".join(words)) for words in choices]


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("Slow delivery service.", "support_quality"),
        ("The self service kiosk is great.", "support_quality"),
        ("I plan to come back.", "account_subscription"),
        ("You will notice the difference.", "communication"),
        ("Nobody is on the phone.", "product_quality"),
        ("My files are sent to some random server.", "support_quality"),
        ("The patient management is commendable.", "support_quality"),
        ("This feature is very helpful.", "support_quality"),
        ("It actually delivers on what it promises.", "delivery"),
        ("It is key to visual communication.", "communication"),
    ],
)
def test_words_inside_other_phrases_speak_of_no_theme(text: str, theme: str) -> None:
    assert theme not in find_themes(text, "en")


def _example(row: str) -> str:
    words = (word.split("|")[0] for word in row.split())
    plain = ("5" if w == "#" else "so" if w == "~" else w.replace("*", "") for w in words)
    return " ".join(plain)


def test_texts_of_other_languages_and_none_have_no_themes() -> None:
    assert classify_batch(["delivery", "delivery", ""], ["xx", None, "en"]) == [{}, {}, {}]


def test_a_batch_finds_what_its_texts_give_alone() -> None:
    texts = ["Slow delivery.", "Schneller Versand!", "", "物流很快，质量很差"]
    languages = ["en", "de", "en", "zh"]
    alone = [find_themes(t, lang) for t, lang in zip(texts, languages, strict=True)]
    assert classify_batch(texts, languages) == alone


def test_gaps_in_phrases_end_at_punctuation() -> None:
    finder = PhraseFinder({"late": ["never ~ arriv*"]})
    assert finder.find(tokens_of("It never even arrived"))
    assert not finder.find(tokens_of("Never. It arrived"))
    assert not finder.find(tokens_of("never once in all years arrived"))


def test_numbers_in_phrases_are_digits_or_words() -> None:
    finder = PhraseFinder({"wait": ["# days"]})
    assert [finder.find(tokens_of(t)) != [] for t in ("3 days", "two days", "my days")] == [
        True,
        True,
        False,
    ]


def test_net_sentiment_is_good_less_bad() -> None:
    assert net_sentiment(["positive", "negative", "negative", "neutral"]) == -0.25
    assert net_sentiment([]) is None


def test_mentions_are_counted_per_hundred_reviews() -> None:
    assert per_hundred(3, 60) == 5.0
    assert per_hundred(0, 0) is None


def test_impact_is_what_the_theme_costs() -> None:
    found = [{"delivery": "negative"}, {}, {}, {"delivery": "positive"}]
    impact = impact_on_rating([1, 5, None, 2], found, "delivery")  # type: ignore[arg-type]
    assert impact
    assert (impact.with_theme, impact.without_theme, impact.n_with, impact.n_without) == (
        1.5,
        5,
        2,
        1,
    )
    assert impact.difference == pytest.approx(8 / 3 - 5)
    assert impact_on_rating([1.0], [{}], "delivery") is None


def test_phrases_that_no_row_covers_emerge() -> None:
    texts = ["Their carbon offset claims are a lie, awful." for _ in range(6)]
    texts += ["The delivery was slow."] * 10
    phrases = {phrase: (n, share) for phrase, n, share in emerging(texts)}
    assert phrases["carbon offset claims"] == (6, 1.0)
    assert "carbon offset" not in phrases
    assert not any("delivery" in phrase for phrase in phrases)


def test_rare_phrases_do_not_emerge() -> None:
    assert emerging(["A carbon offset claim."] * 4) == []
