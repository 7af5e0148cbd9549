"""The candles and indicators that a bot recorded, put together: what is known by now of every minute."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from passivtui.clock import MINUTE_MS
from passivtui.config import Config
from passivtui.live.candle_history import Candle, indicators_of
from passivtui.live.indicators import CoinIndicators, IndicatorState
from passivtui.live.orders import SIDES, Side
from passivtui.live.recorded import Leg, RecordedCycle


class Tape:
    """Candles by coin and minute. One that came late or was revised counts as it was in the end."""

    def __init__(self, cycles: Iterable[RecordedCycle]) -> None:
        self._candles: dict[str, dict[int, Candle]] = defaultdict(dict)
        self._states: dict[Leg, list[tuple[int, IndicatorState]]] = defaultdict(list)
        for cycle in cycles:
            for coin, candles in cycle.candles.items():
                self._candles[coin].update((candle.open_ms, candle) for candle in candles)
            for (coin, side), state in cycle.indicators.items():
                self._states[coin, side].append((cycle.closed_ms[coin], state))

    def candle(self, coin: str, open_ms: int) -> Candle | None:
        return self._candles[coin].get(open_ms) if coin in self._candles else None

    def close_at(self, coin: str, time_ms: int) -> float | None:
        """The newest close at a time, as far as an hour back."""
        for open_ms in range(time_ms - MINUTE_MS, time_ms - 61 * MINUTE_MS, -MINUTE_MS):
            candle = self.candle(coin, open_ms)
            if candle is not None:
                return candle.close
        return None

    def indicators(self, config: Config, coin: str, time_ms: int) -> dict[Side, CoinIndicators]:
        """The indicators of a coin at a time: those that were recorded last, and the candles since."""
        both = indicators_of(config, coin, from_first_trade=True)
        for side in SIDES:
            known = [(closed, state) for closed, state in self._states.get((coin, side), ()) if closed <= time_ms]
            if known:
                closed, state = max(known, key=lambda one: one[0])
                both[side].resume(state)
                self._follow(both[side], coin, closed, time_ms)
        return both

    def _follow(self, indicators: CoinIndicators, coin: str, first_ms: int, end_ms: int) -> None:
        for open_ms in range(first_ms, end_ms, MINUTE_MS):
            follow(indicators, self.candle(coin, open_ms), self.close_at(coin, open_ms))


def follow(indicators: CoinIndicators, candle: Candle | None, close_before: float | None) -> None:
    """One minute on; a missing one counts as a flat one without volume, as it does for the bot."""
    if candle is not None:
        indicators.follow(candle.high, candle.low, candle.close, candle.volume)
    elif close_before is not None:
        indicators.follow(close_before, close_before, close_before, 0.0)
