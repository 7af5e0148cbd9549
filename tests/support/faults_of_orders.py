"""Faults of orders and cancellations: 1 to 13 of the list."""

from __future__ import annotations

from typing import Any

import pytest
from exchange_conformance import fills, only_order, only_position, request, send
from fault_entries import (
    CONFIRMED,
    REJECTED,
    UNRESOLVED,
    on_both,
    on_paper,
    on_venues,
    refusal,
    sent,
    unknown_then_found,
)
from paper_world import PaperWorld
from venue_world import VenueWorld
from venues import Reason

from passivtui.exchanges.base import CancelRequest, OrderStatus
from passivtui.exchanges.errors import RejectReason


@on_venues(1)
async def no_answer_and_taken(world: VenueWorld) -> None:
    with world.faults.during("drop reply", "create"):
        await unknown_then_found(world, [request(world)], is_there=True)
    impatient = await world.open(timeout_seconds=0.3)
    await impatient.load_markets()
    asked = request(world, lots=2)
    with world.faults.during("hang reply", "create"):
        (outcome,) = await impatient.create_orders([asked])
    await impatient.close()
    assert outcome.kind is UNRESOLVED
    assert await world.exchange.find_order(world.symbol, asked.client_id) is not None


@on_paper(1)
async def no_answer_and_taken_on_paper(world: PaperWorld) -> None:
    with world.during("order_lost_taken"):
        await unknown_then_found(world, [request(world)], is_there=True)


@on_venues(2)
async def no_answer_and_not_taken(world: VenueWorld) -> None:
    with world.faults.during("drop request", "create"):
        await unknown_then_found(world, [request(world)], is_there=False)


@on_paper(2)
async def no_answer_and_not_taken_on_paper(world: PaperWorld) -> None:
    with world.during("order_lost_dropped"):
        await unknown_then_found(world, [request(world)], is_there=False)


@on_venues(3)
async def invisible_for_a_while(world: VenueWorld) -> None:
    with world.faults.during("lag", "open orders", ms=3_000), world.faults.during("lag", "order", ms=3_000):
        asked = request(world)
        (outcome,) = await send(world, asked)
        assert outcome.kind is CONFIRMED and await world.exchange.open_orders() == ()
        world.venue.clock.advance(world.exchange.traits.visibility_lag_ms + 1_000)
        assert (await only_order(world)).client_id == asked.client_id


@on_venues(4)
async def a_page_of_html(world: VenueWorld) -> None:
    with world.faults.during("status", "create", status=502):
        await unknown_then_found(world, [request(world)], is_there=False)
    with world.faults.during("status after", "create", status=504):
        await unknown_then_found(world, [request(world)], is_there=True)


@on_venues(5)
async def part_of_a_batch_refused(world: VenueWorld) -> None:
    asked = [request(world, lots=1 + number) for number in range(3)]
    with world.faults.during("refuse", "batch entry", at=2, reason=Reason.MARGIN):
        outcomes = await send(world, *asked)
    assert [one.kind for one in outcomes] == [CONFIRMED, REJECTED, CONFIRMED]
    assert outcomes[1].reason is RejectReason.INSUFFICIENT_MARGIN
    assert {one.client_id for one in await world.exchange.open_orders()} == {asked[0].client_id, asked[2].client_id}


@on_venues(6)
async def a_batch_without_answer(world: VenueWorld) -> None:
    with world.faults.during("drop reply", "create batch"):
        await unknown_then_found(world, [request(world, lots=1 + n) for n in range(3)], is_there=True)


@on_paper(6)
async def a_batch_without_answer_on_paper(world: PaperWorld) -> None:
    with world.during("order_lost_taken"):
        await unknown_then_found(world, [request(world, lots=1 + n) for n in range(3)], is_there=True)


@on_both(7)
async def post_only_would_cross(world: Any) -> None:
    outcome = await sent(world, price=world.price * 1.01)
    if outcome.kind is CONFIRMED:  # a venue that takes it first cancels it at once
        order = await world.exchange.find_order(world.symbol, outcome.client_id)
        assert order is not None and order.status in (OrderStatus.CANCELLED, OrderStatus.REJECTED)
    else:
        assert refusal(outcome) == (REJECTED, RejectReason.WOULD_CROSS)
    assert await world.exchange.positions() == ()


@on_both(8)
async def nothing_to_reduce(world: Any) -> None:
    outcome = await sent(world, price=world.price * 1.01, side="sell", reduce_only=True)
    assert refusal(outcome) == (REJECTED, RejectReason.REDUCE_ONLY)


@on_both(9)
async def the_same_client_id(world: Any) -> None:
    asked = request(world)
    await send(world, asked)
    (again,) = await send(world, asked)
    assert refusal(again) == (REJECTED, RejectReason.DUPLICATE_CLIENT_ID)
    found = await world.exchange.find_order(world.symbol, asked.client_id)
    assert found is not None and found.id == (await only_order(world)).id


@on_both(10)
async def nothing_to_cancel(world: Any) -> None:
    (outcome,) = await send(world, asked := request(world))
    await world.move(world.price * 0.98)
    (gone,) = await world.exchange.cancel_orders([CancelRequest(world.symbol, outcome.order_id, asked.client_id)])
    assert refusal(gone) == (REJECTED, RejectReason.UNKNOWN_ORDER)
    assert [one.order_id for one in await fills(world)] == [outcome.order_id]


@on_venues(11)
async def filled_while_it_is_cancelled(world: VenueWorld) -> None:
    (outcome,) = await send(world, asked := request(world))
    with world.faults.during("fill anyway", "cancel"):
        (done,) = await world.exchange.cancel_orders([CancelRequest(world.symbol, outcome.order_id, asked.client_id)])
    assert done.kind is CONFIRMED
    assert (await only_position(world)).size == asked.qty
    assert [one.order_id for one in await fills(world)] == [outcome.order_id]


@on_venues(12)
async def partly_filled_then_cancelled(world: VenueWorld) -> None:
    (outcome,) = await send(world, asked := request(world, lots=2))
    world.venue.fill(asked.client_id, str(world.lot))
    await world.exchange.cancel_orders([CancelRequest(world.symbol, outcome.order_id, asked.client_id)])
    order = await world.exchange.find_order(world.symbol, asked.client_id)
    assert order is not None and (order.status, order.filled) == (OrderStatus.CANCELLED, world.lot)
    assert (await only_position(world)).size == world.lot


@on_venues(13)
async def many_fills_in_disorder_and_twice(world: VenueWorld) -> None:
    await send(world, asked := request(world, lots=10))
    for _ in range(10):
        world.venue.fill(asked.client_id, str(world.lot))
    with world.faults.during("repeat rows", "fills"), world.faults.during("reverse rows", "fills"):
        told = await fills(world)
    assert len(told) == len({one.id for one in told}) == 10
    assert sum(one.qty for one in told) == pytest.approx(asked.qty)
    assert [one.time_ms for one in told] == sorted(one.time_ms for one in told)
