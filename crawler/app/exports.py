"""Reports as files: rendered, written whole or not at all, with the cited pages beside them."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sys
import tempfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from crawler.app.runs import read_run
from crawler.app.sums import keep_sums
from crawler.archive import find_record, read_page
from crawler.errors import ConfigError, TooComplex, storage_error
from crawler.privacy import hide_names
from reports.evidence_page import make_page, render_page
from reports.fonts import missing_font
from reports.locale import ENGLISH
from reports.renderers import RENDERERS, csv, pdf, xlsx
from reports.report import build_report
from reports.rows import long_tables
from spiders.extract.page import ParsedPage
from spiders.extract.reviews import extract_reviews
from spiders.extract.structured import block_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crawler.config import Settings
    from crawler.db import Database
    from reports.model import Report

__all__ = ["default_path", "write_report", "write_whole"]

_log = logging.getLogger(__name__)


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
    language: str | None = None,
) -> Path:
    """Build the report of a run and write it; returns where.

    Without a language it is written in the study's report_language.

    Beside an HTML report lies a folder with a copy of each page that it cites.
    """
    renderer = RENDERERS.get(report_format)
    if renderer is None:
        raise ConfigError(
            f"format {report_format!r} is unknown; choose one of {', '.join(RENDERERS)}"
        )
    run = read_run(db, run_id)
    report = build_report(db, run_id, now=now, language=language)
    for note in report.branding.notes:
        _log.warning("%s", note)
    suffix = renderer.suffix
    if report.language != run.study.report_language:
        suffix = f"-{report.language}{suffix}"
    path = out or default_path(settings, run.study.name, run_id, suffix)
    sums: dict[Path, str] = {}
    if report_format == "html":
        folder = path.with_name(f"{path.stem}-evidence")
        report = replace(report, evidence_base=folder.name)
        sums = _write_evidence(settings, report, folder)
    content: bytes | Callable[[IO[bytes]], None]
    if report_format in ("pdf", "pptx") and (lack := missing_font(report.language)):
        print(f"note: {lack}", file=sys.stderr)
    if report_format == "pdf":
        content = pdf.render(report, browser=settings.browser)
    elif report_format in ("xlsx", "csv"):
        content = partial(_write_rows, report_format, db, report)
    else:
        content = renderer.render(report)
    sums[path] = write_whole(path, content)
    keep_sums(settings.reports, sums)
    return path


def _write_rows(report_format: str, db: Database, report: Report, out: IO[bytes]) -> None:
    """The formats that hold every review and page: row by row, so that memory does not grow."""
    if report_format == "csv":
        csv.write(report, out, long_tables(db, report, ENGLISH))
    else:
        xlsx.write(report, out, long_tables(db, report))


def _write_evidence(settings: Settings, report: Report, folder: Path) -> dict[Path, str]:
    """A copy of each cited page; what the archive no longer has is left out. Returns their sums."""
    sums: dict[Path, str] = {}
    cited: dict[str, list[str]] = defaultdict(list)
    titles: dict[str, str] = {}
    for entry in report.evidence:
        if entry.href("x") and entry.record:
            cited[entry.record].append(entry.excerpt)
            titles[entry.record] = entry.title or ""
    for record_id, excerpts in cited.items():
        record = find_record(settings.archive, record_id)
        if record is None:
            continue
        try:
            page = ParsedPage.from_bytes(read_page(settings.archive, record), record.url)
        except (TooComplex, OSError):
            continue
        body = page.tree.body
        copy = make_page(
            hide_names(block_text(body), extract_reviews(page)[0]) if body is not None else "",
            excerpts,
            url=record.url,
            title=titles[record_id],
            fetched_at=record.fetched_at,
            record=record_id,
            file=record.file,
        )
        target = folder / f"{record_id}.html"
        sums[target] = write_whole(target, render_page(copy, report.words))
    return sums


def write_whole(path: Path, content: bytes | Callable[[IO[bytes]], None]) -> str:
    """Write a file so that nobody ever sees half of it; returns its SHA-256.

    `content` is the bytes, or a function that writes them into an open file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise storage_error(f"{path} cannot be written: {error.strerror}", error) from None
    try:
        with os.fdopen(handle, "w+b") as out:
            if callable(content):
                content(out)
            else:
                out.write(content)
            out.flush()
            out.seek(0)
            digest = hashlib.file_digest(out, "sha256").hexdigest()
            os.fsync(out.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        raise storage_error(f"{path} cannot be written: {error.strerror}", error) from None
    finally:
        with suppress(OSError):  # where all went well it bears its own name by now
            os.unlink(name)
    return digest
