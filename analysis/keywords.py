"""The 5 to 10 keywords worth studying, from the own site's text and keyword exports.

A keyword is good when people search it (volume), when the own site is about it (pages and titles),
and when who searches it is choosing (commercial, transactional) rather than looking for one firm.
"""

from __future__ import annotations

import math
import re
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from analysis.language import detect, frequent_words
from analysis.topics import SiteTopic

if TYPE_CHECKING:
    from textblob.en.taggers import PatternTagger

__all__ = ["Intent", "KeywordProposal", "SitePage", "Stage", "intent_of", "propose"]

Intent = Literal["informational", "navigational", "commercial", "transactional"]
Stage = Literal["discovery", "consideration", "purchase", "retention"]

_ROWS = Path(__file__).parent / "data" / "intents.toml"
_LONGEST = 4  # words of a keyword taken from text
_OPENING = 600  # characters at the top of the start page, where a firm says what it is
# Pages that every firm has: they say nothing of what this one does.
_COMMON_PAGES = re.compile(
    r"faq|frequently|terms|privacy|policy|imprint|impressum|datenschutz|agb|contact|kontakt|login"
    r"|sign-?in|register|password|cart|checkout|404|not.found|support|feedback|shipping|versand"
    r"|returns?\b|careers|jobs|cookie|legal|mentions",
    re.IGNORECASE,
)
# Pages named by nothing but these words are furniture too; in a longer title they may be the trade.
_COMMON_WORDS = frozenset(
    "about us our story team company customer customers reviews review testimonials opinions "
    "warranty guarantee blog news press and the delivery shipping returns order orders status "
    "uns über ueber kundenbewertungen bewertungen bewertung bestellen bestellung garantie presse "
    "avis clients garantía opiniones nosotros recensioni chi siamo garanzia over ons html htm php "
    "index home und et y e".split()
)
_SHINGLE = 6  # words in a row that half of the pages share are their header, menu or footer
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d+")
_BREAK = re.compile(r"[.,;:!?|·•\n\r\t(){}\[\]\"“”»«/–—]+|\s-\s")
_RANGE = re.compile(r"([\d.,]+)\s*([KkMm]?)\s*(?:[-–—]|to)\s*([\d.,]+)\s*([KkMm]?)")
_NUMBER = re.compile(r"([\d.,]*\d)\s*([KkMm]?)\+?$")
_TIMES = {"": 1, "k": 1_000, "m": 1_000_000}
# Headings of Google Ads Keyword Planner, Search Console and the usual tools, in lower case.
_KEYWORD_HEADINGS = (
    "keyword",
    "query",
    "top queries",
    "search term",
    "keywords",
    "term",
    "queries",
)
_VOLUME_HEADINGS = (
    "volume",
    "avg. monthly searches",
    "avg monthly searches",
    "search volume",
    "searches",
    "monthly searches",
    "impressions",
)
# Chosen by eye: who compares or buys meets competitors; who looks for one firm meets that firm.
_WEIGHT: dict[Intent, float] = {
    "commercial": 1.0,
    "transactional": 0.95,
    "informational": 0.7,
    "navigational": 0.15,
}
_OFF_TOPIC = 0.25  # chosen: what another trade searches by the million falls behind
_ENOUGH_ROWS = 8  # chosen: fewer keywords say too little of what an export is about
_WANTS: dict[Intent, str] = {
    "commercial": "who searches it compares offers",
    "transactional": "who searches it is about to buy",
    "informational": "who searches it wants to learn first",
    "navigational": "who searches it looks for one firm",
}
_STAGES: dict[str, tuple[Intent, Stage]] = {
    "navigational": ("navigational", "retention"),
    "retention": ("informational", "retention"),
    "transactional": ("transactional", "purchase"),
    "informational": ("informational", "discovery"),
    "commercial": ("commercial", "consideration"),
}
_BOILERPLATE = frozenset(
    "cookie cookies privacy policy terms conditions copyright rights reserved newsletter menu home "
    "login cart basket read more learn click here contact about view all skip content close search "
    "datenschutz impressum agb warenkorb mehr startseite cookies akzeptieren mentions légales "
    "panier accueil accepter inicio carrito aceptar privacidad carrello termini winkelwagen".split()
)


