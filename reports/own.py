"""Own data in a report: what surveys say of us, and what became of the gaps of the last run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.metrics import METRICS
from analysis.surveys import format_result, survey_results
from reports.labels import FOLLOW_UPS, label
from reports.model import Fact, GapFollowUp, OwnNumber
from reports.units import format_date

if TYPE_CHECKING:
    from analysis.surveys import SurveyResult
    from reports.ground import Ground, Row

__all__ = ["follow_ups", "own_numbers"]

_PARTS = 12  # a ticket system has more topics than a report has room for


def own_numbers(ground: Ground) -> tuple[OwnNumber, ...]:
    """The study's own numbers; empty where nothing was imported."""
    return tuple(_number(found) for found in survey_results(ground.db, int(ground.study["id"])))


def _number(found: SurveyResult) -> OwnNumber:
    interval = ""
    if found.low is not None:
        interval = f"{format_result(found.low, found.unit)} to "
        interval += format_result(found.high, found.unit)
    period = ""
    if found.since:
        period = f"{format_date(found.since)} to {format_date(found.until)}"
    return OwnNumber(
        metric=found.metric,
        label=f"{found.label}, {found.survey}" if found.survey else found.label,
        value=found.value,
        value_text=format_result(found.value, found.unit),
        interval=interval,
        formula=found.definition,
        scale=found.scale,
        n=found.n,
        period=period,
        parts=tuple(Fact(name, str(n)) for name, n in found.parts[:_PARTS]),
        note=found.note,
    )


def follow_ups(ground: Ground) -> tuple[GapFollowUp, ...]:
    """Each gap of the run before, in the order that it had there."""
    sql = "select * from gap_followups where run_id = ? order by position, metric"
    return tuple(_follow_up(row) for row in ground.rows(sql, ground.run_id))


def _follow_up(row: Row) -> GapFollowUp:
    metric = METRICS.get(row["metric"])
    return GapFollowUp(
        metric=row["metric"],
        label=metric.label if metric else label(row["metric"]),
        state=row["state"],
        state_label=FOLLOW_UPS[row["state"]],
        text=row["text"],
        before_own=row["before_own"],
        before_median=row["before_median"],
        own_value=row["own_value"],
        market_median=row["market_median"],
        target=row["target"],
        target_reached=None if row["target_reached"] is None else bool(row["target_reached"]),
        review_date=row["review_date"],
    )
