"""Trades that any number of runs share: checked once, neighbours of equal price merged (`spec/passivx.md` §4)."""

import numpy as np

from passivtui.core.packing import EngineInputError

_COLUMNS = (("timestamp_ms", np.int64), ("price", np.float64), ("buyer_is_maker", np.bool_))


def _checked(columns):
    for (name, dtype), array in zip(_COLUMNS, columns):
        if not isinstance(array, np.ndarray) or array.dtype != dtype or not array.dtype.isnative or array.ndim != 1:
            raise EngineInputError(f"{name} must be a one-dimensional NumPy array of {np.dtype(dtype)}")
        if len(array) != len(columns[0]):
            raise EngineInputError(f"{name} holds {len(array)} trades, timestamp_ms {len(columns[0])}")
    times, prices, _ = columns
    wrong = ~(np.isfinite(prices) & (prices > 0.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise EngineInputError(f"trade {row} has the price {prices[row]}; prices must be finite and above 0")
    back = np.flatnonzero(np.diff(times) < 0)
    if len(back):
        row = int(back[0]) + 1
        earlier = f"trade {row} is {times[row - 1] - times[row]} ms before the one in front of it"
        raise EngineInputError(f"{earlier}; trades must be in the order of time")


cdef class TickData:
    """Checked trades for `run_ticks`; of neighbours with one price the first counts.

    timestamp_ms     int64 (n,), ms since 1970 (UTC), never falling
    price            float64 (n,), finite, above 0
    buyer_is_maker   bool (n,): the trade was somebody selling into the bids

    The attributes hold the merged columns, which can't be written to; `n_trades` is n. Raises EngineInputError.
    """

    def __init__(self, timestamp_ms, price, buyer_is_maker):
        cdef const int64_t[::1] times
        cdef const double[::1] prices
        cdef const unsigned char[::1] sold
        columns = (timestamp_ms, price, buyer_is_maker)
        _checked(columns)
        self.n_trades = len(price)
        kept = np.ones(len(price), dtype=bool)
        kept[1:] = np.diff(price) != 0.0
        if kept.sum() < 2:
            raise EngineInputError("at least two trades of different prices are needed")
        self.timestamp_ms, self.price, self.buyer_is_maker = (column[kept] for column in columns)
        for column in (self.timestamp_ms, self.price, self.buyer_is_maker):
            column.flags.writeable = False
        times, prices, sold = self.timestamp_ms, self.price, self.buyer_is_maker.view(np.uint8)
        self.times, self.prices, self.sold = &times[0], &prices[0], &sold[0]
        self.n_ticks = len(self.price)

    def __len__(self):
        return self.n_ticks
