"""Time that a paper venue can own: as fast as wished, or moved by hand."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from itertools import count

from passivtui.clock import monotonic

Sleep = Callable[[float], Awaitable[object]]


class SpeedClock:
    """Runs from `start_ms` on at `speed` times the real pace; calling it gives UTC ms, `sleep` waits its seconds."""

    def __init__(self, start_ms: int, speed: float = 1.0, real: Callable[[], float] = monotonic) -> None:
        if speed <= 0.0:
            raise ValueError("the speed must be above 0")
        self._start_ms = start_ms
        self._speed = speed
        self._real = real
        self._began = real()

    def __call__(self) -> int:
        return self._start_ms + int((self._real() - self._began) * self._speed * 1000.0)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._speed)


class ManualClock:
    """Stands still until `advance_to`; whoever sleeps on it wakes when its time has come, the earliest first."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._delays: list[int] = []
        self.delaying = asyncio.Event()  # set while somebody waits in `delay`

    def __call__(self) -> int:
        return self._now_ms

    async def delay(self, seconds: float) -> None:
        """Sleep, as an answer that is long in coming: whoever moves the clock must move it for this too."""
        until_ms = self._now_ms + max(0, round(seconds * 1000.0))
        self._delays.append(until_ms)
        self.delaying.set()
        try:
            await self.sleep(seconds)
        finally:
            self._delays.remove(until_ms)
            if not self._delays:
                self.delaying.clear()

    @property
    def delayed_until_ms(self) -> int:
        """When the first of those in `delay` goes on; the present when nobody is there."""
        return min(self._delays, default=self._now_ms)

    async def sleep(self, seconds: float) -> None:
        until_ms = self._now_ms + max(0, round(seconds * 1000.0))
        if until_ms <= self._now_ms:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (until_ms, next(self._numbers), woken))
        await woken

    async def advance_to(self, now_ms: int) -> None:
        """Move on, stopping at each sleeper's time so that it, and what it starts, runs at that time."""
        while self._sleepers and self._sleepers[0][0] <= now_ms:
            until_ms, _, woken = heapq.heappop(self._sleepers)
            self._now_ms = max(self._now_ms, until_ms)
            if not woken.done():
                woken.set_result(None)
                await asyncio.sleep(0)  # the sleeper takes over
                await asyncio.sleep(0)  # and whom it wakes
        self._now_ms = max(self._now_ms, now_ms)

    @property
    def next_wake_ms(self) -> int | None:
        """When the next sleeper wakes; None when nobody sleeps."""
        return self._sleepers[0][0] if self._sleepers else None
