"""Metrics as rows: what is measured, in which unit, how much it weighs, and by which formula.

Not seen is not zero. A metric is `measured` when we looked where the thing would be: a site that
was read and has no FAQ has 0 entries. It is `not_seen` when something kept us from looking (with
the reason), and `too_few` when we looked and there is too little to measure.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from analysis.chat_quality import grade_chat
from analysis.competitors import SISTRIX_2020, CtrCurve
from analysis.faq_quality import Grade, grade_faq, topics_of, word_count
from analysis.friction import ways_to_people
from analysis.observations import (
    Channel,
    Observed,
    Page,
    PageCheck,
    Policy,
    Proof,
    Searches,
    Sight,
    shorten,
)
from analysis.statistics import bootstrap, net_share, percent_places, shrunk_moments, wilson
from crawler.errors import ConfigError

__all__ = [
    "DIMENSIONS",
    "METHOD_VERSION",
    "METRICS",
    "METRIC_ROWS",
    "Measured",
    "Metric",
    "Subject",
    "format_value",
    "measure",
    "measure_themes",
    "normalize",
]

METHOD_VERSION = "1"
DIMENSIONS: dict[str, float] = {  # dimension -> weight in the overall score; equal by default
    "discoverability": 1.0,
    "self_service": 1.0,
    "assisted_support": 1.0,
    "chat": 1.0,
    "responsiveness": 1.0,
    "reputation": 1.0,
    "policies": 1.0,
    "reach": 1.0,
}
MIN_REVIEWS = 5  # chosen: fewer say more about chance than about the brand
MIN_THEME = 5  # mentions of a theme
_EVIDENCE = 4
_STATEMENT = "statement"  # the one accessibility check that is about the brand, not the page

State = Literal["measured", "not_seen", "too_few"]


@dataclass(slots=True)
class Measured:
    """A metric of one brand. `value` is None unless `state` is `measured`.

    `at_least` marks a count on a site that was not read fully: it may prove a lead, and it never
    counts as little, not in a score and not in a statement.
    """

    value: float | None
    n: int = 0
    low: float | None = None
    high: float | None = None
    coverage: float = 1.0
    state: State = "measured"
    reason: str = ""
    evidence: list[Proof] = field(default_factory=list)
    at_least: bool = False

    @property
    def firm(self) -> float | None:
        """The value where it may also be held against the brand."""
        return None if self.at_least else self.value


class Subject(NamedTuple):
    """What a metric is computed from."""

    brand: Observed
    searches: Searches
    language: str | None = None  # of the market
    curve: CtrCurve = SISTRIX_2020
    grade: Grade | None = None


class Metric(NamedTuple):
    """A row of the table of metrics.

    `worst` and `best` are the anchors of the 0-100 normalization. They do not depend on the
    market, so scores can be compared between runs. Between them the scale is linear, or
    logarithmic where a step from 1 to 2 means more than one from 30 to 31.
    """

    key: str
    dimension: str
    label: str
    unit: str
    better: Literal["high", "low", "target"]
    weight: float
    worst: float
    best: float
    scale: Literal["linear", "log"]
    formula: str
    source: str
    compute: Callable[[Subject], Measured]
    version: str = METHOD_VERSION
    conditional: bool = False
    parent: str = ""


# -- building blocks -------------------------------------------------------------------------


def _not_seen(reason: str, coverage: float = 0.0) -> Measured:
    return Measured(None, 0, coverage=coverage, state="not_seen", reason=reason)


def _too_few(reason: str, n: int = 0, evidence: Sequence[Proof] = ()) -> Measured:
    return Measured(None, n, state="too_few", reason=reason, evidence=list(evidence))


def _absence(sight: Sight, what: str, value: float = 0.0) -> Measured:
    """Zero where we looked, not seen where we did not."""
    if not sight.seen:
        return _not_seen(f"{what}: {sight.reason}", 0.0)
    n = len(sight.pages)
    pages = "1 page" if n == 1 else f"{n} pages"
    said = f"{what}: none on the {pages} read"
    proofs = [Proof(page.id, f"Read in full; no {what} on this page.") for page in sight.pages]
    return Measured(value, n, coverage=sight.coverage, reason=said, evidence=proofs[:_EVIDENCE])


def _presence(value: float, proofs: Iterable[Proof], sight: Sight, n: int = 1) -> Measured:
    """Something that was found; pages that could not be read make its coverage smaller."""
    coverage = sight.coverage if sight.coverage else 0.5
    shown = list(dict.fromkeys(proofs))[:_EVIDENCE]
    return Measured(value, n, coverage=coverage, evidence=shown)


def _count(value: float, proofs: Iterable[Proof], sight: Sight, n: int = 1) -> Measured:
    """A number of things that were found; a lower bound where not all could be read."""
    measured = _presence(value, proofs, sight, n)
    if not sight.seen:
        measured.at_least = True
        measured.reason = f"at least: {sight.reason}"
    return measured


# -- discoverability -------------------------------------------------------------------------


def _rank_proofs(s: Subject) -> list[Proof]:
    """Search results as evidence; they point at the page that ranks, if it was read."""
    pages = {page.url.rstrip("/"): page.id for page in s.brand.read}
    start = s.brand.start_page
    proofs = [
        Proof(
            pages.get(rank.url.rstrip("/")),
            f"Rank {rank.rank} for “{keyword}” ({s.searches.provider}): {rank.url}",
        )
        for keyword, rank in sorted(s.brand.ranks.items(), key=lambda item: item[1].rank)
    ]
    proofs.sort(key=lambda proof: proof.page_id is None)
    if proofs and proofs[0].page_id is None and start is not None:
        found = len(s.brand.ranks)
        keywords = "1 keyword" if found == 1 else f"{found} keywords"
        proofs.insert(0, Proof(start.id, f"Start page of the site found for {keywords}."))
    if not proofs:
        asked = ", ".join(f"“{keyword}”" for keyword in s.searches.answered[:3])
        said = f"Not among the results of {s.searches.provider} for {asked}."
        proofs = [Proof(start.id if start else None, said)]
    return proofs[:_EVIDENCE]


def _search_coverage(s: Subject) -> float:
    asked = len(s.searches.answered) + len(s.searches.failed)
    return len(s.searches.answered) / asked if asked else 0.0


def _no_search(s: Subject) -> Measured | None:
    if s.searches.answered:
        return None
    reasons = sorted(set(s.searches.failed.values())) or ["no keyword was searched"]
    return _not_seen(f"no search was answered: {reasons[0]}")


def _visibility(s: Subject) -> Measured:
    if missing := _no_search(s):
        return missing
    answered = s.searches.answered
    weights = np.array([s.searches.weights[keyword] for keyword in answered])
    clicks = np.array(
        [s.curve(s.brand.ranks[k].rank) if k in s.brand.ranks else 0.0 for k in answered]
    )
    total = float(weights.sum())
    if not total:
        return _too_few("all search volumes are 0")
    value = float((weights * clicks).sum()) / total
    low, high = _weighted_interval(weights, clicks)
    reason = "" if s.searches.volumes_known else "search volumes unknown: every keyword weighs 1"
    return Measured(
        value, len(answered), low, high, _search_coverage(s), "measured", reason, _rank_proofs(s)
    )


def _weighted_interval(
    weights: np.ndarray[Any, Any], clicks: np.ndarray[Any, Any]
) -> tuple[float, float]:
    """Bootstrap over keywords: had other keywords of this kind been asked."""
    drawn = np.random.default_rng(7).integers(0, len(weights), (1_000, len(weights)))
    totals = weights[drawn].sum(axis=1)
    shares = (weights * clicks)[drawn].sum(axis=1) / np.where(totals > 0, totals, 1.0)
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(low), float(high)


def _ranked_share(s: Subject, within: int) -> Measured:
    if missing := _no_search(s):
        return missing
    hits = sum(
        1 for k in s.searches.answered if k in s.brand.ranks and s.brand.ranks[k].rank <= within
    )
    share = wilson(hits, len(s.searches.answered))
    return Measured(*_flat(share), _search_coverage(s), evidence=_rank_proofs(s))


def _flat(estimate: Any) -> tuple[float, int, float, float]:
    return estimate.value, estimate.n, estimate.low, estimate.high


# -- self-service ----------------------------------------------------------------------------

_FAQ_PURPOSES = ("faq", "help")
_HELP_PATH = re.compile(
    r"//[^/]+/([^?#]*/)?(docs?|documentation|support|manual|user-?guide|guides?|tutorials?|wiki|kb)"
    r"([/.?#]|$)",
    re.IGNORECASE,
)
# Where one orders, and a shelf of books, though their words are those of help.
_NO_HELP_PATH = re.compile(
    r"/[^/?#]*(self[-_ ]?help|bestell(en|ung)|commander|order[-_ ]?(now|online|form))[^/?#]*$",
    re.IGNORECASE,
)


def _faq_sight(s: Subject) -> Sight:
    """A page of help is no FAQ: where more pages are known, one that is a FAQ must be read."""
    return s.brand.sight(_FAQ_PURPOSES, "faq", decisive=("faq",))


def _faq_proofs(brand: Observed) -> list[Proof]:
    """One question of each page first, so that the pages differ."""
    pages: dict[str, Proof] = {}
    rest = []
    for entry in brand.faq:
        proof = Proof(entry.page_id, shorten(entry.question))
        if entry.page_id in pages:
            rest.append(proof)
        pages.setdefault(entry.page_id, proof)
    return [*pages.values(), *rest][:_EVIDENCE]


def _faq_entries(s: Subject) -> Measured:
    sight = _faq_sight(s)
    if not s.brand.faq:
        return _absence(sight, "FAQ")
    n = len(s.brand.faq)
    return _count(n, _faq_proofs(s.brand), sight, n)


def _needs_faq(s: Subject, least: int = 3) -> Measured | None:
    """Why a metric about the FAQ's entries has no value; None when there are enough."""
    n = len(s.brand.faq)
    if n >= least:
        return None
    sight = _faq_sight(s)
    if not n and not sight.seen:
        return _not_seen(f"FAQ: {sight.reason}")
    return _too_few(f"{n} FAQ entries; at least {least} are needed", n, _faq_proofs(s.brand))


