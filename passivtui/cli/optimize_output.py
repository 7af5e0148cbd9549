"""What `passivtui optimize` shows: a line of progress while it searches, and what was found."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from shutil import get_terminal_size
from types import TracebackType
from typing import Any, Self

from passivtui.cli.output import say
from passivtui.clock import monotonic
from passivtui.console import ProgressBar
from passivtui.optimize import (
    JACKRABBIT,
    NSGA2,
    Goal,
    JackrabbitView,
    Notice,
    OptimizationResult,
    SearchProgress,
    TickSearchProgress,
)
from passivtui.optimize.goal import sign_of
from passivtui.progress import Progress

_LINE_SECONDS = 10.0  # between lines where there is no terminal to draw on
_CLEAR_LINE = "\r\x1b[K"


class SearchLines:
    """One line that is redrawn on a terminal; elsewhere a new line every ten seconds."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar = ProgressBar(sys.stderr, wanted=not quiet)
        self._drawing = not quiet and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._drawn = False
        self._said_at = monotonic()
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._clear()

    def show(self, event: Progress | SearchProgress | TickSearchProgress | Notice) -> None:
        """Show an event of the service."""
        if isinstance(event, Notice):
            self._clear()
            if not self._quiet:
                say(f"warning: {event.text}")
        elif isinstance(event, Progress):
            self._drawn = self._drawing
            self._bar.show(event)
        elif not self._quiet:
            self._show_search(event)

    def _show_search(self, event: SearchProgress | TickSearchProgress) -> None:
        line = progress_line(event) if isinstance(event, SearchProgress) else tick_progress_line(event)
        if self._folder is None:
            self._clear()
            place = f", {event.place}" if isinstance(event, SearchProgress) else ""
            say(f"run in {event.folder}{place}; Ctrl-C stops it, --resume goes on")
            self._folder = event.folder
        if self._drawing:
            sys.stderr.write(_CLEAR_LINE + line[: get_terminal_size().columns - 1])
            sys.stderr.flush()
            self._drawn = True
        elif monotonic() - self._said_at >= _LINE_SECONDS:
            self._said_at = monotonic()
            say(line)

    def _clear(self) -> None:
        if self._drawn:
            sys.stderr.write(_CLEAR_LINE)
            sys.stderr.flush()
            self._drawn = False


def progress_line(event: SearchProgress) -> str:
    """`1,200 of 20,600  5 %  198/s  1 m 38 s left  generation 2 of 20  front 41  adg 0.0012  …`."""
    parts = [*_pace(event.evaluations, event.expected, event.rate, event.eta_seconds)]
    if event.jackrabbit is not None:
        parts.append(f"k {event.jackrabbit.k}  m {event.jackrabbit.m:.4f}")
    else:
        parts.append(f"generation {event.generation} of {event.generations}")
    parts.append(f"front {event.front_size}")
    parts += [f"{name} {'-' if value is None else f'{value:.4g}'}" for name, value in event.best]
    return "  ".join(parts)


def tick_progress_line(event: TickSearchProgress) -> str:
    """`40 of 200  20 %  12/s  13 s left  m 0.3594  best gain 1.0312 at k 31`."""
    best = f"best gain {event.bests[-1].gain:.6g} at k {event.bests[-1].k}" if event.bests else "no result yet"
    return "  ".join([*_pace(event.k, event.n, event.rate, event.eta_seconds), f"m {event.m:.4f}", best])


def _pace(done: int, expected: int, rate: float | None, eta_seconds: float | None) -> Iterator[str]:
    yield f"{done:,} of {expected:,}"
    yield f"{done / max(1, expected):.0%}"
    if rate is not None:
        yield f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2g}/s"
    if eta_seconds is not None:
        yield f"{duration(eta_seconds)} left"


def duration(seconds: float) -> str:
    """`2 d 3 h`, `1 h 5 m`, `4 m 10 s`, `12 s`."""
    whole = round(seconds)
    units = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
    for (name, size), (smaller, smaller_size) in pairwise(units):
        if whole >= size:
            return f"{whole // size} {name} {whole % size // smaller_size} {smaller}"
    return f"{whole} s"


def summary(result: OptimizationResult) -> str:
    """The result for a person."""
    lines = [
        f"{'finished' if result.finished else 'stopped'} after {result.evaluations:,} evaluations in "
        f"{duration(result.seconds)} ({_how_far(result)}, seed {result.seed})",
        f"front: {len(result.front)} configs in {result.folder / 'pareto'}",
    ]
    if result.chosen is not None:
        best = result.front[result.chosen]
        chosen = "nearest to the best of everything"
        if result.jackrabbit is not None:
            chosen = f"best by {result.goal.scoring[result.jackrabbit.decides]}"
        lines += ["", f"{chosen}: {result.files[result.chosen].name}"]
        penalty = result.goal.penalty(best.measured)
        width = max(map(len, result.goal.scoring))
        for name, value in zip(result.goal.scoring, _metrics(result, result.chosen), strict=True):
            lines.append(f"  {name:<{width}}  {'not defined' if value is None else f'{value:.6g}'}")
        if penalty > 0.0:
            lines.append("  no candidate keeps the limits yet" if not _within(result) else "  it breaks a limit")
    if not result.finished:
        lines += ["", f"go on with: passivtui optimize --resume {result.folder}"]
    return "\n".join(lines)


def _how_far(result: OptimizationResult) -> str:
    word = "generation" if result.jackrabbit is None else "iteration"
    return f"{word} {result.generation} of {result.generations}"


def answer(result: OptimizationResult) -> str:
    """The result for a program: one JSON object. Undefined metrics are null."""
    return json.dumps(
        {
            "folder": str(result.folder),
            "algorithm": NSGA2 if result.jackrabbit is None else JACKRABBIT,
            "finished": result.finished,
            "seed": result.seed,
            "evaluations": result.evaluations,
            "generation": result.generation,
            "generations": result.generations,
            "seconds": round(result.seconds, 3),
            "scoring": list(result.goal.scoring),
            "chosen": result.chosen,
            **({} if result.jackrabbit is None else {"jackrabbit": _jackrabbit(result.jackrabbit, result.goal)}),
            "front": [_member(result, index) for index in range(len(result.front))],
        },
        indent=1,
        allow_nan=False,
    )


def _jackrabbit(view: JackrabbitView, goal: Goal) -> dict[str, Any]:
    metric = goal.scoring[view.decides]
    history = [{"k": step.k, "m": step.m, "value": step.objective * sign_of(metric)} for step in view.history]
    return {"decides": metric, "k": view.k, "m": view.m, "best_history": history}


def _member(result: OptimizationResult, index: int) -> dict[str, Any]:
    member = result.front[index]
    return {
        "file": str(result.files[index]),
        "objectives": list(member.objectives),
        "metrics": dict(zip(result.goal.scoring, _metrics(result, index), strict=True)),
        "within_limits": result.goal.penalty(member.measured) == 0.0,
    }


def _metrics(result: OptimizationResult, index: int) -> list[float | None]:
    """The member's scored metrics, each the mean over the datasets."""
    return result.goal.metrics(result.front[index].measured)


def _within(result: OptimizationResult) -> bool:
    return any(result.goal.penalty(member.measured) == 0.0 for member in result.front)
