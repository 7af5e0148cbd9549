"""Candles that a test server serves: any minute of any year, the same every time, in decimals that text keeps."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

MINUTE_MS = 60_000
DAY_MS = 86_400_000
Table = NDArray[np.float64]
COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Market:
    """One perpetual: its base coin, when it is listed, its decimals, and how its volume is counted."""

    base: str
    quote: str = "USDT"
    price: float = 100.0
    decimals: int = 2
    first_ms: int = 1_577_836_800_000  # 2020-01-01
    contract_size: float = 1.0
    gaps: tuple[tuple[int, int], ...] = ()  # (first ms, minutes) that the venue doesn't have

    @property
    def pair(self) -> str:
        return f"{self.base}{self.quote}"


def candles(market: Market, first_ms: int, last_ms: int) -> Table:
    """float64[n, 6]: time (ms), open, high, low, close, volume (base units) of the minutes that the market has."""
    first = max(first_ms, market.first_ms)
    first += -first % MINUTE_MS
    times = np.arange(first, last_ms + 1, MINUTE_MS, dtype=np.int64)
    for start, minutes in market.gaps:
        times = times[(times < start) | (times >= start + minutes * MINUTE_MS)]
    minute = times // MINUTE_MS
    seed = crc32(market.base.encode())
    opened, closed = _price(market, seed, minute), _price(market, seed, minute + 1)
    step = 10.0**-market.decimals
    high = np.round(np.maximum(opened, closed) + step * (_noise(seed + 1, minute) * 9).round(), market.decimals)
    low = np.round(np.minimum(opened, closed) - step * (_noise(seed + 2, minute) * 9).round(), market.decimals)
    lots = np.round(1 + 999 * _noise(seed + 3, minute))  # volume in contracts, or in thousandths of base
    volume = lots * market.contract_size if market.contract_size != 1 else lots / 1000
    return np.column_stack((times.astype(np.float64), opened, high, low, closed, volume))


def _price(market: Market, seed: int, minute: NDArray[np.int64]) -> Table:
    """A price that wanders in waves of an hour, a day and a month, with noise of a tenth of a percent."""
    phase = seed % 628 / 100
    waves = sum(
        size * np.sin(2 * np.pi * minute / period + phase * factor)
        for size, period, factor in ((0.004, 61, 1), (0.02, 1437, 2), (0.1, 43_201, 3))
    )
    return np.round(market.price * np.exp(waves + 0.002 * (_noise(seed, minute) - 0.5)), market.decimals)


def _noise(seed: int, minute: NDArray[np.int64]) -> Table:
    """0 up to 1, decided by seed and minute alone (splitmix64's finisher)."""
    with np.errstate(over="ignore"):
        x = minute.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return (x >> np.uint64(11)).astype(np.float64) / 2.0**53


def as_mapping(table: Table) -> dict[str, Table]:
    """The columns by name, for comparing."""
    return dict(zip(COLUMNS, table[:, 1:].T, strict=True))
