"""Which chat widgets and CX systems a page runs, read from its markup alone.

The vendors are rows in `technologies/*.toml` (see `vendors.py`). A page is taken apart into code
that runs, addresses that it loads, names in its tree and its links; comments, hints to the network,
texts and code samples prove nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from crawler.domains import registrable_domain
from crawler.items import ChatWidget, Evidence, Technology
from spiders.extract.shopify_apps import shopify_apps
from spiders.extract.vendors import (
    NAME_CHARS,
    RANK,
    Candidate,
    Mark,
    Vendor,
    dom_selectors,
    globals_to_probe,
    in_address,
    index,
    load_vendors,
    match_cookie,
    match_global,
    match_request,
    match_storage_key,
    places,
    selector,
    vendors,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage, Script
    from spiders.extract.shopify_apps import App

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
    "own_chat",
    "vendors",
]

MAX_CODE = 400_000  # characters of inline code read; pages beyond it carry data, not loaders
MAX_RESOURCES = 5_000  # addresses and links looked at; a real page has some hundreds
MAX_GLOBS = 50  # `image/*` passed over on the way to a comment
MAX_FLOATING = 20  # links of one messenger looked at for a floating one
MAX_PROOF = 120


class Hit(NamedTuple):
    vendor: Vendor
    grade: Evidence
    proof: str


def extract_technologies(page: ParsedPage) -> tuple[list[ChatWidget], list[Technology]]:
    """Chats and other CX systems of a page, strongest evidence first, each vendor once."""
    best: dict[str, Hit] = {}
    names, parts = _dom_names(page), _take_apart(page)
    apps = _shop_apps(page, parts)
    for hit in _hits(page, names, parts, apps):
        known = best.get(hit.vendor.slug)
        if known is None or RANK[hit.grade] < RANK[known.grade]:
            best[hit.vendor.slug] = hit
    chats: list[ChatWidget] = []
    systems: list[Technology] = []
    for vendor, grade, proof in sorted(best.values(), key=lambda hit: RANK[hit.grade]):
        if vendor.kind is not None:
            chats.append(ChatWidget(vendor.slug, vendor.kind, grade, proof))
        else:
            systems.append(Technology(vendor.slug, vendor.category, grade, proof))
    if all(chat.evidence == "mentioned" for chat in chats):
        own = own_chat(page) if "chat" in names else []
        chats = (own or _named_script(page) or _named_app(apps)) + chats
    return chats, systems


def _hits(page: ParsedPage, names: str, parts: _Parts, apps: list[App]) -> Iterator[Hit]:
    own = registrable_domain(urlsplit(page.url).hostname or "")
    found = index().candidates(
        {
            "code": parts.code,
            "resources": "\n".join([url for url, _ in parts.resources]),
            "dom": names,
            "links": "\n".join(parts.opening),
        }
    )
    yield from _code_hits(found["code"], parts.code, own)
    yield from _resource_hits(found["resources"], parts.resources, own)
    yield from _dom_hits(found["dom"], page, names)
    yield from _link_hits(found["links"], page, parts.opening)
    for app in apps:
        if app.vendor is not None:
            yield Hit(app.vendor, "embedded", f"shopify app {app.slug}")


def _shop_apps(page: ParsedPage, parts: _Parts) -> list[App]:
    """The apps of a Shopify shop; a page that loads nothing from Shopify is not looked through."""
    is_shop = any("cdn.shopify.com" in url or "/cdn/shop/" in url for url, _ in parts.resources)
    return list(shopify_apps(page.source)) if is_shop else []


# ---------------------------------------------------------------- parts of a page

_DATA_TYPES = re.compile(r"json|template|html|handlebars|mustache|importmap|speculation|x-tmpl|xml")
# An assignment of a whole state object: what stands in it is content, not code that runs.
_STATE = re.compile(
    r"\s*(?:(?:window|self|globalThis)\.|var\s+)?(?:__\w+|\w*(?:State|STATE))"
    r"(?:\.push\(|\s*=\s*(?:JSON\.parse\(|[{\[\"']))"
)
_STATE_CHARS = 2_000  # loaders that look like it (`var __lc = {}`) are shorter
_SRC_IN_DATA = re.compile(r'"src\\*":\s*\\*"([^"\\]{8,300})')
_LOADED = ("iframe", "embed", "object", "audio", "source", "link", "img")


_Resource = tuple[str, Evidence]  # an address and the most that it can prove


class _Parts(NamedTuple):
    code: str
    resources: list[_Resource]
    opening: list[str]  # code that runs on a click, and addresses of links


def _take_apart(page: ParsedPage) -> _Parts:
    """Inline code that runs, and the addresses that the page loads something from."""
    code: list[str] = []
    resources: list[_Resource] = []
    for script in page.scripts:
        inline = _inline_code(script, resources)
        if inline:
            code.append(inline)
    for tag in _LOADED:
        for node in page.elements.get(tag, ())[:MAX_RESOURCES]:
            _read_loaded(tag, node.attributes, resources)
    # The empty comment ends a comment that a script left open.
    joined = "\n/**/\n".join(code)[:MAX_CODE]
    if "\\" in joined:
        joined = joined.replace("\\/", "/").replace("\\u002F", "/")
    opening = page.clicks[:MAX_RESOURCES]
    opening += [url for url, _ in _links(page)]
    return _Parts(joined, resources[:MAX_RESOURCES], opening)


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
                address = script.src if name == "src" and script.src else value
                resources.append((_unmirrored(address), "embedded"))
    if not code or "ld+json" in script.type:
        return ""
    if "template" in script.type and (blocked := _blocked_code(script)):
        return blocked
    if _DATA_TYPES.search(script.type) or (len(code) > _STATE_CHARS and _STATE.match(code)):
        resources.extend((url, "likely") for url in _SRC_IN_DATA.findall(code))
        return ""
    return code


def _unmirrored(address: str) -> str:
    """An address without the port that HTTrack writes into the folder of a host."""
    return address.replace("_443/", "/", 1) if "_443/" in address else address


_CONSENT = re.compile(r"cookie|consent|blocker", re.I)
_PACKED = re.compile(r"\s*P[A-Za-z0-9+/]{39,}={0,2}\s*")  # base64 of what begins with "<"


def _blocked_code(script: Script) -> str:
    """What a template keeps back until consent: plain code, or markup packed in base64."""
    if _PACKED.fullmatch(script.text[:MAX_CODE]):
        return _unpacked(script.text)
    return script.text if any(_CONSENT.search(name) for name in script.attributes) else ""


def _data_url_code(url: str) -> str:
    """Inline code that an optimizer hid in a data: address."""
    head, _, body = url.partition(",")
    return _unpacked(body) if head.endswith("base64") else unquote(body)


def _unpacked(text: str) -> str:
    try:
        return base64.b64decode(text[:MAX_CODE]).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _read_loaded(tag: str, attributes: dict[str, str | None], resources: list[_Resource]) -> None:
    """The addresses that an element loads something from; a link only style sheets and scripts."""
    use = attributes.get("as")
    if tag == "link" and attributes.get("rel") != "stylesheet" and use != "script":
        return
    grade: Evidence = "likely" if use else "embedded"
    for name, value in attributes.items():
        if value and (name[-3:] == "src" or name in _LOADING) and value[:5] != "data:":
            resources.append((value, grade))


_LOADING = ("href", "data")


def _dom_names(page: ParsedPage) -> str:
    """Ids, classes and custom elements, and ids of scripts."""
    elements = [tag for tag in page.elements if "-" in tag]
    return " ".join([*page.names, *elements, _script_ids(page)])


# ---------------------------------------------------------------- code and addresses

_QUOTES = frozenset("\"'`")
_LINE_COMMENT = re.compile(r"(?:^|[\s;{}(),])//")
# Set as a source, or given to a loader together with the document.
_SETS_SRC = re.compile(
    r"(?:(?:src|href|url)[\"'\]]*\s*[=:,]|\bdocument\s*,)\s*[\"'`]\s*(?:https?:)?(?://)?$", re.I
)
_ASKED = re.compile(r"typeof\s*\(?[\w.]*$|(?:if\s*\(|&&|\|\|)\s*!?\s*(?:window\.)?$")
_HOST_GOES_ON = re.compile(r"\.[a-z]{2,6}(?:\.[a-z]{2})?(?=[/\"'`:?\s]|$)")
_ASSIGNED = re.compile(r"[\w$\]]\s*=\s*[\"'`](?:(?:https?:)?//)?$")
# `BX.LiveChatWidget` is not the global `LiveChatWidget`; `window.x` and a minifier's `w.x` are.
_OF_OTHER = re.compile(r"(?<![\w$])(?!window|self|globalThis|parent|top)[\w$]{2,}\.$")
_JSON_KEY = re.compile(r"[\"']([\w-]+)[\"']\s*:\s*[\"'](?:https?:)?(?://)?[\w.-]*$")
_LOADER_KEY = re.compile(r"src$|script|loader|^url$", re.I)


def _code_hits(candidates: list[Candidate], code: str, own: str) -> Iterator[Hit]:
    proven: set[str] = set()
    for mark, found in candidates:
        if mark.vendor.slug in proven:
            continue
        proof = _in_code(mark, found, code, own)
        if proof is not None:
            if mark.grade == "embedded":
                proven.add(mark.vendor.slug)
            yield Hit(mark.vendor, mark.grade, proof)


def _resource_hits(
    candidates: list[Candidate], resources: list[_Resource], own: str
) -> Iterator[Hit]:
    for mark, _ in candidates:
        for url, most in resources:
            if in_address(mark, url) and not _is_shown(mark, url, own):
                grade = max(mark.grade, most, key=RANK.__getitem__)
                yield Hit(mark.vendor, grade, url[:MAX_PROOF])
                break


# A path tells what serves the picture: of another site's picture that is the other site's system.
_BORROWED = re.compile(
    r"(?:https?:)?//([^/?#]+)/[^?#]*\.(?:jpe?g|png|gif|webp|avif|svg|ico|mp4|webm|pdf)(?:[?#]|$)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s\"'`()<>]*")


def _is_shown(mark: Mark, url: str, own: str) -> bool:
    """Whether an address is only a picture, of another site or of the vendor's public pages.

    On the vendor's own site its bare domain tells nothing either.
    """
    if mark.where == "paths":
        return _is_borrowed(url, own)
    if mark.literal == own:
        return True
    picture = _BORROWED.match(url)
    return picture is not None and picture[1].lower().removeprefix("www.") == mark.literal


def _is_borrowed(url: str, own: str) -> bool:
    """Whether it is a picture or film of another site; of a page without address nothing is."""
    match = _BORROWED.match(url)
    if not own or match is None:
        return False
    return registrable_domain(match[1].partition(":")[0]) != own


def _address_at(code: str, at: int) -> str:
    """The whole address in code that `at` is a place in."""
    start = max(code.rfind(quote, max(0, at - 300), at) for quote in "\"'`(") + 1
    match = _ADDRESS.match(code, start, at + 300)
    return match[0] if match and start else ""


def _dom_hits(candidates: list[Candidate], page: ParsedPage, names: str) -> Iterator[Hit]:
    scripts = f" {_script_ids(page)} "
    for mark, found in candidates:
        if not _is_name(mark, names, found):
            continue
        is_script = mark.literal[0] == "#" and f" {mark.literal[1:]} " in scripts
        if is_script or page.tree.css_first(selector(mark.literal)):
            yield Hit(mark.vendor, mark.grade, mark.literal)


def _script_ids(page: ParsedPage) -> str:
    """Ids of scripts, which the tree has no more; vendors name their loaders so."""
    return " ".join(script.attributes.get("id") or "" for script in page.scripts)


def _is_name(mark: Mark, names: str, found: list[int]) -> bool:
    """Whether a whole name stands at one of the places, or the start of one for a mark with `*`."""
    return any(
        names.startswith(mark.start, at)
        and (at == 0 or names[at - 1].isspace())
        and (mark.literal[-1] == "*" or not names[(end := at + len(mark.start)) : end + 1].strip())
        for at in found
    )


def _in_code(mark: Mark, found: list[int], code: str, own: str) -> str | None:
    """The stretch of code that carries the mark, or None."""
    if mark.where == "paths" and mark.literal.isalnum():
        return None  # a mere word is a path only in an address that is loaded
    for at in found:
        end = at + len(mark.start)
        if mark.rest and any(p not in code[end : end + 200].lower() for p in mark.rest):
            continue
        if mark.where == "inline" and not (
            code.startswith(mark.literal, at) and _is_used(code, at, end)
        ):
            continue
        if mark.where == "hosts" and not _loads_from(code, at, mark.start):
            continue
        if mark.where == "paths" and _is_borrowed(_address_at(code, at), own):
            continue
        if not _is_commented(code, at):
            return _excerpt(code, at, end)
    return None


def _is_used(code: str, at: int, end: int) -> bool:
    """Whether a name is set or called: not only asked for, and not one text in a list.

    Plugins ask `typeof Tawk_API` for a chat that may be there; error trackers list names to ignore.
    """
    if not code[at:end].replace(".", "").replace("$", "").isidentifier():
        return True
    if _HOST_GOES_ON.match(code, end) or _OF_OTHER.search(code, max(0, at - 40), at):
        return False
    if _ASKED.search(code, max(0, at - 30), at) and code[end : end + 2].lstrip()[:1] in (
        ")",
        "&",
        "=",
        "!",
    ):
        return False
    if at and code[at - 1] in _QUOTES and code[end : end + 1] == code[at - 1]:
        if "." in code[at:end] and code[end + 1 : end + 4].lstrip()[:1] == ":":
            return True  # the name of an event that is sent: {"gtm.start": now}
        of_window = code[at - 2 : at - 1] == "[" and code[at - 3 : at - 2] in NAME_CHARS
        return of_window or bool(_ASSIGNED.search(code, max(0, at - 20), at))
    if code[end : end + 3].lstrip()[:1] == "=":
        return True
    guarded = code[max(0, at - 150) : at]
    name = code[at:end].removeprefix("window.")
    asked = code.startswith("?.", end) or code[end : end + 4].lstrip().startswith("&&")
    if asked or f"{name} && " in guarded or f"{name}&&" in guarded:
        return False
    return not any(ask + name in guarded for ask in _GUARDS)


_GUARDS = ("typeof ", "typeof window.", "if(window.", "if (window.")


def _loads_from(code: str, at: int, literal: str) -> bool:
    """Whether a host in code is part of an address with a path, or is set as a source."""
    start = at
    while start and (code[start - 1] in NAME_CHARS or code[start - 1] in ".-"):
        start -= 1
    if start != at and code[at - 1] != ".":
        return False
    if code[start - 1 : start] not in ("/", '"', "'", "`"):
        return False
    key = _JSON_KEY.search(code, max(0, start - 60), start)
    if key and not _LOADER_KEY.search(key[1]):
        return False
    if "/" in literal:
        return True
    end = at + len(literal)
    after = code[end : end + 1]
    if after in ("/", ":", "?") and code[end + 1 : end + 2] not in _QUOTES | {" ", ""}:
        return True
    if after == "/":
        end += 1
    if code[end : end + 1] not in _QUOTES:
        return False
    joined = code[end + 1 : end + 6].lstrip()[:1] == "+"
    before = (code, max(0, start - 40), start)
    return joined or bool(_SETS_SRC.search(*before) or _ASSIGNED.search(*before))


def _is_commented(code: str, at: int) -> bool:
    """Whether a place in code lies in a comment, judged by its line and the last block comment."""
    line = code[max(code.rfind("\n", 0, at) + 1, at - 400) : at]
    for found in _LINE_COMMENT.finditer(line):
        before = line[: found.end()]
        if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            return True
    opened = code.rfind("/*", 0, at)
    for _ in range(MAX_GLOBS):  # `image/*` and `*/*` open no comment
        if opened <= 0 or not (code[opened - 1].isalnum() or code[opened - 1] in "*\"'"):
            break
        opened = code.rfind("/*", 0, opened)
    return opened >= 0 and code.find("*/", opened + 2, at) < 0


def _excerpt(text: str, at: int, end: int) -> str:
    return " ".join(text[max(0, at - 30) : end + 50].split())[:MAX_PROOF]


# ---------------------------------------------------------------- links

_FLOATS = re.compile(r"float|fixed|sticky", re.I)
_FIXED_STYLE = re.compile(r"position\s*:\s*(?:fixed|sticky)", re.I)
# Chat links with the address of a person or a page; a share link has none.
_TALKS_TO = re.compile(
    r"wa\.me/(?:message/|qr/)?\+?\w|wa\.link/\w|[?&]phone=\+?\d|m\.me/\w|t\.me/\w|line\.me/\w|lin\.ee/\w"
    r"|zalo\.me/\w|[?&]uin=\d|viber|vk\.me/\w|tg://resolve\?domain=|ig\.me/m/|kakao\.com/\w",
    re.I,
)
_SHARES = re.compile(r"/share\b|/send/?\?text=", re.I)
MAX_STYLE_CHARS = 300


def _link_hits(candidates: list[Candidate], page: ParsedPage, opening: list[str]) -> Iterator[Hit]:
    """Chat windows that a click opens, floating messenger buttons, and mere mentions."""
    for mark, _ in candidates:
        if mark.where == "popups":
            proof = next((address for address in opening if _opens_chat(mark, address)), None)
            if proof is not None:
                yield Hit(mark.vendor, mark.grade, proof[:MAX_PROOF])
        else:
            yield from _mentions(page, mark)


_FRONT = re.compile(r"https?://(?:www\.)?([^/?#]+)([^?#\d]*)$", re.I)


def _opens_chat(mark: Mark, address: str) -> bool:
    """Whether an address opens a window of the vendor, and is no page about the vendor.

    On the bare domain a window has the number of an account or a query.
    """
    if not in_address(mark, address):
        return False
    front = _FRONT.match(address)
    return front is None or front[1].lower() != mark.literal.rstrip("/")


_CHAT_SCHEMES = ("viber://", "tg://", "whatsapp://")


def _links(page: ParsedPage) -> Iterator[tuple[str, LexborNode]]:
    """Links to pages and those that open the program of a messenger."""
    for anchor in page.anchors[:MAX_RESOURCES]:
        yield anchor.url, anchor.node
    for href, node in page.schemed_links[:MAX_RESOURCES]:
        if href.startswith(_CHAT_SCHEMES):
            yield href, node


def _mentions(page: ParsedPage, mark: Mark) -> Iterator[Hit]:
    """The first link of a mark; a floating one to somebody's messenger is a sign of a button."""
    start = mark.literal.partition("*")[0]
    named = [
        (url, node)
        for url, node in _links(page)
        if start in url.lower() and in_address(mark, url) and not _SHARES.search(url)
    ]
    for url, node in named[:MAX_FLOATING] if mark.vendor.kind == "messenger" else ():
        if _TALKS_TO.search(url) and _is_floating(page, node):
            yield Hit(mark.vendor, "likely", url[:MAX_PROOF])
            return
    if named:
        yield Hit(mark.vendor, "mentioned", named[0][0][:MAX_PROOF])


