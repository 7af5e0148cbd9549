from passivtui.core.state cimport Run

cdef void compute_bands(Run* run) noexcept nogil
