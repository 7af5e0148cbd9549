"""One bot: starts, looks at its account again and again, survives what goes wrong, and stops as it is told."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Final

from passivtui.clock import DAY_MS, MINUTE_MS, Clock, utc_ms
from passivtui.config import Config
from passivtui.errors import ConfigError, PassivTuiError, StorageError, VenueError
from passivtui.exchanges.base import Exchange
from passivtui.exchanges.errors import AuthError
from passivtui.exchanges.events import (
    CandleUpdated,
    FillSeen,
    OrderChanged,
    PositionChanged,
    StreamChanged,
    StreamState,
)
from passivtui.exchanges.rate_ledger import Headroom
from passivtui.live.bot.answers import coin_picture, why_order_row
from passivtui.live.bot.cycle import Cycle
from passivtui.live.bot.report import SHOWN_FILLS, Report, fill_row
from passivtui.live.bot.sending import Sender
from passivtui.live.bot.timing import Timing
from passivtui.live.bot.trouble import Chance, Troubles
from passivtui.live.bot.winding_down import WindingDown, describe
from passivtui.live.coin_picture import CoinPicture
from passivtui.live.modes import parse_mode
from passivtui.live.status import BotSpec, BotState, BotStatus, FillRow, OrderRow, Rates, StopChoice
from passivtui.live.status_text import spec_to_json, status_to_json
from passivtui.storage.journal import EquityRow, Journal, LiveBotRow, LiveEventRow, LiveFillRow

_log = logging.getLogger(__name__)

#: A look at least so often, in seconds, although nothing happened.
LOOK_EVERY: Final = 30.0
#: Passes within one minute until a plan asks for nothing, for a bot that acts once a minute.
_MOST_PASSES: Final = 200
_HELD_BACK: Final = 2.0  # seconds until the next look when something waits after a refusal
_CYCLE_GRACE: Final = 10.0  # seconds that a pass under way has to end when the bot is stopped
_LISTEN_AGAIN: Final = 5.0
_CANCEL_AGAIN: Final = 0.2


@dataclass(frozen=True, slots=True)
class BotParts:
    """What a bot is made of. `load_config` gives the config, again when it may have changed (None: unchanged).

    `fills_as_backtest`: the venue fills whole candles (paper). `ends_ms`: when its recorded market is over. `headroom`
    tells how much of the venue's budget is used; `listens`: whether the venue's events are followed.
    """

    exchange: Exchange
    journal: Journal
    load_config: Callable[[], Config | None]
    timing: Timing = field(default_factory=Timing)
    real_clock: Clock = utc_ms
    chance: Chance = secrets.randbelow
    fills_as_backtest: bool = False
    ends_ms: int | None = None
    headroom: Callable[[], Headroom | None] = lambda: None
    listens: bool = True


class Bot:
    """A `BotHandle` in this process. `run` is its life; everything else may be called at any time on the same loop."""

    def __init__(self, spec: BotSpec, parts: BotParts) -> None:
        self.spec = spec
        self._parts = parts
        self._timing = replace(parts.timing, sleep=self._sleep)
        self._troubles = Troubles(parts.timing.clock, parts.chance)
        self._sender = Sender(
            spec.name, parts.exchange, parts.journal, self._timing, self._troubles, chance=parts.chance
        )
        self._cycle: Cycle | None = None
        self._state = BotState.STARTING
        self._reason = ""
        self._alarm = ""
        self._choice: StopChoice | None = None
        self._commanded_mode = ""
        self._wake = asyncio.Event()
        self._stop_asked = asyncio.Event()
        self._over = asyncio.Event()
        self.waiting = asyncio.Event()  # set while the bot waits for a time, which is `wakes_ms`
        self.wakes_ms = 0
        self._listeners: list[Callable[[BotStatus], None]] = []
        self._fills: list[FillRow] = []
        self._fill_count = 0
        self._restarts: list[int] = []
        self._cycles = 0
        self._cycle_ms = 0.0
        self._started_ms = parts.real_clock()
        self._sampled_ms: int | None = None
        self._published_ms: int | None = None
        self._published_state: BotState | None = None
        self._is_busy = False
        self._config: Config | None = None
        self._living: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ the handle

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def state(self) -> BotState:
        return self._state

    def subscribe(self, listener: Callable[[BotStatus], None]) -> Callable[[], None]:
        """Have `listener` called with each new status. Returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def stop(self, choice: StopChoice) -> None:
        """Stop as chosen; returns when no write will follow. A later call may ask for more than an earlier one."""
        order = list(StopChoice)
        if self._choice is None or order.index(choice) > order.index(self._choice):
            self._choice = choice
        self._stop_asked.set()
        self._wake.set()
        await self._over.wait()

    def abandon(self) -> None:
        """End at once, in the middle of whatever it does; the journal and the venue tell the next start what was."""
        if self._living is not None:
            self._living.cancel()

    async def set_mode(self, mode: str) -> None:
        """Put the whole bot into a mode from its next pass on, "" for its config's. Raises ConfigError."""
        parsed = parse_mode(mode)
        self._commanded_mode = "" if parsed is None or parsed == "normal" else parsed.value
        if self._cycle is not None:
            self._cycle.commanded_mode = self._commanded_mode
        await self._tell("mode", f"put into mode {self._commanded_mode or 'of its config'}")
        self._wake.set()

    async def panic(self) -> None:
        """Close everything at market and stay out."""
        await self.set_mode("panic")

    async def why(self, order: OrderRow) -> tuple[str, ...]:
        """The formula of an order with its numbers, as lines."""
        return why_order_row(self._cycle, order)

    async def picture(self, coin: str) -> CoinPicture:
        """Prices and bands of a coin."""
        return coin_picture(self._cycle, coin)

    # ------------------------------------------------------------ life

    async def run(self) -> None:
        """Until stopped, or until something needs a person. Raises only CancelledError."""
        listening: asyncio.Task[None] | None = None
        self._living = asyncio.current_task()
        try:
            await self._tell("state", "starting")
            await self.publish()
            if await self._survive(self._prepare):
                self._enter(BotState.RUNNING, "")
                await self._tell("state", "running")
                await self.publish()
                if self._parts.listens:
                    listening = asyncio.create_task(self._listen())
                await self._go_on()
            if self._state is not BotState.FAILED:
                await self._wind_down()
        except AuthError as error:
            self._enter(BotState.FAILED, str(error))
        except PassivTuiError as error:
            self._enter(BotState.FAILED, str(error))
        except Exception as error:
            _log.exception("the bot %s ended by a fault", self.spec.name)
            self._enter(BotState.FAILED, f"a fault of the program ({type(error).__name__}); the details are in the log")
        finally:
            if listening is not None:
                await _end(listening)
            await self._finish()

    async def _finish(self) -> None:
        try:
            await self._parts.exchange.close()
        finally:
            if not self._state.is_over:
                self._enter(BotState.STOPPED, "ended without a stop; orders stay as they are")
            await self._tell("state", f"{self._state}: {self._reason}")
            self._over.set()
            self.waiting.set()
            await self.publish()

    async def _prepare(self) -> None:
        self._config = config = self._parts.load_config() or self._config
        if config is None:
            raise ConfigError(f"the config {self.spec.config} can't be loaded")
        if self._cycle is None:
            await self._sender.take_over()
        cycle = Cycle(
            self._parts.exchange,
            self._timing,
            config,
            self._sender,
            self._troubles,
            as_backtest=self._parts.fills_as_backtest,
        )
        cycle.commanded_mode = self._commanded_mode
        await cycle.prepare()
        self._cycle = cycle
        self._fills.clear()
        self._fill_count = 0
        await self._note_fills()

    async def _go_on(self) -> None:
        pause = self._first_wait()
        while True:
            await self._wait(pause)
            if self._choice is not None or self._is_at_the_end():
                return
            if not await self._survive(self._pass):
                return
            pause = self._next_wait()

    async def _survive(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Do `work` until it succeeds; False when the bot is to stop instead. Faults are retried so often a day."""
        while self._choice is None:
            try:
                began = self._timing.elapsed()
                if not await self._stoppable(work):
                    return False
                self._cycle_ms = (self._timing.elapsed() - began) * 1000.0
                self._troubles.went_well()
                self._alarm = ""
                return True
            except (AuthError, ConfigError) as error:
                self._enter(BotState.FAILED, str(error))
                return False
            except PassivTuiError as error:
                pause = self._troubles.pause_after(error)
                await self._tell("error", f"{error}; again in {pause:.0f} s")
            except Exception as error:
                pause = self._troubles.pause_after(error)
                if not self._may_restart():
                    raise
                _log.exception("the bot %s begins anew after a fault", self.spec.name)
                await self._tell("restart", f"begins anew after {type(error).__name__}: {error}")
                if self._cycle is not None:
                    self._cycle.account.forget()
            await self.publish()
            await self._wait(pause, until_stop=True)
        return False

    async def _stoppable(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Do `work`; a stop lets it end for a while, then cuts it off. Whether it ended."""
        working = asyncio.create_task(work())
        stopping = asyncio.create_task(self._stop_asked.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done() and not await self._timing.finishes(working, _CYCLE_GRACE):
                return False
        finally:
            for task in (working, stopping):
                if not task.done():
                    task.cancel()
        working.result()
        return True

    def _may_restart(self) -> bool:
        now_ms = self._timing.clock()
        self._restarts = [at for at in self._restarts if at > now_ms - DAY_MS]
        most = 10 if self._cycle is None else self._cycle.config.live.max_n_restarts_per_day
        self._restarts.append(now_ms)
        return len(self._restarts) <= most

    # ------------------------------------------------------------ one pass

    async def _pass(self) -> None:
        cycle = self._running()
        await self._reload(cycle)
        for _ in range(_MOST_PASSES):
            is_busy = await cycle.run()
            self._cycles += 1
            await self._note_fills()
            if not is_busy or not cycle.config.live.mimic_backtest_1m_delay or self._choice is not None:
                break
            if not cycle.as_backtest:
                await self._timing.sleep(max(cycle.config.live.execution_delay_seconds, 0.1))
        self._is_busy = is_busy
        self._follow_candles(cycle)
        await self.publish()

    async def _reload(self, cycle: Cycle) -> None:
        """Take over a config that was changed; one that can't be used changes nothing."""
        try:
            config = self._parts.load_config()
        except PassivTuiError as error:
            if self._alarm != str(error):
                await self._tell("warning", f"the changed config is not used: {error}")
            self._alarm = str(error)
            return
        if config is not None and config != cycle.config:
            cycle.use(config)
            await self._tell("config", "the config was changed; it holds from now on")

    def _follow_candles(self, cycle: Cycle) -> None:
        if self._parts.listens:
            coins = {mode.coin for mode in cycle.plan.modes}
            self._parts.exchange.watch_candles([cycle.symbols[coin] for coin in coins if coin in cycle.symbols])

    def _running(self) -> Cycle:
        if self._cycle is None:
            raise StorageError("the bot has not started")
        return self._cycle

    # ------------------------------------------------------------ waiting

    def _first_wait(self) -> float:
        return self._to_next_minute() if self._acts_by_minute() else 0.0

    def _next_wait(self) -> float:
        if self._acts_by_minute():
            return self._to_next_minute()
        delay = max(0.1, self._running().config.live.execution_delay_seconds)
        if self._is_busy or self._sender.unresolved:
            return delay
        soon = max(delay, _HELD_BACK) if self._running().held_back else LOOK_EVERY
        return min(soon, self._to_next_minute())

    def _acts_by_minute(self) -> bool:
        return self._running().config.live.mimic_backtest_1m_delay

    def _to_next_minute(self) -> float:
        return (MINUTE_MS - self._timing.clock() % MINUTE_MS) / 1000.0

    async def _wait(self, seconds: float, *, until_stop: bool = False) -> None:
        """So long, or until something happened; a bot that acts once a minute only wakes to be stopped."""
        by_minute = self._cycle is not None and self._acts_by_minute()
        until = self._timing.elapsed() + seconds
        while (left := until - self._timing.elapsed()) > 0.0:
            if not await self._timing.wait_for(self._wake, left):
                return
            self._wake.clear()
            if self._choice is not None:
                return
            if not until_stop and not by_minute:
                least = self._running().config.live.execution_delay_seconds
                until = min(until, self._timing.elapsed() + max(0.1, least))

    async def _sleep(self, seconds: float) -> None:
        """As the market's clock sleeps, and lets whoever moves that clock know."""
        self.wakes_ms = self._timing.clock() + max(0, round(seconds * 1000.0))
        self.waiting.set()
        try:
            await self._parts.timing.sleep(seconds)
        finally:
            self.waiting.clear()

    def _is_at_the_end(self) -> bool:
        if self._parts.ends_ms is None or self._timing.clock() < self._parts.ends_ms:
            return False
        self._choice = StopChoice.LEAVE
        self._reason = "the recorded market is over"
        return True

    # ------------------------------------------------------------ events

    async def _listen(self) -> None:
        """Follow what the venue tells, as long as the bot runs; without it, it looks by itself."""
        while True:
            try:
                async for event in self._parts.exchange.events():
                    self._hear(event)
            except PassivTuiError as error:
                self._troubles.count("stream", str(error))
            await self._timing.sleep(_LISTEN_AGAIN)

    def _hear(self, event: object) -> None:
        cycle = self._running()
        if isinstance(event, CandleUpdated):
            market = cycle.account.markets.get(event.symbol)
            if event.is_closed and market is not None and cycle.candles.follow(market.coin, event.candle) == "revised":
                cycle.candles.forget(market.coin)
            if not event.is_closed:
                return
        elif isinstance(event, FillSeen):
            cycle.account.note_fill(event.fill)
            cycle.account.note_change(event.fill.symbol)
        elif isinstance(event, OrderChanged):
            cycle.account.note_change(event.order.symbol)
        elif isinstance(event, PositionChanged):
            cycle.account.note_change(event.symbol)
        elif isinstance(event, StreamChanged) and event.state is not StreamState.UP:
            self._troubles.count("stream", f"{event.stream}: {event.reason or event.state}")
        self._wake.set()

    # ------------------------------------------------------------ the end

    async def _wind_down(self) -> None:
        choice = self._choice or StopChoice.LEAVE
        reason = self._reason
        self._enter(BotState.STOPPING, choice.value)
        await self._tell("state", f"stopping: {choice}")
        await self.publish()
        if self._cycle is None:
            self._enter(BotState.STOPPED, reason or "stopped before it had started; nothing was sent")
            return
        winding = WindingDown(self._parts.exchange, self._timing, self._cycle.account, self._sender)
        await winding.run(lambda: self._choice or choice, self._cycle.symbols)
        await self._look_back(self._cycle)
        said = describe(self._choice or choice, self._cycle.account.open_orders())
        if winding.left:
            self._alarm = f"look at the venue: {winding.left}"
            said = f"stopped, but not all was done: {winding.left}"
        self._enter(BotState.STOPPED, reason or said)

    async def _look_back(self, cycle: Cycle) -> None:
        """What filled last belongs into the journal too; if the venue is gone, the next start reads it."""
        try:
            await cycle.account.read()
            await cycle.account.read_fills()
        except VenueError as error:
            self._troubles.count("connection", str(error))
        await self._note_fills()

    def _enter(self, state: BotState, reason: str) -> None:
        self._state, self._reason = state, reason

    # ------------------------------------------------------------ telling

    async def _note_fills(self) -> None:
        account = self._running().account
        rows = [fill_row(fill, account.markets.get(fill.symbol)) for fill in account.take_new_fills()]
        if not rows:
            return
        known = {row.id for row in rows}
        self._fill_count += len(known - {row.id for row in self._fills})
        self._fills = [*reversed(rows), *(row for row in self._fills if row.id not in known)][:SHOWN_FILLS]
        kept = [
            LiveFillRow(self.spec.name, r.id, r.time_ms, r.coin, r.side, r.type, r.qty, r.price, r.pnl, r.fee)
            for r in rows
        ]
        await self._write(self._parts.journal.add_fills(kept))

    async def _tell(self, kind: str, text: str) -> None:
        row = LiveEventRow(self.spec.name, self._timing.clock(), kind, text)
        await self._write(self._parts.journal.add_events([row]))

    async def _write(self, writing: Awaitable[None]) -> None:
        """What only tells a story is let go when the disk refuses; the alarm says so."""
        try:
            await writing
        except StorageError as error:
            self._alarm = f"the journal can't be written: {error}"
            self._troubles.count("journal", str(error))

    async def publish(self) -> None:
        """Tell subscribers and the database how the bot stands."""
        is_due = self._is_due()
        if not self._listeners and not is_due:
            return
        status = self.status()
        if is_due:
            self._published_ms, self._published_state = self._parts.real_clock(), self._state
            await self._write(self._parts.journal.keep_status(self._row(status), self._sample(status)))
        for listener in tuple(self._listeners):
            listener(status)

    def _is_due(self) -> bool:
        if self._published_ms is None or self._state is not self._published_state:
            return True
        return self._parts.real_clock() - self._published_ms >= 1000

    def _row(self, status: BotStatus) -> LiveBotRow:
        return LiveBotRow(
            self.spec.name,
            self.spec.user,
            spec_to_json(self.spec),
            status.state.value,
            status.reason,
            os.getpid(),
            self._started_ms,
            status.heartbeat_ms,
            status_to_json(status),
        )

    def _sample(self, status: BotStatus) -> EquityRow | None:
        minute = status.clock_ms // MINUTE_MS * MINUTE_MS
        if status.balance is None or status.equity is None or minute == self._sampled_ms:
            return None
        self._sampled_ms = minute
        return EquityRow(self.spec.name, minute, status.balance, status.equity)

    def status(self) -> BotStatus:
        """How the bot stands now."""
        base = BotStatus(
            self.spec,
            self._state,
            self._reason,
            self._timing.clock(),
            self._parts.real_clock(),
            self._started_ms,
            exchange=self._parts.exchange.traits.name,
            quote=self._parts.exchange.traits.quote,
            commanded_mode=self._commanded_mode,
            fills=tuple(self._fills),
            fill_count=self._fill_count,
            errors=self._troubles.counts,
            alarm=self._sender.alarm or self._alarm,
            restarts=len(self._restarts),
            unresolved=self._sender.unresolved,
            rates=self._rates(),
            pid=os.getpid(),
        )
        return base if self._cycle is None else _with_report(base, Report(self._cycle))

    def _rates(self) -> Rates:
        headroom = self._parts.headroom()
        used, blocked = (None, 0.0) if headroom is None else (headroom.used, headroom.blocked_seconds)
        return Rates(self._cycle_ms, self._sender.write_ms, used, blocked, self._cycles)


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel until it ends: a wait within it that ended at the same moment may have swallowed the first."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN)


def _with_report(base: BotStatus, report: Report) -> BotStatus:
    return replace(
        base,
        balance=report.balance,
        equity=report.equity,
        upnl=report.upnl,
        exposures=report.exposures(),
        positions=report.positions(),
        orders=report.orders(),
        modes=report.modes(),
        withheld=report.withheld(),
        warnings=report.warnings(),
        ages=report.ages(),
        next_action=report.next_action(),
    )
