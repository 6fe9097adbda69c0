"""Write the reference pages that are made from code: database, settings, spiders, commands.

python docs/make.py            writes them
python docs/make.py --check    exit 1 when one is not as the code is
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import click
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

sys.path.insert(0, str(Path(__file__).parent.parent))

from crawler.app.cli import cli
from crawler.config import Study
from crawler.db import open_db

DOCS = Path(__file__).parent
ABOUT = {
    "studies": "What to research: own brand, market, settings (JSON).",
    "keywords": "Phrases of a study, with searches a month where known.",
    "runs": "One execution of a study: a state and a stage, so it can be taken up again.",
    "searches": "One keyword asked of one provider; a failure is a state, not an empty ranking.",
    "serp_results": "Hits: rank among organic results, and ads apart.",
    "serp_questions": "People-also-ask and related searches.",
    "brands": "Domains among the results, with role, class and the reason.",
    "brand_decisions": "The analyst's word on a domain; stronger than any rule.",
    "visits": "How a stage ended for a brand.",
    "pages": "Each address asked for, with its state and the reason; `record` is in the archive.",
    "faq_entries": "Questions with answers.",
    "reviews": "What people wrote; no names, only a keyed hash of them.",
    "ratings": "Aggregates that pages state.",
    "chat_widgets": "Chats, bots and messengers; `mentioned` is not present.",
    "technologies": "Other CX systems: help desk, survey, reviews, shop platform.",
    "channels": "Ways to reach the brand.",
    "policies": "Promises as facts with units (JSON).",
    "review_scores": "Language, sentiment and themes of each review.",
    "metrics": "Numbers about a brand with n, interval, coverage and state.",
    "scores": "Dimensions, 0 to 100.",
    "swot_entries": "Statements with rule, numbers and confidence.",
    "gaps": "Own brand against the market, ranked, with plan.",
    "gap_followups": "What became of each gap of the run before.",
    "questions": "Questions of the market, clustered, and who answers them.",
    "question_wordings": "The wordings behind a question.",
    "promises": "What is promised against what reviews say.",
    "evidence": 'Where a derived row comes from: "row" is `table:id`.',
    "changes": "What differs between two runs.",
    "schedules": "When a study runs.",
    "slots": "Times at which a study was due, and what came of each.",
    "deliveries": "Each alert on its way to each place that is told.",
    "alerts": "What was told, and when.",
    "surveys": "The own brand's survey answers, reply times, churn and tickets.",
    "mystery_visits": "Questions asked of a competitor by hand, and the answers.",
    "chat_criteria": "What an opened chat shows, criterion by criterion.",
    "render_lessons": "What rendering changed on pages of a kind, and which scripts they named.",
    "accessibility_checks": "How many elements of a page pass each check of its accessibility.",
}


def database_page() -> str:
    db = open_db(":memory:")
    lines = [
        "# Database",
        "",
        "One SQLite file, `cxscout.db` in the home. Ids are 16 hex digits made from the row's",
        "natural key, so the same thing seen again is the same row. Times are UTC, ISO 8601.",
    ]
    for table in db.tables:
        if table.name.startswith(("_", "sqlite_")):
            continue
        about = ABOUT[table.name]
        lines += ["", f"## {table.name}", "", about, "", "| column | type | refers to |"]
        lines.append("|---|---|---|")
        links = {key.column: f"{key.other_table}.{key.other_column}" for key in table.foreign_keys}
        for column in table.columns:
            key = " (key)" if column.is_pk else ""
            kind = column.type.lower() + ("" if not column.notnull or key else ", always there")
            lines.append(f"| {column.name}{key} | {kind} | {links.get(column.name, '')} |")
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    source = ast.parse(inspect.getsource(Study))
    body = source.body[0].body  # type: ignore[attr-defined]
    about = {
        name.target.id: text.value.value
        for name, text in pairwise(body)
        if isinstance(name, ast.AnnAssign) and isinstance(text, ast.Expr)
    }
    lines = ["# Settings of a study", "",
             "Keys of a study file (`cxscout study import`), and options of `cxscout study add`.",
             "", "| key | default | what it is |", "|---|---|---|"]  # fmt: skip
    for field in fields(Study):
        default = "" if field.name in ("name", "keywords") else f"`{field.default!r}`"
        lines.append(f"| {field.name} | {default} | {about[field.name]} |")
    return "\n".join(lines) + "\n"


def spiders_page() -> str:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    loader = SpiderLoader.from_settings(settings)
    lines = ["# Spiders", "", "`scrapy list` shows them; `scrapy crawl NAME -a ...` runs one."]
    for name in sorted(loader.list()):
        lines += ["", f"## {name}", "", inspect.cleandoc(loader.load(name).__doc__ or "")]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    lines = ["# Commands"]
    for path, command in _commands(cli, "cxscout"):
        with click.Context(command, info_name=path) as context:
            text = re.sub(r"[ \t]+\n", "\n", command.get_help(context))
        lines += ["", f"## {path}", "", "```", text, "```"]
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, path: str) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in group.commands.items():
        if command.hidden:
            continue
        if isinstance(command, click.Group):
            found += _commands(command, f"{path} {name}")
        else:
            found.append((f"{path} {name}", command))
    return found


PAGES = {
    "database.md": database_page,
    "settings.md": settings_page,
    "spiders.md": spiders_page,
    "commands.md": commands_page,
}


def main() -> int:
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
    if stale:
        print(f"not as the code is: {', '.join(stale)}; run python docs/make.py", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
