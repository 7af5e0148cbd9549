"""Unit vectors of Passiv-X's functions, and whole order lists of its live bot put together from ours."""

from __future__ import annotations

from typing import Any

import pytest
from passivx_cases import MARKETS, SETTINGS, vectors

from passivtui.core import contracts, tick_orders


def cases(function: str) -> list[Any]:
    found = [vector for vector in vectors().values() if vector["fn"] == function]
    assert found
    return found


def market(kind: str, **changes: float) -> dict[str, float]:
    return {**MARKETS[kind], **changes}


@pytest.mark.parametrize("vector", cases("round"), ids=lambda vector: vector["id"])
def test_rounding_has_no_tolerance(vector: dict[str, Any]) -> None:
    x, step = vector["args"]
    rounded = [rule(x, step) for rule in (contracts.round_down, contracts.round_up, contracts.round_nearest)]
    assert rounded == vector["expect"]


@pytest.mark.parametrize("vector", cases("round_near"), ids=lambda vector: vector["id"])
def test_halves_round_to_even(vector: dict[str, Any]) -> None:
    assert contracts.round_nearest(*vector["args"]) == vector["expect"]


@pytest.mark.parametrize("kind", ["linear", "inverse"])
def test_first_entry_quantities(kind: str) -> None:
    for vector in cases(f"entry_qty_{kind[:3]}"):
        given = vector["args"]
        venue = market(kind, **{name: given[name] for name in ("qty_step", "min_qty", "min_cost")})
        settings = {**SETTINGS, "leverage": given["leverage"], "entry_qty_pct": given["entry_qty_pct"]}
        got = contracts.first_entry_qty(venue, settings, given["balance"], given["price"])
        assert got == vector["expect"], vector["id"]


@pytest.mark.parametrize("vector", cases("initial"), ids=lambda vector: vector["id"])
def test_flat_prices(vector: dict[str, Any]) -> None:
    given = vector["args"]
    venue, settings = market("inverse", price_step=given["price_step"]), {**SETTINGS, "ema_spread": given["spread"]}
    bid = tick_orders.flat_bid(venue, settings, given["ema"], given["bid"])
    ask = tick_orders.flat_ask(venue, settings, given["ema"], given["ask"])
    assert [bid, ask] == vector["expect"]


@pytest.mark.parametrize("function", ["inv_liq_long", "inv_liq_short", "lin_liq_long", "lin_liq_short"])
def test_liquidation_prices_of_the_original(function: str) -> None:
    for vector in cases(function):
        balance, size, price, leverage = vector["args"]
        venue = market("inverse" if function.startswith("inv") else "linear", max_leverage=leverage)
        got = contracts.liquidation_price(venue, balance, size, price, leverage, "original")
        assert got == max(0.0, vector["expect"]), vector["id"]  # below 0 counts as 0


@pytest.mark.parametrize("kind", ["linear", "inverse"])
def test_profit_cost_and_margin(kind: str) -> None:
    (vector,) = cases(f"{kind[:3]}_pnl")
    entry, close, qty = vector["args"]
    venue = MARKETS[kind]
    leverage = 19.0 if kind == "inverse" else 44.0
    profits = [contracts.contract_pnl(side, venue, entry, close, qty) for side in ("long", "shrt")]
    cost = contracts.contract_cost(venue, qty, entry)
    assert [*profits, cost, contracts.contract_margin(venue, qty, entry, leverage)] == vector["expect"]


@pytest.mark.parametrize("vector", cases("reentry_price"), ids=lambda vector: vector["id"])
def test_reentry_prices(vector: dict[str, Any]) -> None:
    given = vector["args"]
    settings = {**SETTINGS, **{name: given[name] for name in ("grid_spacing", "grid_coefficient")}, "leverage": 1.0}
    # A linear position whose margin is the vector's: price x size at leverage 1, within a rounding of the last bit.
    venue, size = market("linear", price_step=given["price_step"]), given["margin"] / given["pos_price"]
    prices = [
        tick_orders.reentry_price(venue, settings, given["balance"], signed, given["pos_price"])
        for signed in (size, -size)
    ]
    assert prices == vector["expect"]


@pytest.mark.parametrize("vector", cases("reentry_qty"), ids=lambda vector: vector["id"])
def test_reentry_quantities(vector: dict[str, Any]) -> None:
    given = vector["args"]
    settings = {**SETTINGS, "ddown_factor": given["ddown_factor"]}
    for size in (given["pos"], -given["pos"]):
        venue = market("linear", qty_step=given["qty_step"])
        got = tick_orders.reentry_qty(venue, settings, size, given["max_pos"], given["floor_qty"])
        assert got == vector["expect"]


@pytest.mark.parametrize("vector", cases("stop_qty"), ids=lambda vector: vector["id"])
def test_stop_loss_quantities(vector: dict[str, Any]) -> None:
    step, reduction, size = vector["args"]
    settings = {**SETTINGS, "stop_loss_pos_reduction": reduction}
    assert tick_orders.stop_loss_qty(market("inverse", qty_step=step), settings, size) == vector["expect"]


