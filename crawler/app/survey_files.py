"""Survey files of any tool: delimited text to answers, with the line and column of every error."""

from __future__ import annotations

import codecs
import csv
import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analysis.surveys import SURVEYS, Answer
from crawler.errors import ConfigError, CxscoutError
from spiders.extract.exports import parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["UNITS", "SurveyFile", "read_survey"]

UNITS = {"seconds": 1 / 3600, "minutes": 1 / 60, "hours": 1.0, "days": 24.0}
_DELIMITERS = ("\t", ";", ",", "|")
_HEADER_LINES = 15
_NUMBER = re.compile(r"[-+]?\d+(?:[.,'’\u00a0\u202f ]\d{3})*(?:[.,]\d+)?$")
_LABELED = re.compile(r"(\d+)\s*(?:[-–—:(=]\s*|\s)[^\d]+$")  # "5 - very satisfied", "4 (good)"
_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d))?$")
_SPAN = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_]+)\.?\s*,?\s*")
_PARTS = ("value", "asked", "answered", "start", "end", "lost", "new", "label", "count", "id", "at")


@dataclass(slots=True)
class SurveyFile:
    """`keys` name each answer alike whenever the file is read; `notes` are for the person."""

    answers: list[Answer] = field(default_factory=list)
    keys: list[tuple[object, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_dated: bool = False


class _Table(NamedTuple):
    """Rows with the number of their line; `columns` are fields to places, `heads` as written."""

    columns: dict[str, int]
    heads: list[str]
    rows: list[tuple[int, list[str]]]


class _Row(NamedTuple):
    """A line of the file as its fields; says where it is when something is wrong with it."""

    file: str
    line: int
    table: _Table
    cells: list[str]

    def text(self, name: str) -> str:
        at = self.table.columns.get(name)
        return self.cells[at].strip() if at is not None and at < len(self.cells) else ""

    def where(self, name: str = "") -> str:
        at = self.table.columns.get(name)
        if at is None:
            return f"{self.file} line {self.line}"
        head = self.table.heads[at].strip() if self.table.heads else ""
        shown = f"column {head!r}" if head else f"column {at + 1}"
        return f"{self.file} line {self.line}, {shown}"

    def number(self, name: str) -> float | None:
        """The number in a cell, None where it is empty; ConfigError for anything else."""
        text = self.text(name)
        if _fold(text) in _words("none"):
            return None
        if not _NUMBER.match(text):
            raise ConfigError(f"{self.where(name)}: {text!r} is not a number")
        return parse_number(text)

    def whole(self, name: str) -> float | None:
        """A count: "1.200" and "1,200" are both 1200, as there is no fraction of a customer."""
        if self.number(name) is None:
            return None
        value = parse_number(self.text(name), whole=True)
        if value is None or value < 0 or value != int(value):
            raise ConfigError(
                f"{self.where(name)}: {self.text(name)!r} is no count; write a whole number from 0"
            )
        return value


def read_survey(
    path: Path, metric: str, *, column: str | None = None, unit: str | None = None
) -> SurveyFile:
    """The answers of a CSV, TSV or semicolon file.

    `column` names the column with the scores when its heading says nothing; `unit` that of
    response times. Raises ConfigError that names line and column.
    """
    table = _read_table(path, metric, column)
    found = SurveyFile(is_dated=bool({"at", "id", "asked"} & table.columns.keys()))
    read = _READERS.get(metric, _score)
    empty = 0
    for line, cells in table.rows:
        row = _Row(path.name, line, table, cells)
        answer = _response_time(row, unit) if metric == "response_time" else read(row)
        if answer is None:
            empty += 1
            continue
        answer = answer._replace(at=_day(row), row=row.where("value"))
        SURVEYS[metric].check(answer)
        found.answers.append(answer)
        found.keys.append(_key(row, answer))
    found.keys = _numbered(found.keys)
    if not found.answers:
        raise ConfigError(f"{path.name} has no answer for {metric}: all {empty} rows are empty")
    if empty:
        found.notes.append(f"rows without an answer, left out: {empty}")
    if metric == "response_time" and "value" in table.columns and not (unit or _unit_in(table)):
        found.notes.append("times without a unit are taken as hours; else give --unit")
    return found


def _key(row: _Row, answer: Answer) -> tuple[object, ...]:
    """What makes an answer the same when the file, or a longer one, is imported again."""
    when = row.text("at") or row.text("asked")
    if row.text("id"):
        return ("id", row.text("id"), when)
    return (when, answer.value, answer.base, answer.label)


def _numbered(keys: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Equal keys told apart by their order: two customers may say the same on one day."""
    seen: dict[tuple[object, ...], int] = {}
    numbered = []
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
        numbered.append((*key, seen[key]))
    return numbered


# -- one row, by metric ----------------------------------------------------------------------


def _score(row: _Row) -> Answer | None:
    text = row.text("value")
    labeled = _LABELED.match(text)
    if labeled:
        return Answer(float(labeled[1]))
    value = row.number("value")
    return None if value is None else Answer(value)


def _churn(row: _Row) -> Answer | None:
    start, end = row.whole("start"), row.whole("end")
    lost, new = row.whole("lost"), row.whole("new")
    if start is None:
        return None
    if lost is None:
        if end is None:
            raise ConfigError(f"{row.where('start')}: neither customers lost nor at the end")
        lost = start + (new or 0) - end
    if lost < 0:
        raise ConfigError(
            f"{row.where('end')}: {end:.0f} customers at the end are more than {start:.0f} at the "
            "start; add a column 'new' or 'lost'"
        )
    if lost > start:
        raise ConfigError(
            f"{row.where('lost')}: {lost:.0f} lost of {start:.0f} customers at the start"
        )
    return Answer(lost, start, row.text("label") or row.text("at"))


def _ticket(row: _Row) -> Answer | None:
    topic = " ".join(row.text("label").split())
    if _fold(topic) in _words("none"):
        return None
    count = row.whole("count") if "count" in row.table.columns else 1.0
    return None if count is None else Answer(count, None, topic[:200])


def _response_time(row: _Row, unit: str | None) -> Answer | None:
    label = row.text("label")
    if "value" not in row.table.columns:
        return _between(row, label)
    text = _fold(row.text("value"))
    if text in _words("never"):
        return Answer(None, None, label)
    if text in _words("none"):
        return None
    hours = _clock(text)
    if hours is None:
        hours = _span(text)
    if hours is None:
        value = row.number("value")
        factor = UNITS[unit or _unit_in(row.table) or "hours"]
        hours = None if value is None else value * factor
    return None if hours is None else Answer(round(hours, 6), None, label)


def _clock(text: str) -> float | None:
    found = _CLOCK.match(text)
    if not found:
        return None
    span = timedelta(hours=int(found[1]), minutes=int(found[2]), seconds=int(found[3] or 0))
    return span.total_seconds() / 3600


def _span(text: str) -> float | None:
    """Hours of a span in words.

    >>> _span("2h 30m"), _span("1 day"), _span("soon")
    (2.5, 24.0, None)
    """
    total, end = 0.0, 0
    while end < len(text):
        found = _SPAN.match(text, end)
        unit = _unit_of(found[2]) if found else None
        if not found or unit is None:
            return None
        total += (parse_number(found[1]) or 0.0) * UNITS[unit]
        end = found.end()
    return total if text else None


def _between(row: _Row, label: str) -> Answer | None:
    """From two times; a question without an answer's time was never answered."""
    asked = _time(row, "asked")
    if asked is None:
        return None
    if _fold(row.text("answered")) in _words("never"):
        return Answer(None, None, label)
    answered = _time(row, "answered")
    if answered is None:
        return Answer(None, None, label)
    if (asked.tzinfo is None) != (answered.tzinfo is None):
        raise ConfigError(f"{row.where('answered')}: one of the two times has a zone, one has none")
    hours = (answered - asked).total_seconds() / 3600
    if hours < 0:
        raise ConfigError(
            f"{row.where('answered')}: answered {row.text('answered')!r} before it was asked "
            f"({row.text('asked')!r})"
        )
    return Answer(round(hours, 6), None, label)


def _time(row: _Row, name: str) -> datetime | None:
    text = row.text(name)
    if _fold(text) in _words("none"):
        return None
    found = _as_time(text)
    if found is None:
        raise ConfigError(f"{row.where(name)}: {text!r} is no time; write it like 2026-03-02 09:30")
    return found


_TIME_FORMATS = ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y", "%Y/%m/%d %H:%M", "%Y/%m/%d")


def _as_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass  # not ISO: one of the formats below, else no time that only one reading has
    for pattern in _TIME_FORMATS:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    return None


def _day(row: _Row) -> str | None:
    """The day of an answer where it can be read in one way only (3/4/2026 cannot)."""
    found = _as_time(row.text("at") or row.text("asked"))
    return found.date().isoformat() if found else None


_READERS: Mapping[str, Callable[[_Row], Answer | None]] = {"churn": _churn, "tickets": _ticket}


# -- the table -------------------------------------------------------------------------------


def _read_table(path: Path, metric: str, column: str | None) -> _Table:
    lines = re.split(r"\r\n|\n|\r", _text(path))
    if not any(line.strip() for line in lines):
        raise ConfigError(f"{path.name} is empty")
    head = _find_header(lines, metric, column)
    if head is None:
        return _without_header(path, lines, metric, column)
    at, delimiter, columns, heads = head
    rows = []
    reader = csv.reader(lines[at + 1 :], delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((at + 1 + reader.line_num, cells))
    except csv.Error as error:
        raise ConfigError(f"{path.name} line {at + 1 + reader.line_num}: {error}") from None
    _require(path.name, at + 1, metric, columns, heads)
    if not rows:
        raise ConfigError(f"{path.name} has a header in line {at + 1} and no row below it")
    return _Table(columns, heads, rows)


def _text(path: Path) -> str:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise CxscoutError(f"{path} cannot be read: {error.strerror}") from None
    if body[:4] == b"PK\x03\x04":
        raise ConfigError(f"{path.name} is a ZIP or XLSX file; save the sheet as CSV")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _find_header(
    lines: list[str], metric: str, column: str | None
) -> tuple[int, str, dict[str, int], list[str]] | None:
    """The line of the first ones that names the most columns, with its delimiter."""
    best = None
    for at, line in enumerate(lines[:_HEADER_LINES]):
        for delimiter in _DELIMITERS:
            heads = next(csv.reader([line], delimiter=delimiter), [])
            columns = _columns(heads, metric, column)
            size = (len(columns), len(heads))
            if columns and (best is None or size > (len(best[2]), len(best[3]))):
                best = at, delimiter, columns, heads
    if best is None and column:
        raise ConfigError(f"no column {column!r} in the first lines; the first is {lines[0]!r}")
    return best


def _columns(heads: list[str], metric: str, column: str | None) -> dict[str, int]:
    folded = [_fold(head) for head in heads]
    found: dict[str, int] = {}
    if column is not None:
        if _fold(column) not in folded:
            return {}
        found["label" if metric == "tickets" else "value"] = folded.index(_fold(column))
    for name in _PARTS:
        names = _headings().get(name, {})
        for known in (*names.get(metric, ()), *names.get("any", ())):
            at = next((i for i, head in enumerate(folded) if _is_head(head, known)), None)
            if at is not None and at not in found.values():
                found.setdefault(name, at)
    return found


def _is_head(head: str, known: str) -> bool:
    """The name itself, or with a unit behind it; one that ends with … begins a question."""
    if known.endswith("…"):
        return head.startswith(known[:-1])
    return head == known or bool(re.match(rf"{re.escape(known)}\s*[(\[:?]", head))


_NEEDED = {
    "churn": ("start", "a column 'start' (customers at the start), and 'end' or 'lost'"),
    "tickets": ("label", "a column 'topic'"),
    "response_time": ("value", "a column 'hours' or 'minutes', or 'asked at' and 'answered at'"),
}


def _require(
    file: str, line: int, metric: str, columns: Mapping[str, int], heads: list[str]
) -> None:
    name, wanted = _NEEDED.get(metric, ("value", "a column 'score'"))
    if name in columns and not (metric == "churn" and not {"end", "lost"} & columns.keys()):
        return
    if metric == "response_time" and {"asked", "answered"} <= columns.keys():
        return
    listed = ", ".join(repr(head.strip()) for head in heads)
    raise ConfigError(
        f"{file} line {line}: {metric} needs {wanted}; the columns are {listed} "
        "(name the one with the answers: --column NAME)"
    )


def _without_header(path: Path, lines: list[str], metric: str, column: str | None) -> _Table:
    """A bare list of numbers, one a line, needs no header; anything else does."""
    rows = [(at, [line]) for at, line in enumerate(lines, 1) if line.strip()]
    first = rows[0][1][0].strip()
    if (
        metric in ("churn", "tickets")
        or column
        or not (_NUMBER.match(first) or _CLOCK.match(first))
    ):
        heads = next(csv.reader([first], delimiter=_delimiter(first)), [])
        _require(path.name, rows[0][0], metric, {}, heads)
    return _Table({"value": 0}, [], rows)


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _fold(text: str) -> str:
    """Without case, accents, and doubled space.

    >>> _fold(" Réponse_Date ")
    'reponse date'
    """
    plain = unicodedata.normalize("NFKD", text.replace("_", " "))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"(?<=\w)-(?=\w)", " ", plain)
    return " ".join(plain.casefold().strip(" \ufeff\"'").split())


@cache
def _headings() -> dict[str, dict[str, list[str]]]:
    path = Path(__file__).with_name("own_data.toml")
    found: dict[str, dict[str, list[str]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    if missing := {*_PARTS, "units", "words"} ^ found.keys():
        raise ConfigError(f"{path.name} lacks or does not know {', '.join(sorted(missing))}")
    return found


def _words(name: str) -> frozenset[str]:
    return frozenset(_headings()["words"][name])


def _unit_of(word: str) -> str | None:
    """The unit that a word or its beginning names; a single letter must be the whole word."""
    for unit, names in _headings()["units"].items():
        if any(word == name or (len(name) > 1 and word.startswith(name)) for name in names):
            return unit
    return None


def _unit_in(table: _Table) -> str | None:
    """The unit that the heading of the values names: "reply time (min)"."""
    if not table.heads or "value" not in table.columns:
        return None
    words = re.findall(r"[^\W\d_]+", _fold(table.heads[table.columns["value"]]))
    return next((unit for word in reversed(words) if (unit := _unit_of(word))), None)
