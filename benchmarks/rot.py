"""Flip single bits in database, archive and reports: does `cxscout doctor --deep` notice each?

The home is that of a run of the sample market. A file is drawn by its size, half of the time each
with the same chance, so that small ones are met too; then a bit of it is flipped, looked for, and
flipped back.

    python -m benchmarks.rot [FLIPS] [--seed 1] [--home HOME]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.faults import finish, prepare
from crawler.app.damage import find_damage
from crawler.app.sample.server import running
from crawler.config import read_settings


def stored_files(home: Path) -> list[Path]:
    """Database, archive and reports, with what belongs to them; shared memory is not kept."""
    files = [*home.glob("cxscout.db*"), *(home / "archive").rglob("*"), *home.glob("reports/**/*")]
    kept = (path for path in files if path.is_file() and not path.name.endswith("-shm"))
    return sorted(path for path in kept if path.stat().st_size)


def kind_of(home: Path, path: Path) -> str:
    return path.relative_to(home).parts[0] if path.parent != home else "database"


def draw(dice: random.Random, files: list[Path]) -> Path:
    weights = [path.stat().st_size for path in files] if dice.random() < 0.5 else None
    return dice.choices(files, weights)[0]


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def is_noticed(home: Path) -> bool:
    return any(row["state"] == "wrong" for row in find_damage(read_settings(home)))


def try_flips(home: Path, flips: int, seed: int) -> tuple[Counter[str], list[str]]:
    """How many bits were flipped, by kind of file, and the ones that nobody noticed."""
    dice, tried, missed = random.Random(seed), Counter[str](), []
    files = stored_files(home)
    if is_noticed(home):
        raise SystemExit(f"{home} is damaged before anything was flipped")
    for _ in range(flips):
        path = draw(dice, files)
        bit = dice.randrange(path.stat().st_size * 8)
        flip(path, bit)
        tried[kind_of(home, path)] += 1
        if not is_noticed(home):
            missed.append(f"bit {bit} of {path.relative_to(home)}")
        flip(path, bit)
    if is_noticed(home):
        raise SystemExit("a false alarm: every bit was flipped back")
    return tried, missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flips", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="a copy of a home; no run may work in it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cxscout-rot-") as folder:
        home = options.home or Path(folder)
        if options.home is None:
            with running() as sample:
                prepare(home, sample, bytes(32), browser=False)
                finish(home)
        tried, missed = try_flips(home, options.flips, options.seed)
    where = ", ".join(f"{kind} {count}" for kind, count in sorted(tried.items()))
    print(f"seed {options.seed}: {tried.total() - len(missed)} of {tried.total()} flipped bits "
          f"noticed ({where}); no false alarm before or after")  # fmt: skip
    for what in missed:
        print(f"not noticed: {what}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
