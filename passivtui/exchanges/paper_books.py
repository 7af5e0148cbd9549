"""What a paper account is made of, and all that is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from passivtui.exchanges.base import Fill, Order, OrderRequest, PositionMode, PositionSide

KEPT_ORDERS: Final = 2_000  # finished ones that can still be looked up
KEPT_FILLS: Final = 10_000


@dataclass(slots=True)
class Resting:
    """An order on the book; `request` as it was sent, `order` as the venue has it now."""

    request: OrderRequest
    order: Order


@dataclass(slots=True)
class Holding:
    """One side of one market; size 0 when nothing is held, negative for short."""

    size: float = 0.0
    price: float = 0.0


@dataclass(slots=True)
class Books:
    """Everything that a paper account is, and all that is kept across restarts."""

    balance: float
    settled_ms: int  # every candle that begins before it has been matched
    sequence: int = 0  # of order and fill ids
    throws: int = 0  # of the dice
    position_mode: PositionMode = "hedge"
    holdings: dict[tuple[str, PositionSide], Holding] = field(default_factory=dict)
    leverages: dict[str, int] = field(default_factory=dict)
    resting: dict[str, Resting] = field(default_factory=dict)  # by order id, in order of arrival
    finished: dict[str, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
