"""What a run saw of each brand, read from the database once; reviews as sums and samples only."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from analysis.language import detect
from crawler.domains import registrable_domain

if TYPE_CHECKING:
    from crawler.db import Database

__all__ = [
    "Channel",
    "Chat",
    "Faq",
    "Observed",
    "Page",
    "PageCheck",
    "Policy",
    "Proof",
    "Rank",
    "Rating",
    "Reviews",
    "Searches",
    "Sight",
    "Technology",
    "ThemeVoice",
    "Visit",
    "answers_of",
    "fold",
    "read_brands",
    "read_searches",
    "shorten",
    "stars_of",
]

MIN_PAGES = 3  # chosen: start page and two more (one more where the crawl came to its end);
# below it "there is none" is not claimed
MIN_OK_SHARE = 0.5  # chosen: a site of which most pages failed was not seen
_QUOTE = 240  # characters of a quotation
_SPACE = re.compile(r"\s+")
_SAMPLES = 3
_BEGINNING = 60  # folded characters of a review that are enough to know it again
_SENTENCE = re.compile(r"[^.!?\n]{70,}[.!?\n]")
_FEW_REVIEWS = 1_000  # beginnings and sentences; above it reviews are no chosen testimonials
_MIN_TEXT = 60  # characters from which a text says its language; a title alone rarely does
_ENOUGH_TEXT = 600
# Failed fetches that hide nothing: the same page was read under another address.
_READ_ALREADY = "leads to a page that was read already"


class Proof(NamedTuple):
    """A page and what it says, in its own words where it has some."""

    page_id: str | None
    excerpt: str


class Page(NamedTuple):
    id: str
    url: str
    state: str
    reason: str
    purpose: str
    depth: int
    language: str | None
    rendered: bool
    title: str
    broken: tuple[str, ...]  # extractors that failed on it
    is_language_sure: bool = False  # the text says so; else it is what the page declares

    @property
    def is_lost(self) -> bool:
        """Whether there was something to read that we did not read."""
        return self.state not in ("ok", "not_found") and self.reason != _READ_ALREADY


class Faq(NamedTuple):
    page_id: str
    question: str
    answer: str
    origin: str
    url: str | None


class Rating(NamedTuple):
    page_id: str
    stars: float  # on 1..5
    votes: int | None
    shown: str


class Chat(NamedTuple):
    page_id: str
    vendor: str
    kind: str
    evidence: str
    proof: str
    phase: str


class Technology(NamedTuple):
    page_id: str
    vendor: str
    category: str
    evidence: str
    proof: str


class Channel(NamedTuple):
    page_id: str
    kind: str
    value: str
    detail: str | None
    excerpt: str


class Policy(NamedTuple):
    page_id: str
    kind: str
    facts: dict[str, Any]
    excerpt: str


class PageCheck(NamedTuple):
    """One accessibility check of one page; it passes when all its elements do."""

    page_id: str
    check: str
    elements: int
    passing: int
    excerpt: str


class Visit(NamedTuple):
    state: str
    reason: str


class Rank(NamedTuple):
    rank: int
    url: str


@dataclass(slots=True)
class Searches:
    """The study's keywords: which were answered, and how much each weighs."""

    answered: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)  # keyword -> reason
    weights: dict[str, float] = field(default_factory=dict)
    volumes_known: bool = False
    provider: str = ""


@dataclass(slots=True)
class ThemeVoice:
    """How reviews feel where they speak of a theme."""

    positive: int = 0
    neutral: int = 0
    negative: int = 0
    stars: float = 0.0
    starred: int = 0
    recent: list[int] = field(default_factory=lambda: [0, 0])  # mentions, negative: last 180 days
    older: list[int] = field(default_factory=lambda: [0, 0])
    quotes: dict[str, list[Proof]] = field(default_factory=lambda: defaultdict(list))

    @property
    def n(self) -> int:
        return self.positive + self.neutral + self.negative

    @property
    def net(self) -> float:
        return (self.positive - self.negative) / self.n


