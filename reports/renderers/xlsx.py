"""An Excel workbook: one sheet a topic, frozen headings, filters, numbers as numbers."""

from __future__ import annotations

import base64
import io
import math
from datetime import UTC, datetime
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from crawler.errors import ConfigError
from reports.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.model import Report
    from reports.tables import Column, Table, Value

__all__ = ["media_type", "render", "suffix", "write"]

suffix = ".xlsx"
media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_CELL_CHARACTERS = 32_767  # Excel's limit; XlsxWriter drops longer text without a word
# Least and most characters a column is wide, and how wide where rows are not known beforehand.
_WIDTHS = {
    "text": (10, 34, 22),
    "number": (8, 16, 12),
    "share": (8, 14, 10),
    "date": (11, 17, 16),
    "long": (24, 70, 64),
}
_FACES = {"fa": "Tahoma", "gu": "Nirmala UI"}  # Calibri has no letters for these
_TOP = {"valign": "top", "font_size": 10}
_WRAPPED = _TOP | {"text_wrap": True}
_FORMATS = {
    "plain": _TOP,
    "number": _TOP | {"num_format": "#,##0.##"},
    "whole": _TOP | {"num_format": "#,##0"},
    "share": _TOP | {"num_format": "0.0%"},
    "date": _TOP | {"num_format": "yyyy-mm-dd", "align": "left"},
    "time": _TOP | {"num_format": "yyyy-mm-dd hh:mm", "align": "left"},
    "long": _WRAPPED,
    "none": _TOP | {"pattern": 14, "fg_color": "#C6CED6", "bg_color": "#FFFFFF", "italic": True},
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
_LINE_HEIGHT, _MOST_LINES = 13.2, 12  # points a line of 10 points takes; lines a row shows
_LETTERS = 1.2  # of 10 points that go into a unit of width, which is a digit of 11 points
_WIDE = 11  # columns from which a sheet is printed on A3
# Marks that keep a foreign word's direction inside a sentence: a cell has one of its own, and some
# programs draw them as boxes.
_ISOLATES = dict.fromkeys(range(0x2066, 0x206A))
_LOGO_HEIGHT = 44  # px on the first sheet


def render(report: Report) -> bytes:
    """The workbook of the report's own tables; raises ConfigError without XlsxWriter."""
    buffer = io.BytesIO()
    write(report, buffer)
    return buffer.getvalue()


def write(report: Report, out: IO[bytes], long: Iterable[Table] = ()) -> None:
    """The same into a file, with `long` tables row by row, so that memory does not grow."""
    try:
        import xlsxwriter  # noqa: PLC0415  an extra
        from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415
    except ImportError:
        raise ConfigError(
            "format xlsx needs XlsxWriter; install the extra: pip install 'cxscout[office]'"
        ) from None
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
        "remove_timezone": True,
    }
    try:
        with xlsxwriter.Workbook(out, options) as workbook:
            workbook.use_zip64()
            workbook.set_size(2400, 1400)
            workbook.set_properties(
                {"title": report.title[:255], "comments": f"Run {report.study.run}"}
            )
            book = _Book(workbook, report)
            for table in chain(tables(report), long):
                book.sheet(table)
    except FileCreateError as error:  # a full disk, in XlsxWriter's words
        raise error.args[0] from None


