"""The backtest: many coins, minute by minute, long and short (`spec/engine.md` §4).

Orders made at minute k can only fill at minute k+1, so an order that will not fill then has no effect at all and is
never made. The loop goes from one minute at which something may fill to the next (`state.pxd` tells how they are found),
holds no Python object and runs without the GIL; any number of runs may share one array of candles.
"""

from libc.string cimport memset

from passivtui.core.bands cimport compute_bands
from passivtui.core.bounds cimport refresh_bounds
from passivtui.core.closes cimport list_closes
from passivtui.core.entries cimport list_entries
from passivtui.core.control cimport RunControl
from passivtui.core.equity cimport flush_equity, start_equity
from passivtui.core.ledger cimport (
    fill_close,
    fill_entry,
    next_balance_change,
    summarise_btc_prices,
    update_rounded_balance,
)
from passivtui.core.params cimport (
    CLOSE_UNSTUCK,
    SHORT_TYPES,
    ExchangeParams,
    OrderState,
    TrailingBundle,
    int64_t,
)
from passivtui.core.rounding cimport fmax, fmin, round_
from passivtui.core.scan cimport bundle_at, enter_block, restart_bundle, scan
from passivtui.core.selection cimport begin_ranking, end_ranking
from passivtui.core.state cimport BLOCK, CHUNK, Coin, Hit, Leg, Run, Side, candle, fills_at
from passivtui.core.trailing cimport close_is_triggered, entry_is_triggered, fresh_bundle
from passivtui.core.unstuck cimport (
    StuckPosition,
    goes_before,
    is_stuck,
    loss_allowance,
    stuck_distance,
    unstuck_order,
)

# ---------------------------------------------------------------- limits and slots (§4.6, §4.8)


cdef inline bint is_eligible(const Coin* coin, int64_t minute) noexcept nogil:
    return coin.first_valid <= minute <= coin.last_valid


cdef inline void note_change(Run* run, int64_t minute, int64_t change) noexcept nogil:
    if minute < change < run.next_listing_change:
        run.next_listing_change = change


cdef inline void forget_scan(Leg* leg) noexcept nogil:
    leg.is_hit, leg.scanned_to = False, 0


cdef void rescan_side(Run* run, Side* side) noexcept nogil:
    # Which coins may open a position changed.
    cdef int coin
    memset(side.is_chosen_known, 0, BLOCK)
    for coin in range(run.n_coins):
        if not side.legs[coin].is_open:
            forget_scan(&side.legs[coin])


cdef void rescan_everything(Run* run) noexcept nogil:
    cdef int s, coin
    for s in range(2):
        memset(run.sides[s].is_chosen_known, 0, BLOCK)
        for coin in range(run.n_coins):
            run.sides[s].legs[coin].is_stale = True
            forget_scan(&run.sides[s].legs[coin])


cdef void update_limits(Run* run, int64_t minute) noexcept nogil:
    # §4.6. Nothing of it changes but at a listing or delisting.
    cdef Side* side
    cdef int s, coin
    cdef int listed = 0
    cdef double limit
    if minute < run.next_listing_change:
        return
    run.next_listing_change = run.n_minutes
    for coin in range(run.n_coins):
        listed += is_eligible(&run.coins[coin], minute)
        note_change(run, minute, run.coins[coin].first_valid)
        note_change(run, minute, run.coins[coin].last_valid + 1)
    rescan_everything(run)
    if listed == 0:
        return
    for s in range(2):
        side = &run.sides[s]
        side.effective_n = min(side.n_positions, listed)
    if run.sides[0].effective_n == 0 and run.sides[1].effective_n == 0:
        return
    for s in range(2):
        side = &run.sides[s]
        limit = side.exposure_limit / side.effective_n if side.effective_n else 0.0
        for coin in range(run.n_coins):
            if side.legs[coin].has_dynamic_limit and is_eligible(&run.coins[coin], minute):
                side.legs[coin].limit = limit


cdef void follow_slots(Run* run, Side* side, int64_t minute) noexcept nogil:
    # By definition the coins are ranked in every minute in which a slot is free and there are more coins than slots.
    cdef bint ranks = side.n_open < side.effective_n and run.n_coins > side.effective_n
    if ranks and not side.ranks:
        begin_ranking(&side.forager, minute)
    elif side.ranks and not ranks:
        end_ranking(&side.forager, minute)
    side.ranks = ranks


