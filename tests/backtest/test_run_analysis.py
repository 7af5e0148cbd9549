"""What is derived from the engine's metrics, by hand on a few fills (`spec/engine.md` §5, §6.6)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from passivtui.backtest.analysis import all_metrics
from passivtui.config import LoadedConfig
from passivtui.core import FILL_DTYPE, ORDER_TYPES, Analysis

Load = Callable[..., LoadedConfig]
Engine = Callable[..., Analysis]


def fills_of(*pairs: tuple[str, float]) -> np.ndarray[Any, Any]:
    """Fills with the given types and pnl."""
    fills = np.zeros(len(pairs), FILL_DTYPE)
    fills["type"] = [ORDER_TYPES.index(name) for name, _ in pairs]
    fills["pnl"] = [pnl for _, pnl in pairs]
    return fills


def test_growth_is_divided_by_each_sides_exposure_limit(load: Load, engine_metrics: Engine) -> None:
    config = load("bot.long.total_wallet_exposure_limit=2", "bot.short.total_wallet_exposure_limit=0").config
    metrics = all_metrics(
        engine_metrics({"adg": 0.01, "gain": 1.5, "mdg_w": -0.5, "adg_w": math.inf}), fills_of(), config
    )
    assert metrics["adg_per_exposure_long"] == 0.005
    assert metrics["gain_per_exposure_long"] == 0.75
    assert metrics["mdg_w_per_exposure_long"] == -0.25
    assert metrics["adg_w_per_exposure_long"] == math.inf
    assert metrics["gain_per_exposure_short"] == 0.0
    assert metrics["adg_w_per_exposure_short"] == 0.0


def test_losses_and_profits_are_counted_by_side(load: Load, engine_metrics: Engine) -> None:
    fills = fills_of(
        ("entry_initial_normal_long", 0.0),
        ("close_grid_long", 8.0),
        ("close_unstuck_long", -2.0),
        ("close_grid_short", 1.0),
        ("close_unstuck_short", -3.0),
    )
    metrics = all_metrics(engine_metrics({}), fills, load().config)
    assert metrics["loss_profit_ratio_long"] == 0.25
    assert metrics["loss_profit_ratio_short"] == 3.0
    assert metrics["pnl_ratio_long_short"] == 6.0 / 4.0


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], 1.0),
        ([("close_unstuck_long", -2.0)], math.inf),
        ([("entry_initial_normal_long", 0.0)], math.nan),
        ([("close_grid_long", 2.0)], 0.0),
        ([("close_grid_short", 2.0)], 1.0),
    ],
)
def test_the_loss_profit_ratio_of_a_side_without_profit(
    pairs: list[tuple[str, float]], expected: float, load: Load, engine_metrics: Engine
) -> None:
    value = all_metrics(engine_metrics({}), fills_of(*pairs), load().config)["loss_profit_ratio_long"]
    assert value == expected or (math.isnan(expected) and value is not None and math.isnan(value))


def test_metrics_in_btc_get_their_prefix_but_those_that_mean_the_same(load: Load, engine_metrics: Engine) -> None:
    btc = {"gain": 3.0, "positions_held_per_day": 1.0, "position_held_hours_max": 1.0, "volume_pct_per_day_avg_w": 1.0}
    metrics = all_metrics(engine_metrics({"gain": 2.0}, btc), fills_of(), load().config)
    assert (metrics["gain"], metrics["btc_gain"]) == (2.0, 3.0)
    assert metrics["btc_gain_per_exposure_long"] == 2.0
    assert {name for name in metrics if name.startswith("btc_") and ("position" in name or "volume" in name)} == set()
