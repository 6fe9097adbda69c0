"""The twelve themes of customer experience: where a text speaks of them, and how it feels there."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.sentences import clauses, split_sentences
from analysis.sentiment import Label, score_texts

__all__ = ["THEMES", "classify_batch", "find_themes"]

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
_FIRST_WORDS = {
    "delivery": "deliver shipp arriv courier parcel package",
    "returns_refunds": "refund return exchange",
    "support_responsiveness": "repl respon answer waited",
    "support_quality": "support service staff helpful rude",
    "price_value": "price cheap expensive value money cost",
    "product_quality": "quality broken product broke",
    "usability": "easy app website interface confusing",
    "ordering_checkout": "order checkout cart",
    "billing_payments": "charge bill invoice payment",
    "account_subscription": "account subscription cancel login",
    "onboarding_setup": "install setup set",
    "communication": "email informed update notif",
}


def find_themes(text: str, language: str | None) -> dict[str, Label]:
    """Theme -> how the text feels about it; only themes that it speaks of."""
    return classify_batch([text], [language])[0]


def classify_batch(texts: Sequence[str], languages: Sequence[str | None]) -> list[dict[str, Label]]:
    """`find_themes` of many texts at once, in order."""
    answers: list[dict[str, Label]] = []
    for text, language in zip(texts, languages, strict=True):
        found: dict[str, Label] = {}
        parts = [part for sentence in split_sentences(text) for part in clauses(sentence)]
        scored = score_texts(parts, [language] * len(parts), [None] * len(parts))
        for part, sentiment in zip(parts, scored, strict=True):
            words = part.lower().split()
            for theme, stems in _FIRST_WORDS.items():
                if any(word.startswith(stem) for word in words for stem in stems.split()):
                    found.setdefault(theme, sentiment.label if sentiment else "neutral")
        answers.append(found)
    return answers
