"""The command line: each command parses, calls one function, prints.

Results go to stdout, progress and messages to stderr. Exit 0: done; 1: failed; 2: wrong usage;
3: the disk is full; 4: stored data is damaged; 5: the disk fails; 130: interrupted. What a command
needs is imported when it runs, so `--help` stays quick.
"""

# ruff: noqa: PLC0415  (see above: Scrapy alone costs 0.6 s of CPU)

from __future__ import annotations

import json
import os
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from crawler import __version__
from crawler.config import (
    PROVIDERS,
    REPORT_LANGUAGES,
    Keyword,
    Settings,
    Study,
    clean_domain,
    read_settings,
)
from crawler.errors import CxscoutError, Damaged, storage_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.db import Database

__all__ = ["cli", "main"]

_PATH = click.Path(path_type=Path)


class _Group(click.Group):
    """Lists commands in the order they are used, not by alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


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


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=_PATH,
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


def _settings(ctx: click.Context) -> Settings:
    return read_settings(ctx.obj)


def _db(settings: Settings) -> Database:
    from crawler.db import open_db

    return open_db(settings.database)


def _print_rows(rows: Sequence[dict[str, Any]], as_json: bool, empty: str) -> None:
    if as_json:
        click.echo(json.dumps(list(rows), ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo(empty, err=True)
        return
    from crawler.app.console import print_table

    print_table(rows)


_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")


# -- demo


@cli.command()
@click.option("--out", type=_PATH, help="Folder for the demo's home. Default: ./cxscout-demo")
def demo(out: Path | None) -> None:
    """Do the whole job on the built-in sample market: no network, no key.

    \b
    Example:
      cxscout demo --out /tmp/demo
    """
    from crawler.app.demo import run_demo

    click.echo(run_demo(out or Path("cxscout-demo")))


# -- studies


@cli.group(cls=_Group)
def study() -> None:
    """Add, show, change and remove studies.

    \b
    Example:
      cxscout study add shoes --brand example.com --keyword "running shoes" --country DE
    """


_LANGUAGES = ", ".join(REPORT_LANGUAGES)


def _study_options(command: Any) -> Any:
    options = [
        click.option("--brand", help="Own brand's domain; without it there are no gaps."),
        click.option("--keyword", "-k", multiple=True, help="A phrase; repeat for more."),
        click.option("--keywords", "keyword_file", type=_PATH,
                     help="File with a phrase a line, or CSV: phrase,volume."),
        click.option("--provider", help=f"Search results from: {', '.join(sorted(PROVIDERS))}."),
        click.option("--searxng-url", help="Address of the SearXNG to ask."),
        click.option("--serp-file", help="Rank export (CSV, JSON) for provider file."),
        click.option("--country", help="Market, two letters, e.g. DE."),
        click.option("--language", help="Language of the market, two letters, e.g. de."),
        click.option("--device", help="desktop or mobile."),
        click.option("--depth", type=int, help="Organic results for each keyword."),
        click.option("--competitors", type=int, help="How many competitors to study."),
        click.option("--pages", type=int, help="Pages to fetch of each brand."),
        click.option("--max-mb", type=int, help="Megabytes to fetch of each brand."),
        click.option("--delay", type=float, help="Seconds between two requests to one host."),
        click.option("--timeout", type=float, help="Seconds that one fetch may take in all."),
        click.option("--proxy", help="HTTP proxy for every request."),
        click.option("--allow-address", "allow_addresses", multiple=True,
                     help="Private IP:PORT that may be fetched; repeat for more."),
        click.option("--ctr-curve", help="Click-through curve that weighs ranks."),
        click.option("--render/--no-render", default=None,
                     help="Open pages in a browser where chat stays open."),
        click.option("--consent", help="First answer to a consent wall: reject or accept."),
        click.option("--report-language", help=f"Language of the report: {_LANGUAGES}."),
        click.option("--report-title", help='Title of the report; "" for the usual one.'),
        click.option("--report-logo", help='PNG, JPEG or SVG for the report; "" for none.'),
        click.option("--report-accent", help="Color of headings and the own brand, like #0b5885."),
        click.option("--report-hide", "report_hidden", multiple=True,
                     help='Section to leave out; repeat for more, "" for none.'),
        click.option("--report-footer", help="Line at the foot of every page and slide."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _with_options(study: Study, options: dict[str, Any]) -> Study:
    """The study with the options that were given; unknown values raise ConfigError."""
    from crawler.app.studies import read_keywords, with_keywords

    phrases = [Keyword(" ".join(text.split())) for text in options.pop("keyword") if text.strip()]
    keyword_file = options.pop("keyword_file")
    given = {
        name: value
        for name, value in options.items()
        if value not in (None, ()) and not name.startswith("report_")
    }
    if "brand" in given:
        given["brand"] = clean_domain(given["brand"])
    if "provider" in given:
        given["provider"] = given["provider"].replace("-", "_")
    if "serp_file" in given:
        given["serp_file"] = str(Path(given["serp_file"]).resolve())
    study = replace(study, **given, **_report_look(options))
    if phrases or keyword_file:
        from_file = read_keywords(keyword_file) if keyword_file else ()
        study = with_keywords(study, (*phrases, *from_file))
    return study


def _report_look(options: dict[str, Any]) -> dict[str, Any]:
    """The options about the report that were given, "" cleared; a logo must be drawable now."""
    given = {n: v for n, v in options.items() if n.startswith("report_") and v not in (None, ())}
    look: dict[str, Any] = {name: value or None for name, value in given.items()}
    if "report_language" in given:
        look["report_language"] = given["report_language"] or "en"
    if "report_hidden" in given:
        look["report_hidden"] = tuple(section for section in given["report_hidden"] if section)
    if look.get("report_logo"):
        from reports.branding import read_logo

        look["report_logo"] = str(Path(look["report_logo"]).resolve())
        read_logo(Path(look["report_logo"]))
    if look.get("report_accent"):
        from reports.branding import read_branding

        for note in read_branding({"report_accent": look["report_accent"]}).notes:
            click.echo(note, err=True)
    return look


@study.command("add")
@click.argument("name")
@_study_options
@click.pass_context
def study_add(ctx: click.Context, name: str, **options: Any) -> None:
    """Add a study called NAME.

    \b
    Example:
      cxscout study add shoes --brand example.com -k "running shoes" -k "trail shoes" \\
        --provider searxng --searxng-url http://127.0.0.1:8888 --country DE --language de
    """
    from crawler.app.runs import utc_now
    from crawler.app.studies import add_study

    if not options["provider"]:
        options["provider"] = (options["serp_file"] and "file") or (
            options["searxng_url"] and "searxng"
        )
    made = _with_options(Study(name=name), options)
    add_study(_db(_settings(ctx)), made, utc_now())
    click.echo(f"study {name!r} added; run it: cxscout run {name!r}", err=True)


@study.command("list")
@_json
@click.pass_context
def study_list(ctx: click.Context, as_json: bool) -> None:
    """List the studies.

    \b
    Example:
      cxscout study list --json
    """
    from crawler.app.studies import all_studies

    rows = all_studies(_db(_settings(ctx)))
    _print_rows(rows, as_json, "no study yet; add one: cxscout study add")


@study.command("show")
@click.argument("name")
@_json
@click.pass_context
def study_show(ctx: click.Context, name: str, as_json: bool) -> None:
    """Show the settings of a study as TOML.

    \b
    Example:
      cxscout study show shoes
    """
    from crawler.app.studies import get_study
    from crawler.config import study_to_dict, study_to_toml

    _, found = get_study(_db(_settings(ctx)), name)
    if as_json:
        click.echo(json.dumps([study_to_dict(found)], ensure_ascii=False, indent=2))
    else:
        click.echo(study_to_toml(found), nl=False)


@study.command("edit")
@click.argument("name")
@_study_options
@click.pass_context
def study_edit(ctx: click.Context, name: str, **options: Any) -> None:
    """Change settings of a study; keywords that are given replace the old ones.

    \b
    Example:
      cxscout study edit shoes --competitors 8 --pages 60
    """
    from crawler.app.studies import edit_study, get_study

    db = _db(_settings(ctx))
    _, found = get_study(db, name)
    edit_study(db, _with_options(found, options))
    click.echo(f"study {name!r} changed", err=True)


@study.command("remove")
@click.argument("name")
@click.confirmation_option("--yes", prompt="Remove the study with all its runs?")
@click.pass_context
def study_remove(ctx: click.Context, name: str) -> None:
    """Remove a study with all its runs; the archive stays.

    \b
    Example:
      cxscout study remove shoes --yes
    """
    from crawler.app.studies import remove_study

    remove_study(_db(_settings(ctx)), name)
    click.echo(f"study {name!r} removed", err=True)


@study.command("import")
@click.argument("file", type=_PATH)
@click.pass_context
def study_import(ctx: click.Context, file: Path) -> None:
    """Add a study from a TOML file.

    \b
    Example:
      cxscout study import shoes.toml
    """
    from crawler.app.runs import utc_now
    from crawler.app.studies import add_study
    from crawler.config import read_study

    found = read_study(file)
    add_study(_db(_settings(ctx)), found, utc_now())
    click.echo(f"study {found.name!r} added", err=True)


@study.command("export")
@click.argument("name")
@click.option("--out", type=_PATH, help="File to write. Default: stdout.")
@click.pass_context
def study_export(ctx: click.Context, name: str, out: Path | None) -> None:
    """Write a study as TOML, for `study import` elsewhere.

    \b
    Example:
      cxscout study export shoes --out shoes.toml
    """
    from crawler.app.exports import write_whole
    from crawler.app.studies import get_study
    from crawler.config import study_to_toml

    text = study_to_toml(get_study(_db(_settings(ctx)), name)[1])
    if out is None:
        click.echo(text, nl=False)
    else:
        write_whole(out, text.encode())


# -- runs


@cli.command()
@click.argument("study_name", metavar="STUDY")
@click.option("--resume", is_flag=True, help="Take up the latest run that did not end.")
@click.option("--offline", is_flag=True, help="Repeat the latest run from the archive, no network.")
@click.option("--stage", help="Repeat the latest run from this stage on, e.g. analyze.")
@click.pass_context
def run(
    ctx: click.Context, study_name: str, resume: bool, offline: bool, stage: str | None
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

    settings = _settings(ctx)
    with Progress() as progress:
        run_id = run_study(
            settings, study_name, resume=resume, offline=offline, stage=stage, watch=progress.watch
        )
    click.echo(default_path(settings, study_name, run_id, ".html"))


@cli.command()
@click.argument("study_name", metavar="[STUDY]", required=False)
@_json
@click.pass_context
def runs(ctx: click.Context, study_name: str | None, as_json: bool) -> None:
    """List what ran and what runs, newest first.

    \b
    Example:
      cxscout runs shoes --json
    """
    from crawler.app.runs import list_runs

    rows = list_runs(_db(_settings(ctx)), study_name)
    _print_rows(rows, as_json, "no run yet; start one: cxscout run STUDY")


@cli.command()
@click.argument("run_id", metavar="RUN", type=int)
@click.pass_context
def cancel(ctx: click.Context, run_id: int) -> None:
    """Stop a running run; `run --resume` takes it up again.

    \b
    Example:
      cxscout cancel 12
    """
    from crawler.app.runs import cancel_run

    click.echo(cancel_run(_db(_settings(ctx)), run_id), err=True)


@cli.command(hidden=True)
@click.argument("run_id", type=int)
@click.argument("stage_name")
@click.option("--parent", type=int, required=True)
@click.option("--replay", is_flag=True)
@click.pass_context
def stage(ctx: click.Context, run_id: int, stage_name: str, parent: int, replay: bool) -> None:
    """One stage of a run; started by `run` as a child process."""
    from crawler.app.process import die_with_parent

    die_with_parent(parent)
    from crawler.app.stages import run_stage

    run_stage(_settings(ctx), run_id, stage_name, replay=replay)


# -- brands


@cli.command("brands")
@click.argument("study_name", metavar="STUDY")
@click.option("--run", "run_id", type=int, help="Run number. Default: the latest.")
@_json
@click.pass_context
def brands_command(ctx: click.Context, study_name: str, run_id: int | None, as_json: bool) -> None:
    """Show who was selected, who was set aside, and why.

    \b
    Example:
      cxscout brands shoes --json
    """
    from crawler.app.brands import list_brands

    rows = list_brands(_db(_settings(ctx)), study_name, run_id)
    _print_rows(rows, as_json, "no brand yet; run the study first")


@cli.group(cls=_Group)
def brand() -> None:
    """Decide about a brand.

    \b
    Example:
      cxscout brand set shoes rival.example competitor --reason "same customers"
    """


@brand.command("set")
@click.argument("study_name", metavar="STUDY")
@click.argument("domain")
@click.argument("role", type=click.Choice(["competitor", "own", "ignore"]))
@click.option("--reason", required=True, help="Why; shown in every report.")
@click.pass_context
def brand_set(ctx: click.Context, study_name: str, domain: str, role: str, reason: str) -> None:
    """Say what a domain is; stronger than any rule, in this and every later run.

    \b
    Example:
      cxscout brand set shoes blog.example ignore --reason "a magazine, sells nothing"
    """
    from crawler.app.brands import decide
    from crawler.app.runs import utc_now

    decide(_db(_settings(ctx)), study_name, domain, role, reason, utc_now())
    click.echo(
        f"{domain} is set to {role}; the next run of {study_name!r} follows it "
        f"(now: cxscout run {study_name!r} --stage select)",
        err=True,
    )


# -- report


@cli.command()
@click.argument("study_name", metavar="STUDY")
@click.option("--run", "run_id", type=int, help="Run number. Default: the latest that is done.")
@click.option("--format", "report_format", default="html", show_default=True,
              help="html, pdf, xlsx, pptx, md, json, csv (a zip of tables).")  # fmt: skip
@click.option("--language", help=f"{_LANGUAGES}. Default: the study's report_language.")
@click.option("--out", type=_PATH, help="File to write. Default: in the home's reports/.")
@click.pass_context
def report(
    ctx: click.Context,
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
    from datetime import UTC, datetime

    from crawler.app.brands import latest_run
    from crawler.app.exports import write_report

    settings = _settings(ctx)
    db = _db(settings)
    number = latest_run(db, study_name, run_id, analyzed=True)
    now = datetime.now(UTC)
    click.echo(write_report(settings, db, number, report_format, out, now=now, language=language))


# -- reading without a study


@cli.command()
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--url", default="", help="Address that the page came from.")
@click.option("--only", help="Comma-separated: faq,reviews,chat,channels,policies,links.")
def extract(files: tuple[Path, ...], url: str, only: str | None) -> None:
    """Read saved pages; prints one JSON line a file with what was observed.

    \b
    Example:
      cxscout extract page.html --url https://example.com/faq --only faq,reviews
    """
    from crawler.app.reading import extract_lines

    _print_lines(extract_lines(files, url, only))


@cli.command("serp-parse")
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--provider", required=True, help="Which provider's response it is, e.g. searxng.")
def serp_parse(files: tuple[Path, ...], provider: str) -> None:
    """Read saved search responses; prints one JSON line a file with the results.

    \b
    Example:
      cxscout serp-parse response.json --provider serper
    """
    from crawler.app.reading import serp_lines

    _print_lines(serp_lines(files, provider))


@cli.command()
@click.argument("file", type=_PATH, required=False)
def classify(file: Path | None) -> None:
    """Language, sentiment and themes of texts: JSON lines {id,text[,lang,rating]} in and out.

    \b
    Example:
      echo '{"id": 1, "text": "Nobody ever replied."}' | cxscout classify
    """
    from crawler.app.texts import classify_lines

    _print_lines(classify_lines(file))


@cli.command()
@click.argument("source", metavar="DOMAIN|FILE")
@click.option("--study", "study_name", help="Take the own site's pages from this study's run.")
@click.option("--pages", default=12, show_default=True, help="Pages to visit of a new domain.")
@click.option("--fresh", is_flag=True, help="Visit the domain also where a run has its pages.")
@click.option("--delay", type=float, help="Seconds between two requests.")
@click.option("--proxy", help="HTTP proxy for every request.")
@click.option(
    "--allow-address",
    "allow_addresses",
    multiple=True,
    help="Private IP:PORT that may be fetched; repeat for more.",
)
@_json
@click.pass_context
def keywords(
    ctx: click.Context,
    source: str,
    study_name: str | None,
    fresh: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Propose the 5-10 keywords to study, from a keyword export or from a site.

    A site that no run has visited is visited first, a few pages of it; nothing of that is kept.

    \b
    Example:
      cxscout keywords example.com
      cxscout keywords keyword-planner.csv --study shoes
    """
    from crawler.app.first_look import keywords_of_site
    from crawler.app.proposals import is_archived, propose_keywords

    settings = _settings(ctx)
    if study_name or Path(source).is_file() or (not fresh and is_archived(settings, source)):
        rows = propose_keywords(settings, source, study_name)
    else:
        domain = clean_domain(source)
        chosen = {name: value for name, value in options.items() if value not in (None, ())}
        study = Study("first look", brand=domain, keywords=(Keyword(domain),), **chosen)
        rows = keywords_of_site(settings, study)
    _print_rows(rows, as_json, "nothing to propose: no phrase stands out")


