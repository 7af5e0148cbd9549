"""Why a bot's fills differ from those of the replay: what it had recorded and written down around that minute."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from passivtui.clock import MINUTE_MS, iso_minute
from passivtui.exchanges.errors import RejectReason
from passivtui.live.audit.comparing import Pair
from passivtui.live.audit.tape import Tape
from passivtui.live.orders import class_of
from passivtui.live.reasons import Gate
from passivtui.live.recorded import RecordedCycle
from passivtui.storage.journal import IntentRow

#: An order that arrives so late in a minute takes no part in its candle any more.
_IN_TIME_MS: Final = 10_000
#: Writes this long before a fill may explain that it is missing.
_LOOK_BACK_MS: Final = 10 * MINUTE_MS
_AT_ONCE_MS: Final = 5_000
_WHOLE: Final = 1.0 + 1e-9
_NO_CYCLE_MS: Final = 2 * MINUTE_MS


class Cause(StrEnum):
    """Why a fill differs."""

    LATE_CANDLE = "late candle"
    LATENCY = "latency"
    POST_ONLY = "post-only reject"
    MINIMUM_COST = "minimum cost"
    MANUAL = "manual trade"
    PARTIAL = "partial fill"
    RATE_LIMIT = "rate limit"
    STOP = "stop"
    CONNECTION = "connection"
    REFUSED = "refused by the venue"
    INPUT = "missing input"
    DISTANCE = "too far from the price"
    HELD_BACK = "held back"
    QUEUE = "place in the queue"
    AT_ONCE = "filled at once"
    CANDLE = "not in the candle"
    FOLLOWS = "follows from an earlier one"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Explained:
    """A cause, and a sentence with what it is read from."""

    cause: Cause
    text: str


_UNKNOWN: Final = Explained(Cause.UNEXPLAINED, "nothing that was recorded tells why")
_BY_REASON: Final = {
    RejectReason.WOULD_CROSS.value: Cause.POST_ONLY,
    RejectReason.BELOW_MINIMUM.value: Cause.MINIMUM_COST,
}
_BY_GATE: Final = {
    Gate.MIN_COST.value: Cause.MINIMUM_COST,
    Gate.INPUT.value: Cause.INPUT,
    Gate.DISTANCE.value: Cause.DISTANCE,
    Gate.UNRESOLVED.value: Cause.LATENCY,
    Gate.RECENTLY_SENT.value: Cause.LATENCY,
    Gate.CANCELLING.value: Cause.LATENCY,
    Gate.UNSETTLED.value: Cause.LATENCY,
    Gate.BATCH.value: Cause.LATENCY,
    Gate.ORDER_CAP.value: Cause.REFUSED,
    Gate.SETTINGS.value: Cause.REFUSED,
}
_BY_ERROR: Final = {"rate limit": Cause.RATE_LIMIT, "not sent": Cause.RATE_LIMIT, "connection": Cause.CONNECTION}


class Evidence:
    """What is known of a bot: its recorded cycles and its writes, both oldest first, and the candles."""

    def __init__(self, cycles: Sequence[RecordedCycle], intents: Sequence[IntentRow], tape: Tape) -> None:
        self._cycles = cycles
        self._times = [cycle.now_ms for cycle in cycles]
        self._intents = sorted(intents, key=lambda write: write.intended_ms)
        self._written = [write.intended_ms for write in self._intents]
        self._tape = tape

    def explain(self, pair: Pair, earlier: Sequence[Pair] = ()) -> Explained:
        """The cause of a pair that differs; `earlier` are those before it in the same stretch that do, or are late."""
        if pair.is_foreign:
            return Explained(Cause.MANUAL, "an order that the bot did not send was filled")
        for look in (self._stopped, self._refused, self._held_back, self._late, self._partial, self._at_once):
            found = look(pair)
            if found is not None:
                return found
        return self._follows(pair, earlier) or self._at_the_venue(pair) or self._any_gate(pair) or _UNKNOWN

    def _follows(self, pair: Pair, earlier: Sequence[Pair]) -> Explained | None:
        """From what differed before, of the same coin and side if there is such; from a late one by its own cause."""
        own = (one for one in earlier if (one.coin, one.side) == (pair.coin, pair.side))
        before = next(own, next(iter(earlier), None))
        if before is None:
            return None
        why = self.explain(before) if before.is_shifted else _UNKNOWN
        if why is not _UNKNOWN:
            return why
        words = f"{before.coin} {before.side} differs since {iso_minute(before.minute_ms)}"
        return Explained(Cause.FOLLOWS, f"{words}, so position, balance or slots are not the same")

    # ------------------------------------------------------------ the bot's state

    def _cycle_at(self, minute_ms: int) -> RecordedCycle | None:
        """The last one whose orders could take part in the candle."""
        number = bisect.bisect_right(self._times, minute_ms + _IN_TIME_MS)
        return self._cycles[number - 1] if number else None

    def _next_cycle(self, minute_ms: int) -> RecordedCycle | None:
        number = bisect.bisect_right(self._times, minute_ms + _IN_TIME_MS)
        return self._cycles[number] if number < len(self._cycles) else None

    def _stopped(self, pair: Pair) -> Explained | None:
        cycle = self._cycle_at(pair.minute_ms)
        if cycle is not None and cycle.commanded_mode:
            return Explained(Cause.STOP, f"the bot had been put into mode {cycle.commanded_mode}")
        if cycle is not None and cycle.now_ms >= pair.minute_ms:
            return None
        after = self._next_cycle(pair.minute_ms)
        name = self._new_error(cycle, after)
        if name:
            return Explained(_BY_ERROR.get(name, Cause.REFUSED), f"the bot could not look at the venue: {name}")
        if cycle is None or after is None or after.now_ms - cycle.now_ms > _NO_CYCLE_MS:
            since = "" if cycle is None else f" since {iso_minute(cycle.now_ms)}"
            return Explained(Cause.STOP, f"the bot did not run{since}")
        return Explained(Cause.LATENCY, "the bot looked too late in the minute") if pair.expected else None

    @staticmethod
    def _new_error(before: RecordedCycle | None, after: RecordedCycle | None) -> str:
        """What went wrong between two cycles, most telling first; counts begin anew with a new process."""
        if after is None:
            return ""
        known = {} if before is None else before.errors
        grown = [name for name, count in after.errors.items() if count > known.get(name, 0)]
        return next((name for name in _BY_ERROR if name in grown), "")

    def _gates(self, pair: Pair) -> list[str]:
        """What kept orders of this kind back, as the bot saw it itself."""
        cycle = self._cycle_at(pair.minute_ms)
        if cycle is None or pair.expected is None:
            return []
        kinds = ("", class_of(pair.type).value)
        return [
            one.gate for one in cycle.held_back if (one.coin, one.side) == (pair.coin, pair.side) and one.kind in kinds
        ]

    def _held_back(self, pair: Pair) -> Explained | None:
        for gate in self._gates(pair):
            if gate == Gate.INPUT and (late := self._late(pair)) is not None:
                return late
            if gate in _BY_GATE:
                return Explained(_BY_GATE[gate], f"the order was held back: {gate}")
        return None

    def _any_gate(self, pair: Pair) -> Explained | None:
        gate = next(iter(self._gates(pair)), None)
        return None if gate is None else Explained(Cause.HELD_BACK, f"the bot held the order back: {gate}")

    @staticmethod
    def _is_late(cycle: RecordedCycle, pair: Pair) -> bool:
        return cycle.closed_ms.get(pair.coin, 0) < pair.minute_ms

    def _late(self, pair: Pair) -> Explained | None:
        cycle = self._cycle_at(pair.minute_ms)
        if cycle is None or not self._is_late(cycle, pair):
            return None
        closed_ms = cycle.closed_ms.get(pair.coin)
        had = "none" if closed_ms is None else f"those up to {iso_minute(closed_ms)}"
        return Explained(Cause.LATE_CANDLE, f"of the candles of {pair.coin} the bot had only {had}")

    # ------------------------------------------------------------ its writes

    def _alike(self, pair: Pair, last: int) -> list[IntentRow]:
        """The creations of the same kind of order that could have led to the fill, before `last`, newest first."""
        first, kind = pair.minute_ms - _LOOK_BACK_MS, class_of(pair.type)
        near = self._intents[bisect.bisect_left(self._written, first) : bisect.bisect_left(self._written, last)]
        leg = pair.coin, pair.side
        return [
            write
            for write in reversed(near)
            if write.action == "create" and (write.coin, write.side) == leg and class_of(write.type) is kind
        ]

    def _writes(self, pair: Pair) -> list[IntentRow]:
        """Those of this very order, else all of its kind."""
        alike = self._alike(pair, pair.minute_ms + MINUTE_MS)
        return [one for one in alike if pair.expected is not None and one.price == pair.expected.price] or alike

    def _refused(self, pair: Pair) -> Explained | None:
        """What came of the newest write in time; else whether one came too late."""
        if pair.expected is None:
            return None
        writes = self._writes(pair)
        in_time_ms = pair.minute_ms + _IN_TIME_MS
        decisive = next((write for write in writes if write.intended_ms <= in_time_ms), None)
        explained = None if decisive is None else self._outcome(decisive)
        if explained is not None:
            return explained
        if decisive is not None and (decisive.settled_ms or 0) <= in_time_ms:
            return None
        late = writes[-1].settled_ms if writes else None
        if late is None or late <= in_time_ms:
            return None
        return Explained(
            Cause.LATENCY, f"the order was on the book {(late - pair.minute_ms) / 1000:.0f} s into the minute"
        )

    @staticmethod
    def _outcome(write: IntentRow) -> Explained | None:
        at = iso_minute(write.intended_ms)
        if write.outcome == "denied_locally":
            return Explained(Cause.RATE_LIMIT, f"the order of {at} was not sent: {write.message}")
        if write.outcome == "rejected" and not write.reason:
            return Explained(Cause.CONNECTION, f"the order of {at} was lost: {write.message}")
        if write.outcome == "rejected":
            cause = _BY_REASON.get(write.reason, Cause.REFUSED)
            return Explained(cause, f"the venue refused the order of {at}: {write.message}")
        return None

    # ------------------------------------------------------------ the venue

    def _partial(self, pair: Pair) -> Explained | None:
        """Whether the bot's own order was larger than what was filled of it."""
        if pair.expected is None or not pair.live:
            return None
        cycle, price, filled = self._cycle_at(pair.minute_ms), pair.live[0].price, abs(pair.live_qty)
        wanted = [] if cycle is None else [(order.coin, order.side, order.price, order.qty) for order in cycle.ideal]
        wanted += [(write.coin, write.side, write.price, write.qty) for write in self._writes(pair)]  # type: ignore[misc]
        mine = [abs(qty) for coin, side, at, qty in wanted if (coin, side, at) == (pair.coin, pair.side, price)]
        if not mine or mine[0] <= filled * _WHOLE:
            return None
        return Explained(Cause.PARTIAL, f"{filled:g} of {mine[0]:g} were filled")

    def _at_once(self, pair: Pair) -> Explained | None:
        if not pair.live:
            return None
        filled_ms, price = pair.live[0].time_ms, pair.live[0].price
        writes = [one for one in self._alike(pair, filled_ms + 1) if one.price == price or one.execution == "market"]
        if not writes or min(one.intended_ms for one in writes) < filled_ms - _AT_ONCE_MS:
            return None  # one that had been waiting may be meant
        return Explained(Cause.AT_ONCE, "the order met the other side as it arrived; in a backtest it waits a minute")

    def _at_the_venue(self, pair: Pair) -> Explained | None:
        if pair.expected is None:
            candle = self._tape.candle(pair.coin, pair.minute_ms)
            price = pair.live[0].price
            if candle is None or not candle.low < price < candle.high:
                return Explained(Cause.CANDLE, "the venue filled it at a price that the candle does not trade through")
            return None
        if not pair.live and self._was_on_the_book(pair):
            return Explained(Cause.QUEUE, "the order was on the book in time; others were filled before it")
        return None

    def _was_on_the_book(self, pair: Pair) -> bool:
        if pair.expected is None:
            return False
        wanted = pair.coin, pair.side, pair.expected.price
        cycle = self._cycle_at(pair.minute_ms)
        on_book = cycle is not None and any((o.coin, o.side, o.price) == wanted for o in cycle.book)
        return on_book or any(
            (w.coin, w.side, w.price) == wanted and w.outcome == "confirmed" for w in self._writes(pair)
        )
