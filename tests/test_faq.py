"""The FAQ extractor: a labelled set with floors, and one claim a test."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from spiders.extract import questions as questions_module
from spiders.extract.faq import extract_faq
from spiders.extract.faq_lines import read_lines
from spiders.extract.page import ParsedPage
from spiders.extract.questions import (
    clean_question,
    labels_of,
    names_faq,
    speech_of,
    strength,
)

EVAL = Path(__file__).parent / "eval" / "faq"
LABELS = (EVAL / "labels.jsonl").read_text(encoding="utf-8")
ROWS = [json.loads(line) for line in LABELS.splitlines()]
FLOORS = json.loads((EVAL / "floors.json").read_text(encoding="utf-8"))


def key(question: str) -> str:
    return "".join(c for c in question.casefold().lstrip("0123456789. ") if c.isalnum())


def faq(html: str, url: str = "") -> list:
    return extract_faq(ParsedPage(html, url))


def questions(html: str, url: str = "") -> list[str]:
    return [entry.question for entry in faq(html, url)]


def entries(name: str) -> list:
    return faq((EVAL / name).read_text(encoding="utf-8"))


def f1(right: int, wrong: int, missed: int) -> float:
    return 2 * right / (2 * right + wrong + missed) if right else 0.0


@pytest.fixture(scope="module")
def scores() -> dict:
    """Counts of right, wrong and missed questions a page, in the order of ROWS."""
    found = []
    for row in ROWS:
        want = {key(question) for question in row["expected"]["questions"]}
        have = {key(entry.question) for entry in entries(row["file"])}
        found.append((row, len(want & have), len(have - want), len(want - have)))
    return found


def test_set_is_large_and_of_many_languages():
    negatives = [row for row in ROWS if not row["expected"]["is_faq"]]
    assert len(ROWS) == FLOORS["pages"]
    assert len(negatives) >= 10
    assert len({row["language"] for row in ROWS}) >= 20


def test_macro_f1_holds_its_floor(scores):
    pages = [f1(*counts) for row, *counts in scores if row["expected"]["is_faq"]]
    assert sum(pages) / len(pages) >= FLOORS["macro_f1"]


def test_micro_f1_holds_its_floor(scores):
    assert f1(*(sum(row[i] for row in scores) for i in (1, 2, 3))) >= FLOORS["micro_f1"]


def test_hard_negatives_stay_clean(scores):
    clean = [wrong == 0 for row, _, wrong, _ in scores if not row["expected"]["is_faq"]]
    assert sum(clean) / len(clean) >= FLOORS["clean_negatives"]


def test_no_language_falls_behind(scores):
    languages = defaultdict(list)
    for row, *counts in scores:
        if row["expected"]["is_faq"]:
            languages[row["language"]].append(f1(*counts))
    low = {
        language: sum(pages) / len(pages)
        for language, pages in languages.items()
        if sum(pages) / len(pages) < FLOORS["per_language_f1"]
    }
    assert not low


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_every_question_outside_of_a_bare_list_has_an_answer_or_a_link(row):
    found = entries(row["file"])
    assert all(entry.answer or entry.url or entry.origin == "list" for entry in found)


def test_the_same_pair_from_two_sources_is_one_entry_with_the_longer_answer():
    found = entries("two_sources.html")
    assert [entry.origin for entry in found] == ["json-ld", "json-ld"]
    assert found[0].answer == "Yes, down to one metre for half an hour."


def test_copies_in_a_table_of_contents_count_once():
    found = questions((EVAL / "headings_numbered_toc.html").read_text(encoding="utf-8"))
    assert len(found) == len(set(found)) == 3


def test_the_label_is_no_part_of_question_or_answer():
    found = entries("qa_labels_german.html")
    assert (found[0].question, found[0].answer) == (
        "Ab welchem Alter darf man klettern?",
        "Ab sechs Jahren.",
    )


def test_an_index_of_a_help_centre_gives_titles_with_addresses():
    html = (EVAL / "zendesk_home.html").read_text(encoding="utf-8")
    found = faq(html, "https://help.example/hc/en-us")
    assert found[0].url == "https://help.example/hc/en-us/articles/360001-Changing-your-plan"
    assert (found[0].answer, found[0].origin) == ("", "help-centre")


def test_icons_and_expand_words_are_stripped():
    assert clean_question("▸ Where is it?  expand_more") == "Where is it?"
    assert clean_question("Is it C++") == "Is it C++"


def test_the_answer_ends_where_the_section_ends():
    found = entries("headings_sections.html")
    assert found[-1].answer == "Da. În 14 zile."


def test_a_page_without_marks_is_not_walked(monkeypatch):
    def fail(*_: object) -> None:
        raise AssertionError("lines were read")

    monkeypatch.setattr("spiders.extract.faq.read_lines", fail)
    assert faq("<title>Shoes</title><h1>Shoes</h1><p>For feet. Any feet?</p>") == []


def test_a_faq_address_is_context_enough_for_plain_lines():
    html = "<p>Do you bake on Sundays?</p><p>No.</p><p>Is it rye?</p><p>Yes.</p>"
    html += "<p>Can I order?</p><p>By phone.</p>"
    assert questions(html) == []
    assert len(questions(html, "https://bakery.example/faq.html")) == 3


def test_one_question_in_an_article_is_no_faq():
    assert (
        questions("<h1>News</h1><h2>What is new?</h2><p>All.</p><h2>Prices</h2><p>Low.</p>") == []
    )


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I pay", "en"),
        ("Πόσο κοστίζει;", "el"),
        ("ինչպե՞ս վճարել", "hy"),
        ("كيف أدفع؟", "ar"),
        ("送料はいくらですか", "ja"),
        ("如何付款", "zh"),
        ("จ่ายเงินอย่างไร", "th"),
        ("Nasıl öderim", "tr"),
        ("Bagaimana cara membayar", "id"),
    ],
)
def test_questions_of_many_scripts_are_known(text, language):
    assert strength(text, speech_of(language)) > 0


def test_a_statement_is_no_question():
    assert strength("What we did last summer.", speech_of("en")) == 0
    assert strength("Delivery times", speech_of("en")) == 0


def test_a_section_name_is_known_in_any_language():
    for title in ("F.A.Q.", "Häufige Fragen", "よくある質問", "الأسئلة الشائعة", "FAQs"):
        assert names_faq(title), title
    assert not names_faq("Our faqir story")


def test_labels_of_another_language_count_when_both_are_used():
    texts = ["P: a", "R: b", "P: c", "R: d"]
    assert labels_of("en", texts).of("P: a") == ("q", "a")
    assert labels_of("en", []).of("P: a") == ("", "P: a")


def test_lines_keep_inline_parts_together_and_split_at_breaks():
    page = ParsedPage("<p>one <b>two</b><br>three</p><nav>menu</nav><div>four<p>five</p>six</div>")
    lines = read_lines(page.tree.body)
    assert [line.text for line in lines] == ["one two", "three", "four", "five", "six"]


def test_hostile_depth_does_not_recurse():
    html = "<title>FAQ</title>" + "<div>" * 3000 + "<p>Is it deep?</p><p>Very.</p>"
    assert isinstance(faq(html), list)


def test_a_language_without_a_row_of_its_own_uses_its_language_file(monkeypatch):
    monkeypatch.setattr(questions_module, "languages", lambda: {"xx": None})
    monkeypatch.setattr(
        questions_module,
        "words",
        lambda key, _: {"question_openers": {"quux"}, "faq": {"grault garply"}}.get(key, set()),
    )
    questions_module._rows.cache_clear()
    questions_module._speech.cache_clear()
    try:
        assert strength("Quux is the price", questions_module.speech_of("xx")) == 1
    finally:
        monkeypatch.undo()
        questions_module._rows.cache_clear()
        questions_module._speech.cache_clear()


def test_an_interview_or_a_policy_is_no_faq():
    for name in ("neg_interview.html", "neg_transcript.html", "neg_privacy_policy.html"):
        assert entries(name) == []


def test_the_last_answer_of_a_flat_page_does_not_swallow_the_rest():
    html = "<title>FAQ</title>" + "".join(f"<p><b>Is it {n}?</b></p><p>Yes.</p>" for n in range(4))
    found = faq(html + "<p>Imprint</p><p>Press</p><p>Jobs</p><p>Partners</p>")
    assert len(found) == 4
    assert "Jobs" not in found[-1].answer
