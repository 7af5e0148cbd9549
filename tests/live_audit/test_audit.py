"""A faultless bot agrees with the replay to the last bit; what goes wrong is found, named, and counted once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from audited import audited, record_of
from live_bots import BALANCE, BotWorld, lively_config, lively_feed
from live_snapshots import TRAILING, UNSTUCKING
from paper_world import FIRST_MS

from passivtui.clock import MINUTE_MS
from passivtui.config import Config
from passivtui.exchanges.base import Balance, Exchange, OrderRequest
from passivtui.exchanges.base import Candle as VenueCandle
from passivtui.exchanges.contract_value import profit_of
from passivtui.exchanges.paper_rules import PaperFaults, PaperRules
from passivtui.live.audit import AuditReport, Cause, audit
from passivtui.live.audit.replay import Replay
from passivtui.live.audit.tape import Tape
from passivtui.live.candle_history import Candle


def rules(**changes: Any) -> PaperRules:
    return PaperRules(**{"starting_balance": BALANCE, **changes})


def causes(report: AuditReport) -> set[Cause]:
    return {difference.cause for difference in report.differences}


def with_sides(**changes: Any) -> Config:
    base = lively_config()
    sides = {side: dataclasses.replace(base.bot.side(side), **changes) for side in ("long", "short")}  # type: ignore[arg-type]
    return dataclasses.replace(base, bot=dataclasses.replace(base.bot, **sides))


CONFIGS = {
    "grid": lively_config(),
    "trailing": with_sides(
        **{**TRAILING, "entry_trailing_threshold_pct": 0.004, "close_trailing_threshold_pct": 0.003},
    ),
    "unstuck": with_sides(**UNSTUCKING, close_grid_markup_start=0.05, close_grid_markup_end=0.04),
    "forager": with_sides(n_positions=1, filter_noisiness_rolling_window=5.0, filter_volume_rolling_window=8.0),
}


@pytest.mark.parametrize("kind", CONFIGS)
async def test_without_faults_everything_agrees_and_costs_nothing(kind: str) -> None:
    world = BotWorld(config=CONFIGS[kind])
    await world.run(200)
    report = await audited(world)
    assert report.fills > 50
    if kind == "unstuck":
        assert any(fill.type.startswith("close_unstuck") for fill in world.journal.fills.values())  # type: ignore[attr-defined]
    assert (report.parity, report.drift_cost, report.differences) == (1.0, 0.0, ())
    assert report.agreeing == report.fills
    assert report.audited_minutes == 199
    assert report.figure == "parity 100 %, drift cost 0.00 USDT"


async def test_a_new_process_in_between_changes_nothing() -> None:
    world = BotWorld()
    for _ in range(3):
        await world.run(45)
        await world.bot._recorder.write(at_once=True)
        world.new_bot()
    await world.run(10)
    report = await audited(world)
    assert report.figure == "parity 100 %, drift cost 0.00 USDT"
    assert report.fills > 50


async def test_another_config_within_an_hour_counts_from_then_on() -> None:
    world = BotWorld()
    await world.run(25)
    await world.bot._recorder.write(at_once=True)
    world.config = with_sides(close_grid_markup_start=0.008, close_grid_markup_end=0.006)
    world.new_bot()
    await world.run(25)
    report = await audited(world)
    assert report.figure == "parity 100 %, drift cost 0.00 USDT"
    assert report.fills > 20


async def test_extremes_count_candles_that_came_late_for_the_bot() -> None:
    world = BotWorld(config=CONFIGS["trailing"])
    await world.run(40)
    record = await record_of(world)
    state = next(cycle for cycle in reversed(record.cycles) if cycle.positions)
    held = state.positions[0]
    high = Candle(state.now_ms, *([5000.0] * 4))
    late = dataclasses.replace(
        state, closed_ms=dict.fromkeys(state.closed_ms, state.now_ms), candles={held.coin: (high,)}
    )
    replay = Replay(late, state.now_ms + MINUTE_MS, world.config, Tape([*record.cycles, late]))
    assert replay._trailing[held.coin, held.side].max_since_open == 5000.0


async def test_failing_reads_that_are_made_up_for_in_time_change_nothing() -> None:
    world = BotWorld(faults=PaperFaults(chance={"read_fails": 0.01}))
    await world.run(100)
    assert (await audited(world)).figure == "parity 100 %, drift cost 0.00 USDT"


FAULTS: dict[Cause, dict[str, Any]] = {
    Cause.REFUSED: {"faults": PaperFaults(chance={"order_rejected": 0.05})},
    Cause.CONNECTION: {"faults": PaperFaults(chance={"order_lost_dropped": 0.05})},
    Cause.RATE_LIMIT: {
        "faults": PaperFaults(at_calls={"rate_limited": frozenset(range(150, 180))}, rate_limit_seconds=90.0)
    },
    Cause.PARTIAL: {"rules": rules(partial_chance=0.1)},
    Cause.POST_ONLY: {"rules": rules(crossing="as_venues"), "config": lively_config(time_in_force="post_only")},
}


@pytest.mark.parametrize("cause", FAULTS)
async def test_a_fault_is_found_and_named(cause: Cause) -> None:
    world = BotWorld(**FAULTS[cause])
    await world.run(58)
    report = await audited(world)
    assert report.parity < 1.0
    assert report.differences[0].cause is cause
    assert causes(report) <= {cause, Cause.FOLLOWS, Cause.LATENCY, Cause.PARTIAL}
    assert report.drift_cost != 0.0


async def test_orders_that_are_filled_as_they_arrive_are_named_from_the_first_look_on() -> None:
    world = BotWorld(rules=rules(crossing="as_venues"))
    await world.run(58)
    report = await audited(world)
    assert report.fills >= len(world.journal.fills)  # type: ignore[attr-defined]  # none is left out
    assert Cause.AT_ONCE in causes(report)
    assert Cause.UNEXPLAINED not in causes(report)


async def test_the_cost_is_what_the_account_has_less_than_the_replay() -> None:
    world = BotWorld(faults=PaperFaults(chance={"order_rejected": 0.1}))
    await world.run(58)
    record = await record_of(world)
    report, tape = audit(record), Tape(record.cycles)
    end_ms, state = record.end_ms, record.cycles[0]
    replay = Replay(state, state.now_ms, world.config, tape)
    replay.run(end_ms)

    def equity(books: Any) -> float:
        held = books.holdings.items()
        closes = {market.symbol: (market, tape.close_at(coin, end_ms)) for coin, market in state.markets.items()}
        upnl = (profit_of(closes[s][0], side, h.price, closes[s][1] or 0.0, h.size) for (s, side), h in held)
        return float(books.balance + sum(upnl))

    assert report.drift_cost == pytest.approx(equity(replay._account.books) - equity(world.books), abs=1e-6)
    assert abs(report.drift_cost) > 0.01
    assert report.drift_cost == pytest.approx(sum(one.cost for one in report.differences), abs=1e-6)


async def test_a_difference_is_not_carried_into_the_next_hour() -> None:
    world = BotWorld(faults=PaperFaults(at_calls={"order_rejected": frozenset({40, 41, 42, 43, 44})}))
    await world.run(170)
    report = await audited(world)
    assert report.differences
    assert {(one.time_ms - FIRST_MS) // (60 * MINUTE_MS) for one in report.differences} == {0}


async def test_a_mode_that_a_person_commanded_is_a_stop() -> None:
    world = BotWorld()
    await world.run(30)
    await world.bot._recorder.write(at_once=True)
    await world.new_bot().set_mode("tp_only")
    await world.run(28)
    report = await audited(world)
    assert Cause.STOP in causes(report)
    assert causes(report) <= {Cause.STOP, Cause.FOLLOWS}
    assert "tp_only" in report.differences[0].text


async def test_what_a_dead_bot_missed_within_its_hour_is_a_stop() -> None:
    world = BotWorld()
    await world.run(20)
    await world.bot._recorder.write(at_once=True)
    await world.clock.advance_to(world.clock() + 12 * MINUTE_MS)
    world.new_bot()
    await world.run(20)
    report = await audited(world)
    assert report.differences[0].cause is Cause.STOP
    assert "did not run" in report.differences[0].text
    assert causes(report) <= {Cause.STOP, Cause.FOLLOWS}


async def test_a_bot_that_always_looks_late_is_audited_all_the_same() -> None:
    world = BotWorld()
    await world.run(50)
    record = await record_of(world)
    cycles = [dataclasses.replace(cycle, now_ms=cycle.now_ms + 15_000) for cycle in record.cycles]
    report = audit(dataclasses.replace(record, cycles=cycles))
    assert report.audited_minutes == 49
    assert report.parity > 0.9


async def test_hours_without_the_bot_are_not_audited() -> None:
    world = BotWorld()
    await world.run(20)
    await world.bot._recorder.write(at_once=True)
    await world.clock.advance_to(FIRST_MS + 240 * MINUTE_MS)
    world.new_bot()
    await world.run(30)
    report = await audited(world)
    assert report.audited_minutes == 58 + 29
    assert max((one.time_ms - FIRST_MS) // MINUTE_MS for one in report.differences) < 60


async def test_somebody_else_s_trade_is_named_and_the_bot_s_go_on_from_it() -> None:
    world = BotWorld()
    await world.run(20)
    await world.bot._recorder.write(at_once=True)
    world.new_bot()
    price = world.feed.row("BTC/USDT:USDT", world.clock() - MINUTE_MS)[3]  # type: ignore[index]
    order = OrderRequest("by-hand", "BTC/USDT:USDT", "buy", "long", 0.5, round(price * 1.002, 1), False, "limit", False)
    await world.venue.create_orders([order])
    await world.run(25)
    report = await audited(world)
    manual = [one for one in report.differences if one.cause is Cause.MANUAL]
    assert [(one.coin, one.side, one.live_qty, one.type) for one in manual] == [("BTC", "long", 0.5, "")]
    assert report.differences[-1].time_ms <= manual[0].time_ms + 2 * MINUTE_MS


class LateCandles:
    """A venue whose newest candles of one market come minutes late for a while."""

    def __init__(self, venue: Exchange, clock: Callable[[], int], first_ms: int, end_ms: int) -> None:
        self._venue, self._clock, self._first_ms, self._end_ms = venue, clock, first_ms, end_ms

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def candles_since(self, symbol: str, since_ms: int) -> tuple[VenueCandle, ...]:
        candles = await self._venue.candles_since(symbol, since_ms)
        if symbol.startswith("BTC") and self._first_ms <= self._clock() < self._end_ms:
            return tuple(candle for candle in candles if candle.time_ms + MINUTE_MS < self._first_ms)
        return candles


async def test_a_late_candle_is_named() -> None:
    first, end = FIRST_MS + 20 * MINUTE_MS, FIRST_MS + 30 * MINUTE_MS
    clock: list[Callable[[], int]] = []
    world = BotWorld(wrap=lambda venue: LateCandles(venue, lambda: clock[0](), first, end))  # type: ignore[arg-type, return-value]
    clock.append(world.clock)
    await world.run(50)
    report = await audited(world)
    assert report.differences[0].cause is Cause.LATE_CANDLE
    assert report.differences[0].coin == "BTC"
    assert causes(report) <= {Cause.LATE_CANDLE, Cause.FOLLOWS}


class Collateral:
    """A venue whose balance moves with the price of collateral: orders are sized in steps."""

    def __init__(self, venue: Exchange) -> None:
        self._venue = venue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def balance(self) -> Balance:
        return dataclasses.replace(await self._venue.balance(), follows_collateral=True)


async def test_orders_that_are_sized_in_steps_agree_too() -> None:
    world = BotWorld(wrap=Collateral)  # type: ignore[arg-type, return-value]
    await world.run(130)
    report = await audited(world)
    assert report.figure == "parity 100 %, drift cost 0.00 USDT"
    assert report.fills > 50


async def test_a_bot_on_a_market_of_other_prices_is_found_out() -> None:
    """So that agreement is known to mean something: the same record with one candle changed does not agree."""
    world = BotWorld(feed=lively_feed())
    await world.run(50)
    record = await record_of(world)
    cycles = list(record.cycles)
    number = next(n for n, cycle in enumerate(cycles) if n > 60 and cycle.candles)
    coin, candles = next(iter(cycles[number].candles.items()))
    lower = tuple(dataclasses.replace(candle, low=candle.low * 0.97) for candle in candles)
    cycles[number] = dataclasses.replace(cycles[number], candles={**cycles[number].candles, coin: lower})
    report = audit(dataclasses.replace(record, cycles=cycles))
    assert report.parity < 1.0
    assert Cause.QUEUE in causes(report)
