"""A labelled market behind its own proxy, as a study."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crawler.config import Keyword, Study
from crawler.domains import registrable_domain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["labelled_market"]


@contextmanager
def labelled_market(folder: Path, name: str, home: Path) -> Iterator[Study]:
    """The study of market `name` of `folder`, while `serve.py` there serves its sites."""
    serp = json.loads((folder / name / "serp.json").read_text("utf-8"))
    port_file = home / "port"
    server = subprocess.Popen(
        [sys.executable, str(folder / "serve.py"), "--port", "0", "--port-file", str(port_file),
         "--market", name],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not port_file.exists() or not port_file.read_text():
            time.sleep(0.05)
        yield Study(
            name="market",
            brand=registrable_domain(serp["own_brand"]),
            keywords=tuple(Keyword(query["query"]) for query in serp["queries"]),
            provider="searxng",
            searxng_url="http://searx.example",
            proxy=f"http://127.0.0.1:{port_file.read_text()}",
            competitors=len(serp["expected_competitors"]),
            delay=0.0,
        )
    finally:
        server.terminate()
        server.wait()
