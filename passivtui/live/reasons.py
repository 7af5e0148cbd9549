"""Why an order is absent: the gate that stopped it, with the numbers it compared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from passivtui.live.inputs import MissingInput
from passivtui.live.orders import OrderClass, PlannedOrder, Side
from passivtui.live.snapshot import Age


class Gate(StrEnum):
    """What can keep an order back."""

    INPUT = "missing input"
    BALANCE = "balance"
    MODE = "mode"
    MARKET = "market"
    COIN_AGE = "coin age"
    MIN_COST = "minimum cost"
    VOLUME = "forager volume"
    RANK = "forager rank"
    SLOTS = "slots"
    ONE_WAY = "one-way mode"
    EXPOSURE = "wallet exposure limit"
    TRAILING = "trailing"
    EMA_DISTANCE = "EMA distance"
    DISTANCE = "price distance"
    ALLOWANCE = "loss allowance"
    ONE_UNSTUCK = "one unstuck order"
    NO_PRICE = "no order at this price"
    UNUSABLE = "no usable order"
    POSITION = "position size"
    DUPLICATE = "duplicate"
    ORDER_CAP = "order cap"
    BATCH = "batch"
    CANCELLING = "cancellation"
    UNSETTLED = "unsettled coin"
    UNRESOLVED = "unresolved order"
    RECENTLY_SENT = "recently sent"
    REFUSED = "refused by the venue"
    SETTINGS = "leverage and margin"


@dataclass(frozen=True, slots=True)
class Withheld:
    """Orders of a coin and side that are not there, and why.

    `text` is a sentence with the numbers; `numbers` are the same by name, for whoever shows them otherwise. `order` is
    the order itself where it was worked out, `age` that of an outdated input.
    """

    coin: str
    side: Side
    gate: Gate
    text: str
    kind: OrderClass | None = None
    numbers: tuple[tuple[str, float], ...] = ()
    order: PlannedOrder | None = None
    age: Age | None = None


def for_input(coin: str, side: Side, kind: OrderClass | None, missing: MissingInput) -> Withheld:
    """Withheld for want of an input."""
    return Withheld(coin, side, Gate.INPUT, missing.text, kind, age=missing.age)


def for_order(order: PlannedOrder, gate: Gate, text: str, **numbers: float) -> Withheld:
    """An order that was worked out and then kept back."""
    return Withheld(order.coin, order.side, gate, text, order.kind, tuple(numbers.items()), order)
