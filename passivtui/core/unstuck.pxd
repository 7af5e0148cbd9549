from passivtui.core.params cimport BotParams, ExchangeParams, Order


cdef struct StuckPosition:
    int coin
    bint is_long
    double distance  # of the price from the position price, against the position; the smallest goes first


cdef double loss_allowance(double balance, double pct, double pnl_peak, double pnl_now) noexcept nogil

cdef bint is_stuck(
    bint is_long, const ExchangeParams* market, const BotParams* bot, double limit, double balance, double size,
    double price, double market_price, double upper, double lower,
) noexcept nogil

cdef double stuck_distance(bint is_long, double price, double market_price) noexcept nogil

cdef bint goes_before(const StuckPosition* a, const StuckPosition* b) noexcept nogil

cdef Order unstuck_order(
    bint is_long, const ExchangeParams* market, const BotParams* bot, double limit, double balance, double size,
    double price, double market_price, double allowance,
) noexcept nogil
