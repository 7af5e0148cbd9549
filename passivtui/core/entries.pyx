"""Entry orders: initial, grid and trailing (`spec/engine.md` §3.3 to §3.7).

Long and short share the code through `offset`: −1.0 for long (entries lie below the price), +1.0 for short. Multiplying
by it is exact, so both sides keep the bits of the formulas as they are written in the specification.
"""

from passivtui.core.params cimport (
    EMPTY_ORDER,
    ENTRY_GRID_CROPPED,
    ENTRY_GRID_INFLATED,
    ENTRY_GRID_NORMAL,
    ENTRY_INITIAL_NORMAL,
    ENTRY_INITIAL_PARTIAL,
    ENTRY_TRAILING_CROPPED,
    ENTRY_TRAILING_NORMAL,
    MAX_ORDERS,
    SHORT_TYPES,
    Position,
    empty_order,
)
from passivtui.core.rounding cimport (
    cost_to_qty,
    exposure_if_filled,
    fabs,
    fmax,
    fmin,
    interpolate,
    min_entry_qty,
    position_after,
    round_,
    round_dn,
    round_up,
    wallet_exposure,
)
from passivtui.core.trailing cimport entry_is_triggered


cdef struct EntryRule:
    int kind  # ENTRY_GRID_NORMAL, ENTRY_TRAILING_NORMAL or EMPTY_ORDER
    double limit  # the wallet exposure that it may use


cdef struct Crop:
    double exposure  # if the whole order filled
    double qty  # what may be ordered


cdef inline double not_through_book(bint is_long, double price, const OrderState* state) noexcept nogil:
    return fmin(price, state.bid) if is_long else fmax(price, state.ask)


cdef inline double away_from_price(bint is_long, double price, double step) noexcept nogil:
    return round_dn(price, step) if is_long else round_up(price, step)


cdef inline Order entry(bint is_long, double qty, double price, int type) noexcept nogil:
    cdef Order order
    order.qty = qty if is_long else -qty
    order.price = price
    order.type = type if is_long else type + SHORT_TYPES
    return order


cdef inline double initial_price(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot
) noexcept nogil:
    cdef double step = market.price_step
    if is_long:
        return fmin(state.bid, round_dn(state.lower * (1.0 - bot.entry_initial_ema_dist), step))
    return fmax(state.ask, round_up(state.upper * (1.0 + bot.entry_initial_ema_dist), step))


cdef inline double initial_qty(
    double balance, double limit, double price, const ExchangeParams* market, const BotParams* bot
) noexcept nogil:
    cdef double cost = (balance * limit) * bot.entry_initial_qty_pct
    return fmax(
        min_entry_qty(price, market), round_(cost_to_qty(cost, price, market.c_mult), market.qty_step)
    )


cdef inline double reentry_qty(
    double price, double balance, double size, double limit, double double_down_factor,
    const ExchangeParams* market, const BotParams* bot,
) noexcept nogil:
    # The order of multiplications differs from initial_qty's, on purpose (§2.4).
    cdef double smallest = (cost_to_qty(balance, price, market.c_mult) * limit) * bot.entry_initial_qty_pct
    return fmax(
        min_entry_qty(price, market), round_(fmax(fabs(size) * double_down_factor, smallest), market.qty_step)
    )


cdef bint initial_entry(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double* qty, Order* order,
) noexcept nogil:
    # §3.3. True: `order` is the answer. False: go on, with the initial quantity in `qty`.
    cdef double price = initial_price(is_long, state, market, bot)
    cdef double held = fabs(size)
    if price <= market.price_step:
        order[0] = empty_order()
        return True
    qty[0] = initial_qty(state.balance, limit, price, market, bot)
    if held == 0.0:
        order[0] = entry(is_long, qty[0], price, ENTRY_INITIAL_NORMAL)
        return True
    if held < qty[0] * 0.8:
        order[0] = entry(
            is_long,
            fmax(min_entry_qty(price, market), round_dn(qty[0] - held, market.qty_step)),
            price,
            ENTRY_INITIAL_PARTIAL,
        )
        return True
    return False


