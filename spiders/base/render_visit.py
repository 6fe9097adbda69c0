"""One visit of one page in the browser: look in phases, answer a consent wall, open a chat."""

from __future__ import annotations

import asyncio
import json
import tomllib
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as BrowserError

from spiders.extract.vendors import (
    dom_selectors,
    globals_to_probe,
    match_cookie,
    match_global,
    match_request,
    match_storage_key,
    vendors,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import TypeVar

    from playwright.async_api import BrowserContext, Frame, Page, Request

    from crawler.items import Evidence
    from spiders.extract.vendors import Vendor

    T = TypeVar("T")

__all__ = ["EARLY", "Rendered", "Sighting", "Visit", "vendor_of"]

_COMMIT_S = 10.0  # until the first byte of the page
_PARSED_S = 8.0  # until its DOM is there; a third party that hangs ends the wait, not the visit
_LOADED_S = 4.0  # more, until what the page loads by itself is there
_ANSWER_S = 6.0  # for one question asked of the page; a page that hangs answers none
# The least and the longest rest after each step. A rest ends when the network was quiet for
# _QUIET_S; timers of 1 to 12 s fire after one (early.js), so `idle` lasts a little longer.
_RESTS = {"load": (0.25, 3.0), "idle": (1.1, 3.0), "scroll": (0.3, 2.0), "answer": (0.4, 3.0)}
_OPEN_REST = (1.3, 4.0)
_QUIET_S = 0.25
_STALE_S = 2.0  # a request older than this is a stream or hangs
_MAX_SIGHTINGS = 1_500
_MAX_DOM = 4_000_000
_MAX_FRAMES = 12
_SCRIPTS = Path(__file__).with_name("page_scripts")


def _script(name: str) -> str:
    return (_SCRIPTS / name).read_text(encoding="utf-8")


EARLY = _script("early.js")
_PROBE, _CONSENT, _CHAT = _script("probe.js"), _script("consent.js"), _script("chat.js")


@dataclass(slots=True)
class Sighting:
    """Something the page did or has; see ChatWidget.phase.

    `how` is request, global, cookie, storage, dom (the CSS selector of a vendor's mark) or
    floating (the address of a link that stays on the screen).
    """

    phase: str
    how: str
    value: str


@dataclass(slots=True)
class Rendered:
    """A page after its scripts ran, as the archive keeps it."""

    url: str
    final_url: str
    status: int | None
    html: str
    sightings: list[Sighting] = field(default_factory=list)
    consent: str = ""  # which wall stood there and how it was answered
    chat: dict[str, Any] | None = None  # the opened chat as chat.js describes it
    screenshot: bytes = field(default=b"", repr=False)
    chat_screenshot: bytes = field(default=b"", repr=False)

    def log(self) -> bytes:
        """All but DOM and pictures, as JSON."""
        apart = ("html", "screenshot", "chat_screenshot")
        values = {k: v for k, v in asdict(self).items() if k not in apart}
        return json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")

    @classmethod
    def from_log(cls, log: bytes, html: str) -> Rendered:
        values = json.loads(log)
        values["sightings"] = [Sighting(**sighting) for sighting in values["sightings"]]
        return cls(html=html, **values)


def vendor_of(sighting: Sighting) -> tuple[Vendor, Evidence] | None:
    """The vendor behind a sighting and the grade of the evidence; None for all else."""
    if sighting.how == "request":
        return match_request(sighting.value)
    match = {
        "global": match_global,
        "cookie": match_cookie,
        "storage": match_storage_key,
        "dom": lambda selector: _by_selector().get(selector),
    }.get(sighting.how)
    vendor = match(sighting.value) if match else None
    grade: Evidence = "embedded" if sighting.how in ("global", "dom") else "likely"
    return (vendor, grade) if vendor else None


@cache
def _probed() -> str:
    """All that a page is asked for, as one text: Playwright spends 1 ms on 50 values of a list."""
    return json.dumps([globals_to_probe(), sorted(_by_selector())])


@cache
def _by_selector() -> dict[str, Vendor]:
    return {selector: vendors()[slug] for selector, slug in dom_selectors()}


class Visit:
    """One page in its phases: load, idle, scroll, consent. Every wait has a bound.

    A page that does not answer raises TimeoutError: its browser is of no more use.
    """

    def __init__(self, context: BrowserContext, page: Page, consent: str, open_chat: bool) -> None:
        self._context, self._page = context, page
        self._consent, self._open_chat = consent, open_chat
        self._phase = "load"
        self._seen: dict[tuple[str, str], Sighting] = {}
        self._pending: dict[Request, float] = {}
        self._last = 0.0
        context.on("request", self._on_request)
        context.on("requestfinished", self._on_end)
        context.on("requestfailed", self._on_end)

    def stop(self) -> None:
        self._context.remove_listener("request", self._on_request)
        self._context.remove_listener("requestfinished", self._on_end)
        self._context.remove_listener("requestfailed", self._on_end)

    # -- what the network does

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self._note("request", request.url[:2000])
            self._last = self._pending[request] = _now()

    def _on_end(self, request: Request) -> None:
        if self._pending.pop(request, None) is not None:
            self._last = _now()

    def _note(self, how: str, value: str) -> None:
        if len(self._seen) < _MAX_SIGHTINGS:
            self._seen.setdefault((how, value), Sighting(self._phase, how, value))

    async def _rest(self, least: float, most: float) -> None:
        """Until the network is quiet, at least `least` and at most `most` seconds."""
        begin = _now()
        await asyncio.sleep(least)
        while _now() - begin < most and self._busy():
            await asyncio.sleep(0.05)

    def _busy(self) -> bool:
        now = _now()
        return now - self._last < _QUIET_S or any(
            now - since < _STALE_S for since in self._pending.values()
        )

    # -- the phases

    async def run(self, url: str) -> Rendered:
        response = await self._page.goto(url, wait_until="commit", timeout=_COMMIT_S * 1000)
        await self._loaded()
        await self._look("load")
        await self._look("idle", self._wake_up())
        await self._look("scroll", self._ask(self._page, _SCROLL, "bottom"))
        consent = await self._answer_consent()
        rendered = Rendered(
            url=url,
            final_url=self._page.url,
            status=response.status if response else None,
            html=str(await self._ask(self._page, _HTML) or "")[:_MAX_DOM],
            consent=consent,
            screenshot=await self._picture(),
        )
        if self._open_chat and self._chat_seen():
            rendered.chat = await self._read_chat()
            if rendered.chat["opened"]:
                rendered.chat_screenshot = await self._picture()
        rendered.sightings = list(self._seen.values())
        await self._forget()
        return rendered

    async def _loaded(self) -> None:
        with suppress(BrowserError):
            await self._page.wait_for_load_state("domcontentloaded", timeout=_PARSED_S * 1000)
            await self._page.wait_for_load_state("load", timeout=_LOADED_S * 1000)

    async def _look(self, phase: str, step: Awaitable[object] | None = None) -> None:
        self._phase = phase
        if step is not None:
            await step
        await self._rest(*_RESTS[phase])
        await self._probe()

    async def _wake_up(self) -> None:
        """What lazy loaders wait for: a pointer that moves."""
        for x, y in ((200, 300), (320, 360)):
            await _bound(self._page.mouse.move(x, y))

    async def _probe(self) -> None:
        found = await self._ask(self._page, _PROBE, _probed())
        for how, values in json.loads(found or "{}").items():
            for value in values:
                self._note(how, value)
        with suppress(BrowserError):
            for cookie in await _bound(self._context.cookies()):
                self._note("cookie", cookie.get("name", ""))

    async def _ask(self, where: Page | Frame, script: str, argument: object = None) -> Any:
        """The script's answer; None when the page went elsewhere while it was asked, twice."""
        for _ in range(2):
            try:
                return await _bound(where.evaluate(script, argument))
            except BrowserError as error:
                if "crashed" in str(error) or "closed" in str(error):
                    raise
                await asyncio.sleep(0.3)
        return None

    # -- consent

    async def _answer_consent(self) -> str:
        """Reject, then accept (or only accept), as the study says; what each step brings counts.

        Who rejected comes back as a new visitor to accept, and only when no chat is seen yet.
        """
        answers = ["accept"] if self._consent == "accept" else ["reject", "accept"]
        told: list[str] = []
        for answer in answers:
            if told:
                if self._chat_seen():
                    break
                await self._come_back()
            before, self._phase = self._phase, "consent" if answer == "accept" else "scroll"
            platform = await self._click_wall(answer)
            if platform is None:
                self._phase = before
                continue
            told.append(f"{platform}: {answer}")
            await self._rest(*_RESTS["answer"])
            if answer == "accept":
                await self._wake_up()
                await self._ask(self._page, _SCROLL, "bottom")
                await self._rest(*_RESTS["idle"])
            await self._probe()
        return "; ".join(told)

    def _chat_seen(self) -> bool:
        """Whether a live chat or bot is proven; a messenger's link needs no opening."""
        matches = map(vendor_of, self._seen.values())
        return any(
            match[0].kind not in (None, "messenger") and match[1] == "embedded"
            for match in matches
            if match is not None
        )

    async def _come_back(self) -> None:
        self._phase = "scroll"
        await self._forget()
        with suppress(BrowserError):
            await self._page.reload(wait_until="commit", timeout=_COMMIT_S * 1000)
        await self._loaded()
        await self._rest(*_RESTS["answer"])

    async def _forget(self) -> None:
        """Every page is seen as by a new visitor: what consent changes is seen on each."""
        with suppress(BrowserError):
            await _bound(self._context.clear_cookies())
        await self._ask(self._page, _FORGET)

    async def _click_wall(self, answer: str) -> str | None:
        for frame in self._page.frames[:_MAX_FRAMES]:
            try:
                rows = json.dumps([_consent_rows(), answer])
                platform = await self._ask(frame, _CONSENT, rows)
            except (BrowserError, TimeoutError):
                if frame is self._page.main_frame:
                    raise
                continue
            if platform:
                return str(platform)
        return None

    # -- the chat

    async def _read_chat(self) -> dict[str, Any]:
        """Open the chat by a click on its launcher, and read it. Nothing is typed or sent."""
        await self._ask(self._page, _SCROLL, "top")
        marks = [s.value for s in self._seen.values() if s.how == "dom" and _is_chat(s)]
        before = await self._ask_chat(self._page, "panels", marks) or []
        launchers = await self._ask_chat(self._page, "launchers", marks)
        launcher = launchers[0] if launchers else None
        if launcher:
            if launcher["where"] == "iframe":
                launcher.update(await self._inner_launcher(launcher))
            x = launcher["x"] + launcher["width"] / 2
            y = launcher["y"] + launcher["height"] / 2
            await _bound(self._page.mouse.click(x, y))
            await self._rest(*_OPEN_REST)
            now = await self._ask_chat(self._page, "launchers", marks)
            launcher["name_after"] = now[0]["name"] if now else ""
        after = await self._ask_chat(self._page, "panels", marks) or []
        known = {panel["key"] for panel in before}
        opened = [panel for panel in after if panel["key"] not in known]
        # A window that stands open from the start needs no launcher.
        opened += [
            panel
            for panel in after
            if panel["likely"] and panel["key"] in known and (panel["iframe"] or panel["fields"])
        ]
        for panel in opened:
            view = await self._frame_view(panel) if panel["iframe"] else panel
            if view and (view["text"] or view["fields"]):
                kept = ("text", "fields", "buttons", "pictures", "lang", "where")
                return {
                    "opened": True,
                    "launcher": launcher,
                    "box": panel["box"],
                    **{key: view[key] for key in kept},
                }
        return {"opened": False, "launcher": launcher}

    async def _ask_chat(self, where: Page | Frame, what: str, marks: list[str]) -> Any:
        return json.loads(await self._ask(where, _CHAT, json.dumps([what, marks])) or "null")

    async def _frame_at(self, box: dict[str, float]) -> Frame | None:
        for frame in self._page.frames[1 : _MAX_FRAMES + 1]:
            with suppress(BrowserError, TimeoutError):
                element = await _bound(frame.frame_element(), 2)
                found = await _bound(element.bounding_box(), 2)
                if found and abs(found["x"] - box["x"]) < 3 and abs(found["y"] - box["y"]) < 3:
                    return frame
        return None

    async def _frame_view(self, panel: dict[str, Any]) -> dict[str, Any] | None:
        """What an iframe shows; one inside it counts when it fills the outer one."""
        frame = await self._frame_at(panel["box"])
        for inner in [frame, *frame.child_frames[:3]] if frame else []:
            with suppress(BrowserError, TimeoutError):
                view = await self._ask_chat(inner, "body", [])
                if view and (view["text"] or view["fields"]):
                    return {**view, "where": "iframe"}
        return None

    async def _inner_launcher(self, launcher: dict[str, Any]) -> dict[str, Any]:
        """Name and keyboard reach of the button inside a launcher's iframe."""
        frame = await self._frame_at(launcher)
        if frame is not None:
            with suppress(BrowserError, TimeoutError):
                inner = await self._ask(frame, _INNER)
                if inner:
                    return {**inner, "name": inner["name"] or launcher["title"]}
        return {"name": launcher["title"]}

    async def _picture(self) -> bytes:
        """The viewport as a small JPEG; optional evidence, so a failure costs nothing else."""
        with suppress(BrowserError, TimeoutError):
            await self._ask(self._page, _SCROLL, "top")
            return await _bound(
                self._page.screenshot(type="jpeg", quality=55, timeout=4_000), _ANSWER_S
            )
        return b""


def _is_chat(sighting: Sighting) -> bool:
    match = vendor_of(sighting)
    return match is not None and match[0].kind is not None


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _bound(step: Awaitable[T], seconds: float = _ANSWER_S) -> T:
    return await asyncio.wait_for(step, seconds)


@cache
def _consent_rows() -> list[dict[str, Any]]:
    """Rows of consent.toml, in order, as consent.js wants them."""
    path = Path(__file__).with_name("consent.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return [{"platform": name, **row} for name, row in table.items()]


_SCROLL = """where => window.scrollTo(0,
  where === 'bottom' && document.body ? document.body.scrollHeight : 0)"""
_HTML = "() => '<!DOCTYPE html>' + document.documentElement.outerHTML"
_FORGET = "() => { try { localStorage.clear(); sessionStorage.clear() } catch {} }"
_INNER = """() => {
  const button = document.querySelector('button, [role=button], a, [tabindex]');
  return button && {
    name: button.getAttribute('aria-label') || button.innerText.trim() || button.title || '',
    keyboard: button.tabIndex >= 0,
  };
}"""
