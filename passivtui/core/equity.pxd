from passivtui.core.params cimport int64_t
from passivtui.core.state cimport Run

cdef void start_equity(Run* run) noexcept nogil
cdef void flush_equity(Run* run, int64_t until) noexcept nogil
cdef void note_balance(Run* run, int64_t minute) noexcept nogil
