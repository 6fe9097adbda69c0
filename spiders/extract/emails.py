"""E-mail addresses of a page: links, text, and the usual ways of hiding them from harvesters."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crawler.domains import registrable_domain
from crawler.items import Channel
from spiders.extract.channels_links import schemed
from spiders.extract.channels_rows import row
from spiders.extract.channels_structured import businesses, texts
from spiders.extract.emails_cloaked import cloaked_addresses
from spiders.extract.policies_rows import DOT_SIGNS, at_signs, lowered, places, spoken
from spiders.extract.words import normalize, phrases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["clean_email", "find_emails", "near_strangers"]

MAX_MARKS = 2_000  # of @ or (at) on one page; a directory of people has some hundred
MAX_SCRIPT = 60_000  # characters of an inline script that may put an address together

_LOCAL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}$")
_DOMAIN = re.compile(r"[A-Za-z0-9\u00c0-\u024f-]{1,63}(?:\.[A-Za-z0-9\u00c0-\u024f-]{1,63}){1,6}")
_ADDRESS = re.compile(
    r"([a-z0-9][a-z0-9._%+'-]{0,63})@((?:[a-z0-9\u00c0-\u024f-]{1,63}\.){1,6}[a-z\u00c0-\u024f]{2,24})"
)
_NO_SPAM = re.compile(r"[._-]?(?:no-?spam|remove-?this|remove-?me|entfernen|antispam)[._-]?")
_LICENCE = re.compile(r"copyright|\(c\)|©|license", re.IGNORECASE)
_EXAMPLE = re.compile(
    r"(?:\be\.?g\.?|example|such as|z\.\s?b\.|p\. ?ej\.|par ex|es\.)[:,]?\s*\S{0,2}$"
)
_HEX = re.compile(r"[0-9a-f-]{20,}")


def find_emails(page: ParsedPage) -> list[Channel]:
    """Each address of the page once, lower case; no placeholders, mock text, file names.

    In a notice of privacy, and wherever many other firms are listed, only the own addresses count.
    """
    found, strangers = _sorted_out(page)
    return [channel for value, channel in found.items() if value not in strangers]


def near_strangers(page: ParsedPage, start: int, end: int) -> bool:
    """Whether the nearest address in the page's text, within a line or two, is another firm's."""
    found, strangers = _sorted_out(page)
    if not strangers:
        return False
    text = lowered(page.text)
    left, right = max(0, start - _LINES), end + _LINES
    gaps = [
        (max(start - at - len(value), at - end), value)
        for value in found
        if (at := text.find(value, left, right)) >= 0
    ]
    return bool(gaps) and min(gaps)[1] in strangers


_LINES = 140  # characters
MAX_STRANGERS = 4  # foreign domains of one page; with more it is a list of other firms


@lru_cache(maxsize=2)
def _sorted_out(page: ParsedPage) -> tuple[dict[str, Channel], frozenset[str]]:
    """All addresses of the page, and those of other firms if it lists them beside the own."""
    found: dict[str, Channel] = {}
    for raw, excerpt in _candidates(page):
        if raw and (value := clean_email(raw, page.url)):
            found.setdefault(value, Channel("email", value, excerpt=excerpt))
    strangers = {value for value, channel in found.items() if _is_strange(channel, page.url)}
    domains = {value.partition("@")[2] for value in strangers}
    if not strangers or len(strangers) == len(found):
        return found, frozenset()
    if len(domains) <= MAX_STRANGERS and not _is_privacy_notice(page):
        return found, frozenset()
    return found, frozenset(strangers)


def _is_privacy_notice(page: ParsedPage) -> bool:
    """Whether address or title say so: such pages name processors and authorities."""
    path = unquote(urlsplit(page.url).path).translate(_PATH_MARKS)
    said = f" {normalize(path)} {normalize(page.title)} "
    return any(phrase in said for phrase in _privacy_phrases())


@cache
def _privacy_phrases() -> tuple[str, ...]:
    """As whole words, with and without accents, since addresses have none."""
    return tuple(f" {form} " for form, (key, _) in phrases().items() if key == "privacy")


_PATH_MARKS = str.maketrans("/-_.", "    ")


def _is_strange(channel: Channel, url: str) -> bool:
    """Whether an address is neither of the page's domain or brand, nor at a mail provider."""
    domain = channel.value.partition("@")[2]
    own = registrable_domain(url) if url else ""
    brand = own.partition(".")[0]
    if not own or domain == own or domain.endswith("." + own) or channel.excerpt == _STATED:
        return False
    if len(brand) > 3 and brand in domain:
        return False
    return domain not in row("placeholders", "free_mail")


