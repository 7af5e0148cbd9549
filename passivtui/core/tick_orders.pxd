# The orders of the tick strategy (spec/passivx.md §3): flat prices, re-entries, closes, stop losses.

from libc.math cimport fabs

from passivtui.core.contracts cimport (
    cost_of,
    down,
    first_entry_quantity,
    less_of,
    leveraged,
    minimum_qty,
    more_of,
    up,
)
from passivtui.core.tick_params cimport MOST_CLOSES, TickMarket, TickSettings


cdef struct CloseLadder:  # nearest first
    int n
    double prices[MOST_CLOSES]
    double qtys[MOST_CLOSES]  # not signed


cdef inline double flat_bid_price(
    const TickMarket* market, const TickSettings* settings, double ema, double highest_bid
) noexcept nogil:
    return less_of(highest_bid, down(ema * (1.0 - settings.ema_spread), market.price_step))


cdef inline double flat_ask_price(
    const TickMarket* market, const TickSettings* settings, double ema, double lowest_ask
) noexcept nogil:
    return more_of(lowest_ask, up(ema * (1.0 + settings.ema_spread), market.price_step))


cdef inline double grid_price(
    const TickMarket* market, const TickSettings* settings, double balance, double size, double pos_price
) noexcept nogil:
    # Of the next re-entry; rounded to a quarter of the spacing, which is coarser than the venue's step (§3).
    cdef double margin = cost_of(market, size, pos_price) / settings.leverage
    cdef double spacing = settings.grid_spacing * (1.0 + (margin / balance) * settings.grid_coefficient)
    cdef double step = up((pos_price * settings.grid_spacing) / 4.0, market.price_step)
    if size > 0.0:
        return down(pos_price * (1.0 - spacing), step)
    return up(pos_price * (1.0 + spacing), step)


cdef inline double reentry_quantity(
    const TickMarket* market, const TickSettings* settings, double size, double highest, double smallest
) noexcept nogil:
    cdef double available = more_of(0.0, down(highest - fabs(size), market.qty_step))
    return less_of(available, more_of(smallest, down(fabs(size) * settings.ddown_factor, market.qty_step)))


cdef inline double smallest_close(
    const TickMarket* market, const TickSettings* settings, double balance, double price
) noexcept nogil:
    cdef double first = first_entry_quantity(market, settings, balance, price)
    return more_of(market.min_qty, down(first * settings.min_close_qty_multiplier, market.qty_step))


cdef inline double stop_loss_quantity(
    const TickMarket* market, const TickSettings* settings, double size
) noexcept nogil:
    return less_of(fabs(size), up(fabs(size) * settings.stop_loss_pos_reduction, market.qty_step))


cdef void fill_close_ladder(
    CloseLadder* ladder, const TickMarket* market, const TickSettings* settings, double size, double pos_price,
    double book, double smallest,
) noexcept nogil
