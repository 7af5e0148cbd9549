"""What storms and kills brought to light, each as small as it can be told."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from live_bots import BALANCE, BotWorld, lively_config
from live_snapshots import NOW_MS, a_snapshot, long_position
from paper_world import FIRST_MS

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.base import Balance, CancelRequest, Fill, OrderRequest, OutcomeKind
from passivtui.exchanges.errors import RateLimited, Transient
from passivtui.exchanges.paper_rules import PaperFaults, PaperRules
from passivtui.live import PlannedOrder, SentOrder, plan
from passivtui.live.bot.balance_watch import BalanceWatch
from passivtui.live.bot.trouble import Troubles
from passivtui.live.full_speed import drive
from passivtui.storage.journal import MemoryJournal

QUICK = lively_config(mimic_backtest_1m_delay=False)


class Notebook:
    """The venue, with a note of what was asked of it and when."""

    def __init__(self, venue: Any, clock: Any) -> None:
        self._venue, self._clock = venue, clock
        self.positions_ms = 0
        self.ages: list[int] = []
        self.cancelled: list[tuple[int, str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def positions(self) -> Any:
        asked = self._clock()
        found = await self._venue.positions()
        self.positions_ms = asked
        return found

    async def create_orders(self, requests: Sequence[OrderRequest], **options: Any) -> Any:
        self.ages.append(self._clock() - self.positions_ms)
        return await self._venue.create_orders(requests, **options)

    async def cancel_orders(self, requests: Sequence[CancelRequest], **options: Any) -> Any:
        self.ages.append(self._clock() - self.positions_ms)
        self.cancelled += [(self._clock(), request.order_id) for request in requests]
        return await self._venue.cancel_orders(requests, **options)


def watched(**world: Any) -> tuple[BotWorld, list[Notebook]]:
    """A world, and the notes of each of its bots."""
    notes: list[Notebook] = []

    def wrap(venue: Any) -> Any:
        notes.append(Notebook(venue, venue._clock))
        return notes[-1]

    return BotWorld(config=QUICK, wrap=wrap, **world), notes


@pytest.mark.parametrize("offset_ms", [500, 1_500])
async def test_orders_that_the_venue_does_not_show_yet_are_known_after_a_kill(offset_ms: int) -> None:
    rules = PaperRules(starting_balance=BALANCE, visibility_lag_ms=4_000)
    world = BotWorld(config=QUICK, rules=rules)
    for minute in range(2, 10):
        killed_ms = FIRST_MS + minute * MINUTE_MS + offset_ms
        for time_ms in (killed_ms, killed_ms + 2_500):
            await drive(world.bot, world.clock, time_ms)
            await world.clock.advance_to(time_ms)
            assert world.twins() == []
            world.new_bot()
    assert len(world.all_orders) > 20


def taken(order: PlannedOrder, *, is_unseen: bool) -> SentOrder:
    """An order like this one, but of another price and quantity, that the venue took a second ago."""
    ago, qty, price = NOW_MS - 1_000, order.qty * 0.8, order.price * 0.99
    return SentOrder("taken", order.coin, order.side, qty, price, ago, is_unseen=is_unseen)


@pytest.mark.parametrize("part", ["entry", "close"])
def test_what_the_venue_has_taken_and_does_not_show_yet_is_counted(part: str) -> None:
    snapshot = a_snapshot(positions=(long_position(2.0),))
    orders = [order for order in plan(snapshot).creations if order.part == part]
    assert orders
    for is_unseen in (False, True):
        sent = (taken(orders[0], is_unseen=is_unseen),)
        again = plan(dataclasses.replace(snapshot, sent=sent))
        created = [order for order in again.creations if order.part == part]
        assert (len(created) < len(orders)) == is_unseen
        if is_unseen and part == "entry":
            assert created == []


async def test_nothing_is_sent_on_an_account_that_became_old_under_way() -> None:
    world, notes = watched(faults=PaperFaults(latency_ms=(100, 9_000)))
    await world.run(30)
    ages = [age for note in notes for age in note.ages]
    assert ages
    assert max(ages) <= 30_000  # I4


async def test_cancellations_that_fail_are_tried_less_and_less_often() -> None:
    world, notes = watched()

    def no_writes() -> None:
        world.venue._dial._faults = PaperFaults(chance={"cancel_lost_dropped": 1.0, "order_lost_dropped": 1.0})

    async def maintenance() -> None:
        await world.clock.sleep(600.0)
        no_writes()

    beginning = asyncio.create_task(maintenance())
    await asyncio.sleep(0)
    await world.run(22)
    await beginning
    during = [order_id for at, order_id in notes[0].cancelled if at > FIRST_MS + 11 * MINUTE_MS]
    most = max(during.count(order_id) for order_id in during)
    assert 2 <= most <= 16  # within ten minutes, instead of once a second


async def test_a_bot_s_own_cancellation_does_not_hold_up_the_orders_that_follow_it() -> None:
    world = BotWorld(config=QUICK)
    await world.run(10)
    cycle = world.bot._cycle
    assert cycle is not None
    order = world.resting[0]
    cycle.account.note_order(order)
    assert cycle.account.changed_coins == set()
    partly = type(order)(**{**{name: getattr(order, name) for name in order.__slots__}, "filled": order.qty / 2})
    cycle.account.note_order(partly)
    assert cycle.account.changed_coins == {"BTC" if "BTC" in order.symbol else "ETH"}


async def test_every_refusal_and_failure_is_a_line_of_the_story() -> None:
    world = BotWorld(config=QUICK, faults=PaperFaults(chance={"order_rejected": 0.2, "cancel_lost_taken": 0.2}))
    await world.run(20)
    assert isinstance(world.journal, MemoryJournal)
    told = {event.kind for event in world.journal.events}
    assert {"refused: other", "cancel unresolved"} <= told
    assert all(
        outcome.message for outcome in world.journal.outcomes.values() if outcome.outcome != OutcomeKind.CONFIRMED
    )


class TwiceBroken:
    """The first reading finds no positions, and for the balance it is asked to wait a minute."""

    def __init__(self, venue: Any) -> None:
        self._venue = venue
        self.asked_ms: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def positions(self) -> Any:
        self.asked_ms.append(self._venue._clock())
        if len(self.asked_ms) == 1:
            raise Transient("no connection")
        return await self._venue.positions()

    async def balance(self) -> Any:
        if len(self.asked_ms) == 1:
            raise RateLimited("asked too often", 60.0)
        return await self._venue.balance()


async def test_a_pause_that_one_of_two_answers_asks_for_is_kept_though_the_other_failed_too() -> None:
    venues: list[TwiceBroken] = []

    def wrap(venue: Any) -> Any:
        venues.append(TwiceBroken(venue))
        return venues[-1]

    await BotWorld(config=QUICK, wrap=wrap).run(4)
    first, second, *_ = venues[0].asked_ms
    assert second - first >= 60_000


def test_the_same_trouble_is_told_every_few_minutes_only() -> None:
    now = [0]
    troubles = Troubles(lambda: now[0], lambda most: 0)
    for _ in range(100):
        troubles.count("connection", "down")
        now[0] += 1_000
    assert troubles.take_remarks() == [("connection", "down")]
    now[0] += 300_000
    troubles.count("connection", "down")
    assert troubles.take_remarks() == [("connection", "down")]
    assert troubles.counts[0].count == 101


def fill(number: int, pnl: float | None, fee: float | None) -> Fill:
    return Fill(str(number), "o", "", "BTC", "sell", "long", 1.0, 1.0, fee, pnl, number)


def test_a_balance_that_trades_explain_is_no_surprise() -> None:
    watch = BalanceWatch()
    assert watch.note_balance(Balance(1000.0, "USDT", 1), 1) == ""
    watch.note_fill(fill(2, 300.0, 10.0))
    assert watch.note_balance(Balance(1290.0, "USDT", 2), 2) == ""
    assert watch.note_balance(Balance(1350.0, "USDT", 3), 3) == ""  # the fill may be told later
    watch.note_fill(fill(3, 60.0, 0.0))
    assert watch.note_balance(Balance(1350.0, "USDT", 4), 4) == ""
    watch.note_fill(fill(5, None, 0.0))
    assert watch.note_balance(Balance(9000.0, "USDT", 5), 5) == ""  # nobody knows what that fill brought
    assert watch.note_balance(Balance(8000.0, "USDT", 6), 6) == ""
    assert "-1,000.00 USDT" in watch.note_balance(Balance(8000.0, "USDT", 7), 7)
    assert watch.note_balance(Balance(8000.0, "USDT", 8), 8) == ""
