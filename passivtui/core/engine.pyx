"""The backtest: the minute loop over many coins (`spec/engine.md` §4).

Orders made at minute k can only fill at minute k+1, so an order that will not fill then has no effect at all and is not
kept. The loop holds no Python object and runs without the GIL; several runs may share one array of candles.
"""

from libc.float cimport DBL_MAX
from libc.math cimport round as round_half_away, sqrt
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

from passivtui.core.closes cimport list_closes, next_close
from passivtui.core.entries cimport list_entries, next_entry
from passivtui.core.packing cimport bot_params_of, exchange_params_of
from passivtui.core.params cimport (
    CLOSE_UNSTUCK,
    MAX_ORDERS,
    SHORT_TYPES,
    BotParams,
    ExchangeParams,
    Fill,
    Order,
    OrderState,
    Position,
    TrailingBundle,
    int64_t,
)
from passivtui.core.rounding cimport (
    fmax,
    fmin,
    hysteresis,
    position_after,
    profit,
    qty_to_cost,
    round_,
)
from passivtui.core.selection cimport Forager, rank_coins
from passivtui.core.unstuck cimport (
    StuckPosition,
    goes_before,
    is_stuck,
    loss_allowance,
    stuck_distance,
    unstuck_order,
)

from typing import NamedTuple

import numpy as np

from passivtui.core.layout import FILL_DTYPE
from passivtui.core.packing import EngineInputError

cdef int DELISTING_ROWS = 1400  # a coin that ends less than this before the data does is not delisted (§4.2)
cdef int CONTROL_INTERVAL = 512  # rows between looks at the control


class SimulationCancelled(Exception):
    """The run was asked to stop through its `RunControl`."""


class Simulation(NamedTuple):
    """What a run yields: fills (FILL_DTYPE) and both equity series, element j belonging to row j, length n − 1."""

    fills: object
    equities_usd: object
    equities_btc: object


cdef class RunControl:
    """Watch and stop a run from another thread: `done` rows so far, `cancel()`."""

    cdef volatile int64_t rows_done
    cdef volatile bint stop

    @property
    def done(self):
        """Rows processed so far."""
        return self.rows_done

    @property
    def cancelled(self):
        """Whether `cancel` was called."""
        return bool(self.stop)

    def cancel(self):
        """Stop the run within a few hundred rows; `simulate` then raises SimulationCancelled."""
        self.stop = True


cdef class FillBuffer:
    # Grows by doubling; holds the fills of one run.
    cdef Fill* fills
    cdef Py_ssize_t used
    cdef Py_ssize_t room

    def __dealloc__(self):
        free(self.fills)

    cdef Fill* append(self) noexcept nogil:
        cdef Py_ssize_t room
        cdef Fill* grown
        if self.used == self.room:
            room = 2 * self.room if self.room else 1024
            grown = <Fill*>realloc(self.fills, room * sizeof(Fill))
            if grown == NULL:
                return NULL
            self.fills, self.room = grown, room
        self.used += 1
        return &self.fills[self.used - 1]

    cdef object to_array(self):
        result = np.empty(self.used, dtype=FILL_DTYPE)
        cdef char[::1] raw
        if self.used:
            raw = result.view(np.int8)
            memcpy(&raw[0], self.fills, self.used * sizeof(Fill))
        return result


cdef struct Leg:  # one coin on one side
    BotParams bot
    double alpha[3]
    double alpha_inv[3]
    double ema[3]
    double upper
    double lower
    double limit  # wallet exposure limit in force
    bint has_dynamic_limit
    bint uses_trailing
    bint is_open
    bint filled  # something filled in this minute
    Position position
    TrailingBundle trailing
    Order* entries  # only those of a list whose first order fills in the next minute
    Order* closes
    int n_entries
    int n_closes


cdef struct Side:
    bint is_long
    bint is_on
    int n_positions
    int effective_n  # slots in force (§4.6)
    int n_open
    double exposure_limit  # total_wallet_exposure_limit
    double loss_allowance_pct  # times the total wallet exposure limit
    Leg* legs
    Forager forager
    char* active  # [n_coins]


cdef struct Coin:
    ExchangeParams market
    int64_t first_valid
    int64_t last_valid
    bint is_delisted


