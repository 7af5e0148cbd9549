"""`passivtui keys`: what each command does, where its secrets come from, and that they show nowhere."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from passivtui.paths import Home
from passivtui.vault import Secret, UnlockedVault, Vault
from passivtui.vault.sealing import ScryptCost

Cli = Callable[..., Any]
PASSPHRASE = "MARKERfour words to open"
KEYS = {"key": "MARKERpublicKEY0123456789", "secret": "MARKERsecret"}


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase that costs nothing to try: these tests are about something else."""
    monkeypatch.setattr("passivtui.vault.vault.ScryptCost", lambda: ScryptCost(16, 1, 1))


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """What stands on stdin: JSON of a value, or text as it is."""

    def put(content: object) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put the passphrase into the environment, for the next command only."""
    return lambda text=PASSPHRASE: monkeypatch.setenv("PASSIVTUI_PASSPHRASE", text)


@pytest.fixture
def add(cli: Cli, stdin: Callable[[object], None], given: Callable[[], None]) -> Cli:
    def run(user: str = "bybit_01", exchange: str = "bybit", fields: Any = KEYS, *more: str) -> Any:
        given()
        stdin(fields)
        return cli("keys", "add", user, "--exchange", exchange, "--from-stdin", *more)

    return run


def opened(home: Home, passphrase: str = PASSPHRASE) -> UnlockedVault:
    return Vault(home.vault).unlock(Secret(passphrase))


def descriptor(text: str) -> int:
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return reading


def test_the_first_keys_make_the_vault(cli: Cli, add: Cli, home: Home) -> None:
    ran = add()
    assert ran.status == 0, ran.err
    assert ran.out == "bybit_01: added\n" and "made the vault" in ran.err
    assert "PASSIVTUI_PASSPHRASE" not in os.environ
    assert opened(home).account("bybit_01").fields["secret"] == Secret("MARKERsecret")
    assert "MARKER" not in ran.out + ran.err


def test_where_the_requests_go_is_kept(add: Cli, home: Home) -> None:
    urls = ("--testnet", "--rest-url", "http://127.0.0.1:81", "--ws-url", "ws://127.0.0.1:82/x")
    assert add("t", "hyperliquid", {"wallet_address": "0x1", "private_key": "0x2", "is_vault": True}, *urls).status == 0
    account = opened(home).account("t")
    assert account.endpoint.testnet and account.endpoint.ws_url == "ws://127.0.0.1:82/x" and account.flag("is_vault")


def test_listing_needs_no_passphrase_and_shows_no_key_then(cli: Cli, add: Cli, given: Callable[[], None]) -> None:
    assert cli("keys", "list").out == "no keys yet; passivtui keys add makes the vault\n"
    add()
    add("a_okx", "okx", {**KEYS, "passphrase": "MARKERp"}, "--testnet")
    lines = cli("keys", "list").out.splitlines()
    assert [line.split() for line in lines] == [
        ["user", "exchange", "key", "network"],
        ["a_okx", "okx", "locked"],
        ["bybit_01", "bybit", "locked"],
    ]
    given()
    assert "MAR…789  testnet" in cli("keys", "list").out
    given()
    assert json.loads(cli("keys", "list", "--json").out)[1] == {
        "user": "bybit_01",
        "exchange": "bybit",
        "key": "MAR…789",
        "network": "main",
        "problem": "",
    }


def test_a_name_that_is_taken_needs_a_word(add: Cli, home: Home) -> None:
    add()
    ran = add("bybit_01", "okx", {**KEYS, "passphrase": "MARKERp"})
    assert ran.status == 2 and "--replace" in ran.err
    assert add("bybit_01", "okx", {**KEYS, "passphrase": "MARKERp"}, "--replace").out == "bybit_01: replaced\n"
    assert opened(home).account("bybit_01").exchange == "okx"


@pytest.mark.parametrize(
    "content", [b"", b"MARKER", b"[]", b'{"key": "MARKER"', b'{"key": 3}', b"[" * 60_000, b"{" + b" " * 70_000 + b"}"]
)
def test_stdin_that_holds_no_keys_is_told_without_repeating_it(
    cli: Cli, stdin: Cli, given: Callable[[], None], content: bytes
) -> None:
    stdin(content)
    given()
    ran = cli("keys", "add", "a", "--exchange", "bybit", "--from-stdin")
    assert ran.status == 2 and "stdin must be one JSON object" in ran.err
    assert "MARKER" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("user", "exchange", "fields", "words"),
    [
        ("a b", "bybit", KEYS, "begins with a letter"),
        ("a", "mtgox", KEYS, "not known"),
        ("a", "paper", KEYS, "needs no keys"),
        ("a", "bybit", {"key": "MARKER"}, "the secret is missing"),
        ("a", "okx", KEYS, "API passphrase is missing"),
        ("a", "bybit", {**KEYS, "secret": "MARKER MARKER"}, "blanks"),
    ],
)
def test_what_is_wrong_is_one_sentence(add: Cli, user: str, exchange: str, fields: Any, words: str) -> None:
    ran = add(user, exchange, fields)
    assert ran.status == 1 and words in ran.err and "MARKER" not in ran.err and "Traceback" not in ran.err


def test_a_passphrase_from_a_descriptor(cli: Cli, stdin: Cli, home: Home) -> None:
    stdin(KEYS)
    number = descriptor("from the pipe\n")
    ran = cli("keys", "add", "a", "--exchange", "bybit", "--from-stdin", "--passphrase-fd", number)
    assert ran.status == 0, ran.err
    assert opened(home, "from the pipe").account("a")
    ran = cli("keys", "rename", "a", "b", "--passphrase-fd", descriptor("not this one"))
    assert ran.status == 1 and "the passphrase is wrong" in ran.err and "not this one" not in ran.err
    assert cli("keys", "rename", "a", "b", "--passphrase-fd", descriptor("from the pipe"), "--json").status == 0
    ran = cli("keys", "add", "c", "--exchange", "bybit", "--from-stdin", "--passphrase-fd", "0")
    assert ran.status == 2 and "stdin can't hold both" in ran.err


def test_without_a_terminal_nobody_is_asked(cli: Cli, add: Cli, stdin: Cli) -> None:
    add()
    stdin(b"")
    for command in (
        ("add", "b", "--exchange", "bybit"),
        ("rename", "bybit_01", "b"),
        ("remove", "bybit_01"),
        ("passphrase",),
    ):
        ran = cli("keys", *command)
        assert ran.status == 2 and "no terminal" in ran.err


def test_removing_and_renaming(cli: Cli, add: Cli, given: Callable[[], None], home: Home) -> None:
    add()
    given()
    assert cli("keys", "rename", "bybit_01", "main").out == "main: renamed\n"
    assert cli("keys", "remove", "bybit_01", "--yes").status == 1
    assert cli("keys", "remove", "main", "--yes").out == "main: removed\n"
    assert opened(home).accounts() == ()


def test_changing_the_passphrase(cli: Cli, add: Cli, given: Callable[..., None], home: Home) -> None:
    add()
    given()
    assert cli("keys", "passphrase", "--new-passphrase-fd", descriptor("the new passphrase")).status == 0
    given()
    assert "passphrase is wrong" in cli("keys", "rename", "bybit_01", "x").err
    assert opened(home, "the new passphrase").account("bybit_01")
    given("the new passphrase")
    assert "8 characters" in cli("keys", "passphrase", "--new-passphrase-fd", descriptor("short")).err


def test_importing_says_what_was_taken_and_left(
    cli: Cli, given: Callable[[], None], tmp_path: Path, home: Home
) -> None:
    path = tmp_path / "api-keys.json"
    path.write_text(json.dumps({"referrals": {}, "one": {"exchange": "bybit", **KEYS}, "two": {"exchange": "bybit"}}))
    given()
    ran = cli("keys", "import", path)
    assert ran.status == 0
    assert ran.out == "taken  one\nleft   two: the API key is missing\n"
    assert "delete it" in ran.err and "MARKER" not in ran.out + ran.err
    given()
    ran = cli("keys", "import", path, "--json")
    assert ran.status == 1 and [item["name"] for item in json.loads(ran.out)["left"]] == ["two", "one"]
    given()
    assert cli("keys", "import", path, "--replace").status == 0
    (tmp_path / "px.json").write_text('["MARKERk", "MARKERs"]')
    assert "which exchange" in cli("keys", "import", tmp_path / "px.json").err
    given()
    assert cli("keys", "import", tmp_path / "px.json", "--exchange", "bybit").out == "taken  px\n"
    assert opened(home).account("px")


def test_nothing_to_take_makes_no_vault(cli: Cli, tmp_path: Path, home: Home) -> None:
    (tmp_path / "k.json").write_text("{}")
    ran = cli("keys", "import", tmp_path / "k.json")
    assert ran.status == 1 and "nothing in it" in ran.out and not home.vault.exists()


def test_a_damaged_record_and_a_loose_mode_are_told(cli: Cli, add: Cli, given: Callable[[], None], home: Home) -> None:
    add()
    document = json.loads(home.vault.read_text())
    document["records"][0]["nonce"] = "A" * 16
    home.vault.write_text(json.dumps(document))
    home.vault.chmod(0o640)
    given()
    ran = cli("keys", "list")
    assert ran.status == 1 and "are damaged" in ran.out and "mode 0640" in ran.err


def test_the_keyring_option_says_what_is_missing(cli: Cli, add: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    for command in (("rename", "bybit_01", "x", "--keyring"), ("passphrase", "--forget")):
        ran = cli("keys", *command)
        assert ran.status == 1 and "pip install 'passivtui[keyring]'" in ran.err
