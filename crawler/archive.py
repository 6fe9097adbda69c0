"""The WARC archive: every response is kept once, and whatever is in it is never fetched again.

Resume, offline runs and re-analysis are one thing: replaying the archive. Each run has a folder,
each brand (or search provider) in it one `.warc.gz` that warcio, pywb and other tools read. The
index beside it (`index.db`) only says where a record starts; it is rebuilt from the files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sqlite3
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from weakref import WeakKeyDictionary

from scrapy.downloadermiddlewares.httpcache import HttpCacheMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes
from warcio.archiveiterator import ArchiveIterator

from crawler import __version__

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from warcio.recordloader import ArcWarcRecord

__all__ = [
    "Archive",
    "ArchiveMiddleware",
    "ArchivePolicy",
    "ArchiveStorage",
    "ArchivedFailure",
    "Record",
    "archive_of",
    "find_record",
    "read_page",
    "read_record",
]

MAX_PAGE_BYTES = 10 * 1024 * 1024
COMPRESSION = 1  # zlib level; level 6 is 4 % smaller at 2.5 times the CPU (174 KB page)
_FLUSH_EVERY = 40  # index rows a transaction; a killed process re-reads the tail of the file

_SCHEMA = """
create table if not exists records (
    id text primary key,
    run_id integer not null,
    key text not null,
    kind text not null,
    url text not null,
    status integer,
    fetched_at text not null,
    file text not null,
    start integer not null,
    length integer not null
);
create index if not exists records_key on records(key, run_id);
create index if not exists records_file on records(file, start);
"""


class Failure(NamedTuple):
    """Why a fetch gave no response; `answered`: the host sent something, so it is alive."""

    state: str
    reason: str
    answered: bool


class ArchivedFailure(IgnoreRequest):
    """This fetch failed before in this run; replaying the archive fails it the same way."""

    def __init__(self, state: str, reason: str, answered: bool = False) -> None:
        super().__init__(reason)
        self.state, self.reason, self.answered = state, reason, answered


@dataclass(frozen=True)
class Record:
    """Where a record lies: `start` and `length` are bytes in `file`, relative to the archive."""

    id: str
    run_id: int
    key: str
    kind: str  # response, failure, rendered, screenshot
    url: str
    status: int | None
    fetched_at: str
    file: str
    start: int
    length: int


class Archive:
    """One part of a run's archive, open for writing and reading.

    `replay` lists the runs whose records may be served, best first; the own run always is.
    A torn last record, left by a kill or a power cut, is cut off on open.
    """

    def __init__(self, root: Path, run_id: int, part: str, replay: tuple[int, ...] = ()) -> None:
        self.root = root
        self.run_id = run_id
        self.replay = (run_id, *(run for run in replay if run != run_id))
        self.file = f"{run_id}/{_safe(part)}.warc.gz"
        path = root / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        self._index = _open_index(root)
        self._pending: dict[str, Record] = {}
        self._by_key: dict[str, Record] = {}
        self._mend(path)
        self._out: BinaryIO = path.open("ab")
        if self._out.tell() == 0:
            self._write("warcinfo", "", "", _WARCINFO, "application/warc-fields")

    def close(self) -> None:
        self.flush()
        self._out.close()
        self._index.close()

    # -- writing

    def store(
        self, key: str, url: str, status: int, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> Record:
        """Keep an HTTP response as it came over the wire (still content-encoded)."""
        lines = [b"HTTP/1.1 %d %s" % (status, _REASONS.get(status, b"Unknown"))]
        for name, value in headers:
            if name.lower() not in (b"transfer-encoding", b"content-length"):
                lines.append(_header(name) + b": " + _header(value))
        lines.append(b"Content-Length: %d" % len(body))
        block = b"\r\n".join(lines) + b"\r\n\r\n" + body
        record = self._write(
            "response", key, url, block, "application/http; msgtype=response", payload=body
        )
        return self._remember(record, status)

    def store_failure(
        self, key: str, url: str, state: str, reason: str, *, answered: bool = False
    ) -> Record:
        """Keep that a fetch failed for good, so that a replay does not try it again."""
        block = json.dumps({"state": state, "reason": reason, "answered": answered}).encode()
        return self._remember(self._write("metadata", key, url, block, "application/json"), None)

    def store_resource(self, key: str, url: str, kind: str, body: bytes, media_type: str) -> Record:
        """Keep what a browser made of a page: rendered DOM, request log, screenshot."""
        record = self._write(
            "conversion" if kind == "rendered" else "resource", key, url, body, media_type, kind
        )
        return self._remember(record, None)

    def _write(
        self,
        warc_type: str,
        key: str,
        url: str,
        block: bytes,
        media_type: str,
        kind: str = "",
        payload: bytes | None = None,
    ) -> Record:
        kind = kind or {"response": "response", "metadata": "failure"}.get(warc_type, "")
        now = datetime.now(UTC)
        record_id = self._new_id(key, kind)
        fields = [
            ("WARC-Type", warc_type),
            ("WARC-Record-ID", f"<urn:uuid:{uuid.UUID(record_id)}>"),
            ("WARC-Date", now.strftime("%Y-%m-%dT%H:%M:%SZ")),
            ("Content-Type", media_type),
            ("Content-Length", str(len(block))),
        ]
        if url:
            fields.insert(2, ("WARC-Target-URI", url))
            fields.append(("X-Cxscout-Key", key))
            fields.append(("X-Cxscout-Kind", kind))
        if payload is not None:
            digest = base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest())
            fields.append(("WARC-Payload-Digest", f"sha1:{digest.decode()}"))
        head = "WARC/1.1\r\n" + "".join(f"{n}: {_line(v)}\r\n" for n, v in fields) + "\r\n"
        packer = zlib.compressobj(COMPRESSION, zlib.DEFLATED, 31)
        packed = packer.compress(head.encode() + block + b"\r\n\r\n") + packer.flush()
        start = self._out.tell()
        self._out.write(packed)
        self._out.flush()
        return Record(
            record_id, self.run_id, key, kind, url, None, now.isoformat(timespec="seconds"),
            self.file, start, len(packed),
        )  # fmt: skip

    def _new_id(self, key: str, kind: str) -> str:
        """The same page of the same run has the same id, also after a kill and a resume."""
        turn = 0
        while True:
            name = f"{self.run_id} {self.file} {kind} {key} {turn}"
            record_id = uuid.uuid5(uuid.NAMESPACE_URL, name).hex
            if not key or not self._has_id(record_id):
                return record_id
            turn += 1

    def _has_id(self, record_id: str) -> bool:
        if record_id in self._pending:
            return True
        row = self._index.execute("select 1 from records where id = ?", [record_id]).fetchone()
        return row is not None

    def _remember(self, record: Record, status: int | None) -> Record:
        record = Record(**{**record.__dict__, "status": status})
        self._pending[record.id] = record
        self._by_key[record.key] = record
        if len(self._pending) >= _FLUSH_EVERY:
            self.flush()
        return record

    def flush(self) -> None:
        """Write the index rows that are still only in memory."""
        if not self._pending:
            return
        rows = [tuple(record.__dict__.values()) for record in self._pending.values()]
        with self._index:
            self._index.executemany(
                "insert or replace into records values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )
        self._pending.clear()

    # -- reading

    def find(self, key: str) -> Record | None:
        """The newest record of `key`, from the own run or the first run to replay that has it."""
        if key in self._by_key:
            return self._by_key[key]
        for run_id in self.replay:
            row = self._index.execute(
                "select * from records where key = ? and run_id = ? order by rowid desc limit 1",
                [key, run_id],
            ).fetchone()
            if row:
                return Record(*row)
        return None

    def read(self, record: Record) -> tuple[int | None, list[tuple[str, str]], bytes]:
        """Status, headers and body (still content-encoded) of a record."""
        return read_record(self.root, record)

    def find_failure(self, key: str) -> Failure | None:
        """The failure when the newest record of `key` is one."""
        record = self.find(key)
        if record is None or record.kind != "failure":
            return None
        failure = json.loads(self.read(record)[2])
        return Failure(failure["state"], failure["reason"], failure.get("answered", False))

    # -- after a kill

    def _mend(self, path: Path) -> None:
        """Index complete records that the index does not know yet; cut off a torn last one."""
        if not path.exists():
            return
        row = self._index.execute(
            "select max(start + length) from records where file = ?", [self.file]
        ).fetchone()
        end = known = row[0] or 0
        with path.open("rb") as stream:
            stream.seek(known)
            for start, length, head in _members(stream, known):
                end = start + length
                self._adopt(head, start, length)
        if end < path.stat().st_size:
            with path.open("r+b") as torn:
                torn.truncate(end)
        self.flush()

    def _adopt(self, head: dict[str, str], start: int, length: int) -> None:
        if not head.get("x-cxscout-key"):
            return
        fetched_at = head["warc-date"].replace("Z", "+00:00")
        status = int(head["http-status"]) if "http-status" in head else None
        record = Record(
            uuid.UUID(head["warc-record-id"].strip("<>").removeprefix("urn:uuid:")).hex,
            self.run_id, head["x-cxscout-key"], head["x-cxscout-kind"], head["warc-target-uri"],
            status, fetched_at, self.file, start, length,
        )  # fmt: skip
        self._remember(record, status)


def _open_index(root: Path) -> sqlite3.Connection:
    index = sqlite3.connect(root / "index.db", timeout=30)
    index.execute("pragma journal_mode = wal")
    index.execute("pragma synchronous = normal")
    index.executescript(_SCHEMA)
    return index


def find_record(root: Path, record_id: str) -> Record | None:
    """A record by its id, in whichever run and file it lies."""
    index = _open_index(root)
    try:
        row = index.execute("select * from records where id = ?", [record_id]).fetchone()
    finally:
        index.close()
    return Record(*row) if row else None


def read_record(root: Path, record: Record) -> tuple[int | None, list[tuple[str, str]], bytes]:
    """Status, headers and body (still content-encoded) of a record."""
    with _opened(root, record) as found:
        headers = list(found.http_headers.headers) if found.http_headers else []
        return record.status, headers, found.raw_stream.read()


@contextmanager
def _opened(root: Path, record: Record) -> Iterator[ArcWarcRecord]:
    with (root / record.file).open("rb") as stream:
        stream.seek(record.start)
        packed = BytesIO(stream.read(record.length))
    yield next(iter(ArchiveIterator(packed, no_record_parse=record.kind != "response")))


def read_page(root: Path, record: Record) -> bytes:
    """The body of an archived response, content decoded, up to the size that a page may have."""
    with _opened(root, record) as found:
        return found.content_stream().read(MAX_PAGE_BYTES)


def _members(stream: BinaryIO, start: int) -> Iterator[tuple[int, int, dict[str, str]]]:
    """(start, length, headers) of each complete gzip member from the stream's position on."""
    rest = stream.read()
    while rest:
        unpacker = zlib.decompressobj(31)
        try:
            text = unpacker.decompress(rest)
        except zlib.error:
            return
        if not unpacker.eof:
            return
        length = len(rest) - len(unpacker.unused_data)
        yield start, length, _heads(text)
        start += length
        rest = unpacker.unused_data


