"""Schedules: rows, claimed slots, and the runs that are due. The truth is in the database."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.app.locks import locked
from crawler.app.runs import Interrupted, run_study
from crawler.app.slots import Schedule, due, next_slots
from crawler.app.studies import study_id
from crawler.db import open_db, upsert
from crawler.errors import ConfigError, CxscoutError

if TYPE_CHECKING:
    from crawler.config import Settings
    from crawler.db import Database

__all__ = [
    "Scheduler",
    "export_schedules",
    "get_schedule",
    "list_schedules",
    "next_times",
    "remove_schedule",
    "run_due",
    "set_schedule",
    "tick",
    "waiting_studies",
]

ATTEMPTS = 3  # a slot whose run ended abruptly so often is given up
POLL_S = 20.0
PARALLEL = 2
_WAIT_S = 0.2

Run = Callable[..., int]
Clock = Callable[[], datetime]
Tell = Callable[[int | None, str], None]


# -- rows


def set_schedule(
    db: Database, name: str, now: datetime, *, cron: str | None = None, **changes: Any
) -> Schedule:
    """Store or change the schedule of a study; what is not given stays. Nothing before now is due.

    `changes`: timezone, paused, jitter_s, catch_up, overlap, blackout. Raises ConfigError.
    """
    number = study_id(db, name)
    old = _row(db, number)
    if old is None and cron is None:
        raise ConfigError(
            f"study {name!r} has no schedule; set one: "
            f'cxscout schedule set {name!r} "30 6 * * MON" --timezone Europe/Berlin'
        )
    given = {key: value for key, value in changes.items() if value is not None}
    settings = json.loads(old["settings"]) if old else {}
    timezone = given.pop("timezone", old["timezone"] if old else None)
    if timezone is None:
        raise ConfigError("the schedule has no timezone; give one: --timezone Europe/Berlin")
    paused = given.pop("paused", bool(old["paused"]) if old else False)
    settings |= given | {"since": now.astimezone(UTC).isoformat(timespec="seconds")}
    row = {
        "study_id": number,
        "cron": cron or (old or {})["cron"],
        "timezone": timezone,
        "paused": int(paused),
        "settings": json.dumps(settings, ensure_ascii=False, sort_keys=True),
    }
    schedule = _schedule(row, None)
    with db.atomic():
        upsert(db, "schedules", [row], pk="study_id")
    return schedule


def get_schedule(db: Database, number: int) -> Schedule | None:
    """The schedule of a study, with the last slot that is settled; None when it has none."""
    row = _row(db, number)
    return _schedule(row, _last_slot(db, number)) if row else None


def remove_schedule(db: Database, name: str) -> None:
    """Forget the schedule of a study; its runs stay."""
    number = study_id(db, name)
    if _row(db, number) is None:
        raise ConfigError(f"study {name!r} has no schedule")
    db.execute("delete from schedules where study_id = ?", [number])


def list_schedules(db: Database, now: datetime) -> list[dict[str, Any]]:
    """Rows for `cxscout schedule list`."""
    found = []
    for row in list(
        db.query(
            "select c.*, s.name from schedules c join studies s on s.id = c.study_id "
            "order by s.name"
        )
    ):
        schedule = _schedule(row, _last_slot(db, row["study_id"]))
        coming = [] if schedule.paused else next_slots(schedule, now, 1)
        last = list(
            db.query(
                "select slot, state, reason, run_id from slots where study_id = ? "
                "order by slot desc limit 1",
                [row["study_id"]],
            )
        )
        found.append(
            {
                "study": row["name"],
                "cron": schedule.cron,
                "timezone": schedule.timezone,
                "paused": schedule.paused,
                "jitter_s": schedule.jitter_s,
                "catch_up": schedule.catch_up,
                "overlap": schedule.overlap,
                "next": coming[0].isoformat() if coming else None,
                "last": last[0]["slot"] if last else None,
                "last_state": last[0]["state"] if last else None,
                "last_run": last[0]["run_id"] if last else None,
            }
        )
    return found


def next_times(db: Database, name: str, now: datetime, count: int = 5) -> list[dict[str, Any]]:
    """Rows {slot, utc}: when the study runs next, in its zone and in UTC."""
    schedule = get_schedule(db, study_id(db, name))
    if schedule is None:
        raise ConfigError(f"study {name!r} has no schedule")
    return [
        {"slot": slot.isoformat(), "utc": slot.astimezone(UTC).isoformat()}
        for slot in next_slots(schedule, now, count)
    ]


def _row(db: Database, number: int) -> dict[str, Any] | None:
    return next(iter(db.query("select * from schedules where study_id = ?", [number])), None)


def _last_slot(db: Database, number: int) -> str | None:
    row = db.execute("select max(slot) from slots where study_id = ?", [number]).fetchone()
    return row[0]


def _schedule(row: dict[str, Any], last_slot: str | None) -> Schedule:
    settings = json.loads(row["settings"])
    after = max(filter(None, (settings.get("since"), last_slot)))
    return Schedule(
        study_id=row["study_id"],
        cron=row["cron"],
        timezone=row["timezone"],
        after=datetime.fromisoformat(after),
        paused=bool(row["paused"]),
        jitter_s=settings.get("jitter_s", 0),
        catch_up=settings.get("catch_up", "latest"),
        overlap=settings.get("overlap", "skip"),
        blackout=tuple(settings.get("blackout", ())),
    )


# -- slots


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _claim_next(db: Database, number: int, now: datetime, busy_from: datetime | None) -> str | None:
    """Settle what is due and return the slot to start; None when there is none.

    The key of `slots` decides: any number of schedulers start a slot once.
    Slots that came while a run was working (since `busy_from`) are skipped where overlap is skip.
    """
    schedule = get_schedule(db, number)
    if schedule is None:
        return None
    for entry in due(schedule, now):
        overlaps = schedule.overlap == "skip" and busy_from is not None and entry.slot > busy_from
        state = "skipped" if overlaps else {"start": "claimed"}.get(entry.action, entry.action)
        reason = "a run was still working" if overlaps else ""
        if _insert_slot(db, number, entry.slot, state, reason, now) and state == "claimed":
            return _stamp(entry.slot)
    return None


def _insert_slot(
    db: Database, number: int, slot: datetime, state: str, reason: str, now: datetime
) -> bool:
    """Whether the slot is ours: False when another scheduler settled it before."""
    cursor = db.execute(
        "insert or ignore into slots (study_id, slot, state, reason, claimed_at, run_before) "
        "values (?, ?, ?, ?, ?, (select coalesce(max(id), 0) from runs))",
        [number, _stamp(slot), state, reason, _stamp(now)],
    )
    return cursor.rowcount == 1


def _settle(db: Database, number: int, slot: str, state: str, reason: str = "") -> None:
    db.execute(
        "update slots set state = ?, reason = ? where study_id = ? and slot = ?",
        [state, reason, number, slot],
    )


class _Orphan(NamedTuple):
    """A claimed slot whose process is gone; `resumes` when its run had begun."""

    slot: str
    resumes: bool


def _orphan(db: Database, number: int) -> _Orphan | None:
    """We hold the schedule's lock, so a slot that still says claimed was left by a dead process."""
    for row in list(
        db.query(
            "select * from slots where study_id = ? and state = 'claimed' order by slot", [number]
        )
    ):
        if row["attempts"] >= ATTEMPTS:
            reason = f"its run ended abruptly {row['attempts']} times"
            _settle(db, number, row["slot"], "failed", reason)
            continue
        run = db.execute(
            "select state from runs where study_id = ? and id > ? order by id desc limit 1",
            [number, row["run_before"]],
        ).fetchone()
        if run is not None and run[0] in ("done", "cancelled"):
            _settle(db, number, row["slot"], run[0])
            continue
        return _Orphan(row["slot"], run is not None)
    return None


