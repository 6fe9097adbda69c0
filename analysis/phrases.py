"""Find the words and phrases of our rows in texts, many rows at once.

A row is words in a row: `*` ends a stem, `a|b` is either, `#` a number, `~` up to two words in
between ("never ~ arriv*"). Chinese, Japanese and Thai, which put no space between words, are
searched as parts of text instead.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

__all__ = ["Found", "PhraseFinder", "is_spaceless", "rows_of", "tokens_of"]

_TOKEN = re.compile(
    r"[^\W\d_]+(?:['\-][^\W\d_]+)*"
    r"|\d+(?:[.,]\d+)*"
    r"|[:;=]['o-]?[)(\[\]dp/|\\]|<3"
    r"|[!?]+|[.,;:()…–—\"-]+"
    r"|[^\w\s]"
)
_GAP = 2
_NUMBERS = frozenset(  # "one" is mostly no number
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty".split()
)
_HEAD = 2  # letters by which the stems of a token are looked up
_CACHE = 60_000  # tokens remembered; a study has fewer, so this bounds a long-lived process only
Found = tuple[int, int, str]  # first token, last token + 1, key of the row


@cache
def rows_of(name: str) -> Mapping[str, Mapping[str, Any]]:
    """A file of rows in `data`, read once: what is there by language."""
    with (Path(__file__).parent / "data" / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def tokens_of(text: str) -> list[str]:
    """Lower-case words, numbers, emoticons and runs of punctuation, in order.

    >>> tokens_of("Don't wait 3 days :( ever!!")
    ["don't", 'wait', '3', 'days', ':(', 'ever', '!!']
    """
    return _TOKEN.findall(_plain(text))


def is_spaceless(language: str | None) -> bool:
    return language in {"zh", "ja", "th", "lo", "km", "my"}


def _alternatives(
    rows: Mapping[str, Iterable[str]],
) -> tuple[re.Pattern[str], dict[str, list[str]]]:
    """A pattern of all parts, the longest first, and the keys of each."""
    keys: dict[str, list[str]] = {}
    for key, parts in rows.items():
        for part in parts:
            keys.setdefault(part, []).append(key)
    longest_first = sorted(keys, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)"), keys


def _plain(text: str) -> str:
    """Small letters, one kind of apostrophe, and a space for the joiner inside Persian words."""
    return text.lower().replace("’", "'").replace("\u200c", " ")


class _Node:
    """A place in the rows' phrases: the keys of those that end here, and how they may go on."""

    __slots__ = ("after_gap", "following", "keys")

    def __init__(self) -> None:
        self.keys: tuple[str, ...] = ()
        self.following: dict[str, _Node] = {}
        self.after_gap: _Node | None = None

    def step(self, word: str) -> _Node:
        """The place after one more word of a row."""
        if word == "~":
            self.after_gap = self.after_gap or _Node()
            return self.after_gap
        return self.following.setdefault(word, _Node())


class PhraseFinder:
    """`find` gives every phrase in a list of tokens; overlapping phrases are all found."""

    def __init__(self, rows: Mapping[str, Iterable[str]], *, spaceless: bool = False) -> None:
        self._parts = _alternatives(rows) if spaceless else None
        self._exact: dict[str, set[str]] = {}
        self._stems: dict[str, set[str]] = {}
        self._root = _Node()
        for key, phrases in rows.items():
            for phrase in map(_plain, phrases):
                if not spaceless:
                    self._add(key, phrase)
        self._stems_by_head: dict[str, list[str]] = {}
        for stem in sorted(self._stems, key=len):
            self._stems_by_head.setdefault(stem[:_HEAD], []).append(stem)
        self._known: dict[str, tuple[str, ...]] = {}
        self._starts: dict[str, tuple[_Node, ...]] = {}

    def find(self, tokens: Sequence[str]) -> list[Found]:
        """The phrases in order of their first token; of a spaceless script, within tokens."""
        if self._parts is not None:
            return self._find_parts(tokens)
        found: list[Found] = []
        starts, known = self._starts.get, self._known.get
        for start, token in enumerate(tokens):
            nodes = starts(token)
            if nodes is None:
                nodes = self._started_by(token)
            if not nodes:
                continue
            # Most phrases end here, at their second word, so that is looked at without a call.
            following = tokens[start + 1] if start + 1 < len(tokens) else ""
            units = known(following) if following else ()
            for node in nodes:
                if (
                    units is None
                    or node.keys
                    or node.after_gap
                    or not node.following.keys().isdisjoint(units)
                ):
                    self._follow(node, tokens, start, start + 1, found)
        return found

    def _started_by(self, token: str) -> tuple[_Node, ...]:
        """The places after phrases' first word where this token is it, remembered; mostly none."""
        units = self._read(token)  # first: it forgets both memories when they are full
        following = self._root.following
        nodes = tuple(following[unit] for unit in units if unit in following)
        self._starts[token] = nodes
        return nodes

    def _find_parts(self, tokens: Sequence[str]) -> list[Found]:
        assert self._parts is not None
        pattern, keys = self._parts
        return [
            (at, at + 1, key)
            for at, token in enumerate(tokens)
            for part in pattern.findall(token)
            for key in keys[part]
        ]

    def _add(self, key: str, phrase: str) -> None:
        for words in product(*(step.split("|") for step in phrase.split())):
            node = self._root
            for word in words:
                self._remember(word)
                node = node.step(word)
            if key not in node.keys:
                node.keys += (key,)

    def _remember(self, word: str) -> None:
        if word.endswith("*"):
            self._stems.setdefault(word[:-1], set()).add(word)
        else:
            self._exact.setdefault(word, set()).add(word)

    def _read(self, token: str) -> tuple[str, ...]:
        """The words and stems of our rows that this token is, remembered."""
        units = list(self._exact.get(token, ()))
        for head in (token[:_HEAD], token[:1]) if len(token) > 1 else (token,):
            for stem in self._stems_by_head.get(head, ()):
                if token.startswith(stem):
                    units.extend(self._stems[stem])
        if "#" in self._exact and (token[0].isdigit() or token in _NUMBERS):
            units.append("#")
        if len(self._known) > _CACHE:
            self._known.clear()
            self._starts.clear()
        self._known[token] = answer = tuple(units)
        return answer

    def _follow(
        self, node: _Node, tokens: Sequence[str], start: int, at: int, found: list[Found]
    ) -> None:
        for key in node.keys:
            found.append((start, at, key))
        if node.following and at < len(tokens):
            token = tokens[at]
            units = self._known.get(token)
            for unit in self._read(token) if units is None else units:
                if unit in node.following:
                    self._follow(node.following[unit], tokens, start, at + 1, found)
        if node.after_gap is not None:
            self._follow_gap(node.after_gap, tokens, start, at, found)

    def _follow_gap(
        self, node: _Node, tokens: Sequence[str], start: int, at: int, found: list[Found]
    ) -> None:
        """The rest of a phrase after as few words as possible, none of them an end."""
        for gap in range(_GAP + 1):
            if at + gap >= len(tokens) or (gap and tokens[at + gap - 1] in ".,;:!?"):
                return
            before = len(found)
            self._follow(node, tokens, start, at + gap, found)
            if len(found) > before:
                return
