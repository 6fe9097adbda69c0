"""The browser: which one there is, how it is started, and one page opened in it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import tomllib
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as BrowserError
from playwright.async_api import async_playwright

from spiders.extract.vendors import globals_to_probe

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import BrowserContext, Dialog, Page, Playwright, Request

__all__ = ["Browser", "BrowserGone", "Rendered", "find_browser", "launch_flags"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-notifications",
    "--deny-permission-prompts",
    "--mute-audio",
    # Half the cost of a page (docs/browser.md): nobody looks at pictures and fonts here.
    "--blink-settings=imagesEnabled=false",
    "--disable-remote-fonts",
    # Loopback must pass the filtering proxy too, or a page could reach our own machine.
    "--proxy-bypass-list=<-loopback>",
)
_LOAD_S = 12.0
_QUIET_S = 4.0
_SETTLE_S = 1.2
_CLOSE_S = 5.0
_MAX_REQUESTS = 1_500
_MAX_DOM = 4_000_000
VIEWPORT = {"width": 1280, "height": 900}


class BrowserGone(Exception):
    """Chromium crashed, hangs or cannot be started; the next page needs a new one."""


def find_browser(chosen: str | None = None, cache_folder: Path | None = None) -> str | None:
    """Path of a Chromium: the chosen one, an installed one, else one that Playwright downloaded.

    None when there is no browser; a chosen path that does not exist is None too, so that the
    choice is never silently replaced.
    """
    if chosen:
        return chosen if Path(chosen).exists() else None
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    for place in _PLACES:
        if Path(place).exists():
            return place
    folder = cache_folder or Path.home() / ".cache" / "ms-playwright"
    downloads = sorted(folder.glob("chromium-*/chrome-*/chrome"), reverse=True)
    return str(downloads[0]) if downloads else None


def launch_flags(as_root: bool) -> list[str]:
    """Chromium's flags; its sandbox cannot start as root, so only then it is off."""
    return [*_FLAGS, "--no-sandbox"] if as_root else list(_FLAGS)


@dataclass(slots=True)
class Sighting:
    """Something the page did: `how` is request, global, cookie or storage; see ChatWidget.phase."""

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
    screenshot: bytes = field(default=b"", repr=False)

    def log(self) -> bytes:
        """All but DOM and picture, as JSON."""
        values = {k: v for k, v in asdict(self).items() if k not in ("html", "screenshot")}
        return json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")

    @classmethod
    def from_log(cls, log: bytes, html: str) -> Rendered:
        values = json.loads(log)
        values["sightings"] = [Sighting(**sighting) for sighting in values["sightings"]]
        return cls(html=html, **values)


