"""Reports as files: rendered, written whole or not at all, with the cited pages beside them."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.app.runs import read_run
from crawler.errors import ConfigError, CxscoutError
from reports.renderers import RENDERERS
from reports.report import build_report

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.config import Settings
    from crawler.db import Database

__all__ = ["default_path", "write_report", "write_whole"]


def default_path(settings: Settings, study: str, run_id: int, suffix: str) -> Path:
    """Where a run's report lies: the study's name made safe, and the run's number."""
    name = re.sub(r"[^\w-]+", "-", study).strip("-.")[:60] or "study"
    return settings.reports / f"{name}-run{run_id}{suffix}"


def write_report(
    settings: Settings,
    db: Database,
    run_id: int,
    report_format: str,
    out: Path | None,
    *,
    now: datetime,
) -> Path:
    """Build the report of a run and write it; returns where."""
    renderer = RENDERERS.get(report_format)
    if renderer is None:
        raise ConfigError(
            f"format {report_format!r} is unknown; choose one of {', '.join(RENDERERS)}"
        )
    run = read_run(db, run_id)
    report = build_report(db, run_id, now=now)
    path = out or default_path(settings, run.study.name, run_id, renderer.suffix)
    write_whole(path, renderer.render(report))
    return path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise CxscoutError(f"{path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(name)
        raise CxscoutError(f"{path} cannot be written: {error.strerror}") from None
