"""New genomes from old ones: simulated binary crossover and polynomial mutation, both bounded (Deb 2001; record §4).

All offspring of a generation are made in a few array operations, with the caller's random numbers and no others, so a
generation costs milliseconds and one seed gives one history.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from passivtui.optimize.genome import GenomeSpace

ETA = 20.0  # crowding degree of both operators: how close children stay to their parents
_SAME = 1e-14  # parents' genes closer than this are not crossed

Genomes = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chances:
    """Probabilities that an offspring comes from crossover or from mutation; else it is a plain copy."""

    crossover: float
    mutation: float


def vary(
    parents: Genomes, n: int, space: GenomeSpace, chances: Chances, rng: np.random.Generator
) -> tuple[Genomes, NDArray[np.bool_]]:
    """`n` offspring (DEAP's `varOr`): crossover of two distinct random parents, mutation of one, or a copy of one.

    Of a crossover only the first child is kept. Genes with equal bounds never change. The second array tells which
    offspring are copies: they keep their parent's score.
    """
    choice = rng.random(n)
    first = rng.integers(len(parents), size=n)
    second = (first + 1 + rng.integers(len(parents) - 1, size=n)) % len(parents)
    offspring = parents[first]
    crossed = choice < chances.crossover
    mutated = ~crossed & (choice < chances.crossover + chances.mutation)
    offspring[crossed] = crossover(parents[first[crossed]], parents[second[crossed]], space, rng)
    offspring[mutated] = mutate(parents[first[mutated]], space, rng)
    return offspring, ~(crossed | mutated)


def crossover(ones: Genomes, others: Genomes, space: GenomeSpace, rng: np.random.Generator) -> Genomes:
    """The first child of each pair (n, genes): every free gene is crossed with probability 1/2."""
    shape = ones.shape
    crossing, r, swap = rng.random(shape) <= 0.5, rng.random(shape), rng.random(shape) <= 0.5
    crossing &= (np.abs(ones - others) > _SAME) & (space.low < space.high)
    lower, upper = np.minimum(ones, others), np.maximum(ones, others)
    gap = np.where(crossing, upper - lower, 1.0)
    below = 0.5 * (lower + upper - _spread(1.0 + 2.0 * (lower - space.low) / gap, r) * gap)
    above = 0.5 * (lower + upper + _spread(1.0 + 2.0 * (space.high - upper) / gap, r) * gap)
    child = np.clip(np.where(swap, above, below), space.low, space.high)
    return np.where(crossing, child, ones)


def _spread(beta: Genomes, r: Genomes) -> Genomes:
    """How far children lie apart, for a bound at `beta` and a uniform draw `r`."""
    alpha = 2.0 - np.maximum(beta, 1.0) ** -(ETA + 1.0)
    inside = r <= 1.0 / alpha
    base = np.where(inside, r * alpha, 1.0 / np.where(inside, 1.0, 2.0 - r * alpha))
    return np.asarray(base ** (1.0 / (ETA + 1.0)))


def mutate(genomes: Genomes, space: GenomeSpace, rng: np.random.Generator) -> Genomes:
    """Mutants of genomes (n, genes): every gene is moved with probability 1 / number of all genes, fixed ones too."""
    shape = genomes.shape
    width = space.high - space.low
    moving = (rng.random(shape) <= 1.0 / space.size) & (width > 0.0)
    r = rng.random(shape)
    range_ = np.where(width > 0.0, width, 1.0)
    to_low, to_high = (genomes - space.low) / range_, (space.high - genomes) / range_
    downwards = r < 0.5
    room = 1.0 - np.clip(np.where(downwards, to_low, to_high), 0.0, 1.0)
    share = np.where(downwards, 2.0 * r, 2.0 * (1.0 - r))
    reach = (share + (1.0 - share) * room ** (ETA + 1.0)) ** (1.0 / (ETA + 1.0))
    step = np.where(downwards, reach - 1.0, 1.0 - reach)
    return np.where(moving, np.clip(genomes + step * width, space.low, space.high), genomes)
