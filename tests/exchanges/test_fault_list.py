"""Each fault of the list is met as it must be, and afterwards every exchange behaves as ever."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from exchange_conformance import as_ever
from fault_list import ON_PAPER, ON_VENUES
from paper_world import PaperWorld
from stream_listener import HURRIED
from venue_storm import BEGIN_MS
from venue_world import VenueWorld
from venues import BinanceVenue, BybitVenue, Market, VenueClock

#: The numbers of the list that concern exchanges; the others concern processes and disks.
NUMBERS = {*range(1, 36), 41, 42, 44, 45}
WORLDS = ("binance", "bybit", "bybit inverse")


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[VenueWorld]:
    is_inverse = request.param == "bybit inverse"
    async with VenueWorld(
        BinanceVenue if request.param == "binance" else BybitVenue,
        request.param.split()[0],
        Market.inverse_of("BTC") if is_inverse else Market.linear("BTC"),
        1000.0,
        login={"is_inverse": True, "margin_coin": "BTC"} if is_inverse else {},
        stream_timing=HURRIED,
        clock=VenueClock(BEGIN_MS),
        liquidates=False,
    ) as world:
        await world.exchange.load_markets()
        yield world


@pytest.mark.parametrize("number", sorted(NUMBERS))
async def test_a_venue_is_as_ever_after_a_fault(world: VenueWorld, number: int) -> None:
    await ON_VENUES[number](world)
    world.faults.calm()
    await as_ever(world)


@pytest.mark.parametrize("number", sorted(ON_PAPER))
async def test_the_paper_venue_is_as_ever_after_a_fault(number: int) -> None:
    world = PaperWorld()
    await world.exchange.load_markets()
    await ON_PAPER[number](world)
    await as_ever(world)
    await world.exchange.close()


def test_every_fault_of_the_list_is_there() -> None:
    assert set(ON_VENUES) == NUMBERS and set(ON_PAPER) < NUMBERS
