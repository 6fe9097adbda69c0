"""JSON-LD, microdata, RDFa and microformats of a page as one list of entities."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias, Union

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = [
    "Entity",
    "block_text",
    "extract_entities",
    "find",
    "first",
    "load_json",
    "plain_text",
    "walk",
]

MAX_JSON_CHARS = 4_000_000  # of one block; the largest real one seen has 0.4 M
MAX_REPAIR_CHARS = 1_000_000  # the tolerant reader is 50x slower than the strict one
MAX_DEPTH = 60  # of nested values; real FAQ and review data stays below 12
MAX_ENTITIES = 20_000  # of one page
MAX_PROPERTIES = 50_000  # itemprop and property attributes of one page

Value: TypeAlias = Union[str, int, float, bool, "Entity"]
Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


@dataclass(slots=True)
class Entity:
    """A thing that the page describes in a machine-readable syntax.

    `types` are local names ("FAQPage"), `props` local names to lists of values: str, int, float,
    bool or Entity. `node` is the element it was read from, None for JSON-LD. Strings are as
    written: in JSON-LD they may hold HTML, see `plain_text`.
    """

    types: tuple[str, ...]
    props: dict[str, list[str | int | float | bool | Entity]] = field(default_factory=dict)
    syntax: str = "json-ld"
    node: LexborNode | None = field(default=None, repr=False)

    def add(self, name: str, value: Value) -> None:
        self.props.setdefault(name, []).append(value)


def extract_entities(page: ParsedPage) -> list[Entity]:
    """Top-level entities of all syntaxes, in that order; never raises for what a page holds."""
    found = _json_ld(page)
    if page.tree.css_first(_ROOTS):  # one walk in place of two, and most pages have none
        found += _microdata(page)
        found += _rdfa(page)
    if "hreview" in page.names_lowered or "h-review" in page.names_lowered:
        found += _microformats(page)
    return found


def walk(entities: Iterable[Value]) -> Iterator[Entity]:
    """Each entity once, depth first, the outer before the inner; safe for cycles."""
    seen: set[int] = set()
    stack = [e for e in entities if isinstance(e, Entity)][::-1]
    while stack:
        entity = stack.pop()
        if id(entity) in seen:
            continue
        seen.add(id(entity))
        yield entity
        inner = [v for vs in entity.props.values() for v in vs if isinstance(v, Entity)]
        stack.extend(reversed(inner))


def find(entities: Iterable[Value], *types: str) -> list[Entity]:
    """All entities of one of `types`, nested ones too, depth first."""
    wanted = set(types)
    return [e for e in walk(entities) if not wanted.isdisjoint(e.types)]


def first(entity: Entity, *names: str) -> Value | None:
    """First value under the first of `names` that has one."""
    for name in names:
        for value in entity.props.get(name, ()):
            return value
    return None


# --- text --------------------------------------------------------------------------------------

_SURROGATE_OR_NUL = re.compile("[\ud800-\udfff\0]")
_BREAK = re.compile(
    r"<(?:/?(?:p|div|li|ul|ol|dl|dt|dd|tr|table|h[1-6]|section|article|blockquote|header|footer"
    r"|figure|figcaption|pre)\b|br\b|hr\b)[^<>]*>",
    re.IGNORECASE,
)
_CELL = re.compile(r"<(?:td|th|option|button|img|input)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_FOLD = re.compile(r"[\r\n]+")  # a line break in the source is a space
_BLANK = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_LOOKS_HTML = re.compile(r"<(?:/?[a-z][a-z0-9]*)[\s/>]|&(?:#\d+|#x[0-9a-f]+|[a-z]+\d*);", re.I)


def clean_string(text: str) -> str:
    """`text` without lone surrogates and NULs: what every store can hold."""
    if text.isascii():
        return text.replace("\0", "")
    return _SURROGATE_OR_NUL.sub("", text)


def plain_text(text: str) -> str:
    """Text of a value that may hold HTML or escaped HTML; one line per block.

    >>> plain_text("&lt;p&gt;Tom &amp;amp; Jerry&lt;/p&gt;<br>ok")
    'Tom & Jerry\\nok'
    """
    for _ in range(2):
        if not _LOOKS_HTML.search(text):
            break
        if "<" in text:
            if _BREAK.search(text):
                text = _BREAK.sub("\n", _FOLD.sub(" ", text))
            text = _TAG.sub("", _CELL.sub(" ", text))
        text = html.unescape(text)
    return _LINES.sub("\n", _BLANK.sub(" ", text)).strip()


def block_text(node: LexborNode) -> str:
    """Text of an element, one line per block, inline parts joined as they are written."""
    if node.first_child is not None and node.first_child.next is None and node.child is None:
        text = _FOLD.sub(" ", node.text(deep=True))
    else:
        source = _CELL.sub(" ", _BREAK.sub("\n", _FOLD.sub(" ", node.html or "")))
        text = html.unescape(_TAG.sub("", source))
    return _LINES.sub("\n", _BLANK.sub(" ", clean_string(text))).strip()


# --- names -------------------------------------------------------------------------------------


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES = {
    name.lower(): name
    for name in _words(
        "mainEntity acceptedAnswer suggestedAnswer reviewBody reviewRating reviewAspect ratingValue"
        " bestRating worstRating ratingCount reviewCount aggregateRating itemReviewed datePublished"
        " dateCreated dateModified articleBody sameAs givenName familyName alternateName"
        " positiveNotes negativeNotes contentRating hasPart itemListElement answerCount"
    )
}
_TYPES = {
    name.lower(): name
    for name in _words(
        "FAQPage QAPage Question Answer Review AggregateRating Rating Product Organization"
        " LocalBusiness Person Recipe UserReview CriticReview EmployerReview ClaimReview"
        " EmployerAggregateRating ItemList ListItem WebPage ContactPoint PostalAddress"
    )
}
_TYPES |= {"review-aggregate": "Review-aggregate", "breadcrumblist": "BreadcrumbList"}


def _local(name: str) -> str:
    """Local part of a URL, a CURIE or a plain name.

    >>> _local("http://schema.org/FAQPage"), _local("schema:Review"), _local("v:Review-aggregate")
    ('FAQPage', 'Review', 'Review-aggregate')
    """
    name = name.strip().rstrip("/#")
    return name[max(name.rfind(c) for c in "/#:") + 1 :]


def _type(name: str) -> str:
    local = _local(name)
    return _TYPES.get(local.lower(), local)


def _name(name: str) -> str:
    local = _local(name) if ":" in name or "/" in name else name.strip()
    return _NAMES.get(local.lower(), local)


# --- JSON-LD -----------------------------------------------------------------------------------


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 19 else float(digits)


def _constant(_: str) -> None:
    return None


_DECODER = json.JSONDecoder(strict=False, parse_int=_integer, parse_constant=_constant)
_WRAPPERS_BEFORE = ("//", "/*", "*/", "<!--", "<![CDATA[")
_WRAPPERS_AFTER = ("//", "/*", "*/", "-->", "]]>", ";")
_TOKEN = re.compile(r"\s+|//[^\n]*|/\*|[{}\[\]:,\"']|[^\s{}\[\]:,\"'/]+|.", re.DOTALL)
_AFTER_STRING = re.compile(r"\s*(?:[:}\]]|//|/\*|,\s*(?:[\"'{}\[\]/]|[-\d]|$|true|false|null)|$)")
_NEW_KEY = re.compile(r"\s*\"[\w@:.-]{1,60}\"\s*:")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\Z")
_WORDS: dict[str, bool | None] = {
    "true": True, "false": False, "null": None, "True": True, "False": False, "None": None,
    "undefined": None, "NaN": None,
}  # fmt: skip


def load_json(text: str) -> list[Json]:
    """All JSON values in `text`, read strictly if possible, else with what people break repaired.

    Comments, CDATA, trailing or missing commas, HTML entities, raw line breaks, bare quotes inside
    strings, several values in a row and cut-off text are read; hopeless text gives [].

    >>> load_json('{"a": [1, 2,],} // x')
    [{'a': [1, 2]}]
    >>> load_json('{&quot;a&quot;: "say "hi" to me"')
    [{'a': 'say "hi" to me'}]
    """
    if len(text) > MAX_JSON_CHARS:
        return []
    text = text.strip().lstrip("\ufeff")
    try:
        return [_DECODER.decode(text)]
    except ValueError:
        pass
    except RecursionError:
        return []
    text = _unwrap(text)
    if re.match(r"[\[{\s]*&(?:quot|#34|#x22);", text, re.IGNORECASE):
        text = html.unescape(text)
    try:
        return _in_a_row(text)
    except ValueError:
        pass
    except RecursionError:
        return []
    return _read_tolerantly(text) if len(text) <= MAX_REPAIR_CHARS else []


def _unwrap(text: str) -> str:
    """`text` without the comment and CDATA marks around it."""
    for _ in range(6):
        if text.startswith(_WRAPPERS_BEFORE):
            text = text[2:].removeprefix("--").removeprefix("[CDATA[").lstrip()
        if text.endswith(_WRAPPERS_AFTER):
            text = text[: -1 if text[-1] == ";" else -3 if text[-1] == ">" else -2].rstrip()
    return text


def _in_a_row(text: str) -> list[Json]:
    found: list[Json] = []
    at = 0
    while at < len(text):
        value, at = _DECODER.raw_decode(text, at)
        found.append(value)
        while at < len(text) and text[at] in " \t\r\n,;":
            at += 1
    return found


def _read_tolerantly(text: str) -> list[Json]:
    """A reader with its own stack: what it does not understand it skips."""
    top: list[Json] = []
    stack: list[dict[str, Json] | list[Json]] = [top]
    keys: list[str | None] = [None]
    at = 0

    def put(value: Json) -> None:
        target = stack[-1]
        if isinstance(target, list):
            target.append(value)
        elif keys[-1] is not None:
            target.setdefault(keys[-1], value)
            keys[-1] = None
        elif isinstance(value, str):
            keys[-1] = value

    while match := _TOKEN.match(text, at):
        token, at = match[0], match.end()
        if token in ('"', "'"):
            string, at = _string(text, at, token)
            put(string)
        elif token == "/*":
            end = text.find("*/", at)
            if end < 0:
                break
            at = end + 2
        elif token in ("{", "["):
            if len(stack) > MAX_DEPTH:
                return top
            opened: dict[str, Json] | list[Json] = {} if token == "{" else []
            put(opened)
            stack.append(opened)
            keys.append(None)
        elif token in ("}", "]"):
            if len(stack) > 1:
                stack.pop()
                keys.pop()
        elif token == ",":
            keys[-1] = None
        elif token[0].isalnum() or token[0] in "-_$@":
            put(_bare(token))
    return [v for v in top if isinstance(v, (dict, list))]


def _bare(token: str) -> Json:
    if token in _WORDS:
        return _WORDS[token]
    if len(token) < 40 and _NUMBER.match(token):
        return float(token) if any(c in token for c in ".eE") else _integer(token)
    return token


def _string(text: str, at: int, quote: str) -> tuple[str, int]:
    """The string that starts at `at`; a quote ends it only where JSON can go on."""
    end = at
    while True:
        end = text.find(quote, end)
        if end < 0:
            end = len(text)
            break
        escaped = end
        while escaped > at and text[escaped - 1] == "\\":
            escaped -= 1
        if (end - escaped) % 2 == 0 and (
            _AFTER_STRING.match(text, end + 1) or _NEW_KEY.match(text, end + 1)
        ):
            break
        end += 1
    raw = text[at:end]
    return (_ESCAPE.sub(_unescape, raw) if "\\" in raw else raw), end + 1


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else _PLAIN_ESCAPES.get(code, code)


def _json_ld(page: ParsedPage) -> list[Entity]:
    found: list[Entity] = []
    for script in page.scripts:
        if "ld+json" not in script.type:
            continue
        for value in load_json(script.text):
            _top_level(value, found, 0)
    _resolve(found)
    return found


def _top_level(value: Json, found: list[Entity], depth: int) -> None:
    """Entities of a JSON-LD value; arrays and @graph are opened."""
    if len(found) > MAX_ENTITIES or depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            _top_level(item, found, depth + 1)
    elif isinstance(value, dict):
        entity = _entity(value, depth)
        if entity.types or any(not name.startswith("@") for name in entity.props):
            found.append(entity)
        if "@graph" in value:
            _top_level(value["@graph"], found, depth + 1)


def _entity(value: dict[str, Json], depth: int) -> Entity:
    kinds = value.get("@type", value.get("type"))
    names = kinds if isinstance(kinds, list) else [kinds]
    entity = Entity(tuple(_type(n) for n in names if isinstance(n, str)))
    for name, inner in value.items():
        if name in ("@context", "@graph", "@type"):
            continue
        for item in _values(inner, depth + 1):
            entity.add(_name(clean_string(name)), item)
    return entity


def _values(value: Json, depth: int) -> Iterator[Value]:
    if value is None or depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        yield clean_string(value)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, depth + 1)
    elif not isinstance(value, dict):
        if isfinite(value):
            yield value
    elif "@value" in value:
        yield from _values(value["@value"], depth + 1)
    elif "@list" in value or "@set" in value:
        yield from _values(value.get("@list", value.get("@set")), depth + 1)
    else:
        yield _entity(value, depth)


_REFERRING = _words(
    "mainEntity acceptedAnswer suggestedAnswer review reviews aggregateRating reviewRating author"
)


def _resolve(found: list[Entity]) -> None:
    """Replace `{"@id": x}` by the entity x, where FAQ and review data point to each other."""
    if len(found) < 2:
        return
    index: dict[Value, Entity] = {}
    for entity in found:
        if len(entity.props) > 1 and (name := first(entity, "@id")):
            index.setdefault(name, entity)
    if not index:
        return
    for entity in list(walk(found)):
        for name in _REFERRING:
            for i, value in enumerate(entity.props.get(name, ())):
                if isinstance(value, Entity) and list(value.props) == ["@id"]:
                    entity.props[name][i] = index.get(value.props["@id"][0], value)


# --- values of elements ------------------------------------------------------------------------

_URL_PROPERTIES = _words(
    "url sameAs image logo photo thumbnailUrl thumbnail contentUrl embedUrl mainEntityOfPage"
    " discussionUrl isPartOf relatedLink significantLink additionalType availability itemCondition"
    " item_url"
)
_SOURCES = {"a": "href", "area": "href", "link": "href", "img": "src", "audio": "src",
            "embed": "src", "iframe": "src", "source": "src", "track": "src", "video": "src",
            "object": "data"}  # fmt: skip


def _element_value(node: LexborNode, name: str) -> str:
    """Value of a property element: content, then what its tag says, then its text.

    Unlike the standard a link gives its text where the property is no address: sites write
    `<a itemprop="name" href=…>Name</a>` and mean the name.
    """
    attributes = node.attributes
    if (content := attributes.get("content")) is not None:
        return clean_string(content)
    tag = node.tag or ""
    if tag == "time" and attributes.get("datetime"):
        return clean_string(attributes["datetime"] or "")
    if tag in ("data", "meter", "input") and attributes.get("value"):
        return clean_string(attributes["value"] or "")
    if source := _SOURCES.get(tag):
        address = attributes.get(source) or ""
        if name in _URL_PROPERTIES or tag not in ("a", "area", "img"):
            return clean_string(address)
        if tag == "img":
            return clean_string(attributes.get("alt") or attributes.get("title") or address)
        return block_text(node) or clean_string(address)
    return block_text(node) or clean_string(attributes.get("title") or "")


def _owner(
    node: LexborNode, scopes: dict[int, Entity], known: dict[int, Entity | None]
) -> Entity | None:
    """Nearest ancestor that is a scope; every element passed on the way is remembered."""
    passed = []
    parent = node.parent
    owner = None
    while parent is not None:
        key = parent.mem_id
        if key in scopes:
            owner = scopes[key]
            break
        if key in known:
            owner = known[key]
            break
        passed.append(key)
        parent = parent.parent
    for key in passed:
        known[key] = owner
    return owner


# --- microdata ---------------------------------------------------------------------------------


def _microdata(page: ParsedPage) -> list[Entity]:
    properties = page.tree.css("[itemprop]")[:MAX_PROPERTIES]
    scope_nodes = [*page.tree.css("[itemscope]"), *_implied(properties)]
    if not scope_nodes:
        return []
    scopes: dict[int, Entity] = {}
    for node in scope_nodes[:MAX_ENTITIES]:
        kinds = (node.attributes.get("itemtype") or "").split() or _kinds_of(node)
        scopes[node.mem_id] = Entity(tuple(map(_type, kinds)), {}, "microdata", node)
    referred = _referred(page, scope_nodes, scopes)
    known: dict[int, Entity | None] = {}
    nested: set[int] = set()
    for node in properties:
        key = node.mem_id
        owners: list[Entity | None] = [*referred.get(key, ())] or [_owner(node, scopes, known)]
        inner = scopes.get(key)
        for owner in owners:
            if owner is None or owner is inner:
                continue
            for raw in (node.attributes.get("itemprop") or "").split():
                name = _name(raw)
                owner.add(name, inner if inner is not None else _element_value(node, name))
            if inner is not None:
                nested.add(id(inner))
    return [e for e in scopes.values() if id(e) not in nested]


_IMPLIED = {"review": "Review", "reviews": "Review", "aggregaterating": "AggregateRating"}
_REVIEW_PARTS = '[itemprop="reviewBody" i],[itemprop="ratingValue" i]'


def _kinds_of(node: LexborNode) -> list[str]:
    """Types that follow from the property's name where a scope states none."""
    names = (node.attributes.get("itemprop") or "").lower().split()
    return [_IMPLIED[name] for name in names if name in _IMPLIED]


