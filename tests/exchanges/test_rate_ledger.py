"""The rate ledger: who goes first, how much, and who waits when a venue says "too often"."""

from __future__ import annotations

import asyncio
import time
from threading import Thread

import pytest

from passivtui.exchanges.errors import RateLimited
from passivtui.exchanges.rate_ledger import Budget, Priority, RateLedger, RateLedgers
from passivtui.exchanges.virtual_clock import ManualClock


class Venue:
    """A ledger on a clock that a test moves, and who had a turn when."""

    def __init__(self, *budgets: Budget) -> None:
        self.clock = ManualClock(0)
        self.ledger = RateLedger("Venue", budgets, now=lambda: self.clock() / 1000.0, sleep=self.clock.sleep)
        self.turns: list[tuple[str, float]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def ask(self, name: str, priority: Priority = Priority.CLOSE, weight: float = 1.0, patience: float = 1e6) -> None:
        async def turn() -> None:
            await self.ledger.turn(priority, weight, patience)
            self.turns.append((name, self.clock() / 1000.0))

        self.tasks.append(asyncio.create_task(turn()))

    async def after(self, seconds: float) -> None:
        """Let everybody run, then move on in steps of 100 ms."""
        until = self.clock() + round(seconds * 1000)
        await settle()
        while self.clock() < until:
            await self.clock.advance_to(min(until, self.clock() + 100))
            await settle()

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_budget_lets_so_much_pass_and_then_as_much_as_frees_up() -> None:
    venue = Venue(Budget(3, 10))
    for number in range(5):
        venue.ask(f"{number}")
    await venue.after(0)
    assert [name for name, _ in venue.turns] == ["0", "1", "2"]
    await venue.after(10.1)
    assert [name for name, _ in venue.turns] == ["0", "1", "2", "3", "4"]
    assert venue.turns[3][1] >= 10.0


async def test_the_urgent_overtake_those_who_wait() -> None:
    venue = Venue(Budget(1, 1))
    order = (Priority.BACKFILL, Priority.CANDLES, Priority.ENTRY, Priority.STATE, Priority.CANCEL, Priority.CLOSE)
    for priority in (*order, Priority.PANIC):
        venue.ledger.refused(0.5)
        venue.ask(priority.name, priority)
    await venue.after(30)
    assert [name for name, _ in venue.turns] == [priority.name for priority in sorted(Priority)]


async def test_backfills_leave_room_for_closes() -> None:
    venue = Venue(Budget(10, 60))
    for number in range(8):
        venue.ask(f"old candles {number}", Priority.BACKFILL)
    await venue.after(1)
    assert len(venue.turns) == 4
    venue.ask("close", Priority.CLOSE)
    await venue.after(0.1)
    assert venue.turns[-1][0] == "close"
    await venue.end()


async def test_the_heavy_count_for_more() -> None:
    venue = Venue(Budget(10, 60))
    venue.ask("heavy", weight=8)
    venue.ask("too heavy now", weight=3)
    await venue.after(59)
    assert [name for name, _ in venue.turns] == ["heavy"]
    await venue.after(2)
    assert len(venue.turns) == 2


async def test_a_request_that_is_heavier_than_the_budget_waits_for_an_empty_one() -> None:
    venue = Venue(Budget(10, 60))
    venue.ask("huge", weight=15)
    venue.ask("small", weight=1)
    await venue.after(59)
    assert [name for name, _ in venue.turns] == ["huge"]
    await venue.after(2)
    assert [name for name, _ in venue.turns] == ["huge", "small"]


async def test_every_budget_must_have_room() -> None:
    venue = Venue(Budget(2, 1), Budget(3, 60))
    for number in range(4):
        venue.ask(f"{number}")
    await venue.after(2)
    assert len(venue.turns) == 3
    await venue.after(60)
    assert len(venue.turns) == 4


async def test_nobody_asks_while_the_venue_wants_a_pause_and_closes_go_first_after_it() -> None:
    venue = Venue(Budget(100, 1))
    venue.ledger.refused(7.0)
    venue.ask("entry", Priority.ENTRY)
    venue.ask("close", Priority.CLOSE)
    await venue.after(6.9)
    assert venue.turns == []
    assert venue.ledger.headroom().blocked_seconds == pytest.approx(0.1)
    await venue.after(0.3)
    assert [name for name, _ in venue.turns] == ["close", "entry"]


async def test_a_ban_longer_than_the_patience_is_told_at_once() -> None:
    venue = Venue(Budget(100, 1))
    venue.ledger.refused(1800.0, is_ban=True)
    with pytest.raises(RateLimited, match="banned") as denied:
        await venue.ledger.turn(Priority.PANIC, patience=60.0)
    assert denied.value.is_ban and denied.value.retry_after_seconds == pytest.approx(1800.0)
    headroom = venue.ledger.headroom()
    assert headroom.is_ban and headroom.waiting == {}
    await venue.after(1801)
    assert not venue.ledger.headroom().is_ban
    await venue.ledger.turn(Priority.PANIC)


async def test_who_loses_patience_frees_the_queue() -> None:
    venue = Venue(Budget(1, 10))
    venue.ask("first")
    venue.ask("impatient", Priority.CLOSE, patience=2.0)
    venue.ask("patient", Priority.ENTRY)
    await venue.after(12)
    assert [name for name, _ in venue.turns] == ["first", "patient"]
    assert isinstance(venue.tasks[1].exception(), RateLimited)


async def test_refusals_without_a_time_pause_longer_each_time_until_one_is_answered() -> None:
    venue = Venue(Budget(100, 1))
    assert [venue.ledger.refused(None) for _ in range(3)] == [5.0, 10.0, 20.0]
    venue.ledger.answered()
    assert venue.ledger.refused(None) == 5.0


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    venue = Venue(Budget(100, 1))
    venue.ledger.refused(60.0, is_ban=True)
    venue.ledger.refused(1.0)
    assert venue.ledger.headroom().blocked_seconds == 60.0 and venue.ledger.headroom().is_ban


async def test_what_others_use_counts() -> None:
    venue = Venue(Budget(100, 60))
    venue.ledger.used_by_venue(97, 60)
    assert venue.ledger.headroom().used == pytest.approx(0.97)
    venue.ask("entry", Priority.ENTRY)
    await venue.after(1)
    assert venue.turns == [] and venue.ledger.headroom().waiting == {Priority.ENTRY: 1}
    venue.ask("panic", Priority.PANIC)
    await venue.after(0)
    assert [name for name, _ in venue.turns] == ["panic"]
    await venue.end()


async def test_a_cancelled_task_leaves_the_queue() -> None:
    venue = Venue(Budget(1, 10))
    venue.ask("first")
    venue.ask("cancelled")
    await venue.after(0)
    venue.tasks[1].cancel()
    await settle()
    assert venue.ledger.headroom().waiting == {}


async def test_bots_on_one_venue_and_address_share_a_ledger() -> None:
    ledgers = RateLedgers()
    budgets = [Budget(10, 1)]
    assert ledgers.of("binance", "Binance", budgets) is ledgers.of("binance", "Binance", budgets)
    assert ledgers.of("binance", "Binance", budgets, "http://test") is not ledgers.of("binance", "Binance", budgets)
    assert len(ledgers.headrooms()) == 2


def test_bots_and_downloads_in_two_threads_share_one_budget_and_the_bots_go_first() -> None:
    ledger = RateLedger("Venue", [Budget(10, 0.4)])
    began, order = time.monotonic(), list[tuple[str, float]]()

    async def take(who: str, priority: Priority, turns: int) -> None:
        for _ in range(turns):
            await ledger.turn(priority)
            order.append((who, time.monotonic() - began))

    download = Thread(target=lambda: asyncio.run(take("download", Priority.BACKFILL, 8)))
    download.start()
    while len(order) < 4:
        time.sleep(0.005)
    assert ledger.headroom().used == pytest.approx(0.4)
    asyncio.run(take("bot", Priority.CLOSE, 6))
    download.join(5)
    assert [who for who, _ in order[:10]] == ["download"] * 4 + ["bot"] * 6
    assert [who for who, _ in order[10:]] == ["download"] * 4 and order[10][1] >= 0.4


async def test_whoever_waits_in_another_thread_hears_of_a_pause_that_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = RateLedger("Venue", [Budget(10, 60)])
    done: list[float] = []

    async def backfill() -> None:
        await ledger.turn(Priority.BACKFILL)
        done.append(time.monotonic())

    ledger.refused(0.2)
    began = time.monotonic()
    await asyncio.gather(asyncio.to_thread(lambda: asyncio.run(backfill())), ledger.turn(Priority.STATE))
    assert done[0] - began >= 0.19
