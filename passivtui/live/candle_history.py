"""The closed candles of one coin, rolled forward minute by minute into what a snapshot needs (`spec/live.md` §2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from passivtui.clock import MINUTE_MS
from passivtui.config import Config, engine_params
from passivtui.core import Trailing, follow_trailing
from passivtui.live.indicators import CoinIndicators, IndicatorState, trailing_since
from passivtui.live.orders import SIDES, Side
from passivtui.live.snapshot import Age, SideIndicators

_LEAST_ROOM = 64


@dataclass(frozen=True, slots=True)
class Candle:
    """One closed minute: open time, prices in quote, volume in quote."""

    open_ms: int
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class _Followed:
    """Trailing extremes since a fill, and the open time of the last candle in them."""

    last_fill_ms: int | None
    up_to_ms: int
    trailing: Trailing


def indicators_of(config: Config, coin: str, *, from_first_trade: bool) -> dict[Side, CoinIndicators]:
    """Indicators of both sides with the spans and windows that the config gives the coin."""
    params = engine_params(config, coin)
    return {
        side: CoinIndicators(
            span_0=params[side]["ema_span_0"],
            span_1=params[side]["ema_span_1"],
            volume_minutes=params[side]["filter_volume_rolling_window"],
            noisiness_minutes=params[side]["filter_noisiness_rolling_window"],
            from_first_trade=from_first_trade,
        )
        for side in SIDES
    }


class CandleHistory:
    """Indicators from the first candle that is given on; a missing minute counts as a flat one without volume.

    `keep_minutes` is how far back candles are kept for extremes since a fill. `from_first_trade` says that the first
    candle is the first there ever was. When a candle turns out revised, build a new history from the venue's candles.
    """

    def __init__(self, config: Config, coin: str, *, keep_minutes: int, from_first_trade: bool = False) -> None:
        self._indicators = indicators_of(config, coin, from_first_trade=from_first_trade)
        self._keep = max(keep_minutes, _LEAST_ROOM)
        self._times = np.empty(2 * self._keep, dtype=np.int64)
        self._rows = np.empty((2 * self._keep, 4))
        self._n = 0
        self._trailing: dict[Side, _Followed] = {}

    @property
    def close(self) -> float | None:
        """The close of the newest candle."""
        return float(self._rows[self._n - 1, 2]) if self._n else None

    @property
    def closed_ms(self) -> int | None:
        """When the newest candle closed."""
        return int(self._times[self._n - 1]) + MINUTE_MS if self._n else None

    def age(self, now_ms: int, limit_ms: int) -> Age:
        """How long ago the newest candle closed."""
        return Age(None if self.closed_ms is None else now_ms - self.closed_ms, limit_ms)

    def follow(self, candle: Candle) -> Literal["new", "known", "revised"]:
        """Take in a closed candle. One that is there already, or is too old to be, changes nothing."""
        if self.closed_ms is None:
            self._append(candle)
            return "new"
        if candle.open_ms < self.closed_ms:
            return self._compare(candle)
        while self.closed_ms < candle.open_ms:
            close = float(self._rows[self._n - 1, 2])
            self._append(Candle(self.closed_ms, close, close, close, 0.0))
        self._append(candle)
        return "new"

    def since(self, open_ms: int) -> tuple[Candle, ...]:
        """The candles that are kept and opened at `open_ms` or later, oldest first."""
        first = int(np.searchsorted(self._times[: self._n], open_ms))
        rows = zip(self._times[first : self._n].tolist(), self._rows[first : self._n].tolist(), strict=True)
        return tuple(Candle(time, *row) for time, row in rows)

    def indicator_state(self, side: Side) -> IndicatorState | None:
        """What the indicators of a side need to go on elsewhere; None before the first candle."""
        return self._indicators[side].state

    def side(self, side: Side, *, last_fill_ms: int | None, now_ms: int) -> SideIndicators:
        """All indicators of a side; trailing extremes are those since the last fill of its position."""
        known = self._indicators[side]
        trailing = self._trailing_of(side, last_fill_ms, now_ms)
        return SideIndicators(known.band, trailing, known.volume, known.noisiness)

    def _trailing_of(self, side: Side, last_fill_ms: int | None, now_ms: int) -> Trailing | None:
        """From what was found before, if the fill is the same: it may be older than the candles that are kept."""
        before = self._trailing.get(side)
        times, rows = self._times[: self._n], self._rows[: self._n]
        if before is not None and last_fill_ms is not None and before.last_fill_ms == last_fill_ms:
            first = int(np.searchsorted(times, before.up_to_ms, side="right"))
            trailing: Trailing | None = follow_trailing(rows[first:], before.trailing)
        else:
            trailing = trailing_since(times, rows, last_fill_ms, now_ms)
        if trailing is not None and self._n:
            up_to_ms = max(int(times[-1]), last_fill_ms or 0)
            self._trailing[side] = _Followed(last_fill_ms, up_to_ms, trailing)
        return trailing

    def _append(self, candle: Candle) -> None:
        if self._n == len(self._times):
            self._times[: self._keep] = self._times[-self._keep :].copy()
            self._rows[: self._keep] = self._rows[-self._keep :].copy()
            self._n = self._keep
        self._times[self._n] = candle.open_ms
        self._rows[self._n] = candle.high, candle.low, candle.close, candle.volume
        self._n += 1
        for side in SIDES:
            self._indicators[side].follow(candle.high, candle.low, candle.close, candle.volume)

    def _compare(self, candle: Candle) -> Literal["known", "revised"]:
        row = int(np.searchsorted(self._times[: self._n], candle.open_ms))
        if self._times[row] != candle.open_ms:
            return "known"  # older than what is kept
        same = self._rows[row].tolist() == [candle.high, candle.low, candle.close, candle.volume]
        return "known" if same else "revised"