cdef struct Run:
    const double* candles
    const double* btc_usd
    int64_t n_minutes
    int n_coins
    double maker_fee
    bint btc_mode
    Coin* coins
    Side sides[2]
    double usd
    double btc
    double usd_total
    double usd_total_rounded
    double btc_total
    double pnl_sum
    double pnl_peak
    int64_t next_listing_change
    bint out_of_memory


cdef inline const double* candle(const Run* run, int64_t minute, int coin) noexcept nogil:
    return run.candles + (minute * run.n_coins + coin) * 4


cdef inline bint fills_at(const Order* order, const double* row) noexcept nogil:
    # Strict on both sides (§4.7). row is (high, low, close, volume).
    if order.qty > 0.0:
        return row[1] < order.price
    if order.qty < 0.0:
        return row[0] > order.price
    return False


# ---------------------------------------------------------------- balance and fills (§4.4, §4.7)


cdef void update_balance(Run* run, int64_t minute, double pnl, double fee) noexcept nogil:
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
    Run* run, FillBuffer fills, int64_t minute, int coin, const Order* order, double qty, double size,
    double price, double pnl, double fee,
) noexcept nogil:
    cdef Fill* fill = fills.append()
    if fill == NULL:
        run.out_of_memory = True
        return
    fill.minute, fill.coin, fill.type = minute, coin, order.type
    fill.qty, fill.price, fill.psize, fill.pprice = qty, order.price, size, price
    fill.pnl, fill.fee_paid = pnl, fee
    fill.balance_usd_total, fill.balance_btc, fill.balance_usd = run.usd_total, run.btc, run.usd
    fill.btc_price = run.btc_usd[minute]


cdef void fill_close(
    Run* run, FillBuffer fills, Side* side, int64_t minute, int coin, Leg* leg, const Order* order
) noexcept nogil:
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
    record(run, fills, minute, coin, order, qty, size, leg.position.price, pnl, fee)
    if size == 0.0:
        leg.is_open = False
        leg.position.price = 0.0
        side.n_open -= 1


cdef void fill_entry(
    Run* run, FillBuffer fills, Side* side, int64_t minute, int coin, Leg* leg, const Order* order
) noexcept nogil:
    cdef const ExchangeParams* market = &run.coins[coin].market
    cdef double fee = (-qty_to_cost(order.qty, order.price, market.c_mult)) * run.maker_fee
    update_balance(run, minute, 0.0, fee)
    leg.position = position_after(
        leg.position.size, leg.position.price, order.qty, order.price, market.qty_step
    )
    if not leg.is_open:
        leg.is_open = True
        side.n_open += 1
    record(run, fills, minute, coin, order, order.qty, leg.position.size, leg.position.price, 0.0, fee)


cdef void check_fills(Run* run, FillBuffer fills, int64_t minute) noexcept nogil:
    cdef Side* side
    cdef Leg* leg
    cdef const double* row
    cdef int s, coin, i
    for s in range(2):
        side = &run.sides[s]
        if not side.is_on:
            continue
        for coin in range(run.n_coins):
            leg = &side.legs[coin]
            leg.filled = False
            if leg.n_closes == 0 and leg.n_entries == 0:
                continue
            row = candle(run, minute, coin)
            for i in range(leg.n_closes):
                if leg.is_open and fills_at(&leg.closes[i], row):
                    fill_close(run, fills, side, minute, coin, leg, &leg.closes[i])
                    leg.filled = True
            for i in range(leg.n_entries):
                if fills_at(&leg.entries[i], row):
                    fill_entry(run, fills, side, minute, coin, leg, &leg.entries[i])
                    leg.filled = True


# ---------------------------------------------------------------- state that follows the candles


cdef void update_emas(Run* run, int64_t minute) noexcept nogil:
    cdef Leg* leg
    cdef double close
    cdef int s, coin, z
    for s in range(2):
        if not run.sides[s].is_on:
            continue
        for coin in range(run.n_coins):
            leg = &run.sides[s].legs[coin]
            close = candle(run, minute, coin)[2]
            for z in range(3):
                leg.ema[z] = close * leg.alpha[z] + leg.ema[z] * leg.alpha_inv[z]
            leg.upper = fmax(fmax(leg.ema[0], leg.ema[1]), leg.ema[2])
            leg.lower = fmin(fmin(leg.ema[0], leg.ema[1]), leg.ema[2])


