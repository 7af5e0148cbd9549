"""A bot's past, as its monitor would have shown it: statuses over time, from the journal and the recorded cycles.

Positions, orders and reasons are known as long as recorded cycles are kept, a few days; equity, fills, writes and the
story longer. Where cycles are gone, or the bot did not run, the lists are empty.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from passivtui.clock import MINUTE_MS
from passivtui.errors import DataError, UsageError
from passivtui.exchanges.contract_value import cost_of, profit_of
from passivtui.live.audit.day import unpacked
from passivtui.live.audit.tape import Tape
from passivtui.live.orders import Side, part_of
from passivtui.live.recorded import BookOrder, RecordedCycle
from passivtui.live.snapshot import Position
from passivtui.live.status import (
    BotSpec,
    BotState,
    BotStatus,
    ErrorCount,
    FillRow,
    ModeRow,
    OrderRow,
    OrderStanding,
    PositionRow,
    WithheldRow,
)
from passivtui.live.status_text import spec_from_json
from passivtui.storage import Database
from passivtui.storage.journal import (
    EquityRow,
    IntentRow,
    LiveEventRow,
    LiveFillRow,
    read_bots,
    read_equity,
    read_events_between,
    read_fills_between,
    read_intents_between,
)
from passivtui.storage.recordings import read_cycles

_SHOWN: Final = 50  # fills, writes and lines of the story
#: An older cycle says nothing of a moment any more.
_LONGEST_SILENCE_MS: Final = 10 * MINUTE_MS
_STATES: Final = frozenset(state.value for state in BotState)
_LOOK_BACK_MS: Final = 61 * MINUTE_MS  # for prices


@dataclass(frozen=True, slots=True)
class Moment:
    """How the bot stood: the status as its monitor had it; the latest writes and lines of its story, newest first."""

    time_ms: int
    status: BotStatus
    intents: tuple[IntentRow, ...]
    events: tuple[LiveEventRow, ...]


class PastSession:
    """Look at any time with `at`, or go through all moments at which something was recorded."""

    def __init__(
        self,
        spec: BotSpec,
        first_ms: int,
        end_ms: int,
        *,
        cycles: Sequence[RecordedCycle] = (),
        equity: Sequence[EquityRow] = (),
        fills: Sequence[LiveFillRow] = (),
        intents: Sequence[IntentRow] = (),
        events: Sequence[LiveEventRow] = (),
    ) -> None:
        self.spec = spec
        self.first_ms = first_ms
        self.end_ms = end_ms
        self.equity = tuple(equity)
        self._cycles, self._cycle_times = cycles, [cycle.now_ms for cycle in cycles]
        self._equity_times = [sample.time_ms for sample in equity]
        self._fills, self._fill_times = fills, [fill.time_ms for fill in fills]
        self._intents, self._intent_times = intents, [intent.intended_ms for intent in intents]
        self._events, self._event_times = events, [event.time_ms for event in events]
        self._tape = Tape(cycles)
        self._quote = next((market.quote for cycle in cycles for market in cycle.markets.values()), "")
        every = {*self._cycle_times, *self._equity_times, *self._fill_times, *self._intent_times, *self._event_times}
        self.times: tuple[int, ...] = tuple(sorted(time for time in every if first_ms <= time <= end_ms))

    def __iter__(self) -> Iterator[Moment]:
        return (self.at(time_ms) for time_ms in self.times)

    def at(self, time_ms: int) -> Moment:
        """How the bot stood at a time, by its own clock."""
        intents = self._intents[: bisect.bisect_right(self._intent_times, time_ms)]
        events = self._events[: bisect.bisect_right(self._event_times, time_ms)]
        return Moment(
            time_ms,
            self._status(time_ms, events),
            tuple(reversed(intents[-_SHOWN:])),
            tuple(reversed(events[-_SHOWN:])),
        )

    # ------------------------------------------------------------ the status

    def _status(self, time_ms: int, events: Sequence[LiveEventRow]) -> BotStatus:
        state, reason = _state_of(events)
        sample = self._equity_at(time_ms)
        count = bisect.bisect_right(self._fill_times, time_ms)
        fills = tuple(_fill(fill) for fill in reversed(self._fills[max(0, count - _SHOWN) : count]))
        status = BotStatus(
            self.spec, state, reason, time_ms, time_ms, self.first_ms, quote=self._quote, fills=fills, fill_count=count
        )
        if sample is not None:
            upnl = sample.equity - sample.balance
            status = replace(status, balance=sample.balance, equity=sample.equity, upnl=upnl)
        cycle = self._cycle_at(time_ms)
        return status if cycle is None else self._with_cycle(status, cycle)

    def _equity_at(self, time_ms: int) -> EquityRow | None:
        number = bisect.bisect_right(self._equity_times, time_ms)
        return self.equity[number - 1] if number else None

    def _cycle_at(self, time_ms: int) -> RecordedCycle | None:
        number = bisect.bisect_right(self._cycle_times, time_ms)
        cycle = self._cycles[number - 1] if number else None
        return cycle if cycle is not None and time_ms - cycle.now_ms <= _LONGEST_SILENCE_MS else None

    def _with_cycle(self, status: BotStatus, cycle: RecordedCycle) -> BotStatus:
        errors = (ErrorCount(name, count, "", cycle.now_ms) for name, count in cycle.errors.items())
        return replace(
            status,
            balance=cycle.balance,
            commanded_mode=cycle.commanded_mode,
            positions=tuple(self._position(held, cycle, status.clock_ms) for held in cycle.positions),
            orders=self._orders(cycle, status.clock_ms),
            modes=tuple(ModeRow(mode.coin, mode.side, mode.mode.value, mode.reason) for mode in cycle.modes),
            withheld=tuple(WithheldRow(one.coin, one.side, one.gate, one.gate, one.kind) for one in cycle.held_back),
            errors=tuple(sorted(errors, key=lambda error: -error.count)),
        )

    def _price(self, coin: str, time_ms: int) -> float | None:
        return self._tape.close_at(coin, time_ms // MINUTE_MS * MINUTE_MS)

    def _position(self, held: Position, cycle: RecordedCycle, time_ms: int) -> PositionRow:
        market, price = cycle.markets.get(held.coin), self._price(held.coin, time_ms)
        upnl = None
        if market is not None and price is not None:
            upnl = profit_of(market, held.side, held.price, price, held.size)
        exposure = 0.0
        if market is not None and cycle.balance:
            exposure = cost_of(market, held.size, held.price) / cycle.balance
        mode = next((m.mode.value for m in cycle.modes if (m.coin, m.side) == (held.coin, held.side)), "")
        return PositionRow(held.coin, held.side, held.size, held.price, price, upnl, exposure, 0.0, mode)

    def _orders(self, cycle: RecordedCycle, time_ms: int) -> tuple[OrderRow, ...]:
        """On the book and as planned in that cycle, nearest to the price first."""
        planned = {(order.coin, order.side, order.qty, order.price): order.type for order in cycle.ideal}
        on_book = {(order.coin, order.side, order.qty, order.price) for order in cycle.book}
        rows = [self._book_row(order, planned, time_ms) for order in cycle.book]
        rows += [
            OrderRow(
                order.coin,
                order.side,
                order.part,
                order.type,
                order.qty,
                order.price,
                "to create",
                self._distance(order.coin, order.price, time_ms),
                execution=order.execution,
            )
            for order in cycle.ideal
            if (order.coin, order.side, order.qty, order.price) not in on_book
        ]
        return tuple(sorted(rows, key=lambda row: abs(row.distance or 0.0)))

    def _book_row(
        self, order: BookOrder, planned: Mapping[tuple[str, Side, float, float], str], time_ms: int
    ) -> OrderRow:
        order_type = planned.get((order.coin, order.side, order.qty, order.price))
        standing: OrderStanding = "foreign" if not order.is_ours else "as planned" if order_type else "to cancel"
        distance = self._distance(order.coin, order.price, time_ms)
        part = part_of(order.side, order.qty)
        return OrderRow(order.coin, order.side, part, order_type or "", order.qty, order.price, standing, distance)

    def _distance(self, coin: str, price: float, time_ms: int) -> float | None:
        last = self._price(coin, time_ms)
        return None if not last else (price - last) / last


def _state_of(events: Sequence[LiveEventRow]) -> tuple[BotState, str]:
    """From the story's last line about it: `running`, or `stopped: and why`."""
    for event in reversed(events):
        word, _, reason = event.text.partition(": ")
        if event.kind == "state" and word in _STATES:
            return BotState(word), reason
    return BotState.RUNNING, ""


