"""The preview's orders are the backtest's: a price that falls through the ladder fills exactly its rungs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from stored_candles import market_spec

from passivtui.config import Config, config_from_document, engine_params
from passivtui.core import EXCHANGE_PARAMS, ORDER_TYPES, simulate
from passivtui.preview import Ladder, build_ladder

SPEC = market_spec("BTC")


def config_of(**long: Any) -> Config:
    off = {"n_positions": 0, "total_wallet_exposure_limit": 0}
    side = {
        "n_positions": 1,
        "total_wallet_exposure_limit": 1.0,
        "entry_trailing_grid_ratio": 0,
        "close_trailing_grid_ratio": 0,
        "entry_initial_ema_dist": -0.001,  # the book decides, not the rounding of a flat average
        "entry_initial_qty_pct": 0.02,
        "entry_grid_spacing_pct": 0.02,
        "entry_grid_spacing_weight": 0.5,
        "entry_grid_double_down_factor": 0.9,
        "close_grid_markup_start": 0.01,
        "close_grid_markup_end": 0.004,
        "close_grid_qty_pct": 0.25,
        **long,
    }
    which = side.pop("side", "long")
    other = "short" if which == "long" else "long"
    return config_from_document({"bot": {which: side, other: off}, "live": {"approved_coins": ["BTC"]}}).config


def ladder_of(
    config: Config, side: Any = "long", *, price: float = 100.0, balance: float = 1000.0, **spec: Any
) -> Ladder:
    return build_ladder(config, "BTC", side, market_spec("BTC", **spec), price=price, balance=balance)


@pytest.mark.parametrize("side", ["long", "short"])
def test_a_price_that_goes_through_fills_the_entries(side: str) -> None:
    config = config_of(side=side)
    ladder = ladder_of(config, side)
    assert len(ladder.entries) > 3
    # Flat minutes for the band, then one candle through everything: all entries fill at once, as listed.
    closes = np.full(12, 100.0)
    hlcv = np.stack([closes, closes, closes, np.full(12, 10.0)], axis=1)[:, None, :].copy()
    hlcv[3, 0, 0], hlcv[3, 0, 1] = (100.0, 1.0) if side == "long" else (1000.0, 100.0)
    result = simulate(
        hlcv,
        np.ones(12),
        [engine_params(config, "BTC")],
        [{name: getattr(SPEC, name) for name in EXCHANGE_PARAMS}],
        1000.0,
        0.0,
    )
    fills = result.fills[result.fills["minute"] == 3]
    entries = [fill for fill in fills if "entry" in ORDER_TYPES[fill["type"]]]
    assert [float(fill["price"]) for fill in entries] == [rung.price for rung in ladder.entries]
    assert [float(fill["qty"]) for fill in entries] == [rung.qty for rung in ladder.entries]
    assert [float(fill["psize"]) for fill in entries][-1] == pytest.approx(sum(rung.qty for rung in ladder.entries))
    assert [float(fill["pprice"]) for fill in entries] == [rung.average for rung in ladder.entries]
    assert [ORDER_TYPES[fill["type"]] for fill in entries] == [rung.type for rung in ladder.entries]


@pytest.mark.parametrize("side", ["long", "short"])
def test_closes_take_the_position_down_to_nothing(side: str) -> None:
    ladder = ladder_of(config_of(side=side), side)
    size = sum(rung.qty for rung in ladder.entries)
    assert sum(rung.qty for rung in ladder.closes) == pytest.approx(-size)
    assert ladder.closes[-1].exposure == 0.0
    average = ladder.entries[-1].average
    assert all((rung.price > average) == (side == "long") for rung in ladder.closes)


def test_exposure_grows_to_the_limit() -> None:
    ladder = ladder_of(config_of())
    exposures = [rung.exposure for rung in ladder.entries]
    assert exposures == sorted(exposures)
    assert ladder.is_full
    assert exposures[-1] <= ladder.limit * 1.011


def test_the_limit_is_shared_by_the_positions_or_the_coins_own() -> None:
    assert ladder_of(config_of(n_positions=4)).limit == 0.25
    own = config_from_document(
        {
            "bot": {"long": {"n_positions": 1, "total_wallet_exposure_limit": 1}},
            "live": {"approved_coins": ["BTC"]},
            "coin_overrides": {"BTC": {"bot": {"long": {"wallet_exposure_limit": 0.3}}}},
        }
    ).config
    assert ladder_of(own).limit == 0.3


def test_bankruptcy_is_where_the_loss_is_the_balance() -> None:
    deep = ladder_of(config_of(total_wallet_exposure_limit=3.0)).entries[-1]
    size = sum(rung.qty for rung in ladder_of(config_of(total_wallet_exposure_limit=3.0)).entries)
    assert deep.bankruptcy is not None
    assert (deep.average - deep.bankruptcy) * size == pytest.approx(1000.0)
    assert ladder_of(config_of(total_wallet_exposure_limit=0.5)).entries[-1].bankruptcy is None
    short = ladder_of(config_of(side="short"), "short").entries[-1]
    assert short.bankruptcy is not None and short.bankruptcy > short.average


def test_a_side_that_is_off_has_no_orders() -> None:
    ladder = ladder_of(config_of(), "short")
    assert ladder.rungs == ()
    assert "switched off" in ladder.notes[0]


TRAILING = {
    "entry_trailing_grid_ratio": 1,
    "entry_trailing_threshold_pct": 0.03,
    "entry_trailing_retracement_pct": 0.01,
    "entry_trailing_double_down_factor": 0.9,
    "close_trailing_grid_ratio": 1,
    "close_trailing_threshold_pct": 0.02,
    "close_trailing_retracement_pct": 0.005,
    "close_trailing_qty_pct": 0.3,
}


@pytest.mark.parametrize("side", ["long", "short"])
def test_trailing_entries_are_those_that_fill_when_the_price_turns(side: Any) -> None:
    config = config_of(side=side, **TRAILING)
    ladder = ladder_of(config, side)
    assert [rung.turn is None for rung in ladder.entries] == [True] + [False] * (len(ladder.entries) - 1)
    first, second = ladder.entries[0], ladder.entries[1]
    assert second.turn is not None and second.turn.threshold is not None
    away = -1.0 if side == "long" else 1.0
    # Flat; a candle that fills the first entry, one to just beyond the threshold, one back past the trigger, and one
    # through the order's price.
    path = [100.0] * 4 + [100.0, first.price, second.turn.threshold * (1 + away * 1e-6)]
    path += [second.turn.trigger * (1 - away * 1e-6)] * 2 + [second.price * (1 + away * 0.001)] * 2
    closes = np.array(path)
    high, low = closes.copy(), closes.copy()
    (low if side == "long" else high)[5] = first.price * (1 + away * 1e-4)
    hlcv = np.stack([high, low, closes, np.full(len(closes), 10.0)], axis=1)[:, None, :].copy()
    result = simulate(
        hlcv,
        np.ones(len(closes)),
        [engine_params(config, "BTC")],
        [{name: getattr(SPEC, name) for name in EXCHANGE_PARAMS}],
        1000.0,
        0.0,
    )
    filled = [(ORDER_TYPES[fill["type"]], float(fill["qty"])) for fill in result.fills]
    assert filled[:2] == [(rung.type, rung.qty) for rung in (first, second)]
    assert float(result.fills[1]["price"]) == pytest.approx(second.price, rel=1e-5)


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("ratio", [0.4, -0.4, 1, -1])
def test_grid_and_trailing_together_fill_the_position_and_empty_it(side: Any, ratio: float) -> None:
    mixed = {**TRAILING, "entry_trailing_grid_ratio": ratio, "close_trailing_grid_ratio": ratio}
    ladder = ladder_of(config_of(side=side, **mixed), side)
    kinds = {rung.type.removesuffix(f"_{side}") for rung in ladder.rungs}
    assert ladder.is_full
    assert any("trailing" in kind for kind in kinds)
    assert any("grid" in kind for kind in kinds) == (abs(ratio) < 1)
    assert ladder.closes[-1].after.size == 0.0


def test_a_trailing_order_without_retracement_or_threshold_never_comes() -> None:
    ladder = ladder_of(
        config_of(**{**TRAILING, "entry_trailing_threshold_pct": 0, "entry_trailing_retracement_pct": 0})
    )
    assert len(ladder.entries) == 1
    assert "end at 2%" in ladder.notes[0]


def test_a_balance_too_small_for_the_config_is_said() -> None:
    assert any("minimum" in note for note in ladder_of(config_of(), balance=60.0, min_cost=20.0).notes)
    assert not any("minimum" in note for note in ladder_of(config_of()).notes)
