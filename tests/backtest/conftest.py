"""A small market, a config that trades on it, and results, both run and made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from passivtui.backtest import BacktestRequest, BacktestResult, RunInfo, run_backtest
from passivtui.config import LoadedConfig, load_config
from passivtui.core import FILL_DTYPE, ORDER_TYPES, Analysis
from passivtui.market import DataIssue
from passivtui.paths import Home

FIRST_MS = 1_735_689_600_000  # 2025-01-01
MINUTE_MS = 60_000
DAY_MINUTES = 1440
COINS = ("BTC", "DOGE", "ETH")

CONFIG = """
[backtest]
start_date = "2025-01-01"
end_date = "now"
exchanges = ["binance"]
starting_balance = 1000
use_btc_collateral = false

[live]
approved_coins = ["BTC", "DOGE", "ETH"]
minimum_coin_age_days = 0

[bot.long]
n_positions = 3
total_wallet_exposure_limit = 1.5
entry_initial_ema_dist = -0.001

[bot.short]
n_positions = 1
total_wallet_exposure_limit = 0.5
entry_initial_ema_dist = -0.001
"""


def write_market(folder: Path, coins: tuple[str, ...] = COINS, days: int = 4) -> Path:
    """A dataset folder with lively prices, the same every time."""
    folder.mkdir(parents=True)
    rows, entries = days * DAY_MINUTES, {}
    for number, coin in enumerate(coins):
        random = np.random.default_rng(number)
        close = 100.0 * np.exp(np.cumsum(random.normal(0, 0.002, rows)))
        open_ = np.concatenate(([100.0], close[:-1]))
        times = FIRST_MS + MINUTE_MS * np.arange(rows, dtype=np.int64)
        high, low = np.maximum(open_, close) * 1.0005, np.minimum(open_, close) * 0.9995
        volume = random.uniform(1, 10, rows)
        np.savez(folder / f"{coin}.npz", timestamp_ms=times, open=open_, high=high, low=low, close=close, volume=volume)
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


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """A dataset folder with three coins over four days."""
    return write_market(tmp_path / "market")


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., LoadedConfig]:
    """The config that trades on the market, with some keys set: `load("backtest.starting_balance=5")`."""
    path = tmp_path / "lively.toml"
    path.write_text(CONFIG)

    def with_sets(*sets: str) -> LoadedConfig:
        return load_config(path, sets=sets)

    return with_sets


@pytest.fixture
def run(home: Home, market: Path, load: Callable[..., LoadedConfig]) -> Callable[..., BacktestResult]:
    """Run the config over the market, with some keys set."""

    def with_sets(*sets: str) -> BacktestResult:
        request = BacktestRequest(load(*sets), str(market))
        return run_backtest(request, home, clock=lambda: 1_740_830_400_123)

    return with_sets


@pytest.fixture
def made_up(load: Callable[..., LoadedConfig]) -> Callable[..., BacktestResult]:
    """A result with arbitrary numbers: `made_up(n_minutes=100, n_fills=7, seed=1, btc_collateral=True)`."""
    config = load().config

    def make(
        n_minutes: int = 3000,
        n_fills: int = 40,
        seed: int = 0,
        btc_collateral: bool = False,
        coins: tuple[str, ...] = COINS,
        analysis: dict[str, float | None] | None = None,
    ) -> BacktestResult:
        random = np.random.default_rng(seed)
        fills = np.zeros(n_fills, FILL_DTYPE)
        for name in FILL_DTYPE.names or ():
            fills[name] = random.normal(0, 1e3, n_fills)
        fills["minute"] = np.sort(random.integers(0, n_minutes, n_fills))
        fills["coin"] = random.integers(0, len(coins), n_fills)
        fills["type"] = random.integers(0, len(ORDER_TYPES), n_fills)
        default: dict[str, float | None] = dict.fromkeys(("gain", "adg", "drawdown_worst", "loss_profit_ratio"), 1.5)
        return BacktestResult(
            info=RunInfo(
                config_name="lively",
                dataset="demo",
                exchange="demo",
                market_type="linear_perpetual",
                quote="USDT",
                synthetic=True,
                coins=coins,
                first_ms=FIRST_MS,
                n_minutes=n_minutes,
                starting_balance=1000.0,
                btc_collateral=btc_collateral,
                maker_fee=0.0002,
                c_mult=dict.fromkeys(coins, 1.0),
                price_step=dict.fromkeys(coins, 0.01),
                qty_step=dict.fromkeys(coins, 0.001),
                engine_seconds=0.1,
                created_ms=FIRST_MS + seed * 1000,
                version="1.0",
                data_issues=(DataIssue("warning", coins[0], "a gap"),),
            ),
            config=config,
            fills=fills,
            equities_usd=random.normal(1000, 10, n_minutes - 1),
            equities_btc=random.normal(1, 0.1, n_minutes - 1),
            analysis={**default, **(analysis or {})},
            btc_usd=random.normal(1e5, 1e3, n_minutes) if btc_collateral else np.ones(n_minutes),
        )

    return make


@pytest.fixture
def engine_metrics() -> Callable[..., Analysis]:
    """An engine's analysis with the given growth metrics, in USD and perhaps in BTC."""

    def make(usd: dict[str, float], btc: dict[str, float] | None = None) -> Analysis:
        names = ("adg", "adg_w", "mdg", "mdg_w", "gain")
        zero: dict[str, Any] = dict.fromkeys(names, 0.0)
        return Analysis({**zero, **usd}, None if btc is None else {**zero, **btc})

    return make
