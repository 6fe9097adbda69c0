"""Rows of chat widgets and CX systems: read from TOML, checked, filed by word.

All marks are sought in one pass over a text, and only those that stand there are looked at closely:
a look-up costs the same for ten rows and for a thousand.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from crawler.errors import ConfigError
from crawler.items import ChatKind, Evidence
from spiders.extract.literals import AsciiLiterals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "CATEGORIES",
    "RANK",
    "Candidate",
    "Index",
    "Mark",
    "Vendor",
    "dom_selectors",
    "globals_to_probe",
    "in_address",
    "index",
    "load_vendors",
    "match_cookie",
    "match_global",
    "match_request",
    "match_storage_key",
    "places",
    "selector",
    "vendors",
]

FOLDER = Path(__file__).with_name("technologies")
CHAT = "chat"
CATEGORIES = frozenset(
    "chat help_desk survey reviews commerce crm loyalty returns consent tag_manager social_login"
    " scheduling session_replay cms social personalization search".split()
)
RANK: dict[Evidence, int] = {"embedded": 0, "likely": 1, "mentioned": 2}
MAX_HITS = 12  # occurrences of one mark looked at closely
MAX_SEEN = 1_000  # occurrences of one literal of which those are taken
MIN_CHARS = 3  # of a mark before its first `*`: shorter ones stand everywhere

Where = Literal["hosts", "paths", "inline", "dom", "popups", "links", "network"]


@dataclass(frozen=True, slots=True)
class Weak:
    """Marks that are only one weak sign: together with nothing else they say `likely`."""

    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    dom: tuple[str, ...] = ()
    popups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vendor:
    """A row. Marks prove `embedded`, those under `likely` prove `likely`, `links` `mentioned`.

    `hosts` are domains with an optional path part, subdomains included, that a script, iframe or
    image is loaded from or that inline code names as an address. `paths` are parts of an address
    on any host. `inline` are literals in inline code. `dom` are `#id`, `.class` or a custom
    element's name. `popups` are parts of an address, or of an onclick, that opens the vendor's own
    chat window. `globals`, `cookies`, `storage` and `network` (hosts only asked at run time) are
    for the browser. A `*` stands for anything inside a path and at the end of a name.
    """

    slug: str
    name: str
    category: str
    website: str = ""
    kind: ChatKind | None = None
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    dom: tuple[str, ...] = ()
    popups: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    globals: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    likely: Weak = field(default_factory=Weak)


class Mark(NamedTuple):
    """One literal of a row: where to look for it and what it proves."""

    vendor: Vendor
    where: Where
    literal: str
    grade: Evidence
    start: str  # the literal up to its first `*`, which is what is sought
    rest: tuple[str, ...]  # what follows in this order


class Candidate(NamedTuple):
    """A mark whose start stands in a text, and the places where, the first few."""

    mark: Mark
    places: list[int]


# ---------------------------------------------------------------- rows

_TEXTS = frozenset(("name", "category", "website", "kind"))
_NAMES = frozenset(("globals", "cookies", "storage"))
_LOWERED = frozenset(("hosts", "paths", "popups", "links", "network"))


def load_vendors(folder: Path = FOLDER) -> dict[str, Vendor]:
    """All rows of a folder by slug, in their order; ConfigError names a wrong row and its file."""
    rows: dict[str, Vendor] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path.name}: {error}") from error
        for slug, table in tables.items():
            where = f"{path.name} [{slug}]"
            if slug in rows:
                raise ConfigError(f"{where}: the slug exists twice; keep one row")
            if not isinstance(table, dict):
                raise ConfigError(f"{where}: is {table!r}; a vendor is a table")
            rows[slug] = _vendor(slug, table, where)
    return rows


def _vendor(slug: str, table: dict[str, object], where: str) -> Vendor:
    weak = table.get("likely", {})
    if not isinstance(weak, dict):
        raise ConfigError(f"{where}: likely is {weak!r}; it must be a table of marks")
    row = _fields(Vendor, {k: v for k, v in table.items() if k != "likely"}, where)
    row["likely"] = Weak(**_fields(Weak, weak, f"{where} likely"))  # type: ignore[arg-type]
    for key in ("name", "category"):
        if not row.get(key):
            raise ConfigError(f"{where}: {key} is missing")
    if row["category"] not in CATEGORIES:
        known = ", ".join(sorted(CATEGORIES))
        raise ConfigError(f"{where}: category {row['category']!r} is unknown; use one of {known}")
    kinds = get_args(ChatKind)
    if (row["category"] == CHAT) != (row.get("kind") in kinds):
        raise ConfigError(
            f"{where}: kind is {row.get('kind')!r}; a chat, and only a chat, has one of {kinds}"
        )
    return Vendor(slug=slug, **row)  # type: ignore[arg-type]


def _fields(row: type, table: dict[str, object], where: str) -> dict[str, object]:
    """The table's values checked against the dataclass `row`; lists become tuples."""
    known = {f.name for f in fields(row)} - {"slug", "likely"}
    found: dict[str, object] = {}
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"{where}: unknown key {key!r}; known are {', '.join(sorted(known))}")
        if key in _TEXTS:
            if not isinstance(value, str):
                raise ConfigError(f"{where}: {key} is {value!r}; it must be text")
            found[key] = value
        elif isinstance(value, list) and all(isinstance(v, str) and len(v) > 1 for v in value):
            found[key] = tuple(v.lower() if key in _LOWERED else v for v in value)
            short = [v for v in value if key not in _NAMES and len(_start(v, key)) < MIN_CHARS]
            if short:
                raise ConfigError(
                    f"{where}: {key} {short[0]!r} is too short to be sought;"
                    f" begin it with {MIN_CHARS} characters or more"
                )
        else:
            raise ConfigError(f"{where}: {key} is {value!r}; it must be a list of texts")
    return found


