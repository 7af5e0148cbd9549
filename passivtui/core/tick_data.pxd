from passivtui.core.tick_params cimport int64_t


cdef class TickData:
    cdef readonly object timestamp_ms
    cdef readonly object price
    cdef readonly object buyer_is_maker
    cdef readonly int64_t n_trades
    cdef const int64_t* times
    cdef const double* prices
    cdef const unsigned char* sold  # buyer_is_maker: somebody sold into the bids
    cdef int64_t n_ticks