# ---------------------------------------------------------------- orders of one minute (§4.9)


cdef void make_delisting_close(Run* run, Side* side, int64_t minute, int coin, Leg* leg) noexcept nogil:
    # §3.12: out at the candle's better end, never better than break-even.
    cdef const double* row = candle(run, minute, coin)
    cdef double step = run.coins[coin].market.price_step
    leg.closes[0].qty = -leg.position.size
    if side.is_long:
        leg.closes[0].price = round_(fmin(row[0] - step, leg.position.price), step)
        leg.closes[0].type = CLOSE_UNSTUCK
    else:
        leg.closes[0].price = round_(fmax(row[1] + step, leg.position.price), step)
        leg.closes[0].type = CLOSE_UNSTUCK + SHORT_TYPES
    leg.n_closes = 1


cdef inline bint entries_may_fill(
    const Side* side, const Leg* leg, double close, const double* upcoming, const TrailingBundle* bundle
) noexcept nogil:
    if (upcoming[1] if side.is_long else close) < leg.partial_below:
        return True
    if not (upcoming[1] < leg.entry_bound if side.is_long else upcoming[0] > leg.entry_bound):
        return False
    return not leg.entry_trails or entry_is_triggered(side.is_long, &leg.bot, leg.position.price, bundle)


cdef inline bint closes_may_fill(
    const Side* side, const Leg* leg, const double* upcoming, const TrailingBundle* bundle
) noexcept nogil:
    if not (upcoming[0] > leg.close_bound if side.is_long else upcoming[1] < leg.close_bound):
        return False
    return not leg.close_trails or close_is_triggered(side.is_long, &leg.bot, leg.position.price, bundle)


cdef void make_orders(Run* run, Side* side, int64_t minute, int coin, Leg* leg) noexcept nogil:
    cdef const ExchangeParams* market = &run.coins[coin].market
    cdef const double* upcoming = candle(run, minute + 1, coin)
    cdef double close = candle(run, minute, coin)[2]
    cdef TrailingBundle bundle = fresh_bundle()
    cdef OrderState state
    if leg.is_open and run.coins[coin].is_delisted and minute >= run.coins[coin].last_valid:
        make_delisting_close(run, side, minute, coin, leg)
        return
    if leg.is_open and leg.uses_trailing:
        bundle = bundle_at(run, coin, leg, minute)[0]
    state.balance = run.usd_total_rounded
    state.bid = state.ask = close
    state.upper = leg.upper[minute - run.block_start]
    state.lower = leg.lower[minute - run.block_start]
    if not leg.is_open or entries_may_fill(side, leg, close, upcoming, &bundle):
        leg.n_entries = list_entries(
            side.is_long, &state, market, &leg.bot, leg.limit, leg.position.size, leg.position.price, &bundle,
            upcoming[1] if side.is_long else upcoming[0], leg.entries,
        )
    if leg.is_open and closes_may_fill(side, leg, upcoming, &bundle):
        leg.n_closes = list_closes(
            side.is_long, &state, market, &leg.bot, leg.limit, leg.position.size, leg.position.price, &bundle,
            upcoming[0] if side.is_long else upcoming[1], leg.closes,
        )


cdef bint find_stuck(Run* run, int64_t minute, StuckPosition* best) noexcept nogil:
    # §3.13 steps 2 and 3, over both sides.
    cdef StuckPosition candidate
    cdef bint found = False
    cdef Side* side
    cdef Leg* leg
    cdef double close
    cdef int64_t i = minute - run.block_start
    cdef int s, coin
    for s in range(2):
        side = &run.sides[s]
        if side.n_open == 0 or not side.allowance > 0.0:
            continue
        for coin in range(run.n_coins):
            leg = &side.legs[coin]
            if not (leg.is_open and leg.is_full):
                continue
            close = candle(run, minute, coin)[2]
            if not is_stuck(
                side.is_long, &run.coins[coin].market, &leg.bot, leg.limit, run.usd_total_rounded,
                leg.position.size, leg.position.price, close, leg.upper[i], leg.lower[i],
            ):
                continue
            candidate.coin, candidate.is_long = coin, side.is_long
            candidate.distance = stuck_distance(side.is_long, leg.position.price, close)
            if not found or goes_before(&candidate, best):
                best[0], found = candidate, True
    return found


