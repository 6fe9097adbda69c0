"""The shape of a report: frozen dataclasses, computed and worded before any renderer sees them.

Numbers come twice, as a number for tables and charts and as the text that is printed. `None`
always means "not known", never zero, and a state with a reason stands beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from reports.locale import Words, words_for

__all__ = [
    "ACCENT",
    "ACCENT_DARK",
    "SCHEMA_VERSION",
    "Brand",
    "BrandPage",
    "Branding",
    "Cell",
    "Change",
    "Changes",
    "Collection",
    "Dimension",
    "Evidence",
    "Fact",
    "Figure",
    "Gap",
    "GapFollowUp",
    "Judgment",
    "Keyword",
    "Logo",
    "Method",
    "MethodRow",
    "OwnNumber",
    "PageStates",
    "Position",
    "Promise",
    "Question",
    "Questions",
    "RatingPoint",
    "Report",
    "ReviewSource",
    "RobotsDecision",
    "Scoreboard",
    "ScoreboardRow",
    "SearchRow",
    "Statement",
    "Study",
    "Swot",
    "Term",
    "Theme",
    "ThemeVoice",
    "VisitRow",
    "Voice",
]

SCHEMA_VERSION = 1
# The house's own colour for links, headings and our own brand, on light and on dark paper.
ACCENT, ACCENT_DARK = "#0b5885", "#7cc0ec"

Confidence = Literal["high", "medium", "low"]
Role = Literal["own", "competitor", "ignored"]


@dataclass(frozen=True, slots=True)
class Keyword:
    """A search of the study; `volume` is searches a month, where known."""

    keyword: str
    volume: float | None


@dataclass(frozen=True, slots=True)
class Study:
    """What was asked: own brand, market, keywords."""

    name: str
    brand: str | None
    country: str | None
    language: str | None
    market: str
    provider: str
    keywords: tuple[Keyword, ...]
    run: int
    run_state: str
    offline: bool
    started_at: str
    finished_at: str | None
    method_version: str


@dataclass(frozen=True, slots=True)
class Judgment:
    """One sentence for a director: what is so, and what it means for us."""

    topic: str
    finding: str
    for_us: str
    confidence: Confidence
    basis: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure: a label, the printed value and one line that keeps it honest."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column of the scoreboard; median and best are of the competitors, scores are 0-100."""

    key: str
    label: str
    meaning: str
    median: float | None
    best: float | None
    best_brand: str | None
    scored: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A brand's score in a dimension.

    `band` is -3..3 around the market median and None where there is nothing to compare.
    `words` says why there is no number ("not seen", "too few") and is "" where there is one.
    `robust` is False where the place changes with weights or click curve; `depends_on` says with
    what.
    """

    dimension: str
    score: float | None
    low: float | None
    high: float | None
    text: str
    words: str
    reason: str
    coverage: float
    band: int | None
    place: int | None
    robust: bool | None
    depends_on: str


@dataclass(frozen=True, slots=True)
class ScoreboardRow:
    """A brand's cells, in the order of the scoreboard's dimensions."""

    domain: str
    role: Role
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """Brands x dimensions; the own brand first, then by the mean distance from the median."""

    title: str
    dimensions: tuple[Dimension, ...]
    rows: tuple[ScoreboardRow, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Where we stand in a dimension: own value with interval, market range, median and best."""

    dimension: str
    label: str
    own: float | None
    low: float | None
    high: float | None
    median: float | None
    worst: float | None
    best: float | None
    best_brand: str | None
    difference: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Gap:
    """The own brand behind (or ahead of) the market on one metric, and the plan for it."""

    position: int
    metric: str
    label: str
    dimension: str
    text: str
    own_value: float | None
    own_text: str
    market_median: float | None
    median_text: str
    best_value: float | None
    best_text: str
    best_brand: str | None
    impact: float
    effort: str
    confidence: Confidence
    stage: str
    tactic: tuple[str, ...]
    goal: str
    kpi: str
    target: float | None
    target_text: str
    review_date: str | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A point of a SWOT, with everything that it rests on."""

    quadrant: str
    text: str
    rule: str
    metric: str | None
    label: str
    own_value: float | None
    own_text: str
    market_median: float | None
    median_text: str
    n: int
    interval: str
    impact: float
    confidence: Confidence
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swot:
    """At most a handful per quadrant; the rest stands in `appendix`."""

    strengths: tuple[Statement, ...]
    weaknesses: tuple[Statement, ...]
    opportunities: tuple[Statement, ...]
    threats: tuple[Statement, ...]
    appendix: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something seen at a brand: a chat vendor, a channel, how many FAQ entries."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Brand:
    """Who ranks, what kind of site it is, and why it is in the comparison or not."""

    domain: str
    role: Role
    kind: str
    kind_label: str
    reason: str
    visibility: float | None
    visibility_text: str
    keywords: int
    best_rank: int | None


@dataclass(frozen=True, slots=True)
class BrandPage:
    """One page about one brand: its finding, facts, scores and SWOT."""

    domain: str
    role: Role
    title: str
    coverage: str
    facts: tuple[Fact, ...]
    cells: tuple[Cell, ...]
    swot: Swot


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the market; `asked` counts its wordings in searches, FAQs and tickets."""

    text: str
    topic: str
    language: str | None
    asked: int
    answered_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Questions:
    """The question coverage matrix; `compared` questions were looked at, `columns` are brands."""

    title: str
    compared: int
    columns: tuple[str, ...]
    we_miss: tuple[Question, ...]
    only_we: tuple[Question, ...]
    nobody: tuple[Question, ...]
    shared: tuple[Question, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ThemeVoice:
    """What a set of reviews says about a theme: counts of reviews, and net = share + - share -."""

    positive: int
    neutral: int
    negative: int
    net: float | None


@dataclass(frozen=True, slots=True)
class Theme:
    """A CX theme in the reviews of the market and in ours.

    `importance` is the share of all scored reviews that mention it.
    """

    key: str
    label: str
    importance: float
    market: ThemeVoice
    own: ThemeVoice
    words: str


@dataclass(frozen=True, slots=True)
class ReviewSource:
    """Reviews of a brand: how many were read, their mean in stars of 5, what the site states."""

    domain: str
    role: Role
    read: int
    rated: int
    mean: float | None
    mean_text: str
    stated: float | None
    stated_count: int | None
    stated_text: str
    oldest: str | None
    newest: str | None
    languages: tuple[str, ...]
    scored: int


@dataclass(frozen=True, slots=True)
class RatingPoint:
    """Mean rating in stars of 5 in a quarter, own against the others, with n."""

    period: str
    own: float | None
    own_n: int
    market: float | None
    market_n: int


@dataclass(frozen=True, slots=True)
class Term:
    """A word that many reviews use, as a way to their quotes; `n` counts reviews that hold it.

    `weight` is 1 to 5, by n; positive and negative count those whose feeling is known.
    """

    text: str
    n: int
    positive: int
    negative: int
    weight: int
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """Reviews and themes; `terms` are of a sample that `terms_title` sizes."""

    title: str
    themes: tuple[Theme, ...]
    importance_title: str
    sources: tuple[ReviewSource, ...]
    sources_title: str
    over_time: tuple[RatingPoint, ...]
    over_time_title: str
    note: str
    terms: tuple[Term, ...] = ()
    terms_title: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """What a brand promises against what its customers say; verdict kept|contradicted|unclear."""

    domain: str
    kind: str
    promise: str
    experience: str
    verdict: str
    n: int
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number from own data: NPS, CSAT, CES, churn, reply time, tickets.

    One name stands for several formulas, so formula, scale, n and interval belong to it.
    `parts` say what it is made of.
    """

    metric: str
    label: str
    value: float | None
    value_text: str
    interval: str
    formula: str
    scale: str
    n: int
    period: str
    parts: tuple[Fact, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Change:
    """A difference to an earlier run; `cause` is "market" (they did) or "method" (we did)."""

    domain: str
    kind: str
    before: str | None
    after: str | None
    cause: str
    text: str


@dataclass(frozen=True, slots=True)
class GapFollowUp:
    """What became of a gap of the run before.

    `state` is closed|narrowed|stayed|widened|not_comparable; `target_reached` is None where that
    cannot be said.
    """

    metric: str
    label: str
    state: str
    state_label: str
    text: str
    before_own: float | None
    before_median: float | None
    own_value: float | None
    market_median: float | None
    target: float | None
    target_reached: bool | None
    review_date: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the run before; `from_run` is None when there is none."""

    title: str
    from_run: int | None
    from_date: str | None
    rows: tuple[Change, ...]
    gaps_title: str = ""
    gaps: tuple[GapFollowUp, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A page of the archive, what it says, and when it said so."""

    id: str
    domain: str
    excerpt: str
    url: str | None
    title: str | None
    fetched_at: str | None
    record: str | None

    def href(self, base: str | None) -> str | None:
        """Where the saved copy lies below `base`, or None when there is none to open."""
        if base is None or not self.record or not re.fullmatch(r"[\w.-]{1,120}", self.record):
            return None
        return f"{base}/{self.record}.html"


@dataclass(frozen=True, slots=True)
class SearchRow:
    """One keyword asked of one provider, and how that went."""

    keyword: str
    provider: str
    state: str
    reason: str
    depth: int
    locale: str
    device: str
    fetched_at: str


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit of one site by plain requests or by the browser."""

    domain: str
    stage: str
    state: str
    reason: str
    requests: int
    pages_ok: int
    pages_failed: int
    finished_at: str


@dataclass(frozen=True, slots=True)
class PageStates:
    """How many pages of a brand ended in which state, most frequent state first."""

    domain: str
    total: int
    states: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class RobotsDecision:
    """A page that robots.txt kept us from, or a robots.txt that could not be had."""

    domain: str
    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Collection:
    """How this was collected, ready for a lawyer."""

    facts: tuple[Fact, ...]
    searches: tuple[SearchRow, ...]
    visits: tuple[VisitRow, ...]
    pages: tuple[PageStates, ...]
    robots: tuple[RobotsDecision, ...]
    extractor_errors: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A metric: what it measures, its unit and weight, and how often it could be measured."""

    key: str
    label: str
    dimension: str
    unit: str
    weight: float | None
    formula: str
    measured: int
    brands: int


@dataclass(frozen=True, slots=True)
class Method:
    """How numbers came to be."""

    version: str
    notes: tuple[str, ...]
    metrics: tuple[MethodRow, ...]


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as base64 of a PNG, redrawn from the file that was given; sides in px."""

    png: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Branding:
    """How the report looks: the study's settings `report_*`, checked and corrected.

    `accent` has enough contrast for text on light paper, `accent_dark` on dark. `hidden` names
    sections that are empty here and drawn nowhere; `notes` say what was corrected or is missing.
    """

    title: str | None = None
    logo: Logo | None = None
    accent: str = ACCENT
    accent_dark: str = ACCENT_DARK
    hidden: tuple[str, ...] = ()
    footer: str | None = None
    notes: tuple[str, ...] = ()

    def shows(self, *sections: str) -> bool:
        """Whether one of these sections is drawn."""
        return not set(sections) <= set(self.hidden)


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says. Renderers draw it and compute nothing.

    `evidence_base` is the relative folder of saved copies of evidence pages, or None. `language`
    is the one that its texts are in, of reports.locale.LANGUAGES.
    """

    schema_version: int
    title: str
    created_at: str
    study: Study
    judgments: tuple[Judgment, ...]
    unknowns: tuple[str, ...]
    figures: tuple[Figure, ...]
    scoreboard: Scoreboard
    positions_title: str
    positions: tuple[Position, ...]
    gaps_title: str
    gaps: tuple[Gap, ...]
    pages: tuple[BrandPage, ...]
    questions: Questions
    voice: Voice
    promises: tuple[Promise, ...]
    own_numbers: tuple[OwnNumber, ...]
    ranking_title: str
    brands: tuple[Brand, ...]
    changes: Changes
    evidence: tuple[Evidence, ...]
    collection: Collection
    method: Method
    evidence_base: str | None = None
    language: str = "en"
    branding: Branding = Branding()

    @property
    def words(self) -> Words:
        """The words of the report's language, for what a renderer prints around the report."""
        return words_for(self.language)

    def evidence_of(self, ids: tuple[str, ...]) -> tuple[Evidence, ...]:
        """The register's entries for these ids, in their order."""
        by_id = {entry.id: entry for entry in self.evidence}
        return tuple(by_id[i] for i in ids if i in by_id)
