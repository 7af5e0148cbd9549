"""Bots on a paper venue over a lively invented market, on a clock that the test moves."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from live_snapshots import a_config
from paper_world import FIRST_MS, paper_market

from passivtui.clock import MINUTE_MS
from passivtui.config import CoinLists, Config
from passivtui.errors import PassivTuiError
from passivtui.exchanges.base import Exchange, Order
from passivtui.exchanges.candle_feed import ArrayFeed
from passivtui.exchanges.client_ids import is_ours
from passivtui.exchanges.paper import PaperExchange
from passivtui.exchanges.paper_rules import PaperFaults, PaperRules
from passivtui.exchanges.virtual_clock import ManualClock
from passivtui.live.bot import Bot, BotParts, Timing
from passivtui.live.drawdown_stop import DrawdownRule
from passivtui.live.full_speed import drive
from passivtui.live.status import BotSpec, BotState, PaperSettings
from passivtui.storage.journal import Journal, MemoryJournal

BALANCE = 10_000.0
SIDES = ("long", "short")


def lively_feed(coins: tuple[str, ...] = ("BTC", "ETH"), minutes: int = 400, seed: int = 1) -> ArrayFeed:
    """Prices around 1000 that move a few tenths of a percent a minute."""
    rng = np.random.RandomState(seed)
    candles = {}
    for coin in coins:
        close = np.round(1000.0 * np.exp(np.cumsum(rng.standard_normal(minutes)) * 0.004), 1)
        opened = np.concatenate(([close[0]], close[:-1]))
        reach = np.round(np.abs(rng.standard_normal((2, minutes))) * 1.5, 1)
        high, low = np.maximum(opened, close) + reach[0], np.minimum(opened, close) - reach[1]
        candles[f"{coin}/USDT:USDT"] = np.stack([opened, high, low, close, np.full(minutes, 1e3)], axis=1)
    return ArrayFeed(FIRST_MS, [paper_market(coin, listed_ms=FIRST_MS) for coin in coins], candles)


def lively_config(coins: tuple[str, ...] = ("BTC", "ETH"), **live: Any) -> Config:
    """Both sides, close to the price; acts once a minute unless told otherwise."""
    side = {
        "n_positions": len(coins),
        "total_wallet_exposure_limit": 1.5,
        "ema_span_0": 10.0,
        "ema_span_1": 30.0,
        "entry_initial_ema_dist": -0.005,
        "entry_grid_spacing_pct": 0.004,
        "close_grid_markup_start": 0.004,
        "close_grid_markup_end": 0.002,
        "close_grid_qty_pct": 0.5,
    }
    base = a_config(
        long=side, short=side, live={"mimic_backtest_1m_delay": True, "execution_delay_seconds": 1.0, **live}
    )
    changed = dataclasses.replace(
        base.live, approved_coins=CoinLists(coins, coins), ignored_coins=CoinLists(), leverage=5.0
    )
    return dataclasses.replace(base, live=changed)


@dataclass
class BotWorld:
    """A paper venue that outlives the bots of the test. `wrap` may put something between bot and venue."""

    feed: ArrayFeed = field(default_factory=lively_feed)
    config: Config = field(default_factory=lively_config)
    rules: PaperRules = field(default_factory=lambda: PaperRules(starting_balance=BALANCE))
    faults: PaperFaults = field(default_factory=PaperFaults)
    journal: Journal = field(default_factory=MemoryJournal)
    seed: int = 0
    wrap: Callable[[Exchange], Exchange] = lambda exchange: exchange
    drawdown_stop: DrawdownRule | None = None

    def __post_init__(self) -> None:
        self.clock = ManualClock(FIRST_MS + MINUTE_MS)
        self.venue = PaperExchange(
            self.feed, self.rules, faults=self.faults, clock=self.clock, sleep=self.clock.sleep, delay=self.clock.delay
        )
        self.chances = random.Random(self.seed)
        self.bot = self.new_bot()

    def new_bot(self) -> Bot:
        """Another bot of the same name on the same account, as after a restart of the process."""
        self.news: list[Config | PassivTuiError] = [self.config]
        self.venue._is_closed = False  # the venue itself never closed, only the bot's connection
        parts = BotParts(
            self.wrap(self.venue),
            self.journal,
            self._load_config,
            Timing.of_market(self.clock, self.clock.sleep),
            real_clock=self.clock,
            chance=self.chances.randrange,
            fills_as_backtest=True,
            ends_ms=self.feed.end_ms - MINUTE_MS,
            listens=False,
        )
        spec = BotSpec("tested", "paper", "none.toml", paper=PaperSettings(), drawdown_stop=self.drawdown_stop)
        self.bot = Bot(spec, parts)
        return self.bot

    def _load_config(self) -> Config | None:
        """What `news` has for the bot: another config, or what is wrong with the file."""
        news = self.news.pop() if self.news else None
        if isinstance(news, PassivTuiError):
            raise news
        return news

    async def run(self, minutes: int | None = None) -> BotState:
        """Let the bot live to the market's end, or for so many minutes (then it is cut off)."""
        if self.bot.state.is_over:
            self.new_bot()
        until = None if minutes is None else self.clock() + minutes * MINUTE_MS
        return await drive(self.bot, self.clock, until)

    # ------------------------------------------------------------ what is true at the venue

    @property
    def books(self) -> Any:
        return self.venue._account.books

    @property
    def resting(self) -> list[Order]:
        return [one.order for one in self.books.resting.values()]

    @property
    def all_orders(self) -> list[Order]:
        return [*self.resting, *self.books.finished.values()]

    def twins(self) -> list[tuple[Any, ...]]:
        """Orders on the book that are there twice."""
        keys = [(o.symbol, o.position_side, o.side, o.qty, o.price) for o in self.resting]
        return [key for key in keys if keys.count(key) > 1]

    def exposures(self) -> dict[tuple[str, str], float]:
        """Of each market and side: position and all its open entries, as a multiple of the balance."""
        found: dict[tuple[str, str], float] = {}
        for (symbol, side), holding in self.books.holdings.items():
            found[symbol, side] = abs(holding.size) * holding.price
        for order in self.resting:
            if not order.reduce_only:
                key = order.symbol, order.position_side
                found[key] = found.get(key, 0.0) + order.remaining * order.price
        return {key: cost / self.books.balance for key, cost in found.items()}

    def strangers(self) -> list[str]:
        """Client ids at the venue that no intent was written for."""
        assert isinstance(self.journal, MemoryJournal)
        known = {intent.client_id for intent in self.journal.intents.values()}
        return [
            order.client_id for order in self.all_orders if is_ours(order.client_id) and order.client_id not in known
        ]
