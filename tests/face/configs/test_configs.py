"""Configs in the app: the list, the editor, the orders beside it; keyboard only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from small_market import write_config, write_small_market
from textual.pilot import Pilot
from textual.widgets import Input

from passivtui.app import PassivTuiApp
from passivtui.backtest.kept import run_and_keep
from passivtui.backtest.metrics import METRICS, format_metric
from passivtui.backtest.request import BacktestRequest
from passivtui.config import load_config
from passivtui.config.shelf import Shelf
from passivtui.config.shipped import shipped_configs
from passivtui.paths import Home
from passivtui.progress import CancelToken, ignore_progress
from passivtui.screens.backtest import BacktestScreen
from passivtui.screens.config_diff import ConfigDiffScreen
from passivtui.screens.configs import ConfigsScreen
from passivtui.screens.dialogs import ChoiceModal, ConfirmModal, InputModal, TextModal
from passivtui.screens.editor import EditorScreen
from passivtui.screens.editor_dialogs import FindKeyModal, ProblemsModal
from passivtui.screens.preview_pane import PreviewPane
from passivtui.screens.preview_trial import DEBOUNCE_SECONDS, TrialPane
from passivtui.widgets.chart import Chart
from passivtui.widgets.line_table import LineTable

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
Seen = Callable[..., str]
EXAMPLE = shipped_configs() / "btc_long_grid.toml"


@pytest.fixture
def mine(home: Home) -> Path:
    """A config of the user's."""
    path = home.configs / "mine.toml"
    path.write_bytes(EXAMPLE.read_bytes())
    return path


async def open_list(pilot: Pilot[None], settled: Settled) -> None:
    await pilot.press("4")
    await settled(pilot)
    assert isinstance(pilot.app.screen, ConfigsScreen)


async def open_editor(pilot: Pilot[None], settled: Settled) -> EditorScreen:
    await open_list(pilot, settled)
    await pilot.press("enter")
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, EditorScreen)
    return screen


async def wait_for(pilot: Pilot[None], what: Callable[[], bool]) -> None:
    """Until something that follows a short pause is there."""
    for _ in range(200):
        if what():
            return
        await pilot.pause(0.02)
    pytest.fail("it never came")


async def answer(pilot: Pilot[None], settled: Settled, text: str) -> None:
    assert isinstance(pilot.app.screen, InputModal)
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await settled(pilot)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 35)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_list_shows_own_configs_first(
    make_app: MakeApp, mine: Path, settled: Settled, seen: Seen, size
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await open_list(pilot, settled)
        table = app.screen.query_one(LineTable)
        assert (table.total, table.current_key) == (9, "mine")
        assert "yours" in seen(app) and "shipped" in seen(app)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 35)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_value_is_stepped_undone_and_saved(make_app: MakeApp, mine: Path, settled: Settled, size) -> None:
    before = mine.read_bytes()
    app = make_app()
    async with app.run_test(size=size) as pilot:
        screen = await open_editor(pilot, settled)
        screen.go_to_key("bot.long.n_positions")
        await pilot.press("plus")
        await settled(pilot)
        assert screen.document.value("bot.long.n_positions") == 2
        assert mine.read_bytes() == before
        await pilot.press("u")
        assert not screen.document.is_dirty
        await pilot.press("ctrl+r", "w")
        await settled(pilot)
        assert load_config(mine).config.bot.long.n_positions == 2
        assert (mine.parent / "mine.toml.bak").read_bytes() == before
        comments = [line for line in before.decode().splitlines() if line.startswith("#")]
        assert all(line in mine.read_text() for line in comments)


async def test_a_value_is_typed_and_a_bad_one_never_reaches_the_file(
    make_app: MakeApp, mine: Path, settled: Settled, seen: Seen
) -> None:
    before = mine.read_bytes()
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await open_editor(pilot, settled)
        screen.go_to_key("bot.long.close_grid_qty_pct")
        await pilot.press("enter")
        await settled(pilot)
        app.screen.query_one("#field-input", Input).value = "7"
        await settled(pilot)
        assert "must be" in seen(app) or "<= 1" in seen(app)
        await pilot.press("enter")
        await settled(pilot)
        assert screen.document.config is None
        await pilot.press("w")
        await settled(pilot)
        assert mine.read_bytes() == before
        await pilot.press("v")
        await settled(pilot)
        assert isinstance(app.screen, ProblemsModal)


