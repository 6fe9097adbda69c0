"""A cited page as text: what stood there when it was fetched, with the cited words marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.locale import ENGLISH, Words

__all__ = ["EvidencePage", "Part", "make_page", "render_page"]

_MAX_LINES = 3_000
_EDGES = " .…\"'"  # where an excerpt was cut, or quoted
_TEMPLATES = Path(__file__).parent / "templates"


class Part(NamedTuple):
    """A piece of a line; `cited` pieces are marked."""

    text: str
    cited: bool


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """All that the copy says; `unseen` are excerpts that the visible text does not have."""

    url: str
    title: str
    fetched_at: str
    record: str
    file: str
    lines: tuple[tuple[Part, ...], ...]
    unseen: tuple[str, ...]


def make_page(
    text: str, excerpts: list[str], *, url: str, title: str, fetched_at: str, record: str, file: str
) -> EvidencePage:
    """The page of a text (one line a block) that several statements may cite."""
    lines = [line.strip() for line in text.split("\n")[:_MAX_LINES] if line.strip()]
    found: set[str] = set()
    marked = tuple(_mark(line, excerpts, found) for line in lines)
    unseen = tuple(excerpt for excerpt in dict.fromkeys(excerpts) if excerpt not in found)
    return EvidencePage(url, title, fetched_at, record, file, marked, unseen)


def _mark(line: str, excerpts: list[str], found: set[str]) -> tuple[Part, ...]:
    """The line cut where an excerpt (or the part of one that this line holds) begins and ends."""
    folded = _fold(line)
    for excerpt in sorted(excerpts, key=len, reverse=True):
        wanted = _fold(excerpt).strip(_EDGES)
        if len(wanted) >= 4 and wanted in folded:
            found.add(excerpt)
            start = folded.index(wanted)
            end = start + len(wanted)
            pieces = ((line[:start], False), (line[start:end], True), (line[end:], False))
            return tuple(Part(text, cited) for text, cited in pieces if text)
        if len(folded) >= 12 and folded.strip(_EDGES) in wanted:
            found.add(excerpt)
            return (Part(line, True),)
    return (Part(line, False),)


def _fold(text: str) -> str:
    """Same length as a line of one-space text, so that places in it hold for the line."""
    lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return re.sub(r"\s", " ", lowered)


def render_page(page: EvidencePage, words: Words = ENGLISH) -> bytes:
    """The copy as one HTML file without script, network or live link; our words in `words`."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("evidence.html")
    return template.render(page=page, words=words, t=words.t).encode("utf-8", "replace")
