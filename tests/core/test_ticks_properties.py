"""What must hold of the arithmetic and the ladders for any numbers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from passivx_cases import MARKETS, SETTINGS

from passivtui.core import TickData, contracts, run_ticks, tick_orders

KINDS = st.sampled_from(["linear", "inverse"])
PRICES = st.floats(1.0, 1e5)
SIZES = st.floats(0.001, 1e4)
BALANCES = st.floats(0.01, 1e6)
LEVERAGES = st.floats(1.0, 100.0)
SIGNS = st.sampled_from([1.0, -1.0])


@given(KINDS, PRICES, PRICES, SIZES)
def test_what_a_long_gains_a_short_loses(kind: str, entry: float, close: float, qty: float) -> None:
    long, short = (contracts.contract_pnl(side, MARKETS[kind], entry, close, qty) for side in ("long", "shrt"))
    assert long == -short
    back = contracts.contract_pnl("long", MARKETS[kind], close, entry, qty)
    assert back == -long
    assert (long > 0.0) == (close > entry) or math.isclose(close, entry, rel_tol=1e-12)


@given(KINDS, BALANCES, SIZES, SIGNS, PRICES)
def test_at_the_true_liquidation_price_equity_is_the_maintenance_margin(
    kind: str, balance: float, size: float, sign: float, price: float
) -> None:
    market, rate = MARKETS[kind], 0.004 if kind == "linear" else 0.005
    liquidation = contracts.liquidation_price(market, balance, sign * size, price, 10.0)
    assume(0.0 < liquidation < 1e12)
    side = "long" if sign > 0 else "shrt"
    equity = balance + contracts.contract_pnl(side, market, price, liquidation, size)
    held = contracts.contract_cost(market, size, liquidation)
    scale = balance + contracts.contract_cost(market, size, price) + held
    assert math.isclose(equity, held * rate, rel_tol=1e-9, abs_tol=1e-9 * scale)


@given(KINDS, st.sampled_from(["true", "original"]), BALANCES, SIZES, PRICES, st.floats(1.01, 10.0))
def test_more_balance_moves_liquidation_away_from_a_long(
    kind: str, accounting: str, balance: float, size: float, price: float, factor: float
) -> None:
    market = MARKETS[kind]
    near, far = (
        contracts.liquidation_price(market, b, size, price, 10.0, accounting) for b in (balance, balance * factor)
    )
    assert far <= near * (1.0 + 1e-9)


@given(KINDS, BALANCES, SIZES, PRICES, st.floats(1.01, 10.0))
def test_more_balance_moves_the_true_liquidation_away_from_a_short(
    kind: str, balance: float, size: float, price: float, factor: float
) -> None:
    market = MARKETS[kind]
    near, far = (contracts.liquidation_price(market, b, -size, price, 10.0) for b in (balance, balance * factor))
    assert far == 0.0 or far >= near * (1.0 - 1e-9)


@given(KINDS, SIZES, PRICES, SIZES, PRICES, SIGNS)
def test_the_average_price_lies_between_and_keeps_the_profit(
    kind: str, size: float, price: float, qty: float, entry: float, sign: float
) -> None:
    market, side = MARKETS[kind], "long" if sign > 0 else "shrt"
    average = contracts.average_entry_price(market, sign * size, price, sign * qty, entry)
    assert min(price, entry) * (1 - 1e-12) <= average <= max(price, entry) * (1 + 1e-12)
    parts = [
        contracts.contract_pnl(side, market, each, 1.1 * price, part) for each, part in ((price, size), (entry, qty))
    ]
    whole = contracts.contract_pnl(side, market, average, 1.1 * price, size + qty)
    scale = sum(contracts.contract_cost(market, part, each) for each, part in ((price, size), (entry, qty)))
    assert math.isclose(whole, sum(parts), abs_tol=1e-9 * scale)


@given(
    *(st.integers(1, 4000), SIGNS, st.integers(10, 100_000), st.floats(0.9, 1.1), st.integers(1, 200)),
    *(st.floats(0.0, 0.05), st.floats(0.0, 0.05), st.integers(1, 60)),
)
@settings(max_examples=300)
def test_closes_never_exceed_the_position_and_start_at_the_nearest(
    steps: int, sign: float, price_steps: int, book_factor: float, n: int, low: float, high: float, smallest: int
) -> None:
    market = MARKETS["linear"]
    size, pos_price = sign * contracts.round_nearest(steps * 0.001, 0.001), price_steps * 0.01
    book = contracts.round_up(pos_price * book_factor, 0.01)
    chosen = {**SETTINGS, "min_markup": min(low, high), "max_markup": max(low, high), "n_close_orders": n}
    orders = tick_orders.close_ladder(market, chosen, size, pos_price, book, smallest * 0.001)
    assert orders
    assert len(orders) <= n
    assert all(order.qty * sign < 0.0 for order in orders)
    total = sum(-order.qty * sign for order in orders)
    assert total <= abs(size) * (1.0 + 1e-12)
    assert abs(size) - total < 0.0011 or len(orders) == 1  # noise may leave one step over
    prices = [order.price * sign for order in orders]
    assert prices == sorted(set(prices))
    assert all(price >= book * sign for price in prices)


@given(SIGNS, st.floats(10.0, 1e4), st.floats(0.5, 0.9999), st.floats(0.0, 5.0), st.floats(0.0, 300.0))
def test_reentries_lead_away_from_the_price_and_never_exceed_the_limit(
    sign: float, balance: float, fraction: float, ddown: float, coefficient: float
) -> None:
    chosen = {**SETTINGS, "ddown_factor": ddown, "grid_coefficient": coefficient}
    book = 1600.0 * (fraction if sign > 0 else 2.0 - fraction)
    size = sign * contracts.first_entry_qty(MARKETS["linear"], chosen, balance, 1600.0)
    ladder = tick_orders.reentry_ladder(MARKETS["linear"], chosen, balance, balance, size, 1600.0, book, book, 20)
    prices = [order.price * sign for order in ladder]
    assert all(nearer >= farther for nearer, farther in pairwise(prices))
    assert all(price <= book * sign for price in prices)
    total = abs(size) + sum(abs(order.qty) for order in ladder)
    if ladder:
        assert total <= contracts.max_position(MARKETS["linear"], balance, ladder[-1].price, chosen["leverage"])


@given(KINDS, st.integers(0, 2**32 - 1), st.floats(0.001, 0.2), st.floats(0.0, 2.0), LEVERAGES)
@settings(max_examples=60)
def test_the_books_of_a_run_balance(kind: str, seed: int, entry: float, ddown: float, leverage: float) -> None:
    market = {**MARKETS[kind], "maker_fee": 0.0004}
    random = np.random.default_rng(seed)
    moves = np.cumsum(random.normal(0.0, 0.0015, 3000))
    price = np.round(2000.0 * np.exp(moves) / market["price_step"]) * market["price_step"]
    times = 1_700_000_000_000 + np.cumsum(random.integers(1, 5000, 3000))
    ticks = TickData(times, price, random.random(3000) < 0.5)
    chosen = {**SETTINGS, "entry_qty_pct": entry, "ddown_factor": ddown, "leverage": leverage, "ema_span": 50.0}
    start = 1000.0 if kind == "linear" else 2.0
    run = run_ticks(ticks, chosen, market, start, accounting="true")
    size = 0.0
    for trade in run.trades:
        size += trade["qty"]
        assert math.isclose(trade["pos_size"], size, abs_tol=1e-7)
        assert math.isclose(trade["actual_balance"], start + trade["pnl_plus_fees_cumsum"], rel_tol=1e-9)
        gained = trade["profit_cumsum"] + trade["loss_cumsum"] + trade["fee_paid_cumsum"]
        assert math.isclose(gained, trade["pnl_plus_fees_cumsum"], abs_tol=1e-7 * start)
    if len(run.trades):
        assert run.balance == run.trades[-1]["actual_balance"]
    original = run_ticks(ticks, chosen, market, start, accounting="original")
    assert (original.trades["actual_balance"] >= start).all()


@pytest.mark.parametrize("step", [0.5, 0.1, 0.01, 0.001])
@given(x=st.floats(0.0, 1e6))
def test_rounding_down_and_up_enclose_the_number(step: float, x: float) -> None:
    down, up = contracts.round_down(x, step), contracts.round_up(x, step)
    assert down <= x + 1e-9
    assert up >= x - 1e-9
    assert up - down <= step + 1e-9
    assert contracts.round_nearest(x, step) in (down, up)
