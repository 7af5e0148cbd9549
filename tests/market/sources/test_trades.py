"""Bybit's trades become minutes, to the last digit."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from archive_files import bybit_trades
from archive_market import DAY_MS, MINUTE_MS, Market, candles

from passivtui.market.sources.fetch import DamagedFile
from passivtui.market.sources.trades import exact_sums, minutes_of_trades

DAY = 1_735_689_600_000
HEADINGS = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional"


def trades(*rows: tuple[float, float, float], headings: str = HEADINGS) -> bytes:
    """A file of (second, price, size)."""
    lines = [f"{second:.4f},BTCUSDT,Buy,{size},{price},ZeroPlusTick,x,1,1,1" for second, price, size in rows]
    return gzip.compress("\n".join([headings, *lines, ""]).encode())


@pytest.mark.parametrize("backwards", [False, True])
def test_a_day_of_trades_gives_back_the_candles_it_was_made_of(backwards: bool) -> None:
    table = candles(Market("BTC", price=60_000, decimals=1), DAY, DAY + DAY_MS - MINUTE_MS)
    rows = minutes_of_trades(bybit_trades("BTCUSDT", table, backwards=backwards))
    np.testing.assert_array_equal(rows.table, table)


def test_open_is_the_first_trade_and_close_the_last_whatever_their_prices() -> None:
    second = DAY / 1000
    rows = minutes_of_trades(
        trades((second + 0.1, 5.0, 0.1), (second + 0.1, 9.0, 0.2), (second + 59.9999, 7.0, 0.3), (second + 60, 8.0, 1))
    )
    assert rows.table.tolist() == [[DAY, 5.0, 9.0, 5.0, 7.0, 0.6], [DAY + MINUTE_MS, 8.0, 8.0, 8.0, 8.0, 1.0]]


def test_trades_out_of_order_are_put_in_order() -> None:
    second = DAY / 1000
    rows = minutes_of_trades(trades((second + 1, 1.0, 1), (second + 30, 3.0, 1), (second + 2, 2.0, 1)))
    assert rows.table.tolist() == [[DAY, 1.0, 3.0, 1.0, 3.0, 3.0]]


def test_a_file_that_runs_backwards_is_turned_round_within_a_moment_too() -> None:
    second = DAY / 1000
    rows = minutes_of_trades(trades((second + 30, 3.0, 1), (second + 1, 2.0, 1), (second + 1, 1.0, 1)))
    assert rows.table.tolist() == [[DAY, 1.0, 3.0, 1.0, 3.0, 3.0]]


def test_minutes_without_trades_are_absent() -> None:
    second = DAY / 1000
    rows = minutes_of_trades(trades((second, 1.0, 1), (second + 600, 2.0, 1)))
    assert rows.table[:, 0].tolist() == [DAY, DAY + 10 * MINUTE_MS]


def test_sums_of_decimals_are_exact_in_any_order() -> None:
    sizes, starts = np.array([0.1, 0.2, 0.7, 0.2, 0.1]), np.array([0, 2])
    assert exact_sums(sizes, starts).tolist() == [0.3, 1.0]
    assert exact_sums(sizes[::-1].copy(), np.array([0, 3])).tolist() == [1.0, 0.3]
    assert np.add.reduceat(sizes, starts)[0] == 0.30000000000000004  # what plain floats make of it


def test_sums_of_values_that_are_no_short_decimals_are_float_sums() -> None:
    values = np.array([0.1 / 3, 2.0, 1e300])
    assert exact_sums(values, np.array([0, 2])).tolist() == [0.1 / 3 + 2.0, 1e300]


def test_a_file_without_trades_has_no_minutes() -> None:
    assert minutes_of_trades(trades()).table.shape == (0, 6)


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip at all",
        bybit_trades("X", candles(Market("X"), DAY, DAY + DAY_MS))[:5000],
        trades((DAY / 1000, 1, 1), headings="time,symbol,side,size,price"),
        gzip.compress(f"{HEADINGS}\n1735689600,BTCUSDT,Buy,much,100,x,x,1,1,1\n".encode()),
        gzip.compress(f"{HEADINGS}\n1735689600,BTCUSDT,Buy,nan,100,x,x,1,1,1\n".encode()),
    ],
    ids=["no gzip", "cut short", "other columns", "no number", "not finite"],
)
def test_a_file_that_is_no_day_of_trades_is_damaged(content: bytes) -> None:
    with pytest.raises(DamagedFile):
        minutes_of_trades(content)
