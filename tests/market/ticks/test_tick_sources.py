"""Archive files of trades: the venues' forms, and what is wrong with them, told."""

from __future__ import annotations

import gzip
from contextlib import suppress

import numpy as np
import pytest
from archive_files import zipped
from hypothesis import given
from hypothesis import strategies as st

from passivtui.market.sources.fetch import DamagedFile
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.ticks.sources import BinanceTicks, BybitTicks, is_symbol

BINANCE = BinanceTicks(SourceSettings())
BYBIT = BybitTicks(SourceSettings())
HEADINGS = "timestamp,symbol,side,size,price\n"


def binance(*lines: str) -> bytes:
    return zipped("trades.csv", "".join(f"{line}\n" for line in lines).encode())


def bybit(*lines: str) -> bytes:
    return gzip.compress((HEADINGS + "".join(f"{line}\n" for line in lines)).encode())


def test_trades_that_are_there_twice_count_once_and_are_put_in_order() -> None:
    found = BINANCE.read(
        binance(
            "7,100.5,2,1,1,1700000000007,false", "5,100,1,1,1,1700000000005,true", "7,100.5,2,1,1,1700000000007,false"
        ),
        None,
    )
    assert found.trade_id.tolist() == [5, 7]
    assert found.buyer_is_maker.tolist() == [True, False]


def test_times_in_microseconds_are_understood() -> None:
    found = BINANCE.read(binance("1,5,1,1,1,1700000000007123,True"), None)
    assert found.timestamp_ms.tolist() == [1_700_000_000_007]


def test_times_of_bybit_lose_no_millisecond() -> None:
    found = BYBIT.read(bybit(*(f"17000000{ms:02}.{ms:03},X,Sell,1,5" for ms in range(100))), None)
    assert (found.timestamp_ms % 1000).tolist() == list(range(100))


@pytest.mark.parametrize("price", ["0", "-5", "nan", "inf"])
def test_prices_that_are_none_are_damage(price: str) -> None:
    with pytest.raises(DamagedFile, match="trade 1 has the price"):
        BINANCE.read(binance(f"1,{price},1,1,1,1700000000000,true"), None)
    with pytest.raises(DamagedFile, match="trade 1 has the price"):
        BYBIT.read(bybit(f"1700000000.1,X,Buy,1,{price}"), None)


@pytest.mark.parametrize("content", [b"", b"no zip", binance("1,5"), binance("a,b,c,d,e,f,g,h"), zipped("x", b"")[:-9]])
def test_a_zip_that_can_not_be_read_is_damage(content: bytes) -> None:
    with pytest.raises(DamagedFile):
        BINANCE.read(content, None)


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", bybit("1,X"), bybit("x,X,Buy,1,2"), gzip.compress(b"time,price\n1,2\n")]
)
def test_a_gzip_that_can_not_be_read_is_damage(content: bytes) -> None:
    with pytest.raises(DamagedFile):
        BYBIT.read(content, None)


def test_a_file_of_headings_is_a_day_without_trades() -> None:
    assert len(BYBIT.read(bybit(), None)) == 0


def test_a_checksum_that_does_not_fit_is_damage() -> None:
    with pytest.raises(DamagedFile, match="checksum"):
        BINANCE.read(binance("1,5,1,1,1,1700000000000,true"), b"0" * 64 + b"  x.zip")


def test_files_are_named_as_the_venues_name_them() -> None:
    day = 19_943
    assert BINANCE.url("ETHUSDT", day).endswith("/um/daily/aggTrades/ETHUSDT/ETHUSDT-aggTrades-2024-08-08.zip")
    assert BINANCE.url("BTCUSD_PERP", day).endswith(
        "/cm/daily/aggTrades/BTCUSD_PERP/BTCUSD_PERP-aggTrades-2024-08-08.zip"
    )
    assert BINANCE.url("BTCUSDT_240927", day).endswith(
        "/um/daily/aggTrades/BTCUSDT_240927/BTCUSDT_240927-aggTrades-2024-08-08.zip"
    )
    assert BYBIT.url("BTCUSD", day) == "https://public.bybit.com/trading/BTCUSD/BTCUSD2024-08-08.csv.gz"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("BTCUSDT", True), ("1000PEPEUSDT", True), ("BTCUSD_PERP", True), ("a/b", False), ("..", False), ("", False)],
)
def test_symbols_can_not_leave_their_folder(text: str, expected: bool) -> None:
    assert is_symbol(text) is expected


_CELLS = st.sampled_from(["1", "5", "0", "-1", "1e400", "nan", "true", "x", "", "1700000000000", "1700000000.5", '"'])
_LINES = st.lists(st.lists(_CELLS, max_size=8).map(",".join), max_size=6)


@given(_LINES)
def test_whatever_a_file_holds_it_is_trades_or_damage(lines: list[str]) -> None:
    for source, content in ((BINANCE, binance(*lines)), (BYBIT, bybit(*lines))):
        with suppress(DamagedFile):
            found = source.read(content, None)
            assert (found.price > 0.0).all()
            assert (np.diff(found.timestamp_ms) >= 0).all()
