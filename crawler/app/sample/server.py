"""Serves the sample market on loopback: an HTTP proxy for its hosts, and a search in JSON."""

from __future__ import annotations

import json
import threading
import time
import tomllib
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crawler.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SEARCH_HOST", "Market", "SampleMarket", "load_market", "running"]

SEARCH_HOST = "searx.example"
_HERE = Path(__file__).parent
_RESULTS_A_PAGE = 10
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/json; charset=utf-8",
}
_CHALLENGE = (
    '<!doctype html><html lang="en"><head><title>Just a moment...</title></head><body>'
    "<h1>Checking that you are human</h1><noscript>Please turn on JavaScript.</noscript>"
    '<script src="/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1"></script>'
    "</body></html>"
)


class Answer(NamedTuple):
    """A response: everything that goes over the wire but the date."""

    status: int
    body: bytes
    content_type: str = _TYPES[".html"]
    location: str | None = None


@dataclass(frozen=True)
class Host:
    """A host of the market by its path: what it answers, and how long that takes."""

    answers: dict[str, Answer]
    slow_s: dict[str, float]
    refuses_all: bool = False

    def answer(self, path: str) -> Answer:
        if self.refuses_all:
            return Answer(403, _CHALLENGE.encode())
        missing = "<!doctype html><title>Page not found</title><h1>Page not found</h1>"
        return self.answers.get(path) or Answer(404, missing.encode())


@dataclass(frozen=True)
class Market:
    """The whole market: own brand, six competitors, bystanders, keywords with searches a month."""

    brand: str
    language: str
    country: str
    competitors: tuple[str, ...]
    keywords: dict[str, int]
    bystanders: dict[str, str]
    hosts: dict[str, Host] = field(repr=False)
    searches: dict[str, dict[str, Any]] = field(repr=False)

    def search(self, query: str, page: int) -> dict[str, Any]:
        """What SearXNG answers; a query of other words than the keywords finds nothing."""
        found = self.searches.get(_words(query), {"results": [], "suggestions": []})
        start = (page - 1) * _RESULTS_A_PAGE
        rows = found["results"][start : start + _RESULTS_A_PAGE]
        return {
            "query": query,
            "number_of_results": len(found["results"]),
            "results": [_result(row, start + n) for n, row in enumerate(rows, 1)],
            "answers": [],
            "corrections": [],
            "infoboxes": [],
            "suggestions": found["suggestions"] if page == 1 else [],
            "unresponsive_engines": [],
        }


def _words(query: str) -> str:
    return " ".join(sorted(query.lower().split()))


def _result(row: dict[str, str], position: int) -> dict[str, Any]:
    parts = urlsplit(row["url"])
    return row | {
        "engine": "sample",
        "engines": ["sample"],
        "positions": [position],
        "score": round(1 / position, 4),
        "category": "general",
        "template": "default.html",
        "parsed_url": [parts.scheme, parts.netloc, parts.path, "", parts.query, parts.fragment],
    }


# -- building the pages


