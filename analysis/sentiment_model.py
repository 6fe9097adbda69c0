"""What a linear model reads in English customer sentences, and the model, as numpy arrays.

A whole batch becomes one array of word ids, so nothing is done word by word in Python. Features:
words (those after a negation apart), pairs of words (hashed), sums of the TextBlob and VADER word
lists under negation, intensifiers and "but", and the phrases of data/judgements.toml. Two weights
a feature: towards positive, and towards neutral. `python -m analysis.train_sentiment` learns them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import tanh
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.phrases import Found, PhraseFinder, is_spaceless, rows_of

__all__ = [
    "Features",
    "SentimentModel",
    "Vocabulary",
    "judgement_sums",
    "judgements",
    "judging",
    "load",
    "word_flags",
]

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_FILE = Path(__file__).parent / "models" / "sentiment_en.npz"
_PAIR_BITS = 18
_NEGATION_REACH = 4  # words; VADER looks back 3, one more paid in leave-one-data-set-out
_NEGATED = -0.74  # VADER's N_SCALAR (Hutto & Gilbert 2014)
_INTENSITY = (0.5, 1.6)
# Added to the logit towards positive for each sure phrase: enough to turn a text that leans the
# other way, not one that is sure itself (its logit is 1.4 in the mean).
_SURE = 2.5
_FLAGS = ("deny", "turn", "stop", "exclaim", "ask")
_SURE_KEYS = ("sure_positive", "sure_negative")
_STOPS = frozenset('.,;:!?()…–—-"')


@dataclass(frozen=True, slots=True)
class Features:
    """Of a batch: `columns` present in `rows` (each pair once), and what is told per row.

    `dense` ends with `phrases`, the sums of judging phrases; `sure` is what sure ones say, -1 to 1.
    """

    rows: Ints
    columns: Ints
    norms: Floats
    dense: Floats
    phrases: Floats
    sure: Floats


@dataclass(frozen=True)
class Vocabulary:
    """The words, and what the lists say of each; index 0 is every word we do not know."""

    words: list[str]
    vader: Floats
    textblob: Floats
    subjectivity: Floats
    intensity: Floats
    flags: Mapping[str, Flags]

    @cached_property
    def index(self) -> dict[str, int]:
        return dict(zip(self.words, range(len(self.words)), strict=True))

    @property
    def width(self) -> int:
        """Columns of `Features`: a word, a word under negation, a pair of words."""
        return 2 * len(self.words) + (1 << _PAIR_BITS)

    def features(self, tokenized: Sequence[Sequence[str]]) -> Features:
        count = len(tokenized)
        get = self.index.get
        ids = np.array([get(t, 0) for tokens in tokenized for t in tokens], dtype=np.int64)
        rows = np.repeat(np.arange(count), [len(tokens) for tokens in tokenized])
        phrases, sure = _phrases(tokenized, "en")
        if not len(ids):
            dense = np.hstack([self._dense(ids, rows, np.zeros(0, bool), count), phrases])
            return Features(rows, ids, np.ones(count), dense, phrases, sure)
        negated = self._negated(ids, rows)
        pairs = (rows[1:] == rows[:-1]) & (ids[1:] > 0) & (ids[:-1] > 0)
        first, second = ids[:-1][pairs], ids[1:][pairs]
        hashed = (first * 1000003 + second * 8191 + 12345) * 2654435761 >> 7
        known = ids > 0
        columns = np.concatenate(
            [
                (ids + len(self.words) * negated)[known],
                2 * len(self.words) + (hashed & ((1 << _PAIR_BITS) - 1)),
            ]
        )
        keys = np.sort(np.concatenate([rows[known], rows[1:][pairs]]) * self.width + columns)
        again = np.zeros(len(keys), bool)  # np.unique takes ten times as long
        again[1:] = keys[1:] == keys[:-1]
        rows_once, columns_once = np.divmod(keys[~again], self.width)
        norms = np.sqrt(np.maximum(np.bincount(rows_once, minlength=count), 1))
        dense = np.hstack([self._dense(ids, rows, negated, count), phrases])
        return Features(rows_once, columns_once, norms, dense, phrases, sure)

    def _negated(self, ids: Ints, rows: Ints) -> NDArray[np.bool_]:
        """True for words that a negation before them reaches, within the clause."""
        places = np.arange(len(ids))
        starts = np.r_[True, rows[1:] != rows[:-1]]
        breaks = starts | self.flags["stop"][ids] | self.flags["turn"][ids]
        clause = np.maximum.accumulate(np.where(breaks, places, 0))
        denial = np.maximum.accumulate(np.where(self.flags["deny"][ids], places, -(10**6)))
        before = np.r_[-(10**6), denial[:-1]]
        return (before >= clause) & (places - before <= _NEGATION_REACH)

    def _dense(self, ids: Ints, rows: Ints, negated: NDArray[np.bool_], count: int) -> Floats:
        def total(weights: NDArray) -> NDArray[np.float64]:
            sums = np.bincount(rows, weights=weights, minlength=count)
            return sums.astype(np.float64)

        starts = np.r_[True, rows[1:] != rows[:-1]] if len(ids) else np.zeros(0, bool)
        previous = np.r_[0, ids[:-1]] if len(ids) else ids
        boost = np.clip(np.where(starts, 1.0, self.intensity[previous]), *_INTENSITY)
        sign = np.where(negated, _NEGATED, 1.0) * boost
        places = np.arange(len(ids))
        turns = self.flags["turn"][ids]
        last_turn = np.full(count, -1)
        np.maximum.at(last_turn, rows[turns], places[turns])
        stress = np.where(places > last_turn[rows], 1.5, 0.5)
        length = np.maximum(np.bincount(rows, minlength=count), 1)
        root = np.sqrt(length)
        columns: list[Floats] = []
        for values in (self.vader, self.textblob):
            value = values[ids] * sign
            good, bad = total(np.maximum(value, 0)), total(np.maximum(-value, 0))
            hits = total(value != 0)
            columns += [
                np.tanh(good - bad),
                np.tanh(total(value * stress)),
                (good - bad) / root,
                (good - bad) / np.maximum(hits, 1),
                np.tanh(good),
                np.tanh(bad),
                good / root,
                bad / root,
                (hits == 0).astype(np.float64),
            ]
        denials = total(self.flags["deny"][ids])
        columns += [
            np.tanh(denials / 2),
            denials / root,
            np.tanh(total(self.flags["exclaim"][ids])),
            np.tanh(total(self.flags["ask"][ids])),
            (total(turns) > 0).astype(np.float64),
            np.log(length) / 5,
            total(self.subjectivity[ids]) / root,
        ]
        return np.array(columns, dtype=np.float32).T


def word_flags(words: Sequence[str]) -> dict[str, Flags]:
    """Which words deny, turn a sentence round, end a clause, exclaim or ask."""
    deny, turn = _word_set("en", "deny"), _word_set("en", "turn")
    return {
        "deny": np.array([w in deny or w.endswith("n't") for w in words]),
        "turn": np.array([w in turn for w in words]),
        "stop": np.array([bool(w) and set(w) <= _STOPS for w in words]),
        "exclaim": np.array(["!" in w for w in words]),
        "ask": np.array(["?" in w for w in words]),
    }


@dataclass(frozen=True)
class SentimentModel:
    """Weights over a vocabulary's features; `about` says what it was learned from and how well."""

    vocabulary: Vocabulary
    polar: Floats  # by column, towards positive
    neutral: Floats  # by column, towards neutral
    polar_dense: Floats
    neutral_dense: Floats
    polar_bias: float
    neutral_bias: float
    about: Mapping[str, object]

    def logits(self, features: Features) -> tuple[Floats, Floats]:
        """Per text: above 0 is rather positive than negative; rather neutral than either."""
        count = len(features.norms)

        def linear(
            weights: Floats, dense_weights: Floats, dense: Floats, bias: float
        ) -> NDArray[np.float64]:
            sums = np.bincount(features.rows, weights=weights[features.columns], minlength=count)
            return sums / features.norms + dense @ dense_weights + bias

        both = np.hstack([features.dense, np.abs(features.dense)])
        sure = _SURE * features.sure
        return (
            linear(self.polar, self.polar_dense, features.dense, self.polar_bias) + sure,
            linear(self.neutral, self.neutral_dense, both, self.neutral_bias) - np.abs(sure),
        )

    def save(self, path: Path) -> None:
        words = "\n".join(self.vocabulary.words).encode()
        np.savez(  # not compressed: 2 MB instead of 1, read in a quarter of the time
            path,
            words=np.frombuffer(words, dtype=np.uint8),
            vader=self.vocabulary.vader.astype(np.float16),
            textblob=self.vocabulary.textblob.astype(np.float16),
            subjectivity=self.vocabulary.subjectivity.astype(np.float16),
            intensity=self.vocabulary.intensity.astype(np.float16),
            polar=self.polar.astype(np.float16),
            neutral=self.neutral.astype(np.float16),
            polar_dense=self.polar_dense.astype(np.float32),
            neutral_dense=self.neutral_dense.astype(np.float32),
            biases=np.array([self.polar_bias, self.neutral_bias], dtype=np.float32),
            about=np.frombuffer(json.dumps(self.about).encode(), dtype=np.uint8),
            flags=np.array([self.vocabulary.flags[name] for name in _FLAGS]),
        )


