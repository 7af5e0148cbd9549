"""Where the paper venue's prices come from: arrays of 1m candles, handed over by whoever has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import MINUTE_MS
from passivtui.errors import DataError
from passivtui.exchanges.base import Candle, Market

OPEN: Final = 0
HIGH: Final = 1
LOW: Final = 2
CLOSE: Final = 3
VOLUME: Final = 4
WIDTH: Final = 5

Candles = NDArray[np.float64]


class CandleFeed(Protocol):
    """Closed candles of some markets from `first_ms` up to `end_ms` (the minute after the last), the same for all."""

    @property
    def markets(self) -> Mapping[str, Market]: ...

    @property
    def first_ms(self) -> int: ...

    @property
    def end_ms(self) -> int: ...

    def row(self, symbol: str, minute_ms: int) -> Sequence[float] | None:
        """(open, high, low, close, volume in base) of a minute; None when the market has none."""

    def page(self, symbol: str, first_ms: int, end_ms: int) -> tuple[Candle, ...]:
        """The candles from `first_ms` until before `end_ms`, oldest first."""


class ArrayFeed:
    """Candles out of arrays, all in memory. The markets' order is that in which a minute's fills happen.

    `candles`: per symbol an array [minutes, 5] of open, high, low, close and volume, from `first_ms` on, all of one
    length; rows that are not wholly finite count as missing. Raises DataError for other shapes.
    """

    def __init__(self, first_ms: int, markets: Sequence[Market], candles: Mapping[str, NDArray[Any]]) -> None:
        if first_ms % MINUTE_MS:
            raise DataError("candles must begin at a full minute")
        self._first_ms = first_ms
        self._markets = {market.symbol: market for market in markets}
        self._candles = {symbol: _checked(symbol, candles.get(symbol)) for symbol in self._markets}
        lengths = {len(rows) for rows in self._candles.values()}
        if len(lengths) != 1:
            raise DataError("the candles of a paper venue must all cover the same minutes, and at least one")
        self._end_ms = first_ms + lengths.pop() * MINUTE_MS

    @property
    def markets(self) -> Mapping[str, Market]:
        return self._markets

    @property
    def first_ms(self) -> int:
        return self._first_ms

    @property
    def end_ms(self) -> int:
        return self._end_ms

    def row(self, symbol: str, minute_ms: int) -> Sequence[float] | None:
        if not self._first_ms <= minute_ms < self._end_ms:
            return None
        values: list[float] = self._candles[symbol][(minute_ms - self._first_ms) // MINUTE_MS].tolist()
        return None if any(value != value for value in values) else values

    def page(self, symbol: str, first_ms: int, end_ms: int) -> tuple[Candle, ...]:
        first = max(first_ms, self._first_ms)
        start = -(-(first - self._first_ms) // MINUTE_MS)
        stop = max(start, -(-(min(end_ms, self._end_ms) - self._first_ms) // MINUTE_MS))
        rows = self._candles[symbol][start:stop].tolist()
        times = range(self._first_ms + start * MINUTE_MS, self._end_ms, MINUTE_MS)
        return tuple(Candle(time, *row) for time, row in zip(times, rows, strict=False) if row[CLOSE] == row[CLOSE])


def crashed(candles: NDArray[Any], minute: int, depth: float, rebound: float = 0.0) -> Candles:
    """A rehearsal of a crash: a copy whose price falls by `depth` (0.6 is 60 %) within the candle of `minute`, and
    stays there but for `rebound`, the part of the fall that the same candle takes back."""
    if not 0.0 < depth < 1.0 or not 0.0 <= rebound <= 1.0 or not 0 <= minute < len(candles):
        raise DataError("a crash needs a depth between 0 and 1, a rebound from 0 to 1 and a minute within the candles")
    after = 1.0 - depth * (1.0 - rebound)
    fallen: Candles = np.array(candles, dtype=np.float64)
    fallen[minute, LOW] *= 1.0 - depth
    fallen[minute, CLOSE] *= after
    fallen[minute, HIGH] = max(fallen[minute, OPEN], fallen[minute, CLOSE], fallen[minute, HIGH])
    fallen[minute + 1 :, : CLOSE + 1] *= after
    return fallen


def _checked(symbol: str, rows: NDArray[Any] | None) -> Candles:
    if rows is None or rows.ndim != 2 or rows.shape[1] != WIDTH:
        raise DataError(f"the candles of {symbol} must be an array of open, high, low, close and volume per minute")
    checked: Candles = np.array(rows, dtype=np.float64)
    checked[~np.isfinite(checked).all(axis=1)] = np.nan
    checked.flags.writeable = False
    return checked