cdef void update_rounded_balance(Run* run, int64_t minute) noexcept nogil:
    if run.btc_mode:
        run.usd_total = (run.btc * run.btc_usd[minute]) + run.usd
        run.btc_total = run.usd_total / run.btc_usd[minute]
        run.usd_total_rounded = hysteresis(run.usd_total, run.usd_total_rounded, 0.02, 0.5)


cdef inline void reset(TrailingBundle* trailing) noexcept nogil:
    trailing.min_since_open, trailing.max_since_min = DBL_MAX, 0.0
    trailing.max_since_open, trailing.min_since_max = 0.0, DBL_MAX


cdef void update_trailing(Run* run, int64_t minute) noexcept nogil:
    # §4.5: the candle of a fill is never part of the extremes that follow it.
    cdef Leg* leg
    cdef const double* row
    cdef int s, coin
    for s in range(2):
        if run.sides[s].n_open == 0:
            continue
        for coin in range(run.n_coins):
            leg = &run.sides[s].legs[coin]
            if not (leg.is_open and leg.uses_trailing):
                continue
            if leg.filled:
                reset(&leg.trailing)
                continue
            row = candle(run, minute, coin)
            if row[1] < leg.trailing.min_since_open:
                leg.trailing.min_since_open, leg.trailing.max_since_min = row[1], row[2]
            else:
                leg.trailing.max_since_min = fmax(leg.trailing.max_since_min, row[0])
            if row[0] > leg.trailing.max_since_open:
                leg.trailing.max_since_open, leg.trailing.min_since_max = row[0], row[2]
            else:
                leg.trailing.min_since_max = fmin(leg.trailing.min_since_max, row[1])


cdef inline bint is_eligible(const Coin* coin, int64_t minute) noexcept nogil:
    return coin.first_valid <= minute <= coin.last_valid


cdef inline void note_change(Run* run, int64_t minute, int64_t change) noexcept nogil:
    if minute < change < run.next_listing_change:
        run.next_listing_change = change


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


# ---------------------------------------------------------------- orders (§4.8, §4.9)


cdef void select_coins(Run* run, Side* side, int64_t minute) noexcept nogil:
    cdef int coin, i, preferred
    cdef int n_active = side.n_open
    for coin in range(run.n_coins):
        side.active[coin] = side.legs[coin].is_open
    if n_active >= side.effective_n:
        return
    if run.n_coins <= side.effective_n:
        for coin in range(run.n_coins):
            side.active[coin] = True
        return
    preferred = rank_coins(&side.forager, run.candles, minute)
    for i in range(preferred):
        if n_active >= side.effective_n:
            return
        coin = side.forager.ranking[i]
        if not side.active[coin]:
            side.active[coin] = True
            n_active += 1


cdef inline OrderState order_state(const Run* run, const Leg* leg, double close) noexcept nogil:
    cdef OrderState state
    state.balance = run.usd_total_rounded
    state.bid, state.ask = close, close
    state.upper, state.lower = leg.upper, leg.lower
    return state


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


cdef void make_orders(Run* run, Side* side, int64_t minute, int coin, Leg* leg) noexcept nogil:
    cdef const ExchangeParams* market = &run.coins[coin].market
    cdef const double* upcoming = candle(run, minute + 1, coin)
    cdef OrderState state
    cdef Order order
    if leg.is_open and run.coins[coin].is_delisted and minute >= run.coins[coin].last_valid:
        make_delisting_close(run, side, minute, coin, leg)
        return
    state = order_state(run, leg, candle(run, minute, coin)[2])
    order = next_entry(
        side.is_long, &state, market, &leg.bot, leg.limit, leg.position.size, leg.position.price, &leg.trailing
    )
    if fills_at(&order, upcoming):
        leg.n_entries = list_entries(
            side.is_long, &state, market, &leg.bot, leg.limit, leg.position.size, leg.position.price,
            &leg.trailing, leg.entries,
        )
    if not leg.is_open:
        return
    order = next_close(
        side.is_long, &state, market, &leg.bot, leg.limit, leg.position.size, leg.position.price, &leg.trailing
    )
    # The first close that is generated decides whether the whole list is placed (§8.2).
    if fills_at(&order, upcoming):
        leg.n_closes = list_closes(
            side.is_long, &state, market, &leg.bot, leg.limit, leg.position.size, leg.position.price,
            &leg.trailing, leg.closes,
        )


