"""Passiv-X in the app: a Jackrabbit search and a backtest over the demo ticks, their views, by keyboard only."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from archive_ticks import TickServer
from bots_by_keys import tap
from passivx_files import KEY, LIVE, SECRET, SESSION
from textual.pilot import Pilot
from textual.widgets import Input, Static

from passivtui.app import PassivTuiApp
from passivtui.clock import DAY_MS, iso_day
from passivtui.live.status import BotState
from passivtui.passivx import load_live_settings
from passivtui.passivx.shelf import Shelf
from passivtui.paths import Home
from passivtui.screens.backtest import BacktestScreen
from passivtui.screens.bot_monitor import BotMonitorScreen
from passivtui.screens.dialogs import ChoiceModal, ConfirmModal, InputModal, TextModal
from passivtui.screens.optimize import ListedRun, OptimizeScreen
from passivtui.screens.optimize_ticks import JackrabbitRunScreen
from passivtui.screens.passivx_import import PassivXImportScreen
from passivtui.screens.passivx_report import TickReportScreen
from passivtui.screens.passivx_setup import TickBacktestScreen, TickSearchSetupScreen
from passivtui.widgets.chart import Chart
from passivtui.widgets.line_table import LineTable

FROZEN_MS = 1_763_672_651_000  # the app's clock in tests
MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
Seen = Callable[..., str]
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 35), (60, 16)], ids=lambda size: f"{size[0]}x{size[1]}")


async def wait_for(pilot: Pilot[None], what: Callable[[], bool]) -> None:
    for _ in range(1000):
        if what():
            return
        await pilot.pause(0.02)
    pytest.fail("it never came")


async def set_option(pilot: Pilot[None], settled: Settled, name: str, text: str) -> None:
    table = pilot.app.screen.query_one("#options", LineTable)
    table.focus()
    assert table.move_to(name)
    await pilot.press("enter")
    await settled(pilot)
    assert isinstance(pilot.app.screen, InputModal)
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await settled(pilot)


async def searched(pilot: Pilot[None], settled: Settled, iterations: int = 12) -> JackrabbitRunScreen:
    await pilot.press("3")
    await settled(pilot)
    await pilot.press("p")
    await settled(pilot)
    assert isinstance(pilot.app.screen, TickSearchSetupScreen)
    await set_option(pilot, settled, "iters", str(iterations))
    await set_option(pilot, settled, "seed", "5")
    await pilot.press("r")
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, JackrabbitRunScreen)
    live = screen._live
    assert live is not None
    await wait_for(pilot, lambda: not live.active and live.result is not None)
    screen._look()
    await settled(pilot)
    return screen


def facts(screen: JackrabbitRunScreen) -> str:
    return str(screen.query_one("#run-facts", Static).render())


@SIZES
async def test_a_search_shows_k_m_the_best_and_its_history(
    make_app: MakeApp, shelf: Shelf, settled: Settled, size: tuple[int, int]
) -> None:
    async with make_app().run_test(size=size) as pilot:
        screen = await searched(pilot, settled)
        assert "k 12/12  m 0.0000" in facts(screen)
        assert "original accounting" in facts(screen)
        table = screen.query_one("#bests", LineTable)
        assert table.total == len(screen._bests) > 1
        assert table.current is screen._bests[-1]
        (line,) = screen.query_one("#gains", Chart)._series
        assert line.y.tolist()[:-1] == sorted(line.y.tolist()[:-1])
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(pilot.app.screen, OptimizeScreen)
        row = pilot.app.screen.query_one(LineTable).current
        assert isinstance(row, ListedRun) and (row.state, row.name) == ("finished", "btc")
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, JackrabbitRunScreen)
        assert pilot.app.screen.query_one("#bests", LineTable).total == table.total


async def test_a_best_is_explained_saved_and_backtested(make_app: MakeApp, shelf: Shelf, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await searched(pilot, settled)
        best = screen._bests[-1]
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        await pilot.press("escape", "w")
        await settled(pilot)
        assert isinstance(app.screen, InputModal)
        await pilot.press("enter")
        await settled(pilot)
        saved = load_live_settings(shelf.live_folder("bybit") / "btc_001_best.json").settings
        assert saved.extra["key"] == best.key
        await pilot.press("b")
        await wait_for(pilot, lambda: isinstance(app.screen, TickReportScreen))
        report = app.screen
        assert isinstance(report, TickReportScreen)
        assert best.results is not None
        assert report._result.outcome.results == best.results


async def test_a_search_is_stopped_and_gone_on_with(make_app: MakeApp, shelf: Shelf, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("3")
        await settled(pilot)
        await pilot.press("p")
        await settled(pilot)
        await set_option(pilot, settled, "iters", "4000")
        await pilot.press("r")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, JackrabbitRunScreen)
        live = screen._live
        assert live is not None
        await wait_for(pilot, lambda: live.latest is not None and live.latest.k > 2)
        await pilot.press("S")
        await pilot.pause()
        assert isinstance(app.screen, ConfirmModal)
        await pilot.press("y")
        await wait_for(pilot, lambda: not live.active)
        assert live.result is not None and not live.result.finished
        await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
        row = app.screen.query_one(LineTable).current
        assert isinstance(row, ListedRun) and row.state == "stopped"
        await pilot.press("r")
        await pilot.pause()
        resumed = app.screen
        assert isinstance(resumed, JackrabbitRunScreen) and resumed._live is not None
        going = resumed._live
        await wait_for(pilot, lambda: going.latest is not None and going.latest.k > live.result.k)
        assert going.job is not None
        going.job.cancel()
        await wait_for(pilot, lambda: not going.active)


async def backtested(pilot: Pilot[None], settled: Settled) -> TickReportScreen:
    await pilot.press("2")
    await settled(pilot)
    assert isinstance(pilot.app.screen, BacktestScreen)
    await pilot.press("p")
    await settled(pilot)
    assert isinstance(pilot.app.screen, TickBacktestScreen)
    await pilot.press("r")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, TickReportScreen))
    await settled(pilot)
    assert isinstance(pilot.app.screen, TickReportScreen)
    return pilot.app.screen


@SIZES
async def test_every_view_of_the_report_is_a_digit_away(
    make_app: MakeApp, shelf: Shelf, settled: Settled, seen: Seen, size: tuple[int, int]
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        report = await backtested(pilot, settled)
        assert report.query_one("#tick-warning").display
        for digit, query in (("2", "#tick-price"), ("3", "#tick-curves"), ("4", "#tick-rhythm"), ("5", "#trades")):
            await pilot.press(digit)
            await settled(pilot)
            assert report.query_one(query).is_on_screen, digit
        assert report.query_one("#trades", LineTable).total == len(report._result.outcome.trades)
        await pilot.press("6")
        await settled(pilot)
        assert "starting_balance" in seen(app)


async def test_a_trade_is_shown_on_the_price(make_app: MakeApp, shelf: Shelf, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        report = await backtested(pilot, settled)
        await pilot.press("5", "down", "i")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        await pilot.press("escape", "enter")
        await settled(pilot)
        when = float(report._result.outcome.trades[1]["timestamp"])
        chart = report.query_one("#tick-price Chart", Chart)
        assert chart.cursor == when
        assert chart.view[0] <= when <= chart.view[1]


async def test_the_other_accounting_is_drawn(make_app: MakeApp, shelf: Shelf, settled: Settled, seen: Seen) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        report = await backtested(pilot, settled)
        true = report._result.true_outcome
        assert true is not None
        await pilot.press("a", "5")
        await settled(pilot)
        assert report.query_one("#trades", LineTable).total == len(true.trades)
        assert "pictures: true accounting" in seen(app)


async def test_the_report_is_exported(
    make_app: MakeApp, shelf: Shelf, settled: Settled, home: Home, tmp_path: Path
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await backtested(pilot, settled)
        await pilot.press("x")
        await settled(pilot)
        app.screen.query_one(Input).value = str(tmp_path / "out")
        await pilot.press("enter")
        await wait_for(pilot, lambda: (tmp_path / "out" / "result.json").exists())


async def test_settings_and_ticks_are_opened_from_anywhere(
    make_app: MakeApp, shelf: Shelf, settled: Settled, tmp_path: Path
) -> None:
    (tmp_path / "mine.hjson").write_text((shelf.sessions_folder / "btc.hjson").read_text())
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("2")
        await settled(pilot)
        await pilot.press("p")
        await settled(pilot)
        screen = app.screen
        for key, wrong, right, table in (
            ("o", tmp_path, tmp_path / "mine.hjson", "#settings"),
            ("t", tmp_path / "nowhere", tmp_path, "#ticks"),
        ):
            await pilot.press(key)
            await settled(pilot)
            for path in (wrong, right):
                assert isinstance(app.screen, InputModal)
                app.screen.query_one(Input).value = str(path)
                await pilot.press("enter")
                await settled(pilot)
            assert app.screen is screen
            current = screen.query_one(table, LineTable).current
            assert str(right) == str(getattr(current, "path", None) or current.place)


async def test_settings_that_can_not_be_run_say_why(
    make_app: MakeApp, shelf: Shelf, settled: Settled, seen: Seen
) -> None:
    path = shelf.live_folder("bybit") / "default.json"
    path.write_text(path.read_text().replace('"leverage": 19.0', '"leverage": 0'))
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("2")
        await settled(pilot)
        await pilot.press("p")
        await settled(pilot)
        assert "leverage = 0: must be a number > 0" in seen(app)
        await pilot.press("r")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)


async def test_a_home_without_settings_says_what_to_do(make_app: MakeApp, settled: Settled, seen: Seen) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("2")
        await settled(pilot)
        await pilot.press("p")
        await settled(pilot)
        assert "o opens a file" in seen(app)
        await pilot.press("r")
        await settled(pilot)
        assert isinstance(app.screen, TickBacktestScreen)


async def test_the_venues_last_days_are_downloaded_and_run(
    make_app: MakeApp, shelf: Shelf, home: Home, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.settings.write_text("[sources]\nrequests_per_second = 10000\n")
    today = FROZEN_MS // DAY_MS
    app = make_app()
    with TickServer({"bybit": ("BTCUSD",)}, today - 9, now_ms=FROZEN_MS) as server:
        monkeypatch.setenv("PASSIVTUI_SOURCES", server.url)
        async with app.run_test(size=(120, 35)) as pilot:
            await pilot.press("2")
            await settled(pilot)
            await pilot.press("p")
            await settled(pilot)
            await set_option(pilot, settled, "n_days", "2")
            assert app.screen.query_one("#ticks", LineTable).move_to("store")
            await pilot.press("r")
            await wait_for(pilot, lambda: isinstance(app.screen, TickReportScreen))
            report = app.screen
            assert isinstance(report, TickReportScreen)
            days = [iso_day((today - ago) * DAY_MS) for ago in (2, 1)]
            assert report._result.ticks.place == f"store:bybit:{days[0]}..{days[1]}"
            assert report._result.backtest.n_days == 2.0


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A Passiv-X folder with settings and a key file."""
    inner = tmp_path / "passivx" / "Passiv-25"
    files = {
        "live_settings/bybit/mine.json": json.dumps(LIVE),
        "backtest_configs/mine.hjson": SESSION,
        "api_key_secrets/bybit/mine.json": json.dumps([KEY, SECRET]),
    }
    for name, text in files.items():
        (inner / name).parent.mkdir(parents=True)
        (inner / name).write_text(text)
    return inner.parent


