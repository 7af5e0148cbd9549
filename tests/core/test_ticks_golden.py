"""Passiv-X's own trades on the demo ticks, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from passivx_cases import CASES, demo_data, expected_trades, first_difference, read_case

from passivtui.core import STOP_LOSS_TYPES, TickSimulation, run_ticks


def run(case: str) -> TickSimulation:
    symbol, settings, _ = read_case(case)
    return run_ticks(
        demo_data(symbol),
        settings,
        settings,
        settings["starting_balance"],
        latency_ms=settings["latency_simulation_ms"],
        accounting="original",
    )


@pytest.mark.parametrize("case", [case for case in CASES if "liquidated" not in case])
def test_a_golden_case_agrees_to_the_last_bit_in_every_column(case: str) -> None:
    simulation, expected = run(case), expected_trades(case)
    assert len(expected) == read_case(case)[2]["n_trades"] > 0
    assert first_difference(simulation.trades, expected) == ""
    assert simulation.ended == "end of data"


def test_the_case_that_is_liquidated_ends_there() -> None:
    simulation = run("08_inverse_liquidated")
    assert simulation.ended == "liquidation"
    liquidation = simulation.trades[-1]["liq_price"]
    assert demo_data("BTCUSD").price[simulation.end_tick] <= liquidation
    assert simulation.end_tick > simulation.trades[-1]["tick"]


@pytest.mark.parametrize("case", ["02_linear_long_stop_loss", "04_inverse_both", "06_inverse_short_stop_loss"])
def test_the_other_columns_follow_from_those_of_the_golden_files(case: str) -> None:
    symbol, settings, _ = read_case(case)
    ticks, trades, start = demo_data(symbol), run(case).trades, settings["starting_balance"]
    pnl_and_fees = trades["pnl"] + trades["fee_paid"]
    is_stop_loss = trades["type"] >= STOP_LOSS_TYPES
    net = np.cumsum(pnl_and_fees)
    assert trades["pnl_plus_fees_cumsum"] == pytest.approx(net)
    assert trades["fee_paid_cumsum"] == pytest.approx(np.cumsum(trades["fee_paid"]))
    assert trades["loss_cumsum"] == pytest.approx(np.cumsum(np.where(is_stop_loss, trades["pnl"], 0.0)))
    assert trades["profit_cumsum"] == pytest.approx(np.cumsum(np.where(is_stop_loss, 0.0, trades["pnl"])))
    assert (trades["timestamp"] == ticks.timestamp_ms[trades["tick"]]).all()
    assert trades["progress"].tolist() == (trades["tick"] / len(ticks)).tolist()
    assert trades["millis_since_prev_trade"].tolist() == [0, *np.diff(trades["timestamp"])]
    days = (trades["timestamp"] - ticks.timestamp_ms[0]) / 86_400_000
    with np.errstate(over="ignore"):
        daily = ((net + start) / start) ** (1.0 / days)
    assert trades["average_daily_gain"] == pytest.approx(np.where(np.isfinite(daily), daily, 0.0), rel=1e-9)
    count = np.arange(1, len(trades) + 1)
    assert trades["avg_gain_per_tick"] == pytest.approx((trades["actual_balance"] / start) ** (1.0 / count))
    assert (trades["closest_liq"] == np.minimum(trades["closest_long_liq"], trades["closest_shrt_liq"])).all()
    if not settings["do_shrt"]:
        assert (trades["closest_shrt_liq"] == 1.0).all()
