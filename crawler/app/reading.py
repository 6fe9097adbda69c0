"""Commands that read saved files without a study: extract, serp-parse."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from crawler.errors import ConfigError, CxscoutError, TooComplex
from crawler.items import Observations
from spiders.extract.observe import EXTRACTORS, observe
from spiders.extract.page import ParsedPage
from spiders.extract.serp import serp_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["extract_lines", "serp_lines"]


def extract_lines(
    paths: Sequence[Path], url: str = "", only: str | None = None
) -> Iterator[dict[str, Any]]:
    """One dict a file, as DESIGN says of `extract`; a file that cannot be read has it in errors."""
    names = [name.strip() for name in (only or "").split(",") if name.strip()]
    known = [name for name in EXTRACTORS if name != "accessibility"]  # not in the line
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigError(f"extractor {unknown[0]!r} is unknown; known are {', '.join(known)}")
    for path in paths:
        yield _extract_line(path, url, names or known)


def _extract_line(path: Path, url: str, only: Sequence[str]) -> dict[str, Any]:
    language = None
    try:
        page = ParsedPage.from_bytes(path.read_bytes(), url)
    except OSError as error:
        raise CxscoutError(f"{path} cannot be read: {error.strerror}") from None
    except TooComplex as reason:
        found = Observations(errors=[str(reason)])
    else:
        found = observe(page, only)
        language = page.language
    line: dict[str, Any] = {"path": str(path), "url": url, "language": language, **asdict(found)}
    del line["chat_criteria"]  # a saved page has no opened chat to judge
    del line["accessibility"]
    for review in line["reviews"]:
        del review["author"]
    return line


def serp_lines(paths: Sequence[Path], provider: str) -> Iterator[dict[str, Any]]:
    """One dict a file, as DESIGN says of `serp-parse`."""
    for path in paths:
        yield serp_line(path, provider)
