"""What holds for every snapshot (`design/reliability.md`, invariants)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from live_snapshots import FRESH, NEVER, NOW_MS, STALE, Rules, a_coin, a_config, a_snapshot, indicators, opened

from passivtui.config import Approved
from passivtui.core import Trailing, calc_position
from passivtui.core.rounding import round_to_step
from passivtui.live import AccountAges, OpenOrder, Plan, PnlHistory, Position, SentOrder, Snapshot, VenueTraits, plan
from passivtui.live.exposure import Strategy

COINS = ("AAA", "BBB", "CCC")
FEW = settings(max_examples=120, deadline=None)


def between(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


@st.composite
def sides(draw: st.DrawFn) -> dict[str, Any]:
    ratio = st.sampled_from([0.0, 0.0, 1.0, -1.0, 0.4, -0.4])
    return {
        "n_positions": draw(st.integers(0, 3)),
        "total_wallet_exposure_limit": draw(between(0.2, 3.0)),
        "entry_initial_qty_pct": draw(between(0.02, 0.2)),
        "entry_initial_ema_dist": draw(between(-0.02, 0.02)),
        "entry_grid_spacing_pct": draw(between(0.001, 0.03)),
        "entry_grid_spacing_weight": draw(between(0.0, 5.0)),
        "entry_grid_double_down_factor": draw(between(0.1, 3.0)),
        "entry_trailing_grid_ratio": draw(ratio),
        "entry_trailing_threshold_pct": draw(between(-0.005, 0.03)),
        "entry_trailing_retracement_pct": draw(st.sampled_from([0.0, 0.001, 0.005])),
        "close_trailing_grid_ratio": draw(ratio),
        "close_grid_markup_start": draw(between(0.0, 0.02)),
        "close_grid_markup_end": draw(between(0.0, 0.02)),
        "close_grid_qty_pct": draw(between(0.05, 1.0)),
        "enforce_exposure_limit": draw(st.booleans()),
        "unstuck_loss_allowance_pct": draw(st.sampled_from([0.0, 0.05])),
        "unstuck_threshold": draw(between(0.2, 0.9)),
    }


@st.composite
def coins(draw: st.DrawFn) -> Any:
    price = round_to_step(draw(between(20.0, 400.0)), 0.01)
    low, high = sorted((price * draw(between(0.95, 1.05)), price * draw(between(0.95, 1.05))))
    trailing = st.sampled_from([Trailing(), Trailing(price * 0.9, price, price * 1.1, price), None])
    long, short = (
        indicators(
            lower=low,
            upper=high,
            trailing=draw(trailing),
            band=draw(st.sampled_from([None, indicators(low, high).band])),
        )
        if draw(st.integers(0, 5)) == 0
        else indicators(lower=low, upper=high, trailing=draw(trailing))
        for _ in range(2)
    )
    rules = Rules(qty_step=draw(st.sampled_from([0.001, 0.1])), c_mult=draw(st.sampled_from([1.0, 0.1])))
    age = draw(st.sampled_from([FRESH, FRESH, FRESH, STALE, NEVER]))
    return a_coin(price, market=rules, long=long, short=short, candles=age)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    known = {coin: draw(coins()) for coin in COINS}
    live = {
        "price_distance_threshold": draw(st.sampled_from([0.002, 0.5])),
        "market_orders_allowed": draw(st.booleans()),
        "max_n_creations_per_batch": draw(st.integers(1, 20)),
        "max_n_cancellations_per_batch": draw(st.integers(1, 5)),
        "mimic_backtest_1m_delay": draw(st.booleans()),
        "auto_gs": draw(st.booleans()),
        "forced_mode_long": draw(st.sampled_from(["", "", "", "", "tp_only", "panic", "graceful_stop"])),
    }
    positions, orders = [], []
    for coin, state in known.items():
        for side, sign in (("long", 1.0), ("short", -1.0)):
            if draw(st.booleans()):
                size = round_to_step(sign * draw(between(0.1, 5.0)), state.market.qty_step)
                positions.append(Position(coin, side, size, state.price * draw(between(0.9, 1.1))))
            for _ in range(draw(st.integers(0, 2))):
                qty = round_to_step(draw(between(0.1, 3.0)), state.market.qty_step) * draw(st.sampled_from([1.0, -1.0]))
                price = round_to_step(state.price * draw(between(0.9, 1.1)), 0.01)
                name = f"open{len(orders)}"
                closes = (qty > 0.0) != (side == "long")
                orders.append(OpenOrder(name, name, coin, side, qty, price, closes))
    return a_snapshot(
        a_config(long=draw(sides()), short=draw(sides()), live=live),
        coins=known,
        approved=Approved(COINS, COINS),
        balance=draw(between(100.0, 20_000.0)),
        positions=tuple(positions),
        open_orders=tuple(orders),
        pnl=PnlHistory(50.0, draw(between(-100.0, 50.0))),
        venue=VenueTraits(*(draw(st.booleans()) for _ in range(3)), fills_as_backtest=draw(st.booleans())),
        commanded_mode=draw(st.sampled_from(["", "", "", "panic", "tp_only", "manual"])),
    )


def after(snapshot: Snapshot, planned: Plan) -> Snapshot:
    """The book once the plan was carried out; market orders are rather held back than filled."""
    cancelled = {order.id for order in planned.cancellations}
    kept = tuple(order for order in snapshot.open_orders if order.id not in cancelled)
    limits = [order for order in planned.creations if order.execution == "limit"]
    made = tuple(
        dataclasses.replace(order, id=f"{len(kept)}-{order.id}", client_id=f"{len(kept)}-{order.id}")
        for order in opened(limits)
    )
    sent = tuple(
        SentOrder(f"m{i}", o.coin, o.side, o.qty, o.price, NOW_MS, "market")
        for i, o in enumerate(planned.creations)
        if o.execution == "market"
    )
    return dataclasses.replace(
        snapshot, open_orders=kept + made, sent=snapshot.sent + sent, last_sizing_balance=planned.sizing_balance
    )


def position_of(snapshot: Snapshot, coin: str, side: str) -> tuple[float, float]:
    held = next((p for p in snapshot.positions if (p.coin, p.side) == (coin, side)), None)
    return (0.0, 0.0) if held is None else (held.size, held.price)


def rules_of(market: Any) -> Mapping[str, float]:
    return dataclasses.asdict(market)


@FEW
@given(snapshots())
def test_a_plan_is_the_same_every_time(snapshot: Snapshot) -> None:
    assert plan(snapshot) == plan(snapshot)


@FEW
@given(snapshots())
def test_carried_out_plans_come_to_rest_and_then_want_nothing(snapshot: Snapshot) -> None:
    for _ in range(60):
        planned = plan(snapshot)
        if planned.is_quiet:
            break
        snapshot = after(snapshot, planned)
    assert plan(snapshot).is_quiet
    limits = [order for order in plan(snapshot).orders if order.execution == "limit"]
    assert {pair.planned for pair in plan(snapshot).kept} <= set(limits)


@FEW
@given(snapshots())
def test_position_and_entries_together_stay_within_the_limit(snapshot: Snapshot) -> None:
    """Up to the 1 % that the strategy itself allows, one step of quantity and the market's least order."""
    planned = plan(snapshot)
    assume(planned.creations)
    strategy, book = Strategy(snapshot), after(snapshot, planned)
    for coin, state in snapshot.coins.items():
        for side in ("long", "short"):
            created = [o for o in planned.creations if (o.coin, o.side, o.part) == (coin, side, "entry")]
            if not created:
                continue
            at_market = [order for order in created if order.execution == "market"]
            standing = [o for o in book.own_orders if (o.coin, o.side, o.part) == (coin, side, "entry")]
            size, price = position_of(snapshot, coin, side)
            market = rules_of(state.market)
            largest = 0.0
            for order in sorted([*standing, *at_market], key=lambda order: abs(order.price - state.price)):
                size, price, largest = calc_position(market, snapshot.balance, size, price, order.qty, order.price)
            least = max(state.market.min_cost, 2.0 * state.market.qty_step * state.price * state.market.c_mult)
            limit = strategy.limit(coin, side)
            assert largest <= limit * 1.0101 + 2.0 * least / snapshot.balance


