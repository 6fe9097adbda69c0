"""`cxscout brands`, `brand set`: who was selected, and the analyst's word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crawler.app.commands import shared

if TYPE_CHECKING:
    from crawler.config import Settings

__all__ = ["brand", "brands"]


@click.command()
@shared.study_argument
@click.option("--run", "run_id", type=int, help="Run number. Default: the latest.")
@shared.json_option
@shared.pass_settings
def brands(settings: Settings, study_name: str, run_id: int | None, as_json: bool) -> None:
    """Show who was selected, who was set aside, and why.

    \b
    Example:
      cxscout brands shoes --json
    """
    from crawler.app.brands import list_brands

    rows = list_brands(shared.database(settings), study_name, run_id)
    shared.print_rows(rows, as_json, "no brand yet; run the study first")


@click.group(cls=shared.Group)
def brand() -> None:
    """Decide about a brand.

    \b
    Example:
      cxscout brand set shoes rival.example competitor --reason "same customers"
    """


@brand.command("set")
@shared.study_argument
@click.argument("domain")
@click.argument("role", type=click.Choice(["competitor", "own", "ignore"]))
@click.option("--reason", required=True, help="Why; shown in every report.")
@shared.pass_settings
def brand_set(settings: Settings, study_name: str, domain: str, role: str, reason: str) -> None:
    """Say what a domain is; stronger than any rule, in this and every later run.

    \b
    Example:
      cxscout brand set shoes blog.example ignore --reason "a magazine, sells nothing"
    """
    from crawler.app.brands import decide
    from crawler.app.runs import utc_now

    decide(shared.database(settings), study_name, domain, role, reason, utc_now())
    click.echo(
        f"{domain} is set to {role}; the next run of {study_name!r} follows it "
        f"(now: cxscout run {study_name!r} --stage select)",
        err=True,
    )
