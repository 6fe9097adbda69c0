"""Schedules: each due time once, through every change of the clock, by any number of schedulers."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from click.testing import CliRunner

from crawler.app.cli import cli
from crawler.app.locks import locked
from crawler.app.runs import Interrupted
from crawler.app.schedules import Scheduler, get_schedule, run_due, set_schedule, waiting_studies
from crawler.app.slots import Schedule, due, jitter_of, next_slots
from crawler.app.studies import add_study
from crawler.config import Keyword, Settings, Study
from crawler.db import open_db
from crawler.errors import ConfigError, CxscoutError

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
BERLIN = "Europe/Berlin"


# -- every change of the clock


@cache
def transitions(zone):
    """Instants between 2026 and 2030 at which the zone's offset changes."""
    info, found = ZoneInfo(zone), []
    a, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    while a < end:
        b = a + 7 * DAY
        low, high = a, b
        if _offset(low, info) != _offset(high, info):
            while high - low > MINUTE:
                middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
                if _offset(middle, info) == _offset(low, info):
                    low = middle
                else:
                    high = middle
            found.append(high)
        a = b
    return found


def _offset(moment, info):
    return moment.astimezone(info).utcoffset()


def _changes(zone):
    """What tells a zone from its aliases: when its offset changes, and to what."""
    return tuple((moment, _offset(moment, ZoneInfo(zone))) for moment in transitions(zone))


ZONES = sorted(zone for zone in available_timezones() if transitions(zone))
DIFFERENT = sorted({_changes(zone): zone for zone in ZONES}.values())


def expected(zone, clock, start, end, weekday=None):
    """An oracle that knows no cron: on each day the first minute that shows `clock`.

    Where the clock leaps over it, the first minute after the leap.
    """
    info, found = ZoneInfo(zone), []
    day = (start - 2 * DAY).astimezone(info).date()
    while day <= (end + 2 * DAY).astimezone(info).date():
        wall = datetime.combine(day, clock)
        moment = wall.replace(tzinfo=info, fold=0).astimezone(UTC)
        if moment.astimezone(info).replace(tzinfo=None) != wall:  # in the leap
            moment = next(t for t in transitions(zone) if abs(t - moment) < 6 * HOUR)
        if start < moment <= end and (weekday is None or wall.weekday() == weekday):
            found.append(moment)
        day += DAY
    return sorted(set(found))


def settled(schedule, start, end, step):
    """Slots started by a scheduler that looks every `step` and settles what it is told."""
    found, now = [], start
    while now < end:
        now = min(now + step, end)
        for entry in due(schedule, now):
            if entry.action == "start":
                found.append(entry.slot)
            schedule = Schedule(**{**vars(schedule), "after": entry.slot})
    return found


def test_the_zones_have_all_transitions_that_are_to_be_held():
    assert sum(len(transitions(zone)) for zone in ZONES) >= 2000


@pytest.mark.parametrize("zone", DIFFERENT)
def test_one_run_per_due_time_at_every_transition(zone):
    for moment in transitions(zone):
        before = (moment - MINUTE).astimezone(ZoneInfo(zone))
        shift = _offset(moment, ZoneInfo(zone)) - before.utcoffset()
        # A clock time that is shown twice (autumn) or never (spring).
        wall = (before.replace(tzinfo=None) + MINUTE + shift / 2).replace(second=0)
        start, end = moment - 2 * DAY, moment + 2 * DAY
        daily = f"{wall.minute} {wall.hour} * * *"
        schedule = Schedule(1, daily, zone, start, catch_up="all")
        assert settled(schedule, start, end, 5 * HOUR) == expected(zone, wall.time(), start, end)
        weekly = f"{daily[:-1]}{(wall.weekday() + 1) % 7}"
        schedule = Schedule(1, weekly, zone, moment - 8 * DAY, catch_up="all")
        assert settled(schedule, moment - 8 * DAY, moment + 8 * DAY, 47 * HOUR) == expected(
            zone, wall.time(), moment - 8 * DAY, moment + 8 * DAY, wall.weekday()
        )
        schedule = Schedule(1, f"{wall.minute} * * * *", zone, moment - 6 * HOUR, catch_up="all")
        minutes = [moment - 6 * HOUR + n * MINUTE for n in range(1, 12 * 60 + 1)]
        shown = [m for m in minutes if m.astimezone(ZoneInfo(zone)).minute == wall.minute]
        assert settled(schedule, moment - 6 * HOUR, moment + 6 * HOUR, HOUR) == shown


