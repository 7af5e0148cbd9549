"""What an algorithm of the optimizer is: it makes candidates, is told what they came to, and can be put to sleep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from passivtui.optimize.genome import Genome, GenomeSpace

NSGA2: Final = "nsga2"
JACKRABBIT: Final = "jackrabbit"
ALGORITHMS: Final = (NSGA2, JACKRABBIT)

Objectives = tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Batch:
    """Candidates under way: genomes (n, genes), their digests, and which of them must be evaluated."""

    genomes: NDArray[np.float64]
    digests: list[bytes]
    fresh: list[int]


@dataclass(frozen=True, slots=True)
class BestStep:
    """A candidate that was the best when it came: its iteration, the m it was mutated by, the deciding objective."""

    k: int
    m: float
    objective: float


@dataclass(frozen=True, slots=True)
class JackrabbitView:
    """Where Jackrabbit is: `k` of `n` iterations done, the last one's m, and every best so far, the newest last.

    `decides` is the number of the objective that makes the best.
    """

    k: int
    n: int
    m: float
    decides: int
    history: tuple[BestStep, ...]


class Length(Protocol):
    """How long a search is."""

    @property
    def generations(self) -> int:
        """Generations or iterations."""

    @property
    def evaluations(self) -> int:
        """Evaluations to be expected in all."""


class Algorithm(Protocol):
    """One run's state. It owns every random number, so that neither the workers nor their order change a run.

    `begin` or `restore` first; then, until `finished`: evaluate `offspring.genomes[i]` for each i of `fresh`, `learn`
    its objectives, and `advance`.
    """

    space: GenomeSpace
    generation: int
    finished: bool
    offspring: Batch

    @property
    def schedule(self) -> Length:
        """How long it is."""

    @property
    def jackrabbit(self) -> JackrabbitView | None:
        """Where it is, if it is Jackrabbit."""

    def begin(self, starts: Sequence[Genome] = ()) -> None:
        """Make the first candidates."""

    def learn(self, index: int, objectives: Objectives) -> None:
        """Keep the objectives of offspring number `index`."""

    def advance(self) -> None:
        """Take the offspring in and make the next; every fresh one must have been learned."""

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs besides the scores, as plain values."""

    def restore(self, snapshot: dict[str, Any], scores: dict[bytes, Objectives]) -> None:
        """Go on where `snapshot` was taken. Raises KeyError, TypeError or ValueError for what is no snapshot."""
