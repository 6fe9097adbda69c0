"""Reports as files: rendered, written whole or not at all, with the cited pages beside them."""

from __future__ import annotations

import os
import re
import tempfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.app.runs import read_run
from crawler.archive import find_record, read_page
from crawler.errors import ConfigError, CxscoutError, TooComplex
from crawler.privacy import hide_names
from reports.evidence_page import make_page, render_page
from reports.renderers import RENDERERS, pdf
from reports.report import build_report
from spiders.extract.page import ParsedPage
from spiders.extract.reviews import extract_reviews
from spiders.extract.structured import block_text

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.config import Settings
    from crawler.db import Database
    from reports.model import Report

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
    suffix = renderer.suffix
    if report.language != run.study.report_language:
        suffix = f"-{report.language}{suffix}"
    path = out or default_path(settings, run.study.name, run_id, suffix)
    if report_format == "html":
        folder = path.with_name(f"{path.stem}-evidence")
        report = replace(report, evidence_base=folder.name)
        _write_evidence(settings, report, folder)
    if report_format == "pdf":
        content = pdf.render(report, browser=settings.browser)
    else:
        content = renderer.render(report)
    write_whole(path, content)
    return path


def _write_evidence(settings: Settings, report: Report, folder: Path) -> None:
    """A copy of each cited page; what the archive no longer has is left out."""
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
        write_whole(folder / f"{record_id}.html", render_page(copy, report.words))


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