def _is_floating(page: ParsedPage, node: LexborNode) -> bool:
    """Whether a link stays on the screen while the page scrolls, by its style, class or sheet."""
    part: LexborNode | None = node
    for _ in range(3):
        if part is None or part.tag in ("body", "header", "nav", "footer"):
            return False
        attributes = part.attributes
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        if _FIXED_STYLE.search(attributes.get("style") or "") or _FLOATS.search(names):
            return True
        if any(_sheet_fixes(page.html, name) for name in names.split()):
            return True
        part = part.parent
    return False


def _sheet_fixes(html: str, name: str) -> bool:
    """Whether a style sheet in the page fixes the class or id of this name."""
    for at in places(html, name):
        if html[at - 1] in ".#":
            rule = html[at : at + MAX_STYLE_CHARS].partition("}")[0]
            if _FIXED_STYLE.search(rule.partition("{")[2]):
                return True
    return False


# ---------------------------------------------------------------- chats of nobody

_OWN_NAME = r"\b(?:chat-?_?bot|chat-?_?widget|chat-?_?popup|live-?_?chat)[-_]?(?:__)?"
_PART = (
    r"(close|minimi[sz]e|toggle|toggler|launcher|open|input|send|messages?|msgs?|body|header|window|"
    r"container|dialog|panel|box|label|icon|btn|button|fab|bubble|trigger)"
)
_OWN_PART = re.compile(_OWN_NAME + _PART, re.I)
# On a page that a browser built, a part named just "chat" is enough: what is there, runs.
_BUILT_PART = re.compile(_OWN_NAME.replace("live-?_?chat", "live-?_?chat|chat") + _PART, re.I)
_WIDGET = re.compile(r"\bchat-?_?(?:bot|widget)", re.I)
_OPENING = re.compile(r"\b(?:close|open|toggle|minimi[sz]e)[-_]?(?:live[-_]?)?chat", re.I)
_OPENERS = frozenset("close minimize minimise toggle toggler launcher open".split())
# A mere button may open another's chat; with the lines of a talk beside it, it opens this one.
_BUTTONS = frozenset("btn button fab bubble trigger icon".split())
_TALK = frozenset("input send message messages msg msgs body window".split())
_INNER = _TALK | frozenset("header container dialog panel box".split())


