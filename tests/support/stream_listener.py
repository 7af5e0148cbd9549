"""Listens to an exchange's streams, which are watched over with little patience."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from passivtui.exchanges.base import Exchange
from passivtui.exchanges.events import Event, StreamChanged, StreamState
from passivtui.exchanges.stream_timing import StreamTiming

PATIENCE: Final = 20.0  # seconds that anything may take at most; nothing waits so long when all is well

#: The same watch as ever, but nobody waits half a minute.
HURRIED: Final = StreamTiming(
    candle_silence=2.0,
    order_silence=0.3,
    subscribing=0.2,
    look_every=0.02,
    settle=0.02,
    first_pause=0.02,
    longest_pause=0.2,
    closing=1.0,
)


class Listener:
    """Keeps what an exchange tells, and waits for some of it."""

    def __init__(self, exchange: Exchange) -> None:
        self.heard: list[Event] = []
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._listen(exchange))

    async def _listen(self, exchange: Exchange) -> None:
        async with aclosing(exchange.events()) as events:
            async for event in events:
                self.heard.append(event)
                self._more.set()

    async def until(self, wanted: Callable[[Event], bool], after: int = 0, seconds: float = PATIENCE) -> int:
        """The number of events up to the first wanted one among those after the first `after`."""
        async with asyncio.timeout(seconds):
            while True:
                for number, event in enumerate(self.heard[after:], after + 1):
                    if wanted(event):
                        return number
                if self._task.done():
                    await self._task
                self._more.clear()
                await self._more.wait()

    async def pause(self) -> None:
        """Let the streams say what they have to; raises what ended the listening."""
        await asyncio.sleep(0.005)
        if self._task.done():
            await self._task

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def subscribed(listener: Listener, after: int = 0) -> int:
    """The stream is open, and what happened while it was being opened is to be read."""
    up = await listener.until(is_health(StreamState.UP), after)
    return await listener.until(is_health(StreamState.UP), up)


def is_health(state: StreamState, stream: str = "orders") -> Callable[[Event], bool]:
    return lambda event: isinstance(event, StreamChanged) and (event.stream, event.state) == (stream, state)
