"""Bybit, linear and inverse, as its local venue speaks, behaves as every exchange must."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from exchange_conformance import Conformance, request, send
from venue_world import VenueWorld
from venues import BybitVenue, Market

from passivtui.exchanges.base import OutcomeKind
from passivtui.exchanges.errors import RejectReason


class TestBybit(Conformance):
    @pytest.fixture
    async def world(self) -> AsyncIterator[VenueWorld]:
        async with VenueWorld(BybitVenue, "bybit", Market.linear("BTC"), 1000.0) as world:
            yield world


class TestBybitInverse(Conformance):
    @pytest.fixture
    async def world(self) -> AsyncIterator[VenueWorld]:
        login = {"is_inverse": True, "margin_coin": "BTC"}
        async with VenueWorld(BybitVenue, "bybit", Market.inverse_of("BTC"), 1000.0, login=login) as world:
            yield world

    async def test_too_small_an_order_is_refused(self, world: VenueWorld) -> None:
        """There is no least cost, only whole contracts: a part of one is not even sent."""
        (outcome,) = await send(world, request(world, lots=0.004))
        assert outcome.kind is OutcomeKind.DENIED_LOCALLY
        assert world.venue.orders == []

    async def test_of_a_batch_only_what_is_wrong_is_refused(self, world: VenueWorld) -> None:
        good, bad, other = request(world), request(world, lots=1_000_000), request(world, lots=2)
        outcomes = await send(world, good, bad, other)
        kinds = [outcome.kind for outcome in outcomes]
        assert kinds == [OutcomeKind.CONFIRMED, OutcomeKind.REJECTED, OutcomeKind.CONFIRMED]
        assert outcomes[1].reason in (RejectReason.ABOVE_MAXIMUM, RejectReason.INSUFFICIENT_MARGIN)
