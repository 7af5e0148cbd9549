"""Many random operations in a storm of faults: the venue stays consistent, our adapters see it as it is, and all of it
comes again with its seed. `benchmarks/venue_storm.py` runs the long one."""

from __future__ import annotations

import random

import ccxt
import pytest
from venue_storm import STORMS, Storm, StormFigures, storm_world
from venues import FaultPlan, VenueClock, duplicate_client_ids, total_filled
from venues.grounds import GROUNDS, Ground, ground

MESSY = (ccxt.BaseError, TypeError, AttributeError, KeyError)  # what ccxt makes of broken answers


async def operate(here: Ground, seed: int, steps: int) -> None:
    """A client that looks at nothing and never sends an id twice."""
    dice = random.Random(seed)
    exchange, symbol = here.exchange, here.symbol
    for number in range(steps):
        here.venue.clock.advance(dice.randrange(2_000))
        price = 60_000 + dice.randrange(-30, 30)
        choice = dice.randrange(6)
        try:
            if choice <= 1:
                await here.enter(price - 40, client_id=f"order-{number}", post_only=False)
            elif choice == 2:
                await here.leave(price + 40, client_id=f"order-{number}")
            elif choice == 3 and here.venue.open_orders:
                await exchange.cancel_order(dice.choice(here.venue.open_orders).id, symbol)
            elif choice == 4:
                here.venue.move(symbol, price, volume=here.qty * 3)
            else:
                await dice.choice((exchange.fetch_balance, exchange.fetch_my_trades, exchange.fetch_open_orders))()
        except MESSY:
            continue


async def history(name: str, seed: int) -> list[tuple[str, ...]]:
    """What happened in one run: requests with their faults, and fills."""
    clock = VenueClock(1_700_000_000_000)
    async with ground(name, faults=FaultPlan(seed), clock=clock, check_time=False) as here:
        here.faults.storm(0.03)
        await operate(here, seed, steps=150)
        here.faults.calm()
        await check(here)
        requests = [(one.name, str(one.status), *one.faults) for one in here.venue.log.requests]
        return requests + [(fill.id, str(fill.qty), str(fill.price)) for fill in here.venue.fills]


async def check(here: Ground) -> None:
    """What must hold of a venue at any time, and what a client reads once the storm is over."""
    venue = here.venue
    assert duplicate_client_ids(venue.orders) == []
    assert {one.id: one.filled for one in venue.orders if one.filled} == total_filled(venue.fills)
    held = sum(one.qty if one.side == "buy" else -one.qty for one in venue.fills)
    assert venue.position(here.symbol, "long").size == held
    for coin, given in (("USDT", 10_000), ("BTC", 1)):
        if coin in venue.account.wallets:
            booked = sum(one.amount for one in venue.account.incomes if one.coin == coin)
            assert venue.account.wallets[coin] == given + booked
    assert await here.held() == held
    assert {one["id"] for one in await here.open_orders()} == {one.id for one in venue.open_orders}
    trades = await here.exchange.fetch_my_trades(here.symbol, limit=100)
    assert {trade["id"] for trade in trades} >= {fill.id for fill in venue.fills[-20:]}


@pytest.mark.parametrize("name", GROUNDS)
async def test_a_storm_leaves_a_consistent_venue_and_comes_again_with_its_seed(name):
    once = await history(name, seed=11)
    assert once == await history(name, seed=11)
    assert any("drop reply" in request or "status after" in request for request in once)


OPERATIONS = 600


async def stormy(name: str, seed: int, operations: int) -> StormFigures:
    async with storm_world(name) as world:
        return await Storm(world, seed).run(operations)


@pytest.mark.parametrize("name", STORMS)
async def test_in_a_storm_no_order_is_doubled_no_fill_lost_and_what_is_read_is_so(name: str) -> None:
    figures = await stormy(name, 4, OPERATIONS)
    assert figures.quiet_points == OPERATIONS // 50 + 1
    assert figures.orders > OPERATIONS / 2 and figures.fills > OPERATIONS / 4
    assert min(figures.outcomes["found"], figures.outcomes["not found"]) > OPERATIONS / 20
    assert len(figures.faults) > 8


@pytest.mark.parametrize("name", STORMS)
async def test_a_storm_comes_again_with_its_seed(name: str) -> None:
    once, again, other = [(await stormy(name, seed, 60)).digest for seed in (8, 8, 9)]
    assert once == again != other
