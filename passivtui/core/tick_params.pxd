# The structs that the tick engine works on. Layouts mirror passivtui/core/tick_layout.py.

from libc.stdint cimport int32_t, int64_t


cdef struct TickMarket:  # TICK_MARKET
    double inverse
    double price_step
    double qty_step
    double min_qty
    double min_cost
    double maker_fee
    double max_leverage


cdef struct TickSettings:  # TICK_SETTINGS
    double balance_pct
    double ddown_factor
    double do_long
    double do_shrt
    double ema_span
    double ema_spread
    double entry_qty_pct
    double grid_coefficient
    double grid_spacing
    double leverage
    double max_markup
    double min_close_qty_multiplier
    double min_markup
    double n_close_orders
    double stop_loss_liq_diff
    double stop_loss_pos_price_diff
    double stop_loss_pos_reduction


cdef struct TickFill:
    double qty  # signed: > 0 buys, < 0 sells, 0 no order
    double price


cdef struct TickTrade:  # TICK_TRADE_DTYPE
    int64_t tick
    int64_t timestamp
    int32_t side
    int32_t type
    double price
    double qty
    double pos_price
    double pos_size
    double liq_price
    double reentry_price
    double pnl
    double fee_paid
    double actual_balance
    double apparent_balance
    double closest_liq
    double closest_long_liq
    double closest_shrt_liq
    double pnl_plus_fees_cumsum
    double profit_cumsum
    double loss_cumsum
    double fee_paid_cumsum
    double average_daily_gain
    double avg_gain_per_tick
    double millis_since_prev_trade
    double progress


cdef enum:
    MOST_CLOSES = 500  # MOST_CLOSE_ORDERS


cdef enum TradeType:  # TICK_TRADE_TYPES
    NO_TRADE = -1
    ENTRY = 0
    REENTRY = 1
    CLOSE = 2
    STOP_LOSS_LIQ_DIFF = 3
    STOP_LOSS_POS_PRICE_DIFF = 4