@cache
def load(path: Path = _FILE) -> SentimentModel:
    """The shipped model, read once."""
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    vader, textblob, subjectivity, intensity = (
        arrays[name].astype(np.float64)
        for name in ("vader", "textblob", "subjectivity", "intensity")
    )
    vocabulary = Vocabulary(
        arrays["words"].tobytes().decode().split("\n"),
        vader,
        textblob,
        subjectivity,
        intensity,
        dict(zip(_FLAGS, arrays["flags"], strict=True)),
    )
    polar, neutral = (arrays[n].astype(np.float32) for n in ("polar", "neutral"))
    polar_bias, neutral_bias = arrays["biases"].tolist()
    return SentimentModel(
        vocabulary,
        polar,
        neutral,
        arrays["polar_dense"],
        arrays["neutral_dense"],
        polar_bias,
        neutral_bias,
        json.loads(arrays["about"].tobytes()),
    )


def judgements() -> Mapping[str, Mapping[str, Any]]:
    """The rows of data/judgements.toml by language."""
    return rows_of("judgements")


@cache
def _finder(language: str) -> PhraseFinder:
    rows = judgements()[language]
    return PhraseFinder(
        {key: rows.get(key, []) for key in ("positive", "negative", *_SURE_KEYS)},
        spaceless=is_spaceless(language),
    )