_STATED = "[structured data]"


def clean_email(raw: str, page_url: str = "") -> str | None:
    """A normalized address; None for what is none or stands for any address.

    >>> clean_email("Info@Shop-Test.De"), clean_email("john@example.com"), clean_email("x@2x.png")
    ('info@shop-test.de', None, None)
    """
    text = raw.strip().strip(".,;:<>()[]{}\"'").lower()
    if "spam" in text or "remove" in text or "entfernen" in text:
        text = _NO_SPAM.sub("", text)
    match = _ADDRESS.fullmatch(text)
    if not match or ".." in text or match[2].endswith("-"):
        return None
    local, domain = match[1].rstrip(".'"), match[2]
    own = registrable_domain(page_url) if page_url else ""
    if _stands_for_any(local, domain, own):
        return None
    return f"{local}@{domain}"


def _stands_for_any(local: str, domain: str, own: str) -> bool:
    labels = domain.split(".")
    is_own = bool(own) and (domain == own or domain.endswith("." + own))
    if labels[-1] in row("placeholders", "files") or _HEX.fullmatch(local):
        return True
    if local in row("placeholders", "readers") and not (is_own and local in _OWN_MAILBOXES):
        return True
    if is_own:
        return False
    if ".".join(labels[-2:]) in row("placeholders", "domains") or labels[-1] == "example":
        return True
    if domain in row("placeholders", "domains") or labels[0].startswith(("your", "example")):
        return True
    if local == labels[-2] and local in row("placeholders", "mailboxes"):
        return True
    return domain in row("placeholders", "free_mail") and local in row("placeholders", "mock_names")


_OWN_MAILBOXES = ("email", "e-mail", "user", "name")


def _candidates(page: ParsedPage) -> Iterator[tuple[str, str]]:
    yield from _linked(page)
    yield from _protected(page)
    yield from _visible(page)
    yield from _spelled(page)
    yield from _scripted(page)
    for address in cloaked_addresses(page):
        yield address, "[protected address]"


def _linked(page: ParsedPage) -> Iterator[tuple[str, str]]:
    for rest, node in schemed(page).get("mailto", ()):
        to, _, query = unquote(rest).partition("?")
        text = " ".join(node.text().split())[:80]
        for address in re.split(r"[,;]", to)[:10]:
            yield _plain(address), text
        if "to=" in query:
            yield _plain(query.partition("to=")[2].partition("&")[0]), text
    for href, node in schemed(page).get("", ()):
        yield href, " ".join(node.text().split())[:80]
    for business in businesses(page):
        for address in texts(business, "email"):
            yield address.removeprefix("mailto:"), _STATED


def _plain(text: str) -> str:
    """`a at b dot c` and `Name <a@b.c>` as a plain address, as far as one is there."""
    text = text.strip()
    if "<" in text and ">" in text:
        text = text.partition("<")[2].partition(">")[0]
    if "@" in text or len(text) > 200:
        return text
    return next(_spelled_in(text), ("", ""))[0]


# --- visible text ------------------------------------------------------------------------------


