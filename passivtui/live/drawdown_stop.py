"""The drawdown stop: when what a bot has lost from its highest point is too much, decided from recorded equity.

A stop that fires wrongly is as bad as none. So nothing is decided by a single sample: a high point counts when three
samples in a row reached it, and a loss when three in a row are beyond the limit. Deposits and withdrawals are taken
out, after a gap or while the balance is not accounted for nothing is decided, and after it fired the stop begins anew.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Final, Literal

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.errors import UsageError
from passivtui.live.plan import LEAST_BALANCE

HOUR_MS: Final = 60 * MINUTE_MS
#: The part that stands for the whole account; others are "long", "short", or a coin.
ACCOUNT: Final = "account"
#: Samples in a row that decide, and that settle whether money came or went.
CONFIRMATIONS: Final = 3
#: The highest point of so long a time counts. As long every minute is recorded, so a restart finds it again.
WINDOW_MS: Final = 30 * DAY_MS
#: Samples this far apart are not in a row.
LONGEST_GAP_MS: Final = 10 * MINUTE_MS
#: A change of the balance that nothing explains is money that came or went if it is larger than this part of it;
#: smaller ones, such as funding, are profit or loss.
TRANSFER: Final = 0.001


class Scope(StrEnum):
    """What is watched, each part by itself."""

    ACCOUNT = "account"
    SIDE = "side"
    COIN = "coin"


@dataclass(frozen=True, slots=True)
class DrawdownRule:
    """`limit`: the loss from the highest point that fires, as a fraction of the account's equity. `action`: the mode
    that is put on: graceful_stop opens no new positions, panic closes all at market. After `cooldown_hours` trading
    goes on from a new high point; 0: only when a person says so. Raises UsageError for a rule that is none."""

    limit: float
    scope: Scope = Scope.ACCOUNT
    action: Literal["graceful_stop", "panic"] = "graceful_stop"
    cooldown_hours: float = 24.0

    def __post_init__(self) -> None:
        if not 0.0 < self.limit < 1.0:
            raise UsageError("the limit of a drawdown stop must be above 0 and below 1, such as 0.2")
        if not 0.0 <= self.cooldown_hours < 1e6:
            raise UsageError("the cooldown of a drawdown stop is a number of hours, 0 to wait for a person")
        if self.action not in ("graceful_stop", "panic"):
            raise UsageError(f"{self.action!r} is no action of a drawdown stop; use graceful_stop or panic")

    def part_of(self, leg: str) -> str:
        """The part that a coin and side, `BTC long`, belongs to."""
        coin, _, side = leg.rpartition(" ")
        return {Scope.ACCOUNT: ACCOUNT, Scope.SIDE: side, Scope.COIN: coin}[self.scope]


@dataclass(frozen=True, slots=True)
class Sample:
    """Balance and equity at one moment. `upnl` by leg (`BTC long`), `realised` by leg what fills have brought since the
    sample before, fees taken off; None where the venue hasn't told: then the change of the balance is believed."""

    time_ms: int
    balance: float
    equity: float
    upnl: Mapping[str, float] = field(default_factory=dict)
    realised: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def is_usable(self) -> bool:
        """A balance of nothing is more likely a wrong answer of the venue than an account."""
        numbers = (self.balance, self.equity, *self.upnl.values())
        return self.balance >= LEAST_BALANCE and all(map(math.isfinite, numbers))


@dataclass(frozen=True, slots=True)
class Firing:
    """The stop fired for a part: `drawdown` is its loss since the high point, `equity` the account's then."""

    part: str
    time_ms: int
    drawdown: float
    equity: float


