"""Stop means stop: each choice leaves what it says, also when the venue fails, and modes do what they are for."""

from __future__ import annotations

import asyncio

import pytest
from live_bots import BotWorld

from passivtui.errors import ConfigError
from passivtui.exchanges.paper_rules import PaperFaults
from passivtui.live.full_speed import drive
from passivtui.live.status import BotState, StopChoice
from passivtui.storage.journal import MemoryJournal


async def stopped(world: BotWorld, choice: StopChoice, after: int = 20) -> None:
    """Have the bot stop after so many minutes."""

    async def stop_later() -> None:
        await world.clock.sleep(after * 60.0 + 0.5)
        await world.bot.stop(choice)

    stopping = asyncio.create_task(stop_later())
    await asyncio.sleep(0)
    running = asyncio.create_task(drive(world.bot, world.clock))
    await asyncio.gather(stopping, running)


def entries(world: BotWorld) -> int:
    return sum(1 for order in world.resting if not order.reduce_only)


def closes(world: BotWorld) -> int:
    return sum(1 for order in world.resting if order.reduce_only)


@pytest.mark.parametrize("choice", list(StopChoice))
async def test_each_choice_leaves_what_it_says(choice: StopChoice) -> None:
    world = BotWorld()
    await stopped(world, choice)
    assert world.bot.state is BotState.STOPPED
    held = any(holding.size for holding in world.books.holdings.values())
    assert (entries(world) > 0) == (choice is StopChoice.LEAVE)
    assert (closes(world) > 0) == (choice in (StopChoice.LEAVE, StopChoice.KEEP_CLOSES))
    assert held == (choice is not StopChoice.CLOSE_POSITIONS)
    assert "stopped" in world.bot.status().reason


async def test_a_stop_works_through_a_failing_venue() -> None:
    faults = PaperFaults(chance={"read_fails": 0.4, "cancel_lost_dropped": 0.4, "order_lost_taken": 0.4})
    world = BotWorld(faults=faults)
    await stopped(world, StopChoice.CLOSE_POSITIONS)
    assert world.bot.state is BotState.STOPPED
    assert world.resting == []
    assert not any(holding.size for holding in world.books.holdings.values())


async def test_a_stop_gives_up_in_time_when_the_venue_is_gone() -> None:
    world = BotWorld()

    async def lose_the_venue() -> None:
        await world.clock.sleep(19 * 60.0)
        world.venue._dial._faults = PaperFaults(chance={"read_fails": 1.0})

    losing = asyncio.create_task(lose_the_venue())
    await asyncio.sleep(0)
    await stopped(world, StopChoice.CANCEL_ALL)
    await losing
    status = world.bot.status()
    assert status.state is BotState.STOPPED
    assert "not all was done" in status.reason
    assert status.alarm
    assert world.clock() <= world.feed.first_ms + (1 + 20 + 3) * 60_000  # I10


async def test_nothing_is_written_after_a_stop() -> None:
    world = BotWorld()
    await stopped(world, StopChoice.KEEP_CLOSES)
    assert isinstance(world.journal, MemoryJournal)
    before = len(world.journal.intents)
    await world.clock.advance_to(world.clock() + 600_000)
    assert len(world.journal.intents) == before


async def test_panic_closes_everything_and_stays_out() -> None:
    world = BotWorld()

    async def panic_later() -> None:
        await world.clock.sleep(20 * 60.0 + 0.5)
        await world.bot.panic()

    panicking = asyncio.create_task(panic_later())
    await asyncio.sleep(0)
    await world.run(40)
    await panicking
    assert not any(holding.size for holding in world.books.holdings.values())
    assert entries(world) == 0
    assert world.bot.status().commanded_mode == "panic"


async def test_an_unknown_mode_is_refused() -> None:
    world = BotWorld()
    with pytest.raises(ConfigError, match="no mode"):
        await world.bot.set_mode("brave")
