"""From a specification to a bot that can run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from passivtui.errors import UsageError
from passivtui.exchanges.login import Login
from passivtui.exchanges.rate_ledger import Headroom, RateLedgers
from passivtui.exchanges.virtual_clock import ManualClock
from passivtui.live.bot import Bot, BotParts
from passivtui.live.config_source import ConfigSource
from passivtui.live.full_speed import drive
from passivtui.live.live_prices import open_live_prices, venue_of
from passivtui.live.paper_market import open_paper_market
from passivtui.live.passivx.launch import open_tick_bot
from passivtui.live.status import FULL_SPEED, TICKS, BotSpec, LocalBot
from passivtui.paths import Home
from passivtui.storage.journal import Journal


@dataclass(frozen=True, slots=True)
class LaunchedBot:
    """A bot; `driven` is its life where its clock has to be moved, as at full speed."""

    bot: LocalBot
    driven: Callable[[], Coroutine[Any, Any, object]] | None = None

    async def run(self) -> None:
        """The bot's whole life."""
        if self.driven is None:
            await self.bot.run()
        else:
            await self.driven()


def paper_account(home: Home, name: str) -> Path:
    """Where the account of a paper bot is kept."""
    return home.live / "paper" / f"{name}.json"


async def launch(
    spec: BotSpec, home: Home, journal: Journal, ledgers: RateLedgers, login: Login | None = None
) -> LaunchedBot:
    """Make the bot; nothing is asked of a venue yet, but for paper on its live prices.

    Raises UsageError, ConfigError, DataError, VenueError.
    """
    source = ConfigSource(spec, home)
    if spec.is_paper:
        return await _on_paper(spec, home, journal, source, ledgers)
    if login is None:
        raise UsageError(f"the keys of {spec.user} are needed; unlock the vault")
    source.load()  # what is wrong with the config is said before anything is opened
    from passivtui.exchanges.opening import open_exchange

    exchange = await open_exchange(login, ledgers)

    def headroom() -> Headroom | None:
        """The tightest of the process's budgets at this venue."""
        known = [room for (venue, _), room in ledgers.headrooms().items() if venue == login.venue]
        return max(known, key=lambda room: room.used, default=None)

    parts = BotParts(exchange, journal, ConfigSource(spec, home), headroom=headroom)
    return LaunchedBot(Bot(spec, parts))


async def _on_paper(
    spec: BotSpec, home: Home, journal: Journal, source: ConfigSource, ledgers: RateLedgers
) -> LaunchedBot:
    if spec.paper is None:
        raise UsageError("a paper bot needs a market, such as demo")
    if spec.paper.market.startswith(TICKS):
        return LaunchedBot(open_tick_bot(spec, home, journal))
    config = source.load().config
    if venue_of(spec.paper.market) is not None:
        kept = paper_account(home, spec.name)
        exchange = await open_live_prices(spec.paper, config, ledgers, state_path=kept)
        return LaunchedBot(Bot(spec, BotParts(exchange, journal, ConfigSource(spec, home), fills_as_backtest=True)))
    at_full_speed = spec.paper.speed == FULL_SPEED
    state_path = None if at_full_speed else paper_account(home, spec.name)
    market = open_paper_market(spec.paper, config, home, state_path=state_path)
    parts = BotParts(
        market.exchange,
        journal,
        ConfigSource(spec, home),
        market.timing,
        fills_as_backtest=True,
        ends_ms=market.ends_ms,
        listens=not at_full_speed,
    )
    bot = Bot(spec, parts)
    clock = market.clock
    return LaunchedBot(bot, partial(drive, bot, clock) if isinstance(clock, ManualClock) else None)