def _visible(page: ParsedPage) -> Iterator[tuple[str, str]]:
    text = page.text.replace("＠", "@") if "＠" in page.text else page.text
    at = text.find("@")
    if at < 0:
        return
    quoted = is_turned = None
    for _ in range(MAX_MARKS):
        raw = _at(text, at, page)
        if raw and not _is_mock(text, at, raw, page.url):
            quoted = _quoted(page) if quoted is None else quoted
            if raw not in quoted:
                yield raw, _around(text, at)
        elif not raw and clean_email(turned := _turned(text, at)):
            is_turned = _is_turned(page) if is_turned is None else is_turned
            if is_turned:
                yield turned, _around(text, at)
        at = text.find("@", at + 1)
        if at < 0:
            return


def _at(text: str, at: int, page: ParsedPage) -> str:
    """The address around one @; parts may be one space away when markup splits them."""
    before, after = text[max(0, at - 66) : at], text[at + 1 : at + 130]
    spaced = before[-1:] == " " or after[:1] == " "
    if spaced:
        before, after = before.rstrip(" "), after.lstrip(" ")
    local, domain = _LOCAL.search(before), _DOMAIN.match(after)
    if not local or not domain:
        return ""
    raw = f"{local[0]}@{_sentence_cut(domain[0])}"
    written = text[max(0, at - 4) : at + 5]
    return raw if not spaced or _may_be_spaced(local[0], domain[0], written, page) else ""


def _may_be_spaced(local: str, domain: str, written: str, page: ParsedPage) -> bool:
    """Whether the space is only the place of a tag (`info<b>@</b>shop.de`), or the address ours."""
    if written not in page.html:
        return True
    own = registrable_domain(page.url)
    return domain.lower().endswith(own) or local.lower() in row("placeholders", "mailboxes")


def _sentence_cut(domain: str) -> str:
    """Without the next sentence or word: `shop.de.Wir` and `shop.dePhone` are shop.de."""
    labels = domain.rstrip(".-").split(".")
    while len(labels) > 2 and labels[-1][:1].isupper() and labels[-2].islower():
        labels.pop()
    if run_on := _RUN_ON.match(labels[-1]):
        labels[-1] = run_on[0]
    return ".".join(labels)


_RUN_ON = re.compile(r"[a-z]{2,}(?=[A-Z][a-z])")


def _is_turned(page: ParsedPage) -> bool:
    """Whether a style shows text from right to left on a page in a left-to-right script."""
    return any(sign in page.source for sign in _TURNS)


_TURNS = (b"bidi-override", b"direction:rtl", b"direction: rtl")


def _turned(text: str, at: int) -> str:
    before, after = text[max(0, at - 130) : at], text[at + 1 : at + 66]
    return after.split(" ")[0][::-1] + "@" + before.rsplit(" ", 1)[-1][::-1]


def _is_mock(text: str, at: int, raw: str, url: str) -> bool:
    """Whether a licence notice or the words for an example stand before the address."""
    start = at - raw.find("@")
    before = text[max(0, start - 70) : start]
    if _LICENCE.search(before) and "<" in before[-2:]:
        return True
    own = registrable_domain(url) if url else ""
    return bool(_EXAMPLE.search(before[-24:].lower())) and not (own and raw.lower().endswith(own))


def _quoted(page: ParsedPage) -> str:
    """Text of code samples: what only stands there is nobody's address."""
    nodes = page.tree.css("pre, code, samp, kbd")[:200]
    return " ".join(node.text() for node in nodes if "@" in node.text())


def _around(text: str, at: int) -> str:
    return text[max(0, at - 60) : at + 60].strip()


# --- spelled out -------------------------------------------------------------------------------


@cache
def _at_mark() -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, row("obfuscation", "at")), key=len, reverse=True))
    return re.compile(rf"[\[({{<]\s?(?:{words})\s?[\])}}>]")


@cache
def _dot_mark() -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, row("obfuscation", "dot")), key=len, reverse=True))
    return re.compile(rf"\s?[\[({{<]\s?(?:{words})\s?[\])}}>]\s?|\s(?:{words})\s", re.IGNORECASE)