@cache
def vendors() -> dict[str, Vendor]:
    """The rows of the product, read once."""
    return load_vendors()


# ---------------------------------------------------------------- index

_KINDS: dict[str, tuple[Where, ...]] = {
    "code": ("hosts", "inline", "paths"),
    "resources": ("hosts", "paths"),
    "dom": ("dom",),
    "links": ("links", "popups"),
    "requests": ("hosts", "network", "paths"),
}


class Names:
    """Names, exact or with a final `*`, found by name."""

    def __init__(self, pairs: Iterable[tuple[str, Vendor]]) -> None:
        every = list(pairs)
        self._exact = {name: v for name, v in every if not name.endswith("*")}
        self._starts = {name[:-1]: v for name, v in every if name.endswith("*")}

    def find(self, name: str) -> Vendor | None:
        """The row of the exact name, else of the longest start."""
        if name in self._exact:
            return self._exact[name]
        starts = (name[:n] for n in range(len(name), 0, -1))
        return next((self._starts[start] for start in starts if start in self._starts), None)


class Index:
    """All marks by what they begin with, sought in one pass, and the names the browser asks for."""

    def __init__(self, rows: Iterable[Vendor]) -> None:
        every = list(rows)
        self._marks: dict[str, list[tuple[int, Mark]]] = {}
        for number, mark in enumerate(mark for row in every for mark in _marks(row)):
            self._marks.setdefault(mark.start.lower(), []).append((number, mark))
        self._literals = AsciiLiterals(self._marks)
        self.globals = {name: row for row in reversed(every) for name in row.globals}
        self.cookies = Names((name, row) for row in every for name in row.cookies)
        self.storage = Names((name, row) for row in every for name in row.storage)

    def candidates(self, texts: Mapping[str, str]) -> dict[str, list[Candidate]]:
        """Marks for each part of a page (a key of _KINDS) that stand in its text as whole words.

        Hosts come first, an address being the best proof, then the order is that of the rows.
        All texts are scanned as one: a scan is slow until the machine is in the cache.
        """
        found: dict[str, list[tuple[int, int, Candidate]]] = {part: [] for part in texts}
        everywhere = self._literals.places("\n".join(texts.values()))
        begin = 0
        for part, text in texts.items():
            kinds, end = _KINDS[part], begin + len(text)
            for start, places in everywhere.items():
                if places[0] < end and (here := [p - begin for p in places if begin <= p < end]):
                    for number, mark in self._marks[start]:
                        if mark.where in kinds and (whole := _whole(mark, text, here)):
                            place = kinds.index(mark.where), number, Candidate(mark, whole)
                            found[part].append(place)
            begin = end + 1
        return {part: [row[2] for row in sorted(rows)] for part, rows in found.items()}


def _whole(mark: Mark, text: str, places: list[int]) -> list[int]:
    """The places where the start of a mark is no part of a longer word."""
    if mark.where == "dom":
        return places[:MAX_HITS]  # names are asked of the tree
    return [at for at in places[:MAX_SEEN] if is_whole(text, at, mark.start)][:MAX_HITS]


