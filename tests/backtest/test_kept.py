"""What is kept of a request: one report, or one for each exchange."""

from __future__ import annotations

from pathlib import Path

import pytest

from passivtui.backtest import BacktestRequest
from passivtui.backtest.kept import run_and_keep
from passivtui.backtest.markets import EXCHANGES, exchanges_entry, one_per_exchange
from passivtui.backtest.plan import Dates, plan_of
from passivtui.paths import Home
from passivtui.progress import CancelToken, ignore_progress


def test_a_dataset_gives_one_report(home: Home, market: Path, load) -> None:
    ((report, row),) = run_and_keep(BacktestRequest(load(), str(market)), home, ignore_progress, CancelToken())
    assert row.n_fills == len(report.result.fills)


BOTH = 'backtest.exchanges=["binance", "bybit"]'
APART = "backtest.combine_ohlcvs=false"


@pytest.mark.parametrize(
    ("sets", "dataset", "names"),
    [
        ([BOTH], None, ["c"]),
        ([BOTH, APART], None, ["c on binance", "c on bybit"]),
        ([BOTH, APART], EXCHANGES, ["c on binance", "c on bybit"]),
        ([BOTH, APART], "demo", ["c"]),
        (['backtest.exchanges=["bybit"]', APART], None, ["c"]),
        (['backtest.exchanges=["demo", "bybit"]', APART], None, ["c"]),
    ],
)
def test_exchanges_that_are_not_combined_are_runs_of_their_own(load, sets, dataset, names) -> None:
    loaded = load(*sets)
    found = [
        request.config.name.replace(loaded.name, "c") for request in one_per_exchange(BacktestRequest(loaded, dataset))
    ]
    assert found == names


def test_the_plan_names_the_exchanges(load) -> None:
    plan = dict(plan_of(load('backtest.exchanges=["binance", "bybit"]'), exchanges_entry(), Dates()).lines)
    assert plan["market"] == "binance, bybit (combined); missing candles are downloaded"
    assert plan["coins"] == "BTC, DOGE, ETH"
    assert plan["dates"] == "2025-01-01 .. now"
