"""Own data in a report: what surveys say of us, and what became of the gaps of the last run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.metrics import METRICS
from analysis.surveys import format_result, survey_results
from reports.labels import FOLLOW_UPS, label
from reports.model import Fact, GapFollowUp, OwnNumber
from reports.phrases import said
from reports.units import format_date, format_span

if TYPE_CHECKING:
    from analysis.surveys import SurveyResult
    from reports.ground import Ground, Row
    from reports.locale import Words

__all__ = ["follow_ups", "own_numbers"]

_PARTS = 12  # a ticket system has more topics than a report has room for


def own_numbers(ground: Ground) -> tuple[OwnNumber, ...]:
    """The study's own numbers; empty where nothing was imported."""
    found = survey_results(ground.db, int(ground.study["id"]))
    return tuple(_number(result, ground.words) for result in found)


def _number(found: SurveyResult, words: Words) -> OwnNumber:
    interval = period = ""
    if found.low is not None:
        low, high = (format_result(value, found.unit) for value in (found.low, found.high))
        interval = format_span(said(low, words), said(high, words), words)
    if found.since:
        until = format_date(found.until, words)
        period = format_span(format_date(found.since, words), until, words)
    label = words.t(found.label)
    return OwnNumber(
        metric=found.metric,
        label=f"{label}, {found.survey}" if found.survey else label,
        value=found.value,
        value_text=said(format_result(found.value, found.unit), words),
        interval=interval,
        formula=words.t(found.definition),
        scale=words.t(found.scale),
        n=found.n,
        period=period,
        parts=tuple(Fact(name, words.number(n)) for name, n in found.parts[:_PARTS]),
        note=said(found.note, words),
    )


def follow_ups(ground: Ground) -> tuple[GapFollowUp, ...]:
    """Each gap of the run before, in the order that it had there."""
    sql = "select * from gap_followups where run_id = ? order by position, metric"
    return tuple(_follow_up(row, ground.words) for row in ground.rows(sql, ground.run_id))


def _follow_up(row: Row, words: Words) -> GapFollowUp:
    metric = METRICS.get(row["metric"])
    return GapFollowUp(
        metric=row["metric"],
        label=words.t(metric.label) if metric else label(row["metric"], words),
        state=row["state"],
        state_label=words.t(FOLLOW_UPS[row["state"]]),
        text=said(row["text"], words),
        before_own=row["before_own"],
        before_median=row["before_median"],
        own_value=row["own_value"],
        market_median=row["market_median"],
        target=row["target"],
        target_reached=None if row["target_reached"] is None else bool(row["target_reached"]),
        review_date=row["review_date"],
    )
