"""What a bot tells: its story and its fills to the journal, its status to whoever listens and to the database."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from passivtui.clock import DAY_MS
from passivtui.errors import StorageError
from passivtui.live.bot.cycle import Cycle
from passivtui.live.bot.parts import BotParts
from passivtui.live.bot.report import SHOWN_FILLS, Report, fill_row
from passivtui.live.bot.sending import Sender
from passivtui.live.bot.timing import Timing
from passivtui.live.bot.trouble import Troubles
from passivtui.live.status import BotSpec, BotState, BotStatus, FillRow, Rates
from passivtui.live.status_text import spec_to_json, status_to_json
from passivtui.storage.journal import EquityRow, LiveBotRow, LiveEventRow, LiveFillRow

_MOST_UNTOLD: Final = 500  # lines that wait for a disk
_KEPT_MS: Final = 30 * DAY_MS  # of the story, writes, and equity by the minute
_PUBLISH_EVERY_MS: Final = 1000  # of real time, to the database


@dataclass(slots=True)
class Standing:
    """What the bot's life says of itself, besides what a cycle knows."""

    state: BotState = BotState.STARTING
    reason: str = ""
    alarm: str = ""
    guarded: str = ""  # what the drawdown stop holds
    commanded_mode: str = ""
    restarts: int = 0
    cycles: int = 0
    cycle_ms: float = 0.0


