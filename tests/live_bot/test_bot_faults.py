"""What must hold whatever the venue does (`design/reliability.md`): on paper with faults, at random too."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_bots import BALANCE, BotWorld, lively_config

from passivtui.exchanges.paper_rules import PaperFaults, PaperRules
from passivtui.live.status import BotState
from passivtui.storage.journal import MemoryJournal


def assert_all_holds(world: BotWorld) -> None:
    assert world.twins() == []  # I1
    limit = 1.5 / 2
    for key, exposure in world.exposures().items():  # I2
        assert exposure <= limit * 1.02 + 10.0 / BALANCE, key
    for (_, side), holding in world.books.holdings.items():  # I3
        assert holding.size >= 0.0 if side == "long" else holding.size <= 0.0
    assert world.strangers() == []  # I5


def quick_rules(**changes: object) -> PaperRules:
    return PaperRules(**{"starting_balance": BALANCE, **changes})  # type: ignore[arg-type]


async def test_a_lost_answer_leads_to_no_second_order() -> None:
    world = BotWorld(faults=PaperFaults(at_calls={"order_lost_taken": frozenset({1, 2, 3, 4})}))
    await world.run(6)
    assert world.twins() == []
    assert world.bot.status().unresolved == 0
    assert isinstance(world.journal, MemoryJournal)
    lost = list(world.journal.outcomes.values())[:4]
    assert {outcome.outcome for outcome in lost} == {"confirmed"}
    assert all(outcome.order_id for outcome in lost)


async def test_a_lost_order_is_given_up_after_two_looks_and_planned_anew() -> None:
    world = BotWorld(faults=PaperFaults(at_calls={"order_lost_dropped": frozenset({1})}))
    await world.run(1)
    assert world.bot.status().unresolved == 1
    first = next(iter(world.journal.intents.values()))  # type: ignore[attr-defined]
    await world.run(5)
    assert world.bot.status().unresolved == 0
    same = [o for o in world.all_orders if o.symbol == first.symbol and o.position_side == first.side]
    assert same  # another took its place
    assert first.client_id not in {order.client_id for order in world.all_orders}


async def test_failing_reads_pause_the_bot_and_change_nothing() -> None:
    world = BotWorld(faults=PaperFaults(chance={"read_fails": 0.3}))
    assert await world.run(40) is not BotState.FAILED
    status = world.bot.status()
    assert any(error.name in ("connection", "candles") for error in status.errors)
    assert_all_holds(world)
    assert status.fill_count > 0


async def test_a_rate_limit_is_waited_out() -> None:
    world = BotWorld(faults=PaperFaults(at_calls={"rate_limited": frozenset({1})}, rate_limit_seconds=90.0))
    await world.run(30)
    assert [error.name for error in world.bot.status().errors] == ["rate limit"]
    assert_all_holds(world)


async def test_the_same_seed_gives_the_same_story() -> None:
    stories = []
    for _ in range(2):  # I11
        faults = PaperFaults(chance={"read_fails": 0.1, "order_lost_taken": 0.1, "cancel_lost_dropped": 0.1})
        world = BotWorld(faults=faults, rules=quick_rules(partial_chance=0.3), seed=5)
        await world.run(60)
        assert isinstance(world.journal, MemoryJournal)
        stories.append((list(world.journal.intents.values()), world.journal.outcomes, world.journal.events))
    assert stories[0] == stories[1]


FAULTS = ("read_fails", "order_rejected", "order_lost_taken", "order_lost_dropped", "cancel_lost_taken")
MORE_FAULTS = (*FAULTS, "cancel_lost_dropped", "rate_limited")


@settings(max_examples=6, deadline=None)
@given(
    chances=st.fixed_dictionaries({name: st.sampled_from((0.0, 0.05, 0.2)) for name in MORE_FAULTS}),
    partial=st.sampled_from((0.0, 0.5)),
    lag_ms=st.sampled_from((0, 3_000)),
    crossing=st.sampled_from(("rests", "as_venues")),
    by_minute=st.booleans(),
    seed=st.integers(0, 10_000),
)
async def test_the_invariants_hold_at_random(
    chances: dict[str, float], partial: float, lag_ms: int, crossing: str, by_minute: bool, seed: int
) -> None:
    rules = quick_rules(partial_chance=partial, visibility_lag_ms=lag_ms, crossing=crossing, seed=seed)
    config = lively_config(mimic_backtest_1m_delay=by_minute)
    faults = PaperFaults(chance=chances, rate_limit_seconds=2.0)
    world = BotWorld(config=config, faults=faults, rules=rules, seed=seed)
    for _ in range(5):
        await world.run(8)
        assert_all_holds(world)
        world.new_bot()


@pytest.mark.parametrize("lag_ms", [0, 5_000])
async def test_it_comes_to_rest_when_the_faults_stop(lag_ms: int) -> None:
    faults = {"order_lost_taken": 0.3, "order_lost_dropped": 0.3, "cancel_lost_dropped": 0.3}
    world = BotWorld(faults=PaperFaults(chance=faults), rules=quick_rules(visibility_lag_ms=lag_ms))
    await world.run(30)
    world.venue._dial._faults = PaperFaults()
    await world.run(3)
    status = world.bot.status()
    assert status.unresolved == 0  # I7
    planned = {(row.coin, row.side, abs(row.qty), row.price) for row in status.orders}
    assert planned == {(o.symbol.split("/")[0], o.position_side, o.remaining, o.price) for o in world.resting}
    assert_all_holds(world)
