"""Runs: one execution of a study, stage by stage, each stage in a child process.

A run is a row with a state and a stage, so it can be stopped, killed and taken up again at any
moment. Taking it up again is replaying: the stage begins anew, and what the archive holds is
served from there.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crawler.app.locks import locked
from crawler.app.studies import get_study
from crawler.config import PROVIDERS, study_from_dict, study_to_dict
from crawler.db import open_db
from crawler.errors import ConfigError, CxscoutError
from crawler.guard import AddressRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crawler.config import Settings, Study
    from crawler.db import Database

__all__ = [
    "STAGES",
    "Run",
    "RunFailed",
    "cancel_run",
    "list_runs",
    "read_run",
    "replay_run",
    "replayable",
    "run_study",
    "utc_now",
]

STAGES = ("search", "select", "crawl", "render", "analyze", "report")
METHOD_VERSION = "1"
_POLL_S = 0.2
_DISK = {3: "the disk is full; make space", 5: "the disk cannot be written; see to it"}
_STOP_GRACE_S = 15.0  # a stage stores what it has when it is interrupted; then it is killed


class RunFailed(CxscoutError):
    """A stage ended with an error; the run is marked failed and can be resumed.

    The exit code is the stage's where it has a meaning of its own (full disk, damage).
    """

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = code if code in (3, 4, 5) else 1


class Interrupted(CxscoutError):
    """The person stopped the run; it can be resumed."""

    exit_code = 130


@dataclass(frozen=True)
class Run:
    """A row of `runs` with its study as it was when the run began."""

    id: int
    study_id: int
    study: Study
    stage: str
    state: str
    offline: bool
    is_replay: bool = False
    """The run is made again from its own archive."""


def utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_run(db: Database, run_id: int) -> Run:
    """A run by number; ConfigError when there is none."""
    rows = list(db.query("select * from runs where id = ?", [run_id]))
    if not rows:
        raise ConfigError(f"run {run_id} is unknown; see cxscout runs")
    row = rows[0]
    study = study_from_dict(json.loads(row["settings"]), f"run {run_id}")
    return Run(row["id"], row["study_id"], study, row["stage"], row["state"], bool(row["offline"]))


def run_study(
    settings: Settings,
    name: str,
    *,
    resume: bool = False,
    offline: bool = False,
    stage: str | None = None,
    watch: Callable[[Database, int, str], None] | None = None,
) -> int:
    """Run a study to its end and return the run's number.

    `resume` takes up the latest run that did not end; `stage` repeats the latest run from that
    stage on. `watch(db, run_id, stage)` is called a few times a second while a stage works.
    Raises RunFailed, Interrupted or ConfigError; the database tells the same.
    """
    db = open_db(settings.database)
    study_number, study = get_study(db, name)
    with _study_lock(settings, study_number, name):
        _mark_dead_runs(db, study_number)
        if resume or stage:
            run_id, first = _take_up(db, study_number, name, resume, stage)
        else:
            _check_ready(settings, study, offline)
            run_id = _new_run(settings, db, study_number, study, offline)
            first = STAGES[0]
        try:
            for step in STAGES[STAGES.index(first) :]:
                _run_stage(settings, db, run_id, step, watch)
        except BaseException as error:
            state = "cancelled" if isinstance(error, (Interrupted, KeyboardInterrupt)) else "failed"
            _finish(db, run_id, state, str(error) or type(error).__name__)
            raise
        _finish(db, run_id, "done", None)
    return run_id


def _new_run(
    settings: Settings, db: Database, study_number: int, study: Study, offline: bool
) -> int:
    if offline and not replayable(db, study_number):
        raise ConfigError(
            f"study {study.name!r} has no run to replay; run it once without --offline"
        )
    with db.atomic():
        row = {
            "id": _free_id(settings, db),
            "study_id": study_number,
            "state": "running",
            "stage": STAGES[0],
            "started_at": utc_now(),
            "offline": int(offline),
            "method_version": METHOD_VERSION,
            "settings": json.dumps(study_to_dict(study), ensure_ascii=False),
            "stats": json.dumps({"user_agent": settings.user_agent}),
        }
        return int(str(db.table("runs").insert(row).last_pk))


def _free_id(settings: Settings, db: Database) -> int:
    """A number that no run has, and no archive of a study that was removed."""
    last = db.execute("select coalesce(max(id), 0) from runs").fetchone()[0]
    folders = settings.archive.glob("[0-9]*") if settings.archive.exists() else ()
    return max([last, *(int(path.name) for path in folders if path.name.isdecimal())]) + 1


def replay_run(settings: Settings, run_id: int) -> None:
    """Make the rows of a run again from its archive, up to the stage that it had reached.

    Nothing is fetched, and state and times of the run stay. Raises RunFailed.
    """
    db = open_db(settings.database)
    try:
        row = next(db.query("select * from runs where id = ?", [run_id]))
        name = db.execute("select name from studies where id = ?", [row["study_id"]]).fetchone()[0]
        with _study_lock(settings, row["study_id"], name):
            try:
                for stage in STAGES[: STAGES.index(row["stage"]) + 1]:
                    _run_stage(settings, db, run_id, stage, None, replay=True)
            finally:
                kept = ("state", "stage", "error", "started_at", "finished_at", "pid")
                db.table("runs").update(run_id, {column: row[column] for column in kept})
    finally:
        db.close()


def replayable(db: Database, study_number: int) -> list[int]:
    """Runs of the study whose archive can be replayed, the best first."""
    rows = db.query(
        "select id from runs where study_id = ? and stage not in ('search', 'select') "
        "order by state = 'done' desc, id desc",
        [study_number],
    )
    return [row["id"] for row in rows]


def _take_up(
    db: Database, study_number: int, name: str, resume: bool, stage: str | None
) -> tuple[int, str]:
    if stage is not None and stage not in STAGES:
        raise ConfigError(f"stage {stage!r} is unknown; choose one of {', '.join(STAGES)}")
    rows = list(
        db.query(
            "select id, state, stage from runs where study_id = ? order by id desc limit 1",
            [study_number],
        )
    )
    if not rows:
        raise ConfigError(f"study {name!r} has no run yet; start one: cxscout run {name!r}")
    row = rows[0]
    if resume and stage is None and row["state"] == "done":
        raise ConfigError(f"run {row['id']} of study {name!r} is done; there is nothing to resume")
    first = stage or row["stage"]
    if STAGES.index(first) > STAGES.index(row["stage"]):
        raise ConfigError(
            f"run {row['id']} of study {name!r} got as far as {row['stage']}; "
            f"it cannot begin at {first}: use --resume"
        )
    db.execute(
        "update runs set state = 'running', error = null, finished_at = null where id = ?",
        [row["id"]],
    )
    return int(row["id"]), first


def _check_ready(settings: Settings, study: Study, offline: bool) -> None:
    """Refuse before anything is written: keys, addresses and names that cannot work."""
    if offline:
        return
    chosen = study.proxy or (study.searxng_url if study.provider == "searxng" else None)
    AddressRules.of(study.allow_addresses, chosen)
    key = PROVIDERS[study.provider]
    if key is not None and key not in settings.keys:
        raise ConfigError(
            f"provider {study.provider} needs {key} in the environment; "
            "set it, or choose a provider without a key: searxng, file, ddgs"
        )
    if study.brand and not study.proxy:
        try:
            socket.getaddrinfo(study.brand, 443)
        except OSError:
            raise ConfigError(
                f"brand {study.brand!r} does not resolve; check the spelling "
                "(cxscout study edit NAME --brand DOMAIN) or the network"
            ) from None


def _finish(db: Database, run_id: int, state: str, error: str | None) -> None:
    db.execute(
        "update runs set state = ?, error = ?, finished_at = ?, pid = null where id = ?",
        [state, error, utc_now(), run_id],
    )


def _mark_dead_runs(db: Database, study_number: int) -> None:
    """We hold the study's lock, so a run that still says running was killed."""
    db.execute(
        "update runs set state = 'failed', error = 'killed', pid = null "
        "where study_id = ? and state in ('running', 'queued')",
        [study_number],
    )


