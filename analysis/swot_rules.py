"""The SWOT rules as rows: key, quadrant, metric, condition, sentence.

A condition looks at a `Case` (one brand within its market) and returns a `Finding` or None. The
sentence is a template; every finding fills `brand`, `value`, `median`, `best`, `best_brand`,
`market_n`, `n` and `detail`. To add a rule, add a row here and its two examples in
tests/test_swot.py.
"""

# ruff: noqa: E501  a rule reads best on two lines: what it is, what it says

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from analysis.metrics import METRICS, Measured, format_value, normalize
from analysis.observations import Proof, ThemeVoice
from analysis.scorecard import Benchmark, as_good_as_can_be
from analysis.statistics import median

__all__ = ["SWOT_RULES", "Case", "Finding", "Missing", "SwotRule"]

Quadrant = Literal["strength", "weakness", "opportunity", "threat"]

AHEAD = 15.0  # chosen: points of 100 from which a difference is worth a sentence
FAR_AHEAD = 30.0  # chosen: from which a rival's lead is a threat
WEAK = 40.0  # chosen: a market median below it is weak
MANY = 0.5  # share of brands that makes a thing usual
FEW = 1 / 3  # share of brands that makes a thing rare
MIN_MENTIONS = 5  # reviews that speak of a theme, for one brand
MIN_MARKET_MENTIONS = 10  # the same for the market
MIN_QUESTIONS = 5  # shared questions below which "x of y" says nothing
MIN_OTHERS = 2  # brands that a statement about the others needs


class Missing(NamedTuple):
    """Questions of the market seen from one brand; `examples` are the most asked."""

    n: int
    compared: int
    examples: tuple[str, ...]
    evidence: tuple[Proof, ...]


@dataclass(slots=True)
class Case:
    """One brand within its market: what the conditions of the rules look at.

    `others` are all brands but this one, the own brand included; `market` has the competitors'
    medians. `before` has the metrics of an earlier run by domain and key.
    """

    brand: str
    domain: str
    own: Mapping[str, Measured]
    market: Mapping[str, Benchmark]
    others: Mapping[str, Mapping[str, Measured]]
    names: Mapping[str, str]
    themes: Mapping[str, ThemeVoice] = field(default_factory=dict)
    other_themes: Mapping[str, Mapping[str, ThemeVoice]] = field(default_factory=dict)
    topics: frozenset[str] | None = None  # core topics of the FAQ; None: FAQ not seen
    missed: Missing | None = None
    only_here: Missing | None = None
    unanswered: Missing | None = None
    broken_promises: tuple[tuple[str, tuple[Proof, ...], int], ...] = ()
    before: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    is_competitor: bool = False  # its own values are among those of the medians


@dataclass(slots=True)
class Finding:
    """What a condition found. `impact` is 0..1: the difference on the metric's 0-100 scale."""

    impact: float
    n: int
    evidence: list[Proof]
    value: float | None = None
    median: float | None = None
    low: float | None = None
    high: float | None = None
    market_n: int = 0
    coverage: float = 1.0
    is_clear: bool = False  # the interval leaves no doubt
    detail: str = ""
    best: float | None = None
    best_brand: str = ""
    unit: str = ""
    is_best_a_bound: bool = False  # the best was not read in full


Condition = Callable[[Case], Finding | None]


class SwotRule(NamedTuple):
    """A row. `metric` is None where the rule rests on something else than one metric."""

    key: str
    quadrant: Quadrant
    metric: str | None
    when: Condition
    text: str


# -- conditions ------------------------------------------------------------------------------


def _against_market(case: Case, metric: str, sign: int, by: float) -> Finding | None:
    own, market = case.own.get(metric), case.market.get(metric)
    if own is None or own.value is None or market is None:
        return None
    if sign < 0 and own.at_least:
        return None
    if market.n - case.is_competitor < MIN_OTHERS:
        return None  # a median of itself and one other says nothing
    row = METRICS[metric]
    difference = normalize(row, own.value) - normalize(row, market.median)
    if sign * difference < by or not _is_apart(own, market.median):
        return None
    hoped = market.median if market.hoped_median is None else market.hoped_median
    if sign > 0 and normalize(row, own.value) - normalize(row, hoped) < by:
        return None  # rivals that were not read in full may well be as good
    proofs = [*own.evidence[:3], *_proof_of(case, market.best_brand, metric)]
    return Finding(
        impact=abs(difference) / 100,
        n=own.n,
        evidence=proofs,
        value=own.value,
        median=market.median,
        low=own.low,
        high=own.high,
        market_n=market.n,
        coverage=own.coverage,
        is_clear=own.low is not None or row.unit in ("yes_no", "count", "clicks", "topics"),
        detail=own.reason,
        best=market.best,
        best_brand=case.names.get(market.best_brand, ""),
        unit=row.unit,
        is_best_a_bound=_is_bound(case, market.best_brand, metric),
    )