def _spelled(page: ParsedPage) -> Iterator[tuple[str, str]]:
    known = places(page.text, spoken(page.text, page.language)[0])
    lower = lowered(page.text)
    marks = (at for sign in at_signs() for at in known.get(sign, ()))
    if any(sign in known for sign in DOT_SIGNS) or any(_at_mark().match(lower, at) for at in marks):
        yield from _spelled_in(page.text)
    elif any(bracket in page.text for bracket in _WIDE_BRACKETS):
        yield from _spelled_in(page.text.translate(_NARROW))


_WIDE_BRACKETS = "［］（）【】"
_NARROW = str.maketrans(_WIDE_BRACKETS, "[]()[]")


def _spelled_in(text: str) -> Iterator[tuple[str, str]]:
    """`info [at] shop [dot] de`, `info(at)shop.de`, `info at shop dot de`."""
    for n, mark in enumerate(_at_mark().finditer(lowered(text))):
        if n >= MAX_MARKS:
            return
        yield _joined(text, mark.start(), mark.end())
    lower = lowered(text)
    at = lower.find(" at ")
    for _ in range(MAX_MARKS):
        if at < 0:
            return
        if _names_dot(lower[at + 4 : at + 84]):
            yield _joined(text, at, at + 4)
        at = lower.find(" at ", at + 1)


def _names_dot(after: str) -> bool:
    first, _, rest = after.partition(" ")
    return "." not in first and rest.lower().startswith(("dot ", "[dot]", "(dot)", "punkt "))


def _joined(text: str, start: int, end: int) -> tuple[str, str]:
    local = _LOCAL.search(text[max(0, start - 66) : start].rstrip(" "))
    domain = _sentence_cut(".".join(_dotted(text[end : end + 120].lstrip(" "))))
    if not local or "." not in domain:
        return "", ""
    return f"{local[0]}@{domain}", _around(text, start)


_LABEL = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,3}")


def _dotted(after: str) -> list[str]:
    parts: list[str] = []
    while len(parts) < 5 and (label := _LABEL.match(after)):
        parts.append(label[0])
        after = after[label.end() :]
        mark = _dot_mark().match(after)
        if not mark:
            break
        after = after[mark.end() :]
    return parts


# --- protected by scripts ----------------------------------------------------------------------


def _protected(page: ParsedPage) -> Iterator[tuple[str, str]]:
    nodes = [node for _, node in schemed(page).get("data", ())]
    if "[email" in page.text:
        nodes += page.tree.css("[data-cfemail]")
    if any(anchor.url.endswith("/email-protection") for anchor in page.anchors):
        nodes += page.tree.css('a[href*="email-protection#"]')
    nodes += [node for _, node in schemed(page).get("javascript", ())]
    for node in nodes[:MAX_MARKS]:
        yield _decoded(node), "[protected address]"


def _decoded(node: LexborNode) -> str:
    marks = node.attributes
    href = marks.get("href") or ""
    if code := marks.get("data-cfemail"):
        return _cloudflare(code)
    if "email-protection#" in href:
        return _cloudflare(href.partition("#")[2])
    if token := marks.get("data-mailto-token"):
        return _shifted(token)
    if code := marks.get("data-enc-email"):
        return _plain(_rot13(code))
    if domain := marks.get("data-domain"):
        tld = marks.get("data-tld")
        user = marks.get("data-user") or marks.get("data-name") or ""
        return f"{user}@{domain}" + (f".{tld}" if tld else "")
    if quoted := re.search(r"rypt\w{0,20}\(\s*['\"]([^'\"]{5,200})['\"]", unquote(href)):
        return _shifted(quoted[1])
    return _concatenated(unquote(href)) if "@" in href or "%40" in href else ""


def _cloudflare(code: str) -> str:
    """Cloudflare's form: hex bytes, each XORed with the first.

    >>> _cloudflare("2b42454d446b4a05484446")
    'info@a.com'
    """
    try:
        key, *rest = bytes.fromhex(code.strip()[:400])
    except ValueError:
        return ""
    return bytes(byte ^ key for byte in rest).decode("utf-8", "replace").partition("?")[0]


