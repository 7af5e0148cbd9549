"""A candidate as numbers: one gene per strategy setting and side, within bounds, rounded (`spec/optimizer.md` §1)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from passivtui.config import Config, SideParams
from passivtui.config.parameters import BOUNDS, SIDES
from passivtui.errors import ConfigError, Problem

#: The settings that are genes, in alphabetical order; the same on both sides.
GENE_NAMES: tuple[str, ...] = tuple(sorted(param.name for param, side in BOUNDS.values() if side == SIDES[0]))

#: Every gene with its side, in the order of a genome: all of long, then all of short.
GENES: tuple[tuple[str, str], ...] = tuple((side, name) for side in SIDES for name in GENE_NAMES)

LOSSLESS_CLOSE_TRAILING = "lossless_close_trailing"

#: More digits than a double can be rounded to without changing it again.
_MOST_DIGITS = 15
_POWERS_OF_TEN = np.array([float(f"1e{exponent}") for exponent in range(301)])

Genome = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GenomeSpace:
    """The bounds of every gene (arrays in the order of `GENES`) and the significant digits that values are given."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    digits: int

    @property
    def free(self) -> NDArray[np.intp]:
        """Indices of the genes that the search may move."""
        return np.flatnonzero(self.low < self.high)

    @property
    def size(self) -> int:
        """Genes in all, fixed ones included."""
        return len(self.low)

    def enforce(self, genomes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The genomes (any shape, genes last) as they are evaluated: rounded, then clamped to the bounds."""
        # Adding 0.0 turns -0.0 into 0.0, which would otherwise be another genome.
        return np.asarray(np.clip(round_significant(genomes, self.digits), self.low, self.high) + 0.0)

    def random(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """`n` genomes, each gene uniform within its bounds; not yet rounded."""
        return np.asarray(self.low + rng.random((n, self.size)) * (self.high - self.low))

    def encode(self, config: Config) -> Genome:
        """The genome of a config, brought within the bounds."""
        return self.enforce(genome_of(config))


def genome_of(config: Config) -> Genome:
    """A config's values as they are, whatever the bounds."""
    return np.array([float(getattr(config.bot.side(side), name)) for side, name in GENES])


def space_of(config: Config) -> GenomeSpace:
    """The space that `optimize.bounds` spans. Raises ConfigError when it holds nothing to search."""
    bounds = [config.optimize.bounds[f"{side}_{name}"] for side, name in GENES]
    low = np.array([low for low, _ in bounds])
    high = np.array([high for _, high in bounds])
    for side in SIDES:
        if not _is_enabled(config, side):
            of_side = np.array([side == gene_side for gene_side, _ in GENES])
            high[of_side] = low[of_side]
    space = GenomeSpace(low, high, config.optimize.round_to_n_significant_digits)
    if not len(space.free):
        problem = Problem(
            "optimize.bounds",
            "",
            "nothing can be varied: give a setting of a side that is on two bounds, such as long_ema_span_0 = [200, "
            "1440]; a side is on when the upper bounds of its n_positions and total_wallet_exposure_limit are above 0",
        )
        raise ConfigError(str(problem), [problem])
    return space


def _is_enabled(config: Config, side: str) -> bool:
    """Whether the side may trade at all anywhere in the space."""
    bounds = config.optimize.bounds
    return all(bounds[f"{side}_{name}"][1] > 0.0 for name in ("n_positions", "total_wallet_exposure_limit"))


def round_significant(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Each value rounded to `digits` significant digits: the double nearest to that decimal number.

    Below 1e-8, where powers of ten are no longer exact, it may be the double beside; rounding again changes nothing.
    """
    if digits > _MOST_DIGITS:
        return values
    magnitude = np.abs(values)
    with np.errstate(divide="ignore"):
        exponent = digits - 1 - np.floor(np.log10(np.where(magnitude > 0.0, magnitude, 1.0))).astype(np.int64)
    exponent = np.minimum(exponent, len(_POWERS_OF_TEN) - 1)
    scale = _POWERS_OF_TEN[np.abs(exponent)]
    up = exponent >= 0
    with np.errstate(over="ignore"):  # in the branch that isn't taken
        whole = np.rint(np.where(up, values * scale, values / scale))
        return np.asarray(np.where(up, whole / scale, whole * scale))


def digest(genome: Genome) -> bytes:
    """16 bytes that tell an enforced genome from every other."""
    return hashlib.blake2b(genome.tobytes(), digest_size=16).digest()


def decode(config: Config, genome: Genome | Sequence[float]) -> Config:
    """The config whose strategy is the genome's; everything else is `config`'s, its extra rules applied (§14).

    `n_positions` becomes the whole number that the engine makes of it (halves away from zero), so that the saved
    config trades as the candidate did.
    """
    values = [float(value) for value in genome]
    half = len(GENE_NAMES)
    sides = {}
    for number, side in enumerate(SIDES):
        genes = dict(zip(GENE_NAMES, values[number * half : (number + 1) * half], strict=True))
        sides[side] = _side(config.bot.side(side), genes, lossless=is_lossless(config))
    return replace(config, bot=replace(config.bot, **sides))


def _side(base: SideParams, genes: dict[str, float], *, lossless: bool) -> SideParams:
    if lossless:
        genes = with_lossless_close(genes)
    settings: dict[str, Any] = {**genes, "n_positions": math.floor(genes["n_positions"] + 0.5)}
    return replace(base, **settings)


def is_lossless(config: Config) -> bool:
    """Whether the trailing close's threshold is kept at or above its retracement."""
    return LOSSLESS_CLOSE_TRAILING in config.optimize.enable_overrides


def with_lossless_close(genes: dict[str, float]) -> dict[str, float]:
    """A side's settings with the threshold of trailing closes at or above the retracement."""
    threshold, retracement = genes["close_trailing_threshold_pct"], genes["close_trailing_retracement_pct"]
    return {**genes, "close_trailing_threshold_pct": max(threshold, retracement)}
