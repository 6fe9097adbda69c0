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
        self._known = tuple(dict.fromkeys(literal.lower() for literal in literals))
        encoded = [literal.encode("ascii") for literal in self._known]
        self._machine = BytesAhoCorasick(encoded, implementation=_FAST)

    def places(self, text: str) -> dict[str, list[int]]:
        """Where each literal (in lower case) that is there begins, in order."""
        found: dict[str, list[int]] = {}
        known = self._known
        folded = text.encode("ascii", "replace").lower()  # a byte a character: places stay
        for number, start, _ in self._machine.find_matches_as_indexes(folded, overlapping=True):
            found.setdefault(known[number], []).append(start)
        return found
