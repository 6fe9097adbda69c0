"""Word lists: every file is whole and in its script, and native words lead to the right pages."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ConfigError
from spiders.extract.links import purpose_of
from spiders.extract.words import (
    FOLDER,
    LINK_KEYS,
    REQUIRED,
    fold,
    languages,
    normalize,
    phrases,
    read_language,
    units,
    words,
)

CODES = sorted(path.stem for path in FOLDER.glob("*.toml"))

# How Unicode names the letters of a language; the others are Latin.
SCRIPTS = {
    **dict.fromkeys("bg kk mk mn ru uk".split(), ("CYRILLIC",)),
    **dict.fromkeys("ar ckb fa ur".split(), ("ARABIC",)),
    **dict.fromkeys("hi mr".split(), ("DEVANAGARI",)),
    "am": ("ETHIOPIC",), "bn": ("BENGALI",), "el": ("GREEK",), "gu": ("GUJARATI",),
    "he": ("HEBREW",), "hy": ("ARMENIAN",), "ja": ("CJK", "HIRAGANA", "KATAKANA"),
    "ka": ("GEORGIAN",), "ko": ("HANGUL",), "sr": ("CYRILLIC", "LATIN"), "ta": ("TAMIL",),
    "te": ("TELUGU",), "th": ("THAI",), "uz": ("LATIN", "CYRILLIC"), "zh": ("CJK",),
}  # fmt: skip

# Language, a link as shops there label it, what it leads to, and how a question may open.
SPOKEN = [
    ("ku", "Têkilî", "contact", "çawa"),
    ("ckb", "پرسیارە باوەکان", "faq", "چۆن"),
    ("sw", "Maswali yanayoulizwa mara kwa mara", "faq", "jinsi gani"),
    ("fa", "پرسش‌های متداول", "faq", "چگونه"),
    ("gu", "વારંવાર પૂછાતા પ્રશ્નો", "faq", "કેવી રીતે"),
    ("mn", "Түгээмэл асуултууд", "faq", "хэрхэн"),
    ("en", "Returns & Refunds", "returns", "how"),
    ("de", "Häufige Fragen", "faq", "wie"),
    ("es", "Envíos", "shipping", "cómo"),
    ("pl", "Zwroty i reklamacje", "returns", "dlaczego"),
    ("cs", "Doprava a platba", "shipping", "proč"),
    ("hu", "Vélemények", "reviews", "hogyan"),
    ("ro", "Întrebări frecvente", "faq", "unde"),
    ("bg", "Общи отзиви от клиенти", "reviews", "защо"),
    ("el", "Συχνές ερωτήσεις", "faq", "πώς"),
    ("tr", "İade ve Değişim", "returns", "nasıl"),
    ("ru", "Доставка и оплата", "shipping", "почему"),
    ("uk", "Часті запитання", "faq", "скільки"),
    ("ar", "اتصل بنا", "contact", "كيف"),
    ("he", "שאלות נפוצות", "faq", "איך"),
    ("ur", "ہمارے بارے میں", "about", "کیسے"),
    ("hi", "वापसी नीति", "returns", "कैसे"),
    ("bn", "যোগাযোগ করুন", "contact", "কিভাবে"),
    ("ta", "எங்களை பற்றி", "about", "எப்படி"),
    ("te", "తరచుగా అడిగే ప్రశ్నలు", "faq", "ఎలా"),
    ("mr", "आमच्याशी संपर्क साधा", "contact", "कसे"),
    ("zh", "常见问题", "faq", "如何"),
    ("zh", "退換貨政策", "returns", "為什麼"),
    ("ja", "よくあるご質問", "faq", "どのように"),
    ("ko", "자주 묻는 질문", "faq", "어떻게"),
    ("vi", "Chính sách đổi trả", "returns", "làm thế nào"),
    ("th", "คำถามที่พบบ่อย", "faq", "ทำไม"),
    ("id", "Hubungi Kami", "contact", "bagaimana"),
    ("ms", "Soalan Lazim", "faq", "bagaimanakah"),
    ("tl", "Tungkol sa amin", "about", "paano"),
    ("am", "ስለ እኛ", "about", "እንዴት"),
    ("ha", "Game da mu", "about", "yaushe"),
    ("yo", "Kàn sí wa", "contact", "báwo"),
    ("ka", "დაგვიკავშირდით", "contact", "როგორ"),
    ("hy", "Հաճախ տրվող հարցեր", "faq", "ինչպես"),
    ("kk", "Жиі қойылатын сұрақтар", "faq", "қалай"),
    ("lt", "Prekių grąžinimas", "returns", "kodėl"),
]


def _letters(code: str) -> list[str]:
    entries = (word for key in REQUIRED for word in languages()[code].words[key])
    return [c for word in entries for c in word if c.isalpha()]


def _language_file(folder: Path, text: str) -> Path:
    path = folder / "xx.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_at_least_45_languages_are_there_with_the_five_demanded():
    assert len(CODES) >= 45
    assert {"ku", "sw", "fa", "gu", "mn"} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_language_has_words_for_each_purpose(code):
    language = languages()[code]
    assert language.name
    for key in REQUIRED:
        assert len(language.words[key]) >= 3, key


@pytest.mark.parametrize("code", CODES)
def test_no_entry_is_empty_or_there_twice(code):
    language = languages()[code]
    raw = read_language(FOLDER / f"{code}.toml")
    assert raw.words == language.words
    for key, entries in (*language.words.items(), *language.units.items()):
        assert entries, key
        assert all(entry == normalize(entry) != "" for entry in entries), key
        assert len(entries) == len(set(entries)), key


@pytest.mark.parametrize("code", CODES)
def test_words_are_in_the_script_of_the_language(code):
    letters = _letters(code)
    names = SCRIPTS.get(code, ("LATIN",))
    own = [c for c in letters if unicodedata.name(c, "").startswith(names)]
    assert len(own) > 0.75 * len(letters)


@pytest.mark.parametrize("code", CODES)
def test_alphabetic_link_words_have_three_letters_or_more(code):
    language = languages()[code]
    short = [
        word
        for key in LINK_KEYS
        for word in language.words[key]
        if len(word) < 3 and word < "\u0900" and word not in ("kb",)
    ]
    assert short == []


@pytest.mark.parametrize("code", CODES)
def test_no_word_of_a_language_leads_to_two_purposes(code):
    language = languages()[code]
    seen: dict[str, str] = {}
    for key in LINK_KEYS:
        for word in language.words[key]:
            assert seen.setdefault(word, key) == key, word


@pytest.mark.parametrize(("code", "label", "purpose", "opener"), SPOKEN)
def test_a_native_link_text_has_its_purpose(code, label, purpose, opener):
    assert purpose_of("http://a.example/x", label)[0] == purpose
    assert normalize(opener) in words("question_openers", code)


def test_each_phrase_goes_to_a_key_that_a_language_gives_it():
    known = phrases()
    assert known["contact us"] == ("contact", frozenset({"en"}))
    assert {"cs", "pl"} <= known["o nas"][1]
    assert all(codes and key for key, codes in known.values())


@pytest.mark.parametrize(
    ("code", "word", "unit"),
    [
        ("pl", "dni roboczych", "business_day"),
        ("ru", "недель", "week"),
        ("el", "ημερών", "day"),
        ("ar", "أيام عمل", "business_day"),
        ("ja", "営業日", "business_day"),
        ("sw", "siku", "day"),
        ("gu", "દિવસમાં", "day"),
    ],
)
def test_inflected_words_of_time_have_their_unit(code, word, unit):
    assert units(code)[normalize(word)] == unit


def test_a_language_we_lack_has_no_words():
    assert words("faq", "zz") == frozenset()


def test_a_file_without_a_required_key_is_named(tmp_path):
    path = _language_file(tmp_path, 'name = "Test"\nfaq = ["questions"]\n')
    with pytest.raises(ConfigError, match=r"xx\.toml lacks help"):
        read_language(path)


def test_an_unknown_key_is_named(tmp_path):
    rows = "\n".join(f'{key} = ["word"]' for key in REQUIRED)
    path = _language_file(tmp_path, f'name = "Test"\n{rows}\nfaqs = ["x"]\n')
    with pytest.raises(ConfigError, match="unknown key faqs"):
        read_language(path)


def test_arabic_letters_of_several_keyboards_fold_to_one():
    assert fold("الأسئلة الشائعة") == fold("الاسئلة الشائعه")
    assert fold("قيمت كالا") == fold("قیمت کالا")


@given(st.text(max_size=60))
def test_normalize_twice_changes_nothing(text):
    assert normalize(normalize(text)) == normalize(text)


@given(st.text(max_size=60))
def test_fold_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.sampled_from(sorted(phrases())))
def test_upper_case_folds_like_lower_case(phrase):
    assert fold(phrase.capitalize()) == fold(phrase)
