"""Bots on paper in the app: start, watch, ask why, stop in every way, start again; keyboard only."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from bots_by_keys import fill, tap, wait_for
from small_market import write_config, write_small_market
from textual.pilot import Pilot

from passivtui.app import PassivTuiApp
from passivtui.live.listing import list_bots
from passivtui.live.status import BotState
from passivtui.paths import Home
from passivtui.screens.bot_coin import BotCoinScreen
from passivtui.screens.bot_monitor import BotMonitorScreen
from passivtui.screens.bot_past import BotPastScreen
from passivtui.screens.bot_start import StartBotScreen
from passivtui.screens.bots import BotsScreen
from passivtui.screens.configs import ConfigsScreen
from passivtui.screens.dialogs import ChoiceModal, ConfirmModal, InputModal, TextModal
from passivtui.widgets.line_table import LineTable

MakeApp = Callable[[], PassivTuiApp]
Seen = Callable[..., str]


@pytest.fixture
def market(home: Home) -> None:
    write_small_market(home)
    write_config(home)
    home.settings.write_text('market = "small"\n')


async def start(pilot: Pilot[None], speed: str = "1000") -> BotMonitorScreen:
    """From the menu to a bot that runs, 1,000 minutes of its market a minute."""
    await tap(pilot, "1")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, BotsScreen))
    await tap(pilot, "n")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, StartBotScreen))
    await wait_for(pilot, lambda: bool(pilot.app.screen.query("#pace")))
    table = pilot.app.screen.query_one("#pace", LineTable)
    await wait_for(pilot, lambda: table.total > 0)
    table.focus()
    assert table.move_to("speed")
    await tap(pilot, "enter")
    await fill(pilot, speed)
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, StartBotScreen))
    await tap(pilot, "r")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, BotMonitorScreen))
    screen = pilot.app.screen
    assert isinstance(screen, BotMonitorScreen)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 35)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_paper_bot_is_started_watched_and_stopped(make_app: MakeApp, market: None, seen: Seen, size) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        screen = await start(pilot)
        handle = screen._handle
        await wait_for(pilot, lambda: handle.status().fill_count > 0)
        screen._look()
        await wait_for(pilot, lambda: "RUN" in seen(app) and "equity" in seen(app))
        assert screen.query_one("#fills", LineTable).total > 0
        await tap(pilot, "2")
        orders = screen.query_one("#orders", LineTable)
        await wait_for(pilot, lambda: orders.total > 0 and orders.has_focus)
        await tap(pilot, "i")
        await wait_for(pilot, lambda: isinstance(app.screen, TextModal) and "price:" in seen(app))
        await tap(pilot, "escape", "c")
        await wait_for(pilot, lambda: isinstance(app.screen, BotCoinScreen) and "on the book:" in seen(app))
        await tap(pilot, "escape", "3")
        await tap(pilot, "i")
        await wait_for(pilot, lambda: isinstance(app.screen, TextModal))
        await tap(pilot, "escape", "a")
        await wait_for(pilot, lambda: isinstance(app.screen, TextModal))
        await wait_for(pilot, lambda: "positions" in seen(app))
        await tap(pilot, "escape", "5")
        await wait_for(pilot, lambda: screen.query_one("#log", LineTable).total > 0)
        await wait_for(pilot, lambda: "starting" in seen(app))
        await tap(pilot, "right_square_bracket", "S")
        await wait_for(pilot, lambda: isinstance(app.screen, ChoiceModal))
        await tap(pilot, "1")
        await wait_for(pilot, lambda: handle.status().state is BotState.STOPPED)
        assert all(order.part == "close" for order in handle.status().book)
        await tap(pilot, "A")
        await wait_for(pilot, lambda: isinstance(app.screen, TextModal) and "parity " in seen(app))
        await tap(pilot, "escape", "H")
        await wait_for(pilot, lambda: isinstance(app.screen, BotPastScreen) and "PAST" in seen(app))
        past = app.screen
        newest = past._shown.clock_ms
        await tap(pilot, "comma", "comma")
        assert past._shown.clock_ms < newest
        await tap(pilot, "full_stop", "full_stop")
        assert past._shown.clock_ms == newest
        await tap(pilot, "less_than_sign")
        assert past._shown.clock_ms <= max(past._session.times[0], newest - 3_500_000)
        await tap(pilot, "escape")
        await wait_for(pilot, lambda: app.screen is screen)
        await tap(pilot, "escape")
        await wait_for(pilot, lambda: isinstance(app.screen, BotsScreen))
        await wait_for(pilot, lambda: "stopped" in seen(app))


async def test_a_stopped_bot_goes_on_where_it_was_and_is_forgotten(make_app: MakeApp, market: None) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await start(pilot)
        handle = screen._handle
        await wait_for(pilot, lambda: handle.status().fill_count > 2)
        await tap(pilot, "S")
        await wait_for(pilot, lambda: isinstance(app.screen, ChoiceModal))
        await tap(pilot, "2")
        await wait_for(pilot, lambda: handle.status().state.is_over)
        before = handle.status()
        await tap(pilot, "escape")
        await wait_for(pilot, lambda: isinstance(app.screen, BotsScreen))
        await tap(pilot, "r")
        await wait_for(pilot, lambda: isinstance(app.screen, BotMonitorScreen))
        again = app.screen._handle
        await wait_for(pilot, lambda: again.status().balance is not None)
        assert again.status().clock_ms >= before.clock_ms
        await tap(pilot, "S")
        await wait_for(pilot, lambda: isinstance(app.screen, ChoiceModal))
        await tap(pilot, "3")
        await wait_for(pilot, lambda: again.status().state is BotState.STOPPED)
        assert not again.status().book
        await tap(pilot, "escape")
        await wait_for(pilot, lambda: isinstance(app.screen, BotsScreen))
        await tap(pilot, "X")
        await wait_for(pilot, lambda: app.screen.query_one(LineTable).total == 0)


async def test_what_moves_money_wants_the_name_typed(make_app: MakeApp, market: None) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await start(pilot)
        handle = screen._handle
        await wait_for(pilot, lambda: bool(handle.status().positions))
        await tap(pilot, "S")
        await wait_for(pilot, lambda: isinstance(app.screen, ChoiceModal))
        await tap(pilot, "4")
        await wait_for(pilot, lambda: isinstance(app.screen, InputModal))
        await fill(pilot, "yes")
        assert isinstance(app.screen, InputModal)
        await fill(pilot, handle.name)
        await wait_for(pilot, lambda: handle.status().state is BotState.STOPPED)
        assert handle.status().positions == ()


async def test_quitting_asks_about_bots(make_app: MakeApp, market: None) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await start(pilot)
        await wait_for(pilot, lambda: screen._handle.status().state is BotState.RUNNING)
        await tap(pilot, "ctrl+q")
        await wait_for(pilot, lambda: isinstance(app.screen, ChoiceModal))
        await tap(pilot, "2")
        await wait_for(pilot, lambda: isinstance(app.screen, BotMonitorScreen))
        assert app.is_running and app.bots.running
        await tap(pilot, "ctrl+q")
        await wait_for(pilot, lambda: isinstance(app.screen, ChoiceModal))
        await tap(pilot, "3")
        await wait_for(pilot, lambda: not app.is_running)
    assert screen._handle.status().state is BotState.STOPPED


async def test_a_bot_goes_on_in_the_background_and_is_found_again(
    make_app: MakeApp, market: None, home: Home, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await start(pilot, speed="600")
        await wait_for(pilot, lambda: screen._handle.status().fill_count > 0)
        await tap(pilot, "ctrl+q")
        await wait_for(pilot, lambda: isinstance(app.screen, ChoiceModal))
        await tap(pilot, "1")
        await wait_for(pilot, lambda: not app.is_running)
    (found,) = await list_bots(home)
    assert found.is_running and found.pid != os.getpid()
    again = make_app()
    async with again.run_test(size=(120, 35)) as pilot:
        await tap(pilot, "1")
        await wait_for(pilot, lambda: "lively" in seen(again) and "running" in seen(again))
        await tap(pilot, "enter")
        await wait_for(pilot, lambda: isinstance(again.screen, BotMonitorScreen))
        far = again.screen._handle
        await wait_for(pilot, lambda: bool(far.status().book))
        order = far.status().book[0]
        assert any("price:" in line or "last plan" in line for line in await far.why(order))
        picture = await far.picture(order.coin)
        assert len(picture.closes) == len(picture.bands["long"][0]) > 0
        await tap(pilot, "S")
        await wait_for(pilot, lambda: isinstance(again.screen, ChoiceModal))
        await tap(pilot, "3")
        await wait_for(pilot, lambda: "STOPPED" in seen(again))
    (found,) = await list_bots(home)
    assert found.state == "stopped" and not found.is_running


async def test_a_bot_that_can_t_start_says_why(make_app: MakeApp, market: None, seen: Seen, home: Home) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await tap(pilot, "1")
        await wait_for(pilot, lambda: isinstance(app.screen, BotsScreen))
        await wait_for(pilot, lambda: "No bot yet" in seen(app))
        await tap(pilot, "n")
        await wait_for(pilot, lambda: isinstance(app.screen, StartBotScreen))
        await wait_for(pilot, lambda: "At worst" in seen(app) or "at worst" in seen(app))
        (home.configs / "lively.toml").write_text("[bot.long]\nn_positions = -1\n")
        await tap(pilot, "r")
        await wait_for(pilot, lambda: isinstance(app.screen, TextModal))
        await wait_for(pilot, lambda: "n_positions" in seen(app))


async def test_a_config_of_the_list_becomes_a_bot(make_app: MakeApp, market: None) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await tap(pilot, "4")
        await wait_for(pilot, lambda: isinstance(app.screen, ConfigsScreen))
        await wait_for(pilot, lambda: bool(app.screen.query(LineTable)))
        table = app.screen.query_one(LineTable)
        await wait_for(pilot, lambda: table.total > 0)
        assert table.move_to("lively")
        await tap(pilot, "p")
        await wait_for(pilot, lambda: isinstance(app.screen, StartBotScreen))
        await wait_for(pilot, lambda: bool(app.screen.query("#configs")))
        configs = app.screen.query_one("#configs", LineTable)
        await wait_for(pilot, lambda: configs.current is not None and configs.current.name == "lively")


async def test_a_drawdown_stop_shows_first_what_it_would_have_done(make_app: MakeApp, market: None, seen: Seen) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await tap(pilot, "1")
        await wait_for(pilot, lambda: isinstance(app.screen, BotsScreen))
        await tap(pilot, "n")
        await wait_for(pilot, lambda: bool(app.screen.query("#pace")))
        table = app.screen.query_one("#pace", LineTable)
        await wait_for(pilot, lambda: table.total > 0)
        table.focus()
        assert table.move_to("drawdown")
        await tap(pilot, "enter")
        await fill(pilot, "none")
        assert isinstance(app.screen, InputModal)
        await fill(pilot, "30")
        await wait_for(pilot, lambda: isinstance(app.screen, StartBotScreen))
        await tap(pilot, "r")
        await wait_for(pilot, lambda: isinstance(app.screen, ConfirmModal) and "In a backtest on" in seen(app))
        await tap(pilot, "n")
        await wait_for(pilot, lambda: isinstance(app.screen, BotsScreen))
        assert app.bots.running == ()
