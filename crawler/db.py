"""The one way into SQLite: open, migrate, upsert in batches."""

from __future__ import annotations

import fcntl
import hashlib
import json
import weakref
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from crawler.errors import ConfigError, Damaged, storage_error
from crawler.migrations import migrations
from crawler.seal import BUSY_TIMEOUT_S, close_settled, settle_if_long, use_log

if TYPE_CHECKING:
    from sqlite3 import Cursor

__all__ = ["Database", "brand_id", "open_db", "row_id", "upsert"]


class _SealedDatabase(Database):
    """A database whose file is sealed when it closes, at the end of the process at the latest."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection)
        self._path = path
        self._finish = weakref.finalize(self, close_settled, connection, path)

    def close(self) -> None:
        self._finish()

    @contextmanager
    def atomic(self) -> Generator[Database, None, None]:
        """A transaction that has the write lock from the start; nested ones are savepoints.

        SQLite's default takes it at the first write, and fails at once when another has written
        since: 992 of 1,200 transactions of 8 processes, against none this way.
        """
        if self.conn.in_transaction:
            with super().atomic():
                yield self
            return
        self.conn.execute("begin immediate")
        try:
            yield self
            self.conn.execute("commit")
        except BaseException:
            self.rollback()
            raise
        settle_if_long(self._path)


def open_db(path: Path | str, *, read_only: bool = False, now: str | None = None) -> Database:
    """Open the database, bring it up to date, and set the pragmas that we rely on.

    WAL lets readers read while the one writer writes. `synchronous=NORMAL` cannot corrupt a WAL
    database, and kill -9 loses no commit; a power cut may roll back the last commits, whose
    pages the archive holds and the next resume stores again. FULL costs 35 times the commit rate.
    The file is sealed with checksums when it closes (see seal.py).

    Raises ConfigError when the database was written by a newer cxscout, Damaged when it cannot be
    read as a database, CxscoutError when the file cannot be opened.
    """
    path = Path(path)
    try:
        if read_only:
            if not path.exists():
                raise ConfigError(f"no database at {path}; add a study first: cxscout study add")
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        is_file = not read_only and str(path) != ":memory:"
        db = _SealedDatabase(connection, path) if is_file else Database(connection)
        db.execute("pragma foreign_keys = on")
        _refuse_newer(db, path)
        if not read_only:
            use_log(connection)
            if migrations.pending(db):
                _migrate(db, path)
    except (sqlite3.Error, OSError) as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise Damaged(
                f"database {path} is damaged or none: {error}; "
                "put a backup back: cxscout restore FILE --force"
            ) from error
        raise storage_error(
            f"database {path} cannot be opened: {error}; see cxscout doctor", error
        ) from error
    return db


def _migrate(db: Database, path: Path) -> None:
    """Bring the schema up to date, one process at a time: the others find it done."""
    if str(path) == ":memory:":
        migrations.apply(db)
        return
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if pending := migrations.pending(db):
            _keep_copy(db, path, pending[0].name)
            migrations.apply(db)


def _keep_copy(db: Database, path: Path, migration: str) -> None:
    """A copy of a database that has rows, before its schema changes: NAME.db.before-MIGRATION."""
    if not migrations.applied(db):
        return
    copy = path.with_name(f"{path.name}.before-{migration}")
    part = path.with_name(f"{copy.name}.part")
    part.unlink(missing_ok=True)
    target = sqlite3.connect(part)
    try:
        db.conn.backup(target)
    finally:
        target.close()
    part.replace(copy)


def _refuse_newer(db: Database, path: Path) -> None:
    known = {migration.name for migration in migrations._migrations}
    newer = [m.name for m in migrations.applied(db) if m.name not in known]
    if newer:
        raise ConfigError(
            f"database {path} is of a newer cxscout (it has {newer[-1]!r}); "
            "upgrade cxscout or choose another --home"
        )


def row_id(*key: object) -> str:
    """16 hex digits that stand for a natural key; the same key gives the same id, always.

    >>> row_id(1, "a.example", None)
    'd2fe0a75a8113ec4'
    """
    text = json.dumps(key, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def brand_id(run_id: int, domain: str) -> str:
    """The id of a brand in a run; spiders and selection agree on it without asking the database."""
    return row_id(run_id, domain)


def upsert(
    db: Database, table: str, rows: Iterable[Mapping[str, object]], *, pk: str = "id"
) -> int:
    """Insert or update rows that all have the same columns; returns how many.

    Raw executemany: sqlite-utils' upsert_all costs four times as much on this path. The caller
    opens the transaction (`with db.atomic():`).
    """
    rows = list(rows)
    if not rows:
        return 0
    columns = list(rows[0])
    keys = [part.strip() for part in pk.split(",")]
    names = ", ".join(f'"{c}"' for c in columns)
    updates = ", ".join(f'"{c}" = excluded."{c}"' for c in columns if c not in keys)
    statement = (
        f'insert into "{table}" ({names}) values ({", ".join("?" * len(columns))}) '
        f"on conflict ({pk}) do " + (f"update set {updates}" if updates else "nothing")
    )
    cursor: Cursor = db.conn.cursor()
    cursor.executemany(statement, [[row[c] for c in columns] for row in rows])
    return len(rows)
