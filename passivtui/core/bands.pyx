"""EMA bands of every leg over a block of minutes (`spec/engine.md` §2.5), and what its candles reach at most.

The chain of an EMA is the floor under the engine's time: each value waits for the one before. So legs are computed two by
two, and the extremes of the candles come along while their rows are in the cache.
"""

from passivtui.core.params cimport int64_t
from passivtui.core.state cimport BLOCK, CHUNK, Coin, Leg, Run, candle


cdef inline double lowest(double a, double b, double c) noexcept nogil:
    cdef double low = a if a < b else b
    return low if low < c else c


cdef inline double highest(double a, double b, double c) noexcept nogil:
    cdef double high = a if a > b else b
    return high if high > c else c


cdef void follow_two(Leg* a, const double* a_row, Leg* b, const double* b_row, int stride, int n) noexcept nogil:
    # Two legs at once, of one coin or of two: the processor works on one while the other waits for its sums.
    cdef double a0 = a.ema[0]
    cdef double a1 = a.ema[1]
    cdef double a2 = a.ema[2]
    cdef double b0 = b.ema[0]
    cdef double b1 = b.ema[1]
    cdef double b2 = b.ema[2]
    cdef double close
    cdef int i
    for i in range(n):
        close = a_row[2]
        a0 = close * a.alpha[0] + a0 * a.alpha_inv[0]
        a1 = close * a.alpha[1] + a1 * a.alpha_inv[1]
        a2 = close * a.alpha[2] + a2 * a.alpha_inv[2]
        close = b_row[2]
        b0 = close * b.alpha[0] + b0 * b.alpha_inv[0]
        b1 = close * b.alpha[1] + b1 * b.alpha_inv[1]
        b2 = close * b.alpha[2] + b2 * b.alpha_inv[2]
        a.lower[i], a.upper[i] = lowest(a0, a1, a2), highest(a0, a1, a2)
        b.lower[i], b.upper[i] = lowest(b0, b1, b2), highest(b0, b1, b2)
        a_row += stride
        b_row += stride
    a.ema[0], a.ema[1], a.ema[2] = a0, a1, a2
    b.ema[0], b.ema[1], b.ema[2] = b0, b1, b2


cdef void follow_one(Leg* leg, const double* row, int stride, int n) noexcept nogil:
    cdef double a0 = leg.alpha[0]
    cdef double a1 = leg.alpha[1]
    cdef double a2 = leg.alpha[2]
    cdef double b0 = leg.alpha_inv[0]
    cdef double b1 = leg.alpha_inv[1]
    cdef double b2 = leg.alpha_inv[2]
    cdef double e0 = leg.ema[0]
    cdef double e1 = leg.ema[1]
    cdef double e2 = leg.ema[2]
    cdef double close
    cdef int i
    for i in range(n):
        close = row[2]
        e0 = close * a0 + e0 * b0
        e1 = close * a1 + e1 * b1
        e2 = close * a2 + e2 * b2
        leg.lower[i] = lowest(e0, e1, e2)
        leg.upper[i] = highest(e0, e1, e2)
        row += stride
    leg.ema[0], leg.ema[1], leg.ema[2] = e0, e1, e2


cdef void summarise_candles(Coin* coin, const double* row, int stride, int n) noexcept nogil:
    # Lowest low and highest high of each CHUNK of rows.
    cdef double low, high
    cdef int chunk, j
    for chunk in range((n + CHUNK - 1) // CHUNK):
        low, high = row[1], row[0]
        for j in range(min(CHUNK, n - chunk * CHUNK)):
            low = row[1] if row[1] < low else low
            high = row[0] if row[0] > high else high
            row += stride
        coin.lows[chunk], coin.highs[chunk] = low, high


cdef void compute_bands(Run* run) noexcept nogil:
    # Bands after each minute of the block; extremes of the rows that decide about those minutes' orders.
    cdef int stride = 4 * run.n_coins
    cdef int n = <int>(run.block_end - run.block_start)
    cdef const double* waiting_row = NULL
    cdef const double* row
    cdef Leg* waiting = NULL
    cdef int coin, s
    for coin in range(run.n_coins):
        row = candle(run, run.block_start, coin)
        for s in range(2):
            if not run.sides[s].is_on:
                continue
            if waiting == NULL:
                waiting, waiting_row = &run.sides[s].legs[coin], row
                continue
            follow_two(waiting, waiting_row, &run.sides[s].legs[coin], row, stride, n)
            waiting = NULL
        summarise_candles(&run.coins[coin], row + stride, stride, n)
    if waiting != NULL:
        follow_one(waiting, waiting_row, stride, n)
