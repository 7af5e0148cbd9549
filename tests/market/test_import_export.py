"""Candles into the store and out of it: nothing half, nothing changed on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stored_candles import DAY_MS, FIRST_DAY, FIRST_MS, market_spec, same_candles, some_candles, without

from passivtui.errors import DataError, UsageError
from passivtui.market import open_dataset
from passivtui.market.candle_files import csv_lines
from passivtui.market.exporting import FORMS, export_candles
from passivtui.market.importing import import_candles
from passivtui.market.store import CandleStore
from passivtui.paths import Home

EVER = 4_000_000_000_000
CANDLES = without(some_candles(3 * 1440 + 100), 2000, 7)


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    store = CandleStore(tmp_path / "store")
    store.write("binance", "BTC", CANDLES, origin="a test")
    store.write("binance", "ETH", some_candles(1440, seed=2), origin="a test")
    store.add_markets("binance", {"BTC": market_spec("BTC"), "ETH": market_spec("ETH", listed_ms=FIRST_MS)})
    return store


@pytest.mark.parametrize("form", FORMS)
def test_out_and_in_again_is_the_same(store: CandleStore, tmp_path: Path, form: str) -> None:
    if form in ("feather", "parquet"):
        pytest.importorskip("pyarrow")
    written = export_candles(store, "binance", ["BTC", "ETH"], tmp_path / "out", form)
    assert len(written) == (1 if form == "dataset" else 2)
    other = CandleStore(tmp_path / "other")
    results = import_candles(other, [tmp_path / "out"], exchange="binance")
    assert sorted((r.coin, r.new_rows) for r in results) == [("BTC", len(CANDLES)), ("ETH", 1440)]
    for coin in ("BTC", "ETH"):
        assert same_candles(other.read("binance", coin, 0, EVER), store.read("binance", coin, 0, EVER))
    if form == "dataset":
        assert other.markets("binance") == store.markets("binance")


def test_a_dataset_that_was_exported_opens_as_one(store: CandleStore, tmp_path: Path, home: Home) -> None:
    export_candles(store, "binance", ["BTC"], tmp_path / "set", "dataset", first_ms=FIRST_MS + DAY_MS)
    dataset = open_dataset(str(tmp_path / "set"), home)
    assert (dataset.exchange, dataset.quote, tuple(dataset.coins)) == ("binance", "USDT", ("BTC",))
    assert same_candles(dataset.load("BTC"), CANDLES.between(FIRST_MS + DAY_MS, EVER))


def test_a_gap_inside_is_settled_and_the_ends_are_not(tmp_path: Path) -> None:
    store = CandleStore(tmp_path / "other")
    part = without(some_candles(3 * 1440 - 300), 0, 200)
    part = without(part, 1900, 5)
    (tmp_path / "BTC.csv").write_text("".join(csv_lines(part)))
    import_candles(store, [tmp_path / "BTC.csv"], exchange="binance")
    assert store.days_held("binance", "BTC") == {FIRST_DAY + 1}


def test_files_of_one_coin_become_one_piece(tmp_path: Path) -> None:
    whole = some_candles(2 * 1440)
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "BTCUSDT-1m-2024-10-04.csv").write_text("".join(csv_lines(whole.between(0, FIRST_MS + DAY_MS - 1))))
    (folder / "BTCUSDT-1m-2024-10-05.csv").write_text("".join(csv_lines(whole.between(FIRST_MS + DAY_MS, EVER))))
    (folder / "notes.md").write_text("not candles")
    store = CandleStore(tmp_path / "store")
    (result,) = import_candles(store, [folder], exchange="bybit")
    assert (result.exchange, result.coin, result.new_rows) == ("bybit", "BTC", 2880)
    assert same_candles(store.read("bybit", "BTC", 0, EVER), whole)


@pytest.mark.parametrize(
    ("name", "coin"),
    [
        ("BTCUSDT-1m-2025-06.csv", "BTC"),
        ("1000PEPEUSDT-1m-2025-06.csv", "PEPE"),
        ("SOL_USDT_USDT-1m-futures.csv", "SOL"),
        ("XRP.csv", "XRP"),
        ("ethusdt.csv", "ETH"),
    ],
)
def test_the_coin_is_told_by_the_files_name(tmp_path: Path, name: str, coin: str) -> None:
    (tmp_path / name).write_text("".join(csv_lines(some_candles(10))))
    (result,) = import_candles(CandleStore(tmp_path / "store"), [tmp_path / name], exchange="binance")
    assert result.coin == coin


def test_other_values_are_kept_out_and_told_unless_asked_for(store: CandleStore, tmp_path: Path) -> None:
    other = some_candles(1440, seed=9)
    (tmp_path / "ETH.csv").write_text("".join(csv_lines(other)))
    (result,) = import_candles(store, [tmp_path / "ETH.csv"], exchange="binance")
    assert (result.new_rows, result.differing_rows) == (0, 1440)
    assert "kept" in str(result.issues[-1])
    assert same_candles(store.read("binance", "ETH", 0, EVER), some_candles(1440, seed=2))
    (result,) = import_candles(store, [tmp_path / "ETH.csv"], exchange="binance", overwrite=True)
    assert "replaced" in str(result.issues[-1])
    assert same_candles(store.read("binance", "ETH", 0, EVER), other)


def test_one_bad_file_and_nothing_is_stored(tmp_path: Path) -> None:
    (tmp_path / "BTC.csv").write_text("".join(csv_lines(some_candles(10))))
    (tmp_path / "ETH.csv").write_bytes(b"\0\0")
    store = CandleStore(tmp_path / "store")
    with pytest.raises(DataError, match="binary file"):
        import_candles(store, [tmp_path / "BTC.csv", tmp_path / "ETH.csv"], exchange="binance")
    assert store.exchanges() == ()


@pytest.mark.parametrize(
    ("name", "exchange", "words"),
    [
        ("BTC.csv", None, "say of which exchange"),
        ("BTC.csv", "bianance", "did you mean binance"),
        ("BTC.csv", "demo", "no candles to download"),
        ("BTCUSDT-5m-2024-10.csv", "binance", "only 1m candles"),
        ("my candles!.csv", "binance", "name it with --coin"),
        ("absent.csv", "binance", "no file or folder"),
    ],
)
def test_what_can_t_be_imported_is_said(tmp_path: Path, name: str, exchange: str | None, words: str) -> None:
    if name != "absent.csv":
        (tmp_path / name).write_text("".join(csv_lines(some_candles(10))))
    with pytest.raises((DataError, UsageError), match=words):
        import_candles(CandleStore(tmp_path / "store"), [tmp_path / name], exchange=exchange)


@pytest.mark.parametrize(
    ("change", "words"), [({"market_type": "spot"}, "only linear perpetuals"), ({"synthetic": True}, "synthetic")]
)
def test_datasets_of_other_markets_are_refused(store: CandleStore, tmp_path: Path, change, words: str) -> None:
    export_candles(store, "binance", ["BTC"], tmp_path / "set", "dataset")
    path = tmp_path / "set" / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(DataError, match=words):
        import_candles(store, [tmp_path / "set"])


def test_an_export_replaces_nothing(store: CandleStore, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "ETH.csv").write_text("mine")
    for form in ("csv", "dataset"):
        with pytest.raises(UsageError, match="exists already"):
            export_candles(store, "binance", ["BTC", "ETH"], tmp_path / "out", form)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["ETH.csv"]
    with pytest.raises(UsageError, match="no form"):
        export_candles(store, "binance", ["BTC"], tmp_path / "new", "xml")
    with pytest.raises(DataError, match="no candles of XRP"):
        export_candles(store, "binance", ["XRP"], tmp_path / "new", "csv")
    with pytest.raises(DataError, match="market settings of XRP"):
        export_candles(store, "binance", ["XRP"], tmp_path / "new", "dataset")
    assert not (tmp_path / "new").exists()