# -- running what is due


def run_due(
    settings: Settings,
    number: int,
    *,
    clock: Clock = lambda: datetime.now(UTC),
    run: Run = run_study,
    tell: Tell | None = None,
) -> int:
    """Run a study for every slot that is due, one after the other; returns how many runs it made.

    First a slot that a killed process left behind is taken up again. Returns 0 at once when
    another process is at this schedule. `tell(run_id, error)` is called after each run.
    """
    with locked(settings, f"schedule-{number}") as is_ours:
        if not is_ours:
            return 0
        db = open_db(settings.database)
        try:
            return _run_all(settings, db, number, clock, run, tell)
        finally:
            db.close()


def _run_all(
    settings: Settings, db: Database, number: int, clock: Clock, run: Run, tell: Tell | None
) -> int:
    runs, busy_from = 0, None
    while True:
        if _runs_by_hand(settings, number):
            _claim_skipped(db, number, clock())
            return runs
        orphan = _orphan(db, number)
        slot = orphan.slot if orphan else _claim_next(db, number, clock(), busy_from)
        if slot is None:
            return runs
        busy_from = clock()
        _run_slot(settings, db, number, slot, bool(orphan and orphan.resumes), run, tell)
        runs += 1


def _run_slot(
    settings: Settings,
    db: Database,
    number: int,
    slot: str,
    resumes: bool,
    run: Run,
    tell: Tell | None,
) -> None:
    db.execute(
        "update slots set attempts = attempts + 1 where study_id = ? and slot = ?", [number, slot]
    )
    name = db.execute("select name from studies where id = ?", [number]).fetchone()[0]
    run_id, error = None, ""
    try:
        run_id = run(settings, name, resume=resumes)
    except Interrupted as stopped:
        _settle(db, number, slot, "cancelled", str(stopped))
    except CxscoutError as failed:
        error = str(failed)
        _settle(db, number, slot, "failed", error)
    else:
        _settle(db, number, slot, "done")
    made = db.execute(
        "select max(id) from runs where study_id = ? and id > "
        "(select run_before from slots where study_id = ? and slot = ?)",
        [number, number, slot],
    ).fetchone()[0]
    db.execute("update slots set run_id = ? where study_id = ? and slot = ?", [made, number, slot])
    if tell:
        tell(run_id or made, error)


