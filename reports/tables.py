"""The report as flat tables with typed cells: what XLSX and CSV write, sheet by sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import labels
from reports.locale import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from reports.locale import Words
    from reports.model import Brand, BrandPage, Gap, Question, Report, Statement

__all__ = ["KINDS", "MESSAGES", "Column", "Table", "Value", "columns_of", "tables"]

Value = str | int | float | None
# What a column holds: text on one line, text that wraps, a number, a share of 1, an ISO date or
# time. Numbers stay numbers and dates stay ISO text until a renderer draws them.
KINDS = ("text", "long", "number", "share", "date")

# Sheet -> its columns, "Label" or "Label:kind".
_COLUMNS: dict[str, str] = {
    "Summary": "What, Says:long, Basis:long, Confidence",
    "Scoreboard": "Brand, Role",
    "Scores": "Brand, Dimension, Score:number, Low:number, High:number, Coverage:share, "
    "Market median:number, Place:number, Why not, Reason:long, Depends on",
    "Gaps": "Rank:number, Gap, Dimension, Says:long, Us, Median, Best, Best brand, "
    "Our value:number, Median value:number, Best value:number, Impact:number, Effort, Confidence, "
    "Stage, Tactic:long, Goal:long, Measure, Target, Review:date, Evidence",
    "SWOT": "Brand, Quadrant, Statement:long, Where, Metric, Value:number, Market median:number, "
    "n:number, Interval, Impact:number, Confidence, Rule, Evidence",
    "Questions": "Coverage, Question:long, Topic, Language, Asked:number, Answered by:long",
    "Themes": "Theme, Share of reviews:share, Market positive:number, Market neutral:number, "
    "Market negative:number, Market net:share, Our positive:number, Our neutral:number, "
    "Our negative:number, Our net:share",
    "Terms": "Term, Reviews:number, Positive:number, Negative:number, Evidence",
    "Reviews": "Brand, Role, Read:number, With stars:number, Mean of 5:number, Mean read, "
    "Site states of 5:number, Site states count:number, Oldest:date, Newest:date, Languages, "
    "With sentiment:number",
    "Ratings": "Quarter, Us:number, Our n:number, Competitors:number, Competitors n:number",
    "Promises": "Brand, About, Promise:long, Experience:long, Verdict, n:number, Evidence",
    "Own numbers": "Number, Value:number, Shown, Interval, Formula:long, Scale:long, n:number, "
    "Period, Made of:long, Note:long",
    "Who ranks": "Site, Role, Kind, Share of clicks:share, Keywords:number, Best rank:number, "
    "Why:long",
    "Changes": "Brand, Kind, Before, After, Cause, Says:long",
    "Earlier gaps": "Gap, Became, Says:long, Us before:number, Us now:number, "
    "Median before:number, Median now:number, Target:number, Reached, Review:date",
    "Evidence": "Id, Brand, Excerpt:long, Page, Title, Fetched (UTC):date, Archive record",
    "Searches": "Keyword, Provider, State, Reason, Depth:number, Locale, Device, Asked (UTC):date",
    "Visits": "Site, By, State, Reason:long, Requests:number, Read:number, Not read:number, "
    "Ended (UTC):date",
    "Pages": "Site, Pages:number, States:long",
    "Robots": "Site, Page:long, Reason",
    "Method": "Metric, Dimension, Unit, Weight:number, Measured at:number, Brands:number, "
    "Formula:long",
}
# Which section a sheet belongs to: what a study hides has no sheet.
_ROLES = {"own": "own", "competitor": "competitor", "ignored": "set aside"}
_COVERAGES = ("we miss", "nobody answers", "only we answer", "shared")
_REACHED = {True: "yes", False: "no", None: ""}
_WHAT = ("Report", "Study", "Market", "Collected", "Report of", "Judgment", "Not known", "Figure")
_MORE = ("Collected how", "Market median", "report", "appendix", "Rule", "Method")
_TITLES = {
    "Scores": "Every score with interval and coverage",
    "SWOT": "Strengths, weaknesses, opportunities, threats",
    "Ratings": "Mean stars by quarter",
    "Promises": "Promises against experience",
    "Own numbers": "Your own numbers",
    "Evidence": "Evidence register",
    "Searches": "Searches",
    "Visits": "Visits",
    "Pages": "Pages by state",
    "Robots": "Kept out by robots.txt",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; `kind` is one of KINDS."""

    label: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """`key` is its English name, which a file may bear; `name` is short enough for a sheet.

    `rows` can be gone through once only where it is an iterator over the database.
    """

    key: str
    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Value, ...]]


def columns_of(spec: str, words: Words = ENGLISH) -> tuple[Column, ...]:
    """Columns from "Label:kind, Label, ..."; a column without a kind holds text.

    >>> columns_of("Brand, Score:number")
    (Column(label='Brand', kind='text'), Column(label='Score', kind='number'))
    """
    pairs = (part.strip().partition(":") for part in spec.split(","))
    return tuple(Column(words.t(label), kind or "text") for label, _, kind in pairs)


