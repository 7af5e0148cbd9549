"""Answers to what a person asks about one order or one coin of a bot; nothing is asked of the venue for them."""

from __future__ import annotations

from passivtui.live.bot.cycle import Cycle
from passivtui.live.coin_picture import CoinPicture, picture_of
from passivtui.live.orders import PlannedOrder
from passivtui.live.status import OrderRow
from passivtui.live.why import why


def why_order_row(cycle: Cycle | None, row: OrderRow) -> tuple[str, ...]:
    """The formula behind the order, by the last plan; a sentence where there is none."""
    if cycle is None or cycle.snapshot is None:
        return ("The bot has not made a plan yet.",)
    if row.standing == "foreign":
        return ("The bot did not place this order and does not know why it is there.",)
    planned = [
        order
        for order in cycle.plan.orders
        if (order.coin, order.side, order.qty, order.price) == (row.coin, row.side, row.qty, row.price)
    ]
    if not planned and not row.type:
        return ("It is not in the last plan, and its id does not tell its type.",)
    order = planned[0] if planned else PlannedOrder(row.coin, row.side, row.qty, row.price, row.type)
    lines = why(cycle.snapshot, cycle.plan, order)
    return lines if planned else ("It is not in the last plan any more; by the numbers of now:", *lines)


def coin_picture(cycle: Cycle | None, coin: str) -> CoinPicture:
    """The coin's candles and bands; empty while there are none."""
    candles = () if cycle is None else cycle.candles.known(coin)
    return CoinPicture(coin, (), (), {}) if cycle is None else picture_of(coin, candles, cycle.config)
