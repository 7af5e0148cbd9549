"""Many bots in one process, each a task of its own: one that fails disturbs no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Final, Self

from passivtui.errors import PassivTuiError, UsageError
from passivtui.exchanges.login import Login
from passivtui.exchanges.rate_ledger import shared_ledgers
from passivtui.live.control import ControlServer
from passivtui.live.launch import LaunchedBot, launch
from passivtui.live.locks import BotLocks, lock_bot
from passivtui.live.status import BotSpec, LocalBot, StopChoice
from passivtui.paths import Home
from passivtui.storage import Database
from passivtui.storage.journal import DatabaseJournal, Journal

_log = logging.getLogger(__name__)
_HEARTBEAT: Final = 2.0  # seconds of real time


@dataclass(frozen=True, slots=True)
class _Running:
    launched: LaunchedBot
    task: asyncio.Task[None]


class Supervisor:
    """Open it with `async with`; leaving it stops whatever still runs, and leaves its orders as they are.

    `journal`: where bots write, instead of the home's database.
    """

    def __init__(self, home: Home, *, journal: Journal | None = None) -> None:
        self._home = home
        self._given_journal = journal
        self._database: Database | None = None
        self._ledgers = shared_ledgers()
        self._running: dict[str, _Running] = {}

    async def __aenter__(self) -> Self:
        if self._given_journal is None:
            self._database = await Database(self._home.database).open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self.stop_all(StopChoice.LEAVE)
        finally:
            if self._database is not None:
                await self._database.close()

    @property
    def _journal(self) -> Journal:
        if self._given_journal is not None:
            return self._given_journal
        if self._database is None:
            raise UsageError("the supervisor is not open")
        return DatabaseJournal(self._database)

    @property
    def bots(self) -> Mapping[str, LocalBot]:
        """Every bot that was started here, also those that ended."""
        return MappingProxyType({name: running.launched.bot for name, running in self._running.items()})

    async def start(self, spec: BotSpec, login: Login | None = None) -> LocalBot:
        """Start a bot. Raises UsageError when its name or account is taken, and as `launch`."""
        locks = lock_bot(self._home, spec, login)
        try:
            launched = await launch(spec, self._home, self._journal, self._ledgers, login)
            control = ControlServer(launched.bot, self._home)
            await control.open()
        except BaseException:
            locks.release()
            raise
        task = asyncio.create_task(self._live(launched, control, locks), name=f"bot {spec.name}")
        self._running[spec.name] = _Running(launched, task)
        return launched.bot

    async def _live(self, launched: LaunchedBot, control: ControlServer, locks: BotLocks) -> None:
        beating = asyncio.create_task(_beat(launched.bot))
        try:
            await launched.run()
        except Exception:
            _log.exception("the bot %s ended by a fault", launched.bot.name)
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await control.close()
            locks.release()

    async def wait(self, name: str) -> None:
        """Until the bot has ended."""
        await asyncio.shield(self._running[name].task)

    async def stop(self, name: str, choice: StopChoice) -> None:
        """Stop one bot as chosen and wait for its end."""
        running = self._running[name]
        if not running.task.done():
            await running.launched.bot.stop(choice)
        await asyncio.gather(running.task, return_exceptions=True)

    def forget(self, name: str) -> None:
        """Know no more of a bot that has ended."""
        running = self._running.get(name)
        if running is not None and running.task.done():
            del self._running[name]

    async def stop_all(self, choice: StopChoice) -> None:
        """Stop every bot as chosen, all at once."""
        await asyncio.gather(*(self.stop(name, choice) for name in self._running))

    async def panic_all(self) -> None:
        """The kill switch: every bot closes all positions at market and stays out."""
        alive = [running.launched.bot for running in self._running.values() if not running.task.done()]
        results = await asyncio.gather(*(bot.panic() for bot in alive), return_exceptions=True)
        for bot, result in zip(alive, results, strict=True):
            if isinstance(result, BaseException):
                _log.error("the bot %s could not be put into panic: %s", bot.name, result)


async def _beat(bot: LocalBot) -> None:
    """Have the bot tell that it lives, also while it only waits."""
    while True:
        await asyncio.sleep(_HEARTBEAT)
        try:
            await bot.publish()
        except PassivTuiError as error:
            _log.warning("the status of %s can't be kept: %s", bot.name, error)
