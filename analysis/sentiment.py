"""What a text feels: -1 to 1 and positive, neutral or negative, with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

__all__ = [
    "MEASURED_LANGUAGES",
    "Label",
    "Sentiment",
    "from_rating",
    "score_texts",
    "unscored_reason",
]

Label = Literal["positive", "neutral", "negative"]
Basis = Literal["text", "rating", "learned"]
MEASURED_LANGUAGES = frozenset({"en"})


@dataclass(frozen=True, slots=True)
class Sentiment:
    """`score` is -1..1; `basis` says whether the text spoke, or the stars, or a study's model."""

    label: Label
    score: float
    basis: Basis = "text"


def score_texts(
    texts: Sequence[str],
    languages: Sequence[str | None],
    ratings: Sequence[float | None],
) -> list[Sentiment | None]:
    """One answer a text, in order. None is "not scored"; `unscored_reason` says why."""
    answers: list[Sentiment | None] = []
    for text, language, rating in zip(texts, languages, ratings, strict=True):
        if language in MEASURED_LANGUAGES and text.strip():
            polarity = float(_textblob()(text)[0])
            label: Label = "neutral"
            if abs(polarity) > 0.05:
                label = "positive" if polarity > 0 else "negative"
            answers.append(Sentiment(label, round(polarity, 3)))
        else:
            answers.append(from_rating(rating))
    return answers


def from_rating(share: float | None) -> Sentiment | None:
    """Stars as a share of their scale (lowest 0, highest 1): 2 of 5 is bad, 4 good."""
    if share is None:
        return None
    score = round(2 * share - 1, 3)
    label: Label = "neutral"
    if share < 0.45:
        label = "negative"
    elif share > 0.65:
        label = "positive"
    return Sentiment(label, score, "rating")


def unscored_reason(text: str, language: str | None) -> str:
    """Why `score_texts` gave None for this text without a rating."""
    if not text.strip():
        return "empty text, no rating"
    if language is None:
        return "language unknown, no rating"
    return f"no measured model for {language}, no rating"


@cache
def _textblob():  # type: ignore[no-untyped-def]
    from textblob.en import sentiment  # noqa: PLC0415 - 0.4 s, nltk

    return sentiment
