"""Close orders: exposure enforcement, grid and trailing closes (`spec/engine.md` §3.8 to §3.11).

`offset` is +1.0 for long (closes lie above the price) and −1.0 for short; multiplying by it is exact.
"""

from passivtui.core.params cimport (
    CLOSE_AUTO_REDUCE,
    CLOSE_GRID,
    CLOSE_TRAILING,
    EMPTY_ORDER,
    MAX_ORDERS,
    SHORT_TYPES,
    empty_order,
)
from passivtui.core.rounding cimport (
    ceil,
    cost_to_qty,
    fabs,
    fmax,
    fmin,
    interpolate,
    min_entry_qty,
    round_,
    round_dn,
    round_up,
    wallet_exposure,
)
from passivtui.core.trailing cimport close_is_triggered


cdef struct CloseRule:
    int kind  # CLOSE_GRID, CLOSE_TRAILING, CLOSE_AUTO_REDUCE or EMPTY_ORDER
    double size  # the part of the position that it is for, with the position's sign


cdef inline double not_through_book(bint is_long, double price, const OrderState* state) noexcept nogil:
    return fmax(state.ask, price) if is_long else fmin(state.bid, price)


cdef inline double away_from_price(bint is_long, double price, double step) noexcept nogil:
    return round_up(price, step) if is_long else round_dn(price, step)


cdef inline Order close(bint is_long, double qty, double price, int type) noexcept nogil:
    cdef Order order
    order.qty = -qty if is_long else qty
    order.price = price
    order.type = type if is_long else type + SHORT_TYPES
    return order


cdef double close_qty(
    const OrderState* state, const ExchangeParams* market, double limit, double size, double price, double pct,
    double close_price,
) noexcept nogil:
    # `pct` of the full position plus what exceeds it; never leaves less than can be closed later (§3.8).
    cdef double held = fabs(size)
    cdef double full = cost_to_qty(state.balance * limit, price, market.c_mult)
    cdef double excess = fmax(0.0, held - full)
    cdef double smallest = min_entry_qty(close_price, market)
    cdef double qty = fmin(
        round_(held, market.qty_step), fmax(smallest, round_up(full * pct + excess, market.qty_step))
    )
    if qty > 0.0 and qty < held and held - qty < smallest:
        return held
    return qty


cdef struct GridClose:
    double price
    bint is_whole  # the whole position at once
    double pct  # else: of the full position


cdef inline GridClose grid_close_at(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price,
) noexcept nogil:
    # §3.8: the price follows from how full the position is, `end` when full and `start` when nearly empty.
    cdef double offset = 1.0 if is_long else -1.0
    cdef double step = market.price_step
    cdef double start = away_from_price(is_long, price * (1.0 + offset * bot.close_grid_markup_start), step)
    cdef double end = away_from_price(is_long, price * (1.0 + offset * bot.close_grid_markup_end), step)
    cdef double ratio
    cdef GridClose result
    if bot.close_grid_qty_pct < 0.0 or bot.close_grid_qty_pct >= 1.0 or start == end:
        result.is_whole, result.price = True, not_through_book(is_long, start, state)
        return result
    result.is_whole = False
    result.pct = fmax(bot.close_grid_qty_pct, 1.0 / ceil(fabs(end - start) / step))
    ratio = wallet_exposure(state.balance, fabs(size), price, market.c_mult) / limit
    if ratio > 1.0:
        result.price = fmin(start, end) if is_long else fmax(start, end)
    else:
        result.price = away_from_price(is_long, start + (end - start) * fmin(1.0, ratio), step)
    result.price = not_through_book(is_long, result.price, state)
    return result


cdef Order grid_close(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price,
) noexcept nogil:
    cdef GridClose at
    cdef double qty
    if size == 0.0 or (is_long and size < 0.0):
        return empty_order()
    at = grid_close_at(is_long, state, market, bot, limit, size, price)
    if at.is_whole:
        qty = round_(fabs(size), market.qty_step)
    else:
        qty = close_qty(state, market, limit, size, price, at.pct, at.price)
    return close(is_long, qty, at.price, CLOSE_GRID)


