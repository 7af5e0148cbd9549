from passivtui.core.control cimport RunControl
from passivtui.core.state cimport Run

cdef void run_minutes(Run* run, RunControl control) noexcept nogil
cdef bint ran_out_of_memory(const Run* run) noexcept nogil