@cli.command()
@click.option("--deep", is_flag=True, help="Check every byte of database, archive and reports.")
@click.option("--repair", is_flag=True, help="Make again what one store lost from the other.")
@_json
@click.pass_context
def doctor(ctx: click.Context, deep: bool, repair: bool, as_json: bool) -> None:
    """Say what is installed, which browser, which keys, where the database is, what is wrong.

    Exits with 1 when something is wrong, with 4 when --deep finds damage (after --repair: still).

    \b
    Example:
      cxscout doctor
      cxscout doctor --deep --json
      cxscout doctor --repair
    """
    from datetime import UTC, datetime

    from crawler.app.damage import find_damage
    from crawler.app.doctor import examine
    from crawler.app.repair import repair as mend

    settings = _settings(ctx)
    mended = mend(settings, datetime.now(UTC)) if repair else []
    damage = find_damage(settings) if deep or repair else []
    rows = [*examine(settings), *mended, *damage]
    _print_rows(rows, as_json, "")
    if any(row["state"] == "wrong" for row in damage):
        sys.exit(4)
    if any(row["state"] == "wrong" for row in rows):
        sys.exit(1)


def _print_lines(lines: Iterable[dict[str, Any]]) -> None:
    for line in lines:
        click.echo(json.dumps(line, ensure_ascii=False))


