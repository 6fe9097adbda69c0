"""The command `keywords`: what to study, from an export or from the archived pages of a site."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.keywords import SitePage, propose
from crawler.app.studies import get_study
from crawler.archive import find_record, read_page
from crawler.config import clean_domain
from crawler.db import open_db
from crawler.domains import registrable_domain
from crawler.errors import ConfigError
from spiders.extract.exports import parse_ranks
from spiders.extract.page import ParsedPage

if TYPE_CHECKING:
    from crawler.config import Settings

__all__ = ["is_archived", "propose_keywords"]


def propose_keywords(
    settings: Settings, source: str, study_name: str | None = None
) -> list[dict[str, Any]]:
    """Proposed keywords as rows, from an export file or from the archived pages of a domain.

    With a study, an export is held against the pages of the study's own brand.
    """
    path = Path(source)
    if path.is_file():
        export = parse_ranks(path.read_bytes())
        if not export.keywords:
            reasons = "; ".join(export.errors) or "it has none"
            raise ConfigError(f"{path} gives no keywords: {reasons}")
        brand, own_pages = _own_site(settings, study_name) if study_name else (None, [])
        rows = propose(own_pages, map(asdict, export.keywords), brand=brand)
        return [asdict(row) for row in rows]
    domain = registrable_domain(clean_domain(source))
    pages = _archived_pages(settings, domain, study_name)
    if not pages:
        raise ConfigError(
            f"{source!r} is no file and no page of {domain} is in the archive; "
            "run a study with it as --brand, or leave --study out to have it visited"
        )
    return [asdict(row) for row in propose(pages=pages, brand=domain)]


def is_archived(settings: Settings, domain: str) -> bool:
    """Whether a run has visited the domain, so that its pages need not be fetched again."""
    return bool(_archived_pages(settings, registrable_domain(clean_domain(domain)), None))


def _own_site(settings: Settings, study_name: str) -> tuple[str | None, list[SitePage]]:
    """The study's own brand and its archived pages."""
    brand = get_study(open_db(settings.database), study_name)[1].brand
    pages = _archived_pages(settings, registrable_domain(brand), study_name) if brand else []
    return brand, pages


def _archived_pages(settings: Settings, domain: str, study_name: str | None) -> list[SitePage]:
    """The pages of the latest run that visited the domain, their texts a part a line."""
    db = open_db(settings.database)
    rows = db.query(
        """
        select p.url, p.title, p.record, p.content_type from pages p
        where p.state = 'ok' and p.rendered = 0 and p.brand_id = (
            select b.id from brands b join runs r on r.id = b.run_id
            join studies s on s.id = r.study_id
            where b.domain = ? and (? is null or s.name = ?)
              and exists (select 1 from pages q where q.brand_id = b.id and q.state = 'ok')
            order by r.id desc limit 1)
        """,
        [domain, study_name, study_name],
    )
    found = []
    for row in list(rows):
        record = find_record(settings.archive, row["record"]) if row["record"] else None
        if record is not None:
            page = ParsedPage.from_bytes(
                read_page(settings.archive, record), row["url"], row["content_type"]
            )
            body = page.tree.body
            text = body.text(separator="\n") if body else ""
            found.append(SitePage(row["url"], row["title"] or "", text, _headings(page)))
    return found


def _headings(page: ParsedPage) -> str:
    """Headings, menu words and the description: where a site says in few words what it sells.

    Not the lower headings: those of testimonials and teams are people's names.
    """
    nodes = page.tree.css("h1, h2, nav a")
    said = [" ".join(node.text().split()) for node in nodes[:200]]
    for node in page.tree.css('meta[name="description" i], meta[name="keywords" i]'):
        said += (node.attributes.get("content") or "").split(",")
    return "\n".join(dict.fromkeys(said))
