"""Orders, fills, positions and bookings, as ccxt sees them on every local venue."""

from __future__ import annotations

import itertools
from decimal import Decimal

import ccxt
import pytest
from venues.grounds import GROUNDS, ground


async def test_a_resting_order_fills_when_the_price_reaches_it(here):
    made = await here.enter(59_000, client_id="entry-1")
    assert [order["id"] for order in await here.open_orders()] == [made["id"]]

    here.venue.move(here.symbol, 59_000.1)
    assert len(await here.open_orders()) == 1
    here.venue.move(here.symbol, 59_000)

    assert await here.open_orders() == []
    assert await here.held() == Decimal(str(here.qty))
    (trade,) = await here.exchange.fetch_my_trades(here.symbol)
    assert (trade["order"], trade["price"], trade["amount"]) == (made["id"], 59_000, here.qty)
    assert trade["takerOrMaker"] == "maker"


async def test_the_balance_pays_the_fee_and_takes_the_profit(here):
    coin = "BTC" if here.name == "bybit inverse" else "USDT"
    before = Decimal(str((await here.exchange.fetch_balance())["total"][coin]))
    await here.enter(59_000)
    here.venue.move(here.symbol, 58_900)
    await here.leave(60_000)
    here.venue.move(here.symbol, 60_100)

    if coin == "BTC":
        fees = (Decimal(100) / 59_000 + Decimal(100) / 60_000) * Decimal("0.0002")
        profit = Decimal(100) / 59_000 - Decimal(100) / 60_000
    else:
        fees, profit = Decimal("0.01") * 119_000 * Decimal("0.0002"), Decimal(10)
    after = Decimal(str((await here.exchange.fetch_balance())["total"][coin]))
    assert abs(after - before - profit + fees) < Decimal("0.0000001")
    assert await here.held() == 0


async def test_a_post_only_order_that_would_cross_never_trades(here):
    if here.name == "binance":
        with pytest.raises(ccxt.InvalidOrder, match="-5022"):
            await here.enter(61_000, client_id="crossing")
    else:
        made = await here.enter(61_000, client_id="crossing")
        ended = await here.exchange.fetch_canceled_orders(here.symbol)
        assert [order["id"] for order in ended] == [made["id"]]
        assert ended[0]["info"]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"
    assert await here.open_orders() == []
    assert here.venue.fills == []


async def test_without_post_only_it_fills_at_once_as_taker(here):
    await here.enter(61_000, post_only=False)
    (trade,) = await here.exchange.fetch_my_trades(here.symbol)
    assert (trade["price"], trade["takerOrMaker"]) == (60_000.1, "taker")


async def test_a_close_without_a_position_is_refused(here):
    with pytest.raises(ccxt.BaseError, match="-2022" if here.name == "binance" else "110017"):
        await here.leave(61_000)
    assert here.venue.orders == []


async def test_closes_go_when_their_position_is_gone(here):
    await here.enter(59_000)
    here.venue.move(here.symbol, 59_000)
    await here.leave(61_000, client_id="far")
    await here.leave(60_000, client_id="near")
    here.venue.move(here.symbol, 60_000)
    assert await here.open_orders() == []
    assert len(here.venue.fills) == 2


async def test_a_client_id_in_use_is_refused(here):
    await here.enter(59_000, client_id="twice")
    with pytest.raises(ccxt.BaseError, match="-4116" if here.name == "binance" else "110072"):
        await here.enter(58_000, client_id="twice")
    assert len(here.venue.orders) == 1


async def test_a_client_id_may_serve_again_on_binance_only_after_its_order_ended(here):
    made = await here.enter(59_000, client_id="twice")
    await here.exchange.cancel_order(made["id"], here.symbol)
    if here.name == "binance":
        await here.enter(58_000, client_id="twice")
        assert len(here.venue.orders) == 2
    else:
        with pytest.raises(ccxt.InvalidOrder, match="110072"):
            await here.enter(58_000, client_id="twice")


async def test_cancelling_what_is_gone_says_that_the_order_is_unknown(here):
    made = await here.enter(59_000)
    await here.exchange.cancel_order(made["id"], here.symbol)
    with pytest.raises(ccxt.OrderNotFound):
        await here.exchange.cancel_order(made["id"], here.symbol)


async def test_a_batch_answers_for_each_order(here):
    def entry(price: float, client_id: str) -> dict[str, object]:
        params = here.params(client_id=client_id, post_only=False)
        return {
            "symbol": here.symbol,
            "type": "limit",
            "side": "buy",
            "amount": here.qty,
            "price": price,
            "params": params,
        }

    answers = await here.exchange.create_orders([entry(59_000, "one"), entry(59_000, "one"), entry(58_000, "two")])
    assert sorted(order["clientOrderId"] for order in await here.open_orders()) == ["one", "two"]
    refused = [answer for answer in answers if answer["status"] == "rejected"]
    assert len(refused) == 1
    assert str(refused[0]["info"]["code"]) == ("-4116" if here.name == "binance" else "110072")