cdef Crop crop(
    double balance, double limit, double size, double price, double exposure, double qty, double fill_price,
    const ExchangeParams* market,
) noexcept nogil:
    # What may be bought of `qty` without passing the limit by more than 1 % (§3.4.1).
    cdef Crop result
    cdef double held = fabs(size)
    cdef double smallest = min_entry_qty(fill_price, market)
    cdef double fitting
    result.exposure = exposure_if_filled(balance, held, price, qty, fill_price, market)
    if result.exposure > limit * 1.01:
        fitting = interpolate(limit, exposure, held, result.exposure, held + qty) - held
        result.qty = fmax(round_(fitting, market.qty_step), smallest)
    else:
        result.qty = fmax(qty, smallest)
    return result


cdef double grid_price(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double price, double exposure,
) noexcept nogil:
    # Price of the next re-entry; 0.0 when there is none (§3.4 step 4).
    cdef double offset = -1.0 if is_long else 1.0
    cdef double weight = (exposure / limit) * bot.entry_grid_spacing_weight
    cdef double raw = price * (1.0 + offset * (bot.entry_grid_spacing_pct * (1.0 + weight)))
    cdef double result = not_through_book(is_long, away_from_price(is_long, raw, market.price_step), state)
    return 0.0 if result <= market.price_step else result


cdef Order grid_entry(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price,
) noexcept nogil:
    # §3.4
    cdef Order order
    cdef Position after
    cdef Crop first, second
    cdef double held = fabs(size)
    cdef double balance = state.balance
    cdef double first_qty = 0.0
    cdef double exposure, entry_price, qty, next_price, next_qty, effective
    if limit == 0.0 or balance <= 0.0:
        return empty_order()
    if initial_entry(is_long, state, market, bot, limit, size, &first_qty, &order):
        return order
    exposure = wallet_exposure(balance, held, price, market.c_mult)
    if exposure >= limit * 0.999:
        return empty_order()
    entry_price = grid_price(is_long, state, market, bot, limit, price, exposure)
    if entry_price <= 0.0:
        return empty_order()
    qty = fmax(
        reentry_qty(entry_price, balance, size, limit, bot.entry_grid_double_down_factor, market, bot), first_qty
    )
    first = crop(balance, limit, size, price, exposure, qty, entry_price, market)
    if first.qty < qty:
        return entry(is_long, first.qty, entry_price, ENTRY_GRID_CROPPED)
    # If the order after this one would be a mere remainder, this one takes it along (§3.4 steps 7 and 8).
    after = position_after(held, price, qty, entry_price, market.qty_step)
    next_price = grid_price(is_long, state, market, bot, limit, after.price, first.exposure)
    next_qty = fmax(
        reentry_qty(next_price, balance, after.size, limit, bot.entry_grid_double_down_factor, market, bot), first_qty
    )
    second = crop(balance, limit, after.size, after.price, first.exposure, next_qty, next_price, market)
    effective = second.qty / after.size
    if effective < bot.entry_grid_double_down_factor * 0.25:
        qty = interpolate(limit, exposure, held, first.exposure, held + qty) - held
        return entry(is_long, round_(qty, market.qty_step), entry_price, ENTRY_GRID_INFLATED)
    return entry(is_long, qty, entry_price, ENTRY_GRID_NORMAL)


cdef double trailing_entry_price(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double price
) noexcept nogil:
    # The prices of §3.5's table, once triggered.
    cdef double offset = -1.0 if is_long else 1.0
    cdef double threshold = bot.entry_trailing_threshold_pct
    cdef double retracement = bot.entry_trailing_retracement_pct
    if threshold <= 0.0:
        return state.bid if is_long else state.ask
    if retracement <= 0.0:
        price = price * (1.0 + offset * threshold)
    else:
        price = price * ((1.0 + offset * threshold) - offset * retracement)
    return not_through_book(is_long, away_from_price(is_long, price, market.price_step), state)


cdef Order trailing_entry(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price, const TrailingBundle* trailing,
) noexcept nogil:
    # §3.5
    cdef Order order
    cdef Crop cropped
    cdef double held = fabs(size)
    cdef double first_qty = 0.0
    cdef double exposure, entry_price, qty
    if initial_entry(is_long, state, market, bot, limit, size, &first_qty, &order):
        return order
    exposure = wallet_exposure(state.balance, held, price, market.c_mult)
    if exposure > limit * 0.999:
        return empty_order()
    if not entry_is_triggered(is_long, bot, price, trailing):
        return entry(is_long, 0.0, 0.0, ENTRY_TRAILING_NORMAL)
    entry_price = trailing_entry_price(is_long, state, market, bot, price)
    qty = fmax(
        reentry_qty(entry_price, state.balance, size, limit, bot.entry_trailing_double_down_factor, market, bot),
        first_qty,
    )
    cropped = crop(state.balance, limit, size, price, exposure, qty, entry_price, market)
    if cropped.qty < qty:
        return entry(is_long, cropped.qty, entry_price, ENTRY_TRAILING_CROPPED)
    return entry(is_long, qty, entry_price, ENTRY_TRAILING_NORMAL)


