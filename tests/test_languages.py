"""Reports in other languages: catalogs, numbers by locale, what is translated and what never is."""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from analysis.swot_rules import SWOT_RULES
from crawler.config import Study
from crawler.errors import ConfigError
from reports import fonts, messages, phrases
from reports.iranian import iranian
from reports.locale import CATALOGS, LANGUAGES, words_for
from reports.phrases import noted, said
from reports.renderers import html, markdown
from reports.report import build_report
from tests.report_data import RUN, build_market

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TRANSLATED = [language for language in LANGUAGES if language != "en"]
# Share of messages that must be translated; a fall is a commit of its own with its reason.
FLOORS = {
    **dict.fromkeys(("de", "es", "fa", "fr"), 0.97),
    "sw": 0.97,
    "mn": 0.97,
    "kmr": 0.97,
    "gu": 0.97,
}
SCRIPTS = {"fa": "ARABIC", "gu": "GUJARATI", "mn": "CYRILLIC"}


@pytest.fixture(scope="module")
def gathered():
    return messages.gather()


@pytest.fixture(scope="module")
def db():
    return build_market(Path(":memory:"))


@pytest.fixture(scope="module")
def english(db):
    return build_report(db, RUN, now=NOW, language="en")


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_catalogs_hold_the_messages_of_today(capsys):
    assert messages.main(["--check"]) == 0, "run python -m reports.messages"
    assert "de:" in capsys.readouterr().out


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_language_is_translated_as_far_as_its_floor(language, gathered):
    done, count = messages.completeness(language, gathered)
    print(f"{language}: {done} of {count} messages")
    assert done / count >= FLOORS[language]


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_fill_the_same_places_as_the_message(language, gathered):
    known = words_for(language).messages
    for message in gathered:
        for form in known.get(message.one, ()):
            assert not fields(form) - fields(message.one), (message.one, form)
            assert not fields(message.one) - fields(form) - {"n"}, (message.one, form)


@pytest.mark.parametrize("language", SCRIPTS)
def test_sentences_are_in_the_script_of_the_language(language, gathered):
    known = words_for(language).messages
    for message in gathered:
        for form in known.get(message.one, ()):
            bare = re.sub(r"\{\w+\}", "", form)
            letters = [c for c in bare if c.isalpha()]
            own = [c for c in letters if SCRIPTS[language] in unicodedata.name(c)]
            # Names, abbreviations and formulas keep their letters.
            assert len(letters) < 20 or len(own) * 3 > len(letters), form


def test_every_language_of_the_study_setting_has_a_catalog():
    assert {path.stem for path in CATALOGS.glob("*.po")} == set(TRANSLATED)


def test_unknown_language_is_refused_with_the_known_ones_named():
    with pytest.raises(ConfigError, match="kmr"):
        words_for("xx")
    with pytest.raises(ConfigError, match="kmr"):
        Study(name="a", report_language="xx")


def test_a_missing_translation_is_said_in_english():
    assert words_for("fa").t("No such message {x}", x=3) == "No such message ۳"
    assert words_for("de").n("{n} odd thing", "{n} odd things", 2) == "2 odd things"


@pytest.mark.parametrize(
    ("language", "number", "share", "date"),
    [
        ("en", "1,234.5", "43\xa0%", "2 March 2026"),
        ("de", "1.234,5", "43\xa0%", "2. März 2026"),
        ("fr", "1\u202f234,5", "43\xa0%", "2 mars 2026"),
        ("es", "1.234,5", "43\xa0%", "2 de marzo de 2026"),
        ("fa", "۱٬۲۳۴٫۵", "۴۳٪", "۱۱ اسفند ۱۴۰۴ (۲ مارس ۲۰۲۶)"),
        ("gu", "1,234.5", "43%", "2 માર્ચ, 2026"),
        ("mn", "1,234.5", "43%", "2026\u202fоны гуравдугаар сарын 2"),
        ("sw", "1,234.5", "43%", "2 Machi 2026"),
        ("kmr", "1.234,5", "%43", "2ê adara 2026an"),
    ],
)
def test_numbers_and_dates_are_those_of_cldr(language, number, share, date):
    words = words_for(language)
    assert words.number(1234.5) == number
    assert words.percent(0.43) == share
    assert words.date("2026-03-02") == date