@pytest.mark.parametrize("step", [MINUTE, 7 * MINUTE])
@pytest.mark.parametrize(
    "zone", [BERLIN, "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Cairo"]
)
def test_a_scheduler_that_never_sleeps_starts_every_slot(zone, step):
    moment = transitions(zone)[0]
    start, end = moment - DAY, moment + DAY
    once = Schedule(1, "30 2 * * *", zone, start)
    assert settled(once, start, end, step) == settled(
        Schedule(1, "30 2 * * *", zone, start, catch_up="all"), start, end, 6 * HOUR
    )


@pytest.mark.parametrize("cron", ["0 */6 * * *", "*/30 0 * * *", "* 0 * * *"])
def test_stars_do_not_run_the_repeated_hour_twice(cron):
    moment = next(t for t in transitions("America/Havana") if t.month > 9)
    found = settled(
        Schedule(1, cron, "America/Havana", moment - DAY, catch_up="all"),
        moment - DAY, moment + DAY, HOUR,
    )  # fmt: skip
    walls = [slot.astimezone(ZoneInfo("America/Havana")).replace(tzinfo=None) for slot in found]
    assert len(walls) == len(set(walls))


def test_times_in_the_spring_leap_run_once_together():
    start = datetime(2026, 3, 29, tzinfo=UTC)
    found = settled(
        Schedule(1, "*/30 2 * * *", BERLIN, start, catch_up="all"), start, start + HOUR * 5, HOUR
    )
    assert found == [datetime(2026, 3, 29, 1, tzinfo=UTC)]


# -- conventions and checks


@pytest.mark.parametrize(
    ("cron", "weekday"),
    [("0 6 * * 0", 6), ("0 6 * * 7", 6), ("0 6 * * 1", 0), ("0 6 * * SUN", 6), ("0 6 * * sat", 5)],
)
def test_weekdays_are_those_of_cron(cron, weekday):
    assert [slot.weekday() for slot in next_slots(Schedule(1, cron, "UTC", NOW), NOW, 3)] == (
        [weekday] * 3
    )