# -- schedules


@cli.group(cls=_Group)
def schedule() -> None:
    """Say when studies run by themselves.

    \b
    Example:
      cxscout schedule set shoes "30 6 * * MON" --timezone Europe/Berlin
      cxscout scheduler
    """


@schedule.command("set")
@click.argument("study_name", metavar="STUDY")
@click.argument("cron", metavar="[CRON]", required=False)
@click.option("--timezone", help="IANA zone that the times are in, e.g. Europe/Berlin.")
@click.option("--jitter", "jitter_s", type=int, help="Start up to so many seconds later.")
@click.option("--catch-up", help="Slots that went by: latest (default), all or none.")
@click.option("--overlap", help="A slot while a run works: skip (default) or queue.")
@click.option("--blackout", multiple=True,
              help="Day without a run, 2026-12-24 or 12-24; repeat for more.")  # fmt: skip
@click.option("--pause/--resume", "paused", default=None, help="Stop for a while, and go on.")
@click.pass_context
def schedule_set(
    ctx: click.Context, study_name: str, cron: str | None, blackout: tuple[str, ...], **given: Any
) -> None:
    """Run STUDY at the times of CRON: minute hour day-of-month month day-of-week.

    Sunday is 0 or 7. What is not given stays as it was. Nothing before now is caught up.

    \b
    Example:
      cxscout schedule set shoes "30 6 * * MON" --timezone Europe/Berlin --jitter 600
      cxscout schedule set shoes --pause
    """
    from datetime import UTC, datetime

    from crawler.app.schedules import next_times, set_schedule

    db, now = _db(_settings(ctx)), datetime.now(UTC)
    made = set_schedule(db, study_name, now, cron=cron, blackout=list(blackout) or None, **given)
    if made.paused:
        click.echo(f"study {study_name!r} is paused; go on with --resume", err=True)
        return
    click.echo(f"study {study_name!r} runs next:", err=True)
    for row in next_times(db, study_name, now):
        click.echo(row["slot"])