def _is_apart(own: Measured, middle: float) -> bool:
    """The interval, where there is one, leaves out the market's median."""
    return own.low is None or own.high is None or not own.low <= middle <= own.high


def _is_bound(case: Case, brand: str, metric: str) -> bool:
    """A number of things of which there may be more on pages that were not read."""
    measured = case.others.get(brand, {}).get(metric)
    return measured is not None and measured.at_least and METRICS[metric].better == "high"


def _proof_of(case: Case, brand: str, metric: str) -> list[Proof]:
    measured = case.others.get(brand, {}).get(metric)
    return measured.evidence[:1] if measured else []


def ahead(metric: str, by: float = AHEAD) -> Condition:
    """The brand is `by` points of the normalized scale better than the market's median."""
    return lambda case: _against_market(case, metric, 1, by)


def behind(metric: str, by: float = AHEAD) -> Condition:
    return lambda case: _against_market(case, metric, -1, by)


def at_least(value: float, condition: Condition) -> Condition:
    """The condition, where the brand's own value is at least so much."""

    def bounded(case: Case) -> Finding | None:
        found = condition(case)
        return found if found and found.value is not None and found.value >= value else None

    return bounded


def _having(case: Case, metric: str) -> tuple[int, int]:
    """(others that have it, others that were measured)."""
    values = [m[metric].value for m in case.others.values() if metric in m]
    known = [value for value in values if value is not None]
    return sum(value > 0 for value in known), len(known)


def _yes_no(case: Case, metric: str, wanted: bool) -> Finding | None:
    own = case.own.get(metric)
    if own is None or own.value is None or bool(own.value) != wanted:
        return None
    have, n = _having(case, metric)
    if n < MIN_OTHERS:
        return None
    share = have / n
    return Finding(
        impact=(1 - share) if wanted else share,
        n=own.n,
        evidence=list(own.evidence[:3]),
        value=own.value,
        median=float(share >= MANY),
        market_n=n,
        coverage=own.coverage,
        # Terms are read as facts with numbers; that none was read is less than that none is there.
        is_clear=wanted or METRICS[metric].dimension != "policies",
        detail=own.reason,
        best=float(have),
        unit="yes_no",
    )


def has_rarely_seen(metric: str) -> Condition:
    """The brand has what at most a third of the others have."""

    def condition(case: Case) -> Finding | None:
        found = _yes_no(case, metric, True)
        return found if found and 1 - found.impact <= FEW else None

    return condition


def lacks_usual(metric: str) -> Condition:
    """The brand was read and lacks what at least half of the others, two or more, have."""

    def condition(case: Case) -> Finding | None:
        found = _yes_no(case, metric, False)
        if not found or found.impact < MANY or (found.best or 0) < MIN_OTHERS:
            return None
        having = next(b for b, m in case.others.items() if (m[metric].value or 0) > 0)
        found.evidence += _proof_of(case, having, metric)
        found.best_brand = case.names.get(having, "")
        return found

    return condition


def rare_in_market(metric: str) -> Condition:
    """Neither the brand nor more than a third of the others have it: the first one stands out."""

    def condition(case: Case) -> Finding | None:
        found = _yes_no(case, metric, False)
        if not found or found.impact > FEW or found.market_n < MIN_OTHERS:
            return None
        for measured in case.others.values():
            if metric in measured and measured[metric].value is not None:
                found.evidence += measured[metric].evidence[:1]
        found.impact = (1 - found.impact) * 0.6  # what nobody has may be what nobody needs
        found.evidence = found.evidence[:5]
        return found

    return condition


def market_weak(metric: str, below: float = WEAK, factor: float = 0.8) -> Condition:
    """The others' median is weak on an absolute scale, and the brand is not ahead of it.

    `factor` says how much of the difference to the best one can do is worth doing.
    """

    def condition(case: Case) -> Finding | None:
        row = METRICS[metric]
        others = {
            brand: measured[metric]
            for brand, measured in case.others.items()
            if metric in measured and measured[metric].value is not None
        }
        if sum(not m.at_least for m in others.values()) < MIN_OTHERS:
            return None
        values = [(m.value, m.at_least) for m in others.values() if m.value is not None]
        middle = median([value for value, _ in values])
        hoped = [as_good_as_can_be(row, v) if is_bound else v for v, is_bound in values]
        own = case.own.get(metric)
        level = normalize(row, median(hoped))
        if level >= below or own is None or own.firm is None or own.value is None:
            return None
        if normalize(row, own.value) >= level + AHEAD:
            return None
        return Finding(
            impact=(100 - level) / 100 * factor,
            n=sum(m.n for m in others.values()),
            evidence=[proof for m in others.values() for proof in m.evidence[:1]][:4],
            value=own.value,
            median=middle,
            market_n=len(others),
            coverage=min(m.coverage for m in others.values()),
            unit=row.unit,
        )

    return condition


