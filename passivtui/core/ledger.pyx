"""What a fill does to position and balance (`spec/engine.md` §4.4, §4.7)."""

from libc.stdlib cimport realloc

from passivtui.core.equity cimport note_balance
from passivtui.core.params cimport ExchangeParams, Fill, Order, int64_t
from passivtui.core.rounding cimport (
    fabs,
    fmax,
    fmin,
    hysteresis,
    position_after,
    profit,
    qty_to_cost,
    round_,
)
from passivtui.core.state cimport CHUNK, CHUNKS, FillList, Leg, Run, Side

cdef double HYSTERESIS_PCT = 0.02
cdef double HYSTERESIS_THRESHOLD = 0.5


cdef Fill* new_fill(FillList* list) noexcept nogil:
    # Grows by doubling; NULL and a mark when there is no memory left.
    cdef Py_ssize_t room
    cdef Fill* grown
    if list.used == list.room:
        room = 2 * list.room if list.room else 1024
        grown = <Fill*>realloc(list.fills, room * sizeof(Fill))
        if grown == NULL:
            list.out_of_memory = True
            return NULL
        list.fills, list.room = grown, room
    list.used += 1
    return &list.fills[list.used - 1]


cdef void update_balance(Run* run, int64_t minute, double pnl, double fee) noexcept nogil:
    # §4.4. With BTC collateral, profits first repay USD debt, the rest buys BTC at 0.1 % cost.
    cdef double price, repaid
    if not run.btc_mode:
        run.usd += pnl + fee
        run.usd_total = run.usd
        run.usd_total_rounded = run.usd
        return
    price = run.btc_usd[minute]
    run.usd += fee
    if pnl > 0.0:
        if run.usd < 0.0:
            repaid = fmin(pnl, -run.usd)
            run.usd += repaid
            pnl -= repaid
        if pnl > 0.0:
            run.btc += (pnl / price) * 0.999
    elif pnl < 0.0:
        run.usd += pnl
    run.usd_total = (run.btc * price) + run.usd
    run.btc_total = run.usd_total / price


cdef void record(
    Run* run, int64_t minute, int coin, const Order* order, double qty, double size, double price, double pnl,
    double fee,
) noexcept nogil:
    cdef Fill* fill = new_fill(&run.fills)
    if fill == NULL:
        return
    fill.minute, fill.coin, fill.type = minute, coin, order.type
    fill.qty, fill.price, fill.psize, fill.pprice = qty, order.price, size, price
    fill.pnl, fill.fee_paid = pnl, fee
    fill.balance_usd_total, fill.balance_btc, fill.balance_usd = run.usd_total, run.btc, run.usd
    fill.btc_price = run.btc_usd[minute]
    note_balance(run, minute)


cdef void fill_close(Run* run, Side* side, int64_t minute, int coin, Leg* leg, const Order* order) noexcept nogil:
    cdef const ExchangeParams* market = &run.coins[coin].market
    cdef double qty = order.qty
    cdef double size = round_(leg.position.size + qty, market.qty_step)
    cdef double fee, pnl
    if size < 0.0 if side.is_long else size > 0.0:
        size, qty = 0.0, -leg.position.size
    fee = (-qty_to_cost(qty, order.price, market.c_mult)) * run.maker_fee
    pnl = profit(side.is_long, leg.position.price, order.price, qty, market.c_mult)
    run.pnl_sum += pnl
    run.pnl_peak = fmax(run.pnl_peak, run.pnl_sum)
    update_balance(run, minute, pnl, fee)
    leg.position.size = size
    leg.units = fabs(size) * market.c_mult
    leg.filled = True
    record(run, minute, coin, order, qty, size, leg.position.price, pnl, fee)
    if size == 0.0:
        leg.is_open = False
        leg.position.price = 0.0
        side.n_open -= 1
        side.slots_changed = True


cdef void fill_entry(Run* run, Side* side, int64_t minute, int coin, Leg* leg, const Order* order) noexcept nogil:
    cdef const ExchangeParams* market = &run.coins[coin].market
    cdef double fee = (-qty_to_cost(order.qty, order.price, market.c_mult)) * run.maker_fee
    update_balance(run, minute, 0.0, fee)
    leg.position = position_after(
        leg.position.size, leg.position.price, order.qty, order.price, market.qty_step
    )
    leg.units = fabs(leg.position.size) * market.c_mult
    leg.filled = True
    if not leg.is_open:
        leg.is_open = True
        side.n_open += 1
        side.slots_changed = True
    record(run, minute, coin, order, order.qty, leg.position.size, leg.position.price, 0.0, fee)


cdef struct Margin:
    double low
    double high


cdef inline Margin balance_margin(double rounded) noexcept nogil:
    # The rounded balance stays as long as the balance is between the two (§2.2).
    cdef double width = (rounded * HYSTERESIS_PCT) * HYSTERESIS_THRESHOLD
    cdef Margin margin
    margin.low, margin.high = rounded - width, rounded + width
    return margin


cdef inline bint leaves(double balance, Margin margin) noexcept nogil:
    return balance > margin.high or balance < margin.low


cdef inline bint settles(double rounded) noexcept nogil:
    return hysteresis(rounded, rounded, HYSTERESIS_PCT, HYSTERESIS_THRESHOLD) == rounded


cdef bint update_rounded_balance(Run* run, int64_t minute) noexcept nogil:
    # The balance that orders are sized with follows the BTC price in steps; True when it moved.
    cdef double before = run.usd_total_rounded
    if not run.btc_mode:
        return False
    run.usd_total = (run.btc * run.btc_usd[minute]) + run.usd
    run.btc_total = run.usd_total / run.btc_usd[minute]
    if run.is_settled and not leaves(run.usd_total, balance_margin(before)):
        return False
    run.usd_total_rounded = hysteresis(run.usd_total, before, HYSTERESIS_PCT, HYSTERESIS_THRESHOLD)
    run.is_settled = settles(run.usd_total_rounded)
    return run.usd_total_rounded != before


cdef void summarise_btc_prices(Run* run) noexcept nogil:
    # Lowest and highest of each CHUNK of the block's minutes.
    cdef double low, high, price
    cdef int64_t first, minute
    cdef int chunk
    for chunk in range(CHUNKS):
        first = run.block_start + chunk * CHUNK
        if first >= run.block_end:
            return
        low = high = run.btc_usd[first]
        for minute in range(first + 1, min(first + CHUNK, run.block_end)):
            price = run.btc_usd[minute]
            low = price if price < low else low
            high = price if price > high else high
        run.btc_lows[chunk], run.btc_highs[chunk] = low, high


cdef int64_t next_balance_change(const Run* run, int64_t minute, int64_t until) noexcept nogil:
    # The first minute after `minute` at which update_rounded_balance would move, if nothing fills; else `until`. The
    # balance rises or falls with the BTC price, also as computed: it stays if it stays at a chunk's extremes.
    cdef Margin margin = balance_margin(run.usd_total_rounded)
    cdef int64_t later = minute + 1
    cdef int chunk
    if not run.btc_mode:
        return until
    if not run.is_settled:
        return min(later, until)
    while later < until:
        if (later - run.block_start) % CHUNK == 0:
            chunk = <int>((later - run.block_start) // CHUNK)
            if not leaves((run.btc * run.btc_lows[chunk]) + run.usd, margin):
                if not leaves((run.btc * run.btc_highs[chunk]) + run.usd, margin):
                    later += CHUNK
                    continue
        if leaves((run.btc * run.btc_usd[later]) + run.usd, margin):
            return later
        later += 1
    return until
