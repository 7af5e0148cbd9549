# What a run holds while it goes through the minutes (spec/engine.md §4), shared by the modules of the loop.
#
# The loop goes from event to event. For every leg (one coin on one side) `bounds.pyx` keeps prices that no candle may
# pass for anything to fill, and `scan.pyx` looks for the next minute whose candle passes one; only there are orders
# computed. Everything in between is equity. Work is done in blocks of minutes, small enough for the cache.

from passivtui.core.equity_summary cimport EquitySummary
from passivtui.core.params cimport BotParams, ExchangeParams, Fill, Order, Position, TrailingBundle, int64_t
from passivtui.core.selection cimport Forager


cdef enum:
    BLOCK = 256  # minutes whose EMA bands are computed at once
    CHUNK = 16  # rows summarised by their lowest low and highest high
    CHUNKS = 16  # in a block


cdef struct Leg:  # one coin on one side
    BotParams bot
    double alpha[3]
    double alpha_inv[3]
    double ema[3]
    double limit  # wallet exposure limit in force
    bint has_dynamic_limit
    bint uses_trailing
    bint is_open
    bint filled  # something filled in this minute
    Position position
    double units  # |size| · c_mult: what one unit of price is worth
    # Bounds (bounds.pyx), valid until the position or the limit change or the balance leaves the range.
    bint is_stale
    double balance_low
    double balance_high
    double entry_bound  # no re-entry fills unless the candle passes it; out of reach when there is none
    double close_bound
    double partial_below  # an initial entry may be completed only below this price
    bint entry_trails
    bint close_trails
    bint is_full  # enough to be unstuck
    # Scan (scan.pyx): the next minute at which something may fill, or up to which nothing does.
    int64_t scanned_to
    bint is_hit
    # Of the block: the bands after each minute, and the trailing bundle as far as it is known.
    double* upper
    double* lower
    TrailingBundle* bundles
    TrailingBundle bundle  # at bundle_minute, the latest that is known
    int64_t bundle_minute
    Order* entries
    Order* closes
    int n_entries
    int n_closes


cdef struct Side:
    bint is_long
    bint is_on
    bint has_unstuck
    int n_positions
    int effective_n  # slots in force (§4.6)
    int n_open
    double exposure_limit  # total_wallet_exposure_limit
    double loss_allowance_pct  # times the total wallet exposure limit
    double allowance  # what may be lost on unstucking now
    Leg* legs
    Forager forager
    bint ranks  # a slot is free, and there are more coins than slots
    bint slots_changed  # a position was opened or closed
    char* chosen  # [BLOCK, n_coins]: which coins may have orders, while `ranks`
    char* is_chosen_known  # [BLOCK]


cdef struct Coin:
    ExchangeParams market
    int64_t first_valid
    int64_t last_valid
    bint is_delisted
    double lows[CHUNKS]  # of the rows after the block's minutes
    double highs[CHUNKS]


cdef struct Holding:  # an open position as the equity sees it
    int coin
    double units  # |size| · c_mult, negative for short: exact, as is every change of sign
    double price


cdef struct Hit:  # a leg of which something may fill in the next minute
    Side* side
    int coin


cdef struct FillList:
    Fill* fills
    Py_ssize_t used
    Py_ssize_t room
    bint out_of_memory


cdef struct Run:
    const double* candles
    const double* btc_usd
    bint keeps_series  # of the equity; else it is only summed up
    double* equities_usd  # [n_minutes - 1], or room for BLOCK rows
    double* equities_btc
    EquitySummary usd_summary
    EquitySummary btc_summary
    double filled_balance_usd  # after the last fill
    double filled_balance_btc
    double first_usd  # in the wallet at the beginning
    double first_btc
    Holding* holdings  # [2 · n_coins], room for flush_equity
    int64_t n_minutes
    int n_coins
    double maker_fee
    bint btc_mode
    double btc_lows[CHUNKS]  # of the BTC prices of the block's minutes
    double btc_highs[CHUNKS]
    Coin* coins
    Side sides[2]
    Hit* hits  # [2 · n_coins]: those of the minute that look_ahead found, long before short, ascending coins
    int n_hits
    FillList fills
    double usd
    double btc
    double usd_total
    double usd_total_rounded
    bint is_settled  # rounding usd_total_rounded again would change nothing (BTC collateral)
    double btc_total
    double pnl_sum
    double pnl_peak
    int64_t next_listing_change
    int64_t block_start
    int64_t block_end
    bint is_ruined  # no balance left: nothing may be entered
    int64_t now  # the minute up to which everything is settled
    int64_t equity_from  # rows before it have their equity


cdef inline const double* candle(const Run* run, int64_t minute, int coin) noexcept nogil:
    # (high, low, close, quote volume)
    return run.candles + (minute * run.n_coins + coin) * 4


cdef inline bint fills_at(const Order* order, const double* row) noexcept nogil:
    # Strict on both sides (§4.7).
    if order.qty > 0.0:
        return row[1] < order.price
    if order.qty < 0.0:
        return row[0] > order.price
    return False