def own_chat(page: ParsedPage, *, is_rendered: bool = False) -> list[ChatWidget]:
    """A chat that the company made itself: the page has its opener and its inner parts."""
    names = " ".join(_names(page))
    part = _BUILT_PART if is_rendered or _WIDGET.search(names) else _OWN_PART
    found = {match[1].lower(): match[0] for match in part.finditer(names)}
    has_opener = bool(found.keys() & _OPENERS or _OPENING.search(names))
    if (has_opener and found.keys() & _INNER) or (found.keys() & _BUTTONS and found.keys() & _TALK):
        return [
            ChatWidget("custom", "bot", "likely", ", ".join(sorted(found.values()))[:MAX_PROOF])
        ]
    return []


# A file named after the widget alone: a plugin's `chat.js` may be anything.
_CHAT_FILE = re.compile(
    r"/[\w.]*-?(?:chat-?bot|chat-?widget|live-?chat-widget|chat-?bot-widget)(?:[.-](?:min|v?\d[\d.]*))*\.js$",
    re.I,
)
# Of another site also a loader on a host that is named for chats.
_CHAT_HOST = re.compile(
    r"//(?:[\w-]+\.)?(?:live-?chat|web-?chat|chat-?bot|chat-?widget|chat)\.[\w.-]+\.\w+/(?:[\w.-]+/)*"
    r"(?:widget|loader|embed|index|bundle|main|init|sdk|launcher|chat)[\w.-]*\.js$",
    re.I,
)
_SET_SRC = re.compile(r"""src\s*=\s*["'`]((?:https?:)?//[^"'`\s]{8,200})""")
# Where anybody may put files: the domain does not name who made the chat.
_STORES = frozenset(
    "jsdelivr.net unpkg.com cdnjs.com cloudflare.com cloudfront.net amazonaws.com googleapis.com"
    " gstatic.com windows.net azureedge.net azurewebsites.net digitaloceanspaces.com b-cdn.net"
    " github.io githubusercontent.com herokuapp.com vercel.app netlify.app onrender.com shopify.com"
    " wp.com squarespace.com wixstatic.com".split()
)