def rival_ahead(metric: str, by: float = FAR_AHEAD) -> Condition:
    """One rival is far ahead of the brand, and their intervals do not overlap."""

    def condition(case: Case) -> Finding | None:
        row, own = METRICS[metric], case.own.get(metric)
        if own is None or own.value is None or own.at_least:
            return None
        rivals = [
            (normalize(row, value), brand, m[metric])
            for brand, m in case.others.items()
            if metric in m and (value := m[metric].value) is not None
        ]
        if not rivals:
            return None
        level, brand, best = max(rivals, key=lambda rival: (rival[0], case.names.get(rival[1], "")))
        lead = level - normalize(row, own.value)
        if lead < by or not _are_apart(own, best):
            return None
        return Finding(
            impact=lead / 100,
            n=best.n,
            evidence=[*best.evidence[:3], *own.evidence[:1]],
            value=own.value,
            median=case.market[metric].median if metric in case.market else None,
            low=best.low,
            high=best.high,
            market_n=len(rivals),
            coverage=min(own.coverage, best.coverage),
            is_clear=own.low is not None,
            best=best.value,
            best_brand=case.names.get(brand, ""),
            unit=row.unit,
            is_best_a_bound=_is_bound(case, brand, metric),
        )

    return condition


def _are_apart(a: Measured, b: Measured) -> bool:
    if a.low is None or b.low is None or a.high is None or b.high is None:
        return True
    return a.high < b.low or b.high < a.low


def rival_rises(metric: str, by: float = 5.0) -> Condition:
    """A rival gained `by` points since the earlier run, its interval leaves out the old value."""

    def condition(case: Case) -> Finding | None:
        row = METRICS[metric]
        best: Finding | None = None
        for brand, measured in case.others.items():
            now = measured.get(metric)
            then = case.before.get(case.names.get(brand, ""), {}).get(metric)
            if now is None or now.value is None or then is None or not _is_apart(now, then):
                continue
            gain = normalize(row, now.value) - normalize(row, then)
            if gain >= by and (best is None or gain / 100 > best.impact):
                best = Finding(
                    impact=gain / 100,
                    n=now.n,
                    evidence=list(now.evidence[:3]),
                    value=then,
                    low=now.low,
                    high=now.high,
                    market_n=1,
                    coverage=now.coverage,
                    is_clear=now.low is not None,
                    best=now.value,
                    best_brand=case.names.get(brand, ""),
                    unit=row.unit,
                )
        return best

    return condition


# -- conditions on themes --------------------------------------------------------------------


def _net_bounds(voice: ThemeVoice) -> tuple[float, float]:
    """95 % interval of the net share, with one pseudo-count for each feeling."""
    n = voice.n + 3
    p, q = (voice.positive + 1) / n, (voice.negative + 1) / n
    half = 1.96 * ((p + q - (p - q) ** 2) / n) ** 0.5
    return voice.net - half, voice.net + half


def _theme_finding(voice: ThemeVoice, feeling: str) -> Finding:
    low, high = _net_bounds(voice)
    return Finding(
        impact=abs(voice.net) * min(1.0, voice.n / 30),
        n=voice.n,
        evidence=list(voice.quotes[feeling][:3]),
        value=voice.net,
        low=max(-1.0, low),
        high=min(1.0, high),
        is_clear=voice.n >= 30,
        detail=f"{getattr(voice, feeling)} of {voice.n}",
        unit="net share",
    )


def praised(theme: str) -> Condition:
    """Reviews of the brand feel good about the theme, beyond doubt."""

    def condition(case: Case) -> Finding | None:
        voice = case.themes.get(theme)
        if voice is None or voice.n < MIN_MENTIONS or _net_bounds(voice)[0] <= 0:
            return None
        return _theme_finding(voice, "positive")

    return condition


def criticized(theme: str) -> Condition:
    def condition(case: Case) -> Finding | None:
        voice = case.themes.get(theme)
        if voice is None or voice.n < MIN_MENTIONS or _net_bounds(voice)[1] >= 0:
            return None
        return _theme_finding(voice, "negative")

    return condition


def _pooled(case: Case, theme: str) -> tuple[ThemeVoice, int]:
    pooled, brands = ThemeVoice(), 0
    for voices in case.other_themes.values():
        if (voice := voices.get(theme)) and voice.n:
            brands += 1
            pooled.positive += voice.positive
            pooled.neutral += voice.neutral
            pooled.negative += voice.negative
            for feeling, quotes in voice.quotes.items():
                pooled.quotes[feeling] += quotes[:1]
    return pooled, brands


