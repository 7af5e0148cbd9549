"""Settings as Passiv-X users have them: backtest settings in HJSON, the live settings that ship for Bybit."""

from typing import Any

SESSION = """{
  session_name: btc_001
  exchange: bybit
  user: e
  symbol: BTCUSD
  # how far back
  n_days: 60
  starting_candidate_filepath: live_settings/bybit/default.json
  multiprocessing: false
  starting_k: 0
  n_jackrabbit_iterations: 200
  latency_simulation_ms: 1000
  starting_balance: 0.05
  break_on: [
    ["OFF: first stop", "lambda trades, ticks, k: trades[-1]['type'].startswith('stop_loss')"]
    ["ON: liq too close", "lambda trades, ticks, k: trades[-1]['closest_liq'] < 0.09"]
    ["OFF: far", "lambda trades, ticks, k: calc_diff(trades[-1]['pos_price'], ticks[k]['price']) > 1.05"]
  ]
  ranges: {
    balance_pct: [-0.01, 1.5, 0.001]
    entry_qty_pct: [0.0001, 0.5, 1e-05]
    ddown_factor: [0.0, 3.0, 0.001]
    ema_span: [100, 100000, 1]
    ema_spread: [0.0, 0.02, 0.0001]
    grid_coefficient: [0, 700, 0.01]
    grid_spacing: [0.0002, 0.01, 1e-05]
    leverage: [2, 999999, 1]
    stop_loss_liq_diff: [0.015, 0.15, 0.0001]
    stop_loss_pos_price_diff: [0.015, 0.15, 0.0001]
    max_markup: [0.001, 0.03, 1e-05]
    min_markup: [0.0005, 0.002, 1e-05]
    min_close_qty_multiplier: [0, 1, 0.1]
    n_close_orders: [8, 25, 1]
    stop_loss_pos_reduction: [0.001, 0.3, 0.001]
    do_long: [1, 1, 1]
    do_shrt: [1, 1, 1]
  }
}
"""

LIVE: dict[str, Any] = {
    "config_name": "btc_default",
    "symbol": "BTCUSD",
    "logging_level": 0,
    "cross_mode": True,
    "balance_pct": 0.537,
    "ddown_factor": 0.298,
    "entry_qty_pct": 0.10101,
    "min_close_qty_multiplier": 0.15,
    "leverage": 19.0,
    "n_entry_orders": 8,
    "n_close_orders": 18.0,
    "grid_spacing": 0.00152,
    "grid_coefficient": 203.6,
    "min_markup": 0.00066,
    "max_markup": 0.01135,
    "indicator_settings": {
        "do_long": True,
        "do_shrt": True,
        "funding_fee_collect_mode": False,
        "ohlcv_rsi": {"n_periods": 21, "period_ms": 1800000},
        "tick_ema": {"span": 61499.0, "spread": 0.0133},
    },
    "market_stop_loss": False,
    "stop_loss_liq_diff": 0.07,
    "stop_loss_pos_price_diff": 0.9,
    "stop_loss_pos_reduction": 0.01,
    "key": "a331d60f",
}

KEY, SECRET = "k3y-of-mine", "s3cret-of-mine"

#: A file of trades as Passiv-X downloads them from Bybit.
TRADES = "trade_id,side,price,qty,timestamp\n" + "".join(
    f"{1000 + row},{'Sell' if row % 3 else 'Buy'},{94_000 + row % 7}.5,10,{1_700_000_000_000 + 1000 * row}.0\n"
    for row in range(50)
)
