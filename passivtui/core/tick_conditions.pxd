from passivtui.core.tick_params cimport TickTrade, int32_t, int64_t


cdef enum ConditionStep:  # CONDITION_STEPS
    NUMBER = 0
    FACT = 1
    FACT_BEFORE = 2
    ADD = 3
    SUBTRACT = 4
    MULTIPLY = 5
    DIVIDE = 6
    LESS = 7
    LESS_OR_EQUAL = 8
    GREATER = 9
    GREATER_OR_EQUAL = 10
    EQUAL = 11
    NOT_EQUAL = 12
    AND = 13
    OR = 14
    NOT = 15
    NEGATE = 16
    ABSOLUTE = 17
    N_STEPS = 18


cdef enum:
    DEEPEST = 32  # DEEPEST_STACK
    MOST_FACTS = 32


cdef struct Step:
    int32_t kind
    int32_t place
    double number


cdef class Conditions:
    cdef Step* steps  # of all conditions, one after the other
    cdef int64_t* ends
    cdef int n
    cdef object arrays

    cdef int first_true(
        self, const TickTrade* trade, const TickTrade* before, int64_t n_trades, int64_t n_ticks
    ) noexcept nogil
