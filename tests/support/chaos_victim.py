"""The processes that are killed: a nursery imports everything once, and forks a bot at each word of the world.

    python chaos_victim.py      reads a line of JSON per bot on stdin: {"socket", "home", "venue", "seed"}

A forked bot is a process of its own with the real journal on disk. It has nothing of its parent but imported modules:
the nursery has no event loop, no thread and no open file but its stdin.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import random
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiosqlite  # noqa: F401  # so that a forked bot finds it imported
from chaos_line import Line, LineExchange

from passivtui.errors import StorageError
from passivtui.live.bot import Bot, BotParts, Timing
from passivtui.live.config_source import ConfigSource
from passivtui.live.status import BotSpec, PaperSettings, StopChoice
from passivtui.paths import Home
from passivtui.storage import Database
from passivtui.storage.journal import DatabaseJournal, IntentRow, OutcomeRow

NAME = "victim"
CONFIG = "victim.toml"
_TURNS = 25  # of the event loop, after which whoever was woken has begun


class WatchedJournal(DatabaseJournal):
    """The real journal. The world hears of each write before and after, and may say that the disk is full."""

    def __init__(self, database: Database, line: Line) -> None:
        super().__init__(database)
        self._line = line

    async def _may_write(self, what: str) -> None:
        if await self._line.ask("point", f"before {what}") == "disk full":
            raise StorageError("can't write the database: no space left on device; make room")

    async def intend(self, intents: Sequence[IntentRow]) -> tuple[int, ...]:
        await self._may_write("intend")
        ids = await super().intend(intents)
        await self._line.ask("point", "after intend")
        return ids

    async def settle(self, outcomes: Sequence[OutcomeRow]) -> None:
        await self._may_write("settle")
        await super().settle(outcomes)
        await self._line.ask("point", "after settle")

    async def add_events(self, events: Sequence[Any]) -> None:
        await self._may_write("events")
        await super().add_events(events)


async def live(order: dict[str, Any]) -> None:
    """A bot's whole life, or as much of it as it gets."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, show_tasks)
    line = Line(*await asyncio.open_unix_connection(order["socket"]))
    home = Home(Path(order["home"]))
    traits = await line.ask("point", "born", os.getpid())
    chances = random.Random(order["seed"])
    is_paper = "rest_url" not in order
    exchange = LineExchange(line, traits) if is_paper else await open_venue(line, order)
    async with Database(home.database) as database:
        user, paper = ("paper", PaperSettings()) if is_paper else ("somebody", None)
        spec = BotSpec(NAME, user, str(home.root / CONFIG), paper=paper)
        parts = BotParts(
            exchange,
            WatchedJournal(database, line),
            ConfigSource(spec, home),
            Timing(line.clock.calendar, line.clock.sleep, line.clock.elapsed),
            real_clock=line.clock,
            chance=chances.randrange,
            fills_as_backtest=is_paper,
            listens=order.get("listens", True),
        )
        line.bot = bot = Bot(spec, parts)
        living = asyncio.create_task(bot.run())
        await let_time_pass(bot, line)
        await living
        status = bot.status()
        await line.ask("point", "over", status)
    await line.close()


async def open_venue(line: Line, order: dict[str, Any]) -> Any:
    """A real adapter on a local venue, in the line's time."""
    from passivtui.exchanges.login import Login
    from passivtui.exchanges.opening import open_exchange
    from passivtui.exchanges.rate_ledger import RateLedgers

    urls = {"rest_url": order["rest_url"], "stream_url": order["ws_url"]}
    login = Login(order["venue"], key=order["key"], secret=order["secret"], **urls)

    async def pause(seconds: float) -> None:
        """The ledger's: the world must know that the bot waits."""
        line.bot.waiting.set()
        try:
            await line.clock.sleep(seconds)
        finally:
            line.bot.waiting.clear()

    ledgers = RateLedgers(line.clock.elapsed, pause)
    return await open_exchange(
        login, ledgers, clock=line.clock.calendar, sleep=line.clock.sleep, timeout_seconds=order["timeout"]
    )


def show_tasks() -> None:
    """Where everything waits: for a run that stands still."""
    for task in asyncio.all_tasks():
        task.print_stack(limit=6)


def lives(bot: Bot) -> bool:
    return not bot.state.is_over


async def let_time_pass(bot: Bot, line: Line) -> None:
    """Tell the world whenever the bot waits, and for how long it would."""
    stopping: asyncio.Task[None] | None = None
    while lives(bot):
        await bot.waiting.wait()
        if not lives(bot):
            break
        wakes_ms = line.clock.next_wake_ms or line.clock()
        word = await line.ask("advance", "wait", wakes_ms, bot.status())
        if word is not None and stopping is None:
            stopping = asyncio.create_task(bot.stop(StopChoice(word)))
        await line.clock.advance_to(line.clock())
        for _ in range(_TURNS):
            await asyncio.sleep(0)
    if stopping is not None:
        await stopping


def main() -> None:
    if "--venues" in sys.argv:
        importlib.import_module("ccxt.pro")
        importlib.import_module("passivtui.exchanges.opening")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    print("ready", flush=True)
    for text in sys.stdin:
        if os.fork() == 0:
            sys.stdin.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            status = 1
            try:
                asyncio.run(live(json.loads(text)))
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)


if __name__ == "__main__":
    main()
