"""EMA bands, rolling windows and trailing extremes from closed candles, minute by minute.

They are what the engine has after the same candles, to the last bit: the order of every sum is part of its definition
(`spec/engine.md` §2.5, §4.5, §4.8).
"""

from __future__ import annotations

import functools
import math
import operator
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.core import Trailing, follow_trailing

#: How far back trailing extremes are taken from when no fill of the position is known (`spec/live.md` §3).
TRAILING_LOOKBACK_MS: Final = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class EmaBand:
    """Lowest and highest of the three EMAs in quote, and how many minutes they have followed."""

    lower: float
    upper: float
    minutes: int


@dataclass(frozen=True, slots=True)
class IndicatorState:
    """All that the indicators of a coin and side have kept of the candles before: with it they go on as they were."""

    emas: tuple[float, ...]
    minutes: int
    volume_total: float
    volumes: tuple[float, ...]
    ratios: tuple[float, ...]
    newest_ratio: float


class EmaFollower:
    """The three EMAs of a coin and side; spans in minutes, starting at the close of the oldest candle."""

    def __init__(self, span_0: float, span_1: float, first_close: float) -> None:
        spans = (span_0, span_1, math.sqrt(span_0 * span_1))
        self._alphas = tuple(2.0 / (span + 1.0) for span in spans)
        self._rests = tuple(1.0 - alpha for alpha in self._alphas)
        self._emas: tuple[float, ...] = (first_close,) * 3
        self._minutes = 1

    def follow(self, close: float) -> None:
        """One minute on; `close` in quote."""
        (a0, a1, a2), (r0, r1, r2), (e0, e1, e2) = self._alphas, self._rests, self._emas
        self._emas = (close * a0 + e0 * r0, close * a1 + e1 * r1, close * a2 + e2 * r2)
        self._minutes += 1

    def resume(self, emas: tuple[float, ...], minutes: int) -> None:
        """Go on from EMAs as they were."""
        self._emas, self._minutes = emas, minutes

    @property
    def emas(self) -> tuple[float, ...]:
        return self._emas

    @property
    def band(self) -> EmaBand:
        return EmaBand(min(self._emas), max(self._emas), self._minutes)


@dataclass(frozen=True, slots=True)
class Window:
    """A sum over the last minutes. `is_whole` when it covers the `wanted` minutes, or all there ever were."""

    total: float
    minutes: int
    wanted: int
    is_whole: bool

    def scaled_to(self, minutes: int) -> float:
        """The sum as if it covered that many minutes, so that coins of different ages compare; 0 of nothing."""
        if self.minutes == minutes:
            return self.total
        return self.total * (minutes / self.minutes) if self.minutes else 0.0


def window_minutes(minutes: float) -> int:
    """A window's length as the engine takes it: halves up, not below 0."""
    return max(0, math.floor(minutes + 0.5)) if math.isfinite(minutes) else 0


class RollingVolume:
    """Quote volume of the minutes before the newest, kept by adding one and taking one away."""

    def __init__(self, minutes: float, *, from_first_trade: bool) -> None:
        self._wanted = window_minutes(minutes)
        self._whole_anyway = from_first_trade
        self._volumes: deque[float] = deque(maxlen=self._wanted + 1)
        self._total = 0.0

    def follow(self, volume: float) -> None:
        """One minute on; the candle before it enters the window."""
        if self._wanted and self._volumes:
            if self._wanted == 1:
                self._total = 0.0
            elif len(self._volumes) > self._wanted:
                self._total -= self._volumes[0]
            self._total += self._volumes[-1]
        self._volumes.append(volume)

    def resume(self, total: float, volumes: Iterable[float]) -> None:
        """Go on from a sum and the minutes in it as they were."""
        self._total = total
        self._volumes = deque(volumes, maxlen=self._wanted + 1)

    @property
    def kept(self) -> tuple[float, tuple[float, ...]]:
        """The sum, and the minutes in it."""
        return self._total, tuple(self._volumes)

    @property
    def window(self) -> Window:
        covered = min(max(0, len(self._volumes) - 1), self._wanted)
        return Window(self._total, covered, self._wanted, self._whole_anyway or covered == self._wanted)


