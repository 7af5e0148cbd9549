"""Faults of fills, limits, keys and streams: 14 to 23 of the list."""

from __future__ import annotations

import pytest
from exchange_conformance import bought, fills, request, send
from fault_entries import (
    REJECTED,
    name_of,
    on_paper,
    on_venues,
    refusal,
    sent,
)
from paper_world import PaperWorld
from stream_listener import Listener, is_health, subscribed
from venue_world import VenueWorld
from venues import MISSING

from passivtui.errors import VenueError
from passivtui.exchanges.base import OrderStatus, OutcomeKind
from passivtui.exchanges.errors import AuthError, RateLimited, RejectReason
from passivtui.exchanges.events import FillSeen, OrderChanged, StreamChanged, StreamState


@on_venues(14)
async def a_fill_before_its_order(world: VenueWorld) -> None:
    listener = Listener(world.exchange)
    up = await subscribed(listener)
    world.faults.add("hold", "stream order", times=1)
    (outcome,) = await send(world, request(world))
    await world.move(world.price * 0.98)
    await listener.until(lambda event: isinstance(event, FillSeen) and event.fill.order_id == outcome.order_id, up)
    await listener.until(lambda event: isinstance(event, OrderChanged) and event.order.id == outcome.order_id, up)
    await listener.end()


@on_venues(15)
async def a_fill_that_only_reads_tell_of(world: VenueWorld) -> None:
    listener = Listener(world.exchange)
    await subscribed(listener)
    with world.faults.during("lose", "stream fill"):
        entry = await bought(world)
        told = await fills(world)
    await listener.end()
    assert [one.qty for one in told] == [entry.qty]
    assert not any(isinstance(event, FillSeen) for event in listener.heard)


@on_paper(15)
async def a_fill_that_only_reads_tell_of_on_paper(world: PaperWorld) -> None:
    listener = Listener(world.exchange)
    await listener.until(is_health(StreamState.UP))
    with world.during("event_dropped"):
        entry = await bought(world)
    await listener.end()
    assert [one.qty for one in await fills(world)] == [entry.qty]
    assert not any(isinstance(event, FillSeen) for event in listener.heard)


@on_venues(16)
async def a_fill_whose_money_comes_later(world: VenueWorld) -> None:
    await bought(world)
    with (
        world.faults.during("field", "fills", key=name_of(world, "fee"), value=MISSING),
        world.faults.during("field", "fills", key=name_of(world, "pnl"), value=MISSING),
    ):
        (early,) = await fills(world)
    (late,) = await fills(world)
    assert early.fee is None and early.id == late.id
    assert late.fee is not None


@on_venues(17)
async def asked_too_often(world: VenueWorld) -> None:
    for pause in (7, None):
        with world.faults.during("rate limit", "balance", retry_after=pause), pytest.raises(RateLimited) as limited:
            await world.exchange.balance()
        assert limited.value.retry_after_seconds > 0 and world.exchange.ledger.headroom().blocked_seconds > 0
    began = world.venue.clock.here()
    await world.exchange.balance()
    assert world.venue.clock.here() > began, "it waited"


@on_paper(17)
async def asked_too_often_on_paper(world: PaperWorld) -> None:
    with world.during("rate_limited"):
        with pytest.raises(RateLimited):
            await world.exchange.balance()
        assert (await sent(world)).kind is OutcomeKind.DENIED_LOCALLY


@on_venues(18)
async def banned_for_a_while(world: VenueWorld) -> None:
    with world.faults.during("ban", "balance", seconds=1200), pytest.raises(RateLimited):
        await world.exchange.balance()
    asked = len(world.venue.log.requests)
    room = world.exchange.ledger.headroom()
    assert room.is_ban and room.blocked_seconds > 300
    assert (await sent(world)).kind is OutcomeKind.DENIED_LOCALLY
    assert len(world.venue.log.requests) == asked, "nothing was sent during the ban"
    world.venue.clock.advance(1_300_000)


