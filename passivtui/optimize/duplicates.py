"""What happens to a genome that was evaluated before: it is perturbed, more and more, until it is new (§2)."""

from __future__ import annotations

from collections.abc import Callable, Container

import numpy as np
from numpy.typing import NDArray

from passivtui.optimize.genome import Genome, GenomeSpace, digest

Perturbation = Callable[[Genome, GenomeSpace, np.random.Generator], Genome]

_NEAR = 0.01  # a small change: of the value, or of the range
_SHARE = 0.2  # of the genes, where only some are changed


def scale_all(genome: Genome, space: GenomeSpace, rng: np.random.Generator) -> Genome:
    """Each value × U(0.99, 1.01)."""
    free = space.free
    return _with(genome, free, genome[free] * (1.0 + rng.uniform(-_NEAR, _NEAR, len(free))))


def step_last_digit(genome: Genome, space: GenomeSpace, rng: np.random.Generator) -> Genome:
    """Each value ± one step in its last significant digit, with probability 1/2."""
    free = space.free
    values, width = genome[free], (space.high - space.low)[free]
    magnitude = np.where(values == 0.0, width, np.abs(values))
    leading = np.where(values == 0.0, 0.0, np.floor(np.log10(magnitude)))
    step = np.where(values == 0.0, width, 1.0) * 10.0 ** (leading - (space.digits - 1))
    direction = np.where(rng.random(len(free)) < 0.5, 1.0, -1.0)
    moving = rng.random(len(free)) < 0.5
    return _with(genome, free, np.where(moving, values + direction * step, values))


def add_noise(genome: Genome, space: GenomeSpace, rng: np.random.Generator) -> Genome:
    """Gaussian noise of 1 % of each range."""
    free = space.free
    return _with(genome, free, genome[free] + rng.normal(0.0, 1.0, len(free)) * _NEAR * (space.high - space.low)[free])


def move_some(genome: Genome, space: GenomeSpace, rng: np.random.Generator) -> Genome:
    """A fifth of the genes moved by up to ±1 % of their range."""
    some = _some(space, rng)
    shift = rng.uniform(-1.0, 1.0, len(some)) * _NEAR * (space.high - space.low)[some]
    return _with(genome, some, genome[some] + shift)


def redraw_some(genome: Genome, space: GenomeSpace, rng: np.random.Generator) -> Genome:
    """A fifth of the genes drawn anew."""
    return _redrawn(genome, _some(space, rng), space, rng)


def redraw_all(genome: Genome, space: GenomeSpace, rng: np.random.Generator) -> Genome:
    """Every gene drawn anew."""
    return _redrawn(genome, space.free, space, rng)


#: In the order in which they are tried.
PERTURBATIONS: tuple[Perturbation, ...] = (
    scale_all,
    step_last_digit,
    add_noise,
    move_some,
    redraw_some,
    redraw_all,
)


def made_new(
    genome: Genome, seen: Container[bytes], space: GenomeSpace, rng: np.random.Generator
) -> tuple[Genome, bytes, bool]:
    """The first perturbation of a genome that no digest in `seen` knows: (genome, digest, whether it is new).

    When all of them are known, the genome itself comes back as it was.
    """
    for perturb in PERTURBATIONS:
        candidate = space.enforce(perturb(genome, space, rng))
        key = digest(candidate)
        if key not in seen:
            return candidate, key, True
    return genome, digest(genome), False


def _some(space: GenomeSpace, rng: np.random.Generator) -> NDArray[np.intp]:
    free = space.free
    return rng.choice(free, size=max(1, int(_SHARE * len(free))), replace=False)


def _redrawn(genome: Genome, genes: NDArray[np.intp], space: GenomeSpace, rng: np.random.Generator) -> Genome:
    return _with(genome, genes, rng.uniform(space.low[genes], space.high[genes]))


def _with(genome: Genome, genes: NDArray[np.intp], values: NDArray[np.float64]) -> Genome:
    changed = genome.copy()
    changed[genes] = values
    return changed
