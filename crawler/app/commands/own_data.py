"""`cxscout survey`, `mystery`: the own brand's numbers, and questions asked of competitors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from crawler.app.commands import shared

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.config import Settings

__all__ = ["mystery", "survey"]


@click.group(cls=shared.Group)
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
@shared.study_argument
@click.argument("file", type=shared.PATH)
@click.option("--metric", required=True, type=click.Choice(_METRICS),
              help="ces5 is the scale of 2010, low is good; ces7: 1-7, high is good.")  # fmt: skip
@click.option("--formula", help="csat: top2, mean, sum_max; ces7: agree, mean. Default: the first.")
@_survey_name
@click.option("--column", help="Heading of the column with the answers, where it is not plain.")
@click.option("--unit", type=click.Choice(["seconds", "minutes", "hours", "days"]),
              help="Unit of response times, where the heading does not say it.")  # fmt: skip
@shared.pass_settings
def survey_import(
    settings: Settings, study_name: str, file: Path, metric: str, formula: str | None,
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

    db = shared.database(settings)
    done = import_survey(
        db, study_name, file, metric, formula=formula, name=name, column=column, unit=unit
    )
    known = f", {done.known} were there already" if done.known else ""
    click.echo(f"{done.new} answers imported ({metric}, formula {done.formula}){known}", err=True)
    for note in done.notes:
        click.echo(f"note: {note}", err=True)


@survey.command("list")
@shared.any_study_argument
@shared.json_option
@shared.pass_settings
def survey_list(settings: Settings, study_name: str | None, as_json: bool) -> None:
    """List what was imported.

    \b
    Example:
      cxscout survey list shoes --json
    """
    from crawler.app.own_data import list_surveys

    rows = list_surveys(shared.database(settings), study_name)
    shared.print_rows(rows, as_json, "no survey yet; import one: cxscout survey import")


@survey.command("show")
@shared.study_argument
@_metric
@_survey_name
@shared.json_option
@shared.pass_settings
def survey_show(
    settings: Settings, study_name: str, metric: str | None, name: str | None, as_json: bool
) -> None:
    """Show the numbers, each with formula, scale, number of answers and 95 % interval.

    \b
    Example:
      cxscout survey show shoes
      cxscout survey show shoes --metric nps --json
    """
    from crawler.app.own_data import show_surveys, survey_lines

    rows = show_surveys(shared.database(settings), study_name, metric, name)
    if as_json or not rows:
        shared.print_rows(rows, as_json, "no survey yet; import one: cxscout survey import")
        return
    click.echo("\n".join(survey_lines(rows)))


@survey.command("remove")
@shared.study_argument
@click.option("--metric", required=True, type=click.Choice(_METRICS), help="Which kind of survey.")
@_survey_name
@shared.pass_settings
def survey_remove(settings: Settings, study_name: str, metric: str, name: str | None) -> None:
    """Forget imported answers.

    \b
    Example:
      cxscout survey remove shoes --metric nps
    """
    from crawler.app.own_data import remove_survey

    gone = remove_survey(shared.database(settings), study_name, metric, name)
    click.echo(f"{gone} answers removed", err=True)


@click.group(cls=shared.Group)
def mystery() -> None:
    """Plan and log mystery visits: questions that you ask a competitor, and what became of them.

    \b
    Example:
      cxscout mystery plan shoes --brand rival.example
      cxscout mystery list shoes
    """


@mystery.command("plan")
@shared.study_argument
@click.option("--brand", "domain", help="Domain of one brand. Default: every competitor.")
@shared.json_option
@shared.pass_settings
def mystery_plan(settings: Settings, study_name: str, domain: str | None, as_json: bool) -> None:
    """Print a script: questions from the competitor's own FAQ, its channels, what to note.

    \b
    Example:
      cxscout mystery plan shoes --brand rival.example
    """
    from crawler.app.own_data import plan_visits, script_lines

    scripts = plan_visits(shared.database(settings), study_name, domain)
    if as_json:
        click.echo(json.dumps(scripts, ensure_ascii=False, indent=2))
        return
    click.echo("\n\n\n".join("\n".join(script_lines(study_name, s)) for s in scripts))


@mystery.command("add")
@shared.study_argument
@click.argument("domain")
@click.option("--channel", required=True, help="email, form, phone, chat, whatsapp, social, ...")
@click.option("--question", required=True, help="What was asked.")
@click.option("--asked-at", required=True, help="With zone: 2026-03-02T09:30+01:00.")
@click.option("--answered-at", help="First real answer; an automatic confirmation is none.")
@click.option("--never", is_flag=True, help="It was given up: no answer came.")
@click.option("--quality", type=click.IntRange(1, 5), help="1 no answer to it ... 5 full and kind.")
@click.option("--note", help="What else to keep.")
@click.option("--attach", "attachments", multiple=True, type=shared.PATH,
              help="File to keep with it, e.g. a screenshot; repeat for more.")  # fmt: skip
@shared.pass_settings
def mystery_add(settings: Settings, study_name: str, domain: str, **options: Any) -> None:
    """Log a question asked of DOMAIN; the same again with --answered-at adds the answer.

    \b
    Example:
      cxscout mystery add shoes rival.example --channel email --question "Do you ship to Malta?" \\
        --asked-at 2026-03-02T09:30+01:00 --answered-at 2026-03-02T14:10+01:00 --quality 4
      cxscout mystery add shoes rival.example --channel form --question "Where are your prices?" \\
        --asked-at 2026-03-02T09:40+01:00 --never
    """
    from crawler.app.own_data import Visit, add_visit

    db, visit = shared.database(settings), Visit(domain, **options)
    row = add_visit(db, settings, study_name, visit, now=datetime.now(UTC))
    click.echo(f"{row['id']}: {row['domain']}, {row['channel']}, {row['bucket']}", err=True)


@mystery.command("list")
@shared.study_argument
@click.option("--brand", "domain", help="Domain of one brand.")
@shared.json_option
@shared.pass_settings
def mystery_list(settings: Settings, study_name: str, domain: str | None, as_json: bool) -> None:
    """List the visits with waiting time and bucket.

    \b
    Example:
      cxscout mystery list shoes --json
    """
    from crawler.app.own_data import list_visits

    rows = list_visits(shared.database(settings), study_name, domain)
    shared.print_rows(rows, as_json, "no visit yet; see cxscout mystery plan")


@mystery.command("remove")
@shared.study_argument
@click.argument("visit_id", metavar="VISIT")
@shared.pass_settings
def mystery_remove(settings: Settings, study_name: str, visit_id: str) -> None:
    """Forget a visit and its attachments.

    \b
    Example:
      cxscout mystery remove shoes 91f6e0c2a4b7d853
    """
    from crawler.app.own_data import remove_visit

    remove_visit(shared.database(settings), settings, study_name, visit_id)
    click.echo(f"visit {visit_id} removed", err=True)
