"""A small made-up market in a database, as a crawl leaves it, for the tests of the analysis.

Own brand `tea.example`; `leaf.example` is better, `mug.example` is worse, `gate.example` blocks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from analysis.competitors import Hit, brand_rows, select_brands
from crawler.db import brand_id, open_db, upsert
from crawler.items import (
    Channel,
    ChatWidget,
    FaqEntry,
    Observations,
    Page,
    PageVisit,
    Policy,
    Rating,
    Review,
    Search,
    SerpResult,
    Technology,
)
from crawler.pipelines import store_items

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.db import Database

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
STAMP = NOW.isoformat()
RUN = 1
DOMAINS = ("tea.example", "leaf.example", "mug.example", "gate.example")

ANSWER = (
    "Open your account, click the order and then choose the item that you want to send back. "
    "We take it back within thirty days and pay the money to your card in the week after it "
    "has come back to us, whatever the reason was. Write to us when anything is unclear."
)
QUESTIONS = (
    "How do I return an order?",
    "How long does delivery take?",
    "Which payment methods do you accept?",
    "How can I change my password?",
    "Do you offer a warranty?",
    "How can I contact you?",
    "Can I cancel my order?",
    "Is my data safe?",
    "Where is my parcel?",
    "When do I get my refund?",
)
KEYWORDS = {"buy green tea": 1000.0, "tea shop": 4000.0, "tea gifts": None}


def build(path: Path) -> Database:
    """The market in a new database, crawled and not yet analyzed."""
    db = open_db(path)
    add_run(db, RUN)
    return db


def add_run(db: Database, run_id: int, *, own: str | None = "tea.example") -> None:
    """Another run of the study with the same pages."""
    with db.atomic():
        upsert(db, "studies", [_study(own)])
        upsert(
            db,
            "keywords",
            [{"study_id": 1, "keyword": k, "volume": v} for k, v in KEYWORDS.items()],
            pk="study_id, keyword",
        )
        upsert(db, "runs", [_run(run_id)])
    searches = [_search(keyword, rank) for rank, keyword in enumerate(KEYWORDS)]
    store_items(db, run_id, searches, b"key")
    hits = [Hit(s.keyword, r.rank, r.url, r.title, r.snippet) for s in searches for r in s.results]
    with db.atomic():
        upsert(db, "brands", brand_rows(select_brands(hits, own_domain=own), run_id, 1))
    store_items(db, run_id, [*tea(), *leaf(), *mug(), *gate()], b"key")
    with db.atomic():
        visits = [
            _visit(run_id, domain, stage) for domain in DOMAINS for stage in ("crawl", "render")
        ]
        upsert(db, "visits", visits, pk="brand_id, stage")


def _study(own: str | None) -> dict[str, object]:
    return {
        "id": 1, "name": "tea", "brand": own, "provider": "file", "country": "GB",
        "language": "en", "settings": "{}", "created_at": STAMP,
    }  # fmt: skip


def _run(run_id: int) -> dict[str, object]:
    return {
        "id": run_id, "study_id": 1, "state": "running", "stage": "analyze", "started_at": STAMP,
        "finished_at": None, "error": None, "offline": 0, "pid": None, "heartbeat_at": None,
        "method_version": "1", "settings": "{}", "stats": "{}",
    }  # fmt: skip


def _search(keyword: str, number: int) -> Search:
    order = ["leaf.example", "tea.example", "gate.example", "mug.example"]
    results = [
        SerpResult(rank, f"https://{domain}/", domain, "Tea")
        for rank, domain in enumerate(order[: 4 - number], 1)
    ]
    return Search(
        keyword, "file", "ok", STAMP, language="en", depth=10, results=results,
        questions=["How long does delivery take?", "Does tea go off?"],
    )  # fmt: skip


def _visit(run_id: int, domain: str, stage: str) -> dict[str, object]:
    failed = domain == "gate.example"
    return {
        "run_id": run_id, "brand_id": brand_id(run_id, domain), "stage": stage,
        "state": "failed" if failed else "done", "reason": "challenge page" if failed else "",
        "requests": 5, "pages_ok": 0 if failed else 4, "pages_failed": 1 if failed else 0,
        "finished_at": STAMP,
    }  # fmt: skip


def page(
    domain: str, path: str, observations: Observations | None = None, **more: object
) -> PageVisit:
    """A page that was read; `more` overrides the fields of Page."""
    fields: dict[str, object] = {
        "state": "ok", "status": 200, "language": "en", "depth": 0 if path == "/" else 1,
        "title": f"{domain} {path}", "record": f"rec-{domain}{path}",
        "rendered": path == "/",
    }  # fmt: skip
    fields |= more
    return PageVisit(
        domain,
        Page(f"https://{domain}{path}", fetched_at=STAMP, **fields),  # type: ignore[arg-type]
        observations or Observations(),
    )


def _faq(n: int) -> list[FaqEntry]:
    return [FaqEntry(question, ANSWER, "details") for question in QUESTIONS[:n]]


def _reviews(good: int, bad: int, day: str = "2026-01-15") -> list[Review]:
    return [
        *(Review(f"Great tea and fast delivery, number {i}", 5, 1, 5, day) for i in range(good)),
        *(
            Review(f"Terrible, the delivery was late and nobody replied, case {i}", 1, 1, 5, day)
            for i in range(bad)
        ),
    ]


def tea() -> list[PageVisit]:
    """Our own: a short FAQ, one e-mail address, no chat, mixed reviews."""
    return [
        page("tea.example", "/", Observations(channels=[Channel("email", "hi@tea.example")])),
        page("tea.example", "/faq", Observations(faq=_faq(3)), purpose="faq"),
        page(
            "tea.example",
            "/reviews",
            Observations(reviews=_reviews(7, 7)),
            purpose="reviews",
        ),
        page("tea.example", "/contact", purpose="contact"),
    ]


def leaf() -> list[PageVisit]:
    """The best: a full FAQ, three channels, a chat, a stated rating, a returns policy."""
    channels = [
        Channel("email", "help@leaf.example", excerpt="help@leaf.example"),
        Channel("phone", "+442012345678", excerpt="020 1234 5678"),
        Channel("form", "https://leaf.example/contact", excerpt="Send"),
        Channel("hours", "Mon-Fri 9-17", excerpt="Mon-Fri 9-17"),
        Channel("reply_time", "24 hour", "24", excerpt="We reply within 24 hours"),
    ]
    return [
        page(
            "leaf.example",
            "/",
            Observations(
                chat=[ChatWidget("tawk", "live_chat", "embedded", "embed.tawk.to/1")],
                technologies=[Technology("shopify", "commerce", "embedded", "cdn.shopify.com")],
            ),
        ),
        page("leaf.example", "/faq", Observations(faq=_faq(10)), purpose="faq"),
        page("leaf.example", "/contact", Observations(channels=channels), purpose="contact"),
        page(
            "leaf.example",
            "/returns",
            Observations(
                policies=[Policy("returns", {"window_days": 30}, "Send it back within 30 days")],
                ratings=[Rating(4.8, 1, 5, 320)],
            ),
            purpose="returns",
        ),
    ]


def mug() -> list[PageVisit]:
    """A thin site: read fully, no FAQ, a form, bad reviews."""
    return [
        page("mug.example", "/", Observations(reviews=_reviews(2, 12))),
        page(
            "mug.example",
            "/contact",
            Observations(channels=[Channel("form", "https://mug.example/contact", excerpt="Go")]),
            purpose="contact",
        ),
        page("mug.example", "/about", purpose="about"),
    ]


def gate() -> list[PageVisit]:
    """It blocks us: nothing is known, so nothing may be said."""
    return [
        page(
            "gate.example",
            "/",
            state="blocked",
            reason="challenge page",
            status=403,
            rendered=False,
        ),
    ]
