"""The tick loop of the strategy (`spec/passivx.md` §4): each tick may bring one trade, which fixes what comes next."""

from libc.math cimport NAN, isfinite, pow
from libc.stdlib cimport realloc

from passivtui.core.contracts cimport (
    TRUE_ACCOUNTING,
    average_price,
    cost_of,
    diff,
    first_entry_quantity,
    less_of,
    leveraged,
    liquidation,
    long_pnl,
    minimum_qty,
    more_of,
    nearest,
    short_pnl,
)
from passivtui.core.tick_orders cimport (
    fill_close_ladder,
    flat_ask_price,
    flat_bid_price,
    grid_price,
    reentry_quantity,
    smallest_close,
    stop_loss_quantity,
)
from passivtui.core.tick_params cimport (
    CLOSE,
    ENTRY,
    NO_TRADE,
    REENTRY,
    STOP_LOSS_LIQ_DIFF,
    STOP_LOSS_POS_PRICE_DIFF,
    TickFill,
)

cdef double NEVER_LOW = 9e12  # a price that no short re-entry reaches
cdef double CLOSE_TO_LIQUIDATION = 0.2
cdef double MS_PER_DAY = 86_400_000.0
cdef int64_t LONG_AGO = -(<int64_t>1 << 62)
cdef enum:
    CONTROL_EVERY = 8192  # ticks


# ---- what a tick brings


cdef inline int close_of_long(TickRun* run, double price, TickFill* order) noexcept nogil:
    cdef int first
    make_closes(run, price, run.state.ask)
    first = first_close(run)
    if price > run.closes.prices[first]:
        order.price, order.qty = run.closes.prices[first], -run.closes.qtys[first]
        return CLOSE
    return NO_TRADE


cdef inline int close_of_short(TickRun* run, double price, TickFill* order) noexcept nogil:
    cdef int first
    make_closes(run, price, run.state.bid)
    first = first_close(run)
    if price < run.closes.prices[first]:
        order.price, order.qty = run.closes.prices[first], run.closes.qtys[first]
        return CLOSE
    return NO_TRADE


cdef void make_closes(TickRun* run, double price, double book) noexcept nogil:
    cdef TickState* state = &run.state
    cdef double smallest = smallest_close(&run.market, &run.settings, state.apparent, price)
    fill_close_ladder(&run.closes, &run.market, &run.settings, state.size, state.pos_price, book, smallest)


cdef inline int first_close(const TickRun* run) noexcept nogil:
    # The noise of a sum can leave nothing to the first close (§3); the original then closes nothing and waits.
    return 1 if run.accounting == TRUE_ACCOUNTING and run.closes.qtys[0] == 0.0 and run.closes.n > 1 else 0


cdef inline int stop_of_long(TickRun* run, double price, TickFill* order) noexcept nogil:
    if run.state.stop_price > 0.0 and price > run.state.stop_price:
        order.price = run.state.stop_price
        order.qty = -stop_loss_quantity(&run.market, &run.settings, run.state.size)
        return run.state.stop_type
    return NO_TRADE


cdef inline int stop_of_short(TickRun* run, double price, TickFill* order) noexcept nogil:
    if price < run.state.stop_price:
        order.price = run.state.stop_price
        order.qty = stop_loss_quantity(&run.market, &run.settings, run.state.size)
        return run.state.stop_type
    return NO_TRADE


cdef inline void arm_stop_of_long(TickState* state, double price) noexcept nogil:
    state.stop_price = 0.0
    if price <= state.liq_level:
        state.stop_price, state.stop_type = state.ask, STOP_LOSS_LIQ_DIFF
    elif price <= state.price_level:
        state.stop_price, state.stop_type = state.ask, STOP_LOSS_POS_PRICE_DIFF


cdef inline void arm_stop_of_short(TickState* state, double price) noexcept nogil:
    state.stop_price = 0.0
    if price >= state.liq_level:
        state.stop_price, state.stop_type = state.bid, STOP_LOSS_LIQ_DIFF
    elif price >= state.price_level:
        state.stop_price, state.stop_type = state.bid, STOP_LOSS_POS_PRICE_DIFF


