"""How a stage ended for a brand, as a row of `visits`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crawler.db import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crawler.db import Database

__all__ = ["skip_visits", "store_visit"]


def store_visit(
    db: Database, run_id: int, brand: str, stage: str, end: Mapping[str, Any], note: str = ""
) -> None:
    """`end` are the crawl's stats; state and reason come from the pages that are stored."""
    state, reason, counts = _outcome(db, brand, stage)
    if broken := end.get("spider_exceptions/count"):
        # A fault of ours on the way: what was read stands, but the visit was not a whole one.
        state = "partial" if state == "done" else state
        reason = "; ".join(filter(None, (reason, f"{broken} faults while reading, see the log")))
    _write(
        db,
        [
            {
                "run_id": run_id,
                "brand_id": brand,
                "stage": stage,
                "state": state,
                "reason": "; ".join(filter(None, (reason, note))),
                "requests": end.get("downloader/request_count", 0),
                "pages_ok": counts["ok"],
                "pages_failed": counts["bad"],
                "finished_at": _now(),
            }
        ],
    )


def _outcome(db: Database, brand: str, stage: str) -> tuple[str, str, dict[str, int]]:
    where = "brand_id = ? and rendered = ?"
    values = [brand, int(stage == "render")]
    counts = next(
        db.query(
            "select count(*) as n, coalesce(sum(state = 'ok'), 0) as ok, "
            "coalesce(sum(state not in ('ok', 'not_found', 'budget')), 0) as bad "
            f"from pages where {where}",
            values,
        )
    )
    if counts["ok"] == 0 and (counts["n"] or stage == "crawl"):
        worst = list(
            db.query(
                f"select reason, count(*) as n from pages where {where} and state != 'ok' "
                "group by 1 order by n desc, reason limit 1",
                values,
            )
        )
        return "failed", worst[0]["reason"] if worst else "no page was fetched", counts
    if counts["bad"]:
        return "partial", f"{counts['bad']} of {counts['n']} pages could not be read", counts
    return "done", "", counts


def skip_visits(db: Database, run_id: int, brands: Iterable[str], stage: str, reason: str) -> None:
    """The stage did not take place, and why; what it would have seen is not known."""
    shared = {"run_id": run_id, "stage": stage, "state": "skipped", "reason": reason}
    counts = {"requests": 0, "pages_ok": 0, "pages_failed": 0, "finished_at": _now()}
    _write(db, [{**shared, "brand_id": brand, **counts} for brand in brands])


def _write(db: Database, rows: list[dict[str, Any]]) -> None:
    with db.atomic():
        upsert(db, "visits", rows, pk="brand_id, stage")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