def _of_faq(s: Subject, value: float, n: int, low: float | None, high: float | None) -> Measured:
    """About the entries that were read: firm only when the FAQ could be read in full."""
    sight = _faq_sight(s)
    measured = _count(value, _faq_proofs(s.brand), sight, n)
    measured.low, measured.high = low, high
    return measured


def _faq_topics(s: Subject) -> Measured:
    if not s.brand.faq:
        return _needs_faq(s, 1) or _too_few("no FAQ")
    found: dict[str, Proof] = {}
    for entry in s.brand.faq:
        page = s.brand.page(entry.page_id)
        for topic in sorted(topics_of(entry.question, page.language if page else None)):
            found.setdefault(topic, Proof(entry.page_id, shorten(entry.question)))
    measured = _of_faq(s, len(found), len(s.brand.faq), None, None)
    measured.evidence = list(found.values())[:_EVIDENCE] or measured.evidence
    measured.reason = ", ".join(sorted(found)) or "none of them"
    return measured


def _faq_answered(s: Subject) -> Measured:
    if missing := _needs_faq(s):
        return missing
    answered = sum(bool(entry.answer.strip()) for entry in s.brand.faq)
    share = wilson(answered, len(s.brand.faq))
    return _of_faq(s, share.value, share.n, share.low, share.high)


def _faq_words(s: Subject) -> Measured:
    if missing := _needs_faq(s):
        return missing
    words = [word_count(e.answer) for e in s.brand.faq if e.answer.strip()]
    if len(words) < 3:
        return _too_few(f"{len(words)} answers on the page; at least 3 are needed", len(words))
    found = bootstrap(words, np.median)
    return _of_faq(s, *_flat(found)[:2], found.low, found.high)