# Every word of this module, for the catalogs.
MESSAGES: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            *_COLUMNS,
            *(column.label for spec in _COLUMNS.values() for column in columns_of(spec)),
            *(*_ROLES.values(), *_COVERAGES, *filter(None, _REACHED.values())),
            *(*_WHAT, *_MORE, *_TITLES.values()),
        )
    )
)


def tables(report: Report, words: Words | None = None) -> tuple[Table, ...]:
    """All tables that have rows, in the order of the report; headings in `words`."""
    spoken = words or report.words
    found = []
    for key, make in _TABLES.items():
        title, rows = make(report, spoken)
        listed = tuple(rows)
        if listed:
            columns = columns_of(_COLUMNS[key], spoken)
            if key == "Scoreboard":
                dimensions = report.scoreboard.dimensions
                columns = (*columns, *(Column(d.label, "number") for d in dimensions))
            name = spoken.t(key)[:31]
            found.append(
                Table(key, name, title or spoken.t(_TITLES.get(key, key)), columns, listed)
            )
    return tuple(found)


_Made = tuple[str, "Iterable[tuple[Value, ...]]"]


def _ids(ids: tuple[str, ...]) -> str:
    return ", ".join(ids)


def _worded(table: Mapping[str, str], key: str, words: Words) -> str:
    return labels.worded(dict(table), key, words)


def _summary(report: Report, words: Words) -> _Made:
    study, say = report.study, words.t
    rows: list[tuple[Value, ...]] = [
        (say("Report"), report.title, "", ""),
        (say("Study"), study.name, "", ""),
        (say("Market"), study.market, "", ""),
        (say("Collected"), words.time(study.started_at), "", ""),
        (say("Report of"), words.time(report.created_at), "", ""),
    ]
    rows += [
        (
            say("Judgment"),
            f"{j.finding} {j.for_us}",
            j.basis,
            _worded(labels.SIZES, j.confidence, words),
        )
        for j in report.judgments
    ]
    rows += [(say("Not known"), text, "", "") for text in report.unknowns]
    rows += [(say("Figure"), f"{f.label}: {f.value}", f.note, "") for f in report.figures]
    rows += [
        (say("Collected how"), f"{f.label}: {f.value}", "", "") for f in report.collection.facts
    ]
    return report.title, rows


def _scoreboard(report: Report, words: Words) -> _Made:
    board = report.scoreboard
    rows: list[tuple[Value, ...]] = [
        (
            row.domain,
            _worded(_ROLES, row.role, words),
            *(cell.words if cell.score is None else round(cell.score, 1) for cell in row.cells),
        )
        for row in board.rows
    ]
    if rows:
        rows.append((words.t("Market median"), "", *(d.median for d in board.dimensions)))
    return board.title, rows


def _scores(report: Report, words: Words) -> _Made:
    dimensions = {d.key: d for d in report.scoreboard.dimensions}
    rows = (
        (
            *(row.domain, dimensions[c.dimension].label, c.score, c.low, c.high, c.coverage),
            *(dimensions[c.dimension].median, c.place, c.words, c.reason, c.depends_on),
        )
        for row in report.scoreboard.rows
        for c in row.cells
    )
    return "", rows


def _gaps(report: Report, words: Words) -> _Made:
    return report.gaps_title, (_gap(g, words) for g in report.gaps)


def _gap(g: Gap, words: Words) -> tuple[Value, ...]:
    return (
        *(g.position, g.label, g.dimension, g.text, g.own_text, g.median_text, g.best_text),
        *(g.best_brand, g.own_value, g.market_median, g.best_value, g.impact),
        _worded(labels.SIZES, g.effort, words),
        *(_worded(labels.SIZES, g.confidence, words), g.stage, "\n".join(g.tactic), g.goal, g.kpi),
        *(g.target_text, g.review_date, _ids(g.evidence)),
    )


def _swot(report: Report, words: Words) -> _Made:
    return "", (row for page in report.pages for row in _swot_rows(page, words))


def _swot_rows(page: BrandPage, words: Words) -> Iterator[tuple[Value, ...]]:
    swot = page.swot
    listed = (*swot.strengths, *swot.weaknesses, *swot.opportunities, *swot.threats)
    for place, statements in (("report", listed), ("appendix", swot.appendix)):
        yield from (_statement(page, s, words.t(place), words) for s in statements)


def _statement(page: BrandPage, s: Statement, place: str, words: Words) -> tuple[Value, ...]:
    quadrant = _worded(labels.QUADRANTS, s.quadrant, words)
    return (
        *(page.domain, quadrant, s.text, place, s.label, s.own_value, s.market_median, s.n),
        *(
            s.interval,
            s.impact,
            _worded(labels.SIZES, s.confidence, words),
            s.rule,
            _ids(s.evidence),
        ),
    )


def _questions(report: Report, words: Words) -> _Made:
    asked = report.questions
    parts = (asked.we_miss, asked.nobody, asked.only_we, asked.shared)
    rows = (
        _question(words.t(coverage), q)
        for coverage, part in zip(_COVERAGES, parts, strict=True)
        for q in part
    )
    return asked.title, rows


def _question(coverage: str, q: Question) -> tuple[Value, ...]:
    return (coverage, q.text, q.topic, q.language, q.asked, ", ".join(q.answered_by))


