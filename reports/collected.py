"""How a run was collected and how its numbers came to be: for the analyst and the lawyer."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from analysis.metrics import DIMENSIONS, MIN_REVIEWS, MIN_THEME
from reports import labels
from reports.ground import json_object
from reports.market import BAND_LIMITS
from reports.model import (
    Collection,
    Fact,
    Keyword,
    Method,
    MethodRow,
    PageStates,
    RobotsDecision,
    SearchRow,
    Study,
    VisitRow,
)
from reports.phrases import said
from reports.units import format_span, format_time

if TYPE_CHECKING:
    from reports.ground import Ground, Row
    from reports.locale import Words
    from reports.market import Units

__all__ = ["collection", "method", "study_of"]

_ROBOTS_ROWS = 500
VISIT_STAGES = {"crawl": "plain requests", "render": "browser"}


def study_of(ground: Ground) -> Study:
    """What was asked, and when it ran."""
    study, run = ground.study, ground.run
    keywords = ground.rows(
        "select keyword, volume from keywords where study_id = ? "
        "order by volume desc nulls last, keyword",
        study["id"],
    )
    return Study(
        name=study["name"],
        brand=ground.own["domain"] if ground.own else study["brand"],
        country=study["country"],
        language=study["language"],
        market=_market(study, ground.words),
        provider=study["provider"],
        keywords=tuple(Keyword(row["keyword"], row["volume"]) for row in keywords),
        run=run["id"],
        # The report is the last stage of its own run: then nothing is missing any more.
        run_state="done" if run["stage"] == "report" else run["state"],
        offline=bool(run["offline"]),
        started_at=run["started_at"],
        finished_at=run["finished_at"],
        method_version=run["method_version"],
    )


def _market(study: Row, words: Words) -> str:
    """Country and language by their names in the language of the report."""
    country = words.country((study["country"] or "").upper())
    language = words.language_name(study["language"] or "")
    parts = [
        words.t("country: {country}", country=country) if country else "",
        words.t("language: {language}", language=language) if language else "",
    ]
    spoken = words.t(", ").join(part for part in parts if part)
    return spoken or words.t("no country or language set")


def collection(ground: Ground) -> Collection:
    """Searches, visits, pages by state, robots decisions and failed extractors of the run."""
    searches = tuple(_search(row, ground.words) for row in ground.rows(_SEARCHES, ground.run_id))
    visits = tuple(_visit(row, ground.words) for row in ground.rows(_VISITS, ground.run_id))
    pages = _page_states(ground)
    robots = ground.rows(_ROBOTS, ground.run_id, _ROBOTS_ROWS)
    return Collection(
        facts=_facts(ground, searches, visits, pages),
        searches=searches,
        visits=visits,
        pages=pages,
        robots=tuple(
            RobotsDecision(r["domain"], r["url"], said(r["reason"], ground.words)) for r in robots
        ),
        extractor_errors=_extractor_errors(ground),
    )


_SEARCHES = "select * from searches where run_id = ? order by state = 'ok', keyword, provider"
_VISITS = """
    select v.*, b.domain from visits v join brands b on b.id = v.brand_id
    where v.run_id = ? order by b.role != 'own', b.visibility desc, b.domain, v.stage"""
_PAGES = """
    select b.domain, p.state, count(*) as n from pages p join brands b on b.id = p.brand_id
    where p.run_id = ? group by b.domain, p.state
    order by b.role != 'own', b.visibility desc, b.domain, n desc, p.state"""
_ROBOTS = """
    select b.domain, p.url, p.reason from pages p join brands b on b.id = p.brand_id
    where p.run_id = ? and p.state = 'robots' order by b.domain, p.url limit ?"""


def _search(row: Row, words: Words) -> SearchRow:
    locale = "-".join(part for part in (row["language"], row["country"]) if part)
    return SearchRow(
        keyword=row["keyword"],
        provider=row["provider"],
        state=row["state"],
        reason=said(row["reason"], words),
        depth=row["depth"],
        locale=locale or words.t("not set"),
        device=row["device"],
        fetched_at=row["fetched_at"],
    )


def _visit(row: Row, words: Words) -> VisitRow:
    return VisitRow(
        domain=row["domain"],
        stage=labels.worded(VISIT_STAGES, row["stage"], words),
        state=row["state"],
        reason=said(row["reason"], words),
        requests=row["requests"],
        pages_ok=row["pages_ok"],
        pages_failed=row["pages_failed"],
        finished_at=row["finished_at"],
    )


def _page_states(ground: Ground) -> tuple[PageStates, ...]:
    by_domain: dict[str, list[Row]] = {}
    for row in ground.rows(_PAGES, ground.run_id):
        by_domain.setdefault(row["domain"], []).append(row)
    return tuple(
        PageStates(
            domain,
            sum(row["n"] for row in states),
            tuple(
                Fact(
                    labels.worded(labels.PAGE_STATES, row["state"], ground.words),
                    ground.words.number(row["n"]),
                )
                for row in states
            ),
        )
        for domain, states in by_domain.items()
    )


def _facts(
    ground: Ground,
    searches: tuple[SearchRow, ...],
    visits: tuple[VisitRow, ...],
    pages: tuple[PageStates, ...],
) -> tuple[Fact, ...]:
    # Settings are the study's; what the run itself knows (its user agent) stands in its stats.
    settings = json_object(ground.run["settings"]) | json_object(ground.run["stats"])
    providers = sorted({row.provider for row in searches}) or [ground.study["provider"]]
    failed = [row for row in searches if row.state not in ("ok", "empty")]
    depths = sorted({row.depth for row in searches if row.state == "ok"})
    words, run = ground.words, ground.run
    unset = words.t("not recorded")
    facts = {
        words.t("Run"): f"{words.digits(str(ground.run_id))} "
        f"({labels.worded(labels.RUN_STATES, run['state'], words)})",
        words.t("Began"): format_time(run["started_at"], words),
        words.t("Ended"): _ended(run, words),
        words.t("Search results from"): words.list(providers),
        words.t("Searches"): words.n(
            "{n} search, {failed} failed", "{n} searches, {failed} failed",
            len(searches), failed=len(failed),
        ),
        words.t("Results per search"): _span(depths, words),
        words.t("Market"): _market(ground.study, words),
        words.t("Requests to sites"): words.number(sum(v.requests for v in visits)),
        words.t("Pages known"): words.number(sum(p.total for p in pages)),
        words.t("User agent"): str(settings.get("user_agent") or unset),
        words.t("robots.txt"): words.t(
            "obeyed; one that cannot be had counts as a ban (RFC 9309)"
        ),
        words.t("Pages per brand, at most"): words.digits(str(settings.get("pages", unset))),
        words.t("Seconds between requests"): words.digits(str(settings.get("delay", unset))),
        words.t("Network"): words.t("refused: replayed from the archive")
        if run["offline"]
        else words.t("used"),
        words.t("Method version"): run["method_version"],
    }  # fmt: skip
    return tuple(Fact(name, value) for name, value in facts.items())


def _span(depths: list[int], words: Words) -> str:
    if not depths:
        return words.t("none")
    if depths[0] == depths[-1]:
        return words.number(depths[0])
    return format_span(words.number(depths[0]), words.number(depths[-1]), words)


def _ended(run: Row, words: Words) -> str:
    if not run["finished_at"]:
        return words.t("not yet")
    seconds = datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])
    return words.n(
        "{time}, after {n} minute",
        "{time}, after {n} minutes",
        max(1, round(seconds.total_seconds() / 60)),
        time=format_time(run["finished_at"], words),
    )


def _extractor_errors(ground: Ground) -> tuple[Fact, ...]:
    counts: Counter[str] = Counter()
    sql = "select errors from pages where run_id = ? and errors != '[]'"
    for row in ground.rows(sql, ground.run_id):
        counts.update(str(error).split(":")[0] for error in json.loads(row["errors"]))
    return tuple(
        Fact(name, ground.words.n("{n} page", "{n} pages", n)) for name, n in counts.most_common()
    )


def method(ground: Ground, units: Units) -> Method:
    """The metrics of the run and the rules that hold for all of them."""
    return Method(ground.run["method_version"], _notes(ground), _metrics(ground, units))


def _notes(ground: Ground) -> tuple[str, ...]:
    curve = json_object(ground.run["settings"]).get("ctr_curve", "sistrix-2020")
    words = ground.words
    return (
        words.t(
            "Not seen is not zero: a blocked, disallowed, missing or unread page lowers the "
            "coverage of a number, never the number."
        ),
        words.t("Coverage is the share of what a number needs that could be seen."),
        words.t("Median and best are of the competitors; the own brand is measured against them."),
        words.t(
            "Colours change {limits} points from the median of a dimension; inside the first limit "
            "a cell stays neutral.",
            limits=words.list(words.number(limit) for limit in BAND_LIMITS),
        ),
        words.t(
            "Share of search clicks is the sum of volume x click rate at the rank over the sum of "
            "volume, with the curve {curve}; a keyword without a volume weighs as 1.",
            curve=curve,
        ),
        words.t(
            "Net sentiment is the share of positive minus the share of negative mentions; with "
            "fewer than {mentions} mentions, or {reviews} reviews with stars, no number is given.",
            mentions=MIN_THEME,
            reviews=MIN_REVIEWS,
        ),
        words.t("Weights in the overall score: {weights}.", weights=_weights(words)),
        words.t("Stars of any scale are moved to 1 to 5 before they are compared."),
        words.t(
            "NPS, CSAT and effort scores of competitors cannot be seen from outside and are not "
            "guessed."
        ),
        words.t("Reviewers' names are not stored; quotes are short."),
        words.t("Sentences in this report come from templates over these numbers."),
    )


def _weights(words: Words) -> str:
    if len(set(DIMENSIONS.values())) == 1:
        return words.t("every dimension counts the same")
    return words.t(", ").join(
        f"{labels.dimension_label(key, words)} {words.number(weight)}"
        for key, weight in DIMENSIONS.items()
    )


_METRICS = """
    select key, max(dimension) as dimension, max(unit) as unit,
           count(value) as measured, count(*) as brands
    from metrics where run_id = ? and key not like 'theme.%' group by key order by dimension, key"""


def _metrics(ground: Ground, units: Units) -> tuple[MethodRow, ...]:
    return tuple(
        MethodRow(
            key=row["key"],
            label=units.label(row["key"]),
            dimension=labels.dimension_label(row["dimension"], ground.words),
            unit=ground.words.t(row["unit"].replace("_", " ")),
            weight=units.weights.get(row["key"]),
            formula=units.formulas.get(row["key"], ""),
            measured=row["measured"],
            brands=row["brands"],
        )
        for row in ground.rows(_METRICS, ground.run_id)
    )
