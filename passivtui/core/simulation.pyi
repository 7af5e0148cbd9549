from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from passivtui.core.analysis import Analysis
from passivtui.core.candles import MarketData
from passivtui.core.control import RunControl

class Simulation(NamedTuple):
    fills: NDArray[Any]
    equities_usd: NDArray[np.float64]
    equities_btc: NDArray[np.float64]

class Evaluation(NamedTuple):
    analysis: Analysis
    n_fills: int
    fills: NDArray[Any] | None

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
def simulate_many(
    market: MarketData,
    sets: Sequence[Sequence[Mapping[str, Mapping[str, float]]]],
    exchange_params: Sequence[Mapping[str, float]],
    starting_balance: float,
    maker_fee: float,
    control: RunControl | None = None,
    *,
    with_fills: bool = False,
) -> list[Evaluation]: ...
