from libc.stdint cimport int64_t


cdef struct Forager:  # one side's coin selection (spec/engine.md §4.8)
    int n_coins
    int n_eligible  # coins that survive the volume filter
    int64_t volume_window
    int64_t noisiness_window
    int64_t next_minute  # the first minute whose ranking the sums do not know of yet
    int64_t previous_minute  # the last one they know of
    double* volume_sums  # [n_coins], kept incrementally
    double* noisiness  # [n_coins]
    int* ranking  # [n_coins], the answer


cdef void follow_volumes(Forager* forager, const double* candles, int64_t minute) noexcept nogil

cdef int rank_coins(Forager* forager, const double* candles, int64_t minute) noexcept nogil
