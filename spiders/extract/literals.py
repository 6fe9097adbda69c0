"""Literals sought all at once: one pass over a text, however many there are.

A hundred `str.find` over a page cost more than all of them together by an automaton (Aho-Corasick).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick, Implementation

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AsciiLiterals", "Literals"]

# Scans twice as fast as the machine that the library would choose; built once a process.
_FAST = Implementation.DFA


class Literals:
    """Literals of any script, sought as they are written.

    >>> Literals(["day", "days", "Tag"]).places("2 days, 3 days")
    {'day': [2, 10], 'days': [2, 10]}
    """

    def __init__(self, literals: Iterable[str]) -> None:
        self._known = tuple(dict.fromkeys(literals))
        self._machine = AhoCorasick(self._known, implementation=_FAST)

    def places(self, text: str) -> dict[str, list[int]]:
        """Where each literal that is there begins, in order; inside of others too."""
        found: dict[str, list[int]] = {}
        known = self._known
        for number, start, _ in self._machine.find_matches_as_indexes(text, overlapping=True):
            found.setdefault(known[number], []).append(start)
        return found


class AsciiLiterals:
    """Literals of ASCII, sought in code, addresses and names without regard to case.

    >>> AsciiLiterals(["tawk.to"]).places("é Embed.Tawk.to")
    {'tawk.to': [8]}
    """

    def __init__(self, literals: Iterable[str]) -> None:
        self._known: dict[bytes, list[str]] = {}
        for literal in dict.fromkeys(literal.lower() for literal in literals):
            self._known.setdefault(_folded(literal), []).append(literal)
        self._sought = tuple(self._known)
        self._machine = BytesAhoCorasick(self._sought, implementation=_FAST)

    def places(self, text: str) -> dict[str, list[int]]:
        """Where each literal (in lower case) that is there begins, in order."""
        found: dict[str, list[int]] = {}
        matches = self._machine.find_matches_as_indexes(_folded(text), overlapping=True)
        for number, start, end in matches:
            written = text[start:end].lower()
            if written in self._known[self._sought[number]]:
                found.setdefault(written, []).append(start)
        return found


def _folded(text: str) -> bytes:
    """A byte a character, of 31 kinds: so the machine is half the size and scans faster."""
    return text.encode("ascii", "replace").translate(_KINDS)


def _kind(char: str) -> str:
    if char.isascii() and (char.isalpha() or char in "./"):
        return char.lower()
    return "0" if char.isdecimal() and char.isascii() else "_" if char in "_-" else " "


_KINDS = "".join(map(_kind, map(chr, range(256)))).encode()
