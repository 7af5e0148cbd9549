"""Ticks from files are checked, joined and merged; what is wrong with them is said."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tick_arrays import tick_arrays

from passivtui.errors import DataError
from passivtui.passivx import open_ticks

Arrays = dict[str, np.ndarray[Any, Any]]


def save(path: Path, arrays: Arrays) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)
    return path


def halves(arrays: Arrays) -> tuple[Arrays, Arrays]:
    n = len(arrays["price"]) // 2
    return {k: v[:n] for k, v in arrays.items()}, {k: v[n:] for k, v in arrays.items()}


def refused(place: Path, symbol: str = "BTCUSD") -> str:
    with pytest.raises(DataError) as caught:
        open_ticks(str(place), symbol)
    return str(caught.value)


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    arrays = tick_arrays()
    ticks = open_ticks(str(save(tmp_path / "any.npz", arrays)), "BTCUSD")
    assert (ticks.symbol, ticks.synthetic) == ("BTCUSD", False)
    assert ticks.data.n_trades == 2000
    changed = np.concatenate(([True], np.diff(arrays["price"]) != 0))
    assert (ticks.data.price == arrays["price"][changed]).all()
    assert (ticks.data.buyer_is_maker == arrays["buyer_is_maker"][changed]).all()
    assert (ticks.first_ms, ticks.last_ms) == (arrays["timestamp_ms"][0], arrays["timestamp_ms"][changed][-1])


def test_the_demo_is_synthetic() -> None:
    ticks = open_ticks("demo", "ETHUSDT")
    assert ticks.synthetic
    assert len(ticks.data) == 148_068


def test_a_folder_gives_the_files_of_its_symbol_in_the_order_of_time(tmp_path: Path) -> None:
    arrays = tick_arrays()
    first, second = halves(arrays)
    save(tmp_path / "BTCUSD_PERP-b.npz", first)
    save(tmp_path / "BTCUSD_PERP-a.npz", second)
    save(tmp_path / "BTCUSDT-usdm.npz", tick_arrays(seed=2))
    whole = open_ticks(str(save(tmp_path / "elsewhere" / "x.npz", arrays)), "BTCUSD")
    joined = open_ticks(str(tmp_path), "BTCUSD")
    assert (joined.data.price == whole.data.price).all()
    assert (joined.data.timestamp_ms == whole.data.timestamp_ms).all()
    assert open_ticks(str(tmp_path), "btcusdt").data.n_trades == 2000


def test_a_folder_without_the_symbol_says_what_it_has(tmp_path: Path) -> None:
    save(tmp_path / "BTCUSDT-2024.npz", tick_arrays())
    assert "has no ticks of BTCUSD (there are: BTCUSDT-2024.npz)" in refused(tmp_path)
    (tmp_path / "empty").mkdir()
    assert "there are: no .npz files" in refused(tmp_path / "empty")


def test_files_that_overlap_are_refused(tmp_path: Path) -> None:
    first, second = halves(tick_arrays())
    second["timestamp_ms"] = second["timestamp_ms"] - 60_000
    save(tmp_path / "BTCUSD-1.npz", first)
    save(tmp_path / "BTCUSD-2.npz", second)
    assert "two files overlap" in refused(tmp_path)


def test_trades_that_are_there_twice_are_refused(tmp_path: Path) -> None:
    arrays = tick_arrays()
    arrays["trade_id"][7] = arrays["trade_id"][6]
    message = refused(save(tmp_path / "a.npz", arrays))
    assert f"1 trades are there twice (the first: trade_id {arrays['trade_id'][6]})" in message


def test_times_that_go_back_are_refused(tmp_path: Path) -> None:
    arrays = tick_arrays()
    arrays["timestamp_ms"][500] = arrays["timestamp_ms"][499] - 5
    assert "trade 500 is 5 ms before" in refused(save(tmp_path / "a.npz", arrays))


@pytest.mark.parametrize("price", [0.0, -5.0, float("nan"), float("inf")])
def test_prices_that_are_none_are_refused(tmp_path: Path, price: float) -> None:
    arrays = tick_arrays()
    arrays["price"][3] = price
    assert f"trade 3 has the price {price}" in refused(save(tmp_path / "a.npz", arrays))


@pytest.mark.parametrize("factor", [0.001, 1000.0])
def test_times_in_another_unit_are_refused(tmp_path: Path, factor: float) -> None:
    arrays = tick_arrays()
    arrays["timestamp_ms"] = (arrays["timestamp_ms"] * factor).astype(np.int64)
    assert "must be milliseconds since 1970 (UTC), but row 0" in refused(save(tmp_path / "a.npz", arrays))


@pytest.mark.parametrize("name", ["timestamp_ms", "price", "buyer_is_maker"])
def test_a_missing_array_is_named(tmp_path: Path, name: str) -> None:
    arrays = tick_arrays()
    del arrays[name]
    assert f"lacks the array {name}" in refused(save(tmp_path / "a.npz", arrays))


@pytest.mark.parametrize(("name", "dtype"), [("price", "f4"), ("timestamp_ms", "f8"), ("buyer_is_maker", "i8")])
def test_an_array_of_another_type_is_named(tmp_path: Path, name: str, dtype: str) -> None:
    arrays = tick_arrays()
    arrays[name] = arrays[name].astype(dtype)
    assert f"{name} must be a one-dimensional" in refused(save(tmp_path / "a.npz", arrays))


def test_arrays_of_different_lengths_are_refused(tmp_path: Path) -> None:
    arrays = tick_arrays()
    arrays["price"] = arrays["price"][:-1]
    assert "differ in length (timestamp_ms 2000, price 1999" in refused(save(tmp_path / "a.npz", arrays))


def test_a_file_without_trades_is_refused(tmp_path: Path) -> None:
    empty = {name: array[:0] for name, array in tick_arrays().items()}
    assert "holds no trades" in refused(save(tmp_path / "a.npz", empty))


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, kept: float) -> None:
    path = save(tmp_path / "a.npz", tick_arrays())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert "damaged or cut short; get or make it again" in refused(path)


def test_a_file_of_damaged_bytes_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", tick_arrays())
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 40] = bytes(40)
    path.write_bytes(content)
    assert "damaged or cut short" in refused(path)


def test_pickled_objects_are_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with path.open("wb") as file:
        np.save(file, np.array([{"price": 1}], dtype=object), allow_pickle=True)
    assert "damaged" in refused(path)


def test_other_places_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ticks.csv").write_text("1,2,3")
    assert "there are no ticks at" in refused(tmp_path / "nowhere")
    assert "is no .npz file" in refused(tmp_path / "ticks.csv")


# ---- Passiv-X's own files


def write_csvs(folder: Path, arrays: Arrays, *, bybit: bool) -> None:
    folder.mkdir(parents=True)
    rows = list(
        zip(*(arrays[name].tolist() for name in ("trade_id", "price", "timestamp_ms", "buyer_is_maker")), strict=True)
    )
    for part in (rows[900:], rows[:1000]):  # overlapping, and the later one first
        with (folder / f"{part[0][0]}_{part[-1][0]}.csv").open("w", newline="") as file:
            out = csv.writer(file)
            if bybit:
                out.writerow(["trade_id", "side", "price", "qty", "timestamp"])
                out.writerows([i, "Sell" if maker else "Buy", p, 1.0, float(t)] for i, p, t, maker in part)
            else:
                out.writerow(["trade_id", "price", "qty", "timestamp", "is_buyer_maker"])
                out.writerows([i, p, 1.0, t, maker] for i, p, t, maker in part)


HEADINGS = "trade_id,price,qty,timestamp,is_buyer_maker\n"


@pytest.mark.parametrize("bybit", [False, True])
def test_the_downloads_of_passivx_are_read_from_the_symbols_folder(tmp_path: Path, bybit: bool) -> None:
    arrays = tick_arrays()
    write_csvs(tmp_path / "BTCUSD", arrays, bybit=bybit)
    ticks = open_ticks(str(tmp_path / "BTCUSD"), "BTCUSD")
    whole = open_ticks(str(save(tmp_path / "x.npz", arrays)), "BTCUSD")
    assert (ticks.data.price == whole.data.price).all()
    assert (ticks.data.timestamp_ms == whole.data.timestamp_ms).all()
    assert (ticks.data.buyer_is_maker == whole.data.buyer_is_maker).all()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b,c\n1,2,3\n", "is no file of trades: it needs the columns"),
        ("trade_id,price,qty,timestamp,is_buyer_maker\n1,x,1,1700000000000,True\n", "line 2: no trade can be read"),
        ("trade_id,price,qty,timestamp,is_buyer_maker\n1,5,1\n", "line 2: no trade can be read"),
        ("trade_id,price,qty,timestamp,is_buyer_maker\n1,5,1,1e999,True\n", "line 2: no trade can be read"),
        ("trade_id,side,price,qty,timestamp\n1,Both,5,1,1700000000000\n", "line 2: no trade can be read"),
        ("trade_id,price,qty,timestamp,is_buyer_maker\n", "holds no trades"),
        (f"{HEADINGS}1,0,1,1700000000000,True\n2,5,1,1700000000001,True\n", "prices must be finite and above 0"),
        (f"{HEADINGS}1,4,1,1700000000000,True\n2,-5,1,1700000000001,True\n", "prices must be finite and above 0"),
        (f"{HEADINGS}1,4,1,1700000000005,True\n2,5,1,1700000000001,True\n", "trade 1 is 4 ms before"),
        (f"{HEADINGS}1,4,1,1700000000005,True\n1,4,1,1700000000005,True\n", "two trades of different prices"),
        ("trade_id,price,qty,timestamp,is_buyer_maker\n1,5,1,17,True\n", "must be milliseconds since 1970"),
        ("", "is no file of trades"),
    ],
)
def test_a_download_that_can_not_be_read_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    folder = tmp_path / "BTCUSD"
    folder.mkdir()
    (folder / "1_2.csv").write_text(text)
    assert reason in refused(folder)
