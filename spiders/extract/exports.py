"""Keyword and rank exports of other tools: delimited text or JSON to one kind of row.

Headers are looked for in the first lines, whatever the encoding, the delimiter and the lines
above them; a column is known by its name in any of the languages listed here.
"""

from __future__ import annotations

import codecs
import csv
import itertools
import math
import re
import tomllib
import unicodedata
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.errors import ConfigError
from spiders.extract.json_text import load_json
from spiders.extract.page import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spiders.extract.json_text import Json

__all__ = [
    "EXPORTS",
    "Export",
    "KeywordRow",
    "parse_export",
    "parse_number",
    "parse_range",
    "parse_ranks",
]

EXPORTS = ("keyword-planner", "search-console", "ahrefs", "semrush")


@dataclass(slots=True)
class KeywordRow:
    """A keyword and what the tool says about it; None where it says nothing.

    `volume` is searches a month. Of a range such as "1K – 10K" it is the geometric mean, because
    the ranges grow by factors; `volume_min` and `volume_max` keep what was stated. `position` may
    be an average. `kd` is keyword difficulty on the tool's own scale.
    """

    keyword: str
    volume: int | None = None
    volume_min: int | None = None
    volume_max: int | None = None
    position: float | None = None
    url: str | None = None
    title: str | None = None
    clicks: int | None = None
    impressions: int | None = None
    ctr: float | None = None  # 0..1
    kd: float | None = None
    cpc: float | None = None
    intent: str | None = None
    country: str | None = None


@dataclass(slots=True)
class Export:
    """Rows in the order of the file; `errors` says what was left out and why."""

    keywords: list[KeywordRow] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


_PLACES = {"search-console": ("keyword", "clicks", "impressions", "ctr", "position")}
_DELIMITERS = ("\t", ",", ";", "|")
_HEADER_LINES = 30
_MAX_ROWS = 1_000_000
csv.field_size_limit(1_000_000)


def parse_export(provider: str, body: bytes) -> Export:
    """The rows of an export of `provider`; the format is told from the file itself.

    Nothing is raised for a file that is none: `errors` says what was expected.
    """
    is_planner = provider == "keyword-planner"
    export = parse_ranks(body, _PLACES.get(provider, ()), after_currency=is_planner)
    if is_planner:
        for row in export.keywords:
            row.position = row.url = None
    return export


def parse_ranks(
    body: bytes, places: tuple[str, ...] = (), *, after_currency: bool = False
) -> Export:
    """The rows of any keyword or rank export, CSV, TSV or JSON.

    For headers in a language not known here: `places` are the columns that the tool writes in
    this order in every language; `after_currency` says that it writes the keyword first, later
    a currency code and then the volume.
    """
    if body[:4] == b"PK\x03\x04":
        return Export(errors=["this is a ZIP or XLSX file; export as CSV or unpack it first"])
    text = _text(body)
    if text.lstrip()[:1] in ("[", "{"):
        return _from_json(body)
    return _from_table(text, places, after_currency=after_currency)


def _text(body: bytes) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8)):
        return decode(body).lstrip("\ufeff")
    sample = body[:2000]
    if sample.count(0) * 3 > len(sample):  # UTF-16 without its mark: every other byte is 0
        return body.decode("utf-16-le" if sample[1::2].count(0) else "utf-16-be", "replace")
    return decode(body)


# -- tables


def _from_table(text: str, places: tuple[str, ...], *, after_currency: bool) -> Export:
    lines = text.splitlines(keepends=True)
    found = _find_header(lines[:_HEADER_LINES]) or _find_places(lines[:2], places)
    if after_currency and (found is None or found[2].keys() == {"keyword"}):
        found = _find_currency(lines[: 2 * _HEADER_LINES]) or found
    if found is None:
        return Export(errors=["no header row with a keyword column in the first lines"])
    at, delimiter, columns = found
    export = Export()
    unnamed = 0
    reader = csv.reader(lines[at + 1 :], delimiter=delimiter)
    try:
        for cells in reader:
            values = {
                name: cells[index].strip() for name, index in columns.items() if index < len(cells)
            }
            if not any(cell.strip() for cell in cells):
                continue
            row = _row(values)
            if row is None:
                unnamed += 1  # one is the line of totals of Keyword Planner
            elif len(export.keywords) < _MAX_ROWS:
                export.keywords.append(row)
    except csv.Error as error:
        export.errors.append(f"line {at + 1 + reader.line_num}: {error}; read up to there")
    if unnamed > 1:
        export.errors.append(f"{unnamed} rows without a keyword left out")
    return export


