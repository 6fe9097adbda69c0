"""`cxscout extract`, `serp-parse`, `classify`, `keywords`: reading without a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.app.commands import shared
from crawler.config import Keyword, Study, clean_domain

if TYPE_CHECKING:
    from crawler.config import Settings

__all__ = ["classify", "extract", "keywords", "serp_parse"]


@click.command()
@click.argument("files", nargs=-1, required=True, type=shared.PATH)
@click.option("--url", default="", help="Address that the page came from.")
@click.option("--only", help="Comma-separated: faq,reviews,chat,channels,policies,links.")
def extract(files: tuple[Path, ...], url: str, only: str | None) -> None:
    """Read saved pages; prints one JSON line a file with what was observed.

    \b
    Example:
      cxscout extract page.html --url https://example.com/faq --only faq,reviews
    """
    from crawler.app.reading import extract_lines

    shared.print_lines(extract_lines(files, url, only))


@click.command("serp-parse")
@click.argument("files", nargs=-1, required=True, type=shared.PATH)
@click.option("--provider", required=True, help="Which provider's response it is, e.g. searxng.")
def serp_parse(files: tuple[Path, ...], provider: str) -> None:
    """Read saved search responses; prints one JSON line a file with the results.

    \b
    Example:
      cxscout serp-parse response.json --provider serper
    """
    from crawler.app.reading import serp_lines

    shared.print_lines(serp_lines(files, provider))


@click.command()
@click.argument("file", type=shared.PATH, required=False)
def classify(file: Path | None) -> None:
    """Language, sentiment and themes of texts: JSON lines {id,text[,lang,rating]} in and out.

    \b
    Example:
      echo '{"id": 1, "text": "Nobody ever replied."}' | cxscout classify
    """
    from crawler.app.texts import classify_lines

    shared.print_lines(classify_lines(file))


@click.command()
@click.argument("source", metavar="DOMAIN|FILE")
@click.option("--study", "study_name", help="Take the own site's pages from this study's run.")
@click.option("--pages", default=12, show_default=True, help="Pages to visit of a new domain.")
@click.option("--fresh", is_flag=True, help="Visit the domain also where a run has its pages.")
@click.option("--delay", type=float, help="Seconds between two requests.")
@shared.proxy_option
@shared.allow_address_option
@shared.json_option
@shared.pass_settings
def keywords(
    settings: Settings,
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

    if study_name or Path(source).is_file() or (not fresh and is_archived(settings, source)):
        rows = propose_keywords(settings, source, study_name)
    else:
        domain = clean_domain(source)
        chosen = {name: value for name, value in options.items() if value not in (None, ())}
        study = Study("first look", brand=domain, keywords=(Keyword(domain),), **chosen)
        rows = keywords_of_site(settings, study)
    shared.print_rows(rows, as_json, "nothing to propose: no phrase stands out")