class RollingNoisiness:
    """(high - low) / close of the minutes before the newest, added up anew each time it is asked for."""

    def __init__(self, minutes: float, *, from_first_trade: bool) -> None:
        self._wanted = window_minutes(minutes)
        self._whole_anyway = from_first_trade
        self._ratios: deque[float] = deque(maxlen=self._wanted)
        self._newest: float | None = None

    def follow(self, high: float, low: float, close: float) -> None:
        """One minute on; the candle before it enters the window."""
        if self._newest is not None:
            self._ratios.append(self._newest)
        self._newest = (high - low) / close

    def resume(self, ratios: Iterable[float], newest: float) -> None:
        """Go on from ratios as they were."""
        self._ratios, self._newest = deque(ratios, maxlen=self._wanted), newest

    @property
    def kept(self) -> tuple[tuple[float, ...], float]:
        """The ratios in the window, and that of the newest candle."""
        return tuple(self._ratios), 0.0 if self._newest is None else self._newest

    @property
    def window(self) -> Window:
        total = functools.reduce(operator.add, self._ratios, 0.0)
        covered = len(self._ratios)
        return Window(total, covered, self._wanted, self._whole_anyway or covered == self._wanted)


def trailing_since(
    times_ms: NDArray[np.int64], candles: NDArray[np.float64], last_fill_ms: int | None, now_ms: int
) -> Trailing | None:
    """The extremes since the last fill of a position: from the candles that opened strictly after it.

    `times_ms` (n,) are open times, `candles` (n, 3 or more columns: high, low, close), both oldest first. None when the
    fill is older than the candles, as extremes between may be missing. If no fill is known, 7 days back or as far as
    there are candles.
    """
    if last_fill_ms is None:
        first = int(np.searchsorted(times_ms, now_ms - TRAILING_LOOKBACK_MS, side="left"))
    elif len(times_ms) and times_ms[0] > last_fill_ms // MINUTE_MS * MINUTE_MS + MINUTE_MS:
        return None
    else:
        first = int(np.searchsorted(times_ms, last_fill_ms, side="right"))
    return follow_trailing(np.ascontiguousarray(candles[first:]))


class CoinIndicators:
    """All indicators of one coin and side but the trailing ones, fed with closed candles, oldest first.

    `from_first_trade` says that the first candle is the coin's first ever, so that short windows are whole.
    """

    def __init__(
        self, *, span_0: float, span_1: float, volume_minutes: float, noisiness_minutes: float, from_first_trade: bool
    ) -> None:
        self._spans = span_0, span_1
        self._emas: EmaFollower | None = None
        self._volume = RollingVolume(volume_minutes, from_first_trade=from_first_trade)
        self._noisiness = RollingNoisiness(noisiness_minutes, from_first_trade=from_first_trade)

    def follow(self, high: float, low: float, close: float, volume: float) -> None:
        """One minute on: prices and volume in quote."""
        if self._emas is None:
            self._emas = EmaFollower(*self._spans, close)
        else:
            self._emas.follow(close)
        self._volume.follow(volume)
        self._noisiness.follow(high, low, close)

    def follow_all(self, candles: Iterable[tuple[float, float, float, float]]) -> None:
        """Several minutes: rows of (high, low, close, quote volume)."""
        for candle in candles:
            self.follow(*candle)

    def resume(self, state: IndicatorState) -> None:
        """Go on from a state of indicators with the same spans and windows."""
        self._emas = EmaFollower(*self._spans, state.emas[0])
        self._emas.resume(state.emas, state.minutes)
        self._volume.resume(state.volume_total, state.volumes)
        self._noisiness.resume(state.ratios, state.newest_ratio)

    @property
    def state(self) -> IndicatorState | None:
        """What `resume` needs; None before the first candle."""
        if self._emas is None:
            return None
        volume_total, volumes = self._volume.kept
        return IndicatorState(self._emas.emas, self._emas.band.minutes, volume_total, volumes, *self._noisiness.kept)

    @property
    def band(self) -> EmaBand | None:
        return None if self._emas is None else self._emas.band

    @property
    def volume(self) -> Window:
        return self._volume.window

    @property
    def noisiness(self) -> Window:
        return self._noisiness.window
