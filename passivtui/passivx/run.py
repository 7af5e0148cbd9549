"""Run a backtest over ticks: settings and a place of ticks in, outcomes out. Blocking; the app calls it in a thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

from passivtui.core import Conditions, EngineInputError, RunControl, SimulationCancelled, TickSimulation, run_ticks
from passivtui.errors import Cancelled, DataError
from passivtui.passivx.model import TickBacktest, numbers_of
from passivtui.passivx.results import TickOutcome, outcome_of
from passivtui.passivx.tick_files import Ticks, open_ticks
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ProgressSink, ignore_progress

POLL_SECONDS: Final = 0.1
WARNING: Final = (
    "original accounting: the balance never falls below its start, so sizes and liquidations ignore losses; "
    "the true result stands beside it"
)


@dataclass(frozen=True, slots=True)
class TickResult:
    """A backtest over ticks. An original run has the true outcome beside it (`spec/passivx.md` §8), else None."""

    backtest: TickBacktest
    ticks: Ticks
    outcome: TickOutcome
    true_outcome: TickOutcome | None

    @property
    def warning(self) -> str:
        """What must be said with the outcome; "" for nothing."""
        return WARNING if self.true_outcome is not None else ""


def run_tick_backtest(
    backtest: TickBacktest,
    place: str,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
    *,
    home: Home | None = None,
) -> TickResult:
    """Run over the ticks of `backtest.symbol` at `place` (`open_ticks`). Raises DataError, StorageError, Cancelled."""
    token = cancel or CancelToken()
    progress(Progress("ticks", 0, 0))
    ticks = open_ticks(place, backtest.symbol, home)
    token.raise_if_cancelled()
    return run_over_ticks(backtest, ticks, progress, token)


def run_over_ticks(
    backtest: TickBacktest, ticks: Ticks, progress: ProgressSink = ignore_progress, cancel: CancelToken | None = None
) -> TickResult:
    """As `run_tick_backtest`, over ticks that were opened before and that other runs may share."""
    token = cancel or CancelToken()
    outcome = _outcome(backtest, backtest.accounting, ticks, progress, token)
    true_outcome = None if backtest.accounting == "true" else _outcome(backtest, "true", ticks, progress, token)
    return TickResult(backtest, ticks, outcome, true_outcome)


def _outcome(
    backtest: TickBacktest, accounting: str, ticks: Ticks, progress: ProgressSink, token: CancelToken
) -> TickOutcome:
    control = RunControl()
    token.on_cancel(control.cancel)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ticks") as pool:
        run = pool.submit(simulate_ticks, backtest, accounting, ticks, control)
        try:
            while wait((run,), timeout=POLL_SECONDS).not_done:
                progress(Progress("simulate", control.done, len(ticks.data), "ticks"))
            simulation = run.result()
        except SimulationCancelled as error:
            raise Cancelled() from error
        finally:
            control.cancel()  # of no effect when the run is over; else the pool would wait for its end
    token.raise_if_cancelled()
    return outcome_of(simulation, backtest, accounting, ticks)


def simulate_ticks(
    backtest: TickBacktest, accounting: str, ticks: Ticks, control: RunControl | None = None
) -> TickSimulation:
    """One run of the engine. Raises DataError for numbers it can't work on, SimulationCancelled, MemoryError."""
    programs = [condition.program for condition in backtest.break_on if condition.program is not None]
    try:
        return run_ticks(
            ticks.data,
            numbers_of(backtest.strategy),
            numbers_of(backtest.market),
            backtest.starting_balance,
            latency_ms=backtest.latency_ms,
            accounting=accounting,
            conditions=Conditions(programs),
            control=control,
        )
    except EngineInputError as error:
        raise DataError(f"the settings {backtest.name} can't be run: {error}") from error
