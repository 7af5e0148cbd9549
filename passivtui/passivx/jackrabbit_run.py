"""Jackrabbit's loop over ticks. Every iteration draws from a stream of its own, made of the seed and its number, so a
search that was stopped goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from passivtui.core import EngineInputError
from passivtui.errors import DataError
from passivtui.passivx.jackrabbit import (
    Candidate,
    candidate_hash,
    candidate_of,
    mutate,
    mutation_schedule,
    random_candidate,
)
from passivtui.passivx.jackrabbit_folder import append_step, has_best, read_steps, write_best
from passivtui.passivx.jackrabbit_search import Search, Step, backtest_of, best_of, is_better
from passivtui.passivx.results import TickOutcome, outcome_of
from passivtui.passivx.run import simulate_ticks
from passivtui.passivx.tick_files import Ticks
from passivtui.progress import CancelToken

SEEDS: Final = 2**32

OnStep = Callable[[Step, Step | None], None]


def run_jackrabbit(
    search: Search,
    ticks: Ticks,
    folder: Path,
    seed: int,
    cancel: CancelToken | None = None,
    on_step: OnStep = lambda step, best: None,
    *,
    batch: int = 1,
    workers: int = 1,
) -> Step | None:
    """Search to the last iteration and return the best step, None when no candidate had results.

    `folder` is made, or holds the same search, which goes on behind its last result. With a `batch` above 1 so many
    candidates are mutated from one best and run side by side on `workers` threads, which is not the original's
    sequence. `on_step` is told of every iteration and the best after it. Raises DataError for a folder of another
    search, StorageError, Cancelled (at an iteration's or batch's end, with everything so far kept).
    """
    if not 0 <= seed < SEEDS:
        raise DataError(f"the seed must be a whole number from 0 to {SEEDS - 1}, not {seed}")
    token = cancel or CancelToken()
    steps = read_steps(folder, search)
    best = best_of(steps)
    if best is not None and not has_best(best, folder):
        write_best(search, best, _outcome(search, ticks, best), folder)
    tried = {step.key for step in steps}
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="jackrabbit") as pool:
        while wanted := _next_batch(search, steps, seed, batch):
            token.raise_if_cancelled()
            for step, outcome in pool.map(lambda each: _try(search, ticks, each), _marked(wanted, tried)):
                append_step(folder, step)
                if outcome is not None and is_better(step, best):
                    best = step
                    write_best(search, step, outcome, folder)
                tried.add(step.key)
                steps.append(step)
                on_step(step, best)
    return best


def _next_batch(search: Search, steps: Sequence[Step], seed: int, batch: int) -> list[Step]:
    """The iterations that come next, without results: the first by itself, then `batch` at a time.

    Those of a batch come from the best before it, also when some of them were done before a stop.
    """
    session = search.session
    schedule = mutation_schedule(session.n_jackrabbit_iterations)
    begun = 1 + (len(steps) - 1) // batch * batch if steps else 0
    before = steps[:begun]
    end = session.starting_k + begun + (batch if steps else 1)
    parent = best_of(before) or (before[-1] if before else None)
    wanted = []
    for k in range(session.starting_k + len(steps), min(end, len(schedule))):
        candidate = _candidate(search, parent, schedule[k - 1], np.random.RandomState([seed, k]))
        wanted.append(Step(k, schedule[k], candidate_hash(candidate), candidate, None))
    return wanted


def _candidate(search: Search, parent: Step | None, m: float, random: np.random.RandomState) -> Candidate:
    """The parent mutated by what the iteration before left to mutate; the start where there is no parent."""
    ranges = search.session.ranges
    if parent is not None:
        return mutate(parent.candidate, ranges, m, random)
    return random_candidate(ranges, random) if search.start is None else candidate_of(search.start.strategy, ranges)


def _marked(wanted: Sequence[Step], tried: set[str]) -> Iterator[Step]:
    """The iterations, with a note on those whose candidate is known."""
    known = set(tried)
    for step in wanted:
        yield replace(step, note="tried before") if step.key in known else step
        known.add(step.key)


def _try(search: Search, ticks: Ticks, step: Step) -> tuple[Step, TickOutcome | None]:
    if step.note:
        return step, None
    try:
        outcome = _outcome(search, ticks, step)
    except DataError as error:  # the ranges reach values that can't be run, such as a spacing of 0
        cause = error.__cause__
        return replace(step, note=str(cause if isinstance(cause, EngineInputError) else error)), None
    if outcome.results is None:
        return replace(step, note=_why_nothing(outcome)), None
    return replace(step, results=outcome.results), outcome


def _outcome(search: Search, ticks: Ticks, step: Step) -> TickOutcome:
    backtest = backtest_of(search, step)
    return outcome_of(simulate_ticks(backtest, search.accounting, ticks), backtest, search.accounting, ticks)


def _why_nothing(outcome: TickOutcome) -> str:
    if outcome.ended == "end of data":
        return "no trades"
    return outcome.broken_by or outcome.ended