@dataclass(slots=True)
class _Part:
    """What one part has made, and as an index that deposits and withdrawals leave alone; 1 at the beginning."""

    index_then: float = 1.0  # when money came or went last
    profit_then: float = 0.0
    profits: deque[float] = field(default_factory=lambda: deque(maxlen=CONFIRMATIONS))
    highs: deque[tuple[int, float]] = field(default_factory=deque)  # that nothing later has reached, oldest first
    last: deque[float] = field(default_factory=lambda: deque(maxlen=CONFIRMATIONS))  # of the index, in a row
    stopped_until_ms: float | None = None

    def index(self, profit: float, capital: float) -> float:
        return self.index_then * (1.0 + (profit - self.profit_then) / capital)

    def rebase(self, capital: float) -> None:
        """Go on from here with another capital; a median, so that one odd sample is no beginning."""
        if self.profits and capital > 0.0:
            profit = median(self.profits)
            self.index_then, self.profit_then = self.index(profit, capital), profit

    def begin_anew(self) -> None:
        self.highs.clear()
        self.last.clear()
        self.stopped_until_ms = None

    @property
    def peak(self) -> float:
        """The highest point of the window; below everything while there is none."""
        return self.highs[0][1] if self.highs else -math.inf

    def note_high(self, value: float, now_ms: int) -> None:
        while self.highs and self.highs[-1][1] <= value:
            self.highs.pop()
        self.highs.append((now_ms, value))
        while self.highs[0][0] < now_ms - WINDOW_MS:
            self.highs.popleft()


class DrawdownWatch:
    """Follows samples in the order of time. `follow` tells when the stop fires, `stopped` which parts it holds now."""

    def __init__(self, rule: DrawdownRule, *, longest_gap_ms: int = LONGEST_GAP_MS) -> None:
        self._rule = rule
        self._longest_gap_ms = longest_gap_ms
        self._parts: dict[str, _Part] = {}
        self._before: Sample | None = None
        self._realised: dict[str, float] = {}  # by leg, since the beginning
        self._transfers = _Transfers()
        self._equities: deque[float] = deque(maxlen=CONFIRMATIONS)
        self._capital: float | None = None  # what the account had when money came or went last

    # ------------------------------------------------------------ what it says

    @property
    def stopped(self) -> dict[str, float]:
        """The parts that are stopped, and until when: infinite if a person must let them go on."""
        found = ((name, part.stopped_until_ms) for name, part in sorted(self._parts.items()))
        return {name: until_ms for name, until_ms in found if until_ms is not None}

    def drawdown(self, part: str) -> float | None:
        """How far a part is below its high point, by its last samples; None while that isn't known."""
        known = self._parts.get(part)
        if known is None or len(known.last) < CONFIRMATIONS or known.peak <= 0.0:
            return None
        return max(0.0, 1.0 - max(known.last) / known.peak)

    def hold(self, part: str, until_ms: float) -> None:
        """Stop a part, as after a restart."""
        self._part(part).stopped_until_ms = until_ms

    def release(self, part: str) -> None:
        """Let a part go on; its high point is counted from here."""
        self._part(part).begin_anew()

    # ------------------------------------------------------------ samples

    def follow(self, sample: Sample, *, may_fire: bool = True) -> tuple[Firing, ...]:
        """Take in a sample. Nothing fires if it is not to: then samples of the past only say where the peak is."""
        before = self._before
        if not sample.is_usable or (before is not None and sample.time_ms <= before.time_ms):
            return ()
        self._before = sample
        if before is not None:
            self._account_for(sample, before)
        self._release_in_time(sample.time_ms)
        if self._transfers.is_open:
            return ()
        self._equities.append(sample.equity)
        if self._capital is None and len(self._equities) == CONFIRMATIONS:
            self._capital = median(self._equities)
        if self._capital is None or self._capital <= 0.0:
            return ()
        self._measure(sample, self._capital)
        return self._decide(sample) if may_fire else ()

    def _part(self, name: str) -> _Part:
        return self._parts.setdefault(name, _Part())

    def _account_for(self, sample: Sample, before: Sample) -> None:
        if sample.time_ms - before.time_ms > self._longest_gap_ms:
            for part in self._parts.values():
                part.last.clear()
        for leg, value in sample.realised.items():  # a close that isn't told turns unrealised profit into balance
            gained = before.upnl.get(leg, 0.0) - sample.upnl.get(leg, 0.0) if value is None else value
            self._realised[leg] = self._realised.get(leg, 0.0) + gained
        amount = self._transfers.follow(sample, before)
        if amount is not None:
            self._rebase(amount)

    def _rebase(self, amount: float) -> None:
        """Money came or went: from here on, profits are those of another capital."""
        if self._capital is None:
            self._equities.clear()
            return
        for part in self._parts.values():
            part.rebase(self._capital)
        self._capital = median(self._equities) + amount
        self._equities.extend([self._capital] * CONFIRMATIONS)

    def _release_in_time(self, now_ms: int) -> None:
        for part in self._parts.values():
            if part.stopped_until_ms is not None and part.stopped_until_ms <= now_ms:
                part.begin_anew()

    # ------------------------------------------------------------ profit and decision

    def _measure(self, sample: Sample, capital: float) -> None:
        """Bring every part up to date: the account's profit is its equity without what came or went."""
        for name, profit in self._profits(sample).items():
            part = self._part(name)
            if not part.profits:
                part.profit_then = profit if name == ACCOUNT else 0.0
            part.profits.append(profit)
            part.last.append(part.index(profit, capital))
            if len(part.last) == CONFIRMATIONS and part.stopped_until_ms is None:
                part.note_high(min(part.last), sample.time_ms)

    def _profits(self, sample: Sample) -> dict[str, float]:
        if self._rule.scope is Scope.ACCOUNT:
            return {ACCOUNT: sample.equity - self._transfers.total}
        profits: dict[str, float] = {}
        for leg in {*sample.upnl, *self._realised}:
            part = self._rule.part_of(leg)
            made = self._realised.get(leg, 0.0) + sample.upnl.get(leg, 0.0)
            profits[part] = profits.get(part, 0.0) + made
        return profits

    def _decide(self, sample: Sample) -> tuple[Firing, ...]:
        fired = []
        for name, part in sorted(self._parts.items()):
            if part.stopped_until_ms is not None or len(part.last) < CONFIRMATIONS:
                continue
            if part.peak > 0.0 and max(part.last) <= (1.0 - self._rule.limit) * part.peak:
                fired.append(Firing(name, sample.time_ms, 1.0 - max(part.last) / part.peak, sample.equity))
                cooldown_ms = self._rule.cooldown_hours * HOUR_MS or math.inf
                part.stopped_until_ms = sample.time_ms + cooldown_ms
        return tuple(fired)


