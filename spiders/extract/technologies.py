"""Which chat widgets and CX systems a page runs, read from its markup alone.

The vendors are rows in `technologies/*.toml`. A mark of a row is found by its rarest word: the words
of a page are made once and looked up in one table, and only marks whose word is there are looked at
closely. So the cost follows the page, not the number of rows.
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args
from urllib.parse import unquote

from crawler.errors import ConfigError
from crawler.items import ChatKind, ChatWidget, Evidence, Technology

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spiders.extract.page import ParsedPage, Script

__all__ = [
    "Vendor",
    "chat_question_open",
    "dom_selectors",
    "extract_technologies",
    "globals_to_probe",
    "load_vendors",
    "match_cookie",
    "match_global",
    "match_request",
    "match_storage_key",
    "vendors",
]

FOLDER = Path(__file__).with_name("technologies")
CHAT = "chat"
CATEGORIES = frozenset(
    "chat help_desk survey reviews commerce crm loyalty returns consent tag_manager social_login"
    " scheduling session_replay cms social marketing personalization search".split()
)

MAX_CODE = 400_000  # characters of inline code read; pages beyond it carry data, not loaders
MAX_HITS = 12  # occurrences of one mark looked at
MAX_PROOF = 120

Where = Literal["hosts", "paths", "inline", "dom", "popups", "links"]
_RANK: dict[str, int] = {"embedded": 0, "likely": 1, "mentioned": 2}


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
    image is loaded from or that inline code names as an address. `paths` are parts of an address on
    any host, lower case. `inline` are literals in inline code. `dom` are `#id`, `.class` or a
    custom element's name, with a final `*` for any ending. `popups` are parts of an address that
    opens the vendor's own chat window. `globals`, `cookies`, `storage` and `network` (hosts that
    are only asked at run time) are for the browser.
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


class Hit(NamedTuple):
    vendor: Vendor
    grade: Evidence
    proof: str


# ---------------------------------------------------------------- rows


def load_vendors(folder: Path = FOLDER) -> dict[str, Vendor]:
    """All rows of a folder by slug, in order of file and row. Raises ConfigError for a wrong row."""
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
            rows[slug] = _vendor(slug, table, where)
    return rows


def _vendor(slug: str, table: dict[str, object], where: str) -> Vendor:
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: is a value; a vendor is a table")
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
    if (row["category"] == CHAT) != (row.get("kind") in get_args(ChatKind)):
        raise ConfigError(
            f"{where}: kind is {row.get('kind')!r}; a chat has one of {get_args(ChatKind)}"
        )
    return Vendor(slug=slug, **row)  # type: ignore[arg-type]


_TEXTS = frozenset(("name", "category", "website", "kind"))


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
            found[key] = tuple(value)
        else:
            raise ConfigError(f"{where}: {key} is {value!r}; it must be a list of texts")
    return found


@cache
def vendors() -> dict[str, Vendor]:
    """The rows of the product, read once."""
    return load_vendors()


# ---------------------------------------------------------------- index

# Words that stand in every page: a mark is filed under one of its other words.
_COMMON = frozenset(
    "api app apps assets button cdn chat chatbot chats client code com common container content"
    " css embed frame html http https id iframe img io js live link loader main messenger min net"
    " online org php plugins popup script scripts sdk server service src start static support tag"
    " visitor web webchat widget widgets window wp www include modules bot core init load".split()
)
_WORD = re.compile(r"[a-z0-9]+")
_FOLD = bytes(ord(chr(c).lower()) if chr(c).isalnum() and c < 128 else 32 for c in range(256))


def _words(text: str) -> list[bytes]:
    """The ASCII words of a text in lower case, in one pass each of encode, translate and split."""
    return text.encode("utf-8", "replace").translate(_FOLD).split()


def _filing_word(literal: str) -> bytes:
    """The word of a mark that is least likely to stand in a page without the mark."""
    found = _WORD.findall(literal.lower().removesuffix("*"))
    rare = [w for w in found if w not in _COMMON] or found
    return max(rare, key=len).encode()


class Index(NamedTuple):
    """Marks by filing word, per part of a page, and the lists that the browser asks."""

    code: dict[bytes, list[Mark]]
    resources: dict[bytes, list[Mark]]
    dom: dict[bytes, list[Mark]]
    links: dict[bytes, list[Mark]]
    requests: dict[bytes, list[Mark]]
    globals: dict[str, Vendor]
    cookies: _Names
    storage: _Names


class _Names:
    """Names, exact or with a final `*`; look-up costs the same for any number of them."""

    def __init__(self, pairs: Iterable[tuple[str, Vendor]]) -> None:
        every = list(pairs)
        self._exact = {name: v for name, v in every if not name.endswith("*")}
        starts = {name[:-1]: v for name, v in every if name.endswith("*")}
        self._starts = sorted(starts)
        self._by_start = starts

    def find(self, name: str) -> Vendor | None:
        if name in self._exact:
            return self._exact[name]
        at = bisect_right(self._starts, name)
        while at and name[:1] == self._starts[at - 1][:1]:
            at -= 1
            if name.startswith(self._starts[at]):
                return self._by_start[self._starts[at]]
        return None


_PARTS: dict[str, tuple[Where, ...]] = {
    "code": ("hosts", "paths", "inline"),
    "resources": ("hosts", "paths"),
    "dom": ("dom",),
    "links": ("popups", "links"),
}


def _marks(vendor: Vendor) -> Iterator[Mark]:
    for where in ("hosts", "paths", "inline", "dom", "popups"):
        for literal in getattr(vendor, where):
            yield Mark(vendor, where, literal, "embedded")
        for literal in getattr(vendor.likely, where):
            yield Mark(vendor, where, literal, "likely")
    for literal in (*vendor.links, *((vendor.website,) if vendor.website else ())):
        yield Mark(vendor, "links", literal, "mentioned")


def _file(marks: Iterable[Mark]) -> dict[bytes, list[Mark]]:
    table: dict[bytes, list[Mark]] = {}
    for mark in marks:
        table.setdefault(_filing_word(mark.literal), []).append(mark)
    return table


@cache
def _index() -> Index:
    rows = vendors().values()
    marks = [mark for row in rows for mark in _marks(row)]
    network = [Mark(row, "hosts", host, "embedded") for row in rows for host in row.network]
    parts = {part: _file(m for m in marks if m.where in kinds) for part, kinds in _PARTS.items()}
    return Index(
        **parts,
        requests=_file([*(m for m in marks if m.where in ("hosts", "paths")), *network]),
        globals={name: row for row in rows for name in row.globals},
        cookies=_Names((name, row) for row in rows for name in row.cookies),
        storage=_Names((name, row) for row in rows for name in row.storage),
    )


def _candidates(table: dict[bytes, list[Mark]], words: Iterable[bytes]) -> list[Mark]:
    """Marks whose filing word is among the words, in the order of the rows."""
    found = table.keys() & set(words)
    return [mark for word in sorted(found) for mark in table[word]]


# ---------------------------------------------------------------- parts of a page

_DATA_TYPES = re.compile(r"json|template|html|handlebars|mustache|importmap|speculation|x-tmpl|xml")
# An assignment of a whole state object: what stands in it is content, not code that runs.
_STATE = re.compile(
    r"\s*(?:(?:window|self|globalThis)\.|var\s+)?(?:__\w+|\w*(?:State|STATE|_DATA_?))"
    r"(?:\.push\(|\s*=\s*(?:JSON\.parse\(|[{\[\"']))"
)
_STATE_CHARS = 2_000
_SRC_IN_DATA = re.compile(r'"src\\*":\s*\\*"([^"\\]{8,300})')
_CLASSES = re.compile(r"class=[\"']?([^\"'>]+)")
_IDS = re.compile(r"id=[\"']?([^\"'>]+)")
_ELEMENTS = re.compile(r"</([a-z]+-[a-z0-9-]+)>")
_LOADED = 'iframe, embed, object, audio, source, link[rel="stylesheet"], link[as="script"], img'
_BASE64 = "base64,"


class _Resource(NamedTuple):
    url: str
    grade: Evidence  # the most that it can prove


class _Parts(NamedTuple):
    code: str
    resources: list[_Resource]


def _take_apart(page: ParsedPage) -> _Parts:
    """Inline code that runs, and the addresses that the page loads something from."""
    code: list[str] = []
    resources: list[_Resource] = []
    for script in page.scripts:
        inline = _inline_code(script, resources)
        if inline:
            code.append(inline)
    resources.extend(_loaded(page))
    # The empty comment ends a comment that a script left open.
    joined = "\n/**/\n".join(code)[:MAX_CODE]
    return _Parts(joined.replace("\\/", "/").replace("\\u002F", "/"), resources)


def _inline_code(script: Script, resources: list[_Resource]) -> str:
    """The code of a script if it runs; its addresses go into `resources`.

    A script that waits for consent (`type="text/plain"`) or for a lazy loader counts as running.
    """
    code = script.text
    for name, value in script.attributes.items():
        if name.endswith("src") and value:
            if value[:5] == "data:":
                code += _data_url_code(value)
            else:
                resources.append(_Resource(_address(script, name, value), "embedded"))
    if not code or "ld+json" in script.type:
        return ""
    if _DATA_TYPES.search(script.type) or len(code) > _STATE_CHARS and _STATE.match(code):
        resources.extend(_Resource(url, "likely") for url in _SRC_IN_DATA.findall(code))
        return ""
    return code


def _address(script: Script, name: str, value: str) -> str:
    return script.src or value if name == "src" else value


def _data_url_code(url: str) -> str:
    """Inline code that an optimizer hid in a data: address."""
    head, _, body = url.partition(",")
    if not head.endswith("base64"):
        return unquote(body)
    try:
        return base64.b64decode(body[:MAX_CODE]).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _loaded(page: ParsedPage) -> Iterator[_Resource]:
    for node in page.tree.css(_LOADED):
        attributes = node.attributes
        grade: Evidence = "likely" if attributes.get("as") else "embedded"
        for name in ("src", "data-src", "href", "data"):
            value = attributes.get(name)
            if value and value[:5] != "data:":
                yield _Resource(value, grade)


def _dom_words(page: ParsedPage) -> set[bytes]:
    """Words of ids, classes and custom elements, read off the source; comments included."""
    html = page.html
    found = set(_CLASSES.findall(html))
    found.update(_IDS.findall(html))
    found.update(_ELEMENTS.findall(html))
    return set(_words(" ".join(found)))


# ---------------------------------------------------------------- a closer look

_NAME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
_QUOTES = frozenset("\"'`")
_LINE_COMMENT = re.compile(r"(?:^|[\s;{}(),])//")
_SETS_SRC = re.compile(r"(?:src|href|url)[\"'\]]*\s*[=:,]\s*[\"'`]\s*(?:https?:)?(?://)?$", re.I)


def _places(text: str, literal: str) -> Iterator[int]:
    """Where a literal stands in a text as a whole word, the first few times."""
    at, seen = text.find(literal), 0
    first, last = literal[0] in _NAME_CHARS, literal[-1] in _NAME_CHARS
    while at >= 0 and seen < MAX_HITS:
        end = at + len(literal)
        glued_before = first and at > 0 and text[at - 1] in _NAME_CHARS
        glued_after = last and end < len(text) and text[end] in _NAME_CHARS
        if not glued_before and not glued_after:
            yield at
            seen += 1
        at = text.find(literal, at + 1)


def _is_commented(code: str, at: int) -> bool:
    """Whether a place in code lies in a comment, judged by its line and the last block comment."""
    line = code[max(code.rfind("\n", 0, at) + 1, at - 400) : at]
    for found in _LINE_COMMENT.finditer(line):
        before = line[: found.end()]
        if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            return True
    opened = code.rfind("/*", 0, at)
    while opened > 0 and (code[opened - 1].isalnum() or code[opened - 1] in "*\"'"):
        opened = code.rfind("/*", 0, opened)
    return opened >= 0 and code.find("*/", opened + 2, at) < 0


def _names_global(code: str, at: int, end: int) -> bool:
    """Whether a name is used, and not only one text in a list (`denyUrls: ["x", "y"]`)."""
    if at == 0 or code[at - 1] not in _QUOTES or code[end : end + 1] != code[at - 1]:
        return True
    return code[at - 2 : at - 1] == "[" and code[at - 3 : at - 2] in _NAME_CHARS


def _loads_from(code: str, at: int, literal: str) -> bool:
    """Whether a host in code is part of an address with a path, or is set as a source."""
    start = at
    while start and (code[start - 1] in _NAME_CHARS or code[start - 1] in ".-"):
        start -= 1
    if start != at and code[at - 1] != ".":
        return False
    before = code[start - 1 : start]
    if before not in ("/", '"', "'", "`"):
        return False
    if "/" in literal:
        return True
    end = at + len(literal)
    after = code[end : end + 1]
    if after in "/:" and code[end + 1 : end + 2] not in _QUOTES | {" ", ""}:
        return True
    if code[end : end + 2] == '/"' or code[end : end + 2] == "/'" or after in _QUOTES:
        follows = code[end : end + 12].lstrip("/\"'` ")
        return follows[:1] == "+" or bool(_SETS_SRC.search(code[max(0, start - 40) : start]))
    return False


def _in_code(mark: Mark, code: str, lowered: str) -> str | None:
    """The stretch of code that carries the mark, or None."""
    text = code if mark.where == "inline" else lowered
    for at in _places(text, mark.literal):
        end = at + len(mark.literal)
        if mark.where == "inline" and mark.literal.isidentifier():
            if not _names_global(code, at, end):
                continue
        elif mark.where == "hosts" and not _loads_from(text, at, mark.literal):
            continue
        if not _is_commented(code, at):
            return _excerpt(code, at, end)
    return None


def _in_address(mark: Mark, url: str) -> bool:
    """Whether an address is on the mark's host, or mirrors it in its path, or has its path."""
    lowered = url.lower()
    query = lowered.find("?")
    for at in _places(lowered, mark.literal):
        if mark.where == "paths":
            return True
        if query >= 0 and at > query:
            return False
        end = at + len(mark.literal)
        ends = lowered[end : end + 1] in ("", "/", ":", "?", "#") or "/" in mark.literal
        if ends and (at == 0 or lowered[at - 1] in "/."):
            return True
    return False


