"""The paper venue by itself: the backtest's fills, what it keeps, what goes wrong when asked to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exchange_conformance import bought, request, send
from hypothesis import HealthCheck, given, settings
from paper_world import FIRST_MS, PaperWorld, paper_market
from random_market import Case, cases

from passivtui.clock import MINUTE_MS
from passivtui.core import ORDER_TYPES, simulate
from passivtui.errors import DataError
from passivtui.exchanges.base import OrderRequest, OutcomeKind, RealisedPnl
from passivtui.exchanges.candle_feed import ArrayFeed, crashed
from passivtui.exchanges.errors import RateLimited, Rejected, RejectReason, Transient
from passivtui.exchanges.paper import PaperExchange
from passivtui.exchanges.paper_rules import PaperFaults, PaperRules
from passivtui.exchanges.virtual_clock import ManualClock, SpeedClock

DECADE_MS = 10 * 365 * 86_400_000


# ------------------------------------------------------------ the backtest's fills, to the last bit


def feed_of(case: Case) -> ArrayFeed:
    markets = [
        paper_market(
            f"C{number}", **{key: rules[key] for key in ("qty_step", "price_step", "min_qty", "min_cost", "c_mult")}
        )
        for number, rules in enumerate(case.markets)
    ]
    rows = {}
    for number, market in enumerate(markets):
        high, low, close, volume = case.hlcv[:, number, :].T
        rows[market.symbol] = np.stack([close, high, low, close, volume], axis=1)
    return ArrayFeed(FIRST_MS, markets, rows)


def orders_of(fills: Sequence[Any], symbols: Sequence[str]) -> list[OrderRequest]:
    """The orders that the backtest must have placed for these fills; at one price the first that came fills first."""
    orders = []
    for number, fill in enumerate(fills):
        order_type = ORDER_TYPES[fill["type"]]
        orders.append(
            OrderRequest(
                client_id=f"{fill['minute']}-{number}",
                symbol=symbols[fill["coin"]],
                side="buy" if fill["qty"] > 0 else "sell",
                position_side="long" if order_type.endswith("long") else "short",
                qty=abs(float(fill["qty"])),
                price=float(fill["price"]),
                reduce_only=order_type.startswith("close"),
                post_only=False,
            )
        )
    return sorted(orders, key=lambda order: order.price)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(btc=False))
async def test_the_orders_of_a_backtest_end_in_its_fills_to_the_last_bit(case: Case) -> None:
    fills = simulate(*case.arguments()).fills
    feed = feed_of(case)
    symbols = list(feed.markets)
    clock = ManualClock(FIRST_MS)
    rules = PaperRules(starting_balance=case.balance, maker_fee=case.fee)
    exchange = PaperExchange(feed, rules, clock=clock, sleep=clock.sleep)
    for minute in sorted(set(fills["minute"].tolist())):
        now = FIRST_MS + minute * MINUTE_MS  # the candle before has ended, this one begins
        await clock.advance_to(now)
        exchange.settle()
        outcomes = await exchange.create_orders(orders_of(fills[fills["minute"] == minute], symbols))
        assert {outcome.kind for outcome in outcomes} == {OutcomeKind.CONFIRMED}, outcomes
    await clock.advance_to(feed.end_ms)
    done = await exchange.fills_since(0)
    assert [(fill.symbol, fill.price, fill.qty) for fill in done] == [
        (symbols[fill["coin"]], fill["price"], abs(fill["qty"])) for fill in fills
    ]
    assert [fill.pnl for fill in done] == fills["pnl"].tolist()
    assert [fill.fee for fill in done] == (-fills["fee_paid"]).tolist()
    if len(fills):
        assert (await exchange.balance()).total == fills["balance_usd_total"][-1]
    held = {
        (position.symbol, position.side): (position.size, position.price) for position in await exchange.positions()
    }
    last = {}
    for fill in fills:
        side = "long" if ORDER_TYPES[fill["type"]].endswith("long") else "short"
        last[symbols[fill["coin"]], side] = (fill["psize"], fill["pprice"])
    assert held == {key: position for key, position in last.items() if position[0] != 0.0}


# ------------------------------------------------------------ matching


async def test_a_price_that_is_only_touched_fills_nothing() -> None:
    world = PaperWorld()
    await send(world, request(world, price=990.0))
    await world.move(990.0)
    assert await world.exchange.positions() == ()
    await world.move(989.9)
    assert len(await world.exchange.positions()) == 1


async def test_an_order_that_comes_late_in_a_minute_waits_for_the_next_candle() -> None:
    world = PaperWorld()
    await world.clock.advance_to(world.clock() + 20_000)
    await send(world, request(world, price=990.0))
    await world.move(980.0)
    assert await world.exchange.positions() == ()
    await world.move(980.0)
    assert len(await world.exchange.positions()) == 1


async def test_an_order_bound_to_a_farther_price_waits_for_it() -> None:
    world = PaperWorld()
    await send(world, request(world, price=990.0, fills_beyond=970.0))
    await world.move(980.0)
    assert await world.exchange.positions() == ()
    await world.move(969.0)
    assert (await world.exchange.positions())[0].price == 990.0


async def test_by_default_orders_rest_also_beyond_the_price() -> None:
    world = PaperWorld(PaperRules())
    (outcome,) = await send(world, request(world, price=1010.0))
    assert outcome.kind is OutcomeKind.CONFIRMED
    assert await world.exchange.positions() == ()
    await world.move(1000.0)
    assert (await world.exchange.positions())[0].price == 1010.0


async def test_a_taker_pays_the_taker_fee_at_the_last_price() -> None:
    world = PaperWorld()
    await send(world, request(world, lots=10, price=1010.0, post_only=False))
    (fill,) = await world.exchange.fills_since(0)
    assert (fill.price, fill.fee, fill.is_maker) == (1000.0, pytest.approx(0.5), False)


async def test_partial_fills_add_up_and_repeat_with_the_seed() -> None:
    async def run() -> list[float]:
        world = PaperWorld(PaperRules(partial_chance=0.7, seed=3))
        await send(world, request(world, lots=10, price=990.0))
        for _ in range(30):
            await world.move(980.0)
        assert (await world.exchange.positions())[0].size == 1.0
        return [fill.qty for fill in await world.exchange.fills_since(0)]

    quantities = await run()
    assert len(quantities) > 2 and sum(quantities) == pytest.approx(1.0)
    assert quantities == await run()


async def test_a_close_never_turns_the_position_around() -> None:
    world = PaperWorld()
    await bought(world, lots=1)
    price = world.price
    for lots in (0.8, 0.7, 0.6):
        await send(world, request(world, lots=lots, price=price * 1.01, side="sell", reduce_only=True))
    await world.move(price * 1.05)
    assert await world.exchange.positions() == () and await world.exchange.open_orders() == ()
    assert sum(fill.qty for fill in await world.exchange.fills_since(0) if fill.side == "sell") == pytest.approx(0.1)


async def test_in_one_way_mode_an_entry_first_closes_the_other_side() -> None:
    world = PaperWorld(PaperRules(has_hedge_mode=False))
    await bought(world, lots=1)
    sell = request(world, lots=3, price=world.price * 1.01, side="sell", position_side="short")
    await send(world, sell)
    await world.move(world.price * 1.02)
    (position,) = await world.exchange.positions()
    assert (position.side, position.size, position.price) == ("short", -0.2, sell.price)


async def test_an_inverse_contract_earns_in_the_coin() -> None:
    world = PaperWorld()
    market = paper_market("BTC", is_inverse=True, quote="BTC", qty_step=1.0, min_qty=1.0, min_cost=0.0)
    world.feed.markets = {market.symbol: market}
    world.exchange = PaperExchange(world.feed, PaperRules(1.0, 0.0), clock=world.clock, sleep=world.clock.sleep)
    await send(world, request(world, lots=10_000, price=990.0))
    await world.move(900.0)
    await send(world, request(world, lots=10_000, price=1100.0, side="sell", reduce_only=True))
    await world.move(1200.0)
    assert (await world.exchange.balance()).total == pytest.approx(1.0 + 1000 / 990 - 1000 / 1100)


async def test_longs_pay_funding_every_eight_hours() -> None:
    world = PaperWorld(PaperRules(1000.0, maker_fee=0.0, funding_rate=0.001))
    await send(world, request(world, lots=10, price=990.0))
    for _ in range(8 * 60):
        await world.move(980.0)
    assert (await world.exchange.balance()).total == pytest.approx(1000.0 - 980.0 * 0.001)


async def test_orders_beyond_the_margin_are_refused_if_wished() -> None:
    world = PaperWorld(PaperRules(100.0, checks_margin=True))
    (refused,) = await send(world, request(world, lots=10))
    assert refused.reason is RejectReason.INSUFFICIENT_MARGIN
    await world.exchange.set_leverage(world.symbol, 10)
    (taken, refused) = await send(world, request(world, lots=10), request(world, lots=1))
    assert (taken.kind, refused.kind) == (OutcomeKind.CONFIRMED, OutcomeKind.REJECTED)


def test_a_crash_is_deep_within_its_minute_and_stays() -> None:
    candles = np.tile([100.0, 101.0, 99.0, 100.0, 5.0], (4, 1))
    fallen = crashed(candles, 1, depth=0.6, rebound=0.5)
    assert fallen[0].tolist() == candles[0].tolist()
    assert fallen[1].tolist() == [100.0, 101.0, pytest.approx(39.6), pytest.approx(70.0), 5.0]
    assert fallen[3, 3] == pytest.approx(70.0)
    assert candles[1, 2] == 99.0


# ------------------------------------------------------------ restarts


async def test_a_restart_goes_on_where_the_account_was(tmp_path: Path) -> None:
    world = PaperWorld(state_path=tmp_path / "paper.json")
    entry = await bought(world)
    await send(world, request(world, price=900.0))
    await world.exchange.set_leverage(world.symbol, 7)
    before = [
        await world.exchange.balance(),
        await world.exchange.positions(),
        await world.exchange.open_orders(),
        await world.exchange.fills_since(0),
        await world.exchange.realised_pnl_since(0),
    ]
    world.open()  # nothing was closed in an orderly way
    after = [
        await world.exchange.balance(),
        await world.exchange.positions(),
        await world.exchange.open_orders(),
        await world.exchange.fills_since(0),
        await world.exchange.realised_pnl_since(0),
    ]
    assert after == before
    (again,) = await send(world, entry)
    assert again.reason is RejectReason.DUPLICATE_CLIENT_ID


async def test_what_traded_while_the_process_was_away_is_filled_at_the_start(tmp_path: Path) -> None:
    world = PaperWorld(state_path=tmp_path / "paper.json")
    await send(world, request(world, price=990.0))
    await world.move(980.0)
    world.open()
    assert (await world.exchange.positions())[0].price == 990.0


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1}', '{"version": 2}', "null", "\xff"])
def test_a_damaged_account_file_is_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "paper.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"paper\.json"):
        PaperWorld(state_path=path)


# ------------------------------------------------------------ faults that a user rehearses


async def test_faults_come_at_the_named_calls() -> None:
    world = PaperWorld()
    world.dial.update({"read_fails": frozenset({2}), "rate_limited": frozenset({4}), "order_rejected": frozenset({1})})
    await world.exchange.balance()
    with pytest.raises(Transient):
        await world.exchange.balance()
    await world.exchange.balance()
    with pytest.raises(RateLimited) as limited:
        await world.exchange.balance()
    assert limited.value.retry_after_seconds == 5.0
    (refused, taken) = await send(world, request(world), request(world))
    assert (refused.kind, taken.kind) == (OutcomeKind.REJECTED, OutcomeKind.CONFIRMED)


async def test_a_new_order_is_invisible_for_as_long_as_the_venue_lags() -> None:
    world = PaperWorld(PaperRules(visibility_lag_ms=2_000))
    asked = request(world)
    await send(world, asked)
    assert await world.exchange.open_orders() == ()
    assert await world.exchange.find_order(world.symbol, asked.client_id) is None
    await world.clock.advance_to(world.clock() + 2_000)
    assert len(await world.exchange.open_orders()) == 1


async def test_a_fault_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="read_fails"):
        PaperFaults(chance={"reads_fail": 0.5})


async def test_what_no_market_takes_is_refused() -> None:
    world = PaperWorld()
    with pytest.raises(Rejected):
        await world.exchange.set_leverage(world.symbol, 500)
    with pytest.raises(Rejected):
        await world.exchange.set_margin_mode(world.symbol, "isolated", 5)
    with pytest.raises(Rejected):
        await world.exchange.candles_since("NO/USDT:USDT", 0)
    (unknown, crooked) = await send(world, request(world, symbol="NO/USDT:USDT"), request(world, lots=1.0005))
    assert (unknown.reason, crooked.reason) == (RejectReason.MARKET_CLOSED, RejectReason.BAD_STEP)


async def test_the_position_mode_stays_while_something_is_open() -> None:
    world = PaperWorld()
    await send(world, request(world))
    with pytest.raises(Rejected):
        await world.exchange.set_position_mode("one_way")


async def test_realised_profit_is_told_of_closes_only() -> None:
    world = PaperWorld()
    entry = await bought(world)
    assert await world.exchange.realised_pnl_since(0) == ()
    await send(world, request(world, price=entry.price + 10.0, side="sell", reduce_only=True))
    await world.move(world.price + 100.0)
    (record,) = await world.exchange.realised_pnl_since(0)
    assert isinstance(record, RealisedPnl) and record.pnl == pytest.approx(1.0)


# ------------------------------------------------------------ clocks


async def test_a_fast_clock_runs_as_many_times_faster() -> None:
    real = iter([100.0, 101.5])
    clock = SpeedClock(FIRST_MS, 60.0, lambda: next(real))
    assert clock() == FIRST_MS + 90_000


async def test_sleepers_wake_at_their_time_the_earliest_first() -> None:
    clock, woken = ManualClock(FIRST_MS), []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock() - FIRST_MS))

    tasks = [asyncio.create_task(sleep(seconds)) for seconds in (3.0, 1.0, 9.0)]
    await asyncio.sleep(0)
    await clock.advance_to(FIRST_MS + 5_000)
    assert woken == [(1.0, 1_000), (3.0, 3_000)] and clock.next_wake_ms == FIRST_MS + 9_000
    await clock.advance_to(FIRST_MS + 9_000)
    await asyncio.gather(*tasks)
