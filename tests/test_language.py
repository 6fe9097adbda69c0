import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analysis.language import COMMON, RARER, detect, frequent_words, primary_subtag
from analysis.language_model import LanguageModel, load


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Sehr gut", "de"),
        ("Lieferung kaputt", "de"),
        ("muy bien", "es"),
        ("envío rápido", "es"),
        ("très bien merci", "fr"),
        ("Helemaal tevreden met de levering", "nl"),
        ("Ottimo servizio, consegna veloce", "it"),
        ("Muito bom, recomendo", "pt"),
        ("Highly recommended", "en"),
        ("broke after a week", "en"),
        ("calculated swill", "en"),
        ("perfectly portable", "en"),
        ("Excellent insurance comparison site", "en"),
        ("Precise top courier!", "en"),
        ("Top app", "en"),
        ("Bon service", "fr"),
        ("Excellent produit à un prix correct.", "fr"),
        ("Bardzo szybka przesyłka, polecam", "pl"),
        ("Huduma nzuri sana", "sw"),
        ("Barangnya bagus banget", "id"),
        ("Все хорошо, спасибо", "ru"),
        ("Дуже швидка доставка, все добре", "uk"),
        ("Маш сайн үйлчилгээ", "mn"),
        ("Много добро качество, доволен съм", "bg"),
        ("خیلی خوب بود و زود رسید", "fa"),
        ("بہت اچھا ہے", "ur"),
        ("خدمة ممتازة جدا وسريعة", "ar"),
        ("زۆر باشە سوپاس بۆ ئێوە", "ckb"),
        ("ખૂબ સરસ", "gu"),
        ("बहुत अच्छा है", "hi"),
        ("很好", "zh"),
        ("とても良い", "ja"),
        ("배송이 빨라요", "ko"),
        ("อร่อยมาก", "th"),
        ("בסדר גמור", "he"),
        ("Πολύ καλό", "el"),
        ("በጣም ጥሩ ነው", "am"),
    ],
)
def test_short_reviews_are_read_in_their_language(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["ok", "OK!", "", "12345", "👍👍", "Zendesk", "Genial!"])
def test_text_without_evidence_has_no_language(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize("text", ["ok", "Super!", "Zendesk", "12345"])
def test_text_without_evidence_takes_the_language_of_its_page(text: str) -> None:
    assert detect(text, "nl-BE") == "nl"


def test_clear_text_wins_against_its_page() -> None:
    assert detect("Der Versand war schnell und die Ware ist gut", "en") == "de"
    assert detect("很好", "en") == "zh"


def test_longer_text_is_read_without_frequent_words_of_reviews() -> None:
    text = "Toimitus kesti kaksi viikkoa ja paketti oli rikki, asiakaspalvelu ei vastannut."
    assert detect(text) == "fi"


def test_addresses_and_handles_say_nothing_of_the_language() -> None:
    assert detect("@supportteam https://example.com/the/and/was #fail") is None


@pytest.mark.parametrize(
    ("tag", "subtag"),
    [
        ("pt_BR", "pt"),
        ("NB", "no"),
        ("x-default", None),
        ("", None),
        (None, None),
        ("zh-Hans", "zh"),
    ],
)
def test_tags_of_pages_become_primary_subtags(tag: str | None, subtag: str | None) -> None:
    assert primary_subtag(tag) == subtag


def test_frequent_words_hold_no_topic() -> None:
    words = frequent_words("en")
    assert {"the", "very"} <= words
    assert "parcel" not in words


def test_modules_import_without_numpy_or_textblob() -> None:
    script = (
        "import sys, analysis.classify, analysis.themes;"
        "print([m for m in ('numpy', 'textblob', 'nltk', 'py3langid') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_model_names_only_languages_that_were_asked_for() -> None:
    text = "Le colis est arrivé avec deux semaines de retard"
    assert load().most_likely(text, COMMON) == "fr"
    assert load().most_likely(text, {"en", "it"}) != "fr"


def test_the_model_names_every_language_of_ours() -> None:
    assert {*COMMON, *RARER} <= set(load().languages)


def test_the_model_is_the_one_cut_from_its_source() -> None:
    pytest.importorskip("py3langid")
    from analysis.train_language import cut

    fresh, shipped = cut(), load()
    assert fresh.runs == shipped.runs
    assert np.array_equal(fresh.weights, shipped.weights)


def test_a_language_model_survives_its_file(tmp_path: Path) -> None:
    weights = np.array([[1, -1], [-1, 1], [2, -2]], np.float32)
    model = LanguageModel.of([b"a", b"b", b"ab"], weights, np.zeros(2, np.float32), ["xx", "yy"])
    model.save(tmp_path / "m.npz")
    again = load(tmp_path / "m.npz")
    for text in ("a", "b", "cab", "bb", "", "?"):
        assert again.most_likely(text, ["xx", "yy"]) == model.most_likely(text, ["xx", "yy"])
    assert [again.most_likely(t, ["xx", "yy"]) for t in ("ab", "b")] == ["xx", "yy"]
