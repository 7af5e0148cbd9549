"""`esc` leads back to the menu from anywhere, one level at a time, and never quits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from passivtui.app import PassivTuiApp
from passivtui.screens.menu import MenuScreen
from passivtui.screens.sections import SECTIONS

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
DEEP = (
    (),
    ("enter", "enter"),
    ("n",),
    ("i",),
    ("slash",),
    ("ctrl+p", "x"),
    ("enter", "f1", "d", "question_mark"),
)
"""Ways into a section: what most screens open with, dialogs and fields among it."""
MOST_LEVELS = 8


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
async def test_esc_leads_back_to_the_menu_from_every_section(
    make_used_app: MakeApp, settled: Settled, section: object
) -> None:
    app = make_used_app()
    async with app.run_test(size=(80, 24)) as pilot:
        for way in DEEP:
            await pilot.press(section.digit, *way)  # type: ignore[attr-defined]
            await pilot.pause()
            levels = 0
            while not isinstance(app.screen, MenuScreen) and levels < MOST_LEVELS:
                await pilot.press("escape")
                await pilot.pause()
                levels += 1
            assert isinstance(app.screen, MenuScreen), (way, [type(screen).__name__ for screen in app.screen_stack])
            assert app.is_running
        for job in app.jobs.active:
            job.cancel()
        await settled(pilot)


async def test_esc_on_the_menu_stays_there(make_used_app: MakeApp) -> None:
    app = make_used_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape", "escape")
        assert isinstance(app.screen, MenuScreen) and app.is_running
