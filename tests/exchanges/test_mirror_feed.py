"""The paper venue on the prices of another."""

from __future__ import annotations

import pytest
from exchange_conformance import request
from paper_world import FIRST_MS, PaperWorld, paper_market

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.errors import Transient
from passivtui.exchanges.mirror_feed import MirrorFeed
from passivtui.exchanges.paper import PaperExchange
from passivtui.exchanges.paper_rules import PaperRules


def mirror(world: PaperWorld) -> PaperExchange:
    feed = MirrorFeed(world.exchange, [paper_market()], FIRST_MS, world.clock)
    return PaperExchange(feed, PaperRules(), clock=world.clock, sleep=world.clock.sleep, refresh=feed.refresh)


async def test_orders_fill_at_the_prices_of_the_other_venue() -> None:
    world = PaperWorld()
    paper = mirror(world)
    assert (await paper.tickers())[world.symbol].last == 1000.0
    await paper.create_orders([request(world, price=990.0)])
    await world.move(980.0)
    (position,) = await paper.positions()
    assert (position.size, position.price) == (0.1, 990.0)
    assert await world.exchange.positions() == ()
    assert await paper.candles_since(world.symbol, FIRST_MS) == await world.exchange.candles_since(
        world.symbol, FIRST_MS
    )


async def test_while_the_other_venue_is_away_no_minute_is_over() -> None:
    world = PaperWorld()
    paper = mirror(world)
    await paper.create_orders([request(world, price=990.0)])
    await world.move(980.0)
    world.fail_next_read()
    with pytest.raises(Transient):
        await paper.positions()
    assert paper.settled_ms == FIRST_MS + MINUTE_MS
    assert len(await paper.positions()) == 1
