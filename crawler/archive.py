"""The WARC archive: every response is kept once, and whatever is in it is never fetched again.

Resume, offline runs and re-analysis are one thing: replaying the archive. Each run has a folder,
each brand (or search provider) in it one `.warc.gz` that warcio, pywb and other tools read. The
index beside it (`index.db`) says where a record starts, and has a checksum of its bytes; it is
rebuilt from the files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import sqlite3
import uuid
import weakref
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from scrapy.downloadermiddlewares.httpcache import HttpCacheMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes
from warcio.archiveiterator import ArchiveIterator

from crawler import __version__
from crawler.seal import close_settled, one_bit_off, use_log

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from warcio.recordloader import ArcWarcRecord

__all__ = [
    "INDEX",
    "Archive",
    "ArchiveMiddleware",
    "ArchivePolicy",
    "ArchiveStorage",
    "ArchivedFailure",
    "Record",
    "archive_of",
    "cut_records",
    "digest_of",
    "find_record",
    "mend_records",
    "note_failure",
    "open_index",
    "read_page",
    "read_record",
    "reading_index",
    "rebuild_index",
    "records_of",
    "storage_failure",
]

MAX_PAGE_BYTES = 10 * 1024 * 1024
COMPRESSION = 1  # zlib level; level 6 is 4 % smaller at 2.5 times the CPU (174 KB page)
_FLUSH_EVERY = 40  # index rows a transaction; a killed process re-reads the tail of the file

INDEX = "index.db"
_GZIP = b"\x1f\x8b\x08"
_CHUNK = 64 * 1024
_MENDED = 64 * 1024  # bytes; beyond it trying each bit takes minutes
_KINDS = {"response": "response", "metadata": "failure", "warcinfo": "warcinfo"}
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
    length integer not null,
    digest text not null default ''
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
    """Where a record lies: `start` and `length` are bytes in `file`, relative to the archive.

    `digest` is of those bytes as they lie there, "" for records of before there were digests.
    """

    id: str
    run_id: int
    key: str
    kind: str  # response, failure, rendered, requests, screenshot; warcinfo has no key
    url: str
    status: int | None
    fetched_at: str
    file: str
    start: int
    length: int
    digest: str = ""


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
        self._index = open_index(root)
        self._finish = weakref.finalize(self, close_settled, self._index, root / INDEX)
        self._pending: dict[str, Record] = {}
        self.failure: Exception | None = None
        self._by_key: dict[str, Record] = {}
        self._mend(path)
        self._out: BinaryIO = path.open("ab")
        if self._out.tell() == 0:
            self._remember(
                self._write("warcinfo", "", "", _WARCINFO, "application/warc-fields"), None
            )

    def close(self) -> None:
        try:
            self.flush()
            with self._noting_failure():
                self._out.close()
        finally:
            self._finish()

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
        kind = kind or _KINDS.get(warc_type, "")
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
        with self._noting_failure():
            self._out.write(packed)
            self._out.flush()
        return Record(
            record_id, self.run_id, key, kind, url, None, now.isoformat(timespec="seconds"),
            self.file, start, len(packed), digest_of(packed),
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
        if record.key:
            self._by_key[record.key] = record
        if len(self._pending) >= _FLUSH_EVERY:
            self.flush()
        return record

    def flush(self) -> None:
        """Write the index rows that are still only in memory."""
        if not self._pending:
            return
        with self._noting_failure(), self._index:
            _insert(self._index, self._pending.values())
        self._pending.clear()

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """Scrapy logs what a middleware raises and goes on; a disk that fails must end the run."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            self.failure = self.failure or error
            raise

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
        """Index complete records that the index does not know yet; cut off a torn last one.

        A damaged record between others stays where it is: `cxscout doctor --deep` tells.
        """
        if not path.exists():
            return
        row = self._index.execute(
            "select max(start + length) from records where file = ?", [self.file]
        ).fetchone()
        end = known = row[0] or 0
        with path.open("rb") as stream:
            stream.seek(known)
            for member in _members(stream, known):
                end = member.start + len(member.packed)
                self._remember(_record_of(member, self.run_id, self.file), member.status)
        if end < path.stat().st_size:
            with path.open("r+b") as torn:
                torn.truncate(end)
        self.flush()


