"""What goes wrong on the way to a venue, and that nothing is lost, doubled or guessed because of it."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from exchange_conformance import bought, request, send
from venue_world import VenueWorld
from venues import MISSING, BinanceVenue, BybitVenue, Market

from passivtui.errors import VenueError
from passivtui.exchanges.base import CancelRequest, OrderStatus, OutcomeKind
from passivtui.exchanges.errors import AuthError, RateLimited, RejectReason, Transient, Unreadable

VENUES = {"binance": BinanceVenue, "bybit": BybitVenue}


@pytest.fixture(params=VENUES)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[VenueWorld]:
    rich = {"balances": {"USDT": 1_000_000_000}, "liquidates": False}  # what random buying piles up stays
    async with VenueWorld(VENUES[request.param], request.param, Market.linear("BTC"), 1000.0, **rich) as world:
        await world.exchange.load_markets()
        yield world


# ------------------------------------------------------------ orders


@pytest.mark.parametrize(
    ("kind", "is_there"),
    [
        ("drop request", False),
        ("drop reply", True),
        ("status", False),
        ("status after", True),
        ("truncated", True),
        ("malformed", True),
        ("html", True),
        ("maintenance", False),
    ],
)
@pytest.mark.parametrize("orders", [1, 3])
async def test_a_lost_answer_is_unresolved_and_the_lookup_tells(
    world: VenueWorld, kind: Any, is_there: bool, orders: int
) -> None:
    asked = [request(world, lots=1 + number) for number in range(orders)]
    world.faults.add(kind, "create" if orders == 1 else "create batch", at=1)
    outcomes = await send(world, *asked)
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.UNRESOLVED}, outcomes
    found = [await world.exchange.find_order(world.symbol, one.client_id) for one in asked]
    assert [order is not None for order in found] == [is_there] * orders
    assert len(world.venue.orders) == (orders if is_there else 0)


async def test_a_cancellation_whose_answer_is_lost_is_never_taken_for_a_failure(world: VenueWorld) -> None:
    """Where cancelling is a DELETE, the HTTP client asks a second time by itself, and hears of no such order."""
    (outcome,) = await send(world, request(world))
    world.faults.add("drop reply", "cancel", at=1)
    asked = CancelRequest(world.symbol, outcome.order_id, outcome.client_id)
    (lost,) = await world.exchange.cancel_orders([asked])
    assert lost.order_id == outcome.order_id
    assert lost.kind is OutcomeKind.UNRESOLVED or lost.reason is RejectReason.UNKNOWN_ORDER
    found = await world.exchange.find_order(world.symbol, outcome.client_id)
    assert found is not None and found.status is OrderStatus.CANCELLED


async def test_a_revoked_key_is_said_and_not_asked_again(world: VenueWorld) -> None:
    world.faults.add("revoked", "all")
    with pytest.raises(AuthError) as refused:
        await world.exchange.balance()
    (outcome,) = await send(world, request(world))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, RejectReason.NOT_ALLOWED)
    for said in (str(refused.value), outcome.message, repr(refused.value.__cause__)):
        assert world.venue.credentials.secret not in said


async def test_a_venue_that_is_asked_too_often_is_left_alone(world: VenueWorld) -> None:
    world.faults.add("rate limit", "balance", at=1, retry_after=36_000)
    with pytest.raises(RateLimited) as limited:
        await world.exchange.balance()
    assert limited.value.retry_after_seconds > 1
    assert world.exchange.ledger.headroom().blocked_seconds > 0


async def test_during_a_ban_nothing_is_sent(world: VenueWorld) -> None:
    world.exchange.ledger.refused(80_000.0, is_ban=True)
    before = len(world.venue.log.requests)
    (outcome,) = await send(world, request(world))
    assert outcome.kind is OutcomeKind.DENIED_LOCALLY and "banned" in outcome.message
    with pytest.raises(RateLimited):
        await world.exchange.positions()
    assert len(world.venue.log.requests) == before


async def test_an_order_that_fills_while_it_is_cancelled_is_gone_and_its_fill_known(world: VenueWorld) -> None:
    (outcome,) = await send(world, request(world))
    await world.move(980.0)
    asked = CancelRequest(world.symbol, outcome.order_id, outcome.client_id)
    (gone,) = await world.exchange.cancel_orders([asked])
    assert (gone.kind, gone.reason) == (OutcomeKind.REJECTED, RejectReason.UNKNOWN_ORDER)
    assert [fill.order_id for fill in await world.exchange.fills_since(0, [world.symbol])] == [outcome.order_id]


async def test_partial_fills_that_come_twice_and_backwards_count_once(world: VenueWorld) -> None:
    asked = request(world, lots=10)
    await send(world, asked)
    for _ in range(4):
        world.venue.fill(asked.client_id, "0.2")
    world.faults.add("repeat rows", "fills")
    world.faults.add("reverse rows", "fills")
    fills = await world.exchange.fills_since(0, [world.symbol])
    assert [fill.qty for fill in fills] == [0.2] * 4 and len({fill.id for fill in fills}) == 4
    (order,) = await world.exchange.open_orders()
    assert (order.filled, order.remaining) == (pytest.approx(0.8), pytest.approx(0.2))


async def test_more_fills_than_a_page_holds_are_all_found(world: VenueWorld) -> None:
    asked = request(world, lots=100)
    await send(world, asked)
    since = world.venue.clock.now()
    for number in range(150):
        world.venue.fill(asked.client_id, "0.05")
        world.venue.clock.advance(1 + number % 3)
    fills = await world.exchange.fills_since(since, [world.symbol])
    assert len({fill.id for fill in fills}) == 150


# ------------------------------------------------------------ time


async def test_a_clock_that_is_off_is_measured_and_corrected(world: VenueWorld) -> None:
    world.venue.clock.skew_ms = -60_000
    (outcome,) = await send(world, request(world))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, RejectReason.CLOCK)
    assert await world.exchange.clock_offset_ms() == pytest.approx(-60_000, abs=2_000)
    (outcome,) = await send(world, request(world))
    assert outcome.kind is OutcomeKind.CONFIRMED, outcome


async def test_waiting_for_a_turn_is_not_taken_for_a_clock_that_is_off(world: VenueWorld) -> None:
    began = world.venue.clock.here()
    world.exchange.ledger.refused(20.0)
    assert abs(await world.exchange.clock_offset_ms()) < 2_000
    assert world.venue.clock.here() >= began + 20_000
    (outcome,) = await send(world, request(world))
    assert outcome.kind is OutcomeKind.CONFIRMED, outcome


# ------------------------------------------------------------ hostile answers

FIELDS = {
    "binance": {
        "positions": ("positionAmt", "entryPrice", "positionSide", "symbol"),
        "balance": ("totalCrossWalletBalance",),
        "open orders": ("origQty", "price", "side", "orderId", "clientOrderId", "status", "time", "executedQty"),
        "fills": ("qty", "price", "id", "orderId", "time", "commission", "realizedPnl", "side"),
        "tickers": ("lastPrice", "symbol"),
    },
    "bybit": {
        "positions": ("size", "avgPrice", "side", "symbol", "positionIdx"),
        "balance": ("totalWalletBalance", "list"),
        "open orders": ("qty", "price", "side", "orderId", "orderLinkId", "orderStatus", "createdTime", "cumExecQty"),
        "fills": ("execQty", "execPrice", "execId", "orderId", "execTime", "execFee", "side"),
        "tickers": ("lastPrice", "bid1Price", "ask1Price"),
    },
}
HOSTILE = [None, "", "NaN", "1e999", "-1", 0, 10**40, "[/bad][red]", {}, [], True, 1.5e308, "a" * 5_000, "\x1b[31m\n"]


def numbers_in(value: Any) -> list[float]:
    if isinstance(value, float):
        return [value]
    if isinstance(value, dict):
        return [number for one in value.values() for number in numbers_in(one)]
    if isinstance(value, (list, tuple)):
        return [number for one in value for number in numbers_in(one)]
    if hasattr(value, "__dataclass_fields__"):
        return [number for name in value.__dataclass_fields__ for number in numbers_in(getattr(value, name))]
    return []


@pytest.mark.parametrize("role", FIELDS["binance"])
async def test_nonsense_in_any_field_is_refused_or_harmless(world: VenueWorld, role: str) -> None:
    await bought(world)
    await send(world, request(world))
    reads = {
        "positions": world.exchange.positions,
        "balance": world.exchange.balance,
        "open orders": world.exchange.open_orders,
        "fills": lambda: world.exchange.fills_since(world.venue.clock.now() - 600_000, [world.symbol]),
        "tickers": world.exchange.tickers,
    }
    for key in FIELDS[world.exchange.traits.name][role]:
        for value in [*HOSTILE, MISSING]:
            with world.faults.during("field", role, key=key, value=value) as fault:
                try:
                    answer = await reads[role]()
                except VenueError as error:
                    assert len(str(error)) < 400 and str(error).isprintable(), error
                else:
                    assert all(math.isfinite(number) for number in numbers_in(answer)), (key, value, answer)
                assert fault.hits > 0, key


async def test_a_position_without_a_size_is_not_flat(world: VenueWorld) -> None:
    await bought(world)
    key = "positionAmt" if world.exchange.traits.name == "binance" else "size"
    for value in ("NaN", {}, "many", None, "", MISSING):
        with world.faults.during("field", "positions", key=key, value=value), pytest.raises(VenueError):
            await world.exchange.positions()


async def test_a_balance_without_its_field_is_not_zero(world: VenueWorld) -> None:
    key = "totalCrossWalletBalance" if world.exchange.traits.name == "binance" else "totalWalletBalance"
    for value in (None, "", MISSING):
        with world.faults.during("field", "balance", key=key, value=value), pytest.raises(Unreadable):
            await world.exchange.balance()


async def test_a_status_that_nobody_knows_is_unknown(world: VenueWorld) -> None:
    asked = request(world)
    await send(world, asked)
    key = "status" if world.exchange.traits.name == "binance" else "orderStatus"
    with world.faults.during("field", "all", key=key, value="HALF_BAKED"):
        order = await world.exchange.find_order(world.symbol, asked.client_id)
    assert order is not None and order.status is OrderStatus.UNKNOWN


async def test_new_fields_do_no_harm(world: VenueWorld) -> None:
    await bought(world)
    world.faults.add("new field", "reads")
    (position,) = await world.exchange.positions()
    assert position.size == world.lot


async def test_without_a_connection_reads_are_transient(world: VenueWorld) -> None:
    with world.faults.during("drop request", "all"), pytest.raises(Transient):
        await world.exchange.open_orders()
