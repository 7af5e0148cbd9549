"""Names and array layouts that the engine shares with its callers (`spec/engine.md` §1, §3.1, §5)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LONG, SHORT = 0, 1
SIDES = ("long", "short")

#: Order types by their ordinal. The string is what fills.csv shows.
ORDER_TYPES = (
    "entry_initial_normal_long",
    "entry_initial_partial_long",
    "entry_trailing_normal_long",
    "entry_trailing_cropped_long",
    "entry_grid_normal_long",
    "entry_grid_cropped_long",
    "entry_grid_inflated_long",
    "close_grid_long",
    "close_trailing_long",
    "close_unstuck_long",
    "close_auto_reduce_long",
    "entry_initial_normal_short",
    "entry_initial_partial_short",
    "entry_trailing_normal_short",
    "entry_trailing_cropped_short",
    "entry_grid_normal_short",
    "entry_grid_cropped_short",
    "entry_grid_inflated_short",
    "close_grid_short",
    "close_trailing_short",
    "close_unstuck_short",
    "close_auto_reduce_short",
    "empty",
)

EXCHANGE_PARAMS = ("qty_step", "price_step", "min_qty", "min_cost", "c_mult")

#: Per coin and side, in the order of the C struct `BotParams`. `wallet_exposure_limit` < 0 means dynamic (§4.6).
BOT_PARAMS = (
    "close_grid_markup_end",
    "close_grid_markup_start",
    "close_grid_qty_pct",
    "close_trailing_grid_ratio",
    "close_trailing_qty_pct",
    "close_trailing_retracement_pct",
    "close_trailing_threshold_pct",
    "ema_span_0",
    "ema_span_1",
    "enforce_exposure_limit",
    "entry_grid_double_down_factor",
    "entry_grid_spacing_pct",
    "entry_grid_spacing_weight",
    "entry_initial_ema_dist",
    "entry_initial_qty_pct",
    "entry_trailing_double_down_factor",
    "entry_trailing_grid_ratio",
    "entry_trailing_retracement_pct",
    "entry_trailing_threshold_pct",
    "filter_noisiness_rolling_window",
    "filter_volume_drop_pct",
    "filter_volume_rolling_window",
    "n_positions",
    "total_wallet_exposure_limit",
    "unstuck_close_pct",
    "unstuck_ema_dist",
    "unstuck_loss_allowance_pct",
    "unstuck_threshold",
    "wallet_exposure_limit",
)

#: One fill, in processing order. `coin` and `type` are indices (into the coins and ORDER_TYPES); `minute` is the row.
FILL_DTYPE: np.dtype[Any] = np.dtype(
    [
        ("minute", np.int64),
        ("coin", np.int32),
        ("type", np.int32),
        ("qty", np.float64),
        ("price", np.float64),
        ("psize", np.float64),
        ("pprice", np.float64),
        ("pnl", np.float64),
        ("fee_paid", np.float64),
        ("balance_usd_total", np.float64),
        ("balance_btc", np.float64),
        ("balance_usd", np.float64),
        ("btc_price", np.float64),
    ]
)

FloatArray = NDArray[np.float64]
