"""Scoreboard, positions, gaps, SWOT and brand pages of a run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.metrics import METRICS
from analysis.observations import fold, meant_kind
from reports import labels
from reports.ground import json_object
from reports.locale import ENGLISH
from reports.model import (
    Brand,
    BrandPage,
    Cell,
    Dimension,
    Fact,
    Gap,
    Position,
    Scoreboard,
    ScoreboardRow,
    Statement,
    Swot,
)
from reports.phrases import said
from reports.units import (
    UNITS,
    format_interval,
    format_score,
    format_share,
    format_value,
    median,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.ground import Ground, Row
    from reports.locale import Words

__all__ = [
    "BAND_LIMITS",
    "Units",
    "brand_pages",
    "brand_rows",
    "gap_rows",
    "position_rows",
    "read_units",
    "scoreboard",
]

# Points of score from the market median at which the colour of a cell changes; chosen by eye so
# that the usual interval of a score (about 7 points to a side) stays inside the neutral band.
BAND_LIMITS = (5, 15, 30)
# The order in which a customer meets the dimensions; others follow by name.
_ORDER = (
    "overall",
    "discoverability",
    "reach",
    "self_service",
    "policies",
    "assisted_support",
    "chat",
    "responsiveness",
    "reputation",
)


@dataclass(frozen=True)
class Units:
    """Unit, label, weight and formula of each metric of the run."""

    units: dict[str, str]
    labels: dict[str, str]
    weights: dict[str, float]
    formulas: dict[str, str]
    words: Words = ENGLISH

    def label(self, metric: str) -> str:
        return self.labels.get(metric) or labels.label(metric, self.words)

    def text(self, value: float | None, metric: str) -> str:
        return format_value(value, self.units.get(metric, ""), self.words)


def read_units(ground: Ground) -> Units:
    """Units as the run's metrics rows state them, words and weights from the table of metrics."""
    sql = "select distinct key, unit from metrics where run_id = ?"
    units = {row["key"]: row["unit"] for row in ground.rows(sql, ground.run_id)}
    words = ground.words
    return Units(
        {key: metric.unit for key, metric in METRICS.items()} | units,
        {key: words.t(metric.label) for key, metric in METRICS.items()}
        | {key: _theme_label(key, words) for key in units if key.startswith("theme.")},
        {key: metric.weight for key, metric in METRICS.items()},
        {key: words.t(metric.formula) for key, metric in METRICS.items()},
        words,
    )


def _theme_label(key: str, words: Words = ENGLISH) -> str:
    """The label of a theme's metric, which the table of metrics does not list.

    >>> _theme_label("theme.returns_refunds.net")
    'Returns and refunds, net sentiment'
    """
    _, theme, kind = [*key.split("."), "", ""][:3]
    name = labels.label(theme, words)
    if kind == "net":
        return words.t("{theme}, net sentiment", theme=name)
    if kind == "mentions":
        return words.t("{theme}, mentions per 100 reviews", theme=name)
    return f"{name}, {kind.replace('_', ' ')}"


def brand_rows(ground: Ground) -> tuple[Brand, ...]:
    """All who rank: compared ones first, then the ones set aside, each with the reason."""
    ignored = [b for b in ground.brands if b["role"] == "ignored"]
    return tuple(
        Brand(
            domain=b["domain"],
            role=b["role"],
            kind=b["class"],
            kind_label=labels.worded(labels.BRAND_KINDS, b["class"], ground.words),
            reason=said(b["reason"], ground.words),
            visibility=b["visibility"],
            visibility_text=format_share(b["visibility"], ground.words),
            keywords=b["keywords"],
            best_rank=b["best_rank"],
        )
        for b in (*ground.compared, *ignored)
    )


def scoreboard(ground: Ground) -> Scoreboard:
    """Scores of the compared brands; the median and the best are of the competitors alone."""
    scores = {
        (row["brand_id"], row["dimension"]): row
        for row in ground.rows("select * from scores where run_id = ?", ground.run_id)
    }
    keys = sorted({d for _, d in scores}, key=_dimension_order)
    dimensions = tuple(_dimension(ground, key, scores) for key in keys)
    drawn = [
        ScoreboardRow(
            b["domain"],
            b["role"],
            tuple(_cell(d, scores.get((b["id"], d.key)), ground.words) for d in dimensions),
        )
        for b in ground.compared
    ]
    own = [row for row in drawn if row.role == "own"]
    others = sorted((row for row in drawn if row.role != "own"), key=_standing, reverse=True)
    return Scoreboard("", dimensions, (*own, *others))