cdef double trailing_close_price(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double price
) noexcept nogil:
    # The prices of §3.9's table, once triggered.
    cdef double offset = 1.0 if is_long else -1.0
    cdef double threshold = bot.close_trailing_threshold_pct
    cdef double retracement = bot.close_trailing_retracement_pct
    if threshold <= 0.0:
        return state.ask if is_long else state.bid
    if retracement <= 0.0:
        price = price * (1.0 + offset * threshold)
    else:
        price = price * ((1.0 + offset * threshold) - offset * retracement)
    return not_through_book(is_long, away_from_price(is_long, price, market.price_step), state)


cdef Order trailing_close(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price, const TrailingBundle* trailing,
) noexcept nogil:
    # §3.9
    cdef double target, qty
    if size == 0.0:
        return empty_order()
    if not close_is_triggered(is_long, bot, price, trailing):
        return close(is_long, 0.0, 0.0, CLOSE_TRAILING)
    target = trailing_close_price(is_long, state, market, bot, price)
    qty = close_qty(state, market, limit, size, price, bot.close_trailing_qty_pct, target)
    return close(is_long, qty, target, CLOSE_TRAILING)


cdef double excess_size(
    double balance, const ExchangeParams* market, double limit, double size, double price, double exposure
) noexcept nogil:
    # §3.10 step 3: what brings a position that is more than 1 % over its limit back to it.
    cdef double held = fabs(size)
    cdef double lower_size = held * 0.9
    cdef double lower_exposure = wallet_exposure(balance, lower_size, price, market.c_mult)
    return held - interpolate(limit * 1.01, exposure, held, lower_exposure, lower_size)


cdef Order auto_reduce(
    bint is_long, const OrderState* state, const ExchangeParams* market, double size, double excess
) noexcept nogil:
    cdef double book = state.ask if is_long else state.bid
    cdef double qty = fmax(min_entry_qty(book, market), round_(excess, market.qty_step))
    return close(is_long, fmin(round_(fabs(size), market.qty_step), qty), book, CLOSE_AUTO_REDUCE)


cdef double size_beyond(
    const ExchangeParams* market, double size, double price, double allocated_cost
) noexcept nogil:
    # The part of a position that is left to the second kind of close, with the position's sign (§3.10 step 8).
    cdef double held = fabs(size)
    cdef double smallest = min_entry_qty(price, market)
    cdef double allocated = cost_to_qty(allocated_cost, price, market.c_mult)
    cdef double other
    if allocated < smallest:
        allocated = 0.0
    other = round_((held - allocated) * 1.01, market.qty_step)
    other = fmin(held, fmax(other, smallest))
    return other if size > 0.0 else -other


cdef CloseRule close_rule(
    bint is_long, double balance, const ExchangeParams* market, const BotParams* bot, double limit, double size,
    double price,
) noexcept nogil:
    # §3.10: which kind of close comes next, and for how much of the position.
    cdef CloseRule rule
    cdef double ratio = bot.close_trailing_grid_ratio
    cdef double exposure, filled, first
    rule.kind, rule.size = EMPTY_ORDER, size
    if size == 0.0:
        return rule
    exposure = wallet_exposure(balance, fabs(size), price, market.c_mult)
    filled = 10.0 if limit <= 0.0 else exposure / limit
    if bot.enforce_exposure_limit != 0.0 and filled > 1.01:
        rule.size = excess_size(balance, market, limit, size, price, exposure)
        if rule.size > 0.0:
            rule.kind = CLOSE_AUTO_REDUCE
            return rule
        rule.size = size
    rule.kind = CLOSE_GRID if ratio == 0.0 else CLOSE_TRAILING
    if ratio == 0.0 or ratio >= 1.0 or ratio <= -1.0:
        return rule
    if not is_long:
        filled = exposure / limit  # without the guard for limits <= 0 (§8.15)
    first = ratio if ratio > 0.0 else 1.0 + ratio  # of the limit that the first kind is for
    if (filled < first) == (ratio < 0.0):
        rule.kind = CLOSE_GRID
    if not filled < first:
        rule.size = size_beyond(market, size, price, (balance * limit) * first)
    return rule