@pytest.mark.parametrize(
    ("cron", "zone", "message"),
    [
        ("0 6 * *", "UTC", "has 4 fields"),
        ("61 6 * * *", "UTC", "bad minute"),
        ("0 6 30 2 *", "UTC", "bad day-of-month"),
        ("0 6 * * MON", "Europe/Berln", "did you mean Europe/Berlin"),
        ("0 6 * * MON", "../etc/passwd", "is unknown"),
        ("0 6 * * MON", "", "is unknown"),
        ("", "UTC", "has 0 fields"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(cron, zone, message):
    with pytest.raises(ConfigError, match=message) as error:
        Schedule(1, cron, zone, NOW)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "wrong",
    [{"catch_up": "some"}, {"overlap": "twice"}, {"jitter_s": -1}, {"blackout": ("13-40",)}],
)
def test_unknown_policies_are_refused(wrong):
    with pytest.raises(ConfigError):
        Schedule(1, "0 6 * * *", "UTC", NOW, **wrong)


def test_blackout_days_have_no_slot():
    schedule = Schedule(1, "0 6 * * *", "UTC", NOW, blackout=("2026-03-03", "03-05"))
    assert [slot.day for slot in next_slots(schedule, NOW, 3)] == [4, 6, 7]


def test_a_schedule_of_blackout_days_only_comes_never():
    assert next_slots(Schedule(1, "0 6 25 12 *", "UTC", NOW, blackout=("12-25",)), NOW) == []


def test_jitter_delays_a_slot_the_same_for_all_and_loses_none():
    schedule = Schedule(1, "0 * * * *", "UTC", NOW, jitter_s=1800)
    delays = {jitter_of(schedule, NOW + n * HOUR) for n in range(50)}
    assert len(delays) > 40
    assert max(delays) <= timedelta(minutes=30)
    assert len(settled(schedule, NOW, NOW + 50 * HOUR + 30 * MINUTE, MINUTE)) == 50


# -- slots that went by


@pytest.mark.parametrize(
    ("catch_up", "actions"),
    [
        ("latest", ["missed"] * 3 + ["start"]),
        ("all", ["start"] * 4),
        ("none", ["missed"] * 4),
    ],
)
def test_slots_missed_while_down_follow_the_policy(catch_up, actions):
    schedule = Schedule(1, "0 6 * * *", "UTC", NOW, catch_up=catch_up)
    assert [entry.action for entry in due(schedule, NOW + 4 * DAY + HOUR)] == actions


def test_a_slot_that_is_hardly_late_is_in_time_for_none():
    schedule = Schedule(1, "0 6 * * *", "UTC", NOW, catch_up="none")
    assert [entry.action for entry in due(schedule, NOW + DAY + 10 * MINUTE)] == ["start"]


def test_a_paused_schedule_is_never_due():
    assert due(Schedule(1, "* * * * *", "UTC", NOW, paused=True), NOW + DAY) == []


def test_a_clock_that_jumps_back_and_forth_starts_no_slot_twice():
    schedule = Schedule(1, "0 * * * *", "UTC", NOW, catch_up="all")
    started, dice, now = Counter(), random.Random(5), NOW
    for step in range(3000):
        now = NOW + step * MINUTE + dice.choice([-2, 0, 0, 2]) * HOUR
        for entry in due(schedule, now):
            started[entry.slot] += 1
            schedule = Schedule(**{**vars(schedule), "after": entry.slot})
    assert set(started.values()) == {1}
    assert len(started) >= 50


# -- claimed slots in a database


@pytest.fixture
def home(tmp_path):
    settings = Settings(home=tmp_path)
    db = open_db(settings.database)
    add_study(
        db, Study("shoes", keywords=(Keyword("shoes"),), provider="file", serp_file="x"), "2026"
    )
    db.close()
    return settings


def schedule_hourly(settings, **changes):
    db = open_db(settings.database)
    set_schedule(db, "shoes", NOW, cron="0 * * * *", timezone="UTC", **changes)
    db.close()


def slots(settings):
    db = open_db(settings.database)
    found = [tuple(row) for row in db.execute("select slot, state from slots order by slot")]
    db.close()
    return [(datetime.fromisoformat(slot).hour, state) for slot, state in found]


class FakeRun:
    """A run that takes some time of a fake clock, and ends as told."""

    def __init__(self, settings, clock, took=timedelta(0), error=None):
        self.settings, self.clock, self.took, self.error = settings, clock, took, error
        self.calls = []

    def __call__(self, settings, name, *, resume=False):
        self.calls.append((self.clock.now.hour, resume))
        db = open_db(settings.database)
        state = "failed" if self.error else "done"
        db.execute(
            "insert into runs (study_id, state, stage, started_at, method_version, settings) "
            "values (1, ?, 'report', ?, '1', '{}')",
            [state, self.clock.now.isoformat()],
        )
        number = db.execute("select max(id) from runs").fetchone()[0]
        db.close()
        self.clock.now += self.took
        if self.error:
            raise self.error
        return number


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


def run_at(settings, hours, **how):
    clock = Clock(NOW + hours * HOUR)
    run = FakeRun(settings, clock, **how)
    run_due(settings, 1, clock=clock, run=run)
    return run.calls


def test_down_over_the_due_time_makes_one_catch_up(home):
    schedule_hourly(home)
    assert run_at(home, 3) == [(9, False)]
    assert run_at(home, 3) == []
    assert slots(home) == [(7, "missed"), (8, "missed"), (9, "done")]


def test_slots_during_a_run_are_skipped(home):
    schedule_hourly(home)
    run_at(home, 1, took=2 * HOUR + 30 * MINUTE)
    assert slots(home) == [(7, "done"), (8, "skipped"), (9, "skipped")]


def test_slots_during_a_run_wait_in_the_queue_and_run_once(home):
    schedule_hourly(home, overlap="queue")
    clock = Clock(NOW + HOUR)
    run = FakeRun(home, clock, took=2 * HOUR + 30 * MINUTE)
    shorter = iter([run.took, timedelta(0)])

    def once(settings, name, *, resume=False):
        run.took = next(shorter)
        return run(settings, name, resume=resume)

    run_due(home, 1, clock=clock, run=once)
    assert slots(home) == [(7, "done"), (8, "missed"), (9, "done")]


def test_a_failed_run_is_told_and_the_next_slot_runs(home):
    schedule_hourly(home)
    told = []
    clock = Clock(NOW + HOUR)
    run = FakeRun(home, clock, error=CxscoutError("no search was answered"))
    run_due(home, 1, clock=clock, run=run, tell=lambda run_id, why: told.append((run_id, why)))
    assert (slots(home), told) == ([(7, "failed")], [(1, "no search was answered")])
    assert run_at(home, 2) == [(8, False)]


def test_a_run_that_a_person_stopped_is_not_taken_up(home):
    schedule_hourly(home)
    run_at(home, 1, error=Interrupted("stopped"))
    assert slots(home) == [(7, "cancelled")]
    assert run_at(home, 1) == []


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours may run after it."""


def killed_run(settings, hours, begun):
    clock = Clock(NOW + hours * HOUR)
    run = FakeRun(settings, clock)

    def dies(settings, name, *, resume=False):
        if begun:
            run(settings, name, resume=resume)
            db = open_db(settings.database)
            db.execute("update runs set state = 'running'")
            db.close()
        raise Killed

    with pytest.raises(Killed):
        run_due(settings, 1, clock=clock, run=dies)


@pytest.mark.parametrize("begun", [True, False])
def test_a_slot_whose_process_was_killed_is_taken_up_again(home, begun):
    schedule_hourly(home)
    killed_run(home, 1, begun)
    assert slots(home) == [(7, "claimed")]
    assert run_at(home, 1.5) == [(7, begun)]
    assert slots(home) == [(7, "done")]


def test_a_slot_that_kills_its_process_again_and_again_is_given_up(home):
    schedule_hourly(home)
    for _ in range(3):
        killed_run(home, 1, begun=True)
    assert run_at(home, 1.5) == []
    assert slots(home) == [(7, "failed")]


def test_a_study_that_is_run_by_hand_waits_or_skips(home):
    schedule_hourly(home, overlap="queue")
    with locked(home, "study-1"):
        assert run_at(home, 1) == []
        assert slots(home) == []
        schedule_hourly(home, overlap="skip")
        assert run_at(home, 1) == []
    assert slots(home) == [(7, "skipped")]


def test_setting_a_schedule_again_catches_nothing_up(home):
    schedule_hourly(home)
    db = open_db(home.database)
    set_schedule(db, "shoes", NOW + 5 * HOUR, paused=False)
    assert get_schedule(db, 1).after == NOW + 5 * HOUR
    assert waiting_studies(db, NOW + 5 * HOUR + 30 * MINUTE) == []
    db.close()


RACER = """
import sys
from pathlib import Path
from crawler.app.schedules import _insert_slot
from crawler.db import open_db
from datetime import UTC, datetime, timedelta
db = open_db(Path(sys.argv[1]))
now = datetime(2026, 3, 2, 6, tzinfo=UTC)
print(sum(_insert_slot(db, 1, now + timedelta(hours=n), "claimed", "", now) for n in range(5000)))
"""


def test_two_schedulers_racing_for_slots_start_each_once(home):
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(home.database)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    won = [int(racer.communicate(timeout=120)[0]) for racer in racers]
    assert sum(won) == 5000
    assert [racer.returncode for racer in racers] == [0, 0]


def test_two_schedulers_running_what_is_due_start_each_slot_once(home):
    schedule_hourly(home, catch_up="all", overlap="queue")
    clock = Clock(NOW + 60 * HOUR)
    runs = [FakeRun(home, clock) for _ in range(2)]
    threads = [
        threading.Thread(target=run_due, args=(home, 1), kwargs={"clock": clock, "run": run})
        for run in runs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(run.calls) for run in runs) == 60
    assert len(slots(home)) == 60


class Child:
    """A child process that did its work at once."""

    def poll(self):
        return 0


def test_a_day_of_the_scheduler_with_a_fake_clock(home):
    """26 to 30 March 2026, looked at every 20 minutes: one run a day, at 02:30 or the leap."""
    db = open_db(home.database)
    set_schedule(
        db, "shoes", datetime(2026, 3, 26, 12, tzinfo=UTC), cron="30 2 * * *", timezone=BERLIN
    )
    db.close()
    clock = Clock(datetime(2026, 3, 26, 12, tzinfo=UTC))
    run = FakeRun(home, clock)

    def start(number):
        run_due(home, number, clock=clock, run=run)
        return Child()

    scheduler = Scheduler(home, clock=clock, start=start)
    while clock.now < datetime(2026, 3, 30, 12, tzinfo=UTC):
        scheduler.look()
        clock.now += 20 * MINUTE
    assert [hour for hour, _ in run.calls] == [1, 1, 1, 0]  # UTC; 03:00 and 02:30 in summer time


# -- the commands


def cx(home, *arguments):
    return CliRunner().invoke(cli, ["--home", str(home.home), *arguments])


def test_setting_a_schedule_prints_the_next_five_times(home):
    done = cx(home, "schedule", "set", "shoes", "30 6 * * MON", "--timezone", BERLIN)
    assert done.exit_code == 0
    assert [line for line in done.stdout.splitlines() if "T06:30:00+0" in line] == (
        done.stdout.splitlines()
    )
    assert len(done.stdout.splitlines()) == 5


def test_pausing_and_going_on_keep_the_rest(home):
    cx(home, "schedule", "set", "shoes", "@daily", "--timezone", BERLIN, "--jitter", "60")
    cx(home, "schedule", "set", "shoes", "--pause")
    db = open_db(home.database)
    assert (get_schedule(db, 1).paused, get_schedule(db, 1).jitter_s) == (True, 60)
    cx(home, "schedule", "set", "shoes", "--resume")
    assert get_schedule(db, 1).paused is False
    cx(home, "schedule", "remove", "shoes")
    assert get_schedule(db, 1) is None
    db.close()


def test_tick_with_nothing_due_starts_nothing(home):
    cx(home, "schedule", "set", "shoes", "0 0 1 1 *", "--timezone", "UTC")
    done = cx(home, "tick")
    assert (done.exit_code, done.stderr) == (0, "no studies were due\n")


def test_tick_runs_a_due_study_in_a_child_that_tells_why_it_failed(home):
    db = open_db(home.database)
    set_schedule(db, "shoes", NOW, cron="0 * * * *", timezone="UTC")
    db.close()
    done = cx(home, "tick")
    assert (done.exit_code, done.stderr) == (0, "1 study was due\n")
    db = open_db(home.database)
    last = next(db.query("select state, reason from slots order by slot desc limit 1"))
    db.close()
    assert last["state"] == "failed"
    assert "x" in last["reason"]


@pytest.mark.parametrize("kind", ["systemd", "crontab"])
def test_exported_units_call_tick_with_absolute_paths(home, kind):
    done = cx(home, "schedule", "export", "--format", kind)
    assert f"--home {home.home.resolve()} tick" in done.stdout
    assert sys.executable in done.stdout
