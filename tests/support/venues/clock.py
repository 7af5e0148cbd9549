"""The venue's time: this computer's, or virtual time that stands still until it is advanced."""

from __future__ import annotations

import time


class VenueClock:
    """Milliseconds since 1970. `skew_ms` is how far the venue's own clock is off; it is what it shows and checks by.

    `VenueClock()` runs with this computer's clock, `VenueClock(start_ms)` stands still. `advance` moves either.
    """

    def __init__(self, start_ms: int | None = None, *, skew_ms: int = 0) -> None:
        self.skew_ms = skew_ms
        self._start_ms = start_ms
        self._advanced_ms = 0

    def now(self) -> int:
        """The venue's time, skew included."""
        base = time.time_ns() // 1_000_000 if self._start_ms is None else self._start_ms
        return base + self._advanced_ms + self.skew_ms

    def advance(self, ms: int) -> None:
        if ms < 0:
            raise ValueError("time only goes forwards; set skew_ms for a clock that is off")
        self._advanced_ms += ms
