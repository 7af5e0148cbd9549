"""Faults of what is read, of the account, the clock and the connection: 24 and on of the list."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from exchange_conformance import PATIENCE, bought, fills, only_order, only_position, request, send
from fault_entries import (
    CONFIRMED,
    HOUR_MS,
    REJECTED,
    UNRESOLVED,
    name_of,
    on_both,
    on_paper,
    on_venues,
    refusal,
    sent,
)
from paper_world import PaperWorld
from venue_world import VenueWorld
from venues import MISSING

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.base import OrderStatus, PositionMode
from passivtui.exchanges.errors import RejectReason, Transient, Unreadable
from passivtui.exchanges.events import CandleUpdated


@on_venues(24)
async def candles_late_missing_and_revised(world: VenueWorld) -> None:
    since = world.now_ms() - 100 * MINUTE_MS
    whole = await world.exchange.candles_since(world.symbol, since)
    with world.faults.during("late candles", "candles", minutes=10):
        late = await world.exchange.candles_since(world.symbol, since)
    assert late == whole[: len(late)] and 9 < len(whole) - len(late) < 13
    with world.faults.during("missing candle", "candles"):
        gap = await world.exchange.candles_since(world.symbol, since)
    assert {one.time_ms for one in whole} - {one.time_ms for one in gap} == {whole[-2].time_ms}
    with world.faults.during("revised candle", "candles"):
        revised = await world.exchange.candles_since(world.symbol, since)
    assert [one.time_ms for one in revised] == [one.time_ms for one in whole] and revised != whole
    with world.faults.during("frozen", "tickers"):
        before = (await world.exchange.tickers())[world.symbol]
        world.venue.clock.advance(HOUR_MS)
        assert (await world.exchange.tickers())[world.symbol].last == before.last


@on_venues(25)
async def prices_that_are_none(world: VenueWorld) -> None:
    for value in (0, "NaN", "null", "", "1e-400", None, "-5", {}):
        with world.faults.during("field", "tickers", key=name_of(world, "last"), value=value):
            try:
                told = (await world.exchange.tickers()).get(world.symbol)
            except Unreadable:
                continue
        assert told is None or told.last == pytest.approx(world.price, rel=0.01), "the middle of the book"


@on_venues(26)
async def answers_that_are_broken(world: VenueWorld) -> None:
    await bought(world)
    kinds: tuple[Any, ...] = ("malformed", "truncated", "truncated gzip", "html")
    for kind in kinds:
        with world.faults.during(kind, "positions"), pytest.raises(Transient):
            await world.exchange.positions()
    with world.faults.during("wrong type", "positions"):
        assert (await only_position(world)).size == world.lot


@on_venues(27)
async def words_that_nobody_knows(world: VenueWorld) -> None:
    await send(world, asked := request(world))
    with world.faults.during("new field", "reads"):
        assert (await only_order(world)).client_id == asked.client_id
    with world.faults.during("field", "all", key=name_of(world, "status"), value="HALF_BAKED"):
        order = await world.exchange.find_order(world.symbol, asked.client_id)
    assert order is not None and order.status is OrderStatus.UNKNOWN
    with world.faults.during("field", "open orders", key="side", value=MISSING), pytest.raises(Unreadable):
        await world.exchange.open_orders()


@on_venues(28)
async def a_balance_that_is_none(world: VenueWorld) -> None:
    for value in (None, "", MISSING, "NaN"):
        fault = world.faults.during("field", "balance", key=name_of(world, "balance"), value=value)
        with fault, pytest.raises(Unreadable):
            await world.exchange.balance()


@on_venues(29)
async def a_deposit_and_a_withdrawal(world: VenueWorld) -> None:
    before, coin = await world.exchange.balance(), world.exchange.quote
    wallets = world.venue.account.wallets
    for share in (2, -2):
        world.venue.matching.transfer(coin, wallets[coin] / share)
        assert (await world.exchange.balance()).total == pytest.approx(float(wallets[coin]))
    assert before.total != (await world.exchange.balance()).total


@on_venues(30)
async def other_hands_on_the_account(world: VenueWorld) -> None:
    pair, lot = world.venue.pair(world.symbol), next(iter(world.venue.matching.markets.values())).min_qty * 100
    world.venue.matching.trade_by_hand(pair, "buy", lot, "long")
    assert (await only_position(world)).size == float(lot)
    (fill,) = await fills(world)
    assert fill.qty == float(lot)
    world.venue.matching.force_close(pair, "long")
    assert await world.exchange.positions() == ()


@on_venues(31)
async def the_mode_changed_under_us(world: VenueWorld) -> None:
    world.venue.account.switch(hedge=False)
    assert refusal(await sent(world)) == (REJECTED, RejectReason.POSITION_MODE)
    mode: PositionMode = "hedge"
    await world.exchange.set_position_mode(mode)
    world.venue.account.leverage[world.venue.pair(world.symbol)] = 3
    await world.exchange.set_leverage(world.symbol, 5)
    assert world.venue.account.leverage[world.venue.pair(world.symbol)] == 5


@on_venues(32)
async def rules_that_change(world: VenueWorld) -> None:
    await bought(world)
    world.venue.change_market(world.symbol, price_step="0.5")
    outcome = await sent(world, price=world.price * 0.99 // 1 + 0.3)
    assert outcome.kind is REJECTED and outcome.reason in (RejectReason.BAD_STEP, RejectReason.OTHER)
    assert (await world.exchange.load_markets())[world.symbol].price_step == 0.5
    world.venue.change_market(world.symbol, price_step="0.1", status="reduce only")
    assert refusal(await sent(world)) == (REJECTED, RejectReason.MARKET_CLOSED)
    world.venue.change_market(world.symbol, status="halted")
    assert refusal(await sent(world)) == (REJECTED, RejectReason.MARKET_CLOSED)
    world.venue.change_market(world.symbol, status="trading")
    await world.exchange.load_markets()


@on_venues(33)
async def clocks_that_differ(world: VenueWorld) -> None:
    for skew_ms in (-1_000, 60_000, -600_000, 0):
        world.venue.clock.skew_ms = skew_ms
        assert await world.exchange.clock_offset_ms() == pytest.approx(skew_ms, abs=500)
        await world.exchange.balance()
    world.venue.clock.skew_ms = -60_000
    assert refusal(await sent(world)) == (REJECTED, RejectReason.CLOCK)
    with world.faults.during("status", "time"), pytest.raises(Transient):
        await world.exchange.clock_offset_ms()
    world.venue.clock.skew_ms = 0
    assert (await sent(world)).kind is CONFIRMED


@on_venues(34)
async def no_connection(world: VenueWorld) -> None:
    with world.faults.during("drop request", "all"):
        for read in (world.exchange.positions, world.exchange.balance, world.exchange.open_orders):
            with pytest.raises(Transient):
                await read()
    impatient = await world.open(timeout_seconds=0.3)
    await impatient.load_markets()
    with world.faults.during("hang request", "positions"), pytest.raises(Transient):
        await impatient.positions()
    await impatient.close()
    with world.faults.during("drop request", "positions", chance=0.3):
        for _ in range(10):
            try:
                assert await world.exchange.positions() == ()
            except Transient:
                continue


@on_paper(34)
async def no_connection_on_paper(world: PaperWorld) -> None:
    with world.during("read_fails"):
        for read in (world.exchange.positions, world.exchange.balance, world.exchange.open_orders):
            with pytest.raises(Transient):
                await read()


@on_venues(35)
async def asleep_for_eight_hours(world: VenueWorld) -> None:
    await send(world, asked := request(world))
    await world.move(world.price * 0.98)
    world.venue.clock.advance(8 * HOUR_MS)
    assert (await only_position(world)).size == asked.qty
    assert [one.qty for one in await fills(world)] == [asked.qty]
    assert (await sent(world)).kind is CONFIRMED


@on_paper(35)
async def asleep_for_eight_hours_on_paper(world: PaperWorld) -> None:
    await send(world, asked := request(world))
    for _ in range(480):
        world.feed.go_to(world.price * 0.98)
    await world.clock.advance_to(world.feed.end_ms)
    world.price = round(world.price * 0.98, 1)
    assert (await only_position(world)).size == asked.qty
    assert [one.qty for one in await fills(world)] == [asked.qty]


@on_both(41)
async def an_extreme_market(world: Any) -> None:
    start = world.price
    await send(world, entry := request(world))
    await world.move(start * 0.4)
    position = await only_position(world)
    assert (position.size, position.price) == (entry.qty, pytest.approx(entry.price))
    assert (await world.exchange.tickers())[world.symbol].last == pytest.approx(start * 0.4)
    await world.move(start * 10)
    assert (await only_position(world)).size == entry.qty


@on_venues(42)
async def a_reader_that_is_too_slow(world: VenueWorld) -> None:
    world.exchange.watch_candles([world.symbol])
    events = world.exchange.events()
    await asyncio.wait_for(anext(events), PATIENCE)
    for number in range(1_500):
        world.venue.publish_price(world.venue.pair(world.symbol))
        if number % 100 == 0:
            await asyncio.sleep(0)
    assert (await world.exchange.balance()).total > 0, "trading goes on meanwhile"
    heard = []
    async with asyncio.timeout(PATIENCE):
        while not any(isinstance(event, CandleUpdated) for event in heard):
            heard.append(await anext(events))
    world.exchange.watch_candles([])
    await events.aclose()


@on_venues(44)
async def ids_of_64_bits(world: VenueWorld) -> None:
    longest = "e" * world.exchange.traits.max_client_id
    (outcome,) = await send(world, request(world, client_id=longest))
    order = await only_order(world)
    (theirs,) = world.venue.open_orders
    assert order.id == outcome.order_id == theirs.id and order.client_id == theirs.client_id == longest
    found = await world.exchange.find_order(world.symbol, longest)
    assert found is not None and found.id == theirs.id


@on_venues(45)
async def maintenance(world: VenueWorld) -> None:
    with world.faults.during("maintenance", "writes"):
        asked = request(world)
        (outcome,) = await send(world, asked)
        assert outcome.kind is UNRESOLVED
        assert await world.exchange.find_order(world.symbol, asked.client_id) is None
        assert await world.exchange.positions() == ()
