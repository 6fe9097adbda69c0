"""Which pages of each brand are worth a browser, and the visit of those."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.app.crawls import crawl, scrapy_settings
from crawler.app.lessons import earlier_lessons, keep_lessons, scripts_of
from crawler.app.runs import replayable
from crawler.app.visits import store_visit
from crawler.archive import find_record, read_page
from crawler.errors import TooComplex
from spiders.base.consent import has_wall
from spiders.base.learning import draw
from spiders.extract.page import ParsedPage
from spiders.extract.technologies import chat_question_open

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.app.runs import Run
    from crawler.config import Settings
    from crawler.db import Database
    from spiders.extract.page import Script

__all__ = ["Choice", "choose_pages", "open_question", "render_brands"]

_PER_BRAND = 4  # a chat that a site has shows on its start, contact or help page
_SURE = 2  # start page and first support page of a brand: there learning leaves out nothing
_SHARE = (
    0.12  # of a brand's pages, but one at least; `benchmarks/render.py` holds the whole to 15 %
)
_LOOK_AT = ("contact", "help", "faq")  # where chats stand, beside the start page
_NEED_SCRIPTS = (*_LOOK_AT, "reviews")  # what is worth reading on a page that scripts fill
SAMPLE_SHARE = 0.05  # of the pages not rendered, to measure what the rule misses


@dataclass
class Choice:
    """Pages of one brand: `open` could still show a chat, `sampled` measure the rule."""

    open: list[tuple[str, str]] = field(default_factory=list)  # (url, why)
    sampled: list[str] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)  # of those that learning may leave out
    scripts: dict[str, str] = field(default_factory=dict)  # of the same: which ones they name
    skipped: int = 0
    known: str | None = None  # vendor that static pages show already

    @property
    def urls(self) -> list[str]:
        """Pages that wait for a chat to show; the first that does spares the others."""
        return [url for url, why in self.open if why != _SHELL]

    @property
    def always(self) -> list[str]:
        """Pages opened whatever the others show: those that scripts fill, and the sample."""
        return [url for url, why in self.open if why == _SHELL] + self.sampled


_SHELL = "app-shell"


def render_brands(
    settings: Settings, db: Database, run: Run, brands: list[dict[str, Any]], browser: str | None
) -> None:
    """Open the chosen pages of all brands in one browser, and store the visits."""
    choices = {b["domain"]: choose_pages(settings.archive, db, b["id"]) for b in brands}
    replay = replayable(db, run.study_id) if run.offline and not run.is_replay else []
    now = {url: digest for choice in choices.values() for url, digest in choice.scripts.items()}
    before = replay[0] if replay else run.id  # a replay learns what the run replayed had learned
    learned, turn = earlier_lessons(db, run.study_id, before, now)
    scrapy = scrapy_settings(settings, run, replay=replay)
    rows = [
        {
            "domain": domain,
            "urls": "\n".join(choice.urls),
            "sample": "\n".join(choice.always),
            "kinds": choice.kinds,
        }
        for domain, choice in choices.items()
        if choice.urls or choice.always
    ]
    job = {
        "brands": json.dumps(rows),
        "browser": browser,
        "consent": run.study.consent,
        "language": run.study.language or "en",
        "learned": json.dumps(learned),
        "turn": turn,
    }
    ends = crawl(scrapy, "chatbot", [job]) if rows else {}
    if not replay:
        keep_lessons(db, run.id, now, ends.get("chatbot", {}).get("chatbot/lessons", []))
    for brand in brands:
        choice = choices[brand["domain"]]
        end = ends.get("chatbot", {})
        left_out = end.get(f"chatbot/left_out/{brand['domain']}", 0)
        note = _note(choice, _missed(db, brand["id"], choice), left_out)
        store_visit(db, run.id, brand["id"], "render", end, note)


def choose_pages(archive: Path, db: Database, brand: str) -> Choice:
    """Start, contact and help pages whose static copy leaves open whether there is a chat.

    Where a static page shows the chat already, that page alone is opened, to read the chat. A
    share of the pages left out is opened all the same; which ones depends on their address alone,
    so a replay agrees.
    """
    choice = Choice()
    rows = list(
        db.query(
            "select url, final_url, purpose, depth, record, content_type from pages "
            "where brand_id = ? and rendered = 0 and state = 'ok' "
            "order by depth > 0, depth, purpose != 'contact', url",
            [brand],
        )
    )
    choice.known, chat_page = _static_chat(db, brand)
    most = min(_PER_BRAND, max(1, int(_SHARE * len(rows))))
    platform = _platform(db, brand)
    for number, row in enumerate(rows):
        why, page = None, None
        if choice.known:
            why = "to read the chat" if row["url"] == chat_page else None
        elif len(choice.open) < most and (number == 0 or row["purpose"] in _NEED_SCRIPTS):
            page = _parsed(archive, row)
            why = _worth_opening(page, row, is_start=number == 0) if page else None
        if why:
            choice.open.append((row["url"], why))
        if why and page and len(choice.open) > _SURE:
            choice.kinds[row["url"]] = _kind(platform or _script_hosts(page), row, why)
            choice.scripts[row["url"]] = scripts_of(page)
    opened = {url for url, _ in choice.open}
    others = [row["url"] for row in rows if row["url"] not in opened]
    choice.skipped = len(others)
    drawn = [url for url in others if draw(url) < SAMPLE_SHARE]
    choice.sampled = sorted(drawn, key=draw)[: max(1, int(SAMPLE_SHARE * len(others)))]
    return choice


def _static_chat(db: Database, brand: str) -> tuple[str | None, str | None]:
    """A chat's vendor that static pages prove, and the first page that does; a live chat first."""
    rows = list(
        db.query(
            "select c.vendor, p.url from chat_widgets c join pages p on p.id = c.page_id "
            "where c.brand_id = ? and c.evidence = 'embedded' and c.phase = 'static' "
            "and c.kind != 'messenger' order by p.depth, p.url, c.vendor limit 1",
            [brand],
        )
    )
    return (rows[0]["vendor"], rows[0]["url"]) if rows else (None, None)


