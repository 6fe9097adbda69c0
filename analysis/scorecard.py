"""Scores 0-100 per dimension, their places, the market's median and best, and how robust all is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from analysis.competitors import CURVES, SISTRIX_2020, CtrCurve
from analysis.metrics import DIMENSIONS, METRIC_ROWS, METRICS, Measured, Metric, normalize
from analysis.observations import Observed
from analysis.statistics import median

__all__ = [
    "OVERALL",
    "Benchmark",
    "Score",
    "Table",
    "as_good_as_can_be",
    "benchmark",
    "benchmarks",
    "score_brands",
]

OVERALL = "overall"
MIN_SEEN = 0.34  # chosen: below a third of a dimension's weight there is no score
MIN_MARKET = 2  # brands that a median needs
_WEIGHT_CHANGE = 2.0  # the sensitivity check doubles and halves each weight
_NEAR = 0.5  # points; places closer than this are a tie and prove nothing

Table = Mapping[str, Mapping[str, Measured]]  # brand id -> metric key -> what was measured


@dataclass(slots=True)
class Score:
    """A brand in a dimension. `place` counts from 1, ties share it; None without a score."""

    dimension: str
    score: float | None
    low: float | None
    high: float | None
    coverage: float
    state: str
    reason: str = ""
    place: int | None = None
    robust: bool | None = None
    depends_on: str = ""


class Benchmark(NamedTuple):
    """The market on a metric: median and best of the competitors that were measured.

    Values that are only a bound count as what was seen of them. `hoped_median` is the median if
    all of those were as good as can be: a lead over the market has to hold against it as well.
    """

    median: float
    best: float
    best_brand: str
    n: int
    hoped_median: float | None = None  # None: all values are firm


# -- the market ------------------------------------------------------------------------------


def benchmark(
    metric: Metric, values: Mapping[str, float], bounds: frozenset[str] = frozenset()
) -> Benchmark | None:
    """Median and best of the competitors' values by brand id; None below MIN_MARKET of them.

    `bounds` are the brands of which no more than a bound is known.
    """
    if len(values) < MIN_MARKET:
        return None
    best = max(
        values, key=lambda brand: (normalize(metric, values[brand]), _raw(metric, values[brand]))
    )
    hoped = [as_good_as_can_be(metric, v) if b in bounds else v for b, v in values.items()]
    return Benchmark(
        median(list(values.values())),
        values[best],
        best,
        len(values),
        median(hoped) if bounds & values.keys() else None,
    )


def as_good_as_can_be(metric: Metric, value: float) -> float:
    """The best that a value may truly be of which only a bound was seen."""
    if metric.better == "target":
        return value
    return max(value, metric.best) if metric.better == "high" else min(value, metric.best)


def _raw(metric: Metric, value: float) -> float:
    """Tells two values apart that both normalize to 100."""
    return {"high": value, "low": -value, "target": 0.0}[metric.better]


def benchmarks(table: Table, competitors: Iterable[str]) -> dict[str, Benchmark]:
    """By metric key, for the metrics that enough competitors were measured on."""
    brands = list(competitors)
    found = {}
    for metric in METRIC_ROWS:
        values = {
            brand: value
            for brand in brands
            if (value := table[brand][metric.key].value) is not None
        }
        bounds = frozenset(brand for brand in values if table[brand][metric.key].at_least)
        if len(values) - len(bounds) < MIN_MARKET:
            continue
        if market := benchmark(metric, values, bounds):
            found[metric.key] = market
    return found


# -- scores ----------------------------------------------------------------------------------


def score_brands(
    brands: Sequence[Observed],
    table: Table,
    *,
    visibilities: Mapping[str, Mapping[str, float]] | None = None,
    curve: CtrCurve = SISTRIX_2020,
) -> dict[str, dict[str, Score]]:
    """Scores of every brand by brand id and dimension, the overall one included.

    `visibilities` has each brand's visibility by click curve; with it the discoverability scores
    say whether their places depend on the curve.
    """
    weights = {metric.key: _weight(metric, table) for metric in METRIC_ROWS}
    scores: dict[str, dict[str, Score]] = {brand.brand_id: {} for brand in brands}
    for brand in brands:
        measured = table[brand.brand_id]
        for dimension in DIMENSIONS:
            scores[brand.brand_id][dimension] = _score(dimension, measured, weights)
        scores[brand.brand_id][OVERALL] = _overall(scores[brand.brand_id])
    for dimension in [*DIMENSIONS, OVERALL]:
        _set_places(dimension, scores)
        _set_robust(dimension, scores, table, weights, visibilities or {}, curve)
    return scores


def _weight(metric: Metric, table: Table) -> float:
    """A conditional metric weighs nothing where most of the market does not have the thing."""
    if not metric.conditional:
        return metric.weight
    values = [v for brand in table.values() if (v := brand[metric.key].value) is not None]
    has_it = sum(value > 0 for value in values)
    return metric.weight if values and 2 * has_it >= len(values) else 0.0


def _score(dimension: str, measured: Mapping[str, Measured], weights: Mapping[str, float]) -> Score:
    """Weighted mean of what was measured; what was not seen narrows the coverage, nothing else."""
    rows = [
        (metric, measured[metric.key], weights[metric.key])
        for metric in METRIC_ROWS
        if metric.dimension == dimension
        and weights[metric.key] > 0
        and not _is_moot(metric, measured)
    ]
    total = sum(weight for _, _, weight in rows)
    if not total:
        return Score(dimension, None, None, None, 0.0, "too_few", "no brand of the market has it")
    coverage = sum(weight * m.coverage for _, m, weight in rows) / total
    known = [(metric, m, weight) for metric, m, weight in rows if m.firm is not None]
    if sum(weight for _, _, weight in known) < MIN_SEEN * total:
        return _without_score(dimension, [m for _, m, _ in rows], round(coverage, 3))
    value, half = _mean(known)
    reason = _left_out(rows)
    return Score(
        dimension, round(value, 2), round(max(0.0, value - half), 2),
        round(min(100.0, value + half), 2), round(coverage, 3), "measured", reason,
    )  # fmt: skip


def _is_moot(metric: Metric, measured: Mapping[str, Measured]) -> bool:
    """Nothing to measure because the parent is absent: no FAQ has no length of answers."""
    return bool(metric.parent) and measured[metric.parent].firm == 0


def _mean(known: Sequence[tuple[Metric, Measured, float]]) -> tuple[float, float]:
    """Weighted mean of the normalized values, and half the width of its interval."""
    total = sum(weight for _, _, weight in known)
    value = variance = 0.0
    for metric, measured, weight in known:
        assert measured.value is not None
        value += weight * normalize(metric, measured.value)
        if measured.low is not None and measured.high is not None:
            ends = normalize(metric, measured.low), normalize(metric, measured.high)
            variance += (weight * abs(ends[1] - ends[0]) / 2) ** 2
    return value / total, math.sqrt(variance) / total


def _without_score(dimension: str, measured: Sequence[Measured], coverage: float) -> Score:
    unseen = [m.reason for m in measured if m.state == "not_seen" or m.at_least]
    few = [m.reason for m in measured if m.state == "too_few"]
    if unseen:
        return Score(dimension, None, None, None, coverage, "not_seen", unseen[0])
    return Score(dimension, None, None, None, coverage, "too_few", "; ".join(dict.fromkeys(few)))


def _left_out(rows: Sequence[tuple[Metric, Measured, float]]) -> str:
    unseen = [metric.label for metric, m, _ in rows if m.state == "not_seen" or m.at_least]
    return f"not seen in full: {', '.join(unseen)}" if unseen else ""


def _overall(scores: Mapping[str, Score]) -> Score:
    rows = [(scores[dimension], weight) for dimension, weight in DIMENSIONS.items()]
    total = sum(weight for _, weight in rows)
    known = [(score, weight) for score, weight in rows if score.score is not None]
    coverage = sum(weight * score.coverage for score, weight in rows) / total
    seen = sum(weight for _, weight in known)
    if seen < total / 2:
        missing = [score.dimension for score, _ in rows if score.score is None]
        reason = f"no score in {', '.join(missing)}".replace("_", " ")
        return Score(OVERALL, None, None, None, round(coverage, 3), "not_seen", reason)
    value = sum(weight * (score.score or 0.0) for score, weight in known) / seen
    widths = [weight * ((s.high or 0.0) - (s.low or 0.0)) / 2 for s, weight in known]
    half = math.sqrt(sum(width**2 for width in widths)) / seen
    left_out = [score.dimension.replace("_", " ") for score, _ in rows if score.score is None]
    return Score(
        OVERALL, round(value, 2), round(max(0.0, value - half), 2),
        round(min(100.0, value + half), 2), round(coverage, 3), "measured",
        f"without {', '.join(left_out)}" if left_out else "",
    )  # fmt: skip


# -- places and how robust they are ------------------------------------------------------------


def _places(values: Mapping[str, float]) -> dict[str, int]:
    """1 for the highest; values closer than half a point share a place."""
    ordered = sorted(values, key=lambda brand: -values[brand])
    places: dict[str, int] = {}
    for i, brand in enumerate(ordered):
        tied = i > 0 and values[ordered[i - 1]] - values[brand] < _NEAR
        places[brand] = places[ordered[i - 1]] if tied else i + 1
    return places


def _set_places(dimension: str, scores: Mapping[str, Mapping[str, Score]]) -> None:
    values = {b: s for b, by in scores.items() if (s := by[dimension].score) is not None}
    for brand, place in _places(values).items():
        scores[brand][dimension].place = place


def _set_robust(
    dimension: str,
    scores: Mapping[str, Mapping[str, Score]],
    table: Table,
    weights: Mapping[str, float],
    visibilities: Mapping[str, Mapping[str, float]],
    curve: CtrCurve,
) -> None:
    """Says per brand whether its place holds when one weight doubles or halves, or the curve."""
    moved: dict[str, list[str]] = {brand: [] for brand in scores}
    for cause, values in _variants(dimension, scores, table, weights, visibilities, curve):
        for brand, place in _places(values).items():
            before = scores[brand][dimension].place
            if before is not None and place != before and cause not in moved[brand]:
                moved[brand].append(cause)
    for brand, causes in moved.items():
        score = scores[brand][dimension]
        if score.place is not None:
            score.robust = not causes
            score.depends_on = ", ".join(causes[:3])


def _variants(
    dimension: str,
    scores: Mapping[str, Mapping[str, Score]],
    table: Table,
    weights: Mapping[str, float],
    visibilities: Mapping[str, Mapping[str, float]],
    curve: CtrCurve,
) -> Iterable[tuple[str, dict[str, float]]]:
    ranked = [brand for brand in scores if scores[brand][dimension].score is not None]
    if dimension == OVERALL:
        for changed in DIMENSIONS:
            for factor in (_WEIGHT_CHANGE, 1 / _WEIGHT_CHANGE):
                yield (
                    f"the weight of {changed.replace('_', ' ')}",
                    {brand: _reweighed(scores[brand], changed, factor) for brand in ranked},
                )
        return
    keys = [m.key for m in METRIC_ROWS if m.dimension == dimension and weights[m.key]]
    for key in keys:
        for factor in (_WEIGHT_CHANGE, 1 / _WEIGHT_CHANGE):
            changed_weights = {k: weights[k] * (factor if k == key else 1.0) for k in keys}
            values = {brand: _value(table[brand], changed_weights) for brand in ranked}
            yield f"the weight of {_in_sentence(METRICS[key].label)}", values
    if dimension == "discoverability" and visibilities:
        for other in CURVES.values():
            if other.key != curve.key:
                yield (
                    "the click curve",
                    _with_curve(other, ranked, table, weights, keys, visibilities),
                )


def _in_sentence(label: str) -> str:
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _reweighed(scores: Mapping[str, Score], changed: str, factor: float) -> float:
    total = value = 0.0
    for dimension, weight in DIMENSIONS.items():
        score = scores[dimension].score
        if score is not None:
            weight *= factor if dimension == changed else 1.0
            total += weight
            value += weight * score
    return value / total


def _value(measured: Mapping[str, Measured], weights: Mapping[str, float]) -> float:
    known = [
        (METRICS[key], measured[key], weight)
        for key, weight in weights.items()
        if measured[key].firm is not None
    ]
    return _mean(known)[0]


def _with_curve(
    curve: CtrCurve,
    brands: Sequence[str],
    table: Table,
    weights: Mapping[str, float],
    keys: Sequence[str],
    visibilities: Mapping[str, Mapping[str, float]],
) -> dict[str, float]:
    """Discoverability with another curve; 100 is again the first rank for every keyword."""
    own = {key: weights[key] for key in keys}
    metric = METRICS["visibility"]._replace(best=curve(1))
    values = {}
    for brand in brands:
        rows = [
            (METRICS[key], table[brand][key], weight)
            for key, weight in own.items()
            if key != "visibility" and table[brand][key].firm is not None
        ]
        value = visibilities[brand][curve.key]
        values[brand] = _mean([*rows, (metric, Measured(value), own["visibility"])])[0]
    return values
