"""Jackrabbit's loop over ticks, and its folder: every result, the best, and live settings of the best.

`results.txt` has one JSON object a line and iteration, `best_result.json` the best of them, `live_config.json` live
settings to trade the best with, `backtest_trades/HASH.csv` the trades of each best. Every iteration draws from a stream
of its own, made of the seed and its number, so a search that was stopped goes on as if it had not been.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from passivtui.config.document import read_document
from passivtui.config.findings import Findings
from passivtui.core import EngineInputError
from passivtui.errors import DataError, storage_error
from passivtui.files import write_atomically
from passivtui.passivx.artefacts import trades_csv
from passivtui.passivx.jackrabbit import (
    Candidate,
    candidate_hash,
    candidate_of,
    mutate,
    mutation_schedule,
    random_candidate,
    strategy_of,
)
from passivtui.passivx.markets import TickMarket, known_of
from passivtui.passivx.model import LiveSettings, Loaded, SessionSettings, TickBacktest
from passivtui.passivx.parameters import LIVE, MARKET
from passivtui.passivx.reading import read_values
from passivtui.passivx.results import TickOutcome, outcome_of
from passivtui.passivx.run import simulate_ticks
from passivtui.passivx.save import to_json
from passivtui.passivx.settings import find_candidate, load_live_settings, read_session_settings
from passivtui.passivx.tick_files import Ticks
from passivtui.progress import CancelToken

RESULTS_FILE, BEST_FILE, LIVE_FILE, TRADES_FOLDER = (
    *("results.txt", "best_result.json", "live_config.json", "backtest_trades"),
)
_SEEDS: Final = 2**32


@dataclass(frozen=True, slots=True)
class Search:
    """What a search works on. `start`: live settings whose strategy is tried first, None for a random one."""

    session: SessionSettings
    market: TickMarket
    start: LiveSettings | None
    accounting: str


@dataclass(frozen=True, slots=True)
class Step:
    """One iteration. `results` is None for a candidate that was tried before, or came to nothing (`note` says why)."""

    k: int
    m: float  # of the mutation that follows
    key: str
    candidate: Candidate
    results: dict[str, Any] | None
    note: str = ""

    @property
    def gain(self) -> float | None:
        """What the balance was multiplied by; None without results."""
        return None if self.results is None else float(self.results["gain"])


def load_search(path: Path, accounting: str = "original") -> Loaded[Search]:
    """The search that Passiv-X's backtest settings describe. Raises ConfigError with all problems of the file."""
    findings = Findings(path.name)
    document = read_document(path, findings)
    session = read_session_settings(document, findings)
    known = known_of(session.exchange, session.symbol)
    market = TickMarket(**read_values({**known, **document}, MARKET, findings))
    findings.raise_if_any()
    notes, start = list(findings.notes), None
    file = find_candidate(path, session.starting_candidate_filepath)
    if file is not None:
        live = load_live_settings(file)
        start, notes = live.settings, [*notes, *live.notes]
    return Loaded(Search(session, market, start, accounting), tuple(dict.fromkeys(notes)))


def run_jackrabbit(
    search: Search,
    ticks: Ticks,
    folder: Path,
    seed: int,
    cancel: CancelToken | None = None,
    on_step: Callable[[Step, Step | None], None] = lambda step, best: None,
) -> Step | None:
    """Search to the last iteration and return the best step, None when no candidate had results.

    `folder` is made, or holds the same search, which goes on behind its last result. `on_step` is told of every
    iteration and the best after it. Raises DataError for a folder of another search, StorageError, Cancelled (at an
    iteration's end, with everything so far kept).
    """
    token = cancel or CancelToken()
    if not 0 <= seed < _SEEDS:
        raise DataError(f"the seed must be a whole number from 0 to {_SEEDS - 1}, not {seed}")
    steps = read_steps(folder, search)
    best = best_of(steps)
    tried = {step.key for step in steps}
    schedule = mutation_schedule(search.session.n_jackrabbit_iterations)
    last = steps[-1] if steps else None
    for k in range(search.session.starting_k if last is None else last.k + 1, len(schedule)):
        token.raise_if_cancelled()
        candidate = _candidate(search, k, last, best, np.random.RandomState([seed, k]))
        step, outcome = _try(search, ticks, Step(k, schedule[k], candidate_hash(candidate), candidate, None), tried)
        _append(folder / RESULTS_FILE, step)
        if outcome is not None and is_better(step, best):
            best = step
            _write_best(search, step, outcome, folder)
        tried.add(step.key)
        last = step
        on_step(step, best)
    return best