def _in_dom(mark: Mark, page: ParsedPage) -> bool:
    return page.tree.css_first(_selector(mark.literal)) is not None


def _selector(literal: str) -> str:
    """The CSS selector of a DOM mark: `#id`, `.class`, a custom element, or one with a final `*`."""
    if not literal.endswith("*"):
        if literal[0] == "#":
            return f'[id="{literal[1:]}"]'
        return literal
    start = literal[1:-1]
    if literal[0] == "#":
        return f'[id^="{start}"]'
    return f'[class^="{start}"], [class*=" {start}"]'


def _excerpt(text: str, at: int, end: int) -> str:
    around = text[max(0, at - 30) : end + 50]
    return " ".join(around.split())[:MAX_PROOF]


# ---------------------------------------------------------------- the reading


def extract_technologies(page: ParsedPage) -> tuple[list[ChatWidget], list[Technology]]:
    """Chats and other CX systems of a page, strongest evidence first, each vendor once."""
    best: dict[str, Hit] = {}
    for hit in _hits(page):
        known = best.get(hit.vendor.slug)
        if known is None or _RANK[hit.grade] < _RANK[known.grade]:
            best[hit.vendor.slug] = hit
    ranked = sorted(best.values(), key=lambda hit: _RANK[hit.grade])
    chats, systems = [], []
    for vendor, grade, proof in ranked:
        if vendor.kind is not None:
            chats.append(ChatWidget(vendor.slug, vendor.kind, grade, proof))
        else:
            systems.append(Technology(vendor.slug, vendor.category, grade, proof))
    return chats, systems


