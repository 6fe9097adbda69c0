"""SIGKILL at random moments of a run, resume, compare: is anything lost, doubled or torn?

Each trial runs a study of the sample market (three brands, with the browser) in a home of its own,
kills the command with SIGKILL at random moments, takes the run up again each time, and compares all
tables with those of a run that nobody killed.

    python -m benchmarks.faults [KILLS] [--seed 1] [--kills 10] [--no-browser] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
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
from crawler.browser import find_browser
from crawler.config import read_settings
from crawler.db import open_db

# Differs between any two runs: moments, processes, and how much came from the archive.
_OTHER = {("runs", "pid"), ("runs", "stats"), ("runs", "error"), ("visits", "requests")}
_LIMIT_S = 600
_MARK = "CXSCOUT_FAULTS_HOME"
_OPENED = "pages opened in the browser"
_GONE_S = 10.0  # what a killed run may take until its last child is gone


@dataclass
class Trial:
    """One killed and resumed run; each list is empty when all is well."""

    number: int
    killed_at_s: list[float] = field(default_factory=list)
    killed_in: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    fetched_twice: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    seen_otherwise: list[str] = field(default_factory=list)
    """Pages that the browser saw otherwise; repeating the run from its archive changes nothing."""
    unreadable: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.differences or self.orphans or self.unreadable or self.torn)


@dataclass(frozen=True)
class Reference:
    """What a run that nobody killed gave: its rows, its requests, and when each stage began."""

    tables: dict[str, list[str]]
    hits: Counter[tuple[str, str]]
    began_s: dict[str, float]
    took_s: float

    def wait_s(self, moment: float, stage: str) -> float:
        """How long a run that is taken up at a stage needs until a moment of the whole run."""
        return max(0.3, moment - self.began_s.get(stage, 0.0))


def prepare(home: Path, sample: SampleMarket, key: bytes, *, browser: bool) -> None:
    """A home with the reduced study; the same privacy key gives the same hashes of reviewers."""
    settings = read_settings(home)
    db = open_db(settings.database)
    (home / "privacy.key").write_bytes(key)
    study = replace(sample_study(sample), competitors=2, pages=8, render=browser)
    add_study(db, study, utc_now())
    for domain, reason in sample.market.bystanders.items():
        decide(db, STUDY_NAME, domain, "ignored", reason, utc_now())
    db.close()


def start(home: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "crawler", "--home", str(home), "run", STUDY_NAME, *options]
    with (home / "command.log").open("ab") as log:
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | {_MARK: str(home)},
        )


def finish(home: Path, *options: str) -> dict[str, float]:
    """Run to the end; returns when each stage began, in seconds."""
    run, since = start(home, *options), time.monotonic()
    began: dict[str, float] = {}
    while run.poll() is None:
        if state := state_of(home):
            began.setdefault(state[1], time.monotonic() - since)
        if time.monotonic() - since > _LIMIT_S:
            run.kill()
        time.sleep(0.2)
    if run.returncode != 0:
        log = (home / "command.log").read_text("utf-8", "replace")
        raise SystemExit(f"the run in {home} ended with {run.returncode}:\n{log[-2000:]}")
    return began


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
    opened = [row[0] for row in db.execute("select id from pages where rendered = 1")]
    found[_OPENED] = [row for row in found["pages"] if any(f"'{key}'" in row for key in opened)]
    found["pages"] = [row for row in found["pages"] if row not in found[_OPENED]]
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
    """Command lines of processes of this home's runs, browsers too: they inherit a mark."""
    found, mark = [], f"{_MARK}={home}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = mark in (entry / "environ").read_bytes().split(b"\0")
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if is_ours and any(words):
            found.append(b" ".join(words).decode("utf-8", "replace")[:200])
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
    dice: random.Random,
    kills: int,
    reference: Reference,
) -> Trial:
    """Kill a run at random moments of its way from search to report, and compare.

    A run that is taken up begins its stage anew, so moments of one stage come one after the other.
    """
    trial = Trial(number)
    before = sample.hits
    for moment in sorted(dice.uniform(0.3, reference.took_s) for _ in range(kills)):
        state = state_of(home)
        wait_s = reference.wait_s(moment, state[1] if state else "")
        run = start(home, *(["--resume"] if state else []))
        try:
            run.wait(wait_s)
            break
        except subprocess.TimeoutExpired:
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
        trial.killed_at_s.append(round(wait_s, 2))
        trial.killed_in.append((state_of(home) or ("", "before the run"))[1])
        deadline = time.monotonic() + _GONE_S
        while (left := processes_of(home)) and time.monotonic() < deadline:
            time.sleep(0.1)
        trial.orphans += left
        trial.torn += torn_exports(home)
    state = state_of(home)
    if state is None or state[0] != "done":
        finish(home, *(["--resume"] if state else []))
    _compare(trial, home, reference)
    more = (sample.hits - before) - reference.hits
    trial.fetched_twice = [f"{host}{path}" for host, path in more if path != "/robots.txt"]
    trial.unreadable = unreadable_records(home)
    trial.torn += torn_exports(home)
    return trial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("total", nargs="?", type=int, default=20, help="kills in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=10, help="kills of one run")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    browser = not options.no_browser and find_browser(None) is not None
    dice, key = random.Random(options.seed), random.Random(options.seed).randbytes(32)
    trials: list[Trial] = []
    with running() as sample, tempfile.TemporaryDirectory(prefix="cxscout-faults-") as folder:
        reference = _reference(Path(folder, "reference"), sample, key, browser=browser)
        if not options.json:
            with_it = "with" if browser else "without"
            print(
                f"seed {options.seed}; a run {with_it} the browser takes {reference.took_s:.0f} s "
                f"and {reference.hits.total()} requests",
                flush=True,
            )
        while sum(len(trial.killed_at_s) for trial in trials) < options.total:
            home = Path(folder, f"trial-{len(trials) + 1}")
            home.mkdir()
            prepare(home, sample, key, browser=browser)
            trial = try_once(len(trials) + 1, home, sample, dice, options.kills, reference)
            trials.append(trial)
            if not options.json:
                print(_line(trial), flush=True)
            if trial.is_good:
                shutil.rmtree(home)
    _print_sum(trials, options.json)
    sys.exit(0 if all(trial.is_good for trial in trials) else 1)


def _compare(trial: Trial, home: Path, reference: Reference) -> None:
    """What a browser sees hangs on time, also without a kill. So where it saw a page otherwise, the
    run is repeated from its own archive, uninterrupted: that must give the same rows."""
    found, wanted = dump(home), reference.tables
    trial.differences = differences(found, wanted)
    if found["pages"] != wanted["pages"] or found[_OPENED] == wanted[_OPENED]:
        return
    finish(home, "--stage", "crawl")
    if not differences(dump(home), found):
        trial.seen_otherwise = sorted(set(found[_OPENED]) - set(wanted[_OPENED]))
        trial.differences = []


def _reference(home: Path, sample: SampleMarket, key: bytes, *, browser: bool) -> Reference:
    home.mkdir()
    prepare(home, sample, key, browser=browser)
    since = time.monotonic()
    began = finish(home)
    return Reference(dump(home), sample.hits, began, time.monotonic() - since)


def _line(trial: Trial) -> str:
    when = ", ".join(
        f"{moment:.1f} s in {stage}"
        for moment, stage in zip(trial.killed_at_s, trial.killed_in, strict=True)
    )
    bad = trial.differences + trial.orphans + trial.unreadable + trial.torn
    verdict = "equal" if trial.is_good else f"NOT EQUAL: {'; '.join(bad)}"
    again = f"; fetched twice: {', '.join(trial.fetched_twice)}" if trial.fetched_twice else ""
    if trial.seen_otherwise:
        again += f"; the browser saw {len(trial.seen_otherwise)} pages otherwise"
    return f"{trial.number}: killed {when or 'never, it had ended'}: {verdict}{again}"


def _print_sum(trials: list[Trial], as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(trial) for trial in trials], indent=2))
        return
    stages = Counter(stage for trial in trials for stage in trial.killed_in)
    where = ", ".join(f"{stage} {count}" for stage, count in stages.most_common())
    print(
        f"{stages.total()} kills ({where}); "
        f"{sum(trial.is_good for trial in trials)} of {len(trials)} runs equal to the "
        f"uninterrupted one; {sum(len(t.fetched_twice) for t in trials)} pages fetched twice, "
        f"{sum(len(t.orphans) for t in trials)} orphans, "
        f"{sum(len(t.unreadable) for t in trials)} unreadable archives, "
        f"{sum(len(t.torn) for t in trials)} torn reports; "
        f"in {sum(bool(t.seen_otherwise) for t in trials)} runs the browser saw a page otherwise"
    )


if __name__ == "__main__":
    main()
