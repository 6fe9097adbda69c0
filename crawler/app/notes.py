"""What the archive keeps of a run itself, so that a lost database can be made again from it."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from crawler.archive import INDEX, Archive, Record, read_record, reading_index
from crawler.config import study_to_dict

if TYPE_CHECKING:
    from crawler.app.runs import Run
    from crawler.config import Settings
    from crawler.db import Database

__all__ = ["note_end", "note_run", "read_notes"]

_PART = "run"  # no domain: it has no dot
_JSON = "application/json"


def note_run(settings: Settings, db: Database, run: Run) -> None:
    """Keep the study and the run as they are when the run begins; once."""
    study = next(
        db.query(
            "select name, brand, provider, country, language, created_at from studies where id = ?",
            [run.study_id],
        )
    )
    row = next(
        db.query(
            "select started_at, offline, method_version, stats from runs where id = ?", [run.id]
        )
    )
    decisions = db.query(
        "select domain, role, reason, decided_at from brand_decisions where study_id = ?",
        [run.study_id],
    )
    note = {
        "study": _without_password(study_to_dict(run.study)),
        "study_row": study,
        "run_row": row,
        "decisions": list(decisions),
    }
    _keep(settings, run.id, "begin", note)


def note_end(settings: Settings, run_id: int) -> None:
    """Keep that the run came to its end."""
    _keep(settings, run_id, "end", {})


def _keep(settings: Settings, run_id: int, key: str, note: dict[str, Any]) -> None:
    with closing(Archive(settings.archive, run_id, _PART)) as archive:
        if archive.find(f"run:{key}") is None:
            body = json.dumps(note, ensure_ascii=False).encode()
            archive.store_resource(f"run:{key}", f"urn:cxscout:run:{run_id}", "run", body, _JSON)


def _without_password(study: dict[str, Any]) -> dict[str, Any]:
    """A proxy's password has no place in an archive that may be given away."""
    if not study["proxy"]:
        return study
    parts = urlsplit(study["proxy"])
    return study | {"proxy": urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))}


def read_notes(settings: Settings) -> dict[int, dict[str, Any]]:
    """The notes by run: {study, study_row, run_row, decisions, ended_at}; ended_at may be None."""
    found: dict[int, dict[str, Any]] = {}
    if not (settings.archive / INDEX).exists():
        return found
    with reading_index(settings.archive) as index:
        if index is None:
            return found
        rows = index.execute("select * from records where kind = 'run' order by run_id, start")
        records = [Record(*row) for row in rows]
    for record in records:
        if record.key == "run:begin":
            body = read_record(settings.archive, record)[2]
            found[record.run_id] = {**json.loads(body), "ended_at": None}
        elif record.run_id in found:
            found[record.run_id]["ended_at"] = record.fetched_at
    return found
