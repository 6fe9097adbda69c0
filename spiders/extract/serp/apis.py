"""Responses of search APIs: one row per provider says where things lie in its JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.items import SerpResult
from spiders.extract.json_text import load_json
from spiders.extract.serp.parsed import ParsedSerp, SerpState, fold, numbered, unique
from spiders.extract.serp.urls import is_http, is_opaque, shown_address, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spiders.extract.json_text import Json

__all__ = ["APIS", "Api", "complaint_in", "parse_api", "state_of"]

_TAG = re.compile(r"</?(?:strong|b|em|i|br|mark|span)[^>]*>", re.IGNORECASE)
_QUOTA = re.compile(
    r"quota|credit|run out|exceed|payment|limit|too many|insufficient|balance|\b402\b|\b429\b",
    re.IGNORECASE,
)
_BLOCKED = re.compile(r"captcha|access denied|suspended|blocked", re.IGNORECASE)
_NOTHING = re.compile(
    r"hasn't returned any results|no (?:search )?results|did not match|returned no results",
    re.IGNORECASE,
)
_URL_KEYS = ("link", "url", "href", "website")
_BEHIND_KEYS = ("redirect_link", "tracking_link")  # where the link itself hides its target
_SHOWN_KEYS = ("displayed_link", "displayedUrl", "displayed_url", "displayLink")
_TEXT_KEYS = ("snippet", "description", "content", "body", "text")
_MAX_WRAPS = 4


@dataclass(frozen=True, slots=True)
class Api:
    """Where a provider puts things; paths are keys with dots, the first that is there counts."""

    name: str
    results: tuple[str, ...]
    ads: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    query: tuple[str, ...] = ()


_SCRAPED = {  # the APIs that read Google's page for you use nearly the same names
    "results": ("organic_results", "organicResults", "organic"),
    "ads": ("ads", "paidResults", "paid_results"),
    "questions": ("related_questions", "people_also_ask", "peopleAlsoAsk"),
    "related": ("related_searches", "relatedSearches", "relatedQueries"),
    "query": (
        *("search_parameters.q", "search_parameters.query", "search_parameters.p"),
        *("searchParameters.q", "searchQuery.term"),
    ),
}

APIS = {
    api.name: api
    for api in (
        Api("searxng", ("results",), related=("suggestions",), query=("query",)),
        Api("brave", ("web.results",), (), ("faq.results",), (), ("query.original",)),
        Api("serpapi", **_SCRAPED),
        Api("serper", **_SCRAPED),
        Api("searchapi", **_SCRAPED),
        Api("valueserp", **_SCRAPED),
        Api(
            "google-cse",
            ("items",),
            ("promotions",),
            query=("queries.request.searchTerms",),
        ),
        Api("dataforseo", ("items",), ("ads",), ("questions",), ("related",), ("keyword",)),
    )
}


def parse_api(api: Api, body: bytes) -> ParsedSerp:
    """The results of an API response; an error in it is a state with its reason."""
    found = ParsedSerp(api.name)
    try:
        payload, problem = load_json(body)
    except ValueError as error:
        found.state, found.reason = "error", f"the answer is unreadable: {error}"
        return found
    if problem:
        found.errors.append(problem)
    parts = list(_payloads(api, payload))
    _read(api, parts, found)
    _judge(api, payload, parts, found)
    return found


def _read(api: Api, parts: list[dict[str, Json]], found: ParsedSerp) -> None:
    hits: list[SerpResult] = []
    ads: list[SerpResult] = []
    questions: list[str | None] = []
    related: list[str | None] = []
    for part in parts:
        if api.name == "dataforseo":
            part = _by_type(part)
        hits += _hits(_at(part, api.results))
        ads += _hits(_at(part, api.ads))
        questions += _texts(_at(part, api.questions), ("question", "title", "query"))
        related += _texts(_at(part, api.related), ("query", "title", "text"))
        query = _at(part, api.query)
        found.query = found.query or (fold(query) if isinstance(query, str) else None)
    found.results, found.ads = numbered(hits), numbered(ads)
    found.questions, found.related = unique(questions), unique(related)


def _payloads(api: Api, payload: Json) -> Iterator[dict[str, Json]]:
    """The objects that hold results, through wrappers and lists of pages.

    A bare list of hits counts as the result list itself.
    """
    if isinstance(payload, list) and any(_address(row) for row in payload[:5]):
        yield {api.results[0].split(".")[0]: _nested(api.results[0], payload)}
        return
    yield from _search(api, payload, _MAX_WRAPS)


def _nested(path: str, rows: Json) -> Json:
    for key in reversed(path.split(".")[1:]):
        rows = {key: rows}
    return rows


def _search(api: Api, payload: Json, levels: int) -> Iterator[dict[str, Json]]:
    if isinstance(payload, list):
        for entry in payload:
            yield from _search(api, entry, levels)
    elif isinstance(payload, dict):
        if isinstance(_at(payload, api.results), list):
            yield payload
        elif levels:
            for value in payload.values():
                yield from _search(api, _opened(value), levels - 1)


def _opened(value: Json) -> Json:
    """`value`, or the JSON it holds as a string: the body of an answer kept with its status."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return load_json(value.encode())[0]
        except ValueError:
            return value
    return value


