"""The formulas that answer "why?" hold: worked out as written, they give the order that they explain."""

from __future__ import annotations

import re
from typing import Any

import pytest
from stored_candles import market_spec

from passivtui.config import config_from_document
from passivtui.preview import Ladder, build_ladder, why_parameter, why_rung

SIDE = {
    "n_positions": 1,
    "total_wallet_exposure_limit": 1.5,
    "entry_initial_qty_pct": 0.02,
    "entry_initial_ema_dist": 0.004,
    "entry_grid_spacing_pct": 0.02,
    "entry_grid_spacing_weight": 0.5,
    "entry_grid_double_down_factor": 0.9,
    "close_grid_markup_start": 0.01,
    "close_grid_markup_end": 0.004,
    "close_grid_qty_pct": 0.25,
    "entry_trailing_threshold_pct": 0.03,
    "entry_trailing_retracement_pct": 0.01,
    "entry_trailing_double_down_factor": 0.9,
    "close_trailing_threshold_pct": 0.02,
    "close_trailing_retracement_pct": 0.005,
    "close_trailing_qty_pct": 0.3,
}


def ladder_of(side: Any, **values: Any) -> Ladder:
    document = {
        "bot": {
            side: {"entry_trailing_grid_ratio": 0, "close_trailing_grid_ratio": 0, **SIDE, **values},
            "short" if side == "long" else "long": {"n_positions": 0, "total_wallet_exposure_limit": 0},
        },
        "live": {"approved_coins": ["BTC"]},
    }
    config = config_from_document(document).config
    return build_ladder(config, "BTC", side, market_spec("BTC"), price=100.0, balance=1000.0)


def worked_out(text: str) -> float:
    """The value of the formula after the colon, its words taken out."""
    formula = re.split(r", (?:rounded|or the book|at least)|: all", text.split(": ", 1)[1])[0]
    formula = re.sub(r"[A-Za-z_]\w+|(?<=\d),(?=\d)", "", formula.replace(" x ", " * "))
    return float(eval(formula, {"__builtins__": {}}))  # a test's own text


@pytest.mark.parametrize("side", ["long", "short"])
def test_grid_prices_follow_from_the_formula_shown(side: str) -> None:
    ladder = ladder_of(side)
    for rung in ladder.entries[1:]:
        line = next(line for line in why_rung(ladder, rung) if line.startswith("price: "))
        assert worked_out(line) == pytest.approx(rung.price, abs=ladder.market["price_step"])


@pytest.mark.parametrize("side", ["long", "short"])
def test_trailing_prices_follow_from_the_formula_shown(side: str) -> None:
    ladder = ladder_of(side, entry_trailing_grid_ratio=1, close_trailing_grid_ratio=1)
    trailing = [rung for rung in ladder.rungs if rung.turn is not None]
    assert {rung.type for rung in trailing} >= {f"entry_trailing_normal_{side}", f"close_trailing_{side}"}
    for rung in trailing:
        lines = why_rung(ladder, rung)
        line = next(line for line in lines if line.startswith("price: "))
        book = float(line.rsplit(" ", 1)[1].replace(",", ""))
        nearer = min if rung.qty > 0 else max  # an order never goes through the book
        assert nearer(worked_out(line), book) == pytest.approx(rung.price, abs=ladder.market["price_step"])
        assert any("must first" in line for line in lines)


@pytest.mark.parametrize("side", ["long", "short"])
def test_quantities_follow_from_the_formula_shown(side: str) -> None:
    ladder = ladder_of(side)
    for rung in ladder.entries:
        line = next(line for line in why_rung(ladder, rung) if line.startswith("quantity: "))
        if rung.type.endswith((f"initial_normal_{side}", f"grid_normal_{side}")):
            assert abs(rung.qty) >= worked_out(line) - ladder.market["qty_step"]
    first = ladder.entries[0]
    line = next(line for line in why_rung(ladder, first) if line.startswith("quantity: "))
    assert worked_out(line) == pytest.approx(abs(first.qty), abs=ladder.market["qty_step"])


def test_every_kind_of_order_is_explained() -> None:
    for ratio in (0, 0.4, -0.4, 1):
        for side in ("long", "short"):
            ladder = ladder_of(side, entry_trailing_grid_ratio=ratio, close_trailing_grid_ratio=ratio)
            for rung in ladder.rungs:
                lines = why_rung(ladder, rung)
                assert lines[0].startswith(rung.type)
                assert any(line.startswith("price: ") for line in lines)
                assert any(line.startswith("quantity: ") for line in lines)
                assert lines[-1].startswith(("after it: ", "bankruptcy price: "))


def test_a_setting_is_answered_with_the_orders_it_touches() -> None:
    ladder = ladder_of("long")
    lines = why_parameter(ladder, "entry_grid_spacing_pct", ("entry_grid",))
    assert lines[0].startswith("entry_grid_spacing_pct = 0.02")
    assert sum(line.startswith("entry_grid") and ": buy" in line for line in lines) == 3
    assert why_parameter(ladder, "unstuck_threshold", ("close_unstuck",)) == ()
    assert why_parameter(ladder, "n_positions", ()) == ()