cdef void make_unstuck_order(Run* run, int64_t minute) noexcept nogil:
    # §3.13: one order over all coins and both sides; it replaces the closes of its coin and side.
    cdef StuckPosition best, candidate
    cdef bint found = False
    cdef double allowances[2]
    cdef Side* side
    cdef Leg* leg
    cdef double close
    cdef int s, coin
    for s in range(2):
        side = &run.sides[s]
        allowances[s] = 0.0
        if side.n_open == 0 or not side.loss_allowance_pct > 0.0:
            continue
        allowances[s] = loss_allowance(
            run.usd_total_rounded, side.loss_allowance_pct, run.pnl_peak, run.pnl_sum
        )
        if not allowances[s] > 0.0:
            continue
        for coin in range(run.n_coins):
            leg = &side.legs[coin]
            if not leg.is_open:
                continue
            close = candle(run, minute, coin)[2]
            if not is_stuck(
                side.is_long, &run.coins[coin].market, &leg.bot, leg.limit, run.usd_total_rounded,
                leg.position.size, leg.position.price, close, leg.upper, leg.lower,
            ):
                continue
            candidate.coin, candidate.is_long = coin, side.is_long
            candidate.distance = stuck_distance(side.is_long, leg.position.price, close)
            if not found or goes_before(&candidate, &best):
                best, found = candidate, True
    if not found:
        return
    s = 0 if best.is_long else 1
    leg = &run.sides[s].legs[best.coin]
    leg.closes[0] = unstuck_order(
        best.is_long, &run.coins[best.coin].market, &leg.bot, leg.limit, run.usd_total_rounded, leg.position.size,
        leg.position.price, candle(run, minute, best.coin)[2], allowances[s],
    )
    leg.n_closes = 1


cdef void update_orders(Run* run, int64_t minute) noexcept nogil:
    cdef Side* side
    cdef int s, coin
    for s in range(2):
        side = &run.sides[s]
        if not side.is_on:
            continue
        select_coins(run, side, minute)
        for coin in range(run.n_coins):
            side.legs[coin].n_entries = 0
            side.legs[coin].n_closes = 0
            if side.active[coin]:
                make_orders(run, side, minute, coin, &side.legs[coin])
    make_unstuck_order(run, minute)


cdef void update_equity(Run* run, int64_t minute, double* usd, double* btc) noexcept nogil:
    cdef Side* side
    cdef Leg* leg
    cdef double unrealised
    cdef double total_usd = run.usd_total
    cdef double total_btc = run.btc_total
    cdef int s, coin
    for s in range(2):
        side = &run.sides[s]
        if side.n_open == 0:
            continue
        for coin in range(run.n_coins):
            leg = &side.legs[coin]
            if leg.is_open:
                unrealised = profit(
                    side.is_long, leg.position.price, candle(run, minute, coin)[2], leg.position.size,
                    run.coins[coin].market.c_mult,
                )
                total_usd += unrealised
                total_btc += unrealised / run.btc_usd[minute]
    usd[minute] = total_usd
    btc[minute] = total_btc


cdef int64_t run_minutes(Run* run, FillBuffer fills, double* usd, double* btc, RunControl control) noexcept nogil:
    # Rows 0 and n−1 are never processed; row n−1 is only looked at (§4.3). Returns the row after the last processed.
    cdef int64_t minute
    usd[0] = run.usd_total
    btc[0] = run.btc
    for minute in range(1, run.n_minutes - 1):
        if minute % CONTROL_INTERVAL == 0:
            control.rows_done = minute
            if control.stop or run.out_of_memory:
                return minute
        check_fills(run, fills, minute)
        update_emas(run, minute)
        update_rounded_balance(run, minute)
        update_trailing(run, minute)
        update_limits(run, minute)
        update_orders(run, minute)
        update_equity(run, minute, usd, btc)
    control.rows_done = run.n_minutes
    return run.n_minutes


# ---------------------------------------------------------------- setting up


cdef int whole_number(double x) noexcept nogil:
    # Half away from zero, never below 0 (§1.3); beyond any array's length it makes no difference how far.
    if not x > 0.0:
        return 0
    return <int>fmin(round_half_away(x), 1e9)


