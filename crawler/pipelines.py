"""Clean and store what spiders yield: batched transactions, idempotent by natural key."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import NotConfigured

from crawler.archive import note_failure
from crawler.db import brand_id, open_db, row_id, upsert
from crawler.items import PageVisit, Search
from crawler.privacy import hide_reviewers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.crawler import Crawler

    from crawler.db import Database

__all__ = [
    "CleanPipeline",
    "PrivacyPipeline",
    "StorePipeline",
    "author_hash",
    "clean_text",
    "store_items",
]

# What no table, terminal or file should carry: controls, lone surrogates, non-characters.
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BATCH = 25  # visits a transaction


def clean_text(text: str) -> str:
    """The text without characters that some store or format refuses; cleaning twice is the same.

    >>> clean_text("a\\x00b\\ud800c")
    'abc'
    """
    return _BAD.sub("", text)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(entry) for key, entry in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        for field in fields(value):
            setattr(value, field.name, _clean(getattr(value, field.name)))
    return value


def author_hash(author: str | None, key: bytes) -> str | None:
    """A keyed hash that tells two reviewers apart and names neither; None for no author."""
    if not author or not author.strip():
        return None
    folded = " ".join(author.split()).casefold().encode("utf-8", "replace")
    return hmac.new(key, folded, hashlib.sha256).hexdigest()[:16]


def privacy_key(home: Path) -> bytes:
    """The key of author_hash, made once for a home; without it hashes of names could be guessed."""
    path = home / "privacy.key"
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
            out.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return path.read_bytes()


class CleanPipeline:
    """Sanitizes every text of an item once, before anything else sees it."""

    def process_item(self, item: Any) -> Any:
        return _clean(item)


class PrivacyPipeline:
    """Takes reviewers' names and contacts out of all that is stored and quoted."""

    def __init__(self, crawler: Crawler) -> None:
        self._stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PrivacyPipeline:
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        if isinstance(item, PageVisit) and (dropped := hide_reviewers(item.observations)):
            self._stats.inc_value("privacy/channels_of_reviewers", dropped)
        return item


class StorePipeline:
    """Writes PageVisit and Search items; on only when a run set DATABASE and RUN_ID."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        if not settings.get("DATABASE"):
            raise NotConfigured
        self._path = Path(settings["DATABASE"])
        self._run_id = settings.getint("RUN_ID")
        self._batch: list[PageVisit | Search] = []
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StorePipeline:
        return cls(crawler)

    def open_spider(self) -> None:
        self._db = open_db(self._path)
        self._key = privacy_key(self._path.parent)

    def close_spider(self) -> None:
        try:
            self._flush()
        finally:
            self._db.close()

    def process_item(self, item: Any) -> Any:
        if isinstance(item, (PageVisit, Search)):
            self._batch.append(item)
            if len(self._batch) >= _BATCH:
                self._flush()
        return item

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        if not batch:
            return
        try:
            store_items(self._db, self._run_id, batch, self._key)
        except Exception as error:  # Scrapy only logs it; the stage must not end well
            note_failure(self._crawler, error)
            raise


def store_items(db: Database, run_id: int, items: Iterable[PageVisit | Search], key: bytes) -> None:
    """Write items in one transaction. A page that was stored before is replaced with its rows."""
    visits: list[PageVisit] = []
    searches: list[Search] = []
    for item in items:
        if isinstance(item, PageVisit):
            visits.append(item)
        else:
            searches.append(item)
    with db.atomic():
        _store_searches(db, run_id, searches)
        _store_visits(db, run_id, visits, key)


def _store_searches(db: Database, run_id: int, searches: list[Search]) -> None:
    heads, hits, questions = [], [], []
    for search in searches:
        search_id = row_id(run_id, search.provider, search.keyword)
        shared = {
            "run_id": run_id,
            "keyword": search.keyword,
            "provider": search.provider,
            "country": search.country,
            "language": search.language,
            "device": search.device,
            "fetched_at": search.fetched_at,
            "depth": search.depth,
        }
        heads.append(
            {"id": search_id, **shared, "state": search.state, "reason": search.reason,
             "record": search.record}
        )  # fmt: skip
        for kind, rows in (("organic", search.results), ("ad", search.ads)):
            for row in rows:
                hits.append(
                    {"id": row_id(search_id, kind, row.rank), "search_id": search_id, **shared,
                     "kind": kind, "domain": urlsplit(row.url).hostname or "", **asdict(row)}
                )  # fmt: skip
        for kind, texts in (("people_also_ask", search.questions), ("related", search.related)):
            for text in dict.fromkeys(texts):
                questions.append(
                    {"id": row_id(search_id, kind, text), "run_id": run_id,
                     "search_id": search_id, "kind": kind, "text": text}
                )  # fmt: skip
    upsert(db, "searches", heads)
    upsert(db, "serp_results", hits)
    upsert(db, "serp_questions", questions)


def _store_visits(db: Database, run_id: int, visits: list[PageVisit], key: bytes) -> None:
    pages: list[dict[str, Any]] = []
    observed: dict[str, list[dict[str, Any]]] = {}
    for visit in visits:
        brand = brand_id(run_id, visit.brand)
        page_id = row_id(brand, visit.page.url, visit.page.rendered)
        page = asdict(visit.page)
        pages.append(
            {"id": page_id, "run_id": run_id, "brand_id": brand, **page,
             "errors": json.dumps(visit.observations.errors, ensure_ascii=False)}
        )  # fmt: skip
        shared = {"run_id": run_id, "brand_id": brand, "page_id": page_id}
        for table, rows in _observed_rows(visit, key).items():
            observed.setdefault(table, []).extend(
                {"id": row_id(page_id, table, number), **shared, **row}
                for number, row in enumerate(rows)
            )
    for table in _TABLES:
        db.conn.executemany(
            f'delete from "{table}" where page_id = ?', [[page["id"]] for page in pages]
        )
    upsert(db, "pages", pages)
    for table, rows in observed.items():
        upsert(db, table, rows)


_TABLES = {
    "faq_entries": "faq",
    "reviews": "reviews",
    "ratings": "ratings",
    "chat_widgets": "chat",
    "chat_criteria": "chat_criteria",
    "technologies": "technologies",
    "channels": "channels",
    "policies": "policies",
    "accessibility_checks": "accessibility",
}


def _observed_rows(visit: PageVisit, key: bytes) -> dict[str, list[dict[str, Any]]]:
    found = {
        table: [asdict(entry) for entry in getattr(visit.observations, name)]
        for table, name in _TABLES.items()
    }
    for row in found["reviews"]:
        row["author_hash"] = author_hash(row.pop("author"), key)
    for row in found["policies"]:
        row["facts"] = json.dumps(row["facts"], ensure_ascii=False, sort_keys=True)
    return found
