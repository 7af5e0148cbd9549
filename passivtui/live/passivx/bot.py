"""A paper bot over ticks as a service: a `BotHandle` that is listed, watched and steered like any other."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import Final

from passivtui.clock import MINUTE_MS, Clock, utc_ms
from passivtui.config import Note
from passivtui.errors import StorageError
from passivtui.exchanges.virtual_clock import SpeedClock
from passivtui.live.bot.winding_down import describe
from passivtui.live.coin_picture import CoinPicture
from passivtui.live.modes import Mode, parse_mode
from passivtui.live.orders import OpenOrder
from passivtui.live.passivx.replay import TickReplay
from passivtui.live.passivx.report import TickReport, fill_row
from passivtui.live.status import FULL_SPEED, BotSpec, BotState, BotStatus, FillRow, OrderRow, StopChoice
from passivtui.live.status_text import spec_to_json, status_to_json
from passivtui.storage.journal import EquityRow, Journal, LiveBotRow, LiveEventRow, LiveFillRow

_SLICE: Final = 200  # ticks between two chances for others to run
_LONGEST_WAIT: Final = 1.0  # seconds until the bot tells again that it lives
_PUBLISH_EVERY_MS: Final = 1_000  # of real time, to the database
_SHOWN_FILLS: Final = 50
_DRAWN: Final = 720


class TickBot:
    """One paper bot. `run` is its life; everything else may be called at any time on the same loop."""

    def __init__(
        self,
        spec: BotSpec,
        symbol: str,
        replay: TickReplay,
        journal: Journal,
        *,
        notes: tuple[Note, ...] = (),
        real_clock: Clock = utc_ms,
    ) -> None:
        self.spec = spec
        self.replay = replay
        self.notes = notes
        self._symbol = symbol
        self._journal = journal
        self._real_clock = real_clock
        self._started_ms = real_clock()
        self._state, self._reason, self._alarm = BotState.STARTING, "", ""
        self._choice: StopChoice | None = None
        self._wake = asyncio.Event()
        self._over = asyncio.Event()
        self._living: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[BotStatus], None]] = []
        self._fills: list[FillRow] = []
        self._told_fills = 0
        self._published_ms = 0
        self._samples: list[EquityRow] = []
        self._prices: dict[int, float] = {}  # the last price by minute

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
        """Stop as chosen and return when it has. A later call may ask for more than an earlier one."""
        order = list(StopChoice)
        if self._choice is None or order.index(choice) > order.index(self._choice):
            self._choice = choice
        self._wake.set()
        await self._over.wait()

    async def wait(self) -> None:
        """Until the bot has ended."""
        await self._over.wait()

    def abandon(self) -> None:
        """End at once; the account ends with the bot."""
        if self._living is not None:
            self._living.cancel()

    async def set_mode(self, mode: str) -> None:
        """Put the bot into a mode from its next look on, "" for normal. Raises ConfigError."""
        self.replay.mode = parse_mode(mode) or Mode.NORMAL
        await self._tell("mode", f"put into mode {self.replay.mode}")
        self._wake.set()

    async def panic(self) -> None:
        """Close everything at market and stay out."""
        await self.set_mode(Mode.PANIC)

    async def why(self, order: OrderRow) -> tuple[str, ...]:
        """Where an order comes from, in words; docs/passivx.md has the formulas."""
        return (
            _WHY.get(order.type, "The last plan does not hold it."),
            f"{order.qty:+g} at {order.price:g}; the last price is {self.replay.venue.last_price:g}.",
        )

    async def picture(self, coin: str) -> CoinPicture:
        """The last price of each minute that was played; there is no band."""
        minutes = sorted(self._prices)[-_DRAWN:]
        times = tuple(minute + MINUTE_MS for minute in minutes)
        return CoinPicture(coin, times, tuple(self._prices[minute] for minute in minutes), {})

    def status(self) -> BotStatus:
        """How the bot stands now."""
        report = TickReport(self.replay)
        mode = "" if self.replay.mode is Mode.NORMAL else self.replay.mode.value
        return BotStatus(
            self.spec,
            self._state,
            self._reason,
            self.replay.clock_ms,
            self._real_clock(),
            self._started_ms,
            exchange="paper",
            quote=self.replay.quote,
            commanded_mode=mode,
            balance=report.balance,
            equity=report.equity,
            upnl=report.upnl,
            positions=report.positions(),
            orders=report.orders(),
            modes=report.modes(),
            withheld=report.withheld(),
            warnings=self._warnings(),
            fills=tuple(self._fills),
            fill_count=self._told_fills,
            next_action=report.next_action,
            alarm=self._alarm,
            pid=os.getpid(),
        )

    def _warnings(self) -> tuple[str, ...]:
        of_settings = [str(note) for note in self.notes if note.severity == "warning"]
        refused = [f"refused {count} times: {text}" for text, count in self.replay.refused.items()]
        return (*of_settings, *refused)

    # ------------------------------------------------------------ life

    async def run(self) -> None:
        """Until the ticks end, the account is liquidated, or it is stopped. Faults are told, and raised."""
        self._living = asyncio.current_task()
        try:
            await self._write_or_alarm(self._journal.forget_after(self.name, self.replay.clock_ms - 1))
            self._state = BotState.RUNNING
            await self._tell("state", "running")
            await self._play()
            await self._finish()
        except Exception as error:
            fault = f"a fault of the program ({type(error).__name__}); the details are in the log"
            self._state, self._reason = BotState.FAILED, fault
            await self.publish(at_once=True)
            raise
        finally:
            if not self._state.is_over:
                self._state, self._reason = BotState.STOPPED, "ended without a stop"
                await self.publish(at_once=True)
            self._over.set()

    async def _play(self) -> None:
        speed = 1.0 if self.spec.paper is None else self.spec.paper.speed
        clock = None if speed == FULL_SPEED else SpeedClock(self.replay.clock_ms, speed)
        while self._choice is None and not self.replay.is_over:
            self.replay.run(_SLICE, None if clock is None else clock())
            await self._note()
            await self.publish()
            await self._pause(clock, speed)

    async def _pause(self, clock: SpeedClock | None, speed: float) -> None:
        """Let others run; on a clock until the next trade."""
        next_ms = self.replay.next_ms
        if clock is None or next_ms is None:
            await asyncio.sleep(0)
            return
        seconds = min(_LONGEST_WAIT, max(0.0, (next_ms - clock()) / 1000.0 / speed))
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        self._wake.clear()

    async def _finish(self) -> None:
        if self._choice is not None:
            self._state = BotState.STOPPING
            self.replay.wind_down(self._choice)
            self._state, self._reason = BotState.STOPPED, describe(self._choice, self._on_book())
        elif self.replay.ended == "liquidation":
            self._state, self._reason = BotState.FAILED, "the position was liquidated; nothing is left"
        else:
            self._state, self._reason = BotState.STOPPED, "the recorded market is over"
        await self._note()
        await self._tell("state", f"{self._state}: {self._reason}")
        await self.publish(at_once=True)

    def _on_book(self) -> tuple[OpenOrder, ...]:
        return self.replay.snapshot(self.replay.clock_ms).own_orders

    # ------------------------------------------------------------ telling

    async def _note(self) -> None:
        """Keep new fills, the price of the minute, and a sample of the equity."""
        new = self.replay.trades[self._told_fills :]
        rows = [fill_row(trade, self._symbol, self._told_fills + i) for i, trade in enumerate(new, start=1)]
        self._told_fills += len(rows)
        self._fills = [*reversed(rows), *self._fills][:_SHOWN_FILLS]
        kept = [
            LiveFillRow(self.name, r.id, r.time_ms, r.coin, r.side, r.type, r.qty, r.price, r.pnl, r.fee) for r in rows
        ]
        if kept:
            await self._write_or_alarm(self._journal.add_fills(kept))
        minute = self.replay.clock_ms // MINUTE_MS * MINUTE_MS
        if minute not in self._prices:
            self._sample(minute)
        self._prices[minute] = self.replay.venue.last_price

    def _sample(self, minute: int) -> None:
        report = TickReport(self.replay)
        upnl = {f"{row.coin} {row.side}": row.upnl for row in report.positions()}
        self._samples.append(EquityRow(self.name, minute, report.balance, report.equity, json.dumps(upnl)))

    async def publish(self, *, at_once: bool = False) -> None:
        """Tell subscribers, and the database at most once a second, how the bot stands."""
        is_due = at_once or self._real_clock() - self._published_ms >= _PUBLISH_EVERY_MS
        if not is_due and not self._listeners:
            return
        status = self.status()
        if is_due:
            self._published_ms = self._real_clock()
            samples, self._samples = self._samples, []
            row = LiveBotRow(
                self.name,
                self.spec.user,
                spec_to_json(self.spec),
                status.state.value,
                status.reason,
                os.getpid(),
                self._started_ms,
                status.heartbeat_ms,
                status_to_json(status),
            )
            await self._write_or_alarm(self._journal.keep_status(row, samples))
        for listener in tuple(self._listeners):
            listener(status)

    async def _tell(self, kind: str, text: str) -> None:
        await self._write_or_alarm(
            self._journal.add_events([LiveEventRow(self.name, self.replay.clock_ms, kind, text)])
        )

    async def _write_or_alarm(self, writing: Awaitable[None]) -> None:
        """A disk that refuses stops no paper bot; the alarm says so."""
        try:
            await writing
        except StorageError as error:
            self._alarm = f"the journal can't be written: {error}"


_WHY: Final = {
    "entry": "First entry: the EMA less (long) or plus (short) its spread, not beyond the book.",
    "reentry": "Re-entry: grid_spacing, widened by the position's margin, from its average price.",
    "close": "Close: one of the prices between min_markup and max_markup from the average price.",
    "stop_loss_liq_diff": "Stop loss: the last price is within stop_loss_liq_diff of the liquidation price.",
    "stop_loss_pos_price_diff": "Stop loss: the loss of price exceeds stop_loss_pos_price_diff.",
    "panic": "Everything is closed at market.",
}
