"""Where the own brand is behind the market, what that is worth, and what to do about it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from analysis.journey import Stage, stage_of
from analysis.metrics import DIMENSIONS, METRICS, Measured, Metric, format_value, normalize
from analysis.observations import Proof
from analysis.scorecard import Benchmark
from crawler.errors import ConfigError

__all__ = ["REVIEW_AFTER", "Gap", "Play", "find_gaps", "plays"]

Effort = Literal["small", "medium", "large"]
Confidence = Literal["high", "medium", "low"]
REVIEW_AFTER = timedelta(days=90)
MIN_DIFFERENCE = 8.0  # chosen: points of 100 below which a difference is no gap
_WHOLE = ("count", "topics", "channels", "languages", "clicks", "days", "words")
_FACTOR: dict[Confidence, float] = {"high": 1.0, "medium": 0.7, "low": 0.4}


class Play(NamedTuple):
    """What to do about a gap: a row of gap_plays.toml."""

    effort: Effort
    aim: Literal["best", "median", "between"]
    kpi: str
    goal: str
    steps: tuple[str, ...]


@dataclass(slots=True)
class Gap:
    """`impact` is importance x difference, 0..1; the rank takes the confidence in as well."""

    metric: str
    dimension: str
    own_value: float
    market_median: float
    best_value: float
    best_brand: str
    impact: float
    effort: Effort
    confidence: Confidence
    stage: Stage
    text: str
    tactic: str
    goal: str
    kpi: str
    target: float
    review_date: str
    evidence: tuple[Proof, ...]
    position: int = 0


@cache
def plays() -> dict[str, Play]:
    """By metric key; every metric has one."""
    path = Path(__file__).with_name("gap_plays.toml")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    if different := rows.keys() ^ METRICS.keys():
        raise ConfigError(f"{path.name} and metrics.toml differ in {', '.join(sorted(different))}")
    found = {}
    for key, row in rows.items():
        try:
            found[key] = Play(**{**row, "steps": tuple(row["steps"])})
        except (TypeError, KeyError) as error:
            raise ConfigError(f"{path.name} [{key}]: {error}") from None
    return found


def find_gaps(
    own: Mapping[str, Measured],
    market: Mapping[str, Benchmark],
    others: Mapping[str, Mapping[str, Measured]],
    names: Mapping[str, str],
    *,
    today: date,
) -> list[Gap]:
    """Metrics where the own brand is behind the competitors' median, the most worthwhile first.

    A metric that was not seen, of us or of the market, gives no gap. `others` and `names` are by
    brand id; `today` sets the review date.
    """
    found = []
    for key, play in plays().items():
        if key in market and key in own and own[key].firm is not None:
            gap = _gap(METRICS[key], play, own[key], market[key], others, names, today)
            if gap:
                found.append(gap)
    found.sort(key=lambda gap: (-gap.impact * _FACTOR[gap.confidence], gap.metric))
    for position, gap in enumerate(found, 1):
        gap.position = position
    return found


def _gap(
    metric: Metric,
    play: Play,
    own: Measured,
    market: Benchmark,
    others: Mapping[str, Mapping[str, Measured]],
    names: Mapping[str, str],
    today: date,
) -> Gap | None:
    assert own.value is not None
    have = normalize(metric, own.value)
    behind_median = normalize(metric, market.median) - have
    behind_best = normalize(metric, market.best) - have
    if behind_median < MIN_DIFFERENCE or _is_noise(metric, own, market):
        return None
    importance = metric.weight * DIMENSIONS[metric.dimension] / _heaviest()
    # The way to the median is what customers miss today; the way to the best counts by half.
    difference = (behind_median + 0.5 * max(0.0, behind_best - behind_median)) / 100
    target = _target(metric, play, own.value, market)
    best = others.get(market.best_brand, {}).get(metric.key)
    review = today + REVIEW_AFTER
    return Gap(
        metric=metric.key,
        dimension=metric.dimension,
        own_value=own.value,
        market_median=market.median,
        best_value=market.best,
        best_brand=market.best_brand,
        impact=round(importance * min(1.0, difference), 4),
        effort=play.effort,
        confidence=_confidence(own, market, best),
        stage=stage_of(metric.key, metric.dimension),
        text=_text(metric, own, market, names.get(market.best_brand, "the best competitor")),
        tactic="\n".join(f"{number}. {step}" for number, step in enumerate(play.steps, 1)),
        goal=_goal(metric, play, own.value, target, review),
        kpi=play.kpi,
        target=target,
        review_date=review.isoformat(),
        evidence=(*own.evidence[:3], *(best.evidence[:2] if best else [])),
    )


def _heaviest() -> float:
    return max(metric.weight for metric in METRICS.values())


def _is_noise(metric: Metric, own: Measured, market: Benchmark) -> bool:
    """Less than one whole thing, or the median within our own interval: no gap to defend."""
    if metric.unit in _WHOLE and abs(market.median - (own.value or 0.0)) < 1:
        return True
    return own.low is not None and own.high is not None and own.low <= market.median <= own.high


def _confidence(own: Measured, market: Benchmark, best: Measured | None) -> Confidence:
    """High: nearly all was seen of us and of the best, and three competitors were measured."""
    coverage = min(own.coverage, best.coverage if best else own.coverage)
    if coverage >= 0.8 and market.n >= 3:
        return "high"
    return "medium" if coverage >= 0.5 else "low"


def _target(metric: Metric, play: Play, own: float, market: Benchmark) -> float:
    """Where the plan aims; a count is rounded up, and never beyond the best."""
    value = {
        "best": market.best,
        "median": market.median,
        "between": (market.median + market.best) / 2,
    }[play.aim]
    if metric.unit in _WHOLE:
        up = metric.better == "high"
        value = float(-(-value // 1) if up else value // 1)
    if metric.unit == "yes_no":
        return 1.0
    return float(value)


def _text(metric: Metric, own: Measured, market: Benchmark, best_brand: str) -> str:
    """The gap as a sentence with number, comparison and n."""
    n = f"{market.n} competitors"
    if metric.unit == "yes_no":
        having = "most of" if market.median >= 0.5 else "some of"
        return f"{metric.label}: not found on our {_pages(own.n)} read; {having} {n} have it."
    return (
        f"{metric.label}: {format_value(own.value or 0.0, metric.unit)} against a median of "
        f"{format_value(market.median, metric.unit)} ({n}); best is {best_brand} with "
        f"{format_value(market.best, metric.unit)}."
    )


def _pages(n: int) -> str:
    return "1 page" if n == 1 else f"{n} pages"


def _goal(metric: Metric, play: Play, own: float, target: float, review: date) -> str:
    words = play.goal.format(
        own=format_value(own, metric.unit), target=format_value(target, metric.unit)
    )
    return f"By {review.isoformat()}, {words}."