@pytest.mark.parametrize(
    ("when", "jalali"),
    [
        ("2017-03-20", (1395, 12, 30)),  # the last day of a leap year
        ("2017-03-21", (1396, 1, 1)),
        ("2020-03-20", (1399, 1, 1)),
        ("2021-03-20", (1399, 12, 30)),
        ("2021-03-21", (1400, 1, 1)),
        ("2025-03-20", (1403, 12, 30)),
        ("2025-03-21", (1404, 1, 1)),
        ("2025-09-22", (1404, 6, 31)),
        ("2025-09-23", (1404, 7, 1)),
        ("2026-11-22", (1405, 9, 1)),
        ("2029-03-20", (1408, 1, 1)),
        ("2030-03-21", (1409, 1, 1)),
    ],
)
def test_days_of_the_iranian_calendar_are_right(when, jalali):
    assert iranian(date.fromisoformat(when)) == jalali


def test_every_day_of_forty_years_follows_the_day_before_in_the_iranian_calendar():
    day, last = date(2000, 3, 20), (1379, 1, 1)
    assert iranian(day) == last
    for _ in range(40 * 365):
        day += timedelta(1)
        now = iranian(day)
        assert now == (*last[:2], last[2] + 1) or now[2] == 1
        assert now > last
        last = now


def test_plural_forms_follow_the_language():
    one, many = "{n} page", "{n} pages"
    assert [words_for("de").n(one, many, n) for n in (0, 1, 2)] == [
        "0 Seiten", "1 Seite", "2 Seiten",
    ]  # fmt: skip
    assert words_for("fr").n(one, many, 0) == "0 page"  # French counts none as one
    assert words_for("fa").n(one, many, 2) == "۲ صفحه"


def test_foreign_letters_inside_a_persian_sentence_are_isolated():
    text = words_for("fa").t("Scores of {brand}", brand="a.example")
    assert "\u2068a.example\u2069" in text


@pytest.mark.parametrize("rule", SWOT_RULES, ids=lambda rule: rule.key)
def test_every_rule_of_the_swot_is_said_in_german(rule):
    values = {
        "brand": "a.example", "best_brand": "b.example", "value": "3 days", "median": "4 days",
        "best": "5 days", "market_n": 4, "n": "1,200", "others_do": "3 of the 4 other brands do",
        "detail": "3 of 8" if (rule.metric or "").startswith("theme.") else "e-mail, phone",
    }  # fmt: skip
    text = rule.text.format(**values)
    spoken = said(text, words_for("de"))
    assert spoken != text
    assert [name for name in ("a.example", "b.example") if name in text] == [
        name for name in ("a.example", "b.example") if name in spoken
    ]
    assert not re.search(r"\b(the|of|reviews|brands)\b", spoken), spoken


def test_numbers_inside_a_sentence_are_spelled_by_the_language():
    text = "a.example is rated 4.2 of 5 stars by 1,200 customers, b.example 3.1 of 5 stars."
    assert said(text, words_for("de")) == (
        "a.example ist von 1.200 Kunden mit 4,2 von 5 Sternen bewertet, b.example mit "
        "3,1 von 5 Sternen."
    )


def test_a_reason_within_a_reason_is_translated():
    text = "FAQ: the start page could not be read: 2 pages timed out (challenge page)"
    spoken = said(text, words_for("de"))
    assert spoken.startswith("FAQ: die Startseite konnte nicht gelesen werden: 2 Seiten mit")


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("By 2027-02-20, show a phone number with its hours.",
         "By 20 February 2027, show a phone number with its hours."),
        ("Reviews: -100 points against +0 points", "Reviews: −100 points against 0 points"),
        ("It says “2027-02-20” and model X-100 points at it", None),
    ],
)  # fmt: skip
def test_english_goals_have_worded_dates_and_a_real_minus(text, spoken):
    assert said(text, words_for("en")) == (spoken or text)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("phone: 0 clicks; form: 1 click, then a form; WhatsApp: 3 clicks",
         "Telefon: 0 Klicks; Kontaktformular: 1 Klick, dann ein Formular; WhatsApp: 3 Klicks"),
        ("chat: 2 clicks, then a bot and a form", "Chat: 2 Klicks, dann ein Bot und ein Formular"),
        ("opened 1 page (to read the chat); tawk is on the static pages",
         "1 Seite geöffnet (um den Chat zu lesen); tawk steht auf den statischen Seiten"),
        ("no mystery visit; 2 reviews speak of it; at least 5",
         "kein Testbesuch; 2 Rezensionen sprechen davon; mindestens 5"),
        ("not passed: answers stand beside their questions (0 of 6 entries have their answer "
         "there); covers at least 4 topics (3 topics)",
         "nicht erfüllt: Antworten stehen bei ihren Fragen (bei 0 von 6 Einträgen steht die "
         "Antwort dabei); deckt mindestens 4 Themen ab (3 Themen)"),
        ("a.example is a newspaper or magazine by its name and what ranks; set aside as publisher",
         "a.example ist eine Zeitung oder Zeitschrift, nach Namen und Treffern; beiseitegelegt "
         "als Verlag"),
        ("e-mail, contact form, WhatsApp", "E-Mail, Kontaktformular, WhatsApp"),
    ],
)  # fmt: skip
def test_lists_of_our_sentences_are_translated_whole(text, spoken):
    assert said(text, words_for("de")) == spoken


