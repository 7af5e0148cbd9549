"""The way out needs no plan (`design/reliability.md`)."""

from __future__ import annotations

import math

from live_snapshots import long_position, open_order

from passivtui.live import Position
from passivtui.live.flatten import flattening_orders, orders_to_cancel

ENTRY, CLOSE = open_order(1.0, 90.0), open_order(-1.0, 110.0)


def test_every_position_is_closed_at_the_market() -> None:
    held = (long_position(2.0), Position("ETH", "short", -3.0, math.nan), long_position(0.0, coin="SOL"))
    orders = flattening_orders(held)
    assert [(order.coin, order.qty, order.execution) for order in orders] == [
        ("BTC", -2.0, "market"),
        ("ETH", 3.0, "market"),
    ]
    assert all(order.reduce_only for order in orders)


def test_entries_are_cancelled_first_and_closes_may_stay() -> None:
    assert orders_to_cancel((CLOSE, ENTRY), keep_closes=False) == (ENTRY, CLOSE)
    assert orders_to_cancel((CLOSE, ENTRY), keep_closes=True) == (ENTRY,)


def test_orders_of_somebody_else_stay() -> None:
    foreign = open_order(1.0, 90.0, is_ours=False)
    assert orders_to_cancel((foreign,), keep_closes=False) == ()