cdef void make_unstuck_order(Run* run, int64_t minute) noexcept nogil:
    # §3.13: one order over all coins and both sides; it replaces the closes of its coin and side.
    cdef StuckPosition stuck
    cdef Side* side
    cdef Leg* leg
    if not find_stuck(run, minute, &stuck):
        return
    side = &run.sides[0 if stuck.is_long else 1]
    leg = &side.legs[stuck.coin]
    leg.closes[0] = unstuck_order(
        stuck.is_long, &run.coins[stuck.coin].market, &leg.bot, leg.limit, run.usd_total_rounded,
        leg.position.size, leg.position.price, candle(run, minute, stuck.coin)[2], side.allowance,
    )
    leg.n_closes = 1


cdef void make_all_orders(Run* run, int64_t minute) noexcept nogil:
    # Of the legs that may have a fill in the next minute; those of the others would have no effect.
    cdef bint may_unstick = False
    cdef Leg* leg
    cdef int i
    for i in range(run.n_hits):
        leg = &run.hits[i].side.legs[run.hits[i].coin]
        leg.n_entries = leg.n_closes = 0
        leg.is_hit, leg.scanned_to = False, minute + 1
        make_orders(run, run.hits[i].side, minute, run.hits[i].coin, leg)
        may_unstick = may_unstick or (leg.is_open and leg.is_full)
    if may_unstick:
        make_unstuck_order(run, minute)


# ---------------------------------------------------------------- fills (§4.7)


cdef bint fill_leg(Run* run, Side* side, int64_t minute, int coin, Leg* leg) noexcept nogil:
    # Closes before entries, whatever the path of the price within the minute (§8.9).
    cdef const double* row = candle(run, minute, coin)
    cdef int i
    leg.filled = False
    for i in range(leg.n_closes):
        if leg.is_open and fills_at(&leg.closes[i], row):
            flush_equity(run, minute)
            fill_close(run, side, minute, coin, leg, &leg.closes[i])
    for i in range(leg.n_entries):
        if fills_at(&leg.entries[i], row):
            flush_equity(run, minute)
            fill_entry(run, side, minute, coin, leg, &leg.entries[i])
    return leg.filled


cdef bint check_fills(Run* run, int64_t minute) noexcept nogil:
    # True when something filled.
    cdef bint filled = False
    cdef Hit* hit
    cdef Leg* leg
    cdef int i, s
    for i in range(run.n_hits):
        hit = &run.hits[i]
        leg = &hit.side.legs[hit.coin]
        if (leg.n_closes or leg.n_entries) and fill_leg(run, hit.side, minute, hit.coin, leg):
            filled = leg.is_stale = True
            restart_bundle(run, leg, minute)
    for s in range(2):
        if run.sides[s].slots_changed:
            run.sides[s].slots_changed = False
            rescan_side(run, &run.sides[s])
    return filled


# ---------------------------------------------------------------- the loop (§4.3)


cdef void update_allowance(Run* run, Side* side) noexcept nogil:
    # When unstucking begins or ends, positions are looked at in another way.
    cdef bint had_allowance = side.allowance > 0.0
    cdef int coin
    side.allowance = 0.0
    if side.loss_allowance_pct > 0.0:
        side.allowance = loss_allowance(
            run.usd_total_rounded, side.loss_allowance_pct, run.pnl_peak, run.pnl_sum
        )
    if had_allowance != (side.allowance > 0.0):
        for coin in range(run.n_coins):
            forget_scan(&side.legs[coin])


cdef void balance_has_changed(Run* run) noexcept nogil:
    # Without a balance no flat leg can enter; the bounds of open legs look after themselves.
    cdef bint is_ruined = run.usd_total_rounded <= 0.0
    update_allowance(run, &run.sides[0])
    update_allowance(run, &run.sides[1])
    if is_ruined != run.is_ruined:
        run.is_ruined = is_ruined
        rescan_everything(run)


