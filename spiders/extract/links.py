"""Links of the same brand, with what they are likely for and how much a visit is worth."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from crawler.domains import registrable_domain
from crawler.items import Link
from spiders.extract.words import fold, languages, normalize, phrases

if TYPE_CHECKING:
    from crawler.items import Purpose
    from spiders.extract.page import ParsedPage

__all__ = ["extract_links", "purpose_of"]

# What a page of each purpose tells about customer experience, relative to an FAQ page; set by
# eye on what the extractors find there.
_WORTH: dict[str, float] = {
    "faq": 1.0, "help": 0.9, "contact": 0.9, "returns": 0.8, "reviews": 0.8, "shipping": 0.75,
    "about": 0.5, "pricing": 0.45,
    # Not worth a visit of their own, but read when the budget lasts.
    "imprint": 0.4, "terms": 0.3, "accessibility": 0.3, "privacy": 0.12, "blog": 0.08,
    "login": 0.03, "cart": 0.03,
}  # fmt: skip
_PURPOSES = frozenset("faq help contact reviews returns shipping about pricing".split())
_OTHER = 0.15
_MAX_LINKS = 400
_MAX_WORDS = 12  # a longer link text is a teaser, not a label

_FILE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|zip|gz|tar|rar|7z|exe|dmg|apk|deb|rpm|iso|jpe?g|png|gif|webp|avif"
    r"|svg|ico|bmp|tiff?|mp[34]|m4[av]|avi|mov|webm|ogg|wav|css|js|mjs|json|xml|rss|atom|txt|csv"
    r"|ics|vcf|woff2?|ttf|eot|map|wasm)$"
)
_TRACKING = re.compile(
    r"^(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_ga|ref|ref_src|sessionid|sid)$"
)
_MAY_TRACK = re.compile(r"utm_|clid|mc_|_ga|ref|sid|sessionid|%", re.IGNORECASE)
_TRAP = re.compile(
    r"/(?:tags?|category|categories|author|page|feed|calendar|search|suche|filter|sort|print|share"
    r"|wp-json|wp-admin|wp-login\.php|cgi-bin|checkout|compare|wishlist|cdn-cgi)(?:/|$)"
)
_DATED = re.compile(r"/\d{4}/\d{1,2}(?:/|$)")
# Most addresses: nothing to decode or to strip, so that a match takes them apart.
_ADDRESS = re.compile(
    r"(https?)://([a-z0-9.-]+)(/[!\"$->@-~]*)?(?:\?([!\"$-~]*))?"  # scheme, host, path, query
)
# Vowel signs and tone marks are no word characters to Python, but parts of words.
_SPLIT = re.compile(
    r"(?:_|[^\w\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])+"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_INDEX = frozenset(
    "index html htm php asp aspx jsp default home main shtml xhtml pages page".split()
)
_LANGUAGE_STEP = re.compile(r"^/([a-z]{2})(?:[-_][a-zA-Z]{2})?(?=/|$)")
# Scripts written without spaces: a phrase is looked for anywhere in the text.
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_REFRESH = re.compile(r"url\s{0,3}=\s{0,3}['\"]?([^'\"\s>]{1,1000})", re.IGNORECASE)


def extract_links(page: ParsedPage) -> list[Link]:
    """Same-site links, best first; each address once, at its best score.

    Same site means the same registrable domain, so help.brand.example belongs to brand.example.
    """
    own = registrable_domain(page.url)
    language = page.language
    found: dict[str, Link] = {}
    for anchor in page.anchors:
        clean = _own_address(anchor.url, own)
        if clean is None:
            continue
        purpose, score = _score(clean, anchor.text, language)
        if anchor.region != "main":
            score = min(1.0, score + (0.04 if purpose != "other" else 0.02))
        known = found.get(clean)
        if known is None or score > known.score:
            found[clean] = Link(clean, purpose, round(score, 3), anchor.text[:120])
    for url in _refresh_targets(page):
        clean = _own_address(url, own)
        if clean is not None and clean not in found:
            purpose, score = _score(clean, "", language)
            found[clean] = Link(clean, purpose, round(score, 3))
    ranked = sorted(found.values(), key=lambda link: -link.score)
    return ranked[:_MAX_LINKS]


def _refresh_targets(page: ParsedPage) -> list[str]:
    """Where a meta refresh leads; such pages have often no other link."""
    contents = [
        node.attrs.get("content") or ""
        for node in page.elements.get("meta", ())
        if (node.attrs.get("http-equiv") or "").lower() == "refresh"
    ]
    return [page.absolute(match[1]) for text in contents if (match := _REFRESH.search(text))]


def purpose_of(url: str, title: str = "") -> tuple[Purpose, float]:
    """(purpose, score 0..1) of a page by its address and title.

    >>> purpose_of("https://a.example/haeufige-fragen")[0]
    'faq'
    """
    return _score(url, title, None)


@lru_cache(maxsize=50_000)
def _score(url: str, text: str, language: str | None) -> tuple[Purpose, float]:
    by_path, penalty = _by_address(url, language)
    by_text = _by_text(text) if text else ("", 0.0)
    key, score = max(by_path, by_text, key=lambda claim: claim[1])
    if by_path[0] and by_path[0] == by_text[0]:
        score = min(1.0, score + 0.05)
    if not key:
        score = _OTHER
    purpose = cast("Purpose", key if key in _PURPOSES else "other")
    return purpose, max(0.01, score - penalty)


@lru_cache(maxsize=50_000)
def _by_address(url: str, language: str | None) -> tuple[tuple[str, float], float]:
    """The claim of the address, and what its path and query take off."""
    parts = _split(url)
    return _by_path(parts.path, parts.netloc), _penalty(parts.path, parts.query, language)


class _Parts(NamedTuple):
    scheme: str
    netloc: str
    hostname: str | None
    path: str
    query: str


def _split(url: str) -> _Parts:
    """What urlsplit gives, in a fifth of its time for most addresses."""
    if match := _ADDRESS.fullmatch(url):
        scheme, host, path, query = match.groups("")
        return _Parts(scheme, host, host, path, query)
    parts = urlsplit(url)
    return _Parts(parts.scheme, parts.netloc, parts.hostname, parts.path, parts.query)


def _penalty(path: str, query: str, language: str | None) -> float:
    lowered = path.lower()
    penalty = 0.03 * max(0, lowered.count("/") - 2)
    if _TRAP.search(lowered):
        penalty += 0.4
    if _DATED.search(lowered):
        penalty += 0.3
    if query:
        penalty += 0.1 + 0.1 * query.count("&")
    if language and (match := _LANGUAGE_STEP.match(path)):
        step = match[1]
        if step != language and step in languages():
            penalty += 0.35
    return penalty


def _by_path(path: str, host: str) -> tuple[str, float]:
    """The strongest claim of the path's steps; the last step counts most."""
    best = ("", 0.0)
    steps = [step for step in unquote(path).split("/") if step]
    for place, step in enumerate(reversed(steps[-4:])):
        key, share = _claim(_CAMEL.sub(" ", step.rsplit(".", 1)[0] if place == 0 else step))
        worth = _WORTH.get(key, 0.0) * share * (0.97, 0.8, 0.6, 0.5)[place]
        if worth > best[1]:
            best = (key, worth)
    labels = host.split(":")[0].split(".")
    if len(labels) > 2 and labels[0] in ("help", "support", "faq", "hilfe", "ayuda", "aide"):
        key = "faq" if labels[0] == "faq" else "help"
        if _WORTH[key] * 0.85 > best[1]:
            best = (key, _WORTH[key] * 0.85)
    return best


