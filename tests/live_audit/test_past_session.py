"""A past session shows what the monitor showed: the same positions, orders and fills at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_bots import BotWorld
from paper_world import FIRST_MS

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.errors import UsageError
from passivtui.live.past_session import PastSession, read_session
from passivtui.live.status import BotState, BotStatus
from passivtui.storage import Database
from passivtui.storage.journal import DatabaseJournal


@pytest.fixture
async def shown(tmp_path: Path) -> tuple[list[BotStatus], PastSession]:
    """The statuses that a bot showed in half an hour, and the session that its journal remembers."""
    statuses: list[BotStatus] = []
    async with Database(tmp_path / "one.db") as database:
        world = BotWorld(journal=DatabaseJournal(database))
        world.bot.subscribe(statuses.append)
        await world.run(30)
        return statuses, await read_session(database, "tested", FIRST_MS, FIRST_MS + DAY_MS)


async def test_positions_orders_and_fills_are_those_that_were_shown(
    shown: tuple[list[BotStatus], PastSession],
) -> None:
    statuses, session = shown
    last = {status.clock_ms: status for status in statuses if status.state is BotState.RUNNING}
    compared = 0
    for time_ms, status in last.items():
        past = session.at(time_ms).status
        assert [(p.coin, p.side, p.size, p.price, p.last_price, p.upnl, p.mode) for p in past.positions] == [
            (p.coin, p.side, p.size, p.price, p.last_price, p.upnl, p.mode) for p in status.positions
        ]
        assert {fill.id for fill in past.fills} == {fill.id for fill in status.fills}
        assert past.fill_count == status.fill_count
        assert past.modes == status.modes
        assert {(o.coin, o.side, o.qty, o.price, o.type) for o in past.orders if o.standing == "as planned"} == {
            (o.coin, o.side, o.qty, o.price, o.type) for o in status.orders if o.standing == "as planned"
        }
        assert past.quote == "USDT"
        assert past.state is BotState.RUNNING or time_ms == session.times[-1]
        compared += len(past.positions) + len(past.orders)
    assert compared > 100


async def test_equity_goes_on_minute_by_minute(shown: tuple[list[BotStatus], PastSession]) -> None:
    statuses, session = shown
    known = {status.clock_ms: status.equity for status in statuses}
    assert len(session.equity) > 25
    assert all(session.at(time_ms).status.equity == pytest.approx(known[time_ms]) for time_ms in list(known)[5:])


async def test_all_moments_come_in_order_with_what_happened_until_then(
    shown: tuple[list[BotStatus], PastSession],
) -> None:
    _, session = shown
    moments = list(session)
    assert [moment.time_ms for moment in moments] == sorted({moment.time_ms for moment in moments})
    assert all(event.time_ms <= moment.time_ms for moment in moments for event in moment.events)
    assert all(intent.intended_ms <= moment.time_ms for moment in moments for intent in moment.intents)
    assert moments[-1].intents[0].intended_ms > moments[0].time_ms
    end = moments[-1]
    assert (end.status.state, end.events[0].kind) == (BotState.STOPPED, "state")
    assert end.status.reason.startswith("ended without a stop")


async def test_a_time_without_the_bot_shows_no_old_orders(shown: tuple[list[BotStatus], PastSession]) -> None:
    _, session = shown
    later = session.at(session.times[-1] + 30 * MINUTE_MS).status
    assert (later.positions, later.orders) == ((), ())
    assert later.balance is not None


async def test_what_is_not_there_is_explained(tmp_path: Path) -> None:
    async with Database(tmp_path / "one.db") as database:
        with pytest.raises(UsageError, match="no bot nobody"):
            await read_session(database, "nobody", 0, 1)
        world = BotWorld(journal=DatabaseJournal(database))
        await world.run(3)
        with pytest.raises(UsageError, match="nothing is known"):
            await read_session(database, "tested", 0, 1)