@on_venues(19)
async def the_key_is_not_accepted(world: VenueWorld) -> None:
    with world.faults.during("revoked", "all"):
        with pytest.raises(AuthError):
            await world.exchange.balance()
        assert refusal(await sent(world)) == (REJECTED, RejectReason.NOT_ALLOWED)
    world.venue.permissions.trade = False
    assert refusal(await sent(world)) == (REJECTED, RejectReason.NOT_ALLOWED)
    world.venue.permissions.trade = True
    with world.faults.during("forbidden", "all"), pytest.raises(VenueError):
        await world.exchange.balance()
    world.venue.clock.advance(3_600_000)  # some venues mean "too often" by it


@on_venues(20)
async def a_stream_that_breaks_off(world: VenueWorld) -> None:
    listener = Listener(world.exchange)
    up = await subscribed(listener)
    for code in (1000, 1006):
        world.venue.close_streams(code)
        down = await listener.until(is_health(StreamState.DOWN), up)
        up = await subscribed(listener, down)
        health = listener.heard[up - 1]
        assert isinstance(health, StreamChanged) and health.refetch
    await listener.end()


@on_paper(20)
async def a_stream_that_breaks_off_on_paper(world: PaperWorld) -> None:
    listener = Listener(world.exchange)
    up = await listener.until(is_health(StreamState.UP))
    with world.during("stream_closed"):
        await send(world, request(world))
        down = await listener.until(is_health(StreamState.DOWN), up)
    again = listener.heard[await listener.until(is_health(StreamState.UP), down) - 1]
    assert isinstance(again, StreamChanged) and again.refetch
    await listener.end()


@on_venues(21)
async def a_stream_that_says_nothing(world: VenueWorld) -> None:
    listener = Listener(world.exchange)
    up = await subscribed(listener)
    silence = world.faults.add("silence", "stream order", at=1)
    await send(world, request(world))
    silent = await listener.until(is_health(StreamState.SILENT), up)
    silence.off()
    await subscribed(listener, silent)
    await listener.end()


@on_venues(22)
async def a_market_that_is_notsent(world: VenueWorld) -> None:
    topic = world.venue.pair(world.symbol)
    refusal = world.faults.add("refuse subscription", "stream subscribe", topic=topic)
    world.faults.add("refuse subscription", "stream subscribe", topic=topic.lower())
    listener = Listener(world.exchange)
    world.exchange.watch_candles([world.symbol])
    await listener.until(is_health(StreamState.REFUSED, f"candles {world.symbol}"))
    assert refusal.calls <= 3, "it is not asked for again and again"
    await subscribed(listener)  # of our orders all is told
    await listener.end()
    world.exchange.watch_candles([])


@on_venues(23)
async def old_and_repeated_news(world: VenueWorld) -> None:
    listener = Listener(world.exchange)
    up = await subscribed(listener)
    with world.faults.during("repeat", "stream *"), world.faults.during("replay old", "stream *"):
        entry = await bought(world)
        await listener.until(lambda e: isinstance(e, OrderChanged) and e.order.status is OrderStatus.FILLED, up)
        await send(world, other := request(world, price=world.price * 0.9))
        await listener.until(lambda e: isinstance(e, OrderChanged) and e.order.client_id == other.client_id, up)
    await listener.end()
    orders = [event.order for event in listener.heard if isinstance(event, OrderChanged)]
    stages = [order.status for order in orders if order.client_id == entry.client_id]
    assert OrderStatus.OPEN not in stages[stages.index(OrderStatus.FILLED) :]
    assert len({event.fill.id for event in listener.heard if isinstance(event, FillSeen)}) == 1
    assert len(await fills(world)) == 1


@on_paper(23)
async def repeated_news_on_paper(world: PaperWorld) -> None:
    listener = Listener(world.exchange)
    await listener.until(is_health(StreamState.UP))
    with world.during("event_repeated"):
        await bought(world)
        await listener.until(lambda event: isinstance(event, FillSeen))
    await listener.end()
    assert len({event.fill.id for event in listener.heard if isinstance(event, FillSeen)}) == 1
    assert len(await fills(world)) == 1
