"""What runs on a cluster's workers: they keep the candles they were sent, by content, and evaluate batches on them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from passivtui._version import VERSION
from passivtui.clock import monotonic
from passivtui.core import MarketData
from passivtui.optimize.evaluation import Task, evaluate
from passivtui.optimize.goal import Measured

#: Datasets that a worker process keeps at most; the one that was not used for longest goes.
MOST_HELD = 4

_held: OrderedDict[str, MarketData] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """What a worker is asked when it is first met."""

    version: str
    held: tuple[str, ...]  # keys of the candles it has


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A batch's metrics, and how long they took."""

    measured: list[Measured]
    seconds: float


@dataclass(frozen=True, slots=True)
class Unable:
    """Why the worker at `address` can't evaluate: it lacks candles, or it runs another version of this program."""

    address: str
    missing: tuple[str, ...]
    version: str


def facts() -> WorkerFacts:
    """What this worker is and has."""
    with _lock:
        return WorkerFacts(VERSION, tuple(_held))


def hold(key: str, arrays: tuple[NDArray[np.float64], NDArray[np.float64]]) -> None:
    """Keep candles, (hlcv, btc_usd), under the key of their content."""
    market = MarketData(*arrays)
    with _lock:
        _held[key] = market
        while len(_held) > MOST_HELD:
            _held.popitem(last=False)


def evaluate_batch(version: str, tasks: Sequence[Task], genomes: list[list[float]]) -> Evaluated | Unable:
    """The metrics of each genome (`evaluation.evaluate`), if this worker runs `version` and has the tasks' candles."""
    started = monotonic()
    keys = {task.key for task in tasks}
    with _lock:
        markets = {key: _held[key] for key in keys if key in _held}
        for key in markets:
            _held.move_to_end(key)
    missing = tuple(sorted(keys - markets.keys()))
    if missing or version != VERSION:
        from distributed import get_worker

        return Unable(get_worker().address, missing, VERSION)
    return Evaluated(evaluate(markets, tasks, genomes), monotonic() - started)
