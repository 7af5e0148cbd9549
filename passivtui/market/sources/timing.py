"""Time and chance as downloads use them: injected, so that tests wait for nothing and meet no luck."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from passivtui.clock import Clock, monotonic, utc_ms


@dataclass(frozen=True, slots=True)
class Timing:
    """`clock`: UTC in ms. `monotonic`: seconds that never go back. `sleep`: waits seconds. `chance`: 0 up to 1."""

    clock: Clock = utc_ms
    monotonic: Callable[[], float] = monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    chance: Callable[[], float] = field(default=random.random)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before each further attempt: doubling, capped, with jitter so that clients spread out."""

    attempts: int
    first_seconds: float = 0.5
    longest_seconds: float = 30.0

    def seconds(self, failures: int, chance: float) -> float:
        """The pause after `failures` (1 or more) failed attempts: between half of the doubled pause and all of it."""
        pause = min(self.longest_seconds, self.first_seconds * 2.0 ** min(failures - 1, 60))
        return pause * (0.5 + 0.5 * chance)


class Pace:
    """At most so many requests a second to one host, evenly spaced, and none while the host asks for a pause."""

    def __init__(self, per_second: float, timing: Timing) -> None:
        self._spacing = 1.0 / per_second
        self._timing = timing
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until the next request may go out."""
        while (wait := self._next - self._timing.monotonic()) > 0:
            await self._timing.sleep(wait)
        self._next = max(self._next, self._timing.monotonic()) + self._spacing

    def pause(self, seconds: float) -> None:
        """Let nobody ask this host for so long."""
        self._next = max(self._next, self._timing.monotonic() + seconds)
