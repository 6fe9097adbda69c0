"""One parse of a page: tree, text, scripts, links and structured data, each made once and lazily."""

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
MAX_TAG_CHARS = 60_000  # attributes, data: URLs apart; 10,000 attributes cost 0.3 s, 40,000 11 s

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
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


@dataclass(slots=True)
class Anchor:
    """A link as written: `url` absolute without fragment, `region` nav, header, footer or main."""

    url: str
    text: str
    region: str
    node: LexborNode


def decode(body: bytes, content_type: str | None = None) -> str:
    """Decode by BOM, then by valid UTF-8, then by what is declared, then by guessing.

    Valid UTF-8 outranks the declaration: multi-byte sequences do not come out valid by chance,
    and wrong declarations are common.
    """
    encoding, bom = read_bom(body)
    if encoding:
        return body[len(bom or b"") :].decode(encoding, "replace")
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    if declared and declared.startswith(("utf-16", "utf-32")) and b"\0" in body[:200]:
        return body.decode(declared, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if declared and declared != "utf-8":
        return body.decode(declared, "replace")
    if body.count(b"\xef\xbf\xbd") or _mostly_utf8(body):
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
    for longest in re.finditer(r"<[a-zA-Z][^<>]{%d,}" % MAX_TAG_CHARS, html):
        if longest.group().count("=") > 2_000 or longest.group().count(" ") > 10_000:
            raise TooComplex(f"a tag of {len(longest.group())} characters; page not parsed")
    if tags > MAX_DEPTH and _depth(html) > MAX_DEPTH:
        raise TooComplex(f"page is nested deeper than {MAX_DEPTH} levels")


def _depth(html: str) -> int:
    """Upper bound of open tags at once, by counting; only run on pages with many tags."""
    opened = html.count("<") - 2 * html.count("</") - html.count("<!")
    for name in _VOID | {"p", "li", "option", "dt", "dd", "tr", "td", "th"}:
        opened -= len(re.findall(rf"<{name}\b", html, re.IGNORECASE))
    if opened < MAX_DEPTH:
        return 0
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        if name.lower() in _VOID:
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
        self.html = html.replace("\0", "")
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
        for node in self._whole.css("a[href]"):
            href = (node.attributes.get("href") or "").strip()
            if (
                not href
                or href[0] == "#"
                or ":" in href[:12]
                and not href[:5].lower().startswith("http")
            ):
                continue
            url = self.absolute(href).partition("#")[0]
            try:
                parts = urlsplit(url)
            except ValueError:
                continue
            if parts.scheme not in ("http", "https") or not parts.hostname:
                continue
            text = _SPACE.sub(" ", node.text()).strip()
            if not text:
                text = node.attributes.get("aria-label") or node.attributes.get("title") or ""
            found.append(Anchor(url, text, _region(node), node))
        return found

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
