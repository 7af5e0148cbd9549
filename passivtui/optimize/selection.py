"""Who survives a generation: NSGA-II on parents and offspring together, by DEAP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deap import base, tools


class _Ranked:
    """One individual as DEAP wants it: something with a fitness."""

    __slots__ = ("fitness", "index")

    def __init__(self, index: int, fitness: Any) -> None:
        self.index = index
        self.fitness = fitness


def select(objectives: Sequence[Sequence[float]], n: int) -> list[int]:
    """Indices of the `n` best of some individuals, all objectives minimised: by front, then by crowding distance.

    Deterministic: ties keep the given order. A single objective needs no fronts, and DEAP's fast sort can't do it.
    """
    if len(objectives[0]) == 1:
        return sorted(range(len(objectives)), key=lambda index: objectives[index][0])[:n]
    fitness_class = type("_Fitness", (base.Fitness,), {"weights": (-1.0,) * len(objectives[0])})
    ranked = [_Ranked(index, fitness_class(tuple(values))) for index, values in enumerate(objectives)]
    return [individual.index for individual in tools.selNSGA2(ranked, n, nd="log")]
