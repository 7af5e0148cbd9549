"""The one evaluation: genomes in, metrics out, on this machine's threads and on a cluster's workers alike (§3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from passivtui.backtest.analysis import scored_metrics
from passivtui.core import EngineInputError, MarketData, simulate_many
from passivtui.core import Evaluation as EngineEvaluation
from passivtui.optimize.bot_sets import BotSets
from passivtui.optimize.genome import Genome
from passivtui.optimize.goal import Measured


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """A dataset's arrays as the engine takes them. `key` identifies their content: the same key, the same candles."""

    key: str
    hlcv: NDArray[np.float64]  # (minutes, coins, 4)
    btc_usd: NDArray[np.float64]  # (minutes,)


@dataclass(frozen=True, slots=True)
class Task:
    """What one dataset is evaluated with, besides its candles; small, so that it can travel with every batch."""

    key: str  # of the candles
    name: str  # the exchange, or "combined"
    sets: BotSets
    exchange_params: tuple[Mapping[str, float], ...]
    starting_balance: float
    maker_fee: float


def evaluate(
    markets: Mapping[str, MarketData], tasks: Sequence[Task], genomes: Sequence[Sequence[float]]
) -> list[Measured]:
    """The metrics of each genome: one mapping per task, in the order of `tasks`. Values may be infinite or NaN.

    A genome that the engine refuses has no metrics at all, which counts as the worst. The GIL is released while the
    engine runs. Raises MemoryError.
    """
    per_task = [_on_one(markets[task.key], task, genomes) for task in tasks]
    return [tuple(of_genome) for of_genome in zip(*per_task, strict=True)]


def _on_one(market: MarketData, task: Task, genomes: Sequence[Sequence[float]]) -> list[Mapping[str, float]]:
    sets = [task.sets.of(genome) for genome in genomes]
    return [
        {} if run is None else scored_metrics(run.analysis, task.sets.exposure_limits(genome))
        for genome, run in zip(genomes, _runs(market, task, sets), strict=True)
    ]


def _runs(
    market: MarketData, task: Task, sets: Sequence[Sequence[Mapping[str, Mapping[str, float]]]]
) -> list[EngineEvaluation | None]:
    """The engine's answers; None for a set that it refuses. All sets are checked before any is run."""
    try:
        return [*simulate_many(market, sets, task.exchange_params, task.starting_balance, task.maker_fee)]
    except EngineInputError:
        if len(sets) == 1:
            return [None]
        return [run for one in sets for run in _runs(market, task, [one])]


def listed(genomes: Sequence[Genome] | NDArray[np.float64]) -> list[list[float]]:
    """Genomes as lists of Python floats, which the engine's packing reads faster than arrays."""
    return [genome.tolist() for genome in genomes]
