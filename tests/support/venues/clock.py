"""The venue's time: this computer's, or virtual time that stands still until it is advanced."""

from __future__ import annotations

import asyncio
import heapq
import time
from itertools import count

_TURNS = 20  # of the event loop, in which whoever was woken does what it can before time goes on


class VenueClock:
    """Milliseconds since 1970. `skew_ms` is how far the venue's own clock is off; it is what it shows and checks by.

    `VenueClock()` runs with this computer's clock, `VenueClock(start_ms)` stands still. `advance` moves either, and so
    does `sleep`: nobody waits, time goes on. A client who asks `here` and sleeps here lives in the venue's time.
    """

    def __init__(self, start_ms: int | None = None, *, skew_ms: int = 0) -> None:
        self.skew_ms = skew_ms
        self._start_ms = start_ms
        self._advanced_ms = 0
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._waking: asyncio.Task[None] | None = None

    def now(self) -> int:
        """The venue's time, skew included."""
        return self.here() + self.skew_ms

    def here(self) -> int:
        """The time by a clock that is not off."""
        base = time.time_ns() // 1_000_000 if self._start_ms is None else self._start_ms
        return base + self._advanced_ms

    def here_seconds(self) -> float:
        return self.here() / 1000.0

    def advance(self, ms: int) -> None:
        if ms < 0:
            raise ValueError("time only goes forwards; set skew_ms for a clock that is off")
        self._advanced_ms += ms

    async def sleep(self, seconds: float) -> None:
        """Return when the time has come: it comes as soon as everybody whose time is earlier had their turn."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.here() + max(1, round(seconds * 1000)), next(self._numbers), woken))
        if self._waking is None or self._waking.done():
            self._waking = asyncio.create_task(self._wake())
        await woken

    async def _wake(self) -> None:
        while self._sleepers:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            while self._sleepers and self._sleepers[0][2].done():  # who doesn't wait any more moves no time
                heapq.heappop(self._sleepers)
            if self._sleepers:
                until_ms, _, woken = heapq.heappop(self._sleepers)
                self.advance(max(0, until_ms - self.here()))
                woken.set_result(None)
