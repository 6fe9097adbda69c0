"""Ten to twelve PowerPoint slides with native tables and charts, to edit and to present."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from crawler.errors import ConfigError
from reports.units import format_date, format_score, format_share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.model import BrandPage, Cell, Report, Statement

__all__ = ["media_type", "render", "suffix"]

suffix = ".pptx"
media_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

_WIDTH, _HEIGHT = 13.333, 7.5  # inches, 16:9
_LEFT, _TOP, _INNER = 0.6, 1.55, 12.13
_INK, _MUTED, _ACCENT, _WASH, _RULE = "16212B", "55636F", "0B5885", "F3F5F7", "D6DDE3"
_BANDS = {
    None: ("FFFFFF", _MUTED),
    -3: ("B4530F", "FFFFFF"),
    -2: ("EFA963", _INK),
    -1: ("F9DCBD", _INK),
    0: ("EDF0F2", _INK),
    1: ("C3DEEF", _INK),
    2: ("74AFD6", _INK),
    3: ("1B659B", "FFFFFF"),
}
_ROWS, _PLANS, _POINTS, _QUESTIONS, _THEMES = 12, 3, 4, 7, 10


def render(report: Report) -> bytes:
    """The deck; raises ConfigError without python-pptx."""
    try:
        from pptx import Presentation  # noqa: PLC0415  an extra
    except ImportError:
        raise ConfigError(
            "format pptx needs python-pptx; install the extra: pip install 'cxscout[office]'"
        ) from None
    deck = _Deck(Presentation(), report)
    deck.cover()
    deck.verdict()
    deck.scoreboard()
    deck.positions()
    deck.gaps()
    deck.plan()
    for page in _swot_pages(report):
        deck.swot(page)
    deck.questions()
    deck.themes()
    deck.ranking()
    deck.method()
    buffer = io.BytesIO()
    deck.presentation.save(buffer)
    return buffer.getvalue()


def _swot_pages(report: Report) -> Sequence[BrandPage]:
    """The own brand and the strongest competitor; both stand first in the report."""
    return report.pages[:2]


def _fit(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


class _Deck:
    """Draws slides; positions are inches from the top left."""

    def __init__(self, presentation: Any, report: Report) -> None:
        # python-pptx is an extra: its names are known only here.
        from pptx.dml.color import RGBColor  # noqa: PLC0415
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN  # noqa: PLC0415
        from pptx.util import Inches, Pt  # noqa: PLC0415

        self.presentation, self.report = presentation, report
        self.color, self.inches, self.points = RGBColor.from_string, Inches, Pt
        self.left, self.top = PP_ALIGN.LEFT, MSO_ANCHOR.TOP
        presentation.slide_width, presentation.slide_height = Inches(_WIDTH), Inches(_HEIGHT)
        presentation.core_properties.title = _fit(report.title, 200)
        presentation.core_properties.author = "cxscout"

    # What every slide is made of

    def slide(self, title: str) -> Any:
        """A slide with its finding as the title and the study in the footer."""
        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[5])
        shape = slide.shapes.title
        self._place(shape, _LEFT, 0.4, _INNER, 0.95)
        self._paragraphs(shape.text_frame, [(_fit(title, 160), 26, True, _INK)])
        shape.text_frame.vertical_anchor = self.top
        report = self.report
        footer = f"{report.study.name}, {format_date(report.created_at)}, run {report.study.run}"
        self.text(slide, _LEFT, 7.02, _INNER, 0.3, [(_fit(footer, 140), 10, False, _MUTED)])
        return slide

    def text(
        self,
        slide: Any,
        left: float,
        top: float,
        width: float,
        height: float,
        lines: Sequence[tuple[str, int, bool, str]],
    ) -> Any:
        """A text box of (text, points, bold, colour) paragraphs."""
        box = slide.shapes.add_textbox(*map(self.inches, (left, top, width, height)))
        self._paragraphs(box.text_frame, lines)
        return box

    def _place(self, shape: Any, left: float, top: float, width: float, height: float) -> None:
        shape.left, shape.top = self.inches(left), self.inches(top)
        shape.width, shape.height = self.inches(width), self.inches(height)

    def _paragraphs(self, frame: Any, lines: Sequence[tuple[str, int, bool, str]]) -> None:
        frame.word_wrap = True
        for index, (text, size, bold, color) in enumerate(lines):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.alignment = self.left
            paragraph.space_after = self.points(size * 0.35)
            run = paragraph.add_run()
            run.text = text
            run.font.size, run.font.bold = self.points(size), bold
            run.font.color.rgb = self.color(color)
            run.font.name = "Calibri"

    def table(
        self,
        slide: Any,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        size: int = 12,
        fills: dict[tuple[int, int], tuple[str, str]] | None = None,
    ) -> None:
        """A native table; `fills` has (background, ink) by row and column."""
        height = min(5.2, 0.38 * (len(rows) + 1))
        frame = slide.shapes.add_table(
            len(rows) + 1, len(head), *map(self.inches, (_LEFT, _TOP, sum(widths), height))
        )
        table = frame.table
        table.horz_banding = False
        for index, width in enumerate(widths):
            table.columns[index].width = self.inches(width)
        for column, label in enumerate(head):
            self._cell(table.cell(0, column), label, size - 1, True, ("FFFFFF", _MUTED))
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                fill = (fills or {}).get((i, j), ("FFFFFF", _INK))
                self._cell(table.cell(i + 1, j), text, size, j == 0, fill)

    def _cell(self, cell: Any, text: str, size: int, bold: bool, fill: tuple[str, str]) -> None:
        cell.fill.solid()
        cell.fill.fore_color.rgb = self.color(fill[0])
        cell.margin_top = cell.margin_bottom = self.inches(0.03)
        self._paragraphs(cell.text_frame, [(text, size, bold, fill[1])])
        cell.text_frame.paragraphs[0].space_after = self.points(0)

    def bars(
        self,
        slide: Any,
        names: Sequence[str],
        series: Mapping[str, Sequence[float | None]],
        form: str,
    ) -> None:
        """A native clustered bar chart; the first series is ours."""
        from pptx.chart.data import CategoryChartData  # noqa: PLC0415
        from pptx.enum.chart import (  # noqa: PLC0415
            XL_CHART_TYPE,
            XL_LEGEND_POSITION,
            XL_TICK_LABEL_POSITION,
        )

        values = CategoryChartData(number_format=form)
        values.categories = list(reversed(names))
        for name, numbers in series.items():
            values.add_series(name, list(reversed(numbers)))
        place = map(self.inches, (_LEFT, _TOP, _INNER, 5.3))
        frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *place, values)
        chart = frame.chart
        chart.has_legend, chart.legend.position = True, XL_LEGEND_POSITION.TOP
        chart.legend.include_in_layout = False
        chart.font.size = self.points(12)
        chart.font.color.rgb = self.color(_INK)
        plot = chart.plots[0]
        plot.gap_width, plot.overlap, plot.has_data_labels = 60, -5, True
        plot.data_labels.font.size, plot.data_labels.number_format = self.points(10), form
        plot.data_labels.number_format_is_linked = False
        chart.value_axis.has_major_gridlines = False
        chart.value_axis.visible = False
        chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        for drawn, color in zip(plot.series, (_ACCENT, "8A96A1", "C3DEEF"), strict=False):
            drawn.format.fill.solid()
            drawn.format.fill.fore_color.rgb = self.color(color)
            drawn.invert_if_negative = False

    # The slides

    def cover(self) -> None:
        """Title, study, market, dates."""
        report = self.report
        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[5])
        self._place(slide.shapes.title, _LEFT, 2.2, _INNER, 1.6)
        self._paragraphs(slide.shapes.title.text_frame, [(_fit(report.title, 120), 40, True, _INK)])
        collected = format_date(report.study.started_at)
        lines = [
            (_fit(report.study.name, 120), 20, False, _ACCENT),
            (f"{report.study.market}; collected {collected}", 14, False, _MUTED),
        ]
        self.text(slide, _LEFT, 3.9, _INNER, 1.2, lines)

    def verdict(self) -> None:
        """The judgments, and what is not known."""
        slide = self.slide("What matters")
        lines = []
        for number, judgment in enumerate(self.report.judgments, start=1):
            lines.append((f"{number}  {_fit(judgment.finding, 200)}", 14, True, _INK))
            lines.append((_fit(judgment.for_us, 190), 12, False, _ACCENT))
        lines = lines or [("There is too little data for a judgment.", 16, False, _MUTED)]
        self.text(slide, _LEFT, 1.3, _INNER, 4.9, lines)
        unknown = "Not known: " + " ".join(self.report.unknowns)
        if self.report.unknowns:
            self.text(slide, _LEFT, 6.4, _INNER, 0.5, [(_fit(unknown, 260), 11, False, _MUTED)])

    def scoreboard(self) -> None:
        """Brands x dimensions as a native table in the colours of the heat map."""
        board = self.report.scoreboard
        slide = self.slide(board.title)
        rows = board.rows[:_ROWS]
        texts = [[_fit(r.domain, 28), *(_score(c) for c in r.cells)] for r in rows]
        texts.append(["Market median", *(format_score(d.median) for d in board.dimensions)])
        fills = {
            (i, j + 1): _BANDS[cell.band]
            for i, row in enumerate(rows)
            for j, cell in enumerate(row.cells)
        }
        each = (_INNER - 2.6) / max(1, len(board.dimensions))
        head = ["Brand", *(d.label for d in board.dimensions)]
        self.table(slide, head, texts, [2.6, *(each for _ in board.dimensions)], fills=fills)
        note = "Score of 100, coverage in brackets; colour: distance from the median of competitors"
        self.text(slide, _LEFT, 6.72, _INNER, 0.3, [(note, 10, False, _MUTED)])

    def positions(self) -> None:
        """Own, median and best per dimension as a native chart."""
        positions = self.report.positions
        if not positions:
            return
        series = {
            "Us": [p.own for p in positions],
            "Median of competitors": [p.median for p in positions],
            "Best competitor": [p.best for p in positions],
        }
        slide = self.slide(self.report.positions_title)
        self.bars(slide, [p.label for p in positions], series, "0")

    def gaps(self) -> None:
        """The ranked gaps as a native table."""
        slide = self.slide(self.report.gaps_title)
        rows = [
            [
                *(f"{g.position}  {g.label}", g.own_text, g.median_text),
                _fit(g.best_text + (f" ({g.best_brand})" if g.best_brand else ""), 40),
                *(f"{g.impact:.2g}", g.effort, g.stage, g.confidence),
            ]
            for g in self.report.gaps[:_ROWS]
        ]
        head = ["Gap", "Us", "Median", "Best", "Impact", "Effort", "Stage", "Confidence"]
        if rows:
            self.table(slide, head, rows, [3.2, 1.5, 1.5, 2.2, 0.8, 0.9, 1.1, 0.93])

    def plan(self) -> None:
        """Tactic, goal, measure and date of the first gaps, side by side."""
        gaps = self.report.gaps[:_PLANS]
        if not gaps:
            return
        slide = self.slide("What to do first")
        width = _INNER / len(gaps)
        for index, gap in enumerate(gaps):
            lines = [
                (f"{gap.position}  {gap.label}", 18, True, _INK),
                (_fit(gap.text, 160), 13, False, _MUTED),
                *((f"– {_fit(step, 110)}", 13, False, _INK) for step in gap.tactic[:5]),
                (f"Goal: {_fit(gap.goal, 150)}", 13, True, _ACCENT),
                (f"Measure: {_fit(gap.kpi, 80)}, target {gap.target_text}", 12, False, _INK),
                (f"Review: {format_date(gap.review_date)}", 12, False, _INK),
            ]
            self.text(slide, _LEFT + index * width, _TOP, width - 0.3, 5.2, lines)

    def swot(self, page: BrandPage) -> None:
        """Two by two boxes, each a native shape with text to edit."""
        slide = self.slide(page.title)
        quadrants = (
            ("Strengths", page.swot.strengths, 0, 0),
            ("Weaknesses", page.swot.weaknesses, 1, 0),
            ("Opportunities", page.swot.opportunities, 0, 1),
            ("Threats", page.swot.threats, 1, 1),
        )
        for title, statements, column, row in quadrants:
            box = self.text(
                slide,
                *(_LEFT + column * 6.12, _TOP + row * 2.68, 6.0, 2.58),
                [(title, 15, True, _ACCENT), *_points(statements)],
            )
            box.fill.solid()
            box.fill.fore_color.rgb = self.color(_WASH)

    def questions(self) -> None:
        """Three columns: we miss, nobody answers, only we answer."""
        questions = self.report.questions
        slide = self.slide(questions.title)
        parts = (
            ("We miss", questions.we_miss),
            ("Nobody answers", questions.nobody),
            ("Only we answer", questions.only_we),
        )
        for index, (title, listed) in enumerate(parts):
            lines = [(f"{title}: {len(listed)}", 17, True, _ACCENT)]
            lines += [(_fit(q.text, 110), 13, False, _INK) for q in listed[:_QUESTIONS]]
            self.text(slide, _LEFT + index * 4.08, _TOP, 3.9, 5.2, lines)

    def themes(self) -> None:
        """Net sentiment per theme, ours and the market's, as a native chart."""
        themes = [t for t in self.report.voice.themes if t.market.net is not None][:_THEMES]
        slide = self.slide(self.report.voice.title)
        if themes:
            series = {
                "Us": [t.own.net for t in themes],
                "Competitors": [t.market.net for t in themes],
            }
            self.bars(slide, [t.label for t in themes], series, "+0%;-0%;0%")
        self.text(slide, _LEFT, 6.72, _INNER, 0.3, [(self.report.voice.note, 10, False, _MUTED)])

    def ranking(self) -> None:
        """Who ranks, as a native table."""
        slide = self.slide(self.report.ranking_title)
        rows = [
            [
                _fit(b.domain, 32),
                b.kind_label,
                b.visibility_text,
                str(b.keywords),
                _fit(b.reason, 80),
            ]
            for b in self.report.brands[:_ROWS]
        ]
        if rows:
            head = ["Site", "Kind", "Share of clicks", "Keywords", "Why"]
            self.table(slide, head, rows, [2.9, 2.2, 1.5, 1.1, 4.43])

    def method(self) -> None:
        """How it was collected, and how numbers came to be."""
        slide = self.slide("How this was collected, and how the numbers came to be")
        facts = [
            (f"{f.label}: {_fit(f.value, 90)}", 12, False, _INK)
            for f in self.report.collection.facts
        ]
        notes = [(f"– {_fit(n, 150)}", 11, False, _MUTED) for n in self.report.method.notes]
        self.text(slide, _LEFT, 1.35, 5.6, 5.5, facts)
        self.text(slide, 6.5, 1.35, 6.2, 5.5, notes)


def _score(cell: Cell) -> str:
    return f"{cell.text} ({format_share(cell.coverage)})" if cell.text else cell.words


def _points(statements: Sequence[Statement]) -> list[tuple[str, int, bool, str]]:
    if not statements:
        return [("No rule fired on what could be seen.", 12, False, _MUTED)]
    return [(f"– {_fit(s.text, 125)}", 12, False, _INK) for s in statements[:_POINTS]]