def _faq_quality(s: Subject) -> Measured:
    if missing := _needs_faq(s):
        return missing
    if s.grade is None or s.grade.score is None:
        return _too_few("no criterion of the rubric could be observed", len(s.brand.faq))
    measured = _of_faq(s, s.grade.score, len(s.brand.faq), None, None)
    measured.coverage = min(measured.coverage, s.grade.coverage)
    failed = [f"{r.criterion.label} ({r.shown})" for r in s.grade.results if r.passed is False]
    measured.reason = "not passed: " + "; ".join(failed) if failed else "all criteria passed"
    return measured


def _told_apart(s: Subject, pages: Sequence[Page]) -> list[Page]:
    """Pages whose clicks from the start are known: a search result is where a crawl begins too."""
    return [page for page in pages if s.brand.has_known_way(page)]


def _faq_clicks(s: Subject) -> Measured:
    pages = [page for page in s.brand.read if any(e.page_id == page.id for e in s.brand.faq)]
    if not pages:
        return _needs_faq(s, 1) or _too_few("the FAQ's page is not among the pages read")
    pages = _told_apart(s, pages)
    if not pages:
        return _too_few("only a search result led to the FAQ, so its way is not known")
    nearest = min(pages, key=lambda page: page.depth)
    proof = next(
        Proof(e.page_id, shorten(e.question)) for e in s.brand.faq if e.page_id == nearest.id
    )
    measured = _of_faq(s, nearest.depth, len(pages), None, None)
    measured.evidence = [proof]
    return measured


def _is_help(page: Page) -> bool:
    if page.purpose in _FAQ_PURPOSES:
        return not _NO_HELP_PATH.search(page.url)
    return bool(_HELP_PATH.search(page.url))


def _help_centre(s: Subject) -> Measured:
    desks = [t for t in s.brand.technologies if t.category == "help_desk"]
    with_faq = {entry.page_id for entry in s.brand.faq}
    pages = [p for p in s.brand.read if _is_help(p)]
    pages += [p for p in s.brand.read if p.id in with_faq and p not in pages]
    sight = s.brand.sight(_FAQ_PURPOSES, "links")
    if desks or pages:
        proofs = [Proof(p.id, shorten(p.title) or p.url) for p in pages]
        proofs += [Proof(t.page_id, shorten(t.proof) or t.vendor) for t in desks]
        return _presence(1, proofs, sight, len(pages) or len(desks))
    return _absence(sight, "help or FAQ page")


# -- assisted support ------------------------------------------------------------------------

_DIRECT = {
    "email": "e-mail",
    "phone": "phone",
    "form": "contact form",
    "whatsapp": "WhatsApp",
    "messenger": "Messenger",
    "telegram": "Telegram",
    "viber": "Viber",
    "line": "LINE",
    "wechat": "WeChat",
    "sms": "SMS",
}
_MESSENGERS = ("whatsapp", "messenger", "telegram", "viber", "line", "wechat", "sms")


def _channel_proofs(s: Subject, kinds: Iterable[str]) -> list[Proof]:
    """One proof a kind; several kinds before several of one."""
    first: dict[str, Proof] = {}
    for channel in s.brand.channels:
        if channel.kind in kinds:
            first.setdefault(channel.kind, _channel_proof(channel))
    return list(first.values())[:_EVIDENCE]


def _channel_proof(channel: Channel) -> Proof:
    """What the page says, and the address or number when its words lack it."""
    said = shorten(channel.excerpt)
    if channel.value in said:
        return Proof(channel.page_id, said)
    shown = f"{channel.kind}: {channel.value}"
    return Proof(channel.page_id, f"{said} ({shown})" if said else shown)


def _contact_channels(s: Subject) -> Measured:
    kinds = sorted({c.kind for c in s.brand.channels if c.kind in _DIRECT})
    sight = s.brand.sight(["contact"], "channels")
    if not kinds:
        return _absence(sight, "way to contact the brand")
    measured = _count(len(kinds), _channel_proofs(s, kinds), sight, len(s.brand.read))
    measured.reason = ", ".join(_DIRECT[kind] for kind in kinds)
    return measured


def _has_channel(*kinds: str, what: str) -> Callable[[Subject], Measured]:
    def compute(s: Subject) -> Measured:
        sight = s.brand.sight(["contact"], "channels")
        proofs = _channel_proofs(s, kinds)
        return _presence(1, proofs, sight, len(proofs)) if proofs else _absence(sight, what)

    return compute


def _contact_clicks(s: Subject) -> Measured:
    where = {c.page_id for c in s.brand.channels if c.kind in _DIRECT}
    pages = [page for page in s.brand.pages if page.id in where]
    if not pages:
        sight = s.brand.sight(["contact"], "channels")
        if not sight.seen:
            return _not_seen(f"contact: {sight.reason}")
        return _too_few("no way to contact the brand was found")
    pages = _told_apart(s, pages)
    if not pages:
        return _too_few("only a search result led to a contact, so its way is not known")
    nearest = min(pages, key=lambda page: page.depth)
    shown = next(c for c in s.brand.channels if c.page_id == nearest.id and c.kind in _DIRECT)
    sight = s.brand.sight(["contact"], "channels")
    return _count(nearest.depth, [_channel_proof(shown)], sight, len(pages))


def _steps_to_a_person(s: Subject) -> Measured:
    """Clicks and hurdles of the easiest way; the other ways stand in the reason."""
    ways = ways_to_people(s.brand)
    sight = s.brand.sight(["contact"], "channels")
    if not ways:
        if not sight.seen:
            return _not_seen(f"contact: {sight.reason}")
        return _too_few("no way to a person was found on pages whose clicks are known")
    measured = _count(ways[0].steps, [way.proof for way in ways], sight, len(ways))
    measured.reason = "; ".join(map(str, ways))
    return measured


