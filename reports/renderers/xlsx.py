"""An Excel workbook: one sheet a topic, frozen headings, filters, numbers as numbers."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from crawler.errors import ConfigError
from reports.tables import tables

if TYPE_CHECKING:
    from reports.model import Report
    from reports.tables import Table, Value

__all__ = ["media_type", "render", "suffix"]

suffix = ".xlsx"
media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_CELL_CHARACTERS = 32_767  # Excel's limit; XlsxWriter drops longer text without a word
_WIDTHS = {"text": 22, "number": 12, "share": 12, "long": 64}
_FORMATS = {
    "text": {"valign": "top"},
    "number": {"valign": "top", "num_format": "#,##0.##"},
    "share": {"valign": "top", "num_format": "0.0%"},
    "long": {"valign": "top", "text_wrap": True},
    "title": {"bold": True, "font_size": 14},
    "head": {"bold": True, "bottom": 1, "bg_color": "#E9EEF2", "text_wrap": True, "valign": "top"},
    "none": {"pattern": 14, "fg_color": "#C6CED6", "bg_color": "#FFFFFF", "italic": True},
}
# The colours of the heat map on the page, worst to best.
_BANDS = {
    -3: ("#B4530F", "#FFFFFF"),
    -2: ("#EFA963", "#16212B"),
    -1: ("#F9DCBD", "#16212B"),
    0: ("#EDF0F2", "#16212B"),
    1: ("#C3DEEF", "#16212B"),
    2: ("#74AFD6", "#16212B"),
    3: ("#1B659B", "#FFFFFF"),
}
_HEADER_ROW = 2


def render(report: Report) -> bytes:
    """The workbook; raises ConfigError without XlsxWriter."""
    try:
        import xlsxwriter  # noqa: PLC0415  an extra
    except ImportError:
        raise ConfigError(
            "format xlsx needs XlsxWriter; install the extra: pip install 'cxscout[office]'"
        ) from None
    buffer = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": report.title, "comments": f"Run {report.study.run}"})
        formats = {name: book.add_format(style) for name, style in _FORMATS.items()}
        bands = _band_formats(book)
        for table in tables(report):
            marks = _marks(report, bands, formats["none"]) if table.name == "Scoreboard" else {}
            _sheet(book, table, formats, marks)
    return buffer.getvalue()


def _band_formats(book: Any) -> dict[int, Any]:
    return {
        band: book.add_format(
            {"bg_color": back, "font_color": ink, "num_format": "0", "align": "center"}
        )
        for band, (back, ink) in _BANDS.items()
    }


def _marks(report: Report, bands: dict[int, Any], none: Any) -> dict[tuple[int, int], Any]:
    """The format of each scored cell of the scoreboard, by row and column of its table."""
    return {
        (i, j + 2): none if cell.score is None else bands.get(cell.band or 0)
        for i, row in enumerate(report.scoreboard.rows)
        for j, cell in enumerate(row.cells)
    }


def _sheet(
    book: Any, table: Table, formats: dict[str, Any], marks: dict[tuple[int, int], Any]
) -> None:
    sheet = book.add_worksheet(table.name)
    sheet.hide_gridlines(2)
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, _WIDTHS[column.kind])
    sheet.freeze_panes(_HEADER_ROW + 1, 1)
    last = _HEADER_ROW + len(table.rows)
    sheet.autofilter(_HEADER_ROW, 0, last, len(table.columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER_ROW)
    sheet.write_string(0, 0, _fit(table.title), formats["title"])
    for index, column in enumerate(table.columns):
        sheet.write_string(_HEADER_ROW, index, column.label, formats["head"])
    for i, row in enumerate(table.rows):
        for j, value in enumerate(row):
            style = marks.get((i, j)) or formats[table.columns[j].kind]
            _write(sheet, _HEADER_ROW + 1 + i, j, value, style)


def _write(sheet: Any, row: int, column: int, value: Value, style: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, str):
        sheet.write_string(row, column, _fit(value), style)
    elif math.isfinite(value):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, "not known", style)


def _fit(text: str) -> str:
    return text if len(text) <= _CELL_CHARACTERS else text[: _CELL_CHARACTERS - 2] + " …"
