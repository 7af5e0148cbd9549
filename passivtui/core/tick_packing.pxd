from passivtui.core.tick_params cimport TickMarket, TickSettings


cdef TickMarket tick_market_of(object mapping) except *
cdef TickSettings tick_settings_of(object mapping) except *
