"""Results made by hand, so that what is shown of them can be worked out with pencil and paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from passivtui.backtest import BacktestResult, RunInfo
from passivtui.config import template_config
from passivtui.core import FILL_DTYPE, ORDER_TYPES
from passivtui.market import DataIssue

FIRST_MS = 1_735_689_600_000  # 2025-01-01
MINUTE_MS = 60_000
DAY = 1440

Fill = tuple[int, str, str, float, float, float, float, float, float, float]
"""minute, coin, type, qty, price, psize, pprice, pnl, fee, balance after it."""

METRICS = {"gain": 1.1, "adg": 0.001, "drawdown_worst": 0.05, "loss_profit_ratio": 0.25}


def hand_made(
    fills: Sequence[Fill] = (),
    *,
    n_minutes: int = 100,
    equity: Sequence[float] | None = None,
    coins: tuple[str, ...] = ("BTC", "ETH"),
    starting_balance: float = 1000.0,
    analysis: dict[str, float | None] | None = None,
    btc_usd: Sequence[float] | None = None,
    balances_btc: Sequence[float] = (),
    name: str = "by_hand",
    first_ms: int = FIRST_MS,
    c_mult: dict[str, float] | None = None,
    synthetic: bool = False,
    issues: tuple[DataIssue, ...] = (),
    sides: tuple[float, float] = (1.0, 0.5),
) -> BacktestResult:
    """A result with these fills; equity is flat unless given. `sides`: total wallet exposure limits, long and short.

    With `btc_usd` the balance is held in BTC: `balances_btc` after each fill, nothing in USD.
    """
    array = np.zeros(len(fills), FILL_DTYPE)
    names = ("qty", "price", "psize", "pprice", "pnl", "fee_paid", "balance_usd_total")
    for index, (minute, coin, kind, *numbers) in enumerate(fills):
        array[index]["minute"] = minute
        array[index]["coin"] = coins.index(coin)
        array[index]["type"] = ORDER_TYPES.index(kind)
        for field, number in zip(names, numbers, strict=True):
            array[index][field] = number
    prices = np.ones(n_minutes) if btc_usd is None else np.asarray(btc_usd, dtype=np.float64)
    if btc_usd is None:
        array["balance_usd"] = array["balance_usd_total"]
    else:
        array["balance_btc"] = balances_btc
    array["btc_price"] = prices[array["minute"]]
    curve = np.full(n_minutes - 1, starting_balance) if equity is None else np.asarray(equity, dtype=np.float64)
    info = RunInfo(
        config_name=name,
        dataset="demo",
        exchange="demo",
        market_type="linear_perpetual",
        quote="USDT",
        synthetic=synthetic,
        coins=coins,
        first_ms=first_ms,
        n_minutes=n_minutes,
        starting_balance=starting_balance,
        btc_collateral=btc_usd is not None,
        maker_fee=0.0002,
        c_mult=c_mult or dict.fromkeys(coins, 1.0),
        price_step=dict.fromkeys(coins, 0.1),
        qty_step=dict.fromkeys(coins, 0.001),
        engine_seconds=0.25,
        created_ms=first_ms,
        version="1.0",
        data_issues=issues,
    )
    return BacktestResult(
        info=info,
        config=_config(*sides),
        fills=array,
        equities_usd=curve,
        equities_btc=curve / prices[:-1],
        analysis=dict(METRICS) if analysis is None else analysis,
        btc_usd=prices,
    )


def _config(long_limit: float, short_limit: float) -> Any:
    config = template_config()
    bot = replace(
        config.bot,
        long=replace(config.bot.long, n_positions=2, total_wallet_exposure_limit=long_limit),
        short=replace(config.bot.short, n_positions=1, total_wallet_exposure_limit=short_limit),
    )
    return replace(config, bot=bot)


#: A long that is enlarged and closed in two parts, and a short of another coin that is left open.
STORY: tuple[Fill, ...] = (
    (10, "BTC", "entry_initial_normal_long", 1.0, 100.0, 1.0, 100.0, 0.0, -0.02, 999.98),
    (20, "BTC", "entry_grid_normal_long", 1.0, 90.0, 2.0, 95.0, 0.0, -0.018, 999.962),
    (30, "ETH", "entry_initial_normal_short", -4.0, 50.0, -4.0, 50.0, 0.0, -0.04, 999.922),
    (30, "BTC", "close_unstuck_long", -0.5, 94.0, 1.5, 95.0, -0.5, -0.01, 999.412),
    (50, "BTC", "close_grid_long", -1.5, 105.0, 0.0, 95.0, 15.0, -0.03, 1014.382),
    (60, "BTC", "entry_initial_normal_long", 1.0, 104.0, 1.0, 104.0, 0.0, -0.02, 1014.362),
    (65, "BTC", "close_grid_long", -1.0, 106.0, 0.0, 104.0, 2.0, -0.02, 1016.342),
)