def _heads(text: bytes) -> dict[str, str]:
    head, _, block = text.partition(b"\r\n\r\n")
    found = {}
    for line in head.decode("utf-8", "replace").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    if match := re.match(rb"HTTP/1\.1 (\d{3})", block):
        found["http-status"] = match[1].decode()
    return found


def _safe(part: str) -> str:
    return re.sub(r"[^\w.-]+", "_", part)[:100].strip(".") or "part"


def _line(value: str) -> str:
    return re.sub(r"[\r\n\0]+", " ", value)


def _header(value: bytes) -> bytes:
    return re.sub(rb"[\r\n\0]+", b" ", value)


_WARCINFO = (
    f"software: cxscout {__version__}\r\nformat: WARC File Format 1.1\r\n"
    "conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n"
).encode()
_REASONS = {
    200: b"OK", 301: b"Moved Permanently", 302: b"Found", 304: b"Not Modified",
    401: b"Unauthorized", 403: b"Forbidden", 404: b"Not Found", 410: b"Gone",
    429: b"Too Many Requests", 500: b"Internal Server Error", 503: b"Service Unavailable",
}  # fmt: skip


# -- Scrapy's HTTP cache, resting on the archive

_archives: WeakKeyDictionary[Crawler, Archive] = WeakKeyDictionary()


