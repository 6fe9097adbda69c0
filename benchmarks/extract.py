"""Milliseconds a page for the parse, each extractor and the whole, against peers in one run.

    python -m benchmarks.extract [FOLDER] [--json] [--no-peers]

FOLDER holds saved pages (*.html); without one, made pages of real shape (benchmarks/pages.py).
The peers are a bare selectolax parse, extruct with all syntaxes, and a BeautifulSoup parse.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

from bs4 import BeautifulSoup
from selectolax.lexbor import LexborHTMLParser

from benchmarks import print_figures
from benchmarks.pages import pages as made_pages
from crawler.errors import TooComplex
from spiders.extract.observe import EXTRACTORS, observe
from spiders.extract.page import ParsedPage

_ROUNDS = 5


def _pages(folder: Path | None) -> list[bytes]:
    if folder is None:
        return made_pages(60)
    bodies = [path.read_bytes() for path in sorted(folder.rglob("*.html"))]
    return [body for body in bodies if _readable(body)]


def _readable(body: bytes) -> bool:
    try:
        ParsedPage.from_bytes(body, "http://a.example/")
    except TooComplex:
        return False
    return True


def _cost(work: Callable[[bytes], object], bodies: list[bytes]) -> float:
    """CPU milliseconds a page, one pass."""
    start = time.process_time()
    for body in bodies:
        work(body)
    return (time.process_time() - start) / len(bodies) * 1000


def _whole(body: bytes) -> object:
    return observe(ParsedPage.from_bytes(body, "http://a.example/"))


def _extruct(body: bytes) -> object:
    import extruct  # noqa: PLC0415  (a peer, in the bench group only)

    try:
        return extruct.extract(body.decode("utf-8", "replace"), errors="ignore")
    except (ValueError, RecursionError, AttributeError):
        return None


def measure(bodies: list[bytes], peers: bool) -> dict[str, float]:
    """Medians over interleaved rounds; ratios are taken round by round."""
    lanes: dict[str, Callable[[bytes], object]] = {"parse_ms": LexborHTMLParser, "whole": _whole}
    observed: dict[str, list[float]] = {}
    for body in bodies:
        _whole(body)  # caches and data files are read before anything counts
    for turn in range(_ROUNDS):
        for name, work in lanes.items():
            observed.setdefault(name, []).append(_cost(work, bodies))
        if turn == 0:
            for name, cost in _each(bodies).items():
                observed.setdefault(name, []).append(cost)
    ratios = [w / p for w, p in zip(observed["whole"], observed["parse_ms"], strict=True)]
    result = {name: statistics.median(costs) for name, costs in observed.items()}
    result["extract_ms"] = result.pop("whole")
    result["ratio_to_parse"] = statistics.median(ratios)
    if peers:
        result["extruct_all_ms"] = _cost(_extruct, bodies)
        result["beautifulsoup_parse_ms"] = _cost(lambda b: BeautifulSoup(b, "lxml"), bodies)
        result["times_faster_than_extruct"] = result["extruct_all_ms"] / result["extract_ms"]
    return {name: round(value, 3) for name, value in result.items()}


def _each(bodies: list[bytes]) -> dict[str, float]:
    """Each shared part and each extractor, in the order of the whole, a page at a time.

    A part that several need is paid for by the first; what is then left is the extractor's own.
    """
    steps: dict[str, Callable[[ParsedPage], object]] = {
        name: attrgetter(name) for name in ("scripts", "elements", "names", "text", "anchors")
    }
    steps |= {"structured": attrgetter("structured")}
    steps |= {name: extract for name, (extract, _) in EXTRACTORS.items()}
    spent = dict.fromkeys(steps, 0.0)
    for body in bodies:
        page = ParsedPage.from_bytes(body, "http://a.example/")
        for name, step in steps.items():
            start = time.process_time()
            step(page)
            spent[name] += time.process_time() - start
    return {f"{name}_ms": seconds / len(bodies) * 1000 for name, seconds in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-peers", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    bodies = _pages(args.folder)
    result = {"pages": len(bodies), **measure(bodies, peers=not args.no_peers)}
    print_figures(result, as_json=args.json)


if __name__ == "__main__":
    main()