cdef void find_valid_rows(Run* run, int coin) noexcept nogil:
    # The true first and last valid rows: upstream's binary search misses some (§8.1, docs/parity.md).
    cdef Coin* c = &run.coins[coin]
    cdef int64_t n = run.n_minutes
    cdef int64_t first = 0
    cdef int64_t last = n - 1
    while first < n and candle(run, first, coin)[3] < 0.0:
        first += 1
    if first == n:
        c.first_valid, c.last_valid, c.is_delisted = n, n, False
        return
    while candle(run, last, coin)[3] < 0.0:
        last -= 1
    c.first_valid = first
    c.is_delisted = n - last > DELISTING_ROWS
    c.last_valid = last if c.is_delisted else n - 1


cdef void start_leg(Leg* leg, double close) noexcept nogil:
    cdef double spans[3]
    cdef int z
    spans[0], spans[1] = leg.bot.ema_span_0, leg.bot.ema_span_1
    spans[2] = sqrt(spans[0] * spans[1])
    for z in range(3):
        leg.alpha[z] = 2.0 / (spans[z] + 1.0)
        leg.alpha_inv[z] = 1.0 - leg.alpha[z]
        leg.ema[z] = close
    leg.upper = leg.lower = close
    leg.limit = leg.bot.wallet_exposure_limit
    leg.has_dynamic_limit = leg.limit < 0.0
    leg.uses_trailing = leg.bot.close_trailing_grid_ratio != 0.0 or leg.bot.entry_trailing_grid_ratio != 0.0
    reset(&leg.trailing)


cdef void start_side(Run* run, Side* side) noexcept nogil:
    # Coin 0's parameters are the side's "master" (§1.3, §8.5).
    cdef const BotParams* master = &side.legs[0].bot
    cdef Forager* forager = &side.forager
    cdef int coin
    side.n_positions = min(run.n_coins, whole_number(master.n_positions))
    side.exposure_limit = master.total_wallet_exposure_limit
    side.loss_allowance_pct = 0.0
    if master.unstuck_loss_allowance_pct > 0.0:
        side.loss_allowance_pct = master.unstuck_loss_allowance_pct * master.total_wallet_exposure_limit
    forager.n_coins = run.n_coins
    forager.n_eligible = max(side.n_positions, whole_number(run.n_coins * (1.0 - master.filter_volume_drop_pct)))
    forager.volume_window = whole_number(master.filter_volume_rolling_window)
    forager.noisiness_window = whole_number(master.filter_noisiness_rolling_window)
    side.effective_n = forager.n_eligible
    side.is_on = False
    for coin in range(run.n_coins):
        start_leg(&side.legs[coin], candle(run, 0, coin)[2])
        if side.legs[coin].bot.wallet_exposure_limit != 0.0 and side.n_positions > 0:
            side.is_on = True


cdef class Workspace:
    """The memory of one run, kept alive by NumPy arrays so that every exit frees it."""

    cdef Run run
    cdef list arrays

    def __cinit__(self):
        self.arrays = []

    cdef void* zeros(self, size_t count, size_t size) except NULL:
        cdef char[::1] view
        array = np.zeros(max(1, count * size), dtype=np.int8)
        self.arrays.append(array)
        view = array
        return &view[0]

    cdef void allocate(self, int n) except *:
        cdef Side* side
        cdef Order* orders
        cdef int s, coin
        self.run.n_coins = n
        self.run.coins = <Coin*>self.zeros(n, sizeof(Coin))
        for s in range(2):
            side = &self.run.sides[s]
            side.is_long = s == 0
            side.legs = <Leg*>self.zeros(n, sizeof(Leg))
            side.active = <char*>self.zeros(n, 1)
            side.forager.volume_sums = <double*>self.zeros(n, sizeof(double))
            side.forager.noisiness = <double*>self.zeros(n, sizeof(double))
            side.forager.ranking = <int*>self.zeros(n, sizeof(int))
            orders = <Order*>self.zeros(2 * n * MAX_ORDERS, sizeof(Order))
            for coin in range(n):
                side.legs[coin].entries = orders + 2 * coin * MAX_ORDERS
                side.legs[coin].closes = orders + (2 * coin + 1) * MAX_ORDERS


