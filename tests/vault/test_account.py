"""What an account must have, and what is said when it doesn't."""

from __future__ import annotations

import pytest

from passivtui.errors import VaultError
from passivtui.exchanges.venues import VENUES
from passivtui.vault import Endpoint, make_account
from passivtui.vault.account import MAX_FIELD, mask
from passivtui.vault.fields import FIELDS

PLAIN = {"key": "k" * 20, "secret": "ZZsecretZZ", "passphrase": "ZZpassZZ"}


def test_every_venue_that_can_trade_has_its_fields() -> None:
    assert set(FIELDS) == {name for name, venue in VENUES.items() if venue.ccxt_id}
    assert [field.name for field in FIELDS["okx"]] == ["key", "secret", "passphrase"]
    assert [field.name for field in FIELDS["hyperliquid"]] == ["wallet_address", "private_key", "is_vault"]


def test_names_of_venues_are_understood_in_any_form() -> None:
    assert make_account("a", " Gate ", PLAIN).exchange == "gateio"
    assert make_account("a", "binanceusdm", PLAIN).exchange == "binance"


@pytest.mark.parametrize(
    ("exchange", "words"),
    [
        ("bybitt", "did you mean bybit"),
        ("mtgox", "use one of binance"),
        ("paper", "paper trading needs no keys"),
        ("demo", "needs no keys"),
        ("defx", "DeFX can't be used"),
        ("", "not known"),
    ],
)
def test_a_venue_without_keys_is_refused(exchange: str, words: str) -> None:
    with pytest.raises(VaultError, match=words):
        make_account("a", exchange, PLAIN)


@pytest.mark.parametrize("user", ["bybit_01", "a", "Über.9", "me@home", "x" * 64, " around "])
def test_good_names(user: str) -> None:
    assert make_account(user, "bybit", PLAIN).user == user.strip()


@pytest.mark.parametrize("user", ["", "  ", "_x", "-x", "a b", "a\nb", "a/b", "x" * 65, "[red]", "a\x1b[1m", ".."])
def test_bad_names(user: str) -> None:
    with pytest.raises(VaultError, match="name"):
        make_account(user, "bybit", PLAIN)


@pytest.mark.parametrize("missing", ["key", "secret", "passphrase"])
def test_a_missing_field_is_named(missing: str) -> None:
    for empty in ({**PLAIN, missing: ""}, {**PLAIN, missing: " "} if missing != "passphrase" else {}):
        with pytest.raises(VaultError, match="is missing"):
            make_account("a", "okx", empty)


@pytest.mark.parametrize("value", ["ZZ ZZ", "ZZ\nZZ", "ZZ\x00ZZ", "ZZ\u202eZZ", "Z" * (MAX_FIELD + 1), "\ud800ZZ"])
def test_a_value_that_can_be_no_key_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(VaultError) as caught:
        make_account("a", "bybit", {**PLAIN, "secret": value})
    assert "secret" in str(caught.value)
    assert "ZZ" not in str(caught.value)


def test_blanks_around_are_kept_in_a_passphrase_only() -> None:
    fields = make_account("a", "okx", {"key": " k ", "secret": "\ts\n", "passphrase": " p "}).fields
    assert [fields[name].reveal() for name in ("key", "secret", "passphrase")] == ["k", "s", " p "]


def test_an_adapter_gets_what_it_signs_with_and_where_to_ask() -> None:
    endpoint = Endpoint(True, "http://127.0.0.1:81", "ws://127.0.0.1:82")
    login = make_account("a", "okx", PLAIN, endpoint).login()
    assert (login.venue, login.key, login.secret, login.passphrase) == ("okx", *PLAIN.values())
    assert (login.rest_url, login.stream_url) == ("http://127.0.0.1:81", "ws://127.0.0.1:82")
    assert "ZZ" not in repr(login)
    assert make_account("a", "gateio", {**PLAIN, "uid": "12"}).login().passphrase == ""


def test_a_testnet_without_an_address_is_not_taken_for_the_venue_itself() -> None:
    with pytest.raises(VaultError, match="REST address is missing"):
        make_account("a", "bybit", PLAIN, Endpoint(testnet=True)).login()


@pytest.mark.parametrize(("text", "flag"), [("true", True), ("Yes", True), ("false", False), ("", False)])
def test_a_hyperliquid_vault_is_told_to_the_adapter(text: str, flag: bool) -> None:
    given = {"wallet_address": "0xabc", "private_key": "0xdef", "is_vault": text}
    account = make_account("a", "hyperliquid", given)
    assert account.flag("is_vault") is flag
    login = account.login()
    assert (login.wallet_address, login.private_key, login.is_vault) == ("0xabc", "0xdef", flag)


def test_a_flag_is_yes_or_no() -> None:
    with pytest.raises(VaultError, match="true or false"):
        make_account("a", "hyperliquid", {"wallet_address": "x", "private_key": "y", "is_vault": "ZZ"})


def test_keys_are_masked_and_short_ones_wholly() -> None:
    assert mask("a7f3567890123991c2") == "a7f…1c2"
    assert mask("123456789012345") == "•••"
    assert make_account("a", "bybit", PLAIN).masked_key == "kkk…kkk"


@pytest.mark.parametrize(
    ("rest", "ws"),
    [("https://api.example", "wss://ws.example:9000/x"), ("http://127.0.0.1:80", "ws://localhost/ws"), ("", "")],
)
def test_good_addresses(rest: str, ws: str) -> None:
    endpoint = make_account("a", "bybit", PLAIN, Endpoint(True, f" {rest} ", ws)).endpoint
    assert endpoint == Endpoint(True, rest, ws)


@pytest.mark.parametrize(
    "url",
    [
        "api.example",
        "ftp://x",
        "http://api.example",
        "https://",
        "https://u:p@x",
        "https://[::1",
        "https://x:port/",
        "wss://x",
    ],
)
def test_bad_addresses(url: str) -> None:
    with pytest.raises(VaultError, match="REST address"):
        make_account("a", "bybit", PLAIN, Endpoint(rest_url=url))
    if url.startswith("https"):
        with pytest.raises(VaultError, match="WebSocket address"):
            make_account("a", "bybit", PLAIN, Endpoint(ws_url=url))


def test_the_network_is_told_in_a_word() -> None:
    assert Endpoint().network == "main"
    assert Endpoint(testnet=True).network == "testnet"
    assert Endpoint(True, "http://127.0.0.1:81/x").network == "127.0.0.1:81"
