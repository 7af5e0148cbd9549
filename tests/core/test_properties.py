"""What must hold for every run, whatever the market and the parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from random_market import Case, cases

from passivtui.core import ORDER_TYPES, SIDES, simulate

RUNS = settings(max_examples=60, deadline=None)


def on_step(value: float, step: float) -> bool:
    return bool(abs(value / step - round(value / step)) < 1e-6)


def side_of(fill: Any) -> str:
    return SIDES[int(fill["type"] >= 11)]


def is_entry(fill: Any) -> bool:
    return ORDER_TYPES[fill["type"]].startswith("entry")


def with_positions_before(fills: Any) -> Iterator[tuple[Any, float, float]]:
    """Each fill with the size and the price of its position before it."""
    held: dict[tuple[int, str], tuple[float, float]] = {}
    for fill in fills:
        key = (int(fill["coin"]), side_of(fill))
        size, price = held.get(key, (0.0, 0.0))
        yield fill, size, price
        held[key] = (fill["psize"], fill["pprice"] if fill["psize"] else 0.0)


@RUNS
@given(cases())
def test_a_fill_needs_a_candle_that_trades_through_its_price(case: Case) -> None:
    fills = simulate(*case.arguments()).fills
    assert (np.diff(fills["minute"]) >= 0).all()
    for fill in fills:
        high, low = case.hlcv[fill["minute"], fill["coin"], :2]
        assert 2 <= fill["minute"] <= len(case.hlcv) - 2
        assert low < fill["price"] if fill["qty"] > 0 else high > fill["price"]


@RUNS
@given(cases())
def test_every_quantity_and_price_lies_on_its_step(case: Case) -> None:
    for fill, _, _ in with_positions_before(simulate(*case.arguments()).fills):
        market = case.markets[fill["coin"]]
        assert on_step(fill["price"], market["price_step"])
        assert on_step(fill["qty"], market["qty_step"])
        assert on_step(fill["psize"], market["qty_step"])


@RUNS
@given(cases())
def test_closes_never_exceed_the_position_and_entries_never_reduce_it(case: Case) -> None:
    for fill, size, _ in with_positions_before(simulate(*case.arguments()).fills):
        sign = 1.0 if side_of(fill) == "long" else -1.0
        assert fill["psize"] * sign >= 0.0
        if is_entry(fill):
            assert fill["qty"] * sign > 0.0
            assert abs(fill["psize"]) > abs(size)
        else:
            assert fill["qty"] * sign < 0.0
            assert abs(fill["qty"]) <= abs(size)
            assert abs(fill["psize"] - (size + fill["qty"])) < 1e-9


@RUNS
@given(cases(btc=False))
def test_the_balance_is_what_started_plus_profits_and_fees(case: Case) -> None:
    fills = simulate(*case.arguments()).fills
    expected = case.balance + np.cumsum(fills["pnl"] + fills["fee_paid"])
    assert np.allclose(fills["balance_usd_total"], expected, rtol=1e-9, atol=1e-9 * case.balance)


@RUNS
@given(cases(btc=True))
def test_with_btc_collateral_the_balance_is_btc_at_its_price_plus_usd(case: Case) -> None:
    fills = simulate(*case.arguments()).fills
    prices = case.btc_usd[fills["minute"]]
    assert (fills["btc_price"] == prices).all()
    assert (fills["balance_usd_total"] == fills["balance_btc"] * prices + fills["balance_usd"]).all()
    assert (fills["balance_usd"] <= 0.0).all() or case.fee < 0.0  # profits become BTC, only debts stay


@RUNS
@given(cases(btc=False))
def test_an_entry_exceeds_the_limit_by_no_more_than_the_cropping_rule_allows(case: Case) -> None:
    """An entry may bring a position to 1.01 times the limit, or, when it was cropped or inflated, to the limit itself.

    Both are rounded: by up to one quantity step, and never below the smallest order. The balance that sized the order
    is at most a minute older than the fill, so a few other fills may lie between: 2 % are left for them. The limit of a
    coin is total_wallet_exposure_limit / min(n_positions, listed coins); before any coin is listed there is none, so
    such cases (a first valid row after row 1 for all coins) are left out, as are coins that are not listed yet.
    """
    invalid = case.hlcv[:, :, 3] < 0.0
    for fill, _, _ in with_positions_before(simulate(*case.arguments()).fills):
        minute, coin = fill["minute"] - 1, fill["coin"]
        listed = int((~invalid[minute]).sum())
        bot, market = case.bots[coin][side_of(fill)], case.markets[coin]
        if not is_entry(fill) or invalid[minute, coin] or fill["balance_usd_total"] <= 0.0:
            continue
        if (~invalid[: fill["minute"]]).sum() < invalid[: fill["minute"]].size:
            continue  # a listing or delisting so far: the limit in force follows its own rules (§4.6, §8.3, §8.29)
        limit = bot["total_wallet_exposure_limit"] / min(bot["n_positions"], listed)
        unit = fill["price"] * market["c_mult"]
        smallest = max(market["min_qty"] * unit, market["min_cost"]) + 2 * market["qty_step"] * unit
        cost = abs(fill["psize"]) * fill["pprice"] * market["c_mult"]
        initial = bot["entry_initial_qty_pct"] * limit * fill["balance_usd_total"]
        allowed = max(1.01 * limit * fill["balance_usd_total"], initial) * 1.02 + smallest
        assert cost <= allowed, ORDER_TYPES[fill["type"]]


@RUNS
@given(cases())
def test_a_run_is_repeatable_and_leaves_its_candles_alone(case: Case) -> None:
    before = case.hlcv.copy()
    first, second = simulate(*case.arguments()), simulate(*case.arguments())
    assert first.fills.tobytes() == second.fills.tobytes()
    assert np.array_equal(first.equities_usd, second.equities_usd)
    assert np.array_equal(case.hlcv, before)


@RUNS
@given(cases(btc=False))
def test_equity_ends_at_the_balance_plus_what_is_open(case: Case) -> None:
    result = simulate(*case.arguments())
    held = {(int(f["coin"]), side_of(f)): f for f in result.fills}
    expected = result.fills["balance_usd_total"][-1] if len(result.fills) else case.balance
    for (coin, side), fill in held.items():
        change = case.hlcv[-2, coin, 2] - fill["pprice"]
        expected += abs(fill["psize"]) * case.markets[coin]["c_mult"] * (change if side == "long" else -change)
    assert result.equities_usd[-1] == pytest.approx(expected, rel=1e-9, abs=1e-6)
