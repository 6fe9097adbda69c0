"""What all search providers share: keywords, paging, ranks, and a state for whatever goes wrong."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request, Spider

from crawler.errors import Blocked, ConfigError, Retryable
from crawler.items import Search, SerpResult
from crawler.politeness import failure_state
from spiders.base.blocked import block_reason
from spiders.extract.serp import parse_serp
from spiders.extract.serp.apis import complaint_in, state_of
from spiders.extract.serp.parsed import ParsedSerp, SerpState, numbered, unique

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

__all__ = ["SerpSpider", "split_keywords"]

_KEY_IN_URL = re.compile(r"([?&](?:api_?key|key|token|access_key)=)[^&\s'\"]+", re.IGNORECASE)
_STATES: dict[int, SerpState] = {402: "quota", 429: "quota"}
_HINTS = {
    401: "the provider does not accept the key",
    403: "the provider refuses the key or this use",
    402: "the account has no credit left",
    429: "too many requests, or the quota is used up",
}
_MAX_DEPTH = 100


class SerpSpider(Spider):
    """Asks a provider for keywords; each keyword gives exactly one Search, whatever happens.

    A child sets `name` (serp_<provider>) and `search_url` or `search_request`, and either `parser`
    (a provider name of spiders.extract.serp) or `hits`. What needs a key also sets `key_env` and
    `secret`: the download handler puts the value in at the last moment, so that no request, log
    line or archive record ever holds it.

    Arguments: keywords (one a line, or with commas, or a list), country and language (two
    letters), depth (organic results wanted, 10), device (desktop or mobile).
    """

    parser: ClassVar[str | None] = None
    key_env: ClassVar[str | None] = None
    secret: ClassVar[dict[str, str]] = {}
    max_pages: ClassVar[int] = 10

    def __init__(
        self,
        keywords: str | Iterable[str] = "",
        country: str | None = None,
        language: str | None = None,
        depth: str | int = 10,
        device: str = "desktop",
        **kwargs: Any,  # Any: Scrapy hands every -a argument on
    ) -> None:
        super().__init__(**kwargs)
        self.keywords = split_keywords(keywords)
        self.country = (country or "").strip().lower() or None
        self.language = (language or "").strip().lower() or None
        self.depth = _depth(depth, self.name)
        self.device = device or "desktop"

    @property
    def provider(self) -> str:
        """The provider's name in rows and reports: the spider's without "serp_"."""
        return self.name.removeprefix("serp_")

    # -- what a child writes

    def search_url(self, query: str, page: int) -> str:
        """Where page `page` (from 1) of the results for `query` is."""
        raise NotImplementedError(f"{type(self).__name__} needs search_url or search_request")

    def search_request(self, query: str, page: int) -> Request:
        """The request for a page; a child that posts writes this instead of search_url."""
        return Request(self.search_url(query, page))

    def hits(self, response: Response) -> Iterator[SerpResult]:
        """Organic hits of a response in order; their ranks are counted later."""
        raise NotImplementedError(f"{type(self).__name__} needs parser or hits")

    def read(self, response: Response) -> ParsedSerp:
        """All of a response: results, ads, questions, related searches, state."""
        if self.parser:
            return parse_serp(self.parser, response.body, url=response.url)
        results = numbered(self.hits(response))
        return ParsedSerp(self.provider, results=results, state="ok" if results else "empty")

    # -- asking

    async def start(self) -> AsyncIterator[Request | Search]:
        if not self.keywords:
            self.logger.warning("spider %s has no keywords; give some: -a keywords=...", self.name)
        refusal = self._missing_key()
        for keyword in self.keywords:
            search = self._new_search(keyword)
            if refusal:
                yield self._failed_search(search, "error", refusal)
            else:
                yield self._first(search)

    def _first(self, search: Search) -> Request | Search:
        try:
            return self._ask(search, 1)
        except ConfigError as error:
            return self._failed_search(search, "error", str(error))

    def _missing_key(self) -> str:
        keys = self.settings.get("PROVIDER_KEYS")
        if self.settings.getbool("OFFLINE") or keys is None:
            return ""  # an answer in the archive needs no key
        if self.key_env and not keys.get(self.key_env):
            return f"no key for {self.provider}; set the environment variable {self.key_env}"
        return ""

    def _ask(self, search: Search, page: int) -> Request:
        request = self.search_request(search.keyword, page)
        meta = {
            **request.meta,
            "dont_obey_robotstxt": True,  # an API the user pays for or hosts
            "provider": True,
            "handle_httpstatus_all": True,
        }
        if self.key_env:
            meta["secret"] = {"env": self.key_env, **self.secret}
        return request.replace(
            callback=self.parse,
            errback=self.failed,
            cb_kwargs={"search": search, "page": page},
            meta=meta,
            dont_filter=True,
        )

    # -- answers

    def parse(self, response: Response, search: Search, page: int) -> Iterator[Search | Request]:
        """One page of one keyword: ask for the next, or yield the finished search."""
        search.record = search.record or response.meta.get("archive_record")
        try:
            found = self._read_or_explain(response)
        except Exception as error:  # the edge of one keyword's job: the others go on
            self.logger.exception("%s: %r could not be read", self.name, search.keyword)
            found = _failure(self.provider, f"unreadable answer: {type(error).__name__}: {error}")
        yield self._add(search, found, page)

    def _read_or_explain(self, response: Response) -> ParsedSerp:
        if 200 <= response.status < 300:
            found = self.read(response)
            page = response.body.decode("utf-8", "replace")
            if found.state == "error" and (wall := block_reason(response, page)):
                found.state, found.reason = "blocked", wall
            return found
        reason = self.explain(response)
        state = state_of(reason)
        if state not in ("blocked", "quota"):
            state = _STATES.get(response.status, "error")
        status = "" if reason.startswith(str(response.status)) else f"{response.status}: "
        return ParsedSerp(self.provider, state=state, reason=status + reason)

    def explain(self, response: Response) -> str:
        """What a refusal means: the provider's words, else what its status usually says."""
        return complaint_in(response.body) or _HINTS.get(response.status, "the provider failed")

    def failed(self, failure: Failure) -> Iterator[Search | Request]:
        """No response at all: the search is finished with the reason."""
        request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        yield self._add(
            request.cb_kwargs["search"],
            self._explain_failure(failure.value),
            request.cb_kwargs["page"],
        )

    def _explain_failure(self, error: BaseException) -> ParsedSerp:
        if not isinstance(error, Exception):
            return _failure(self.provider, type(error).__name__)
        if isinstance(error, Retryable):
            return ParsedSerp(self.provider, state="quota", reason=str(error))
        state, reason = failure_state(error)
        blocked = isinstance(error, Blocked) or state in ("blocked", "robots")
        return ParsedSerp(self.provider, state="blocked" if blocked else "error", reason=reason)

    def _add(self, search: Search, found: ParsedSerp, page: int) -> Search | Request:
        """Join a page to the search: the finished search, or the request for its next page."""
        known = len(search.results)
        search.results = numbered([*search.results, *found.results])
        search.ads = numbered([*search.ads, *found.ads])
        search.questions = unique([*search.questions, *found.questions])
        search.related = unique([*search.related, *found.related])
        search.depth = len(search.results)
        more = len(search.results) > known
        if found.state == "ok" and more and search.depth < self.depth and page < self.max_pages:
            return self._ask(search, page + 1)
        if search.results:
            search.state = "ok"
            search.reason = self._cut_short(found, page)
        else:
            search.state, search.reason = found.state, _without_keys(found.reason)
        return search

    def _cut_short(self, found: ParsedSerp, page: int) -> str:
        """Why there is less than asked for, "" when the provider just has no more."""
        if found.state in ("ok", "empty"):
            return "; ".join(_without_keys(error) for error in found.errors)
        return f"page {page} failed ({found.state}): {_without_keys(found.reason)}"

    # -- searches

    def _new_search(self, keyword: str) -> Search:
        return Search(
            keyword=keyword,
            provider=self.provider,
            state="error",
            fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
            country=self.country,
            language=self.language,
            device=self.device,
        )

    def _failed_search(self, search: Search, state: SerpState, reason: str) -> Search:
        search.state, search.reason = state, _without_keys(reason)
        return search


def _failure(provider: str, reason: str) -> ParsedSerp:
    return ParsedSerp(provider, state="error", reason=reason)


def _without_keys(text: str) -> str:
    """A reason without keys that an error message may quote from an address.

    >>> _without_keys("timeout at https://a.example/s?q=x&api_key=abc")
    'timeout at https://a.example/s?q=x&api_key=***'
    """
    return _KEY_IN_URL.sub(r"\1***", text)[:500]


def _depth(depth: str | int, name: str) -> int:
    try:
        wanted = int(depth)
    except ValueError:
        wanted = 0
    if not 1 <= wanted <= _MAX_DEPTH:
        raise ConfigError(f"depth of {name} is {depth!r}; it must be from 1 to {_MAX_DEPTH}")
    return wanted


def split_keywords(keywords: str | Iterable[str]) -> list[str]:
    """Keywords one a line, or with commas when they are all on one line; repetitions dropped.

    >>> split_keywords("crm, best crm,CRM")
    ['crm', 'best crm']
    >>> split_keywords("shoes, red\\nshoes")
    ['shoes, red', 'shoes']
    """
    if isinstance(keywords, str):
        keywords = keywords.splitlines() if "\n" in keywords.strip() else keywords.split(",")
    return unique(keywords)