cdef inline int sold_into_bids(TickRun* run, double price, TickFill* order) noexcept nogil:
    # The buyer was the maker: own bids may fill. Returns the trade's type.
    cdef TickState* state = &run.state
    cdef int kind = NO_TRADE
    if state.size == 0.0:
        if run.settings.do_long != 0.0 and price < state.bid:
            order.price = flat_bid_price(&run.market, &run.settings, state.ema, state.bid)
            if price < order.price:
                order.qty = first_entry_quantity(&run.market, &run.settings, state.apparent, order.price)
                kind = ENTRY
    elif state.size > 0.0:
        if price < state.reentry_price:
            order.price, order.qty = state.reentry_price, state.reentry_qty
            kind = REENTRY
        arm_stop_of_long(state, price)
    else:
        if price <= state.pos_price and price <= state.nearest_close and price < state.bid:
            kind = close_of_short(run, price, order)
        if kind == NO_TRADE:
            kind = stop_of_short(run, price, order)
    state.bid = price
    return kind


cdef inline int bought_from_asks(TickRun* run, double price, TickFill* order) noexcept nogil:
    # The seller was the maker: own asks may fill. Returns the trade's type.
    cdef TickState* state = &run.state
    cdef int kind = NO_TRADE
    if state.size == 0.0:
        if run.settings.do_shrt != 0.0 and price > state.ask:
            order.price = flat_ask_price(&run.market, &run.settings, state.ema, state.ask)
            if price > order.price:
                order.qty = -first_entry_quantity(&run.market, &run.settings, state.apparent, order.price)
                kind = ENTRY
    elif state.size < 0.0:
        if price > state.reentry_price:
            order.price, order.qty = state.reentry_price, -state.reentry_qty
            kind = REENTRY
        arm_stop_of_short(state, price)
    else:
        if price >= state.pos_price and price >= state.nearest_close and price > state.ask:
            kind = close_of_long(run, price, order)
        if kind == NO_TRADE:
            kind = stop_of_long(run, price, order)
    state.ask = price
    return kind


cdef inline bint is_liquidated(TickRun* run, double price, bint sold) noexcept nogil:
    # The original looks at longs when somebody sells and at shorts when somebody buys, and only at positions that have
    # come close (§4.1); truly, a price beyond the level is the end (§8).
    cdef TickState* state = &run.state
    cdef double distance
    if state.size > 0.0:
        if sold:
            distance = diff(state.liq_price, price)
            if distance < state.closest_long:
                state.closest_long = distance
            if price <= state.liq_price and state.closest_long < CLOSE_TO_LIQUIDATION:
                return True
        return run.accounting == TRUE_ACCOUNTING and price <= state.liq_price
    if state.size < 0.0:
        if not sold:
            distance = diff(state.liq_price, price)
            if distance < state.closest_shrt:
                state.closest_shrt = distance
            if price >= state.liq_price and state.closest_shrt < CLOSE_TO_LIQUIDATION:
                return True
        return run.accounting == TRUE_ACCOUNTING and price >= state.liq_price and state.liq_price > 0.0
    return False


# ---- what a trade changes


cdef bint make_room(TickRun* run) noexcept nogil:
    cdef TickTrade* grown
    if run.n_trades < run.room:
        return True
    run.room = 1024 if run.room == 0 else 2 * run.room
    grown = <TickTrade*>realloc(run.trades, run.room * sizeof(TickTrade))
    if grown == NULL:
        return False
    run.trades = grown
    return True


cdef double daily_gain(double gain, double days) noexcept nogil:
    cdef double result
    if days <= 0.0 or gain <= 0.0:
        return 0.0
    result = pow(gain, 1.0 / days)
    return result if isfinite(result) else 0.0


