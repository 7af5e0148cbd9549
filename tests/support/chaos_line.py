"""The line between a bot's process and the world it lives in: requests go out, answers come back with the time.

Each message is a pickle with its length in front, between a test's own processes. The world serves one request at a
time and moves the clock only when it is told to, so that a run is the same for the same seed.
"""

from __future__ import annotations

import asyncio
import os
import pickle
from collections import deque
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from itertools import count
from struct import Struct
from typing import Any

from passivtui.errors import VenueError
from passivtui.exchanges.base import Traits
from passivtui.exchanges.errors import RateLimited, Rejected
from passivtui.exchanges.events import Event
from passivtui.exchanges.virtual_clock import ManualClock

_LENGTH = Struct("!I")


@dataclass(frozen=True, slots=True)
class Message:
    """What a bot's process says. `kind`: "call" of a venue's method, "point" that it passes, "advance" to a time."""

    number: int
    kind: str
    name: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    sent_ms: int = 0  # by the process's clock


@dataclass(frozen=True, slots=True)
class Reply:
    """What it is told: a result or an exception, the time, how far its own clock is off, and the venue's news."""

    number: int
    now_ms: int
    result: Any = None
    error: tuple[type[Exception], tuple[Any, ...]] | None = None  # its class and what to make it of
    skew_ms: int = 0
    news: tuple[Event, ...] = ()


async def read_message(reader: asyncio.StreamReader) -> Any:
    """The next message; None when the other side is gone."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        return pickle.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def write_message(writer: asyncio.StreamWriter, message: Message | Reply) -> None:
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    writer.write(_LENGTH.pack(len(body)) + body)


class LineClock(ManualClock):
    """The world's time as it was told last, and what the process's calendar shows, which may be off."""

    def __init__(self) -> None:
        super().__init__(0)
        self.skew_ms = 0

    def hear(self, now_ms: int, skew_ms: int) -> None:
        self._now_ms, self.skew_ms = max(self._now_ms, now_ms), skew_ms

    def calendar(self) -> int:
        return self() + self.skew_ms

    def elapsed(self) -> float:
        return self() / 1000.0


class Line:
    """The bot's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clock = LineClock()
        self.news: deque[Event] = deque()
        self.has_news = asyncio.Event()
        self.bot: Any = None
        self._reader, self._writer = reader, writer
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._listening = asyncio.create_task(self._listen())

    async def ask(self, kind: str, name: str, *arguments: Any, **options: Any) -> Any:
        """Send a message and wait for what the world says to it; its exceptions are raised here."""
        message = Message(next(self._numbers), kind, name, arguments, options, self.clock())
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[message.number] = answer
        write_message(self._writer, message)
        return await answer

    async def _listen(self) -> None:
        while (reply := await read_message(self._reader)) is not None:
            self.clock.hear(reply.now_ms, reply.skew_ms)
            self.news.extend(reply.news)
            if reply.news:
                self.has_news.set()
            answer = self._waiting.pop(reply.number)
            if answer.done():
                continue
            if reply.error is None:
                answer.set_result(reply.result)
            else:
                kind, arguments = reply.error
                answer.set_exception(kind(*arguments))
        os._exit(1)  # the world is over; nobody will ever answer

    async def close(self) -> None:
        self._listening.cancel()
        self._writer.close()


class LineExchange:
    """The world's venue, over the line."""

    def __init__(self, line: Line, traits: Traits) -> None:
        self._line = line
        self.traits = traits

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any, **options: Any) -> Any:
            return await self._line.ask("call", name, *arguments, **options)

        return call

    def watch_candles(self, symbols: Collection[str]) -> None:
        """The world's venue tells of every market."""

    async def events(self) -> AsyncIterator[Event]:
        await self._line.ask("call", "listen")
        while True:
            while self._line.news:
                yield self._line.news.popleft()
            self._line.has_news.clear()
            await self._line.has_news.wait()

    async def close(self) -> None:
        """The bot's connection; the venue stays."""


def as_error(error: VenueError) -> tuple[type[Exception], tuple[Any, ...]]:
    """An exception in a form that arrives whole."""
    if isinstance(error, RateLimited):
        return type(error), (str(error), error.retry_after_seconds)
    if isinstance(error, Rejected):
        return type(error), (str(error), error.reason)
    return type(error), (str(error),)
