"""Tables too long for a report's object, read from the database while a file is being written."""

from __future__ import annotations

import json
from itertools import chain, islice
from typing import TYPE_CHECKING

from reports import labels
from reports.locale import words_for
from reports.report import printable
from reports.tables import Table, columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawler.db import Database
    from reports.locale import Words
    from reports.model import Report
    from reports.tables import Value

__all__ = ["MESSAGES", "long_tables"]

_TEXT = 320  # characters: short quotes only, as in the register of evidence
_MOST = 1_000_000  # rows; a sheet of Excel ends at 1,048,576

_REVIEWS = """
    select b.domain, r.date, r.rating, r.rating_max, s.language, s.sentiment, s.themes,
           substr(r.text, 1, @text) as text, r.reply is not null as replied, p.url
    from reviews r
    join brands b on b.id = r.brand_id
    left join review_scores s on s.review_id = r.id
    left join pages p on p.id = r.page_id
    where r.run_id = @run and b.role in ('own', 'competitor')
    order by r.brand_id, r.rowid"""
_FAQ = """
    select b.domain, f.question, substr(f.answer, 1, @text) as answer, f.origin, p.url
    from faq_entries f
    join brands b on b.id = f.brand_id
    left join pages p on p.id = f.page_id
    where f.run_id = @run order by f.brand_id, f.rowid"""
_RESULTS = """
    select keyword, provider, kind, rank, title, url from serp_results
    where run_id = @run order by keyword, provider, kind, rank"""
_PAGES = """
    select b.domain, p.url, p.state, p.reason, p.status, p.bytes, p.title, p.language,
           p.fetched_at, p.record
    from pages p join brands b on b.id = p.brand_id
    where p.run_id = @run order by p.brand_id, p.rowid"""


def _review(row: dict[str, Value], words: Words) -> tuple[Value, ...]:
    feelings = json.loads(str(row["themes"] or "{}"))
    themes = ", ".join(
        f"{labels.label(key, words)} {_SIGNS.get(feeling, '')}".strip()
        for key, feeling in feelings.items()
    )
    feeling = words.t(_FEELINGS[str(row["sentiment"])]) if row["sentiment"] in _FEELINGS else None
    return (
        *(row["domain"], row["date"], row["rating"], row["rating_max"], row["language"], feeling),
        *(themes, row["text"], words.t("yes") if row["replied"] else words.t("no"), row["url"]),
    )


_FEELINGS = {"positive": "positive", "neutral": "neutral", "negative": "negative"}
_SIGNS = {"positive": "(+)", "negative": "(−)", "neutral": "(0)"}


def _plain(row: dict[str, Value], words: Words) -> tuple[Value, ...]:
    return tuple(row.values())


# Sheet -> section that it belongs to, title, columns, query, how a row of it is told.
_LONG: dict[str, tuple[str, str, str, str, Callable[..., tuple[Value, ...]]]] = {
    "Review texts": (
        "voice",
        "Every review that was read, shortened; without its writer",
        "Brand, Date:date, Stars:number, Of:number, Language, Sentiment, Themes, Text:long, "
        "Answered, Page",
        _REVIEWS,
        _review,
    ),
    "FAQ entries": (
        "questions",
        "Every question and answer that was read",
        "Brand, Question:long, Answer:long, Read from, Page",
        _FAQ,
        _plain,
    ),
    "Search results": (
        "ranking",
        "Every search result",
        "Keyword, Provider, Kind, Rank:number, Title, Page",
        _RESULTS,
        _plain,
    ),
    "All pages": (
        "collected",
        "Every page that was known, and what became of it",
        "Brand, Page, State, Reason, Status:number, Bytes:number, Title, Language, "
        "Fetched (UTC):date, Archive record",
        _PAGES,
        _plain,
    ),
}
MESSAGES: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            *_LONG,
            *(title for _, title, *_ in _LONG.values()),
            *(c.label for _, _, spec, *_ in _LONG.values() for c in columns_of(spec)),
            *_FEELINGS.values(),
        )
    )
)


def long_tables(db: Database, report: Report, words: Words | None = None) -> Iterator[Table]:
    """The rows of the report's run, table by table, which can be gone through once.

    A million rows of each at most; texts are shortened, reviewers are nowhere.
    """
    spoken = words or words_for(report.language)
    for key, (section, title, spec, sql, tell) in _LONG.items():
        if not report.branding.shows(section):
            continue
        found = islice(db.query(sql, {"run": report.study.run, "text": _TEXT}), _MOST)
        rows = (tuple(map(printable, tell(row, spoken))) for row in found)
        if (first := next(rows, None)) is not None:
            columns, name = columns_of(spec, spoken), spoken.t(key)[:31]
            yield Table(key, name, spoken.t(title), columns, chain([first], rows))
