"""How long work tells of itself: frozen events to a callback, and a token that asks it to stop.

Services never touch a widget; the command line and the app each give a callback of their own. The callback may be
called from a worker thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from passivtui.errors import Cancelled


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of some work: `done` of `total` (`total` 0: unknown) in `unit`s, within `phase`."""

    phase: str
    done: int
    total: int
    unit: str = ""

    @property
    def fraction(self) -> float:
        """Between 0 and 1; 0 when the total is not known."""
        return min(1.0, self.done / self.total) if self.total > 0 else 0.0


ProgressSink = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """A sink for callers that don't want to know."""


class CancelToken:
    """Asked from any thread, honoured at the next safe point: `raise_if_cancelled()` raises `Cancelled` there."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._callbacks: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Ask the work to stop. Calling it twice does no harm."""
        self._event.set()
        for callback in tuple(self._callbacks):
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call `callback` when cancelled (at once if that has happened): for loops that poll a flag of their own."""
        self._callbacks.append(callback)
        if self._event.is_set():
            callback()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` if somebody asked to stop."""
        if self._event.is_set():
            raise Cancelled()
