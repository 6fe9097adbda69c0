"""Who ranks, who of them is a rival, and why: search hits to brands."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from crawler.db import brand_id
from crawler.domains import is_hosted, registrable_domain
from crawler.errors import ConfigError

__all__ = [
    "BACKLINKO_2019",
    "CURVES",
    "SISTRIX_2020",
    "Brand",
    "CtrCurve",
    "Decision",
    "Hit",
    "brand_rows",
    "classify_brand",
    "curve_named",
    "select_brands",
    "visibility",
]

Role = Literal["own", "competitor", "ignored"]
_HERE = Path(__file__).parent


class Hit(NamedTuple):
    """An organic search result; `rank` counts from 1."""

    keyword: str
    rank: int
    url: str
    title: str = ""
    snippet: str = ""


class Decision(NamedTuple):
    """What the analyst said about a domain; stronger than every rule."""

    role: Role
    reason: str


@dataclass(frozen=True, slots=True)
class CtrCurve:
    """Share of searches that click on a rank; `rates[0]` is rank 1, `rest` is below the list."""

    key: str
    name: str
    source: str
    rates: tuple[float, ...]
    rest: float = 0.0
    note: str = ""

    def __call__(self, rank: int) -> float:
        if rank < 1:
            raise ValueError(f"rank {rank}; ranks count from 1")
        return self.rates[rank - 1] if rank <= len(self.rates) else self.rest


@dataclass(slots=True)
class Brand:
    """A domain of the results with its part in the study.

    `host` is the host that ranked best, with its port: where a crawl starts. `visibility` is the
    share of all searches of the study that end on it, 0..1.
    """

    domain: str
    host: str
    role: Role
    brand_class: str
    reason: str
    visibility: float
    keywords: int
    best_rank: int | None = None
    hits: list[Hit] = field(default_factory=list, repr=False)


def _read_curves(path: Path) -> dict[str, CtrCurve]:
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    curves = {}
    for key, row in rows.items():
        unknown = row.keys() - {"name", "source", "note", "rates", "rest"}
        if unknown or not row.get("rates"):
            raise ConfigError(f"{path.name} [{key}]: wrong keys {sorted(unknown)} or no rates")
        curves[key] = CtrCurve(
            key, row["name"], row["source"], tuple(row["rates"]), row["rest"], row.get("note", "")
        )
    return curves


CURVES = _read_curves(_HERE / "ctr_curves.toml")
SISTRIX_2020 = CURVES["sistrix-2020"]
BACKLINKO_2019 = CURVES["backlinko-2019"]


def _host(url: str) -> str:
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
    except ValueError:
        return ""
    return parts.netloc.rpartition("@")[2].lower().rstrip(".")


def curve_named(key: str) -> CtrCurve:
    """The curve of that key; ConfigError names the known ones.

    >>> curve_named("sistrix-2020")(1)
    0.285
    """
    try:
        return CURVES[key.replace("_", "-")]
    except KeyError:
        known = ", ".join(CURVES)
        raise ConfigError(f"click curve {key!r} is unknown; choose one of {known}") from None


# -- visibility ------------------------------------------------------------------------------


def visibility(
    ranks: Mapping[str, int],
    volumes: Mapping[str, float],
    curve: CtrCurve = SISTRIX_2020,
) -> float:
    """Share of voice as STAT counts it: sum of volume x CTR(rank) over sum of volume.

    `ranks` has a domain's best rank per keyword; `volumes` all keywords of the study, also those
    where the domain does not rank.

    >>> example = CtrCurve("example", "STAT", "", (0.20, 0.05))
    >>> round(visibility({"a": 1, "b": 2}, {"a": 100, "b": 10_000}, example), 4)
    0.0515
    """
    total = sum(volumes.values())
    if not total:
        return 0.0
    return sum(volumes.get(keyword, 0.0) * curve(rank) for keyword, rank in ranks.items()) / total


def _weights(
    hits: Sequence[Hit], volumes: Mapping[str, float | None] | None
) -> tuple[dict[str, float], bool]:
    """A weight for each keyword of the study, and whether the volumes are known.

    One keyword without a volume gets the median of the known ones; without any, all weigh 1.
    """
    volumes = volumes or {}
    keywords = list(dict.fromkeys([*volumes, *(hit.keyword for hit in hits)]))
    known = sorted(v for v in volumes.values() if v is not None and v > 0)
    if not known:
        return dict.fromkeys(keywords, 1.0), False
    middle = known[len(known) // 2]
    weights = {}
    for keyword in keywords:
        volume = volumes.get(keyword)
        weights[keyword] = float(middle if volume is None else volume)
    return weights, True


# -- classes ---------------------------------------------------------------------------------


class _Known(NamedTuple):
    brand_class: str
    meaning: str


@cache
def _known_domains() -> tuple[dict[str, _Known], dict[str, _Known]]:
    """(by domain or host, by name under any suffix), from brand_classes.toml."""
    path = _HERE / "brand_classes.toml"
    domains: dict[str, _Known] = {}
    names: dict[str, _Known] = {}
    for key, row in tomllib.loads(path.read_text(encoding="utf-8")).items():
        unknown = row.keys() - {"class", "meaning", "names", "domains"}
        if unknown or "class" not in row:
            raise ConfigError(f"{path.name} [{key}]: wrong keys {sorted(unknown)} or no class")
        known = _Known(row["class"], row["meaning"])
        domains |= dict.fromkeys(row.get("domains", ()), known)
        names |= dict.fromkeys(row.get("names", ()), known)
    return domains, names


def _known(host: str) -> _Known | None:
    """The row for a host: the longest match of host and its parents, then the bare name."""
    domains, names = _known_domains()
    host = host.partition(":")[0]
    labels = host.removeprefix("www.").split(".")
    for start in range(len(labels) - 1):
        if found := domains.get(".".join(labels[start:])):
            return found
    domain = registrable_domain(host)
    return None if is_hosted(domain) else names.get(domain.split(".")[0])


_PUBLIC_BODY = re.compile(
    r"(^|\.)(gov|gouv|gob|govt|mil|edu)(\.[a-z]{2})?$|\.(ac|go|gv|gc)\.[a-z]{2}$|\.int$"
)
_NEWS_NAME = re.compile(
    r"(news|zeitung|nachrichten|herald|tribune|gazette|magazine?|anzeiger|rundschau|chronicle|"
    r"tageblatt|kurier|noticias|periodico|giornale|journal|dailypost|observer)$|^(the)?daily"
)
_REVIEW_NAME = re.compile(
    r"(reviews?|bewertungen?|vergleich(e|en)?|testbericht(e|en)?|testsieger|ratings?|compared?|"
    r"comparison|comparatif|comparador|coupons?|gutscheine?|alternatives?|rankings?|opinie|recensioni|"
    r"toplist|directory)$|^(best|top10|compare|vergleich|reviews?of|test-?vergleich)"
)
_FORUM_NAME = re.compile(r"(forums?|community|board)$|^(forum|community)")
_WIKI_NAME = re.compile(r"(wiki|pedia|lexikon|glossar|encyclop[ae]?edia|dictionary)$|^wiki")
_FORUM_URL = re.compile(
    r"^https?://(forums?|community|discuss|boards?)\.|/(forums?|threads?|viewtopic|showthread|"
    r"topic|discussion)([/.-]|$)|/questions/(\d+|tagged)|/r/\w+/comments/",
    re.IGNORECASE,
)
_WIKI_URL = re.compile(r"^https?://([a-z]{2}\.)?wiki\.|/wiki/", re.IGNORECASE)
_DATED_URL = re.compile(r"/(19|20)\d\d/(0?[1-9]|1[0-2])(/|-)")
_NEWS_URL = re.compile(
    r"/(news|article|articles|story|stories|magazine|magazin|ratgeber|nachrichten|artikel|actualites|"
    r"noticias|test|tests|testberichte|reviews/[^/]+|roundups?|buying-guides?|kaufberatung)/.",
    re.IGNORECASE,
)
_LIST_URL = re.compile(
    r"/(the-)?(\d+-)?(best|top|beste|besten|meilleurs?|mejores|migliori)(-\d+)?[-/]|/top-?\d+|-vs-|"
    r"/(compare|comparison|vergleich|alternatives?)(/|-)|-(alternatives|vergleich|testsieger)\b|-reviewed\b",
    re.IGNORECASE,
)
_BEST = r"best|top|beste[nrs]?|meilleure?s?|mejores|migliori|melhores|najlepsz\w+"
_LIST_TITLE = re.compile(
    rf"\b\d{{1,3}} (\w+ ){{0,2}}?({_BEST}|greatest|cheapest)\b"
    rf"|\b({_BEST})\b.{{0,60}}\b20[12]\d\b"
    r"|\b20[12]\d\b.{0,30}\b(best|top|besten|review(ed)?|compared|im test|im vergleich)\b"
    r"|\btop[ -]?\d{1,3}\b|\b\w+ vs\.? \w+|\bim (test|vergleich)\b|\btestsieger\b"
    r"|\b(we|wir) (tested|tried|reviewed|ranked|getestet)\b"
    r"|\b\d{1,3} \w+ (alternatives|alternativen)\b"
    r"|\breview(ed)?: |\breview \(?20[12]\d|\breviews? of the best\b",
    re.IGNORECASE,
)
_COMPARE_TITLE = re.compile(
    r"\b(compare|vergleiche|comparer|comparar|confronta)\b.{0,40}"
    r"\b(prices?|preise|prix|precios|prezzi|companies|providers|anbieter|reviews|tools|software)\b"
    r"|\b(best|top) .{1,40}\b(software|companies|agencies|providers)\b"
    r".{0,30}\b(reviews?|ratings?|categor)",
    re.IGNORECASE,
)


def classify_brand(domain: str, hits: Sequence[Hit]) -> tuple[str, str]:
    """(class, reason in words) of a domain from rows of known domains, then from what ranks.

    >>> classify_brand("example.gov.uk", [])[0]
    'reference'
    >>> classify_brand("acme.example", [Hit("k", 1, "http://acme.example/", "Acme")])[0]
    'competitor'
    """
    hosts = {_host(hit.url) for hit in hits} or {domain}
    found = {_known(host) for host in hosts}
    known = found.pop() if len(found) == 1 else _known(domain)
    if known:
        return known.brand_class, f"{domain} is {known.meaning}"
    if _PUBLIC_BODY.search(domain):
        return "reference", f"{domain} is a public body or a school by its ending"
    return _by_what_ranks(domain, hits)


def _by_what_ranks(domain: str, hits: Sequence[Hit]) -> tuple[str, str]:
    """Signals for a domain that no row names; only what holds for all its hits decides."""
    name = domain.split(".")[0]
    urls = [unquote(hit.url) for hit in hits]
    if (hits and all(map(_FORUM_URL.search, urls))) or _FORUM_NAME.search(name):
        return "social", f"{domain}: {_all_of(hits)} a forum or community page"
    if (hits and all(map(_WIKI_URL.search, urls))) or _WIKI_NAME.search(name):
        return "reference", f"{domain}: {_all_of(hits)} a wiki or dictionary page"
    articles = [hit for hit in hits if _is_article(hit, name)]
    if _REVIEW_NAME.search(name) and (not hits or articles or not _home_ranks(hits)):
        return "review_site", f"{domain} compares or rates others by its name and what ranks"
    if hits and all(_COMPARE_TITLE.search(hit.title) for hit in hits):
        return "review_site", f"{domain}: {_all_of(hits)} a comparison, e.g. {hits[0].title!r}"
    if _NEWS_NAME.search(name) and (not hits or articles or not _home_ranks(hits)):
        return "publisher", f"{domain} is a newspaper or magazine by its name and what ranks"
    if articles and len(articles) == len(hits):
        example = articles[0].title or articles[0].url
        return "publisher", f"{domain}: {_all_of(hits)} an article, e.g. {example!r}"
    return "competitor", f"{domain} ranks with its own offer"


def _all_of(hits: Sequence[Hit]) -> str:
    if not hits:
        return "by its name it is"
    return "its one result is" if len(hits) == 1 else f"each of its {len(hits)} results is"


def _home_ranks(hits: Sequence[Hit]) -> bool:
    return any(urlsplit(hit.url).path in ("", "/") for hit in hits)


def _is_article(hit: Hit, name: str) -> bool:
    """Whether a hit is journalism about the market rather than a company's own page.

    A list or comparison that features the site itself ("Acme vs. Other" on acme.example) is the
    company's own page; so is anything in a company blog that is not a list.
    """
    path = unquote(urlsplit(hit.url).path)
    if path in ("", "/"):
        return False
    plain = re.sub(r"[^a-z0-9]", "", path.lower())
    head = re.split(r"\s[|–—·-]\s", hit.title)[0]
    features_itself = len(name) > 3 and (
        name.replace("-", "") in plain
        or name.replace("-", "") in re.sub(r"[^a-z0-9]", "", head.lower())
    )
    if features_itself:
        return False
    if _LIST_TITLE.search(hit.title) or _DATED_URL.search(path):
        return True
    return bool(_LIST_URL.search(path)) or bool(_NEWS_URL.search(path))


# -- selection -------------------------------------------------------------------------------


def select_brands(
    hits: Iterable[Hit],
    *,
    own_domain: str | None = None,
    volumes: Mapping[str, float | None] | None = None,
    decisions: Mapping[str, Decision] | None = None,
    limit: int = 5,
    curve: CtrCurve | str = SISTRIX_2020,
) -> list[Brand]:
    """All domains of the results as brands: own first, then by visibility, best first.

    `volumes` has every keyword of the study (None: unknown). `decisions` is by domain. At most
    `limit` competitors are taken; those the analyst named come first and are never cut.
    """
    curve = curve_named(curve) if isinstance(curve, str) else curve
    rows = [hit if isinstance(hit, Hit) else Hit(*hit) for hit in hits]
    weights, known_volumes = _weights(rows, volumes)
    own = registrable_domain(own_domain) if own_domain else None
    said = {registrable_domain(domain): decision for domain, decision in (decisions or {}).items()}
    grouped: dict[str, list[Hit]] = defaultdict(list)
    for hit in rows:
        if domain := registrable_domain(_host(hit.url)):
            grouped[domain].append(hit)
    for domain in [*([own] if own else []), *said]:
        grouped.setdefault(domain, [])
    own_class = _row_class(own)
    brands = []
    for domain, found in grouped.items():
        brand = _brand(domain, found, weights, curve, own_domain if domain == own else None)
        _set_class(brand, own, own_class)
        brands.append(brand)
    brands.sort(key=lambda b: (-b.visibility, b.best_rank or 10**6, b.domain))
    _set_roles(brands, own, said, limit, "" if known_volumes else _NO_VOLUMES)
    return sorted(brands, key=lambda b: b.role != "own")


_NO_VOLUMES = "; search volumes unknown, every keyword weighs the same"


def _brand(
    domain: str,
    hits: list[Hit],
    weights: Mapping[str, float],
    curve: CtrCurve,
    home: str | None,
) -> Brand:
    ranks: dict[str, int] = {}
    for hit in hits:
        ranks[hit.keyword] = min(hit.rank, ranks.get(hit.keyword, hit.rank))
    best = min(hits, key=lambda hit: hit.rank, default=None)
    return Brand(
        domain=domain,
        host=_host(best.url) if best else _host(home or domain),
        role="ignored",
        brand_class="other",
        reason="",
        visibility=visibility(ranks, weights, curve),
        keywords=len(ranks),
        best_rank=best.rank if best else None,
        hits=hits,
    )


def _row_class(own: str | None) -> str | None:
    known = _known(own) if own else None
    return known.brand_class if known else None


def _set_class(brand: Brand, own: str | None, own_class: str | None) -> None:
    """Set class and reason; others of the own brand's kind are its rivals, not bystanders."""
    if brand.domain == own:
        brand.brand_class, brand.reason = "own", f"{brand.domain} is the study's own brand"
        return
    brand.brand_class, brand.reason = classify_brand(brand.domain, brand.hits)
    if own_class and brand.brand_class == own_class:
        kind = own_class.replace("_", " ")
        brand.brand_class = "competitor"
        brand.reason = f"{brand.domain} is a {kind}, as the own brand is"


