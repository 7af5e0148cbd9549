"""A paper bot at the prices of a real venue: it reads there, and nothing is ever sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from live_bots import lively_config
from venues import BybitVenue, Market

from passivtui.config.model import CoinLists
from passivtui.errors import DataError, UsageError
from passivtui.exchanges.base import OrderRequest
from passivtui.exchanges.errors import Transient
from passivtui.exchanges.login import Login
from passivtui.exchanges.rate_ledger import RateLedgers
from passivtui.live.live_prices import open_live_prices, venue_of
from passivtui.live.status import PaperSettings

BYBIT = PaperSettings("live:bybit", balance=500.0)
CONFIG = lively_config(("BTC",), ohlcvs_1m_rolling_window_days=0.2)


@pytest.fixture
async def venue() -> AsyncIterator[BybitVenue]:
    market = Market.linear("BTC")
    async with BybitVenue([market], {market.symbol: 1000.0}, hedge=True) as opened:
        yield opened


def at(venue: BybitVenue) -> Login:
    """Without a key."""
    return Login("bybit", rest_url=venue.rest_url, stream_url=venue.ws_url)


async def test_it_has_the_venue_s_prices_and_an_account_of_its_own(venue: BybitVenue) -> None:
    paper = await open_live_prices(BYBIT, CONFIG, RateLedgers(), login=at(venue))
    markets = await paper.load_markets()
    (symbol,) = markets
    assert (await paper.balance()).total == 500.0
    assert (await paper.candles_since(symbol, 0))[-1].close == 1000.0
    await paper.create_orders([OrderRequest("one", symbol, "buy", "long", 0.1, 990.0, reduce_only=False)])
    assert len(await paper.open_orders()) == 1
    assert venue.orders == []
    await paper.close()
    with pytest.raises(Transient):
        await paper.balance()


async def test_coins_that_the_venue_lacks_and_too_many_are_refused(venue: BybitVenue) -> None:
    with pytest.raises(DataError, match="none of the config's coins is listed by bybit"):
        await open_live_prices(BYBIT, lively_config(("NONE",)), RateLedgers(), login=at(venue))
    live = replace(CONFIG.live, approved_coins=CoinLists(("BTC",), ()))
    with pytest.raises(UsageError, match="live prices come as they come"):
        await open_live_prices(replace(BYBIT, speed=60.0), replace(CONFIG, live=live), RateLedgers(), login=at(venue))


def test_only_names_with_the_prefix_are_venues() -> None:
    assert venue_of("live:bybit") == "bybit"
    assert venue_of("demo") is None