@pytest.mark.parametrize("here", ["binance", "bybit"], indirect=True)  # ccxt cancels no batches of inverse orders
async def test_a_batch_cancels_what_is_there(here):
    ids = [(await here.enter(price))["id"] for price in (59_000, 58_000)]
    await here.exchange.cancel_orders([*ids, ids[0]], here.symbol)
    assert await here.open_orders() == []
    assert [order.state for order in here.venue.orders] == ["canceled", "canceled"]


async def test_partial_fills_add_up(here):
    made = await here.enter(59_000, client_id="in parts".replace(" ", "-"))
    here.venue.fill("in-parts", here.qty * 0.3)
    here.venue.move(here.symbol, 58_999, volume=here.qty * 0.5)
    (order,) = await here.open_orders()
    assert order["filled"] == pytest.approx(here.qty * 0.8)
    assert await here.held() == Decimal(str(order["filled"]))
    await here.exchange.cancel_order(made["id"], here.symbol)
    assert len(await here.exchange.fetch_my_trades(here.symbol)) == 2


async def test_an_order_filled_in_pieces_has_as_many_trades(here):
    here.venue.matching.pieces = 4
    await here.enter(59_000)
    here.venue.move(here.symbol, 59_000)
    trades = await here.exchange.fetch_my_trades(here.symbol)
    assert len({trade["id"] for trade in trades}) == 4
    assert sum(trade["amount"] for trade in trades) == pytest.approx(here.qty)


async def test_an_order_is_found_by_its_client_id_open_or_ended(here):
    async def state(client_id: str) -> str:
        if here.name == "binance":
            return (await here.exchange.fetch_order(None, here.symbol, {"origClientOrderId": client_id}))["status"]
        (found,) = await here.exchange.fetch_open_orders(here.symbol, params={"orderLinkId": client_id})
        return found["status"]

    made = await here.enter(59_000, client_id="mine")
    assert await state("mine") == "open"
    await here.exchange.cancel_order(made["id"], here.symbol)
    assert await state("mine") == "canceled"
    with pytest.raises((ccxt.OrderNotFound, ValueError)):
        await state("another")


@pytest.mark.parametrize("here", ["binance", "bybit"], indirect=True)
@pytest.mark.parametrize(
    ("qty", "price", "binance", "bybit"),
    [
        ("0.0005", "59000", "-4003", "10001"),  # below the least quantity
        ("0.0015", "59000", "-1111", "10001"),  # between two steps
        ("0.010", "59000.05", "-4014", "10001"),  # between two ticks
        ("0.001", "3000", "-4164", "110094"),  # worth less than 5
        ("0.010", "70000", "-4016", "110003"),  # too far through the book
        ("100.000", "59000", "-2019", "110007"),  # more than the balance carries
    ],
)
async def test_filters_are_enforced_with_the_venues_own_codes(here, qty, price, binance, bybit):
    with pytest.raises(ccxt.BaseError, match=binance if here.name == "binance" else bybit):
        if here.name == "binance":  # past ccxt's own rounding
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "positionSide": "LONG"}
            await here.exchange.fapiPrivatePostOrder({**order, "quantity": qty, "price": price})
        else:
            order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "positionIdx": 1}
            await here.exchange.privatePostV5OrderCreate({**order, "qty": qty, "price": price})
    assert here.venue.orders == []


async def test_long_and_short_stand_side_by_side_in_hedge_mode(here):
    await here.enter(59_000)
    params = here.params("short")
    await here.exchange.create_order(here.symbol, "limit", "sell", here.qty, 61_000, params)
    here.venue.move(here.symbol, 61_000)
    here.venue.move(here.symbol, 59_000)
    positions = await here.exchange.fetch_positions([here.symbol])
    assert sorted((one["side"], one["contracts"]) for one in positions) == [("long", here.qty), ("short", here.qty)]


@pytest.mark.parametrize("name", GROUNDS)
async def test_in_one_way_mode_a_sell_turns_a_long_around_unless_it_is_reduce_only(name):
    async with ground(name, hedge=False) as here:

        async def order(side: str, times: int, price: float, *, reduce_only: bool = False) -> None:
            params = {"reduceOnly": True} if reduce_only else {}
            await here.exchange.create_order(here.symbol, "limit", side, here.qty * times, price, params)

        async def held() -> list[tuple[str, float]]:
            positions = await here.exchange.fetch_positions([here.symbol])
            return [(one["side"], one["contracts"] / here.qty) for one in positions if one["contracts"]]

        await order("buy", 2, 59_000)
        here.venue.move(here.symbol, 59_000)
        await order("sell", 1, 59_500, reduce_only=True)
        here.venue.move(here.symbol, 59_500)
        assert await held() == [("long", 1)]
        await order("sell", 3, 60_000)
        here.venue.move(here.symbol, 60_000)
        assert await held() == [("short", 2)]


