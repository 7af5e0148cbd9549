"""Binance, as its local venue speaks, behaves as every exchange must."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from exchange_conformance import Conformance
from venue_world import VenueWorld
from venues import BinanceVenue, Market


class TestBinance(Conformance):
    @pytest.fixture
    async def world(self) -> AsyncIterator[VenueWorld]:
        async with VenueWorld(BinanceVenue, "binance", Market.linear("BTC"), 1000.0) as world:
            yield world
