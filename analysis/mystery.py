"""Mystery shopping: which questions to ask a competitor, and what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from analysis.faq_quality import is_question, topics_of
from analysis.observations import fold, shorten
from analysis.surveys import bucket_of
from crawler.errors import ConfigError

__all__ = [
    "CHANNELS",
    "NOTE",
    "QUALITY",
    "ScriptQuestion",
    "choose_questions",
    "hours_between",
    "read_time",
    "standard_questions",
    "visit_bucket",
]

ASKED = 15  # questions of a script: as many as the Campfire bot audit asks
_SHORTEST, _LONGEST = 12, 160  # characters of a question that somebody would write in a message
# Words that the channels of a crawl and the log share.
CHANNELS = (
    "email", "form", "phone", "chat", "whatsapp", "messenger", "telegram", "viber", "line",
    "wechat", "sms", "social", "other",
)  # fmt: skip
# Topics in the order in which a customer to be would ask; others follow.
_ORDER = (
    "delivery", "returns", "payment", "refunds", "product_use", "warranty", "order_change",
    "tracking", "account", "contact", "privacy", "complaints",
)  # fmt: skip
# The two questions of the SuperOffice benchmark of 1,000 companies, in our words: both are simple,
# so what differs is speed, tone, and whether both are answered.
_STANDARD = {
    "en": ("Is there a phone number where I can reach you?",
           "Where on your website can I see your prices?"),
    "de": ("Unter welcher Telefonnummer kann ich Sie erreichen?",
           "Wo finde ich auf Ihrer Website die Preise?"),
    "fr": ("À quel numéro de téléphone puis-je vous joindre ?",
           "Où puis-je voir vos prix sur votre site ?"),
    "es": ("¿A qué número de teléfono les puedo llamar?",
           "¿Dónde puedo ver los precios en su web?"),
    "it": ("A quale numero di telefono vi posso chiamare?",
           "Dove trovo i prezzi sul vostro sito?"),
    "nl": ("Op welk telefoonnummer kan ik jullie bereiken?",
           "Waar vind ik de prijzen op jullie website?"),
    "pt": ("Para que número de telefone posso ligar?",
           "Onde posso ver os preços no vosso site?"),
    "pl": ("Pod jakim numerem telefonu mogę się z Państwem skontaktować?",
           "Gdzie na stronie znajdę ceny?"),
}  # fmt: skip
QUALITY = {
    1: "no answer to what was asked",
    2: "a link or a text block that leaves the question open",
    3: "answered in part, or only one of two questions",
    4: "answered fully and correctly",
    5: "answered fully, in a friendly tone, with the next step or a follow-up",
}
NOTE = (
    "When you asked and when the first real answer came, each with the time zone; an automatic "
    "confirmation or a bot that only takes the question in is no answer.",
    "Ask from Monday to Thursday in the morning, so that no weekend lies in the waiting time.",
    "Whether the answer agrees with the FAQ, and whether all that you asked was answered.",
    "Tone, name of nobody, offer of a next step; whether somebody followed up later.",
    "In a chat: does it say that it is a bot, does it admit not to understand, and how many steps "
    "lead to a person?",
    "After five working days without an answer, enter --never.",
)


class ScriptQuestion(NamedTuple):
    """A question to ask. `expected` is what the site's own FAQ says; "" where it says nothing."""

    text: str
    source: str  # standard | faq | market
    topic: str | None
    expected: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    topic: str | None
    answer: str


def standard_questions(language: str | None) -> list[ScriptQuestion]:
    """The two questions that everybody is asked; English where the language is not among ours."""
    texts = _STANDARD.get((language or "en")[:2].lower(), _STANDARD["en"])
    return [ScriptQuestion(text, "standard", "contact") for text in texts]


def choose_questions(
    faq: Iterable[tuple[str, str]],
    market: Iterable[str] = (),
    *,
    language: str | None = None,
    limit: int = ASKED,
) -> list[ScriptQuestion]:
    """At most `limit` questions from the own FAQ (question, answer) of the brand, topic by topic.

    Where it has too few, questions that the market's customers ask fill up. The same input gives
    the same questions.
    """
    seen: set[str] = set()
    own = _candidates(faq, language, seen)
    rest = _candidates(((text, "") for text in market), language, seen)
    chosen = [
        ScriptQuestion(c.text, source, c.topic, shorten(c.answer))
        for source, found in (("faq", _in_turn(own)), ("market", _in_turn(rest)))
        for c in found
    ]
    return chosen[:limit]


def _candidates(
    entries: Iterable[tuple[str, str]], language: str | None, seen: set[str]
) -> list[_Candidate]:
    """Real questions of a fitting length, each once."""
    found = []
    for question, answer in entries:
        text = " ".join(question.split())
        key = fold(text)
        if key in seen or not _SHORTEST <= len(text) <= _LONGEST:
            continue
        if not is_question(text, language):
            continue
        seen.add(key)
        topics = topics_of(text, language)
        topic = min(topics, key=_place) if topics else None
        found.append(_Candidate(text, topic, answer))
    return found


def _place(topic: str) -> tuple[int, str]:
    return (_ORDER.index(topic) if topic in _ORDER else len(_ORDER), topic)


def _in_turn(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """One of each topic, then the second of each, and so on; those without a topic come last."""
    by_topic: dict[str, list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.topic:
            by_topic[candidate.topic].append(candidate)
    topics = sorted(by_topic, key=_place)
    longest = max(map(len, by_topic.values()), default=0)
    ordered = [
        by_topic[topic][turn]
        for turn in range(longest)
        for topic in topics
        if turn < len(by_topic[topic])
    ]
    return [*ordered, *(c for c in candidates if c.topic is None)]


# -- times -----------------------------------------------------------------------------------


def read_time(text: str, name: str) -> datetime:
    """An ISO time with its zone, in UTC; ConfigError for anything else.

    >>> read_time("2026-03-02T09:30+01:00", "--asked-at").isoformat()
    '2026-03-02T08:30:00+00:00'
    """
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(
            f"{name} {text!r} is no time; write date, time and zone: 2026-03-02T09:30+01:00"
        ) from None
    if when.tzinfo is None:
        raise ConfigError(f"{name} {text!r} has no time zone; write it: {text.strip()}+01:00 or …Z")
    return when.astimezone(UTC)


def hours_between(asked_at: str, answered_at: str | None) -> float | None:
    """Hours from question to answer, None without one."""
    if answered_at is None:
        return None
    waited = datetime.fromisoformat(answered_at) - datetime.fromisoformat(asked_at)
    return waited.total_seconds() / 3600


def visit_bucket(hours: float | None, *, never: bool) -> str:
    """The bucket of a reply time; "waiting" while an answer may still come.

    >>> visit_bucket(5.5, never=False), visit_bucket(None, never=True)
    ('4-8h', 'never')
    """
    return "waiting" if hours is None and not never else bucket_of(hours)