async def test_a_market_order_takes_the_best_price(here):
    params = {key: value for key, value in here.params().items() if key != "timeInForce"}
    await here.exchange.create_order(here.symbol, "market", "buy", here.qty, None, params)
    (trade,) = await here.exchange.fetch_my_trades(here.symbol)
    assert (trade["price"], trade["takerOrMaker"]) == (60_000.1, "taker")


async def test_the_mode_of_positions_must_fit_the_order(here):
    with pytest.raises(ccxt.BaseError, match="-4061" if here.name == "binance" else "position idx not match"):
        await here.exchange.create_order(here.symbol, "limit", "buy", here.qty, 59_000)


async def test_the_mode_may_be_switched_by_another_hand(here):
    await here.enter(59_000)
    here.venue.account.switch(hedge=False)
    with pytest.raises(ccxt.BaseError, match="-4061" if here.name == "binance" else "position idx not match"):
        await here.enter(58_000)


async def test_ids_are_longer_than_a_float_holds_and_client_ids_have_an_end(here):
    made = await here.enter(59_000, client_id="x" * 36)
    assert made["id"] == here.venue.orders[0].id
    if here.name == "binance":
        assert int(made["id"]) != int(float(made["id"]))
    with pytest.raises(ccxt.BaseError, match="-4015" if here.name == "binance" else "10001"):
        await here.enter(58_000, client_id="x" * 37)


async def test_settings_that_stand_already_are_said_so(here):
    with pytest.raises(ccxt.BaseError, match="-4059" if here.name == "binance" else "110025"):
        await here.exchange.set_position_mode(True, here.symbol)
    await here.exchange.set_leverage(7, here.symbol)
    assert here.venue.account.leverage_of(here.pair) == 7
    if here.name == "binance":
        with pytest.raises(ccxt.MarginModeAlreadySet):
            await here.exchange.set_margin_mode("cross", here.symbol)
    else:
        with pytest.raises(ccxt.BadRequest, match="110043"):
            await here.exchange.set_leverage(7, here.symbol)
        await here.exchange.set_margin_mode("cross", here.symbol)


async def test_realised_profit_is_on_record(here):
    await here.enter(59_000)
    here.venue.move(here.symbol, 59_000)
    closing = await here.leave(60_000)
    here.venue.move(here.symbol, 60_000)
    if here.name == "binance":
        booked = await here.exchange.fapiPrivateGetIncome({"incomeType": "REALIZED_PNL"})
        assert [Decimal(one["income"]) for one in booked] == [10]
    else:
        (record,) = await here.exchange.fetch_positions_history([here.symbol])
        assert record["info"]["orderId"] == closing["id"]
        net = sum(one.amount for one in here.venue.account.incomes)
        assert abs(Decimal(record["info"]["closedPnl"]) - net) < Decimal("0.0000001")


async def test_funding_is_booked_and_listed(here):
    await here.enter(59_000)
    here.venue.move(here.symbol, 59_000)
    here.venue.matching.pay_funding(here.pair, Decimal("0.001"))
    (paid,) = await here.exchange.fetch_funding_history(here.symbol)
    assert abs(paid["amount"]) == pytest.approx(100 / 59_000 / 1000 if here.qty == 100 else 0.59, abs=1e-8)


async def test_candles_tickers_and_book_follow_the_price(here):
    here.venue.move(here.symbol, 61_000, volume=3)
    here.venue.move(here.symbol, 59_500, volume=2)
    candles = await here.exchange.fetch_ohlcv(here.symbol, "1m", limit=100)
    assert len(candles) == 100
    assert [after[0] - before[0] for before, after in itertools.pairwise(candles)] == [60_000] * 99
    assert candles[-1][1:5] == [60_000, 61_000, 59_500, 59_500]
    assert (await here.exchange.fetch_tickers([here.symbol]))[here.symbol]["last"] == 59_500
    book = (await here.exchange.fetch_bids_asks([here.symbol]))[here.symbol]
    assert (book["bid"], book["ask"]) == (59_500, 59_500.1)


async def test_candles_can_be_paged_from_a_time_on(here):
    oldest = (await here.exchange.fetch_ohlcv(here.symbol, "1m", limit=200))[0][0]
    page = await here.exchange.fetch_ohlcv(here.symbol, "1m", since=oldest, limit=50)
    assert [candle[0] for candle in page] == [oldest + minute * 60_000 for minute in range(50)]
    hours = await here.exchange.fetch_ohlcv(here.symbol, "1h", limit=3)
    assert [candle[0] % 3_600_000 for candle in hours] == [0, 0, 0]


async def test_history_can_be_given(here):
    minute = here.venue.clock.now() // 60_000 * 60_000
    rows = [(minute - 60_000 * ago, 100 + ago, 110 + ago, 90 + ago, 105 + ago, 7) for ago in range(500, 0, -1)]
    here.venue.load_candles(here.symbol, rows)
    page = await here.exchange.fetch_ohlcv(here.symbol, "1m", since=rows[0][0], limit=10)
    assert page[0][:5] == list(rows[0][:5])
    assert len(page) == 10
