"""The grounds on which ccxt trades in these tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from venues import VenueClock
from venues.grounds import GROUNDS, Ground, ground


@pytest.fixture(params=GROUNDS)
async def here(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    """Each ground in turn, in hedge mode; its time stands still."""
    async with ground(request.param, clock=VenueClock(1_750_000_000_000), check_time=False) as made:
        yield made
