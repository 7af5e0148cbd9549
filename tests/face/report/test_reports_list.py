"""The list of kept reports: opened, marked, compared, tagged, named, deleted, mended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from textual.widgets import Input

from passivtui.app import PassivTuiApp
from passivtui.backtest.report import Report
from passivtui.paths import Home
from passivtui.screens.compare import CompareScreen
from passivtui.screens.dialogs import ConfirmModal, TextModal
from passivtui.screens.report import ReportScreen
from passivtui.screens.reports import ReportsScreen, palette_entries
from passivtui.screens.reports_list import list_reports
from passivtui.storage import ReportRow
from passivtui.widgets.chart import Chart
from passivtui.widgets.line_table import LineTable

MakeApp = Callable[[], PassivTuiApp]
Keep = Callable[..., tuple[Report, ReportRow]]


@pytest.fixture
def three(keep: Keep) -> list[ReportRow]:
    """Three kept reports, oldest first."""
    return [keep(f"bot.long.total_wallet_exposure_limit={limit}")[1] for limit in (0.3, 0.6, 0.9)]


async def test_an_empty_home_says_what_to_do(
    make_app: MakeApp, home: Home, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await settled(pilot)
        assert "Run a backtest" in seen(app)
        await pilot.press("enter", "m", "c", "X", "t", "n", "i")
        await settled(pilot)
        assert isinstance(app.screen, ReportsScreen)


@pytest.mark.parametrize("size", [(80, 24), (120, 35)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_reports_are_listed_newest_first_and_open(
    make_app: MakeApp,
    three: list[ReportRow],
    settled: Callable[..., Any],
    seen: Callable[..., str],
    size: tuple[int, int],
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await pilot.press("6")
        await settled(pilot)
        table = app.screen.query_one(LineTable)
        assert (table.total, table.current_key) == (3, three[2].id)
        assert seen(table).count("lively") == 3
        await pilot.press("j", "enter")
        await settled(pilot)
        assert isinstance(app.screen, ReportScreen)
        assert app.screen.row is not None and app.screen.row.id == three[1].id


async def test_marked_reports_are_compared_in_the_order_of_marking(
    make_app: MakeApp, three: list[ReportRow], settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("6")
        await settled(pilot)
        await pilot.press("c")
        assert isinstance(app.screen, ReportsScreen), "nothing is marked yet"
        await pilot.press("j", "m", "k", "space", "c")
        await settled(pilot)
        assert isinstance(app.screen, CompareScreen)
        assert seen(app.screen.query_one(Chart)).count("lively") == 2
        table = app.screen.query_one(LineTable)
        for _ in range(6):
            await pilot.press("j")
        await pilot.press("i")
        await settled(pilot)
        assert isinstance(app.screen, TextModal) and "gain" in str(app.screen.query_one("#box").border_title)
        await pilot.press("escape", "escape")
        await settled(pilot)
        assert isinstance(app.screen, ReportsScreen)
        assert table.total > 20


async def test_tags_and_names_are_kept(
    make_app: MakeApp, three: list[ReportRow], small_home: Home, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("6")
        await settled(pilot)
        await pilot.press("t")
        app.screen.query_one(Input).value = "Good first"
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("n")
        app.screen.query_one(Input).value = "[b]the best["
        await pilot.press("enter")
        await settled(pilot)
        assert "first good" in seen(app) and "[b]the best[" in seen(app)
    listed = await list_reports(small_home)
    assert (listed.rows[0].tags, listed.rows[0].name) == (("first", "good"), "[b]the best[")


async def test_deleting_asks_and_the_safe_answer_keeps_everything(
    make_app: MakeApp, three: list[ReportRow], small_home: Home, settled: Callable[..., Any]
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await settled(pilot)
        await pilot.press("X")
        assert isinstance(app.screen, ConfirmModal)
        await pilot.press("enter")
        await settled(pilot)
        assert len(list(small_home.backtests.iterdir())) == 3
        await pilot.press("m", "j", "m", "X", "y")
        await settled(pilot)
        assert [folder.name for folder in small_home.backtests.iterdir()] == [three[0].id]
        assert app.screen.query_one(LineTable).total == 1


async def test_a_lost_database_is_made_anew_from_the_folders(three: list[ReportRow], small_home: Home) -> None:
    for file in small_home.root.glob("passivtui.db*"):
        file.unlink()
    assert [row.id for row in (await list_reports(small_home)).rows] == [row.id for row in reversed(three)]


async def test_folders_that_came_or_went_are_noticed(three: list[ReportRow], small_home: Home) -> None:
    shutil.rmtree(small_home.backtests / three[0].id)
    shutil.copytree(small_home.backtests / three[1].id, small_home.backtests / "copy")
    assert {row.id for row in (await list_reports(small_home)).rows} == {three[1].id, three[2].id, "copy"}


async def test_a_damaged_report_is_told_and_the_others_stay(
    make_app: MakeApp, three: list[ReportRow], small_home: Home, settled: Callable[..., Any]
) -> None:
    (small_home.backtests / three[0].id / "fills.npz").write_bytes(b"not an archive")
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("6")
        await settled(pilot)
        await pilot.press("G", "enter")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        await pilot.press("escape", "g", "enter")
        await settled(pilot)
        assert isinstance(app.screen, ReportScreen)


async def test_the_palette_knows_the_reports(
    make_app: MakeApp, three: list[ReportRow], settled: Callable[..., Any]
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        entries = list(await palette_entries(app))
        assert len(entries) == 3 and entries[0].name.startswith("Report: lively ")
        entries[0].act()
        await settled(pilot)
        assert isinstance(app.screen, ReportScreen)
        assert app.screen.row is not None and app.screen.row.id == three[2].id
