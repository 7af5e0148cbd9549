from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

WEIGHTED: tuple[str, ...]

class Analysis(NamedTuple):
    usd: dict[str, float]
    btc: dict[str, float] | None

def analyse(
    fills: NDArray[Any],
    equities_usd: NDArray[np.float64],
    equities_btc: NDArray[np.float64],
    btc_collateral: bool,
) -> Analysis: ...