def market_criticized(theme: str) -> Condition:
    """Customers of the others complain about the theme; of the brand they do not clearly."""

    def condition(case: Case) -> Finding | None:
        voice, brands = _pooled(case, theme)
        own = case.themes.get(theme)
        if voice.n < MIN_MARKET_MENTIONS or brands < MIN_OTHERS or _net_bounds(voice)[1] >= 0:
            return None
        if own is not None and own.n >= MIN_MENTIONS and own.net <= voice.net:
            return None
        found = _theme_finding(voice, "negative")
        found.market_n = brands
        found.median = voice.net
        return found

    return condition


def rival_praised(theme: str) -> Condition:
    """A rival is praised for what the brand is not praised for."""

    def condition(case: Case) -> Finding | None:
        own = case.themes.get(theme)
        best: Finding | None = None
        for brand, voices in case.other_themes.items():
            voice = voices.get(theme)
            if voice is None or voice.n < MIN_MENTIONS or _net_bounds(voice)[0] <= 0:
                continue
            if own is None or own.n < MIN_MENTIONS or own.net + 0.3 > voice.net:
                continue
            found = _theme_finding(voice, "positive")
            found.impact *= min(1.0, voice.net - own.net)
            found.best, found.best_brand = voice.net, case.names.get(brand, "")
            found.value = own.net
            if best is None or found.impact > best.impact:
                best = found
        return best

    return condition


# -- conditions on questions, complaints and promises ------------------------------------------


def _questions(pick: Callable[[Case], Missing | None], least: int) -> Condition:
    """`least` questions of at least MIN_QUESTIONS that the market shares."""

    def condition(case: Case) -> Finding | None:
        missing = pick(case)
        if missing is None or missing.n < least or missing.compared < MIN_QUESTIONS:
            return None
        return Finding(
            impact=min(1.0, missing.n / missing.compared),
            n=missing.n,
            evidence=list(missing.evidence[:4]),
            market_n=missing.compared,
            value=float(missing.n),
            detail="; ".join(f"“{text}”" for text in missing.examples[:2]),
            unit="count",
        )

    return condition


def complaint_without_answer(theme: str, topics: frozenset[str]) -> Condition:
    """Reviews complain about the theme and the FAQ, which was seen, says nothing about it."""

    def condition(case: Case) -> Finding | None:
        voice = case.themes.get(theme)
        if case.topics is None or case.topics & topics or voice is None:
            return None
        if voice.negative < MIN_MENTIONS:
            return None
        found = _theme_finding(voice, "negative")
        found.impact = min(1.0, voice.negative / 10)
        found.detail = f"{voice.negative} of {voice.n}"
        return found

    return condition


def _broken_promise(case: Case) -> Finding | None:
    if not case.broken_promises:
        return None
    text, proofs, n = max(case.broken_promises, key=lambda promise: promise[2])
    return Finding(impact=min(1.0, 0.3 + n / 20), n=n, evidence=list(proofs[:4]), detail=text)


# -- the rows --------------------------------------------------------------------------------

_MEDIAN = "the market median of {median} ({market_n} competitors)"

_THEMES = {
    "delivery": "delivery",
    "returns_refunds": "returns and refunds",
    "support_responsiveness": "how fast support answers",
    "support_quality": "how well support helps",
    "price_value": "price and value",
    "product_quality": "product quality",
    "usability": "ease of use",
    "ordering_checkout": "ordering and checkout",
    "billing_payments": "billing and payment",
    "account_subscription": "accounts and subscriptions",
    "onboarding_setup": "setup and first steps",
    "communication": "being kept informed",
}
_ANSWERS = {
    "delivery": frozenset({"delivery", "tracking"}),
    "returns_refunds": frozenset({"returns", "refunds"}),
    "billing_payments": frozenset({"payment"}),
    "account_subscription": frozenset({"account"}),
    "ordering_checkout": frozenset({"order_change", "payment"}),
    "onboarding_setup": frozenset({"product_use"}),
}


def _theme_rules() -> list[SwotRule]:
    rules = []
    for theme, words in _THEMES.items():
        name = theme.replace("_", "-")
        rules += [
            SwotRule(
                f"{name}-praised", "strength", f"theme.{theme}.net", praised(theme),
                f"Customers praise {words} at {{brand}}: {{detail}} reviews that speak of it are "
                "positive (net {value}).",
            ),
            SwotRule(
                f"{name}-criticized", "weakness", f"theme.{theme}.net", criticized(theme),
                f"Customers criticize {words} at {{brand}}: {{detail}} reviews that speak of it "
                "are negative (net {value}).",
            ),
            SwotRule(
                f"{name}-market-criticized", "opportunity", f"theme.{theme}.net",
                market_criticized(theme),
                f"Customers of {{market_n}} other brands are unhappy with {words}: {{detail}} "
                "reviews that speak of it are negative (net {median}); {brand} can stand out here.",
            ),
            SwotRule(
                f"{name}-rival-praised", "threat", f"theme.{theme}.net", rival_praised(theme),
                f"{{best_brand}} is praised for {words} (net {{best}}, {{n}} reviews), {{brand}} "
                "is not (net {value}).",
            ),
        ]  # fmt: skip
    for theme, topics in _ANSWERS.items():
        rules.append(
            SwotRule(
                f"{theme.replace('_', '-')}-complaints-unanswered", "weakness",
                f"theme.{theme}.net", complaint_without_answer(theme, topics),
                f"{{detail}} reviews about {_THEMES[theme]} complain, and the FAQ of {{brand}} "
                "has no question on it.",
            )
        )  # fmt: skip
    return rules


