"""The public stream of candles, held to what it must bring: of each watched market one at least every half a minute."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from passivtui.clock import MINUTE_MS, Clock
from passivtui.exchanges.bounded_ends import end_tasks, shut
from passivtui.exchanges.ccxt_calls import said
from passivtui.exchanges.ccxt_client import CcxtExchange, is_refusal, raise_unreadable
from passivtui.exchanges.errors import Unreadable
from passivtui.exchanges.events import CandleUpdated, Event, StreamChanged, StreamState
from passivtui.exchanges.stream_timing import StreamTiming

if TYPE_CHECKING:
    from passivtui.exchanges.ccxt_exchange import CcxtVenue


class CandleStream:
    """One listener per watched market, all on one client. When one falls silent all are opened anew; a market that the
    venue refuses is left out until it is watched anew, and the others go on."""

    def __init__(
        self,
        venue: CcxtVenue,
        tell: Callable[[Event], None],
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[object]],
        timing: StreamTiming,
    ) -> None:
        self._venue = venue
        self._tell = tell
        self._clock = clock
        self._sleep = sleep
        self._timing = timing
        self._watched: frozenset[str] = frozenset()
        self._refused: set[str] = set()
        self._newest: dict[str, int] = {}  # symbol → the minute of the newest candle
        self._changed = asyncio.Event()

    def watch(self, symbols: frozenset[str]) -> None:
        """From now on these and no others."""
        if symbols != self._watched:
            self._watched = symbols
            self._refused &= symbols
            self._changed.set()

    async def keep(self) -> None:
        """Listen until cancelled."""
        pause = self._timing.first_pause
        while True:
            self._changed.clear()
            if not self._wanted:
                await self._changed.wait()
                continue
            client = self._venue.stream_client(with_keys=False)
            try:
                await self._follow(client)
                pause = self._timing.first_pause
                continue
            except TimeoutError as error:
                reason, state = str(error), StreamState.SILENT
            except Exception as error:
                reason, state = said(error), StreamState.DOWN
            finally:
                await shut(client, self._timing.closing)
            for symbol in self._wanted:
                self._tell_health(symbol, state, reason)
            await self._sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2.0, self._timing.longest_pause)

    @property
    def _wanted(self) -> list[str]:
        return sorted(self._watched - self._refused)

    async def _follow(self, client: CcxtExchange) -> None:
        """Listen until the wanted markets change, or raise why the stream must be opened anew."""
        changed = asyncio.create_task(_until(self._changed))
        listeners = {asyncio.create_task(self._listen(client, symbol)) for symbol in self._wanted}
        waiting: set[asyncio.Task[None]] = {changed, *listeners}
        try:
            while changed in waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    await task
        finally:
            await end_tasks({changed, *listeners}, self._timing.closing)

    async def _listen(self, client: CcxtExchange, symbol: str) -> None:
        """Tell the candles of a market; returns when the venue refuses to send them."""
        is_up = False
        while True:
            try:
                # asyncio.wait_for may swallow a cancellation that comes together with a candle
                async with asyncio.timeout(self._timing.candle_silence):
                    raw = await client.watch_ohlcv(symbol, "1m")
            except TimeoutError:
                raise TimeoutError(f"no candle of {symbol} for {self._timing.candle_silence:.0f} s") from None
            except Exception as error:
                if not is_refusal(error):
                    raise
                self._refused.add(symbol)
                self._tell_health(symbol, StreamState.REFUSED, said(error))
                return
            raise_unreadable(client)
            if not is_up:
                is_up = True
                self._tell_health(symbol, StreamState.UP, "")
            self._tell_candles(symbol, raw)

    def _tell_candles(self, symbol: str, raw: Any) -> None:
        for row in raw if isinstance(raw, list) else ():
            with suppress(Unreadable):  # the next reading brings it
                candle = self._venue.candle(symbol, row)
                if candle.time_ms >= self._newest.get(symbol, 0):  # else an old word
                    self._newest[symbol] = candle.time_ms
                    self._tell(CandleUpdated(symbol, candle, candle.time_ms + MINUTE_MS <= self._clock()))

    def _tell_health(self, symbol: str, state: StreamState, reason: str) -> None:
        self._tell(StreamChanged(f"candles {symbol}", state, reason, self._clock(), refetch=True))


async def _until(event: asyncio.Event) -> None:
    await event.wait()
