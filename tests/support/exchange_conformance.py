"""What must hold of every exchange, whichever venue it is: one list of tests for all.

class TestPaper(Conformance):
    @pytest.fixture
    async def world(self): yield PaperWorld(...)
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from itertools import count
from typing import Any, Protocol

import pytest

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.base import (
    CancelRequest,
    Exchange,
    Fill,
    Market,
    Order,
    OrderRequest,
    OrderStatus,
    Outcome,
    OutcomeKind,
    Position,
)
from passivtui.exchanges.client_ids import new_client_id
from passivtui.exchanges.contract_value import profit_of
from passivtui.exchanges.errors import RejectReason, Transient
from passivtui.exchanges.events import Event, FillSeen, OrderChanged, StreamChanged, StreamState

_NUMBERS = count()
PATIENCE = 20.0  # seconds that a stream may take at most; no test waits so long when all is well


class World(Protocol):
    """An exchange and the market behind it: `symbol` trades at `price`; `lot` is a handy quantity."""

    exchange: Exchange
    symbol: str
    price: float
    lot: float

    def now_ms(self) -> int:
        """The time there."""

    async def move(self, price: float) -> None:
        """Let the market trade through every price on the way to this one."""

    async def remember(self, minutes: int) -> int:
        """Have candles of so many minutes; the end of the last of them."""

    def lose_next_create(self, *, taken: bool) -> None:
        """The next order's answer never arrives; `taken`: the order does."""

    def fail_next_read(self) -> None:
        """The next read finds no connection."""


def request(world: World, lots: float = 1.0, price: float | None = None, **changed: Any) -> OrderRequest:
    """A buy of a long one percent below the price, of so many lots, unless changed."""
    at = world.price * 0.99 if price is None else price
    asked: dict[str, Any] = {
        "client_id": new_client_id("entry_grid_normal_long", chance=lambda _: next(_NUMBERS)),
        "symbol": world.symbol,
        "side": "buy",
        "position_side": "long",
        "qty": round(lots * world.lot, 10),
        "price": round(at, 1),
        "reduce_only": False,
    }
    return OrderRequest(**{**asked, **changed})


def too_small(world: World) -> OrderRequest:
    """An order below the venue's minimum, of cost or of quantity."""
    return request(world, lots=0.01, price=1.0)


async def send(world: World, *requests: OrderRequest) -> tuple[Outcome, ...]:
    return await world.exchange.create_orders(requests)


async def bought(world: World, lots: float = 1.0) -> OrderRequest:
    """A long position, held after the market fell by two percent."""
    entry = request(world, lots)
    (outcome,) = await send(world, entry)
    assert outcome.kind is OutcomeKind.CONFIRMED, outcome.message
    await world.move(world.price * 0.98)
    return entry


async def only_position(world: World) -> Position:
    (position,) = await world.exchange.positions()
    return position


async def only_order(world: World) -> Order:
    (order,) = await world.exchange.open_orders([world.symbol])
    return order


async def fills(world: World) -> tuple[Fill, ...]:
    return await world.exchange.fills_since(0, [world.symbol])


async def events_until(world: World, wanted: Any, act: Any) -> list[Event]:
    """What the exchange tells from when its streams are up until `wanted(event)`; `act` is done in between."""
    heard: list[Event] = []

    async def listen() -> None:
        acted = False
        async with aclosing(world.exchange.events()) as events:
            async for event in events:
                heard.append(event)
                if isinstance(event, StreamChanged) and event.state is StreamState.UP and not acted:
                    acted = True
                    await act()
                if wanted(event):
                    return

    await asyncio.wait_for(listen(), PATIENCE)
    return heard


async def tidy(world: World) -> None:
    """No orders and no positions any more."""
    orders = await world.exchange.open_orders()
    await world.exchange.cancel_orders([CancelRequest(one.symbol, one.id, one.client_id) for one in orders])
    for held in await world.exchange.positions():
        side = "sell" if held.side == "long" else "buy"
        lots = abs(held.size) / world.lot
        close = {"side": side, "position_side": held.side, "reduce_only": True, "kind": "market", "post_only": False}
        await send(world, request(world, lots, world.price, **close))
    assert await world.exchange.open_orders() == () == await world.exchange.positions()


