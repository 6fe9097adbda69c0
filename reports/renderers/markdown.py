"""Markdown for a wiki, a ticket or a diff. Scraped text is escaped: it cannot become markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reports import labels
from reports.units import (
    format_date,
    format_difference,
    format_net,
    format_score,
    format_share,
    format_span,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reports.locale import Words
    from reports.model import (
        BrandPage,
        Cell,
        Gap,
        Position,
        Question,
        Report,
        Statement,
        ThemeVoice,
    )

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
    shown = (draw for name, draw in _SECTIONS.items() if report.branding.shows(name))
    texts = ["\n".join(draw(report)) for draw in (_verdict, *shown)]
    if report.branding.footer:
        texts.append(f"---\n\n{escape(report.branding.footer)}")
    return ("\n\n".join(texts) + "\n").encode()


def _verdict(report: Report) -> Iterator[str]:
    study, words = report.study, report.words
    yield f"# {escape(report.title)}\n"
    yield (
        words.t(
            "Study {study}, {market}, collected {collected}, report of {date}.",
            study=escape(study.name),
            market=escape(study.market),
            collected=words.date(study.started_at),
            date=words.date(report.created_at),
        )
        + "\n"
    )
    yield f"## {words.t('What matters')}\n"
    for number, judgment in enumerate(report.judgments, start=1):
        yield f"{number}. **{escape(judgment.finding)}**\n"
        yield f"   {escape(judgment.for_us)}\n"
        cited = ""
        if judgment.evidence:
            cited = " " + words.t("Evidence {ids}", ids=", ".join(judgment.evidence)) + "."
        level = _capital(labels.worded(labels.LEVELS, judgment.confidence, words))
        yield f"   *{level}. {escape(judgment.basis)}{cited}*\n"
    if not report.judgments:
        yield words.t("There is too little data for a judgment.") + "\n"
    yield from _table(
        [words.t("Figure"), words.t("Value"), words.t("Note")],
        [[f.label, f.value, f.note] for f in report.figures],
    )
    if report.unknowns:
        yield f"\n### {words.t('What we do not know')}\n"
        yield from (f"- {escape(text)}" for text in report.unknowns)


def _scoreboard(report: Report) -> Iterator[str]:
    board, words = report.scoreboard, report.words
    yield f"## {escape(board.title)}\n"
    yield words.t("Score of 100 (coverage). Median and best are of the competitors.") + "\n"
    us = f" ({words.t('us')})"
    rows = [
        [row.domain + (us if row.role == "own" else ""), *(_cell(c, words) for c in row.cells)]
        for row in board.rows[:_SHOWN]
    ]
    medians = (format_score(d.median, words) for d in board.dimensions)
    rows.append([words.t("Market median"), *medians])
    yield from _table([words.t("Brand"), *(d.label for d in board.dimensions)], rows)
    if report.positions:
        yield f"\n### {escape(report.positions_title)}\n"
        yield from _table(
            [
                *(words.t("Dimension"), words.t("Us"), words.t("95 % interval")),
                *(words.t("Median"), words.t("To median"), words.t("Best")),
            ],
            [_position(p, words) for p in report.positions],
        )


def _position(p: Position, words: Words) -> list[str]:
    interval = ""
    if p.low is not None and p.high is not None:
        interval = format_span(format_score(p.low, words), format_score(p.high, words), words)
    best = format_score(p.best, words) + (f" ({p.best_brand})" if p.best_brand else "")
    return [
        *(p.label, format_score(p.own, words) if p.own is not None else p.words, interval),
        *(format_score(p.median, words), format_difference(p.difference, words), best),
    ]


def _cell(cell: Cell, words: Words) -> str:
    return f"{cell.text} ({format_share(cell.coverage, words)})" if cell.text else cell.words


def _gaps(report: Report) -> Iterator[str]:
    words = report.words
    yield f"## {escape(report.gaps_title)}\n"
    yield from _table(
        [
            *(words.t("Rank"), words.t("Gap"), words.t("Us"), words.t("Median"), words.t("Best")),
            *(words.t("Impact"), words.t("Effort"), words.t("Journey stage")),
            words.t("Confidence"),
        ],
        [
            [
                words.number(g.position),
                g.label,
                g.own_text,
                g.median_text,
                g.best_text + (f" ({g.best_brand})" if g.best_brand else ""),
                words.number(g.impact, 2),
                labels.worded(labels.SIZES, g.effort, words),
                g.stage,
                labels.worded(labels.SIZES, g.confidence, words),
            ]
            for g in report.gaps[:_SHOWN]
        ],
    )
    for gap in report.gaps[:_SHOWN]:
        yield from _plan(gap, words)


def _plan(gap: Gap, words: Words) -> Iterator[str]:
    yield f"\n### {gap.position}. {escape(gap.label)}\n"
    yield f"{escape(gap.text)}{_cited(gap.evidence)}\n"
    yield from (f"{i}. {escape(step)}" for i, step in enumerate(gap.tactic, start=1))
    yield f"\n- {words.t('Goal')}: {escape(gap.goal)}"
    yield f"- {words.t('Measure')}: {escape(gap.kpi)}"
    yield f"- {words.t('Target')}: {escape(gap.target_text)}"
    yield f"- {words.t('Review')}: {format_date(gap.review_date, words)}"


def _brands(report: Report) -> Iterator[str]:
    yield f"## {report.words.t('Brand by brand')}"
    for page in report.pages[:_SHOWN]:
        yield from _brand(page, report.words)


def _brand(page: BrandPage, words: Words) -> Iterator[str]:
    yield f"\n### {escape(page.title)}\n"
    yield f"{escape(page.coverage)}\n"
    yield from (f"- {escape(fact.label)}: {escape(fact.value)}" for fact in page.facts)
    for title, statements in (
        (words.t("Strengths"), page.swot.strengths),
        (words.t("Weaknesses"), page.swot.weaknesses),
        (words.t("Opportunities"), page.swot.opportunities),
        (words.t("Threats"), page.swot.threats),
    ):
        yield f"\n**{title}**\n"
        yield from _statements(statements, words)


def _statements(statements: Iterable[Statement], words: Words) -> Iterator[str]:
    lines = [
        f"- {escape(s.text)} *({labels.worded(labels.LEVELS, s.confidence, words)}, "
        f"{words.t('n {count}', count=s.n)})*{_cited(s.evidence)}"
        for s in statements
    ]
    yield from lines or [words.t("Nothing stands out in what could be seen.")]


def _questions(report: Report) -> Iterator[str]:
    words = report.words
    yield f"## {escape(report.questions.title)}\n"
    yield f"{escape(report.questions.note)}"
    for title, listed in (
        (words.t("We miss"), report.questions.we_miss),
        (words.t("Nobody answers"), report.questions.nobody),
        (words.t("Only we answer"), report.questions.only_we),
    ):
        yield f"\n**{title}** ({words.number(len(listed))})\n"
        yield from (f"- {_question(q)}" for q in listed[:_SHOWN_QUESTIONS])


def _question(question: Question) -> str:
    who = f" ({', '.join(map(escape, question.answered_by))})" if question.answered_by else ""
    return escape(question.text) + who


def _voice(report: Report) -> Iterator[str]:
    words = report.words
    yield f"## {escape(report.voice.title)}\n"
    yield f"{escape(report.voice.note)}\n"
    yield from _table(
        [
            *(words.t("Theme"), f"{words.t('Competitors')} + / 0 / −", words.t("Net")),
            *(f"{words.t('Us')} + / 0 / −", words.t("Net"), words.t("In reviews")),
        ],
        [
            [
                *(t.label, _counts(t.market, words)),
                format_net(t.market.net, words) if t.market.net is not None else words.t("too few"),
                _counts(t.own, words),
                format_net(t.own.net, words) if t.own.net is not None else t.words,
                format_share(t.importance, words),
            ]
            for t in report.voice.themes
        ],
    )
    yield f"\n### {escape(report.voice.sources_title)}\n"
    yield from _table(
        [
            *(words.t("Brand"), words.t("Read"), words.t("With stars"), words.t("Mean read")),
            *(words.t("Site states"), words.t("Languages")),
        ],
        [
            [
                *(s.domain, words.number(s.read), words.number(s.rated)),
                *(s.mean_text, s.stated_text),
                words.list(map(words.language_name, s.languages)) or words.t("not known"),
            ]
            for s in report.voice.sources[:_SHOWN]
        ],
    )
    if report.promises:
        yield f"\n### {words.t('What brands promise, and what their customers say')}\n"
        yield from _table(
            [
                *(words.t("Brand"), words.t("About"), words.t("Promise"), words.t("Experience")),
                *(words.t("Verdict"), words.t("n"), words.t("Evidence")),
            ],
            [
                [
                    *(p.domain, p.kind, p.promise, p.experience),
                    labels.worded(labels.VERDICTS, p.verdict, words),
                    *(words.number(p.n), ", ".join(p.evidence)),
                ]
                for p in report.promises[:_SHOWN]
            ],
        )
    yield from _own_numbers(report)


def _own_numbers(report: Report) -> Iterator[str]:
    if not report.own_numbers:
        return
    words = report.words
    yield f"\n### {words.t('Your own numbers')}\n"
    yield from _table(
        [
            *(words.t("Number"), words.t("Value"), words.t("95 % interval"), words.t("n")),
            *(words.t("Formula"), words.t("Scale"), words.t("Note")),
        ],
        [
            [
                *(o.label, o.value_text, o.interval, words.number(o.n)),
                *(o.formula, o.scale, o.note),
            ]
            for o in report.own_numbers
        ],
    )


def _market(report: Report) -> Iterator[str]:
    words = report.words
    yield f"## {escape(report.ranking_title)}\n"
    yield from _table(
        [
            *(words.t("Site"), words.t("Kind"), words.t("Share of clicks"), words.t("Keywords")),
            *(words.t("Best rank"), words.t("Why")),
        ],
        [
            [
                *(b.domain, labels.kind_of(b, words), b.visibility_text, words.number(b.keywords)),
                words.number(b.best_rank) if b.best_rank else words.t("not ranked"),
                b.reason,
            ]
            for b in report.brands[:_SHOWN]
        ],
    )


def _changes(report: Report) -> Iterator[str]:
    words = report.words
    yield f"## {escape(report.changes.title)}\n"
    for change in report.changes.rows[:_SHOWN]:
        cause = labels.worded(labels.CAUSES, change.cause, words)
        yield f"- {escape(change.domain)}: {escape(change.text)} *({cause})*"
    if report.changes.gaps:
        yield f"\n### {escape(report.changes.gaps_title)}\n"
        yield from (f"- {escape(gap.text)}" for gap in report.changes.gaps)


def _collected(report: Report) -> Iterator[str]:
    collected, words = report.collection, report.words
    yield f"## {words.t('How this was collected')}\n"
    yield from (f"- {escape(fact.label)}: {escape(fact.value)}" for fact in collected.facts)
    yield ""
    yield from _visits(report)
    yield ""
    yield from _table(
        [words.t("Site"), words.t("Pages"), words.t("States")],
        [
            [
                *(p.domain, words.number(p.total)),
                words.t(", ").join(f"{s.value} {s.label}" for s in p.states),
            ]
            for p in collected.pages
        ],
    )
    yield ""
    yield from _searches(report)
    alone = words.n("{n} page left alone", "{n} pages left alone", len(collected.robots))
    yield f"\n{words.t('Kept out by robots.txt')}: {alone}."


def _visits(report: Report) -> Iterator[str]:
    words = report.words
    yield from _table(
        [
            *(words.t("Site"), words.t("By"), words.t("State"), words.t("Requests")),
            *(words.t("Read"), words.t("Not read"), words.t("Reason")),
        ],
        [
            [
                *(v.domain, v.stage, labels.worded(labels.RUN_STATES, v.state, words)),
                *(words.number(n) for n in (v.requests, v.pages_ok, v.pages_failed)),
                v.reason,
            ]
            for v in report.collection.visits
        ],
    )


def _searches(report: Report) -> Iterator[str]:
    words = report.words
    yield from _table(
        [
            *(words.t("Keyword"), words.t("Provider"), words.t("State"), words.t("Depth")),
            *(words.t("Locale"), words.t("Asked")),
        ],
        [
            [
                *(s.keyword, s.provider),
                f"{labels.worded(labels.RUN_STATES, s.state, words)} {s.reason}",
                *(words.number(s.depth), s.locale, words.time(s.fetched_at)),
            ]
            for s in report.collection.searches[:_SHOWN]
        ],
    )


def _method(report: Report) -> Iterator[str]:
    words = report.words
    yield f"## {words.t('How the numbers came to be')}\n"
    yield from (f"- {escape(note)}" for note in report.method.notes)
    yield ""
    yield from _table(
        [
            *(words.t("Metric"), words.t("Dimension"), words.t("Unit"), words.t("Measured at")),
            words.t("Formula"),
        ],
        [
            [
                *(m.label, m.dimension, m.unit),
                *(words.t("{part} of {all}", part=m.measured, all=m.brands), m.formula),
            ]
            for m in report.method.metrics
        ],
    )


def _evidence(report: Report) -> Iterator[str]:
    words = report.words
    title = words.n(
        "Evidence: {n} excerpt, with its page in the archive",
        "Evidence: {n} excerpts, each with its page in the archive",
        len(report.evidence),
    )
    yield f"## {title}\n"
    for e in report.evidence:
        source = ", ".join(
            part
            for part in (
                escape(e.domain),
                f"`{e.url}`" if e.url and re.fullmatch(r"https?://[^\s`]+", e.url) else "",
                words.time(e.fetched_at) if e.fetched_at else "",
                f"{words.t('archive record')} {escape(e.record)}" if e.record else "",
            )
            if part
        )
        yield f"- **{e.id}** {escape(e.excerpt)}" + (f" ({source})" if source else "")


_SECTIONS: dict[str, Callable[[Report], Iterator[str]]] = {
    "scoreboard": _scoreboard,
    "gaps": _gaps,
    "brands": _brands,
    "questions": _questions,
    "voice": _voice,
    "ranking": _market,
    "changes": _changes,
    "collected": _collected,
    "method": _method,
    "evidence": _evidence,
}


def _counts(voice: ThemeVoice, words: Words) -> str:
    shown = (voice.positive, voice.neutral, voice.negative)
    return " / ".join(words.number(n) for n in shown)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cited(ids: tuple[str, ...]) -> str:
    return f" \\[{', '.join(ids)}\\]" if ids else ""


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"| {' | '.join(escape(cell) for cell in head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(escape(cell) for cell in row)} |"
