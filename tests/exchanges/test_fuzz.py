"""Nothing that a venue sends crashes anything: it is read, or refused in words fit to be shown and without secrets.

Answers of all venues are spoiled at random over real sockets. `PASSIVTUI_FUZZ=5000 pytest …` looks longer.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from exchange_conformance import bought, request, send
from hostile import HOSTILE, Spoiler, read_or_refused, shown
from recorded_world import SECRETS, open_recorded
from recording_server import RecordingServer
from stream_listener import HURRIED, Listener, subscribed
from venue_answers import AT, ID, VENUES, Venue
from venue_storm import BEGIN_MS, STORMS, storm_world
from venue_world import VenueWorld
from venues import BinanceVenue, BybitVenue, LocalVenue, Market

from passivtui.exchanges import ccxt_readings as readings_of
from passivtui.exchanges.base import CancelRequest, Exchange, OrderRequest, OutcomeKind
from passivtui.exchanges.errors import Unreadable

ROUNDS = int(os.environ.get("PASSIVTUI_FUZZ", "25"))
KINDS = set(OutcomeKind)


def calls(exchange: Exchange, symbol: str, since_ms: int) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Every call of the protocol that a venue answers."""
    order = OrderRequest(ID, symbol, "buy", "long", 5.0, 990.0, reduce_only=False)
    other = OrderRequest(ID[:-1] + "b", symbol, "buy", "long", 5.0, 980.0, reduce_only=False)
    cancel = CancelRequest(symbol, "901", ID)
    return {
        "clock": exchange.clock_offset_ms,
        "account": exchange.account,
        "balance": exchange.balance,
        "positions": exchange.positions,
        "open orders": exchange.open_orders,
        "order": lambda: exchange.find_order(symbol, ID),
        "fills": lambda: exchange.fills_since(since_ms, [symbol]),
        "profits": lambda: exchange.realised_pnl_since(since_ms),
        "candles": lambda: exchange.candles_since(symbol, since_ms),
        "tickers": exchange.tickers,
        "create": lambda: exchange.create_orders([order]),
        "create two": lambda: exchange.create_orders([order, other]),
        "cancel": lambda: exchange.cancel_orders([cancel]),
        "leverage": lambda: exchange.set_leverage(symbol, 5),
        "margin mode": lambda: exchange.set_margin_mode(symbol, "cross", 5),
        "position mode": lambda: exchange.set_position_mode("hedge"),
        "markets": exchange.load_markets,
    }


def check_outcomes(answer: Any) -> None:
    """A write never raises, and is never confirmed without the id of an order."""
    for outcome in answer:
        assert outcome.kind in KINDS and outcome.client_id, answer
        assert outcome.kind is not OutcomeKind.CONFIRMED or outcome.order_id, answer


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
async def test_spoiled_answers_are_read_or_refused(venue: Venue) -> None:
    spoil = Spoiler(venue.name)
    last: list[Any] = []

    def spoiled(good: Any) -> Callable[[Any], Any]:
        def answer(params: Any) -> Any:
            last[:] = [spoil(good(params) if callable(good) else good)]
            return 200, last[0]

        return answer

    good = copy.copy(venue.answers) | {venue.create: venue.created, venue.cancel: venue.cancelled}
    async with RecordingServer(good) as server:
        exchange = await open_recorded(venue, server)
        (symbol,) = await exchange.load_markets()
        server.answers = {name: spoiled(answer) for name, answer in good.items()}
        for _ in range(ROUNDS):
            for name, call in calls(exchange, symbol, AT).items():
                answer = await read_or_refused(call, SECRETS, lambda name=name: f"{name}: {shown(last)}")
                if name in ("create", "create two", "cancel"):
                    check_outcomes(answer)
        await exchange.close()


@pytest.mark.parametrize("name", STORMS)
async def test_spoiled_answers_of_the_local_venues_are_read_or_refused(name: str) -> None:
    async with storm_world(name) as world:
        await world.exchange.load_markets()
        await bought(world)
        await send(world, request(world))
        spoil, last = Spoiler(name), [None]

        def spoiled(answer: Any) -> Any:
            last[0] = spoil(answer)
            return last[0]

        world.faults.add("spoiled", "all", value=spoiled)
        secrets = (world.venue.credentials.secret,)
        for _ in range(ROUNDS):
            for what, call in calls(world.exchange, world.symbol, BEGIN_MS).items():
                answer = await read_or_refused(call, secrets, lambda what=what: f"{what}: {shown(last)}")
                if what in ("create", "create two", "cancel"):
                    check_outcomes(answer)
            world.venue.clock.advance(1_000)