cdef void fill_order(TickRun* run, int64_t tick, int kind, const TickFill* order) noexcept nogil:
    # Position, balances, sums and the record of the trade; the next levels follow in `fix_levels`.
    cdef TickState* state = &run.state
    cdef TickTrade* trade = &run.trades[run.n_trades]
    cdef double before = state.size
    cdef double after = nearest(before + order.qty, 1e-10)
    cdef double fee = -cost_of(&run.market, order.qty, order.price) * run.market.maker_fee
    cdef double pnl = 0.0
    trade.side = 0 if (order.qty > 0.0) == (kind <= REENTRY) else 1
    if kind <= REENTRY:
        state.pos_price = average_price(
            &run.market, run.accounting, before, state.pos_price, order.qty, order.price, after
        )
    elif before > 0.0:
        pnl = long_pnl(&run.market, state.pos_price, order.price, order.qty)
    else:
        pnl = short_pnl(&run.market, state.pos_price, order.price, order.qty)
    state.size = after
    state.actual = state.actual + pnl + fee
    if run.accounting != TRUE_ACCOUNTING:
        state.actual = more_of(run.starting_balance, state.actual)
    state.apparent = state.actual * run.settings.balance_pct
    state.liq_price = liquidation(
        &run.market, run.accounting, state.actual, after, state.pos_price, run.settings.leverage
    )
    state.net += pnl + fee
    state.fees += fee
    if kind >= STOP_LOSS_LIQ_DIFF:
        state.loss += pnl
    else:
        state.profit += pnl
    trade.tick, trade.type, trade.price, trade.qty = tick, kind, order.price, order.qty
    trade.pnl, trade.fee_paid = pnl, fee
    record(run, trade)
    state.closest_long = state.closest_shrt = 1.0
    state.last_type, state.last_ms = kind, trade.timestamp


cdef void record(TickRun* run, TickTrade* trade) noexcept nogil:
    # The rest of the record, from the state after the trade.
    cdef TickState* state = &run.state
    cdef double start = run.starting_balance
    trade.timestamp = run.times[trade.tick]
    trade.pos_price, trade.pos_size, trade.liq_price = state.pos_price, state.size, state.liq_price
    trade.actual_balance, trade.apparent_balance = state.actual, state.apparent
    trade.closest_long_liq, trade.closest_shrt_liq = state.closest_long, state.closest_shrt
    trade.closest_liq = less_of(state.closest_long, state.closest_shrt)
    trade.pnl_plus_fees_cumsum, trade.fee_paid_cumsum = state.net, state.fees
    trade.profit_cumsum, trade.loss_cumsum = state.profit, state.loss
    trade.average_daily_gain = daily_gain(
        (state.net + start) / start, (trade.timestamp - run.times[0]) / MS_PER_DAY
    )
    trade.avg_gain_per_tick = pow(more_of(0.0, state.actual) / start, 1.0 / (run.n_trades + 1))
    trade.millis_since_prev_trade = <double>(trade.timestamp - state.last_ms) if run.n_trades else 0.0
    trade.progress = <double>trade.tick / <double>run.n_ticks


cdef void fix_levels(TickRun* run) noexcept nogil:
    # What the position's next re-entry is, and beyond which prices its stop loss is armed (§4.4).
    cdef TickState* state = &run.state
    state.stop_price = 0.0
    state.reentry_price = NAN
    if state.size == 0.0:
        return
    if state.size > 0.0:
        fix_levels_of_long(run)
    else:
        fix_levels_of_short(run)
    fix_reentry(run)
    state.nearest_close = nearest_possible_close(state.pos_price, &run.settings, state.size > 0.0)


cdef void fix_levels_of_long(TickRun* run) noexcept nogil:
    cdef TickState* state = &run.state
    cdef double price = grid_price(&run.market, &run.settings, state.apparent, state.size, state.pos_price)
    state.reentry_price = more_of(run.market.price_step, less_of(state.bid, price))
    state.liq_level = state.liq_price * (1.0 + run.settings.stop_loss_liq_diff)
    state.price_level = state.pos_price * (1.0 - run.settings.stop_loss_pos_price_diff)


cdef void fix_levels_of_short(TickRun* run) noexcept nogil:
    cdef TickState* state = &run.state
    cdef double price = grid_price(&run.market, &run.settings, state.apparent, state.size, state.pos_price)
    state.reentry_price = more_of(run.market.price_step, more_of(state.ask, price))
    state.liq_level = state.pos_price * 10000.0
    if state.liq_price > 0.0:
        state.liq_level = state.liq_price * (1.0 - run.settings.stop_loss_liq_diff)
    state.price_level = state.pos_price * (1.0 + run.settings.stop_loss_pos_price_diff)


