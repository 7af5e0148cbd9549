"""Key files of other programs: what is taken, what is left, why, and nothing of their content in what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passivtui.errors import PassivTuiError, UsageError, VaultError
from passivtui.vault import UnlockedVault
from passivtui.vault.key_files import Found, import_accounts, read_key_files

Write = Callable[[str, str | bytes], Path]

API_KEYS: dict[str, Any] = {
    "referrals": {"bybit": "http://example/ref"},
    "binance_01": {"exchange": "binance", "key": "MARKERkey-binance-01", "secret": "MARKERsecret"},
    "okx_01": {"exchange": "okx", "key": "MARKERkey", "secret": "MARKERs", "passphrase": "MARKERp"},
    "hl_01": {
        "exchange": "hyperliquid",
        "wallet_address": "0xMARKERaddress",
        "private_key": "0xMARKERkey",
        "is_vault": True,
    },
    "gate_01": {"exchange": "gateio", "key": "MARKERk", "secret": "MARKERs", "uid": 12345, "quote": "USDT"},
    "ccxt_names": {"exchange": "kucoin", "apiKey": "MARKERk", "secret": "MARKERs", "password": "MARKERp"},
}


def left_of(found: Found) -> dict[str, str]:
    assert "MARKER" not in repr(found)
    return {left.name: left.why for left in found.left}


def test_a_whole_api_keys_json(write: Write) -> None:
    found = read_key_files(write("api-keys.json", json.dumps(API_KEYS)))
    accounts = {account.user: account for account in found.accounts}
    assert left_of(found) == {}
    assert set(accounts) == set(API_KEYS) - {"referrals"}
    assert [secret.reveal() for secret in accounts["okx_01"].fields.values()] == ["MARKERkey", "MARKERs", "MARKERp"]
    assert accounts["hl_01"].flag("is_vault")
    assert accounts["gate_01"].fields["uid"].reveal() == "12345"
    assert accounts["ccxt_names"].fields["passphrase"].reveal() == "MARKERp"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("MARKER", "no table"),
        (["MARKER", "MARKER"], "no table"),
        (None, "no table"),
        ({}, "of which exchange"),
        ({"exchange": 3, "key": "MARKER"}, "of which exchange"),
        ({"exchange": "MARKERmtgox", "key": "MARKER", "secret": "MARKER"}, "exchange is not known"),
        ({"exchange": "defx", "key": "MARKER", "secret": "MARKER"}, "DeFX can't be used"),
        ({"exchange": "bybit", "key": "MARKER"}, "the secret is missing"),
        ({"exchange": "bybit", "key": "MARKER", "secret": None}, "the secret is missing"),
        ({"exchange": "bybit", "key": "MARKER", "secret": 123}, "the secret is not a text"),
        ({"exchange": "bybit", "key": ["MARKER"], "secret": "MARKER"}, "the API key is not a text"),
        ({"exchange": "bybit", "key": "MAR KER", "secret": "MARKER"}, "blanks or control"),
        ({"exchange": "bybit", "key": "MARKER\u0000", "secret": "MARKER"}, "blanks or control"),
        ({"exchange": "bybit", "key": "MARKER" * 1000, "secret": "MARKER"}, "longer than"),
        ({"exchange": "okx", "key": "MARKER", "secret": "MARKER"}, "API passphrase is missing"),
        ({"exchange": "bybit", "key": "key", "secret": "secret"}, "the example file"),
        (
            {"exchange": "hyperliquid", "wallet_address": "0x", "private_key": "0x", "is_vault": "MARKER"},
            "true or false",
        ),
        ({"exchange": "hyperliquid", "wallet_address": "0x", "private_key": "0x", "is_vault": 3}, "not a text"),
    ],
)
def test_a_bad_entry_is_left_and_the_good_one_taken(write: Write, entry: Any, why: str) -> None:
    good = {"exchange": "bybit", "key": "MARKERgood", "secret": "MARKER"}
    found = read_key_files(write("api-keys.json", json.dumps({"bad_01": entry, "good": good})))
    assert [account.user for account in found.accounts] == ["good"]
    (reason,) = left_of(found).values()
    assert why in reason


@pytest.mark.parametrize("name", ["", "a b", "MARKER/../x", "\x1b[31m", "x" * 100])
def test_a_name_that_can_be_none_is_not_repeated(write: Write, name: str) -> None:
    found = read_key_files(write("k.json", json.dumps({name: API_KEYS["binance_01"]})))
    assert not found.accounts
    assert list(left_of(found)) == ["entry 1"]


def test_names_that_differ_by_capitals_only_are_told(write: Write) -> None:
    entry = API_KEYS["binance_01"]
    found = read_key_files(write("k.json", json.dumps({"main": entry, "MAIN": entry})))
    assert [account.user for account in found.accounts] == ["main"]
    assert left_of(found) == {"MAIN": "another entry has that name"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfeMARKER",
        b"MARKER",
        b'{"a": {"key": "MARKER"',
        b"[" * 200_000,
        b"3",
        b'"MARKER"',
        b'["MARKER"]',
        b'["MARKER", 3]',
        b'["MARKER", "MARKER", "MARKER"]',
        b"null",
    ],
)
def test_a_file_that_is_none_says_so(write: Write, content: bytes) -> None:
    with pytest.raises(VaultError) as caught:
        read_key_files(write("k.json", content), "bybit")
    assert "k.json" in str(caught.value) and "MARKER" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_huge_file_is_refused(write: Write) -> None:
    path = write("k.json", "")
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(VaultError, match="bigger than"):
        read_key_files(path)


def test_a_byte_order_mark_is_no_fault(write: Write) -> None:
    assert read_key_files(write("k.json", b"\xef\xbb\xbf" + json.dumps(API_KEYS).encode())).accounts


def test_passivx_files_take_their_name_and_the_exchange_that_is_given(write: Write) -> None:
    path = write("trader_1.json", '["MARKERkey", "MARKERsecret"]')
    (account,) = read_key_files(path, "bybit").accounts
    assert (account.user, account.exchange) == ("trader_1", "bybit")
    assert account.fields["secret"].reveal() == "MARKERsecret"
    with pytest.raises(UsageError, match="which exchange"):
        read_key_files(path)
    with pytest.raises(VaultError, match="binance and bybit only"):
        read_key_files(path, "okx")
    with pytest.raises(VaultError, match="did you mean bybit"):
        read_key_files(path, "bybitt")
    found = read_key_files(write("bad name.json", '["MARKERkey", "MARKERsecret"]'), "bybit")
    assert not found.accounts and "begins with a letter" in left_of(found)["bad name.json"]


def test_a_folder_of_key_files(write: Write) -> None:
    folder = write("one.json", '["MARKERkey1", "MARKERs"]').parent
    write("two.json", '["MARKERkey2", "MARKERs"]')
    write("api-keys.json", json.dumps(API_KEYS))
    write("broken.json", "{MARKER")
    write("notes.txt", "MARKER")
    found = read_key_files(folder, "bybit")
    assert {account.user for account in found.accounts} == {"one", "two", *API_KEYS} - {"referrals"}
    assert left_of(found) == {"broken.json": "broken.json can't be read: it is no JSON"}


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        read_key_files(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no \.json file"):
        read_key_files(tmp_path / "empty")


def test_users_that_are_there_are_left_unless_told(opened: UnlockedVault, write: Write) -> None:
    found = read_key_files(write("k.json", json.dumps(API_KEYS)))
    assert set(import_accounts(opened, found).taken) == set(API_KEYS) - {"referrals"}
    again = import_accounts(opened, found)
    assert again.taken == () and len(again.left) == 5
    changed = {"okx_01": {"exchange": "bybit", "key": "new", "secret": "new"}}
    found = read_key_files(write("k.json", json.dumps(changed)))
    assert import_accounts(opened, found, replacing=True).taken == ("okx_01",)
    assert opened.account("okx_01").exchange == "bybit"
    opened.lock()
    with pytest.raises(VaultError, match="locked"):
        import_accounts(opened, found, replacing=True)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["bybit", "okx", "MARKER"]) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["exchange", "key", "secret", "passphrase", "x y", "a"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=VALUES)
def test_any_json_is_taken_or_refused_in_words(write: Write, document: Any) -> None:
    path = write("fuzz.json", json.dumps(document))
    try:
        found = read_key_files(path, "bybit")
    except PassivTuiError as error:
        assert "MARKER" not in str(error)
    else:
        assert "MARKER" not in repr(found)
