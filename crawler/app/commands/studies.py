"""`cxscout study`: what to research."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.app.commands import shared
from crawler.config import PROVIDERS, Keyword, Study, clean_domain

if TYPE_CHECKING:
    from crawler.config import Settings

__all__ = ["study"]


@click.group(cls=shared.Group)
def study() -> None:
    """Add, show, change and remove studies.

    \b
    Example:
      cxscout study add shoes --brand example.com --keyword "running shoes" --country DE
    """


def _study_options(command: Any) -> Any:
    options = [
        click.option("--brand", help="Own brand's domain; without it there are no gaps."),
        click.option("--keyword", "-k", multiple=True, help="A phrase; repeat for more."),
        click.option("--keywords", "keyword_file", type=shared.PATH,
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
        shared.proxy_option,
        shared.allow_address_option,
        click.option("--ctr-curve", help="Click-through curve that weighs ranks."),
        click.option("--render/--no-render", default=None,
                     help="Open pages in a browser where chat stays open."),
        click.option("--consent", help="First answer to a consent wall: reject or accept."),
        click.option("--report-language", help=f"Language of the report: {shared.LANGUAGES}."),
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
@shared.pass_settings
def study_add(settings: Settings, name: str, **options: Any) -> None:
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
    add_study(shared.database(settings), made, utc_now())
    click.echo(f"study {name!r} added; run it: cxscout run {name!r}", err=True)


@study.command("list")
@shared.json_option
@shared.pass_settings
def study_list(settings: Settings, as_json: bool) -> None:
    """List the studies.

    \b
    Example:
      cxscout study list --json
    """
    from crawler.app.studies import all_studies

    rows = all_studies(shared.database(settings))
    shared.print_rows(rows, as_json, "no study yet; add one: cxscout study add")


@study.command("show")
@click.argument("name")
@shared.json_option
@shared.pass_settings
def study_show(settings: Settings, name: str, as_json: bool) -> None:
    """Show the settings of a study as TOML.

    \b
    Example:
      cxscout study show shoes
    """
    from crawler.app.studies import get_study
    from crawler.config import study_to_dict, study_to_toml

    _, found = get_study(shared.database(settings), name)
    if as_json:
        click.echo(json.dumps([study_to_dict(found)], ensure_ascii=False, indent=2))
    else:
        click.echo(study_to_toml(found), nl=False)


@study.command("edit")
@click.argument("name")
@_study_options
@shared.pass_settings
def study_edit(settings: Settings, name: str, **options: Any) -> None:
    """Change settings of a study; keywords that are given replace the old ones.

    \b
    Example:
      cxscout study edit shoes --competitors 8 --pages 60
    """
    from crawler.app.studies import edit_study, get_study

    db = shared.database(settings)
    _, found = get_study(db, name)
    edit_study(db, _with_options(found, options))
    click.echo(f"study {name!r} changed", err=True)


@study.command("remove")
@click.argument("name")
@click.confirmation_option("--yes", prompt="Remove the study with all its runs?")
@shared.pass_settings
def study_remove(settings: Settings, name: str) -> None:
    """Remove a study with all its runs; the archive stays.

    \b
    Example:
      cxscout study remove shoes --yes
    """
    from crawler.app.studies import remove_study

    remove_study(shared.database(settings), name)
    click.echo(f"study {name!r} removed", err=True)


@study.command("import")
@click.argument("file", type=shared.PATH)
@shared.pass_settings
def study_import(settings: Settings, file: Path) -> None:
    """Add a study from a TOML file.

    \b
    Example:
      cxscout study import shoes.toml
    """
    from crawler.app.runs import utc_now
    from crawler.app.studies import add_study
    from crawler.config import read_study

    found = read_study(file)
    add_study(shared.database(settings), found, utc_now())
    click.echo(f"study {found.name!r} added", err=True)


@study.command("export")
@click.argument("name")
@click.option("--out", type=shared.PATH, help="File to write. Default: stdout.")
@shared.pass_settings
def study_export(settings: Settings, name: str, out: Path | None) -> None:
    """Write a study as TOML, for `study import` elsewhere.

    \b
    Example:
      cxscout study export shoes --out shoes.toml
    """
    from crawler.app.exports import write_whole
    from crawler.app.studies import get_study
    from crawler.config import study_to_toml

    text = study_to_toml(get_study(shared.database(settings), name)[1])
    if out is None:
        click.echo(text, nl=False)
    else:
        write_whole(out, text.encode())
