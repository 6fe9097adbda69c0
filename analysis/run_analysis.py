"""The analyze stage: from the observations of a run to scores, SWOT, gaps and the evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from analysis.changes import write_changes
from analysis.classify import classify_rows
from analysis.competitors import CURVES, SISTRIX_2020, CtrCurve, curve_named, visibility
from analysis.faq_quality import topics_of
from analysis.gaps import EarlierGap, FollowUp, Gap, find_gaps, follow_up
from analysis.metrics import METHOD_VERSION, METRICS, Measured, measure, measure_themes
from analysis.observations import (
    Observed,
    Proof,
    Searches,
    read_brands,
    read_searches,
    stars_of,
)
from analysis.promises import Promise, find_promises
from analysis.questions import (
    Question,
    Wording,
    answered_elsewhere,
    coverage_matrix,
    missing_of,
    wordings_of,
)
from analysis.scorecard import Benchmark, Score, benchmarks, score_brands
from analysis.swot import SwotEntry, swot
from analysis.swot_rules import Case
from crawler.db import row_id, upsert
from crawler.errors import ConfigError

if TYPE_CHECKING:
    from crawler.db import Database

__all__ = ["AnalysisSummary", "analyze"]

_BATCH = 2_000  # reviews scored and written at once; memory is bounded by it
_DERIVED = ("metrics", "scores", "swot_entries", "gaps", "gap_followups", "promises", "questions")


@dataclass(slots=True)
class AnalysisSummary:
    """What the analysis of a run did; `notes` say what it could not do and why."""

    run_id: int
    brands: int = 0
    reviews_scored: int = 0
    reviews_reused: int = 0
    metrics: int = 0
    swot_entries: int = 0
    gaps: int = 0
    questions: int = 0
    changes: int = 0
    notes: list[str] = field(default_factory=list)


def analyze(db: Database, run_id: int, *, now: datetime) -> AnalysisSummary:
    """Score the reviews that are new, then measure, compare and explain every brand of the run.

    Doing it twice gives the same rows. Raises ConfigError when there is no such run.
    """
    study = _study_of(db, run_id)
    summary = AnalysisSummary(run_id)
    _score_reviews(db, run_id, summary)
    searches = read_searches(db, run_id)
    brands = read_brands(db, run_id, now=now)
    _mark_repeated(db, run_id, brands)
    summary.brands = len(brands)
    market = _measure(db, run_id, study, brands, searches)
    _explain(db, run_id, study, market, now, summary)
    if earlier := _earlier_run(db, run_id, study.id):
        summary.changes = len(write_changes(db, study.id, earlier, run_id))
    return summary


# -- reviews ---------------------------------------------------------------------------------

_SCORE_VERSION = f"{METHOD_VERSION}.5"  # raise the last number when sentiment or themes change

# By rowid, so that each batch goes on where the last one ended; an index would sort them all.
_UNSCORED = """
    select r.id, r.brand_id, r.text, r.title, r.rating, r.rating_min, r.rating_max, p.language,
           r.rowid
    from reviews r not indexed join brands b on b.id = r.brand_id
    left join pages p on p.id = r.page_id
    left join review_scores s on s.review_id = r.id
    where r.rowid > ? and r.rowid <= ? and r.run_id = ? and b.role != 'ignored'
      and (s.review_id is null or s.method_version != ? or s.digest != digest_of(
           coalesce(r.title, '') || char(10) || r.text, coalesce(r.rating, '')))
    order by r.rowid limit ?"""
_KNOWN = """
    select digest, language, sentiment, score, basis, themes from review_scores
    where digest in ({marks}) and method_version = ? group by digest"""


def _score_reviews(db: Database, run_id: int, summary: AnalysisSummary) -> None:
    """Sentiment and themes of the reviews that are new or changed.

    A text that any run scored with this method is not scored again: its digest is the key.
    """
    db.conn.create_function("digest_of", 2, _digest, deterministic=True)
    last, end = db.execute(
        "select coalesce(min(rowid), 1) - 1, coalesce(max(rowid), 0) from reviews where run_id = ?",
        [run_id],
    ).fetchone()
    while batch := db.execute(_UNSCORED, [last, end, run_id, _SCORE_VERSION, _BATCH]).fetchall():
        last = batch[-1][-1]
        digests = {row[0]: _digest(_text(row), row[4]) for row in batch}
        known = _known_scores(db, set(digests.values()))
        fresh: dict[str, tuple[Any, ...]] = {}
        for row in batch:
            fresh.setdefault(digests[row[0]], row)
        new = [row for digest, row in fresh.items() if digest not in known]
        known |= _classify(new, digests)
        summary.reviews_scored += len(new)
        summary.reviews_reused += len(batch) - len(new)
        with db.atomic():
            upsert(
                db,
                "review_scores",
                [
                    {
                        "review_id": row[0],
                        "run_id": run_id,
                        "brand_id": row[1],
                        **known[digests[row[0]]],
                        "digest": digests[row[0]],
                        "method_version": _SCORE_VERSION,
                    }
                    for row in batch
                ],
                pk="review_id",
            )


def _mark_repeated(db: Database, run_id: int, brands: Iterable[Observed]) -> None:
    """Say which reviews were not counted, so that reports count the same."""
    with db.atomic():
        db.execute(
            "update review_scores set is_repeat = 0 where run_id = ? and is_repeat", [run_id]
        )
        db.conn.executemany(
            "update review_scores set is_repeat = 1 where review_id = ?",
            [[key] for brand in brands for key in brand.repeated],
        )


def _text(row: tuple[Any, ...]) -> str:
    return f"{row[3] or ''}\n{row[2]}"


def _digest(text: str, rating: object) -> str:
    stars = "" if rating in (None, "") else f"{float(str(rating)):g}"
    return hashlib.blake2b(f"{stars}\n{text}".encode(), digest_size=8).hexdigest()


def _known_scores(db: Database, digests: set[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    names = ("language", "sentiment", "score", "basis", "themes")
    for chunk in _chunks(sorted(digests), 500):
        marks = ", ".join("?" * len(chunk))
        for digest, *values in db.execute(
            _KNOWN.format(marks=marks), [*chunk, _SCORE_VERSION]
        ).fetchall():
            found[digest] = dict(zip(names, values, strict=True))
    return found


def _chunks(values: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _classify(rows: list[tuple[Any, ...]], digests: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    stars = {row[0]: None if row[4] is None else stars_of(row[4], row[5], row[6]) for row in rows}
    texts = ({"id": row[0], "text": _text(row).strip(), "rating": stars[row[0]]} for row in rows)
    found = {}
    for answer in classify_rows(texts, firm=True):
        sentiment = answer["sentiment"]
        found[digests[answer["id"]]] = {
            "language": answer["language"],
            "sentiment": sentiment,
            "score": answer["score"],
            "basis": answer.get("basis") or ("text" if sentiment else "not scored"),
            "themes": json.dumps(answer["themes"], ensure_ascii=False, sort_keys=True),
        }
    return found


# -- measures --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Study:
    id: int
    brand: str | None
    language: str | None
    curve: CtrCurve


@dataclass(slots=True)
class _Market:
    """All brands of a run with what was measured and how they compare."""

    brands: list[Observed]
    searches: Searches
    table: dict[str, dict[str, Measured]]
    themes: dict[str, dict[str, Measured]]
    benchmarks: dict[str, Benchmark]
    scores: dict[str, dict[str, Score]]

    @property
    def own(self) -> Observed | None:
        return next((brand for brand in self.brands if brand.role == "own"), None)

    @property
    def names(self) -> dict[str, str]:
        return {brand.brand_id: brand.domain for brand in self.brands}


def _study_of(db: Database, run_id: int) -> _Study:
    row = next(
        db.query(
            "select s.id, s.brand, s.language, s.settings as wanted, r.settings from runs r "
            "join studies s on s.id = r.study_id where r.id = ?",
            [run_id],
        ),
        None,
    )
    if row is None:
        raise ConfigError(f"run {run_id} does not exist; see cxscout runs")
    settings = {**json.loads(row["wanted"] or "{}"), **json.loads(row["settings"] or "{}")}
    curve = settings.get("ctr_curve")
    return _Study(
        row["id"], row["brand"], row["language"], curve_named(curve) if curve else SISTRIX_2020
    )


def _measure(
    db: Database, run_id: int, study: _Study, brands: list[Observed], searches: Searches
) -> _Market:
    table = {
        brand.brand_id: measure(brand, searches, language=study.language, curve=study.curve)
        for brand in brands
    }
    themes = {brand.brand_id: measure_themes(brand, searches) for brand in brands}
    competitors = [brand.brand_id for brand in brands if brand.role == "competitor"]
    volumes = {keyword: searches.weights[keyword] for keyword in searches.answered}
    visibilities = {
        brand.brand_id: {
            key: visibility({k: r.rank for k, r in brand.ranks.items()}, volumes, curve)
            for key, curve in CURVES.items()
        }
        for brand in brands
    }
    scores = score_brands(brands, table, visibilities=visibilities, curve=study.curve)
    return _Market(brands, searches, table, themes, benchmarks(table, competitors), scores)


# -- statements ------------------------------------------------------------------------------


def _explain(
    db: Database,
    run_id: int,
    study: _Study,
    market: _Market,
    now: datetime,
    summary: AnalysisSummary,
) -> None:
    seen = frozenset(
        brand.brand_id
        for brand in market.brands
        if market.table[brand.brand_id]["faq_entries"].value is not None
    )
    questions = _questions(db, run_id, study, market, seen)
    before = _earlier_metrics(db, run_id, study.id)
    own = market.own
    gaps: list[Gap] = []
    if own is None:
        summary.notes.append("no gaps: the study names no own brand, or it is not in this run")
    else:
        others = {b: m for b, m in market.table.items() if b != own.brand_id}
        gaps = find_gaps(
            market.table[own.brand_id], market.benchmarks, others, market.names, today=now.date()
        )
    with db.atomic():
        _clear(db, run_id)
        _write_questions(db, run_id, questions)
    summary.questions = len(questions)
    for brand in market.brands:
        promises = find_promises(brand)
        case = _case(market, brand, questions, seen, promises, before)
        entries = swot(case)
        mine = gaps if own is not None and brand is own else []
        with db.atomic():
            _write_metrics(db, run_id, market, brand, summary)
            _write_swot(db, run_id, brand, entries)
            _write_promises(db, run_id, brand, promises)
            _write_gaps(db, run_id, brand, mine)
            if own is not None and brand is own:
                _write_followups(db, run_id, brand, _earlier_run(db, run_id, study.id), market)
        summary.swot_entries += len(entries)
        summary.gaps += len(mine)


def _questions(
    db: Database, run_id: int, study: _Study, market: _Market, seen: frozenset[str]
) -> list[Question]:
    asked = [
        Wording(row["text"], row["language"] or study.language, None, "people_also_ask", False)
        for row in db.query(
            "select q.text, s.language from serp_questions q join searches s on s.id = q.search_id "
            "where q.run_id = ? and q.kind = 'people_also_ask' group by q.text, s.language "
            "order by min(q.rowid)",
            [run_id],
        )
    ]
    asked += [
        Wording(label, study.language, None, "support", False)
        for (label,) in db.execute(_TICKET_QUESTIONS, [study.id]).fetchall()
        if label.count(" ") >= 2  # "delivery" is a topic; "where is my order" a question
    ]
    own = market.own
    return coverage_matrix(
        [*asked, *wordings_of(market.brands)],
        own=own.brand_id if own else None,
        seen=seen,
        names={brand.brand_id: brand.domain.partition(".")[0] for brand in market.brands},
        elsewhere=answered_elsewhere(market.brands),
    )


_TICKET_QUESTIONS = """
    select label from surveys where study_id = ? and metric = 'tickets'
    group by label order by sum(value) desc, label limit 200"""


def _earlier_run(db: Database, run_id: int, study_id: int) -> int | None:
    """The last finished run of the study before this one."""
    found: int | None = db.execute(
        "select max(id) from runs where study_id = ? and id < ? and state = 'done'",
        [study_id, run_id],
    ).fetchone()[0]
    return found


def _earlier_metrics(db: Database, run_id: int, study_id: int) -> dict[str, dict[str, float]]:
    """Metrics of the last finished run before this one, by domain and key, of the same method."""
    found: dict[str, dict[str, float]] = {}
    for domain, key, value, version in db.execute(
        "select b.domain, m.key, m.value, m.method_version from metrics m "
        "join brands b on b.id = m.brand_id where m.value is not null and m.run_id = ?",
        [_earlier_run(db, run_id, study_id)],
    ).fetchall():
        if key in METRICS and version == METRICS[key].version:
            found.setdefault(domain, {})[key] = value
    return found


def _case(
    market: _Market,
    brand: Observed,
    questions: list[Question],
    seen: frozenset[str],
    promises: Iterable[Promise],
    before: Mapping[str, Mapping[str, float]],
) -> Case:
    missed, only_here, unanswered = missing_of(questions, brand.brand_id, seen)
    broken = tuple(
        (f"it says “{p.promise}”, {p.experience}", p.evidence, p.n)
        for p in promises
        if p.verdict == "contradicted"
    )
    start = brand.start_page
    proof = (
        Proof(start.id, "Read; no answer to these questions on the pages read.") if start else None
    )
    if missed and proof:
        missed = missed._replace(evidence=(*missed.evidence[:3], proof))
    return Case(
        brand=brand.brand_id,
        domain=brand.domain,
        own=market.table[brand.brand_id],
        market=market.benchmarks,
        others={b: m for b, m in market.table.items() if b != brand.brand_id},
        names=market.names,
        themes=brand.reviews.themes,
        other_themes={
            other.brand_id: other.reviews.themes
            for other in market.brands
            if other.brand_id != brand.brand_id
        },
        topics=_faq_topics(brand) if brand.brand_id in seen else None,
        missed=missed,
        only_here=only_here,
        unanswered=_with_proof(unanswered, brand),
        broken_promises=broken,
        before=before,
        is_competitor=brand.role == "competitor",
    )


def _with_proof(unanswered: Any, brand: Observed) -> Any:
    """Searchers' questions have no page; the brand's start page stands for where it was looked."""
    start = brand.start_page
    if unanswered is None or start is None or not unanswered.n:
        return unanswered
    said = "; ".join(f"“{text}”" for text in unanswered.examples[:3])
    return unanswered._replace(
        evidence=(Proof(start.id, f"People also ask, and no FAQ read answers: {said}"),)
    )


def _faq_topics(brand: Observed) -> frozenset[str]:
    found: set[str] = set()
    for entry in brand.faq:
        page = brand.page(entry.page_id)
        found |= topics_of(entry.question, page.language if page else None)
    return frozenset(found)


# -- rows ------------------------------------------------------------------------------------


def _clear(db: Database, run_id: int) -> None:
    """Evidence goes with its rows; that of nothing else is here."""
    for table in (*_DERIVED, "evidence"):
        db.execute(f'delete from "{table}" where run_id = ?', [run_id])


def _evidence(
    run_id: int, table: str, key: str, proofs: Iterable[Proof]
) -> list[tuple[str, str | None, str, int]]:
    return [(f"{table}:{key}", p.page_id, p.excerpt, run_id) for p in dict.fromkeys(proofs)]


def _insert_evidence(db: Database, rows: list[tuple[str, str | None, str, int]]) -> None:
    db.conn.executemany(
        'insert into evidence ("row", page_id, excerpt, run_id) values (?, ?, ?, ?)', rows
    )


def _write_metrics(
    db: Database, run_id: int, market: _Market, brand: Observed, summary: AnalysisSummary
) -> None:
    rows, proofs = [], []
    found = {**market.table[brand.brand_id], **market.themes[brand.brand_id]}
    for key, measured in found.items():
        metric = METRICS.get(key)
        row_key = row_id(run_id, brand.brand_id, "metric", key)
        rows.append(
            {
                "id": row_key,
                "run_id": run_id,
                "brand_id": brand.brand_id,
                "key": key,
                "dimension": metric.dimension if metric else "themes",
                "value": measured.value,
                "unit": metric.unit if metric else _THEME_UNITS[key.rpartition(".")[2]],
                "n": measured.n,
                "low": measured.low,
                "high": measured.high,
                "coverage": measured.coverage,
                "state": measured.state,
                "reason": measured.reason,
                "method_version": metric.version if metric else METHOD_VERSION,
            }
        )
        proofs += _evidence(run_id, "metrics", row_key, measured.evidence)
    upsert(db, "metrics", rows)
    _insert_evidence(db, proofs)
    scores = market.scores[brand.brand_id]
    upsert(db, "scores", [_score_row(run_id, brand, score) for score in scores.values()])
    summary.metrics += len(rows)


_THEME_UNITS = {"net": "net share", "mentions": "per 100 reviews", "impact": "stars difference"}


def _score_row(run_id: int, brand: Observed, score: Score) -> dict[str, object]:
    return {
        "id": row_id(run_id, brand.brand_id, "score", score.dimension),
        "run_id": run_id,
        "brand_id": brand.brand_id,
        "dimension": score.dimension,
        "score": score.score,
        "low": score.low,
        "high": score.high,
        "coverage": score.coverage,
        "state": score.state,
        "reason": score.reason,
        "place": score.place,
        "robust": None if score.robust is None else int(score.robust),
        "depends_on": score.depends_on,
    }


def _write_swot(db: Database, run_id: int, brand: Observed, entries: list[SwotEntry]) -> None:
    rows, proofs = [], []
    for entry in entries:
        key = row_id(run_id, brand.brand_id, "swot", entry.rule)
        rows.append(
            {
                "id": key,
                "run_id": run_id,
                "brand_id": brand.brand_id,
                "quadrant": entry.quadrant,
                "rule": entry.rule,
                "metric": entry.metric,
                "text": entry.text,
                "own_value": entry.own_value,
                "market_median": entry.market_median,
                "n": entry.n,
                "low": entry.low,
                "high": entry.high,
                "impact": entry.impact,
                "confidence": entry.confidence,
                "position": entry.position,
                "in_appendix": int(entry.in_appendix),
            }
        )
        proofs += _evidence(run_id, "swot_entries", key, entry.evidence)
    upsert(db, "swot_entries", rows)
    _insert_evidence(db, proofs)


def _write_promises(db: Database, run_id: int, brand: Observed, promises: list[Promise]) -> None:
    rows, proofs = [], []
    for promise in promises:
        key = row_id(run_id, brand.brand_id, "promise", promise.kind)
        rows.append(
            {
                "id": key,
                "run_id": run_id,
                "brand_id": brand.brand_id,
                "kind": promise.kind,
                "promise": promise.promise,
                "experience": promise.experience,
                "verdict": promise.verdict,
                "n": promise.n,
            }
        )
        proofs += _evidence(run_id, "promises", key, promise.evidence)
    upsert(db, "promises", rows)
    _insert_evidence(db, proofs)


def _write_gaps(db: Database, run_id: int, brand: Observed, gaps: list[Gap]) -> None:
    rows, proofs = [], []
    for gap in gaps:
        key = row_id(run_id, brand.brand_id, "gap", gap.metric)
        rows.append(
            {
                "id": key,
                "run_id": run_id,
                "brand_id": brand.brand_id,
                "metric": gap.metric,
                "dimension": gap.dimension,
                "own_value": gap.own_value,
                "market_median": gap.market_median,
                "best_value": gap.best_value,
                "best_brand_id": gap.best_brand,
                "impact": gap.impact,
                "effort": gap.effort,
                "confidence": gap.confidence,
                "stage": gap.stage,
                "position": gap.position,
                "text": gap.text,
                "tactic": gap.tactic,
                "goal": gap.goal,
                "kpi": gap.kpi,
                "target": gap.target,
                "review_date": gap.review_date,
            }
        )
        proofs += _evidence(run_id, "gaps", key, gap.evidence)
    upsert(db, "gaps", rows)
    _insert_evidence(db, proofs)


# The gaps of a run with what was measured of us then, and of whom else the metric was measured.
_EARLIER_GAPS = """
    select g.metric, g.own_value, g.market_median, g.target, g.review_date, g.position,
           m.method_version, m.low, m.high, m.n,
           (select group_concat(c.domain, ' ') from metrics o join brands c on c.id = o.brand_id
            where o.run_id = g.run_id and o.key = g.metric and o.value is not null
              and c.role = 'competitor')
    from gaps g join brands b on b.id = g.brand_id
    join metrics m on m.run_id = g.run_id and m.brand_id = g.brand_id and m.key = g.metric
    where g.run_id = ? and b.domain = ? order by g.position"""


def _follow_ups(db: Database, own: Observed, earlier: int, market: _Market) -> list[FollowUp]:
    """What became of the gaps of the earlier run; none when another brand was our own then."""
    found = []
    for row in db.execute(_EARLIER_GAPS, [earlier, own.domain]).fetchall():
        gap = EarlierGap._make([*row[:-1], frozenset((row[-1] or "").split())])
        now = frozenset(
            brand.domain
            for brand in market.brands
            if brand.role == "competitor"
            and (measured := market.table[brand.brand_id].get(gap.metric))
            and measured.value is not None
        )
        mine = market.table[own.brand_id].get(gap.metric)
        found.append(follow_up(gap, mine, market.benchmarks.get(gap.metric), now))
    return found


def _write_followups(
    db: Database, run_id: int, own: Observed, earlier: int | None, market: _Market
) -> None:
    if earlier is None:
        return
    rows = [
        {
            "id": row_id(run_id, own.brand_id, "followup", found.metric),
            "run_id": run_id,
            "brand_id": own.brand_id,
            "from_run_id": earlier,
            "metric": found.metric,
            "state": found.state,
            "before_own": found.before_own,
            "before_median": found.before_median,
            "own_value": found.own_value,
            "market_median": found.market_median,
            "target": found.target,
            "target_reached": None if found.target_reached is None else int(found.target_reached),
            "review_date": found.review_date,
            "position": found.position,
            "text": found.text,
        }
        for found in _follow_ups(db, own, earlier, market)
    ]
    upsert(db, "gap_followups", rows)


def _write_questions(db: Database, run_id: int, questions: list[Question]) -> None:
    rows, wordings = [], []
    for position, question in enumerate(questions, 1):
        first = question.wordings[0]
        key = row_id(run_id, "question", first.language, first.text, first.brand_id)
        rows.append(
            {
                "id": key,
                "run_id": run_id,
                "text": question.text,
                "language": question.language,
                "topic": question.topic,
                "coverage": question.coverage,
                "brands": len(question.brands),
                "asked": question.asked,
                "position": position,
            }
        )
        wordings += [
            {
                "id": row_id(run_id, key, number),
                "run_id": run_id,
                "question_id": key,
                "brand_id": wording.brand_id,
                "source": wording.source,
                "text": wording.text,
                "answered": int(wording.answered),
                "page_id": wording.page_id,
            }
            for number, wording in enumerate(question.wordings)
        ]
    upsert(db, "questions", rows)
    upsert(db, "question_wordings", wordings)
