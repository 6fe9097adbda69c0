"""Scrapy for one stage: the settings that a study makes, and several crawls side by side."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings as ScrapySettings
from scrapy.utils.log import configure_logging

from crawler.app.logs import log_as_json
from crawler.archive import storage_failure
from crawler.errors import CxscoutError, storage_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.app.runs import Run
    from crawler.config import Settings, Study

__all__ = ["crawl", "scrapy_settings", "trusted_urls"]

_SIDE_BY_SIDE = 8  # brands at once; each is polite by itself, memory is the bound


def scrapy_settings(settings: Settings, run: Run, *, replay: Sequence[int] = ()) -> ScrapySettings:
    """crawler.settings with what the study and the run say; `replay` runs may serve pages."""
    study = run.study
    values = ScrapySettings()
    values.setmodule("crawler.settings", priority="project")
    values.setdict(
        {
            "USER_AGENT": settings.user_agent,
            "DEFAULT_REQUEST_HEADERS": {
                **values.getdict("DEFAULT_REQUEST_HEADERS"),
                "Accept-Language": _accept_language(study),
            },
            "PROVIDER_KEYS": dict(settings.keys),
            "DOWNLOAD_DELAY": study.delay,
            "AUTOTHROTTLE_START_DELAY": study.delay,
            "DOWNLOAD_TIMEOUT": study.timeout,
            "ALLOWED_ADDRESSES": list(study.allow_addresses),
            "TRUSTED_URLS": [] if run.offline else trusted_urls(study),
            "HTTP_PROXY": study.proxy,
            "OFFLINE": run.offline,
            "DATABASE": str(settings.database),
            "RUN_ID": run.id,
            "LOG_JSON": settings.log_format == "json",
            "REPLAY_RUNS": list(replay),
            "ARCHIVE_DIR": str(settings.archive),
            "HTTPCACHE_ENABLED": True,
            "HTTPCACHE_IGNORE_MISSING": run.offline,
        },
        priority="cmdline",
    )
    return values


def _accept_language(study: Study) -> str:
    """What a customer of this market would ask for; English as a second choice."""
    if study.language is None or study.language == "en":
        return "en"
    tag = f"{study.language}-{study.country.upper()}" if study.country else study.language
    return f"{tag},{study.language};q=0.9,en;q=0.5"


def trusted_urls(study: Study) -> list[str]:
    """Addresses that the person chose by hand: the proxy, else the self-hosted search engine.

    Behind a proxy nothing else is connected to, so nothing else needs to resolve.
    """
    chosen = study.proxy or (study.searxng_url if study.provider == "searxng" else None)
    return [chosen] if chosen else []


def crawl(
    settings: ScrapySettings, spider: str, jobs: Sequence[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Run a spider once for each job (its arguments); returns the stats by the job's domain.

    Ctrl-C stops all of them gently: what is on the way comes in and is stored.
    """
    configure_logging(settings)
    if settings.getbool("LOG_JSON"):
        log_as_json(run=settings.getint("RUN_ID"), spider=spider)
    logging.getLogger("scrapy.core.scraper").setLevel(logging.ERROR)
    return asyncio.run(_crawl_all(settings, spider, jobs))


async def _crawl_all(
    settings: ScrapySettings, spider: str, jobs: Sequence[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    runner = AsyncCrawlerRunner(settings)
    free = asyncio.Semaphore(_SIDE_BY_SIDE)
    ends: dict[str, dict[str, Any]] = {}

    async def one(job: dict[str, Any]) -> None:
        async with free:
            crawler = runner.create_crawler(spider)
            await runner.crawl(crawler, **job)
            if failure := storage_failure(crawler):
                raise storage_error(f"what was fetched cannot be stored: {failure}", failure)
            ends[job.get("domain", spider)] = dict(crawler.stats.get_stats())
            if crawler.stats.get_value("finish_reason") not in ("finished", None):
                reason = crawler.stats.get_value("finish_reason")
                raise CxscoutError(f"spider {spider} ended early: {reason}; see the log")

    try:
        await asyncio.gather(*(one(job) for job in jobs))
    except asyncio.CancelledError:
        await runner.stop()
        raise
    return ends
