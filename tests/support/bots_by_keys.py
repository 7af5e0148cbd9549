"""Keys and waiting for tests in which a bot trades faster than the process can be idle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input


async def wait_for(pilot: Pilot[Any], what: Callable[[], bool]) -> None:
    """Until it is so; fails after half a minute."""
    for _ in range(1500):
        if what():
            return
        await pilot.pause(0.02)
    pytest.fail("it never came")


async def fill(pilot: Pilot[Any], text: str, name: str = "") -> None:
    """Type into the field of the dialog that is open or about to open, and accept it."""
    field = f"#{name}" if name else "Input"
    await wait_for(pilot, lambda: bool(pilot.app.screen.query(field)))
    pilot.app.screen.query_one(field, Input).value = text
    await tap(pilot, "enter")


async def tap(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys without waiting for the process to be idle, which it never is while a bot trades so fast."""
    for key in keys:
        pilot.app.simulate_key(key)
        await pilot.pause(0.05)
