"""A bot on local venues through the real adapters: it trades, stops, and knows its orders when it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from live_bots import lively_config
from venue_world import VenueWorld
from venues import BinanceVenue, BybitVenue, LocalVenue, Market, twins

from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.client_ids import is_ours
from passivtui.exchanges.login import Login
from passivtui.exchanges.opening import open_exchange
from passivtui.exchanges.rate_ledger import RateLedgers
from passivtui.live.bot import Bot, BotParts
from passivtui.live.status import BotSpec, BotState, BotStatus, StopChoice
from passivtui.storage.journal import MemoryJournal

CONFIG = lively_config(
    ("BTC",),
    mimic_backtest_1m_delay=False,
    execution_delay_seconds=0.2,
    minimum_coin_age_days=0.0,
    ohlcvs_1m_rolling_window_days=0.2,
)


@pytest.fixture(params=[(BybitVenue, "bybit"), (BinanceVenue, "binance")], ids=["bybit", "binance"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[VenueWorld]:
    make: type[LocalVenue]
    make, name = request.param
    async with VenueWorld(make, name, Market.linear("BTC"), 1000.0) as opened:
        yield opened


def bot_on(exchange: CcxtVenue, journal: MemoryJournal) -> Bot:
    news = [CONFIG]
    return Bot(BotSpec("venue", "somebody", "x"), BotParts(exchange, journal, lambda: news.pop() if news else None))


async def until(bot: Bot, what: Callable[[BotStatus], bool]) -> BotStatus:
    """The first status of which `what` is true."""
    told = asyncio.Event()
    leave = bot.subscribe(lambda status: told.set())
    try:
        async with asyncio.timeout(20):
            while not what(bot.status()) and not bot.state.is_over:
                await told.wait()
                told.clear()
    finally:
        leave()
    status = bot.status()
    assert what(status), (status.state, status.reason, status.errors, status.withheld, status.alarm)
    return status


def is_at_rest(status: BotStatus) -> bool:
    return bool(status.orders) and {row.standing for row in status.orders} == {"as planned"}


async def test_it_trades_stops_and_knows_its_orders_again(world: VenueWorld) -> None:
    journal = MemoryJournal()
    bot = bot_on(world.exchange, journal)
    running = asyncio.create_task(bot.run())
    await until(bot, is_at_rest)
    assert all(is_ours(order.client_id) for order in await world.exchange.open_orders())
    await world.move(990.0)
    await until(bot, lambda status: bool(status.positions) and status.fill_count > 0)
    await bot.stop(StopChoice.LEAVE)
    await running
    left = len(world.venue.open_orders)
    assert left > 0

    again = bot_on(await world.open(), journal)
    running = asyncio.create_task(again.run())
    await until(again, lambda status: status.rates.cycles >= 2)
    assert twins(world.venue.open_orders) == []
    await again.stop(StopChoice.CLOSE_POSITIONS)
    await running
    assert again.state is BotState.STOPPED, again.status().reason
    assert world.venue.open_orders == []


async def test_a_wrong_key_stops_the_bot_with_the_reason(world: VenueWorld) -> None:
    venue = world.exchange.traits.name
    login = Login(venue, key="wrong", secret="wrong", rest_url=world.venue.rest_url, stream_url=world.venue.ws_url)
    bot = bot_on(await open_exchange(login, RateLedgers()), MemoryJournal())
    await asyncio.wait_for(bot.run(), 10)
    assert bot.state is BotState.FAILED
    assert "key" in bot.status().reason
    assert world.venue.orders == []