def _dimension_order(key: str) -> tuple[int, str]:
    return (_ORDER.index(key) if key in _ORDER else len(_ORDER), key)


def _dimension(ground: Ground, key: str, scores: dict[tuple[str, str], Row]) -> Dimension:
    known = [
        (row["score"], b["domain"])
        for b in ground.competitors
        if (row := scores.get((b["id"], key))) and row["score"] is not None
    ]
    best = max(known, default=(None, None))
    return Dimension(
        key=key,
        label=labels.dimension_label(key, ground.words),
        meaning=labels.worded(labels.DIMENSION_MEANINGS, key, ground.words)
        if key in labels.DIMENSION_MEANINGS
        else "",
        median=median(score for score, _ in known),
        best=best[0],
        best_brand=best[1],
        scored=len(known),
    )


def _cell(dimension: Dimension, row: Row | None, words: Words) -> Cell:
    if row is None:
        unseen = words.t("not seen")
        return Cell(dimension.key, None, None, None, "", unseen, "", 0.0, None, None, None, "")
    score = row["score"]
    return Cell(
        dimension=dimension.key,
        score=score,
        low=row["low"],
        high=row["high"],
        text="" if score is None else format_score(score, words),
        words=labels.state_words(row["state"], score, row["reason"], words),
        reason=said(row["reason"], words),
        coverage=row["coverage"],
        band=_band(score, dimension.median),
        place=row["place"],
        robust=None if row["robust"] is None else bool(row["robust"]),
        depends_on=said(row["depends_on"], words),
    )


def _band(score: float | None, middle: float | None) -> int | None:
    if score is None or middle is None:
        return None
    steps = sum(abs(score - middle) >= limit for limit in BAND_LIMITS)
    return steps if score >= middle else -steps


def _standing(row: ScoreboardRow) -> tuple[bool, float, str]:
    """Brands that could mostly be read come first: a blocked one has no place, not a low one."""
    bands = [cell.band for cell in row.cells if cell.band is not None]
    known = len(bands) * 2 >= len(row.cells)
    return (known, sum(bands) / len(bands) if bands else 0.0, row.domain)


def position_rows(board: Scoreboard) -> tuple[Position, ...]:
    """Own score against the competitors' range, per dimension; () without an own brand."""
    own = next((row for row in board.rows if row.role == "own"), None)
    if own is None:
        return ()
    return tuple(
        _position(dimension, cell, [row.cells[i].score for row in board.rows if row is not own])
        for i, (dimension, cell) in enumerate(zip(board.dimensions, own.cells, strict=True))
    )


def _position(dimension: Dimension, cell: Cell, others: Sequence[float | None]) -> Position:
    known = [score for score in others if score is not None]
    compared = cell.score is not None and dimension.median is not None
    return Position(
        dimension=dimension.key,
        label=dimension.label,
        own=cell.score,
        low=cell.low,
        high=cell.high,
        median=dimension.median,
        worst=min(known, default=None),
        best=dimension.best,
        best_brand=dimension.best_brand,
        difference=cell.score - dimension.median if compared else None,  # type: ignore[operator]
        words=cell.words,
    )


def gap_rows(ground: Ground, units: Units) -> tuple[Gap, ...]:
    """Gaps of the own brand in the order of the analysis."""
    own = ground.own
    if own is None:
        return ()
    sql = "select * from gaps where run_id = ? and brand_id = ? order by position, id"
    return tuple(_gap(ground, units, row) for row in ground.rows(sql, ground.run_id, own["id"]))


