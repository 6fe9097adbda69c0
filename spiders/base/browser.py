"""The browser: which one there is, how it is started, and one page opened in it."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.async_api import Error as BrowserError
from playwright.async_api import async_playwright

from spiders.base.render_visit import EARLY, Rendered, Visit

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import BrowserContext, Dialog, Page, Playwright

__all__ = ["Browser", "BrowserGone", "Rendered", "find_browser", "launch_flags"]

log = logging.getLogger(__name__)

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
    "--autoplay-policy=user-gesture-required",
    "--js-flags=--max-old-space-size=512",  # MB a page; beyond it the page crashes, not we
    # Half the cost of a page (docs/browser.md): nobody looks at pictures and fonts here.
    "--blink-settings=imagesEnabled=false",
    "--disable-remote-fonts",
    # Loopback must pass the filtering proxy too, or a page could reach our own machine.
    "--proxy-bypass-list=<-loopback>",
    # Only the proxy resolves names, and WebRTC has no way around it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
_START_S = 40.0
_CLOSE_S = 5.0
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
    if as_root:
        _warn_of_root()
    return [*_FLAGS, "--no-sandbox"] if as_root else list(_FLAGS)


@cache
def _warn_of_root() -> None:
    log.warning("running as root: Chromium's sandbox is off; run cxscout as an ordinary user")


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
        self._watcher: subprocess.Popen[bytes] | None = None
        self._crashed = False

    async def __aenter__(self) -> Browser:
        self._playwright: Playwright = await async_playwright().start()
        try:
            async with asyncio.timeout(_START_S):
                await self._start()
        except (BrowserError, TimeoutError) as error:
            await self._end()
            raise BrowserGone(f"the browser does not start: {_first_line(error)}") from error
        except BaseException:
            await self._end()
            raise
        return self

    async def _start(self) -> None:
        self._chromium: Chromium = await self._playwright.chromium.launch(
            executable_path=self._executable,
            args=launch_flags(hasattr(os, "geteuid") and os.geteuid() == 0),
            proxy={"server": self._proxy},
            handle_sigint=False,
            handle_sigterm=False,
        )
        self._pid = await self._chromium_pid()
        if self._pid is not None:
            self._watcher = _watch(self._pid)
        self._context = await self._new_context()
        await self._context.add_init_script(EARLY)
        self._page: Page = await self._context.new_page()
        self._page.on("dialog", _dismiss)
        self._page.on("crash", self._on_crash)
        self._context.on("page", self._close_popup)

    def _on_crash(self, page: Page) -> None:
        self._crashed = True

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
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher.communicate()

    def _kill(self) -> None:
        """End Chromium with all its processes; it leads a process group of its own."""
        if self._pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                if os.getpgid(self._pid) == os.getpgid(0):
                    os.kill(self._pid, signal.SIGKILL)
                else:
                    os.killpg(os.getpgid(self._pid), signal.SIGKILL)

    async def render(
        self, url: str, consent: str, *, open_chat: bool = False, deadline_s: float = 30.0
    ) -> Rendered:
        """Open `url`, look in phases, and answer a consent wall (`reject` first, or `accept`).

        With `open_chat` a chat that is seen is opened by a click and read. Raises BrowserGone
        when the browser crashed and TimeoutError when the page is not over in time: both leave
        the browser unusable.
        """
        visit = Visit(self._context, self._page, consent, open_chat)
        try:
            async with asyncio.timeout(deadline_s):
                return await visit.run(url)
        except TimeoutError:
            self._kill()
            raise
        except BrowserError as error:
            if not self._crashed and self._chromium.is_connected() and not self._page.is_closed():
                raise
            raise BrowserGone(_first_line(error)) from error
        finally:
            visit.stop()


async def _dismiss(dialog: Dialog) -> None:
    with suppress(BrowserError):
        if dialog.type == "beforeunload":
            await dialog.accept()
        else:
            await dialog.dismiss()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200]


# Waits for the end of its input, which comes with the end of our process, whatever ended it.
_WATCH = 'read _; kill -9 -- "-$0" "$0" 2>/dev/null'


def _watch(pid: int) -> subprocess.Popen[bytes] | None:
    """A watcher that kills Chromium's process group when we are gone, SIGKILL included."""
    if os.name != "posix" or os.getpgid(pid) == os.getpgid(0):
        return None
    return subprocess.Popen(
        ["/bin/sh", "-c", _WATCH, str(pid)], stdin=subprocess.PIPE, start_new_session=True
    )
