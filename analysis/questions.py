"""The question coverage matrix: all questions of the market by meaning, and who answers each."""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from analysis.embedding import EMBEDDED_LANGUAGES, embed
from analysis.faq_quality import topics_of
from analysis.observations import Page, Proof, fold, shorten
from analysis.swot_rules import Missing
from crawler.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.observations import Observed

__all__ = [
    "Question",
    "Wording",
    "answered_elsewhere",
    "cluster",
    "coverage_matrix",
    "missing_of",
    "wordings_of",
]

Coverage = Literal["we_miss", "only_we", "nobody", "everybody", "some"]

SAME = 0.6  # similarity from which two questions are one; chosen on the pairs of test_questions.py
# Cosine of embeddings from which groups of two languages are one, if neither has a closer one:
# of 20 questions in en, de, fr and es all that were joined were right, and 93 % were joined.
SAME_ABROAD = 0.6
# Likeness of words, and of embeddings, from which it can't be said that a brand leaves a question
# open that it asks in other words: chosen by eye on 15 pairs, where SAME misses 5 of 10 alike.
NEAR = 0.45
NEAR_IN_MEANING = 0.55
NEAR_IN_TOPIC = 0.45  # the same where both are about one core topic: joining and registering
_MOST_OF_NAME = 0.55  # of a domain's label that a name must make up: mailvault of mailvaultapp
_USE = "product_use"  # a topic as wide as the product itself: it makes no two questions alike
_ROOT = 6  # letters that subscribe and subscription share
_MAX_ANSWER = 2_000  # characters of an answer that are looked at
_MAX_ABROAD = 1_500  # groups of a language compared with other languages', the most asked
_MAX_WORDINGS = 8_000  # time is quadratic: 8,000 take some seconds; beyond it the rest is left out


class Wording(NamedTuple):
    """A question as somebody asks it. `brand_id` is None for searchers (people also ask).

    `plain` is the text without the asking brand's own name, where that is known: "Is it free?" of
    two brands is one question, whatever they are called.
    """

    text: str
    language: str | None
    brand_id: str | None
    source: Literal["faq", "people_also_ask", "support"]
    answered: bool
    page_id: str | None = None
    plain: str = ""
    answer: str = ""

    @property
    def compared(self) -> str:
        return self.plain or self.text


@dataclass(slots=True)
class Question:
    """Wordings of one meaning. `asked` counts them, `brands` are those that answer it.

    `nearby` are brands that answer another question so near to it that neither "nobody else
    answers it" nor "they leave it open" would hold.
    """

    text: str
    language: str | None
    topic: str | None
    wordings: list[Wording]
    brands: frozenset[str]
    searched: int
    coverage: Coverage = "some"
    evidence: list[Proof] = field(default_factory=list)
    nearby: frozenset[str] = frozenset()

    @property
    def asked(self) -> int:
        return len(self.wordings)


def wordings_of(brands: Iterable[Observed]) -> list[Wording]:
    """The FAQ questions of the brands; one whose answer is a link away counts as answered."""
    return [
        Wording(
            shorten(entry.question, 300),
            page.language if (page := brand.page(entry.page_id)) else None,
            brand.brand_id,
            "faq",
            bool(entry.answer.strip() or entry.url),
            entry.page_id,
            answer=entry.answer[:_MAX_ANSWER],
        )
        for brand in brands
        for entry in brand.faq
    ]


_TOPIC_PAGES = {
    "privacy": r"privacy|datenschutz|gdpr|dsgvo|confidentialit|privacidad|riservatezza|security",
    "account": r"sign-?(?:up|in)|log-?in|regist|account|konto|compte|cuenta|anmeld",
    "tracking": r"track|sendungsverfolg|suivi",
}
_TOPIC_FACTS = {
    "returns": ("returns",),
    "refunds": ("returns",),
    "delivery": ("shipping",),
    "payment": ("payment", "pricing"),
    "warranty": ("warranty",),
    "order_change": ("cancellation",),
}
_TALKED_TO = ("email", "phone", "form", "whatsapp", "messenger", "telegram", "sms", "hours")


