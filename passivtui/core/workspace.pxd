from passivtui.core.candles cimport MarketData
from passivtui.core.params cimport BotParams, ExchangeParams, Fill
from passivtui.core.selection cimport Forager
from passivtui.core.state cimport Run


cdef class Workspace:
    cdef Run run
    cdef MarketData market
    cdef list arrays
    cdef readonly object equities_usd  # float64 (n − 1,), None when only sums are kept
    cdef readonly object equities_btc
    cdef void* zeros(self, size_t count, size_t size) except NULL
    cdef void allocate_forager(self, Forager* forager) except *
    cdef void allocate_sides(self) except *
    cdef void allocate_equity(self, bint keeps_series) except *
    cdef void start(self, const BotParams* bots, const ExchangeParams* exchanges, double balance, double maker_fee) noexcept nogil
    cdef object fills_as_array(self)