def _gap(ground: Ground, units: Units, row: Row) -> Gap:
    metric = row["metric"]
    return Gap(
        position=row["position"],
        metric=metric,
        label=units.label(metric),
        dimension=labels.dimension_label(row["dimension"], ground.words),
        text=said(row["text"], ground.words),
        own_value=row["own_value"],
        own_text=units.text(row["own_value"], metric),
        market_median=row["market_median"],
        median_text=units.text(row["market_median"], metric),
        best_value=row["best_value"],
        best_text=units.text(row["best_value"], metric),
        best_brand=ground.domain(row["best_brand_id"]),
        impact=row["impact"],
        effort=row["effort"],
        confidence=row["confidence"],
        stage=labels.worded(labels.STAGES, row["stage"], ground.words),
        tactic=tuple(said(step, ground.words) for step in _steps(row["tactic"])),
        goal=said(row["goal"], ground.words),
        kpi=said(row["kpi"], ground.words),
        target=row["target"],
        target_text=units.text(row["target"], metric),
        review_date=row["review_date"],
        evidence=ground.book.cite([row["id"]]),
    )


def _steps(tactic: str) -> tuple[str, ...]:
    """The lines of a tactic, without the numbers or dashes that a list begins with.

    >>> _steps("1. Write answers.\\n2) 24 hours at most\\n- Link them.")
    ('Write answers.', '24 hours at most', 'Link them.')
    """
    lines = (re.sub(r"^\s*(\d+[.)]\s|[-*•])\s*", "", line).strip() for line in tactic.splitlines())
    return tuple(line for line in lines if line)


def brand_pages(ground: Ground, units: Units, board: Scoreboard) -> tuple[BrandPage, ...]:
    """A page for each compared brand, in the order of the scoreboard."""
    by_domain = {b["domain"]: b for b in ground.compared}
    return tuple(
        BrandPage(
            domain=row.domain,
            role=row.role,
            title=_brand_title(ground.words, board, row),
            coverage=_coverage(ground, by_domain[row.domain]),
            facts=_facts(ground, by_domain[row.domain]),
            cells=row.cells,
            swot=_swot(ground, units, by_domain[row.domain]),
        )
        for row in board.rows
    )


def _brand_title(words: Words, board: Scoreboard, row: ScoreboardRow) -> str:
    pairs = [
        (cell.score - d.median, d)
        for d, cell in zip(board.dimensions, row.cells, strict=True)
        if d.key != "overall" and cell.score is not None and d.median is not None
    ]
    if len(pairs) < 2:
        return words.t("{brand}: too little could be seen to place it", brand=row.domain)
    low, high = min(pairs, key=lambda p: p[0]), max(pairs, key=lambda p: p[0])
    return words.n(
        "{brand} is at or above the market median in {ahead} of {n} dimension; against it "
        "strongest in {high}, weakest in {low}",
        "{brand} is at or above the market median in {ahead} of {n} dimensions; against it "
        "strongest in {high}, weakest in {low}",
        len(pairs),
        brand=row.domain,
        ahead=sum(difference >= 0 for difference, _ in pairs),
        high=labels.in_sentence(high[1].label, words),
        low=labels.in_sentence(low[1].label, words),
    )


def _coverage(ground: Ground, brand: Row) -> str:
    """What was read of this brand, in a sentence."""
    words = ground.words
    visits = list(ground.rows("select * from visits where brand_id = ?", brand["id"]))
    if not visits:
        return words.t("Not visited in this run.")
    read = sum(v["pages_ok"] for v in visits if v["stage"] == "crawl")
    failed = sum(v["pages_failed"] for v in visits if v["stage"] == "crawl")
    reasons = sorted({v["reason"] for v in visits if v["reason"]})
    if any(v["stage"] == "render" and v["state"] in ("done", "partial") for v in visits):
        text = words.n("{n} page read, {failed} not.", "{n} pages read, {failed} not.", read,
                       failed=failed)  # fmt: skip
    else:
        text = words.n(
            "{n} page read, {failed} not; no page was opened in a browser, so chat is known from "
            "static pages only.",
            "{n} pages read, {failed} not; no page was opened in a browser, so chat is known from "
            "static pages only.",
            read,
            failed=failed,
        )
    told = said("; ".join(reasons), words)
    return f"{text} {told[:1].upper()}{told[1:]}".strip()


_COUNTS = """
    select (select count(distinct page_id) from faq_entries where brand_id = b.id) as faq_pages,
           (select count(*) from reviews r left join review_scores s on s.review_id = r.id
            where r.brand_id = b.id and coalesce(s.is_repeat, 0) = 0) as reviews
    from brands b where b.id = ?"""


