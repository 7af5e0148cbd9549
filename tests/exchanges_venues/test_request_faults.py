"""Faults of requests: what the client is told, and what really happened."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import ccxt
import pytest
from venues import MISSING, Reason, VenueClock, duplicate_client_ids
from venues.grounds import ground


async def create(here, client_id: str = "entry") -> None:
    await here.enter(59_000, client_id=client_id)


@pytest.mark.parametrize(
    ("kind", "details", "done"),
    [
        ("drop request", {}, False),
        ("drop reply", {}, True),
        ("status", {"status": 502}, False),
        ("status after", {"status": 504}, True),
        ("maintenance", {}, False),
    ],
)
async def test_a_broken_create_is_a_network_error_whether_or_not_it_was_taken(here, kind, details, done):
    here.faults.add(kind, "create", at=1, **details)
    with pytest.raises((ccxt.NetworkError, ccxt.ExchangeError)) as caught:
        await create(here)
    assert not isinstance(caught.value, ccxt.InvalidOrder)
    assert [order.client_id for order in here.venue.orders] == (["entry"] if done else [])
    assert here.venue.log.asked("create")[0].handled is done


@pytest.mark.parametrize("kind", ["truncated", "truncated gzip", "malformed", "html"])
async def test_an_answer_that_is_no_json_comes_after_the_order_was_taken(here, kind):
    here.faults.add(kind, "create", at=1)
    made = await here.enter(59_000, client_id="entry")
    assert made["id"] is None  # ccxt does not raise: an answer without an id is all there is to notice
    assert [order.client_id for order in here.venue.orders] == ["entry"]


@pytest.mark.parametrize(("kind", "done"), [("hang request", False), ("hang reply", True)])
async def test_a_hanging_request_ends_with_the_clients_patience(here, kind, done):
    here.faults.add(kind, "create", at=1)
    here.exchange.timeout = 150
    with pytest.raises(ccxt.RequestTimeout):
        await create(here)
    assert bool(here.venue.orders) is done


async def test_a_delay_answers_late_but_well(here):
    here.faults.add("delay reply", "balance", at=1, seconds=0.15)
    began = asyncio.get_running_loop().time()
    await here.exchange.fetch_balance()
    assert asyncio.get_running_loop().time() - began >= 0.15


async def test_a_new_order_is_invisible_for_a_while(here):
    lag = here.faults.add("lag", "open orders", ms=60_000)
    await create(here)
    assert await here.open_orders() == []
    here.venue.clock.advance(60_001)
    assert len(await here.open_orders()) == 1
    assert lag.hits == 2


async def test_part_of_a_batch_fails(here):
    here.faults.add("refuse", "batch entry", at=2, reason=Reason.MARGIN)
    params = [here.params(client_id=f"entry-{number}") for number in range(3)]
    orders = [
        {
            "symbol": here.symbol,
            "type": "limit",
            "side": "buy",
            "amount": here.qty,
            "price": 58_000 + number,
            "params": one,
        }
        for number, one in enumerate(params)
    ]
    answers = await here.exchange.create_orders(orders)
    assert len(answers) == 3
    assert [order.client_id for order in here.venue.orders] == ["entry-0", "entry-2"]


async def test_a_whole_batch_reply_is_lost(here):
    here.faults.add("drop reply", "create batch", at=1)
    order = {"symbol": here.symbol, "type": "limit", "side": "buy", "amount": here.qty, "price": 58_000}
    with pytest.raises(ccxt.NetworkError):
        await here.exchange.create_orders([{**order, "params": here.params(client_id="a")}])
    assert [one.client_id for one in here.venue.open_orders] == ["a"]


async def test_an_order_may_fill_while_it_is_cancelled(here):
    made = await here.enter(59_000, client_id="racing")
    here.faults.add("fill anyway", "cancel", at=1)
    await here.exchange.cancel_order(made["id"], here.symbol)
    assert await here.held() == Decimal(str(here.qty))
    assert here.venue.orders[0].state == "filled"


async def test_a_single_order_and_the_list_of_them_meet_faults_of_their_own(here):
    await create(here, "mine")
    params = {"origClientOrderId" if here.name == "binance" else "orderLinkId": "mine"}
    with here.faults.during("status", "order"):
        assert len(await here.open_orders()) == 1
        with pytest.raises(ccxt.NetworkError):
            if here.name == "binance":
                await here.exchange.fetch_order(None, here.symbol, params)
            else:
                await here.exchange.fetch_open_orders(here.symbol, params=params)


async def test_fields_that_nobody_knows_do_no_harm(here):
    await create(here)
    with here.faults.during("new field", "reads"):
        assert len(await here.open_orders()) == 1
        assert await here.held() == 0
        assert (await here.exchange.fetch_balance())["total"]["USDT"] == 10_000


async def test_a_rate_limit_says_how_long_to_wait(here):
    here.faults.add("rate limit", "positions", at=1, retry_after=7)
    with pytest.raises((ccxt.DDoSProtection, ccxt.RateLimitExceeded)):
        await here.exchange.fetch_positions([here.symbol])
    assert here.exchange.last_response_headers["Retry-After"] == "7"
    await here.exchange.fetch_positions([here.symbol])


async def test_a_ban_lasts_as_long_as_it_says(here):
    here.faults.add("ban", "balance", at=1, seconds=120)
    for _ in range(2):
        with pytest.raises(ccxt.BaseError):
            await here.exchange.fetch_time() if here.venue.banned_until_ms else await here.exchange.fetch_balance()
    here.venue.clock.advance(121_000)
    await here.exchange.fetch_balance()


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_using_up_the_weight_brings_a_limit_and_then_a_ban(name):
    async with ground(name, clock=VenueClock(1_700_000_000_000)) as here:
        here.venue.weight_limit = here.venue.used_weight + 3
        kinds = []
        for _ in range(here.venue.weight_limit + 8):
            try:
                await here.exchange.fetch_time()
                kinds.append("answered")
            except ccxt.BaseError:
                kinds.append("banned" if here.venue.banned_until_ms else "limited")
        assert kinds[:4] == ["answered", "answered", "answered", "limited"]
        assert kinds[-1] == "banned"


@pytest.mark.parametrize(("kind", "expected"), [("revoked", ccxt.AuthenticationError), ("forbidden", ccxt.BaseError)])
async def test_a_key_may_be_revoked_or_a_place_refused(here, kind, expected):
    with here.faults.during(kind, "all"), pytest.raises(expected):
        await here.exchange.fetch_balance()
    await here.exchange.fetch_balance()


async def test_in_maintenance_reads_work_and_writes_do_not(here):
    await create(here, "before")
    with here.faults.during("maintenance", "writes"):
        with pytest.raises(ccxt.BaseError):
            await create(here, "during")
        assert len(await here.open_orders()) == 1
    await create(here, "after")
    assert [order.client_id for order in here.venue.orders] == ["before", "after"]


async def test_fields_can_be_missing_null_not_a_number_or_unknown(here):
    key = "executedQty" if here.name == "binance" else "cumExecQty"
    status = "status" if here.name == "binance" else "orderStatus"
    await create(here)
    for value in (MISSING, None, "", "NaN", "1e-400", "1" + "0" * 40, "[bold]x[/bold]"):
        with here.faults.during("field", "open orders", key=key, value=value):
            try:
                (order,) = await here.open_orders()
            except (ccxt.BaseError, ValueError, TypeError, ArithmeticError):
                continue
            assert order["info"].get(key, MISSING) == value
    with here.faults.during("field", "open orders", key=status, value="HALF_BAKED"):
        (order,) = await here.open_orders()
        assert order["status"] == "HALF_BAKED"


async def test_fills_may_come_twice_and_in_the_wrong_order(here):
    for price in (59_000, 58_000):
        await here.enter(price)
        here.venue.move(here.symbol, price)
    straight = [trade["id"] for trade in await here.exchange.fetch_my_trades(here.symbol)]
    here.faults.add("repeat rows", "fills", at=1)
    repeated = [trade["id"] for trade in await here.exchange.fetch_my_trades(here.symbol)]
    assert sorted(repeated) == sorted(straight * 2)
    with here.faults.during("empty rows", "fills"):
        assert await here.exchange.fetch_my_trades(here.symbol) == []


async def test_a_fill_may_reach_the_history_late(here):
    with here.faults.during("lag", "fills", ms=60_000):
        await here.enter(59_000)
        here.venue.move(here.symbol, 59_000)
        assert await here.exchange.fetch_my_trades(here.symbol) == []
    assert len(await here.exchange.fetch_my_trades(here.symbol)) == 1


async def test_an_old_answer_and_a_frozen_ticker(here):
    async def last() -> float:
        return (await here.exchange.fetch_tickers([here.symbol]))[here.symbol]["last"]

    assert await last() == 60_000
    here.venue.move(here.symbol, 61_000)
    with here.faults.during("stale", "tickers"):
        assert await last() == 60_000
        assert await last() == 61_000
    here.venue.move(here.symbol, 62_000)
    with here.faults.during("frozen", "tickers"):
        assert await last() == await last() == 60_000


async def test_candles_may_be_late_missing_or_revised(here):
    async def candles() -> list[list[float]]:
        return await here.exchange.fetch_ohlcv(here.symbol, "1m", limit=20)

    newest = (await candles())[-1][0]
    with here.faults.during("late candles", "candles", minutes=5):
        assert newest - (await candles())[-1][0] in (5 * 60_000, 6 * 60_000)
    whole = await candles()
    with here.faults.during("missing candle", "candles"):
        holed = await candles()
        assert holed[-1][0] - holed[-2][0] == 120_000
    with here.faults.during("revised candle", "candles"):
        assert (await candles())[-2][4] > whole[-2][4]


async def test_a_refusal_can_be_ordered_by_its_reason(here):
    here.faults.add("refuse", "create", at=1, reason=Reason.DUPLICATE_CLIENT_ID)
    with pytest.raises(ccxt.BaseError, match="-4116" if here.name == "binance" else "110072"):
        await create(here)
    assert here.venue.orders == []


async def test_a_blind_resend_is_seen_in_the_log(here):
    here.faults.add("drop reply", "create", at=1)
    with pytest.raises(ccxt.NetworkError):
        await create(here, "twice")
    here.venue.move(here.symbol, 59_000)
    here.venue.move(here.symbol, 60_000)
    if here.name == "binance":  # the id is free again once its order has filled
        await create(here, "twice")
        assert duplicate_client_ids(here.venue.orders) == ["twice"]
    else:
        with pytest.raises(ccxt.InvalidOrder):
            await create(here, "twice")
        assert duplicate_client_ids(here.venue.orders) == []
    assert len(here.venue.log.asked("create")) == 2