@pytest.mark.parametrize(
    ("language", "amount", "spelled"),
    [("en", 4.95, "£4.95"), ("en", 60.0, "£60"), ("de", 4.95, "4,95\xa0£"), ("de", 60, "60\xa0£")],
)
def test_money_keeps_its_cents(language, amount, spelled):
    assert words_for(language).money(amount, "GBP") == spelled


@pytest.mark.parametrize("language", LANGUAGES)
def test_money_of_an_unknown_currency_shows_its_code(language):
    assert "XQQ" in words_for(language).money(1234.5, "XQQ")


def test_german_counts_agree_with_the_word_before_them():
    words = words_for("de")
    assert words.t("{value} of {n}", value="von 30 Tage auf 60 Tage", n=2) == (
        "von 30 Tagen auf 60 Tage of 2"
    )
    text = said("By 2027-02-20, give 60 days for returns instead of 14 days.", words)
    assert text.endswith("60 Tage Zeit geben statt 14 Tage.")


def test_text_that_is_none_of_ours_stays_as_it_is():
    for text in ("Wo ist mein Paket?", "The courier lost it: twice", "{brand} {n}", ""):
        assert said(text, words_for("fa")) == text


def test_quotes_are_never_translated_even_when_they_are_words_of_ours():
    assert noted("Free returns", words_for("de")) == "Free returns"
    assert noted("Read in full; no chat on this page.", words_for("de")) != (
        "Read in full; no chat on this page."
    )


@pytest.mark.parametrize("language", ["de", "fa"])
def test_what_was_read_on_pages_is_the_same_in_every_language(language, db, english):
    report = build_report(db, RUN, now=NOW, language=language)
    assert [q.text for q in report.questions.we_miss] == [q.text for q in english.questions.we_miss]
    quoted = {e.excerpt for e in english.evidence if noted(e.excerpt, words_for("de")) == e.excerpt}
    assert quoted <= {e.excerpt for e in report.evidence}


def numbers(value):
    """All numbers of a nest of dicts and lists, in order."""
    if isinstance(value, dict):
        return [n for entry in value.values() for n in numbers(entry)]
    if isinstance(value, (list, tuple)):
        return [n for entry in value for n in numbers(entry)]
    return [value] if isinstance(value, (int, float)) else []


@pytest.mark.parametrize("language", TRANSLATED)
def test_keys_and_numbers_are_the_same_in_every_language(language, db, english):
    report = build_report(db, RUN, now=NOW, language=language)
    assert report.language == language
    assert numbers(asdict(report)) == numbers(asdict(english))
    assert asdict(report).keys() == asdict(english).keys()


@pytest.mark.parametrize("language", TRANSLATED)
def test_page_names_its_language_and_direction(language, db):
    page = html.render(build_report(db, RUN, now=NOW, language=language)).decode()
    direction = "rtl" if language == "fa" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert "What we do not know" not in page


@pytest.mark.parametrize("language", ["de", "fa", "fr"])
def test_headings_of_markdown_are_translated(language, db):
    text = markdown.render(build_report(db, RUN, now=NOW, language=language)).decode()
    assert "What matters" not in text
    assert "confidence" not in text


def test_words_are_looked_for_in_fonts_only_where_they_are_rare():
    assert fonts.missing_font("en") == ""
    assert set(fonts.languages_without_font()) <= {"fa", "gu", "mn", "kmr"}


def test_every_template_of_the_analysis_is_in_the_german_catalog():
    for template in phrases.PHRASES:
        assert template in words_for("de").messages, template
