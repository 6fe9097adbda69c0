"""A real HTTP server on a loopback port, for whole crawls; it counts what it was asked."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer:
    """What a path answers: `delay_s` before the head; `after` asks says what comes then."""

    def __init__(self, body=b"", status=200, headers=None, content_type="text/html; charset=utf-8"):
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.headers = {"Content-Type": content_type, **(headers or {})}


class Site:
    """A running server: `routes` path -> Answer or callable(handler) -> Answer."""

    def __init__(self, routes):
        self.routes = routes
        self.hits = Counter()
        self.times = {}
        self.agents = set()
        self.lock = threading.Lock()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def url(self, path="/"):
        return f"http://{self.address}{path}"


@contextmanager
def serve(routes):
    """Serve `routes` on port 0 until the block ends."""
    site = Site(routes)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            with site.lock:
                site.hits[self.path] += 1
                site.times.setdefault(self.path, []).append(time.monotonic())
                site.agents.add(self.headers.get("User-Agent"))
            answer = site.routes.get(self.path, Answer("not here", 404))
            if callable(answer):
                answer = answer(self)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        # A dropped connection is tried again after 1, 3 and 7 s: too late for what a browser sees.
        request_queue_size = 256

        def handle_error(self, request, client_address):
            """A client that hangs up is one of the things we test."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
