"""Pages in a browser: the chat widgets that exist only after scripts run."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

from scrapy import Spider

from crawler.archive import archive_of
from crawler.browser import find_browser
from crawler.config import clean_domain
from crawler.egress import EgressProxy
from crawler.errors import ConfigError, TooComplex
from crawler.guard import AddressRules
from crawler.items import ChatWidget, Observations, Page, PageVisit, Technology
from spiders.base.browser import Browser, BrowserGone, NotReached
from spiders.base.learning import Learned
from spiders.base.render_visit import Rendered, vendor_of
from spiders.extract.chat_reading import read_chat
from spiders.extract.observe import observe
from spiders.extract.page import ParsedPage
from spiders.extract.technologies import extract_technologies, own_chat
from spiders.extract.vendors import RANK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.archive import Archive
    from spiders.base.browser import Site
    from spiders.base.render_visit import Sighting

__all__ = ["ChatbotSpider", "read_rendered"]

_CRASH = "not rendered: crash"
_ASKED = " requested by "
_MAX_SAID, _MAX_BY = 120, 90  # characters: a quotation in a report has room for both
_RESTARTS = 4  # of a browser that crashed or hung, for one brand


@dataclass
class _Brand:
    """What is still to be opened of one brand."""

    domain: str
    urls: list[str]
    sample: list[str]
    kinds: dict[str, str] = field(default_factory=dict)  # url -> kind, of what may be left out
    opened: bool = False  # whether its chat was opened and read
    retried: set[str] = field(default_factory=set)  # pages in whose midst a browser crashed

    @property
    def next(self) -> str | None:
        return next(iter(self.urls or self.sample), None)

    def drop(self) -> None:
        (self.urls or self.sample).pop(0)


class ChatbotSpider(Spider):
    """Opens pages of one brand, or of several in one Chromium, without sending or typing anything.

    Arguments: domain, urls (pages to open, one a line, each fetched without a browser before, so
    that robots.txt allowed it; once a live chat or bot is proven the rest is left out), sample
    (pages opened all the same), or brands (a JSON list of objects with these three), browser (path
    of Chromium; default: the one found), consent (reject or accept: the first answer to a consent
    wall), learned (a JSON list of [kind, changed] of runs before, and turn, how many those were),
    language, page_seconds (how long a page may take), painted (yes: each page is painted,
    which costs more and shows a browser without our shortcuts). The first chat found of a brand is
    opened by a click and read. All traffic goes through a filtering proxy of our own. What is in
    the archive is read from there without a browser.

        scrapy crawl chatbot -a domain=example.com -a urls=https://example.com/ -O chat.json
    """

    name = "chatbot"

    def __init__(
        self,
        domain: str = "",
        urls: str = "",
        sample: str = "",
        brands: str = "",
        browser: str | None = None,
        consent: str = "reject",
        language: str = "en",
        page_seconds: float | str = 30.0,
        painted: str = "",
        learned: str = "[]",
        turn: int | str = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        one = {"domain": domain, "urls": urls, "sample": sample}
        rows: list[dict[str, Any]] = json.loads(brands) if brands else [one]
        self._brands = [
            _Brand(
                clean_domain(row["domain"]),
                row["urls"].split(),
                row.get("sample", "").split(),
                row.get("kinds", {}),
            )
            for row in rows
            if row["domain"] and (row["urls"] or row.get("sample"))
        ]
        if not self._brands:
            raise ConfigError("spider chatbot needs pages: -a domain=example.com -a urls=URL")
        self._executable = browser or find_browser()
        self._consent = consent
        self._language = language
        self._page_s = float(page_seconds)
        self._hidden = painted != "yes"
        self._learned = Learned(json.loads(learned), int(turn))
        self._lessons: list[tuple[str, str, bool]] = []

    async def start(self) -> AsyncIterator[PageVisit]:
        """Pages from the archive, the rest by the browser; in order, so that a replay agrees."""
        archive = archive_of(self.crawler)
        offline = self.settings.getbool("OFFLINE")
        for brand in self._brands:
            while url := self._next(brand):
                visit = self._from_archive(brand, url, archive)
                if visit is None and offline:
                    visit = self._failed(brand, url, "not rendered: not in the archive", None)
                if visit is None:
                    break
                yield self._done(brand, visit)
        if any(map(self._next, self._brands)):
            async for visit in self._render_all(archive):
                yield visit

    # -- whose turn it is

    def _next(self, brand: _Brand) -> str | None:
        """The brand's next page that is worth it, after what was seen on others of its kind."""
        while url := brand.next:
            if self._learned.is_worth(brand.kinds.get(url, ""), url):
                return url
            brand.drop()
            self.crawler.stats.inc_value(f"chatbot/left_out/{brand.domain}")
        return None

    def _done(self, brand: _Brand, visit: PageVisit) -> PageVisit:
        """The turn of the page after; a proven chat spares those that were to show one."""
        found, kind = visit.observations, brand.kinds.get(visit.page.url, "")
        if visit.page.state == "ok":
            chat = any(chat.evidence != "mentioned" for chat in found.chat)
            content = bool(found.faq or found.reviews or found.channels)
            changed = chat or (not brand.urls and content)
            self._learned.note(kind, changed=changed)
            if kind:
                self._lessons.append((visit.page.url, kind, changed))
                self.crawler.stats.set_value("chatbot/lessons", self._lessons)
        brand.drop()
        if any(map(_is_proven, found.chat)):
            brand.urls.clear()
        return visit

    # -- the browser

    async def _render_all(self, archive: Archive | None) -> AsyncIterator[PageVisit]:
        settings = self.settings
        upstream = settings.get("HTTP_PROXY")
        trusted = [upstream] if upstream else []
        egress = EgressProxy(
            AddressRules.of(settings.getlist("ALLOWED_ADDRESSES"), *trusted), upstream
        )
        await egress.start()
        try:
            starts = len(self._brands) * (1 + _RESTARTS)
            while starts and any(map(self._next, self._brands)):
                starts -= 1
                async for visit in self._with_one_browser(archive, egress.url):
                    yield visit
            for brand in self._brands:
                while url := self._next(brand):
                    yield self._done(brand, self._failed(brand, url, _CRASH, archive))
        finally:
            await egress.close()
            self.crawler.stats.set_value("chatbot/refused_connections", egress.refused)

    async def _with_one_browser(
        self, archive: Archive | None, proxy: str
    ) -> AsyncIterator[PageVisit]:
        """Visit as many brands as one browser survives; each is a new visitor."""
        if self._executable is None:
            return
        reason = None
        brand = next(filter(self._next, self._brands))
        try:
            async with Browser(self._executable, proxy, self.settings["USER_AGENT"]) as browser:
                self.crawler.stats.inc_value("chatbot/browsers")
                for brand in self._brands:
                    if self._next(brand) and browser.is_worn_out():
                        return
                    if self._next(brand):
                        async for visit in self._one_brand(browser, brand, archive):
                            yield visit
        except TimeoutError:
            reason = "not rendered: timeout"
        except BrowserGone as gone:
            self.logger.warning("browser gone: %s", gone)
            reason = _CRASH
        if reason and (url := brand.next):
            self.crawler.stats.inc_value("chatbot/browser_gone")
            if reason == _CRASH and url not in brand.retried:
                # Perhaps the machine's fault, or that of the page before: a fresh browser tells.
                brand.retried.add(url)
                return
            yield self._done(brand, self._failed(brand, url, reason, archive))

    async def _one_brand(
        self, browser: Browser, brand: _Brand, archive: Archive | None
    ) -> AsyncIterator[PageVisit]:
        async with browser.site(self._language, hidden=self._hidden) as site:
            while url := self._next(brand):
                if browser.is_worn_out():
                    return
                browser.pages += 1
                yield self._done(brand, await self._open(site, brand, url, archive))
                await asyncio.sleep(self.settings.getfloat("DOWNLOAD_DELAY"))

    async def _open(
        self, site: Site, brand: _Brand, url: str, archive: Archive | None
    ) -> PageVisit:
        try:
            rendered = await site.render(
                url, self._consent, open_chat=not brand.opened, deadline_s=self._page_s
            )
        except NotReached as error:
            return self._failed(brand, url, f"not rendered: {str(error)[:200]}", archive)
        if rendered.status is not None and rendered.status >= 400:
            return self._failed(brand, url, f"not rendered: HTTP {rendered.status}", archive)
        brand.opened = brand.opened or rendered.chat is not None
        return self._keep(brand, rendered, archive)

    # -- the archive

    def _keep(self, brand: _Brand, rendered: Rendered, archive: Archive | None) -> PageVisit:
        record = None
        at = datetime.now(UTC).isoformat(timespec="seconds")
        if archive is not None:
            url = rendered.url
            for key, picture in (
                ("screenshot", rendered.screenshot),
                ("chat-screenshot", rendered.chat_screenshot),
            ):
                if picture:
                    archive.store_resource(f"{key}:{url}", url, "screenshot", picture, "image/jpeg")
            archive.store_resource(
                f"requests:{url}", url, "requests", rendered.log(), "application/json"
            )
            body = rendered.html.encode("utf-8", "replace")
            kept = archive.store_resource(
                f"rendered:{url}", url, "rendered", body, "text/html; charset=utf-8"
            )
            record, at = kept.id, kept.fetched_at
        return self._visit(brand, rendered, record, at)

    def _from_archive(self, brand: _Brand, url: str, archive: Archive | None) -> PageVisit | None:
        if archive is None:
            return None
        if failure := archive.find_failure(f"rendered:{url}"):
            return self._failed(brand, url, failure.reason, None)
        dom, log = archive.find(f"rendered:{url}"), archive.find(f"requests:{url}")
        if dom is None or log is None:
            return None
        html = archive.read(dom)[2].decode("utf-8", "replace")
        rendered = Rendered.from_log(archive.read(log)[2], html)
        brand.opened = brand.opened or rendered.chat is not None
        return self._visit(brand, rendered, dom.id, dom.fetched_at)

    # -- what it says

    def _visit(self, brand: _Brand, rendered: Rendered, record: str | None, at: str) -> PageVisit:
        body = rendered.html.encode("utf-8", "replace")
        page = Page(
            url=rendered.url,
            state="ok",
            fetched_at=at,
            reason=f"consent wall {rendered.consent}" if rendered.consent else "",
            final_url=rendered.final_url,
            status=rendered.status,
            content_type="text/html",
            bytes=len(rendered.html),
            digest=hashlib.blake2b(body, digest_size=8).hexdigest(),
            rendered=True,
            record=record,
        )
        try:
            parsed = ParsedPage(rendered.html, rendered.final_url)
        except TooComplex as reason:
            page.state, page.reason = "too_complex", str(reason)
            return PageVisit(brand.domain, page)
        page.title = parsed.title[:300] or None
        page.language = parsed.language
        found = observe(parsed, ("faq", "reviews", "channels", "policies"))
        found.chat, found.technologies = read_rendered(rendered, parsed)
        kind = next((chat.kind for chat in sorted(found.chat, key=_rank) if _is_live(chat)), None)
        found.chat_criteria = read_chat(rendered.chat, kind, parsed.language)
        return PageVisit(brand.domain, page, found)

    def _failed(self, brand: _Brand, url: str, reason: str, archive: Archive | None) -> PageVisit:
        if archive is not None:
            archive.store_failure(f"rendered:{url}", url, "error", reason)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        page = Page(url=url, state="error", reason=reason, fetched_at=now, rendered=True)
        return PageVisit(brand.domain, page, Observations())


