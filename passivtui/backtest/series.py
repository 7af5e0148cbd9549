"""The curves of a report, one value per minute, worked out from a result (`spec/engine.md` §2.3, §4.4, §4.10).

Vectorised: three years of minutes take less than a tenth of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from passivtui.backtest.result import BacktestResult
from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.core import ORDER_TYPES, SIDES

Floats = NDArray[np.float64]

#: Side of each order type by ordinal: 0 long, 1 short.
SIDE_OF_TYPE: Final[NDArray[np.int64]] = np.array([1 if name.endswith("short") else 0 for name in ORDER_TYPES])


@dataclass(frozen=True, slots=True, eq=False)
class Money:
    """Equity and balance in one currency, and how far equity is below its high. Each float64 (m,), m = minutes - 1.

    `drawdown` is 0 at a high and -0.25 a quarter below it.
    """

    currency: str
    equity: Floats
    balance: Floats
    drawdown: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """What was at stake, per minute.

    `long` and `short`: wallet exposure, i.e. what the positions of the side cost, in multiples of the balance (NaN
    where the balance is not above 0). `positions`: how many were open (each coin and side is one).
    """

    long: Floats
    short: Floats
    positions: NDArray[np.int64]

    @property
    def highest(self) -> tuple[float, float]:
        """The highest wallet exposure of the long and of the short side."""
        return _highest(self.long), _highest(self.short)


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """All curves of a report over `times_ms` float64 (m,): open times of the minutes.

    `btc` is None unless BTC is the collateral: without it nothing was counted in BTC.
    """

    times_ms: Floats
    usd: Money
    btc: Money | None
    exposure: Exposure

    def money(self, *, in_btc: bool) -> Money:
        """Counted in BTC if that is wanted and there is such a thing, else in quote currency."""
        return self.btc if in_btc and self.btc is not None else self.usd

    def at(self, time_ms: float, *, in_btc: bool = False) -> Moment:
        """How things stood at the last minute that began at or before a time."""
        index = int(np.clip((time_ms - self.times_ms[0]) // MINUTE_MS, 0, len(self.times_ms) - 1))
        money = self.money(in_btc=in_btc)
        return Moment(
            int(self.times_ms[index]),
            money.currency,
            float(money.equity[index]),
            float(money.balance[index]),
            float(money.drawdown[index]),
            float(self.exposure.long[index]),
            float(self.exposure.short[index]),
            int(self.exposure.positions[index]),
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """All curves at one minute; `drawdown` is a fraction below 0, exposures are multiples of the balance."""

    time_ms: int
    currency: str
    equity: float
    balance: float
    drawdown: float
    exposure_long: float
    exposure_short: float
    positions: int


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest point of a drawdown curve: its value, when it was, since when and until when equity was below.

    `recovered_ms` is None when equity was never at the old high again.
    """

    depth: float
    peak_ms: float
    bottom_ms: float
    recovered_ms: float | None

    @property
    def days_to_recover(self) -> float | None:
        """Days from the bottom back to the old high."""
        return None if self.recovered_ms is None else (self.recovered_ms - self.bottom_ms) / DAY_MS


def curves_of(result: BacktestResult) -> Curves:
    """Work out every curve of a result."""
    info = result.info
    times = info.first_ms + MINUTE_MS * np.arange(len(result.equities_usd), dtype=np.float64)
    # Number of fills up to and including each minute; indexes arrays that have the state before any fill in front.
    done = np.cumsum(np.bincount(result.fills["minute"], minlength=info.n_minutes))[: len(times)]
    balance = _balance_usd(result, done)
    btc = None
    if info.btc_collateral:
        btc = _money("BTC", result.equities_btc, balance / result.btc_usd[: len(times)])
    return Curves(times, _money(info.quote, result.equities_usd, balance), btc, _exposure(result, done, balance))


def deepest(times_ms: Floats, drawdown: Floats) -> Drawdown:
    """Where a drawdown curve is lowest (the first time, if more than once)."""
    bottom = int(np.argmin(drawdown))
    highs = np.flatnonzero(drawdown[:bottom] >= 0.0)
    peak = int(highs[-1]) if len(highs) else 0
    after = np.flatnonzero(drawdown[bottom:] >= 0.0)
    recovered = float(times_ms[bottom + after[0]]) if len(after) else None
    return Drawdown(float(drawdown[bottom]), float(times_ms[peak]), float(times_ms[bottom]), recovered)


def _money(currency: str, equity: Floats, balance: Floats) -> Money:
    high = np.maximum.accumulate(equity)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawdown = np.where(high > 0.0, equity / high - 1.0, 0.0)
    return Money(currency, equity, balance, drawdown)


def _balance_usd(result: BacktestResult, done: NDArray[np.int64]) -> Floats:
    """Balance in USD: steps at fills; with BTC collateral it moves with BTC's price between them too."""
    start, fills = result.info.starting_balance, result.fills
    if not result.info.btc_collateral:
        balance: Floats = _before(start, fills["balance_usd_total"])[done]
        return balance
    held_btc: Floats = _before(start / float(result.btc_usd[0]), fills["balance_btc"])[done]
    held_usd: Floats = _before(0.0, fills["balance_usd"])[done]
    return held_btc * result.btc_usd[: len(done)] + held_usd


def _exposure(result: BacktestResult, done: NDArray[np.int64], balance: Floats) -> Exposure:
    fills = result.fills
    multiplier = np.array([result.info.c_mult[coin] for coin in result.info.coins], dtype=np.float64)
    cost = np.abs(fills["psize"]) * fills["pprice"] * multiplier[fills["coin"]]
    is_open = (fills["psize"] != 0.0).astype(np.int64)
    side = SIDE_OF_TYPE[fills["type"]]
    slot = fills["coin"] * 2 + side
    cost_change, open_change = change_by_slot(slot, cost), change_by_slot(slot, is_open)
    exposures, counts = [], np.zeros(len(fills) + 1, dtype=np.int64)
    for ordinal in range(len(SIDES)):
        of_side = side == ordinal
        open_now = _before(0, np.cumsum(np.where(of_side, open_change, 0)))
        # The rounding of many sums must not leave a trace of cost when nothing is open.
        held = np.where(open_now > 0, _before(0.0, np.cumsum(np.where(of_side, cost_change, 0.0))), 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            exposures.append(np.where(balance > 0.0, held[done] / balance, np.nan))
        counts += open_now
    return Exposure(exposures[0], exposures[1], counts[done])


def change_by_slot(slot: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """How each value differs from the one before it in the same slot; the first of a slot differs from 0.

    `slot` int (k,), `values` (k,): the state of the slot after each event. A running sum of the changes is the sum
    over all slots.
    """
    order = np.argsort(slot, kind="stable")
    ordered = values[order]
    before = np.concatenate(([0], ordered[:-1])) if len(ordered) else ordered
    same = np.concatenate(([False], slot[order][1:] == slot[order][:-1])) if len(ordered) else ordered
    changes = np.empty_like(values)
    changes[order] = ordered - np.where(same, before, 0)
    return changes


def _before(start: float, after: NDArray[Any]) -> NDArray[Any]:
    """The state before any fill, then after each."""
    return np.concatenate((np.array([start], dtype=after.dtype), after))


def _highest(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else 0.0
