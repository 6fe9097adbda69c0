"""Schedules put to the test: a race for slots, a simulated day, the memory of a long wait.

python -m benchmarks.schedules
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from crawler.app.schedules import Scheduler, list_schedules, run_due, set_schedule
from crawler.app.studies import add_study
from crawler.config import Keyword, Settings, Study
from crawler.db import open_db

SLOTS = 10_000
TICKS = 1_000
DAY = datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Berlin"))
_RACER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from crawler.app.schedules import _insert_slot
from crawler.db import open_db
db = open_db(Path(sys.argv[1]))
now = datetime(2026, 3, 2, 6, tzinfo=UTC)
slots = (now + timedelta(hours=n) for n in range(int(sys.argv[2])))
print(sum(_insert_slot(db, 1, slot, "claimed", "", now) for slot in slots))
db.close()
"""


def prepare(home: Path) -> Settings:
    settings = Settings(home=home)
    db = open_db(settings.database)
    for name in ("beans", "kettles", "grinders"):
        study = Study(name, keywords=(Keyword(name),), provider="file", serp_file="x.csv")
        add_study(db, study, "2026-01-01T00:00:00+00:00")
    db.close()
    return settings


def race(settings: Settings) -> None:
    """Two processes claim the same slots as fast as they can."""
    command = [sys.executable, "-c", _RACER, str(settings.database), str(SLOTS)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    won = [int(racer.communicate()[0]) for racer in racers]
    db = open_db(settings.database)
    rows, twice = db.execute(
        "select count(*), count(*) - count(distinct slot) from slots"
    ).fetchone()
    db.execute("delete from slots")
    db.close()
    print(f"race: {won[0]:,} + {won[1]:,} of {SLOTS:,} slots won by two processes; "
          f"{rows:,} rows, {twice} twice")  # fmt: skip
    assert sum(won) == rows == SLOTS


class Done:
    """A child process that did its work at once."""

    def poll(self) -> int:
        return 0


def simulate(settings: Settings) -> None:
    """The day of the spring leap in Berlin, looked at every minute; prints what ran when."""
    now = [DAY.astimezone(UTC) - timedelta(minutes=1)]
    db = open_db(settings.database)
    set_schedule(db, "beans", now[0], cron="30 2 * * *", timezone="Europe/Berlin")
    set_schedule(db, "kettles", now[0], cron="0 */6 * * *", timezone="Europe/Berlin", jitter_s=600)
    set_schedule(db, "grinders", now[0], cron="15 9 * * SUN", timezone="America/New_York")

    def run(_settings: Settings, name: str, **_options: object) -> int:
        number = db.execute("select id from studies where name = ?", [name]).fetchone()[0]
        made = db.table("runs").insert(
            {"study_id": number, "state": "done", "stage": "report", "method_version": "1",
             "started_at": now[0].isoformat(), "settings": "{}"}
        )  # fmt: skip
        print(f"{now[0].astimezone(DAY.tzinfo):%H:%M %Z}  {name}: run {made.last_pk}")
        return int(str(made.last_pk))

    def start(number: int) -> Done:
        run_due(settings, number, clock=lambda: now[0], run=run)
        return Done()

    scheduler = Scheduler(settings, clock=lambda: now[0], start=start)  # type: ignore[arg-type]
    print(
        f"a day of `cxscout scheduler`: {DAY:%A %d %B %Y}, when the clock leaps from 02:00 to 03:00"
    )
    while now[0] < DAY + timedelta(days=1):
        down = 12 <= now[0].astimezone(DAY.tzinfo).hour < 14
        if not down:
            scheduler.look()
        elif now[0].astimezone(DAY.tzinfo).strftime("%H:%M") == "12:00":
            print("12:00 CEST  the scheduler is down until 14:00")
        now[0] += timedelta(minutes=1)
    for row in list_schedules(db, now[0]):
        print(f"then: {row['study']} next at {row['next']}")
    db.close()


def wait_long(settings: Settings) -> None:
    """Nothing is due: what do a thousand looks leave behind?"""
    scheduler = Scheduler(settings, clock=lambda: DAY, start=lambda _: Done())  # type: ignore[arg-type,return-value]
    fds = Path("/proc/self/fd")
    for _ in range(50):
        scheduler.look()
    tracemalloc.start()
    sizes, opened = [], []
    for number in range(3 * TICKS + 1):
        if number % TICKS == 0:
            sizes.append(tracemalloc.get_traced_memory()[0] // 1024)
            opened.append(len(list(fds.iterdir())))
        scheduler.look()
    print(f"memory at every {TICKS:,} looks: {sizes} KiB; open files: {opened}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cxscout-schedules-") as folder:
        settings = prepare(Path(folder))
        race(settings)
        simulate(settings)
        wait_long(settings)


if __name__ == "__main__":
    main()
