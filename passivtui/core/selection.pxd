from libc.stdint cimport int64_t


cdef struct Forager:  # one side's coin selection (spec/engine.md §4.8)
    int n_coins
    int n_eligible  # coins that survive the volume filter
    int64_t volume_window
    int64_t noisiness_window
    int64_t previous_minute
    double* volume_sums  # [n_coins], kept incrementally
    double* noisiness  # [n_coins]
    int* ranking  # [n_coins], the answer


cdef int rank_coins(Forager* forager, const double* candles, int64_t minute) noexcept nogil
