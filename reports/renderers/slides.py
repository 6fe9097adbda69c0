"""What slides are made of: text that fits its box, native tables and charts, mirrored for
right-to-left languages. `pptx` says what stands on which slide.

Lengths are inches from the side on which reading begins; sizes of text are points.
"""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.model import Report

__all__ = [
    "BANDS",
    "INK",
    "MUTED",
    "RULE",
    "WASH",
    "Cell",
    "Deck",
    "Line",
    "cut",
    "height_of",
    "height_of_table",
]

WIDTH, HEIGHT = 13.333, 7.5  # 16:9
LEFT, TOP, INNER, BOTTOM = 0.6, 1.5, 12.13, 6.95
INK, MUTED, WASH, RULE, PAPER = "16212B", "55636F", "F3F5F7", "D6DDE3", "FFFFFF"
# The colours of the heat map on the page: background and ink by distance from the median.
BANDS: dict[int | None, tuple[str, str]] = {
    None: (PAPER, MUTED),
    -3: ("B4530F", "FFFFFF"),
    -2: ("EFA963", INK),
    -1: ("F9DCBD", INK),
    0: ("EDF0F2", INK),
    1: ("C3DEEF", INK),
    2: ("74AFD6", INK),
    3: ("1B659B", "FFFFFF"),
}
_LINE, _TALL_LINE = 1.2, 1.42  # height of a line, in its size; of scripts with marks above
_TALL = re.compile("[\u0590-\u08ff\u0900-\u0dff\ufb50-\ufefc]")
_SMALLEST = 9
_TALLEST_LOGO, _WIDEST_LOGO = 0.5, 1.9
_RTL_LETTER = re.compile("[\u0590-\u08ff\ufb50-\ufefc]")
# Width of a letter in its size, of Calibri and its kin; wide enough for most others.
_NARROW, _BROAD = set("iljtfrI.,:;'|!()[] -"), set("mwMW@%&—…")
# Typefaces of Office for scripts that Calibri lacks; tags by which it spells and hyphenates.
_FACES = {"fa": "Tahoma", "gu": "Nirmala UI"}
_TAGS = {
    "en": "en-GB",
    "kmr": "ku-Latn-TR",
    "sw": "sw-KE",
    "fa": "fa-IR",
    "gu": "gu-IN",
    "mn": "mn-MN",
    "de": "de-DE",
    "fr": "fr-FR",
    "es": "es-ES",
}
# "No style, no grid": what a table looks like is said cell by cell.
_TABLE_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph; `tail` is said after it, smaller and muted."""

    text: str
    size: float = 12
    bold: bool = False
    color: str = INK
    bullet: bool = False
    tail: str = ""
    centered: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: paragraphs on a fill; `hatched` for what is not known."""

    lines: tuple[Line, ...]
    fill: str = PAPER
    hatched: bool = False


def cut(text: str, limit: int) -> str:
    """The text on one line, with an ellipsis where it is longer than `limit`.

    >>> cut("a  long\\nsentence", 8)
    'a long…'
    """
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def height_of(lines: Sequence[Line], width: float) -> float:
    """Inches that paragraphs need in a box of this inner width, by an estimate on the safe side."""
    points = sum(
        _rows(line, width) * line.size * (_TALL_LINE if _TALL.search(line.text) else _LINE)
        + line.size * 0.35
        for line in lines
    )
    return points / 72


def _longest_word(line: Line) -> float:
    """Points that the longest word takes, which must not be broken."""
    words = line.text.split()
    broad = max((sum(map(_em, word)) for word in words), default=0.0)
    return broad * line.size * (1.05 if line.bold else 1)


def _rows(line: Line, width: float) -> int:
    """Lines that a paragraph takes when words are wrapped."""
    room = width * 72 / line.size - (1.2 if line.bullet else 0)
    text = f"{line.text}  {line.tail}" if line.tail else line.text
    rows, used = 1, 0.0
    for word in text.split():
        need = sum(map(_em, word)) * (1.05 if line.bold else 1)
        if used and used + 0.25 + need > room:
            rows, used = rows + 1, 0.0
        used += need + (0.25 if used else 0)
        while used > room:  # a word longer than the line is broken
            rows, used = rows + 1, used - room
    return rows


