"""The counting behind `python -m benchmarks.reading`: what is right, missed and beside."""

import json

import pytest

from benchmarks.reading import PageScore, judge, report, score_set, sums, why, worst


def line(**found):
    return {"language": "de", "faq": [], "reviews": [], "chat": [], **found}


def label(kind="json-ld", **expected):
    return {"file": "a.html", "kind": kind, "expected": expected}


def page(right, missed=(), beside=(), **more):
    told = {"file": "a.html", "markup": "table", "language": "en"} | more
    return PageScore(right=right, missed=tuple(missed), beside=tuple(beside), **told)


def asked(*questions):
    return line(faq=[{"question": question} for question in questions])


def test_questions_are_the_same_whatever_their_number_and_label():
    told = judge("faq", label(questions=["Where is it?", "Is it new?"]),
                 asked("1.2 Where is it", "Q: Is it new?"))  # fmt: skip
    assert (told.right, told.missed, told.beside) == (2, (), ())


def test_a_question_that_may_be_returned_counts_neither_way():
    told = judge(
        "faq", label(questions=["Where?"], optional=["Why us?"]), asked("Where?", "Why us?")
    )
    assert (told.right, told.beside) == (1, ())


def test_a_review_that_is_read_twice_is_beside_once():
    review = {"text": "It pours well and it never drips on the table."}
    told = judge("reviews", label(reviews=[{"text60": review["text"][:60]}]),
                 line(reviews=[review, review]))  # fmt: skip
    assert (told.right, len(told.beside)) == (1, 1)


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Tawk.to", "tawk"), ("Crisp", "crisp"), ("Old name (Intercom)", "intercom")],
)
def test_a_vendor_is_the_same_by_name_and_by_slug(name, slug):
    told = judge("chat", {"file": "a.html", "chat_vendors": [name]},
                 line(chat=[{"vendor": slug, "evidence": "embedded"}]))  # fmt: skip
    assert (told.right, told.missed, told.beside) == (1, (), ())


def test_a_vendor_that_is_only_mentioned_was_not_read():
    told = judge("chat", {"file": "a.html", "chat": ["crisp"]},
                 line(chat=[{"vendor": "crisp", "evidence": "mentioned"}]))  # fmt: skip
    assert told.missed == ("crisp",)


def test_figures_keep_pages_with_nothing_to_find_apart():
    told = sums([page(3, missed=["x"]), page(1), page(0, beside=["y"]), page(0)])
    assert told == {"pages": 4, "precision": 0.8, "recall": 0.8, "micro_f1": 0.8,
                    "macro_f1": pytest.approx(0.929), "clean": 0.5}  # fmt: skip


def test_worst_pages_come_first_and_say_why():
    pages = [page(9, file="good"), page(1, missed=["b"], file="half"), page(0, ["a", "b"], ["c"])]
    assert [each.file for each in worst(pages, 10)] == ["a.html", "half"]
    assert why(pages[2]) == "missed 2: a | b; beside 1: c"


def test_a_set_is_told_by_markup_and_by_language(tmp_path):
    html = "<html lang=en><title>FAQ</title><dl><dt>Is it new?</dt><dd>Yes.</dd>"
    html += "<dt>Is it red?</dt><dd>No.</dd><dt>Is it here?</dt><dd>No.</dd></dl>"
    (tmp_path / "a.html").write_text(html)
    questions = ["Is it new?", "Is it red?", "Is it here?", "Is it gone?"]
    rows = [{"file": "a.html", "kind": "dl/dt/dd", "expected": {"questions": questions}},
            {"file": "b.html", "kind": "table", "ambiguous": True}]  # fmt: skip
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told = report(score_set(tmp_path, "faq"), 10)
    assert told["by_markup"]["dl"]["recall"] == told["by_language"]["en"]["recall"] == 0.75
    assert told["worst"][0]["why"] == "missed 1: Is it gone?"
