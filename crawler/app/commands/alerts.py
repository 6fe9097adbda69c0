"""`cxscout alert`: who is told what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crawler.app.commands import shared

if TYPE_CHECKING:
    from crawler.config import Settings

__all__ = ["alert"]


@click.group(cls=shared.Group)
def alert() -> None:
    """Say who is told what changed, after each scheduled run.

    \b
    Example:
      cxscout alert set shoes --target env:ALERT_MAIL --topic faq --topic chat_vendor
    """


@alert.command("set")
@shared.study_argument
@click.option("--target", "targets", multiple=True,
              help="Apprise address, or env:NAME that has it; repeat for more.")  # fmt: skip
@click.option("--topic", "topics", multiple=True, help="Default: all. Repeat for more.")
@click.option("--agree", type=click.IntRange(1, 2),
              help="Runs that must agree before a fact is told. Default: 2.")  # fmt: skip
@click.option("--title", help="Template with $study, $count, $what, $run, $key.")
@click.option("--body", help="Template with these and $items, a line for each fact.")
@shared.pass_settings
def alert_set(
    settings: Settings,
    study_name: str,
    targets: tuple[str, ...],
    topics: tuple[str, ...],
    agree: int | None,
    **templates: str | None,
) -> None:
    """Say where the alerts of STUDY go; what is not given stays as it was.

    \b
    Example:
      cxscout alert set shoes --target env:ALERT_MAIL
      cxscout alert set shoes --title '[$study] $count $what'
    """
    from crawler.app.alerts import set_alerts

    set_alerts(shared.database(settings), study_name, targets, topics, agree, **templates)
    click.echo(f"alerts of study {study_name!r} are set", err=True)


@alert.command("list")
@shared.study_argument
@shared.json_option
@shared.pass_settings
def alert_list(settings: Settings, study_name: str, as_json: bool) -> None:
    """List what was told of STUDY, and what is held back because it flips.

    \b
    Example:
      cxscout alert list shoes --json
    """
    from crawler.app.alerts import list_alerts

    rows = list_alerts(shared.database(settings), study_name)
    shared.print_rows(rows, as_json, "nothing was told yet")


@alert.command("test")
@click.argument("target")
def alert_test(target: str) -> None:
    """Send a test message to TARGET.

    \b
    Example:
      cxscout alert test env:ALERT_MAIL
    """
    from crawler.app.alerts import try_target

    try_target(target)
    click.echo("sent", err=True)