class Member(NamedTuple):
    """A complete gzip member of a WARC file: one record, as it lies there."""

    start: int
    packed: bytes
    head: dict[str, str]

    @property
    def status(self) -> int | None:
        return int(self.head["http-status"]) if "http-status" in self.head else None


def _record_of(member: Member, run_id: int, file: str) -> Record:
    """The index row of a record, made from the record itself."""
    head = member.head
    return Record(
        uuid.UUID(head["warc-record-id"].strip("<>").removeprefix("urn:uuid:")).hex,
        run_id,
        head.get("x-cxscout-key", ""),
        head.get("x-cxscout-kind") or _KINDS.get(head["warc-type"], ""),
        head.get("warc-target-uri", ""),
        member.status,
        head["warc-date"].replace("Z", "+00:00"),
        file,
        member.start,
        len(member.packed),
        digest_of(member.packed),
    )


def records_of(root: Path, file: str) -> Iterator[Record]:
    """The index rows that a WARC file should have, from the file alone; ends at what is torn."""
    with (root / file).open("rb") as stream:
        for member in _members(stream, 0):
            yield _record_of(member, int(file.split("/", 1)[0]), file)


def rebuild_index(root: Path) -> int:
    """Make the index anew from the files; returns how many records it has."""
    for suffix in ("", "-wal", "-shm", ".seal"):
        (root / f"{INDEX}{suffix}").unlink(missing_ok=True)
    index = open_index(root)
    try:
        for path in sorted(root.rglob("*.warc.gz")):
            records = list(records_of(root, path.relative_to(root).as_posix()))
            with index:
                _insert(index, records)
        return int(index.execute("select count(*) from records").fetchone()[0])
    finally:
        close_settled(index, root / INDEX)


def mend_records(root: Path, file: str, damaged: Collection[str]) -> set[str]:
    """Flip back single bits of damaged records; returns the ids of those that are right again."""
    mended: set[str] = set()
    with reading_index(root) as index, (root / file).open("r+b") as stream:
        if index is None:
            return mended
        for row in index.execute("select * from records where file = ?", [file]).fetchall():
            record = Record(*row)
            if record.id not in damaged or not 0 < record.length <= _MENDED:
                continue
            stream.seek(record.start)
            packed = stream.read(record.length)
            found = one_bit_off(packed, _digest, {bytes.fromhex(record.digest)})
            if found is not None:
                stream.seek(record.start)
                stream.write(found)
                mended.add(record.id)
    return mended


def cut_records(root: Path, file: str, out: Collection[str]) -> None:
    """Write a file of the archive anew without some records, and without what is no record.

    The index follows; a file that is gone leaves it.
    """
    path = root / file
    index = open_index(root)
    try:
        rows = index.execute("select * from records where file = ? order by start", [file])
        known = [Record(*row) for row in rows]
        kept = [record for record in known if record.id not in out]
        moved = []
        if path.exists():
            part = path.with_name(f".{path.name}.new")
            with path.open("rb") as old, part.open("wb") as new:
                if known and not known[0].digest:  # older indexes leave out the warcinfo record
                    new.write(old.read(known[0].start))
                for record in kept:
                    old.seek(record.start)
                    moved.append((new.tell(), record.id))
                    new.write(old.read(record.length))
                new.flush()
                os.fsync(new.fileno())
        with index:
            index.executemany("delete from records where id = ?", [[record] for record in out])
            index.executemany("update records set start = ? where id = ?", moved)
            if path.exists():
                os.replace(part, path)
    finally:
        close_settled(index, root / INDEX)


