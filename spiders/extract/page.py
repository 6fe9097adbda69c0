"""One parse of a page: tree, text, scripts, links and structured data, each made once."""

from __future__ import annotations

import re
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
    from selectolax.lexbor import LexborNode

__all__ = ["Anchor", "ParsedPage", "Script", "decode", "weigh"]

MAX_CHARS = 10 * 1024 * 1024  # same bound as DOWNLOAD_MAXSIZE
MAX_TAGS = 400_000  # 1M siblings cost 309 MB in lexbor; the largest real page seen has 60,000
MAX_DEPTH = 4_000  # lexbor needs 11 s for 50,000 levels, 0.2 s for 10,000
MAX_ATTRIBUTES = 8_000  # of one tag; lexbor needs 0.3 s for 10,000 and 11 s for 40,000

_NOT_NESTING = frozenset(
    "area base br col embed hr img input link meta param source track wbr "
    "p li option dt dd tr td th path circle rect".split()
)
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{16000,}")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_SPACE = re.compile(r"\s+")
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

    __slots__ = ("_region", "_text", "node", "url")

    def __init__(self, url: str, node: LexborNode) -> None:
        self.url = url
        self.node = node
        self._text: str | None = None
        self._region: str | None = None

    @property
    def text(self) -> str:
        """What the link says: its text, else its label, title or the picture's description."""
        if self._text is None:
            self._text = _SPACE.sub(" ", self.node.text()).strip() or _label(self.node)
        return self._text

    @property
    def region(self) -> str:
        if self._region is None:
            self._region = _region(self.node)
        return self._region


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
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is not None and "\0" not in text[:200]:
        return text
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    if declared and declared != "utf-8":
        return body.decode(declared, "replace")
    if text is not None or _mostly_utf8(body):
        return body.decode("utf-8", "replace")
    best = charset_normalizer.from_bytes(body[:65536]).best()
    return body.decode(best.encoding if best else "cp1252", "replace")


def _mostly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", "replace")
    broken = text.count("�")
    return broken <= 3 or broken * 20 < sum(c > "\x7f" for c in text)


def weigh(html: str) -> None:
    """Raise TooComplex for a page that a parser would choke on; linear in its length."""
    if len(html) > MAX_CHARS:
        raise TooComplex(f"page has {len(html)} characters; at most {MAX_CHARS} are parsed")
    tags = html.count("<")
    if tags > MAX_TAGS:
        raise TooComplex(f"page has {tags} tags; at most {MAX_TAGS} are parsed")
    if html.count("=") > MAX_ATTRIBUTES:
        for tag in _LONG_TAG.finditer(html):
            if tag[0].count("=") > MAX_ATTRIBUTES or tag[0].count(" ") > MAX_ATTRIBUTES:
                raise TooComplex(f"a tag has more than {MAX_ATTRIBUTES} attributes")
    if tags > MAX_DEPTH and _may_be_deep(html) and _depth(html) > MAX_DEPTH:
        raise TooComplex(f"page is nested deeper than {MAX_DEPTH} levels")


def _may_be_deep(html: str) -> bool:
    """Count open tags at every 16 KB: only literal counts, so nearly free on ordinary pages."""
    depth = 0
    for start in range(0, len(html), 16_384):
        part = html[start : start + 16_384]
        depth += part.count("<") - part.count("<!") - 2 * part.count("</") - part.count("/>")
        if depth > MAX_DEPTH:
            return True
    return False


def _depth(html: str) -> int:
    """How many elements are open at once at most; elements that close by themselves count none."""
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        if name.lower() in _NOT_NESTING:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


class ParsedPage:
    """A page that every extractor reads and none parses again.

    `tree` holds no script, style and comment: those are in `scripts` and `html`. Treat the tree
    as read-only.

    >>> ParsedPage("<title>Help</title><p>Hello  <b>you</b>", "http://a.example/x").text
    'Hello you'
    """

    def __init__(self, html: str, url: str = "") -> None:
        weigh(html)
        self.html = html.replace("\0", "") if "\0" in html else html
        self.url = url
        self._whole = LexborHTMLParser(self.html)
        self.scripts = self._take_scripts()

    @classmethod
    def from_bytes(cls, body: bytes, url: str = "", content_type: str | None = None) -> ParsedPage:
        return cls(decode(body, content_type), url)

    def _take_scripts(self) -> list[Script]:
        found = []
        for node in self._whole.css("script"):
            attributes = node.attributes
            src = (attributes.get("src") or "").strip()
            found.append(
                Script(
                    src=self.absolute(src) if src else None,
                    type=(attributes.get("type") or "").strip().lower(),
                    text=node.text(deep=True) or "",
                    attributes=attributes,
                )
            )
        self._whole.strip_tags(["script", "style"])
        return found

    @property
    def tree(self) -> LexborHTMLParser:
        return self._whole

    @cached_property
    def lowered(self) -> str:
        """The source in lower case, for literal prefilters."""
        return self.html.lower()

    @cached_property
    def base_url(self) -> str:
        node = self._whole.css_first("base[href]")
        return urljoin(self.url, (node.attributes.get("href") or "").strip()) if node else self.url

    def absolute(self, href: str) -> str:
        """`href` as an absolute URL; as it is when it cannot be one."""
        try:
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
        for selector, attribute in (
            ("html[lang]", "lang"),
            ("html", "xml:lang"),
            ('meta[http-equiv="content-language" i]', "content"),
            ('meta[property="og:locale"]', "content"),
        ):
            node = self._whole.css_first(selector)
            value = (node.attributes.get(attribute) or "") if node else ""
            if match := _LANG.match(value.split(",")[0]):
                return match[1].lower()
        return None

    @cached_property
    def text(self) -> str:
        """Visible text of the body, white space folded, blocks and inline parts one space apart."""
        body = self._whole.body
        return _SPACE.sub(" ", body.text(separator=" ")).strip() if body else ""

    @cached_property
    def anchors(self) -> list[Anchor]:
        """All links with an http or https address, in document order."""
        found = []
        origin, scheme = self._origin
        for node in self._whole.css("a[href]"):
            href = (node.attributes.get("href") or "").strip()
            if not href or href[0] == "#":
                continue
            if href[0] == "/" and href[1:2] != "/":
                url = origin + href
            elif href.startswith(("http://", "https://")):
                url = href
            elif href.startswith("//"):
                url = f"{scheme}:{href}"
            elif ":" in href.split("/", 1)[0]:
                continue  # mailto:, tel:, javascript: and the like
            else:
                url = self.absolute(href)
            found.append(Anchor(url.partition("#")[0], node))
        return found

    @cached_property
    def _origin(self) -> tuple[str, str]:
        """`scheme://host` of relative links, and the scheme."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}", parts.scheme or "http"

    @cached_property
    def structured(self) -> list[Entity]:
        """JSON-LD, microdata, RDFa and microformats as one list of entities."""
        return extract_entities(self)


def _region(node: LexborNode) -> str:
    parent = node.parent
    while parent is not None:
        tag = parent.tag
        if tag in ("nav", "header", "footer", "main"):
            return tag
        if tag == "body":
            break
        parent = parent.parent
    return "main"
