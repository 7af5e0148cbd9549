"""Which files an archive is asked for, and what is accepted as one."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO

import numpy as np
import pytest
from archive_files import binance_zip, bitget_zip, checksum_file, zipped
from archive_market import DAY_MS, MINUTE_MS, Market, candles

from passivtui.market.sources.archives import BinanceArchive, BitgetArchive, BybitArchive
from passivtui.market.sources.fetch import DamagedFile

TABLE = candles(Market("BTC"), 1_735_689_600_000, 1_735_689_600_000 + 99 * MINUTE_MS)


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def days(first: str, last: str) -> list[int]:
    return list(range(day(first), day(last) + 1))


def test_binance_is_asked_for_months_where_they_are_cheaper() -> None:
    archive = BinanceArchive("https://a")
    wanted = days("2024-12-30", "2025-03-03")
    files = archive.files("BTCUSDT", wanted, day("2025-03-04"))
    folder = "https://a/data/futures/um"
    assert [file.url for file in files] == [
        f"{folder}/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-12-30.zip",
        f"{folder}/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-12-31.zip",
        f"{folder}/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2025-01.zip",
        f"{folder}/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2025-02.zip",
        f"{folder}/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-03-01.zip",
        f"{folder}/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-03-02.zip",
        f"{folder}/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-03-03.zip",
    ]
    assert sorted(day for file in files for day in file.wanted) == wanted
    february = files[3]
    assert (february.first_ms, february.last_ms) == (day("2025-02-01") * DAY_MS, day("2025-03-01") * DAY_MS - 1)
    assert [part.first_day for part in archive.days_of(february, "BTCUSDT")] == days("2025-02-01", "2025-02-28")
    assert archive.days_of(files[0], "BTCUSDT") == []


def test_bybit_and_bitget_are_asked_for_days() -> None:
    (file,) = BybitArchive("https://b").files("BTCUSDT", days("2025-01-05", "2025-01-05"), day("2025-02-01"))
    assert file.url == "https://b/trading/BTCUSDT/BTCUSDT2025-01-05.csv.gz"
    old, new = BitgetArchive("https://c").files("BTCUSDT", days("2024-04-18", "2024-04-19"), day("2025-02-01"))
    assert old.url == "https://c/online/kline/BTCUSDT/BTCUSDT_UMCBL_1min_20240418.zip"
    assert new.url == "https://c/online/kline/BTCUSDT/UMCBL/20240419.zip"
    assert (new.first_day, new.last_day, new.wanted) == (day("2024-04-18"), day("2024-04-20"), (day("2024-04-19"),))


def test_a_file_is_read_when_its_checksum_fits() -> None:
    content = binance_zip("x", TABLE)
    archive = BinanceArchive("")
    for checksum in (checksum_file(content, "x.zip"), None):
        np.testing.assert_array_equal(archive.read(content, checksum).table, TABLE)
    for wrong in (b"0" * 64, b"", b"\xff\xfe"):
        with pytest.raises(DamagedFile, match="checksum"):
            archive.read(content, wrong)


def two_files() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", "")
        archive.writestr("b.csv", "")
    return buffer.getvalue()


@pytest.mark.parametrize("content", [b"", b"<html>", binance_zip("x", TABLE)[:2000], two_files()])
def test_what_is_no_zip_of_one_file_is_damaged(content: bytes) -> None:
    with pytest.raises(DamagedFile):
        BinanceArchive("").read(content, None)


def test_bitget_may_send_a_sheet_or_a_csv() -> None:
    archive = BitgetArchive("")
    lines = "\n".join(",".join(map(str, row)) for row in TABLE.tolist())
    for content in (bitget_zip("x", TABLE), zipped("x.csv", lines.encode())):
        np.testing.assert_array_equal(archive.read(content, None).table, TABLE)
    with pytest.raises(DamagedFile):
        archive.read(zipped("x.xlsx", b"PK\x03\x04 and no more"), None)
