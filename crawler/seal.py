"""Checksums beside an SQLite file, page by page, so that a flipped bit anywhere in it is noticed.

A database in WAL mode changes only when its log is copied into it. Here, and nowhere else, that is
done: by one process at a time, which holds the write lock meanwhile. So the checksums of what is
copied are known before and stand in NAME.seal, and no commit ever meets a copy under way, which is
what the WAL-reset bug of SQLite before 3.51.3 needs (https://sqlite.org/wal.html#walresetbug).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlite_utils.utils import sqlite3

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

__all__ = [
    "close_settled",
    "mend",
    "one_bit_off",
    "renew",
    "seal_path",
    "settle",
    "settle_if_long",
    "tidy",
    "use_log",
    "verify",
]

BUSY_TIMEOUT_S = 30.0
LOG_LIMIT = 8 * 1024 * 1024  # bytes of log after which a writer settles; see settle_if_long
_WRITER_S = 0.2  # longer than most transactions; else the writer settles when it closes
_MAGIC = b"cxscout seal 1\n\0"
# Magic, log's salt and frames, page size, pages, pages once all is copied, pending entries.
_HEAD = struct.Struct(">16s8sIIIII")
_ENTRY = struct.Struct(">I8s")
_LOG_HEAD, _FRAME_HEAD = 32, 24
_DIGEST = 8
_MENDED = 64  # pages; a fifth of a second each


class _Frame(NamedTuple):
    """A page as it stands in the log, and where."""

    page: int
    start: int


@dataclass(frozen=True)
class _Log:
    """The committed frames of a log. Frames of an earlier round have another salt."""

    path: Path
    salt: bytes = bytes(8)
    page_size: int = 0
    pages: int = 0
    """How many pages the database has after the last commit."""
    frames: tuple[_Frame, ...] = ()

    def digests(self) -> dict[int, bytes]:
        """By page, as it was last written."""
        return dict(self.versions({f.page: f for f in self.frames}))

    def versions(self, frames: dict[int, _Frame] | None = None) -> Iterator[tuple[int, bytes]]:
        """(page, digest) of all frames, or of the given ones."""
        if not self.frames:
            return
        with self.path.open("rb") as log:
            for frame in self.frames if frames is None else frames.values():
                log.seek(frame.start)
                yield frame.page, _digest(log.read(self.page_size))


@dataclass
class _Seal:
    """Digests by page. `pending`: pages that are being copied from the log with that salt."""

    salt: bytes = bytes(8)
    frames: int = 0
    page_size: int = 0
    digests: list[bytes] = field(default_factory=list)
    pending: dict[int, bytes] = field(default_factory=dict)
    pages: int = 0
    """How many pages there are once all is copied."""

    def settle(self) -> None:
        """What was pending is in the file now."""
        del self.digests[self.pages :]
        self.digests.extend([b""] * (self.pages - len(self.digests)))
        for number, digest in self.pending.items():
            if number <= self.pages:
                self.digests[number - 1] = digest
        self.pending = {}


def seal_path(path: Path) -> Path:
    """Where the checksums of a database lie: beside it."""
    return path.with_name(f"{path.name}.seal")


def _log_path(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def use_log(connection: sqlite3.Connection) -> None:
    """WAL mode, and no copying of the log but in `settle`."""
    if connection.execute("pragma journal_mode").fetchone()[0] != "wal":
        connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma wal_autocheckpoint = 0")
    connection.execute(f"pragma journal_size_limit = {2 * LOG_LIMIT}")


def close_settled(connection: sqlite3.Connection, path: Path) -> None:
    """Close the connection after its log was copied and sealed.

    The last connection to close copies the log by itself; whatever it copies is sealed before.
    """
    with suppress(sqlite3.ProgrammingError):  # closed already, or of another thread
        if connection.in_transaction:
            connection.rollback()
    with suppress(sqlite3.Error, OSError):  # what is committed is safe; the reader of it tells
        settle(path)
    with suppress(sqlite3.ProgrammingError):
        connection.close()


def settle_if_long(path: Path) -> None:
    """Settle when the log has grown long; for writers that stay connected."""
    with suppress(OSError):
        if _log_path(path).stat().st_size < LOG_LIMIT:
            return
    settle(path)


def settle(path: Path) -> bool:
    """Copy the log into the database and seal the pages; False when somebody is writing.

    Who writes is connected, and settles when it closes. Where the disk has no room for the seal it
    is dropped, and the next time the whole file is sealed as it is then.
    """
    log_path, sealed = _log_path(path), seal_path(path)
    if not path.exists() or (sealed.exists() and not _size(log_path)):
        return True
    with _directory_locked(path), closing(_connect(path, _WRITER_S)) as guard:
        try:
            guard.execute("begin immediate")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                return False
            raise
        try:
            _copy(path)
        except OSError:
            sealed.unlink(missing_ok=True)
            raise
        finally:
            guard.rollback()
    return True


def _copy(path: Path) -> None:
    """Nobody can write now: note what will be copied, copy it, note that it was."""
    log, seal = _read_log(_log_path(path)), _read_seal(path)
    is_damaged = seal is not None and not seal.page_size  # `verify` tells; nothing covers it up
    if seal is not None and not is_damaged:
        if seal.pending and seal.salt != log.salt:  # that log was copied to its end: it is gone
            seal.settle()
        elif (seal.salt, seal.frames) == (log.salt, len(log.frames)) and not seal.pending:
            return
        _note(path, seal, log)
    with closing(_connect(path, BUSY_TIMEOUT_S)) as copier:
        _, frames, copied = copier.execute("pragma wal_checkpoint(passive)").fetchone()
    if frames != copied or is_damaged:  # somebody reads an older state, and needs the log
        return
    if seal is not None:
        if 0 < frames < len(log.frames):  # a commit that failed left frames behind the last good
            _note(path, seal, _read_log(_log_path(path), frames))
        seal.settle()
    if seal is None or b"" in seal.digests:
        seal = _seal_of(path)
    _write_seal(path, seal)


def _note(path: Path, seal: _Seal, log: _Log) -> None:
    seal.salt, seal.frames, seal.pending = log.salt, len(log.frames), log.digests()
    seal.pages = log.pages or len(seal.digests)
    _write_seal(path, seal)


def tidy(path: Path) -> None:
    """Remove the empty log and the shared memory that read-only connections leave behind."""
    if path.exists() and not _size(_log_path(path)):
        with suppress(sqlite3.Error), closing(_connect(path, _WRITER_S)) as connection:
            connection.execute("select 1 from sqlite_master").fetchone()


# -- looking for damage


def verify(path: Path) -> list[str]:
    """What is not as it was written, in one line each; empty when all is well.

    Nothing is changed. Raises FileNotFoundError when the file was never sealed.
    """
    if not seal_path(path).exists():
        raise FileNotFoundError(seal_path(path))
    with _directory_locked(path):
        seal = _read_seal(path)
        if seal is None or not seal.page_size:
            return [f"{seal_path(path).name} itself is damaged"]
        told = [f"{path.name}: {what}" for what in _log_damage(_log_path(path))]
        log = _read_log(_log_path(path))
        allowed, bad, size = _compare(path, seal, log)
        pages, rest = divmod(size, seal.page_size)
        if rest or (pages < len(seal.digests) and not log.frames):
            told.append(f"{path.name} has {size:,} bytes, not {len(allowed) * seal.page_size:,}")
        if bad:
            some = ", ".join(map(str, bad[:5])) + (", ..." if len(bad) > 5 else "")
            told.append(
                f"{path.name}: {len(bad)} of {pages} pages are not as they were written ({some})"
            )
    return told


def _compare(path: Path, seal: _Seal, log: _Log) -> tuple[list[set[bytes]], list[int], int]:
    """By page the digests that it may have; numbers of pages that have none of them; file size."""
    if seal.pending and seal.salt != log.salt:
        seal.settle()
    allowed = [{digest} for digest in seal.digests]
    for number, digest in log.versions():
        while len(allowed) < number:
            allowed.append(set())
        allowed[number - 1].add(digest)
    size, fd = path.stat().st_size, _raw(path)
    bad = [
        number
        for number in range(1, size // seal.page_size + 1)
        if number > len(allowed) or _digest(_page(fd, seal, number)) not in allowed[number - 1]
    ]
    return allowed, bad, size


def _page(fd: int, seal: _Seal, number: int) -> bytes:
    return os.pread(fd, seal.page_size, (number - 1) * seal.page_size)


def mend(path: Path) -> list[int]:
    """Flip back single bits; returns the numbers of the pages that are right again.

    A page is right when its checksum is, so nothing is guessed. Nobody may be connected.
    """
    with _directory_locked(path):
        seal = _read_seal(path)
        if seal is None or not seal.page_size:
            return []
        allowed, bad, _ = _compare(path, seal, _read_log(_log_path(path)))
        mended = []
        with path.open("r+b") as file:
            for number in bad[:_MENDED]:
                wanted = allowed[number - 1] if number <= len(allowed) else set()
                page = _page(file.fileno(), seal, number)
                found = one_bit_off(page, _digest, wanted)
                if found is not None:
                    os.pwrite(file.fileno(), found, (number - 1) * seal.page_size)
                    mended.append(number)
            os.fsync(file.fileno())
    return mended


def one_bit_off(
    content: bytes, digest: Callable[[bytes], bytes], wanted: Container[bytes]
) -> bytes | None:
    """The content with the one bit flipped that gives a wanted digest; None when no bit does.

    >>> one_bit_off(b"tea", bytes, {b"sea"})
    >>> one_bit_off(b"tea", bytes, {b"uea"})
    b'uea'
    """
    tried = bytearray(content)
    for bit in range(len(tried) * 8):
        tried[bit // 8] ^= 1 << bit % 8
        if digest(bytes(tried)) in wanted:
            return bytes(tried)
        tried[bit // 8] ^= 1 << bit % 8
    return None


def renew(path: Path) -> bool:
    """Seal the file as it is when its seal itself is damaged; whether that was so."""
    seal = _read_seal(path)
    if seal is None or seal.page_size:
        return False
    seal_path(path).unlink()
    settle(path)
    return True


def _log_damage(path: Path) -> list[str]:
    """A frame whose checksum fails although others were written after it.

    SQLite takes it for the end of the log, so what follows would be lost without a word. A last
    frame that fails is what a power cut leaves, and cannot be told from a flipped bit.
    """
    if not _size(path):
        return []
    content = path.read_bytes()
    if len(content) < _LOG_HEAD:
        return []
    order = ">" if content[3] & 1 else "<"
    sums = _checksum(content[:24], (0, 0), order)
    if sums != struct.unpack(">II", content[24:32]):
        return ["the head of its log is damaged, so the log would be ignored"]
    page_size, salt = struct.unpack_from(">I", content, 8)[0], content[16:24]
    step = _FRAME_HEAD + page_size
    starts = range(_LOG_HEAD, len(content) - step + 1, step)
    ours = [start for start in starts if content[start + 8 : start + 16] == salt]
    for start in ours:
        sums = _checksum(content[start : start + 8], sums, order)
        sums = _checksum(content[start + _FRAME_HEAD : start + step], sums, order)
        if sums != struct.unpack_from(">II", content, start + 16):
            later = [s for s in ours if s > start and content[s + 4 : s + 8] != bytes(4)]
            where = (start - _LOG_HEAD) // step + 1
            return [f"frame {where} of its log is damaged; what follows is lost"] if later else []
    return []


def _checksum(content: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    """SQLite's checksum of a log: https://sqlite.org/fileformat2.html#checksum_algorithm."""
    a, b = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        a = (a + even + b) & 0xFFFFFFFF
        b = (b + odd + a) & 0xFFFFFFFF
    return a, b