def _at(payload: Json, paths: tuple[str, ...]) -> Json:
    """The value at the first path that leads somewhere; a list on the way means its first entry."""
    for path in paths:
        value = payload
        for key in path.split("."):
            if isinstance(value, list):
                value = value[0] if value else None
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def _address(row: Json) -> str:
    """The http address of a hit, "" when it has none; of a coded one, what is known of it."""
    if not isinstance(row, dict):
        return ""
    coded = ""
    for key in (*_URL_KEYS, *_BEHIND_KEYS):
        value = row.get(key)
        if isinstance(value, str) and is_http(url := unwrap(value)):
            if not is_opaque(url) and (key in _URL_KEYS or coded):
                return url
            coded = coded or url
    if not coded:
        return ""
    return next(filter(None, map(shown_address, _strings(row, _SHOWN_KEYS))), coded)


def _hits(rows: Json) -> list[SerpResult]:
    if isinstance(rows, dict):  # ads in blocks: {"top": [...], "bottom": [...]}
        return [hit for block in rows.values() for hit in _hits(block)]
    if not isinstance(rows, list):
        return []
    return [
        SerpResult(0, url, _text(row, ("title", "name")), _text(row, _TEXT_KEYS))
        for row in rows
        if isinstance(row, dict) and (url := _address(row))
    ]


def _strings(row: dict[str, Json], keys: tuple[str, ...]) -> Iterator[str]:
    return (value for key in keys if isinstance(value := row.get(key), str))


