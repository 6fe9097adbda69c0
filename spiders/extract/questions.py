"""What a question looks like in any language: marks, first words, labels, names of a FAQ."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, islice
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.errors import ConfigError
from spiders.extract.literals import Literals
from spiders.extract.words import languages, words

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "MARKS",
    "Labels",
    "Speech",
    "clean_question",
    "faq_names_in",
    "has_mark",
    "is_long_name",
    "labels_of",
    "lines_naming_faq",
    "lowered",
    "names_faq",
    "speech_of",
    "strength",
    "strip_signs",
    "without_count",
]

MARKS = "?？؟\u037e՞፧⁇⁈⁉‽⸮﹖︖꘏꛷¿"
_MARK_SET = frozenset(MARKS)
_CLOSERS = "\"'”’»)]】」』）*_!！.…。 \u200f\u200e\u00a0"
_NEAR_END = re.compile(rf"[{MARKS}](?P<tail>[^{MARKS}]{{1,60}})$")
_ANY_MARK = re.compile(rf"[{MARKS}]")
# Signs beside a question that open it and are no part of it. A sign that may belong to the words
# (+ in C++) must stand apart or behind the question mark.
_ARROWS = "▼▾▿▽▲△►▶▸▹›»❯❱⌄⌃∨∧✕✖✗×➕➖➜➤→↓↑•·●○◦■□▪▫❓❔⊕⊖⊞⊟＋－¶§\u200b\ufeff\ue000-\uf8ff"
_LEADING = re.compile(rf"^(?:[\s{_ARROWS}*|]|[+\-–—−](?=\s)|\+(?=[^\W\d]|¿)|#(?=\s)|\[[+\-]\])+")
_TRAILING = re.compile(
    rf"(?:[\s{_ARROWS}|]|(?<=[\s{MARKS}])[+\-–—−*#xX]|\[(?:[+\-]|edit|top)\]"
    r"|(?<=[\W_])(?:expand_more|expand_less|keyboard_arrow_down|keyboard_arrow_right|chevron_right"
    r"|arrow_drop_down|expand|collapse|toggle|open|close|show|hide|show answer|read more)"
    r"(?=\W*$))+$"
)
_SIGN_WORDS = (
    *("_more", "_less", "_down", "_right", "expand", "collapse", "toggle", "open", "close"),
    *("show", "Show", "hide", "Hide", "show answer", "read more", "x", "X"),
)
_NUMBER = re.compile(r"^\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z])[.):]*\s+")
_WORDS = re.compile(r"\w+")
_LATIN = re.compile(r"[a-z]{3,}")
# Letters that keyboards write in several ways, signs over and between letters that many leave out.
_SPELLINGS = str.maketrans(
    dict(zip("أإآيىكةۀ", "اااییکهه", strict=True))
    | {"’": "'", "ʼ": "'", "‘": "'", "İ": "i", "\u200c": " "}
    | dict.fromkeys(("\u0640", "\u200d", "\u200e", "\u200f", *map(chr, range(0x64B, 0x653))), "")
)
# Letters of texts that lower case alone does not bring to one spelling.
_CROSSING = "\u0627\u0307\u0e33\u0eb3ıςｆｑ"
_DOTLESS = str.maketrans("ıς", "iσ")  # capitals of ı and i cross in Turkish
_FIRST_WORD = re.compile(r"[^\s,:;.!?()/]+")
_ROWS = {"faq", "openers", "endings", "asks", "labels", "replies"}


# Codes that pages use for the language of another row.
_ALIASES = dict(
    pair.split("=")
    for pair in "nb=no nn=no iw=he in=id fil=tl ckb=ku kmr=ku bs=hr cn=zh jp=ja kr=ko cz=cs dk=da "
    "be=ru kk=ru ky=ru tg=fa ps=fa sh=sr".split()
)


@dataclass(frozen=True)
class Speech:
    """How questions are asked in the languages of one page.

    `openers` are keyed by their first word, `asks` are words anywhere in a question; `loose` are
    those of scripts without spaces.
    """

    openers: dict[str, tuple[str, ...]]
    loose: tuple[str, ...]
    endings: tuple[str, ...]
    asks: frozenset[str]
    loose_asks: tuple[str, ...]


@cache
def _rows() -> dict[str, dict[str, list[str]]]:
    """By language: a table of questions.toml, and what the language's file says of questions."""
    path = Path(__file__).with_name("questions.toml")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    for language, row in rows.items():
        if unknown := sorted(set(row) - _ROWS):
            raise ConfigError(f"questions.toml [{language}] has unknown keys {unknown}")
    for code in languages():
        row = rows.setdefault(_ALIASES.get(code, code), {})
        for key, others in _row_of(code, has_names="faq" in row).items():
            row[key] = [*row.get(key, ()), *others]
    return {
        language: {key: list(dict.fromkeys(map(_caseless, row[key]))) for key in row}
        for language, row in rows.items()
    }


