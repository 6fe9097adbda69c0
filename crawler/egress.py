"""A filtering proxy on loopback: the only way out for the browser.

Inside a browser no rule of ours holds: redirects, WebSockets, preconnects and DNS tricks pass by
request interception. So the browser is told to send everything through this proxy, which resolves
each name itself and asks the same AddressRules as the crawler at the moment of connecting.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.errors import Refused
from crawler.guard import AddressRules, RefusedAddress, check_url

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["EgressProxy"]

_MAX_HEAD = 64 * 1024
_IDLE_S = 30.0
_CONNECT_S = 10.0
_MAX_BYTES = 30 * 1024 * 1024  # of one connection in one direction; a film ends there


@dataclass
class EgressProxy:
    """Serves from `start()` to `close()`; `refused` counts connections that the rules forbade.

    `upstream` is the study's own proxy: then every request is handed on to it, and nothing else
    is connected to.
    """

    rules: AddressRules = field(default_factory=AddressRules)
    upstream: str | None = None
    refused: int = 0
    port: int = 0
    _closing: bool = field(default=False, repr=False)
    _server: asyncio.Server | None = field(default=None, repr=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, limit=_MAX_HEAD, family=socket.AF_INET
        )
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def close(self) -> None:
        self._closing = True
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _IDLE_S)
            await self._answer(head, reader, writer)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the browser sees a closed connection, as with any unreachable host
        except asyncio.CancelledError:
            if not self._closing:  # else ours: asyncio's streams complain of a cancelled one
                raise
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        tunnel = method == "CONNECT"
        url = f"https://{target}/" if tunnel else target
        try:
            check_url(url)
            far_reader, far_writer = await self._connect(url)
        except (Refused, RefusedAddress):
            self.refused += 1
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        except (OSError, TimeoutError):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        if tunnel and self.upstream is None:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            far_writer.write(head if tunnel else self._one_request(head, target))
        try:
            if not tunnel:
                writer.write(await _closing_head(far_reader))
            await _both(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            far_writer.close()

    def _one_request(self, head: bytes, target: str) -> bytes:
        """The head for the origin, which is asked to close: one request, one connection."""
        first, rest = head.split(b"\r\n", 1)
        if self.upstream is None:
            method, _, version = first.split(b" ", 2)
            parts = urlsplit(target)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            first = b" ".join((method, path.encode("latin-1"), version))
        kept = [
            line
            for line in rest.split(b"\r\n")
            if line and not line.lower().startswith((b"proxy-", b"connection:"))
        ]
        upgrade = any(line.lower().startswith(b"upgrade:") for line in kept)
        kept.append(b"Connection: Upgrade" if upgrade else b"Connection: close")
        return b"\r\n".join((first, *kept)) + b"\r\n\r\n"

    async def _connect(self, url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Resolve once, judge every address, connect to the first that is allowed."""
        parts = urlsplit(self.upstream or url)
        port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        refusal: RefusedAddress | None = None
        for family, *_, address in found:
            try:
                self.rules.check(str(address[0]), port)
            except RefusedAddress as error:
                refusal = error
                continue
            connecting = asyncio.open_connection(str(address[0]), port, family=family)
            return await asyncio.wait_for(connecting, _CONNECT_S)
        raise refusal or OSError(f"{parts.hostname} has no address")


async def _closing_head(reader: asyncio.StreamReader) -> bytes:
    """The head of the answer, which tells the browser that the connection ends with it.

    Many servers close without saying so; a browser would send its next request into the closing.
    """
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _IDLE_S)
    if head.partition(b" ")[2][:1] == b"1":  # interim, or an upgrade that goes on
        return head
    lines = [
        line
        for line in head.split(b"\r\n")
        if line and not line.lower().startswith((b"connection:", b"keep-alive:"))
    ]
    return b"\r\n".join((*lines, b"Connection: close")) + b"\r\n\r\n"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    left = _MAX_BYTES
    while left > 0 and (data := await asyncio.wait_for(reader.read(65536), _IDLE_S)):
        left -= len(data)
        writer.write(data)
        await writer.drain()


async def _both(up: Awaitable[None], down: Awaitable[None]) -> None:
    """Until the far side has said all, or either side is gone."""
    sending = asyncio.ensure_future(up)
    try:
        await down
    finally:
        sending.cancel()
        with suppress(OSError, TimeoutError, asyncio.CancelledError):
            await sending