def _em(letter: str) -> float:
    if letter in _NARROW:
        return 0.3
    if letter in _BROAD:
        return 0.85
    if _TALL.match(letter):
        return 0.58
    if "\u2e80" <= letter <= "\uffdc":
        return 1.0
    return 0.6 if letter.isupper() else 0.52


def _shrunk(lines: Sequence[Line], width: float, height: float) -> list[Line]:
    """The lines in the largest size that fits; fewer lines where even the smallest does not."""
    for percent in range(100, 70, -5):
        sized = [replace(line, size=max(_SMALLEST, line.size * percent / 100)) for line in lines]
        if height_of(sized, width) <= height:
            return sized
    while len(sized) > 1 and height_of(sized, width) > height:
        sized.pop()
    return sized


def _title(text: str, size: float, width: float, height: float) -> Line:
    """A title on one line where a slightly smaller size allows it, else in the size that fits."""
    for smaller in (size, size - 2, size - 4):
        if _rows(Line(text, smaller, bold=True), width) == 1:
            return Line(text, smaller, bold=True)
    return _shrunk([Line(text, size, bold=True)], width, height)[0]


class Deck:
    """A presentation in the look and the language of a report."""

    def __init__(self, presentation: Any, report: Report) -> None:
        # python-pptx is an extra: its names are known only here.
        from pptx.dml.color import RGBColor  # noqa: PLC0415
        from pptx.enum.text import MSO_ANCHOR  # noqa: PLC0415
        from pptx.util import Inches, Pt  # noqa: PLC0415

        self.presentation, self.report, self.words = presentation, report, report.words
        self.rtl = self.words.direction == "rtl"
        self.accent = report.branding.accent.removeprefix("#").upper()
        self.color, self.inches, self.points = RGBColor.from_string, Inches, Pt
        self.top, self.middle = MSO_ANCHOR.TOP, MSO_ANCHOR.MIDDLE
        presentation.slide_width, presentation.slide_height = Inches(WIDTH), Inches(HEIGHT)
        properties = presentation.core_properties
        properties.title, properties.author = cut(report.title, 200), "cxscout"
        properties.language = _TAGS[report.language]
        self._widen_layouts()
        self._color_theme()

    def _widen_layouts(self) -> None:
        """The template is 4:3: what one adds by hand must find its place on 16:9."""
        wider = WIDTH / 10
        layouts = (
            layout for master in self.presentation.slide_masters for layout in master.slide_layouts
        )
        for holder in (*self.presentation.slide_masters, *layouts):
            for shape in holder.shapes:
                if shape.has_text_frame and shape._element.spPr.xfrm is not None:
                    shape.left, shape.width = int(shape.left * wider), int(shape.width * wider)

    def _color_theme(self) -> None:
        """New shapes and charts that one adds by hand take the accent as well."""
        for part in self.presentation.part.package.iter_parts():
            if part.partname.startswith("/ppt/theme/"):
                accent = f'<a:accent1><a:srgbClr val="{self.accent}"/></a:accent1>'
                theme = re.sub(r"<a:accent1>.*?</a:accent1>", accent, part.blob.decode(), count=1)
                part._blob = theme.encode()

    # Slides

    def slide(self, title: str, *, size: float = 26) -> Any:
        """A slide with its finding as the title, the logo, a footer and its number."""
        slide = self._blank(title, (LEFT, 0.36, INNER - self._logo_width(), 1.0), size)
        self._put_logo(slide, LEFT + INNER - self._logo_width() + 0.2, 0.42)
        report = self.report
        footer = report.branding.footer or self.words.t(
            "{study}, {date}, run {run}",
            study=report.study.name,
            date=self.words.date(report.created_at),
            run=report.study.run,
        )
        self.text(slide, (LEFT, 7.04, INNER - 1, 0.3), [Line(cut(footer, 150), 10, color=MUTED)])
        number = self.words.number(len(self.presentation.slides))
        place = (LEFT + INNER - 0.8, 7.04, 0.8, 0.3)
        self.text(slide, place, [Line(number, 10, color=MUTED)], at_end=True)
        return slide

    def cover(self, title: str) -> Any:
        """The first slide: a band in the accent, the logo, the title."""
        slide = self._blank(title, (LEFT + 0.1, 1.95, INNER - 0.4, 1.5), 38)
        slide.shapes.title.text_frame.vertical_anchor = self.middle
        band = self._rectangle(slide, (0, 0, 0.22, HEIGHT), self.accent)
        slide.shapes._spTree.remove(band._element)
        slide.shapes._spTree.insert(2, band._element)  # behind the title
        self._put_logo(slide, LEFT + 0.1, 0.75, scale=1.7)
        return slide

    def _blank(self, title: str, place: tuple[float, float, float, float], size: float) -> Any:
        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[5])
        self._place(slide.shapes.title, place)
        frame = slide.shapes.title.text_frame
        self._fill(frame, [_title(cut(title, 220), size, place[2] - 0.2, place[3])])
        frame.vertical_anchor = self.top
        return slide

    def _logo_width(self) -> float:
        return _WIDEST_LOGO + 0.3 if self.report.branding.logo else 0.0

    def _put_logo(self, slide: Any, left: float, top: float, scale: float = 1) -> None:
        logo = self.report.branding.logo
        if logo is None:
            return
        fit = min(_TALLEST_LOGO / logo.height, _WIDEST_LOGO / logo.width) * scale
        wide, high = logo.width * fit, logo.height * fit
        at_end = left + (_WIDEST_LOGO - wide if scale == 1 else 0)
        picture = slide.shapes.add_picture(
            io.BytesIO(base64.b64decode(logo.png)),
            *map(self.inches, (self._from(at_end, wide), top, wide, high)),
        )
        self.describe(picture, self.report.study.brand or self.report.study.name)

    def notes(self, slide: Any, lines: Sequence[str]) -> None:
        """What the speaker finds below the slide."""
        slide.notes_slide.notes_text_frame.text = "\n".join(lines)

    # Text

    def text(
        self,
        slide: Any,
        place: tuple[float, float, float, float],
        lines: Sequence[Line],
        *,
        fill: str | None = None,
        at_end: bool = False,
    ) -> Any:
        """A text box whose text is made to fit."""
        box = slide.shapes.add_textbox(0, 0, 0, 0)
        self._place(box, place)
        self._fill(box.text_frame, _shrunk(lines, place[2] - 0.22, place[3] - 0.1), at_end=at_end)
        if fill:
            box.fill.solid()
            box.fill.fore_color.rgb = self.color(fill)
        return box

    def _fill(self, frame: Any, lines: Sequence[Line], *, at_end: bool = False) -> None:
        frame.word_wrap = True
        for index, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.space_after = self.points(line.size * 0.3)
            end = at_end != self.rtl
            side = "ctr" if line.centered else "r" if end else "l"
            settings = paragraph._p.get_or_add_pPr()
            settings.set("algn", side)
            if self.rtl:
                settings.set("rtl", "1")
            if line.bullet:
                self._bullet(settings, line.size)
            self._run(paragraph, line.text, line.size, line.bold, line.color)
            if line.tail:
                small = max(_SMALLEST, line.size - 2)
                self._run(paragraph, f"  {line.tail}", small, False, MUTED)

    def _bullet(self, settings: Any, size: float) -> None:
        indent = str(int(size * 12_700 * 1.0))
        settings.set("marL", indent)
        settings.set("indent", f"-{indent}")
        mark = settings.makeelement(f"{{{_A}}}buChar", {"char": "•"})
        settings.append(mark)

    def _run(self, paragraph: Any, text: str, size: float, bold: bool, color: str) -> None:
        run = paragraph.add_run()
        if self.rtl and not _RTL_LETTER.search(text) and re.search("[A-Za-z]", text):
            text = f"\u200e{text}\u200e\u200f"  # else its closing mark jumps to the other end
        run.text = text
        run.font.size, run.font.bold = self.points(size), bold
        run.font.color.rgb = self.color(color)
        run.font.name = "Calibri"
        settings = run._r.get_or_add_rPr()
        settings.set("lang", _TAGS[self.report.language])
        if face := _FACES.get(self.report.language):
            settings.append(settings.makeelement(f"{{{_A}}}cs", {"typeface": face}))

    def _place(self, shape: Any, place: tuple[float, float, float, float]) -> None:
        left, top, width, height = place
        shape.left, shape.top = self.inches(self._from(left, width)), self.inches(top)
        shape.width, shape.height = self.inches(width), self.inches(height)

    def _from(self, left: float, width: float) -> float:
        """The left edge: distances count from the right where reading begins there."""
        return WIDTH - left - width if self.rtl else left

    def _rectangle(self, slide: Any, place: tuple[float, float, float, float], fill: str) -> Any:
        shape = slide.shapes.add_shape(1, 0, 0, 0, 0)
        self._place(shape, place)
        shape.fill.solid()
        shape.fill.fore_color.rgb = self.color(fill)
        shape.line.fill.background()
        shape._element.remove(shape._element.find(f"{{{_P}}}style"))  # it casts a shadow
        return shape

    def legend(self, slide: Any, top: float, first: str, last: str) -> None:
        """The bands of the heat map from worst to best, between two words."""
        width = sum(map(_em, first)) * 10 / 72 + 0.3
        self.text(slide, (LEFT, top, width, 0.28), [Line(first, 10, color=MUTED)])
        left = LEFT + width
        for step, band in enumerate(range(-3, 4)):
            self._rectangle(slide, (left + step * 0.3, top + 0.08, 0.28, 0.15), BANDS[band][0])
        self.text(slide, (left + 2.12, top, 9, 0.28), [Line(last, 10, color=MUTED)])

    def describe(self, shape: Any, text: str) -> None:
        """What is read aloud to those who cannot see the shape."""
        named = shape._element.xpath(".//p:cNvPr")
        if named:
            named[0].set("descr", cut(text, 400))

    # Tables

    def table(
        self,
        slide: Any,
        rows: Sequence[Sequence[Cell]],
        widths: Sequence[float],
        *,
        left: float = LEFT,
        top: float = TOP,
        bottom: float = BOTTOM,
        label: str,
        least: float = 0.3,
        most: float = 1.3,
    ) -> int:
        """A native table whose first row is its head; returns how many rows found room.

        Text grows up to `most` times to fill the room, and shrinks before a row is left out.
        """
        sized, heights = _table_that_fits(rows, widths, bottom - top, least, most)
        if len(sized) < len(rows) and len(sized) < 2:
            return 0
        frame = slide.shapes.add_table(len(sized), len(widths), 0, 0, 0, 0)
        self._place(frame, (left, top, sum(widths), sum(heights)))
        self.describe(frame, label)
        table = frame.table
        self._style(table)
        # Columns are put in from the right themselves: not every program heeds a table's `rtl`.
        order = range(len(widths))[:: -1 if self.rtl else 1]
        for index, width in zip(order, widths, strict=True):
            table.columns[index].width = self.inches(width)
        for i, row in enumerate(sized):
            table.rows[i].height = self.inches(heights[i])
            is_long = any(len(c.lines) > 2 or c.lines[0].bullet for c in row)
            for j, cell in zip(order, row, strict=True):
                place = table.cell(i, j)
                self._cell(place, cell, head=i == 0)
                place.vertical_anchor = self.top if is_long else self.middle
        return len(sized)

    def _style(self, table: Any) -> None:
        table.horz_banding = False
        settings = table._tbl.tblPr
        settings.find(f"{{{_A}}}tableStyleId").text = _TABLE_STYLE

    def _cell(self, place: Any, cell: Cell, *, head: bool) -> None:
        if cell.hatched:
            place.fill.patterned()
            place.fill.pattern = 22  # wide upward diagonal
            place.fill.fore_color.rgb = self.color(RULE)
            place.fill.back_color.rgb = self.color(PAPER)
        else:
            place.fill.solid()
            place.fill.fore_color.rgb = self.color(cell.fill)
        place.margin_top = place.margin_bottom = self.inches(0.035)
        place.margin_left = place.margin_right = self.inches(0.08)
        self._fill(place.text_frame, cell.lines)
        place.text_frame.paragraphs[-1].space_after = self.points(0)
        self._underline(place._tc.get_or_add_tcPr(), MUTED if head else RULE)

    def _underline(self, settings: Any, color: str) -> None:
        line = settings.makeelement(f"{{{_A}}}lnB", {"w": "9525"})
        solid = line.makeelement(f"{{{_A}}}solidFill", {})
        solid.append(solid.makeelement(f"{{{_A}}}srgbClr", {"val": color}))
        line.append(solid)
        settings.insert(0, line)

    # Charts

    def bars(
        self,
        slide: Any,
        place: tuple[float, float, float, float],
        names: Sequence[str],
        series: Mapping[str, Sequence[float | None]],
        form: str,
        *,
        label: str,
        colors: Sequence[str],
        marked: Sequence[bool] = (),
    ) -> None:
        """A native bar chart, first name on top, a colour a series, `marked` ones in the accent."""
        from pptx.enum.chart import XL_CHART_TYPE, XL_TICK_LABEL_POSITION  # noqa: PLC0415

        # Bars are drawn from the bottom: names and series go in from the last.
        back = dict(reversed([(name, list(reversed(values))) for name, values in series.items()]))
        chart = self._chart(
            slide, place, XL_CHART_TYPE.BAR_CLUSTERED, list(reversed(names)), back, form, label
        )
        plot = chart.plots[0]
        plot.gap_width, plot.overlap, plot.has_data_labels = 55, -5, True
        self._labels(plot.data_labels, form)
        chart.value_axis.has_major_gridlines = False
        chart.value_axis.visible = False
        chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        chart.category_axis.format.line.color.rgb = self.color(RULE)
        chart.category_axis.has_major_gridlines = False
        chart.value_axis.reverse_order = self.rtl
        for drawn, color in zip(plot.series, reversed(colors), strict=True):
            drawn.format.fill.solid()
            drawn.format.fill.fore_color.rgb = self.color(color)
            drawn.invert_if_negative = False
            for index, is_marked in enumerate(reversed(marked)):
                if is_marked:
                    fill = drawn.points[index].format.fill
                    fill.solid()
                    fill.fore_color.rgb = self.color(self.accent)

    def dots(
        self,
        slide: Any,
        place: tuple[float, float, float, float],
        names: Sequence[str],
        series: Mapping[str, Sequence[float | None]],
        intervals: Sequence[tuple[float, float]],
        *,
        label: str,
    ) -> None:
        """A native chart of marks from 0 to 100, a column a name, joined from the lowest to the
        highest; the first series is ours and has `intervals` below and above."""
        from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE  # noqa: PLC0415

        chart = self._chart(slide, place, XL_CHART_TYPE.LINE_MARKERS, names, series, "0", label)
        axis = chart.value_axis
        axis.minimum_scale, axis.maximum_scale, axis.major_unit = 0, 100, 25
        axis.major_gridlines.format.line.color.rgb = self.color(RULE)
        axis.format.line.fill.background()
        axis.tick_labels.font.size = self.points(11)
        axis.tick_labels.font.color.rgb = self.color(MUTED)
        chart.category_axis.format.line.color.rgb = self.color(RULE)
        chart.category_axis.reverse_order = self.rtl
        looks = (
            (XL_MARKER_STYLE.CIRCLE, 13, self.accent, self.accent),
            (XL_MARKER_STYLE.DASH, 13, INK, INK),
            (XL_MARKER_STYLE.DIAMOND, 12, "74AFD6", INK),
        )
        for drawn, (style, size, fill, edge) in zip(chart.plots[0].series, looks, strict=True):
            drawn.smooth = False
            drawn.format.line.fill.background()
            drawn.marker.style, drawn.marker.size = style, size
            drawn.marker.format.fill.solid()
            drawn.marker.format.fill.fore_color.rgb = self.color(fill)
            drawn.marker.format.line.color.rgb = self.color(edge)
        ours = chart.plots[0].series[0]
        from pptx.enum.chart import XL_LABEL_POSITION  # noqa: PLC0415

        self._labels(ours.data_labels, "0")
        ours.data_labels.position = XL_LABEL_POSITION.RIGHT
        ours.data_labels.font.bold = True
        _join(chart, MUTED)
        _whiskers(ours, intervals, self.accent)

    def _chart(
        self,
        slide: Any,
        place: tuple[float, float, float, float],
        kind: Any,
        names: Sequence[str],
        series: Mapping[str, Sequence[float | None]],
        form: str,
        label: str,
    ) -> Any:
        from pptx.chart.data import CategoryChartData  # noqa: PLC0415
        from pptx.enum.chart import XL_LEGEND_POSITION  # noqa: PLC0415

        values = CategoryChartData(number_format=form)
        values.categories = names
        for name, numbers in series.items():
            values.add_series(name, numbers)
        frame = slide.shapes.add_chart(kind, 0, 0, 0, 0, values)
        self._place(frame, place)
        self.describe(frame, label)
        chart = frame.chart
        chart.has_title = False
        chart.has_legend = len(series) > 1
        if chart.has_legend:
            chart.legend.position = XL_LEGEND_POSITION.TOP
            chart.legend.include_in_layout = False
        chart.font.size, chart.font.name = self.points(12), "Calibri"
        chart.font.color.rgb = self.color(INK)
        return chart

    def _labels(self, labels: Any, form: str) -> None:
        labels.show_value = True
        labels.font.size, labels.number_format = self.points(11), form
        labels.number_format_is_linked = False


