"""The paper account over single trades: what fills, when, and what is the end of it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passivtui.core.contracts import contract_pnl, liquidation_price
from passivtui.exchanges.base import Market, OrderKind, OrderRequest, OrderSide, PositionSide
from passivtui.exchanges.paper_account import Refusal
from passivtui.exchanges.paper_ticks import PaperTicks

_numbers = itertools.count()


def market(*, is_inverse: bool = False) -> Market:
    step = 1.0 if is_inverse else 0.001
    return Market("X", "X", "USDT", step, 0.5, step, 0.0, 1.0, 100.0, 0.0002, 0.0005, is_inverse=is_inverse)


def account(*, is_inverse: bool = False, latency_ms: int = 0, balance: float = 1000.0) -> PaperTicks:
    return PaperTicks(market(is_inverse=is_inverse), balance, 10.0, 100.0, latency_ms=latency_ms)


def order(
    side: OrderSide, qty: float, price: float, held: PositionSide = "long", kind: OrderKind = "limit"
) -> OrderRequest:
    closes = (side == "sell") == (held == "long")
    return OrderRequest(f"c{next(_numbers)}", "X", side, held, qty, price, closes, kind)


def test_a_bid_fills_when_somebody_sells_through_it() -> None:
    venue = account()
    venue.place(order("buy", 1.0, 99.0), 0)
    venue.trade(99.0, buyer_is_maker=True, time_ms=1)  # at it is not through it
    venue.trade(98.5, buyer_is_maker=False, time_ms=2)  # bought from an ask
    assert venue.position is None
    venue.trade(98.5, buyer_is_maker=True, time_ms=3)
    (fill,) = venue.take_fills()
    assert (fill.price, fill.qty, fill.time_ms, fill.is_maker) == (99.0, 1.0, 3, True)
    assert venue.position is not None and venue.position.size == 1.0
    assert venue.balance == 1000.0 - 99.0 * 0.0002


def test_an_ask_fills_when_somebody_buys_through_it() -> None:
    venue = account()
    venue.place(order("sell", 1.0, 101.0, "short"), 0)
    venue.trade(101.5, buyer_is_maker=True, time_ms=1)
    assert not venue.take_fills()
    venue.trade(101.5, buyer_is_maker=False, time_ms=2)
    assert [fill.price for fill in venue.take_fills()] == [101.0]


def test_all_orders_that_a_trade_goes_through_fill_nearest_first() -> None:
    venue = account()
    for price in (97.0, 99.0, 98.0, 96.0):
        venue.place(order("buy", 1.0, price), 0)
    venue.trade(96.5, buyer_is_maker=True, time_ms=1)
    assert [fill.price for fill in venue.take_fills()] == [99.0, 98.0, 97.0]
    assert [each.price for each in venue.open_orders] == [96.0]


def test_an_order_takes_part_when_it_has_arrived() -> None:
    venue = account(latency_ms=500)
    venue.place(order("buy", 1.0, 99.0), 1000)
    venue.trade(98.0, buyer_is_maker=True, time_ms=1499)
    assert not venue.take_fills()
    venue.trade(98.0, buyer_is_maker=True, time_ms=1500)
    assert len(venue.take_fills()) == 1


def test_a_market_order_pays_as_taker_at_the_last_price() -> None:
    venue = account()
    venue.trade(90.0, buyer_is_maker=True, time_ms=1)
    venue.place(order("buy", 1.0, 95.0, kind="market"), 2)
    (fill,) = venue.take_fills()
    assert (fill.price, fill.fee, fill.is_maker) == (90.0, 90.0 * 0.0005, False)


def test_what_the_other_paper_venue_refuses_is_refused() -> None:
    venue = account()
    with pytest.raises(Refusal, match="no position"):
        venue.place(order("sell", 1.0, 101.0), 0)
    with pytest.raises(Refusal, match="step"):
        venue.place(order("buy", 1.0, 99.3), 0)


@given(st.booleans(), st.booleans(), st.booleans())
def test_a_position_ends_at_its_liquidation_price_whoever_trades(is_inverse: bool, is_long: bool, sold: bool) -> None:
    balance = 10.0 if is_inverse else 1000.0
    venue = account(is_inverse=is_inverse, balance=balance)
    side: PositionSide = "long" if is_long else "short"
    price = 99.0 if is_long else 101.0
    venue.place(order("buy" if is_long else "sell", 3000.0 if is_inverse else 50.0, price, side), 0)
    venue.place(order("buy", 1.0, 50.0, side) if is_long else order("sell", 1.0, 200.0, side), 0)
    beyond = -0.5 if is_long else 0.5
    venue.trade(price + beyond, buyer_is_maker=is_long, time_ms=1)
    end = venue.liquidation_price
    assert 0.0 < end < price if is_long else end > price
    venue.trade(end - 0.001 * beyond, buyer_is_maker=sold, time_ms=2)
    assert not venue.is_liquidated
    venue.trade(end, buyer_is_maker=sold, time_ms=3)
    assert venue.is_liquidated
    assert (venue.balance, venue.position, venue.open_orders, venue.liquidation_price) == (0.0, None, (), 0.0)
    venue.trade(1.0, buyer_is_maker=True, time_ms=4)
    assert venue.last_price != 1.0


def test_the_arithmetic_is_the_engine_s() -> None:
    venue = account(is_inverse=True, balance=10.0)
    venue.place(order("buy", 300.0, 99.0), 0)
    venue.trade(98.5, buyer_is_maker=True, time_ms=1)
    numbers = {"inverse": 1.0, "price_step": 0.5, "qty_step": 1.0, "min_qty": 1.0, "min_cost": 0.0}
    numbers |= {"maker_fee": 0.0002, "max_leverage": 100.0}
    assert venue.liquidation_price == liquidation_price(numbers, venue.balance, 300.0, 99.0, 10.0)
    before = venue.balance
    venue.place(order("sell", 100.0, 110.0), 2)
    venue.trade(110.5, buyer_is_maker=False, time_ms=3)
    fee = 100.0 / 110.0 * 0.0002
    assert venue.balance == pytest.approx(before + contract_pnl("long", numbers, 99.0, 110.0, 100.0) - fee)
