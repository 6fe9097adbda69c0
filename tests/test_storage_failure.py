"""A disk that fails while a crawl works ends the stage, with an exit code that says so."""

from __future__ import annotations

import errno
import sqlite3

import pytest

from crawler import pipelines
from crawler.archive import Archive, storage_failure
from crawler.errors import CxscoutError, Damaged, DiskFailed, DiskFull, storage_error
from crawler.pipelines import StorePipeline


class FullDisk:
    """A file whose disk is full."""

    def write(self, _content):
        raise OSError(errno.ENOSPC, "No space left on device")

    def tell(self):
        return 0

    def close(self):
        pass


def test_an_archive_that_cannot_write_says_so_afterwards(tmp_path):
    archive = Archive(tmp_path, 1, "a.example")
    file, archive._out = archive._out, FullDisk()
    with pytest.raises(OSError, match="No space"):
        archive.store("k", "http://a.example/", 200, [], b"x")
    file.close()
    archive.close()
    assert isinstance(archive.failure, OSError)


class Crawler:
    settings = None


def test_rows_that_cannot_be_stored_are_noted_for_the_end_of_the_crawl(monkeypatch):
    def full(*_args):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(pipelines, "store_items", full)
    pipeline, crawler = StorePipeline.__new__(StorePipeline), Crawler()
    pipeline._crawler, pipeline._batch = crawler, ["an item"]
    pipeline._db, pipeline._run_id, pipeline._key = None, 1, b""
    with pytest.raises(sqlite3.OperationalError):
        pipeline._flush()
    assert "disk is full" in str(storage_failure(crawler))


def _sqlite(name):
    error = sqlite3.OperationalError("said")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "x"), DiskFull),
        (OSError(errno.EDQUOT, "x"), DiskFull),
        (OSError(errno.EIO, "x"), DiskFailed),
        (OSError(errno.EROFS, "x"), DiskFailed),
        (OSError(errno.ENOENT, "x"), CxscoutError),
        (_sqlite("SQLITE_FULL"), DiskFull),
        (_sqlite("SQLITE_IOERR_WRITE"), DiskFailed),
        (_sqlite("SQLITE_READONLY"), DiskFailed),
        (_sqlite("SQLITE_CORRUPT"), Damaged),
        (_sqlite("SQLITE_BUSY"), CxscoutError),
        (ValueError("x"), CxscoutError),
    ],
)
def test_each_way_a_disk_fails_has_its_kind(error, kind):
    assert type(storage_error("x", error)) is kind


def test_exit_codes_are_all_different():
    kinds = (CxscoutError, DiskFull, Damaged, DiskFailed)
    assert [kind.exit_code for kind in kinds] == [1, 3, 4, 5]
