"""The keys screen: make the vault, unlock, add, change, rename, remove, import, lock; nothing secret is ever shown."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from passivtui.app import PassivTuiApp
from passivtui.paths import Home
from passivtui.screens.dialogs import ChoiceModal, ConfirmModal, InputModal, TextModal
from passivtui.screens.keys import KeysScreen
from passivtui.screens.keys_dialogs import SecretInput, SecretsModal, YesNo
from passivtui.screens.keys_session import vault_session
from passivtui.screens.menu_facts import gather_facts
from passivtui.vault import Secret, UnlockedVault, Vault, make_account
from passivtui.vault.sealing import ScryptCost
from passivtui.widgets.line_table import LineTable

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
Seen = Callable[..., str]
PASSPHRASE = "four words to open"
BYBIT = {"key": "publicKEY0123456789", "secret": "hiddenSECRET"}


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passivtui.vault.vault.ScryptCost", lambda: ScryptCost(16, 1, 1))
    monkeypatch.delenv("PASSIVTUI_PASSPHRASE", raising=False)


@pytest.fixture
def filled(home: Home, cheap: None) -> UnlockedVault:
    """A vault with one user."""
    opened = Vault(home.vault).create(Secret(PASSPHRASE))
    opened.put(make_account("bybit_01", "bybit", BYBIT))
    return opened


def fill(app: PassivTuiApp, **texts: str) -> None:
    """Type into the fields of the form that is open."""
    assert isinstance(app.screen, SecretsModal), app.screen
    for name, text in texts.items():
        app.screen.query_one(f"#{name}", Input).value = text


async def open_keys(pilot: Pilot[None], settled: Settled, *, unlock: bool = False) -> None:
    await pilot.press("7")
    await settled(pilot)
    assert isinstance(pilot.app.screen, KeysScreen)
    if unlock:
        await pilot.press("u")
        await settled(pilot)
        fill(pilot.app, passphrase=PASSPHRASE)  # type: ignore[arg-type]
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, KeysScreen)


async def test_from_nothing_to_the_first_keys(make_app: MakeApp, home: Home, settled: Settled, seen: Seen) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled)
        assert "No keys yet" in seen(app) and "no vault yet" in seen(app)
        await pilot.press("a")
        await settled(pilot)
        assert "no way to get a lost passphrase back" in seen(app)
        fill(app, new="orange battery stapler canoe", again="other")
        await pilot.press("enter")
        await settled(pilot)
        assert "strong" in seen(app) and "two passphrases differ" in seen(app)
        fill(app, again="orange battery stapler canoe")
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, ChoiceModal)
        await pilot.press("2")
        await settled(pilot)
        assert "New user of Bybit" in seen(app) and "never to withdraw" in seen(app)
        fill(app, user="main", key=BYBIT["key"])
        await pilot.press("enter")
        await settled(pilot)
        assert "The secret is missing" in seen(app)
        fill(app, secret=BYBIT["secret"])
        app.screen.query_one("#testnet", YesNo).focus()
        await pilot.press("space", "enter")
        await settled(pilot)
        assert isinstance(app.screen, KeysScreen)
        text = seen(app)
        assert "pub…789" in text and "testnet" in text and "unlocked" in text
        assert "hiddenSECRET" not in text and BYBIT["key"] not in text
    account = Vault(home.vault).unlock(Secret("orange battery stapler canoe")).account("main")
    assert account.endpoint.testnet and account.fields["secret"].reveal() == BYBIT["secret"]


async def test_a_locked_vault_shows_names_only(
    make_app: MakeApp, filled: UnlockedVault, settled: Settled, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled)
        assert "bybit_01" in seen(app) and "locked" in seen(app) and "pub" not in seen(app)
        await pilot.press("enter")
        await settled(pilot)
        fill(app, passphrase="not the passphrase")
        await pilot.press("enter")
        await settled(pilot)
        assert "The passphrase is wrong" in seen(app) and "not the passphrase" not in seen(app)
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, KeysScreen)
        await pilot.press("u")
        await settled(pilot)
        assert app.screen.query_one("#passphrase", Input).value == ""
        fill(app, passphrase=PASSPHRASE)
        await pilot.press("enter")
        await settled(pilot)
        assert "pub…789" in seen(app)
        await pilot.press("L")
        await settled(pilot)
        assert "pub…789" not in seen(app) and vault_session(app).opened is None


async def test_an_empty_field_keeps_what_is_there(
    make_app: MakeApp, filled: UnlockedVault, settled: Settled, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled, unlock=True)
        await pilot.press("e")
        await settled(pilot)
        assert all(field.value == "" for field in app.screen.query(SecretInput))
        fill(app, secret="newSECRET", rest_url="https://proxy.example/api", user="other")
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, KeysScreen) and "proxy.example" in seen(app)
    account = filled.account("other")
    assert account.fields["key"].reveal() == BYBIT["key"] and account.fields["secret"].reveal() == "newSECRET"
    assert [entry.user for entry in filled.vault.entries()] == ["other"]


async def test_renaming_and_removing(make_app: MakeApp, filled: UnlockedVault, settled: Settled, seen: Seen) -> None:
    filled.put(make_account("second", "gate", BYBIT))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled, unlock=True)
        await pilot.press("r")
        await settled(pilot)
        dialog = app.screen
        assert isinstance(dialog, InputModal)
        dialog.query_one(Input).value = "a b"
        await pilot.press("enter")
        assert app.screen is dialog and "begins with a letter" in seen(app)
        dialog.query_one(Input).value = "SECOND"
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, TextModal) and "already" in seen(app)
        await pilot.press("escape", "X")
        await settled(pilot)
        assert isinstance(app.screen, ConfirmModal) and "Remove the keys of bybit_01?" in seen(app)
        await pilot.press("enter")
        await settled(pilot)
        assert len(filled.vault.entries()) == 2
        await pilot.press("X", "y")
        await settled(pilot)
        assert [entry.user for entry in filled.vault.entries()] == ["second"]


async def test_another_passphrase(make_app: MakeApp, filled: UnlockedVault, settled: Settled, seen: Seen) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled, unlock=True)
        await pilot.press("p")
        await settled(pilot)
        fill(app, old="not this one", new="quite another one", again="quite another one")
        await pilot.press("enter")
        await settled(pilot)
        assert "The passphrase is wrong" in seen(app)
        fill(app, old=PASSPHRASE)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, KeysScreen)
    assert filled.vault.unlock(Secret("quite another one")).account("bybit_01")


async def test_importing(
    make_app: MakeApp, filled: UnlockedVault, settled: Settled, seen: Seen, tmp_path: Path
) -> None:
    path = tmp_path / "my keys.json"
    path.write_text(json.dumps({"bybit_01": {"exchange": "bybit", **BYBIT}, "two": {"exchange": "bybit", **BYBIT}}))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled, unlock=True)
        await pilot.press("m")
        await settled(pilot)
        for text, fault in (
            ("nowhere.json bybit", "no file"),
            (f'"{path}', "quotes"),
            ("", "give a file"),
            (f"'{path}' mtgox", "not known"),
        ):
            app.screen.query_one(Input).value = f"{text} "
            await settled(pilot)
            assert fault in seen(app)
        app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        text = seen(app)
        assert "taken  two" in text and "left   bybit_01" in text and "delete it" in text
        await pilot.press("escape")
        assert app.screen.query_one(LineTable).total == 2


async def test_it_locks_by_itself(
    make_app: MakeApp, filled: UnlockedVault, home: Home, settled: Settled, seen: Seen
) -> None:
    home.settings.write_text("[vault]\nlock_after_minutes = 5\n")
    now = [0.0]
    app = make_app()
    vault_session(app)._clock = lambda: now[0]
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled, unlock=True)
        assert "locks in 5:00" in seen(app)
        now[0] = 29.0
        app.screen._tick()
        await settled(pilot)
        assert "locks in 4:31" in seen(app)
        now[0] = 300.0
        app.screen._tick()
        await settled(pilot)
        assert "locked, u unlocks" in seen(app) and "pub…789" not in seen(app)


async def test_a_lock_time_that_can_not_be_read_is_told(
    make_app: MakeApp, filled: UnlockedVault, home: Home, settled: Settled, seen: Seen
) -> None:
    home.settings.write_text("[vault]\nlock_after_minutes = -5\n")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("7")
        await settled(pilot)
        assert isinstance(app.screen, TextModal) and "lock_after_minutes" in seen(app)
        await pilot.press("escape", "u")
        await settled(pilot)
        fill(app, passphrase=PASSPHRASE)
        await pilot.press("enter")
        await settled(pilot)
        assert "lock_after_minutes" in seen(app) and vault_session(app).opened is None


async def test_the_environment_unlocks_and_is_emptied(
    make_app: MakeApp, filled: UnlockedVault, settled: Settled, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSIVTUI_PASSPHRASE", PASSPHRASE)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled)
        assert "pub…789" in seen(app)
    assert "PASSIVTUI_PASSPHRASE" not in __import__("os").environ


async def test_a_form_that_is_left_is_emptied(make_app: MakeApp, filled: UnlockedVault, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled, unlock=True)
        for leave in ("escape", "enter"):
            await pilot.press("a", "1")
            await settled(pilot)
            fill(app, user="new", **BYBIT)
            fields = list(app.screen.query(Input))
            await pilot.press(leave)
            await settled(pilot)
            assert isinstance(app.screen, KeysScreen)
            assert [field.value for field in fields] == [""] * len(fields)
    assert len(filled.vault.entries()) == 2


async def test_nothing_to_edit_rename_or_remove(make_app: MakeApp, home: Home, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(60, 16)) as pilot:
        await open_keys(pilot, settled)
        for key in ("enter", "e", "r", "X", "L", "f5", "i"):
            await pilot.press(key)
            await settled(pilot)
            assert isinstance(app.screen, KeysScreen)


async def test_a_damaged_vault_is_told_in_place(make_app: MakeApp, home: Home, settled: Settled, seen: Seen) -> None:
    home.vault.write_bytes(b"{")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled)
        assert "is damaged" in seen(app)
        await pilot.press("u")
        await settled(pilot)
        fill(app, passphrase=PASSPHRASE)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, SecretsModal) and "is damaged" in seen(app)
        await pilot.press("escape", "f5")
        await settled(pilot)
        assert isinstance(app.screen, KeysScreen) and home.vault.read_bytes() == b"{"


async def test_a_damaged_record_is_named(
    make_app: MakeApp, filled: UnlockedVault, home: Home, settled: Settled, seen: Seen
) -> None:
    document = json.loads(home.vault.read_text())
    document["records"][0]["nonce"] = "A" * 16
    home.vault.write_text(json.dumps(document))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled, unlock=True)
        assert "The keys of bybit_01 are damaged" in seen(app)
        await pilot.press("e")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)


async def test_a_hidden_field_gives_the_clipboard_nothing(make_app: MakeApp, home: Home, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_keys(pilot, settled)
        await pilot.press("u")
        await settled(pilot)
        fill(app, new="MARKER passphrase")
        field = app.screen.query_one("#new", Input)
        field.focus()
        field.action_select_all()
        await pilot.press("ctrl+c", "ctrl+x")
        assert "MARKER" not in app.clipboard and field.value == ""


async def test_the_menu_tells_how_many_keys_there_are(home: Home, cheap: None) -> None:
    assert (await gather_facts(home))["keys"] == "no keys yet"
    opened = Vault(home.vault).create(Secret(PASSPHRASE))
    opened.put(make_account("a", "bybit", BYBIT))
    assert (await gather_facts(home))["keys"] == "1 key"
    home.vault.write_bytes(b"")
    assert (await gather_facts(home))["keys"] == "the vault can't be read"
