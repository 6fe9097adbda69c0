"""How we behave as guests: robots.txt by RFC 9309, Retry-After, Crawl-delay, circuit breaker."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.extensions.throttle import AutoThrottle
from scrapy.robotstxt import ProtegoRobotParser
from twisted.internet.defer import Deferred

from crawler.archive import ArchivedFailure, archive_of
from crawler.download import BrokenAnswer
from crawler.errors import Refused

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser
    from scrapy.settings import BaseSettings

__all__ = [
    "CircuitBreakerMiddleware",
    "FailureMiddleware",
    "HostPaused",
    "RetryAfterMiddleware",
    "Robots",
    "RobotsDisallowed",
    "Throttle",
    "failure_state",
    "retry_after_s",
]

log = logging.getLogger(__name__)

MAX_CRAWL_DELAY_S = 30.0  # StormCrawler's cap; a longer one is taken as this
MAX_ROBOTS_BYTES = 1024 * 1024  # RFC 9309 asks for at least 500 KiB
MAX_RETRY_AFTER_S = 120.0  # a host that asks for more is left alone in this run
BREAKER_FAILURES = 4  # failures of one host in a row before it is left alone
BUSY_PAGES = 2  # pages in a row that a host answers with 429 to the last try


_NOT_TRIED = (IgnoreRequest, Refused)


class RobotsDisallowed(IgnoreRequest):
    """robots.txt does not want this fetch, or could not be had (RFC 9309 2.3.1.4)."""


class HostPaused(IgnoreRequest):
    """The host failed too often or asked us to stay away; the rest of it is not fetched."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state, self.reason = state, reason


def failure_state(error: Exception) -> tuple[str, str]:
    """(page state, reason) of a fetch that gave no response; see items.PageState."""
    if isinstance(error, (HostPaused, ArchivedFailure)):
        return error.state, error.reason
    if isinstance(error, RobotsDisallowed):
        return "robots", str(error)
    if isinstance(error, Refused):
        return "refused", str(error)
    if isinstance(error, DownloadTimeoutError):
        return "timeout", "no complete answer in time"
    if isinstance(error, DownloadCancelledError):
        return "too_large", "the response is larger than we read"
    if isinstance(error, ResponseDataLossError):
        return "error", "the answer broke off or is broken HTTP"
    if isinstance(error, DownloadFailedError | DownloadConnectionRefusedError):
        return "error", str(error)
    if isinstance(error, CannotResolveHostError):
        return "error", "the host name does not resolve"
    if isinstance(error, IgnoreRequest):
        text = str(error)
        if "maximum decompressed" in text or "exceeded" in text or "larger than" in text:
            return "too_large", "the response is larger than we read"
        if "not in cache" in text:
            return "error", "not in the archive"
        return "error", text[:200] or "ignored"
    return "error", f"{type(error).__name__}: {str(error)[:200]}"


class Robots(RobotsTxtMiddleware):
    """robots.txt as RFC 9309 says; Scrapy alone takes a 5xx or a dead robots.txt as allow-all.

    4xx allows everything; 429, 5xx and unreachable disallow everything; Crawl-delay becomes the
    delay of the host. What could not be had under https may be had under http: robots.txt is of
    a scheme and a host. Each keeps why it disallows.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._asking: dict[str, str] = {}  # host to the scheme that is asked
        self._why: dict[str, dict[str, str | Refused]] = {}  # host to scheme to why

    async def process_request(self, request: Request, spider: Spider | None = None) -> None:
        parts = urlsplit(request.url)
        if not request.meta.get("dont_obey_robotstxt"):
            self._turn_to(parts.netloc, parts.scheme)
        try:
            await super().process_request(request)
        except IgnoreRequest as error:
            if type(error) is not IgnoreRequest:
                raise
            self._raise_why(parts.netloc, parts.scheme)
            raise RobotsDisallowed("robots.txt disallows this address") from None

    def _turn_to(self, netloc: str, scheme: str) -> None:
        refused = self._why.get(netloc, {})
        self._raise_why(netloc, scheme)
        if refused and self._asking.get(netloc) != scheme:
            self._parsers.pop(netloc, None)
        self._asking[netloc] = scheme

    def _raise_why(self, netloc: str, scheme: str) -> None:
        why = self._why.get(netloc, {}).get(scheme)
        if isinstance(why, Refused):
            raise why from None
        if why:
            raise RobotsDisallowed(why) from None

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        status = response.status
        if status == 429 or status >= 500:
            self._refuse_all(netloc, f"robots.txt answered {status}, so nothing may be fetched")
            return
        body = response.body[:MAX_ROBOTS_BYTES] if 200 <= status < 300 else b""
        await super()._parse_robots(response.replace(body=body), netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, RobotsDisallowed):
            super()._robots_error(exc, netloc)
            return
        if isinstance(exc, Refused):
            self._refuse_all(netloc, exc)
            return
        _, reason = failure_state(exc)
        self._refuse_all(
            netloc, f"robots.txt could not be had ({reason}), so nothing may be fetched"
        )

    def _refuse_all(self, netloc: str, why: str | Refused) -> None:
        self._why.setdefault(netloc, {})[self._asking[netloc]] = why
        self._stats.inc_value("robotstxt/unavailable")
        waiting = self._parsers[netloc]
        assert isinstance(waiting, Deferred)
        refusal = ProtegoRobotParser(b"User-agent: *\nDisallow: /", None)
        self._parsers[netloc] = refusal
        waiting.callback(refusal)


class Throttle(AutoThrottle):
    """Scrapy's AutoThrottle that never goes below the Crawl-delay a host asks for."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._floors: dict[str, float] = {}
        self._agent = crawler.settings["ROBOTSTXT_USER_AGENT"]
        crawler.signals.connect(self._robots_parsed, signal=signals.robots_parsed)

    def _robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        asked = robotparser.crawl_delay(self._agent)
        if not asked:
            return
        downloader = self.crawler.engine.downloader
        host = downloader.get_slot_key(request)
        delay = min(max(asked, self.mindelay), MAX_CRAWL_DELAY_S)
        self._floors[host] = delay
        downloader.per_slot_settings[host] = {"delay": delay, "jitter": 0.0}
        if host in downloader.slots:
            downloader.slots[host].delay = delay
            downloader.slots[host].jitter = 0.0
        self.crawler.stats.set_value(f"politeness/crawl_delay/{host}", delay)

    def _response_downloaded(self, response: Response, request: Request, spider: Spider) -> None:
        super()._response_downloaded(response, request, spider)
        key, slot = self._get_slot(request, spider)
        if slot is not None and key in self._floors:
            slot.delay = max(slot.delay, self._floors[key])