# Languages that write a thing's name as one long word: it is as precise as two words elsewhere.
_COMPOUNDING = frozenset("de nl da sv nb no is fi et hu".split())
_LONG_WORD = 9
# Tags of words that no name of a thing holds: verbs in use, pronouns, articles, adverbs.
_NOT_IN_NAMES = (
    "VB",
    "VBP",
    "VBZ",
    "VBD",
    "MD",
    "PRP",
    "PRP$",
    "DT",
    "WDT",
    "WP",
    "WRB",
    "RB",
    "EX",
)
_TAGGED = 150  # candidates that are looked at word by word, the best first
_COMPARED = 600  # candidates that are held against what the site says it is, the best first
_NEAR = 0.4  # nearness of a phrase that names the trade itself; half of it counts a quarter
_AT_LEAST, _WEAK = 5, 0.12  # after five, a site's own phrase must reach this share of the best
_FARTHEST = 0.35  # no less: an encoder knows few rare words, and a site may live by one
# The small words inside names of things; elsewhere a small word inside joins parts of a sentence.
_JOINERS = frozenset(
    "of for in de del di da do du des der für aus mit pour para per à voor van".split()
)
# What firms add to their name when the plain domain is taken.
_NAME_AFFIXES = ("app", "hq", "shop", "store", "online", "web", "get", "try", "my", "the", "go")


class SitePage(NamedTuple):
    """A page of the own site; `headings` also holds menu words and the description, a line each."""

    url: str
    title: str
    text: str
    headings: str = ""


@dataclass(frozen=True, slots=True)
class KeywordProposal:
    """`volume` is searches a month where an export states it; `why` is a sentence for people."""

    keyword: str
    volume: int | None
    why: str
    intent: Intent
    stage: Stage
    score: float


@dataclass(slots=True)
class _Candidate:
    keyword: str
    volume: int | None = None
    said_volume: str = ""
    off_topic: bool = False  # shares no word with the site or the rest of the export
    pages: set[str] = field(default_factory=set)
    titles: int = 0
    headings: int = 0  # pages that have it in a heading, a menu or their description
    opens: bool = False  # the start page says it at its top
    uses: int = 0
    nearness: float | None = None  # to what the site says it is; None: no encoder for the language


def propose(
    pages: Iterable[SitePage | tuple[str, str, str]] = (),
    rows: Iterable[Mapping[str, Any]] = (),
    *,
    brand: str | None = None,
    language: str | None = None,
    limit: int = 10,
) -> list[KeywordProposal]:
    """At most `limit` keywords, best first; `pages` are (url, title, text), `rows` an export's.

    `brand` is the own name or domain: keywords with it lead to nobody else and come last. Without
    `language` it is read from the text.
    """
    whole = [SitePage(*page) for page in pages]
    exported = _exported(rows)
    language = language or _main_language(whole, exported)
    whole = _in_language(whole, language)
    site = _without_shared(whole)
    own = _own_words(brand)
    found = _on_site(site, language, own) or _on_site(whole, language, own)
    candidates = {k: _Candidate(k, volume, said) for k, (volume, said) in exported.items()}
    for keyword, candidate in candidates.items():
        _add_use(candidate, keyword, site)
    _mark_off_topic(candidates, site, language)
    if len(candidates) < limit:
        for keyword, candidate in found.items():
            candidates.setdefault(keyword, candidate)
    _compare_with_site(candidates, site, language, own)
    proposals = [_proposal(c, len(site), language, own) for c in candidates.values()]
    proposals.sort(key=lambda p: (p.intent == "navigational", -p.score, p.keyword))
    nouns = _nouns(whole) if language == "de" else None
    named = [
        p
        for p in proposals[:_TAGGED]
        if p.keyword in exported or _names(p.keyword, language, nouns)
    ]
    return _without_twins(named, limit)


