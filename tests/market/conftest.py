"""Small markets made for one test each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Columns = dict[str, np.ndarray[Any, Any]]
DatasetWriter = Callable[..., Path]

START_MS = 1_740_000_000_000 // 60_000 * 60_000  # 2025-02-19 21:20


def candle_columns(rows: int, first_ms: int = START_MS, seed: int = 1) -> Columns:
    """`rows` plausible candles without a gap."""
    random = np.random.default_rng(seed)
    close = 100.0 + np.cumsum(random.normal(0, 0.1, rows))
    open_ = np.concatenate(([100.0], close[:-1]))
    return {
        "timestamp_ms": first_ms + 60_000 * np.arange(rows, dtype=np.int64),
        "open": open_,
        "high": np.maximum(open_, close) + 0.05,
        "low": np.minimum(open_, close) - 0.05,
        "close": close,
        "volume": random.uniform(1, 10, rows),
    }


def coin_entry(coin: str, columns: Columns) -> dict[str, Any]:
    """A coin's entry of `dataset.json`."""
    return {
        "file": f"{coin}.npz",
        "symbol": f"{coin}/USDT:USDT",
        "qty_step": 0.001,
        "price_step": 0.01,
        "min_qty": 0.001,
        "min_cost": 5.0,
        "c_mult": 1.0,
        "maker_fee": 0.0002,
        "taker_fee": 0.0005,
        "rows": len(columns["timestamp_ms"]),
        "first_ms": int(columns["timestamp_ms"].min()),
        "last_ms": int(columns["timestamp_ms"].max()),
    }


def write_dataset(
    folder: Path, market: Mapping[str, Columns], more: Mapping[str, Mapping[str, Any]] | None = None, **header: Any
) -> Path:
    """Write a dataset folder; `more` adds to coins' entries, `header` to the whole description."""
    folder.mkdir(parents=True, exist_ok=True)
    coins = {}
    for coin, columns in market.items():
        np.savez(folder / f"{coin}.npz", **columns)
        coins[coin] = coin_entry(coin, columns) | dict((more or {}).get(coin, {}))
    whole = {
        "exchange": "binance",
        "market_type": "linear_perpetual",
        "quote": "USDT",
        "interval": "1m",
        "coins": coins,
    }
    (folder / "dataset.json").write_text(json.dumps(whole | header))
    return folder


@pytest.fixture
def start_ms() -> int:
    """The first minute of the candles that `columns` makes."""
    return START_MS


@pytest.fixture
def columns() -> Callable[..., Columns]:
    """`columns(rows, first_ms=..., seed=...)`: plausible candles."""
    return candle_columns


@pytest.fixture
def dataset_writer() -> DatasetWriter:
    """`dataset_writer(folder, {coin: columns}, more={coin: {...}}, **header)` writes a dataset folder."""
    return write_dataset
