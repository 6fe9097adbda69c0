"""Own survey numbers: NPS, CSAT, CES, churn, reply times, tickets; formula and scale beside each.

The names are used for several formulas that do not agree, so a number never goes without its
formula, its scale, n and interval, and answers on different scales are never put together.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analysis.statistics import Z_95, Estimate, bootstrap, net_share, wilson
from crawler.errors import ConfigError

if TYPE_CHECKING:
    from crawler.db import Database

__all__ = [
    "BUCKETS",
    "SURVEYS",
    "Answer",
    "Formula",
    "Survey",
    "SurveyResult",
    "bucket_of",
    "format_result",
    "formula_of",
    "reply_times",
    "results",
    "survey_results",
]

FEW = 10  # chosen: below it the interval says more than the number, and the note says so

# Upper ends in hours, as help desks report them; a question never answered has its own bucket.
BUCKETS: tuple[tuple[str, float], ...] = (
    ("0-1h", 1.0), ("1-4h", 4.0), ("4-8h", 8.0), ("8-24h", 24.0), ("24h+", float("inf")),
)  # fmt: skip
NEVER = "never"


class Answer(NamedTuple):
    """A row of a survey file.

    `value` is a score, hours, customers lost or a number of tickets; None is a question that was
    never answered. `base` is the customers at the start of a period, `label` the period, topic or
    channel, `row` what an error calls it.
    """

    value: float | None
    base: float | None = None
    label: str = ""
    at: str | None = None
    row: str = ""


@dataclass(frozen=True, slots=True)
class SurveyResult:
    """A number with everything that it means nothing without.

    `low` and `high` are its 95 % interval. `parts` say what it is made of: label and count.
    """

    survey: str
    metric: str
    label: str
    formula: str
    definition: str
    scale: str
    better: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    parts: tuple[tuple[str, int], ...]
    note: str
    since: str | None = None
    until: str | None = None


class _Number(NamedTuple):
    """What a formula makes of answers."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    parts: tuple[tuple[str, int], ...] = ()
    note: str = ""


class Formula(NamedTuple):
    """One of the formulas that go by a survey's name."""

    key: str
    definition: str
    unit: str
    compute: Callable[[Sequence[Answer]], _Number]


class Survey(NamedTuple):
    """A kind of survey; its first formula is the usual one. A scale holds whole numbers."""

    key: str
    label: str
    scale: tuple[int, int] | None
    better: str
    scale_words: str
    formulas: tuple[Formula, ...]

    def check(self, answer: Answer) -> None:
        """Raise ConfigError when the value is none of this scale."""
        value = answer.value
        if self.scale is not None:
            low, high = self.scale
            if value is None or not low <= value <= high or value != int(value):
                raise ConfigError(
                    f"{answer.row or 'an answer'}: {_plain(value)} is not on the scale of "
                    f"{self.label}, whole numbers from {low} to {high}{_other_scale(self.key)}"
                )
        elif value is not None and value < 0:
            raise ConfigError(f"{answer.row or 'an answer'}: {_plain(value)} is below 0")


