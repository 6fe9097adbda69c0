"""`cxscout doctor`, `status`, `backup`, `restore`, `clean`, `forget`: keeping house."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from crawler.app.commands import shared

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.config import Settings

__all__ = ["backup", "clean", "doctor", "forget", "restore", "status"]


@click.command()
@click.option("--deep", is_flag=True, help="Check every byte of database, archive and reports.")
@click.option("--repair", is_flag=True, help="Make again what one store lost from the other.")
@shared.json_option
@shared.pass_settings
def doctor(settings: Settings, deep: bool, repair: bool, as_json: bool) -> None:
    """Say what is installed, which browser, which keys, where the database is, what is wrong.

    Exits with 1 when something is wrong, with 4 when --deep finds damage (after --repair: still).

    \b
    Example:
      cxscout doctor
      cxscout doctor --deep --json
      cxscout doctor --repair
    """
    from crawler.app.damage import find_damage
    from crawler.app.doctor import examine
    from crawler.app.repair import repair as mend

    mended = mend(settings, datetime.now(UTC)) if repair else []
    damage = find_damage(settings) if deep or repair else []
    rows = [*examine(settings), *mended, *damage]
    shared.print_rows(rows, as_json, "")
    if any(row["state"] == "wrong" for row in damage):
        sys.exit(4)
    if any(row["state"] == "wrong" for row in rows):
        sys.exit(1)


@click.command()
@shared.json_option
@click.option("--prometheus", type=shared.PATH, help="Also write them as a Prometheus text file.")
@shared.pass_settings
def status(settings: Settings, as_json: bool, prometheus: Path | None) -> None:
    """Show sizes, runs, schedules and messages in numbers; rows of metric, study and value.

    \b
    Example:
      cxscout status --json
      cxscout status --prometheus /var/lib/node_exporter/cxscout.prom
    """
    from crawler.app import housekeeping

    rows = housekeeping.status(settings, datetime.now(UTC))
    if prometheus:
        housekeeping.write_prometheus(rows, prometheus)
    shared.print_rows(rows, as_json, "")


@click.command()
@click.argument("file", type=shared.PATH)
@click.option("--archive", is_flag=True, help="With the archived pages; without, only the rows.")
@shared.pass_settings
def backup(settings: Settings, file: Path, archive: bool) -> None:
    """Write a checked backup to FILE (.tar or .tar.gz), also while a run works.

    \b
    Example:
      cxscout backup cxscout-2026-03-02.tar.gz --archive
    """
    from crawler.app.housekeeping import back_up

    manifest = back_up(settings, file, archive=archive, now=datetime.now(UTC))
    total = sum(entry["bytes"] for entry in manifest["files"].values())
    click.echo(f"{len(manifest['files'])} files, {total:,} bytes", err=True)
    click.echo(file)


@click.command()
@click.argument("file", type=shared.PATH)
@click.option("--force", is_flag=True, help="Replace the database that is in the home.")
@shared.pass_settings
def restore(settings: Settings, file: Path, force: bool) -> None:
    """Put a backup into the home, after all its checksums were found right.

    \b
    Example:
      cxscout restore cxscout-2026-03-02.tar.gz --force
    """
    from crawler.app.housekeeping import restore as put_back

    manifest = put_back(settings, file, force=force)
    click.echo(f"restored {len(manifest['files'])} files of {manifest['created_at']}", err=True)


@click.command()
@shared.study_argument
@click.option("--keep", required=True, type=click.IntRange(1), help="Runs that are done to keep.")
@click.option("--only", "what", type=click.Choice(["screenshots", "archive"]),
              help="Delete only these of the older runs; their rows stay.")  # fmt: skip
@click.confirmation_option("--yes", prompt="Delete the older runs with their archive?")
@shared.pass_settings
def clean(settings: Settings, study_name: str, keep: int, what: str | None) -> None:
    """Delete all runs of STUDY but the newest, with rows and archive; reports stay.

    \b
    Example:
      cxscout clean shoes --keep 12 --yes
      cxscout clean shoes --keep 3 --only screenshots --yes
    """
    from crawler.app.housekeeping import clean_study, thin_study

    db = shared.database(settings)
    if what:
        done = thin_study(settings, db, study_name, keep=keep, what=what)
    else:
        done = clean_study(settings, db, study_name, keep=keep)
    gone = f"{what} of {done['runs']} runs" if what else f"{done['runs']} runs"
    click.echo(f"{gone} deleted, {done['bytes']:,} bytes freed", err=True)


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--backups", is_flag=True, help="Also rewrite the backups made of this home.")
@click.confirmation_option("--yes", prompt="Delete reviews and archived pages of this person?")
@shared.pass_settings
def forget(settings: Settings, name: str, backups: bool) -> None:
    """Remove a reviewer: the reviews, and the archived pages that have the name.

    Prints what went, which reports to write anew, and which backups still have the person.

    \b
    Example:
      cxscout forget "Jane Q. Public" --yes
      cxscout forget "Jane Q. Public" --backups --yes
    """
    from crawler.app.forget import forget_in_backups, forget_person

    gone = forget_person(settings, shared.database(settings), name)
    if backups:
        gone |= forget_in_backups(settings, name)
    click.echo(json.dumps(gone, ensure_ascii=False))
