"""A disk that is full, turns read-only or fails with EIO in the midst of a run: is a row lost?

Each trial runs a small study of the sample market on a small disk of its own (tmpfs, so it needs
root and Linux). The fault comes after a random number of bytes or seconds; then the exit code is
looked at, every row and record that was acknowledged must be there, the fault goes, the run is
taken up, and all tables must be those of a run without a fault. EIO and EROFS (what is left of a
disk that the kernel made read-only) come from a little library that is preloaded: from a random
moment on every write, fsync and truncate of that home fails. It needs a C compiler.

    python -m benchmarks.disks [TRIALS OF EACH KIND] [--seed 1]
"""

from __future__ import annotations

import argparse
import errno
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.faults import differences, dump, finish, prepare, start, unreadable_records
from crawler.app.damage import check_database
from crawler.app.sample.server import SampleMarket, running

_WANTED = {"full": 3, "eio": 5, "read-only": 5}
_ERRNO = {"eio": errno.EIO, "read-only": errno.EROFS}
_BIG = "200m"
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Fails what is written below FAULT_HOME from the moment that FAULT_FLAG is a file. */
static int fails(int fd) {
    static char *home, *flag;
    char link[64], name[4096];
    if (!home && (!(home = getenv("FAULT_HOME")) || !(flag = getenv("FAULT_FLAG")))) return 0;
    if (access(flag, F_OK)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof name - 1);
    if (n <= 0) return 0;
    name[n] = 0;
    return !strncmp(name, home, strlen(home)) && (errno = atoi(getenv("FAULT_ERRNO")));
}
#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)
ssize_t write(int fd, const void *b, size_t n) { REAL(write); return fails(fd) ? -1 : real(fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { REAL(pwrite); return fails(fd) ? -1 : real(fd, b, n, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { REAL(pwrite64); return fails(fd) ? -1 : real(fd, b, n, o); }
ssize_t writev(int fd, const struct iovec *v, int c) { REAL(writev); return fails(fd) ? -1 : real(fd, v, c); }
int fsync(int fd) { REAL(fsync); return fails(fd) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return fails(fd) ? -1 : real(fd); }
int ftruncate64(int fd, off64_t n) { REAL(ftruncate64); return fails(fd) ? -1 : real(fd, n); }
"""  # noqa: E501


@contextmanager
def small_disk(path: Path) -> Iterator[None]:
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_BIG}", "tmpfs", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)
        path.rmdir()


def remount(path: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", path], check=True)


def used(path: Path) -> int:
    return shutil.disk_usage(path).used


def try_once(
    kind: str, home: Path, shim: Path, dice: random.Random, took_s: float, needs: int
) -> tuple[int, str, str]:
    """Exit code and last words of the run with the fault, and what was wrong."""
    flag = home.with_name(f"{home.name}.flag")
    added = {
        "LD_PRELOAD": str(shim), "FAULT_HOME": str(home), "FAULT_FLAG": str(flag),
        "FAULT_ERRNO": str(_ERRNO.get(kind)),
    }  # fmt: skip
    if kind == "full":
        free = int(dice.uniform(0.05, 0.95) * needs)
        remount(home, f"size={(used(home) + free) // 4096 * 4096}")
    else:
        os.environ.update(added)
    run = start(home)
    for name in added:
        os.environ.pop(name, None)
    if kind != "full":
        with suppress(subprocess.TimeoutExpired):
            run.wait(dice.uniform(1.0, took_s))
        flag.touch()
    code = run.wait(300)
    flag.unlink(missing_ok=True)
    remount(home, f"size={_BIG}")
    log = home / "command.log"
    said = (log.read_text("utf-8", "replace").strip().splitlines() or ["nothing"])[-1]
    wrong = [*check_database(home / "cxscout.db")]
    if code:
        finish(home, *(["--resume"] if _has_run(home) else []))
    wrong += unreadable_records(home)
    return code, said.replace(str(home), "HOME")[:160], "; ".join(wrong)


def _has_run(home: Path) -> bool:
    return bool(dump(home)["runs"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trials", nargs="?", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if sys.platform != "linux" or os.geteuid() != 0:
        raise SystemExit("needs root on Linux, for disks of its own")
    dice, bad = random.Random(options.seed), 0
    with running() as sample, tempfile.TemporaryDirectory(prefix="cxscout-disks-") as folder:
        shim = _build(Path(folder))
        whole = Path(folder, "whole")
        whole.mkdir()
        before = _prepared(whole, sample)
        since = time.monotonic()
        finish(whole)
        took_s, wanted = time.monotonic() - since, dump(whole)
        needs = sum(p.stat().st_size for p in whole.rglob("*") if p.is_file()) - before
        print(f"seed {options.seed}; a run takes {took_s:.0f} s and {needs:,} bytes", flush=True)
        for kind in _WANTED:
            for number in range(1, options.trials + 1):
                home = Path(folder, f"{kind}-{number}")
                with small_disk(home):
                    _prepared(home, sample)
                    code, said, wrong = try_once(kind, home, shim, dice, took_s, needs)
                    told = differences(dump(home), wanted) + [wrong] * bool(wrong)
                    is_good = not told and code in (0, _WANTED[kind])
                bad += not is_good
                verdict = "equal after --resume" if not told else f"NOT EQUAL: {told[0][:300]}"
                print(f"{kind} {number}: exit code {code} ({said}), {verdict}", flush=True)
    sys.exit(1 if bad else 0)


def _prepared(home: Path, sample: SampleMarket) -> int:
    prepare(home, sample, bytes(32), browser=False)
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


def _build(folder: Path) -> Path:
    source, library = folder / "fault.c", folder / "fault.so"
    source.write_text(_SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


if __name__ == "__main__":
    main()
