# What a run over ticks holds, and its loop.

from passivtui.core.control cimport RunControl
from passivtui.core.tick_conditions cimport Conditions
from passivtui.core.tick_data cimport TickData
from passivtui.core.tick_orders cimport CloseLadder
from passivtui.core.tick_params cimport TickMarket, TickSettings, TickTrade, int64_t


cdef enum TickEnd:  # TICK_ENDS, and two that raise
    END_OF_DATA = 0
    LIQUIDATION = 1
    BREAK = 2
    CANCELLED = 3
    NO_MEMORY = 4


cdef struct TickState:
    # The position and what is armed for it (§4): levels were fixed at the last trade.
    double size
    double pos_price
    double liq_price
    double reentry_price
    double reentry_qty
    double liq_level  # beyond which the stop loss is armed
    double price_level
    double stop_price  # 0: not armed
    int stop_type
    double nearest_close  # no close can fill before this price is passed
    # The market
    double bid
    double ask
    double ema
    double closest_long
    double closest_shrt
    # Balances and sums
    double actual
    double apparent
    double net
    double profit
    double loss
    double fees
    int last_type
    int64_t last_ms


cdef struct TickRun:
    TickMarket market
    TickSettings settings
    TickState state
    CloseLadder closes  # of the tick at hand
    int accounting
    double latency_ms
    double starting_balance
    const double* prices
    const int64_t* times
    int64_t n_ticks
    TickTrade* trades  # owned by whoever made the run
    int64_t n_trades
    int64_t room
    int64_t end_tick
    int broken_by  # place of the condition that ended the run, else −1


cdef TickEnd run_over(TickRun* run, TickData ticks, Conditions conditions, RunControl control) noexcept nogil
