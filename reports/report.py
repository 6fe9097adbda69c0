"""`build_report`: everything that a report says about a run, computed and worded once."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from reports import sentences
from reports.branding import read_branding, without_hidden
from reports.collected import collection, method, study_of
from reports.ground import json_object, read_ground
from reports.market import (
    brand_pages,
    brand_rows,
    gap_rows,
    position_rows,
    read_units,
    scoreboard,
)
from reports.model import SCHEMA_VERSION, Change, Changes, Evidence, Report, Term
from reports.own import follow_ups, own_numbers
from reports.phrases import noted, said
from reports.terms import terms_of
from reports.voice import promise_rows, question_matrix, voice_of_customers

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.db import Database
    from reports.ground import Ground
    from reports.locale import Words

__all__ = ["Report", "build_report", "printable"]

_T = TypeVar("_T")

# Characters that no format can hold: controls, lone surrogates, noncharacters. Scraped text is
# cleaned here once, so that no renderer has to.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def build_report(
    db: Database,
    run_id: int,
    *,
    now: datetime,
    evidence_base: str | None = None,
    language: str | None = None,
) -> Report:
    """The report of a run, as of `now`, in `language` (default: the study's report_language).

    `evidence_base` is the relative folder where the caller puts copies of the evidence pages
    (`<record>.html`); without it only the ids of the archive's records are printed.
    Raises ConfigError when there is no such run.
    """
    ground = read_ground(db, run_id, language)
    words = ground.words
    units = read_units(ground)
    board = scoreboard(ground)
    positions = position_rows(board)
    brands, gaps = brand_rows(ground), gap_rows(ground, units)
    questions, voice = question_matrix(ground), voice_of_customers(ground)
    terms, looked_at = terms_of(ground)
    collected = collection(ground)
    judgments = sentences.judgments(ground, board, positions, gaps, questions, voice, brands)
    own = ground.own
    has_own = own is not None
    branding = read_branding(json_object(ground.study["settings"]))
    report = Report(
        schema_version=SCHEMA_VERSION,
        title=branding.title or sentences.report_title(words, own["domain"] if own else None),
        created_at=now.isoformat(timespec="seconds"),
        study=study_of(ground),
        judgments=judgments,
        unknowns=sentences.unknowns(words, board, collected, voice),
        figures=sentences.key_figures(words, board, positions, questions, voice, brands, collected),
        scoreboard=replace(board, title=sentences.scoreboard_title(words, board, positions)),
        positions_title=sentences.positions_title(words, board, positions),
        positions=positions,
        gaps_title=sentences.gaps_title(words, gaps, has_own),
        gaps=gaps,
        pages=brand_pages(ground, units, board),
        questions=replace(questions, title=sentences.questions_title(words, questions, has_own)),
        voice=replace(
            voice,
            title=sentences.voice_title(words, voice),
            importance_title=sentences.importance_title(words, voice),
            sources_title=sentences.sources_title(words, voice),
            over_time_title=sentences.over_time_title(words, voice),
            terms=terms,
            terms_title=_terms_title(words, terms, looked_at),
        ),
        promises=promise_rows(ground),
        own_numbers=own_numbers(ground),
        ranking_title=sentences.ranking_title(words, brands),
        brands=brands,
        changes=_changes(ground),
        evidence=(),
        collection=collected,
        method=method(ground, units),
        evidence_base=evidence_base,
        language=words.language,
        branding=branding,
    )
    entries = tuple(
        replace(entry, excerpt=noted(entry.excerpt, words))
        for entry in ground.book.entries.values()
    )
    clean: Report = _clean(_numbered(without_hidden(report), entries))
    return clean


def _numbered(report: Report, entries: tuple[Evidence, ...]) -> Report:
    """The report with its evidence numbered E1, E2, ... in the order in which a reader meets it."""
    order: dict[str, str] = {}

    def renumber(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(renumber(entry) for entry in value)
        if not is_dataclass(value) or isinstance(value, type):
            return value
        changed = {f.name: renumber(getattr(value, f.name)) for f in fields(value)}
        if "evidence" in changed and not isinstance(value, Report):
            cited = (order.setdefault(i, f"E{len(order) + 1}") for i in changed["evidence"])
            changed["evidence"] = tuple(cited)
        return replace(value, **changed)

    numbered: Report = renumber(report)
    cited = {entry.id: entry for entry in entries}
    return replace(
        numbered, evidence=tuple(replace(cited[old], id=new) for old, new in order.items())
    )


def _terms_title(words: Words, terms: tuple[Term, ...], looked_at: int) -> str:
    if not terms:
        return ""
    return words.n(
        "No word is in more reviews than “{word}”: {share} of {n} looked at",
        "No word is in more reviews than “{word}”: {share} of {n} looked at",
        looked_at,
        word=terms[0].text,
        share=words.percent(terms[0].n / looked_at),
    )


def _changes(ground: Ground) -> Changes:
    sql = "select * from changes where run_id = ? order by cause, domain, kind, id"
    rows = list(ground.rows(sql, ground.run_id))
    before = next(
        ground.rows(_BEFORE, rows[0]["from_run_id"] if rows else None, *_previous(ground))
    )
    changes = Changes(
        title="",
        from_run=before["id"],
        from_date=before["started_at"],
        rows=tuple(
            Change(
                r["domain"],
                r["kind"],
                r["before"],
                r["after"],
                r["cause"],
                said(r["text"], ground.words),
            )
            for r in rows
        ),
    )
    gaps = follow_ups(ground)
    return replace(
        changes,
        title=sentences.changes_title(ground.words, changes),
        gaps_title=sentences.follow_ups_title(ground.words, gaps),
        gaps=gaps,
    )


# The run that the changes name, else the last finished one before this; a row of nulls else.
_BEFORE = """
    select id, started_at from runs where id = ?
    union all
    select * from (select id, started_at from runs where study_id = ? and id < ? and state = 'done'
                   order by id desc limit 1)
    union all select null, null limit 1"""


def _previous(ground: Ground) -> tuple[int, int]:
    return int(ground.run["study_id"]), ground.run_id


def printable(value: _T) -> _T:
    """Text without characters that no format can hold; anything else as it is."""
    return _UNPRINTABLE.sub("", value) if isinstance(value, str) else value  # type: ignore[return-value]


def _clean(value: Any) -> Any:
    """The same nest of dataclasses and tuples with only printable text in it."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, tuple):
        return tuple(_clean(entry) for entry in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _clean(getattr(value, f.name)) for f in fields(value)}
        return replace(value, **changed)
    return value