def _row_of(language: str, has_names: bool) -> dict[str, list[str]]:
    """What a language file says of questions; a word alone names a FAQ if nothing else does."""
    return {
        "faq": sorted(
            phrase
            for phrase in words("faq", language)
            if len(phrase) > 5 and (not has_names or " " in phrase or _is_loose(phrase))
        ),
        "openers": sorted(words("question_openers", language)),
        "endings": sorted(words("question_closers", language)),
    }


def speech_of(language: str | None, texts: Iterable[str] = ()) -> Speech:
    """How the declared language asks, and English, and the language that the texts ask in.

    Pages often declare another language than theirs. All languages when none is declared.
    """
    rows = _rows()
    language = _ALIASES.get(language or "", language)
    if language not in rows:
        return _speech(frozenset(rows))
    votes: dict[str, int] = {}
    for text in islice(filter(_may_vote, texts), _MAX_VOTES):
        if first := _FIRST_WORD.match(_uncounted(_caseless(text))):
            for other in _askers().get(first[0], ()):
                votes[other] = votes.get(other, 0) + 1
    best = max(votes, key=lambda other: votes[other], default=language)
    declared = max(votes.get(language, 0), votes.get("en", 0))
    if best is not None and votes.get(best, 0) > max(1, declared):
        return _speech(frozenset((language, "en", best)))
    return _speech(frozenset((language, "en")))


_MAX_VOTES = 150  # lines whose first words tell the language


def _may_vote(text: str) -> bool:
    return 12 < len(text) <= 120


@cache
def _askers() -> dict[str, tuple[str, ...]]:
    """The languages that a first word of questions belongs to."""
    found: dict[str, list[str]] = {}
    for language, row in _rows().items():
        for word in {opener.split()[0] for opener in row.get("openers", ())}:
            found.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


@lru_cache(maxsize=256)
def _speech(languages: frozenset[str]) -> Speech:
    rows = _rows()
    chosen = [rows[language] for language in sorted(languages)]

    def of(key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for row in chosen for word in row.get(key, ())))

    by_word: dict[str, tuple[str, ...]] = {}
    for opener in of("openers"):
        if not _is_loose(opener):
            first = _FIRST_WORD.match(opener)
            key = first[0] if first else opener
            by_word[key] = (*by_word.get(key, ()), opener)
    loose = tuple(filter(_is_loose, of("openers")))
    asks = of("asks")
    return Speech(
        by_word,
        loose,
        of("endings"),
        frozenset(word for word in asks if not _is_loose(word)),
        tuple(filter(_is_loose, asks)),
    )


def _is_loose(word: str) -> bool:
    """Whether the word belongs to a script that puts no spaces between words."""
    return "\u0e00" <= word[0] <= "\u0eff" or word[0] >= "\u1780"