@pytest.mark.parametrize("vector", cases("close_grid"), ids=lambda vector: vector["id"])
def test_close_ladders(vector: dict[str, Any]) -> None:
    given = vector["args"]
    venue = market("linear", price_step=given["price_step"], qty_step=given["qty_step"])
    settings = {
        **SETTINGS,
        "min_markup": given["min_markup"],
        "max_markup": given["max_markup"],
        "n_close_orders": given["n"],
    }
    orders = tick_orders.close_ladder(
        venue, settings, given["pos_size"], given["pos_price"], given["book"], given["min_close_qty"]
    )
    assert [[order.qty for order in orders], [order.price for order in orders]] == vector["expect"]


# ---- Passiv-X's live bot, put together from the functions


def live_orders(given: dict[str, Any]) -> list[tuple[str, float, float]]:
    """(kind, signed quantity, price): stop loss, entries and closes as Passiv-X's live bot would send them."""
    settings, position = live_settings(given["settings"]), given["position"]
    kind = "inverse" if given["exchange"] == "bybit" else "linear"
    steps = {name: given["market"][name] for name in ("min_qty", "qty_step", "price_step")}
    venue = market(kind, **steps, min_cost=given["market"]["min_notional"])
    balance = position["wallet_balance"] * settings["balance_pct"]
    size, price, (bid, ask), last = position["size"], position["price"], given["book"], given["last"]
    if size == 0.0:
        return flat_orders(given, venue, settings, balance)
    stop = stop_order(venue, settings, position, given)
    entries = tick_orders.reentry_ladder(
        *(venue, settings, balance, position["equity"], size, price),
        *(bid if size > 0.0 else ask, last, given["settings"]["n_entry_orders"]),
        given.get("max_pos_size_ito_usdt", 9e12),
        swapped_weights=True,
    )
    left = size + sum(qty for _, qty, _ in stop)
    smallest = tick_orders.min_close_qty(venue, settings, balance, price)
    closes = tick_orders.close_ladder(venue, settings, left, price, ask if size > 0.0 else bid, smallest)
    near = [order for order in closes if size < 0.0 or abs(order.price - last) / last < 0.05]
    most = given["settings"]["n_entry_orders"]
    return [*stop, *(("entry", *order) for order in entries), *(("close", *order) for order in near[:most])]


def live_settings(given: dict[str, Any]) -> dict[str, float]:
    indicators = given["indicator_settings"]
    names = set(SETTINGS) & set(given)
    ema = {"ema_span": indicators["tick_ema"]["span"], "ema_spread": indicators["tick_ema"]["spread"]}
    return {**SETTINGS, **{name: float(given[name]) for name in names}, **ema}


def flat_orders(
    given: dict[str, Any], venue: dict[str, float], settings: dict[str, float], balance: float
) -> list[tuple[str, float, float]]:
    bid = tick_orders.flat_bid(venue, settings, given["ema"], given["book"][0])
    ask = tick_orders.flat_ask(venue, settings, given["ema"], given["book"][1])
    orders = [
        ("entry", sign * contracts.first_entry_qty(venue, settings, balance, p), p) for sign, p in ((1, bid), (-1, ask))
    ]
    collects = given["settings"]["indicator_settings"]["funding_fee_collect_mode"]
    rate = given["position"]["predicted_funding_rate"]
    return [order for order in orders if not collects or order[1] * rate < 0.0]


def stop_order(
    venue: dict[str, float], settings: dict[str, float], position: dict[str, float], given: dict[str, Any]
) -> list[tuple[str, float, float]]:
    last, size = given["last"], position["size"]
    near = abs(position["liquidation_price"] - last) / last < settings["stop_loss_liq_diff"]
    if not near and abs(position["price"] - last) / last <= settings["stop_loss_pos_price_diff"]:
        return []
    qty = tick_orders.stop_loss_qty(venue, settings, size)
    return [("stop_loss", -qty if size > 0.0 else qty, given["book"][1 if size > 0.0 else 0])]


@pytest.mark.parametrize("vector", cases("live_calc_orders"), ids=lambda vector: vector["id"])
def test_the_order_lists_of_the_original_live_bot_come_out_of_the_functions(vector: dict[str, Any]) -> None:
    wanted = [
        (order["custom_id"], order["qty"] if order["side"] == "buy" else -order["qty"], order["price"])
        for order in vector["expect"]
    ]
    assert live_orders(vector["args"]) == wanted


def test_the_ladder_of_reentries_weights_both_legs_rightly() -> None:
    given = vectors()["L03"]["args"]
    settings, position = live_settings(given["settings"]), given["position"]
    ladder = tick_orders.reentry_ladder(
        MARKETS["inverse"], settings, 0.0537, 0.1, position["size"], position["price"], *given["book"], 8
    )
    prices = [49609.0, 49438.0, 49210.0, 48925.0, 48545.0, 48070.0, 47462.0]
    assert ladder == list(zip([298.0, 386.0, 501.0, 651.0, 845.0, 1096.0, 1423.0], prices, strict=True))
