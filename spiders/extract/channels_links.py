"""Messengers, social profiles of the brand and languages offered, all read from links."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from crawler.domains import registrable_domain
from crawler.items import Channel
from spiders.extract.channels_rows import mapping, row
from spiders.extract.channels_structured import businesses
from spiders.extract.policies_rows import lowered

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import Anchor, ParsedPage

__all__ = ["find_languages", "find_messengers", "find_profiles", "leaving", "schemed"]

MAX_LINKS = 5_000  # of one page
_HIDING = ("data-mailto-token", "data-enc-email", "data-domain")
_CHATS = "whatsapp viber tg sms weixin line skype fb-messenger".split()
_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?")


def host(url: str) -> str:
    """Host of an absolute URL without `www.` and port, by cutting alone.

    >>> host("https://www.wa.me:443/49301234")
    'wa.me'
    """
    return url.split("/", 3)[2].lower().partition(":")[0].removeprefix("www.")


@lru_cache(maxsize=2)
def schemed(page: ParsedPage) -> dict[str, list[tuple[str, LexborNode]]]:
    """Links by scheme, each what follows the colon as written, with its element.

    A number or address without scheme (`href="+49 30 1"`, `href="a@b.c"`) is under "", a link
    that hides an address in data attributes under "data".
    """
    found: dict[str, list[tuple[str, LexborNode]]] = {}
    for href, node in page.schemed_links[:MAX_LINKS]:
        scheme, colon, _ = href[:200].partition(":")
        if colon and "/" not in scheme:
            found.setdefault(scheme.lower(), []).append((href[len(scheme) + 1 :], node))
        elif href[:1] == "+" or "@" in href:
            found.setdefault("", []).append((href, node))
        elif len(marks := node.attributes) > 1 and not marks.keys().isdisjoint(_HIDING):
            found.setdefault("data", []).append((href, node))
    return found


# --- messengers --------------------------------------------------------------------------------


def find_messengers(page: ParsedPage) -> list[Channel]:
    """Chats a link opens with the brand; buttons that share the page are none."""
    found: dict[tuple[str, str], Channel] = {}
    hosts = mapping("messengers")
    for name, anchor in _outside(page):
        kind = hosts.get(name)
        if kind and (channel := _messenger(kind, anchor.url, anchor.text)):
            found.setdefault((channel.kind, channel.value), channel)
    for scheme in _CHATS:
        for rest, node in schemed(page).get(scheme, ()):
            text = " ".join(node.text().split())[:80]
            if channel := _by_scheme(scheme, unquote(rest), text):
                found.setdefault((channel.kind, channel.value), channel)
    return list(found.values())


def _messenger(kind: str, url: str, text: str) -> Channel | None:
    parts = urlsplit(url)
    path = parts.path.strip("/")
    name = host(url)
    if kind == "whatsapp":
        return _whatsapp(name, path, parts.query, text)
    if kind == "telegram" and (path.startswith(("share", "s/")) or not path):
        return None
    if kind == "line" and (path.startswith("R/msg") or "/share" in url or not path):
        return None
    if name == "messenger.com" and not path.startswith("t/"):
        return None
    if not path:
        return None
    detail = name.split(".")[-2] if kind == "messenger" else None
    detail = "facebook" if name in ("m.me", "messenger.com") else detail
    return Channel(kind, url, detail, text[:80])


def _whatsapp(name: str, path: str, query: str, text: str) -> Channel | None:
    """wa.me/<number> with the number as detail; groups and short links as they are."""
    given = parse_qs(query).get("phone", [""])[0] if "phone" in query else ""
    digits = re.sub(r"\D", "", given or (path if name == "wa.me" else ""))
    if 8 <= len(digits) <= 15 and not path.startswith("message"):
        return Channel("whatsapp", f"https://wa.me/{digits}", f"+{digits}", text[:80])
    if path.startswith(("message/", "channel/", "c/")) or name in ("wa.link", "chat.whatsapp.com"):
        return Channel("whatsapp", f"https://{name}/{path}", None, text[:80]) if path else None
    return None


def _by_scheme(scheme: str, rest: str, text: str) -> Channel | None:
    href = f"{scheme}:{rest}"
    query = parse_qs(rest.partition("?")[2])
    number = query.get("phone", query.get("number", [rest if scheme == "sms" else ""]))[0]
    digits = re.sub(r"\D", "", re.split(r"[?&;]", number)[0])
    if scheme == "whatsapp" and len(digits) >= 8:
        return Channel("whatsapp", f"https://wa.me/{digits}", f"+{digits}", text)
    if scheme == "sms" and len(digits) >= 5:
        plus = "+" if number.strip().startswith("+") else ""
        return Channel("sms", plus + digits, None, text)
    if scheme == "viber" and not rest.lstrip("/").startswith("forward"):
        return Channel("viber", href, f"+{digits}" if digits else None, text)
    if scheme == "tg" and "domain=" in rest:
        return Channel("telegram", f"https://t.me/{query.get('domain', [''])[0]}", None, text)
    if scheme == "weixin":
        return Channel("wechat", href, None, text)
    if scheme == "line" and "R/msg" not in rest:
        return Channel("line", href, None, text)
    if scheme == "skype" and rest:
        return Channel("messenger", f"skype:{rest.partition('?')[0]}", "skype", text)
    if scheme == "fb-messenger" and "share" not in rest:
        return Channel("messenger", href, "facebook", text)
    return None


# --- profiles ----------------------------------------------------------------------------------


def find_profiles(page: ParsedPage) -> list[Channel]:
    """The brand's own profiles: those in headers and footers, in rows of icons, or of its name.

    Share buttons, links in running text, profiles of team members and of the maker of the theme
    are left out. `sameAs` of an organization counts.
    """
    found: dict[str, Channel] = {}
    seen = [(a, p) for name, a in _outside(page) if (p := _profile(a.url, name))]
    crowd = _crowded([profile for _, profile in seen])
    name = _brand_name(page.url)
    for anchor, (network, value) in seen:
        if value not in found and _is_own(anchor, network, value, name, crowd):
            found[value] = Channel("social", value, network, anchor.text[:80])
    for network, value in _same_as(page):
        found.setdefault(value, Channel("social", value, network, "[sameAs]"))
    return list(found.values())


@lru_cache(maxsize=2)
def _outside(page: ParsedPage) -> list[tuple[str, Anchor]]:
    """Links to hosts of messengers and networks, with the host's name."""
    known = _hosts()
    return [
        (host(anchor.url), anchor)
        for name, anchor in leaving(page)
        if name in known or name.partition(".")[2] in known
    ]


