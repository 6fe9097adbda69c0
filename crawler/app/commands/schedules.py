"""`cxscout schedule`, `tick`, `scheduler`: studies that run by themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from crawler.app.commands import shared

if TYPE_CHECKING:
    from crawler.config import Settings

__all__ = ["schedule", "scheduled", "scheduler", "tick"]


@click.group(cls=shared.Group)
def schedule() -> None:
    """Say when studies run by themselves.

    \b
    Example:
      cxscout schedule set shoes "30 6 * * MON" --timezone Europe/Berlin
      cxscout scheduler
    """


@schedule.command("set")
@shared.study_argument
@click.argument("cron", metavar="[CRON]", required=False)
@click.option("--timezone", help="IANA zone that the times are in, e.g. Europe/Berlin.")
@click.option("--jitter", "jitter_s", type=int, help="Start up to so many seconds later.")
@click.option("--catch-up", help="Slots that went by: latest (default), all or none.")
@click.option("--overlap", help="A slot while a run works: skip (default) or queue.")
@click.option("--blackout", multiple=True,
              help="Day without a run, 2026-12-24 or 12-24; repeat for more.")  # fmt: skip
@click.option("--pause/--resume", "paused", default=None, help="Stop for a while, and go on.")
@shared.pass_settings
def schedule_set(
    settings: Settings, study_name: str, cron: str | None, blackout: tuple[str, ...], **given: Any
) -> None:
    """Run STUDY at the times of CRON: minute hour day-of-month month day-of-week.

    Sunday is 0 or 7. What is not given stays as it was. Nothing before now is caught up.

    \b
    Example:
      cxscout schedule set shoes "30 6 * * MON" --timezone Europe/Berlin --jitter 600
      cxscout schedule set shoes --pause
    """
    from crawler.app.schedules import next_times, set_schedule

    db, now = shared.database(settings), datetime.now(UTC)
    made = set_schedule(db, study_name, now, cron=cron, blackout=list(blackout) or None, **given)
    if made.paused:
        click.echo(f"study {study_name!r} is paused; go on with --resume", err=True)
        return
    click.echo(f"study {study_name!r} runs next:", err=True)
    for row in next_times(db, study_name, now):
        click.echo(row["slot"])


@schedule.command("list")
@shared.json_option
@shared.pass_settings
def schedule_list(settings: Settings, as_json: bool) -> None:
    """List the schedules, when they come next and how the last slot ended.

    \b
    Example:
      cxscout schedule list --json
    """
    from crawler.app.schedules import list_schedules

    rows = list_schedules(shared.database(settings), datetime.now(UTC))
    shared.print_rows(rows, as_json, "no schedule yet; set one: cxscout schedule set STUDY CRON")


@schedule.command("next")
@shared.study_argument
@click.option("--count", default=5, show_default=True, type=click.IntRange(1, 1000),
              help="How many.")  # fmt: skip
@shared.json_option
@shared.pass_settings
def schedule_next(settings: Settings, study_name: str, count: int, as_json: bool) -> None:
    """Show when a study runs next.

    \b
    Example:
      cxscout schedule next shoes --count 10
    """
    from crawler.app.schedules import next_times

    rows = next_times(shared.database(settings), study_name, datetime.now(UTC), count)
    shared.print_rows(rows, as_json, "it does not come any more")


@schedule.command("remove")
@shared.study_argument
@shared.pass_settings
def schedule_remove(settings: Settings, study_name: str) -> None:
    """Stop running a study by itself; its runs stay.

    \b
    Example:
      cxscout schedule remove shoes
    """
    from crawler.app.schedules import remove_schedule

    remove_schedule(shared.database(settings), study_name)
    click.echo(f"study {study_name!r} has no schedule any more", err=True)


@schedule.command("export")
@click.option("--format", "kind", type=click.Choice(["systemd", "crontab"]), default="systemd",
              show_default=True, help="For which of the two.")  # fmt: skip
@shared.pass_settings
def schedule_export(settings: Settings, kind: str) -> None:
    """Print systemd units, or a crontab line, that call `cxscout tick`.

    \b
    Example:
      cxscout schedule export --format crontab
    """
    from crawler.app.schedules import export_schedules

    click.echo(export_schedules(settings, kind), nl=False)


@click.command()
@shared.pass_settings
def tick(settings: Settings) -> None:
    """Run what is due now and wait for it; for cron and systemd (see schedule export).

    Any number may run at the same time: each slot is run once.

    \b
    Example:
      cxscout tick
    """
    from crawler.app.alerts import deliver_waiting
    from crawler.app.schedules import tick as tick_once

    number = tick_once(settings)
    deliver_waiting(settings)
    click.echo(f"{number or 'no'} {'study was' if number == 1 else 'studies were'} due", err=True)


@click.command()
@click.option("--parallel", default=2, show_default=True, type=click.IntRange(1, 64),
              help="Studies that may run side by side.")  # fmt: skip
@click.option("--poll", "poll_s", default=20.0, show_default=True, type=click.FloatRange(0.1),
              help="Seconds between two looks at the clock.")  # fmt: skip
@shared.pass_settings
def scheduler(settings: Settings, parallel: int, poll_s: float) -> None:
    """Run studies when they are due, until stopped; runs that it leaves behind are taken up again.

    \b
    Example:
      cxscout scheduler
    """
    import signal
    import threading

    from crawler.app.alerts import deliver_waiting
    from crawler.app.schedules import Scheduler

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    click.echo("looking for studies that are due; Ctrl-C stops", err=True)
    Scheduler(settings, parallel=parallel, between=lambda: deliver_waiting(settings)).run(
        stop, poll_s
    )


@click.command(hidden=True)
@click.argument("number", type=int)
@click.option("--parent", type=int, required=True)
@shared.pass_settings
def scheduled(settings: Settings, number: int, parent: int) -> None:
    """What is due of one study; started by `tick` and `scheduler` as a child process."""
    from crawler.app.process import die_with_parent

    die_with_parent(parent)
    from crawler.app.alerts import tell_run
    from crawler.app.schedules import run_due

    def tell(run_id: int | None, error: str) -> None:
        tell_run(settings, number, run_id, error, datetime.now(UTC))

    run_due(settings, number, tell=tell)
