"""How good a FAQ is, by a rubric of rows; what cannot be observed is said and lowers nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis.statistics import median
from crawler.errors import ConfigError

if TYPE_CHECKING:
    from analysis.observations import Faq, Observed

__all__ = [
    "CORE_TOPICS",
    "Criterion",
    "Grade",
    "Result",
    "grade_faq",
    "is_question",
    "reading_ease",
    "rubric",
    "topics_of",
]

_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
_MONTHS = (
    "january february march april may june july august september october november december "
    "januar februar märz mai juni juli oktober dezember"
).replace(" ", "|")
_DATE = re.compile(
    rf"\b(20[12]\d-\d\d-\d\d|\d{{1,2}}[./]\d{{1,2}}[./]20[12]\d|({_MONTHS}) 20[12]\d)\b",
    re.IGNORECASE,
)
_COMPOUNDING = frozenset({"de", "nl", "sv", "da", "nb", "fi"})
MIN_ENTRIES = 3  # chosen: shares of fewer entries say nothing
MIN_HOW = 2  # chosen: "how" questions that the criterion of steps needs
_CONTACTS = frozenset(
    {
        "email",
        "phone",
        "form",
        "whatsapp",
        "messenger",
        "telegram",
        "viber",
        "line",
        "wechat",
        "sms",
    }
)


class Criterion(NamedTuple):
    """A row of the rubric; `threshold` is a number or a window of two."""

    key: str
    label: str
    weight: float
    threshold: float | list[float]
    source: str


class Result(NamedTuple):
    """`passed` is None where the criterion could not be observed; `shown` says what was seen."""

    criterion: Criterion
    passed: bool | None
    shown: str


@dataclass(frozen=True, slots=True)
class Grade:
    """`score` is 0..100 over what was observed, `coverage` how much of the rubric that is."""

    score: float | None
    coverage: float
    results: tuple[Result, ...]
    topics: frozenset[str]


@cache
def _rows() -> dict[str, Any]:
    path = Path(__file__).with_name("faq_rubric.toml")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    wanted = {"criteria", "topics", "how", "openers", "steps", "readability"}
    if rows.keys() != wanted:
        raise ConfigError(f"{path.name} has tables {sorted(rows)}; it must have {sorted(wanted)}")
    return rows


@cache
def rubric() -> tuple[Criterion, ...]:
    """The criteria in the order of the file."""
    found = []
    for key, row in _rows()["criteria"].items():
        try:
            found.append(Criterion(key, **row))
        except TypeError as error:
            raise ConfigError(f"faq_rubric.toml [criteria.{key}]: {error}") from None
    return tuple(found)


CORE_TOPICS: tuple[str, ...] = tuple(_rows()["topics"])


# -- language ------------------------------------------------------------------------------


def _languages(language: str | None) -> list[str]:
    """The language, and English for shop words that every language borrows."""
    return ["en"] if language in (None, "en") else [str(language), "en"]


def topics_of(text: str, language: str | None) -> frozenset[str]:
    """Core topics that a question is about.

    >>> sorted(topics_of("How do I return a parcel and track it?", "en"))
    ['returns']
    >>> sorted(topics_of("How do I track the status of my parcel?", "en"))
    ['tracking']
    """
    folded = f" {text.casefold()}"
    found = set()
    for topic, words in _rows()["topics"].items():
        for code in _languages(language):
            inside = code in _COMPOUNDING
            if any(
                _beginning(stem).search(folded) or (inside and len(stem) > 5 and stem in folded)
                for stem in words.get(code, ())
            ):
                found.add(topic)
    return frozenset(found)


@cache
def _beginning(stem: str) -> re.Pattern[str]:
    """The beginning of a word; " ~ " in it stands for up to three words."""
    told = re.escape(stem).replace(r"\ \~\ ", r"\ (?:[\w'’]+\ ){0,3}")
    return re.compile(rf"(?<!\w){told}")


def is_question(text: str, language: str | None) -> bool:
    """Whether a FAQ entry is phrased as a question: by its mark or its first word."""
    folded = text.strip().casefold()
    if folded.rstrip(" \"'”»)")[-1:] in "?？؟;" and folded:
        return True
    openers = _rows()["openers"]
    return any(
        re.match(rf"{re.escape(opener.strip())}(?!\w)", folded)
        for code in _languages(language)
        for opener in openers.get(code, ())
    )


def _asks_how(text: str, language: str | None) -> bool:
    folded = text.casefold()
    rows = _rows()["how"]
    return any(start in folded for code in _languages(language) for start in rows.get(code, ()))


def _has_steps(answer: str, language: str | None) -> bool:
    rows = _rows()["steps"]
    patterns = [*rows["any"], *(p for code in _languages(language) for p in rows.get(code, ()))]
    return any(re.search(pattern, answer, re.IGNORECASE | re.DOTALL) for pattern in patterns)


def word_count(text: str) -> int:
    """Words; in scripts without spaces two letters count as one word."""
    words = _WORD.findall(text)
    dense = sum(1 for c in text if "\u3040" <= c <= "\u30ff" or "\u4e00" <= c <= "\u9fff")
    return len(words) if dense < len(text) / 4 else dense // 2


def reading_ease(text: str, language: str | None) -> float | None:
    """Flesch reading ease by the formula of the language; None without one or below 30 words."""
    row = _rows()["readability"].get(language)
    words = _WORD.findall(text)
    if row is None or len(words) < 30:
        return None
    sentences = max(1, len(_SENTENCE_END.findall(text)))
    syllables = sum(_syllables(word) for word in words)
    return float(
        row["base"]
        - row["per_sentence"] * len(words) / sentences
        - row["per_syllable"] * syllables / len(words)
    )


def _syllables(word: str) -> int:
    """Groups of vowels, a silent final e apart; within about 10 % of a dictionary for English."""
    folded = word.casefold()
    groups = len(re.findall(r"[aeiouyäöüáéíóúàèìòùâêîôûåøæœ]+", folded))
    silent = folded.endswith("e") and not folded.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


# -- the rubric ----------------------------------------------------------------------------


def grade_faq(brand: Observed) -> Grade | None:
    """The rubric over a brand's FAQ; None when it has fewer than MIN_ENTRIES entries."""
    entries = brand.faq
    if len(entries) < MIN_ENTRIES:
        return None
    told = [(entry, _language_of(brand, entry)) for entry in entries]
    topics = frozenset().union(*(topics_of(e.question, code) for e, code in told))
    checks = {**_text_checks(told, topics), **_site_checks(brand)}
    results = tuple(
        Result(criterion, *_judge(criterion, *checks.get(criterion.key, (None, "not observed"))))
        for criterion in rubric()
    )
    seen = [result for result in results if result.passed is not None]
    weight = sum(result.criterion.weight for result in seen)
    score = 100 * sum(r.criterion.weight for r in seen if r.passed) / weight if weight else None
    total = sum(criterion.weight for criterion in rubric())
    return Grade(score, weight / total, results, topics)


