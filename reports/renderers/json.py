"""The whole report as JSON; its shape is reports/schema/report-v1.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.model import Report

__all__ = ["media_type", "render", "suffix"]

suffix = ".json"
media_type = "application/json"


def render(report: Report) -> bytes:
    """UTF-8, two spaces; every field of the report is there, unknown numbers are null."""
    return (json.dumps(asdict(report), ensure_ascii=False, indent=2) + "\n").encode()
