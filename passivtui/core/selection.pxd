from libc.stdint cimport int64_t


cdef struct Span:  # minutes [first, last] in each of which the coins were ranked
    int64_t first
    int64_t last


cdef struct Forager:  # one side's coin selection (spec/engine.md §4.8)
    int n_coins
    int n_eligible  # coins that survive the volume filter
    int64_t volume_window
    int64_t noisiness_window
    const double* totals  # running sums of volume and noisiness, see MarketData.sum_up
    double* volumes  # [n_coins], of the last choice
    double* noisiness  # [n_coins]
    int* ranking  # [n_coins], best first
    # The sums as the definition has them, with their rounding drift: only known up to `exact_minute`, and only brought
    # up to date when a choice is too close to call without them.
    double* exact_volumes  # [n_coins]
    double* trial_volumes  # [n_coins]
    int64_t exact_minute
    Span* spans  # rankings since, the last of them still going on
    int n_spans
    int room
    bint out_of_memory


cdef void begin_ranking(Forager* forager, int64_t minute) noexcept nogil
cdef void end_ranking(Forager* forager, int64_t minute) noexcept nogil
cdef void choose_coins(
    Forager* forager, const double* candles, int64_t now, int64_t minute, char* active, int n_free
) noexcept nogil
