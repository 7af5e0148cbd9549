"""Keys and waiting for tests in which a bot trades faster than the process can be idle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot


async def wait_for(pilot: Pilot[Any], what: Callable[[], bool]) -> None:
    """Until it is so; fails after half a minute."""
    for _ in range(1500):
        if what():
            return
        await pilot.pause(0.02)
    pytest.fail("it never came")


async def tap(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys without waiting for the process to be idle, which it never is while a bot trades so fast."""
    for key in keys:
        pilot.app.simulate_key(key)
        await pilot.pause(0.05)