def _themes(report: Report, words: Words) -> _Made:
    rows = (
        (
            *(t.label, t.importance, t.market.positive, t.market.neutral, t.market.negative),
            *(t.market.net, t.own.positive, t.own.neutral, t.own.negative, t.own.net),
        )
        for t in report.voice.themes
    )
    return report.voice.title, rows


def _terms(report: Report, words: Words) -> _Made:
    rows = ((t.text, t.n, t.positive, t.negative, _ids(t.evidence)) for t in report.voice.terms)
    return report.voice.terms_title, rows


def _reviews(report: Report, words: Words) -> _Made:
    rows = (
        (
            *(s.domain, _worded(_ROLES, s.role, words), s.read, s.rated, s.mean, s.mean_text),
            *(s.stated, s.stated_count, s.oldest, s.newest, ", ".join(s.languages), s.scored),
        )
        for s in report.voice.sources
    )
    return report.voice.sources_title, rows


def _ratings(report: Report, words: Words) -> _Made:
    rows = ((p.period, p.own, p.own_n, p.market, p.market_n) for p in report.voice.over_time)
    return report.voice.over_time_title, rows


def _promises(report: Report, words: Words) -> _Made:
    rows = (
        (
            *(p.domain, p.kind, p.promise, p.experience),
            *(_worded(labels.VERDICTS, p.verdict, words), p.n, _ids(p.evidence)),
        )
        for p in report.promises
    )
    return "", rows


def _ranking(report: Report, words: Words) -> _Made:
    return report.ranking_title, (_brand(b, words) for b in report.brands)


def _brand(b: Brand, words: Words) -> tuple[Value, ...]:
    role = _worded(_ROLES, b.role, words)
    return (b.domain, role, b.kind_label, b.visibility, b.keywords, b.best_rank, b.reason)


def _changes(report: Report, words: Words) -> _Made:
    rows = (
        (c.domain, c.kind, c.before, c.after, _worded(labels.CAUSES, c.cause, words), c.text)
        for c in report.changes.rows
    )
    return report.changes.title, rows


def _follow_ups(report: Report, words: Words) -> _Made:
    rows = (
        (
            *(g.label, g.state_label, g.text, g.before_own, g.own_value, g.before_median),
            *(g.market_median, g.target, words.t(_REACHED[g.target_reached]), g.review_date),
        )
        for g in report.changes.gaps
    )
    return report.changes.gaps_title, rows


def _own_numbers(report: Report, words: Words) -> _Made:
    rows = (
        (
            *(o.label, o.value, o.value_text, o.interval, o.formula, o.scale, o.n, o.period),
            *("; ".join(f"{part.label}: {part.value}" for part in o.parts), o.note),
        )
        for o in report.own_numbers
    )
    return "", rows


def _evidence(report: Report, words: Words) -> _Made:
    rows = (
        (e.id, e.domain, e.excerpt, e.url, e.title, e.fetched_at, e.record) for e in report.evidence
    )
    return "", rows


def _searches(report: Report, words: Words) -> _Made:
    rows = (
        (
            *(s.keyword, s.provider, _worded(labels.RUN_STATES, s.state, words), s.reason),
            *(s.depth, s.locale, s.device, s.fetched_at),
        )
        for s in report.collection.searches
    )
    return "", rows


def _visits(report: Report, words: Words) -> _Made:
    rows = (
        (
            *(v.domain, v.stage, _worded(labels.RUN_STATES, v.state, words), v.reason),
            *(v.requests, v.pages_ok, v.pages_failed, v.finished_at),
        )
        for v in report.collection.visits
    )
    return "", rows


def _pages(report: Report, words: Words) -> _Made:
    rows = (
        (p.domain, p.total, ", ".join(f"{s.value} {s.label}" for s in p.states))
        for p in report.collection.pages
    )
    return "", rows


def _robots(report: Report, words: Words) -> _Made:
    return "", ((r.domain, r.url, r.reason) for r in report.collection.robots)


def _method(report: Report, words: Words) -> _Made:
    rows: list[tuple[Value, ...]] = [
        (m.label, m.dimension, m.unit, m.weight, m.measured, m.brands, m.formula)
        for m in report.method.metrics
    ]
    rows += [(words.t("Rule"), "", "", None, None, None, note) for note in report.method.notes]
    return f"{words.t('Method')} {report.method.version}", rows


_TABLES: dict[str, Callable[[Report, Words], _Made]] = {
    "Summary": _summary,
    "Scoreboard": _scoreboard,
    "Scores": _scores,
    "Gaps": _gaps,
    "SWOT": _swot,
    "Questions": _questions,
    "Themes": _themes,
    "Terms": _terms,
    "Reviews": _reviews,
    "Ratings": _ratings,
    "Promises": _promises,
    "Own numbers": _own_numbers,
    "Who ranks": _ranking,
    "Changes": _changes,
    "Earlier gaps": _follow_ups,
    "Evidence": _evidence,
    "Searches": _searches,
    "Visits": _visits,
    "Pages": _pages,
    "Robots": _robots,
    "Method": _method,
}