@pytest.mark.parametrize(("make", "name"), [(BinanceVenue, "binance"), (BybitVenue, "bybit")])
async def test_spoiled_stream_messages_end_no_stream_for_good(make: type[LocalVenue], name: str) -> None:
    async with VenueWorld(make, name, Market.linear("BTC"), 1000.0, stream_timing=HURRIED) as world:
        await world.exchange.load_markets()
        listener = Listener(world.exchange)
        world.exchange.watch_candles([world.symbol])
        await subscribed(listener)
        spoil = Spoiler(name)
        news = ("order", "fill", "account", "position", "wallet", "candle")
        faults = [world.faults.add("spoiled", f"stream {what}", value=spoil) for what in news]
        for number in range(ROUNDS):
            await send(world, request(world, lots=1 + number % 3, price=world.price * 1.001, post_only=False))
            await world.move(world.price + (1.0 if number % 2 else -1.0))
            await listener.pause()
        assert sum(fault.hits for fault in faults) > ROUNDS / 3
        world.faults.calm()
        world.venue.close_streams()
        await subscribed(listener, len(listener.heard))
        await listener.end()


READINGS: dict[str, Callable[[Any], Any]] = {
    "market": lambda raw: readings_of.market_from(raw, "USDT"),
    "order": lambda raw: readings_of.order_from(raw, lambda _: "long", str),
    "fill": lambda raw: readings_of.fill_from(raw, lambda _: "long", str, quote="USDT", pnl=None),
    "position": readings_of.position_from,
    "candle": readings_of.candle_from,
    "ticker": lambda raw: readings_of.ticker_from(raw, AT),
}
GOOD: dict[str, Any] = {
    "market": {
        "symbol": "BTC/USDT:USDT",
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "swap": True,
        "linear": True,
        "inverse": False,
        "active": True,
        "contractSize": 1.0,
        "created": AT,
        "maker": 0.0002,
        "taker": 0.0005,
        "precision": {"amount": 0.001, "price": 0.1},
        "limits": {"amount": {"min": 0.001}, "cost": {"min": 5.0}, "leverage": {"max": 100.0}},
    },
    "order": {
        "id": "901",
        "clientOrderId": ID,
        "symbol": "BTC/USDT:USDT",
        "side": "buy",
        "amount": 5.0,
        "filled": 2.0,
        "price": 990.0,
        "status": "open",
        "timestamp": AT,
    },
    "fill": {
        "id": "701",
        "order": "901",
        "symbol": "BTC/USDT:USDT",
        "side": "buy",
        "amount": 2.0,
        "price": 990.0,
        "fee": {"cost": 0.1, "currency": "USDT"},
        "takerOrMaker": "maker",
        "timestamp": AT,
    },
    "position": {
        "symbol": "BTC/USDT:USDT",
        "side": "long",
        "contracts": 5.0,
        "entryPrice": 980.0,
        "leverage": 5,
        "marginMode": "cross",
        "liquidationPrice": None,
    },
    "candle": [AT, 1.0, 2.0, 0.5, 1.5, 10.0],
    "ticker": {"symbol": "BTC/USDT:USDT", "bid": 1.0, "ask": 1.1, "last": 1.05, "timestamp": AT},
}


@pytest.mark.parametrize("what", READINGS)
def test_a_reading_gives_a_value_or_is_unreadable(what: str) -> None:
    spoil = Spoiler(what)
    raws = [spoil(GOOD[what]) for _ in range(40 * ROUNDS)]
    raws += [GOOD[what] | {key: value} for key in GOOD[what] for value in HOSTILE] if what != "candle" else []
    assert READINGS[what](GOOD[what]) is not None
    for raw in raws:
        try:
            READINGS[what](raw)
        except Unreadable as error:
            assert str(error).isprintable() and len(str(error)) < 300
