"""Keeping house: backups that are checked, retention, and what is going on, in numbers."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from crawler import __version__
from crawler.app.exports import write_whole
from crawler.app.locks import locked
from crawler.app.schedules import get_schedule
from crawler.app.slots import next_slots
from crawler.app.studies import study_id
from crawler.archive import INDEX, cut_records, open_index, reading_index
from crawler.db import open_db
from crawler.errors import ConfigError, CxscoutError
from crawler.seal import close_settled, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.config import Settings
    from crawler.db import Database

__all__ = [
    "back_up",
    "clean_study",
    "known_backups",
    "require_idle",
    "restore",
    "status",
    "thin_study",
    "write_prometheus",
]

_MANIFEST = "manifest.json"
_DATABASE = "cxscout.db"
_INDEX = f"archive/{INDEX}"
_SMALL = ("privacy.key", "cxscout.toml")
_BACKUPS = "backups.jsonl"
_CHUNK = 1024 * 1024


# -- backup and restore


def back_up(settings: Settings, out: Path, *, archive: bool, now: datetime) -> dict[str, Any]:
    """Write a tar with the database, key and settings, and the archive if wished; also while a run
    works. Returns its manifest: {created_at, version, files: {name: {bytes, sha256}}}.

    The copy of the database is checked before it counts. The file is there whole or not at all.
    """
    if not settings.database.exists():
        raise ConfigError(f"no database at {settings.database}; there is nothing to back up")
    mode = "w:gz" if out.suffix in (".gz", ".tgz") else "w"
    files: dict[str, dict[str, Any]] = {}
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".backup-") as folder:
            made = Path(folder, "backup.tar")
            with tarfile.open(made, mode) as tar:  # type: ignore[call-overload]
                for name, path in _to_keep(settings, Path(folder), archive):
                    files[name] = _add(tar, name, path)
                manifest = {
                    "created_at": now.astimezone(UTC).isoformat(timespec="seconds"),
                    "version": __version__,
                    "files": files,
                }
                _add_bytes(tar, _MANIFEST, json.dumps(manifest, indent=1).encode())
            with made.open("rb") as stream:
                os.fsync(stream.fileno())
            os.replace(made, out)
        _note_backup(settings, out, now.astimezone(UTC).isoformat(timespec="seconds"))
    except OSError as error:
        raise CxscoutError(f"backup {out} cannot be written: {error.strerror or error}") from None
    return manifest


def _note_backup(settings: Settings, out: Path, created_at: str) -> None:
    """Remember where backups lie: who is forgotten must be forgotten there, too."""
    line = json.dumps({"path": str(out.resolve()), "created_at": created_at})
    with (settings.home / _BACKUPS).open("a", encoding="utf-8") as notes:
        notes.write(f"{line}\n")


def known_backups(settings: Settings) -> list[str]:
    """Paths of the backups that were made of this home; some may have been moved or deleted."""
    path = settings.home / _BACKUPS
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines()
    return list(dict.fromkeys(json.loads(line)["path"] for line in lines))


def _to_keep(settings: Settings, folder: Path, archive: bool) -> Iterator[tuple[str, Path]]:
    """(name, path) of what goes into a backup. The index comes before the files that it points
    into: they only grow, so each of its records is in the copy."""
    yield _DATABASE, _copy_database(settings.database, folder / _DATABASE)
    for name in _SMALL:
        if (settings.home / name).exists():
            yield name, settings.home / name
    if archive and settings.archive.exists():
        if (settings.home / _INDEX).exists():
            yield _INDEX, _copy_database(settings.home / _INDEX, folder / "index.db")
        for path in sorted(settings.archive.rglob("*.warc.gz")):
            yield path.relative_to(settings.home).as_posix(), path


def _copy_database(source: Path, target: Path) -> Path:
    """SQLite's own copy of a live database: one moment of it, whatever is being written."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("pragma journal_mode = delete")
        answer = copy.execute("pragma integrity_check(1)").fetchone()[0]
    if answer != "ok":
        raise CxscoutError(
            f"database {source} is damaged: {answer}; restore the last good backup: cxscout restore"
        )
    return target


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    """Add a file as long as it is now; a run may be appending to it."""
    member = tarfile.TarInfo(name)
    member.size = path.stat().st_size
    member.mode = 0o600
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        tar.addfile(member, _Hashed(stream, digest))
    return {"bytes": member.size, "sha256": digest.hexdigest()}