def _marks(vendor: Vendor) -> Iterator[Mark]:
    kinds: tuple[Where, ...] = ("hosts", "paths", "inline", "dom", "popups")
    for where in kinds:
        for literal in getattr(vendor, where):
            yield _mark(vendor, where, literal, "embedded")
        for literal in getattr(vendor.likely, where):
            yield _mark(vendor, where, literal, "likely")
    for literal in vendor.network:
        yield _mark(vendor, "network", literal, "embedded")
    # A profile on a messenger or network is no mention of a chat; its chat links are.
    by_site = () if vendor.kind == "messenger" or vendor.category == "social" else (vendor.website,)
    for literal in (*vendor.links, *by_site):
        if literal:
            yield _mark(vendor, "links", literal, "mentioned")


def _mark(vendor: Vendor, where: Where, literal: str, grade: Evidence) -> Mark:
    start = _start(literal, where)
    rest = literal.split("*")[1:] if where != "inline" else []
    return Mark(vendor, where, literal, grade, start, tuple(filter(None, rest)))


def _start(literal: str, where: str) -> str:
    if where == "inline":
        return literal
    return (literal.lstrip("#.") if where == "dom" else literal).partition("*")[0]


@cache
def index() -> Index:
    """The marks of all rows, filed once."""
    return Index(vendors().values())


# ---------------------------------------------------------------- a closer look

NAME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")


def places(text: str, literal: str) -> Iterator[int]:
    """Where a literal stands in a text as whole words, the first few times.

    >>> list(places("nlpTags lpTag", "lpTag"))
    [8]
    """
    at, seen = text.find(literal), 0
    while at >= 0 and seen < MAX_HITS:
        if is_whole(text, at, literal):
            yield at
            seen += 1
        at = text.find(literal, at + 1)


def is_whole(text: str, at: int, literal: str) -> bool:
    """Whether the literal at this place is no part of a longer name."""
    if literal[0] in NAME_CHARS and at > 0 and text[at - 1] in NAME_CHARS:
        return False
    end = at + len(literal)
    return literal[-1] not in NAME_CHARS or end >= len(text) or text[end] not in NAME_CHARS


def in_address(mark: Mark, url: str) -> bool:
    """Whether an address is on the mark's host, mirrors it in its path, or has the mark's path."""
    url = url.lower()
    literal, rest = mark.start, mark.rest
    if literal not in url:
        return False
    query = url.find("?")
    for at in places(url, literal):
        end = at + len(literal)
        if any(piece not in url[end:] for piece in rest):
            return False
        if mark.where in ("paths", "popups"):
            return True
        if 0 <= query < at:
            return False
        ends = "/" in literal or url[end : end + 1] in ("", "/", ":", "?", "#")
        if ends and (at == 0 or url[at - 1] in "/."):
            return True
    return False


def selector(literal: str) -> str:
    """The CSS selector of a DOM mark: `#id`, `.class` or an element, maybe with a final `*`."""
    if not literal.endswith("*"):
        return f'[id="{literal[1:]}"]' if literal[0] == "#" else literal
    start = literal[1:-1]
    if literal[0] == "#":
        return f'[id^="{start}"]'
    return f'[class^="{start}"], [class*=" {start}"]'


# ---------------------------------------------------------------- for the browser


def match_request(url: str) -> tuple[Vendor, Evidence] | None:
    """The vendor that a request goes to, by the strongest and longest mark; None for others."""
    found = [m for m, _ in index().candidates({"requests": url})["requests"] if in_address(m, url)]
    if not found:
        return None
    mark = min(found, key=lambda m: (RANK[m.grade], -len(m.literal)))
    return mark.vendor, mark.grade


def match_global(name: str) -> Vendor | None:
    """The vendor whose script sets this global."""
    return index().globals.get(name)


def match_cookie(name: str) -> Vendor | None:
    """The vendor that sets a cookie of this name."""
    return index().cookies.find(name)


def match_storage_key(name: str) -> Vendor | None:
    """The vendor that keeps this key in local or session storage."""
    return index().storage.find(name)


def globals_to_probe() -> list[str]:
    """All globals that a vendor sets, sorted: to be asked of a page in one evaluation."""
    return sorted(index().globals)


def dom_selectors() -> list[tuple[str, str]]:
    """CSS selector and slug of every DOM mark that proves a vendor."""
    return [(selector(dom), row.slug) for row in vendors().values() for dom in row.dom]