@schedule.command("list")
@_json
@click.pass_context
def schedule_list(ctx: click.Context, as_json: bool) -> None:
    """List the schedules, when they come next and how the last slot ended.

    \b
    Example:
      cxscout schedule list --json
    """
    from datetime import UTC, datetime

    from crawler.app.schedules import list_schedules

    rows = list_schedules(_db(_settings(ctx)), datetime.now(UTC))
    _print_rows(rows, as_json, "no schedule yet; set one: cxscout schedule set STUDY CRON")


@schedule.command("next")
@click.argument("study_name", metavar="STUDY")
@click.option("--count", default=5, show_default=True, type=click.IntRange(1, 1000),
              help="How many.")  # fmt: skip
@_json
@click.pass_context
def schedule_next(ctx: click.Context, study_name: str, count: int, as_json: bool) -> None:
    """Show when a study runs next.

    \b
    Example:
      cxscout schedule next shoes --count 10
    """
    from datetime import UTC, datetime

    from crawler.app.schedules import next_times

    rows = next_times(_db(_settings(ctx)), study_name, datetime.now(UTC), count)
    _print_rows(rows, as_json, "it does not come any more")


@schedule.command("remove")
@click.argument("study_name", metavar="STUDY")
@click.pass_context
def schedule_remove(ctx: click.Context, study_name: str) -> None:
    """Stop running a study by itself; its runs stay.

    \b
    Example:
      cxscout schedule remove shoes
    """
    from crawler.app.schedules import remove_schedule

    remove_schedule(_db(_settings(ctx)), study_name)
    click.echo(f"study {study_name!r} has no schedule any more", err=True)


