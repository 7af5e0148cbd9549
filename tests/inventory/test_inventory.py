"""The list of stored coins: true to the folders, quick through the index, whole without it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from stored_candles import FIRST_MS, MINUTE_MS, some_candles, without

from passivtui.inventory import StoredCoin, inventory
from passivtui.market.store import CandleStore
from passivtui.paths import Home

LATER = 4_000_000_000_000
"""A clock that is far after every change of a folder."""


@pytest.fixture
def store(home: Home) -> CandleStore:
    store = CandleStore(home.store)
    store.write("binance", "BTC", without(some_candles(2000), 50, 5), origin="x")
    store.write("bybit", "ETH", some_candles(100, seed=2), origin="x")
    return store


def listed(home: Home) -> dict[str, StoredCoin]:
    return {f"{coin.exchange} {coin.coin}": coin for coin in inventory(home, clock=lambda: LATER).coins}


def indexed(home: Home) -> set[tuple[str, str, int]]:
    with closing(sqlite3.connect(home.database)) as connection:
        return set(connection.execute("SELECT exchange, coin, candles FROM stored_coins"))


def test_every_coin_is_listed_with_its_figures(home: Home, store: CandleStore) -> None:
    coins = listed(home)
    assert list(coins) == ["binance BTC", "bybit ETH"]
    bitcoin = coins["binance BTC"]
    assert (bitcoin.first_ms, bitcoin.last_ms) == (FIRST_MS, FIRST_MS + 1999 * MINUTE_MS)
    assert (bitcoin.days, bitcoin.candles, bitcoin.missing_minutes) == (2, 1995, 5)
    assert bitcoin.size_bytes > 1000


def test_an_unchanged_coin_is_not_read_again(home: Home, store: CandleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before = listed(home)
    monkeypatch.setattr(CandleStore, "coverage", lambda *_: pytest.fail("a folder was listed"))
    assert listed(home) == before


def test_what_changed_is_read_again(home: Home, store: CandleStore) -> None:
    listed(home)
    store.write("bybit", "ETH", some_candles(300, seed=2), origin="y")
    store.write("okx", "SOL", some_candles(10), origin="y")
    store.delete("binance", "BTC")
    coins = listed(home)
    assert {name: coin.candles for name, coin in coins.items()} == {"bybit ETH": 300, "okx SOL": 10}
    assert ("bybit", "ETH", 300) in indexed(home)


def test_a_coin_whose_folder_is_gone_is_forgotten(home: Home, store: CandleStore) -> None:
    listed(home)
    for path in sorted((store.root / "bybit" / "ETH").iterdir()):
        path.unlink()
    (store.root / "bybit" / "ETH").rmdir()
    assert list(listed(home)) == ["binance BTC"]
    assert {coin for _, coin, _ in indexed(home)} == {"BTC"}


def test_a_folder_that_just_changed_is_not_indexed_yet(home: Home, store: CandleStore) -> None:
    now_ms = os.stat(store.root / "bybit" / "ETH").st_mtime_ns // 1_000_000 + 10
    assert len(inventory(home, clock=lambda: now_ms).coins) == 2
    assert indexed(home) == set()


@pytest.mark.parametrize("damage", ["lost", "garbage", "newer"])
def test_without_the_index_everything_is_listed_all_the_same(home: Home, store: CandleStore, damage: str) -> None:
    before = listed(home)
    if damage == "lost":
        home.database.unlink()
    elif damage == "garbage":
        for path in home.root.glob("passivtui.db*"):
            path.unlink()
        home.database.write_bytes(b"this is no database" * 500)
    else:
        with closing(sqlite3.connect(home.database)) as connection:
            connection.execute("PRAGMA user_version = 999")
    stock = inventory(home, clock=lambda: LATER)
    assert {f"{coin.exchange} {coin.coin}": coin for coin in stock.coins} == before
    assert (stock.problem == "") == (damage == "lost")


def test_a_damaged_first_file_is_told_and_the_others_are_listed(home: Home, store: CandleStore) -> None:
    path: Path = min((store.root / "binance" / "BTC").glob("*.day"))
    path.write_bytes(path.read_bytes()[:10])
    os.utime(path.parent, ns=(1, 1))  # as if it had happened before anybody looked
    coins = listed(home)
    assert "damaged" in coins["binance BTC"].problem
    assert coins["bybit ETH"].candles == 100
    assert {coin for _, coin, _ in indexed(home)} == {"ETH"}


def test_an_empty_home_has_nothing_and_makes_nothing(home: Home) -> None:
    assert inventory(home).coins == ()
    assert not home.database.exists()
