"""What a run came to: Passiv-X's results from the trades (`spec/passivx.md` §4), and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from passivtui.core import STOP_LOSS_TYPES, TICK_TRADE_TYPES, TickSimulation
from passivtui.core.contracts import contract_pnl
from passivtui.passivx.model import TickBacktest, numbers_of
from passivtui.passivx.tick_files import Ticks

HOUR_MS = 3_600_000.0
_CLOSE = TICK_TRADE_TYPES.index("close")
_REENTRY = TICK_TRADE_TYPES.index("reentry")

Trades = NDArray[Any]


@dataclass(frozen=True, slots=True)
class TickOutcome:
    """How one run ended. `results` is None when it ended early or never traded, as in Passiv-X.

    ended         "end of data", "liquidation" or "break"
    broken_by     name of the condition that ended it, "" when none did
    size          the position left, signed; `pos_price` its price
    balance       the wallet's; `equity` is it with what the position is worth at the last price
    """

    accounting: str
    ended: str
    end_ms: int
    broken_by: str
    trades: Trades
    size: float
    pos_price: float
    balance: float
    equity: float
    results: dict[str, Any] | None


def outcome_of(simulation: TickSimulation, backtest: TickBacktest, accounting: str, ticks: Ticks) -> TickOutcome:
    """The outcome of a run of `backtest` over `ticks`. A liquidation takes all of the wallet."""
    broken_by = ""
    if simulation.broken_by >= 0:
        broken_by = [each.name for each in backtest.break_on if each.is_active][simulation.broken_by]
    lost = simulation.ended == "liquidation"
    last_price = float(ticks.data.price[simulation.end_tick])
    complete = simulation.ended == "end of data" and len(simulation.trades) > 0
    return TickOutcome(
        accounting=accounting,
        ended=simulation.ended,
        end_ms=int(ticks.data.timestamp_ms[simulation.end_tick]),
        broken_by=broken_by,
        trades=simulation.trades,
        size=simulation.size,
        pos_price=simulation.pos_price,
        balance=0.0 if lost else simulation.balance,
        equity=0.0 if lost else simulation.balance + _unrealised(simulation, backtest, last_price),
        results=results_of(simulation.trades, backtest, _days(backtest, ticks)) if complete else None,
    )


def _unrealised(simulation: TickSimulation, backtest: TickBacktest, price: float) -> float:
    if simulation.size == 0.0:
        return 0.0
    side = "long" if simulation.size > 0.0 else "shrt"
    return contract_pnl(side, numbers_of(backtest.market), simulation.pos_price, price, simulation.size)


def _days(backtest: TickBacktest, ticks: Ticks) -> float:
    return backtest.n_days or (ticks.last_ms - ticks.first_ms) / 86_400_000.0


def results_of(trades: Trades, backtest: TickBacktest, n_days: float) -> dict[str, Any]:
    """Passiv-X's results of a run with trades; balances and sums in the margin coin."""
    last = trades[-1]
    net = float(last["pnl_plus_fees_cumsum"])
    gain = (net + backtest.starting_balance) / backtest.starting_balance
    types = trades["type"]
    return {
        "net_pnl_plus_fees": net,
        "profit_sum": float(last["profit_cumsum"]),
        "loss_sum": float(last["loss_cumsum"]),
        "fee_sum": float(last["fee_paid_cumsum"]),
        "gain": gain,
        "average_daily_gain": daily_gain(gain, n_days),
        "n_days": n_days,
        "closest_shrt_liq": float(trades["closest_shrt_liq"].min()),
        "closest_long_liq": float(trades["closest_long_liq"].min()),
        "closest_liq": float(trades["closest_liq"].min()),
        "max_n_hours_between_consec_trades": float(trades["millis_since_prev_trade"].max()) / HOUR_MS,
        "n_trades": len(trades),
        "n_closes": int((types == _CLOSE).sum()),
        "n_reentries": int((types == _REENTRY).sum()),
        "n_stop_losses": int((types >= STOP_LOSS_TYPES).sum()),
        "biggest_pos_size": float(np.abs(trades["pos_size"]).max()),
        "do_long": backtest.strategy.do_long,
        "do_shrt": backtest.strategy.do_shrt,
    }


def daily_gain(gain: float, n_days: float) -> float:
    """The factor a day that makes `gain` in `n_days`; 0 where there is none."""
    if gain <= 0.0 or n_days <= 0.0:
        return 0.0
    try:
        return float(gain ** (1.0 / n_days))
    except OverflowError:
        return 0.0
