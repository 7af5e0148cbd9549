"""Runs of the optimizer that were started in this process: how far they are, and what they said."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from passivtui.optimize import (
    Notice,
    OptimizationRequest,
    OptimizationResult,
    SearchProgress,
    TickSearchProgress,
    TickSearchRequest,
    TickSearchResult,
    resume_optimization,
    resume_tick_search,
    run_optimization,
    run_tick_search,
)
from passivtui.progress import CancelToken, Progress, ProgressSink
from passivtui.screens.base import Services
from passivtui.widgets.job_book import Job

_KEPT: Final = 200
TREND: Final = 120
"""Generations whose best values are kept for the trend."""


@dataclass(eq=False)
class LiveRun:
    """One run. `take` is called in the worker's thread and stores references only; the rest is the screen's."""

    config_name: str
    job: Job | None = None
    latest: SearchProgress | None = None
    log: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))
    result: OptimizationResult | None = None
    trends: dict[str, deque[float]] = field(default_factory=dict)
    _generation: int = -1

    @property
    def name(self) -> str:
        """As a job."""
        return f"Optimize {self.config_name}"

    @property
    def folder(self) -> Path | None:
        """Where it writes; None before the search has begun."""
        if self.result is not None:
            return self.result.folder
        return self.latest.folder if self.latest is not None else None

    @property
    def active(self) -> bool:
        """Whether it still runs."""
        return self.job is not None and self.job.active

    @property
    def how_far(self) -> tuple[int, int]:
        """Evaluations done and to be done."""
        return (self.latest.evaluations, self.latest.expected) if self.latest is not None else (0, 0)

    @property
    def found(self) -> int:
        """Members of the front."""
        return self.latest.front_size if self.latest is not None else 0

    def take(self, event: Progress | SearchProgress | Notice, progress: ProgressSink) -> None:
        """Note what the search tells, and pass its share of the work on."""
        if isinstance(event, Notice):
            self.log.append(event.text)
            return
        if isinstance(event, Progress):
            progress(event)
            return
        progress(Progress("search", event.evaluations, event.expected, "evaluations"))
        if event.generation != self._generation:
            self._generation = event.generation
            for name, best in event.best:
                if best is not None:
                    self.trends.setdefault(name, deque(maxlen=TREND)).append(best)
        self.latest = event


@dataclass(eq=False)
class LiveTickRun:
    """A search over ticks; otherwise as `LiveRun`."""

    config_name: str
    job: Job | None = None
    latest: TickSearchProgress | None = None
    log: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))
    result: TickSearchResult | None = None

    @property
    def name(self) -> str:
        """As a job."""
        return f"Jackrabbit {self.config_name}"

    @property
    def folder(self) -> Path | None:
        """Where it writes; None before the search has begun."""
        return self.latest.folder if self.latest is not None else None

    @property
    def active(self) -> bool:
        """Whether it still runs."""
        return self.job is not None and self.job.active

    @property
    def how_far(self) -> tuple[int, int]:
        """Iterations done and to be done."""
        return (self.latest.k, self.latest.n) if self.latest is not None else (0, 0)

    @property
    def found(self) -> int:
        """1 from the first result on."""
        return min(1, len(self.latest.bests)) if self.latest is not None else 0

    def take(self, event: Progress | TickSearchProgress | Notice, progress: ProgressSink) -> None:
        """Note what the search tells, and pass its share of the work on."""
        if isinstance(event, Notice):
            self.log.append(event.text)
        elif isinstance(event, Progress):
            progress(event)
        else:
            progress(Progress("search", event.k, event.n, "iterations"))
            self.latest = event


def start_tick_search(
    services: Services, request: TickSearchRequest, then: Callable[[LiveTickRun], None]
) -> LiveTickRun:
    """Begin a run as a job; `then` is called when it is over, however it ended."""
    home = services.home
    live = LiveTickRun(request.settings.stem)

    def work(progress: ProgressSink, cancel: CancelToken) -> TickSearchResult:
        return run_tick_search(request, home.ensure(), lambda event: live.take(event, progress), cancel)

    return _start_ticks(services, live, work, then)


def resume_tick_run(services: Services, folder: Path, name: str, then: Callable[[LiveTickRun], None]) -> LiveTickRun:
    """Go on with a stopped run as a job."""
    home = services.home
    live = LiveTickRun(name)

    def work(progress: ProgressSink, cancel: CancelToken) -> TickSearchResult:
        return resume_tick_search(folder, home.ensure(), lambda event: live.take(event, progress), cancel)

    return _start_ticks(services, live, work, then)


def _start_ticks(
    services: Services,
    live: LiveTickRun,
    work: Callable[[ProgressSink, CancelToken], TickSearchResult],
    then: Callable[[LiveTickRun], None],
) -> LiveTickRun:
    def done(result: TickSearchResult) -> None:
        live.result = result
        ended = "is done" if result.finished else "was stopped and can be gone on with"
        best = "no result" if result.best is None else f"best gain {result.best.gain:.6g}"
        services.toast(f"{live.name} {ended}: {result.k:,} iterations, {best}.")
        then(live)

    def failed(error: Exception) -> None:
        services.show_error(error, "searching")
        then(live)

    live.job = services.start_job(live.name, work, done=done, failed=failed, cancelled=lambda: then(live))
    return live


def start_search(services: Services, request: OptimizationRequest, then: Callable[[LiveRun], None]) -> LiveRun:
    """Begin a run as a job; `then` is called when it is over, however it ended."""
    home = services.home
    live = LiveRun(request.config.name)

    def work(progress: ProgressSink, cancel: CancelToken) -> OptimizationResult:
        return run_optimization(request, home.ensure(), lambda event: live.take(event, progress), cancel)

    return _start(services, live, work, then)


def resume_search(services: Services, folder: Path, name: str, then: Callable[[LiveRun], None]) -> LiveRun:
    """Go on with a stopped run as a job."""
    home = services.home
    live = LiveRun(name)

    def work(progress: ProgressSink, cancel: CancelToken) -> OptimizationResult:
        return resume_optimization(folder, home.ensure(), lambda event: live.take(event, progress), cancel)

    return _start(services, live, work, then)


def _start(
    services: Services,
    live: LiveRun,
    work: Callable[[ProgressSink, CancelToken], OptimizationResult],
    then: Callable[[LiveRun], None],
) -> LiveRun:
    def done(result: OptimizationResult) -> None:
        live.result = result
        ended = "is done" if result.finished else "was stopped and can be gone on with"
        services.toast(f"{live.name} {ended}: {result.evaluations:,} evaluations, {len(result.front)} on the front.")
        then(live)

    def failed(error: Exception) -> None:
        services.show_error(error, "optimizing")
        then(live)

    live.job = services.start_job(live.name, work, done=done, failed=failed, cancelled=lambda: then(live))
    return live