def _implied(properties: list[LexborNode]) -> list[LexborNode]:
    """Reviews and aggregates with their parts marked up, but without a scope of their own."""
    found = []
    for node in properties:
        attributes = node.attributes
        is_one = (
            attributes["itemprop"] or ""
        ).lower() in _IMPLIED and "itemscope" not in attributes
        if is_one and node.css_first(_REVIEW_PARTS) and not node.css_first("[itemtype]"):
            found.append(node)
    return found


def _referred(
    page: ParsedPage, scope_nodes: list[LexborNode], scopes: dict[int, Entity]
) -> dict[int, list[Entity]]:
    """Property elements that belong to a scope through itemref, by element."""
    found: dict[int, list[Entity]] = {}
    for node in scope_nodes[:MAX_ENTITIES]:
        for name in (node.attributes.get("itemref") or "").split()[:20]:
            if not re.fullmatch(r"[\w:.-]{1,200}", name):
                continue
            target = page.tree.css_first(f'[id="{name}"]')
            if target is None:
                continue
            if "itemprop" in target.attributes:
                found.setdefault(target.mem_id, []).append(scopes[node.mem_id])
            if "itemscope" in target.attributes:
                continue
            for inner in target.css("[itemprop]")[:1000]:
                if _owner(inner, scopes, {}) in (None, _owner(target, scopes, {})):
                    found.setdefault(inner.mem_id, []).append(scopes[node.mem_id])
    return found