def _checked_candles(hlcv, btc_usd):
    for name, array, ndim in (("hlcv", hlcv, 3), ("btc_usd", btc_usd, 1)):
        if not isinstance(array, np.ndarray) or array.dtype != np.float64 or array.dtype.byteorder == ">":
            raise EngineInputError(f"{name} must be a NumPy array of float64 in native byte order")
        if array.ndim != ndim:
            raise EngineInputError(f"{name} must have {ndim} dimension(s), not {array.ndim}")
        if not array.flags.c_contiguous:
            raise EngineInputError(f"{name} must be contiguous in C order")
    if hlcv.shape[2] != 4 or hlcv.shape[1] < 1:
        raise EngineInputError(f"hlcv must have the shape (minutes, coins, 4), not {hlcv.shape}")
    if hlcv.shape[0] < 2:
        raise EngineInputError(f"hlcv holds {hlcv.shape[0]} minute(s); at least 2 are needed")
    if btc_usd.shape[0] != hlcv.shape[0]:
        raise EngineInputError(f"btc_usd holds {btc_usd.shape[0]} minutes, hlcv {hlcv.shape[0]}")
    # A sum is finite only if every element is, but for overflow: then look closely.
    if not np.isfinite(hlcv.sum()) and not np.isfinite(hlcv).all():
        raise EngineInputError("hlcv holds values that are not finite")
    if not np.isfinite(btc_usd).all() or not (btc_usd > 0.0).all():
        raise EngineInputError("btc_usd must hold prices above 0")
    return hlcv, btc_usd


def simulate(hlcv, btc_usd, bot_params, exchange_params, starting_balance, maker_fee, RunControl control=None):
    """Run one backtest (`spec/engine.md` §4) and return a `Simulation`.

    hlcv              float64 (n, N, 4), C order: high, low, close in quote currency, quote volume; one row a minute
    btc_usd           float64 (n,): the BTC price, or ones; BTC collateral is on when any element differs from 1.0
    bot_params        N mappings {"long": {…}, "short": {…}} with the names of `BOT_PARAMS`
    exchange_params   N mappings with the names of `EXCHANGE_PARAMS`
    starting_balance  USD
    maker_fee         a fraction of the cost, for every fill

    Raises EngineInputError for arrays or parameters it can't work on, SimulationCancelled when `control` was cancelled,
    MemoryError. The GIL is released meanwhile; the arrays must not be written to.
    """
    cdef Workspace work = Workspace()
    cdef FillBuffer fills = FillBuffer()
    cdef const double[:, :, ::1] candles
    cdef const double[::1] btc_prices
    cdef double[::1] usd
    cdef double[::1] btc
    cdef double balance = starting_balance
    cdef Run* run = &work.run
    cdef int coin, s
    _checked_candles(hlcv, btc_usd)
    if len(bot_params) != hlcv.shape[1] or len(exchange_params) != hlcv.shape[1]:
        raise EngineInputError(
            f"{hlcv.shape[1]} coins, but {len(bot_params)} bot_params and {len(exchange_params)} exchange_params"
        )
    if not np.isfinite(balance) or not np.isfinite(maker_fee):
        raise EngineInputError("starting_balance and maker_fee must be finite")
    if control is None:
        control = RunControl()
    candles, btc_prices = hlcv, btc_usd
    work.allocate(hlcv.shape[1])
    run.candles, run.btc_usd, run.n_minutes = &candles[0, 0, 0], &btc_prices[0], hlcv.shape[0]
    run.maker_fee = maker_fee
    run.btc_mode = bool((btc_usd != 1.0).any())
    for coin in range(run.n_coins):
        try:
            run.coins[coin].market = exchange_params_of(exchange_params[coin])
            for s, name in enumerate(("long", "short")):
                run.sides[s].legs[coin].bot = bot_params_of(bot_params[coin][name])
        except EngineInputError as error:
            raise EngineInputError(f"coin {coin}: {error}") from None
        find_valid_rows(run, coin)
    for s in range(2):
        start_side(run, &run.sides[s])
    run.usd_total = run.usd_total_rounded = balance
    if run.btc_mode:
        run.btc = balance / run.btc_usd[0]
    else:
        run.usd = balance
    equities_usd, equities_btc = np.empty(run.n_minutes - 1), np.empty(run.n_minutes - 1)
    usd, btc = equities_usd, equities_btc
    with nogil:
        run_minutes(run, fills, &usd[0], &btc[0], control)
    if run.out_of_memory:
        raise MemoryError("no memory left for the fills of this backtest")
    if control.stop:
        raise SimulationCancelled
    return Simulation(fills.to_array(), equities_usd, equities_btc)
