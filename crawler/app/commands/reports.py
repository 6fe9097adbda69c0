"""`cxscout report`, `changes`: what a run found, and what is new in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from crawler.app.commands import shared

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.config import Settings

__all__ = ["changes", "report"]


@click.command()
@shared.study_argument
@click.option("--run", "run_id", type=int, help="Run number. Default: the latest that is done.")
@click.option("--format", "report_format", default="html", show_default=True,
              help="html, pdf, xlsx, pptx, md, json, csv (a zip of tables).")  # fmt: skip
@click.option("--language", help=f"{shared.LANGUAGES}. Default: the study's report_language.")
@click.option("--out", type=shared.PATH, help="File to write. Default: in the home's reports/.")
@shared.pass_settings
def report(
    settings: Settings,
    study_name: str,
    run_id: int | None,
    report_format: str,
    language: str | None,
    out: Path | None,
) -> None:
    """Write the report of a run and print its path.

    \b
    Example:
      cxscout report shoes --format html --out shoes.html
      cxscout report shoes --format pdf --language fa
      cxscout report shoes --format json --out shoes.json
    """
    from crawler.app.brands import latest_run
    from crawler.app.exports import write_report

    db = shared.database(settings)
    number = latest_run(db, study_name, run_id, analyzed=True)
    now = datetime.now(UTC)
    click.echo(write_report(settings, db, number, report_format, out, now=now, language=language))


@click.command()
@shared.study_argument
@click.option("--from", "from_run", type=int, help="Run number. Default: the one before --to.")
@click.option("--to", "to_run", type=int, help="Run number. Default: the latest that is done.")
@shared.json_option
@shared.pass_settings
def changes(
    settings: Settings, study_name: str, from_run: int | None, to_run: int | None, as_json: bool
) -> None:
    """Tell what changed between two runs of STUDY; a page that failed changes nothing.

    \b
    Example:
      cxscout changes shoes
      cxscout changes shoes --from 3 --to 7 --json
    """
    from crawler.app.alerts import changes_between

    rows = changes_between(shared.database(settings), study_name, from_run, to_run)
    if as_json or not rows:
        shared.print_rows(rows, as_json, "nothing changed")
        return
    for row in rows:
        click.echo(row["text"])