async def test_orders_beside_the_form_follow_every_change(
    make_app: MakeApp, mine: Path, settled: Settled, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await open_editor(pilot, settled)
        pane = screen.query_one(PreviewPane)
        ladder = pane.ladder
        assert ladder is not None and (ladder.coin, ladder.side) == ("BTC", "long")
        screen.go_to_key("bot.long.entry_grid_spacing_pct")
        for _ in range(5):
            await pilot.press("plus")
        await settled(pilot)
        wider = pane.ladder
        assert wider is not None
        assert wider.entries[1].distance < ladder.entries[1].distance
        pane.focus_orders()
        await pilot.press("x")
        assert "switched off" in seen(app)
        await pilot.press("x", "plus", "greater_than_sign")
        moved = pane.ladder
        assert moved is not None
        assert (moved.price > wider.price, moved.balance) == (True, 2 * wider.balance)
        await pilot.press("minus", "less_than_sign", "c")
        await settled(pilot)


async def test_at_80_columns_the_orders_come_in_place_of_the_form(
    make_app: MakeApp, mine: Path, settled: Settled, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot, settled)
        assert "Orders:" not in seen(app)
        await pilot.press("p")
        await settled(pilot)
        assert "Orders: BTC long" in seen(app) and "Backtest: demo (synthetic)" in seen(app)
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, EditorScreen)
        assert "Orders:" not in seen(app)
        await pilot.press("enter")
        await settled(pilot)
        assert app.screen._form.is_editing


