import numpy as np
from numpy.typing import NDArray

from passivtui.core.orders import Trailing

def follow_trailing(candles: NDArray[np.float64], trailing: Trailing = ...) -> Trailing: ...