def answered_elsewhere(brands: Iterable[Observed]) -> dict[str, frozenset[str]]:
    """Core topic -> brands that say something on it outside of their FAQ.

    Nobody can say of them that they leave a question on it open, nor that somebody else alone
    answers it: who shows a phone number has told how to reach the support.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for brand in brands:
        facts = {p.kind for p in brand.policies} | {page.purpose for page in brand.read}
        for topic, kinds in _TOPIC_FACTS.items():
            if facts & set(kinds):
                found[topic].add(brand.brand_id)
        for topic, words in _TOPIC_PAGES.items():
            if any(_is_about(page, words) for page in brand.read):
                found[topic].add(brand.brand_id)
        if any(channel.kind in _TALKED_TO for channel in brand.channels) or brand.chat:
            found["contact"].add(brand.brand_id)
    return {topic: frozenset(having) for topic, having in found.items()}


def _is_about(page: Page, words: str) -> bool:
    where = urlsplit(page.url).path
    return re.search(words, f"{where} {page.title}", re.IGNORECASE) is not None


# -- meaning -------------------------------------------------------------------------------


@cache
def _rows() -> dict[str, Any]:
    path = Path(__file__).with_name("question_words.toml")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    if rows.keys() != {"kinds", "alike", "silent", "same", "own"}:
        raise ConfigError(f"{path.name} has tables {sorted(rows)}; see its first lines")
    return rows


@cache
def _kinds() -> tuple[tuple[str, re.Pattern[str]], ...]:
    alike = _rows()["alike"]
    return tuple(
        (alike.get(kind, kind), re.compile(pattern, re.IGNORECASE))
        for kind, pattern in _rows()["kinds"].items()
    )


@cache
def _silent(language: str | None) -> frozenset[str]:
    words = _rows()["silent"]
    return frozenset(words["en"]) | frozenset(words.get(language, ()))


@cache
def _same(language: str | None) -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = _rows()["same"]
    groups = rows.get(language, rows["en"] if language is None else [])
    return tuple(
        (group[0], re.compile(rf"\b(?:{'|'.join(map(re.escape, group))})\w*")) for group in groups
    )


def _features(text: str, language: str | None) -> dict[str, float]:
    """Weighted features of a question: word stems, parts of words, topic, kind of question."""
    folded = fold(text)
    found: dict[str, float] = defaultdict(float)
    for name, pattern in _same(language):
        folded, times = pattern.subn(" ", folded)
        if times:
            found[f"s:{name}"] = 1.0
    for word in folded.split():
        if word in _silent(language):
            continue
        stem = _stem(word)
        found[f"w:{stem}"] = 1.0
        grams = [stem[i : i + 4] for i in range(len(stem) - 3)]
        for gram in grams:
            found[f"c:{gram}"] += 0.5 / len(grams)
    for topic in topics_of(text, language):
        found[f"t:{topic}"] = 0.7
    found[f"k:{_kind(text)}"] = 0.8
    return found


def _content(text: str, language: str | None) -> int:
    """How many words of the question say what it is about."""
    return sum(word not in _silent(language) for word in fold(text).split())


_PRONOUN = re.compile(r"\b(?:it|this|that|they|them|these|those)\b", re.IGNORECASE)


def _is_unspecific(wording: Wording) -> bool:
    """ "How does it work?" says nothing without the page around it; "Is it free?" does."""
    text, language = wording.compared, wording.language
    words = _content(text, language)
    if words != 1 or any(pattern.search(fold(text)) for _, pattern in _same(language)):
        return words == 0
    return _PRONOUN.search(text) is not None


_TOKEN = re.compile(r"\w[\w.’'+-]*")
_NAMELESS = frozenset({"de", "lb"})  # languages that write every noun with a capital


def _products(text: str, language: str | None) -> frozenset[str]:
    """Names of products and places: two questions that differ in them are two questions.

    >>> sorted(_products("What are Yahoo's IMAP settings in iCloud?", "en"))
    ['icloud', 'yahoo']
    """
    tokens = list(_TOKEN.finditer(text))
    capital = [m for m in tokens[1:] if m[0][0].isupper() and not m[0].isupper()]
    has_names = language not in _NAMELESS and 2 * len(capital) <= len(tokens)
    found = set()
    for match in tokens:
        name = re.sub(r"[’'].*$|[.-]+$", "", match[0])
        is_mixed = any(c.isupper() for c in name[1:]) and not name.isupper()
        begins = not re.search(r"[\w,;:–-][\s\"“(]*$", text[: match.start()])
        is_capital = name[:1].isupper() and not name.isupper() and has_names and not begins
        if is_mixed or is_capital or re.fullmatch(r"\w+\.(?:com|io|org|net|app)", name):
            found.add(name.casefold())
    return frozenset(found)


def _kind(text: str) -> str:
    return next((kind for kind, pattern in _kinds() if pattern.search(text)), "way")


def _stem(word: str) -> str:
    """A short form that inflections share; no dictionary, so only common endings go."""
    for ending in (
        "ments",
        "ment",
        "ings",
        "ing",
        "ies",
        "ied",
        "es",
        "ed",
        "en",
        "er",
        "s",
        "e",
        "n",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


_Vector = dict[str, float]


def _vectors(wordings: Sequence[Wording]) -> list[_Vector]:
    """Unit vectors of features, weighted by rarity."""
    rows = [_features(wording.compared, wording.language) for wording in wordings]
    seen = Counter(name for row in rows for name in row)
    found = []
    for row in rows:
        weighed = {
            name: weight * (math.log((1 + len(rows)) / (1 + seen[name])) + 1.0)
            for name, weight in row.items()
        }
        norm = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
        found.append({name: weight / norm for name, weight in weighed.items()})
    return found


def _pairs(vectors: Sequence[_Vector], least: float = SAME) -> list[tuple[float, int, int]]:
    """Pairs at least so alike, most alike first; by feature, so memory stays linear."""
    postings: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for i, vector in enumerate(vectors):
        for name, weight in vector.items():
            postings[name][0].append(i)
            postings[name][1].append(weight)
    having = {name: (np.array(i), np.array(w)) for name, (i, w) in postings.items()}
    pairs = []
    for i, vector in enumerate(vectors):
        alike = np.zeros(len(vectors))
        for name, weight in vector.items():
            indexes, weights = having[name]
            alike[indexes] += weight * weights
        for j in np.nonzero(alike[i + 1 :] >= least)[0]:
            pairs.append((round(float(alike[i + 1 + j]), 6), i, i + 1 + int(j)))
    return sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))


def _alike(a: _Vector, b: _Vector) -> float:
    norms = math.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))
    return sum(weight * b.get(name, 0.0) for name, weight in a.items()) / norms if norms else 0.0


def cluster(wordings: Sequence[Wording]) -> list[list[Wording]]:
    """Wordings of one meaning together, in the order of their first wording.

    Within a language by words: two groups become one only when their centers are alike, so a
    chain of near misses does not join what has nothing in common. Groups of different languages
    by their embeddings, where the encoder knows both languages.
    """
    by_language: dict[str | None, list[Wording]] = defaultdict(list)
    for wording in wordings[:_MAX_WORDINGS]:
        by_language[wording.language].append(wording)
    groups = {code: _cluster_one_language(found) for code, found in by_language.items()}
    return _join_languages(groups)


def _join_languages(groups: dict[str | None, list[list[Wording]]]) -> list[list[Wording]]:
    """One list of groups; those of several languages that are each other's closest are joined."""
    known = [code for code in groups if code in EMBEDDED_LANGUAGES]
    flat = [(code, group) for code, found in groups.items() for group in found]
    if len(known) < 2:
        return [group for _, group in flat]
    centers: dict[str | None, NDArray[np.float32]] = {c: _centers(groups[c]) for c in known}
    place = {id(group): i for i, (_, group) in enumerate(flat)}
    leader = list(range(len(flat)))
    joined = {i: [i] for i in leader}
    for _, first, second in _pairs_abroad(groups, centers, known):
        a, b = sorted((leader[place[id(first)]], leader[place[id(second)]]))
        spoken = [flat[i][0] for i in (*joined[a], *joined[b])]
        if a == b or len(set(spoken)) < len(spoken):
            continue  # each language has the question once
        for member in joined.pop(b):
            leader[member] = a
            joined[a].append(member)
    return [[w for i in members for w in flat[i][1]] for members in joined.values()]