class Browser:
    """One Chromium for one site: a context of its own and one page that is used again.

    All its traffic goes to `proxy`. Downloads, popups, dialogs, permissions and service workers
    are refused. Open it with `async with`; what hangs or crashed raises BrowserGone.
    """

    def __init__(self, executable: str, proxy: str, user_agent: str, language: str) -> None:
        self._executable = executable
        self._proxy = proxy
        self._user_agent = user_agent
        self._language = language
        self._pid: int | None = None

    async def __aenter__(self) -> Browser:
        self._playwright: Playwright = await async_playwright().start()
        try:
            self._chromium: Chromium = await self._playwright.chromium.launch(
                executable_path=self._executable,
                args=launch_flags(hasattr(os, "geteuid") and os.geteuid() == 0),
                proxy={"server": self._proxy},
                handle_sigint=False,
                handle_sigterm=False,
                timeout=30_000,
            )
            self._pid = await self._chromium_pid()
            self._context = await self._new_context()
            self._page = await self._context.new_page()
        except BrowserError as error:
            await self._end()
            raise BrowserGone(f"the browser does not start: {_first_line(error)}") from error
        self._page.on("dialog", _dismiss)
        self._context.on("page", self._close_popup)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._end()

    async def _chromium_pid(self) -> int | None:
        session = await self._chromium.new_browser_cdp_session()
        found = await session.send("SystemInfo.getProcessInfo")
        await session.detach()
        return next((p["id"] for p in found["processInfo"] if p["type"] == "browser"), None)

    async def _new_context(self) -> BrowserContext:
        return await self._chromium.new_context(
            accept_downloads=False,
            service_workers="block",
            permissions=[],
            ignore_https_errors=True,
            user_agent=self._user_agent,
            locale=self._language,
            viewport={"width": VIEWPORT["width"], "height": VIEWPORT["height"]},
        )

    async def _close_popup(self, page: Page) -> None:
        if page is not self._page:
            with suppress(BrowserError):
                await page.close()

    async def _end(self) -> None:
        """Close context before browser; what does not close in time is killed."""
        try:
            async with asyncio.timeout(_CLOSE_S):
                if hasattr(self, "_context"):
                    await self._context.close()
                if hasattr(self, "_chromium"):
                    await self._chromium.close()
        except (TimeoutError, BrowserError):
            self._kill()
        with suppress(TimeoutError, BrowserError):
            async with asyncio.timeout(_CLOSE_S):
                await self._playwright.stop()

    def _kill(self) -> None:
        if self._pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(self._pid, signal.SIGKILL)

    async def render(self, url: str, consent: str, deadline_s: float = 30.0) -> Rendered:
        """Open `url`, look in phases, and answer a consent wall (`reject` first, or `accept`).

        Raises TimeoutError when the page is not over in time; the browser is then unusable.
        """
        visit = _Visit(self._context, self._page, consent)
        try:
            async with asyncio.timeout(deadline_s):
                return await visit.run(url)
        except TimeoutError:
            self._kill()
            raise
        except BrowserError as error:
            if self._chromium.is_connected() and not self._page.is_closed():
                raise
            raise BrowserGone(_first_line(error)) from error
        finally:
            visit.stop()


class _Visit:
    """One page in its phases: load, idle, scroll, consent."""

    def __init__(self, context: BrowserContext, page: Page, consent: str) -> None:
        self._context, self._page, self._consent = context, page, consent
        self._phase = "load"
        self._seen: dict[tuple[str, str], Sighting] = {}
        context.on("request", self._on_request)

    def stop(self) -> None:
        self._context.remove_listener("request", self._on_request)

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self._note("request", request.url[:2000])

    def _note(self, how: str, value: str) -> None:
        if len(self._seen) < _MAX_REQUESTS:
            self._seen.setdefault((how, value), Sighting(self._phase, how, value))

    async def run(self, url: str) -> Rendered:
        response = await self._page.goto(url, wait_until="domcontentloaded", timeout=_LOAD_S * 1000)
        await self._quiet()
        await self._probe()
        self._phase = "idle"
        await self._wake_up()
        await self._probe()
        self._phase = "scroll"
        await self._page.evaluate(
            "window.scrollTo(0, document.body ? document.body.scrollHeight : 0)"
        )
        await self._settle()
        await self._probe()
        consent = await self._answer_consent()
        html = await self._page.content()
        return Rendered(
            url=url,
            final_url=self._page.url,
            status=response.status if response else None,
            html=html[:_MAX_DOM],
            sightings=list(self._seen.values()),
            consent=consent,
            screenshot=await self._picture(),
        )

    async def _quiet(self) -> None:
        with suppress(BrowserError):
            await self._page.wait_for_load_state("networkidle", timeout=_QUIET_S * 1000)

    async def _settle(self) -> None:
        await self._page.wait_for_timeout(_SETTLE_S * 1000)

    async def _wake_up(self) -> None:
        """What lazy loaders wait for: a pointer that moves, and a moment."""
        await self._page.mouse.move(200, 300)
        await self._page.mouse.move(320, 360)
        await self._settle()

    async def _probe(self) -> None:
        found = await self._page.evaluate(_PROBE, globals_to_probe())
        for how in ("global", "storage"):
            for value in found[how]:
                self._note(how, value)
        for cookie in await self._context.cookies():
            self._note("cookie", cookie.get("name", ""))

    async def _answer_consent(self) -> str:
        """Reject, then accept (or only accept), as the study says; what each step brings counts."""
        answers = ["accept"] if self._consent == "accept" else ["reject", "accept"]
        told: list[str] = []
        for answer in answers:
            if told and answer == "accept":
                await self._forget_answer()
            platform = await self._click_wall(answer)
            if platform is None:
                continue
            told.append(f"{platform}: {answer}")
            self._phase = "consent" if answer == "accept" else "scroll"
            await self._settle()
            await self._quiet()
            await self._probe()
        return "; ".join(told)

    async def _forget_answer(self) -> None:
        """Come back as a new visitor, so that the wall stands again."""
        self._phase = "scroll"
        await self._context.clear_cookies()
        await self._page.evaluate("try { localStorage.clear(); sessionStorage.clear() } catch {}")
        with suppress(BrowserError):
            await self._page.reload(wait_until="domcontentloaded", timeout=_LOAD_S * 1000)
        await self._settle()

    async def _click_wall(self, answer: str) -> str | None:
        for frame in self._page.frames[:12]:
            with suppress(BrowserError):
                platform = await frame.evaluate(_CLICK, [_consent_rows(), answer])
                if platform:
                    return str(platform)
        return None

    async def _picture(self) -> bytes:
        """The viewport as a small JPEG; optional evidence, so a failure costs nothing else."""
        with suppress(BrowserError):
            await self._page.evaluate("window.scrollTo(0, 0)")
            return await self._page.screenshot(type="jpeg", quality=55, timeout=4_000)
        return b""


