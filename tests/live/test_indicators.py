"""Indicators are the engine's, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passivtui.core import BOT_PARAMS, EngineInputError, MarketData, Trailing, follow_trailing, simulate
from passivtui.core.rounding import round_down_to_step
from passivtui.core.selection import calc_preferred_coins
from passivtui.live import CoinIndicators, trailing_since
from passivtui.live.indicators import RollingVolume, Window, window_minutes

MINUTE_MS = 60_000
FIRST_MS = 1_760_000_040_000


def market(minutes: int, coins: int, seed: int = 1) -> np.ndarray:
    rng = np.random.RandomState(seed)
    close = 100.0 * np.exp(np.cumsum(rng.standard_normal((minutes, coins)) * 0.002, axis=0))
    high, low = close * (1 + rng.rand(minutes, coins) * 0.003), close * (1 - rng.rand(minutes, coins) * 0.003)
    return np.ascontiguousarray(np.stack([high, low, close, rng.rand(minutes, coins) * 1e5], axis=2))


def follower(spans: tuple[float, float] = (20.0, 60.0), volume: float = 30.0, noise: float = 10.0) -> CoinIndicators:
    return CoinIndicators(
        span_0=spans[0], span_1=spans[1], volume_minutes=volume, noisiness_minutes=noise, from_first_trade=True
    )


@pytest.mark.parametrize(("volume", "noise"), [(1.0, 1.0), (2.0, 1.0), (30.4, 9.5), (100.0, 40.0)])
def test_windows_rank_as_the_engine_does(volume: float, noise: float) -> None:
    hlcv = market(300, 5)
    minutes = range(1, 300)
    windows = window_minutes(volume), window_minutes(noise)
    ranked = calc_preferred_coins(MarketData(hlcv, np.ones(300)), minutes, 3, *windows)
    coins = [follower(volume=volume, noise=noise) for _ in range(5)]
    for i, coin in enumerate(coins):
        coin.follow(*hlcv[0, i].tolist())
    for minute, (preferred, sums) in zip(minutes, ranked, strict=True):
        for i, coin in enumerate(coins):
            coin.follow(*hlcv[minute, i].tolist())
        assert [coin.volume.total for coin in coins] == sums
        kept = sorted(range(5), key=lambda i: -coins[i].volume.total)[:3]
        assert sorted(kept, key=lambda i: -coins[i].noisiness.total) == preferred


def test_bands_are_those_that_the_backtest_places_its_first_entries_by() -> None:
    """Each first entry of a run from flat is at the band of the minute before, rounded down to the price step."""
    hlcv = market(4000, 1, seed=3)
    side = dict.fromkeys(BOT_PARAMS, 0.0) | {
        "ema_span_0": 20.0, "ema_span_1": 60.5, "entry_initial_ema_dist": 0.004, "entry_initial_qty_pct": 0.1,
        "entry_grid_spacing_pct": 0.5, "n_positions": 1.0, "total_wallet_exposure_limit": 0.1,
        "close_grid_markup_start": 0.001, "close_grid_markup_end": 0.001, "close_grid_qty_pct": 1.0,
        "wallet_exposure_limit": -1.0,
    }  # fmt: skip
    off = side | {"n_positions": 0.0, "total_wallet_exposure_limit": 0.0}
    step = 1e-8  # so fine that a price tells the band to ten decimals
    rules = {"qty_step": 1e-6, "price_step": step, "min_qty": 0.0, "min_cost": 0.0, "c_mult": 1.0}
    fills = simulate(hlcv, np.ones(4000), [{"long": side, "short": off}], [rules], 1000.0, 0.0).fills
    coin, lower = follower((20.0, 60.5)), []
    for row in hlcv[:, 0].tolist():
        coin.follow(*row)
        assert coin.band is not None
        lower.append(coin.band.lower)
    entries = [fill for fill in fills if fill["type"] == 0]
    assert len(entries) > 20
    for fill in entries:
        before = fill["minute"] - 1
        band = round_down_to_step(lower[before] * (1.0 - 0.004), step)
        assert fill["price"] == min(hlcv[before, 0, 2], band)


@given(st.integers(0, 59), st.integers(0, 59_999))
def test_trailing_extremes_count_the_candles_that_opened_after_the_fill(row: int, into_minute: int) -> None:
    hlcv = market(60, 1)[:, 0]
    times = FIRST_MS + MINUTE_MS * np.arange(60, dtype=np.int64)
    fill_ms = int(times[row]) + into_minute
    assert trailing_since(times, hlcv, fill_ms, FIRST_MS) == follow_trailing(np.ascontiguousarray(hlcv[row + 1 :]))


def test_extremes_one_candle_at_a_time_are_those_of_all_at_once() -> None:
    hlcv = market(500, 1)[:, 0]
    bundle = Trailing()
    for i in range(len(hlcv)):
        bundle = follow_trailing(hlcv[i : i + 1].copy(), bundle)
    assert bundle == follow_trailing(hlcv.copy())
    assert bundle.min_since_open == hlcv[:, 1].min() and bundle.max_since_open == hlcv[:, 0].max()


def test_candles_without_a_close_are_refused() -> None:
    with pytest.raises(EngineInputError, match="high, low and close"):
        follow_trailing(np.zeros((3, 2)))


def test_candles_that_begin_after_the_fill_tell_no_extremes() -> None:
    hlcv = market(60, 1)[:, 0]
    times = FIRST_MS + MINUTE_MS * np.arange(60, dtype=np.int64)
    assert trailing_since(times, hlcv, FIRST_MS - MINUTE_MS, FIRST_MS) == follow_trailing(hlcv.copy())
    assert trailing_since(times, hlcv, FIRST_MS - MINUTE_MS - 1, FIRST_MS) is None
    assert trailing_since(times[:0], hlcv[:0], FIRST_MS, FIRST_MS) == Trailing()


def test_without_a_known_fill_extremes_reach_seven_days_back() -> None:
    hlcv = market(60, 1)[:, 0]
    times = FIRST_MS + MINUTE_MS * np.arange(60, dtype=np.int64)
    now = int(times[20]) + 7 * 86_400_000
    assert trailing_since(times, hlcv, None, now) == follow_trailing(np.ascontiguousarray(hlcv[20:]))


def test_a_window_is_whole_when_its_minutes_are_there() -> None:
    volume = RollingVolume(3.0, from_first_trade=False)
    for _ in range(3):
        volume.follow(1.0)
    assert volume.window == Window(2.0, 2, 3, False)
    volume.follow(1.0)
    assert volume.window == Window(3.0, 3, 3, True)
    assert Window(2.0, 2, 3, True).scaled_to(3) == 3.0
    assert Window(0.0, 0, 3, True).scaled_to(3) == 0.0
