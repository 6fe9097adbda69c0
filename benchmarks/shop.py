"""A loopback shop for benchmarks: pages of ordinary size and shape, made from their number.

python -m benchmarks.shop PAGES     prints its port, serves until stdin closes
"""

from __future__ import annotations

import random
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.pages import SENTENCES

LINKS = 70  # the median of saved real pages is 74
_TOPICS = ("help/faq", "help/returns", "help/shipping", "contact", "blog", "shoes", "about")


def page(number: int, pages: int) -> bytes:
    """Page `number` of the shop, about 30 KB: text, a question list now and then, reviews."""
    rng = random.Random(number)

    def text(words: int) -> str:
        told = " ".join(rng.choices(SENTENCES, k=words // 10 + 1))  # words in order: see pages
        return " ".join(told.split()[:words])

    links = "".join(
        f'<li class="nav-item"><a class="link" href="/{rng.choice(_TOPICS)}/{target}.html">'
        f"{text(3)}</a></li>"
        for target in (rng.randrange(pages) for _ in range(LINKS))
    )
    questions = "".join(
        f"<details><summary>How do I {text(5).lower()}?</summary><p>{text(45)}</p></details>"
        for _ in range(6 if number % 5 == 0 else 0)
    )
    reviews = "".join(
        f'<div class="review"><span class="stars" aria-label="{rng.randint(1, 5)} out of 5">'
        f"</span><p>{text(30)}</p></div>"
        for _ in range(4 if number % 4 == 0 else 0)
    )
    body = "".join(f"<section><h2>{text(4)}</h2><p>{text(90)}</p></section>" for _ in range(18))
    return (
        f'<!doctype html><html lang="en"><head><title>Shop page {number}</title>'
        f'<script>window.shop = {{"id": {number}}};</script></head><body>'
        f"<nav><ul>{links}</ul></nav><main>{body}{questions}{reviews}</main>"
        '<footer><a href="mailto:help@shop.example">help@shop.example</a></footer></body></html>'
    ).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pages = 300

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1].removesuffix(".html")
        known = self.path == "/" or name.isdigit()
        body = page(int(name or 0), self.pages) if known else b"not here"
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet: a line a request would be most of the cost."""


def main() -> None:
    _Handler.pages = int(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
