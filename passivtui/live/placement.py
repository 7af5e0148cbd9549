"""Which of the wanted orders go on the book, in which form, nearest to the price first (`spec/live.md` §5)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from passivtui.core.rounding import round_down_to_step, round_to_step
from passivtui.live.orders import SIDES, OrderClass, PlannedOrder, Side
from passivtui.live.reasons import Gate, Withheld, for_order
from passivtui.live.situation import Situation

#: Within this distance of the last price an order of the class may go as a market order.
_MARKET_WITHIN: Final = {
    OrderClass.GRID_ENTRY: 0.0001,
    OrderClass.GRID_CLOSE: 0.0001,
    OrderClass.TRAILING_ENTRY: 0.001,
    OrderClass.TRAILING_CLOSE: 0.001,
    OrderClass.AUTO_REDUCE: 0.001,
}
_DUST: Final = 1e-6  # of a quantity step: sums of steps are not exact


@dataclass(frozen=True, slots=True)
class Placed:
    """The orders to have on the book, nearest first over all coins, and why others are not among them."""

    orders: tuple[PlannedOrder, ...]
    withheld: tuple[Withheld, ...]


def place_orders(situation: Situation, wanted: Iterable[PlannedOrder]) -> Placed:
    """Leave out what is too far away or more than the position, and choose between limit and market."""
    by_coin: dict[str, list[PlannedOrder]] = {}
    for order in wanted:
        by_coin.setdefault(order.coin, []).append(order)
    withheld: list[Withheld] = []
    placed = [order for coin in by_coin for order in _of_coin(situation, by_coin[coin], withheld)]
    placed.sort(key=situation.distance)
    most = situation.snapshot.venue.max_open_orders
    if most is not None:
        text = f"the venue lets {most} orders stand at once, and others are nearer to the price"
        withheld += [for_order(order, Gate.ORDER_CAP, text, most=most) for order in placed[most:]]
        placed = placed[:most]
    return Placed(tuple(placed), tuple(withheld))


def _of_coin(situation: Situation, orders: list[PlannedOrder], withheld: list[Withheld]) -> list[PlannedOrder]:
    orders = sorted(_usable(orders, withheld), key=situation.distance)
    if not situation.snapshot.as_backtest:
        orders = _near_enough(situation, orders, withheld)
    for side in SIDES:
        orders = _within_position(situation, side, orders, withheld)
    orders = _each_once(orders, withheld)
    return [_executed(situation, order) for order in orders]


def _usable(orders: list[PlannedOrder], withheld: list[Withheld]) -> list[PlannedOrder]:
    """Without what no venue could take: extreme settings make quantities that are no number."""
    usable = []
    for order in orders:
        if math.isfinite(order.qty) and math.isfinite(order.price) and order.price > 0.0:
            usable.append(order)
        else:
            text = f"the formula gives a quantity of {order.qty:g} at {order.price:g}; look at the settings of the side"
            withheld.append(for_order(order, Gate.UNUSABLE, text))
    return [order for order in usable if order.qty != 0.0]


def _near_enough(situation: Situation, orders: list[PlannedOrder], withheld: list[Withheld]) -> list[PlannedOrder]:
    threshold = situation.snapshot.config.live.price_distance_threshold
    partial = {order.side for order in orders if order.type.startswith("entry_initial_partial")}
    near = []
    for order in orders:
        away = situation.distance(order)
        if away <= threshold or not _waits_for_the_price(situation, order, partial):
            near.append(order)
            continue
        gate = Gate.EMA_DISTANCE if order.kind is OrderClass.INITIAL_ENTRY else Gate.DISTANCE
        text = f"its price {order.price:.8g} is {away:.2%} away, orders are placed within {threshold:.2%}"
        withheld.append(for_order(order, gate, text, price=order.price, distance=away, threshold=threshold))
    return near


def _waits_for_the_price(situation: Situation, order: PlannedOrder, partial: set[Side]) -> bool:
    """Whether an order that is far away is left out until the price comes near."""
    if order.kind in (OrderClass.INITIAL_ENTRY, OrderClass.UNSTUCK):
        return True
    if situation.position(order.coin, order.side) is None:
        return True
    return order.part == "entry" and order.side in partial


def _within_position(
    situation: Situation, side: Side, orders: list[PlannedOrder], withheld: list[Withheld]
) -> list[PlannedOrder]:
    """Closes of the side, nearest first, cut where they would be more than the position."""
    result = []
    position = next((situation.position(order.coin, side) for order in orders), None)
    left = 0.0 if position is None else abs(position.size)
    for order in orders:
        if order.side != side or order.part == "entry" or order.kind is OrderClass.PANIC:
            result.append(order)
            continue
        step = situation.market(order.coin)["qty_step"]
        wanted = abs(order.qty)
        qty = wanted if wanted <= left + step * _DUST else round_down_to_step(left + step * _DUST, step)
        left = max(0.0, round_to_step(left - qty, step))
        if qty > 0.0:
            result.append(order if qty == wanted else dataclasses.replace(order, qty=qty if order.qty > 0.0 else -qty))
        else:
            text = "the closes that are nearer to the price take the whole position"
            withheld.append(for_order(order, Gate.POSITION, text))
    return result


def _each_once(orders: list[PlannedOrder], withheld: list[Withheld]) -> list[PlannedOrder]:
    seen: set[tuple[float, float, str]] = set()
    result = []
    for order in orders:
        key = order.qty, order.price, order.type
        if key in seen:
            withheld.append(for_order(order, Gate.DUPLICATE, "the same order is wanted twice and placed once"))
        else:
            seen.add(key)
            result.append(order)
    return result


def _executed(situation: Situation, order: PlannedOrder) -> PlannedOrder:
    """As a market order where that is allowed and the order is at, or beyond, the last price."""
    snapshot = situation.snapshot
    last = situation.price(order.coin)
    may_be = snapshot.config.live.market_orders_allowed and snapshot.venue.market_orders and not snapshot.as_backtest
    if order.execution == "market" or last is None or not may_be:
        return order
    crosses = order.price >= last if order.qty > 0.0 else order.price <= last
    if crosses or situation.distance(order) < _MARKET_WITHIN.get(order.kind, 0.0):
        return dataclasses.replace(order, execution="market")
    return order
