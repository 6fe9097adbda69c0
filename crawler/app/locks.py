"""Locks in the home: what may be done once at a time, across processes."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.config import Settings

__all__ = ["locked"]


@contextmanager
def locked(settings: Settings, name: str) -> Iterator[bool]:
    """True while we hold the lock `name`, False at once when another process holds it.

    The kernel lets go of it however the process ends.
    """
    folder = settings.home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