def _table_that_fits(
    rows: Sequence[Sequence[Cell]],
    widths: Sequence[float],
    room: float,
    least: float,
    most: float,
) -> tuple[list[list[Cell]], list[float]]:
    """The rows in the largest text that fits into `room` inches, with their heights."""
    for percent in range(round(most * 100), 75, -5):
        sized = [[_scaled(cell, percent / 100) for cell in row] for row in rows]
        whole = [
            [_unbroken(cell, width) for cell, width in zip(row, widths, strict=True)]
            for row in sized
        ]
        heights = [_row_height(row, widths, least) for row in whole]
        if sum(heights) <= room and (percent <= 100 or whole == sized):
            looser = min(1.35, room / sum(heights))
            return whole, [height * looser for height in heights]
    while len(whole) > 1 and sum(heights) > room:
        whole.pop()
        heights.pop()
    return whole, heights


def height_of_table(rows: Sequence[Sequence[Cell]], widths: Sequence[float]) -> float:
    """Inches that a table needs in the sizes that its cells ask for."""
    return sum(_row_height(row, widths, 0.3) for row in rows)


def _row_height(row: Sequence[Cell], widths: Sequence[float], least: float) -> float:
    cells = zip(row, widths, strict=True)
    return max(least, *(height_of(cell.lines, width - 0.16) + 0.07 for cell, width in cells))


