"""Searching on the config's exchanges, from the candle store: several datasets, and an end that is "now"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from stored_candles import DAY_MS, FIRST_MS, MINUTE_MS, market_spec, some_candles

from passivtui.config import LoadedConfig
from passivtui.market.store import CandleStore
from passivtui.optimize import (
    OptimizationRequest,
    SearchProgress,
    read_facts,
    read_front,
    resume_optimization,
    run_optimization,
)
from passivtui.paths import Home
from passivtui.progress import CancelToken

COINS = ("BTC", "ETH")
DAYS = 3
NOON_MS = FIRST_MS + DAYS * DAY_MS + DAY_MS // 2  # of the day after the last one with candles


@pytest.fixture
def store(home: Home) -> CandleStore:
    """Two exchanges with the same coins at different prices, asked for their markets just now."""
    store = CandleStore(home.store)
    for number, exchange in enumerate(("binance", "bybit")):
        store.set_markets(exchange, {coin: market_spec(coin) for coin in COINS}, NOON_MS)
        for seed, coin in enumerate(COINS):
            store.write(exchange, coin, some_candles(DAYS * 1440, seed=10 * number + seed), origin="test")
            store.set_listing(exchange, coin, FIRST_MS)
    return store


@pytest.fixture
def request_on_exchanges(make_config: Callable[..., LoadedConfig], store: CandleStore) -> OptimizationRequest:
    loaded = make_config(
        "backtest.start_date=2024-10-04", "backtest.end_date=now", "backtest.exchanges=binance,bybit",
        "backtest.combine_ohlcvs=false", "backtest.starting_balance=10000",
    )  # fmt: skip
    return OptimizationRequest(loaded, seed=3, workers=1)


def test_each_exchange_is_a_dataset_and_scores_are_means_over_them(
    request_on_exchanges: OptimizationRequest, home: Home
) -> None:
    result = run_optimization(request_on_exchanges, home, clock=lambda: NOON_MS)
    assert "_binance_bybit_3days_BTC_ETH_" in result.folder.name
    for member in read_front(result.folder):
        analyses, combined = member.document["analyses"], member.document["analyses_combined"]
        each = [analyses[exchange]["adg"] for exchange in ("binance", "bybit")]
        assert each[0] != each[1]
        assert combined["adg_mean"] == pytest.approx(sum(each) / 2, rel=1e-2)
        assert (combined["adg_min"], combined["adg_max"]) == pytest.approx((min(each), max(each)), rel=1e-3)
        assert combined["w_0"] == pytest.approx(-combined["adg_mean"])


def test_a_run_that_began_yesterday_goes_on_with_yesterdays_end(
    request_on_exchanges: OptimizationRequest, home: Home, store: CandleStore
) -> None:
    undisturbed = run_optimization(request_on_exchanges, home, clock=lambda: NOON_MS)
    cancel = CancelToken()

    def stop(event: object) -> None:
        if isinstance(event, SearchProgress):
            cancel.cancel()

    stopped = run_optimization(request_on_exchanges, home, stop, cancel, clock=lambda: NOON_MS)
    assert not stopped.finished
    assert read_facts(stopped.folder).last_ms == FIRST_MS + DAYS * DAY_MS - MINUTE_MS
    for exchange in ("binance", "bybit"):  # a day more has come meanwhile
        for coin in COINS:
            later = some_candles(1440, FIRST_MS + DAYS * DAY_MS, seed=5)
            store.write(exchange, coin, later, origin="test")
    resumed = resume_optimization(stopped.folder, home, clock=lambda: NOON_MS + DAY_MS - MINUTE_MS)
    assert [member.objectives for member in resumed.front] == [member.objectives for member in undisturbed.front]


def test_combined_exchanges_are_one_dataset(request_on_exchanges: OptimizationRequest, home: Home) -> None:
    loaded = request_on_exchanges.config
    backtest = replace(loaded.config.backtest, combine_ohlcvs=True)
    together = replace(loaded, config=replace(loaded.config, backtest=backtest))
    result = run_optimization(replace(request_on_exchanges, config=together), home, clock=lambda: NOON_MS)
    assert "_combined_3days_" in result.folder.name
    assert set(read_front(result.folder)[0].document["analyses"]) == {"combined"}