class _Transfers:
    """Tells money that came or went from profit and loss: it changes the balance, no fill explains it, and it stays."""

    def __init__(self) -> None:
        self.total = 0.0
        self._unexplained = 0.0  # since the beginning
        self._settled = 0.0  # as much of it as was decided about
        self._seen: list[float] = []  # the same open amount, sample after sample

    @property
    def is_open(self) -> bool:
        """Something is not explained yet: nothing is to be decided."""
        return bool(self._seen)

    def follow(self, sample: Sample, before: Sample) -> float | None:
        """The amount, once it is certain that it came (or, below 0, went)."""
        told = [value for value in sample.realised.values() if value is not None]
        if len(told) == len(sample.realised):
            self._unexplained += sample.balance - before.balance - sum(told)
        amount = self._unexplained - self._settled
        least = TRANSFER * max(before.balance, sample.balance)
        if abs(amount) <= least:
            self._settled = self._unexplained
            self._seen.clear()
            return None
        if self._seen and abs(amount - self._seen[0]) > least:
            self._seen.clear()
        self._seen.append(amount)
        if len(self._seen) < CONFIRMATIONS:
            return None
        self._settled = self._unexplained
        self._seen.clear()
        self.total += amount
        return amount


def would_have_fired(rule: DrawdownRule, samples: Iterable[Sample]) -> list[Firing]:
    """When the stop would have fired on a history, had it been on all the time."""
    watch = DrawdownWatch(rule)
    return [firing for sample in samples for firing in watch.follow(sample)]
