"""A bot on a venue from the menu: the vault is opened, the venue asked, the name typed, and only then it trades."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from bots_by_keys import fill, tap, wait_for
from textual.pilot import Pilot
from venues import BybitVenue, Market

from passivtui.app import PassivTuiApp
from passivtui.live.status import BotState
from passivtui.paths import Home
from passivtui.screens.bot_monitor import BotMonitorScreen
from passivtui.screens.bot_start import StartBotScreen
from passivtui.screens.bots import BotsScreen
from passivtui.screens.dialogs import ChoiceModal, InputModal, TextModal
from passivtui.screens.keys_dialogs import SecretsModal
from passivtui.vault import Secret, Vault, make_account
from passivtui.vault.account import Endpoint
from passivtui.vault.sealing import ScryptCost
from passivtui.widgets.line_table import LineTable

MakeApp = Callable[[], PassivTuiApp]
Seen = Callable[..., str]
PASSPHRASE = "four words to open"
CONFIG = """
[live]
approved_coins = ["BTC"]
minimum_coin_age_days = 0
ohlcvs_1m_rolling_window_days = 0.2
execution_delay_seconds = 0.2

[bot.long]
n_positions = 1
total_wallet_exposure_limit = 1.0
ema_span_0 = 10
ema_span_1 = 30
entry_initial_ema_dist = -0.005

[bot.short]
n_positions = 0
"""


@pytest.fixture
async def venue(home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BybitVenue]:
    monkeypatch.setattr("passivtui.vault.vault.ScryptCost", lambda: ScryptCost(16, 1, 1))
    monkeypatch.delenv("PASSIVTUI_PASSPHRASE", raising=False)
    market = Market.linear("BTC")
    async with BybitVenue([market], {market.symbol: 1000.0}, hedge=True) as opened:
        keys = {"key": opened.credentials.key, "secret": opened.credentials.secret}
        vault = Vault(home.vault).create(Secret(PASSPHRASE))
        vault.put(make_account("alice", "bybit", keys, Endpoint(rest_url=opened.rest_url, ws_url=opened.ws_url)))
        wrong = {**keys, "secret": "somethingELSE"}
        vault.put(make_account("bob", "bybit", wrong, Endpoint(rest_url=opened.rest_url, ws_url=opened.ws_url)))
        vault.lock()
        (home.configs / "real.toml").write_text(CONFIG)
        yield opened


async def until_asked(pilot: Pilot[None], user: str) -> TextModal:
    """From the menu to what the venue says of the user's key."""
    app = pilot.app
    await tap(pilot, "1")
    await wait_for(pilot, lambda: isinstance(app.screen, BotsScreen))
    await tap(pilot, "n")
    await wait_for(pilot, lambda: isinstance(app.screen, StartBotScreen))
    await wait_for(pilot, lambda: bool(app.screen.query("#configs")))
    await wait_for(pilot, lambda: app.screen.query_one("#configs", LineTable).total > 0)
    assert app.screen.query_one("#configs", LineTable).move_to("real")
    table = app.screen.query_one("#pace", LineTable)
    table.focus()
    assert table.move_to("account")
    await tap(pilot, "enter")
    await wait_for(pilot, lambda: isinstance(app.screen, ChoiceModal))
    await tap(pilot, {"alice": "2", "bob": "3"}[user])
    await wait_for(pilot, lambda: isinstance(app.screen, StartBotScreen))
    assert not app.screen.query_one("#markets").display
    await tap(pilot, "r")
    await wait_for(pilot, lambda: isinstance(app.screen, SecretsModal))
    await fill(pilot, PASSPHRASE, "passphrase")
    await wait_for(pilot, lambda: isinstance(app.screen, TextModal))
    assert isinstance(app.screen, TextModal)
    return app.screen


async def test_real_money_wants_the_keys_a_look_and_the_name(
    make_app: MakeApp, venue: BybitVenue, seen: Seen, home: Home
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await until_asked(pilot, "alice")
        await wait_for(pilot, lambda: "at worst 1 x the balance" in seen(app))
        await tap(pilot, "escape")
        await wait_for(pilot, lambda: isinstance(app.screen, InputModal))
        assert venue.orders == []
        await fill(pilot, "bob")
        assert isinstance(app.screen, InputModal)
        await fill(pilot, "alice")
        await wait_for(pilot, lambda: isinstance(app.screen, BotMonitorScreen))
        handle = app.screen._handle
        await wait_for(pilot, lambda: bool(handle.status().book) or handle.status().state.is_over)
        assert handle.status().state is BotState.RUNNING, handle.status().reason
        assert venue.open_orders
        await tap(pilot, "S")
        await wait_for(pilot, lambda: isinstance(app.screen, ChoiceModal))
        await tap(pilot, "3")
        await wait_for(pilot, lambda: handle.status().state is BotState.STOPPED)
        assert venue.open_orders == []


async def test_a_key_that_the_venue_refuses_starts_nothing(make_app: MakeApp, venue: BybitVenue, seen: Seen) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await until_asked(pilot, "bob")
        await wait_for(pilot, lambda: "The bot is not started" in seen(app))
        assert "somethingELSE" not in seen(app)
        await tap(pilot, "escape")
        await wait_for(pilot, lambda: isinstance(app.screen, BotsScreen))
        assert app.bots.running == ()
        assert venue.orders == []
