"""The archive keeps every response, is readable by others, and mends itself after a kill."""

import zlib

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.archive import Archive, find_record, read_record

HEADERS = [(b"Content-Type", b"text/html"), (b"X-Odd", b"a\r\nb")]


def body_of(archive, key):
    return archive.read(archive.find(key))[2]


def test_response_comes_back_as_it_was(tmp_path):
    archive = Archive(tmp_path, 1, "a.example")
    archive.store("k", "http://a.example/", 200, HEADERS, b"<p>hello")
    status, headers, body = archive.read(archive.find("k"))
    archive.close()
    assert (status, body) == (200, b"<p>hello")
    assert ("Content-Type", "text/html") in headers


def test_record_is_found_after_reopening_and_by_id(tmp_path):
    with_one = Archive(tmp_path, 1, "a.example")
    record = with_one.store("k", "http://a.example/", 200, HEADERS, b"x" * 1000)
    with_one.close()
    again = Archive(tmp_path, 1, "a.example")
    assert again.find("k") == record
    again.close()
    assert read_record(tmp_path, find_record(tmp_path, record.id))[2] == b"x" * 1000


def test_warcio_reads_every_record(tmp_path):
    archive = Archive(tmp_path, 1, "a.example")
    for number in range(5):
        archive.store(f"k{number}", f"http://a.example/{number}", 200, HEADERS, b"%d" % number)
    archive.store_failure("f", "http://a.example/dead", "timeout", "no answer")
    archive.close()
    with (tmp_path / "1/a.example.warc.gz").open("rb") as stream:
        found = [
            (r.rec_type, r.rec_headers.get_header("WARC-Target-URI"))
            for r in ArchiveIterator(stream, check_digests="raise")
        ]
    assert [kind for kind, _ in found] == ["warcinfo", *["response"] * 5, "metadata"]
    assert found[1][1] == "http://a.example/0"


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_torn_last_record_is_cut_off_and_the_rest_kept(tmp_path, cut):
    archive = Archive(tmp_path, 1, "a.example")
    archive.store("k1", "http://a.example/1", 200, HEADERS, b"one")
    archive.store("k2", "http://a.example/2", 200, HEADERS, bytes(range(256)) * 9)
    archive.close()
    path = tmp_path / "1/a.example.warc.gz"
    whole = path.read_bytes()
    (tmp_path / "index.db").unlink()
    path.write_bytes(whole[:-cut])
    mended = Archive(tmp_path, 1, "a.example")
    assert body_of(mended, "k1") == b"one"
    assert mended.find("k2") is None
    mended.store("k3", "http://a.example/3", 200, HEADERS, b"three")
    assert body_of(mended, "k3") == b"three"
    mended.close()
    with path.open("rb") as stream:
        assert len(list(ArchiveIterator(stream))) == 3


def test_record_that_the_index_missed_is_adopted(tmp_path):
    archive = Archive(tmp_path, 1, "a.example")
    first = archive.store("k1", "http://a.example/1", 404, HEADERS, b"one")
    archive._out.close()  # killed: the index row was never written
    again = Archive(tmp_path, 1, "a.example")
    found = again.find("k1")
    assert (found.id, found.status, found.url) == (first.id, 404, first.url)
    again.close()


def test_same_page_of_the_same_run_has_the_same_id(tmp_path):
    ids = []
    for folder in ("one", "two"):
        archive = Archive(tmp_path / folder, 1, "a.example")
        ids.append(archive.store("k", "http://a.example/", 200, HEADERS, b"x").id)
        archive.close()
    assert ids[0] == ids[1]


def test_other_runs_are_served_only_when_they_may_be_replayed(tmp_path):
    first = Archive(tmp_path, 1, "a.example")
    first.store("k", "http://a.example/", 200, HEADERS, b"old")
    first.close()
    fresh, replaying = Archive(tmp_path, 2, "a.example"), Archive(tmp_path, 3, "a.example", (1,))
    assert fresh.find("k") is None
    assert body_of(replaying, "k") == b"old"
    fresh.close()
    replaying.close()


def test_members_are_plain_gzip(tmp_path):
    archive = Archive(tmp_path, 1, "../evil/..")
    archive.store("k", "http://a.example/", 200, HEADERS, b"x")
    archive.close()
    files = list(tmp_path.rglob("*.warc.gz"))
    assert len(files) == 1
    assert files[0].parent == tmp_path / "1"
    assert zlib.decompressobj(31).decompress(files[0].read_bytes()).startswith(b"WARC/1.1\r\n")
