"""What the loader makes of what the venues serve: complete days, gaps, damage, absence; and where a stop leaves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from archive_market import COLUMNS, DAY_MS, MINUTE_MS, Market, candles
from archive_server import ArchiveServer, Fault, disordered, duplicated, without
from archive_time import NOW_MS, ManualTime

from passivtui.errors import Cancelled, StorageError, UsageError, VenueError
from passivtui.market.issues import DataIssue
from passivtui.market.sources.download import ensure, first_minutes, refresh_markets
from passivtui.market.sources.rows import Rows, candles_of, joined
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.sources.tally import DownloadProgress
from passivtui.market.sources.wants import Want
from passivtui.market.store import CandleStore
from passivtui.progress import CancelToken, Progress, ProgressSink

LISTED_MS = 1_736_930_700_000  # 2025-01-15T08:45
GAPPY_MS = 1_748_750_400_000  # 2025-06-01T04:00
BTC = Market("BTC", price=60_000, decimals=1)
NEW = Market("NEW", price=2, decimals=4, first_ms=LISTED_MS)
GAP = Market("GAP", gaps=((GAPPY_MS, 2), (GAPPY_MS + 60 * MINUTE_MS, 200)))
GONE = Market("GONE", gaps=((GAPPY_MS // DAY_MS * DAY_MS, 1440),))  # a whole day that the venue doesn't have
YESTERDAY = NOW_MS // DAY_MS * DAY_MS - DAY_MS
LATE = Market("LATE", gaps=((YESTERDAY + 60 * MINUTE_MS, 200),))
OVER = Market("OVER", gaps=((YESTERDAY - 9 * DAY_MS, 100_000),))  # its last candle is ten days old
MARKETS = (BTC, NEW, GAP, GONE, LATE, OVER, Market("1000PEPE", price=9))


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def day(text: str) -> int:
    return at(text) // DAY_MS


def want(coin: str, first: str, last: str, exchange: str = "binance") -> Want:
    """Whole days, both included."""
    return Want(exchange, coin, at(first), at(last) + DAY_MS - MINUTE_MS)


@pytest.fixture(scope="module")
def serving() -> Iterator[ArchiveServer]:
    contracts = [replace(market, contract_size=0.01) for market in MARKETS]
    usdc = [replace(market, quote="USDC") for market in MARKETS]
    markets = {"binance": MARKETS, "bybit": MARKETS, "bitget": MARKETS, "okx": contracts, "gateio": contracts}
    with ArchiveServer({**markets, "hyperliquid": usdc, "kucoin": contracts}, now_ms=NOW_MS) as running:
        yield running


@pytest.fixture
def server(serving: ArchiveServer) -> ArchiveServer:
    serving.faults.clear()
    serving.requests.clear()
    return serving


Load = Callable[..., tuple[DataIssue, ...]]


@pytest.fixture
def load(
    server: ArchiveServer,
    store: CandleStore,
    asking: Callable[..., SourceSettings],
    manual: ManualTime,
    seen: list[Progress],
) -> Load:
    """`load(want, ...)`: download from the test's server with the test's time."""

    def run(
        *wants: Want, now_ms: int = NOW_MS, cancel: CancelToken | None = None, progress: ProgressSink = seen.append
    ) -> object:
        return ensure(store, wants, asking(server.url), progress, cancel, timing=manual.timing(now_ms))

    return run  # type: ignore[return-value]


def assert_stored(store: CandleStore, market: Market, first: int, last: int, exchange: str = "binance") -> None:
    """The store holds exactly what the market has from `first` to `last`, in every value."""
    coin = market.base.removeprefix("1000")
    expected = candles(market, first, last)
    held = store.read(exchange, coin, first, last)
    np.testing.assert_array_equal(held.timestamp_ms, expected[:, 0].astype(np.int64))
    for index, name in enumerate(COLUMNS, 1):
        np.testing.assert_array_equal(getattr(held, name), expected[:, index], err_msg=name)


def warnings(issues: tuple[DataIssue, ...]) -> list[str]:
    return [str(issue) for issue in issues if issue.severity == "warning"]


def test_months_and_days_come_from_the_archive_and_only_once(server: ArchiveServer, store: CandleStore, load: Load):
    wanted = want("BTC", "2025-04-20", "2025-06-03")
    assert load(wanted) == ()
    assert_stored(store, BTC, wanted.first_ms, wanted.last_ms)
    assert len(server.asked("monthly")) == 2 * 2  # April and May, each with its checksum
    assert len(server.asked("daily")) == 3 * 2
    assert store.days_held("binance", "BTC") >= set(range(day("2025-04-20"), day("2025-06-04")))
    assert all("startTime=15778" in asked for asked in server.asked("interval=1m&"))  # only to date the listing
    server.requests.clear()
    assert load(wanted) == ()
    assert server.requests == []


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bitget", "okx", "gateio", "hyperliquid", "kucoin"])
def test_yesterday_and_today_are_had_from_every_venue(
    exchange: str, store: CandleStore, load: Load, server: ArchiveServer
) -> None:
    wanted = want("PEPE", "2025-06-14", "2025-06-15", exchange)
    assert warnings(load(wanted)) == []
    market = next(market for market in server.markets[exchange] if market.base == "1000PEPE")
    last_closed = NOW_MS // MINUTE_MS * MINUTE_MS - MINUTE_MS
    assert_stored(store, market, wanted.first_ms, last_closed, exchange)
    assert store.coverage(exchange, "PEPE").last_ms == last_closed
    assert store.days_held(exchange, "PEPE") == {day("2025-06-14")}  # today is not over


def test_todays_rest_is_fetched_by_the_next_run(server: ArchiveServer, store: CandleStore, load: Load) -> None:
    wanted = want("BTC", "2025-06-14", "2025-06-15")
    load(wanted, now_ms=NOW_MS - 60 * MINUTE_MS)
    server.requests.clear()
    load(wanted)
    assert_stored(store, BTC, wanted.first_ms, NOW_MS // MINUTE_MS * MINUTE_MS - MINUTE_MS)
    (asked,) = server.asked("klines?")
    assert "limit=60" in asked


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bitget"])
def test_gaps_stay_gaps_and_their_days_are_settled(
    exchange: str, server: ArchiveServer, store: CandleStore, load: Load
) -> None:
    wanted = want("GAP", "2025-05-30", "2025-06-03", exchange)
    load(wanted)
    assert_stored(store, GAP, wanted.first_ms, wanted.last_ms, exchange)
    assert set(range(day("2025-05-30"), day("2025-06-04"))) <= store.days_held(exchange, "GAP")
    server.requests.clear()
    load(wanted)
    assert server.requests == []


def test_a_day_that_the_venue_does_not_have_is_settled_as_empty(
    server: ArchiveServer, store: CandleStore, load: Load
) -> None:
    wanted = want("GONE", "2025-05-30", "2025-06-03")
    load(wanted)
    assert_stored(store, GONE, wanted.first_ms, wanted.last_ms)
    assert day("2025-06-01") in store.days_held("binance", "GONE")
    server.requests.clear()
    load(wanted)
    assert server.requests == []


def test_a_gap_of_yesterday_is_asked_about_again(store: CandleStore, load: Load) -> None:
    wanted = want("LATE", "2025-06-13", "2025-06-15")
    load(wanted)
    assert store.days_held("binance", "LATE") == {day("2025-06-13")}
    load(wanted, now_ms=NOW_MS + DAY_MS)  # as the venue's clock has it, yesterday is still yesterday
    assert store.days_held("binance", "LATE") == {day("2025-06-13")}


def test_days_after_the_last_candle_are_not_settled(store: CandleStore, load: Load) -> None:
    load(want("OVER", "2025-06-03", "2025-06-10"))
    assert_stored(store, OVER, at("2025-06-03"), at("2025-06-10T23:59"))
    assert store.days_held("binance", "OVER") == {day("2025-06-03"), day("2025-06-04")}


def test_an_archive_without_a_file_is_filled_from_the_api(
    server: ArchiveServer, store: CandleStore, load: Load
) -> None:
    server.faults += [Fault("1m-2025-05.zip", "missing"), Fault("1m-2025-05-07.zip", "missing")]
    wanted = want("BTC", "2025-05-01", "2025-05-20")
    assert load(wanted) == ()
    assert_stored(store, BTC, wanted.first_ms, wanted.last_ms)
    assert set(range(day("2025-05-01"), day("2025-05-21"))) <= store.days_held("binance", "BTC")
    assert server.asked("monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2025-05.zip")
    assert len([asked for asked in server.asked("interval=1m&") if "startTime=1746" in asked]) == 2  # pages of a day


def test_minutes_that_the_archive_lost_come_from_the_api(server: ArchiveServer, store: CandleStore, load: Load) -> None:
    server.faults.append(Fault("/archive/", "rows", change=without(GAPPY_MS, 200)))
    wanted = want("BTC", "2025-05-30", "2025-06-03")
    assert load(wanted) == ()
    assert_stored(store, BTC, wanted.first_ms, wanted.last_ms)


@pytest.mark.parametrize("kind", ["truncated", "wrong checksum"])
def test_a_damaged_file_is_replaced_by_other_sources_and_told(
    kind: str, server: ArchiveServer, store: CandleStore, load: Load
) -> None:
    ending = ".zip.CHECKSUM" if kind == "wrong checksum" else ".zip"
    server.faults.append(Fault(f"1m-2025-06-02{ending}", kind))  # type: ignore[arg-type]
    wanted = want("BTC", "2025-06-01", "2025-06-03")
    (told,) = warnings(load(wanted))
    assert "BTCUSDT-1m-2025-06-02.zip can't be used" in told
    assert_stored(store, BTC, wanted.first_ms, wanted.last_ms)


@pytest.mark.parametrize("first", ["2025-05-01", "2025-05-25"])
def test_what_is_stored_is_never_changed(first: str, server: ArchiveServer, store: CandleStore, load: Load) -> None:
    start = at("2025-05-27T06:00")
    mine = joined(
        [candles_of("BTC", "mine", Rows(candles(BTC, start, start + 99 * MINUTE_MS)), start, at("2025-05-28"))]
    )
    mine.volume[:] = 0.125
    store.write("binance", "BTC", mine, origin="mine")
    wanted = want("BTC", first, "2025-05-29")
    assert load(wanted) == ()
    held = store.read("binance", "BTC", start, start + 99 * MINUTE_MS)
    assert set(held.volume.tolist()) == {0.125}
    assert len(store.read("binance", "BTC", wanted.first_ms, wanted.last_ms)) == len(
        candles(BTC, wanted.first_ms, wanted.last_ms)
    )
    assert day("2025-05-27") in store.days_held("binance", "BTC")


def test_rows_twice_and_out_of_order_are_told_and_put_right(
    server: ArchiveServer, store: CandleStore, load: Load
) -> None:
    server.faults.append(Fault("1m-2025-06-02", "rows", change=disordered))
    server.faults.append(Fault("1m-2025-06-03", "rows", change=duplicated))
    wanted = want("BTC", "2025-06-01", "2025-06-03")
    backwards, twice = warnings(load(wanted))
    assert backwards == (
        "BTC: BTCUSDT-1m-2025-06-02.zip: the time goes back at 1 row (first 2025-06-02 00:00); "
        "the rows were put in order of time"
    )
    assert "BTCUSDT-1m-2025-06-03.zip: 144 rows" in twice
    assert "the last one counts" in twice
    assert_stored(store, BTC, wanted.first_ms, at("2025-06-02T23:59"))
    third = store.read("binance", "BTC", at("2025-06-03"), wanted.last_ms)
    expected = candles(BTC, at("2025-06-03"), wanted.last_ms)[:, 5]
    expected[::10] += 1
    np.testing.assert_array_equal(third.volume, expected)


def test_dates_before_the_listing_are_told_and_not_asked_for(
    server: ArchiveServer, store: CandleStore, load: Load
) -> None:
    wanted = want("NEW", "2024-12-01", "2025-01-31")
    (told,) = load(wanted)
    assert str(told) == "NEW: binance has candles from 2025-01-15 on only"
    assert_stored(store, NEW, wanted.first_ms, wanted.last_ms)
    assert store.listing("binance", "NEW") == LISTED_MS
    assert not server.asked("2024-12")
    (told,) = load(want("NEW", "2024-11-01", "2024-12-31"))
    assert str(told) == "NEW: binance has candles from 2025-01-15 on only, none of the days asked for"


def test_a_coin_that_the_venue_does_not_have_is_told_with_near_names(load: Load) -> None:
    (told,) = load(want("PEPPE", "2025-06-01", "2025-06-01"))
    assert str(told) == "PEPPE: binance has no perpetual of it; near names are PEPE"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("binanse", "there is no exchange binanse; did you mean binance?"),
        ("nyse", "there is no exchange nyse; use one of binance"),
        ("demo", "Demo market has no candles to download"),
        ("defx", "DeFX has no candles to download"),
    ],
)
def test_an_exchange_that_is_none_is_wrong_usage(name: str, words: str, load: Load) -> None:
    with pytest.raises(UsageError) as caught:
        load(want("BTC", "2025-06-01", "2025-06-01", name))
    assert words in str(caught.value)


def test_a_clock_in_the_future_stores_nothing_that_has_not_happened(store: CandleStore, load: Load) -> None:
    wanted = want("BTC", "2025-06-13", "2025-06-20")
    load(wanted, now_ms=NOW_MS + 4 * DAY_MS)
    last_closed = NOW_MS // MINUTE_MS * MINUTE_MS - MINUTE_MS
    assert store.coverage("binance", "BTC").last_ms == last_closed
    assert_stored(store, BTC, wanted.first_ms, last_closed)
    assert store.days_held("binance", "BTC") == {day("2025-06-13"), day("2025-06-14")}


def test_a_venue_that_keeps_little_tells_what_can_not_be_had(store: CandleStore, load: Load) -> None:
    (told,) = load(want("BTC", "2025-06-01", "2025-06-14", "hyperliquid"))
    assert str(told) == (
        "BTC: hyperliquid keeps 1m candles for 3.5 days only: 2025-06-01 to 2025-06-11 can't be downloaded"
    )
    first = (NOW_MS // MINUTE_MS - 4990) * MINUTE_MS
    assert_stored(store, replace(BTC, quote="USDC"), first, at("2025-06-14T23:59"), "hyperliquid")


def test_a_venue_that_is_away_does_not_stop_the_others(server: ArchiveServer, store: CandleStore, load: Load) -> None:
    server.faults.append(Fault("/archive/bybit", "status", status=500))
    wants = [want("BTC", "2025-06-01", "2025-06-02", exchange) for exchange in ("bybit", "binance")]
    with pytest.raises(VenueError, match=r"can't download .*/archive/bybit/.*try again"):
        load(*wants)
    assert_stored(store, BTC, wants[0].first_ms, wants[0].last_ms)
    server.faults.clear()
    assert load(*wants) == ()
    assert_stored(store, BTC, wants[0].first_ms, wants[0].last_ms, "bybit")


def test_what_came_before_a_cancel_stays_and_the_next_run_goes_on(
    server: ArchiveServer, store: CandleStore, load: Load
) -> None:
    token = CancelToken()

    def watch(progress: Progress) -> None:
        if progress.done >= 3:
            token.cancel()

    wanted = want("BTC", "2025-06-01", "2025-06-07")
    with pytest.raises(Cancelled):
        load(wanted, cancel=token, progress=watch)
    held = store.days_held("binance", "BTC")
    assert 3 <= len(held) < 7
    server.requests.clear()
    assert load(wanted) == ()
    assert_stored(store, BTC, wanted.first_ms, wanted.last_ms)
    assert len(server.asked(".zip")) == 2 * (7 - len(held))


def test_a_token_that_is_cancelled_already_asks_nothing(server: ArchiveServer, load: Load) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        load(want("BTC", "2025-06-01", "2025-06-07"), cancel=token)
    assert server.requests == []


def test_progress_counts_days_bytes_rate_and_time_left(load: Load, seen: list[Progress]) -> None:
    load(want("BTC", "2025-06-01", "2025-06-04"), want("GAP", "2025-05-31", "2025-06-02"))
    last = seen[-1]
    assert isinstance(last, DownloadProgress)
    assert (last.done, last.total, last.seconds_left) == (7, 7, 0.0)
    assert last.received_bytes > 100_000
    assert last.bytes_per_second > 0
    assert "left" in last.unit
    assert any(progress.phase == "binance BTC" for progress in seen)


def test_listings_are_asked_for_once(server: ArchiveServer, store: CandleStore, asking: Callable[..., SourceSettings]):
    coins = {"binance": ["NEW", "BTC", "NONE"], "bybit": ["NEWUSDT"]}
    found, issues = first_minutes(store, coins, asking(server.url), timing=ManualTime().timing())
    assert found == {
        ("binance", "NEW"): LISTED_MS,
        ("binance", "BTC"): BTC.first_ms,
        ("bybit", "NEW"): LISTED_MS,
    }
    assert [issue.coin for issue in issues] == ["NONE"]
    server.requests.clear()
    coins["binance"].remove("NONE")
    assert first_minutes(store, coins, asking(server.url), timing=ManualTime().timing()) == (found, ())
    assert server.requests == []


def test_market_settings_are_asked_for_once_a_day_and_old_ones_serve_when_needed(
    server: ArchiveServer, store: CandleStore, asking: Callable[..., SourceSettings]
) -> None:
    def refresh(days_later: float) -> tuple[DataIssue, ...]:
        timing = ManualTime().timing(NOW_MS + round(days_later * DAY_MS))
        return refresh_markets(store, ["binance"], asking(server.url), timing=timing)

    assert refresh(0) == ()
    spec = store.markets("binance")["PEPE"]
    assert (spec.symbol, spec.qty_step, spec.price_step, spec.min_cost) == ("1000PEPE/USDT:USDT", 0.001, 0.01, 5.0)
    server.requests.clear()
    assert refresh(0.9) == ()
    assert server.requests == []
    assert refresh(1.1) == ()
    assert len(server.asked("exchangeInfo")) == 1
    server.faults.append(Fault("exchangeInfo", "status", status=500))
    (told,) = refresh(4)
    assert "market settings of binance are 2 days old" in str(told)
    assert "PEPE" in store.markets("binance")


@pytest.mark.parametrize("place", [3, -5])
def test_a_damaged_day_of_the_store_is_told_and_fetched_again(place: int, store: CandleStore, load: Load) -> None:
    wanted = want("BTC", "2025-06-15", "2025-06-15")
    load(wanted, now_ms=NOW_MS - 60 * MINUTE_MS)  # today: not settled, so that it is read again
    (file,) = [path for path in (store.root / "binance" / "BTC").iterdir() if "2025-06-15" in path.name]
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    (told,) = warnings(load(wanted))
    assert "2025-06-15" in told
    assert_stored(store, BTC, wanted.first_ms, NOW_MS // MINUTE_MS * MINUTE_MS - MINUTE_MS)


def test_a_disk_that_is_full_ends_it_in_one_sentence(
    server: ArchiveServer, store: CandleStore, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = want("BTC", "2025-06-01", "2025-06-07")
    real_write, written = store.write, []

    def write(*arguments: object, **named: object) -> object:
        if len(written) == 2:
            raise StorageError("can't write candles: the disk is full; free some space and try again")
        written.append(arguments)
        return real_write(*arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "write", lambda _, *arguments, **named: write(*arguments, **named))
        with pytest.raises(StorageError, match="the disk is full"):
            load(wanted)
    assert len(store.days_held("binance", "BTC")) == 2
    assert load(wanted) == ()
    assert_stored(store, BTC, wanted.first_ms, wanted.last_ms)