def _fill(row: LiveFillRow) -> FillRow:
    side: Side = "long" if row.side == "long" else "short"
    return FillRow(row.id, row.time_ms, row.coin, side, row.type, row.qty, row.price, row.pnl, row.fee)


async def read_session(database: Database, bot: str, start_ms: int, end_ms: int) -> PastSession:
    """What a bot did from one time to another, by its own clock. Raises StorageError, DataError, and UsageError when
    there is no such bot or nothing of that time."""
    row = next((one for one in await read_bots(database) if one.bot == bot), None)
    if row is None:
        raise UsageError(f"there is no bot {bot} in this home; passivtui bots lists them")
    try:
        spec = spec_from_json(row.spec)
    except DataError:
        spec = BotSpec(bot, row.user, "")
    cycles = unpacked(await read_cycles(database, bot, start_ms - _LOOK_BACK_MS, end_ms + 1))
    equity = [sample for sample in await read_equity(database, bot, start_ms) if sample.time_ms <= end_ms]
    session = PastSession(
        spec,
        start_ms,
        end_ms,
        cycles=cycles,
        equity=equity,
        fills=await read_fills_between(database, bot, start_ms, end_ms),
        intents=await read_intents_between(database, bot, start_ms, end_ms),
        events=await read_events_between(database, bot, start_ms, end_ms),
    )
    if not session.times:
        raise UsageError(f"nothing is known of the bot {bot} from that time")
    return session