cdef void fix_reentry(TickRun* run) noexcept nogil:
    # Its quantity; where there is no room for one, its price is one that is never reached.
    cdef TickState* state = &run.state
    cdef double highest = leveraged(&run.market, state.apparent, run.settings.leverage, state.reentry_price)
    cdef double smallest = minimum_qty(&run.market, state.reentry_price)
    state.reentry_qty = reentry_quantity(&run.market, &run.settings, state.size, highest, smallest)
    if state.reentry_qty < smallest or not state.apparent > 0.0:
        state.reentry_price = run.market.price_step if state.size > 0.0 else NEVER_LOW


cdef double nearest_possible_close(double pos_price, const TickSettings* settings, bint is_long) noexcept nogil:
    # Before this price no close can fill: the ladder starts at the lesser markup, rounded away from the position.
    # Widened by more than the ten decimals of the rounding, so that it saves work and decides nothing.
    cdef double markup = less_of(settings.min_markup, settings.max_markup)
    if is_long:
        return pos_price * (1.0 + markup) * (1.0 - 1e-12) - 1e-9
    return pos_price * (1.0 - markup) * (1.0 + 1e-12) + 1e-9


# ---- the loop


cdef void start(TickRun* run) noexcept nogil:
    cdef TickState* state = &run.state
    state.size = state.pos_price = state.liq_price = state.reentry_price = state.reentry_qty = 0.0
    state.liq_level = state.price_level = state.stop_price = state.nearest_close = 0.0
    state.stop_type = state.last_type = NO_TRADE
    state.last_ms = LONG_AGO
    state.bid = less_of(run.prices[0], run.prices[1])
    state.ask = more_of(run.prices[0], run.prices[1])
    state.ema = run.prices[0]
    state.closest_long = state.closest_shrt = 1.0
    state.actual = run.starting_balance
    state.apparent = state.actual * run.settings.balance_pct
    state.net = state.profit = state.loss = state.fees = 0.0
    run.broken_by = -1


cdef TickEnd run_over(TickRun* run, TickData ticks, Conditions conditions, RunControl control) noexcept nogil:
    cdef TickState* state = &run.state
    cdef double alpha = 2.0 / (run.settings.ema_span + 1.0)
    cdef double rest = 1.0 - alpha
    cdef double price
    cdef bint sold
    cdef int kind
    cdef TickFill order
    cdef int64_t i
    start(run)
    for i in range(run.n_ticks):
        price, sold = run.prices[i], ticks.sold[i]
        run.end_tick = i
        if is_liquidated(run, price, sold):
            return LIQUIDATION
        kind = sold_into_bids(run, price, &order) if sold else bought_from_asks(run, price, &order)
        state.ema = state.ema * rest + price * alpha
        if kind != NO_TRADE and happens(run, i, kind, order.qty):
            if not make_room(run):
                return NO_MEMORY
            fill_order(run, i, kind, &order)
            fix_levels(run)
            run.trades[run.n_trades].reentry_price = state.reentry_price
            run.n_trades += 1
            if is_broken(run, conditions):
                return BREAK
            if run.accounting == TRUE_ACCOUNTING and state.size == 0.0 and state.actual <= 0.0:
                return LIQUIDATION
        if i % CONTROL_EVERY == 0:
            control.rows_done = i
            if control.stop:
                return CANCELLED
    control.rows_done = run.n_ticks
    return END_OF_DATA


cdef bint happens(const TickRun* run, int64_t tick, int kind, double qty) noexcept nogil:
    # The venue takes its time: what follows a trade too soon does not happen, but a re-entry after a re-entry (§4.4).
    # An order without quantity is a trade for the original only.
    if qty == 0.0 and run.accounting == TRUE_ACCOUNTING:
        return False
    if kind == REENTRY and run.state.last_type == REENTRY:
        return True
    return not run.times[tick] - run.state.last_ms < run.latency_ms


cdef bint is_broken(TickRun* run, Conditions conditions) noexcept nogil:
    cdef int64_t n = run.n_trades
    cdef const TickTrade* before = &run.trades[n - 2] if n > 1 else NULL
    run.broken_by = conditions.first_true(&run.trades[n - 1], before, n, run.n_ticks)
    return run.broken_by >= 0