# -- chat ------------------------------------------------------------------------------------

_CHAT_KINDS = ("live_chat", "bot", "ai_bot", "hybrid")


def _chat_proofs(s: Subject, kinds: Iterable[str]) -> list[Proof]:
    return [
        Proof(chat.page_id, f"{chat.vendor}: {shorten(chat.proof)}")
        for chat in s.brand.chat
        if chat.kind in kinds
    ][:_EVIDENCE]


def _chat_sight(s: Subject) -> Sight:
    """Chat loads by script: only the browser stage proves that there is none."""
    sight = s.brand.sight(["contact"], "chat")
    rendered = [page for page in s.brand.pages if page.rendered and page.state == "ok"]
    if not sight.seen or rendered:
        urls = {page.url for page in rendered}
        pages = (*rendered, *(page for page in sight.pages if page.url not in urls))
        return sight._replace(pages=pages)
    visit = s.brand.visits.get("render")
    if visit and visit.state == "done":  # no page left the question open for a browser
        return sight
    why = (visit.reason or visit.state) if visit else "no browser looked"
    return Sight(False, 0.5, f"known from static pages only; {why}", sight.pages)


def _chat_present(s: Subject) -> Measured:
    sight = _chat_sight(s)
    if proofs := _chat_proofs(s, _CHAT_KINDS):
        measured = _presence(1, proofs, sight, len(s.brand.read))
        measured.coverage = 1.0
        return measured
    return _absence(sight, "chat")


def _chat_with_people(s: Subject) -> Measured:
    kinds = {chat.kind for chat in s.brand.chat}
    if not kinds & set(_CHAT_KINDS):
        sight = _chat_sight(s)
        return _too_few("no chat") if sight.seen else _not_seen(f"chat: {sight.reason}")
    people = bool(kinds & {"live_chat", "hybrid"})
    return Measured(float(people), len(s.brand.chat), evidence=_chat_proofs(s, _CHAT_KINDS))


def _chat_pages(s: Subject) -> Measured:
    """Of the pages looked at in the way that found the chat (static or browser)."""
    found = [chat for chat in s.brand.chat if chat.kind in _CHAT_KINDS]
    if not found:
        return _chat_with_people(s)
    static = {p.url for p in s.brand.pages if p.state == "ok" and not p.rendered}
    rendered = {p.url for p in s.brand.pages if p.state == "ok" and p.rendered}
    with_chat = {page.url for c in found if (page := s.brand.page(c.page_id))}
    looked = static if any(c.phase == "static" for c in found) else rendered
    looked |= with_chat
    if len(looked) < 3:
        return _too_few(f"{len(looked)} pages looked at; at least 3 are needed", len(looked))
    share = wilson(len(with_chat), len(looked))
    return Measured(*_flat(share), evidence=_chat_proofs(s, _CHAT_KINDS))


def _chat_quality(s: Subject) -> Measured:
    """The rubric over the chat that a browser opened; what could not be observed is left out."""
    grade = grade_chat(s.brand.criteria)
    if grade is None:
        return _not_seen("no chat was opened and read")
    seen = [result for result in grade.results if result.passed is not None]
    proofs = [
        Proof(result.page_id, f"{result.criterion.label}: {shorten(result.excerpt)}")
        for result in sorted(seen, key=lambda result: -result.criterion.weight)
        if result.page_id
    ][:_EVIDENCE]
    if grade.score is None:
        return _too_few("too little of the chat could be observed", len(seen), proofs)
    return Measured(grade.score / 100, len(seen), coverage=grade.coverage, evidence=proofs)


def _messenger(s: Subject) -> Measured:
    proofs = [*_channel_proofs(s, _MESSENGERS), *_chat_proofs(s, ["messenger"])]
    sight = s.brand.sight(["contact"], "channels")
    return _presence(1, proofs, sight, len(proofs)) if proofs else _absence(sight, "messenger")


# -- responsiveness --------------------------------------------------------------------------


def hours_of(text: str) -> float | None:
    """Hours from a reply time as the channel states it: a number of hours, or one with a unit.

    >>> hours_of("24"), hours_of("2 days"), hours_of("30 min"), hours_of("soon")
    (24.0, 48.0, 0.5, None)
    """
    number, _, unit = text.strip().partition(" ")
    try:
        value = float(number)
    except ValueError:
        return None
    factors = {"m": 1 / 60, "h": 1.0, "d": 24.0, "b": 24.0, "w": 168.0, "": 1.0}
    return value * factors.get(unit[:1].lower(), math.nan) if unit[:1].lower() in factors else None


def promised_hours(channel: Channel) -> float | None:
    """Hours of a reply time: its detail says them, else its words do."""
    told = hours_of(channel.detail or "")
    return hours_of(channel.value) if told is None else told


def _reply_time_stated(s: Subject) -> Measured:
    """A time for requests about data, or to confirm an order, is neither a promise nor none."""
    sight = s.brand.sight(["contact"], "channels")
    if proofs := _channel_proofs(s, ["reply_time"]):
        return _presence(1, proofs, sight, len(proofs))
    if others := _channel_proofs(s, ["reply_term"]):
        return _too_few("a time to answer is stated, but not for customers' questions", 0, others)
    return _absence(sight, "reply time")


def _reply_time(s: Subject) -> Measured:
    stated = [
        (hours, channel)
        for channel in s.brand.channels
        if channel.kind == "reply_time" and (hours := promised_hours(channel)) is not None
    ]
    if not stated:
        sight = s.brand.sight(["contact"], "channels")
        if not sight.seen:
            return _not_seen(f"reply time: {sight.reason}")
        return _too_few("no reply time is stated")
    hours, channel = min(stated, key=lambda pair: pair[0])
    return Measured(hours, len(stated), evidence=[_channel_proof(channel)])