def _text(row: dict[str, Json], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return fold(_TAG.sub("", value))
    return ""


def _texts(rows: Json, keys: tuple[str, ...]) -> list[str | None]:
    if not isinstance(rows, list):
        return []
    return [
        row if isinstance(row, str) else _text(row, keys) if isinstance(row, dict) else None
        for row in rows
    ]


def _by_type(task: dict[str, Json]) -> dict[str, Json]:
    """DataForSEO puts everything into one list and says with `type` what an entry is."""
    items = task.get("items")
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    untyped = not any("type" in row for row in rows)
    asked: list[Json] = []
    related: list[Json] = []
    for row in rows:
        inner = row.get("items")
        if isinstance(inner, list):
            asked += inner if row.get("type") == "people_also_ask" else []
            related += inner if row.get("type") == "related_searches" else []
    return {
        **task,
        "items": [row for row in rows if untyped or row.get("type") == "organic"],
        "ads": [row for row in rows if row.get("type") == "paid"],
        "questions": asked,
        "related": related,
    }


# -- what an answer without results means


def _judge(api: Api, payload: Json, parts: list[dict[str, Json]], found: ParsedSerp) -> None:
    """Set state and reason. Results outweigh a complaint; then that is only mentioned."""
    complaint = _complaint(payload)
    if found.results:
        found.errors += [complaint] if complaint and not _NOTHING.search(complaint) else []
        return
    if complaint:
        found.state, found.reason = state_of(complaint), complaint
    elif found.errors:
        found.state, found.reason = "error", found.errors[0]
    elif parts or _is_empty_answer(api, payload):
        found.state = "empty"
    else:
        found.state, found.reason = "error", "no result list in the answer"
    if found.state == "empty":
        found.reason = ""


def _is_empty_answer(api: Api, payload: Json) -> bool:
    """Providers leave the list out when there is nothing; the echo of the query is still there."""
    if not isinstance(payload, dict):
        return False
    echoed = isinstance(_at(payload, api.query), str)
    if api.name == "google-cse":
        return str(_at(payload, ("searchInformation.totalResults",))) == "0"
    if api.name == "brave":
        return echoed and payload.get("type") == "search"
    if api.name == "dataforseo":
        return isinstance(_at(payload, ("tasks.result.keyword",)), str)
    return echoed and "search_metadata" in payload


def state_of(complaint: str) -> SerpState:
    """What a provider's error text means for us.

    >>> state_of("Google hasn't returned any results for this query.")
    'empty'
    >>> state_of("Your account has run out of searches.")
    'quota'
    """
    if _NOTHING.search(complaint):
        return "empty"
    if _BLOCKED.search(complaint):
        return "blocked"
    return "quota" if _QUOTA.search(complaint) else "error"


def complaint_in(body: bytes) -> str:
    """The error text in a provider's answer; "" when there is none or it is no JSON."""
    try:
        payload, _ = load_json(body)
    except ValueError:
        return ""
    return _complaint(payload)


def _complaint(payload: Json) -> str:
    """The error text of an answer, whichever way the provider says it; "" for none."""
    if isinstance(payload, list):
        return next((text for entry in payload if (text := _complaint(entry))), "")
    if not isinstance(payload, dict):
        return ""
    return (
        _error_text(payload)
        or _unresponsive(payload)
        or _failed_task(payload)
        or _failed_request(payload)
    )


def _error_text(payload: dict[str, Json]) -> str:
    for key in ("error", "errors", "fault"):
        value = payload.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value.strip():
            return fold(value)
        if isinstance(value, dict):
            words = [value.get(name) for name in ("code", "message", "detail", "reason")]
            return fold(": ".join(str(word) for word in words if word)) or "error without a text"
    return ""


def _unresponsive(payload: dict[str, Json]) -> str:
    """SearXNG answers 200 with an empty list when the engines behind it refused."""
    engines = payload.get("unresponsive_engines")
    if not isinstance(engines, list) or not engines:
        return ""
    named = [": ".join(map(str, e)) if isinstance(e, list) else str(e) for e in engines]
    return "engines did not answer: " + ", ".join(named)


def _failed_task(payload: dict[str, Json]) -> str:
    """DataForSEO: 20000 is fine, the whole answer and each task have a code of their own."""
    tasks = payload.get("tasks")
    for part in (payload, *(tasks if isinstance(tasks, list) else [])):
        if isinstance(part, dict):
            code = part.get("status_code")
            if isinstance(code, int) and code >= 40000:
                return f"{code}: {part.get('status_message') or ''}"
    return ""


def _failed_request(payload: dict[str, Json]) -> str:
    """Serper and ValueSERP: a message beside a status; a message alone is a refusal too."""
    request = payload.get("request_info")
    if isinstance(request, dict) and request.get("success") is False:
        return fold(str(request.get("message") or "request failed"))
    message, code = payload.get("message"), payload.get("statusCode") or payload.get("code")
    if isinstance(message, str) and (code or len(payload) <= 2):
        return fold(f"{code}: {message}" if code else message)
    status = payload.get("status") or _at(payload, ("search_metadata.status",))
    unfinished = ("error", "processing", "queued")
    return f"status {status}" if isinstance(status, str) and status.lower() in unfinished else ""