# --- RDFa --------------------------------------------------------------------------------------


def _rdfa(page: ParsedPage) -> list[Entity]:
    scope_nodes = page.tree.css("[typeof]")
    if not scope_nodes:
        return []
    scopes: dict[int, Entity] = {}
    for node in scope_nodes[:MAX_ENTITIES]:
        kinds = (node.attributes.get("typeof") or "").split()
        scopes[node.mem_id] = Entity(tuple(map(_type, kinds)), {}, "rdfa", node)
    known: dict[int, Entity | None] = {}
    nested: set[int] = set()
    for node in scope_nodes[:MAX_ENTITIES]:
        inner = scopes[node.mem_id]
        owner = _owner(node, scopes, known)
        names = _rdfa_names(node)
        if owner is None or not names:
            continue
        for name in names:
            owner.add(name, inner)
        nested.add(id(inner))
    for node in page.tree.css("[property]")[:MAX_PROPERTIES]:
        if node.mem_id in scopes:
            continue
        owner = _owner(node, scopes, known)
        if owner is None:
            continue
        for raw in (node.attributes.get("property") or "").split():
            name = _name(raw)
            owner.add(name, _element_value(node, name))
    return [e for e in scopes.values() if id(e) not in nested]


def _rdfa_names(node: LexborNode) -> list[str]:
    """Names under which a typed element is the value: its own, or a `rel` of its parent."""
    attributes = node.attributes
    names = (attributes.get("property") or attributes.get("rel") or "").split()
    parent = node.parent
    if not names and parent is not None:
        rel = parent.attributes.get("rel") or ""
        names = rel.split() if ":" in rel else []
    return [_name(n) for n in names]