@lru_cache(maxsize=2)
def leaving(page: ParsedPage) -> list[tuple[str, Anchor]]:
    """Links to other hosts than the page's, with the host as written."""
    own = "".join(page.url.split("/", 3)[2:3])
    start = page.url[: page.url.find(own) + len(own)] + "/"  # seen faster than the name is cut out
    others = [
        anchor
        for anchor in page.anchors[:MAX_LINKS]
        # relative links stay so on a page whose address is not known
        if anchor.url.startswith(("https://", "http://")) and not anchor.url.startswith(start)
    ]
    named = [(anchor.url.split("/", 3)[2], anchor) for anchor in others]
    return [(name, anchor) for name, anchor in named if name != own]


@cache
def _hosts() -> frozenset[str]:
    return frozenset((*mapping("messengers"), *mapping("networks")))


def _profile(url: str, name: str) -> tuple[str, str] | None:
    """Network and canonical address of a profile, None for other pages of the network."""
    network = mapping("networks").get(name) or _regional(name)
    if network is None or any(mark in url for mark in _share_markers()):
        return None
    path = [part for part in urlsplit(url).path.split("/") if part]
    if not path or path[0].lower() in row("share", "paths"):
        return _by_id(network, url)
    keep = _kept(network, path)
    return (network, f"https://{_canonical(network, name)}/" + "/".join(keep)) if keep else None