# fmt: off
SWOT_RULES: tuple[SwotRule, ...] = (
    # discoverability
    SwotRule("visible", "strength", "visibility", ahead("visibility", 8),
             "{brand} earns {value} of all clicks on the study's searches, above " + _MEDIAN + "; {n} keywords."),
    SwotRule("hard-to-find", "weakness", "visibility", behind("visibility", 8),
             "{brand} earns {value} of all clicks on the study's searches, below " + _MEDIAN + "; {n} keywords."),
    SwotRule("ranks-widely", "strength", "keywords_ranked", ahead("keywords_ranked"),
             "{brand} is found for {value} of the {n} keywords, more than " + _MEDIAN + "."),
    SwotRule("ranks-rarely", "weakness", "keywords_ranked", behind("keywords_ranked"),
             "{brand} is found for {value} of the {n} keywords, less than " + _MEDIAN + "."),
    SwotRule("top-contested", "opportunity", "keywords_top3", market_weak("keywords_top3", 20, 0.3),
             "The top of the results is open: the median of {market_n} other brands is in the top 3 for {median} of the keywords, and {brand} for {value}."),
    SwotRule("rival-dominates-search", "threat", "visibility", rival_ahead("visibility", 20),
             "{best_brand} earns {best} of all clicks on the study's searches, {brand} {value}."),
    SwotRule("rival-rises-in-search", "threat", "visibility", rival_rises("visibility", 5),
             "{best_brand} rose from {value} to {best} of all clicks on the study's searches since the last run."),
    # self-service
    SwotRule("large-faq", "strength", "faq_entries", ahead("faq_entries"),
             "{brand} answers {value} questions in its FAQ, more than " + _MEDIAN + "."),
    SwotRule("small-faq", "weakness", "faq_entries",
             at_least(1, behind("faq_entries")),
             "{brand} answers only {value} questions in its FAQ, fewer than " + _MEDIAN + "; the largest has {best} ({best_brand})."),
    SwotRule("no-faq", "weakness", "faq_entries", lacks_usual("faq_entries"),
             "{brand} has no FAQ on the {n} pages read, while {others_do}."),
    SwotRule("nobody-has-faq", "opportunity", "faq_entries", rare_in_market("faq_entries"),
             "{brand} has no FAQ on the {n} pages read, and {others_do}: a good one would stand out."),
    SwotRule("rival-large-faq", "threat", "faq_entries", rival_ahead("faq_entries", 40),
             "{best_brand} answers {best} questions in its FAQ, {brand} {value}."),
    SwotRule("rival-grows-faq", "threat", "faq_entries", rival_rises("faq_entries", 8),
             "{best_brand} grew its FAQ from {value} to {best} questions since the last run."),
    SwotRule("broad-faq", "strength", "faq_topics", ahead("faq_topics", 20),
             "The FAQ of {brand} covers {value} of the 12 core ones, more than " + _MEDIAN + "; {n} questions read."),
    SwotRule("narrow-faq", "weakness", "faq_topics", behind("faq_topics", 20),
             "The FAQ of {brand} covers only {value} of the 12 core ones, fewer than " + _MEDIAN + "; {n} questions read."),
    SwotRule("narrow-market-faqs", "opportunity", "faq_topics", market_weak("faq_topics", 30, 0.5),
             "FAQs in this market are narrow: the median of {market_n} other brands covers {median} of the 12 core ones, {brand} {value}."),
    SwotRule("good-faq", "strength", "faq_quality", ahead("faq_quality"),
             "The FAQ of {brand} passes {value} points of the quality rubric, above " + _MEDIAN + "; {n} questions read."),
    SwotRule("poor-faq", "weakness", "faq_quality", behind("faq_quality"),
             "The FAQ of {brand} passes {value} points of the quality rubric, below " + _MEDIAN + "; {n} questions read; {detail}."),
    SwotRule("weak-market-faqs", "opportunity", "faq_quality", market_weak("faq_quality", 50),
             "FAQs in this market are weak: the median of {market_n} other brands passes {median} points of the quality rubric."),
    SwotRule("answers-elsewhere", "weakness", "faq_answered", behind("faq_answered", 30),
             "Only {value} of the {n} questions of {brand} have their answer beside them, less than " + _MEDIAN + "."),
    SwotRule("far-faq", "weakness", "faq_clicks", behind("faq_clicks", 30),
             "The FAQ of {brand} is {value} from the start page, farther than " + _MEDIAN + "."),
    SwotRule("no-help-page", "weakness", "help_centre", lacks_usual("help_centre"),
             "{brand} has no help or FAQ page on the {n} pages read, while {others_do}."),
    # assisted support
    SwotRule("many-channels", "strength", "contact_channels", ahead("contact_channels", 25),
             "{brand} offers {value} to contact it ({detail}), more than " + _MEDIAN + "."),
    SwotRule("no-contact", "weakness", "contact_channels", lacks_usual("contact_channels"),
             "{brand} shows no e-mail, phone, form or messenger on the {n} pages read, while {others_do}."),
    SwotRule("few-channels", "weakness", "contact_channels", at_least(1, behind("contact_channels", 25)),
             "{brand} offers {value} to contact it ({detail}), fewer than " + _MEDIAN + "; {n} pages read."),
    SwotRule("few-channels-market", "opportunity", "contact_channels", at_least(1, market_weak("contact_channels", 45)),
             "Brands here are hard to reach: the median of {market_n} other brands offers {median} to contact it, {brand} {value}."),
    SwotRule("rival-many-channels", "threat", "contact_channels", at_least(1, rival_ahead("contact_channels", 50)),
             "{best_brand} can be reached in {best}, {brand} in {value}."),
    SwotRule("phone-rare", "strength", "phone_shown", has_rarely_seen("phone_shown"),
             "{brand} shows a phone number; {others_do}."),
    SwotRule("no-phone", "weakness", "phone_shown", lacks_usual("phone_shown"),
             "{brand} shows no phone number on the {n} pages read, while {others_do}."),
    SwotRule("nobody-shows-phone", "opportunity", "phone_shown", rare_in_market("phone_shown"),
             "{brand} shows no phone number on the {n} pages read, and {others_do}: a number would set it apart."),
    SwotRule("no-email", "weakness", "email_shown", lacks_usual("email_shown"),
             "{brand} shows no e-mail address on the {n} pages read, while {others_do}."),
    SwotRule("near-contact", "strength", "contact_clicks", ahead("contact_clicks", 30),
             "A contact of {brand} is {value} from the start page, nearer than " + _MEDIAN + "."),
    SwotRule("far-contact", "weakness", "contact_clicks", behind("contact_clicks", 30),
             "A contact of {brand} is {value} from the start page, farther than " + _MEDIAN + "."),
    SwotRule("person-near", "strength", "steps_to_a_person", ahead("steps_to_a_person", 30),
             "A person at {brand} is {value} steps from the start page ({detail}), nearer than " + _MEDIAN + "."),
    SwotRule("person-far", "weakness", "steps_to_a_person", behind("steps_to_a_person", 30),
             "A person at {brand} is {value} steps from the start page ({detail}), farther than " + _MEDIAN + "."),
    SwotRule("hours-rare", "strength", "hours_stated", has_rarely_seen("hours_stated"),
             "{brand} states its hours; {others_do}."),
    SwotRule("no-hours", "weakness", "hours_stated", lacks_usual("hours_stated"),
             "{brand} states no hours on the {n} pages read, while {others_do}."),
    # chat
    SwotRule("chat-rare", "strength", "chat_present", has_rarely_seen("chat_present"),
             "{brand} offers a chat; {others_do}."),
    SwotRule("no-chat", "weakness", "chat_present", lacks_usual("chat_present"),
             "{brand} has no chat on the {n} pages looked at, while {others_do}."),
    SwotRule("nobody-has-chat", "opportunity", "chat_present", rare_in_market("chat_present"),
             "{brand} has no chat on the {n} pages looked at, and {others_do}: the first to answer at once would stand out."),
    SwotRule("chat-everywhere", "strength", "chat_pages", ahead("chat_pages", 25),
             "The chat of {brand} is on {value} of the {n} pages looked at, more than " + _MEDIAN + "."),
    SwotRule("chat-hidden", "weakness", "chat_pages", behind("chat_pages", 25),
             "The chat of {brand} is on only {value} of the {n} pages looked at, less than " + _MEDIAN + "."),
    SwotRule("messenger-rare", "strength", "messenger_offered", has_rarely_seen("messenger_offered"),
             "{brand} offers a messenger; {others_do}."),
    SwotRule("no-messenger", "weakness", "messenger_offered", lacks_usual("messenger_offered"),
             "{brand} offers no messenger on the {n} pages read, while {others_do}."),
    # responsiveness
    SwotRule("promises-reply", "strength", "reply_time_stated", has_rarely_seen("reply_time_stated"),
             "{brand} says how fast it replies; {others_do}."),
    SwotRule("no-reply-promise", "weakness", "reply_time_stated", lacks_usual("reply_time_stated"),
             "{brand} does not say on the {n} pages read how fast it replies, while {others_do}."),
    SwotRule("nobody-promises-reply", "opportunity", "reply_time_stated", rare_in_market("reply_time_stated"),
             "{brand} does not say on the {n} pages read how fast it replies, and {others_do}: a promise would set it apart."),
    SwotRule("fast-promise", "strength", "reply_time", ahead("reply_time"),
             "{brand} promises a reply within {value}, faster than " + _MEDIAN + "."),
    SwotRule("slow-promise", "weakness", "reply_time", behind("reply_time"),
             "{brand} promises a reply within {value}, slower than " + _MEDIAN + "."),
    SwotRule("fast-reply", "strength", "mystery_reply_time", ahead("mystery_reply_time"),
             "{brand} answered our {n} test questions in {value} (median), faster than " + _MEDIAN + "."),
    SwotRule("slow-reply", "weakness", "mystery_reply_time", behind("mystery_reply_time"),
             "{brand} answered our {n} test questions in {value} (median), slower than " + _MEDIAN + "."),
    SwotRule("answers-reviews", "strength", "reviews_answered", ahead("reviews_answered"),
             "{brand} replies to {value} of {n} reviews, more than " + _MEDIAN + "."),
    SwotRule("ignores-reviews", "weakness", "reviews_answered", behind("reviews_answered"),
             "{brand} replies to {value} of {n} reviews, less than " + _MEDIAN + "."),
    # reputation
    SwotRule("high-stars", "strength", "star_rating", ahead("star_rating", 8),
             "{brand} is rated {value} by {n} customers, above " + _MEDIAN + "; {detail}."),
    SwotRule("low-stars", "weakness", "star_rating", behind("star_rating", 8),
             "{brand} is rated {value} by {n} customers, below " + _MEDIAN + "; {detail}."),
    SwotRule("rival-high-stars", "threat", "star_rating", rival_ahead("star_rating", 15),
             "{best_brand} is rated {best} by {n} customers, {brand} {value}."),
    SwotRule("rival-stars-rise", "threat", "star_rating", rival_rises("star_rating", 4),
             "{best_brand} rose from {value} to {best} since the last run ({n} ratings)."),
    SwotRule("positive-reviews", "strength", "net_sentiment", ahead("net_sentiment"),
             "Reviews of {brand} have a net sentiment of {value} ({n} scored), above " + _MEDIAN + "."),
    SwotRule("negative-reviews", "weakness", "net_sentiment", behind("net_sentiment"),
             "Reviews of {brand} have a net sentiment of {value} ({n} scored), below " + _MEDIAN + "."),
    SwotRule("many-negative", "weakness", "negative_share", behind("negative_share", 20),
             "{value} of {n} scored reviews of {brand} are negative, more than " + _MEDIAN + "."),
    SwotRule("unhappy-market", "opportunity", "net_sentiment", market_weak("net_sentiment", 50),
             "Customers of this market are unhappy: the median net sentiment of {market_n} other brands is {median} ({n} scored reviews)."),
    SwotRule("many-reviews", "strength", "review_volume", at_least(10, ahead("review_volume", 20)),
             "{brand} shows {value} reviews or ratings, more than " + _MEDIAN + "."),
    SwotRule("few-reviews", "weakness", "review_volume",
             at_least(1, behind("review_volume", 20)),
             "{brand} shows {value} reviews or ratings, fewer than " + _MEDIAN + "."),
    SwotRule("rival-many-reviews", "threat", "review_volume", rival_ahead("review_volume", 40),
             "{best_brand} shows {best} reviews or ratings, {brand} {value}."),
    SwotRule("fresh-reviews", "strength", "recent_reviews", ahead("recent_reviews", 25),
             "{value} of {n} dated reviews of {brand} are from the last year, more than " + _MEDIAN + "."),
    SwotRule("stale-reviews", "weakness", "recent_reviews", behind("recent_reviews", 25),
             "Only {value} of {n} dated reviews of {brand} are from the last year, less than " + _MEDIAN + "."),
    # policies
    SwotRule("returns-rare", "strength", "returns_stated", has_rarely_seen("returns_stated"),
             "{brand} states its terms of return or cancellation; {others_do}."),
    SwotRule("no-returns-policy", "weakness", "returns_stated", lacks_usual("returns_stated"),
             "{brand} states no terms of return or cancellation on the {n} pages read, while {others_do}."),
    SwotRule("long-returns", "strength", "returns_window", ahead("returns_window"),
             "{brand} takes goods back for {value}, longer than " + _MEDIAN + "."),
    SwotRule("short-returns", "weakness", "returns_window", behind("returns_window"),
             "{brand} takes goods back for {value}, shorter than " + _MEDIAN + "; {best_brand} gives {best}."),
    SwotRule("rival-long-returns", "threat", "returns_window", rival_ahead("returns_window", 25),
             "{best_brand} takes goods back for {best}, {brand} for {value}."),
    SwotRule("fast-delivery", "strength", "delivery_time", ahead("delivery_time", 20),
             "{brand} states delivery in {value} ({detail}), faster than " + _MEDIAN + "."),
    SwotRule("slow-delivery", "weakness", "delivery_time", behind("delivery_time", 20),
             "{brand} states delivery in {value} ({detail}), slower than " + _MEDIAN + "."),
    SwotRule("no-delivery-terms", "weakness", "delivery_stated", lacks_usual("delivery_stated"),
             "{brand} states no delivery terms on the {n} pages read, while {others_do}."),
    SwotRule("free-returns-rare", "strength", "free_returns", has_rarely_seen("free_returns"),
             "{brand} takes returns free of charge; {others_do}."),
    SwotRule("warranty-rare", "strength", "warranty_stated", has_rarely_seen("warranty_stated"),
             "{brand} states a warranty; {others_do}."),
    SwotRule("no-warranty", "weakness", "warranty_stated", lacks_usual("warranty_stated"),
             "{brand} states no warranty on the {n} pages read, while {others_do}."),
    # reach
    SwotRule("many-languages", "strength", "languages", ahead("languages", 25),
             "{brand} speaks {value} ({detail}), more than " + _MEDIAN + "."),
    SwotRule("few-languages", "weakness", "languages", behind("languages", 25),
             "{brand} speaks {value} ({detail}), fewer than " + _MEDIAN + "."),
    SwotRule("wrong-language", "weakness", "market_language", behind("market_language", 30),
             "{value} of {n} pages of {brand} are in the market's language, less than " + _MEDIAN + "."),
    SwotRule("accessible-code", "strength", "accessible_code", ahead("accessible_code", 15),
             "The pages of {brand} pass {value} of the accessibility checks of their code, more than " + _MEDIAN + "."),
    SwotRule("barriers-in-code", "weakness", "accessible_code", behind("accessible_code", 15),
             "The pages of {brand} pass {value} of the accessibility checks of their code, less than " + _MEDIAN
             + "; failing: {detail}."),
    SwotRule("no-accessibility-statement", "weakness", "accessibility_statement", lacks_usual("accessibility_statement"),
             "{brand} links no accessibility statement on the {n} pages read, while {others_do}."),
    SwotRule("many-networks", "strength", "social_profiles", ahead("social_profiles", 40),
             "{brand} links {value} social networks, more than " + _MEDIAN + "."),
    # questions and promises
    SwotRule("questions-missed", "weakness", None, _questions(lambda case: case.missed, 2),
             "The FAQ of {brand} leaves {n} of the {market_n} questions that several ask open, and rivals answer them, e.g. {detail}."),
    SwotRule("questions-only-here", "strength", None, _questions(lambda case: case.only_here, 3),
             "Only the FAQ of {brand} answers {n} of the market's {market_n} questions on core topics, e.g. {detail}."),
    SwotRule("questions-unanswered", "opportunity", None, _questions(lambda case: case.unanswered, 1),
             "Of the {market_n} questions that several ask, searchers ask {n} that no FAQ answers, e.g. {detail}."),
    SwotRule("promise-broken", "weakness", None, _broken_promise,
             "Customers contradict a promise of {brand}: {detail} ({n} reviews)."),
    *_theme_rules(),
)
# fmt: on


