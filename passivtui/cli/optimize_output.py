"""What `passivtui optimize` shows: a line of progress while it searches, and what was found."""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from shutil import get_terminal_size
from types import TracebackType
from typing import Any, Self

from passivtui.cli.output import say
from passivtui.clock import monotonic
from passivtui.console import ProgressBar
from passivtui.optimize import Notice, OptimizationResult, SearchProgress
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

    def show(self, event: Progress | SearchProgress | Notice) -> None:
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

    def _show_search(self, event: SearchProgress) -> None:
        if self._folder is None:
            self._clear()
            say(f"run in {event.folder}, {event.place}; Ctrl-C stops it, --resume goes on")
            self._folder = event.folder
        if self._drawing:
            sys.stderr.write(_CLEAR_LINE + progress_line(event)[: get_terminal_size().columns - 1])
            sys.stderr.flush()
            self._drawn = True
        elif monotonic() - self._said_at >= _LINE_SECONDS:
            self._said_at = monotonic()
            say(progress_line(event))

    def _clear(self) -> None:
        if self._drawn:
            sys.stderr.write(_CLEAR_LINE)
            sys.stderr.flush()
            self._drawn = False


def progress_line(event: SearchProgress) -> str:
    """`1,200 of 20,600  5 %  198/s  1 m 38 s left  generation 2 of 20  front 41  adg 0.0012  …`."""
    parts = [f"{event.evaluations:,} of {event.expected:,}", f"{event.evaluations / max(1, event.expected):.0%}"]
    if event.rate is not None:
        parts.append(f"{event.rate:,.0f}/s" if event.rate >= 10 else f"{event.rate:.2g}/s")
    if event.eta_seconds is not None:
        parts.append(f"{duration(event.eta_seconds)} left")
    parts += [f"generation {event.generation} of {event.generations}", f"front {event.front_size}"]
    parts += [f"{name} {'-' if value is None else f'{value:.4g}'}" for name, value in event.best]
    return "  ".join(parts)


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
        f"{duration(result.seconds)} (generation {result.generation} of {result.generations}, seed {result.seed})",
        f"front: {len(result.front)} configs in {result.folder / 'pareto'}",
    ]
    if result.chosen is not None:
        best = result.front[result.chosen]
        lines += ["", f"nearest to the best of everything: {result.files[result.chosen].name}"]
        penalty = result.goal.penalty(best.measured)
        width = max(map(len, result.goal.scoring))
        for name, value in zip(result.goal.scoring, _metrics(result, result.chosen), strict=True):
            lines.append(f"  {name:<{width}}  {'not defined' if value is None else f'{value:.6g}'}")
        if penalty > 0.0:
            lines.append("  no candidate keeps the limits yet" if not _within(result) else "  it breaks a limit")
    if not result.finished:
        lines += ["", f"go on with: passivtui optimize --resume {result.folder}"]
    return "\n".join(lines)


def answer(result: OptimizationResult) -> str:
    """The result for a program: one JSON object. Undefined metrics are null."""
    return json.dumps(
        {
            "folder": str(result.folder),
            "finished": result.finished,
            "seed": result.seed,
            "evaluations": result.evaluations,
            "generation": result.generation,
            "generations": result.generations,
            "seconds": round(result.seconds, 3),
            "scoring": list(result.goal.scoring),
            "chosen": result.chosen,
            "front": [_member(result, index) for index in range(len(result.front))],
        },
        indent=1,
        allow_nan=False,
    )


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
