"""One bot: starts, looks at its account again and again, survives what goes wrong, and stops as it is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.config import Config
from passivtui.errors import ConfigError, PassivTuiError, StorageError, VenueError
from passivtui.exchanges.errors import AuthError
from passivtui.live.bot.answers import coin_picture, why_order_row
from passivtui.live.bot.cycle import Cycle
from passivtui.live.bot.guarding import Guard
from passivtui.live.bot.hearing import Hearing
from passivtui.live.bot.parts import BotParts
from passivtui.live.bot.recording import Recorder
from passivtui.live.bot.sending import Sender
from passivtui.live.bot.telling import Teller
from passivtui.live.bot.trouble import Troubles
from passivtui.live.bot.winding_down import WindingDown, describe
from passivtui.live.coin_picture import CoinPicture
from passivtui.live.config_source import describe_changes
from passivtui.live.modes import parse_mode
from passivtui.live.status import FULL_SPEED, BotSpec, BotState, BotStatus, OrderRow, StopChoice

_log = logging.getLogger(__name__)

#: A look at least so often, in seconds, although nothing happened.
LOOK_EVERY: Final = 30.0
#: Passes within one minute until a plan asks for nothing, for a bot that acts once a minute.
_MOST_PASSES: Final = 200
_HELD_BACK: Final = 2.0  # seconds until the next look when something waits after a refusal
_CYCLE_GRACE: Final = 10.0  # seconds that a pass under way has to end when the bot is stopped
_CANCEL_AGAIN: Final = 0.2


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
        self._teller = Teller(spec, parts, self._timing, self._troubles, self._sender)
        self._standing = self._teller.standing
        self._recorder = Recorder(spec.name, parts.journal, parts.real_clock, self._troubles)
        self._guard = Guard(spec.name, spec.drawdown_stop, parts.journal, self._teller.tell)
        self._person_s_mode = ""
        self._cycle: Cycle | None = None
        self._choice: StopChoice | None = None
        self._wake = asyncio.Event()
        self._stop_asked = asyncio.Event()
        self._over = asyncio.Event()
        self.waiting = asyncio.Event()  # set while the bot waits for a time, which is `wakes_ms`
        self.wakes_ms = 0
        self._restarts: list[int] = []
        self._is_busy = False
        self._config: Config | None = None
        self._living: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ the handle

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def state(self) -> BotState:
        return self._standing.state

    def subscribe(self, listener: Callable[[BotStatus], None]) -> Callable[[], None]:
        """Have `listener` called with each new status. Returns what ends it."""
        return self._teller.subscribe(listener)

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
        """Put the whole bot into a mode from its next pass on, "" for its config's: then a drawdown stop that holds
        lets it go on too. Raises ConfigError."""
        parsed = parse_mode(mode)
        commanded = "" if parsed is None or parsed == "normal" else parsed.value
        self._person_s_mode = commanded
        if not commanded:
            await self._guard.release(self._timing.clock())
        self._apply_modes()
        await self._teller.tell("mode", f"put into mode {commanded or 'of its config'}")
        self._wake.set()

    def _apply_modes(self) -> None:
        """Whichever asks for more counts: a person or the drawdown stop."""
        both = (self._guard.mode, self._person_s_mode)
        self._standing.commanded_mode = "panic" if "panic" in both else self._person_s_mode or self._guard.mode
        self._standing.guarded = self._guard.alarm
        if self._cycle is not None and self._config is not None:
            self._cycle.commanded_mode = self._standing.commanded_mode
            self._cycle.config = self._guard.config(self._config)

    async def panic(self) -> None:
        """Close everything at market and stay out."""
        await self.set_mode("panic")

    async def why(self, order: OrderRow) -> tuple[str, ...]:
        """The formula of an order with its numbers, as lines."""
        return why_order_row(self._cycle, order)

    async def picture(self, coin: str) -> CoinPicture:
        """Prices and bands of a coin."""
        return coin_picture(self._cycle, coin)

    def status(self) -> BotStatus:
        """How the bot stands now."""
        return self._teller.status(self._cycle)

    async def publish(self) -> None:
        """Tell subscribers and the database how the bot stands."""
        await self._teller.publish(self._cycle)

    # ------------------------------------------------------------ life

    async def run(self) -> None:
        """Until stopped, or until something needs a person. Raises only CancelledError."""
        listening: asyncio.Task[None] | None = None
        self._living = asyncio.current_task()
        try:
            await self._teller.tell("state", "starting")
            await self.publish()
            if await self._survive(self._prepare):
                self._enter(BotState.RUNNING, "")
                await self._teller.tell("state", "running")
                await self.publish()
                if self._parts.listens:
                    listening = asyncio.create_task(self._hearing().listen())
                await self._go_on()
            if self._standing.state is not BotState.FAILED:
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
            if not self._standing.state.is_over:
                self._enter(BotState.STOPPED, "ended without a stop; orders stay as they are")
            await self._recorder.write(at_once=True)
            await self._teller.tell("state", f"{self._standing.state}: {self._standing.reason}")
            self._over.set()
            self.waiting.set()
            await self.publish()

    async def _prepare(self) -> None:
        self._config = config = self._parts.load_config() or self._config
        if config is None:
            raise ConfigError(f"the config {self.spec.config} can't be loaded")
        unsettled = 0
        if self._cycle is None:
            unsettled = await self._sender.take_over()
            if self._parts.fills_as_backtest:
                await self._teller.begin_anew()
        cycle = Cycle(
            self._parts.exchange,
            self._timing,
            config,
            self._sender,
            self._troubles,
            as_backtest=self._parts.fills_as_backtest,
        )
        await cycle.prepare()
        at_full_speed = self.spec.paper is not None and self.spec.paper.speed == FULL_SPEED
        await self._guard.begin(self._timing.clock(), is_new_account=at_full_speed)
        if self._cycle is None:
            await self._tell_what_was_found(cycle, unsettled)
        self._cycle = cycle
        self._apply_modes()
        self._teller.forget_fills()
        await self._teller.note_fills(cycle)

    async def _tell_what_was_found(self, cycle: Cycle, unsettled: int) -> None:
        """After a restart: what the venue has of an earlier run, and what of it is still to be looked up."""
        own = sum(order.is_ours for order in cycle.account.open_orders())
        held = len(cycle.account.positions)
        if own or held or unsettled:
            found = f"found {own} orders of its own and {held} positions; {unsettled} orders are to be looked up"
            await self._teller.tell("recovery", found)

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
                self._standing.cycle_ms = (self._timing.elapsed() - began) * 1000.0
                self._troubles.went_well()
                self._standing.alarm = ""
                return True
            except (AuthError, ConfigError) as error:
                self._enter(BotState.FAILED, str(error))
                return False
            except PassivTuiError as error:
                pause = self._troubles.pause_after(error)
                await self._teller.tell("error", f"{error}; again in {pause:.0f} s")
            except Exception as error:
                pause = self._troubles.pause_after(error)
                if not self._may_restart():
                    raise
                _log.exception("the bot %s begins anew after a fault", self.spec.name)
                await self._teller.tell("restart", f"begins anew after {type(error).__name__}: {error}")
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
        self._standing.restarts = len(self._restarts)
        return len(self._restarts) <= most

    # ------------------------------------------------------------ one pass

    async def _pass(self) -> None:
        cycle = self._running()
        await self._reload(cycle)
        for _ in range(_MOST_PASSES):
            is_busy = await cycle.run()
            self._standing.cycles += 1
            self._recorder.note(cycle)
            await self._teller.note_fills(cycle)
            if not is_busy or not cycle.config.live.mimic_backtest_1m_delay or self._choice is not None:
                break
            if not cycle.as_backtest:
                await self._timing.sleep(max(cycle.config.live.execution_delay_seconds, 0.1))
        self._is_busy = is_busy
        if await self._guard.look(cycle):
            self._apply_modes()
            self._wake.set()
        self._follow_candles(cycle)
        await self._recorder.write()
        await self.publish()

    async def _reload(self, cycle: Cycle) -> None:
        """Take over a config that was changed; one that can't be used changes nothing."""
        try:
            config = self._parts.load_config()
        except PassivTuiError as error:
            if self._standing.alarm != str(error):
                await self._teller.tell("warning", f"the changed config is not used: {error}")
            self._standing.alarm = str(error)
            return
        if config is not None and self._config is not None and config != self._config:
            changes = describe_changes(self._config, config)
            self._config = config
            cycle.use(config)
            self._apply_modes()
            await self._teller.tell("config", f"the config was changed and holds from now on: {changes}")

    def _follow_candles(self, cycle: Cycle) -> None:
        if self._parts.listens:
            coins = {mode.coin for mode in cycle.plan.modes}
            self._parts.exchange.watch_candles([cycle.symbols[coin] for coin in coins if coin in cycle.symbols])

    def _running(self) -> Cycle:
        if self._cycle is None:
            raise StorageError("the bot has not started")
        return self._cycle

    def _hearing(self) -> Hearing:
        return Hearing(self._parts.exchange, self._timing, self._troubles, self._running, self._wake.set)

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
        self._standing.reason = "the recorded market is over"
        return True

    # ------------------------------------------------------------ the end

    async def _wind_down(self) -> None:
        choice = self._choice or StopChoice.LEAVE
        reason = self._standing.reason
        self._enter(BotState.STOPPING, choice.value)
        await self._teller.tell("state", f"stopping: {choice}")
        await self.publish()
        if self._cycle is None:
            self._enter(BotState.STOPPED, reason or "stopped before it had started; nothing was sent")
            return
        winding = WindingDown(self._parts.exchange, self._timing, self._cycle.account, self._sender)
        await winding.run(lambda: self._choice or choice, self._cycle.symbols)
        await self._look_back(self._cycle)
        said = describe(self._choice or choice, self._cycle.account.open_orders())
        if winding.left:
            self._standing.alarm = f"look at the venue: {winding.left}"
            said = f"stopped, but not all was done: {winding.left}"
        self._enter(BotState.STOPPED, reason or said)

    async def _look_back(self, cycle: Cycle) -> None:
        """What filled last belongs into the journal too; if the venue is gone, the next start reads it."""
        try:
            await cycle.account.read()
            await cycle.account.read_fills()
        except VenueError as error:
            self._troubles.count("connection", str(error))
        await self._teller.note_fills(cycle)

    def _enter(self, state: BotState, reason: str) -> None:
        self._standing.state, self._standing.reason = state, reason


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel until it ends: a wait within it that ended at the same moment may have swallowed the first."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN)
