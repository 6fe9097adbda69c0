"""One parse of a page: tree, text, scripts, links and structured data, each made once."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import charset_normalizer
from selectolax.lexbor import LexborHTMLParser
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from crawler.errors import TooComplex
from spiders.extract.structured import Entity, extract_entities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

__all__ = ["Anchor", "ParsedPage", "Script", "decode", "weigh"]

MAX_CHARS = 10 * 1024 * 1024  # same bound as DOWNLOAD_MAXSIZE
MAX_TAGS = 400_000  # 1M siblings cost 309 MB in lexbor; the largest real page seen has 60,000
MAX_DEPTH = 4_000  # lexbor needs 11 s for 50,000 levels, 0.2 s for 10,000
MAX_ATTRIBUTES = 8_000  # of one tag; lexbor needs 0.3 s for 10,000 and 11 s for 40,000

_NOT_NESTING = frozenset(
    b"area base br col embed hr img input link meta param source track wbr "
    b"p li option dt dd tr td th path circle rect".split()
)
_LONG = 8_000  # bytes; a tag with too many attributes fills at least one such block
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_MARKUP = re.compile(rb"[<>\n]+")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")  # state of a whole page stands in one value
_SPACE = re.compile(r"\s+")
_LANGUAGE_METAS = ('meta[http-equiv="content-language" i]', 'meta[property="og:locale"]')
# A relative address with nothing to fold or to cut: the folder before it makes it absolute.
_SIMPLE = re.compile(r"[\w~%][\w~%./&+,=-]*(?:\?[\w~%./&+,=-]+)?(?:#[\w-]+)?", re.ASCII)
_REGIONS = ("nav", "header", "footer", "main")
_LANG = re.compile(r"^\s*([a-zA-Z]{2,3})(?:[-_][a-zA-Z0-9]+)*\s*$")


@dataclass(slots=True)
class Script:
    """A script element: `src` absolute or None, `text` inline code, `type` lowered."""

    src: str | None
    type: str
    text: str
    attributes: dict[str, str | None]


class Anchor:
    """A link as written: `url` absolute and without fragment; text and region are read when asked.

    `region` is nav, header, footer or main: the innermost of those around it.
    """

    __slots__ = ("_regions", "node", "text", "url")
    text: str

    def __init__(self, url: str, node: LexborNode, regions: dict[int, str]) -> None:
        """`regions` is what is known of the page's elements (by address in memory) so far."""
        self.url = url
        self.node = node
        self._regions = regions

    def __getattr__(self, name: str) -> str:
        """What the link says: its text, else its label, title or the picture's description.

        Called once: afterwards `text` is there, and found faster than by a property.
        """
        if name != "text":
            raise AttributeError(name)
        self.text = " ".join(self.node.text().split()) or _label(self.node)
        return self.text

    @property
    def region(self) -> str:
        return _region(self.node, self._regions)


def _label(node: LexborNode) -> str:
    attributes = node.attributes
    label = attributes.get("aria-label") or attributes.get("title")
    if not label:
        image = node.css_first("img[alt]")
        label = image.attributes.get("alt") if image else None
    return _SPACE.sub(" ", label or "").strip()


def decode(body: bytes, content_type: str | None = None) -> str:
    """Decode by BOM, then by valid UTF-8, then by what is declared, then by guessing.

    Valid UTF-8 outranks the declaration: multi-byte sequences do not come out valid by chance,
    and wrong declarations are common.
    """
    encoding, bom = read_bom(body)
    if encoding:
        return body[len(bom or b"") :].decode(encoding, "replace")
    text = _as_utf8(body)
    if text is not None and not _may_be_utf16(body):
        return text
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    if declared and declared != "utf-8":
        return body.decode(declared, "replace")
    if text is not None or _mostly_utf8(body):
        return body.decode("utf-8", "replace")
    best = charset_normalizer.from_bytes(_foreign_text(body)).best()
    return body.decode(best.encoding if best else "cp1252", "replace")


