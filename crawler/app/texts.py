"""The command `classify`: JSON lines with texts in, what they say out. Imports no crawler."""

from __future__ import annotations

import json
import sys
from typing import IO, TYPE_CHECKING, Any

from analysis.classify import classify_rows
from crawler.errors import ConfigError, CxscoutError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["classify_lines"]


def classify_lines(path: Path | None) -> Iterator[dict[str, Any]]:
    """Classified rows of a JSON lines file, or of stdin."""
    if path is None:
        yield from classify_rows(_rows(sys.stdin, "stdin"))
        return
    try:
        with path.open(encoding="utf-8-sig") as stream:
            yield from classify_rows(_rows(stream, str(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise CxscoutError(f"{path} cannot be read: {error}") from None


def _rows(stream: IO[str], source: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ConfigError(f"{source} line {number} is not JSON: {error}") from None
        if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
            raise ConfigError(f'{source} line {number} is not like {{"id": 1, "text": "..."}}')
        yield row
