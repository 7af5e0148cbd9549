"""Mappings of a market and of tick settings to C structs, with the checks that keep nonsense out of the loop."""

from passivtui.core.packing import EngineInputError, _number
from passivtui.core.tick_layout import MOST_CLOSE_ORDERS, TICK_MARKET, TICK_SETTINGS


cdef TickMarket tick_market_of(object mapping) except *:
    cdef TickMarket market
    cdef double* field = <double*>&market
    cdef int i
    for i, name in enumerate(TICK_MARKET):
        field[i] = _number(mapping, name)
    for name in ("price_step", "qty_step", "max_leverage"):
        if not mapping[name] > 0.0:
            raise EngineInputError(f"{name} must be above 0, not {mapping[name]}")
    if market.min_qty < 0.0 or market.min_cost < 0.0:
        raise EngineInputError("min_qty and min_cost can't be negative")
    return market


cdef TickSettings tick_settings_of(object mapping) except *:
    cdef TickSettings settings
    cdef double* field = <double*>&settings
    cdef int i
    for i, name in enumerate(TICK_SETTINGS):
        field[i] = _number(mapping, name)
    for name in ("balance_pct", "grid_spacing", "leverage"):  # divisors
        if not mapping[name] > 0.0:
            raise EngineInputError(f"{name} must be above 0, not {mapping[name]}")
    for name in ("ema_span", "entry_qty_pct", "ddown_factor", "grid_coefficient", "min_close_qty_multiplier"):
        if mapping[name] < 0.0:
            raise EngineInputError(f"{name} can't be negative, but is {mapping[name]}")
    for name in ("min_markup", "max_markup", "ema_spread"):
        if not -1.0 < mapping[name] < 1.0:
            raise EngineInputError(f"{name} must be between -1 and 1, not {mapping[name]}")
    if not 1.0 <= settings.n_close_orders <= MOST_CLOSE_ORDERS:
        raise EngineInputError(f"n_close_orders must be from 1 to {MOST_CLOSE_ORDERS}, not {mapping['n_close_orders']}")
    return settings
