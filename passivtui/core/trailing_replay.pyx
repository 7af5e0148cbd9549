"""Trailing bundles from candles, as a live bot needs them (`spec/engine.md` §4.5)."""

from passivtui.core.params cimport TrailingBundle
from passivtui.core.trailing cimport follow

from passivtui.core.orders import Trailing
from passivtui.core.packing import EngineInputError


def follow_trailing(const double[:, ::1] candles, trailing=Trailing()):
    """The bundle after `candles`: (n, 3) or more columns, of which the first are high, low and close, oldest first.

    `trailing` is the bundle before them; the default is that of a position just changed. Raises EngineInputError.
    """
    cdef TrailingBundle bundle
    cdef Py_ssize_t row
    if candles.shape[1] < 3:
        raise EngineInputError("candles must have the columns high, low and close")
    bundle.min_since_open, bundle.max_since_min, bundle.max_since_open, bundle.min_since_max = trailing
    for row in range(candles.shape[0]):
        follow(&bundle, &candles[row, 0])
    return Trailing(bundle.min_since_open, bundle.max_since_min, bundle.max_since_open, bundle.min_since_max)
