"""Marker secrets go through the command line and the app; then all that was written, said or drawn is searched."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from passivtui.app import PassivTuiApp
from passivtui.cli import main
from passivtui.paths import Home
from passivtui.screens.dialogs import TextModal
from passivtui.screens.keys import KeysScreen
from passivtui.screens.keys_dialogs import SecretsModal
from passivtui.screens.keys_session import vault_session
from passivtui.vault import UnlockedVault, Vault
from passivtui.vault.sealing import ScryptCost

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]

OPENING = "0pening-passphrase-QJ5fXw81"
WRONG = "wr0ng-passphrase-ZT7mLp42"
LATER = "lat3r-passphrase-HB9sDk63"
KEY = "pub-kEy-vN4cRt76Uo2xWq"
SECRET = "s3cret-Gy8aPe15Ji0bFz"
API_PHRASE = "ap1-phrase-Mw3dSn94Ck6"
IMPORTED = "1mported-secret-Xr2hVb57"
TYPED_ONLY = "typ3d-and-left-Lq9tKf38"
MARKERS = (OPENING, WRONG, LATER, KEY, SECRET, API_PHRASE, IMPORTED, TYPED_ONLY)


def forms_of(marker: str) -> Iterator[bytes]:
    """A marker as it may stand somewhere: plain, reversed, hex, base64 at each of the three offsets, UTF-16, quoted."""
    plain = marker.encode()
    yield plain
    yield plain[::-1]
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield marker.encode("utf-16-le")
    yield "".join(f"%{byte:02X}" for byte in plain).encode()
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + plain)
        yield encoded[4 if offset else 0 : len(encoded) - 4]  # the ends depend on what stands beside
        yield base64.urlsafe_b64encode(bytes(offset) + plain)[4 if offset else 0 : len(encoded) - 4]


NEEDLES = {marker: tuple(forms_of(marker)) for marker in MARKERS}


def found_in(content: bytes) -> list[str]:
    return [marker for marker, forms in NEEDLES.items() if any(form in content for form in forms)]


def everything_in(folder: Path) -> dict[str, list[str]]:
    """Files below the folder, by name, that hold a marker in their name or content."""
    return {
        str(path): leaked
        for path in folder.rglob("*")
        if (leaked := found_in(str(path).encode() + (path.read_bytes() if path.is_file() else b"")))
    }


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passivtui.vault.vault.ScryptCost", lambda: ScryptCost(16, 1, 1))
    monkeypatch.delenv("PASSIVTUI_PASSPHRASE", raising=False)


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    for number, form in enumerate(forms_of(SECRET)):
        (tmp_path / f"{number}").write_bytes(b"before " + form + b" behind")
    whole = base64.b64encode(b'{"secret": "' + SECRET.encode() + b'"}')
    (tmp_path / "sealed").write_bytes(whole)
    assert all(leaked == [SECRET] for leaked in everything_in(tmp_path).values())
    assert len(everything_in(tmp_path)) == len(list(tmp_path.iterdir()))


def test_the_command_line_leaves_no_trace(
    home: Home, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps({"imp": {"exchange": "bybit", "key": IMPORTED, "secret": IMPORTED}, "bad": IMPORTED}))

    def run(*arguments: str, passphrase: str = OPENING, stdin: Any = None) -> int:
        monkeypatch.setenv("PASSIVTUI_PASSPHRASE", passphrase)
        content = stdin if isinstance(stdin, bytes) else json.dumps(stdin).encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        return main(["keys", *arguments])

    fields = {"key": KEY, "secret": SECRET, "passphrase": API_PHRASE}
    adding = ("add", "main", "--exchange", "okx", "--from-stdin")
    assert run(*adding, stdin=fields) == 0
    assert run(*adding, "--replace", stdin=fields, passphrase=WRONG) == 1
    assert run(*adding, "--replace", stdin={**fields, "secret": f"{SECRET} {SECRET}"}) == 1
    assert run(*adding, "--replace", stdin=SECRET.encode()) == 2
    assert run("import", str(plain)) == 0
    assert run("list", "--json") == run("list") == 0
    assert run("rename", "main", "other") == 0
    assert run("passphrase", "--new-passphrase-fd", "2") == 2

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr(UnlockedVault, "put", fails)
    assert run(*adding[:1], "third", *adding[2:], stdin=fields) == 1
    home.vault.write_bytes(home.vault.read_bytes()[:-40])
    assert run("list") == 1
    plain.unlink()
    said = capfd.readouterr()
    assert "this should not have happened" in said.err
    assert "a fault of the program" in (home.logs / "passivtui.log").read_text()
    assert found_in((said.out + said.err).encode()) == []
    assert everything_in(tmp_path) == {}


async def test_a_session_in_the_app_leaves_no_trace(
    make_app: MakeApp,
    home: Home,
    tmp_path: Path,
    settled: Settled,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    app = make_app()
    pictures: list[str] = []
    shown: list[str] = []
    drawn = app.notify
    monkeypatch.setattr(app, "notify", lambda message, **more: (shown.append(message), drawn(message, **more)))

    async with app.run_test(size=(100, 30)) as pilot:

        async def press(*keys: str) -> None:
            await pilot.press(*keys)
            await settled(pilot)
            pictures.append(app.export_screenshot())
            shown.append(repr(app.screen) + repr(list(app.screen.query("*"))))

        async def type_in(**texts: str) -> None:
            assert isinstance(app.screen, SecretsModal), app.screen
            for name, text in texts.items():
                app.screen.query_one(f"#{name}", Input).value = text
            await press()

        await press("7")
        await press("u")
        await type_in(new=OPENING, again=WRONG)
        await press("enter")
        await type_in(again=OPENING)
        await press("enter")
        for digit, user in (("3", "okx_01"), ("7", "kucoin_01")):
            await press("a")
            await press(digit)
            await type_in(user=user, key=KEY, secret=SECRET, passphrase=API_PHRASE)
            await press("enter")
        assert len(Vault(home.vault).entries()) == 2, "both were kept"
        await press("a")
        await press("1")
        await type_in(user="never", key=TYPED_ONLY, secret=TYPED_ONLY)
        await press("ctrl+p")
        await press("escape")
        while not isinstance(app.screen, KeysScreen):
            await press("escape")
        await press("r")
        app.screen.query_one(Input).value = "renamed"
        await press("enter")
        await press("e")
        await type_in(secret=f"{SECRET} {SECRET}")
        await press("enter")
        await press("escape")
        await press("L")
        await press("u")
        await type_in(passphrase=WRONG)
        await press("enter")
        await type_in(passphrase=OPENING)
        await press("enter")
        await press("p")
        await type_in(old=OPENING, new=LATER, again=LATER)
        await press("enter")
        assert isinstance(app.screen, KeysScreen)
        plain = tmp_path / "api-keys.json"
        plain.write_text(json.dumps({"imp": {"exchange": "bybit", "key": IMPORTED, "secret": IMPORTED}, "x": IMPORTED}))
        await press("m")
        app.screen.query_one(Input).value = str(plain)
        await press("enter")
        plain.unlink()
        await press("escape")

        def fails(*_: Any, **__: Any) -> None:
            raise RuntimeError("a fault of the program")

        with monkeypatch.context() as broken:
            broken.setattr(UnlockedVault, "put", fails)
            await press("a")
            await press("1")
            await type_in(user="never", key=TYPED_ONLY, secret=TYPED_ONLY)
            await press("enter")
            assert isinstance(app.screen, TextModal)
            await press("escape")
        opened = vault_session(app).opened
        assert opened is not None
        assert {entry.user for entry, _ in opened.accounts()} >= {"imp", "renamed"}
        shown.append(repr(opened) + repr(opened.accounts()) + repr(vault_session(app).__dict__))
        shown.append(repr(list(app.workers)) + repr(list(app.jobs)) + app.clipboard)
        await press("L")
        await press("escape")
        await press("J")

    assert "a fault of the program" in (home.logs / "passivtui.log").read_text()
    assert len(pictures) > 40
    said = capfd.readouterr()
    everything = "\n".join([*pictures, *shown, said.out, said.err, caplog.text])
    assert found_in(everything.encode()) == []
    assert everything_in(tmp_path) == {}


async def test_a_crash_while_a_form_is_open_tells_nothing_of_it(
    make_app: MakeApp, home: Home, tmp_path: Path, settled: Settled, capfd: pytest.CaptureFixture[str]
) -> None:
    app = make_app()
    with pytest.raises(ZeroDivisionError):
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press("7")
            await settled(pilot)
            await pilot.press("u")
            await settled(pilot)
            app.screen.query_one("#new", Input).value = TYPED_ONLY
            app.screen.call_next(lambda: 1 // 0)
            await settled(pilot)
    said = capfd.readouterr()
    told = "".join(str(part) for part in app._exit_renderables)
    assert "ZeroDivisionError" in (home.logs / "passivtui.log").read_text()
    assert found_in((said.out + said.err + told).encode()) == []
    assert everything_in(tmp_path) == {}