@dataclass(slots=True)
class Reviews:
    """Reviews of a brand as sums, so that memory does not grow with their number."""

    n: int = 0
    starred: int = 0
    stars: float = 0.0
    squares: float = 0.0
    sentiments: Counter[str] = field(default_factory=Counter)
    dated: int = 0
    in_last_year: int = 0
    newest: str | None = None
    oldest: str | None = None
    replied: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    themes: dict[str, ThemeVoice] = field(default_factory=lambda: defaultdict(ThemeVoice))
    quotes: dict[str, list[Proof]] = field(default_factory=lambda: defaultdict(list))

    @property
    def scored(self) -> int:
        return sum(self.sentiments.values())


class Sight(NamedTuple):
    """Whether we looked where a thing would be. Only then is its absence a finding."""

    seen: bool
    coverage: float  # share of the pages where it would be that were read
    reason: str
    pages: tuple[Page, ...]  # read, the likely ones first


@dataclass(slots=True)
class Observed:
    """One brand in one run."""

    brand_id: str
    domain: str
    role: str
    pages: list[Page] = field(default_factory=list)
    visits: dict[str, Visit] = field(default_factory=dict)
    ranks: dict[str, Rank] = field(default_factory=dict)
    faq: list[Faq] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    chat: list[Chat] = field(default_factory=list)
    criteria: list[dict[str, str]] = field(default_factory=list)  # of an opened chat
    technologies: list[Technology] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    checks: list[PageCheck] = field(default_factory=list)
    reviews: Reviews = field(default_factory=Reviews)
    repeated: list[str] = field(default_factory=list)  # ids of reviews that count elsewhere
    mystery_hours: list[float] = field(default_factory=list)
    mystery_unanswered: int = 0

    @property
    def read(self) -> list[Page]:
        """Pages that were read, one per address, in the order of the crawl."""
        seen: dict[str, Page] = {}
        for page in self.pages:
            if page.state == "ok" and (page.url not in seen or not page.rendered):
                seen[page.url] = page
        return list(seen.values())

    @property
    def start_page(self) -> Page | None:
        """The start page if it was read; the first page of depth 0 stands in for it."""
        first = [page for page in self.read if page.depth == 0]
        return next(
            (p for p in first if urlsplit(p.url).path in ("", "/")), first[0] if first else None
        )

    def has_known_way(self, page: Page) -> bool:
        """Whether `depth` counts clicks from the start page; a crawl begins at results too."""
        start = self.start_page
        return page.depth > 0 or (start is not None and page.id == start.id)

    def page(self, page_id: str | None) -> Page | None:
        return next((page for page in self.pages if page.id == page_id), None)

    @property
    def has_observations(self) -> bool:
        return bool(
            self.faq or self.ratings or self.chat or self.technologies or self.channels
            or self.policies or self.reviews.n
        )  # fmt: skip

    def sight(
        self, purposes: Iterable[str], extractor: str, *, decisive: Iterable[str] | None = None
    ) -> Sight:
        """Whether the pages of these purposes, and the site at large, were read by `extractor`.

        Where the budget ended the crawl, a page of a `decisive` purpose (default: any of them)
        must be among those read.
        """
        wanted = frozenset(purposes)
        deciding = wanted if decisive is None else frozenset(decisive)
        read = [page for page in self.read if extractor not in page.broken]
        likely = [page for page in read if page.purpose in wanted]
        shown = (*likely, *(page for page in read if page not in likely))
        lost = [page for page in self._lost() if page.purpose in wanted]
        lost += [p for p in self.read if extractor in p.broken and p.purpose in wanted]
        start = [self.start_page] if self.start_page else []
        near = {page.id for page in [*likely, *start]}
        coverage = len(near) / (len(near) + len(lost)) if near else 0.0
        reason = self._why_not_seen(read, lost)
        was_there = any(page.purpose in deciding for page in read)
        if not reason and deciding and not was_there and self.is_cut_short:
            reason = f"{len(read)} pages were read, none of them about it, and more are known"
        return Sight(not reason, round(coverage, 3), reason, shown)

    def _lost(self) -> list[Page]:
        read = {page.url for page in self.read}
        return [page for page in self.pages if page.is_lost and page.url not in read]

    @property
    def is_complete(self) -> bool:
        """The crawl came to its end: no page that it knew of is left."""
        visit = self.visits.get("crawl")
        return visit is not None and visit.state == "done" and not self.is_cut_short

    @property
    def is_cut_short(self) -> bool:
        """The budget ended the crawl before it had read all pages that it knew of."""
        return any(page.state == "budget" for page in self.pages)

    def _why_not_seen(self, read: list[Page], lost: list[Page]) -> str:
        failed = [page for page in self._lost() if page.state != "budget"]
        if not read or self.start_page is None:
            return f"the start page could not be read: {_states(failed) or 'no page was fetched'}"
        if lost:
            return f"{_states(lost)}, so what is there was not seen"
        if len(read) / (len(read) + len(failed)) < MIN_OK_SHARE:
            return f"most pages could not be read: {_states(failed)}"
        if len(read) < (2 if self.is_complete else MIN_PAGES):
            pages = "1 page was" if len(read) == 1 else f"{len(read)} pages were"
            return f"only {pages} read"
        if not self.has_observations and not any(page.rendered for page in read):
            return f"{len(read)} pages were read and all seem to need a browser"
        return ""


