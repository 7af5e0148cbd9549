"""From the menu to the report, driven by keys, on the real engine."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from small_market import CONFIG, write_config
from textual.widgets import Input, Static

from passivtui.app import PassivTuiApp
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink
from passivtui.screens import backtest
from passivtui.screens.backtest import BacktestScreen
from passivtui.screens.dialogs import ChoiceModal, InputModal, TextModal
from passivtui.screens.menu import MenuScreen
from passivtui.screens.report import ReportScreen
from passivtui.widgets.line_table import LineTable

SIZES = [(80, 24), (120, 35), (200, 60)]

MakeApp = Callable[[], PassivTuiApp]
Any = object


def chosen(app: PassivTuiApp, table: str) -> str:
    return str(app.screen.query_one(table, LineTable).current_key)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_two_then_enter_leads_to_a_report_on_a_fresh_home(
    make_app: MakeApp, home: Home, settled: Callable[..., Any], seen: Callable[..., str], size: tuple[int, int]
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await pilot.press("2")
        await settled(pilot)
        assert (chosen(app, "#configs"), chosen(app, "#markets")) == ("btc_long_grid", "demo")
        assert "Demo market (synthetic)" in seen(app.screen.query_one("#plan-text", Static))
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, ReportScreen)
        text = seen(app)
        assert "-2.89 %" in text and "306 fills" in text and "Synthetic prices" in text
        assert len(list(home.backtests.iterdir())) == 1
        await pilot.press("escape")
        assert isinstance(app.screen, BacktestScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, MenuScreen)


async def test_own_configs_come_first_and_the_plan_follows_the_cursor(
    make_app: MakeApp, small_home: Home, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await settled(pilot)
        assert chosen(app, "#configs") == "lively"
        plan = app.screen.query_one("#plan-text", Static)
        await pilot.press("tab", "j")
        await settled(pilot)
        assert chosen(app, "#markets") == "small"
        assert "BTC, ETH (2 of the market's 2)" in seen(plan)
        assert "3.0 days (from the config)" in seen(plan)


async def test_dates_can_be_changed_and_are_run(
    make_app: MakeApp, small_home: Home, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("2", "tab", "j", "d")
        await settled(pilot)
        assert isinstance(app.screen, InputModal)
        app.screen.query_one(Input).value = "2025-02-30"
        await pilot.press("enter")
        assert isinstance(app.screen, InputModal), "a day that isn't there is not accepted"
        app.screen.query_one(Input).value = "2025-01-02 .. 2025-01-03"
        await pilot.press("enter")
        await settled(pilot)
        assert "1.0 days (as asked for)" in seen(app.screen.query_one("#plan-text", Static))
        await pilot.press("r")
        await settled(pilot)
        assert isinstance(app.screen, ReportScreen)
        assert app.screen.report.period == "2025-01-02 .. 2025-01-03"


async def test_a_config_with_faults_shows_all_of_them_before_and_when_run(
    make_app: MakeApp, small_home: Home, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    write_config(
        small_home, "a_faulty", CONFIG.replace("n_positions = 2", "n_positions = [bold]").replace("= 1000", "= -1")
    )
    write_config(small_home, "a_wrong", CONFIG.replace("= 1000", "= -1").replace("= 1.0", '= "much"'))
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("2", "j")
        await settled(pilot)
        assert chosen(app, "#configs") == "a_wrong"
        plan = seen(app.screen.query_one("#plan-text", Static))
        assert "starting_balance" in plan and "total_wallet_exposure_limit" in plan
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        assert "starting_balance" in seen(app) and "total_wallet_exposure_limit" in seen(app)
        await pilot.press("escape", "k", "enter")
        await settled(pilot)
        assert isinstance(app.screen, TextModal), "a file that is no TOML is told too, brackets and all"
        assert not list(small_home.backtests.iterdir())


async def test_a_market_without_the_coins_is_told(
    make_app: MakeApp, small_home: Home, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    write_config(small_home, "lively", CONFIG.replace('["BTC", "ETH"]', '["BTC", "XMR"]'))
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("2", "tab", "j")
        await settled(pilot)
        assert "this market has no XMR" in seen(app.screen.query_one("#plan-text", Static))
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, TextModal) and "XMR" in seen(app)


class HeldRun:
    """The real run, which waits before it begins until it is let go; gives up when cancelled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = threading.Event()
        self.begun = threading.Event()
        real = backtest.run_and_keep

        def held(request: Any, home: Home, progress: ProgressSink, cancel: CancelToken) -> Any:
            self.begun.set()
            cancel.on_cancel(self.go.set)
            assert self.go.wait(30)
            cancel.raise_if_cancelled()
            return real(request, home, progress, cancel)  # type: ignore[arg-type]

        monkeypatch.setattr(backtest, "run_and_keep", held)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> HeldRun:
    return HeldRun(monkeypatch)


async def test_esc_while_running_asks_and_cancels_on_demand(
    make_app: MakeApp, small_home: Home, settled: Callable[..., Any], held: HeldRun
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "tab", "j", "enter")
        await pilot.pause()
        assert app.screen.query_one("#running").display and not app.screen.query_one("#plan").display
        await pilot.press("escape")
        assert isinstance(app.screen, ChoiceModal)
        await pilot.press("3")
        await settled(pilot)
        assert isinstance(app.screen, BacktestScreen)
        assert app.screen.query_one("#plan").display
        assert not list(small_home.backtests.iterdir())
        assert [job.state.value for job in app.jobs][-1:] == ["cancelled"]


async def test_a_run_left_in_the_background_is_kept_and_told(
    make_app: MakeApp, small_home: Home, settled: Callable[..., Any], held: HeldRun
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "tab", "j", "enter")
        await pilot.press("escape", "2")
        await pilot.pause()
        assert isinstance(app.screen, MenuScreen)
        held.go.set()
        await settled(pilot)
        assert isinstance(app.screen, MenuScreen), "no screen opens by itself over what the user does"
        assert len(list(small_home.backtests.iterdir())) == 1
        await pilot.press("6")
        await settled(pilot)
        assert app.screen.query_one(LineTable).total == 1


async def test_a_run_that_ends_while_asked_what_to_do_opens_its_report(
    make_app: MakeApp, small_home: Home, settled: Callable[..., Any], held: HeldRun
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "tab", "j", "enter", "escape")
        assert isinstance(app.screen, ChoiceModal)
        held.go.set()
        await settled(pilot)
        assert isinstance(app.screen, ReportScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, BacktestScreen)


async def test_names_from_outside_are_never_markup(
    make_app: MakeApp, small_home: Home, settled: Callable[..., Any], seen: Callable[..., str]
) -> None:
    write_config(small_home, "[bold]x[nope]][")
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("2", "tab", "j", "enter")
        await settled(pilot)
        assert isinstance(app.screen, ReportScreen)
        assert app.screen.crumb() == "Report [bold]x[nope]]["
        for view in "234567":
            await pilot.press(view)
            await settled(pilot)
        await pilot.press("escape", "escape", "6")
        await settled(pilot)
        assert "[bold]x[nope]][" in seen(app)
