from passivtui.core.params cimport int64_t


cdef class MarketData:
    cdef readonly object hlcv
    cdef readonly object btc_usd
    cdef readonly bint btc_mode
    cdef object sums_array
    cdef const double* candles
    cdef const double* btc_prices
    cdef double* sums  # [(n_minutes + 1), 2, n_coins], NULL until sum_up was called
    cdef int64_t n_minutes
    cdef int n_coins
    cdef int64_t first_valid(self, int coin)
    cdef int64_t last_valid(self, int coin)
    cdef void sum_up(self) except *
