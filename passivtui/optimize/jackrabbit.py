"""Jackrabbit over a genome: mutate the best so far, in smaller and smaller steps (`spec/passivx.md` §5).

One metric of the scoring decides; the others are measured and the front is kept all the same. A mutation picks every
open gene anew, one of 200 values within a part m of its bounds around the best's, and m falls from 1 to 0 over the
iterations. Iterations go one by one, or in batches whose candidates all come from the best before the batch: then they
can be evaluated side by side, and the sequence is no longer the original's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from passivtui.errors import ConfigError
from passivtui.optimize.algorithm import Batch, BestStep, JackrabbitView, Objectives
from passivtui.optimize.genome import Genome, GenomeSpace, digest
from passivtui.optimize.goal import WORST, Goal, sign_of
from passivtui.passivx.jackrabbit import CHOICES, mutation_schedule


@dataclass(frozen=True, slots=True)
class JackrabbitSchedule:
    """How long to search: iterations, how many of them at a time, and which of the objectives decides."""

    iterations: int
    batch: int
    decides: int

    @property
    def generations(self) -> int:
        """Iterations: what a generation is to the genetic algorithm."""
        return self.iterations

    @property
    def evaluations(self) -> int:
        """At most: a candidate that was tried before is skipped."""
        return self.iterations


def deciding_metric(goal: Goal, asked: str | None) -> str:
    """The metric that makes the best: the one asked for, else the first of the scoring that is to be high.

    Raises ConfigError for one that the scoring lacks.
    """
    if asked is None:
        return next((name for name in goal.scoring if sign_of(name) < 0.0), goal.scoring[0])
    if asked not in goal.scoring:
        raise ConfigError(f"{asked} can't decide: optimize.scoring has {', '.join(goal.scoring)}; choose one of these")
    return asked


class JackrabbitSearch:
    """One run's state: the best so far and how it came about, the batch under way, and the random numbers."""

    def __init__(self, space: GenomeSpace, schedule: JackrabbitSchedule, seed: int) -> None:
        self.space = space
        self.schedule = schedule
        self.generation = 0  # iterations behind us
        self.finished = False
        self.scores: dict[bytes, Objectives] = {}
        self._m = mutation_schedule(schedule.iterations)
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._best: Genome | None = None
        self._history: list[BestStep] = []
        self.offspring = Batch(np.empty((0, space.size)), [], [])

    def begin(self, starts: Sequence[Genome] = ()) -> None:
        """Make the first batch: the starting candidates, or random ones."""
        n = min(len(starts) or self.schedule.batch, self.schedule.iterations)
        genomes = np.stack(list(starts[:n])) if starts else self.space.random(n, self._rng)
        self.offspring = self._batch(genomes)

    def learn(self, index: int, objectives: Objectives) -> None:
        """Keep the objectives of number `index` of the batch."""
        self.scores[self.offspring.digests[index]] = objectives

    def advance(self) -> None:
        """Take the batch in and make the next; every fresh candidate must have been learned."""
        for index, key in enumerate(self.offspring.digests):
            self._look_at(self.generation + index, self.offspring.genomes[index], self.scores[key])
        last = self.offspring.genomes[-1]
        self.generation += len(self.offspring.digests)
        if self.generation >= self.schedule.iterations:
            self.finished = True
            self.offspring = Batch(np.empty((0, self.space.size)), [], [])
            return
        n = min(self.schedule.batch, self.schedule.iterations - self.generation)
        parent = last if self._best is None else self._best
        mutants = [self._mutated(parent, self._m[self.generation + number - 1]) for number in range(n)]
        self.offspring = self._batch(np.stack(mutants))

    @property
    def jackrabbit(self) -> JackrabbitView:
        """Where the search is."""
        k = self.generation
        m = self._m[k - 1] if k else 1.0
        return JackrabbitView(k, self.schedule.iterations, m, self.schedule.decides, tuple(self._history))

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs besides the scores, as plain values."""
        return {
            "k": self.generation,
            "finished": self.finished,
            "random": json.dumps(self._rng.bit_generator.state),
            "best": b"" if self._best is None else self._best.tobytes(),
            "history": [[step.k, step.m, step.objective] for step in self._history],
            "offspring": self.offspring.genomes.tobytes(),
            "fresh": list(self.offspring.fresh),
        }

    def restore(self, snapshot: dict[str, Any], scores: dict[bytes, Objectives]) -> None:
        """Go on where `snapshot` was taken. Raises KeyError, TypeError or ValueError for what is no snapshot."""
        self.generation = int(snapshot["k"])
        self.finished = bool(snapshot["finished"])
        self._rng.bit_generator.state = json.loads(snapshot["random"])
        self._best = np.frombuffer(snapshot["best"], dtype=np.float64).copy() if snapshot["best"] else None
        self._history = [BestStep(int(k), float(m), float(objective)) for k, m, objective in snapshot["history"]]
        genomes = np.frombuffer(snapshot["offspring"], dtype=np.float64).reshape(-1, self.space.size).copy()
        fresh = [int(index) for index in snapshot["fresh"]]
        self.offspring = Batch(genomes, [digest(genome) for genome in genomes], fresh)
        self.scores = scores

    def _look_at(self, k: int, genome: Genome, objectives: Objectives) -> None:
        """Whether the candidate of iteration `k` is the new best: only a better one is, not an equal one."""
        objective = objectives[self.schedule.decides]
        if objective < (self._history[-1].objective if self._history else WORST):
            self._best = genome.copy()
            self._history.append(BestStep(k, self._m[k - 1] if k else 1.0, objective))

    def _mutated(self, parent: Genome, m: float) -> Genome:
        """Every open gene anew, one of `CHOICES` evenly spaced values in its window; not yet rounded."""
        low, high = self.space.low, self.space.high
        half = (high - low) * m / 2.0
        middle = np.maximum(low + half, np.minimum(parent, high - half))
        picks = self._rng.integers(CHOICES, size=self.space.size)
        return np.asarray(middle - half + picks * (2.0 * half / (CHOICES - 1)))

    def _batch(self, genomes: Genome) -> Batch:
        """The genomes as they will be evaluated; those that were tried, or come twice, are not evaluated again."""
        genomes = self.space.enforce(genomes)
        keys = [digest(genome) for genome in genomes]
        fresh = [index for index, key in enumerate(keys) if key not in self.scores and key not in keys[:index]]
        return Batch(genomes, keys, fresh)
