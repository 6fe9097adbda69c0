"""How good a chat is, by the rubric of rows; what cannot be observed is said and lowers nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from crawler.errors import ConfigError

__all__ = ["ChatGrade", "ChatResult", "Criterion", "grade_chat", "rubric"]

MIN_COVERAGE = 0.3  # chosen: a grade from less of the rubric says nothing of a chat


class Criterion(NamedTuple):
    """A row of the rubric."""

    key: str
    label: str
    weight: float
    source: str


class ChatResult(NamedTuple):
    """`passed` is None where the criterion could not be observed; `excerpt` says what was seen."""

    criterion: Criterion
    passed: bool | None
    excerpt: str
    page_id: str | None


@dataclass(frozen=True, slots=True)
class ChatGrade:
    """`score` is 0..100 over what was observed, None when that is less than MIN_COVERAGE.

    `coverage` is the share of the rubric, by weight, that could be observed.
    """

    score: float | None
    coverage: float
    results: tuple[ChatResult, ...]


@cache
def rubric() -> tuple[Criterion, ...]:
    """The criteria in the order of the file."""
    path = Path(__file__).with_name("chat_rubric.toml")
    found = []
    for key, row in tomllib.loads(path.read_text(encoding="utf-8")).items():
        try:
            found.append(Criterion(key, **row))
        except TypeError as error:
            raise ConfigError(f"{path.name} [{key}]: {error}") from None
    return tuple(found)


def grade_chat(rows: Iterable[Mapping[str, str]]) -> ChatGrade | None:
    """The rubric over rows of `chat_criteria` of one brand; None without rows.

    Rows of several pages are joined: of one criterion a `yes` counts before a `no`, and both before
    `not_observable`. A criterion that the rubric does not know is passed over.
    """
    best: dict[str, Mapping[str, str]] = {}
    for row in rows:
        known = best.get(row["criterion"])
        if known is None or _RANK[row["verdict"]] < _RANK[known["verdict"]]:
            best[row["criterion"]] = row
    if not best:
        return None
    results = tuple(_result(criterion, best.get(criterion.key)) for criterion in rubric())
    seen = [result for result in results if result.passed is not None]
    weight = sum(result.criterion.weight for result in seen)
    coverage = weight / sum(criterion.weight for criterion in rubric())
    passed = sum(result.criterion.weight for result in seen if result.passed)
    score = 100 * passed / weight if weight and coverage >= MIN_COVERAGE else None
    return ChatGrade(score, coverage, results)


_RANK = {"yes": 0, "no": 1, "not_observable": 2}
_PASSED = {"yes": True, "no": False, "not_observable": None}


def _result(criterion: Criterion, row: Mapping[str, str] | None) -> ChatResult:
    if row is None:
        return ChatResult(criterion, None, "not looked at", None)
    return ChatResult(criterion, _PASSED[row["verdict"]], row["excerpt"], row.get("page_id"))
