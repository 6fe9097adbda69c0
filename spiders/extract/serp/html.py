"""Saved result pages of search engines, read by their shape.

Class names of result pages change every few weeks; what stays is that a result is a headline
inside (or around) a link to another site, with the address shown near it, outside of the boxes
for ads, questions, carousels and the side column. Class and id names are used only where an
engine has kept them for years.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from crawler.items import SerpResult
from spiders.extract.page import ParsedPage
from spiders.extract.serp.parsed import ParsedSerp, fold, numbered, unique
from spiders.extract.serp.urls import (
    host_of,
    is_http,
    is_opaque,
    shown_address,
    split,
    unwrap,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selectolax.lexbor import LexborNode

__all__ = ["ENGINES", "Engine", "parse_html"]

_AD_TOKENS = frozenset({"ad", "ads", "advert", "sponsored", "pla", "adsense", "bottomads", "tads"})
_AD_IDS = frozenset({"tads", "tadsb", "bottomads", "tvcap", "tadsto", "ads", "mbEnd", "sponsored"})
_AD_LINK = re.compile(
    r"googleadservices\.|doubleclick\.net|/pagead/|//www\.google\.[a-z.]+/aclk|bing\.com/aclick"
    r"|duckduckgo\.com/y\.js|search\.yahoo\.com/(?:cbclk|rdclks)|//rd\.listing\.yahoo\.|startpage\.com/.*adclick"
)
_SIDE_IDS = frozenset({"rhs", "rhs_block", "b_context", "right", "sidebar"})
_BOX_TAGS = frozenset(  # Google's own elements; g-link is the headline of a box
    {"g-scrolling-carousel", "g-section-with-header", "g-inner-card", "g-link", "aside"}
)
_BOX_TOKENS = frozenset({"carousel", "sidebar"})
_TOKEN = re.compile(r"[-_]+")
_AD_WORD = re.compile(r"TextAds?|[aA]ds?(?:Top|Middle|Bottom|Right|Box|Block|Slot|Unit|List|Label)")
# What engines write beside an ad, in the languages of their larger countries.
_AD_LABEL = re.compile(
    r"(?:sponsored|sponsored results?|ads?|anzeigen?|gesponsert|gesponserte ergebnisse?|annonces?"
    r"|sponsorisés?|résultats? sponsorisés?|sponsorizzat[oi]|annunci[o]?|anuncios?|patrocinados?"
    r"|resultados? patrocinados?|advertenties?|gesponsorde?|annonser?|sponsrad|sponset|sponsoreret"
    r"|sponsorowan[ey]|reklamy?|reklama|sponzorované|sponsorlu|реклама|спонсорский результат"
    r"|广告|廣告|赞助商|贊助商|赞助商搜索结果|スポンサー|広告|광고|스폰서|được tài trợ|quảng cáo"
    r"|iklan|bersponsor|ได้รับการสนับสนุน|โฆษณา|प्रायोजित|विज्ञापन|إعلان|ممول|נתון לחסות|ממומן|آگهی)"
    r"\s*[·:•]?"
)
_AD_CHARS = 40
_GOTO = re.compile(r"/goto\?url(?:=|\\u003d|\\x3d)([\w-]+)[^<>]{1,80}?\"(https?:[^\"<>\s]+)\"")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_HIDDEN_LEVELS = 12  # further out, scripts hide whole pages until they are loaded
_ENDS_AS_QUESTION = re.compile(r"[?？؟;՞⸮]\s*$")
_MAX_ANCESTORS = 60
_BLOCK_LEVELS = 10
_MAX_CANDIDATES = 400  # a page of 100 results with all its boxes has about 250
_BLOCKED = {
    "captcha": ("captcha-form", "g-recaptcha", "recaptcha/api", "hcaptcha.com", "cf-turnstile"),
    "unusual traffic page": (
        *("/sorry/index", "anomaly-modal", "anomaly_modal", "challenge-form", "b_captcha"),
        "/sp/captcha",
    ),
    "page wants JavaScript": ("/httpservice/retry/enablejs", "enablejs=1"),
    "consent page": ("consent.google.", "consent.yahoo.", "guce.yahoo."),
}


@dataclass(frozen=True, slots=True)
class Engine:
    """What is particular to one engine.

    `headlines`: tags that carry the title of an organic result. `own`: says whether a link stays
    with the engine. `query`: names of the search box, and of the parameter in related searches.
    `boxes`: selectors of answers that are no organic results. `plain`: selector of title links
    on pages without headlines. `nothing`, `nothing_says`: selector and words of a page that says
    "no results".
    """

    name: str
    headlines: tuple[str, ...]
    own: Callable[[str], bool]
    query: tuple[str, ...] = ("q",)
    boxes: str = ""
    inside: str = ""  # a result in it counts although a box is around it
    plain: str = ""
    nothing: str = ""
    nothing_says: tuple[str, ...] = ()


@dataclass(slots=True)
class _Candidate:
    node: LexborNode
    url: str
    title: str
    ancestors: list[LexborNode] = field(repr=False)


_GOOGLE_HOST = re.compile(r"(?:^|\.)google\.[a-z]{2,3}(?:\.[a-z]{2})?$")
_GOOGLE_SERVICES = frozenset(
    {"accounts", "ads", "consent", "images", "maps", "myaccount", "news", "policies", "scholar"}
    | {"translate", "webcache"}
)
_GOOGLE_PATHS = frozenset(
    {"search", "url", "aclk", "maps", "imgres", "travel", "flights", "shopping", "preferences"}
    | {"advanced_search", "webhp", "setprefs", "history", "finance", "books", "interstitial"}
    | {"sorry", "httpservice", "imghp", "images", "async", "goto"}
)


def _own_google(url: str) -> bool:
    """Google's own pages can rank too (play., support., www.google.com/chrome); features cannot."""
    host = host_of(url)
    if host.endswith(("googleusercontent.com", "gstatic.com", "googlesyndication.com")):
        return True
    found = _GOOGLE_HOST.search(host)
    if not found:
        return False
    subdomain = host[: found.start()]
    parts = split(url)
    first = (parts.path if parts else "").strip("/").split("/")[0]
    if subdomain:
        return subdomain in _GOOGLE_SERVICES
    return not first or first in _GOOGLE_PATHS


