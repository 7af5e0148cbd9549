"""A paper bot at full speed has the fills of the backtest to the last bit (`spec/live.md` §9.1)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from golden import FOLDER, expected_fills

from passivtui.clock import MINUTE_MS
from passivtui.config import Config, load_config
from passivtui.exchanges.candle_feed import ArrayFeed
from passivtui.exchanges.paper import PaperExchange
from passivtui.exchanges.paper_rules import PaperRules
from passivtui.exchanges.virtual_clock import ManualClock
from passivtui.live.bot import Bot, BotParts, Timing
from passivtui.live.full_speed import drive
from passivtui.live.paper_market import feed_of
from passivtui.live.status import BotSpec, PaperSettings
from passivtui.market import Dataset, open_dataset
from passivtui.paths import Home
from passivtui.storage.journal import LiveFillRow, MemoryJournal

#: Case and minutes: the first hours have some of everything that the case is about.
CASES = {
    "01_btc_long_grid": 1500,
    "03_sol_trailing_both": 700,
    "05_forager_long_short": 500,
    "06_unstuck": 500,
    "08_coin_overrides": 500,
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset("demo", Home(tmp_path_factory.mktemp("home")).ensure())


def config_of(case: str, *, by_minute: bool = True) -> Config:
    config = load_config(FOLDER / "demo" / case / "config.json").config
    live = dataclasses.replace(config.live, mimic_backtest_1m_delay=by_minute)
    return dataclasses.replace(config, live=live)


async def fills_of(demo: Dataset, config: Config, minutes: int) -> list[LiveFillRow]:
    """What the bot's journal says of a market of so many minutes, the last of which is not traded."""
    feed = feed_of(demo, config.approved().union)
    shortened = ArrayFeed(
        feed.first_ms,
        list(feed.markets.values()),
        {symbol: feed._candles[symbol][:minutes] for symbol in feed.markets},
    )
    clock, journal = ManualClock(feed.first_ms + MINUTE_MS), MemoryJournal()
    rules = PaperRules(starting_balance=config.backtest.starting_balance)
    venue = PaperExchange(shortened, rules, clock=clock, sleep=clock.sleep)
    news = [config]
    parts = BotParts(
        venue,
        journal,
        lambda: news.pop() if news else None,
        Timing.of_market(clock, clock.sleep),
        fills_as_backtest=True,
        ends_ms=shortened.end_ms - MINUTE_MS,
        listens=False,
    )
    bot = Bot(BotSpec("paper", "paper", "golden", paper=PaperSettings()), parts)
    await drive(bot, clock)
    assert bot.status().errors == ()
    return list(journal.fills.values())


def first_difference(fills: list[LiveFillRow], expected: list[dict[str, str]], first_ms: int) -> str:
    """Words about the first fill that is not the backtest's, "" when all are."""
    for number, (got, want) in enumerate(zip(fills, expected, strict=False)):
        minute = (got.time_ms - first_ms) // MINUTE_MS - 1
        seen: tuple[Any, ...] = (minute, got.coin, got.type, got.qty, got.price, got.pnl, -(got.fee or 0.0))
        floats = (float(want[name]) for name in ("qty", "price", "pnl", "fee_paid"))
        due = (int(want["minute"]), want["coin"], want["type"], *floats)
        if seen != due:
            return f"fill {number} is {seen}, not {due}"
    return "" if len(fills) == len(expected) else f"{len(fills)} fills instead of {len(expected)}"


def expected_before(case: str, minutes: int) -> list[dict[str, str]]:
    return [fill for fill in expected_fills(case) if int(fill["minute"]) < minutes - 1]


@pytest.mark.parametrize("case", CASES)
async def test_the_bot_has_the_fills_of_the_backtest(case: str, demo: Dataset) -> None:
    fills = await fills_of(demo, config_of(case), CASES[case])
    expected = expected_before(case, CASES[case])
    assert len(expected) > 10
    assert first_difference(fills, expected, demo.first_ms) == ""


async def test_a_bot_that_looks_within_the_minute_too_has_other_fills(demo: Dataset) -> None:
    """So that the comparison is known to see a difference: live rules round and place orders otherwise."""
    case = "03_sol_trailing_both"
    fills = await fills_of(demo, config_of(case, by_minute=False), 600)
    assert first_difference(fills, expected_before(case, 600), demo.first_ms) != ""