@cache
def _phrases() -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Names of a FAQ: by their longest word, and those of scripts without spaces."""
    by_word: dict[str, list[str]] = {}
    loose = []
    for row in _rows().values():
        for phrase in row.get("faq", ()):
            if _is_loose(phrase):
                loose.append(phrase)
            else:
                word = max(_WORDS.findall(phrase), key=len, default=phrase)
                by_word.setdefault(word, []).append(phrase)
    return by_word, tuple(dict.fromkeys(loose))


@lru_cache(maxsize=4096)
def names_faq(text: str) -> bool:
    """Whether a heading, title or label says that questions and answers follow.

    >>> names_faq("Frequently Asked Questions About Duck"), names_faq("Our story")
    (True, False)
    """
    by_word, loose = _phrases()
    low = _caseless(text)
    found = _WORDS.findall(low)
    if not low.isascii():
        found += _LATIN.findall(low)  # 製品FAQ
    for word in found:
        for phrase in by_word.get(word, ()):
            if phrase in low and _stands_free(phrase, low):
                return True
    return not text.isascii() and any(phrase in low for phrase in loose)


@cache
def _names() -> Literals:
    by_word, loose = _phrases()
    return Literals([*(phrase for phrases in by_word.values() for phrase in phrases), *loose])


def faq_names_in(text: str) -> frozenset[str]:
    """The names of a FAQ that may be in a long text; one pass over it.

    >>> sorted(faq_names_in("Home Shop Frequently asked questions"))
    ['asked questions', 'frequently asked']
    """
    return frozenset(_names().places(lowered(text)))


def is_long_name(name: str) -> bool:
    """Whether a name of a FAQ is more than a word of menus; that of a search box is not."""
    return (len(name) > 7 or _is_loose(name)) and name != "people also ask"


def lines_naming_faq(texts: list[str]) -> list[int]:
    """Numbers of the texts that name a FAQ, in order.

    >>> lines_naming_faq(["Home", "Our FAQ", "Shop"])
    [1]
    """
    low = [lowered(text) for text in texts]
    ends = list(accumulate(len(text) + 1 for text in low))
    places = {at for found in _names().places("\n".join(low)).values() for at in found}
    numbers = sorted({bisect_right(ends, at) for at in places})
    return [number for number in numbers if names_faq(texts[number])]


def lowered(text: str) -> str:
    """What `_caseless` gives in most scripts, in a tenth of the time for a long text."""
    low = text.lower()
    if low.isascii():
        return low
    low = low.replace("’", "'")
    if not any(map(low.__contains__, _CROSSING)):
        return low
    return _caseless(text)


def _caseless(text: str) -> str:
    """Lower case, and one spelling of what people write in several ways.

    >>> _caseless("SIKÇA"), _caseless("ＦＡＱ"), _caseless("Qu’est-ce")
    ('sikça', 'faq', "qu'est-ce")
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).translate(_SPELLINGS).lower().translate(_DOTLESS)


def _stands_free(phrase: str, low: str) -> bool:
    """A short phrase (faq, sss) must be a word of its own; a longer one may be anywhere."""
    if len(phrase) > 5:
        return True
    at = low.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        if not _binds(low[at - 1 : at]) and not _binds(low[end : end + 1].strip("s'’")):
            return True
        at = low.find(phrase, end)
    return False


def _binds(char: str) -> bool:
    """Whether a character beside a word makes it a part of a longer one."""
    return char.isalnum() and not _is_loose(char)


@dataclass(frozen=True)
class Labels:
    """Which words stand before questions and answers on one page."""

    questions: frozenset[str]
    replies: frozenset[str]

    def of(self, text: str) -> tuple[str, str]:
        """("q" | "a" | "", rest): which label the text starts with and what follows it.

        >>> labels_of("en", []).of("Q1. Who?"), labels_of("en", []).of("Who?")
        (('q', 'Who?'), ('', 'Who?'))
        """
        if text[:1] not in "QA" and _STOPS.isdisjoint(text[:18]):
            return "", text
        match = _GLUED.match(text) or _LABEL.match(text)
        if match is None:
            return "", text
        word, stop, rest = match["word"], match["stop"], text[match.end() :]
        if len(word) == 1 and word.islower() and stop != ":":
            return "", text
        if not stop and (word not in "QA" or (rest and rest[0].isascii() and rest[-1] != "?")):
            return "", text
        low = word.lower()
        if low in self.questions:
            return "q", rest
        if low in self.replies:
            return "a", rest
        return "", text


_LETTERS = 5  # different letters before full stops are an enumeration: A1. B1. C1.
_LABEL = re.compile(
    r"^[\[(*\s]*(?P<word>[^\W\d_]{1,12})[\s\-]?(?P<number>(?:(?:no|nr)\.?\s|#)?\s?\d{0,3})\s*"
    r"(?P<stop>[:：.)\]、﹕|·]+|[\-–—](?=\s)|)[*\s]*"
)
_STOPS = frozenset(":：.)]、﹕|·-–—")
# Japanese, Chinese and Korean pages often set Q and A as signs without a stop.
_GLUED = re.compile(r"^(?P<word>[QA])(?P<stop>)(?=[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3])")


_COUNT = re.compile(r"\(?\d{1,3}(?:\.\d{1,3})*[.):]?\s+(?=[^\W\d])")


def without_count(text: str) -> str:
    """The text without the number of its paragraph.

    >>> without_count("2.1 Q: Who?"), without_count("3 of 4")
    ('Q: Who?', 'of 4')
    """
    match = _COUNT.match(text)
    return text[match.end() :] if match else text