def _language_of(brand: Observed, entry: Faq) -> str | None:
    page = brand.page(entry.page_id)
    return page.language if page else None


def _judge(criterion: Criterion, value: float | None, shown: str) -> tuple[bool | None, str]:
    if value is None:
        return None, shown
    if isinstance(criterion.threshold, list):
        low, high = criterion.threshold
        return low <= value <= high, shown
    if criterion.key == "findable":  # clicks: fewer are better
        return value <= criterion.threshold, shown
    return value >= criterion.threshold, shown


_Check = tuple[float | None, str]


def _text_checks(
    told: Sequence[tuple[Faq, str | None]], topics: frozenset[str]
) -> dict[str, _Check]:
    n = len(told)
    answered = [(entry, code) for entry, code in told if entry.answer.strip()]
    asked = sum(is_question(entry.question, code) for entry, code in told)
    how = [(e, code) for e, code in answered if _asks_how(e.question, code)]
    steps = sum(_has_steps(entry.answer, code) for entry, code in how)
    dated = sum(bool(_DATE.search(entry.answer)) for entry, _ in answered)
    marked = sum(entry.origin in ("json-ld", "microdata", "rdfa") for entry, _ in told)
    checks: dict[str, _Check] = {
        "answered": (len(answered) / n, f"{len(answered)} of {n} entries have their answer there"),
        "real_questions": (asked / n, f"{asked} of {n} entries are questions"),
        "structured": (marked / n, f"{marked} of {n} entries are marked up"),
        "grouped": (len(topics), f"{len(topics)} topics"),
        "topics": (len(topics), f"{len(topics)} of {len(CORE_TOPICS)} core topics"),
        # No date in an answer does not mean that the page shows none.
        "dated": (
            1 if dated else None,
            f"{dated} answers name a date" if dated else "not observed",
        ),
    }
    if len(answered) >= MIN_ENTRIES:
        words = median([word_count(entry.answer) for entry, _ in answered])
        checks["answer_length"] = (words, f"median answer of {words:.0f} words")
    if len(how) >= MIN_HOW:
        checks["steps"] = (steps / len(how), f"{steps} of {len(how)} how-answers give steps")
    checks["readable"] = _readable(answered)
    return checks