_FAILURES = {
    "robots": "disallowed by robots.txt",
    "budget": "out of the page budget",
    "timeout": "timed out",
    "error": "failed",
}


def _states(pages: list[Page]) -> str:
    """The most frequent failure in words, e.g. '3 pages blocked (challenge page)'."""
    if not pages:
        return ""
    (state, reason), n = Counter((page.state, page.reason) for page in pages).most_common(1)[0]
    words = _FAILURES.get(state, state.replace("_", " "))
    told = f" ({reason})" if reason and state != "budget" else ""
    return f"{n} {'page' if n == 1 else 'pages'} {words}{told}"


def fold(text: str) -> str:
    """Letters and digits only, lower case: two spellings of one question become one."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def shorten(text: str, limit: int = _QUOTE) -> str:
    """At most `limit` characters, cut at a word, white space folded."""
    text = _SPACE.sub(" ", text).strip()
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0].rstrip(",;:. ") + " …"


def answers_of(entries: Iterable[Faq]) -> list[str]:
    return [entry.answer for entry in entries if entry.answer.strip()]


# -- reading ---------------------------------------------------------------------------------


def read_searches(db: Database, run_id: int) -> Searches:
    """Keywords of the run; one that several providers were asked counts once, if one answered."""
    found = Searches()
    states: dict[str, str] = {}
    for row in db.query(
        "select keyword, provider, state, reason from searches where run_id = ? "
        "order by keyword, provider",
        [run_id],
    ):
        found.provider = found.provider or row["provider"]
        if row["state"] in ("ok", "empty"):
            states[row["keyword"]] = ""
        else:
            states.setdefault(row["keyword"], row["reason"] or row["state"])
    found.answered = [keyword for keyword, reason in states.items() if not reason]
    found.failed = {keyword: reason for keyword, reason in states.items() if reason}
    volumes = {
        row["keyword"]: row["volume"]
        for row in db.query(
            "select k.keyword, k.volume from keywords k join runs r using (study_id) "
            "where r.id = ?",
            [run_id],
        )
    }
    known = sorted(v for v in volumes.values() if v)
    found.volumes_known = bool(known)
    middle = float(known[len(known) // 2]) if known else 1.0
    for keyword in states:
        volume = volumes.get(keyword) if known else 1.0
        found.weights[keyword] = middle if volume is None else float(volume)
    return found


def read_brands(db: Database, run_id: int, *, now: datetime) -> list[Observed]:
    """Own brand and competitors of a run, own first, then by visibility."""
    brands = [
        Observed(row["id"], row["domain"], row["role"])
        for row in db.query(
            "select id, domain, role from brands where run_id = ? and role != 'ignored' "
            "order by role != 'own', visibility desc, domain",
            [run_id],
        )
    ]
    for brand in brands:
        _read_pages(db, brand)
        _read_observations(db, brand)
        _read_reviews(db, brand, now)
        _settle_languages(db, brand)
        _read_mystery(db, run_id, brand, now)
    _read_ranks(db, run_id, brands)
    return brands


def _rows(db: Database, brand: Observed, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
    return db.execute(
        # By address, not by id: ids of pages are other ones in each run, their order too.
        f'select {columns} from "{table}" where brand_id = ? order by '
        "(select rendered || url from pages where id = page_id), rowid",
        [brand.brand_id],
    )


def _read_pages(db: Database, brand: Observed) -> None:
    rows = db.execute(
        "select id, url, state, reason, purpose, depth, language, rendered, title, errors, "
        "from_url from pages where brand_id = ? order by depth, url, rendered",
        [brand.brand_id],
    )
    came_from: dict[str, str] = {}
    for key, url, state, reason, purpose, depth, language, rendered, title, errors, parent in rows:
        if parent:
            came_from.setdefault(url, parent)
        broken = tuple(str(error).partition(":")[0] for error in json.loads(errors or "[]"))
        brand.pages.append(
            Page(
                key, url, state, reason, purpose, depth, language, bool(rendered), title or "",
                broken,
            )
        )  # fmt: skip
    _forget_unknown_ways(brand, came_from)
    for stage, state, reason in db.execute(
        "select stage, state, reason from visits where brand_id = ?", [brand.brand_id]
    ):
        brand.visits[stage] = Visit(state, reason)


def _forget_unknown_ways(brand: Observed, came_from: dict[str, str]) -> None:
    """Depth 0 for pages that were reached from a search result: nobody clicked there from home."""
    start = brand.start_page
    others = {page.url for page in brand.pages if page.depth == 0 and page is not start}
    others -= {start.url} if start else set()
    for i, page in enumerate(brand.pages):
        root, steps = page.url, 0
        while root in came_from and steps < page.depth:
            root, steps = came_from[root], steps + 1
        if page.depth and root in others:
            brand.pages[i] = page._replace(depth=0)


def _read_observations(db: Database, brand: Observed) -> None:
    asked: set[str] = set()
    for page_id, question, answer, origin, url in _rows(
        db, brand, "faq_entries", "page_id, question, answer, origin, url"
    ):
        # The same question on several pages, or static and rendered, is one question.
        if (key := fold(question) or question) not in asked:
            asked.add(key)
            brand.faq.append(Faq(page_id, question, answer, origin, url))
    brand.ratings = list(_ratings(_rows(db, brand, "ratings", "page_id, value, min, max, count")))
    brand.chat = [
        Chat(*row)
        for row in _rows(db, brand, "chat_widgets", "page_id, vendor, kind, evidence, proof, phase")
        if row[3] != "mentioned"
    ]
    columns = ("page_id", "criterion", "verdict", "excerpt")
    brand.criteria = [
        dict(zip(columns, row, strict=True))
        for row in _rows(db, brand, "chat_criteria", ", ".join(columns))
    ]
    brand.technologies = [
        Technology(*row)
        for row in _rows(db, brand, "technologies", "page_id, vendor, category, evidence, proof")
        if row[3] != "mentioned"
    ]
    brand.channels = [
        _as_meant(Channel(*row))
        for row in _rows(db, brand, "channels", "page_id, kind, value, detail, excerpt")
    ]
    brand.policies = [
        Policy(page_id, kind, json.loads(facts), excerpt)
        for page_id, kind, facts, excerpt in _rows(
            db, brand, "policies", "page_id, kind, facts, excerpt"
        )
    ]
    brand.checks = [
        PageCheck(*row)
        for row in _rows(
            db, brand, "accessibility_checks", 'page_id, "check", elements, passing, excerpt'
        )
    ]


_BOOKING = re.compile(
    r"guests|party.?size|check.?(?:in|out)|time.?slot|\b(?:reservation|booking)|date.*\btime|"
    r"personen|uhrzeit|convives|comensales|ospiti|anreise|abreise",
    re.IGNORECASE,
)


def _as_meant(channel: Channel) -> Channel:
    return channel._replace(kind=meant_kind(channel.kind, channel.detail))


def meant_kind(kind: str, detail: str | None) -> str:
    """A form that asks for a day and a number of guests takes bookings; nobody writes there.

    >>> meant_kind("form", "name, guests, date"), meant_kind("form", "name, message")
    ('booking', 'form')
    """
    return "booking" if kind == "form" and _BOOKING.search(detail or "") else kind


def stars_of(value: float, low: float | None, high: float | None) -> float | None:
    """A rating on 1..5; a scale that begins at 0 keeps its zero as 1. None when out of its scale.

    >>> stars_of(8, 0, 10), stars_of(4, None, None), stars_of(7, None, None)
    (4.2, 4.0, None)
    """
    low = 1.0 if low is None else low
    high = 5.0 if high is None else high
    if not low <= value <= high or high <= low:
        return None
    return 1 + 4 * (value - low) / (high - low)


def _ratings(rows: Iterable[tuple[Any, ...]]) -> Iterator[Rating]:
    """Stated aggregates, each once: a shop repeats its rating on every page."""
    seen = set()
    for page_id, value, low, high, count in rows:
        stars = stars_of(value, low, high)
        if stars is None or (value, low, high, count) in seen:
            continue
        seen.add((value, low, high, count))
        shown = f"{value:g} of {5 if high is None else high:g}"
        yield Rating(page_id, stars, count, f"{shown} from {count:,}" if count else shown)


def _settle_languages(db: Database, brand: Observed) -> None:
    """What a page's text is in outranks what it declares: templates are copied with their lang.

    A page with too little text takes what the others say that declare the same.
    """
    texts = _texts_of_pages(db, brand)
    sure: dict[str, str] = {}
    votes: dict[str | None, Counter[str]] = defaultdict(Counter)
    for page in brand.pages:
        text = texts.get(page.id, "")
        if len(text) >= _MIN_TEXT and (language := detect(text)):
            sure[page.id] = language
            votes[page.language][language] += 1
    for i, page in enumerate(brand.pages):
        voted = votes[page.language].most_common(1)
        settled = sure.get(page.id) or (voted[0][0] if voted else page.language)
        is_sure = page.id in sure or bool(voted)
        brand.pages[i] = page._replace(language=settled, is_language_sure=is_sure)


def _texts_of_pages(db: Database, brand: Observed) -> dict[str, str]:
    """The first words of a page's own text that the extractors kept, by page id."""
    texts: dict[str, str] = {}
    parts = [(entry.page_id, f"{entry.question} {entry.answer}") for entry in brand.faq]
    parts += [(policy.page_id, policy.excerpt) for policy in brand.policies]
    parts += [(page.id, page.title) for page in brand.pages]
    parts += db.execute(
        "select page_id, substr(text, 1, 300) from reviews where brand_id = ? "
        "group by page_id order by min(rowid)",
        [brand.brand_id],
    ).fetchall()
    for page_id, text in parts:
        if len(texts.get(page_id, "")) < _ENOUGH_TEXT:
            texts[page_id] = f"{texts.get(page_id, '')} {text[:_ENOUGH_TEXT]}".strip()
    return texts


