"""What many commands have in common: the home's settings, arguments, and how rows are printed."""

from __future__ import annotations

import json
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from crawler.config import REPORT_LANGUAGES, Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from crawler.db import Database

__all__ = [
    "LANGUAGES",
    "PATH",
    "Group",
    "allow_address_option",
    "any_study_argument",
    "database",
    "json_option",
    "pass_settings",
    "print_lines",
    "print_rows",
    "proxy_option",
    "study_argument",
]

_Given = ParamSpec("_Given")
_Back = TypeVar("_Back")

PATH = click.Path(path_type=Path)
LANGUAGES = ", ".join(REPORT_LANGUAGES)

study_argument = click.argument("study_name", metavar="STUDY")
any_study_argument = click.argument("study_name", metavar="[STUDY]", required=False)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
proxy_option = click.option("--proxy", help="HTTP proxy for every request.")
allow_address_option = click.option(
    "--allow-address",
    "allow_addresses",
    multiple=True,
    help="Private IP:PORT that may be fetched; repeat for more.",
)


class Group(click.Group):
    """Lists commands in the order they are used, not by alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def pass_settings(
    command: Callable[Concatenate[Settings, _Given], _Back],
) -> Callable[_Given, _Back]:
    """Call `command` with the settings of the home; read then, so `--help` needs no home."""

    def with_settings(home: Path, /, *args: _Given.args, **kwargs: _Given.kwargs) -> _Back:
        return command(read_settings(home), *args, **kwargs)

    return click.pass_obj(update_wrapper(with_settings, command))


def database(settings: Settings) -> Database:
    """The home's database, brought up to date."""
    from crawler.db import open_db

    return open_db(settings.database)


def print_rows(rows: Sequence[dict[str, Any]], as_json: bool, empty: str) -> None:
    """One JSON array, or a table; without rows the word `empty` on stderr."""
    if as_json:
        click.echo(json.dumps(list(rows), ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo(empty, err=True)
        return
    from crawler.app.console import print_table

    print_table(rows)


def print_lines(lines: Iterable[dict[str, Any]]) -> None:
    """A JSON object a line, each as soon as it is there."""
    for line in lines:
        click.echo(json.dumps(line, ensure_ascii=False))