@SIZES
async def test_a_folder_is_imported_from_the_list_of_configs(
    make_app: MakeApp, checkout: Path, home: Home, settled: Settled, seen: Seen, size: tuple[int, int]
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await pilot.press("4")
        await settled(pilot)
        await pilot.press("m")
        await settled(pilot)
        assert isinstance(app.screen, InputModal)
        app.screen.query_one(Input).value = str(checkout)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, PassivXImportScreen)
        assert "2 of 3 can be taken over" in seen(app)
        await pilot.press("r")
        await wait_for(pilot, lambda: len(Shelf(home).entries()) == 2)
        await settled(pilot)
        table = app.screen.query_one(LineTable)
        fates = []
        for index in range(3):
            assert table.move_to_index(index)
            fates.append(table.current.fate)
        assert fates == ["for the vault", "taken", "taken"]
        assert KEY not in seen(app) and SECRET not in seen(app)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)


async def test_a_folder_of_something_else_is_refused(
    make_app: MakeApp, tmp_path: Path, settled: Settled, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("4")
        await settled(pilot)
        await pilot.press("m")
        await settled(pilot)
        app.screen.query_one(Input).value = str(tmp_path)
        await pilot.press("enter")
        await settled(pilot)
        assert "Passiv-X's main.py is in" in seen(app)


async def test_settings_are_traded_on_paper_over_ticks(make_app: MakeApp, shelf: Shelf) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await tap(pilot, "2")
        await wait_for(pilot, lambda: isinstance(app.screen, BacktestScreen))
        await tap(pilot, "p")
        await wait_for(pilot, lambda: isinstance(app.screen, TickBacktestScreen) and app.screen._place is not None)
        await tap(pilot, "p")
        await wait_for(pilot, lambda: isinstance(app.screen, BotMonitorScreen))
        handle = app.screen._handle
        await wait_for(pilot, lambda: bool(handle.status().orders))
        await tap(pilot, "S")
        await wait_for(pilot, lambda: isinstance(app.screen, ChoiceModal))
        await tap(pilot, "3")
        await wait_for(pilot, lambda: handle.status().state is BotState.STOPPED)
        assert handle.status().book == ()