def _main_language(site: Sequence[SitePage], exported: Iterable[str]) -> str:
    """The language of most pages, else of the exported keywords; pages in many are common."""
    said = Counter(detect(f"{page.headings} {page.text}") for page in site)
    del said[None]
    if said:
        return said.most_common(1)[0][0] or "en"
    return detect(" . ".join(list(exported)[:50])) or "en"


def _in_language(site: Sequence[SitePage], language: str) -> list[SitePage]:
    """Pages that are not in another language: a site's translations say the same again."""
    return [page for page in site if detect(page.text) in (language, None)] or list(site)


def _compare_with_site(
    candidates: Mapping[str, _Candidate],
    site: Sequence[SitePage],
    language: str,
    own: frozenset[str],
) -> None:
    """How near each of the likeliest comes to what the start page says the site is."""
    if not site or not candidates or not SiteTopic.can_read(language):
        return
    likely = sorted(
        candidates.values(), key=lambda c: -_proposal(c, len(site), language, own).score
    )[:_COMPARED]
    topic = SiteTopic(_statements(site))
    for candidate, near in zip(likely, topic.nearness([c.keyword for c in likely]), strict=True):
        candidate.nearness = near


def _statements(site: Sequence[SitePage]) -> list[tuple[float, str]]:
    """Where a site says what it is; a page beside the start page adds its title."""
    start = min(site, key=lambda page: _depth(page.url))
    headings = start.headings.replace("\n", ". ")
    return [
        (2.0, f"{start.title}. {headings[-300:]}"),  # the description stands last
        (2.0, " ".join(start.text.split())[:_OPENING]),
        (1.0, headings[:300]),
        *(
            (0.3, page.title)
            for page in site
            if page is not start and not _is_common_page(page.url, page.title)
        ),
    ]


def _nouns(site: Sequence[SitePage]) -> frozenset[str]:
    """Words that German text writes with a capital, in lower case."""
    capital = re.compile(r"\b[A-ZÄÖÜ][\w-]+")
    return frozenset(word.lower() for page in site for word in capital.findall(page.text))


def _names(phrase: str, language: str, nouns: frozenset[str] | None = None) -> bool:
    """Whether the phrase can be the name of a thing; English is tagged, German has capitals.

    >>> _names("blood test", "en"), _names("tests done", "en"), _names("identify risks", "en")
    (True, False, False)
    """
    if language != "en":
        words = phrase.split()
        small = frequent_words(language)
        joined = all(word in _JOINERS for word in words[1:-1] if word in small)
        return joined and (nouns is None or words[-1] in nouns)
    tags = [tag for _, tag in _tagger().tag(phrase)]
    ends_well = bool(tags) and tags[-1].startswith(("NN", "VBG", "FW"))
    return ends_well and not any(tag in _NOT_IN_NAMES for tag in tags)


def intent_of(keyword: str, language: str = "en", brand: str | None = None) -> tuple[Intent, Stage]:
    """What the searcher wants and where on the journey that is.

    >>> intent_of("best running shoes"), intent_of("how to clean shoes")
    (('commercial', 'consideration'), ('informational', 'discovery'))
    """
    return _intent(keyword, language, _own_words(brand))


def _intent(keyword: str, language: str, own: frozenset[str]) -> tuple[Intent, Stage]:
    padded = f" {keyword.lower()} "
    if own & set(_WORD.findall(padded)) or (own and "".join(padded.split()) in own):
        return "navigational", "retention"
    for table, (intent, stage) in _STAGES.items():
        if any(f" {sign} " in padded for sign in _signs(table, language)):
            return intent, stage
    return "commercial", "consideration"


@cache
def _signs(table: str, language: str) -> tuple[str, ...]:
    with _ROWS.open("rb") as file:
        rows = tomllib.load(file)[table]
    return tuple(rows.get(language, rows["en"]).split("|"))


def _own_words(brand: str | None) -> frozenset[str]:
    """The words by which people call the brand: of "www.acme-tools.com" acmetools, acme."""
    if not brand:
        return frozenset()
    name = re.sub(r"^(?:https?://)?(?:www\.)?", "", brand.lower()).split("/")[0]
    name = name.split(".")[0] if "." in name else name
    words = _WORD.findall(name.replace("-", " "))
    whole = "".join(words)
    bare = {
        whole.removesuffix(part) if whole.endswith(part) else whole.removeprefix(part)
        for part in _NAME_AFFIXES
    }
    return frozenset({whole, *words[:1], *(name for name in bare if len(name) >= 4)})


