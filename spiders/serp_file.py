"""Search results from a rank export; no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.errors import ConfigError
from crawler.items import SerpResult
from spiders.base.serp import SerpSpider
from spiders.extract.exports import KeywordRow, parse_ranks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy import Request

    from crawler.items import Search


class SerpFileSpider(SerpSpider):
    """A rank export: CSV or JSON with columns keyword, position (or rank), url [, volume, title].

    No key, no network. Exports of Search Console, Ahrefs and Semrush are read as they are. With
    no position column, the order of a keyword's rows is its ranking. Without keywords, all of the
    file are taken. `depth` counts the ranks that are there without a gap from 1.
    """

    name = "serp_file"

    def __init__(self, file: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not file:
            raise ConfigError("serp_file has no file; give a rank export: -a file=ranks.csv")
        try:
            body = Path(file).read_bytes()
        except OSError as error:
            raise ConfigError(f"rank export {file} cannot be read: {error.strerror}") from error
        export = parse_ranks(body)
        if not export.keywords:
            reason = "; ".join(export.errors) or "no rows"
            raise ConfigError(f"rank export {file}: {reason}; it needs keyword, position and url")
        self._rows = _by_keyword(export.keywords)
        self.keywords = self.keywords or [rows[0].keyword for rows in self._rows.values()]

    async def start(self) -> AsyncIterator[Request | Search]:
        for keyword in self.keywords:
            search = self._new_search(keyword)
            search.results = _ranked(self._rows.get(keyword.casefold(), []))
            search.depth = _depth_of(search.results)
            search.state = "ok" if search.results else "error"
            search.reason = "" if search.results else "no ranked address for it in the file"
            yield search

    def search_url(self, query: str, page: int) -> str:
        raise NotImplementedError("serp_file asks nobody")


def _by_keyword(rows: list[KeywordRow]) -> dict[str, list[KeywordRow]]:
    grouped: dict[str, list[KeywordRow]] = {}
    for row in rows:
        grouped.setdefault(row.keyword.casefold(), []).append(row)
    return grouped


def _ranked(rows: list[KeywordRow]) -> list[SerpResult]:
    """Rows of one keyword by rank; without any position, in the order of the file."""
    with_url = [row for row in rows if row.url]
    if all(row.position is None for row in rows):
        pairs = list(enumerate(with_url, start=1))
    else:
        pairs = [(round(row.position), row) for row in with_url if row.position is not None]
    pairs.sort(key=lambda pair: pair[0])
    return [SerpResult(rank, row.url or "", row.title or "") for rank, row in pairs]


def _depth_of(results: list[SerpResult]) -> int:
    ranks = {result.rank for result in results}
    depth = 0
    while depth + 1 in ranks:
        depth += 1
    return depth
