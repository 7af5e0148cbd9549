"""Runs of the tick strategy as Python asks for them."""

from libc.math cimport isfinite
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from passivtui.core.contracts cimport accounting_of
from passivtui.core.control cimport RunControl
from passivtui.core.tick_conditions cimport Conditions
from passivtui.core.tick_data cimport TickData
from passivtui.core.tick_loop cimport CANCELLED, NO_MEMORY, TickEnd, TickRun, run_over
from passivtui.core.tick_packing cimport tick_market_of, tick_settings_of
from passivtui.core.tick_params cimport TickTrade

from typing import NamedTuple

import numpy as np

from passivtui.core.control import SimulationCancelled
from passivtui.core.packing import EngineInputError
from passivtui.core.tick_layout import TICK_ENDS, TICK_TRADE_DTYPE


class TickSimulation(NamedTuple):
    """What a run yields: its trades up to the end (TICK_TRADE_DTYPE), how it ended, and what it ended with.

    ended        one of TICK_ENDS
    end_tick     the row in the merged ticks at which it ended
    broken_by    place of the condition that was met, −1 when none was
    size         the position left, signed, and its price
    """

    trades: object
    ended: str
    end_tick: int
    broken_by: int
    size: float
    pos_price: float
    balance: float


cdef class _Run:
    # The memory of a run, given back whatever happens.
    cdef TickRun run

    def __cinit__(self):
        memset(&self.run, 0, sizeof(TickRun))

    def __dealloc__(self):
        free(self.run.trades)

    cdef object trades(self):
        cdef char[::1] raw
        trades = np.empty(self.run.n_trades, dtype=TICK_TRADE_DTYPE)
        if self.run.n_trades:
            raw = trades.view(np.int8)
            memcpy(&raw[0], self.run.trades, self.run.n_trades * sizeof(TickTrade))
        return trades


def run_ticks(
    TickData ticks, settings, market, double starting_balance, *, double latency_ms=1000.0, accounting="true",
    Conditions conditions=None, RunControl control=None,
):
    """Run the strategy over a market's ticks (`spec/passivx.md` §4) and return a `TickSimulation`.

    settings          a mapping with the names of TICK_SETTINGS
    market            a mapping with the names of TICK_MARKET
    starting_balance  in the margin coin: quote currency for linear contracts, the coin itself for inverse ones
    latency_ms        how long after a trade the next one can come at the soonest
    accounting        "original" reproduces Passiv-X; "true" lets the balance fall (§8)
    conditions        end the run where one holds after a trade

    Raises EngineInputError for numbers it can't work on, SimulationCancelled when `control` was cancelled, MemoryError.
    The GIL is released meanwhile; any number of threads may share `ticks`.
    """
    cdef _Run memory = _Run()
    cdef TickRun* run = &memory.run
    cdef TickEnd end
    if not (isfinite(starting_balance) and starting_balance > 0.0):
        raise EngineInputError(f"starting_balance must be above 0, not {starting_balance}")
    if not latency_ms >= 0.0:
        raise EngineInputError(f"latency_ms can't be negative, but is {latency_ms}")
    run.market, run.settings = tick_market_of(market), tick_settings_of(settings)
    run.accounting, run.latency_ms, run.starting_balance = accounting_of(accounting), latency_ms, starting_balance
    run.prices, run.times, run.n_ticks = ticks.prices, ticks.times, ticks.n_ticks
    conditions = Conditions() if conditions is None else conditions
    control = RunControl() if control is None else control
    with nogil:
        end = run_over(run, ticks, conditions, control)
    if end == CANCELLED:
        raise SimulationCancelled
    if end == NO_MEMORY:
        raise MemoryError("no memory left for the trades of this backtest")
    return TickSimulation(
        memory.trades(), TICK_ENDS[end], run.end_tick, run.broken_by, run.state.size, run.state.pos_price,
        run.state.actual,
    )
