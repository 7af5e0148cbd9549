"""The report's curves are those of the trades: the pictures of Passiv-X's notebook, of a golden case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from passivtui.clock import DAY_MS
from passivtui.core import TICK_TRADE_TYPES
from passivtui.errors import DataError
from passivtui.passivx import TickResult, load_tick_backtest, run_tick_backtest
from passivtui.passivx.pictures import CLOSES, ENTRIES, NEAR_LIQUIDATION, STOP_LOSSES, TradePictures
from passivtui.passivx.stored import StorePlace, days_wanted, parse_place

Write = Callable[..., Path]


@pytest.fixture(params=["original", "true"])
def result(request: pytest.FixtureRequest, write: Write, flat_settings: dict[str, Any]) -> TickResult:
    path = write({**flat_settings, "accounting": request.param})
    return run_tick_backtest(load_tick_backtest(path).settings, "demo")


@pytest.fixture
def pictures(result: TickResult) -> TradePictures:
    return TradePictures(result.backtest, result.ticks, result.outcome)


def test_equity_ends_at_what_the_outcome_says(result: TickResult, pictures: TradePictures) -> None:
    times, equity = pictures.equity
    assert (np.diff(times) >= 0).all()
    assert times[0] == result.ticks.first_ms
    assert times[-1] == result.outcome.end_ms
    assert equity[0] == result.backtest.starting_balance
    assert equity[-1] == pytest.approx(result.outcome.equity, rel=1e-12)


def test_balance_starts_where_the_run_does_and_steps_with_the_trades(
    result: TickResult, pictures: TradePictures
) -> None:
    times, balance = pictures.balance
    assert (times[0], times[-1]) == (result.ticks.first_ms, result.outcome.end_ms)
    assert balance[0] == result.backtest.starting_balance
    assert balance[-1] == result.outcome.balance
    assert len(balance) == len(result.outcome.trades) + 2


def test_equity_is_the_balance_where_there_is_no_position(result: TickResult, pictures: TradePictures) -> None:
    trades = result.outcome.trades
    flat = trades[trades["pos_size"] == 0.0]
    assert len(flat)
    times, equity = pictures.equity
    for trade in flat[:20]:
        assert trade["actual_balance"] in equity[times == trade["timestamp"]]


def test_every_trade_is_marked_once(result: TickResult, pictures: TradePictures) -> None:
    marked = [pictures.marks(types, side) for types in (ENTRIES, CLOSES, STOP_LOSSES) for side in ("long", "shrt")]
    assert sum(len(times) for times, _ in marked) == len(result.outcome.trades)
    assert sum(len(pictures.marks(types)[0]) for types in (ENTRIES, CLOSES, STOP_LOSSES)) == len(result.outcome.trades)


def test_the_liquidation_price_shows_when_it_is_near(result: TickResult, pictures: TradePictures) -> None:
    trades, (_, shown) = result.outcome.trades, pictures.liquidation_price
    known = np.isfinite(shown)
    assert (np.abs(shown[known] / trades["price"][known] - 1.0) <= NEAR_LIQUIDATION).all()
    assert not known[trades["pos_size"] == 0.0].any()
    _, distance = pictures.liquidation_distance
    assert np.nanmin(distance) == pytest.approx(100.0 * trades["closest_liq"].min())


def test_trades_are_counted_by_day_and_type(result: TickResult, pictures: TradePictures) -> None:
    trades = result.outcome.trades
    days, counts = pictures.trades_per_day
    assert counts.sum() == len(trades)
    assert (days % DAY_MS == 0).all()
    assert [row.type for row in pictures.by_type] == list(TICK_TRADE_TYPES)
    assert sum(row.count for row in pictures.by_type) == len(trades)
    assert sum(row.pnl + row.fees for row in pictures.by_type) == pytest.approx(trades["pnl_plus_fees_cumsum"][-1])
    assert pictures.hours_between[1].max() == pytest.approx(trades["millis_since_prev_trade"].max() / 3.6e6)


def test_a_run_without_trades_has_empty_pictures(write: Write, flat_settings: dict[str, Any]) -> None:
    path = write({**flat_settings, "do_long": False, "do_shrt": False})
    result = run_tick_backtest(load_tick_backtest(path).settings, "demo")
    pictures = TradePictures(result.backtest, result.ticks, result.outcome)
    assert len(pictures.marks(ENTRIES)[0]) == len(pictures.average_price[0]) == 0
    assert set(pictures.equity[1]) == set(pictures.balance[1]) == {result.backtest.starting_balance}
    assert len(pictures.balance[0]) == len(pictures.balance[1])
    assert pictures.trades_per_day[1].sum() == 0


# ---- which days of the store


def test_days_go_back_from_the_last_that_is_over() -> None:
    noon = 100 * DAY_MS + DAY_MS // 2
    assert days_wanted("bybit", 3, None, None, noon) == StorePlace("bybit", 97, 99)
    assert days_wanted("bybit", 3, None, 90 * DAY_MS, noon) == StorePlace("bybit", 88, 90)
    assert days_wanted("bybit", None, 95 * DAY_MS, 400 * DAY_MS, noon) == StorePlace("bybit", 95, 99)
    assert days_wanted("bybit", 0.2, None, None, noon) == StorePlace("bybit", 99, 99)
    with pytest.raises(DataError, match="no day of that is over"):
        days_wanted("bybit", None, 100 * DAY_MS, None, noon)
    with pytest.raises(DataError, match="it isn't said how many days"):
        days_wanted("bybit", None, None, None, noon)


def test_a_place_reads_back_as_it_was_written() -> None:
    place = StorePlace("binance", 19_943, 19_950)
    assert str(place) == "store:binance:2024-08-08..2024-08-15"
    assert parse_place(str(place)) == place
