"""What goes wrong for users is a clear state with words, loses nothing, and ends when its cause ends."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from live_bots import BALANCE, BotWorld, lively_config
from venue_world import VenueWorld
from venues import BinanceVenue, BybitVenue, LocalVenue, Market, VenueClock

from passivtui.errors import ConfigError, StorageError
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.paper_rules import PaperFaults, PaperRules
from passivtui.live.bot import Bot, BotParts
from passivtui.live.status import BotSpec, BotState, BotStatus
from passivtui.paths import Home
from passivtui.storage import Database
from passivtui.storage.journal import (
    DatabaseJournal,
    EquityRow,
    IntentRow,
    Journal,
    LiveBotRow,
    LiveEventRow,
    MemoryJournal,
    OutcomeRow,
    read_equity,
    read_live_events,
)

QUICK = lively_config(mimic_backtest_1m_delay=False)


def story(world: BotWorld) -> list[str]:
    assert isinstance(world.journal, MemoryJournal)
    return [event.text for event in world.journal.events]


def gates(status: BotStatus) -> set[str]:
    return {row.gate for row in status.withheld}


def turn_dial(world: BotWorld, **chance: float) -> None:
    world.venue._dial._faults = PaperFaults(chance=chance)


def at(world: BotWorld, minutes: float, act: Callable[[], Any]) -> asyncio.Task[None]:
    """Do something so many minutes from now, by the market's clock."""

    async def later() -> None:
        await world.clock.sleep(minutes * 60.0)
        act()

    return asyncio.create_task(later())


# ---------------------------------------------------------------- the venue


async def test_a_venue_that_is_down_at_the_start_is_waited_for() -> None:
    world = BotWorld(config=QUICK)
    turn_dial(world, read_fails=1.0)
    down = at(world, 4.0, lambda: None)
    await asyncio.sleep(0)
    await world.run(3)
    assert world.bot.state in (BotState.STARTING, BotState.STOPPED)
    assert [error.name for error in world.bot.status().errors] == ["connection"]
    assert any("can't be reached" in text and "again in" in text for text in story(world))
    down.cancel()
    world.new_bot()
    up = at(world, 2.0, lambda: turn_dial(world))
    await asyncio.sleep(0)
    await world.run(8)
    await up
    assert "running" in story(world)
    assert world.resting


async def test_too_little_margin_is_said_and_tried_again_later() -> None:
    rules = PaperRules(starting_balance=BALANCE, checks_margin=True)
    config = dataclasses.replace(QUICK, live=dataclasses.replace(QUICK.live, leverage=1.0))
    world = BotWorld(config=config, rules=rules)
    await world.run(20)
    status = world.bot.status()
    assert status.state is not BotState.FAILED
    assert "refused: insufficient margin" in {error.name for error in status.errors}
    assert any("does not carry this order" in text for text in story(world))
    refused = [row for row in status.withheld if row.gate == "refused by the venue"]
    assert not refused or "tried again in" in refused[0].text
    assert world.strangers() == []


async def test_an_empty_balance_sends_nothing_and_ends_with_it() -> None:
    world = BotWorld(config=QUICK)
    await world.run(5)
    before = {order.id for order in world.resting}
    world.books.balance, kept = -5_000.0, world.books.balance
    world.new_bot()
    await world.run(2)
    status = world.bot.status()
    assert "less than 1" in " ".join(status.warnings)
    assert gates(status) == {"balance"}
    assert {order.id for order in world.resting} <= before  # nothing new; what filled is gone
    assert any("Nothing is sent or cancelled: the balance is" in text for text in story(world))
    world.books.balance = kept
    world.new_bot()
    await world.run(3)
    assert world.bot.status().warnings == ()


async def test_a_coin_that_is_no_longer_traded_is_left_and_the_others_go_on() -> None:
    world = BotWorld(config=QUICK)
    await world.run(10)
    markets = world.feed.markets
    assert isinstance(markets, dict)
    markets["ETH/USDT:USDT"] = dataclasses.replace(markets["ETH/USDT:USDT"], is_active=False)
    world.new_bot()
    await world.run(10)
    status = world.bot.status()
    assert status.state is not BotState.FAILED
    assert any(row.coin == "ETH" and "not active" in row.reason for row in status.modes) or not any(
        row.coin == "ETH" for row in status.positions
    )
    assert any(order.symbol == "BTC/USDT:USDT" for order in world.resting)


