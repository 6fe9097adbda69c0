"""JSON as it is found in files: with a byte order mark, wrapped in something, or cut off."""

from __future__ import annotations

import html
import json
import re

from spiders.extract import structured
from spiders.extract.page import decode

__all__ = ["Json", "load_json"]

Json = dict[str, "Json"] | list["Json"] | str | float | int | bool | None

_PRE = re.compile(r"<pre[^>]*>(.*?)(?:</pre>|$)", re.DOTALL | re.IGNORECASE)
_OPENING = re.compile(r"\s*[\[{]")
_MAX_REPAIRS = 40
_CLOSES = {"{": "}", "[": "]"}


def load_json(body: bytes) -> tuple[Json, str]:
    """The JSON in `body` and what was wrong with it, "" when nothing was.

    Text around it (a callback, an assignment, a browser's <pre>) is left out; several values in a
    row are a list. Of a cut-off text the complete part is read; other breaks (comments, commas too
    many) are mended as those of JSON-LD. Raises ValueError when there is no JSON object or array.
    """
    text = decode(body).lstrip("\ufeff").strip()
    if text.startswith("<") and (pre := _PRE.search(text)):
        text = html.unescape(pre[1])
    try:
        found: Json = json.loads(text)
    except RecursionError as error:
        raise ValueError("JSON is nested too deeply") from error
    except ValueError:
        return _wrapped(text)
    if not isinstance(found, dict | list):
        raise ValueError("no JSON object in it")
    return found, ""


def _wrapped(text: str) -> tuple[Json, str]:
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if start < 0:
        raise ValueError("no JSON object in it")
    try:
        found: Json
        found, end = json.JSONDecoder().raw_decode(text, start)
    except RecursionError as error:
        raise ValueError("JSON is nested too deeply") from error
    except ValueError:
        return _mended(text[start:])
    following, problem = _following(text, end)
    return ([found, *following], problem) if following else (found, problem)


def _following(text: str, at: int) -> tuple[list[Json], str]:
    """The values of a file with several, from `at` on; one that cannot be read is told."""
    found: list[Json] = []
    decoder = json.JSONDecoder()
    while opening := _OPENING.match(text, at):
        try:
            value, at = decoder.raw_decode(text, opening.end() - 1)
        except (ValueError, RecursionError):
            return found, f"value {len(found) + 2} of the file is cut off or broken; left out"
        found.append(value)
    return found, ""


def _mended(text: str) -> tuple[Json, str]:
    """Broken JSON, mended if its brackets are all there: of a cut-off text no half is kept."""
    ends = _safe_ends(text)
    if ends and not ends[-1][1]:
        values = structured.load_json(text)
        if values and isinstance(values[0], dict | list):
            return values[0], "the JSON is broken; read with mended marks"
    return _repaired(text), "the JSON is cut off or broken; read up to there"


def _repaired(text: str) -> Json:
    """What is complete of a cut-off text: cut back to an end of a value, then close what is open.

    >>> _repaired('{"a": [{"b": 1}, {"b": 2, "c": "x')
    {'a': [{'b': 1}, {'b': 2}]}
    """
    for end, closers in reversed(_safe_ends(text)[-_MAX_REPAIRS:]):
        try:
            found: Json = json.loads(text[:end] + closers)
        except ValueError:
            continue
        return found
    raise ValueError("no complete JSON value in it")


def _safe_ends(text: str) -> list[tuple[int, str]]:
    """Places where a value ended, each with the brackets that close what was open there."""
    ends: list[tuple[int, str]] = []
    opened: list[str] = []
    in_string = escaped = False
    for at, char in enumerate(text):
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "{[":
            opened.append(_CLOSES[char])
        elif char in "}]":
            if not opened or opened.pop() != char:
                break
            ends.append((at + 1, "".join(reversed(opened))))
        elif char == ",":
            ends.append((at, "".join(reversed(opened))))
        if len(ends) > 2 * _MAX_REPAIRS:
            del ends[:_MAX_REPAIRS]
    return ends