@contextmanager
def _study_lock(settings: Settings, study_number: int, name: str) -> Iterator[None]:
    """Held while a study runs; CxscoutError when another process runs it."""
    with locked(settings, f"study-{study_number}") as is_ours:
        if not is_ours:
            raise CxscoutError(
                f"study {name!r} is being run already; wait for it (cxscout runs) "
                "or stop it: cxscout cancel RUN"
            )
        yield


# -- one stage


def _run_stage(
    settings: Settings,
    db: Database,
    run_id: int,
    stage: str,
    watch: Callable[[Database, int, str], None] | None,
    *,
    replay: bool = False,
) -> None:
    db.execute(
        "update runs set stage = ?, pid = ?, heartbeat_at = ? where id = ?",
        [stage, os.getpid(), utc_now(), run_id],
    )
    since = time.monotonic()
    log = settings.home / "logs" / f"run-{run_id}-{stage}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "crawler", "--home", str(settings.home),
        "stage", str(run_id), stage, "--parent", str(os.getpid()),
        *(["--replay"] if replay else []),
    ]  # fmt: skip
    with log.open("w", encoding="utf-8") as out:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
        try:
            code = _wait(child, db, run_id, stage, watch)
        except BaseException:
            _stop(child)
            raise
    if code == 130:
        raise Interrupted(f"run {run_id} was stopped in stage {stage}; take it up with --resume")
    if code != 0:
        raise RunFailed(_why(log, run_id, stage, code), code)
    if not replay:
        _keep_time(db, run_id, stage, time.monotonic() - since)


