"""Choosing one member of a front: the nearest to an ideal point (§4 "Ideal point modes")."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from passivtui.optimize.front import normalised

_GEOMEDIAN_STEPS = 10
_GEOMEDIAN_TOLERANCE = 1e-9


class Ideal(StrEnum):
    """Which point of the objectives' space is called ideal."""

    MIN = "min"
    WEIGHTED = "weighted"
    UTOPIAN = "utopian"
    PERCENTILE = "percentile"
    MIDRANGE = "midrange"
    GEOMEDIAN = "geomedian"


def ideal_point(
    vectors: NDArray[np.float64], mode: Ideal = Ideal.MIN, weights: Sequence[float] = ()
) -> NDArray[np.float64]:
    """The ideal point of a front (members, objectives), all minimised.

    min: the best of each objective; weighted: that plus weight × range (one weight serves all); utopian: that minus a
    thousandth of the range; percentile: the 10th; midrange: the middle; geomedian: the least sum of distances. Raises
    ValueError when there is neither one weight nor one for each objective.
    """
    low: NDArray[np.float64] = np.asarray(vectors.min(axis=0))
    high: NDArray[np.float64] = np.asarray(vectors.max(axis=0))
    match mode:
        case Ideal.MIN:
            return low
        case Ideal.WEIGHTED:
            return np.asarray(low + _weights(weights, len(low)) * (high - low))
        case Ideal.UTOPIAN:
            return np.asarray(low - 0.001 * (high - low))
        case Ideal.PERCENTILE:
            return np.asarray(np.percentile(vectors, 10, axis=0))
        case Ideal.MIDRANGE:
            return np.asarray((low + high) / 2.0)
        case Ideal.GEOMEDIAN:
            return _geometric_median(vectors)


def nearest_member(
    vectors: NDArray[np.float64], mode: Ideal = Ideal.MIN, weights: Sequence[float] = ()
) -> tuple[int, float]:
    """The member nearest to the ideal point, and its distance on the front's own scale. The front is not empty."""
    ideal = normalised(ideal_point(vectors, mode, weights), vectors)
    apart = np.linalg.norm(normalised(vectors, vectors) - ideal, axis=1)
    index = int(np.argmin(apart))
    return index, float(apart[index])


def _weights(weights: Sequence[float], n: int) -> NDArray[np.float64]:
    given = np.array([*weights] or [0.0], dtype=np.float64)
    if len(given) not in (1, n):
        raise ValueError(f"{len(given)} weights for {n} objectives")
    return np.broadcast_to(given, (n,))


def _geometric_median(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weiszfeld's iteration from the mean; a member that the point falls on does not pull."""
    point = vectors.mean(axis=0)
    for _ in range(_GEOMEDIAN_STEPS):
        apart = np.linalg.norm(vectors - point, axis=1)
        pulling = apart > _GEOMEDIAN_TOLERANCE
        if not pulling.any():
            break
        pull = 1.0 / apart[pulling]
        moved = (vectors[pulling] * pull[:, None]).sum(axis=0) / pull.sum()
        if np.linalg.norm(moved - point) < _GEOMEDIAN_TOLERANCE:
            return np.asarray(moved)
        point = moved
    return np.asarray(point)