# -- the files


def _connect(path: Path, timeout_s: float) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None)
    connection.execute("pragma wal_autocheckpoint = 0")
    return connection


@contextmanager
def _directory_locked(path: Path) -> Iterator[None]:
    """One process at a time; the kernel lets go of the lock however a process ends."""
    fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


_files: dict[tuple[int, int], int] = {}


def _raw(path: Path) -> int:
    """The file, to be read beside SQLite, and never closed.

    Closing any descriptor of a file drops all POSIX locks that the process holds on it, those of
    its SQLite connections included (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    stat = path.stat()
    key = stat.st_dev, stat.st_ino
    if key not in _files:
        _files[key] = os.open(path, os.O_RDONLY)
    return _files[key]


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _seal_of(path: Path) -> _Seal:
    """The seal of a whole file whose log was copied."""
    fd, size, log = _raw(path), path.stat().st_size, _read_log(_log_path(path))
    short = struct.unpack(">H", os.pread(fd, 2, 16))[0]
    page_size = 65536 if short == 1 else short
    if page_size < 512 or page_size & (page_size - 1):
        raise sqlite3.DatabaseError(f"{path} has no page size that a database has: {page_size}")
    digests = [_digest(os.pread(fd, page_size, at)) for at in range(0, size, page_size)]
    return _Seal(log.salt, len(log.frames), page_size, digests, {}, len(digests))


def _read_log(path: Path, limit: int | None = None) -> _Log:
    """The committed frames of a log, `limit` of them at most."""
    if _size(path) < _LOG_HEAD:
        return _Log(path)
    frames: list[_Frame] = []
    good = pages = 0
    with path.open("rb") as log:
        head = log.read(_LOG_HEAD)
        page_size, salt = struct.unpack_from(">I", head, 8)[0], head[16:24]
        while limit is None or len(frames) < limit:
            start = _LOG_HEAD + len(frames) * (_FRAME_HEAD + page_size)
            log.seek(start)
            frame = log.read(_FRAME_HEAD)
            if len(frame) < _FRAME_HEAD or frame[8:16] != salt:
                break
            page, committed = struct.unpack_from(">II", frame)
            frames.append(_Frame(page, start + _FRAME_HEAD))
            if committed:
                good, pages = len(frames), committed
    return _Log(path, salt, page_size, pages, tuple(frames[:good])) if good else _Log(path)


def _read_seal(path: Path) -> _Seal | None:
    """None when there is none; one without a page size when it is damaged."""
    try:
        content = seal_path(path).read_bytes()
    except FileNotFoundError:
        return None
    body, own = content[:-16], content[-16:]
    if hashlib.blake2b(body, digest_size=16).digest() != own or len(body) < _HEAD.size:
        return _Seal()
    magic, salt, frames, page_size, count, pages, pending = _HEAD.unpack_from(body)
    end = _HEAD.size + count * _DIGEST
    if magic != _MAGIC or len(body) != end + pending * _ENTRY.size:
        return _Seal()
    digests = [body[at : at + _DIGEST] for at in range(_HEAD.size, end, _DIGEST)]
    return _Seal(salt, frames, page_size, digests, dict(_ENTRY.iter_unpack(body[end:])), pages)


def _write_seal(path: Path, seal: _Seal) -> None:
    """Written whole; on the disk before the file itself is touched."""
    head = _HEAD.pack(
        _MAGIC,
        seal.salt,
        seal.frames,
        seal.page_size,
        len(seal.digests),
        seal.pages,
        len(seal.pending),
    )
    entries = (_ENTRY.pack(number, digest) for number, digest in seal.pending.items())
    body = b"".join((head, *seal.digests, *entries))
    target = seal_path(path)
    part = target.with_name(f"{target.name}.part")
    with part.open("wb") as out:
        out.write(body + hashlib.blake2b(body, digest_size=16).digest())
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, target)
