"""Which of the wanted orders go on the book, and how (`spec/live.md` §5)."""

from __future__ import annotations

import math

import pytest
from live_snapshots import GRID_ONLY, MIMIC, PAPER, UNSTUCKING, a_coin, a_config, a_snapshot, indicators, long_position

from passivtui.live import Gate, OrderClass, PlannedOrder, Position, Snapshot, VenueTraits, plan
from passivtui.live.placement import place_orders
from passivtui.live.situation import Situation

NEAR = {"price_distance_threshold": 0.002}
MARKET = {"market_orders_allowed": True}


def situation(snapshot: Snapshot) -> Situation:
    return Situation(snapshot)


def close(qty: float, price: float, kind: str = "close_grid_long") -> PlannedOrder:
    return PlannedOrder("BTC", "long", qty, price, kind)


def test_a_first_entry_waits_until_the_price_is_near() -> None:
    snapshot = a_snapshot(a_config(live=NEAR))
    assert plan(snapshot).orders == ()
    reasons = plan(snapshot).why("BTC", "long")
    assert {reason.gate for reason in reasons} == {Gate.EMA_DISTANCE, Gate.DISTANCE}
    first = next(reason for reason in reasons if reason.kind is OrderClass.INITIAL_ENTRY)
    assert dict(first.numbers) == {"price": 99.0, "distance": 0.01, "threshold": 0.002}
    assert first.order is not None and first.order.type == "entry_initial_normal_long"


def test_without_a_position_only_what_is_near_is_placed() -> None:
    near = {"BTC": a_coin(100.0, long=indicators(lower=100.0))}
    assert [order.kind for order in plan(a_snapshot(a_config(live=NEAR), coins=near)).orders] == [
        OrderClass.INITIAL_ENTRY
    ]


def test_with_a_position_grid_orders_are_placed_however_far() -> None:
    orders = plan(a_snapshot(a_config(live=NEAR), positions=(long_position(),))).orders
    assert {order.part for order in orders} == {"entry", "close"} and len(orders) > 3


def test_entries_behind_a_partial_first_entry_wait_for_it() -> None:
    orders = plan(a_snapshot(a_config(live=NEAR), positions=(long_position(0.2),))).orders
    assert orders and all(order.part == "close" for order in orders)


def test_a_far_unstuck_close_is_left_out() -> None:
    far = close(-1.0, 105.0, "close_unstuck_long")
    placed = place_orders(situation(a_snapshot(a_config(live=NEAR), positions=(long_position(8.0),))), [far])
    assert placed.orders == () and placed.withheld[0].gate is Gate.DISTANCE


def test_as_in_the_backtest_distance_does_not_matter() -> None:
    config = a_config(live=NEAR | MARKET | MIMIC)
    orders = plan(a_snapshot(config, venue=PAPER)).orders
    assert len(orders) > 3 and {order.execution for order in orders} == {"limit"}
    assert plan(a_snapshot(config)).orders == (), "on a real venue all rules hold"
    at_the_price = [close(-0.5, 99.0)]
    placed = place_orders(situation(a_snapshot(config, positions=(long_position(),), venue=PAPER)), at_the_price).orders
    assert [order.execution for order in placed] == ["limit"]


@pytest.mark.parametrize(
    ("order", "execution"),
    [
        (close(-0.5, 100.005), "market"),
        (close(-0.5, 100.02), "limit"),
        (close(-0.5, 99.0), "market"),
        (close(-0.5, 100.05, "close_trailing_long"), "market"),
        (close(-0.5, 100.05, "close_auto_reduce_long"), "market"),
        (close(-0.5, 100.2, "close_trailing_long"), "limit"),
        (close(-0.5, 100.0, "close_unstuck_long"), "market"),
        (close(-0.5, 100.005, "close_unstuck_long"), "limit"),
        (PlannedOrder("BTC", "long", 0.5, 99.995, "entry_grid_normal_long"), "market"),
        (PlannedOrder("BTC", "long", 0.5, 99.995, "entry_initial_normal_long"), "limit"),
        (PlannedOrder("BTC", "long", 0.5, 100.0, "entry_initial_normal_long"), "market"),
        (PlannedOrder("BTC", "short", -0.5, 100.0, "entry_initial_normal_short"), "market"),
    ],
)
def test_orders_at_the_price_go_to_the_market_if_they_may(order: PlannedOrder, execution: str) -> None:
    held = (long_position(),)

    def placed(snapshot: Snapshot) -> str:
        return place_orders(situation(snapshot), [order]).orders[0].execution

    assert placed(a_snapshot(a_config(live=MARKET), positions=held)) == execution
    assert placed(a_snapshot(a_config(), positions=held)) == "limit"
    assert placed(a_snapshot(a_config(live=MARKET), positions=held, venue=VenueTraits(market_orders=False))) == "limit"


