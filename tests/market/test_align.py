"""One row per minute: nothing lost, gaps flat, invalid rows only before and after a coin's life."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passivtui.market.align import AlignedCoin, Gap, align, combine, common_range, find_gaps, price_of_bitcoin
from passivtui.market.candles import Candles

START_MS = 1_735_689_600_000
MINUTE = 60_000


@st.composite
def candle_sets(draw: st.DrawFn) -> Candles:
    """Candles at any set of minutes, with prices and volumes that tell the rows apart."""
    minutes = sorted(draw(st.sets(st.integers(0, 60), min_size=1)))
    n = len(minutes)
    close = np.array(draw(st.lists(st.floats(1, 1e6), min_size=n, max_size=n)))
    volume = np.array(draw(st.lists(st.floats(0, 1e6), min_size=n, max_size=n)))
    times = START_MS + MINUTE * np.array(minutes, dtype=np.int64)
    return Candles(times, close, close * 1.5, close / 2, close, volume)


def expected_row(candles: Candles, time_ms: int) -> list[float]:
    """The row of a minute, said minute by minute (`spec/engine.md` §1.1)."""
    times = candles.timestamp_ms.tolist()
    if time_ms in times:
        i = times.index(time_ms)
        high, low, close, volume = (float(x[i]) for x in (candles.high, candles.low, candles.close, candles.volume))
        return [high, low, close, volume * close]
    if time_ms < times[0]:
        return [float(candles.close[0])] * 3 + [-1.0]
    previous = float(candles.close[max(i for i, time in enumerate(times) if time < time_ms)])
    return [previous] * 3 + [-1.0 if time_ms > times[-1] else 0.0]


@given(st.lists(candle_sets(), min_size=1, max_size=4), st.integers(1, 70))
def test_every_minute_of_every_coin_is_as_specified(market: list[Candles], block_rows: int) -> None:
    coins = [align(candles) for candles in market]
    first_ms, last_ms = common_range(coins)
    assert first_ms == min(candles.timestamp_ms[0] for candles in market)
    assert last_ms == max(candles.timestamp_ms[-1] for candles in market)
    n = (last_ms - first_ms) // MINUTE + 1
    blocks = [combine(coins, first_ms, row, min(row + block_rows, n)) for row in range(0, n, block_rows)]
    hlcv = np.concatenate(blocks)
    assert hlcv.shape == (n, len(market), 4)
    expected = [[expected_row(candles, first_ms + MINUTE * k) for candles in market] for k in range(n)]
    assert hlcv.tolist() == expected


@given(candle_sets())
def test_no_candle_is_lost_and_gaps_account_for_every_other_minute(candles: Candles) -> None:
    coin = align(candles)
    gaps = find_gaps(candles)
    assert len(coin.rows) == len(candles) + sum(gap.missing for gap in gaps)
    assert coin.last_ms == candles.timestamp_ms[-1]
    assert (coin.rows[:, 3] >= 0).all()
    assert all(gap.minutes > 1 for gap in gaps)


def test_a_gap_is_measured_from_candle_to_candle() -> None:
    times = START_MS + MINUTE * np.array([0, 1, 5], dtype=np.int64)
    price = np.ones(3)
    assert find_gaps(Candles(times, price, price, price, price, price)) == (Gap(START_MS + MINUTE, 4),)


def test_one_coin_alone_has_no_invalid_rows() -> None:
    coin = AlignedCoin(START_MS, np.arange(20.0).reshape(5, 4))
    assert combine([coin], START_MS, 0, 5)[:, 0].tolist() == coin.rows.tolist()


@given(candle_sets(), st.integers(-20, 80), st.integers(1, 80))
def test_the_price_of_bitcoin_is_its_last_close(candles: Candles, offset: int, n_minutes: int) -> None:
    prices = price_of_bitcoin(candles, START_MS + offset * MINUTE, n_minutes)
    assert len(prices) == n_minutes
    for k, price in enumerate(prices.tolist()):
        known = candles.close[candles.timestamp_ms <= START_MS + (offset + k) * MINUTE]
        assert price == (known[-1] if len(known) else candles.close[0])


def test_the_volume_is_multiplied_by_the_close() -> None:
    times = np.array([START_MS], dtype=np.int64)
    coin = align(Candles(times, *(np.array([x]) for x in (0.1, 0.4, 0.1, 0.3, 0.7))))
    assert coin.rows[0].tolist() == [0.4, 0.1, 0.3, 0.7 * 0.3]
    assert coin.rows[0, 3] == pytest.approx(0.21) and not math.isclose(coin.rows[0, 3], 0.07)
