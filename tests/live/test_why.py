"""The answer to "why is this order here?": its formula, with the numbers that the plan was made from."""

from __future__ import annotations

import re

from live_snapshots import TRAILING, UNSTUCKING, a_coin, a_config, a_snapshot, indicators, long_position

from passivtui.core import Trailing
from passivtui.live import OrderClass, Position, Snapshot, plan
from passivtui.live.why import why


def answers(snapshot: Snapshot) -> dict[str, list[str]]:
    """Order type -> the answers of its orders, nearest first."""
    planned = plan(snapshot)
    found: dict[str, list[str]] = {}
    for order in planned.orders:
        found.setdefault(order.type, []).append("\n".join(why(snapshot, planned, order)))
    return found


def test_a_first_entry_tells_balance_limit_and_band() -> None:
    (answer,) = answers(a_snapshot(a_config(), coins={"BTC": a_coin(100.0, long=indicators(lower=98.5))}))[
        "entry_initial_normal_long"
    ]
    assert "bid 100 or EMA band (lower) 98.5" in answer
    assert "balance 1,000 x limit 1 x entry_initial_qty_pct 0.05" in answer
    assert re.search(r"after it: 0\.\d+ at 98\.5 on average, exposure 0\.0[45]", answer)


def test_each_rung_begins_where_the_one_before_it_ends() -> None:
    rungs = answers(a_snapshot(positions=(long_position(1.0, 100.0),)))["entry_grid_normal_long"]
    assert len(rungs) >= 2
    averages = [re.search(r"after it: ([\d.]+) at ([\d.]+)", rung) for rung in rungs]
    for before, rung in zip(averages, rungs[1:], strict=False):
        assert before is not None
        assert f"price: average {before[2]} x (1 - entry_grid_spacing_pct 0.02" in rung
        assert f"quantity: position {before[1]} x entry_grid_double_down_factor 1" in rung


def test_closes_trailing_orders_and_unstucking_have_a_formula_too() -> None:
    grid = answers(a_snapshot(positions=(long_position(3.0, 100.0),)))
    assert "close_grid_markup_end 0.005" in grid["close_grid_long"][0]
    turned = Trailing(97.0, 98.5, 103.0, 101.0)
    moved = a_snapshot(
        a_config(long=TRAILING),
        coins={"BTC": a_coin(98.5, long=indicators(trailing=turned))},
        positions=(long_position(1.0, 100.0),),
    )
    trailing = answers(moved)
    assert "entry_trailing_threshold_pct 0.02" in trailing["entry_trailing_normal_long"][0]
    assert "close_trailing_threshold_pct 0.01" in trailing["close_trailing_long"][0]
    stuck = answers(a_snapshot(a_config(long=UNSTUCKING), positions=(long_position(8.0, 102.0),)))
    assert "more than unstuck_threshold 0.4 of the limit 1" in stuck["close_unstuck_long"][0]


def test_every_planned_order_but_a_panic_close_has_one() -> None:
    config = a_config(long=UNSTUCKING, short={"n_positions": 1, "total_wallet_exposure_limit": 1.0})
    snapshot = a_snapshot(config, positions=(long_position(3.0, 101.0), Position("BTC", "short", -12.0, 99.0)))
    planned = plan(snapshot)
    assert len(planned.orders) > 4
    for order in planned.orders:
        assert order.kind is OrderClass.PANIC or "price:" in "\n".join(why(snapshot, planned, order)), order.type


def test_without_a_balance_there_is_no_formula() -> None:
    snapshot = a_snapshot()
    planned = plan(snapshot)
    (line,) = why(a_snapshot(balance=None), planned, planned.orders[0])
    assert "not known" in line
