"""Validate a run of the optimizer: its members on data they never saw, their neighbours, and the luck in the search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from passivtui.backtest.request import BacktestRequest
from passivtui.clock import Clock, utc_ms
from passivtui.config import Config, config_from_document, load_config
from passivtui.errors import ConfigError, DataError, ReportError
from passivtui.optimize.documents import RESULT_KEYS
from passivtui.optimize.genome import decode
from passivtui.optimize.goal import Goal, Measured, goal_of
from passivtui.optimize.pareto_files import MemberFile, read_front
from passivtui.optimize.records import ALL_RESULTS, read_records
from passivtui.optimize.run_folder import CONFIG_FILE, RunFacts, read_facts
from passivtui.optimize.state import RunState
from passivtui.optimize.validation.cscv import Overfitting, overfitting
from passivtui.optimize.validation.grounds import Ground, metrics_on, open_grounds, returns_matrix
from passivtui.optimize.validation.neighbours import neighbours
from passivtui.optimize.validation.sharpe import deflated_sharpe, sharpe
from passivtui.optimize.validation.verdict import member_verdict, search_verdict
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ProgressSink, ignore_progress

_EVEN_STEPS: Final = (-1.0, 1.0)


@dataclass(frozen=True, slots=True)
class ValidationOptions:
    """How much to look at: nearest members first, a sample of all tries, steps aside, periods."""

    members: int = 10
    trials: int = 200
    step: float = 0.05
    periods: int = 4


@dataclass(frozen=True, slots=True)
class MemberCheck:
    """One member. Metrics are those of the run's scoring, in its order and own sign; None where undefined.

    Attributes:
        inside: over the time that the search saw.
        outside: over the hold-out; None when there is none.
        periods: over each of a few equal periods of the whole time.
        robust: the share of its neighbours that keep the limits; None without limits.
        deflated: the deflated Sharpe ratio, a probability, over the time the search saw.
        lost_outside: whether it lost money over the hold-out.
    """

    path: Path
    distance: float
    inside: tuple[float | None, ...]
    outside: tuple[float | None, ...] | None
    periods: tuple[tuple[float | None, ...], ...]
    robust: float | None
    deflated: float
    verdict: str
    lost_outside: bool = False


@dataclass(frozen=True, slots=True)
class Validation:
    """What came of validating a run. `trials`: how many candidates the search tried; `sampled`: how many of them, and
    of the front, the probability of overfitting rests on."""

    folder: Path
    goal: Goal
    trials: int
    sampled: int
    holdout_days: float
    overfitting: Overfitting | None
    members: tuple[MemberCheck, ...]
    verdict: str


def validate_run(
    folder: Path,
    home: Home,
    options: ValidationOptions | None = None,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
    *,
    clock: Clock = utc_ms,
) -> Validation:
    """Validate the front of the run in `folder`. Blocking. Raises ReportError for a folder without a run or front, what
    opening its market can, and Cancelled."""
    options, cancel = options or ValidationOptions(), cancel or CancelToken()
    facts, loaded = read_facts(folder), load_config(folder / CONFIG_FILE)
    start, goal = loaded.config, goal_of(loaded.config)
    files = read_front(folder)
    request = BacktestRequest(replace(loaded, name=facts.config_name), facts.dataset, facts.start, facts.end)
    grounds = open_grounds(request, home, progress, cancel, clock)
    seen = [ground.split(facts.holdout_days)[0] for ground in grounds]
    progress(Progress("tries", 0, 0))
    trials, sample = _tried(folder, start, goal, options.trials)
    members = [(file, _config_of(file.document)) for file in files[: options.members]]
    tried = [*sample, *(_config_of(file.document) for file in files)]
    matrix = returns_matrix(seen[0], tried, cancel)
    luck = overfitting(matrix)
    ratios = np.array([sharpe(matrix[:, number]) for number in range(matrix.shape[1])])
    look = _Look(goal, start, grounds, seen, facts, options, max(trials, len(files)), float(ratios.var()), cancel)
    checks = []
    for number, (file, config) in enumerate(members):
        progress(Progress("members", number, len(members), "members"))
        checks.append(look.check(file, config))
    return Validation(
        folder=folder,
        goal=goal,
        trials=look.trials,
        sampled=len(tried),
        holdout_days=facts.holdout_days,
        overfitting=luck,
        members=tuple(checks),
        verdict=search_verdict(luck, look.trials, sum(check.lost_outside for check in checks), len(checks)),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What every member is looked at with."""

    goal: Goal
    start: Config
    grounds: Sequence[Ground]
    seen: Sequence[Ground]
    facts: RunFacts
    options: ValidationOptions
    trials: int
    variance: float
    cancel: CancelToken

    def check(self, file: MemberFile, config: Config) -> MemberCheck:
        inside = self._values(self.seen, config)
        rest = [ground.split(self.facts.holdout_days)[1] for ground in self.grounds]
        unseen = [ground for ground in rest if ground is not None]
        outside = self._values(unseen, config) if unseen else None
        returns = returns_matrix(self.seen[0], [config], self.cancel)[:, 0]
        deflated = deflated_sharpe(returns, self.variance, self.trials)
        robust = self._robust(config)
        gains = [self._gain(grounds, config) if grounds else None for grounds in (self.seen, unseen)]
        return MemberCheck(
            path=file.path,
            distance=file.distance,
            inside=inside,
            outside=outside,
            periods=self._periods(config),
            robust=robust,
            deflated=deflated,
            verdict=member_verdict(deflated, self.trials, robust, *gains),
            lost_outside=gains[1] is not None and gains[1] < 1.0,
        )

    def _measured(self, grounds: Sequence[Ground], config: Config) -> Measured:
        return tuple(metrics_on(ground, [config], self.cancel)[0] for ground in grounds)

    def _values(self, grounds: Sequence[Ground], config: Config) -> tuple[float | None, ...]:
        return tuple(self.goal.metrics(self._measured(grounds, config)))

    def _gain(self, grounds: Sequence[Ground], config: Config) -> float | None:
        gains = [metrics.get("gain", math.nan) for metrics in self._measured(grounds, config)]
        mean = math.fsum(gains) / len(gains)
        return mean if math.isfinite(mean) else None

    def _periods(self, config: Config) -> tuple[tuple[float | None, ...], ...]:
        """Of the first dataset; none where the time is too short."""
        try:
            parts = self.grounds[0].periods(self.options.periods)
        except DataError:
            return ()
        return tuple(self._values([part], config) for part in parts)

    def _robust(self, config: Config) -> float | None:
        if not self.goal.limits:
            return None
        steps = tuple(sign * self.options.step for sign in _EVEN_STEPS)
        around = [one.config for one in neighbours(config, steps)]
        per_ground = [metrics_on(ground, around, self.cancel) for ground in self.seen]
        kept = [self.goal.penalty(measured) == 0.0 for measured in zip(*per_ground, strict=True)]
        return sum(kept) / len(kept) if kept else None


def _tried(folder: Path, start: Config, goal: Goal, most: int) -> tuple[int, list[Config]]:
    """How many candidates were tried, and an even sample of them.

    The sample is taken from all of them where they were recorded (`write_all_results`), else it is those that entered
    the front last: beside the weak ones of the beginning, any of them would look skilled.
    """
    state = RunState(folder, len(goal.scoring), all_results=False, compress=False)
    checkpoint = state.read()
    if checkpoint is None:
        raise ReportError(f"the run in {folder} has no results yet")
    path = folder / ALL_RESULTS
    if path.exists():
        every = max(1, checkpoint.evaluations // max(1, most))
        return checkpoint.evaluations, [_config_of(record) for record in islice(read_records(path), 0, None, every)][
            :most
        ]
    been = state.front(checkpoint.lengths)
    return checkpoint.evaluations, [decode(start, candidate.genome) for candidate in been[-most:]]


def _config_of(document: dict[str, Any]) -> Config:
    """The config of a result. Raises ReportError when it is none."""
    plain = {key: value for key, value in document.items() if key not in RESULT_KEYS}
    try:
        return config_from_document(plain).config
    except ConfigError as error:
        raise ReportError(f"a result of the run is damaged: {error}") from error
