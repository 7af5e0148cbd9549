from passivtui.core.state cimport Leg, Run, Side

cdef void refresh_bounds(Run* run, Side* side, int coin, Leg* leg) noexcept nogil
