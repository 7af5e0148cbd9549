"""What went wrong, counted; how long is waited then; and what each refusal of a venue leads to."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from passivtui.clock import Clock
from passivtui.exchanges.errors import AuthError, RateLimited, Rejected, RejectReason, Transient, UnknownOutcome
from passivtui.live.orders import Part, PlannedOrder, SentOrder, Side
from passivtui.live.reasons import Gate, Withheld, for_order
from passivtui.live.status import ErrorCount

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_JITTER: Final = 0.5
_TOLD_AGAIN_MS: Final = 300_000  # what goes wrong again and again is told so often
_MOST_REMARKS: Final = 200  # that nobody took

Chance = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Handling:
    """What is done when an order is refused: how long ones like it wait, and what is looked at anew."""

    pause: float  # seconds, doubled with each refusal that follows
    most: float
    reload_markets: bool = False
    measure_clock: bool = False
    check_account: bool = False


#: By reason; NOT_ALLOWED stops the bot, DUPLICATE_CLIENT_ID means that the order exists.
HANDLINGS: Final = {
    RejectReason.WOULD_CROSS: Handling(2.0, 60.0),
    RejectReason.BELOW_MINIMUM: Handling(60.0, 3600.0, reload_markets=True),
    RejectReason.ABOVE_MAXIMUM: Handling(60.0, 3600.0, reload_markets=True),
    RejectReason.BAD_STEP: Handling(30.0, 3600.0, reload_markets=True),
    RejectReason.INSUFFICIENT_MARGIN: Handling(60.0, 900.0),
    RejectReason.REDUCE_ONLY: Handling(2.0, 60.0),
    RejectReason.POSITION_MODE: Handling(30.0, 900.0, check_account=True),
    RejectReason.MARKET_CLOSED: Handling(60.0, 900.0, reload_markets=True),
    RejectReason.CLOCK: Handling(5.0, 60.0, measure_clock=True),
}
OTHERWISE: Final = Handling(15.0, 900.0)


@dataclass(slots=True)
class _Wait:
    until_ms: int
    refusals: int
    reason: str


class Troubles:
    """Counters of errors, pauses that grow, and legs of coins that wait after a refusal."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._counts: dict[str, ErrorCount] = {}
        self._in_a_row = 0
        self._waits: dict[tuple[str, Side, Part], _Wait] = {}
        self._cancels: dict[str, _Wait] = {}
        self._told: dict[tuple[str, str], int] = {}
        self._remarks: list[tuple[str, str]] = []

    # ------------------------------------------------------------ errors

    def count(self, name: str, words: str) -> None:
        """Something went wrong: it is counted for the monitor, and remarked upon in the bot's story."""
        before = self._counts.get(name)
        self._counts[name] = ErrorCount(name, 1 + (before.count if before else 0), words, self._clock())
        self.remark(name, words)

    def remark(self, kind: str, words: str) -> None:
        """A line for the bot's story; the same one is told every few minutes at most."""
        now_ms = self._clock()
        self._told = {key: at for key, at in self._told.items() if abs(now_ms - at) < _TOLD_AGAIN_MS}
        if (kind, words) not in self._told and len(self._remarks) < _MOST_REMARKS:
            self._told[kind, words] = now_ms
            self._remarks.append((kind, words))

    def take_remarks(self) -> list[tuple[str, str]]:
        """Kind and words of what was not told yet, oldest first."""
        remarks, self._remarks = self._remarks, []
        return remarks

    @property
    def counts(self) -> tuple[ErrorCount, ...]:
        """The most frequent first."""
        return tuple(sorted(self._counts.values(), key=lambda count: -count.count))

    def pause_after(self, error: Exception) -> float:
        """Count the error; how many seconds to wait: as long as the venue says, else longer and longer, jittered."""
        self.count(name_of(error), " ".join(str(error).split()))
        self._in_a_row += 1
        if isinstance(error, RateLimited):
            return max(1.0, error.retry_after_seconds)
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self._in_a_row - 1, 10))
        return pause * (1.0 - _JITTER * self._chance(1000) / 1000.0)

    def went_well(self) -> None:
        self._in_a_row = 0

    # ------------------------------------------------------------ refusals

    def refused(self, order: PlannedOrder, reason: RejectReason, words: str) -> Handling:
        """Let orders of this leg wait; what else is to be done."""
        handling = HANDLINGS.get(reason, OTHERWISE)
        self.count(f"refused: {reason.replace('_', ' ')}", f"{order.coin} {order.type}: {words}")
        leg = order.coin, order.side, order.part
        refusals = 1 + (self._waits[leg].refusals if leg in self._waits else 0)
        pause = min(handling.most, handling.pause * 2.0 ** min(refusals - 1, 20))
        self._waits[leg] = _Wait(self._clock() + int(pause * 1000.0), refusals, f"{reason.replace('_', ' ')}: {words}")
        return handling

    def accepted(self, order: PlannedOrder) -> None:
        self._waits.pop((order.coin, order.side, order.part), None)

    def never_arrived(self, sent: SentOrder) -> None:
        """An order was lost on its way. The next of its leg may follow at once, after several in a row later."""
        leg = sent.coin, sent.side, sent.part
        losses = 1 + (self._waits[leg].refusals if leg in self._waits else 0)
        pause = 0.0 if losses == 1 else min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(losses - 1, 10))
        self._waits[leg] = _Wait(self._clock() + int(pause * 1000.0), losses, "no answer: orders don't arrive")

    def cancel_failed(self, order_id: str) -> None:
        """A cancellation without success is tried again soon, and later with each that fails."""
        failures = 1 + (self._cancels[order_id].refusals if order_id in self._cancels else 0)
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures - 1, 10))
        self._cancels[order_id] = _Wait(self._clock() + int(pause * 1000.0), failures, "")

    def may_cancel(self, order_id: str) -> bool:
        wait = self._cancels.get(order_id)
        return wait is None or wait.until_ms <= self._clock()

    def forget_cancels(self, still_open: Collection[str]) -> None:
        """Orders that are gone need no cancellation any more."""
        self._cancels = {order_id: wait for order_id, wait in self._cancels.items() if order_id in still_open}

    def stop(self, order: PlannedOrder) -> Withheld | None:
        """Why the order isn't sent now; None when it may be."""
        wait = self._waits.get((order.coin, order.side, order.part))
        if wait is None or wait.until_ms <= self._clock():
            return None
        seconds = (wait.until_ms - self._clock()) / 1000.0
        text = f"the venue refused one ({wait.reason}); it is tried again in {seconds:.0f} s"
        return for_order(order, Gate.REFUSED, text, seconds=seconds)


def name_of(error: Exception) -> str:
    """What kind of trouble it is, in the words that are shown."""
    for kind, name in _NAMES:
        if isinstance(error, kind):
            return name
    return type(error).__name__


_NAMES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (RateLimited, "rate limit"),
    (AuthError, "access"),
    (UnknownOutcome, "unknown outcome"),
    (Rejected, "refused"),
    (Transient, "connection"),
)
