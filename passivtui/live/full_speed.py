"""Paper trading as fast as it goes: a clock that moves on whenever the bot has nothing left to do."""

from __future__ import annotations

import asyncio

from passivtui.exchanges.virtual_clock import ManualClock
from passivtui.live.bot import Bot
from passivtui.live.status import BotState


async def drive(bot: Bot, clock: ManualClock, until_ms: int | None = None) -> BotState:
    """Run the bot's whole life on the clock, to its end or to a time (then it is cut off there). How it ended.

    The clock stands still whatever the bot does, however long that takes, and goes on when the bot waits for a time.
    The venue must answer without waiting on the clock (no latency).
    """
    running = asyncio.create_task(bot.run())
    try:
        while True:
            await bot.waiting.wait()
            if bot.state.is_over or (until_ms is not None and bot.wakes_ms > until_ms):
                break
            bot.waiting.clear()
            await clock.advance_to(bot.wakes_ms)
        if bot.state.is_over:
            await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return bot.state