def _mystery_proof(s: Subject) -> Proof:
    hours, never = s.brand.mystery_hours, s.brand.mystery_unanswered
    return Proof(None, f"Mystery visits of the last year: {len(hours)} answered, {never} never.")


def _mystery(s: Subject) -> Measured:
    hours = s.brand.mystery_hours
    if not hours:
        asked = s.brand.mystery_unanswered
        return _too_few(
            f"{asked} mystery questions, none answered" if asked else "no mystery visit"
        )
    return Measured(*_flat(bootstrap(hours, np.median)), evidence=[_mystery_proof(s)])


def _mystery_answered(s: Subject) -> Measured:
    answered, never = len(s.brand.mystery_hours), s.brand.mystery_unanswered
    if not answered + never:
        return _too_few("no mystery visit")
    return Measured(*_flat(wilson(answered, answered + never)), evidence=[_mystery_proof(s)])


def _theme_net(s: Subject, theme: str) -> Measured:
    voice = s.brand.reviews.themes.get(theme)
    n = voice.n if voice else 0
    if voice is None or n < MIN_THEME:
        told = f"{n} reviews speak of it; at least {MIN_THEME}"
        told = "only 1 review speaks of it" if n == 1 else told
        return _reviews_missing(s) or _too_few(told if n else "no review speaks of it", n)
    _, low, high, _ = net_share(voice.positive, voice.negative, n)
    worst = "negative" if voice.negative >= voice.positive else "positive"
    proofs = [*voice.quotes[worst], *voice.quotes["positive"], *voice.quotes["negative"]]
    return Measured(voice.net, n, low, high, evidence=list(dict.fromkeys(proofs))[:_EVIDENCE])


def _reviews_answered(s: Subject) -> Measured:
    """Only where replies are shown at all: on most pages nobody can reply."""
    reviews = s.brand.reviews
    if not reviews.replied:
        return _reviews_missing(s) or _too_few(
            "the pages read show no replies to reviews", reviews.n
        )
    if reviews.n < MIN_REVIEWS:
        return _too_few(f"{reviews.n} reviews; at least {MIN_REVIEWS}", reviews.n)
    return Measured(*_flat(wilson(reviews.replied, reviews.n)), evidence=_quotes(s))


# -- reputation ------------------------------------------------------------------------------


def _quotes(s: Subject, *feelings: str) -> list[Proof]:
    quotes = s.brand.reviews.quotes
    order = feelings or ("negative", "positive", "neutral")
    return [quote for feeling in order for quote in quotes[feeling]][:_EVIDENCE]


def _reviews_missing(s: Subject) -> Measured | None:
    """Not seen when nothing was read and not everything could be looked at."""
    if s.brand.reviews.n or s.brand.ratings:
        return None
    sight = s.brand.sight(["reviews"], "reviews")
    return None if sight.seen else _not_seen(f"reviews: {sight.reason}")


def _star_rating(s: Subject) -> Measured:
    """Stated averages with their counts, or the reviews read: whichever rests on more ratings."""
    reviews = s.brand.reviews
    counted = [rating for rating in s.brand.ratings if rating.votes]
    stated = sum(rating.votes or 0 for rating in counted)
    if max(stated, reviews.starred) < MIN_REVIEWS:
        few = max(stated, reviews.starred)
        return _reviews_missing(s) or _too_few(f"{few} ratings; at least {MIN_REVIEWS}", few)
    if stated > reviews.starred:
        total = sum(rating.stars * (rating.votes or 0) for rating in counted)
        # The spread of stated averages is not known: stars of one product vary by about 1.2.
        squares = sum((rating.stars**2 + 1.44) * (rating.votes or 0) for rating in counted)
        found = shrunk_moments(stated, total, squares)
        proofs = [Proof(rating.page_id, rating.shown) for rating in counted]
    else:
        found = shrunk_moments(reviews.starred, reviews.stars, reviews.squares)
        proofs = _quotes(s)
    return Measured(*_flat(found), evidence=proofs[:_EVIDENCE], reason=_OWN_PAGES)


_OWN_PAGES = "read on the brand's own pages, which choose what they show"


def _review_volume(s: Subject) -> Measured:
    stated = sum(rating.votes or 0 for rating in s.brand.ratings)
    n = max(stated, s.brand.reviews.n)
    if not n and not s.brand.ratings:
        # Testimonials come in every free form; that none was recognized proves no absence.
        return _reviews_missing(s) or _too_few("no reviews were recognized on the pages read")
    proofs = [Proof(r.page_id, r.shown) for r in s.brand.ratings if r.votes] or _quotes(s)
    return _count(n, proofs, s.brand.sight(["reviews"], "reviews"), n)


def _net_sentiment(s: Subject) -> Measured:
    counts = s.brand.reviews.sentiments
    n = s.brand.reviews.scored
    if n < MIN_REVIEWS:
        return _reviews_missing(s) or _too_few(f"{n} scored reviews; at least {MIN_REVIEWS}", n)
    value = (counts["positive"] - counts["negative"]) / n
    _, low, high, _ = net_share(counts["positive"], counts["negative"], n)
    return Measured(value, n, low, high, evidence=_quotes(s), reason=_OWN_PAGES)


def _negative_share(s: Subject) -> Measured:
    n = s.brand.reviews.scored
    if n < MIN_REVIEWS:
        return _reviews_missing(s) or _too_few(f"{n} scored reviews; at least {MIN_REVIEWS}", n)
    share = wilson(s.brand.reviews.sentiments["negative"], n)
    return Measured(*_flat(share), evidence=_quotes(s, "negative", "positive"), reason=_OWN_PAGES)


def _recent_reviews(s: Subject) -> Measured:
    reviews = s.brand.reviews
    if reviews.dated < MIN_REVIEWS:
        few = f"{reviews.dated} dated reviews; at least {MIN_REVIEWS}"
        return _reviews_missing(s) or _too_few(few, reviews.dated)
    share = wilson(reviews.in_last_year, reviews.dated)
    return Measured(*_flat(share), evidence=_quotes(s), reason=f"newest of {reviews.newest}")