def read_rendered(
    rendered: Rendered, page: ParsedPage
) -> tuple[list[ChatWidget], list[Technology]]:
    """Chats and systems of a rendered page, from its DOM and from what it did, each vendor once.

    A request to a vendor counts though the vendor cannot be reached: the page made it. A vendor
    found twice keeps its strongest evidence and its earliest phase; what only the DOM at the end
    shows counts as loaded.
    """
    chats, systems = extract_technologies(page)
    seen = list(_sightings(rendered.sightings))
    phases: dict[str, str] = {}
    for chat in seen:
        phases.setdefault(chat.vendor, chat.phase)
    found: dict[str, ChatWidget] = {}
    for chat in (*chats, *seen):
        known = found.get(chat.vendor)
        if known is None or RANK[chat.evidence] < RANK[known.evidence]:
            chat.phase = phases.get(chat.vendor, "load")
            found[chat.vendor] = chat
    if not any(chat.evidence != "mentioned" for chat in found.values()):
        for chat in own_chat(page, is_rendered=True):
            chat.phase = "load"
            found[chat.vendor] = chat
    others = {system.vendor: system for system in systems}
    for system in _systems(rendered.sightings):
        others.setdefault(system.vendor, system)
    _name_askers([*found.values(), *others.values()], rendered)
    return list(found.values()), list(others.values())