def _readable(answered: Iterable[tuple[Faq, str | None]]) -> _Check:
    by_language: dict[str | None, list[str]] = {}
    for entry, code in answered:
        by_language.setdefault(code, []).append(entry.answer.rstrip(" .") + ".")
    code, texts = max(by_language.items(), key=lambda pair: len(pair[1]), default=(None, []))
    ease = reading_ease(" ".join(texts), code)
    if ease is None:
        return None, "no formula for its language, or too few words"
    return ease, f"reading ease {ease:.0f} ({code})"


def _site_checks(brand: Observed) -> dict[str, _Check]:
    pages = {page.id: page for page in brand.pages}
    faq_pages = {entry.page_id for entry in brand.faq}
    told = [pages[page_id] for page_id in faq_pages if page_id in pages]
    depths = [page.depth for page in told if brand.has_known_way(page)]
    urls = {pages[page_id].url for page_id in faq_pages if page_id in pages}
    same = {page.id for page in brand.pages if page.url in urls}
    exits = {c.kind for c in brand.channels if c.page_id in same and c.kind in _CONTACTS}
    if any(chat.page_id in same for chat in brand.chat):
        exits.add("chat")
    desks = {t.vendor for t in brand.technologies if t.category in ("help_desk", "search")}
    checks: dict[str, _Check] = {
        "contact_exit": _exit_check(brand, exits),
        "searchable": (1 if desks else None, ", ".join(sorted(desks)) or "not observed"),
        "languages": _languages_check(brand, same),
    }  # fmt: skip
    if depths:
        clicks = min(depths)
        checks["findable"] = (clicks, f"{clicks} {'click' if clicks == 1 else 'clicks'} away")
    return checks


def _exit_check(brand: Observed, exits: set[str]) -> _Check:
    """Where a contact stands on another page, the FAQ may well link it: that was not observed."""
    if exits:
        return len(exits), ", ".join(sorted(exits))
    elsewhere = any(c.kind in _CONTACTS for c in brand.channels) or brand.chat
    if elsewhere or any(page.purpose in ("contact", "help") for page in brand.pages):
        return None, "not observed"
    return 0, "no contact on the FAQ page"


def _languages_check(brand: Observed, faq_pages: set[str]) -> _Check:
    """A language counts as offered when the texts of at least two pages are in it."""
    spoken: dict[str, int] = {}
    for page in brand.read:
        if page.language and page.is_language_sure:
            spoken[page.language] = spoken.get(page.language, 0) + 1
    offered = {code for code, n in spoken.items() if n >= 2}
    answered = {page.language for page in brand.pages if page.id in faq_pages and page.language}
    if len(offered) < 2:
        return None, "one language"
    missing = sorted(offered - answered)
    return float(not missing), f"missing in {', '.join(missing)}" if missing else "all languages"