def _platform(db: Database, brand: str) -> str:
    """The shop or content system that static pages run on; empty when none is known."""
    rows = list(
        db.query(
            "select vendor from technologies where brand_id = ? and evidence != 'mentioned' "
            "and category in ('commerce', 'cms') order by category = 'cms', vendor limit 1",
            [brand],
        )
    )
    return rows[0]["vendor"] if rows else ""


def _script_hosts(page: ParsedPage) -> str:
    """Hosts of a page's scripts: who shares them shares a template. A site's own is among them."""
    return " ".join(sorted({urlsplit(script.src).netloc for script in page.scripts if script.src}))


def _kind(made_by: str, row: dict[str, Any], why: str) -> str:
    """What `spiders/base/learning.py` counts by; empty (never left out) without a maker."""
    shell = " shell" if why == _SHELL else ""
    return f"{row['purpose']}{shell} of {made_by}" if made_by else ""


def _worth_opening(page: ParsedPage, row: dict[str, Any], *, is_start: bool) -> str | None:
    """Why a browser could change an answer on this page; scripts alone count on the start page.

    A loader that stands on every page shows on the start page too.
    """
    why = open_question(page)
    if is_start or why == _SHELL:
        return why
    return why if row["purpose"] in _LOOK_AT and why != _SCRIPTS else None


_SCRIPTS = "scripts"


def _parsed(archive: Path, row: dict[str, Any]) -> ParsedPage | None:
    record = find_record(archive, row["record"]) if row["record"] else None
    if record is None:
        return None
    address = row["final_url"] or row["url"]
    try:
        return ParsedPage.from_bytes(read_page(archive, record), address, row["content_type"])
    except TooComplex:
        return None


def open_question(page: ParsedPage) -> str | None:
    """Why a browser could still find a chat here; None when nothing on the page runs."""
    if why := chat_question_open(page):
        return why
    if not any(map(_runs, page.scripts)):
        return None
    # A site's own scripts, inline ones too, may load more; that is the usual way of a widget.
    return "consent" if has_wall(page) else _SCRIPTS


def _runs(script: Script) -> bool:
    """Whether it is code; a template, JSON and the like are not."""
    is_code = script.type in ("", "module") or "script" in script.type
    return bool(script.src) or (is_code and bool(script.text.strip()))


def _missed(db: Database, brand: str, choice: Choice) -> int:
    """Sampled pages on which the browser found a chat that the rule would have missed."""
    if not choice.sampled:
        return 0
    marks = ", ".join("?" * len(choice.sampled))
    rows = db.query(
        f"select count(distinct p.id) as n from chat_widgets c join pages p on p.id = c.page_id "
        f"where p.brand_id = ? and p.rendered = 1 and c.evidence != 'mentioned' "
        f"and p.url in ({marks}) and c.vendor not in (select vendor from chat_widgets "
        f"where brand_id = ? and (phase = 'static' or page_id in (select id from pages "
        f"where brand_id = ? and rendered = 1 and url not in ({marks}))))",
        [brand, *choice.sampled, brand, brand, *choice.sampled],
    )
    return int(next(iter(rows))["n"])


_WHY = {
    "tag-manager": "a tag manager",
    "app-shell": "empty without scripts",
    "consent": "a consent wall",
    "lazy-loader": "a late loader",
    _SCRIPTS: "its scripts",
}


def _note(choice: Choice, missed: int, left_out: int) -> str:
    opened = ", ".join(sorted({_WHY.get(why, why) for _, why in choice.open}))
    number = len(choice.open) - left_out
    pages = "1 page" if number == 1 else f"{number} pages"
    told = f"opened {pages}" + (f" ({opened})" if opened else "")
    parts = [told if choice.open else "no page needed a browser"]
    if left_out:
        parts.append(f"{left_out} left out, for other such pages gave nothing")
    if choice.known:
        parts.append(f"{choice.known} is on the static pages")
    if choice.sampled:
        parts.append(f"{missed} missed on {len(choice.sampled)} sampled of {choice.skipped} others")
    return "; ".join(parts)
