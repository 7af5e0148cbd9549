"""Trades from archives and APIs: in the venues' forms, with their faults, resumed, never asked for twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from archive_server import Fault
from archive_ticks import TickServer, day_trades
from archive_time import NOW_MS, ManualTime

from passivtui.clock import DAY_MS, iso_day
from passivtui.errors import Cancelled, UsageError, VenueError
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.ticks import TickStore, TickWant, ensure_ticks
from passivtui.progress import CancelToken, Progress

TODAY = NOW_MS // DAY_MS
FIRST = TODAY - 10
SYMBOLS = {"binance": ("BTCUSDT", "BTCUSD_PERP"), "bybit": ("BTCUSD",)}


@pytest.fixture(scope="module")
def serving() -> Iterator[TickServer]:
    with TickServer(SYMBOLS, FIRST, now_ms=NOW_MS, published_days=1) as running:
        yield running


@pytest.fixture
def server(serving: TickServer) -> TickServer:
    serving.faults.clear()
    serving.requests.clear()
    return serving


@pytest.fixture
def settings(server: TickServer) -> SourceSettings:
    fast = replace(SourceSettings(), requests_per_second=10_000.0, attempts=3, timeout_seconds=5.0)
    return fast.served_by(server.url)


@pytest.fixture
def store(tmp_path: Path) -> TickStore:
    return TickStore(tmp_path / "ticks")


def download(store: TickStore, settings: SourceSettings, *wants: TickWant, **more: object) -> list[str]:
    issues = ensure_ticks(store, wants, settings, timing=ManualTime().timing(), **more)  # type: ignore[arg-type]
    return [str(issue) for issue in issues]


def stored(store: TickStore, exchange: str, symbol: str, day: int) -> list[tuple[int, float, float, bool]]:
    found = store.read(exchange, symbol, day, day)
    columns = (found.timestamp_ms, found.price, found.qty, found.buyer_is_maker)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def served(day: int) -> list[tuple[int, float, float, bool]]:
    return [row[1:] for row in day_trades(day)]


@pytest.mark.parametrize(
    ("exchange", "symbol", "part"),
    [
        ("binance", "BTCUSDT", "/um/daily/aggTrades/"),
        ("binance", "BTCUSD_PERP", "/cm/daily/aggTrades/"),
        ("bybit", "BTCUSD", "/trading/BTCUSD/"),
    ],
)
def test_whole_days_come_from_the_archive_and_are_not_asked_for_again(
    store: TickStore, settings: SourceSettings, server: TickServer, exchange: str, symbol: str, part: str
) -> None:
    want = TickWant(exchange, symbol, TODAY - 5, TODAY - 3)
    assert download(store, settings, want) == []
    for day in range(TODAY - 5, TODAY - 2):
        assert stored(store, exchange, symbol, day) == served(day)
    files = [request for request in server.asked(part) if not request.endswith(".CHECKSUM")]
    assert len(files) == 3
    server.requests.clear()
    assert download(store, settings, replace(want, first_day=TODAY - 6)) == []
    assert len([request for request in server.asked(part) if not request.endswith(".CHECKSUM")]) == 1


def test_binance_days_that_the_archive_lacks_come_from_the_api(
    store: TickStore, settings: SourceSettings, server: TickServer
) -> None:
    assert download(store, settings, TickWant("binance", "BTCUSDT", TODAY - 1, TODAY + 5)) == []
    assert stored(store, "binance", "BTCUSDT", TODAY - 1) == served(TODAY - 1)
    assert list(store.days("binance", "BTCUSDT")) == [TODAY - 1]  # today is not over
    assert len(server.asked("fromId=")) == 2


def test_bybit_days_that_the_archive_lacks_are_told(store: TickStore, settings: SourceSettings) -> None:
    (issue,) = download(store, settings, TickWant("bybit", "BTCUSD", TODAY - 2, TODAY - 1))
    assert f"there are no trades of {iso_day((TODAY - 1) * DAY_MS)} to be had" in issue
    assert "may be published in a day or two" in issue
    assert list(store.days("bybit", "BTCUSD")) == [TODAY - 2]


def test_days_before_a_market_began_are_told_once_and_not_asked_for_hour_by_hour(
    store: TickStore, settings: SourceSettings, server: TickServer
) -> None:
    (issue,) = download(store, settings, TickWant("binance", "BTCUSDT", FIRST - 5, FIRST))
    assert issue.endswith(f"there are no trades of {iso_day((FIRST - 5) * DAY_MS)} and 4 more days to be had")
    assert list(store.days("binance", "BTCUSDT")) == [FIRST]
    assert server.asked("/v1/aggTrades") == []


def test_a_day_that_the_archive_lost_comes_from_the_api(
    store: TickStore, settings: SourceSettings, server: TickServer
) -> None:
    assert download(store, settings, TickWant("binance", "BTCUSDT", TODAY - 8, TODAY - 8)) == []
    server.faults.append(Fault(iso_day((TODAY - 7) * DAY_MS), "missing"))
    assert download(store, settings, TickWant("binance", "BTCUSDT", TODAY - 7, TODAY - 7)) == []
    assert stored(store, "binance", "BTCUSDT", TODAY - 7) == served(TODAY - 7)


@pytest.mark.parametrize("kind", ["truncated", "wrong checksum", "garbage", "dropped"])
def test_a_damaged_file_is_fetched_again(
    store: TickStore, settings: SourceSettings, server: TickServer, kind: str
) -> None:
    match = ".CHECKSUM" if kind == "wrong checksum" else "aggTrades"
    server.faults.append(Fault(match, kind, times=1))  # type: ignore[arg-type]
    assert download(store, settings, TickWant("binance", "BTCUSDT", TODAY - 4, TODAY - 4)) == []
    assert stored(store, "binance", "BTCUSDT", TODAY - 4) == served(TODAY - 4)


def test_a_file_that_stays_damaged_is_told_and_the_api_asked(
    store: TickStore, settings: SourceSettings, server: TickServer
) -> None:
    server.faults.append(Fault("/daily/aggTrades/", "truncated"))
    (issue,) = download(store, settings, TickWant("binance", "BTCUSDT", TODAY - 4, TODAY - 4))
    assert "is damaged" in issue
    assert stored(store, "binance", "BTCUSDT", TODAY - 4) == served(TODAY - 4)


def test_one_day_that_fails_does_not_lose_the_others(
    store: TickStore, settings: SourceSettings, server: TickServer
) -> None:
    server.faults.append(Fault(f"BTCUSD{iso_day((TODAY - 4) * DAY_MS)}", "status"))
    with pytest.raises(VenueError, match="HTTP 500"):
        download(store, settings, TickWant("bybit", "BTCUSD", TODAY - 5, TODAY - 3))
    assert list(store.days("bybit", "BTCUSD")) == [TODAY - 5, TODAY - 3]
    server.faults.clear()
    assert download(store, settings, TickWant("bybit", "BTCUSD", TODAY - 5, TODAY - 3)) == []
    assert len(store.days("bybit", "BTCUSD")) == 3


def test_a_symbol_that_binance_does_not_have_is_refused(store: TickStore, settings: SourceSettings) -> None:
    with pytest.raises(VenueError, match="HTTP 400"):
        download(store, settings, TickWant("binance", "NOPEUSDT", TODAY - 1, TODAY - 1))
    (issue,) = download(store, settings, TickWant("binance", "NOPEUSDT", TODAY - 5, TODAY - 5))
    assert "NOPEUSDT: there are no trades of" in issue


@pytest.mark.parametrize(
    ("exchange", "symbol", "message"),
    [
        ("okx", "BTCUSDT", "there are of binance and bybit"),
        ("bybit", "../../etc", "is no symbol"),
        ("binance", "btc usdt", "is no symbol"),
    ],
)
def test_what_can_not_be_downloaded_is_refused(
    store: TickStore, settings: SourceSettings, exchange: str, symbol: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        download(store, settings, TickWant(exchange, symbol, TODAY - 3, TODAY - 3))


def test_a_download_is_cancelled_and_gone_on_with(
    store: TickStore, settings: SourceSettings, server: TickServer
) -> None:
    token = CancelToken()

    def watch(progress: Progress) -> None:
        if progress.done >= 2:
            token.cancel()

    want = TickWant("bybit", "BTCUSD", TODAY - 8, TODAY - 3)
    with pytest.raises(Cancelled):
        download(store, settings, want, progress=watch, cancel=token)
    held = len(store.days("bybit", "BTCUSD"))
    assert 2 <= held < 6
    server.requests.clear()
    assert download(store, settings, want) == []
    assert len(server.asked("/trading/")) == 6 - held
    assert store.verify("bybit", "BTCUSD") == ()


def test_files_without_headings_are_read(store: TickStore, settings: SourceSettings) -> None:
    with TickServer(SYMBOLS, FIRST, now_ms=NOW_MS, headings=False) as server:
        elsewhere = replace(settings).served_by(server.url)
        assert download(store, elsewhere, TickWant("binance", "BTCUSDT", TODAY - 3, TODAY - 3)) == []
    assert stored(store, "binance", "BTCUSDT", TODAY - 3) == served(TODAY - 3)
