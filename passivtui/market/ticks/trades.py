"""Single trades as arrays, in the order in which they happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

#: In the order in which they are stored, with the type on disk.
COLUMNS: Final = {"timestamp_ms": "<i8", "price": "<f8", "qty": "<f8", "trade_id": "<i8", "buyer_is_maker": "|b1"}


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """n trades, ascending in time; those of one moment in the venue's order.

    Attributes:
        timestamp_ms: int64[n], ms since 1970 UTC.
        price: float64[n], above 0. qty: float64[n], not below 0, as the venue states it (contracts, base or quote).
        trade_id: int64[n], the venue's; numbered from 0 a day where it has none.
        buyer_is_maker: bool[n], somebody sold into the bids.
    """

    timestamp_ms: NDArray[np.int64]
    price: NDArray[np.float64]
    qty: NDArray[np.float64]
    trade_id: NDArray[np.int64]
    buyer_is_maker: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.timestamp_ms)

    def taken(self, places: NDArray[Any]) -> Trades:
        """The trades at these places, or where this mask is true, in that order."""
        return Trades(*(getattr(self, name)[places] for name in COLUMNS))


def no_trades() -> Trades:
    """None at all."""
    return Trades(*(np.empty(0, dtype=dtype) for dtype in COLUMNS.values()))


def joined(parts: Sequence[Trades]) -> Trades:
    """The trades of all parts, one after the other."""
    if not parts:
        return no_trades()
    return Trades(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Trades)))


def in_order(trades: Trades) -> Trades:
    """The trades by id, each id once, then by time: the venue's order, also where it published them in another."""
    _, places = np.unique(trades.trade_id, return_index=True)
    by_id = trades.taken(places)
    return by_id.taken(np.argsort(by_id.timestamp_ms, kind="stable"))
