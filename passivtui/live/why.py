"""Why a bot's order is where it is, from the snapshot and the plan that it belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from passivtui.core import Position as Holding
from passivtui.core import calc_position
from passivtui.formulas import OrderCase, why_order
from passivtui.live.orders import PlannedOrder
from passivtui.live.plan import Plan
from passivtui.live.situation import Situation
from passivtui.live.snapshot import Snapshot


def why(snapshot: Snapshot, planned: Plan, order: PlannedOrder) -> tuple[str, ...]:
    """The formula of a planned order with its numbers, as lines; the orders before it are taken as filled."""
    if snapshot.balance is None or order.coin not in snapshot.coins:
        return ("Balance or market of this order are not known at the moment.",)
    situation = Situation(snapshot)
    params, market = situation.strategy.params(order.coin, order.side), situation.market(order.coin)
    before = _before(situation, planned.orders, order)
    return why_order(
        OrderCase(
            order.side,
            order.type,
            order.price,
            order.qty,
            params,
            market,
            situation.balance,
            params["wallet_exposure_limit"],
            book=situation.price(order.coin) or 0.0,
            band=_band(snapshot, order),
            before=before,
            after=calc_position(market, situation.balance, before.size, before.price, order.qty, order.price),
        )
    )


def _before(situation: Situation, orders: Iterable[PlannedOrder], order: PlannedOrder) -> Holding:
    """The position once every order of the same part that comes first has filled."""
    market, balance = situation.market(order.coin), situation.balance
    held = situation.position(order.coin, order.side)
    size, price = (0.0, 0.0) if held is None else (held.size, held.price)
    holding = calc_position(market, balance, size, price, 0.0, 0.0)
    leg = [one for one in orders if (one.coin, one.side, one.part) == (order.coin, order.side, order.part)]
    for one in sorted(leg, key=situation.distance):
        if one == order:
            break
        holding = calc_position(market, balance, holding.size, holding.price, one.qty, one.price)
    return holding


def _band(snapshot: Snapshot, order: PlannedOrder) -> float:
    """The edge of the EMA band that the order looks at: entries of longs the lower, their unstuck closes the upper."""
    band = snapshot.coins[order.coin].side(order.side).band
    if band is None:
        return 0.0
    return band.lower if (order.side == "long") == (order.part == "entry") else band.upper
