"""The browser: how it is started, and a visitor for each brand."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.errors import TooComplex
from spiders.base.cdp import BrowserGone, Chromium, ProtocolError, sweep_profiles
from spiders.base.render_visit import EARLY, STILL, Rendered, Visit
from spiders.base.tab import NotReached, Tab, Visitor, unwanted_addresses
from spiders.extract.page import ParsedPage
from spiders.extract.technologies import own_chat

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

__all__ = [
    "Browser",
    "BrowserGone",
    "NotReached",
    "Rendered",
    "Site",
    "launch_flags",
]

# Of a brand's pages, beside those whose chat is opened: a picture is a quarter of what a page
# costs, and few brands have more pages opened than this.
_PICTURES = 4

log = logging.getLogger(__name__)

_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--headless",
    "--hide-scrollbars",
    "--no-default-browser-check",
    "--disable-default-apps",
    "--disable-component-extensions-with-background-pages",
    "--disable-client-side-phishing-detection",
    "--disable-back-forward-cache",
    "--disable-field-trial-config",
    "--disable-hang-monitor",
    "--disable-prompt-on-repost",
    "--metrics-recording-only",
    "--disable-breakpad",
    "--password-store=basic",
    "--use-mock-keychain",
    "--ignore-certificate-errors",
    "--force-prefers-reduced-motion",
    # There is nothing to steal from one site by another: no logins, a new visitor for each brand.
    # One process for a page and its frames costs less; the sandbox stays between it and us.
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process,Translate,MediaRouter,OptimizationHints,"
    "DialMediaRouteProvider,HttpsUpgrades,PaintHolding,AutofillServerCommunication,"
    "NetworkTimeServiceQuerying,"  # asks a server of Google what time it is
    # Parts of the browser's own windows, each a process; and pictures of tabs that nobody points at
    "PreloadTopChromeWebUI,WebUIOmniboxPopup,WebUIOmniboxAimPopup,TabHoverCardImages",
    "--no-startup-window",
    # Pages are looked at in a hidden window, where their timers must go on as in any other.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
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
# When a browser has done enough: it grows by little, but what leaks ends with it.
_MAX_PAGES = 600
_MAX_AGE_S = 1800.0
_MAX_MB = 1500.0
_WEIGH_EVERY = 25


def launch_flags(as_root: bool) -> list[str]:
    """Chromium's flags; its sandbox cannot start as root, so only then it is off."""
    if as_root:
        _warn_of_root()
    return [*_FLAGS, "--no-sandbox"] if as_root else list(_FLAGS)


@cache
def _warn_of_root() -> None:
    log.warning("running as root: Chromium's sandbox is off; run cxscout as an ordinary user")


class Browser:
    """One Chromium for a batch of brands; `async with` it, and `site()` for each brand.

    All its traffic goes to `proxy`. It wears out: after so many pages, so long, or with so much
    memory `is_worn_out` says that the next brand should get a new one. What hangs or crashed
    raises BrowserGone.
    """

    def __init__(self, executable: str, proxy: str, user_agent: str) -> None:
        self._executable = executable
        self._proxy = proxy
        self._user_agent = user_agent
        self.pages = 0
        self._weighed = (0, 0.0)  # at which page, and the memory then

    async def __aenter__(self) -> Browser:
        sweep_profiles()
        flags = launch_flags(hasattr(os, "geteuid") and os.geteuid() == 0)
        try:
            async with asyncio.timeout(_START_S):
                self._chromium = await Chromium.launch(
                    self._executable, [*flags, f"--proxy-server={self._proxy}"]
                )
                self._begun = asyncio.get_running_loop().time()
                self._chromium.listeners[""] = self._hear
                await self._chromium.send("Target.setDiscoverTargets", discover=True)
        except (BrowserGone, OSError, ProtocolError, TimeoutError) as error:
            await self.__aexit__()
            raise BrowserGone(f"the browser does not start: {error}") from error
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        if hasattr(self, "_chromium"):
            await self._chromium.close()

    def _hear(self, event: str, told: dict[str, Any]) -> None:
        """A page that another one opened is closed at once."""
        if event == "Target.targetCreated":
            target = told["targetInfo"]
            if target["type"] == "page" and target.get("openerId"):
                self._chromium.tell("Target.closeTarget", targetId=target["targetId"])

    def is_worn_out(self) -> bool:
        """Weighed every few pages only: asking for the memory of ten processes costs 100 ms."""
        if self.pages - self._weighed[0] >= _WEIGH_EVERY:
            self._weighed = self.pages, memory_mb(self._chromium.pid)
        return (
            self._chromium.is_gone
            or self.pages >= _MAX_PAGES
            or asyncio.get_running_loop().time() - self._begun > _MAX_AGE_S
            or self._weighed[1] > _MAX_MB
        )

    @asynccontextmanager
    async def site(self, language: str, *, hidden: bool = True) -> AsyncIterator[Site]:
        """A new visitor for one brand: no cookies, no cache, nothing from the brand before."""
        try:
            context = await self._new_context()
        except (ProtocolError, TimeoutError) as error:
            raise BrowserGone(f"no new visitor: {error}") from error
        visitor = Visitor(self._user_agent, language, EARLY, unwanted_addresses())
        site = Site(self._chromium, context, visitor, hidden=hidden)
        try:
            yield site
        finally:
            with suppress(BrowserGone, ProtocolError, TimeoutError):
                await self._chromium.send("Target.disposeBrowserContext", browserContextId=context)

    async def _new_context(self) -> str:
        made = await self._chromium.send(
            "Target.createBrowserContext", disposeOnDetach=True, proxyServer=self._proxy,
            proxyBypassList="<-loopback>",
        )  # fmt: skip
        context = str(made["browserContextId"])
        await self._chromium.send(
            "Browser.setDownloadBehavior", behavior="deny", browserContextId=context
        )
        return context


