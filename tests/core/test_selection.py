"""Choosing coins by volume and noisiness (`spec/engine.md` §4.8, §7.10), and the rows that count (§4.2)."""

from __future__ import annotations

import numpy as np
import pytest
from golden import vectors

from passivtui.core import EngineInputError, MarketData, simulate
from passivtui.core.selection import calc_preferred_coins

VOLUMES = [(10, 5, 8), (1, 5, 8), (1, 5, 9), (9, 5, 9), (1, 5, 1), (2, 5, 1), (30, 5, 1), (1, 5, 1)]
RANGES = [(2, 1, 1), (1, 2, 1), (1, 1, 4), (1, 1, 1), (3, 1, 1), (1, 1, 2), (1, 5, 1), (1, 1, 1)]
EXPECTED = [
    ((10.0, 5.0, 8.0), "AC"),
    ((11.0, 10.0, 16.0), "AC"),
    ((12.0, 15.0, 25.0), "CB"),
    ((11.0, 15.0, 26.0), "CB"),
    ((11.0, 15.0, 19.0), "CB"),
    ((12.0, 15.0, 11.0), "AB"),
    ((33.0, 15.0, 3.0), "BA"),
]


def ranked_market() -> MarketData:
    hlcv = np.full((len(VOLUMES), 3, 4), 100.0)
    hlcv[:, :, 0] += np.array(RANGES)
    hlcv[:, :, 3] = np.array(VOLUMES)
    return MarketData(hlcv, np.ones(len(hlcv)))


def test_coins_are_ranked_by_volume_then_by_noisiness() -> None:
    result = calc_preferred_coins(ranked_market(), range(1, 8), 2, 3, 2)
    assert [(tuple(sums), "".join("ABC"[coin] for coin in coins)) for coins, sums in result] == EXPECTED


def test_a_ranking_after_a_pause_sums_the_whole_window_anew() -> None:
    (_, first), (coins, second) = calc_preferred_coins(ranked_market(), [1, 7], 2, 3, 2)
    assert tuple(first) == EXPECTED[0][0]
    assert (tuple(second), coins) == (EXPECTED[6][0], [1, 0])


def test_a_coin_that_ended_early_is_still_known_to_have_been_listed() -> None:
    """Upstream's search calls a coin that ends in the first half of the data never valid; here it trades (§8.1)."""
    bot, minutes = vectors()["S2"]["bot"], 8000
    rng = np.random.RandomState(1)
    close = np.round(100 * np.exp(np.cumsum(rng.standard_normal(minutes)) * 0.003), 2)
    hlcv = np.stack([close + 0.3, close - 0.3, close, np.full(minutes, 1e4)], axis=1)[:, None, :].copy()
    hlcv[3000:, :, :3], hlcv[3000:, :, 3] = close[2999], -1.0
    market = {"qty_step": 0.001, "price_step": 0.01, "min_qty": 0.001, "min_cost": 5.0, "c_mult": 1.0}
    fills = simulate(hlcv, np.ones(minutes), [bot], [market], 1000.0, 0.0002).fills
    assert len(fills) > 100
    held = {bool(fill["type"] >= 11): fill["psize"] for fill in fills}
    assert set(held.values()) == {0.0}, "positions are closed when the coin is delisted"
    assert fills["minute"].max() < 3100


def test_candles_are_checked_once_for_all_runs() -> None:
    with pytest.raises(EngineInputError, match="finite"):
        MarketData(np.full((5, 1, 4), np.nan), np.ones(5))
