"""Paper trading as fast as it goes: a clock that moves on whenever the bot has nothing left to do."""

from __future__ import annotations

import asyncio

from passivtui.exchanges.virtual_clock import ManualClock
from passivtui.live.bot import Bot
from passivtui.live.status import BotState


async def drive(bot: Bot, clock: ManualClock, until_ms: int | None = None) -> BotState:
    """Run the bot's whole life on the clock, to its end or to a time (then it is cut off there). How it ended.

    The clock stands still whatever the bot does, however long that takes, and goes on when the bot waits for a time, or
    for an answer of a slow venue (`ManualClock.delay`).
    """
    running = asyncio.create_task(bot.run())
    try:
        while True:
            await _either(bot.waiting, clock.delaying)
            wakes_ms = bot.wakes_ms if bot.waiting.is_set() else clock.delayed_until_ms
            if bot.state.is_over or (until_ms is not None and wakes_ms > until_ms):
                break
            bot.waiting.clear()
            await clock.advance_to(wakes_ms)
        if bot.state.is_over:
            await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return bot.state


async def _either(first: asyncio.Event, second: asyncio.Event) -> None:
    if first.is_set() or second.is_set():
        return
    waiting = [asyncio.ensure_future(event.wait()) for event in (first, second)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
