"""Live trading: from the state of an account to the orders it should have, and what is done towards them.

`plan(snapshot)` is a pure function. Whoever calls it fills a `Snapshot` (`CandleHistory` keeps a coin's indicators),
cancels and creates what the `Plan` says, and calls again until it is quiet.
"""

from passivtui.live.candle_history import Candle, CandleHistory
from passivtui.live.flatten import flattening_orders, orders_to_cancel
from passivtui.live.indicators import CoinIndicators, EmaBand, Window, trailing_since
from passivtui.live.inputs import NEEDS, Input, MissingInput, readiness
from passivtui.live.modes import CoinMode, Mode
from passivtui.live.orders import OpenOrder, OrderClass, PlannedOrder, SentOrder, Side
from passivtui.live.plan import Plan, plan
from passivtui.live.reasons import Gate, Withheld
from passivtui.live.reconcile import Kept
from passivtui.live.snapshot import (
    AccountAges,
    Age,
    CoinState,
    MarketRules,
    PnlHistory,
    Position,
    SideIndicators,
    Snapshot,
    VenueTraits,
)

__all__ = [
    "NEEDS",
    "AccountAges",
    "Age",
    "Candle",
    "CandleHistory",
    "CoinIndicators",
    "CoinMode",
    "CoinState",
    "EmaBand",
    "Gate",
    "Input",
    "Kept",
    "MarketRules",
    "MissingInput",
    "Mode",
    "OpenOrder",
    "OrderClass",
    "Plan",
    "PlannedOrder",
    "PnlHistory",
    "Position",
    "SentOrder",
    "Side",
    "SideIndicators",
    "Snapshot",
    "VenueTraits",
    "Window",
    "Withheld",
    "flattening_orders",
    "orders_to_cancel",
    "plan",
    "readiness",
    "trailing_since",
]
