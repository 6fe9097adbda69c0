"""One HTML file: no network, no script, light and dark, phone to print.

Jinja2 escapes everything; the only markup that passes is ours and the SVG of `charts`, which is
rebuilt from a list of allowed elements.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from crawler.config import REPORT_SECTIONS
from reports import charts, labels
from reports.model import ACCENT
from reports.units import (
    format_count,
    format_date,
    format_difference,
    format_net,
    format_score,
    format_share,
    format_time,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.charts import Chart
    from reports.locale import Words
    from reports.model import Report

__all__ = ["media_type", "render", "suffix"]

suffix = ".html"
media_type = "text/html; charset=utf-8"

_TEMPLATES = Path(__file__).parent.parent / "templates"
# Rows that a page shows; the rest is counted and stands in the XLSX, CSV and JSON files.
_SHOWN = {
    "brands": 16,
    "pages": 12,
    "gaps": 15,
    "questions": 12,
    "matrix": 24,
    "themes": 12,
    "ranking": 40,
    "changes": 40,
    "promises": 20,
    "searches": 60,
    "robots": 40,
    "evidence": 1000,
    "keywords": 12,
    "appendix": 12,
}


def render(report: Report, *, expanded: bool = False) -> bytes:
    """The page as UTF-8; `expanded` opens all drawers but those of evidence, for paper:
    there the register at the end holds what they would show."""
    template = _environment(report.words).get_template("report.html")
    by_id = {entry.id: entry for entry in report.evidence}
    text = template.render(
        report=report,
        expanded=expanded,
        shown=_SHOWN,
        numbers=_numbers(report),
        house_accent=ACCENT,
        evidence_by_id=by_id,
        style=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
        scatter=charts.review_scatter(report),
        over_time=charts.rating_over_time(report),
        importance=charts.importance_performance(report),
    )
    return re.sub(r"\n\s*\n+", "\n", text).encode()


def _css_string(text: str) -> Markup:
    """The text for `content` in CSS: nothing but letters, digits and escapes."""
    marks = (c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text)
    return Markup('"{}"').format(Markup("".join(marks)))


def _numbers(report: Report) -> dict[str, int]:
    """Section -> its number; 0 where the study hides it."""
    shown = ("verdict", *(name for name in REPORT_SECTIONS if report.branding.shows(name)))
    return dict.fromkeys(REPORT_SECTIONS, 0) | {name: i + 1 for i, name in enumerate(shown)}


def _environment(words: Words) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    spelled: dict[str, Callable[..., str]] = {
        "count": format_count,
        "date": format_date,
        "difference": format_difference,
        "net": format_net,
        "score": format_score,
        "share": format_share,
        "time": format_time,
    }
    tables = {
        "cause": labels.CAUSES,
        "effort": labels.EFFORT_WORDS,
        "level": labels.LEVELS,
        "quadrant": labels.QUADRANTS,
        "size": labels.SIZES,
        "state": labels.RUN_STATES,
        "verdict": labels.VERDICTS,
    }
    environment.filters["css"] = _css_string
    environment.filters.update(
        {name: partial(spell, words=words) for name, spell in spelled.items()}
        | {name: partial(labels.worded, table, words=words) for name, table in tables.items()}
        | {"drawing": _drawing, "language": words.language_name, "web": web_address}
    )
    environment.globals.update(words=words, t=words.t, n=words.n)
    return environment


def web_address(url: str | None) -> str | None:
    """The URL when a browser may follow it: http or https with a host; None else.

    >>> web_address("https://a.example/x"), web_address("javascript:alert(1)")
    ('https://a.example/x', None)
    """
    if not url or re.search(r"[\x00-\x20\x7f]", url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def _drawing(chart: Chart) -> Markup:
    return Markup('<div class="wide">{}</div><div class="narrow">{}</div>').format(
        Markup(chart.wide), Markup(chart.narrow)
    )