def _centers(groups: list[list[Wording]]) -> NDArray[np.float32]:
    """The mean embedding of each of the most asked groups, of length 1."""
    rows = [
        np.mean(embed([w.compared for w in group[:3]]), axis=0) for group in _most_asked(groups)
    ]
    found = np.array(rows, np.float32)
    normed: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return normed


def _most_asked(groups: list[list[Wording]]) -> list[list[Wording]]:
    return sorted(groups, key=lambda group: -len(group))[:_MAX_ABROAD]


def _pairs_abroad(
    groups: dict[str | None, list[list[Wording]]],
    centers: dict[str | None, NDArray[np.float32]],
    known: Sequence[str | None],
) -> list[tuple[float, list[Wording], list[Wording]]]:
    """Groups of two languages that are each other's closest and close enough, closest first."""
    pairs = []
    for first, second in combinations(known, 2):
        alike = centers[first] @ centers[second].T
        closest_there, closest_here = alike.argmax(1), alike.argmax(0)
        mine, theirs = _most_asked(groups[first]), _most_asked(groups[second])
        for i, j in enumerate(closest_there):
            if closest_here[j] == i and alike[i, j] >= SAME_ABROAD:
                pairs.append((round(float(alike[i, j]), 6), mine[i], theirs[int(j)]))
    return sorted(pairs, key=lambda pair: -pair[0])