async def as_ever(world: World) -> None:
    """What must hold of every exchange at any time, in short: for an exchange that has been through something."""
    exchange = world.exchange
    await exchange.load_markets()
    await exchange.clock_offset_ms()
    await tidy(world)
    assert (await exchange.balance()).total > 0.0
    assert (await exchange.tickers([world.symbol]))[world.symbol].last == pytest.approx(world.price, rel=1e-6)
    times = [candle.time_ms for candle in await exchange.candles_since(world.symbol, world.now_ms() - 100 * MINUTE_MS)]
    assert times == sorted(set(times)) and times
    asked = request(world, 3)
    (outcome,) = await send(world, asked)
    assert outcome.kind is OutcomeKind.CONFIRMED, outcome.message
    found = await exchange.find_order(world.symbol, asked.client_id)
    assert found is not None and found == await only_order(world) and found.id == outcome.order_id
    (again,) = await send(world, asked)
    assert again.reason is RejectReason.DUPLICATE_CLIENT_ID
    cancel = CancelRequest(world.symbol, outcome.order_id, asked.client_id)
    reasons = [(await exchange.cancel_orders([cancel]))[0].reason for _ in range(2)]
    assert reasons == [None, RejectReason.UNKNOWN_ORDER]
    before = {fill.id for fill in await fills(world)}
    entry = await bought(world)
    assert (await only_position(world)).size == entry.qty
    assert [fill.qty for fill in await fills(world) if fill.id not in before] == [entry.qty]
    await tidy(world)


