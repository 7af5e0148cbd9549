"""Mappings of parameters to C structs, with the checks that keep nonsense out of the loop."""

from passivtui.core.layout import BOT_PARAMS, EXCHANGE_PARAMS

from libc.math cimport isfinite


class EngineInputError(ValueError):
    """Arrays or parameters that the engine can't work on; the message names which and why."""


def _number(mapping, name):
    try:
        value = float(mapping[name])
    except KeyError:
        raise EngineInputError(f"{name} is missing") from None
    except (TypeError, ValueError):
        raise EngineInputError(f"{name} must be a number, not {mapping[name]!r}") from None
    if not isfinite(value):
        raise EngineInputError(f"{name} must be finite, not {value}")
    return value


cdef BotParams bot_params_of(object mapping) except *:
    cdef BotParams params
    cdef double* field = <double*>&params
    cdef int i
    for i, name in enumerate(BOT_PARAMS):
        field[i] = _number(mapping, name)
    if params.ema_span_0 <= 0.0 or params.ema_span_1 <= 0.0:
        raise EngineInputError("ema_span_0 and ema_span_1 must be above 0")
    return params


cdef ExchangeParams exchange_params_of(object mapping) except *:
    cdef ExchangeParams params
    cdef double* field = <double*>&params
    cdef int i
    for i, name in enumerate(EXCHANGE_PARAMS):
        field[i] = _number(mapping, name)
    for i, name in ((0, "qty_step"), (1, "price_step"), (4, "c_mult")):
        if not field[i] > 0.0:
            raise EngineInputError(f"{name} must be above 0, not {field[i]}")
    if params.min_qty < 0.0 or params.min_cost < 0.0:
        raise EngineInputError("min_qty and min_cost can't be negative")
    return params
