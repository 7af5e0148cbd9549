"""The doctor's screen: everything that was found, each in full, and the venues when one asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from passivtui.app import PassivTuiApp
from passivtui.paths import Home
from passivtui.screens.dialogs import TextModal
from passivtui.screens.doctor import DoctorScreen
from passivtui.screens.help import HelpScreen, palette_entries
from passivtui.widgets.line_table import LineTable

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (60, 16)], ids=str)
async def test_every_finding_is_shown_and_the_one_under_the_cursor_in_full(
    make_app: MakeApp, settled: Settled, seen: Callable[..., str], home: Home, size: tuple[int, int]
) -> None:
    home.database.write_bytes(b"no database" * 100)
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await pilot.press("9", "d")
        await settled(pilot)
        assert isinstance(app.screen, DoctorScreen)
        table = app.screen.query_one(LineTable)
        assert {finding.area for finding in app.screen.findings} >= {"program", "terminal", "home", "engine", "ccxt"}
        assert table.move_to(("home", "database"))
        await settled(pilot)
        text = seen(app.screen)
        assert "BAD" in text and "1 of " in text
        assert "move it away" in " ".join(seen(app.screen.query_one("#detail")).split())
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, TextModal)
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)


async def test_the_venues_are_asked_for_by_a_key_and_being_offline_is_no_failure(
    make_app: MakeApp, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSIVTUI_SOURCES", "http://127.0.0.1:9")  # nothing listens there
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("9", "d")
        await settled(pilot)
        assert isinstance(app.screen, DoctorScreen)
        await pilot.press("o")
        await settled(pilot)
        assert {"Binance", "clock"} <= {finding.subject for finding in app.screen.findings}
        assert app.screen.query_one(LineTable).current.subject == "clock"


async def test_pages_and_doctor_are_in_the_palette(make_app: MakeApp, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        entries = {entry.name: entry for entry in await palette_entries(app)}
        entries["Doctor"].act()
        await settled(pilot)
        assert isinstance(app.screen, DoctorScreen)
        entries["Help: Exchanges"].act()
        await settled(pilot)
        assert isinstance(app.screen, HelpScreen) and app.screen.page_name == "exchanges"
