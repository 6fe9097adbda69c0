"""Words of customer service in many languages, read from `languages/*.toml`; one file a language.

The file name is the BCP 47 language code, `name` the English name of the language. Every other key
is a list of words or phrases as people write them (case, accents and apostrophes are folded here):

link words (in link texts, headings, slugs): `faq help contact reviews returns shipping about
    pricing` and, for links of less worth, `accessibility imprint terms privacy login cart blog`;
openings of sentences: `question_openers` (how, what), `yes_no_openers` (can, do);
    `question_closers` are the ends of questions where a language marks them (Japanese, Turkish);
before a number: `phone fax hours reply` (we answer), `within` (2 days), `above` (from 50 EUR);
in sentences, matched as beginnings of words: `return_words delivery warranty cancel payment`,
    and as they are: `free weekdays`;
`[units]`: `minute hour day business_day week month year`.

The first eight and `question_openers` are required. Adding a language is adding one file.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from crawler.errors import ConfigError

__all__ = [
    "Language",
    "fold",
    "languages",
    "normalize",
    "phrases",
    "read_language",
    "units",
    "words",
]

FOLDER = Path(__file__).parent / "languages"

LINK_KEYS = ("faq", "help", "contact", "reviews", "returns", "shipping", "about", "pricing")
REQUIRED = (*LINK_KEYS, "question_openers")
OPTIONAL = (
    "accessibility imprint terms privacy login cart blog yes_no_openers question_closers "
    "phone fax hours reply within above free weekdays return_words delivery warranty cancel payment"
).split()
UNITS = ("minute", "hour", "day", "business_day", "week", "month", "year")

_SPACE = re.compile(r"\s+")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'"})
# Letters that have no decomposition, as slugs spell them.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h"}
)
# Letters that Arabic, Persian and Kurdish keyboards write in several ways.
_LETTERS |= str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ۆ": "و", "ێ": "ی"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language, normalized; keys that the file lacks are empty."""

    code: str
    name: str
    words: dict[str, tuple[str, ...]] = field(repr=False)
    units: dict[str, tuple[str, ...]] = field(repr=False)


def normalize(text: str) -> str:
    """Text as the word lists hold it: NFKC, case folded, one kind of apostrophe and space.

    >>> normalize("Ｈäufige  FRAGEN")
    'häufige fragen'
    """
    if text.isascii():  # most texts, in a third of the time
        return " ".join(text.lower().replace("`", "'").split())
    # Apostrophes first: NFKC takes an acute accent standing alone apart.
    text = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
    return " ".join(text.translate(_APOSTROPHES).split())


def fold(text: str) -> str:
    """Normalized text without accents, as URL slugs have it.

    >>> fold("Envíos y devoluciones")
    'envios y devoluciones'
    """
    text = normalize(text)
    if text.isascii():
        return text
    bare = "".join(
        c
        for c in unicodedata.normalize("NFD", text)
        # Only Latin, Greek and Cyrillic accents, and hamza on Arabic letters: vowel signs of
        # Indic scripts are letters.
        if not ("\u0300" <= c <= "\u036f" or "\u0653" <= c <= "\u0655")
    )
    bare = unicodedata.normalize("NFC", bare).translate(_LETTERS)
    return _SPACE.sub(" ", bare).strip()


def read_language(path: Path) -> Language:
    """One language file; ConfigError with file and key when it is wrong."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is not TOML: {error}") from error
    name, table = rows.pop("name", None), rows.pop("units", {})
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{path.name} has no name; add the language's English name")
    missing = [key for key in REQUIRED if not rows.get(key)]
    if missing:
        raise ConfigError(f"{path.name} lacks {missing[0]}; add the words of {name} for it")
    return Language(
        code=path.stem,
        name=name,
        words=_lists(path, rows, frozenset((*REQUIRED, *OPTIONAL))),
        units=_lists(path, table, frozenset(UNITS)),
    )


def _lists(path: Path, rows: object, known: frozenset[str]) -> dict[str, tuple[str, ...]]:
    if not isinstance(rows, dict):
        raise ConfigError(f"{path.name}: units is not a table")
    for key, values in rows.items():
        if key not in known:
            raise ConfigError(f"{path.name} has the unknown key {key}; known: {sorted(known)}")
        if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
            raise ConfigError(f"{path.name}: {key} is not a list of words")
    return {key: tuple(dict.fromkeys(map(normalize, values))) for key, values in rows.items()}


@cache
def languages() -> dict[str, Language]:
    """All languages by code, read once a process (about 1 ms a file)."""
    return {path.stem: read_language(path) for path in sorted(FOLDER.glob("*.toml"))}


@cache
def words(key: str, language: str | None = None) -> frozenset[str]:
    """The words of `key`, of all languages or of one; empty for a language we lack.

    >>> "wie" in words("question_openers", "de")
    True
    """
    if key not in REQUIRED and key not in OPTIONAL:
        raise KeyError(key)
    chosen = languages().values() if language is None else filter(None, [languages().get(language)])
    return frozenset(word for one in chosen for word in one.words.get(key, ()))


@cache
def units(language: str | None = None) -> dict[str, str]:
    """Words of time to their unit, e.g. `{"werktagen": "business_day"}`.

    Where languages disagree on a word, the one asked for decides, else the more frequent meaning.
    """
    votes: dict[str, dict[str, int]] = {}
    chosen = languages().values() if language is None else filter(None, [languages().get(language)])
    for one in chosen:
        for unit, names in one.units.items():
            for name in names:
                seen = votes.setdefault(name, {})
                seen[unit] = seen.get(unit, 0) + 1
    return {name: max(seen, key=lambda unit: seen[unit]) for name, seen in votes.items()}


@cache
def phrases() -> dict[str, tuple[str, frozenset[str]]]:
    """Every link phrase, plain and folded for slugs, to its key and its languages.

    A phrase that two keys claim goes to the key that more languages give it. Parts are one
    space apart, without punctuation: look up runs of words.
    """
    claims: dict[str, dict[str, set[str]]] = {}
    keys = (*LINK_KEYS, "accessibility", "imprint", "terms", "privacy", "login", "cart", "blog")
    for one in languages().values():
        for key in keys:
            for phrase in one.words.get(key, ()):
                for form in _spellings(phrase):
                    claims.setdefault(form, {}).setdefault(key, set()).add(one.code)
    return {form: _strongest(seen) for form, seen in claims.items()}


def _strongest(seen: dict[str, set[str]]) -> tuple[str, frozenset[str]]:
    key = max(seen, key=lambda name: len(seen[name]))
    return key, frozenset(seen[key])


_PUNCTUATION = re.compile(
    r"[^\w\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)


def _spellings(phrase: str) -> set[str]:
    """As written, without accents, and with umlauts as two letters, e.g. haeufige fragen."""
    plain = {phrase, fold(phrase), fold(phrase.translate(_UMLAUTS))}
    return {_PUNCTUATION.sub(" ", form).strip() for form in plain} - {""}
