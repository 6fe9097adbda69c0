"""Promises of a shop as facts with units, read from the visible text.

Kinds and the keys of their facts (a key is there only when the page states it):

returns       window_days; free (True: the shop pays the way back); accepted False: no returns;
              refundable False: no money back;
              refund_days_max (how long the money takes)
shipping      free; free_from with currency; cost with currency; days_min, days_max with
              business_days True where so; hours_max for deliveries within a day
warranty      months; days; lifetime True; offered False: none is given
cancellation  anytime True; free True; notice_days or notice_hours; window_minutes
              after the order
payment       methods: names joined by ", ", e.g. "klarna, paypal, visa"

Currency is an ISO 4217 code. A number in brackets to be filled in is no fact.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from crawler.items import Policy
from spiders.extract.blocks import is_quoted, quote
from spiders.extract.durations import HOURS, Duration, durations, is_within, sentence
from spiders.extract.money import Amount, amounts
from spiders.extract.policies_rows import lowered, methods, phrases_of, places, spoken, stems, zones
from spiders.extract.words import normalize, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spiders.extract.page import ParsedPage

__all__ = ["extract_policies"]

Facts = dict[str, float | int | str | bool]

MAX_HITS = 200  # of one word on one page
MAX_EXCERPT = 300
_KEYS = {
    "returns": "return_words",
    "shipping": "delivery",
    "warranty": "warranty",
    "cancellation": "cancel",
    "reply": "reply",
}


class _Promise(NamedTuple):
    """A promise in the sentence `left`..`right` of the text, made by what is at `start`..`end`."""

    kind: str
    facts: Facts
    left: int
    right: int
    start: int
    end: int


_REACH = 90  # characters between a word and the number it governs; chosen on written examples


def extract_policies(page: ParsedPage) -> list[Policy]:
    """Each fact once, in the order of the text within its kind; nothing for a page without text."""
    text = page.text
    if not text:
        return []
    languages = spoken(text, page.language)
    lower = lowered(text)
    topics = {key: tuple(c for c in languages if zones(text, key, c)) for key in _TOPICS}
    if not any(topics.values()):
        return []
    timed = tuple(dict.fromkeys(c for key in _TOPICS[:4] for c in topics[key]))
    found = [*_timed(text, timed), *_free_shipping(text, lower, topics["delivery"])]
    found += _cost(text, lower, topics["delivery"])
    found += _stated(text, lower, topics)
    found += _payment(text, lower, topics["payment"])
    return _distinct(_as_policy(page, one) for one in found if not is_quoted(page, one.start))


def _as_policy(page: ParsedPage, one: _Promise) -> Policy:
    excerpt = quote(page, one.left, one.right, one.start, one.end)
    return Policy(one.kind, one.facts, excerpt[:MAX_EXCERPT])


_TOPICS = ("return_words", "delivery", "warranty", "cancel", "payment")


def _distinct(found: Iterable[Policy]) -> list[Policy]:
    """Without facts that another promise of the kind states as well."""
    kept: list[Policy] = []
    for policy in found:
        items = policy.facts.items()
        if any(p.kind == policy.kind and items <= p.facts.items() for p in kept):
            continue
        kept = [p for p in kept if p.kind != policy.kind or not p.facts.items() <= items]
        kept.append(policy)
    order = ("returns", "shipping", "warranty", "cancellation", "payment")
    return sorted(kept, key=lambda policy: order.index(policy.kind))


# --- durations ---------------------------------------------------------------------------------


def _timed(text: str, languages: tuple[str, ...]) -> Iterator[_Promise]:
    """Promises made of a span of time: windows, delivery times, warranties, notices."""
    for span in durations(text, languages):
        left, right = sentence(text, span.start, span.end)
        before, after = normalize(text[left : span.start]), normalize(text[span.end : right])
        before, after = _RETURN_TRIP.sub("return", before), _RETURN_TRIP.sub("return", after)
        kind, gap = _governing(before, after, span.language)
        if kind == "shipping" and _REFUND.search(before[-70:]):
            kind = "returns"  # refunds arrive as parcels do
        if kind is None or kind == "reply" or _is_no_promise(before, after, span.language):
            continue
        facts = _FACTS[kind](span, before, after, gap)
        if facts:
            yield _Promise(kind, facts, left, right, span.start, span.end)


def _is_no_promise(before: str, after: str, code: str) -> bool:
    around = f"{before[-16:]} {after[:24]}"
    return any(phrase in around for phrase in phrases_of("no_promise", (code,)))


def _governing(before: str, after: str, code: str) -> tuple[str | None, int]:
    """The kind whose word stands nearest to the number, words before it first, and how near."""
    best: tuple[int, str | None] = (_REACH, None)
    for kind, key in _KEYS.items():
        for word in words(key, code):
            if word not in before and word not in after:
                continue
            gap = _distance(word, before, after, is_anchor=kind == "shipping")
            if gap < best[0]:
                best = gap, kind
    return best[1], best[0]


def _distance(word: str, before: str, after: str, *, is_anchor: bool) -> int:
    """Characters between word and number; `30 days after delivery` is not about delivery."""
    back = _find_start(word, before, last=True)
    if is_anchor and back >= 0 and before[back + len(word) :].strip() in _AFTERWARDS:
        back = -1
    ahead = _find_start(word, after, last=False)
    near = len(before) - back - len(word) if back >= 0 else 10_000
    if ahead >= 0:
        penalty = 45 if is_anchor and ahead > 1 else 8
        near = min(near, ahead + penalty)
    return max(0, near)


_AFTERWARDS = ("後", "后", "후", "してから", "다음")  # 到着後8日: the days begin with the delivery


def _find_start(word: str, text: str, *, last: bool) -> int:
    """Where the word begins in the text, at the start of a word if its script parts words."""
    at = text.rfind(word) if last else text.find(word)
    while at > 0 and word[0] < "\u0e00" and _is_inside(word, text, at):
        at = text.rfind(word, 0, at) if last else text.find(word, at + 1)
    return at


def _is_inside(word: str, text: str, at: int) -> bool:
    """Whether another word goes on here: short words stand alone; a Rücksendung is no Sendung."""
    return text[at - 1].isalnum() and (len(word) < 6 or text[at - 4 : at] in ("rück", "ruck"))


def _days(span: Duration, value: int) -> int:
    return (
        round(value * HOURS[span.unit] / 24)
        if span.unit not in ("month", "year")
        else (value * (30 if span.unit == "month" else 365))
    )


def _returns(span: Duration, before: str, after: str, gap: int) -> Facts:
    if span.unit in ("minute", "hour", "year"):
        return {}
    if _is_payout(before, after, span) and not _may_return(before, after, span):
        return {"refund_days_max": _days(span, span.high)} if span.high <= 90 else {}
    if not is_within(before, after, span) and (gap > 26 or _STORY.search(before)):
        return {}
    if any(word in before[-gap:].split() for word in words("free", span.language)):
        return {}  # how long the way back is free, not how long it is open
    days = _days(span, span.high)
    return {"window_days": days} if 1 < days <= 400 else {}


def _is_payout(before: str, after: str, span: Duration) -> bool:
    """Whether the span is how long the money takes, not until when it may be asked for."""
    if _CLAIM.search(before[-70:]) or _SINCE_PURCHASE.match(after):
        return False
    around = f"{before} {after}"
    return bool(_PAYOUT.search(around)) or any(word in around for word in _refunding(span))


# How a parcel goes back is no delivery.
_RETURN_TRIP = re.compile(
    r"\breturn (?:shipping|shipments?|postage|delivery|label)\b|\brückversand|\bretourenversand"
)
_REFUND = re.compile(
    r"\brefunds? (?:(?:will|should|usually|typically|normally|may|be) )*"
    r"(?:arriv|deliver|sent|dispatch)\w*(?: \w+){0,4} ?$"
)
_PAYOUT = re.compile(
    r"\brefunds? (?:is|are|reach(?:es)?|arrives?|takes?|gets?|comes?)\b|\bwe refund\b|"
    r"\bmoney (?:is|will be|comes|reaches|arrives)\b|\berstatten\b|\berstattungen? (?:dauer|komm)"
)
_CLAIM = re.compile(
    r"\b(?:request|claim|ask for|apply for|eligible|entitled|demand|qualify)|"
    r"\bverlangen|\bbeantragen|\banfordern|\bdemander|\bsolicitar|\brichiedere|\baanvragen"
)
_SINCE_PURCHASE = re.compile(
    r" ?(?:of|from|after|since) (?:the |your |date of )*(?:purchas|buying|order|sign)|"
    r" ?(?:nach|ab) (?:dem )?(?:kauf|bestell)"
)


def _refunding(span: Duration) -> tuple[str, ...]:
    return phrases_of("refund_time", (span.language,))


# What happened to somebody: `returned it after 3 days`.
_STORY = re.compile(r"\b(?:after|nach|après|después de|dopo|depois de|na|po|efter)$")
_RETURNING = re.compile(
    r"\breturn (?:any|your|it|them|item|the|product|unused|most|policy|window|period)|\breturned\b|"
    r"zurückgeben|zurücksenden|widerruf|retourner|devolver|restituire|terugsturen|retourneren|"
    r"zwrócić towar|odstąpi|returnera|rétract|cambi"
)


def _may_return(before: str, after: str, span: Duration) -> bool:
    return bool(_RETURNING.search(before[-90:])) and is_within(before, after, span)


def _shipping(span: Duration, before: str, after: str, gap: int) -> Facts:
    if span.unit in ("month", "year") or gap > 70:
        return {}
    if span.unit in ("minute", "hour"):
        hours = span.high * HOURS[span.unit]
        if any(word in f"{before[-50:]} {after[:20]}" for word in _averages()):
            return {}  # how long it took others, not a promise
        return {"hours_max": round(hours, 2)} if hours <= 96 else {}
    low, high = _days(span, span.low), _days(span, span.high)
    if high > 120:
        return {}
    facts: Facts = {"days_max": high}
    if span.high != span.low or not is_within(before, after, span):
        facts = {"days_min": low, "days_max": high}
    if span.unit == "business_day":
        facts["business_days"] = True
    return facts


@cache
def _averages() -> tuple[str, ...]:
    return phrases_of("average", ("words",))


def _warranty(span: Duration, before: str, after: str, gap: int) -> Facts:
    if span.unit in ("minute", "hour") or gap > 60:
        return {}
    if span.unit in ("day", "business_day", "week"):
        days = _days(span, span.high)
        around = before[-60:] + " " + after[:60]
        if any(word in around for word in phrases_of("deadline", ("money_back",))):
            return {"window_days": days}
        return {"days": days} if gap < 20 else {}
    months = span.high * (12 if span.unit == "year" else 1)
    return {"months": months} if months <= 600 else {}


def _cancellation(span: Duration, before: str, after: str, gap: int) -> Facts:
    if span.unit == "year" or gap > 70:
        return {}
    if span.unit == "minute":
        return {"window_minutes": span.high}
    if span.unit == "hour":
        return {"notice_hours": span.high}
    days = _days(span, span.high)
    return {"notice_days": days} if days <= 400 else {}


_FACTS = {
    "returns": _returns,
    "shipping": _shipping,
    "warranty": _warranty,
    "cancellation": _cancellation,
}


# --- money -------------------------------------------------------------------------------------


def _free_shipping(text: str, lower: str, languages: tuple[str, ...]) -> Iterator[_Promise]:
    """`free shipping`, with the order value from which it holds when the sentence names one."""
    near = "\n".join(zones(text, "delivery", code) for code in languages)
    known = {stem: code for code in languages for stem in stems("free", code)}
    for word in (w for w in known if w in near):
        for at in _starts(lower, word, places(text, known[word])[word]):
            left, right = sentence(text, at, at + len(word), 110, 110)
            facts = _free_facts(text, left, right, at, at + len(word), languages)
            if facts:
                yield _Promise("shipping", facts, left, right, at, at + len(word))


def _starts(lower: str, word: str, found: list[int]) -> list[int]:
    """Those of the places of a word where a word begins, the first MAX_HITS."""
    is_unparted = word[0] > "\u0e00"
    return [at for at in found[:MAX_HITS] if at == 0 or is_unparted or not lower[at - 1].isalnum()]


def _hits(lower: str, word: str) -> list[int]:
    """Where the word stands in the text, at the start of a word, at most MAX_HITS times."""
    found: list[int] = []
    at = lower.find(word)
    while at >= 0 and len(found) < MAX_HITS:
        found.append(at)
        at = lower.find(word, at + len(word))
    return _starts(lower, word, found)


def _free_facts(
    text: str, left: int, right: int, start: int, end: int, languages: tuple[str, ...]
) -> Facts:
    says_it_all = any(part in text[start:end].lower() for part in _WHOLE)
    near = normalize(text[max(left, start - 40) : min(right, end + 40)])
    if not says_it_all and not _goes_with_delivery(text, left, right, (start, end), languages):
        return {}
    if _names(near, "return_words", languages) and not says_it_all:
        gap = near.find(normalize(text[start:end]))
        if _nearest_is_return(near, gap, languages):
            return {}
    if _is_denied(near):
        return {}
    limit = _threshold(text, left, right, start, languages)
    return {"free_from": limit.value, "currency": limit.currency} if limit else {"free": True}


_WHOLE = ("versandkostenfrei", "versandfrei", "portofrei", "ohne versandkosten", "frei haus")
_DENIED = re.compile(
    r"\bnot (?:\w+ ){0,2}free|nicht (?:\w+ ){0,2}(?:kostenlos|kostenfrei)|free trial|free plan|"
    r"feel free|free to |free-|nie jest darmow|pas gratuit"
)


def _goes_with_delivery(
    text: str, left: int, right: int, place: tuple[int, int], languages: tuple[str, ...]
) -> bool:
    """Whether a word of delivery stands by the word at `place`, no comma between them."""
    before = _CLAUSE.split(normalize(text[max(left, place[0] - 44) : place[0]]))[-1]
    after = _CLAUSE.split(normalize(text[place[1] : min(right, place[1] + 40)]))[0]
    return _names(_RETURN_TRIP.sub("return", f"{before} | {after}"), "delivery", languages)


_CLAUSE = re.compile(r"[,;:.!?](?![0-9])")


def _is_denied(near: str) -> bool:
    return bool(_DENIED.search(near))


def _names(text: str, key: str, languages: tuple[str, ...]) -> bool:
    return any(_find_start(w, text, last=False) >= 0 for c in languages for w in words(key, c))


def _nearest_is_return(near: str, at: int, languages: tuple[str, ...]) -> bool:
    gaps = {}
    for key in ("return_words", "delivery"):
        known = {word for code in languages for word in words(key, code)}
        gaps[key] = min((abs(spot - at) for w in known for spot in _hits(near, w)), default=999)
    return gaps["return_words"] < gaps["delivery"]


def _threshold(
    text: str, left: int, right: int, at: int, languages: tuple[str, ...]
) -> Amount | None:
    """The amount that a word such as `over` or `ab` introduces, the nearest to the promise."""
    found = [
        amount
        for amount in amounts(text[left:right], languages)
        if _is_limit(text[left:right], amount, languages)
    ]
    return min(found, key=lambda a: abs(a.start + left - at)) if found else None


_LIMIT = re.compile(r"(?:>=?|≥|\+)\s?$")
_LIMIT_AFTER = re.compile(
    r"^\+|^\s?(?:or more|and (?:over|above|up)|oder mehr|et plus|o más|o più)"
)


def _is_limit(text: str, amount: Amount, languages: tuple[str, ...]) -> bool:
    before = f" {normalize(text[max(0, amount.start - 48) : amount.start])} "
    if _LIMIT.search(text[max(0, amount.start - 3) : amount.start]):
        return True
    if _LIMIT_AFTER.match(text[amount.end : amount.end + 14]):
        return True
    return any(f" {word} " in before for code in languages for word in words("above", code))


def _cost(text: str, lower: str, languages: tuple[str, ...]) -> Iterator[_Promise]:
    """`Versandkosten: 4,90 €`: what shipping costs when nothing else is said."""
    near = "\n".join(zones(text, "delivery", code) for code in languages)
    for phrase in (p for p in phrases_of("shipping_cost", languages) if p in near):
        for at in _hits(lower, phrase)[:10]:
            end = at + len(phrase)
            found = amounts(text[end : end + 40], languages)
            if found and not _names_limit(text[end : end + found[0].start], languages):
                left, right = sentence(text, at, end + found[0].end)
                facts: Facts = {"cost": found[0].value, "currency": found[0].currency}
                yield _Promise("shipping", facts, left, right, at, end + found[0].end)


def _names_limit(between: str, languages: tuple[str, ...]) -> bool:
    """Whether the words before an amount make it a threshold, or end the sentence."""
    near = f" {normalize(between)} "
    is_over = ". " in between or "!" in between
    return is_over or any(f" {w} " in near for c in languages for w in words("above", c))


# --- phrases -----------------------------------------------------------------------------------

# Table of phrases, topic that must be on the page, kind and facts of the promise.
_PHRASES: tuple[tuple[str, str, str, Facts], ...] = (
    ("no_returns", "return_words", "returns", {"accepted": False}),
    ("no_refund", "return_words", "returns", {"refundable": False}),
    ("free_returns", "return_words", "returns", {"free": True}),
    ("paid_returns", "return_words", "returns", {"free": False}),
    ("cancel_anytime", "cancel", "cancellation", {"anytime": True}),
    ("free_cancellation", "cancel", "cancellation", {"free": True}),
    ("lifetime", "warranty", "warranty", {"lifetime": True}),
    ("no_warranty", "warranty", "warranty", {"offered": False}),
)


def _stated(text: str, lower: str, topics: dict[str, tuple[str, ...]]) -> Iterator[_Promise]:
    """Promises that a phrase makes without a number; looked for around the words of its topic."""
    near = {(theme, code): zones(text, theme, code) for theme in _TOPICS for code in topics[theme]}
    for key, theme, kind, facts in _PHRASES:
        said = [p for c in topics[theme] for p in phrases_of(key, (c,)) if p in near[theme, c]]
        for at in _hits(lower, said[0]) if said else ():
            left, right = sentence(text, at, at + len(said[0]))
            if key == "cancel_anytime" and _TASK.search(lower, left, right):
                continue
            yield _Promise(kind, dict(facts), left, right, at, at + len(said[0]))
            break


# What is stopped is a task of the program and not what was bought.
_TASK = re.compile(
    r"\bprogress\b|\bpick up where\b|\bresum(?:e|ing)\b|\bfortschritt|\bprogression\b"
)


# --- payment -----------------------------------------------------------------------------------


def _payment(text: str, lower: str, languages: tuple[str, ...]) -> list[_Promise]:
    """Ways to pay named near a word for paying; one alone is a mention, two are a list."""
    found: set[str] = set()
    told: _Promise | None = None
    facts: Facts = {}
    named_by = {w for code in languages for w in words("payment", code)}
    for word in sorted(named_by):
        for at in _hits(lower, word)[:12]:
            near = max(0, at - 60)
            named = _methods(_DECLINED.sub(_blank, lower[near : at + 260]))
            if len(named) > 1:
                start = min(at, *(near + place for place in named.values()))
                end = max(at + len(word), *(near + place + 1 for place in named.values()))
                left, right = sentence(text, start, end, 80, 60)
                told = told or _Promise("payment", facts, left, right, start, end)
                found |= set(named)
    facts["methods"] = ", ".join(sorted(found))
    return [told] if told else []


# "Can I pay by invoice? No."
_DECLINED = re.compile(
    r"\b(?:can|could|may|do|does|is|are|kann|können|puis-je|peut-on|puedo|posso|kan)\b[^.!?]{0,80}\?"
    r"\s*(?:no|not|sorry|unfortunately|nein|leider|non|désolé|nee|nej|helaas)\b"
)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _methods(near: str) -> dict[str, int]:
    """Ways to pay named in the text and where."""
    found = {}
    for text, name in methods().items():
        at = near.find(text)
        if at >= 0 and _stands_alone(near, at, at + len(text)):
            found[name] = at
            near = near.replace(text, "|" * len(text))  # cash on delivery is not cash as well
    return found


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum()