def _insert(index: sqlite3.Connection, records: Collection[Record]) -> None:
    rows = [tuple(record.__dict__.values()) for record in records]
    marks = ", ".join("?" * len(fields(Record)))
    index.executemany(f"insert or replace into records values ({marks})", rows)


def open_index(root: Path) -> sqlite3.Connection:
    """The index, for writing; close it with `seal.close_settled(index, root / INDEX)`."""
    index = sqlite3.connect(root / INDEX, timeout=30)
    use_log(index)
    index.executescript(_SCHEMA)
    if "digest" not in {row[1] for row in index.execute("pragma table_info(records)")}:
        index.execute("alter table records add column digest text not null default ''")
    return index


@contextmanager
def reading_index(root: Path) -> Iterator[sqlite3.Connection | None]:
    """The index, for reading only; None when there is none."""
    path = root / INDEX
    if not path.exists():
        yield None
        return
    index = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=30)
    index.execute("pragma wal_autocheckpoint = 0")
    try:
        yield index
    finally:
        close_settled(index, path)


def find_record(root: Path, record_id: str) -> Record | None:
    """A record by its id, in whichever run and file it lies."""
    with reading_index(root) as index:
        if index is None:
            return None
        row = index.execute("select * from records where id = ?", [record_id]).fetchone()
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


def _members(stream: BinaryIO, start: int) -> Iterator[Member]:
    """Each complete gzip member from the stream's position on, which is `start` of the file.

    What is damaged is passed over: the next member counts again. A torn end is left out.
    """
    content = stream.read()
    at = 0
    while 0 <= at < len(content):
        text, end = _unpacked(content, at)
        if text.startswith(b"WARC/"):
            yield Member(start + at, content[at:end], _heads(text))
            at = end
        else:
            at = content.find(_GZIP, at + 1)


def _unpacked(content: bytes, start: int) -> tuple[bytes, int]:
    """The text of the gzip member at `start` and where it ends; (b"", start) when it is broken."""
    unpacker = zlib.decompressobj(31)
    parts, at = [], start
    while not unpacker.eof:
        chunk = content[at : at + _CHUNK]
        if not chunk:
            return b"", start
        try:
            parts.append(unpacker.decompress(chunk))
        except zlib.error:
            return b"", start
        at += len(chunk)
    return b"".join(parts), at - len(unpacker.unused_data)


def _heads(text: bytes) -> dict[str, str]:
    head, _, block = text.partition(b"\r\n\r\n")
    found = {}
    for line in head.decode("utf-8", "replace").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    if match := re.match(rb"HTTP/1\.1 (\d{3})", block):
        found["http-status"] = match[1].decode()
    return found


def digest_of(packed: bytes) -> str:
    """The checksum of a record, of its bytes as they lie in the file."""
    return _digest(packed).hex()


def _digest(packed: bytes) -> bytes:
    return hashlib.blake2b(packed, digest_size=8).digest()


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

_archives: weakref.WeakKeyDictionary[Crawler, Archive] = weakref.WeakKeyDictionary()


_failures: weakref.WeakKeyDictionary[Crawler, Exception] = weakref.WeakKeyDictionary()


def note_failure(crawler: Crawler, error: Exception) -> None:
    """Remember that what this crawl found could not be stored; the first time counts."""
    _failures.setdefault(crawler, error)


def storage_failure(crawler: Crawler) -> Exception | None:
    """Why something of this crawl could not be stored; None when all is there."""
    archive = archive_of(crawler)
    return _failures.get(crawler) or (archive.failure if archive else None)


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
            if storage_failure(self.crawler):
                raise IgnoreRequest("nothing can be stored")
            key = self.crawler.request_fingerprinter.fingerprint(request).hex()
            if failure := archive.find_failure(key):
                raise ArchivedFailure(*failure)
        return super().process_request(request)
