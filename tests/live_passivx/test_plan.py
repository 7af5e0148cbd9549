"""What a Passiv-X bot wants on the book, and why something is not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passivx_cases import vectors
from tick_snapshots import flat_snapshot, terms, vector_snapshot

from passivtui.live import Gate
from passivtui.live.passivx import HeldPosition, TickPlan, TickSnapshot, plan


def orders(planned: TickPlan) -> list[tuple[str, float, float, str]]:
    return [("buy" if o.qty > 0.0 else "sell", abs(o.qty), o.price, o.execution) for o in planned.orders]


@pytest.mark.parametrize("name", ["L01", "L02", "L05", "L06", "L07", "L08"])
def test_orders_are_those_of_passiv_x(name: str) -> None:
    expected = [(o["side"], o["qty"], o["price"], o["type"]) for o in vectors()[name]["expect"]]
    assert orders(plan(vector_snapshot(name))) == expected


def test_reentries_are_averaged_with_the_right_weights() -> None:
    # With Passiv-X's swapped weights there would be four, the second already at 49229; the averages are harmonic here.
    bought = [(qty, price) for side, qty, price, _ in orders(plan(vector_snapshot("L03"))) if side == "buy"]
    assert bought[:4] == [(298.0, 49609.0), (386.0, 49438.0), (501.0, 49210.0), (651.0, 48925.0)]
    assert len(bought) > 4


def test_a_short_s_orders_mirror_a_long_s() -> None:
    planned = orders(plan(vector_snapshot("L04")))
    assert planned[0] == ("sell", 298.0, 50388.0, "limit")
    assert planned[-1] == ("buy", 1000.0, 49967.0, "limit")


def test_no_stop_loss_acts_on_a_profit() -> None:
    planned = plan(vector_snapshot("L09"))  # Passiv-X's own bot sells a part at market here
    assert planned.levels is not None and planned.levels.armed == ""
    assert not any(order.type.startswith("stop") for order in planned.orders)
    assert sum(order.qty for order in planned.orders if order.type == "close") == -0.5


def test_a_stop_loss_is_due_near_liquidation() -> None:
    held = HeldPosition(10.0, 3400.0, 3250.0)
    planned = plan(
        flat_snapshot(terms(n_entry_orders=10, stop_loss_liq_diff=0.05, stop_loss_pos_reduction=0.1), position=held)
    )
    stop = planned.orders[0]
    assert (stop.type, stop.qty, stop.price, stop.execution) == ("stop_loss_liq_diff", -1.0, 3350.01, "limit")
    assert planned.levels is not None
    assert planned.levels.liquidation_distance == pytest.approx(100 / 3350)
    assert planned.levels.liq_level == 3400.0  # 3250 / 0.95 is beyond the position's price, where profit begins
    assert sum(order.qty for order in planned.orders if order.type == "close") == pytest.approx(-9.0)


def test_a_stop_loss_is_due_far_from_the_position_s_price_and_may_be_sent_at_market() -> None:
    used = terms(stop_loss_pos_price_diff=0.03, market_stop_loss=True)
    planned = plan(flat_snapshot(used, position=HeldPosition(-10.0, 3200.0, 6000.0)))
    stop = planned.orders[0]
    assert (stop.type, stop.execution) == ("stop_loss_pos_price_diff", "market")
    assert (stop.qty, stop.price) == (0.2, 3350.0)


def test_stop_losses_keep_their_interval() -> None:
    held = flat_snapshot(terms(stop_loss_pos_price_diff=0.03), position=HeldPosition(10.0, 3500.0, 0.0))
    assert plan(held).orders[0].type == "stop_loss_pos_price_diff"
    waiting = plan(replace(held, last_stop_loss_ms=held.now_ms - 4_999))
    assert all(not order.type.startswith("stop") for order in waiting.orders)
    assert Gate.RECENTLY_SENT in {each.gate for each in waiting.withheld}
    assert plan(replace(held, last_stop_loss_ms=held.now_ms - 5_000)).orders[0].type.startswith("stop")


def test_a_stop_loss_of_nothing_is_told() -> None:
    held = flat_snapshot(
        terms(stop_loss_pos_price_diff=0.03, stop_loss_pos_reduction=0.0), position=HeldPosition(10.0, 3500.0)
    )
    planned = plan(held)
    assert all(not order.type.startswith("stop") for order in planned.orders)
    assert Gate.POSITION in {each.gate for each in planned.withheld}


@pytest.mark.parametrize("name", ["balance", "bid", "ask", "last_price", "ema"])
@pytest.mark.parametrize("value", [None, float("nan")])
def test_without_an_input_nothing_is_placed_and_it_is_told(name: str, value: float | None) -> None:
    planned = plan(flat_snapshot(**{name: value}))
    assert not planned.orders
    assert {each.gate for each in planned.withheld} == {Gate.INPUT}


def test_an_empty_wallet_trades_nothing() -> None:
    planned = plan(flat_snapshot(balance=0.0))
    assert not planned.orders and planned.withheld[0].gate is Gate.BALANCE


def test_without_equity_there_are_no_reentries_but_closes() -> None:
    planned = plan(flat_snapshot(equity=None, position=HeldPosition(1.0, 3345.0)))
    assert {order.type for order in planned.orders} == {"close"}
    assert planned.withheld[0].gate is Gate.INPUT


@pytest.mark.parametrize(("rate", "sides"), [(0.001, {"short"}), (-0.001, {"long"}), (0.0, set()), (None, set())])
def test_collecting_funding_opens_only_what_is_paid(rate: float | None, sides: set[str]) -> None:
    used = terms()
    collecting = replace(used, settings=replace(used.settings, funding_fee_collect_mode=True))
    planned = plan(flat_snapshot(collecting, predicted_funding=rate))
    assert {order.side for order in planned.orders} == sides
    assert len(planned.withheld) == 2 - len(sides)


def test_sides_that_are_off_say_so() -> None:
    planned = plan(flat_snapshot(terms(do_shrt=False)))
    assert [order.side for order in planned.orders] == ["long"]
    assert [(each.side, each.gate, each.text) for each in planned.withheld] == [("short", Gate.MODE, "do_shrt is off")]


def test_the_end_of_the_ladder_is_explained() -> None:
    small = HeldPosition(0.05, 3350.0)
    too_far = plan(flat_snapshot(terms(grid_spacing=0.02), position=small))
    assert Gate.DISTANCE in {each.gate for each in too_far.withheld}
    full = plan(flat_snapshot(terms(grid_coefficient=0.0), position=HeldPosition(2.7, 3350.0)))
    assert Gate.EXPOSURE in {each.gate for each in full.withheld}


def test_at_most_so_many_orders_of_a_kind() -> None:
    planned = plan(flat_snapshot(terms(n_entry_orders=2), position=HeldPosition(0.1, 3349.0)))
    assert sum(order.type == "reentry" for order in planned.orders) == 2
    assert sum(order.type == "close" for order in planned.orders) == 2
    assert Gate.ORDER_CAP in {each.gate for each in planned.withheld}


@given(
    st.sampled_from(["linear", "inverse"]),
    st.floats(-50.0, 50.0),
    st.floats(0.8, 1.25),
    st.floats(0.0, 2.0),
    st.booleans(),
    st.integers(1, 12),
)
def test_plans_hold_what_they_must(
    kind: str, size: float, average: float, liquidation: float, at_market: bool, most: int
) -> None:
    used = terms(kind, n_entry_orders=most, market_stop_loss=at_market)
    step, price = used.market.qty_step, 94_000.0 if kind == "inverse" else 3350.0
    size = round(size / step) * step * (1.0 if kind == "linear" else 10.0)
    position = HeldPosition(size, average * price, liquidation * price) if size else HeldPosition()
    book: dict[str, Any] = {"bid": price, "ask": price + used.market.price_step, "last_price": price, "ema": price}
    planned = plan(TickSnapshot(0, used, 1000.0, 900.0, position=position, **book))
    closing = sum(abs(order.qty) for order in planned.orders if order.part == "close")
    assert closing <= abs(size) + step * 1e-6
    assert sum(order.type == "reentry" for order in planned.orders) <= most
    for order in planned.orders:
        assert order.qty != 0.0 and order.price > 0.0
        assert (order.side == "long") == (size > 0.0) or size == 0.0
        if order.execution == "limit":
            assert order.price <= price if order.qty > 0.0 else order.price >= price + used.market.price_step
    stops = [order for order in planned.orders if order.type.startswith("stop")]
    in_loss = size != 0.0 and (price < position.price if size > 0.0 else price > position.price)
    assert len(stops) <= 1 and (in_loss or not stops)
    assert (planned.levels is None) == (size == 0.0)
