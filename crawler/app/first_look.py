"""A short visit to one site before there is a study: what `cxscout keywords DOMAIN` reads."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.app.crawls import crawl, scrapy_settings
from crawler.app.proposals import propose_keywords
from crawler.app.runs import Run, utc_now
from crawler.app.studies import add_study
from crawler.config import study_to_dict
from crawler.db import brand_id, open_db, upsert
from crawler.domains import registrable_domain
from crawler.errors import ConfigError, CxscoutError

if TYPE_CHECKING:
    from crawler.config import Settings, Study

__all__ = ["keywords_of_site"]


def keywords_of_site(settings: Settings, study: Study) -> list[dict[str, Any]]:
    """Proposed keywords from a visit to `study.brand` within `study.pages`; nothing of it stays.

    robots.txt and delays hold as in a run. CxscoutError when no page could be read, with why.
    """
    with tempfile.TemporaryDirectory(prefix="cxscout-") as folder:
        home = replace(settings, home=Path(folder))
        _visit(home, study)
        return propose_keywords(home, study.brand or "")


def _visit(home: Settings, study: Study) -> None:
    if not study.brand:
        raise ConfigError("the study has no brand to visit; give its domain")
    db = open_db(home.database)
    number = add_study(db, study, utc_now())
    run = Run(1, number, study, "crawl", "running", offline=False)
    domain = registrable_domain(study.brand)
    brand = brand_id(run.id, domain)
    with db.atomic():
        db.execute(
            "insert into runs (id, study_id, state, stage, started_at, method_version, settings) "
            "values (?, ?, 'running', 'crawl', ?, '', ?)",
            [run.id, number, utc_now(), json.dumps(study_to_dict(study))],
        )
        upsert(
            db,
            "brands",
            [
                {
                    "id": brand,
                    "run_id": run.id,
                    "study_id": number,
                    "domain": domain,
                    "host": study.brand,
                    "role": "own",
                    "class": "own",
                    "reason": "asked for by name",
                }
            ],
        )
    values = scrapy_settings(home, run)
    values.set("LOG_FILE", str(home.home / "visit.log"), priority="cmdline")
    seed = f"https://{study.brand}/"
    crawl(values, "site", [{"domain": domain, "seeds": seed, "pages": study.pages}])
    rows = list(db.query("select state, reason, url from pages where brand_id = ?", [brand]))
    if not any(row["state"] == "ok" for row in rows):
        why = rows[0]["reason"] or rows[0]["state"] if rows else "no page was fetched"
        raise CxscoutError(f"{study.brand} cannot be read: {why}")
