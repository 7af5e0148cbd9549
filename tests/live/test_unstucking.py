"""One unstuck order for the whole account, in place of the closes of its own side (`spec/live.md` §5)."""

from __future__ import annotations

from typing import Any

import pytest
from live_snapshots import TRAILING, UNSTUCKING, a_coin, a_config, a_snapshot, indicators, long_position, open_order

from passivtui.config import Approved
from passivtui.live import Gate, OrderClass, PnlHistory, Position, Snapshot, plan
from passivtui.live.situation import Situation
from passivtui.live.unstucking import loss_allowances

CONFIG = a_config(long=UNSTUCKING | {"n_positions": 2, "total_wallet_exposure_limit": 2.0}, short=UNSTUCKING)
BOTH = Approved(("BTC", "ETH"), ("BTC", "ETH"))


def account(**changes: Any) -> Snapshot:
    """BTC is 5 % under water, ETH 2 %; both are full enough."""
    held = (long_position(8.0, 105.0, "BTC"), long_position(8.0, 102.0, "ETH"))
    return a_snapshot(CONFIG, **{"coins": ("BTC", "ETH"), "approved": BOTH, "positions": held, **changes})


def unstuck(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(order.coin, order.side) for order in plan(snapshot).orders if order.kind is OrderClass.UNSTUCK]


def test_the_least_stuck_position_goes_first_and_alone() -> None:
    snapshot = account()
    assert unstuck(snapshot) == [("ETH", "long")]
    closes = {order.coin: order.kind for order in plan(snapshot).orders if order.part == "close"}
    assert closes == {"BTC": OrderClass.GRID_CLOSE, "ETH": OrderClass.UNSTUCK}
    assert [r.gate for r in plan(snapshot).why("BTC", "long") if r.kind is OrderClass.UNSTUCK] == [Gate.ONE_UNSTUCK]


def test_closes_of_the_other_side_stay() -> None:
    both_sides = (long_position(8.0, 102.0, "ETH"), Position("ETH", "short", -1.0, 101.0))
    orders = plan(account(positions=both_sides)).orders
    kinds = {order.side: order.kind for order in orders if order.part == "close"}
    assert kinds == {"long": OrderClass.UNSTUCK, "short": OrderClass.GRID_CLOSE}


def test_entries_of_the_coin_stay() -> None:
    assert any(order.coin == "ETH" and order.part == "entry" for order in plan(account()).orders)


def test_nothing_is_unstuck_once_the_allowance_is_used_up() -> None:
    lost = account(pnl=PnlHistory(peak=0.0, last=-200.0))
    assert unstuck(lost) == []
    assert {r.gate for r in plan(lost).withheld if r.kind is OrderClass.UNSTUCK} == {Gate.ALLOWANCE}


def test_the_allowance_is_weighted_by_the_side_s_exposure_limit() -> None:
    allowances = loss_allowances(Situation(account()))
    assert allowances == {"long": pytest.approx(1000.0 * 0.05 * 2.0), "short": pytest.approx(1000.0 * 0.05 * 1.0)}
    behind = loss_allowances(Situation(account(pnl=PnlHistory(peak=30.0, last=10.0))))
    assert behind["long"] == pytest.approx(1020.0 * 0.05 * 2.0 - 20.0)


def test_nothing_is_unstuck_before_the_price_reaches_the_band() -> None:
    far = {coin: a_coin(long=indicators(upper=120.0)) for coin in ("BTC", "ETH")}
    waiting = account(coins=far)
    assert unstuck(waiting) == []
    reasons = [r for r in plan(waiting).withheld if r.kind is OrderClass.UNSTUCK]
    assert {r.gate for r in reasons} == {Gate.EMA_DISTANCE}
    assert dict(reasons[0].numbers) == {"price": 100.0, "trigger": 114.0}


def test_what_a_person_manages_takes_no_part() -> None:
    assert unstuck(account(commanded_mode="manual")) == []
    assert unstuck(account(commanded_mode="tp_only")) == [("ETH", "long")]


def test_a_coin_whose_band_is_not_known_does_not_keep_the_others_back() -> None:
    coins = {"BTC": a_coin(), "ETH": a_coin(long=indicators(band=None))}
    assert unstuck(account(coins=coins)) == [("BTC", "long")]


def test_an_unstuck_close_replaces_even_what_was_left_alone() -> None:
    """Extremes that are not known leave trailing closes as they are, until something else takes their place."""
    config = a_config(long=UNSTUCKING | TRAILING)
    blind = {"ETH": a_coin(long=indicators(trailing=None))}
    old = open_order(-4.0, 104.0, coin="ETH")
    held = (long_position(8.0, 102.0, "ETH"),)
    planned = plan(a_snapshot(config, coins=blind, positions=held, open_orders=(old,)))
    assert planned.cancellations == (old,)
    assert [order.kind for order in planned.creations] == [OrderClass.UNSTUCK]
    calm = a_config(long=TRAILING)
    assert plan(a_snapshot(calm, coins=blind, positions=held, open_orders=(old,))).is_quiet


def test_a_position_below_the_threshold_is_not_stuck() -> None:
    small = account(positions=(long_position(3.0, 105.0, "BTC"),))
    assert unstuck(small) == [] and not [r for r in plan(small).withheld if r.kind is OrderClass.UNSTUCK]
