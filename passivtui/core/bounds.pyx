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
from passivtui.core.rounding cimport fabs, fmax, wallet_exposure
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
    # The initial quantity falls as the price rises; below this price it may exceed the position by enough for a
    # partial entry (§3.3 step 4). From iq(p) <= max(min_qty, max(min_cost, initial cost) / (p · c_mult) + qty_step).
    cdef double held = fabs(leg.position.size)
    cdef double room = held / 0.8 - market.qty_step
    cdef double cost = fabs(run.usd_total_rounded * leg.limit * leg.bot.entry_initial_qty_pct) * 1.01
    if leg.limit == 0.0 or run.usd_total_rounded <= 0.0:
        return 0.0
    if held < 0.8 * market.min_qty * SLACK or room <= 0.0:
        return FAR
    return fmax(market.min_cost, cost) / (market.c_mult * room) * SLACK


cdef void bound_closes(Run* run, Side* side, const ExchangeParams* market, Leg* leg) noexcept nogil:
    cdef TrailingBundle bundle = triggering_bundle()
    cdef OrderState state = open_book(run.usd_total_rounded, NEAR if side.is_long else FAR)
    cdef Order order = next_close(
        side.is_long, &state, market, &leg.bot, leg.limit, leg.position.size, leg.position.price, &bundle
    )
    leg.has_close = order.type != EMPTY_ORDER and order.price != 0.0
    leg.close_trails = order.type == (CLOSE_TRAILING if side.is_long else CLOSE_TRAILING + SHORT_TYPES)
    leg.close_bound = order.price


cdef void refresh_bounds(Run* run, Side* side, int coin, Leg* leg) noexcept nogil:
    # Of an open leg, after its position, the balance, its limit or the allowance changed.
    cdef const ExchangeParams* market = &run.coins[coin].market
    cdef double exposure
    bound_entries(run, side, market, leg)
    leg.partial_below = partial_entry_price(run, market, leg)
    bound_closes(run, side, market, leg)
    leg.is_stuck = False
    if side.allowance > 0.0:
        exposure = wallet_exposure(
            run.usd_total_rounded, fabs(leg.position.size), leg.position.price, market.c_mult
        )
        leg.is_stuck = leg.limit == 0.0 or exposure / leg.limit > leg.bot.unstuck_threshold
    leg.is_stale = False
    leg.is_hit = False
    leg.scanned_to = 0
