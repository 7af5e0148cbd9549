"""A market of a few days and a config that trades on it, in a home: enough for a run that takes milliseconds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from passivtui.paths import Home

FIRST_MS = 1_735_689_600_000  # 2025-01-01
COINS = ("BTC", "ETH")
CONFIG = """
[backtest]
start_date = "2025-01-01"
end_date = "now"
exchanges = ["binance"]
starting_balance = 1000
use_btc_collateral = false

[live]
approved_coins = ["BTC", "ETH"]
minimum_coin_age_days = 0

[bot.long]
n_positions = 2
total_wallet_exposure_limit = 1.0
entry_initial_ema_dist = -0.001

[bot.short]
n_positions = 0
total_wallet_exposure_limit = 0
"""


def write_small_market(home: Home, name: str = "small", days: int = 3) -> Path:
    """A dataset folder in the home, with lively prices, the same every time."""
    folder = home.candles / name
    folder.mkdir(parents=True)
    rows, entries = days * 1440, {}
    for number, coin in enumerate(COINS):
        random = np.random.default_rng(number)
        close = 100.0 * np.exp(np.cumsum(random.normal(0, 0.002, rows)))
        opens = np.concatenate(([100.0], close[:-1]))
        times = FIRST_MS + 60_000 * np.arange(rows, dtype=np.int64)
        high, low = np.maximum(opens, close) * 1.0005, np.minimum(opens, close) * 0.9995
        volume = random.uniform(1, 10, rows)
        np.savez(folder / f"{coin}.npz", timestamp_ms=times, open=opens, high=high, low=low, close=close, volume=volume)
        entries[coin] = {
            "file": f"{coin}.npz",
            "symbol": f"{coin}/USDT:USDT",
            "qty_step": 0.001,
            "price_step": 0.01,
            "min_qty": 0.001,
            "min_cost": 1.0,
            "c_mult": 1.0,
            "maker_fee": 0.0002,
            "taker_fee": 0.0005,
            "rows": rows,
            "first_ms": int(times[0]),
            "last_ms": int(times[-1]),
        }
    description = {"exchange": "binance", "market_type": "linear_perpetual", "quote": "USDT", "interval": "1m"}
    (folder / "dataset.json").write_text(json.dumps({**description, "coins": entries}))
    return folder


def write_config(home: Home, name: str = "lively", text: str = CONFIG) -> Path:
    """A config in the home."""
    path = home.configs / f"{name}.toml"
    path.write_text(text)
    return path
