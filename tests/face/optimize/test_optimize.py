"""Optimize in the app: set up, watch, stop, go on, and what can be done with a candidate; keyboard only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from small_market import CONFIG, write_config, write_small_market
from textual.pilot import Pilot
from textual.widgets import Input, Static

from passivtui.app import PassivTuiApp
from passivtui.config import load_config
from passivtui.optimize import read_front
from passivtui.paths import Home
from passivtui.screens.bot_start import StartBotScreen
from passivtui.screens.cliffs import CliffsScreen
from passivtui.screens.config_diff import ConfigDiffScreen
from passivtui.screens.dialogs import ConfirmModal, InputModal, TextModal
from passivtui.screens.optimize import ListedRun, OptimizeScreen
from passivtui.screens.optimize_run import OptimizerRunScreen
from passivtui.screens.optimize_setup import OptimizeSetupScreen
from passivtui.screens.report import ReportScreen
from passivtui.screens.validation import ValidationScreen
from passivtui.widgets.chart import Chart
from passivtui.widgets.line_table import LineTable

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
Seen = Callable[..., str]

SEARCH = """
[optimize]
iters = 60
population_size = 20
n_cpus = 1
scoring = ["adg", "drawdown_worst"]
[optimize.limits]
penalize_if_greater_than_drawdown_worst = 0.9
[optimize.bounds]
long_entry_grid_spacing_pct = [0.005, 0.05]
long_close_grid_markup_start = [0.002, 0.02]
"""


@pytest.fixture
def market(home: Home) -> None:
    write_small_market(home)
    write_config(home, text=CONFIG + SEARCH)
    home.settings.write_text('market = "small"\n')


async def wait_for(pilot: Pilot[None], what: Callable[[], bool]) -> None:
    for _ in range(600):
        if what():
            return
        await pilot.pause(0.02)
    pytest.fail("it never came")


async def set_up(pilot: Pilot[None], settled: Settled) -> OptimizeSetupScreen:
    await pilot.press("3")
    await settled(pilot)
    assert isinstance(pilot.app.screen, OptimizeScreen)
    await pilot.press("n")
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, OptimizeSetupScreen)
    return screen


async def set_budget(pilot: Pilot[None], settled: Settled, name: str, text: str) -> None:
    table = pilot.app.screen.query_one("#budget", LineTable)
    table.focus()
    assert table.move_to(name)
    await pilot.press("enter")
    await settled(pilot)
    assert isinstance(pilot.app.screen, InputModal)
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await settled(pilot)


async def run_to_its_end(pilot: Pilot[None], settled: Settled) -> OptimizerRunScreen:
    await set_up(pilot, settled)
    await set_budget(pilot, settled, "seed", "7")
    await pilot.press("r")
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, OptimizerRunScreen)
    await wait_for(pilot, lambda: not screen._live.active and screen._live.result is not None)
    screen._look()
    await settled(pilot)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 35)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_search_is_set_up_and_run(
    make_app: MakeApp, market: None, settled: Settled, seen: Seen, home: Home, size
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        screen = await run_to_its_end(pilot, settled)
        table = screen.query_one("#members", LineTable)
        (folder,) = [path for path in home.optimize.iterdir() if path.is_dir()]
        assert table.total == len(read_front(folder)) > 0
        assert "seed 7" in seen(app)
        assert sum(len(marks.x) for marks in screen.query_one("#front", Chart)._markers) > 0
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, OptimizeScreen)
        row = app.screen.query_one(LineTable).current
        assert isinstance(row, ListedRun) and row.state == "finished"
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, OptimizerRunScreen)
        assert app.screen.query_one("#members", LineTable).total == table.total
        await pilot.press("right_square_bracket", "left_square_bracket", "f", "f")


async def test_a_candidate_is_explained_compared_saved_and_backtested(
    make_app: MakeApp, market: None, settled: Settled, seen: Seen, home: Home
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await run_to_its_end(pilot, settled)
        await pilot.press("i")
        await settled(pilot)
        assert isinstance(app.screen, TextModal) and "bot.long.entry_grid_spacing_pct" in seen(app)
        await pilot.press("escape", "D")
        await settled(pilot)
        assert isinstance(app.screen, ConfigDiffScreen)
        await pilot.press("escape", "w")
        await settled(pilot)
        assert isinstance(app.screen, InputModal)
        await pilot.press("enter")
        await settled(pilot)
        saved = load_config(home.configs / "lively_optimized.toml").config
        member = screen._current
        assert member is not None
        assert saved == screen._config_of(member).config
        assert 0.005 <= saved.bot.long.entry_grid_spacing_pct <= 0.05
        await pilot.press("b")
        await wait_for(pilot, lambda: isinstance(app.screen, ReportScreen))
        assert app.screen.report.result.analysis["adg"] == pytest.approx(member.metrics[0], rel=1e-2)
        await pilot.press("escape", "p")
        await wait_for(pilot, lambda: isinstance(app.screen, InputModal))
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, StartBotScreen))
        configs = app.screen.query_one("#configs", LineTable)
        await wait_for(pilot, lambda: configs.current is not None and configs.current.name == "lively_optimized_2")


async def test_a_front_is_validated_on_days_it_never_saw(
    make_app: MakeApp, market: None, settled: Settled, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await set_up(pilot, settled)
        await set_budget(pilot, settled, "holdout_days", "1")
        await pilot.press("r")
        await settled_without_job(pilot)
        live = app.screen._live
        await wait_for(pilot, lambda: live.result is not None)
        app.screen._look()
        await pilot.press("v")
        await wait_for(pilot, lambda: isinstance(app.screen, ValidationScreen))
        await settled(pilot)
        assert "tries" in seen(app) and "unseen" in seen(app)
        assert app.screen.query_one(LineTable).total > 0
        await pilot.press("i")
        await settled(pilot)
        assert isinstance(app.screen, TextModal) and "deflated Sharpe" in " ".join(seen(app).split())


async def test_cliffs_of_a_candidate_and_of_a_config_are_shown(
    make_app: MakeApp, market: None, settled: Settled, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await run_to_its_end(pilot, settled)
        await pilot.press("K")
        await wait_for(pilot, lambda: isinstance(app.screen, CliffsScreen))
        await settled(pilot)
        table = app.screen.query_one(LineTable)
        assert table.total > 20 and "bot.long." in seen(app)
        await pilot.press("i")
        await settled(pilot)
        assert isinstance(app.screen, TextModal) and "worst drawdown" in seen(app)
        await pilot.press("escape", "escape", "escape", "escape", "4")
        await settled(pilot)
        await pilot.press("K")
        await wait_for(pilot, lambda: isinstance(app.screen, CliffsScreen))
        assert app.screen._name == "lively"


async def test_a_stopped_search_is_gone_on_with_and_deleted(
    make_app: MakeApp, market: None, settled: Settled, home: Home
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await set_up(pilot, settled)
        await set_budget(pilot, settled, "iters", "100000")
        await pilot.press("r")
        await settled_without_job(pilot)
        screen = app.screen
        assert isinstance(screen, OptimizerRunScreen)
        live = screen._live
        assert live is not None
        await wait_for(pilot, lambda: live.latest is not None and live.latest.evaluations > 40)
        await pilot.press("S")
        await wait_for(pilot, lambda: isinstance(app.screen, ConfirmModal))
        await pilot.press("y")
        await wait_for(pilot, lambda: live.result is not None)
        assert live.result is not None and not live.result.finished
        before = live.result.evaluations
        await pilot.press("escape")
        await settled(pilot)
        runs = app.screen
        assert isinstance(runs, OptimizeScreen) and runs._current is not None and runs._current.state == "stopped"
        await pilot.press("r")
        await wait_for(pilot, lambda: isinstance(app.screen, OptimizerRunScreen))
        again = app.screen._live
        await wait_for(pilot, lambda: again.latest is not None and again.latest.evaluations > before)
        again.job.cancel()
        await wait_for(pilot, lambda: again.result is not None)
        await pilot.press("escape")
        await settled(pilot)
        await pilot.press("X")
        await settled(pilot)
        assert isinstance(app.screen, ConfirmModal)
        await pilot.press("y")
        await settled(pilot)
        assert runs.query_one(LineTable).total == 0
        assert not any(path.is_dir() for path in home.optimize.iterdir())


async def settled_without_job(pilot: Pilot[None]) -> None:
    """As `settled`, but a search goes on meanwhile."""
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, OptimizerRunScreen))
    await pilot.pause()


async def test_what_can_t_be_searched_is_explained(
    make_app: MakeApp, market: None, settled: Settled, seen: Seen, home: Home
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await set_up(pilot, settled)
        table = screen.query_one("#budget", LineTable)
        table.focus()
        table.move_to("population")
        await pilot.press("enter")
        await settled(pilot)
        app.screen.query_one(Input).value = "1"
        await settled(pilot)
        assert "a whole number from 2 on" in seen(app)
        await pilot.press("enter")
        assert isinstance(app.screen, InputModal)
        await pilot.press("escape")
        await set_budget(pilot, settled, "start", str(home.root / "logs"))
        await pilot.press("r")
        await settled(pilot)
        assert isinstance(app.screen, TextModal) and "no config to start from" in " ".join(seen(app).split())
        await pilot.press("escape")
        await settled(pilot)
        assert app.screen is screen
        (home.configs / "lively.toml").write_text("[optimize]\nscoring = ['agd']\n")
        screen._show_plan()
        await settled(pilot)
        assert "adg" in seen(app)


async def test_jackrabbit_is_chosen_and_its_steps_are_shown(
    make_app: MakeApp, market: None, settled: Settled, seen: Seen, home: Home
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await set_up(pilot, settled)
        table = app.screen.query_one("#budget", LineTable)
        for name in ("algorithm", "decides"):
            table.focus()
            assert table.move_to(name)
            await pilot.press("enter")
            await settled(pilot)
            await pilot.press("2")
            await settled(pilot)
        await set_budget(pilot, settled, "iters", "15")
        await pilot.press("r")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, OptimizerRunScreen)
        await wait_for(pilot, lambda: not screen._live.active and screen._live.result is not None)
        screen._look()
        await settled(pilot)
        assert screen._live.result.jackrabbit is not None
        assert "k 15/15  m 0.0000" in seen(app)
        await pilot.press("escape", "enter")
        await settled(pilot)
        assert "decides: " in seen(app)
        assert "worst drawdown decides" in str(app.screen.query_one("#goals", Static).render())
