"""What is installed, which browser, which keys, where the database is, what is wrong."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from sqlite_utils.utils import sqlite3 as used_sqlite

from crawler import __version__
from crawler.browser import find_browser
from crawler.config import PROVIDERS
from crawler.db import open_db
from crawler.errors import CxscoutError
from reports.fonts import languages_without_font, missing_font

if TYPE_CHECKING:
    from crawler.config import Settings

__all__ = ["examine"]

_PACKAGES = (
    "scrapy", "playwright", "beautifulsoup4", "textblob", "sqlite-utils", "selectolax", "warcio",
)  # fmt: skip
_OPTIONAL = {"ddgs": "searching without a key", "datasette": "a look at the database"}
_LOW_DISK_MB = 500
# The WAL-reset bug is fixed in these and in all later than the last: sqlite.org/wal.html
_WAL_FIXES = ((3, 44, 6), (3, 50, 7), (3, 51, 3))


def examine(settings: Settings) -> list[dict[str, Any]]:
    """Rows {check, state, detail}; state is ok, note (works, could be better) or wrong."""
    rows = [_row("cxscout", "ok", f"{__version__} on Python {platform.python_version()}")]
    rows += [_package(name) for name in _PACKAGES]
    rows += [_optional(name, use) for name, use in _OPTIONAL.items()]
    rows += [_browser(settings), _contact(settings), _sqlite(), *_keys(settings)]
    rows += [_fonts(), _disk(settings), _database(settings)]
    return rows


def _row(check: str, state: str, detail: str) -> dict[str, Any]:
    return {"check": check, "state": state, "detail": detail}


def _package(name: str) -> dict[str, Any]:
    try:
        return _row(name, "ok", version(name))
    except PackageNotFoundError:
        return _row(name, "wrong", "not installed; install cxscout again")


def _optional(name: str, use: str) -> dict[str, Any]:
    try:
        return _row(name, "ok", version(name))
    except PackageNotFoundError:
        return _row(name, "note", f"not installed; it is for {use}")


def _browser(settings: Settings) -> dict[str, Any]:
    path = find_browser(settings.browser)
    if path is None and settings.browser:
        return _row("browser", "wrong", f"{settings.browser} does not exist; see CXSCOUT_BROWSER")
    if path is None:
        return _row("browser", "note", "none; chat is known from static pages only: make browser")
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
        said = done.stdout.strip() or f"exit code {done.returncode}"
    except (OSError, subprocess.TimeoutExpired) as error:
        return _row("browser", "wrong", f"{path} does not start: {error}")
    return _row("browser", "ok" if done.returncode == 0 else "wrong", f"{said} at {path}")


def _contact(settings: Settings) -> dict[str, Any]:
    if settings.contact == type(settings).contact:
        return _row(
            "contact", "note", "none; site owners should be able to reach you: CXSCOUT_CONTACT"
        )
    return _row("contact", "ok", settings.user_agent)


def _sqlite() -> dict[str, Any]:
    found = used_sqlite.sqlite_version
    if _has_wal_fix(tuple(int(part) for part in found.split("."))):
        return _row("sqlite", "ok", found)
    return _row(
        "sqlite",
        "note",
        f"{found} has the WAL-reset bug, which is fixed in 3.51.3; cxscout keeps clear of it, by "
        "copying the log under the write lock only, but write to cxscout.db with no other program "
        "while a run works, or use a Python with a newer SQLite",
    )


def _has_wal_fix(version: tuple[int, ...]) -> bool:
    """Whether the release has the fix, backports included.

    >>> _has_wal_fix((3, 40, 1)), _has_wal_fix((3, 50, 7)), _has_wal_fix((3, 51, 2))
    (False, True, False)
    """
    return version >= _WAL_FIXES[-1] or any(
        version[:2] == fix[:2] and version >= fix for fix in _WAL_FIXES
    )


def _keys(settings: Settings) -> list[dict[str, Any]]:
    rows = []
    for provider, name in PROVIDERS.items():
        if name is not None:
            there = name in settings.keys
            rows.append(
                _row(f"provider {provider}", "ok" if there else "note",
                     f"{name} is {'set' if there else 'not set'}")
            )  # fmt: skip
    return rows


def _fonts() -> dict[str, Any]:
    """Letters of the languages that a report can be in; PDF and PPTX are drawn with them."""
    lacking = languages_without_font()
    if not lacking:
        return _row("fonts", "ok", "letters for every language of reports, as far as is known")
    return _row("fonts", "note", "; ".join(missing_font(language) for language in lacking))


def _disk(settings: Settings) -> dict[str, Any]:
    folder = settings.home
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    state = "ok" if free_mb > _LOW_DISK_MB else "wrong"
    return _row("disk", state, f"{free_mb:,} MB free at {settings.home}")


def _database(settings: Settings) -> dict[str, Any]:
    path = settings.database
    if not path.exists():
        return _row("database", "note", f"none yet at {path}; cxscout study add makes it")
    try:
        db = open_db(path, read_only=True)
        answer = next(db.query("pragma quick_check(1)"))["quick_check"]
        studies = next(db.query("select count(*) as n from studies"))["n"]
    except (CxscoutError, sqlite3.Error, used_sqlite.Error) as error:
        return _row("database", "wrong", f"{path}: {error}")
    state = "ok" if answer == "ok" else "wrong"
    return _row("database", state, f"{path}: {studies} studies, check says {answer}")
