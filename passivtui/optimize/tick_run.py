"""Jackrabbit over ticks as a run of the optimizer: a folder, a lock, a row in the list, stop and resume."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from passivtui._version import VERSION
from passivtui.clock import Clock, monotonic, utc_ms
from passivtui.errors import Cancelled, ConfigError, DataError, StorageError
from passivtui.optimize.pace import Pace
from passivtui.optimize.request import Notice
from passivtui.optimize.run_folder import check_new, locked
from passivtui.optimize.tick_folder import (
    SETTINGS_FILE,
    TickRunFacts,
    digest_of,
    read_tick_facts,
    write_tick_run,
)
from passivtui.optimize.tick_request import (
    TickReport,
    TickSearchProgress,
    TickSearchRequest,
    TickSearchResult,
    ignore_tick_report,
)
from passivtui.passivx.demo_ticks import NAME as DEMO
from passivtui.passivx.jackrabbit import mutation_schedule
from passivtui.passivx.jackrabbit_folder import read_steps
from passivtui.passivx.jackrabbit_run import SEEDS, run_jackrabbit
from passivtui.passivx.jackrabbit_search import Search, Step, is_better, load_search
from passivtui.passivx.settings import load_live_settings
from passivtui.passivx.stored import PREFIX, resolved
from passivtui.passivx.tick_files import Ticks, open_ticks
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress
from passivtui.storage.optimizer_runs import OptimizerRunRow, RunStatus, keep_run


def run_tick_search(
    request: TickSearchRequest,
    home: Home,
    report: TickReport = ignore_tick_report,
    cancel: CancelToken | None = None,
    *,
    clock: Clock = utc_ms,
    timer: Callable[[], float] = monotonic,
) -> TickSearchResult:
    """Search to the last iteration, or until `cancel` is used; then what runs is finished and everything is written.

    `report` gets Notice for what a person should know of the settings, Progress while ticks are read, then
    TickSearchProgress about ten times a second. Raises ConfigError, DataError and StorageError for what is wrong,
    Cancelled when that came before the search began.
    """
    token = cancel or CancelToken()
    search = _search_of(request, report)
    place, issues = resolved(request.place, search.session, home.ensure(), report, token, clock=clock)
    for issue in issues:
        report(Notice(str(issue)))
    ticks = _ticks(place, search.session.symbol, home, report, token)
    facts = TickRunFacts(
        config_name=request.settings.stem,
        symbol=search.session.symbol,
        place=_lasting(place),
        seed=secrets.randbelow(SEEDS) if request.seed is None else request.seed,
        batch=request.batch,
        ticks_digest=digest_of(ticks),
        n_ticks=len(ticks.data),
        synthetic=ticks.synthetic,
        first_ms=ticks.first_ms,
        last_ms=ticks.last_ms,
        created_ms=clock(),
        version=VERSION,
    )
    if not 0 <= facts.seed < SEEDS:
        raise DataError(f"the seed of a search over ticks must be from 0 to {SEEDS - 1}, not {facts.seed}")
    folder = (request.out or home.optimize / _run_name(facts, search)).absolute()
    with locked(folder, create=True):
        check_new(folder)
        write_tick_run(folder, facts, search)
        return _Run(folder, facts, search, ticks, home, report, timer).to_its_end(token, request.workers)


def resume_tick_search(
    folder: Path,
    home: Home,
    report: TickReport = ignore_tick_report,
    cancel: CancelToken | None = None,
    *,
    workers: int | None = None,
    timer: Callable[[], float] = monotonic,
) -> TickSearchResult:
    """Go on with the run in `folder` after a stop or a kill; it ends as if it had never been disturbed.

    Raises what `run_tick_search` can, ReportError for a folder that holds no run or a damaged one, and DataError when
    the ticks are no longer the same.
    """
    token = cancel or CancelToken()
    folder = folder.absolute()
    facts = read_tick_facts(folder)
    with locked(folder, create=False):
        search = load_search(folder / SETTINGS_FILE).settings
        ticks = _ticks(facts.place, facts.symbol, home, report, token)
        if digest_of(ticks) != facts.ticks_digest:
            raise DataError(f"the ticks at {facts.place} are not those that the run in {folder} began with")
        if facts.version != VERSION:
            report(Notice(f"the run began with passivtui {facts.version}; this is {VERSION}, whose results may differ"))
        return _Run(folder, facts, search, ticks, home, report, timer).to_its_end(token, workers)


def bests_of(steps: list[Step]) -> list[Step]:
    """Those that were the best when they came."""
    bests: list[Step] = []
    for step in steps:
        if is_better(step, bests[-1] if bests else None):
            bests.append(step)
    return bests


def _search_of(request: TickSearchRequest, report: TickReport) -> Search:
    loaded = load_search(request.settings, request.sets)
    for note in loaded.notes:
        if note.severity == "warning":
            report(Notice(str(note)))
    search = loaded.settings
    if request.iters is not None:
        search = replace(search, session=replace(search.session, n_jackrabbit_iterations=request.iters))
    if search.session.starting_k >= search.session.n_jackrabbit_iterations:
        raise ConfigError(
            f"{request.settings.name}: starting_k = {search.session.starting_k} leaves no iteration of "
            f"{search.session.n_jackrabbit_iterations}; lower it or ask for more iterations"
        )
    if request.start is not None:
        search = replace(search, start=load_live_settings(request.start).settings)
    return search


def _lasting(place: str) -> str:
    """The place by a name that means the same wherever the run is resumed."""
    return place if place == DEMO or place.startswith(PREFIX) else str(Path(place).expanduser().absolute())


def _ticks(place: str, symbol: str, home: Home, report: TickReport, token: CancelToken) -> Ticks:
    report(Progress("ticks", 0, 0))
    ticks = open_ticks(place, symbol, home)
    token.raise_if_cancelled()
    return ticks


def _run_name(facts: TickRunFacts, search: Search) -> str:
    """As the optimizer's other runs: when, where, how long, what."""
    moment = datetime.fromtimestamp(facts.created_ms / 1000, UTC).strftime("%Y-%m-%dT%H_%M_%S")
    days = round((facts.last_ms - facts.first_ms) / 86_400_000)
    return f"{moment}_{search.session.exchange}_{days}days_{facts.symbol}_{secrets.token_hex(4)}".replace("/", "-")


