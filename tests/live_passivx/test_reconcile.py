"""What is sent towards the ideal orders."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tick_snapshots import flat_snapshot, terms

from passivtui.live import Gate, OpenOrder
from passivtui.live.passivx import TickSnapshot, WantedOrder, reconcile


def on_book(number: int, qty: float, price: float, *, is_ours: bool = True) -> OpenOrder:
    return OpenOrder(str(number), f"c{number}", "ETHUSDT", "long", qty, price, qty < 0.0, is_ours)


def want(qty: float, price: float, execution: str = "limit") -> WantedOrder:
    return WantedOrder("long", qty, price, "reentry" if qty > 0.0 else "close", execution)  # type: ignore[arg-type]


def test_orders_that_are_right_stay() -> None:
    snapshot = flat_snapshot(open_orders=(on_book(1, 0.5, 3340.0), on_book(2, -0.5, 3360.004)))
    changes = reconcile(snapshot, [want(0.5, 3340.0), want(-0.5, 3360.0)])
    assert len(changes.kept) == 2 and changes.is_quiet


def test_one_open_order_stands_for_one_wanted_order() -> None:
    changes = reconcile(flat_snapshot(open_orders=(on_book(1, 0.5, 3340.0),)), [want(0.5, 3340.0), want(0.5, 3340.0)])
    assert (len(changes.kept), len(changes.creations), len(changes.cancellations)) == (1, 1, 0)


def test_four_of_each_nearest_first() -> None:
    stale = tuple(on_book(i, -0.5, 3400.0 - i) for i in range(4))
    wanted = [want(0.5, 3300.0 + i) for i in range(6)]
    changes = reconcile(flat_snapshot(open_orders=stale), wanted)
    assert [order.id for order in changes.cancellations] == ["3", "2", "1", "0"]
    assert [order.price for order in changes.creations] == [3305.0, 3304.0, 3303.0, 3302.0]
    assert [each.gate for each in changes.withheld] == [Gate.BATCH, Gate.BATCH]


def test_new_entries_wait_until_stale_ones_are_gone() -> None:
    stale = tuple(on_book(i, 0.5, 3300.0 + i) for i in range(5))
    changes = reconcile(flat_snapshot(open_orders=stale), [want(0.4, 3340.0), want(-0.4, 3360.0)])
    assert [order.price for order in changes.creations] == [3360.0]
    assert len(changes.cancellations) == 4 and len(changes.withheld) == 1


def test_what_goes_at_market_waits_for_nothing() -> None:
    stale = tuple(on_book(i, -0.5, 3400.0 + i) for i in range(9))
    changes = reconcile(flat_snapshot(open_orders=stale), [want(-0.5, 3350.0, "market")])
    assert len(changes.creations) == 1 and not changes.withheld


def test_orders_of_others_are_left_alone() -> None:
    assert reconcile(flat_snapshot(open_orders=(on_book(1, 0.5, 3340.0, is_ours=False),)), []).is_quiet


def test_a_market_order_is_never_on_the_book_already() -> None:
    changes = reconcile(flat_snapshot(open_orders=(on_book(1, -0.5, 3360.0),)), [want(-0.5, 3360.0, "market")])
    assert len(changes.creations) == len(changes.cancellations) == 1


@given(st.lists(st.integers(3300, 3340), max_size=15), st.lists(st.integers(3300, 3340), max_size=15))
def test_repeated_passes_come_to_rest_at_what_is_wanted(open_at: list[int], wanted_at: list[int]) -> None:

    wanted = [want(0.5, float(price)) for price in wanted_at]
    book = [on_book(number, 0.5, float(price)) for number, price in enumerate(open_at)]
    for number in range(100, 120):
        snapshot = TickSnapshot(0, terms(), 1.0, 1.0, 3350.0, 3350.1, 3350.0, 3350.0, open_orders=tuple(book))
        changes = reconcile(snapshot, wanted)
        if changes.is_quiet:
            break
        book = [order for order in book if order not in changes.cancellations]
        book += [on_book(number * 10 + i, o.qty, o.price) for i, o in enumerate(changes.creations)]
    assert sorted(order.price for order in book) == sorted(map(float, wanted_at))