@lru_cache(maxsize=256)
def _labels(languages: frozenset[str]) -> Labels:
    rows = _rows()
    chosen = [rows[language] for language in languages]
    return Labels(
        frozenset(word for row in chosen for word in row.get("labels", ())),
        frozenset(word for row in chosen for word in row.get("replies", ())),
    )


def labels_of(language: str | None, texts: Iterable[str]) -> Labels:
    """English labels, those of the language, and each pair that the texts use at least twice."""
    rows = _rows()
    language = _ALIASES.get(language or "", language)
    languages = {"en"} | ({language} if language in rows else set())
    seen: dict[str, int] = {}
    for text in texts:
        if text[0].isdigit():
            text = without_count(text)
        if not _STOPS.isdisjoint(text[:16]) and (match := _LABEL.match(text)) and match["stop"]:
            word = match["word"].lower()
            seen[word] = seen.get(word, 0) + 1
    lettered = sum(len(word) == 1 for word, times in seen.items() if times > 1)
    if seen and lettered < _LETTERS:
        for other, row in rows.items():
            asked = sum(seen.get(word, 0) for word in row.get("labels", ()))
            told = sum(seen.get(word, 0) for word in row.get("replies", ()))
            if asked > 1 and told > 1:
                languages.add(other)
    return _labels(frozenset(languages & rows.keys()))


def clean_question(text: str, labels: Labels | None = None) -> str:
    """The question as shown: without "Q:", icons and "expand" signs, white space folded.

    >>> clean_question("Q1:  Do you  ship?  +")
    'Do you ship?'
    """
    text = strip_signs(" ".join(text.split()))
    kind, rest = (labels or labels_of("en", ())).of(text)
    return (rest if kind == "q" and rest else text).strip()


def strip_signs(text: str) -> str:
    """Folded text without the signs around it; words like "expand" only go behind a mark.

    >>> strip_signs("▸ Where is it? expand_more"), strip_signs("When do you open")
    ('Where is it?', 'When do you open')
    """
    if not text[:1].isalnum():
        text = _LEADING.sub("", text)
        if text[:1] in ("?", "？") and has_mark(text[1:]):
            text = text[1:].lstrip()  # an icon
    last = text[-1:]
    if last in _MARK_SET or (last.isalnum() and not text.endswith(_SIGN_WORDS)):
        return text
    match = _TRAILING.search(text)
    if match is None:
        return text
    rest = text[: match.start()]
    if any(c.isalpha() for c in match.group()) and not _ends_asking(rest):
        return text
    return rest


def has_mark(text: str) -> bool:
    """Whether a question mark of any script is in the text."""
    return "?" in text or (not text.isascii() and _ANY_MARK.search(text) is not None)


def _ends_asking(text: str) -> bool:
    core = text.rstrip(_CLOSERS)
    return bool(core) and core[-1] in _MARK_SET


def strength(text: str, speech: Speech) -> int:
    """2: carries a question mark at its end; 1: opens or ends like a question; 0: neither."""
    if _ends_asking(text) or (text[:1] == "¿" and len(text) < 200):
        return 2
    if has_mark(text):
        near = _NEAR_END.search(text)
        tail = near["tail"].lstrip(_CLOSERS) if near else ""
        if "՞" in text or (tail and len(tail) < 0.4 * len(text) and not tail[0].isalnum()):
            return 2
    if text[-1:] == ";" and ";" in speech.endings:
        return 2
    return _sounds(text, speech) if len(text) <= 170 else 0


def _uncounted(low: str) -> str:
    """Without the number or letter of a paragraph and without signs that open it."""
    if not low[:1].isalpha():
        return _NUMBER.sub("", low, count=1).lstrip("¿\"'“„«([ -–—.:)")
    return _NUMBER.sub("", low, count=1) if low[1:2] in ".):" else low


def _sounds(text: str, speech: Speech) -> int:
    """1 for a short text without a mark that opens or ends as questions do, else 0."""
    low = _uncounted(_caseless(text))
    if low[-1:] in ".:,":
        return 0
    first = _FIRST_WORD.match(low)
    for opener in speech.openers.get(first[0], ()) if first else ():
        if low.startswith(opener) and not low[len(opener) : len(opener) + 1].isalpha():
            return 1
    if len(low) <= 80 and low.endswith(speech.endings):
        return 1
    if len(low) <= 60 and speech.asks and not speech.asks.isdisjoint(low.split()):
        return 1
    if low.isascii():
        return 0
    return int(
        low.startswith(speech.loose)
        or (len(low) <= 60 and any(ask in low for ask in speech.loose_asks))
    )
