"""The tables per coin and per month, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import DAY, FIRST_MS, MINUTE_MS, STORY, hand_made

from passivtui.backtest.series import curves_of
from passivtui.backtest.tables import coin_rows, year_rows


def test_rows_are_by_coin_and_side_with_the_highest_profit_first() -> None:
    assert [row.key for row in coin_rows(hand_made(STORY))] == [("BTC", "long"), ("ETH", "short")]


def test_profits_fees_and_shares() -> None:
    btc, eth = coin_rows(hand_made(STORY))
    assert btc.pnl == pytest.approx(16.5)
    assert btc.fees == pytest.approx(-0.118)
    assert btc.pnl_share == pytest.approx(0.0165)
    assert btc.part == pytest.approx(1.0)
    assert (eth.pnl, eth.part) == (0.0, 0.0)


def test_parts_add_up_without_sign() -> None:
    fills = [
        *STORY,
        (70, "ETH", "close_grid_short", 4.0, 51.375, 0.0, 50.0, -5.5, 0.0, 1010.842),
    ]
    btc, eth = coin_rows(hand_made(fills))
    assert btc.part == pytest.approx(0.75)
    assert eth.part == pytest.approx(-0.25)


def test_closes_and_win_rate() -> None:
    btc, eth = coin_rows(hand_made(STORY))
    assert (btc.n_fills, btc.n_closes) == (6, 3)
    assert btc.win_rate == pytest.approx(2 / 3)
    assert (eth.n_closes, eth.win_rate) == (0, None)


def test_a_position_is_held_from_first_entry_to_complete_close_or_the_end() -> None:
    btc, eth = coin_rows(hand_made(STORY))
    assert btc.held_hours == pytest.approx(40 / 60)
    assert eth.held_hours == pytest.approx((99 - 30) / 60)


def test_the_longest_wait_counts_only_while_open() -> None:
    btc, eth = coin_rows(hand_made(STORY))
    assert btc.unchanged_hours == pytest.approx(20 / 60)  # 30 to 50; 50 to 60 it was flat
    assert eth.unchanged_hours == pytest.approx(69 / 60)


def test_exposure_and_what_is_left_at_the_end() -> None:
    btc, eth = coin_rows(hand_made(STORY))
    assert btc.max_exposure == pytest.approx(190.0 / 999.962)
    assert not btc.is_open and btc.open_since_ms is None
    assert (eth.open_size, eth.open_price) == (-4.0, 50.0)
    assert eth.open_since_ms == FIRST_MS + 30 * MINUTE_MS


def test_the_answer_to_why_tells_the_numbers() -> None:
    btc, eth = coin_rows(hand_made(STORY))
    assert "+16.50 USDT" in btc.answer("USDT") and "66.7 % with a profit" in btc.answer("USDT")
    assert "none of its fills closed" in eth.answer("USDT")
    assert "since 2025-01-01 00:30 UTC" in eth.answer("USDT")


def test_no_fills_no_rows() -> None:
    assert coin_rows(hand_made()) == ()


def test_months_are_compared_with_the_end_of_the_month_before() -> None:
    days = 59 + 10  # January, February, ten days of March
    equity = np.full(days * DAY - 1, 100.0)
    equity[31 * DAY - 1 :] = 110.0  # the last minute of January
    equity[59 * DAY - 1 :] = 99.0
    (row,) = year_rows(curves_of(hand_made(n_minutes=days * DAY, equity=equity)))
    assert row.year == 2025
    assert row.months[:3] == (pytest.approx(0.1), pytest.approx(-0.1), pytest.approx(0.0))
    assert row.months[3:] == (None,) * 9
    assert row.whole == pytest.approx(-0.01)


def test_a_run_over_new_year_has_two_rows() -> None:
    start = FIRST_MS - DAY * MINUTE_MS
    equity = np.concatenate((np.full(DAY, 100.0), np.full(DAY - 1, 150.0)))
    old, new = year_rows(curves_of(hand_made(n_minutes=2 * DAY, equity=equity, first_ms=start)))
    assert (old.year, old.months[11], old.whole) == (2024, 0.0, 0.0)
    assert (new.year, new.months[0]) == (2025, pytest.approx(0.5))


def test_months_after_the_account_was_empty_have_no_change() -> None:
    equity = np.concatenate((np.full(DAY, -1.0), np.full(DAY - 1, 5.0)))
    (row,) = year_rows(curves_of(hand_made(n_minutes=2 * DAY, equity=equity)))
    assert row.months[0] is None and row.whole is None
