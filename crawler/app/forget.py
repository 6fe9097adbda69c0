"""Forgetting a person: their reviews, and the archived pages that name them."""

from __future__ import annotations

import html
import logging
import re
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.app.housekeeping import back_up, known_backups, require_idle, restore
from crawler.archive import Archive, Record, cut_records, read_page, reading_index
from crawler.db import open_db
from crawler.errors import ConfigError, CxscoutError
from crawler.pipelines import author_hash, privacy_key
from crawler.seal import settle

if TYPE_CHECKING:
    from crawler.config import Settings
    from crawler.db import Database

__all__ = ["forget_in_backups", "forget_person"]

log = logging.getLogger(__name__)

_KEY = "privacy.key"
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
# Free text that people wrote or that we cut out of pages: (table, columns).
_TEXTS = (
    ("reviews", ("text", "title", "reply")),
    ("evidence", ("excerpt",)),
    ("faq_entries", ("question", "answer")),
    ("channels", ("value", "excerpt")),
    ("policies", ("excerpt",)),
)


def forget_person(settings: Settings, db: Database, name: str) -> dict[str, Any]:
    """Remove a reviewer from database and archive; returns how much, and reports to write anew.

    Removed are reviews signed with the name (known by its keyed hash), rows whose text has the
    name, archived pages that have it or had such a review, and copies of those beside reports.
    Copies of the whole are not touched, but named: backups, and what was kept of the database
    before a restore or a migration.
    """
    words = " ".join(name.split())
    if len(words) < 3:
        raise ConfigError(f"name {name!r} is too short to be looked for; give the whole name")
    require_idle(settings)
    digest = author_hash(words, privacy_key(settings.home))
    signed = {
        row[0]
        for row in db.execute(
            "select distinct p.record from reviews r join pages p on p.id = r.page_id "
            "where r.author_hash = ? and p.record is not null",
            [digest],
        )
    }
    found = _pattern(words)
    gone = _clean_archive(settings, found, signed)
    rows = _delete_rows(db, digest, found)
    _unlink_records(db, gone)
    for record in gone:
        for path in settings.reports.glob(f"*-evidence/{record}.html"):
            path.unlink()
    db.execute("vacuum")
    settle(settings.database)
    return {
        "reviews": rows.pop("reviews"),
        "other_rows": sum(rows.values()),
        "archived_pages": len(gone),
        "reports_to_write_anew": [path.name for path in _reports_with(settings, found)],
        "backups_to_delete": known_backups(settings) + _copies(settings),
    }


def _copies(settings: Settings) -> list[str]:
    kept = sorted(settings.home.glob(f"{settings.database.name}.before-*"))
    return [str(path.resolve()) for path in kept]


def forget_in_backups(settings: Settings, name: str) -> dict[str, list[str]]:
    """Rewrite the known backups without the person; those that cannot be are still to delete.

    Each is unpacked beside itself, checked, cleaned as a home is, and written anew in its place,
    where it is there whole or not at all. One without the person stays as it is.
    """
    written, left = [], _copies(settings)
    for path in known_backups(settings):
        try:
            if _rewrite(settings, Path(path), name):
                written.append(path)
        except (CxscoutError, OSError, sqlite3.Error) as error:
            if Path(path).exists():
                log.warning("backup %s still has the person: %s", path, error)
                left.append(path)
    return {"backups_rewritten": written, "backups_to_delete": left}


def _rewrite(settings: Settings, file: Path, name: str) -> bool:
    """Whether the person was in the backup; then it is a new one, of the same moment."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".forget-") as folder:
        inside = replace(settings, home=Path(folder))
        manifest = restore(inside, file, force=False)
        if _KEY not in manifest["files"]:  # the hashes in it were made with the home's
            shutil.copy(settings.home / _KEY, inside.home / _KEY)
        with closing(open_db(inside.database)) as db:
            gone = forget_person(inside, db, name)
        if not (gone["reviews"] or gone["other_rows"] or gone["archived_pages"]):
            return False
        has_archive = any(kept.startswith("archive/") for kept in manifest["files"])
        made = datetime.fromisoformat(manifest["created_at"])
        back_up(inside, file, archive=has_archive, now=made)
    return True


def _pattern(words: str) -> re.Pattern[str]:
    """The name as whole words, in any case, with any white space between them."""
    parts = (re.escape(part) for part in words.casefold().split())
    return re.compile(r"(?<!\w)" + r"\s+".join(parts) + r"(?!\w)")


def _has(found: re.Pattern[str], text: str | None) -> bool:
    return bool(text) and found.search(str(text).casefold()) is not None


def _delete_rows(db: Database, digest: str | None, found: re.Pattern[str]) -> dict[str, int]:
    """How many rows went, by table."""
    db.conn.create_function("has_name", 1, lambda text: _has(found, text))
    counts = {}
    with db.atomic():
        for table, columns in _TEXTS:
            where = " or ".join(f"has_name({column})" for column in columns)
            values: list[Any] = []
            if table == "reviews":
                where, values = f"author_hash = ? or {where}", [digest]
                db.execute(
                    f"""delete from evidence where "row" in
                    (select 'reviews:' || id from reviews where {where})""",
                    values,
                )
            counts[table] = db.execute(f"delete from {table} where {where}", values).rowcount
    return counts


def _unlink_records(db: Database, gone: set[str]) -> None:
    with db.atomic():
        for table in ("pages", "searches"):
            db.conn.executemany(
                f"update {table} set record = null where record = ?", [[record] for record in gone]
            )


def _reports_with(settings: Settings, found: re.Pattern[str]) -> list[Path]:
    """Reports as text that still quote the name; those of other formats are beside them."""
    return [
        path
        for path in sorted(settings.reports.glob("*"))
        if path.suffix in (".html", ".md", ".json", ".csv")
        and _has(found, html.unescape(path.read_text("utf-8", "replace")))
    ]


# -- the archive


def _clean_archive(settings: Settings, found: re.Pattern[str], signed: set[str]) -> set[str]:
    """Rewrite the WARC files without the records that name the person; returns their ids."""
    gone: set[str] = set()
    root = settings.archive
    for path in sorted(root.rglob("*.warc.gz")):
        run_id = int(path.parent.name)
        Archive(root, run_id, path.name.removesuffix(".warc.gz")).close()  # indexes a torn tail
        file = path.relative_to(root).as_posix()
        with reading_index(root) as index:
            if index is None:
                continue
            rows = index.execute("select * from records where file = ? order by start", [file])
            records = [record for row in rows if (record := Record(*row)).key]
            named = {r for r in records if r.id in signed or _names(root, r, found)}
            urls = {record.url for record in named}
            # What a browser made of the same page shows the name as well, a screenshot too.
            out = {r for r in records if r in named or (r.url in urls and r.kind != "failure")}
            if out:
                cut_records(root, file, {record.id for record in out})
                gone |= {record.id for record in out}
    return gone


def _names(root: Path, record: Record, found: re.Pattern[str]) -> bool:
    if record.kind == "screenshot":
        return False
    body = read_page(root, record)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), html.unescape(text))
    return _has(found, plain) or _has(found, body.decode("utf-16", "ignore"))
