"""The store of trades: whole days, written once, checked, set aside when damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archive_ticks import day_trades
from hypothesis import given
from hypothesis import strategies as st

from passivtui.errors import Cancelled, DataError, StorageError
from passivtui.market.store.day_file import DamagedDay
from passivtui.market.ticks import TickStore, Trades, export_ticks
from passivtui.market.ticks.day_file import TickDayName, decode_ticks, encode_ticks, parse_tick_name
from passivtui.market.ticks.trades import COLUMNS, in_order
from passivtui.progress import CancelToken

DAY = 19_943  # 2024-08-08


def trades(day: int = DAY, n: int = 1500) -> Trades:
    ids, times, prices, quantities, makers = zip(*day_trades(day, n), strict=True)
    return Trades(*map(np.array, (times, prices, quantities, ids, makers)))


def same(one: Trades, other: Trades) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in COLUMNS)


@pytest.fixture
def store(tmp_path: Path) -> TickStore:
    store = TickStore(tmp_path / "ticks")
    for day in (DAY, DAY + 1):
        store.write_day("bybit", "BTCUSD", day, trades(day))
    return store


def files(store: TickStore) -> list[Path]:
    return sorted((store.root / "bybit" / "BTCUSD").glob("*.ticks"))


def test_a_day_is_read_back_as_it_was(store: TickStore) -> None:
    assert same(store.read("bybit", "BTCUSD", DAY, DAY), trades())
    both = store.read("bybit", "BTCUSD", DAY, DAY + 1)
    assert len(both) == 3000
    assert (np.diff(both.timestamp_ms) >= 0).all()


def test_what_is_stored_is_told_without_reading_it(store: TickStore) -> None:
    assert (store.exchanges(), store.symbols("bybit"), store.symbols("binance")) == (("bybit",), ("BTCUSD",), ())
    coverage = store.coverage("bybit", "BTCUSD")
    assert coverage is not None
    assert (coverage.days, coverage.n_trades, coverage.missing_days) == ((DAY, DAY + 1), 3000, 0)
    assert coverage.n_bytes == sum(path.stat().st_size for path in files(store))
    assert store.coverage("bybit", "ETHUSD") is None


def test_history_is_never_rewritten(store: TickStore) -> None:
    before = {path: path.read_bytes() for path in files(store)}
    assert not store.write_day("bybit", "BTCUSD", DAY, trades(DAY, 10))
    assert {path: path.read_bytes() for path in files(store)} == before


def test_days_that_are_missing_are_named_with_the_command_that_gets_them(store: TickStore) -> None:
    store.write_day("bybit", "BTCUSD", DAY + 3, trades(DAY + 3))
    assert store.coverage("bybit", "BTCUSD").missing_days == 1  # type: ignore[union-attr]
    with pytest.raises(DataError, match=r"lack 1 of 4 days \(the first: 2024-08-10\); get them by: .*--ticks BTCUSD"):
        store.read("bybit", "BTCUSD", DAY, DAY + 3)


@pytest.mark.parametrize(
    "damage",
    [lambda content: content[:-1], lambda content: content[:10], lambda content: content + b"x", lambda _: b""],
)
def test_a_damaged_day_is_set_aside_and_can_be_written_again(store: TickStore, damage) -> None:  # type: ignore[no-untyped-def]
    path = files(store)[0]
    path.write_bytes(damage(path.read_bytes()))
    (found,) = store.verify("bybit", "BTCUSD")
    assert (found.day, found.set_aside) == (DAY, True)
    assert path.with_name(path.name + ".damaged").exists()
    assert list(store.days("bybit", "BTCUSD")) == [DAY + 1]
    assert store.write_day("bybit", "BTCUSD", DAY, trades())
    assert store.verify("bybit", "BTCUSD") == ()


def test_one_flipped_bit_is_noticed_when_reading(store: TickStore) -> None:
    path = files(store)[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"is damaged: its checksum is wrong; it was set aside; download the day again"):
        store.read("bybit", "BTCUSD", DAY, DAY)


def test_verifying_can_be_cancelled(store: TickStore) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        store.verify("bybit", "BTCUSD", token)


def test_days_are_deleted(store: TickStore) -> None:
    assert store.delete("bybit", "BTCUSD", [DAY]) == 1
    assert list(store.days("bybit", "BTCUSD")) == [DAY + 1]
    assert store.delete("bybit", "BTCUSD") == 1
    assert store.symbols("bybit") == ()
    assert store.delete("bybit", "NOPE") == 0


def test_a_day_without_trades_is_a_day(store: TickStore) -> None:
    store.write_day("bybit", "BTCUSD", DAY - 1, trades().taken(np.arange(0)))
    assert len(store.read("bybit", "BTCUSD", DAY - 1, DAY)) == 1500


def test_a_file_under_another_name_is_not_believed() -> None:
    content = encode_ticks(DAY, trades())
    with pytest.raises(Exception, match="it is not the file that its name says"):
        decode_ticks(content, TickDayName(DAY + 1, 1500))
    assert parse_tick_name("2024-02-31.5.ticks") is None
    assert parse_tick_name(str(TickDayName(DAY, 5))) == TickDayName(DAY, 5)


def test_trades_are_put_in_the_venues_order_and_each_counts_once() -> None:
    whole = trades(DAY, 50)
    shuffled = whole.taken(np.random.default_rng(1).permutation(np.concatenate([np.arange(50), np.arange(10)])))
    assert same(in_order(shuffled), whole)


def test_export_makes_files_that_are_ticks(store: TickStore, tmp_path: Path) -> None:
    written = export_ticks(store, "bybit", "BTCUSD", tmp_path / "out", last_day=DAY)
    assert [path.name for path in written] == ["BTCUSD-2024-08-08.npz"]
    with np.load(written[0]) as file:
        assert set(file.files) == {"timestamp_ms", "price", "qty", "buyer_is_maker"}
        assert len(file["price"]) == 1500
    with pytest.raises(StorageError, match="exists already"):
        export_ticks(store, "bybit", "BTCUSD", tmp_path / "out")
    with pytest.raises(DataError, match="no such days"):
        export_ticks(store, "bybit", "BTCUSD", tmp_path / "out", first_day=DAY + 9)


def test_what_a_killed_writer_left_is_removed_by_the_next(store: TickStore) -> None:
    left = store.root / "bybit" / "BTCUSD" / ".2024-08-10.5.ticks.ab12cd"
    left.write_bytes(b"half")
    assert list(store.days("bybit", "BTCUSD")) == [DAY, DAY + 1]
    store.write_day("bybit", "BTCUSD", DAY + 2, trades(DAY + 2))
    assert not left.exists()


def test_a_disk_that_refuses_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bybit").write_text("a file where the folder should be")
    store = TickStore(tmp_path)
    with pytest.raises(StorageError, match="can't write to the store of trades"):
        store.write_day("bybit", "BTCUSD", DAY, trades())
    assert store.exchanges() == ()


@given(st.binary(max_size=200))
def test_no_content_passes_for_a_day_that_it_is_not(content: bytes) -> None:
    with pytest.raises(DamagedDay):
        decode_ticks(content, TickDayName(DAY, 3))
