"""One visit to one brand: the pages where its customer experience shows, each parsed once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals

from crawler.config import clean_domain
from crawler.domains import registrable_domain
from crawler.errors import ConfigError, Refused, TooComplex
from crawler.guard import check_url
from crawler.items import Observations, Page, PageVisit
from crawler.politeness import failure_state
from spiders.base.blocked import block_reason, is_binary
from spiders.base.frontier import Frontier, Target
from spiders.extract.links import purpose_of
from spiders.extract.observe import observe
from spiders.extract.page import ParsedPage
from spiders.extract.sitemaps import sitemap_urls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser
    from twisted.python.failure import Failure

_HTML = ("text/html", "application/xhtml+xml", "text/plain")
_MAX_SITEMAPS = 3
_MAX_UNVISITED = 20
_SITEMAP_SCORE = 0.8  # a sitemap tells no anchor text, so its links come a little later


class SiteSpider(Spider):
    """A brand's own site: start page, sitemaps of robots.txt, then the likeliest CX pages.

    Arguments: domain (registrable domain or host of the brand), seeds (addresses to begin with,
    one a line; default: the start page), pages (budget, 40), max_mb (byte budget, 60). Pages are
    fetched one after the other, best link first, so the same site always gives the same crawl.

        scrapy crawl site -a domain=example.com -O pages.json
    """

    name = "site"

    def __init__(
        self,
        domain: str = "",
        seeds: str = "",
        pages: str | int = 40,
        max_mb: str | int = 60,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not domain:
            raise ConfigError("spider site has no domain; give one: -a domain=example.com")
        self.domain = clean_domain(domain)
        self._domains = {registrable_domain(self.domain) or self.domain}
        self._frontier = Frontier(budget=int(pages))
        self._bytes_left = int(max_mb) * 1_000_000
        self._seeds = [seed for seed in seeds.split() if seed] or [f"https://{self.domain}/"]
        self._sitemaps: list[str] = []
        self._sitemaps_read = 0
        self._plain_hosts: set[str] = set()
        self._no_tls_hosts: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SiteSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._robots_parsed, signal=signals.robots_parsed)
        return spider

    def _robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        rules = getattr(robotparser, "rp", None)
        for url in list(rules.sitemaps)[:_MAX_SITEMAPS] if rules else []:
            if self._is_own(url) and url not in self._sitemaps:
                self._sitemaps.append(url)

    async def start(self) -> AsyncIterator[PageVisit | Request]:
        for number, url in enumerate(self._seeds):
            self._frontier.add(Target(url, score=2.0 - number / 100))
        for request in self._next():
            yield request

    # -- what comes back

    def parse(self, response: Response, target: Target) -> Iterator[PageVisit | Request]:
        self._bytes_left -= len(response.body)
        if response.url.startswith("http://"):
            self._plain_hosts.add(urlsplit(response.url).netloc)
        if response.url != target.url and not self._frontier.mark_seen(response.url):
            self.crawler.stats.inc_value("site/read_already")
        else:
            yield self._visit(target, response)
        yield from self._next()

    def failed(self, failure: Failure) -> Iterator[PageVisit | Request]:
        target: Target = failure.request.cb_kwargs["target"]  # type: ignore[attr-defined]
        state, reason = failure_state(failure.value)
        if self._fall_back(target, state):
            yield from self._next()
            return
        page = Page(
            url=target.url,
            state=state,  # type: ignore[arg-type]
            reason=reason,
            fetched_at=self._fetched_at(failure.request),  # type: ignore[attr-defined]
            purpose=target.purpose,
            depth=target.depth,
            from_url=target.from_url,
            record=failure.request.meta.get("archive_record"),  # type: ignore[attr-defined]
        )
        yield PageVisit(brand=self.domain, page=page)
        yield from self._next()

    def parse_sitemap(self, response: Response) -> Iterator[PageVisit | Request]:
        self._bytes_left -= len(response.body)
        pages, more = sitemap_urls(response.body)
        self._sitemaps.extend(url for url in more if self._is_own(url))
        for url in pages:
            if self._is_own(url):
                purpose, score = purpose_of(url)
                if purpose != "other":
                    self._frontier.add(Target(url, score * _SITEMAP_SCORE, purpose, depth=1))
        yield from self._next()

    def sitemap_failed(self, failure: Failure) -> Iterator[PageVisit | Request]:
        self.crawler.stats.inc_value("site/sitemap_failed")
        yield from self._next()

    # -- one page

    def _visit(self, target: Target, response: Response) -> PageVisit:
        page = self._page(target, response)
        observations = Observations()
        if page.state == "ok":
            try:
                observations = self._read(response, page)
            except Exception as error:  # the edge of a job: one page must not end the visit
                self.logger.exception("page %s cannot be read", response.url)
                page.state, page.reason = "error", f"cannot be read: {type(error).__name__}"
        return PageVisit(brand=self.domain, page=page, observations=observations)

    def _page(self, target: Target, response: Response) -> Page:
        page = Page(
            url=target.url,
            state="ok",
            fetched_at=self._fetched_at(response.request),
            final_url=response.url,
            status=response.status,
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1") or None,
            bytes=len(response.body),
            digest=hashlib.blake2b(response.body, digest_size=8).hexdigest(),
            purpose=target.purpose,
            depth=target.depth,
            from_url=target.from_url,
            record=response.meta.get("archive_record"),
        )
        if response.status in (404, 410):
            page.state, page.reason = "not_found", f"status {response.status}"
            self._frontier.give_back()
        elif not 200 <= response.status < 500:
            page.state, page.reason = "error", f"the site answers {response.status}"
        elif not self._is_own(response.url) and not self._adopt(target, response.url):
            page.state = "error"
            page.reason = f"leads to another site, {urlsplit(response.url).hostname}"
        elif not (page.content_type or "text/html").startswith(_HTML):
            page.state, page.reason = "error", f"no page to read: {page.content_type}"
        elif is_binary(response.body):
            page.state, page.reason = "error", "no page to read: the body is no text"
        return page

    def _read(self, response: Response, page: Page) -> Observations:
        try:
            parsed = ParsedPage.from_bytes(response.body, response.url, page.content_type)
        except TooComplex as reason:
            page.state, page.reason = "too_complex", str(reason)
            return Observations()
        blocked = block_reason(response, parsed.html)
        if blocked or response.status >= 400:
            page.state = "blocked" if blocked else "error"
            page.reason = blocked or f"the site answers {response.status}"
            return Observations()
        page.title = parsed.title[:300] or None
        page.language = parsed.language
        found = observe(parsed)
        if page.purpose == "other":
            page.purpose = purpose_of(response.url, parsed.title)[0]
        for link in found.links:
            self._frontier.add(
                Target(link.url, link.score, link.purpose, page.depth + 1, response.url)
            )
        return found

    def _fetched_at(self, request: Request | None) -> str:
        archived = request.meta.get("archived_at") if request is not None else None
        return archived or datetime.now(UTC).isoformat(timespec="seconds")

    def _is_own(self, url: str) -> bool:
        try:
            check_url(url)
        except Refused:
            return False
        host = urlsplit(url).hostname or ""
        return (registrable_domain(host) or host) in self._domains

    def _adopt(self, target: Target, url: str) -> bool:
        """A start page that moved takes the brand's new domain along."""
        host = urlsplit(url).hostname
        if target.depth == 0 and target.url in self._seeds and host:
            self._domains.add(registrable_domain(host) or host)
            return True
        return False

    def _fall_back(self, target: Target, state: str) -> bool:
        """Try http where https does not answer: for the start page, and on hosts known to do so."""
        host = urlsplit(target.url).netloc
        if state not in ("error", "robots") or not target.url.startswith("https://"):
            return False
        if host not in self._plain_hosts and target.depth > 0:
            return False
        self._no_tls_hosts.add(host)
        self._frontier.put_back(replace(target, url="http://" + target.url[len("https://") :]))
        return True

    # -- what comes next

    def _next(self) -> Iterator[PageVisit | Request]:
        """One request at a time: the next sitemap, else the best page within the budgets."""
        if self._sitemaps_read < min(len(self._sitemaps), _MAX_SITEMAPS):
            url = self._sitemaps[self._sitemaps_read]
            self._sitemaps_read += 1
            yield Request(url, self.parse_sitemap, errback=self.sitemap_failed, dont_filter=True)
            return
        if self._bytes_left <= 0:
            yield from self._tell_unvisited()
            return
        target = self._frontier.take()
        if target is not None and urlsplit(target.url).netloc in self._no_tls_hosts:
            target = replace(target, url=target.url.replace("https://", "http://", 1))
        if target is not None:
            yield Request(
                target.url,
                self.parse,
                errback=self.failed,
                cb_kwargs={"target": target},
                dont_filter=True,
            )
        elif self._frontier.left:
            yield from self._tell_unvisited()

    def _tell_unvisited(self) -> Iterator[PageVisit]:
        """Likely pages that the budget did not reach: not seen is a state, not an absence.

        Where none of those left is likely, the first one says that the visit was cut short.
        """
        self.crawler.stats.set_value("site/budget", "used up")
        left = self._frontier.left
        wanted = [target for target in left if target.purpose != "other"] or left[:1]
        for target in wanted[:_MAX_UNVISITED]:
            page = Page(
                url=target.url,
                state="budget",
                reason="known and wanted, but the budget of the site was used up",
                fetched_at=self._fetched_at(None),
                purpose=target.purpose,
                depth=target.depth,
                from_url=target.from_url,
            )
            yield PageVisit(brand=self.domain, page=page)
