"""One visit of one page in the browser: look in phases, answer a consent wall, open a chat."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spiders.base.cdp import ProtocolError
from spiders.base.consent import consent_rows
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
    from crawler.items import Evidence
    from spiders.base.tab import Tab
    from spiders.extract.vendors import Vendor

__all__ = ["EARLY", "STILL", "Rendered", "Sighting", "Visit", "vendor_of"]

_COMMIT_S = 10.0  # until the first byte of the page
_PARSED_S = 8.0  # until its DOM is there; a third party that hangs ends the wait, not the visit
_LOADED_S = 4.0  # more, until what the page loads by itself is there
# The least and the longest rest after each step. The least is by the clock of the page itself, so
# that a busy machine cuts nothing short; then the network must have been quiet for a moment.
# Timers of 1 to 12 s fire after one (early.js) and are waited for.
_RESTS = {"load": (0.25, 4.0), "idle": (0.4, 4.0), "scroll": (0.3, 3.0), "answer": (0.4, 4.0)}
_OPEN_REST = (1.3, 4.0)
_MAX_SIGHTINGS = 1_500
_MAX_DOM = 4_000_000
_MAX_FRAMES = 12
_SCRIPTS = Path(__file__).with_name("page_scripts")


def _script(name: str) -> str:
    return (_SCRIPTS / name).read_text(encoding="utf-8")


def _marks() -> str:
    """Marks of all vendors as early.js wants them: names by kind, beginnings, other selectors."""
    marks: dict[str, Any] = {
        "globals": globals_to_probe(),
        "ids": {}, "classes": {}, "elements": {}, "idStarts": [], "classStarts": [], "others": [],
    }  # fmt: skip
    for selector in sorted(_by_selector()):
        for kind, shape in _SHAPES.items():
            if match := re.fullmatch(shape, selector):
                if isinstance(marks[kind], dict):
                    marks[kind][match[1]] = selector
                else:
                    marks[kind].append([match[1], selector])
                break
        else:
            marks["others"].append(selector)
    return json.dumps(marks)


_SHAPES = {
    "ids": r'\[id="([^"]+)"\]',
    "classes": r"\.([\w-]+)",
    "elements": r"([a-z][\w-]*)",
    "idStarts": r'\[id\^="([^"]+)"\]',
    "classStarts": r'\[class\^="([^"]+)"\], \[class\*=" \1"\]',
}


@dataclass(slots=True)
class Sighting:
    """Something the page did or has; see ChatWidget.phase.

    `how` is request, global, cookie, storage, dom (the CSS selector of a vendor's mark), popup
    (an address that the page wanted to open) or floating (the address of a link that stays on the
    screen). `by` is the script or document that made a request.
    """

    phase: str
    how: str
    value: str
    by: str = ""


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
    if sighting.how in ("request", "popup"):
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
def _by_selector() -> dict[str, Vendor]:
    return {selector: vendors()[slug] for selector, slug in dom_selectors()}


class Visit:
    """One page in its phases: load, idle, scroll, consent. Every wait has a bound.

    A page that does not answer raises TimeoutError: its browser is of no more use.
    """

    def __init__(self, tab: Tab, consent: str, *, is_still: bool) -> None:
        self._tab = tab
        self._consent = consent
        self._is_still = is_still
        self._phase = "load"
        self._seen: dict[tuple[str, str], Sighting] = {}
        self._told: list[str] = []
        tab.on_request = lambda url, by: self._note("request", url[:2000], by)

    def _note(self, how: str, value: str, by: str = "") -> None:
        if value and len(self._seen) < _MAX_SIGHTINGS:
            self._seen.setdefault((how, value), Sighting(self._phase, how, value, by))

    async def _rest(self, least: float, most: float) -> None:
        """`least` seconds by the page's clock, then until its network is quiet, `most` at most."""
        begin = _now()
        await self._tab.ask(_SETTLE, least * 1000, self._phase != "load")
        while self._tab.is_busy() and _now() - begin < most:
            await asyncio.sleep(0.05)

    # -- the phases

    async def run(self, url: str, *, until_chat: bool = False) -> Rendered:
        """The page after all phases; with `until_chat` none after the one that showed a chat."""
        await self._go(url)
        status = self._tab.status
        await self._look("load")
        if not (until_chat and self.chat_seen()):
            self._phase = "idle"
            await self._wake_up()
            await self._look("idle")
        if not (until_chat and self.chat_seen()):
            self._phase = "scroll"
            await self._tab.ask(_DOWN, self._is_still)
            await self._look("scroll")
        await self._answer_consent(url)
        if not until_chat and not self.chat_seen():
            await self._try_opener()
        html, final_url = await self._tab.ask(_HTML) or ("", url)
        rendered = Rendered(
            url=url,
            final_url=final_url,
            status=status,
            html=html[:_MAX_DOM],
            sightings=list(self._seen.values()),
            consent="; ".join(self._told),
        )
        if not until_chat:
            await self._tab.forget()
        return rendered

    async def _go(self, url: str) -> None:
        await self._tab.go(url, _COMMIT_S)
        await self._tab.loaded(_PARSED_S, _LOADED_S)

    async def _look(self, phase: str) -> None:
        self._phase = phase
        await self._rest(*_RESTS[phase])
        await self._probe()

    async def _wake_up(self) -> None:
        """What lazy loaders wait for: a pointer that moves."""
        if self._is_still:
            await self._tab.ask(_WAKE, 320, 360)
        else:
            await self._tab.move(320, 360)

    async def _probe(self) -> None:
        found = await self._tab.ask(_LOOK) or {}
        for how, values in found.items():
            for value in values:
                self._note(how, value)
        with suppress(ProtocolError):
            for name in await self._tab.cookies():
                self._note("cookie", name)

    # -- consent

    async def _answer_consent(self, url: str) -> None:
        """Reject, then accept (or only accept), as the study says; what each step brings counts.

        Who rejected comes back as a new visitor to accept, and only when no chat is seen yet.
        """
        answers = ["accept"] if self._consent == "accept" else ["reject", "accept"]
        for answer in answers:
            if self._told:
                if self.chat_seen():
                    return
                await self._come_back(url)
            before, self._phase = self._phase, "consent" if answer == "accept" else "scroll"
            platform = await self._click_wall(answer)
            if not platform:
                self._phase = before
                if platform is None:
                    return
                continue
            self._told.append(f"{platform}: {answer}")
            await self._rest(*_RESTS["answer"])
            if answer == "accept":
                await self._wake_up()
                await self._tab.ask(_DOWN, self._is_still)
                await self._rest(*_RESTS["idle"])
            await self._probe()

    def chat_seen(self) -> bool:
        """Whether a live chat or bot is proven; a messenger's link needs no opening."""
        matches = map(vendor_of, self._seen.values())
        return any(
            match[0].kind not in (None, "messenger") and match[1] == "embedded"
            for match in matches
            if match is not None
        )

    def chat_marks(self) -> list[str]:
        """Selectors of vendors' marks that were seen."""
        return [s.value for s in self._seen.values() if s.how == "dom" and _is_chat(s)]

    async def _try_opener(self) -> None:
        """A button of the site's own that says chat may load the vendor's only when clicked."""
        if not await self._tab.ask(_HINT):
            return
        openers = await self._tab.ask(_CHAT, "launchers", []) or []
        if openers and openers[0]["saysChat"]:
            self._phase = "click"
            box = openers[0]
            await self._tab.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            await self._rest(*_RESTS["answer"])
            await self._probe()

    async def _come_back(self, url: str) -> None:
        self._phase = "scroll"
        await self._tab.forget()
        await self._go(url)
        await self._rest(*_RESTS["answer"])

    async def _click_wall(self, answer: str) -> str | None:
        """The wall's platform; asked of the page, then of its frames. See consent.js."""
        rows = consent_rows()
        told = await self._tab.ask(_CONSENT, rows, answer)
        if not told:
            for _, world in (await self._tab.frames())[:_MAX_FRAMES]:
                within = await self._tab.ask(_CONSENT, rows, answer, world=world)
                told = told if within is None else within
                if told:
                    break
        return None if told is None else str(told)

    # -- the chat

    async def picture(self) -> bytes:
        """The viewport from the top of the page."""
        await self._tab.ask(_TOP)
        return await self._tab.picture()

    async def read_chat(self, marks: list[str]) -> dict[str, Any]:
        """Open the chat by a click on its launcher, and read it. Nothing is typed or sent."""
        before = await self._tab.ask(_CHAT, "panels", marks) or []
        launchers = await self._tab.ask(_CHAT, "launchers", marks)
        launcher = launchers[0] if launchers else None
        if launcher:
            if launcher["where"] == "iframe":
                launcher.update(await self._inner_launcher(launcher))
            x = launcher["x"] + launcher["width"] / 2
            y = launcher["y"] + launcher["height"] / 2
            await self._tab.click(x, y)
            await self._rest(*_OPEN_REST)
            now = await self._tab.ask(_CHAT, "launchers", marks)
            launcher["name_after"] = now[0]["name"] if now else ""
        after = await self._tab.ask(_CHAT, "panels", marks) or []
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

    async def _worlds_at(self, box: dict[str, float]) -> list[str]:
        """Worlds of the frame that stands at this place, and of those that fill it."""
        found = []
        for frame, world in (await self._tab.frames())[:_MAX_FRAMES]:
            place = await self._tab.place_of(frame)
            if place and abs(place[0] - box["x"]) < 3 and abs(place[1] - box["y"]) < 3:
                found.append(world)
        return found

    async def _frame_view(self, panel: dict[str, Any]) -> dict[str, Any] | None:
        """What an iframe shows; one inside it counts when it fills the outer one."""
        for world in await self._worlds_at(panel["box"]):
            view = await self._tab.ask(_CHAT, "body", [], world=world)
            if view and (view["text"] or view["fields"]):
                return {**view, "where": "iframe"}
        return None

    async def _inner_launcher(self, launcher: dict[str, Any]) -> dict[str, Any]:
        """Name and keyboard reach of the button inside a launcher's iframe."""
        for world in await self._worlds_at(launcher):
            if inner := await self._tab.ask(_INNER, world=world):
                return {**inner, "name": inner["name"] or launcher["title"]}
        return {"name": launcher["title"]}


def _is_chat(sighting: Sighting) -> bool:
    match = vendor_of(sighting)
    return match is not None and match[0].kind is not None


def _now() -> float:
    return asyncio.get_running_loop().time()


_OURS = "window[Symbol.for('cxscout')]"
_LOOK = f"() => {_OURS}?.look()"
_SETTLE = (
    f"(least, timers) => {_OURS}?.settle(least, timers)"
    " ?? new Promise(done => setTimeout(done, least))"
)
_DOWN = f"isStill => {_OURS}?.scroll(isStill)"
_WAKE = f"(x, y) => {_OURS}?.wake(x, y)"
_HINT = """() => !!document.querySelector('button[class*=chat i], button[aria-label*=chat i],'
  + ' [role=button][class*=chat i], [id*=chat i], [class*=chat i]')"""
_TOP = "() => window.scrollTo({top: 0, behavior: 'instant'})"
_HTML = "() => ['<!DOCTYPE html>' + document.documentElement.outerHTML, location.href]"
_INNER = """() => {
  const button = document.querySelector('button, [role=button], a, [tabindex]');
  return button && {
    name: button.getAttribute('aria-label') || button.innerText.trim() || button.title || '',
    keyboard: button.tabIndex >= 0,
  };
}"""
_CONSENT, _CHAT, STILL = _script("consent.js"), _script("chat.js"), _script("still.js")
EARLY = _script("early.js").replace("MARKS)", json.dumps(_marks()) + ")")