def _named_script(page: ParsedPage) -> list[ChatWidget]:
    """A script named for a chat widget: the site's own, or of a vendor that has no row.

    A vendor without a row goes by the name in its domain.
    """
    own = registrable_domain(urlsplit(page.url).hostname or "")
    for script in page.scripts:
        inline = _SET_SRC.findall(script.text) if "chat" in script.text else ()
        addresses = [script.src or "", *inline]
        for address in addresses:
            path = address.partition("?")[0]
            if "chat" in path.lower() and (maker := _maker(path, own)):
                return [ChatWidget(maker, "bot", "likely", path[:MAX_PROOF])]
    return []


def _named_app(apps: list[App]) -> list[ChatWidget]:
    """An app of a Shopify shop that is named for a chat, by the first word of its slug."""
    for app in apps:
        if app.vendor is None and app.is_chat:
            return [ChatWidget(app.slug.partition("-")[0], "bot", "likely", app.slug)]
    return []


def _maker(path: str, own: str) -> str | None:
    """Whose chat a script is by its address; None when the address names no chat."""
    is_file = bool(_CHAT_FILE.search(path))
    if not is_file and not _CHAT_HOST.search(path):
        return None
    domain = registrable_domain(urlsplit(path).hostname or "")
    if domain == own or domain in _STORES:
        return "custom" if is_file else None
    return domain.partition(".")[0] or None


