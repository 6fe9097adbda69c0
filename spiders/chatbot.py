"""Pages in a browser: the chat widgets that exist only after scripts run."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as BrowserError
from scrapy import Spider

from crawler.archive import archive_of
from crawler.config import clean_domain
from crawler.egress import EgressProxy
from crawler.errors import ConfigError, TooComplex
from crawler.guard import AddressRules
from crawler.items import ChatWidget, Observations, Page, PageVisit, Technology
from spiders.base.browser import Browser, BrowserGone, Rendered, find_browser
from spiders.extract.observe import observe
from spiders.extract.page import ParsedPage
from spiders.extract.technologies import (
    extract_technologies,
    match_cookie,
    match_global,
    match_request,
    match_storage_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.archive import Archive
    from spiders.base.browser import Sighting
    from spiders.extract.vendors import Vendor

__all__ = ["ChatbotSpider", "read_rendered"]

_PAGE_S = 30.0
_RESTARTS = 2  # of a browser that crashed or hung, for one brand


class ChatbotSpider(Spider):
    """Opens pages of one brand in Chromium, without sending or typing anything.

    Arguments: domain, urls (pages to open, one a line, each fetched without a browser before, so
    that robots.txt allowed it), browser (path of Chromium; default: the one found), consent
    (reject or accept: the first answer to a consent wall), language. All traffic goes through a
    filtering proxy of our own. What is in the archive is read from there without a browser.

        scrapy crawl chatbot -a domain=example.com -a urls=https://example.com/ -O chat.json
    """

    name = "chatbot"

    def __init__(
        self,
        domain: str = "",
        urls: str = "",
        browser: str | None = None,
        consent: str = "reject",
        language: str = "en",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not domain or not urls:
            raise ConfigError("spider chatbot needs pages: -a domain=example.com -a urls=URL")
        self.domain = clean_domain(domain)
        self._urls = urls.split()
        self._executable = browser or find_browser()
        self._consent = consent
        self._language = language

    async def start(self) -> AsyncIterator[PageVisit]:
        archive = archive_of(self.crawler)
        waiting = []
        for url in self._urls:
            visit = self._from_archive(url, archive)
            if visit is None:
                waiting.append(url)
            else:
                yield visit
        if waiting and self.settings.getbool("OFFLINE"):
            for url in waiting:
                yield self._failed(url, "not rendered: not in the archive", None)
        elif waiting:
            async for visit in self._render_all(waiting, archive):
                yield visit

    # -- the browser

    async def _render_all(
        self, urls: list[str], archive: Archive | None
    ) -> AsyncIterator[PageVisit]:
        settings = self.settings
        upstream = settings.get("HTTP_PROXY")
        trusted = [upstream] if upstream else []
        egress = EgressProxy(
            AddressRules.of(settings.getlist("ALLOWED_ADDRESSES"), *trusted), upstream
        )
        await egress.start()
        try:
            starts = 0
            while urls and starts <= _RESTARTS:
                starts += 1
                async for visit in self._with_one_browser(urls, archive, egress.url):
                    yield visit
            for url in urls:
                yield self._failed(url, "not rendered: crash", archive)
            urls.clear()
        finally:
            await egress.close()
            self.crawler.stats.set_value("chatbot/refused_connections", egress.refused)

    async def _with_one_browser(
        self, urls: list[str], archive: Archive | None, proxy: str
    ) -> AsyncIterator[PageVisit]:
        """Visit as many of `urls` as one browser survives; they leave the list when done."""
        if self._executable is None:
            return
        agent = self.settings["USER_AGENT"]
        try:
            async with Browser(self._executable, proxy, agent, self._language) as browser:
                while urls:
                    url = urls[0]
                    try:
                        rendered = await browser.render(url, self._consent, _PAGE_S)
                    except BrowserError as error:
                        reason = str(error).strip().split("\n", 1)[0][:200]
                        urls.pop(0)
                        yield self._failed(url, f"not rendered: {reason}", archive)
                        continue
                    urls.pop(0)
                    yield self._keep(rendered, archive)
                    await asyncio.sleep(self.settings.getfloat("DOWNLOAD_DELAY"))
        except TimeoutError:
            yield self._failed(urls.pop(0), "not rendered: timeout", archive)
        except BrowserGone as gone:
            self.logger.warning("browser gone at %s: %s", urls[:1], gone)
            self.crawler.stats.inc_value("chatbot/browser_gone")
            if urls:
                yield self._failed(urls.pop(0), "not rendered: crash", archive)

    # -- the archive

    def _keep(self, rendered: Rendered, archive: Archive | None) -> PageVisit:
        record = None
        at = datetime.now(UTC).isoformat(timespec="seconds")
        if archive is not None:
            url = rendered.url
            if rendered.screenshot:
                archive.store_resource(
                    f"screenshot:{url}", url, "screenshot", rendered.screenshot, "image/jpeg"
                )
            archive.store_resource(
                f"requests:{url}", url, "requests", rendered.log(), "application/json"
            )
            body = rendered.html.encode("utf-8", "replace")
            kept = archive.store_resource(
                f"rendered:{url}", url, "rendered", body, "text/html; charset=utf-8"
            )
            record, at = kept.id, kept.fetched_at
        return self._visit(rendered, record, at)

    def _from_archive(self, url: str, archive: Archive | None) -> PageVisit | None:
        if archive is None:
            return None
        if failure := archive.find_failure(f"rendered:{url}"):
            return self._failed(url, failure[1], None)
        dom, log = archive.find(f"rendered:{url}"), archive.find(f"requests:{url}")
        if dom is None or log is None:
            return None
        html = archive.read(dom)[2].decode("utf-8", "replace")
        rendered = Rendered.from_log(archive.read(log)[2], html)
        return self._visit(rendered, dom.id, dom.fetched_at)

    # -- what it says

    def _visit(self, rendered: Rendered, record: str | None, at: str) -> PageVisit:
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
            return PageVisit(self.domain, page)
        page.title = parsed.title[:300] or None
        page.language = parsed.language
        found = observe(parsed, ("faq", "reviews", "channels", "policies"))
        found.chat, found.technologies = read_rendered(rendered, parsed)
        return PageVisit(self.domain, page, found)

    def _failed(self, url: str, reason: str, archive: Archive | None) -> PageVisit:
        if archive is not None:
            archive.store_failure(f"rendered:{url}", url, "error", reason)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        page = Page(url=url, state="error", reason=reason, fetched_at=now, rendered=True)
        return PageVisit(self.domain, page, Observations())


def read_rendered(
    rendered: Rendered, page: ParsedPage
) -> tuple[list[ChatWidget], list[Technology]]:
    """Chats and systems of a rendered page, from its DOM and from what it did, each vendor once.

    A request to a vendor counts though the vendor cannot be reached: the page made it. A vendor
    found twice keeps its strongest evidence and its earliest phase.
    """
    chats, systems = extract_technologies(page)
    found: dict[str, ChatWidget] = {}
    others = {system.vendor: system for system in systems}
    for chat in chats:
        chat.phase = "load"
        found[chat.vendor] = chat
    by_log = list(_sightings(rendered.sightings))
    for vendor, widget in by_log:
        known = found.get(vendor.slug)
        if vendor.kind is None:
            others.setdefault(
                vendor.slug,
                Technology(vendor.slug, vendor.category, widget.evidence, widget.proof),
            )
        elif known is None or _RANK[widget.evidence] < _RANK[known.evidence]:
            found[vendor.slug] = widget
    late = {vendor.slug for vendor, widget in by_log if widget.phase != "load"}
    early = {vendor.slug for vendor, widget in by_log if widget.phase == "load"}
    for slug in late - early:
        # In the final DOM it stands anyway; when it was asked for tells when it came.
        phases = [widget.phase for vendor, widget in by_log if vendor.slug == slug]
        if slug in found:
            found[slug].phase = phases[0]
    return list(found.values()), list(others.values())


_RANK = {"embedded": 0, "likely": 1, "mentioned": 2}


def _sightings(sightings: list[Sighting]) -> Iterator[tuple[Vendor, ChatWidget]]:
    for sighting in sightings:
        vendor, evidence = None, "embedded"
        if sighting.how == "request":
            if matched := match_request(sighting.value):
                vendor, evidence = matched
        elif sighting.how == "global":
            vendor = match_global(sighting.value)
        else:
            evidence = "likely"
            match = match_cookie if sighting.how == "cookie" else match_storage_key
            vendor = match(sighting.value)
        if vendor is not None:
            proof = f"{sighting.how} {sighting.value}"[:200]
            kind = vendor.kind or "live_chat"
            yield vendor, ChatWidget(vendor.slug, kind, evidence, proof, sighting.phase)  # type: ignore[arg-type]
