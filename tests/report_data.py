"""A made-up market in a database: what a run leaves behind, for the tests of the report.

Six bicycle shops rank against our own; they differ clearly, one blocks us, two speak German.
Nothing is random: the same call gives the same rows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crawler.db import open_db, row_id, upsert

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.db import Database

RUN = 2
OWN = "fernwheel.example"
STARTED = "2026-03-02T06:00:00+00:00"

# domain, language, quality 0..1 (None: blocked), visibility
COMPETITORS = [
    ("pedalhaus.example", "de", 0.86, 0.214),
    ("citycycle.example", "en", 0.74, 0.171),
    ("velonord.example", "de", 0.63, 0.118),
    ("spokeworks.example", "en", 0.52, 0.093),
    ("chainlane.example", "en", 0.31, 0.061),
    ("gatekeep.example", "en", None, 0.044),
]
OTHERS = [
    ("bigbazaar.example", "marketplace", "sells for many shops (listed as a marketplace)", 0.262),
    ("wheelreviews.example", "review_site", "collects reviews of other companies", 0.081),
    ("cycledaily.example", "publisher", "a magazine: articles, no shop", 0.032),
]
DIMENSIONS = {  # dimension -> coverage, then the scores of our own brand and of COMPETITORS
    "overall": (0.9, [46, 73, 69, 65, 53, 31, None]),
    "discoverability": (0.9, [44, 83, 72, 58, 51, 36, 29]),
    "self_service": (1.0, [31, 88, 69, 74, 48, 22, None]),
    "assisted_support": (0.9, [52, 66, 78, 49, 57, 35, None]),
    "chat": (0.8, [12, 71, 84, None, 40, 15, None]),
    "responsiveness": (0.6, [47, 63, 55, 70, 58, 41, None]),
    "reputation": (1.0, [79, 68, 62, 74, 58, None, None]),
    "policies": (0.7, [55, 61, 47, 82, 59, 38, None]),
}
METRICS = [
    ("visibility", "discoverability", "share", 0.02, 0.22),
    ("keywords_ranked", "discoverability", "share", 0.2, 1),
    ("faq_entries", "self_service", "count", 4, 60),
    ("faq_topics", "self_service", "topics", 2, 12),
    ("faq_clicks", "self_service", "clicks", 4, 1),
    ("contact_channels", "assisted_support", "channels", 1, 6),
    ("reply_time", "responsiveness", "hours", 48, 4),
    ("chat_present", "chat", "yes_no", 0, 1),
    ("star_rating", "reputation", "stars", 3.1, 4.7),
    ("net_sentiment", "reputation", "net share", -0.2, 0.6),
    ("reviews_answered", "responsiveness", "share", 0.05, 0.8),
    ("returns_window", "policies", "days", 14, 60),
    ("theme.delivery.net", "themes", "net share", -0.3, 0.6),
]
_THEME_PAIRS = [
    ("delivery", "product_quality"),
    ("returns_refunds", "support_responsiveness"),
    ("product_quality", "price_value"),
    ("delivery", "ordering_checkout"),
    ("support_responsiveness", "returns_refunds"),
    ("price_value", "usability"),
    ("delivery", "support_quality"),
]
_LIKED = {"delivery": 3, "product_quality": 4, "returns_refunds": 1, "support_responsiveness": 1}
QUESTIONS = [
    ("How do I return a bike?", "Can I return my bike?"),
    ("How long does delivery take?", "How long does delivery take?"),
    ("Do you assemble the bike before shipping?", "Do you assemble bikes?"),
    ("Which frame size do I need?", "Which frame size do I need?"),
    ("Can I pay by instalments?", "Can I pay in instalments?"),
    ("Is there a warranty on the battery?", "How long is the battery warranty?"),
    ("Can I lease a bike through my employer?", "Do you offer bike leasing?"),
    ("Where can I get my bike serviced?", "Where is my bike serviced?"),
]


class Market:
    """Collects rows table by table and writes them at once."""

    def __init__(self, *, hostile: str | None = None, own: str | None = OWN) -> None:
        self.hostile = hostile
        self.own = own
        self.rows: dict[str, list[dict[str, object]]] = {}

    def add(self, table: str, **row: object) -> str:
        self.rows.setdefault(table, []).append(row)
        return str(row.get("id", ""))

    def say(self, text: str) -> str:
        """The text, or with the hostile payload after it: every scraped field goes through."""
        return text if self.hostile is None else f"{text} {self.hostile}"

    def write(self, db: Database) -> None:
        keys = {
            "keywords": "study_id, keyword",
            "visits": "brand_id, stage",
            "review_scores": "review_id",
        }
        with db.atomic():
            for table, rows in self.rows.items():
                if table == "evidence":
                    for row in rows:
                        db["evidence"].insert(row)
                else:
                    upsert(db, table, rows, pk=keys.get(table, "id"))


def build_market(
    path: Path, *, hostile: str | None = None, own: str | None = OWN, earlier: bool = True
) -> Database:
    """The whole synthetic market in a new database at `path`; the run to report is RUN."""
    market = Market(hostile=hostile, own=own)
    _study(market, earlier)
    _searches(market)
    _brands(market)
    _questions(market)
    if earlier:
        _changes(market)
    db = open_db(path)
    market.write(db)
    return db


def _study(m: Market, earlier: bool) -> None:
    settings = json.dumps(
        {
            "user_agent": "cxscout/0.1 (+https://fernwheel.example/research)",
            "pages": 40,
            "delay": 1.0,
            "competitors": 6,
        }
    )
    m.add(
        "studies",
        id=1,
        name=m.say("City bikes, spring"),
        brand=m.own,
        provider="searxng",
        country="DE",
        language="en",
        settings=settings,
        created_at=STARTED,
    )
    for keyword, volume in [
        ("city bike", 5400.0),
        ("commuter bike", 2900.0),
        ("e-bike online", 8100.0),
        ("fahrrad kaufen", 12100.0),
        ("bike delivery", None),
    ]:
        m.add("keywords", study_id=1, keyword=m.say(keyword), volume=volume)
    for run, started, finished in [
        (1, "2026-02-02T06:00:00+00:00", "2026-02-02T06:40:00+00:00"),
        (RUN, STARTED, "2026-03-02T06:48:00+00:00"),
    ]:
        if run == RUN or earlier:
            m.add(
                "runs",
                id=run,
                study_id=1,
                state="done",
                stage="report",
                started_at=started,
                finished_at=finished,
                error=None,
                offline=0,
                pid=None,
                heartbeat_at=None,
                method_version="1",
                settings=settings,
                stats="{}",
            )


def _searches(m: Market) -> None:
    for i, row in enumerate(m.rows["keywords"]):
        failed = i == 4
        m.add(
            "searches",
            id=row_id("search", i),
            run_id=RUN,
            keyword=row["keyword"],
            provider="searxng",
            state="quota" if failed else "ok",
            reason=m.say("daily quota used up") if failed else "",
            country="DE",
            language="en",
            device="desktop",
            depth=0 if failed else 20,
            fetched_at=STARTED,
            record=f"rec-search-{i}",
        )
        for kind, text in [
            ("people_also_ask", QUESTIONS[i][0]),
            ("people_also_ask", "Are city bikes good for hills?"),
            ("related", "city bike test"),
        ]:
            m.add(
                "serp_questions",
                id=row_id("question", i, text),
                run_id=RUN,
                search_id=row_id("search", i),
                kind=kind,
                text=m.say(text),
            )


def _brands(m: Market) -> None:
    listed: list[tuple[str, str, float | None, float]] = list(COMPETITORS)
    if m.own:
        listed.insert(0, (m.own, "en", 0.45, 0.082))
    for i, (domain, language, quality, visibility) in enumerate(listed):
        role = "own" if domain == m.own else "competitor"
        reason = "the study's own brand" if role == "own" else f"shop; ranks for {7 - i} keywords"
        _brand(m, domain, role, role, reason, visibility, i)
        _visit(m, domain, language, quality)
        if quality is not None:
            _observations(m, domain, language, quality)
        _analysis(m, domain, quality, i)
    for i, (domain, kind, reason, visibility) in enumerate(OTHERS):
        _brand(m, domain, "ignored", kind, reason, visibility, i)


def _brand(
    m: Market, domain: str, role: str, kind: str, reason: str, visibility: float, i: int
) -> None:
    m.add(
        "brands",
        id=_id(domain),
        run_id=RUN,
        study_id=1,
        domain=domain,
        host=f"www.{domain}",
        role=role,
        **{"class": kind},
        reason=m.say(reason),
        visibility=visibility,
        keywords=max(1, 4 - i % 4),
        best_rank=1 + i * 2,
    )


def _id(domain: str) -> str:
    return row_id("brand", RUN, domain)


def _page_id(domain: str, path: str) -> str:
    return row_id("page", RUN, domain, path)


def _visit(m: Market, domain: str, language: str, quality: float | None) -> None:
    brand = _id(domain)
    blocked = quality is None
    for stage in ("crawl", "render"):
        m.add(
            "visits",
            run_id=RUN,
            brand_id=brand,
            stage=stage,
            state="failed" if blocked else "done",
            reason=m.say("a challenge page on every request") if blocked else "",
            requests=3 if blocked else 34,
            pages_ok=0 if blocked else 28,
            pages_failed=3 if blocked else 6,
            finished_at="2026-03-02T06:30:00+00:00",
        )
    paths = ["/", "/faq", "/contact", "/reviews", "/returns", "/account", "/gone", "/old-shop"]
    states = ["ok"] * 5 + ["robots", "not_found", "budget"]
    for path, state in zip(paths, ["blocked"] * 3 if blocked else states, strict=False):
        address = f"https://www.{domain}{path}"
        m.add(
            "pages",
            id=_page_id(domain, path),
            run_id=RUN,
            brand_id=brand,
            url=f"javascript:alert('{domain}')" if m.hostile and state == "robots" else address,
            final_url="javascript:window.__xss=1" if m.hostile and path == "/faq" else None,
            state=state,
            reason=m.say("Disallow: /account") if state == "robots" else "",
            status=403 if blocked else 200,
            content_type="text/html",
            bytes=24_000,
            digest="0" * 16,
            title=m.say(f"{domain} {path}"),
            language=language,
            purpose="other",
            depth=1,
            from_url=None,
            rendered=0,
            record=f"rec-{domain.split('.')[0]}-{path.strip('/') or 'start'}",
            fetched_at="2026-03-02T06:12:00+00:00",
            errors='["policies: ValueError"]' if path == "/returns" else "[]",
        )


def _observations(m: Market, domain: str, language: str, quality: float) -> None:
    seen = {"run_id": RUN, "brand_id": _id(domain)}
    answered = [q for i, q in enumerate(QUESTIONS) if i < round(quality * len(QUESTIONS))]
    if domain == OWN:
        answered = [QUESTIONS[0], QUESTIONS[1], ("Do you ring a bell?", "Do you ring a bell?")]
    for first, second in answered:
        question = second if domain == "citycycle.example" else first
        m.add(
            "faq_entries",
            id=row_id("faq", domain, question),
            **seen,
            page_id=_page_id(domain, "/faq"),
            question=m.say(question),
            answer=m.say("Yes, within the time that our terms name. Write to us first."),
            origin="json-ld",
            url=None,
        )
    for i in range(round(40 + quality * 120)):
        _review(m, domain, language, quality, i)
    m.add(
        "ratings",
        id=row_id("rating", domain),
        **seen,
        page_id=_page_id(domain, "/reviews"),
        value=round(3.1 + quality * 1.6, 1),
        min=1,
        max=5,
        count=round(200 + quality * 3000),
        origin="json-ld",
    )
    if quality > 0.5:
        m.add(
            "chat_widgets",
            id=row_id("chat", domain),
            **seen,
            page_id=_page_id(domain, "/"),
            vendor=m.say("intercom"),
            kind="live_chat",
            evidence="embedded",
            proof=m.say("widget.intercom.io"),
            phase="load",
        )
    for kind in ["email", "phone", "form", "whatsapp"][: 1 + round(quality * 3)]:
        m.add(
            "channels",
            id=row_id("channel", domain, kind),
            **seen,
            page_id=_page_id(domain, "/contact"),
            kind=kind,
            value=m.say(f"{kind}@{domain}"),
            detail=None,
            excerpt=m.say("Write to us"),
        )
    m.add(
        "policies",
        id=row_id("policy", domain),
        **seen,
        page_id=_page_id(domain, "/returns"),
        kind="returns",
        facts=json.dumps({"window_days": round(14 + quality * 46)}),
        excerpt=m.say("You may return any unused item"),
    )
    m.add(
        "technologies",
        id=row_id("technology", domain),
        **seen,
        page_id=_page_id(domain, "/"),
        vendor=m.say("zendesk"),
        category="help_desk",
        evidence="embedded",
        proof="zdassets",
    )


def _questions(m: Market) -> None:
    """The coverage matrix; the first 8 questions are asked by the market, two stand apart."""
    rows = [(*QUESTIONS[i], "some" if i < 2 else "we_miss") for i in range(6)]
    rows.append((*QUESTIONS[6], "nobody"))
    rows.append(("Are city bikes good for hills?", "", "nobody"))
    rows.append(("Do you ring a bell?", "", "only_we"))
    for i, (text, wording, coverage) in enumerate(rows):
        question = row_id("market question", i)
        answering = [d for d, _, q, _ in COMPETITORS if q is not None and q * 8 > i]
        if coverage == "nobody":
            answering = []
        if coverage in ("some", "only_we") and m.own:
            answering = [m.own] if coverage == "only_we" else [m.own, *answering]
        m.add(
            "questions",
            id=question,
            run_id=RUN,
            text=m.say(text),
            language="en",
            topic=["returns", "delivery", "product use", "product use"][i % 4],
            coverage=coverage,
            brands=len(answering),
            asked=12 - i,
            position=i + 1,
        )
        for domain in answering:
            m.add(
                "question_wordings",
                id=row_id("wording", i, domain),
                run_id=RUN,
                question_id=question,
                brand_id=_id(domain),
                source="faq",
                text=m.say(wording or text),
                answered=1,
                page_id=_page_id(domain, "/faq"),
            )
    for domain, verdict in [("pedalhaus.example", "kept"), ("chainlane.example", "contradicted")]:
        promise = row_id("promise", domain)
        m.add(
            "promises",
            id=promise,
            run_id=RUN,
            brand_id=_id(domain),
            kind="reply_time",
            promise=m.say("an answer within 24 hours"),
            experience=m.say("9 of 31 reviews name longer waits"),
            verdict=verdict,
            n=31,
        )
        _evidence(m, promise, domain, "We answer within 24 hours")


def _review(m: Market, domain: str, language: str, quality: float, i: int) -> None:
    review = row_id("review", domain, i)
    good = (i * 7 % 10) / 10 < quality
    rating = (5 if i % 3 else 4) if good else (1 if i % 2 else 2)
    m.add(
        "reviews",
        id=review,
        run_id=RUN,
        brand_id=_id(domain),
        page_id=_page_id(domain, "/reviews"),
        text=m.say("Came early and well packed." if good else "Nobody answered for two weeks."),
        title=None,
        rating=rating,
        rating_min=1,
        rating_max=5,
        date=f"{2025 + (i % 5 == 0)}-{1 + i % 12:02d}-11" if i % 5 else "2026-01-20",
        origin="json-ld",
        reply="Thank you" if good else None,
        author_hash=row_id("person", domain, i),
    )
    first, second = _THEME_PAIRS[i % len(_THEME_PAIRS)]
    polarity = "positive" if good else "negative"
    liked = (i * 3 + len(first)) % 5 < _LIKED.get(first, 2) + good
    m.add(
        "review_scores",
        review_id=review,
        run_id=RUN,
        brand_id=_id(domain),
        language=language,
        sentiment=polarity,
        score=0.5 if good else -0.5,
        basis="model" if language == "en" else "rating",
        themes=json.dumps(
            {first: "positive" if liked else "negative", second: "neutral" if i % 4 else polarity}
        ),
        digest=review,
        method_version="1",
    )


def _analysis(m: Market, domain: str, quality: float | None, i: int) -> None:
    derived = {"run_id": RUN, "brand_id": _id(domain)}
    own = domain == m.own
    for key, dimension, unit, worst, best in METRICS:
        value = None if quality is None else worst + (best - worst) * quality
        if value is not None and unit in (
            "count",
            "days",
            "clicks",
            "hours",
            "yes_no",
            "topics",
            "channels",
        ):
            value = float(round(value))
        m.add(
            "metrics",
            id=row_id("metric", domain, key),
            **derived,
            key=key,
            dimension=dimension,
            value=value,
            unit=unit,
            n=0 if value is None else round(20 + 40 * (quality or 0)),
            low=None if value is None else value * 0.9,
            high=None if value is None else value * 1.1,
            coverage=0.0 if value is None else 0.9,
            state="not_seen" if value is None else "measured",
            reason="start page: blocked (a challenge page)" if value is None else "",
            method_version="1",
        )
        if value is not None:
            _evidence(m, row_id("metric", domain, key), domain, f"{key} as the page shows it")
    for dimension, (coverage, scores) in DIMENSIONS.items():
        score = scores[0] if own else scores[1 + [c[0] for c in COMPETITORS].index(domain)]
        state = "measured" if score is not None else "not_seen"
        if domain == "chainlane.example" and dimension == "reputation":
            state = "too_few"
        m.add(
            "scores",
            id=row_id("score", domain, dimension),
            **derived,
            dimension=dimension,
            score=score,
            low=None if score is None else max(0, score - 7),
            high=None if score is None else min(100, score + 7),
            coverage=coverage if score is not None else 0.0,
            state=state,
            reason=_score_reason(m, state, quality),
            place=None if score is None else 1 + sum((s or 0) > score for s in scores),
            robust=None if score is None else int(dimension != "chat"),
            depends_on="" if dimension != "chat" else "the weight of bots",
        )
    if quality is not None:
        _swot(m, domain, quality)
    if own:
        _gaps(m, domain)


def _score_reason(m: Market, state: str, quality: float | None) -> str:
    if state == "measured":
        return ""
    if state == "too_few":
        return m.say("4 reviews read")
    if quality is None:
        return m.say("start page: blocked (a challenge page)")
    return m.say("chat: no page was rendered, and static pages do not tell")


_SWOT_TEXTS = {
    "strength": [
        "Answers {v} questions in its FAQ; the market median is 31 (n 32).",
        "Replies to 58 % of its reviews, against a market median of 41 % (n 55).",
        "Promises an answer within 6 hours; the median promise is 24 hours.",
    ],
    "weakness": [
        "No chat on 28 pages read, though 3 of 5 rivals have one.",
        "Net sentiment on delivery is -12 %, the market's is +18 % (n 44).",
    ],
    "opportunity": [
        "Nobody answers questions on leasing, which the search results ask for.",
        "Across the market, reviews on returns are negative on balance (-9 %, n 118).",
    ],
    "threat": [
        "pedalhaus.example is ahead on self-service by 38 points.",
        "citycycle.example has added a chat since the last run.",
    ],
}


def _swot(m: Market, domain: str, quality: float) -> None:
    for quadrant, texts in _SWOT_TEXTS.items():
        for position, text in enumerate(texts, start=1):
            entry = row_id("swot", domain, quadrant, position)
            m.add(
                "swot_entries",
                id=entry,
                run_id=RUN,
                brand_id=_id(domain),
                quadrant=quadrant,
                rule=f"{quadrant}-rule-{position}",
                metric="faq_entries" if position == 1 else None,
                text=m.say(text.format(v=round(quality * 60))),
                own_value=quality * 60 if position == 1 else None,
                market_median=31.0 if position == 1 else None,
                n=30,
                low=None,
                high=None,
                impact=1.0 / position,
                confidence=["high", "medium", "low"][position - 1],
                position=position,
                in_appendix=int(position > 2),
            )
            _evidence(m, entry, domain, f"Excerpt for the {quadrant}: {text[:40]}")


_GAP_TEXTS = {
    "faq_topics": "Our FAQ covers 6 of the 12 core topics; 4 of 5 rivals cover 9 or more.",
    "chat_present": "Rivals answer on the page where customers choose; we send them to a form.",
    "reply_time": "We promise an answer in 28 hours, the market in 18.",
    "returns_window": "35 days to return, against 43 in the market.",
    "reviews_answered": "We reply to 39 % of our reviews, a little less than the market.",
}


def _gaps(m: Market, domain: str) -> None:
    rows: list[tuple[object, ...]] = [
        ("faq_topics", "self_service", 6.0, 9.0, 11.0, 0.9, "medium", "high", "consideration"),
        ("chat_present", "chat", 0.0, 1.0, 1.0, 0.8, "medium", "high", "purchase"),
        ("reply_time", "responsiveness", 28.0, 18.0, 10.0, 0.6, "small", "medium", "retention"),
        ("returns_window", "policies", 35.0, 43.0, 54.0, 0.4, "small", "medium", "purchase"),
        ("reviews_answered", "responsiveness", 0.39, 0.44, 0.7, 0.2, "small", "low", "discovery"),
    ]
    for position, row in enumerate(rows, start=1):
        metric, dimension, own, median, best, impact, effort, confidence, stage = row
        gap = row_id("gap", domain, metric)
        m.add(
            "gaps",
            id=gap,
            run_id=RUN,
            brand_id=_id(domain),
            metric=metric,
            dimension=dimension,
            own_value=own,
            market_median=median,
            best_value=best,
            best_brand_id=_id("pedalhaus.example"),
            impact=impact,
            effort=effort,
            confidence=confidence,
            stage=stage,
            position=position,
            text=m.say(_GAP_TEXTS[str(metric)]),
            tactic="List the missing topics from the matrix\nWrite the ten most asked answers\n"
            "Link the FAQ from the header",
            goal=m.say("Answer nine of the twelve core topics by the end of June"),
            kpi="Core topics answered",
            target=best,
            review_date="2026-06-30",
        )
        _evidence(m, gap, domain, f"What our page says about {metric}")
        _evidence(m, gap, "pedalhaus.example", f"What the best page says about {metric}")


def _evidence(m: Market, row: str, domain: str, excerpt: str) -> None:
    m.add("evidence", row=row, page_id=_page_id(domain, "/faq"), excerpt=m.say(excerpt), run_id=RUN)


def _changes(m: Market) -> None:
    for i, (domain, kind, before, after, cause, text) in enumerate(
        [
            ("citycycle.example", "chat", None, "intercom", "market", "Chat by Intercom added."),
            ("pedalhaus.example", "rating", "4.7", "4.4", "market", "Rating fell 0.3 (n 120)."),
            ("velonord.example", "faq", "41", "38", "market", "3 returns questions removed."),
            (OWN, "score", "51", "47", "method", "Self-service: the topic list grew from 10."),
        ]
    ):
        m.add(
            "changes",
            id=row_id("change", i),
            study_id=1,
            from_run_id=1,
            run_id=RUN,
            domain=domain,
            kind=kind,
            before=before,
            after=after,
            cause=cause,
            text=m.say(text),
        )