def _own(*domains: str) -> Callable[[str], bool]:
    def belongs(url: str) -> bool:
        host = host_of(url)
        return any(host == domain or host.endswith("." + domain) for domain in domains)

    return belongs


ENGINES = {
    engine.name: engine
    for engine in (
        Engine(
            "google-html",
            ("h3",),
            _own_google,
            boxes=".related-question-pair,[data-initq]",
            nothing_says=(
                "did not match any documents",
                "stimmt mit keinem Dokument",
                "keine mit deiner Suchanfrage",
                "ne correspond à aucun document",
                "Aucun document ne correspond",
                "no obtuvo ningún resultado",
                "non ha prodotto risultati",
                "komt met geen enkel document",
                "não encontrou nenhum documento",
                "matchade inte något dokument",
                "hiçbir arama sonucu mevcut değil",
                "ничего не найдено",
                "に一致する情報は見つかりませんでした",
                "找不到和您查询的",
                "일치하는 검색결과가 없습니다",
            ),
        ),
        Engine(
            "bing-html",
            ("h2",),
            _own("bing.com", "microsofttranslator.com"),
            boxes=".b_ans,.b_pole,[data-tag^='RelatedQnA']",
            inside=".b_algo",
            nothing=".b_no",
        ),
        Engine(
            "duckduckgo-html",
            ("h2",),
            _own("duckduckgo.com", "duck.ai"),
            boxes="[data-testid='ad'],.module--carousel,.zci",
            plain="a.result-link,a.result__a,a.large",
            nothing=".no-results,.result--no-result",
            nothing_says=("No more results.", "No results."),
        ),
        Engine(
            "yahoo-html",
            ("h3",),
            _own("search.yahoo.com", "search.yahoo.co.jp", "search.aol.com", "help.yahoo.com"),
            query=("p", "q"),
            boxes=".searchCenterTopAds,.searchCenterBottomAds,.searchRightMiddle,#sidebar",
            nothing=".compNoResults,.zrp",
            nothing_says=("We did not find results for",),
        ),
        Engine(
            "startpage-html",
            ("h2", "h3"),
            _own("startpage.com"),
            query=("query", "q"),
            plain="a.result-link,a.w-gl__result-title",
            nothing=".no-results,.w-gl__no-results",
            nothing_says=("Sorry, there are no results for this search",),
        ),
    )
}