def load_market() -> Market:
    """The market with all its pages drawn; about 60 templates, a tenth of a second."""
    rows = tomllib.loads((_HERE / "market.toml").read_text("utf-8"))
    environment = Environment(
        loader=FileSystemLoader(_HERE / "sites"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    searches = json.loads((_HERE / "serp.json").read_text("utf-8"))["queries"]
    hosts = {name: _host(name, row, environment) for name, row in rows.pop("hosts").items()}
    rows["competitors"] = tuple(rows["competitors"])
    return Market(
        **rows, hosts=hosts, searches={_words(entry["query"]): entry for entry in searches}
    )


def _host(name: str, row: dict[str, Any], environment: Environment) -> Host:
    unknown = row.keys() - {"redirects", "refused", "slow_s", "declares"}
    if unknown:
        raise ConfigError(f"market.toml: host {name} has unknown key {sorted(unknown)[0]!r}")
    folder = _HERE / "sites" / name
    reviews = _reviews(folder / "reviews.jsonl")
    answers: dict[str, Answer] = {}
    for file in sorted(folder.rglob("*.*")):
        inside = file.relative_to(folder).as_posix()
        if not file.name.startswith("_") and file.suffix in _TYPES:
            declared = row.get("declares", {}).get(f"/{inside}")
            answer = _page(environment, f"{name}/{inside}", reviews, declared)
            answers |= dict.fromkeys(_paths(inside), answer)
    refused = row.get("refused", [])
    answers |= dict.fromkeys(refused, Answer(403, _CHALLENGE.encode()))
    for path, target in row.get("redirects", {}).items():
        answers[path] = Answer(301, b"", location=f"http://{name}{target}")
    return Host(answers, row.get("slow_s", {}), refuses_all="*" in refused)


def _reviews(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _page(
    environment: Environment, name: str, reviews: list[dict[str, Any]], declared: str | None
) -> Answer:
    """A page of a site; one with a `declared` charset tells none in its header."""
    suffix = Path(name).suffix
    if suffix != ".html":
        return Answer(200, (_HERE / "sites" / name).read_bytes(), _TYPES[suffix])
    path = _paths(name.partition("/")[2])[0]
    text = environment.get_template(name).render(path=path, reviews=reviews, declared=declared)
    return Answer(200, text.encode(), "text/html" if declared else _TYPES[".html"])


def _paths(inside: str) -> list[str]:
    """Addresses of a file, the usual one first.

    >>> _paths("faq/index.html"), _paths("pages/faq.html")
    (['/faq/', '/faq/index.html'], ['/pages/faq', '/pages/faq.html'])
    """
    path = f"/{inside}"
    if path.endswith("/index.html"):
        return [path.removesuffix("index.html"), path]
    return [path.removesuffix(".html"), path] if path.endswith(".html") else [path]


# -- serving them


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, market: Market) -> None:
        super().__init__(("127.0.0.1", port), _Exchange)
        self.market = market
        self.lock = threading.Lock()
        self.hits: Counter[tuple[str, str]] = Counter()
        self.delays_s: dict[str, float] = {}
        self.dropped: set[str] = set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sample-market"
    sys_version = ""
    timeout = 30
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: `hits` counts."""

    def do_CONNECT(self) -> None:
        self.close_connection = True
        self._send(Answer(501, b"only http:// is served here\n", _TYPES[".txt"]))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.close_connection = True
        self._send(Answer(405, b"nothing is taken in here\n", _TYPES[".txt"]))

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        host = (asked.hostname or self.headers.get("Host", "").partition(":")[0]).lower()
        path = asked.path or "/"
        server = self.server
        with server.lock:
            server.hits[host, path] += 1
        if host in server.dropped:
            self.close_connection = True
            return
        if host in server.delays_s:
            time.sleep(server.delays_s[host])
        if host in (SEARCH_HOST, "127.0.0.1", "localhost"):
            self._send(self._search(path, asked.query))
        elif (site := server.market.hosts.get(host)) is None:
            self._send(Answer(502, f"host {host} is unknown\n".encode(), _TYPES[".txt"]))
        else:
            if path in site.slow_s:
                time.sleep(site.slow_s[path])
            self._send(site.answer(path))

    def _search(self, path: str, query: str) -> Answer:
        if path == "/robots.txt":
            return Answer(200, b"User-agent: *\nAllow: /\n", _TYPES[".txt"])
        if path != "/search":
            return Answer(404, b"ask /search?q=...&format=json\n", _TYPES[".txt"])
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        if asked.get("format") != "json":
            return Answer(403, b"only format=json is served\n", _TYPES[".txt"])
        page = asked.get("pageno", "1")
        if not asked.get("q", "").strip() or not page.isdecimal() or int(page) < 1:
            return Answer(400, b'{"error": "q or pageno is missing or wrong"}', _TYPES[".json"])
        found = self.server.market.search(asked["q"], int(page))
        return Answer(200, json.dumps(found, ensure_ascii=False).encode(), _TYPES[".json"])

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.location:
            self.send_header("Location", answer.location)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


@dataclass(frozen=True)
class SampleMarket:
    """The market while it is served. `hits` counts requests by (host, path)."""

    market: Market
    _server: _Server = field(repr=False)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def proxy_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def searxng_url(self) -> str:
        """Reached through the proxy, as every host of the market is."""
        return f"http://{SEARCH_HOST}"

    @property
    def hits(self) -> Counter[tuple[str, str]]:
        with self._server.lock:
            return Counter(self._server.hits)

    def delay(self, host: str, seconds: float) -> None:
        """Let every answer of the host wait; 0 ends it."""
        self._server.delays_s[host] = seconds

    def drop(self, host: str, on: bool = True) -> None:
        """Close the connection of every request to the host without an answer."""
        (self._server.dropped.add if on else self._server.dropped.discard)(host)


@contextmanager
def running(port: int = 0) -> Iterator[SampleMarket]:
    """Serve the market on loopback while the block runs; port 0 takes a free one."""
    server = _Server(port, load_market())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield SampleMarket(server.market, server)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    """Serve until Ctrl-C and say how to study what is served."""
    with running() as sample, suppress(KeyboardInterrupt):
        market = sample.market
        words = " ".join(f'-k "{keyword}"' for keyword in market.keywords)
        print(
            f"The sample market is served at {sample.proxy_url}; stop it with Ctrl-C.\n\n"
            f"Read a page:  curl --proxy {sample.proxy_url} http://{market.brand}/faq.html\n"
            f"Study it:     cxscout study add sample --brand {market.brand} {words} \\\n"
            f"                --provider searxng --searxng-url {sample.searxng_url} \\\n"
            f"                --proxy {sample.proxy_url} --delay 0\n"
            f"              cxscout run sample\n\n"
            f"Hosts: {', '.join(market.hosts)}",
            flush=True,
        )
        threading.Event().wait()


if __name__ == "__main__":
    main()
