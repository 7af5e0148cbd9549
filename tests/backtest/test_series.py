"""The curves of a report, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import FIRST_MS, MINUTE_MS, STORY, hand_made

from passivtui.backtest.series import change_by_slot, curves_of, deepest


def test_the_balance_steps_at_fills_and_begins_with_the_start() -> None:
    balance = curves_of(hand_made(STORY)).usd.balance
    assert len(balance) == 99
    assert balance[[0, 9]].tolist() == [1000.0, 1000.0]
    assert balance[[10, 19]].tolist() == [999.98, 999.98]
    assert balance[30] == 999.412  # the last of two fills in the minute
    assert balance[98] == 1016.342


def test_times_are_those_of_the_minutes() -> None:
    times = curves_of(hand_made(STORY)).times_ms
    assert times[0] == FIRST_MS and times[98] == FIRST_MS + 98 * MINUTE_MS


def test_wallet_exposure_is_cost_over_balance_by_side() -> None:
    exposure = curves_of(hand_made(STORY)).exposure
    assert exposure.long[9] == 0.0
    assert exposure.long[10] == pytest.approx(100.0 / 999.98)
    assert exposure.long[20] == pytest.approx(190.0 / 999.962)
    assert exposure.long[30] == pytest.approx(1.5 * 95.0 / 999.412)
    assert exposure.short[29] == 0.0
    assert exposure.short[30] == pytest.approx(200.0 / 999.412)
    assert exposure.short[98] == pytest.approx(200.0 / 1016.342)
    assert exposure.highest == (pytest.approx(190.0 / 999.962), pytest.approx(200.0 / 999.412))


def test_nothing_open_is_exactly_zero_whatever_was_summed() -> None:
    fills = [
        (10, "BTC", "entry_initial_normal_long", 1.0, 0.2, 1.0, 0.2, 0.0, 0.0, 1000.0),
        (11, "BTC", "entry_grid_normal_long", 1.0, 0.7, 2.0, 0.45, 0.0, 0.0, 1000.0),
        (12, "BTC", "close_grid_long", -1.0, 0.8, 1.0, 0.3, 0.0, 0.0, 1000.0),
        (13, "BTC", "close_grid_long", -1.0, 0.8, 0.0, 0.3, 0.0, 0.0, 1000.0),
    ]
    assert 0.2 + (0.9 - 0.2) + (0.3 - 0.9) - 0.3 != 0.0, "the sum of the changes leaves a trace"
    assert curves_of(hand_made(fills)).exposure.long[13:].tolist() == [0.0] * 86


def test_positions_are_counted_over_coins_and_sides() -> None:
    positions = curves_of(hand_made(STORY)).exposure.positions
    assert positions[[9, 10, 29, 30, 49, 50, 60, 65, 98]].tolist() == [0, 1, 1, 2, 2, 1, 2, 1, 1]


def test_contracts_are_multiplied() -> None:
    exposure = curves_of(hand_made(STORY, c_mult={"BTC": 0.01, "ETH": 1.0})).exposure
    assert exposure.long[10] == pytest.approx(1.0 / 999.98)


def test_exposure_to_a_balance_of_nothing_is_a_gap() -> None:
    broke = (*STORY[:1], (40, "BTC", "close_unstuck_long", -0.5, 50.0, 0.5, 100.0, -1010.0, 0.0, -10.0))
    exposure = curves_of(hand_made(broke)).exposure
    assert np.isnan(exposure.long[40]) and exposure.long[39] > 0.0


def test_drawdown_is_measured_from_the_highest_equity_so_far() -> None:
    money = curves_of(hand_made(n_minutes=6, equity=[100.0, 120.0, 90.0, 120.0, 60.0])).usd
    assert money.drawdown.tolist() == [0.0, 0.0, -0.25, 0.0, -0.5]


def test_the_deepest_drawdown_tells_when_and_for_how_long() -> None:
    curves = curves_of(hand_made(n_minutes=8, equity=[100.0, 120.0, 110.0, 90.0, 100.0, 121.0, 100.0]))
    worst = deepest(curves.times_ms, curves.usd.drawdown)
    assert worst.depth == -0.25
    assert worst.peak_ms == FIRST_MS + MINUTE_MS
    assert worst.bottom_ms == FIRST_MS + 3 * MINUTE_MS
    assert worst.recovered_ms == FIRST_MS + 5 * MINUTE_MS
    assert worst.days_to_recover == pytest.approx(2 / 1440)


def test_a_drawdown_that_lasts_to_the_end_is_not_recovered() -> None:
    curves = curves_of(hand_made(n_minutes=4, equity=[100.0, 50.0, 75.0]))
    assert deepest(curves.times_ms, curves.usd.drawdown).recovered_ms is None


def test_with_btc_collateral_the_balance_moves_with_the_price_of_btc() -> None:
    prices = [50_000.0] * 20 + [60_000.0] * 80
    fills = [(10, "ETH", "entry_initial_normal_long", 1.0, 50.0, 1.0, 50.0, 0.0, 0.0, 1000.0)]
    result = hand_made(fills, btc_usd=prices, balances_btc=[0.02])
    curves = curves_of(result)
    assert curves.usd.balance[0] == pytest.approx(1000.0)
    assert curves.usd.balance[19] == pytest.approx(1000.0)
    assert curves.usd.balance[20] == pytest.approx(1200.0)
    assert curves.btc is not None
    assert curves.btc.balance.tolist() == pytest.approx([0.02] * 99)
    assert curves.exposure.long[20] == pytest.approx(50.0 / 1200.0)


def test_without_btc_collateral_there_is_nothing_in_btc() -> None:
    curves = curves_of(hand_made(STORY))
    assert curves.btc is None
    assert curves.money(in_btc=True) is curves.usd


def test_a_run_without_fills_has_flat_curves() -> None:
    curves = curves_of(hand_made())
    assert set(curves.usd.balance.tolist()) == {1000.0}
    assert curves.exposure.highest == (0.0, 0.0)


def test_the_moment_under_a_cursor_is_that_of_the_minute_begun() -> None:
    curves = curves_of(hand_made(STORY))
    moment = curves.at(FIRST_MS + 30 * MINUTE_MS + 59_000)
    assert moment.time_ms == FIRST_MS + 30 * MINUTE_MS
    assert (moment.balance, moment.positions) == (999.412, 2)
    assert curves.at(0.0).time_ms == FIRST_MS
    assert curves.at(1e15).time_ms == FIRST_MS + 98 * MINUTE_MS


def test_changes_by_slot_sum_to_the_state_of_all_slots() -> None:
    slot = np.array([0, 1, 0, 1, 2])
    state = np.array([5.0, 7.0, 2.0, 0.0, 1.0])
    assert change_by_slot(slot, state).tolist() == [5.0, 7.0, -3.0, -7.0, 1.0]
    assert change_by_slot(slot[:0], state[:0]).tolist() == []
