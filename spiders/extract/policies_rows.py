"""The rows of policies.toml, and which languages a text is written in."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spiders.extract.channels_rows import row
from spiders.extract.literals import Literals
from spiders.extract.words import fold, units, words

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BARE",
    "CLOCK_SIGNS",
    "DOT_SIGNS",
    "as_lowered",
    "at_signs",
    "lowered",
    "methods",
    "numbers",
    "phrases_of",
    "places",
    "spoken",
    "stems",
    "zones",
]

TRUST = 0.25  # what a declared language counts more, if any of its small words is there
MAX_SAMPLE = 2_000  # characters of a text that tell its language
MAX_ZONES = 60  # places of one topic on one page
BARE = ("el",)  # languages whose capitals have no accents
REACH = 90  # characters around a word of a topic
_FILE = Path(__file__).with_name("policies.toml")


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def phrases_of(key: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The phrases of a table in the languages asked for.

    >>> "garantie à vie" in phrases_of("lifetime", ("fr",))
    True
    """
    table = _tables()[key]
    return tuple(phrase for code in languages for phrase in table.get(code, ()))


@cache
def methods() -> dict[str, str]:
    """How texts write a way to pay -> its name here, the longest first."""
    known = {text: name for name, texts in _tables()["methods"].items() for text in texts}
    return dict(sorted(known.items(), key=lambda row: -len(row[0])))


@cache
def numbers(language: str) -> dict[str, int]:
    """Numbers in words that stand before a unit of time."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["numbers"]
    return dict(rows.get(language, {}))


def _single(names: Iterable[str]) -> set[str]:
    """Units of one word: those of two (business days) are found by their last."""
    return {name.rpartition(" ")[2] for name in names}


@cache
def stems(key: str, language: str) -> tuple[str, ...]:
    """The words of `key` (or "units") without those that begin with another of them.

    What any of the words begins with is found by these few searches.
    """
    known = _single(units(language)) if key == "units" else words(key, language)
    known = {*known, *_tables()["topics"].get(key, {}).get(language, ())}
    if language in BARE:
        known |= {fold(word) for word in known}
    return _shortest(map(as_lowered, known))


def as_lowered(word: str) -> str:
    """A normalized word as `lowered` texts have it: Thai and Lao am is one letter, not two."""
    return word.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")


def _shortest(known: Iterable[str]) -> tuple[str, ...]:
    found: list[str] = []
    for word in sorted((w for w in known if len(w) > 1 or w > "\u0e00"), key=len):
        if not any(word.startswith(shorter) for shorter in found):
            found.append(word)
    return tuple(found)


@lru_cache(maxsize=4)
def lowered(text: str) -> str:
    """Lower case, character for character, so that places in it are places in the text.

    >>> lowered("ΗΜΕΡΕΣ")  # no final sigma: word lists fold it
    'ημερεσ'
    """
    lower = text.lower()
    lower = lower if len(lower) == len(text) else text.replace("İ", "I").lower()
    return lower.replace("ς", "σ")


@cache
def _common() -> dict[str, frozenset[str]]:
    rows = _tables()["common"].items()
    return {code: frozenset(word.replace("ς", "σ") for word in words) for code, words in rows}


@cache
def _common_in() -> dict[str, tuple[str, ...]]:
    """Small words to the languages that have them."""
    found: dict[str, list[str]] = {}
    for code, small in _common().items():
        for word in small:
            found.setdefault(word, []).append(code)
    return {word: tuple(codes) for word, codes in found.items()}


@lru_cache(maxsize=4)
def spoken(text: str, declared: str | None) -> tuple[str, ...]:
    """Languages of a text, the likeliest first: by its small words, then what the page declares.

    >>> spoken("Wir liefern die Ware und prüfen sie, wenn sie nicht passt", "en")
    ('de', 'en')
    """
    seen = frozenset(lowered(text)[:MAX_SAMPLE].split())
    own = _common().get(declared or "")
    if own and declared and len(own & seen) > 0.6 * len(own):
        return (declared,)
    hits: dict[str, int] = dict.fromkeys(_common(), 0)
    for word in _common_in().keys() & seen:
        for code in _common_in()[word]:
            hits[code] += 1
    scores = {code: count / len(_common()[code]) for code, count in hits.items()}
    if scores.get(declared or ""):
        scores[declared or ""] += TRUST
    best = sorted((c for c in scores if scores[c] >= 0.35), key=lambda code: -scores[code])[:2]
    best = [code for code in best if scores[code] > 0.7 * scores[best[0]]]
    codes = [*best, *([declared] if declared else [])]
    return tuple(dict.fromkeys(codes or ["en"]))[:3]


# Topics whose words are sought; units of time are sought with them.
_SOUGHT = "return_words delivery warranty cancel payment reply free units".split()
CLOCK_SIGNS = (":00", ":30", "pm", "p.m", "uhr", ".00", ".30", "h00", "h30", "h à", "h -", "h a ")
# Signs of hours in any language: 24h (which no stem can stand for), 24 h, 9:00, 9 pm.
DOT_SIGNS = (" dot ", " punkt ")  # in an address that is spelled out without brackets
HOUR_SIGNS = ("4h", "8h", "4 h", "8 h", *CLOCK_SIGNS)


@cache
def at_signs() -> tuple[str, ...]:
    """How `[at]` and its kin begin, which stand for @ in addresses that are spelled out."""
    return tuple(f"{mark}{word}" for mark in _BRACKETS for word in row("obfuscation", "at"))


_BRACKETS = ("[", "(", "{", "<", "[ ", "( ", "{ ", "< ")


@cache
def _literals(language: str) -> Literals:
    topics = [stem for key in _SOUGHT for stem in stems(key, language)]
    return Literals([*topics, *HOUR_SIGNS, *at_signs(), *DOT_SIGNS])


@lru_cache(maxsize=16)
def places(text: str, language: str) -> dict[str, list[int]]:
    """Where the words of all topics, units, signs of hours and of spelled addresses begin."""
    return _literals(language).places(lowered(text))


@lru_cache(maxsize=64)
def zones(text: str, key: str, language: str) -> str:
    """What stands around the words of `key`, in lower case: all that phrases need be sought in.

    Empty when the text has none of the words.
    """
    lower, known = lowered(text), places(text, language)
    found: list[str] = []
    for stem in stems(key, language):
        covered = 0
        for at in known.get(stem, ()):
            if at >= covered and len(found) < MAX_ZONES:
                found.append(lower[max(0, at - REACH) : at + REACH])
                covered = at + REACH // 2
    return "\n".join(found)
