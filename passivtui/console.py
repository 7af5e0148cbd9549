"""What the command line shows and hears besides results: a progress bar on stderr, and signals."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import get_terminal_size
from types import FrameType, TracebackType
from typing import Self, TextIO

from passivtui.clock import monotonic
from passivtui.progress import CancelToken, Progress

_BAR_CELLS = 30
_REDRAW_SECONDS = 0.05
_CLEAR_LINE = "\r\x1b[K"


class ProgressBar:
    """One line on a terminal that tells how far the work is, and vanishes at the end. Nothing elsewhere."""

    def __init__(self, stream: TextIO, *, wanted: bool = True) -> None:
        self._stream = stream
        self._drawing = wanted and stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._shown: Progress | None = None
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._drawing and self._shown is not None:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()

    def show(self, progress: Progress) -> None:
        """Draw the newest state; changes within a phase at most twenty times a second."""
        if not self._drawing:
            return
        now = monotonic()
        new_phase = self._shown is None or self._shown.phase != progress.phase
        if new_phase or now - self._drawn_at >= _REDRAW_SECONDS:
            self._shown, self._drawn_at = progress, now
            # One column stays free: a full line would wrap on some terminals.
            line = progress_line(progress)[: get_terminal_size().columns - 1]
            self._stream.write(_CLEAR_LINE + line)
            self._stream.flush()


def progress_line(progress: Progress) -> str:
    """`simulate [######------]  52 %  45,000 of 86,400 minutes`; without a total just the phase and the count."""
    unit = f" {progress.unit}" if progress.unit else ""
    if progress.total <= 0:
        return f"{progress.phase}  {progress.done:,}{unit}" if progress.done else f"{progress.phase} ..."
    full = int(progress.fraction * _BAR_CELLS)
    bar = "#" * full + "-" * (_BAR_CELLS - full)
    return f"{progress.phase} [{bar}] {progress.fraction:4.0%}  {progress.done:,} of {progress.total:,}{unit}"


@contextmanager
def cancelled_by_signals() -> Iterator[CancelToken]:
    """A token that SIGINT and SIGTERM cancel: work ends at a safe point. A second signal ends it where it stands."""
    token = CancelToken()

    def cancel(number: int, frame: FrameType | None) -> None:
        if token.cancelled:
            raise KeyboardInterrupt
        token.cancel()

    before = {number: signal.signal(number, cancel) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield token
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