class Site:
    """A visitor of one brand: a page that looks and, once there is a chat, one that is painted."""

    def __init__(self, chromium: Chromium, context: str, visitor: Visitor, *, hidden: bool) -> None:
        self._chromium, self._context = chromium, context
        self._hidden = hidden
        self._visitors = {False: visitor, True: visitor._replace(early=STILL + EARLY)}
        self._tab: Tab | None = None
        self._pictures_left = _PICTURES

    async def render(
        self, url: str, consent: str, *, open_chat: bool = False, deadline_s: float = 30.0
    ) -> Rendered:
        """Open `url`, look in phases, and answer a consent wall (`reject` first, or `accept`).

        With `open_chat` a chat that is seen is opened by a click in a painted page and read.
        Raises NotReached when there is no page, BrowserGone when the browser crashed and
        TimeoutError when the page is not over in time: both leave the browser unusable.
        """
        try:
            async with asyncio.timeout(deadline_s):
                if self._tab is None:
                    self._tab = await self._open(hidden=self._hidden)
                visit = Visit(self._tab, consent, is_still=self._hidden)
                rendered = await visit.run(url)
        except TimeoutError:
            self._chromium.kill()
            raise
        except ProtocolError as error:
            raise NotReached(str(error)) from error
        if open_chat and (visit.chat_seen() or _has_own_chat(rendered)):
            await self._read_chat(rendered, visit, deadline_s)
        if not rendered.screenshot and self._pictures_left:
            self._pictures_left -= 1
            rendered.screenshot = await _optional(visit.picture())
            if not rendered.screenshot:
                await self._leave_tab()
        return rendered

    async def _leave_tab(self) -> None:
        """The page perhaps hangs, and the next one gets another window."""
        tab, self._tab = self._tab, None
        if tab is not None:
            with suppress(BrowserGone, TimeoutError):
                await tab.close()

    async def _open(self, *, hidden: bool) -> Tab:
        """A page of its own; no page is to blame when there is none."""
        visitor = self._visitors[hidden]
        try:
            return await Tab.open(self._chromium, self._context, visitor, hidden=hidden)
        except (ProtocolError, TimeoutError) as error:
            raise BrowserGone(f"no new page: {error}") from error

    async def _read_chat(self, rendered: Rendered, seen: Visit, deadline_s: float) -> None:
        """Once more, painted, up to the chat; what goes wrong here costs the chat's words only."""
        accepts = "accept" if "accept" in rendered.consent else "reject"
        tab = None
        try:
            async with asyncio.timeout(deadline_s):
                tab = await self._open(hidden=False)
                visit = Visit(tab, accepts, is_still=False)
                await visit.run(rendered.url, until_chat=True)
                rendered.screenshot = await _optional(visit.picture())
                rendered.chat = await visit.read_chat(seen.chat_marks())
                if rendered.chat["opened"]:
                    rendered.chat_screenshot = await _optional(tab.picture())
                await tab.forget()
        except (BrowserGone, NotReached, ProtocolError, TimeoutError) as error:
            log.warning("the chat of %s could not be opened: %s", rendered.url, error)
        finally:
            if tab is not None and not self._chromium.is_gone:
                with suppress(BrowserGone, TimeoutError):
                    await tab.close()


async def _optional(picture: Awaitable[bytes]) -> bytes:
    """A picture is not worth a page: what goes wrong with it costs nothing else."""
    try:
        return await picture
    except (BrowserGone, ProtocolError, TimeoutError) as error:
        log.warning("no picture: %s", error or "no answer in time")
        return b""


def _has_own_chat(rendered: Rendered) -> bool:
    """Whether the shop made a chat itself, which no vendor's mark tells."""
    if "chat" not in rendered.html.lower():
        return False
    with suppress(TooComplex):
        return bool(own_chat(ParsedPage(rendered.html, rendered.final_url), is_rendered=True))
    return False


def memory_mb(leader: int) -> float:
    """Proportional memory of a process group; 0 where the system does not tell."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            if os.getpgid(int(folder.name)) == leader:
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
