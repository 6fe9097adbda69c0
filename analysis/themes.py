"""The twelve themes of customer experience: where a text speaks of them, and how it feels there.

Words and phrases per language are rows of data/themes.toml. A theme takes the judgement of its own
clause; where that has none, of its sentence, then of the text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from analysis.language import frequent_words
from analysis.phrases import Found, PhraseFinder, is_spaceless, rows_of, tokens_of
from analysis.sentiment import Label, Sentiment, judged_words, score_texts, score_tokens

__all__ = [
    "THEMES",
    "Impact",
    "classify_batch",
    "emerging",
    "find_themes",
    "impact_on_rating",
    "net_sentiment",
    "per_hundred",
]

THEMES: tuple[str, ...] = (
    "delivery",
    "returns_refunds",
    "support_responsiveness",
    "support_quality",
    "price_value",
    "product_quality",
    "usability",
    "ordering_checkout",
    "billing_payments",
    "account_subscription",
    "onboarding_setup",
    "communication",
)
_UNLESS = "-"  # before a theme's name: phrases in which its words do not speak of it
_FIRM = "!"  # before a theme's name: the words that name it by themselves
_ENDS = frozenset(".!?。！？")
_STOPS = frozenset(',;:()…–—-"，、；：')
# How much of the whole text's score goes to a part's: chosen on the training sets mams and cr2.
_LEAN = 0.5
_TURNS = "but however although though yet except whereas unfortunately while and"


def find_themes(text: str, language: str | None) -> dict[str, Label]:
    """Theme -> how the text feels about it; only themes that it speaks of.

    >>> find_themes("Great shoes, but the delivery took three weeks.", "en")["delivery"]
    'negative'
    """
    return classify_batch([text], [language])[0]


@dataclass(frozen=True, slots=True)
class _Mention:
    """A theme's words in a text, and the spans of tokens that may judge it, the nearest first."""

    text: int
    theme: str
    spans: tuple[tuple[int, int], ...]


def classify_batch(
    texts: Sequence[str],
    languages: Sequence[str | None],
    sentiments: Sequence[Sentiment | None] | None = None,
    *,
    tokenized: Sequence[Sequence[str]] | None = None,
    firm: bool = False,
) -> list[dict[str, Label]]:
    """`find_themes` of many texts at once; `sentiments` and tokens, where known, save time.

    A theme whose clause and sentence judge nothing takes the sentiment of its text. With `firm`
    only words count that name their theme by themselves, so that a statement on it can be
    defended.
    """
    whole = list(sentiments or score_texts(texts, languages, [None] * len(texts)))
    tokenized = tokenized or [tokens_of(text) for text in texts]
    mentions = [
        mention
        for number, (tokens, language) in enumerate(zip(tokenized, languages, strict=True))
        for mention in _mentions(number, tokens, _finder(language, firm=firm))
    ]
    judged = _judge(mentions, tokenized, languages, whole)
    answers: list[dict[str, Label]] = [{} for _ in texts]
    balance: dict[tuple[int, str], list[float]] = {}
    for mention in mentions:
        near = (judged.get((mention.text, span)) for span in mention.spans)
        told = [sentiment for sentiment in near if sentiment]
        clear = next((s for s in told if s.label != "neutral"), None)
        score = _leaning(clear, whole[mention.text]) if clear else 0.0
        balance.setdefault((mention.text, mention.theme), []).append(score)
    for (number, theme), scores in balance.items():
        answers[number][theme] = _label_of(sum(scores))
    return answers


def _leaning(part: Sentiment, whole: Sentiment | None) -> float:
    """The score of a part of a text, drawn toward what the whole text feels.

    A few words alone are a guess: "wide selection" in a text of praise is no complaint. A part
    that is sure of itself keeps its word against the whole.
    """
    return part.score + _LEAN * whole.score if whole else part.score


def _label_of(score: float) -> Label:
    if score == 0:
        return "neutral"
    return "positive" if score > 0 else "negative"


