"""Small-sample statistics: intervals for shares, stars, means and medians, and two tests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "Z_95",
    "Estimate",
    "bootstrap",
    "mean_test",
    "median",
    "net_share",
    "percent_places",
    "shares_test",
    "shrunk_moments",
    "shrunk_stars",
    "wilson",
]

Z_95 = 1.959963984540054
PRIOR_REVIEWS = (
    7  # Trustpilot adds seven reviews of 3.5 stars to every score: support.trustpilot.com
)
PRIOR_STARS = 3.5  # /hc/en-us/articles/201748946
RESAMPLES = 1_000
BOOTSTRAP_LIMIT = 2_000  # above it the normal interval is the same to two digits, 100 times faster


def percent_places(share: float) -> int:
    """Decimals of a share in percent: one below 10 % and for a half, which rounds either way.

    >>> [percent_places(share) for share in (0.125, 0.43, 0.052, 0)]
    [1, 0, 1, 0]
    """
    percent = abs(100 * share)
    is_half = abs(percent % 1 - 0.5) < 0.05
    return 1 if is_half or 0 < percent < 10 else 0


class Estimate(NamedTuple):
    """A value with its 95 % interval and the number of observations it rests on."""

    value: float
    low: float
    high: float
    n: int


def wilson(hits: int, n: int, z: float = Z_95) -> Estimate:
    """A share with Wilson's score interval, which holds for small n and for 0 and 1.

    >>> [round(x, 3) for x in wilson(8, 10)]
    [0.8, 0.49, 0.943, 10]
    """
    if n <= 0:
        raise ValueError(f"share of {n} observations; at least one is needed")
    share = hits / n
    spread = z * z / n
    center = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return Estimate(
        share, max(0.0, min(share, center - half)), min(1.0, max(share, center + half)), n
    )


def net_share(positive: int, negative: int, n: int) -> Estimate:
    """(positive - negative) / n on -1..1: multinomial variance, one pseudo-count each.

    >>> [round(x, 3) for x in net_share(7, 1, 10)]
    [0.6, 0.195, 1.0, 10]
    """
    p, q = (positive + 1) / (n + 3), (negative + 1) / (n + 3)
    half = Z_95 * math.sqrt((p + q - (p - q) ** 2) / (n + 3))
    value = (positive - negative) / n
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), n)


def shrunk_stars(
    stars: Sequence[float] | NDArray[np.float64],
    *,
    prior_n: int = PRIOR_REVIEWS,
    prior: float = PRIOR_STARS,
) -> Estimate:
    """Mean stars on 1..5, pulled towards `prior` as if `prior_n` reviews of it were there.

    The interval counts the prior's reviews as observations, so it is wide for few reviews
    even when they all agree.

    >>> round(shrunk_stars([5, 5, 5]).value, 2)
    3.95
    """
    values = np.asarray(stars, dtype=np.float64)
    return shrunk_moments(
        len(values), float(values.sum()), float((values**2).sum()), prior_n=prior_n, prior=prior
    )


def shrunk_moments(
    n: int,
    total: float,
    squares: float,
    *,
    prior_n: int = PRIOR_REVIEWS,
    prior: float = PRIOR_STARS,
) -> Estimate:
    """`shrunk_stars` from the count, the sum and the sum of squares, for data in batches."""
    weight = n + prior_n
    mean = (prior_n * prior + total) / weight
    variance = max(0.0, (prior_n * prior**2 + squares) / weight - mean**2)
    # The prior's own spread: stars on 1..5 have a standard deviation of about 1.
    variance = (variance * weight + prior_n * 1.0) / weight
    half = Z_95 * math.sqrt(variance / weight)
    return Estimate(mean, max(1.0, mean - half), min(5.0, mean + half), n)


def bootstrap(
    values: Sequence[float] | NDArray[np.float64],
    statistic: Callable[..., NDArray[np.float64]] = np.mean,
    *,
    resamples: int = RESAMPLES,
    seed: int = 7,
) -> Estimate:
    """`statistic` (an axis-aware numpy function) with its percentile interval.

    The seed is fixed: the same values give the same interval in every run.

    >>> bootstrap([3.0, 3.0, 3.0]) == (3.0, 3.0, 3.0, 3)
    True
    """
    data = np.asarray(values, dtype=np.float64)
    if data.size == 0:
        raise ValueError("bootstrap of no values; at least one is needed")
    value = float(statistic(data))
    if data.size > BOOTSTRAP_LIMIT:
        half = Z_95 * float(data.std()) / math.sqrt(data.size)
        if statistic is np.median:
            half *= math.sqrt(math.pi / 2)
        return Estimate(value, value - half, value + half, int(data.size))
    generator = np.random.default_rng(seed)
    # In slices: 1,000 resamples of 2,000 values at once would take 16 MB of indexes.
    drawn = [
        statistic(data[generator.integers(0, data.size, (100, data.size))], axis=1)
        for _ in range(max(1, resamples // 100))
    ]
    low, high = np.percentile(np.concatenate(drawn), [2.5, 97.5])
    return Estimate(value, float(low), float(high), int(data.size))


def median(values: Sequence[float]) -> float:
    """The middle value; the mean of the two middle ones for an even count."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("median of no values; at least one is needed")
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[middle])
    return (ordered[middle - 1] + ordered[middle]) / 2


def shares_test(hits_a: int, n_a: int, hits_b: int, n_b: int) -> float:
    """Two-sided p of the two-proportion z-test; 1.0 where a sample is empty.

    >>> round(shares_test(10, 100, 30, 100), 4)
    0.0004
    """
    if not n_a or not n_b:
        return 1.0
    pooled = (hits_a + hits_b) / (n_a + n_b)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    if error == 0:
        return 1.0
    return _two_sided((hits_a / n_a - hits_b / n_b) / error)


def mean_test(a: Estimate, b: Estimate) -> float:
    """Two-sided p that two estimates differ, from their 95 % intervals (normal approximation)."""
    error = math.hypot((a.high - a.low) / (2 * Z_95), (b.high - b.low) / (2 * Z_95))
    if error == 0:
        return 0.0 if a.value != b.value else 1.0
    return _two_sided((a.value - b.value) / error)


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))
