"""What is sent to OKX, Bitget, Gate, Hyperliquid and KuCoin, caught on loopback, and what is made of their answers."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from recorded_world import open_recorded
from recording_server import RecordingServer
from venue_answers import AT, GATE, HYPERLIQUID, ID, VENUES, Venue

from passivtui.errors import VenueError
from passivtui.exchanges.base import CancelRequest, OrderRequest, OrderStatus, Outcome, OutcomeKind
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.errors import RejectReason
from passivtui.exchanges.login import Login
from passivtui.exchanges.opening import open_exchange
from passivtui.exchanges.rate_ledger import RateLedgers


@dataclass
class World:
    venue: Venue
    server: RecordingServer
    exchange: CcxtVenue
    symbol: str

    async def send(self, **changed: Any) -> Outcome:
        asked = {"side": "buy", "position_side": "long", "reduce_only": False, **changed}
        request = OrderRequest(client_id=ID, symbol=self.symbol, qty=5.0, price=990.0, **asked)
        (outcome,) = await self.exchange.create_orders([request])
        return outcome

    def sent(self, name: str) -> Any:
        """The last request, without the wrapping of lists and signatures."""
        params = self.server.last(name)
        if self.venue is HYPERLIQUID:
            params = params["action"]
            return params["orders"][0] if params["type"] == "order" else params
        return params[0] if isinstance(params, list) else params


@pytest.fixture(params=VENUES, ids=lambda venue: venue.name)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    venue: Venue = request.param
    async with RecordingServer(copy.copy(venue.answers)) as server:
        exchange = await open_recorded(venue, server)
        try:
            (symbol,) = await exchange.load_markets()
            yield World(venue, server, exchange, symbol)
        finally:
            await exchange.close()


def includes(sent: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return {key: sent.get(key) for key in wanted} == wanted


async def test_loading_the_markets_asks_for_nothing_private(world: World) -> None:
    assert set(world.server.names()) == set(world.venue.loaded)
    market = world.exchange.markets[world.symbol]
    assert (market.coin, market.qty_step, market.price_step, market.ineligible) == ("BTC", 1.0, 0.1, "")


async def test_each_kind_of_order_is_sent_as_the_venue_wants_it(world: World) -> None:
    world.server.answers[world.venue.create] = world.venue.created
    close = {"side": "sell", "reduce_only": True}
    kinds: tuple[dict[str, Any], ...] = (
        {},
        close,
        {"side": "sell", "position_side": "short"},
        {**close, "kind": "market", "post_only": False},
    )
    for kind, wanted in zip(kinds, world.venue.orders, strict=True):
        outcome = await world.send(**kind)
        sent = world.sent(world.venue.create)
        assert includes(sent, wanted), sent
        assert (outcome.kind, outcome.order_id) == (OutcomeKind.CONFIRMED, "901"), outcome


async def test_a_refusal_has_its_reason(world: World) -> None:
    world.server.answers[world.venue.create] = world.venue.refused
    outcome = await world.send()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, RejectReason.INSUFFICIENT_MARGIN), outcome


@pytest.mark.parametrize(
    "answer",
    [
        (502, "<html>Bad Gateway</html>"),
        "<html>maintenance</html>",
        '{"code": ',
        {},
        [],
        "null",
        {"code": "987654", "msg": "something new"},
        (429, {"code": "429", "msg": "too many"}),
    ],
    ids=["502", "html", "cut short", "empty object", "empty list", "null", "unknown code", "429"],
)
async def test_an_answer_that_proves_nothing_leaves_the_order_unresolved(world: World, answer: Any) -> None:
    world.server.answers[world.venue.create] = answer
    outcome = await world.send()
    assert (outcome.kind, outcome.client_id) == (OutcomeKind.UNRESOLVED, ID), outcome


async def test_a_cancellation_is_confirmed_or_finds_nothing(world: World) -> None:
    asked = CancelRequest(world.symbol, "901", ID)
    world.server.answers[world.venue.cancel] = world.venue.cancelled
    (outcome,) = await world.exchange.cancel_orders([asked])
    assert outcome.kind is OutcomeKind.CONFIRMED, outcome
    world.server.answers[world.venue.cancel] = world.venue.unknown_order
    (outcome,) = await world.exchange.cancel_orders([asked])
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, RejectReason.UNKNOWN_ORDER), outcome


async def test_the_balance_is_the_wallet_without_unrealised_profit(world: World) -> None:
    balance = await world.exchange.balance()
    assert (balance.total, balance.follows_collateral) == (world.venue.balance, world.venue.follows_collateral)


async def test_a_position_is_read(world: World) -> None:
    (position,) = await world.exchange.positions()
    assert (position.symbol, position.side, position.size, position.price) == (world.symbol, "long", 5.0, 980.0)


async def test_an_open_order_is_read(world: World) -> None:
    (order,) = await world.exchange.open_orders()
    assert (order.id, order.client_id, order.side, order.position_side) == ("901", ID, "buy", "long")
    assert (order.qty, order.filled, order.price) == (5.0, 2.0, 990.0)
    assert (order.status, order.reduce_only, order.time_ms) == (OrderStatus.OPEN, False, AT)


async def test_an_order_is_found_by_its_client_id(world: World) -> None:
    found = await world.exchange.find_order(world.symbol, ID)
    assert found is not None and (found.id, found.client_id) == ("901", ID)
    path, nothing = world.venue.find
    world.server.answers[path] = nothing
    assert await world.exchange.find_order(world.symbol, ID) is None


async def test_a_fill_is_read(world: World) -> None:
    (fill,) = await world.exchange.fills_since(AT)
    assert (fill.order_id, fill.side, fill.position_side, fill.qty, fill.price) == ("901", "buy", "long", 2.0, 990.0)
    assert (fill.fee, fill.pnl, fill.time_ms, fill.is_maker) == (0.02, world.venue.fill_pnl, AT, True)
    assert "701" in fill.id


async def test_settings_are_sent_as_the_venue_wants_them(world: World) -> None:
    answer = world.venue.created if world.venue is HYPERLIQUID else {"code": "0", "msg": "", "data": {}}
    if world.venue.name == "bitget":
        answer = {"code": "00000", "msg": "success", "data": {}}
    if world.venue.name == "kucoin":
        answer = {"code": "200000", "data": {}}
    for name, _ in world.venue.settings:
        world.server.answers[name] = answer
    settings = iter(world.venue.settings)

    async def check(setting: Any) -> None:
        await setting
        name, wanted = next(settings)
        assert includes(world.sent(name), wanted), world.sent(name)

    await check(world.exchange.set_leverage(world.symbol, 7))
    await check(world.exchange.set_margin_mode(world.symbol, "cross", 7))
    if len(world.venue.settings) > 2:
        await check(world.exchange.set_position_mode("hedge" if world.venue.is_hedged else "one_way"))


@pytest.mark.parametrize("what", ["positions", "open_orders", "fills"])
@pytest.mark.parametrize("answer", [{}, "null", {"code": "0"}, {"data": None}, {"data": {}}], ids=str)
async def test_an_answer_without_its_list_is_not_an_empty_one(world: World, what: str, answer: Any) -> None:
    for name in list(world.server.answers):
        world.server.answers[name] = answer
    with pytest.raises(VenueError):
        await {
            "positions": lambda: world.exchange.positions(),
            "open_orders": lambda: world.exchange.open_orders(),
            "fills": lambda: world.exchange.fills_since(AT),
        }[what]()


async def test_the_order_stream_of_gate_is_asked_for_by_the_users_number() -> None:
    async with RecordingServer(copy.copy(GATE.answers)) as server:
        login = Login("gateio", key="a-key", secret="c2VjcmV0", uid="4711", rest_url=server.url)
        exchange = await open_exchange(login, RateLedgers())
        await exchange.load_markets()
        stream = exchange.stream_client(with_keys=True)
        assert stream.uid == "4711"
        await stream.close()
        await exchange.close()
