"""The tick loop on small markets made by hand: fills, stop losses, liquidation, conditions, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from passivx_cases import MARKETS, SETTINGS, demo_data

from passivtui.core import Conditions, EngineInputError, RunControl, SimulationCancelled, TickData, run_ticks
from passivtui.core.tick_layout import CONDITION_FACTS, MOST_CLOSE_ORDERS, TICK_TRADE_DTYPE

FIRST_MS = 1_700_000_000_000
SOLD, BOUGHT = True, False  # who took: somebody sold into the bids, or bought from the asks

PLAIN = {
    **SETTINGS,
    "do_shrt": 0,
    "ema_span": 1.0,
    "ema_spread": 0.0,
    "leverage": 10.0,
    "entry_qty_pct": 0.1,
    "ddown_factor": 1.0,
    "grid_spacing": 0.01,
    "grid_coefficient": 0.0,
    "min_markup": 0.005,
    "max_markup": 0.005,
    "stop_loss_liq_diff": 0.0,
    "stop_loss_pos_price_diff": 1.0,
}


def ticks(*rows: tuple[float, bool], gap_ms: int = 10_000) -> TickData:
    prices = np.array([price for price, _ in rows])
    return TickData(
        FIRST_MS + gap_ms * np.arange(len(rows), dtype=np.int64), prices, np.array([sold for _, sold in rows])
    )


def run(data: TickData, changes: dict[str, float] | None = None, *, kind: str = "linear", **more: Any) -> Any:
    start = more.pop("start", 1000.0 if kind == "linear" else 1.0)
    return run_ticks(data, {**PLAIN, **(changes or {})}, MARKETS[kind], start, **more)


def kinds(simulation: Any) -> list[tuple[int, int]]:
    return [(int(trade["tick"]), int(trade["type"])) for trade in simulation.trades]


ENTRY, REENTRY, CLOSE, STOP_LIQ, STOP_PRICE = range(5)
DIP = [(1000.0, SOLD), (1001.0, BOUGHT), (999.0, SOLD)]  # opens a long at 1000


def test_a_long_opens_below_the_bid_doubles_down_and_closes_above_the_markup() -> None:
    simulation = run(ticks(*DIP, (989.0, SOLD), (995.0, BOUGHT), (1001.0, BOUGHT)))
    assert kinds(simulation) == [(2, ENTRY), (3, REENTRY), (5, CLOSE)]
    entry, reentry, close = simulation.trades
    assert (entry["price"], entry["qty"]) == (1000.0, 1.0)
    assert entry["fee_paid"] == -1000.0 * 0.00018
    assert (reentry["price"], reentry["qty"], reentry["pos_size"]) == (990.0, 1.0, 2.0)
    assert close["qty"] < 0.0
    assert close["pnl"] > 0.0
    assert simulation.ended == "end of data"


def test_a_price_at_the_order_is_not_enough() -> None:
    assert kinds(run(ticks(*DIP, (990.0, SOLD), (985.0, BOUGHT)))) == [(2, ENTRY)]


def test_each_side_can_be_switched_off() -> None:
    data = ticks((1000.0, SOLD), (1001.0, BOUGHT), (999.0, SOLD), (1002.0, BOUGHT))
    assert kinds(run(data, {"do_long": 0})) == []
    both_off = run(data, {"do_long": 0, "do_shrt": 0})
    assert kinds(both_off) == []
    short = run(ticks((1000.0, SOLD), (1001.0, BOUGHT), (1003.0, BOUGHT)), {"do_long": 0, "do_shrt": 1})
    assert [(trade["side"], trade["qty"] < 0) for trade in short.trades] == [(1, True)]


def test_what_follows_a_trade_too_soon_does_not_happen_but_a_reentry_after_a_reentry() -> None:
    rows = (*DIP, (989.0, SOLD), (979.0, SOLD), (1010.0, BOUGHT))
    assert kinds(run(ticks(*rows), latency_ms=0.0)) == [(2, ENTRY), (3, REENTRY), (4, REENTRY), (5, CLOSE)]
    assert kinds(run(ticks(*rows), latency_ms=15_000.0)) == [(2, ENTRY), (4, REENTRY)]
    spread_out = ticks(*DIP, (990.5, SOLD), (989.0, SOLD), (978.0, SOLD), (1010.0, BOUGHT))
    assert kinds(run(spread_out, latency_ms=15_000.0)) == [(2, ENTRY), (4, REENTRY), (5, REENTRY)]


def test_a_stop_loss_is_armed_by_a_loss_of_price_and_sells_at_the_ask() -> None:
    changes = {"stop_loss_pos_price_diff": 0.004, "stop_loss_pos_reduction": 0.3, "grid_spacing": 0.05}
    simulation = run(ticks(*DIP, (995.0, BOUGHT), (994.0, SOLD), (996.0, BOUGHT)), changes)
    assert kinds(simulation) == [(2, ENTRY), (5, STOP_PRICE)]
    stop = simulation.trades[1]
    assert (stop["price"], stop["qty"]) == (995.0, -0.3)
    assert stop["pnl"] < 0.0
    assert stop["loss_cumsum"] == stop["pnl"]
    assert stop["profit_cumsum"] == 0.0


def test_an_armed_stop_loss_also_sells_where_the_price_has_come_back_but_nothing_closes() -> None:
    changes = {"stop_loss_pos_price_diff": 0.004, "stop_loss_pos_reduction": 0.3, "grid_spacing": 0.05}
    simulation = run(ticks(*DIP, (995.0, BOUGHT), (994.0, SOLD), (1002.0, BOUGHT)), changes)
    assert kinds(simulation) == [(2, ENTRY), (5, STOP_PRICE)]
    assert simulation.trades[1]["price"] == 995.0
    closed = run(ticks(*DIP, (995.0, BOUGHT), (994.0, SOLD), (1006.0, BOUGHT)), changes)
    assert kinds(closed) == [(2, ENTRY), (5, CLOSE)]


def test_a_stop_loss_that_reduces_by_nothing_is_none_when_accounting_is_true() -> None:
    changes = {"stop_loss_pos_price_diff": 0.004, "stop_loss_pos_reduction": 0.0, "grid_spacing": 0.05}
    rows = ticks(*DIP, (995.0, BOUGHT), (994.0, SOLD), (996.0, BOUGHT))
    assert kinds(run(rows, changes, accounting="true")) == [(2, ENTRY)]
    assert kinds(run(rows, changes, accounting="original")) == [(2, ENTRY), (5, STOP_PRICE)]


def test_a_stop_loss_is_armed_by_a_near_liquidation() -> None:
    changes = {"stop_loss_liq_diff": 0.11, "entry_qty_pct": 1.0, "stop_loss_pos_reduction": 0.5}
    simulation = run(ticks(*DIP, (998.0, BOUGHT), (995.0, SOLD), (999.0, BOUGHT)), changes)
    assert kinds(simulation) == [(2, ENTRY), (5, STOP_LIQ)]
    assert simulation.trades[0]["liq_price"] * 1.11 > 995.0


def test_the_true_balance_falls_where_the_originals_stays_at_its_start() -> None:
    changes = {"stop_loss_pos_price_diff": 0.004, "stop_loss_pos_reduction": 1.0, "grid_spacing": 0.05}
    rows = ticks(*DIP, (995.0, BOUGHT), (994.0, SOLD), (996.0, BOUGHT))
    true, original = (run(rows, changes, accounting=name) for name in ("true", "original"))
    assert kinds(true) == kinds(original)
    assert original.balance == 1000.0
    assert true.balance == pytest.approx(1000.0 + true.trades["pnl"].sum() + true.trades["fee_paid"].sum())
    assert true.balance < 995.0


def test_a_true_run_ends_where_equity_is_the_maintenance_margin() -> None:
    changes = {"entry_qty_pct": 1.0, "grid_spacing": 0.5}
    simulation = run(ticks(*DIP, (905.0, SOLD), (903.0, BOUGHT), (850.0, SOLD)), changes, accounting="true")
    (entry,) = simulation.trades
    liquidation = float(entry["liq_price"])
    assert 903.0 < liquidation < 905.0  # (10 x 1000 − 998.2) / (10 x 0.996)
    assert liquidation == pytest.approx((10.0 * 1000.0 - entry["actual_balance"]) / (10.0 * 0.996))
    assert (simulation.ended, simulation.end_tick) == ("liquidation", 4)


def test_the_original_counts_the_margin_twice_and_lives_on() -> None:
    changes = {"entry_qty_pct": 1.0, "grid_spacing": 0.5}
    simulation = run(ticks(*DIP, (905.0, SOLD), (903.0, BOUGHT), (850.0, SOLD)), changes, accounting="original")
    assert simulation.ended == "end of data"
    assert simulation.trades[0]["liq_price"] < 810.0


def test_a_true_run_ends_when_a_closed_position_leaves_nothing() -> None:
    market = {**MARKETS["linear"], "maker_fee": 0.06}  # the fees of a whole leveraged balance eat it up
    changes = {**PLAIN, "entry_qty_pct": 1.0}
    simulation = run_ticks(ticks(*DIP, (1010.0, BOUGHT), (1011.0, BOUGHT)), changes, market, 1000.0, accounting="true")
    assert simulation.balance <= 0.0
    assert simulation.ended == "liquidation"


def test_inverse_entries_average_harmonically_when_accounting_is_true() -> None:
    rows = ticks((1000.0, SOLD), (1001.0, BOUGHT), (999.0, SOLD), (980.0, SOLD))
    true, original = (run(rows, kind="inverse", accounting=name) for name in ("true", "original"))
    sizes = true.trades["qty"]
    assert kinds(true) == kinds(original) == [(2, ENTRY), (3, REENTRY)]
    harmonic = sizes.sum() / (sizes / true.trades["price"]).sum()
    arithmetic = (sizes * original.trades["price"]).sum() / sizes.sum()
    assert true.trades["pos_price"][-1] == pytest.approx(harmonic, rel=1e-12)
    assert original.trades["pos_price"][-1] == pytest.approx(arithmetic, rel=1e-12)
    assert harmonic < arithmetic


def test_reentries_stop_where_the_leveraged_balance_is_used_up() -> None:
    changes = {"entry_qty_pct": 0.6, "ddown_factor": 5.0}
    rows = ticks((1000.0, SOLD), (1001.0, BOUGHT), (999.0, SOLD), (980.0, SOLD), (900.0, SOLD))
    simulation = run(rows, changes, kind="inverse", accounting="original")
    assert kinds(simulation) == [(2, ENTRY), (3, REENTRY)]
    limit = simulation.trades["actual_balance"][0] * 990.0 * 10.0
    assert limit - 1.0 < simulation.trades["pos_size"][-1] <= limit
    assert simulation.trades["reentry_price"][-1] == 0.5  # the price step: never reached


def test_the_true_run_skips_a_close_that_noise_left_without_quantity() -> None:
    changes = {"entry_qty_pct": 0.0009, "max_markup": 0.01, "n_close_orders": 9, "min_close_qty_multiplier": 0.0}
    rows = ticks(*DIP, (1006.0, BOUGHT))
    true, original = (run(rows, changes, accounting=name) for name in ("true", "original"))
    assert original.trades["qty"].tolist() == [0.009, 0.0]
    assert true.trades["qty"].tolist() == [0.009, -0.001]
    assert true.trades["price"][-1] > original.trades["price"][-1]


def test_a_closed_position_has_no_reentry_and_no_liquidation() -> None:
    close = run(ticks(*DIP, (1010.0, BOUGHT))).trades[-1]
    assert close["pos_size"] == close["liq_price"] == 0.0
    assert np.isnan(close["reentry_price"])


def test_neighbours_of_one_price_are_merged_to_the_first() -> None:
    data = TickData(
        np.arange(5, dtype=np.int64), np.array([1.0, 1.0, 2.0, 2.0, 1.0]), np.array([True, False, True, True, False])
    )
    assert data.timestamp_ms.tolist() == [0, 2, 4]
    assert data.buyer_is_maker.tolist() == [True, True, False]
    assert (len(data), data.n_trades) == (3, 5)
    with pytest.raises(ValueError, match="read-only"):
        data.price[0] = 3.0


# ---- conditions


def test_a_condition_ends_the_run_where_it_holds() -> None:
    fact = CONDITION_FACTS.index
    third = [("fact", fact("n_trades")), ("number", 3), ("greater_or_equal", 0)]
    never = [("number", 1), ("number", 2), ("greater", 0)]
    simulation = run(
        ticks(*DIP, (989.0, SOLD), (1010.0, BOUGHT), (1011.0, BOUGHT)), conditions=Conditions([never, third])
    )
    assert (simulation.ended, simulation.broken_by, len(simulation.trades)) == ("break", 1, 3)


def test_every_fact_of_a_condition_is_that_column_of_the_trade() -> None:
    expected = run_ticks(demo_data("ETHUSDT"), SETTINGS, MARKETS["linear"], 1000.0).trades[:40]
    names = TICK_TRADE_DTYPE.names or ()
    for name in (*names, "n_trades", "n_ticks"):
        wanted = {"n_trades": 40.0, "n_ticks": float(len(demo_data("ETHUSDT")))}.get(name)
        wanted = float(expected[-1][name]) if wanted is None else wanted
        place = CONDITION_FACTS.index(name)
        at_40 = [("fact", CONDITION_FACTS.index("n_trades")), ("number", 40), ("equal", 0)]
        same = [("fact", place), ("number", wanted), ("equal", 0)]
        if np.isnan(wanted):
            same = [("fact", place), ("fact", place), ("not_equal", 0)]
        conditions = Conditions([[*at_40, *same, ("and", 0)]])
        simulation = run_ticks(demo_data("ETHUSDT"), SETTINGS, MARKETS["linear"], 1000.0, conditions=conditions)
        assert (simulation.ended, len(simulation.trades)) == ("break", 40), name


def test_nothing_is_true_of_a_trade_before_the_first() -> None:
    place = CONDITION_FACTS.index("price")
    anything = [("fact_before", place), ("number", 0), ("greater_or_equal", 0)]
    simulation = run(ticks(*DIP, (989.0, SOLD), (1010.0, BOUGHT)), conditions=Conditions([anything]))
    assert (simulation.ended, len(simulation.trades)) == ("break", 2)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ([("add", 0)], "more from its stack"),
        ([("number", 1), ("less", 0)], "more from its stack"),
        ([("number", 1), ("number", 1)], "one number"),
        ([], "one number"),
        ([("fact", 99)], "fact 99"),
        ([("fact", -1)], "fact -1"),
        ([("fact", 0.5)], r"fact 0\.5"),
        ([("exec", 0)], "no step"),
        ([("number", 1)] * 40 + [("add", 0)] * 39, "too deeply"),
    ],
)
def test_a_program_that_makes_no_sense_is_refused(program: list[tuple[str, float]], reason: str) -> None:
    with pytest.raises(EngineInputError, match=reason):
        Conditions([program])


# ---- what is refused


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_a_price_that_is_none_is_refused_and_named(price: float) -> None:
    with pytest.raises(EngineInputError, match="trade 1 has the price"):
        ticks((1000.0, SOLD), (price, SOLD), (1001.0, SOLD))


def test_trades_out_of_order_are_refused() -> None:
    times = np.array([0, 10, 4], dtype=np.int64)
    with pytest.raises(EngineInputError, match="trade 2 is 6 ms before the one in front of it"):
        TickData(times, np.array([1.0, 2.0, 3.0]), np.zeros(3, dtype=bool))


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (([0, 1], [1.0, 2.0], [True, True]), "timestamp_ms must be"),
        ((np.zeros(2), np.ones(2), np.zeros(2, dtype=bool)), "timestamp_ms must be"),
        ((np.zeros(2, dtype=np.int64), np.ones(2), np.zeros(2)), "buyer_is_maker must be"),
        ((np.zeros(2, dtype=np.int64), np.ones(3), np.zeros(2, dtype=bool)), "price holds 3"),
        ((np.zeros(2, dtype=np.int64), np.ones(2), np.zeros(2, dtype=bool)), "two trades of different prices"),
        ((np.zeros(0, dtype=np.int64), np.ones(0), np.zeros(0, dtype=bool)), "two trades of different prices"),
    ],
)
def test_columns_of_another_form_are_refused(columns: Any, reason: str) -> None:
    with pytest.raises(EngineInputError, match=reason):
        TickData(*columns)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("leverage", 0.0),
        ("balance_pct", 0.0),
        ("grid_spacing", 0.0),
        ("grid_spacing", float("nan")),
        ("ema_span", -1.0),
        ("min_markup", -1.0),
        ("max_markup", 1.5),
        ("ema_spread", 1.0),
        ("n_close_orders", 0.0),
        ("n_close_orders", MOST_CLOSE_ORDERS + 1.0),
        ("entry_qty_pct", "much"),
        ("ddown_factor", float("inf")),
    ],
)
def test_settings_that_can_not_be_run_are_refused(name: str, value: Any) -> None:
    with pytest.raises(EngineInputError, match=name):
        run(ticks(*DIP), {name: value})


def test_a_missing_setting_is_named() -> None:
    settings = {name: value for name, value in PLAIN.items() if name != "ema_span"}
    with pytest.raises(EngineInputError, match="ema_span is missing"):
        run_ticks(ticks(*DIP), settings, MARKETS["linear"], 1000.0)


@pytest.mark.parametrize("changes", [{"price_step": 0.0}, {"qty_step": -1.0}, {"max_leverage": 0.0}, {"min_qty": -1.0}])
def test_a_market_that_is_none_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(EngineInputError, match=next(iter(changes))):
        run_ticks(ticks(*DIP), PLAIN, {**MARKETS["linear"], **changes}, 1000.0)


@pytest.mark.parametrize(
    "more", [{"start": 0.0}, {"start": float("nan")}, {"latency_ms": -1.0}, {"accounting": "fair"}]
)
def test_a_run_that_makes_no_sense_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(EngineInputError):
        run(ticks(*DIP), **more)


def test_a_cancelled_run_raises() -> None:
    control = RunControl()
    control.cancel()
    with pytest.raises(SimulationCancelled):
        run(ticks(*DIP), control=control)
