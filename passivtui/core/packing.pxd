from passivtui.core.params cimport BotParams, ExchangeParams

cdef BotParams bot_params_of(object mapping) except *
cdef ExchangeParams exchange_params_of(object mapping) except *