# -- policies --------------------------------------------------------------------------------

# Kind of policy -> purposes of the pages where it would stand.
_POLICY_PAGES = {
    "returns": ("returns", "shipping", "help"),
    "cancellation": ("returns", "help", "pricing"),
    "delivery": ("shipping", "help"),
    "warranty": ("returns", "help"),
}
# A page of its own states the policy, also where none of its facts could be read.
_OWN_PAGE = {"returns": "returns", "delivery": "shipping"}
_BOTH = re.compile(r"return|refund|retour|r(ü|ue?)ck(gab|send)|widerruf|devol|rimbors|resi\b", re.I)
_POLICY_TOPICS = {
    "returns": frozenset({"returns", "refunds", "order_change"}),
    "delivery": frozenset({"delivery"}),
    "warranty": frozenset({"warranty", "complaints"}),
}
# What to do with broken goods is asked under the same topic, where no warranty is given.
_WARRANTY = re.compile(
    r"warrant|guarant|garant|gew(ä|ae)hr|takuu|gwaranc|rękojm|záruk|гарант|保証|保修|保障|보증",
    re.I,
)
# Terms and conditions mostly speak of returns and delivery in words that we cannot read as facts.
_TERMS = re.compile(
    r"(?<![a-z])(terms|conditions|agb|tos|t ?& ?c|tnc|cgv|cgu|condiciones|termini|voorwaarden|"
    r"legal|policy|policies|agreement|nutzungsbedingungen|gesch(ä|ae?)ftsbedingungen)(?![a-z])",
    re.IGNORECASE,
)
_KINDS = {
    "returns": ("returns",),
    "cancellation": ("cancellation",),
    "delivery": ("shipping",),
    "warranty": ("warranty",),
}


def policies_of(brand: Observed, *names: str) -> list[Policy]:
    """Policies of the brand of one of these kinds, by our names; not those that deny the thing."""
    kinds = {kind for name in names for kind in _KINDS[name]}
    return [
        policy
        for policy in brand.policies
        if policy.kind in kinds and policy.facts.get("offered") is not False
    ]


def fact_of(policy: Policy, *keys: str) -> float | None:
    """The first of these facts that is a number."""
    for key in keys:
        value = policy.facts.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    return None


def _policy_sight(s: Subject, *names: str) -> Sight:
    pages = {page for name in names for page in _POLICY_PAGES[name]}
    return s.brand.sight(pages, "policies", decisive=(_OWN_PAGE.get(names[0], "returns"),))


def _is_shop(brand: Observed) -> bool:
    """Signs that the brand ships goods; others owe nobody terms of delivery."""
    return (
        any(technology.category == "commerce" for technology in brand.technologies)
        or any(page.purpose == "shipping" for page in brand.read)
        or bool(policies_of(brand, "delivery"))
        or any(fact_of(policy, "window_days") for policy in policies_of(brand, "returns"))
    )


def _is_page_on(page: Page, policy: str) -> bool:
    """Whether a page is about the policy; one on shipping and returns is about both."""
    if policy == "returns" and page.purpose == "shipping":
        return bool(_BOTH.search(f"{page.url} {page.title}"))
    return page.purpose == _OWN_PAGE.get(policy)


def _answered_on(brand: Observed, policy: str) -> list[Proof]:
    """FAQ entries with an answer on the policy: they state it, whatever the facts are."""
    wanted = _POLICY_TOPICS.get(policy, frozenset())
    return [
        Proof(entry.page_id, shorten(entry.question))
        for entry in brand.faq
        if entry.answer.strip()
        and (page := brand.page(entry.page_id))
        and topics_of(entry.question, page.language) & wanted
        and (policy != "warranty" or _WARRANTY.search(f"{entry.question} {entry.answer}"))
    ]


def _states_policy(
    *names: str, what: str, shops_only: bool = False
) -> Callable[[Subject], Measured]:
    def compute(s: Subject) -> Measured:
        found = policies_of(s.brand, *names)
        pages = [page for page in s.brand.read if _is_page_on(page, names[0])]
        if shops_only and not found and not pages and s.brand.read and not _is_shop(s.brand):
            return _too_few(f"no sign that the brand ships goods, so no {what} expected")
        sight = _policy_sight(s, *names)
        proofs = [_policy_proof(p) for p in found]
        proofs += [Proof(page.id, shorten(page.title) or page.url) for page in pages]
        proofs += _answered_on(s.brand, names[0])
        if proofs:
            return _presence(1, proofs, sight, len(proofs))
        if terms := next((p for p in s.brand.read if _TERMS.search(f"{p.url} {p.title}")), None):
            return _too_few(f"{what}: {terms.url} may hold them, but no fact was told from it")
        return _absence(sight, what)

    return compute


def _policy_number(
    *names: str, keys: Sequence[str], pick: Callable[..., tuple[float, Policy]], what: str
) -> Callable[[Subject], Measured]:
    def compute(s: Subject) -> Measured:
        found = [
            (value, policy)
            for policy in policies_of(s.brand, *names)
            if (value := _calendar_days(policy, keys)) is not None
        ]
        if not found:
            sight = _policy_sight(s, *names)
            if not sight.seen:
                return _not_seen(f"{what}: {sight.reason}")
            return _too_few(f"no {what} is stated")
        value, policy = pick(found, key=lambda pair: pair[0])
        told = _days_told(policy, keys) if what == "delivery time" else ""
        return Measured(value, len(found), evidence=[_policy_proof(policy)], reason=told)

    return compute


_WEEK = 7 / 5  # calendar days of a business day


def _calendar_days(policy: Policy, keys: Sequence[str]) -> float | None:
    """A number of days that can be compared: business days take their weekends along."""
    value = fact_of(policy, *keys)
    if value is None or not policy.facts.get("business_days"):
        return value
    return float(math.ceil(value * _WEEK))