def _names(page: ParsedPage) -> list[str]:
    nodes = page.tree.css('[class*="chat" i], [id*="chat" i]')
    return [n.attributes.get(a) or "" for n in nodes for a in ("class", "id")]


# ---------------------------------------------------------------- for the browser

_SHELL_TEXT = 200  # characters of visible text below which a page waits for its scripts
_SHELL_ROOTS = "#root, #app, #__next, #__nuxt, app-root, #___gatsby"
_LAZY = re.compile(
    r"requestidlecallback|data-rocket-src|rocketlazyloadscript|type=[\"']?litespeed/javascript"
    r"|data-litespeed-src|type=[\"']?text/delayscript|flying-?scripts?|delayed-?scripts?"
)


def chat_question_open(page: ParsedPage) -> str | None:
    """Why a browser could still find a chat: `tag-manager`, `app-shell`, `consent`, `lazy-loader`.

    None when a chat is already seen, and when nothing on the page could load one.
    """
    chats, systems = extract_technologies(page)
    if any(chat.evidence == "embedded" for chat in chats):
        return None
    if any(s.category == "tag_manager" and s.evidence != "mentioned" for s in systems):
        return "tag-manager"
    if page.scripts and len(page.text) < _SHELL_TEXT:
        return "app-shell"
    if page.tree.css_first(_SHELL_ROOTS) and len(page.text) < 3 * _SHELL_TEXT:
        return "app-shell"
    waiting = any("text/plain" in script.type for script in page.scripts)
    if waiting or any(s.category == "consent" and s.evidence == "embedded" for s in systems):
        return "consent"
    return "lazy-loader" if _LAZY.search(page.lowered) else None
