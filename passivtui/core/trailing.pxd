# Trailing: the extremes since the last fill, and when they trigger an order (spec/engine.md §3.5, §3.9, §4.5).

from libc.float cimport DBL_MAX

from passivtui.core.params cimport BotParams, TrailingBundle
from passivtui.core.rounding cimport fmax, fmin


cdef inline TrailingBundle fresh_bundle() noexcept nogil:
    cdef TrailingBundle bundle
    bundle.min_since_open, bundle.max_since_min = DBL_MAX, 0.0
    bundle.max_since_open, bundle.min_since_max = 0.0, DBL_MAX
    return bundle


cdef inline void follow(TrailingBundle* bundle, const double* row) noexcept nogil:
    # row is (high, low, close, …). A new extreme starts its counter-extreme at the close.
    if row[1] < bundle.min_since_open:
        bundle.min_since_open, bundle.max_since_min = row[1], row[2]
    else:
        bundle.max_since_min = fmax(bundle.max_since_min, row[0])
    if row[0] > bundle.max_since_open:
        bundle.max_since_open, bundle.min_since_max = row[0], row[2]
    else:
        bundle.min_since_max = fmin(bundle.min_since_max, row[1])


cdef inline void widen(TrailingBundle* bundle, double low, double high) noexcept nogil:
    # By several candles at once: exact when they bring no new extreme, else wider than any path between the two.
    bundle.min_since_open = fmin(bundle.min_since_open, low)
    bundle.max_since_min = fmax(bundle.max_since_min, high)
    bundle.max_since_open = fmax(bundle.max_since_open, high)
    bundle.min_since_max = fmin(bundle.min_since_max, low)


cdef inline bint fell_and_rose(
    double threshold, double retracement, double price, const TrailingBundle* bundle
) noexcept nogil:
    # Below the position price by the threshold (always, when that is not above 0), then up by the retracement.
    if threshold > 0.0 and not bundle.min_since_open < price * (1.0 - threshold):
        return False
    return bundle.max_since_min > bundle.min_since_open * (1.0 + retracement)


cdef inline bint rose_and_fell(
    double threshold, double retracement, double price, const TrailingBundle* bundle
) noexcept nogil:
    if threshold > 0.0 and not bundle.max_since_open > price * (1.0 + threshold):
        return False
    return bundle.min_since_max < bundle.max_since_open * (1.0 - retracement)


cdef inline bint entry_is_triggered(
    bint is_long, const BotParams* bot, double price, const TrailingBundle* bundle
) noexcept nogil:
    cdef double threshold = bot.entry_trailing_threshold_pct
    cdef double retracement = bot.entry_trailing_retracement_pct
    if retracement <= 0.0:
        return threshold > 0.0
    if is_long:
        return fell_and_rose(threshold, retracement, price, bundle)
    return rose_and_fell(threshold, retracement, price, bundle)


cdef inline bint close_is_triggered(
    bint is_long, const BotParams* bot, double price, const TrailingBundle* bundle
) noexcept nogil:
    cdef double threshold = bot.close_trailing_threshold_pct
    cdef double retracement = bot.close_trailing_retracement_pct
    if retracement <= 0.0:
        return threshold > 0.0
    if is_long:
        return rose_and_fell(threshold, retracement, price, bundle)
    return fell_and_rose(threshold, retracement, price, bundle)
