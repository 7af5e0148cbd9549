"""What the search improves: metrics over datasets, objectives to minimise, penalties for limits (§3)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from passivtui.config import Config, Limit
from passivtui.config.metric_names import METRIC_DIRECTIONS

#: The objective of a metric that is undefined or infinite: worse than any real one, yet a number to sort and divide by.
WORST = 1e30
PENALTY = 1e6  # per unit beyond a limit, on every objective

#: The metrics of one candidate: one mapping per dataset.
Measured = Sequence[Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Spread:
    """A metric over the datasets; None where it is undefined or infinite on any of them."""

    mean: float
    min: float
    max: float
    std: float


@dataclass(frozen=True, slots=True)
class Goal:
    """The metrics to improve, sorted by name, and the limits to keep."""

    scoring: tuple[str, ...]
    limits: tuple[Limit, ...] = ()

    def objectives(self, measured: Measured) -> tuple[float, ...]:
        """One number per metric of `scoring`, all to be minimised, never above `WORST`."""
        penalty = self.penalty(measured)
        return tuple(min(self._objective(name, measured) + penalty, WORST) for name in self.scoring)

    def penalty(self, measured: Measured) -> float:
        """What the limits add to every objective; 0.0 when all are kept."""
        return min(sum((_excess(limit, measured) * PENALTY for limit in self.limits), 0.0), WORST)

    def metrics(self, measured: Measured) -> list[float | None]:
        """The metrics of `scoring`, each the mean over the datasets; None where undefined."""
        spreads = [spread_of(name, measured) for name in self.scoring]
        return [None if spread is None else spread.mean for spread in spreads]

    def natural(self, objectives: Sequence[float]) -> tuple[float, ...]:
        """Objectives in the metrics' own sign."""
        return tuple(value * sign_of(name) for name, value in zip(self.scoring, objectives, strict=True))

    def _objective(self, name: str, measured: Measured) -> float:
        spread = spread_of(name, measured)
        return WORST if spread is None else sign_of(name) * spread.mean


def goal_of(config: Config) -> Goal:
    """The goal of a config's `optimize.scoring` and `optimize.limits`."""
    return Goal(tuple(sorted(config.optimize.scoring)), config.optimize.limits)


def sign_of(metric: str) -> float:
    """-1.0 for a metric to be maximised, 1.0 for one to be minimised."""
    return -1.0 if METRIC_DIRECTIONS[metric] == "higher" else 1.0


def spread_of(metric: str, measured: Measured) -> Spread | None:
    """Mean, extremes and population standard deviation over the datasets; None when undefined on any of them."""
    values = [of_dataset.get(metric, math.nan) for of_dataset in measured]
    if not all(map(math.isfinite, values)):
        return None
    if len(values) == 1:
        return Spread(values[0], values[0], values[0], 0.0)
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
    return Spread(mean, min(values), max(values), math.sqrt(variance))


def _excess(limit: Limit, measured: Measured) -> float:
    """How far the worst dataset is beyond the limit; 0.0 when it is kept, `WORST` for an undefined metric."""
    spread = spread_of(limit.metric, measured)
    if spread is None:
        return WORST
    beyond = spread.max - limit.value if limit.side == "greater" else limit.value - spread.min
    return max(0.0, beyond)
