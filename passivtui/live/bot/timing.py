"""The bot's time: all of it comes from here, so that a paper venue's clock can own it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from passivtui.clock import MINUTE_MS, Clock, monotonic, utc_ms
from passivtui.exchanges.virtual_clock import Sleep
from passivtui.live.snapshot import Age


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was received, by the calendar and by a clock that never goes back."""

    clock_ms: int
    elapsed: float


@dataclass(frozen=True, slots=True)
class Timing:
    """`clock` is the market's time in UTC ms, `elapsed` gives seconds that never go back, `sleep` waits seconds."""

    clock: Clock = utc_ms
    sleep: Sleep = asyncio.sleep
    elapsed: Callable[[], float] = monotonic

    @classmethod
    def of_market(cls, clock: Clock, sleep: Sleep) -> Timing:
        """The time of a market that a paper venue plays at its own speed."""
        return cls(clock, sleep, lambda: clock() / 1000.0)

    def moment(self) -> Moment:
        return Moment(self.clock(), self.elapsed())

    def age(self, received: Moment | None, limit_ms: int) -> Age:
        """The greater of both clocks' answers: one stands still while a computer sleeps, the other may be set back."""
        if received is None:
            return Age(None, limit_ms)
        by_elapsed = int((self.elapsed() - received.elapsed) * 1000.0)
        return Age(max(0, by_elapsed, self.clock() - received.clock_ms), limit_ms)

    def minute(self) -> int:
        """The beginning of the present minute."""
        return self.clock() // MINUTE_MS * MINUTE_MS

    async def wait_for(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for the event, so many seconds at most. Whether it came."""
        if event.is_set():
            return True
        return await self.finishes(event.wait(), seconds)

    async def finishes(self, work: Coroutine[Any, Any, Any] | asyncio.Task[Any], seconds: float) -> bool:
        """Whether `work` ended within so many seconds; it is cancelled when not. What it raises is raised."""
        working = asyncio.ensure_future(work)
        napping = asyncio.ensure_future(_nap(self.sleep(seconds)))
        try:
            await asyncio.wait({working, napping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            finished = working.done()
            for task in (working, napping):
                if not task.done():
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
        if finished:
            working.result()
        return finished


async def _nap(sleeping: Awaitable[object]) -> None:
    await sleeping