cdef inline bint bounds_hold(const Run* run, const Leg* leg) noexcept nogil:
    return not leg.is_stale and leg.balance_low <= run.usd_total_rounded <= leg.balance_high


cdef inline int64_t horizon(const Run* run, int64_t minute) noexcept nogil:
    # How far to look at once. Ranking coins is dear, and a fill may make it useless: then not further than needed.
    cdef int64_t chunk
    if not (run.sides[0].ranks or run.sides[1].ranks):
        return run.block_end
    chunk = (minute - run.block_start) // CHUNK
    return run.block_start + (chunk + 2) * CHUNK


cdef int64_t scan_legs(Run* run, bint are_open, int64_t minute, int64_t until) noexcept nogil:
    # The first minute from `minute` on at which an order of an open, or of a flat, leg may fill in the next one;
    # `until` when there is none before.
    cdef Side* side
    cdef Leg* leg
    cdef int s, coin
    for s in range(2):
        side = &run.sides[s]
        if not side.is_on:
            continue
        for coin in range(run.n_coins):
            leg = &side.legs[coin]
            if leg.is_open != are_open:
                continue
            if are_open and not bounds_hold(run, leg):
                refresh_bounds(run, side, coin, leg)
            if not leg.is_hit and leg.scanned_to < until:
                scan(run, side, coin, leg, max(minute, leg.scanned_to), until)
            if leg.is_hit and leg.scanned_to < until:
                until = leg.scanned_to + 1  # further on, others need not look
    return until


cdef void list_hits(Run* run, int64_t minute) noexcept nogil:
    cdef Side* side
    cdef Leg* leg
    cdef int s, coin
    run.n_hits = 0
    for s in range(2):
        side = &run.sides[s]
        if not side.is_on:
            continue
        for coin in range(run.n_coins):
            leg = &side.legs[coin]
            if leg.is_hit and leg.scanned_to == minute:
                run.hits[run.n_hits].side, run.hits[run.n_hits].coin = side, coin
                run.n_hits += 1


cdef int64_t look_ahead(Run* run, int64_t minute, int64_t until) noexcept nogil:
    # The first minute from `minute` on at which an order may fill in the next one; `until` when there is none.
    cdef int64_t end
    run.now = minute
    end = scan_legs(run, True, minute, until)
    end = scan_legs(run, False, minute, end)
    list_hits(run, end - 1)
    return end - 1 if run.n_hits else until


cdef void go_through_block(Run* run) noexcept nogil:
    cdef int64_t minute = run.block_start
    cdef int64_t until, event
    cdef int s
    while minute < run.block_end:
        if update_rounded_balance(run, minute):
            balance_has_changed(run)
        update_limits(run, minute)
        for s in range(2):
            follow_slots(run, &run.sides[s], minute)
        until = min(run.block_end, run.next_listing_change, horizon(run, minute))
        until = next_balance_change(run, minute, until)
        event = look_ahead(run, minute, until)
        if event >= until:
            minute = until
            continue
        make_all_orders(run, event)
        if check_fills(run, event + 1):
            balance_has_changed(run)
        minute = event + 1


cdef bint ran_out_of_memory(const Run* run) noexcept nogil:
    return (
        run.fills.out_of_memory or run.sides[0].forager.out_of_memory or run.sides[1].forager.out_of_memory
    )


cdef void run_minutes(Run* run, RunControl control) noexcept nogil:
    # Rows 0 and n−1 are never processed, so the last minute whose orders can still fill is n−3.
    cdef int64_t last = run.n_minutes - 2
    cdef int s, coin
    start_equity(run)
    run.block_end = 1
    balance_has_changed(run)
    while run.block_end < last:
        if control.stop or ran_out_of_memory(run):
            return
        run.block_start = run.block_end
        run.block_end = min(run.block_start + BLOCK, last)
        compute_bands(run)
        if run.btc_mode:
            summarise_btc_prices(run)
        for s in range(2):
            memset(run.sides[s].is_chosen_known, 0, BLOCK)
            for coin in range(run.n_coins):
                enter_block(run, &run.sides[s].legs[coin])
        go_through_block(run)
        control.rows_done = run.block_end
    flush_equity(run, run.n_minutes - 1)
    control.rows_done = run.n_minutes
