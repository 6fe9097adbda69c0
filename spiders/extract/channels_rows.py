"""The rows of channels.toml: hosts of networks, placeholders, names of languages and countries."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

__all__ = ["lists", "mapping", "row"]

_FILE = Path(__file__).with_name("channels.toml")


@cache
def _tables() -> dict[str, dict[str, str | list[str]]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def row(table: str, key: str) -> frozenset[str]:
    """The words of one row.

    >>> "example.com" in row("placeholders", "domains")
    True
    """
    return frozenset(_tables()[table][key])


@cache
def mapping(table: str) -> dict[str, str]:
    """A table of single values, e.g. host to network.

    >>> mapping("networks")["x.com"]
    'x'
    """
    return {key: value for key, value in _tables()[table].items() if isinstance(value, str)}


@cache
def lists(table: str) -> dict[str, tuple[str, ...]]:
    """A table of lists in file order, e.g. country to the words that tell it."""
    return {key: tuple(value) for key, value in _tables()[table].items() if isinstance(value, list)}
