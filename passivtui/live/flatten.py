"""Out of everything at once, whatever state planning is in (`design/reliability.md`, stop must stop).

Nothing here reads a config, a candle or the strategy: there is no formula that could fail on the way out.
"""

from __future__ import annotations

from collections.abc import Iterable

from passivtui.live.orders import OpenOrder, PlannedOrder
from passivtui.live.snapshot import Position


def flattening_orders(positions: Iterable[Position]) -> tuple[PlannedOrder, ...]:
    """One market order for each position, closing all of it; its price is the average one, for the record only."""
    return tuple(
        PlannedOrder(held.coin, held.side, -held.size, held.price, f"panic_close_{held.side}", "market")
        for held in positions
        if held.size != 0.0
    )


def orders_to_cancel(open_orders: Iterable[OpenOrder], *, keep_closes: bool) -> tuple[OpenOrder, ...]:
    """The bot's own orders, entries first; with `keep_closes` the closes stay."""
    own = [order for order in open_orders if order.is_ours and not (keep_closes and order.part == "close")]
    return tuple(sorted(own, key=lambda order: order.part == "close"))
