"""Coin selection by volume, then by noisiness (`spec/engine.md` §4.8).

By definition the volume sums are kept incrementally, with a rounding drift that decides between near-equals, and both
sums are added in a fixed order. Only the choice matters, though, and it is clear from differences of running totals
unless two coins at the edge of it are closer than all rounding together. Then, and only then, the sums are computed as
defined.
"""

from libc.math cimport fabs
from libc.stdint cimport INT64_MAX
from libc.stdlib cimport realloc
from libc.string cimport memcpy

from passivtui.core.candles cimport MarketData
from passivtui.core.params cimport int64_t

import numpy as np

cdef double EPSILON = 2.220446049250313e-16


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


cdef void start_volume_sums(
    const Forager* forager, const double* candles, int64_t previous, int64_t minute, double* sums
) noexcept nogil:
    # As after a ranking at `minute`, the one before having been at `previous`.
    cdef int64_t window = forager.volume_window
    cdef int64_t start = minute - window if minute > window else 0
    cdef int64_t old_start = previous - window if previous > window else 0
    cdef bint incremental = minute > window and minute - previous < window
    cdef int n = forager.n_coins
    cdef int coin
    for coin in range(n):
        if incremental:
            sums[coin] -= volume_between(candles, n, coin, old_start, start)
            sums[coin] += volume_between(candles, n, coin, previous, minute)
        else:
            sums[coin] = volume_between(candles, n, coin, start, minute)


cdef void follow_volumes(
    const Forager* forager, const double* candles, int64_t minute, double* sums
) noexcept nogil:
    # As start_volume_sums one minute after the last ranking: one volume out, one in. Up to the window's length the
    # full sum from row 0 is the last one with a volume added, to the last bit.
    cdef int64_t window = forager.volume_window
    cdef int n = forager.n_coins
    cdef const double* latest = candles + (minute - 1) * n * 4 + 3
    cdef const double* oldest
    cdef int coin
    if minute > window:
        oldest = candles + (minute - 1 - window) * n * 4 + 3
        for coin in range(n):
            sums[coin] -= oldest[4 * coin]
    for coin in range(n):
        sums[coin] += latest[4 * coin]


cdef int64_t sum_span(
    const Forager* forager, const double* candles, int64_t previous, Span span, double* sums
) noexcept nogil:
    # The sums after ranking in every minute of the span; returns the minute of the last ranking.
    cdef int64_t minute
    for minute in range(max(span.first, previous + 1), span.last + 1):
        if minute == previous + 1 and forager.volume_window > 1:
            follow_volumes(forager, candles, minute, sums)
        else:
            start_volume_sums(forager, candles, previous, minute, sums)
        previous = minute
    return previous


cdef void sum_exactly(Forager* forager, const double* candles, int64_t now, int64_t minute) noexcept nogil:
    # trial_volumes as defined at `minute`. What lies before `now` can't change any more and is kept.
    cdef Span span
    cdef int i
    for i in range(forager.n_spans):
        span = forager.spans[i]
        span.last = min(span.last, now - 1)
        forager.exact_minute = sum_span(forager, candles, forager.exact_minute, span, forager.exact_volumes)
    if forager.n_spans:
        forager.spans[0] = forager.spans[forager.n_spans - 1]
        forager.spans[0].first = max(forager.spans[0].first, now)
        forager.n_spans = 1
    memcpy(forager.trial_volumes, forager.exact_volumes, forager.n_coins * sizeof(double))
    span.first, span.last = (forager.spans[0].first if forager.n_spans else minute), minute
    sum_span(forager, candles, forager.exact_minute, span, forager.trial_volumes)


cdef void begin_ranking(Forager* forager, int64_t minute) noexcept nogil:
    # From `minute` on the coins are ranked every minute.
    cdef Span* grown
    if forager.n_spans == forager.room:
        grown = <Span*>realloc(forager.spans, (2 * forager.room + 16) * sizeof(Span))
        if grown == NULL:
            forager.out_of_memory = True
            return
        forager.spans, forager.room = grown, 2 * forager.room + 16
    forager.spans[forager.n_spans].first = minute
    forager.spans[forager.n_spans].last = INT64_MAX
    forager.n_spans += 1


cdef void end_ranking(Forager* forager, int64_t minute) noexcept nogil:
    # At `minute` they are not ranked any more.
    if forager.n_spans:
        forager.spans[forager.n_spans - 1].last = minute - 1


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


cdef int choose_exactly(Forager* forager, const double* candles, int64_t now, int64_t minute) noexcept nogil:
    # Fills `ranking` as defined, ties in the order of the coins, and returns how many are eligible.
    cdef int n = forager.n_coins
    cdef int64_t start = minute - forager.noisiness_window if minute > forager.noisiness_window else 0
    cdef int kept = min(forager.n_eligible, n)
    cdef int i, coin
    sum_exactly(forager, candles, now, minute)
    for i in range(n):
        forager.ranking[i] = i
    sort_descending(forager.ranking, n, forager.trial_volumes)
    for i in range(kept):
        coin = forager.ranking[i]
        forager.noisiness[coin] = noisiness_between(candles, n, coin, start, minute)
    sort_descending(forager.ranking, kept, forager.noisiness)
    return kept


