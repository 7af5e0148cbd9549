"""What a download tells of itself: days done of all, bytes, rate and time left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from passivtui.progress import Progress, ProgressSink


@dataclass(frozen=True, slots=True)
class DownloadProgress(Progress):
    """Progress in days; `unit` says all of it in words. `seconds_left` is None while it can't be told."""

    received_bytes: int = 0
    bytes_per_second: float = 0.0
    seconds_left: float | None = None


class Tally:
    """Counts for one download; tells the sink after every change."""

    def __init__(self, sink: ProgressSink, monotonic: Callable[[], float]) -> None:
        self._sink = sink
        self._monotonic = monotonic
        self._started = monotonic()
        self._phase = "download"
        self.total_days = 0
        self.done_days = 0
        self.received_bytes = 0

    def phase(self, text: str) -> None:
        """Say what is being done now."""
        self._phase = text
        self._tell()

    def expect(self, days: int) -> None:
        """So many more days are to be had."""
        self.total_days += days
        self._tell()

    def receive(self, size: int) -> None:
        """So many bytes came in."""
        self.received_bytes += size
        self._tell()

    def finish(self, days: int) -> None:
        """So many days are done: stored, or known not to be had now."""
        self.done_days += days
        self._tell()

    def _tell(self) -> None:
        seconds = max(self._monotonic() - self._started, 1e-9)
        rate = self.received_bytes / seconds
        left = seconds / self.done_days * (self.total_days - self.done_days) if self.done_days else None
        # The most wanted first: a narrow terminal cuts the line off.
        words = f"days, {duration_text(left)} left" if left is not None else "days"
        words += f", {size_text(rate)}/s, {size_text(self.received_bytes)}"
        self._sink(
            DownloadProgress(self._phase, self.done_days, self.total_days, words, self.received_bytes, rate, left)
        )


def size_text(size: float) -> str:
    """`512 B`, `3.4 kB`, `12 MB`: three figures are enough for a person."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def duration_text(seconds: float) -> str:
    """`0:42`, `1:05:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
