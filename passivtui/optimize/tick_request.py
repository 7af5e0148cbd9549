"""What a search over ticks is asked to do, what it tells on the way, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from passivtui.optimize.request import Notice
from passivtui.passivx.jackrabbit_search import Step
from passivtui.progress import Progress


@dataclass(frozen=True, slots=True)
class TickSearchRequest:
    """One search of Passiv-X settings by Jackrabbit.

    `settings` is a file of Passiv-X's backtest settings, `sets` are `KEY=VALUE` texts that count before it, `place` is
    where the ticks are (`open_ticks`). `iters`, if given, goes before the file's iterations, `start` (live settings)
    before its starting candidate. `seed` None draws one, which is kept. `workers` None takes the processors; `batch`
    candidates are tried at a time. `out` is the run's folder (None: a new one in the home).
    """

    settings: Path
    place: str
    sets: tuple[str, ...] = ()
    iters: int | None = None
    seed: int | None = None
    start: Path | None = None
    out: Path | None = None
    workers: int | None = None
    batch: int = 1


@dataclass(frozen=True, slots=True)
class TickSearchProgress:
    """How far a search is: `k` of `n` iterations are done, `m` is the last one's.

    `steps` are all iterations so far, `bests` those of them that were the best when they came, the newest last.
    """

    folder: Path
    k: int
    n: int
    m: float
    rate: float | None  # iterations per second, of the last half minute
    eta_seconds: float | None
    steps: tuple[Step, ...]
    bests: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class TickSearchResult:
    """What a search found. `finished` is False when it was stopped; it can be resumed then."""

    folder: Path
    symbol: str
    finished: bool
    seed: int
    k: int
    n: int
    seconds: float  # of this session
    bests: tuple[Step, ...]

    @property
    def best(self) -> Step | None:
        """The candidate with the highest gain; None when none had a result."""
        return self.bests[-1] if self.bests else None


TickReport = Callable[[Progress | TickSearchProgress | Notice], None]


def ignore_tick_report(_: Progress | TickSearchProgress | Notice) -> None:
    """For callers that don't want to know."""
