"""The rows of policies.toml, and which languages a text is written in."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from pathlib import Path

__all__ = ["heads", "lowered", "may_mention", "methods", "numbers", "phrases_of", "spoken"]

_FILE = Path(__file__).with_name("policies.toml")


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
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
    """How texts write a way to pay -> its name here."""
    return {text: name for name, texts in _tables()["methods"].items() for text in texts}


@cache
def numbers() -> dict[str, tuple[int, tuple[str, ...]]]:
    """Number word -> its value and the languages that have it."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))["numbers"]
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    for code, rows in tables.items():
        for word, value in rows.items():
            found[word] = (value, (*found.get(word, (0, ()))[1], code))
    return found


@lru_cache(maxsize=4)
def lowered(text: str) -> str:
    """Lower case, character for character, so that places in it are places in the text."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text.replace("İ", "I").lower()


@lru_cache(maxsize=4)
def heads(text: str) -> frozenset[str]:
    """The first four letters of each word in lower case; shorter words are whole.

    One set of these spares hundreds of searches through the text for words that are not there.
    """
    return frozenset([word[:4] for word in lowered(text).split()])


def may_mention(text: str, word: str) -> bool:
    """Whether a search for the word (or for words that begin so) can find anything.

    >>> may_mention("Returns within 30 days", "return"), may_mention("We are open", "return")
    (True, False)
    """
    first = word.partition(" ")[0]
    return len(first) < 4 or first[0] > "\u0e00" or first[:4] in heads(text)


@cache
def _common() -> dict[str, frozenset[str]]:
    return {code: frozenset(words) for code, words in _tables()["common"].items()}


@lru_cache(maxsize=4)
def spoken(text: str, declared: str | None) -> tuple[str, ...]:
    """Languages of a text, the likeliest first: by its small words, then what the page declares.

    >>> spoken("Wir liefern die Ware und prüfen sie, wenn sie nicht passt", "en")
    ('de', 'en')
    """
    seen = heads(text)
    scores = {code: len(words & seen) / len(words) for code, words in _common().items()}
    best = sorted((c for c in scores if scores[c] >= 0.35), key=lambda code: -scores[code])[:2]
    best = [code for code in best if scores[code] > 0.7 * scores[best[0]]]
    codes = [*best, *([declared] if declared else [])]
    return tuple(dict.fromkeys(codes or ["en"]))
