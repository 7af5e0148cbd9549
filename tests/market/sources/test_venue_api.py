"""Every venue's candles through the real ccxt over real sockets: value by value, and what the network does to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from archive_market import DAY_MS, MINUTE_MS, Market, candles
from archive_server import VENUES, ArchiveServer, Fault
from archive_time import NOW_MS, ManualTime

from passivtui.errors import VenueError
from passivtui.exchanges.ccxt_client import public_client
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.exchanges.opening import ledger_of
from passivtui.exchanges.rate_ledger import Priority, RateLedgers
from passivtui.exchanges.venues import VENUES as KNOWN_VENUES
from passivtui.exchanges.venues import venues_with_candles
from passivtui.market.sources.listing import first_minute
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.sources.tally import Tally
from passivtui.market.sources.venue_api import Refused, VenueApi, in_turn, open_api

LISTED_MS = 1_600_000_020_000  # 2020-09-13T12:27
DAY = (NOW_MS // DAY_MS - 1) * DAY_MS  # the last whole day
Open = Callable[..., AsyncIterator[VenueApi]]


def market_of(venue: str) -> Market:
    quote = "USDC" if venue == "hyperliquid" else "USDT"
    size = 0.01 if venue in ("okx", "gateio", "kucoin") else 1.0
    return Market("BTC", quote, price=60_000, decimals=1, first_ms=LISTED_MS, contract_size=size)


@pytest.fixture(scope="module")
def serving() -> Iterator[ArchiveServer]:
    markets = {venue: [market_of(venue), Market("1000PEPE", market_of(venue).quote)] for venue in VENUES}
    with ArchiveServer(markets, now_ms=NOW_MS) as running:
        yield running


@pytest.fixture
def server(serving: ArchiveServer) -> ArchiveServer:
    serving.faults.clear()
    serving.requests.clear()
    return serving


@pytest.fixture
def opened(
    server: ArchiveServer, asking: Callable[..., SourceSettings], manual: ManualTime, tally: Tally
) -> Callable[..., object]:
    @asynccontextmanager
    async def build(venue: str, now_ms: int = NOW_MS, **changes: object) -> AsyncIterator[VenueApi]:
        settings = asking(server.url, **changes)
        async with open_api(KNOWN_VENUES[venue], settings, manual.timing(now_ms), tally) as api:
            yield api

    return build


def test_every_venue_with_candles_has_rules() -> None:
    assert set(KLINE_RULES) == set(venues_with_candles()) - {"demo"} == set(VENUES)


@pytest.mark.parametrize("venue", VENUES)
async def test_a_day_comes_value_by_value_in_base_units(venue: str, opened: Callable[..., VenueApi]) -> None:
    expected = candles(market_of(venue), DAY, DAY + DAY_MS - MINUTE_MS)
    async with opened(venue) as api:  # type: ignore[attr-defined]
        markets = await api.markets()
        rows = await api.minutes(markets["BTC"].symbol, DAY, DAY + DAY_MS - MINUTE_MS)
        np.testing.assert_array_equal(rows.table, expected)
        assert list(markets) == ["BTC", "PEPE"]
        assert markets["PEPE"].pair.startswith("1000PEPE")
        assert markets["BTC"].c_mult == market_of(venue).contract_size


@pytest.mark.parametrize("venue", VENUES)
async def test_the_first_minute_is_found_in_few_requests(
    venue: str, server: ArchiveServer, opened: Callable[..., VenueApi]
) -> None:
    async with opened(venue) as api:  # type: ignore[attr-defined]
        symbol = (await api.markets())["BTC"].symbol
        server.requests.clear()
        found = await first_minute(api, symbol)
    assert found == (LISTED_MS if api.rules.kept_minutes is None else LISTED_MS // DAY_MS * DAY_MS)
    assert len(server.requests) <= 16


async def test_keys_are_not_needed_and_only_public_calls_are_made(
    server: ArchiveServer, opened: Callable[..., VenueApi]
) -> None:
    for venue in VENUES:
        async with opened(venue) as api:  # type: ignore[attr-defined]
            await api.markets()
            await api.markets()
    assert len(server.requests) <= 2 * len(VENUES) + 6  # Bybit asks twice, Bitget once per kind of futures
    assert not [path for path in server.requests if "sapi" in path or "account" in path or "exchange?" in path]


@pytest.mark.parametrize("page", [100, 999])
async def test_a_venue_that_serves_less_than_asked_loses_nothing(
    page: int, server: ArchiveServer, opened: Callable[..., VenueApi]
) -> None:
    server.faults.append(Fault("klines", "rows", change=lambda table: table[:page]))
    async with opened("binance") as api:  # type: ignore[attr-defined]
        rows = await api.minutes("BTC/USDT:USDT", DAY, DAY + DAY_MS - MINUTE_MS)
    np.testing.assert_array_equal(rows.table, candles(market_of("binance"), DAY, DAY + DAY_MS - MINUTE_MS))


@pytest.mark.parametrize(
    "fault",
    [
        Fault("klines", "status", times=2, status=500),
        Fault("klines", "status", times=2, status=429),
        Fault("klines", "dropped", times=2),
        Fault("klines", "truncated", times=2),
        Fault("klines", "garbage", times=2),
        Fault("klines", "slow", times=2, seconds=1.0),
        Fault("exchangeInfo", "truncated", times=2),
    ],
    ids=["500", "429", "dropped", "truncated", "no JSON", "slow", "markets truncated"],
)
async def test_what_may_pass_is_tried_again(
    fault: Fault, server: ArchiveServer, opened: Callable[..., VenueApi], manual: ManualTime
) -> None:
    server.faults.append(fault)
    async with opened("binance", timeout_seconds=0.3) as api:  # type: ignore[attr-defined]
        rows = await api.minutes("BTC/USDT:USDT", DAY, DAY + 9 * MINUTE_MS)
    assert len(rows.table) == 10
    assert [pause for pause in manual.slept if pause > 0.01] == [0.5, 1.0]


async def test_a_pause_that_the_venue_asks_for_is_kept(
    server: ArchiveServer, opened: Callable[..., VenueApi], manual: ManualTime
) -> None:
    server.faults.append(Fault("klines", "status", times=1, status=429, retry_after="11"))
    async with opened("binance") as api:  # type: ignore[attr-defined]
        assert len((await api.minutes("BTC/USDT:USDT", DAY, DAY)).table) == 1
    assert 10.9 < sum(manual.slept) < 11.1


async def test_what_does_not_pass_is_one_sentence(server: ArchiveServer, opened: Callable[..., VenueApi]) -> None:
    server.faults.append(Fault("klines", "status", status=500))
    async with opened("binance") as api:  # type: ignore[attr-defined]
        with pytest.raises(VenueError) as caught:
            await api.minutes("BTC/USDT:USDT", DAY, DAY)
    assert "Binance can't serve candles of BTC/USDT:USDT" in str(caught.value)
    assert "3 attempts" in str(caught.value)


async def test_a_refusal_is_told_and_not_tried_again(server: ArchiveServer, opened: Callable[..., VenueApi]) -> None:
    refusal = '{"code": -1121, "msg": "Invalid symbol."}'
    server.faults.append(Fault("klines", "status", status=400, body=refusal))
    async with opened("binance") as api:  # type: ignore[attr-defined]
        with pytest.raises(Refused, match="Binance won't serve candles"):
            await api.minutes("BTC/USDT:USDT", DAY, DAY)
    assert len(server.asked("klines")) == 1


async def test_the_earlier_of_both_clocks_counts(opened: Callable[..., VenueApi]) -> None:
    for ahead in (0, 3 * DAY_MS):
        async with opened("binance", now_ms=NOW_MS + ahead) as api:  # type: ignore[attr-defined]
            await api.markets()
            assert NOW_MS <= api.now_ms() < NOW_MS + 1000
    async with opened("binance", now_ms=NOW_MS - DAY_MS) as api:  # type: ignore[attr-defined]
        await api.markets()
        assert api.now_ms() == NOW_MS - DAY_MS


async def test_downloads_take_their_turns_in_the_ledger_of_the_bots(
    server: ArchiveServer, asking: Callable[..., SourceSettings], manual: ManualTime
) -> None:
    ledger = ledger_of("bybit", RateLedgers())
    assert ledger is not None
    refine, base_url = in_turn(ledger, manual.timing(NOW_MS)), asking(server.url).apis["bybit"]
    async with public_client(KNOWN_VENUES["bybit"], base_url=base_url, refine=refine) as exchange:
        await exchange.load_markets()
        assert ledger.headroom().used > 0.0
        ledger.refused(0.3)
        page = asyncio.ensure_future(exchange.fetch_ohlcv("BTC/USDT:USDT", "1m", DAY, 10))
        await asyncio.sleep(0.05)
        room = ledger.headroom()
        assert room.waiting == {Priority.BACKFILL: 1} and room.blocked_seconds > 0.0 and not page.done()
        assert len(await page) == 10