def best_of(steps: list[Step]) -> Step | None:
    """The first of those with the highest gain."""
    best = None
    for step in steps:
        best = step if is_better(step, best) else best
    return best


def is_better(step: Step, best: Step | None) -> bool:
    """Whether its gain is higher; nothing else counts."""
    gain, highest = step.gain, None if best is None else best.gain
    return gain is not None and (highest is None or gain > highest)


def _candidate(
    search: Search, k: int, last: Step | None, best: Step | None, random: np.random.RandomState
) -> Candidate:
    """The start, else the best or the last mutated by what the iteration before left to mutate."""
    ranges = search.session.ranges
    if last is not None:
        return mutate((best or last).candidate, ranges, last.m, random)
    return random_candidate(ranges, random) if search.start is None else candidate_of(search.start.strategy, ranges)


def _try(search: Search, ticks: Ticks, step: Step, tried: set[str]) -> tuple[Step, TickOutcome | None]:
    if step.key in tried:
        return replace(step, note="tried before"), None
    backtest = TickBacktest(
        name=step.key,
        symbol=search.session.symbol,
        strategy=strategy_of(step.candidate),
        market=search.market,
        starting_balance=search.session.starting_balance,
        latency_ms=search.session.latency_simulation_ms,
        n_days=search.session.n_days,
        break_on=search.session.break_on,
        accounting=search.accounting,
    )
    try:
        simulation = simulate_ticks(backtest, search.accounting, ticks)
    except DataError as error:  # the ranges reach values that can't be run, such as a spacing of 0
        cause = error.__cause__
        return replace(step, note=str(cause if isinstance(cause, EngineInputError) else error)), None
    outcome = outcome_of(simulation, backtest, search.accounting, ticks)
    if outcome.results is None:
        return replace(
            step, note=outcome.broken_by or ("no trades" if not len(outcome.trades) else outcome.ended)
        ), None
    return replace(step, results=outcome.results), outcome


def _why_nothing(outcome: TickOutcome) -> str:
    if outcome.ended == "end of data":
        return "no trades"
    return outcome.broken_by or outcome.ended


# ---- the folder


def read_steps(folder: Path, search: Search) -> list[Step]:
    """The iterations that `results.txt` holds, in order; a last line that was cut short is dropped from the file.

    Raises DataError when it is not of this search.
    """
    path = folder / RESULTS_FILE
    try:
        content = path.read_bytes() if path.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            write_atomically(path, whole)
    except OSError as error:
        raise storage_error("read", path, error) from error
    steps = [_step(line, number, path) for number, line in enumerate(whole.splitlines(), start=1)]
    for before, step in zip([None, *steps], steps, strict=False):
        wanted = search.session.starting_k if before is None else before.k + 1
        if step.k != wanted or step.candidate.keys() != search.session.ranges.keys():
            raise DataError(f"{path} holds another search; name a new folder")
    return steps


def _step(line: bytes, number: int, path: Path) -> Step:
    try:
        row = json.loads(line)
        candidate = {name: float(value) for name, value in row["candidate"].items()}
        step = Step(int(row["index"]), float(row["m"]), str(row["key"]), candidate, row["results"], str(row["note"]))
        if step.results is not None:
            float(step.results["gain"])
        return step
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}, line {number}: no result can be read there; name a new folder") from error


def _append(path: Path, step: Step) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(_row(step), allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise storage_error("write", path, error) from error


def _row(step: Step) -> dict[str, Any]:
    return {
        "index": step.k,
        "m": step.m,
        "key": step.key,
        "candidate": step.candidate,
        "results": step.results,
        "note": step.note,
    }


def _write_best(search: Search, step: Step, outcome: TickOutcome, folder: Path) -> None:
    write_atomically(folder / TRADES_FOLDER / f"{step.key}.csv", trades_csv(outcome))
    write_atomically(folder / LIVE_FILE, to_json(live_settings_of(search, step)))
    write_atomically(folder / BEST_FILE, json.dumps(_row(step), indent=4, allow_nan=False) + "\n")


def live_settings_of(search: Search, step: Step) -> LiveSettings:
    """Live settings that trade the candidate: the starting ones with its strategy, or Passiv-X's defaults."""
    base = search.start or LiveSettings(
        **{param.name: param.template for param in LIVE}, strategy=strategy_of(step.candidate)
    )
    return replace(
        base,
        config_name=search.session.session_name,
        symbol=search.session.symbol,
        strategy=strategy_of(step.candidate),
        extra=type(base.extra)({**base.extra, "key": step.key}),
    )