@cache
def _tagger() -> PatternTagger:
    """TextBlob's tagger with its word list read, which leaves the list's file to be collected."""
    from textblob.en.taggers import PatternTagger  # noqa: PLC0415 - brings nltk, 1 s

    tagger = PatternTagger()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        tagger.tag("word")
    return tagger


def _without_shared(site: list[SitePage]) -> list[SitePage]:
    """The pages without the text that at least half of them share, when there are four or more."""
    if len(site) < 4:
        return site
    texts = [page.text.split() for page in site]
    pages_with = Counter(shingle for words in texts for shingle in set(_shingles(words)))
    shared = {shingle for shingle, n in pages_with.items() if n >= max(3, len(site) / 2)}
    found = []
    for page, words in zip(site, texts, strict=True):
        hidden = {
            at + step
            for at, shingle in enumerate(_shingles(words))
            if shingle in shared
            for step in range(_SHINGLE)
        }
        kept = ["\n" if at in hidden else word for at, word in enumerate(words)]
        found.append(page._replace(text=" ".join(kept)))
    return found


def _shingles(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)]


def _mark_off_topic(
    candidates: Mapping[str, _Candidate], site: Sequence[SitePage], language: str
) -> None:
    """Exports hold accidents of planners: searched by millions, and about something else."""
    common = frequent_words(language) | frequent_words("en")
    words_of = {k: {_singular(w) for w in k.split()} - common for k in candidates}
    said = Counter(word for words in words_of.values() for word in words)
    on_site = {
        _singular(w) for page in site for w in _WORD.findall(f"{page.title} {page.text}".lower())
    }
    if len(candidates) < _ENOUGH_ROWS and not on_site:
        return
    for keyword, candidate in candidates.items():
        words = words_of[keyword]
        known = words & on_site if on_site else {word for word in words if said[word] > 1}
        candidate.off_topic = bool(words) and not known


def _exported(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int | None, str]]:
    """Keyword -> searches a month and how to say them, of an export with any usual headings."""
    volumes: dict[str, tuple[int | None, str]] = {}
    for row in rows:
        by_heading = {str(heading).strip().lower(): value for heading, value in row.items()}
        keyword = next((by_heading[h] for h in _KEYWORD_HEADINGS if by_heading.get(h)), None)
        if not keyword:
            continue
        keyword = " ".join(str(keyword).lower().strip('[]"+ ').split())
        heading = next((h for h in _VOLUME_HEADINGS if by_heading.get(h)), "")
        volume = _volume(by_heading.get(heading))
        known = volumes.get(keyword)
        if known is None or (volume or 0) > (known[0] or 0):
            volumes[keyword] = volume, _said_volume(volume, heading, by_heading)
    return volumes


def _said_volume(volume: int | None, heading: str, row: Mapping[str, Any]) -> str:
    """Searches in words: impressions are no searches, and of a range the middle is a guess."""
    if volume is None:
        return ""
    if heading == "impressions":
        return f"{volume:,} impressions in the export"
    low, high = row.get("volume_min"), row.get("volume_max")
    if low != high or _RANGE.search(str(row.get(heading))):
        digits = max(0, len(str(volume)) - 2)
        return f"about {round(volume, -digits):,} searches a month"
    return f"{volume:,} searches a month"


def _volume(stated: object) -> int | None:
    """Searches a month; a range is read as its geometric middle.

    >>> _volume("12,100"), _volume("1K – 10K"), _volume(90), _volume("-")
    (12100, 3162, 90, None)
    """
    if isinstance(stated, int | float) and not isinstance(stated, bool):
        return round(stated) if math.isfinite(stated) and stated >= 0 else None
    text = str(stated or "").strip()
    span = _RANGE.search(text)
    if span:
        low, high = _amount(span[1], span[2]), _amount(span[3], span[4])
        return round(math.sqrt(max(low, 1) * high)) if high else None
    number = _NUMBER.match(text)
    return round(_amount(number[1], number[2])) if number else None


