"""What one store lost is made again from the other, for `cxscout doctor --repair`."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from sqlite_utils.utils import sqlite3

from crawler import seal
from crawler.app.damage import broken_files, check_database, index_by_file
from crawler.app.exports import default_path, write_report
from crawler.app.housekeeping import require_idle
from crawler.app.notes import read_notes
from crawler.app.runs import replay_run
from crawler.app.sums import check_sums
from crawler.archive import INDEX, cut_records, mend_records, rebuild_index
from crawler.db import open_db, upsert
from crawler.errors import CxscoutError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from crawler.config import Settings
    from crawler.db import Database

__all__ = ["repair"]

# Rows that no page of the archive can give again.
_OWN_ROWS = (
    "studies", "keywords", "brand_decisions", "schedules", "surveys", "mystery_visits", "alerts",
)  # fmt: skip


def repair(settings: Settings, now: datetime) -> list[dict[str, Any]]:
    """Mend what `find_damage` finds, as far as it can be; rows {check, state, detail}.

    Damaged files are kept beside, as NAME.damaged. Nothing is fetched. Raises CxscoutError while
    a run works.
    """
    require_idle(settings)
    rows = [
        *_mend_archive(settings),
        *_mend_database(settings),
        *_mend_reports(settings, now),
    ]
    return [dict(zip(("check", "state", "detail"), row, strict=True)) for row in rows]


Row = tuple[str, str, str]


# -- the archive


def _mend_archive(settings: Settings) -> Iterator[Row]:
    root = settings.archive
    if not root.exists():
        return
    yield from _mended("archive index", root / INDEX)
    if _is_damaged(root / INDEX) or index_by_file(root) is None:
        yield "repair: archive index", "ok", f"made anew of {rebuild_index(root):,} records"
    known = index_by_file(root) or {}
    for broken in list(broken_files(root, known)):
        path = root / broken.file
        lost = broken.lost
        if path.exists():
            shutil.copy(path, path.with_name(f"{path.name}.damaged"))
            lost -= mend_records(root, broken.file, lost)
        if len(lost) < len(broken.lost):
            told = f"{len(broken.lost - lost)} records are as they were, one bit was flipped back"
            yield f"repair: archive/{broken.file}", "ok", told
        if lost or not broken.lost:
            cut_records(root, broken.file, lost)
            with suppress(CxscoutError):
                _unlink(settings, lost)
            yield (
                f"repair: archive/{broken.file}",
                "note",
                f"{len(lost)} damaged records are taken out; what was read from them is in the "
                "database, and the next run fetches the pages again",
            )


def _mended(what: str, path: Path) -> Iterator[Row]:
    """Pages of a database in which one bit had changed."""
    if not path.exists():
        return
    if seal.renew(path):
        yield f"repair: {what}", "note", "its checksums were damaged and are made anew"
    if pages := seal.mend(path):
        yield (
            f"repair: {what}",
            "ok",
            f"{len(pages)} pages are as they were, a bit was flipped back",
        )


def _unlink(settings: Settings, records: frozenset[str]) -> None:
    """Pages and searches no longer point to records that are gone."""
    with closing(open_db(settings.database)) as db, db.atomic():
        for table in ("pages", "searches"):
            db.conn.executemany(
                f"update {table} set record = null where record = ?", [[r] for r in records]
            )


def _is_damaged(path: Path) -> bool:
    """Whether checksums or SQLite say so; a file without checksums counts as it reads."""
    try:
        return bool(seal.verify(path)) or bool(check_database(path))
    except FileNotFoundError:
        return not path.exists() or bool(check_database(path))


# -- the database


def _mend_database(settings: Settings) -> Iterator[Row]:
    path = settings.database
    yield from _mended("database", path)
    is_damaged = path.exists() and _is_damaged(path)
    is_lost = is_damaged or not path.exists()
    if is_damaged:
        yield _salvage(path)
    notes = read_notes(settings)
    with closing(open_db(path)) as db:
        known = {row[0] for row in db.execute("select id from runs")}
        missing = sorted(notes.keys() - known) if is_lost else []  # else somebody removed them
        for run_id in missing:
            _add_run(db, run_id, notes[run_id])
        again = sorted(known & notes.keys()) if is_damaged else []
        for run_id in again:
            _forget_run(db, run_id)
    for run_id in sorted({*missing, *again}):
        try:
            replay_run(settings, run_id)
        except CxscoutError as error:
            yield f"repair: run {run_id}", "wrong", str(error)
        else:
            yield f"repair: run {run_id}", "ok", "its rows are made anew from the archive"
    if is_damaged and (left := sorted(known - notes.keys())):
        told = f"runs {', '.join(map(str, left))} have no archive; their rows are as they were read"
        yield "repair: database", "note", told


def _salvage(path: Path) -> Row:
    """A new database with every row that can still be read; the old one is kept beside."""
    old = path.with_name(f"{path.name}.damaged")
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{old}{suffix}")
    for name in (f"{path.name}-shm", seal.seal_path(path).name):
        path.with_name(name).unlink(missing_ok=True)
    with closing(open_db(path)) as new:
        try:
            lost = _copy_rows(old, new)
        except sqlite3.Error as error:
            told = f"nothing of {old.name} can be read ({error}): restore a backup if there is one"
            return "repair: database", "wrong", told
    own = ", ".join(_OWN_ROWS)
    told = f"rows of {lost} tables cannot be read" if lost else "every row could be read"
    return (
        "repair: database",
        "note",
        f"{told}; a bit may have changed in rows that no archive has ({own}): compare them with "
        f"a backup. The damaged file is {old.name}",
    )


def _copy_rows(old: Path, new: Database) -> int:
    """How many tables have rows that cannot be read; those behind the damage are read backwards."""
    broken = 0
    new.execute("pragma foreign_keys = off")
    with closing(sqlite3.connect(f"file:{old}?mode=ro", uri=True)) as source, new.atomic():
        source.row_factory = sqlite3.Row
        for table in new.table_names():
            if table.startswith(("_", "sqlite_")):
                continue
            for order in ("rowid", "rowid desc"):
                try:
                    for row in source.execute(f'select * from "{table}" order by {order}'):
                        names = ", ".join(f'"{name}"' for name in row.keys())  # noqa: SIM118
                        marks = ", ".join("?" * len(row))
                        new.execute(
                            f'insert or ignore into "{table}" ({names}) values ({marks})',
                            list(row),
                        )
                except sqlite3.DatabaseError as error:
                    if isinstance(error, sqlite3.OperationalError):
                        raise
                    broken += order == "rowid"
                    continue
                break
    return broken


def _forget_run(db: Database, run_id: int) -> None:
    """All rows of a run but the run itself, before they are made anew."""
    with db.atomic():
        for table in db.table_names():
            columns = {column.name for column in db.table(table).columns}
            if "run_id" in columns and table not in ("slots", "deliveries", "alerts", "changes"):
                db.execute(f'delete from "{table}" where run_id = ?', [run_id])


def _add_run(db: Database, run_id: int, note: dict[str, Any]) -> None:
    """The run, and its study with keywords and decisions where they are gone too."""
    study = note["study"]
    with db.atomic():
        row = db.execute("select id from studies where name = ?", [study["name"]]).fetchone()
        if row is None:
            db.table("studies").insert(
                {**note["study_row"], "settings": json.dumps(study, ensure_ascii=False)}
            )
            number = db.execute(
                "select id from studies where name = ?", [study["name"]]
            ).fetchone()[0]
            keywords = [
                {"study_id": number, "keyword": k["keyword"], "volume": k["volume"]}
                for k in study["keywords"]
            ]
            upsert(db, "keywords", keywords, pk="study_id, keyword")
            decisions = [{**row, "study_id": number} for row in note["decisions"]]
            upsert(db, "brand_decisions", decisions, pk="study_id, domain")
        else:
            number = row[0]
        ended = note["ended_at"]
        db.table("runs").insert(
            {**note["run_row"], "id": run_id, "study_id": number,
             "state": "done" if ended else "failed", "stage": "report" if ended else "crawl",
             "finished_at": ended, "error": None if ended else "its end is not in the archive",
             "settings": json.dumps(study, ensure_ascii=False)}
        )  # fmt: skip


# -- reports


def _mend_reports(settings: Settings, now: datetime) -> Iterator[Row]:
    """HTML reports that are damaged are written anew; of the others their names are told."""
    if not settings.reports.exists():
        return
    damaged = set(check_sums(settings.reports).damaged)
    if not damaged:
        return
    with closing(open_db(settings.database)) as db:
        for run_id, name in db.execute(
            "select r.id, s.name from runs r join studies s on s.id = r.study_id "
            "where r.state = 'done'"
        ).fetchall():
            path = default_path(settings, name, run_id, ".html")
            stem = path.name.removesuffix(".html")
            if any(entry.startswith((f"{stem}.html", f"{stem}-evidence/")) for entry in damaged):
                write_report(settings, db, run_id, "html", None, now=now)
                yield "repair: reports", "ok", f"{path.name} is written anew"
    left = check_sums(settings.reports).damaged
    if left:
        yield "repair: reports", "wrong", f"write anew: {', '.join(left)} (cxscout report)"