def _days_told(policy: Policy, keys: Sequence[str]) -> str:
    days = fact_of(policy, *keys)
    return f"{days:g} business days" if policy.facts.get("business_days") else "calendar days"


def _free_returns(s: Subject) -> Measured:
    """Free where the page says so; that nothing is said about the cost proves nothing."""
    free = [p for p in policies_of(s.brand, "returns") if p.facts.get("free")]
    if free:
        return Measured(1.0, len(free), evidence=[_policy_proof(p) for p in free][:_EVIDENCE])
    denied = [p for p in s.brand.policies if p.kind == "returns" and p.facts.get("free") is False]
    if denied:
        return Measured(0.0, len(denied), evidence=[_policy_proof(p) for p in denied][:_EVIDENCE])
    sight = _policy_sight(s, "returns")
    if not sight.seen:
        return _not_seen(f"cost of returns: {sight.reason}")
    return _too_few("nothing is said about what a return costs")


def _policy_proof(policy: Policy) -> Proof:
    return Proof(policy.page_id, shorten(policy.excerpt))


# -- reach -----------------------------------------------------------------------------------


def _languages(s: Subject) -> Measured:
    """Languages that texts are in or that the site offers; a mere declaration proves none."""
    spoken: dict[str, Proof] = {}
    for page in s.brand.read:
        if page.language and page.is_language_sure:
            said = shorten(page.title) or page.url
            spoken.setdefault(page.language, Proof(page.id, f"Page in {page.language}: {said}"))
    for channel in s.brand.channels:
        if channel.kind == "language":
            code = channel.value.lower().replace("_", "-").partition("-")[0]
            said = shorten(channel.excerpt) or f"Language offered: {channel.value}"
            spoken.setdefault(code, Proof(channel.page_id, said))
    if not spoken:
        if not s.brand.read:
            return _not_seen(f"languages: {s.brand.sight((), 'channels').reason}")
        return _too_few("too little text was read to tell the language")
    sight = s.brand.sight(("other",), "links")
    measured = _count(len(spoken), spoken.values(), sight, len(s.brand.read))
    measured.reason = ", ".join(sorted(spoken))
    return measured


def _market_language(s: Subject) -> Measured:
    if not s.language:
        return _too_few("the study names no language")
    told = [page for page in s.brand.read if page.language and page.is_language_sure]
    if not told:
        return _languages(s)
    in_it = [page for page in told if page.language == s.language.lower()[:2]]
    share = wilson(len(in_it), len(told))
    proofs = [Proof(p.id, shorten(p.title) or p.url) for p in (in_it or told)]
    return Measured(*_flat(share), evidence=proofs[:_EVIDENCE])


def _accessible_code(s: Subject) -> Measured:
    """Share of a page's checks that all its elements pass, the mean over pages."""
    by_page: dict[str, list[PageCheck]] = {}
    for check in s.brand.checks:
        if check.check != _STATEMENT:
            by_page.setdefault(check.page_id, []).append(check)
    if not by_page:
        reason = s.brand.sight((), "accessibility").reason or "no page was checked in this run"
        return _not_seen(f"accessibility: {reason}")
    shares = [
        sum(c.passing == c.elements for c in found) / len(found) for found in by_page.values()
    ]
    failing = sorted(
        (c for found in by_page.values() for c in found if c.passing < c.elements),
        key=lambda c: c.passing - c.elements,
    )
    worst = {check.check: check for check in reversed(failing)}
    proofs = [Proof(c.page_id, f"{c.check}: {c.excerpt}".strip(": ")) for c in worst.values()]
    proofs = proofs or [Proof(key, "All checks of this page pass.") for key in by_page]
    measured = Measured(*_flat(bootstrap(shares)), evidence=proofs[:_EVIDENCE])
    measured.reason = ", ".join(sorted(worst))
    return measured


def _accessibility_statement(s: Subject) -> Measured:
    linking = [c for c in s.brand.checks if c.check == _STATEMENT and c.passing]
    sight = s.brand.sight((), "accessibility")
    if linking:
        proofs = [Proof(c.page_id, "Links an accessibility statement.") for c in linking]
        return _presence(1.0, proofs, sight, len(linking))
    if not s.brand.checks:
        return _not_seen("accessibility statement: no page was checked in this run")
    return _absence(sight, "accessibility statement")


def _social_profiles(s: Subject) -> Measured:
    first: dict[str, Proof] = {}
    for channel in s.brand.channels:
        if channel.kind == "social":
            first.setdefault(channel.detail or channel.value, _channel_proof(channel))
    sight = s.brand.sight((), "channels")  # they are linked on every page, if at all
    if not first:
        return _absence(sight, "social profile")
    return _count(len(first), first.values(), sight, len(first))


# -- the rows --------------------------------------------------------------------------------

_returns = _states_policy("returns", "cancellation", what="terms of return or cancellation")
_returns_days = _policy_number("returns", keys=("window_days",), pick=max, what="time to return")
_delivery_days = _policy_number(
    "delivery", keys=("days_max", "days_min"), pick=min, what="delivery time"
)
_COMPUTE: dict[str, Callable[[Subject], Measured]] = {
    "visibility": _visibility,
    "keywords_ranked": lambda s: _ranked_share(s, 10**6),
    "keywords_top3": lambda s: _ranked_share(s, 3),
    "faq_entries": _faq_entries,
    "faq_topics": _faq_topics,
    "faq_quality": _faq_quality,
    "faq_answered": _faq_answered,
    "faq_answer_words": _faq_words,
    "faq_clicks": _faq_clicks,
    "help_centre": _help_centre,
    "contact_channels": _contact_channels,
    "phone_shown": _has_channel("phone", what="phone number"),
    "email_shown": _has_channel("email", what="e-mail address"),
    "contact_clicks": _contact_clicks,
    "steps_to_a_person": _steps_to_a_person,
    "hours_stated": _has_channel("hours", what="opening hours"),
    "chat_present": _chat_present,
    "chat_with_people": _chat_with_people,
    "chat_pages": _chat_pages,
    "chat_quality": _chat_quality,
    "messenger_offered": _messenger,
    "reply_time_stated": _reply_time_stated,
    "reply_time": _reply_time,
    "mystery_reply_time": _mystery,
    "mystery_answered": _mystery_answered,
    "support_speed_net": lambda s: _theme_net(s, "support_responsiveness"),
    "reviews_answered": _reviews_answered,
    "star_rating": _star_rating,
    "net_sentiment": _net_sentiment,
    "negative_share": _negative_share,
    "review_volume": _review_volume,
    "recent_reviews": _recent_reviews,
    "returns_stated": _returns,
    "returns_window": _returns_days,
    "free_returns": _free_returns,
    "delivery_stated": _states_policy("delivery", what="delivery terms", shops_only=True),
    "delivery_time": _delivery_days,
    "warranty_stated": _states_policy("warranty", what="warranty", shops_only=True),
    "languages": _languages,
    "market_language": _market_language,
    "accessible_code": _accessible_code,
    "accessibility_statement": _accessibility_statement,
    "social_profiles": _social_profiles,
}


