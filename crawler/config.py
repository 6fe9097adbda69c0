"""Study and settings: TOML and environment, read once into frozen dataclasses."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler import __version__
from crawler.errors import ConfigError

__all__ = [
    "PROVIDERS",
    "PROVIDER_KEYS",
    "REPORT_SECTIONS",
    "Keyword",
    "Settings",
    "Study",
    "clean_domain",
    "parse_address",
    "read_settings",
    "read_study",
    "study_from_dict",
    "study_to_dict",
    "study_to_toml",
]

# Provider -> the environment variable that holds its key; None: it needs no key.
PROVIDERS: dict[str, str | None] = {
    "searxng": None,
    "file": None,
    "ddgs": None,
    "brave": "BRAVE_API_KEY",
    "serpapi": "SERPAPI_API_KEY",
    "serper": "SERPER_API_KEY",
    "dataforseo": "DATAFORSEO_CREDENTIALS",
    "google_cse": "GOOGLE_CSE_KEY",
}
PROVIDER_KEYS = tuple(sorted({*filter(None, PROVIDERS.values()), "GOOGLE_CSE_CX"}))

# Sections of a report that a study may leave out; the verdict always stands.
REPORT_SECTIONS = (
    *("scoreboard", "gaps", "brands", "questions", "voice", "ranking", "changes"),
    *("collected", "method", "evidence"),
)

# Languages that reports are written in; reports.locale has a catalog for each but English.
REPORT_LANGUAGES = ("en", "kmr", "sw", "fa", "gu", "mn", "de", "fr", "es")

_NAME = re.compile(r"[\w][\w .&+-]{0,79}")
_DOMAIN = re.compile(r"(?=.{1,253}$)[\w-]+(\.[\w-]+)+|localhost|(\d{1,3}\.){3}\d{1,3}")


@dataclass(frozen=True)
class Keyword:
    """A phrase people search for; `volume` is searches a month, None when not known."""

    keyword: str
    volume: float | None = None


@dataclass(frozen=True)
class Study:
    """What to research. Each field is a setting of `cxscout study add` and a key in TOML."""

    name: str
    """Name of the study; letters, digits, spaces and .&+-_"""
    brand: str | None = None
    """Own brand's domain; without it there are no gaps."""
    keywords: tuple[Keyword, ...] = ()
    """What customers search for."""
    provider: str = "ddgs"
    """Where search results come from."""
    searxng_url: str | None = None
    """Address of the SearXNG that provider searxng asks."""
    serp_file: str | None = None
    """Rank export (CSV or JSON) that provider file reads."""
    country: str | None = None
    """Market, ISO 3166 (two letters)."""
    language: str | None = None
    """Language of the market, ISO 639 (two letters)."""
    device: str = "desktop"
    """Device that the provider simulates."""
    depth: int = 10
    """Organic results to ask for, for each keyword."""
    competitors: int = 5
    """How many competitors to study."""
    pages: int = 40
    """Pages to fetch of each brand."""
    max_mb: int = 60
    """Megabytes to fetch of each brand."""
    delay: float = 1.0
    """Seconds between two requests to one host; Crawl-delay of robots.txt can make it longer."""
    timeout: float = 45.0
    """Seconds that one fetch may take in all."""
    proxy: str | None = None
    """HTTP proxy that every request goes through."""
    allow_addresses: tuple[str, ...] = ()
    """Private IP:PORT pairs that may be fetched."""
    ctr_curve: str = "sistrix-2020"
    """Click-through curve that weighs ranks."""
    render: bool = True
    """Open pages in a browser where static evidence leaves chat open."""
    consent: str = "reject"
    """First answer to a consent wall in the browser: reject or accept."""
    report_language: str = "en"
    """Language of the report's own words: en, kmr, sw, fa, gu, mn, de, fr or es."""
    report_title: str | None = None
    """Title of the report instead of the one that names the own brand."""
    report_logo: str | None = None
    """PNG, JPEG or SVG file of 1 MB at most that the report shows; drawn anew, never copied."""
    report_accent: str | None = None
    """Color of headings, links and the own brand, like #0b5885; darkened where it is too pale."""
    report_hidden: tuple[str, ...] = ()
    """Sections that no format shows: scoreboard, gaps, brands, questions, voice and so on."""
    report_footer: str | None = None
    """Line at the foot of every page and slide."""

    def __post_init__(self) -> None:
        for check in _CHECKS:
            check(self)


def _check_name(study: Study) -> None:
    if not _NAME.fullmatch(study.name):
        raise ConfigError(
            f"study name {study.name!r} is not usable; "
            "start with a letter, then letters, digits, spaces and .&+-_ (80 at most)"
        )


