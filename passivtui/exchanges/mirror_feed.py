"""Candles of a real venue for the paper venue: its public data, fetched minute by minute."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from passivtui.clock import MINUTE_MS, Clock, utc_ms
from passivtui.exchanges.base import Candle, Market


class CandleSource(Protocol):
    """What a mirror needs of an `Exchange`; no key is needed for it."""

    async def candles_since(self, symbol: str, since_ms: int) -> tuple[Candle, ...]: ...


class MirrorFeed:
    """The closed candles of some markets, from `first_ms` on, kept up to date by `refresh`.

    A minute that the source doesn't have is missing here too: nothing fills in it. What was fetched stays as it is.
    """

    def __init__(self, source: CandleSource, markets: Sequence[Market], first_ms: int, clock: Clock = utc_ms) -> None:
        self._source = source
        self._clock = clock
        self._first_ms = self._end_ms = first_ms // MINUTE_MS * MINUTE_MS
        self._markets = {market.symbol: market for market in markets}
        self._candles: dict[str, dict[int, Candle]] = {symbol: {} for symbol in self._markets}
        self._fetching = asyncio.Lock()

    @property
    def markets(self) -> Mapping[str, Market]:
        return self._markets

    @property
    def first_ms(self) -> int:
        return self._first_ms

    @property
    def end_ms(self) -> int:
        return self._end_ms

    async def refresh(self) -> None:
        """Fetch the minutes that have ended since the last time. Raises VenueError and keeps what it has, so that no
        minute is taken for over before all its candles are here."""
        async with self._fetching:
            end_ms = self._clock() // MINUTE_MS * MINUTE_MS
            if end_ms <= self._end_ms:
                return
            fetched = await asyncio.gather(
                *(self._source.candles_since(symbol, self._end_ms) for symbol in self._markets)
            )
            for symbol, candles in zip(self._markets, fetched, strict=True):
                for candle in candles:
                    if self._end_ms <= candle.time_ms < end_ms:
                        self._candles[symbol].setdefault(candle.time_ms, candle)
            self._end_ms = end_ms

    def row(self, symbol: str, minute_ms: int) -> Sequence[float] | None:
        candle = self._candles[symbol].get(minute_ms)
        if candle is None or minute_ms >= self._end_ms:
            return None
        return candle.open, candle.high, candle.low, candle.close, candle.volume

    def page(self, symbol: str, first_ms: int, end_ms: int) -> tuple[Candle, ...]:
        known = self._candles[symbol]
        return tuple(known[time] for time in sorted(known) if first_ms <= time < min(end_ms, self._end_ms))
