"""The paper venue behaves as every exchange must."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from exchange_conformance import Conformance
from paper_world import PaperWorld


class TestPaper(Conformance):
    @pytest.fixture
    async def world(self) -> AsyncIterator[PaperWorld]:
        world = PaperWorld()
        yield world
        await world.exchange.close()
