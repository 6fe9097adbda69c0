"""Saved search responses, read: JSON of search APIs, HTML of search engines, keyword exports."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from crawler.errors import ConfigError, TooComplex
from spiders.extract.exports import EXPORTS, parse_export
from spiders.extract.page import ParsedPage
from spiders.extract.serp.apis import APIS, parse_api
from spiders.extract.serp.html import ENGINES, parse_html
from spiders.extract.serp.parsed import ParsedSerp

__all__ = ["PROVIDERS", "ParsedSerp", "parse_serp", "provider_name", "serp_line"]

PROVIDERS = (*APIS, *ENGINES, *EXPORTS)


def provider_name(name: str) -> str:
    """The provider meant by `name` (underscores and case do not matter); ConfigError if none."""
    known = name.strip().lower().replace("_", "-")
    if known not in PROVIDERS:
        raise ConfigError(f"unknown provider {name!r}; known are {', '.join(PROVIDERS)}")
    return known


def parse_serp(provider: str, body: bytes, *, url: str | None = None) -> ParsedSerp:
    """The results in a response of a search provider. Never raises for what is in `body`."""
    provider = provider_name(provider)
    if provider in APIS:
        return parse_api(APIS[provider], body)
    if provider in EXPORTS:
        raise ConfigError(f"{provider} is a keyword export, not a result page; use parse_export")
    try:
        return parse_html(ENGINES[provider], ParsedPage.from_bytes(body, url or ""))
    except TooComplex as error:
        return ParsedSerp(provider, state="error", reason=str(error))


def serp_line(path: str | Path, provider: str) -> dict[str, Any]:  # Any: it goes to JSON as it is
    """What `cxscout serp-parse` prints for a file; a file that cannot be read has `errors`."""
    provider = provider_name(provider)
    line: dict[str, Any] = {"path": str(path), "provider": provider}
    try:
        body = Path(path).read_bytes()
    except OSError as error:
        body, errors = b"", [f"{path}: {error.strerror or error}"]
    else:
        errors = [] if body.strip() else [f"{path} is empty"]
    if provider in EXPORTS:
        export = parse_export(provider, body)
        rows = [asdict(row) for row in export.keywords]
        return {**line, "keywords": rows, "errors": errors or export.errors}
    found = ParsedSerp(provider, state="error") if errors else parse_serp(provider, body)
    complaint = [f"{found.state}: {found.reason}"] if found.reason else []
    return {
        **line,
        "query": found.query,
        "results": [asdict(hit) for hit in found.results],
        "ads": [asdict(hit) for hit in found.ads],
        "questions": found.questions,
        "related": found.related,
        "depth": found.depth,
        "errors": errors or [*complaint, *(e for e in found.errors if e != found.reason)],
    }
