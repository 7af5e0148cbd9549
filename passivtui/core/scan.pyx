"""Looking ahead: the next minute at which an order of a leg may fill in the minute after it."""

from passivtui.core.params cimport TrailingBundle, int64_t
from passivtui.core.selection cimport choose_coins
from passivtui.core.state cimport CHUNK, Coin, Leg, Run, Side, candle
from passivtui.core.trailing cimport close_is_triggered, entry_is_triggered, follow, fresh_bundle

# An order price rounded to its step lies at most this much beyond the price it was rounded from, on the wrong side.
cdef double RELATIVE_SLACK = 1e-12
cdef double ABSOLUTE_SLACK = 2e-10


# ---------------------------------------------------------------- trailing bundles (§4.5)


cdef const TrailingBundle* bundle_at(Run* run, int coin, Leg* leg, int64_t minute) noexcept nogil:
    # The bundle after `minute`, which lies in the block and not before the last fill.
    while leg.bundle_minute < minute:
        leg.bundle_minute += 1
        follow(&leg.bundle, candle(run, leg.bundle_minute, coin))
        if leg.bundle_minute >= run.block_start:  # it may not have been asked for during earlier blocks
            leg.bundles[leg.bundle_minute - run.block_start] = leg.bundle
    return &leg.bundles[minute - run.block_start]


cdef void restart_bundle(Run* run, Leg* leg, int64_t minute) noexcept nogil:
    # Something filled in `minute`: its candle is never part of the extremes that follow.
    leg.bundle = fresh_bundle()
    leg.bundle_minute = minute
    if minute < run.block_end:
        leg.bundles[minute - run.block_start] = leg.bundle


cdef void enter_block(Run* run, Leg* leg) noexcept nogil:
    # A fill in the first minute of this block was seen from the last one.
    leg.is_hit, leg.scanned_to = False, 0
    if leg.is_open and leg.uses_trailing and leg.bundle_minute == run.block_start:
        leg.bundles[0] = leg.bundle


# ---------------------------------------------------------------- scanning


cdef inline bint initial_may_fill(
    bint is_long, const Leg* leg, int i, double close, const double* upcoming
) noexcept nogil:
    # Whether the candle passes the initial entry's price, which is not on the wrong side of the close (§3.3).
    cdef double price
    if is_long:
        price = leg.lower[i] * (1.0 - leg.bot.entry_initial_ema_dist)
        return upcoming[1] < close and upcoming[1] < price * (1.0 + RELATIVE_SLACK) + ABSOLUTE_SLACK
    price = leg.upper[i] * (1.0 + leg.bot.entry_initial_ema_dist)
    return upcoming[0] > close and upcoming[0] > price * (1.0 - RELATIVE_SLACK) - ABSOLUTE_SLACK


cdef inline bint unstuck_may_fill(
    bint is_long, const Leg* leg, int i, double close, const double* upcoming
) noexcept nogil:
    cdef double price
    if is_long:
        price = leg.upper[i] * (1.0 + leg.bot.unstuck_ema_dist)
        return upcoming[0] > close and close >= price * (1.0 - RELATIVE_SLACK) - ABSOLUTE_SLACK
    price = leg.lower[i] * (1.0 - leg.bot.unstuck_ema_dist)
    return upcoming[1] < close and close <= price * (1.0 + RELATIVE_SLACK) + ABSOLUTE_SLACK


