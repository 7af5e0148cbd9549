"""Two points a column, the lowest and the highest: no peak and no drawdown is lost, however many minutes there are.

Imports numpy when called, not before: the first frame doesn't wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def window(x: Floats, low: float, high: float) -> slice:
    """The points of ascending `x` within [low, high] and one more on either side, so that lines reach the edges."""
    import numpy as np

    first = int(np.searchsorted(x, low, side="left"))
    last = int(np.searchsorted(x, high, side="right"))
    return slice(max(0, first - 1), min(len(x), last + 1))


def min_max(x: Floats, y: Floats, low: float, high: float, columns: int) -> tuple[Floats, Floats]:
    """Points of the curve within [low, high], at most two for each of `columns` columns, in the order of x.

    `x` ascending, shape (n,); `y` shape (n,). A column whose values are all NaN gives one NaN: a gap stays a gap.
    """
    import numpy as np

    part = window(x, low, high)
    xs, ys = x[part], y[part]
    if len(xs) <= 2 * columns:
        return xs, ys
    column = np.clip(np.rint((xs - low) / (high - low) * (columns - 1)), 0, columns - 1)
    starts = np.flatnonzero(np.r_[True, column[1:] != column[:-1]])
    ends = np.r_[starts[1:], len(xs)]
    chosen: set[int] = set()
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        values = ys[start:end]
        known = np.isfinite(values)
        if not known.any():
            chosen.add(start)
            continue
        chosen.add(start + int(np.argmin(np.where(known, values, np.inf))))
        chosen.add(start + int(np.argmax(np.where(known, values, -np.inf))))
    kept = np.array(sorted(chosen), dtype=np.int64)
    return xs[kept], ys[kept]
