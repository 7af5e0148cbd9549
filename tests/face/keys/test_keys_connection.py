"""`t` on the keys screen asks the exchange and shows one line per check; nothing secret, nothing as markup."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from venues import BybitVenue, LocalVenue, Market

from passivtui.app import PassivTuiApp
from passivtui.paths import Home
from passivtui.screens.dialogs import InputModal, TextModal
from passivtui.screens.keys import KeysScreen
from passivtui.screens.keys_session import vault_session
from passivtui.vault import Endpoint, Secret, Vault, make_account
from passivtui.vault.sealing import ScryptCost

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
Seen = Callable[..., str]
CONFIG = """
[live]
approved_coins = ["BTC"]
[bot.long]
n_positions = 1
total_wallet_exposure_limit = 1.0
entry_initial_qty_pct = 0.01
[bot.short]
n_positions = 0
total_wallet_exposure_limit = 0
"""


@pytest.fixture
async def venue() -> AsyncIterator[LocalVenue]:
    async with BybitVenue([Market.linear("BTC")], {"BTCUSDT": 60_000}, hedge=True) as venue:
        yield venue


@pytest.fixture
def app(make_app: MakeApp, home: Home, venue: LocalVenue, monkeypatch: pytest.MonkeyPatch) -> PassivTuiApp:
    """An app whose vault is open and holds keys for the local venue."""
    monkeypatch.setattr("passivtui.vault.vault.ScryptCost", lambda: ScryptCost(16, 1, 1))
    monkeypatch.delenv("PASSIVTUI_PASSPHRASE", raising=False)
    opened = Vault(home.vault).create(Secret("four words to open"))
    keys = {"key": venue.credentials.key, "secret": venue.credentials.secret}
    opened.put(make_account("main", "bybit", keys, Endpoint(rest_url=venue.rest_url, ws_url=venue.ws_url)))
    made = make_app()
    vault_session(made).use(opened)
    return made


async def asked(pilot: Pilot[None], settled: Settled, config: str = "") -> None:
    await pilot.press("7")
    await settled(pilot)
    assert isinstance(pilot.app.screen, KeysScreen)
    await pilot.press("t")
    await settled(pilot)
    assert isinstance(pilot.app.screen, InputModal)
    pilot.app.screen.query_one(Input).value = config
    await pilot.press("enter")
    await settled(pilot)


async def test_the_answer_is_one_line_per_check(
    app: PassivTuiApp, home: Home, venue: LocalVenue, settled: Settled, seen: Seen
) -> None:
    (home.configs).mkdir(parents=True, exist_ok=True)
    (home.configs / "one.toml").write_text(CONFIG)
    async with app.run_test(size=(120, 40)) as pilot:
        await asked(pilot, settled, "one")
        assert isinstance(app.screen, TextModal)
        shown = seen(app)
        for words in ("Bybit answers", "withdrawal is not allowed", "10,000.00 USDT", "cross margin", "6,000.00"):
            assert words in shown, shown
        assert venue.credentials.secret not in shown


async def test_what_is_wrong_is_said_with_what_to_do(
    app: PassivTuiApp, venue: LocalVenue, settled: Settled, seen: Seen
) -> None:
    venue.permissions.withdraw = True
    async with app.run_test(size=(80, 24)) as pilot:
        await asked(pilot, settled)
        assert isinstance(app.screen, TextModal) and app.screen.has_class("-failure")
        assert "allows withdrawal" in seen(app) and "make a key that may not" in seen(app)


async def test_a_config_that_is_not_there_is_said_in_the_dialog(
    app: PassivTuiApp, settled: Settled, seen: Seen
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await asked(pilot, settled, "no_such_config")
        assert isinstance(app.screen, InputModal) and "no_such_config" in seen(app)
