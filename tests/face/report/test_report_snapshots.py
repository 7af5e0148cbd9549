"""Pictures of the report's first page, kept as SVG."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from passivtui.app import PassivTuiApp
from passivtui.backtest.report import Report
from passivtui.screens.report import ReportScreen


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(80, 24), (120, 35)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_report_overview(
    snap_compare: Callable[..., bool],
    make_app: Callable[[], PassivTuiApp],
    drawn_report: Report,
    monkeypatch: pytest.MonkeyPatch,
    theme: str,
    size: tuple[int, int],
) -> None:
    monkeypatch.setattr(PassivTuiApp, "home_text", lambda self: "~/.local/share/passivtui")
    app = make_app()
    app.settings = app.settings.changed("theme", theme)
    app.theme = theme

    async def show(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ReportScreen(drawn_report))
        await pilot.pause()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=show)
