from passivtui.core.params cimport BotParams, ExchangeParams, Order, OrderState, TrailingBundle

cdef struct ClosePrice:
    int kind  # CLOSE_GRID, CLOSE_TRAILING, CLOSE_AUTO_REDUCE or EMPTY_ORDER
    double price


cdef ClosePrice next_close_price(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price,
) noexcept nogil

cdef Order next_close(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price, const TrailingBundle* trailing,
) noexcept nogil

cdef int list_closes(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price, const TrailingBundle* trailing, double reach, Order* orders,
) noexcept nogil