async def test_a_coin_that_the_venue_never_had_is_warned_of() -> None:
    world = BotWorld(config=lively_config(("BTC", "GONE"), mimic_backtest_1m_delay=False))
    await world.run(3)
    assert "not listed by the venue: GONE" in world.bot.status().warnings
    assert world.resting


# ---------------------------------------------------------------- the account, by other hands


async def test_a_deposit_is_told_and_orders_follow_it() -> None:
    world = BotWorld(config=QUICK)
    deposit = at(world, 5.5, lambda: setattr(world.books, "balance", world.books.balance + 5_000.0))
    await asyncio.sleep(0)
    await world.run(10)
    await deposit
    [told] = [text for text in story(world) if "which no trade explains" in text]
    assert "+5,000.00 USDT" in told


async def test_no_deposit_is_imagined_where_there_are_only_trades() -> None:
    world = BotWorld(config=QUICK)
    await world.run(60)
    assert world.bot.status().fill_count > 20
    assert not any("which no trade explains" in text for text in story(world))


async def test_leverage_changed_by_hand_is_told_and_set_again() -> None:
    world = BotWorld(config=QUICK)

    def change() -> None:
        assert world.venue._account.positions()
        world.books.leverages.update(dict.fromkeys(world.books.leverages, 2))

    changing = at(world, 30.5, change)
    await asyncio.sleep(0)
    await world.run(60)
    await changing
    assert any("instead of 5x cross: changed by another hand" in text for text in story(world))
    assert 5 in world.books.leverages.values()


# ---------------------------------------------------------------- the config


async def test_an_edited_config_holds_from_the_next_look_and_its_changes_are_told() -> None:
    world = BotWorld(config=QUICK)
    long = dataclasses.replace(QUICK.bot.long, entry_grid_spacing_pct=0.009)
    edited = dataclasses.replace(QUICK, bot=dataclasses.replace(QUICK.bot, long=long))
    editing = at(world, 5.5, lambda: world.news.append(edited))
    await asyncio.sleep(0)
    await world.run(8)
    await editing
    [told] = [text for text in story(world) if text.startswith("the config was changed")]
    assert told.endswith("bot.long.entry_grid_spacing_pct 0.004 → 0.009")


async def test_a_config_that_cannot_be_used_changes_nothing() -> None:
    world = BotWorld(config=QUICK)
    editing = at(world, 5.5, lambda: world.news.append(ConfigError("mine.toml, line 1: half written")))
    await asyncio.sleep(0)
    await world.run(8)
    await editing
    assert any("the changed config is not used" in text and "half written" in text for text in story(world))
    assert world.bot.status().fill_count > 0


# ---------------------------------------------------------------- the disk


class FullDisk(MemoryJournal):
    """Refuses to keep anything while it is full."""

    is_full = False

    def _check(self) -> None:
        if self.is_full:
            raise StorageError("can't write the database: no space left on device; make room")

    async def intend(self, intents: Sequence[IntentRow]) -> tuple[int, ...]:
        self._check()
        return await super().intend(intents)

    async def settle(self, outcomes: Sequence[OutcomeRow]) -> None:
        self._check()
        await super().settle(outcomes)

    async def add_events(self, events: Sequence[LiveEventRow]) -> None:
        self._check()
        await super().add_events(events)


async def test_a_full_disk_stops_entries_and_what_happened_is_told_when_there_is_room() -> None:
    journal = FullDisk()
    world = BotWorld(config=QUICK, journal=journal)
    filling = at(world, 20.5, lambda: setattr(journal, "is_full", True))
    emptying = at(world, 32.5, lambda: setattr(journal, "is_full", False))
    seen: list[str] = []
    noting = at(world, 30.0, lambda: seen.append(world.bot.status().alarm))
    await asyncio.sleep(0)
    await world.run(40)
    await asyncio.gather(filling, emptying, noting)
    assert "no space left" in seen[0]
    known = {intent.client_id for intent in journal.intents.values()}
    unwritten = [order for order in world.all_orders if order.client_id not in known]
    assert all(order.reduce_only for order in unwritten)
    assert any("no space left" in event.text for event in journal.events)
    assert world.bot.status().alarm == ""


