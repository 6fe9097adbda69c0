"""What spiders yield. Field names are column names; dates are ISO text, times are aware UTC.

An observation is what an extractor read on one page. It does not know its run, brand and page:
the pipeline adds those when it stores it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "AccessibilityCheck",
    "Channel",
    "ChatCriterion",
    "ChatWidget",
    "FaqEntry",
    "Link",
    "Observations",
    "Page",
    "PageVisit",
    "Policy",
    "Rating",
    "Review",
    "Search",
    "SerpResult",
    "Technology",
]

PageState = Literal[
    "ok",  # fetched and read
    "not_found",  # 404 or 410: the site says there is nothing
    "blocked",  # challenge page, 401, 403, 429 without end
    "robots",  # robots.txt disallows it, or robots.txt could not be had (RFC 9309)
    "refused",  # our own guard: private address, scheme, port
    "timeout",
    "too_large",
    "too_complex",
    "budget",  # known, wanted, but the budget of the site was used up
    "error",  # 5xx, connection, DNS, TLS; the reason says which
]
ChatKind = Literal["live_chat", "bot", "ai_bot", "hybrid", "messenger"]
Evidence = Literal["embedded", "likely", "mentioned"]
Purpose = Literal[
    "faq", "help", "contact", "reviews", "returns", "shipping", "about", "pricing", "other"
]


@dataclass(slots=True)
class FaqEntry:
    """A question with its answer; `answer` is "" where the page only links to it.

    `origin` says how it was read: json-ld, microdata, rdfa, details, accordion, dl, heading,
    bold, qa-text, table, list, help-centre.
    """

    question: str
    answer: str
    origin: str
    url: str | None = None  # of the article, when the answer is elsewhere


@dataclass(slots=True)
class Review:
    """One person's words about the brand, a product or a service.

    `rating` stays on its own scale, `rating_min`..`rating_max`. `author` never leaves the process:
    the pipeline turns it into a keyed hash for de-duplication.
    """

    text: str
    rating: float | None = None
    rating_min: float | None = None
    rating_max: float | None = None
    date: str | None = None
    title: str | None = None
    origin: str = ""
    reply: str | None = None  # what the owner answered
    author: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class Rating:
    """An aggregate that the page states: `value` on `min`..`max` from `count` ratings."""

    value: float
    min: float | None = None
    max: float | None = None
    count: int | None = None
    origin: str = ""


@dataclass(slots=True)
class ChatWidget:
    """A chat, bot or messenger of `vendor` (a slug). `mentioned` does not count as present."""

    vendor: str
    kind: ChatKind
    evidence: Evidence
    proof: str = ""  # the matched text, short
    phase: str = "static"  # static, load, idle, scroll, consent, click


@dataclass(slots=True)
class ChatCriterion:
    """What an opened chat shows, for one criterion of analysis/chat_rubric.toml."""

    criterion: str
    verdict: Literal["yes", "no", "not_observable"]
    excerpt: str = ""  # what was seen, or why nothing could be


@dataclass(slots=True)
class Technology:
    """A CX system that is not a chat: help desk, survey, reviews, shop platform, CRM, ..."""

    vendor: str
    category: str
    evidence: Evidence
    proof: str = ""


@dataclass(slots=True)
class Channel:
    """A way to reach the brand. `value` is normalized: address, E.164 number, absolute URL.

    Kinds: email, phone, form, whatsapp, messenger, telegram, viber, line, wechat, sms, social,
    hours, reply_time, address, language.
    """

    kind: str
    value: str
    detail: str | None = None  # country of a phone, fields of a form, network of a profile
    excerpt: str = ""


@dataclass(slots=True)
class Policy:
    """A promise as facts with units, e.g. kind "returns", facts {"window_days": 30}."""

    kind: str
    facts: dict[str, float | int | str | bool]
    excerpt: str = ""


@dataclass(slots=True)
class AccessibilityCheck:
    """How many elements of a page pass one check; `excerpt` is the first that does not."""

    check: str
    elements: int
    passing: int
    excerpt: str = ""


@dataclass(slots=True)
class Link:
    """A link of the same site that is worth a visit; `score` 0..1, higher is better."""

    url: str
    purpose: Purpose
    score: float
    text: str = ""


@dataclass(slots=True)
class Observations:
    """All that the extractors read on one page; `errors` names each extractor that failed."""

    faq: list[FaqEntry] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    chat: list[ChatWidget] = field(default_factory=list)
    chat_criteria: list[ChatCriterion] = field(default_factory=list)
    technologies: list[Technology] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    accessibility: list[AccessibilityCheck] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """One response, or the reason why there is none. `url` is the one asked for."""

    url: str
    state: PageState
    fetched_at: str
    reason: str = ""
    final_url: str | None = None
    status: int | None = None
    content_type: str | None = None
    bytes: int = 0
    digest: str | None = None  # of the body, to see what changed
    title: str | None = None
    language: str | None = None
    purpose: Purpose = "other"
    depth: int = 0  # clicks from the start page
    from_url: str | None = None
    rendered: bool = False
    record: str | None = None  # id of the response record in the archive


@dataclass(slots=True)
class PageVisit:
    """What the `site` and `chatbot` spiders yield: a page of a brand and what was read on it."""

    brand: str  # registrable domain
    page: Page
    observations: Observations = field(default_factory=Observations)


@dataclass(slots=True)
class SerpResult:
    """A search hit. `rank` counts organic results from 1; ads are counted apart."""

    rank: int
    url: str
    title: str = ""
    snippet: str = ""


@dataclass(slots=True)
class Search:
    """One keyword asked of one provider. A failure is a state, never an empty list of ranks."""

    keyword: str
    provider: str
    state: Literal["ok", "empty", "blocked", "quota", "error"]
    fetched_at: str
    reason: str = ""
    country: str | None = None
    language: str | None = None
    device: str = "desktop"
    depth: int = 0  # organic results returned; an unranked domain is unranked within this depth
    results: list[SerpResult] = field(default_factory=list)
    ads: list[SerpResult] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    record: str | None = None  # id of the response record in the archive
