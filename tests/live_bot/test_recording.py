"""Each cycle is recorded as it was, in few bytes, and nothing of it disturbs the bot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from live_bots import BotWorld

from passivtui.clock import MINUTE_MS
from passivtui.config import config_from_document
from passivtui.errors import StorageError
from passivtui.live.recorded import CycleReader, RecordedCycle
from passivtui.live.status import BotState
from passivtui.storage import Database
from passivtui.storage.journal import ConfigRow, CycleRow, DatabaseJournal, MemoryJournal
from passivtui.storage.recordings import newest_cycle_ms, read_configs, read_cycles


def read(rows: Sequence[CycleRow]) -> list[RecordedCycle]:
    reader = CycleReader()
    return [reader.read(row.is_key, row.data) for row in rows]


async def recorded(world: BotWorld, minutes: int) -> list[RecordedCycle]:
    await world.run(minutes)
    await world.bot._recorder.write(at_once=True)
    assert isinstance(world.journal, MemoryJournal)
    return read(world.journal.cycles)


async def test_every_cycle_is_read_back_as_it_was() -> None:
    world = BotWorld()
    cycles = await recorded(world, 30)
    assert len(cycles) == world.bot.status().rates.cycles
    last, cycle = cycles[-1], world.bot._running()
    assert cycle.snapshot is not None
    assert last.now_ms == cycle.snapshot.now_ms
    assert last.balance == cycle.snapshot.balance
    assert last.positions == cycle.snapshot.positions
    assert last.ideal == cycle.plan.orders
    assert last.pnl == cycle.snapshot.pnl
    assert last.markets == {coin: cycle.markets[coin] for coin in ("BTC", "ETH")}
    assert last.closed_ms == {"BTC": last.now_ms, "ETH": last.now_ms}
    assert len(last.positions) > 0 and len(last.ideal) > 0


async def test_the_candles_of_all_cycles_together_are_those_of_the_market() -> None:
    world = BotWorld()
    seen = {}
    for cycle in await recorded(world, 30):
        for candle in cycle.candles.get("BTC", ()):
            seen[candle.open_ms] = (candle.high, candle.low, candle.close)
    symbol, first = "BTC/USDT:USDT", world.feed.first_ms
    again = [one for cycle in (await recorded(world, 0))[1:] for one in cycle.candles.get("BTC", ())]
    assert len(again) == len({candle.open_ms for candle in again})  # each only once
    expected = {ms: tuple(world.feed.row(symbol, ms)[1:4]) for ms in range(first, world.clock() - MINUTE_MS, MINUTE_MS)}
    assert {ms: seen[ms] for ms in expected} == expected


async def test_indicators_go_on_where_the_bot_s_history_was() -> None:
    world = BotWorld()
    cycles = await recorded(world, 3)
    world.new_bot()
    await recorded(world, 20)
    history = world.bot._running().candles.histories["BTC"]
    state = history.indicator_state("long")
    assert state is not None
    again = {leg: state for cycle in cycles for leg, state in cycle.indicators.items()}["BTC", "long"]
    from passivtui.live.candle_history import indicators_of

    indicators = indicators_of(world.config, "BTC", from_first_trade=True)["long"]
    indicators.resume(again)
    for candle in history.since(cycles[0].closed_ms["BTC"]):
        indicators.follow(candle.high, candle.low, candle.close, candle.volume)
    assert indicators.state == state


async def test_the_config_is_kept_by_its_digest() -> None:
    world = BotWorld()
    last = (await recorded(world, 3))[-1]
    assert isinstance(world.journal, MemoryJournal)
    import json

    assert config_from_document(json.loads(world.journal.configs[last.config])).config == world.config


async def test_a_new_bot_begins_with_a_cycle_that_needs_none_before() -> None:
    world = BotWorld()
    await recorded(world, 5)
    world.new_bot()
    await recorded(world, 5)
    assert isinstance(world.journal, MemoryJournal)
    keys = [number for number, row in enumerate(world.journal.cycles) if row.is_key]
    assert len(keys) == 2 and keys[0] == 0
    read(world.journal.cycles[keys[1] :])


class FullJournal(MemoryJournal):
    """Refuses recordings for a while, and takes everything else."""

    refusals = 1

    async def keep_cycles(
        self, cycles: Sequence[CycleRow], config: ConfigRow | None = None, forget_before_ms: int | None = None
    ) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StorageError("the disk is full")
        await super().keep_cycles(cycles, config, forget_before_ms)


async def test_what_cannot_be_written_is_counted_and_the_next_can_be_read_alone() -> None:
    world = BotWorld(journal=FullJournal())
    assert await world.run(20) is not BotState.FAILED
    assert [error.name for error in world.bot.status().errors] == ["recording"]
    assert world.bot.status().fill_count > 0
    assert isinstance(world.journal, MemoryJournal)
    cycles = read(world.journal.cycles)
    assert cycles[0].indicators and world.journal.configs.keys() == {cycles[0].config}


async def test_a_fault_in_the_recording_does_not_disturb_the_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("passivtui.live.bot.recording._indicators", fail)
    world = BotWorld()
    assert await world.run(20) is not BotState.FAILED
    status = world.bot.status()
    assert [error.name for error in status.errors] == ["recording"]
    assert status.fill_count > 0
    assert status.restarts == 0


async def test_old_cycles_are_forgotten_up_to_a_key(tmp_path: Path) -> None:
    def row(time_ms: int, *, is_key: bool) -> CycleRow:
        return CycleRow("one", time_ms, is_key, b"")

    async with Database(tmp_path / "one.db") as database:
        journal = DatabaseJournal(database)
        await journal.keep_cycles([CycleRow("other", 1, True, b"")])
        rows = [row(10, is_key=True), row(20, is_key=False), row(30, is_key=True), row(40, is_key=False)]
        await journal.keep_cycles(rows, ConfigRow("one", "d", "{}"))
        await journal.keep_cycles([row(50, is_key=False)], forget_before_ms=29)
        assert [one.time_ms for one in await read_cycles(database, "one", 0, 100)] == [10, 20, 30, 40, 50]
        await journal.keep_cycles([row(60, is_key=False)], forget_before_ms=45)
        assert [one.time_ms for one in await read_cycles(database, "one", 0, 100)] == [30, 40, 50, 60]
        assert [one.time_ms for one in await read_cycles(database, "one", 45, 60)] == [30, 40, 50]
        assert await newest_cycle_ms(database, "one") == 60
        assert len(await read_cycles(database, "other", 0, 100)) == 1
        assert await read_configs(database, "one") == {"d": "{}"}
        await journal.forget_after("one", 40)
        assert [one.time_ms for one in await read_cycles(database, "one", 0, 100)] == [30, 40]
