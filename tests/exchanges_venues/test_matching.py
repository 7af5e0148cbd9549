"""The matching engine by itself: order of fills, volumes, averages, margins, and a candle's walk."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venues import BinanceVenue, BybitVenue, Market, Reason, VenueClock
from venues.orders import AccountEvent, NewOrder, OrderEvent, Refusal


def venue(**others: Any) -> BinanceVenue:
    markets = [Market.linear("BTC", price_step="1", qty_step="1", min_notional="0")]
    return BinanceVenue(
        markets, {"BTCUSDT": 1000}, clock=VenueClock(1_700_000_000_000), balances={"USDT": 1_000_000}, **others
    )


def order(side: str, qty: int, price: int | None, **others: Any) -> NewOrder:
    return NewOrder("BTCUSDT", side, Decimal(qty), None if price is None else Decimal(price), **others)  # type: ignore[arg-type]


def test_better_prices_fill_first_and_earlier_orders_before_later_ones():
    here = venue()
    for client_id, price in (("low", 960), ("first", 970), ("second", 970)):
        here.matching.place(order("buy", 2, price, client_id=client_id))
    here.move("BTCUSDT", 950, volume=3)
    assert [(fill.client_id, fill.qty, fill.price) for fill in here.fills] == [("first", 2, 970), ("second", 1, 970)]
    assert [one.client_id for one in here.open_orders] == ["low", "second"]


def test_one_way_orders_turn_a_position_around():
    here = venue()
    here.matching.place(order("buy", 3, None))
    here.matching.place(order("sell", 5, None))
    held = here.position("BTCUSDT")
    assert (held.size, held.entry_price) == (-2, 1000)
    assert [one.amount for one in here.account.incomes if one.kind == "REALIZED_PNL"] == [-3]


def test_a_reduce_only_order_never_turns_it():
    here = venue()
    here.matching.place(order("buy", 5, None))
    here.matching.place(order("sell", 5, 1010, reduce_only=True))
    here.matching.place(order("sell", 3, None))
    here.move("BTCUSDT", 1010)
    assert here.position("BTCUSDT").size == 0
    assert here.open_orders == []


def test_inverse_positions_average_contracts_per_coin():
    here = BybitVenue([Market.inverse_of("BTC")], {"BTCUSD": 10_000}, balances={"BTC": 10})
    here.matching.place(NewOrder("BTCUSD", "buy", Decimal(1000), Decimal(10_000)))
    here.move("BTCUSD", 10_000)
    here.matching.place(NewOrder("BTCUSD", "buy", Decimal(1000), Decimal(9600)))
    here.move("BTCUSD", 9600)
    assert here.position("BTCUSD").entry_price == Decimal(2000) / (Decimal("0.1") + 1000 / Decimal(9600))


def test_a_refusal_changes_nothing():
    here = venue()
    with pytest.raises(Refusal) as caught:
        here.matching.place(order("buy", 1_000_000, 1000))
    assert caught.value.reason is Reason.MARGIN
    assert (here.orders, here.account.incomes) == ([], [])


def test_every_change_is_told_in_its_order():
    here = venue()
    told: list[str] = []

    def listen(event: OrderEvent | AccountEvent) -> None:
        told.append(event.change if isinstance(event, OrderEvent) else event.reason)

    here.matching.listeners.append(listen)
    made = here.matching.place(order("buy", 2, 990))
    here.move("BTCUSDT", 990, volume=1)
    here.matching.cancel("BTCUSDT", made.id)
    here.matching.transfer("USDT", Decimal(-5))
    assert told == ["new", "trade", "ORDER", "canceled", "WITHDRAW"]


def test_a_minute_walks_to_the_nearer_end_last_and_ends_at_its_close():
    here = venue()
    here.matching.place(order("buy", 1, 900))
    here.matching.place(order("sell", 1, 1100))
    here.play_minute("BTCUSDT", (1000, 1100, 900, 1050, 40))
    assert [fill.price for fill in here.fills] == [900, 1100]
    minute = here.matching.paths["BTCUSDT"].candles(60_000, 1_700_000_000_000, 1_700_000_000_000)[0]
    assert (minute.open, minute.high, minute.low, minute.close, minute.volume) == (1000, 1100, 900, 1050, 40)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["buy", "sell", "market", "move", "cancel"]), st.integers(1, 9), st.integers(950, 1050)
        ),
        max_size=40,
    )
)
def test_the_wallet_is_always_what_was_booked_and_positions_what_was_filled(steps):
    here = venue(liquidates=False)
    for kind, qty, price in steps:
        try:
            if kind == "move":
                here.move("BTCUSDT", price, volume=qty)
            elif kind == "cancel":
                here.matching.cancel_all(["BTCUSDT"])
            elif kind == "market":
                here.matching.place(order("buy" if price % 2 else "sell", qty, None))
            else:
                here.matching.place(order(kind, qty, price))
        except Refusal as refusal:
            assert refusal.reason in (Reason.PRICE_TOO_HIGH, Reason.PRICE_TOO_LOW, Reason.MARGIN)
    filled = sum((one.qty if one.side == "buy" else -one.qty for one in here.fills), Decimal(0))
    assert here.position("BTCUSDT").size == filled
    assert here.account.wallets["USDT"] == 1_000_000 + sum(one.amount for one in here.account.incomes)
    paid = sum((one.price * (one.qty if one.side == "sell" else -one.qty) for one in here.fills), Decimal(0))
    held = here.position("BTCUSDT")
    fees = sum(one.fee for one in here.fills)
    assert abs(here.account.wallets["USDT"] - (1_000_000 + paid + held.size * held.entry_price - fees)) < Decimal(
        "0.001"
    )