def _facts(ground: Ground, brand: Row) -> tuple[Fact, ...]:
    words, key = ground.words, brand["id"]
    counts = next(ground.rows(_COUNTS, key))
    unseen = words.t("none seen")
    return (
        Fact(words.t("Share of search clicks"), format_share(brand["visibility"], words)),
        Fact(words.t("FAQ"), _faq(ground, key, counts["faq_pages"]) or unseen),
        Fact(words.t("Chat"), _chat(ground, key) or unseen),
        Fact(words.t("Channels"), _channels(ground, key) or unseen),
        Fact(words.t("Reviews read"), words.number(counts["reviews"])),
        Fact(words.t("Promises"), _policies(ground, key) or unseen),
        Fact(words.t("Other CX systems"), _technologies(ground, key) or unseen),
    )


def _faq(ground: Ground, brand: str, pages: int) -> str:
    """A question that stands on several pages is one entry, as it is for the metrics."""
    rows = ground.rows("select question from faq_entries where brand_id = ?", brand)
    asked = {fold(row["question"]) or row["question"] for row in rows}
    if not asked:
        return ""
    words = ground.words
    return words.n(
        "{n} entry on {pages}",
        "{n} entries on {pages}",
        len(asked),
        pages=words.n("{n} page", "{n} pages", pages),
    )


def _chat(ground: Ground, brand: str) -> str:
    sql = """select distinct vendor, kind, phase from chat_widgets
             where brand_id = ? and evidence in ('embedded', 'likely') order by vendor"""
    words, seen = ground.words, []
    for row in ground.rows(sql, brand):
        kind = labels.in_sentence(labels.label(row["kind"], words), words)
        if row["phase"] == "consent":
            kind = words.t("{kind}, after consent", kind=kind)
        seen.append(f"{row['vendor']} ({kind})")
    return words.list(dict.fromkeys(seen))


def _channels(ground: Ground, brand: str) -> str:
    """The kinds of channels; a form that takes bookings is none, as it is for the metrics."""
    sql = """select kind, detail from channels
             where brand_id = ?
               and kind not in ('hours', 'reply_time', 'reply_term', 'address', 'language')"""
    words = ground.words
    kinds = {meant_kind(row["kind"], row["detail"]) for row in ground.rows(sql, brand)}
    return words.list(
        labels.in_sentence(labels.label(kind, words), words) for kind in sorted(kinds - {"booking"})
    )


def _policies(ground: Ground, brand: str) -> str:
    """`returns (window 14 days, not free); delivery (3–5 working days)`."""
    sql = "select distinct kind, facts from policies where brand_id = ? order by kind limit 12"
    words = ground.words
    told: dict[str, dict[str, None]] = {}
    for row in ground.rows(sql, brand):
        kind = labels.in_sentence(labels.label(row["kind"], words), words)
        told.setdefault(kind, {}).update(dict.fromkeys(_promises(json_object(row["facts"]), words)))
    listed = (
        f"{kind} ({words.t(', ').join(facts)})" if facts else kind for kind, facts in told.items()
    )
    return words.t("; ").join(listed)


PROMISE_UNITS = {
    **{unit: UNITS[unit] for unit in ("minutes", "hours", "days", "months")},
    "weeks": ("{n} week", "{n} weeks"),
    "years": ("{n} year", "{n} years"),
    "percent": ("{n} percent", "{n} percent"),
    "working days": ("{n} working day", "{n} working days"),
}
PROMISE_BOUNDS = {"min": "at least {amount}", "max": "at most {amount}"}
# Facts of policies by name, as extractors write them.
PROMISE_WORDS = (
    *("window", "free", "free from", "paid by", "cost", "extended", "anytime", "refund", "methods"),
    *("store credit", "shop", "customer", "business days", "business", "currency", "term"),
    *("bank transfer", "card", "paypal", "invoice", "exchange", "original packaging"),
)


