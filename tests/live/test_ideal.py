"""Which orders each mode wants, and why one is absent (`spec/live.md` §5)."""

from __future__ import annotations

from typing import Any

import pytest
from live_snapshots import (
    MIMIC,
    PAPER,
    STALE,
    TRAILING,
    Rules,
    a_coin,
    a_config,
    a_snapshot,
    indicators,
    long_position,
    open_order,
)

from passivtui.config.frozen import FrozenMap
from passivtui.config.model import CoinOverride
from passivtui.core import EXCHANGE_PARAMS, MarketState, Trailing, calc_closes, calc_entries
from passivtui.live import Gate, OrderClass, Position, Snapshot, VenueTraits, plan
from passivtui.live.exposure import Strategy
from passivtui.live.situation import sizing_balance

RULES = {name: getattr(Rules(), name) for name in EXCHANGE_PARAMS}


def in_mode(mode: str, **changes: Any) -> Snapshot:
    config = a_config(short={}, overrides={"BTC": CoinOverride(live=FrozenMap({"forced_mode_long": mode}))})
    return a_snapshot(config, **changes)


def parts(snapshot: Snapshot, side: str = "long") -> set[str]:
    return {order.part for order in plan(snapshot).orders if order.side == side}


def gates(snapshot: Snapshot, kind: OrderClass | None = None) -> list[Gate]:
    return [reason.gate for reason in plan(snapshot).why("BTC", "long") if kind is None or reason.kind is kind]


@pytest.mark.parametrize(
    ("mode", "held", "wanted"),
    [
        ("normal", True, {"entry", "close"}),
        ("normal", False, {"entry"}),
        ("graceful_stop", True, {"entry", "close"}),
        ("graceful_stop", False, set()),
        ("tp_only", True, {"close"}),
        ("tp_only", False, set()),
        ("manual", True, set()),
        ("manual", False, set()),
        ("panic", True, {"close"}),
        ("panic", False, set()),
    ],
)
def test_what_a_mode_wants(mode: str, held: bool, wanted: set[str]) -> None:
    assert parts(in_mode(mode, positions=(long_position(),) if held else ())) == wanted


@pytest.mark.parametrize(
    ("mode", "cancelled"),
    [("normal", {"entry", "close"}), ("tp_only", {"close"}), ("manual", set()), ("panic", {"entry", "close"})],
)
def test_what_a_mode_cancels(mode: str, cancelled: set[str]) -> None:
    wrong = (open_order(0.3, 90.0), open_order(-0.3, 120.0))
    planned = plan(in_mode(mode, positions=(long_position(),), open_orders=wrong))
    assert {order.part for order in planned.cancellations} == cancelled


@pytest.mark.parametrize("side", ["long", "short"])
def test_orders_are_those_of_the_engine(side: Any) -> None:
    config = a_config(short={})
    held = Position("BTC", side, 2.0 if side == "long" else -2.0, 100.5)
    snapshot = a_snapshot(config, coins={"BTC": a_coin(100.0)}, positions=(held,))
    params = Strategy(snapshot).params("BTC", side)
    state = MarketState(1000.0, 100.0, 100.0, 101.0, 99.0)
    expected = [
        order
        for calc in (calc_entries, calc_closes)
        for order in calc(side, RULES, params, state, (held.size, held.price), Trailing())
    ]
    planned = [(o.qty, o.price, o.type) for o in plan(snapshot).orders if o.side == side]
    assert len(planned) > 2 and sorted(planned) == sorted(tuple(order) for order in expected)


def test_first_shorts_are_placed_from_the_upper_band() -> None:
    band = indicators(lower=90.0, upper=110.0)
    snapshot = a_snapshot(a_config(short={}), coins={"BTC": a_coin(100.0, short=band, long=band)})
    first = {order.side: order.price for order in plan(snapshot).orders if order.kind is OrderClass.INITIAL_ENTRY}
    assert first == {"long": 90.0, "short": 110.0}


