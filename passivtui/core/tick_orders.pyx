"""The orders of the tick strategy for Python: previews and a live bot call the very functions of the tick engine.

`market` and `settings` are mappings with the names of `TICK_MARKET` and `TICK_SETTINGS`; `balance` is meant after
`balance_pct`; sides are "long" and "shrt". A wrong mapping raises EngineInputError. Formulas: `spec/passivx.md` §3.
"""

from libc.math cimport INFINITY, fabs, isfinite, rint

from passivtui.core.contracts cimport TRUE_ACCOUNTING, average_price, diff, is_long_of, nearest
from passivtui.core.tick_packing cimport tick_market_of, tick_settings_of

from typing import NamedTuple

from passivtui.core.packing import EngineInputError

cdef double WIDEST_CLOSE_STEP = 0.003  # two closes farther apart become one order
cdef double FARTHEST_ENTRY = 0.05  # from the last price; live only (§6)
cdef double LARGEST_INVERSE = 0.95  # of the highest position; live only
cdef double LARGEST_LINEAR = 0.92


class TickOrder(NamedTuple):
    """An order: `qty` signed (above 0 buys), in the quantity of the contract."""

    qty: float
    price: float


# ---- closes


cdef void single_close(CloseLadder* ladder, double size, double price) noexcept nogil:
    ladder.n = 1
    ladder.prices[0], ladder.qtys[0] = price, size


cdef double pairwise_sum(const double* values, int n) noexcept nogil:
    # NumPy's order of adding; another one can exceed the position where this one does not (§3).
    cdef double parts[8]
    cdef double total = 0.0
    cdef int i, half
    if n < 8:
        for i in range(n):
            total += values[i]
        return total
    if n > 128:
        half = n // 2
        half -= half % 8
        return pairwise_sum(values, half) + pairwise_sum(values + half, n - half)
    for i in range(8):
        parts[i] = values[i]
    for i in range(8, n - n % 8):
        parts[i % 8] += values[i]
    total = ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7]))
    for i in range(n - n % 8, n):
        total += values[i]
    return total


cdef void insert_price(CloseLadder* ladder, double price, bint is_long) noexcept nogil:
    # Keeps the nearest first, and every price once.
    cdef int i = ladder.n
    cdef int place
    while i > 0 and (ladder.prices[i - 1] > price if is_long else ladder.prices[i - 1] < price):
        i -= 1
    if i > 0 and ladder.prices[i - 1] == price:
        return
    for place in range(ladder.n, i, -1):
        ladder.prices[place] = ladder.prices[place - 1]
    ladder.prices[i] = price
    ladder.n += 1


cdef void spread_prices(
    CloseLadder* ladder, const TickMarket* market, bint is_long, double first, double last, int n, double book
) noexcept nogil:
    # n prices evenly from first to last, rounded away from the position, those that the book allows (numpy.linspace).
    cdef double step = (last - first) / (n - 1) if n > 1 else 0.0
    cdef double price
    cdef int i
    ladder.n = 0
    for i in range(n):
        price = last if i == n - 1 and n > 1 else i * step + first
        price = up(price, market.price_step) if is_long else down(price, market.price_step)
        if (price >= book) if is_long else (price <= book):
            insert_price(ladder, price, is_long)


cdef bint is_apart(const CloseLadder* ladder, bint is_long) noexcept nogil:
    if is_long:
        return diff(ladder.prices[1], ladder.prices[0]) > WIDEST_CLOSE_STEP
    return diff(ladder.prices[0], ladder.prices[1]) > WIDEST_CLOSE_STEP


cdef void share_out(CloseLadder* ladder, double qty_step, double size, bint is_long) noexcept nogil:
    # Equal quantities; while they are too much, each gives up a step, from the nearest (long) or farthest (short) on.
    # The first sum is as noisy as NumPy's, those that follow are rounded like the quantities.
    cdef double each = up(size / ladder.n, qty_step)
    cdef double total
    cdef int i
    cdef int place = 0 if is_long else ladder.n - 1
    for i in range(ladder.n):
        ladder.qtys[i] = each
    total = pairwise_sum(ladder.qtys, ladder.n)
    for i in range(ladder.n):
        if not total > size:
            return
        ladder.qtys[place] = nearest(ladder.qtys[place] - qty_step, qty_step)
        total = nearest(total - qty_step, qty_step)
        place += 1 if is_long else -1


cdef void fill_close_ladder(
    CloseLadder* ladder, const TickMarket* market, const TickSettings* settings, double size, double pos_price,
    double book, double smallest,
) noexcept nogil:
    cdef bint is_long = size > 0.0
    cdef double sign = 1.0 if is_long else -1.0
    cdef double whole = fabs(size)
    cdef double first = pos_price * (1.0 + sign * settings.min_markup)
    cdef double last = pos_price * (1.0 + sign * settings.max_markup)
    cdef double lone = more_of(book, up(first, market.price_step)) if is_long else less_of(
        book, down(first, market.price_step)
    )
    spread_prices(
        ladder, market, is_long, first, last, <int>rint(less_of(settings.n_close_orders, whole / smallest)), book
    )
    if ladder.n == 0:
        single_close(ladder, whole, lone)
    elif ladder.n == 1:
        ladder.qtys[0] = whole
    elif is_apart(ladder, is_long):
        single_close(ladder, whole, lone)
    else:
        share_out(ladder, market.qty_step, whole, is_long)


# ---- for Python