def _read_ranks(db: Database, run_id: int, brands: list[Observed]) -> None:
    by_domain = {brand.domain: brand for brand in brands}
    for keyword, rank, url in db.execute(
        "select keyword, min(rank), url from serp_results where run_id = ? and kind = 'organic' "
        "group by keyword, url order by keyword, 2, url",
        [run_id],
    ):
        brand = by_domain.get(registrable_domain(url))
        if brand is not None:
            brand.ranks.setdefault(keyword, Rank(rank, url))


# Questions that wait for their answer count neither way; those of a year ago are another company.
_MYSTERY = """
    select m.asked_at, m.answered_at from mystery_visits m join runs r using (study_id)
    where r.id = ? and m.domain = ? and m.asked_at between ? and ?
      and (m.never or m.answered_at is not null)
    order by m.id"""
_MYSTERY_DAYS = 365


def _read_mystery(db: Database, run_id: int, brand: Observed, now: datetime) -> None:
    since = (now - timedelta(days=_MYSTERY_DAYS)).astimezone(UTC).isoformat()
    until = now.astimezone(UTC).isoformat()
    for asked, answered in db.execute(_MYSTERY, [run_id, brand.domain, since, until]):
        if answered is None:
            brand.mystery_unanswered += 1
            continue
        waited = datetime.fromisoformat(answered) - datetime.fromisoformat(asked)
        brand.mystery_hours.append(waited.total_seconds() / 3600)


