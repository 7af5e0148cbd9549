"""Daily lows and ends of an equity series for every stretch of the metrics, and its distances from the balance."""

from libc.math cimport round as round_half_away
from libc.stdlib cimport qsort


cdef int by_number(const void* a, const void* b) noexcept nogil:
    cdef int64_t x = (<const int64_t*>a)[0]
    cdef int64_t y = (<const int64_t*>b)[0]
    return (x > y) - (x < y)


cdef int64_t most_segments(int64_t n) noexcept nogil:
    # Every stretch has at most n // DAY + 1 days, and all of them share the last end.
    return STRETCHES * (n // DAY + 1) + 1


cdef size_t summary_bytes(int64_t n) noexcept nogil:
    return <size_t>most_segments(n) * (sizeof(int64_t) + 2 * sizeof(double)) + sizeof(int64_t)


cdef void place_summary(EquitySummary* summary, int64_t n, void* memory) noexcept nogil:
    # `memory` has summary_bytes(n) bytes and outlives the summary.
    cdef int64_t most = most_segments(n)
    cdef int64_t day_start, unique
    cdef int64_t count = 0
    cdef int i
    summary.n = n
    summary.lows = <double*>memory
    summary.lasts = summary.lows + most
    summary.starts = <int64_t*>(summary.lasts + most)
    for i in range(STRETCHES):
        # The whole run first, then its last 1/2, 1/3, … 1/10 (§6.4).
        summary.stretch_starts[i] = <int64_t>round_half_away(n - (1.0 / (1.0 + i)) * n)
        day_start = summary.stretch_starts[i]
        while day_start < n:
            summary.starts[count] = day_start
            count += 1
            day_start += DAY
    qsort(summary.starts, count, sizeof(int64_t), by_number)
    unique = 0
    for day_start in range(count):
        if unique == 0 or summary.starts[day_start] != summary.starts[unique - 1]:
            summary.starts[unique] = summary.starts[day_start]
            unique += 1
    summary.starts[unique] = n
    summary.n_segments = unique
    clear_summary(summary)


cdef void clear_summary(EquitySummary* summary) noexcept nogil:
    summary.segment = summary.rows = 0
    summary.above.total = summary.above.highest = summary.below.total = summary.below.highest = 0.0
    summary.above.count = summary.below.count = 0


cdef inline double lowest_of(const double* values, int64_t count, double low) noexcept nogil:
    # Four at a time, so that no comparison waits for the one before.
    cdef double a = low
    cdef double b = low
    cdef double c = low
    cdef double d = low
    cdef int64_t i
    for i in range(0, count - 3, 4):
        a = values[i] if values[i] < a else a
        b = values[i + 1] if values[i + 1] < b else b
        c = values[i + 2] if values[i + 2] < c else c
        d = values[i + 3] if values[i + 3] < d else d
    for i in range(count - count % 4, count):
        a = values[i] if values[i] < a else a
    a = b if b < a else a
    c = d if d < c else c
    return c if c < a else a


cdef void add_rows(EquitySummary* summary, const double* equity, int64_t count) noexcept nogil:
    # The next `count` rows of the series.
    cdef int64_t done = 0
    cdef int64_t piece
    cdef double low
    while done < count:
        if summary.rows == summary.starts[summary.segment + 1]:
            summary.segment += 1
        piece = min(count - done, summary.starts[summary.segment + 1] - summary.rows)
        low = summary.lows[summary.segment]
        if summary.rows == summary.starts[summary.segment]:
            low = equity[done]
        summary.lows[summary.segment] = lowest_of(equity + done, piece, low)
        done += piece
        summary.rows += piece
        summary.lasts[summary.segment] = equity[done - 1]


cdef void add_distances(EquitySummary* summary, const double* equity, int64_t count, double balance) noexcept nogil:
    # Of rows with one balance, relative to it (§6.3). Divided once: a balance below zero turns above into below.
    cdef double up_total = 0.0
    cdef double up_highest = 0.0
    cdef double down_total = 0.0
    cdef double down_highest = 0.0
    cdef int64_t up_count = 0
    cdef int64_t down_count = 0
    cdef double up, down
    cdef int64_t i
    cdef Distances* above = &summary.above if balance >= 0.0 else &summary.below
    cdef Distances* below = &summary.below if balance >= 0.0 else &summary.above
    cdef double base = balance if balance >= 0.0 else -balance
    for i in range(count):
        up = equity[i] - balance
        down = -up
        up_count += up > 0.0
        down_count += down > 0.0
        up = up if up > 0.0 else 0.0
        down = down if down > 0.0 else 0.0
        up_total += up
        down_total += down
        up_highest = up if up > up_highest else up_highest
        down_highest = down if down > down_highest else down_highest
    add_to(above, up_total, up_highest, up_count, base)
    add_to(below, down_total, down_highest, down_count, base)


cdef inline void add_to(Distances* side, double total, double highest, int64_t count, double base) noexcept nogil:
    if count:
        side.total += total / base
        side.count += count
        highest = highest / base
        side.highest = highest if highest > side.highest else side.highest


cdef int64_t daily_series(const EquitySummary* summary, int stretch, double* lows, double* lasts) noexcept nogil:
    # Lowest and last equity of each day of a stretch (§6.2); returns the number of days, the last of which may be partial.
    cdef int64_t start = summary.stretch_starts[stretch]
    cdef int64_t day = -1
    cdef int64_t segment
    for segment in range(summary.n_segments):
        if summary.starts[segment] < start:
            continue
        if (summary.starts[segment] - start) % DAY == 0:
            day += 1
            lows[day] = summary.lows[segment]
        elif summary.lows[segment] < lows[day]:
            lows[day] = summary.lows[segment]
        lasts[day] = summary.lasts[segment]
    return day + 1