def archive_of(crawler: Crawler) -> Archive | None:
    """The archive that this crawl writes, None when it keeps none (a bare `scrapy crawl`)."""
    return _archives.get(crawler)


class ArchivePolicy:
    """Keep every final answer, serve whatever is kept."""

    def __init__(self, settings: BaseSettings) -> None:
        self._retry = {int(code) for code in settings.getlist("RETRY_HTTP_CODES")}
        self._times = settings.getint("RETRY_TIMES")

    def should_cache_request(self, request: Request) -> bool:
        return request.url.startswith(("http://", "https://"))

    def should_cache_response(self, response: Response, request: Request) -> bool:
        last_try = request.meta.get("retry_times", 0) >= self._times
        return last_try or response.status not in self._retry

    def is_cached_response_fresh(self, response: Response, request: Request) -> bool:
        return True

    def is_cached_response_valid(
        self, cached: Response, response: Response, request: Request
    ) -> bool:
        return True


class ArchiveStorage:
    """Scrapy's cache storage on an Archive; the run's stage sets ARCHIVE_DIR and RUN_ID."""

    def __init__(self, settings: BaseSettings) -> None:
        self._root = Path(settings["ARCHIVE_DIR"])
        self._run_id = settings.getint("RUN_ID")
        self._replay = tuple(int(run) for run in settings.getlist("REPLAY_RUNS"))

    def open_spider(self, spider: Spider) -> None:
        part = getattr(spider, "domain", None) or spider.name
        self._archive = Archive(self._root, self._run_id, part, self._replay)
        self._fingerprint = spider.crawler.request_fingerprinter.fingerprint
        _archives[spider.crawler] = self._archive

    def close_spider(self, spider: Spider) -> None:
        self._archive.close()

    def retrieve_response(self, spider: Spider, request: Request) -> Response | None:
        record = self._archive.find(self._fingerprint(request).hex())
        if record is None:
            return None
        request.meta["archive_record"] = record.id
        request.meta["archived_at"] = record.fetched_at
        status, pairs, body = self._archive.read(record)
        headers = Headers(pairs)
        kind = responsetypes.from_args(headers=headers, url=record.url, body=body)
        return kind(url=record.url, headers=headers, status=status or 0, body=body)

    def store_response(self, spider: Spider, request: Request, response: Response) -> None:
        pairs = [(n, v) for n, values in response.headers.items() for v in values]
        key = self._fingerprint(request).hex()
        record = self._archive.store(key, response.url, response.status, pairs, response.body)
        request.meta["archive_record"] = record.id
        request.meta["archived_at"] = record.fetched_at


class ArchiveMiddleware(HttpCacheMiddleware):
    """Scrapy's cache middleware, but a failure in the archive fails again instead of refetching."""

    def process_request(
        self, request: Request, spider: Spider | None = None
    ) -> Request | Response | None:
        if not request.meta.get("dont_cache") and (archive := archive_of(self.crawler)):
            key = self.crawler.request_fingerprinter.fingerprint(request).hex()
            if failure := archive.find_failure(key):
                raise ArchivedFailure(*failure)
        return super().process_request(request)