@pytest.mark.parametrize("side", ["long", "short"])
def test_a_panic_closes_everything_at_the_market(side: Any) -> None:
    size = 3.0 if side == "long" else -3.0
    snapshot = a_snapshot(a_config(short={}), positions=(Position("BTC", side, size, 90.0),), commanded_mode="p")
    (order,) = plan(snapshot).orders
    assert (order.qty, order.price, order.type) == (-size, 100.0, f"panic_close_{side}")
    assert order.execution == "market" and order.reduce_only


def test_a_panic_needs_no_price_where_it_may_go_to_the_market() -> None:
    blind: dict[str, Any] = {"coins": {"BTC": a_coin(candles=STALE)}, "positions": (long_position(),)}
    assert [order.execution for order in plan(in_mode("panic", **blind)).orders] == ["market"]
    limit_only = in_mode("panic", venue=VenueTraits(market_orders=False), **blind)
    assert plan(limit_only).orders == () and Gate.INPUT in gates(limit_only)


def test_a_full_position_has_no_entries_and_says_so() -> None:
    snapshot = a_snapshot(positions=(long_position(10.0),))
    assert parts(snapshot) == {"close"}
    (reason,) = plan(snapshot).why("BTC", "long")
    assert reason.gate is Gate.EXPOSURE and dict(reason.numbers) == {"exposure": 1.0, "limit": 1.0}


def test_a_limit_of_zero_says_so() -> None:
    override = CoinOverride(long=FrozenMap({"wallet_exposure_limit": 0.0}))
    config = a_config(overrides={"BTC": override}, live={"filter_by_min_effective_cost": False})
    assert gates(a_snapshot(config)) == [Gate.EXPOSURE]


def test_trailing_orders_say_what_they_wait_for() -> None:
    config = a_config(long=TRAILING)
    waiting = a_snapshot(config, positions=(long_position(),))
    assert plan(waiting).orders == ()
    assert gates(waiting) == [Gate.TRAILING, Gate.TRAILING]
    turned = indicators(trailing=Trailing(97.0, 98.5, 101.5, 97.0))
    entry = plan(a_snapshot(config, coins={"BTC": a_coin(98.0, long=turned)}, positions=(long_position(),))).orders
    assert {order.kind for order in entry} >= {OrderClass.TRAILING_ENTRY}


def test_the_limit_is_shared_by_slots_or_by_positions_if_they_are_more() -> None:
    long = {"n_positions": 3, "total_wallet_exposure_limit": 2.0}
    snapshot = a_snapshot(a_config(long=long), coins=("A", "B", "C", "D"))
    assert Strategy(snapshot).limit("A", "long") == 0.66666667
    held = tuple(long_position(coin=coin) for coin in "ABCD")
    assert Strategy(a_snapshot(a_config(long=long), coins=tuple("ABCD"), positions=held)).limit("A", "long") == 0.5
    assert Strategy(a_snapshot(a_config(long=long), coins=("A",))).limit("A", "long") == 2.0
    exact = a_config(long=long, live=MIMIC)
    assert Strategy(a_snapshot(exact, coins=("A", "B", "C"), venue=PAPER)).limit("A", "long") == 2.0 / 3.0


def test_an_override_of_the_limit_is_taken_as_it_is() -> None:
    override = CoinOverride(long=FrozenMap({"wallet_exposure_limit": 0.123456789012}))
    assert Strategy(a_snapshot(a_config(overrides={"BTC": override}))).limit("BTC", "long") == 0.123456789012


@pytest.mark.parametrize(
    ("balance", "last", "sizing"), [(1000.0, None, 1000.0), (1037.0, 1000.0, 1000.0), (1038.0, 1000.0, 1050.0)]
)
def test_collateral_moves_the_sizing_balance_in_steps(balance: float, last: float | None, sizing: float) -> None:
    venue = VenueTraits(balance_follows_collateral=True)
    snapshot = a_snapshot(balance=balance, last_sizing_balance=last, venue=venue)
    assert sizing_balance(snapshot) == sizing == plan(snapshot).sizing_balance
    assert sizing_balance(a_snapshot(balance=balance, last_sizing_balance=last)) == balance
