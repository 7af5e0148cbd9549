"""Prices that a candle must pass before anything of a leg can fill.

They come from the order functions themselves, asked once per change of position, balance or limit, with a book that is
out of the way and a trailing bundle that triggers everything. A bound may be too careful, then an order is computed that
does not fill; it is never too lax, which the golden cases and a comparison of many random runs hold.
"""

from passivtui.core.closes cimport next_close
from passivtui.core.entries cimport next_entry
from passivtui.core.params cimport (
    CLOSE_TRAILING,
    EMPTY_ORDER,
    ENTRY_TRAILING_CROPPED,
    ENTRY_TRAILING_NORMAL,
    SHORT_TYPES,
    BotParams,
    ExchangeParams,
    Order,
    OrderState,
    TrailingBundle,
)
from passivtui.core.rounding cimport fabs, floor, fmax, wallet_exposure
from passivtui.core.state cimport Leg, Run, Side

cdef double FAR = 1e300
cdef double NEAR = 1e-300
cdef double SLACK = 1.0 + 1e-6


cdef inline TrailingBundle triggering_bundle() noexcept nogil:
    # Fell to nothing and rose beyond measure, and the reverse: every condition that can be met is met.
    cdef TrailingBundle bundle
    bundle.min_since_open, bundle.max_since_min = 0.0, FAR
    bundle.max_since_open, bundle.min_since_max = FAR, 0.0
    return bundle


cdef inline OrderState open_book(double balance, double price) noexcept nogil:
    # A book at `price`, and bands so high that the initial quantity is the smallest there is.
    cdef OrderState state
    state.balance = balance
    state.bid = state.ask = price
    state.upper = state.lower = FAR
    return state


cdef void bound_entries(Run* run, Side* side, const ExchangeParams* market, Leg* leg) noexcept nogil:
    cdef TrailingBundle bundle = triggering_bundle()
    cdef OrderState state = open_book(run.usd_total_rounded, FAR if side.is_long else NEAR)
    cdef BotParams bot = leg.bot
    cdef int offset = 0 if side.is_long else SHORT_TYPES
    cdef Order order
    bot.entry_initial_ema_dist = 0.0
    order = next_entry(
        side.is_long, &state, market, &bot, leg.limit, leg.position.size, leg.position.price, &bundle
    )
    leg.has_entry = order.type != EMPTY_ORDER and order.price != 0.0
    leg.entry_trails = (
        order.type == ENTRY_TRAILING_NORMAL + offset or order.type == ENTRY_TRAILING_CROPPED + offset
    )
    leg.entry_bound = order.price


cdef double partial_entry_price(const Run* run, const ExchangeParams* market, const Leg* leg) noexcept nogil:
    # Below this price the initial quantity may exceed the position by enough for a partial entry (§3.3 step 4). That
    # quantity is a multiple of the step (or min_qty) and falls as the price rises.
    cdef double enough = fabs(leg.position.size) / 0.8
    cdef double steps = floor(enough / market.qty_step * (1.0 - 1e-9))  # of a quantity that is not enough
    cdef double cost = fabs(run.usd_total_rounded * leg.limit * leg.bot.entry_initial_qty_pct) * SLACK
    cdef double price
    if leg.limit == 0.0 or run.usd_total_rounded <= 0.0:
        return 0.0
    if enough < market.min_qty * SLACK or steps < 1.0:
        return FAR
    price = fmax(market.min_cost / steps, modified(cost, leg) / (steps + 0.5))
    return price / (market.c_mult * market.qty_step) * SLACK


cdef inline double modified(double cost, const Leg* leg) noexcept nogil:
    # When grid and trailing share the limit, the part of one of them may exceed it by 1 % (§3.6).
    return cost if leg.bot.entry_trailing_grid_ratio == 0.0 else cost * 1.01


cdef void bound_closes(Run* run, Side* side, const ExchangeParams* market, Leg* leg) noexcept nogil:
    cdef TrailingBundle bundle = triggering_bundle()
    cdef OrderState state = open_book(run.usd_total_rounded, NEAR if side.is_long else FAR)
    cdef Order order = next_close(
        side.is_long, &state, market, &leg.bot, leg.limit, leg.position.size, leg.position.price, &bundle
    )
    leg.has_close = order.type != EMPTY_ORDER and order.price != 0.0
    leg.close_trails = order.type == (CLOSE_TRAILING if side.is_long else CLOSE_TRAILING + SHORT_TYPES)
    leg.close_bound = order.price


cdef bint is_full_enough(Run* run, Side* side, const ExchangeParams* market, Leg* leg) noexcept nogil:
    # For unstucking, while there is an allowance; where the price stands is looked at minute by minute.
    cdef double exposure
    if not side.allowance > 0.0:
        return False
    exposure = wallet_exposure(run.usd_total_rounded, fabs(leg.position.size), leg.position.price, market.c_mult)
    return leg.limit == 0.0 or exposure / leg.limit > leg.bot.unstuck_threshold


cdef void refresh_bounds(Run* run, Side* side, int coin, Leg* leg) noexcept nogil:
    # Of an open leg, after its position, the balance, its limit or the allowance changed. Most often the rounded prices
    # come out the same; then what the last scan found still holds.
    cdef const ExchangeParams* market = &run.coins[coin].market
    cdef Leg old = leg[0]
    cdef double partial_below
    bound_entries(run, side, market, leg)
    bound_closes(run, side, market, leg)
    leg.is_stuck = is_full_enough(run, side, market, leg)
    partial_below = partial_entry_price(run, market, leg)
    if not 0.99 * leg.partial_below <= partial_below <= leg.partial_below:
        leg.partial_below = partial_below * 1.005  # room for the balance to change a little
    if not (
        not leg.has_moved
        and leg.has_entry == old.has_entry
        and leg.entry_trails == old.entry_trails
        and leg.entry_bound == old.entry_bound
        and leg.has_close == old.has_close
        and leg.close_trails == old.close_trails
        and leg.close_bound == old.close_bound
        and leg.is_stuck == old.is_stuck
        and leg.partial_below == old.partial_below
    ):
        leg.is_hit, leg.scanned_to = False, 0
    leg.is_stale = leg.has_moved = False
