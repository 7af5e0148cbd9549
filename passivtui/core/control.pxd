from passivtui.core.params cimport int64_t


cdef class RunControl:
    cdef volatile int64_t rows_done
    cdef volatile int64_t runs_finished
    cdef volatile bint stop