@schedule.command("export")
@click.option("--format", "kind", type=click.Choice(["systemd", "crontab"]), default="systemd",
              show_default=True, help="For which of the two.")  # fmt: skip
@click.pass_context
def schedule_export(ctx: click.Context, kind: str) -> None:
    """Print systemd units, or a crontab line, that call `cxscout tick`.

    \b
    Example:
      cxscout schedule export --format crontab
    """
    from crawler.app.schedules import export_schedules

    click.echo(export_schedules(_settings(ctx), kind), nl=False)


@cli.command()
@click.pass_context
def tick(ctx: click.Context) -> None:
    """Run what is due now and wait for it; for cron and systemd (see schedule export).

    Any number may run at the same time: each slot is run once.

    \b
    Example:
      cxscout tick
    """
    from crawler.app.alerts import deliver_waiting
    from crawler.app.schedules import tick as tick_once

    settings = _settings(ctx)
    number = tick_once(settings)
    deliver_waiting(settings)
    click.echo(f"{number or 'no'} {'study was' if number == 1 else 'studies were'} due", err=True)


@cli.command()
@click.option("--parallel", default=2, show_default=True, type=click.IntRange(1, 64),
              help="Studies that may run side by side.")  # fmt: skip
@click.option("--poll", "poll_s", default=20.0, show_default=True, type=click.FloatRange(0.1),
              help="Seconds between two looks at the clock.")  # fmt: skip
@click.pass_context
def scheduler(ctx: click.Context, parallel: int, poll_s: float) -> None:
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
    settings = _settings(ctx)
    Scheduler(settings, parallel=parallel, between=lambda: deliver_waiting(settings)).run(
        stop, poll_s
    )


