"""A venue's streams, watched over: opened, listened to, and opened again when they break off or fall silent.

A stream that is connected but subscribed to nothing looks healthy and brings nothing. So each is held to what it must
bring: candles at least every half a minute, and on the order stream each order of ours soon after it was confirmed.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from passivtui.clock import MINUTE_MS, Clock
from passivtui.exchanges import ccxt_readings as readings_of
from passivtui.exchanges.ccxt_calls import said
from passivtui.exchanges.ccxt_client import CcxtExchange, ccxt_package
from passivtui.exchanges.errors import Unreadable
from passivtui.exchanges.events import CandleUpdated, Event, FillSeen, OrderChanged, StreamChanged, StreamState
from passivtui.exchanges.readings import rows

if TYPE_CHECKING:
    from passivtui.exchanges.ccxt_exchange import CcxtVenue

CANDLE_SILENCE: Final = 30.0  # seconds; a market that trades brings several candles in them
ORDER_SILENCE: Final = 10.0  # from an order's confirmation to its message
_LOOK_EVERY: Final = 1.0
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_SETTLE: Final = 0.05
_SUBSCRIBING: Final = 3.0
_MOST_WAITING: Final = 5_000
_REMEMBERED: Final = 1_000


class Streams:
    """The events of one account: a private stream for orders and fills, a public one for candles."""

    def __init__(
        self, venue: CcxtVenue, *, clock: Clock, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._venue = venue
        self._clock = clock
        self._sleep = sleep
        self._news: deque[Event] = deque()
        self._has_news = asyncio.Event()
        self._expected: dict[str, float] = {}  # client id → when its message is overdue
        self._told: deque[str] = deque(maxlen=_REMEMBERED)  # client ids that the stream spoke of
        self._private_up = False
        self._candles: frozenset[str] = frozenset()
        self._candles_changed = asyncio.Event()
        self._is_closed = False
        self._tasks: list[asyncio.Task[None]] = []

    # ------------------------------------------------------------ for the exchange

    def watch_candles(self, symbols: frozenset[str]) -> None:
        if symbols != self._candles:
            self._candles = symbols
            self._candles_changed.set()

    def expect(self, client_id: str) -> None:
        """An order was confirmed: the order stream must speak of it, if it hasn't already."""
        if self._private_up and client_id not in self._told:
            self._expected[client_id] = _loop_time() + ORDER_SILENCE

    async def events(self) -> AsyncIterator[Event]:
        self._tasks = [asyncio.create_task(self._keep_private()), asyncio.create_task(self._keep_candles())]
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
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

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
        pause = _FIRST_PAUSE
        while not self._is_closed:
            client = self._venue.stream_client(with_keys=True)
            try:
                self._told.clear()
                reason, state = await self._follow_private(client)
                pause = _FIRST_PAUSE if self._told else pause
            except Exception as error:
                reason, state = said(error), StreamState.DOWN
                if isinstance(error, ccxt_package().AuthenticationError):
                    state = StreamState.REFUSED
            finally:
                self._private_up = False
                self._expected.clear()
                await _shut(client)
            self._tell(self._health("orders", state, reason, refetch=True))
            if state is StreamState.REFUSED:
                return
            await self._sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2.0, _LONGEST_PAUSE)

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
            await _end(listeners)

    async def _watch_over(self, client: CcxtExchange) -> None:
        """Tell when the stream is up; return when a message is overdue."""
        while not _is_connected(client):  # noqa: ASYNC110 -- ccxt tells nobody
            await asyncio.sleep(_SETTLE)
        self._tell(self._health("orders", StreamState.UP, "", refetch=True))
        await asyncio.sleep(_SUBSCRIBING)  # ccxt doesn't tell when a subscription takes effect
        self._private_up = True
        self._tell(self._health("orders", StreamState.UP, "what happened while subscribing", refetch=True))
        while not any(overdue <= _loop_time() for overdue in self._expected.values()):  # noqa: ASYNC110 -- it is time
            await asyncio.sleep(_LOOK_EVERY)

    async def _listen_orders(self, client: CcxtExchange) -> None:
        while True:
            for raw in rows(await client.watch_orders(), "order"):
                with suppress(Unreadable):  # the next read brings what can't be read here
                    order = self._venue.read("an order", lambda raw=raw: self._venue.order(raw))  # type: ignore[misc]
                    self._expected.pop(order.client_id, None)
                    self._told.append(order.client_id)
                    self._tell(OrderChanged(order))

    async def _listen_fills(self, client: CcxtExchange) -> None:
        while True:
            for raw in rows(await client.watch_my_trades(), "fill"):
                with suppress(Unreadable):
                    fill = self._venue.read("a fill", lambda raw=raw: self._venue.fill(raw))  # type: ignore[misc]
                    self._tell(FillSeen(fill))

    # ------------------------------------------------------------ candles

    async def _keep_candles(self) -> None:
        """One listener per watched market, on one client; all anew when one falls silent."""
        pause = _FIRST_PAUSE
        while not self._is_closed:
            if not self._candles:
                await self._candles_changed.wait()
                self._candles_changed.clear()
                continue
            client = self._venue.stream_client(with_keys=False)
            try:
                await self._follow_candles(client)
                pause = _FIRST_PAUSE
                continue
            except TimeoutError as error:
                reason, state = str(error), StreamState.SILENT
            except Exception as error:
                reason, state = said(error), StreamState.DOWN
            finally:
                await _shut(client)
            for symbol in sorted(self._candles):
                self._tell(self._health(f"candles {symbol}", state, reason, refetch=True))
            await self._sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2.0, _LONGEST_PAUSE)

    async def _follow_candles(self, client: CcxtExchange) -> None:
        """Listen until the wanted markets change, or raise why the stream must be opened anew."""
        self._candles_changed.clear()
        changed = asyncio.create_task(_until(self._candles_changed))
        listeners = [asyncio.create_task(self._listen_candles(client, symbol)) for symbol in sorted(self._candles)]
        try:
            done, _ = await asyncio.wait([changed, *listeners], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await task
        finally:
            await _end([changed, *listeners])

    async def _listen_candles(self, client: CcxtExchange, symbol: str) -> None:
        is_up = False
        while True:
            try:
                raw = await asyncio.wait_for(client.watch_ohlcv(symbol, "1m"), CANDLE_SILENCE)
            except TimeoutError:
                raise TimeoutError(f"no candle of {symbol} for {CANDLE_SILENCE:.0f} s") from None
            if not is_up:
                is_up = True
                self._tell(self._health(f"candles {symbol}", StreamState.UP, "", refetch=True))
            self._tell_candles(symbol, raw)

    def _tell_candles(self, symbol: str, raw: Any) -> None:
        for row in raw if isinstance(raw, list) else ():
            with suppress(Unreadable):
                candle = readings_of.candle_from(row)
                self._tell(CandleUpdated(symbol, candle, candle.time_ms + MINUTE_MS <= self._clock()))


def _is_connected(client: CcxtExchange) -> bool:
    """Whether a WebSocket of the client is open."""
    return any(getattr(socket.connected, "done", lambda: False)() for socket in client.clients.values())


async def _until(event: asyncio.Event) -> None:
    await event.wait()


async def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def _shut(client: CcxtExchange) -> None:
    """Close a client whatever state it is in: it is thrown away."""
    with suppress(Exception):
        await client.close()


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
