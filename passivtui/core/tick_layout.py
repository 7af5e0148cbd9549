"""Names and dtypes of the tick engine: what Python gives and gets (`spec/passivx.md` §1, §4)."""

from __future__ import annotations

from typing import Any

import numpy as np

TICK_SIDES = ("long", "shrt")
#: Types of trades by their ordinal. From `STOP_LOSS_TYPES` on they are stop losses.
TICK_TRADE_TYPES = ("entry", "reentry", "close", "stop_loss_liq_diff", "stop_loss_pos_price_diff")
STOP_LOSS_TYPES = 3

#: Of the venue, in the order of the C struct `TickMarket`; `inverse` is 0 or 1.
TICK_MARKET = ("inverse", "price_step", "qty_step", "min_qty", "min_cost", "maker_fee", "max_leverage")

#: Of the strategy, in the order of the C struct `TickSettings`; `do_long` and `do_shrt` are 0 or 1.
TICK_SETTINGS = (
    "balance_pct",
    "ddown_factor",
    "do_long",
    "do_shrt",
    "ema_span",
    "ema_spread",
    "entry_qty_pct",
    "grid_coefficient",
    "grid_spacing",
    "leverage",
    "max_markup",
    "min_close_qty_multiplier",
    "min_markup",
    "n_close_orders",
    "stop_loss_liq_diff",
    "stop_loss_pos_price_diff",
    "stop_loss_pos_reduction",
)

MOST_CLOSE_ORDERS = 500
ACCOUNTINGS = ("original", "true")
#: How a run ended, by the ordinal that the loop gives.
TICK_ENDS = ("end of data", "liquidation", "break")

#: One trade, in the order of time. `tick` is the row in the merged ticks, `timestamp` ms since 1970 (UTC).
#: `reentry_price` is NaN when the position is closed; `closest_liq` are relative distances since the trade before.
TICK_TRADE_DTYPE: np.dtype[Any] = np.dtype(
    [
        ("tick", np.int64),
        ("timestamp", np.int64),
        ("side", np.int32),
        ("type", np.int32),
        ("price", np.float64),
        ("qty", np.float64),
        ("pos_price", np.float64),
        ("pos_size", np.float64),
        ("liq_price", np.float64),
        ("reentry_price", np.float64),
        ("pnl", np.float64),
        ("fee_paid", np.float64),
        ("actual_balance", np.float64),
        ("apparent_balance", np.float64),
        ("closest_liq", np.float64),
        ("closest_long_liq", np.float64),
        ("closest_shrt_liq", np.float64),
        ("pnl_plus_fees_cumsum", np.float64),
        ("profit_cumsum", np.float64),
        ("loss_cumsum", np.float64),
        ("fee_paid_cumsum", np.float64),
        ("average_daily_gain", np.float64),
        ("avg_gain_per_tick", np.float64),
        ("millis_since_prev_trade", np.float64),
        ("progress", np.float64),
    ]
)

#: What a break condition may ask of a trade, in the order in which the loop lays it out.
CONDITION_FACTS = (*(TICK_TRADE_DTYPE.names or ()), "n_trades", "n_ticks")

#: Steps of a compiled break condition: a stack machine of float64, where truth is 1 and 0.
CONDITION_STEPS = (
    "number",  # push the argument
    "fact",  # push a fact of this trade; the argument is its place in CONDITION_FACTS
    "fact_before",  # push a fact of the trade before; NaN when there is none
    "add",
    "subtract",
    "multiply",
    "divide",
    "less",
    "less_or_equal",
    "greater",
    "greater_or_equal",
    "equal",
    "not_equal",
    "and",
    "or",
    "not",
    "negate",
    "absolute",
)
DEEPEST_STACK = 32
