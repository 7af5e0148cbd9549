"""Streams that break off, fall silent or are refused, and that come back with a word that all must be read again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest
from exchange_conformance import request, send
from venue_world import VenueWorld
from venues import BinanceVenue, BybitVenue, Market

from passivtui.exchanges import streams
from passivtui.exchanges.events import CandleUpdated, Event, FillSeen, OrderChanged, StreamChanged, StreamState

VENUES = {"binance": BinanceVenue, "bybit": BybitVenue}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same watch, but nobody waits half a minute."""
    for name, seconds in {
        "CANDLE_SILENCE": 0.5,
        "ORDER_SILENCE": 0.3,
        "_LOOK_EVERY": 0.02,
        "_FIRST_PAUSE": 0.02,
        "_SETTLE": 0.02,
        "_SUBSCRIBING": 0.2,
    }.items():
        monkeypatch.setattr(streams, name, seconds)


class Listener:
    """Keeps what an exchange tells, and waits for some of it."""

    def __init__(self, world: VenueWorld) -> None:
        self.heard: list[Event] = []
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._listen(world))

    async def _listen(self, world: VenueWorld) -> None:
        async with aclosing(world.exchange.events()) as events:
            async for event in events:
                self.heard.append(event)
                self._more.set()

    async def until(self, wanted: Callable[[Event], bool], after: int = 0, seconds: float = 8.0) -> int:
        """The number of events up to the first wanted one among those after the first `after`."""
        async with asyncio.timeout(seconds):
            while True:
                for number, event in enumerate(self.heard[after:], after + 1):
                    if wanted(event):
                        return number
                if self._task.done():
                    await self._task
                self._more.clear()
                await self._more.wait()

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def subscribed(listener: Listener, after: int = 0) -> int:
    """The stream is open, and what happened while it was being opened is to be read."""
    up = await listener.until(is_health(StreamState.UP), after)
    return await listener.until(is_health(StreamState.UP), up)


def is_health(state: StreamState, stream: str = "orders") -> Callable[[Event], bool]:
    return lambda event: isinstance(event, StreamChanged) and (event.stream, event.state) == (stream, state)


@pytest.fixture(params=VENUES)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[VenueWorld]:
    async with VenueWorld(VENUES[request.param], request.param, Market.linear("BTC"), 1000.0) as world:
        await world.exchange.load_markets()
        yield world


@pytest.fixture
async def listener(world: VenueWorld) -> AsyncIterator[Listener]:
    listener = Listener(world)
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
    listener = Listener(world)
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
