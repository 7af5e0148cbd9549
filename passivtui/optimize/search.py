"""The genetic algorithm, one generation at a time (`spec/optimizer.md` §2). It owns every random number of a run.

DEAP's `eaMuPlusLambda` with mu = lambda = the population: offspring are made, those that are new are evaluated by
whoever drives the search, and the best of parents and offspring become the next parents. Random numbers are drawn here
only, before anything is evaluated, so neither the number of workers nor their order changes a run.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from passivtui.optimize.algorithm import Batch, Objectives
from passivtui.optimize.duplicates import made_new
from passivtui.optimize.genome import Genome, GenomeSpace, digest
from passivtui.optimize.selection import select
from passivtui.optimize.variation import Chances, vary


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to search: candidates in a generation, offspring generations, and how offspring are made."""

    population: int
    generations: int
    chances: Chances

    @property
    def evaluations(self) -> int:
        """Evaluations to be expected in all; copies need none, so it is not exact."""
        share = min(1.0, self.chances.crossover + self.chances.mutation)
        return self.population + round(self.generations * self.population * share)


def schedule_of(iters: int, population: int, chances: Chances) -> Schedule:
    """The schedule for `iters` offspring: at least one generation of them."""
    return Schedule(population, max(1, iters // population), chances)


class _Seen:
    """The digests that have a score, and those of the batch being made, which have none yet."""

    def __init__(self, scores: Container[bytes]) -> None:
        self._scores = scores
        self._of_batch: set[bytes] = set()

    def __contains__(self, key: object) -> bool:
        return key in self._of_batch or key in self._scores

    def add(self, key: bytes) -> None:
        self._of_batch.add(key)


class Search:
    """One run's state: parents, the offspring under way, every score so far, and the random numbers.

    `begin` or `restore` first; then, until `finished`: evaluate `offspring.genomes[i]` for each i of `fresh`, `learn`
    its objectives, and `advance`.
    """

    def __init__(self, space: GenomeSpace, schedule: Schedule, seed: int) -> None:
        self.space = space
        self.schedule = schedule
        self.generation = 0  # of `offspring`: 0 is the initial population
        self.finished = False
        self.scores: dict[bytes, Objectives] = {}
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._parents: NDArray[np.float64] = np.empty((0, space.size))
        self.offspring = Batch(self._parents, [], [])

    def begin(self, starts: Sequence[Genome] = ()) -> None:
        """Make the initial population: the starting members, copies of them up to half of it, and random genomes."""
        n, rng = self.schedule.population, self._rng
        population = self.space.random(n, rng)
        if starts:
            given = np.stack(list(starts))
            population[: len(given)] = given
            copies = range(len(given), n // 2)
            population[len(given) : max(len(given), n // 2)] = given[rng.integers(len(given), size=len(copies))]
        self.offspring = self._made_new(population, np.zeros(len(population), dtype=bool))

    def learn(self, index: int, objectives: Objectives) -> None:
        """Keep the objectives of offspring number `index`."""
        self.scores[self.offspring.digests[index]] = objectives

    def advance(self) -> None:
        """Choose the next parents and make their offspring; every fresh individual must have been learned."""
        pool = np.concatenate([self._parents, self.offspring.genomes])
        keys = [digest(genome) for genome in self._parents] + self.offspring.digests
        chosen = select([self.scores[key] for key in keys], self.schedule.population)
        self._parents = pool[chosen]
        if self.generation >= self.schedule.generations:
            self.finished = True
            self.offspring = Batch(np.empty((0, self.space.size)), [], [])
            return
        self.generation += 1
        varied, copied = vary(self._parents, self.schedule.population, self.space, self.schedule.chances, self._rng)
        self.offspring = self._made_new(varied, copied)

    def _made_new(self, genomes: NDArray[np.float64], copied: NDArray[np.bool_]) -> Batch:
        """The genomes as they will be evaluated: enforced, and perturbed where they were seen before.

        Plain copies stay as they are, and so does a genome of which every perturbation is known: its score is known or
        comes from another of this batch.
        """
        genomes = self.space.enforce(genomes)
        seen = _Seen(self.scores)
        keys: list[bytes] = []
        fresh: list[int] = []
        for index, is_copy in enumerate(copied.tolist()):
            key, is_new = digest(genomes[index]), False
            if not is_copy:
                is_new = key not in seen
                if not is_new:
                    genomes[index], key, is_new = made_new(genomes[index], seen, self.space, self._rng)
            if is_new:
                seen.add(key)
                fresh.append(index)
            keys.append(key)
        return Batch(genomes, keys, fresh)

    @property
    def jackrabbit(self) -> None:
        """This is the genetic algorithm."""

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs besides the scores, as plain values."""
        return {
            "generation": self.generation,
            "finished": self.finished,
            "random": json.dumps(self._rng.bit_generator.state),
            "parents": self._parents.tobytes(),
            "offspring": self.offspring.genomes.tobytes(),
            "fresh": list(self.offspring.fresh),
        }

    def restore(self, snapshot: dict[str, Any], scores: dict[bytes, Objectives]) -> None:
        """Go on where `snapshot` was taken. Raises KeyError, TypeError or ValueError for what is no snapshot."""
        self.generation = int(snapshot["generation"])
        self.finished = bool(snapshot["finished"])
        self._rng.bit_generator.state = json.loads(snapshot["random"])
        self._parents = self._genomes(snapshot["parents"])
        genomes = self._genomes(snapshot["offspring"])
        self.offspring = Batch(genomes, [digest(genome) for genome in genomes], [int(i) for i in snapshot["fresh"]])
        self.scores = scores

    def _genomes(self, raw: bytes) -> NDArray[np.float64]:
        return np.frombuffer(raw, dtype=np.float64).reshape(-1, self.space.size).copy()
