"""Work that goes on in the background: what runs, how far it is, how to stop it. No widget, no thread of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from enum import StrEnum

from passivtui.clock import monotonic
from passivtui.progress import CancelToken, Progress

RATE_WINDOW_SECONDS = 10.0


class JobState(StrEnum):
    """Where a job stands; the value is the word that is shown."""

    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Job:
    """One piece of background work.

    `report` may be called from any thread (it stores one reference); everything else belongs to the UI thread.
    """

    def __init__(self, number: int, name: str, timer: Callable[[], float] = monotonic) -> None:
        self.number = number
        self.name = name
        self.state = JobState.RUNNING
        self.progress: Progress | None = None
        self.token = CancelToken()
        self.error: Exception | None = None
        self._timer = timer
        self._started = timer()
        self._ended: float | None = None
        self._phase = ""
        self._samples: deque[tuple[float, int]] = deque()

    @property
    def active(self) -> bool:
        """Still running, perhaps asked to stop."""
        return self.state in (JobState.RUNNING, JobState.CANCELLING)

    @property
    def elapsed(self) -> float:
        """Seconds it has run, or did run."""
        return (self._timer() if self._ended is None else self._ended) - self._started

    def report(self, progress: Progress) -> None:
        """Take note of how far the work is: the newest wins."""
        self.progress = progress

    def cancel(self) -> None:
        """Ask the work to stop at its next safe point."""
        if self.state is JobState.RUNNING:
            self.state = JobState.CANCELLING
            self.token.cancel()

    def end(self, state: JobState, error: Exception | None = None) -> None:
        """The work is over."""
        self.state = state
        self.error = error
        self._ended = self._timer()

    def sample(self) -> None:
        """Remember how far it is now, for the rate; call it about once or a few times a second."""
        if self.progress is None:
            return
        if self.progress.phase != self._phase:
            self._phase = self.progress.phase
            self._samples.clear()
        now = self._timer()
        self._samples.append((now, self.progress.done))
        while now - self._samples[0][0] > RATE_WINDOW_SECONDS:
            self._samples.popleft()

    @property
    def rate(self) -> float:
        """Units a second within the window; 0 when not known yet."""
        if len(self._samples) < 2:
            return 0.0
        (first_time, first_done), (last_time, last_done) = self._samples[0], self._samples[-1]
        seconds = last_time - first_time
        return max(0.0, (last_done - first_done) / seconds) if seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Of the present phase, by the rate; None when not known."""
        if self.progress is None or self.progress.total <= 0 or self.rate <= 0:
            return None
        return max(0, self.progress.total - self.progress.done) / self.rate

    def facts(self) -> str:
        """Counts, rate and time in one line: `simulating 12,000/50,000 minutes  24,000/s  0:02 left`."""
        if not self.active:
            return f"{self.state.value} after {duration_text(self.elapsed)}"
        if self.state is JobState.CANCELLING:
            return "cancelling"
        if self.progress is None:
            return "starting"
        parts = [_counts(self.progress)]
        if self.rate > 0:
            parts.append(f"{self.rate:,.0f}/s" if self.rate >= 10 else f"{self.rate:.1f}/s")
        if (left := self.seconds_left) is not None:
            parts.append(f"{duration_text(left)} left")
        else:
            parts.append(duration_text(self.elapsed))
        return "  ".join(parts)


def _counts(progress: Progress) -> str:
    unit = f" {progress.unit}" if progress.unit else ""
    if progress.total > 0:
        return f"{progress.phase} {progress.done:,}/{progress.total:,}{unit}"
    return f"{progress.phase} {progress.done:,}{unit}" if progress.done else progress.phase


def duration_text(seconds: float) -> str:
    """`0:07`, `12:30`, `3:04:05`."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


class Jobs:
    """All jobs since the start, newest last; ended ones are kept (the last 50) so that the list tells what happened."""

    KEPT = 50

    def __init__(self, timer: Callable[[], float] = monotonic) -> None:
        self._timer = timer
        self._jobs: list[Job] = []
        self._number = 0

    def __iter__(self) -> Iterator[Job]:
        return iter(tuple(self._jobs))

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def active(self) -> tuple[Job, ...]:
        """Those still at work, oldest first."""
        return tuple(job for job in self._jobs if job.active)

    def begin(self, name: str) -> Job:
        """Write a new job into the book."""
        self._number += 1
        job = Job(self._number, name, self._timer)
        self._jobs.append(job)
        ended = [known for known in self._jobs if not known.active]
        for forgotten in ended[: max(0, len(ended) - self.KEPT)]:
            self._jobs.remove(forgotten)
        return job