cdef bint open_leg_may_fill(Run* run, Side* side, int coin, Leg* leg, int64_t minute) noexcept nogil:
    cdef const double* upcoming = candle(run, minute + 1, coin)
    cdef double close = candle(run, minute, coin)[2]
    cdef int i = <int>(minute - run.block_start)
    cdef bint entry_passed, close_passed
    if side.is_long:
        entry_passed = leg.has_entry and upcoming[1] < leg.entry_bound and upcoming[1] < close
        close_passed = leg.has_close and upcoming[0] > leg.close_bound and upcoming[0] > close
    else:
        entry_passed = leg.has_entry and upcoming[0] > leg.entry_bound and upcoming[0] > close
        close_passed = leg.has_close and upcoming[1] < leg.close_bound and upcoming[1] < close
    if entry_passed:
        if not leg.entry_trails:
            return True
        if entry_is_triggered(side.is_long, &leg.bot, leg.position.price, bundle_at(run, coin, leg, minute)):
            return True
    if close_passed:
        if not leg.close_trails:
            return True
        if close_is_triggered(side.is_long, &leg.bot, leg.position.price, bundle_at(run, coin, leg, minute)):
            return True
    if leg.is_full and side.allowance > 0.0 and unstuck_may_fill(side.is_long, leg, i, close, upcoming):
        return True
    if (upcoming[1] if side.is_long else close) < leg.partial_below:
        return initial_may_fill(side.is_long, leg, i, close, upcoming)
    return False


cdef inline bint chunk_is_quiet(const Side* side, const Coin* coin, const Leg* leg, int chunk) noexcept nogil:
    # No candle of the chunk reaches what open_leg_may_fill asks for first.
    cdef double low = coin.lows[chunk]
    cdef double high = coin.highs[chunk]
    if (leg.is_full and side.allowance > 0.0) or low < leg.partial_below:
        return False
    if side.is_long:
        return not (leg.has_entry and low < leg.entry_bound) and not (leg.has_close and high > leg.close_bound)
    return not (leg.has_entry and high > leg.entry_bound) and not (leg.has_close and low < leg.close_bound)


cdef void scan_open(Run* run, Side* side, int coin, Leg* leg, int64_t minute, int64_t until) noexcept nogil:
    cdef int i
    while minute < until:
        i = <int>(minute - run.block_start)
        if i % CHUNK == 0 and chunk_is_quiet(side, &run.coins[coin], leg, i // CHUNK):
            minute += CHUNK
            continue
        if open_leg_may_fill(run, side, coin, leg, minute):
            leg.is_hit, leg.scanned_to = True, minute
            return
        minute += 1
    leg.is_hit, leg.scanned_to = False, until


cdef bint is_chosen(Run* run, Side* side, int coin, int64_t minute) noexcept nogil:
    # Whether a coin without a position may open one at `minute`, while there are more coins than slots (§4.8).
    cdef int64_t i = minute - run.block_start
    cdef char* chosen = side.chosen + i * run.n_coins
    cdef int c
    if not side.is_chosen_known[i]:
        for c in range(run.n_coins):
            chosen[c] = side.legs[c].is_open
        choose_coins(&side.forager, run.candles, run.now, minute, chosen, side.effective_n - side.n_open)
        side.is_chosen_known[i] = True
    return chosen[coin]


cdef void scan_flat(Run* run, Side* side, int coin, Leg* leg, int64_t minute, int64_t until) noexcept nogil:
    cdef const double* row = candle(run, minute, coin)
    cdef int stride = 4 * run.n_coins
    while minute < until:
        if initial_may_fill(side.is_long, leg, <int>(minute - run.block_start), row[2], row + stride):
            if not side.ranks or is_chosen(run, side, coin, minute):
                leg.is_hit, leg.scanned_to = True, minute
                return
        row += stride
        minute += 1
    leg.is_hit, leg.scanned_to = False, until


cdef void scan(Run* run, Side* side, int coin, Leg* leg, int64_t minute, int64_t until) noexcept nogil:
    # Sets scanned_to: with is_hit the minute found, without it the minute up to which nothing can fill.
    cdef Coin* c = &run.coins[coin]
    if leg.is_open:
        if not c.is_delisted or c.last_valid >= until:
            scan_open(run, side, coin, leg, minute, until)
            return
        # From its last valid row on, a delisted coin's position is up for closing every minute (§3.12).
        scan_open(run, side, coin, leg, minute, c.last_valid)
        if not leg.is_hit:
            leg.is_hit, leg.scanned_to = True, max(minute, c.last_valid)
        return
    if side.n_open >= side.effective_n or leg.limit == 0.0 or run.is_ruined:
        leg.is_hit, leg.scanned_to = False, until
        return
    scan_flat(run, side, coin, leg, minute, until)