@cache
def _consent_rows() -> list[dict[str, Any]]:
    """Rows of consent.toml, in order, as the page script wants them."""
    path = Path(__file__).with_name("consent.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return [{"platform": name, **row} for name, row in table.items()]


async def _dismiss(dialog: Dialog) -> None:
    with suppress(BrowserError):
        await dialog.dismiss()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200]


_PROBE = """names => {
  const found = {global: [], storage: []};
  for (const name of names) {
    try {
      const value = name.split('.').reduce((at, key) => at == null ? at : at[key], window);
      const element = value instanceof Element || value instanceof HTMLCollection;
      if (value !== undefined && value !== null && !element) found.global.push(name);
    } catch {}
  }
  for (const store of ['localStorage', 'sessionStorage']) {
    try { found.storage.push(...Object.keys(window[store]).slice(0, 200)); } catch {}
  }
  return found;
}"""

# Clicks the first visible button of the first wall that stands there; returns its platform.
_CLICK = """([rows, answer]) => {
  const deep = (selector, root = document) => {
    const found = [...root.querySelectorAll(selector)];
    for (const host of root.querySelectorAll('#usercentrics-root, #usercentrics-cmp-ui'))
      if (host.shadowRoot) found.push(...deep(selector, host.shadowRoot));
    return found;
  };
  const visible = node => {
    const box = node.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && getComputedStyle(node).visibility !== 'hidden';
  };
  for (const row of rows) {
    const walls = deep(row.seen).filter(visible);
    if (!walls.length) continue;
    for (const selector of row[answer] || []) {
      const button = deep(selector).find(visible);
      if (button) { button.click(); return row.platform; }
    }
    const words = row['words_' + answer];
    if (!words) continue;
    for (const wall of walls) {
      for (const node of wall.querySelectorAll('button, a, [role=button], input[type=button]')) {
        const says = (node.innerText || node.value || '').trim().toLowerCase();
        if (visible(node) && words.includes(says)) { node.click(); return row.platform; }
      }
    }
  }
  return null;
}"""