class _Book:
    """Draws tables as sheets in the look of the report."""

    def __init__(self, workbook: Any, report: Report) -> None:
        self.workbook, self.report, self.words = workbook, report, report.words
        accent = report.branding.accent
        self.accent = accent
        rtl = self.words.direction == "rtl"
        side: dict[str, Any] = {"align": "right", "reading_order": 2} if rtl else {}
        if face := _FACES.get(report.language):
            side["font_name"] = face
        self.formats = {
            name: workbook.add_format(style | (side if name in ("plain", "long", "none") else {}))
            for name, style in _FORMATS.items()
        }
        self.formats["title"] = workbook.add_format(
            {"bold": True, "font_size": 14, "font_color": accent} | side
        )
        heading = {"bold": True, "bottom": 1, "bottom_color": accent, "bg_color": "#E9EEF2"}
        self.head = workbook.add_format(_WRAPPED | heading | side)
        self.bands = {
            band: workbook.add_format(
                _TOP
                | {"bg_color": back, "font_color": ink, "num_format": "0", "align": "center"}
                | {"border": 1, "border_color": "#FFFFFF"}
            )
            for band, (back, ink) in _BANDS.items()
        }

    def sheet(self, table: Table) -> None:
        """One sheet: its finding on top, headings that stay, a filter over all rows."""
        sheet = self.workbook.add_worksheet(_sheet_name(table.name))
        if self.words.direction == "rtl":
            sheet.right_to_left()
        sheet.hide_gridlines(2)
        sheet.set_tab_color(self.accent)
        widths = _widths(table)
        for index, width in enumerate(widths):
            sheet.set_column(index, index, width)
        sheet.freeze_panes(_HEADER_ROW + 1, 1)
        sheet.set_landscape()
        sheet.set_paper(8 if len(widths) >= _WIDE else 9)  # A3, A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEADER_ROW)
        sheet.set_footer(f"&L{_footer(self.report)}&R&P / &N")
        sheet.set_row(0, 36 if table.key == "Summary" and self.report.branding.logo else 22)
        sheet.write_string(0, 0, _fit(table.title), self.formats["title"])
        if table.key == "Summary":
            self._logo(sheet)
        labels = tuple(column.label for column in table.columns)
        sheet.set_row(_HEADER_ROW, max(18, _height(labels, widths)))
        for index, label in enumerate(labels):
            sheet.write_string(_HEADER_ROW, index, _fit(label), self.head)
        last = self._rows(sheet, table, widths)
        sheet.autofilter(_HEADER_ROW, 0, max(last, _HEADER_ROW + 1), len(table.columns) - 1)

    def _rows(self, sheet: Any, table: Table, widths: Sequence[float]) -> int:
        marks = self._marks() if table.key == "Scoreboard" else {}
        # Rows by the hundred thousand stay one line high: XlsxWriter keeps each height in memory.
        wraps = isinstance(table.rows, tuple)
        text = self.formats["long" if wraps else "plain"]
        styles = [
            text if column.kind in ("text", "long") else self.formats[column.kind]
            for column in table.columns
        ]
        row = _HEADER_ROW
        for i, values in enumerate(table.rows):
            row = _HEADER_ROW + 1 + i
            if wraps and (height := _height(values, widths)) > _LINE_HEIGHT:
                sheet.set_row(row, height)
            for j, value in enumerate(values):
                mark = marks.get((i, j))
                self._write(sheet, (row, j), value, table.columns[j].kind, mark or styles[j])
        return row

    def _marks(self) -> dict[tuple[int, int], Any]:
        """The format of each scored cell of the scoreboard, by row and column of its table."""
        return {
            (i, j + 2): self.formats["none"] if cell.score is None else self.bands[cell.band or 0]
            for i, row in enumerate(self.report.scoreboard.rows)
            for j, cell in enumerate(row.cells)
        }

    def _logo(self, sheet: Any) -> None:
        logo = self.report.branding.logo
        if logo is None:
            return
        scale = _LOGO_HEIGHT / logo.height
        picture = io.BytesIO(base64.b64decode(logo.png))
        place = {"image_data": picture, "x_scale": scale, "y_scale": scale, "y_offset": 2}
        sheet.insert_image(0, 2, "logo.png", place | {"description": self.report.study.name[:200]})

    def _write(
        self, sheet: Any, place: tuple[int, int], value: Value, kind: str, style: Any
    ) -> None:
        if value is None or value == "":
            sheet.write_blank(*place, None, style)
        elif kind == "date" and (moment := _moment(value)) is not None:
            is_day = len(str(value)) <= 10
            sheet.write_datetime(*place, moment, self.formats["date" if is_day else "time"])
        elif isinstance(value, str):
            sheet.write_string(*place, _fit(value), style)
        elif math.isfinite(value):
            if style is self.formats["number"] and float(value).is_integer():
                style = self.formats["whole"]
            sheet.write_number(*place, value, style)
        else:
            sheet.write_string(*place, self.words.t("not known"), style)


def _moment(value: Value) -> datetime | None:
    """An ISO date or time of 1900 or later, in UTC without its zone, which Excel cannot hold."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment if moment.year >= 1900 else None


def _widths(table: Table) -> list[float]:
    """Columns as wide as nine of ten of their cells need, within limits by kind."""
    columns = table.columns
    if not isinstance(table.rows, tuple):
        return [max(_WIDTHS[c.kind][2], len(c.label) + 3) for c in columns]
    widths: list[float] = []
    for index, column in enumerate(columns):
        least, most, _ = _WIDTHS[column.kind]
        cells = sorted(_length(row[index], column) for row in table.rows)
        usual = cells[int(len(cells) * 0.9)] if cells else 0
        heading = max((len(word) for word in column.label.split()), default=0) + 4
        widths.append(max(least, heading, min(most, usual + 2)))
    return widths


def _height(values: Sequence[Value], widths: Sequence[float]) -> float:
    """Points that wrapped text needs; not every program finds the height of a row by itself."""
    most = 1
    for value, width in zip(values, widths, strict=True):
        room = max(1.0, width * _LETTERS)
        if isinstance(value, str) and len(value) > room:
            most = max(most, sum(1 + int(len(line) / room) for line in value.splitlines() or [""]))
    return min(most, _MOST_LINES) * _LINE_HEIGHT + (2 if most > 1 else 0)


def _length(value: Value, column: Column) -> int:
    if value is None:
        return 0
    if isinstance(value, str):
        return max((len(line) for line in value.splitlines()), default=0)
    return len(f"{value:,.2f}") if column.kind == "number" else 6


def _sheet_name(name: str) -> str:
    """A name that Excel takes: 31 characters, none of []:*?/\\ and no apostrophe at an end."""
    return "".join("-" if mark in "[]:*?/\\" else mark for mark in name)[:31].strip("'") or "-"


def _footer(report: Report) -> str:
    """The foot of printed sheets; & begins a code there."""
    return (report.branding.footer or report.study.name)[:200].replace("&", "&&")


def _fit(text: str) -> str:
    text = text.translate(_ISOLATES)
    return text if len(text) <= _CELL_CHARACTERS else text[: _CELL_CHARACTERS - 2] + " …"