def _claim_skipped(db: Database, number: int, now: datetime) -> None:
    """A person runs the study by hand: what is due meanwhile is skipped, or waits in the queue."""
    schedule = get_schedule(db, number)
    if schedule is None or schedule.overlap == "queue":
        return
    for entry in due(schedule, now):
        _insert_slot(db, number, entry.slot, "skipped", "the study was being run by hand", now)


def _runs_by_hand(settings: Settings, number: int) -> bool:
    """Whether somebody holds the lock of the study's runs (see runs.py)."""
    with locked(settings, f"study-{number}") as is_free:
        return not is_free


# -- the scheduler


def _is_busy(settings: Settings, db: Database, number: int) -> bool:
    """Whether a child could do nothing now: another is at it, or the queue waits for a person."""
    with locked(settings, f"schedule-{number}") as is_free:
        if not is_free:
            return True
    schedule = get_schedule(db, number)
    waits = schedule is not None and schedule.overlap == "queue"
    return waits and _runs_by_hand(settings, number)


def waiting_studies(db: Database, now: datetime) -> list[int]:
    """Ids of studies with a slot to start, to settle, or left behind by a killed process."""
    found = []
    left = {row[0] for row in db.execute("select study_id from slots where state = 'claimed'")}
    for row in list(db.query("select * from schedules order by study_id")):
        number = row["study_id"]
        if number in left or due(_schedule(row, _last_slot(db, number)), now):
            found.append(number)
    return found


class Scheduler:
    """Starts a child process for each study that is due; any number of schedulers may run.

    The children claim their slots themselves, so this object holds no truth and may be killed at
    any moment. A web app embeds it: `run(stop)` in a thread.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = lambda: datetime.now(UTC),
        start: Callable[[int], subprocess.Popen[bytes]] | None = None,
        parallel: int = PARALLEL,
        between: Callable[[], object] | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._start = start or self._child
        self._parallel = parallel
        self._between = between
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def look(self) -> int:
        """Start what is due and return how many children are at work."""
        self._start_some(self._waiting())
        return len(self._children)

    def once(self) -> int:
        """Start what is due now, each study once, and wait; returns how many studies."""
        waiting = self._waiting()
        left = list(waiting)
        while left or self._children:
            left = self._start_some(left)
            time.sleep(_WAIT_S)
        return len(waiting)

    def _waiting(self) -> list[int]:
        db = open_db(self._settings.database)
        try:
            return [
                number
                for number in waiting_studies(db, self._clock())
                if not _is_busy(self._settings, db, number)
            ]
        finally:
            db.close()

    def _start_some(self, waiting: list[int]) -> list[int]:
        """Start as many as may work side by side; returns those that must wait."""
        self._children = {n: c for n, c in self._children.items() if c.poll() is None}
        left = []
        for number in waiting:
            if number in self._children:
                continue
            if len(self._children) < self._parallel:
                self._children[number] = self._start(number)
            else:
                left.append(number)
        return left

    def run(self, stop: threading.Event, poll_s: float = POLL_S) -> None:
        """Look again and again until `stop` is set; then end the children, whose runs resume."""
        try:
            while not stop.is_set():
                try:
                    self.look()
                    if self._between:
                        self._between()
                except (CxscoutError, sqlite3.Error, OSError) as error:
                    print(f"error: {error}; trying again", file=sys.stderr, flush=True)
                stop.wait(poll_s)
        finally:
            self.close()

    def close(self) -> None:
        """End the children at once: their slots stay claimed and are taken up again."""
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
            child.wait()

    def _child(self, number: int) -> subprocess.Popen[bytes]:
        logs = self._settings.home / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / f"schedule-{number}.log").open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "crawler", "--home", str(self._settings.home),
                 "scheduled", str(number), "--parent", str(os.getpid())],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip


def tick(settings: Settings) -> int:
    """Start what is due, once, wait for it, and return how many studies that were."""
    scheduler = Scheduler(settings)
    try:
        return scheduler.once()
    finally:
        scheduler.close()


# -- for cron and systemd

_SERVICE = """\
# /etc/systemd/system/cxscout.service
[Unit]
Description=cxscout: run the studies that are due
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
# Provider keys and alert targets, one NAME=value a line.
EnvironmentFile=-{home}/cxscout.env
ExecStart={command} tick
TimeoutStartSec=infinity

# /etc/systemd/system/cxscout.timer
[Unit]
Description=cxscout: look every five minutes what is due

[Timer]
OnCalendar=*:0/5
Persistent=true

[Install]
WantedBy=timers.target
"""


def export_schedules(settings: Settings, kind: str) -> str:
    """A systemd service with its timer, or a crontab line, that call `cxscout tick`."""
    home = Path(settings.home).resolve()
    command = shlex.join([sys.executable, "-m", "crawler", "--home", str(home)])
    if kind == "systemd":
        return _SERVICE.format(home=home, command=command)
    log = shlex.quote(str(home / "logs" / "tick.log"))
    return f"*/5 * * * * {command} tick >> {log} 2>&1\n"
