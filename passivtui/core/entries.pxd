from passivtui.core.params cimport BotParams, ExchangeParams, Order, OrderState, TrailingBundle

cdef struct EntryPrice:
    int kind  # ENTRY_GRID_NORMAL, ENTRY_TRAILING_NORMAL or EMPTY_ORDER
    double price


cdef EntryPrice next_reentry_price(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price,
) noexcept nogil

cdef Order next_entry(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price, const TrailingBundle* trailing,
) noexcept nogil

cdef int list_entries(
    bint is_long, const OrderState* state, const ExchangeParams* market, const BotParams* bot, double limit,
    double size, double price, const TrailingBundle* trailing, double reach, Order* orders,
) noexcept nogil