def _shifted(code: str) -> str:
    """TYPO3's form: each character moved within its range by an offset that we try out.

    >>> _shifted("nbjmup+jogpAtipq/ef")
    'info@shop.de'
    """
    for offset in range(-26, 27):
        if _moved(code[:7], offset) == "mailto:":
            return _moved(code[7:200], offset).partition("?")[0]
    return ""


def _moved(code: str, offset: int) -> str:
    moved = []
    for char in code:
        for low, high in ((0x2B, 0x3A), (0x40, 0x5A), (0x61, 0x7A)):
            if low <= ord(char) <= high:
                char = chr(low + (ord(char) - low + offset) % (high - low + 1))
                break
        moved.append(char)
    return "".join(moved)


def _rot13(text: str) -> str:
    lower, upper = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    turned = lower[13:] + lower[:13] + upper[13:] + upper[:13]
    return text.translate(str.maketrans(lower + upper, turned))


_SPLIT = re.compile(r"""["'](?:@|%40|&#64;|\\x40|\\u0040)["']""")
_ROT13 = re.compile(r"charCodeAt\(0\)\s*[+-]\s*13\b|[+-]\s*26\b")
_AT_ALONE = ('"@"', "'@'", '"%40"', "'%40'", "&#64;", "x40")
_LEFT = re.compile(
    r"""(?:["'](?:[\w:]{0,20}:)?([\w.+-]{1,64})["']|([A-Za-z_$][\w$]{0,40}))\s{0,4}\+\s{0,4}$"""
)
_RIGHT = re.compile(r"""\s{0,4}\+\s{0,4}(?:["']([\w.-]{1,100})["']|([A-Za-z_$][\w$]{0,40}))""")
_GLUE = re.compile(r"""["']\s{0,4}\+\s{0,4}["']""")


def _scripted(page: ParsedPage) -> Iterator[tuple[str, str]]:
    for script in page.scripts:
        text = script.text
        if not text or len(text) > MAX_SCRIPT or script.type.endswith("json"):
            continue
        if "@" in text and (raw := _concatenated(text)):
            turned = "fromCharCode" in text and _ROT13.search(text)
            yield (_rot13(raw) if turned else raw), "[put together by a script]"


def _concatenated(code: str) -> str:
    """An address that code adds up: `"info" + "@" + "shop.de"`, also over variables."""
    mark = _SPLIT.search(code) if any(quoted in code for quoted in _AT_ALONE) else None
    if mark:
        left = _LEFT.search(code[max(0, mark.start() - 120) : mark.start()])
        right = _RIGHT.match(code[mark.end() : mark.end() + 120])
        if not left or not right:
            return ""
        domain = right[1] or _value(code, right[2])
        rest = code[mark.end() + right.end() : mark.end() + right.end() + 60]
        while domain and (more := _RIGHT.match(rest)) and more[1]:
            domain, rest = domain + more[1], rest[more.end() :]
        return f"{left[1] or _value(code, left[2])}@{domain}"
    if "mailto" in code or "document.write" in code:
        whole = _GLUE.sub("", code) if code.count("+") < 200 else code
        return _written(whole)
    return ""


def _written(code: str) -> str:
    """The address behind `mailto:` or in a document.write."""
    start = code.find("mailto:")
    start = start + 7 if start >= 0 else code.find("document.write")
    at = code.find("@", start, start + 200)
    if at < 0:
        return ""
    local, domain = _LOCAL.search(code[max(start, at - 66) : at]), _DOMAIN.match(code, at + 1)
    return f"{local[0]}@{domain[0]}" if local and domain else ""


def _value(code: str, name: str) -> str:
    found = re.search(
        r"(?<![\w$])" + re.escape(name) + r"""\s{0,4}=\s{0,4}["']([\w.+-]{1,100})["']""", code
    )
    return found[1] if found else ""