def _unbroken(cell: Cell, width: float) -> Cell:
    """The cell with lines small enough for their longest word, down to the smallest size."""
    room = (width - 0.18) * 72
    lines = tuple(
        replace(line, size=max(_SMALLEST - 1, line.size * min(1, room / need)))
        if (need := _longest_word(line)) > room
        else line
        for line in cell.lines
    )
    return replace(cell, lines=lines)


def _scaled(cell: Cell, share: float) -> Cell:
    lines = tuple(replace(line, size=max(_SMALLEST, line.size * share)) for line in cell.lines)
    return replace(cell, lines=lines)


_C = "http://schemas.openxmlformats.org/drawingml/2006/chart"


def _join(chart: Any, color: str) -> None:
    """Lines from the lowest to the highest mark of each name, behind the marks."""
    plot = chart.plots[0]._element
    joined = _element(plot, "hiLowLines", _stroke(color, 19_050))
    marker = plot.find(f"{{{_C}}}marker")
    if marker is not None:
        marker.addprevious(joined)
    else:
        plot.find(f"{{{_C}}}axId").addprevious(joined)


def _whiskers(series: Any, intervals: Sequence[tuple[float, float]], color: str) -> None:
    """Error bars, in points below and above each value."""
    bars = _element(series._element, "errBars", "")
    for tag, value in (
        ("errDir", "y"),
        ("errBarType", "both"),
        ("errValType", "cust"),
        ("noEndCap", "0"),
    ):
        bars.append(bars.makeelement(f"{{{_C}}}{tag}", {"val": value}))
    for tag, side in (("plus", 1), ("minus", 0)):
        points = "".join(
            f'<c:pt idx="{i}"><c:v>{pair[side]:.2f}</c:v></c:pt>'
            for i, pair in enumerate(intervals)
        )
        count = f'<c:ptCount val="{len(intervals)}"/>'
        bars.append(
            _element(
                bars,
                tag,
                f"<c:numLit><c:formatCode>General</c:formatCode>{count}{points}</c:numLit>",
            )
        )
    bars.append(_element(bars, "spPr", _stroke(color, 15_875, bare=True)))
    anchor = series._element.find(f"{{{_C}}}cat")
    anchor.addprevious(bars)


def _stroke(color: str, width: int, *, bare: bool = False) -> str:
    line = f'<a:ln w="{width}"><a:solidFill><a:srgbClr val="{color}"/></a:solidFill></a:ln>'
    return line if bare else f"<c:spPr>{line}</c:spPr>"


def _element(parent: Any, tag: str, inner: str) -> Any:
    """A chart element with this markup, which is ours alone, in it."""
    from pptx.oxml import parse_xml  # noqa: PLC0415

    return parse_xml(f'<c:{tag} xmlns:c="{_C}" xmlns:a="{_A}">{inner}</c:{tag}>')
