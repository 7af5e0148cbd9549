"""From candles with holes to one row per minute: gaps within a coin, and invalid rows before and after it.

`spec/data.md` §2 and `spec/engine.md` §1.1 are the rules. Columns of a row: high, low, close, quote volume.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import MINUTE_MS
from passivtui.market.candles import Candles

HIGH, LOW, CLOSE, VOLUME = range(4)
INVALID_VOLUME = -1.0


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without candles: `minutes` from the candle before it (`after_ms`) to the one that ends it.

    Passivbot measures gaps so: one missing minute is a gap of two.
    """

    after_ms: int
    minutes: int

    @property
    def missing(self) -> int:
        """How many candles are missing."""
        return self.minutes - 1


@dataclass(frozen=True, slots=True, eq=False)
class AlignedCoin:
    """A coin's rows, float64 (m, 4), one for each minute from its first candle (`first_ms`) to its last."""

    first_ms: int
    rows: NDArray[np.float64]

    @property
    def last_ms(self) -> int:
        """Open time of the last row."""
        return self.first_ms + (len(self.rows) - 1) * MINUTE_MS


def find_gaps(candles: Candles) -> tuple[Gap, ...]:
    """Every place where the next candle is more than a minute away, in order of time."""
    steps = np.diff(candles.timestamp_ms) // MINUTE_MS
    return tuple(Gap(int(candles.timestamp_ms[i]), int(steps[i])) for i in np.flatnonzero(steps > 1))


def align(candles: Candles) -> AlignedCoin:
    """Fill missing minutes flat at the previous close with volume 0; `candles` holds at least one."""
    first_ms = int(candles.timestamp_ms[0])
    places = (candles.timestamp_ms - first_ms) // MINUTE_MS
    present = np.zeros(int(places[-1]) + 1, dtype=bool)
    present[places] = True
    rows = np.empty((len(present), 4))
    if present.all():
        rows[:, HIGH], rows[:, LOW], rows[:, CLOSE] = candles.high, candles.low, candles.close
        rows[:, VOLUME] = candles.volume * candles.close
        return AlignedCoin(first_ms, rows)
    latest = np.cumsum(present) - 1  # for each minute, the last candle at or before it
    rows[:, (HIGH, LOW, CLOSE)] = candles.close[latest, np.newaxis]
    rows[:, VOLUME] = 0.0
    rows[places, HIGH], rows[places, LOW] = candles.high, candles.low
    rows[places, VOLUME] = candles.volume * candles.close
    return AlignedCoin(first_ms, rows)


def common_range(coins: Sequence[AlignedCoin]) -> tuple[int, int]:
    """First and last minute (ms) that any coin has; at least one coin."""
    return min(coin.first_ms for coin in coins), max(coin.last_ms for coin in coins)


def combine(coins: Sequence[AlignedCoin], first_ms: int, start_row: int, stop_row: int) -> NDArray[np.float64]:
    """Rows `start_row`..`stop_row` (excluded) of the engine's array: float64 (rows, N, 4), row 0 being `first_ms`.

    Where a coin has no row, high = low = close = its first close (before it begins) or last close (after it ended), and
    the volume is -1 (`spec/engine.md` §1.1). A block at a time keeps memory small.
    """
    block = np.empty((stop_row - start_row, len(coins), 4))
    for index, coin in enumerate(coins):
        begins = (coin.first_ms - first_ms) // MINUTE_MS - start_row
        ends = begins + len(coin.rows)
        lower, upper = np.clip((begins, ends), 0, len(block))
        block[:lower, index, :VOLUME] = coin.rows[0, CLOSE]
        block[lower:upper, index] = coin.rows[lower - begins : upper - begins]
        block[upper:, index, :VOLUME] = coin.rows[-1, CLOSE]
        block[:lower, index, VOLUME] = block[upper:, index, VOLUME] = INVALID_VOLUME
    return block


def price_of_bitcoin(candles: Candles, first_ms: int, n_minutes: int) -> NDArray[np.float64]:
    """BTC's last close at each of `n_minutes` minutes, float64 (n,); before its first candle, its first close.

    `spec/data.md` §3. `candles` holds at least one, and may begin before `first_ms`.
    """
    minutes = first_ms + MINUTE_MS * np.arange(n_minutes, dtype=np.int64)
    latest = np.searchsorted(candles.timestamp_ms, minutes, side="right") - 1
    return candles.close[np.maximum(latest, 0)]
