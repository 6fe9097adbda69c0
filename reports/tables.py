"""The report as flat tables with typed cells: what XLSX and CSV write, sheet by sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.model import Brand, BrandPage, Gap, Question, Report, Statement

__all__ = ["Column", "Table", "Value", "tables"]

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; `kind` is text, number, share or long (text that wraps)."""

    label: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is short enough for a sheet and safe for a file; numbers are numbers in `rows`."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def tables(report: Report) -> tuple[Table, ...]:
    """All tables that have rows, in the order of the report."""
    found = (
        _summary(report),
        _scoreboard(report),
        _scores(report),
        _gaps(report),
        _swot(report),
        _questions(report),
        _themes(report),
        _reviews(report),
        _promises(report),
        _own_numbers(report),
        _ranking(report),
        _changes(report),
        _follow_ups(report),
        _evidence(report),
        _searches(report),
        _visits(report),
        _pages(report),
        _robots(report),
        _method(report),
    )
    return tuple(table for table in found if table.rows)


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from "Label:kind, Label, ..."; a column without a kind holds text."""
    pairs = (part.strip().partition(":") for part in text.split(","))
    return tuple(Column(label, kind or "text") for label, _, kind in pairs)


def _ids(ids: tuple[str, ...]) -> str:
    return ", ".join(ids)


def _summary(report: Report) -> Table:
    study = report.study
    rows: list[tuple[Value, ...]] = [
        ("Report", report.title, "", ""),
        ("Study", study.name, "", ""),
        ("Market", study.market, "", ""),
        ("Collected", study.started_at, "", ""),
        ("Report of", report.created_at, "", ""),
    ]
    rows += [
        ("Judgment", f"{j.finding} {j.for_us}", j.basis, j.confidence) for j in report.judgments
    ]
    rows += [("Not known", text, "", "") for text in report.unknowns]
    rows += [("Figure", f"{f.label}: {f.value}", f.note, "") for f in report.figures]
    rows += [("Collected how", f"{f.label}: {f.value}", "", "") for f in report.collection.facts]
    columns = _columns("What, Says:long, Basis:long, Confidence")
    return Table("Summary", report.title, columns, tuple(rows))


def _scoreboard(report: Report) -> Table:
    board = report.scoreboard
    rows: list[tuple[Value, ...]] = [
        (
            row.domain,
            row.role,
            *(cell.words if cell.score is None else round(cell.score, 1) for cell in row.cells),
        )
        for row in board.rows
    ]
    if rows:
        rows.append(("Market median", "", *(d.median for d in board.dimensions)))
    columns = (*_columns("Brand, Role"), *(Column(d.label, "number") for d in board.dimensions))
    return Table("Scoreboard", board.title, columns, tuple(rows))


def _scores(report: Report) -> Table:
    labels = {d.key: d for d in report.scoreboard.dimensions}
    rows = tuple(
        (
            *(row.domain, labels[c.dimension].label, c.score, c.low, c.high, c.coverage),
            *(labels[c.dimension].median, c.place, c.words, c.reason, c.depends_on),
        )
        for row in report.scoreboard.rows
        for c in row.cells
    )
    columns = _columns(
        "Brand, Dimension, Score:number, Low:number, High:number, Coverage:share, "
        "Market median:number, Place:number, Why not, Reason:long, Depends on"
    )
    return Table("Scores", "Every score with interval and coverage", columns, rows)


def _gaps(report: Report) -> Table:
    columns = _columns(
        "Rank:number, Gap, Dimension, Says:long, Us, Median, Best, Best brand, Our value:number, "
        "Median value:number, Best value:number, Impact:number, Effort, Confidence, Stage, "
        "Tactic:long, Goal:long, Measure, Target, Review, Evidence"
    )
    return Table("Gaps", report.gaps_title, columns, tuple(_gap(g) for g in report.gaps))


def _gap(g: Gap) -> tuple[Value, ...]:
    return (
        *(g.position, g.label, g.dimension, g.text, g.own_text, g.median_text, g.best_text),
        *(g.best_brand, g.own_value, g.market_median, g.best_value, g.impact, g.effort),
        *(g.confidence, g.stage, "\n".join(g.tactic), g.goal, g.kpi, g.target_text),
        *(g.review_date, _ids(g.evidence)),
    )


def _swot(report: Report) -> Table:
    columns = _columns(
        "Brand, Quadrant, Statement:long, Where, Metric, Value:number, Market median:number, "
        "n:number, Interval, Impact:number, Confidence, Rule, Evidence"
    )
    rows = tuple(row for page in report.pages for row in _swot_rows(page))
    return Table("SWOT", "Strengths, weaknesses, opportunities, threats", columns, rows)


def _swot_rows(page: BrandPage) -> Iterator[tuple[Value, ...]]:
    swot = page.swot
    listed = (*swot.strengths, *swot.weaknesses, *swot.opportunities, *swot.threats)
    for place, statements in (("report", listed), ("appendix", swot.appendix)):
        yield from (_statement(page, s, place) for s in statements)


def _statement(page: BrandPage, s: Statement, place: str) -> tuple[Value, ...]:
    return (
        *(page.domain, s.quadrant, s.text, place, s.label, s.own_value, s.market_median),
        *(s.n, s.interval, s.impact, s.confidence, s.rule, _ids(s.evidence)),
    )


def _questions(report: Report) -> Table:
    listed = (
        ("we miss", report.questions.we_miss),
        ("nobody answers", report.questions.nobody),
        ("only we answer", report.questions.only_we),
        ("shared", report.questions.shared),
    )
    rows = tuple(_question(coverage, q) for coverage, part in listed for q in part)
    columns = _columns("Coverage, Question:long, Topic, Language, Asked:number, Answered by:long")
    return Table("Questions", report.questions.title, columns, rows)


def _question(coverage: str, q: Question) -> tuple[Value, ...]:
    return (coverage, q.text, q.topic, q.language, q.asked, ", ".join(q.answered_by))


def _themes(report: Report) -> Table:
    rows = tuple(
        (
            *(t.label, t.importance, t.market.positive, t.market.neutral, t.market.negative),
            *(t.market.net, t.own.positive, t.own.neutral, t.own.negative, t.own.net),
        )
        for t in report.voice.themes
    )
    columns = _columns(
        "Theme, Share of reviews:share, Market positive:number, Market neutral:number, "
        "Market negative:number, Market net:share, Our positive:number, Our neutral:number, "
        "Our negative:number, Our net:share"
    )
    return Table("Themes", report.voice.title, columns, rows)


def _reviews(report: Report) -> Table:
    rows = tuple(
        (
            *(s.domain, s.role, s.read, s.rated, s.mean, s.mean_text, s.stated, s.stated_count),
            *(s.oldest, s.newest, ", ".join(s.languages), s.scored),
        )
        for s in report.voice.sources
    )
    columns = _columns(
        "Brand, Role, Read:number, With stars:number, Mean of 5:number, Mean read, "
        "Site states of 5:number, Site states count:number, Oldest, Newest, Languages, "
        "With sentiment:number"
    )
    return Table("Reviews", report.voice.sources_title, columns, rows)


def _promises(report: Report) -> Table:
    rows = tuple(
        (p.domain, p.kind, p.promise, p.experience, p.verdict, p.n, _ids(p.evidence))
        for p in report.promises
    )
    columns = _columns("Brand, About, Promise:long, Experience:long, Verdict, n:number, Evidence")
    return Table("Promises", "Promises against experience", columns, rows)


def _ranking(report: Report) -> Table:
    columns = _columns(
        "Site, Role, Kind, Share of clicks:share, Keywords:number, Best rank:number, Why:long"
    )
    rows = tuple(_brand(b) for b in report.brands)
    return Table("Who ranks", report.ranking_title, columns, rows)


def _brand(b: Brand) -> tuple[Value, ...]:
    return (b.domain, b.role, b.kind_label, b.visibility, b.keywords, b.best_rank, b.reason)


def _changes(report: Report) -> Table:
    rows = tuple(
        (c.domain, c.kind, c.before, c.after, c.cause, c.text) for c in report.changes.rows
    )
    columns = _columns("Brand, Kind, Before, After, Cause, Says:long")
    return Table("Changes", report.changes.title, columns, rows)


def _follow_ups(report: Report) -> Table:
    rows = tuple(
        (
            *(g.label, g.state_label, g.text, g.before_own, g.own_value, g.before_median),
            *(g.market_median, g.target, _YES_NO[g.target_reached], g.review_date),
        )
        for g in report.changes.gaps
    )
    columns = _columns(
        "Gap, Became, Says:long, Us before:number, Us now:number, Median before:number, "
        "Median now:number, Target:number, Reached, Review"
    )
    return Table("Earlier gaps", report.changes.gaps_title, columns, rows)


_YES_NO = {True: "yes", False: "no", None: ""}


def _own_numbers(report: Report) -> Table:
    rows = tuple(
        (
            *(o.label, o.value, o.value_text, o.interval, o.formula, o.scale, o.n, o.period),
            *("; ".join(f"{part.label}: {part.value}" for part in o.parts), o.note),
        )
        for o in report.own_numbers
    )
    columns = _columns(
        "Number, Value:number, Shown, Interval, Formula:long, Scale:long, n:number, Period, "
        "Made of:long, Note:long"
    )
    return Table("Own numbers", "Your own numbers", columns, rows)


def _evidence(report: Report) -> Table:
    rows = tuple(
        (e.id, e.domain, e.excerpt, e.url, e.title, e.fetched_at, e.record) for e in report.evidence
    )
    columns = _columns("Id, Brand, Excerpt:long, Page, Title, Fetched, Archive record")
    return Table("Evidence", "Evidence register", columns, rows)


def _searches(report: Report) -> Table:
    rows = tuple(
        (s.keyword, s.provider, s.state, s.reason, s.depth, s.locale, s.device, s.fetched_at)
        for s in report.collection.searches
    )
    columns = _columns("Keyword, Provider, State, Reason, Depth:number, Locale, Device, Asked")
    return Table("Searches", "Searches", columns, rows)


def _visits(report: Report) -> Table:
    rows = tuple(
        (
            v.domain,
            v.stage,
            v.state,
            v.reason,
            v.requests,
            v.pages_ok,
            v.pages_failed,
            v.finished_at,
        )
        for v in report.collection.visits
    )
    columns = _columns(
        "Site, By, State, Reason, Requests:number, Read:number, Not read:number, Ended"
    )
    return Table("Visits", "Visits", columns, rows)


def _pages(report: Report) -> Table:
    rows = tuple(
        (p.domain, p.total, ", ".join(f"{s.value} {s.label}" for s in p.states))
        for p in report.collection.pages
    )
    return Table("Pages", "Pages by state", _columns("Site, Pages:number, States:long"), rows)


def _robots(report: Report) -> Table:
    rows = tuple((r.domain, r.url, r.reason) for r in report.collection.robots)
    return Table("Robots", "Kept out by robots.txt", _columns("Site, Page:long, Reason"), rows)


def _method(report: Report) -> Table:
    rows = tuple(
        (m.label, m.dimension, m.unit, m.weight, m.measured, m.brands, m.formula)
        for m in report.method.metrics
    )
    notes = tuple(("Rule", "", "", None, None, None, note) for note in report.method.notes)
    columns = _columns(
        "Metric, Dimension, Unit, Weight:number, Measured at:number, Brands:number, Formula:long"
    )
    return Table("Method", f"Method {report.method.version}", columns, (*rows, *notes))