_REVIEWS = """
    select r.page_id, r.text, r.rating, r.rating_min, r.rating_max, r.date, r.reply, r.author_hash,
           s.sentiment, s.language, s.themes, r.id
    from reviews r left join review_scores s on s.review_id = r.id
    where r.brand_id = ? order by r.rowid"""


def _read_reviews(db: Database, brand: Observed, now: datetime) -> None:
    """Streams a brand's reviews into sums. One that stands on two pages counts once."""
    seen: _Seen = {}
    today = now.date()
    for row in db.execute(_REVIEWS, [brand.brand_id]):
        page_id, text, rating, low, high, day, reply, author, sentiment, language, themes, key = row
        if _is_repeated(seen, text, author, page_id):
            brand.repeated.append(key)
            continue
        stars = None if rating is None else stars_of(rating, low, high)
        age = _age_days(day, today)
        _count_review(brand.reviews, stars, sentiment, language, age, day, bool(reply))
        proof = Proof(page_id, shorten(text))
        if sentiment and len(brand.reviews.quotes[sentiment]) < _SAMPLES:
            brand.reviews.quotes[sentiment].append(proof)
        if themes and themes != "{}":
            for theme, feeling in json.loads(themes).items():
                _count_theme(brand.reviews.themes[theme], feeling, stars, age, proof)


