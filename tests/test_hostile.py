"""Answers made to harm a crawler: whole crawls against sockets that break HTTP on purpose."""

import gzip
import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from tests.crawling import FetchSpider, run_spider, settings_for

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
HELLO = PLAIN + b"Content-Length: 8\r\n\r\n<p>hello"


class RawSite:
    """`answers`: path -> callable(write) that writes bytes; `hits` and `sent` count by path."""

    def __init__(self, answers):
        self.answers = answers
        self.hits = {}
        self.sent = {}

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def url(self, path="/"):
        return f"http://{self.address}{path}"

    def answer(self, connection):
        with connection:
            connection.settimeout(10)
            path = connection.recv(65536).split(b" ")[1].decode()
            self.hits[path] = self.hits.get(path, 0) + 1

            def write(data):
                connection.sendall(data)
                self.sent[path] = self.sent.get(path, 0) + len(data)

            with suppress(OSError):  # the crawler hung up, as it should
                self.answers.get(path, lambda write: write(HELLO))(write)


@contextmanager
def raw(answers):
    """Serve `answers` on port 0, a thread a connection, until the block ends."""
    site = RawSite(answers)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        site.port = listening.getsockname()[1]

        def accept():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=site.answer, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def fetch(site, *paths, **settings):
    values = settings_for(site, **{"ROBOTSTXT_OBEY": False, "DOWNLOAD_TIMEOUT": 5, **settings})
    return run_spider(FetchSpider, values, urls=[site.url(path) for path in paths])[0]


def states(items):
    return [item["state"] for item in items]


def endless(head, block):
    def answer(write):
        write(head)
        for _ in range(2000):
            write(block)

    return answer


@pytest.mark.parametrize(
    ("head", "block"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-A: bbbbbbbbbbbbbbbbbbbb\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"b" * 20_000),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 500),
    ],
    ids=["headers", "one header", "interim answers"],
)
def test_head_without_end_is_cut_off(head, block):
    with raw({"/": endless(head, block)}) as site:
        items = fetch(site, "/", "/b")
        assert states(items) == ["error", "ok"]
        assert "head of the answer" in items[0]["reason"]
        assert site.sent["/"] < 2 * 6 * 1024 * 1024  # two tries, socket buffers included


def test_long_security_header_is_no_attack():
    policy = b"Content-Security-Policy: " + b"https://a.example " * 1000 + b"\r\n"
    with raw({"/": lambda write: write(HELLO.replace(b"Connection", policy + b"Connection"))}) as s:
        assert states(fetch(s, "/")) == ["ok"]


def test_interim_answers_before_the_page_are_skipped():
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    with raw({"/": lambda write: write(hint * 3 + HELLO)}) as site:
        assert fetch(site, "/")[0]["body"] == b"<p>hello"


def test_slow_head_ends_at_the_deadline():
    over = threading.Event()

    def slow(write):
        write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not over.wait(0.05):
            write(b"a")

    with raw({"/": slow}) as site:
        assert states(fetch(site, "/", DOWNLOAD_TIMEOUT=0.4)) == ["timeout"]
        over.set()


def test_pages_that_are_no_http_do_not_cost_the_others():
    bad = {f"/{n}": lambda write: write(b"HTTP/1.1 200 OK\r\nX" + b"y" * 90_000) for n in range(6)}
    with raw(bad) as site:
        items = fetch(site, *bad, "/good")
        assert states(items) == ["error"] * 6 + ["ok"]


def test_broken_pages_are_replayed_as_they_were(tmp_path):
    bad = {f"/{n}": lambda write: write(b"HTTP/1.1 200 OK\r\nX" + b"y" * 90_000) for n in range(6)}
    cache = {"HTTPCACHE_ENABLED": True, "ARCHIVE_DIR": str(tmp_path), "RUN_ID": 1}
    with raw(bad) as site:
        first = fetch(site, *bad, "/good", **cache)
        before = dict(site.hits)
        again = fetch(site, *bad, "/good", **cache)
        assert site.hits == before
        assert states(again) == states(first)


def test_surplus_behind_the_answer_is_never_the_next_answer():
    smuggled = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"
    keep = HELLO.replace(b"Connection: close\r\n", b"")
    with raw({"/": lambda write: write(keep + smuggled)}) as site:
        items = fetch(site, "/", "/b")
        assert [item["body"] for item in items if item["state"] == "ok"][-1] == b"<p>hello"


def test_broken_chunk_ends_the_fetch_at_once():
    bad = PLAIN + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<p>ab\r\n"
    over = threading.Event()

    def answer(write):
        write(bad)
        over.wait(0.1)
        write(b"zz\r\n")
        over.wait(20)  # the connection stays open; waiting for its end would be a timeout

    with raw({"/": answer}) as site:
        items = fetch(site, "/", DOWNLOAD_TIMEOUT=15)
        over.set()
        assert states(items) == ["error"]


def test_bomb_is_cut_off_and_not_asked_for_again():
    bomb = gzip.compress(bytes(20 * 1024 * 1024))
    head = PLAIN + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with raw({"/": lambda write: write(head + bomb)}) as site:
        assert states(fetch(site, "/")) == ["too_large"]
        assert site.hits["/"] == 1


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nX" + b"y" * 90_000, b""], ids=["broken head", "hangs up"]
)
def test_key_of_a_failed_fetch_is_in_no_message(caplog, answer):
    with raw({"/?q=1&key=s3cret": lambda write: write(answer)}) as site:
        values = settings_for(site, PROVIDER_KEYS={"K": "s3cret"}, ROBOTSTXT_OBEY=False,
                              LOG_LEVEL="DEBUG")  # fmt: skip
        meta = {"secret": {"env": "K", "param": "key"}}
        items, _ = run_spider(FetchSpider, values, urls=[site.url("/?q=1")], meta=meta)
        assert states(items) == ["error"]
        assert site.hits["/?q=1&key=s3cret"] == 2
        assert "s3cret" not in str(items) + caplog.text


def test_key_of_a_timed_out_fetch_is_in_no_message(caplog):
    over = threading.Event()
    with raw({"/?q=1&key=s3cret": lambda write: over.wait(20)}) as site:
        values = settings_for(site, PROVIDER_KEYS={"K": "s3cret"}, ROBOTSTXT_OBEY=False,
                              DOWNLOAD_TIMEOUT=0.2)  # fmt: skip
        meta = {"secret": {"env": "K", "param": "key"}}
        items, _ = run_spider(FetchSpider, values, urls=[site.url("/?q=1")], meta=meta)
        over.set()
        assert states(items) == ["timeout"]
        assert "s3cret" not in str(items) + caplog.text
