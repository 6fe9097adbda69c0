"""The rows of policies.toml, and which languages a text is written in."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from pathlib import Path

__all__ = ["methods", "numbers", "phrases_of", "spoken", "tokens"]

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


@cache
def _common() -> dict[str, frozenset[str]]:
    return {code: frozenset(words) for code, words in _tables()["common"].items()}


@lru_cache(maxsize=4)
def tokens(text: str) -> frozenset[str]:
    """The words of a text in lower case, parted at spaces alone, punctuation kept."""
    return frozenset(text.lower().split())


@lru_cache(maxsize=4)
def spoken(text: str, declared: str | None) -> tuple[str, ...]:
    """Languages of a text, the likeliest first: by its small words, then what the page declares.

    >>> spoken("Wir liefern die Ware und prüfen sie, wenn sie nicht passt", "en")
    ('de', 'en')
    """
    seen = tokens(text)
    scores = {code: len(words & seen) / len(words) for code, words in _common().items()}
    best = sorted((c for c in scores if scores[c] >= 0.35), key=lambda code: -scores[code])[:2]
    codes = [*best, *([declared] if declared else [])]
    return tuple(dict.fromkeys(codes or ["en"]))