def _check_provider(study: Study) -> None:
    if study.provider not in PROVIDERS:
        raise ConfigError(
            f"provider {study.provider!r} is unknown; choose one of {', '.join(sorted(PROVIDERS))}"
        )
    if study.provider == "searxng":
        parts = urlsplit(study.searxng_url or "")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                f"provider searxng has address {study.searxng_url!r}; "
                "give its address: --searxng-url http://HOST[:PORT]"
            )
    if study.provider == "file" and not study.serp_file:
        raise ConfigError("provider file has no rank export; give one: --serp-file FILE")


def _check_numbers(study: Study) -> None:
    limits: tuple[tuple[str, float, float], ...] = (
        ("competitors", 1, 100),
        ("pages", 1, 5000),
        ("depth", 1, 100),
        ("max_mb", 1, 5000),
        ("delay", 0, 300),
        ("timeout", 1, 300),
    )
    for name, low, high in limits:
        value = getattr(study, name)
        if not isinstance(value, (int, float)) or not low <= value <= high:
            raise ConfigError(f"{name} is {value!r}; it must be from {low} to {high}")


def _check_places(study: Study) -> None:
    for name in ("country", "language"):
        value = getattr(study, name)
        if value is not None and not re.fullmatch(r"[A-Za-z]{2,3}", value):
            raise ConfigError(f"{name} is {value!r}; it must be two letters, like DE or de")
    if study.brand is not None and clean_domain(study.brand) != study.brand:
        raise ConfigError(f"brand {study.brand!r} is not a bare domain; write it like example.com")
    for address in study.allow_addresses:
        parse_address(address)
    if study.proxy is not None and urlsplit(study.proxy).scheme not in ("http", "https"):
        raise ConfigError(f"proxy {study.proxy!r} is no address; write it like http://HOST:PORT")
    if study.consent not in ("reject", "accept"):
        raise ConfigError(f"consent is {study.consent!r}; it must be reject or accept")
    if study.device not in ("desktop", "mobile"):
        raise ConfigError(f"device is {study.device!r}; it must be desktop or mobile")


def _check_report(study: Study) -> None:
    for name, longest in (("report_title", 120), ("report_footer", 200)):
        text = getattr(study, name) or ""
        if len(text) > longest or re.search(r"[\x00-\x1f\x7f]", text):
            raise ConfigError(
                f"{name} is {text[:40]!r}…; it must be one line of {longest} characters at most"
            )
    if study.report_language not in REPORT_LANGUAGES:
        raise ConfigError(
            f"report_language {study.report_language!r} is unknown; "
            f"choose one of {', '.join(REPORT_LANGUAGES)}"
        )
    if study.report_accent and not re.fullmatch(r"#[0-9A-Fa-f]{6}", study.report_accent):
        raise ConfigError(f"report_accent is {study.report_accent!r}; write a color like #0b5885")
    unknown = [name for name in study.report_hidden if name not in REPORT_SECTIONS]
    if unknown:
        raise ConfigError(
            f"report_hidden has {unknown[0]!r}; sections are {', '.join(REPORT_SECTIONS)}"
        )


_CHECKS = (_check_name, _check_provider, _check_numbers, _check_places, _check_report)


def clean_domain(text: str) -> str:
    """A bare lower-case host from what people type: a domain, a host or a whole URL.

    >>> clean_domain("https://www.Example.com/shop?x=1")
    'example.com'
    """
    raw = text.strip().lower()
    host = raw.split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0].rpartition("@")[2]
    host = host.split(":", 1)[0].strip(".").removeprefix("www.")
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        raise ConfigError(
            f"domain {text!r} is not a domain name; write it like example.com"
        ) from None
    if not _DOMAIN.fullmatch(host):
        raise ConfigError(f"domain {text!r} is not a domain name; write it like example.com")
    return host


def parse_address(text: str) -> tuple[str, int]:
    """'127.0.0.1:8080' or '[::1]:8080' as (address, port); ConfigError for anything else."""
    host, colon, port = text.strip().rpartition(":")
    try:
        if not colon or not 0 < int(port) < 65536:
            raise ValueError
        return str(ipaddress.ip_address(host.strip("[]"))), int(port)
    except ValueError:
        raise ConfigError(
            f"allowed address {text!r} is not IP:PORT; write it like 127.0.0.1:8080"
        ) from None


