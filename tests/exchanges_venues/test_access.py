"""Keys, signatures, clocks, permissions and listen keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import ccxt
import pytest
from venues import VenueClock
from venues.grounds import GROUNDS, Ground, ground


@pytest.fixture(params=GROUNDS)
async def here(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    """Each ground in turn, on this computer's clock and strict about time."""
    async with ground(request.param) as made:
        yield made


async def test_a_wrong_key_or_secret_is_refused(here):
    here.exchange.secret = "another"
    with pytest.raises(ccxt.AuthenticationError):
        await here.exchange.fetch_balance()
    here.exchange.apiKey = "another"
    with pytest.raises(ccxt.AuthenticationError):
        await here.exchange.fetch_balance()
    assert not any(request.handled for request in here.venue.log.asked("balance"))


async def test_neither_signature_nor_secret_is_in_the_log(here):
    await here.enter(59_000)
    written = repr(here.venue.log) + repr(here.venue.credentials)
    assert here.venue.credentials.secret not in written
    assert "signature" not in written


@pytest.mark.parametrize("skew_ms", [-30_000, -1_500, 20_000, 600_000])
async def test_a_request_far_from_the_venues_time_is_refused(here, skew_ms):
    here.venue.clock.skew_ms = skew_ms
    with pytest.raises(ccxt.InvalidNonce):
        await here.exchange.fetch_balance()
    await here.exchange.load_time_difference()
    await here.exchange.fetch_balance()


async def test_time_can_stand_still_and_be_advanced():
    for name in ("binance", "bybit"):
        async with ground(name, clock=VenueClock(1_700_000_000_000)) as here:
            assert await here.exchange.fetch_time() == 1_700_000_000_000
            await here.exchange.load_time_difference()
            here.venue.play_minute(here.symbol, (60_000, 60_500, 59_500, 60_200, 40))
            assert await here.exchange.fetch_time() == 1_700_000_060_000
            candles = await here.exchange.fetch_ohlcv(here.symbol, "1m", limit=2)
            assert candles[0][1:] == [60_000, 60_500, 59_500, 60_200, 40]


async def test_a_key_without_trading_reads_but_does_not_write(here):
    here.venue.permissions.trade = False
    await here.exchange.fetch_balance()
    with pytest.raises((ccxt.AuthenticationError, ccxt.PermissionDenied)):
        await here.enter(59_000)


async def test_a_key_tells_its_permissions(here):
    here.venue.permissions.withdraw = True
    if here.name == "binance":
        told = await here.exchange.sapiGetAccountApiRestrictions()
        assert told["enableWithdrawals"] is True
        assert told["ipRestrict"] is True
    else:
        told = (await here.exchange.privateGetV5UserQueryApi())["result"]
        assert "Withdraw" in told["permissions"]["Wallet"]
        assert told["ips"] == ["127.0.0.1"]


async def test_an_unknown_path_is_answered_in_the_venues_way(here):
    async with aiohttp.ClientSession() as session, session.get(f"{here.venue.rest_url}/nothing/here") as answer:
        assert answer.status == 404


async def test_an_expired_listen_key_leaves_a_stream_that_says_nothing():
    async with ground("binance") as here:
        watching = asyncio.create_task(here.exchange.watch_orders())
        await here.venue.until(lambda: any(stream.logged_in for stream in here.venue.streams))
        here.venue.expire_listen_key()
        await here.enter(59_000)
        with pytest.raises(ccxt.AuthenticationError, match="-1125"):
            await here.exchange.fapiPrivatePutListenKey()
        assert not watching.done()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
