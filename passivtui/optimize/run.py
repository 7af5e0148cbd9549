"""Run a search from a request, or go on with one from its folder. Blocking; the app calls it in a thread."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from passivtui._version import VERSION
from passivtui.backtest.markets import EXCHANGES
from passivtui.backtest.request import DEMO, BacktestRequest
from passivtui.clock import Clock, monotonic, utc_ms
from passivtui.config import Config, load_config, to_json
from passivtui.config.parameter import as_number
from passivtui.errors import ConfigError, DataError, Problem, StorageError
from passivtui.files import write_atomically
from passivtui.optimize.algorithm import JACKRABBIT, NSGA2, Algorithm, JackrabbitView
from passivtui.optimize.arena import Arena, open_arena
from passivtui.optimize.documents import Documents
from passivtui.optimize.evaluator import Evaluator, ThreadEvaluator
from passivtui.optimize.front import Front
from passivtui.optimize.genome import Genome, GenomeSpace, space_of
from passivtui.optimize.goal import Goal, goal_of
from passivtui.optimize.ideal import nearest_member
from passivtui.optimize.index import list_run
from passivtui.optimize.jackrabbit import JackrabbitSchedule, JackrabbitSearch, deciding_metric
from passivtui.optimize.request import Notice, OptimizationRequest, OptimizationResult, Report, ignore_report
from passivtui.optimize.run_folder import CONFIG_FILE, RunFacts, check_new, locked, read_facts, run_name, write_facts
from passivtui.optimize.search import Search, schedule_of
from passivtui.optimize.session import Session
from passivtui.optimize.starts import outside, starting_members
from passivtui.optimize.state import RunState
from passivtui.optimize.variation import Chances
from passivtui.paths import Home
from passivtui.progress import CancelToken
from passivtui.storage.optimizer_runs import RunStatus

_NAMED = 5  # of a list of bounds, where all would be too many


def run_optimization(
    request: OptimizationRequest,
    home: Home,
    report: Report = ignore_report,
    cancel: CancelToken | None = None,
    *,
    clock: Clock = utc_ms,
    timer: Callable[[], float] = monotonic,
) -> OptimizationResult:
    """Search to the end, or until `cancel` is used; then what runs is finished and everything is written.

    `report` is called from the calling thread: `Progress` while data are prepared, then `SearchProgress` about ten
    times a second, `Notice` for what a person should know. Raises ConfigError, DataError and StorageError for what is
    wrong, Cancelled when that came before the search began.
    """
    token = cancel or CancelToken()
    market = BacktestRequest(request.config, request.dataset, request.start, request.end)
    config = market.resolved_config()
    decides = None
    if request.algorithm == JACKRABBIT:
        decides = deciding_metric(goal_of(config), request.decides)
    else:
        _check(config)
    space = space_of(config)
    members = starting_members(request.starts, space, twins=request.algorithm == NSGA2)
    if clamped := outside(request.starts, space):
        report(Notice(f"starting configs enter at the edge of the bounds they lie outside of: {_some(clamped)}"))
    holdout = _holdout_days(config, request.holdout_days)
    arena = open_arena(market, home, report, token, clock, holdout_days=holdout)
    token.raise_if_cancelled()
    created_ms = clock()
    facts = RunFacts(
        config_name=request.config.name,
        dataset=_lasting(request.dataset, arena.dataset),
        start=request.start,
        end=request.end if arena.pinned_end_ms is None else str(arena.pinned_end_ms),
        seed=secrets.randbits(63) if request.seed is None else request.seed,
        starts=tuple(tuple(member.tolist()) for member in members),
        holdout_days=holdout,
        data_keys=arena.keys,
        place=arena.dataset,
        coins=arena.coins,
        synthetic=arena.synthetic,
        first_ms=arena.first_ms,
        last_ms=arena.last_ms,
        created_ms=created_ms,
        version=VERSION,
        algorithm=request.algorithm,
        batch=request.batch,
        decides=decides,
    )
    folder = request.out or home.optimize / run_name(created_ms, arena.names, arena.days, arena.coins)
    with locked(folder.absolute(), create=True):
        check_new(folder)
        write_atomically(folder / CONFIG_FILE, to_json(config))
        write_facts(folder, facts)
        run = _Run(folder.absolute(), config, facts, arena, space, home, report, timer)
        return run.to_its_end(token, request.workers, request.cluster)


def resume_optimization(
    folder: Path,
    home: Home,
    report: Report = ignore_report,
    cancel: CancelToken | None = None,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    clock: Clock = utc_ms,
    timer: Callable[[], float] = monotonic,
) -> OptimizationResult:
    """Go on with the run in `folder` after a stop or a kill; it ends as if it had never been disturbed.

    A run that is at its end gives its result again. Raises what `run_optimization` can, ReportError for a folder that
    holds no run or a damaged one, and DataError when the market's data are no longer the same.
    """
    token = cancel or CancelToken()
    folder = folder.absolute()
    facts = read_facts(folder)
    with locked(folder, create=False):
        loaded = replace(load_config(folder / CONFIG_FILE), name=facts.config_name)
        market = BacktestRequest(loaded, facts.dataset, facts.start, facts.end)
        arena = open_arena(market, home, report, token, clock, holdout_days=facts.holdout_days)
        token.raise_if_cancelled()
        if arena.keys != facts.data_keys:
            raise DataError(
                f"the market data are not those that the run in {folder} began with; start a new run with --start "
                f"{folder}"
            )
        if facts.version != VERSION:
            report(Notice(f"the run began with passivtui {facts.version}; this is {VERSION}, whose results may differ"))
        run = _Run(folder, loaded.config, facts, arena, space_of(loaded.config), home, report, timer)
        return run.to_its_end(token, workers, cluster)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run whose folder is locked and holds its config and facts; begun or not."""

    folder: Path
    config: Config
    facts: RunFacts
    arena: Arena
    space: GenomeSpace
    home: Home
    report: Report
    timer: Callable[[], float]

    def to_its_end(self, cancel: CancelToken, workers: int | None, cluster: str | None) -> OptimizationResult:
        for issue in self.arena.issues:
            if issue.severity == "warning":
                self.report(Notice(str(issue)))
        with self._evaluator(workers, cluster, cancel) as evaluator, self._session() as session:
            self._list(session, "running")
            try:
                finished = session.run(evaluator, cancel)
            except StorageError as error:
                self._list(session, "stopped")
                again = f"nothing up to the last checkpoint is lost: go on with --resume {self.folder}"
                raise StorageError(f"{error}; {again}", error.details) from error
            self._list(session, "finished" if finished else "stopped")
            return self._result(session, finished)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """The search, begun or where its last checkpoint left it."""
        goal, settings = goal_of(self.config), self.config.optimize
        starts: list[Genome] = [np.array(genome) for genome in self.facts.starts]
        search = self._algorithm(goal, len(starts))
        digits = settings.round_to_n_significant_digits
        documents = Documents(self.config, self.arena.names, digits)
        state = RunState(
            self.folder,
            len(goal.scoring),
            all_results=settings.write_all_results,
            compress=settings.compress_results_file,
        )
        session = Session(self.folder, search, goal, documents, state, self.report, self.timer)
        try:
            checkpoint = state.read()
            if checkpoint is None:
                search.begin(starts)
                session.begin()
            else:
                session.restore(checkpoint)
            yield session
        finally:
            state.close()

    def _algorithm(self, goal: Goal, n_starts: int) -> Algorithm:
        settings, seed = self.config.optimize, self.facts.seed
        if self.facts.algorithm == JACKRABBIT:
            decides = goal.scoring.index(deciding_metric(goal, self.facts.decides))
            return JackrabbitSearch(self.space, JackrabbitSchedule(settings.iters, self.facts.batch, decides), seed)
        chances = Chances(settings.crossover_probability, settings.mutation_probability)
        return Search(self.space, schedule_of(settings.iters, max(settings.population_size, n_starts), chances), seed)

    @contextmanager
    def _evaluator(self, workers: int | None, cluster: str | None, cancel: CancelToken) -> Iterator[Evaluator]:
        n = workers or min(self.config.optimize.n_cpus, _processors())
        evaluator: Evaluator
        if cluster is None:
            evaluator = ThreadEvaluator(self.arena.candles, self.arena.tasks, n)
        else:
            from passivtui.optimize.cluster import ClusterEvaluator

            evaluator = ClusterEvaluator(cluster, self.arena.candles, self.arena.tasks, n, self.report)
        try:
            yield evaluator
        finally:
            evaluator.close()

    def _list(self, session: Session, status: RunStatus) -> None:
        """Keep the database's row up to date; a database that refuses must not end a search."""
        try:
            list_run(self.folder, self.facts, session, status, self.home)
        except StorageError as error:
            self.report(Notice(f"the run can't be listed: {error}"))

    def _result(self, session: Session, finished: bool) -> OptimizationResult:
        front, jackrabbit = session.front, session.search.jackrabbit
        return OptimizationResult(
            folder=self.folder,
            goal=session.goal,
            finished=finished,
            seed=self.facts.seed,
            evaluations=session.evaluations,
            generation=session.search.generation,
            generations=session.search.schedule.generations,
            seconds=session.seconds,
            front=front.members,
            files=tuple(session.pareto.path_of(member) for member in front.members),
            chosen=_chosen(front, jackrabbit) if len(front) else None,
            jackrabbit=jackrabbit,
        )


