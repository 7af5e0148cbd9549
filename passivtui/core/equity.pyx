"""The equity of the minutes between fills (`spec/engine.md` §4.10): written to series, or summed up for the metrics alone."""

from passivtui.core.equity_summary cimport add_distances, add_rows
from passivtui.core.state cimport BLOCK, Holding, Leg, Run, Side, candle


cdef int list_holdings(Run* run) noexcept nogil:
    # Long before short, ascending coins: the order of additions is part of the definition.
    cdef Side* side
    cdef Leg* leg
    cdef Holding* holding
    cdef int n = 0
    cdef int s, coin
    for s in range(2):
        side = &run.sides[s]
        if side.n_open == 0:
            continue
        for coin in range(run.n_coins):
            leg = &side.legs[coin]
            if leg.is_open:
                holding = &run.holdings[n]
                holding.coin = 4 * coin
                holding.units = leg.units if side.is_long else -leg.units
                holding.price = leg.position.price
                n += 1
    return n


cdef void write_wallet(Run* run, double usd, double btc, int64_t start, int64_t end, double* in_usd, double* in_btc) noexcept nogil:
    # What the wallet alone is worth at each row.
    cdef const double* price = run.btc_usd + start
    cdef int64_t k
    for k in range(end - start):
        if run.btc_mode:
            in_usd[k] = (btc * price[k]) + usd
            in_btc[k] = in_usd[k] / price[k]
        else:
            in_usd[k] = usd
            in_btc[k] = 0.0


cdef void add_holding(Run* run, const Holding* holding, int64_t start, int64_t end, double* in_usd, double* in_btc) noexcept nogil:
    cdef const double* close = candle(run, start, 0) + holding.coin + 2
    cdef const double* btc_price = run.btc_usd + start
    cdef int stride = 4 * run.n_coins
    cdef double unrealised
    cdef int64_t k
    for k in range(end - start):
        unrealised = holding.units * (close[0] - holding.price)
        in_usd[k] += unrealised
        in_btc[k] += unrealised / btc_price[k] if run.btc_mode else unrealised
        close += stride


cdef void summarise(Run* run, int64_t n) noexcept nogil:
    # The first n rows of the room for equity.
    add_rows(&run.usd_summary, run.equities_usd, n)
    if run.btc_mode:
        add_rows(&run.btc_summary, run.equities_btc, n)
    if run.fills.used == 0:
        return  # their distances are added when the first fill shows the balance after it (§8.23)
    add_distances(&run.usd_summary, run.equities_usd, n, run.filled_balance_usd)
    if run.btc_mode:
        add_distances(&run.btc_summary, run.equities_btc, n, run.filled_balance_btc)


cdef void flush_equity(Run* run, int64_t until) noexcept nogil:
    # Equity of the rows from where it stopped up to `until` (exclusive), with the positions and the balance of now.
    cdef double usd = run.usd if run.btc_mode else run.usd_total
    cdef int64_t start, end, skipped
    cdef int n, i
    if run.equity_from >= until:
        return
    n = list_holdings(run)
    while run.equity_from < until:
        start, end = run.equity_from, min(until, run.equity_from + BLOCK)
        skipped = start if run.keeps_series else 0
        write_wallet(run, usd, run.btc, start, end, run.equities_usd + skipped, run.equities_btc + skipped)
        for i in range(n):
            add_holding(run, &run.holdings[i], start, end, run.equities_usd + skipped, run.equities_btc + skipped)
        if not run.keeps_series:
            summarise(run, end - start)
        run.equity_from = end


cdef void start_equity(Run* run) noexcept nogil:
    # Row 0, before anything could fill.
    run.equities_usd[0] = run.usd_total
    run.equities_btc[0] = run.btc
    run.equity_from = 1
    if not run.keeps_series:
        summarise(run, 1)


cdef void note_balance(Run* run, int64_t minute) noexcept nogil:
    # After a fill: what equity is compared with from now on, and after the first one also from the beginning.
    cdef int64_t start = 0
    cdef int64_t end
    if run.keeps_series:
        return
    run.filled_balance_usd = run.usd_total
    run.filled_balance_btc = run.usd_total / run.btc_usd[minute]
    if run.fills.used > 1:
        return
    while start < minute:
        end = min(minute, start + BLOCK)
        write_wallet(run, run.first_usd, run.first_btc, start, end, run.equities_usd, run.equities_btc)
        add_distances(&run.usd_summary, run.equities_usd, end - start, run.filled_balance_usd)
        if run.btc_mode:
            add_distances(&run.btc_summary, run.equities_btc, end - start, run.filled_balance_btc)
        start = end
