"""The quick backtest is the backtest: same equity, same metrics, over the last weeks of a market."""

from __future__ import annotations

import threading

import pytest
from small_market import write_config, write_small_market

from passivtui.backtest.request import BacktestRequest
from passivtui.backtest.run import run_backtest
from passivtui.config import config_from_document, load_config
from passivtui.errors import Cancelled, DataError
from passivtui.paths import Home
from passivtui.preview import TrialMarket, run_trial
from passivtui.progress import CancelToken


@pytest.fixture
def market(home: Home) -> TrialMarket:
    return TrialMarket.open(str(write_small_market(home)), home)


def test_it_ends_as_the_backtest_does(market: TrialMarket, home: Home) -> None:
    loaded = load_config(write_config(home))
    trial = run_trial(loaded.config, market, CancelToken())
    result = run_backtest(BacktestRequest(loaded, str(market.dataset.folder)), home)
    assert trial.equity.tolist() == result.equities_usd.tolist()
    assert trial.metrics == result.analysis
    assert (trial.n_fills, trial.coins) == (result.n_fills, ("BTC", "ETH"))
    assert trial.n_fills > 10 and trial.note == ""
    assert trial.times_ms[0] == market.dataset.first_ms


def test_coins_that_the_market_lacks_are_told(market: TrialMarket) -> None:
    def config(coins: list[str]):
        return config_from_document({"live": {"approved_coins": coins, "minimum_coin_age_days": 0}}).config

    assert run_trial(config(["BTC", "SOL"]), market, CancelToken()).note == "1 of its coins are not in this market"
    other = run_trial(config(["SOL"]), market, CancelToken())
    assert other.coins == ("BTC", "ETH") and "none of its coins" in other.note


def test_prepared_candles_are_kept_between_runs(market: TrialMarket, home: Home) -> None:
    config = load_config(write_config(home)).config
    first = market.prepared_for(config, CancelToken())
    assert market.prepared_for(config, CancelToken())[1] is first[1]


def test_a_cancelled_run_ends_as_cancelled(market: TrialMarket, home: Home) -> None:
    config = load_config(write_config(home)).config
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run_trial(config, market, token)


def test_two_threads_share_one_market(market: TrialMarket, home: Home) -> None:
    config = load_config(write_config(home)).config
    ends: list[float] = []

    def run() -> None:
        ends.append(float(run_trial(config, market, CancelToken()).equity[-1]))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 4 and len(set(ends)) == 1


def test_a_market_without_bitcoin_for_btc_collateral_is_refused(home: Home) -> None:
    folder = write_small_market(home)
    text = (folder / "dataset.json").read_text().replace('"BTC"', '"XYZ"')
    (folder / "dataset.json").write_text(text)
    market = TrialMarket.open(str(folder), home)
    config = config_from_document(
        {"backtest": {"use_btc_collateral": True}, "live": {"approved_coins": ["ETH"], "minimum_coin_age_days": 0}}
    ).config
    with pytest.raises(DataError, match="BTC"):
        run_trial(config, market, CancelToken())
