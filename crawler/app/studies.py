"""Studies in the database: add, read, change, remove."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crawler.config import Keyword, Study, study_from_dict, study_to_dict
from crawler.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.db import Database

__all__ = [
    "add_study",
    "all_studies",
    "edit_study",
    "get_study",
    "read_keywords",
    "remove_study",
    "study_id",
    "with_keywords",
]


def add_study(db: Database, study: Study, now: str) -> int:
    """Store a new study; ConfigError when the name is taken or there is no keyword."""
    _require_keywords(study)
    if list(db.query("select 1 from studies where name = ?", [study.name])):
        raise ConfigError(
            f"study {study.name!r} exists; choose another name or change it: cxscout study edit"
        )
    with db.atomic():
        row = _row(study) | {"created_at": now}
        db.table("studies").insert(row)
        number = study_id(db, study.name)
        _store_keywords(db, number, study)
    return number


def edit_study(db: Database, study: Study) -> None:
    """Replace the settings of the study of this name."""
    _require_keywords(study)
    number = study_id(db, study.name)
    with db.atomic():
        db.table("studies").update(number, _row(study))
        _store_keywords(db, number, study)


def _require_keywords(study: Study) -> None:
    if not study.keywords:
        raise ConfigError(
            f"study {study.name!r} has no keywords; give some: --keyword PHRASE or --keywords FILE"
        )


def _row(study: Study) -> dict[str, Any]:
    return {
        "name": study.name,
        "brand": study.brand,
        "provider": study.provider,
        "country": study.country,
        "language": study.language,
        "settings": json.dumps(study_to_dict(study), ensure_ascii=False),
    }


def _store_keywords(db: Database, number: int, study: Study) -> None:
    db.execute("delete from keywords where study_id = ?", [number])
    db.table("keywords").insert_all(
        {"study_id": number, "keyword": k.keyword, "volume": k.volume} for k in study.keywords
    )


def study_id(db: Database, name: str) -> int:
    """The id of a study by name; ConfigError that lists the names there are."""
    rows = list(db.query("select id from studies where name = ?", [name]))
    if not rows:
        names = [row["name"] for row in db.query("select name from studies order by name limit 20")]
        known = f"known are {', '.join(names)}" if names else "there is none yet: cxscout study add"
        raise ConfigError(f"study {name!r} is unknown; {known}")
    return int(rows[0]["id"])


def get_study(db: Database, name: str) -> tuple[int, Study]:
    """(id, study) by name."""
    number = study_id(db, name)
    row = next(db.query("select settings from studies where id = ?", [number]))
    return number, study_from_dict(json.loads(row["settings"]), f"study {name!r}")


def all_studies(db: Database) -> list[dict[str, Any]]:
    """Rows for `cxscout study list`."""
    return list(
        db.query(
            """
            select s.name, s.brand, s.provider, s.country, s.language, s.created_at,
                   (select count(*) from keywords k where k.study_id = s.id) as keywords,
                   (select count(*) from runs r where r.study_id = s.id) as runs,
                   (select max(finished_at) from runs r
                    where r.study_id = s.id and r.state = 'done') as last_run
            from studies s order by s.name
            """
        )
    )


def remove_study(db: Database, name: str) -> None:
    """Delete a study with all its runs and rows; the archive stays until it is cleaned up."""
    with db.atomic():
        db.table("studies").delete(study_id(db, name))


def read_keywords(path: Path) -> tuple[Keyword, ...]:
    """Keywords of a file: a phrase a line, or CSV with a volume in the second column.

    An empty line or one that begins with # is left out; a first line "keyword,volume" is a header.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"keyword file {path} cannot be read: {error}") from None
    found: dict[str, Keyword] = {}
    for number, row in enumerate(csv.reader(io.StringIO(text)), 1):
        if not row or not row[0].strip() or row[0].lstrip().startswith("#"):
            continue
        phrase = " ".join(row[0].split())
        if number == 1 and phrase.lower() in ("keyword", "keywords", "query"):
            continue
        found.setdefault(phrase, Keyword(phrase, _volume(row, path, number)))
    return tuple(found.values())


def _volume(row: list[str], path: Path, number: int) -> float | None:
    if len(row) < 2 or not row[1].strip():
        return None
    try:
        return float(row[1].replace(",", "").strip())
    except ValueError:
        raise ConfigError(
            f"{path} line {number}: volume {row[1]!r} is not a number; write: phrase,1200"
        ) from None


def with_keywords(study: Study, keywords: tuple[Keyword, ...]) -> Study:
    """The study with these keywords, each once."""
    unique = {keyword.keyword: keyword for keyword in keywords}
    return replace(study, keywords=tuple(unique.values()))
