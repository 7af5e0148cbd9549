from passivtui.core.params cimport Order, int64_t
from passivtui.core.state cimport Leg, Run, Side

cdef void fill_close(Run* run, Side* side, int64_t minute, int coin, Leg* leg, const Order* order) noexcept nogil
cdef void fill_entry(Run* run, Side* side, int64_t minute, int coin, Leg* leg, const Order* order) noexcept nogil
cdef bint update_rounded_balance(Run* run, int64_t minute) noexcept nogil
cdef void summarise_btc_prices(Run* run) noexcept nogil
cdef int64_t next_balance_change(const Run* run, int64_t minute, int64_t until) noexcept nogil
