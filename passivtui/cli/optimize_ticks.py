"""`passivtui optimize SETTINGS --ticks …`: Jackrabbit over single trades, for Passiv-X's backtest settings."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from passivtui.cli.output import print_result
from passivtui.cli.status import CANCELLED, DONE
from passivtui.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from passivtui.optimize import TickSearchResult
    from passivtui.optimize.tick_request import TickReport
    from passivtui.passivx.jackrabbit_search import Step
    from passivtui.paths import Home
    from passivtui.progress import CancelToken

_OF_CANDLES = ("dataset", "holdout", "cluster", "decides")
_OF_THE_STORE = ("start_date", "end_date")  # ticks that are named are searched on as a whole


def optimize_ticks(chosen: argparse.Namespace, home: Home) -> int:
    """Search, or go on with a search, and print what was found."""
    from passivtui.cli.optimize_output import SearchLines
    from passivtui.console import cancelled_by_signals

    for name in (*_OF_CANDLES, *(_OF_THE_STORE if chosen.ticks is not None else ())):
        if getattr(chosen, name) is not None:
            raise UsageError(f"--{name.replace('_', '-')} is for candles; a search over these ticks goes without it")
    if chosen.algorithm not in (None, "jackrabbit"):
        raise UsageError(f"--algorithm {chosen.algorithm} is for candles; over ticks there is jackrabbit")
    home.ensure()
    with cancelled_by_signals() as token, SearchLines(quiet=chosen.quiet) as lines:
        result = (_resumed if chosen.resume is not None else _new)(chosen, home, lines.show, token)
    print_result(_answer(result) if chosen.json else _summary(result))
    return DONE if result.finished else CANCELLED


def _resumed(chosen: argparse.Namespace, home: Home, report: TickReport, token: CancelToken) -> TickSearchResult:
    from pathlib import Path

    from passivtui.cli.optimize import refuse_new_options
    from passivtui.optimize import resume_tick_search

    refuse_new_options(chosen)
    return resume_tick_search(Path(chosen.resume).expanduser(), home, report, token, workers=chosen.workers)


def _new(chosen: argparse.Namespace, home: Home, report: TickReport, token: CancelToken) -> TickSearchResult:
    if chosen.config is None:
        raise UsageError("name backtest SETTINGS of Passiv-X, or a run to go on with by --resume DIR")
    from pathlib import Path

    from passivtui.optimize import TickSearchRequest, run_tick_search
    from passivtui.passivx.shelf import find_settings

    settings = find_settings(chosen.config, home)
    request = TickSearchRequest(
        settings,
        chosen.ticks or _stored(settings, chosen, home, report, token),
        sets=tuple(chosen.sets),
        iters=chosen.iters,
        seed=chosen.seed,
        start=None if chosen.start is None else find_settings(chosen.start, home),
        out=None if chosen.out is None else Path(chosen.out).expanduser().absolute(),
        workers=chosen.workers,
        batch=chosen.batch or 1,
    )
    return run_tick_search(request, home, report, token)


def _stored(settings: Path, chosen: argparse.Namespace, home: Home, report: TickReport, token: CancelToken) -> str:
    """The stored days that settings and options ask for, after downloading those that are missing."""
    from passivtui.cli.backtest_ticks import stored_place
    from passivtui.passivx.jackrabbit_search import load_search

    session = load_search(settings, chosen.sets).settings.session
    span = (chosen.start_date, chosen.end_date)
    return stored_place(session, span, home, report, token, quiet=chosen.quiet)


def _summary(result: TickSearchResult) -> str:
    """The result for a person."""
    from passivtui.cli.optimize_output import duration

    lines = [
        f"{'finished' if result.finished else 'stopped'} after {result.k:,} of {result.n:,} iterations, "
        f"{duration(result.seconds)} this time (seed {result.seed})"
    ]
    if (best := result.best) is None or best.results is None:
        lines.append(f"no candidate had a result; {result.folder / 'results.txt'} says why")
    else:
        found = best.results
        lines += [
            f"best: iteration {best.k}, live settings in {result.folder / 'live_config.json'}",
            f"  gain                 {100.0 * (found['gain'] - 1.0):.4g} %",
            f"  gain a day           {100.0 * (found['average_daily_gain'] - 1.0):.4g} %",
            f"  closest liquidation  {100.0 * found['closest_liq']:.4g} %",
            f"  trades               {found['n_trades']:,} ({found['n_stop_losses']:,} stop losses)",
        ]
    if not result.finished:
        lines += ["", f"go on with: passivtui optimize --resume {result.folder}"]
    return "\n".join(lines)


def _answer(result: TickSearchResult) -> str:
    """The result for a program: one JSON object."""
    return json.dumps(
        {
            "folder": str(result.folder),
            "algorithm": "jackrabbit",
            "symbol": result.symbol,
            "finished": result.finished,
            "seed": result.seed,
            "k": result.k,
            "iterations": result.n,
            "seconds": round(result.seconds, 3),
            "best": None if result.best is None else _step(result.best),
            "best_history": [{"k": step.k, "m": step.m, "gain": step.gain} for step in result.bests],
        },
        indent=1,
        allow_nan=False,
    )


def _step(step: Step) -> dict[str, object]:
    return {"k": step.k, "m": step.m, "key": step.key, "candidate": step.candidate, "results": step.results}
