# Rounding and the arithmetic of cost, quantity and exposure (spec/engine.md §2), inlined into every module that uses it.
#
# The parenthesisation is the specification: a different order of operations moves results by one ulp, and one ulp moves
# an order by one tick. Steps have no tolerance: round_dn(0.3, 0.1) is 0.2 (§8.10).

from libc.math cimport ceil, fabs, floor, log10, round as round_half_away

from passivtui.core.params cimport ExchangeParams, Position


cdef inline double fmin(double a, double b) noexcept nogil:
    # As C's, but not a call: of a number and a NaN the number. Written so that the compiler needs no branch that could be
    # guessed wrong.
    cdef double less = a if a < b else b
    return less if b == b else a


cdef inline double fmax(double a, double b) noexcept nogil:
    cdef double more = a if a > b else b
    return more if b == b else a


cdef inline double round_10(double x) noexcept nogil:
    return round_half_away(x * 1e10) / 1e10


cdef inline double round_(double x, double step) noexcept nogil:
    return round_10(round_half_away(x / step) * step)


cdef inline double round_up(double x, double step) noexcept nogil:
    return round_10(ceil(x / step) * step)


cdef inline double round_dn(double x, double step) noexcept nogil:
    return round_10(floor(x / step) * step)


cdef inline double power_of_ten(int exponent) noexcept nogil:
    # Products of exact powers are exact up to 1e22; the loop is only run for the balance in BTC mode.
    cdef double result = 1.0
    cdef int i
    for i in range(exponent):
        result *= 10.0
    return result


cdef inline double round_dynamic(double x, int digits) noexcept nogil:
    # `digits` significant digits (§2.1).
    if x == 0.0:
        return x
    cdef int shift = digits - <int>floor(log10(fabs(x))) - 1
    cdef double multiplier = power_of_ten(shift) if shift >= 0 else 1.0 / power_of_ten(-shift)
    return round_10(round_half_away(x * multiplier) / multiplier)


cdef inline double hysteresis(double balance, double last, double pct, double threshold) noexcept nogil:
    # At most one step of pct per call (§2.2).
    cdef double step = last * pct
    cdef double margin = step * threshold
    cdef double rounded = last
    if balance > last + margin:
        rounded = last + step
    elif balance < last - margin:
        rounded = last - step
    return round_dynamic(rounded, 6)


cdef inline double cost_to_qty(double cost, double price, double c_mult) noexcept nogil:
    return (fabs(cost) / price) / c_mult if price > 0.0 else 0.0


cdef inline double qty_to_cost(double qty, double price, double c_mult) noexcept nogil:
    return (fabs(qty) * price) * c_mult


cdef inline double wallet_exposure(double balance, double size, double price, double c_mult) noexcept nogil:
    if balance <= 0.0 or size == 0.0:
        return 0.0
    return qty_to_cost(size, price, c_mult) / balance


cdef inline double profit(bint is_long, double entry, double close, double qty, double c_mult) noexcept nogil:
    # Realised or unrealised profit in quote currency, fees not included (§2.3).
    if is_long:
        return (fabs(qty) * c_mult) * (close - entry)
    return (fabs(qty) * c_mult) * (entry - close)


cdef inline Position position_after(double size, double price, double qty, double fill_price, double qty_step) noexcept nogil:
    # Size and average price after a fill; signs as given (§2.3, new_pos).
    cdef Position after
    cdef double old_price
    if qty == 0.0:
        after.size, after.price = size, price
        return after
    if size == 0.0:
        after.size, after.price = qty, fill_price
        return after
    cdef double new_size = round_(size + qty, qty_step)
    if new_size == 0.0:
        after.size, after.price = 0.0, 0.0
        return after
    old_price = 0.0 if price != price else price
    after.size = new_size
    after.price = old_price * (size / new_size) + fill_price * (qty / new_size)
    return after


cdef inline double exposure_if_filled(
    double balance, double size, double price, double qty, double fill_price, const ExchangeParams* market
) noexcept nogil:
    cdef Position after = position_after(
        round_(fabs(size), market.qty_step), price, round_(fabs(qty), market.qty_step), fill_price, market.qty_step
    )
    return wallet_exposure(balance, after.size, after.price, market.c_mult)


cdef inline double interpolate(double x, double x0, double y0, double x1, double y1) noexcept nogil:
    # Two-point Lagrange; the leading 0.0 is part of the definition (§2.3, lerp).
    cdef double first = y0 * ((x - x1) / (x0 - x1))
    cdef double second = y1 * ((x - x0) / (x1 - x0))
    return (0.0 + first) + second


cdef inline double min_entry_qty(double price, const ExchangeParams* market) noexcept nogil:
    return fmax(market.min_qty, round_up(cost_to_qty(market.min_cost, price, market.c_mult), market.qty_step))
