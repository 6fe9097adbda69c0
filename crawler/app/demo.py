"""The demo: an ordinary study of the sample market that ships with the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.app.brands import decide
from crawler.app.console import Progress
from crawler.app.exports import default_path
from crawler.app.runs import run_study, utc_now
from crawler.app.sample.server import running
from crawler.app.studies import add_study, edit_study
from crawler.config import Keyword, Study, read_settings
from crawler.db import open_db

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.app.sample.server import SampleMarket
    from crawler.config import Settings

__all__ = ["STUDY_NAME", "run_demo", "sample_study"]

STUDY_NAME = "sample-market"


def run_demo(out: Path) -> Path:
    """Study the sample market with `out` as home and return the path of the HTML report.

    Doing it again in the same folder is a second run of the same study. Raises what a run raises.
    """
    settings = read_settings(out)
    with running() as sample, Progress() as progress:
        _store_study(settings, sample)
        run_id = run_study(settings, STUDY_NAME, watch=progress.watch)
    return default_path(settings, STUDY_NAME, run_id, ".html").resolve()


def sample_study(sample: SampleMarket) -> Study:
    """The study as a person would add it: the market's search and proxy, no delay on loopback."""
    market = sample.market
    return Study(
        name=STUDY_NAME,
        brand=market.brand,
        keywords=tuple(Keyword(phrase, volume) for phrase, volume in market.keywords.items()),
        provider="searxng",
        searxng_url=sample.searxng_url,
        country=market.country,
        language=market.language,
        competitors=len(market.competitors),
        delay=0,
        proxy=sample.proxy_url,
    )


def _store_study(settings: Settings, sample: SampleMarket) -> None:
    """Add the study, or give an old one the address at which the market is served now."""
    db = open_db(settings.database)
    try:
        study = sample_study(sample)
        known = list(db.query("select 1 from studies where name = ?", [STUDY_NAME]))
        if known:
            edit_study(db, study)
        else:
            add_study(db, study, utc_now())
        for domain, reason in sample.market.bystanders.items():
            decide(db, STUDY_NAME, domain, "ignored", reason, utc_now())
    finally:
        db.close()
