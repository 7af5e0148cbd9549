"""What a chart draws: curves, and points marked on top of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MarkerKind = Literal["entry", "close", "unstuck", "mark", "faint", "chosen"]
MARKER_ROLES: dict[MarkerKind, str] = {
    "entry": "key",
    "close": "synthetic",
    "unstuck": "failure",
    "mark": "heading",
    "faint": "muted",
    "chosen": "synthetic",
}


@dataclass(frozen=True, eq=False, slots=True)
class Series:
    """One curve.

    Attributes:
        name: in the legend and with the cursor's values; "" for one that belongs to the curve before it.
        x: ascending float64 (ms UTC on a date axis), shape (n,). Any n: reduced to two points a column when drawn.
        y: float64, shape (n,). NaN and inf leave a gap; values <= 0 leave one on a log axis.
        role: theme role of its colour: "equity", "balance", "drawdown", "exposure", "price", "profit", "loss", "muted",
            or "series-1" .. "series-6" for overlays of compared reports.
        draw: "line", "dots" (dashed, for a second curve beside the first), "steps" (a value holds until the next).
    """

    name: str
    x: Floats
    y: Floats
    role: str = "series-1"
    draw: Literal["line", "dots", "steps"] = "line"


@dataclass(frozen=True, eq=False, slots=True)
class Markers:
    """Points marked with a sign where (x, y) is; several on one cell show as one.

    `kind`: "entry" (▲), "close" (▼), "unstuck" (!), "mark" (●), "faint" (·), "chosen" (◆). `x` ascends.
    """

    name: str
    x: Floats
    y: Floats
    kind: MarkerKind
