"""The memory of one run: laid out once, started anew for each set of parameters (`spec/engine.md` §4.1, §4.2)."""

from libc.math cimport round as round_half_away, sqrt
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from passivtui.core.equity_summary cimport clear_summary, place_summary, summary_bytes
from passivtui.core.params cimport MAX_ORDERS, Order, TrailingBundle, int64_t
from passivtui.core.rounding cimport fmin
from passivtui.core.state cimport BLOCK, Coin, Hit, Holding, Leg, Side, candle

import numpy as np

from passivtui.core.layout import FILL_DTYPE

cdef int DELISTING_ROWS = 1400  # a coin that ends less than this before the data does is not delisted (§4.2)


cdef int whole_number(double x) noexcept nogil:
    # Half away from zero, never below 0 (§1.3); beyond any array's length it makes no difference how far.
    if not x > 0.0:
        return 0
    return <int>fmin(round_half_away(x), 1e9)


cdef void find_valid_rows(MarketData market, Run* run, int coin) noexcept:
    cdef Coin* c = &run.coins[coin]
    cdef int64_t n = run.n_minutes
    cdef int64_t last = market.last_valid(coin)
    c.first_valid = market.first_valid(coin)
    c.is_delisted = last >= 0 and n - last > DELISTING_ROWS
    c.last_valid = last if c.is_delisted or last < 0 else n - 1


cdef void start_leg(Leg* leg, const BotParams* bot, double close) noexcept nogil:
    # Everything as at the beginning, but for the room that belongs to the leg.
    cdef Leg before = leg[0]
    cdef double spans[3]
    cdef int z
    memset(leg, 0, sizeof(Leg))
    leg.upper, leg.lower, leg.bundles = before.upper, before.lower, before.bundles
    leg.entries, leg.closes = before.entries, before.closes
    leg.bot = bot[0]
    spans[0], spans[1] = bot.ema_span_0, bot.ema_span_1
    spans[2] = sqrt(spans[0] * spans[1])
    for z in range(3):
        leg.alpha[z] = 2.0 / (spans[z] + 1.0)
        leg.alpha_inv[z] = 1.0 - leg.alpha[z]
        leg.ema[z] = close
    leg.limit = bot.wallet_exposure_limit
    leg.has_dynamic_limit = leg.limit < 0.0
    leg.uses_trailing = bot.close_trailing_grid_ratio != 0.0 or bot.entry_trailing_grid_ratio != 0.0


cdef void start_forager(Forager* forager, const BotParams* master, int n_coins, int n_positions) noexcept nogil:
    cdef int coin
    forager.n_coins = n_coins
    forager.n_eligible = max(n_positions, whole_number(n_coins * (1.0 - master.filter_volume_drop_pct)))
    forager.volume_window = whole_number(master.filter_volume_rolling_window)
    forager.noisiness_window = whole_number(master.filter_noisiness_rolling_window)
    forager.exact_minute = 0
    forager.n_spans = 0
    forager.out_of_memory = False
    for coin in range(n_coins):
        forager.volumes[coin] = forager.noisiness[coin] = 0.0
        forager.exact_volumes[coin] = forager.trial_volumes[coin] = 0.0
        forager.ranking[coin] = coin


cdef void start_side(Run* run, Side* side, const BotParams* bots) noexcept nogil:
    # `bots`: of each coin, long and short in turn. Coin 0's parameters are the side's "master" (§1.3, §8.5).
    cdef const BotParams* master = bots
    cdef int coin
    side.n_positions = min(run.n_coins, whole_number(master.n_positions))
    side.exposure_limit = master.total_wallet_exposure_limit
    side.loss_allowance_pct = side.allowance = 0.0
    if master.unstuck_loss_allowance_pct > 0.0:
        side.loss_allowance_pct = master.unstuck_loss_allowance_pct * master.total_wallet_exposure_limit
    start_forager(&side.forager, master, run.n_coins, side.n_positions)
    side.effective_n = side.forager.n_eligible
    side.n_open = 0
    side.is_on = side.ranks = side.slots_changed = False
    for coin in range(run.n_coins):
        start_leg(&side.legs[coin], &bots[2 * coin], candle(run, 0, coin)[2])
        if bots[2 * coin].wallet_exposure_limit != 0.0 and side.n_positions > 0:
            side.is_on = True


cdef void start_wallet(Run* run, double balance, double maker_fee) noexcept nogil:
    run.maker_fee = maker_fee
    run.usd_total = run.usd_total_rounded = balance
    run.usd = 0.0 if run.btc_mode else balance
    run.btc = balance / run.btc_usd[0] if run.btc_mode else 0.0
    run.first_usd, run.first_btc = run.usd, run.btc
    run.btc_total = run.pnl_sum = run.pnl_peak = 0.0
    run.filled_balance_usd = run.filled_balance_btc = 0.0
    run.is_settled = run.is_ruined = False
    run.fills.used = 0


