"""The command line: what there is, in the order it is used, and how errors end.

Results go to stdout, progress and messages to stderr. Exit 0: done; 1: failed; 2: wrong usage;
3: the disk is full; 4: stored data is damaged; 5: the disk fails; 130: interrupted. The commands
are in `crawler.app.commands`.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from crawler import __version__
from crawler.app.commands import (
    alerts,
    brands,
    housekeeping,
    own_data,
    reading,
    reports,
    runs,
    schedules,
    studies,
)
from crawler.app.commands.shared import PATH, Group
from crawler.errors import CxscoutError, Damaged, storage_error

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cli", "main"]

COMMANDS = (
    runs.demo,
    studies.study,
    runs.run,
    runs.runs,
    runs.cancel,
    runs.stage,
    brands.brands,
    brands.brand,
    reports.report,
    reading.extract,
    reading.serp_parse,
    reading.classify,
    reading.keywords,
    housekeeping.doctor,
    schedules.schedule,
    schedules.tick,
    schedules.scheduler,
    schedules.scheduled,
    own_data.survey,
    own_data.mystery,
    reports.changes,
    alerts.alert,
    housekeeping.status,
    housekeeping.backup,
    housekeeping.restore,
    housekeeping.clean,
    housekeeping.forget,
)


def main() -> None:
    """The console script: one clear line for every error, never a traceback for a known one."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CxscoutError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        click.echo("error: interrupted; take the run up again with --resume", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (OSError, sqlite3.Error) as error:
        _fail(_plain(error), storage_error("", error).exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> NoReturn:
    """Say why, if it can be said: the log may lie on the very disk that is full."""
    try:
        click.echo(f"error: {message}", err=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(code)


def _plain(error: OSError | sqlite3.Error) -> str:
    if isinstance(storage_error("", error), Damaged):
        return f"database is damaged: {error}; put a backup back: cxscout restore FILE --force"
    if isinstance(error, OSError):
        return f"{error.filename or 'system'}: {error.strerror or error}; see cxscout doctor"
    return f"database: {error}; see cxscout doctor"


@click.group(
    cls=Group,
    commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--home",
    type=PATH,
    envvar="CXSCOUT_HOME",
    default="cxscout-home",
    show_default=True,
    help="Folder with cxscout.db, archive/ and reports/.",
)
@click.version_option(__version__, prog_name="cxscout")
@click.pass_context
def cli(ctx: click.Context, home: Path) -> None:
    """Find who ranks for your keywords, read their customer experience, and see where the gap is.

    \b
    Example:
      cxscout demo
      cxscout study add shoes --brand example.com --keyword "running shoes" --provider brave
      cxscout run shoes
      cxscout report shoes --format html --out shoes.html
    """
    os.environ["CXSCOUT_HOME"] = str(home)
    ctx.obj = home
