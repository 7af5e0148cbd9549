from collections.abc import Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

from passivtui.core.control import RunControl
from passivtui.core.tick_conditions import Conditions
from passivtui.core.tick_data import TickData

class TickSimulation(NamedTuple):
    trades: NDArray[Any]
    ended: str
    end_tick: int
    broken_by: int
    size: float
    pos_price: float
    balance: float

def run_ticks(
    ticks: TickData,
    settings: Mapping[str, float],
    market: Mapping[str, float],
    starting_balance: float,
    *,
    latency_ms: float = 1000.0,
    accounting: str = "true",
    conditions: Conditions | None = None,
    control: RunControl | None = None,
) -> TickSimulation: ...
