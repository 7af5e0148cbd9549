"""Scoring, limits and bounds of the optimizer."""

from __future__ import annotations

import pytest

from passivtui.config import Limit
from passivtui.config.metric_names import METRIC_DIRECTIONS
from passivtui.config.parameters import BOUNDS


def test_there_are_87_metrics_40_of_them_in_btc():
    btc = [name for name in METRIC_DIRECTIONS if name.startswith("btc_")]
    assert (len(METRIC_DIRECTIONS), len(btc)) == (87, 40)
    directions = [METRIC_DIRECTIONS[name] for name in btc]
    assert (directions.count("higher"), directions.count("lower")) == (25, 15)
    assert "btc_position_held_hours_max" not in METRIC_DIRECTIONS
    assert "btc_volume_pct_per_day_avg" not in METRIC_DIRECTIONS


def optimize(load, btc: bool, **settings):
    return load({"backtest": {"use_btc_collateral": btc}, "optimize": settings})


def test_without_btc_collateral_the_prefix_is_dropped_from_scoring_and_limits(load):
    settings = {
        "scoring": ["btc_mdg_w", "btc_adg_w", "adg_w"],
        "limits": {"penalize_if_greater_than_btc_drawdown_worst": 0.4},
    }
    without = optimize(load, False, **settings).config.optimize
    assert without.scoring == ("adg_w", "mdg_w")
    assert without.limits == (Limit("drawdown_worst", "greater", 0.4),)
    assert optimize(load, True, **settings).config.optimize.scoring == ("adg_w", "btc_adg_w", "btc_mdg_w")


def test_a_limit_by_name_alone_takes_its_side_from_the_metric(load):
    limits = {"drawdown_worst": 0.4, "btc_adg": 0.001, "penalize_if_lower_than_gain": 2}
    assert optimize(load, True, limits=limits).config.optimize.limits == (
        Limit("drawdown_worst", "greater", 0.4),
        Limit("btc_adg", "lower", 0.001),
        Limit("gain", "lower", 2.0),
    )


def test_the_stricter_of_two_limits_on_one_metric_counts(load):
    limits = {
        "drawdown_worst": 0.4,
        "penalize_if_greater_than_drawdown_worst": 0.3,
        "gain": 1,
        "penalize_if_lower_than_gain": 2,
    }
    loaded = optimize(load, False, limits=limits)
    assert loaded.config.optimize.limits == (Limit("drawdown_worst", "greater", 0.3), Limit("gain", "lower", 2.0))
    assert len(loaded.warnings) == 2


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"scoring": ["sharp_ratio"]}, "did you mean sharpe_ratio?"),
        ({"scoring": []}, "at least one"),
        ({"scoring": 5}, "at least one"),
        ({"scoring": ["btc_positions_held_per_day"]}, "has no form in BTC"),
        ({"limits": {"penalize_if_greater_than_nothing_of_this": 1}}, "is no metric"),
        ({"limits": {"drawdown_worst": "low"}}, "must be a number"),
        ({"limits": 3}, "must be a table"),
        ({"bounds": []}, "must be a table"),
        ({"bounds": {"long_ema_span_0": "wide"}}, "must be [low, high]"),
        ({"bounds": {"long_ema_span_0": []}}, "must be [low, high]"),
        ({"crossover_probability": 0.7, "mutation_probability": 0.4}, "it is 1.1"),
        ({"enable_overrides": ["unknown"]}, "lossless_close_trailing"),
    ],
)
def test_a_wrong_goal_is_a_problem(refusal, settings, expected):
    assert expected in str(refusal({"optimize": settings}))


@pytest.mark.parametrize(
    ("given", "expected"),
    [([300, 200], (200.0, 300.0)), ([250], (250.0, 250.0)), (250, (250.0, 250.0)), ([200, 1440.5], (200.0, 1440.5))],
)
def test_bounds_are_sorted_and_one_number_is_a_fixed_value(load, given, expected):
    loaded = optimize(load, False, bounds={"long_ema_span_0": given})
    assert loaded.config.optimize.bounds["long_ema_span_0"] == expected
    assert tuple(loaded.config.optimize.bounds) == tuple(BOUNDS)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("long_ema_span_0", [0, 500], (1.0, 500.0)),
        ("long_close_grid_qty_pct", [0, 2], (0.05, 1.0)),
        ("short_entry_grid_spacing_pct", [0, 0], (0.001, 0.001)),
        ("short_n_positions", [-3, 4], (0.0, 4.0)),
        ("long_entry_grid_double_down_factor", [0, 0.03], (0.03, 0.03)),
    ],
)
def test_bounds_are_kept_within_what_the_setting_allows(load, name, given, expected):
    loaded = optimize(load, False, bounds={name: given})
    assert loaded.config.optimize.bounds[name] == expected
    assert [note.key for note in loaded.warnings] == [f"optimize.bounds.{name}"]


def test_bounds_exist_for_every_strategy_number_on_both_sides():
    assert len(BOUNDS) == 2 * 27
    assert "long_enforce_exposure_limit" not in BOUNDS
