"""One page of Chromium: going somewhere, asking its scripts, and what its network does."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from spiders.base.cdp import ANSWER_S, BrowserGone, ProtocolError, Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from spiders.base.cdp import Chromium

__all__ = ["VIEWPORT", "NotReached", "Tab", "Visitor"]

VIEWPORT = (1280, 900)
# A page in a minimized window is never painted. Full screen, for without tabs and address bar:
# what moves there while a page loads costs a fifth.
_HIDDEN, _SHOWN, _PAINTED = "minimized", "normal", "fullscreen"
_SMALL = 0.6  # of its size a hidden page is painted in: small words are still read, 16 ms less
_PICTURE_S = 4.0
_QUALITIES = (55, 15)  # of a JPEG; the second only where the first is too heavy
_MAX_PICTURE = 300_000  # bytes
_QUIET_S = 0.25
_STALE_S = 2.0  # a request older than this is a stream or hangs
# Never loaded, wherever they come from; pictures and fonts are off by flags already.
_AD_HOSTS = Path(__file__).with_name("ad_hosts.txt")
_MEDIA = ("mp4", "webm", "m3u8", "mpd", "mp3", "ogg", "mov", "avi", "wav", "m4v", "flv")


class NotReached(Exception):
    """The page could not be loaded; the browser goes on."""


class Visitor(NamedTuple):
    """Who comes: the browser's words about itself, and what it never asks for."""

    user_agent: str
    language: str
    early: str  # a script that runs before those of the page
    unwanted: tuple[str, ...] = ()  # address patterns of media and ads