def _hits(page: ParsedPage) -> Iterator[Hit]:
    parts = _take_apart(page)
    yield from _code_hits(parts.code)
    yield from _resource_hits(parts.resources)
    for mark in _candidates(_index().dom, _dom_words(page)):
        if _in_dom(mark, page):
            yield Hit(mark.vendor, mark.grade, mark.literal)
    yield from _link_hits(page)


def _code_hits(code: str) -> Iterator[Hit]:
    marks = _candidates(_index().code, _words(code))
    if not marks:
        return
    lowered = code.lower()
    if len(lowered) != len(code):  # places in one must be places in the other
        code = lowered
    for mark in marks:
        proof = _in_code(mark, code, lowered)
        if proof is not None:
            yield Hit(mark.vendor, mark.grade, proof)


def _resource_hits(resources: list[_Resource]) -> Iterator[Hit]:
    words = _words("\n".join([resource.url for resource in resources]))
    for mark in _candidates(_index().resources, words):
        for url, most in resources:
            if _in_address(mark, url):
                yield Hit(mark.vendor, max(mark.grade, most, key=_RANK.__getitem__), url[:MAX_PROOF])
                break


# ---------------------------------------------------------------- links

_CLICKS = "[onclick]"
_FLOATING_NAME = re.compile(r"float|fixed|sticky|fab\b|wa-?chat|whats-?app[-_]?(?:chat|widget|btn|button|icon)", re.I)
_MESSENGERS = frozenset(("whatsapp", "facebook-messenger", "telegram", "line", "viber", "zalo"))
_SHARES = re.compile(r"/send/?\?text=|[?&](?:u|url|link)=http|/sharer?\b|share\?", re.I)