@cache
def _share_markers() -> tuple[str, ...]:
    return tuple(row("share", "markers"))


def _regional(name: str) -> str | None:
    """Networks under a subdomain: de-de.facebook.com, uk.linkedin.com, m.youtube.com."""
    if name.count(".") < 2:
        return None
    network = mapping("networks").get(name.partition(".")[2])
    return network if network in ("facebook", "linkedin", "youtube", "pinterest", "x") else None


def _canonical(network: str, name: str) -> str:
    standard = {"facebook": "www.facebook.com", "x": "x.com", "linkedin": "www.linkedin.com"}
    standard |= {"instagram": "www.instagram.com", "youtube": "www.youtube.com"}
    return standard.get(network, name)


def _by_id(network: str, url: str) -> tuple[str, str] | None:
    """facebook.com/profile.php?id=1, the form of pages without a name."""
    found = re.search(r"/profile\.php\?id=(\d{5,20})", url) if network == "facebook" else None
    return (network, f"https://www.facebook.com/profile.php?id={found[1]}") if found else None


_NESTED = {
    "linkedin": frozenset({"company", "school", "showcase", "in"}),
    "youtube": frozenset({"channel", "c", "user"}),
    "reddit": frozenset({"r", "user", "u"}),
    "snapchat": frozenset({"add"}),
    "bluesky": frozenset({"profile"}),
    "xing": frozenset({"pages", "companies", "profile", "company"}),
    "facebook": frozenset({"pages", "groups", "people"}),
    "discord": frozenset({"invite"}),
    "flickr": frozenset({"people"}),
    "xiaohongshu": frozenset({"user"}),
    "douyin": frozenset({"user"}),
}
_MUST_NEST = frozenset({"linkedin", "reddit", "snapchat", "bluesky", "xing"})


def _kept(network: str, path: list[str]) -> list[str]:
    """The parts of a path that name the profile; none when it names something else."""
    if path[0].lower() in _NESTED.get(network, ()):
        return path[:3] if network == "facebook" and path[0] in ("pages", "people") else path[:2]
    if network in _MUST_NEST:
        return []
    if network == "youtube":
        return path[:1] if len(path) == 1 or path[0].startswith("@") else []
    if network == "tiktok" and not path[0].startswith("@"):
        return []
    if network in ("github", "gitlab"):
        return path[:2] if len(path) <= 2 else []
    if network == "vimeo" and path[0].isdigit():
        return []
    return path[:1] if len(path) <= 2 else []


def _crowded(profiles: list[tuple[str, str]]) -> frozenset[str]:
    """Networks with so many profiles on the page that they are people or partners."""
    seen: dict[str, set[str]] = {}
    for network, value in profiles:
        seen.setdefault(network, set()).add(value)
    return frozenset(n for n, values in seen.items() if len(values) > 3)


def _brand_name(url: str) -> str:
    label = registrable_domain(url).partition(".")[0] if url else ""
    return re.sub(r"[^a-z0-9]", "", label)


def _is_own(anchor: Anchor, network: str, value: str, name: str, crowd: frozenset[str]) -> bool:
    handle = re.sub(r"[^a-z0-9]", "", value.rsplit("/", 1)[-1].lower())
    if len(name) > 2 and (name in handle or (len(handle) > 4 and handle in name)):
        return True
    if network in crowd or ("linkedin.com/in/" in value and anchor.region == "main"):
        return False
    around = _block_text(anchor.node)
    if any(words in around for words in row("share", "credits")):
        return False
    if anchor.region in ("header", "footer", "nav"):
        return True
    return _is_in_row(anchor.node)


def _block_text(node: LexborNode) -> str:
    parent = node.parent
    text = " ".join(parent.text().split()).lower() if parent is not None else ""
    return text if len(text) < 160 else ""