cdef class Workspace:
    """Room for one run at a time on a market. Not for two threads at once; every exit frees it."""

    def __init__(self, MarketData market, bint keeps_series):
        cdef Run* run = &self.run
        cdef int coin
        self.arrays = []
        self.market = market
        run.candles, run.btc_usd, run.btc_mode = market.candles, market.btc_prices, market.btc_mode
        run.n_minutes, run.n_coins = market.n_minutes, market.n_coins
        run.coins = <Coin*>self.zeros(run.n_coins, sizeof(Coin))
        run.holdings = <Holding*>self.zeros(2 * run.n_coins, sizeof(Holding))
        run.hits = <Hit*>self.zeros(2 * run.n_coins, sizeof(Hit))
        for coin in range(run.n_coins):
            find_valid_rows(market, run, coin)
        self.allocate_sides()
        self.allocate_equity(keeps_series)
        if run.n_coins > 1:
            market.sum_up()
            run.sides[0].forager.totals = run.sides[1].forager.totals = market.sums

    def __dealloc__(self):
        free(self.run.fills.fills)
        free(self.run.sides[0].forager.spans)
        free(self.run.sides[1].forager.spans)

    cdef void* zeros(self, size_t count, size_t size) except NULL:
        cdef char[::1] view
        array = np.zeros(max(1, count * size), dtype=np.int8)
        self.arrays.append(array)
        view = array
        return &view[0]

    cdef void allocate_forager(self, Forager* forager) except *:
        cdef int n = self.run.n_coins
        forager.volumes = <double*>self.zeros(n, sizeof(double))
        forager.noisiness = <double*>self.zeros(n, sizeof(double))
        forager.exact_volumes = <double*>self.zeros(n, sizeof(double))
        forager.trial_volumes = <double*>self.zeros(n, sizeof(double))
        forager.ranking = <int*>self.zeros(n, sizeof(int))

    cdef void allocate_sides(self) except *:
        cdef int n = self.run.n_coins
        cdef Side* side
        cdef Order* orders
        cdef double* bands
        cdef TrailingBundle* bundles
        cdef int s, coin
        for s in range(2):
            side = &self.run.sides[s]
            side.is_long = s == 0
            side.legs = <Leg*>self.zeros(n, sizeof(Leg))
            side.chosen = <char*>self.zeros(n * BLOCK, 1)
            side.is_chosen_known = <char*>self.zeros(BLOCK, 1)
            self.allocate_forager(&side.forager)
            orders = <Order*>self.zeros(2 * n * MAX_ORDERS, sizeof(Order))
            bands = <double*>self.zeros(2 * n * BLOCK, sizeof(double))
            bundles = <TrailingBundle*>self.zeros(n * BLOCK, sizeof(TrailingBundle))
            for coin in range(n):
                side.legs[coin].entries = orders + 2 * coin * MAX_ORDERS
                side.legs[coin].closes = orders + (2 * coin + 1) * MAX_ORDERS
                side.legs[coin].lower = bands + 2 * coin * BLOCK
                side.legs[coin].upper = bands + (2 * coin + 1) * BLOCK
                side.legs[coin].bundles = bundles + coin * BLOCK

    cdef void allocate_equity(self, bint keeps_series) except *:
        cdef Run* run = &self.run
        cdef int64_t rows = run.n_minutes - 1
        cdef int64_t room = rows if keeps_series else BLOCK
        cdef double[::1] usd = np.empty(room)
        cdef double[::1] btc = np.empty(room)
        run.keeps_series = keeps_series
        run.equities_usd, run.equities_btc = &usd[0], &btc[0]
        self.arrays += [usd, btc]
        if keeps_series:
            self.equities_usd, self.equities_btc = usd.base, btc.base
            return
        place_summary(&run.usd_summary, rows, self.zeros(summary_bytes(rows), 1))
        place_summary(&run.btc_summary, rows, self.zeros(summary_bytes(rows), 1))

    cdef void start(self, const BotParams* bots, const ExchangeParams* exchanges, double balance, double maker_fee) noexcept nogil:
        # As at the beginning; `bots` [n_coins, 2], `exchanges` [n_coins].
        cdef Run* run = &self.run
        cdef int coin, s
        for coin in range(run.n_coins):
            run.coins[coin].market = exchanges[coin]
        for s in range(2):
            start_side(run, &run.sides[s], bots + s)
        start_wallet(run, balance, maker_fee)
        run.next_listing_change = run.block_start = run.block_end = run.now = 0
        run.n_hits = 0
        if not run.keeps_series:
            clear_summary(&run.usd_summary)
            clear_summary(&run.btc_summary)

    cdef object fills_as_array(self):
        result = np.empty(self.run.fills.used, dtype=FILL_DTYPE)
        cdef char[::1] raw
        if self.run.fills.used:
            raw = result.view(np.int8)
            memcpy(&raw[0], self.run.fills.fills, self.run.fills.used * sizeof(Fill))
        return result