cdef Order next_close(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price, const TrailingBundle* trailing,
) noexcept nogil:
    cdef CloseRule rule = close_rule(is_long, state.balance, market, bot, limit, size, price)
    if rule.kind == CLOSE_GRID:
        return grid_close(is_long, state, market, bot, limit, rule.size, price)
    if rule.kind == CLOSE_TRAILING:
        return trailing_close(is_long, state, market, bot, limit, rule.size, price, trailing)
    if rule.kind == CLOSE_AUTO_REDUCE:
        return auto_reduce(is_long, state, market, size, rule.size)
    return empty_order()


cdef ClosePrice next_close_price(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price,
) noexcept nogil:
    # Where next_close would place its order, a trailing one as if triggered.
    cdef CloseRule rule = close_rule(is_long, state.balance, market, bot, limit, size, price)
    cdef ClosePrice result
    result.kind, result.price = rule.kind, 0.0
    if rule.kind == CLOSE_GRID and not (rule.size == 0.0 or (is_long and rule.size < 0.0)):
        result.price = grid_close_at(is_long, state, market, bot, limit, rule.size, price).price
    elif rule.kind == CLOSE_TRAILING and (
        bot.close_trailing_threshold_pct > 0.0 or bot.close_trailing_retracement_pct > 0.0
    ):
        result.price = trailing_close_price(is_long, state, market, bot, price)
    elif rule.kind == CLOSE_AUTO_REDUCE:
        result.price = state.ask if is_long else state.bid
    if result.price == 0.0:
        result.kind = EMPTY_ORDER
    return result


cdef void sort_by_distance(bint is_long, Order* orders, int n) noexcept nogil:
    # Stable: nearest the market first, ascending for long and descending for short.
    cdef Order order
    cdef int i, j
    for i in range(1, n):
        order = orders[i]
        j = i - 1
        while j >= 0 and (orders[j].price > order.price if is_long else orders[j].price < order.price):
            orders[j + 1] = orders[j]
            j -= 1
        orders[j + 1] = order


cdef int list_closes(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price, const TrailingBundle* trailing, double reach, Order* orders,
) noexcept nogil:
    # §3.11: successive closes as if each had filled. `orders` has room for MAX_ORDERS; returns their number. There are
    # none when the market does not reach the first that is generated (above `reach` for long, below it for short),
    # which decides for all (§8.2); and grid closes that only go further away end where it does not reach them.
    cdef Order order
    cdef bint goes_away = bot.close_grid_markup_start >= bot.close_grid_markup_end
    cdef int n = 0
    cdef int trailing_type = CLOSE_TRAILING if is_long else CLOSE_TRAILING + SHORT_TYPES
    cdef int i
    for i in range(MAX_ORDERS):
        order = next_close(is_long, state, market, bot, limit, size, price, trailing)
        if order.qty == 0.0:
            break
        if not (order.price < reach if is_long else order.price > reach):
            if n == 0 or (goes_away and order.type != trailing_type):
                break
        size = round_(size + order.qty, market.qty_step)
        if n > 0:
            if order.type == trailing_type:
                break
            if order.price == orders[n - 1].price:
                orders[n - 1].qty = round_(orders[n - 1].qty + order.qty, market.qty_step)
                orders[n - 1].type = order.type
                continue
        orders[n] = order
        n += 1
    sort_by_distance(is_long, orders, n)
    return n
