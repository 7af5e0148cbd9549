"""Streams that break off, fall silent or are refused, and that come back with a word that all must be read again."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from exchange_conformance import request, send
from stream_listener import HURRIED, Listener, is_health, subscribed
from venue_world import VenueWorld
from venues import BinanceVenue, BybitVenue, Market

from passivtui.exchanges.base import Candle, OrderStatus
from passivtui.exchanges.events import CandleUpdated, FillSeen, OrderChanged, StreamChanged, StreamState

VENUES = {"binance": BinanceVenue, "bybit": BybitVenue}


@pytest.fixture(params=VENUES)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[VenueWorld]:
    name, market = request.param, Market.linear("BTC")
    async with VenueWorld(VENUES[name], name, market, 1000.0, stream_timing=HURRIED) as world:
        await world.exchange.load_markets()
        yield world


@pytest.fixture(params=VENUES)
async def two_markets(request: pytest.FixtureRequest) -> AsyncIterator[VenueWorld]:
    name, markets = request.param, (Market.linear("BTC"), Market.linear("ETH"))
    patient = dataclasses.replace(HURRIED, candle_silence=20.0)
    async with VenueWorld(VENUES[name], name, *markets[:1], 1000.0, more=markets[1:], stream_timing=patient) as world:
        await world.exchange.load_markets()
        yield world


@pytest.fixture
async def listener(world: VenueWorld) -> AsyncIterator[Listener]:
    listener = Listener(world.exchange)
    yield listener
    await listener.end()


async def test_a_stream_that_breaks_off_comes_back_and_asks_for_a_new_reading(
    world: VenueWorld, listener: Listener
) -> None:
    up = await subscribed(listener)
    world.venue.close_streams()
    down = await listener.until(is_health(StreamState.DOWN), up)
    again = await subscribed(listener, down)
    health = listener.heard[again - 1]
    assert isinstance(health, StreamChanged) and health.refetch
    asked = request(world)
    await send(world, asked)
    await listener.until(lambda e: isinstance(e, OrderChanged) and e.order.client_id == asked.client_id, again)


async def test_a_stream_that_says_nothing_of_our_orders_is_opened_again(world: VenueWorld, listener: Listener) -> None:
    up = await subscribed(listener)
    silence = world.faults.add("silence", "stream order", at=1)
    await send(world, request(world))
    silent = await listener.until(is_health(StreamState.SILENT), up)
    silence.off()
    again = await subscribed(listener, silent)
    await send(world, request(world, lots=2))
    await world.move(980.0)
    await listener.until(lambda event: isinstance(event, FillSeen), again)


async def test_a_stream_that_tells_of_every_order_is_left_alone(world: VenueWorld, listener: Listener) -> None:
    up = await subscribed(listener)
    asked = [request(world, lots=1 + number) for number in range(3)]
    await send(world, *asked)
    for one in asked:
        await listener.until(lambda e, one=one: isinstance(e, OrderChanged) and e.order.client_id == one.client_id, up)
    await asyncio.sleep(0.5)
    assert not any(is_health(StreamState.SILENT)(event) for event in listener.heard)


async def test_candles_come_and_their_silence_is_noticed(world: VenueWorld, listener: Listener) -> None:
    stream = f"candles {world.symbol}"
    world.exchange.watch_candles([world.symbol])
    await listener.until(is_health(StreamState.UP))

    async def trade() -> None:
        while True:
            await world.move(world.price + 1.0)
            await asyncio.sleep(0.05)

    trading = asyncio.create_task(trade())
    candle = await listener.until(lambda event: isinstance(event, CandleUpdated) and event.symbol == world.symbol)
    trading.cancel()
    await asyncio.gather(trading, return_exceptions=True)
    silent = await listener.until(is_health(StreamState.SILENT, stream), candle)
    health = listener.heard[silent - 1]
    assert isinstance(health, StreamChanged) and health.refetch and world.symbol in health.reason


async def test_a_key_that_is_refused_is_not_tried_again(world: VenueWorld) -> None:
    world.faults.add("revoked", "all")
    if world.exchange.traits.name == "bybit":
        world.faults.add("refuse connection", "stream connect private", status=401)
    listener = Listener(world.exchange)
    if world.exchange.traits.name == "binance":
        await listener.until(is_health(StreamState.REFUSED))
        before = len(world.venue.log.requests)
        await asyncio.sleep(0.3)
        assert len(world.venue.log.requests) == before
    else:
        await listener.until(is_health(StreamState.DOWN))
    await listener.end()


async def test_closing_ends_the_events(world: VenueWorld, listener: Listener) -> None:
    await listener.until(is_health(StreamState.UP))
    await world.exchange.close()
    async with asyncio.timeout(5):
        await listener._task


async def test_closing_takes_no_longer_than_it_may_though_streams_hang(
    world: VenueWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, released = asyncio.Semaphore(0), asyncio.Event()

    async def hang(*_: object) -> None:
        """Ends neither by itself nor when it is cancelled, until the test is over."""
        hanging.release()
        while not released.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await released.wait()
        raise asyncio.CancelledError

    client = type(world.exchange.stream_client(with_keys=False))
    monkeypatch.setattr(client, "watch_ohlcv", hang)
    monkeypatch.setattr(client, "watch_orders", hang)
    world.exchange.watch_candles([world.symbol])
    listener = Listener(world.exchange)
    for _ in ("candles", "orders"):
        await asyncio.wait_for(hanging.acquire(), 5)
    async with asyncio.timeout(2 * HURRIED.closing + 2):
        await world.exchange.close()
    released.set()
    await listener.end()


async def test_a_market_that_the_venue_refuses_leaves_the_others_alone(two_markets: VenueWorld) -> None:
    world, other = two_markets, "ETH/USDT:USDT"
    for topic in ("ETH", "eth"):
        world.faults.add("refuse subscription", "stream subscribe", topic=topic)
    listener = Listener(world.exchange)
    world.exchange.watch_candles([world.symbol, other])
    refused = await listener.until(is_health(StreamState.REFUSED, f"candles {other}"))
    for price in (1001.0, 1002.0):
        await world.move(price)
        refused = await listener.until(lambda e: isinstance(e, CandleUpdated) and e.symbol == world.symbol, refused)
    told = [event for event in listener.heard if isinstance(event, StreamChanged) and "candles" in event.stream]
    assert {event.state for event in told if event.stream.endswith(other)} == {StreamState.REFUSED}
    assert {event.state for event in told if event.stream.endswith(world.symbol)} == {StreamState.UP}
    await listener.end()


async def test_old_words_of_an_order_are_not_told_again(world: VenueWorld, listener: Listener) -> None:
    up = await subscribed(listener)
    world.faults.add("replay old", "stream order")
    world.faults.add("replay old", "stream fill")
    asked = request(world)
    await send(world, asked)
    await world.move(980.0)
    filled = await listener.until(lambda e: isinstance(e, OrderChanged) and e.order.status is OrderStatus.FILLED, up)
    others = [request(world, lots=lots, price=900.0) for lots in (1, 2)]  # with each the first order's first word again
    await send(world, *others)
    await listener.until(lambda e: isinstance(e, OrderChanged) and e.order.client_id == others[1].client_id, filled)
    told = [event.order for event in listener.heard[filled:] if isinstance(event, OrderChanged)]
    assert OrderStatus.OPEN not in {order.status for order in told if order.client_id == asked.client_id}


async def test_a_reader_that_is_too_slow_is_told_to_read_all_anew(world: VenueWorld) -> None:
    candle = CandleUpdated(world.symbol, Candle(60_000, 1.0, 1.0, 1.0, 1.0, 1.0), is_closed=False)
    for _ in range(30_000):
        world.exchange._streams._tell(candle)
    async with aclosing(world.exchange.events()) as events:
        first = await anext(events)
        assert isinstance(first, StreamChanged) and first.refetch and "too slow" in first.reason
    assert len(world.exchange._streams._news) <= 5_000