async def test_a_quick_backtest_of_the_changes_is_laid_over_the_saved_one(
    make_app: MakeApp, mine: Path, settled: Settled
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await open_editor(pilot, settled)
        trial = screen.query_one(TrialPane)
        await wait_for(pilot, lambda: trial.both is not None)
        first = trial.both
        assert first is not None and first.saved is None and first.edited.n_fills > 0
        screen.go_to_key("bot.long.entry_grid_spacing_pct")
        await pilot.press("plus", "plus", "plus")
        await wait_for(pilot, lambda: trial.both is not first)
        await pilot.pause(4 * DEBOUNCE_SECONDS)  # the last of the three changes
        both = trial.both
        assert both is not None and both.saved is not None
        assert both.saved.metrics["gain"] == first.edited.metrics["gain"] != both.edited.metrics["gain"]
        assert {series.name for series in trial.query_one("#equity", Chart)._series} == {"saved", "edited"}
        screen.go_to_key("bot.long.n_positions")
        await pilot.press("enter")
        await settled(pilot)
        app.screen.query_one("#field-input", Input).value = "x"
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert trial.both is both and "of the last allowed values" in str(trial.border_subtitle)


async def test_why_is_answered_for_an_order_and_for_a_setting(
    make_app: MakeApp, mine: Path, settled: Settled, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await open_editor(pilot, settled)
        screen.go_to_key("bot.long.entry_grid_spacing_pct")
        await pilot.press("i")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        assert "entry_grid_spacing_pct = " in seen(app) and "double_down_factor" in seen(app)
        await pilot.press("escape")
        screen.query_one(PreviewPane).focus_orders()
        await pilot.press("down", "i")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        assert "Why: order 2 of BTC long" in seen(app)
        await pilot.press("escape")
        screen.go_to_key("live.leverage")
        screen._form.table.focus()
        await pilot.press("i")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)


async def test_the_orders_are_drawn_and_another_market_is_chosen(
    make_app: MakeApp, mine: Path, settled: Settled, seen: Seen, home: Home
) -> None:
    write_small_market(home)
    mine.write_text(mine.read_text().replace('"BTC"', '"SOL"'))
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await open_editor(pilot, settled)
        pane = screen.query_one(PreviewPane)
        pane.focus_orders()
        await pilot.press("f")
        await settled(pilot)
        assert "Prices over exposure: SOL long" in seen(app)
        await pilot.press("f", "m")
        await settled(pilot)
        assert isinstance(app.screen, ChoiceModal)
        await pilot.press("2")
        await settled(pilot)
        await wait_for(pilot, lambda: pane.ladder is not None and pane.ladder.coin == "BTC")
        await wait_for(pilot, lambda: pane.trial.both is not None and pane.trial.both.edited.coins == ("BTC", "ETH"))
        assert "none of its coins" in seen(app)


async def test_leaving_with_changes_asks(make_app: MakeApp, mine: Path, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await open_editor(pilot, settled)
        screen.go_to_key("bot.long.n_positions")
        await pilot.press("plus", "escape")
        await settled(pilot)
        assert isinstance(app.screen, ChoiceModal)
        await pilot.press("escape")
        await settled(pilot)
        assert app.screen is screen
        assert screen.document.is_dirty


async def test_a_setting_is_found_by_a_part_of_its_name(make_app: MakeApp, mine: Path, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await open_editor(pilot, settled)
        await pilot.press("slash")
        await settled(pilot)
        assert isinstance(app.screen, FindKeyModal)
        await pilot.press(*"leverage", "enter")
        await settled(pilot)
        assert isinstance(app.screen, EditorScreen)
        current = app.screen._form.table.current
        assert current is not None and current.key == "live.leverage"


async def test_someone_elses_write_is_noticed_when_saving(make_app: MakeApp, mine: Path, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await open_editor(pilot, settled)
        screen.go_to_key("bot.long.n_positions")
        await pilot.press("plus")
        mine.write_text(mine.read_text() + "\n# theirs\n")
        await pilot.press("w")
        await settled(pilot)
        assert isinstance(app.screen, ChoiceModal)
        await pilot.press("escape")
        await settled(pilot)
        assert "# theirs" in mine.read_text()


async def test_copies_renames_trash_and_back(make_app: MakeApp, mine: Path, settled: Settled, home: Home) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_list(pilot, settled)
        await pilot.press("c")
        await settled(pilot)
        await answer(pilot, settled, "copy")
        assert (home.configs / "copy.toml").read_bytes() == mine.read_bytes()
        assert app.screen.query_one(LineTable).current_key == "copy"
        await pilot.press("r")
        await settled(pilot)
        await answer(pilot, settled, "renamed")
        assert not (home.configs / "copy.toml").exists()
        await pilot.press("X")
        await settled(pilot)
        assert isinstance(app.screen, ConfirmModal)
        await pilot.press("y")
        await settled(pilot)
        assert not (home.configs / "renamed.toml").exists()
        await pilot.press("u")
        await settled(pilot)
        await pilot.press("1")
        await settled(pilot)
        assert (home.configs / "renamed.toml").read_bytes() == mine.read_bytes()


async def test_the_list_tells_tags_and_the_last_backtest(
    make_app: MakeApp, mine: Path, settled: Settled, seen: Seen, home: Home
) -> None:
    market = write_small_market(home)
    write_config(home)
    request = BacktestRequest(load_config(home.configs / "lively.toml"), str(market))
    ((_, kept),) = await asyncio.to_thread(run_and_keep, request, home, ignore_progress, CancelToken())
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await open_list(pilot, settled)
        table = app.screen.query_one(LineTable)
        assert table.current_key == "lively"
        assert format_metric(METRICS["gain"], kept.gain) in seen(app)
        assert "small" in seen(app)
        await pilot.press("t")
        await settled(pilot)
        await answer(pilot, settled, "Calm btc")
        assert "btc, calm" in seen(app)
        await pilot.press("slash", *"calm", "enter")
        assert (table.shown, table.current_key) == (1, "lively")


async def test_deleting_asks_only_when_that_is_wanted(
    make_app: MakeApp, mine: Path, settled: Settled, home: Home
) -> None:
    home.settings.write_text('confirmations = "final"\n')
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_list(pilot, settled)
        await pilot.press("X")
        await settled(pilot)
        assert isinstance(app.screen, ConfigsScreen)
        assert not mine.exists()
        assert [item.name for item in Shelf(home).trashed()] == ["mine.toml"]


async def test_shipped_configs_stay_as_they_are(make_app: MakeApp, settled: Settled, home: Home) -> None:
    before = EXAMPLE.read_bytes()
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_list(pilot, settled)
        await pilot.press("X", "r")
        await settled(pilot)
        assert isinstance(app.screen, ConfigsScreen)
        await pilot.press("n")
        await settled(pilot)
        assert isinstance(app.screen, ChoiceModal)
        await pilot.press("2")
        await settled(pilot)
        await answer(pilot, settled, "fresh")
        assert (home.configs / "fresh.toml").exists()
    assert EXAMPLE.read_bytes() == before


async def test_files_come_in_and_go_out(
    make_app: MakeApp, mine: Path, settled: Settled, home: Home, tmp_path: Path
) -> None:
    old = tmp_path / "old.json"
    old.write_text(json.dumps({"bot": {"long": {"close_grid_min_markup": 0.01}}, "live": {"approved_coins": ["BTC"]}}))
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await open_list(pilot, settled)
        await pilot.press("m")
        await settled(pilot)
        await answer(pilot, settled, str(old))
        assert isinstance(app.screen, TextModal)
        await pilot.press("escape")
        await settled(pilot)
        assert load_config(home.configs / "old.toml").config == load_config(old).config
        await pilot.press("x")
        await settled(pilot)
        await answer(pilot, settled, str(tmp_path / "out.json"))
        assert load_config(tmp_path / "out.json").config == load_config(old).config


async def test_two_configs_are_compared_and_one_is_backtested(
    make_app: MakeApp, mine: Path, settled: Settled, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await open_list(pilot, settled)
        await pilot.press("D")
        await settled(pilot)
        await pilot.press("down", "down", "enter")
        await settled(pilot)
        assert isinstance(app.screen, ConfigDiffScreen)
        assert "bot." in seen(app)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        await pilot.press("escape", "escape")
        await settled(pilot)
        await pilot.press("b")
        await settled(pilot)
        assert isinstance(app.screen, BacktestScreen)


async def test_a_broken_config_is_explained(make_app: MakeApp, mine: Path, settled: Settled, seen: Seen) -> None:
    mine.write_text("[bot.long]\nn_positions = -3\nema_span_0 = 'x'\n")
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await open_list(pilot, settled)
        await pilot.press("v")
        await settled(pilot)
        assert "bot.long.n_positions" in seen(app) and "bot.long.ema_span_0" in seen(app)
        await pilot.press("escape", "enter")
        await settled(pilot)
        assert isinstance(app.screen, EditorScreen)
        await pilot.press("escape")
        mine.write_bytes(b"\0")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert "binary" in seen(app)
