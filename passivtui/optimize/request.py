"""What an optimizer run is asked to do, what it tells on the way, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from passivtui.config import Config, LoadedConfig
from passivtui.optimize.algorithm import NSGA2, JackrabbitView
from passivtui.optimize.documents import Documents
from passivtui.optimize.front import Candidate
from passivtui.optimize.goal import Goal
from passivtui.progress import Progress


@dataclass(frozen=True, slots=True)
class OptimizationRequest:
    """One search. `dataset`, `start` and `end` mean what they do for a backtest.

    `starts` are the configs of the starting members. `out` is the run's folder (None: a new one in the home). `seed`
    None draws one, which is kept. `workers` None takes `optimize.n_cpus`, but no more than there are processors.
    `cluster` is the address of a dask scheduler (`tcp://host:8786`). The search never sees the last `holdout_days` of
    the data; None takes `optimize.validation.holdout_days` of the config, else 0. `algorithm` is "nsga2" or
    "jackrabbit", which tries `batch` candidates at a time; `decides` is the metric of the scoring that makes its best.
    """

    config: LoadedConfig
    dataset: str | None = None
    start: str | None = None
    end: str | None = None
    starts: tuple[Config, ...] = ()
    out: Path | None = None
    seed: int | None = None
    workers: int | None = None
    cluster: str | None = None
    holdout_days: float | None = None
    algorithm: str = NSGA2
    batch: int = 1
    decides: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FrontView:
    """The front at one moment: `members` in the order found, objectives of what was `lately` evaluated, newest last.

    `documents.rounded(member)` is a member as a config with its metrics.
    """

    goal: Goal
    members: tuple[Candidate, ...]
    lately: tuple[tuple[float, ...], ...]
    documents: Documents


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far a search is. `best` has, per metric of the scoring, the best value of a candidate that keeps the limits.

    `generation` 0 is the initial population. `expected` evaluations are not exact. `rate` is in evaluations per second
    of the last half minute; it and `eta_seconds` are None until they are known.
    """

    folder: Path
    place: str  # "2 threads"
    evaluations: int
    expected: int
    generation: int
    generations: int
    rate: float | None
    eta_seconds: float | None
    front_size: int
    best: tuple[tuple[str, float | None], ...]
    front: FrontView | None = None
    jackrabbit: JackrabbitView | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know and that does not end the run."""

    text: str


Report = Callable[[Progress | SearchProgress | Notice], None]


def ignore_report(_: Progress | SearchProgress | Notice) -> None:
    """For callers that don't want to know."""


@dataclass(frozen=True, slots=True, eq=False)
class OptimizationResult:
    """What a search found. `files` are the configs of the members of `front`, in the same order.

    `chosen` is the index of the member nearest to the best of every objective; None when the front is empty, as it is
    only when the run was stopped at once. With Jackrabbit it is the best by the metric that decides. `finished` is
    False when it was stopped; it can be resumed then.
    """

    folder: Path
    goal: Goal
    finished: bool
    seed: int
    evaluations: int
    generation: int
    generations: int
    seconds: float
    front: tuple[Candidate, ...]
    files: tuple[Path, ...]
    chosen: int | None
    jackrabbit: JackrabbitView | None = None
