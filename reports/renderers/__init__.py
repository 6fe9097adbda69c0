"""One file per format; each draws a Report and computes nothing.

A renderer has `suffix`, `media_type` and `render(report) -> bytes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from reports.renderers import csv, html, json, markdown, pdf, pptx, xlsx

if TYPE_CHECKING:
    from reports.model import Report

__all__ = ["RENDERERS", "Renderer"]


class Renderer(Protocol):
    """What each module of this package looks like."""

    suffix: str
    media_type: str

    def render(self, report: Report) -> bytes:
        """The report in this format; raises ConfigError when something must be installed."""


RENDERERS: dict[str, Renderer] = {
    "html": html,
    "pdf": pdf,
    "xlsx": xlsx,
    "pptx": pptx,
    "md": markdown,
    "json": json,
    "csv": csv,
}
