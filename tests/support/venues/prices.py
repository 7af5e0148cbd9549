"""Prices over time: the last price of each market and the minute candles that its moves made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

MINUTE_MS = 60_000
DAY_MS = 86_400_000


@dataclass(slots=True)
class Candle:
    """One candle; `volume` in the market's quantities."""

    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class PricePath:
    """The last price of one market and its minutes. Minutes without a trade are flat with zero volume."""

    def __init__(self, price: Decimal, step: Decimal, now_ms: int, history_minutes: int) -> None:
        self.last = price
        self._minutes: dict[int, Candle] = {}
        self._first_ms = now_ms // MINUTE_MS * MINUTE_MS - history_minutes * MINUTE_MS
        for number in range(history_minutes):
            swing = step * (number % 7 - 3)
            start = self._first_ms + number * MINUTE_MS
            self._minutes[start] = Candle(start, price, price + abs(swing), price - abs(swing), price, Decimal(10))
        self.trade(price, Decimal(0), now_ms)

    def trade(self, price: Decimal, volume: Decimal, at_ms: int) -> Candle:
        """A trade at `price`; the minute it belongs to."""
        start = at_ms // MINUTE_MS * MINUTE_MS
        candle = self._minutes.get(start)
        if candle is None:
            candle = self._minutes[start] = Candle(start, self.last, self.last, self.last, self.last, Decimal(0))
        candle.high = max(candle.high, price)
        candle.low = min(candle.low, price)
        candle.close = price
        candle.volume += volume
        self.last = price
        return candle

    def load(self, rows: Iterable[Sequence[float | str]]) -> None:
        """Replaces the minutes up to the last of these rows of start (ms), open, high, low, close and volume."""
        given = {int(start): Candle(int(start), *map(_exactly, numbers)) for start, *numbers in rows}
        kept = {start: minute for start, minute in self._minutes.items() if start > max(given)}
        self._minutes = given | kept
        self._first_ms = min(self._minutes)

    def candles(self, step_ms: int, first_ms: int, last_ms: int) -> list[Candle]:
        """The candles of `step_ms` that start in first_ms … last_ms (whole steps), oldest first."""
        first = max(first_ms, self._first_ms) // step_ms * step_ms
        made: list[Candle] = []
        close = self._close_before(first)
        for start in range(first, last_ms // step_ms * step_ms + 1, step_ms):
            whole = Candle(start, close, close, close, close, Decimal(0))
            minutes = [self._minutes.get(start + offset) for offset in range(0, step_ms, MINUTE_MS)]
            for number, minute in enumerate(one for one in minutes if one is not None):
                whole.open = minute.open if number == 0 else whole.open
                whole.high = max(whole.high, minute.high) if number else minute.high
                whole.low = min(whole.low, minute.low) if number else minute.low
                whole.close = minute.close
                whole.volume += minute.volume
            close = whole.close
            made.append(whole)
        return made

    def day(self, now_ms: int) -> Candle:
        """The 24 hours before now, as one candle."""
        minutes = [minute for start, minute in self._minutes.items() if start > now_ms - DAY_MS]
        opening = minutes[0].open if minutes else self.last
        whole = Candle(now_ms - DAY_MS, opening, self.last, self.last, self.last, Decimal(0))
        for minute in minutes:
            whole.high = max(whole.high, minute.high)
            whole.low = min(whole.low, minute.low)
            whole.volume += minute.volume
        return whole

    def _close_before(self, start_ms: int) -> Decimal:
        before = [start for start in self._minutes if start < start_ms]
        return self._minutes[max(before)].close if before else self._minutes[min(self._minutes)].open


def _exactly(number: float | str) -> Decimal:
    return Decimal(str(number))