class _Hashed(io.RawIOBase):
    """A stream that is hashed as it is read."""

    def __init__(self, stream: BinaryIO, digest: Any) -> None:
        self._stream, self._digest = stream, digest

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self._digest.update(block)
        return block


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def restore(settings: Settings, file: Path, *, force: bool) -> dict[str, Any]:
    """Put a backup into the home; every checksum is checked before anything is touched.

    `force` replaces a database that is there; it is kept beside as `cxscout.db.before-restore`.
    """
    if settings.database.exists() and not force:
        raise ConfigError(
            f"{settings.database} exists; restore into another --home, or replace it: --force"
        )
    manifest = _verified(file)
    settings.home.mkdir(parents=True, exist_ok=True)
    require_idle(settings)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".restore-") as folder:
        with tarfile.open(file) as tar:
            for name in manifest["files"]:
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                stream = tar.extractfile(name)
                with path.open("wb") as out:
                    shutil.copyfileobj(stream, out)  # type: ignore[arg-type]
        _set_aside(settings)
        for name in manifest["files"]:
            target = settings.home / name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(Path(folder, name), target)
            os.chmod(target, 0o600)
    _seal(settings)
    return manifest


def _seal(settings: Settings) -> None:
    """Checksums of what was put back."""
    open_db(settings.database).close()
    if (settings.home / _INDEX).exists():
        close_settled(open_index(settings.archive), settings.home / _INDEX)


def _set_aside(settings: Settings) -> None:
    if settings.database.exists():
        kept = settings.home / f"{_DATABASE}.before-restore"
        try:
            _copy_database(settings.database, kept)
        except (sqlite3.Error, CxscoutError):  # damaged: the very reason to restore
            shutil.copy(settings.database, kept)
    for name in (_DATABASE, _INDEX):
        for suffix in ("-wal", "-shm", ".seal"):
            (settings.home / f"{name}{suffix}").unlink(missing_ok=True)


def _verified(file: Path) -> dict[str, Any]:
    """The manifest of a backup whose files are all there and as they were written."""
    found: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(file) as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isreg() else None
                if stream is None or not _is_inside(member.name):
                    raise CxscoutError(f"backup {file} has {member.name!r}, which is no file of it")
                if member.name == _MANIFEST:
                    manifest = json.loads(stream.read())
                else:
                    found[member.name] = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    except (OSError, tarfile.TarError, EOFError, ValueError) as error:
        raise CxscoutError(f"backup {file} cannot be read: {error}") from None
    wanted = {name: entry["sha256"] for name, entry in (manifest or {}).get("files", {}).items()}
    if manifest is None or found != wanted or _DATABASE not in wanted:
        bad = sorted(set(found.items()) ^ set(wanted.items())) or [(_MANIFEST, "")]
        raise CxscoutError(f"backup {file} is damaged: {bad[0][0]} is not as it was written")
    return manifest


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    is_known = name in (_DATABASE, _MANIFEST, _INDEX, *_SMALL)
    is_archive = path.parts[:1] == ("archive",) and name.endswith(".warc.gz")
    return not path.is_absolute() and ".." not in path.parts and (is_known or is_archive)


def require_idle(settings: Settings, number: int | None = None) -> None:
    """Refuse while a run works: of the study, or of any study."""
    pattern = f"study-{number}.lock" if number else "study-*.lock"
    for path in sorted((settings.home / "locks").glob(pattern)):
        with locked(settings, path.stem) as is_free:
            if not is_free:
                raise CxscoutError("a run is working; wait for it, or stop it: cxscout cancel RUN")


