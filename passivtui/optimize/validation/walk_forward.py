"""Walk forward: search on the past up to a day, try what was chosen on the days after it, and go on from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from passivtui.backtest.request import BacktestRequest
from passivtui.clock import MINUTE_MS, Clock, utc_ms
from passivtui.config import config_from_document
from passivtui.errors import DataError
from passivtui.optimize.documents import RESULT_KEYS
from passivtui.optimize.goal import Goal, goal_of
from passivtui.optimize.pareto_files import read_front
from passivtui.optimize.request import OptimizationRequest, Report, ignore_report
from passivtui.optimize.run import run_optimization
from passivtui.optimize.validation.grounds import MINUTES_A_DAY, Ground, metrics_on, open_grounds
from passivtui.paths import Home
from passivtui.progress import CancelToken


@dataclass(frozen=True, slots=True)
class Fold:
    """One step: searched on the time from the beginning to `border_ms`, tried from there to `end_ms`.

    `inside` and `outside` are the metrics of the scoring of the member that the search chose; None where undefined.
    """

    folder: Path
    border_ms: int
    end_ms: int
    inside: tuple[float | None, ...]
    outside: tuple[float | None, ...]
    outside_gain: float | None


@dataclass(frozen=True, slots=True)
class WalkForward:
    """All steps. `gain` is what the chosen members would have made one after the other on the days they never saw."""

    goal: Goal
    folds: tuple[Fold, ...]

    @property
    def gain(self) -> float | None:
        """The product of the gains outside; None when one is undefined."""
        product = 1.0
        for fold in self.folds:
            if fold.outside_gain is None:
                return None
            product *= fold.outside_gain
        return product


def walk_forward(
    request: OptimizationRequest,
    home: Home,
    folder: Path,
    folds: int,
    report: Report = ignore_report,
    cancel: CancelToken | None = None,
    *,
    told: Callable[[Fold], None] = lambda _: None,
    clock: Clock = utc_ms,
) -> WalkForward:
    """Search `folds` times, each in a folder of its own within `folder`, and try what it chose on what comes next.

    The time is cut into `folds` + 1 equal parts: the first search sees one of them, the last all but one. The member
    nearest to the best of every objective is the one that is tried; the run over the next part begins flat. Blocking.
    Raises as a search does, DataError for too short a time, and Cancelled when `cancel` is used.
    """
    cancel = cancel or CancelToken()
    market = BacktestRequest(request.config, request.dataset, request.start, request.end)
    grounds = open_grounds(market, home, report, cancel, clock)
    if len(grounds) != 1:
        raise DataError("walking forward needs one market: set backtest.combine_ohlcvs to true, or name one exchange")
    ground, goal = grounds[0], goal_of(request.config.config)
    edges = [ground.n_minutes * number // (folds + 1) for number in range(folds + 2)]
    if ground.n_minutes // (folds + 1) < MINUTES_A_DAY:
        raise DataError(f"{ground.days:.1f} days are too short for {folds} steps of at least a day each")
    found = []
    for number in range(1, folds + 1):
        fold = _one(request, home, folder / f"fold_{number}", ground, edges[number], edges[number + 1], report, cancel)
        found.append(fold)
        told(fold)
    return WalkForward(goal, tuple(found))


def _one(
    request: OptimizationRequest,
    home: Home,
    folder: Path,
    ground: Ground,
    border: int,
    end: int,
    report: Report,
    cancel: CancelToken,
) -> Fold:
    border_ms = ground.first_ms + border * MINUTE_MS
    seen = replace(request, start=str(ground.first_ms), end=str(border_ms - MINUTE_MS), out=folder, holdout_days=0.0)
    result = run_optimization(seen, home, report, cancel)
    cancel.raise_if_cancelled()
    document = read_front(folder)[0].document  # nearest first
    plain = {key: value for key, value in document.items() if key not in RESULT_KEYS}
    config = config_from_document(plain).config
    inside = metrics_on(ground.part(0, border), [config], cancel)
    outside = metrics_on(ground.part(border, end), [config], cancel)
    return Fold(
        folder=folder,
        border_ms=border_ms,
        end_ms=ground.first_ms + end * MINUTE_MS,
        inside=tuple(result.goal.metrics(inside)),
        outside=tuple(result.goal.metrics(outside)),
        outside_gain=Goal(("gain",)).metrics(outside)[0],
    )
