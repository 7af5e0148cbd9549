"""One WebSocket connection to a venue, with the faults of its messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from .faults import Fault, with_field, with_new_field

if TYPE_CHECKING:
    from .server import LocalVenue


class Stream:
    """A connection: its `kind` ("private" or "public"), the `topics` it subscribed to, whether it `logged_in`.

    Messages leave in order, by one task. A `silent` connection sends nothing more; a `dead` one leaves even pings
    unanswered.
    """

    def __init__(self, venue: LocalVenue, kind: str, request: web.Request) -> None:
        self.kind = kind
        self.topics: set[str] = set()
        self.logged_in = False
        self.silent = self.dead = False
        self._venue = venue
        self._request = request
        self._socket = web.WebSocketResponse(autoping=False, compress=False)
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._held: str | None = None
        self._first: dict[str, str] = {}
        self._closing: asyncio.Task[None] | None = None

    async def run(self, on_text: Callable[[Stream, str], None]) -> web.StreamResponse:
        """Serves the connection until it ends; `on_text` gets what the client says."""
        role = f"stream connect {self.kind}"
        faults = self._venue.faults.meeting(role)
        refusing = next((fault for fault in faults if fault.kind == "refuse connection"), None)
        if refusing is not None:
            return web.Response(status=refusing.status, text=refusing.body)
        await self._socket.prepare(self._request)
        self._venue.streams.append(self)
        self._note("open", self._request.path)
        self._apply(faults)
        writer = asyncio.create_task(self._write())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.PING and not self.dead:
                    await self._socket.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    self._note("receive", message.data)
                    if not self.dead:
                        on_text(self, message.data)
        except ConnectionError:
            self._note("close", "reset")
        except Exception as error:
            self._venue.errors.append(error)
            raise
        finally:
            self._venue.streams.remove(self)
            self._note("close", str(self._socket.close_code))
            for task in filter(None, (writer, self._closing)):
                task.cancel()
            await asyncio.gather(*filter(None, (writer, self._closing)), return_exceptions=True)
        return self._socket

    def send(self, role: str, message: Any) -> None:
        """Sends a message unless a fault keeps it; `role`: see faults.ROLES."""
        faults = self._venue.faults.meeting(role)
        for fault in faults:
            if fault.kind == "field":
                message = with_field(message, fault.key, fault.value)
            elif fault.kind == "spoiled":
                message = fault.value(message)
            elif fault.kind == "new field":
                message = with_new_field(message)
        text = json.dumps(message, separators=(",", ":"))
        kinds = {fault.kind for fault in faults}
        self._apply(faults)
        if kinds:
            self._note("fault", f"{role}: {', '.join(sorted(kinds))}")
        if "lose" in kinds or self.silent or self.dead:
            return
        if "hold" in kinds and self._held is None:
            self._held = text
            return
        self._put(text[: len(text) // 2] if "garble" in kinds else text)
        if "repeat" in kinds:
            self._put(text)
        if "replay old" in kinds:
            self._put(self._first.get(role, text))
        self._first.setdefault(role, text)
        if self._held is not None:
            self._put(self._held)
            self._held = None

    def end(self, code: int = 1006) -> None:
        """Closes the connection; 1006: without a word."""
        if code == 1006:
            self.abort()
        elif self._closing is None:
            self._closing = asyncio.create_task(self._close(code, 0))

    def abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    def _apply(self, faults: list[Fault]) -> None:
        for fault in faults:
            if fault.kind == "silence":
                self.silent = True
            elif fault.kind == "dead":
                self.dead = True
            elif fault.kind == "close" and self._closing is None:
                self._closing = asyncio.create_task(self._close(fault.code, fault.seconds))

    async def _close(self, code: int, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if code == 1006:
            self.abort()
        else:
            await self._socket.close(code=code)

    def _put(self, text: str) -> None:
        self._queue.put_nowait(text)

    async def _write(self) -> None:
        while True:
            text = await self._queue.get()
            self._note("send", text)
            try:
                await self._socket.send_str(text)
            except ConnectionError:
                return

    def _note(self, what: str, text: str) -> None:
        self._venue.log.stream(self._venue.clock.now(), self.kind, what, text)