def _read_rows() -> tuple[Metric, ...]:
    path = Path(__file__).with_name("metrics.toml")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    if different := rows.keys() ^ _COMPUTE.keys():
        raise ConfigError(f"{path.name} and metrics.py differ in {', '.join(sorted(different))}")
    found = []
    for key, row in rows.items():
        try:
            found.append(Metric(key=key, compute=_COMPUTE[key], **row))
        except TypeError as error:
            raise ConfigError(f"{path.name} [{key}]: {error}") from None
        if row["dimension"] not in DIMENSIONS:
            raise ConfigError(f"{path.name} [{key}]: dimension {row['dimension']!r} is unknown")
    return tuple(found)


METRIC_ROWS = _read_rows()
METRICS: dict[str, Metric] = {metric.key: metric for metric in METRIC_ROWS}


def measure(
    brand: Observed,
    searches: Searches,
    *,
    language: str | None = None,
    curve: CtrCurve = SISTRIX_2020,
) -> dict[str, Measured]:
    """Every metric of a brand by key."""
    subject = Subject(brand, searches, language, curve, grade_faq(brand))
    return {metric.key: metric.compute(subject) for metric in METRIC_ROWS}


def measure_themes(brand: Observed, searches: Searches) -> dict[str, Measured]:
    """Per theme that reviews speak of: net sentiment, mentions per 100 reviews, impact on stars.

    Keys are `theme.<theme>.net`, `.mentions`, `.impact`. Impact is the mean of the stars of all
    reviews minus that of the reviews without the theme: below 0, the theme costs stars.
    """
    subject = Subject(brand, searches)
    found: dict[str, Measured] = {}
    for theme, voice in sorted(brand.reviews.themes.items()):
        proofs = [quote for quotes in voice.quotes.values() for quote in quotes][:_EVIDENCE]
        found[f"theme.{theme}.net"] = _theme_net(subject, theme)
        found[f"theme.{theme}.mentions"] = _theme_mentions(brand, theme, proofs)
        found[f"theme.{theme}.impact"] = _theme_impact(brand, theme)
    return found


def _theme_mentions(brand: Observed, theme: str, proofs: list[Proof]) -> Measured:
    n = brand.reviews.n
    if n < MIN_REVIEWS:
        return _too_few(f"{n} reviews; at least {MIN_REVIEWS}", n, proofs)
    share = wilson(min(brand.reviews.themes[theme].n, n), n)
    return Measured(100 * share.value, n, 100 * share.low, 100 * share.high, evidence=proofs)


def _theme_impact(brand: Observed, theme: str) -> Measured:
    voice, reviews = brand.reviews.themes[theme], brand.reviews
    without = reviews.starred - voice.starred
    if voice.starred < MIN_THEME or without < MIN_THEME:
        return _too_few(f"{voice.starred} starred reviews with the theme and {without} without")
    impact = reviews.stars / reviews.starred - (reviews.stars - voice.stars) / without
    proofs = [quote for quotes in voice.quotes.values() for quote in quotes][:_EVIDENCE]
    return Measured(impact, voice.starred, evidence=proofs)


def normalize(metric: Metric, value: float) -> float:
    """A value on 0-100 by the metric's anchors.

    >>> normalize(METRICS["star_rating"], 3.75), normalize(METRICS["faq_answer_words"], 90)
    (50.0, 100.0)
    """
    if metric.better == "target":
        low, high = metric.worst, metric.best
        if value < low:
            return 100 * max(0.0, value / low)
        return 100 * max(0.0, 1 - max(0.0, value - high) / (2 * high))
    worst, best = metric.worst, metric.best
    if metric.scale == "log":
        worst, best, value = math.log1p(worst), math.log1p(best), math.log1p(max(0.0, value))
    return 100 * min(1.0, max(0.0, (value - worst) / (best - worst)))


_ONE = {
    "days": "day",
    "hours": "hour",
    "words": "word",
    "clicks": "click",
    "languages": "language",
    "ways": "way",
    "topics": "topic",
}


def format_value(value: float, unit: str) -> str:
    """A value as it stands in a sentence.

    >>> format_value(0.125, "share"), format_value(1, "clicks"), format_value(4.25, "stars")
    ('12.5 %', '1 click', '4.2 of 5 stars')
    """
    if unit == "share":
        return f"{100 * value:.{percent_places(value)}f} %"
    if unit == "net share":
        return f"{100 * value:+.0f} points"
    if unit == "stars":
        return f"{value:.1f} of 5 stars"
    if unit == "score":
        return f"{value:.0f} of 100"
    if unit == "yes_no":
        return "yes" if value >= 0.5 else "no"
    number = f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"
    if unit == "channels":
        unit = "ways"
    if unit in ("count", ""):
        return number
    return f"{number} {_ONE.get(unit, unit) if value == 1 else unit}"
