"""Keeps what each cycle went by, for an audit: taken after everything is sent, written a few seconds later."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from typing import Final

from passivtui.clock import DAY_MS, MINUTE_MS, Clock
from passivtui.config import Config, to_json
from passivtui.errors import StorageError
from passivtui.live.bot.cycle import Cycle
from passivtui.live.bot.trouble import Troubles
from passivtui.live.candle_history import Candle, CandleHistory
from passivtui.live.indicators import IndicatorState
from passivtui.live.orders import SIDES
from passivtui.live.plan import Plan
from passivtui.live.reasons import Withheld
from passivtui.live.recorded import BookOrder, CyclePacker, HeldBack, Leg, RecordedCycle
from passivtui.live.snapshot import Snapshot
from passivtui.storage.journal import Journal
from passivtui.storage.recordings import ConfigRow, CycleRow

_log = logging.getLogger(__name__)

#: How long recorded cycles are kept, by the market's clock.
KEPT_MS: Final = 4 * DAY_MS
#: So often a cycle is recorded whole, with all indicators, so that reading may begin there.
_KEY_EVERY_MS: Final = 6 * 60 * MINUTE_MS
#: Written after so many milliseconds of real time, or so many cycles.
_WRITE_AFTER_MS: Final = 10_000
_MOST_WAITING: Final = 500
#: With a new history also the candles before it, for a look at what a stopped bot missed.
_BEFORE_A_HISTORY_MS: Final = 120 * MINUTE_MS


class Recorder:
    """Records one bot. What can't be written is lost and counted; it never keeps the bot from anything."""

    def __init__(self, bot: str, journal: Journal, real_clock: Clock, troubles: Troubles) -> None:
        self._bot = bot
        self._journal = journal
        self._real_clock = real_clock
        self._troubles = troubles
        self._packer = CyclePacker()
        self._waiting: list[CycleRow] = []
        self._written_ms = real_clock()
        self._key_ms: int | None = None
        self._config: Config | None = None
        self._digest = ""
        self._new_config: ConfigRow | None = None
        self._histories: dict[str, CandleHistory] = {}
        self._closed_ms: dict[str, int] = {}

    def note(self, cycle: Cycle) -> None:
        """Take down the cycle that has just ended. A fault in here is told, and trading goes on."""
        if cycle.snapshot is None:
            return
        try:
            self._note(cycle, cycle.snapshot)
        except Exception as error:
            _log.exception("a cycle of the bot %s can't be recorded", self._bot)
            self._troubles.count(
                "recording", f"a fault of the program ({type(error).__name__}); the log has the details"
            )
            self._key_ms = None

    def _note(self, cycle: Cycle, snapshot: Snapshot) -> None:
        now_ms = snapshot.now_ms
        is_due = self._key_ms is None or not 0 <= now_ms - self._key_ms < _KEY_EVERY_MS
        if is_due:
            self._key_ms = now_ms
            self._histories.clear()
            self._packer.forget()
        is_key, data = self._packer.pack(self._recorded(cycle, snapshot))
        self._waiting.append(CycleRow(self._bot, now_ms, is_key, data))

    async def write(self, *, at_once: bool = False) -> None:
        """Hand what was noted to the journal, if it is time or `at_once`."""
        now_ms = self._real_clock()
        is_time = now_ms - self._written_ms >= _WRITE_AFTER_MS or len(self._waiting) >= _MOST_WAITING
        if not self._waiting or not (is_time or at_once):
            return
        rows, self._waiting, self._written_ms = self._waiting, [], now_ms
        try:
            await self._journal.keep_cycles(rows, self._new_config, rows[-1].time_ms - KEPT_MS)
            self._new_config = None
        except StorageError as error:
            self._key_ms = None  # the next one can be read without those that are lost
            self._troubles.count("recording", str(error))

    # ------------------------------------------------------------ what is recorded

    def _recorded(self, cycle: Cycle, snapshot: Snapshot) -> RecordedCycle:
        histories = cycle.candles.histories
        begun = [
            coin for coin in snapshot.coins if coin in histories and histories[coin] is not self._histories.get(coin)
        ]
        candles = {coin: self._news(coin, history) for coin, history in histories.items() if coin in snapshot.coins}
        recorded = RecordedCycle(
            snapshot.now_ms,
            self._digest_of(snapshot.config),
            snapshot.balance,
            cycle.plan.sizing_balance,
            snapshot.commanded_mode,
            snapshot.venue.hedge_mode,
            snapshot.venue.balance_follows_collateral,
            {side: snapshot.approved_coins(side) for side in SIDES},
            {coin: cycle.markets[coin] for coin in snapshot.coins},
            snapshot.positions,
            {
                (held.coin, held.side): trailing
                for held in snapshot.positions
                if held.coin in snapshot.coins
                and (trailing := snapshot.coins[held.coin].side(held.side).trailing) is not None
            },
            {
                (held.coin, held.side): cycle.account.last_fills[held.coin, held.side]
                for held in snapshot.positions
                if (held.coin, held.side) in cycle.account.last_fills
            },
            snapshot.pnl,
            tuple(BookOrder(o.coin, o.side, o.qty, o.price, o.is_ours) for o in snapshot.open_orders),
            cycle.plan.orders,
            _held_back(cycle.plan, cycle.held_back),
            cycle.plan.modes,
            {count.name: count.count for count in sorted(self._troubles.counts, key=lambda count: count.name)},
            {coin: closed for coin in snapshot.coins if (closed := cycle.candles.closed_ms(coin)) is not None},
            candles,
            _indicators(begun, histories),
        )
        self._histories.update((coin, histories[coin]) for coin in begun)
        self._closed_ms.update(recorded.closed_ms)
        return recorded

    def _news(self, coin: str, history: CandleHistory) -> tuple[Candle, ...]:
        """The candles since the cycle before; of a new history also those shortly before."""
        since, closed_ms = self._closed_ms.get(coin), history.closed_ms
        if closed_ms is None:
            return ()
        if since is None or history is not self._histories.get(coin):
            since = min(closed_ms if since is None else since, closed_ms - _BEFORE_A_HISTORY_MS)
        return history.since(since)

    def _digest_of(self, config: Config) -> str:
        if config is not self._config:
            text = to_json(config)
            self._config, self._digest = config, hashlib.sha256(text.encode()).hexdigest()[:12]
            self._new_config = ConfigRow(self._bot, self._digest, text)
        return self._digest


def _held_back(plan: Plan, stopped: Iterable[Withheld]) -> tuple[HeldBack, ...]:
    reasons = (*plan.withheld, *stopped)
    return tuple(HeldBack(one.coin, one.side, one.gate.value, one.kind.value if one.kind else "") for one in reasons)


def _indicators(coins: Iterable[str], histories: Mapping[str, CandleHistory]) -> dict[Leg, IndicatorState]:
    states = {(coin, side): histories[coin].indicator_state(side) for coin in coins for side in SIDES}
    return {leg: state for leg, state in states.items() if state is not None}