@lru_cache(maxsize=20_000)
def _by_text(text: str) -> tuple[str, float]:
    key, share = _claim(text[:160])
    return key, _WORTH.get(key, 0.0) * share


@lru_cache(maxsize=20_000)
def _claim(text: str) -> tuple[str, float]:
    """(key of words.py, share 0..1 of the words that say so) of a short text or slug."""
    known = phrases()
    plain = normalize(text)
    for form in (plain,) if plain.isascii() else (plain, fold(text)):
        words = [word for word in _SPLIT.split(form) if word]
        named = [word for word in words if word not in _INDEX] or words
        if not named or len(named) > _MAX_WORDS:
            continue
        if match := known.get(" ".join(named)) or known.get("".join(named)):
            return match[0], 1.0
        if claim := _longest_run(named, known) or _compound(named, known):
            return claim
    if _NO_SPACES.search(text):
        return _inside(plain)
    return "", 0.0


def _longest_run(
    words: list[str], known: dict[str, tuple[str, frozenset[str]]]
) -> tuple[str, float] | None:
    """The longest run of words that is a phrase; the rest of the text weakens it."""
    first = _beginnings()[0]
    starts = [start for start, word in enumerate(words) if word in first]
    for size in range(min(len(words), 6), 0, -1) if starts else ():
        for start in starts:
            match = known.get(" ".join(words[start : start + size]))
            if match and start + size <= len(words):
                return match[0], 0.55 + 0.4 * size / len(words)
    return None


def _compound(
    words: list[str], known: dict[str, tuple[str, frozenset[str]]]
) -> tuple[str, float] | None:
    """A word that begins or ends with a known one: refundpolicy, helpline, Versandkostenfrei."""
    _, heads, tails = _beginnings()
    for word in words[:4]:
        if word[:_STEM] not in heads and word[-_STEM:] not in tails:
            continue
        for size in range(min(len(word) - 1, 14), _STEM - 1, -1):
            match = known.get(word[:size]) or known.get(word[-size:])
            if match:
                return match[0], 0.3 + 0.4 * size / len(word) / len(words)
    return None


_STEM = 4  # letters of the shortest word sought in compounds


@lru_cache(maxsize=1)
def _beginnings() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """First words of all phrases; and of phrases of one word the first and the last letters."""
    single = [phrase for phrase in phrases() if " " not in phrase]
    return (
        frozenset(phrase.partition(" ")[0] for phrase in phrases()),
        frozenset(word[:_STEM] for word in single),
        frozenset(word[-_STEM:] for word in single),
    )


def _inside(text: str) -> tuple[str, float]:
    for phrase, key in _unspaced_phrases():
        if phrase in text:
            return key, 0.55 + 0.4 * min(1.0, len(phrase) / len(text))
    return "", 0.0


@lru_cache(maxsize=1)
def _unspaced_phrases() -> list[tuple[str, str]]:
    found = [(form, key) for form, (key, _) in phrases().items() if _NO_SPACES.search(form)]
    return sorted(found, key=lambda entry: -len(entry[0]))


@lru_cache(maxsize=50_000)
def _own_address(url: str, own: str) -> str | None:
    """The address without fragment and tracking; None for files and for other sites."""
    try:
        parts = _split(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > 1000:
        return None
    if registrable_domain(parts.hostname) != own:
        return None
    path, query = parts.path or "/", parts.query
    if _FILE.search(path.lower()):
        return None
    if query and _MAY_TRACK.search(query):
        pairs = parse_qsl(query, keep_blank_values=True)
        kept = [pair for pair in pairs if not _TRACKING.match(pair[0].lower())]
        query = urlencode(kept) if len(kept) != len(pairs) else query
    path = path.replace(" ", "%20")
    return f"{parts.scheme}://{parts.netloc.lower()}{path}" + (f"?{query}" if query else "")
