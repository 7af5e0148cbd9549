"""Backtest settings as Passiv-X users have them, in HJSON."""

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
