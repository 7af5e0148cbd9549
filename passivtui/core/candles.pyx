"""Candles that any number of runs share: checked once, summed once, never copied."""

import numpy as np

from passivtui.core.packing import EngineInputError


def _checked(hlcv, btc_usd):
    for name, array, ndim in (("hlcv", hlcv, 3), ("btc_usd", btc_usd, 1)):
        if not isinstance(array, np.ndarray) or array.dtype != np.float64 or not array.dtype.isnative:
            raise EngineInputError(f"{name} must be a NumPy array of float64 in native byte order")
        if array.ndim != ndim:
            raise EngineInputError(f"{name} must have {ndim} dimension(s), not {array.ndim}")
        if not array.flags.c_contiguous:
            raise EngineInputError(f"{name} must be contiguous in C order")
    if hlcv.shape[2] != 4 or hlcv.shape[1] < 1:
        raise EngineInputError(f"hlcv must have the shape (minutes, coins, 4), not {hlcv.shape}")
    if hlcv.shape[0] < 2:
        raise EngineInputError(f"hlcv holds {hlcv.shape[0]} minute(s); at least 2 are needed")
    if btc_usd.shape[0] != hlcv.shape[0]:
        raise EngineInputError(f"btc_usd holds {btc_usd.shape[0]} minutes, hlcv {hlcv.shape[0]}")


cdef enum Fault:
    NONE = 0
    NOT_FINITE = 1
    NO_PRICE = 2


cdef Fault find_fault(const double* rows, int64_t n) noexcept nogil:
    # Adding up zeros times the values finds NaN and infinity in one go.
    cdef double check = 0.0
    cdef double low = 1.0
    cdef int64_t i
    for i in range(n):
        check += rows[4 * i] * 0.0 + rows[4 * i + 1] * 0.0 + rows[4 * i + 2] * 0.0 + rows[4 * i + 3] * 0.0
        low = rows[4 * i + 1] if rows[4 * i + 1] < low else low
        low = rows[4 * i + 2] if rows[4 * i + 2] < low else low
    if not check == 0.0:
        return NOT_FINITE
    return NONE if low > 0.0 else NO_PRICE


cdef class MarketData:
    """Checked candles for `simulate` and `simulate_many`.

    hlcv      float64 (n, N, 4), C order: high, low, close in quote currency, quote volume; one row a minute
    btc_usd   float64 (n,): the BTC price, or ones; BTC collateral is on when any element differs from 1.0

    Raises EngineInputError. The arrays are kept, not copied, and must not be written to while a run uses them.
    """

    def __init__(self, hlcv, btc_usd):
        cdef const double[:, :, ::1] candles
        cdef const double[::1] prices
        cdef Fault fault
        _checked(hlcv, btc_usd)
        candles, prices = hlcv, btc_usd
        self.hlcv, self.btc_usd = hlcv, btc_usd
        self.candles, self.btc_prices = &candles[0, 0, 0], &prices[0]
        self.n_minutes, self.n_coins = hlcv.shape[0], hlcv.shape[1]
        self.btc_mode = bool((btc_usd != 1.0).any())
        with nogil:
            fault = find_fault(self.candles, self.n_minutes * self.n_coins)
        if fault == NOT_FINITE:
            raise EngineInputError("hlcv holds values that are not finite")
        if fault == NO_PRICE or not (np.isfinite(btc_usd).all() and (btc_usd > 0.0).all()):
            raise EngineInputError("prices must be finite and above 0")

    cdef int64_t first_valid(self, int coin):
        # The true first valid row, n when there is none: upstream's binary search misses some (§8.1, docs/parity.md).
        cdef int64_t row = 0
        while row < self.n_minutes and self.candles[(row * self.n_coins + coin) * 4 + 3] < 0.0:
            row += 1
        return row

    cdef int64_t last_valid(self, int coin):
        # The true last valid row, −1 when there is none.
        cdef int64_t row = self.n_minutes - 1
        while row >= 0 and self.candles[(row * self.n_coins + coin) * 4 + 3] < 0.0:
            row -= 1
        return row

    cdef void sum_up(self) except *:
        # Running sums of volume and noisiness before each row, for choosing coins: a window is a difference of two.
        cdef double[:, :, ::1] sums
        if self.sums != NULL:
            return
        self.sums_array = np.zeros((self.n_minutes + 1, 2, self.n_coins))
        sums = self.sums_array
        add_up(self.candles, self.n_minutes, self.n_coins, &sums[0, 0, 0])
        self.sums = &sums[0, 0, 0]


cdef void add_up(const double* candles, int64_t n_minutes, int n, double* sums) noexcept nogil:
    cdef double* after
    cdef const double* row
    cdef int64_t minute
    cdef int coin
    for minute in range(n_minutes):
        after = sums + 2 * n
        row = candles + 4 * n * minute
        for coin in range(n):
            after[coin] = sums[coin] + row[4 * coin + 3]
            after[n + coin] = sums[n + coin] + (row[4 * coin] - row[4 * coin + 1]) / row[4 * coin + 2]
        sums = after
