"""Who was selected and why, and the analyst's word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.app.studies import study_id
from crawler.config import clean_domain
from crawler.domains import registrable_domain
from crawler.errors import ConfigError

if TYPE_CHECKING:
    from crawler.db import Database

__all__ = ["decide", "latest_run", "list_brands"]


def latest_run(
    db: Database, study_name: str, run_id: int | None = None, *, analyzed: bool = False
) -> int:
    """The number of the wanted run, else the latest; `analyzed`: one that has scores to report."""
    number = study_id(db, study_name)
    having = "and exists (select 1 from scores s where s.run_id = r.id)" if analyzed else ""
    if run_id is not None:
        rows = list(db.query("select id from runs where study_id = ? and id = ?", [number, run_id]))
        if not rows:
            raise ConfigError(f"run {run_id} is not one of study {study_name!r}; see cxscout runs")
    rows = list(
        db.query(
            f"select id from runs r where study_id = ? and (? is null or id = ?) {having} "
            "order by id desc limit 1",
            [number, run_id, run_id],
        )
    )
    if not rows:
        raise ConfigError(
            f"study {study_name!r} has no {'analyzed ' if analyzed else ''}run yet; "
            f"run it: cxscout run {study_name!r}"
        )
    return int(rows[0]["id"])


def list_brands(db: Database, study_name: str, run_id: int | None) -> list[dict[str, Any]]:
    """Rows for `cxscout brands`: own first, then competitors by visibility, then the set aside."""
    return list(
        db.query(
            """
            select domain, role, class, reason, visibility, keywords from brands
            where run_id = ? order by case role when 'own' then 0 when 'competitor' then 1 else 2
            end, visibility desc, domain
            """,
            [latest_run(db, study_name, run_id)],
        )
    )


def decide(db: Database, study_name: str, domain: str, role: str, reason: str, now: str) -> None:
    """Store the analyst's decision; it outranks every rule from the next selection on."""
    if not reason.strip():
        raise ConfigError("the reason is empty; say why: --reason TEXT")
    row = {
        "study_id": study_id(db, study_name),
        "domain": registrable_domain(clean_domain(domain)),
        "role": {"ignore": "ignored"}.get(role, role),
        "reason": reason.strip(),
        "decided_at": now,
    }
    with db.atomic():
        db.table("brand_decisions").upsert(row, pk=("study_id", "domain"))
