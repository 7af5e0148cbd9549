"""The settings screen: every row can be changed by keyboard, holds at once, and is kept."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from small_market import write_small_market
from textual.pilot import Pilot

from passivtui.app import PassivTuiApp
from passivtui.market.coin_lists import list_path
from passivtui.paths import Home
from passivtui.screens.backtest import BacktestScreen
from passivtui.screens.dialogs import ChoiceModal, TextModal
from passivtui.screens.settings import SettingsScreen
from passivtui.screens.settings_file import load_settings
from passivtui.widgets.line_table import LineTable

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
Seen = Callable[..., str]


async def open_row(pilot: Pilot[None], settled: Settled, name: str) -> LineTable:
    await pilot.press("8")
    await settled(pilot)
    assert isinstance(pilot.app.screen, SettingsScreen)
    table = pilot.app.screen.query_one(LineTable)
    assert table.move_to(name)
    return table


@pytest.mark.parametrize(
    ("name", "value"), [("theme", "black"), ("confirmations", "final"), ("log_level", "debug"), ("glyphs", "ascii")]
)
async def test_space_takes_the_next_value_and_keeps_it(
    make_app: MakeApp, settled: Settled, home: Home, name: str, value: str
) -> None:
    before = logging.getLogger().level
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_row(pilot, settled, name)
        await pilot.press("space")
        await settled(pilot)
        assert getattr(app.settings, name) == value
    assert getattr(load_settings(home.settings).settings, name) == value
    if name == "log_level":
        assert logging.getLogger().level == logging.DEBUG
    logging.getLogger().setLevel(before)


async def test_the_market_to_begin_with_is_chosen(make_app: MakeApp, settled: Settled, home: Home) -> None:
    write_small_market(home)
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await open_row(pilot, settled, "market")
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, ChoiceModal)
        await pilot.press("2")
        await settled(pilot)
        assert load_settings(home.settings).settings.market == app.settings.market == "small"
        await pilot.press("escape", "2")
        await settled(pilot)
        assert isinstance(app.screen, BacktestScreen)
        assert app.screen.query_one("#markets", LineTable).current_key == "small"


async def test_a_market_that_is_gone_does_no_harm(make_app: MakeApp, settled: Settled, home: Home) -> None:
    home.settings.write_text('market = "[red]gone"\n')
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("2")
        await settled(pilot)
        assert app.screen.query_one("#markets", LineTable).current_key == "demo"


async def test_the_home_is_explained(make_app: MakeApp, settled: Settled, seen: Seen) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_row(pilot, settled, "home")
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        assert "PASSIVTUI_HOME" in seen(app)


@pytest.fixture
def ranking() -> Iterator[str]:
    content = json.dumps([{"symbol": f"c{number}"} for number in range(30)]).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


async def test_the_coin_lists_are_updated(make_app: MakeApp, settled: Settled, home: Home, ranking: str) -> None:
    home.settings.write_text(f'[sources]\nranking_api = "{ranking}"\n')
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        table = await open_row(pilot, settled, "coin_lists")
        assert table.current is not None and table.current.value == "as shipped"
        await pilot.press("u")
        await settled(pilot)
        assert json.loads(list_path(home, 15).read_text())[0] == "C0"
        assert table.move_to("coin_lists") and table.current.value != "as shipped"
