"""A sentiment model of one language, learned from texts whose judgement is known.

For languages without a model that we measured: a study's own starred reviews teach one, once there
are enough, and it is used only if it does well on reviews that it did not see. Words, pairs and
parts of words are hashed, so it needs no vocabulary and works in any script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from analysis.phrases import is_spaceless, tokens_of

__all__ = ["CLASSES", "LearnedModel", "learn", "load_models", "save_models"]

CLASSES = ("negative", "neutral", "positive")
_BITS = 14
_SIZE = 1 << _BITS
_PART = 4  # letters of a part of a word; of a spaceless script, 1 to 3
_STEPS = 150
_RATE = 8.0
_SHRINK = 2e-5  # weight decay; chosen on AfriSenti's train part by five folds
_EVERY = 5  # every fifth text is kept apart to measure


@dataclass(frozen=True)
class LearnedModel:
    """`weights` by feature and class; `accuracy`: good against bad, on `n_held` unseen texts."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    language: str | None
    n: int
    n_held: int
    accuracy: float

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Per text: negative, neutral, positive; they sum to 1."""
        rows, columns, values = _features(texts, self.language)
        return _softmax(_sums(rows, columns, values, self.weights, len(texts)) + self.bias)


def learn(texts: Sequence[str], labels: Sequence[str], language: str | None = None) -> LearnedModel:
    """A model of all texts, with the accuracy that one of four fifths has on the last fifth."""
    classes = np.array([CLASSES.index(label) for label in labels])
    held = np.arange(len(texts)) % _EVERY == _EVERY - 1
    rows, columns, values = _features(texts, language)

    def fit(of: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        taken = of[rows]
        number = np.cumsum(of) - 1
        return _fit(number[rows[taken]], columns[taken], values[taken], classes[of])

    weights, bias = fit(~held)
    taken = held[rows]
    numbers = (np.cumsum(held) - 1)[rows[taken]]
    guessed = _sums(numbers, columns[taken], values[taken], weights, int(held.sum())) + bias
    truth = classes[held]
    accuracy, decided = _balanced(guessed[:, 2] > guessed[:, 0], truth)
    weights, bias = fit(np.ones(len(texts), bool))
    return LearnedModel(weights, bias, language, len(texts), decided, accuracy)


def save_models(models: Mapping[str, LearnedModel], path: Path) -> None:
    arrays: dict[str, NDArray] = {}
    for language, model in models.items():
        arrays[f"{language}.weights"] = model.weights.astype(np.float16)
        arrays[f"{language}.bias"] = model.bias
        arrays[f"{language}.about"] = np.array([model.n, model.n_held, model.accuracy])
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # names are ours


def load_models(path: Path) -> dict[str, LearnedModel]:
    """The models of `save_models` by language."""
    models = {}
    with np.load(path, allow_pickle=False) as stored:
        for language in sorted({name.split(".")[0] for name in stored.files}):
            n, n_held, accuracy = stored[f"{language}.about"].tolist()
            models[language] = LearnedModel(
                stored[f"{language}.weights"].astype(np.float32),
                stored[f"{language}.bias"],
                language,
                int(n),
                int(n_held),
                accuracy,
            )
    return models


def _balanced(said_positive: NDArray[np.bool_], truth: NDArray) -> tuple[float, int]:
    """Mean of the shares right of good and of bad texts (chance is 0.5), and how many there are."""
    shares = [
        float((said_positive[truth == c] == (c == 2)).mean()) for c in (0, 2) if (truth == c).any()
    ]
    return (sum(shares) / 2 if len(shares) == 2 else 0.0), int((truth != 1).sum())


def _fit(
    rows: NDArray, columns: NDArray, values: NDArray, classes: NDArray
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Softmax regression, every class weighing the same, by accelerated gradient steps."""
    count = len(classes)
    target = np.eye(3, dtype=np.float32)[classes]
    present = target.sum(axis=0) > 0
    share = (1 / np.maximum(target.sum(axis=0), 1) / present.sum())[classes][:, None]
    weights = np.zeros((_SIZE, 3), np.float32)
    bias = np.where(present, 0, -20).astype(np.float32)
    ahead = weights
    for step in range(_STEPS):
        error = (_softmax(_sums(rows, columns, values, ahead, count) + bias) - target) * share
        slope = np.stack(
            [
                np.bincount(columns, weights=values * error[rows, c], minlength=_SIZE)
                for c in range(3)
            ],
            axis=1,
        )
        before = weights
        weights = (ahead - _RATE * (slope + _SHRINK * ahead)).astype(np.float32)
        ahead = weights + step / (step + 3) * (weights - before)
        bias -= error.sum(axis=0) * present
    return weights, bias


def _sums(
    rows: NDArray, columns: NDArray, values: NDArray, weights: NDArray, count: int
) -> NDArray:
    return np.stack(
        [
            np.bincount(rows, weights=values * weights[columns, c], minlength=count)
            for c in range(3)
        ],
        axis=1,
    )


def _softmax(logits: NDArray) -> NDArray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _features(texts: Sequence[str], language: str | None) -> tuple[NDArray, NDArray, NDArray]:
    """Rows, hashed columns and values of the texts; every text has length 1."""
    spaceless = is_spaceless(language)
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, text in enumerate(texts):
        units = _parts(text[:400]) if spaceless else _words(text)
        unique = set(units)
        rows.extend([row] * len(unique))
        columns.extend(unique)
        values.extend([len(unique) ** -0.5] * len(unique))
    return np.array(rows, np.int64), np.array(columns, np.int64), np.array(values)


def _words(text: str) -> list[int]:
    tokens = tokens_of(text)
    units = [unit for token in tokens for unit in _word(token)]
    units += [_hash(f"{a} {b}") for a, b in pairwise(tokens)]
    return units


@lru_cache(maxsize=50_000)
def _word(token: str) -> tuple[int, ...]:
    bounded = f"<{token}>"
    parts = {bounded[i : i + _PART] for i in range(len(bounded) - _PART + 1)}
    return (_hash(bounded), *(_hash(part) for part in sorted(parts)))


def _parts(text: str) -> list[int]:
    return [_hash(text[i : i + n]) for n in (1, 2, 3) for i in range(len(text) - n + 1)]


def _hash(unit: str) -> int:
    return crc32(unit.encode("utf-8", "surrogatepass")) & (_SIZE - 1)
