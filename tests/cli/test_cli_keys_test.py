"""`passivtui keys test`: one line per check, what to do, and an exit status that scripts can rely on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from venue_thread import served
from venues import BinanceVenue, LocalVenue, Market

from passivtui.paths import Home
from passivtui.vault import Endpoint, Secret, Vault, make_account
from passivtui.vault.sealing import ScryptCost

Cli = Callable[..., Any]
PASSPHRASE = "four words to open"
CONFIG = """
[live]
approved_coins = ["BTC", "DOGE"]
[bot.long]
n_positions = 2
total_wallet_exposure_limit = 1.0
entry_initial_qty_pct = 0.01
[bot.short]
n_positions = 0
total_wallet_exposure_limit = 0
"""


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passivtui.vault.vault.ScryptCost", lambda: ScryptCost(16, 1, 1))


@pytest.fixture
def ask(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """`passivtui keys test`, with the passphrase in the environment."""

    def run(*arguments: str) -> Any:
        monkeypatch.setenv("PASSIVTUI_PASSPHRASE", PASSPHRASE)  # which is taken out of it once it was read
        return cli("keys", "test", *arguments)

    return run


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with served(BinanceVenue([Market.linear("BTC")], {"BTCUSDT": 60_000}, hedge=True)) as venue:
        yield venue


def keep(home: Home, venue: LocalVenue, **changed: str) -> None:
    credentials = venue.credentials
    given = {"key": credentials.key, "secret": credentials.secret, **changed}
    account = make_account("main", "binance", given, Endpoint(rest_url=venue.rest_url, ws_url=venue.ws_url))
    Vault(home.vault).create(Secret(PASSPHRASE)).put(account)


def test_good_keys_are_good_line_by_line(ask: Cli, home: Home, venue: LocalVenue) -> None:
    keep(home, venue)
    ran = ask("main")
    assert ran.status == 0, ran.err
    signs = {line.split()[1]: line.split()[0] for line in ran.out.splitlines() if line.strip()}
    for subject in ("venue", "clock", "latency", "reading", "trading", "withdrawal", "balance"):
        assert signs[subject] in ("ok", "!"), ran.out
    assert {request.method for request in venue.log.requests} == {"GET"}


def test_the_least_balance_of_each_coin_of_a_config_is_told(
    ask: Cli, home: Home, venue: LocalVenue, tmp_path: Path
) -> None:
    keep(home, venue)
    config = tmp_path / "two.toml"
    config.write_text(CONFIG)
    ran = ask("main", "--config", str(config), "--json")
    assert ran.status == 0, ran.err
    told = json.loads(ran.out)
    needs = {need["coin"]: (need["balance"], need["met"]) for need in told["needs"]}
    assert needs == {"BTC": (pytest.approx(60.0 / 0.005), False), "DOGE": (None, None)}  # 0.001 BTC in 0.5 %
    assert told["user"] == "main" and told["usable"] is True
    assert "more than there is" in ask("main", "--config", str(config)).out


@pytest.mark.parametrize(
    ("wrong", "said"), [({"secret": "MARKERwrong"}, "enter both again"), ({"key": "k" * 20}, "key")]
)
def test_wrong_keys_fail_with_what_to_do(
    ask: Cli, home: Home, venue: LocalVenue, wrong: dict[str, str], said: str
) -> None:
    keep(home, venue, **wrong)
    ran = ask("main")
    assert ran.status == 1 and "-> " in ran.out and said in ran.out
    assert "must not trade" in ran.out and "MARKER" not in ran.out + ran.err


def test_a_key_that_may_withdraw_fails(ask: Cli, home: Home, venue: LocalVenue) -> None:
    venue.permissions.withdraw = True
    keep(home, venue)
    ran = ask("main")
    assert ran.status == 1 and "allows withdrawal" in ran.out and "make a key that may not" in ran.out


def test_a_venue_that_is_gone_and_a_user_that_is_not_there_fail_in_one_sentence(
    ask: Cli, home: Home, venue: LocalVenue
) -> None:
    with venue.faults.during("status", "all", status=503):
        keep(home, venue)
        ran = ask("main")
    assert ran.status == 1 and ran.out.splitlines()[0].startswith("X  venue")
    ran = ask("nobody")
    assert ran.status == 1 and "nobody" in ran.err
