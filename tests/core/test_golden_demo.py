"""The demo market's golden cases: Passivbot v7.3.16's own fills, balances, equities and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from golden import DEMO_CASES, bot_params, expected_fills, first_difference, read_json, wrong_metrics

from passivtui.core import analyse, simulate
from passivtui.market import Candles, Dataset, open_dataset
from passivtui.paths import Home


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset("demo", Home(tmp_path_factory.mktemp("home")).ensure())


def rows(candles: Candles) -> np.ndarray[Any, Any]:
    return np.stack([candles.high, candles.low, candles.close, candles.volume * candles.close], axis=1)


@pytest.mark.parametrize("case", DEMO_CASES)
def test_a_golden_case_agrees_to_the_last_bit(case: str, demo: Dataset) -> None:
    config, expected = read_json(case, "config.json"), read_json(case, "expected.json")
    coins: list[str] = expected["coins"]
    btc_collateral: bool = config["backtest"]["use_btc_collateral"]
    hlcv = np.ascontiguousarray(np.stack([rows(demo.load(coin)) for coin in coins], axis=1))
    markets: list[Mapping[str, float]] = [
        {name: getattr(demo.coins[coin], name) for name in ("qty_step", "price_step", "min_qty", "min_cost", "c_mult")}
        for coin in coins
    ]
    btc_usd = np.array(demo.load("BTC").close) if btc_collateral else np.ones(len(hlcv))
    result = simulate(hlcv, btc_usd, bot_params(config, coins), markets, config["backtest"]["starting_balance"], 0.0002)
    assert first_difference(result.fills, coins, expected_fills(case)) == ""
    assert len(result.equities_usd) == len(result.equities_btc) == expected["equity_len"]
    assert result.equities_usd[::1440].tolist() == expected["equity_usd_every_1440"]
    assert result.equities_usd[-1] == expected["equity_usd_last"]
    assert result.equities_btc[-1] == expected["equity_btc_last"]
    analysis = analyse(*result, btc_collateral)
    assert wrong_metrics(analysis.usd, expected["analysis_usd"], 1e-9) == {}
    if btc_collateral:
        assert analysis.btc is not None
        assert wrong_metrics(analysis.btc, expected["analysis_btc"], 1e-9) == {}
    else:
        assert analysis.btc is None
