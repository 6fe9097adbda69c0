"""SHA-256 sums of what lies in reports/, made when it is written, in the format of sha256sum."""

from __future__ import annotations

import fcntl
import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["NAME", "Checked", "check_sums", "keep_sums"]

NAME = "SHA256SUMS"
_OWN = "# of the lines above: "


class Checked(NamedTuple):
    """What a look at a folder gave: files that differ, that are gone, that nobody summed."""

    good: int
    damaged: list[str]
    missing: list[str]
    unknown: list[str]


def keep_sums(folder: Path, sums: Mapping[Path, str]) -> None:
    """Note the sums of files that were just written; those outside the folder are left alone.

    `sha256sum --check SHA256SUMS` reads the file, too.
    """
    inside = {
        path.resolve().relative_to(folder.resolve()).as_posix(): digest
        for path, digest in sums.items()
        if path.resolve().is_relative_to(folder.resolve())
    }
    if not inside:
        return
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known, _ = _read(folder)
        kept = {name: digest for name, digest in known.items() if (folder / name).exists()}
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted((kept | inside).items()))
        part = folder / f".{NAME}.part"
        with part.open("w", encoding="utf-8") as out:
            out.write(f"{lines}{_OWN}{hashlib.sha256(lines.encode()).hexdigest()}\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, folder / NAME)
    finally:
        os.close(lock)


def _read(folder: Path) -> tuple[dict[str, str], bool]:
    """The sums by name, and whether the file with them is as it was written."""
    try:
        text = (folder / NAME).read_text("utf-8", "replace")
    except FileNotFoundError:
        return {}, True
    lines, _, own = text.rpartition(_OWN)
    is_whole = own == hashlib.sha256(lines.encode("utf-8")).hexdigest() + "\n"
    rows = (line.partition("  ") for line in lines.splitlines())
    return {name: digest for digest, _, name in rows if name}, is_whole


def check_sums(folder: Path) -> Checked:
    """Compare what lies in the folder with its sums."""
    known, is_whole = _read(folder)
    damaged = [] if is_whole else [NAME]
    good, missing = 0, []
    for name, digest in sorted(known.items()):
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except FileNotFoundError:
            missing.append(name)
            continue
        if found == digest:
            good += 1
        else:
            damaged.append(name)
    files = (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    there = {path.relative_to(folder).as_posix() for path in files}
    return Checked(good, damaged, missing, sorted(there - known.keys() - {NAME}))
