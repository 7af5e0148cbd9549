"""The Pareto front: candidates that no other beats in everything (§4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from passivtui.optimize.genome import round_significant


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One evaluated genome: its objectives (to be minimised) and its metrics on every dataset."""

    genome: tuple[float, ...]
    objectives: tuple[float, ...]
    measured: tuple[Mapping[str, float], ...]


class Front:
    """The members found so far. Dominance is that of objectives rounded to the significant digits of the run."""

    def __init__(self, n_objectives: int, digits: int) -> None:
        self._digits = digits
        self._vectors: NDArray[np.float64] = np.empty((0, n_objectives))
        self._members: list[Candidate] = []

    def offer(self, candidate: Candidate) -> bool:
        """Take a candidate in and the members it dominates out; False if it is dominated or its vector is present."""
        vector = round_significant(np.array(candidate.objectives), self._digits)
        if (self._vectors <= vector).all(axis=1).any():  # dominated, or there already
            return False
        kept = np.flatnonzero(~(vector <= self._vectors).all(axis=1))
        self._vectors = np.concatenate([self._vectors[kept], vector[None]])
        self._members = [*(self._members[index] for index in kept), candidate]
        return True

    @property
    def members(self) -> tuple[Candidate, ...]:
        """In the order in which they were found."""
        return tuple(self._members)

    @property
    def vectors(self) -> NDArray[np.float64]:
        """The members' rounded objectives, (members, objectives). Not to be written to."""
        return self._vectors

    def __len__(self) -> int:
        return len(self._members)


def distances(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each member is from the best of every objective: normalised to [0, 1] over the front, Euclidean."""
    return np.asarray(np.linalg.norm(normalised(vectors, vectors), axis=1))


def normalised(points: NDArray[np.float64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (…, objectives) on the scale on which the front goes from 0 to 1; 0 where the front has no extent."""
    low, extent = vectors.min(axis=0), np.ptp(vectors, axis=0)
    flat = extent == 0.0
    return np.asarray(np.where(flat, 0.0, (points - low) / np.where(flat, 1.0, extent)))
