"""A home with a few stored coins."""

from __future__ import annotations

import pytest
from stored_candles import DAY_MS, FIRST_DAY, FIRST_MS, market_spec, some_candles, without

from passivtui.market.store import CandleStore
from passivtui.paths import Home


@pytest.fixture
def store(home: Home) -> CandleStore:
    """BTC with every state of a day, ETH whole."""
    store = CandleStore(home.store)
    store.write("binance", "BTC", without(some_candles(2 * 1440), 100, 7), origin="x", settled_days=[FIRST_DAY])
    store.write("binance", "BTC", some_candles(300, FIRST_MS + 40 * DAY_MS), origin="x")
    store.write("bybit", "ETH", some_candles(3 * 1440, seed=2), origin="x")
    store.set_markets("binance", {"BTC": market_spec("BTC")}, 0)
    return store
