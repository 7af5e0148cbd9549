"""The app as tests run it: a frozen clock, a home of its own, no facts unless given; and what a person sees of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import WorkerCancelled, WorkerFailed

from passivtui.app import PassivTuiApp
from passivtui.paths import Home
from passivtui.screens.menu_facts import Facts

Settled = Callable[[Pilot[None]], Awaitable[None]]
FROZEN_MS = 1_763_672_651_000  # 2025-11-20 21:04:11 UTC


async def _no_facts(home: Home) -> Facts:
    return {}


@pytest.fixture
def make_app(home: Home) -> Callable[[], PassivTuiApp]:
    """Makes the app on the test's home."""
    return lambda: PassivTuiApp(home, clock=lambda: FROZEN_MS, facts=_no_facts)


@pytest.fixture
def settled() -> Settled:
    """Wait until background work and everything posted has been handled and drawn."""

    async def wait(pilot: Pilot[None]) -> None:
        for _ in range(4):  # a finished job may start the next one: listing reports, planning, opening
            with suppress(WorkerFailed, WorkerCancelled):
                await pilot.app.workers.wait_for_complete()
            await pilot.pause()

    return wait


@pytest.fixture
def seen() -> Callable[[App[None] | Screen[object] | Widget], str]:
    """What a screen or widget shows, as text."""

    def text(node: App[None] | Screen[object] | Widget) -> str:
        root = node.screen if isinstance(node, App) else node
        widgets = [widget for widget in root.query("*").results(Widget) if widget.size.area and widget.is_on_screen]
        if isinstance(root, Widget) and not isinstance(root, Screen):
            widgets.append(root)
        return "\n".join(
            strip.text for widget in widgets for strip in widget.render_lines(widget.size.region) if strip.text.strip()
        )

    return text