def retry_after_s(value: bytes | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (a number or a date), None without a usable one.

    >>> retry_after_s(b"120", datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    """
    if not value:
        return None
    text = value.decode("latin-1").strip()
    if text.isdigit():
        return float(text[:12])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


class RetryAfterMiddleware(RetryMiddleware):
    """Retries as Scrapy does, but waits as long as the host asks with 429 and 503.

    A host that asks for more than MAX_RETRY_AFTER_S, or that still answers 429 after the last
    try on BUSY_PAGES pages in a row, is left alone for the rest of the run.
    """

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self._not_before: dict[str, float] = {}
        self._closed: dict[str, HostPaused] = {}
        self._busy: dict[str, int] = defaultdict(int)

    async def process_request(self, request: Request, spider: Spider | None = None) -> None:
        host = urlsplit(request.url).netloc
        if host in self._closed:
            raise self._closed[host]
        wait_s = self._not_before.get(host, 0.0) - time.monotonic()
        if wait_s > 0 and not request.meta.get("archived_at"):
            await asyncio.sleep(wait_s)

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        host = urlsplit(request.url).netloc
        if response.status not in (429, 503):
            self._busy[host] = 0
            return super().process_response(request, response)
        asked = retry_after_s(response.headers.get("Retry-After"), datetime.now(UTC))
        if asked is not None and asked > MAX_RETRY_AFTER_S:
            self._close(host, f"asks to stay away for {asked:.0f} s (status {response.status})")
            return response
        if "cached" not in response.flags:
            tries = request.meta.get("retry_times", 0)
            pause = asked if asked is not None else 5.0 * 2**tries
            self._not_before[host] = time.monotonic() + pause
            again = self._retry(request, f"status {response.status}, waiting {pause:.0f} s")
            if again is not None:
                return again
        if response.status == 429:
            self._busy[host] += 1
            if self._busy[host] >= BUSY_PAGES:
                self._close(host, "answers 429 (too many requests) also after waiting")
        return response

    def _close(self, host: str, why: str) -> None:
        self._closed[host] = HostPaused("blocked", f"host {why}")
        self.crawler.stats.inc_value("politeness/hosts_left_alone")


class CircuitBreakerMiddleware:
    """After BREAKER_FAILURES fetches in a row without an answer or with 5xx, the rest waits.

    A page that is too large, cut off or no HTTP is an answer: it takes no 45 s, and says nothing
    about the other pages of its host.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._stats = crawler.stats
        self._failures: dict[str, int] = defaultdict(int)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CircuitBreakerMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        failures = self._failures[urlsplit(request.url).netloc]
        if failures >= BREAKER_FAILURES:
            raise HostPaused("error", f"host failed {failures} times in a row and is left alone")

    def process_response(self, request: Request, response: Response) -> Response:
        host = urlsplit(request.url).netloc
        if response.status >= 500:
            self._failures[host] += 1
        else:
            self._failures[host] = 0
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        host = urlsplit(request.url).netloc
        if _was_answered(exception):
            self._failures[host] = 0
        elif isinstance(exception, ArchivedFailure) or not isinstance(exception, _NOT_TRIED):
            self._failures[host] += 1
            if self._failures[host] == BREAKER_FAILURES:
                self._stats.inc_value("politeness/circuit_open")


def _was_answered(exception: Exception) -> bool:
    """The host did answer, only this page of it is of no use; the same when it is replayed."""
    if isinstance(exception, ArchivedFailure):
        return exception.answered
    return isinstance(exception, (DownloadCancelledError, ResponseDataLossError, BrokenAnswer))


class FailureMiddleware:
    """Outermost: whatever fails for good, after all retries, is kept in the archive."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FailureMiddleware:
        return cls(crawler)

    def process_exception(self, request: Request, exception: Exception) -> None:
        archive = archive_of(self._crawler)
        if archive is None or isinstance(exception, _NOT_TRIED):
            return
        state, reason = failure_state(exception)
        key = self._crawler.request_fingerprinter.fingerprint(request).hex()
        archive.store_failure(key, request.url, state, reason, answered=_was_answered(exception))
