"""The paper venue on the public prices of a real one: nothing is sent there, and no key is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from passivtui.clock import DAY_MS, utc_ms
from passivtui.config import Config
from passivtui.errors import DataError, UsageError
from passivtui.exchanges.login import Login
from passivtui.exchanges.mirror_feed import MirrorFeed
from passivtui.exchanges.opening import open_exchange
from passivtui.exchanges.paper import PaperExchange
from passivtui.exchanges.paper_rules import PaperRules
from passivtui.exchanges.rate_ledger import RateLedgers
from passivtui.live.status import PaperSettings

PREFIX: Final = "live:"
#: Each coin costs a request a minute, beside what bots with keys need of the venue's budget.
MOST_COINS: Final = 40


def venue_of(market: str) -> str | None:
    """`bybit` of `live:bybit`; None for a recorded market."""
    return market.removeprefix(PREFIX) if market.startswith(PREFIX) else None


async def open_live_prices(
    settings: PaperSettings,
    config: Config,
    ledgers: RateLedgers,
    *,
    state_path: Path | None = None,
    login: Login | None = None,
) -> PaperExchange:
    """The venue over the config's coins, beginning now; an account that is kept goes on.

    `login`: where to ask, instead of the venue itself. Raises UsageError, DataError and VenueError.
    """
    venue = venue_of(settings.market)
    assert venue is not None
    if settings.start_ms is not None or settings.speed != 1.0:
        raise UsageError("live prices come as they come: leave start and speed out")
    source = await open_exchange(login or Login(venue), ledgers)
    try:
        by_coin = {market.coin: market for market in (await source.load_markets()).values() if market.is_active}
        coins = [coin for coin in config.approved(by_coin).union if coin in by_coin]
        if not coins:
            raise DataError(f"none of the config's coins is listed by {venue}; choose another market")
        if len(coins) > MOST_COINS:
            raise UsageError(f"{len(coins)} coins are too many to follow; name {MOST_COINS} at most in approved_coins")
        window_ms = int(config.live.ohlcvs_1m_rolling_window_days * DAY_MS)
        feed = MirrorFeed(source, [by_coin[coin] for coin in sorted(coins)], utc_ms() - window_ms)
        balance = config.backtest.starting_balance if settings.balance is None else settings.balance
        return PaperExchange(
            feed,
            PaperRules(starting_balance=balance, seed=settings.seed),
            state_path=state_path,
            refresh=feed.refresh,
            on_close=source.close,
        )
    except BaseException:
        await source.close()
        raise