# ---------------------------------------------------------------- on venues

CONFIG = lively_config(
    ("BTC",),
    mimic_backtest_1m_delay=False,
    execution_delay_seconds=0.2,
    minimum_coin_age_days=0.0,
    ohlcvs_1m_rolling_window_days=0.2,
)
VENUES = pytest.mark.parametrize(("make", "name"), [(BybitVenue, "bybit"), (BinanceVenue, "binance")])


def bot_on(exchange: CcxtVenue) -> Bot:
    news = [CONFIG]
    parts = BotParts(exchange, MemoryJournal(), lambda: news.pop() if news else None, listens=False)
    return Bot(BotSpec("venue", "somebody", "x"), parts)


@VENUES
async def test_a_key_that_is_revoked_stops_the_bot_and_leaves_everything(make: type[LocalVenue], name: str) -> None:
    async with VenueWorld(make, name, Market.linear("BTC"), 1000.0) as world:
        bot = bot_on(world.exchange)
        running = asyncio.create_task(bot.run())
        await world.venue.until(lambda: len(world.venue.open_orders) > 1, 15.0)
        world.faults.add("revoked", "all")
        await asyncio.wait_for(running, 15)
        assert bot.state is BotState.FAILED
        assert "key" in bot.status().reason
        assert world.venue.open_orders


@VENUES
async def test_a_key_without_the_permission_to_trade_is_told_from_a_wrong_one(
    make: type[LocalVenue], name: str
) -> None:
    async with VenueWorld(make, name, Market.linear("BTC"), 1000.0) as world:
        world.venue.permissions.trade = False
        bot = bot_on(world.exchange)
        await asyncio.wait_for(bot.run(), 15)
        assert bot.state is BotState.FAILED
        assert "permission" in bot.status().reason
        assert world.venue.orders == []


@VENUES
async def test_a_clock_that_is_10_seconds_off_does_not_matter(make: type[LocalVenue], name: str) -> None:
    async with VenueWorld(make, name, Market.linear("BTC"), 1000.0, clock=VenueClock(skew_ms=10_000)) as world:
        bot = bot_on(world.exchange)
        running = asyncio.create_task(bot.run())
        await world.venue.until(lambda: len(world.venue.open_orders) > 1, 15.0)
        bot.abandon()
        await asyncio.gather(running, return_exceptions=True)


# ---------------------------------------------------------------- the journal's size


@pytest.mark.parametrize("on_disk", [False, True])
async def test_the_journal_forgets_what_is_old_and_settled(on_disk: bool, home: Home) -> None:
    hour = 3_600_000
    async with Database(home.database) as database:
        journal: Journal = DatabaseJournal(database) if on_disk else MemoryJournal()
        rows = [
            IntentRow("a", "create", f"c{n}", "S", "BTC", "long", "", "limit", 1.0, 1.0, n * hour) for n in range(4)
        ]
        ids = await journal.intend(rows)
        await journal.settle([OutcomeRow(number, "confirmed", "o", "", "", 1) for number in ids[1:]])
        await journal.add_events([LiveEventRow("a", n * hour, "state", str(n)) for n in range(4)])
        for minute in range(0, 240, 20):
            bot = LiveBotRow("a", "u", "{}", "running", "", 1, 1, 1, "{}")
            await journal.keep_status(bot, [EquityRow("a", minute * 60_000, 1.0, 1.0)])
        await journal.forget_before("a", 2 * hour)
        known = await journal.intents_since("a", 0)
        assert [row.client_id for row in known] == ["c0", "c2", "c3"]  # c0 is not settled
        assert [row.client_id for row in await journal.open_intents("a")] == ["c0"]
        if on_disk:
            assert [row.text for row in await read_live_events(database, "a")] == ["3", "2"]
            samples = await read_equity(database, "a")
            assert [row.time_ms / hour for row in samples][:4] == [0.0, 1.0, 2.0, pytest.approx(2 + 1 / 3)]
