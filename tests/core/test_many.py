"""Many runs at once tell the same as each on its own."""

from __future__ import annotations

import threading
from typing import Any

import generated_series
import numpy as np
import pytest
from golden import vectors, wrong_metrics
from hypothesis import HealthCheck, given, settings
from random_market import Case, cases

from passivtui.core import (
    EngineInputError,
    MarketData,
    RunControl,
    SimulationCancelled,
    analyse,
    simulate_many,
    simulate_market,
)

BOT = vectors()["S2"]["bot"]
MARKET = {"qty_step": 0.001, "price_step": 0.01, "min_qty": 0.001, "min_cost": 5.0, "c_mult": 1.0}


@pytest.fixture(scope="module")
def market() -> MarketData:
    hlcv = generated_series.one_coin()
    return MarketData(hlcv, np.ones(len(hlcv)))


def spaced(spacing: float) -> list[Any]:
    return [{**BOT, "long": {**BOT["long"], "entry_grid_spacing_pct": spacing}}]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_the_metrics_are_those_of_the_series(case: Case) -> None:
    market = MarketData(case.hlcv, case.btc_usd)
    rest = (case.markets, case.balance, case.fee)
    result = simulate_market(market, case.bots, *rest)
    expected = analyse(*result, market.btc_mode)
    for found in simulate_many(market, [case.bots, case.bots], *rest, with_fills=True):
        assert found.fills is not None
        assert found.fills.tobytes() == result.fills.tobytes()
        assert found.n_fills == len(result.fills)
        assert wrong_metrics(found.analysis.usd, expected.usd, 1e-11) == {}
        assert (found.analysis.btc is None) == (expected.btc is None)
        assert expected.btc is None or wrong_metrics(found.analysis.btc or {}, expected.btc, 1e-11) == {}


def test_every_set_has_its_own_result_in_its_order(market: MarketData) -> None:
    spacings = [0.004, 0.01, 0.03]
    found = simulate_many(market, [spaced(s) for s in spacings], [MARKET], 1000.0, 0.0002)
    alone = [simulate_market(market, spaced(s), [MARKET], 1000.0, 0.0002) for s in spacings]
    assert [evaluation.n_fills for evaluation in found] == [len(result.fills) for result in alone]
    assert len({evaluation.n_fills for evaluation in found}) == 3


def test_fills_are_only_there_when_they_were_asked_for(market: MarketData) -> None:
    (without,) = simulate_many(market, [[BOT]], [MARKET], 1000.0, 0.0002)
    assert without.fills is None
    assert without.n_fills > 0


def test_no_sets_no_results(market: MarketData) -> None:
    assert simulate_many(market, [], [MARKET], 1000.0, 0.0002) == []


def test_a_bad_set_is_named_before_anything_runs(market: MarketData) -> None:
    control = RunControl()
    broken = [{**BOT, "short": {**BOT["short"], "ema_span_0": 0.0}}]
    with pytest.raises(EngineInputError, match=r"set 1, coin 0: ema_span_0"):
        simulate_many(market, [[BOT], broken], [MARKET], 1000.0, 0.0002, control)
    assert (control.runs_done, control.done) == (0, 0)
    with pytest.raises(EngineInputError, match="set 0, 1 coins, but 2 bot_params"):
        simulate_many(market, [[BOT, BOT], [BOT]], [MARKET], 1000.0, 0.0002)


def test_it_tells_how_many_runs_are_done(market: MarketData) -> None:
    control = RunControl()
    simulate_many(market, [[BOT]] * 3, [MARKET], 1000.0, 0.0002, control)
    assert control.runs_done == 3


def test_it_can_be_stopped_from_another_thread(market: MarketData) -> None:
    control, ended = RunControl(), threading.Event()

    def work() -> None:
        with pytest.raises(SimulationCancelled):
            simulate_many(market, [[BOT]] * 20_000, [MARKET], 1000.0, 0.0002, control)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    while control.runs_done < 2 and thread.is_alive():
        pass
    control.cancel()
    thread.join(30)
    assert ended.is_set()
    assert 2 <= control.runs_done < 20_000