def _chosen(front: Front, jackrabbit: JackrabbitView | None) -> int:
    if jackrabbit is None:
        return nearest_member(front.vectors)[0]
    return int(np.argmin([member.objectives[jackrabbit.decides] for member in front.members]))


def _check(config: Config) -> None:
    """Refuse what the algorithm can't work with."""
    size = config.optimize.population_size
    if size < 2:
        problem = Problem("optimize.population_size", str(size), "must be at least 2: a candidate has two parents")
        raise ConfigError(str(problem), [problem])


def _lasting(dataset: str | None, place: str) -> str | None:
    """The dataset by a name that means the same wherever the run is resumed."""
    return dataset if dataset in (None, "", EXCHANGES, DEMO) else str(Path(place).absolute())


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _holdout_days(config: Config, asked: float | None) -> float:
    """What is asked for, else `optimize.validation.holdout_days`, which Passivbot's configs don't have."""
    validation: Any = config.extra.get("optimize", {}).get("validation", {})
    if asked is not None:
        validation = {"holdout_days": asked}
    days = as_number(validation.get("holdout_days", 0.0)) if isinstance(validation, Mapping) else None
    if days is None or days < 0.0:
        problem = Problem("optimize.validation", "", "must be a table such as { holdout_days = 30 }, days not below 0")
        raise ConfigError(str(problem), [problem])
    return days


def _processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