def _subject(wording: Wording) -> tuple[object, ...]:
    """What two wordings of one question share: products, a core topic or none, some content."""
    text, language = wording.compared, wording.language
    has_topic = bool(topics_of(text, language) - {_USE})
    return _products(text, language), has_topic, _is_unspecific(wording)


def _cluster_one_language(wordings: list[Wording]) -> list[list[Wording]]:
    vectors = _vectors(wordings)
    leader = list(range(len(wordings)))
    centers = [dict(vector) for vector in vectors]
    members = {i: [i] for i in leader}
    kinds = {i: {_kind(wording.compared)} - {"way"} for i, wording in enumerate(wordings)}
    subjects = [_subject(wording) for wording in wordings]
    for _, i, j in _pairs(vectors):
        a, b = sorted((leader[i], leader[j]))
        if a == b or len(kinds[a] | kinds[b]) > 1 or subjects[i] != subjects[j]:
            continue  # how long and how much, of one thing, are two questions
        if _alike(centers[a], centers[b]) < SAME:
            continue
        kinds[a] |= kinds[b]
        for name, weight in centers[b].items():
            centers[a][name] = centers[a].get(name, 0.0) + weight
        for member in members.pop(b):
            leader[member] = a
            members[a].append(member)
    return [[wordings[i] for i in sorted(group)] for _, group in sorted(members.items())]


# -- who answers -----------------------------------------------------------------------------


def coverage_matrix(
    wordings: Sequence[Wording],
    *,
    own: str | None,
    seen: frozenset[str],
    names: Mapping[str, str] | None = None,
    elsewhere: Mapping[str, frozenset[str]] | None = None,
) -> list[Question]:
    """Questions of the market, the most asked first.

    `seen` are the brands whose FAQ we saw (also the brands that were read and have none): only of
    them it can be said that they do not answer. `names` has each brand's name by its id; a
    question that names one is about that brand and is nobody else's to answer, unless others ask
    the same of themselves. `elsewhere`: see `answered_elsewhere`.
    """
    labels = {
        brand: name.lower().replace("-", "")
        for brand, name in (names or {}).items()
        if len(name) > 2
    }
    plain = [_without_own_name(wording, labels) for wording in wordings]
    questions = [_question(group) for group in cluster(plain)]
    _find_nearby(questions)
    _find_said(questions)
    told = _told_topics(questions, own)
    for question in questions:
        for topic in _topics(question) & (elsewhere or {}).keys():
            question.nearby |= (elsewhere or {})[topic]
        about_brand = _is_one_brands(question, own, list(labels.values()))
        is_new_to_us = not _topics(question) & told
        question.coverage = _coverage(question, own, seen, about_brand, is_new_to_us)
    questions.sort(key=lambda q: (-q.searched, -len(q.brands), -q.asked, q.text))
    return questions


