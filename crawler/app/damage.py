"""Damage in what is stored: found by checksums, for `cxscout doctor --deep`."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlite_utils.utils import sqlite3

from crawler import seal
from crawler.app.sums import NAME as SUMS
from crawler.app.sums import check_sums
from crawler.archive import INDEX, Record, digest_of, records_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from crawler.config import Settings

__all__ = ["BrokenFile", "broken_files", "check_database", "find_damage", "index_by_file"]

_SHOWN = 5


class BrokenFile(NamedTuple):
    """A WARC file that is not as the index says: what is told, and the ids of lost records."""

    file: str
    told: str
    lost: frozenset[str]


def find_damage(settings: Settings) -> list[dict[str, Any]]:
    """Rows {check, state, detail} on every byte of database, archive and reports.

    What cannot be noticed: a change of the last transaction in the log of a killed process, and of
    file names, times and rights.
    """
    rows = [*_database_rows(settings), *_archive_rows(settings), *_report_rows(settings)]
    seal.tidy(settings.database)
    seal.tidy(settings.archive / INDEX)
    return [dict(zip(("check", "state", "detail"), row, strict=True)) for row in rows]


Row = tuple[str, str, str]


def _database_rows(settings: Settings) -> Iterator[Row]:
    path = settings.database
    if not path.exists():
        yield "deep: database", "note", f"none yet at {path}"
        return
    yield from _sealed_rows("deep: database", path)
    told = check_database(path)
    if told:
        yield "deep: database rows", "wrong", _some(told)
    else:
        yield "deep: database rows", "ok", "structure, indexes and references agree"


def _sealed_rows(check: str, path: Path) -> Iterator[Row]:
    try:
        told = seal.verify(path)
    except FileNotFoundError:
        yield (
            check,
            "note",
            f"{path.name} has no checksums yet; the next command that writes makes them",
        )
        return
    if told:
        yield check, "wrong", _some(told)
    else:
        yield check, "ok", f"{path.stat().st_size:,} bytes are as they were written"


def check_database(path: Path) -> list[str]:
    """What SQLite itself finds: pages that do not fit together, rows that point nowhere."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
            told = [row[0] for row in db.execute("pragma integrity_check(20)") if row[0] != "ok"]
            strays = db.execute("pragma foreign_key_check").fetchall()
    except sqlite3.Error as error:
        return [str(error)]
    tables = sorted({row[0] for row in strays})
    return told + [f"{len(strays)} rows point nowhere, in {', '.join(tables)}"] * bool(strays)


# -- the archive


def _archive_rows(settings: Settings) -> Iterator[Row]:
    root = settings.archive
    if not root.exists():
        yield "deep: archive", "note", f"none yet at {root}"
        return
    if (root / INDEX).exists():
        yield from _sealed_rows("deep: archive index", root / INDEX)
    known = index_by_file(root)
    if known is None:
        yield "deep: archive index", "wrong", f"{root / INDEX} cannot be read"
        known = {}
    files, records = len(known), sum(map(len, known.values()))
    broken = list(broken_files(root, known))
    for entry in broken:
        yield f"deep: archive/{entry.file}", "wrong", entry.told
    if not broken:
        yield (
            "deep: archive",
            "ok",
            f"{records:,} records in {files:,} files are as they were written",
        )
    yield from _tail_rows(root, known)
    yield from _missing_rows(settings, known)


def index_by_file(root: Path) -> dict[str, list[Record]] | None:
    """The index by file; None when it cannot be read."""
    found: dict[str, list[Record]] = defaultdict(list)
    try:
        if (root / INDEX).exists():
            with closing(sqlite3.connect(f"file:{root / INDEX}?mode=ro", uri=True)) as index:
                for row in index.execute("select * from records order by file, start"):
                    found[row[7]].append(Record(*row))
    except (sqlite3.Error, TypeError):
        return None
    return found


def broken_files(root: Path, known: dict[str, list[Record]]) -> Iterator[BrokenFile]:
    """WARC files with bytes that are not as they were written, or that no record accounts for."""
    for file, records in sorted(known.items()):
        try:
            content = (root / file).read_bytes()
        except FileNotFoundError:
            yield BrokenFile(file, "is gone", frozenset(record.id for record in records))
            continue
        lost, end, gaps = set(), 0, 0
        for record in records:
            packed = content[record.start : record.start + record.length]
            if record.digest and digest_of(packed) != record.digest:
                lost.add(record.id)
            gaps += record.start != end
            end = record.start + record.length
        if lost:
            urls = [record.url or record.kind for record in records if record.id in lost]
            told = f"{len(lost)} of {len(records)} records are damaged: {_some(urls)}"
            yield BrokenFile(file, told, frozenset(lost))
        elif gaps and all(record.digest for record in records):
            yield BrokenFile(file, "has bytes that no record accounts for", frozenset())


def _tail_rows(root: Path, known: dict[str, list[Record]]) -> Iterator[Row]:
    """What a killed run wrote after the last index row; taking the run up puts it in order."""
    for path in sorted(root.rglob("*.warc.gz")):
        file = path.relative_to(root).as_posix()
        end = max((record.start + record.length for record in known.get(file, ())), default=0)
        size = path.stat().st_size
        if size > end:
            whole = sum(record.start >= end for record in records_of(root, file))
            yield (
                f"deep: archive/{file}",
                "note" if whole else "wrong",
                f"{size - end:,} bytes with {whole} records are not in the index; a run that was "
                "killed leaves them, and taking it up adds them",
            )
    old = sum(not record.digest for records in known.values() for record in records)
    if old:
        yield "deep: archive", "note", f"{old:,} records of an older version have no checksum"


def _missing_rows(settings: Settings, known: dict[str, list[Record]]) -> Iterator[Row]:
    """Pages whose archived copy is gone."""
    ids = {record.id for records in known.values() for record in records}
    try:
        with closing(sqlite3.connect(f"file:{settings.database}?mode=ro", uri=True)) as db:
            wanted = [
                row[0]
                for table in ("pages", "searches")
                for row in db.execute(f"select record from {table} where record is not null")
            ]
    except sqlite3.Error:  # told above
        return
    if missing := sum(record not in ids for record in wanted):
        yield "deep: archive", "wrong", f"{missing:,} of {len(wanted):,} pages have no copy there"


# -- reports


def _report_rows(settings: Settings) -> Iterator[Row]:
    folder = settings.reports
    if not folder.exists():
        return
    found = check_sums(folder)
    if found.damaged:
        told = f"not as they were written: {_some(found.damaged)}; write them anew: cxscout report"
        yield "deep: reports", "wrong", told
    else:
        yield "deep: reports", "ok", f"{found.good:,} files are as they were written"
    for names, what in ((found.missing, "are gone"), (found.unknown, f"are not in {SUMS}")):
        if names:
            yield "deep: reports", "note", f"{len(names)} {what}: {_some(names)}"


def _some(told: Iterable[str]) -> str:
    """The first few, and how many more."""
    told = list(told)
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return "; ".join(told[:_SHOWN]) + more
