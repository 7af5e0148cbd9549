"""The connection test tells a user of a key what matters, and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from paper_world import PaperWorld
from venue_world import VenueWorld
from venues import BinanceVenue, BybitVenue, Market

from passivtui.errors import UsageError, VenueError
from passivtui.exchanges.connection import ConnectionReport, Verdict, check_connection
from passivtui.exchanges.login import Login
from passivtui.exchanges.opening import open_exchange
from passivtui.exchanges.rate_ledger import RateLedgers

VENUES = {"binance": BinanceVenue, "bybit": BybitVenue}


@pytest.fixture(params=VENUES)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[VenueWorld]:
    async with VenueWorld(VENUES[request.param], request.param, Market.linear("BTC"), 1000.0) as world:
        yield world


def verdicts(report: ConnectionReport) -> dict[str, Verdict]:
    return {finding.subject: finding.verdict for finding in report.findings}


async def test_a_good_key_is_good_and_nothing_is_written(world: VenueWorld) -> None:
    report = await check_connection(world.exchange)
    assert report.is_usable, report
    assert verdicts(report)["withdrawal"] is Verdict.GOOD and verdicts(report)["trading"] is Verdict.GOOD
    assert {request.method for request in world.venue.log.requests} == {"GET"}


async def test_a_key_that_may_withdraw_is_refused(world: VenueWorld) -> None:
    world.venue.permissions.withdraw = True
    report = await check_connection(world.exchange)
    assert not report.is_usable and verdicts(report)["withdrawal"] is Verdict.BAD


async def test_a_key_for_every_address_is_warned_of(world: VenueWorld) -> None:
    world.venue.permissions.addresses = ()
    assert verdicts(await check_connection(world.exchange))["address"] is Verdict.WARNING


async def test_a_wrong_key_is_said_in_one_line(world: VenueWorld) -> None:
    world.faults.add("revoked", "all")
    report = await check_connection(world.exchange)
    assert not report.is_usable
    assert "key" in report.findings[-1].text and world.venue.credentials.secret not in str(report)


async def test_a_clock_that_is_off_is_told(world: VenueWorld) -> None:
    world.venue.clock.skew_ms = 4_000
    report = await check_connection(world.exchange)
    assert verdicts(report)["clock"] is Verdict.WARNING and "behind" in str(report)


async def test_the_least_balance_for_each_coin_is_computed() -> None:
    world = PaperWorld()  # 10 000 USDT, a least cost of 5
    report = await check_connection(world.exchange, {"BTC": 0.01, "DOGE": 0.01})
    needs = {need.coin: (need.balance, need.is_met) for need in report.needs}
    assert needs == {"BTC": (pytest.approx(500.0), True), "DOGE": (None, None)}
    (need,) = (await check_connection(world.exchange, {"BTC": 0.0001})).needs
    assert need.is_met is False


async def test_a_venue_that_is_gone_says_so_in_one_sentence() -> None:
    with pytest.raises(VenueError, match="DeFX can't be used"):
        await open_exchange(Login("defx"), RateLedgers())
    with pytest.raises(UsageError, match="no exchange nonsense"):
        await open_exchange(Login("nonsense"), RateLedgers())
    with pytest.raises(VenueError, match="Bybit only"):
        await open_exchange(Login("okx", is_inverse=True), RateLedgers())


def test_a_login_never_shows_its_secrets() -> None:
    login = Login("okx", key="K1", secret="S2", passphrase="P3", private_key="X4")
    assert not any(secret in repr(login) for secret in ("K1", "S2", "P3", "X4"))