def _find_header(lines: list[str]) -> tuple[int, str, dict[str, int]] | None:
    """Line, delimiter and columns (name to index) of the line that names the most columns."""
    best: tuple[int, str, dict[str, int]] | None = None
    for at, line in enumerate(lines):
        for delimiter in _DELIMITERS:
            columns = _columns(next(csv.reader([line], delimiter=delimiter), []))
            if "keyword" in columns and (best is None or len(columns) > len(best[2])):
                best = at, delimiter, columns
    if best and len(best[2]) == 1 and best[0] > 0:
        return None  # a lone word "keyword" deep in a text is no header
    return best


def _find_places(
    lines: list[str], places: tuple[str, ...]
) -> tuple[int, str, dict[str, int]] | None:
    """What `_find_header` gives, told from the first row: a text, then a number in each place."""
    for delimiter in _DELIMITERS if len(lines) == 2 else ():
        names, row = (next(csv.reader([line], delimiter=delimiter), []) for line in lines)
        if not row or not (len(names) == len(row) == len(places)) or _url(row[0]):
            continue
        numeric = [[parse_number(cell) is not None for cell in cells] for cells in (names, row)]
        if not any(numeric[0]) and all(numeric[1][1:]):
            return 0, delimiter, {name: at for at, name in enumerate(places)}
    return None


def _find_currency(lines: list[str]) -> tuple[int, str, dict[str, int]] | None:
    """What `_find_header` gives, told from rows of a text, a currency code and later a number."""
    for delimiter in _DELIMITERS:
        rows = [next(csv.reader([line], delimiter=delimiter), []) for line in lines]
        for at, (names, row) in enumerate(itertools.pairwise(rows)):
            if len(names) != len(row) or "" in names[:3]:
                continue
            currency = next((i for i, cell in enumerate(row) if _CURRENCY.fullmatch(cell)), 0)
            below = [cells for cells in rows[at + 1 :] if len(cells) == len(names)]
            volume = _first_numeric(below, currency + 1) if currency else None
            if volume is not None:
                return at, delimiter, {"keyword": 0, "volume": volume}
    return None


_CURRENCY = re.compile(r"[A-Z]{3}")


def _first_numeric(rows: list[list[str]], start: int) -> int | None:
    """The first column that holds numbers or ranges, and nothing else."""
    for column in range(start, len(rows[0])):
        stated = [row[column].strip() for row in rows if row[column].strip()]
        if stated and all(parse_range(cell)[0] is not None for cell in stated):
            return column
    return None


