"""Looking ahead: the next minute at which an order of a leg may fill in the minute after it."""

from passivtui.core.params cimport TrailingBundle, int64_t
from passivtui.core.selection cimport choose_coins
from passivtui.core.state cimport CHUNK, Coin, Leg, Run, Side, candle
from passivtui.core.trailing cimport close_is_triggered, entry_is_triggered, follow, fresh_bundle, widen

# An order price rounded to its step lies at most this much beyond the price it was rounded from, on the wrong side.
cdef double RELATIVE_SLACK = 1e-12
cdef double ABSOLUTE_SLACK = 2e-10


cdef int AHEAD = 8  # minutes whose bundles are computed before they are asked for: a fill makes them useless

# ---------------------------------------------------------------- trailing bundles (§4.5)


cdef const TrailingBundle* bundle_at(Run* run, int coin, Leg* leg, int64_t minute) noexcept nogil:
    # The bundle after `minute`, which lies in the block and not before the last fill.
    if leg.bundle_minute < minute:
        follow_to(run, coin, leg, min(minute + AHEAD, run.block_end - 1))
    return &leg.bundles[minute - run.block_start]


cdef inline bint brings_no_extreme(const TrailingBundle* bundle, const Coin* coin, int64_t chunk) noexcept nogil:
    return coin.lows[chunk] >= bundle.min_since_open and coin.highs[chunk] <= bundle.max_since_open


cdef void follow_to(Run* run, int coin, Leg* leg, int64_t until) noexcept nogil:
    cdef TrailingBundle bundle = leg.bundle
    cdef int stride = 4 * run.n_coins
    cdef const double* row = candle(run, leg.bundle_minute, coin)
    cdef int64_t i = leg.bundle_minute - run.block_start
    cdef int64_t last = until - run.block_start
    while i < last:
        if i % CHUNK == 0 and 0 <= i <= last - CHUNK and brings_no_extreme(&bundle, &run.coins[coin], i // CHUNK):
            follow_chunk(&bundle, row + stride, stride, leg.bundles + i + 1)
            i += CHUNK
            row += CHUNK * stride
            continue
        i += 1
        row += stride
        follow(&bundle, row)
        if i >= 0:  # it may not have been asked for during earlier blocks
            leg.bundles[i] = bundle
    leg.bundle, leg.bundle_minute = bundle, until


cdef inline void follow_chunk(TrailingBundle* bundle, const double* row, int stride, TrailingBundle* bundles) noexcept nogil:
    # As `follow`, for rows that bring no new extreme.
    cdef TrailingBundle current = bundle[0]
    cdef int j
    for j in range(CHUNK):
        current.max_since_min = row[0] if row[0] > current.max_since_min else current.max_since_min
        current.min_since_max = row[1] if row[1] < current.min_since_max else current.min_since_max
        bundles[j] = current
        row += stride
    bundle[0] = current


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
        entry_passed = upcoming[1] < leg.entry_bound and upcoming[1] < close
        close_passed = upcoming[0] > leg.close_bound and upcoming[0] > close
    else:
        entry_passed = upcoming[0] > leg.entry_bound and upcoming[0] > close
        close_passed = upcoming[1] < leg.close_bound and upcoming[1] < close
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
    if may_unstick(side, leg) and unstuck_may_fill(side.is_long, leg, i, close, upcoming):
        return True
    if (upcoming[1] if side.is_long else close) < leg.partial_below:
        return initial_may_fill(side.is_long, leg, i, close, upcoming)
    return False


cdef inline bint may_unstick(const Side* side, const Leg* leg) noexcept nogil:
    return leg.is_full and side.allowance > 0.0


cdef bint chunk_is_quiet(Run* run, const Side* side, int coin, Leg* leg, int64_t minute) noexcept nogil:
    # Nothing of the leg can fill in the CHUNK of rows after `minute`, judged by their extremes alone.
    cdef int chunk = <int>((minute - run.block_start) // CHUNK)
    cdef double low = run.coins[coin].lows[chunk]
    cdef double high = run.coins[coin].highs[chunk]
    cdef bint entry_passed, close_passed
    cdef TrailingBundle widest
    if low < leg.partial_below or may_unstick(side, leg):
        return False
    if side.is_long:
        entry_passed, close_passed = low < leg.entry_bound, high > leg.close_bound
    else:
        entry_passed, close_passed = high > leg.entry_bound, low < leg.close_bound
    if not (entry_passed or close_passed):
        return True
    if (entry_passed and not leg.entry_trails) or (close_passed and not leg.close_trails):
        return False
    # What is left trails: whatever path the price takes between these extremes, the bundle is no wider than this one.
    widest = bundle_at(run, coin, leg, minute)[0]
    widen(&widest, low, high)
    if entry_passed and entry_is_triggered(side.is_long, &leg.bot, leg.position.price, &widest):
        return False
    return not (close_passed and close_is_triggered(side.is_long, &leg.bot, leg.position.price, &widest))


cdef void scan_open(Run* run, Side* side, int coin, Leg* leg, int64_t minute, int64_t until) noexcept nogil:
    cdef int i
    while minute < until:
        i = <int>(minute - run.block_start)
        if i % CHUNK == 0 and chunk_is_quiet(run, side, coin, leg, minute):
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