def _as_utf8(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _foreign_text(body: bytes) -> bytes:
    """Runs of text with bytes beyond ASCII: all that tells an encoding, in a fifth of the time."""
    pieces = _MARKUP.split(body[:65536])
    return b" ".join(piece[:400] for piece in pieces if not piece.isascii())[:4096]


def _may_be_utf16(body: bytes) -> bool:
    """Valid as UTF-8 too, but with NULs between the letters."""
    return b"\0" in body[:200]


def _mostly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", "replace")
    broken = text.count("�")
    return broken <= 3 or broken * 20 < len(text) - len(text.encode("ascii", "ignore"))


def weigh(source: bytes) -> None:
    """Raise TooComplex for a page that a parser would choke on; linear in its length.

    Bytes, because counting in them takes a quarter of the time that text with any letter beyond
    Latin-1 takes. A limit that a page is too short to reach is not looked at.
    """
    tags = source.count(b"<") if len(source) > 2 * MAX_DEPTH else 0
    if tags > MAX_TAGS:
        raise TooComplex(f"page has {tags} tags; at most {MAX_TAGS} are parsed")
    for tag in _long_stretches(source):
        names = _QUOTED.sub(b'"', tag) if b" " in tag else tag
        if names.count(b"=") > MAX_ATTRIBUTES or len(names.split()) > MAX_ATTRIBUTES:
            raise TooComplex(f"a tag has more than {MAX_ATTRIBUTES} attributes")
    if tags > MAX_DEPTH and _may_be_deep(source) and _depth(source) > MAX_DEPTH:
        raise TooComplex(f"page is nested deeper than {MAX_DEPTH} levels")


def _long_stretches(source: bytes) -> Iterator[bytes]:
    """What follows a "<" and a letter for more than a block without another "<" or ">"."""
    at = 0
    while at < len(source):
        until = at + _LONG
        if source.find(b"<", at, until) >= 0 or source.find(b">", at, until) >= 0:
            at = until  # nearly always, and seen within a few bytes
            continue
        start = source.rfind(b"<", 0, at)
        ends = [e for e in (source.find(b"<", at), source.find(b">", at)) if e >= 0]
        end = min(ends, default=len(source))
        if source[start + 1 : start + 2].isalpha() and source.find(b">", start, at) < 0:
            yield source[start:end]
        at = end


def _may_be_deep(source: bytes) -> bool:
    """Count open tags at every 16 KB: only literal counts, so nearly free on ordinary pages."""
    depth = 0
    for start in range(0, len(source), 16_384):
        part = source[start : start + 16_384]
        depth += part.count(b"<") - 2 * part.count(b"</")
        if depth > MAX_DEPTH:
            return True
    return False


def _depth(source: bytes) -> int:
    """How many elements are open at once at most; elements that close by themselves count none."""
    depth = deepest = 0
    for closing, name in _TAG.findall(source):
        if name.lower() in _NOT_NESTING:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


class ParsedPage:
    """A page that every extractor reads and none parses again.

    `tree` holds no script, style and comment: those are in `scripts`, `html` and `source`, which
    is `html` in UTF-8. Treat the tree as read-only.

    >>> ParsedPage("<title>Help</title><p>Hello  <b>you</b>", "http://a.example/x").text
    'Hello you'
    """

    def __init__(self, html: str, url: str = "", *, source: bytes | None = None) -> None:
        """`source` is `html` in UTF-8, where the caller has it already."""
        if len(html) > MAX_CHARS:
            raise TooComplex(f"page has {len(html)} characters; at most {MAX_CHARS} are parsed")
        if source is None or b"\0" in source:
            html = html.replace("\0", "")
            source = html.encode("utf-8", "replace")
        weigh(source)
        self.html = html
        self.source = source
        self.url = url
        self._whole = LexborHTMLParser(source)
        self._scripts = self._cut_scripts()

    @classmethod
    def from_bytes(cls, body: bytes, url: str = "", content_type: str | None = None) -> ParsedPage:
        text = None if read_bom(body)[0] or _may_be_utf16(body) else _as_utf8(body)
        if text is not None:
            return cls(text, url, source=body)
        return cls(decode(body, content_type), url)

    def _cut_scripts(self) -> list[LexborNode]:
        """The script elements, which leave the tree together with the styles."""
        found = []
        for node in self._whole.css("script, style"):
            if node.tag == "script":
                found.append(node)
            node.decompose(recursive=False)
        return found

    @cached_property
    def scripts(self) -> list[Script]:
        """All scripts in document order."""
        found = []
        for node in self._scripts:
            attributes = node.attributes
            src = (attributes.get("src") or "").strip()
            kind = (attributes.get("type") or "").strip().lower()
            url = self.absolute(src) if src else None
            found.append(Script(url, kind, node.text(), attributes))
        return found

    @property
    def tree(self) -> LexborHTMLParser:
        return self._whole

    @cached_property
    def lowered(self) -> str:
        """The source in lower case, for patterns; `lowered_source` costs a tenth."""
        return self.html.lower()

    @cached_property
    def lowered_source(self) -> bytes:
        """The source with ASCII letters in lower case, for literal prefilters."""
        return self.source.lower()

    @cached_property
    def names(self) -> frozenset[str]:
        """All values of class and id, as written.

        0.2 ms on a page of 150 KB; a prefilter for what would ask the tree many times.
        """
        found = {node.attrs["class"] for node in self._whole.css("[class]")}
        found.update([node.id for node in self._whole.css("[id]")])
        return frozenset(filter(None, found))

    @cached_property
    def names_lowered(self) -> str:
        """The same as one text in lower case, a value a line."""
        return "\n".join(self.names).lower()

    @cached_property
    def base_url(self) -> str:
        for node in self.elements.get("base", ()):
            if "href" in node.attrs:
                return urljoin(self.url, (node.attrs["href"] or "").strip())
        return self.url

    def absolute(self, href: str) -> str:
        """`href` as an absolute URL; as it is when it cannot be one."""
        if href.startswith(("https://", "http://")):
            return href
        try:
            if href[:1] == "/" and "/." not in href:  # a tenth of urljoin's time
                origin, scheme = self._origin
                return f"{scheme}:{href}" if href[1:2] == "/" else origin + href
            if _SIMPLE.fullmatch(href) and "/." not in href and "//" not in href and self._folder:
                return self._folder + href
            return urljoin(self.base_url, href)
        except ValueError:
            return href

    @cached_property
    def title(self) -> str:
        node = self._whole.css_first("title")
        return _SPACE.sub(" ", node.text()).strip() if node else ""

    @cached_property
    def language(self) -> str | None:
        """Primary subtag of the declared language, lower case; what the text is may differ."""
        top = self._whole.css_first("html")
        own = top.attributes if top else {}
        values = [own.get("lang"), own.get("xml:lang")]
        for name in _LANGUAGE_METAS if not any(values) else ():
            node = self._whole.css_first(name)
            values.append(node.attributes.get("content") if node else None)
        for value in values:
            if value and (match := _LANG.match(value.split(",")[0])):
                return match[1].lower()
        return None

    @cached_property
    def text(self) -> str:
        """Visible text of the body, white space folded, blocks and inline parts one space apart."""
        body = self._whole.body
        return " ".join(body.text(separator=" ", skip_empty=True).split()) if body else ""

    @cached_property
    def elements(self) -> dict[str, list[LexborNode]]:
        """All elements by tag, each tag's in document order: one walk for all who ask by tag."""
        found: defaultdict[int, list[LexborNode]] = defaultdict(list)
        for node in self._whole.css("*"):
            found[node.tag_id].append(node)
        return {nodes[0].tag or "": nodes for nodes in found.values()}

    @cached_property
    def clicks(self) -> list[str]:
        """Code that runs when something is clicked."""
        found = [href for href, _ in self.schemed_links if href[:11] == "javascript:"]
        return found + [node.attrs.get("onclick") or "" for node in self._whole.css("[onclick]")]

    @cached_property
    def anchors(self) -> list[Anchor]:
        """All links with an http or https address, in document order."""
        return self._links[0]

    @cached_property
    def schemed_links(self) -> list[tuple[str, LexborNode]]:
        """Links of other schemes (mailto, tel), to places of the page or to nowhere, as written."""
        return self._links[1]

    @cached_property
    def _links(self) -> tuple[list[Anchor], list[tuple[str, LexborNode]]]:
        found: list[Anchor] = []
        others: list[tuple[str, LexborNode]] = []
        origin, scheme = self._origin
        regions = self._regions()
        for node in self.elements.get("a", ()):
            href = (node.attrs.get("href") or "").strip()
            if href.startswith(("https://", "http://")):
                url = href
            elif not href or href[0] == "#":
                others.append((href, node))
                continue
            elif href[0] == "/":
                url = origin + href if href[1:2] != "/" else f"{scheme}:{href}"
            elif ":" in href.split("/", 1)[0]:  # mailto:, tel:, javascript: and the like
                others.append((href, node))
                continue
            else:
                if "@" in href or href[0] == "+":  # an address or number without its scheme
                    others.append((href, node))
                url = self.absolute(href)
            found.append(Anchor(url.partition("#")[0] if "#" in url else url, node, regions))
        return found, others

    def _regions(self) -> dict[int, str]:
        """What the regions of a page are, by their address in memory."""
        seen = {node.mem_id: tag for tag in _REGIONS for node in self.elements.get(tag, ())}
        return seen | {node.mem_id: "main" for node in self.elements.get("body", ())}

    @cached_property
    def _origin(self) -> tuple[str, str]:
        """`scheme://host` of relative links, and the scheme."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}", parts.scheme or "http"

    @cached_property
    def _folder(self) -> str:
        """What stands before simple relative links; empty for a page whose address is no URL."""
        if not self.base_url.startswith(("https://", "http://")):
            return ""
        return urljoin(self.base_url, "x")[:-1]

    @cached_property
    def structured(self) -> list[Entity]:
        """JSON-LD, microdata, RDFa and microformats as one list of entities."""
        return extract_entities(self)


def _region(node: LexborNode, known: dict[int, str]) -> str:
    """The innermost region around; all elements on the way to it are `known` afterwards."""
    passed = []
    region = "main"
    parent = node.parent
    while parent is not None:
        place = parent.mem_id
        if place in known:
            region = known[place]
            break
        passed.append(place)
        parent = parent.parent
    known.update(dict.fromkeys(passed, region))
    return region