# -- retention


def clean_study(settings: Settings, db: Database, name: str, *, keep: int) -> dict[str, Any]:
    """Delete all runs of a study but the newest `keep` that are done, with rows and archive.

    Reports stay. An archive that a kept run points into stays too. Returns what was deleted.
    """
    number = study_id(db, name)
    require_idle(settings, number)
    kept = [
        row[0]
        for row in db.execute(
            "select id from runs where study_id = ? and state = 'done' order by id desc limit ?",
            [number, keep],
        )
    ]
    oldest = min(kept, default=None)
    old = [
        row[0]
        for row in db.execute("select id from runs where study_id = ? order by id", [number])
        if oldest is not None and row[0] < oldest
    ]
    before = _bytes_of(settings.home)
    if old:
        needed = _archives_in_use(settings, db, number, oldest)
        _delete_rows(db, old)
        for run_id in set(old) - needed:
            _delete_archive(settings, run_id)
        db.execute("vacuum")
        settle(settings.database)
    return {"study": name, "runs": len(old), "bytes": max(0, before - _bytes_of(settings.home))}


def thin_study(
    settings: Settings, db: Database, name: str, *, keep: int, what: str
) -> dict[str, Any]:
    """Delete screenshots, or the whole archive, of all runs but the newest `keep` that are done.

    Rows and reports stay. Returns what was deleted.
    """
    number = study_id(db, name)
    require_idle(settings, number)
    done = db.execute(
        "select id from runs where study_id = ? and state = 'done' order by id desc", [number]
    ).fetchall()
    oldest = min((row[0] for row in done[:keep]), default=None)
    if oldest is None:
        return {"study": name, "runs": 0, "bytes": 0}
    ids = db.execute("select id from runs where study_id = ? and id < ?", [number, oldest])
    old = {row[0] for row in ids.fetchall()}
    before = _bytes_of(settings.home)
    if what == "archive":
        old -= _archives_in_use(settings, db, number, oldest)
    for run_id in sorted(old):
        if what == "screenshots":
            _delete_records(settings, run_id, "screenshot")
        else:
            _delete_archive(settings, run_id)
            for table in ("pages", "searches"):
                db.execute(f"update {table} set record = null where run_id = ?", [run_id])
    return {"study": name, "runs": len(old), "bytes": max(0, before - _bytes_of(settings.home))}


def _delete_records(settings: Settings, run_id: int, kind: str) -> None:
    with reading_index(settings.archive) as index:
        if index is None:
            return
        rows = index.execute(
            "select file, id from records where run_id = ? and kind = ?", [run_id, kind]
        ).fetchall()
    for file in sorted({row[0] for row in rows}):
        cut_records(settings.archive, file, {row[1] for row in rows if row[0] == file})


def _archives_in_use(settings: Settings, db: Database, number: int, oldest: int | None) -> set[int]:
    """Runs whose archive kept runs point into: a replay reads the pages of the run before it."""
    records = {
        row[0]
        for table in ("pages", "searches")
        for row in db.execute(
            f"select distinct t.record from {table} t join runs r on r.id = t.run_id "
            "where r.study_id = ? and r.id >= ? and t.record is not null",
            [number, oldest],
        )
    }
    with reading_index(settings.archive) as index:
        if index is None:
            return set()
        rows = index.execute("select id, run_id from records").fetchall()
    return {run_id for record, run_id in rows if record in records}


def _delete_rows(db: Database, runs: list[int]) -> None:
    """Rows of a run go table by table, the run itself last: cascades alone scan every table."""
    marks = ", ".join("?" * len(runs))
    with db.atomic():
        db.execute(f"update alerts set run_id = null where run_id in ({marks})", runs)
        for table in reversed(db.table_names()):
            columns = {column.name for column in db.table(table).columns}
            if "run_id" in columns and table not in ("slots", "deliveries", "pages", "brands"):
                db.execute(f'delete from "{table}" where run_id in ({marks})', runs)
        for table in ("pages", "brands"):
            db.execute(f"delete from {table} where run_id in ({marks})", runs)
        db.execute(f"delete from runs where id in ({marks})", runs)


