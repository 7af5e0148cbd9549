# The structs that the engine works on. Layouts mirror passivtui/core/layout.py (BOT_PARAMS, EXCHANGE_PARAMS, FILL_DTYPE).

from libc.stdint cimport int32_t, int64_t


cdef struct ExchangeParams:
    double qty_step
    double price_step
    double min_qty
    double min_cost
    double c_mult


cdef struct BotParams:  # one coin, one side (spec/engine.md §1.3)
    double close_grid_markup_end
    double close_grid_markup_start
    double close_grid_qty_pct
    double close_trailing_grid_ratio
    double close_trailing_qty_pct
    double close_trailing_retracement_pct
    double close_trailing_threshold_pct
    double ema_span_0
    double ema_span_1
    double enforce_exposure_limit
    double entry_grid_double_down_factor
    double entry_grid_spacing_pct
    double entry_grid_spacing_weight
    double entry_initial_ema_dist
    double entry_initial_qty_pct
    double entry_trailing_double_down_factor
    double entry_trailing_grid_ratio
    double entry_trailing_retracement_pct
    double entry_trailing_threshold_pct
    double filter_noisiness_rolling_window
    double filter_volume_drop_pct
    double filter_volume_rolling_window
    double n_positions
    double total_wallet_exposure_limit
    double unstuck_close_pct
    double unstuck_ema_dist
    double unstuck_loss_allowance_pct
    double unstuck_threshold
    double wallet_exposure_limit


cdef struct Position:
    double size  # signed: long > 0, short < 0
    double price


cdef struct TrailingBundle:
    double min_since_open
    double max_since_min
    double max_since_open
    double min_since_max


cdef struct Order:
    double qty  # signed: > 0 buys, < 0 sells, 0 no order
    double price
    int type


cdef struct OrderState:  # what the order functions see of one coin and side (§3.2)
    double balance
    double bid
    double ask
    double upper
    double lower


cdef struct Fill:  # FILL_DTYPE
    int64_t minute
    int32_t coin
    int32_t type
    double qty
    double price
    double psize
    double pprice
    double pnl
    double fee_paid
    double balance_usd_total
    double balance_btc
    double balance_usd
    double btc_price


cdef enum:
    MAX_ORDERS = 500  # an order list is cut there (§8.31)


cdef enum OrderType:
    # Ordinals of the long side; the short side's are SHORT_TYPES higher (§3.1).
    ENTRY_INITIAL_NORMAL = 0
    ENTRY_INITIAL_PARTIAL = 1
    ENTRY_TRAILING_NORMAL = 2
    ENTRY_TRAILING_CROPPED = 3
    ENTRY_GRID_NORMAL = 4
    ENTRY_GRID_CROPPED = 5
    ENTRY_GRID_INFLATED = 6
    CLOSE_GRID = 7
    CLOSE_TRAILING = 8
    CLOSE_UNSTUCK = 9
    CLOSE_AUTO_REDUCE = 10
    SHORT_TYPES = 11
    EMPTY_ORDER = 22


cdef inline Order empty_order() noexcept nogil:
    cdef Order order
    order.qty, order.price, order.type = 0.0, 0.0, EMPTY_ORDER
    return order
