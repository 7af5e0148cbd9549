"""From a specification to a paper bot over ticks, and its life with lock, control socket and journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from passivtui.config import Note
from passivtui.config.document import read_document
from passivtui.config.findings import Findings
from passivtui.errors import UsageError
from passivtui.live.control import ControlServer
from passivtui.live.locks import lock_bot
from passivtui.live.passivx.bot import TickBot
from passivtui.live.passivx.replay import Rules, TickReplay
from passivtui.live.passivx.snapshot import Terms
from passivtui.live.status import TICKS, BotSpec
from passivtui.passivx.model import LiveSettings, Loaded, TickBacktest
from passivtui.passivx.parameters import BY_NAME
from passivtui.passivx.settings import is_live, load_live_settings, load_tick_backtest
from passivtui.passivx.shelf import find_settings
from passivtui.passivx.tick_files import open_ticks
from passivtui.paths import Home
from passivtui.storage import Database
from passivtui.storage.journal import DatabaseJournal, Journal

_SHARED: Final = ("config_name", "logging_level", "cross_mode", "n_entry_orders", "market_stop_loss")


def load_terms(path: Path, sets: tuple[str, ...], balance: float | None) -> tuple[Terms, Loaded[TickBacktest]]:
    """Settings of any form that a backtest over ticks takes: as those of a live bot, and as the backtest's.

    What only live settings hold is Passiv-X's default elsewhere. Raises ConfigError.
    """
    changes = sets if balance is None else (*sets, f"starting_balance={balance!r}")
    loaded = load_tick_backtest(path, changes)
    run = loaded.settings
    if is_live(read_document(path, Findings(path.name))):
        known = load_live_settings(path).settings
    else:
        defaults = {name: BY_NAME[name].template for name in _SHARED}
        known = LiveSettings(symbol=run.symbol, funding_fee_collect_mode=False, strategy=run.strategy, **defaults)
    notes = loaded.notes
    if known.funding_fee_collect_mode:
        notes = (*notes, Note("warning", "funding_fee_collect_mode", "is off on paper: ticks tell of no funding"))
    settings = replace(known, symbol=run.symbol, strategy=run.strategy, funding_fee_collect_mode=False)
    return Terms(settings, run.market), replace(loaded, notes=notes)


def open_tick_bot(spec: BotSpec, home: Home, journal: Journal, *, rules: Rules = "live") -> TickBot:
    """The bot of a specification whose paper market is `TICKS` and a place of ticks, at its first tick.

    Raises UsageError, ConfigError, DataError, StorageError.
    """
    if spec.paper is None or not spec.paper.market.startswith(TICKS):
        raise UsageError("a paper bot over ticks needs a place of ticks, such as demo")
    terms, loaded = load_terms(find_settings(spec.config, home), spec.sets, spec.paper.balance)
    run = loaded.settings
    ticks = open_ticks(spec.paper.market.removeprefix(TICKS), run.symbol, home)
    replay = TickReplay(terms, ticks.data, run.starting_balance, rules=rules, latency_ms=run.latency_ms)
    return TickBot(spec, run.symbol, replay, journal, notes=loaded.notes)


@asynccontextmanager
async def running_tick_bot(spec: BotSpec, home: Home, *, rules: Rules = "live") -> AsyncIterator[TickBot]:
    """The bot while it lives as a task: locked, steered through its socket, its journal in the home's database.

    Leaving ends it. Raises UsageError when its name is taken, and as `open_tick_bot`.
    """
    locks = lock_bot(home, spec, None)
    try:
        async with Database(home.database) as database:
            bot = open_tick_bot(spec, home, DatabaseJournal(database), rules=rules)
            control = ControlServer(bot, home)
            await control.open()
            living = asyncio.create_task(bot.run(), name=f"bot {spec.name}")
            try:
                yield bot
            finally:
                living.cancel()  # of no effect when it is over
                await asyncio.wait((living,))
                await control.close()
            if not living.cancelled():
                living.result()  # a fault of the program is not passed over
    finally:
        locks.release()