@dataclass(slots=True)
class _Run:
    """A run whose folder is locked and holds its settings and facts; begun or not."""

    folder: Path
    facts: TickRunFacts
    search: Search
    ticks: Ticks
    home: Home
    report: TickReport
    timer: Callable[[], float]

    def to_its_end(self, cancel: CancelToken, workers: int | None) -> TickSearchResult:
        steps = read_steps(self.folder, self.search)
        pace = Pace(self.timer, len(steps), 0.0)
        self._list(steps, "running")
        self._tell(steps, pace)

        def on_step(step: Step, _: Step | None) -> None:
            steps.append(step)
            if pace.report_is_due():
                self._tell(steps, pace)

        finished = False
        try:
            run_jackrabbit(
                self.search,
                self.ticks,
                self.folder,
                self.facts.seed,
                cancel,
                on_step,
                batch=self.facts.batch,
                workers=min(workers or os.cpu_count() or 1, self.facts.batch),
            )
            finished = True
        except Cancelled:
            pass  # what ran is finished and written; the result says that it was stopped
        finally:
            self._list(steps, "finished" if finished else "stopped")
        self._tell(steps, pace)
        return TickSearchResult(
            folder=self.folder,
            symbol=self.facts.symbol,
            finished=finished,
            seed=self.facts.seed,
            k=self._done(steps),
            n=self._n,
            seconds=pace.seconds,
            bests=tuple(bests_of(steps)),
        )

    @property
    def _n(self) -> int:
        return self.search.session.n_jackrabbit_iterations

    def _done(self, steps: list[Step]) -> int:
        return steps[-1].k + 1 if steps else self.search.session.starting_k

    def _tell(self, steps: list[Step], pace: Pace) -> None:
        rate, k = pace.rate(len(steps)), self._done(steps)
        self.report(
            TickSearchProgress(
                folder=self.folder,
                k=k,
                n=self._n,
                m=steps[-1].m if steps else mutation_schedule(self._n)[0],
                rate=rate,
                eta_seconds=None if rate is None else (self._n - k) / rate,
                steps=tuple(steps),
                bests=tuple(bests_of(steps)),
            )
        )

    def _list(self, steps: list[Step], status: RunStatus) -> None:
        """Keep the database's row up to date; a database that refuses must not end a search."""
        inside, facts = self.folder.is_relative_to(self.home.root), self.facts
        row = OptimizerRunRow(
            folder=self.folder.relative_to(self.home.root).as_posix() if inside else str(self.folder),
            created_ms=facts.created_ms,
            config_name=facts.config_name,
            dataset=facts.place,
            synthetic=facts.synthetic,
            coins=(facts.symbol,),
            first_ms=facts.first_ms,
            last_ms=facts.last_ms,
            scoring=("gain",),
            seed=facts.seed,
            evaluations=self._done(steps),
            expected=self._n,
            front_size=min(1, len(bests_of(steps))),
            status=status,
        )
        try:
            keep_run(self.home, row)
        except StorageError as error:
            self.report(Notice(f"the run can't be listed: {error}"))
