"""What changed between two runs: facts as sets, numbers by a test, never a failed fetch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from analysis.metrics import METRICS, format_value
from analysis.observations import Observed, fold, read_brands, read_searches, shorten
from analysis.statistics import Estimate, mean_test
from crawler.db import row_id, upsert

if TYPE_CHECKING:
    from crawler.db import Database

__all__ = ["SIGNIFICANT", "Change", "compare", "write_changes"]

SIGNIFICANT = 0.05  # two-sided p of the test that the text names
_LISTED = 3  # examples in a text


@dataclass(frozen=True, slots=True)
class Change:
    """A difference. `cause` is `method` when our formula changed and not the market."""

    domain: str
    kind: str
    before: str | None
    after: str | None
    cause: Literal["market", "method"]
    text: str


class _Side(NamedTuple):
    """A brand in one run: its facts and its metrics by key."""

    brand: Observed
    metrics: dict[str, _Row]


class _Row(NamedTuple):
    value: float | None
    n: int
    low: float | None
    high: float | None
    state: str
    version: str
    reason: str


def compare(db: Database, from_run: int, to_run: int) -> list[Change]:
    """Changes of the brands that are in both runs, and brands that came or went.

    A fact counts as gone only when the new run looked where it was, and as new only when the old
    run looked there; a number as changed only when a test or a threshold, named in the text,
    says so.
    """
    before, after = _sides(db, from_run), _sides(db, to_run)
    found = list(_selection(before, after))
    asked = read_searches(db, from_run).answered, read_searches(db, to_run).answered
    same_keywords = len(asked[0]) if set(asked[0]) == set(asked[1]) else 0
    for domain in sorted(before.keys() & after.keys()):
        old, new = before[domain], after[domain]
        found += _fact_changes(domain, old.brand, new.brand)
        found += _metric_changes(domain, old, new, same_keywords)
    return found


def write_changes(db: Database, study_id: int, from_run: int, to_run: int) -> list[Change]:
    """Store `compare` in the table changes; doing it twice gives the same rows."""
    changes = compare(db, from_run, to_run)
    with db.atomic():
        db.execute("delete from changes where run_id = ? and from_run_id = ?", [to_run, from_run])
        upsert(
            db,
            "changes",
            [
                {
                    "id": row_id(from_run, to_run, change.domain, change.kind),
                    "study_id": study_id,
                    "from_run_id": from_run,
                    "run_id": to_run,
                    "domain": change.domain,
                    "kind": change.kind,
                    "before": change.before,
                    "after": change.after,
                    "cause": change.cause,
                    "text": change.text,
                }
                for change in changes
            ],
        )
    return changes


def _sides(db: Database, run_id: int) -> dict[str, _Side]:
    row = db.execute("select started_at from runs where id = ?", [run_id]).fetchone()
    if row is None:
        return {}
    sides = {}
    for brand in read_brands(db, run_id, now=datetime.fromisoformat(row[0])):
        rows = db.execute(
            "select key, value, n, low, high, state, method_version, reason from metrics "
            "where brand_id = ?",
            [brand.brand_id],
        ).fetchall()
        sides[brand.domain] = _Side(brand, {key: _Row(*values) for key, *values in rows})
    return sides


def _selection(before: dict[str, _Side], after: dict[str, _Side]) -> Iterator[Change]:
    if not before:
        return
    for domain in sorted(after.keys() - before.keys()):
        text = f"{domain} is new among the brands compared."
        yield Change(domain, "brand", None, "compared", "market", text)
    for domain in sorted(before.keys() - after.keys()):
        text = f"{domain} is no longer among the brands compared."
        yield Change(domain, "brand", "compared", None, "market", text)


# -- facts -----------------------------------------------------------------------------------


class _Shown(NamedTuple):
    """A fact as people read it, and where it stood."""

    text: str
    page_id: str


class _Fact(NamedTuple):
    """A kind of fact: how to list it, where it would be, and what it is called."""

    kind: str
    one: str
    many: str
    listed: Callable[[Observed], dict[str, _Shown]]
    purposes: tuple[str, ...]
    extractor: str


def _questions(brand: Observed) -> dict[str, _Shown]:
    return {
        fold(entry.question): _Shown(shorten(entry.question, 100), entry.page_id)
        for entry in brand.faq
    }


def _channels(*kinds: str) -> Callable[[Observed], dict[str, _Shown]]:
    def listed(brand: Observed) -> dict[str, _Shown]:
        return {
            f"{channel.kind}:{channel.value}": _Shown(channel.value, channel.page_id)
            for channel in brand.channels
            if channel.kind in kinds
        }

    return listed


def _policies(brand: Observed) -> dict[str, _Shown]:
    """Facts with units, e.g. "returns window days 30"."""
    found = {}
    for policy in brand.policies:
        for key, value in policy.facts.items():
            words = f"{policy.kind} {key.replace('_', ' ')} {json.dumps(value)}"
            found[words] = _Shown(words, policy.page_id)
    return found


def _chat_vendors(brand: Observed) -> dict[str, str]:
    return {chat.vendor: chat.vendor for chat in brand.chat if chat.kind != "messenger"}


_FACTS = (
    _Fact("faq", "question", "questions", _questions, ("faq", "help"), "faq"),
    _Fact("phone", "phone number", "phone numbers", _channels("phone"), ("contact",), "channels"),
    _Fact("email", "e-mail address", "e-mail addresses", _channels("email"), ("contact",),
          "channels"),
    _Fact("messenger", "messenger", "messengers",
          _channels("whatsapp", "messenger", "telegram", "viber", "line", "wechat", "sms"),
          ("contact",), "channels"),
    _Fact("hours", "statement of hours", "statements of hours", _channels("hours"), ("contact",),
          "channels"),
    _Fact("reply_time", "promise of a reply time", "promises of a reply time",
          _channels("reply_time"), ("contact",), "channels"),
    _Fact("policy", "term", "terms", _policies, ("returns", "shipping", "help"), "policies"),
    _Fact("language", "language", "languages", _channels("language"), ("contact",), "channels"),
)  # fmt: skip


def _fact_changes(domain: str, old: Observed, new: Observed) -> Iterator[Change]:
    yield from _chat_changes(domain, old, new)
    for fact in _FACTS:
        before, after = fact.listed(old), fact.listed(new)
        if gone := _only_in(old, before, after, new, fact):
            yield _fact_change(domain, fact, "removed", gone)
        if come := _only_in(new, after, before, old, fact):
            yield _fact_change(domain, fact, "added", come)


def _only_in(
    having: Observed,
    has: dict[str, _Shown],
    lacks: dict[str, _Shown],
    lacking: Observed,
    fact: _Fact,
) -> list[str]:
    """Facts of one run that the other lacks, although it looked where they stand."""
    missing = [_at(having, shown) for key, shown in has.items() if key not in lacks]
    return [text for text, url in missing if _looked_at(lacking, url, fact)]


def _at(brand: Observed, shown: _Shown) -> tuple[str, str]:
    page = brand.page(shown.page_id)
    return shown.text, page.url if page else ""


def _looked_at(brand: Observed, url: str, fact: _Fact) -> bool:
    """Whether a run that lacks a fact looked at the address where the other run saw it.

    An address that it never came to counts when its crawl came to its end and lost nothing.
    """
    asked = [page for page in brand.pages if page.url == url]
    if asked:
        return any(
            page.state == "not_found" or (page.state == "ok" and fact.extractor not in page.broken)
            for page in asked
        )
    return brand.is_complete and brand.sight(fact.purposes, fact.extractor).seen


def _fact_change(domain: str, fact: _Fact, what: str, shown: list[str]) -> Change:
    shown = sorted(shown)
    name = fact.one if len(shown) == 1 else fact.many
    examples = "; ".join(f"“{text}”" for text in shown[:_LISTED])
    more = f" and {len(shown) - _LISTED} more" if len(shown) > _LISTED else ""
    listed = "; ".join(shown)
    return Change(
        domain,
        f"{fact.kind}_{what}",
        listed if what == "removed" else None,
        listed if what == "added" else None,
        "market",
        f"{domain} {what} {len(shown)} {name}: {examples}{more}.",
    )


def _chat_changes(domain: str, old: Observed, new: Observed) -> Iterator[Change]:
    before, after = _chat_vendors(old), _chat_vendors(new)
    gone = sorted(before.keys() - after.keys())
    come = sorted(after.keys() - before.keys())
    if gone and come:
        text = f"{domain} moved its chat from {', '.join(gone)} to {', '.join(come)}."
        yield Change(domain, "chat_vendor", ", ".join(gone), ", ".join(come), "market", text)
    elif gone and _looked_alike(old, new):
        text = f"{domain} removed its chat {', '.join(gone)}."
        yield Change(domain, "chat_vendor", ", ".join(gone), None, "market", text)
    elif come and _looked_alike(new, old):
        text = f"{domain} added a chat: {', '.join(come)}."
        yield Change(domain, "chat_vendor", None, ", ".join(come), "market", text)


def _looked_alike(having: Observed, lacking: Observed) -> bool:
    """The run without the chat looked as closely as the one that saw it: statically or rendered."""
    if not lacking.sight(("contact",), "chat").seen:
        return False
    by_browser = all(chat.phase != "static" for chat in having.chat)
    return not by_browser or any(page.rendered and page.state == "ok" for page in lacking.pages)


# -- numbers ---------------------------------------------------------------------------------

# Counts and yes/no change as facts above; these change as numbers.
_VISIBILITY_STEP = 0.02  # chosen: two points of share, about one rank on half of the keywords
_NUMBERS = (
    "star_rating", "net_sentiment", "negative_share", "reviews_answered",
    "support_speed_net", "mystery_reply_time", "mystery_answered",
)  # fmt: skip


def _metric_changes(domain: str, old: _Side, new: _Side, same_keywords: int) -> Iterator[Change]:
    for key in METRICS:
        a, b = old.metrics.get(key), new.metrics.get(key)
        if a is None or b is None or a.value is None or b.value is None:
            continue
        if a.version != b.version:
            if a.value != b.value:
                yield _method_change(domain, key, a, b)
        elif key == "visibility":
            if same_keywords and abs(b.value - a.value) >= _VISIBILITY_STEP:
                yield _visibility_change(domain, a, b, same_keywords)
        elif key in _NUMBERS:
            yield from _number_change(domain, key, a, b)


def _method_change(domain: str, key: str, a: _Row, b: _Row) -> Change:
    metric = METRICS[key]
    before, after = _shown(key, a), _shown(key, b)
    text = (
        f"{metric.label} of {domain} went from {before} to {after}; our method changed "
        f"(version {a.version} to {b.version}), so this says nothing about the brand."
    )
    return Change(domain, key, before, after, "method", text)


def _visibility_change(domain: str, a: _Row, b: _Row, keywords: int) -> Change:
    """Ranks are facts, so there is no test; the threshold keeps daily noise out."""
    before, after = _shown("visibility", a), _shown("visibility", b)
    word = "rose" if (b.value or 0.0) > (a.value or 0.0) else "fell"
    text = (
        f"Visibility of {domain} {word} from {before} to {after} on the same {keywords} keywords "
        f"(threshold {100 * _VISIBILITY_STEP:.0f} points)."
    )
    return Change(domain, "visibility", before, after, "market", text)


def _number_change(domain: str, key: str, a: _Row, b: _Row) -> Iterable[Change]:
    old, new = _estimate(a), _estimate(b)
    if old is None or new is None:
        return
    p = mean_test(old, new)
    if p >= SIGNIFICANT or old.value == new.value:
        return
    metric = METRICS[key]
    word = "rose" if new.value > old.value else "fell"
    before, after = _shown(key, a), _shown(key, b)
    yield Change(
        domain,
        key,
        before,
        after,
        "market",
        f"{metric.label} of {domain} {word} from {before} to {after} (n {old.n} and {new.n}; "
        f"difference of two 95 % intervals, p = {max(p, 0.0001):.4f} < {SIGNIFICANT}).",
    )


def _estimate(row: _Row) -> Estimate | None:
    if row.value is None or row.low is None or row.high is None or row.state != "measured":
        return None
    return Estimate(row.value, row.low, row.high, row.n)


def _shown(key: str, row: _Row) -> str:
    value: Any = row.value
    return format_value(value, METRICS[key].unit)
