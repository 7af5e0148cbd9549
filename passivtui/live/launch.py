"""From a specification to a bot that can run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from passivtui.errors import UsageError
from passivtui.exchanges.login import Login
from passivtui.exchanges.rate_ledger import Headroom, RateLedgers
from passivtui.exchanges.virtual_clock import ManualClock
from passivtui.live.bot import Bot, BotParts
from passivtui.live.config_source import ConfigSource
from passivtui.live.full_speed import drive
from passivtui.live.live_prices import open_live_prices, venue_of
from passivtui.live.paper_market import open_paper_market
from passivtui.live.status import FULL_SPEED, TICKS, BotSpec
from passivtui.paths import Home
from passivtui.storage.journal import Journal


@dataclass(frozen=True, slots=True)
class LaunchedBot:
    """A bot and what moves its clock, if that isn't time itself."""

    bot: Bot
    clock: ManualClock | None = None

    async def run(self) -> None:
        """The bot's whole life."""
        if self.clock is None:
            await self.bot.run()
        else:
            await drive(self.bot, self.clock)


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
        raise UsageError(
            f"{spec.name} trades Passiv-X settings over ticks; start it with passivtui live SETTINGS --ticks"
        )
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
    clock = market.clock if isinstance(market.clock, ManualClock) else None
    return LaunchedBot(Bot(spec, parts), clock)
