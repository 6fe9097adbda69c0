"""SIGKILL at random moments of a run, resume, compare: is anything lost, doubled or torn?

Each trial runs a study of the sample market (four brands, no browser) in a home of its own, kills
the command with SIGKILL at a random moment, takes the run up again, and compares all tables with
those of a run that nobody killed.

    python -m benchmarks.faults [TRIALS] [--seed 1] [--kills 1] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from crawler.app.brands import decide
from crawler.app.demo import STUDY_NAME, sample_study
from crawler.app.runs import utc_now
from crawler.app.sample.server import SampleMarket, running
from crawler.app.studies import add_study
from crawler.config import read_settings
from crawler.db import open_db

# Differs between any two runs: moments, processes, and how much came from the archive.
_OTHER = {("runs", "pid"), ("runs", "stats"), ("runs", "error"), ("visits", "requests")}
_LIMIT_S = 600


@dataclass
class Trial:
    """One killed and resumed run; each list is empty when all is well."""

    number: int
    killed_at_s: list[float] = field(default_factory=list)
    killed_in: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    fetched_twice: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.differences or self.orphans or self.unreadable or self.torn)


def prepare(home: Path, sample: SampleMarket, key: bytes) -> None:
    """A home with the reduced study; the same privacy key gives the same hashes of reviewers."""
    settings = read_settings(home)
    db = open_db(settings.database)
    (home / "privacy.key").write_bytes(key)
    study = replace(sample_study(sample), competitors=3, render=False)
    add_study(db, study, utc_now())
    for domain, reason in sample.market.bystanders.items():
        decide(db, STUDY_NAME, domain, "ignored", reason, utc_now())
    db.close()


def start(home: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "crawler", "--home", str(home), "run", STUDY_NAME, *options]
    with (home / "command.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def finish(home: Path, *options: str) -> None:
    code = start(home, *options).wait(_LIMIT_S)
    if code != 0:
        raise SystemExit(f"the run in {home} ended with {code}; see {home / 'command.log'}")


def state_of(home: Path) -> tuple[str, str] | None:
    """(state, stage) of the run, None when it has not begun."""
    db = open_db(home / "cxscout.db")
    row = db.execute("select state, stage from runs order by id desc limit 1").fetchone()
    db.close()
    return row


def dump(home: Path) -> dict[str, list[str]]:
    """Every table as sorted lines, without what differs between any two runs."""
    db = open_db(home / "cxscout.db")
    found = {}
    for table in db.table_names():
        if table.startswith(("_", "sqlite_")):
            continue
        columns = [
            c.name
            for c in db.table(table).columns
            if not c.name.endswith("_at") and (table, c.name) not in _OTHER
        ]
        names = ", ".join(f'"{name}"' for name in columns)
        found[table] = sorted(map(repr, db.execute(f'select {names} from "{table}"').fetchall()))
    db.close()
    return found


def differences(found: dict[str, list[str]], wanted: dict[str, list[str]]) -> list[str]:
    told = []
    for table in wanted:
        lost = Counter(wanted[table]) - Counter(found[table])
        more = Counter(found[table]) - Counter(wanted[table])
        if lost or more:
            example = next(iter(lost or more))
            told.append(f"{table}: {lost.total()} lost, {more.total()} more, e.g. {example[:300]}")
    return told


def processes_of(home: Path) -> list[str]:
    """Command lines of processes that still work on this home."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(home).encode() in words:
            found.append(b" ".join(words).decode("utf-8", "replace"))
    return found


def unreadable_records(home: Path) -> list[str]:
    """Archive files that warcio cannot read from end to end."""
    bad = []
    for path in sorted((home / "archive").rglob("*.warc.gz")):
        try:
            with path.open("rb") as stream:
                for record in ArchiveIterator(stream, check_digests="raise"):
                    record.content_stream().read()
        except Exception as error:  # warcio and zlib raise many kinds; each is a finding
            bad.append(f"{path.name}: {error!r}")
    return bad


