"""Chromium as a process, and its DevTools protocol over a pipe."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Listener = Callable[[str, dict[str, Any]], None]

__all__ = ["BrowserGone", "Chromium", "ProtocolError", "Session", "sweep_profiles"]

log = logging.getLogger(__name__)

ANSWER_S = 10.0  # for one question asked of the browser or a page
_CLOSE_S = 5.0
_PROFILE = re.compile(r"cxscout-browser-(\d+)-\w+")
# Chromium reads commands from descriptor 3 and answers on 4; ours have other numbers.
_BECOME = "import os, sys; os.dup2({}, 3); os.dup2({}, 4); os.execv(sys.argv[1], sys.argv[1:])"
# Waits for the end of its input, which comes with the end of our process, whatever ended it.
_WATCH = 'read _; kill -9 -- "-$0" "$0" 2>/dev/null; sleep 0.2; rm -rf -- "$1"'


class BrowserGone(Exception):
    """Chromium crashed, hangs or cannot be started; the next page needs a new one."""


class ProtocolError(Exception):
    """Chromium refused a command, or the page went elsewhere while it was asked."""


class Chromium(asyncio.Protocol):
    """A running Chromium: `send` asks it something, `listeners` hear what it tells.

    It leads a process group of its own and dies with us, SIGKILL included: a watcher waits on a
    pipe that only we hold. Its profile is a folder of its own, gone at the end.
    """

    _folder: str
    _process: subprocess.Popen[bytes]
    _watcher: subprocess.Popen[bytes]
    _reading: asyncio.ReadTransport
    _writing: asyncio.WriteTransport

    def __init__(self) -> None:
        self.listeners: dict[str, Listener] = {}  # by session; "" hears of the browser itself
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self._heard = bytearray()
        self._gone = False
        self._killed = False

    @classmethod
    async def launch(cls, executable: str, flags: Sequence[str]) -> Chromium:
        self = cls()
        self._folder = tempfile.mkdtemp(prefix=f"cxscout-browser-{os.getpid()}-")
        commands, ours_out = os.pipe()
        ours_in, answers = os.pipe()
        theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (commands, answers)]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _BECOME.format(*theirs), executable, *flags,
             f"--user-data-dir={self._folder}", "--remote-debugging-pipe"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=theirs, start_new_session=True,
        )  # fmt: skip
        for fd in (commands, answers, *theirs):
            os.close(fd)
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, str(self._process.pid), self._folder],
            stdin=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        self._reading, _ = await loop.connect_read_pipe(
            lambda: self, os.fdopen(ours_in, "rb", buffering=0)
        )
        self._writing, _ = await loop.connect_write_pipe(
            asyncio.Protocol, os.fdopen(ours_out, "wb", buffering=0)
        )
        return self

    @property
    def pid(self) -> int:
        """Of the process that leads the group."""
        return self._process.pid

    @property
    def is_gone(self) -> bool:
        return self._gone

    async def send(
        self, method: str, session: str | None = None, timeout_s: float = ANSWER_S, **params: Any
    ) -> dict[str, Any]:
        """The answer to one command; ProtocolError, BrowserGone or TimeoutError without one."""
        answer = self._ask(method, session, params)
        try:
            return await asyncio.wait_for(answer, timeout_s)
        except asyncio.CancelledError:
            if self._gone:
                raise BrowserGone("Chromium ended") from None
            raise

    def tell(self, method: str, session: str | None = None, **params: Any) -> None:
        """A command whose answer nobody waits for."""
        with suppress(BrowserGone):
            self._ask(method, session, params).add_done_callback(_pass_over)

    def _ask(
        self, method: str, session: str | None, params: dict[str, Any]
    ) -> asyncio.Future[dict[str, Any]]:
        if self._gone:
            raise BrowserGone("Chromium ended")
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[self._number] = answer
        self._writing.write(json.dumps(message).encode("utf-8", "replace") + b"\0")
        return answer

    # -- what the pipe brings

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if 0 in data:
            *messages, rest = self._heard.split(b"\0")
            self._heard = rest
            for message in messages:
                self._hear(json.loads(message))

    def _hear(self, message: dict[str, Any]) -> None:
        number = message.get("id")
        if number is None:
            if listener := self.listeners.get(message.get("sessionId", "")):
                listener(message["method"], message.get("params", {}))
            return
        answer = self._asked.pop(number, None)
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(ProtocolError(message["error"].get("message", "refused")))
        else:
            answer.set_result(message["result"])

    def connection_lost(self, error: Exception | None) -> None:
        self._gone = True
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(BrowserGone("Chromium ended"))
                answer.add_done_callback(_pass_over)
        self._asked.clear()

    # -- the end

    async def close(self) -> None:
        """Ask Chromium to end; what does not end in time is killed, its profile removed."""
        if self._gone and not self._killed and await self._ended(_CLOSE_S):
            log.warning("Chromium ended by itself: exit code %s", self._process.returncode)
        with suppress(BrowserGone, ProtocolError, TimeoutError):
            await self.send("Browser.close", timeout_s=_CLOSE_S)
        if not await self._ended(_CLOSE_S):
            log.warning("Chromium did not end in %.0f s and is killed", _CLOSE_S)
        self.kill()
        await self._ended(_CLOSE_S)
        self._writing.close()
        self._reading.close()
        self._watcher.kill()
        self._watcher.communicate()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _ended(self, seconds: float) -> bool:
        """Whether the process is over within so many seconds."""
        until = asyncio.get_running_loop().time() + seconds
        while self._process.poll() is None:
            if asyncio.get_running_loop().time() > until:
                return False
            await asyncio.sleep(0.02)
        return True

    def kill(self) -> None:
        """End Chromium with all its processes."""
        self._killed = True
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


class Session:
    """A conversation with one target (a page) of a Chromium."""

    def __init__(self, chromium: Chromium, name: str) -> None:
        self.chromium = chromium
        self._name = name

    def listen(self, listener: Listener) -> None:
        self.chromium.listeners[self._name] = listener

    def end(self) -> None:
        self.chromium.listeners.pop(self._name, None)

    async def send(self, method: str, timeout_s: float = ANSWER_S, **params: Any) -> dict[str, Any]:
        return await self.chromium.send(method, self._name, timeout_s, **params)

    def tell(self, method: str, **params: Any) -> None:
        self.chromium.tell(method, self._name, **params)


def sweep_profiles(folder: Path | None = None) -> int:
    """Remove profiles that a killed stage left; how many. Those of running ones stay."""
    removed = 0
    for path in (folder or Path(tempfile.gettempdir())).glob("cxscout-browser-*"):
        match = _PROFILE.fullmatch(path.name)
        if match and not _is_running(int(match[1])) and path.lstat().st_uid == os.geteuid():
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
    return removed


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _pass_over(answer: asyncio.Future[dict[str, Any]]) -> None:
    """An error that nobody waits for is no news."""
    if not answer.cancelled():
        answer.exception()