def _mentions(number: int, tokens: Sequence[str], finder: PhraseFinder | None) -> list[_Mention]:
    if finder is None or not tokens:
        return []
    found = _spoken(finder.find(tokens))
    if not found:
        return []
    sentences, parts = _cuts(tokens)
    whole = (0, len(tokens))
    mentions = {}
    for start, _end, theme in found:
        spans = dict.fromkeys([_around(parts, start), _around(sentences, start), whole])
        mentions[theme, _around(parts, start)] = _Mention(number, theme, tuple(spans))
    return list(mentions.values())


def _spoken(found: list[Found]) -> list[Found]:
    """Without words inside a phrase of their theme's `unless` ("service" in "self service")."""
    denials = [(start, end, key[1:]) for start, end, key in found if key[0] == _UNLESS]
    if not denials:
        return found
    return [
        (start, end, theme)
        for start, end, theme in found
        if theme[0] != _UNLESS
        and not any(a <= start and end <= b and theme == of for a, b, of in denials)
    ]


def _cuts(tokens: Sequence[str]) -> tuple[list[int], list[int]]:
    """Where sentences and where clauses begin, each list closed by the number of tokens."""
    sentences, parts = [0], [0]
    turns = _turns()
    for at, token in enumerate(tokens[:-1], 1):
        if token[0] in _ENDS:
            sentences.append(at)
            parts.append(at)
        elif token[0] in _STOPS or tokens[at] in turns:
            parts.append(at)
    sentences.append(len(tokens))
    parts.append(len(tokens))
    return sentences, parts


def _around(cuts: Sequence[int], at: int) -> tuple[int, int]:
    end = bisect_right(cuts, at)
    return cuts[end - 1], cuts[end]


def _judge(
    mentions: Sequence[_Mention],
    tokenized: Sequence[Sequence[str]],
    languages: Sequence[str | None],
    whole: Sequence[Sentiment | None],
) -> dict[tuple[int, tuple[int, int]], Sentiment | None]:
    """The sentiment of every span that a mention may need."""
    needed = dict.fromkeys((m.text, span) for m in mentions for span in m.spans)
    parts = [(n, span) for n, span in needed if span != (0, len(tokenized[n]))]
    pieces = [tokenized[number][start:end] for number, (start, end) in parts]
    scored = score_tokens(pieces, [languages[number] for number, _ in parts])
    judged = dict(zip(parts, scored, strict=True))
    return judged | {(n, (0, len(tokenized[n]))): whole[n] for n in {m.text for m in mentions}}


@cache
def _rows() -> dict[str, dict[str, list[str]]]:
    """Language -> theme -> phrases; those of `unless` and `firm` under its name after "-", "!"."""
    rows: dict[str, dict[str, list[str]]] = {}
    for language, stored in rows_of("themes").items():
        table = dict(stored)
        unless, firm = table.pop("unless", {}), table.pop("firm", {})
        unknown = {*table, *unless, *firm} - set(THEMES)
        if unknown:
            raise ValueError(f"themes.toml: [{language}] has unknown themes {sorted(unknown)}")
        rows[language] = table | {_UNLESS + theme: phrases for theme, phrases in unless.items()}
        rows[language] |= {_FIRM + theme: phrases for theme, phrases in firm.items()}
    return rows


@cache
def _finder(language: str | None, *, firm: bool = False) -> PhraseFinder | None:
    rows = _rows().get(language or "")
    if not rows:
        return None
    themes = {key: phrases for key, phrases in rows.items() if key[0] != _FIRM}
    if firm:
        themes |= {key[1:]: phrases for key, phrases in rows.items() if key[0] == _FIRM}
    return PhraseFinder(themes, spaceless=is_spaceless(language))


@cache
def _turns() -> frozenset[str]:
    return frozenset(_TURNS.split())


def net_sentiment(labels: Iterable[Label]) -> float | None:
    """Share positive minus share negative of all mentions, -1..1; None without mentions."""
    counts = Counter(labels)
    total = sum(counts.values())
    return (counts["positive"] - counts["negative"]) / total if total else None


