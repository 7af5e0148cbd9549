"""The connection test tells a user of a key what matters, and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from paper_world import PaperWorld
from venue_world import VenueWorld
from venues import BinanceVenue, BybitVenue, Market

from passivtui.errors import UsageError, VenueError
from passivtui.exchanges.connection import CoinNeed, ConnectionReport, Finding, Verdict, check_connection, examine
from passivtui.exchanges.connection_words import report_json, report_text
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


def login_of(world: VenueWorld, **changed: str) -> Login:
    credentials = world.venue.credentials
    given = {"key": credentials.key, "secret": credentials.secret, "rest_url": world.venue.rest_url, **changed}
    return Login(world.exchange.traits.name, stream_url=world.venue.ws_url, **given)


def finding(report: ConnectionReport, subject: str) -> Finding:
    (found,) = [one for one in report.findings if one.subject == subject]
    return found


@pytest.mark.parametrize("wrong", [{"key": "another-key"}, {"secret": "WRONGsecretMARKER"}], ids=["key", "secret"])
async def test_a_wrong_key_or_secret_is_said_with_what_to_do(world: VenueWorld, wrong: dict[str, str]) -> None:
    report = await examine(login_of(world, **wrong))
    said = finding(report, "key")
    assert not report.is_usable and said.verdict is Verdict.BAD and said.advice
    assert ("enter both again" in said.advice) is ("secret" in wrong)
    assert verdicts(report)["venue"] is Verdict.GOOD, "public things are told all the same"
    assert not any(secret in report_text(report) for secret in (world.venue.credentials.secret, "WRONGsecretMARKER"))


async def test_a_revoked_key_is_bad(world: VenueWorld) -> None:
    with world.faults.during("revoked", "permissions"):
        report = await check_connection(world.exchange)
    assert not report.is_usable and "key" in finding(report, "key").text


async def test_a_key_that_may_not_trade_is_bad(world: VenueWorld) -> None:
    world.venue.permissions.trade = False
    report = await check_connection(world.exchange)
    assert not report.is_usable and "futures" in finding(report, "trading").advice


async def test_a_clock_that_is_off_is_told(world: VenueWorld) -> None:
    world.venue.clock.skew_ms = 10_000
    report = await check_connection(world.exchange)
    assert report.is_usable and finding(report, "clock").verdict is Verdict.WARNING
    assert "10.0 s behind" in finding(report, "clock").text


async def test_a_venue_that_is_down_is_said_once(world: VenueWorld) -> None:
    with world.faults.during("status", "all", status=503):
        report = await check_connection(world.exchange)
    (only,) = report.findings
    assert (only.subject, only.verdict) == ("venue", Verdict.BAD) and "connection" in only.advice
    nowhere = await examine(login_of(world, rest_url="http://127.0.0.1:9"))
    assert [one.subject for one in nowhere.findings] == ["venue"] and not nowhere.is_usable


async def test_an_empty_account_is_warned_of(world: VenueWorld) -> None:
    world.venue.account.wallets["USDT"] *= 0
    report = await check_connection(world.exchange, {"BTC": 0.01})
    assert finding(report, "balance").verdict is Verdict.WARNING and report.needs[0].is_met is False
    assert "would not be entered" in report_text(report)


async def test_modes_and_account_are_told(world: VenueWorld) -> None:
    report = await check_connection(world.exchange)
    known = "position mode" if world.exchange.traits.name == "binance" else "margin mode"
    assert verdicts(report)[known] is Verdict.GOOD and "account" in verdicts(report)
    world.venue.account.switch(hedge=False)
    world.venue.account.isolated.add("BTCUSDT")
    assert verdicts(await check_connection(world.exchange))[known] is Verdict.WARNING


def test_every_finding_is_a_line_with_a_sign_and_the_advice_below() -> None:
    findings = tuple(Finding(f"subject {verdict}", verdict, "found [bold]", "do this") for verdict in Verdict)
    text = report_text(ConnectionReport(findings, (CoinNeed("BTC", 500.0, True), CoinNeed("X", None, None))))
    lines = text.splitlines()
    assert [line[:3].strip() for line in lines[:8:2]] == ["ok", "!", "X", "?"]
    assert all(line.strip() == "-> do this" for line in lines[1:8:2])
    assert "500.00" in text and "no market or no price" in text and lines[-1].startswith("A bot must not trade")
    told = report_json(ConnectionReport(findings))
    assert told["usable"] is False and [one["verdict"] for one in told["findings"]] == [str(one) for one in Verdict]


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