class Tab:
    """A page that is used again for page after page of one context.

    A hidden one is not painted but for its picture, which spares a third of the cost; its scripts
    get no frames (`still.js` has what stands in for them). `on_request` hears of each address and
    of who asked for it.
    """

    def __init__(self, chromium: Chromium, context: str, target: str, session: Session) -> None:
        self._chromium, self._context, self._target = chromium, context, target
        self._session = session
        self.on_request: Callable[[str, str], None] | None = None
        self.status: int | None = None
        self.crashed = False
        self._hidden = False
        self._window = 0
        self._statuses: dict[str, int] = {}
        self._pending: dict[str, float] = {}
        self._last = 0.0
        self._parsed, self._loaded = asyncio.Event(), asyncio.Event()
        self._worlds: dict[str, str] = {}

    @classmethod
    async def open(cls, chromium: Chromium, context: str, visitor: Visitor, *, hidden: bool) -> Tab:
        made = await chromium.send(
            "Target.createTarget", url="about:blank", browserContextId=context, newWindow=True
        )
        target = made["targetId"]
        joined = await chromium.send("Target.attachToTarget", targetId=target, flatten=True)
        session = Session(chromium, joined["sessionId"])
        tab = cls(chromium, context, target, session)
        tab._hidden = hidden
        session.listen(tab._hear)
        window = await chromium.send("Browser.getWindowForTarget", targetId=target)
        tab._window = window["windowId"]
        await tab._make_window(_HIDDEN if hidden else _PAINTED)
        width, height = VIEWPORT
        setup: tuple[tuple[str, dict[str, Any]], ...] = (
            ("Page.enable", {}),
            ("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0}),
            ("Network.setBypassServiceWorker", {"bypass": True}),
            ("Network.setBlockedURLs", {"urls": list(visitor.unwanted)}),
            ("Emulation.setUserAgentOverride",
             {"userAgent": visitor.user_agent, "acceptLanguage": visitor.language}),
            ("Emulation.setLocaleOverride", {"locale": visitor.language}),
            ("Emulation.setDeviceMetricsOverride",
             {"width": width, "height": height, "mobile": False,
              "deviceScaleFactor": _SMALL if hidden else 1}),
            ("Emulation.setFocusEmulationEnabled", {"enabled": not hidden}),
            ("Page.addScriptToEvaluateOnNewDocument", {"source": visitor.early}),
        )  # fmt: skip
        for method, values in setup:
            await session.send(method, **values)
        return tab

    async def close(self) -> None:
        self._session.end()
        with suppress(ProtocolError):
            await self._chromium.send("Target.closeTarget", targetId=self._target)

    async def _make_window(self, state: str) -> None:
        await self._chromium.send(
            "Browser.setWindowBounds", windowId=self._window, bounds={"windowState": state}
        )

    # -- what it tells

    def _hear(self, event: str, told: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self._on_request(told)
        elif event in ("Network.loadingFinished", "Network.loadingFailed"):
            if self._pending.pop(told["requestId"], None) is not None:
                self._last = _now()
        elif event == "Network.responseReceived":
            if told["type"] == "Document":
                self._statuses[told["loaderId"]] = told["response"]["status"]
        elif event == "Network.webSocketCreated":
            if self.on_request is not None:
                self.on_request(told["url"], _who_asked(told.get("initiator", {})))
        elif event == "Page.domContentEventFired":
            self._parsed.set()
        elif event == "Page.loadEventFired":
            self._parsed.set()
            self._loaded.set()
        elif event == "Page.javascriptDialogOpening":
            leaves = told.get("type") == "beforeunload"
            self._session.tell("Page.handleJavaScriptDialog", accept=leaves)
        elif event == "Runtime.executionContextCreated":
            context = told["context"]
            if context.get("auxData", {}).get("isDefault"):
                self._worlds[context["auxData"]["frameId"]] = context["uniqueId"]
        elif event == "Inspector.targetCrashed":
            self.crashed = True

    def _on_request(self, told: dict[str, Any]) -> None:
        url = told["request"]["url"]
        if url.startswith(("data:", "blob:")):
            return
        self._last = self._pending[told["requestId"]] = _now()
        if self.on_request is not None:
            self.on_request(url, _who_asked(told.get("initiator", {})))

    def is_busy(self) -> bool:
        """Whether the network moved a moment ago or an answer is awaited."""
        now = _now()
        return now - self._last < _QUIET_S or any(
            now - since < _STALE_S for since in self._pending.values()
        )

    # -- going somewhere

    async def go(self, url: str, commit_s: float) -> None:
        """Until the first byte of the page is there; NotReached when it does not come."""
        self._statuses.clear()
        self._pending.clear()
        self._parsed.clear()
        self._loaded.clear()
        try:
            answer = await self._session.send("Page.navigate", commit_s, url=url)
        except TimeoutError:
            raise NotReached(f"no answer in {commit_s:.0f} s") from None
        except ProtocolError as error:
            raise NotReached(str(error)) from error
        if reason := answer.get("errorText"):
            raise NotReached(reason)
        self.status = self._statuses.get(answer.get("loaderId", ""))

    async def loaded(self, parsed_s: float, loaded_s: float) -> None:
        """Until the page is parsed, and then loaded; a wait that ends is no error."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._parsed.wait(), parsed_s)
            await asyncio.wait_for(self._loaded.wait(), loaded_s)

    # -- asking

    async def ask(
        self,
        function: str,
        *arguments: object,
        world: str | None = None,
        timeout_s: float = ANSWER_S,
    ) -> Any:
        """What a function of ours returns in the page; None when it throws or the page left.

        TimeoutError when the page does not answer: it hangs, and its browser is of no more use.
        """
        said = ", ".join(json.dumps(argument, ensure_ascii=False) for argument in arguments)
        where = {"uniqueContextId": world} if world else {}
        for _ in range(2):
            try:
                answer = await self._session.send(
                    "Runtime.evaluate", timeout_s, expression=f"({function})({said})",
                    returnByValue=True, awaitPromise=True, **where,
                )  # fmt: skip
            except ProtocolError:
                self.check()
                if world:
                    return None
                await asyncio.sleep(0.1)
                continue
            if "exceptionDetails" not in answer:
                return answer["result"].get("value")
            return None
        return None

    def check(self) -> None:
        """BrowserGone when the page crashed."""
        if self.crashed or self._chromium.is_gone:
            raise BrowserGone("the page crashed")

    async def frames(self) -> list[tuple[str, str]]:
        """(frame, world) of all frames below the page; a world is where its scripts live."""
        tree = (await self._session.send("Page.getFrameTree"))["frameTree"]
        below = [frame for child in tree.get("childFrames", []) for frame in _ids(child)]
        if not below:
            return []
        self._worlds.clear()
        await self._session.send("Runtime.enable")
        await self._session.send("Runtime.disable")
        return [(frame, self._worlds[frame]) for frame in below if frame in self._worlds]

    async def place_of(self, frame: str) -> tuple[float, float] | None:
        """Where the frame's element stands on the screen."""
        with suppress(ProtocolError):
            await self._session.send("DOM.enable")
            owner = await self._session.send("DOM.getFrameOwner", frameId=frame)
            box = await self._session.send("DOM.getBoxModel", backendNodeId=owner["backendNodeId"])
            x, y = box["model"]["content"][:2]
            return x, y
        return None

    # -- pointer, picture, cookies

    async def move(self, x: float, y: float) -> None:
        """The pointer; a hidden page gets its moves with its next frame, which never comes."""
        await self._session.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    async def click(self, x: float, y: float) -> None:
        if not self._hidden:
            await self.move(x, y)
        for event in ("mousePressed", "mouseReleased"):
            await self._session.send(
                "Input.dispatchMouseEvent", type=event, x=x, y=y, button="left", clickCount=1
            )

    async def picture(self) -> bytes:
        """The viewport as a small JPEG; empty when there is none or it is too heavy.

        A hidden page is painted for this moment. TimeoutError when it does not answer.
        """
        if not self._hidden:
            return await self._capture()
        await self._make_window(_SHOWN)
        try:
            return await self._capture()
        finally:
            with suppress(BrowserGone, ProtocolError, TimeoutError):
                await self._make_window(_HIDDEN)

    async def _capture(self) -> bytes:
        for quality in _QUALITIES:
            shot = await self._session.send(
                "Page.captureScreenshot", _PICTURE_S, format="jpeg", quality=quality
            )
            picture = base64.b64decode(shot["data"])
            if len(picture) <= _MAX_PICTURE:
                return picture
        return b""

    async def cookies(self) -> list[str]:
        """Names of all cookies of this visitor, third parties' too."""
        answer = await self._chromium.send("Storage.getCookies", browserContextId=self._context)
        return [cookie["name"] for cookie in answer["cookies"]]

    async def forget(self) -> None:
        """Become a new visitor: no cookies, nothing stored."""
        await self._chromium.send("Storage.clearCookies", browserContextId=self._context)
        await self.ask("() => { try { localStorage.clear(); sessionStorage.clear() } catch {} }")


def unwanted_addresses() -> tuple[str, ...]:
    """Patterns of media files and of hosts of advertisements (ad_hosts.txt)."""
    lines = _AD_HOSTS.read_text(encoding="utf-8").splitlines()
    hosts = [line for line in lines if line and not line.startswith("#")]
    ads = [pattern for host in hosts for pattern in (f"*://{host}/*", f"*://*.{host}/*")]
    return (*(f"*://*/*.{suffix}*" for suffix in _MEDIA), *ads)


def _who_asked(initiator: dict[str, Any]) -> str:
    """The script whose code asked for an address, else the document that names it."""
    stack = initiator.get("stack")
    while stack:
        for frame in stack.get("callFrames", []):
            if frame.get("url"):
                return str(frame["url"])[:500]
        stack = stack.get("parent")
    return str(initiator.get("url", ""))[:500]


def _ids(tree: dict[str, Any]) -> list[str]:
    children = [frame for child in tree.get("childFrames", []) for frame in _ids(child)]
    return [tree["frame"]["id"], *children]


def _now() -> float:
    return asyncio.get_running_loop().time()
