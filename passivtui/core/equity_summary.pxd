# What the metrics need of an equity series, kept while it is made so that the series itself need not be.
#
# The metrics look at ten stretches of a run, each in days of its own (spec/engine.md §6.4). Between the starts of all those
# days nothing is asked but the lowest equity and the last one, so these are kept per segment, and from them any of the
# daily series is put together exactly. Distances from the balance are summed up on the way (§6.3).

from passivtui.core.params cimport int64_t


cdef enum:
    STRETCHES = 10
    DAY = 1440


cdef struct Distances:  # of the equity from the balance, on one side of it
    double total
    double highest
    int64_t count


cdef struct EquitySummary:
    int64_t n  # rows of the series
    int64_t stretch_starts[STRETCHES]
    int64_t n_segments
    int64_t* starts  # [n_segments + 1], the last is n
    double* lows
    double* lasts
    int64_t segment  # where the next row belongs
    int64_t rows  # added so far
    Distances above
    Distances below


cdef size_t summary_bytes(int64_t n) noexcept nogil
cdef void place_summary(EquitySummary* summary, int64_t n, void* memory) noexcept nogil
cdef void clear_summary(EquitySummary* summary) noexcept nogil
cdef void add_rows(EquitySummary* summary, const double* equity, int64_t count) noexcept nogil
cdef void add_distances(EquitySummary* summary, const double* equity, int64_t count, double balance) noexcept nogil
cdef int64_t daily_series(const EquitySummary* summary, int stretch, double* lows, double* lasts) noexcept nogil
