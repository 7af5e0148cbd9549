"""What may still be asked of a venue: one ledger per venue and address, shared by all bots and downloads of a process,
which may run in different threads.

Whoever wants to send asks for a turn. Who is more urgent goes first, and the less urgent may not use the whole budget,
so that there is always room for a close. When the venue says "too often" everybody stops for as long as it says.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import count
from threading import RLock
from typing import Final

from passivtui.clock import monotonic
from passivtui.exchanges.errors import RateLimited


class Priority(IntEnum):
    """Who goes first; STATE is what must be read before any write."""

    PANIC = 0
    CLOSE = 1
    CANCEL = 2
    STATE = 3
    ENTRY = 4
    CANDLES = 5
    BACKFILL = 6


#: The part of each budget that a priority may use up.
SHARES: Final[Mapping[Priority, float]] = {
    Priority.PANIC: 1.0,
    Priority.CLOSE: 1.0,
    Priority.CANCEL: 0.95,
    Priority.STATE: 0.9,
    Priority.ENTRY: 0.8,
    Priority.CANDLES: 0.6,
    Priority.BACKFILL: 0.4,
}
LONGEST_PAUSE: Final = 86_400.0  # seconds; a venue that asks for more is taken at this
_DEFAULT_PAUSE: Final = 5.0  # after a refusal that names no time; doubles with each that follows at once
PATIENCE: Final = 60.0  # seconds that a turn is waited for before the request is denied


@dataclass(frozen=True, slots=True)
class Budget:
    """So much weight within so many seconds, whichever seconds one looks at."""

    weight: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Headroom:
    """For people: `used` of the tightest budget (0 to 1), for how long nobody may ask, and who waits."""

    used: float
    blocked_seconds: float
    is_ban: bool
    waiting: Mapping[Priority, int]


class RateLedger:
    """The budgets of one venue for one address. `now` gives seconds that never go back."""

    def __init__(
        self,
        title: str,
        budgets: Sequence[Budget],
        *,
        now: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._title = title
        self._budgets = tuple(budgets)
        self._now = now
        self._sleep = sleep
        self._spent: tuple[deque[tuple[float, float]], ...] = tuple(deque() for _ in budgets)
        self._used = [0.0] * len(self._budgets)
        self._queue: list[tuple[Priority, int]] = []
        self._numbers = count()
        self._lock = RLock()
        self._waiting: dict[tuple[Priority, int], tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}
        self._blocked_until = 0.0
        self._is_ban = False
        self._refusals = 0

    # ------------------------------------------------------------ asking

    async def turn(self, priority: Priority, weight: float = 1.0, patience: float = PATIENCE) -> None:
        """Return when a request of this weight may go out, and count it. Raises RateLimited, and nothing is sent, when
        that is not so within `patience` seconds."""
        ticket, changed = (priority, next(self._numbers)), asyncio.Event()
        with self._lock:
            heapq.heappush(self._queue, ticket)
            self._waiting[ticket] = asyncio.get_running_loop(), changed
        deadline = self._now() + patience
        try:
            while (wait := self._taken_or_wait(ticket, weight, changed)) > 0.0:
                left = deadline - self._now()
                if self._blocked_seconds() > left or left <= 0.0:
                    raise self._denial()
                await self._pause(changed, min(wait, left))
        finally:
            with self._lock:
                del self._waiting[ticket]
                self._queue.remove(ticket)
                heapq.heapify(self._queue)
            self._wake()

    def _taken_or_wait(self, ticket: tuple[Priority, int], weight: float, changed: asyncio.Event) -> float:
        """Count the request if it may go out now; else the seconds until it may be its turn."""
        with self._lock:
            changed.clear()
            wait = self._wait_of(ticket, weight)
            if wait <= 0.0:
                self._spend(weight)
            return wait

    def _wait_of(self, ticket: tuple[Priority, int], weight: float) -> float:
        """Seconds until it may be this ticket's turn; 0 when it is."""
        blocked = self._blocked_seconds()
        if blocked > 0.0:
            return blocked
        if self._queue[0] != ticket:
            return PATIENCE  # whoever leaves the queue wakes the others
        return max((self._room_in(index, ticket[0], weight) for index in range(len(self._budgets))), default=0.0)

    def _room_in(self, index: int, priority: Priority, weight: float) -> float:
        """Seconds until the budget has room for the weight; a weight beyond the whole share waits for an empty one."""
        budget, spent = self._budgets[index], self._spent[index]
        self._forget(index)
        allowed = max(budget.weight * SHARES[priority], weight)
        over = self._used[index] + weight - allowed
        if over <= 1e-9:
            return 0.0
        for moment, amount in spent:
            over -= amount
            if over <= 1e-9:
                return max(moment + budget.seconds - self._now(), 1e-3)
        return budget.seconds

    def _forget(self, index: int) -> None:
        spent, horizon = self._spent[index], self._now() - self._budgets[index].seconds
        while spent and spent[0][0] <= horizon:
            self._used[index] -= spent.popleft()[1]
        if not spent:
            self._used[index] = 0.0

    def _spend(self, weight: float) -> None:
        now = self._now()
        for index, spent in enumerate(self._spent):
            spent.append((now, weight))
            self._used[index] += weight

    async def _pause(self, changed: asyncio.Event, seconds: float) -> None:
        """Sleep, but not beyond the next change."""
        tasks = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(changed.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    def _wake(self) -> None:
        """Have everybody who waits look again, each in its own thread."""
        with self._lock:
            for loop, changed in self._waiting.values():
                loop.call_soon_threadsafe(changed.set)

    # ------------------------------------------------------------ what the venue says

    def refused(self, retry_after: float | None, *, is_ban: bool = False) -> float:
        """The venue said "too often": nobody asks for `retry_after` seconds (None: it named no time). Returns it."""
        with self._lock:
            self._refusals += 1
            pause = retry_after if retry_after is not None else _DEFAULT_PAUSE * 2.0 ** min(self._refusals - 1, 10)
            pause = min(max(pause, 0.0), LONGEST_PAUSE)
            until = self._now() + pause
            if until > self._blocked_until:
                self._blocked_until, self._is_ban = until, is_ban
        self._wake()
        return pause

    def answered(self) -> None:
        """The venue answered as it should: the next refusal begins with a short pause again."""
        self._refusals = 0

    def used_by_venue(self, weight: float, seconds: float) -> None:
        """The venue tells how much of the budget over `seconds` is used; others at this address may use it too."""
        with self._lock:
            for index, budget in enumerate(self._budgets):
                if budget.seconds == seconds:
                    self._forget(index)
                    unknown = weight - self._used[index]
                    if unknown > 0.0:
                        self._spent[index].append((self._now(), unknown))
                        self._used[index] += unknown

    # ------------------------------------------------------------ for people

    def headroom(self) -> Headroom:
        """How things stand now."""
        with self._lock:
            for index in range(len(self._budgets)):
                self._forget(index)
            shares = [used / budget.weight for used, budget in zip(self._used, self._budgets, strict=True)]
            waiting = Counter(priority for priority, _ in self._queue)
        blocked = self._blocked_seconds()
        return Headroom(max(shares, default=0.0), blocked, blocked > 0.0 and self._is_ban, dict(waiting))

    def _blocked_seconds(self) -> float:
        return max(0.0, self._blocked_until - self._now())

    def _denial(self) -> RateLimited:
        blocked = self._blocked_seconds()
        if blocked <= 0.0:
            return RateLimited(f"{self._title}: the budget of requests is used up; it frees up within a minute", 1.0)
        what = "has banned this address" if self._is_ban else "asks for a pause"
        return RateLimited(f"{self._title} {what} for {blocked:.0f} s more", blocked, is_ban=self._is_ban)


class RateLedgers:
    """The ledgers of a process, one per venue and address that is asked."""

    def __init__(
        self,
        now: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._lock = RLock()
        self._ledgers: dict[tuple[str, str], RateLedger] = {}

    def of(self, venue: str, title: str, budgets: Sequence[Budget], base_url: str = "") -> RateLedger:
        """The ledger of that venue at that address, made at the first call."""
        with self._lock:
            key = (venue, base_url)
            if key not in self._ledgers:
                self._ledgers[key] = RateLedger(title, budgets, now=self._now, sleep=self._sleep)
            return self._ledgers[key]

    def headrooms(self) -> dict[tuple[str, str], Headroom]:
        """How things stand with each venue that was asked."""
        with self._lock:
            ledgers = dict(self._ledgers)
        return {key: ledger.headroom() for key, ledger in ledgers.items()}


_SHARED: Final = RateLedgers()


def shared_ledgers() -> RateLedgers:
    """The ledgers of this process: whoever asks a venue under real time takes its turns here."""
    return _SHARED
