"""The app as tests run it: a frozen clock, a home of its own, no facts unless given."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from passivtui.app import PassivTuiApp
from passivtui.paths import Home
from passivtui.screens.menu_facts import Facts

FROZEN_MS = 1_763_672_651_000  # 2025-11-20 21:04:11 UTC


async def _no_facts(home: Home) -> Facts:
    return {}


@pytest.fixture
def make_app(home: Home) -> Callable[[], PassivTuiApp]:
    """Makes the app on the test's home."""
    return lambda: PassivTuiApp(home, clock=lambda: FROZEN_MS, facts=_no_facts)
