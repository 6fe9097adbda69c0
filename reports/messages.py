"""The catalogs' upkeep: python -m reports.messages gathers messages and updates locales/*.po.

Messages are the literals in `.t(...)` and `.n(...)` of reports/**.py and in `t(...)`, `n(...)` of
the templates, the tables of `labels`, and what analysis says (`phrases`). `--check` changes nothing
and fails when the catalogs are not fresh. Both print how much of each language is translated.
"""

from __future__ import annotations

import ast
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from reports import collected, labels, market, phrases, rows, tables
from reports.locale import CATALOGS, LANGUAGES
from reports.renderers import pptx

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["catalog_text", "completeness", "gather", "main"]

_REPORTS = Path(__file__).parent
# Plural rules as gettext writes them; Persian and French count 0 and 1 alike.
_ONE_OR_MANY = "nplurals=2; plural=(n != 1);"
_PLURALS = {"fa": "nplurals=2; plural=(n > 1);", "fr": "nplurals=2; plural=(n > 1);",
            "gu": "nplurals=2; plural=(n > 1);"}  # fmt: skip
# Said through keys or as units, so that no literal stands in a call.
_DATA_UNITS = (
    *("share", "count", "score", "stars", "net share", "yes no", "days", "hours", "words"),
    *("clicks", "languages", "channels", "topics", "points", "desktop", "mobile"),
)


class Message(NamedTuple):
    """`many` is "" for a message without plural; `places` are files below reports/."""

    one: str
    many: str
    places: tuple[str, ...]


def gather() -> list[Message]:
    """All messages in the order of their first place, each once."""
    found: dict[str, tuple[str, dict[str, None]]] = {}
    for one, many, place in _all():
        kept, places = found.setdefault(one, (many, {}))
        if many and not kept:
            found[one] = (many, places)
        places[place] = None
    return [Message(one, many, tuple(places)) for one, (many, places) in found.items()]


def _all() -> Iterator[tuple[str, str, str]]:
    for path in sorted((_REPORTS / "templates").rglob("*.html")):
        for one, many in _in_template(path):
            yield one, many, path.relative_to(_REPORTS).as_posix()
    for path in sorted(_REPORTS.rglob("*.py")):
        for one, many in _in_code(path):
            yield one, many, path.relative_to(_REPORTS).as_posix()
    yield from ((text, "", "labels.py") for text in _tables())
    yield from ((one, many, "phrases.py") for one, many in phrases.COUNTED)
    yield from ((one, many, "market.py") for one, many in market.PROMISE_UNITS.values())
    yield from ((text, "", "phrases.py") for text in (*phrases.TERMS, *phrases.PHRASES))


def _tables() -> Iterator[str]:
    for table in (
        labels.DIMENSION_MEANINGS, labels.BRAND_KINDS, labels.PAGE_STATES, labels.STAGES,
        labels.EFFORT_WORDS, labels.FOLLOW_UPS, labels.STATE_WORDS, labels.REASON_WORDS,
        labels.SIZES, labels.LEVELS, labels.VERDICTS, labels.QUADRANTS, labels.CAUSES,
        labels.RUN_STATES, collected.VISIT_STAGES, market.PROMISE_BOUNDS,
    ):  # fmt: skip
        yield from (text for text in table.values() if text)
    yield from (*market.PROMISE_WORDS, *_DATA_UNITS)
    yield from (*tables.MESSAGES, *rows.MESSAGES, *pptx.MESSAGES)


def _in_code(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        wanted = {"t": 1, "n": 2}.get(node.func.attr, 0)
        texts = [a.value for a in node.args[:wanted] if isinstance(a, ast.Constant)]
        if wanted and len(texts) == wanted and all(isinstance(text, str) for text in texts):
            yield str(texts[0]), str(texts[1]) if wanted == 2 else ""


def _in_template(path: Path) -> Iterator[tuple[str, str]]:
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        wanted = {"t": 1, "n": 2}.get(getattr(call.node, "name", ""), 0)
        texts = [a.value for a in call.args[:wanted] if isinstance(a, nodes.Const)]
        if wanted and len(texts) == wanted:
            yield texts[0], texts[1] if wanted == 2 else ""


def completeness(language: str, messages: list[Message]) -> tuple[int, int]:
    """(translated, all) messages of a language."""
    known = _read(CATALOGS / f"{language}.po", language)
    done = sum(_is_done(known, message) for message in messages)
    return done, len(messages)


def _is_done(catalog: Catalog, message: Message) -> bool:
    entry = catalog.get(message.one)
    if entry is None or entry.fuzzy:
        return False
    texts = _forms(entry.string)
    return all(texts) and (len(texts) > 1 or not message.many)


def _read(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=None)
    with path.open("rb") as file:
        return read_po(file, locale=None)


def catalog_text(language: str | None, messages: list[Message]) -> str:
    """The catalog of a language with today's messages and the translations it has; None: the
    template, which holds none."""
    known = _read(CATALOGS / f"{language}.po", language) if language else Catalog()
    fresh = Catalog(charset="utf-8", fuzzy=False)
    for message in messages:
        key = (message.one, message.many) if message.many else message.one
        old = known.get(message.one)
        forms = _forms(old.string) if old and not old.fuzzy else []
        string = (forms or [""])[0]
        places = [(place, 0) for place in message.places]
        fresh.add(key, _two(forms) if message.many else string, locations=places)
    buffer = io.BytesIO()
    write_po(buffer, fresh, width=100, omit_header=True, include_lineno=False)
    return _header(language) + "\n" + buffer.getvalue().decode()


def _forms(string: Sequence[str] | str | None) -> list[str]:
    return [string] if isinstance(string, str) else list(string or ())


def _two(forms: list[str]) -> tuple[str, str]:
    """A message that got a plural keeps what it had for both."""
    return (forms[0], forms[-1]) if forms else ("", "")


def _header(language: str | None) -> str:
    plurals = _PLURALS.get(language or "", _ONE_OR_MANY)
    return (
        "# What a report says. English is the source; see docs/translations.md.\n"
        'msgid ""\nmsgstr ""\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Language: {language or ""}\\n"\n'
        f'"Plural-Forms: {plurals}\\n"\n'
    )


def main(arguments: list[str]) -> int:
    """Write the catalogs, or with --check only say whether they are fresh."""
    messages, stale = gather(), []
    names: list[tuple[str, str | None]] = [("messages.pot", None)]
    names += [(f"{language}.po", language) for language in LANGUAGES if language != "en"]
    for name, language in names:
        path, text = CATALOGS / name, catalog_text(language, messages)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    for language in LANGUAGES:
        if language != "en":
            done, count = completeness(language, messages)
            print(f"{language}: {done} of {count} messages, {100 * done / count:.1f} %")
    if stale and "--check" in arguments:
        print(f"not fresh: {', '.join(stale)}; run python -m reports.messages", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
