"""Coin selection by volume, then by noisiness (`spec/engine.md` §4.8)."""

from passivtui.core.params cimport int64_t

import numpy as np


cdef double volume_between(
    const double* candles, int n_coins, int coin, int64_t first, int64_t last
) noexcept nogil:
    # Sequential sum over the rows [first, last): the order of additions is part of the definition.
    cdef double total = 0.0
    cdef int64_t row
    for row in range(first, last):
        total += candles[(row * n_coins + coin) * 4 + 3]
    return total


cdef double noisiness_between(
    const double* candles, int n_coins, int coin, int64_t first, int64_t last
) noexcept nogil:
    # A sum, not a mean (§8.6).
    cdef double total = 0.0
    cdef const double* candle
    cdef int64_t row
    for row in range(first, last):
        candle = candles + (row * n_coins + coin) * 4
        total += (candle[0] - candle[1]) / candle[2]
    return total


cdef void start_volume_sums(Forager* forager, const double* candles, int64_t minute) noexcept nogil:
    # As after a ranking at `minute` that may lie apart from the one before (§4.8).
    cdef int64_t window = forager.volume_window
    cdef int64_t previous = forager.previous_minute
    cdef int64_t start = minute - window if minute > window else 0
    cdef int64_t old_start = previous - window if previous > window else 0
    cdef bint incremental = minute > window and minute - previous < window
    cdef int n = forager.n_coins
    cdef int coin
    for coin in range(n):
        if incremental:
            forager.volume_sums[coin] -= volume_between(candles, n, coin, old_start, start)
            forager.volume_sums[coin] += volume_between(candles, n, coin, previous, minute)
        else:
            forager.volume_sums[coin] = volume_between(candles, n, coin, start, minute)


cdef void follow_volumes_minutely(Forager* forager, const double* candles, int64_t minute) noexcept nogil:
    # The same, for a ranking one minute after the last: one volume out, one in. Up to the window's length the full
    # sum from row 0 is the last one with a volume added, to the last bit.
    cdef int64_t window = forager.volume_window
    cdef int n = forager.n_coins
    cdef const double* latest = candles + (minute - 1) * n * 4 + 3
    cdef const double* oldest
    cdef int coin
    if minute > window:
        oldest = candles + (minute - 1 - window) * n * 4 + 3
        for coin in range(n):
            forager.volume_sums[coin] -= oldest[4 * coin]
    for coin in range(n):
        forager.volume_sums[coin] += latest[4 * coin]


cdef void follow_volumes(Forager* forager, const double* candles, int64_t minute) noexcept nogil:
    # As if the coins had been ranked in every minute from next_minute to `minute`. The rounding drift of the
    # incremental sums is kept: it decides between near-equals (§8.6).
    cdef int64_t m
    for m in range(forager.next_minute, minute + 1):
        if m == forager.previous_minute + 1 and forager.volume_window > 1:
            follow_volumes_minutely(forager, candles, m)
        else:
            start_volume_sums(forager, candles, m)
        forager.previous_minute = m
    forager.next_minute = max(forager.next_minute, minute + 1)


cdef void sort_descending(int* items, int n, const double* keys) noexcept nogil:
    # Insertion sort: stable, and fast on what is nearly sorted.
    cdef int i, j, item
    for i in range(1, n):
        item = items[i]
        j = i - 1
        while j >= 0 and keys[items[j]] < keys[item]:
            items[j + 1] = items[j]
            j -= 1
        items[j + 1] = item


cdef int rank_coins(Forager* forager, const double* candles, int64_t minute) noexcept nogil:
    # Fills `ranking` with the preferred coins, best first, and returns their number. The current row takes no part.
    cdef int n = forager.n_coins
    cdef int64_t start = minute - forager.noisiness_window if minute > forager.noisiness_window else 0
    cdef int kept = forager.n_eligible if forager.n_eligible < n else n
    cdef int i, coin
    follow_volumes(forager, candles, minute)
    for i in range(n):
        forager.ranking[i] = i
    sort_descending(forager.ranking, n, forager.volume_sums)
    for i in range(kept):
        coin = forager.ranking[i]
        forager.noisiness[coin] = noisiness_between(candles, n, coin, start, minute)
    sort_descending(forager.ranking, kept, forager.noisiness)
    return kept


def calc_preferred_coins(
    const double[:, :, ::1] hlcv, minutes, int n_eligible, int64_t volume_window, int64_t noisiness_window
):
    """Rank the coins at each of the ascending `minutes`: a list of (preferred coin indices, volume sums) per minute.

    `hlcv` is (minutes, coins, 4) as the engine takes it. The sums carry over from one minute to the next as in a run.
    """
    cdef int n = hlcv.shape[1]
    cdef double[::1] sums = np.zeros(n)
    cdef double[::1] noisiness = np.zeros(n)
    cdef int[::1] ranking = np.zeros(n, dtype=np.intc)
    cdef Forager forager
    cdef int kept
    cdef int64_t minute
    forager.n_coins, forager.n_eligible = n, n_eligible
    forager.volume_window, forager.noisiness_window = volume_window, noisiness_window
    forager.next_minute = forager.previous_minute = 0
    forager.volume_sums, forager.noisiness, forager.ranking = &sums[0], &noisiness[0], &ranking[0]
    result = []
    for minute in minutes:
        forager.next_minute = minute
        kept = rank_coins(&forager, &hlcv[0, 0, 0], minute)
        result.append(([ranking[i] for i in range(kept)], [sums[i] for i in range(n)]))
    return result
