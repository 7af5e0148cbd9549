"""After a kill at any moment the next bot knows its orders by their ids, repeats none and forgets none (fault 36)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from live_bots import BotWorld

import passivtui
from passivtui.exchanges.client_ids import is_ours
from passivtui.exchanges.paper_state import load_books
from passivtui.paths import HOME_VARIABLE, Home
from passivtui.storage import Database
from passivtui.storage.journal import DatabaseJournal, IntentRow, MemoryJournal, OutcomeRow


class Killed(BaseException):
    """The process is gone; nothing after this runs."""


class Doom:
    """Kills at the given one of all moments around writes."""

    def __init__(self, at: int) -> None:
        self.left = at

    def pass_by(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


class DoomedJournal(MemoryJournal):
    """Keeps what was committed, as a disk does."""

    doom = Doom(0)

    async def intend(self, intents: Sequence[IntentRow]) -> tuple[int, ...]:
        self.doom.pass_by()
        ids = await super().intend(intents)
        self.doom.pass_by()
        return ids

    async def settle(self, outcomes: Sequence[OutcomeRow]) -> None:
        self.doom.pass_by()
        await super().settle(outcomes)
        self.doom.pass_by()


class DoomedVenue:
    """The venue, behind a line that may break with the process: before a request leaves, or before its answer is in."""

    def __init__(self, venue: Any, doom: Doom) -> None:
        self._venue, self._doom = venue, doom

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def create_orders(self, *arguments: Any, **options: Any) -> Any:
        self._doom.pass_by()
        outcomes = await self._venue.create_orders(*arguments, **options)
        self._doom.pass_by()
        return outcomes

    async def cancel_orders(self, *arguments: Any, **options: Any) -> Any:
        self._doom.pass_by()
        outcomes = await self._venue.cancel_orders(*arguments, **options)
        self._doom.pass_by()
        return outcomes


@pytest.mark.parametrize("kills", [[1], [2], [3], [4], [5], [6], [7, 7, 7], [3, 9, 4, 10], [2, 2, 3, 3, 4, 4, 5, 5]])
async def test_a_kill_around_a_write_neither_repeats_nor_forgets_an_order(kills: list[int]) -> None:
    journal = DoomedJournal()
    doom = Doom(0)
    journal.doom = doom
    world = BotWorld(journal=journal, wrap=lambda venue: DoomedVenue(venue, doom))  # type: ignore[arg-type, return-value]
    for at in kills:
        doom.left = at
        with pytest.raises(Killed):
            await world.run(30)
        assert world.twins() == []
        assert world.strangers() == []
        world.new_bot()
    doom.left = 0
    await world.run(4)
    status = world.bot.status()
    assert world.twins() == []
    assert status.unresolved == 0
    assert await journal.open_intents("tested") == ()
    planned = {(row.coin, row.side, abs(row.qty), row.price) for row in status.orders}
    assert planned == {(o.symbol.split("/")[0], o.position_side, o.remaining, o.price) for o in world.resting}


@pytest.fixture
async def database(home: Home) -> AsyncIterator[Database]:
    async with Database(home.database) as opened:
        yield opened


async def test_the_database_keeps_what_a_restart_needs(database: Database) -> None:
    world = BotWorld(journal=DatabaseJournal(database))
    await world.run(10)
    rows = await database.fetch("SELECT client_id, outcome, order_id FROM live_intents WHERE action = 'create'")
    assert rows
    assert {row[0] for row in rows} >= {order.client_id for order in world.all_orders if is_ours(order.client_id)}
    assert all(outcome == "confirmed" and order_id for _, outcome, order_id in rows)
    fills = await database.fetch("SELECT id FROM live_fills")
    assert {row[0] for row in fills} == {fill.id for fill in world.books.fills}


CONFIG = """
[live]
approved_coins = ["BTC", "ETH"]
minimum_coin_age_days = 0
execution_delay_seconds = 1
[bot.long]
n_positions = 2
total_wallet_exposure_limit = 1.5
entry_initial_ema_dist = -0.002
[bot.short]
n_positions = 0
total_wallet_exposure_limit = 0
"""


def start(home: Home, config: Path) -> subprocess.Popen[str]:
    package = str(Path(passivtui.__file__).parents[1])
    environment = {**os.environ, HOME_VARIABLE: str(home.root), "PYTHONPATH": package}
    arguments = ["live", str(config), "--user", "paper", "--speed", "1000", "--name", "victim"]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "passivtui", *arguments],
        env=environment,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


async def test_kill_9_of_the_process_loses_nothing(home: Home, tmp_path: Path) -> None:
    config = tmp_path / "victim.toml"
    config.write_text(CONFIG)
    chances = random.Random(3)
    for _ in range(4):
        process = start(home, config)
        assert process.stderr is not None
        line = await asyncio.to_thread(process.stderr.readline)
        assert "started" in line, line
        await asyncio.sleep(chances.uniform(0.1, 1.0))
        process.kill()
        process.communicate()
        assert_nothing_is_lost(home, is_over=False)
    process = start(home, config)
    await asyncio.to_thread(process.stderr.readline)  # type: ignore[union-attr]
    await asyncio.sleep(1.0)
    process.send_signal(signal.SIGTERM)
    _, said = await asyncio.to_thread(process.communicate)
    assert process.returncode == 0, said
    assert_nothing_is_lost(home, is_over=True)


def assert_nothing_is_lost(home: Home, *, is_over: bool) -> None:
    books = load_books(home.live / "paper" / "victim.json")
    if books is None:
        return  # killed before the account was first kept
    orders = [*(one.order for one in books.resting.values()), *books.finished.values()]
    keys = [(one.order.symbol, one.order.side, one.order.qty, one.order.price) for one in books.resting.values()]
    assert len(keys) == len(set(keys))
    with closing(sqlite3.connect(home.database)) as connection:
        intended = {row[0] for row in connection.execute("SELECT client_id FROM live_intents")}
        unknown = connection.execute("SELECT count(*) FROM live_intents WHERE outcome IN ('', 'unresolved')").fetchone()
    assert {order.client_id for order in orders} <= intended
    if is_over:
        assert unknown == (0,)
        assert all(one.order.reduce_only for one in books.resting.values())
