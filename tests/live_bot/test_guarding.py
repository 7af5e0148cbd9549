"""The drawdown stop of a running bot: it puts its mode on, survives restarts, and lets go again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_bots import BotWorld, lively_config, lively_feed
from paper_world import FIRST_MS

from passivtui.clock import MINUTE_MS
from passivtui.config import Config
from passivtui.exchanges.base import Candle, Exchange
from passivtui.exchanges.candle_feed import ArrayFeed
from passivtui.live.drawdown_stop import DrawdownRule, Firing, Sample, Scope
from passivtui.live.status import BotSpec, PaperSettings
from passivtui.live.status_text import spec_from_json, spec_to_json
from passivtui.storage import Database
from passivtui.storage.journal import DatabaseJournal, MemoryJournal

FALL = 60  # the minute in which prices begin to fall


def falling_feed(
    depth: float = 0.2, coins: tuple[str, ...] = ("BTC", "ETH"), fallen: tuple[str, ...] = ("BTC", "ETH")
) -> ArrayFeed:
    """A lively market whose coins lose `depth` within half an hour and stay there."""
    feed = lively_feed(coins)
    candles = {}
    for symbol in feed.markets:
        rows = np.array(feed._candles[symbol])
        way = np.clip((np.arange(len(rows)) - FALL) / 30.0, 0.0, 1.0)
        if symbol.split("/")[0] in fallen:
            rows[:, :4] = np.round(rows[:, :4] * (1.0 - depth * way)[:, None], 1)
        candles[symbol] = rows
    return ArrayFeed(feed.first_ms, list(feed.markets.values()), candles)


def long_only() -> Config:
    config = lively_config()
    short = replace(config.bot.short, n_positions=0, total_wallet_exposure_limit=0.0)
    return replace(config, bot=replace(config.bot, short=short))


def world(rule: DrawdownRule | None, **changes: object) -> BotWorld:
    return BotWorld(**{"feed": falling_feed(), "config": long_only(), "drawdown_stop": rule, **changes})  # type: ignore[arg-type]


def stops(bot_world: BotWorld) -> list[str]:
    assert isinstance(bot_world.journal, MemoryJournal)
    return [event.text for event in bot_world.journal.events if event.kind == "stop"]


async def test_without_a_rule_nothing_stops() -> None:
    tried = world(None)
    await tried.run(150)
    assert stops(tried) == []
    assert tried.bot.status().commanded_mode == ""


async def test_a_fall_closes_everything_and_the_cooldown_lets_it_go_on() -> None:
    tried = world(DrawdownRule(0.1, action="panic", cooldown_hours=1.0))
    await tried.run(100)
    status = tried.bot.status()
    assert status.commanded_mode == "panic"
    assert status.positions == ()
    assert "drawdown stop of the account" in status.alarm
    assert len(stops(tried)) == 1 and "fired: the account is 1" in stops(tried)[0]
    tried.new_bot()
    await tried.run(90)
    assert len(stops(tried)) == 2 and "lets the account go on" in stops(tried)[1]
    status = tried.bot.status()
    assert (status.commanded_mode, status.alarm) == ("", "")
    assert status.positions != ()


async def test_a_graceful_stop_keeps_positions() -> None:
    tried = world(DrawdownRule(0.1))
    await tried.run(110)
    status = tried.bot.status()
    assert status.commanded_mode == "graceful_stop"
    assert status.positions != ()


async def test_a_restart_in_the_fall_hides_no_loss_and_fires_once() -> None:
    tried = world(DrawdownRule(0.1, action="panic", cooldown_hours=0.0))
    for _ in range(12):
        await tried.run(10)
        tried.new_bot()
    await tried.run(5)
    assert len(stops(tried)) == 1
    assert tried.bot.status().commanded_mode == "panic"


async def test_a_person_lets_it_go_on() -> None:
    tried = world(DrawdownRule(0.1, action="panic", cooldown_hours=0.0))
    await tried.run(100)
    tried.new_bot()
    await tried.run(2)
    tried.new_bot()
    await tried.bot._guard.begin(tried.clock())
    await tried.bot.set_mode("")
    await tried.run(60)
    assert tried.bot.status().commanded_mode == ""
    assert tried.bot.status().positions != ()
    assert len(stops(tried)) == 2


async def test_another_rule_begins_from_now() -> None:
    tried = world(DrawdownRule(0.1, action="panic", cooldown_hours=0.0))
    await tried.run(100)
    tried.drawdown_stop = DrawdownRule(0.3)
    tried.new_bot()
    await tried.run(20)
    assert tried.bot.status().commanded_mode == ""


@pytest.mark.parametrize("scope", [Scope.SIDE, Scope.COIN])
async def test_only_the_part_that_lost_is_stopped(scope: Scope) -> None:
    rule = DrawdownRule(0.12, scope, action="panic", cooldown_hours=0.0)
    tried = world(rule, feed=falling_feed(0.5, fallen=("BTC",)), config=lively_config())
    await tried.run(100)
    part = "the long side" if scope is Scope.SIDE else "BTC"
    assert stops(tried)[0].startswith(f"the drawdown stop fired: {part} is")
    status = tried.bot.status()
    assert status.commanded_mode == ""
    modes = {(row.coin, row.side): row.mode for row in status.modes}
    assert modes["ETH", "short"] == "normal"
    assert modes.get(("BTC", "long"), "panic") == "panic"
    assert not [row for row in status.positions if row.coin == "BTC" and row.side == "long"]


async def test_a_deposit_and_a_withdrawal_fire_nothing() -> None:
    tried = world(DrawdownRule(0.05), feed=lively_feed())
    for amount in (-6000.0, 20_000.0, -15_000.0):
        await tried.run(20)
        tried.new_bot()
        tried.books.balance += amount
    await tried.run(20)
    assert stops(tried) == []


async def test_a_restart_counts_every_fill_once() -> None:
    tried = world(DrawdownRule(0.5), feed=lively_feed())
    await tried.run(40)
    assert isinstance(tried.journal, MemoryJournal)
    before = tried.journal.equity[-1]
    guard = tried.new_bot()._guard
    await guard.begin(tried.clock())
    assert guard._watch is not None
    seen: list[Sample] = []
    follow = guard._watch.follow

    def noting(sample: Sample) -> tuple[Firing, ...]:
        seen.append(sample)
        return follow(sample)

    guard._watch.follow = noting  # type: ignore[method-assign, assignment]
    await tried.run(20)
    balances = [before.balance, *(sample.balance for sample in seen)]
    changes = [after - first for first, after in pairwise(balances)]
    assert changes == pytest.approx([sum(v or 0.0 for v in sample.realised.values()) for sample in seen], abs=1e-6)
    assert sum(map(abs, changes)) > 1.0


class SilentCandles:
    """A venue that tells no candles any more from some time on."""

    def __init__(self, venue: Exchange, clock: Callable[[], int], from_ms: int) -> None:
        self._venue, self._clock, self._from_ms = venue, clock, from_ms

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def candles_since(self, symbol: str, since_ms: int) -> tuple[Candle, ...]:
        return () if self._clock() >= self._from_ms else await self._venue.candles_since(symbol, since_ms)


async def test_with_old_prices_nothing_is_decided() -> None:
    config, from_ms = long_only(), FIRST_MS + 30 * MINUTE_MS
    kept = replace(config.bot.long, close_grid_markup_start=0.5, close_grid_markup_end=0.4)
    clock: list[Callable[[], int]] = []
    tried = world(
        DrawdownRule(0.1),
        config=replace(config, bot=replace(config.bot, long=kept)),
        wrap=lambda venue: SilentCandles(venue, lambda: clock[0](), from_ms),
    )
    clock.append(tried.clock)
    await tried.run(60)
    assert tried.bot.status().positions != ()
    sampled = (tried.bot._guard._sampled_ms - FIRST_MS) // MINUTE_MS
    assert 30 <= sampled <= 32


async def test_it_is_kept_in_the_database(tmp_path: Path) -> None:
    rule = DrawdownRule(0.1, action="panic", cooldown_hours=0.0)
    async with Database(tmp_path / "one.db") as database:
        tried = world(rule, journal=DatabaseJournal(database))
        await tried.run(100)
        assert tried.bot.status().commanded_mode == "panic"
        tried.new_bot()
        await tried.run(5)
        assert tried.bot.status().commanded_mode == "panic"


def test_a_specification_with_a_rule_survives_json() -> None:
    spec = BotSpec("a", "paper", "x", paper=PaperSettings(), drawdown_stop=DrawdownRule(0.2, Scope.COIN, "panic", 3.0))
    assert spec_from_json(spec_to_json(spec)) == spec
    old = spec_to_json(replace(spec, drawdown_stop=None)).replace(',"drawdown_stop":null', "")
    assert spec_from_json(old) == replace(spec, drawdown_stop=None)
