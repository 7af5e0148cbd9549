"""The Passiv-X strategy live: from the state of one position to the orders it should have (`docs/passivx.md`).

`plan(snapshot)` is a pure function; `reconcile` says what is cancelled and created towards it.
"""

from passivtui.live.passivx.levels import RiskLevels, risk_levels
from passivtui.live.passivx.orders import WantedOrder
from passivtui.live.passivx.plan import TickPlan, plan
from passivtui.live.passivx.reconcile import TickChanges, reconcile
from passivtui.live.passivx.snapshot import HeldPosition, Terms, TickSnapshot

__all__ = [
    "HeldPosition",
    "RiskLevels",
    "Terms",
    "TickChanges",
    "TickPlan",
    "TickSnapshot",
    "WantedOrder",
    "plan",
    "reconcile",
    "risk_levels",
]