def torn_exports(home: Path) -> list[str]:
    """Reports that a reader would see half of."""
    return [
        path.name
        for path in sorted((home / "reports").glob("*.html"))
        if not path.name.startswith(".") and not path.read_bytes().rstrip().endswith(b"</html>")
    ]


def try_once(
    number: int,
    home: Path,
    sample: SampleMarket,
    key: bytes,
    moments: list[float],
    wanted: dict[str, list[str]],
    hits: Counter[tuple[str, str]],
) -> Trial:
    trial = Trial(number)
    prepare(home, sample, key)
    before = sample.hits
    for moment in moments:
        options = ["--resume"] if state_of(home) else []
        run = start(home, *options)
        try:
            run.wait(moment)
            break
        except subprocess.TimeoutExpired:
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
        trial.killed_at_s.append(round(moment, 2))
        trial.killed_in.append((state_of(home) or ("", "before the run"))[1])
        deadline = time.monotonic() + 5
        while (left := processes_of(home)) and time.monotonic() < deadline:
            time.sleep(0.1)
        trial.orphans += left
        trial.torn += torn_exports(home)
    if state := state_of(home):
        if state[0] != "done":
            finish(home, "--resume")
    else:
        finish(home)
    trial.differences = differences(dump(home), wanted)
    more = (sample.hits - before) - hits
    trial.fetched_twice = [f"{host}{path}" for host, path in more if path != "/robots.txt"]
    trial.unreadable = unreadable_records(home)
    trial.torn += torn_exports(home)
    return trial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trials", nargs="?", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=1, help="kills in each trial")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    dice, key = random.Random(options.seed), os.urandom(32)
    trials = []
    with running() as sample, tempfile.TemporaryDirectory(prefix="cxscout-faults-") as folder:
        reference = Path(folder, "reference")
        reference.mkdir()
        prepare(reference, sample, key)
        began = time.monotonic()
        finish(reference)
        took, wanted, hits = time.monotonic() - began, dump(reference), sample.hits
        if not options.json:
            print(f"a run takes {took:.0f} s and {hits.total()} requests", flush=True)
        for number in range(1, options.trials + 1):
            home = Path(folder, f"trial-{number}")
            home.mkdir()
            moments = [dice.uniform(0.3, took) for _ in range(options.kills)]
            trial = try_once(number, home, sample, key, moments, wanted, hits)
            if len(trial.killed_at_s) < len(moments):  # this machine is quicker than it was
                took = min(took, moments[len(trial.killed_at_s)])
            trials.append(trial)
            if not options.json:
                print(_line(trial), flush=True)
    _print_sum(trials, options.json)
    sys.exit(0 if all(trial.is_good for trial in trials) else 1)


def _line(trial: Trial) -> str:
    when = ", ".join(
        f"{moment:.1f} s in {stage}"
        for moment, stage in zip(trial.killed_at_s, trial.killed_in, strict=True)
    )
    bad = trial.differences + trial.orphans + trial.unreadable + trial.torn
    verdict = "equal" if trial.is_good else f"NOT EQUAL: {'; '.join(bad)}"
    again = f"; fetched twice: {', '.join(trial.fetched_twice)}" if trial.fetched_twice else ""
    return f"{trial.number}: killed {when or 'never, it had ended'}: {verdict}{again}"


def _print_sum(trials: list[Trial], as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(trial) for trial in trials], indent=2))
        return
    killed = [trial for trial in trials if trial.killed_at_s]
    print(
        f"{sum(trial.is_good for trial in trials)} of {len(trials)} equal to the uninterrupted run "
        f"({len(killed)} killed); {sum(len(t.fetched_twice) for t in trials)} pages fetched twice, "
        f"{sum(len(t.orphans) for t in trials)} orphans, "
        f"{sum(len(t.unreadable) for t in trials)} unreadable archives, "
        f"{sum(len(t.torn) for t in trials)} torn reports"
    )


if __name__ == "__main__":
    main()