class Conformance:
    """The tests; `world` is a fixture of the subclass, with a flat account in hedge mode and no orders."""

    @pytest.fixture(autouse=True)
    async def _markets(self, world: World) -> None:
        await world.exchange.load_markets()

    # ------------------------------------------------------------ reads

    async def test_a_market_has_positive_steps_and_may_be_traded(self, world: World) -> None:
        market: Market = (await world.exchange.load_markets())[world.symbol]
        assert market.qty_step > 0 and market.price_step > 0 and market.min_qty >= market.qty_step
        assert market.c_mult > 0 and market.ineligible == ""

    async def test_a_fresh_account_has_a_balance_and_nothing_else(self, world: World) -> None:
        assert (await world.exchange.balance()).total > 0.0
        assert await world.exchange.positions() == ()
        assert await world.exchange.open_orders() == ()
        assert await fills(world) == ()

    async def test_the_clocks_are_compared(self, world: World) -> None:
        assert abs(await world.exchange.clock_offset_ms()) < 5_000

    async def test_the_last_price_is_told(self, world: World) -> None:
        ticker = (await world.exchange.tickers([world.symbol]))[world.symbol]
        assert ticker.last == pytest.approx(world.price, rel=1e-6)

    async def test_candles_come_in_order_once_each(self, world: World) -> None:
        candles = await world.exchange.candles_since(world.symbol, world.now_ms() - 100 * MINUTE_MS)
        times = [candle.time_ms for candle in candles]
        assert times == sorted(set(times)) and times
        assert all(candle.low <= candle.close <= candle.high for candle in candles)

    async def test_candles_further_back_than_a_page_come_whole(self, world: World) -> None:
        minutes = 2 * world.exchange.traits.candle_page + 300
        end_ms = await world.remember(minutes)
        candles = await world.exchange.candles_since(world.symbol, end_ms - minutes * MINUTE_MS)
        times = [candle.time_ms for candle in candles]
        assert times[:minutes] == list(range(end_ms - minutes * MINUTE_MS, end_ms, MINUTE_MS))
        recent = await world.exchange.candles_since(world.symbol, end_ms - 30 * MINUTE_MS)
        assert recent == candles[-len(recent) :] and 30 <= len(recent) <= 32

    async def test_a_read_that_fails_says_so_and_guesses_nothing(self, world: World) -> None:
        world.fail_next_read()
        with pytest.raises(Transient):
            await world.exchange.positions()
        assert await world.exchange.positions() == ()

    # ------------------------------------------------------------ orders

    async def test_an_order_rests_and_is_found_by_its_client_id(self, world: World) -> None:
        asked = request(world)
        (outcome,) = await send(world, asked)
        assert outcome.kind is OutcomeKind.CONFIRMED and outcome.client_id == asked.client_id
        order = await only_order(world)
        assert (order.client_id, order.side, order.position_side) == (asked.client_id, "buy", "long")
        assert (order.qty, order.price, order.filled) == (asked.qty, asked.price, 0.0)
        assert order.status is OrderStatus.OPEN and not order.reduce_only
        found = await world.exchange.find_order(world.symbol, asked.client_id)
        assert found is not None and found.id == order.id == outcome.order_id

    async def test_no_order_is_found_by_a_client_id_that_was_never_sent(self, world: World) -> None:
        assert await world.exchange.find_order(world.symbol, request(world).client_id) is None

    async def test_the_same_client_id_makes_no_second_order(self, world: World) -> None:
        asked = request(world)
        await send(world, asked)
        (again,) = await send(world, asked)
        assert (again.kind, again.reason) == (OutcomeKind.REJECTED, RejectReason.DUPLICATE_CLIENT_ID)
        assert (await only_order(world)).client_id == asked.client_id

    async def test_of_a_batch_only_what_is_wrong_is_refused(self, world: World) -> None:
        good, bad, other = request(world), too_small(world), request(world, lots=2)
        outcomes = await send(world, good, bad, other)
        assert [outcome.kind for outcome in outcomes] == [
            OutcomeKind.CONFIRMED,
            OutcomeKind.REJECTED,
            OutcomeKind.CONFIRMED,
        ]
        assert [outcome.client_id for outcome in outcomes] == [one.client_id for one in (good, bad, other)]
        open_now = {order.client_id for order in await world.exchange.open_orders()}
        assert open_now == {good.client_id, other.client_id}

    async def test_more_orders_than_a_batch_holds_all_arrive(self, world: World) -> None:
        asked = [request(world, price=world.price * (0.99 - 0.01 * n)) for n in range(12)]
        outcomes = await send(world, *asked)
        assert [outcome.client_id for outcome in outcomes] == [one.client_id for one in asked]
        assert {order.client_id for order in await world.exchange.open_orders()} == {one.client_id for one in asked}

    async def test_too_small_an_order_is_refused(self, world: World) -> None:
        (outcome,) = await send(world, too_small(world))
        assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, RejectReason.BELOW_MINIMUM)

    async def test_an_order_to_reduce_nothing_is_refused(self, world: World) -> None:
        asked = request(world, price=world.price * 1.01, side="sell", reduce_only=True)
        (outcome,) = await send(world, asked)
        assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, RejectReason.REDUCE_ONLY)

    async def test_post_only_beyond_the_price_is_refused(self, world: World) -> None:
        (outcome,) = await send(world, request(world, price=world.price * 1.01))
        if outcome.kind is OutcomeKind.CONFIRMED:  # a venue that takes it first cancels it at once
            order = await world.exchange.find_order(world.symbol, outcome.client_id)
            assert order is None or order.status in (OrderStatus.CANCELLED, OrderStatus.REJECTED)
        else:
            assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, RejectReason.WOULD_CROSS)
        assert await world.exchange.open_orders() == () and await world.exchange.positions() == ()

    async def test_a_cancelled_order_is_gone_and_can_not_be_cancelled_again(self, world: World) -> None:
        (outcome,) = await send(world, request(world))
        asked = CancelRequest(world.symbol, outcome.order_id, outcome.client_id)
        (first,) = await world.exchange.cancel_orders([asked])
        assert first.kind is OutcomeKind.CONFIRMED and first.order_id == outcome.order_id
        assert await world.exchange.open_orders() == ()
        (second,) = await world.exchange.cancel_orders([asked])
        assert (second.kind, second.reason) == (OutcomeKind.REJECTED, RejectReason.UNKNOWN_ORDER)

    async def test_many_orders_are_cancelled_at_once(self, world: World) -> None:
        outcomes = await send(world, *[request(world, price=world.price * (0.99 - 0.01 * n)) for n in range(12)])
        cancelled = await world.exchange.cancel_orders(
            [CancelRequest(world.symbol, outcome.order_id, outcome.client_id) for outcome in outcomes]
        )
        assert [one.order_id for one in cancelled] == [one.order_id for one in outcomes]
        assert {one.kind for one in cancelled} == {OutcomeKind.CONFIRMED}
        assert await world.exchange.open_orders() == ()

    # ------------------------------------------------------------ fills and positions

    async def test_a_fill_becomes_a_position_and_is_told_once(self, world: World) -> None:
        entry = await bought(world)
        position = await only_position(world)
        assert (position.side, position.size) == ("long", entry.qty)
        assert position.price == pytest.approx(entry.price)
        (fill,) = await fills(world)
        assert (fill.side, fill.position_side, fill.qty, fill.price) == ("buy", "long", entry.qty, entry.price)
        assert await world.exchange.open_orders() == ()

    async def test_a_close_realises_profit_and_leaves_nothing(self, world: World) -> None:
        entry = await bought(world)
        close = request(world, price=entry.price * 1.01, side="sell", reduce_only=True)
        (outcome,) = await send(world, close)
        assert outcome.kind is OutcomeKind.CONFIRMED, outcome.message
        order = await only_order(world)
        assert (order.side, order.position_side, order.reduce_only) == ("sell", "long", True)
        await world.move(entry.price * 1.02)
        assert await world.exchange.positions() == ()
        (record,) = await world.exchange.realised_pnl_since(0)
        market = (await world.exchange.load_markets())[world.symbol]
        earned = profit_of(market, "long", entry.price, close.price, entry.qty)
        assert record.pnl == pytest.approx(earned, rel=0.1) and record.pnl > 0
        assert len({fill.id for fill in await fills(world)}) == 2

    async def test_a_market_order_closes_at_once(self, world: World) -> None:
        entry = await bought(world)
        close = request(world, price=world.price, side="sell", reduce_only=True, kind="market", post_only=False)
        (outcome,) = await world.exchange.create_orders([close], panic=True)
        assert outcome.kind is OutcomeKind.CONFIRMED, outcome.message
        assert await world.exchange.positions() == ()
        assert sum(fill.qty for fill in await fills(world)) == pytest.approx(2 * entry.qty)

    async def test_both_sides_are_held_at_once(self, world: World) -> None:
        price = world.price
        short = request(world, price=price * 1.01, side="sell", position_side="short")
        outcomes = await send(world, request(world), short)
        assert {outcome.kind for outcome in outcomes} == {OutcomeKind.CONFIRMED}
        await world.move(price * 0.98)
        await world.move(price * 1.02)
        sizes = {position.side: position.size for position in await world.exchange.positions()}
        assert sizes == {"long": world.lot, "short": -world.lot}

    async def test_fills_before_the_asked_time_are_left_out(self, world: World) -> None:
        await bought(world)
        (fill,) = await fills(world)
        assert await world.exchange.fills_since(fill.time_ms + 1, [world.symbol]) == ()
        assert await world.exchange.fills_since(fill.time_ms, [world.symbol]) == (fill,)

    # ------------------------------------------------------------ settings

    async def test_settings_may_be_set_twice(self, world: World) -> None:
        for _ in range(2):
            await world.exchange.set_position_mode("hedge")
            await world.exchange.set_margin_mode(world.symbol, "cross", 5)
            await world.exchange.set_leverage(world.symbol, 5)

    # ------------------------------------------------------------ lost answers

    async def test_an_order_whose_answer_is_lost_is_unresolved_and_found(self, world: World) -> None:
        asked = request(world)
        world.lose_next_create(taken=True)
        (outcome,) = await send(world, asked)
        assert (outcome.kind, outcome.client_id) == (OutcomeKind.UNRESOLVED, asked.client_id)
        found = await world.exchange.find_order(world.symbol, asked.client_id)
        assert found is not None and found.client_id == asked.client_id
        assert len(await world.exchange.open_orders()) == 1

    async def test_an_order_that_got_lost_is_unresolved_and_not_found(self, world: World) -> None:
        asked = request(world)
        world.lose_next_create(taken=False)
        (outcome,) = await send(world, asked)
        assert outcome.kind is OutcomeKind.UNRESOLVED
        assert await world.exchange.find_order(world.symbol, asked.client_id) is None
        assert await world.exchange.open_orders() == ()

    # ------------------------------------------------------------ events

    async def test_an_order_and_its_fill_are_told(self, world: World) -> None:
        asked = request(world)

        async def act() -> None:
            await send(world, asked)
            await world.move(world.price * 0.98)

        heard = await events_until(world, lambda event: isinstance(event, FillSeen) and event.fill.order_id != "", act)
        assert any(isinstance(e, OrderChanged) and e.order.client_id == asked.client_id for e in heard)
        (fill,) = await fills(world)
        assert fill.id in {event.fill.id for event in heard if isinstance(event, FillSeen)}
