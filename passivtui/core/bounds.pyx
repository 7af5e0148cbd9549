"""Prices that a candle must pass before anything of a leg can fill.

They come from the order functions themselves, asked for their prices alone, with a book that is out of the way and every
trailing condition met. Every fill moves the balance a little, and with it every price: so they are asked for a lower and a
higher balance, and the more careful price holds for all balances between, because the prices, and the fullness that
decides which kind of order comes, rise or fall with the balance throughout (§3.4, §3.8, §3.10).

A bound may be too careful, then an order is computed that does not fill; it is never too lax, which the golden cases and
a comparison of many random runs hold.
"""

from libc.math cimport INFINITY, isfinite

from passivtui.core.closes cimport ClosePrice, next_close_price
from passivtui.core.entries cimport EntryPrice, next_reentry_price
from passivtui.core.params cimport (
    CLOSE_TRAILING,
    EMPTY_ORDER,
    ENTRY_TRAILING_NORMAL,
    ExchangeParams,
    OrderState,
)
from passivtui.core.rounding cimport fabs, floor, fmax, fmin, wallet_exposure
from passivtui.core.state cimport Leg, Run, Side

cdef double FAR = 1e300
cdef double NEAR = 1e-300
cdef double SLACK = 1.0 + 1e-6


# How far the balance may move before the bounds are asked for anew.
cdef double RANGE = 0.005


cdef inline OrderState open_book(double balance, double price) noexcept nogil:
    # A book at `price`. Bands only matter to initial entries.
    cdef OrderState state
    state.balance = balance
    state.bid = state.ask = state.upper = state.lower = price
    return state


cdef inline EntryPrice entry_at(bint is_long, const ExchangeParams* market, const Leg* leg, double balance) noexcept nogil:
    cdef OrderState state = open_book(balance, FAR if is_long else NEAR)
    return next_reentry_price(is_long, &state, market, &leg.bot, leg.limit, leg.position.size, leg.position.price)


cdef inline ClosePrice close_at(bint is_long, const ExchangeParams* market, const Leg* leg, double balance) noexcept nogil:
    cdef OrderState state = open_book(balance, NEAR if is_long else FAR)
    return next_close_price(is_long, &state, market, &leg.bot, leg.limit, leg.position.size, leg.position.price)


cdef double partial_entry_price(const ExchangeParams* market, const Leg* leg, double balance) noexcept nogil:
    # Below this price the initial quantity may exceed the position by enough for a partial entry (§3.3 step 4). That
    # quantity is a multiple of the step (or min_qty); it falls as the price rises and rises with the balance.
    cdef double enough = fabs(leg.position.size) / 0.8
    cdef double steps = floor(enough / market.qty_step * (1.0 - 1e-9))  # of a quantity that is not enough
    cdef double cost = fabs(balance * leg.limit * leg.bot.entry_initial_qty_pct) * SLACK
    if leg.limit == 0.0 or balance <= 0.0:
        return 0.0
    if enough < market.min_qty * SLACK or steps < 1.0:
        return FAR
    if leg.bot.entry_trailing_grid_ratio != 0.0:
        cost *= 1.01  # when grid and trailing share the limit, the part of one may exceed it by 1 % (§3.6)
    return fmax(market.min_cost / steps, cost / (steps + 0.5)) / (market.c_mult * market.qty_step) * SLACK


cdef bint entry_bound_between(
    bint is_long, const ExchangeParams* market, Leg* leg, double low, double high
) noexcept nogil:
    # False when different kinds of entries come within the range of balances.
    cdef EntryPrice poor = entry_at(is_long, market, leg, low)
    cdef EntryPrice rich = entry_at(is_long, market, leg, high) if low != high else poor
    leg.entry_trails = poor.kind == ENTRY_TRAILING_NORMAL
    leg.entry_bound = fmax(poor.price, rich.price) if is_long else fmin(poor.price, rich.price)
    if poor.kind == EMPTY_ORDER:
        leg.entry_bound = -INFINITY if is_long else INFINITY
    return poor.kind == rich.kind


cdef bint close_bound_between(
    bint is_long, const ExchangeParams* market, Leg* leg, double low, double high
) noexcept nogil:
    cdef ClosePrice poor = close_at(is_long, market, leg, low)
    cdef ClosePrice rich = close_at(is_long, market, leg, high) if low != high else poor
    leg.close_trails = poor.kind == CLOSE_TRAILING
    leg.close_bound = fmin(poor.price, rich.price) if is_long else fmax(poor.price, rich.price)
    if poor.kind == EMPTY_ORDER:
        leg.close_bound = INFINITY if is_long else -INFINITY
    return poor.kind == rich.kind


cdef bint bounds_between(bint is_long, const ExchangeParams* market, Leg* leg, double low, double high) noexcept nogil:
    # Bounds for all balances from `low` to `high`; False when different kinds of orders come within the range.
    cdef double exposure
    if not entry_bound_between(is_long, market, leg, low, high):
        return False
    if not close_bound_between(is_long, market, leg, low, high):
        return False
    leg.partial_below = partial_entry_price(market, leg, high)
    exposure = wallet_exposure(low, fabs(leg.position.size), leg.position.price, market.c_mult)
    leg.is_full = leg.limit == 0.0 or exposure / leg.limit > leg.bot.unstuck_threshold
    leg.balance_low, leg.balance_high = low, high
    return True


cdef void expect_anything(bint is_long, Leg* leg, double balance) noexcept nogil:
    # An infinite quantity (docs/parity.md) has left no number to reckon with: every candle is looked at.
    leg.entry_bound = INFINITY if is_long else -INFINITY
    leg.close_bound = -INFINITY if is_long else INFINITY
    leg.partial_below = INFINITY
    leg.entry_trails = leg.close_trails = False
    leg.is_full = True
    leg.balance_low = leg.balance_high = balance


cdef void refresh_bounds(Run* run, Side* side, int coin, Leg* leg) noexcept nogil:
    # Of an open leg; whatever a scan has found with the old bounds is forgotten. A fill of its own is often followed by
    # the next one, so the first time it is asked for this balance alone.
    cdef const ExchangeParams* market = &run.coins[coin].market
    cdef double balance = run.usd_total_rounded
    cdef double room = 0.0
    if not leg.is_stale and leg.limit > 0.0 and balance > 0.0:
        room = balance * RANGE
    if not isfinite(balance) or not isfinite(leg.position.size):
        expect_anything(side.is_long, leg, balance)
    elif not bounds_between(side.is_long, market, leg, balance - room, balance + room):
        bounds_between(side.is_long, market, leg, balance, balance)
    leg.is_stale = False
    leg.is_hit, leg.scanned_to = False, 0