def study_from_dict(values: Mapping[str, Any], source: str) -> Study:
    """A study from plain values (TOML, JSON); unknown keys and wrong types are ConfigErrors."""
    known = {f.name: f for f in fields(Study)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ConfigError(
            f"{source} has unknown key {unknown[0]!r}; known keys are {', '.join(known)}"
        )
    if "name" not in values:
        raise ConfigError(f"{source} has no key 'name'")
    clean: dict[str, Any] = dict(values)
    clean["keywords"] = tuple(_keyword(entry, source) for entry in values.get("keywords", ()))
    for name in ("allow_addresses", "report_hidden"):
        clean[name] = tuple(values.get(name, ()))
    if clean.get("brand"):
        clean["brand"] = clean_domain(clean["brand"])
    for name, value in clean.items():
        _check_type(known[name], value, source)
    return Study(**clean)


def _check_type(known: Any, value: Any, source: str) -> None:
    default = None if known.default is MISSING else known.default
    expected: type | tuple[type, ...] = str if default is None else type(default)
    if expected is float:
        expected = (int, float)
    wrong_bool = isinstance(value, bool) and expected is not bool
    if value is not None and (wrong_bool or not isinstance(value, expected)):
        name = expected.__name__ if isinstance(expected, type) else "number"
        raise ConfigError(f"{source}: {known.name} is {value!r}; it must be a {name}")


def _keyword(entry: Any, source: str) -> Keyword:
    if isinstance(entry, str) and entry.strip():
        return Keyword(" ".join(entry.split()))
    if isinstance(entry, Mapping) and set(entry) <= {"keyword", "volume"} and entry.get("keyword"):
        return Keyword(" ".join(str(entry["keyword"]).split()), entry.get("volume"))
    raise ConfigError(
        f"{source}: keyword {entry!r} is not usable; "
        'write "phrase" or { keyword = "phrase", volume = 100 }'
    )


def read_study(path: Path) -> Study:
    """A study from a TOML file."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"study file {path} cannot be read: {error}") from None
    return study_from_dict(values, str(path))


def study_to_toml(study: Study) -> str:
    """The study as TOML that read_study gives back; settings at their default are left out."""
    lines = []
    for entry in fields(Study):
        value = getattr(study, entry.name)
        if (
            value == (None if entry.default is MISSING else entry.default)
            or entry.name == "keywords"
        ):
            continue
        lines.append(f"{entry.name} = {_toml(value)}")
    for keyword in study.keywords:
        lines.append(f"\n[[keywords]]\nkeyword = {_toml(keyword.keyword)}")
        if keyword.volume is not None:
            lines.append(f"volume = {_toml(keyword.volume)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_toml(v) for v in value)}]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda m: f"\\u{ord(m[0]):04x}", escaped) + '"'


def study_to_dict(study: Study) -> dict[str, Any]:
    """The study as JSON-able values, the inverse of study_from_dict."""
    values = asdict(study)
    values["keywords"] = [asdict(keyword) for keyword in study.keywords]
    for name in ("allow_addresses", "report_hidden"):
        values[name] = list(values[name])
    return values


@dataclass(frozen=True)
class Settings:
    """What holds for every study on this machine: `cxscout.toml` in the home, then environment."""

    home: Path
    """Where database, archive and reports lie."""
    contact: str = "no-contact-given"
    """Address or URL that site owners find in our user agent. Environment: CXSCOUT_CONTACT."""
    browser: str | None = None
    """Path of a Chromium to use. Environment: CXSCOUT_BROWSER."""
    log_format: str = "text"
    """How stages write their logs: text or json. Environment: CXSCOUT_LOG_FORMAT."""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Provider keys, from the environment only."""

    @property
    def user_agent(self) -> str:
        return f"cxscout/{__version__} (competitor research; +{self.contact})"

    @property
    def database(self) -> Path:
        return self.home / "cxscout.db"

    @property
    def archive(self) -> Path:
        return self.home / "archive"

    @property
    def reports(self) -> Path:
        return self.home / "reports"


def read_settings(home: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings of a home folder; a missing cxscout.toml means all defaults."""
    path = home / "cxscout.toml"
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"settings {path} cannot be read: {error}") from None
    known = ("contact", "browser", "log_format")
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ConfigError(
            f"{path} has unknown key {unknown[0]!r}; known keys are {', '.join(known)}"
        )
    contact = environ.get("CXSCOUT_CONTACT") or str(values.get("contact", Settings.contact))
    if not re.fullmatch(r"[\x21-\x7e]{3,200}", contact):
        raise ConfigError(f"contact {contact!r} must be an e-mail address or URL without spaces")
    log_format = environ.get("CXSCOUT_LOG_FORMAT") or values.get("log_format", "text")
    if log_format not in ("text", "json"):
        raise ConfigError(f"log_format is {log_format!r}; it must be text or json")
    return Settings(
        home=home,
        log_format=log_format,
        contact=contact,
        browser=environ.get("CXSCOUT_BROWSER") or values.get("browser"),
        keys={name: environ[name] for name in PROVIDER_KEYS if environ.get(name)},
    )