def _delete_archive(settings: Settings, run_id: int) -> None:
    if (settings.home / _INDEX).exists():
        index = open_index(settings.archive)
        with index:
            index.execute("delete from records where run_id = ?", [run_id])
        close_settled(index, settings.home / _INDEX)
    shutil.rmtree(settings.archive / str(run_id), ignore_errors=True)


def _bytes_of(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    total = 0
    for entry in path.rglob("*"):
        with suppress(OSError):  # it went away meanwhile
            is_kept = entry.is_file() and not entry.name.endswith(("-wal", "-shm"))
            total += entry.stat().st_size if is_kept else 0
    return total


# -- status


def status(settings: Settings, now: datetime) -> list[dict[str, Any]]:
    """Rows {metric, study, value} for people, JSON and Prometheus; times are Unix seconds."""
    db = open_db(settings.database)
    try:
        rows = [
            _row("database_bytes", _bytes_of(settings.database)),
            _row("archive_bytes", _bytes_of(settings.archive)),
            _row("reports_bytes", _bytes_of(settings.reports)),
            _row("disk_free_bytes", shutil.disk_usage(settings.home).free),
        ]
        for state, count in db.execute("select state, count(*) from runs group by 1 order by 1"):
            rows.append(_row(f"runs_{state}", count))
        for state in ("waiting", "given_up"):
            count = db.execute("select count(*) from deliveries where state = ?", [state])
            rows.append(_row(f"messages_{state}", count.fetchone()[0]))
        for number, name in db.execute("select id, name from studies order by name").fetchall():
            rows += _study_rows(db, number, name, now)
    finally:
        db.close()
    return rows


def _study_rows(db: Database, number: int, name: str, now: datetime) -> Iterator[dict[str, Any]]:
    done = db.execute(
        "select finished_at, stats, id from runs where study_id = ? and state = 'done' "
        "order by finished_at desc limit 1",
        [number],
    ).fetchone()
    if done:
        last, stats, run_id = done
        for stage, seconds in json.loads(stats).get("seconds", {}).items():
            yield _row(f"last_run_{stage}_seconds", seconds, name)
        pages = db.execute("select count(*) from pages where run_id = ? and state = 'ok'", [run_id])
        yield _row("last_run_pages", pages.fetchone()[0], name)
        moment = datetime.fromisoformat(last)
        yield _row("last_done_timestamp_seconds", int(moment.timestamp()), name)
        yield _row("seconds_since_done", int((now - moment).total_seconds()), name)
    failed = db.execute(
        "select count(*) from runs where study_id = ? and state = 'failed' and id > "
        "(select coalesce(max(id), 0) from runs where study_id = ? and state = 'done')",
        [number, number],
    ).fetchone()[0]
    yield _row("failed_since_done", failed, name)
    schedule = get_schedule(db, number)
    if schedule and not schedule.paused and (coming := next_slots(schedule, now, 1)):
        yield _row("next_slot_timestamp_seconds", int(coming[0].timestamp()), name)


def _row(metric: str, value: float, study: str | None = None) -> dict[str, Any]:
    return {"metric": metric, "study": study, "value": value}


def write_prometheus(rows: list[dict[str, Any]], path: Path) -> None:
    """The rows as a text file for Prometheus' node exporter, written whole."""
    lines, last = [], ""
    for row in sorted(rows, key=lambda row: (row["metric"], row["study"] or "")):
        name = f"cxscout_{row['metric']}"
        if name != last:
            lines.append(f"# TYPE {name} gauge")
            last = name
        label = f'{{study="{row["study"]}"}}' if row["study"] else ""
        lines.append(f"{name}{label} {row['value']}")
    write_whole(path, ("\n".join(lines) + "\n").encode())
