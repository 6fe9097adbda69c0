"""Scrapy settings: only those we chose, each with its reason."""

from __future__ import annotations

import os
from pathlib import Path

from crawler.config import read_settings

_HOME = read_settings(Path(os.environ.get("CXSCOUT_HOME", "cxscout-home")))

BOT_NAME = "cxscout"
SPIDER_MODULES = ["spiders"]
NEWSPIDER_MODULE = "spiders"
TEMPLATES_DIR = str(Path(__file__).parent.parent / "spiders" / "templates")

# We say who we are and how to reach us.
USER_AGENT = _HOME.user_agent
ROBOTSTXT_USER_AGENT = "cxscout"
ROBOTSTXT_OBEY = True

# One request at a time per host, slower when the host is slow.
CONCURRENT_REQUESTS = 32
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0
DOWNLOAD_DELAY_JITTER = 0.25
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 1.0
AUTOTHROTTLE_MAX_DELAY = 30.0
EXTENSIONS = {
    "scrapy.extensions.throttle.AutoThrottle": None,
    "crawler.politeness.Throttle": 0,
    # Nobody reads them: a run's progress comes from its own rows.
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.periodic_log.PeriodicLog": None,
}

# A fetch has a deadline in all, not only between two bytes; a slow address is tried twice.
DOWNLOAD_TIMEOUT = 45
RETRY_TIMES = 1
# 10 MiB also bounds what a decompression bomb can grow to, and the tree parsed from it.
DOWNLOAD_MAXSIZE = 10 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
REDIRECT_MAX_TIMES = 10
METAREFRESH_ENABLED = False  # a refresh target is scored like any other link
REFERRER_POLICY = "no-referrer"  # where we came from is nobody's business
COOKIES_ENABLED = False  # one visit needs none, and a jar can be made to grow without end
HTTPCOMPRESSION_ENABLED = True
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
    # Not zstd: the archive keeps bodies as they came, and other WARC tools cannot read it.
    "Accept-Encoding": "gzip, deflate, br",
}
DEPTH_STATS_VERBOSE = False

# Nothing but http and https, and no listening port in our process.
DOWNLOAD_HANDLERS = {
    "http": "crawler.download.GuardedDownloadHandler",
    "https": "crawler.download.GuardedDownloadHandler",
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# aiohttp can be asked for a socket per resolved address (crawler/download.py), and it works
# without a reactor, so several crawls run in one process and again in the next task of a worker.
TWISTED_REACTOR_ENABLED = False

DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
    "crawler.politeness.FailureMiddleware": 50,
    "crawler.politeness.CircuitBreakerMiddleware": 60,
    "crawler.politeness.Robots": 100,
    "crawler.politeness.RetryAfterMiddleware": 550,
    "crawler.download.StudyProxyMiddleware": 740,
    "crawler.archive.ArchiveMiddleware": 900,
}
# Spiders yield one request at a time from their own frontier, already bounded and unique.
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
}
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
ITEM_PIPELINES = {
    "crawler.pipelines.CleanPipeline": 100,
    "crawler.pipelines.PrivacyPipeline": 200,
    "crawler.pipelines.StorePipeline": 900,
}

# Set by the stage of a run; without RUN_ID nothing is archived and nothing stored.
HTTPCACHE_ENABLED = False
HTTPCACHE_POLICY = "crawler.archive.ArchivePolicy"
HTTPCACHE_STORAGE = "crawler.archive.ArchiveStorage"
PROVIDER_KEYS = dict(_HOME.keys)
LOG_LEVEL = "WARNING"
FEED_EXPORT_ENCODING = "utf-8"