cdef EntryRule entry_rule(
    double balance, const ExchangeParams* market, const BotParams* bot, double limit, double size, double price
) noexcept nogil:
    # §3.6: how grid and trailing share the wallet exposure limit.
    cdef EntryRule rule
    cdef double ratio = bot.entry_trailing_grid_ratio
    cdef double exposure, filled, part
    rule.kind, rule.limit = EMPTY_ORDER, limit
    if limit == 0.0 or balance <= 0.0:
        return rule
    rule.kind = ENTRY_GRID_NORMAL if ratio == 0.0 else ENTRY_TRAILING_NORMAL
    if ratio == 0.0 or ratio >= 1.0 or ratio <= -1.0:
        return rule
    exposure = wallet_exposure(balance, fabs(size), price, market.c_mult)
    filled = exposure / limit
    part = ratio if ratio > 0.0 else 1.0 + ratio  # of the limit that the first kind may use
    if (filled < part) == (ratio < 0.0):
        rule.kind = ENTRY_GRID_NORMAL
    if filled < part and exposure != 0.0:
        rule.limit = (limit * part) * 1.01
    return rule


cdef Order next_entry(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price, const TrailingBundle* trailing,
) noexcept nogil:
    cdef EntryRule rule = entry_rule(state.balance, market, bot, limit, size, price)
    if rule.kind == ENTRY_GRID_NORMAL:
        return grid_entry(is_long, state, market, bot, rule.limit, size, price)
    if rule.kind == ENTRY_TRAILING_NORMAL:
        return trailing_entry(is_long, state, market, bot, rule.limit, size, price, trailing)
    return empty_order()


cdef EntryPrice next_reentry_price(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price,
) noexcept nogil:
    # Where next_entry would place a re-entry of a held position, trailing ones as if triggered.
    cdef EntryRule rule = entry_rule(state.balance, market, bot, limit, size, price)
    cdef double exposure = wallet_exposure(state.balance, fabs(size), price, market.c_mult)
    cdef EntryPrice result
    result.kind, result.price = rule.kind, 0.0
    if rule.kind == ENTRY_GRID_NORMAL and exposure < rule.limit * 0.999:
        result.price = grid_price(is_long, state, market, bot, rule.limit, price, exposure)
    elif rule.kind == ENTRY_TRAILING_NORMAL and not exposure > rule.limit * 0.999:
        result.price = trailing_entry_price(is_long, state, market, bot, price)
    if result.price <= 0.0:
        result.kind = EMPTY_ORDER
    return result


cdef int list_entries(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price, const TrailingBundle* trailing, double reach, Order* orders,
) noexcept nogil:
    # §3.7: successive entries as if each had filled. `orders` has room for MAX_ORDERS; returns their number. The list
    # ends where the market does not reach it any more (below `reach` for long, above it for short): entries only go
    # further away from the price.
    cdef OrderState local = state[0]
    cdef Order order
    cdef Position after
    cdef int n = 0
    cdef int trailing_normal = ENTRY_TRAILING_NORMAL if is_long else ENTRY_TRAILING_NORMAL + SHORT_TYPES
    cdef int trailing_cropped = ENTRY_TRAILING_CROPPED if is_long else ENTRY_TRAILING_CROPPED + SHORT_TYPES
    while n < MAX_ORDERS:
        order = next_entry(is_long, &local, market, bot, limit, size, price, trailing)
        if order.qty == 0.0:
            break
        if n > 0:
            if order.type == trailing_normal or order.type == trailing_cropped:
                break
            if order.price == orders[n - 1].price:
                break
        if not (order.price > reach if is_long else order.price < reach):
            break
        after = position_after(size, price, order.qty, order.price, market.qty_step)
        size, price = after.size, after.price
        if is_long:
            local.bid = fmin(local.bid, order.price)
        else:
            local.ask = fmax(local.ask, order.price)
        orders[n] = order
        n += 1
    return n