def _set_roles(
    brands: list[Brand],
    own: str | None,
    said: Mapping[str, Decision],
    limit: int,
    weighting: str,
) -> None:
    """Give each brand its role and complete its reason; `brands` come by visibility."""
    named = sum(decision.role == "competitor" for decision in said.values())
    free = max(0, limit - named)
    place = 0
    for brand in brands:
        decision = said.get(brand.domain)
        if decision:
            _decide(brand, decision)
        elif brand.domain == own:
            brand.role = "own"
            if not brand.keywords:
                brand.reason += "; it is not among the results"
        elif brand.brand_class == "competitor":
            place += 1
            brand.role = "competitor" if place <= free else "ignored"
            within = "one" if place <= free else "not one"
            brand.reason += (
                f"; visibility {brand.visibility:.1%} on {_keywords(brand.keywords)}: "
                f"{within} of the {free} most visible rivals{weighting}"
            )
        else:
            brand.reason += f"; set aside as {brand.brand_class.replace('_', ' ')}"


def _decide(brand: Brand, decision: Decision) -> None:
    brand.role = decision.role
    if decision.role in ("own", "competitor"):
        brand.brand_class = decision.role
    said = decision.reason.strip() or "no reason given"
    brand.reason = f"the analyst set it to {decision.role}: {said}"
    if not brand.keywords:
        brand.reason += "; it is not among the results"


def _keywords(n: int) -> str:
    return "1 keyword" if n == 1 else f"{n} keywords"


def brand_rows(brands: Iterable[Brand], run_id: int, study_id: int) -> list[dict[str, object]]:
    """Rows of the table `brands`, with an id that the same run and domain always give."""
    return [
        {
            "id": brand_id(run_id, brand.domain),
            "run_id": run_id,
            "study_id": study_id,
            "domain": brand.domain,
            "host": brand.host,
            "role": brand.role,
            "class": brand.brand_class,
            "reason": brand.reason,
            "visibility": brand.visibility,
            "keywords": brand.keywords,
            "best_rank": brand.best_rank,
        }
        for brand in brands
    ]