@cli.command(hidden=True)
@click.argument("number", type=int)
@click.option("--parent", type=int, required=True)
@click.pass_context
def scheduled(ctx: click.Context, number: int, parent: int) -> None:
    """What is due of one study; started by `tick` and `scheduler` as a child process."""
    from crawler.app.process import die_with_parent

    die_with_parent(parent)
    from datetime import UTC, datetime

    from crawler.app.alerts import tell_run
    from crawler.app.schedules import run_due

    settings = _settings(ctx)

    def tell(run_id: int | None, error: str) -> None:
        tell_run(settings, number, run_id, error, datetime.now(UTC))

    run_due(settings, number, tell=tell)


# -- own data


@cli.group(cls=_Group)
def survey() -> None:
    """Import the own brand's surveys, reply times, churn and tickets, and show their numbers.

    \b
    Example:
      cxscout survey import shoes nps-2026.csv --metric nps
      cxscout survey show shoes
    """


_METRICS = ("nps", "csat", "ces5", "ces7", "response_time", "churn", "tickets")
_metric = click.option("--metric", type=click.Choice(_METRICS), help="Which kind of survey.")
_survey_name = click.option("--name", help="Name that keeps surveys of one kind apart.")


@survey.command("import")
@click.argument("study_name", metavar="STUDY")
@click.argument("file", type=_PATH)
@click.option("--metric", required=True, type=click.Choice(_METRICS),
              help="ces5 is the scale of 2010, low is good; ces7: 1-7, high is good.")  # fmt: skip
@click.option("--formula", help="csat: top2, mean, sum_max; ces7: agree, mean. Default: the first.")
@_survey_name
@click.option("--column", help="Heading of the column with the answers, where it is not plain.")
@click.option("--unit", type=click.Choice(["seconds", "minutes", "hours", "days"]),
              help="Unit of response times, where the heading does not say it.")  # fmt: skip
@click.pass_context
def survey_import(
    ctx: click.Context, study_name: str, file: Path, metric: str, formula: str | None,
    name: str | None, column: str | None, unit: str | None,
) -> None:  # fmt: skip
    """Import answers from FILE (CSV, TSV, semicolons); importing it twice changes nothing.

    \b
    Example:
      cxscout survey import shoes nps-2026.csv --metric nps
      cxscout survey import shoes csat.csv --metric csat --formula mean --column "Q3"
      cxscout survey import shoes helpdesk.csv --metric response_time --unit minutes
    """
    from crawler.app.own_data import import_survey

    done = import_survey(
        _db(_settings(ctx)), study_name, file, metric, formula=formula, name=name, column=column,
        unit=unit,
    )  # fmt: skip
    known = f", {done.known} were there already" if done.known else ""
    click.echo(f"{done.new} answers imported ({metric}, formula {done.formula}){known}", err=True)
    for note in done.notes:
        click.echo(f"note: {note}", err=True)


@survey.command("list")
@click.argument("study_name", metavar="[STUDY]", required=False)
@_json
@click.pass_context
def survey_list(ctx: click.Context, study_name: str | None, as_json: bool) -> None:
    """List what was imported.

    \b
    Example:
      cxscout survey list shoes --json
    """
    from crawler.app.own_data import list_surveys

    rows = list_surveys(_db(_settings(ctx)), study_name)
    _print_rows(rows, as_json, "no survey yet; import one: cxscout survey import")


@survey.command("show")
@click.argument("study_name", metavar="STUDY")
@_metric
@_survey_name
@_json
@click.pass_context
def survey_show(
    ctx: click.Context, study_name: str, metric: str | None, name: str | None, as_json: bool
) -> None:
    """Show the numbers, each with formula, scale, number of answers and 95 % interval.

    \b
    Example:
      cxscout survey show shoes
      cxscout survey show shoes --metric nps --json
    """
    from crawler.app.own_data import show_surveys, survey_lines

    rows = show_surveys(_db(_settings(ctx)), study_name, metric, name)
    if as_json or not rows:
        _print_rows(rows, as_json, "no survey yet; import one: cxscout survey import")
        return
    click.echo("\n".join(survey_lines(rows)))


@survey.command("remove")
@click.argument("study_name", metavar="STUDY")
@click.option("--metric", required=True, type=click.Choice(_METRICS), help="Which kind of survey.")
@_survey_name
@click.pass_context
def survey_remove(ctx: click.Context, study_name: str, metric: str, name: str | None) -> None:
    """Forget imported answers.

    \b
    Example:
      cxscout survey remove shoes --metric nps
    """
    from crawler.app.own_data import remove_survey

    gone = remove_survey(_db(_settings(ctx)), study_name, metric, name)
    click.echo(f"{gone} answers removed", err=True)


@cli.group(cls=_Group)
def mystery() -> None:
    """Plan and log mystery visits: questions that you ask a competitor, and what became of them.

    \b
    Example:
      cxscout mystery plan shoes --brand rival.example
      cxscout mystery list shoes
    """


