"""The browser's way out: everything passes the guard, whatever it is called."""

import asyncio

import pytest

from crawler.egress import EgressProxy
from crawler.guard import AddressRules
from tests.loopback import Answer, serve


def ask(request, *allowed, upstream=None):
    """What the proxy answers to raw bytes, and how many connections it refused."""

    async def go():
        urls = [upstream] if upstream else []
        proxy = EgressProxy(AddressRules.of(allowed, *urls), upstream)
        await proxy.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(request)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await proxy.close()
        return answer, proxy.refused

    return asyncio.run(go())


def get(url, **headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"GET {url} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode()


def test_allowed_address_is_reached():
    with serve({"/a?b=1": Answer("hello")}) as site:
        answer, refused = ask(get(site.url("/a?b=1")), site.address)
        assert answer.startswith((b"HTTP/1.0 200", b"HTTP/1.1 200"))
        assert answer.endswith(b"hello")
        assert refused == 0


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_private_address_is_refused_in_every_spelling(host):
    with serve({"/": Answer("secret")}) as site:
        answer, _ = ask(get(f"http://{host}:{site.port}/"))
        assert b"secret" not in answer
        assert sum(site.hits.values()) == 0


def test_tunnel_to_a_private_address_is_refused():
    with serve({"/": Answer("secret")}) as site:
        answer, refused = ask(f"CONNECT {site.address} HTTP/1.1\r\n\r\n".encode())
        assert b"403" in answer
        assert refused == 1
        assert sum(site.hits.values()) == 0


def test_everything_goes_to_the_studys_proxy_when_there_is_one():
    seen = []

    def proxied(handler):
        seen.append(handler.path)
        return Answer("by proxy")

    with serve({"http://shop.test/x": proxied}) as site:
        answer, _ = ask(get("http://shop.test/x"), upstream=site.url(""))
        assert answer.endswith(b"by proxy")
        assert seen == ["http://shop.test/x"]


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"A B C\r\n\r\n"])
def test_nonsense_is_answered_or_closed(raw):
    answer, _ = ask(raw)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


def test_unreachable_host_is_a_bad_gateway():
    answer, _ = ask(get("http://no-such-host.invalid/"))
    assert answer.startswith(b"HTTP/1.1 502")


def test_answer_says_that_its_connection_ends():
    """Else a browser sends its next request into a connection that is about to close."""
    with serve({"/a": Answer("hello", headers={"Keep-Alive": "timeout=5"})}) as site:
        answer, _ = ask(get(site.url("/a")), site.address)
    head, _, body = answer.partition(b"\r\n\r\n")
    names = [line.lower() for line in head.split(b"\r\n")]
    assert [line for line in names if line.startswith((b"connection:", b"keep-alive:"))] == [
        b"connection: close"
    ]
    assert body == b"hello"
