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
from analysis.statistics import Estimate, mean_test
from crawler.errors import ConfigError

__all__ = [
    "REVIEW_AFTER",
    "EarlierGap",
    "FollowUp",
    "Gap",
    "Play",
    "find_gaps",
    "follow_up",
    "plays",
]

Effort = Literal["small", "medium", "large"]
Confidence = Literal["high", "medium", "low"]
FollowState = Literal["closed", "narrowed", "stayed", "widened", "not_comparable"]
REVIEW_AFTER = timedelta(days=90)
MIN_DIFFERENCE = 8.0  # chosen: points of 100 below which a difference is no gap
MIN_COVERAGE = 0.5  # chosen: below it a value says too little to call a gap closed
MIN_SAME = 0.5  # chosen: share of the competitors of then that are measured now
STEP = 4.0  # chosen: half of what makes a gap; a smaller move of the distance is none
SIGNIFICANT = 0.05
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
        text=_text(metric, own, market, best, names.get(market.best_brand, "the best competitor")),
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


def _text(
    metric: Metric, own: Measured, market: Benchmark, best: Measured | None, best_brand: str
) -> str:
    """The gap as a sentence with number, comparison and n."""
    bound = "at least " if best and best.at_least and metric.better == "high" else ""
    n = f"{market.n} competitors"
    if metric.unit == "yes_no":
        having = "most of" if market.median >= 0.5 else "some of"
        return f"{metric.label}: not found on our {_pages(own.n)} read; {having} {n} have it."
    return (
        f"{metric.label}: {format_value(own.value or 0.0, metric.unit)} against a median of "
        f"{format_value(market.median, metric.unit)} ({n}); best is {best_brand} with "
        f"{bound}{format_value(market.best, metric.unit)}."
    )


def _pages(n: int) -> str:
    return "1 page" if n == 1 else f"{n} pages"


def _goal(metric: Metric, play: Play, own: float, target: float, review: date) -> str:
    words = play.goal.format(
        own=format_value(own, metric.unit), target=format_value(target, metric.unit)
    )
    return f"By {review.isoformat()}, {words}."


# -- what became of earlier gaps -------------------------------------------------------------


class EarlierGap(NamedTuple):
    """A gap of an earlier run, and what was measured of us then."""

    metric: str
    own_value: float
    market_median: float
    target: float | None
    review_date: str | None
    position: int
    version: str  # of the metric's method
    low: float | None
    high: float | None
    n: int
    rivals: frozenset[str]  # domains that the metric was measured of


@dataclass(slots=True)
class FollowUp:
    """Whether an earlier gap closed. Values of now are None where nothing can be compared."""

    metric: str
    state: FollowState
    before_own: float
    before_median: float
    own_value: float | None
    market_median: float | None
    target: float | None
    target_reached: bool | None
    review_date: str | None
    position: int
    text: str


def follow_up(
    earlier: EarlierGap,
    own: Measured | None,
    market: Benchmark | None,
    rivals: frozenset[str],
) -> FollowUp:
    """What became of an earlier gap; `rivals` are the domains that the metric is measured of now.

    It closed when we are no longer behind the median, narrowed or widened when the distance moved
    by at least STEP points and not by chance. What was not seen, or not in the same way, is not
    compared.
    """
    if why := _not_comparable(earlier, own, market, rivals):
        return _followed(earlier, "not_comparable", None, None, f"cannot be compared: {why}.")
    assert own is not None
    assert own.value is not None
    assert market is not None
    metric = METRICS[earlier.metric]
    have, had = normalize(metric, own.value), normalize(metric, earlier.own_value)
    behind = normalize(metric, market.median) - have
    before = normalize(metric, earlier.market_median) - had
    chance = _chance(earlier, own)
    state: FollowState = "stayed"
    if abs(before - behind) >= STEP and not (chance and abs(have - had) >= STEP):
        state = "narrowed" if behind < before else "widened"
        if behind < MIN_DIFFERENCE or _is_less_than_one(metric, own, market):
            state = "closed"
    words = _followed_words(metric, earlier, own.value, market.median)
    if state == "stayed" and chance and abs(have - had) >= STEP:
        words += f"; within chance (p = {chance:.2f})"
    return _followed(earlier, state, own.value, market.median, words)


def _not_comparable(
    earlier: EarlierGap, own: Measured | None, market: Benchmark | None, rivals: frozenset[str]
) -> str:
    """The reason, "" where the two runs can be compared."""
    if earlier.metric not in METRICS or METRICS[earlier.metric].version != earlier.version:
        return "our method changed"
    if own is None or own.firm is None:
        return f"we were not measured ({own.reason or own.state})" if own else "we are not in it"
    if own.coverage < MIN_COVERAGE:
        return f"only {100 * own.coverage:.0f} % of where it would be was read"
    if market is None:
        return "too few competitors were measured"
    same = len(earlier.rivals & rivals)
    if earlier.rivals and same < MIN_SAME * len(earlier.rivals):
        return f"of {len(earlier.rivals)} competitors measured then, {same} are measured now"
    return ""


def _is_less_than_one(metric: Metric, own: Measured, market: Benchmark) -> bool:
    return metric.unit in _WHOLE and abs(market.median - (own.value or 0.0)) < 1


def _chance(earlier: EarlierGap, own: Measured) -> float | None:
    """p of a difference that chance explains; None where it does not, or has no interval."""
    if own.value is None or None in (earlier.low, earlier.high, own.low, own.high):
        return None
    then = Estimate(earlier.own_value, earlier.low or 0.0, earlier.high or 0.0, earlier.n)
    now = Estimate(own.value, own.low or 0.0, own.high or 0.0, own.n)
    p = mean_test(then, now)
    return p if p >= SIGNIFICANT else None


def _followed_words(metric: Metric, earlier: EarlierGap, own: float, median: float) -> str:
    def shown(value: float) -> str:
        return format_value(value, metric.unit)

    if metric.unit == "yes_no":
        return "we have it now" if own >= 0.5 else "we still do not have it"
    return (
        f"our value {_moved(shown(earlier.own_value), shown(own))}, the market's median "
        f"{_moved(shown(earlier.market_median), shown(median))}"
    )


def _moved(before: str, after: str) -> str:
    return f"stays at {after}" if before == after else f"went from {before} to {after}"


_STATE_WORDS: dict[FollowState, str] = {
    "closed": "closed",
    "narrowed": "narrowed",
    "stayed": "as before",
    "widened": "widened",
    "not_comparable": "",
}


def _followed(
    earlier: EarlierGap, state: FollowState, own: float | None, median: float | None, words: str
) -> FollowUp:
    metric = METRICS.get(earlier.metric)
    label = metric.label if metric else earlier.metric
    reached = None
    text = f"{label}: {words}"
    if metric and own is not None and earlier.target is not None:
        low = metric.better == "low"
        reached = own <= earlier.target if low else own >= earlier.target
        target = format_value(earlier.target, metric.unit)
        text = f"{label}: {_STATE_WORDS[state]}; {words}."
        if metric.unit != "yes_no":
            text += f" The target of {target} is {'' if reached else 'not '}reached."
    return FollowUp(
        earlier.metric,
        state,
        earlier.own_value,
        earlier.market_median,
        own,
        median,
        earlier.target,
        reached,
        earlier.review_date,
        earlier.position,
        text,
    )
