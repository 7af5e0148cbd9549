"""Every view of a report, the price chart, and what i answers, driven by keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hand_made import DAY, FIRST_MS, MINUTE_MS, STORY, hand_made
from textual.widgets import Input

from passivtui.app import PassivTuiApp
from passivtui.backtest.report import Report, build_report
from passivtui.config import to_toml
from passivtui.paths import Home
from passivtui.screens.compare import CompareScreen
from passivtui.screens.config_diff import ConfigDiffScreen
from passivtui.screens.dialogs import InputModal, TextModal
from passivtui.screens.report import VIEW_NAMES, ReportScreen
from passivtui.screens.report_curves import CurveSet
from passivtui.screens.report_price import PriceScreen
from passivtui.screens.report_tabs import FactsLine, ViewTabs
from passivtui.storage import ReportRow
from passivtui.widgets.chart import Chart
from passivtui.widgets.line_table import LineTable

SIZES = [(80, 24), (120, 35), (200, 60)]

MakeApp = Callable[[], PassivTuiApp]
Keep = Callable[..., tuple[Report, ReportRow]]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_each_digit_shows_its_view_and_nothing_else(
    make_app: MakeApp, keep: Keep, settled: Callable[..., Any], seen: Callable[..., str], size: tuple[int, int]
) -> None:
    app = make_app()
    telling = {
        1: "worst drawdown",
        2: "Wallet exposure",
        3: "win",
        4: "long entry_init",
        5: "gain / long limit",
        6: "[backtest]",
        7: "",
    }
    async with app.run_test(size=size) as pilot:
        app.push_screen(ReportScreen(*keep()))
        for number, name in enumerate(VIEW_NAMES, 1):
            await pilot.press(str(number))
            await settled(pilot)
            assert app.screen.query_one(ViewTabs).current == number
            assert telling[number] in seen(app), name
            shown = [view for view in app.screen.query("#views > *") if view.display]
            assert [view.id for view in shown] == [name.lower()]


async def test_the_overview_at_120_has_curves_figures_coins_and_findings(
    make_app: MakeApp, keep: Keep, settled: Callable[..., Any]
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(*keep()))
        await settled(pilot)
        for pane in ("#equity", "#drawdown", "#exposure", "#figures", "#overview-coins", "#findings"):
            assert app.screen.query_one(pane).size.area, pane
        assert not app.screen.query_one("#overview-months").size.area
        await pilot.resize_terminal(200, 60)
        await settled(pilot)
        assert app.screen.query_one("#overview-months").size.area
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert app.screen.query_one("#equity").size.area and app.screen.query_one("#findings").size.area
        assert not app.screen.query_one("#drawdown").size.area


async def test_at_the_smallest_size_nothing_is_cut_silently(
    make_app: MakeApp, drawn_report: Report, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    app = make_app()
    async with app.run_test(size=(60, 16)) as pilot:
        app.push_screen(ReportScreen(drawn_report))
        await pilot.press("2")
        await settled(pilot)
        assert seen(app.screen.query_one(ViewTabs)).strip() == "1 [2 Charts] 3  4  5  6  7"
        equity = app.screen.query_one("#charts #equity", Chart)
        assert equity.size.height >= 6
        assert not app.screen.query_one("#charts #drawdown").size.area
        await pilot.click(ViewTabs, offset=(1, 0))
        await settled(pilot)
        assert app.screen.query_one(ViewTabs).current == 1


@pytest.mark.parametrize("key", ["i", "enter"])
async def test_i_and_enter_on_a_figure_tell_what_it_means(
    make_app: MakeApp, drawn_report: Report, settled: Callable[..., Any], seen: Callable[..., str], key: str
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ReportScreen(drawn_report))
        await settled(pilot)
        await pilot.press("j", "j", "j", key)
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        assert "worst drawdown: 3.41 %" in str(app.screen.query_one("#box").border_title)
        assert "deepest fall of equity" in seen(app)
        await pilot.press("escape", "5", key)
        await settled(pilot)
        assert isinstance(app.screen, TextModal) and "gain: +14.32 %" in str(app.screen.query_one("#box").border_title)


async def test_a_finding_explains_itself(
    make_app: MakeApp, drawn_report: Report, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(drawn_report))
        await settled(pilot)
        app.screen.query_one("#findings", LineTable).focus()
        await pilot.press("i")
        assert isinstance(app.screen, TextModal)


async def test_the_charts_zoom_and_read_together(
    make_app: MakeApp, drawn_report: Report, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(drawn_report))
        await pilot.press("2", "plus", "right")
        await settled(pilot)
        charts = app.screen.query_one("#charts CurveSet", CurveSet).charts
        assert len({chart.view for chart in charts}) == 1
        assert charts[0].view != charts[0].whole
        assert len({chart.cursor for chart in charts}) == 1
        assert charts[0].cursor is not None
        moment = drawn_report.curves.at(charts[0].cursor)
        assert f"equity {moment.equity:,.2f}" in seen(app.screen.query_one("#charts #readout", FactsLine))


async def test_go_to_time_puts_the_cursor_there(
    make_app: MakeApp, drawn_report: Report, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(drawn_report))
        await pilot.press("2", "t")
        assert isinstance(app.screen, InputModal)
        app.screen.query_one(Input).value = "2025-01-20T06:30"
        await pilot.press("enter")
        await settled(pilot)
        assert "2025-01-20 06:30 UTC" in seen(app.screen.query_one("#charts #readout", FactsLine))


async def test_one_chart_can_have_the_whole_page(
    make_app: MakeApp, drawn_report: Report, settled: Callable[..., Any]
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ReportScreen(drawn_report))
        await pilot.press("2", "tab", "z")
        await settled(pilot)
        charts = app.screen.query_one("#charts CurveSet", CurveSet).charts
        assert [chart.display for chart in charts] == [False, True, False]
        await pilot.press("z")
        await settled(pilot)
        assert all(chart.display for chart in charts)


async def test_btc_is_counted_only_with_btc_as_collateral(
    make_app: MakeApp, drawn_report: Report, settled: Callable[..., Any]
) -> None:
    prices = np.linspace(50_000.0, 60_000.0, 200)
    in_btc = build_report(hand_made(STORY, n_minutes=200, btc_usd=prices.tolist(), balances_btc=[0.02] * len(STORY)))
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(in_btc))
        await pilot.press("2", "u")
        await settled(pilot)
        assert str(app.screen.query_one("#charts #equity").border_title) == "Equity and balance, BTC"
        app.push_screen(ReportScreen(drawn_report))
        await pilot.press("2", "u")
        await settled(pilot)
        assert str(app.screen.query_one("#charts #equity").border_title) == "Equity and balance, USDT"


async def test_fills_are_filtered_by_words_and_found_by_time(
    make_app: MakeApp, drawn_report: Report, settled: Callable[..., Any]
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(drawn_report))
        await pilot.press("4", "slash", *"btc close", "enter")
        await settled(pilot)
        table = app.screen.query_one("#fill-table", LineTable)
        assert (table.shown, table.total) == (3, 7)
        assert "3 of 7" in str(table.border_title)
        await pilot.press("t")
        app.screen.query_one(Input).value = "2025-01-20"
        await pilot.press("enter")
        await settled(pilot)
        assert table.current_index == 4
        await pilot.press("c")
        await settled(pilot)
        assert app.screen.query_one(ViewTabs).current == 2
        cursor = app.screen.query_one("#charts CurveSet", CurveSet).charts[0].cursor
        assert cursor == FIRST_MS + 50 * 700 * MINUTE_MS


async def test_a_hundred_thousand_fills_are_shown_at_once(
    make_app: MakeApp, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    some = [(minute, *rest) for minute, *rest in STORY] * 14_300
    fills = [(index // 2, *rest) for index, (_, *rest) in enumerate(some)]
    report = build_report(hand_made(fills, n_minutes=36 * DAY))  # type: ignore[arg-type]
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ReportScreen(report))
        await pilot.press("4", "G")
        await settled(pilot)
        table = app.screen.query_one("#fill-table", LineTable)
        assert table.current_index == 100_099
        assert "2025-02-04 18:04" in seen(table)


async def test_enter_on_a_coin_shows_its_price_with_fills_to_walk_along(
    make_app: MakeApp, keep: Keep, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    report, row = keep()
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(report, row))
        await pilot.press("3", "enter")
        await settled(pilot)
        assert isinstance(app.screen, PriceScreen)
        price = app.screen.query_one("#price", Chart)
        assert "price" in seen(price) and "entry" in seen(price)
        line = app.screen.query_one("#fill-line", FactsLine)
        await pilot.press("full_stop", "full_stop")
        assert " 2/" in seen(line)
        await pilot.press("comma")
        assert " 1/" in seen(line) and "entry_initial_normal_long" in seen(line)
        assert price.cursor == report.fills.row(int(report.fills.of_coin(report.coins[0].coin)[0])).time_ms
        await pilot.press("i")
        await settled(pilot)
        assert isinstance(app.screen, TextModal) and "The first entry of a position" in seen(app)
        await pilot.press("escape", "escape")
        assert isinstance(app.screen, ReportScreen)


async def test_enter_on_a_fill_shows_it_on_the_price(
    make_app: MakeApp, keep: Keep, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    report, row = keep()
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(report, row))
        await pilot.press("4", "G", "enter")
        await settled(pilot)
        assert isinstance(app.screen, PriceScreen)
        last = report.fills.row(len(report.fills) - 1)
        count = len(report.fills.of_coin(last.coin))
        assert f" {count}/{count}" in seen(app.screen.query_one("#fill-line", FactsLine))
        assert app.screen.query_one("#price", Chart).cursor == last.time_ms


async def test_without_its_market_the_price_chart_says_so_and_keeps_the_fills(
    make_app: MakeApp, keep: Keep, small_home: Home, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    report, row = keep()
    (small_home.candles / "small").rename(small_home.root / "moved")
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(report, row))
        await pilot.press("3", "enter")
        await settled(pilot)
        assert isinstance(app.screen, PriceScreen)
        assert "No price curve: there is no dataset" in seen(app.screen.query_one("#price-note", FactsLine))
        assert "entry" in seen(app.screen.query_one("#price", Chart))


async def test_export_writes_the_four_files(
    make_app: MakeApp, keep: Keep, tmp_path: Path, settled: Callable[..., Any]
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ReportScreen(*keep()))
        await pilot.press("x")
        assert isinstance(app.screen, InputModal)
        app.screen.query_one(Input).value = str(tmp_path / "out")
        await pilot.press("enter")
        await settled(pilot)
        names = {file.name for file in (tmp_path / "out").iterdir()}
        assert names == {"fills.csv", "analysis.json", "balance_and_equity.csv", "config.json"}


async def test_a_folder_with_other_files_is_not_exported_to(
    make_app: MakeApp, keep: Keep, tmp_path: Path, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ReportScreen(*keep()))
        await pilot.press("x")
        app.screen.query_one(Input).value = str(folder)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, InputModal) and "thesis.txt" in seen(app)
        assert [file.name for file in folder.iterdir()] == ["thesis.txt"]


async def test_a_report_without_fills_can_be_read(
    make_app: MakeApp, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(build_report(hand_made(n_minutes=DAY))))
        await settled(pilot)
        assert "There was no fill" in seen(app)
        for view in "2345671":
            await pilot.press(view, "enter", "escape")
            await settled(pilot)
            if not isinstance(app.screen, ReportScreen):
                app.push_screen(ReportScreen(build_report(hand_made(n_minutes=DAY))))


async def test_another_report_is_compared_from_view_seven(
    make_app: MakeApp, keep: Keep, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    keep("bot.long.total_wallet_exposure_limit=0.5")
    report, row = keep()
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(report, row))
        await pilot.press("7")
        await settled(pilot)
        assert app.screen.query_one("#compare-table", LineTable).total == 1, "the report itself is not offered"
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, CompareScreen)
        text = seen(app)
        assert "1 lively" in text and "2 lively" in text and "2 - 1" in text


async def test_the_config_that_was_run_is_compared_with_its_file(
    make_app: MakeApp, keep: Keep, settled: Callable[..., Any], seen: Callable[..., str], home: Home
) -> None:
    report, row = keep()
    file = home.configs / f"{report.result.info.config_name}.toml"
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        app.push_screen(ReportScreen(report, row))
        await pilot.press("6")
        await settled(pilot)
        config = report.result.config
        file.write_text(to_toml(replace(config, backtest=replace(config.backtest, starting_balance=4321.0))))
        await pilot.press("D")
        await settled(pilot)
        assert isinstance(app.screen, ConfigDiffScreen)
        assert "backtest.starting_balance" in seen(app) and "4321" in seen(app)
        await pilot.press("escape")
        file.unlink()
        await pilot.press("D")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        assert "no config lively" in " ".join(seen(app).split())
