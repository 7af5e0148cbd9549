"""A time that only sleeping moves, for downloads that wait for nothing."""

from __future__ import annotations

import asyncio

from passivtui.market.sources.timing import Timing

NOW_MS = 1_750_000_000_000  # 2025-06-15T15:06:40


class ManualTime:
    """A clock that only sleeping moves; `slept` lists every wait."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def timing(self, now_ms: int = NOW_MS) -> Timing:
        return Timing(clock=lambda: now_ms, monotonic=lambda: self.now, sleep=self.sleep, chance=lambda: 1.0)