def test_closes_together_are_never_more_than_the_position() -> None:
    held = situation(a_snapshot(positions=(long_position(1.0),)))
    placed = place_orders(held, [close(-0.6, 101.0), close(-0.6, 102.0), close(-0.6, 103.0)])
    assert [order.qty for order in placed.orders] == [-0.6, -0.4]
    assert [reason.gate for reason in placed.withheld] == [Gate.POSITION]


def test_a_position_off_the_step_is_closed_to_its_last_bit() -> None:
    held = situation(a_snapshot(positions=(long_position(1.0004),)))
    assert [order.qty for order in place_orders(held, [close(-1.0004, 101.0)]).orders] == [-1.0004]
    assert [order.qty for order in place_orders(held, [close(-1.001, 101.0)]).orders] == [-1.0]


@pytest.mark.parametrize(("qty", "price"), [(math.inf, 101.0), (math.nan, 101.0), (-1.0, math.nan), (-1.0, 0.0)])
def test_what_no_venue_could_take_is_not_sent(qty: float, price: float) -> None:
    placed = place_orders(situation(a_snapshot(positions=(long_position(1.0),))), [close(qty, price)])
    assert placed.orders == () and [reason.gate for reason in placed.withheld] == [Gate.UNUSABLE]


def test_the_same_order_is_placed_once() -> None:
    held = situation(a_snapshot(positions=(long_position(1.0),)))
    placed = place_orders(held, [close(-0.1, 101.0), close(-0.1, 101.0)])
    assert len(placed.orders) == 1 and placed.withheld[0].gate is Gate.DUPLICATE


def test_orders_are_in_order_of_their_distance() -> None:
    config = a_config(long={"n_positions": 2, "total_wallet_exposure_limit": 2.0})
    held = (long_position(coin="A"), long_position(coin="B"))
    coins = {"A": a_coin(100.0), "B": a_coin(103.0)}
    orders = plan(a_snapshot(config, coins=coins, positions=held)).orders
    away = [abs(order.price / (coins[order.coin].price or 0.0) - 1.0) for order in orders]
    assert away == sorted(away) and {order.coin for order in orders[:6]} == {"A", "B"}


def test_a_venue_with_few_order_places_gets_the_nearest() -> None:
    everything = plan(a_snapshot(positions=(long_position(),))).orders
    capped = plan(a_snapshot(positions=(long_position(),), venue=VenueTraits(max_open_orders=3)))
    assert capped.orders == everything[:3]
    assert [reason.gate for reason in capped.withheld].count(Gate.ORDER_CAP) == len(everything) - 3


def test_the_backtest_s_condition_is_on_closes_only() -> None:
    forwards = GRID_ONLY | {"close_grid_markup_start": 0.005, "close_grid_markup_end": 0.01}
    held = (long_position(10.0), Position("BTC", "short", -2.0, 100.0))
    mimic = a_config(long=forwards, short={}, live=MIMIC)
    orders = plan(a_snapshot(mimic, positions=held, venue=PAPER)).orders
    assert {order.fills_beyond for order in orders if order.part == "entry"} == {None}
    assert {order.fills_beyond for order in orders if order.part == "close" and order.side == "long"} == {101.0}
    assert {order.fills_beyond for order in plan(a_snapshot(a_config(long=forwards), positions=held)).orders} == {None}


def test_an_unstuck_close_has_no_condition() -> None:
    config = a_config(long=UNSTUCKING, live=MIMIC)
    orders = plan(a_snapshot(config, positions=(long_position(8.0),), venue=PAPER)).orders
    assert [order.fills_beyond for order in orders if order.kind is OrderClass.UNSTUCK] == [None]
