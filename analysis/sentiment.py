"""What a text feels: -1 to 1 and positive, neutral or negative, with what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import tanh
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from analysis.phrases import tokens_of

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    from analysis.learned import LearnedModel

__all__ = [
    "MEASURED_LANGUAGES",
    "Label",
    "Sentiment",
    "from_rating",
    "judged_words",
    "labels_of",
    "learn_from_ratings",
    "score_texts",
    "score_tokens",
    "unscored_reason",
]

Label = Literal["positive", "neutral", "negative"]
Basis = Literal["text", "rating", "learned"]

MEASURED_LANGUAGES = frozenset("en de nl fr es it pt zh ja".split())
# Neutral is said where its logit stands above how sure the polarity is by more than this: words
# alone, words and their pieces, embeddings alone. Chosen on training sets left out one by one,
# between accuracy of two classes and macro-F1 of three (docs/themes.md).
_BAND = 0.6
_BAND_OF_TWO = 1.5
_BAND_OF_EMBEDDINGS = 1.3
# What the pieces say of polarity (within the reach, so that they outvote no clear words) and of
# neutrality is added to what the words say; chosen in the same way.
_PIECES_REACH = 1.5
_PIECES_WEIGHTS = (0.5, 0.7)
# A text whose polarity is then still nearer to 0 than this is read whole by its embedding, where
# that is installed: it is heard on polarity too, and instead of the pieces on neutrality.
_DOUBT = 0.2
_EMBEDDING_WEIGHTS = (0.5, 1.0)
_SATURATION = 0.5  # tanh(half the logit) is the probability of positive, stretched to -1..1
_NEUTRAL_WITHIN = 0.2  # the score of a neutral text stays this near to 0
_LEAST_REVIEWS = 300  # to learn a language from; a fifth is held out, so 60 stars measure it
_LEAST_EACH = 50  # of the good and of the bad ones
_LEAST_ACCURACY = 0.75  # on the held-out fifth, chance 0.5: its 95 % interval stays above 0.62
_SURE = 0.5  # least probability at which a learned model's class is believed over "neutral"
_LANGUAGE_MODELS = Path(__file__).parent / "models" / "sentiment_languages.npz"


@dataclass(frozen=True, slots=True)
class Sentiment:
    """`score` is -1..1; `basis` says what spoke: the text, the stars, or a study's own model."""

    label: Label
    score: float
    basis: Basis = "text"


def score_texts(
    texts: Sequence[str],
    languages: Sequence[str | None],
    ratings: Sequence[float | None],
    *,
    learned: Mapping[str, LearnedModel] | None = None,
    tokenized: Sequence[Sequence[str]] | None = None,
) -> list[Sentiment | None]:
    """One answer a text, in order. None is "not scored"; `unscored_reason` says why.

    `ratings` are shares of their scale, lowest 0 and highest 1. Where the language has a measured
    model the text speaks, and the stars only where it is neutral; elsewhere the stars, then a model
    `learned` from this study's reviews, then nobody. `tokenized`, where known, saves time.
    """
    tokenized = tokenized or [tokens_of(text) for text in texts]
    answers = _from_text(texts, tokenized, languages, thorough=True)
    for at, (language, rating) in enumerate(zip(languages, ratings, strict=True)):
        mine = answers[at]
        trusted = language in _text_first() and mine is not None
        if rating is not None and not (trusted and mine and mine.label != "neutral"):
            answers[at] = from_rating(rating)
        elif learned and language in learned and not trusted and tokenized[at]:
            answers[at] = _from_learned(learned[language or ""], texts[at])
    return answers


def score_tokens(
    tokenized: Sequence[Sequence[str]], languages: Sequence[str | None]
) -> list[Sentiment | None]:
    """`score_texts` for parts of texts that are already lists of `tokens_of`, without stars.

    Parts are many and short, so they are read by words and phrases only, never by embeddings.
    """
    texts = [" ".join(tokens) for tokens in tokenized]
    return _from_text(texts, tokenized, languages, thorough=False)


def judged_words(tokens: Sequence[str], language: str | None) -> set[int]:
    """Places of the words that judge ("slow", "never arrived"), by data/judgements.toml."""
    if language not in _models().judgements():
        return set()
    return {at for a, b, _ in _models().judging(tokens, language) for at in range(a, b)}


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


def learn_from_ratings(
    texts: Sequence[str], shares: Sequence[float], language: str | None = None
) -> LearnedModel | None:
    """A model of this study's own starred reviews in one language.

    None with fewer than 300 texts (50 good, 50 bad), or where a model of four fifths is right on
    less than 75 % of the last fifth (mean over good and bad).
    """
    rated = [(text, from_rating(share)) for text, share in zip(texts, shares, strict=True)]
    pairs = [(text, sentiment.label) for text, sentiment in rated if sentiment and text.strip()]
    labels = [label for _, label in pairs]
    fewest = min(labels.count("positive"), labels.count("negative"))
    if len(pairs) < _LEAST_REVIEWS or fewest < _LEAST_EACH:
        return None
    model = _learned().learn([text for text, _ in pairs], labels, language)
    return model if model.accuracy >= _LEAST_ACCURACY else None


def labels_of(
    polar: NDArray, neutral: NDArray, second: tuple[NDArray, NDArray] | None = None
) -> list[Label]:
    """The labels of the English words' two logits, and of their pieces' where they are asked."""
    if second is None:
        return [judged.label for judged in _all_judged((polar, neutral), _BAND)]
    both = _together((polar, neutral), second)
    return [judged.label for judged in _all_judged(both, _BAND_OF_TWO)]


