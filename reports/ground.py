"""What all parts of a report stand on: the run, its brands, and the register of evidence."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crawler.errors import ConfigError
from reports.locale import ENGLISH, Words, words_for
from reports.model import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.db import Database

__all__ = ["EvidenceBook", "Ground", "Row", "json_object", "read_ground", "rows"]

# A row of sqlite; the schema in crawler/migrations.py says what each column holds.
Row = dict[str, Any]

_EXCERPT_CHARACTERS = 320  # short quotes only: a reviewer's words are theirs (FIELD.md 3.22)
_PER_STATEMENT = 4


def rows(db: Database, sql: str, *values: object) -> Iterator[Row]:
    """Rows of a query as dicts."""
    return db.query(sql, values)


def json_object(text: str | None) -> Row:
    """A JSON object from a column; {} where it holds something else."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@dataclass
class EvidenceBook:
    """Numbers evidence E1, E2, ... in the order in which the report first uses it."""

    db: Database
    run: int
    entries: dict[tuple[str | None, str], Evidence] = field(default_factory=dict)

    def cite(self, row_ids: Iterable[str], limit: int = _PER_STATEMENT) -> tuple[str, ...]:
        """Ids of the evidence of these derived rows, at most `limit`."""
        cited: dict[str, None] = {}
        for row_id in row_ids:
            if len(cited) >= limit:
                break
            for row in rows(self.db, _EVIDENCE, self.run, row_id, limit):
                cited.setdefault(self._enter(row).id)
        return tuple(cited)[:limit]

    def _enter(self, row: Row) -> Evidence:
        excerpt = _shorten(row["excerpt"])
        key = (row["page_id"], excerpt)
        if key not in self.entries:
            self.entries[key] = Evidence(
                id=f"E{len(self.entries) + 1}",
                domain=row["domain"] or "",
                excerpt=excerpt,
                url=row["final_url"] or row["url"],
                title=row["title"],
                fetched_at=row["fetched_at"],
                record=row["record"],
            )
        return self.entries[key]


_EVIDENCE = """
    select e.page_id, e.excerpt, p.url, p.final_url, p.title, p.fetched_at, p.record, b.domain
    from evidence e
    left join pages p on p.id = e.page_id
    left join brands b on b.id = p.brand_id
    where e.run_id = ?1 and e."row" in (
        ?2, 'metrics:' || ?2, 'swot_entries:' || ?2, 'gaps:' || ?2, 'promises:' || ?2)
    order by e.rowid limit ?3"""


def _shorten(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    if len(text) <= _EXCERPT_CHARACTERS:
        return text
    return text[:_EXCERPT_CHARACTERS].rstrip() + " …"


@dataclass(frozen=True)
class Ground:
    """One run of one study, and its brands in the order of the report.

    `compared` holds the own brand first, then competitors by visibility; `brands` all who rank.
    `words` are those of the report's language.
    """

    db: Database
    run: Row
    study: Row
    brands: tuple[Row, ...]
    book: EvidenceBook
    words: Words = ENGLISH

    @property
    def run_id(self) -> int:
        return int(self.run["id"])

    @property
    def own(self) -> Row | None:
        return next((b for b in self.brands if b["role"] == "own"), None)

    @property
    def compared(self) -> tuple[Row, ...]:
        own = [b for b in self.brands if b["role"] == "own"]
        return (*own, *(b for b in self.brands if b["role"] == "competitor"))

    @property
    def competitors(self) -> tuple[Row, ...]:
        return tuple(b for b in self.brands if b["role"] == "competitor")

    def domain(self, brand_id: str | None) -> str | None:
        return next((str(b["domain"]) for b in self.brands if b["id"] == brand_id), None)

    def rows(self, sql: str, *values: object) -> Iterator[Row]:
        return rows(self.db, sql, *values)


def read_ground(db: Database, run_id: int, language: str | None = None) -> Ground:
    """The run, or ConfigError when the database has none of that number.

    Without a language it is the study's `report_language` of today, not the run's: a report can be
    had in another language without another run.
    """
    run = next(rows(db, "select * from runs where id = ?", run_id), None)
    if run is None:
        raise ConfigError(f"run {run_id} does not exist; see cxscout runs")
    study = next(rows(db, "select * from studies where id = ?", run["study_id"]))
    brands = rows(
        db,
        "select * from brands where run_id = ? order by visibility desc nulls last, domain",
        run_id,
    )
    chosen = language or json_object(study["settings"]).get("report_language") or "en"
    return Ground(db, run, study, tuple(brands), EvidenceBook(db, run_id), words_for(chosen))
