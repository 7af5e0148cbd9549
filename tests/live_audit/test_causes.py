"""Each cause is read from what was recorded around the minute: hand-made cycles, writes and fills."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from paper_world import FIRST_MS, paper_market

from passivtui.clock import MINUTE_MS
from passivtui.live.audit.causes import Cause, Evidence
from passivtui.live.audit.comparing import Pair, compare
from passivtui.live.audit.replay import ReplayedFill
from passivtui.live.audit.tape import Tape
from passivtui.live.candle_history import Candle
from passivtui.live.orders import PlannedOrder
from passivtui.live.recorded import BookOrder, HeldBack, RecordedCycle
from passivtui.storage.journal import IntentRow, LiveFillRow

MINUTE = FIRST_MS + 30 * MINUTE_MS  # the candle in which the replay fills
TYPE = "entry_grid_normal_long"
MARKETS = {"BTC": paper_market("BTC")}


def expected(qty: float = 1.0, price: float = 1000.0) -> ReplayedFill:
    return ReplayedFill(MINUTE + MINUTE_MS, "BTC", "long", TYPE, qty, price, 0.2)


def filled(qty: float = 1.0, price: float = 1000.0, after_ms: int = MINUTE_MS, order_type: str = TYPE) -> LiveFillRow:
    return LiveFillRow("b", "t", MINUTE + after_ms, "BTC", "long", order_type, qty, price, 0.0, 0.2)


def written(at_ms: int = 1_000, **changes: Any) -> IntentRow:
    values: dict[str, Any] = {"outcome": "confirmed", "settled_ms": MINUTE + at_ms, "qty": 1.0, "price": 1000.0}
    values |= changes
    qty, price = values.pop("qty"), values.pop("price")
    return IntentRow("b", "create", "c", "s", "BTC", "long", TYPE, "limit", qty, price, MINUTE + at_ms, **values)


def cycle(at_ms: int = 0, **changes: Any) -> RecordedCycle:
    candle = Candle(MINUTE, 1002.0, 998.0, 1001.0, 1e6)
    closed_ms = (MINUTE + at_ms) // MINUTE_MS * MINUTE_MS
    values: dict[str, Any] = {"closed_ms": {"BTC": closed_ms}, "candles": {"BTC": (candle,)}}
    return RecordedCycle(MINUTE + at_ms, "x", 1000.0, 1000.0, **{**values, **changes})


def pair_of(wanted: ReplayedFill | None, live: list[LiveFillRow]) -> Pair:
    (pair,) = compare([] if wanted is None else [wanted], live, MARKETS, {"BTC": 1001.0})
    return pair


def cause(pair: Pair, cycles: list[RecordedCycle], writes: list[IntentRow], earlier: list[Pair] | None = None) -> Cause:
    return Evidence(cycles, writes, Tape(cycles)).explain(pair, earlier or []).cause


RUNNING = [cycle(0), cycle(MINUTE_MS)]
MISSING = pair_of(expected(), [])
REFUSALS = {
    Cause.POST_ONLY: {"outcome": "rejected", "reason": "would_cross"},
    Cause.MINIMUM_COST: {"outcome": "rejected", "reason": "below_minimum"},
    Cause.REFUSED: {"outcome": "rejected", "reason": "insufficient_margin"},
    Cause.CONNECTION: {"outcome": "rejected", "reason": ""},
    Cause.RATE_LIMIT: {"outcome": "denied_locally"},
}


@pytest.mark.parametrize("wanted", REFUSALS)
def test_what_came_of_the_write_tells(wanted: Cause) -> None:
    assert cause(MISSING, RUNNING, [written(**REFUSALS[wanted])]) is wanted


def test_a_refusal_that_was_made_good_in_time_explains_nothing() -> None:
    writes = [written(0, outcome="rejected", reason="would_cross"), written(5_000)]
    assert cause(MISSING, RUNNING, writes) is Cause.QUEUE


def test_an_order_that_reached_the_book_late_in_the_minute_is_latency() -> None:
    assert cause(MISSING, RUNNING, [written(1_000, settled_ms=MINUTE + 31_000)]) is Cause.LATENCY
    assert cause(MISSING, RUNNING, [written(31_000)]) is Cause.LATENCY


GATES = {
    "minimum cost": Cause.MINIMUM_COST,
    "missing input": Cause.INPUT,
    "unresolved order": Cause.LATENCY,
    "leverage and margin": Cause.REFUSED,
    "price distance": Cause.DISTANCE,
    "forager rank": Cause.HELD_BACK,
}


@pytest.mark.parametrize("gate", GATES)
def test_the_gate_that_held_the_order_back_tells(gate: str) -> None:
    held_back = (HeldBack("BTC", "long", gate, "grid entry"), HeldBack("BTC", "short", "balance", ""))
    assert cause(MISSING, [cycle(held_back=held_back), cycle(MINUTE_MS)], []) is GATES[gate]


def test_a_gate_of_another_kind_of_order_does_not() -> None:
    cycles = [cycle(held_back=(HeldBack("BTC", "long", "minimum cost", "unstuck close"),)), cycle(MINUTE_MS)]
    assert cause(MISSING, cycles, []) is Cause.UNEXPLAINED


def test_a_candle_that_the_bot_had_not_got_is_a_late_candle() -> None:
    late = cycle(closed_ms={"BTC": MINUTE - 2 * MINUTE_MS})
    assert cause(MISSING, [late, cycle(MINUTE_MS)], []) is Cause.LATE_CANDLE
    held = cycle(closed_ms={"BTC": MINUTE - MINUTE_MS}, held_back=(HeldBack("BTC", "long", "missing input", ""),))
    assert cause(MISSING, [held, cycle(MINUTE_MS)], []) is Cause.LATE_CANDLE


def test_a_bot_that_does_not_look_is_stopped_or_hindered() -> None:
    before = cycle(-5 * MINUTE_MS)
    assert cause(MISSING, [before], []) is Cause.STOP
    assert cause(MISSING, [before, cycle(3 * MINUTE_MS)], []) is Cause.STOP
    assert cause(MISSING, [before, cycle(3 * MINUTE_MS, errors={"rate limit": 1})], []) is Cause.RATE_LIMIT
    assert cause(MISSING, [before, cycle(3 * MINUTE_MS, errors={"connection": 4})], []) is Cause.CONNECTION
    assert cause(MISSING, [cycle(-MINUTE_MS), cycle(30_000)], []) is Cause.LATENCY


def test_a_commanded_mode_is_a_stop() -> None:
    assert cause(MISSING, [cycle(commanded_mode="panic"), cycle(MINUTE_MS)], []) is Cause.STOP


def test_a_part_of_an_order_is_a_partial_fill_and_a_smaller_order_is_not() -> None:
    pair = pair_of(expected(), [filled(0.4)])
    assert cause(pair, RUNNING, [written(-60_000)]) is Cause.PARTIAL
    planned = (PlannedOrder("BTC", "long", 1.0, 1000.0, TYPE),)
    assert cause(pair, [cycle(ideal=planned), cycle(MINUTE_MS)], []) is Cause.PARTIAL
    assert cause(pair, RUNNING, [written(-60_000, qty=0.4)]) is Cause.UNEXPLAINED


def test_an_order_on_the_book_that_was_passed_over_stood_in_the_queue() -> None:
    book = (BookOrder("BTC", "long", 1.0, 1000.0, True),)
    assert cause(MISSING, [cycle(book=book), cycle(MINUTE_MS)], []) is Cause.QUEUE


def test_a_fill_that_the_candle_does_not_show() -> None:
    assert cause(pair_of(None, [filled(price=998.0)]), RUNNING, []) is Cause.CANDLE
    assert cause(pair_of(None, [filled(price=999.0)]), RUNNING, []) is Cause.UNEXPLAINED


def test_an_order_that_met_the_other_side_at_once() -> None:
    extra = pair_of(None, [filled(price=1001.0, after_ms=2_000)])
    assert cause(extra, RUNNING, [written(1_000, price=1001.0)]) is Cause.AT_ONCE


def test_a_market_order_met_the_other_side_at_once_at_any_price() -> None:
    market = dataclasses.replace(written(1_000, price=1001.5), execution="market")
    pair = pair_of(expected(), [filled(price=1001.0, after_ms=1_500)])
    assert cause(pair, RUNNING, [market]) is Cause.AT_ONCE
    assert cause(pair, RUNNING, [written(-60_000, price=1001.5)]) is not Cause.AT_ONCE


def test_somebody_else_s_order() -> None:
    assert cause(pair_of(None, [filled(order_type="")]), RUNNING, []) is Cause.MANUAL


def test_what_follows_from_an_earlier_difference_says_so() -> None:
    assert cause(MISSING, RUNNING, [], [pair_of(None, [filled(price=998.0)])]) is Cause.FOLLOWS


def test_what_follows_from_a_late_fill_has_its_cause() -> None:
    late = pair_of(expected(), [filled(after_ms=2 * MINUTE_MS)])
    assert late.agrees and late.is_shifted
    cycles = [cycle(-5 * MINUTE_MS), cycle(MINUTE_MS, errors={"rate limit": 1}), cycle(2 * MINUTE_MS)]
    later = compare([], [filled(price=999.5, after_ms=90_000)], MARKETS, {"BTC": 1001.0})
    assert cause(later[0], cycles, [], [late]) is Cause.RATE_LIMIT


def test_several_trades_of_one_order_are_one_fill() -> None:
    pair = pair_of(expected(), [filled(0.4), filled(0.6, after_ms=30_000)])
    assert pair.agrees
    assert pair.cost == pytest.approx(0.2)  # the fee was paid twice
    assert (pair.value, pair.shared) == (1000.0, 1000.0)


def test_a_part_shares_its_part_of_the_value() -> None:
    pair = pair_of(expected(), [filled(0.4)])
    assert (pair.value, pair.shared, pair.agrees) == (1000.0, 400.0, False)
    assert pair.cost == pytest.approx(0.6 * 1.0)  # 0.6 bought at 1000 would be worth 1001 each


def test_another_price_shares_nothing() -> None:
    pair = pair_of(expected(), [filled(price=1000.5)])
    assert (pair.shared, pair.agrees) == (0.0, False)
    assert pair.cost == pytest.approx(0.5)
