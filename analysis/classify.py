"""`cxscout classify`: rows with a text in, the same rows' language, sentiment and themes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from analysis.language import detect, primary_subtag
from analysis.phrases import tokens_of
from analysis.sentiment import score_texts
from analysis.themes import classify_batch

__all__ = ["classify_rows"]

_BATCH = 2000  # rows held at once; memory is bounded by this, speed no longer grows beyond it


def classify_rows(
    rows: Iterable[Mapping[str, Any]], *, firm: bool = False
) -> Iterator[dict[str, Any]]:
    """`{id, text[, lang, rating]}` to `{id, language, sentiment, score, themes}`, in order.

    `lang` is believed; without it the text's language is detected. `rating` is 1 to 5 stars.
    `sentiment` and `score` are None where nothing can be said ("not scored"). `firm`: themes of
    words that name them by themselves only, as reports count them.
    """
    stream = iter(rows)
    while batch := list(islice(stream, _BATCH)):
        yield from _classified(batch, firm)


def _classified(rows: list[Mapping[str, Any]], firm: bool) -> Iterator[dict[str, Any]]:
    texts = [str(row.get("text") or "") for row in rows]
    languages = [
        primary_subtag(row.get("lang")) or detect(text)
        for row, text in zip(rows, texts, strict=True)
    ]
    ratings = [_share(row.get("rating")) for row in rows]
    tokenized = [tokens_of(text) for text in texts]
    sentiments = score_texts(texts, languages, ratings, tokenized=tokenized)
    themes = classify_batch(texts, languages, sentiments, tokenized=tokenized, firm=firm)
    for row, language, sentiment, found in zip(rows, languages, sentiments, themes, strict=True):
        yield {
            "id": row.get("id"),
            "language": language,
            "sentiment": sentiment.label if sentiment else None,
            "score": sentiment.score if sentiment else None,
            "themes": found,
        }


def _share(stars: float | str | None) -> float | None:
    """Stars of five as a share of the scale, 1 star is 0.0; None for what is no rating.

    >>> _share(5), _share("3"), _share(None), _share("n/a")
    (1.0, 0.5, None, None)
    """
    try:
        value = float(stars) if stars is not None else None
    except ValueError:
        return None
    if value is None or not 1 <= value <= 5:
        return None
    return (value - 1) / 4
