from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from passivtui.core.candles import MarketData

class SimulationCancelled(Exception): ...

class Simulation(NamedTuple):
    fills: NDArray[Any]
    equities_usd: NDArray[np.float64]
    equities_btc: NDArray[np.float64]

class RunControl:
    @property
    def done(self) -> int: ...
    @property
    def cancelled(self) -> bool: ...
    def cancel(self) -> None: ...

def simulate(
    hlcv: NDArray[np.float64],
    btc_usd: NDArray[np.float64],
    bot_params: Sequence[Mapping[str, Mapping[str, float]]],
    exchange_params: Sequence[Mapping[str, float]],
    starting_balance: float,
    maker_fee: float,
    control: RunControl | None = None,
) -> Simulation: ...
def simulate_market(
    market: MarketData,
    bot_params: Sequence[Mapping[str, Mapping[str, float]]],
    exchange_params: Sequence[Mapping[str, float]],
    starting_balance: float,
    maker_fee: float,
    control: RunControl | None = None,
) -> Simulation: ...
