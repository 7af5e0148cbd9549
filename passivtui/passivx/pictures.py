"""What the pictures of Passiv-X's notebook show, as arrays over time (`spec/passivx.md` §7). x is ms since 1970 UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import DAY_MS
from passivtui.core import STOP_LOSS_TYPES, TICK_TRADE_TYPES
from passivtui.passivx.model import TickBacktest
from passivtui.passivx.results import HOUR_MS, TickOutcome
from passivtui.passivx.tick_files import Ticks

Floats = NDArray[np.float64]
Curve = tuple[Floats, Floats]

NEAR_LIQUIDATION: Final = 0.1  # farther from the price than this, the liquidation price is not drawn
_MOST_POINTS: Final = 20_000  # of a curve between trades; a terminal shows some hundred


@dataclass(frozen=True, slots=True)
class TypeRow:
    """What all trades of a type came to."""

    type: str
    count: int
    pnl: float
    fees: float


class TradePictures:
    """The curves of one outcome. Everything that needs a position is NaN while there is none."""

    def __init__(self, backtest: TickBacktest, ticks: Ticks, outcome: TickOutcome) -> None:
        self._backtest = backtest
        self._ticks = ticks
        self._outcome = outcome
        self._trades = outcome.trades
        self.times: Floats = self._trades["timestamp"].astype(np.float64)

    @property
    def price(self) -> Curve:
        """Of every tick that changed it."""
        return self._ticks.data.timestamp_ms.astype(np.float64), self._ticks.data.price

    @property
    def average_price(self) -> Curve:
        """What the position cost on average, from trade to trade."""
        return self.times, np.where(self._trades["pos_size"] != 0.0, self._trades["pos_price"], np.nan)

    @property
    def liquidation_price(self) -> Curve:
        """Where the position would be liquidated, where that is within `NEAR_LIQUIDATION` of the trade's price."""
        liq, price = self._trades["liq_price"], self._trades["price"]
        near = (liq > 0.0) & (np.abs(liq - price) / price <= NEAR_LIQUIDATION) & (self._trades["pos_size"] != 0.0)
        return self.times, np.where(near, liq, np.nan)

    @property
    def position_size(self) -> Curve:
        """Signed: above 0 long, below 0 short."""
        return self.times, self._trades["pos_size"]

    @property
    def liquidation_distance(self) -> Curve:
        """The nearest that the price came to liquidation before each trade since the one before, in %.

        NaN where there was nothing to liquidate: the engine's distance is 1 then.
        """
        distance = self._trades["closest_liq"]
        return self.times, np.where(distance < 1.0, 100.0 * distance, np.nan)

    @property
    def balance(self) -> Curve:
        """From the start on, a step at each trade."""
        first, last = float(self._ticks.first_ms), float(self._outcome.end_ms)
        balance = self._trades["actual_balance"]
        values = np.concatenate([[self._backtest.starting_balance], balance, balance[-1:]])
        return np.concatenate([[first], self.times, [last] if len(balance) else []]), values

    @property
    def equity(self) -> Curve:
        """The balance with what the position is worth, at ticks."""
        at = np.unique(np.linspace(0, len(self._ticks.data) - 1, _MOST_POINTS).astype(np.int64))
        if len(self._trades):
            at = np.union1d(at, self._trades["tick"])
        times = self._ticks.data.timestamp_ms[at]
        at, times = at[times <= self._outcome.end_ms], times[times <= self._outcome.end_ms]
        place = np.searchsorted(self._trades["tick"], at, side="right") - 1
        held = place >= 0
        balance = np.full(len(at), self._backtest.starting_balance)
        balance[held] = self._trades["actual_balance"][place[held]]
        worth = np.zeros(len(at))
        price = self._ticks.data.price[at]
        worth[held] = self._worth(place[held], price[held])
        return times.astype(np.float64), balance + worth

    def _worth(self, place: NDArray[np.int64], price: Floats) -> Floats:
        size, paid = self._trades["pos_size"][place], self._trades["pos_price"][place]
        paid = np.where(size == 0.0, price, paid)
        gain = 1.0 / paid - 1.0 / price if self._backtest.market.inverse else price - paid
        return np.asarray(size * gain)

    def marks(self, types: Sequence[str], side: str | None = None) -> Curve:
        """Times and prices of the trades of some types, of one side or of both."""
        wanted = np.isin(self._trades["type"], [TICK_TRADE_TYPES.index(name) for name in types])
        if side is not None:
            wanted &= self._trades["side"] == (0 if side == "long" else 1)
        return self.times[wanted], self._trades["price"][wanted]

    @property
    def trades_per_day(self) -> Curve:
        """Trades of each day (UTC), days without any included."""
        first = self._ticks.first_ms // DAY_MS
        days = np.arange(first, self._outcome.end_ms // DAY_MS + 1)
        counts = np.bincount((self._trades["timestamp"] // DAY_MS - first), minlength=len(days))
        return (days * DAY_MS).astype(np.float64), counts.astype(np.float64)

    @property
    def hours_between(self) -> Curve:
        """How long before each trade the last one was, in hours."""
        return self.times, self._trades["millis_since_prev_trade"] / HOUR_MS

    @property
    def by_type(self) -> list[TypeRow]:
        """Count, profit and fees of each type; the stop losses one by one."""
        rows = []
        for number, name in enumerate(TICK_TRADE_TYPES):
            of_type: NDArray[Any] = self._trades[self._trades["type"] == number]
            rows.append(TypeRow(name, len(of_type), float(of_type["pnl"].sum()), float(of_type["fee_paid"].sum())))
        return rows


ENTRIES: Final = ("entry", "reentry")
CLOSES: Final = ("close",)
STOP_LOSSES: Final = TICK_TRADE_TYPES[STOP_LOSS_TYPES:]