def _amount(digits: str, suffix: str) -> float:
    times = _TIMES[suffix.lower()]
    if times > 1:
        return float(digits.replace(",", ".")) * times
    return float(re.sub(r"[.,](?=\d{3}\b)", "", digits).replace(",", "."))


def _on_site(site: Sequence[SitePage], language: str, own: frozenset[str]) -> dict[str, _Candidate]:
    """Phrases of one to four content words that the site's pages share or carry in a heading."""
    found: dict[str, _Candidate] = {}
    start = min((page.url for page in site), key=_depth, default="")
    for url, title, text, headings in site:
        if _is_common_page(url, title):
            continue
        in_title = set(_phrases(title, language, own))
        in_headings = set(_phrases(headings, language, own))
        at_top = set(_phrases(f"{title}\n{text[:_OPENING]}", language, own)) if url == start else ()
        for phrase, uses in Counter(_phrases(f"{title}\n{text}", language, own)).items():
            candidate = found.setdefault(phrase, _Candidate(phrase))
            candidate.pages.add(url)
            candidate.uses += uses
            candidate.titles += phrase in in_title
            candidate.headings += phrase in in_headings
            candidate.opens |= phrase in at_top
        for phrase in in_headings - found.keys():
            found[phrase] = _Candidate(phrase, pages={url}, headings=1, uses=1)
    likely = {
        phrase: c
        for phrase, c in found.items()
        if (c.uses >= 2 or c.headings or (c.opens and (c.titles or language == "en")))
        and (_is_precise(phrase, language) or c.titles or (c.opens and c.headings))
        and not _is_furniture(c, len(site))
    }
    return _without_parts(likely)


def _is_precise(phrase: str, language: str) -> bool:
    return " " in phrase or (language in _COMPOUNDING and len(phrase) >= _LONG_WORD)


def _is_common_page(url: str, title: str) -> bool:
    """Every firm has it: by a word of its name, or by all words of its title."""
    if _COMMON_PAGES.search(f"{url.rsplit('/', 1)[-1]} {title}"):
        return True
    words = _WORD.findall(re.split(r"[|·•–—]|\s-\s", title.lower())[0])
    return bool(words) and set(words) <= _COMMON_WORDS


def _depth(url: str) -> tuple[int, int]:
    """Small for the start page: few parts of a path, and short."""
    path = re.sub(r"(?:index|home)\.\w+$", "", url.split("?")[0]).rstrip("/")
    return path.count("/"), len(path)


def _without_parts(found: Mapping[str, _Candidate]) -> dict[str, _Candidate]:
    """Without phrases that are nearly always said inside one longer phrase."""
    inside: set[str] = set()
    for phrase, candidate in found.items():
        words = phrase.split()
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                part = found.get(" ".join(words[start:end]))
                if part and part is not candidate and candidate.uses >= 0.8 * part.uses:
                    inside.add(part.keyword)
    return {phrase: c for phrase, c in found.items() if phrase not in inside}


def _is_furniture(candidate: _Candidate, pages: int) -> bool:
    """Once on every page and in no title: a menu or a footer, not what the site is about."""
    everywhere = pages >= 4 and len(candidate.pages) >= 0.9 * pages
    return everywhere and not candidate.titles and candidate.uses <= 1.5 * len(candidate.pages)


def _phrases(text: str, language: str, own: frozenset[str]) -> Iterable[str]:
    common = frequent_words(language) | frequent_words("en") | _BOILERPLATE
    for piece in _BREAK.split(text.lower()):
        words = _WORD.findall(piece)
        for start in range(len(words)):
            for end in range(start + 1, min(start + _LONGEST, len(words)) + 1):
                phrase = words[start:end]
                if own & {*phrase, "".join(phrase)} or any(word.isdigit() for word in phrase):
                    break
                if _is_keyword_like(phrase, common):
                    yield " ".join(phrase)