def _plain(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"


def _other_scale(key: str) -> str:
    """CES has two scales of opposite meaning; the message says how to name the other."""
    other = {"ces5": "ces7 (1 to 7, high is good)", "ces7": "ces5 (1 to 5, low is good)"}.get(key)
    return f"; the other CES is --metric {other}" if other else ""


# -- formulas --------------------------------------------------------------------------------


def _values(answers: Sequence[Answer]) -> list[float]:
    return [answer.value for answer in answers if answer.value is not None]


def _counts(values: Iterable[float], low: int, high: int) -> tuple[tuple[str, int], ...]:
    seen = Counter(int(value) for value in values)
    return tuple((str(score), seen[score]) for score in range(low, high + 1))


def _nps(answers: Sequence[Answer]) -> _Number:
    values = _values(answers)
    promoters = sum(value >= 9 for value in values)
    detractors = sum(value <= 6 for value in values)
    found = net_share(promoters, detractors, len(values))
    parts = (
        ("promoters (9-10)", promoters),
        ("passives (7-8)", len(values) - promoters - detractors),
        ("detractors (0-6)", detractors),
    )
    return _number(found, parts, times=100.0)


def _share_from(lowest: int, scale: tuple[int, int]) -> Callable[[Sequence[Answer]], _Number]:
    def compute(answers: Sequence[Answer]) -> _Number:
        values = _values(answers)
        found = wilson(sum(value >= lowest for value in values), len(values))
        return _number(found, _counts(values, *scale))

    return compute


def _mean(scale: tuple[int, int], divisor: float = 1.0) -> Callable[[Sequence[Answer]], _Number]:
    def compute(answers: Sequence[Answer]) -> _Number:
        values = _values(answers)
        found = bootstrap(values)
        return _number(found, _counts(values, *scale), times=1 / divisor)

    return compute


def _number(found: Estimate, parts: tuple[tuple[str, int], ...], times: float = 1.0) -> _Number:
    """A single answer has no spread, so it has no interval."""
    if found.n < 2:
        return _Number(times * found.value, None, None, found.n, parts)
    return _Number(times * found.value, times * found.low, times * found.high, found.n, parts)


def bucket_of(hours: float | None) -> str:
    """The bucket of a reply time; its upper end belongs to it.

    >>> bucket_of(0.2), bucket_of(4), bucket_of(30), bucket_of(None)
    ('0-1h', '1-4h', '24h+', 'never')
    """
    if hours is None:
        return NEVER
    return next(name for name, end in BUCKETS if hours <= end)


def reply_times(hours: Sequence[float | None]) -> tuple[tuple[str, int], ...]:
    """How many reply times are in each bucket, `never` last."""
    seen = Counter(map(bucket_of, hours))
    return tuple((name, seen[name]) for name in (*(name for name, _ in BUCKETS), NEVER))


def _reply_time(percent: float) -> Callable[[Sequence[Answer]], _Number]:
    """A percentile of the questions that were answered; those that were not are counted beside."""

    def compute(answers: Sequence[Answer]) -> _Number:
        hours = [answer.value for answer in answers]
        known = [value for value in hours if value is not None]
        parts, never = reply_times(hours), len(hours) - len(known)
        unanswered = f"{never} of {len(hours)} were never answered and count in no percentile"
        if not known:
            return _Number(None, None, None, len(hours), parts, unanswered)
        found = _percentile(known, percent)
        other = 90 if percent == 50 else 50
        beside = f"{_ORDINAL[other]} {np.percentile(known, other):.1f} hours"
        note = f"{beside}; {unanswered}" if never else beside
        return _number(found, parts)._replace(note=note)

    return compute


def _percentile(values: Sequence[float], percent: float) -> Estimate:
    """A percentile with the interval that order statistics give, whatever the distribution."""
    ordered, n, share = sorted(values), len(values), percent / 100
    half = Z_95 * math.sqrt(n * share * (1 - share))
    low = ordered[max(0, math.floor(n * share - half))]
    high = ordered[min(n - 1, math.ceil(n * share + half))]
    return Estimate(float(np.percentile(ordered, percent)), low, high, n)


_ORDINAL = {50: "median", 90: "90th percentile"}


def _churn(answers: Sequence[Answer]) -> _Number:
    """Customers lost of those there at the start, over all periods; the source's 500 to 450: 10 %.

    Periods stand apart in `parts`, because the same customers are counted in several.
    """
    lost = round(sum(_values(answers)))
    start = round(sum(answer.base or 0.0 for answer in answers))
    if not start:
        return _Number(None, None, None, 0, (), "no customers at the start of any period")
    found = wilson(lost, start)
    parts = tuple(
        (f"{a.label or a.at or 'period'}: lost of {a.base or 0:.0f}", round(a.value or 0.0))
        for a in answers
    )
    periods = "1 period" if len(answers) == 1 else f"mean of {len(answers)} periods"
    return _Number(found.value, found.low, found.high, start, parts, periods)


def _tickets(answers: Sequence[Answer]) -> _Number:
    counts: Counter[str] = Counter()
    for answer in answers:
        counts[answer.label] += round(answer.value or 0.0)
    total = sum(counts.values())
    if not total:
        return _Number(None, None, None, 0)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    found = wilson(ranked[0][1], total)
    return _Number(*_ordered(found), tuple(ranked), f"most frequent topic: {ranked[0][0]}")


def _ordered(found: Estimate) -> tuple[float, float, float, int]:
    return found.value, found.low, found.high, found.n


_FIVE, _SEVEN = (1, 5), (1, 7)
SURVEYS: dict[str, Survey] = {
    survey.key: survey
    for survey in (
        Survey("nps", "Net Promoter Score (NPS)", (0, 10), "high", "0 to 10", (
            Formula("nps", "% promoters (9-10) minus % detractors (0-6)", "points", _nps),
        )),
        Survey("csat", "Customer satisfaction (CSAT)", _FIVE, "high", "1 to 5", (
            Formula("top2", "share of 4 and 5", "share", _share_from(4, _FIVE)),
            Formula("mean", "mean of the scores", "of 5", _mean(_FIVE)),
            Formula("sum_max", "sum of the scores / (answers x 5)", "share", _mean(_FIVE, 5.0)),
        )),
        Survey("ces5", "Customer effort (CES, 2010)", _FIVE, "low",
               "1 (very low effort) to 5 (very high effort)", (
            Formula("mean", "mean of the scores; low is good", "of 5", _mean(_FIVE)),
        )),
        Survey("ces7", "Customer effort (CES, made it easy)", _SEVEN, "high",
               "1 (disagree) to 7 (agree)", (
            Formula("agree", "share of 5, 6 and 7; high is good", "share", _share_from(5, _SEVEN)),
            Formula("mean", "mean of the scores; high is good", "of 7", _mean(_SEVEN)),
        )),
        Survey("response_time", "Response time", None, "low", "hours to the first reply", (
            Formula("median", "median of the questions answered", "hours", _reply_time(50)),
            Formula("p90", "90th percentile of the questions answered", "hours", _reply_time(90)),
        )),
        Survey("churn", "Churn", None, "low", "customers", (
            Formula("lost_share", "customers lost / customers at the start", "share", _churn),
        )),
        Survey("tickets", "Tickets by topic", None, "", "tickets", (
            Formula("topics", "share of the most frequent topic", "share", _tickets),
        )),
    )
}  # fmt: skip


def formula_of(metric: str, formula: str | None = None) -> Formula:
    """The named formula of a survey, the usual one without a name; ConfigError lists them."""
    survey = SURVEYS.get(metric)
    if survey is None:
        raise ConfigError(f"survey metric {metric!r} is unknown; known are {', '.join(SURVEYS)}")
    if formula is None:
        return survey.formulas[0]
    for known in survey.formulas:
        if known.key == formula:
            return known
    listed = "; ".join(f"{known.key} ({known.definition})" for known in survey.formulas)
    raise ConfigError(f"{metric} has no formula {formula!r}; there are: {listed}")


def results(
    metric: str, answers: Sequence[Answer], formula: str | None = None, survey: str = ""
) -> SurveyResult:
    """The number that these answers give.

    Raises ConfigError for a value that is none of the metric's scale, naming its row.

    >>> found = results("nps", [Answer(10), Answer(9), Answer(8), Answer(3)])
    >>> found.value, found.n, found.definition
    (25.0, 4, '% promoters (9-10) minus % detractors (0-6)')
    """
    used, kind = formula_of(metric, formula), SURVEYS[metric]
    for answer in answers:
        kind.check(answer)
    number = used.compute(answers) if answers else _Number(None, None, None, 0)
    days = sorted(answer.at for answer in answers if answer.at)
    few = f"only {number.n} answers: the interval says more than the number"
    notes = [number.note, few if kind.scale and 0 < number.n < FEW else ""]
    return SurveyResult(
        survey=survey,
        metric=metric,
        label=kind.label,
        formula=used.key,
        definition=used.definition,
        scale=kind.scale_words,
        better=kind.better,
        unit=used.unit,
        value=number.value,
        low=number.low,
        high=number.high,
        n=number.n,
        parts=number.parts,
        note="; ".join(note for note in notes if note),
        since=days[0] if days else None,
        until=days[-1] if days else None,
    )


def format_result(value: float | None, unit: str) -> str:
    """A survey's value as people read it.

    >>> format_result(0.1, "share"), format_result(25, "points"), format_result(4.25, "of 5")
    ('10.0 %', '+25', '4.25 of 5')
    """
    if value is None:
        return "not known"
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "points":
        return f"{value:+.0f}"
    return f"{value:.1f} {unit}" if unit == "hours" else f"{value:.2f} {unit}"


def survey_results(db: Database, study_id: int) -> list[SurveyResult]:
    """All numbers of a study, in the order of SURVEYS; one for each survey and formula."""
    rows = db.execute(
        "select metric, survey, formula, value, base, label, at from surveys where study_id = ? "
        "order by metric, survey, formula, at, label, id",
        [study_id],
    ).fetchall()
    found = [
        results(metric, [Answer(*row[3:]) for row in group], formula, survey)
        for (metric, survey, formula), group in groupby(rows, key=lambda row: row[:3])
        if metric in SURVEYS
    ]
    order = list(SURVEYS)
    return sorted(found, key=lambda result: (order.index(result.metric), result.survey))