def _promises(facts: dict[str, Any], words: Words = ENGLISH) -> list[str]:
    """The facts of a policy in words; two bounds are a range, an amount has its currency.

    >>> _promises({"business_days": True, "days_min": 3, "days_max": 5})
    ['3–5 working days']
    >>> _promises({"currency": "GBP", "free_from": 60.0}), _promises({"window_days": 14})
    (['free from £60'], ['window 14 days'])
    """
    left, told = dict(facts), []
    days = "days"
    if {"days_min", "days_max"} & left.keys() and left.pop("business_days", False):
        days = "working days"
    for unit in ("hours", "days", "weeks"):
        if {f"{unit}_min", f"{unit}_max"} <= left.keys():
            low, high = left.pop(f"{unit}_min"), left.pop(f"{unit}_max")
            shown = "–".join(dict.fromkeys(map(words.number, (low, high))))
            told.append(words.n(*PROMISE_UNITS[days if unit == "days" else unit], high, n=shown))
    for name in ("cost", "free_from") if "currency" in left else ():
        if name in left:
            amount = words.money(left.pop(name), left["currency"])
            told.append(f"{words.t(name.replace('_', ' '))} {amount}")
    if told:
        left.pop("currency", None)
    return told + [_promise(key, value, words, days) for key, value in left.items()]


def _promise(key: str, value: object, words: Words = ENGLISH, days: str = "days") -> str:
    """A fact of a policy in words.

    >>> _promise("window_days", 30), _promise("free", True), _promise("paid_by", "shop")
    ('window 30 days', 'free', 'paid by shop')
    >>> _promise("days_max", 5), _promise("hours_max", 0.75)
    ('at most 5 days', 'at most 45 minutes')
    """
    parts = key.split("_")
    name = " ".join(p for p in parts if p not in PROMISE_UNITS and p not in PROMISE_BOUNDS)
    name = words.t(name) if name else ""
    if isinstance(value, bool):
        name = words.t(" ".join(parts))
        return name if value else words.t("not {fact}", fact=name)
    if not isinstance(value, (int, float)):
        items = str(value).replace("_", " ").split(", ")
        return f"{name} {words.t(', ').join(words.t(item) for item in items)}"
    unit = next((part for part in parts if part in PROMISE_UNITS), "")
    if unit == "hours" and value < 1:
        unit, value = "minutes", round(60 * value)
    if name == "" and unit == "days":
        unit = days
    amount = words.n(*PROMISE_UNITS[unit], value) if unit else words.plain(value)
    bound = next((part for part in parts if part in PROMISE_BOUNDS), "")
    if bound:
        amount = words.t(PROMISE_BOUNDS[bound], amount=amount)
    return f"{name} {amount}".strip()


def _technologies(ground: Ground, brand: str) -> str:
    sql = """select distinct vendor from technologies
             where brand_id = ? and evidence in ('embedded', 'likely') order by vendor limit 8"""
    return ground.words.list(row["vendor"] for row in ground.rows(sql, brand))


def _swot(ground: Ground, units: Units, brand: Row) -> Swot:
    sql = "select * from swot_entries where run_id = ? and brand_id = ? order by position, id"
    entries = list(ground.rows(sql, ground.run_id, brand["id"]))
    parts = {
        quadrant: tuple(
            _statement(ground, units, row)
            for row in entries
            if row["quadrant"] == quadrant and not row["in_appendix"]
        )
        for quadrant in ("strength", "weakness", "opportunity", "threat")
    }
    appendix = tuple(_statement(ground, units, row) for row in entries if row["in_appendix"])
    return Swot(
        parts["strength"], parts["weakness"], parts["opportunity"], parts["threat"], appendix
    )


def _statement(ground: Ground, units: Units, row: Row) -> Statement:
    metric = row["metric"]
    unit = units.units.get(metric or "", "")
    return Statement(
        quadrant=row["quadrant"],
        text=said(row["text"], ground.words),
        rule=row["rule"],
        metric=metric,
        label=units.label(metric) if metric else "",
        own_value=row["own_value"],
        own_text=units.text(row["own_value"], metric) if metric else "",
        market_median=row["market_median"],
        median_text=units.text(row["market_median"], metric) if metric else "",
        n=row["n"],
        interval=format_interval(row["low"], row["high"], unit, ground.words),
        impact=row["impact"],
        confidence=row["confidence"],
        evidence=ground.book.cite([row["id"]]),
    )