def _columns(cells: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    known = _known_columns()
    for index, cell in enumerate(cells):
        name = known.get(_fold(cell))
        if name:
            columns.setdefault(name, index)
    return columns


def _fold(name: str) -> str:
    """A column name without case, accents, marks and doubled space.

    >>> _fold(" Häufigste Suchanfragen ")
    'haufigste suchanfragen'
    """
    decomposed = unicodedata.normalize("NFKD", name.replace("-", " ").replace("_", " "))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    composed = unicodedata.normalize("NFKC", plain)
    return " ".join(composed.casefold().strip(" \ufeff\"'#").split())


@cache
def _known_columns() -> dict[str, str]:
    """Folded name of a column to the field it fills, from exports.toml."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    unknown = table.keys() - {f.name for f in fields(KeywordRow)}
    if unknown:
        raise ConfigError(
            f"exports.toml names {', '.join(sorted(unknown))}; no such field of a row"
        )
    return {_fold(name): column for column, names in table.items() for name in names}


def _row(values: dict[str, str]) -> KeywordRow | None:
    keyword = " ".join(values.get("keyword", "").split())
    if not keyword:
        return None
    low, high = _volume_range(values)
    ctr = parse_number(values.get("ctr", ""))
    return KeywordRow(
        keyword=keyword,
        volume=_middle(low, high),
        volume_min=low,
        volume_max=high,
        position=_position(values.get("position", "")),
        url=_url(values.get("url", "")),
        title=values.get("title") or None,
        clicks=_whole(values.get("clicks", "")),
        impressions=_whole(values.get("impressions", "")),
        ctr=ctr / 100 if ctr is not None and "%" in values["ctr"] else ctr,
        kd=parse_number(values.get("kd", "")),
        cpc=parse_number(values.get("cpc", "")),
        intent=values.get("intent") or None,
        country=values.get("country") or None,
    )


def _volume_range(values: dict[str, str]) -> tuple[int | None, int | None]:
    low, high = parse_range(values.get("volume", ""))
    if low is None:
        return _whole(values.get("volume_min", "")), _whole(values.get("volume_max", ""))
    return low, high


def _middle(low: int | None, high: int | None) -> int | None:
    if low is None or high is None:
        return low if high is None else high
    return round(math.sqrt(low * high)) if low else round((low + high) / 2)


def _position(text: str) -> float | None:
    value = parse_number(text)
    if value is None or value < 1:
        return None  # 0 and "-" say: not ranked
    return int(value) if value == int(value) else value


def _whole(text: str) -> int | None:
    value = parse_number(text, whole=True)
    return None if value is None or value < 0 else round(value)


def _url(text: str) -> str | None:
    text = text.strip()
    if not text or " " in text:
        return None
    if re.match(r"https?://[^/\s]+", text, re.IGNORECASE):
        return text
    return f"https://{text}" if re.match(r"[\w-]+(\.[\w-]+)+(/|$)", text) else None


# -- numbers

_SPACES = re.compile(r"[\s  '’_]")
_NUMBER = re.compile(r"[-+]?\d[\d.,]*")
# Signs of Indic and Thai vowels are no word characters to Python.
_AFTER = re.compile(r"[^\W\d_][\w\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff]*")
_DASH = re.compile(r"\s*(?:–|—|‒|−|~|〜|～|\bto\b|\bbis\b|(?<=[\w.])\s*-\s*(?=\d))\s*")
_FACTORS = (
    (1e9, ("b", "bn", "mrd", "млрд")),
    (1e8, ("億", "亿", "억")),
    (1e6, ("m", "mm", "mio", "mn", "mln", "million", "mill", "млн", "mi", "jt", "tr", "مليون")),
    (1e5, ("लाख", "lakh")),
    (1e4, ("万", "萬", "만", "หมื่น")),
    (1e3, ("k", "tsd", "mil", "mila", "тыс", "tys", "thousand", "rb", "千", "천", "td", "t", "b.")),
    (
        1e3,
        ("tn", "tis", "tuh", "tūkst", "e", "n", "тис", "хил", "χιλ", "ألف", "الف", "آلاف", "हज़ार"),
    ),
    (1e3, ("พัน", "հզ", "ათ")),
)
_FACTOR = {word: factor for factor, words in _FACTORS for word in words}


def parse_number(text: str, *, whole: bool = False) -> float | None:
    """A number as people and tools write it; None when there is none.

    `whole` says that a fraction makes no sense, so "1.234" and "1,234" are both 1234.

    >>> parse_number("12,5 %"), parse_number("1.234,5"), parse_number("1.9K", whole=True)
    (12.5, 1234.5, 1900.0)
    >>> parse_number("1.234", whole=True), parse_number("--")
    (1234.0, None)
    """
    text = _SPACES.sub("", unicodedata.normalize("NFKC", text)).lower()
    found = _NUMBER.search(text)
    if not found:
        return None
    word = _AFTER.match(text, found.end())
    factor = _FACTOR.get(word[0], 1.0) if word else 1.0
    if whole and word and word[0] == "b":
        factor = 1e3  # Turkish bin: nothing that is counted here goes into billions
    digits = found[0].rstrip(".,")
    value = float(_plain(digits, whole=whole and factor == 1.0)) * factor
    return value if math.isfinite(value) else None


def _plain(digits: str, *, whole: bool) -> str:
    """Digits with "." as the only separator, and that before a fraction."""
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return _ascii(digits)
    separator = digits[last]
    other = "," if separator == "." else "."
    tail = digits[last + 1 :]
    grouped = digits.count(separator) > 1 or (whole and len(tail) == 3)
    head = digits[:last].replace(separator, "").replace(other, "")
    if grouped and not (other in digits and digits.rfind(other) < last and not whole):
        return _ascii(head + tail)
    return _ascii(f"{head}.{tail}")


def _ascii(digits: str) -> str:
    """Digits of any script as ASCII.

    >>> _ascii("١٢٣.٥")
    '123.5'
    """
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in digits)


def parse_range(text: str) -> tuple[int | None, int | None]:
    """Lowest and highest of a range; a plain number is both.

    >>> parse_range("1K – 10K"), parse_range("1.000 - 10.000"), parse_range("720")
    ((1000, 10000), (1000, 10000), (720, 720))
    >>> parse_range("<10"), parse_range("–")
    ((0, 10), (None, None))
    """
    text = text.strip()
    ends = [_whole(part) for part in _DASH.split(text, maxsplit=1)]
    if len(ends) == 2 and None not in ends:
        low, high = ends
        if low is not None and high is not None and low <= high:
            return low, high
    value = _whole(text)
    if value is not None and text[:1] in "<≤":
        return 0, value
    return value, value


# -- JSON


def _from_json(body: bytes) -> Export:
    """A list of flat rows, or of keywords each with a list of results."""
    try:
        payload, problem = load_json(body)
    except ValueError as error:
        return Export(errors=[f"unreadable JSON: {error}"])
    export = Export(errors=[problem] if problem else [])
    for entry in _entries(payload):
        row = _row(_named(entry.items()))
        if row is not None:
            export.keywords.append(row)
    if not export.keywords:
        export.errors.append("no rows with a keyword in the JSON")
    return export


def _entries(payload: Json) -> Iterator[dict[str, Json]]:
    if isinstance(payload, dict):
        payload = _inner_list(payload) or [payload]
    for entry in payload if isinstance(payload, list) else []:
        if not isinstance(entry, dict):
            continue
        inner = entry.get("results")
        if not isinstance(inner, list):
            yield _search_console_row(entry)
            continue
        shared = {name: value for name, value in entry.items() if name != "results"}
        for hit in inner:
            if isinstance(hit, dict):
                yield {**shared, **hit}


def _inner_list(payload: dict[str, Json]) -> Json:
    """The rows under keywords, rows, data or results; not the results of one keyword."""
    if any(isinstance(payload.get(name), str) for name in ("keyword", "query")):
        return None
    for name in ("keywords", "rows", "data", "results", "ranks"):
        if isinstance(payload.get(name), list):
            return payload[name]
    return None


def _search_console_row(entry: dict[str, Json]) -> dict[str, Json]:
    """The API of Search Console gives dimensions as a list `keys`: query, then page."""
    keys = entry.get("keys")
    if not isinstance(keys, list) or not keys:
        return entry
    page = next((key for key in keys if isinstance(key, str) and key.startswith("http")), None)
    return {"keyword": keys[0], "url": page, **entry}


def _named(pairs: Iterable[tuple[str, Json]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for key, value in pairs:
        name = _known_columns().get(_fold(key))
        if name and isinstance(value, str | int | float) and not isinstance(value, bool):
            values.setdefault(name, str(value))
    return values
