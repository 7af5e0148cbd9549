from passivtui.core.params cimport TrailingBundle, int64_t
from passivtui.core.state cimport Leg, Run, Side

cdef const TrailingBundle* bundle_at(Run* run, int coin, Leg* leg, int64_t minute) noexcept nogil
cdef void restart_bundle(Run* run, Leg* leg, int64_t minute) noexcept nogil
cdef void enter_block(Run* run, Leg* leg) noexcept nogil
cdef void scan(Run* run, Side* side, int coin, Leg* leg, int64_t minute, int64_t until) noexcept nogil