def sentence(rule: SwotRule, case: Case, found: Finding) -> str:
    """The rule's text with the numbers of the finding."""
    unit = found.unit

    def shown(value: float | None) -> str:
        return format_value(value, unit) if value is not None else "not known"

    return rule.text.format(
        brand=case.domain,
        value=shown(found.value),
        median=shown(found.median),
        best=f"at least {shown(found.best)}" if found.is_best_a_bound else shown(found.best),
        best_brand=found.best_brand,
        others_do=_others_do(round(found.best or 0), found.market_n),
        market_n=found.market_n,
        n=f"{found.n:,}",
        detail=found.detail or "none",
    )


def _others_do(have: int, n: int) -> str:
    """How many of the others do so, as the end of a sentence.

    >>> _others_do(0, 4), _others_do(1, 4), _others_do(3, 4), _others_do(4, 4)[:5]
    ('none of the 4 other brands does', 'only 1 of the 4 other brands does', \
'3 of the 4 other brands do', 'all 4')
    """
    if have == 0:
        return f"none of the {n} other brands does"
    if have == n:
        return "both other brands do" if n == 2 else f"all {n} other brands do"
    only = "only " if have <= FEW * n else ""
    return f"{only}{have} of the {n} other brands {'does' if have == 1 else 'do'}"
