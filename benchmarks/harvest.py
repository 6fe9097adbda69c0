"""How few fetches find a site's CX pages: the focused visit against breadth-first.

    python -m benchmarks.harvest FOLDER [--pages 40] [--json] [--show]

FOLDER holds a folder a market, in it a folder a site with its files and `site.json`, whose
`reach` names the labelled CX pages (FAQ, reviews, policies) and the clicks to each. Both visits
begin at the start page and read the files: no server, no robots.txt, no sitemap. Printed: the CX
pages found within 5, 10, 20 and all pages of the budget, and the harvest, which is CX pages found
for each page fetched until the last of them (more is better).
"""

from __future__ import annotations

import argparse
import json
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from benchmarks import print_figures
from crawler.errors import TooComplex
from spiders.base.frontier import Frontier, Target
from spiders.extract.links import extract_links
from spiders.extract.page import ParsedPage

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHECKPOINTS = (5, 10, 20)


@dataclass(frozen=True)
class Site:
    """A site on disk; `wanted` are the files of its CX pages that links lead to."""

    folder: Path
    entry: str
    wanted: frozenset[Path]

    def file(self, url: str) -> Path | None:
        """The file behind an address; None where the site has none (404)."""
        parts = urlsplit(url)
        if (parts.hostname or "").removeprefix("www.") != self.folder.name.removeprefix("www."):
            return None
        path = unquote(parts.path).lstrip("/")
        for name in (path, f"{path}.html", f"{path.rstrip('/')}/index.html".lstrip("/")):
            file = self.folder / name
            if file.is_file() and file.suffix in (".html", ".htm"):
                return file
        return None

    def read(self, url: str) -> ParsedPage | None:
        file = self.file(url)
        if file is None:
            return None
        if file.name == "index.html" and not url.endswith(("/", "index.html")):
            url += "/"  # as every server redirects
        try:
            return ParsedPage.from_bytes(file.read_bytes(), url)
        except TooComplex:
            return None


def sites(folder: Path) -> Iterator[Site]:
    """The labelled sites that have CX pages beyond the start page."""
    for path in sorted(folder.glob("*/*/site.json")):
        label = json.loads(path.read_text("utf-8"))
        entry = label["entry"]
        site = Site(path.parent, entry, frozenset())
        files = {
            path.parent / page
            for page, reach in label["reach"].items()
            if reach.get("depth") is not None
        }
        wanted = files - {site.file(_url(site))}
        if wanted:
            yield Site(path.parent, entry, frozenset(wanted))


def _url(site: Site, path: str = "") -> str:
    return f"http://{site.folder.name}{path or site.entry}"


def focused(site: Site, budget: int) -> list[Path]:
    """Files in the order in which the site spider takes them."""
    frontier = Frontier(budget=budget)
    frontier.add(Target(_url(site), score=2.0))
    visited = []
    while target := frontier.take():
        page = site.read(target.url)
        file = site.file(target.url)
        if page is None or file is None:
            frontier.give_back()
            continue
        visited.append(file)
        for link in extract_links(page):
            frontier.add(Target(link.url, link.score, link.purpose, target.depth + 1, target.url))
    return visited


def breadth_first(site: Site, budget: int) -> list[Path]:
    """Files in the order of the links on the pages, nearest to the start page first."""
    waiting, visited, seen = deque([_url(site)]), [], {_url(site)}
    while waiting and len(visited) < budget:
        url = waiting.popleft()
        page, file = site.read(url), site.file(url)
        if page is None or file is None or file in visited:
            continue
        visited.append(file)
        for anchor in page.anchors:
            if urlsplit(anchor.url).hostname == site.folder.name and anchor.url not in seen:
                seen.add(anchor.url)
                waiting.append(anchor.url)
    return visited


def measure(folder: Path, budget: int, show: bool) -> dict[str, float]:
    """Shares of all wanted pages, and the harvest of both ways."""
    found = {name: dict.fromkeys((*_CHECKPOINTS, budget), 0) for name in ("focused", "breadth")}
    fetched = {"focused": 0, "breadth": 0}
    total = count = 0
    for site in sites(folder):
        total, count = total + len(site.wanted), count + 1
        for name, visit in (("focused", focused), ("breadth", breadth_first)):
            visited = visit(site, budget)
            for limit in found[name]:
                found[name][limit] += len(site.wanted & set(visited[:limit]))
            places = [place for place, file in enumerate(visited) if file in site.wanted]
            missed = len(site.wanted) > len(places)
            fetched[name] += len(visited) if missed or not places else places[-1] + 1
            if show:
                print(
                    f"  {site.folder.name:32} {name:8} {len(places)} of {len(site.wanted)}",
                    f"in {max(places, default=-1) + 1} of {len(visited)} fetches",
                )
    result: dict[str, float] = {"sites": count, "cx_pages": total}
    for name in ("focused", "breadth"):
        for limit, hits in found[name].items():
            result[f"{name}_found_in_{limit}"] = round(hits / total, 3)
        result[f"{name}_harvest"] = round(found[name][budget] / fetched[name], 3)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    result = measure(args.folder, args.pages, args.show)
    print_figures(result, as_json=args.json)


if __name__ == "__main__":
    main()
