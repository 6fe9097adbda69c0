"""Markdown for a wiki, a ticket or a diff. Scraped text is escaped: it cannot become markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reports.units import (
    format_count,
    format_date,
    format_difference,
    format_net,
    format_score,
    format_share,
    format_time,
    plural,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.model import BrandPage, Cell, Gap, Question, Report, Statement

__all__ = ["escape", "media_type", "render", "suffix"]

suffix = ".md"
media_type = "text/markdown; charset=utf-8"

_SHOWN = 40
_SHOWN_QUESTIONS = 12
# What CommonMark, GitHub and wikis read as markup inside a line, then what only a line's start
# can be, then the beginnings of bare links.
_MARKUP = re.compile(r"([\\`*_{}\[\]|~$])")
_START = re.compile(r"^([#>+=-])|^(\d+)(?=[.)](?:\s|$))")
_LINKS = re.compile(r"(?i):(?=//)|(?<=mailto):|(?<=xmpp):|(?<=\bwww)\.|@")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: object) -> str:
    r"""Text on one line with nothing in it that Markdown reads as markup, link or HTML.

    >>> escape("[x](javascript:alert(1)) <b>")
    '\\[x\\](javascript:alert(1)) &lt;b&gt;'
    >>> escape("# www.a.example, https://b.example")
    '\\# www&#46;a.example, https&#58;//b.example'
    """
    line = re.sub(r"\s+", " ", str(text)).strip()
    line = re.sub("[&<>]", lambda m: _ENTITIES[m[0]], line)
    line = _MARKUP.sub(r"\\\1", line)
    line = _LINKS.sub(lambda m: f"&#{ord(m[0])};", line)
    return _START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}&#8203;", line)


def render(report: Report) -> bytes:
    """UTF-8, one section a heading, tables for what is a table."""
    parts = (
        _verdict(report),
        _scoreboard(report),
        _gaps(report),
        _brands(report),
        _questions(report),
        _voice(report),
        _market(report),
        _collected(report),
        _evidence(report),
    )
    return ("\n\n".join("\n".join(part) for part in parts) + "\n").encode()


def _verdict(report: Report) -> Iterator[str]:
    study = report.study
    yield f"# {escape(report.title)}\n"
    yield (
        f"Study {escape(study.name)}, {escape(study.market)}, collected "
        f"{format_date(study.started_at)}, report of {format_date(report.created_at)}.\n"
    )
    yield "## What matters\n"
    for number, judgment in enumerate(report.judgments, start=1):
        yield f"{number}. **{escape(judgment.finding)}**\n"
        yield f"   {escape(judgment.for_us)}\n"
        cited = f" Evidence: {', '.join(judgment.evidence)}." if judgment.evidence else ""
        yield f"   *{judgment.confidence} confidence. {escape(judgment.basis)}{cited}*\n"
    if not report.judgments:
        yield "There is too little data for a judgment.\n"
    yield from _table(
        ["Figure", "Value", "Note"], [[f.label, f.value, f.note] for f in report.figures]
    )
    if report.unknowns:
        yield "\n### What we do not know\n"
        yield from (f"- {escape(text)}" for text in report.unknowns)


def _scoreboard(report: Report) -> Iterator[str]:
    board = report.scoreboard
    yield f"## {escape(board.title)}\n"
    yield "Score of 100 (coverage). Median and best are of the competitors.\n"
    rows = [
        [row.domain + (" (us)" if row.role == "own" else ""), *(_cell(c) for c in row.cells)]
        for row in board.rows[:_SHOWN]
    ]
    rows.append(["Market median", *(format_score(d.median) for d in board.dimensions)])
    yield from _table(["Brand", *(d.label for d in board.dimensions)], rows)
    if report.positions:
        yield f"\n### {escape(report.positions_title)}\n"
        yield from _table(
            ["Dimension", "Us", "95 % interval", "Median", "To median", "Best"],
            [
                [
                    p.label,
                    format_score(p.own) if p.own is not None else p.words,
                    f"{format_score(p.low)} to {format_score(p.high)}"
                    if p.low is not None and p.high is not None
                    else "",
                    format_score(p.median),
                    format_difference(p.difference),
                    format_score(p.best) + (f" ({p.best_brand})" if p.best_brand else ""),
                ]
                for p in report.positions
            ],
        )


def _cell(cell: Cell) -> str:
    return f"{cell.text} ({format_share(cell.coverage)})" if cell.text else cell.words


def _gaps(report: Report) -> Iterator[str]:
    yield f"## {escape(report.gaps_title)}\n"
    yield from _table(
        ["Rank", "Gap", "Us", "Median", "Best", "Impact", "Effort", "Stage", "Confidence"],
        [
            [
                str(g.position),
                g.label,
                g.own_text,
                g.median_text,
                g.best_text + (f" ({g.best_brand})" if g.best_brand else ""),
                f"{g.impact:.2g}",
                g.effort,
                g.stage,
                g.confidence,
            ]
            for g in report.gaps[:_SHOWN]
        ],
    )
    for gap in report.gaps[:_SHOWN]:
        yield from _plan(gap)


def _plan(gap: Gap) -> Iterator[str]:
    yield f"\n### {gap.position}. {escape(gap.label)}\n"
    yield f"{escape(gap.text)}{_cited(gap.evidence)}\n"
    yield from (f"{i}. {escape(step)}" for i, step in enumerate(gap.tactic, start=1))
    yield f"\n- Goal: {escape(gap.goal)}"
    yield f"- Measure: {escape(gap.kpi)}; target {escape(gap.target_text)}"
    yield f"- Review: {format_date(gap.review_date)}"


def _brands(report: Report) -> Iterator[str]:
    yield "## Brand by brand"
    for page in report.pages[:_SHOWN]:
        yield from _brand(page)


def _brand(page: BrandPage) -> Iterator[str]:
    yield f"\n### {escape(page.title)}\n"
    yield f"{escape(page.coverage)}\n"
    yield from (f"- {escape(fact.label)}: {escape(fact.value)}" for fact in page.facts)
    for title, statements in (
        ("Strengths", page.swot.strengths),
        ("Weaknesses", page.swot.weaknesses),
        ("Opportunities", page.swot.opportunities),
        ("Threats", page.swot.threats),
    ):
        yield f"\n**{title}**\n"
        yield from _statements(statements)


def _statements(statements: Iterable[Statement]) -> Iterator[str]:
    lines = [
        f"- {escape(s.text)} *({s.confidence} confidence, n {s.n})*{_cited(s.evidence)}"
        for s in statements
    ]
    yield from lines or ["No rule fired on what could be seen."]


def _questions(report: Report) -> Iterator[str]:
    yield f"## {escape(report.questions.title)}\n"
    yield f"{escape(report.questions.note)}"
    for title, listed in (
        ("We miss", report.questions.we_miss),
        ("Nobody answers", report.questions.nobody),
        ("Only we answer", report.questions.only_we),
    ):
        yield f"\n**{title}** ({len(listed)})\n"
        yield from (f"- {_question(q)}" for q in listed[:_SHOWN_QUESTIONS])


def _question(question: Question) -> str:
    who = f" ({', '.join(map(escape, question.answered_by))})" if question.answered_by else ""
    return escape(question.text) + who


def _voice(report: Report) -> Iterator[str]:
    yield f"## {escape(report.voice.title)}\n"
    yield f"{escape(report.voice.note)}\n"
    yield from _table(
        ["Theme", "Competitors + / 0 / −", "Net", "Us + / 0 / −", "Net", "In reviews"],
        [
            [
                t.label,
                f"{t.market.positive} / {t.market.neutral} / {t.market.negative}",
                format_net(t.market.net) if t.market.net is not None else "too few",
                f"{t.own.positive} / {t.own.neutral} / {t.own.negative}",
                format_net(t.own.net) if t.own.net is not None else t.words,
                format_share(t.importance),
            ]
            for t in report.voice.themes
        ],
    )
    yield f"\n### {escape(report.voice.sources_title)}\n"
    yield from _table(
        ["Brand", "Read", "With stars", "Mean read", "Site states", "Languages"],
        [
            [
                s.domain,
                format_count(s.read),
                format_count(s.rated),
                s.mean_text,
                s.stated_text,
                ", ".join(s.languages) or "not known",
            ]
            for s in report.voice.sources[:_SHOWN]
        ],
    )
    if report.promises:
        yield "\n### What brands promise, and what their customers say\n"
        yield from _table(
            ["Brand", "About", "Promise", "Experience", "Verdict", "n", "Evidence"],
            [
                [
                    *(p.domain, p.kind, p.promise, p.experience, p.verdict),
                    *(str(p.n), ", ".join(p.evidence)),
                ]
                for p in report.promises[:_SHOWN]
            ],
        )
    yield from _own_numbers(report)


def _own_numbers(report: Report) -> Iterator[str]:
    if not report.own_numbers:
        return
    yield "\n### Your own numbers\n"
    yield from _table(
        ["Number", "Value", "95 % interval", "n", "Formula", "Scale", "Note"],
        [
            [o.label, o.value_text, o.interval, str(o.n), o.formula, o.scale, o.note]
            for o in report.own_numbers
        ],
    )


def _market(report: Report) -> Iterator[str]:
    yield f"## {escape(report.ranking_title)}\n"
    yield from _table(
        ["Site", "Kind", "Share of clicks", "Keywords", "Best rank", "Why"],
        [
            [
                *(b.domain, b.kind_label, b.visibility_text, str(b.keywords)),
                *(str(b.best_rank or "not ranked"), b.reason),
            ]
            for b in report.brands[:_SHOWN]
        ],
    )
    yield f"\n## {escape(report.changes.title)}\n"
    for change in report.changes.rows[:_SHOWN]:
        cause = "they changed" if change.cause == "market" else "our method changed"
        yield f"- {escape(change.domain)}: {escape(change.text)} *({cause})*"
    if report.changes.gaps:
        yield f"\n### {escape(report.changes.gaps_title)}\n"
        yield from (f"- {escape(gap.text)}" for gap in report.changes.gaps)


def _collected(report: Report) -> Iterator[str]:
    collected = report.collection
    yield "## How this was collected\n"
    yield from (f"- {escape(fact.label)}: {escape(fact.value)}" for fact in collected.facts)
    yield ""
    yield from _table(
        ["Site", "By", "State", "Requests", "Read", "Not read", "Reason"],
        [
            [
                *(v.domain, v.stage, v.state, str(v.requests), str(v.pages_ok)),
                *(str(v.pages_failed), v.reason),
            ]
            for v in collected.visits
        ],
    )
    yield ""
    yield from _table(
        ["Site", "Pages", "States"],
        [
            [p.domain, str(p.total), ", ".join(f"{s.value} {s.label}" for s in p.states)]
            for p in collected.pages
        ],
    )
    yield ""
    yield from _table(
        ["Keyword", "Provider", "State", "Depth", "Locale", "Asked"],
        [
            [
                *(s.keyword, s.provider, f"{s.state} {s.reason}", str(s.depth), s.locale),
                format_time(s.fetched_at),
            ]
            for s in collected.searches[:_SHOWN]
        ],
    )
    yield f"\n{plural(len(collected.robots), 'page')} left alone for robots.txt."
    yield "\n## How the numbers came to be\n"
    yield from (f"- {escape(note)}" for note in report.method.notes)
    yield ""
    yield from _table(
        ["Metric", "Dimension", "Unit", "Measured at", "Formula"],
        [
            [m.label, m.dimension, m.unit, f"{m.measured} of {m.brands}", m.formula]
            for m in report.method.metrics
        ],
    )


def _evidence(report: Report) -> Iterator[str]:
    yield f"## Evidence: {plural(len(report.evidence), 'excerpt')}\n"
    for e in report.evidence:
        source = ", ".join(
            part
            for part in (
                escape(e.domain),
                f"`{e.url}`" if e.url and re.fullmatch(r"https?://[^\s`]+", e.url) else "",
                format_time(e.fetched_at) if e.fetched_at else "",
                f"record {escape(e.record)}" if e.record else "",
            )
            if part
        )
        yield f"- **{e.id}** {escape(e.excerpt)} ({source})"


def _cited(ids: tuple[str, ...]) -> str:
    return f" \\[{', '.join(ids)}\\]" if ids else ""


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"| {' | '.join(escape(cell) for cell in head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(escape(cell) for cell in row)} |"
