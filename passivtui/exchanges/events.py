"""What a venue tells by itself. State is what reads say; events make it known sooner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # base.py names the events in its protocol
    from passivtui.exchanges.base import Balance, Candle, Fill, Order, Position, PositionSide


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order was taken, filled in part or whole, cancelled or rejected."""

    order: Order


@dataclass(frozen=True, slots=True)
class FillSeen:
    """A trade of ours. The same fill may come again, here and in `fills_since`: it is counted once, by its id."""

    fill: Fill


@dataclass(frozen=True, slots=True)
class BalanceChanged:
    balance: Balance


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """A position as it is now; `position` is None when it was closed."""

    symbol: str
    side: PositionSide
    position: Position | None
    time_ms: int


@dataclass(frozen=True, slots=True)
class CandleUpdated:
    """The newest candle of a market; `is_closed` when its minute is over and it won't change."""

    symbol: str
    candle: Candle
    is_closed: bool


class StreamState(StrEnum):
    UP = "up"  # speaks
    SILENT = "silent"  # should have spoken; is being opened again
    DOWN = "down"  # closed or refused; is being opened again
    REFUSED = "refused"  # the venue won't send this; nobody tries again


@dataclass(frozen=True, slots=True)
class StreamChanged:
    """The health of one stream: "orders", or "candles SYMBOL". `refetch`: something may have been missed, so positions,
    balance, open orders and fills (or the candles of that market) must be read again."""

    stream: str
    state: StreamState
    reason: str
    time_ms: int
    refetch: bool = False


Event = OrderChanged | FillSeen | BalanceChanged | PositionChanged | CandleUpdated | StreamChanged