@mystery.command("plan")
@click.argument("study_name", metavar="STUDY")
@click.option("--brand", "domain", help="Domain of one brand. Default: every competitor.")
@_json
@click.pass_context
def mystery_plan(ctx: click.Context, study_name: str, domain: str | None, as_json: bool) -> None:
    """Print a script: questions from the competitor's own FAQ, its channels, what to note.

    \b
    Example:
      cxscout mystery plan shoes --brand rival.example
    """
    from crawler.app.own_data import plan_visits, script_lines

    scripts = plan_visits(_db(_settings(ctx)), study_name, domain)
    if as_json:
        click.echo(json.dumps(scripts, ensure_ascii=False, indent=2))
        return
    click.echo("\n\n\n".join("\n".join(script_lines(study_name, s)) for s in scripts))


@mystery.command("add")
@click.argument("study_name", metavar="STUDY")
@click.argument("domain")
@click.option("--channel", required=True, help="email, form, phone, chat, whatsapp, social, ...")
@click.option("--question", required=True, help="What was asked.")
@click.option("--asked-at", required=True, help="With zone: 2026-03-02T09:30+01:00.")
@click.option("--answered-at", help="First real answer; an automatic confirmation is none.")
@click.option("--never", is_flag=True, help="It was given up: no answer came.")
@click.option("--quality", type=click.IntRange(1, 5), help="1 no answer to it ... 5 full and kind.")
@click.option("--note", help="What else to keep.")
@click.option("--attach", "attachments", multiple=True, type=_PATH,
              help="File to keep with it, e.g. a screenshot; repeat for more.")  # fmt: skip
@click.pass_context
def mystery_add(ctx: click.Context, study_name: str, domain: str, **options: Any) -> None:
    """Log a question asked of DOMAIN; the same again with --answered-at adds the answer.

    \b
    Example:
      cxscout mystery add shoes rival.example --channel email --question "Do you ship to Malta?" \\
        --asked-at 2026-03-02T09:30+01:00 --answered-at 2026-03-02T14:10+01:00 --quality 4
      cxscout mystery add shoes rival.example --channel form --question "Where are your prices?" \\
        --asked-at 2026-03-02T09:40+01:00 --never
    """
    from datetime import UTC, datetime

    from crawler.app.own_data import Visit, add_visit

    settings = _settings(ctx)
    row = add_visit(
        _db(settings), settings, study_name, Visit(domain, **options), now=datetime.now(UTC)
    )
    click.echo(f"{row['id']}: {row['domain']}, {row['channel']}, {row['bucket']}", err=True)


@mystery.command("list")
@click.argument("study_name", metavar="STUDY")
@click.option("--brand", "domain", help="Domain of one brand.")
@_json
@click.pass_context
def mystery_list(ctx: click.Context, study_name: str, domain: str | None, as_json: bool) -> None:
    """List the visits with waiting time and bucket.

    \b
    Example:
      cxscout mystery list shoes --json
    """
    from crawler.app.own_data import list_visits

    rows = list_visits(_db(_settings(ctx)), study_name, domain)
    _print_rows(rows, as_json, "no visit yet; see cxscout mystery plan")


@mystery.command("remove")
@click.argument("study_name", metavar="STUDY")
@click.argument("visit_id", metavar="VISIT")
@click.pass_context
def mystery_remove(ctx: click.Context, study_name: str, visit_id: str) -> None:
    """Forget a visit and its attachments.

    \b
    Example:
      cxscout mystery remove shoes 91f6e0c2a4b7d853
    """
    from crawler.app.own_data import remove_visit

    settings = _settings(ctx)
    remove_visit(_db(settings), settings, study_name, visit_id)
    click.echo(f"visit {visit_id} removed", err=True)


# -- changes and alerts


@cli.command()
@click.argument("study_name", metavar="STUDY")
@click.option("--from", "from_run", type=int, help="Run number. Default: the one before --to.")
@click.option("--to", "to_run", type=int, help="Run number. Default: the latest that is done.")
@_json
@click.pass_context
def changes(
    ctx: click.Context, study_name: str, from_run: int | None, to_run: int | None, as_json: bool
) -> None:
    """Tell what changed between two runs of STUDY; a page that failed changes nothing.

    \b
    Example:
      cxscout changes shoes
      cxscout changes shoes --from 3 --to 7 --json
    """
    from crawler.app.alerts import changes_between

    rows = changes_between(_db(_settings(ctx)), study_name, from_run, to_run)
    if as_json or not rows:
        _print_rows(rows, as_json, "nothing changed")
        return
    for row in rows:
        click.echo(row["text"])


@cli.group(cls=_Group)
def alert() -> None:
    """Say who is told what changed, after each scheduled run.

    \b
    Example:
      cxscout alert set shoes --target env:ALERT_MAIL --topic faq --topic chat_vendor
    """


@alert.command("set")
@click.argument("study_name", metavar="STUDY")
@click.option("--target", "targets", multiple=True,
              help="Apprise address, or env:NAME that has it; repeat for more.")  # fmt: skip