def flat_bid(market, settings, double ema, double highest_bid):
    """Price at which a flat bot buys: the EMA less its spread, not above the highest bid."""
    cdef TickMarket packed = tick_market_of(market)
    cdef TickSettings chosen = tick_settings_of(settings)
    return flat_bid_price(&packed, &chosen, ema, highest_bid)


def flat_ask(market, settings, double ema, double lowest_ask):
    """Price at which a flat bot sells: the EMA plus its spread, not below the lowest ask."""
    cdef TickMarket packed = tick_market_of(market)
    cdef TickSettings chosen = tick_settings_of(settings)
    return flat_ask_price(&packed, &chosen, ema, lowest_ask)


def reentry_price(market, settings, double balance, double size, double pos_price):
    """Price of the next re-entry of a position, before it is compared with the book. `size` signed, not 0."""
    cdef TickMarket packed = tick_market_of(market)
    cdef TickSettings chosen = tick_settings_of(settings)
    return grid_price(&packed, &chosen, balance, size, pos_price)


def reentry_qty(market, settings, double size, double highest, double smallest):
    """Quantity of the next re-entry, not signed: the position times `ddown_factor`, at least `smallest`, at most what
    is left to the position `highest`. Below `smallest` means that there is no room left."""
    cdef TickMarket packed = tick_market_of(market)
    cdef TickSettings chosen = tick_settings_of(settings)
    return reentry_quantity(&packed, &chosen, size, highest, smallest)


def stop_loss_qty(market, settings, double size):
    """Quantity that one stop loss closes, not signed."""
    cdef TickMarket packed = tick_market_of(market)
    cdef TickSettings chosen = tick_settings_of(settings)
    return stop_loss_quantity(&packed, &chosen, size)


def min_close_qty(market, settings, double balance, double price):
    """The smallest quantity of a close."""
    cdef TickMarket packed = tick_market_of(market)
    cdef TickSettings chosen = tick_settings_of(settings)
    return smallest_close(&packed, &chosen, balance, price)


def close_ladder(market, settings, double size, double pos_price, double book, double smallest):
    """The closes of a position, nearest first, as TickOrders with signed quantities.

    book      the lowest ask for a long, the highest bid for a short
    smallest  of `min_close_qty`, above 0
    """
    cdef TickMarket packed = tick_market_of(market)
    cdef TickSettings chosen = tick_settings_of(settings)
    cdef CloseLadder ladder
    cdef int i
    if size == 0.0:
        return []
    if not (smallest > 0.0 and pos_price > 0.0 and book > 0.0):
        raise EngineInputError("smallest, pos_price and book must be above 0")
    fill_close_ladder(&ladder, &packed, &chosen, size, pos_price, book, smallest)
    sign = -1.0 if size > 0.0 else 1.0
    return [TickOrder(sign * ladder.qtys[i], ladder.prices[i]) for i in range(ladder.n) if ladder.qtys[i] > 0.0]


cdef double live_limit(
    const TickMarket* market, const TickSettings* settings, double balance, double price, double max_notional
) noexcept nogil:
    cdef double highest = leveraged(market, balance, settings.leverage, price)
    if market.inverse != 0.0:
        return highest * LARGEST_INVERSE
    return LARGEST_LINEAR * less_of(highest, max_notional / price)


def reentry_ladder(
    market, settings, double balance, double equity, double size, double pos_price, double book, double last_price,
    int n_orders, double max_notional=INFINITY, *, bint swapped_weights=False,
):
    """The re-entries of a live position, nearest first; each assumes that those before were filled (§6).

    None is nearer than the one before it: where the book is far beyond the grid, several can have one price.

    balance       after `balance_pct`; with `equity`, of which the lesser bounds the position
    book          the highest bid for a long, the lowest ask for a short: no re-entry is nearer
    last_price    re-entries farther than 5 % from it are left out
    max_notional  of the position, in quote currency; for linear contracts

    `swapped_weights` averages as Passiv-X's live bot does, which gives each leg the other's weight; for comparing only.
    """
    cdef TickMarket packed = tick_market_of(market)
    cdef TickSettings chosen = tick_settings_of(settings)
    cdef bint is_long = size > 0.0
    cdef double sign = 1.0 if is_long else -1.0
    cdef double price, qty, smallest, highest, after, further
    orders = []
    if size == 0.0:
        return orders
    if not (balance > 0.0 and pos_price > 0.0 and book > 0.0 and last_price > 0.0):
        raise EngineInputError("balance, pos_price, book and last_price must be above 0")
    price = grid_price(&packed, &chosen, balance, size, pos_price)
    price = less_of(book, price) if is_long else more_of(book, price)
    while len(orders) < n_orders and price > 0.0 and isfinite(price):
        smallest = minimum_qty(&packed, price)
        highest = live_limit(&packed, &chosen, less_of(balance, equity), price, max_notional)
        qty = reentry_quantity(&packed, &chosen, size, highest, smallest)
        after = size + sign * qty
        if qty < smallest or fabs(after) >= highest or diff(price, last_price) > FARTHEST_ENTRY:
            break
        orders.append(TickOrder(sign * qty, price))
        if swapped_weights:
            pos_price = pos_price * fabs(qty / after) + price * fabs(size / after)
        else:
            pos_price = average_price(&packed, TRUE_ACCOUNTING, size, pos_price, qty, price, after)
        size = after
        further = grid_price(&packed, &chosen, balance, size, pos_price)
        price = less_of(price, further) if is_long else more_of(price, further)
    return orders