def _link_hits(page: ParsedPage) -> Iterator[Hit]:
    """Chat windows that a click opens, floating messenger buttons, and mere mentions."""
    links = [(anchor.url, anchor.node) for anchor in page.anchors]
    opened = [(n.attributes.get("onclick") or "", n) for n in page.tree.css(_CLICKS)]
    words = _words("\n".join([text for text, _ in links] + [text for text, _ in opened]))
    for mark in _candidates(_index().links, words):
        if mark.where == "popups":
            opened_by = [t for t, _ in (*opened, *links) if mark.literal in t.lower()]
            if opened_by:
                yield Hit(mark.vendor, mark.grade, opened_by[0][:MAX_PROOF])
            continue
        for url, node in links:
            if not _in_address(mark, url):
                continue
            yield Hit(mark.vendor, mark.grade, url[:MAX_PROOF])
            break


# ---------------------------------------------------------------- for the browser


def match_request(url: str) -> tuple[Vendor, Evidence] | None:
    """The vendor that a request goes to, the strongest mark first; None for anybody else."""
    found = [m for m in _candidates(_index().requests, _words(url)) if _in_address(m, url)]
    if not found:
        return None
    mark = min(found, key=lambda m: (_RANK[m.grade], -len(m.literal)))
    return mark.vendor, mark.grade


def match_global(name: str) -> Vendor | None:
    """The vendor whose script sets this global."""
    return _index().globals.get(name)


def match_cookie(name: str) -> Vendor | None:
    """The vendor that sets a cookie of this name."""
    return _index().cookies.find(name)


def match_storage_key(name: str) -> Vendor | None:
    """The vendor that keeps this key in local or session storage."""
    return _index().storage.find(name)


def globals_to_probe() -> list[str]:
    """All globals that a vendor sets, sorted: to be asked of a page in one evaluation."""
    return sorted(_index().globals)


def dom_selectors() -> list[tuple[str, str]]:
    """CSS selector and slug of every DOM mark that proves a chat or system."""
    return [
        (_selector(mark.literal), row.slug)
        for row in vendors().values()
        for mark in _marks(row)
        if mark.where == "dom" and mark.grade == "embedded"
    ]


def chat_question_open(page: ParsedPage) -> str | None:
    """Why a browser could still find a chat on the page; None when it could not, or when one is seen."""
    raise NotImplementedError