_ROW = re.compile(r"social|follow|footer|header|topbar|top-bar|sns|icons?\b|contact|kontakt")


def _is_in_row(node: LexborNode) -> bool:
    """Whether a container around says social or footer, or holds links to other networks."""
    parent = node.parent
    for _ in range(6):
        if parent is None or parent.tag in ("body", "html", "main", "article"):
            return False
        marks = parent.attributes
        if _ROW.search(f"{marks.get('class')} {marks.get('id')}".lower()):
            return True
        parent = parent.parent
    return False


def _same_as(page: ParsedPage) -> list[tuple[str, str]]:
    values = [v for business in businesses(page) for v in business.props.get("sameAs", ())]
    links = [v.strip() for v in values if isinstance(v, str) and v.count("/") > 2][:40]
    return [p for link in links if link.startswith("http") and (p := _profile(link, host(link)))]


# --- languages ---------------------------------------------------------------------------------


def find_languages(page: ParsedPage) -> list[Channel]:
    """Languages the site offers as BCP 47 tags: hreflang links, and switchers of two or more."""
    found: dict[str, str] = {}
    # In the body too: a stray element in the head makes parsers move the rest of it there.
    for node in page.elements.get("link", ())[:MAX_LINKS]:
        if tag := _clean_tag(node.attrs.get("hreflang") or ""):
            found.setdefault(tag, "hreflang")
    switched = _switched(page) if not found else {}
    if len(switched) > 1:
        found |= switched
    elif switched and page.language and page.language not in switched:
        found |= {page.language: "lang", **switched}
    return [Channel("language", tag, None, proof) for tag, proof in found.items()]


@lru_cache(maxsize=1_000)
def _clean_tag(text: str) -> str | None:
    """`en_gb` as en-GB; None for x-default and for what is no tag.

    >>> _clean_tag("EN_gb"), _clean_tag("zh-hant"), _clean_tag("x-default")
    ('en-GB', 'zh-Hant', None)
    """
    parts = text.strip().replace("_", "-").split("-")
    sized = [p.title() if len(p) == 4 else p.upper() for p in parts[1:]]
    tag = "-".join([parts[0].lower(), *sized])
    return tag if _TAG.fullmatch(tag) else None


@cache
def _autonyms() -> dict[str, str]:
    """Language names as written, capitalized, in capitals and in small letters."""
    rows = mapping("autonyms").items()
    return {f: tag for name, tag in rows for f in (name, name.capitalize(), name.upper())}


def _switched(page: ParsedPage) -> dict[str, str]:
    """Links and options that are named after languages, e.g. Deutsch | English."""
    autonyms = _autonyms()
    found: dict[str, str] = {}
    own = registrable_domain(page.url) if page.url else ""
    for anchor in page.anchors[:MAX_LINKS]:
        text = anchor.text
        tag = _short_code(text, anchor) if len(text) == 2 else autonyms.get(text)
        if tag and (not own or registrable_domain(anchor.url) == own):
            found.setdefault(tag, text)
    selects = page.elements.get("select", ())[:20]
    for select in selects if selects and "english" in lowered(page.text) else ():
        marks = select.attributes
        if "lang" not in f"{marks.get('name')} {marks.get('id')} {marks.get('class')}".lower():
            continue
        for node in select.css("option")[:100]:
            if tag := autonyms.get(" ".join(node.text().split()).lower()):
                found.setdefault(tag, node.text().strip())
    return found


def _short_code(text: str, anchor: Anchor) -> str | None:
    """DE or FR as text of a link that leads to a path or query of that language."""
    code = text.lower()
    if len(code) != 2 or code not in mapping("language_countries"):
        return None
    rest = anchor.url.lower().split("/", 3)[-1]
    marks = (f"/{code}/", f"lang={code}", f"locale={code}", f"_{code}.", f"-{code}.")
    return code if any(mark in f"/{rest}/" for mark in marks) else None