def _without_own_name(wording: Wording, labels: Mapping[str, str]) -> Wording:
    """The wording with what is compared: not the brand's name for itself, nor "the platform"."""
    text = wording.text
    if label := labels.get(wording.brand_id or ""):
        text = re.sub(
            r"[\w-]{3,}(?:['’]s)?", lambda m: "it" if _names_one(m[0], [label]) else m[0], text
        )
    for pattern in _own_words(wording.language):
        text = pattern.sub("", text)
    return wording._replace(plain=" ".join(text.split()) or "?")


@cache
def _own_words(language: str | None) -> tuple[re.Pattern[str], ...]:
    rows = _rows()["own"]
    known = [rows[code] for code in dict.fromkeys((language or "en", "en")) if code in rows]
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in known)


def _topics(question: Question) -> set[str]:
    return {t for w in question.wordings for t in topics_of(w.text, w.language)} - {_USE}


def _told_topics(questions: Iterable[Question], brand_id: str | None) -> set[str]:
    """Core topics on which the brand's FAQ says anything, in a question or in any answer."""
    found: set[str] = set()
    for question in questions:
        if brand_id in question.brands:
            found |= _topics(question)
            answers = [w for w in question.wordings if w.brand_id == brand_id]
            found.update(*(topics_of(w.answer, w.language) for w in answers))
    return found


def _is_one_brands(question: Question, own: str | None, labels: Sequence[str]) -> bool:
    """Whether only one brand can answer it: it names the brand, a product, or nothing at all."""
    if any(_names_one(wording.compared, labels) for wording in question.wordings):
        return True
    if own not in question.brands and all(_names_one(w.text, labels) for w in question.wordings):
        return True  # no text that we could print as a question to us
    if any(map(_is_unspecific, question.wordings)) and not question.searched:
        return True
    if question.searched or len({wording.brand_id for wording in question.wordings}) > 1:
        return False
    return any(
        _names_one(w.text, labels) or _products(w.compared, w.language) for w in question.wordings
    )


_NAME = re.compile(r"\b[A-Z]\w{2,}")


def _names_one(text: str, labels: Sequence[str]) -> bool:
    """Whether a brand is named: its whole label, or a name that makes up most of it.

    >>> _names_one("Does MailVault work with Gmail?", ["mailvaultapp"])
    True
    >>> _names_one("Does the mail work with Gmail?", ["mailvaultapp"])
    False
    """
    words = {word.lower().replace("-", "") for word in re.findall(r"[\w-]{3,}", text)}
    capital = {word.lower() for word in _NAME.findall(text)}
    return any(
        label in words
        or any(label.startswith(w) and len(w) >= _MOST_OF_NAME * len(label) for w in capital)
        for label in labels
    )


def _question(wordings: list[Wording]) -> Question:
    asked = [w for w in wordings if w.source == "people_also_ask"] or wordings
    shown = min(asked, key=lambda w: (len(w.text), w.text))
    topics = Counter(t for w in wordings for t in topics_of(w.text, w.language))
    return Question(
        text=shown.text,
        language=shown.language,
        topic=min(topics, key=lambda t: (-topics[t], t == _USE, t)) if topics else None,
        wordings=wordings,
        brands=frozenset(w.brand_id for w in wordings if w.brand_id and w.answered),
        searched=sum(w.source == "people_also_ask" for w in wordings),
        evidence=[Proof(w.page_id, w.text) for w in wordings if w.page_id],
    )


_PARTS = re.compile(r"[^?？؟]{8,}[?？؟]?")


def _find_nearby(questions: Sequence[Question]) -> None:
    """Fill in `nearby`. A wording of two questions ("Is it safe? Where is it kept?") is either."""
    asked = [
        (number, wording._replace(plain=part.strip()))
        for number, question in enumerate(questions)
        for wording in question.wordings
        for part in _PARTS.findall(wording.compared) or [wording.compared]
    ]
    parts = [wording for _, wording in asked]
    alike = {(i, j) for _, i, j in _pairs(_vectors(parts), NEAR)} | _pairs_in_meaning(parts)
    near: dict[int, set[str]] = defaultdict(set)
    for i, j in alike:
        a, b = asked[i][0], asked[j][0]
        if a != b:
            near[a] |= questions[b].brands
            near[b] |= questions[a].brands
    for number, brands in near.items():
        questions[number].nearby = frozenset(brands)


