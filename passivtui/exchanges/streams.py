"""A venue's streams, watched over: opened, listened to, and opened again when they break off or fall silent.

A stream that is connected but subscribed to nothing looks healthy and brings nothing. So each is held to what it must
bring: candles at least every half a minute, and on the order stream each order of ours soon after it was confirmed.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from passivtui.clock import Clock
from passivtui.exchanges.base import Order, OrderStatus
from passivtui.exchanges.bounded_ends import end_tasks, shut
from passivtui.exchanges.candle_stream import CandleStream
from passivtui.exchanges.ccxt_calls import said
from passivtui.exchanges.ccxt_client import CcxtExchange, ccxt_package, raise_unreadable
from passivtui.exchanges.errors import Unreadable
from passivtui.exchanges.events import Event, FillSeen, OrderChanged, StreamChanged, StreamState
from passivtui.exchanges.readings import rows
from passivtui.exchanges.stream_timing import StreamTiming

if TYPE_CHECKING:
    from passivtui.exchanges.ccxt_exchange import CcxtVenue

_MOST_WAITING: Final = 5_000
_REMEMBERED: Final = 1_000


class Streams:
    """The events of one account: a private stream for orders and fills, a public one for candles."""

    def __init__(
        self,
        venue: CcxtVenue,
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        timing: StreamTiming | None = None,
    ) -> None:
        self._venue = venue
        self._clock = clock
        self._sleep = sleep
        self._timing = timing or StreamTiming()
        self._news: deque[Event] = deque()
        self._has_news = asyncio.Event()
        self._expected: dict[str, float] = {}  # client id → when its message is overdue
        self._told: deque[str] = deque(maxlen=_REMEMBERED)  # client ids that the stream spoke of
        self._stages: dict[str, tuple[bool, float]] = {}  # order id → whether it ended, and how much was filled
        self._private_up = False
        self._candles = CandleStream(venue, self._tell, clock=clock, sleep=sleep, timing=self._timing)
        self._is_closed = False
        self._tasks: list[asyncio.Task[None]] = []

    # ------------------------------------------------------------ for the exchange

    def watch_candles(self, symbols: frozenset[str]) -> None:
        self._candles.watch(symbols)

    def expect(self, client_id: str) -> None:
        """An order was confirmed: the order stream must speak of it, if it hasn't already."""
        if self._private_up and client_id not in self._told:
            self._expected[client_id] = _loop_time() + self._timing.order_silence

    async def events(self) -> AsyncIterator[Event]:
        self._tasks = [asyncio.create_task(self._keep_private()), asyncio.create_task(self._candles.keep())]
        try:
            while not self._is_closed:
                while self._news:
                    yield self._news.popleft()
                self._has_news.clear()
                waiting = asyncio.create_task(self._has_news.wait())
                await asyncio.wait([waiting, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                for task in [task for task in self._tasks if task.done()]:
                    self._tasks.remove(task)
                    await task  # a fault of this program: the reader must know
        finally:
            await self._stop()

    async def close(self) -> None:
        self._is_closed = True
        self._has_news.set()
        await self._stop()

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        await end_tasks(tasks, self._timing.closing)

    # ------------------------------------------------------------ what is told

    def _tell(self, event: Event) -> None:
        if len(self._news) >= _MOST_WAITING:
            self._drop()
        self._news.append(event)
        self._has_news.set()

    def _drop(self) -> None:
        """The reader is too slow: rather than grow, forget, and have everything read anew."""
        self._news.clear()
        self._news.append(self._health("orders", StreamState.UP, "the reader was too slow", refetch=True))

    def _health(self, stream: str, state: StreamState, reason: str, *, refetch: bool) -> StreamChanged:
        return StreamChanged(stream, state, reason, self._clock(), refetch)

    # ------------------------------------------------------------ orders and fills

    async def _keep_private(self) -> None:
        if not self._venue.traits.has_private_stream:
            return
        pause = self._timing.first_pause
        while not self._is_closed:
            client = self._venue.stream_client(with_keys=True)
            try:
                self._told.clear()
                reason, state = await self._follow_private(client)
                pause = self._timing.first_pause if self._told else pause
            except Exception as error:
                reason, state = said(error), StreamState.DOWN
                if isinstance(error, ccxt_package().AuthenticationError):
                    state = StreamState.REFUSED
            finally:
                self._private_up = False
                self._expected.clear()
                await shut(client, self._timing.closing)
            self._tell(self._health("orders", state, reason, refetch=True))
            if state is StreamState.REFUSED:
                return
            await self._sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2.0, self._timing.longest_pause)

    async def _follow_private(self, client: CcxtExchange) -> tuple[str, StreamState]:
        """Listen until the stream must be opened anew; why, and how it ended."""
        listeners = [
            asyncio.create_task(self._listen_orders(client)),
            asyncio.create_task(self._listen_fills(client)),
            asyncio.create_task(self._watch_over(client)),
        ]
        try:
            done, _ = await asyncio.wait(listeners, return_when=asyncio.FIRST_COMPLETED)
            await next(iter(done))
            return "an order of ours was not told of", StreamState.SILENT
        finally:
            await end_tasks(listeners, self._timing.closing)

    async def _watch_over(self, client: CcxtExchange) -> None:
        """Tell when the stream is up; return when a message is overdue."""
        while not _is_connected(client):  # noqa: ASYNC110 -- ccxt tells nobody
            await asyncio.sleep(self._timing.settle)
        self._tell(self._health("orders", StreamState.UP, "", refetch=True))
        await asyncio.sleep(self._timing.subscribing)
        self._private_up = True
        self._tell(self._health("orders", StreamState.UP, "what happened while subscribing", refetch=True))
        while not any(overdue <= _loop_time() for overdue in self._expected.values()):
            raise_unreadable(client)
            await asyncio.sleep(self._timing.look_every)

    async def _listen_orders(self, client: CcxtExchange) -> None:
        while True:
            for raw in rows(await client.watch_orders(), "order"):
                with suppress(Unreadable):  # the next read brings what can't be read here
                    order = self._venue.read("an order", lambda raw=raw: self._venue.order(raw))  # type: ignore[misc]
                    self._expected.pop(order.client_id, None)
                    self._told.append(order.client_id)
                    if self._is_news(order):
                        self._tell(OrderChanged(order))

    def _is_news(self, order: Order) -> bool:
        """Whether it is no old word: an order that ended stays so, and what was filled never grows less."""
        stage = (order.status not in (OrderStatus.OPEN, OrderStatus.UNKNOWN), order.filled)
        if stage < self._stages.get(order.id, stage):
            return False
        self._stages[order.id] = stage
        if len(self._stages) > _REMEMBERED:
            del self._stages[next(iter(self._stages))]
        return True

    async def _listen_fills(self, client: CcxtExchange) -> None:
        while True:
            for raw in rows(await client.watch_my_trades(), "fill"):
                with suppress(Unreadable):
                    fill = self._venue.read("a fill", lambda raw=raw: self._venue.fill(raw))  # type: ignore[misc]
                    self._tell(FillSeen(fill))


def _is_connected(client: CcxtExchange) -> bool:
    """Whether a WebSocket of the client is open."""
    return any(getattr(socket.connected, "done", lambda: False)() for socket in client.clients.values())


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
