"""What is cancelled and created: at most four of each at a time, nearest first (`spec/passivx.md` §6).

Apart from `live.reconcile`, which compares the orders of many coins in a snapshot of Passivbot's strategy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from passivtui.live.orders import OpenOrder
from passivtui.live.passivx.orders import WantedOrder
from passivtui.live.passivx.snapshot import TickSnapshot
from passivtui.live.reasons import Gate, Withheld

MOST_AT_A_TIME: Final = 4
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class TickChanges:
    """What is done in this pass, cancellations first; `withheld` are the creations that wait for another."""

    kept: tuple[tuple[OpenOrder, WantedOrder], ...]
    cancellations: tuple[OpenOrder, ...]
    creations: tuple[WantedOrder, ...]
    withheld: tuple[Withheld, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is left to do, now or later."""
        return not (self.cancellations or self.creations or self.withheld)


def reconcile(snapshot: TickSnapshot, wanted: Iterable[WantedOrder], most: int = MOST_AT_A_TIME) -> TickChanges:
    """Compare by side, quantity and price, within half a step; each order is used once.

    What goes at market only reduces a position, which the venue sees to, and waits for no cancellation.
    """
    unmatched = list(snapshot.own_orders)
    kept, missing = [], []
    for order in wanted:
        twin = next((each for each in unmatched if _is_same(snapshot, each, order)), None)
        if twin is None:
            missing.append(order)
        else:
            unmatched.remove(twin)
            kept.append((twin, order))
    stale = sorted(unmatched, key=lambda order: _distance(snapshot, order.price))
    missing.sort(key=lambda order: _distance(snapshot, order.price))
    staying = {(order.side, order.part) for order in stale[most:]}
    waiting = [order for order in missing if order.execution == "limit" and (order.side, order.part) in staying]
    free = [order for order in missing if order not in waiting]
    withheld = [
        _wait(snapshot, order, "orders that are no longer right are cancelled first, as all may fill")
        for order in waiting
    ]
    withheld += [_wait(snapshot, order, f"{most} orders are sent at a time, nearest first") for order in free[most:]]
    return TickChanges(tuple(kept), tuple(stale[:most]), tuple(free[:most]), tuple(withheld))


def _is_same(snapshot: TickSnapshot, order: OpenOrder, wanted: WantedOrder) -> bool:
    market = snapshot.terms.market
    return (
        wanted.execution == "limit"
        and (order.side, order.part) == (wanted.side, wanted.part)
        and abs(order.price - wanted.price) <= market.price_step * _HALF
        and abs(order.qty - wanted.qty) <= market.qty_step * _HALF
    )


def _distance(snapshot: TickSnapshot, price: float) -> float:
    last = snapshot.last_price
    return 0.0 if not last else abs(price - last) / last


def _wait(snapshot: TickSnapshot, order: WantedOrder, text: str) -> Withheld:
    return Withheld(snapshot.terms.settings.symbol, order.side, Gate.BATCH, f"{order.type} at {order.price:g}: {text}")
