"""What is missing withholds the orders that need it, and nothing else."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from live_snapshots import (
    FRESH,
    NEVER,
    STALE,
    TRAILING,
    UNSTUCKING,
    Rules,
    a_coin,
    a_config,
    a_snapshot,
    indicators,
    long_position,
    open_order,
)

from passivtui.live import AccountAges, Gate, OrderClass, PnlHistory, Position, Snapshot, plan
from passivtui.live.inputs import NEEDS, Input, readiness


def held_and_open(**changes: Any) -> Snapshot:
    """A position with an open entry and an open close, neither as it should be."""
    orders = (open_order(0.3, 97.0), open_order(-0.3, 103.0))
    return a_snapshot(**{"positions": (long_position(),), "open_orders": orders, **changes})


def kinds(snapshot: Snapshot) -> set[OrderClass]:
    return {order.kind for order in plan(snapshot).orders}


@pytest.mark.parametrize("name", ["positions", "balance", "open_orders"])
@pytest.mark.parametrize("age", [STALE, NEVER, dataclasses.replace(FRESH, ms=-5)])
def test_nothing_is_sent_or_cancelled_while_the_account_is_not_known(name: str, age: Any) -> None:
    ages = dataclasses.replace(AccountAges(FRESH, FRESH, FRESH, FRESH), **{name: age})
    planned = plan(held_and_open(ages=ages))
    assert planned.is_quiet and not planned.orders
    assert planned.warnings and name.replace("_", " ") in planned.warnings[0]
    reasons = planned.why("BTC", "long")
    assert reasons and {reason.gate for reason in reasons} == {Gate.INPUT} and reasons[0].age == age


@pytest.mark.parametrize("balance", [None, math.nan, math.inf])
def test_an_unknown_balance_is_not_zero(balance: float | None) -> None:
    planned = plan(held_and_open(balance=balance))
    assert planned.is_quiet and "balance is not known" in planned.warnings[0]


@pytest.mark.parametrize("balance", [0.0, 0.99, -5.0])
def test_a_balance_below_one_leaves_everything_as_it_is_and_says_so(balance: float) -> None:
    planned = plan(held_and_open(balance=balance))
    assert planned.is_quiet and not planned.orders
    assert len(planned.warnings) == 1 and "balance" in planned.warnings[0]
    assert planned.why("BTC", "long")[0].gate is Gate.BALANCE


@pytest.mark.parametrize(
    "position",
    [
        Position("BTC", "long", math.nan, 100.0),
        Position("BTC", "long", 1.0, 0.0),
        Position("BTC", "long", -1.0, 100.0),
        Position("BTC", "short", 1.0, 100.0),
    ],
)
def test_a_position_that_makes_no_sense_stops_everything(position: Position) -> None:
    planned = plan(a_snapshot(positions=(position,)))
    assert planned.is_quiet and "makes no sense" in planned.warnings[0]


def test_an_order_without_a_price_stops_everything() -> None:
    planned = plan(a_snapshot(open_orders=(open_order(1.0, math.nan),)))
    assert planned.is_quiet and "no usable price" in planned.warnings[0]


def test_entries_wait_for_a_fresh_price_and_their_open_orders_stay() -> None:
    planned = plan(held_and_open(coins={"BTC": a_coin(candles=STALE)}))
    assert not [order for order in planned.creations if order.part == "entry"]
    assert not [order for order in planned.cancellations if order.part == "entry"]
    reasons = [reason for reason in planned.why("BTC", "long") if reason.kind is OrderClass.GRID_ENTRY]
    assert reasons[0].gate is Gate.INPUT and reasons[0].age == STALE and "90 s old" in reasons[0].text


def test_grid_closes_need_no_candle() -> None:
    blind = {"BTC": a_coin(None, candles=NEVER, long=indicators(band=None, trailing=None))}
    planned = plan(held_and_open(coins=blind, ages=AccountAges(FRESH, FRESH, FRESH, NEVER), pnl=None))
    seen = plan(held_and_open())
    closes = [order for order in planned.orders if order.part == "close"]
    assert {order.kind for order in closes} == {OrderClass.GRID_CLOSE}
    assert [(o.qty, o.price) for o in closes] == [(o.qty, o.price) for o in seen.orders if o.part == "close"]
    assert [order.part for order in planned.cancellations] == ["close"]


def test_without_a_price_a_close_is_never_below_the_average_price() -> None:
    config = a_config(long={"close_grid_markup_start": -0.05, "close_grid_markup_end": -0.05})
    planned = plan(a_snapshot(config, coins={"BTC": a_coin(None, candles=NEVER)}, positions=(long_position(),)))
    assert [order.price for order in planned.orders] == [100.0]


def test_auto_reduce_waits_for_a_price() -> None:
    full = (long_position(15.0),)
    assert OrderClass.AUTO_REDUCE in kinds(a_snapshot(positions=full))
    blind = a_snapshot(positions=full, coins={"BTC": a_coin(candles=STALE)})
    assert kinds(blind) == {OrderClass.GRID_CLOSE}
    assert any(reason.kind is OrderClass.AUTO_REDUCE for reason in plan(blind).withheld)


def test_trailing_orders_wait_for_their_extremes_and_nothing_stands_in_for_them() -> None:
    config = a_config(long=TRAILING)
    unknown = {"BTC": a_coin(long=indicators(trailing=None))}
    snapshot = held_and_open(config=config, coins=unknown)
    planned = plan(snapshot)
    assert planned.is_quiet and not planned.orders
    assert {reason.kind for reason in planned.withheld if reason.gate is Gate.INPUT} == {
        OrderClass.TRAILING_ENTRY,
        OrderClass.TRAILING_CLOSE,
    }


def test_grid_orders_beside_trailing_ones_do_not_wait_for_extremes() -> None:
    config = a_config(long=TRAILING | {"entry_trailing_grid_ratio": -0.5, "close_trailing_grid_ratio": -0.5})
    unknown = {"BTC": a_coin(long=indicators(trailing=None))}
    found = kinds(a_snapshot(config, coins=unknown, positions=(long_position(),)))
    assert found == {OrderClass.GRID_ENTRY, OrderClass.GRID_CLOSE}


@pytest.mark.parametrize(
    "changes",
    [
        {"pnl": None},
        {"pnl": PnlHistory(0.0, 0.0, pending=2)},
        {"pnl": PnlHistory(math.nan, 0.0)},
        {"ages": AccountAges(FRESH, FRESH, FRESH, STALE)},
        {"coins": {"BTC": a_coin(long=indicators(band=None))}},
    ],
)
def test_unstucking_waits_for_what_it_needs_and_the_closes_stay(changes: dict[str, Any]) -> None:
    config = a_config(long=UNSTUCKING)
    stuck = (long_position(8.0),)
    assert OrderClass.UNSTUCK in kinds(a_snapshot(config, positions=stuck))
    planned = plan(a_snapshot(config, positions=stuck, **changes))
    assert OrderClass.GRID_CLOSE in {order.kind for order in planned.orders}
    assert OrderClass.UNSTUCK not in {order.kind for order in planned.orders}
    assert any(reason.kind is OrderClass.UNSTUCK and reason.gate is Gate.INPUT for reason in planned.withheld)


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_price_is_not_used(price: float) -> None:
    planned = plan(a_snapshot(coins={"BTC": a_coin(price)}))
    assert not planned.orders and any("is no price" in reason.text for reason in planned.withheld)


def test_rules_without_steps_withhold_every_order_of_the_coin() -> None:
    planned = plan(held_and_open(coins={"BTC": a_coin(market=Rules(qty_step=0.0))}))
    assert planned.is_quiet and any(Input.MARKET == "market rules" and "steps" in r.text for r in planned.withheld)


def test_one_blind_coin_does_not_stop_the_others() -> None:
    config = a_config(long={"n_positions": 2})
    snapshot = a_snapshot(config, coins=("BTC", "ETH"))
    blind = dataclasses.replace(snapshot, coins={"BTC": a_coin(candles=STALE), "ETH": a_coin()})
    assert {order.coin for order in plan(snapshot).orders} == {"BTC", "ETH"}
    assert {order.coin for order in plan(blind).orders} == {"ETH"}


def test_readiness_names_every_class_that_lacks_something() -> None:
    ready = readiness(a_snapshot(coins=("BTC", "ETH")))
    assert ready == {}
    coins = {"BTC": a_coin(candles=STALE), "ETH": a_coin(long=indicators(trailing=None))}
    found = readiness(a_snapshot(coins=coins))
    blind = {kind for coin, side, kind in found if (coin, side) == ("BTC", "long")}
    assert blind == set(OrderClass) - {OrderClass.GRID_CLOSE, OrderClass.PANIC}
    assert {kind for coin, side, kind in found if (coin, side) == ("ETH", "long")} == {
        OrderClass.TRAILING_ENTRY,
        OrderClass.TRAILING_CLOSE,
    }
    assert found["BTC", "long", OrderClass.INITIAL_ENTRY][0].age == STALE
    everything = readiness(a_snapshot(ages=AccountAges(NEVER, FRESH, FRESH, FRESH)))
    assert {kind for _, _, kind in everything} == set(OrderClass)


def test_every_class_says_what_it_needs() -> None:
    assert set(NEEDS) == set(OrderClass)
    assert Input.EMA not in NEEDS[OrderClass.GRID_CLOSE] and not NEEDS[OrderClass.PANIC]