def parse_html(engine: Engine, page: ParsedPage) -> ParsedSerp:
    """The results of a saved page; a challenge page is blocked, an unread one an error."""
    reader = _Reader(engine, page)
    organic, ads = reader.results()
    found = ParsedSerp(
        provider=engine.name,
        query=reader.query,
        results=numbered(organic),
        ads=numbered(ads),
        questions=reader.questions(),
        related=reader.related(),
    )
    if not found.results:
        _explain(found, engine, page)
    return found


def _explain(found: ParsedSerp, engine: Engine, page: ParsedPage) -> None:
    if engine.nothing and page.tree.css_first(engine.nothing) is not None:
        found.state = "empty"  # scripts of such a page may speak of a captcha all the same
        return
    for reason, marks in _BLOCKED.items():
        if any(mark in page.html for mark in marks):
            found.state, found.reason, found.query = "blocked", reason, None
            return
    if any(words in page.text for words in engine.nothing_says):
        found.state = "empty"
        return
    if not page.text and "<script" in page.html:
        found.state, found.reason = "blocked", "page wants JavaScript"
        return
    found.state, found.reason = "error", "no results recognized on the page"


class _Reader:
    """One page in the reading: candidates are title links, each judged by what is around it."""

    def __init__(self, engine: Engine, page: ParsedPage) -> None:
        self.engine = engine
        self.page = page
        self.tree = page.tree
        self.query = self._query()
        self._boxes = self._ids(engine.boxes)
        self._inside = self._ids(engine.inside)
        self._folded = self._folded_panels()
        self._wide = _wide_nodes(self.tree.css(",".join((*engine.headlines, "[role=heading]"))))
        self._taken: set[int] = set()
        self._codes: dict[str, str] | None = None
        self._last_result: LexborNode | None = None

    def _ids(self, selector: str) -> set[int]:
        return {node.mem_id for node in self.tree.css(selector)} if selector else set()

    def _folded_panels(self) -> set[int]:
        """Panels that a button opens: answers to questions, not results."""
        names = {
            node.attributes.get("aria-controls")
            for node in self.tree.css("[aria-expanded][aria-controls]")
        }
        return {node.mem_id for node in self.tree.css("[id]") if node.attributes.get("id") in names}

    def _query(self) -> str | None:
        for name in self.engine.query:
            for node in self.tree.css(f"input[name='{name}'],textarea[name='{name}']"):
                value = fold(node.attributes.get("value") or node.text())
                if value:
                    return value
        parts = split(self.page.url)
        asked = parse_qs(parts.query) if parts else {}
        for name in self.engine.query:
            if asked.get(name):
                return fold(asked[name][0]) or None
        title = re.split(r"\s+(?:[-–—|]|at)\s+(?=[^-–—|]*$)", self.page.title)
        return title[0] if len(title) == 2 and title[0] else None

    # -- results

    def results(self) -> tuple[list[SerpResult], list[SerpResult]]:
        """Organic hits and ads, each in the order of the page, not yet numbered."""
        organic: list[SerpResult] = []
        found = self._candidates()
        self._wide |= _wide_nodes([candidate.node for candidate in found])
        titles = {candidate.node.mem_id for candidate in found}
        previous = ""
        for candidate in found:
            if not self._is_ad(candidate) and self._is_organic(candidate, previous):
                organic.append(self._result(candidate, titles))
                previous = host_of(candidate.url)
                self._last_result = candidate.node
        return organic, self._ads(found)

    def _ads(self, found: list[_Candidate]) -> list[SerpResult]:
        """Ads among the candidates, or among links with other headlines than results have."""
        headed = self._headed((*self.engine.headlines, "[role=heading]"))
        known = {candidate.node.mem_id for candidate in headed}
        plain = self.tree.css(self.engine.plain)[:_MAX_CANDIDATES] if self.engine.plain else []
        found = [*found, *(self._candidate(node, node) for node in plain)]
        headed += [candidate for candidate in found if candidate.node.mem_id not in known]
        ads = [candidate for candidate in headed if self._is_ad(candidate)]
        titles = {candidate.node.mem_id for candidate in ads}
        return [self._result(candidate, titles) for candidate in ads if is_http(candidate.url)]

    def _candidates(self) -> list[_Candidate]:
        found = self._headed(self.engine.headlines)
        if sum(not self._is_ad(c) and not self.engine.own(c.url) for c in found) < 3:
            # phone layouts have no heading tags; a page that has them uses roles for boxes
            sure = {candidate.node.mem_id for candidate in found}
            found = [
                candidate
                for candidate in self._headed((*self.engine.headlines, "[role=heading]"))
                if candidate.node.mem_id in sure or self._shows_address(candidate)
            ]
        if self._all_own(found) and self.engine.plain:
            plain = self.tree.css(self.engine.plain)[:_MAX_CANDIDATES]
            found = [self._candidate(node, node) for node in plain]
        if self._all_own(found):  # layouts of other years have other headlines
            found = [c for c in self._headed(("h2", "h3")) if self._shows_address(c)]
        if self._all_own(found):
            found = list(islice(self._addressed(), _MAX_CANDIDATES))
        if self._all_own(found):
            found = list(islice(self._beside(), _MAX_CANDIDATES))
        if self._all_own(found):
            found = list(islice(self._wrapped(), _MAX_CANDIDATES))
        return [candidate for candidate in found if is_http(candidate.url)]

    def _all_own(self, found: list[_Candidate]) -> bool:
        return all(self.engine.own(candidate.url) for candidate in found)

    def _headed(self, headlines: tuple[str, ...]) -> list[_Candidate]:
        """Links with a headline in them or around them, in the order of the page."""
        selector = ",".join(headlines)
        around = ",".join(f"{headline} a[href]" for headline in headlines)
        in_headline = {node.mem_id: node for node in self.tree.css(around)}
        found = []
        for node in self.tree.css("a[href]"):
            headline = node if node.mem_id in in_headline else node.css_first(selector)
            if headline is not None and fold(headline.text()):
                found.append(self._candidate(node, headline))
            if len(found) == _MAX_CANDIDATES:
                break
        return found

    def _shows_address(self, candidate: _Candidate) -> bool:
        """The name of the site stands near the title, as with every result."""
        name = _letters(max(host_of(candidate.url).split(".")[:-1] or [""], key=len))
        near = [node for node in candidate.ancestors[:6] if node.mem_id not in self._wide]
        return any(name in _letters(node.text()) for node in near)

    def _addressed(self) -> Iterator[_Candidate]:
        """Links that show their own host after a title: pages for browsers without scripts."""
        for node in self.tree.css("a[href]"):
            candidate = self._candidate(node, node)
            host = host_of(candidate.url)
            texts = [fold(text) for text in node.text(separator="\n").split("\n") if fold(text)]
            if len(texts) > 1 and host and not self.engine.own(candidate.url):
                shown = " ".join(texts[1:]).lower()
                if host in shown and host not in texts[0].lower():
                    candidate.title = texts[0]
                    yield candidate

    def _beside(self) -> Iterator[_Candidate]:
        """Headlines that are no link themselves but stand with a single one."""
        for headline in self.tree.css(",".join(self.engine.headlines)):
            box = headline.parent
            links = box.css("a[href]") if box is not None and fold(headline.text()) else []
            if len(links) == 1 and headline.css_first("a[href]") is None:
                yield self._candidate(links[0], headline)

    def _wrapped(self) -> Iterator[_Candidate]:
        """Links that the engine counts by a redirect: results of the plainest pages."""
        for node in self.tree.css("a[href*='/url?']"):
            candidate = self._candidate(node, node)
            if candidate.title and "google" not in host_of(candidate.url).split("."):
                yield candidate

    def _candidate(self, node: LexborNode, headline: LexborNode) -> _Candidate:
        ancestors: list[LexborNode] = []
        parent = node.parent
        while parent is not None and len(ancestors) < _MAX_ANCESTORS:
            ancestors.append(parent)
            parent = parent.parent
        url = unwrap(node.attributes.get("href") or "", self.page.base_url or self._base)
        if is_opaque(url):
            url = self._behind(url, node, ancestors) or url
        title, label = fold(headline.text()), fold(node.attributes.get("aria-label"))
        if label and title.endswith(label):  # the address stands in the headline, before the title
            title = label
        return _Candidate(node, url, title, ancestors)

    def _behind(self, url: str, node: LexborNode, ancestors: list[LexborNode]) -> str:
        """Where a link with a coded target goes.

        Its address stands in a script beside the code, or is what the result shows. A script's
        address counts only for the site that is shown.
        """
        shown = ""
        for near in (node, *ancestors[:3]):
            if (cite := near.css_first("cite")) is not None:
                shown = shown_address(fold(cite.text()))
                break
        parts = split(url)
        code = parse_qs(parts.query).get("url", [""])[0] if parts else ""
        scripted = self._coded().get(code, "")
        return scripted if host_of(scripted) == host_of(shown) or not shown else shown

    def _coded(self) -> dict[str, str]:
        """Codes of redirects and the addresses written after them in the page's scripts."""
        if self._codes is None:
            self._codes = {
                code: address.replace("\\u003d", "=").replace("\\u0026", "&")
                for code, address in _GOTO.findall(self.page.html)
            }
        return self._codes

    @property
    def _base(self) -> str:
        """Where relative links of a page without an address belong."""
        return {
            "google-html": "https://www.google.com/search",
            "bing-html": "https://www.bing.com/search",
            "duckduckgo-html": "https://duckduckgo.com/html/",
            "yahoo-html": "https://search.yahoo.com/search",
            "startpage-html": "https://www.startpage.com/sp/search",
        }[self.engine.name]

    def _is_ad(self, candidate: _Candidate) -> bool:
        href = candidate.node.attributes.get("href") or ""
        if _AD_LINK.search(href) or _AD_LINK.search(candidate.url):
            return True
        if any(_AD_LINK.search(href) for href in self._links_beside(candidate)):
            return True  # the visible link is clean, a hidden one beside it counts the click
        for node in (candidate.node, *candidate.ancestors):
            attributes = node.attributes
            if node.tag == "body":
                break
            if attributes.get("id") in _AD_IDS or "data-text-ad" in attributes:
                return True
            if node.mem_id not in self._wide and any(
                _is_ad_token(name) for name in (attributes.get("class") or "").split()
            ):
                return True
        return self._is_labelled_ad(candidate)

    def _is_labelled_ad(self, candidate: _Candidate) -> bool:
        """Whether the word for an ad stands alone in the result's own box, or heads its group.

        Where it was searched for, it proves nothing.
        """
        if _says_ad(self.query or ""):
            return False
        box = candidate.node
        for node in candidate.ancestors[:_BLOCK_LEVELS]:
            if node.mem_id in self._wide or node.tag == "body":
                break
            if len(self._headlines_in(node)) == 1:
                box = node
            elif any(map(_says_ad, _lines(node)[:1])) and self._is_of_group(node):
                return True
        labels = (node for node in box.css("span,div,h1,h2") if node.css_first("a") is None)
        return any(_says_ad(node.text()) for node in labels)

    def _is_of_group(self, group: LexborNode) -> bool:
        """Whether the word for ads at the top stands above all headlines, not with the first."""
        for label in group.css("span,div,h1,h2"):
            if _says_ad(label.text()):
                around = (n for n in _above(label, _BLOCK_LEVELS) if self._headlines_in(n))
                nearest = next(around, None)
                return nearest is not None and len(self._headlines_in(nearest)) > 1
        return False

    def _headlines_in(self, node: LexborNode) -> list[LexborNode]:
        return node.css(",".join((*self.engine.headlines, "[role=heading]")))

    def _links_beside(self, candidate: _Candidate) -> list[str]:
        """Addresses of the links in a title's own small box."""
        box = candidate.ancestors[0] if candidate.ancestors else None
        if box is None or box.mem_id in self._wide:
            return []
        links = box.css("a[href]")
        return [link.attributes.get("href") or "" for link in links] if len(links) <= 3 else []

    def _is_organic(self, candidate: _Candidate, previous: str) -> bool:
        if self.engine.own(candidate.url) and not self._cites_itself(candidate):
            return False
        if any(_is_hidden(node) for node in candidate.ancestors[:_HIDDEN_LEVELS]):
            return False
        boxed = inside = False
        for node in candidate.ancestors:
            if _is_box(node):
                return False
            if not boxed and not inside and node.mem_id in self._inside:
                inside = True
                if node.mem_id in self._taken:
                    return False  # a second headline of the same result
                self._taken.add(node.mem_id)
            boxed = boxed or node.mem_id in self._boxes or node.mem_id in self._folded
        return (inside or not boxed) and not self._is_sitelink(candidate, previous)

    def _cites_itself(self, candidate: _Candidate) -> bool:
        """The engine's own site can rank like any other; then its address is shown as a result's.

        A link to a search, a redirect or a map has no such line.
        """
        parts = split(candidate.url)
        if parts is None or parts.path.strip("/").split("/")[0] in _GOOGLE_PATHS:
            return False
        host = host_of(candidate.url)
        for node in (candidate.node, *candidate.ancestors[:3]):
            if (cite := node.css_first("cite")) is not None:
                return host in cite.text().lower()
        return False

    def _is_sitelink(self, candidate: _Candidate, previous: str) -> bool:
        """A deeper link of the result above: same host, in a table or list, no address shown."""
        if host_of(candidate.url) != previous:
            return False
        for node in (candidate.node, *candidate.ancestors[:6]):
            if node.css_first("cite") is not None:
                return False
            if node.tag in ("table", "td", "li"):
                return True
        return False

    def _result(self, candidate: _Candidate, titles: set[int]) -> SerpResult:
        return SerpResult(0, candidate.url, candidate.title, self._snippet(candidate, titles))

    def _snippet(self, candidate: _Candidate, titles: set[int]) -> str:
        """The longest running text of the largest block that holds this title link alone."""
        block = candidate.node
        for node in candidate.ancestors[:_BLOCK_LEVELS]:
            if node.mem_id in self._wide:
                break
            if sum(link.mem_id in titles for link in node.css("a[href]")) > 1:
                break
            block = node
        if block is candidate.node:
            return ""
        best = ""
        around = {node.mem_id for node in (candidate.node, *candidate.ancestors)}
        inside = {node.mem_id for node in candidate.node.css("*")}
        for node in self._text_blocks(block):
            text = fold(node.text())
            if len(best) < len(text) <= 600 and node.mem_id not in around | inside:
                best = best if _cites(node) else text
        if len(best) < 80 and host_of(candidate.url) in best:
            return ""  # only the address was there
        return best

    def _text_blocks(self, block: LexborNode) -> Iterator[LexborNode]:
        """The texts of a result; in a table, they stand in the rows below the title's."""
        yield from block.css("div,span,p,td,dd,a")
        row = block.next if block.tag == "tr" else None
        for _ in range(2):
            while row is not None and row.tag != "tr":
                row = row.next
            if row is not None and row.css_first(self.engine.plain or "h3") is None:
                yield from row.css("td")
                row = row.next

    # -- questions and related searches

    def questions(self) -> list[str]:
        """What "people also ask" shows, without the answers."""
        asked = [node.attributes.get("data-query") for node in self.tree.css(_BING_QUESTIONS)]
        for pair in self.tree.css(".related-question-pair"):
            button = pair.css_first("[aria-expanded]") or pair.css_first("[role=button],[role=tab]")
            text = button.text() if button else next(iter(_lines(pair)), "")
            asked.append(pair.attributes.get("data-q") or text)
        if not asked:
            asked = [n.attributes.get("data-q") for n in self.tree.css("[data-initq] [data-q]")]
        return unique(asked or self._accordions())

    def _accordions(self) -> Iterator[str]:
        """Folded rows that ask, and those without a question mark in the same box."""
        rows = [
            (fold(node.text()), {up.mem_id for up in _above(node, 2)})
            for node in self.tree.css("[aria-expanded],details > summary")
        ]
        rows = [row for row in rows if 8 <= len(row[0]) <= 200]
        asking = [boxes for text, boxes in rows if _ENDS_AS_QUESTION.search(text)]
        for text, boxes in rows:
            if _ENDS_AS_QUESTION.search(text) or any(boxes & others for others in asking):
                yield text

    def related(self) -> list[str]:
        """Links below the results that search for the very words they show."""
        after = self._last_result is None
        found: list[str] = []
        for node in self.tree.css("a[href]"):
            if not after:
                after = self._last_result is not None and node.mem_id == self._last_result.mem_id
                continue
            asked = self._searches_for(node.attributes.get("href") or "")
            if asked and asked == fold(node.text()).casefold() != (self.query or "").casefold():
                found.append(fold(node.text()))
        return unique(found)

    def _searches_for(self, href: str) -> str:
        parts = split(href)
        if parts is None or (parts.hostname and not self.engine.own(href)):
            return ""
        values = parse_qs(parts.query)
        for name in self.engine.query:
            if values.get(name):
                return fold(values[name][0]).casefold()
        return ""