_Seen = dict[int, list[tuple[str | None, str]]]  # hash of words -> (author, page) of each


def _is_repeated(seen: _Seen, text: str, author: str | None, page_id: str) -> bool:
    """Whether the review was seen before; a start page often shows the beginning of one only.

    The same beginning by the same author is the same review. So is a long one where one of the two
    places leaves the author out, or on another page, where names are cut and spelled as there is
    room. While reviews are few a long sentence tells as much: testimonials are cut as well.
    """
    start = fold(text[: 3 * _BEGINNING])[:_BEGINNING]
    told = [start]
    if len(seen) < _FEW_REVIEWS:
        told += map(fold, _SENTENCE.findall(text)[:_SAMPLES])
    known = False
    for words in dict.fromkeys(told):
        before = seen.setdefault(hash(words), [])
        is_long = len(words) >= _BEGINNING
        known |= any(
            author == one or (is_long and (None in (author, one) or page_id != page))
            for one, page in before
        )
        if len(before) < _SAMPLES:
            before.append((author, page_id))
    return known


def _age_days(day: str | None, today: date) -> int | None:
    try:
        return (today - date.fromisoformat((day or "")[:10])).days
    except ValueError:
        return None


def _count_review(
    reviews: Reviews,
    stars: float | None,
    sentiment: str | None,
    language: str | None,
    age: int | None,
    day: str | None,
    replied: bool,
) -> None:
    reviews.n += 1
    reviews.replied += replied
    if stars is not None:
        reviews.starred += 1
        reviews.stars += stars
        reviews.squares += stars * stars
    if sentiment:
        reviews.sentiments[sentiment] += 1
    if language:
        reviews.languages[language] += 1
    if age is not None and day and age >= 0:
        reviews.dated += 1
        reviews.in_last_year += age <= 365
        reviews.newest = max(day, reviews.newest or day)
        reviews.oldest = min(day, reviews.oldest or day)


def _count_theme(
    voice: ThemeVoice, feeling: str, stars: float | None, age: int | None, proof: Proof
) -> None:
    if feeling not in ("positive", "neutral", "negative"):
        return
    setattr(voice, feeling, getattr(voice, feeling) + 1)
    if stars is not None:
        voice.stars += stars
        voice.starred += 1
    if age is not None and age >= 0:
        period = voice.recent if age <= 180 else voice.older
        period[0] += 1
        period[1] += feeling == "negative"
    if len(voice.quotes[feeling]) < _SAMPLES:
        voice.quotes[feeling].append(proof)
