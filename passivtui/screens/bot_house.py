"""The bots that the app shows: those it runs itself, and those that its database and their sockets tell of."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from passivtui.clock import DAY_MS, monotonic
from passivtui.errors import PassivTuiError, UsageError
from passivtui.exchanges.login import Login
from passivtui.live.audit import AuditReport, audit_bot
from passivtui.live.control import RemoteBot
from passivtui.live.detached import detach
from passivtui.live.listing import ListedBot, list_bots
from passivtui.live.notices import notice_of, subject_of
from passivtui.live.past_session import PastSession, read_session
from passivtui.live.status import BotHandle, BotSpec, BotState, BotStatus, StopChoice
from passivtui.live.supervisor import Supervisor
from passivtui.paths import Home
from passivtui.storage import Database
from passivtui.storage.journal import LiveEventRow, forget_bot, read_live_events

_SAME_AGAIN: Final = 300.0  # seconds until the same trouble of the same bot is told once more


class BotHouse:
    """One per app. Its bots are tasks of the app's event loop; `close` ends them and leaves their orders alone.

    `tell` is called with a text when a bot of this process needs a person.
    """

    def __init__(self, home: Home, tell: Callable[[str], None]) -> None:
        self._home = home
        self._tell = tell
        self._supervisor: Supervisor | None = None
        self._others: dict[str, RemoteBot] = {}
        self._logins: dict[str, Login] = {}  # of running bots, for going on in another process
        self._reader: Database | None = None
        self._opening = asyncio.Lock()

    def handles(self) -> tuple[BotHandle, ...]:
        """Running ones first, then by name."""
        own: dict[str, BotHandle] = dict(self._supervisor.bots) if self._supervisor is not None else {}
        handles = {**self._others, **own}
        return tuple(
            sorted(handles.values(), key=lambda handle: (handle.status().state.is_over, handle.name.casefold()))
        )

    def find(self, name: str) -> BotHandle | None:
        """The bot of that name."""
        return next((handle for handle in self.handles() if handle.name == name), None)

    @property
    def running(self) -> tuple[BotHandle, ...]:
        """Those of this process that are not over."""
        own = self._supervisor.bots.values() if self._supervisor is not None else ()
        return tuple(bot for bot in own if not bot.status().state.is_over)

    async def start(self, spec: BotSpec, login: Login | None = None) -> BotHandle:
        """Start a bot here, with `login` unless it is on paper. Raises what starting it can."""
        supervisor = await self._open()
        before = supervisor.bots.get(spec.name)
        if before is not None and before.status().state.is_over:
            await supervisor.wait(spec.name)  # it has still to give up its locks
        bot = await supervisor.start(spec, login)
        if login is not None:
            self._logins[spec.name] = login
        self._watch(bot)
        return bot

    def _watch(self, bot: BotHandle) -> None:
        last: BotStatus | None = None
        told: dict[str, float] = {}

        def look(status: BotStatus) -> None:
            nonlocal last
            notice, last = notice_of(last, status), status
            if notice is None:
                return
            subject = subject_of(notice)
            if monotonic() - told.get(subject, -math.inf) >= _SAME_AGAIN:
                told[subject] = monotonic()
                self._tell(notice)

        bot.subscribe(look)

    async def look_around(self) -> None:
        """Take note of bots that ran before or run elsewhere; asks those that live how they stand."""
        if not self._home.database.exists():
            return
        own = self._supervisor.bots if self._supervisor is not None else {}
        listed = [bot for bot in await list_bots(self._home) if bot.name not in own]
        others = await asyncio.gather(*(self._other(bot, bot.status) for bot in listed if bot.status is not None))
        self._others = {remote.name: remote for remote in others}

    async def _other(self, bot: ListedBot, status: BotStatus) -> RemoteBot:
        if not bot.is_running:
            if not status.state.is_over:
                status = replace(status, state=BotState.FAILED, reason="its process ended without a stop")
            return RemoteBot(bot.name, self._home, status)
        remote = RemoteBot(bot.name, self._home, status)
        try:
            await remote.poll()
        except PassivTuiError as error:
            silent = replace(status, alarm=str(error))
            return RemoteBot(bot.name, self._home, silent)
        return remote

    async def forget(self, name: str) -> None:
        """Take a bot that is over off the list. Raises UsageError for one that runs, StorageError."""
        handle = self.find(name)
        if handle is None or not handle.status().state.is_over:
            raise UsageError(f"{name} runs; stop it first")
        async with Database(self._home.database) as database:
            await forget_bot(database, name)
        if self._supervisor is not None:
            self._supervisor.forget(name)
        self._others.pop(name, None)

    async def story(self, name: str, last: int = 200) -> tuple[LiveEventRow, ...]:
        """The newest lines of a bot's journal, newest first. Raises StorageError."""
        async with self._opening:
            if self._reader is None:
                self._reader = await Database(self._home.database, read_only=True).open()
        return await read_live_events(self._reader, name, last)

    def past(self, name: str, end_ms: int) -> PastSession:
        """A bot's last day until `end_ms` of its clock; for a thread. Raises UsageError, DataError, StorageError."""

        async def read() -> PastSession:
            async with Database(self._home.database, read_only=True) as database:
                return await read_session(database, name, end_ms - DAY_MS, end_ms)

        return asyncio.run(read())

    def audit(self, name: str) -> str:
        """What the audit of a bot's last day found, in words; for a thread. Raises as `past`."""

        async def compare() -> AuditReport:
            async with Database(self._home.database, read_only=True) as database:
                return await audit_bot(database, name)

        return asyncio.run(compare()).text

    async def detach_all(self) -> None:
        """Have every bot of this process go on in one of its own. Raises what starting those can; a bot for which that
        fails is stopped, and its orders stay as they are."""
        for bot in self.running:
            spec = bot.status().spec
            await self._stop(spec.name, StopChoice.LEAVE)
            self._others[spec.name] = await detach(spec, self._home, self._logins.get(spec.name))
            if self._supervisor is not None:
                self._supervisor.forget(spec.name)

    async def _stop(self, name: str, choice: StopChoice) -> None:
        if self._supervisor is not None:
            await self._supervisor.stop(name, choice)

    async def stop_all(self, choice: StopChoice) -> None:
        """Stop every bot of this process as chosen."""
        if self._supervisor is not None:
            await self._supervisor.stop_all(choice)

    async def close(self) -> None:
        """End what runs here; orders stay as they are."""
        supervisor, self._supervisor = self._supervisor, None
        reader, self._reader = self._reader, None
        if supervisor is not None:
            await supervisor.__aexit__(None, None, None)
        if reader is not None:
            await reader.close()

    async def _open(self) -> Supervisor:
        async with self._opening:
            if self._supervisor is None:
                self._supervisor = await Supervisor(self._home.ensure()).__aenter__()
            return self._supervisor