# --- microformats ------------------------------------------------------------------------------

_MF1 = _words(
    "item fn rating value average best worst count votes summary description reviewer dtreviewed"
    " permalink type"
)
_MF2 = _words(
    "p-name p-item p-rating p-best p-worst p-average p-count p-votes p-author p-reviewer p-summary"
    " e-content p-content e-description p-description dt-published dt-reviewed dt-updated"
    " u-url"
)
_MF_TYPES = {"hreview": "Review", "hreview-aggregate": "Review-aggregate",
             "h-review": "Review", "h-review-aggregate": "Review-aggregate"}  # fmt: skip
_MF_ROOTS = ", ".join(f".{name}" for name in _MF_TYPES)


_ROOTS = "[itemscope], [itemprop], [typeof]"


def _microformats(page: ParsedPage) -> list[Entity]:
    """hReview and h-review with their aggregates; rating parts lie flat beside the rest."""
    roots = page.tree.css(_MF_ROOTS)
    scopes: dict[int, Entity] = {}
    for node in roots[:MAX_ENTITIES]:
        classes = (node.attributes.get("class") or "").lower().split()
        kinds = [_MF_TYPES[c] for c in classes if c in _MF_TYPES]
        if kinds:
            syntax = "hreview" if any(c.startswith("hreview") for c in classes) else "h-review"
            scopes[node.mem_id] = Entity((kinds[-1],), {}, syntax, node)
    known: dict[int, Entity | None] = {}
    for root in list(scopes.values()):
        names = _MF1 if root.syntax == "hreview" else _MF2
        for node in root.node.css("[class]")[:2_000] if root.node else ():
            wanted = [c for c in (node.attributes.get("class") or "").lower().split() if c in names]
            if wanted and _owner(node, scopes, known) is root:
                value = _microformat_value(node)
                for name in wanted:
                    root.add(name if root.syntax == "hreview" else name.partition("-")[2], value)
    return list(scopes.values())


def _microformat_value(node: LexborNode) -> str:
    titled = node if node.tag == "abbr" else node.css_first(".value-title[title]")
    if titled is not None and titled.attributes.get("title"):
        return clean_string(titled.attributes["title"] or "")
    return _element_value(node, "")
