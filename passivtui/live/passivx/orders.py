"""The orders of a Passiv-X bot. Quantities are signed: above 0 buys, below 0 sells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from passivtui.core import TICK_TRADE_TYPES
from passivtui.live.orders import Execution, Part, Side, part_of

ENTRY, REENTRY, CLOSE, STOP_LOSS_LIQ_DIFF, STOP_LOSS_POS_PRICE_DIFF = TICK_TRADE_TYPES
STOP_LOSSES: Final = (STOP_LOSS_LIQ_DIFF, STOP_LOSS_POS_PRICE_DIFF)


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """An order that should be on the book. `type` is one of the tick engine's types of trades."""

    side: Side
    qty: float
    price: float
    type: str
    execution: Execution = "limit"

    @property
    def part(self) -> Part:
        return part_of(self.side, self.qty)

    @property
    def reduce_only(self) -> bool:
        return self.part == "close"


def side_of(size: float) -> Side:
    """The side of a signed size."""
    return "long" if size > 0.0 else "short"