def _together(
    words: tuple[NDArray, NDArray], pieces: tuple[NDArray, NDArray]
) -> tuple[NDArray, NDArray]:
    polar, neutral = _PIECES_WEIGHTS
    return (
        words[0] + polar * pieces[0].clip(-_PIECES_REACH, _PIECES_REACH),
        words[1] + neutral * pieces[1],
    )


def _judged(polar: float, neutral: float, band: float = _BAND) -> Sentiment:
    score = tanh(polar * _SATURATION)
    if neutral - abs(polar) > band:
        return Sentiment("neutral", round(max(-1.0, min(1.0, score)) * _NEUTRAL_WITHIN, 3))
    return Sentiment("positive" if polar > 0 else "negative", round(score, 3))


def _from_text(
    texts: Sequence[str],
    tokenized: Sequence[Sequence[str]],
    languages: Sequence[str | None],
    *,
    thorough: bool,
) -> list[Sentiment | None]:
    """What the texts say, each language's at once; None where no model reads the language."""
    answers: list[Sentiment | None] = [None] * len(texts)
    for language in dict.fromkeys(languages):
        reader = _reader(language, thorough)
        if reader is None:
            continue
        mine = [at for at, of in enumerate(languages) if of == language and tokenized[at]]
        if mine:
            read = reader([texts[at] for at in mine], [tokenized[at] for at in mine])
            for at, answer in zip(mine, read, strict=True):
                answers[at] = answer
    return answers


Reader = Callable[[Sequence[str], Sequence[Sequence[str]]], "list[Sentiment | None]"]


def _reader(language: str | None, thorough: bool) -> Reader | None:
    """What reads texts of the language, if anything does."""
    if language is None:
        return None
    if language == "en":
        return _read_english if thorough else _read_english_parts
    if thorough and language in _embedded_languages():
        return lambda texts, _: _read_embedded(texts, language)
    if language in _models().judgements():
        return lambda _, tokenized: _read_phrases(tokenized, language)
    if language in _language_models():
        model = _language_models()[language]
        return lambda texts, _: [_from_learned(model, text, "text") for text in texts]
    return None


def _text_first() -> frozenset[str]:
    """Languages in which the text outweighs the stars."""
    return MEASURED_LANGUAGES if _embedded_languages() else frozenset({"en"})


def _read_english(
    texts: Sequence[str], tokenized: Sequence[Sequence[str]]
) -> list[Sentiment | None]:
    model = _models().load()
    features = model.vocabulary.features(tokenized)
    pieces = _pieces().load().logits(tokenized, features.phrases)
    is_sure = features.sure != 0
    pieces[0][is_sure] = 0  # sure phrases need no second opinion
    polar, neutral = _together(model.logits(features), pieces)
    doubtful = ((abs(polar) < _DOUBT) & ~is_sure).nonzero()[0]
    if len(doubtful) and "en" in _embedded_languages():
        more = _embedding().load().logits([texts[at] for at in doubtful], "en")
        polar[doubtful] += _EMBEDDING_WEIGHTS[0] * more[0]
        neutral[doubtful] += _EMBEDDING_WEIGHTS[1] * more[1]
        neutral[doubtful] -= _PIECES_WEIGHTS[1] * pieces[1][doubtful]
    return [*_all_judged((polar, neutral), _BAND_OF_TWO)]


def _read_english_parts(
    _texts: Sequence[str], tokenized: Sequence[Sequence[str]]
) -> list[Sentiment | None]:
    """As `_read_english`, but by words alone."""
    model = _models().load()
    return [*_all_judged(model.logits(model.vocabulary.features(tokenized)), _BAND)]


def _read_embedded(texts: Sequence[str], language: str) -> list[Sentiment | None]:
    return [*_all_judged(_embedding().load().logits(texts, language), _BAND_OF_EMBEDDINGS)]


def _all_judged(logits: tuple[NDArray, NDArray], band: float) -> list[Sentiment]:
    polar, neutral = logits
    return [_judged(p, n, band) for p, n in zip(polar.tolist(), neutral.tolist(), strict=True)]


def _read_phrases(tokenized: Sequence[Sequence[str]], language: str) -> list[Sentiment | None]:
    """Good against bad phrases; a text with none of them is not scored."""
    answers: list[Sentiment | None] = []
    for *_, balance, none_found in _models().judgement_sums(tokenized, language).tolist():
        if none_found:
            answers.append(None)
        elif abs(balance) < 0.1:
            answers.append(Sentiment("neutral", 0.0))
        else:
            answers.append(Sentiment("positive" if balance > 0 else "negative", round(balance, 3)))
    return answers


def _from_learned(model: LearnedModel, text: str, basis: Basis = "learned") -> Sentiment:
    negative, neutral, positive = model.probabilities([text])[0].tolist()
    score = round(positive - negative, 3)
    if neutral > max(positive, negative, _SURE):
        return Sentiment("neutral", score, basis)
    return Sentiment("positive" if score > 0 else "negative", score, basis)


# numpy and the models cost 0.2 s and more, so they are imported when the first text is scored.


@cache
def _models() -> ModuleType:
    from analysis import sentiment_model  # noqa: PLC0415

    return sentiment_model


@cache
def _pieces() -> ModuleType:
    from analysis import pieces  # noqa: PLC0415

    return pieces


@cache
def _embedding() -> ModuleType:
    from analysis import embedding  # noqa: PLC0415

    return embedding


@cache
def _learned() -> ModuleType:
    from analysis import learned  # noqa: PLC0415

    return learned


@cache
def _embedded_languages() -> frozenset[str]:
    """Languages that embeddings read; none where the encoder is not installed."""
    if not _embedding().is_installed():
        return frozenset()
    return frozenset(_embedding().EMBEDDED_LANGUAGES)


@cache
def _language_models() -> dict[str, LearnedModel]:
    return _learned().load_models(_LANGUAGE_MODELS)