class Teller:
    """Knows what was told already. A disk that refuses stops no bot: `standing.alarm` says so."""

    def __init__(self, spec: BotSpec, parts: BotParts, timing: Timing, troubles: Troubles, sender: Sender) -> None:
        self.standing = Standing()
        self._spec = spec
        self._parts = parts
        self._timing = timing
        self._troubles = troubles
        self._sender = sender
        self._untold: list[LiveEventRow] = []
        self._forgot_ms: int | None = None
        self._listeners: list[Callable[[BotStatus], None]] = []
        self._fills: list[FillRow] = []
        self._fill_count = 0
        self._started_ms = parts.real_clock()
        self._sampled_ms: int | None = None
        self._samples: list[EquityRow] = []  # that wait for the next status
        self._published_ms: int | None = None
        self._published_state: BotState | None = None

    def subscribe(self, listener: Callable[[BotStatus], None]) -> Callable[[], None]:
        """Have `listener` called with each new status. Returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    # ------------------------------------------------------------ the journal

    async def tell(self, kind: str, text: str) -> None:
        """Add a line to the bot's story; while the disk refuses, the last ones wait."""
        self._untold.append(LiveEventRow(self._spec.name, self._timing.clock(), kind, text))
        await self._tell_all()

    async def tell_remarks(self) -> None:
        """Add what was remarked upon since the last time."""
        now_ms = self._timing.clock()
        remarks = self._troubles.take_remarks()
        self._untold += [LiveEventRow(self._spec.name, now_ms, kind, text) for kind, text in remarks]
        await self._tell_all()

    async def _tell_all(self) -> None:
        if not self._untold:
            return
        rows, self._untold = self._untold, []
        try:
            await self._parts.journal.add_events(rows)
        except StorageError as error:
            self._untold = [*rows, *self._untold][-_MOST_UNTOLD:]
            self._cannot_write(error)

    async def begin_anew(self) -> None:
        """Drop what the journal has of this bot after the present: a market of the past is played once more."""
        await self._write(self._parts.journal.forget_after(self._spec.name, self._timing.clock()))

    async def _forget_old(self) -> None:
        """Once a day, by the market's clock."""
        now_ms = self._timing.clock()
        if self._forgot_ms is not None and abs(now_ms - self._forgot_ms) < DAY_MS:
            return
        self._forgot_ms = now_ms
        await self._write(self._parts.journal.forget_before(self._spec.name, now_ms - _KEPT_MS))

    def forget_fills(self) -> None:
        """Count fills anew, such as after a new start."""
        self._fills.clear()
        self._fill_count = 0

    async def note_fills(self, cycle: Cycle) -> None:
        """Keep the fills that the account has seen since the last time."""
        account = cycle.account
        rows = [fill_row(fill, account.markets.get(fill.symbol)) for fill in account.take_new_fills()]
        if not rows:
            return
        known = {row.id for row in rows}
        self._fill_count += len(known - {row.id for row in self._fills})
        self._fills = [*reversed(rows), *(row for row in self._fills if row.id not in known)][:SHOWN_FILLS]
        kept = [
            LiveFillRow(self._spec.name, r.id, r.time_ms, r.coin, r.side, r.type, r.qty, r.price, r.pnl, r.fee)
            for r in rows
        ]
        await self._write(self._parts.journal.add_fills(kept))

    async def _write(self, writing: Awaitable[None]) -> None:
        """What only tells a story is let go when the disk refuses; the alarm says so."""
        try:
            await writing
        except StorageError as error:
            self._cannot_write(error)

    def _cannot_write(self, error: StorageError) -> None:
        self.standing.alarm = f"the journal can't be written: {error}"
        self._troubles.count("journal", str(error))

    # ------------------------------------------------------------ the status

    async def publish(self, cycle: Cycle | None) -> None:
        """Tell subscribers, and the database at most once a second, how the bot stands."""
        await self.tell_remarks()
        await self._forget_old()
        is_due = self._is_due()
        if cycle is not None:
            self._take_sample(cycle)
        if not self._listeners and not is_due:
            return
        status = self.status(cycle)
        if is_due:
            self._published_ms, self._published_state = self._parts.real_clock(), status.state
            samples, self._samples = self._samples, []
            await self._write(self._parts.journal.keep_status(self._row(status), samples))
        for listener in tuple(self._listeners):
            listener(status)

    def _is_due(self) -> bool:
        if self._published_ms is None or self.standing.state is not self._published_state:
            return True
        return self._parts.real_clock() - self._published_ms >= _PUBLISH_EVERY_MS

    def _row(self, status: BotStatus) -> LiveBotRow:
        return LiveBotRow(
            self._spec.name,
            self._spec.user,
            spec_to_json(self._spec),
            status.state.value,
            status.reason,
            os.getpid(),
            self._started_ms,
            status.heartbeat_ms,
            status_to_json(status),
        )

    def _take_sample(self, cycle: Cycle) -> None:
        """Balance and equity once a minute of the market, however fast it is."""
        minute = self._timing.minute()
        if minute == self._sampled_ms:
            return
        report = Report(cycle)
        if report.balance is None or report.equity is None:
            return
        self._sampled_ms = minute
        upnl = {f"{row.coin} {row.side}": row.upnl for row in report.positions()}
        self._samples.append(EquityRow(self._spec.name, minute, report.balance, report.equity, json.dumps(upnl)))

    def status(self, cycle: Cycle | None) -> BotStatus:
        """How the bot stands now."""
        standing = self.standing
        base = BotStatus(
            self._spec,
            standing.state,
            standing.reason,
            self._timing.clock(),
            self._parts.real_clock(),
            self._started_ms,
            exchange=self._parts.exchange.traits.name,
            quote=self._parts.exchange.traits.quote,
            commanded_mode=standing.commanded_mode,
            fills=tuple(self._fills),
            fill_count=self._fill_count,
            errors=self._troubles.counts,
            alarm=self._sender.alarm or standing.alarm or standing.guarded,
            restarts=standing.restarts,
            unresolved=self._sender.unresolved,
            rates=self._rates(),
            pid=os.getpid(),
        )
        return base if cycle is None else _with_report(base, Report(cycle))

    def _rates(self) -> Rates:
        headroom = self._parts.headroom()
        used, blocked = (None, 0.0) if headroom is None else (headroom.used, headroom.blocked_seconds)
        return Rates(self.standing.cycle_ms, self._sender.write_ms, used, blocked, self.standing.cycles)


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
