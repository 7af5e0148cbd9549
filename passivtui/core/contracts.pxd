# The arithmetic of linear and inverse contracts for the tick strategy (spec/passivx.md §2), inlined into its modules.
#
# The parenthesisation is the specification: the golden cases agree to the last bit. Nearest means halves to even here,
# unlike in rounding.pxd.

from libc.math cimport INFINITY, ceil, fabs, floor, rint

from passivtui.core.tick_params cimport TickMarket, TickSettings


cdef enum:
    TRUE_ACCOUNTING = 1  # place in ACCOUNTINGS


cdef inline double decimals_10(double x) noexcept nogil:
    return rint(x * 1e10) / 1e10


cdef inline double down(double x, double step) noexcept nogil:
    return decimals_10(floor(x / step) * step)


cdef inline double up(double x, double step) noexcept nogil:
    return decimals_10(ceil(x / step) * step)


cdef inline double nearest(double x, double step) noexcept nogil:
    return decimals_10(rint(x / step) * step)


cdef inline double diff(double x, double y) noexcept nogil:
    return fabs(x - y) / fabs(y)


cdef inline double less_of(double a, double b) noexcept nogil:
    return a if a < b else b


cdef inline double more_of(double a, double b) noexcept nogil:
    return a if a > b else b


cdef inline double cost_of(const TickMarket* market, double qty, double price) noexcept nogil:
    # In the margin coin; not negative.
    return fabs(qty / price) if market.inverse != 0.0 else fabs(qty * price)


cdef inline double long_pnl(const TickMarket* market, double entry, double close, double qty) noexcept nogil:
    if market.inverse != 0.0:
        return fabs(qty) * (1.0 / entry - 1.0 / close)
    return fabs(qty) * (close - entry)


cdef inline double short_pnl(const TickMarket* market, double entry, double close, double qty) noexcept nogil:
    if market.inverse != 0.0:
        return fabs(qty) * (1.0 / close - 1.0 / entry)
    return fabs(qty) * (entry - close)


cdef inline double leveraged(const TickMarket* market, double balance, double leverage, double price) noexcept nogil:
    # The balance as a quantity at the leverage.
    if market.inverse != 0.0:
        return balance * price * leverage
    return (balance / price) * leverage


cdef inline double minimum_qty(const TickMarket* market, double price) noexcept nogil:
    if market.inverse != 0.0:
        return market.min_qty
    return more_of(market.min_qty, up(market.min_cost / price, market.qty_step))


cdef inline double first_entry_quantity(
    const TickMarket* market, const TickSettings* settings, double balance, double price
) noexcept nogil:
    cdef double whole
    if market.inverse != 0.0:
        whole = balance * settings.leverage * price
    else:
        whole = (balance * settings.leverage) / price
    return more_of(minimum_qty(market, price), down(whole * fabs(settings.entry_qty_pct), market.qty_step))


cdef inline double linear_liquidation(double balance, double size, double price, double leverage) noexcept nogil:
    # As the original: the position's margin is added to the balance that holds it. Can be negative (§2, §8).
    cdef double margin = (fabs(size) * price) / leverage
    cdef double share = fabs(size) * 0.004 - size
    return 0.0 if share == 0.0 else (balance + margin - size * price) / share


cdef inline double inverse_liquidation(double balance, double size, double price, double leverage) noexcept nogil:
    # As the original; `leverage` is the venue's highest. Can be negative for longs (§2).
    cdef double cost = fabs(size) / price
    cdef double margin = cost / leverage
    cdef double bankruptcy, rest, result
    if size > 0.0:
        bankruptcy = (1.00075 * size) / (cost + (balance - margin))
    else:
        bankruptcy = (0.99925 * fabs(size)) / (cost - (balance - margin))
    if bankruptcy == 0.0:
        return 0.0
    rest = -(balance - margin - cost * 0.005 - (fabs(size) * 0.00075) / bankruptcy)
    if size > 0.0:
        return (price * size) / (size - price * rest)
    result = (price * fabs(size)) / (price * rest + fabs(size))
    return result if result > 0.0 else 0.0


cdef inline double linear_true_liquidation(double balance, double size, double price) noexcept nogil:
    # Where balance and unrealised profit together are the maintenance margin of 0.4 % of the position's value (§8).
    cdef double share = fabs(size) * 0.004 - size
    return (balance - size * price) / share


cdef inline double inverse_true_liquidation(double balance, double size, double price) noexcept nogil:
    # As the linear one, with 0.5 %. A short whose coins cover it has none: 0. A long that nothing covers: infinity.
    cdef double cost = fabs(size) / price
    if size > 0.0:
        return INFINITY if balance + cost <= 0.0 else (size * 1.005) / (balance + cost)
    return 0.0 if balance >= cost else (fabs(size) * 0.995) / (cost - balance)


cdef inline double liquidation(
    const TickMarket* market, int accounting, double balance, double size, double price, double leverage
) noexcept nogil:
    # The price at which the venue takes the position over; 0 when flat or when none does. `leverage`: the settings'.
    cdef double result
    if size == 0.0:
        return 0.0
    if accounting == TRUE_ACCOUNTING:
        if market.inverse != 0.0:
            result = inverse_true_liquidation(balance, size, price)
        else:
            result = linear_true_liquidation(balance, size, price)
    elif market.inverse != 0.0:
        result = inverse_liquidation(balance, size, price, market.max_leverage)
    else:
        result = linear_liquidation(balance, size, price, leverage)
    return 0.0 if result < 0.0 else result


cdef inline double average_price(
    const TickMarket* market, int accounting, double size_before, double price_before, double qty, double price,
    double size,
) noexcept nogil:
    # After an entry. The original's is arithmetic, on inverse contracts too (§4.4, §8).
    if accounting == TRUE_ACCOUNTING and market.inverse != 0.0 and size_before != 0.0:
        return (fabs(size_before) + fabs(qty)) / (fabs(size_before) / price_before + fabs(qty) / price)
    return price_before * fabs(size_before / size) + price * fabs(qty / size)


cdef int accounting_of(object name) except -1
cdef bint is_long_of(object side) except -1
