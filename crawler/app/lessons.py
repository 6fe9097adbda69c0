"""What rendering taught in the runs of a study before this one."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.db import Database
    from spiders.extract.page import ParsedPage

__all__ = ["REMEMBERED", "earlier_lessons", "keep_lessons", "scripts_of"]

REMEMBERED = 4  # runs whose lessons count; what was left out for so long is opened again
_VERSION = re.compile(r"[\da-f]{8,}|\d+", re.I)


def scripts_of(page: ParsedPage) -> str:
    """A digest of which scripts a page names; builds and versions of one script are the same."""
    named = {_VERSION.sub("*", script.src.split("?")[0]) for script in page.scripts if script.src}
    return hashlib.blake2b("\n".join(sorted(named)).encode(), digest_size=8).hexdigest()


def earlier_lessons(
    db: Database, study: int, before: int, scripts: dict[str, str]
) -> tuple[list[tuple[str, bool]], int]:
    """(kind, changed) of pages opened in the study's runs before that one, and of how many runs.

    `scripts` are those that pages name now, by address. A page with others now, or that is not
    looked at now, teaches nothing.
    """
    rows = list(
        db.query(
            "select run_id, url, kind, scripts, changed from render_lessons where run_id in "
            "(select distinct l.run_id from render_lessons l join runs r on r.id = l.run_id "
            "where r.study_id = ? and r.id < ? order by l.run_id desc limit ?) "
            "order by run_id, url",
            [study, before, REMEMBERED],
        )
    )
    held = [row for row in rows if scripts.get(row["url"]) == row["scripts"]]
    return [(row["kind"], bool(row["changed"])) for row in held], len({r["run_id"] for r in rows})


def keep_lessons(
    db: Database, run: int, scripts: dict[str, str], lessons: list[tuple[str, str, bool]]
) -> None:
    """Store what was learned of pages (url, kind, changed) in place of what the run had."""
    with db.atomic():
        db.execute("delete from render_lessons where run_id = ?", [run])
        for url, kind, changed in lessons:
            db.execute(
                "insert or replace into render_lessons (run_id, url, kind, scripts, changed) "
                "values (?, ?, ?, ?, ?)",
                [run, url, kind, scripts.get(url, ""), int(changed)],
            )
