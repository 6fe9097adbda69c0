"""Rows of chat widgets and CX systems: read from TOML, checked, filed by word.

A mark is filed under its rarest word. Who asks brings the words of a text; only marks whose word is
there are looked at closely, so a look-up costs the same for ten rows and for a thousand.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from crawler.errors import ConfigError
from crawler.items import ChatKind, Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "CATEGORIES",
    "RANK",
    "Index",
    "Mark",
    "Vendor",
    "candidates",
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
MAX_HITS = 12  # occurrences of one mark looked at

Where = Literal["hosts", "paths", "inline", "dom", "popups", "links"]


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
    words: frozenset[bytes]  # the words that a text with this mark must have


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
            wordless = [v for v in value if key not in _NAMES and not _whole_words(v, key)]
            if wordless:
                raise ConfigError(f"{where}: {key} {wordless[0]!r} has no whole word to file it by")
        else:
            raise ConfigError(f"{where}: {key} is {value!r}; it must be a list of texts")
    return found


@cache
def vendors() -> dict[str, Vendor]:
    """The rows of the product, read once."""
    return load_vendors()


# ---------------------------------------------------------------- index

# Words that stand in many pages: a mark is filed under one of its other words.
_COMMON = frozenset(
    "account analytics api app apps as assets badge banner be beacon block bot box btn bubble"
    " button cache cdn channel chat chatbot chats client cloud co code com comments common"
    " config connect consent contact container content cookie cookies core create css custom"
    " customer data default domain embed en entry facebook feedback files fixed float form forms"
    " frame google googleapis header hide holder host http https icon id iframe img include"
    " includes index init initialize instagram integration io javascript js jsdelivr label line"
    " link live livechat load loader main me media message messenger min modules net now online"
    " open options org overlay page panel php platform plugins popup product production products"
    " public push reviews root script scripts sdk search send server service settings shop site"
    " social src standard start static status support system tag templates text themes track"
    " tracking uploads user visitor web webchat website whatsapp widget widgets window wp wrap"
    " wrapper www".split()
)
_WORD = re.compile(r"\*?[a-z0-9]+\*?")
_CODE_WORD = re.compile(r"\*?[a-z0-9_$]+\*?")


def _fold(kept: str) -> bytes:
    """A table that lowers ASCII letters and makes a space of all but them, digits and `kept`."""
    chars = [chr(code) for code in range(256)]
    return bytes(
        ord(c.lower()) if c.isascii() and (c.isalnum() or c in kept) else 32 for c in chars
    )


_FOLD = _fold("")
_CODE_FOLD = _fold("_$")  # names of code are one word: `__be` is rare, `be` is in every script


def _folded(text: str, fold: bytes = _CODE_FOLD) -> bytes:
    """The ASCII words of a text in lower case, one space or more apart.

    >>> _folded("embed.Tawk.to/$_5f")
    b'embed tawk to $_5f'
    """
    return text.encode("utf-8", "replace").translate(fold)


def _mark(vendor: Vendor, where: Where, literal: str, grade: Evidence) -> Mark:
    return Mark(vendor, where, literal, grade, _whole_words(literal, where))


def _whole_words(literal: str, where: str) -> frozenset[bytes]:
    """The words of a mark; one beside a `*` may go on in the text and is left out."""
    found = (_WORD if where == "dom" else _CODE_WORD).findall(literal.lower())
    return frozenset(word.encode() for word in found if "*" not in word)


def _filing_word(mark: Mark) -> bytes:
    """The word of a mark that is least likely to stand in a page without the mark."""
    return max(mark.words, key=lambda word: (word.decode() not in _COMMON, len(word), word))


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


class Table(NamedTuple):
    """Marks by filing word, and all words of theirs: of a text no other word matters."""

    filed: dict[bytes, list[Mark]]
    words: frozenset[bytes]
    fold: bytes


class Index(NamedTuple):
    """Marks by filing word, per part of a page, and the names that the browser asks for."""

    code: Table
    resources: Table
    dom: Table
    links: Table
    requests: Table
    globals: dict[str, Vendor]
    cookies: Names
    storage: Names


_PARTS: dict[str, tuple[Where, ...]] = {
    "code": ("hosts", "paths", "inline"),
    "resources": ("hosts", "paths"),
    "dom": ("dom",),
    "links": ("popups", "links"),
}


def _marks(vendor: Vendor) -> Iterator[Mark]:
    kinds: tuple[Where, ...] = ("hosts", "paths", "inline", "dom", "popups")
    for where in kinds:
        for literal in getattr(vendor, where):
            yield _mark(vendor, where, literal, "embedded")
        for literal in getattr(vendor.likely, where):
            yield _mark(vendor, where, literal, "likely")
    # A profile on a messenger or network is no mention of a chat; its chat links are.
    by_site = () if vendor.kind == "messenger" or vendor.category == "social" else (vendor.website,)
    for literal in (*vendor.links, *by_site):
        if literal:
            yield _mark(vendor, "links", literal, "mentioned")


def _file(marks: list[Mark]) -> Table:
    filed: dict[bytes, list[Mark]] = {}
    for mark in marks:
        filed.setdefault(_filing_word(mark), []).append(mark)
    known = frozenset(word for some in filed.values() for mark in some for word in mark.words)
    fold = _FOLD if any(mark.where == "dom" for mark in marks) else _CODE_FOLD
    return Table(filed, known, fold)


@cache
def index() -> Index:
    """The marks of all rows, filed once."""
    rows = vendors().values()
    marks = [mark for row in rows for mark in _marks(row)]
    network = [_mark(row, "hosts", host, "embedded") for row in rows for host in row.network]
    parts = {part: _file([m for m in marks if m.where in kinds]) for part, kinds in _PARTS.items()}
    return Index(
        **parts,
        requests=_file([*(m for m in marks if m.where in ("hosts", "paths")), *network]),
        globals={name: row for row in reversed(rows) for name in row.globals},
        cookies=Names((name, row) for row in rows for name in row.cookies),
        storage=Names((name, row) for row in rows for name in row.storage),
    )


def candidates(table: Table, text: str) -> list[Mark]:
    """Marks whose words all stand in the text, hosts first: an address is the best proof."""
    found = table.words.intersection(_folded(text, table.fold).split())
    filed = sorted(table.filed.keys() & found)
    marks = [mark for word in filed for mark in table.filed[word] if mark.words <= found]
    return sorted(marks, key=lambda mark: mark.where)


# ---------------------------------------------------------------- a closer look

NAME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")


def places(text: str, literal: str) -> Iterator[int]:
    """Where a literal stands in a text as whole words, the first few times.

    >>> list(places("nlpTags lpTag", "lpTag"))
    [8]
    """
    at, seen = text.find(literal), 0
    first, last = literal[0] in NAME_CHARS, literal[-1] in NAME_CHARS
    while at >= 0 and seen < MAX_HITS:
        end = at + len(literal)
        glued_before = first and at > 0 and text[at - 1] in NAME_CHARS
        glued_after = last and end < len(text) and text[end] in NAME_CHARS
        if not glued_before and not glued_after:
            yield at
            seen += 1
        at = text.find(literal, at + 1)


def in_address(mark: Mark, url: str) -> bool:
    """Whether an address is on the mark's host, mirrors it in its path, or has the mark's path."""
    url = url.lower()
    literal, *rest = mark.literal.split("*")
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
    found = [m for m in candidates(index().requests, url) if in_address(m, url)]
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
