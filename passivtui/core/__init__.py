"""The engine: numbers in, numbers out. Every order of a backtest, a preview or a live bot is computed here, once.

It knows no file, no clock, no network and no config format (`docs/architecture.md`).
"""

from passivtui.core.analysis import Analysis, analyse
from passivtui.core.candles import MarketData
from passivtui.core.control import RunControl, SimulationCancelled
from passivtui.core.layout import BOT_PARAMS, EXCHANGE_PARAMS, FILL_DTYPE, ORDER_TYPES, SIDES
from passivtui.core.orders import (
    Held,
    MarketState,
    Order,
    Position,
    Trailing,
    calc_closes,
    calc_entries,
    calc_next_close,
    calc_next_entry,
    calc_position,
    calc_unstuck,
)
from passivtui.core.packing import EngineInputError
from passivtui.core.simulation import Evaluation, Simulation, simulate, simulate_many, simulate_market
from passivtui.core.tick_conditions import Conditions
from passivtui.core.tick_data import TickData
from passivtui.core.tick_layout import (
    ACCOUNTINGS,
    CONDITION_FACTS,
    STOP_LOSS_TYPES,
    TICK_MARKET,
    TICK_SETTINGS,
    TICK_SIDES,
    TICK_TRADE_DTYPE,
    TICK_TRADE_TYPES,
)
from passivtui.core.ticks import TickSimulation, run_ticks
from passivtui.core.trailing_replay import follow_trailing
from passivtui.core.unstuck import calc_loss_allowance

__all__ = [
    "ACCOUNTINGS",
    "BOT_PARAMS",
    "CONDITION_FACTS",
    "EXCHANGE_PARAMS",
    "FILL_DTYPE",
    "ORDER_TYPES",
    "SIDES",
    "STOP_LOSS_TYPES",
    "TICK_MARKET",
    "TICK_SETTINGS",
    "TICK_SIDES",
    "TICK_TRADE_DTYPE",
    "TICK_TRADE_TYPES",
    "Analysis",
    "Conditions",
    "EngineInputError",
    "Evaluation",
    "Held",
    "MarketData",
    "MarketState",
    "Order",
    "Position",
    "RunControl",
    "Simulation",
    "SimulationCancelled",
    "TickData",
    "TickSimulation",
    "Trailing",
    "analyse",
    "calc_closes",
    "calc_entries",
    "calc_loss_allowance",
    "calc_next_close",
    "calc_next_entry",
    "calc_position",
    "calc_unstuck",
    "follow_trailing",
    "run_ticks",
    "simulate",
    "simulate_many",
    "simulate_market",
]
