"""The paper venue of a bot: a dataset's candles, its own clock, and its account on disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from passivtui.clock import MINUTE_MS, iso_minute
from passivtui.config import Config
from passivtui.errors import DataError
from passivtui.exchanges.base import Market
from passivtui.exchanges.candle_feed import WIDTH, ArrayFeed
from passivtui.exchanges.paper import PaperExchange
from passivtui.exchanges.paper_rules import PaperFaults, PaperRules
from passivtui.exchanges.paper_state import load_books
from passivtui.exchanges.virtual_clock import ManualClock, SpeedClock
from passivtui.live.bot.timing import Timing
from passivtui.live.status import FULL_SPEED, PaperSettings
from passivtui.market import Dataset, MarketSpec, open_dataset
from passivtui.paths import Home


@dataclass(frozen=True, slots=True)
class PaperMarket:
    """A venue that plays recorded candles. `clock` is a `ManualClock` at full speed: somebody has to move it."""

    exchange: PaperExchange
    clock: SpeedClock | ManualClock
    timing: Timing
    ends_ms: int


def open_paper_market(
    settings: PaperSettings,
    config: Config,
    home: Home,
    *,
    state_path: Path | None = None,
    faults: PaperFaults | None = None,
) -> PaperMarket:
    """The venue over the config's coins (all of the dataset's, if the config approves everything).

    An account that is kept goes on where it was. Raises DataError and StorageError.
    """
    dataset = open_dataset(settings.market, home)
    coins = [coin for coin in config.approved(dataset.coin_names).union if coin in dataset.coins]
    if not coins:
        raise DataError(f"none of the config's coins are in the market {settings.market}; choose another market")
    feed = feed_of(dataset, coins)
    books = load_books(state_path) if state_path is not None else None
    start_ms = _start(settings, feed) if books is None else books.settled_ms
    full_speed = settings.speed == FULL_SPEED
    clock = ManualClock(start_ms) if full_speed else SpeedClock(start_ms, settings.speed)
    balance = config.backtest.starting_balance if settings.balance is None else settings.balance
    exchange = PaperExchange(
        feed,
        PaperRules(starting_balance=balance, seed=settings.seed),
        faults=faults,
        clock=clock,
        sleep=clock.sleep,
        delay=clock.delay if isinstance(clock, ManualClock) else None,
        state_path=state_path,
    )
    # The last candle is not traded: a backtest has no minute after it in which its orders could fill.
    return PaperMarket(exchange, clock, Timing.of_market(clock, clock.sleep), feed.end_ms - MINUTE_MS)


def feed_of(dataset: Dataset, coins: Iterable[str]) -> ArrayFeed:
    """The candles of some coins over all minutes that any of them has, in alphabetical order of the coins."""
    wanted = sorted(coins)
    first = min(dataset.coins[coin].first_ms for coin in wanted)
    last = max(dataset.coins[coin].last_ms for coin in wanted)
    minutes = (last - first) // MINUTE_MS + 1
    arrays = {}
    for coin in wanted:
        candles = dataset.load(coin)
        rows = np.full((minutes, WIDTH), np.nan)
        at = (candles.timestamp_ms - first) // MINUTE_MS
        columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
        rows[at] = np.stack(columns, axis=1)
        arrays[dataset.coins[coin].symbol] = rows
    markets = [_market(coin, dataset.coins[coin], dataset.quote) for coin in wanted]
    return ArrayFeed(first, markets, arrays)


def _market(coin: str, spec: MarketSpec, quote: str) -> Market:
    return Market(
        symbol=spec.symbol,
        coin=coin,
        quote=quote,
        qty_step=spec.qty_step,
        price_step=spec.price_step,
        min_qty=spec.min_qty,
        min_cost=spec.min_cost,
        c_mult=spec.c_mult,
        max_leverage=None,
        maker_fee=spec.maker_fee,
        taker_fee=spec.taker_fee,
        listed_ms=spec.first_ms if spec.listed_ms is None else spec.listed_ms,
    )


def _start(settings: PaperSettings, feed: ArrayFeed) -> int:
    """After the first candle at the earliest, before the last at the latest."""
    if settings.start_ms is None:
        return feed.first_ms + MINUTE_MS
    start = settings.start_ms // MINUTE_MS * MINUTE_MS
    if not feed.first_ms < start < feed.end_ms - MINUTE_MS:
        raise DataError(f"the market covers {iso_minute(feed.first_ms)} to {iso_minute(feed.end_ms)}; start within it")
    return start