def _name_askers(found: list[ChatWidget | Technology], rendered: Rendered) -> None:
    """Where the page also asked a vendor's host, the proof says which script did."""
    askers: dict[str, str] = {}
    for sighting in rendered.sightings:
        match = vendor_of(sighting) if sighting.how == "request" and sighting.by else None
        if match and sighting.by not in (rendered.url, rendered.final_url):
            askers.setdefault(match[0].slug, sighting.by)
    for one in found:
        by = askers.get(one.vendor)
        if by and one.evidence != "mentioned" and _ASKED not in one.proof:
            one.proof = _asked(f"{one.proof[:_MAX_SAID]};", by)


def _is_proven(chat: ChatWidget) -> bool:
    return chat.evidence == "embedded" and chat.kind != "messenger"


def _is_live(chat: ChatWidget) -> bool:
    return chat.evidence != "mentioned" and chat.kind != "messenger"


def _rank(chat: ChatWidget) -> int:
    return RANK[chat.evidence]


def _sightings(sightings: list[Sighting]) -> Iterator[ChatWidget]:
    """Chats behind what the page did, in order."""
    for sighting in sightings:
        if sighting.how == "floating":
            yield from _floating(sighting)
        elif match := vendor_of(sighting):
            vendor, evidence = match
            proof = _proof(sighting)
            if vendor.kind is not None:
                yield ChatWidget(vendor.slug, vendor.kind, evidence, proof, sighting.phase)


def _floating(sighting: Sighting) -> Iterator[ChatWidget]:
    """A link that the browser saw floating, judged like one whose markup says so."""
    link = f'<a style="position:fixed" href="{escape(sighting.value)}">'
    chats, _ = extract_technologies(ParsedPage(link, "http://page.invalid/"))
    for chat in chats:
        if chat.evidence != "mentioned":
            chat.phase = sighting.phase
            yield chat


def _systems(sightings: list[Sighting]) -> Iterator[Technology]:
    for sighting in sightings:
        if (match := vendor_of(sighting)) and match[0].kind is None:
            vendor, evidence = match
            yield Technology(vendor.slug, vendor.category, evidence, _proof(sighting))


def _proof(sighting: Sighting) -> str:
    """What was seen and, of a request, which script or document made it."""
    said = f"{sighting.how} {sighting.value}"
    return _asked(f"{said[:_MAX_SAID]},", sighting.by) if sighting.by else said[:200]


def _asked(said: str, by: str) -> str:
    return f"{said}{_ASKED}{by[:_MAX_BY]}"
