from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

def calc_preferred_coins(
    hlcv: NDArray[np.float64],
    minutes: Iterable[int],
    n_eligible: int,
    volume_window: int,
    noisiness_window: int,
) -> list[tuple[list[int], list[float]]]: ...
