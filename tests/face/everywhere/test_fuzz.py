"""Any size and any keys: nothing breaks, nothing is drawn beyond the edge."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import pytest
from key_fuzz import faults_in_log, press_at_random
from textual.events import Key
from textual.pilot import Pilot

from passivtui.app import PassivTuiApp
from passivtui.screens.help import HelpScreen
from passivtui.screens.sections import SECTIONS
from passivtui.screens.too_small import TooSmallNotice, too_small
from passivtui.widgets.cell_text import plain

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
EDGES = [(20, 5), (59, 30), (60, 15), (60, 16), (80, 24), (220, 70)]
N_SIZES = 3
N_KEYS = 60


def drawn(app: PassivTuiApp) -> list[str]:
    """The whole screen, line by line."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
async def test_any_size_is_drawn_and_shows_what_is_left(
    make_used_app: MakeApp, settled: Settled, section: object
) -> None:
    chance = random.Random(section.name)  # type: ignore[attr-defined]
    sizes = EDGES + [(chance.randint(20, 220), chance.randint(5, 70)) for _ in range(N_SIZES)]
    app = make_used_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press(section.digit)  # type: ignore[attr-defined]
        await settled(pilot)
        shown = type(app.screen)
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert type(app.screen) is shown
            assert app.screen.query_one(TooSmallNotice).display is too_small(width, height)
            lines = drawn(app)
            assert (len(lines), {len(line) for line in lines}) == (height, {width})
            assert all(plain(line) == line for line in lines)
        assert faults_in_log(app.home) == ""


async def test_keys_that_come_before_their_screen_wait_for_it(make_used_app: MakeApp, settled: Settled) -> None:
    app = make_used_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        app.go_to("help")
        app.post_message(Key("8", "8"))
        await settled(pilot)
        assert isinstance(app.screen, HelpScreen) and app.screen.page_name == "keys"


@pytest.mark.parametrize("digit", [row.digit for row in SECTIONS])
async def test_random_keys_break_nothing(make_used_app: MakeApp, digit: str) -> None:
    app = make_used_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(digit)
        found = await press_at_random(pilot, app, digit, N_KEYS, seed=int(digit))
        assert found.fault == "", found.before
        assert found.keys == N_KEYS
        await pilot.app.workers.wait_for_complete([worker for worker in app.workers if worker.group != "loading"])