cdef inline bint too_close(
    const double* values, const double* totals, int a, int b, int64_t minute
) noexcept nogil:
    # Whether rounding could turn the order of two windows: `minute` additions, and as many steps of the incremental
    # sums, each off by half an EPSILON of no more than the running totals.
    cdef double scale = fabs(totals[a]) + fabs(totals[b]) + 2.0 * minute
    return not fabs(values[a] - values[b]) > 4.0 * EPSILON * minute * scale


cdef void windows_of(
    const Forager* forager, int which, int64_t window, int64_t minute, double* values
) noexcept nogil:
    cdef int64_t start = minute - window if minute > window else 0
    cdef const double* last = forager.totals + (minute * 2 + which) * forager.n_coins
    cdef const double* first = forager.totals + (start * 2 + which) * forager.n_coins
    cdef int coin
    for coin in range(forager.n_coins):
        values[coin] = last[coin] - first[coin]


cdef int drop_low_volumes(Forager* forager, int64_t minute) noexcept nogil:
    # Puts the eligible coins first in `ranking` and returns their number; −1 when it is too close to call.
    cdef int n = forager.n_coins
    cdef int kept = min(forager.n_eligible, n)
    cdef const double* totals = forager.totals + minute * 2 * n
    if kept == n:
        return n
    windows_of(forager, 0, forager.volume_window, minute, forager.volumes)
    sort_descending(forager.ranking, n, forager.volumes)
    if too_close(forager.volumes, totals, forager.ranking[kept - 1], forager.ranking[kept], minute):
        return -1
    return kept


cdef bint choose_quickly(Forager* forager, int64_t minute, char* active, int n_free) noexcept nogil:
    # Marks the chosen coins; False, with nothing marked, when it is too close to call.
    cdef int n = forager.n_coins
    cdef const double* totals = forager.totals + (minute * 2 + 1) * n
    cdef int kept = drop_low_volumes(forager, minute)
    cdef int waiting = 0
    cdef int i, coin
    if kept < 0:
        return False
    for i in range(kept):  # those that hold a slot already go to the back
        coin = forager.ranking[i]
        if not active[coin]:
            forager.ranking[i] = forager.ranking[waiting]
            forager.ranking[waiting] = coin
            waiting += 1
    if waiting > n_free:
        windows_of(forager, 1, forager.noisiness_window, minute, forager.noisiness)
        sort_descending(forager.ranking, waiting, forager.noisiness)
        if too_close(forager.noisiness, totals, forager.ranking[n_free - 1], forager.ranking[n_free], minute):
            return False
        waiting = n_free
    for i in range(waiting):
        active[forager.ranking[i]] = True
    return True


cdef void choose_coins(
    Forager* forager, const double* candles, int64_t now, int64_t minute, char* active, int n_free
) noexcept nogil:
    # Add to the `active` coins the best `n_free` (at least one) others by the ranking at `minute`, which is not before
    # `now`, the minute the run has come to.
    cdef int kept, i, coin
    if choose_quickly(forager, minute, active, n_free):
        return
    kept = choose_exactly(forager, candles, now, minute)
    for i in range(kept):
        coin = forager.ranking[i]
        if n_free and not active[coin]:
            active[coin] = True
            n_free -= 1


def calc_preferred_coins(
    MarketData market, minutes, int n_eligible, int64_t volume_window, int64_t noisiness_window
):
    """Rank the coins at each of the ascending `minutes`: a list of (preferred coin indices, volume sums) per minute.

    As defined, without shortcuts; the sums carry over from one of the minutes to the next, as in a run that ranks just
    there.
    """
    cdef int n = market.n_coins
    cdef double[:, ::1] room = np.zeros((4, n))
    cdef int[::1] ranking = np.zeros(n, dtype=np.intc)
    cdef Forager forager
    cdef Span span
    cdef int kept
    cdef int64_t minute
    forager.n_coins, forager.n_eligible = n, n_eligible
    forager.volume_window, forager.noisiness_window = volume_window, noisiness_window
    forager.volumes, forager.noisiness = &room[0, 0], &room[1, 0]
    forager.exact_volumes, forager.trial_volumes = &room[2, 0], &room[3, 0]
    forager.ranking = &ranking[0]
    forager.exact_minute = 0
    forager.spans, forager.n_spans, forager.room = &span, 0, 1
    result = []
    for minute in minutes:
        span.first = span.last = minute
        forager.n_spans = 1
        kept = choose_exactly(&forager, market.candles, minute + 1, minute)
        result.append(([ranking[i] for i in range(kept)], [forager.trial_volumes[i] for i in range(n)]))
    return result