@cache
def _word_set(language: str, key: str) -> frozenset[str]:
    return frozenset(judgements()[language].get(key, "").split())


def judging(tokens: Sequence[str], language: str) -> list[Found]:
    """Where good and bad phrases stand: first token, last token + 1, "positive" or "negative"."""
    return [found for found in _finder(language).find(tokens) if found[2] not in _SURE_KEYS]


def judgement_sums(tokenized: Sequence[Sequence[str]], language: str) -> Floats:
    """Per text: good and bad phrases by length; good, bad, balance within -1..1; none found.

    Of phrases that overlap the longest counts; a single word after a denial turns round.
    """
    return _phrases(tokenized, language)[0]


def _phrases(tokenized: Sequence[Sequence[str]], language: str) -> tuple[Floats, Floats]:
    """`judgement_sums`, and -1, 0 or 1: what the sure phrases of each text say together."""
    find, deny = _finder(language).find, _word_set(language, "deny")
    spaceless = is_spaceless(language)
    sums = np.zeros((len(tokenized), 6), dtype=np.float32)
    balances = np.zeros(len(tokenized), dtype=np.float32)
    for row, tokens in enumerate(tokenized):
        found = find(tokens)
        sure = [key for *_, key in found if key in _SURE_KEYS]
        if sure:
            balances[row] = sum(1 if key == "sure_positive" else -1 for key in sure)
            found = [each for each in found if each[2] not in _SURE_KEYS]
        if not found:
            sums[row, 5] = 1
            continue
        if spaceless:
            good = float(sum(key == "positive" for *_, key in found))
            bad = len(found) - good
            root = (sum(map(len, tokens)) / 2) ** 0.5  # a word has two characters
        else:
            good, bad = _weigh(found, tokens, deny)
            root = len(tokens) ** 0.5
        sums[row, :5] = (good / root, bad / root, tanh(good), tanh(bad), tanh(good - bad))
    return sums, np.sign(balances)


def _weigh(found: list[Found], tokens: Sequence[str], deny: frozenset[str]) -> tuple[float, float]:
    good = bad = 0.0
    covered = -1
    for start, end, key in sorted(found, key=lambda f: (f[0], -f[1])):
        if end <= covered:
            continue
        covered = end
        weight = 1.0 if key == "positive" else -1.0
        alone = end - start == 1 and tokens[start] not in deny
        if alone and _denied(tokens, start, deny):
            weight *= -0.8
        if weight > 0:
            good += weight
        else:
            bad -= weight
    return good, bad


def _denied(tokens: Sequence[str], at: int, deny: frozenset[str]) -> bool:
    for token in reversed(tokens[max(at - 3, 0) : at]):
        if token in _STOPS:
            return False
        if token in deny or token.endswith("n't"):
            return True
    return False
