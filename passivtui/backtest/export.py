"""A result in the forms that other programs read: CSV and JSON text (`docs/architecture.md`, backtest output folder).

Numbers are written by `repr`, the shortest text that reads back exactly.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from passivtui.backtest.result import BacktestResult
from passivtui.clock import MINUTE_MS
from passivtui.core import ORDER_TYPES

FILL_COLUMNS = (
    "minute",
    "timestamp_ms",
    "coin",
    "type",
    "qty",
    "price",
    "psize",
    "pprice",
    "pnl",
    "fee_paid",
    "balance_usd_total",
    "balance_btc",
    "balance_usd",
    "btc_price",
)
BALANCE_COLUMNS = ("minute", "balance", "equity", "balance_btc", "equity_btc")
SAMPLE_MINUTES = 60

_NAMED = {"timestamp_ms", "coin", "type"}  # columns that are worked out from the array's


def fills_csv(result: BacktestResult) -> str:
    """`fills.csv`: one line per fill, in processing order."""
    fills = result.fills
    columns: dict[str, Iterable[Any]] = {
        name: map(repr, fills[name].tolist()) for name in FILL_COLUMNS if name not in _NAMED
    }
    columns["timestamp_ms"] = map(str, (result.info.first_ms + fills["minute"] * MINUTE_MS).tolist())
    columns["coin"] = (_quoted(result.info.coins[index]) for index in fills["coin"].tolist())
    columns["type"] = (ORDER_TYPES[index] for index in fills["type"].tolist())
    return _csv(FILL_COLUMNS, columns)


def balance_and_equity_csv(result: BacktestResult) -> str:
    """`balance_and_equity.csv`: balances and equities at every full hour of the run (`spec/engine.md` §5)."""
    series = {"minute": _hours(result), **hourly_balances(result)}
    series["equity"] = result.equities_usd[series["minute"]]
    series["equity_btc"] = result.equities_btc[series["minute"]]
    return _csv(BALANCE_COLUMNS, {name: map(repr, series[name].tolist()) for name in BALANCE_COLUMNS})


def hourly_balances(result: BacktestResult) -> dict[str, NDArray[np.float64]]:
    """`balance` and `balance_btc` at every full hour: that of the last fill in the hour.

    Hours without fills keep the balance before; those before the first fill take that of the first hour with fills, as
    Passivbot does. Without any fill the balance is the starting balance.
    """
    hours, fills = _hours(result), result.fills
    if not len(fills):
        start = result.info.starting_balance
        in_btc = start / result.btc_usd[0] if result.info.btc_collateral else 0.0
        return {"balance": np.full(len(hours), start), "balance_btc": np.full(len(hours), in_btc)}
    hour_of_fill = fills["minute"] // SAMPLE_MINUTES * SAMPLE_MINUTES
    last = np.searchsorted(hour_of_fill, np.maximum(hours, hour_of_fill[0]), side="right") - 1
    return {"balance": fills["balance_usd_total"][last], "balance_btc": fills["balance_btc"][last]}


def _hours(result: BacktestResult) -> NDArray[np.int64]:
    """The minutes of the samples: from 0, every 60, up to but not including the last full hour (§5)."""
    ends = [(len(result.equities_usd) - 1) // SAMPLE_MINUTES]
    if len(result.fills):
        ends.append(int(result.fills["minute"][-1]) // SAMPLE_MINUTES)
    return np.arange(0, max(ends), dtype=np.int64) * SAMPLE_MINUTES


def analysis_json(result: BacktestResult) -> str:
    """`analysis.json`: metric → number, or a text that `float()` reads ("inf", "-inf", "nan"), or null."""
    return json.dumps(plain_metrics(result.analysis), indent=1, allow_nan=False) + "\n"


def plain_metrics(analysis: Mapping[str, float | None]) -> dict[str, float | str | None]:
    """Metrics for strict JSON, which has no infinity and no NaN: those become the text that `float()` reads."""
    return {name: value if value is None or math.isfinite(value) else str(value) for name, value in analysis.items()}


def metrics_from_plain(content: Mapping[str, Any]) -> dict[str, float | None]:
    """The metrics that `plain_metrics` came from. Raises TypeError or ValueError on anything else."""
    return {str(name): None if value is None else float(value) for name, value in content.items()}


def _csv(header: tuple[str, ...], columns: Mapping[str, Iterable[str]]) -> str:
    lines = map(",".join, zip(*(columns[name] for name in header), strict=True))
    return "\n".join([",".join(header), *lines, ""])


def _quoted(text: str) -> str:
    """A coin's name as a CSV field."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