@click.option("--topic", "topics", multiple=True, help="Default: all. Repeat for more.")
@click.option("--agree", type=click.IntRange(1, 2),
              help="Runs that must agree before a fact is told. Default: 2.")  # fmt: skip
@click.option("--title", help="Template with $study, $count, $what, $run, $key.")
@click.option("--body", help="Template with these and $items, a line for each fact.")
@click.pass_context
def alert_set(
    ctx: click.Context,
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

    set_alerts(_db(_settings(ctx)), study_name, targets, topics, agree, **templates)
    click.echo(f"alerts of study {study_name!r} are set", err=True)


@alert.command("list")
@click.argument("study_name", metavar="STUDY")
@_json
@click.pass_context
def alert_list(ctx: click.Context, study_name: str, as_json: bool) -> None:
    """List what was told of STUDY, and what is held back because it flips.

    \b
    Example:
      cxscout alert list shoes --json
    """
    from crawler.app.alerts import list_alerts

    _print_rows(list_alerts(_db(_settings(ctx)), study_name), as_json, "nothing was told yet")


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


# -- keeping house


@cli.command()
@_json
@click.option("--prometheus", type=_PATH, help="Also write them as a Prometheus text file.")
@click.pass_context
def status(ctx: click.Context, as_json: bool, prometheus: Path | None) -> None:
    """Show sizes, runs, schedules and messages in numbers; rows of metric, study and value.

    \b
    Example:
      cxscout status --json
      cxscout status --prometheus /var/lib/node_exporter/cxscout.prom
    """
    from datetime import UTC, datetime

    from crawler.app import housekeeping

    rows = housekeeping.status(_settings(ctx), datetime.now(UTC))
    if prometheus:
        housekeeping.write_prometheus(rows, prometheus)
    _print_rows(rows, as_json, "")


@cli.command()
@click.argument("file", type=_PATH)
@click.option("--archive", is_flag=True, help="With the archived pages; without, only the rows.")
@click.pass_context
def backup(ctx: click.Context, file: Path, archive: bool) -> None:
    """Write a checked backup to FILE (.tar or .tar.gz), also while a run works.

    \b
    Example:
      cxscout backup cxscout-2026-03-02.tar.gz --archive
    """
    from datetime import UTC, datetime

    from crawler.app.housekeeping import back_up

    manifest = back_up(_settings(ctx), file, archive=archive, now=datetime.now(UTC))
    total = sum(entry["bytes"] for entry in manifest["files"].values())
    click.echo(f"{len(manifest['files'])} files, {total:,} bytes", err=True)
    click.echo(file)


@cli.command()
@click.argument("file", type=_PATH)
@click.option("--force", is_flag=True, help="Replace the database that is in the home.")
@click.pass_context
def restore(ctx: click.Context, file: Path, force: bool) -> None:
    """Put a backup into the home, after all its checksums were found right.

    \b
    Example:
      cxscout restore cxscout-2026-03-02.tar.gz --force
    """
    from crawler.app.housekeeping import restore as put_back

    manifest = put_back(_settings(ctx), file, force=force)
    click.echo(f"restored {len(manifest['files'])} files of {manifest['created_at']}", err=True)


@cli.command()
@click.argument("study_name", metavar="STUDY")
@click.option("--keep", required=True, type=click.IntRange(1), help="Runs that are done to keep.")
@click.option("--only", "what", type=click.Choice(["screenshots", "archive"]),
              help="Delete only these of the older runs; their rows stay.")  # fmt: skip
@click.confirmation_option("--yes", prompt="Delete the older runs with their archive?")
@click.pass_context
def clean(ctx: click.Context, study_name: str, keep: int, what: str | None) -> None:
    """Delete all runs of STUDY but the newest, with rows and archive; reports stay.

    \b
    Example:
      cxscout clean shoes --keep 12 --yes
      cxscout clean shoes --keep 3 --only screenshots --yes
    """
    from crawler.app.housekeeping import clean_study, thin_study

    settings = _settings(ctx)
    db = _db(settings)
    if what:
        done = thin_study(settings, db, study_name, keep=keep, what=what)
    else:
        done = clean_study(settings, db, study_name, keep=keep)
    gone = f"{what} of {done['runs']} runs" if what else f"{done['runs']} runs"
    click.echo(f"{gone} deleted, {done['bytes']:,} bytes freed", err=True)


@cli.command()
@click.argument("name", metavar="NAME")
@click.confirmation_option("--yes", prompt="Delete reviews and archived pages of this person?")
@click.pass_context
def forget(ctx: click.Context, name: str) -> None:
    """Remove a reviewer: the reviews, and the archived pages that have the name.

    \b
    Example:
      cxscout forget "Jane Q. Public" --yes
    """
    from crawler.app.forget import forget_person

    settings = _settings(ctx)
    click.echo(json.dumps(forget_person(settings, _db(settings), name), ensure_ascii=False))