_BING_QUESTIONS = "[data-tag='RelatedQnA.Item'][data-query]"


def _lines(node: LexborNode) -> list[str]:
    return [line for text in node.text(separator="\n").split("\n") if (line := fold(text))]


def _above(node: LexborNode, levels: int) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None and levels:
        yield parent
        parent, levels = parent.parent, levels - 1


def _wide_nodes(nodes: list[LexborNode]) -> set[int]:
    """Ancestors of most of the nodes (titles of a page); no box on a result page is as wide."""
    held: Counter[int] = Counter()
    for node in nodes:
        parent = node.parent
        for _ in range(_MAX_ANCESTORS):
            if parent is None:
                break
            held[parent.mem_id] += 1
            parent = parent.parent
    return {mem_id for mem_id, count in held.items() if count > max(4, 0.6 * len(nodes))}


def _is_ad_token(name: str) -> bool:
    """A class such as ads-ad, result--ad, b_ad, b_adTop, AdTop, pla-unit; not "add" or "load".

    >>> [_is_ad_token(n) for n in ("result--ad", "b_adTop", "AdTop", "b_add", "header")]
    [True, True, True, False, False]
    """
    if name.startswith("b_ad") and (len(name) == 4 or name[4].isupper()):
        return True
    if _AD_WORD.fullmatch(name):
        return True
    return any(token in _AD_TOKENS for token in _TOKEN.split(name.lower()))


def _says_ad(text: str) -> bool:
    return bool(_AD_LABEL.fullmatch(text[:_AD_CHARS].strip().casefold()))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _cites(node: LexborNode) -> bool:
    return node.tag == "cite" or node.css_first("cite") is not None


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
    )


def _is_box(node: LexborNode) -> bool:
    """Carousels and the side column."""
    if node.tag in _BOX_TAGS:
        return True
    attributes = node.attributes
    if attributes.get("id") in _SIDE_IDS or attributes.get("role") == "complementary":
        return True
    names = (attributes.get("class") or "").lower().split()
    return any(token in _BOX_TOKENS for name in names for token in _TOKEN.split(name))
