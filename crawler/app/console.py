"""Tables on stdout and a run's progress on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from crawler.db import Database

__all__ = ["Progress", "print_table"]

_PIPE_WIDTH = 220  # without a terminal nobody folds lines for us
_STAGES = {
    "search": "asking who ranks",
    "select": "choosing the competitors",
    "crawl": "visiting the brands",
    "render": "opening pages in the browser",
    "analyze": "measuring and comparing",
    "report": "writing the report",
}


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Rows of equal keys as a table; scraped text is printed as text, never as markup."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in rows[0]:
        numeric = all(isinstance(row[name], (int, float, type(None))) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


class Progress:
    """What a run is doing: a live table on a terminal, one line a stage elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._live = Live(console=self._console, transient=True, auto_refresh=False)
        self._stage = ""

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def watch(self, db: Database, run_id: int, stage: str) -> None:
        """Called a few times a second while a stage works; see runs.run_study."""
        if stage != self._stage:
            self._stage = stage
            self._console.print(f"run {run_id}: {_STAGES.get(stage, stage)}", highlight=False)
        if self._console.is_terminal:
            self._live.update(self._table(db, run_id, stage), refresh=True)

    def _table(self, db: Database, run_id: int, stage: str) -> Table:
        table = Table(box=None, pad_edge=False, show_header=False)
        if stage not in ("crawl", "render"):
            return table
        rows = db.query(
            """
            select b.domain, b.role, sum(p.state = 'ok') as ok, count(p.id) as n,
                   (select state || ' ' || reason from visits v
                    where v.brand_id = b.id and v.stage = ?) as ended
            from brands b left join pages p on p.brand_id = b.id and p.rendered = ?
            where b.run_id = ? and b.role != 'ignored' group by b.id order by b.role desc, b.domain
            """,
            [stage, int(stage == "render"), run_id],
        )
        for row in rows:
            table.add_row(
                Text(row["domain"]),
                f"{row['ok'] or 0} of {row['n']} pages read" if row["n"] else "waiting",
                Text(row["ended"] or "", style="dim"),
            )
        return table
