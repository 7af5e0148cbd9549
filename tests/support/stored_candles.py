"""Candles for the store: plausible, the same every time, a minute apart unless rows are left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from passivtui.market import Candles, MarketSpec

DAY_MS = 86_400_000
MINUTE_MS = 60_000
FIRST_DAY = 20_000  # 2024-10-04
FIRST_MS = FIRST_DAY * DAY_MS


def some_candles(
    rows: int, first_ms: int = FIRST_MS, *, seed: int = 1, price: float = 100.0, volume: float = 10.0
) -> Candles:
    """`rows` candles without a gap; of one seed, the shorter are the beginning of the longer."""
    random = np.random.default_rng(seed)
    close = np.round(price * np.exp(np.cumsum(random.standard_normal(rows)) * 5e-4), 4)
    opened = np.concatenate(([price], close[:-1]))
    return Candles(
        first_ms + MINUTE_MS * np.arange(rows, dtype=np.int64),
        opened,
        np.maximum(opened, close) + 0.01,
        np.minimum(opened, close) - 0.01,
        close,
        np.round(np.random.default_rng(seed + 1000).uniform(0.5, 1.5, rows) * volume, 3),
    )


def without(candles: Candles, first: int, count: int) -> Candles:
    """The same without `count` rows from the row `first` on."""
    keep = np.ones(len(candles), dtype=bool)
    keep[first : first + count] = False
    return only(candles, keep)


def only(candles: Candles, rows: Any) -> Candles:
    """Those rows of the candles."""
    names = ("timestamp_ms", "open", "high", "low", "close", "volume")
    return replace(candles, **{name: getattr(candles, name)[rows] for name in names})


def same_candles(one: Candles, other: Candles) -> bool:
    """Whether both hold the same values, bit by bit."""
    names = ("timestamp_ms", "open", "high", "low", "close", "volume")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def market_spec(coin: str, **changes: Any) -> MarketSpec:
    """The market of a coin; rows, times and file are those of no candles."""
    fields: dict[str, Any] = {
        "symbol": f"{coin}/USDT:USDT", "qty_step": 0.001, "price_step": 0.01, "min_qty": 0.001, "min_cost": 5.0,
        "c_mult": 1.0, "maker_fee": 0.0002, "taker_fee": 0.0005, "rows": 0, "first_ms": 0, "last_ms": 0, "file": "",
    }  # fmt: skip
    return MarketSpec(**{**fields, **changes})
