"""Orders as a live bot wants them and as the venue has them. Quantities are signed: above 0 buys, below 0 sells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

Side = Literal["long", "short"]
SIDES: Final[tuple[Side, Side]] = ("long", "short")
Execution = Literal["limit", "market"]
Part = Literal["entry", "close"]


class OrderClass(StrEnum):
    """What an order is for; each class has inputs of its own (`inputs.NEEDS`)."""

    INITIAL_ENTRY = "initial entry"
    GRID_ENTRY = "grid entry"
    TRAILING_ENTRY = "trailing entry"
    GRID_CLOSE = "grid close"
    TRAILING_CLOSE = "trailing close"
    AUTO_REDUCE = "auto reduce"
    UNSTUCK = "unstuck close"
    PANIC = "panic close"

    @property
    def part(self) -> Part:
        """Whether it opens or closes."""
        return "entry" if self in _ENTRIES else "close"


_ENTRIES: Final = {OrderClass.INITIAL_ENTRY, OrderClass.GRID_ENTRY, OrderClass.TRAILING_ENTRY}
_BY_PREFIX: Final = {
    "entry_initial": OrderClass.INITIAL_ENTRY,
    "entry_grid": OrderClass.GRID_ENTRY,
    "entry_trailing": OrderClass.TRAILING_ENTRY,
    "close_grid": OrderClass.GRID_CLOSE,
    "close_trailing": OrderClass.TRAILING_CLOSE,
    "close_auto": OrderClass.AUTO_REDUCE,
    "close_unstuck": OrderClass.UNSTUCK,
    "panic_close": OrderClass.PANIC,
}


def class_of(order_type: str) -> OrderClass:
    """The class of one of the engine's order types, or of `panic_close_long` and `panic_close_short`."""
    return _BY_PREFIX["_".join(order_type.split("_", 2)[:2])]


def part_of(side: Side, qty: float) -> Part:
    """Whether an order of this position side opens or closes: a long's buys and a short's sells open."""
    return "entry" if (qty > 0.0) == (side == "long") else "close"


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """An order that should be on the book. `type` is the engine's, from which its client id is made elsewhere.

    `fills_beyond` is only set while a bot acts as the backtest does: then the order fills only in a candle that trades
    through that price too (`spec/engine.md` §8.2), which the paper exchange heeds and a real venue can't.
    """

    coin: str
    side: Side
    qty: float
    price: float
    type: str
    execution: Execution = "limit"
    fills_beyond: float | None = None

    @property
    def kind(self) -> OrderClass:
        return class_of(self.type)

    @property
    def part(self) -> Part:
        return part_of(self.side, self.qty)

    @property
    def reduce_only(self) -> bool:
        """Closes never open anything, wherever the venue can be told so."""
        return self.part == "close"


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order on the venue's book. `qty` is what is still open of it.

    `is_ours` unless somebody else is known to have placed it: then it is shown, never cancelled and never counted.
    """

    id: str
    client_id: str
    coin: str
    side: Side
    qty: float
    price: float
    reduce_only: bool = False
    is_ours: bool = True

    @property
    def part(self) -> Part:
        return part_of(self.side, self.qty)


@dataclass(frozen=True, slots=True)
class SentOrder:
    """An order that was sent lately, and what came of it as far as it is known (`design/reliability.md`).

    `is_unseen`: the venue has taken it, and neither shows it on the book yet nor has told of a fill.
    """

    client_id: str
    coin: str
    side: Side
    qty: float
    price: float
    sent_ms: int
    execution: Execution = "limit"
    outcome: Literal["confirmed", "rejected", "unresolved"] = "confirmed"
    is_unseen: bool = False

    @property
    def part(self) -> Part:
        return part_of(self.side, self.qty)
