"""Chaos, short and seeded: storms of faults and SIGKILL at random messages; `benchmarks/chaos.py` is the long one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from chaos_nursery import Nursery
from chaos_venue import VenueChaos
from chaos_world import ChaosWorld


@pytest.fixture
async def nursery(request: pytest.FixtureRequest) -> AsyncIterator[Nursery]:
    """Sockets have short names only: not in the test's own folder."""
    with TemporaryDirectory() as folder:
        async with Nursery(Path(folder) / "line", venues=getattr(request, "param", False)) as opened:
            yield opened


async def test_what_must_hold_holds_through_storms_and_kills(nursery: Nursery, tmp_path: Path) -> None:
    stories = []
    for number in range(2):
        world = ChaosWorld(nursery, tmp_path / str(number), 2, hours=0.7, kills_wanted=8)
        figures = await world.run()
        assert figures.kills.total() >= 6
        assert figures.orders > 100
        assert figures.lost == figures.duplicates == figures.unexplained == 0
        assert min(figures.checks[name] for name in ("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I10")) > 0
        stories.append(world.story)
    assert stories[0] == stories[1]  # I11


@pytest.mark.parametrize("nursery", [True], indirect=True)
@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_it_holds_on_venues_too(nursery: Nursery, name: str, tmp_path: Path) -> None:
    world = VenueChaos(nursery, tmp_path, name, 3, hours=0.25, kills_wanted=3)
    figures = await world.run()
    assert figures.kills.total() >= 2
    assert figures.orders > 10
    assert figures.lost == figures.duplicates == figures.unexplained == 0
    assert figures.checks["I9"] > 0