def per_hundred(mentioning: int, reviews: int) -> float | None:
    """Reviews that speak of the theme, of every 100; None without reviews."""
    return 100 * mentioning / reviews if reviews else None


@dataclass(frozen=True, slots=True)
class Impact:
    """What a theme does to the rating: `difference` is the mean of all less the mean without it.

    Below 0 the theme costs rating. In the unit of the ratings that went in.
    """

    with_theme: float
    without_theme: float
    difference: float
    n_with: int
    n_without: int


def impact_on_rating(
    ratings: Sequence[float | None], themes: Sequence[Mapping[str, Label]], theme: str
) -> Impact | None:
    """The rating with and without reviews that speak of `theme`; None where either has none.

    >>> found = impact_on_rating([1, 5, 5], [{"delivery": "negative"}, {}, {}], "delivery")
    >>> found.with_theme, found.without_theme, round(found.difference, 2)
    (1.0, 5.0, -1.33)
    """
    rated = [(r, theme in found) for r, found in zip(ratings, themes, strict=True) if r is not None]
    speaking = [rating for rating, speaks in rated if speaks]
    silent = [rating for rating, speaks in rated if not speaks]
    if not speaking or not silent:
        return None
    everyone = (sum(speaking) + sum(silent)) / len(rated)
    with_theme, without = sum(speaking) / len(speaking), sum(silent) / len(silent)
    return Impact(with_theme, without, everyone - without, len(speaking), len(silent))


def emerging(
    texts: Sequence[str],
    languages: Sequence[str | None] | None = None,
    *,
    least: int = 5,
    limit: int = 20,
) -> list[tuple[str, int, float]]:
    """Phrases of two or three words that many texts share and no theme's row covers.

    (phrase, number of texts, share of those texts that are negative), most texts first. A phrase
    inside a longer one that is nearly as frequent is left out.
    """
    languages = languages or ["en"] * len(texts)
    tokenized = [tokens_of(text) for text in texts]
    holders: dict[str, list[int]] = {}
    for number, (tokens, language) in enumerate(zip(tokenized, languages, strict=True)):
        for phrase in _open_phrases(tokens, language):
            holders.setdefault(phrase, []).append(number)
    kept = {phrase: held for phrase, held in holders.items() if len(held) >= least}
    ranked = sorted(kept, key=lambda p: (-len(kept[p]), -len(p), p))
    shown = [p for p in ranked if not _is_within_longer(p, kept)][:limit]
    needed = sorted({number for phrase in shown for number in kept[phrase]})
    scored = score_tokens([tokenized[n] for n in needed], [languages[n] for n in needed])
    bad = {n for n, s in zip(needed, scored, strict=True) if s and s.label == "negative"}
    return [
        (p, len(kept[p]), round(sum(n in bad for n in kept[p]) / len(kept[p]), 3)) for p in shown
    ]


def _is_within_longer(phrase: str, kept: Mapping[str, Sequence[int]]) -> bool:
    longer = (p for p in kept if p != phrase and f" {phrase} " in f" {p} ")
    return any(len(kept[p]) >= 0.8 * len(kept[phrase]) for p in longer)


def _open_phrases(tokens: Sequence[str], language: str | None) -> set[str]:
    """Runs of two or three content words that hold no word of a theme or a judgement."""
    finder = _finder(language)
    covered = (
        {at for a, b, _ in _spoken(finder.find(tokens)) for at in range(a, b)} if finder else set()
    )
    covered |= judged_words(tokens, language)
    common = frequent_words(language)
    phrases: set[str] = set()
    run: list[str] = []
    for at, token in enumerate([*tokens, "."]):
        if at not in covered and token[0].isalpha() and token not in common and len(token) > 2:
            run.append(token)
            phrases.update(" ".join(run[-n:]) for n in (2, 3) if len(run) >= n)
        else:
            run = []
    return phrases