def _keep_time(db: Database, run_id: int, stage: str, took_s: float) -> None:
    """Add the seconds of a stage to the run's statistics; repetitions add up."""
    row = db.execute("select stats from runs where id = ?", [run_id]).fetchone()
    stats = json.loads(row[0])
    spent = stats.setdefault("seconds", {})
    spent[stage] = round(spent.get(stage, 0.0) + took_s, 2)
    db.execute("update runs set stats = ? where id = ?", [json.dumps(stats), run_id])


def _wait(
    child: subprocess.Popen[bytes],
    db: Database,
    run_id: int,
    stage: str,
    watch: Callable[[Database, int, str], None] | None,
) -> int:
    interrupts = 0
    while True:
        try:
            code = child.wait(_POLL_S)
            if watch:
                watch(db, run_id, stage)
            return 130 if interrupts else code
        except subprocess.TimeoutExpired:
            if watch:
                watch(db, run_id, stage)
        except KeyboardInterrupt:
            interrupts += 1
            if interrupts > 1:
                raise
            _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Let the stage store what it has, then end its whole process group."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _STOP_GRACE_S
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _why(log: Path, run_id: int, stage: str, code: int) -> str:
    """The last error line of the stage's log, and where the rest is."""
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if said:
        return said[-1]
    if code in _DISK:
        return f"stage {stage} of run {run_id} ended: {_DISK[code]}; then take it up with --resume"
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return (
        f"stage {stage} of run {run_id} {how}; its log is {log}; "
        "take the run up again with --resume"
    )


# -- what ran


def list_runs(db: Database, name: str | None = None) -> list[dict[str, Any]]:
    """Rows for `cxscout runs`, newest first."""
    where, values = ("where s.name = ?", [name]) if name else ("", [])
    return list(
        db.query(
            f"""
            select r.id as run, s.name as study, r.state, r.stage, r.started_at, r.finished_at,
                   r.offline, r.error,
                   (select count(*) from brands b
                    where b.run_id = r.id and b.role != 'ignored') as brands,
                   (select count(*) from pages p
                    where p.run_id = r.id and p.state = 'ok') as pages
            from runs r join studies s on s.id = r.study_id {where} order by r.id desc
            """,
            values,
        )
    )


def cancel_run(db: Database, run_id: int) -> str:
    """Stop a running run; returns what was done. It can be taken up with --resume."""
    run = read_run(db, run_id)
    if run.state not in ("running", "queued"):
        raise ConfigError(f"run {run_id} is {run.state}; only a running run can be cancelled")
    row = next(db.query("select pid from runs where id = ?", [run_id]))
    if row["pid"]:
        try:
            os.kill(row["pid"], signal.SIGINT)
        except ProcessLookupError:
            pass
        else:
            return f"run {run_id} is told to stop"
    _finish(db, run_id, "cancelled", "cancelled; its process was gone already")
    return f"run {run_id} is cancelled"