def _is_keyword_like(phrase: Sequence[str], common: frozenset[str]) -> bool:
    """Content words at both ends, none of a menu, at most one small word in between."""
    if phrase[0] in common or phrase[-1] in common or _BOILERPLATE & set(phrase):
        return False
    if len(phrase) == 1:
        return len(phrase[0]) >= 5 and phrase[0] not in _COMMON_WORDS
    return sum(word in common for word in phrase) <= 1 and all(len(w) > 1 for w in phrase)


def _add_use(candidate: _Candidate, keyword: str, site: Sequence[SitePage]) -> None:
    words = r"\W+".join(map(re.escape, keyword.split()))
    pattern = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
    for url, title, text, headings in site:
        uses = len(pattern.findall(text))
        titled = bool(pattern.search(title))
        candidate.titles += titled
        candidate.headings += bool(pattern.search(headings))
        if uses or titled:
            candidate.pages.add(url)
            candidate.uses += uses + titled


def _proposal(
    candidate: _Candidate, pages: int, language: str, own: frozenset[str]
) -> KeywordProposal:
    intent, stage = _intent(candidate.keyword, language, own)
    share = len(candidate.pages) / pages if pages else 0.0
    words = candidate.keyword.count(" ") + 1
    searched = math.log10(1 + candidate.volume) / 5 if candidate.volume is not None else 0.0
    said = min(1.0, share * 1.5) * 0.3 + min(1.0, math.log1p(candidate.uses) / 5) * 0.3
    titled = min(1.0, candidate.titles / 3) * 0.6  # a title says what a page is for; text says much
    titled += min(1.0, candidate.headings / 2) * 0.5  # a heading names what a part is about
    titled += 0.3 * candidate.opens
    vague = 0.8 if _is_precise(candidate.keyword, language) else 0.35
    shape = {1: vague, 2: 1.0, 3: 1.0}.get(words, 0.85)  # one word is vague, five are nobody's
    score = (searched + said + titled) * _WEIGHT[intent] * shape
    score *= _OFF_TOPIC if candidate.off_topic else 1.0
    if candidate.nearness is not None:
        score *= min(1.5, max(_FARTHEST, candidate.nearness / _NEAR)) ** 2
    return KeywordProposal(
        candidate.keyword,
        candidate.volume,
        _why(candidate, pages, intent),
        intent,
        stage,
        round(score, 4),
    )


def _why(candidate: _Candidate, pages: int, intent: Intent) -> str:
    reasons = []
    if candidate.said_volume:
        reasons.append(candidate.said_volume)
    if candidate.off_topic:
        reasons.append("shares no word with the " + ("own site" if pages else "other keywords"))
    if candidate.pages:
        reasons.append(f"on {len(candidate.pages)} of {pages} pages of the own site")
    elif pages:
        reasons.append("not yet on the own site")
    if candidate.opens:
        reasons.append("at the top of the start page")
    if candidate.headings:
        reasons.append(f"in headings of {candidate.headings}")
    if candidate.titles:
        reasons.append(f"in {candidate.titles} title{'s' * (candidate.titles > 1)}")
    return "; ".join([*reasons, _WANTS[intent]])


def _without_twins(proposals: Sequence[KeywordProposal], limit: int) -> list[KeywordProposal]:
    """The best of those that say the same: other order, plural, or a part with no more searches."""
    kept: list[KeywordProposal] = []
    shapes: list[frozenset[str]] = []
    for proposal in proposals:
        shape = frozenset(_singular(word) for word in proposal.keyword.split())
        known = any(
            shape == other or (proposal.volume is None and _overlap(shape, other) > 0.5)
            for other in shapes
        )
        if not known:
            kept.append(proposal)
            shapes.append(shape)
        if len(kept) == limit:
            break
    weak = _WEAK * max((proposal.score for proposal in kept), default=0.0)
    return kept[:_AT_LEAST] + [
        p for p in kept[_AT_LEAST:] if p.volume is not None or p.score >= weak
    ]


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """1 when one holds all words of the other, else the share of all words that both have."""
    both = len(one & other)
    return 1.0 if both == min(len(one), len(other)) else both / len(one | other)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word
