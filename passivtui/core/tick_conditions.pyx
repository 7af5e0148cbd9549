"""Break conditions as the tick loop evaluates them: small programs for a stack of numbers, checked before they run."""

from libc.math cimport NAN, fabs

import numpy as np

from passivtui.core.packing import EngineInputError
from passivtui.core.tick_layout import CONDITION_FACTS, CONDITION_STEPS, DEEPEST_STACK

_PUSHING = frozenset({"number", "fact", "fact_before"})
_OF_ONE = frozenset({"not", "negate", "absolute"})


def _checked(program):
    # A program may read no place that isn't there, and must leave one number on a stack that never runs over.
    depth = 0
    for name, argument in program:
        if name not in CONDITION_STEPS:
            raise EngineInputError(f"{name!r} is no step of a condition")
        if name in ("fact", "fact_before") and argument not in range(len(CONDITION_FACTS)):
            raise EngineInputError(f"a condition asks for the fact {argument}, which does not exist")
        if name in _PUSHING:
            depth += 1
        elif depth < (1 if name in _OF_ONE else 2):
            raise EngineInputError("a condition takes more from its stack than is there")
        elif name not in _OF_ONE:
            depth -= 1
        if depth > DEEPEST_STACK:
            raise EngineInputError("a condition is nested too deeply")
    if depth != 1:
        raise EngineInputError("a condition must leave one number")
    return program


cdef class Conditions:
    """Break conditions for `run_ticks`, each a sequence of (step of CONDITION_STEPS, argument).

    Raises EngineInputError for a program that makes no sense.
    """

    def __init__(self, programs=()):
        cdef char[::1] raw
        cdef int64_t[::1] ends
        checked = [_checked(list(program)) for program in programs]
        lengths = [len(program) for program in checked]
        raw = np.zeros(max(1, sum(lengths)) * sizeof(Step), dtype=np.int8)
        ends = np.cumsum(np.array([*lengths, 0], dtype=np.int64))
        self.arrays, self.steps, self.ends, self.n = (raw, ends), <Step*>&raw[0], &ends[0], len(checked)
        for i, (name, argument) in enumerate(step for program in checked for step in program):
            self.steps[i].kind = CONDITION_STEPS.index(name)
            if name == "number":
                self.steps[i].number = float(argument)
            elif name in _PUSHING:
                self.steps[i].place = argument

    def __len__(self):
        return self.n

    cdef int first_true(
        self, const TickTrade* trade, const TickTrade* before, int64_t n_trades, int64_t n_ticks
    ) noexcept nogil:
        # The first condition that holds after this trade, −1 when none does. `before` is NULL at the first trade.
        cdef double facts[MOST_FACTS]
        cdef double facts_before[MOST_FACTS]
        cdef int64_t start = 0
        cdef int i
        if self.n == 0:
            return -1
        lay_out(facts, trade, n_trades, n_ticks)
        lay_out(facts_before, before, n_trades - 1, n_ticks)
        for i in range(self.n):
            if holds(self.steps + start, self.ends[i] - start, facts, facts_before):
                return i
            start = self.ends[i]
        return -1


cdef void lay_out(double* facts, const TickTrade* trade, int64_t n_trades, int64_t n_ticks) noexcept nogil:
    # In the order of CONDITION_FACTS; all NaN without a trade, so that every comparison with it is false.
    cdef int i
    cdef const double* numbers
    if trade == NULL:
        for i in range(MOST_FACTS):
            facts[i] = NAN
        return
    facts[0], facts[1] = <double>trade.tick, <double>trade.timestamp
    facts[2], facts[3] = trade.side, trade.type
    numbers = &trade.price
    for i in range(21):  # the doubles of TickTrade, from `price` on
        facts[4 + i] = numbers[i]
    facts[25], facts[26] = <double>n_trades, <double>n_ticks


cdef bint holds(const Step* steps, int64_t n, const double* facts, const double* facts_before) noexcept nogil:
    cdef double stack[DEEPEST]
    cdef int top = -1
    cdef int64_t i
    cdef int kind
    for i in range(n):
        kind = steps[i].kind
        if kind <= FACT_BEFORE:
            top += 1
            if kind == NUMBER:
                stack[top] = steps[i].number
            else:
                stack[top] = (facts if kind == FACT else facts_before)[steps[i].place]
        elif kind >= NOT:
            stack[top] = of_one(kind, stack[top])
        else:
            top -= 1
            stack[top] = of_two(kind, stack[top], stack[top + 1])
    return stack[0] != 0.0


cdef double of_one(int kind, double a) noexcept nogil:
    if kind == NOT:
        return a == 0.0
    return -a if kind == NEGATE else fabs(a)


cdef double of_two(int kind, double a, double b) noexcept nogil:
    if kind == ADD:
        return a + b
    if kind == SUBTRACT:
        return a - b
    if kind == MULTIPLY:
        return a * b
    if kind == DIVIDE:
        return a / b
    if kind == LESS:
        return a < b
    if kind == LESS_OR_EQUAL:
        return a <= b
    if kind == GREATER:
        return a > b
    if kind == GREATER_OR_EQUAL:
        return a >= b
    if kind == EQUAL:
        return a == b
    if kind == NOT_EQUAL:
        return a != b
    if kind == AND:
        return a != 0.0 and b != 0.0
    return a != 0.0 or b != 0.0
