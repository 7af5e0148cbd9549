"""Files of candles as others write them, read value by value; and what is not usable in them, told by its line."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from stored_candles import FIRST_MS, MINUTE_MS, same_candles, some_candles

from passivtui.errors import DataError
from passivtui.market.candle_files import arrow_bytes, csv_lines, read_candle_file

CANDLES = some_candles(50)


def rows_of(candles, time=lambda ms: str(ms), order="tohlcv"):
    columns = {"t": [time(int(ms)) for ms in candles.timestamp_ms]}
    columns |= {
        name[0]: [repr(float(x)) for x in getattr(candles, name)] for name in ("open", "high", "low", "close", "volume")
    }
    return [",".join(columns[letter][i] for letter in order) for i in range(len(candles))]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_what_is_exported_reads_back_bit_by_bit(tmp_path: Path) -> None:
    path = tmp_path / "BTC.csv"
    path.write_text("".join(csv_lines(CANDLES)))
    assert same_candles(read_candle_file(path, "BTC"), CANDLES)


@pytest.mark.parametrize(
    "time",
    [
        str,
        lambda ms: str(ms // 1000),
        lambda ms: f"{ms / 1000:.1f}",
        lambda ms: str(ms * 1000),
        lambda ms: str(ms * 1_000_000),
        lambda ms: str(np.datetime64(ms, "ms")),
        lambda ms: str(np.datetime64(ms, "ms")).replace("T", " ") + "+00:00",
        lambda ms: str(np.datetime64(ms, "s")) + "Z",
    ],
)
def test_times_in_any_unit_are_understood(tmp_path: Path, time) -> None:
    lines = ["timestamp,open,high,low,close,volume", *rows_of(CANDLES, time)]
    assert same_candles(read_candle_file(write(tmp_path / "x.csv", lines), "BTC"), CANDLES)


@pytest.mark.parametrize(
    ("names", "order"),
    [
        ("open_time,open,high,low,close,volume", "tohlcv"),
        ("Date,Open,High,Low,Close,Volume", "tohlcv"),
        ("volume,close,low,high,open,time", "vclhot"),
        ("ts,o,h,l,c,v", "tohlcv"),
        ('"timestamp_ms","open","high","low","close","vol"', "tohlcv"),
    ],
)
def test_columns_are_found_by_their_names(tmp_path: Path, names: str, order: str) -> None:
    path = write(tmp_path / "x.csv", [names, *rows_of(CANDLES, order=order)])
    assert same_candles(read_candle_file(path, "BTC"), CANDLES)


@pytest.mark.parametrize("header", [True, False])
def test_binances_archive_files_work_as_they_are(tmp_path: Path, header: bool) -> None:
    lines = [f"{row},{FIRST_MS},1.5,20,0.5,0.7,0" for row in rows_of(CANDLES)]
    if header:
        lines.insert(0, "open_time,open,high,low,close,volume,close_time,quote_volume,count,a,b,ignore")
    with zipfile.ZipFile(tmp_path / "BTCUSDT-1m-2024-10.zip", "w") as archive:
        archive.writestr("BTCUSDT-1m-2024-10.csv", "\n".join(lines))
    assert same_candles(read_candle_file(tmp_path / "BTCUSDT-1m-2024-10.zip", "BTC"), CANDLES)


def test_packed_text_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress("".join(csv_lines(CANDLES)).encode()))
    assert same_candles(read_candle_file(path, "BTC"), CANDLES)


@pytest.mark.parametrize("form", ["feather", "parquet"])
def test_freqtrades_files_work_as_they_are(tmp_path: Path, form: str) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / f"BTC_USDT_USDT-1m-futures.{form}"
    path.write_bytes(arrow_bytes(CANDLES, form))
    assert same_candles(read_candle_file(path, "BTC"), CANDLES)


def test_lines_that_are_no_rows_are_named_and_left_out(tmp_path: Path) -> None:
    lines = ["time,open,high,low,close,volume", *rows_of(CANDLES)]
    lines[5], lines[9] = "oops", "1,2,3"
    candles = read_candle_file(write(tmp_path / "x.csv", lines), "BTC")
    assert len(candles) == 48
    assert any("2 lines hold no row of numbers (first at line 6)" in str(issue) for issue in candles.issues)


def test_rows_that_make_no_sense_are_told_and_left_out(tmp_path: Path) -> None:
    lines = rows_of(CANDLES)
    lines[3] = f"{FIRST_MS + 3 * MINUTE_MS},100,90,80,85,1"  # the high is below the open
    lines[7] = f"{FIRST_MS + 7 * MINUTE_MS},-1,2,-1,1,1"
    lines[8] = f"{FIRST_MS + 8 * MINUTE_MS + 1},1,2,1,1,1"
    candles = read_candle_file(write(tmp_path / "x.csv", lines), "BTC")
    assert len(candles) == 47
    assert len(candles.issues) == 3


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.csv", b"", "holds no candles"),
        ("x.csv", b"time,open,high,low,close,volume\n", "holds no candles"),
        ("x.csv", b"\0\1\2\3", "binary file"),
        ("x.zip", b"PK\3\4 broken", "is damaged"),
        ("x.csv.gz", b"\x1f\x8b broken", "is damaged"),
        ("x.feather", b"ARROW1 broken", "can't be read"),
        ("x.parquet", b"PAR1 broken", "can't be read"),
        ("x.xlsx", b"anything", "form that is unknown"),
    ],
)
def test_a_file_that_can_t_be_used_is_one_sentence(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_candle_file(path, "BTC")
    assert len(str(caught.value).splitlines()) == 1


def test_a_zip_with_several_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.csv", "1")
        archive.writestr("b.csv", "2")
    with pytest.raises(DataError, match="holds 2 files"):
        read_candle_file(tmp_path / "x.zip", "BTC")


def test_arrow_files_without_the_columns_are_refused(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import feather

    feather.write_feather(pyarrow.table({"date": [1], "price": [2.0]}), str(tmp_path / "x.feather"))
    with pytest.raises(DataError, match="must have columns for time, open"):
        read_candle_file(tmp_path / "x.feather", "BTC")