def _find_said(questions: Sequence[Question]) -> None:
    """Add to `nearby` the brands of which one answer has all words of the question.

    Of a question with one such word that alone says little where two brands answer the question.
    """
    entries = [w for q in questions for w in q.wordings if w.brand_id and w.answered and w.answer]
    having: dict[str, set[int]] = defaultdict(set)
    for number, entry in enumerate(entries):
        for root in _roots(f"{entry.compared} {entry.answer}", entry.language):
            having[root].add(number)
    for question in questions:
        for roots in {_roots(w.compared, w.language) for w in question.wordings}:
            if len(roots) > (len(question.brands) >= 2):
                rarest = sorted((having.get(root, set()) for root in roots), key=len)
                told = rarest[0].intersection(*rarest[1:])
                question.nearby |= {brand for n in told if (brand := entries[n].brand_id)}


def _roots(text: str, language: str | None) -> frozenset[str]:
    """The beginnings of the words that say what a text is about."""
    silent = _silent(language)
    return frozenset(_stem(word)[:_ROOT] for word in {*fold(text).split()} - silent)


def _pairs_in_meaning(wordings: Sequence[Wording]) -> set[tuple[int, int]]:
    """Pairs near by their embeddings, of the first wordings in languages that the encoder knows."""
    places = [i for i, w in enumerate(wordings) if w.language in EMBEDDED_LANGUAGES][:_MAX_ABROAD]
    if len(places) < 2:
        return set()
    found = embed([wordings[i].compared for i in places])
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    alike = np.triu(found @ found.T, 1)
    pairs = {(places[i], places[j]) for i, j in np.argwhere(alike >= NEAR_IN_MEANING)}
    topics = [topics_of(w.compared, w.language) - {_USE} for w in wordings]
    near = ((places[i], places[j]) for i, j in np.argwhere(alike >= NEAR_IN_TOPIC))
    return pairs | {(a, b) for a, b in near if topics[a] & topics[b]}


def _coverage(
    question: Question,
    own: str | None,
    seen: frozenset[str],
    about_brand: bool,
    is_new_to_us: bool,
) -> Coverage:
    rivals = question.brands - {own}
    looked = seen - {own}
    if not question.brands:
        return "nobody" if len(seen) >= 2 and not question.nearby else "some"
    if seen and question.brands >= seen and len(seen) > 1:
        return "everybody"
    if about_brand or own is None:
        return "some"
    if own in question.brands:
        alone = not rivals and not question.nearby - {own} and question.topic not in (None, _USE)
        return "only_we" if alone and len(looked) >= 2 else "some"
    on_new_topic = is_new_to_us and question.topic not in (None, _USE)
    asked_for = len(rivals) >= 2 or question.searched or on_new_topic
    return "we_miss" if own in seen - question.nearby and asked_for else "some"


def missing_of(
    questions: Sequence[Question], brand_id: str, seen: frozenset[str]
) -> tuple[Missing | None, Missing | None, Missing | None]:
    """(what others answer and the brand does not, what only it answers, what nobody answers).

    What only it answers is counted among the questions on core topics, the rest among those that
    at least two ask: two brands, or a brand and the searchers.
    """
    shared = [q for q in questions if len({w.brand_id for w in q.wordings}) >= 2 or q.searched]
    if not shared or len(seen) < 2:
        return None, None, None
    missed = only = None
    others = seen - {brand_id}
    if brand_id in seen:
        open_here = [q for q in shared if brand_id not in q.brands | q.nearby]
        missed = _missing([q for q in open_here if _is_usual(q, brand_id)], shared)
    if len(others) >= 2:
        core = [q for q in questions if q.topic not in (None, _USE)]
        alone = [q for q in core if q.brands == {brand_id} and q.nearby <= {brand_id}]
        only = _missing(alone, core)
    nobody = [q for q in shared if q.coverage == "nobody" and q.searched]
    return missed, only, _missing(nobody, shared)


def _is_usual(question: Question, brand_id: str) -> bool:
    others = question.brands - {brand_id}
    return len(others) >= 2 or bool(others and question.searched)


def _missing(found: Sequence[Question], compared: Sequence[Question]) -> Missing:
    evidence = tuple(proof for question in found for proof in question.evidence[:1])
    return Missing(len(found), len(compared), tuple(q.text for q in found), evidence)
