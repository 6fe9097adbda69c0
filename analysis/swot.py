"""SWOT entries of a brand: every rule asked, what fired ranked by impact x confidence, capped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from analysis.metrics import DIMENSIONS, METRICS
from analysis.observations import Proof
from analysis.swot_rules import SWOT_RULES, Case, Finding, SwotRule, sentence

__all__ = ["PER_QUADRANT", "SwotEntry", "confidence_of", "swot"]

Confidence = Literal["high", "medium", "low"]
PER_QUADRANT = 5  # what a reader keeps in mind: FIELD.md 5.1
CONFIDENCE_FACTOR: dict[Confidence, float] = {"high": 1.0, "medium": 0.7, "low": 0.4}
# A rule without a metric (questions, promises) weighs like a metric of this weight.
_DEFAULT_WEIGHT = 2.0
_HEAVIEST = max(metric.weight for metric in METRICS.values())


@dataclass(slots=True)
class SwotEntry:
    """A point of the matrix. `position` counts from 1 within its quadrant."""

    quadrant: str
    rule: str
    metric: str | None
    text: str
    own_value: float | None
    market_median: float | None
    n: int
    low: float | None
    high: float | None
    impact: float
    confidence: Confidence
    evidence: tuple[Proof, ...]
    position: int = 0
    in_appendix: bool = False

    @property
    def rank(self) -> float:
        return self.impact * CONFIDENCE_FACTOR[self.confidence]


def confidence_of(found: Finding) -> Confidence:
    """High: most pages were seen, the difference is clear, three brands or 30 cases stand behind.

    Low: less than half was seen, or the statement rests on one case only.

    >>> confidence_of(Finding(0.5, 40, [], coverage=1.0, is_clear=True))
    'high'
    """
    enough = found.market_n >= 3 or found.n >= 30
    if found.coverage >= 0.8 and found.is_clear and enough:
        return "high"
    if found.coverage < 0.5 or (found.n <= 1 and found.market_n < 3):
        return "low"
    return "medium"


def swot(case: Case, rules: Iterable[SwotRule] = SWOT_RULES) -> list[SwotEntry]:
    """All entries of a brand by quadrant and position; what is beyond the cap is in the appendix.

    A statement without evidence is never made. Of two entries of a quadrant on one metric the
    weaker goes to the appendix, and so does a threat that only repeats a weakness.
    """
    entries = [entry for rule in rules if (entry := _entry(rule, case))]
    found: list[SwotEntry] = []
    for quadrant in ("strength", "weakness", "opportunity", "threat"):
        mine = sorted(
            (entry for entry in entries if entry.quadrant == quadrant),
            key=lambda entry: (-entry.rank, entry.rule),
        )
        shown = {e.metric for e in found if not e.in_appendix and e.quadrant == "weakness"}
        _place(mine, taken=shown if quadrant == "threat" else set())
        found += mine
    return found


def _entry(rule: SwotRule, case: Case) -> SwotEntry | None:
    finding = rule.when(case)
    if finding is None or not any(proof.page_id for proof in finding.evidence):
        return None
    return SwotEntry(
        quadrant=rule.quadrant,
        rule=rule.key,
        metric=rule.metric,
        text=sentence(rule, case, finding),
        own_value=finding.value,
        market_median=finding.median,
        n=finding.n,
        low=finding.low,
        high=finding.high,
        impact=round(min(1.0, finding.impact) * _weight(rule.metric), 4),
        confidence=confidence_of(finding),
        evidence=tuple(dict.fromkeys(finding.evidence)),
    )


def _weight(metric: str | None) -> float:
    """How much the metric matters, 0..1: its weight in its dimension x that of the dimension."""
    row = METRICS.get(metric or "")
    if row is None:
        return _DEFAULT_WEIGHT / _HEAVIEST
    return row.weight / _HEAVIEST * DIMENSIONS[row.dimension]


def _place(entries: list[SwotEntry], taken: set[str | None]) -> None:
    """Number the entries; the first PER_QUADRANT on different metrics are shown."""
    shown: list[SwotEntry] = []
    seen = {metric for metric in taken if metric}
    for entry in entries:
        entry.in_appendix = len(shown) >= PER_QUADRANT or entry.metric in seen
        if not entry.in_appendix:
            shown.append(entry)
            if entry.metric:
                seen.add(entry.metric)
    rest = [entry for entry in entries if entry.in_appendix]
    for position, entry in enumerate([*shown, *rest], 1):
        entry.position = position