@FEW
@given(snapshots())
def test_closes_never_turn_a_position_round(snapshot: Snapshot) -> None:
    planned = plan(snapshot)
    book = after(snapshot, planned)
    for order in planned.orders:
        assert order.reduce_only == (order.part == "close")
    for coin, state in snapshot.coins.items():
        for side in ("long", "short"):
            size = abs(position_of(snapshot, coin, side)[0])
            if not any((o.coin, o.side, o.part) == (coin, side, "close") for o in planned.creations):
                continue
            standing = [o for o in book.own_orders if (o.coin, o.side, o.part) == (coin, side, "close")]
            at_market = [o for o in planned.creations if (o.coin, o.side, o.part) == (coin, side, "close")]
            total = sum(abs(o.qty) for o in standing) + sum(abs(o.qty) for o in at_market if o.execution == "market")
            panic = any(o.type.startswith("panic") for o in at_market)
            assert panic or total <= size + state.market.qty_step * 0.51


@FEW
@given(snapshots(), st.sampled_from(["positions", "balance", "open_orders"]), st.sampled_from([STALE, NEVER]))
def test_nothing_is_written_while_the_account_is_stale(snapshot: Snapshot, name: str, age: Any) -> None:
    ages = dataclasses.replace(AccountAges(FRESH, FRESH, FRESH, FRESH), **{name: age})
    planned = plan(dataclasses.replace(snapshot, ages=ages))
    assert planned.is_quiet and planned.warnings


@FEW
@given(snapshots())
def test_no_entry_without_a_fresh_price_and_a_band(snapshot: Snapshot) -> None:
    for order in plan(snapshot).orders:
        state = snapshot.coins[order.coin]
        if order.part == "entry":
            assert state.candles.is_fresh and state.side(order.side).band is not None
        if order.kind.value.startswith("trailing"):
            assert state.side(order.side).trailing is not None or _needs_no_extremes(snapshot, order.coin, order)


def _needs_no_extremes(snapshot: Snapshot, coin: str, order: Any) -> bool:
    params = Strategy(snapshot).params(coin, order.side)
    return params[f"{order.part}_trailing_retracement_pct"] <= 0.0


@FEW
@given(snapshots())
def test_whatever_is_approved_and_absent_has_a_reason(snapshot: Snapshot) -> None:
    planned = plan(snapshot)
    busy = {(order.coin, order.side) for order in planned.orders}
    for side in ("long", "short"):
        on = snapshot.config.bot.side(side).is_on
        for coin in snapshot.approved_coins(side):
            if on and (coin, side) not in busy and not snapshot.commanded_mode:
                assert planned.why(coin, side), (coin, side)
