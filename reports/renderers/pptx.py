"""Ten to twelve PowerPoint slides with native tables and charts, to edit and to present."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from crawler.errors import ConfigError
from reports import labels
from reports.renderers.slides import (
    BANDS,
    BOTTOM,
    INK,
    INNER,
    LEFT,
    MUTED,
    TOP,
    WASH,
    Cell,
    Deck,
    Line,
    cut,
    height_of_table,
)
from reports.units import format_count, format_date, format_difference, format_score, format_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.model import (
        BrandPage,
        Gap,
        GapFollowUp,
        OwnNumber,
        Question,
        Report,
        ScoreboardRow,
        Statement,
        Swot,
    )
    from reports.model import Cell as Score

__all__ = ["MESSAGES", "media_type", "render", "suffix"]

suffix = ".pptx"
media_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

_SLIDES = 12
_BRANDS, _GAPS, _PLANS, _STEPS, _POINTS = 12, 10, 3, 4, 4
_QUESTIONS, _THEMES, _SITES, _FOLLOW_UPS, _NUMBERS, _CHANGES = 7, 10, 10, 6, 6, 4
_CITED = 14  # excerpts in the notes of a slide
_GAP_HEADS = ("Gap", "Us", "Median", "Best", "Stage", "Effort", "Confidence")
_FOLLOW_UP_HEADS = ("Earlier gap", "Became", "Says", "Review")
_NUMBER_HEADS = ("Your own number", "Value", "95 % interval", "n", "Formula and scale")
_SITE_HEADS = ("Site", "Kind", "Why")
_QUADRANTS = ("Strengths", "Weaknesses", "Opportunities", "Threats")
# What is said from a table, for the catalogs.
MESSAGES: tuple[str, ...] = (
    *(*_GAP_HEADS, *_FOLLOW_UP_HEADS, *_NUMBER_HEADS, *_SITE_HEADS, *_QUADRANTS),
)


def render(report: Report) -> bytes:
    """The deck; raises ConfigError without python-pptx."""
    try:
        from pptx import Presentation  # noqa: PLC0415  an extra
    except ImportError:
        raise ConfigError(
            "format pptx needs python-pptx; install the extra: pip install 'cxscout[office]'"
        ) from None
    slides = _Slides(Deck(Presentation(), report))
    slides.draw()
    buffer = io.BytesIO()
    slides.deck.presentation.save(buffer)
    return buffer.getvalue()


class _Slides:
    """What stands on each slide; a slide with nothing to say is not made."""

    def __init__(self, deck: Deck) -> None:
        self.deck, self.report, self.words = deck, deck.report, deck.words
        self.t = deck.words.t

    def draw(self) -> None:
        """All slides in the order of the report."""
        shows = self.report.branding.shows
        before = [
            (True, self.cover),
            (True, self.verdict),
            (shows("scoreboard") and bool(self.report.scoreboard.rows), self.scoreboard),
            (shows("scoreboard") and bool(self.report.positions), self.positions),
            (shows("gaps") and bool(self.report.gaps), self.gaps),
            (shows("gaps") and bool(self.report.gaps), self.plan),
            (self._has_news(), self.news),
        ]
        after = [
            (shows("questions") and bool(self.report.questions.compared), self.questions),
            (shows("voice") and bool(_themes_of(self.report)), self.themes),
            (shows("ranking") and bool(self.report.brands), self.ranking),
            (shows("collected", "method"), self.method),
        ]
        others = sum(has for has, _ in (*before, *after))
        for has, draw in before:
            if has:
                draw()
        wanted = 2 if self.report.positions else 3
        for page in self.report.pages[: max(1, min(wanted, _SLIDES - others))]:
            self.swot(page)
        for has, draw in after:
            if has:
                draw()

    def _has_news(self) -> bool:
        changes = self.report.changes
        return bool(changes.gaps or changes.rows or self.report.own_numbers)

    # Start

    def cover(self) -> None:
        """Title, study, market, dates; the key figures."""
        report = self.report
        slide = self.deck.cover(report.title)
        collected = self.words.date(report.study.started_at)
        about = self.t("{market}; collected {date}", market=report.study.market, date=collected)
        lines = [
            Line(cut(report.study.name, 120), 20, color=self.deck.accent),
            Line(cut(about, 160), 14, color=MUTED),
        ]
        self.deck.text(slide, (LEFT + 0.1, 3.6, INNER - 0.2, 1.0), lines)
        if report.branding.footer:
            foot = [Line(cut(report.branding.footer, 200), 11, color=MUTED)]
            self.deck.text(slide, (LEFT + 0.1, 7.02, INNER - 0.2, 0.32), foot)
        figures = report.figures[:6]
        if figures:
            head = [Cell((Line(cut(f.label, 60), 12, color=MUTED),)) for f in figures]
            body = [
                Cell((Line(f.value, 24, bold=True), Line(cut(f.note, 80), 11, color=MUTED)))
                for f in figures
            ]
            widths = [(INNER - 0.2) / len(figures)] * len(figures)
            self.deck.table(slide, [head, body], widths, top=5.05, label=self.t("Key figures"))
        self.deck.notes(slide, [self.t("Made by cxscout from run {run}.", run=report.study.run)])

    def verdict(self) -> None:
        """The judgments as a table: what is so, what it means for us, how sure."""
        report = self.report
        slide = self.deck.slide(self.t("What matters"))
        heads = ("", self.t("What is so, and what it means for us"), self.t("How sure"))
        rows = [[_head(text) for text in heads]]
        for number, judgment in enumerate(report.judgments, start=1):
            told = (
                Line(cut(judgment.finding, 300), 14, bold=True),
                Line(cut(judgment.for_us, 260), 13, color=self.deck.accent),
            )
            sure = labels.worded(labels.LEVELS, judgment.confidence, self.words)
            basis = (Line(sure, 12), Line(cut(judgment.basis, 90), 10, color=MUTED))
            number_cell = Line(self.words.number(number), 20, color=self.deck.accent)
            rows.append([Cell((number_cell,)), Cell(told), Cell(basis)])
        bottom = 6.3 if report.unknowns else BOTTOM
        if len(rows) > 1:
            label = self.t("Judgments")
            self.deck.table(slide, rows, [0.6, 8.93, 2.6], top=1.15, bottom=bottom, label=label)
        else:
            nothing = self.t("There is too little data for a judgment.")
            self.deck.text(slide, (LEFT, TOP, INNER, 1), [Line(nothing, 18, color=MUTED)])
        if report.unknowns:
            unknown = f"{self.t('What we do not know')}: {' '.join(report.unknowns)}"
            self.deck.text(
                slide, (LEFT, 6.36, INNER, 0.62), [Line(cut(unknown, 420), 11, color=MUTED)]
            )
        cited = [i for j in report.judgments for i in j.evidence]
        self._sources(slide, cited, [f"{j.topic}: {j.basis}" for j in report.judgments])

    # Scores

    def scoreboard(self) -> None:
        """Brands x dimensions as a native table in the colours of the heat map."""
        board = self.report.scoreboard
        slide = self.deck.slide(board.title)
        heads = (_head(d.label, centered=True) for d in board.dimensions)
        rows = [[_head(self.t("Brand")), *heads]]
        rows += [self._scores(row) for row in board.rows[:_BRANDS]]
        medians = [
            Cell((Line(format_score(d.median, self.words), 13, True, centered=True),), WASH)
            for d in board.dimensions
        ]
        rows.append([Cell((Line(self.t("Market median"), 12, bold=True),), WASH), *medians])
        first = 2.7
        each = (INNER - first) / max(1, len(board.dimensions))
        widths = [first, *(each for _ in board.dimensions)]
        self.deck.table(slide, rows, widths, bottom=6.35, label=board.title, least=0.36)
        above = self.t("above; hatched: not known")
        self.deck.legend(slide, 6.42, self.t("below the median"), above)
        note = self.t("Score of 100, and the share of what it needs that could be seen.")
        if len(board.rows) > _BRANDS:
            more = self.words.n(
                "{n} more brand in the XLSX file.",
                "{n} more brands in the XLSX file.",
                len(board.rows) - _BRANDS,
            )
            note = f"{note} {more}"
        self.deck.text(slide, (LEFT, 6.68, INNER, 0.3), [Line(note, 10, color=MUTED)])
        reasons = [
            f"{row.domain}, {dimension.label}: {cell.words} {cell.reason}".strip()
            for row in board.rows[:_BRANDS]
            for dimension, cell in zip(board.dimensions, row.cells, strict=True)
            if cell.score is None
        ]
        meanings = [f"{d.label}: {d.meaning}" for d in board.dimensions if d.meaning]
        self._sources(slide, [], [*meanings, *reasons[:30]])

    def _scores(self, row: ScoreboardRow) -> list[Cell]:
        own = row.role == "own"
        color = self.deck.accent if own else INK
        tail = self.t("us") if own else ""
        name = Line(cut(row.domain, 34), 12, bold=True, color=color, tail=tail)
        return [Cell((name,)), *(self._score(cell) for cell in row.cells)]

    def _score(self, cell: Score) -> Cell:
        if cell.score is None:
            return Cell((Line(cell.words, 10, color=MUTED, centered=True),), hatched=True)
        fill, ink = BANDS[cell.band]
        mark = "*" if cell.robust is False else ""
        seen = Line(format_share(cell.coverage, self.words), 9, color=ink, centered=True)
        return Cell((Line(f"{cell.text}{mark}", 14, True, ink, centered=True), seen), fill)

    def positions(self) -> None:
        """Own with its interval, median and best per dimension as a native chart."""
        known = [p for p in self.report.positions if p.own is not None or p.median is not None]
        series = {
            self.t("Us"): [_rounded(p.own) for p in known],
            self.t("Median of competitors"): [_rounded(p.median) for p in known],
            self.t("Best competitor"): [_rounded(p.best) for p in known],
        }
        intervals = [
            (0.0, 0.0)
            if p.own is None or p.low is None or p.high is None
            else (max(0.0, p.own - p.low), max(0.0, p.high - p.own))
            for p in known
        ]
        slide = self.deck.slide(self.report.positions_title)
        self.deck.dots(
            slide,
            (LEFT - 0.1, 1.35, INNER + 0.2, 5.2),
            [p.label for p in known],
            series,
            intervals,
            label=self.report.positions_title,
        )
        note = self.t(
            "Scores of 100. Whiskers: 95 % interval of our score. Grey lines: from the lowest to "
            "the highest mark."
        )
        self.deck.text(slide, (LEFT, 6.62, INNER, 0.3), [Line(note, 10, color=MUTED)])
        self._sources(
            slide,
            [],
            [
                f"{p.label}: {format_score(p.own, self.words) if p.own is not None else p.words}; "
                f"{self.t('median')} {format_score(p.median, self.words)} "
                f"({format_difference(p.difference, self.words)}); "
                f"{self.t('best')} {format_score(p.best, self.words)} {p.best_brand or ''}".strip()
                for p in known
            ],
        )

    # Gaps and plan

    def gaps(self) -> None:
        """The ranked gaps as a native table."""
        slide = self.deck.slide(self.report.gaps_title)
        rows = [[_head(self.t(text)) for text in _GAP_HEADS]]
        rows += [self._gap(gap) for gap in self.report.gaps[:_GAPS]]
        widths = [3.3, 1.5, 1.5, 2.23, 1.4, 1.0, 1.2]
        shown = self.deck.table(slide, rows, widths, bottom=6.6, label=self.report.gaps_title) - 1
        rest = len(self.report.gaps) - shown
        if rest > 0:
            more = self.words.n(
                "{n} more gap in the XLSX file.", "{n} more gaps in the XLSX file.", rest
            )
            self.deck.text(slide, (LEFT, 6.68, INNER, 0.3), [Line(more, 10, color=MUTED)])
        cited = [i for g in self.report.gaps[:shown] for i in g.evidence]
        self._sources(slide, cited, [f"{g.label}: {g.text}" for g in self.report.gaps[:shown]])

    def _gap(self, gap: Gap) -> list[Cell]:
        best: tuple[Line, ...] = (Line(gap.best_text, 12),)
        if gap.best_brand:
            best = (*best, Line(cut(gap.best_brand, 30), 10, color=MUTED))
        name = Line(f"{self.words.number(gap.position)}  {cut(gap.label, 90)}", 13, bold=True)
        level = labels.worded(labels.SIZES, gap.confidence, self.words)
        effort = labels.worded(labels.SIZES, gap.effort, self.words)
        return [
            Cell((name, Line(gap.dimension, 10, color=MUTED))),
            Cell((Line(gap.own_text, 13, bold=True, color=self.deck.accent),)),
            *(Cell((Line(gap.median_text, 12),)), Cell(best), _cell(gap.stage), _cell(effort)),
            _cell(level),
        ]

    def plan(self) -> None:
        """The first gaps side by side: what is so, steps, goal, measure, date."""
        gaps = self.report.gaps[:_PLANS]
        slide = self.deck.slide(self.t("What to do first"))
        rows = [
            [
                _head(""),
                *(
                    Cell(
                        (
                            Line(
                                f"{self.words.number(g.position)}  {cut(g.label, 70)}",
                                16,
                                True,
                                self.deck.accent,
                            ),
                        )
                    )
                    for g in gaps
                ),
            ],
            [_label(self.t("What is so")), *(_cell(cut(g.text, 200), 12) for g in gaps)],
            [
                _label(self.t("Steps")),
                *(
                    Cell(
                        tuple(Line(cut(step, 130), 12, bullet=True) for step in g.tactic[:_STEPS])
                        or (Line("", 12),)
                    )
                    for g in gaps
                ),
            ],
            [
                _label(self.t("Goal")),
                *(Cell((Line(cut(g.goal, 170), 13, bold=True),)) for g in gaps),
            ],
            [_label(self.t("Measure")), *(_cell(cut(g.kpi, 100), 12) for g in gaps)],
            [_label(self.t("Target")), *(_cell(g.target_text, 12) for g in gaps)],
            [
                _label(self.t("Review")),
                *(_cell(format_date(g.review_date, self.words), 12) for g in gaps),
            ],
        ]
        each = (INNER - 1.25) / len(gaps)
        widths = [1.25, *(each for _ in gaps)]
        self.deck.table(slide, rows, widths, top=1.3, label=self.t("What to do first"))
        self._sources(slide, [i for g in gaps for i in g.evidence], [])

    def news(self) -> None:
        """What became of the last run's gaps, what changed, and the study's own numbers."""
        report, top = self.report, 1.3
        changes = report.changes if report.branding.shows("changes") else None
        titles = [
            changes.gaps_title if changes and changes.gaps else "",
            changes.title if changes and changes.rows else "",
        ]
        slide = self.deck.slide(next(filter(None, titles), self.t("Your own numbers")))
        parts: list[tuple[list[list[Cell]], list[float], str]] = []
        if changes and changes.gaps:
            rows = [[_head(self.t(text)) for text in _FOLLOW_UP_HEADS]]
            rows += [self._follow_up(gap) for gap in changes.gaps[:_FOLLOW_UPS]]
            parts.append((rows, [3.0, 1.6, 5.9, 1.63], changes.gaps_title))
        if report.own_numbers:
            rows = [[_head(self.t(text)) for text in _NUMBER_HEADS]]
            rows += [self._own_number(number) for number in report.own_numbers[:_NUMBERS]]
            parts.append((rows, [3.0, 1.6, 2.0, 0.9, 4.63], self.t("Your own numbers")))
        if changes and changes.rows:
            rows = [[_head(self.t("Brand")), _head(self.t("What changed"))]]
            rows += [
                [
                    Cell((Line(cut(c.domain, 34), 12, bold=True),)),
                    Cell(
                        (
                            Line(
                                cut(c.text, 160),
                                12,
                                tail=labels.worded(labels.CAUSES, c.cause, self.words),
                            ),
                        )
                    ),
                ]
                for c in changes.rows[:_CHANGES]
            ]
            parts.append((rows, [3.0, 9.13], changes.title))
        heights = [height_of_table(rows, widths) for rows, widths, _ in parts]
        for (rows, widths, label), height in zip(parts, heights, strict=True):
            bottom = top + (BOTTOM - 1.3) * height / sum(heights)
            self.deck.table(
                slide, rows, widths, top=top, bottom=bottom - 0.12, label=label, most=1.5
            )
            top = bottom
        told = [c.text for c in changes.rows[:40]] if changes else []
        self._sources(
            slide, [], [*told, *(f"{o.label}: {o.note}" for o in report.own_numbers if o.note)]
        )

    def _follow_up(self, gap: GapFollowUp) -> list[Cell]:
        good = gap.state in ("closed", "narrowed")
        state = Line(gap.state_label, 12, bold=True, color=self.deck.accent if good else INK)
        review = format_date(gap.review_date, self.words) if gap.review_date else ""
        return [
            Cell((Line(cut(gap.label, 70), 12, bold=True),)),
            Cell((state,)),
            *(_cell(cut(gap.text, 190), 12), _cell(review, 11)),
        ]

    def _own_number(self, number: OwnNumber) -> list[Cell]:
        formula = cut(f"{number.formula}; {number.scale}", 110)
        return [
            Cell((Line(cut(number.label, 70), 12, bold=True, tail=number.period),)),
            Cell((Line(number.value_text, 14, bold=True, color=self.deck.accent),)),
            _cell(number.interval, 12),
            _cell(format_count(number.n, self.words), 12),
            Cell((Line(formula, 10, color=MUTED),)),
        ]

    # Brands

    def swot(self, page: BrandPage) -> None:
        """The matrix as a native table: two heads, two rows of points."""
        swot = page.swot
        slide = self.deck.slide(page.title, size=22)
        good, bad = self.deck.accent, BANDS[-3][0]
        heads = zip(_QUADRANTS, (good, bad, good, bad), strict=True)
        parts = (swot.strengths, swot.weaknesses, swot.opportunities, swot.threats)
        titles = [Cell((Line(self.t(text), 14, True, color),), WASH) for text, color in heads]
        points = [self._points(part) for part in parts]
        rows = [titles[:2], points[:2], titles[2:], points[2:]]
        self.deck.table(slide, rows, [INNER / 2] * 2, top=1.3, bottom=6.72, label=page.title)
        hidden = _left_out(swot)
        if hidden:
            more = self.words.n(
                "{n} further point in the XLSX file.",
                "{n} further points in the XLSX file.",
                hidden,
            )
            self.deck.text(slide, (LEFT, 6.72, INNER, 0.3), [Line(more, 10, color=MUTED)])
        cited = [i for part in parts for s in part[:_POINTS] for i in s.evidence]
        facts = [f"{fact.label}: {fact.value}" for fact in page.facts]
        self._sources(slide, cited, [page.coverage, *facts])

    def _points(self, statements: Sequence[Statement]) -> Cell:
        if not statements:
            nothing = self.t("Nothing stands out in what could be seen.")
            return Cell((Line(nothing, 12, color=MUTED),))
        return Cell(
            tuple(
                Line(
                    cut(s.text, 190),
                    13,
                    bullet=True,
                    tail=f"n\xa0{format_count(s.n, self.words)}, "
                    f"{labels.worded(labels.LEVELS, s.confidence, self.words)}",
                )
                for s in statements[:_POINTS]
            )
        )

    # Customers and market

    def questions(self) -> None:
        """Three columns: we miss, nobody answers, only we answer."""
        asked = self.report.questions
        slide = self.deck.slide(asked.title)
        parts = (
            (self.t("We miss"), asked.we_miss),
            (self.t("Nobody answers"), asked.nobody),
            (self.t("Only we answer"), asked.only_we),
        )
        head = [
            Cell(
                (Line(title, 16, True, self.deck.accent, tail=self.words.number(len(listed))),),
                WASH,
            )
            for title, listed in parts
        ]
        body = [self._question(listed, answered=i == 0) for i, (_, listed) in enumerate(parts)]
        widths = [INNER * 0.4, INNER * 0.3, INNER * 0.3]
        self.deck.table(slide, [head, body], widths, bottom=6.6, label=asked.title)
        self.deck.text(
            slide, (LEFT, 6.62, INNER, 0.36), [Line(cut(asked.note, 200), 10, color=MUTED)]
        )
        self._sources(
            slide, [], [f"{q.text}: {', '.join(q.answered_by)}" for q in asked.we_miss[:20]]
        )

    def _question(self, listed: Sequence[Question], *, answered: bool) -> Cell:
        lines = [
            Line(
                cut(q.text, 120),
                13,
                bullet=True,
                tail=self.words.n("{n} brand answers", "{n} brands answer", len(q.answered_by))
                if answered
                else q.topic,
            )
            for q in listed[:_QUESTIONS]
        ]
        if len(listed) > _QUESTIONS:
            more = self.words.n("and {n} more", "and {n} more", len(listed) - _QUESTIONS)
            lines.append(Line(more, 12, color=MUTED))
        return Cell(tuple(lines) or (Line(self.t("None."), 13, color=MUTED),))

    def themes(self) -> None:
        """Net sentiment per theme, ours and the market's, as a native chart."""
        voice = self.report.voice
        themes = _themes_of(self.report)[:_THEMES]
        slide = self.deck.slide(voice.title)
        names = [
            self.t(
                "{theme}, in {share} of reviews",
                theme=t.label,
                share=format_share(t.importance, self.words),
            )
            for t in themes
        ]
        series = {self.t("Competitors"): [t.market.net for t in themes]}
        colors = ["8A96A1"]
        if any(t.own.net is not None for t in themes):
            series = {self.t("Us"): [t.own.net for t in themes], **series}
            colors = [self.deck.accent, *colors]
        place = (LEFT - 0.1, 1.35, INNER + 0.2, 5.2)
        self.deck.bars(
            slide, place, names, series, "+0 %;-0 %;0 %", label=voice.title, colors=colors
        )
        note = self.t("Net sentiment: share of positive minus share of negative mentions.")
        lines = [Line(cut(f"{note} {voice.note}", 240), 10, color=MUTED)]
        self.deck.text(slide, (LEFT, 6.62, INNER, 0.36), lines)
        told = [
            f"{t.label}: +{t.market.positive} / {t.market.neutral} / −{t.market.negative}; "
            f"{self.t('us')} +{t.own.positive} / {t.own.neutral} / −{t.own.negative}"
            for t in themes
        ]
        self._sources(slide, [], [voice.importance_title, *told])

    def ranking(self) -> None:
        """Who ranks: shares of clicks as a native chart, kinds and reasons as a table."""
        brands = self.report.brands
        slide = self.deck.slide(self.report.ranking_title)
        listed = sorted(brands, key=lambda b: -(b.visibility or 0))[:_SITES]
        shares = {self.t("Share of clicks"): [b.visibility or 0 for b in listed]}
        names = [cut(b.domain, 28) for b in listed]
        own = [b.role == "own" for b in listed]
        place = (LEFT - 0.1, 1.4, 5.4, 5.15)
        title = self.report.ranking_title
        self.deck.bars(
            slide, place, names, shares, "0.0 %", label=title, colors=["8A96A1"], marked=own
        )
        rows = [[_head(self.t(text)) for text in _SITE_HEADS]]
        rows += [
            [
                Cell(
                    (
                        Line(
                            cut(b.domain, 30),
                            11,
                            True,
                            self.deck.accent if b.role == "own" else INK,
                        ),
                    )
                ),
                _cell(labels.kind_of(b, self.words), 11),
                Cell((Line(cut(b.reason, 90), 10, color=MUTED),)),
            ]
            for b in listed
        ]
        self.deck.table(
            slide, rows, [2.2, 1.45, 3.15], left=LEFT + 5.33, top=1.45, bottom=6.6, label=title
        )
        note = self.t(
            "Estimated from ranks, search volumes and a click curve; with those set aside."
        )
        if len(brands) > len(listed):
            more = self.words.n(
                "{n} more site in the XLSX file.",
                "{n} more sites in the XLSX file.",
                len(brands) - len(listed),
            )
            note = f"{note} {more}"
        self.deck.text(slide, (LEFT, 6.64, INNER, 0.3), [Line(note, 10, color=MUTED)])
        searches = [
            f"{s.keyword} ({s.provider}, {s.locale}, {s.state})"
            for s in self.report.collection.searches[:30]
        ]
        self._sources(slide, [], searches)

    def method(self) -> None:
        """How it was collected, and how numbers came to be."""
        report = self.report
        slide = self.deck.slide(self.t("How this was collected, and how the numbers came to be"))
        rows = [[_head(self.t("How this was collected")), _head("")]]
        rows += [
            [Cell((Line(cut(f.label, 60), 11, color=MUTED),)), _cell(cut(f.value, 90), 11)]
            for f in report.collection.facts
        ]
        if len(rows) > 1:
            label = self.t("How this was collected")
            self.deck.table(
                slide, rows, [2.35, 3.45], top=1.3, bottom=6.85, label=label, least=0.24, most=1.1
            )
        notes = [Line(cut(note, 220), 12, bullet=True) for note in report.method.notes]
        if notes:
            place = (6.75, 1.28, 6.0, 5.6)
            title = Line(self.t("How the numbers came to be"), 12, bold=True, color=MUTED)
            self.deck.text(slide, place, [title, *notes])
        visits = [
            f"{v.domain}: {v.stage}, {v.pages_ok} / {v.requests}. {v.reason}".strip()
            for v in report.collection.visits[:30]
        ]
        self._sources(slide, [], visits)

    def _sources(self, slide: Any, cited: Iterable[str], told: Iterable[str]) -> None:
        """The notes: what the slide rests on, and its evidence with page and time."""
        entries = self.report.evidence_of(tuple(dict.fromkeys(cited)))
        lines = [text for text in told if text]
        if entries:
            lines += ["", self.t("Sources")] if lines else [self.t("Sources")]
        for entry in entries[:_CITED]:
            when = self.words.time(entry.fetched_at) if entry.fetched_at else ""
            page = ", ".join(part for part in (entry.domain, entry.url or "", when) if part)
            lines.append(f"{entry.id} {cut(entry.excerpt, 160)} ({page})")
        self.deck.notes(slide, lines or [self.t("Run {run}", run=self.report.study.run)])


def _themes_of(report: Report) -> list[Any]:
    return [t for t in report.voice.themes if t.market.net is not None]


def _left_out(swot: Swot) -> int:
    parts = (swot.strengths, swot.weaknesses, swot.opportunities, swot.threats)
    return sum(max(0, len(part) - _POINTS) for part in parts) + len(swot.appendix)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _head(text: str, *, centered: bool = False) -> Cell:
    return Cell((Line(text, 11, bold=True, color=MUTED, centered=centered),))


def _label(text: str) -> Cell:
    return Cell((Line(text, 11, color=MUTED),))


def _cell(text: str, size: float = 12) -> Cell:
    return Cell((Line(text, size),))
