"""`cxscout demo`, `run`, `runs`, `cancel`: doing the job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.app.commands import shared

if TYPE_CHECKING:
    from crawler.config import Settings

__all__ = ["cancel", "demo", "run", "runs", "stage"]


@click.command()
@click.option("--out", type=shared.PATH, help="Folder for the demo's home. Default: ./cxscout-demo")
def demo(out: Path | None) -> None:
    """Do the whole job on the built-in sample market: no network, no key.

    \b
    Example:
      cxscout demo --out /tmp/demo
    """
    from crawler.app.demo import run_demo

    click.echo(run_demo(out or Path("cxscout-demo")))


@click.command()
@shared.study_argument
@click.option("--resume", is_flag=True, help="Take up the latest run that did not end.")
@click.option("--offline", is_flag=True, help="Repeat the latest run from the archive, no network.")
@click.option("--stage", help="Repeat the latest run from this stage on, e.g. analyze.")
@shared.pass_settings
def run(
    settings: Settings, study_name: str, resume: bool, offline: bool, stage: str | None
) -> None:
    """Run a study: search, select, crawl, render, analyze, report.

    Prints the path of the report. Ctrl-C stops it; --resume takes it up again and fetches nothing
    twice.

    \b
    Example:
      cxscout run shoes
      cxscout run shoes --resume
      cxscout run shoes --stage analyze
    """
    from crawler.app.console import Progress
    from crawler.app.exports import default_path
    from crawler.app.runs import run_study

    with Progress() as progress:
        run_id = run_study(
            settings, study_name, resume=resume, offline=offline, stage=stage, watch=progress.watch
        )
    click.echo(default_path(settings, study_name, run_id, ".html"))


@click.command()
@shared.any_study_argument
@shared.json_option
@shared.pass_settings
def runs(settings: Settings, study_name: str | None, as_json: bool) -> None:
    """List what ran and what runs, newest first.

    \b
    Example:
      cxscout runs shoes --json
    """
    from crawler.app.runs import list_runs

    rows = list_runs(shared.database(settings), study_name)
    shared.print_rows(rows, as_json, "no run yet; start one: cxscout run STUDY")


@click.command()
@click.argument("run_id", metavar="RUN", type=int)
@shared.pass_settings
def cancel(settings: Settings, run_id: int) -> None:
    """Stop a running run; `run --resume` takes it up again.

    \b
    Example:
      cxscout cancel 12
    """
    from crawler.app.runs import cancel_run

    click.echo(cancel_run(shared.database(settings), run_id), err=True)


@click.command(hidden=True)
@click.argument("run_id", type=int)
@click.argument("stage_name")
@click.option("--parent", type=int, required=True)
@click.option("--replay", is_flag=True)
@shared.pass_settings
def stage(settings: Settings, run_id: int, stage_name: str, parent: int, replay: bool) -> None:
    """One stage of a run; started by `run` as a child process."""
    from crawler.app.process import die_with_parent

    die_with_parent(parent)
    from crawler.app.stages import run_stage

    run_stage(settings, run_id, stage_name, replay=replay)
