"""What is cancelled and created in one pass, and what waits (`spec/live.md` §6)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from live_snapshots import NOW_MS, a_config, a_snapshot, long_position, open_order, opened

from passivtui.live import Gate, OpenOrder, Plan, PlannedOrder, Position, SentOrder, Snapshot, VenueTraits, plan

HELD = (long_position(2.0),)


def with_open(orders: tuple[OpenOrder, ...], **changes: Any) -> Snapshot:
    return a_snapshot(changes.pop("config", None), **{"positions": HELD, "open_orders": orders, **changes})


def wanted() -> tuple[PlannedOrder, ...]:
    return plan(with_open(())).orders


def moved(order: OpenOrder, *, qty: float = 0.0, price: float = 0.0) -> OpenOrder:
    return dataclasses.replace(order, qty=order.qty + qty, price=order.price + price)


def waiting(planned: Plan) -> set[Gate]:
    return {reason.gate for reason in planned.withheld if reason.order is not None}


def sent(order: PlannedOrder, ago_ms: int = 1_000, **changes: Any) -> SentOrder:
    known = {"client_id": "sent", "sent_ms": NOW_MS - ago_ms, "execution": order.execution}
    return SentOrder(**{**known, **changes}, coin=order.coin, side=order.side, qty=order.qty, price=order.price)


def test_what_is_on_the_book_as_wanted_stays() -> None:
    orders = wanted()
    planned = plan(with_open(opened(orders)))
    assert planned.is_quiet
    assert {pair.planned for pair in planned.kept} == set(orders)


@pytest.mark.parametrize(
    ("qty", "price", "same"),
    [(0.0004, 0.0, True), (0.0, 0.004, True), (0.0006, 0.0, False), (0.0, 0.006, False), (-0.0004, -0.004, True)],
)
def test_half_a_step_makes_no_difference(qty: float, price: float, same: bool) -> None:
    first, *rest = opened(wanted())
    planned = plan(with_open((moved(first, qty=qty, price=price), *rest)))
    assert planned.is_quiet == same


def test_an_open_order_stands_for_one_wanted_order_only() -> None:
    first, *rest = opened(wanted())
    twin = dataclasses.replace(first, id="twin", client_id="twin")
    planned = plan(with_open((first, twin, *rest)))
    assert planned.cancellations == (twin,) and not planned.creations


def test_the_other_side_s_order_is_another_order() -> None:
    both = a_config(short={})
    close_of_long = open_order(-2.0, 101.0)
    held = (*HELD, Position("BTC", "short", -2.0, 100.0))
    planned = plan(with_open((close_of_long,), config=both, positions=held))
    assert all(order.side == "long" for order in planned.cancellations)


def test_new_orders_are_created_nearest_first_and_within_the_batch() -> None:
    config = a_config(live={"max_n_creations_per_batch": 2})
    planned = plan(with_open((), config=config))
    assert planned.creations == wanted()[:2] and len(planned.orders) > 2
    assert waiting(planned) == {Gate.BATCH}


def test_closes_are_cancelled_first_when_not_everything_can_be() -> None:
    config = a_config(live={"max_n_cancellations_per_batch": 2})
    wrong = (open_order(0.5, 97.0), open_order(0.5, 96.0), open_order(-0.5, 120.0), open_order(-0.5, 130.0))
    planned = plan(with_open(wrong, config=config))
    assert [order.price for order in planned.cancellations] == [120.0, 130.0]
    few = plan(with_open(wrong[:2], config=config))
    assert [order.price for order in few.cancellations] == [97.0, 96.0]


def test_an_order_like_one_being_cancelled_waits_for_the_next_pass() -> None:
    first, *rest = opened(wanted())
    planned = plan(with_open((moved(first, price=0.02), *rest)))
    assert len(planned.cancellations) == 1 and not planned.creations
    assert waiting(planned) == {Gate.CANCELLING}
    assert plan(with_open(tuple(rest))).creations == (wanted()[0],)


def test_an_order_just_sent_is_not_sent_again() -> None:
    orders = wanted()
    missing, rest = orders[0], opened(orders)[1:]
    planned = plan(with_open(rest, sent=(sent(missing),)))
    assert planned.is_quiet and waiting(planned) == {Gate.RECENTLY_SENT}
    assert plan(with_open(rest, sent=(sent(missing, 15_000),))).creations == (missing,)
    assert plan(with_open(rest, sent=(sent(missing, outcome="rejected"),))).creations == (missing,)


def test_an_order_that_is_seen_on_the_book_keeps_no_other_back() -> None:
    """Orders of a narrow grid are so alike that one could be taken for another."""
    orders = wanted()
    standing = opened(orders)[1:]
    seen, unseen = sent(orders[0], client_id=standing[0].client_id), sent(orders[0])
    assert plan(with_open(standing, sent=(seen,))).creations == (orders[0],)
    assert plan(with_open(standing, sent=(unseen,))).creations == ()


def test_nothing_replaces_an_order_whose_fate_is_not_known() -> None:
    orders = wanted()
    entry = next(order for order in orders if order.part == "entry")
    unknown = dataclasses.replace(sent(entry, 120_000, outcome="unresolved"), price=90.0)
    planned = plan(with_open((), sent=(unknown,)))
    assert {order.part for order in planned.creations} == {"close"}
    assert waiting(planned) == {Gate.UNRESOLVED}


def test_a_market_order_is_not_repeated_at_another_price() -> None:
    panic = with_open((), commanded_mode="panic")
    (order,) = plan(panic).creations
    earlier = dataclasses.replace(sent(order), price=95.0)
    again = dataclasses.replace(panic, sent=(earlier,))
    assert plan(again).is_quiet and waiting(plan(again)) == {Gate.RECENTLY_SENT}


def test_a_coin_with_a_failed_cancellation_waits_for_the_next_refresh() -> None:
    planned = plan(with_open((open_order(0.5, 90.0),), unsettled=frozenset({"BTC"})))
    assert not planned.creations and len(planned.cancellations) == 1 and Gate.UNSETTLED in waiting(planned)


def test_a_panic_does_not_wait_for_cancellations_where_closes_only_reduce() -> None:
    snapshot = with_open((open_order(-2.0, 120.0),), unsettled=frozenset({"BTC"}), commanded_mode="panic")
    assert len(plan(snapshot).creations) == 1
    careful = dataclasses.replace(snapshot, venue=VenueTraits(reduce_only=False))
    assert not plan(careful).creations


def test_entries_wait_while_wrong_ones_stay_on_the_book() -> None:
    config = a_config(live={"max_n_cancellations_per_batch": 1})
    planned = plan(with_open((open_order(0.5, 91.0), open_order(0.5, 92.0)), config=config))
    assert len(planned.cancellations) == 1
    assert {order.part for order in planned.creations} == {"close"} and waiting(planned) == {Gate.BATCH}


def test_closes_wait_while_wrong_ones_may_still_fill() -> None:
    config = a_config(live={"max_n_cancellations_per_batch": 1})
    planned = plan(with_open((open_order(-1.0, 120.0), open_order(-1.0, 130.0)), config=config))
    assert {order.part for order in planned.creations} == {"entry"} and waiting(planned) == {Gate.BATCH}


def test_market_orders_are_never_taken_for_open_ones() -> None:
    panic = with_open((open_order(-2.0, 100.0),), commanded_mode="panic")
    assert [order.price for order in plan(panic).cancellations] == [100.0]
