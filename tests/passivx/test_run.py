"""A backtest over ticks: results as Passiv-X's, and the true ones beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from passivx_cases import CASES, expected_trades, first_difference, read_case

from passivtui.errors import Cancelled, DataError
from passivtui.passivx import TickResult, load_tick_backtest, open_ticks, run_over_ticks, run_tick_backtest
from passivtui.passivx.results import daily_gain
from passivtui.passivx.run import WARNING
from passivtui.passivx.summary import summary_text
from passivtui.progress import CancelToken

Write = Callable[..., Path]
Settings = dict[str, Any]


def run_case(case: str, write: Write, *sets: str) -> TickResult:
    symbol, settings, _ = read_case(case)
    return run_tick_backtest(load_tick_backtest(write({**settings, "symbol": symbol}), sets).settings, "demo")


@pytest.mark.parametrize("case", [case for case in CASES if "liquidated" not in case])
def test_the_results_of_a_golden_case_are_passivxs(case: str, write: Write) -> None:
    result, expected = run_case(case, write), read_case(case)[2]
    assert result.outcome.ended == expected["ended"]
    assert first_difference(result.outcome.trades, expected_trades(case)) == ""
    results = result.outcome.results
    assert results is not None
    assert results.keys() == expected["result"].keys()
    for name, value in expected["result"].items():
        assert math.isclose(results[name], value, rel_tol=1e-12), name


def test_a_liquidated_run_has_no_results_and_nothing_left(write: Write) -> None:
    outcome = run_case("08_inverse_liquidated", write).outcome
    assert (outcome.ended, outcome.results) == ("liquidation", None)
    assert (outcome.balance, outcome.equity) == (0.0, 0.0)
    assert len(outcome.trades) > 0
    assert outcome.end_ms > outcome.trades["timestamp"][-1]


def test_an_original_run_has_the_warning_and_the_true_outcome_beside_it(write: Write) -> None:
    result = run_case("06_inverse_short_stop_loss", write)
    assert result.warning == WARNING
    assert result.true_outcome is not None
    assert (result.outcome.accounting, result.true_outcome.accounting) == ("original", "true")
    assert result.outcome.balance >= 0.05 > result.true_outcome.balance
    assert result.true_outcome.results is not None
    ended_with = 0.05 * result.true_outcome.results["gain"]
    assert math.isclose(result.true_outcome.balance, ended_with, rel_tol=1e-9)


def test_a_true_run_stands_alone(write: Write) -> None:
    result = run_case("01_linear_both", write, "accounting=true")
    assert (result.outcome.accounting, result.true_outcome, result.warning) == ("true", None, "")
    assert result.outcome.results is not None


def test_equity_is_the_balance_with_the_position_at_the_last_price(write: Write) -> None:
    result = run_case("04_inverse_both", write, "accounting=true")
    outcome, last = result.outcome, float(result.ticks.data.price[-1])
    assert outcome.size < 0.0
    unrealised = -outcome.size * (1.0 / last - 1.0 / outcome.pos_price)
    assert math.isclose(outcome.equity, outcome.balance + unrealised, rel_tol=1e-12)


def test_a_condition_that_is_met_is_named(write: Write, flat_settings: Settings) -> None:
    flat_settings["break_on"] = [["OFF: never", "?"], ["ON: many", "n_trades > 40"], ["ON: soon", "n_trades > 30"]]
    outcome = run_tick_backtest(load_tick_backtest(write(flat_settings)).settings, "demo").outcome
    assert (outcome.ended, outcome.broken_by, len(outcome.trades)) == ("break", "ON: soon", 31)
    assert outcome.results is None
    assert outcome.balance > 0.0


def test_a_run_without_trades_has_no_results(write: Write) -> None:
    result = run_case("01_linear_both", write, "do_long=0", "do_shrt=0")
    assert (result.outcome.ended, result.outcome.results) == ("end of data", None)
    assert result.outcome.equity == 1000.0
    assert "trades" in summary_text(result)


def test_days_are_those_of_the_ticks_unless_the_settings_say(write: Write) -> None:
    results = run_case("01_linear_both", write, "n_days=0").outcome.results
    assert results is not None
    ticks = open_ticks("demo", "ETHUSDT")
    assert results["n_days"] == (ticks.last_ms - ticks.first_ms) / 86_400_000
    assert math.isclose(results["average_daily_gain"] ** results["n_days"], results["gain"])


def test_a_daily_gain_is_defined_for_any_gain() -> None:
    assert daily_gain(4.0, 2.0) == 2.0
    assert daily_gain(-1.0, 2.0) == daily_gain(2.0, 0.0) == daily_gain(5.0, 1e-9) == 0.0


def test_ticks_are_shared_by_runs(write: Write, flat_settings: Settings) -> None:
    settings, ticks = load_tick_backtest(write(flat_settings)).settings, open_ticks("demo", "BTCUSD")
    first, second = (run_over_ticks(settings, ticks).outcome for _ in range(2))
    assert first.trades.tobytes() == second.trades.tobytes()


def test_a_cancelled_run_raises(write: Write, flat_settings: Settings) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run_tick_backtest(load_tick_backtest(write(flat_settings)).settings, "demo", cancel=token)


def test_a_symbol_without_ticks_is_refused(write: Write, flat_settings: Settings) -> None:
    settings = load_tick_backtest(write(flat_settings), ["symbol=LTCUSD"]).settings
    with pytest.raises(DataError, match="no demo ticks of LTCUSD"):
        run_tick_backtest(settings, "demo")
